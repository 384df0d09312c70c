/* SPDX-License-Identifier: Apache-2.0 */
/* Atomic instructions one at a time: what they leave in memory and yield, alignment, bounds; what waits without a second thread. */
#include "vm/exec/runtime.h"
#include "vm/syntax/opcode.h"
#include "vm/test/fixture.h"

enum { PAGE = 65536, PREFIX_ATOMIC = 0xFE, HAS_MEMORY = 0x40 };

static fixture new_fixture(void)
{
    pirn_config config = pirn_config_default();
    config.features |= PIRN_FEATURE_THREADS;
    return fixture_new(&config, NULL);
}

/* Memory 0 is shared, memory 1 is not and has 64-bit addresses. */
static void add_memories(wasm *w)
{
    wasm_memory_type(w, &(pirn_memtype){.limits = {1, 1}, .shared = true, .page_size_log2 = 16});
    wasm_memory_type(w, &(pirn_memtype){.limits = {1, 1}, .is64 = true, .page_size_log2 = 16});
}

/* A function that is the instruction, by its signature. */
static pirn_func *make(fixture *f, vm_opcode opcode, uint8_t memory)
{
    const vm_opcode_info *info = &vm_opcodes[opcode];
    size_t operands = strcspn(info->signature, "_");
    char letters[8] = "";
    for (size_t i = 0; info->signature[i] != '\0'; i++)
        letters[i] = info->signature[i] == '_'   ? ':'
                     : info->signature[i] == 'a' ? (memory == 1 ? 'l' : 'i')
                                                 : info->signature[i];
    uint8_t code[32];
    size_t size = 0;
    for (uint8_t i = 0; i < operands; i++) {
        code[size++] = LOCAL_GET;
        code[size++] = i;
    }
    uint8_t align_log2 = (uint8_t)(info->immediate - VM_IMM_MEM1);
    memcpy(code + size,
           (const uint8_t[]){PREFIX_ATOMIC, (uint8_t)info->code, HAS_MEMORY | align_log2, memory, 16, END}, 6);
    wasm w;
    wasm_init(&w);
    add_memories(&w);
    wasm_export_func(&w, "f", wasm_func(&w, letters, "", code, size + 6));
    return wasm_find_func(fixture_run(f, &w, NULL, 0), "f");
}

typedef struct atomic_case {
    vm_opcode opcode;
    uint32_t bytes;
    uint64_t operands[2];
    uint64_t after; /* what is in memory, of 0x8182838485868788 before */
    uint64_t result;
} atomic_case;

static const uint64_t before = 0x8182838485868788;

static void check_case(const atomic_case *c, uint8_t memory)
{
    fixture f = new_fixture();
    pirn_func *func = make(&f, c->opcode, memory);
    uint8_t *data = pirn_memory_data(f.store->instances->memories[memory]);
    base_store_u64(data + 64, before);
    pirn_call *call = pirn_call_new(f.store);
    pirn_slot args[3] = {{.u64 = 48}, {.u64 = c->operands[0]}, {.u64 = c->operands[1]}};
    expect_start(&f, call, func, args, PIRN_OK, NULL);
    const pirn_valtype *types;
    if (pirn_functype_results(pirn_func_type(func), &types) == 1) {
        const pirn_slot *got = pirn_call_results(call);
        assert_int_equal(types[0] == PIRN_I32 ? got->u32 : got->u64, c->result);
    }
    assert_int_equal(base_load_u64(data + 64), c->after);
    if (c->bytes > 1) {
        args[0].u64 = 49;
        expect_start(&f, call, func, args, PIRN_TRAP, "unaligned atomic");
    }
    args[0].u64 = PAGE - 16;
    expect_start(&f, call, func, args, PIRN_TRAP, "out of bounds memory access");
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_every_kind_of_atomic_access(void **state)
{
    (void)state;
    static const atomic_case cases[] = {
        {VM_OP_I32_ATOMIC_LOAD, 4, {0}, before, 0x85868788},
        {VM_OP_I64_ATOMIC_LOAD, 8, {0}, before, before},
        {VM_OP_I32_ATOMIC_LOAD8_U, 1, {0}, before, 0x88},
        {VM_OP_I64_ATOMIC_LOAD16_U, 2, {0}, before, 0x8788},
        {VM_OP_I64_ATOMIC_LOAD32_U, 4, {0}, before, 0x85868788},
        {VM_OP_I32_ATOMIC_STORE, 4, {0x11223344}, 0x8182838411223344, 0},
        {VM_OP_I64_ATOMIC_STORE, 8, {0x1122334455667788}, 0x1122334455667788, 0},
        {VM_OP_I32_ATOMIC_STORE8, 1, {0xFFFFFF11}, 0x8182838485868711, 0},
        {VM_OP_I64_ATOMIC_STORE16, 2, {0xFFFFFFFFFFFF1122}, 0x8182838485861122, 0},
        {VM_OP_I32_ATOMIC_RMW_ADD, 4, {0x80000000}, 0x8182838405868788, 0x85868788},
        {VM_OP_I64_ATOMIC_RMW_ADD, 8, {1}, before + 1, before},
        {VM_OP_I32_ATOMIC_RMW8_ADD_U, 1, {0x1FF}, 0x8182838485868787, 0x88},
        {VM_OP_I64_ATOMIC_RMW32_ADD_U, 4, {0x100000078}, 0x8182838485868800, 0x85868788},
        {VM_OP_I32_ATOMIC_RMW16_SUB_U, 2, {0x8789}, 0x818283848586FFFF, 0x8788},
        {VM_OP_I64_ATOMIC_RMW_AND, 8, {0xFF}, 0x88, before},
        {VM_OP_I32_ATOMIC_RMW_OR, 4, {0x7F}, 0x81828384858687FF, 0x85868788},
        {VM_OP_I64_ATOMIC_RMW8_XOR_U, 1, {0xFF}, 0x8182838485868777, 0x88},
        {VM_OP_I64_ATOMIC_RMW16_XCHG_U, 2, {0x51234}, 0x8182838485861234, 0x8788},
        {VM_OP_I32_ATOMIC_RMW_CMPXCHG, 4, {0x85868788, 0x11223344}, 0x8182838411223344, 0x85868788},
        {VM_OP_I32_ATOMIC_RMW_CMPXCHG, 4, {0x85868789, 0x11223344}, before, 0x85868788},
        {VM_OP_I64_ATOMIC_RMW_CMPXCHG, 8, {before, 5}, 5, before},
        {VM_OP_I64_ATOMIC_RMW8_CMPXCHG_U,
         1,
         {0x588, 0x77},
         0x8182838485868777,
         0x88}, /* what is expected is wrapped */
        {VM_OP_I32_ATOMIC_RMW16_CMPXCHG_U, 2, {0x8888, 0x77}, before, 0x8788},
        {VM_OP_MEMORY_ATOMIC_NOTIFY, 4, {10}, before, 0},
    };
    for (uint8_t memory = 0; memory < 2; memory++) {
        for (size_t i = 0; i < BASE_COUNT(cases); i++)
            check_case(&cases[i], memory);
    }
}

static void test_a_wait_for_another_value_does_not_wait(void **state)
{
    (void)state;
    static const atomic_case cases[] = {
        {VM_OP_MEMORY_ATOMIC_WAIT32, 4, {1, (uint64_t)-1}, before, 1},
        {VM_OP_MEMORY_ATOMIC_WAIT64, 8, {1, (uint64_t)-1}, before, 1},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        check_case(&cases[i], 0);
}

static void test_a_wait_ends_at_its_timeout(void **state)
{
    (void)state;
    static const atomic_case cases[] = {
        {VM_OP_MEMORY_ATOMIC_WAIT32, 4, {0x85868788, 0}, before, 2},
        {VM_OP_MEMORY_ATOMIC_WAIT64, 8, {before, 25000000}, before, 2},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        check_case(&cases[i], 0);
}

static void test_a_wait_needs_a_shared_memory(void **state)
{
    (void)state;
    fixture f = new_fixture();
    pirn_func *func = make(&f, VM_OP_MEMORY_ATOMIC_WAIT32, 1);
    pirn_call *call = pirn_call_new(f.store);
    pirn_slot args[3] = {{.u64 = 48}, {.u64 = 0}, {.u64 = 0}};
    expect_start(&f, call, func, args, PIRN_TRAP, "expected shared memory");
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_a_fence_is_an_instruction(void **state)
{
    (void)state;
    fixture f = new_fixture();
    wasm w;
    wasm_init(&w);
    wasm_export_func(&w, "f", wasm_func(&w, ":i", "", CODE(I32_CONST, 3, PREFIX_ATOMIC, 3, 0, END)));
    pirn_func *func = wasm_find_func(fixture_run(&f, &w, NULL, 0), "f");
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, func, NULL, PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].u32, 3);
    pirn_call_free(call);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_of_atomic_access),
        cmocka_unit_test(test_a_wait_for_another_value_does_not_wait),
        cmocka_unit_test(test_a_wait_ends_at_its_timeout),
        cmocka_unit_test(test_a_wait_needs_a_shared_memory),
        cmocka_unit_test(test_a_fence_is_an_instruction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several memories, and memories and tables with 64-bit addresses: every load and store in each of them, bulk instructions
 * between them, and their edges.
 */
#include "vm/exec/runtime.h"
#include "vm/syntax/opcode.h"
#include "vm/test/fixture.h"

enum { PAGE = 65536, MEMORIES = 4, OFFSET = 300 };

enum {
    PREFIX_BULK = 0xFC,

    MEMORY_COPY = 0x0A,
    MEMORY_FILL = 0x0B,

    TABLE_COPY = 0x0E,
    TABLE_GROW = 0x0F,
    TABLE_SIZE = 0x10,
    TABLE_FILL = 0x11,
    TABLE_GET = 0x25,
    TABLE_SET = 0x26,
    HAS_MEMORY = 0x40, /* in a memarg */
};

static const char out_of_memory[] = "out of bounds memory access", out_of_table[] = "out of bounds table access";

/* Memories 0 and 1 have 32-bit addresses, 2 and 3 64-bit ones. */
static bool is64(uint32_t memory)
{
    return memory >= 2;
}

static void add_memories(wasm *w)
{
    for (uint32_t i = 0; i < MEMORIES; i++)
        wasm_memory_type(w, &(pirn_memtype){.limits = {1, 3 + i}, .is64 = is64(i), .page_size_log2 = 16});
}

/* One exported function "f". */
static pirn_func *make(fixture *f, wasm *w, const char *letters, const uint8_t *code, size_t size)
{
    wasm_export_func(w, "f", wasm_func(w, letters, "", code, size));
    return wasm_find_func(fixture_run(f, w, NULL, 0), "f");
}

/* Calls, and expects one result or a trap. */
static void expect_call(fixture *f, pirn_func *func, const pirn_slot *args, uint64_t result, const char *trap)
{
    pirn_call *call = pirn_call_new(f->store);
    expect_start(f, call, func, args, trap == NULL ? PIRN_OK : PIRN_TRAP, trap);
    const pirn_valtype *types;
    if (trap == NULL && pirn_functype_results(pirn_func_type(func), &types) == 1) {
        const pirn_slot *got = pirn_call_results(call);
        assert_int_equal(types[0] == PIRN_I32 || types[0] == PIRN_F32 ? got->u32 : got->u64, result);
    }
    pirn_call_free(call);
}

/* ---- Loads and stores -------------------------------------------------------------------------------------------------- */

static size_t put_access(uint8_t *out, vm_opcode opcode, uint32_t memory)
{
    const uint8_t code[] = {(uint8_t)vm_opcodes[opcode].code, HAS_MEMORY, (uint8_t)memory, 0x80 | (OFFSET & 0x7F),
                            OFFSET >> 7};
    memcpy(out, code, sizeof code);
    return sizeof code;
}

/* The pattern that a load finds at OFFSET. */
static const uint8_t pattern[8] = {0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0xF1};

static void check_load(uint32_t memory, vm_opcode opcode, uint32_t bytes, uint64_t expected)
{
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    add_memories(&w);
    const char letters[] = {is64(memory) ? 'l' : 'i', ':', vm_opcodes[opcode].signature[2], 0};
    uint8_t code[16] = {LOCAL_GET, 0};
    size_t size = 2 + put_access(code + 2, opcode, memory);
    code[size++] = END;
    pirn_func *func = make(&f, &w, letters, code, size);
    pirn_memory *target = f.store->instances->memories[memory];
    memcpy(pirn_memory_data(target) + OFFSET + 5, pattern, sizeof pattern);
    expect_call(&f, func, &(pirn_slot){.u64 = 5}, expected, NULL);
    expect_call(&f, func, &(pirn_slot){.u64 = PAGE - OFFSET - bytes}, 0, NULL);
    expect_call(&f, func, &(pirn_slot){.u64 = PAGE - OFFSET - bytes + 1}, 0, out_of_memory);
    if (is64(memory)) {
        expect_call(&f, func, &(pirn_slot){.u64 = UINT64_MAX}, 0, out_of_memory);
        expect_call(&f, func, &(pirn_slot){.u64 = UINT64_MAX - OFFSET}, 0, out_of_memory);
        expect_call(&f, func, &(pirn_slot){.u64 = UINT64_C(1) << 32}, 0, out_of_memory);
    } else {
        expect_call(&f, func, &(pirn_slot){.u64 = UINT32_MAX}, 0, out_of_memory);
    }
    fixture_free(&f);
}

static void check_store(uint32_t memory, vm_opcode opcode, uint32_t bytes)
{
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    add_memories(&w);
    const char letters[] = {is64(memory) ? 'l' : 'i', vm_opcodes[opcode].signature[1], ':', 0};
    uint8_t code[16] = {LOCAL_GET, 0, LOCAL_GET, 1};
    size_t size = 4 + put_access(code + 4, opcode, memory);
    code[size++] = END;
    pirn_func *func = make(&f, &w, letters, code, size);
    pirn_slot args[2] = {{.u64 = 5}, {.u64 = 0}};
    memcpy(&args[1], pattern, sizeof pattern);
    expect_call(&f, func, args, 0, NULL);
    for (uint32_t i = 0; i < MEMORIES; i++) {
        const uint8_t *data = pirn_memory_data(f.store->instances->memories[i]) + OFFSET + 5;
        if (i == memory)
            assert_memory_equal(data, pattern, bytes);
        assert_int_equal(data[i == memory ? bytes : 0], 0);
    }
    args[0].u64 = PAGE - OFFSET - bytes + 1;
    expect_call(&f, func, args, 0, out_of_memory);
    fixture_free(&f);
}

static void test_every_load_finds_its_memory(void **state)
{
    (void)state;
    static const struct {
        vm_opcode opcode;
        uint32_t bytes;
        uint64_t expected;
    } cases[] = {
        {VM_OP_I32_LOAD, 4, 0x55667788},
        {VM_OP_I64_LOAD, 8, 0xF122334455667788},
        {VM_OP_F32_LOAD, 4, 0x55667788},
        {VM_OP_F64_LOAD, 8, 0xF122334455667788},
        {VM_OP_I32_LOAD8_S, 1, 0xFFFFFF88},
        {VM_OP_I32_LOAD8_U, 1, 0x88},
        {VM_OP_I32_LOAD16_S, 2, 0x7788},
        {VM_OP_I32_LOAD16_U, 2, 0x7788},
        {VM_OP_I64_LOAD8_S, 1, 0xFFFFFFFFFFFFFF88},
        {VM_OP_I64_LOAD8_U, 1, 0x88},
        {VM_OP_I64_LOAD16_S, 2, 0x7788},
        {VM_OP_I64_LOAD16_U, 2, 0x7788},
        {VM_OP_I64_LOAD32_S, 4, 0x55667788},
        {VM_OP_I64_LOAD32_U, 4, 0x55667788},
    };
    for (uint32_t memory = 0; memory < MEMORIES; memory++) {
        for (size_t i = 0; i < BASE_COUNT(cases); i++)
            check_load(memory, cases[i].opcode, cases[i].bytes, cases[i].expected);
    }
}

static void test_every_store_finds_its_memory(void **state)
{
    (void)state;
    static const struct {
        vm_opcode opcode;
        uint32_t bytes;
    } cases[] = {
        {VM_OP_I32_STORE, 4},  {VM_OP_I64_STORE, 8},   {VM_OP_F32_STORE, 4},
        {VM_OP_F64_STORE, 8},  {VM_OP_I32_STORE8, 1},  {VM_OP_I32_STORE16, 2},
        {VM_OP_I64_STORE8, 1}, {VM_OP_I64_STORE16, 2}, {VM_OP_I64_STORE32, 4},
    };
    for (uint32_t memory = 0; memory < MEMORIES; memory++) {
        for (size_t i = 0; i < BASE_COUNT(cases); i++)
            check_store(memory, cases[i].opcode, cases[i].bytes);
    }
}

/* memory 0 may be the one with 64-bit addresses. */
static void test_memory_0_may_have_64_bit_addresses(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_memory_type(&w, &(pirn_memtype){.limits = {1, 1}, .is64 = true, .page_size_log2 = 16});
    pirn_func *func = make(
        &f, &w, "l:i",
        CODE(LOCAL_GET, 0, I32_CONST, 42, I32_STORE, 2, 0, LOCAL_GET, 0, I32_LOAD, 2, 0, MEMORY_SIZE, 0, DROP, END));
    expect_call(&f, func, &(pirn_slot){.u64 = 8}, 42, NULL);
    expect_call(&f, func, &(pirn_slot){.u64 = (UINT64_C(1) << 32) + 8}, 0, out_of_memory);
    expect_call(&f, func, &(pirn_slot){.u64 = UINT64_MAX - 3}, 0, out_of_memory);
    fixture_free(&f);
}

/* ---- Size, growth, bulk ------------------------------------------------------------------------------------------------ */

static void test_each_memory_grows_by_itself(void **state)
{
    (void)state;
    for (uint8_t memory = 0; memory < MEMORIES; memory++) {
        fixture f = fixture_new(NULL, NULL);
        wasm w;
        wasm_init(&w);
        add_memories(&w);
        pirn_func *func = make(&f, &w, is64(memory) ? "l:l" : "i:i",
                               CODE(LOCAL_GET, 0, MEMORY_GROW, memory, DROP, MEMORY_SIZE, memory, END));
        expect_call(&f, func, &(pirn_slot){.u64 = 1}, 2, NULL);
        expect_call(&f, func, &(pirn_slot){.u64 = is64(memory) ? UINT64_MAX : UINT32_MAX}, 2, NULL);
        expect_call(&f, func, &(pirn_slot){.u64 = 1u + memory}, 3u + memory, NULL);
        for (uint32_t i = 0; i < MEMORIES; i++)
            assert_int_equal(pirn_memory_size(f.store->instances->memories[i]), (i == memory ? 3 + i : 1) * PAGE);
        fixture_free(&f);
    }
}

static void test_a_failed_growth_is_minus_one_of_the_address_type(void **state)
{
    (void)state;
    for (uint8_t memory = 1; memory < 3; memory++) {
        fixture f = fixture_new(NULL, NULL);
        wasm w;
        wasm_init(&w);
        add_memories(&w);
        pirn_func *func = make(&f, &w, is64(memory) ? "l:l" : "i:i", CODE(LOCAL_GET, 0, MEMORY_GROW, memory, END));
        expect_call(&f, func, &(pirn_slot){.u64 = 100}, is64(memory) ? UINT64_MAX : UINT32_MAX, NULL);
        fixture_free(&f);
    }
}

static void test_memory_copy_between_address_types(void **state)
{
    (void)state;
    for (uint8_t to = 0; to < MEMORIES; to++) {
        for (uint8_t from = 0; from < MEMORIES; from++) {
            fixture f = fixture_new(NULL, NULL);
            wasm w;
            wasm_init(&w);
            add_memories(&w);
            const char letters[] = {is64(to) ? 'l' : 'i', is64(from) ? 'l' : 'i', is64(to) && is64(from) ? 'l' : 'i',
                                    ':', 0};
            pirn_func *func =
                make(&f, &w, letters,
                     CODE(LOCAL_GET, 0, LOCAL_GET, 1, LOCAL_GET, 2, PREFIX_BULK, MEMORY_COPY, to, from, END));
            memcpy(pirn_memory_data(f.store->instances->memories[from]) + 100, pattern, sizeof pattern);
            expect_call(&f, func, (pirn_slot[]){{.u64 = 300}, {.u64 = 100}, {.u64 = 8}}, 0, NULL);
            assert_memory_equal(pirn_memory_data(f.store->instances->memories[to]) + 300, pattern, sizeof pattern);
            expect_call(&f, func, (pirn_slot[]){{.u64 = PAGE}, {.u64 = PAGE}, {.u64 = 0}}, 0, NULL);
            expect_call(&f, func, (pirn_slot[]){{.u64 = PAGE + 1}, {.u64 = 0}, {.u64 = 0}}, 0, out_of_memory);
            expect_call(&f, func, (pirn_slot[]){{.u64 = 0}, {.u64 = PAGE - 1}, {.u64 = 2}}, 0, out_of_memory);
            if (is64(to) && is64(from))
                expect_call(&f, func, (pirn_slot[]){{.u64 = 8}, {.u64 = 8}, {.u64 = UINT64_MAX - 7}}, 0,
                            out_of_memory);
            fixture_free(&f);
        }
    }
}

static void test_memory_fill_of_any_memory(void **state)
{
    (void)state;
    for (uint8_t memory = 0; memory < MEMORIES; memory++) {
        fixture f = fixture_new(NULL, NULL);
        wasm w;
        wasm_init(&w);
        add_memories(&w);
        pirn_func *func = make(&f, &w, is64(memory) ? "lil:" : "iii:",
                               CODE(LOCAL_GET, 0, LOCAL_GET, 1, LOCAL_GET, 2, PREFIX_BULK, MEMORY_FILL, memory, END));
        expect_call(&f, func, (pirn_slot[]){{.u64 = 10}, {.u64 = 0xAB}, {.u64 = 5}}, 0, NULL);
        const uint8_t *data = pirn_memory_data(f.store->instances->memories[memory]);
        assert_memory_equal(data + 9, "\0\xAB\xAB\xAB\xAB\xAB", 7);
        expect_call(&f, func, (pirn_slot[]){{.u64 = PAGE - 4}, {.u64 = 1}, {.u64 = 5}}, 0, out_of_memory);
        assert_int_equal(data[PAGE - 4], 0);
        fixture_free(&f);
    }
}

/* ---- Tables ------------------------------------------------------------------------------------------------------------ */

/* Tables 0 and 1: funcref with 32-bit, externref with 64-bit addresses; 2: externref, 32. Elements are embedder's pointers. */
static void add_tables(wasm *w)
{
    wasm_table_type(w, &(pirn_tabletype){.limits = {10, 20}, .element = PIRN_FUNCREF});
    wasm_table_type(w, &(pirn_tabletype){.limits = {10, 20}, .element = PIRN_EXTERNREF, .is64 = true});
    wasm_table_type(w, &(pirn_tabletype){.limits = {10, 20}, .element = PIRN_EXTERNREF});
}

static const uint64_t too_large[] = {10, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX};

static void test_table64_get_and_set(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    add_tables(&w);
    pirn_func *func =
        make(&f, &w, "le:e", CODE(LOCAL_GET, 0, LOCAL_GET, 1, TABLE_SET, 1, LOCAL_GET, 0, TABLE_GET, 1, END));
    expect_call(&f, func, (pirn_slot[]){{.u64 = 9}, {.u64 = 77}}, 77, NULL);
    for (size_t i = 0; i < BASE_COUNT(too_large); i++)
        expect_call(&f, func, (pirn_slot[]){{.u64 = too_large[i]}, {.u64 = 77}}, 0, out_of_table);
    fixture_free(&f);
}

static void test_table64_constant_index(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    add_tables(&w);
    /* 2^32 is outside, and not 0. */
    pirn_func *func = make(&f, &w, ":e", CODE(I64_CONST, 0x80, 0x80, 0x80, 0x80, 0x10, TABLE_GET, 1, END));
    expect_call(&f, func, NULL, 0, out_of_table);
    fixture_free(&f);
}

static void test_table64_grow_and_size(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    add_tables(&w);
    pirn_func *func = make(&f, &w, "el:l", CODE(LOCAL_GET, 0, LOCAL_GET, 1, PREFIX_BULK, TABLE_GROW, 1, END));
    expect_call(&f, func, (pirn_slot[]){{.u64 = 5}, {.u64 = 3}}, 10, NULL);
    expect_call(&f, func, (pirn_slot[]){{.u64 = 5}, {.u64 = 8}}, UINT64_MAX, NULL);
    expect_call(&f, func, (pirn_slot[]){{.u64 = 5}, {.u64 = UINT64_C(1) << 32}}, UINT64_MAX, NULL);
    assert_int_equal(pirn_table_size(f.store->instances->tables[1]), 13);
    fixture_free(&f);
}

static void test_table64_fill(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    add_tables(&w);
    pirn_func *func = make(
        &f, &w, "lel:l",
        CODE(LOCAL_GET, 0, LOCAL_GET, 1, LOCAL_GET, 2, PREFIX_BULK, TABLE_FILL, 1, PREFIX_BULK, TABLE_SIZE, 1, END));
    expect_call(&f, func, (pirn_slot[]){{.u64 = 8}, {.u64 = 5}, {.u64 = 2}}, 10, NULL);
    expect_call(&f, func, (pirn_slot[]){{.u64 = 8}, {.u64 = 5}, {.u64 = 3}}, 0, out_of_table);
    expect_call(&f, func, (pirn_slot[]){{.u64 = 0}, {.u64 = 5}, {.u64 = UINT64_C(1) << 32}}, 0, out_of_table);
    fixture_free(&f);
}

static void test_table_copy_between_address_types(void **state)
{
    (void)state;
    for (uint8_t to = 1; to <= 2; to++) {
        for (uint8_t from = 1; from <= 2; from++) {
            fixture f = fixture_new(NULL, NULL);
            wasm w;
            wasm_init(&w);
            add_tables(&w);
            const char letters[] = {to == 1 ? 'l' : 'i', from == 1 ? 'l' : 'i', to == 1 && from == 1 ? 'l' : 'i', ':',
                                    0};
            pirn_func *func =
                make(&f, &w, letters,
                     CODE(LOCAL_GET, 0, LOCAL_GET, 1, LOCAL_GET, 2, PREFIX_BULK, TABLE_COPY, to, from, END));
            pirn_slot value;
            assert_true(pirn_table_set(f.store->instances->tables[from], 3, (pirn_slot){.u64 = 33}));
            expect_call(&f, func, (pirn_slot[]){{.u64 = 5}, {.u64 = 3}, {.u64 = 2}}, 0, NULL);
            assert_true(pirn_table_get(f.store->instances->tables[to], 5, &value));
            assert_int_equal(value.u64, 33);
            expect_call(&f, func, (pirn_slot[]){{.u64 = 0}, {.u64 = 9}, {.u64 = 2}}, 0, out_of_table);
            fixture_free(&f);
        }
    }
}

static void test_call_indirect_with_a_64_bit_index(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_table_type(&w, &(pirn_tabletype){.limits = {2, 2}, .element = PIRN_FUNCREF, .is64 = true});
    uint8_t type = (uint8_t)wasm_type(&w, ":i");
    uint32_t seven = wasm_func(&w, ":i", "", CODE(I32_CONST, 7, END));
    wasm_elem(&w, CODE(I64_CONST, 1, END), 1, &seven);
    pirn_func *func = make(&f, &w, "l:i", CODE(LOCAL_GET, 0, CALL_INDIRECT, type, 0, END));
    expect_call(&f, func, &(pirn_slot){.u64 = 1}, 7, NULL);
    expect_call(&f, func, &(pirn_slot){.u64 = (UINT64_C(1) << 32) + 1}, 0, "undefined element");
    expect_call(&f, func, &(pirn_slot){.u64 = UINT64_MAX}, 0, "undefined element");
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_load_finds_its_memory),
        cmocka_unit_test(test_every_store_finds_its_memory),
        cmocka_unit_test(test_memory_0_may_have_64_bit_addresses),
        cmocka_unit_test(test_each_memory_grows_by_itself),
        cmocka_unit_test(test_a_failed_growth_is_minus_one_of_the_address_type),
        cmocka_unit_test(test_memory_copy_between_address_types),
        cmocka_unit_test(test_memory_fill_of_any_memory),
        cmocka_unit_test(test_table64_get_and_set),
        cmocka_unit_test(test_table64_constant_index),
        cmocka_unit_test(test_table64_grow_and_size),
        cmocka_unit_test(test_table64_fill),
        cmocka_unit_test(test_table_copy_between_address_types),
        cmocka_unit_test(test_call_indirect_with_a_64_bit_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

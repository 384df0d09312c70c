/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers: each numeric case runs in every form that the operands can have (local, constant, accumulator) and must give the same
 * result or trap; loads and stores at the edges of memory; bulk instructions.
 */
#include "vm/syntax/opcode.h"
#include "vm/test/fixture.h"
#include <math.h>

typedef struct test_case {
    vm_opcode opcode;
    uint64_t x, y; /* bits */
    uint64_t result;
    const char *trap; /* instead of a result */
} test_case;

#define F32_NAN        0x7FC00000u
#define F32_SIGNALLING 0x7FA00000u
#define F64_NAN        0x7FF8000000000000u
#define F32(value)     base_bits_of_f32(value)
#define F64(value)     base_bits_of_f64(value)

static void emit_opcode(vm_writer *w, vm_opcode opcode)
{
    const vm_opcode_info *info = &vm_opcodes[opcode];
    if (info->prefix != 0) {
        vm_writer_u8(w, info->prefix);
        vm_writer_leb_unsigned(w, info->code);
    } else {
        vm_writer_u8(w, (uint8_t)info->code);
    }
}

/* How an operand reaches its instruction. */
typedef enum source { SOURCE_LOCAL, SOURCE_CONSTANT, SOURCE_ACCUMULATOR, SOURCES } source;

static void emit_constant(vm_writer *w, char letter, uint64_t bits)
{
    vm_writer_u8(w, letter == 'i' ? 0x41 : letter == 'l' ? 0x42 : letter == 'f' ? 0x43 : 0x44);
    if (letter == 'i')
        vm_writer_leb_signed(w, (int32_t)bits);
    else if (letter == 'l')
        vm_writer_leb_signed(w, (int64_t)bits);
    else if (letter == 'f')
        vm_writer_u32(w, (uint32_t)bits);
    else
        vm_writer_u64(w, bits);
}

static void emit_operand(vm_writer *w, char letter, uint8_t local, uint64_t bits, source from)
{
    if (from == SOURCE_CONSTANT) {
        emit_constant(w, letter, bits);
        return;
    }
    vm_writer_leb_unsigned(w, LOCAL_GET);
    vm_writer_u8(w, local);
    if (from == SOURCE_ACCUMULATOR) { /* of an instruction that leaves the bits alone: global.set, global.get */
        vm_writer_u8(w, GLOBAL_SET);
        vm_writer_u8(w, local);
        vm_writer_u8(w, GLOBAL_GET);
        vm_writer_u8(w, local);
    }
}

static uint64_t mask(char letter, uint64_t bits)
{
    return letter == 'i' || letter == 'f' ? (uint32_t)bits : bits;
}

static pirn_slot slot_of(char letter, uint64_t bits)
{
    pirn_slot slot = {.u64 = bits};
    if (letter == 'i' || letter == 'f')
        slot.u32 = (uint32_t)bits;
    return slot;
}

static uint64_t bits_of(char letter, pirn_slot slot)
{
    return letter == 'i' || letter == 'f' ? slot.u32 : slot.u64;
}

/* Runs the case with its operands from `x_from` and `y_from`; `to_local`: the result goes through a local. */
static void run_case(const test_case *c, source x_from, source y_from, bool to_local)
{
    const vm_opcode_info *info = &vm_opcodes[c->opcode];
    const char *underscore = strchr(info->signature, '_');
    size_t operands = (size_t)(underscore - info->signature);
    char result = underscore[1], x = info->signature[0], y = operands == 2 ? info->signature[1] : x;
    char letters[8], locals[2] = {result, '\0'};
    snprintf(letters, sizeof letters, "%c%c:%c", x, y, result);
    pirn_allocator allocator = *pirn_allocator_default();
    vm_writer code;
    vm_writer_init(&code, &allocator);
    emit_operand(&code, x, 0, c->x, x_from);
    if (operands == 2)
        emit_operand(&code, y, 1, c->y, y_from);
    emit_opcode(&code, c->opcode);
    if (to_local)
        vm_writer_bytes(&code, (const uint8_t[]){LOCAL_SET, 2, LOCAL_GET, 2}, 4);
    vm_writer_u8(&code, END);

    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    for (int i = 0; i < 2; i++) {
        vm_writer zero;
        vm_writer_init(&zero, &allocator);
        emit_constant(&zero, i == 0 ? x : y, 0);
        vm_writer_u8(&zero, END);
        wasm_global(&w, i == 0 ? x : y, true, zero.data, zero.len);
        vm_writer_done(&zero);
    }
    wasm_export_func(&w, "f", wasm_func(&w, letters, locals, code.data, code.len));
    vm_writer_done(&code);
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    pirn_slot args[2] = {slot_of(x, c->x), slot_of(y, c->y)};
    expect_start(&f, call, wasm_find_func(instance, "f"), args, c->trap == NULL ? PIRN_OK : PIRN_TRAP, c->trap);
    if (c->trap == NULL) {
        uint64_t got = bits_of(result, pirn_call_results(call)[0]);
        if (got != mask(result, c->result))
            fail_msg("%s of %llx and %llx: %llx", info->text, (unsigned long long)c->x, (unsigned long long)c->y,
                     (unsigned long long)got);
    }
    pirn_call_free(call);
    fixture_free(&f);
}

static void run_cases(const test_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (int form = 0; form < SOURCES * SOURCES * 2; form++)
            run_case(&cases[i], form % SOURCES, form / SOURCES % SOURCES, form / (SOURCES * SOURCES));
}

static void test_integer_operations_in_every_form(void **state)
{
    (void)state;
    static const char zero[] = "integer divide by zero", overflow[] = "integer overflow";
    const test_case cases[] = {
        {VM_OP_I32_ADD, 0xFFFFFFFF, 2, 1, NULL},
        {VM_OP_I32_SUB, 1, 2, 0xFFFFFFFF, NULL},
        {VM_OP_I32_MUL, 0x10001, 0x10001, 0x20001, NULL},
        {VM_OP_I32_DIV_S, (uint32_t)-7, 2, (uint32_t)-3, NULL},
        {VM_OP_I32_DIV_S, 0x80000000, 0xFFFFFFFF, 0, overflow},
        {VM_OP_I32_DIV_S, 1, 0, 0, zero},
        {VM_OP_I32_DIV_U, (uint32_t)-7, 2, 0x7FFFFFFC, NULL},
        {VM_OP_I32_REM_S, 0x80000000, 0xFFFFFFFF, 0, NULL},
        {VM_OP_I32_REM_S, (uint32_t)-7, 2, (uint32_t)-1, NULL},
        {VM_OP_I32_REM_U, 7, 0, 0, zero},
        {VM_OP_I32_AND, 0xFF00FF00, 0x0FF00FF0, 0x0F000F00, NULL},
        {VM_OP_I32_OR, 0xF0, 0x0F, 0xFF, NULL},
        {VM_OP_I32_XOR, 0xFF, 0x0F, 0xF0, NULL},
        {VM_OP_I32_SHL, 1, 33, 2, NULL},
        {VM_OP_I32_SHR_S, 0x80000000, 31, 0xFFFFFFFF, NULL},
        {VM_OP_I32_SHR_U, 0x80000000, 63, 1, NULL},
        {VM_OP_I32_ROTL, 0x80000001, 1, 3, NULL},
        {VM_OP_I32_ROTR, 0x80000001, 32, 0x80000001, NULL},
        {VM_OP_I64_ADD, UINT64_MAX, 2, 1, NULL},
        {VM_OP_I64_SUB, 0, (uint64_t)1 << 40, (uint64_t)-1 << 40, NULL},
        {VM_OP_I64_MUL, (uint64_t)1 << 33, 1 << 30, (uint64_t)1 << 63, NULL},
        {VM_OP_I64_DIV_S, (uint64_t)1 << 63, UINT64_MAX, 0, overflow},
        {VM_OP_I64_DIV_U, UINT64_MAX, 10, UINT64_MAX / 10, NULL},
        {VM_OP_I64_REM_S, (uint64_t)1 << 63, UINT64_MAX, 0, NULL},
        {VM_OP_I64_REM_U, 1, 0, 0, zero},
        {VM_OP_I64_SHL, 1, 65, 2, NULL},
        {VM_OP_I64_ROTR, 1, 1, (uint64_t)1 << 63, NULL},
        {VM_OP_I32_LT_S, 0xFFFFFFFF, 0, 1, NULL},
        {VM_OP_I32_LT_U, 0xFFFFFFFF, 0, 0, NULL},
        {VM_OP_I32_GE_U, 7, 7, 1, NULL},
        {VM_OP_I64_GT_S, 0, UINT64_MAX, 1, NULL},
        {VM_OP_I64_LE_U, 0, UINT64_MAX, 1, NULL},
        {VM_OP_I64_EQ, (uint64_t)1 << 32, 0, 0, NULL},
        {VM_OP_I32_EQZ, 0, 0, 1, NULL},
        {VM_OP_I64_EQZ, (uint64_t)1 << 32, 0, 0, NULL},
        {VM_OP_I32_CLZ, 0, 0, 32, NULL},
        {VM_OP_I32_CTZ, 0x80000000, 0, 31, NULL},
        {VM_OP_I64_CTZ, 0, 0, 64, NULL},
        {VM_OP_I64_POPCNT, UINT64_MAX, 0, 64, NULL},
        {VM_OP_I32_EXTEND8_S, 0x180, 0, 0xFFFFFF80, NULL},
        {VM_OP_I64_EXTEND32_S, 0x180000000, 0, 0xFFFFFFFF80000000, NULL},
        {VM_OP_I32_WRAP_I64, 0x1234567890, 0, 0x34567890, NULL},
        {VM_OP_I64_EXTEND_I32_S, 0x80000000, 0, 0xFFFFFFFF80000000, NULL},
        {VM_OP_I64_EXTEND_I32_U, 0x80000000, 0, 0x80000000, NULL},
    };
    run_cases(cases, BASE_COUNT(cases));
}

static void test_float_operations_in_every_form(void **state)
{
    (void)state;
    const test_case cases[] = {
        {VM_OP_F32_ADD, F32(1.5f), F32(0.25f), F32(1.75f), NULL},
        {VM_OP_F32_SUB, F32(1.0f), F32(0.25f), F32(0.75f), NULL},
        {VM_OP_F32_DIV, F32(1.0f), F32(-0.0f), F32(-INFINITY), NULL},
        {VM_OP_F32_MIN, F32(0.0f), F32(-0.0f), F32(-0.0f), NULL},
        {VM_OP_F32_MAX, F32(-0.0f), F32(0.0f), F32(0.0f), NULL},
        {VM_OP_F32_MIN, F32_NAN, F32(1.0f), F32_NAN, NULL},
        {VM_OP_F32_COPYSIGN, F32_SIGNALLING, F32(-1.0f), F32_SIGNALLING | 0x80000000, NULL},
        {VM_OP_F32_NEG, F32_SIGNALLING, 0, F32_SIGNALLING | 0x80000000, NULL},
        {VM_OP_F32_ABS, F32_SIGNALLING | 0x80000000, 0, F32_SIGNALLING, NULL},
        {VM_OP_F32_NEAREST, F32(2.5f), 0, F32(2.0f), NULL},
        {VM_OP_F32_NEAREST, F32(-0.5f), 0, F32(-0.0f), NULL},
        {VM_OP_F32_CEIL, F32(-0.5f), 0, F32(-0.0f), NULL},
        {VM_OP_F32_CEIL, F32_SIGNALLING, 0, F32_SIGNALLING | 0x400000, NULL},
        {VM_OP_F32_SQRT, F32(2.25f), 0, F32(1.5f), NULL},
        {VM_OP_F64_MUL, F64(1e200), F64(1e200), F64(INFINITY), NULL},
        {VM_OP_F64_SUB, F64(0.0), F64(0.0), F64(0.0), NULL},
        {VM_OP_F64_MAX, F64(1.0), F64_NAN, F64_NAN, NULL},
        {VM_OP_F64_COPYSIGN, F64(3.0), F64(-0.0), F64(-3.0), NULL},
        {VM_OP_F64_NEAREST, F64(4503599627370497.5), 0, F64(4503599627370498.0), NULL},
        {VM_OP_F64_TRUNC, F64(-1.75), 0, F64(-1.0), NULL},
        {VM_OP_F64_FLOOR, F64(-1.25), 0, F64(-2.0), NULL},
        {VM_OP_F32_LT, F32_NAN, F32(1.0f), 0, NULL},
        {VM_OP_F32_NE, F32_NAN, F32_NAN, 1, NULL},
        {VM_OP_F64_GE, F64(1.0), F64(1.0), 1, NULL},
        {VM_OP_F64_GT, F64_NAN, F64(1.0), 0, NULL},
        {VM_OP_F32_DEMOTE_F64, F64(1e300), 0, F32(INFINITY), NULL},
        {VM_OP_F64_PROMOTE_F32, F32(1.5f), 0, F64(1.5), NULL},
        {VM_OP_I32_REINTERPRET_F32, F32_SIGNALLING, 0, F32_SIGNALLING, NULL},
        {VM_OP_F64_REINTERPRET_I64, F64_NAN | 5, 0, F64_NAN | 5, NULL},
    };
    run_cases(cases, BASE_COUNT(cases));
}

static void test_conversions_at_their_limits(void **state)
{
    (void)state;
    static const char overflow[] = "integer overflow", invalid[] = "invalid conversion to integer";
    const test_case cases[] = {
        {VM_OP_I32_TRUNC_F32_S, F32(-0x1p31f), 0, 0x80000000, NULL},
        {VM_OP_I32_TRUNC_F32_S, F32(0x1p31f), 0, 0, overflow},
        {VM_OP_I32_TRUNC_F32_S, F32_NAN, 0, 0, invalid},
        {VM_OP_I32_TRUNC_F32_U, F32(-0.75f), 0, 0, NULL},
        {VM_OP_I32_TRUNC_F32_U, F32(-1.0f), 0, 0, overflow},
        {VM_OP_I32_TRUNC_F64_S, F64(-2147483648.9), 0, 0x80000000, NULL},
        {VM_OP_I32_TRUNC_F64_S, F64(-2147483649.0), 0, 0, overflow},
        {VM_OP_I32_TRUNC_F64_U, F64(4294967295.9), 0, 0xFFFFFFFF, NULL},
        {VM_OP_I64_TRUNC_F64_S, F64(-0x1p63), 0, (uint64_t)1 << 63, NULL},
        {VM_OP_I64_TRUNC_F64_S, F64(0x1p63), 0, 0, overflow},
        {VM_OP_I64_TRUNC_F32_U, F32(0x1p63f), 0, (uint64_t)1 << 63, NULL},
        {VM_OP_I64_TRUNC_F64_U, F64(0x1p64), 0, 0, overflow},
        {VM_OP_I32_TRUNC_SAT_F32_S, F32(1e20f), 0, INT32_MAX, NULL},
        {VM_OP_I32_TRUNC_SAT_F32_S, F32_NAN, 0, 0, NULL},
        {VM_OP_I32_TRUNC_SAT_F64_U, F64(-5.0), 0, 0, NULL},
        {VM_OP_I64_TRUNC_SAT_F64_S, F64(-1e30), 0, (uint64_t)1 << 63, NULL},
        {VM_OP_I64_TRUNC_SAT_F32_U, F32(INFINITY), 0, UINT64_MAX, NULL},
        {VM_OP_F32_CONVERT_I32_U, 0xFFFFFFFF, 0, F32(0x1p32f), NULL},
        {VM_OP_F32_CONVERT_I64_U, 0x8000008000000001, 0, F32(0x1.000002p63f), NULL},
        {VM_OP_F32_CONVERT_I64_S, UINT64_MAX, 0, F32(-1.0f), NULL},
        {VM_OP_F64_CONVERT_I64_U, UINT64_MAX, 0, F64(0x1p64), NULL},
        {VM_OP_F64_CONVERT_I32_S, 0x80000000, 0, F64(-0x1p31), NULL},
    };
    run_cases(cases, BASE_COUNT(cases));
}

/* One page of memory; f stores 0x11223344 at an address and loads it back; the offset is given. */
static void check_access(uint32_t address, uint32_t offset, source from, bool is_trap)
{
    pirn_allocator allocator = *pirn_allocator_default();
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_memory(&w, 1, 1);
    wasm_global(&w, 'i', true, CODE(I32_CONST, 0, END));
    vm_writer code;
    vm_writer_init(&code, &allocator);
    emit_operand(&code, 'i', 0, address, from);
    emit_constant(&code, 'i', 0x11223344);
    vm_writer_bytes(&code, (const uint8_t[]){I32_STORE, 0}, 2);
    vm_writer_leb_unsigned(&code, offset);
    emit_operand(&code, 'i', 0, address, from);
    vm_writer_bytes(&code, (const uint8_t[]){I32_LOAD, 0}, 2);
    vm_writer_leb_unsigned(&code, offset);
    vm_writer_u8(&code, END);
    wasm_export_func(&w, "f", wasm_func(&w, "i:i", "", code.data, code.len));
    vm_writer_done(&code);
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    pirn_slot arg = slot_of('i', address);
    expect_start(&f, call, wasm_find_func(instance, "f"), &arg, is_trap ? PIRN_TRAP : PIRN_OK,
                 is_trap ? "out of bounds memory access" : NULL);
    if (!is_trap)
        assert_int_equal(pirn_call_results(call)[0].u32, 0x11223344);
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_memory_is_checked_to_the_byte(void **state)
{
    (void)state;
    for (source from = SOURCE_LOCAL; from < SOURCES; from++) {
        check_access(65532, 0, from, false);
        check_access(65533, 0, from, true);
        check_access(0, 65532, from, false);
        check_access(1, 65532, from, true);
        check_access(0xFFFFFFFF, 0xFFFFFFFF, from, true);
        check_access(0xFFFFFFFC, 4, from, true); /* does not wrap around */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integer_operations_in_every_form),
        cmocka_unit_test(test_float_operations_in_every_form),
        cmocka_unit_test(test_conversions_at_their_limits),
        cmocka_unit_test(test_memory_is_checked_to_the_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

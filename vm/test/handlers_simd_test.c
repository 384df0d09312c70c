/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers of vector instructions: every one runs at least once, with its operands from locals and as constants, and its
 * result as it comes and through a local; those of memory also at its end.
 */
#include "vm/syntax/opcode.h"
#include "vm/test/fixture.h"

enum { MAX_OPERANDS = 3, MEMARG_OFFSET = 1, PAGE = 65536 };

typedef struct vector {
    uint8_t bytes[16]; /* as in linear memory */
} vector;

typedef struct simd_case {
    vm_opcode opcode;
    uint8_t lane;
    char loose;
    vector operands[MAX_OPERANDS];
    vector result;
} simd_case;

/* Lanes as bytes. */
#define B1(x) (uint8_t)(x)
#define B2(x) B1(x), B1((uint16_t)(x) >> 8)
#define B4(x) B2(x), B2((uint32_t)(x) >> 16)
#define B8(x) B4(x), B4((uint64_t)(x) >> 32)
#define NONE  {{0}}
#define I8(...)         \
    {                   \
        {               \
            __VA_ARGS__ \
        }               \
    }
#define I16(a, b, c, d, e, f, g, h)                                \
    {                                                              \
        {                                                          \
            B2(a), B2(b), B2(c), B2(d), B2(e), B2(f), B2(g), B2(h) \
        }                                                          \
    }
#define I32(a, b, c, d)                \
    {                                  \
        {                              \
            B4(a), B4(b), B4(c), B4(d) \
        }                              \
    }
#define I64(a, b)        \
    {                    \
        {                \
            B8(a), B8(b) \
        }                \
    }
#define F32 I32
#define F64 I64

#define CASE(name, lane, loose, x, y, z, result) {VM_OP_##name, lane, loose, {x, y, z}, result},
static const simd_case integer_cases[] = {
#include "vm/test/simd_integer_cases.def"
};
static const simd_case float_cases[] = {
#include "vm/test/simd_float_cases.def"
};
#undef CASE

/* ---- One case -------------------------------------------------------------------------------------------------------- */

/* The last one is for accesses of memory: of one with 64-bit addresses. */
typedef enum case_form { FROM_LOCALS, FROM_CONSTANTS, FORMS, FROM_LOCALS_64 } case_form;

static void emit_opcode(vm_writer *w, vm_opcode opcode)
{
    vm_writer_u8(w, vm_opcodes[opcode].prefix);
    vm_writer_leb_unsigned(w, vm_opcodes[opcode].code);
}

static void emit_constant(vm_writer *w, char letter, const vector *value)
{
    switch (letter) {
    case 'v':
        emit_opcode(w, VM_OP_V128_CONST);
        vm_writer_bytes(w, value->bytes, sizeof value->bytes);
        break;
    case 'l':
        vm_writer_u8(w, I64_CONST);
        vm_writer_leb_signed(w, (int64_t)base_load_u64(value->bytes));
        break;
    case 'f':
        vm_writer_u8(w, 0x43);
        vm_writer_u32(w, base_load_u32(value->bytes));
        break;
    case 'd':
        vm_writer_u8(w, 0x44);
        vm_writer_u64(w, base_load_u64(value->bytes));
        break;
    default:
        vm_writer_u8(w, I32_CONST);
        vm_writer_leb_signed(w, (int32_t)base_load_u32(value->bytes));
    }
}

static void emit_operand(vm_writer *w, const simd_case *c, char letter, uint8_t index, case_form form)
{
    if (form == FROM_CONSTANTS) {
        emit_constant(w, letter, &c->operands[index]);
        return;
    }
    vm_writer_u8(w, LOCAL_GET);
    vm_writer_u8(w, index);
}

static bool is_memory(vm_opcode opcode)
{
    return vm_opcodes[opcode].immediate >= VM_IMM_MEM1 && vm_opcodes[opcode].immediate <= VM_IMM_MEM8_LANE;
}

/* The shuffle's lanes are its result's first ones, as both operands count upwards from 0. */
static void emit_immediate(vm_writer *w, const simd_case *c)
{
    uint8_t kind = vm_opcodes[c->opcode].immediate;
    if (kind == VM_IMM_V128 || kind == VM_IMM_SHUFFLE)
        vm_writer_bytes(w, c->result.bytes, sizeof c->result.bytes);
    if (is_memory(c->opcode))
        vm_writer_bytes(w, (const uint8_t[]){0, MEMARG_OFFSET}, 2);
    if ((kind >= VM_IMM_LANE2 && kind <= VM_IMM_LANE16) || (kind >= VM_IMM_MEM1_LANE && kind <= VM_IMM_MEM8_LANE))
        vm_writer_u8(w, c->lane);
}

/* Writes the function's code; its results are what the instruction yields, or what a store has left in memory. */
static void write_code(vm_writer *w, const simd_case *c, case_form form)
{
    const char *signature = vm_opcodes[c->opcode].signature, *line = strchr(signature, '_');
    uint8_t operands = (uint8_t)(line - signature);
    for (uint8_t i = 0; i < operands; i++)
        emit_operand(w, c, signature[i], i, form);
    emit_opcode(w, c->opcode);
    emit_immediate(w, c);
    if (line[1] == '\0') {
        emit_operand(w, c, 'i', 0, form);
        emit_opcode(w, VM_OP_V128_LOAD);
        vm_writer_bytes(w, (const uint8_t[]){0, MEMARG_OFFSET}, 2);
    }
    if (form == FROM_CONSTANTS)
        vm_writer_bytes(w, (const uint8_t[]){LOCAL_SET, operands, LOCAL_GET, operands}, 4);
    vm_writer_u8(w, END);
}

/* "v:v" and so on. Returns the letter of the result. */
static char type_letters(const simd_case *c, char letters[8], char address)
{
    const char *signature = vm_opcodes[c->opcode].signature, *line = strchr(signature, '_');
    char result = line[1] == '\0' ? 'v' : line[1];
    snprintf(letters, 8, "%.*s:%c", (int)(line - signature), signature, result);
    for (char *at = letters; *at != '\0'; at++)
        *at = *at == 'a' ? address : *at;
    return result;
}

static void fill_arguments(const simd_case *c, const char *letters, pirn_slot *slot)
{
    for (size_t i = 0; letters[i] != ':'; i++) {
        const uint8_t *bytes = c->operands[i].bytes;
        if (letters[i] == 'v')
            memcpy(slot, bytes, 2 * sizeof *slot);
        else if (letters[i] == 'i' || letters[i] == 'f')
            slot->u32 = base_load_u32(bytes);
        else
            slot->u64 = base_load_u64(bytes);
        slot += letters[i] == 'v' ? 2 : 1;
    }
}

static vector vector_of(const pirn_slot *slot, char letter)
{
    vector v = {{0}};
    if (letter == 'v')
        memcpy(v.bytes, slot, sizeof v.bytes);
    else if (letter == 'i' || letter == 'f')
        base_store_u32(v.bytes, slot->u32);
    else
        base_store_u64(v.bytes, slot->u64);
    return v;
}

static uint64_t lane_at(const vector *v, size_t at, size_t size)
{
    return size == 4 ? base_load_u32(v->bytes + at) : base_load_u64(v->bytes + at);
}

/* Is `got` a quiet NaN wherever `expected` is, and the same elsewhere? */
static bool matches(const vector *got, const vector *expected, char loose)
{
    size_t size = loose == 'f' ? 4 : 8;
    uint64_t quiet = loose == 'f' ? 0x7FC00000 : loose == 'd' ? 0x7FF8000000000000 : UINT64_MAX;
    for (size_t at = 0; at < sizeof got->bytes; at += size) {
        uint64_t a = lane_at(got, at, size), b = lane_at(expected, at, size);
        bool both_are_nan = loose != 0 && (a & quiet) == quiet && (b & quiet) == quiet;
        if (a != b && !both_are_nan)
            return false;
    }
    return true;
}

static void fail_case(const simd_case *c, const vector *got, case_form form)
{
    char text[2 * sizeof got->bytes + 1];
    for (size_t i = 0; i < sizeof got->bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", got->bytes[i]);
    fail_msg("%s with operands from %s: %s", vm_opcodes[c->opcode].text,
             form == FROM_CONSTANTS ? "constants" : "locals", text);
}

/* Memory holds 0x80, 0x87, 0x8E, ... */
static void add_memory(wasm *w, bool is64)
{
    char text[33] = "";
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = (char)(uint8_t)(0x80 + 7 * i);
    wasm_memory_type(w, &(pirn_memtype){.limits = {1, 1}, .is64 = is64, .page_size_log2 = 16});
    wasm_data(w, CODE(is64 ? I64_CONST : I32_CONST, 0, END), text);
}

static void run_case(const simd_case *c, case_form form, const char *trap)
{
    bool is64 = form == FROM_LOCALS_64;
    char letters[8], locals[2] = {type_letters(c, letters, is64 ? 'l' : 'i'), '\0'};
    vm_writer code;
    vm_writer_init(&code, pirn_allocator_default());
    write_code(&code, c, form);
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    add_memory(&w, is64);
    wasm_export_func(&w, "f", wasm_func(&w, letters, locals, code.data, code.len));
    vm_writer_done(&code);
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    pirn_slot args[2 * MAX_OPERANDS] = {{.u64 = 0}};
    fill_arguments(c, letters, args);
    expect_start(&f, call, wasm_find_func(instance, "f"), args, trap == NULL ? PIRN_OK : PIRN_TRAP, trap);
    if (trap == NULL) {
        vector got = vector_of(pirn_call_results(call), locals[0]);
        if (!matches(&got, &c->result, c->loose))
            fail_case(c, &got, form);
    }
    pirn_call_free(call);
    fixture_free(&f);
}

static void run_cases(const simd_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (case_form form = 0; form < FORMS; form++)
            run_case(&cases[i], form, NULL);
        if (is_memory(cases[i].opcode))
            run_case(&cases[i], FROM_LOCALS_64, NULL);
    }
}

/* ---- Tests ----------------------------------------------------------------------------------------------------------- */

static void test_integers_lanes_and_memory(void **state)
{
    (void)state;
    run_cases(integer_cases, BASE_COUNT(integer_cases));
}

static void test_floats_and_conversions(void **state)
{
    (void)state;
    run_cases(float_cases, BASE_COUNT(float_cases));
}

static void mark(const simd_case *cases, size_t count, bool *seen)
{
    for (size_t i = 0; i < count; i++)
        seen[cases[i].opcode] = true;
}

static void test_every_vector_instruction_has_a_case(void **state)
{
    (void)state;
    bool seen[VM_OP_COUNT] = {false};
    size_t count = 0;
    mark(integer_cases, BASE_COUNT(integer_cases), seen);
    mark(float_cases, BASE_COUNT(float_cases), seen);
    for (size_t i = 0; i < VM_OP_COUNT; i++) {
        if (!(vm_opcodes[i].feature & (PIRN_FEATURE_SIMD | PIRN_FEATURE_RELAXED_SIMD)))
            continue;
        count++;
        if (!seen[i])
            fail_msg("%s has none", vm_opcodes[i].text);
    }
    assert_int_equal(count, 256);
}

/* How many bytes the instruction accesses. */
static uint32_t access_size(vm_opcode opcode)
{
    uint8_t kind = vm_opcodes[opcode].immediate;
    return 1u << (kind >= VM_IMM_MEM1_LANE ? kind - VM_IMM_MEM1_LANE : kind - VM_IMM_MEM1);
}

static void test_accesses_trap_beyond_the_end_of_memory(void **state)
{
    (void)state;
    size_t count = 0;
    for (size_t i = 0; i < BASE_COUNT(integer_cases); i++) {
        simd_case c = integer_cases[i];
        if (!is_memory(c.opcode))
            continue;
        base_store_u32(c.operands[0].bytes, PAGE - MEMARG_OFFSET - access_size(c.opcode) + 1);
        run_case(&c, FROM_LOCALS, "out of bounds memory access");
        run_case(&c, FROM_LOCALS_64, "out of bounds memory access");
        base_store_u32(c.operands[0].bytes, UINT32_MAX);
        run_case(&c, FROM_CONSTANTS, "out of bounds memory access");
        base_store_u64(c.operands[0].bytes, UINT64_MAX);
        run_case(&c, FROM_LOCALS_64, "out of bounds memory access");
        count++;
    }
    assert_int_equal(count, 22);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_lanes_and_memory),
        cmocka_unit_test(test_floats_and_conversions),
        cmocka_unit_test(test_every_vector_instruction_has_a_case),
        cmocka_unit_test(test_accesses_trap_beyond_the_end_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

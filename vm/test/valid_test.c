/* SPDX-License-Identifier: Apache-2.0 */
/* vm/valid: bodies and modules that are valid, and the error of each rule that they can break. */
#include "vm/binary/decode.h"
#include "vm/test/modules.h"
#include "vm/valid/valid.h"

#define PREAMBLE "\0asm\1\0\0\0"

static pirn_status load(const uint8_t *bytes, size_t len, uint32_t features, const pirn_allocator *allocator,
                        pirn_error *error)
{
    vm_module m;
    base_error_init(error);
    PIRN_TRY(vm_decode(&m, bytes, len, 0, features, allocator, error));
    pirn_status status = vm_validate_module(&m, allocator, error);
    if (status == PIRN_OK)
        status = vm_validate_bodies(&m, allocator, NULL, error);
    vm_module_done(&m);
    return status;
}

/* ---- Bodies -------------------------------------------------------------------------------------------------- */

typedef struct body_case {
    uint8_t type;
    test_bytes body; /* locals and code */
    pirn_status status;
    size_t at;           /* of the error, in the body */
    const char *message; /* NULL when it is valid */
} body_case;

/* Where the body lies in test_module's bytes. */
static size_t body_offset(const vm_writer *w)
{
    vm_module m;
    assert_int_equal(vm_decode(&m, w->data, w->len, 0, ALL_FEATURES, pirn_allocator_default(), NULL), PIRN_OK);
    size_t offset = (size_t)(m.funcs.data[1].body.start - w->data);
    vm_module_done(&m);
    return offset;
}

static void expect_body_error(const body_case *c, const vm_writer *w, const pirn_error *error)
{
    uint32_t func = 0;
    pirn_str name;
    assert_string_equal(pirn_error_message(error), c->message);
    assert_int_equal(pirn_error_offset(error), body_offset(w) + c->at);
    assert_true(pirn_error_function(error, &func, &name));
    assert_int_equal(func, 1);
    assert_true(pirn_str_eq(name, PIRN_STR("b")));
}

static void expect_bodies(const body_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        vm_writer w;
        pirn_error error;
        vm_writer_init(&w, pirn_allocator_default());
        test_module(&w, cases[i].type, cases[i].body.data, cases[i].body.len);
        pirn_status status = load(w.data, w.len, ALL_FEATURES, pirn_allocator_default(), &error);
        if (cases[i].message == NULL)
            assert_string_equal(pirn_error_message(&error), "");
        else
            expect_body_error(&cases[i], &w, &error);
        assert_int_equal(status, cases[i].status);
        vm_writer_done(&w);
    }
}

static void test_valid_bodies(void **state)
{
    (void)state;
    static const body_case cases[] = {
        {1, {BYTES(TEST_BODY)}, PIRN_OK, 0, NULL},
        {0, {BYTES("\0\x0B")}, PIRN_OK, 0, NULL},
        {1, {BYTES("\0\x00\x0B")}, PIRN_OK, 0, NULL},                     /* unreachable */
        {1, {BYTES("\0\x00\x6A\x0B")}, PIRN_OK, 0, NULL},                 /* i32.add of nothing, unreachable */
        {1, {BYTES("\0\x00\x1B\x0B")}, PIRN_OK, 0, NULL},                 /* select of unknown types */
        {2, {BYTES("\0\x41\0\x42\0\x0F\x0B")}, PIRN_OK, 0, NULL},         /* return of two values */
        {1, {BYTES("\0\x20\0\x03\x01\x0C\0\x0B\x0B")}, PIRN_OK, 0, NULL}, /* br to a loop with a parameter */
        {1, {BYTES("\0\x41\0\x41\1\x04\x01\x0B\x0B")}, PIRN_OK, 0, NULL}, /* if without else, [i32] -> [i32] */
        {0, {BYTES("\0\x00\xD1\x1A\x0B")}, PIRN_OK, 0, NULL},             /* ref.is_null of an unknown type */
        {0, {BYTES("\0\x41\0\x25\1\xD1\x1A\x0B")}, PIRN_OK, 0, NULL},     /* table.get of externref */
        {1, {BYTES("\0\x41\0\x02\x40\x00\x0B\x0B")}, PIRN_OK, 0, NULL},   /* reachable again after the block */
        {1, {BYTES("\x01\xB0\x86\x03\x7F\x20\xB0\x86\x03\x0B")}, PIRN_OK, 0, NULL}, /* the 50,000th local, an i32 */
        {1, {BYTES("\x03\xE8\x07\x7E\0\x7D\x02\x7F\x20\xEA\x07\x0B")}, PIRN_OK, 0, NULL}, /* behind the flat ones */
        {0, {BYTES("\0\x3F\0\x40\0\x1A\x41\0\x41\0\x41\0\xFC\x0B\0\x0B")}, PIRN_OK, 0, NULL}, /* memory.fill */
        {0, {BYTES("\0\x42\0\x24\1\x0B")}, PIRN_OK, 0, NULL},                                 /* global.set */
        {0, {BYTES("\0\x41\0\xD0\x6F\x26\1\x0B")}, PIRN_OK, 0, NULL},                         /* table.set */
        {0, {BYTES("\0\xD0\x6F\xFC\x10\0\xFC\x0F\1\x1A\x0B")}, PIRN_OK, 0, NULL}, /* table.size, table.grow */
        {0, {BYTES("\0\x41\0\xD0\x70\x41\0\xFC\x11\0\x0B")}, PIRN_OK, 0, NULL},   /* table.fill */
        {0, {BYTES("\0\x41\0\x41\0\x41\0\xFC\x0E\1\1\x0B")}, PIRN_OK, 0, NULL},   /* table.copy */
        {0, {BYTES("\0\x41\0\x41\0\x41\0\xFC\x0C\1\1\x0B")}, PIRN_OK, 0, NULL},   /* table.init */
        {0, {BYTES("\0\x41\0\x41\0\x41\0\xFC\x0A\0\0\x0B")}, PIRN_OK, 0, NULL},   /* memory.copy */
        {1, {BYTES("\0\x41\0\x12\0\x6A\x0B")}, PIRN_OK, 0, NULL},                 /* return_call, then unreachable */
        {1, {BYTES("\0\x41\0\x41\0\x13\1\0\x0B")}, PIRN_OK, 0, NULL},             /* return_call_indirect */
    };
    expect_bodies(cases, BASE_COUNT(cases));
}

static void test_type_mismatches(void **state)
{
    (void)state;
    static const body_case cases[] = {
        {0, {BYTES("\0\x6A\x1A\x0B")}, PIRN_INVALID, 1, "type mismatch: expected i32, found nothing"},
        {0, {BYTES("\0\x1A\x0B")}, PIRN_INVALID, 1, "type mismatch: expected a value, found nothing"},
        {0,
         {BYTES("\0\x41\0\x12\0\x0B")},
         PIRN_INVALID,
         3,
         "type mismatch: the function returns 0 values, its tail call 1"},
        {1, {BYTES("\0\x12\0\x0B")}, PIRN_INVALID, 1, "type mismatch: expected i32, found nothing"},
        {0, {BYTES("\0\x41\0\x42\0\x6A\x1A\x0B")}, PIRN_INVALID, 5, "type mismatch: expected i32, found i64"},
        {1, {BYTES("\0\x42\0\x0B")}, PIRN_INVALID, 3, "type mismatch: expected i32, found i64"},
        {1, {BYTES("\0\x0B")}, PIRN_INVALID, 1, "type mismatch: expected i32, found nothing"},
        {0,
         {BYTES("\0\x41\0\x41\0\x0B")},
         PIRN_INVALID,
         5,
         "type mismatch: values remaining on the stack at the end of the block"},
        {1, {BYTES("\0\x00\x42\0\x0B")}, PIRN_INVALID, 4, "type mismatch: expected i32, found i64"},
        {1,
         {BYTES("\0\x20\0\x04\x7F\x41\0\x0B\x0B")},
         PIRN_INVALID,
         7,
         "type mismatch: if without else must yield what it takes"},
        {1,
         {BYTES("\0\x20\0\x04\x7F\x41\0\x05\x0B\x0B")},
         PIRN_INVALID,
         8,
         "type mismatch: expected i32, found nothing"},
        {0, {BYTES("\0\x41\0\x42\0\x41\0\x1B\x1A\x0B")}, PIRN_INVALID, 7, "type mismatch: expected i32, found i64"},
        {0,
         {BYTES("\0\xD0\x70\xD0\x70\x41\0\x1B\x1A\x0B")},
         PIRN_INVALID,
         7,
         "type mismatch: select without a type, found funcref"},
        {0, {BYTES("\0\x41\0\xD1\x1A\x0B")}, PIRN_INVALID, 3, "type mismatch: expected a reference, found i32"},
        {0,
         {BYTES("\0\x41\0\xD0\x70\x26\1\x0B")},
         PIRN_INVALID,
         5,
         "type mismatch: expected externref, found funcref"},
        {0, {BYTES("\0\xFC\x0E\0\1\x0B")}, PIRN_INVALID, 1, "type mismatch: expected funcref, found externref"},
        {0, {BYTES("\0\xFC\x0C\1\0\x0B")}, PIRN_INVALID, 1, "type mismatch: expected funcref, found externref"},
        {0, {BYTES("\0\x41\0\x11\0\1\x0B")}, PIRN_INVALID, 3, "type mismatch: expected funcref, found externref"},
        {1,
         {BYTES("\0\x02\x40\x20\0\x0E\1\0\1\x0B\x41\0\x0B")},
         PIRN_INVALID,
         5,
         "type mismatch: the labels of br_table carry 0 and 1 values"},
        {1, {BYTES("\0\x42\0\x41\0\x0E\0\0\x0B")}, PIRN_INVALID, 5, "type mismatch: expected i32, found i64"},
        {0, {BYTES("\0\x41\0\x10\0\x21\0\x0B")}, PIRN_INVALID, 5, "unknown local 0"},
        {3, {BYTES("\0\x20\0\x10\0\x1A\x0B")}, PIRN_INVALID, 3, "type mismatch: expected i32, found f64"},
        {0,
         {BYTES("\0\x41\0\x03\x01\x0C\0\x0B\x0B")},
         PIRN_INVALID,
         8,
         "type mismatch: values remaining on the stack at the end of the block"},
    };
    expect_bodies(cases, BASE_COUNT(cases));
}

static void test_unknown_things_and_bad_immediates(void **state)
{
    (void)state;
    static const body_case cases[] = {
        {0, {BYTES("\0\x20\7\x1A\x0B")}, PIRN_INVALID, 1, "unknown local 7"},
        {0, {BYTES("\0\x23\2\x1A\x0B")}, PIRN_INVALID, 1, "unknown global 2"},
        {0, {BYTES("\0\x41\0\x24\0\x0B")}, PIRN_INVALID, 3, "immutable global 0"},
        {0, {BYTES("\0\x10\2\x0B")}, PIRN_INVALID, 1, "unknown function 2"},
        {0, {BYTES("\0\x41\0\x11\4\0\x0B")}, PIRN_INVALID, 3, "unknown type 4"},
        {0, {BYTES("\0\x41\0\x11\0\2\x0B")}, PIRN_INVALID, 3, "unknown table 2"},
        {0, {BYTES("\0\x02\4\x0B\x0B")}, PIRN_INVALID, 1, "unknown type 4"},
        {0, {BYTES("\0\x0C\1\x0B")}, PIRN_INVALID, 1, "unknown label 1"},
        {0, {BYTES("\0\x41\0\x0E\1\0\1\x0B")}, PIRN_INVALID, 3, "unknown label 1"},
        {0, {BYTES("\0\x3F\1\x1A\x0B")}, PIRN_INVALID, 1, "unknown memory 1"},
        {0, {BYTES("\0\xFC\x09\1\x0B")}, PIRN_INVALID, 1, "unknown data segment 1"},
        {0, {BYTES("\0\xFC\x0D\2\x0B")}, PIRN_INVALID, 1, "unknown elem segment 2"},
        {0, {BYTES("\0\xFC\x0C\2\0\x0B")}, PIRN_INVALID, 1, "unknown elem segment 2"},
        {0, {BYTES("\0\xD2\1\x1A\x0B")}, PIRN_INVALID, 1, "undeclared function reference: function 1"},
        {0, {BYTES("\0\xD2\2\x1A\x0B")}, PIRN_INVALID, 1, "unknown function 2"},
        {0,
         {BYTES("\0\x41\0\x28\3\0\x1A\x0B")},
         PIRN_INVALID,
         3,
         "alignment must not be larger than natural: 2^3 bytes for an access of 4"},
        {0,
         {BYTES("\0\x41\0\x28\2\x80\x80\x80\x80\x10\x1A\x0B")},
         PIRN_INVALID,
         3,
         "offset out of range: 0x100000000"},
        {0, {BYTES("\0\x00\x1C\2\x7F\x7F\x0B")}, PIRN_INVALID, 2, "invalid result arity: select with 2 types"},
        /* i32x4.extract_lane 4; v128.load8_lane 16; i8x16.shuffle of a lane 32; v128.load with alignment 2^5 */
        {0, {BYTES("\0\x00\xFD\x1B\4\x1A\x0B")}, PIRN_INVALID, 2, "invalid lane index: 4 of 4 lanes"},
        {0, {BYTES("\0\x00\xFD\x54\0\0\x10\x1A\x0B")}, PIRN_INVALID, 2, "invalid lane index: 16 of 16 lanes"},
        {0,
         {BYTES("\0\x00\xFD\x0D\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x20\x1A\x0B")},
         PIRN_INVALID,
         2,
         "invalid lane index: 32 of 32 lanes"},
        {0,
         {BYTES("\0\x41\0\xFD\0\5\0\x1A\x0B")},
         PIRN_INVALID,
         3,
         "alignment must not be larger than natural: 2^5 bytes for an access of 16"},
        {0, {BYTES("\0\x41\0\xFD\x4D\x1A\x0B")}, PIRN_INVALID, 3, "type mismatch: expected v128, found i32"},
    };
    expect_bodies(cases, BASE_COUNT(cases));
}

static void test_malformed_bodies(void **state)
{
    (void)state;
    static const body_case cases[] = {
        {0, {BYTES("")}, PIRN_MALFORMED, 0, "unexpected end of section or function"},
        {0,
         {BYTES("\0\x02\x40\x01")},
         PIRN_MALFORMED,
         4,
         "section size mismatch: the end of the function lies outside of it"},
        {0, {BYTES("\0\x0B\x01")}, PIRN_MALFORMED, 2, "section size mismatch: bytes after the end of the function"},
        {0, {BYTES("\0\x05\x0B")}, PIRN_MALFORMED, 1, "END opcode expected: else without if"},
        {0, {BYTES("\0\xFF\x0B")}, PIRN_MALFORMED, 1, "illegal opcode ff"},
        {0, {BYTES("\0\x41")}, PIRN_MALFORMED, 2, "unexpected end of section or function"},
        {0, {BYTES("\1\1\x61\x0B")}, PIRN_MALFORMED, 2, "malformed value type 0x61"},
        {0, {BYTES("\2\xFF\xFF\xFF\xFF\x0F\x7F\2\x7E\x0B")}, PIRN_MALFORMED, 7, "too many locals"},
        {0,
         {BYTES("\2\x01\x7F\xD0\x86\x03\x7E\x0B")},
         PIRN_LIMIT,
         0,
         "too many locals: 50001, at most 50000 are supported"},
    };
    expect_bodies(cases, BASE_COUNT(cases));
}

static void test_operands_are_limited(void **state)
{
    (void)state;
    vm_writer w, body;
    pirn_error error;
    vm_writer_init(&body, pirn_allocator_default());
    vm_writer_u8(&body, 0);
    for (int i = 0; i <= VM_LIMIT_OPERANDS; i++)
        vm_writer_bytes(&body, "\x41\0", 2);
    vm_writer_u8(&body, 0x0B);
    vm_writer_init(&w, pirn_allocator_default());
    test_module(&w, 0, body.data, body.len);
    assert_int_equal(load(w.data, w.len, ALL_FEATURES, pirn_allocator_default(), &error), PIRN_LIMIT);
    assert_string_equal(pirn_error_message(&error), "too many operands: at most 1000000 are supported");
    vm_writer_done(&w);
    vm_writer_done(&body);
}

static void test_blocks_are_limited(void **state)
{
    (void)state;
    vm_writer w, body;
    pirn_error error;
    vm_writer_init(&body, pirn_allocator_default());
    vm_writer_u8(&body, 0);
    for (int i = 0; i < VM_LIMIT_CONTROL_DEPTH; i++)
        vm_writer_bytes(&body, "\x02\x40", 2);
    vm_writer_init(&w, pirn_allocator_default());
    test_module(&w, 0, body.data, body.len);
    assert_int_equal(load(w.data, w.len, ALL_FEATURES, pirn_allocator_default(), &error), PIRN_LIMIT);
    assert_string_equal(pirn_error_message(&error), "too many nested blocks: at most 1000000 are supported");
    vm_writer_done(&w);
    vm_writer_done(&body);
}

/* A function of 599 i32 and one f64 parameter and 600 locals of three types, which yields one of them. */
static pirn_status load_local_get(uint32_t index, vm_valtype expected)
{
    vm_writer w;
    pirn_error error;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_preamble(&w);
    size_t section = vm_writer_begin(&w, 1);
    vm_writer_bytes(&w, "\x01\x60\xD8\x04", 4);
    for (int i = 0; i < 599; i++)
        vm_writer_u8(&w, VM_CODE_I32);
    vm_writer_bytes(&w, "\x7C\x01", 2);
    vm_writer_u8(&w, vm_valtype_code(expected));
    vm_writer_end(&w, section);
    test_section(&w, 3, BYTES("\x01\0"));
    section = vm_writer_begin(&w, 10);
    vm_writer_u8(&w, 1);
    size_t body = w.len;
    vm_writer_bytes(&w, "\x03\xC8\x01\x7E\xC8\x01\x7D\xC8\x01\x7F\x20", 11);
    vm_writer_leb_unsigned(&w, index);
    vm_writer_u8(&w, 0x0B);
    vm_writer_insert_leb(&w, body, w.len - body);
    vm_writer_end(&w, section);
    pirn_status status = load(w.data, w.len, ALL_FEATURES, pirn_allocator_default(), &error);
    vm_writer_done(&w);
    return status;
}

static void test_every_one_of_many_locals_has_its_type(void **state)
{
    (void)state;
    static const struct {
        uint32_t index;
        vm_valtype type;
    } cases[] = {
        {0, PIRN_I32},   {511, PIRN_I32}, {512, PIRN_I32}, {598, PIRN_I32},  {599, PIRN_F64},  {600, PIRN_I64},
        {799, PIRN_I64}, {800, PIRN_F32}, {999, PIRN_F32}, {1000, PIRN_I32}, {1199, PIRN_I32},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        assert_int_equal(load_local_get(cases[i].index, cases[i].type), PIRN_OK);
        assert_int_equal(load_local_get(cases[i].index, PIRN_EXTERNREF), PIRN_INVALID);
    }
    assert_int_equal(load_local_get(1200, PIRN_I32), PIRN_INVALID);
}

static void test_functions_are_validated_one_by_one_in_any_order(void **state)
{
    (void)state;
    vm_writer w;
    vm_module m;
    vm_writer_init(&w, pirn_allocator_default());
    test_big_module(&w, 5);
    assert_int_equal(vm_decode(&m, w.data, w.len, 0, ALL_FEATURES, pirn_allocator_default(), NULL), PIRN_OK);
    assert_int_equal(vm_validate_module(&m, pirn_allocator_default(), NULL), PIRN_OK);
    vm_validator *a = vm_validator_new(&m, pirn_allocator_default(), NULL);
    vm_validator *b = vm_validator_new(&m, pirn_allocator_default(), NULL);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(vm_validate_func(a, i), PIRN_OK);
        assert_int_equal(vm_validate_func(b, 4 - i), PIRN_OK);
    }
    vm_validator_free(a);
    vm_validator_free(b);
    vm_validator_free(NULL);
    vm_module_done(&m);
    vm_writer_done(&w);
}

/* ---- Modules ------------------------------------------------------------------------------------------------- */

typedef struct module_case {
    test_bytes bytes; /* of the sections */
    uint32_t features_off;
    uint64_t offset;
    const char *message; /* NULL when it is valid */
} module_case;

static void test_module_rules(void **state)
{
    (void)state;
    static const module_case cases[] = {
        {{BYTES(PREAMBLE)}, 0, 0, NULL},
        {{BYTES(PREAMBLE "\x02\x05\x01\0\0\0\x01")}, 0, 14, "unknown type 1"},
        {{BYTES(PREAMBLE "\x03\x02\x01\0\x0A\x04\x01\x02\0\x0B")}, 0, 11, "unknown type 0"},
        {{BYTES(PREAMBLE "\x05\x05\x01\0\x81\x80\x04")}, 0, 11, "memory size must be at most 65536 pages (4GiB)"},
        {{BYTES(PREAMBLE "\x05\x04\x01\x01\x02\x01")}, 0, 11, "size minimum must not be greater than maximum"},
        {{BYTES(PREAMBLE "\x05\x05\x02\0\0\0\0")}, 0, 0, NULL},
        {{BYTES(PREAMBLE "\x05\x05\x02\0\0\0\0")},
         PIRN_FEATURE_MULTI_MEMORY,
         13,
         "multiple memories need the feature multi-memory, which is off"},
        {{BYTES(PREAMBLE "\x05\x09\x01\x04\x81\x80\x80\x80\x80\x80\x40")},
         0,
         11,
         "memory size must be at most 2^48 pages (2^64 bytes)"},
        {{BYTES(PREAMBLE "\x05\x0D\x01\x05\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")},
         0,
         11,
         "memory size must be at most 2^48 pages (2^64 bytes)"},
        {{BYTES(PREAMBLE "\x04\x0E\x01\x70\x05\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")}, 0, 0, NULL},
        {{BYTES(PREAMBLE "\x04\x08\x01\x70\0\x80\x80\x80\x80\x10")}, 0, 11, "table size must be at most 2^32-1"},
        {{BYTES(PREAMBLE "\x04\x05\x01\x70\x01\x02\x01")}, 0, 11, "size minimum must not be greater than maximum"},
        {{BYTES(PREAMBLE "\x04\x07\x02\x70\0\0\x70\0\0")}, 0, 0, NULL},
        {{BYTES(PREAMBLE "\x04\x07\x02\x70\0\0\x70\0\0")},
         PIRN_FEATURE_REFERENCE_TYPES,
         14,
         "multiple tables need the feature reference-types, which is off"},
        {{BYTES(PREAMBLE "\x05\x03\x01\0\0\x07\x09\x02\x01x\x02\0\x01y\x02\0")}, 0, 0, NULL},
        {{BYTES(PREAMBLE "\x05\x03\x01\0\0\x07\x09\x02\x01x\x02\0\x01x\x02\0")},
         0,
         20,
         "duplicate export name \"x\""},
        {{BYTES(PREAMBLE "\x07\x04\x01\0\0\0")}, 0, 11, "unknown function 0"},
        {{BYTES(PREAMBLE "\x07\x04\x01\0\x01\0")}, 0, 11, "unknown table 0"},
        {{BYTES(PREAMBLE "\x07\x04\x01\0\x02\0")}, 0, 11, "unknown memory 0"},
        {{BYTES(PREAMBLE "\x07\x04\x01\0\x03\0")}, 0, 11, "unknown global 0"},
        {{BYTES(PREAMBLE "\x08\x01\x00")}, 0, 10, "unknown function 0"},
        {{BYTES(PREAMBLE "\x01\x05\x01\x60\x01\x7F\0\x03\x02\x01\0\x08\x01\0\x0A\x04\x01\x02\0\x0B")},
         0,
         21,
         "start function must have no parameters and no results"},
        {{BYTES(PREAMBLE "\x09\x06\x01\0\x41\0\x0B\0")}, 0, 11, "unknown table 0"},
        {{BYTES(PREAMBLE "\x09\x05\x01\x01\0\x01\x05")}, 0, 14, "unknown function 5"},
        {{BYTES(PREAMBLE "\x04\x04\x01\x6F\0\0\x09\x06\x01\0\x41\0\x0B\0")},
         0,
         17,
         "type mismatch: expected elements of type externref, found (ref func)"},
        {{BYTES(PREAMBLE "\x09\x07\x01\x05\x70\x01\xD0\x6F\x0B")},
         0,
         16,
         "type mismatch: expected funcref, found externref"},
        {{BYTES(PREAMBLE "\x04\x04\x01\x70\0\0\x09\x06\x01\0\x41\0\x0B\0")}, 0, 0, NULL},
        {{BYTES(PREAMBLE "\x0B\x06\x01\0\x41\0\x0B\0")}, 0, 11, "unknown memory 0"},
        {{BYTES(PREAMBLE "\x05\x03\x01\0\0\x0B\x06\x01\0\x42\0\x0B\0")},
         0,
         19,
         "type mismatch: expected i32, found i64"},
        {{BYTES(PREAMBLE "\x02\x06\x01\0\0\x03\x7F\x01")},
         PIRN_FEATURE_MUTABLE_GLOBALS,
         14,
         "a mutable global as import or export needs the feature mutable-globals, which is off"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_error error;
        pirn_status status = load(cases[i].bytes.data, cases[i].bytes.len, ALL_FEATURES & ~cases[i].features_off,
                                  pirn_allocator_default(), &error);
        assert_string_equal(pirn_error_message(&error), cases[i].message == NULL ? "" : cases[i].message);
        assert_int_equal(status, cases[i].message == NULL ? PIRN_OK : PIRN_INVALID);
        if (cases[i].message != NULL)
            assert_int_equal(pirn_error_offset(&error), cases[i].offset);
    }
}

/* Two imported globals, i32 and i32 mutable, one defined i32, and then one of type i32 with the initial value `init`.
 */
static pirn_status load_global(const uint8_t *init, size_t len, uint32_t features, pirn_error *error)
{
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_preamble(&w);
    test_section(&w, 2, BYTES("\x02\0\0\x03\x7F\0\0\0\x03\x7F\x01"));
    size_t section = vm_writer_begin(&w, 6);
    vm_writer_bytes(&w, "\x02\x7F\0\x41\0\x0B\x7F\0", 8);
    vm_writer_bytes(&w, init, len);
    vm_writer_end(&w, section);
    pirn_status status = load(w.data, w.len, features, pirn_allocator_default(), error);
    vm_writer_done(&w);
    return status;
}

static void test_constant_expressions(void **state)
{
    (void)state;
    static const module_case cases[] = {
        {{BYTES("\x41\0\x0B")}, 0, 0, NULL},
        {{BYTES("\x23\0\x0B")}, 0, 0, NULL},
        {{BYTES("\x23\2\x0B")}, 0, 0, NULL},
        {{BYTES("\x23\0\x41\2\x6A\x41\3\x6B\x41\4\x6C\x0B")}, 0, 0, NULL},
        {{BYTES("\x23\1\x0B")}, 0, 0, "constant expression required: global 1 is mutable"},
        {{BYTES("\x23\3\x0B")}, 0, 0, "unknown global 3"},
        {{BYTES("\x23\2\x0B")},
         PIRN_FEATURE_EXTENDED_CONST | PIRN_FEATURE_GC,
         0,
         "constant expression required: reading global 2, which is not imported, needs the feature extended-const, "
         "which is off"},
        {{BYTES("\x41\0\x41\0\x6A\x0B")},
         PIRN_FEATURE_EXTENDED_CONST,
         0,
         "constant expression required: i32.add in one needs the feature extended-const, which is off"},
        {{BYTES("\x41\0\x45\x0B")}, 0, 0, "constant expression required: i32.eqz is not constant"},
        {{BYTES("\x02\x7F\x41\0\x0B\x0B")}, 0, 0, "constant expression required: block is not constant"},
        {{BYTES("\x42\0\x0B")}, 0, 0, "type mismatch: expected i32, found i64"},
        {{BYTES("\x0B")}, 0, 0, "type mismatch: expected i32, found nothing"},
        {{BYTES("\x41\0\x41\0\x0B")}, 0, 0, "type mismatch: values remaining on the stack at the end of the block"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_error error;
        pirn_status status =
            load_global(cases[i].bytes.data, cases[i].bytes.len, ALL_FEATURES & ~cases[i].features_off, &error);
        assert_string_equal(pirn_error_message(&error), cases[i].message == NULL ? "" : cases[i].message);
        assert_int_equal(status, cases[i].message == NULL ? PIRN_OK : PIRN_INVALID);
    }
}

static void test_data_instructions_need_the_data_count_section(void **state)
{
    (void)state;
    pirn_error error;
    assert_int_equal(load(BYTES(PREAMBLE "\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0A\x07\x01\x05\0\xFC\x09\0\x0B"
                                         "\x0B\x03\x01\x01\0"),
                          ALL_FEATURES, pirn_allocator_default(), &error),
                     PIRN_MALFORMED);
    assert_string_equal(pirn_error_message(&error), "data count section required");
}

static void test_the_missing_end_of_a_function_that_is_followed_by_another(void **state)
{
    (void)state;
    pirn_error error;
    assert_int_equal(load(BYTES(PREAMBLE "\x01\x04\x01\x60\0\0\x03\x03\x02\0\0\x0A\x0C\x02\x04\0\x41\1\x1A"
                                         "\x05\0\x41\1\x1A\x0B"),
                          ALL_FEATURES, pirn_allocator_default(), &error),
                     PIRN_MALFORMED);
    assert_string_equal(pirn_error_message(&error), "END opcode expected");
}

static void test_the_missing_end_of_the_last_function(void **state)
{
    (void)state;
    pirn_error error;
    assert_int_equal(load(BYTES(PREAMBLE "\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0A\x06\x01\x04\0\x41\1\x1A"),
                          ALL_FEATURES, pirn_allocator_default(), &error),
                     PIRN_MALFORMED);
    assert_string_equal(pirn_error_message(&error), "unexpected end of section or function");
}

static void test_functions_named_outside_of_bodies_are_declared(void **state)
{
    (void)state;
    /* one function with `ref.func 0 drop`; it is named by an export, a global, an element segment, or nothing */
    static const struct {
        uint8_t id;
        test_bytes content;
        pirn_status status;
    } cases[] = {
        {7, {BYTES("\x01\0\0\0")}, PIRN_OK},       {6, {BYTES("\x01\x70\0\xD2\0\x0B")}, PIRN_OK},
        {9, {BYTES("\x01\x01\0\x01\0")}, PIRN_OK}, {9, {BYTES("\x01\x05\x70\x01\xD2\0\x0B")}, PIRN_OK},
        {8, {BYTES("\0")}, PIRN_INVALID},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        vm_writer w;
        pirn_error error;
        vm_writer_init(&w, pirn_allocator_default());
        vm_writer_preamble(&w);
        test_section(&w, 1, BYTES("\x01\x60\0\0"));
        test_section(&w, 3, BYTES("\x01\0"));
        test_section(&w, cases[i].id, cases[i].content.data, cases[i].content.len);
        test_section(&w, 10, BYTES("\x01\x05\0\xD2\0\x1A\x0B"));
        assert_int_equal(load(w.data, w.len, ALL_FEATURES, pirn_allocator_default(), &error), cases[i].status);
        vm_writer_done(&w);
    }
}

/* ---- Hostile input ------------------------------------------------------------------------------------------- */

/* Loads bytes from a buffer of exactly their size; a failure must say where and why. */
static void load_hostile(const uint8_t *bytes, size_t len)
{
    pirn_error error;
    uint8_t *exact = malloc(len + (len == 0));
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    pirn_status status = load(exact, len, ALL_FEATURES, pirn_allocator_default(), &error);
    free(exact);
    if (status == PIRN_OK)
        return;
    assert_true(status == PIRN_MALFORMED || status == PIRN_INVALID || status == PIRN_LIMIT);
    assert_int_equal(pirn_error_status(&error), status);
    assert_true(pirn_error_message(&error)[0] != '\0');
    assert_true(pirn_error_offset(&error) <= len);
}

static void test_every_prefix_and_mutation_is_survived(void **state)
{
    (void)state;
    static const uint8_t flips[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x7F, 0xFF};
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    test_module(&w, 1, BYTES(TEST_BODY));
    for (size_t len = 0; len <= w.len; len++)
        load_hostile(w.data, len);
    for (size_t at = 0; at < w.len; at++) {
        for (size_t i = 0; i < BASE_COUNT(flips); i++) {
            w.data[at] ^= flips[i];
            load_hostile(w.data, w.len);
            w.data[at] ^= flips[i];
        }
    }
    vm_writer_done(&w);
}

static void expect_every_allocation_to_matter(const vm_writer *w)
{
    pirn_status status = PIRN_NOMEM;
    for (size_t n = 0; status != PIRN_OK; n++) {
        pirn_error error;
        test_memory memory;
        test_memory_init(&memory, n);
        status = load(w->data, w->len, ALL_FEATURES, &memory.allocator, &error);
        if (status != PIRN_OK) {
            assert_int_equal(status, PIRN_NOMEM);
            assert_string_equal(pirn_error_message(&error), "out of memory");
        }
        assert_int_equal(memory.live_bytes, 0);
        assert_true(n < 1000);
    }
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    test_module(&w, 1, BYTES(TEST_BODY));
    expect_every_allocation_to_matter(&w);
    vm_writer_done(&w);
    test_big_module(&w, 3000);
    expect_every_allocation_to_matter(&w);
    vm_writer_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_bodies),
        cmocka_unit_test(test_type_mismatches),
        cmocka_unit_test(test_unknown_things_and_bad_immediates),
        cmocka_unit_test(test_malformed_bodies),
        cmocka_unit_test(test_operands_are_limited),
        cmocka_unit_test(test_blocks_are_limited),
        cmocka_unit_test(test_every_one_of_many_locals_has_its_type),
        cmocka_unit_test(test_functions_are_validated_one_by_one_in_any_order),
        cmocka_unit_test(test_module_rules),
        cmocka_unit_test(test_constant_expressions),
        cmocka_unit_test(test_data_instructions_need_the_data_count_section),
        cmocka_unit_test(test_the_missing_end_of_a_function_that_is_followed_by_another),
        cmocka_unit_test(test_the_missing_end_of_the_last_function),
        cmocka_unit_test(test_functions_named_outside_of_bodies_are_declared),
        cmocka_unit_test(test_every_prefix_and_mutation_is_survived),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

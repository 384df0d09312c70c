/* SPDX-License-Identifier: Apache-2.0 */
/* vm/binary/decode*.c and names.c: what a module becomes, and every way in which it can break the grammar. */
#include "vm/binary/decode.h"
#include "vm/test/modules.h"

#define PREAMBLE "\0asm\1\0\0\0"

static pirn_status decode(vm_module *m, const uint8_t *bytes, size_t len, uint32_t features, pirn_error *error)
{
    base_error_init(error);
    return vm_decode(m, bytes, len, 0, features, pirn_allocator_default(), error);
}

static void expect_str(pirn_str actual, const char *expected)
{
    assert_true(pirn_str_eq(actual, pirn_str_of(expected)));
}

static void test_a_module_with_something_of_everything(void **state)
{
    (void)state;
    vm_writer w;
    vm_module m;
    vm_writer_init(&w, pirn_allocator_default());
    test_module(&w, 1, BYTES(TEST_BODY));
    assert_int_equal(vm_decode(&m, w.data, w.len, 1000, ALL_FEATURES, pirn_allocator_default(), NULL), PIRN_OK);

    assert_int_equal(m.types.len, 4);
    assert_int_equal(m.types.data[2].func.result_count, 2);
    assert_int_equal(m.types.data[2].func.results[1], PIRN_I64);
    assert_int_equal(m.imports.len, 2);
    expect_str(m.imports.data[1].name, "g");
    assert_int_equal(m.imports.data[1].kind, PIRN_EXTERN_GLOBAL);
    assert_int_equal(m.imports.data[1].index, 0);
    assert_int_equal(m.imported_funcs, 1);
    assert_int_equal(m.imported_globals, 1);
    assert_int_equal(m.funcs.len, 2);
    assert_int_equal(m.funcs.data[1].body.end - m.funcs.data[1].body.start, sizeof TEST_BODY - 1);
    assert_ptr_equal(m.funcs.data[0].body.start, m.funcs.data[0].body.end);
    assert_int_equal(m.tables.len, 2);
    assert_true(m.tables.data[0].type.limits.max == 2 && m.tables.data[1].type.limits.max == PIRN_NO_MAX);
    assert_int_equal(m.tables.data[1].type.element, PIRN_EXTERNREF);
    assert_true(m.memories.len == 1 && m.memories.data[0].type.page_size_log2 == 16);
    assert_true(m.globals.len == 2 && m.globals.data[1].type.is_mutable);
    assert_int_equal(m.globals.data[1].init.end - m.globals.data[1].init.start, 3);
    assert_true(m.exports.len == 2 && m.exports.data[1].kind == PIRN_EXTERN_TABLE);
    assert_int_equal(m.elems.len, 2);
    assert_true(m.elems.data[0].mode == VM_SEGMENT_DECLARATIVE && !m.elems.data[0].is_exprs);
    assert_true(m.elems.data[1].mode == VM_SEGMENT_PASSIVE && m.elems.data[1].is_exprs);
    assert_int_equal(m.elems.data[1].items.end - m.elems.data[1].items.start, 3);
    assert_true(m.has_data_count && m.data_count == 1 && m.datas.len == 1);
    assert_memory_equal(m.datas.data[0].bytes.start, "hi", 2);

    assert_int_equal(m.sections.len, 12);
    expect_str(m.sections.data[3].name, "table");
    assert_true(m.sections.data[3].items == 2 && m.sections.data[3].size == 8);
    assert_true(m.sections.data[0].offset == 1010);
    expect_str(m.sections.data[8].name, "data count");
    expect_str(m.sections.data[11].name, "name");
    assert_true(m.customs.len == 1 && m.customs.data[0].after_section == 11);
    expect_str(m.name, "M");
    expect_str(vm_module_func_name(&m, 0), "a");
    expect_str(vm_module_func_name(&m, 1), "b");
    vm_module_done(&m);
    vm_writer_done(&w);
}

typedef struct bad_case {
    test_bytes bytes;
    pirn_status status;
    uint64_t offset;
    const char *message;
} bad_case;

static void expect_failures(const bad_case *cases, size_t count, uint32_t features)
{
    for (size_t i = 0; i < count; i++) {
        vm_module m;
        pirn_error error;
        pirn_status status = decode(&m, cases[i].bytes.data, cases[i].bytes.len, features, &error);
        assert_string_equal(pirn_error_message(&error), cases[i].message);
        assert_int_equal(status, cases[i].status);
        assert_int_equal(pirn_error_offset(&error), cases[i].offset);
    }
}

static void test_malformed_frames(void **state)
{
    (void)state;
    static const bad_case cases[] = {
        {{BYTES("")}, PIRN_MALFORMED, 0, "unexpected end"},
        {{BYTES("\0as")}, PIRN_MALFORMED, 3, "unexpected end"},
        {{BYTES("\0asn\1\0\0\0")}, PIRN_MALFORMED, 0, "magic header not detected"},
        {{BYTES("\0asm\1\0\0")}, PIRN_MALFORMED, 7, "unexpected end"},
        {{BYTES("\0asm\2\0\0\0")}, PIRN_MALFORMED, 4, "unknown binary version 0x2"},
        {{BYTES("\0asm\x0D\0\1\0")},
         PIRN_MALFORMED,
         4,
         "unknown binary version: this is a component, not a core module"},
        {{BYTES(PREAMBLE "\x0E\x01\x00")}, PIRN_MALFORMED, 8, "malformed section id 14"},
        {{BYTES(PREAMBLE "\x81\x01\x00")}, PIRN_MALFORMED, 8, "malformed section id 129"},
        {{BYTES(PREAMBLE "\x01\x02\x00")}, PIRN_MALFORMED, 9, "length out of bounds"},
        {{BYTES(PREAMBLE "\x01\x80\x80\x80\x80\x70")}, PIRN_MALFORMED, 13, "integer too large"},
        {{BYTES(PREAMBLE "\x01\x02\x00\x00")},
         PIRN_MALFORMED,
         11,
         "section size mismatch: the type section goes on after its last entry"},
        {{BYTES(PREAMBLE "\x02\x01\x00\x01\x01\x00")},
         PIRN_MALFORMED,
         11,
         "unexpected content after last section: type section after import section"},
        {{BYTES(PREAMBLE "\x05\x01\x00\x05\x01\x00")},
         PIRN_MALFORMED,
         11,
         "unexpected content after last section: memory section after memory section"},
        {{BYTES(PREAMBLE "\x0A\x01\x00\x0C\x01\x00")},
         PIRN_MALFORMED,
         11,
         "unexpected content after last section: data count section after code section"},
        {{BYTES(PREAMBLE "\x00\x00")}, PIRN_MALFORMED, 10, "unexpected end of section or function"},
        {{BYTES(PREAMBLE "\x00\x02\x01\xFF")}, PIRN_MALFORMED, 11, "malformed UTF-8 encoding"},
        {{BYTES(PREAMBLE "\x01\x04\x01\x60\0\0\x03\x02\x01\x00")},
         PIRN_MALFORMED,
         18,
         "function and code section have inconsistent lengths"},
        {{BYTES(PREAMBLE "\x0A\x04\x01\x02\x00\x0B")},
         PIRN_MALFORMED,
         10,
         "function and code section have inconsistent lengths"},
        {{BYTES(PREAMBLE "\x0C\x01\x01\x0B\x01\x00")},
         PIRN_MALFORMED,
         13,
         "data count and data section have inconsistent lengths"},
        {{BYTES(PREAMBLE "\x0C\x01\x01")},
         PIRN_MALFORMED,
         11,
         "data count and data section have inconsistent lengths"},
    };
    expect_failures(cases, BASE_COUNT(cases), ALL_FEATURES);
}

static void test_malformed_entries(void **state)
{
    (void)state;
    static const bad_case cases[] = {
        {{BYTES(PREAMBLE "\x01\x04\x01\x5C\0\0")}, PIRN_MALFORMED, 11, "malformed definition type 0x5c"},
        {{BYTES(PREAMBLE "\x01\x05\x01\xE0\x7F\0\0")}, PIRN_MALFORMED, 11, "integer representation too long"},
        {{BYTES(PREAMBLE "\x01\x05\x01\x60\x01\x61\0")}, PIRN_MALFORMED, 13, "malformed value type 0x61"},
        {{BYTES(PREAMBLE "\x01\x04\x02\x60\0\0")}, PIRN_MALFORMED, 14, "unexpected end of section or function"},
        {{BYTES(PREAMBLE "\x02\x04\x01\0\0\x05")}, PIRN_MALFORMED, 13, "malformed import kind 0x05"},
        {{BYTES(PREAMBLE "\x02\x06\x01\x01\xC0\0\0\0")}, PIRN_MALFORMED, 12, "malformed UTF-8 encoding"},
        {{BYTES(PREAMBLE "\x04\x04\x01\x7F\0\0")}, PIRN_MALFORMED, 11, "malformed reference type 0x7f"},
        {{BYTES(PREAMBLE "\x04\x04\x01\x70\x02\0")}, PIRN_MALFORMED, 12, "malformed limits flags 0x02"},
        {{BYTES(PREAMBLE "\x05\x03\x01\x10\0")}, PIRN_MALFORMED, 11, "malformed limits flags 0x10"},
        {{BYTES(PREAMBLE "\x05\x04\x01\x03\0\0")},
         PIRN_MALFORMED,
         11,
         "malformed limits flags 0x03: they need the feature threads, which is off"},
        {{BYTES(PREAMBLE "\x05\x04\x01\x08\0\0")},
         PIRN_MALFORMED,
         11,
         "malformed limits flags 0x08: they need the feature custom-page-sizes, which is off"},
        {{BYTES(PREAMBLE "\x05\x01\x01")}, PIRN_MALFORMED, 11, "unexpected end of section or function"},
        {{BYTES(PREAMBLE "\x06\x06\x01\x7F\x02\x41\0\x0B")}, PIRN_MALFORMED, 12, "malformed mutability 0x02"},
        {{BYTES(PREAMBLE "\x06\x05\x01\x7F\0\x41\0")}, PIRN_MALFORMED, 15, "unexpected end of section or function"},
        {{BYTES(PREAMBLE "\x07\x04\x01\0\x05\0")}, PIRN_MALFORMED, 12, "malformed export kind 0x05"},
        {{BYTES(PREAMBLE "\x0D\x03\x01\x01\0")}, PIRN_MALFORMED, 11, "malformed tag attribute"},
        {{BYTES(PREAMBLE "\x0D\x01\0\x05\x01\0")},
         PIRN_MALFORMED,
         11,
         "unexpected content after last section: memory section after tag section"},
        {{BYTES(PREAMBLE "\x09\x04\x01\x08\0\0")}, PIRN_MALFORMED, 11, "malformed elements segment kind 8"},
        {{BYTES(PREAMBLE "\x09\x04\x01\x01\x01\0")}, PIRN_MALFORMED, 12, "malformed element kind 0x01"},
        {{BYTES(PREAMBLE "\x09\x07\x01\x05\x70\x01\xF3\0\x0B")}, PIRN_MALFORMED, 14, "illegal opcode f3"},
        {{BYTES(PREAMBLE "\x0B\x03\x01\x03\0")}, PIRN_MALFORMED, 11, "malformed data segment kind 3"},
        {{BYTES(PREAMBLE "\x0B\x04\x01\x01\x02x")}, PIRN_MALFORMED, 14, "unexpected end of section or function"},
        {{BYTES(PREAMBLE "\x01\x07\x01\x60\xE9\x07\0\0\0")},
         PIRN_MALFORMED,
         17,
         "unexpected end of section or function"},
    };
    expect_failures(cases, BASE_COUNT(cases), ALL_FEATURES);
}

static void test_features_that_are_off_are_named(void **state)
{
    (void)state;
    static const bad_case cases[] = {
        {{BYTES(PREAMBLE "\x01\x06\x01\x60\0\x02\x7F\x7F")},
         PIRN_INVALID,
         13,
         "invalid result arity: a second result needs the feature multi-value, which is off"},
        {{BYTES(PREAMBLE "\x01\x05\x01\x60\x01\x7B\0")},
         PIRN_INVALID,
         13,
         "v128 needs the feature simd, which is off"},
        {{BYTES(PREAMBLE "\x01\x05\x01\x60\x01\x70\0")},
         PIRN_INVALID,
         13,
         "funcref needs the feature reference-types, which is off"},
        {{BYTES(PREAMBLE "\x0C\x01\x00")}, PIRN_INVALID, 8, "data count needs the feature bulk-memory, which is off"},
        {{BYTES(PREAMBLE "\x0B\x03\x01\x01\0")},
         PIRN_INVALID,
         11,
         "a data segment of this kind needs the feature bulk-memory, which is off"},
        {{BYTES(PREAMBLE "\x09\x04\x01\x01\0\0")},
         PIRN_INVALID,
         11,
         "an element segment of this kind needs the feature bulk-memory, which is off"},
    };
    expect_failures(cases, BASE_COUNT(cases), 0);
}

/* Types: [] -> []. Imports: a group of types with a function "b" and a global "c", one of names with the globals "d" and "e", one of
 * names that is empty, and a plain function with an empty name. */
static void test_compact_imports_are_spread_out(void **state)
{
    (void)state;
    static const struct {
        const char *module, *name;
        pirn_extern_kind kind;
        uint32_t index;
    } expected[] = {
        {"a", "b", PIRN_EXTERN_FUNC, 0},   {"a", "c", PIRN_EXTERN_GLOBAL, 0}, {"x", "d", PIRN_EXTERN_GLOBAL, 1},
        {"x", "e", PIRN_EXTERN_GLOBAL, 2}, {"", "", PIRN_EXTERN_FUNC, 1},
    };
    vm_module m;
    uint32_t features = ALL_FEATURES | PIRN_FEATURE_COMPACT_IMPORTS;
    assert_int_equal(vm_decode(&m,
                               BYTES(PREAMBLE "\x01\x04\x01\x60\0\0"
                                              "\x02\x28\x04"
                                              "\x01"
                                              "a\0\x7F\x02\x01"
                                              "b\0\0\x01"
                                              "c\x03\x7F\0"
                                              "\x01x\x80\x80\0\x7E\x03\x7E\x01\x02\x01"
                                              "d\x01"
                                              "e"
                                              "\x01y\0\x7E\0\0\0"
                                              "\0\0\0\0"),
                               0, features, pirn_allocator_default(), NULL),
                     PIRN_OK);
    assert_int_equal(m.imports.len, BASE_COUNT(expected));
    for (size_t i = 0; i < BASE_COUNT(expected); i++) {
        expect_str(m.imports.data[i].module, expected[i].module);
        expect_str(m.imports.data[i].name, expected[i].name);
        assert_int_equal(m.imports.data[i].kind, expected[i].kind);
        assert_int_equal(m.imports.data[i].index, expected[i].index);
    }
    assert_true(m.imported_funcs == 2 && m.funcs.len == 2);
    assert_true(m.imported_globals == 3 && m.globals.len == 3);
    assert_true(m.globals.data[0].type.type == PIRN_I32 && !m.globals.data[0].type.is_mutable);
    assert_true(m.globals.data[2].type.type == PIRN_I64 && m.globals.data[2].type.is_mutable);
    vm_module_done(&m);
}

static void test_bytes_of_compact_imports_are_kinds_elsewhere(void **state)
{
    (void)state;
    static const struct {
        test_bytes bytes;
        uint32_t features;
        uint64_t offset;
        const char *message;
    } cases[] = {
        /* behind a name that is not empty, as a long number, with the feature off, inside a group */
        {{BYTES(PREAMBLE "\x02\x07\x01\x01"
                         "a\x01"
                         "b\x7F\0")},
         ~0u,
         15,
         "malformed import kind 0x7f"},
        {{BYTES(PREAMBLE "\x02\x08\x01\x01"
                         "a\0\xFF\x80\0\0")},
         ~0u,
         14,
         "malformed import kind 0xff"},
        {{BYTES(PREAMBLE "\x02\x06\x01\x01"
                         "a\0\x7F\0")},
         ~(uint32_t)PIRN_FEATURE_COMPACT_IMPORTS,
         14,
         "malformed import kind 0x7f"},
        {{BYTES(PREAMBLE "\x02\x08\x01\x01"
                         "a\0\x7F\x01\0\x7F")},
         ~0u,
         17,
         "malformed import kind 0x7f"},
        {{BYTES(PREAMBLE "\x02\x07\x01\x01"
                         "a\0\x7E\x05\0")},
         ~0u,
         15,
         "malformed import kind 0x05"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        vm_module m;
        pirn_error error;
        assert_int_equal(decode(&m, cases[i].bytes.data, cases[i].bytes.len, cases[i].features, &error),
                         PIRN_MALFORMED);
        assert_string_equal(pirn_error_message(&error), cases[i].message);
        assert_int_equal(error.offset, cases[i].offset);
    }
}

static void test_a_table_of_funcref_needs_no_feature(void **state)
{
    (void)state;
    vm_module m;
    pirn_error error;
    assert_int_equal(decode(&m, BYTES(PREAMBLE "\x04\x04\x01\x70\0\0"), 0, &error), PIRN_OK);
    vm_module_done(&m);
}

static void test_limits_are_said_with_their_number(void **state)
{
    (void)state;
    vm_writer w;
    vm_module m;
    pirn_error error;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_preamble(&w);
    size_t section = vm_writer_begin(&w, 1);
    vm_writer_bytes(&w, "\x01\x60\xE9\x07", 4);
    for (int i = 0; i < 1001; i++)
        vm_writer_u8(&w, VM_CODE_I32);
    vm_writer_u8(&w, 0);
    vm_writer_end(&w, section);
    assert_int_equal(decode(&m, w.data, w.len, ALL_FEATURES, &error), PIRN_LIMIT);
    assert_string_equal(pirn_error_message(&error), "too many parameters: 1001, at most 1000 are supported");
    vm_writer_done(&w);
}

static void test_a_malformed_name_section_is_ignored(void **state)
{
    (void)state;
    static const test_bytes sections[] = {
        {BYTES("\x04name\0\x02\x01\xFF")},                      /* not UTF-8 */
        {BYTES("\x04name\0\x02\x01M\0\x05\x01M")},              /* a subsection that is cut off */
        {BYTES("\x04name\0\x02\x01M\x01\x04\x01\0\x01")},       /* a name that is cut off */
        {BYTES("\x04name\0\x02\x01M\x01\x05\x02\x01\0\x01\0")}, /* an index twice */
        {BYTES("\x04name\0\x03\x01Mx")},                        /* bytes left over */
    };
    for (size_t i = 0; i < BASE_COUNT(sections); i++) {
        vm_writer w;
        vm_module m;
        pirn_error error;
        vm_writer_init(&w, pirn_allocator_default());
        vm_writer_preamble(&w);
        test_section(&w, 0, sections[i].data, sections[i].len);
        assert_int_equal(decode(&m, w.data, w.len, ALL_FEATURES, &error), PIRN_OK);
        assert_int_equal(m.name.len, 0);
        assert_int_equal(m.func_names.len, 0);
        assert_int_equal(pirn_error_status(&error), PIRN_OK);
        vm_module_done(&m);
        vm_writer_done(&w);
    }
}

static void test_unknown_subsections_of_names_are_skipped(void **state)
{
    (void)state;
    vm_module m;
    pirn_error error;
    assert_int_equal(decode(&m, BYTES(PREAMBLE "\0\x0D\x04name\x63\x02xy\0\x02\x01M"), 0, &error), PIRN_OK);
    expect_str(m.name, "M");
    vm_module_done(&m);
}

static void expect_every_allocation_to_matter(const vm_writer *w)
{
    pirn_status status = PIRN_NOMEM;
    for (size_t n = 0; status != PIRN_OK; n++) {
        vm_module m;
        pirn_error error;
        test_memory memory;
        test_memory_init(&memory, n);
        base_error_init(&error);
        status = vm_decode(&m, w->data, w->len, 0, ALL_FEATURES, &memory.allocator, &error);
        if (status == PIRN_OK)
            vm_module_done(&m);
        else
            assert_int_equal(pirn_error_status(&error), PIRN_NOMEM);
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

static void test_names_have_a_limit(void **state)
{
    (void)state;
    vm_writer w;
    vm_module m;
    pirn_error error;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_preamble(&w);
    size_t section = vm_writer_begin(&w, 0);
    vm_writer_leb_unsigned(&w, VM_LIMIT_STRING_BYTES + 1);
    for (int i = 0; i <= VM_LIMIT_STRING_BYTES; i++)
        vm_writer_u8(&w, 'x');
    vm_writer_end(&w, section);
    assert_int_equal(decode(&m, w.data, w.len, ALL_FEATURES, &error), PIRN_LIMIT);
    assert_string_equal(pirn_error_message(&error), "name too long: 100001 bytes, at most 100000 are supported");
    vm_writer_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_module_with_something_of_everything),
        cmocka_unit_test(test_malformed_frames),
        cmocka_unit_test(test_malformed_entries),
        cmocka_unit_test(test_features_that_are_off_are_named),
        cmocka_unit_test(test_compact_imports_are_spread_out),
        cmocka_unit_test(test_bytes_of_compact_imports_are_kinds_elsewhere),
        cmocka_unit_test(test_a_table_of_funcref_needs_no_feature),
        cmocka_unit_test(test_limits_are_said_with_their_number),
        cmocka_unit_test(test_a_malformed_name_section_is_ignored),
        cmocka_unit_test(test_unknown_subsections_of_names_are_skipped),
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_names_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Custom sections that the standard describes: names of everything, branch hints. */
#include "vm/binary/decode.h"
#include "vm/binary/names.h"
#include "vm/test/fixture.h"

#define PREAMBLE "\0asm\1\0\0\0"
/* Two functions of type [i32] -> []: the first with two branches, at 6 (if) and 11 (br_if). */
#define TYPES "\x01\x05\x01\x60\x01\x7F\0\x03\x03\x02\0\0"
#define CODES "\x0A\x13\x02\x0E\x01\x01\x7F\x20\0\x45\x04\x40\x0B\x20\0\x0D\0\x0B\x02\0\x0B"
#define HINTS "\x19metadata.code.branch_hint"

static vm_module decoded(const uint8_t *bytes, size_t size)
{
    vm_module module;
    assert_int_equal(vm_decode(&module, bytes, size, 0, ALL_FEATURES, pirn_allocator_default(), NULL), PIRN_OK);
    return module;
}

static void expect_name(pirn_str name, const char *expected)
{
    assert_true(pirn_str_eq(name, pirn_str_of(expected)));
}

static void test_names_are_read_along(void **state)
{
    (void)state;
    vm_module m = decoded(BYTES(PREAMBLE "\0\x2A\x04name"
                                         "\0\x02\x01M"                    /* module */
                                         "\x02\x0E\x02"                   /* locals */
                                         "\x01\x02\x00\x01x\x02\x01y"     /* of function 1: 0 x, 2 y */
                                         "\x04\x01\x00\x01z"              /* of function 4: 0 z */
                                         "\x07\x07\x02\x00\x01g\x05\x01h" /* globals 0 g, 5 h */
                                         "\x0B\x04\x01\x03\x01t"          /* tag 3 */
                                         "\x63\x00"));                    /* unknown subsection */
    expect_name(m.name, "M");
    vm_name_cursor globals = vm_names_open(&m, VM_NAMES_GLOBAL);
    expect_name(vm_names_next(&globals, 0), "g");
    expect_name(vm_names_next(&globals, 1), "");
    expect_name(vm_names_next(&globals, 5), "h");
    expect_name(vm_names_next(&globals, 6), "");
    vm_name_cursor locals = vm_names_open(&m, VM_NAMES_LOCAL), inner;
    inner = vm_names_open_inner(&locals, 0);
    expect_name(vm_names_next(&inner, 0), "");
    inner = vm_names_open_inner(&locals, 1);
    expect_name(vm_names_next(&inner, 2), "y");
    inner = vm_names_open_inner(&locals, 4);
    expect_name(vm_names_next(&inner, 0), "z");
    vm_name_cursor tags = vm_names_open(&m, VM_NAMES_TAG);
    expect_name(vm_names_next(&tags, 3), "t");
    vm_name_cursor types = vm_names_open(&m, VM_NAMES_TYPE);
    expect_name(vm_names_next(&types, 0), "");
    vm_module_done(&m);
}

typedef struct custom_case {
    test_bytes bytes;
    pirn_status status;
    const char *message;
} custom_case;

#define HINT_MODULE(size, content) BYTES(PREAMBLE TYPES "\0" size HINTS content CODES)

static void test_custom_sections_are_checked_when_asked(void **state)
{
    (void)state;
    static const custom_case cases[] = {
        {{HINT_MODULE("\x23", "\x01\x00\x02\x06\x01\x01\x0B\x01\x00")}, PIRN_OK, ""},
        {{HINT_MODULE("\x20", "\x01\x00\x01\x05\x01\x01")},
         PIRN_INVALID,
         "@metadata.code.branch_hint annotation: invalid target"},
        {{HINT_MODULE("\x20", "\x01\x00\x01\x7F\x01\x01")},
         PIRN_INVALID,
         "@metadata.code.branch_hint annotation: invalid target"},
        {{HINT_MODULE("\x20", "\x01\x00\x01\x06\x01\x02")},
         PIRN_MALFORMED,
         "@metadata.code.branch_hint annotation: invalid value"},
        {{HINT_MODULE("\x23", "\x01\x00\x02\x06\x01\x01\x06\x01\x00")},
         PIRN_MALFORMED,
         "@metadata.code.branch_hint annotation: not in order"},
        {{HINT_MODULE("\x1D", "\x01\x02\x00")},
         PIRN_INVALID,
         "@metadata.code.branch_hint annotation: unknown function"},
        {{HINT_MODULE("\x1C", "\x00\x00")},
         PIRN_MALFORMED,
         "@metadata.code.branch_hint annotation: section size mismatch"},
        {{BYTES(PREAMBLE TYPES CODES "\0\x1B" HINTS "\x00")},
         PIRN_MALFORMED,
         "@metadata.code.branch_hint annotation: the section comes after the code"},
        {{BYTES(PREAMBLE "\0\x0E\x04name\x07\x07\x02\x05\x01g\x05\x01h")}, PIRN_MALFORMED, "names out of order"},
        {{BYTES(PREAMBLE "\0\x0A\x04name\x00\x03\x01M\x00")}, PIRN_MALFORMED, "subsection size mismatch"},
    };
    fixture f = fixture_new(NULL, NULL);
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_module *module = NULL;
        pirn_error_clear(f.error);
        if (pirn_module_load(f.engine, cases[i].bytes.data, cases[i].bytes.len, PIRN_BYTES_BORROW, 0, &module,
                             f.error))
            fail_msg("case %zu: %s", i, pirn_error_message(f.error));
        assert_int_equal(pirn_module_check_customs(module, f.error), cases[i].status);
        assert_string_equal(pirn_error_message(f.error), cases[i].message);
        pirn_module_free(module);
    }
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_read_along),
        cmocka_unit_test(test_custom_sections_are_checked_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

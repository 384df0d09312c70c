/* SPDX-License-Identifier: Apache-2.0 */
#include "component/names.h"
#include "vm/base/compiler.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_labels_are_words_and_acronyms(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "a1", "a-1", "A", "get-JSON", "x-1-b-2", "B-1-C-2", "m1x3d-4CR0NYMS"};
    static const char *const bad[] = {"", "1", "1-a", "a-", "-a", "a--b", "aBc", "a_b", "a.b", "GoNe", "\xC3\xA4"};
    for (size_t i = 0; i < BASE_COUNT(good); i++)
        assert_true(cm_label_valid(pirn_str_of(good[i])));
    for (size_t i = 0; i < BASE_COUNT(bad); i++)
        assert_false(cm_label_valid(pirn_str_of(bad[i])));
}

static void test_interface_names_come_apart(void **state)
{
    (void)state;
    cm_name name;
    assert_int_equal(cm_name_parse(PIRN_STR("wasi:http/types@0.2.0-rc.1+b"), 0, &name, 0, NULL), PIRN_OK);
    assert_int_equal(name.kind, CM_NAME_INTERFACE);
    assert_true(pirn_str_eq(name.name_space, PIRN_STR("wasi")));
    assert_true(pirn_str_eq(name.package, PIRN_STR("http")));
    assert_true(pirn_str_eq(name.interface, PIRN_STR("types")));
    assert_true(pirn_str_eq(name.version, PIRN_STR("0.2.0-rc.1+b")));
}

static void test_annotated_names_come_apart(void **state)
{
    (void)state;
    cm_name name;
    assert_int_equal(cm_name_parse(PIRN_STR("[method]input-stream.read"), 0, &name, 0, NULL), PIRN_OK);
    assert_int_equal(name.kind, CM_NAME_METHOD);
    assert_true(pirn_str_eq(name.resource, PIRN_STR("input-stream")));
    assert_true(pirn_str_eq(name.label, PIRN_STR("read")));
    assert_int_equal(cm_name_parse(PIRN_STR("[constructor]fields"), 0, &name, 0, NULL), PIRN_OK);
    assert_int_equal(name.kind, CM_NAME_CONSTRUCTOR);
    assert_true(pirn_str_eq(name.resource, PIRN_STR("fields")));
}

typedef struct bad_name {
    const char *name, *message;
} bad_name;

static void test_what_is_wrong_with_a_name_is_said(void **state)
{
    (void)state;
    static const bad_name cases[] = {
        {"", "`` is not a valid extern name: `` is not in kebab case"},
        {"aBc", "`aBc` is not a valid extern name: `aBc` is not in kebab case"},
        {"[method]a", "`[method]a` is not a valid extern name: failed to find `.` character"},
        {"[static]a.", "`[static]a.` is not a valid extern name: `` is not in kebab case"},
        {"[other]a", "`[other]a` is not a valid extern name: `[other]a` is not in kebab case"},
        {"A:b/c", "`A:b/c` is not a valid extern name: `A` is not in kebab case"},
        {"a:b", "`a:b` is not a valid extern name: expected `/` after package name"},
        {"a:b:c/d", "`a:b:c/d` is not a valid extern name: expected `/` after package name"},
        {"a:b/c/d", "`a:b/c/d` is not a valid extern name: trailing characters found: `/d`"},
        {"a:b/c@", "invalid version ``: empty string"},
        {"a:b/c@1.", "invalid version `1.`: unexpected end of input in the minor version number"},
        {"a:b/c@1.x", "invalid version `1.x`: unexpected character 'x' in the minor version number"},
        {"a:b/c@01.2.3", "invalid version `01.2.3`: invalid leading zero in the major version number"},
        {"a:b/c@1.2.3-", "invalid version `1.2.3-`: empty identifier segment in the pre-release"},
        {"a:b/c@1.2.3-01", "invalid version `1.2.3-01`: invalid leading zero in the pre-release"},
        {"a:b/c@1.2.3+a..b", "invalid version `1.2.3+a..b`: empty identifier segment in the build metadata"},
        {"a:b/c@1.2.3/d", "invalid version `1.2.3/d`: unexpected character '/' in the version"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_error error;
        cm_name name;
        base_error_init(&error);
        assert_int_equal(cm_name_parse(pirn_str_of(cases[i].name), 0, &name, 7, &error), PIRN_INVALID);
        assert_string_equal(pirn_error_message(&error), cases[i].message);
        assert_int_equal(pirn_error_offset(&error), 7);
    }
}

static void test_strongly_unique_names_differ_beyond_case_and_annotation(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"get-JSON", "get-json"}, {"[method]a.b", "a.b"}, {"[static]a.A", "a"}, {"[constructor]A", "[constructor]a"},
        {"a:b/C", "a:b/c"},
    };
    base_arena arena;
    base_arena_init(&arena, pirn_allocator_default());
    for (size_t i = 0; i < BASE_COUNT(pairs); i++) {
        pirn_str canonical = cm_name_canonical(&arena, pirn_str_of(pairs[i][0]));
        assert_true(pirn_str_eq(canonical, pirn_str_of(pairs[i][1])));
    }
    base_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels_are_words_and_acronyms),
        cmocka_unit_test(test_interface_names_come_apart),
        cmocka_unit_test(test_annotated_names_come_apart),
        cmocka_unit_test(test_what_is_wrong_with_a_name_is_said),
        cmocka_unit_test(test_strongly_unique_names_differ_beyond_case_and_annotation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Two interfaces are compared item by item: each kind of difference is told. */
#include "wit/test/wit_test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SAMPLE "record r { a: u8, b: option<string> } resource s { m: func(x: u8) -> result<_, e>; } enum e { p, q }"

static pirn_wit *load(const char *body, const pirn_wit_interface **interface)
{
    char text[1024] = "package t:t@1.0.0; interface other { type o = u8; record e { x: u8 } } interface i { ";
    strcat(strcat(text, body), " }");
    const test_file files[TEST_MAX_FILES] = {{"a.wit", text}};
    pirn_wit *wit = pirn_wit_new(NULL);
    assert_int_equal(test_load(wit, files, NULL), PIRN_OK);
    *interface = pirn_wit_find_interface(wit, PIRN_STR("t:t/i@1.0.0"));
    return wit;
}

static void test_differences_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *have, *want, *message; /* no message: equal */
    } cases[] = {
        {SAMPLE, SAMPLE, ""},
        {"f: func(); g: func();", "/// docs\ng: func(); f: func();", ""},
        {SAMPLE, SAMPLE " f: func();", "`t:t/i@1.0.0` has no `f`, which the other has"},
        {SAMPLE " type x = u8;", SAMPLE, "`t:t/i@1.0.0` has an extra `x`"},
        {"record r { a: u8 }", "record r { b: u8 }", "`t:t/i@1.0.0` `r` has `a` where the other has `b`"},
        {"record r { a: u8 }", "record r { a: u16 }", "`t:t/i@1.0.0` `r` has a `u8`, not a `u16`"},
        {"enum r { a }", "enum r { a, b }", "`t:t/i@1.0.0` `r` has 1 members, not 2"},
        {"enum r { a }", "flags r { a }", "`t:t/i@1.0.0` `r` is a `enum`, not a `flags`"},
        {"f: func();", "f: func() -> u8;", "`t:t/i@1.0.0` `f` has no type where the other has one"},
        {"f: func(a: list<u8>);", "f: func(a: list<s8>);", "`t:t/i@1.0.0` `f` has a `u8`, not a `s8`"},
        {"f: async func();", "f: func();", "`t:t/i@1.0.0` `f` is wrongly async"},
        {"@since(version = 1.0.0) f: func();", "f: func();",
         "`t:t/i@1.0.0` `f` is gated by since(1.0.0) unstable() deprecated(), not by since() unstable() "
         "deprecated()"},
        {"type x = u8; f: func() -> x;", "type x = u8; f: func() -> u8;",
         "`t:t/i@1.0.0` `f` has type `x` of `t:t/i@1.0.0`, not `u8` of ``"},
        {"use other.{o as e};", "use other.{e};",
         "`t:t/i@1.0.0` `e` has type `o` of `t:t/other@1.0.0`, not `e` of `t:t/other@1.0.0`"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        const pirn_wit_interface *have, *want;
        pirn_wit *a = load(cases[i].have, &have), *b = load(cases[i].want, &want);
        pirn_error error;
        base_error_init(&error);
        pirn_status status = pirn_wit_compare_interfaces(have, want, &error);
        assert_string_equal(error.message, cases[i].message);
        assert_int_equal(status, cases[i].message[0] == '\0' ? PIRN_OK : PIRN_INVALID);
        pirn_wit_free(a);
        pirn_wit_free(b);
    }
}

static void test_worlds_are_compared_by_what_they_import_and_export(void **state)
{
    (void)state;
    static const test_file files[TEST_MAX_FILES] = {
        {"a.wit", "package t:t; interface i { f: func(); } world a { import i; export f: func(); }\n"
                  "world b { export f: func(); import i; } world c { export f: func() -> u8; import i; } world d { "
                  "import i; }"}};
    pirn_wit *wit = pirn_wit_new(NULL);
    assert_int_equal(test_load(wit, files, NULL), PIRN_OK);
    const pirn_wit_world *a = pirn_wit_find_world(wit, PIRN_STR("t:t/a"));
    assert_int_equal(pirn_wit_compare_worlds(a, pirn_wit_find_world(wit, PIRN_STR("t:t/b")), NULL), PIRN_OK);
    assert_int_equal(pirn_wit_compare_worlds(a, pirn_wit_find_world(wit, PIRN_STR("t:t/c")), NULL), PIRN_INVALID);
    assert_int_equal(pirn_wit_compare_worlds(a, pirn_wit_find_world(wit, PIRN_STR("t:t/d")), NULL), PIRN_INVALID);
    pirn_wit_free(wit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences_are_told),
        cmocka_unit_test(test_worlds_are_compared_by_what_they_import_and_export),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Two interfaces are compared item by item: each kind of difference is told. */
#include "wit/test/wit_test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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
        {SAMPLE, SAMPLE " f: func();", "`t:t/i@1.0.0` `f`: this function is gone"},
        {SAMPLE " type x = u8;", SAMPLE, "`t:t/i@1.0.0` `x`: this type is new"},
        {"record r { a: u8 }", "record r { b: u8 }", "`t:t/i@1.0.0` `r`: field `b` is gone"},
        {"record r { a: u8, b: u8 }", "record r { b: u8, a: u8 }",
         "`t:t/i@1.0.0` `r`: its fields stand in another order"},
        {"record r { a: u8 }", "record r { a: u16 }", "`t:t/i@1.0.0` `r`: field `a` is `u8`, where it was `u16`"},
        {"enum r { a }", "enum r { a, b }", "`t:t/i@1.0.0` `r`: case `b` is gone"},
        {"flags r { a, b }", "flags r { a }", "`t:t/i@1.0.0` `r`: label `b` is new"},
        {"enum r { a }", "flags r { a }", "`t:t/i@1.0.0` `r`: it is a `enum`, where it was a `flags`"},
        {"f: func();", "f: func() -> u8;", "`t:t/i@1.0.0` `f`: the result is `nothing`, where it was `u8`"},
        {"f: func(a: list<u8>);", "f: func(a: list<s8, 4>);",
         "`t:t/i@1.0.0` `f`: parameter `a` is `list<u8>`, where it was `list<s8, 4>`"},
        {"f: async func();", "f: func();", "`t:t/i@1.0.0` `f`: it is async, where it was not"},
        {"@since(version = 1.0.0) f: func();", "f: func();", "`t:t/i@1.0.0` `f`: @since is `1.0.0`, where it was ``"},
        {"type x = u8; f: func() -> x;", "type x = u8; f: func() -> u8;",
         "`t:t/i@1.0.0` `f`: the result is `x`, where it was `u8`"},
        {"use other.{o as e};", "use other.{e};", "`t:t/i@1.0.0` `e`: it is `o`, where it was `e`"},
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

/* --- successors, and components beside worlds --- */

typedef struct differences {
    char text[400];
    size_t breaking;
} differences;

static bool collect(void *data, const pirn_wit_difference *d)
{
    differences *all = data;
    size_t len = strlen(all->text);
    snprintf(all->text + len, sizeof all->text - len, "%s%.*s %.*s: %s", len > 0 ? "; " : "", PIRN_STR_ARG(d->owner),
             PIRN_STR_ARG(d->item), d->message);
    all->breaking += d->breaks;
    return true;
}

static pirn_wit *load_text(const char *text)
{
    const test_file files[TEST_MAX_FILES] = {{"a.wit", text}};
    pirn_wit *wit = pirn_wit_new(NULL);
    pirn_wit_enable_all_features(wit);
    pirn_error error;
    base_error_init(&error);
    if (test_load(wit, files, &error) != PIRN_OK)
        fail_msg("%s", pirn_error_message(&error));
    return wit;
}

static void test_successors_may_add_and_may_not_break(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
        size_t breaking;
        const char *text;
    } cases[] = {
        {"package t:t@1.0.0; interface i { f: func(); }", "package t:t@1.1.0; interface i { f: func(); g: func(); }",
         0, "t:t/i@1.1.0 g: this function is new"},
        {"package t:t@1.1.0; interface i { f: func(); }", "package t:t@1.0.0; interface i { f: func(); }", 1,
         "t:t@1.0.0 : version 1.0.0 comes before 1.1.0"},
        {"package t:t@0.1.0; interface i { }", "package t:t@0.2.0; interface i { }", 1,
         "t:t@0.2.0 : version 0.2.0 does not promise to be compatible with 0.1.0"},
        {"package t:t@1.0.0; interface i { @unstable(feature = x) f: func(); }", "package t:t@1.0.0; interface i { }",
         0, "t:t/i@1.0.0 f: this function is gone"},
        {"package t:t@1.0.0; interface i { f: func(); }",
         "package t:t@1.0.0; interface i { @unstable(feature = x) f: func(); }", 1,
         "t:t/i@1.0.0 f: it has become @unstable"},
        {"package t:t; world w { }", "package t:t; world w { import f: func(); }", 0, "t:t/w f: this import is new"},
        {"package t:t; world w { }", "package t:t; world w { export f: func(); }", 1, "t:t/w f: this export is new"},
        {"package t:t; interface i { type a = u8; f: func() -> a; }",
         "package t:t; interface i { type a = u8; f: func() -> u8; }", 0, ""},
        {"package t:t; interface i { }", "package t:t; interface j { }", 1,
         "t:t/i : this interface is gone; t:t/j : this interface is new"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_wit *before = load_text(cases[i].before), *after = load_text(cases[i].after);
        differences all = {"", 0};
        assert_int_equal(pirn_wit_diff_packages(pirn_wit_package_at(before, 0), pirn_wit_package_at(after, 0),
                                                collect, &all, NULL),
                         PIRN_OK);
        assert_string_equal(all.text, cases[i].text);
        assert_int_equal(all.breaking, cases[i].breaking);
        pirn_wit_free(before);
        pirn_wit_free(after);
    }
}

#define HOST                                                                                                  \
    "package t:t { world w { import h:h/i@0.2.5; import log: func(a: string); export run: func() -> u8; } } " \
    "package h:h@0.2.5 { interface i { record p { x: u8 } resource r; f: func(p: p) -> r; g: func(); } }"
#define GUEST(body) "package t:t { world w { import h:h/i@0.2.1; " body " } } package h:h@0.2.1 { interface i { "

static void test_components_fit_by_structure_and_track(void **state)
{
    (void)state;
    static const struct {
        const char *guest, *text;
    } cases[] = {
        {GUEST("export run: func() -> u8;") "record q { x: u8 } resource r; f: func(p: q) -> r; } }", ""},
        {GUEST("export run: func() -> u8;") "record q { x: u16 } resource r; f: func(p: q) -> r; } }",
         "h:h/i@0.2.1 f: parameter `p` is `p`, where it was `q`"},
        {GUEST("export run: func() -> u8;") "h: func(); } }",
         "h:h/i@0.2.1 h: the component imports this, and the world does not have it"},
        {GUEST("import put: func();") "} }",
         "put : the component imports this, and the world does not have it; run : "
         "the world exports this, and the component does not have it"},
        {"package t:t { world w { import h:h/i@0.3.0; export run: func() -> u8; } } package h:h@0.3.0 { interface i "
         "{ } }",
         "h:h/i@0.3.0 : the component imports this, and the world does not have it"},
    };
    pirn_wit *host = load_text(HOST);
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_wit *guest = load_text(cases[i].guest);
        differences all = {"", 0};
        assert_int_equal(pirn_wit_fit_world(pirn_wit_find_world(guest, PIRN_STR("t:t/w")),
                                            pirn_wit_find_world(host, PIRN_STR("t:t/w")), collect, &all, NULL),
                         PIRN_OK);
        assert_string_equal(all.text, cases[i].text);
        pirn_wit_free(guest);
    }
    pirn_wit_free(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_differences_are_told),
        cmocka_unit_test(test_worlds_are_compared_by_what_they_import_and_export),
        cmocka_unit_test(test_successors_may_add_and_may_not_break),
        cmocka_unit_test(test_components_fit_by_structure_and_track),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

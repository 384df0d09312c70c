/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar: what parses, and where and how the parser says no. */
#include "wit/ast.h"
#include "wit/test/wit_test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static pirn_status parse(const char *text, pirn_error *error)
{
    pirn_wit *wit = pirn_wit_new(NULL);
    pirn_status status = pirn_wit_add_file(wit, PIRN_STR("a.wit"), pirn_str_of(text), error);
    if (status != PIRN_OK)
        assert_true(pirn_str_eq(pirn_wit_error_file(wit), PIRN_STR("a.wit")));
    pirn_wit_free(wit);
    return status;
}

static void test_all_of_the_grammar_parses(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "package a:b;",
        "package a:b@1.2.3-rc.1+x;",
        "/// docs\npackage a:b; use c:d/e@1.0.0 as f; use g;",
        "interface a { type x = u8; }",
        "interface a { record r { a: u8, %record: list<string>, } record s { a: bool } }",
        "interface a { variant v { a, b(u8), c(tuple<u8, u16,>) } enum e { a, b, } flags f { a } }",
        "interface a { resource r; resource s { constructor(a: u8); m: func(); n: static func() -> s; } }",
        "interface a { resource r { constructor() -> result<r, string>; m: async func(); } }",
        "interface a { use b.{c, d as e}; use f:g/h@1.0.0.{i}; }",
        "interface a { f: func(a: result, b: result<u8>, c: result<_, u8>, d: result<u8, u8>) -> option<u8>; }",
        "interface a { f: func(a: list<u8, 4>, b: map<string, u8>, c: stream, d: stream<u8>, e: future<u8>); }",
        "interface a { f: func(a: own<b>, c: borrow<d>, e: char, g: f32, h: f64, i: s8, j: s16, k: s32, l: s64); }",
        "world w { import a; export b:c/d@1.0.0; import e: func(); export f: interface { g: func(); } import h: i; }",
        "world w { include a; include b:c/d with { e as f, g as h } use i.{j}; type k = u8; resource l; }",
        "@since(version = 1.0.0) interface a { @unstable(feature = b-c) @deprecated(version = 1.0.0) f: func(); }",
        "package a:b { interface c { } world d { } use e:f/g; }",
        "package a:b; package c:d { }",
        "world w { @external-id(\"a\\22\\u{1f600}\\n\") import f: func(); @external-id(\"b\") export g: h; }",
    };
    for (size_t i = 0; i < BASE_COUNT(texts); i++) {
        pirn_error error;
        base_error_init(&error);
        pirn_status status = parse(texts[i], &error);
        assert_string_equal(error.message, "");
        assert_int_equal(status, PIRN_OK);
    }
}

static void test_errors_have_place_and_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line, column;
        const char *message;
    } cases[] = {
        {"interfac a {}", 1, 1, "expected `package`, `interface`, `world` or `use`, found `interfac`"},
        {"interface a {", 1, 14, "expected a type, a function, `use` or `}`, found the end of the file"},
        {"interface a {\n  x: func() -> ;\n}", 2, 16, "expected a type, found `;`"},
        {"interface a { record: func(); }", 1, 21, "expected a name, found `:`"},
        {"interface a { from: func(); }", 1, 15,
         "expected a type, a function, `use` or `}`, found keyword `from`; as a name it is written `%from`"},
        {"interface a { f: func(a u8); }", 1, 25, "expected `:`, found keyword `u8`"},
        {"interface a { f: func(a: u8 b: u8); }", 1, 29, "expected `,` or `)`, found `b`"},
        {"interface a { f: u8; }", 1, 18, "expected `func`, found keyword `u8`"},
        {"interface a { type t = list; }", 1, 28, "expected `<`, found `;`"},
        {"interface a { type t = list<u8, 0>; }", 1, 33, "expected a length from 1 to 4294967295, found `0`"},
        {"interface a { type t = map<u8>; }", 1, 30, "expected `,`, found `>`"},
        {"interface a { type t = tuple<>; }", 1, 30, "expected a type, found `>`"},
        {"interface a { use b.c; }", 1, 21, "expected `{`, found `c`"},
        {"interface a { use b.{}; }", 1, 15, "`use` names no type"},
        {"world w { import a:b; }", 1, 21, "expected `/`, found `;`"},
        {"world w { f: func(); }", 1, 11, "expected `import`, `export`, `include`, `use`, a type or `}`, found `f`"},
        {"world w { include a with { b }; }", 1, 30, "expected `as`, found `}`"},
        {"package a:b@1.2;", 1, 13, "expected a version such as 1.2.3"},
        {"interface a {}\npackage a:b;", 2, 1, "the package is named at the beginning of the file"},
        {"@since(version = 1.0.0) @unstable(feature = f) interface a {}", 1, 1,
         "an item is either `@since` a version or `@unstable`"},
        {"@deprecated(version = 1.0.0) interface a {}", 1, 1,
         "`@deprecated` needs `@since` or `@unstable` beside it"},
        {"@since(version = 1.0.0) @since(version = 1.0.0) interface a {}", 1, 26, "`@since` is there twice"},
        {"@external-id(x) interface a {}", 1, 14, "expected a string, found `x`"},
        {"@external-id(\"\\q\") interface a {}", 1, 14, "this string has a wrong escape"},
        {"@external-id(\"\\ff\") interface a {}", 1, 14, "this string has a wrong escape"},
        {"@external-id(\"\\u{d800}\") interface a {}", 1, 14, "this string has a wrong escape"},
        {"@external-id(\"a\") @external-id(\"b\") interface a {}", 1, 20, "`@external-id` is there twice"},
        {"@sinse(version = 1.0.0) interface a {}", 1, 2,
         "expected `since`, `unstable`, `deprecated` or `external-id`, found `sinse`"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_error error;
        base_error_init(&error);
        assert_int_equal(parse(cases[i].text, &error), PIRN_MALFORMED);
        assert_string_equal(error.message, cases[i].message);
        assert_int_equal(error.line, cases[i].line);
        assert_int_equal(error.column, cases[i].column);
    }
}

static void test_nesting_of_types_is_bounded(void **state)
{
    (void)state;
    static char text[20000 * 7];
    strcpy(text, "interface a { type t = ");
    size_t len = strlen(text);
    for (size_t i = 0; i < 18000; i++, len += 7)
        memcpy(text + len, "option<", 7);
    text[len] = '\0';
    pirn_error error;
    base_error_init(&error);
    assert_int_equal(parse(text, &error), PIRN_LIMIT);
    assert_string_equal(error.message, "types are nested deeper than 100");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_of_the_grammar_parses),
        cmocka_unit_test(test_errors_have_place_and_sentence),
        cmocka_unit_test(test_nesting_of_types_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

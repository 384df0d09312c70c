/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm/text/lexer.c: what is one token, where it is, strings and identifiers, the gap before a token and annotations in
 * it.
 */
#include "vm/text/lexer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool keep_a(pirn_str id)
{
    return pirn_str_eq(id, PIRN_STR("a"));
}

static void test_the_longest_match_is_one_token(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        vm_token_kind kind;
        size_t len;
    } cases[] = {
        {"", VM_TOKEN_END, 0},
        {"(x", VM_TOKEN_OPEN, 1},
        {")", VM_TOKEN_CLOSE, 1},
        {"i32.add)", VM_TOKEN_KEYWORD, 7},
        {"nop;;x", VM_TOKEN_KEYWORD, 3},
        {"nop(;;)", VM_TOKEN_KEYWORD, 3},
        {"$a.b ", VM_TOKEN_ID, 4},
        {"$\"a b\"", VM_TOKEN_ID, 6},
        {"\"a\\\"b\" ", VM_TOKEN_STRING, 6},
        {"-0x1F", VM_TOKEN_INTEGER, 5},
        {"1.5e3", VM_TOKEN_FLOAT, 5},
        {"inf", VM_TOKEN_FLOAT, 3},
        {"infx", VM_TOKEN_KEYWORD, 4},
        {"0drop", VM_TOKEN_RESERVED, 5},
        {"\"a\"b", VM_TOKEN_RESERVED, 4},
        {"\"a\"\"b\"", VM_TOKEN_RESERVED, 6},
        {"$a\"b\"", VM_TOKEN_RESERVED, 5},
        {"Nop", VM_TOKEN_RESERVED, 3},
        {"a,b;c", VM_TOKEN_RESERVED, 5},
        {"offset=1", VM_TOKEN_KEYWORD, 8},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        vm_lexer l;
        vm_lexer_init(&l, pirn_str_of(cases[i].text), NULL, NULL);
        if (l.token.kind != cases[i].kind || l.token.text.len != cases[i].len || vm_lexer_failed(&l))
            fail_msg("%s: kind %d, %zu bytes", cases[i].text, l.token.kind, l.token.text.len);
    }
}

static void test_places_count_lines_and_characters(void **state)
{
    (void)state;
    vm_lexer l;
    vm_lexer_init(&l, PIRN_STR("(; \n ;)\n \xC3\xA9"), NULL, NULL);
    assert_int_equal(l.status, PIRN_MALFORMED);
    vm_lexer_init(&l, PIRN_STR(";; one\n(;\n(; ;) \xC3\xA9 ;) x\n  \"\xC3\xA9\" y"), NULL, NULL);
    assert_true(vm_token_is(&l.token, "x"));
    assert_int_equal(l.token.start.line, 3);
    assert_int_equal(vm_place_column(&l.token.start), 12);
    vm_lexer_advance(&l);
    assert_int_equal(l.token.start.line, 4);
    vm_lexer_advance(&l);
    assert_int_equal(vm_place_column(&l.token.start), 7);
}

static void test_strings_and_identifiers_are_decoded(void **state)
{
    (void)state;
    base_arena arena;
    base_arena_init(&arena, pirn_allocator_default());
    vm_lexer l;
    vm_lexer_init(&l, PIRN_STR("\"a\\t\\n\\r\\\"\\'\\\\\\00\\fF\\u{20_AC}\" $\"x y\" $plain \"\\ff\""), NULL, NULL);
    pirn_str text = vm_lexer_bytes(&l, &l.token, &arena);
    assert_true(pirn_str_eq(text, PIRN_STR("a\t\n\r\"'\\\0\xFF\xE2\x82\xAC")));
    vm_lexer_advance(&l);
    assert_true(pirn_str_eq(vm_lexer_id(&l, &l.token, &arena), PIRN_STR("x y")));
    vm_lexer_advance(&l);
    assert_true(pirn_str_eq(vm_lexer_id(&l, &l.token, &arena), PIRN_STR("plain")));
    vm_lexer_advance(&l);
    assert_int_equal(vm_lexer_bytes(&l, &l.token, &arena).len, 1);
    assert_null(vm_lexer_name(&l, &l.token, &arena).data);
    assert_int_equal(l.status, PIRN_MALFORMED);
    assert_int_equal(l.token.kind, VM_TOKEN_END);
    base_arena_done(&arena);
}

static void test_lookahead_takes_nothing(void **state)
{
    (void)state;
    vm_lexer l;
    vm_lexer_init(&l, PIRN_STR("(param (x) y)"), NULL, NULL);
    assert_false(vm_lexer_opens(&l, "result"));
    assert_true(vm_lexer_opens(&l, "param"));
    assert_true(vm_lexer_take_open(&l, "param"));
    assert_true(pirn_str_eq(vm_lexer_skip_list(&l), PIRN_STR("(x)")));
    assert_true(vm_lexer_take(&l, "y"));
    vm_lexer_expect_close(&l);
    assert_int_equal(l.token.kind, VM_TOKEN_END);
    assert_int_equal(l.status, PIRN_OK);
}

static void test_kept_annotations_are_handed_out_and_others_passed_over(void **state)
{
    (void)state;
    vm_lexer l, inner;
    pirn_str id;
    vm_lexer_init(&l, PIRN_STR("x (@b (@a)) (@a 1 (2)) (;;) (@a) y (@a) z"), keep_a, NULL);
    assert_false(l.token.annotated);
    vm_lexer_advance(&l);
    assert_true(l.token.annotated);
    vm_place cursor = l.token.gap;
    assert_true(vm_lexer_annotation(&l, &cursor, &id, &inner));
    assert_true(vm_lexer_take_kind(&inner, VM_TOKEN_INTEGER));
    assert_true(pirn_str_eq(vm_lexer_skip_list(&inner), PIRN_STR("(2)")));
    assert_int_equal(inner.token.kind, VM_TOKEN_END);
    assert_true(vm_lexer_annotation(&l, &cursor, &id, &inner));
    assert_int_equal(inner.token.kind, VM_TOKEN_END);
    assert_false(vm_lexer_annotation(&l, &cursor, &id, &inner));
    vm_lexer_advance(&l);
    assert_true(vm_token_is(&l.token, "z"));
    vm_lexer_advance(&l); /* nobody asked for the one before z */
    assert_int_equal(l.status, PIRN_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_longest_match_is_one_token),
        cmocka_unit_test(test_places_count_lines_and_characters),
        cmocka_unit_test(test_strings_and_identifiers_are_decoded),
        cmocka_unit_test(test_lookahead_takes_nothing),
        cmocka_unit_test(test_kept_annotations_are_handed_out_and_others_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

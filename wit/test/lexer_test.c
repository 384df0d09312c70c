/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens, versions and doc comments, and what the lexer refuses. */
#include "wit/lexer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* All tokens of a text, separated by blanks, into `out`. */
static pirn_status tokens_of(const char *text, char *out, pirn_error *error)
{
    wit_lexer lexer;
    PIRN_TRY(wit_lexer_init(&lexer, pirn_str_of(text), 0, error));
    out[0] = '\0';
    for (wit_token token;;) {
        PIRN_TRY(wit_lexer_next(&lexer, &token));
        if (token.kind == WIT_TOKEN_END)
            return PIRN_OK;
        sprintf(out + strlen(out), "%s%s%.*s", out[0] != '\0' ? " " : "", token.is_escaped ? "%" : "",
                PIRN_STR_ARG(token.text));
    }
}

static void test_text_falls_into_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *text, *tokens;
    } cases[] = {
        {"", ""},
        {"a: func() -> %type;", "a : func ( ) -> %type ;"},
        {"use wasi:io/streams@0.2.12.{x}", "use wasi : io / streams @ 0 . 2 . 12 . { x }"},
        {"list<u8>,result<_,e>", "list < u8 > , result < _ , e >"},
        {"a-b-C3->d", "a-b-C3 -> d"},
        {"a // b\n/* c /* d */ e */ f", "a f"},
        {"\"a\\\"b\"", "a\\\"b"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        char out[256];
        assert_int_equal(tokens_of(cases[i].text, out, NULL), PIRN_OK);
        assert_string_equal(out, cases[i].tokens);
    }
}

static void test_errors_have_place_and_sentence(void **state)
{
    (void)state;
#define NO_NAME(text) \
    "`" text "` is not a name: words of letters and digits, all lower or all upper case, joined by `-`"
    static const struct {
        const char *text;
        uint32_t line, column;
        const char *message;
    } cases[] = {
        {"a\n b?", 2, 3, "unexpected character U+003F"},
        {"\xc3\xa4\xc3\xa4 \xe2\x80\xae", 1, 4, "character U+202E is not allowed in WIT"},
        {"a\x01", 1, 2, "character U+0001 is not allowed in WIT"},
        {"abc \xff", 1, 5, "the text is not valid UTF-8"},
        {"a\n/* /* */", 2, 1, "this comment is never closed"},
        {" \"abc\n\"", 1, 2, "this string is never closed"},
        {"\xe2\x82\xac", 1, 1, "unexpected character U+20AC"},
        {"a--b", 1, 1, NO_NAME("a--b")},
        {"aB", 1, 1, NO_NAME("aB")},
        {"% a", 1, 1, NO_NAME("")},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        char out[256];
        pirn_error error;
        base_error_init(&error);
        assert_int_equal(tokens_of(cases[i].text, out, &error), PIRN_MALFORMED);
        assert_string_equal(error.message, cases[i].message);
        assert_int_equal(error.line, cases[i].line);
        assert_int_equal(error.column, cases[i].column);
    }
}

static void test_names_have_a_greatest_length(void **state)
{
    (void)state;
    char text[WIT_MAX_NAME + 2], out[WIT_MAX_NAME + 2];
    memset(text, 'a', sizeof text);
    text[WIT_MAX_NAME] = '\0';
    assert_int_equal(tokens_of(text, out, NULL), PIRN_OK);
    text[WIT_MAX_NAME] = 'a';
    text[WIT_MAX_NAME + 1] = '\0';
    assert_int_equal(tokens_of(text, out, NULL), PIRN_LIMIT);
}

static void test_a_version_ends_where_it_must(void **state)
{
    (void)state;
    static const struct {
        const char *text, *version; /* NULL: none */
    } cases[] = {
        {"1.2.3", "1.2.3"},
        {"0.2.12.{a}", "0.2.12"},
        {"1.0.0-rc.1.{a}", "1.0.0-rc.1"},
        {"1.0.0-a-b+c.5;", "1.0.0-a-b+c.5"},
        {"1.0.0-0a", "1.0.0-0a"},
        {"1.2", NULL},
        {"01.2.3", NULL},
        {"1.2.3-", NULL},
        {"1.2.3-01", NULL},
        {"a", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        wit_lexer lexer;
        wit_token token;
        pirn_str version;
        assert_int_equal(wit_lexer_init(&lexer, pirn_str_of(cases[i].text), 0, NULL), PIRN_OK);
        assert_int_equal(wit_lexer_next(&lexer, &token), PIRN_OK);
        pirn_status status = wit_lexer_version(&lexer, &token, &version);
        assert_int_equal(status, cases[i].version == NULL ? PIRN_MALFORMED : PIRN_OK);
        if (cases[i].version != NULL)
            assert_true(pirn_str_eq(version, pirn_str_of(cases[i].version)));
    }
}

static void test_doc_comments_are_kept_without_their_marks(void **state)
{
    (void)state;
    static const struct {
        const char *text, *docs;
    } cases[] = {
        {"a", ""},
        {"// no\n/* no */ a", ""},
        {"/// one\n///  two \n///\n/// four\na", "one\n two\n\nfour"},
        {"/** one */ a", "one"},
        {"/**\n * one\n * two\n */\na", "one\ntwo"},
        {"/***/ /**/ a", ""},
        {"/// a\n// b\n/// c\nd", "a\nc"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        wit_lexer lexer;
        wit_token token;
        base_arena arena;
        base_arena_init(&arena, pirn_allocator_default());
        assert_int_equal(wit_lexer_init(&lexer, pirn_str_of(cases[i].text), 0, NULL), PIRN_OK);
        assert_int_equal(wit_lexer_next(&lexer, &token), PIRN_OK);
        pirn_str docs = wit_lexer_docs(&lexer, &token, &arena);
        char text[64];
        snprintf(text, sizeof text, "%.*s", PIRN_STR_ARG(docs));
        assert_string_equal(text, cases[i].docs);
        base_arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_falls_into_tokens),
        cmocka_unit_test(test_errors_have_place_and_sentence),
        cmocka_unit_test(test_names_have_a_greatest_length),
        cmocka_unit_test(test_a_version_ends_where_it_must),
        cmocka_unit_test(test_doc_comments_are_kept_without_their_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

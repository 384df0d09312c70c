/* SPDX-License-Identifier: Apache-2.0 */
#include "component/test/abi_fixture.h"

#define TAG 0x80000000u

/* Bytes as a string literal: its NUL is not counted. */
#define BYTES(literal) (literal), sizeof(literal) - 1

typedef struct string_case {
    cm_encoding encoding;
    const char *bytes;
    size_t size;
    uint32_t units;   /* tagged code units */
    const char *text; /* UTF-8 */
} string_case;

/* The same text as each encoding has it. */
static const string_case strings[] = {
    {CM_UTF8, BYTES(""), 0, ""},
    {CM_UTF8, BYTES("plain"), 5, "plain"},
    {CM_UTF8, BYTES("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), 9, "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
    {CM_UTF16, BYTES(""), 0, ""},
    {CM_UTF16, BYTES("a\0b\0"), 2, "ab"},
    {CM_UTF16, BYTES("\xE9\x00\xAC\x20\x3D\xD8\x00\xDE"), 4, "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
    {CM_LATIN1_UTF16, BYTES("abc"), 3, "abc"},
    {CM_LATIN1_UTF16, BYTES("a\xE9\xFF"), 3, "a\xC3\xA9\xC3\xBF"},
    {CM_LATIN1_UTF16, BYTES("\xE9\x00\xAC\x20"), 2 | TAG, "\xC3\xA9\xE2\x82\xAC"},
};

static void test_strings_in_every_encoding_are_lifted_to_utf8(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(strings); i++) {
        guest g;
        guest_init(&g, strings[i].encoding);
        guest_write(&g, 16, strings[i].bytes, strings[i].size);
        pirn_str text;
        assert_int_equal(cm_lift_string(&g.cx, (cm_range){16, strings[i].units}, &text), PIRN_OK);
        assert_int_equal(text.len, strlen(strings[i].text));
        assert_memory_equal(text.data, strings[i].text, text.len);
        guest_done(&g);
    }
}

static void test_utf8_is_lowered_to_every_encoding(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(strings); i++) {
        guest g;
        guest_init(&g, strings[i].encoding);
        cm_range out = {0, 0};
        assert_int_equal(cm_lower_string(&g.cx, pirn_str_of(strings[i].text), &out), PIRN_OK);
        assert_int_equal(out.count, strings[i].units);
        guest_expect(&g, out.ptr, strings[i].bytes, strings[i].size);
        guest_done(&g);
    }
}

static void test_views_are_taken_of_what_is_utf8_already(void **state)
{
    (void)state;
    static const struct {
        cm_encoding encoding;
        const char *bytes;
        bool views, is_view;
    } cases[] = {
        {CM_UTF8, "text", true, true},
        {CM_UTF8, "text", false, false},
        {CM_LATIN1_UTF16, "text", true, true},
        {CM_LATIN1_UTF16, "t\xE9xt", true, false},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        guest g;
        guest_init(&g, cases[i].encoding);
        g.cx.views = cases[i].views;
        guest_write(&g, 16, cases[i].bytes, 4);
        pirn_str text;
        assert_int_equal(cm_lift_string(&g.cx, (cm_range){16, 4}, &text), PIRN_OK);
        assert_int_equal(text.data == (const char *)g.memory.data + 16, cases[i].is_view);
        guest_done(&g);
    }
}

static void test_strings_that_are_not_in_memory_or_not_text_trap(void **state)
{
    (void)state;
    static const struct {
        cm_encoding encoding;
        uint32_t ptr, units;
        const char *bytes;
        size_t size;
        const char *message;
    } cases[] = {
        {CM_UTF8, 1023, 2, BYTES(""), "string pointer/length out of bounds of memory"},
        {CM_UTF8, 0xDEADBEEF, 0, BYTES(""), "string pointer/length out of bounds of memory"},
        {CM_UTF8, 0, 1025, BYTES(""), "string pointer/length out of bounds of memory"},
        {CM_UTF16, 1020, 3, BYTES(""), "string pointer/length out of bounds of memory"},
        {CM_UTF8, 0, (1u << 28) - 1, BYTES(""), "string pointer/length out of bounds of memory"},
        {CM_UTF16, 0, (1u << 27) - 1, BYTES(""), "string pointer/length out of bounds of memory"},
        {CM_UTF8, 0, 1u << 28, BYTES(""), "string is too long"},
        {CM_UTF8, 0, UINT32_MAX, BYTES(""), "string is too long"},
        {CM_UTF16, 0, 1u << 27, BYTES(""), "string is too long"},
        {CM_LATIN1_UTF16, 0, UINT32_MAX, BYTES(""), "string is too long"},
        {CM_UTF16, 1, 0, BYTES(""), "unaligned pointer"},
        {CM_LATIN1_UTF16, 1, 0, BYTES(""), "unaligned pointer"},
        {CM_LATIN1_UTF16, 1, TAG, BYTES(""), "unaligned pointer"},
        {CM_UTF8, 16, 1, BYTES("\xFF"), "invalid utf-8 sequence at index 0"},
        {CM_UTF8, 16, 3, BYTES("a\x80z"), "invalid utf-8 sequence at index 1"},
        {CM_UTF8, 16, 2, BYTES("\xC0\x80"), "invalid utf-8 sequence at index 0"},
        {CM_UTF8, 16, 2, BYTES("\xC3\x28"), "invalid utf-8 sequence at index 0"},
        {CM_UTF8, 16, 3, BYTES("\xE0\x80\x80"), "invalid utf-8 sequence at index 0"},
        {CM_UTF8, 16, 3, BYTES("\xED\xA0\x80"), "invalid utf-8 sequence at index 0"},
        {CM_UTF8, 16, 4, BYTES("\xF4\x90\x80\x80"), "invalid utf-8 sequence at index 0"},
        {CM_UTF8, 16, 2, BYTES("\xE0\x80"), "invalid utf-8 sequence at index 0"},
        {CM_UTF8, 16, 1, BYTES("\xC3"), "incomplete utf-8 byte sequence from index 0"},
        {CM_UTF8, 16, 3, BYTES("a\xE2\x82"), "incomplete utf-8 byte sequence from index 1"},
        {CM_UTF8, 16, 3, BYTES("\xF0\x9F\x98"), "incomplete utf-8 byte sequence from index 0"},
        {CM_UTF16, 16, 1, BYTES("\x00\xD8"), "unpaired surrogate in utf-16 at index 0"},
        {CM_UTF16, 16, 2, BYTES("\x00\xDC\x00\xD8"), "unpaired surrogate in utf-16 at index 0"},
        {CM_UTF16, 16, 3, BYTES("a\x00\x00\xD8z\x00"), "unpaired surrogate in utf-16 at index 1"},
        {CM_LATIN1_UTF16, 16, 1 | TAG, BYTES("\x00\xDC"), "unpaired surrogate in utf-16 at index 0"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        guest g;
        guest_init(&g, cases[i].encoding);
        guest_write(&g, 16, cases[i].bytes, cases[i].size);
        pirn_str text;
        expect_failure(&g, cm_lift_string(&g.cx, (cm_range){cases[i].ptr, cases[i].units}, &text), PIRN_TRAP,
                       cases[i].message);
        guest_done(&g);
    }
}

/* From one guest's encoding to the other's: units, bytes, and what the receiver's realloc sees. */
static void test_strings_pass_between_guests_with_the_reallocs_that_are_laid_down(void **state)
{
    (void)state;
    static const struct {
        cm_encoding from;
        const char *bytes;
        size_t size;
        uint32_t units;
        cm_encoding to;
        const char *log;
        const char *result;
        size_t result_size;
        uint32_t result_units;
    } cases[] = {
        {CM_UTF8, BYTES("\xC3\xA9"), 2, CM_UTF8, "0,0,1,2;", BYTES("\xC3\xA9"), 2},
        {CM_UTF8, BYTES(""), 0, CM_UTF8, "0,0,1,0;", BYTES(""), 0},
        {CM_UTF16, BYTES("a\0b\0"), 2, CM_UTF8, "0,0,1,2;", BYTES("ab"), 2},
        {CM_UTF16, BYTES("a\0\xAC\x20"), 2, CM_UTF8, "0,0,1,2;8,2,1,6;10,6,1,4;", BYTES("a\xE2\x82\xAC"), 4},
        {CM_UTF16, BYTES("\xAC\x20"), 1, CM_UTF8, "0,0,1,1;8,1,1,3;", BYTES("\xE2\x82\xAC"), 3},
        {CM_LATIN1_UTF16, BYTES("a\xE9"), 2, CM_UTF8, "0,0,1,2;8,2,1,4;10,4,1,3;", BYTES("a\xC3\xA9"), 3},
        {CM_UTF8, BYTES("ab"), 2, CM_UTF16, "0,0,2,4;", BYTES("a\0b\0"), 2},
        {CM_UTF8, BYTES("\xC3\xA9"), 2, CM_UTF16, "0,0,2,4;8,4,2,2;", BYTES("\xE9\0"), 1},
        {CM_UTF16, BYTES("a\0b\0"), 2, CM_UTF16, "0,0,2,4;", BYTES("a\0b\0"), 2},
        {CM_LATIN1_UTF16, BYTES("a\xE9"), 2, CM_UTF16, "0,0,2,4;", BYTES("a\0\xE9\0"), 2},
        {CM_LATIN1_UTF16, BYTES("a\0b\0"), 2 | TAG, CM_UTF16, "0,0,2,4;", BYTES("a\0b\0"), 2},
        {CM_UTF8, BYTES("a\xC3\xA9"), 3, CM_LATIN1_UTF16, "0,0,2,3;8,3,2,2;", BYTES("a\xE9"), 2},
        {CM_UTF8, BYTES("\xC3\xA9\xE2\x82\xAC"), 5, CM_LATIN1_UTF16, "0,0,2,5;8,5,2,10;14,10,2,4;",
         BYTES("\xE9\0\xAC\x20"), 2 | TAG},
        {CM_UTF16, BYTES("a\0\xE9\0"), 2, CM_LATIN1_UTF16, "0,0,2,2;", BYTES("a\xE9"), 2},
        {CM_LATIN1_UTF16, BYTES("a\xE9"), 2, CM_LATIN1_UTF16, "0,0,2,2;", BYTES("a\xE9"), 2},
        {CM_LATIN1_UTF16, BYTES("\xAC\x20"), 1 | TAG, CM_LATIN1_UTF16, "0,0,2,2;", BYTES("\xAC\x20"), 1 | TAG},
        {CM_LATIN1_UTF16, BYTES("a\0\xE9\0"), 2 | TAG, CM_LATIN1_UTF16, "0,0,2,4;8,4,1,2;", BYTES("a\xE9"), 2},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        guest from, to;
        guest_init(&from, cases[i].from);
        guest_init(&to, cases[i].to);
        from.cx.form = to.cx.form = CM_GUEST;
        guest_write(&from, 16, cases[i].bytes, cases[i].size);
        cm_range from_range = {16, cases[i].units}, out = {0, 0};
        assert_int_equal(cm_check_string(&from.cx, from_range), PIRN_OK);
        assert_int_equal(cm_pass_string(&from.cx, &to.cx, from_range, &out), PIRN_OK);
        assert_string_equal(to.log, cases[i].log);
        assert_int_equal(out.count, cases[i].result_units);
        guest_expect(&to, out.ptr, cases[i].result, cases[i].result_size);
        guest_done(&to);
        guest_done(&from);
    }
}

/* Text is looked at a block at a time; what is special may be anywhere in one. */
static void test_bad_text_is_found_wherever_it_is(void **state)
{
    (void)state;
    enum { LENGTH = 300 };
    for (uint32_t at = 0; at < LENGTH; at++) {
        guest g;
        char message[80];
        pirn_str text;
        guest_init(&g, CM_UTF8);
        memset(g.memory.data, 'x', LENGTH);
        g.memory.data[at] = 0xFF;
        snprintf(message, sizeof message, "invalid utf-8 sequence at index %u", at);
        expect_failure(&g, cm_lift_string(&g.cx, (cm_range){0, LENGTH}, &text), PIRN_TRAP, message);
        g.cx.encoding = CM_UTF16;
        memset(g.memory.data, 'x', 2 * LENGTH);
        base_store_u16(g.memory.data + 2 * at, 0xDC00);
        snprintf(message, sizeof message, "unpaired surrogate in utf-16 at index %u", at);
        expect_failure(&g, cm_lift_string(&g.cx, (cm_range){0, LENGTH}, &text), PIRN_TRAP, message);
        guest_done(&g);
    }
}

/* One character of many among ASCII, from UTF-16 to UTF-8 and back. */
static void test_long_text_passes_wherever_its_characters_are(void **state)
{
    (void)state;
    enum { LENGTH = 150 };
    static const uint16_t characters[] = {0x7F, 0x80, 0xFF, 0x100, 0x20AC};
    for (uint32_t i = 0; i < LENGTH * BASE_COUNT(characters); i++) {
        guest from, between, to;
        cm_range text = {0, LENGTH}, utf8 = {0, 0}, back = {0, 0};
        guest_init(&from, CM_UTF16);
        guest_init(&between, i % 2 == 0 ? CM_UTF8 : CM_LATIN1_UTF16);
        guest_init(&to, CM_UTF16);
        from.cx.form = between.cx.form = to.cx.form = CM_GUEST;
        for (uint32_t k = 0; k < LENGTH; k++)
            base_store_u16(from.memory.data + 2 * k, (uint16_t)('a' + k % 26));
        base_store_u16(from.memory.data + 2 * (i % LENGTH), characters[i / LENGTH]);
        assert_int_equal(cm_pass_string(&from.cx, &between.cx, text, &utf8), PIRN_OK);
        assert_int_equal(cm_check_string(&between.cx, utf8), PIRN_OK);
        assert_int_equal(cm_pass_string(&between.cx, &to.cx, utf8, &back), PIRN_OK);
        assert_int_equal(back.count, LENGTH);
        guest_expect(&to, back.ptr, from.memory.data, 2 * LENGTH);
        guest_done(&to);
        guest_done(&between);
        guest_done(&from);
    }
}

static void test_text_of_the_host_that_is_not_utf8_is_misuse(void **state)
{
    (void)state;
    guest g;
    guest_init(&g, CM_UTF16);
    cm_range out;
    pirn_str text = PIRN_STR("ab\xFF");
    expect_failure(&g, cm_lower_string(&g.cx, text, &out), PIRN_USAGE, "string is not valid UTF-8 at byte 2");
    assert_string_equal(g.log, "");
    guest_done(&g);
}

static void test_what_realloc_returns_is_checked_in_the_words_of_each_side(void **state)
{
    (void)state;
    static const struct {
        cm_form form;
        uint32_t next, skew;
        const char *message;
    } cases[] = {
        {CM_HOST, 8, 1, "realloc return: result not aligned"},
        {CM_HOST, 1024, 0, "realloc return: beyond end of memory"},
        {CM_HOST, 0xFFFFFFFE, 0, "realloc return: beyond end of memory"},
        {CM_GUEST, 8, 1, "unaligned pointer"},
        {CM_GUEST, 1022, 0, "string content out-of-bounds"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        guest g;
        guest_init(&g, CM_UTF16);
        g.next = cases[i].next;
        g.skew = cases[i].skew;
        g.cx.form = cases[i].form;
        cm_range out;
        expect_failure(&g, cm_lower_string(&g.cx, PIRN_STR("ab"), &out), PIRN_TRAP, cases[i].message);
        guest_done(&g);
    }
}

/* A list of strings that all lie in the same place must not cost without end. */
static void test_what_one_call_takes_in_is_limited(void **state)
{
    (void)state;
    guest g;
    guest_init(&g, CM_UTF8);
    g.activation->bytes = (1 << 20) - 5;
    pirn_str text;
    assert_int_equal(cm_lift_string(&g.cx, (cm_range){0, 1}, &text), PIRN_OK);
    expect_failure(&g, cm_lift_string(&g.cx, (cm_range){0, 5}, &text), PIRN_LIMIT,
                   "more than 1048576 bytes are passed in one call");
    /* What a host function takes for the call counts, too. */
    base_error_init(&g.error);
    pirn_host_call call = {.activation = g.activation, .error = &g.error};
    g.activation->bytes = 0;
    assert_non_null(pirn_host_call_alloc(&call, 1000000));
    assert_null(pirn_host_call_alloc(&call, 1000000));
    assert_string_equal(pirn_error_message(&g.error), "more than 1048576 bytes are passed in one call");
    guest_done(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings_in_every_encoding_are_lifted_to_utf8),
        cmocka_unit_test(test_utf8_is_lowered_to_every_encoding),
        cmocka_unit_test(test_views_are_taken_of_what_is_utf8_already),
        cmocka_unit_test(test_strings_that_are_not_in_memory_or_not_text_trap),
        cmocka_unit_test(test_strings_pass_between_guests_with_the_reallocs_that_are_laid_down),
        cmocka_unit_test(test_bad_text_is_found_wherever_it_is),
        cmocka_unit_test(test_long_text_passes_wherever_its_characters_are),
        cmocka_unit_test(test_text_of_the_host_that_is_not_utf8_is_misuse),
        cmocka_unit_test(test_what_realloc_returns_is_checked_in_the_words_of_each_side),
        cmocka_unit_test(test_what_one_call_takes_in_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

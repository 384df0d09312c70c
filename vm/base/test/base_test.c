/* SPDX-License-Identifier: Apache-2.0 */
/* vm/base: numbers, text, maps and memory that everything else stands on. */
#include "vm/base/leb.h"
#include "vm/base/map.h"
#include "vm/base/utf8.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_leb_round_trip(void **state)
{
    (void)state;
    static const int64_t values[] = {0, 1, -1, 63, 64, -64, -65, 127, 128, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < BASE_COUNT(values); i++) {
        uint8_t out[BASE_LEB_MAX];
        int64_t s;
        uint64_t u;
        size_t used, len = base_leb_put_signed(values[i], out);
        assert_int_equal(base_leb_signed(out, len, 64, &s, &used), BASE_LEB_OK);
        assert_true(s == values[i] && used == len);
        len = base_leb_put_unsigned((uint64_t)values[i], out);
        assert_int_equal(base_leb_unsigned(out, len, 64, &u, &used), BASE_LEB_OK);
        assert_true(u == (uint64_t)values[i] && used == len);
    }
}

static void test_leb_rejects_unused_bits_and_long_forms(void **state)
{
    (void)state;
    static const struct {
        bool is_signed;
        unsigned bits;
        const char *bytes;
        size_t len;
        base_leb_result result;
        size_t used;
    } cases[] = {
        {false, 32, "\xFF\xFF\xFF\xFF\x0F", 5, BASE_LEB_OK, 5},
        {false, 32, "\xFF\xFF\xFF\xFF\x1F", 5, BASE_LEB_TOO_LARGE, 4},
        {false, 32, "\x80\x80\x80\x80\x80\x00", 6, BASE_LEB_TOO_LONG, 5},
        {false, 32, "\x80\x80", 2, BASE_LEB_END, 2},
        {true, 32, "\xFF\xFF\xFF\xFF\x7F", 5, BASE_LEB_OK, 5},
        {true, 32, "\xFF\xFF\xFF\xFF\x0F", 5, BASE_LEB_TOO_LARGE, 4},
        {true, 32, "\x80\x80\x80\x80\x78", 5, BASE_LEB_OK, 5},
        {true, 33, "\xFF\xFF\xFF\xFF\x0F", 5, BASE_LEB_OK, 5},
        {true, 64, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7F", 10, BASE_LEB_OK, 10},
        {true, 64, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x41", 10, BASE_LEB_TOO_LARGE, 9},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        uint64_t u;
        int64_t s;
        size_t used;
        const uint8_t *bytes = (const uint8_t *)cases[i].bytes;
        base_leb_result result = cases[i].is_signed ? base_leb_signed(bytes, cases[i].len, cases[i].bits, &s, &used)
                                                    : base_leb_unsigned(bytes, cases[i].len, cases[i].bits, &u, &used);
        assert_int_equal(result, cases[i].result);
        assert_int_equal(used, cases[i].used);
    }
}

static void test_utf8_accepts_scalar_values_only(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool valid;
        size_t bad;
    } cases[] = {
        {"plain ascii, longer than eight", true, 0}, {"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", true, 0},
        {"abcdefgh\xC0\x80", false, 8},              {"\xED\xA0\x80", false, 0},
        {"a\xF4\x90\x80\x80", false, 1},             {"\xE2\x82", false, 0},
        {"\xE0\x80\x80", false, 0},                  {"\xFF", false, 0},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        size_t bad = 0;
        assert_int_equal(base_utf8_valid(pirn_str_of(cases[i].text), &bad), cases[i].valid);
        assert_int_equal(bad, cases[i].bad);
    }
}

static void test_utf8_round_trips_every_scalar_value(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        if (c >= 0xD800 && c < 0xE000)
            continue;
        char out[4];
        uint32_t back;
        size_t pos = 0, len = base_utf8_put(c, out);
        assert_true(base_utf8_next((pirn_str){out, len}, &pos, &back));
        assert_true(back == c && pos == len);
    }
}

static void test_map_keeps_the_first_value(void **state)
{
    (void)state;
    base_map map;
    base_map_init(&map, pirn_allocator_default());
    base_arena arena;
    base_arena_init(&arena, pirn_allocator_default());
    bool added;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 1000; i++) {
            pirn_str key = base_arena_printf(&arena, "key %u", i);
            assert_int_equal(base_map_add(&map, key, i + round, &added), PIRN_OK);
            assert_int_equal(added, round == 0);
        }
    }
    uint64_t value;
    assert_true(base_map_get(&map, PIRN_STR("key 999"), &value));
    assert_int_equal(value, 999);
    assert_false(base_map_get(&map, PIRN_STR("key 1000"), NULL));
    base_map_done(&map);
    base_arena_done(&arena);
}

static void test_arena_keeps_blocks_apart(void **state)
{
    (void)state;
    base_arena arena;
    base_arena_init(&arena, pirn_allocator_default());
    uint8_t *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        size_t size = i % 7 == 0 ? 5000 * i : i;
        blocks[i] = base_arena_alloc(&arena, size);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        memset(blocks[i], (int)i, size);
    }
    for (size_t i = 1; i < 200; i++)
        assert_int_equal(blocks[i][i % 7 == 0 ? 5000 * i - 1 : i - 1], (uint8_t)i);
    assert_null(base_arena_array(&arena, SIZE_MAX / 2, 4));
    base_arena_reset(&arena);
    assert_non_null(base_arena_alloc(&arena, 10));
    base_arena_done(&arena);
    assert_int_equal(arena.total_bytes, 0);
}

static void test_first_error_wins(void **state)
{
    (void)state;
    pirn_error *error = pirn_error_new(NULL);
    assert_int_equal(base_fail(error, PIRN_INVALID, 12, "unknown local %d", 7), PIRN_INVALID);
    assert_int_equal(base_fail(error, PIRN_TRAP, 13, "echo"), PIRN_TRAP);
    assert_int_equal(pirn_error_status(error), PIRN_INVALID);
    assert_int_equal(pirn_error_offset(error), 12);
    assert_string_equal(pirn_error_message(error), "unknown local 7");
    pirn_error_clear(error);
    assert_int_equal(pirn_error_status(error), PIRN_OK);
    pirn_error_free(error);
}

static void test_error_cuts_long_names_between_characters(void **state)
{
    (void)state;
    char name[400];
    for (size_t i = 0; i < sizeof name; i += 2)
        memcpy(name + i, "\xC3\xA9", 2);
    pirn_error error;
    base_error_init(&error);
    base_error_in_function(&error, 3, (pirn_str){name, sizeof name});
    uint32_t index;
    pirn_str stored;
    assert_true(pirn_error_function(&error, &index, &stored));
    assert_true(stored.len < 128 && base_utf8_valid(stored, NULL));
}

static void test_an_embedder_describes_and_copies_failures(void **state)
{
    (void)state;
    pirn_error *first = pirn_error_new(NULL), *second = pirn_error_new(NULL);
    assert_int_equal(pirn_error_set(first, PIRN_IO, "no %s", "paper"), PIRN_IO);
    assert_int_equal(pirn_error_set(first, PIRN_USAGE, "an echo"), PIRN_USAGE);
    pirn_error_copy(second, first);
    assert_int_equal(pirn_error_status(second), PIRN_IO);
    assert_string_equal(pirn_error_message(second), "no paper");
    pirn_error_set(NULL, PIRN_IO, "nobody listens");
    pirn_error_free(first);
    pirn_error_free(second);
}

static void test_an_embedders_arena_gives_zeroed_memory(void **state)
{
    (void)state;
    static const uint8_t zeroes[100];
    pirn_arena *arena = pirn_arena_new(NULL);
    uint8_t *block = pirn_arena_alloc(arena, sizeof zeroes);
    assert_non_null(block);
    assert_memory_equal(block, zeroes, sizeof zeroes);
    assert_int_equal((uintptr_t)block % _Alignof(max_align_t), 0);
    assert_null(pirn_arena_alloc(arena, SIZE_MAX));
    pirn_arena_free(arena);
}

static void test_the_version_has_three_numbers(void **state)
{
    (void)state;
    unsigned major, minor, patch;
    char rest;
    assert_int_equal(sscanf(pirn_version(), "%u.%u.%u%c", &major, &minor, &patch, &rest), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_leb_round_trip),
        cmocka_unit_test(test_leb_rejects_unused_bits_and_long_forms),
        cmocka_unit_test(test_utf8_accepts_scalar_values_only),
        cmocka_unit_test(test_utf8_round_trips_every_scalar_value),
        cmocka_unit_test(test_map_keeps_the_first_value),
        cmocka_unit_test(test_arena_keeps_blocks_apart),
        cmocka_unit_test(test_first_error_wins),
        cmocka_unit_test(test_error_cuts_long_names_between_characters),
        cmocka_unit_test(test_an_embedder_describes_and_copies_failures),
        cmocka_unit_test(test_an_embedders_arena_gives_zeroed_memory),
        cmocka_unit_test(test_the_version_has_three_numbers),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}

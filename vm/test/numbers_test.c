/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm/text/numbers.c: what is a number, ranges, rounding at and next to every halfway point, and reading back what was
 * written.
 */
#include "vm/base/compiler.h"
#include "vm/text/numbers.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static uint64_t f64_of(const char *text)
{
    uint64_t bits;
    if (!vm_number_f64(pirn_str_of(text), &bits))
        fail_msg("%s is no f64", text);
    return bits;
}

static uint32_t f32_of(const char *text)
{
    uint32_t bits;
    if (!vm_number_f32(pirn_str_of(text), &bits))
        fail_msg("%s is no f32", text);
    return bits;
}

static void test_words_are_integers_floats_or_neither(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        vm_number_kind kind;
    } cases[] = {
        {"0", VM_NUMBER_INTEGER},   {"-1_000", VM_NUMBER_INTEGER}, {"+0xA_b", VM_NUMBER_INTEGER},
        {"1.", VM_NUMBER_FLOAT},    {"1.5e-3", VM_NUMBER_FLOAT},   {"1e5", VM_NUMBER_FLOAT},
        {"0x1p3", VM_NUMBER_FLOAT}, {"0x1.8", VM_NUMBER_FLOAT},    {"0x1e5", VM_NUMBER_INTEGER},
        {"inf", VM_NUMBER_FLOAT},   {"-nan", VM_NUMBER_FLOAT},     {"nan:0x1", VM_NUMBER_FLOAT},
        {"nan:1", VM_NUMBER_NONE},  {"nan:0x", VM_NUMBER_NONE},    {"nan:canonical", VM_NUMBER_NONE},
        {"_1", VM_NUMBER_NONE},     {"1_", VM_NUMBER_NONE},        {"1__0", VM_NUMBER_NONE},
        {"0x", VM_NUMBER_NONE},     {"0x_1", VM_NUMBER_NONE},      {"1._5", VM_NUMBER_NONE},
        {".5", VM_NUMBER_NONE},     {"1e", VM_NUMBER_NONE},        {"1e+", VM_NUMBER_NONE},
        {"0x1p", VM_NUMBER_NONE},   {"1p3", VM_NUMBER_NONE},       {"+", VM_NUMBER_NONE},
        {"", VM_NUMBER_NONE},       {"infinity", VM_NUMBER_NONE},  {"1.5.5", VM_NUMBER_NONE},
        {"0X1", VM_NUMBER_NONE},    {"1E5", VM_NUMBER_FLOAT},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        if (vm_number_classify(pirn_str_of(cases[i].text)) != cases[i].kind)
            fail_msg("%s", cases[i].text);
    }
}

static void test_integers_have_the_range_of_both_signs(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned bits;
        bool ok;
        uint64_t value;
    } cases[] = {
        {"127", 8, true, 127},
        {"255", 8, true, 255},
        {"256", 8, false, 0},
        {"-128", 8, true, 128},
        {"-129", 8, false, 0},
        {"-1", 32, true, UINT32_MAX},
        {"0xffff_ffff", 32, true, UINT32_MAX},
        {"0x1_0000_0000", 32, false, 0},
        {"-2147483648", 32, true, 0x80000000},
        {"-2147483649", 32, false, 0},
        {"18446744073709551615", 64, true, UINT64_MAX},
        {"18446744073709551616", 64, false, 0},
        {"-9223372036854775808", 64, true, 0x8000000000000000},
        {"-9223372036854775809", 64, false, 0},
        {"0x00000000000000000001", 64, true, 1},
        {"1.0", 32, false, 0},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        uint64_t value = 0;
        bool ok = vm_number_integer(pirn_str_of(cases[i].text), cases[i].bits, &value);
        if (ok != cases[i].ok || (ok && value != cases[i].value))
            fail_msg("%s in %u bits: %d, %llx", cases[i].text, cases[i].bits, ok, (unsigned long long)value);
    }
    uint64_t value;
    assert_false(vm_number_unsigned(PIRN_STR("+1"), 32, &value));
    assert_false(vm_number_unsigned(PIRN_STR("-1"), 32, &value));
    assert_true(vm_number_unsigned(PIRN_STR("4294967295"), 32, &value));
    assert_false(vm_number_unsigned(PIRN_STR("4294967296"), 32, &value));
}

static void test_floats_round_to_the_nearest_and_ties_to_even(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t bits;
    } cases[] = {
        {"0", 0},
        {"-0", 0x80000000},
        {"1", 0x3F800000},
        {"0x1.000001p0", 0x3F800000},
        {"0x1.000001000000000000001p0", 0x3F800001},
        {"0x1.000003p0", 0x3F800002},
        {"16777217", 0x4B800000},
        {"16777217.0000000000000000000000000000000000000001", 0x4B800001},
        {"16777219", 0x4B800002},
        {"0x1p-149", 1},
        {"0x1p-150", 0},
        {"0x1.0000000001p-150", 1},
        {"0x1.8p-149", 2},
        {"0x1.fffffep127", 0x7F7FFFFF},
        {"0x1.fffffefffffp127", 0x7F7FFFFF},
        {"1e-400", 0},
        {"0x0.00000000000000000000000000000000000000000001p172", 0x3D800000},
        {"inf", 0x7F800000},
        {"-inf", 0xFF800000},
        {"nan", 0x7FC00000},
        {"-nan:0x1", 0xFF800001},
        {"nan:0x7fffff", 0x7FFFFFFF},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        if (f32_of(cases[i].text) != cases[i].bits)
            fail_msg("%s: %08x", cases[i].text, f32_of(cases[i].text));
    }
    static const char *const refused[] = {"0x1p128", "0x1.ffffffp127", "3.5e38",      "1e1000000000000000000000",
                                          "nan:0x0", "nan:0x800000",   "-0x1p999999", "nan:0xffffffffffffffffff"};
    for (size_t i = 0; i < BASE_COUNT(refused); i++) {
        uint32_t bits;
        if (vm_number_f32(pirn_str_of(refused[i]), &bits))
            fail_msg("%s", refused[i]);
    }
}

/* glibc's and musl's strtod round correctly; so does every other that claims IEEE arithmetic. */
static void test_decimals_agree_with_strtod(void **state)
{
    (void)state;
    uint64_t seed = 0x123456789ABCDEF;
    char text[1200];
    for (int i = 0; i < 20000; i++) {
        double value;
        uint64_t bits = next_random(&seed);
        int digits = (int)(next_random(&seed) % 25) + 1;
        memcpy(&value, &bits, 8);
        if (value != value || value - value != 0)
            continue;
        snprintf(text, sizeof text, "%.*e", digits, value);
        assert_true(f64_of(text) == base_bits_of_f64(strtod(text, NULL)));
        float narrow = strtof(text, NULL);
        uint32_t got;
        if (vm_number_f32(pirn_str_of(text), &got))
            assert_int_equal(got, base_bits_of_f32(narrow));
        else
            assert_true(narrow - narrow != 0);
    }
}

/* The exact decimal of a point halfway between two doubles, and one with a digit far behind it. */
static void test_halfway_points_are_told_from_what_lies_next_to_them(void **state)
{
    (void)state;
    uint64_t seed = 42;
    char text[1500];
    for (int i = 0; i < 300; i++) {
        uint64_t bits = next_random(&seed) % 0x7FE0000000000000;
        long double below, above;
        double a, b;
        if (i % 3 == 0)
            bits %= 0x0030000000000000; /* small ones, with the most digits */
        memcpy(&a, &bits, 8);
        bits++;
        memcpy(&b, &bits, 8);
        below = a;
        above = b;
        long double middle = below + (above - below) / 2;
        if (middle == below || middle == above)
            continue; /* long double is no wider here */
        snprintf(text, sizeof text, "%.1100Lf", middle);
        uint64_t even = (bits & 1) == 0 ? bits : bits - 1;
        if (strchr(text, '.') == NULL || f64_of(text) != even)
            fail_msg("%s", text);
        strcat(text, "1");
        if (f64_of(text) != bits)
            fail_msg("%s", text);
    }
}

static void test_what_is_written_reads_back(void **state)
{
    (void)state;
    static const struct {
        uint64_t bits;
        const char *text;
    } cases[] = {
        {0, "0"},
        {0x8000000000000000, "-0"},
        {0x3FF0000000000000, "1"},
        {0x3FF8000000000000, "1.5"},
        {0x3FB999999999999A, "0.1"},
        {0x3F1A36E2EB1C432D, "0.0001"},
        {0x3FD5555555555555, "0.3333333333333333"},
        {0x7FEFFFFFFFFFFFFF, "1.7976931348623157e+308"},
        {1, "5e-324"},
        {0x444B1AE4D6E2EF50, "1e+21"},
        {0x4415AF1D78B58C40, "100000000000000000000"},
        {0x4059000000000000, "100"},
        {0xC05EDD2F1A9FBE77, "-123.456"},
        {0x7FF0000000000000, "inf"},
        {0xFFF8000000000000, "-nan"},
        {0x7FF0000000000001, "nan:0x1"},
    };
    char out[VM_NUMBER_TEXT];
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        size_t len = vm_number_f64_text(cases[i].bits, out);
        assert_string_equal(out, cases[i].text);
        assert_int_equal(len, strlen(out));
    }
}

static void expect_both_ways(uint64_t f64, uint32_t f32)
{
    char out[VM_NUMBER_TEXT];
    assert_true(vm_number_f64_text(f64, out) < VM_NUMBER_TEXT);
    assert_true(f64_of(out) == f64);
    assert_true(vm_number_f32_text(f32, out) < VM_NUMBER_TEXT);
    assert_int_equal(f32_of(out), f32);
}

/* Every other one is a NaN with whatever payload, or an infinity. */
static void test_every_pattern_of_bits_is_written_so_that_it_reads_back(void **state)
{
    (void)state;
    uint64_t seed = 99;
    for (int i = 0; i < 10000; i++) {
        uint64_t bits = next_random(&seed);
        expect_both_ways(bits, (uint32_t)bits);
        expect_both_ways(bits | 0x7FF0000000000000, (uint32_t)bits | 0x7F800000);
    }
}

/* As C writes them, which is exact, and with more digits than there is room for. */
static void test_hexadecimals_agree_with_strtod(void **state)
{
    (void)state;
    uint64_t seed = 0x0123456789;
    char text[64];
    for (int i = 0; i < 20000; i++) {
        double value;
        uint64_t bits = next_random(&seed), more = next_random(&seed);
        memcpy(&value, &bits, 8);
        if (value != value || value - value != 0)
            continue;
        snprintf(text, sizeof text, "%a", value);
        assert_true(f64_of(text) == bits);
        snprintf(text, sizeof text, "0x1.%016llx%xp%d", (unsigned long long)more, (unsigned)bits & 0xFFF,
                 (int)(bits >> 20 & 0x7FF) - 1090);
        assert_true(f64_of(text) == base_bits_of_f64(strtod(text, NULL)));
        snprintf(text, sizeof text, "0x1.%016llx%xp%d", (unsigned long long)more, (unsigned)bits & 0xFFF,
                 (int)(bits >> 20 & 0xFF) - 155);
        assert_int_equal(f32_of(text), base_bits_of_f32(strtof(text, NULL)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_are_integers_floats_or_neither),
        cmocka_unit_test(test_integers_have_the_range_of_both_signs),
        cmocka_unit_test(test_floats_round_to_the_nearest_and_ties_to_even),
        cmocka_unit_test(test_decimals_agree_with_strtod),
        cmocka_unit_test(test_hexadecimals_agree_with_strtod),
        cmocka_unit_test(test_every_pattern_of_bits_is_written_so_that_it_reads_back),
        cmocka_unit_test(test_halfway_points_are_told_from_what_lies_next_to_them),
        cmocka_unit_test(test_what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

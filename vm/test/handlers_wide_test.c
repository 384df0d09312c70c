/* SPDX-License-Identifier: Apache-2.0 */
/* Wide arithmetic: sums, differences and products of 128 bits, with operands from everywhere. */
#include "vm/test/fixture.h"

enum { PREFIX = 0xFC, ADD128 = 0x13, SUB128 = 0x14, MUL_WIDE_S = 0x15, MUL_WIDE_U = 0x16 };

typedef struct wide_case {
    uint8_t code;
    uint64_t operands[4];
    uint64_t low, high;
} wide_case;

#define MINUS(n) ((uint64_t)-(n))

static void check(const wide_case *c)
{
    pirn_config config = pirn_config_default();
    config.features |= PIRN_FEATURE_WIDE_ARITHMETIC;
    fixture f = fixture_new(&config, NULL);
    bool is_mul = c->code >= MUL_WIDE_S;
    wasm w;
    wasm_init(&w);
    uint32_t func;
    if (is_mul)
        /* operands: an accumulator and a local; a value below them stays */
        func = wasm_func(&w, "ll:lll", "",
                         CODE(I64_CONST, 5, LOCAL_GET, 0, I64_CONST, 0, I64_ADD, LOCAL_GET, 1, PREFIX, c->code, END));
    else
        func = wasm_func(&w, "llll:lll", "",
                         CODE(I64_CONST, 5, LOCAL_GET, 0, LOCAL_GET, 1, LOCAL_GET, 2, LOCAL_GET, 3, I64_CONST, 0,
                              I64_ADD, PREFIX, c->code, END));
    wasm_export_func(&w, "f", func);
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    pirn_slot args[4];
    for (size_t i = 0; i < 4; i++)
        args[i].u64 = c->operands[i];
    expect_start(&f, call, wasm_find_func(instance, "f"), args, PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].u64, 5);
    assert_int_equal(pirn_call_results(call)[1].u64, c->low);
    assert_int_equal(pirn_call_results(call)[2].u64, c->high);
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_carries_borrows_and_upper_halves(void **state)
{
    (void)state;
    static const wide_case cases[] = {
        {ADD128, {1, 2, 3, 4}, 4, 6},
        {ADD128, {UINT64_MAX, 0, 1, 0}, 0, 1},
        {ADD128, {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}, MINUS(2), UINT64_MAX},
        {SUB128, {5, 7, 3, 4}, 2, 3},
        {SUB128, {0, 1, 1, 0}, UINT64_MAX, 0},
        {SUB128, {0, 0, 1, 0}, UINT64_MAX, UINT64_MAX},
        {MUL_WIDE_U, {UINT64_MAX, UINT64_MAX}, 1, MINUS(2)},
        {MUL_WIDE_U, {0x123456789ABCDEF0, 0xFEDCBA9876543210}, 0x236D88FE5618CF00, 0x121FA00AD77D7422},
        {MUL_WIDE_S, {UINT64_MAX, UINT64_MAX}, 1, 0},
        {MUL_WIDE_S, {MINUS(3), 5}, MINUS(15), UINT64_MAX},
        {MUL_WIDE_S, {UINT64_C(1) << 63, UINT64_C(1) << 63}, 0, UINT64_C(1) << 62},
        {MUL_WIDE_S, {7, MINUS(6)}, MINUS(42), UINT64_MAX},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        check(&cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_carries_borrows_and_upper_halves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

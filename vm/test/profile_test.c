/* SPDX-License-Identifier: Apache-2.0 */
/* Counting what the interpreter executes: numbers that a small loop makes certain, the order, and that others do not count. */
#include "vm/test/fixture.h"

enum { I32_NE = 0x47, ROUNDS = 10000 };

/* Runs a loop of two cells, ROUNDS times: x = x * 3; y = y - 1, branch if y != 0. */
static void run_loop(fixture *f)
{
    wasm w;
    wasm_init(&w);
    wasm_export_func(
        &w, "f",
        wasm_func(&w, "ii:i", "",
                  CODE(LOOP, VOID, LOCAL_GET, 0, I32_CONST, 3, I32_MUL, LOCAL_SET, 0, LOCAL_GET, 1, I32_CONST, 1,
                       I32_SUB, LOCAL_TEE, 1, I32_CONST, 0, I32_NE, BR_IF, 0, END, LOCAL_GET, 0, END)));
    pirn_call *call = NULL;
    pirn_func *func = wasm_find_func(fixture_run(f, &w, NULL, 0), "f");
    call = pirn_call_new(f->store);
    pirn_slot args[2] = {{.i64 = 0}, {.i64 = 0}};
    args[0].i32 = 1;
    args[1].i32 = ROUNDS;
    expect_start(f, call, func, args, PIRN_OK, NULL);
    pirn_call_free(call);
}

static void test_cells_and_sequences_are_counted(void **state)
{
    (void)state;
    pirn_config config = pirn_config_default();
    config.profile = true;
    fixture f = fixture_new(&config, NULL);
    run_loop(&f);
    pirn_profile_entry entries[8];
    assert_in_range(pirn_store_profile(f.store, 1, entries, BASE_COUNT(entries)), 3, BASE_COUNT(entries));
    assert_int_equal(entries[0].count, ROUNDS);
    assert_int_equal(entries[1].count, ROUNDS);
    assert_int_equal(entries[2].count, 1);
    /* Only what follows in the code is a sequence: the branch back begins anew. */
    assert_in_range(pirn_store_profile(f.store, 2, entries, BASE_COUNT(entries)), 2, BASE_COUNT(entries));
    assert_int_equal(entries[0].count, ROUNDS);
    assert_string_equal(entries[0].names[0], "I32_MUL_si_s");
    assert_string_equal(entries[0].names[1], "STEP_I32_NE_ii");
    assert_int_equal(entries[1].count, 1);
    assert_int_equal(pirn_store_profile(f.store, 1, entries, 1), 1);
    fixture_free(&f);
}

static void test_an_engine_that_does_not_count_has_nothing_to_tell(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    run_loop(&f);
    pirn_profile_entry entry;
    assert_int_equal(pirn_store_profile(f.store, 1, &entry, 1), 0);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_and_sequences_are_counted),
        cmocka_unit_test(test_an_engine_that_does_not_count_has_nothing_to_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

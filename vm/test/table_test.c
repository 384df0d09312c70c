/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: access, growth, limits. */
#include "vm/test/fixture.h"

static pirn_table *new_table(fixture *f, uint64_t min, uint64_t max, void *initial)
{
    pirn_table *table = NULL;
    pirn_tabletype type = {.limits = {min, max}, .element = PIRN_EXTERNREF};
    assert_int_equal(pirn_table_new(f->store, &type, (pirn_slot){.ref = initial}, &table, f->error), PIRN_OK);
    return table;
}

static void test_elements_are_read_and_written_within_bounds(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_table *table = new_table(&f, 2, 4, &f);
    pirn_slot value;
    assert_true(pirn_table_get(table, 1, &value));
    assert_ptr_equal(value.ref, &f);
    assert_true(pirn_table_set(table, 1, (pirn_slot){.ref = table}));
    assert_true(pirn_table_get(table, 1, &value));
    assert_ptr_equal(value.ref, table);
    assert_false(pirn_table_get(table, 2, &value));
    assert_false(pirn_table_set(table, UINT64_MAX, value));
    fixture_free(&f);
}

static void test_growth_fills_and_stops_at_the_maximum(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_table *table = new_table(&f, 0, 1000, NULL);
    uint64_t old = 7;
    for (uint64_t i = 0; i < 1000; i++) {
        assert_true(pirn_table_grow(table, 1, (pirn_slot){.ref = &f}, &old));
        assert_int_equal(old, i);
    }
    assert_false(pirn_table_grow(table, 1, (pirn_slot){.ref = &f}, NULL));
    assert_true(pirn_table_grow(table, 0, (pirn_slot){.ref = &f}, NULL));
    pirn_slot value;
    assert_true(pirn_table_get(table, 999, &value));
    assert_ptr_equal(value.ref, &f);
    assert_int_equal(pirn_table_size(table), 1000);
    fixture_free(&f);
}

static void test_all_tables_of_a_store_share_its_limit(void **state)
{
    (void)state;
    pirn_store_limits limits = pirn_store_limits_default();
    limits.table_elements = 100;
    fixture f = fixture_new(NULL, &limits);
    pirn_table *table = new_table(&f, 60, PIRN_NO_MAX, NULL), *other = NULL;
    assert_false(pirn_table_grow(table, 41, (pirn_slot){.ref = NULL}, NULL));
    pirn_tabletype type = {.limits = {41, PIRN_NO_MAX}, .element = PIRN_FUNCREF};
    int status = pirn_table_new(f.store, &type, (pirn_slot){.ref = NULL}, &other, f.error);
    expect_outcome(&f, status, PIRN_LIMIT, "a table of 41 elements is above the limit of 100 for all tables");
    assert_true(pirn_table_grow(table, 40, (pirn_slot){.ref = NULL}, NULL));
    fixture_free(&f);
}

static void test_empty_segments_fit_empty_tables(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_table(&w, 0, 0);
    wasm_elem(&w, CODE(I32_CONST, 0, END), 0, NULL);
    wasm_export(&w, "table", PIRN_EXTERN_TABLE, 0);
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    assert_int_equal(pirn_table_size(wasm_find(instance, "table").table), 0);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements_are_read_and_written_within_bounds),
        cmocka_unit_test(test_growth_fills_and_stops_at_the_maximum),
        cmocka_unit_test(test_empty_segments_fit_empty_tables),
        cmocka_unit_test(test_all_tables_of_a_store_share_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

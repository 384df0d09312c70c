/* SPDX-License-Identifier: Apache-2.0 */
/* Stores: what they own, the objects the embedder makes, and running out of memory while making them. */
#include "vm/test/fixture.h"

static void test_a_store_keeps_the_embedders_pointer(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    assert_null(pirn_store_data(f.store));
    pirn_store_set_data(f.store, &f);
    assert_ptr_equal(pirn_store_data(f.store), &f);
    assert_ptr_equal(pirn_store_engine(f.store), f.engine);
    pirn_store_limits limits = pirn_store_limits_default();
    assert_true(limits.memory_bytes == UINT64_C(4) << 30 && limits.table_elements == 10000000);
    assert_true(limits.stack_bytes == 1 << 20 && limits.instances == 10000 && limits.handles == 1000000);
    fixture_free(&f);
}

static void test_a_store_tells_its_limits(void **state)
{
    (void)state;
    pirn_store_limits limits = pirn_store_limits_default();
    limits.memory_bytes = 65536;
    limits.handles = 5;
    fixture f = fixture_new(NULL, &limits);
    limits = pirn_store_limits_of(f.store);
    assert_true(limits.memory_bytes == 65536 && limits.handles == 5 && limits.instances == 10000);
    pirn_call *call = pirn_call_new(f.store);
    assert_ptr_equal(pirn_call_store(call), f.store);
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_globals_hold_one_or_two_slots(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_global *number = NULL, *vector = NULL;
    pirn_globaltype f64 = {PIRN_F64, true}, v128 = {PIRN_V128, true};
    pirn_slot initial[2] = {{.f64 = 2.5}, {.u64 = 9}};
    assert_int_equal(pirn_global_new(f.store, &f64, initial, &number, f.error), PIRN_OK);
    assert_int_equal(pirn_global_new(f.store, &v128, initial, &vector, f.error), PIRN_OK);
    assert_true(pirn_global_value(number)[0].f64 == 2.5);
    assert_true(pirn_global_value(vector)[1].u64 == 9);
    pirn_extern object = {.kind = PIRN_EXTERN_GLOBAL, .global = number};
    assert_int_equal(pirn_extern_type(&object).global.type, PIRN_F64);
    fixture_free(&f);
}

static void test_functions_of_another_engine_or_store_are_refused(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL), other = fixture_new(NULL, NULL);
    pirn_func *func = NULL;
    int status = pirn_func_new(f.store, fixture_type(&other, ":"), NULL, NULL, NULL, &func, f.error);
    expect_outcome(&f, status, PIRN_USAGE, "the function type is not of the store's engine");
    pirn_error_clear(f.error);
    status = pirn_invoke(f.store, NULL, fixture_host(&other, ":", NULL, NULL), NULL, NULL, f.error);
    expect_outcome(&f, status, PIRN_USAGE, "the function is of another store");
    fixture_free(&f);
    fixture_free(&other);
}

/* Makes one object of each kind with an allocator that fails at the n-th request; true when all were made. */
static bool make_objects(pirn_store *store)
{
    pirn_memory *memory;
    pirn_table *table;
    pirn_global *global;
    pirn_slot zero = {.u64 = 0};
    pirn_memtype memory_type = {.limits = {1, 2}, .page_size_log2 = 16};
    pirn_tabletype table_type = {.limits = {5, 9}, .element = PIRN_FUNCREF};
    pirn_globaltype global_type = {PIRN_I32, true};
    pirn_status status = pirn_memory_new(store, &memory_type, &memory, NULL);
    if (status == PIRN_OK)
        status = pirn_table_new(store, &table_type, zero, &table, NULL);
    if (status == PIRN_OK && !pirn_table_grow(table, 4, zero, NULL))
        status = PIRN_NOMEM;
    if (status == PIRN_OK)
        status = pirn_global_new(store, &global_type, &zero, &global, NULL);
    assert_true(status == PIRN_OK || status == PIRN_NOMEM);
    return status == PIRN_OK;
}

static void test_failing_allocations_leave_nothing_behind(void **state)
{
    (void)state;
    bool done = false;
    for (size_t n = 0; !done; n++) {
        assert_true(n < 50);
        test_memory memory;
        test_memory_init(&memory, n);
        pirn_config config = pirn_config_default();
        config.allocator = &memory.allocator;
        pirn_engine *engine = pirn_engine_new(&config);
        pirn_store *store = engine == NULL ? NULL : pirn_store_new(engine, NULL);
        done = store != NULL && make_objects(store);
        pirn_store_free(store);
        pirn_engine_free(engine);
        assert_int_equal(memory.live_bytes, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_store_keeps_the_embedders_pointer),
        cmocka_unit_test(test_a_store_tells_its_limits),
        cmocka_unit_test(test_globals_hold_one_or_two_slots),
        cmocka_unit_test(test_functions_of_another_engine_or_store_are_refused),
        cmocka_unit_test(test_failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Instances in stores of a pool: each owner finds the component as it is before any guest code has run. */
#include "component/test/fixture.h"

#include <stdint.h>

/*
 * `bump` adds to a cell of memory and to a global, and returns their sum; `fail` traps. The start function calls the host's
 * `tick`; the module behind it has `bump` itself in a table of the first one.
 */
static const char counter[] =
    "component: "
    "type { 1 func 0 no-result } "
    "import { 1 named 'tick' is-func 0 } "
    "canon { 1 lower 0 0 } "
    "core-module { module: "
    "    types { 2 signature 0 0 signature 1 i32 1 i32 } imports { 1 'host' 'tick' as-func 0 } funcs { 2 1 1 } "
    "    tables { 1 funcref 0 1 } memories { 1 0 1 } globals { 1 i32 1 i32.const 100 end } "
    "    exports { 3 'bump' as-func 1 'fail' as-func 2 'table' as-table 0 } start { 0 } "
    "    code { 2 { 0 i32.const 8 i32.const 8 i32.load 2 0 local.get 0 i32.add i32.store 2 0 "
    "               global.get 0 local.get 0 i32.add global.set 0 "
    "               i32.const 8 i32.load 2 0 global.get 0 i32.add end } "
    "             { 0 unreachable end } } "
    "    data { 1 0 i32.const 8 end 4 5 0 0 0 } } "
    "core-module { module: types { 1 signature 1 i32 1 i32 } "
    "    imports { 2 '' 'table' as-table funcref 0 1 '' 'bump' as-func 0 } "
    "    elements { 1 0 i32.const 0 end 1 0 } } "
    "core-instance { 2 of-exports 1 'tick' func* 0 instantiate 0 1 'host' with-core-instance 0 } "
    "core-instance { 1 instantiate 1 1 '' with-core-instance 1 } "
    "alias { 2 core-func of-core 1 'bump' core-func of-core 1 'fail' } "
    "type { 1 func 1 'x' u32 result u32 } "
    "canon { 2 lift 1 0 1 lift 2 0 1 } "
    "export { 2 named 'bump' func-sort 1 no-type named 'fail' func-sort 2 no-type } ";

static pirn_status host_tick(pirn_host_call *call, const void *args, void *result)
{
    (void)args;
    (void)result;
    uint32_t *ticks = pirn_host_call_data(call);
    return ++*ticks == 13 ? pirn_host_call_trap(call, "no more ticks") : PIRN_OK;
}

static const pirn_funcdesc tick_func = {.name = "tick", .func = host_tick};
static const pirn_interfacedesc tick_interface = {.name = "", .func_count = 1, .funcs = &tick_func};

typedef struct world {
    fixture f;
    pirn_pool *pool;
    pirn_pool_kind *kind;
} world;

static void world_init(world *w, uint32_t stores, const pirn_allocator *allocator)
{
    fixture_init(&w->f, allocator);
    fixture_define(&w->f, &tick_interface, NULL);
    fixture_prepare(&w->f, build(counter));
    pirn_pool_config config = pirn_pool_config_default();
    config.stores = stores;
    w->pool = pirn_pool_new(w->f.engine, &config);
    w->kind = w->pool == NULL ? NULL : pirn_pool_kind_new(w->pool);
    assert_non_null(w->kind);
}

static void world_done(world *w)
{
    pirn_pool_free(w->pool);
    fixture_done(&w->f);
}

/* The instance is the fixture's until it is given back. */
static pirn_component_instance *take(world *w, uint32_t *ticks)
{
    fixture_check(&w->f,
                  pirn_component_instantiate_pooled(w->f.prepared, w->kind, ticks, &w->f.instance, w->f.error));
    w->f.store = pirn_component_instance_store(w->f.instance);
    return w->f.instance;
}

static void give_back(world *w)
{
    pirn_component_instance_free(w->f.instance);
    pirn_store_free(w->f.store);
    w->f.instance = NULL;
    w->f.store = NULL;
}

static pirn_status call(world *w, const char *name, uint32_t x, uint32_t *result)
{
    pirn_task *task = pirn_task_new(w->f.instance);
    assert_non_null(task);
    pirn_error_clear(w->f.error);
    pirn_status status = pirn_task_start(task, fixture_func(&w->f, "", name), &x, w->f.error);
    if (status == PIRN_OK)
        *result = *(const uint32_t *)pirn_task_result(task);
    pirn_task_free(task);
    return status;
}

static void test_each_owner_has_a_new_instance(void **state)
{
    (void)state;
    world w;
    world_init(&w, 3, NULL);
    pirn_component_instance *first = NULL;
    for (uint32_t owner = 0; owner < 5; owner++) {
        uint32_t ticks = 0, result = 0;
        pirn_component_instance *instance = take(&w, &ticks);
        if (owner == 0)
            first = instance;
        assert_ptr_equal(instance, first);
        assert_int_equal(ticks, 1);
        assert_ptr_equal(pirn_component_instance_data(instance), &ticks);
        for (uint32_t i = 1; i <= 3; i++) {
            assert_int_equal(call(&w, "bump", 10, &result), PIRN_OK);
            assert_int_equal(result, 105 + 20 * i);
        }
        give_back(&w);
    }
    assert_int_equal(pirn_pool_stats_of(w.pool).made, 1);
    world_done(&w);
}

static void test_after_a_trap_the_next_owner_can_enter(void **state)
{
    (void)state;
    world w;
    world_init(&w, 1, NULL);
    for (uint32_t owner = 0; owner < 3; owner++) {
        uint32_t ticks = 0, result = 0;
        take(&w, &ticks);
        assert_int_equal(call(&w, "bump", 0, &result), PIRN_OK);
        assert_int_equal(result, 105);
        assert_int_equal(call(&w, "fail", 0, &result), PIRN_TRAP);
        assert_string_equal(pirn_error_message(w.f.error), "unreachable");
        assert_int_equal(call(&w, "bump", 0, &result), PIRN_TRAP);
        assert_string_equal(pirn_error_message(w.f.error), "cannot enter component instance");
        give_back(&w);
    }
    world_done(&w);
}

static void test_a_start_function_that_traps_gives_the_store_back(void **state)
{
    (void)state;
    world w;
    world_init(&w, 1, NULL);
    for (uint32_t round = 0; round < 3; round++) {
        uint32_t ticks = 12, other = 0, result = 0;
        pirn_component_instance *instance = NULL;
        pirn_error_clear(w.f.error);
        assert_int_equal(pirn_component_instantiate_pooled(w.f.prepared, w.kind, &ticks, &instance, w.f.error),
                         PIRN_TRAP);
        assert_string_equal(pirn_error_message(w.f.error), "no more ticks");
        pirn_error_clear(w.f.error);
        take(&w, &other);
        assert_int_equal(call(&w, "bump", 1, &result), PIRN_OK);
        assert_int_equal(result, 107);
        assert_int_equal(pirn_component_instantiate_pooled(w.f.prepared, w.kind, &ticks, &instance, w.f.error),
                         PIRN_LIMIT);
        assert_string_equal(pirn_error_message(w.f.error), "all 1 stores of the pool are taken");
        give_back(&w);
    }
    world_done(&w);
}

static void test_many_live_at_once(void **state)
{
    (void)state;
    enum { LIVE = 20 };
    world w;
    world_init(&w, LIVE, NULL);
    pirn_component_instance *instances[LIVE];
    for (int round = 0; round < 2; round++) {
        uint32_t ticks = 0, result = 0;
        for (uint32_t i = 0; i < LIVE; i++) {
            if (ticks == 12)
                ticks = 0;
            instances[i] = take(&w, &ticks);
            assert_int_equal(call(&w, "bump", i, &result), PIRN_OK);
            assert_int_equal(result, 105 + 2 * i);
        }
        for (uint32_t i = 0; i < LIVE; i++) {
            w.f.instance = instances[i];
            w.f.store = pirn_component_instance_store(instances[i]);
            assert_int_equal(call(&w, "bump", 1, &result), PIRN_OK);
            assert_int_equal(result, 105 + 2 * i + 2);
            give_back(&w);
        }
    }
    world_done(&w);
}

/* ---- Out of memory ------------------------------------------------------------------------------------------------ */

typedef struct scarce {
    size_t requests_left;
    size_t live_bytes;
} scarce;

static void *resize_or_fail(void *user, void *block, size_t old_size, size_t new_size)
{
    scarce *memory = user;
    if (new_size > 0 && memory->requests_left == 0)
        return NULL;
    memory->requests_left -= new_size > 0;
    memory->live_bytes += new_size - old_size;
    const pirn_allocator *allocator = pirn_allocator_default();
    return allocator->resize(allocator->user, block, old_size, new_size);
}

/* Two owners, while there is memory for `requests` more; true when both came to their end. */
static bool run_with(size_t requests)
{
    scarce memory = {.requests_left = SIZE_MAX};
    const pirn_allocator allocator = {resize_or_fail, &memory};
    world w;
    world_init(&w, 2, &allocator);
    memory.requests_left = requests;
    bool done = true;
    for (int owner = 0; owner < 2; owner++) {
        uint32_t ticks = 0, x = 1;
        pirn_component_instance *instance = NULL;
        pirn_status status = pirn_component_instantiate_pooled(w.f.prepared, w.kind, &ticks, &instance, NULL);
        pirn_task *task = status == PIRN_OK ? pirn_task_new(instance) : NULL;
        status = task == NULL
                     ? PIRN_NOMEM
                     : pirn_task_start(task, pirn_component_instance_func(instance, PIRN_STR(""), PIRN_STR("bump")),
                                       &x, NULL);
        assert_true(status == PIRN_OK || status == PIRN_NOMEM);
        if (status == PIRN_OK)
            assert_int_equal(*(const uint32_t *)pirn_task_result(task), 107);
        done &= status == PIRN_OK;
        pirn_task_free(task);
        pirn_store *store = instance == NULL ? NULL : pirn_component_instance_store(instance);
        pirn_component_instance_free(instance);
        pirn_store_free(store);
    }
    done &= memory.requests_left > 0;
    memory.requests_left = SIZE_MAX;
    world_done(&w);
    assert_int_equal(memory.live_bytes, 0);
    return done;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    size_t requests = 0;
    while (!run_with(requests))
        requests++;
    assert_true(requests > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_owner_has_a_new_instance),
        cmocka_unit_test(test_after_a_trap_the_next_owner_can_enter),
        cmocka_unit_test(test_a_start_function_that_traps_gives_the_store_back),
        cmocka_unit_test(test_many_live_at_once),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

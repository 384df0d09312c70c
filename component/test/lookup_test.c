/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names are looked up when a component is prepared, never when it is instantiated: the functions that look names up are
 * counted (the linker puts ours in their place: see component/CMakeLists.txt).
 */
#include "component/environment.h"
#include "component/test/fixture.h"
#include "vm/base/map.h"

#include <stdio.h>

static size_t lookups;

/* What the linker knows the true functions by, and ours that are called instead. */
#define COUNTED(type, name, parameters, arguments) \
    type __real_##name parameters;                 \
    type __wrap_##name parameters;                 \
    type __wrap_##name parameters                  \
    {                                              \
        lookups++;                                 \
        return __real_##name arguments;            \
    }

COUNTED(bool, cm_bag_find, (const cm_bag *bag, pirn_str name, cm_value *out), (bag, name, out))
COUNTED(size_t, pirn_module_find_export, (const pirn_module *module, pirn_str name), (module, name))
COUNTED(const cm_extern *, cm_externs_find, (const cm_externs *externs, pirn_str name), (externs, name))
COUNTED(const cm_core_extern *, cm_core_externs_find,
        (const cm_core_externs *externs, pirn_str module, pirn_str name), (externs, module, name))
COUNTED(const cm_offer *, cm_linker_find, (const pirn_linker *linker, pirn_str name), (linker, name))
COUNTED(bool, base_map_get, (const base_map *map, pirn_str key, uint64_t *value), (map, key, value))

static pirn_status add_one(pirn_host_call *call, const void *args, void *result)
{
    (void)call;
    *(uint32_t *)result = *(const uint32_t *)args + 1;
    return PIRN_OK;
}

static const pirn_typedesc u32_type = {.kind = PIRN_TYPE_U32};
static const pirn_memberdesc x = {"x", &u32_type};
static const pirn_funcdesc add = {
    .name = "add", .func = add_one, .param_count = 1, .params = &x, .result = &u32_type};
static const pirn_interfacedesc host = {.name = "a:b/host", .func_count = 1, .funcs = &add};

/* Imports f, and exports an f that calls it by way of a core module of its own. */
#define LINK                                                                                                  \
    "component { component: type { 1 func 1 'x' u32 result u32 } import { 1 named 'f' is-func 0 } "           \
    "    canon { 1 lower 0 0 } core-instance { 1 of-exports 1 'g' func* 0 } "                                 \
    "    core-module { module: types { 1 signature 1 i32 1 i32 } imports { 1 'env' 'g' as-func 0 } "          \
    "                  funcs { 1 0 } exports { 1 'f' as-func 1 } code { 1 { 0 local.get 0 call 0 end } } } "  \
    "    core-instance { 1 instantiate 0 1 'env' with-core-instance 0 } alias { 1 core-func of-core 1 'f' } " \
    "    canon { 1 lift 1 0 0 } export { 1 named 'f' func-sort 1 no-type } } "

/* The component `LINK` instantiated so many times, each with the f of the one before; the first with the host's. */
static binary chain(int instances)
{
    static char text[60000];
    size_t len =
        (size_t)snprintf(text, sizeof text,
                         "component: type { 2 func 1 'x' u32 result u32 instance-type 2 alias-decl type-sort "
                         "outer 1 0 export-decl named 'add' is-func 0 } "
                         "import { 1 named 'a:b/host' is-instance 1 } alias { 1 func-sort of 0 'add' } " LINK);
    for (int i = 0; i < instances; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "instance { 1 instantiate 0 1 'f' func-sort %d } alias { 1 func-sort of %d 'f' } ", i,
                                i + 1);
    snprintf(text + len, sizeof text - len, "export { 1 named 'run' func-sort %d no-type }", instances);
    return build(text);
}

static void test_instantiating_looks_no_name_up(void **state)
{
    (void)state;
    enum { INSTANCES = 100 };
    fixture f;
    fixture_init(&f, NULL);
    fixture_define(&f, &host, NULL);
    fixture_load(&f, chain(INSTANCES));
    lookups = 0;
    fixture_check(&f, pirn_linker_prepare(f.linker, f.component, &f.prepared, f.error));
    assert_true(lookups >= INSTANCES);
    f.store = pirn_store_new(f.engine, NULL);
    assert_non_null(f.store);
    lookups = 0;
    fixture_check(&f, pirn_component_instantiate(f.prepared, f.store, NULL, &f.instance, f.error));
    assert_int_equal(lookups, 0);
    pirn_task *task = pirn_task_new(f.instance);
    fixture_check(&f, pirn_task_start(task, fixture_func(&f, "", "run"), &(uint32_t){41}, f.error));
    assert_int_equal(*(const uint32_t *)pirn_task_result(task), 42);
    assert_int_equal(lookups, 0);
    pirn_task_free(task);
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_instantiating_looks_no_name_up)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

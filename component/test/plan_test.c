/* SPDX-License-Identifier: Apache-2.0 */
/* Nested components: what is passed into them and out of them, and that instantiation is bounded. */
#include "component/test/fixture.h"

#include "vm/base/compiler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A module whose f adds `n`, and, of a core instance that exports f, the lifted and exported f. */
#define ADDS(n)                                                                                          \
    "core-module { module: types { 1 signature 1 i32 1 i32 } funcs { 1 0 } exports { 1 'f' as-func 0 } " \
    "    code { 1 { 0 local.get 0 i32.const " n " i32.add end } } } "
#define LIFTS_F                                                                                        \
    "alias { 1 core-func of-core 0 'f' } type { 1 func 1 'x' u32 result u32 } canon { 1 lift 0 0 0 } " \
    "export { 1 named 'f' func-sort 0 no-type } "

static const struct {
    const char *title, *component;
    uint32_t of_100;
} cases[] = {
    {"a module is an argument",
     ADDS("7") "component { component: "
               "    core-type { 1 0x50 2 0x01 signature 1 i32 1 i32 0x03 'f' as-func 0 } "
               "    import { 1 named 'm' is-core-module 0 } "
               "    core-instance { 1 instantiate 0 0 } " LIFTS_F "} "
               "instance { 1 instantiate 0 1 'm' core-module-sort 0 } "
               "alias { 1 func-sort of 0 'f' } export { 1 named 'f' func-sort 0 no-type } ",
     107},
    {"a module is found outside",
     ADDS("8") "component { component: "
               "    alias { 1 core-module-sort outer 1 0 } "
               "    core-instance { 1 instantiate 0 0 } " LIFTS_F "} "
               "instance { 1 instantiate 0 0 } "
               "alias { 1 func-sort of 0 'f' } export { 1 named 'f' func-sort 0 no-type } ",
     108},
    {"a module is exported and instantiated by whom it is exported to",
     "component { component: " ADDS("9") "export { 1 named 'm' core-module-sort 0 no-type } } "
                                         "instance { 1 instantiate 0 0 } "
                                         "alias { 1 core-module-sort of 0 'm' } "
                                         "core-instance { 1 instantiate 0 0 } " LIFTS_F,
     109},
    {"a component is an argument",
     "component { component: " ADDS(
         "10") "core-instance { 1 instantiate 0 0 } " LIFTS_F "} "
               "component { component: "
               "    type { 1 component-type 2 type-decl func 1 'x' u32 result u32 export-decl named 'f' is-func 0 } "
               "    import { 1 named 'c' is-component 0 } "
               "    instance { 1 instantiate 0 0 } "
               "    alias { 1 func-sort of 0 'f' } export { 1 named 'f' func-sort 0 no-type } } "
               "instance { 1 instantiate 1 1 'c' component-sort 0 } "
               "alias { 1 func-sort of 0 'f' } export { 1 named 'f' func-sort 0 no-type } ",
     110},
    {"a component keeps what is outside of it where it goes",
     "component { component: " ADDS(
         "11") "component { component: "
               "        alias { 1 core-module-sort outer 1 0 } "
               "        core-instance { 1 instantiate 0 0 } " LIFTS_F "} "
               "    export { 1 named 'c' component-sort 0 no-type } } "
               "instance { 1 instantiate 0 0 } "
               "alias { 1 component-sort of 0 'c' } "
               "instance { 1 instantiate 1 0 } "
               "alias { 1 func-sort of 1 'f' } export { 1 named 'f' func-sort 0 no-type } ",
     111},
    {"an instance passes through and is exported",
     "component { component: " ADDS(
         "12") "core-instance { 1 instantiate 0 0 } " LIFTS_F "} "
               "component { component: "
               "    type { 1 instance-type 2 type-decl func 1 'x' u32 result u32 export-decl named 'f' is-func 0 } "
               "    import { 1 named 'i' is-instance 0 } "
               "    export { 1 named 'o' instance-sort 0 no-type } } "
               "instance { 2 instantiate 0 0 instantiate 1 1 'i' instance-sort 0 } "
               "alias { 1 instance-sort of 1 'o' } "
               "alias { 1 func-sort of 2 'f' } export { 1 named 'f' func-sort 0 no-type } ",
     112},
};

static void test_modules_components_and_instances_pass_through_components(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        char text[2000];
        snprintf(text, sizeof text, "component: %s", cases[i].component);
        fixture f;
        fixture_init(&f, NULL);
        fixture_instantiate(&f, build(text), NULL);
        pirn_task *task = pirn_task_new(f.instance);
        uint32_t x = 100;
        fixture_check(&f, pirn_task_start(task, fixture_func(&f, "", "f"), &x, f.error));
        if (*(const uint32_t *)pirn_task_result(task) != cases[i].of_100)
            fail_msg("%s: %u", cases[i].title, *(const uint32_t *)pirn_task_result(task));
        pirn_task_free(task);
        fixture_done(&f);
    }
}

/* `count` components, each of which instantiates the one before it `times` times; then the last is instantiated. */
static binary build_tower(int count, int times)
{
    char *text = malloc((size_t)count * 200 + 200);
    assert_non_null(text);
    int len = sprintf(text, "component: component { component: } ");
    for (int i = 1; i < count; i++) {
        len += sprintf(text + len, "component { component: alias { 1 component-sort outer 1 %d } instance { %d ",
                       i - 1, times);
        for (int j = 0; j < times; j++)
            len += sprintf(text + len, "instantiate 0 0 ");
        len += sprintf(text + len, "} } ");
    }
    sprintf(text + len, "instance { 1 instantiate %d 0 } ", count - 1);
    binary built = build(text);
    free(text);
    return built;
}

static void test_instantiation_is_bounded(void **state)
{
    (void)state;
    static const struct {
        int count, times;
        const char *message; /* NULL: it is within bounds */
    } rows[] = {
        {10, 2, NULL},
        {90, 1, NULL},
        {150, 1, "component instances are nested more than 100 deep"},
        {30, 2, "more than 10000 component instances"},
        {20, 5, "more than 10000 component instances"},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        fixture f;
        fixture_init(&f, NULL);
        fixture_load(&f, build_tower(rows[i].count, rows[i].times));
        pirn_status status = pirn_linker_prepare(f.linker, f.component, &f.prepared, f.error);
        assert_string_equal(pirn_error_message(f.error), rows[i].message == NULL ? "" : rows[i].message);
        assert_int_equal(status, rows[i].message == NULL ? PIRN_OK : PIRN_LIMIT);
        fixture_done(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modules_components_and_instances_pass_through_components),
        cmocka_unit_test(test_instantiation_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

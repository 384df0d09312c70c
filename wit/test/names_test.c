/* SPDX-License-Identifier: Apache-2.0 */
/* Names in scopes, the nearest name, and the order of versions. */
#include "wit/names.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_scopes_do_not_see_each_other(void **state)
{
    (void)state;
    pirn_wit *wit = pirn_wit_new(NULL);
    uint32_t a = wit_names_new_scope(wit), b = wit_names_new_scope(wit);
    uint64_t value = 0;
    bool added;
    assert_int_equal(wit_names_add(wit, a, PIRN_STR("x"), 7, &added), PIRN_OK);
    assert_true(added);
    assert_int_equal(wit_names_add(wit, a, PIRN_STR("x"), 8, &added), PIRN_OK);
    assert_false(added);
    assert_true(wit_names_find(wit, a, PIRN_STR("x"), &value) && value == 7);
    assert_false(wit_names_find(wit, b, PIRN_STR("x"), NULL));
    pirn_wit_free(wit);
}

static void test_the_nearest_name_is_suggested(void **state)
{
    (void)state;
    static const char *const names[] = {"input-stream", "output-stream", "pollable", "u", "error"};
    static const struct {
        const char *wrong, *near;
    } cases[] = {
        {"input-steam", "input-stream"},
        {"polable", "pollable"},
        {"eror", "error"},
        {"stream", ""},
        {"quite-other", ""},
        {"", ""},
    };
    pirn_wit *wit = pirn_wit_new(NULL);
    uint32_t scope = wit_names_new_scope(wit);
    bool added;
    for (size_t i = 0; i < BASE_COUNT(names); i++)
        assert_int_equal(wit_names_add(wit, scope, pirn_str_of(names[i]), i, &added), PIRN_OK);
    for (size_t i = 0; i + 1 < BASE_COUNT(cases); i++) {
        pirn_str near = wit_names_nearest(wit, scope, pirn_str_of(cases[i].wrong));
        assert_true(pirn_str_eq(near, pirn_str_of(cases[i].near)));
    }
    pirn_wit_free(wit);
}

static void test_versions_are_ordered_as_semver_says(void **state)
{
    (void)state;
    static const char *const ascending[] = {
        "0.0.1",        "0.2.0",         "0.2.9",      "0.2.12", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta",
        "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0",  "10.0.0",
    };
    for (size_t i = 0; i < BASE_COUNT(ascending); i++) {
        for (size_t j = 0; j < BASE_COUNT(ascending); j++) {
            int order = wit_version_compare(pirn_str_of(ascending[i]), pirn_str_of(ascending[j]));
            assert_true(i < j ? order < 0 : i > j ? order > 0 : order == 0);
        }
    }
    assert_int_equal(wit_version_compare(PIRN_STR("1.0.0+a"), PIRN_STR("1.0.0+b")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scopes_do_not_see_each_other),
        cmocka_unit_test(test_the_nearest_name_is_suggested),
        cmocka_unit_test(test_versions_are_ordered_as_semver_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "component/version.h"
#include "vm/base/compiler.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_names_are_cut_at_the_version(void **state)
{
    (void)state;
    cm_versioned_name name = cm_versioned_name_of(PIRN_STR("wasi:io/streams@0.2.12"));
    assert_true(pirn_str_eq(name.base, PIRN_STR("wasi:io/streams")));
    assert_true(name.has_version);
    assert_int_equal(name.version.major, 0);
    assert_int_equal(name.version.minor, 2);
    assert_int_equal(name.version.patch, 12);
    assert_false(name.version.is_prerelease);
}

static void test_what_is_no_semantic_version_is_no_version(void **state)
{
    (void)state;
    static const char *const names[] = {
        "plain",
        "a:b/c",
        "a:b/c@",
        "a:b/c@1",
        "a:b/c@1.2",
        "a:b/c@1.2.",
        "a:b/c@1.2.3x",
        "a:b/c@01.2.3",
        "a:b/c@1.2.99999999999999999999",
        "",
    };
    for (size_t i = 0; i < BASE_COUNT(names); i++)
        assert_false(cm_versioned_name_of(pirn_str_of(names[i])).has_version);
}

/* What is wanted, what there is, and which of these is taken (-1: none). */
static const struct {
    const char *wanted;
    const char *have[4];
    int taken;
} rule[] = {
    {"a:b/c@0.2.0", {"a:b/c@0.2.12"}, 0},                               /* the host is newer */
    {"a:b/c@0.2.12", {"a:b/c@0.2.0"}, 0},                               /* the guest is newer */
    {"a:b/c@0.2.3", {"a:b/c@0.2.9", "a:b/c@0.2.3", "a:b/c@0.2.10"}, 1}, /* exactly, though others are higher */
    {"a:b/c@0.2.4", {"a:b/c@0.2.9", "a:b/c@0.2.10", "a:b/c@0.2.3"}, 1}, /* the highest, by number and not by text */
    {"a:b/c@0.2.0", {"a:b/c@0.3.0"}, -1},                               /* another track */
    {"a:b/c@1.0.0", {"a:b/c@0.9.0", "a:b/c@2.0.0"}, -1},                /* */
    {"a:b/c@1.0.0", {"a:b/c@1.9.0", "a:b/c@1.10.0", "a:b/c@1.9.9"}, 1}, /* minor before patch */
    {"a:b/c@0.0.1", {"a:b/c@0.0.2"}, -1},                               /* 0.0.x only exactly */
    {"a:b/c@0.0.1", {"a:b/c@0.0.2", "a:b/c@0.0.1"}, 1},                 /* */
    {"a:b/c@0.2.0-rc.1", {"a:b/c@0.2.0"}, -1},                          /* prereleases only exactly */
    {"a:b/c@0.2.0", {"a:b/c@0.2.0-rc.1"}, -1},                          /* */
    {"a:b/c@0.2.0-rc.1", {"a:b/c@0.2.0", "a:b/c@0.2.0-rc.1"}, 1},       /* */
    {"a:b/c@0.2.0+x", {"a:b/c@0.2.0"}, 0},                              /* build metadata counts for nothing */
    {"a:b/c", {"a:b/c@0.2.0"}, -1},                                     /* no version is not any version */
    {"a:b/c@0.2.0", {"a:b/c"}, -1},                                     /* */
    {"a:b/c", {"a:b/d", "a:b/c"}, 1},                                   /* */
    {"a:b/c@0.2.0", {"a:b/cc@0.2.0", "x:b/c@0.2.0"}, -1},               /* another interface */
    {"plain", {NULL}, -1},                                              /* */
};

static pirn_str name_at(const void *list, size_t index)
{
    return pirn_str_of(((const char *const *)list)[index]);
}

static void test_exact_names_first_then_the_highest_of_the_track(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(rule); i++) {
        cm_versioned_name wanted = cm_versioned_name_of(pirn_str_of(rule[i].wanted));
        size_t count = 0;
        while (count < BASE_COUNT(rule[i].have) && rule[i].have[count])
            count++;
        size_t taken = cm_version_select(&wanted, rule[i].have, count, name_at);
        if (taken != (rule[i].taken < 0 ? SIZE_MAX : (size_t)rule[i].taken))
            fail_msg("%s (row %zu): took %zd", rule[i].wanted, i, (ptrdiff_t)taken);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_cut_at_the_version),
        cmocka_unit_test(test_what_is_no_semantic_version_is_no_version),
        cmocka_unit_test(test_exact_names_first_then_the_highest_of_the_track),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

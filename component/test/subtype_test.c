/* SPDX-License-Identifier: Apache-2.0 */
/* Does an argument fit an import? A component that imports "x", instantiated with an item. */
#include "component/test/bytes.h"

/* A nested component with these sections that imports "x" as a type equal to its type 0. */
#define WANTS_TYPE(size, section) SECTION(4, PREAMBLE section "\x0A\7\1\0\1x\3\0\0")
/* ... that imports "x" as a function of its type 0. */
#define WANTS_FUNC(section) SECTION(4, PREAMBLE section "\x0A\6\1\0\1x\1\0")
/* Instantiates component 0 with x = the item of that sort and index. */
#define WITH(item) SECTION(5, "\1\0\0\1\1x" item)
#define AN_EQUAL(expected, actual, size) \
    SECTION(7, "\1" actual), WANTS_TYPE(size, "\7" size "\1" expected), WITH("\3\0")
#define A_FUNC(expected, actual, size) \
    SECTION(7, "\1" actual), SECTION(10, "\1\0\1f\1\0"), WANTS_FUNC("\7" size "\1" expected), WITH("\1\0")

#define PREFIX "type mismatch for import `x`: "

static const test_case values[] = {
    {"the same primitive", {AN_EQUAL("\x79", "\x79", "\2")}, PIRN_OK, PIRN_NO_OFFSET, ""},
    {"another primitive",
     {AN_EQUAL("\x79", "\x73", "\2")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     PREFIX "expected primitive `u32` found primitive `string`"},
    {"a list for a primitive",
     {AN_EQUAL("\x79", "\x70\x79", "\2")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     PREFIX "expected primitive, found list"},
    {"a record with another field",
     {AN_EQUAL("\x72\1\1a\x79", "\x72\1\1b\x79", "\6")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     PREFIX "expected field name `a`, found `b`"},
    {"a record with a field of another type",
     {AN_EQUAL("\x72\1\1a\x79", "\x72\1\1a\x73", "\6")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     PREFIX "type mismatch in record field `a`: expected primitive `u32` found primitive `string`"},
    {"a variant with a payload too many",
     {AN_EQUAL("\x71\1\1a\0\0", "\x71\1\1a\1\x79\0", "\7")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     PREFIX "expected case `a` to have no type"},
    {"a tuple too long",
     {AN_EQUAL("\x6F\1\x79", "\x6F\2\x79\x79", "\4")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     PREFIX "expected 1 types, found 2"},
    {"other flags",
     {AN_EQUAL("\x6E\1\1a", "\x6E\1\1b", "\5")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     PREFIX "mismatch in flags elements"},
    {"a result without its error",
     {AN_EQUAL("\x6A\0\1\x79", "\x6A\0\0", "\5")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     PREFIX "expected err type, but found none"},
};

static const test_case funcs[] = {
    {"the same function", {A_FUNC("\x40\1\1a\x79\1\0", "\x40\1\1a\x79\1\0", "\x08")}, PIRN_OK, PIRN_NO_OFFSET, ""},
    {"another parameter's name",
     {A_FUNC("\x40\1\1a\x79\1\0", "\x40\1\1b\x79\1\0", "\x08")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     PREFIX "expected parameter named `a`, found `b`"},
    {"another result",
     {A_FUNC("\x40\0\0\x79", "\x40\0\0\x7A", "\5")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     PREFIX "type mismatch with result type: expected primitive `u32` found primitive `s32`"},
};

/* Imports a, b: (sub resource) each; a component that wants x: (sub resource), y: (eq x). */
#define TWO_RESOURCES SECTION(10, "\2\0\1a\3\1\0\1b\3\1")
#define WANTS_SAME    SECTION(4, PREAMBLE "\x0A\x0C\2\0\1x\3\1\0\1y\3\0\0")

static const test_case resources[] = {
    {"one resource for both",
     {TWO_RESOURCES, WANTS_SAME, SECTION(5, "\1\0\0\2\1x\3\0\1y\3\0")},
     PIRN_OK,
     PIRN_NO_OFFSET,
     ""},
    {"two resources for one",
     {TWO_RESOURCES, WANTS_SAME, SECTION(5, "\1\0\0\2\1x\3\0\1y\3\1")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "type mismatch for import `y`: resource types are not the same"},
    {"a missing argument",
     {TWO_RESOURCES, WANTS_SAME, SECTION(5, "\1\0\0\1\1x\3\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "missing import named `y`"},
    {"a value type for a resource",
     {SECTION(7, "\1\x79"), WANTS_SAME, SECTION(5, "\1\0\0\2\1x\3\0\1y\3\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "type mismatch for import `x`: expected resource, found defined type"},
};

/* Wants x: an instance that exports f: func(). */
#define WANTS_INSTANCE                                          \
    SECTION(4, PREAMBLE "\7\x0E\1\x42\2\1\x40\0\1\0\4\0\1f\1\0" \
                        "\x0A\6\1\0\1x\5\0")

static const test_case instances[] = {
    {"an instance that exports more",
     {SECTION(7, "\1\x40\0\1\0"), SECTION(10, "\1\0\1f\1\0"), SECTION(5, "\1\1\2\0\1f\1\0\0\1g\1\0"), WANTS_INSTANCE,
      WITH("\5\0")},
     PIRN_OK,
     PIRN_NO_OFFSET,
     ""},
    {"an instance that exports less",
     {SECTION(5, "\1\1\0"), WANTS_INSTANCE, WITH("\5\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     PREFIX "missing expected export `f`"},
    {"a type for an instance",
     {SECTION(7, "\1\x79"), WANTS_INSTANCE, WITH("\3\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     PREFIX "expected instance, found type"},
    {"an export that is something else",
     {SECTION(7, "\1\x79"), SECTION(5, "\1\1\1\0\1f\3\0"), WANTS_INSTANCE, WITH("\5\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     PREFIX "type mismatch in instance export `f`: expected func, found type"},
};

static void run_cases(const test_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        test_run_case(&cases[i]);
}

static void test_value_types_must_be_equal(void **state)
{
    (void)state;
    run_cases(values, BASE_COUNT(values));
}

static void test_function_types_must_be_equal(void **state)
{
    (void)state;
    run_cases(funcs, BASE_COUNT(funcs));
}

static void test_resource_types_stand_for_what_is_given(void **state)
{
    (void)state;
    run_cases(resources, BASE_COUNT(resources));
}

static void test_instances_may_export_more(void **state)
{
    (void)state;
    run_cases(instances, BASE_COUNT(instances));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_types_must_be_equal),
        cmocka_unit_test(test_function_types_must_be_equal),
        cmocka_unit_test(test_resource_types_stand_for_what_is_given),
        cmocka_unit_test(test_instances_may_export_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

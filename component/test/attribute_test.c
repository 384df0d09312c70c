/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of names, and names that gated features add. An instance type is imported under each. */
#include "component/test/bytes.h"

#define NAMES    PIRN_COMPONENT_ATTRIBUTES
#define NESTED   PIRN_COMPONENT_NESTED_NAMES
#define CANONIC  PIRN_COMPONENT_CANONICAL_NAMES
#define INSTANCE SECTION(7, "\1\x42\0")

static const test_feature_case cases[] = {
    {"an interface that an instance implements",
     {INSTANCE, SECTION(10, "\1\2\1i\1\0\5a:b/c\5\0")},
     PIRN_OK,
     PIRN_NO_OFFSET,
     "",
     0},
    {"an id that others know it by",
     {INSTANCE, SECTION(10, "\1\2\1i\2\0\5a:b/c\2\3x y\5\0")},
     PIRN_OK,
     PIRN_NO_OFFSET,
     "",
     0},
    {"without the feature",
     {INSTANCE, SECTION(10, "\1\2\1i\1\0\5a:b/c\5\0")},
     PIRN_INVALID,
     20,
     "an attribute of a name needs the feature cm-implements, which is off",
     PIRN_COMPONENT_ASYNC},
    {"an attribute twice",
     {INSTANCE, SECTION(10, "\1\2\1i\2\2\1x\2\1y\5\0")},
     PIRN_INVALID,
     23,
     "duplicate 'external-id' option in name",
     0},
    {"an attribute that there is not",
     {INSTANCE, SECTION(10, "\1\2\1i\1\3\1x\5\0")},
     PIRN_MALFORMED,
     20,
     "invalid leading byte (0x3) for name option",
     0},
    {"what is no interface",
     {INSTANCE, SECTION(10, "\1\2\1i\1\0\1x\5\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "`implements` `x` must be an interface name",
     0},
    {"a function that implements an interface",
     {SECTION(7, "\1\x40\0\1\0"), SECTION(10, "\1\2\1i\1\0\5a:b/c\1\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "only instances can have an `implements`",
     0},
    {"an interface that implements another",
     {INSTANCE, SECTION(10, "\1\2\5d:e/f\1\0\5a:b/c\5\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "name `d:e/f` is not valid with `implements`",
     0},
    {"attributes do not make names different",
     {INSTANCE, SECTION(10, "\2\2\1i\1\2\1x\5\0\2\1I\1\2\1y\5\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "import name `I` conflicts with previous name `i`",
     0},
    {"nested namespaces and packages",
     {INSTANCE, SECTION(10, "\1\0\x09"
                            "a:b:c/d/e\5\0")},
     PIRN_OK,
     PIRN_NO_OFFSET,
     "",
     NESTED},
    {"nested namespaces and packages without the feature",
     {INSTANCE, SECTION(10, "\1\0\x09"
                            "a:b:c/d/e\5\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "`a:b:c/d/e` is not a valid extern name: expected `/` after package name",
     0},
    {"nested packages without the feature",
     {INSTANCE, SECTION(10, "\1\0\7"
                            "a:b/c/d\5\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "`a:b/c/d` is not a valid extern name: trailing characters found: `/d`",
     0},
    {"a track",
     {INSTANCE, SECTION(10, "\1\0\x09"
                            "a:b/c@0.2\5\0")},
     PIRN_OK,
     PIRN_NO_OFFSET,
     "",
     CANONIC},
    {"a track without the feature",
     {INSTANCE, SECTION(10, "\1\0\x09"
                            "a:b/c@0.2\5\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "invalid version `0.2`: unexpected end of input in the minor version number",
     0},
    {"a version and what follows it",
     {INSTANCE, SECTION(10, "\1\2\x09"
                            "a:b/c@0.2\1\1\3.12\5\0")},
     PIRN_OK,
     PIRN_NO_OFFSET,
     "",
     CANONIC},
    {"a version and what cannot follow it",
     {INSTANCE, SECTION(10, "\1\2\x09"
                            "a:b/c@0.2\1\1\3.x2\5\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "invalid version `0.2.x2`: unexpected character 'x' in the patch version number",
     CANONIC},
    {"what follows no version",
     {INSTANCE, SECTION(10, "\1\2\5"
                            "a:b/c\1\1\2.0\5\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "`versionsuffix` requires the name of an interface with a canonical version",
     CANONIC},
    {"attributes of what an instance is made of",
     {INSTANCE, SECTION(5, "\2\1\0\1\1\2\1x\1\0\1y\5\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "`implements` `y` must be an interface name",
     0},
};

static void test_names_say_what_they_may(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        test_run_feature_case(&cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names_say_what_they_may)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

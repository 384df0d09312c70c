/* SPDX-License-Identifier: Apache-2.0 */
/* Value types beyond those of the first release: maps, lists of fixed length, streams, futures, error contexts. */
#include "component/test/bytes.h"

#define FIXED  PIRN_COMPONENT_FIXED_LISTS
#define MAPS   PIRN_COMPONENT_MAP
#define ASYNC  PIRN_COMPONENT_ASYNC
#define ERRORS PIRN_COMPONENT_ERROR_CONTEXT

static const test_feature_case cases[] = {
    {"all of them, in each other",
     {SECTION(7, "\x07"
                 "\x63\x73\x79"   /* 0: map<string, u32> */
                 "\x67\0\4"       /* 1: list<0, 4> */
                 "\x66\1\1"       /* 2: stream<1> */
                 "\x65\0"         /* 3: future */
                 "\x64"           /* 4: error-context */
                 "\x6A\1\4\1\x64" /* 5: result<4, error-context> */
                 "\x43\1\1s\2\0\5") /* 6: async func(s: 2) -> 5 */},
     PIRN_OK,
     PIRN_NO_OFFSET,
     "",
     FIXED | MAPS | ASYNC | ERRORS},
    {"a map without the feature",
     {SECTION(7, "\1\x63\x73\x79")},
     PIRN_INVALID,
     11,
     "a map type needs the feature cm-map, which is off",
     ASYNC},
    {"an async function without the feature",
     {SECTION(7, "\1\x43\0\1\0")},
     PIRN_INVALID,
     11,
     "an async function type needs the feature cm-async, which is off",
     MAPS},
    {"a key that is a float",
     {SECTION(7, "\1\x63\x76\x79")},
     PIRN_INVALID,
     12,
     "a map key cannot be of type f32",
     MAPS},
    {"a key that is a list",
     {SECTION(7, "\2\x70\x7D\x63\0\x79")},
     PIRN_INVALID,
     14,
     "a map key cannot be of type list",
     MAPS},
    {"a list of no elements",
     {SECTION(7, "\1\x67\x7D\0")},
     PIRN_INVALID,
     11,
     "a list of fixed length must have at least one element",
     FIXED},
    {"a stream of characters",
     {SECTION(7, "\1\x66\1\x74")},
     PIRN_INVALID,
     11,
     "`stream<char>` is not valid at this time",
     ASYNC},
    {"a future that borrows",
     {SECTION(7, "\3\x3F\x7F\0\x68\0\x65\1\1")},
     PIRN_INVALID,
     18,
     "`future` cannot contain a `borrow` type",
     ASYNC},
    {"the largest list", {SECTION(7, "\1\x67\x7D\xFF\xFF\xFF\x7F")}, PIRN_OK, PIRN_NO_OFFSET, "", FIXED},
    {"a list one byte larger",
     {SECTION(7, "\1\x67\x7D\x80\x80\x80\x80\1")},
     PIRN_INVALID,
     11,
     "type exceeds maximum byte size of 268435455",
     FIXED},
    {"a size that does not fit 32 bits",
     {SECTION(7, "\1\x67\x77\x80\x80\x80\x80\2")},
     PIRN_INVALID,
     11,
     "type exceeds maximum byte size of 268435455",
     FIXED},
    {"strings count as with wide pointers",
     {SECTION(7, "\1\x67\x73\x80\x80\x80\x08")},
     PIRN_INVALID,
     11,
     "type exceeds maximum byte size of 268435455",
     FIXED},
    {"a map of what is too large beside its key",
     {SECTION(7, "\2\x67\x7D\xFF\xFF\xFF\x7F\x63\x7D\0")},
     PIRN_OK,
     PIRN_NO_OFFSET,
     "",
     FIXED | MAPS},
    {"handles that are larger in the host",
     {SECTION(7, "\3\x3F\x7F\0\x69\0\x67\1\xFF\xFF\xFF\x1F")},
     PIRN_LIMIT,
     16,
     "a type is too large for the host",
     FIXED},
};

static void test_types_are_valid_or_it_is_said_why_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        test_run_feature_case(&cases[i]);
}

/* A component that exports one function type's text; `types` is the content of the type section, the last a function. */
static void expect_text(const test_section *sections, const char *expected)
{
    size_t size;
    uint8_t *bytes = test_bytes(sections, &size);
    pirn_config config = pirn_config_default();
    config.component_features = pirn_component_features_supported();
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_component *component = NULL;
    assert_int_equal(pirn_component_load(engine, bytes, size, PIRN_BYTES_BORROW, &component, NULL), PIRN_OK);
    char text[200];
    pirn_component_functype_text(pirn_component_import(component, 0).func, text, sizeof text);
    assert_string_equal(text, expected);
    pirn_component_free(component);
    pirn_engine_free(engine);
    base_free(pirn_allocator_default(), bytes, size);
}

static void test_their_text_is_that_of_wit(void **state)
{
    (void)state;
    static const test_section sections[TEST_SECTIONS] = {
        SECTION(7, "\6\x63\x73\x79\x67\0\4\x66\1\1\x65\0\x66\0\x43\3\1a\2\1b\3\1c\4\0\x64"),
        SECTION(10, "\1\0\1f\1\5"),
    };
    expect_text(sections, "async func(a: stream<list<map<string, u32>, 4>>, b: future, c: stream) -> error-context");
}

/* A nested component imports a function; it is instantiated with one of the type before. */
static const test_feature_case matches[] = {
    {"a map for a list of pairs",
     {SECTION(7, "\2\x63\x73\x79\x40\1\1a\0\1\0"), SECTION(10, "\1\0\1f\1\1"),
      SECTION(4, PREAMBLE "\7\x0E\3\x6F\2\x73\x79\x70\0\x40\1\1a\1\1\0\x0A\6\1\0\1f\1\2"),
      SECTION(5, "\1\0\0\1\1f\1\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "type mismatch for import `f`: type mismatch in function parameter `a`: expected list, found map",
     0},
    {"lists of other lengths",
     {SECTION(7, "\2\x67\x7D\4\x40\1\1a\0\1\0"), SECTION(10, "\1\0\1f\1\1"),
      SECTION(4, PREAMBLE "\7\x0B\2\x67\x7D\5\x40\1\1a\0\1\0\x0A\6\1\0\1f\1\1"), SECTION(5, "\1\0\0\1\1f\1\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "type mismatch for import `f`: type mismatch in function parameter `a`: expected a list of 5 elements, found "
     "one "
     "of 4",
     FIXED},
    {"a stream of nothing for one of something",
     {SECTION(7, "\2\x66\0\x40\1\1a\0\1\0"), SECTION(10, "\1\0\1f\1\1"),
      SECTION(4, PREAMBLE "\7\x0B\2\x66\1\x7D\x40\1\1a\0\1\0\x0A\6\1\0\1f\1\1"), SECTION(5, "\1\0\0\1\1f\1\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "type mismatch for import `f`: type mismatch in function parameter `a`: expected stream type to have a type, "
     "found "
     "it to be of nothing",
     0},
    {"a function that waits for one that does not",
     {SECTION(7, "\1\x43\0\1\0"), SECTION(10, "\1\0\1f\1\0"),
      SECTION(4, PREAMBLE "\7\5\1\x40\0\1\0\x0A\6\1\0\1f\1\0"), SECTION(5, "\1\0\0\1\1f\1\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "type mismatch for import `f`: expected a sync function, found an async one",
     0},
};

static void test_only_equal_types_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(matches); i++)
        test_run_feature_case(&matches[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_are_valid_or_it_is_said_why_not),
        cmocka_unit_test(test_their_text_is_that_of_wit),
        cmocka_unit_test(test_only_equal_types_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

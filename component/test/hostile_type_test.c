/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Components that say much in few bytes: types that unfold without end, thousands of components in each other, aliases
 * that go round, names that are nearly the same. Each is refused, or dealt with in bounded time.
 */
#include "component/test/bytes.h"
#include <stdio.h>
#include <time.h>

typedef struct outcome {
    pirn_status status;
    char message[200];
    double seconds; /* of this thread's time */
} outcome;

static outcome load(const uint8_t *bytes, size_t size)
{
    pirn_engine *engine = pirn_engine_new(NULL);
    pirn_error *error = pirn_error_new(NULL);
    pirn_component *component = NULL;
    clock_t begun = clock();
    outcome o = {.status = pirn_component_load(engine, bytes, size, PIRN_BYTES_BORROW, &component, error)};
    o.seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
    snprintf(o.message, sizeof o.message, "%s", pirn_error_message(error));
    pirn_component_free(component);
    pirn_error_free(error);
    pirn_engine_free(engine);
    return o;
}

/* No limit that a slow machine meets by chance; what is exponential takes years. */
static void expect(vm_writer *w, pirn_status status, const char *message)
{
    enum { MOST_SECONDS = 60 };
    size_t size;
    uint8_t *bytes = vm_writer_take(w, &size);
    assert_non_null(bytes);
    outcome o = load(bytes, size);
    base_free(pirn_allocator_default(), bytes, size);
    assert_string_equal(o.message, message);
    assert_int_equal(o.status, status);
    assert_true(o.seconds < MOST_SECONDS);
}

static void begin(vm_writer *w)
{
    vm_writer_init(w, pirn_allocator_default());
    vm_writer_bytes(w, PREAMBLE, 8);
}

/* Type i + 1 is made of type i twice, as `form` says it (before the indices, and behind them): 2^60 nodes in the end. */
static void write_doubling(vm_writer *w, const char *before, size_t before_size, const char *between,
                           size_t between_size)
{
    enum { LEVELS = 60 };
    size_t section = vm_writer_begin(w, 7);
    vm_writer_u8(w, LEVELS + 1);
    vm_writer_u8(w, 0x7D);
    for (uint32_t i = 0; i < LEVELS; i++) {
        vm_writer_bytes(w, before, before_size);
        vm_writer_u8(w, (uint8_t)i);
        vm_writer_bytes(w, between, between_size);
        vm_writer_u8(w, (uint8_t)i);
    }
    vm_writer_end(w, section);
}

static void test_values_that_unfold_without_end_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *before, *between;
        size_t before_size, between_size;
    } forms[] = {
        {"\x6F\2", "", 2, 0},       /* tuple */
        {"\x72\2\1a", "\1b", 4, 2}, /* record */
        {"\x6A\1", "\1", 2, 1},     /* result */
    };
    for (size_t i = 0; i < BASE_COUNT(forms); i++) {
        vm_writer w;
        begin(&w);
        write_doubling(&w, forms[i].before, forms[i].before_size, forms[i].between, forms[i].between_size);
        expect(&w, PIRN_LIMIT, "effective type size exceeds the limit of 1000000 types");
    }
}

static const char *const too_complex = "the types of the component are too complex for its size";

/* Instance types: each exports two instances of the one before, through an outer alias. */
static void test_instances_that_unfold_without_end_are_refused(void **state)
{
    (void)state;
    enum { LEVELS = 60 };
    vm_writer w;
    begin(&w);
    size_t section = vm_writer_begin(&w, 7);
    vm_writer_u8(&w, LEVELS + 1);
    vm_writer_bytes(&w, "\x42\1\4\0\1r\3\1", 8); /* a resource type */
    for (uint32_t i = 0; i < LEVELS; i++) {
        vm_writer_bytes(&w, "\x42\3\2\3\2\1", 6);
        vm_writer_u8(&w, (uint8_t)i);
        vm_writer_bytes(&w, "\4\0\1a\5\0\4\0\1b\5\0", 12);
    }
    vm_writer_end(&w, section);
    expect(&w, PIRN_LIMIT, too_complex);
}

/* Each component instantiates the one before twice and exports both: a resource type is born in each leaf. */
static void test_components_that_unfold_without_end_are_refused(void **state)
{
    (void)state;
    enum { LEVELS = 40 };
    vm_writer w;
    begin(&w);
    size_t section = vm_writer_begin(&w, 4);
    vm_writer_bytes(&w, PREAMBLE "\7\4\1\x3F\x7F\0\x0B\7\1\0\1r\3\0\0", 8 + 6 + 9);
    vm_writer_end(&w, section);
    for (uint32_t i = 0; i < LEVELS; i++) {
        section = vm_writer_begin(&w, 4);
        vm_writer_bytes(&w, PREAMBLE "\6\5\1\4\2\1", 8 + 6);
        vm_writer_u8(&w, (uint8_t)i);
        vm_writer_bytes(&w, "\5\7\2\0\0\0\0\0\0\x0B\x0D\2\0\1a\5\0\0\0\1b\5\1\0", 9 + 15);
        vm_writer_end(&w, section);
    }
    expect(&w, PIRN_LIMIT, too_complex);
}

static void test_ten_thousand_nested_components_are_refused(void **state)
{
    (void)state;
    enum { LEVELS = 10000 };
    vm_writer inner;
    begin(&inner);
    for (int i = 0; i < LEVELS; i++) {
        size_t size;
        uint8_t *bytes = vm_writer_take(&inner, &size);
        begin(&inner);
        size_t section = vm_writer_begin(&inner, 4);
        vm_writer_bytes(&inner, bytes, size);
        vm_writer_end(&inner, section);
        base_free(pirn_allocator_default(), bytes, size);
    }
    expect(&inner, PIRN_LIMIT, "components and types are nested too deep");
}

static void test_ten_thousand_nested_types_are_refused(void **state)
{
    (void)state;
    vm_writer w;
    begin(&w);
    size_t section = vm_writer_begin(&w, 7);
    vm_writer_u8(&w, 1);
    for (int i = 0; i < 10000; i++)
        vm_writer_bytes(&w, "\x42\1\1", 3);
    vm_writer_bytes(&w, "\x42\0", 2);
    vm_writer_end(&w, section);
    expect(&w, PIRN_LIMIT, "components and types are nested too deep");
}

static void test_ten_thousand_components_beside_each_other_are_valid(void **state)
{
    (void)state;
    vm_writer w;
    begin(&w);
    for (int i = 0; i < 10000; i++) {
        size_t section = vm_writer_begin(&w, 4);
        vm_writer_bytes(&w, PREAMBLE, 8);
        vm_writer_end(&w, section);
    }
    expect(&w, PIRN_OK, "");
}

/* Definitions see only what is before them, so going round means to name what is not there yet. */
static const test_case round_trips[] = {
    {"a type of itself", {SECTION(7, "\1\x70\0")}, PIRN_INVALID, 12, "unknown type 0: type index out of bounds"},
    {"two types of each other",
     {SECTION(7, "\2\x70\1\x70\0")},
     PIRN_INVALID,
     12,
     "unknown type 1: type index out of bounds"},
    {"an alias of itself", {SECTION(6, "\1\3\2\0\0")}, PIRN_INVALID, 11, "unknown type 0: type index out of bounds"},
    {"an alias of what the alias is in",
     {SECTION(4, PREAMBLE "\6\5\1\4\2\1\0")},
     PIRN_INVALID,
     21,
     "unknown component 0: component index out of bounds"},
    {"a component that instantiates itself",
     {SECTION(4, PREAMBLE "\6\5\1\4\2\1\0\5\4\1\0\0\0")},
     PIRN_INVALID,
     21,
     "unknown component 0: component index out of bounds"},
    {"an instance that is its own argument",
     {SECTION(4, PREAMBLE), SECTION(5, "\1\0\0\1\1a\5\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "unknown instance 0: instance index out of bounds"},
    {"an instance type that exports itself",
     {SECTION(7, "\1\x42\2\2\3\2\1\0\4\0\1a\5\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "unknown type 0: type index out of bounds"},
};

static void test_nothing_can_name_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(round_trips); i++)
        test_run_case(&round_trips[i]);
}

/* Two imports of functions. */
static const struct name_pair {
    const char *first, *second;
    bool conflict;
} name_pairs[] = {
    {"foo", "foo", true},
    {"foo", "FOO", true},
    {"foo-bar", "foo-BAR", true},
    {"foo-bar", "FOO-bar", true},
    {"foo-bar", "foobar", false},
    {"a1", "a-1", false},
    {"a:b/c", "a:b/C", true},
    {"a:b/c", "a:b/c@1.0.0", false},
    {"a:b/c@1.0.0", "a:b/c@1.0.1", false},
};

static void test_names_that_differ_by_letters_case_only_conflict(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(name_pairs); i++) {
        const struct name_pair *pair = &name_pairs[i];
        char message[200];
        vm_writer w;
        begin(&w);
        vm_writer_bytes(&w, "\7\5\1\x40\0\1\0", 7);
        size_t section = vm_writer_begin(&w, 10);
        vm_writer_u8(&w, 2);
        for (int name = 0; name < 2; name++) {
            vm_writer_u8(&w, 0);
            vm_writer_name(&w, pirn_str_of(name == 0 ? pair->first : pair->second));
            vm_writer_bytes(&w, "\1\0", 2);
        }
        vm_writer_end(&w, section);
        snprintf(message, sizeof message, "import name `%s` conflicts with previous name `%s`", pair->second,
                 pair->first);
        expect(&w, pair->conflict ? PIRN_INVALID : PIRN_OK, pair->conflict ? message : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_that_unfold_without_end_are_refused),
        cmocka_unit_test(test_instances_that_unfold_without_end_are_refused),
        cmocka_unit_test(test_components_that_unfold_without_end_are_refused),
        cmocka_unit_test(test_ten_thousand_nested_components_are_refused),
        cmocka_unit_test(test_ten_thousand_nested_types_are_refused),
        cmocka_unit_test(test_ten_thousand_components_beside_each_other_are_valid),
        cmocka_unit_test(test_nothing_can_name_itself),
        cmocka_unit_test(test_names_that_differ_by_letters_case_only_conflict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

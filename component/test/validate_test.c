/* SPDX-License-Identifier: Apache-2.0 */
/* Validation rules, one broken a case; and what validation must not spend. */
#include "component/test/bytes.h"
#include <stdio.h>

/* A module with a memory "m", f: [] -> [], i: [] -> [i32], r: realloc, p: [i32] -> []. */
#define MODULE                                                             \
    "\0asm\1\0\0\0"                                                        \
    "\1\x14\4\x60\0\0\x60\0\1\x7F\x60\4\x7F\x7F\x7F\x7F\1\x7F\x60\1\x7F\0" \
    "\3\5\4\0\1\2\3"                                                       \
    "\5\3\1\0\1"                                                           \
    "\7\x15\5\1m\2\0\1f\0\0\1i\0\1\1r\0\2\1p\0\3"                          \
    "\x0A\x11\4\2\0\x0B\4\0\x41\0\x0B\4\0\x41\0\x0B\2\0\x0B"
/* An instance of it, and core memory 0; core funcs f 0, i 1, r 2, p 3. */
#define CORE                                    \
    SECTION(1, MODULE), SECTION(2, "\1\0\0\0"), \
        SECTION(6, "\5\0\2\1\0\1m\0\0\1\0\1f\0\0\1\0\1i\0\0\1\0\1r\0\0\1\0\1p")

static const test_case types[] = {
    {"an empty record", {SECTION(7, "\1\x72\0")}, PIRN_INVALID, 11, "record type must have at least one field"},
    {"an empty variant", {SECTION(7, "\1\x71\0")}, PIRN_INVALID, 11, "variant type must have at least one case"},
    {"an empty enum", {SECTION(7, "\1\x6D\0")}, PIRN_INVALID, 11, "enum type must have at least one variant"},
    {"no flags", {SECTION(7, "\1\x6E\0")}, PIRN_INVALID, 11, "flags must have at least one entry"},
    {"an empty tuple", {SECTION(7, "\1\x6F\0")}, PIRN_INVALID, 11, "tuple type must have at least one type"},
    {"a field without a name", {SECTION(7, "\1\x72\1\0\x7F")}, PIRN_INVALID, 13, "record field name cannot be empty"},
    {"a field like another",
     {SECTION(7, "\1\x72\2\1a\x7F\1A\x7F")},
     PIRN_INVALID,
     16,
     "record field name `A` conflicts with previous field name `a`"},
    {"a parameter not in kebab case",
     {SECTION(7, "\1\x40\1\2aB\x7F\1\0")},
     PIRN_INVALID,
     13,
     "function parameter name `aB` is not in kebab case"},
    {"a type that comes later",
     {SECTION(7, "\2\x70\1\x7F")},
     PIRN_INVALID,
     12,
     "unknown type 1: type index out of bounds"},
    {"a function as a value",
     {SECTION(7, "\2\x40\0\1\0\x70\0")},
     PIRN_INVALID,
     16,
     "type index 0 is not a defined type"},
    {"own of no resource", {SECTION(7, "\2\x7F\x69\0")}, PIRN_INVALID, 12, "type index 0 is not a resource type"},
    {"a borrow in a result",
     {SECTION(7, "\4\x3F\x7F\0\x68\0\x70\1\x40\0\0\2")},
     PIRN_INVALID,
     18,
     "function result cannot contain a `borrow` type"},
    {"a resource in a type",
     {SECTION(7, "\1\x41\1\1\x3F\x7F\0")},
     PIRN_INVALID,
     13,
     "resources can only be defined within a concrete component"},
    {"an alias of a function in a type",
     {SECTION(7, "\2\x40\0\1\0\x42\3\1\x42\0\4\0\1i\5\0\2\1\0\0\1f")},
     PIRN_INVALID,
     26,
     "aliases in component and instance types may only refer to types or instances"},
    {"a destructor of another type",
     {CORE, SECTION(7, "\1\x3F\x7F\1\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "core function 0 has wrong signature for a destructor"},
};

static const test_case canons[] = {
    {"a lift to what is no function",
     {CORE, SECTION(7, "\1\x73"), SECTION(8, "\1\0\0\0\0\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "type index 0 is not a function type"},
    {"a lift with other results",
     {CORE, SECTION(7, "\1\x40\0\1\0"), SECTION(8, "\1\0\0\1\0\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "lowered result types `[]` do not match result types `[I32]` of the core function"},
    {"a lift without the memory that a string needs",
     {CORE, SECTION(7, "\1\x40\0\0\x73"), SECTION(8, "\1\0\0\1\0\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "canonical option `memory` is required"},
    {"a lower without the realloc that a string needs",
     {CORE, SECTION(7, "\1\x40\0\0\x73"), SECTION(10, "\1\0\1f\1\0"), SECTION(8, "\1\1\0\0\1\3\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "canonical option `realloc` is required"},
    {"a realloc without memory",
     {CORE, SECTION(7, "\1\x40\0\1\0"), SECTION(8, "\1\0\0\0\1\4\2\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "canonical option `realloc` requires `memory` to also be specified"},
    {"a realloc of another type",
     {CORE, SECTION(7, "\1\x40\0\1\0"), SECTION(8, "\1\0\0\0\2\3\0\4\1\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "canonical option `realloc` uses a core function with an incorrect signature"},
    {"a post-return that takes other results",
     {CORE, SECTION(7, "\1\x40\0\0\x73"), SECTION(8, "\1\0\0\1\2\3\0\5\0\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "canonical option `post-return` uses a core function with an incorrect signature"},
    {"a post-return of a lowering",
     {CORE, SECTION(7, "\1\x40\0\1\0"), SECTION(10, "\1\0\1f\1\0"), SECTION(8, "\1\1\0\0\1\5\3")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "canonical option `post-return` cannot be specified for lowerings"},
    {"two encodings",
     {SECTION(8, "\1\1\0\0\2\0\1")},
     PIRN_INVALID,
     17,
     "canonical encoding option `utf8` conflicts with option `utf16`"},
    {"a new of a resource that is imported",
     {SECTION(10, "\1\0\1r\3\1"), SECTION(8, "\1\2\0")},
     PIRN_INVALID,
     19,
     "type index 0 is not a local resource"},
    {"a drop of a resource that is imported",
     {SECTION(10, "\1\0\1r\3\1"), SECTION(8, "\1\3\0")},
     PIRN_OK,
     PIRN_NO_OFFSET,
     ""},
    {"a lift with all options",
     {CORE, SECTION(7, "\1\x40\0\0\x73"), SECTION(8, "\1\0\0\1\4\1\3\0\4\2\5\3\0")},
     PIRN_OK,
     PIRN_NO_OFFSET,
     ""},
};

#define FUNC_TYPE SECTION(7, "\1\x40\0\1\0")

static const test_case externals[] = {
    {"a name that is none",
     {FUNC_TYPE, SECTION(10, "\1\0\3Foo\1\0")},
     PIRN_INVALID,
     18,
     "`Foo` is not a valid extern name: `Foo` is not in kebab case"},
    {"an import like another",
     {FUNC_TYPE, SECTION(10, "\2\0\1a\1\0\0\1A\1\0")},
     PIRN_INVALID,
     23,
     "import name `A` conflicts with previous name `a`"},
    {"an import of a function that is a record",
     {SECTION(7, "\1\x72\1\1a\x7F"), SECTION(10, "\1\0\1f\1\0")},
     PIRN_INVALID,
     19,
     "type index 0 is not a function type"},
    {"a method of no resource",
     {FUNC_TYPE, SECTION(10, "\1\0\x0B[method]a.b\1\0")},
     PIRN_INVALID,
     18,
     "function should have at least one argument"},
    {"a static function of no resource",
     {FUNC_TYPE, SECTION(10, "\1\0\x0B[static]a.b\1\0")},
     PIRN_INVALID,
     18,
     "static resource name is not known in this context"},
    {"an exported function with a record that has no name",
     {CORE, SECTION(7, "\2\x72\1\1a\x79\x40\0\0\0"), SECTION(8, "\1\0\0\1\0\1"), SECTION(11, "\1\0\1f\1\0\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "func not valid to be used as export"},
    {"an exported function with a record that has one",
     {CORE, SECTION(7, "\1\x72\1\1a\x79"), SECTION(11, "\1\0\1t\3\0\0"), SECTION(7, "\1\x40\0\0\1"),
      SECTION(8, "\1\0\0\1\0\2"), SECTION(11, "\1\0\1f\1\0\0")},
     PIRN_OK,
     PIRN_NO_OFFSET,
     ""},
    {"an outer alias too far", {SECTION(6, "\1\3\2\1\0")}, PIRN_INVALID, 11, "invalid outer alias count of 1"},
    {"an outer alias of a resource",
     {SECTION(7, "\1\x3F\x7F\0"), SECTION(4, PREAMBLE "\6\5\1\3\2\1\0")},
     PIRN_INVALID,
     27,
     "cannot alias outer type which transitively refers to resources not defined in the current component"},
};

static void run_cases(const test_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        test_run_case(&cases[i]);
}

static void test_type_rules(void **state)
{
    (void)state;
    run_cases(types, BASE_COUNT(types));
}

static void test_rules_of_canonical_definitions(void **state)
{
    (void)state;
    run_cases(canons, BASE_COUNT(canons));
}

static void test_rules_of_imports_exports_and_outer_aliases(void **state)
{
    (void)state;
    run_cases(externals, BASE_COUNT(externals));
}

/* ---- What hostile types may cost --------------------------------------------------------------------------------- */

typedef struct counting {
    size_t live_bytes, most_bytes;
} counting;

static void *resize_counting(void *user, void *block, size_t old_size, size_t new_size)
{
    counting *c = user;
    const pirn_allocator *real = pirn_allocator_default();
    c->live_bytes += new_size - old_size;
    c->most_bytes = c->live_bytes > c->most_bytes ? c->live_bytes : c->most_bytes;
    return real->resize(real->user, block, old_size, new_size);
}

/* Loads a component of one section. Returns the bytes that it took at most. */
static size_t load_counting(vm_writer *w, pirn_status *status, char *message, size_t message_size)
{
    counting c = {0, 0};
    pirn_allocator allocator = {resize_counting, &c};
    pirn_config config = pirn_config_default();
    config.allocator = &allocator;
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_error *error = pirn_error_new(NULL);
    pirn_component *component;
    *status = pirn_component_load(engine, w->data, w->len, PIRN_BYTES_BORROW, &component, error);
    snprintf(message, message_size, "%s", pirn_error_message(error));
    pirn_component_free(component);
    pirn_error_free(error);
    pirn_engine_free(engine);
    assert_int_equal(c.live_bytes, 0);
    return c.most_bytes;
}

static void test_a_type_that_unfolds_to_very_many_nodes_is_refused(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    vm_writer w;
    pirn_status status;
    char message[200];
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_bytes(&w, PREAMBLE, 8);
    size_t section = vm_writer_begin(&w, 7);
    vm_writer_leb_unsigned(&w, COUNT + 1);
    vm_writer_u8(&w, 0x7D);
    for (uint8_t i = 0; i < COUNT; i++)
        vm_writer_bytes(&w, (const uint8_t[]){0x6F, 2, i, i}, 4);
    vm_writer_end(&w, section);
    size_t bytes = load_counting(&w, &status, message, sizeof message);
    assert_int_equal(status, PIRN_LIMIT);
    assert_string_equal(message, "effective type size exceeds the limit of 1000000 types");
    assert_true(bytes < 1000000);
    vm_writer_done(&w);
}

static void test_types_nested_too_deep_are_refused(void **state)
{
    (void)state;
    enum { COUNT = 120 };
    vm_writer w;
    pirn_status status;
    char message[200];
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_bytes(&w, PREAMBLE, 8);
    size_t section = vm_writer_begin(&w, 7);
    vm_writer_leb_unsigned(&w, COUNT + 1);
    vm_writer_u8(&w, 0x7D);
    for (uint8_t i = 0; i < COUNT; i++) {
        vm_writer_u8(&w, 0x70);
        vm_writer_leb_signed(&w, i);
    }
    vm_writer_end(&w, section);
    load_counting(&w, &status, message, sizeof message);
    assert_int_equal(status, PIRN_LIMIT);
    assert_string_equal(message, "types are nested too deep");
    vm_writer_done(&w);
}

/* An instance type of many resources, imported many times: each import would copy all of it. */
static void test_a_big_instance_type_cannot_be_multiplied_without_end(void **state)
{
    (void)state;
    enum { EXPORTS = 2000, IMPORTS = 2000 };
    vm_writer w;
    pirn_status status;
    char message[200], name[16];
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_bytes(&w, PREAMBLE, 8);
    size_t section = vm_writer_begin(&w, 7);
    vm_writer_bytes(&w, "\1\x42", 2);
    vm_writer_leb_unsigned(&w, EXPORTS);
    for (int i = 0; i < EXPORTS; i++) {
        snprintf(name, sizeof name, "r%d", i);
        vm_writer_bytes(&w, "\4\0", 2);
        vm_writer_name(&w, pirn_str_of(name));
        vm_writer_bytes(&w, "\3\1", 2);
    }
    vm_writer_end(&w, section);
    section = vm_writer_begin(&w, 10);
    vm_writer_leb_unsigned(&w, IMPORTS);
    for (int i = 0; i < IMPORTS; i++) {
        snprintf(name, sizeof name, "i%d", i);
        vm_writer_u8(&w, 0);
        vm_writer_name(&w, pirn_str_of(name));
        vm_writer_bytes(&w, "\5\0", 2);
    }
    vm_writer_end(&w, section);
    size_t bytes = load_counting(&w, &status, message, sizeof message);
    assert_int_equal(status, PIRN_LIMIT);
    assert_string_equal(message, "the types of the component are too complex for its size");
    assert_true(bytes < (size_t)100 << 20);
    vm_writer_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_type_rules),
        cmocka_unit_test(test_rules_of_canonical_definitions),
        cmocka_unit_test(test_rules_of_imports_exports_and_outer_aliases),
        cmocka_unit_test(test_a_type_that_unfolds_to_very_many_nodes_is_refused),
        cmocka_unit_test(test_types_nested_too_deep_are_refused),
        cmocka_unit_test(test_a_big_instance_type_cannot_be_multiplied_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canonical built-ins: each is well formed with what follows it and asks for its feature, makes a function of its own
 * signature, and says what it does not get. What cannot run yet is refused when it is instantiated, by name.
 */
#include "component/test/bytes.h"
#include "component/test/fixture.h"
#include <stdio.h>

/* stream<u8> 0, future<string> 1, func 2, async func(s: string) -> string 3, u32 4, stream<string> 5 */
#define TYPES \
    SECTION(7, "\6\x66\1\x7D\x65\1\x73\x40\0\1\0\x43\1\1s\x73\0\x73\x79\x66\1\x73"), SECTION(3, "\1\x60\1\x7F\0")

static const test_feature_case cases[] = {
    {"a stream where a future should be",
     {TYPES, SECTION(8, "\1\x15\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "type index 0 is not a future type",
     0},
    {"a number where a stream should be",
     {TYPES, SECTION(8, "\1\x0E\4")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "type index 4 is not a stream type",
     0},
    {"a function type where a stream should be",
     {TYPES, SECTION(8, "\1\x0E\2")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "type index 2 is not a stream type",
     0},
    {"reading that waits, without the feature",
     {TYPES, SECTION(8, "\1\x0F\0\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "stream.read without `async` needs the feature cm-more-async-builtins, which is off",
     0},
    {"reading into no memory",
     {TYPES, SECTION(8, "\1\x0F\0\1\6")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "canonical option `memory` is required",
     0},
    {"a post-return where there is no return",
     {TYPES, SECTION(8, "\2\x1F\x0F\0\2\6\5\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "canonical option `post-return` cannot be specified for stream.read",
     0},
    {"a slot that there is not",
     {SECTION(8, "\1\x0A\x7F\2")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "immediate must be zero or one: 2",
     0},
    {"returning asynchronously",
     {TYPES, SECTION(8, "\1\x09\1\0\1\6")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "canonical option `async` cannot be specified for task.return",
     0},
    {"returning a string without memory",
     {TYPES, SECTION(8, "\1\x09\0\x73\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "canonical option `memory` is required",
     0},
    {"waiting without memory",
     {SECTION(8, "\1\x20\0\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "unknown memory 0: memory index out of bounds",
     0},
    {"a flag that is none", {SECTION(8, "\1\x0C\2")}, PIRN_MALFORMED, 12, "invalid boolean value", 0},
    {"an error context without memory",
     {SECTION(8, "\1\x1C\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "canonical option `memory` is required",
     PIRN_COMPONENT_ERROR_CONTEXT},
    {"a thread of no function",
     {SECTION(3, "\1\x60\0\0"), SECTION(8, "\1\x27\0\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "spawn type must take a single `i32` argument and return nothing",
     PIRN_COMPONENT_THREADING},
    {"a thread of no table",
     {TYPES, SECTION(8, "\1\x27\0\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "unknown table 0: table index out of bounds",
     PIRN_COMPONENT_THREADING | PIRN_COMPONENT_ASYNC},
    {"an async lower of a function that does not wait",
     {TYPES, SECTION(10, "\1\0\1f\1\2"), SECTION(8, "\1\1\0\0\1\6")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "the `async` canonical option requires an async function type",
     0},
    {"a callback of a lowering",
     {TYPES, SECTION(10, "\1\0\1f\1\3"), SECTION(8, "\2\x1F\1\0\0\2\6\7\0")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "canonical option `callback` cannot be specified for lowerings",
     0},
    {"async twice",
     {TYPES, SECTION(10, "\1\0\1f\1\3"), SECTION(8, "\1\1\0\0\2\6\6")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "canonical option `async` is specified more than once",
     0},
    {"an async lower whose strings have no memory",
     {TYPES, SECTION(10, "\1\0\1f\1\3"), SECTION(8, "\1\1\0\0\1\6")},
     PIRN_INVALID,
     PIRN_NO_OFFSET,
     "canonical option `memory` is required",
     0},
};

static void test_built_ins_say_what_they_do_not_get(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        test_run_feature_case(&cases[i]);
}

/* Lifts of a function that waits: `options` follow the core function's index. */
static const struct lift_case {
    const char *what, *options, *core;
    pirn_status status;
    const char *message;
} lifts[] = {
    {"with a callback", "3 0x06 0x07 1 0x03 0", "f", PIRN_OK, ""},
    {"without a callback", "2 0x06 0x03 0", "v", PIRN_INVALID,
     "async lifting without `callback` needs the feature cm-async-stackful, which is off"},
    {"with a callback and no async", "2 0x07 1 0x03 0", "f", PIRN_INVALID,
     "canonical option `callback` requires `async` to also be specified"},
    {"with a callback of another type", "3 0x06 0x07 0 0x03 0", "f", PIRN_INVALID,
     "canonical option `callback` uses a core function with an incorrect signature"},
    {"with a post-return", "4 0x06 0x07 1 0x05 0 0x03 0", "f", PIRN_INVALID,
     "canonical option `post-return` cannot be specified together with `async`"},
    {"of a function with other results", "3 0x06 0x07 1 0x03 0", "v", PIRN_INVALID,
     "lowered result types `[I32]` do not match result types `[]` of the core function"},
};

/* Core funcs: 0 f: [i32] -> [i32], 1 c: the callback's type, 2 v: [i32] -> []. */
static binary lifted(const struct lift_case *c)
{
    char text[2000];
    snprintf(text, sizeof text,
             "component: core-module { module: types { 3 signature 1 i32 1 i32 signature 3 i32 i32 i32 1 i32 "
             "signature 1 i32 0 } funcs { 3 0 1 2 } memories { 1 0 1 } "
             "exports { 4 'f' as-func 0 'c' as-func 1 'v' as-func 2 'm' as-memory 0 } "
             "code { 3 { 0 i32.const 0 end } { 0 i32.const 0 end } { 0 end } } } "
             "core-instance { 1 instantiate 0 0 } "
             "alias { 4 core-func of-core 0 'f' core-func of-core 0 'c' core-func of-core 0 'v' "
             "core-memory of-core 0 'm' } "
             "type { 1 0x43 1 'n' u32 result u32 } "
             "canon { 1 lift %d %s 0 } export { 1 named 'run' func-sort 0 no-type }",
             c->core[0] == 'f' ? 0 : 2, c->options);
    return build(text);
}

static void test_async_lifting_has_rules_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(lifts); i++) {
        fixture f;
        fixture_init(&f, NULL);
        f.binary = lifted(&lifts[i]);
        pirn_status status =
            pirn_component_load(f.engine, f.binary.bytes, f.binary.size, PIRN_BYTES_BORROW, &f.component, f.error);
        if (status != lifts[i].status || strcmp(pirn_error_message(f.error), lifts[i].message) != 0)
            print_error("%s: %s\n", lifts[i].what, pirn_error_message(f.error));
        assert_int_equal(status, lifts[i].status);
        assert_string_equal(pirn_error_message(f.error), lifts[i].message);
        fixture_done(&f);
    }
}

/* Loads and prepares; what comes of instantiating is the message. */
static void expect_refusal(binary component, const char *message)
{
    fixture f;
    fixture_init(&f, NULL);
    fixture_prepare(&f, component);
    f.store = pirn_store_new(f.engine, NULL);
    pirn_status status = pirn_component_instantiate(f.prepared, f.store, NULL, &f.instance, f.error);
    assert_int_equal(status, PIRN_LIMIT);
    assert_string_equal(pirn_error_message(f.error), message);
    assert_null(f.instance);
    fixture_done(&f);
}

static void test_what_cannot_run_yet_is_named_when_it_is_instantiated(void **state)
{
    (void)state;
    expect_refusal(lifted(&lifts[0]), "canon lift with `async` is not supported yet");
    expect_refusal(build("component: type { 1 0x66 1 u8 } canon { 1 0x0E 0 }"), "stream.new is not supported yet");
    expect_refusal(build("component: canon { 2 0x05 0x0C 0 }"), "thread.yield is not supported yet");
}

static void test_built_ins_that_nobody_calls_do_no_harm(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    fixture_instantiate(&f, build("component: canon { 4 0x05 0x24 0x1F 0x0A i32 1 }"), NULL);
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_built_ins_say_what_they_do_not_get),
        cmocka_unit_test(test_async_lifting_has_rules_of_its_own),
        cmocka_unit_test(test_what_cannot_run_yet_is_named_when_it_is_instantiated),
        cmocka_unit_test(test_built_ins_that_nobody_calls_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

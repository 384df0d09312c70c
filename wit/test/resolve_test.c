/* SPDX-License-Identifier: Apache-2.0 */
/* Names are looked up: what comes out, what is refused, and that every allocation may fail. */
#include "wit/ast.h"
#include "wit/test/wit_test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const test_file clock_files[TEST_MAX_FILES] = {
    {"poll/poll.wit", "/// Waiting.\n"
                      "package t:poll@1.2.0;\n"
                      "interface poll {\n"
                      "    /// To wait for.\n"
                      "    resource pollable { ready: func() -> bool; any: static func() -> pollable; }\n"
                      "    poll: func(in: list<borrow<pollable>>) -> list<u32>;\n"
                      "}\n"},
    {"clock/clock.wit", "interface clock {\n"
                        "    use t:poll/poll@1.2.0.{pollable as waiter};\n"
                        "    now: func() -> instant;\n"
                        "    wait: func(until: instant) -> waiter;\n"
                        "    type instant = time;\n"
                        "    @since(version = 1.0.0)\n"
                        "    type time = u64;\n"
                        "    @unstable(feature = zones)\n"
                        "    zone: func() -> string;\n"
                        "}\n"},
    {"clock/world.wit", "package t:clock@1.0.0;\n"
                        "use clock as c;\n"
                        "world base { import log: func(text: string); export run: func() -> result; }\n"
                        "world all { include base with { log as print } import c; }\n"
                        "world guest { export clock; }\n"},
};

static pirn_wit *load_clock(bool all_features)
{
    pirn_wit *wit = pirn_wit_new(NULL);
    pirn_error error;
    base_error_init(&error);
    if (all_features)
        pirn_wit_enable_all_features(wit);
    pirn_status status = test_load(wit, clock_files, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(status, PIRN_OK);
    return wit;
}

static bool is(pirn_str text, const char *expected)
{
    return pirn_str_eq(text, pirn_str_of(expected));
}

static void test_packages_interfaces_and_docs_are_found(void **state)
{
    (void)state;
    pirn_wit *wit = load_clock(false);
    assert_int_equal(pirn_wit_package_count(wit), 2);
    const pirn_wit_package *package = pirn_wit_find_package(wit, PIRN_STR("t:poll@1.2.0"));
    assert_non_null(package);
    assert_true(is(pirn_wit_package_docs(package), "Waiting."));
    assert_true(is(pirn_wit_package_version(package), "1.2.0"));
    const pirn_wit_interface *poll = pirn_wit_find_interface(wit, PIRN_STR("t:poll/poll@1.2.0"));
    assert_non_null(poll);
    assert_true(is(pirn_wit_interface_file(poll), "poll/poll.wit"));
    assert_true(is(pirn_wit_type_docs(pirn_wit_interface_find_type(poll, PIRN_STR("pollable"))), "To wait for."));
    assert_null(pirn_wit_find_interface(wit, PIRN_STR("t:poll/poll@1.2.1")));
    assert_null(pirn_wit_find_interface(wit, PIRN_STR("poll")));
    assert_null(pirn_wit_find_package(wit, PIRN_STR("")));
    pirn_wit_free(wit);
}

static void test_functions_have_component_names_and_handles(void **state)
{
    (void)state;
    pirn_wit *wit = load_clock(false);
    const pirn_wit_interface *poll = pirn_wit_find_interface(wit, PIRN_STR("t:poll/poll@1.2.0"));
    const pirn_wit_function *ready = pirn_wit_interface_find_function(poll, PIRN_STR("[method]pollable.ready"));
    assert_non_null(ready);
    assert_true(is(pirn_wit_function_item_name(ready), "ready"));
    assert_int_equal(pirn_wit_function_kind_of(ready), PIRN_WIT_METHOD);
    assert_int_equal(pirn_wit_function_param_count(ready), 1);
    assert_true(is(pirn_wit_function_param(ready, 0).name, "self"));
    assert_int_equal(pirn_wit_type_kind(pirn_wit_function_param(ready, 0).type), PIRN_WIT_BORROW);
    assert_int_equal(pirn_wit_type_kind(pirn_wit_function_result(ready)), PIRN_WIT_BOOL);
    const pirn_wit_function *any = pirn_wit_interface_find_function(poll, PIRN_STR("[static]pollable.any"));
    assert_int_equal(pirn_wit_type_kind(pirn_wit_function_result(any)), PIRN_WIT_OWN);
    pirn_wit_free(wit);
}

static void test_aliases_lead_to_what_they_stand_for(void **state)
{
    (void)state;
    pirn_wit *wit = load_clock(false);
    const pirn_wit_interface *clock = pirn_wit_find_interface(wit, PIRN_STR("t:clock/clock@1.0.0"));
    const pirn_wit_interface *poll = pirn_wit_find_interface(wit, PIRN_STR("t:poll/poll@1.2.0"));
    const pirn_wit_type *waiter = pirn_wit_interface_find_type(clock, PIRN_STR("waiter"));
    assert_true(pirn_wit_type_is_used(waiter));
    assert_ptr_equal(pirn_wit_type_resolved(waiter), pirn_wit_interface_find_type(poll, PIRN_STR("pollable")));
    const pirn_wit_type *instant = pirn_wit_interface_find_type(clock, PIRN_STR("instant"));
    assert_int_equal(pirn_wit_type_kind(instant), PIRN_WIT_ALIAS);
    assert_int_equal(pirn_wit_type_kind(pirn_wit_type_resolved(instant)), PIRN_WIT_U64);
    assert_true(is(pirn_wit_type_gates(pirn_wit_interface_find_type(clock, PIRN_STR("time"))).since, "1.0.0"));
    assert_int_equal(pirn_wit_interface_dependency_count(clock), 1);
    assert_ptr_equal(pirn_wit_interface_dependency(clock, 0), poll);
    pirn_wit_free(wit);
}

static void test_unstable_items_exist_only_with_their_feature(void **state)
{
    (void)state;
    for (int all = 0; all < 2; all++) {
        pirn_wit *wit = load_clock(all != 0);
        const pirn_wit_interface *clock = pirn_wit_find_interface(wit, PIRN_STR("t:clock/clock@1.0.0"));
        assert_int_equal(pirn_wit_interface_find_function(clock, PIRN_STR("zone")) != NULL, all);
        pirn_wit_free(wit);
    }
    pirn_wit *wit = pirn_wit_new(NULL);
    assert_int_equal(pirn_wit_enable_feature(wit, PIRN_STR("zones")), PIRN_OK);
    assert_int_equal(test_load(wit, clock_files, NULL), PIRN_OK);
    const pirn_wit_interface *clock = pirn_wit_find_interface(wit, PIRN_STR("t:clock/clock@1.0.0"));
    assert_non_null(pirn_wit_interface_find_function(clock, PIRN_STR("zone")));
    pirn_wit_free(wit);
}

static void test_worlds_import_what_their_interfaces_need(void **state)
{
    (void)state;
    pirn_wit *wit = load_clock(false);
    const pirn_wit_world *all = pirn_wit_find_world(wit, PIRN_STR("t:clock/all@1.0.0"));
    static const char *const imports[] = {"print", "t:poll/poll@1.2.0", "t:clock/clock@1.0.0"};
    assert_int_equal(pirn_wit_world_import_count(all), BASE_COUNT(imports));
    for (size_t i = 0; i < BASE_COUNT(imports); i++)
        assert_true(is(pirn_wit_world_import(all, i).name, imports[i]));
    assert_int_equal(pirn_wit_world_export_count(all), 1);
    assert_true(is(pirn_wit_world_export(all, 0).name, "run"));
    assert_non_null(pirn_wit_world_export(all, 0).function);
    const pirn_wit_world *guest = pirn_wit_find_world(wit, PIRN_STR("t:clock/guest@1.0.0"));
    assert_int_equal(pirn_wit_world_import_count(guest), 1);
    assert_true(is(pirn_wit_world_import(guest, 0).name, "t:poll/poll@1.2.0"));
    pirn_wit_free(wit);
}

static void test_copies_of_a_package_in_deps_are_one(void **state)
{
    (void)state;
    static const test_file same[TEST_MAX_FILES] = {{"x/deps/a.wit", "package a:a; interface i { f: func(); }"},
                                                   {"y/deps/a.wit", "package a:a; interface i { f: func(); }"},
                                                   {"y/deps/b.wit", "package b:b; interface i { }"}};
    pirn_wit *wit = pirn_wit_new(NULL);
    assert_int_equal(test_load(wit, same, NULL), PIRN_OK);
    assert_int_equal(pirn_wit_package_count(wit), 2);
    pirn_wit_free(wit);
}

#define IN(text)                                 \
    {                                            \
        {                                        \
            "a.wit", "package a:b@1.0.0;\n" text \
        }                                        \
    }

static void test_errors_have_place_and_sentence(void **state)
{
    (void)state;
    static const struct {
        test_file files[TEST_MAX_FILES];
        pirn_status status;
        uint32_t line, column;
        const char *message;
    } cases[] = {
        {IN("interface i { f: func() -> instnt; type instant = u64; }"), PIRN_INVALID, 2, 28,
         "unknown type `instnt`; did you mean `instant`?"},
        {IN("interface i { f: func() -> far-away; }"), PIRN_INVALID, 2, 28, "unknown type `far-away`"},
        {IN("interface i { f: func() -> f; }"), PIRN_INVALID, 2, 28, "`f` is a function, not a type"},
        {IN("interface i { f: func(); f: func(); }"), PIRN_INVALID, 2, 26, "`f` is defined twice"},
        {IN("interface i { record r { x: u8, x: u8 } }"), PIRN_INVALID, 2, 33, "`x` is defined twice"},
        {IN("interface i { f: func(x: u8, x: u8); }"), PIRN_INVALID, 2, 30, "`x` is defined twice"},
        {IN("interface i { resource r { m: func(); m: static func(); } }"), PIRN_INVALID, 2, 39,
         "`m` is defined twice"},
        {IN("interface i {}\ninterface i {}"), PIRN_INVALID, 3, 11, "`i` is defined twice"},
        {IN("interface i { record r { x: list<r> } }"), PIRN_INVALID, 2, 34, "type `r` contains itself"},
        {IN("interface i { type a = b; type b = a; }"), PIRN_INVALID, 2, 36, "type `a` contains itself"},
        {IN("interface i { enum e { } }"), PIRN_INVALID, 2, 20, "enum `e` is empty"},
        {IN("interface i { use j.{x}; }"), PIRN_INVALID, 2, 19, "unknown interface `j` in package `a:b@1.0.0`"},
        {IN("interface i { use jkm.{x}; }\ninterface jkl { type y = u8; }"), PIRN_INVALID, 2, 19,
         "unknown interface `jkm` in package `a:b@1.0.0`; did you mean `jkl`?"},
        {IN("interface i { use j.{xyz}; }\ninterface j { type xy = u8; }"), PIRN_INVALID, 2, 22,
         "unknown type `xyz` in interface `a:b/j@1.0.0`; did you mean `xy`?"},
        {IN("interface i { use j.{f}; }\ninterface j { f: func(); }"), PIRN_INVALID, 2, 22,
         "`f` is a function, and `use` is for types"},
        {IN("interface i { use j.{x}; type y = u8; }\ninterface j { use i.{y}; type x = u8; }"), PIRN_INVALID, 3, 19,
         "interface `a:b/i@1.0.0` uses itself through others"},
        {IN("interface i { use a:c/j.{x}; }"), PIRN_INVALID, 2, 19, "unknown package `a:c`"},
        {IN("interface i { use a:b/j.{x}; }"), PIRN_INVALID, 2, 19,
         "unknown package `a:b`; did you mean `a:b@1.0.0`?"},
        {IN("interface i { use w.{x}; }\nworld w {}"), PIRN_INVALID, 2, 19,
         "`w` is a world, and `use` takes types from interfaces"},
        {IN("interface i { resource r; f: func() -> borrow<r>; }"), PIRN_INVALID, 2, 40,
         "the result of a function cannot have a borrow"},
        {IN("interface i { type t = own<u8>; }"), PIRN_INVALID, 2, 28, "`own` needs the name of a resource"},
        {IN("interface i { resource r; type t = stream<borrow<r>>; }"), PIRN_INVALID, 2, 36,
         "a `stream` cannot carry a borrow"},
        {IN("interface i { type t = map<f32, u8>; }"), PIRN_INVALID, 2, 28,
         "the keys of a `map` are integers, `bool`, `char` or `string`"},
        {IN("interface i { resource r { constructor() -> u8; } }"), PIRN_INVALID, 2, 45,
         "the constructor of `r` must give `r` or `result<r, ..>`"},
        {IN("@since(version = 1.0.1) interface i {}"), PIRN_INVALID, 2, 1,
         "`@since` names version 1.0.1, which is later than package `a:b@1.0.0`"},
        {IN("interface i { @since(version = 1.0.0) @deprecated(version = 2.0.0) f: func(); }"), PIRN_INVALID, 2, 15,
         "`@deprecated` names version 2.0.0, which is later than package `a:b@1.0.0`"},
        {IN("@since(version = 0.2.0) interface i { @since(version = 0.1.0) f: func(); }"), PIRN_INVALID, 2, 63,
         "this is in `i`, which is `@since(version = 0.2.0)`: it needs that gate or a later one"},
        {IN("interface i { @unstable(feature = x) type t = u8; type u = u8; }\n"
            "world w { include v with { f as a, f as b }; }\nworld v { import f: func(); }"),
         PIRN_INVALID, 3, 36, "`f` is defined twice"},
        {IN("world w { include w; }"), PIRN_INVALID, 2, 19, "world `a:b/w@1.0.0` includes itself"},
        {IN("world w { include i; }\ninterface i {}"), PIRN_INVALID, 2, 19,
         "`i` is an interface, and `include` takes a world"},
        {IN("world w { import i; import i; }\ninterface i {}"), PIRN_INVALID, 2, 28,
         "world `w` imports `a:b/i@1.0.0` twice"},
        {IN("world w { import f: func(); }\nworld x { include w; import f: func(); }"), PIRN_INVALID, 3, 29,
         "world `x` imports `f` twice"},
        {IN("world w { import fun: func(); }\nworld x { include w with { fum as f }; }"), PIRN_INVALID, 3, 28,
         "unknown item `fum` in world `a:b/w@1.0.0`; did you mean `fun`?"},
        {{{"a.wit", "interface i {}"}},
         PIRN_INVALID,
         1,
         1,
         "no file says which package this is: `package space:name;` is missing"},
        {{{"a.wit", "package a:b;"}, {"b.wit", "package a:c;"}},
         PIRN_INVALID,
         1,
         9,
         "the package has another name in `a.wit`"},
        {{{"x/a.wit", "package a:b;"}, {"y/b.wit", "package a:b; interface i {}"}},
         PIRN_INVALID,
         1,
         9,
         "package `a:b` is defined twice"},
        {{{"a.wit", "package a:b;\n@since(version = 1.0.0) interface i {}"}},
         PIRN_INVALID,
         2,
         1,
         "`@since` needs a package with a version, and `a:b` has none"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_error error;
        base_error_init(&error);
        pirn_wit *wit = pirn_wit_new(NULL);
        pirn_status status = test_load(wit, cases[i].files, &error);
        assert_string_equal(error.message, cases[i].message);
        assert_int_equal(status, cases[i].status);
        assert_int_equal(error.line, cases[i].line);
        assert_int_equal(error.column, cases[i].column);
        assert_true(pirn_wit_error_file(wit).len > 0);
        pirn_wit_free(wit);
    }
}

/* Each definition needs the one before or the one behind it. */
static pirn_status load_chain(const char *format, size_t count, pirn_error *error)
{
    char *text = malloc(count * 80 + 100);
    size_t len = (size_t)sprintf(text, "package a:b;\n");
    for (size_t i = 0; i < count; i++)
        len += (size_t)sprintf(text + len, format, i, i + 1);
    pirn_wit *wit = pirn_wit_new(NULL);
    base_error_init(error);
    pirn_status status = pirn_wit_add_file(wit, PIRN_STR("a.wit"), (pirn_str){text, len}, error);
    if (status == PIRN_OK)
        status = pirn_wit_resolve(wit, error);
    pirn_wit_free(wit);
    free(text);
    return status;
}

static void test_chains_of_definitions_are_bounded(void **state)
{
    (void)state;
    static const char *const formats[] = {
        "interface i%zu { use i%zu.{t}; }\n",
        "world w%zu { include w%zu; }\n",
    };
    for (size_t i = 0; i < BASE_COUNT(formats); i++) {
        pirn_error error;
        assert_int_equal(load_chain(formats[i], 5000, &error), PIRN_LIMIT);
        assert_string_equal(error.message, "definitions need each other through more levels than 100");
    }
}

static void test_depth_of_types_counts_through_names(void **state)
{
    (void)state;
    static char text[20000] = "package a:b; interface i { type t0 = u8; ";
    for (size_t i = 0; i < 200; i++)
        sprintf(text + strlen(text), "type t%zu = tuple<t%zu, t%zu>; ", i + 1, i, i);
    strcat(text, "}");
    const test_file files[TEST_MAX_FILES] = {{"a.wit", text}};
    pirn_error error;
    base_error_init(&error);
    pirn_wit *wit = pirn_wit_new(NULL);
    assert_int_equal(test_load(wit, files, &error), PIRN_LIMIT);
    assert_string_equal(error.message, "types are nested deeper than 100");
    pirn_wit_free(wit);
}

/* Fails the n-th allocation and all behind it. */
typedef struct failing_allocator {
    size_t left;
    bool has_failed;
} failing_allocator;

static void *failing_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    failing_allocator *f = user;
    const pirn_allocator *real = pirn_allocator_default();
    if (new_size > 0 && f->left == 0) {
        f->has_failed = true;
        return NULL;
    }
    f->left -= new_size > 0;
    return real->resize(real->user, block, old_size, new_size);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    failing_allocator f = {.has_failed = true};
    for (size_t n = 0; f.has_failed; n++) {
        f = (failing_allocator){.left = n};
        const pirn_allocator allocator = {failing_resize, &f};
        pirn_wit *wit = pirn_wit_new(&allocator);
        assert_int_equal(wit == NULL, n == 0);
        if (wit == NULL)
            continue;
        pirn_status status = test_load(wit, clock_files, NULL);
        assert_int_equal(status, f.has_failed ? PIRN_NOMEM : PIRN_OK);
        pirn_wit_free(wit);
        assert_true(n < 10000);
    }
}

static void test_calls_in_the_wrong_order_are_refused(void **state)
{
    (void)state;
    pirn_wit *wit = pirn_wit_new(NULL);
    assert_int_equal(pirn_wit_resolve(wit, NULL), PIRN_OK);
    assert_int_equal(pirn_wit_resolve(wit, NULL), PIRN_USAGE);
    assert_int_equal(pirn_wit_add_file(wit, PIRN_STR("a"), PIRN_STR(""), NULL), PIRN_USAGE);
    pirn_wit_free(wit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packages_interfaces_and_docs_are_found),
        cmocka_unit_test(test_functions_have_component_names_and_handles),
        cmocka_unit_test(test_aliases_lead_to_what_they_stand_for),
        cmocka_unit_test(test_unstable_items_exist_only_with_their_feature),
        cmocka_unit_test(test_worlds_import_what_their_interfaces_need),
        cmocka_unit_test(test_copies_of_a_package_in_deps_are_one),
        cmocka_unit_test(test_errors_have_place_and_sentence),
        cmocka_unit_test(test_chains_of_definitions_are_bounded),
        cmocka_unit_test(test_depth_of_types_counts_through_names),
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_calls_in_the_wrong_order_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What a linker says of imports that it cannot satisfy. */
#include "component/test/fixture.h"

#include "vm/base/compiler.h"

#include <stdio.h>
#include <string.h>

static pirn_status host_nothing(pirn_host_call *call, const void *args, void *result)
{
    (void)call;
    (void)args;
    (void)result;
    return PIRN_OK;
}

static void drop_nothing(void *data, void *object)
{
    (void)data;
    (void)object;
}

static const pirn_resourcedesc thing = {"thing", drop_nothing}, other_thing = {"thing", drop_nothing};
static const pirn_resourcedesc *const things[] = {&thing}, *const other_things[] = {&other_thing};
static const pirn_typedesc type_u32 = {.kind = PIRN_TYPE_U32}, type_string = {.kind = PIRN_TYPE_STRING};
static const pirn_typedesc type_names = {.kind = PIRN_TYPE_LIST, .element = &type_string};
static const pirn_typedesc type_thing = {.kind = PIRN_TYPE_BORROW, .resource = &thing};
static const pirn_memberdesc param_names[] = {{"names", &type_names}}, param_thing[] = {{"self", &type_thing}};
static const pirn_funcdesc funcs[] = {
    {.name = "count", .func = host_nothing, .param_count = 1, .params = param_names, .result = &type_u32},
    {.name = "[method]thing.poke", .func = host_nothing, .param_count = 1, .params = param_thing},
};

/* An interface of the functions above, and one that has another resource type of the same name. */
#define INTERFACE(version) \
    {.name = version, .func_count = BASE_COUNT(funcs), .funcs = funcs, .resource_count = 1, .resources = things}
static const pirn_interfacedesc names_0_2_12 = INTERFACE("test:host/names@0.2.12");
static const pirn_interfacedesc names_0_3_0 = INTERFACE("test:host/names@0.3.0");
static const pirn_interfacedesc plain = INTERFACE("");
static const pirn_interfacedesc impostor = {
    .name = "test:host/impostor@0.2.0", .resource_count = 1, .resources = other_things};

/* The component's types, and an import of them: the name, then what it is. */
#define COUNT_TYPE "type-decl list string type-decl func 1 'names' 0 result u32 export-decl named 'count' is-func 1 "
#define POKE_TYPE                                                                                   \
    "export-decl named 'thing' is-resource type-decl borrow 0 type-decl func 1 'self' 1 no-result " \
    "export-decl named '[method]thing.poke' is-func 2 "

static const struct {
    const char *component;
    const pirn_interfacedesc *offers[3];
    const char *message; /* NULL: it fits */
} cases[] = {
    {"type { 1 instance-type 3 " COUNT_TYPE "} import { 1 named 'test:host/names@0.2.3' is-instance 0 }",
     {&names_0_2_12},
     NULL},
    {"type { 1 instance-type 4 " POKE_TYPE "} import { 1 named 'test:host/names@0.2.3' is-instance 0 }",
     {&names_0_2_12},
     NULL},
    {"type { 1 instance-type 3 " COUNT_TYPE "} import { 1 named 'test:host/names@0.2.3' is-instance 0 }",
     {NULL},
     "missing or ill-fitting import \"test:host/names@0.2.3\": the linker is empty"},
    {"type { 1 instance-type 3 " COUNT_TYPE "} import { 1 named 'test:host/names@0.4.0' is-instance 0 }",
     {&names_0_2_12, &names_0_3_0},
     "missing or ill-fitting import \"test:host/names@0.4.0\": the linker has test:host/names@0.2.12, "
     "test:host/names@0.3.0"},
    {"type { 1 instance-type 3 " COUNT_TYPE "} import { 1 named 'test:host/naems@0.2.0' is-instance 0 }",
     {&names_0_2_12, &impostor},
     "missing or ill-fitting import \"test:host/naems@0.2.0\": the linker has test:host/names@0.2.12"},
    {"type { 1 instance-type 3 " COUNT_TYPE "} import { 1 named 'test:host/registers@0.2.0' is-instance 0 }",
     {&names_0_2_12, &impostor},
     "missing or ill-fitting import \"test:host/registers@0.2.0\": the linker has test:host/names@0.2.12, "
     "test:host/impostor@0.2.0"},
    {"type { 1 instance-type 3 " COUNT_TYPE "} import { 1 named 'acme:tools/hammer' is-instance 0 }",
     {&names_0_2_12},
     "missing or ill-fitting import \"acme:tools/hammer\": the linker has nothing like it"},
    {"type { 1 instance-type 2 type-decl func 0 no-result export-decl named 'reset' is-func 0 } "
     "import { 1 named 'test:host/names@0.2.3' is-instance 0 }",
     {&names_0_2_12},
     "missing or ill-fitting import \"test:host/names@0.2.3\" (the linker's test:host/names@0.2.12): function "
     "\"reset\" is missing"},
    {"type { 1 instance-type 2 type-decl func 1 'names' string result u32 export-decl named 'count' is-func 0 } "
     "import { 1 named 'test:host/names@0.2.12' is-instance 0 }",
     {&names_0_2_12},
     "missing or ill-fitting import \"test:host/names@0.2.12\": function \"count\" is func(names: string) -> u32, "
     "the linker has func(names: list<string>) -> u32"},
    {"type { 1 instance-type 2 type-decl list string export-decl named 'names' is-type 0 } "
     "import { 1 named 'test:host/only-types' is-instance 0 }",
     {NULL},
     NULL},
    {"type { 1 instance-type 1 export-decl named 'gadget' is-resource } "
     "import { 1 named 'test:host/names@0.2.12' is-instance 0 }",
     {&names_0_2_12},
     "missing or ill-fitting import \"test:host/names@0.2.12\": resource \"gadget\" is missing"},
    {"type { 1 instance-type 1 export-decl named 'thing' is-resource } "
     "import { 1 named 'test:host/names@0.2.12' is-instance 0 } alias { 1 type-sort of 0 'thing' } "
     "type { 1 instance-type 2 alias-decl type-sort outer 1 1 export-decl named 'thing' is-type 0 } "
     "import { 1 named 'test:host/impostor@0.2.0' is-instance 2 }",
     {&names_0_2_12, &impostor},
     "missing or ill-fitting import \"test:host/impostor@0.2.0\": resource \"thing\" is another type than the one "
     "imported before"},
    {"type { 1 func 0 no-result } import { 1 named 'reset' is-func 0 }",
     {&plain},
     "missing or ill-fitting import \"reset\": the linker has no func of that name"},
    {"type { 2 list string func 1 'names' 0 result u32 } import { 1 named 'count' is-func 1 }", {&plain}, NULL},
    {"import { 1 named 'thing' is-resource }", {&plain}, NULL},
    {"type { 1 component-type 0 } import { 1 named 'c' is-component 0 }",
     {&plain},
     "missing or ill-fitting import \"c\": is a component, which a linker cannot offer"},
    {"type { 1 instance-type 4 " POKE_TYPE "} import { 1 named 'test:host/nothing@9.0.0' is-instance 0 } "
     "type { 1 func 0 no-result } import { 1 named 'reset' is-func 1 }",
     {&impostor},
     "missing or ill-fitting imports:\n"
     "  \"test:host/nothing@9.0.0\": the linker has test:host/impostor@0.2.0\n"
     "  \"reset\": the linker has no func of that name"},
};

static void test_each_missing_or_ill_fitting_import_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        fixture f;
        char text[1000];
        fixture_init(&f, NULL);
        for (size_t j = 0; j < BASE_COUNT(cases[i].offers) && cases[i].offers[j] != NULL; j++)
            fixture_define(&f, cases[i].offers[j], NULL);
        snprintf(text, sizeof text, "component: %s", cases[i].component);
        fixture_load(&f, build(text));
        pirn_status status = pirn_linker_prepare(f.linker, f.component, &f.prepared, f.error);
        assert_string_equal(pirn_error_message(f.error), cases[i].message == NULL ? "" : cases[i].message);
        assert_int_equal(status, cases[i].message == NULL ? PIRN_OK : PIRN_UNLINKABLE);
        fixture_done(&f);
    }
}

/* What nobody offers is served, whatever it is; what is offered is held to its types. */
static void test_the_rest_needs_no_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        fixture f;
        char text[1000];
        fixture_init(&f, NULL);
        pirn_linker_define_rest(f.linker, host_nothing, drop_nothing, NULL);
        snprintf(text, sizeof text, "component: %s", cases[i].component);
        fixture_load(&f, build(text));
        bool has_component = strstr(text, "is-component") != NULL;
        assert_int_equal(pirn_linker_prepare(f.linker, f.component, &f.prepared, f.error),
                         has_component ? PIRN_UNLINKABLE : PIRN_OK);
        fixture_done(&f);
    }
}

static void test_an_interface_is_defined_once(void **state)
{
    (void)state;
    fixture f;
    fixture_init(&f, NULL);
    fixture_define(&f, &names_0_2_12, NULL);
    fixture_define(&f, &names_0_3_0, NULL);
    assert_int_equal(pirn_linker_define(f.linker, &names_0_2_12, NULL, f.error), PIRN_USAGE);
    assert_string_equal(pirn_error_message(f.error), "interface \"test:host/names@0.2.12\" is defined already");
    fixture_done(&f);
}

/* Many imports are missing: the message ends where its room ends, between two lines. */
static void test_a_long_list_of_problems_is_cut(void **state)
{
    (void)state;
    char text[60000] = "component: type { 1 instance-type 1 export-decl named 'r' is-resource } ";
    size_t len = strlen(text);
    for (int i = 0; i < 200; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "import { 1 named 'test:host/interface-number-n%d@0.2.0' is-instance 0 } ", i);
    fixture f;
    fixture_init(&f, NULL);
    fixture_load(&f, build(text));
    assert_int_equal(pirn_linker_prepare(f.linker, f.component, &f.prepared, f.error), PIRN_UNLINKABLE);
    const char *message = pirn_error_message(f.error), *end = "\": the linker is empty\n  and more";
    assert_true(strlen(message) > strlen(end));
    assert_string_equal(message + strlen(message) - strlen(end), end);
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_missing_or_ill_fitting_import_is_named),
        cmocka_unit_test(test_the_rest_needs_no_types),
        cmocka_unit_test(test_an_interface_is_defined_once),
        cmocka_unit_test(test_a_long_list_of_problems_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

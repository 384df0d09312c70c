/* SPDX-License-Identifier: Apache-2.0 */
#include "component/type.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const pirn_type u8 = {.kind = PIRN_TYPE_U8}, text = {.kind = PIRN_TYPE_STRING};
static const pirn_type list = {.kind = PIRN_TYPE_LIST, .element = &u8};
static const pirn_type option = {.kind = PIRN_TYPE_OPTION, .element = &list};
static const pirn_str pollable = {"pollable", 8};
static const pirn_type handle = {.kind = PIRN_TYPE_OWN, .name = &pollable};
static const pirn_type nameless = {.kind = PIRN_TYPE_BORROW};
static const cm_member fields[] = {{.name = {"a", 1}, .type = &option}, {.name = {"b-c", 3}, .type = &handle}};
static const pirn_type record = {.kind = PIRN_TYPE_RECORD, .member_count = 2, .members = fields};
static const cm_member cases[] = {{.name = {"x", 1}}, {.name = {"y", 1}, .type = &text}};
static const pirn_type variant = {.kind = PIRN_TYPE_VARIANT, .member_count = 2, .members = cases};
static const pirn_type flags = {.kind = PIRN_TYPE_FLAGS, .member_count = 1, .members = cases};
static const cm_member elements[] = {{.type = &u8}, {.type = &nameless}};
static const pirn_type tuple = {.kind = PIRN_TYPE_TUPLE, .member_count = 2, .members = elements};
static const cm_member neither[2], ok[] = {{.type = &u8}, {.type = NULL}},
                                   error[] = {{.type = NULL}, {.type = &text}},
                                   both[] = {{.type = &u8}, {.type = &text}};
static const pirn_type results[] = {
    {.kind = PIRN_TYPE_RESULT, .member_count = 2, .members = neither},
    {.kind = PIRN_TYPE_RESULT, .member_count = 2, .members = ok},
    {.kind = PIRN_TYPE_RESULT, .member_count = 2, .members = error},
    {.kind = PIRN_TYPE_RESULT, .member_count = 2, .members = both},
};

static void test_types_are_printed_as_wit(void **state)
{
    (void)state;
    static const struct {
        const pirn_type *type;
        const char *text;
    } rows[] = {
        {&u8, "u8"},
        {&record, "record { a: option<list<u8>>, b-c: own<pollable> }"},
        {&variant, "variant { x, y(string) }"},
        {&flags, "flags { x }"},
        {&tuple, "tuple<u8, borrow<resource>>"},
        {&results[0], "result"},
        {&results[1], "result<u8>"},
        {&results[2], "result<_, string>"},
        {&results[3], "result<u8, string>"},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        char out[100];
        assert_int_equal(pirn_type_text(rows[i].type, out, sizeof out), strlen(rows[i].text));
        assert_string_equal(out, rows[i].text);
    }
}

static void test_functions_are_printed_as_wit_as_far_as_there_is_room(void **state)
{
    (void)state;
    pirn_component_functype type = {.param_count = 2, .params = fields, .result = &results[1]};
    char out[100], few[8];
    const char *whole = "func(a: option<list<u8>>, b-c: own<pollable>) -> result<u8>";
    assert_int_equal(pirn_component_functype_text(&type, out, sizeof out), strlen(whole));
    assert_string_equal(out, whole);
    assert_int_equal(pirn_component_functype_text(&type, few, sizeof few), strlen(whole));
    assert_string_equal(few, "func(a:");
    assert_int_equal(pirn_component_functype_text(&type, NULL, 0), strlen(whole));
}

static void test_members_of_option_and_result_are_cases(void **state)
{
    (void)state;
    assert_int_equal(pirn_type_member_count(&option), 2);
    assert_true(pirn_str_eq(pirn_type_member_name(&option, 1), PIRN_STR("some")));
    assert_null(pirn_type_member_type(&option, 0));
    assert_ptr_equal(pirn_type_member_type(&option, 1), &list);
    assert_ptr_equal(pirn_type_member_type(&results[3], 1), &text);
}

static void test_named_types_are_called_by_their_names_where_asked_for(void **state)
{
    (void)state;
    static const pirn_str names[] = {{"colour", 6}, {"paint", 5}};
    static const pirn_type colour = {
        .kind = PIRN_TYPE_VARIANT, .member_count = 2, .members = cases, .name = &names[0]};
    static const cm_member paint_fields[] = {{.name = {"c", 1}, .type = &colour}};
    static const pirn_type paint = {
        .kind = PIRN_TYPE_RECORD, .member_count = 1, .members = paint_fields, .name = &names[1]};
    pirn_component_functype mix = {.param_count = 1, .params = paint_fields, .result = &paint};
    char out[100];
    pirn_type_text(&paint, out, sizeof out);
    assert_string_equal(out, "record { c: variant { x, y(string) } }");
    assert_int_equal(pirn_type_definition(&paint, out, sizeof out), strlen("record { c: colour }"));
    assert_string_equal(out, "record { c: colour }");
    assert_int_equal(pirn_component_functype_signature(&mix, out, sizeof out), strlen("func(c: colour) -> paint"));
    assert_string_equal(out, "func(c: colour) -> paint");
}

static void test_types_tell_of_themselves(void **state)
{
    (void)state;
    assert_int_equal(pirn_type_kind_of(&record), PIRN_TYPE_RECORD);
    assert_string_equal(pirn_type_kind_name(PIRN_TYPE_RECORD), "record");
    assert_string_equal(pirn_type_kind_name(PIRN_TYPE_BORROW), "borrow");
    assert_ptr_equal(pirn_type_element(&option), &list);
    assert_null(pirn_type_element(&record));
    assert_true(pirn_str_eq(pirn_type_resource_name(&handle), PIRN_STR("pollable")));
    assert_int_equal(pirn_type_resource_name(&nameless).len, 0);
    assert_string_equal(pirn_item_kind_name(PIRN_ITEM_INSTANCE), "instance");
    assert_string_equal(pirn_item_kind_name(PIRN_ITEM_MODULE), "module");
}

static void test_functions_tell_of_their_parameters(void **state)
{
    (void)state;
    pirn_component_functype type = {.param_count = 2, .params = fields};
    assert_int_equal(pirn_component_functype_params(&type), 2);
    assert_true(pirn_str_eq(pirn_component_functype_param_name(&type, 1), PIRN_STR("b-c")));
    assert_ptr_equal(pirn_component_functype_param(&type, 1), &handle);
    assert_null(pirn_component_functype_result(&type));
    type.result = &u8;
    assert_ptr_equal(pirn_component_functype_result(&type), &u8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_are_printed_as_wit),
        cmocka_unit_test(test_functions_are_printed_as_wit_as_far_as_there_is_room),
        cmocka_unit_test(test_members_of_option_and_result_are_cases),
        cmocka_unit_test(test_named_types_are_called_by_their_names_where_asked_for),
        cmocka_unit_test(test_types_tell_of_themselves),
        cmocka_unit_test(test_functions_tell_of_their_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

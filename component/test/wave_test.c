/* SPDX-License-Identifier: Apache-2.0 */
/* Values as text: what is read is printed again, and what is wrong is said with its place. */
#include "component/type.h"
#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static cm_member numbers[2], fields[3], cases[2], labels[3], outcomes[2], words[2], sides[2];
static pirn_type u8 = {.kind = PIRN_TYPE_U8}, s8 = {.kind = PIRN_TYPE_S8}, s64 = {.kind = PIRN_TYPE_S64},
                 u64 = {.kind = PIRN_TYPE_U64}, f32 = {.kind = PIRN_TYPE_F32}, f64 = {.kind = PIRN_TYPE_F64},
                 boolean = {.kind = PIRN_TYPE_BOOL}, character = {.kind = PIRN_TYPE_CHAR},
                 string = {.kind = PIRN_TYPE_STRING}, list = {.kind = PIRN_TYPE_LIST, .element = &string},
                 option = {.kind = PIRN_TYPE_OPTION, .element = &u8},
                 tuple = {.kind = PIRN_TYPE_TUPLE, .member_count = 2, .members = numbers},
                 record = {.kind = PIRN_TYPE_RECORD, .member_count = 3, .members = fields},
                 variant = {.kind = PIRN_TYPE_VARIANT, .member_count = 2, .members = cases},
                 enumeration = {.kind = PIRN_TYPE_ENUM, .member_count = 3, .members = labels},
                 flags = {.kind = PIRN_TYPE_FLAGS, .member_count = 3, .members = labels},
                 result = {.kind = PIRN_TYPE_RESULT, .member_count = 2, .members = outcomes},
                 keyword = {.kind = PIRN_TYPE_ENUM, .member_count = 2, .members = words},
                 either = {.kind = PIRN_TYPE_RESULT, .member_count = 2, .members = sides},
                 nested = {.kind = PIRN_TYPE_OPTION, .element = &option}, own = {.kind = PIRN_TYPE_OWN};

static int make_types(void **state)
{
    (void)state;
    numbers[0] = (cm_member){.type = &u8};
    numbers[1] = (cm_member){.type = &f64};
    fields[0] = (cm_member){.name = PIRN_STR("name"), .type = &string};
    fields[1] = (cm_member){.name = PIRN_STR("at"), .type = &tuple};
    fields[2] = (cm_member){.name = PIRN_STR("age"), .type = &option};
    cases[0] = (cm_member){.name = PIRN_STR("none-of-it")};
    cases[1] = (cm_member){.name = PIRN_STR("circle"), .type = &f64};
    labels[0] = (cm_member){.name = PIRN_STR("read")};
    labels[1] = (cm_member){.name = PIRN_STR("write")};
    labels[2] = (cm_member){.name = PIRN_STR("run")};
    words[0] = (cm_member){.name = PIRN_STR("true")};
    words[1] = (cm_member){.name = PIRN_STR("none")};
    sides[0] = sides[1] = (cm_member){.type = &u8};
    outcomes[1] = (cm_member){.type = &string};
    pirn_type *const types[] = {&u8,          &s8,     &s64,    &u64,     &f32,    &f64,    &boolean,
                                &character,   &string, &list,   &option,  &tuple,  &record, &variant,
                                &enumeration, &flags,  &result, &keyword, &either, &nested, &own};
    for (size_t i = 0; i < BASE_COUNT(types); i++)
        cm_type_layout(types[i]);
    return 0;
}

static void test_values_are_printed_as_they_were_read(void **state)
{
    (void)state;
    static const struct {
        const pirn_type *type;
        const char *text, *printed; /* NULL: the same */
    } rows[] = {
        {&u8, "255", NULL},
        {&s8, "-128", NULL},
        {&s64, "-9223372036854775808", NULL},
        {&u64, "18446744073709551615", NULL},
        {&f32, "0.1", NULL},
        {&f32, "1e10", "1e+10"},
        {&f64, "0.30000000000000004", NULL},
        {&f64, "-0", NULL},
        {&f64, " nan ", "nan"},
        {&f64, "-inf", NULL},
        {&boolean, "true", NULL},
        {&character, "'x'", NULL},
        {&character, "'\\u{1F9F5}'", "'\xF0\x9F\xA7\xB5'"},
        {&character, "'\\''", NULL},
        {&string, "\"a \\\"b\\\" \\n \xC3\xA9\"", NULL},
        {&string, "\"\\u{0}\"", NULL},
        {&list, "[]", NULL},
        {&list, "[\"a\",\"b\" ,]", "[\"a\", \"b\"]"},
        {&option, "some(3)", NULL},
        {&option, "none", NULL},
        {&option, "7", "some(7)"},
        {&tuple, "(1, 2.5)", NULL},
        {&record, "{name: \"n\", at: (1, 2), age: some(3)}", NULL},
        {&record, "{ at: (1,2), name: \"n\" }", "{name: \"n\", at: (1, 2), age: none}"},
        {&variant, "none-of-it", NULL},
        {&variant, "circle(2.5)", NULL},
        {&enumeration, "run", NULL},
        {&enumeration, "%run", "run"},
        {&flags, "{read, run}", NULL},
        {&flags, "{}", NULL},
        {&flags, "{read, // one\n run}", "{read, run}"},
        {&keyword, "%true", NULL},
        {&keyword, "none", "%none"},
        {&either, "3", "ok(3)"},
        {&result, "ok", NULL},
        {&result, "err(\"why\")", NULL},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        uint64_t value[16];
        char out[100];
        pirn_arena *arena = pirn_arena_new(NULL);
        pirn_error *error = pirn_error_new(NULL);
        if (pirn_value_parse(rows[i].type, pirn_str_of(rows[i].text), arena, value, error) != PIRN_OK)
            fail_msg("%s: %s", rows[i].text, pirn_error_message(error));
        pirn_value_text(rows[i].type, value, out, sizeof out);
        assert_string_equal(out, rows[i].printed != NULL ? rows[i].printed : rows[i].text);
        pirn_error_free(error);
        pirn_arena_free(arena);
    }
}

static void test_a_mistake_has_its_place(void **state)
{
    (void)state;
    static const struct {
        const pirn_type *type;
        const char *text;
        uint32_t column;
        const char *message;
    } rows[] = {
        {&u8, "256", 1, "expected a value of type u8"},
        {&u8, "-1", 1, "expected a value of type u8"},
        {&s8, "128", 1, "expected a value of type s8"},
        {&s64, "9223372036854775808", 1, "expected a value of type s64"},
        {&u64, "18446744073709551616", 1, "expected a value of type u64"},
        {&u8, "1x", 1, "expected a value of type u8"},
        {&u8, "", 1, "expected a value of type u8"},
        {&u8, "1 2", 3, "unexpected text behind the value"},
        {&f64, "0x1p3", 1, "expected a value of type f64"},
        {&boolean, "maybe", 1, "expected a value of type bool"},
        {&character, "'ab'", 3, "expected one character and '"},
        {&character, "'\\u{D800}'", 9, "not a Unicode scalar value"},
        {&string, "\"abc", 5, "the literal does not end"},
        {&string, "\"\\q\"", 3, "unknown escape; there are \\n \\t \\r \\0 \\\\ \\' \\\" and \\u{...}"},
        {&list, "[\"a\" \"b\"]", 6, "expected ','"},
        {&record, "{nme: \"n\"}", 2, "record has no 'nme'"},
        {&record, "{name: \"n\"}", 11, "field 'at' is missing"},
        {&record, "{name: \"n\", name: \"m\"}", 17, "this field was given before"},
        {&tuple, "(1)", 3, "expected ','"},
        {&variant, "circle", 7, "expected '('"},
        {&variant, "square(1)", 1, "variant has no 'square'"},
        {&flags, "{read, fly}", 8, "flags has no 'fly'"},
        {&result, "fine", 1, "expected a value of type result<_, string>"},
        {&f32, "1e39", 1, "the number is too large for f32"},
        {&f64, "1e309", 1, "the number is too large for f64"},
        {&f64, "infinity", 1, "expected a value of type f64"},
        {&f64, "+1", 1, "expected a value of type f64"},
        {&f64, ".5", 1, "expected a value of type f64"},
        {&nested, "3", 1, "expected a value of type option<option<u8>>"},
        {&either, "3x", 1, "expected a value of type u8"},
        {&own, "1", 1, "a handle cannot be written as text"},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        uint64_t value[16];
        pirn_arena *arena = pirn_arena_new(NULL);
        pirn_error *error = pirn_error_new(NULL);
        assert_int_equal(pirn_value_parse(rows[i].type, pirn_str_of(rows[i].text), arena, value, error),
                         PIRN_MALFORMED);
        assert_string_equal(pirn_error_message(error), rows[i].message);
        if (pirn_error_column(error) != rows[i].column)
            fail_msg("%s: column %u", rows[i].text, pirn_error_column(error));
        pirn_error_free(error);
        pirn_arena_free(arena);
    }
}

static const char *find_handle(void *user, const pirn_type *type, pirn_str name, void **out)
{
    *out = user;
    return type == &own && pirn_str_eq(name, PIRN_STR("r#1.x")) ? NULL : "who is that";
}

static void print_handle(void *user, const pirn_type *type, void *handle, char *out, size_t size)
{
    (void)type;
    snprintf(out, size, "%s", user == handle ? "mine" : "foreign");
}

static void test_handles_have_the_names_that_the_caller_knows(void **state)
{
    (void)state;
    int object;
    void *value = NULL;
    char out[20];
    pirn_handle_names names = {find_handle, print_handle, &object};
    pirn_arena *arena = pirn_arena_new(NULL);
    pirn_error *error = pirn_error_new(NULL);
    assert_int_equal(pirn_value_parse_named(&own, PIRN_STR(" r#1.x "), &names, arena, &value, error), PIRN_OK);
    assert_ptr_equal(value, &object);
    assert_int_equal(pirn_value_text_named(&own, &value, &names, out, sizeof out), 4);
    assert_string_equal(out, "mine");
    assert_int_equal(pirn_value_parse_named(&own, PIRN_STR("  s"), &names, arena, &value, error), PIRN_MALFORMED);
    assert_string_equal(pirn_error_message(error), "who is that");
    assert_int_equal(pirn_error_column(error), 3);
    pirn_error_clear(error);
    assert_int_equal(pirn_value_parse_named(&own, PIRN_STR("(1)"), &names, arena, &value, error), PIRN_MALFORMED);
    assert_string_equal(pirn_error_message(error), "expected the name of a handle");
    pirn_error_free(error);
    pirn_arena_free(arena);
}

static void test_arguments_fill_the_struct_of_parameters(void **state)
{
    (void)state;
    cm_member params[] = {{.name = PIRN_STR("a"), .type = &u8}, {.name = PIRN_STR("b"), .type = &string}};
    pirn_component_functype type = {.param_count = 2, .params = params};
    cm_functype_layout(&type);
    struct {
        uint8_t a;
        pirn_str b;
    } args;
    assert_int_equal(type.params_c.size, sizeof args);
    pirn_arena *arena = pirn_arena_new(NULL);
    assert_int_equal(pirn_args_parse(&type, PIRN_STR("(7, \"x\")"), arena, &args, NULL), PIRN_OK);
    assert_int_equal(args.a, 7);
    assert_true(pirn_str_eq(args.b, PIRN_STR("x")));
    assert_int_equal(pirn_args_parse(&type, PIRN_STR("(7)"), arena, &args, NULL), PIRN_MALFORMED);
    pirn_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_printed_as_they_were_read),
        cmocka_unit_test(test_a_mistake_has_its_place),
        cmocka_unit_test(test_handles_have_the_names_that_the_caller_knows),
        cmocka_unit_test(test_arguments_fill_the_struct_of_parameters),
    };
    return cmocka_run_group_tests_name("wave", tests, make_types, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What can be walked to from a resolved package, item by item. */
#include "wit/test/wit_test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const test_file files[TEST_MAX_FILES] = {
    {"shop/shop.wit", "package my:shop@1.2.3;\n"
                      "/// Prices.\n"
                      "@since(version = 1.1.0)\n"
                      "interface till {\n"
                      "    /// What is sold.\n"
                      "    record item { /// In cents.\n price: u32, name: string }\n"
                      "    type four = list<u8, 4>;\n"
                      "    resource drawer {\n"
                      "        constructor();\n"
                      "        /// Takes one out.\n"
                      "        @deprecated(version = 1.2.0)\n"
                      "        @since(version = 1.0.0)\n"
                      "        take: func(cents: u32) -> option<item>;\n"
                      "        count: static func() -> u8;\n"
                      "    }\n"
                      "    wait: async func();\n"
                      "}\n"
                      "/// All of it.\n"
                      "@since(version = 1.2.0)\n"
                      "world shop { use till.{item}; enum colour { red, blue } import paint: func(c: colour); export till; }\n"},
};

static bool is(pirn_str text, const char *expected)
{
    return pirn_str_eq(text, pirn_str_of(expected));
}

static pirn_wit *load_shop(void)
{
    pirn_wit *wit = pirn_wit_new(NULL);
    pirn_error error;
    base_error_init(&error);
    pirn_status status = test_load(wit, files, &error);
    assert_string_equal(error.message, "");
    assert_int_equal(status, PIRN_OK);
    return wit;
}

static const pirn_wit_interface *till_of(const pirn_wit *wit)
{
    const pirn_wit_interface *till = pirn_wit_find_interface(wit, PIRN_STR("my:shop/till@1.2.3"));
    assert_non_null(till);
    return till;
}

static void test_kinds_have_their_keywords(void **state)
{
    (void)state;
    assert_true(is(pirn_wit_kind_name(PIRN_WIT_BOOL), "bool"));
    assert_true(is(pirn_wit_kind_name(PIRN_WIT_VARIANT), "variant"));
    assert_true(is(pirn_wit_kind_name(PIRN_WIT_ALIAS), "type"));
}

static void test_a_package_and_an_interface_tell_of_themselves(void **state)
{
    (void)state;
    pirn_wit *wit = load_shop();
    const pirn_wit_interface *till = till_of(wit);
    const pirn_wit_package *package = pirn_wit_interface_package(till);
    assert_ptr_equal(package, pirn_wit_find_package(wit, PIRN_STR("my:shop@1.2.3")));
    assert_true(is(pirn_wit_package_space(package), "my"));
    assert_true(is(pirn_wit_package_name(package), "shop"));
    assert_true(is(pirn_wit_package_version(package), "1.2.3"));
    assert_true(is(pirn_wit_interface_name(till), "till"));
    assert_true(is(pirn_wit_interface_docs(till), "Prices."));
    assert_true(is(pirn_wit_interface_gates(till).since, "1.1.0"));
    assert_int_equal(pirn_wit_interface_gates(till).deprecated.len, 0);
    pirn_wit_free(wit);
}

static void test_types_tell_of_their_members(void **state)
{
    (void)state;
    pirn_wit *wit = load_shop();
    const pirn_wit_interface *till = till_of(wit);
    assert_int_equal(pirn_wit_interface_type_count(till), 3);
    const pirn_wit_type *item = pirn_wit_interface_type(till, 0);
    assert_true(is(pirn_wit_type_name(item), "item"));
    assert_true(is(pirn_wit_type_docs(item), "What is sold."));
    assert_ptr_equal(pirn_wit_type_interface(item), till);
    assert_null(pirn_wit_type_world(item));
    assert_int_equal(pirn_wit_type_member_count(item), 2);
    pirn_wit_member price = pirn_wit_type_member(item, 0);
    assert_true(is(price.name, "price") && is(price.docs, "In cents."));
    assert_int_equal(pirn_wit_type_kind(price.type), PIRN_WIT_U32);
    assert_int_equal(pirn_wit_type_length(item), 0);
    const pirn_wit_type *four = pirn_wit_type_resolved(pirn_wit_interface_find_type(till, PIRN_STR("four")));
    assert_int_equal(pirn_wit_type_kind(four), PIRN_WIT_LIST);
    assert_int_equal(pirn_wit_type_length(four), 4);
    pirn_wit_free(wit);
}

static void test_functions_tell_of_their_resource(void **state)
{
    (void)state;
    pirn_wit *wit = load_shop();
    const pirn_wit_interface *till = till_of(wit);
    static const struct {
        const char *name, *item_name;
        bool has_resource, is_async;
        const char *deprecated, *docs;
    } rows[] = {
        {"[constructor]drawer", "constructor", true, false, "", ""},
        {"[method]drawer.take", "take", true, false, "1.2.0", "Takes one out."},
        {"[static]drawer.count", "count", true, false, "", ""},
        {"wait", "wait", false, true, "", ""},
    };
    const pirn_wit_type *drawer = pirn_wit_interface_find_type(till, PIRN_STR("drawer"));
    assert_int_equal(pirn_wit_interface_function_count(till), BASE_COUNT(rows));
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        const pirn_wit_function *function = pirn_wit_interface_find_function(till, pirn_str_of(rows[i].name));
        assert_non_null(function);
        assert_true(is(pirn_wit_function_name(function), rows[i].name));
        assert_true(is(pirn_wit_function_item_name(function), rows[i].item_name));
        assert_ptr_equal(pirn_wit_function_resource(function), rows[i].has_resource ? drawer : NULL);
        assert_int_equal(pirn_wit_function_is_async(function), rows[i].is_async);
        assert_true(is(pirn_wit_function_gates(function).deprecated, rows[i].deprecated));
        assert_true(is(pirn_wit_function_docs(function), rows[i].docs));
        bool is_listed = false;
        for (size_t j = 0; j < BASE_COUNT(rows); j++)
            is_listed |= pirn_wit_interface_function(till, j) == function;
        assert_true(is_listed);
    }
    pirn_wit_free(wit);
}

static void test_a_world_tells_of_itself_and_its_types(void **state)
{
    (void)state;
    pirn_wit *wit = load_shop();
    const pirn_wit_world *shop = pirn_wit_find_world(wit, PIRN_STR("my:shop/shop@1.2.3"));
    assert_non_null(shop);
    assert_true(is(pirn_wit_world_name(shop), "shop"));
    assert_true(is(pirn_wit_world_docs(shop), "All of it."));
    assert_true(is(pirn_wit_world_gates(shop).since, "1.2.0"));
    const pirn_wit_type *colour = NULL;
    for (size_t i = 0; i < pirn_wit_world_import_count(shop); i++) {
        pirn_wit_world_item item = pirn_wit_world_import(shop, i);
        if (is(item.name, "colour"))
            colour = item.type;
    }
    assert_non_null(colour);
    assert_ptr_equal(pirn_wit_type_world(colour), shop);
    assert_null(pirn_wit_type_interface(colour));
    pirn_wit_free(wit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds_have_their_keywords),
        cmocka_unit_test(test_a_package_and_an_interface_tell_of_themselves),
        cmocka_unit_test(test_types_tell_of_their_members),
        cmocka_unit_test(test_functions_tell_of_their_resource),
        cmocka_unit_test(test_a_world_tells_of_itself_and_its_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

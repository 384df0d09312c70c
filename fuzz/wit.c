/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading any text as WIT, and walking what comes out. The text may hold several files, divided by lines of `//// `; the
 * files are in one package folder, so that names are looked up across them.
 */
#include "fuzz/fuzz.h"
#include <pirn/wit.h>
#include <string.h>

static void check_type(const pirn_wit_type *type)
{
    if (type == NULL)
        return;
    fuzz_check(pirn_wit_kind_name(pirn_wit_type_kind(type)).len > 0);
    fuzz_check(pirn_wit_type_kind(pirn_wit_type_resolved(type)) != PIRN_WIT_ALIAS);
    for (size_t i = 0; i < pirn_wit_type_member_count(type); i++) {
        pirn_wit_member member = pirn_wit_type_member(type, i);
        fuzz_check(member.type == NULL || pirn_wit_kind_name(pirn_wit_type_kind(member.type)).len > 0);
    }
}

static void check_function(const pirn_wit_function *function)
{
    fuzz_check(pirn_wit_function_name(function).len > 0);
    for (size_t i = 0; i < pirn_wit_function_param_count(function); i++) {
        fuzz_check(pirn_wit_function_param(function, i).type != NULL);
        check_type(pirn_wit_function_param(function, i).type);
    }
    check_type(pirn_wit_function_result(function));
}

static void check_interface(const pirn_wit *wit, const pirn_wit_interface *interface)
{
    fuzz_check(pirn_wit_find_interface(wit, pirn_wit_interface_id(interface)) == interface);
    for (size_t i = 0; i < pirn_wit_interface_type_count(interface); i++)
        check_type(pirn_wit_interface_type(interface, i));
    for (size_t i = 0; i < pirn_wit_interface_function_count(interface); i++)
        check_function(pirn_wit_interface_function(interface, i));
    fuzz_check(pirn_wit_compare_interfaces(interface, interface, NULL) == PIRN_OK);
}

static void check_world(const pirn_wit_world *world)
{
    for (size_t i = 0; i < pirn_wit_world_import_count(world); i++) {
        pirn_wit_world_item item = pirn_wit_world_import(world, i);
        fuzz_check((item.interface != NULL) + (item.function != NULL) + (item.type != NULL) == 1);
    }
}

static void check_packages(const pirn_wit *wit)
{
    for (size_t i = 0; i < pirn_wit_package_count(wit); i++) {
        const pirn_wit_package *package = pirn_wit_package_at(wit, i);
        for (size_t j = 0; j < pirn_wit_package_interface_count(package); j++)
            check_interface(wit, pirn_wit_package_interface(package, j));
        for (size_t j = 0; j < pirn_wit_package_world_count(package); j++)
            check_world(pirn_wit_package_world(package, j));
    }
}

/* Cuts the text before the next dividing line off the front. */
static pirn_str next_file(pirn_str *rest)
{
    static const char divider[] = "\n//// ";
    const char *end = memmem(rest->data, rest->len, divider, sizeof divider - 1);
    pirn_str file = {rest->data, end == NULL ? rest->len : (size_t)(end - rest->data) + 1};
    *rest = (pirn_str){rest->data + file.len, rest->len - file.len};
    return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    pirn_wit *wit = pirn_wit_new(NULL);
    pirn_error *error = pirn_error_new(NULL);
    fuzz_check(wit != NULL && error != NULL);
    pirn_status status = PIRN_OK;
    pirn_str rest = {size > 0 ? (const char *)data : "", size};
    while (status == PIRN_OK && rest.len > 0)
        status = pirn_wit_add_file(wit, PIRN_STR("p/f.wit"), next_file(&rest), error);
    if (status == PIRN_OK)
        status = pirn_wit_resolve(wit, error);
    fuzz_check(status == pirn_error_status(error));
    if (status == PIRN_OK)
        check_packages(wit);
    else
        fuzz_check(pirn_error_line(error) > 0 && pirn_error_column(error) > 0 &&
                   pirn_error_message(error)[0] != '\0');
    pirn_error_free(error);
    pirn_wit_free(wit);
    return 0;
}

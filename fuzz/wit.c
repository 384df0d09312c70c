/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading anything as WIT, text or a binary package, and walking what comes out. A text may hold several files,
 * divided by lines of `//// `; the files are in one package folder, so that names are looked up across them. What is
 * loaded is printed and written as a binary, both are loaded again, and the packages must be the same.
 */
#include "fuzz/fuzz.h"
#include <pirn/wit.h>
#include <stdio.h>
#include <stdlib.h>
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

/* --- printing and encoding --- */

typedef struct output {
    char *data;
    size_t len;
} output;

static bool append(void *data, const char *text, size_t size)
{
    output *out = data;
    char *grown = realloc(out->data, out->len + size + 1);
    if (grown == NULL)
        return false;
    out->data = grown;
    memcpy(out->data + out->len, text, size);
    out->len += size;
    return true;
}

static bool is_difference(void *data, const pirn_wit_difference *difference)
{
    (void)data;
    fprintf(stderr, "%.*s %.*s: %s\n", (int)difference->owner.len, difference->owner.data, (int)difference->item.len,
            difference->item.data, difference->message);
    fuzz_check(false);
    return false;
}

/* The packages of `wit`, read from what was made of them. */
static void check_again(const pirn_wit *wit, const pirn_wit_package *only, const output *made)
{
    pirn_wit *again = pirn_wit_new(NULL);
    fuzz_check(again != NULL);
    pirn_wit_enable_all_features(again);
    fuzz_check(pirn_wit_add_file(again, PIRN_STR("a"), (pirn_str){made->data, made->len}, NULL) == PIRN_OK);
    fuzz_check(pirn_wit_resolve(again, NULL) == PIRN_OK);
    for (size_t i = 0; i < pirn_wit_package_count(wit); i++) {
        const pirn_wit_package *package = pirn_wit_package_at(wit, i), *other;
        if (only != NULL && package != only)
            continue;
        other = pirn_wit_find_package(again, pirn_wit_package_id(package));
        fuzz_check(other != NULL);
        fuzz_check(pirn_wit_diff_packages(package, other, is_difference, NULL, NULL) == PIRN_OK);
    }
    pirn_wit_free(again);
}

static void check_text(const pirn_wit *wit)
{
    output text = {NULL, 0};
    for (size_t i = 0; i < pirn_wit_package_count(wit); i++)
        fuzz_check(pirn_wit_print_package(wit, pirn_wit_package_at(wit, i), true, append, &text, NULL) == PIRN_OK);
    if (text.len > 0)
        check_again(wit, NULL, &text);
    free(text.data);
}

static void check_binary(const pirn_wit *wit, const pirn_wit_package *package)
{
    output bytes = {NULL, 0};
    pirn_status status = pirn_wit_encode_package(wit, package, append, &bytes, NULL);
    bool is_empty = pirn_wit_package_interface_count(package) == 0 && pirn_wit_package_world_count(package) == 0;
    fuzz_check(status == (is_empty ? PIRN_INVALID : PIRN_OK));
    if (status == PIRN_OK)
        check_again(wit, package, &bytes);
    free(bytes.data);
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
    pirn_wit_enable_all_features(wit);
    pirn_status status = PIRN_OK;
    pirn_str rest = {size > 0 ? (const char *)data : "", size};
    bool is_binary = size > 0 && data[0] == 0;
    if (is_binary)
        status = pirn_wit_add_file(wit, PIRN_STR("p/f.wasm"), rest, error);
    while (!is_binary && status == PIRN_OK && rest.len > 0)
        status = pirn_wit_add_file(wit, PIRN_STR("p/f.wit"), next_file(&rest), error);
    if (status == PIRN_OK)
        status = pirn_wit_resolve(wit, error);
    fuzz_check(status == pirn_error_status(error));
    if (status == PIRN_OK) {
        check_packages(wit);
        check_text(wit);
        for (size_t i = 0; i < pirn_wit_package_count(wit); i++)
            check_binary(wit, pirn_wit_package_at(wit, i));
    } else {
        fuzz_check(is_binary || (pirn_error_line(error) > 0 && pirn_error_column(error) > 0));
        fuzz_check(pirn_error_message(error)[0] != '\0');
    }
    pirn_error_free(error);
    pirn_wit_free(wit);
    return 0;
}

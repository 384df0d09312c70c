/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wit_suite_test HOST_WIT SHARED: the WIT of WASI. Every package folder below SHARED/wit (or $PIRN_SUITES/wit) must
 * load, every file must print as text that is read as the same, every package must come back from a binary, and every
 * interface and world of HOST_WIT must be item by item the official one. Neither folder: skipped.
 */
#include "vm/base/error.h"
#include "vm/base/memory.h"
#include <dirent.h>
#include <pirn/wit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define SKIPPED  77
#define MAX_TEXT (1 << 20)
#define MAX_PATH 1024

static const char *host_folder;
static char suite_folder[MAX_PATH];

static void fail_in_file(const pirn_wit *wit, const pirn_error *error)
{
    fail_msg("%.*s:%u:%u: %s", PIRN_STR_ARG(pirn_wit_error_file(wit)), pirn_error_line(error),
             pirn_error_column(error), pirn_error_message(error));
}

static void add_file(pirn_wit *wit, const char *path)
{
    static char text[MAX_TEXT];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    pirn_error error;
    base_error_init(&error);
    if (pirn_wit_add_file(wit, pirn_str_of(path), (pirn_str){text, len}, &error) != PIRN_OK)
        fail_in_file(wit, &error);
}

static bool is_wit(const char *name)
{
    size_t len = strlen(name);
    return len > 4 && strcmp(name + len - 4, ".wit") == 0;
}

/* All .wit files below a folder; returns how many. */
static size_t add_folder(pirn_wit *wit, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    size_t files = 0;
    for (int i = 0; i < count; i++) {
        char child[MAX_PATH];
        struct stat info;
        int len = snprintf(child, sizeof child, "%s/%s", path, entries[i]->d_name);
        bool exists = entries[i]->d_name[0] != '.' && len < MAX_PATH && stat(child, &info) == 0;
        if (exists && S_ISDIR(info.st_mode))
            files += add_folder(wit, child);
        else if (exists && is_wit(entries[i]->d_name)) {
            add_file(wit, child);
            files++;
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return files;
}

static pirn_wit *load(const char *path)
{
    pirn_wit *wit = pirn_wit_new(NULL);
    pirn_wit_enable_all_features(wit);
    assert_true(add_folder(wit, path) > 0);
    pirn_error error;
    base_error_init(&error);
    if (pirn_wit_resolve(wit, &error) != PIRN_OK)
        fail_in_file(wit, &error);
    return wit;
}

static const char *const folders[] = {
    "wasi-0.2.12",
    "wasi-0.3.0",
    "proposals/blobstore",
    "proposals/config",
    "proposals/config-0.2.0-rc.1",
    "proposals/keyvalue",
    "proposals/keyvalue-0.2.0-draft",
    "proposals/logging",
    "proposals/messaging",
    "proposals/nn",
    "proposals/otel",
    "proposals/tls",
    "proposals/tls-0.3.0-draft",
};

static pirn_wit *load_suite(size_t index, size_t *files)
{
    char path[MAX_PATH + 64];
    snprintf(path, sizeof path, "%s/%s", suite_folder, folders[index]);
    pirn_wit *wit = pirn_wit_new(NULL);
    pirn_wit_enable_all_features(wit);
    *files = add_folder(wit, path);
    return wit;
}

static void resolve(pirn_wit *wit)
{
    pirn_error error;
    base_error_init(&error);
    if (pirn_wit_resolve(wit, &error) != PIRN_OK)
        fail_in_file(wit, &error);
}

static void test_the_official_packages_load(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(folders); i++) {
        size_t files;
        pirn_wit *wit = load_suite(i, &files);
        assert_true(files > 0);
        resolve(wit);
        pirn_wit_free(wit);
    }
}

typedef struct output {
    char *data;
    size_t len;
} output;

static bool append(void *data, const char *text, size_t size)
{
    output *out = data;
    out->data = realloc(out->data, out->len + size + 1);
    assert_non_null(out->data);
    memcpy(out->data + out->len, text, size);
    out->len += size;
    return true;
}

static pirn_str slice(const output *out)
{
    return out->data != NULL ? (pirn_str){out->data, out->len} : PIRN_STR("");
}

/* Both directions: nothing is missing, nothing is more. */
static bool is_difference(void *data, const pirn_wit_difference *d)
{
    (void)data;
    fail_msg("%.*s %.*s: %s", PIRN_STR_ARG(d->owner), PIRN_STR_ARG(d->item), d->message);
    return false;
}

static void assert_same_packages(const pirn_wit *a, const pirn_wit *b)
{
    for (size_t i = 0; i < pirn_wit_package_count(a); i++) {
        const pirn_wit_package *package = pirn_wit_package_at(a, i);
        const pirn_wit_package *other = pirn_wit_find_package(b, pirn_wit_package_id(package));
        assert_non_null(other);
        assert_true(pirn_str_eq(pirn_wit_package_docs(package), pirn_wit_package_docs(other)));
        assert_int_equal(pirn_wit_diff_packages(package, other, is_difference, NULL, NULL), PIRN_OK);
    }
}

static void add_text(pirn_wit *wit, const char *name, const output *text)
{
    pirn_error error;
    base_error_init(&error);
    if (pirn_wit_add_file(wit, pirn_str_of(name), slice(text), &error) != PIRN_OK)
        fail_in_file(wit, &error);
}

/* Each file is printed, read and printed again. */
static size_t check_files(const pirn_wit *wit, size_t files)
{
    for (size_t i = 0; i < files; i++) {
        output first = {NULL, 0}, second = {NULL, 0};
        pirn_wit *again = pirn_wit_new(NULL);
        assert_int_equal(pirn_wit_print_file(wit, i, append, &first, NULL), PIRN_OK);
        add_text(again, "a.wit", &first);
        assert_int_equal(pirn_wit_print_file(again, 0, append, &second, NULL), PIRN_OK);
        assert_true(pirn_str_eq(slice(&first), slice(&second)));
        pirn_wit_free(again);
        free(first.data);
        free(second.data);
    }
    return files;
}

static void test_all_files_print_as_what_is_read_as_the_same(void **state)
{
    (void)state;
    size_t total = 0;
    for (size_t i = 0; i < BASE_COUNT(folders); i++) {
        size_t files;
        output text = {NULL, 0};
        pirn_wit *wit = load_suite(i, &files), *again = pirn_wit_new(NULL);
        resolve(wit);
        total += check_files(wit, files);
        for (size_t j = 0; j < pirn_wit_package_count(wit); j++)
            assert_int_equal(pirn_wit_print_package(wit, pirn_wit_package_at(wit, j), true, append, &text, NULL),
                             PIRN_OK);
        pirn_wit_enable_all_features(again);
        add_text(again, "all.wit", &text);
        resolve(again);
        assert_same_packages(wit, again);
        assert_same_packages(again, wit);
        pirn_wit_free(wit);
        pirn_wit_free(again);
        free(text.data);
    }
    assert_int_equal(total, 103);
}

static void test_all_packages_come_back_from_a_binary(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(folders); i++) {
        size_t files;
        pirn_wit *wit = load_suite(i, &files), *again = pirn_wit_new(NULL);
        resolve(wit);
        pirn_wit_enable_all_features(again);
        for (size_t j = 0; j < pirn_wit_package_count(wit); j++) {
            char name[32];
            output bytes = {NULL, 0};
            snprintf(name, sizeof name, "deps/%zu.wasm", j);
            assert_int_equal(pirn_wit_encode_package(wit, pirn_wit_package_at(wit, j), append, &bytes, NULL),
                             PIRN_OK);
            add_text(again, name, &bytes);
            free(bytes.data);
        }
        resolve(again);
        assert_same_packages(wit, again);
        assert_same_packages(again, wit);
        pirn_wit_free(wit);
        pirn_wit_free(again);
    }
}

static void compare_interfaces(const pirn_wit *official, const pirn_wit_package *package)
{
    pirn_error error;
    base_error_init(&error);
    for (size_t i = 0; i < pirn_wit_package_interface_count(package); i++) {
        const pirn_wit_interface *have = pirn_wit_package_interface(package, i);
        const pirn_wit_interface *want = pirn_wit_find_interface(official, pirn_wit_interface_id(have));
        assert_non_null(want);
        if (pirn_wit_compare_interfaces(have, want, &error) != PIRN_OK)
            fail_msg("%s", pirn_error_message(&error));
    }
}

static void compare_worlds(const pirn_wit *official, const pirn_wit_package *package)
{
    pirn_error error;
    base_error_init(&error);
    for (size_t i = 0; i < pirn_wit_package_world_count(package); i++) {
        const pirn_wit_world *have = pirn_wit_package_world(package, i);
        const pirn_wit_world *want = pirn_wit_find_world(official, pirn_wit_world_id(have));
        assert_non_null(want);
        if (pirn_wit_compare_worlds(have, want, &error) != PIRN_OK)
            fail_msg("%s", pirn_error_message(&error));
    }
}

static void test_the_hosts_interfaces_are_the_official_ones(void **state)
{
    (void)state;
    char path[MAX_PATH + 64];
    snprintf(path, sizeof path, "%s/wasi-0.2.12", suite_folder);
    pirn_wit *official = load(path), *host = load(host_folder);
    for (size_t i = 0; i < pirn_wit_package_count(host); i++) {
        const pirn_wit_package *have = pirn_wit_package_at(host, i);
        const pirn_wit_package *want = pirn_wit_find_package(official, pirn_wit_package_id(have));
        if (want == NULL)
            continue;
        assert_int_equal(pirn_wit_package_interface_count(have), pirn_wit_package_interface_count(want));
        assert_int_equal(pirn_wit_package_world_count(have), pirn_wit_package_world_count(want));
        compare_interfaces(official, have);
        compare_worlds(official, have);
    }
    static const char *const implemented[] = {"wasi:io@0.2.12",  "wasi:clocks@0.2.12",     "wasi:random@0.2.12",
                                              "wasi:cli@0.2.12", "wasi:filesystem@0.2.12", "wasi:sockets@0.2.12",
                                              "wasi:http@0.2.12"};
    for (size_t i = 0; i < BASE_COUNT(implemented); i++)
        assert_non_null(pirn_wit_find_package(host, pirn_str_of(implemented[i])));
    pirn_wit_free(official);
    pirn_wit_free(host);
}

static bool find_suite(const char *shared)
{
    const char *suites = getenv("PIRN_SUITES");
    struct stat info;
    snprintf(suite_folder, sizeof suite_folder, "%s/wit", shared);
    if (stat(suite_folder, &info) == 0)
        return true;
    snprintf(suite_folder, sizeof suite_folder, "%s/wit", suites != NULL ? suites : "");
    return suites != NULL && stat(suite_folder, &info) == 0;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return EXIT_FAILURE;
    host_folder = argv[1];
    if (!find_suite(argv[2])) {
        puts("skipped: there is no WIT of WASI, neither beside the repository nor in $PIRN_SUITES");
        return SKIPPED;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_official_packages_load),
        cmocka_unit_test(test_all_files_print_as_what_is_read_as_the_same),
        cmocka_unit_test(test_all_packages_come_back_from_a_binary),
        cmocka_unit_test(test_the_hosts_interfaces_are_the_official_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

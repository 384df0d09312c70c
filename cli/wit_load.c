/* SPDX-License-Identifier: Apache-2.0 */
/* Loading WIT from files and folders, and telling what is wrong with it. */
#include "cli/bytes.h"
#include "cli/file.h"
#include "cli/json.h"
#include "cli/wit.h"
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_FOLDERS = 32 };

/* --enable a,b,c or all */
static pirn_status enable_features(pirn_wit *wit, const char *list)
{
    pirn_status status = PIRN_OK;
    while (list != NULL && *list != '\0' && status == PIRN_OK) {
        size_t len = strcspn(list, ",");
        if (len == 3 && memcmp(list, "all", 3) == 0)
            pirn_wit_enable_all_features(wit);
        else
            status = pirn_wit_enable_feature(wit, (pirn_str){list, len});
        list += len + (list[len] == ',');
    }
    return status;
}

bool cli_wit_new(cli_wit_set *out, const cli_args *args)
{
    *out = (cli_wit_set){.wit = pirn_wit_new(NULL), .error = pirn_error_new(NULL), .as_json = cli_has(args, "json")};
    if (out->wit != NULL && out->error != NULL && enable_features(out->wit, cli_value(args, "enable")) == PIRN_OK)
        return true;
    fprintf(stderr, "pirn wit: out of memory\n");
    return false;
}

void cli_wit_done(cli_wit_set *wit)
{
    pirn_wit_free(wit->wit);
    pirn_error_free(wit->error);
    *wit = (cli_wit_set){0};
}

/* --- failures --- */

static void report_json(const cli_wit_set *wit, pirn_status status)
{
    uint64_t offset = pirn_error_offset(wit->error);
    json_t *object = json_pack("{s:b, s:s, s:o, s:o}", "valid", 0, "status", pirn_status_name(status), "file",
                               cli_json_text(pirn_wit_error_file(wit->wit)), "message",
                               cli_json_text(pirn_str_of(pirn_error_message(wit->error))));
    if (pirn_error_line(wit->error) > 0) {
        json_object_set_new(object, "line", json_integer((json_int_t)pirn_error_line(wit->error)));
        json_object_set_new(object, "column", json_integer((json_int_t)pirn_error_column(wit->error)));
    } else if (offset != PIRN_NO_OFFSET) {
        json_object_set_new(object, "offset", json_integer((json_int_t)offset));
    }
    json_dumpf(object, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(object);
}

int cli_wit_report(const cli_wit_set *wit, pirn_status status)
{
    pirn_str file = pirn_wit_error_file(wit->wit);
    uint32_t line = pirn_error_line(wit->error), column = pirn_error_column(wit->error);
    uint64_t offset = pirn_error_offset(wit->error);
    const char *message = pirn_error_message(wit->error);
    if (wit->as_json)
        report_json(wit, status);
    fputs("error: ", stderr);
    cli_print_text(stderr, file);
    fputs(file.len > 0 ? ": " : "", stderr);
    if (line > 0)
        fprintf(stderr, "%" PRIu32 ":%" PRIu32 ": ", line, column);
    fprintf(stderr, "%s: ", pirn_status_name(status));
    cli_print_text(stderr, pirn_str_of(message[0] != '\0' ? message : "out of memory"));
    if (line == 0 && offset != PIRN_NO_OFFSET)
        fprintf(stderr, " (at offset 0x%" PRIx64 ")", offset);
    fputc('\n', stderr);
    if (line > 0)
        cli_file_mark(pirn_wit_error_text(wit->wit), line, column);
    return CLI_FAILURE;
}

/* --- files and folders --- */

static bool fail_with(const char *path, const char *problem)
{
    fprintf(stderr, "pirn wit: ");
    cli_print_text(stderr, pirn_str_of(path));
    fprintf(stderr, ": %s\n", problem);
    return false;
}

static bool add_file(cli_wit_set *wit, const char *path)
{
    cli_bytes bytes;
    const char *problem = cli_bytes_read(&bytes, path);
    if (problem != NULL)
        return fail_with(path, problem);
    pirn_str text = {(const char *)bytes.data, bytes.size};
    pirn_status status =
        pirn_wit_add_file(wit->wit, pirn_str_of(path), bytes.size > 0 ? text : PIRN_STR(""), wit->error);
    cli_bytes_done(&bytes);
    if (status != PIRN_OK)
        cli_wit_report(wit, status);
    return status == PIRN_OK;
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a > b && strcmp(text + a - b, end) == 0;
}

static bool add_path(cli_wit_set *wit, const char *path, unsigned depth, size_t *count);

/* What lies in a folder, in the order of names: texts, binary packages, further folders. */
static bool add_folder(cli_wit_set *wit, const char *path, unsigned depth, size_t *count)
{
    struct dirent **entries;
    int entry_count = scandir(path, &entries, NULL, alphasort);
    bool ok = entry_count >= 0;
    if (!ok)
        return fail_with(path, "cannot read this folder");
    for (int i = 0; i < entry_count; i++) {
        const char *name = entries[i]->d_name;
        size_t size = strlen(path) + strlen(name) + 2;
        char *child = ok && name[0] != '.' ? malloc(size) : NULL;
        struct stat info;
        if (child != NULL) {
            snprintf(child, size, "%s%s%s", path, ends_with(path, "/") ? "" : "/", name);
            if (stat(child, &info) == 0 &&
                (S_ISDIR(info.st_mode) || ends_with(name, ".wit") || ends_with(name, ".wasm")))
                ok = add_path(wit, child, depth + 1, count);
        }
        free(child);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool add_path(cli_wit_set *wit, const char *path, unsigned depth, size_t *count)
{
    struct stat info;
    if (depth > MAX_FOLDERS)
        return fail_with(path, "folders lie too deep in each other");
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return add_folder(wit, path, depth, count);
    ++*count;
    return add_file(wit, path);
}

bool cli_wit_load(cli_wit_set *out, const cli_args *args, const char *path)
{
    size_t count = 0;
    if (!cli_wit_new(out, args) || !add_path(out, path, 0, &count))
        return false;
    if (count == 0)
        return fail_with(path, "there is no .wit file in this folder");
    pirn_status status = pirn_wit_resolve(out->wit, out->error);
    if (status != PIRN_OK)
        cli_wit_report(out, status);
    return status == PIRN_OK;
}

bool cli_wit_is_dependency(const pirn_wit_package *package)
{
    static const char folder[] = "/deps/";
    pirn_str file = pirn_wit_package_file(package);
    for (size_t i = 0; i + sizeof folder - 1 <= file.len; i++) {
        if (memcmp(file.data + i, folder, sizeof folder - 1) == 0)
            return true;
    }
    return false;
}

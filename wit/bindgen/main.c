/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pirn-bindgen --wit DIR --out DIR [--resource NAME=STRUCT].. [--unavailable INTERFACE].. INTERFACE..
 *
 * Reads every .wit file below the first folder and writes into the second one NAME.h and NAME.c for each interface, where
 * NAME is the interface's name with '_' between its parts: `wasi:io/streams` gives wasi_io_streams. Those that are
 * unavailable can be imported, and trap when they are called.
 */
#include "vm/base/error.h"
#include "wit/bindgen/bindgen.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

typedef BASE_VEC(bindgen_rename) rename_list;
typedef BASE_VEC(const char *) id_list;

typedef struct options {
    const char *wit_dir, *out_dir;
    rename_list renames;
    id_list interfaces, unavailable;
} options;

/* --- files --- */

static bindgen_text read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        bindgen_die("cannot read %s", path);
    bindgen_text text = {0};
    size_t got;
    do {
        if (!BASE_VEC_RESERVE(&text, pirn_allocator_default(), 65536))
            bindgen_die("out of memory");
        got = fread(text.data + text.len, 1, 65536, file);
        text.len += got;
    } while (got > 0);
    fclose(file);
    return text;
}

static void write_file(const char *path, const bindgen_text *text)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(text->data, 1, text->len, file) != text->len || fclose(file) != 0)
        bindgen_die("cannot write %s", path);
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

static void add_file(pirn_wit *wit, const char *path, pirn_error *error)
{
    bindgen_text text = read_file(path);
    pirn_status status = pirn_wit_add_file(wit, pirn_str_of(path), (pirn_str){text.data, text.len}, error);
    if (status != PIRN_OK)
        bindgen_die("%s:%u:%u: %s", path, (unsigned)pirn_error_line(error), (unsigned)pirn_error_column(error),
                    pirn_error_message(error));
    BASE_VEC_DONE(&text, pirn_allocator_default());
}

static void add_folder(pirn_wit *wit, const char *path, pirn_error *error)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0)
        bindgen_die("cannot read folder %s", path);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        bindgen_text child = {0};
        bindgen_put(&child, "%s/%s", path, name);
        struct stat info;
        bool exists = name[0] != '.' && stat(child.data, &info) == 0;
        if (exists && S_ISDIR(info.st_mode))
            add_folder(wit, child.data, error);
        else if (exists && ends_with(name, ".wit"))
            add_file(wit, child.data, error);
        BASE_VEC_DONE(&child, pirn_allocator_default());
        free(entries[i]);
    }
    free(entries);
}

/* --- interfaces --- */

/* By its id, with or without the version. */
static bool has_id(const pirn_wit_interface *interface, const char *wanted)
{
    pirn_str id = pirn_wit_interface_id(interface);
    size_t len = strlen(wanted);
    return len <= id.len && memcmp(id.data, wanted, len) == 0 && (len == id.len || id.data[len] == '@');
}

static const pirn_wit_interface *find_interface(const pirn_wit *wit, const char *wanted)
{
    for (size_t i = 0; i < pirn_wit_package_count(wit); i++) {
        const pirn_wit_package *package = pirn_wit_package_at(wit, i);
        for (size_t j = 0; j < pirn_wit_package_interface_count(package); j++) {
            if (has_id(pirn_wit_package_interface(package, j), wanted))
                return pirn_wit_package_interface(package, j);
        }
    }
    bindgen_die("there is no interface `%s`", wanted);
}

static void write_interface(const options *opts, const pirn_wit_interface *interface, bool is_unavailable)
{
    bindgen gen;
    bindgen_init(&gen, interface, opts->renames.data, opts->renames.len, is_unavailable);
    bindgen_interface(&gen);
    write_file(bindgen_printf(&gen, "%s/%s.h", opts->out_dir, gen.prefix.data), &gen.header);
    write_file(bindgen_printf(&gen, "%s/%s.c", opts->out_dir, gen.prefix.data), &gen.source);
    bindgen_done(&gen);
}

static void write_interfaces(const options *opts, const pirn_wit *wit)
{
    for (size_t i = 0; i < opts->interfaces.len; i++)
        write_interface(opts, find_interface(wit, opts->interfaces.data[i]), false);
    for (size_t i = 0; i < opts->unavailable.len; i++)
        write_interface(opts, find_interface(wit, opts->unavailable.data[i]), true);
}

/* --- arguments --- */

static void add_id(id_list *list, const char *id)
{
    if (!BASE_VEC_PUSH(list, pirn_allocator_default(), id))
        bindgen_die("out of memory");
}

static void add_rename(options *opts, const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL)
        bindgen_die("--resource needs NAME=STRUCT, not `%s`", text);
    bindgen_rename rename = {{text, (size_t)(equals - text)}, pirn_str_of(equals + 1)};
    if (!BASE_VEC_PUSH(&opts->renames, pirn_allocator_default(), rename))
        bindgen_die("out of memory");
}

static options read_arguments(int argc, char **argv)
{
    options opts = {0};
    int i = 1;
    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (strcmp(argv[i], "--wit") == 0)
            opts.wit_dir = argv[i + 1];
        else if (strcmp(argv[i], "--out") == 0)
            opts.out_dir = argv[i + 1];
        else if (strcmp(argv[i], "--resource") == 0)
            add_rename(&opts, argv[i + 1]);
        else if (strcmp(argv[i], "--unavailable") == 0)
            add_id(&opts.unavailable, argv[i + 1]);
        else
            bindgen_die("unknown option %s", argv[i]);
    }
    for (; i < argc; i++)
        add_id(&opts.interfaces, argv[i]);
    if (opts.wit_dir == NULL || opts.out_dir == NULL || opts.interfaces.len + opts.unavailable.len == 0)
        bindgen_die("usage: pirn-bindgen --wit DIR --out DIR [--resource NAME=STRUCT].. [--unavailable INTERFACE].. "
                    "INTERFACE..");
    return opts;
}

int main(int argc, char **argv)
{
    options opts = read_arguments(argc, argv);
    pirn_wit *wit = pirn_wit_new(NULL);
    pirn_error *error = pirn_error_new(NULL);
    if (wit == NULL || error == NULL)
        bindgen_die("out of memory");
    pirn_wit_enable_all_features(wit);
    add_folder(wit, opts.wit_dir, error);
    if (pirn_wit_resolve(wit, error) != PIRN_OK)
        bindgen_die("%.*s:%u:%u: %s", PIRN_STR_ARG(pirn_wit_error_file(wit)), (unsigned)pirn_error_line(error),
                    (unsigned)pirn_error_column(error), pirn_error_message(error));
    write_interfaces(&opts, wit);
    BASE_VEC_DONE(&opts.renames, pirn_allocator_default());
    BASE_VEC_DONE(&opts.interfaces, pirn_allocator_default());
    BASE_VEC_DONE(&opts.unavailable, pirn_allocator_default());
    pirn_wit_free(wit);
    pirn_error_free(error);
    return 0;
}

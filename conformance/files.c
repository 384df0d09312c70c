/* SPDX-License-Identifier: Apache-2.0 */
/* Folders are walked in the order of names, so that two runs report alike; links to folders are not followed. */
#include "conformance/files.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_FOLDERS = 32 }; /* within one another */

static pirn_status io_error(const char *path, pirn_error *error)
{
    return pirn_error_set(error, PIRN_IO, "%s: %s", path, strerror(errno));
}

static pirn_status nomem(pirn_error *error)
{
    return pirn_error_set(error, PIRN_NOMEM, "out of memory");
}

static pirn_status add_path(wast_paths *out, const char *path, pirn_error *error)
{
    char *copy = strdup(path);
    if (copy != NULL && BASE_VEC_PUSH(out, pirn_allocator_default(), copy))
        return PIRN_OK;
    free(copy);
    return nomem(error);
}

static bool is_script(const char *name)
{
    size_t len = strlen(name);
    return len > 5 && strcmp(name + len - 5, ".wast") == 0;
}

static pirn_status walk(wast_paths *out, const char *path, unsigned depth, pirn_error *error);

static pirn_status walk_entry(wast_paths *out, const char *folder, const char *name, unsigned depth,
                              pirn_error *error)
{
    char path[4096];
    struct stat info;
    if (snprintf(path, sizeof path, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name) >=
        (int)sizeof path)
        return pirn_error_set(error, PIRN_LIMIT, "%s: the path is too long", folder);
    if (lstat(path, &info) != 0)
        return io_error(path, error);
    if (S_ISDIR(info.st_mode))
        return walk(out, path, depth + 1, error);
    return is_script(name) ? add_path(out, path, error) : PIRN_OK;
}

static pirn_status walk(wast_paths *out, const char *path, unsigned depth, pirn_error *error)
{
    struct dirent **entries;
    if (depth > MAX_FOLDERS)
        return pirn_error_set(error, PIRN_LIMIT, "%s: folders are nested too deeply", path);
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0)
        return io_error(path, error);
    pirn_status status = PIRN_OK;
    for (int i = 0; i < count; i++) {
        if (status == PIRN_OK && entries[i]->d_name[0] != '.')
            status = walk_entry(out, path, entries[i]->d_name, depth, error);
        free(entries[i]);
    }
    free(entries);
    return status;
}

pirn_status wast_find_files(wast_paths *out, const char *path, pirn_error *error)
{
    struct stat info;
    size_t before = out->len;
    if (stat(path, &info) != 0)
        return io_error(path, error);
    if (!S_ISDIR(info.st_mode))
        return add_path(out, path, error);
    PIRN_TRY(walk(out, path, 0, error));
    if (out->len == before)
        return pirn_error_set(error, PIRN_USAGE, "%s: there are no scripts (*.wast) in this folder", path);
    return PIRN_OK;
}

void wast_paths_done(wast_paths *paths)
{
    for (size_t i = 0; i < paths->len; i++)
        free(paths->data[i]);
    BASE_VEC_DONE(paths, pirn_allocator_default());
}

static pirn_status read_stream(FILE *in, const char *path, pirn_str *out, pirn_error *error)
{
    BASE_VEC(char) bytes = {0};
    size_t got = 1;
    while (got > 0) {
        if (!BASE_VEC_RESERVE(&bytes, pirn_allocator_default(), 1 << 16)) {
            BASE_VEC_DONE(&bytes, pirn_allocator_default());
            return nomem(error);
        }
        got = fread(bytes.data + bytes.len, 1, bytes.cap - bytes.len - 1, in);
        bytes.len += got;
    }
    bytes.data[bytes.len] = '\0';
    *out = (pirn_str){bytes.data, bytes.len};
    if (!ferror(in))
        return PIRN_OK;
    wast_file_done(out);
    return io_error(path, error);
}

pirn_status wast_read_file(const char *path, pirn_str *out, pirn_error *error)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        return io_error(path, error);
    pirn_status status = read_stream(in, path, out, error);
    fclose(in);
    return status;
}

void wast_file_done(pirn_str *content)
{
    /* The default allocator is the C library's, which knows the size. */
    base_free(pirn_allocator_default(), (void *)(uintptr_t)content->data, content->len + 1);
    *content = (pirn_str){NULL, 0};
}

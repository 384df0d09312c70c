/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What guests may use, as the embedder says it. Text is checked here, once: what guests get is UTF-8 and holds no
 * NUL.
 */
#include "host/context.h"
#include "vm/base/error.h"
#include "vm/base/utf8.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define DEFAULT_MEMORY_BYTES ((size_t)64 << 20)

extern char **environ;

host_config *pirn_host_config_new(const pirn_allocator *allocator)
{
    if (allocator == NULL)
        allocator = pirn_allocator_default();
    host_config *config = base_alloc_zero(allocator, sizeof *config);
    if (config == NULL)
        return NULL;
    base_arena_init(&config->arena, allocator);
    config->memory_bytes = DEFAULT_MEMORY_BYTES;
    return config;
}

void pirn_host_config_free(host_config *config)
{
    if (config == NULL)
        return;
    const pirn_allocator *allocator = config->arena.allocator;
    for (size_t i = 0; i < config->dirs.len; i++)
        close(config->dirs.data[i].fd);
    BASE_VEC_DONE(&config->dirs, allocator);
    BASE_VEC_DONE(&config->env, allocator);
    BASE_VEC_DONE(&config->args, allocator);
    base_arena_done(&config->arena);
    base_free(allocator, config, sizeof *config);
}

static bool is_text(pirn_str text)
{
    return base_utf8_valid(text, NULL) && (text.len == 0 || memchr(text.data, 0, text.len) == NULL);
}

/* Copies text into the config; `what` names it in the message. */
static pirn_status copy_text(host_config *config, pirn_str text, const char *what, pirn_str *out, pirn_error *error)
{
    if (!is_text(text))
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "%s is not UTF-8 text without NUL", what);
    *out = base_arena_copy(&config->arena, text);
    return out->data != NULL ? PIRN_OK : base_nomem(error);
}

pirn_status pirn_host_config_arg(host_config *config, pirn_str arg, pirn_error *error)
{
    pirn_str copy;
    PIRN_TRY(copy_text(config, arg, "an argument", &copy, error));
    return BASE_VEC_PUSH(&config->args, config->arena.allocator, copy) ? PIRN_OK : base_nomem(error);
}

static host_env *find_env(host_config *config, pirn_str name)
{
    for (size_t i = 0; i < config->env.len; i++) {
        if (pirn_str_eq(config->env.data[i].name, name))
            return &config->env.data[i];
    }
    return NULL;
}

pirn_status pirn_host_config_env(host_config *config, pirn_str name, pirn_str value, pirn_error *error)
{
    if (name.len == 0 || memchr(name.data, '=', name.len) != NULL)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "`%.*s` cannot be the name of an environment variable",
                         PIRN_STR_ARG(name));
    host_env env;
    PIRN_TRY(copy_text(config, name, "the name of an environment variable", &env.name, error));
    PIRN_TRY(copy_text(config, value, "the value of an environment variable", &env.value, error));
    host_env *old = find_env(config, name);
    if (old != NULL) {
        old->value = env.value;
        return PIRN_OK;
    }
    return BASE_VEC_PUSH(&config->env, config->arena.allocator, env) ? PIRN_OK : base_nomem(error);
}

pirn_status pirn_host_config_inherit_env(host_config *config, pirn_error *error)
{
    for (char **entry = environ; *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals == NULL || equals == *entry || !is_text(pirn_str_of(*entry)))
            continue;
        pirn_str name = {*entry, (size_t)(equals - *entry)};
        PIRN_TRY(pirn_host_config_env(config, name, pirn_str_of(equals + 1), error));
    }
    return PIRN_OK;
}

/* The arena's copies are C strings. */
static int open_dir(const char *path)
{
    int fd;
    do {
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

pirn_status pirn_host_config_dir(host_config *config, pirn_str host_path, pirn_str guest_path, pirn_dir_access access,
                                 pirn_error *error)
{
    host_dir dir = {.is_read_only = access == PIRN_DIR_READ_ONLY};
    PIRN_TRY(copy_text(config, guest_path, "the guest's name of a directory", &dir.guest_path, error));
    if (host_path.len > 0 && memchr(host_path.data, 0, host_path.len) != NULL)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "the path of a directory has a NUL in it");
    pirn_str path = base_arena_copy(&config->arena, host_path);
    if (path.data == NULL || !BASE_VEC_RESERVE(&config->dirs, config->arena.allocator, 1))
        return base_nomem(error);
    dir.fd = open_dir(path.data);
    if (dir.fd < 0)
        return base_fail(error, PIRN_IO, PIRN_NO_OFFSET, "cannot open the directory %.*s: %s",
                         PIRN_STR_ARG(host_path), strerror(errno));
    config->dirs.data[config->dirs.len++] = dir;
    return PIRN_OK;
}

void pirn_host_config_inherit(host_config *config, pirn_stdio stream)
{
    config->stdio[stream] = HOST_STDIO_INHERIT;
}

pirn_status pirn_host_config_input(host_config *config, const void *bytes, size_t size, pirn_error *error)
{
    config->input = base_arena_copy(&config->arena, (pirn_str){bytes, size});
    if (config->input.data == NULL)
        return base_nomem(error);
    config->stdio[PIRN_STDIN] = HOST_STDIO_MEMORY;
    return PIRN_OK;
}

void pirn_host_config_capture(host_config *config, pirn_stdio stream, size_t max_bytes)
{
    config->stdio[stream] = HOST_STDIO_MEMORY;
    config->capture_bytes[stream] = max_bytes;
}

void pirn_host_config_memory(host_config *config, size_t max_bytes)
{
    config->memory_bytes = max_bytes;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* pirn componentize: from a core module, and the WIT of its world, to a component. */
#include "cli/features.h"
#include "cli/file.h"
#include "cli/verbs.h"
#include "cli/wit.h"
#include <pirn/component.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const cli_option cli_componentize_options[] = {
    {"wit", "DIR|FILE", "the WIT of the module's world; without it, the module's own section says what it is"},
    {"world", "WORLD", "which world of it; without it there must be only one"},
    {"adapt", "[NAME=]FILE",
     "an adapter, for imports from NAME (else FILE's name up to its first point); may be repeated"},
    {"enable", "LIST", "features of the WIT that are enabled (a,b,c), or all"},
    {"output", "FILE", "where the component goes (\"-\": standard output)"},
    CLI_FEATURE_OPTIONS,
    {"help", NULL, "print this help"},
    {NULL, NULL, NULL},
};

/* Everything that is held; released in the reverse order of the members. */
typedef struct making {
    const cli_args *args;
    cli_file module, wit;
    bool has_wit;  /* `wit` was read: a binary package */
    FILE *package; /* being encoded */
    char *encoded;
    const void *wit_bytes; /* of one or the other; NULL: none */
    size_t wit_size;
    cli_file *adapter_files;
    pirn_adapter *adapters;
    size_t adapter_count;
    pirn_engine *engine;
    pirn_arena *arena;
    pirn_error *error;
} making;

/* "name=file", or "dir/name.more.wasm". */
static const char *split_adapter(const char *value, pirn_str *name)
{
    const char *equals = strchr(value, '=');
    if (equals != NULL) {
        *name = (pirn_str){value, (size_t)(equals - value)};
        return equals + 1;
    }
    const char *slash = strrchr(value, '/'), *base = slash == NULL ? value : slash + 1;
    *name = (pirn_str){base, strcspn(base, ".")};
    return value;
}

static bool read_adapters(making *m)
{
    m->adapter_files = calloc(m->args->given_count + 1, sizeof *m->adapter_files);
    m->adapters = calloc(m->args->given_count + 1, sizeof *m->adapters);
    if (m->adapter_files == NULL || m->adapters == NULL) {
        fprintf(stderr, "pirn componentize: out of memory\n");
        return false;
    }
    for (size_t i = 0; i < m->args->given_count; i++) {
        const cli_given *given = &m->args->given[i];
        if (strcmp(given->option->name, "adapt") != 0)
            continue;
        pirn_adapter *adapter = &m->adapters[m->adapter_count];
        cli_file *file = &m->adapter_files[m->adapter_count];
        const char *path = split_adapter(given->value, &adapter->name);
        if (!cli_file_read(file, "componentize", path))
            return false;
        adapter->bytes = file->bytes;
        adapter->size = file->size;
        m->adapter_count++;
    }
    return true;
}

/* ---- WIT --------------------------------------------------------------------------------------------------------- */

static bool append(void *data, const char *text, size_t size)
{
    making *m = data;
    return fwrite(text, 1, size, m->package) == size;
}

/* The package that has the world; those in `deps` count when the world is named in full. */
static const pirn_wit_package *package_of_world(const making *m, const pirn_wit *wit)
{
    const char *world = cli_value(m->args, "world");
    const pirn_wit_package *found = NULL;
    for (size_t i = 0; i < pirn_wit_package_count(wit); i++) {
        const pirn_wit_package *package = pirn_wit_package_at(wit, i);
        for (size_t j = 0; j < pirn_wit_package_world_count(package); j++) {
            const pirn_wit_world *candidate = pirn_wit_package_world(package, j);
            bool is_full = world != NULL && pirn_str_eq(pirn_wit_world_id(candidate), pirn_str_of(world));
            if (is_full || (!cli_wit_is_dependency(package) &&
                            (world == NULL || pirn_str_eq(pirn_wit_world_name(candidate), pirn_str_of(world)))))
                found = package;
        }
    }
    return found;
}

/* Text is encoded, as `pirn wit encode` does. */
static bool encode_wit(making *m, const char *path)
{
    cli_wit_set set;
    char *bytes = NULL;
    bool done = cli_wit_load(&set, m->args, path);
    const pirn_wit_package *package = done ? package_of_world(m, set.wit) : NULL;
    if (done && package == NULL)
        fprintf(stderr, "error: %s: there is no such world\n", path);
    m->package = package == NULL ? NULL : open_memstream(&bytes, &m->wit_size);
    if (m->package != NULL) {
        pirn_status status = pirn_wit_encode_package(set.wit, package, append, m, set.error);
        if (status != PIRN_OK)
            cli_wit_report(&set, status);
        done = fclose(m->package) == 0 && status == PIRN_OK;
        m->encoded = bytes;
        m->wit_bytes = bytes;
    }
    cli_wit_done(&set);
    return done && package != NULL;
}

static bool is_text(const char *path)
{
    struct stat info;
    size_t len = strlen(path);
    return (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) || (len > 4 && strcmp(path + len - 4, ".wit") == 0);
}

static bool read_wit(making *m)
{
    const char *path = cli_value(m->args, "wit");
    if (path == NULL)
        return true;
    if (is_text(path))
        return encode_wit(m, path);
    m->has_wit = cli_file_read(&m->wit, "componentize", path);
    m->wit_bytes = m->wit.bytes;
    m->wit_size = m->wit.size;
    return m->has_wit;
}

/* ---- Making ------------------------------------------------------------------------------------------------------ */

static bool is_core_module(const cli_file *file)
{
    if (file->kind == CLI_FILE_MODULE)
        return true;
    fprintf(stderr, "pirn componentize: %s: this is a component already\n", file->path);
    return false;
}

static bool make_engine(making *m)
{
    pirn_config config = pirn_config_default();
    if (!cli_features_apply(m->args, &config))
        return false;
    m->engine = pirn_engine_new(&config);
    m->arena = pirn_arena_new(NULL);
    m->error = pirn_error_new(NULL);
    if (m->engine != NULL && m->arena != NULL && m->error != NULL)
        return true;
    fprintf(stderr, "pirn componentize: out of memory\n");
    return false;
}

static int make(making *m)
{
    const char *world = cli_value(m->args, "world"), *output = cli_value(m->args, "output");
    pirn_componentize_options options = {
        .module = m->module.bytes,
        .module_size = m->module.size,
        .wit = m->wit_bytes,
        .wit_size = m->wit_size,
        .world = world == NULL ? PIRN_STR("") : pirn_str_of(world),
        .adapters = m->adapters,
        .adapter_count = m->adapter_count,
    };
    const uint8_t *bytes;
    size_t size;
    pirn_status status = pirn_componentize(m->engine, &options, m->arena, &bytes, &size, m->error);
    if (status != PIRN_OK)
        return cli_file_report(&m->module, status, m->error);
    return cli_bytes_write("componentize", output, bytes, size) ? CLI_OK : CLI_FAILURE;
}

static void release(making *m)
{
    pirn_error_free(m->error);
    if (m->arena != NULL)
        pirn_arena_free(m->arena);
    if (m->engine != NULL)
        pirn_engine_free(m->engine);
    for (size_t i = 0; i < m->adapter_count; i++)
        cli_file_done(&m->adapter_files[i]);
    free(m->adapter_files);
    free(m->adapters);
    free(m->encoded);
    if (m->has_wit)
        cli_file_done(&m->wit);
    cli_file_done(&m->module);
}

int cli_componentize(const cli_args *args)
{
    making m = {.args = args};
    if (args->operand_count != 1 || cli_value(args, "output") == NULL) {
        fprintf(stderr, "pirn componentize: say one module, and --output. Try 'pirn componentize --help'.\n");
        return CLI_USAGE;
    }
    if (!cli_file_read(&m.module, "componentize", args->operands[0]))
        return CLI_FAILURE;
    int code = CLI_FAILURE;
    if (is_core_module(&m.module) && read_wit(&m) && read_adapters(&m) && make_engine(&m))
        code = make(&m);
    release(&m);
    return code;
}

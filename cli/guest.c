/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/guest.h"
#include "cli/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool bad_value(const cli_guest *g, const char *option, const char *value, const char *what)
{
    fprintf(stderr, "pirn %s: --%s %s: %s\n", g->args->verb->name, option, value, what);
    return false;
}

static bool read_number(const cli_guest *g, const char *option, bool (*parse)(const char *, uint64_t *),
                        const char *what, uint64_t *out)
{
    const char *value = cli_value(g->args, option);
    return value == NULL || parse(value, out) || bad_value(g, option, value, what);
}

/* However little memory the guest may have, values of this size can be passed. */
#define LEAST_CALL_BYTES (UINT64_C(16) << 20)

/* What a call copies out of the guest's memory is bounded by the size of that. */
static void limit_calls(pirn_store_limits *limits)
{
    uint64_t bytes = limits->memory_bytes > LEAST_CALL_BYTES ? limits->memory_bytes : LEAST_CALL_BYTES;
    if (limits->call_bytes > bytes)
        limits->call_bytes = bytes;
}

static bool read_limits(cli_guest *g)
{
    g->limits = pirn_store_limits_default();
    g->engine_config = pirn_config_default();
    g->engine_config.fuel = cli_has(g->args, "fuel");
    g->engine_config.profile = cli_has(g->args, "profile-ops");
    g->engine_config.interruptible = cli_has(g->args, "timeout");
    g->engine_config.parallel = pirn_host_parallel();
    g->timeout_ns = PIRN_NO_TIMEOUT;
    bool is_good =
        cli_features_apply(g->args, &g->engine_config) &&
        read_number(g, "fuel", cli_parse_count, "not a number", &g->fuel) &&
        read_number(g, "timeout", cli_parse_duration, "not a time; write 500ms, 2s or 1m", &g->timeout_ns) &&
        read_number(g, "max-memory", cli_parse_size, "not a size; write 64MiB or 1GiB", &g->limits.memory_bytes) &&
        read_number(g, "max-stack", cli_parse_size, "not a size; write 256KiB or 8MiB", &g->limits.stack_bytes);
    limit_calls(&g->limits);
    return is_good;
}

/* HOST[::GUEST][:ro] */
static bool give_directory(cli_guest *g, const char *value)
{
    size_t len = strlen(value);
    pirn_dir_access access = PIRN_DIR_READ_WRITE;
    if (len > 3 && strcmp(value + len - 3, ":ro") == 0) {
        access = PIRN_DIR_READ_ONLY;
        len -= 3;
    }
    const char *colons = strstr(value, "::");
    pirn_str host = {value, colons != NULL ? (size_t)(colons - value) : len};
    pirn_str guest = colons != NULL ? (pirn_str){colons + 2, len - host.len - 2} : host;
    if (host.len == 0 || guest.len == 0)
        return bad_value(g, "dir", value, "write HOST, HOST::GUEST or HOST::GUEST:ro");
    if (pirn_host_config_dir(g->config, host, guest, access, g->error) == PIRN_OK)
        return true;
    return bad_value(g, "dir", value, pirn_error_message(g->error));
}

static bool give_variable(cli_guest *g, const char *value)
{
    const char *equals = strchr(value, '=');
    pirn_str name = {value, equals != NULL ? (size_t)(equals - value) : strlen(value)};
    const char *content = equals != NULL ? equals + 1 : getenv(value);
    if (content == NULL)
        return true; /* asked to pass on what is not set */
    if (pirn_host_config_env(g->config, name, pirn_str_of(content), g->error) == PIRN_OK)
        return true;
    return bad_value(g, "env", value, pirn_error_message(g->error));
}

static bool give_argument(cli_guest *g, const char *text)
{
    if (pirn_host_config_arg(g->config, pirn_str_of(text), g->error) == PIRN_OK)
        return true;
    fprintf(stderr, "pirn %s: argument '", g->args->verb->name);
    cli_print_text(stderr, pirn_str_of(text));
    fprintf(stderr, "': %s\n", pirn_error_message(g->error));
    return false;
}

/* A file's name need not be text: where it is none, the guest sees replacement characters. */
static bool give_program_name(cli_guest *g)
{
    const char *argv0 = cli_value(g->args, "argv0");
    size_t len;
    if (argv0 != NULL)
        return give_argument(g, argv0);
    char *name = cli_utf8(pirn_str_of(g->file.path), &len);
    bool done = name != NULL && pirn_host_config_arg(g->config, (pirn_str){name, len}, g->error) == PIRN_OK;
    free(name);
    if (!done)
        fprintf(stderr, "pirn %s: out of memory\n", g->args->verb->name);
    return done;
}

static bool make_config(cli_guest *g)
{
    g->config = pirn_host_config_new(NULL);
    if (g->config == NULL)
        return false;
    for (int stream = PIRN_STDIN; stream <= PIRN_STDERR; stream++)
        pirn_host_config_inherit(g->config, (pirn_stdio)stream);
    if (cli_has(g->args, "inherit-env") && pirn_host_config_inherit_env(g->config, g->error) != PIRN_OK)
        return bad_value(g, "inherit-env", "", pirn_error_message(g->error));
    for (size_t i = 0; i < g->args->given_count; i++) {
        const cli_given *given = &g->args->given[i];
        if (strcmp(given->option->name, "dir") == 0 && !give_directory(g, given->value))
            return false;
        if (strcmp(given->option->name, "env") == 0 && !give_variable(g, given->value))
            return false;
    }
    if (!give_program_name(g))
        return false;
    for (size_t i = 1; i < g->args->operand_count; i++) {
        if (!give_argument(g, g->args->operands[i]))
            return false;
    }
    return true;
}

/* Reads and resolves the WIT of a plugin. */
static pirn_status load_wit(cli_guest *g, const char *path, pirn_wit *wit)
{
    cli_bytes text;
    const char *wrong = cli_bytes_read(&text, path);
    if (wrong != NULL)
        return pirn_error_set(g->error, PIRN_IO, "%s", wrong);
    pirn_status status = pirn_wit_add_file(wit, pirn_str_of(path), (pirn_str){(const char *)text.data, text.size}, g->error);
    cli_bytes_done(&text);
    return status != PIRN_OK ? status : pirn_wit_resolve(wit, g->error);
}

static bool bad_plugin(cli_guest *g, const char *what, const char *path)
{
    g->has_complained = true;
    fprintf(stderr, "pirn %s: --%s %s: ", g->args->verb->name, what, path);
    if (pirn_error_line(g->error) > 0)
        fprintf(stderr, "%u:%u: ", (unsigned)pirn_error_line(g->error), (unsigned)pirn_error_column(g->error));
    fprintf(stderr, "%s\n", pirn_error_message(g->error));
    return false;
}

static bool open_plugin(cli_guest *g, const char *library, const char *path)
{
    pirn_wit *wit = pirn_wit_new(NULL);
    if (wit == NULL)
        return false;
    const char *wrong = NULL;
    if (load_wit(g, path, wit) != PIRN_OK)
        wrong = "wit";
    else if (pirn_plugin_open(library, wit, &g->plugins[g->plugin_count], g->error) != PIRN_OK)
        wrong = "plugin";
    else if (pirn_plugin_define(g->plugins[g->plugin_count++], g->linker, g->error) != PIRN_OK)
        wrong = "plugin";
    pirn_wit_free(wit);
    return wrong == NULL || bad_plugin(g, wrong, wrong[0] == 'w' ? path : library);
}

/* A library by name alone would be looked for in the system's folders. */
static bool has_folder(cli_guest *g, const char *library)
{
    if (strchr(library, '/') != NULL)
        return true;
    pirn_error_set(g->error, PIRN_USAGE, "write the path of the library, with a '/': ./%s", library);
    return bad_plugin(g, "plugin", library);
}

/* Each --plugin goes with the --wit behind it. */
static bool open_plugins(cli_guest *g)
{
    const char *library = NULL;
    g->plugins = calloc(g->args->given_count + 1, sizeof(pirn_plugin *));
    if (g->plugins == NULL)
        return false;
    for (size_t i = 0; i < g->args->given_count; i++) {
        const cli_given *given = &g->args->given[i];
        bool is_plugin = strcmp(given->option->name, "plugin") == 0, is_wit = strcmp(given->option->name, "wit") == 0;
        if ((is_plugin && library != NULL) || (is_wit && library == NULL)) {
            pirn_error_set(g->error, PIRN_USAGE, "write --plugin LIBRARY --wit FILE, one behind the other");
            return bad_plugin(g, given->option->name, given->value);
        }
        if (is_plugin && !has_folder(g, given->value))
            return false;
        if (is_wit && !open_plugin(g, library, given->value))
            return false;
        if (is_plugin || is_wit)
            library = is_plugin ? given->value : NULL;
    }
    if (library == NULL)
        return true;
    pirn_error_set(g->error, PIRN_USAGE, "its functions' types are missing: --wit FILE");
    return bad_plugin(g, "plugin", library);
}

/* With --plug the component is the composed one, which is nowhere but in memory. */
static pirn_status plug(cli_guest *g, const uint8_t **bytes, size_t *size)
{
    if (cli_value(g->args, "plug") == NULL)
        return PIRN_OK;
    g->has_complained = !cli_parts_of_options(&g->parts, g->args, g->file.path);
    if (g->has_complained)
        return PIRN_IO;
    g->arena = pirn_arena_new(NULL);
    return g->arena == NULL ? PIRN_NOMEM : cli_parts_compose(&g->parts, g->engine, g->arena, bytes, size, g->error);
}

static pirn_status load(cli_guest *g)
{
    const uint8_t *bytes = g->file.bytes;
    size_t size = g->file.size;
    pirn_status status = plug(g, &bytes, &size);
    if (status != PIRN_OK)
        return status;
    if (g->file.kind == CLI_FILE_MODULE)
        return pirn_module_load(g->engine, bytes, size, PIRN_BYTES_BORROW, 0, &g->module, g->error);
    status = pirn_component_load(g->engine, bytes, size, PIRN_BYTES_BORROW, &g->component, g->error);
    if (status != PIRN_OK)
        return status;
    g->linker = pirn_linker_new(g->engine);
    if (g->linker == NULL)
        return PIRN_NOMEM;
    status = pirn_host_define(g->linker, g->error);
    if (status == PIRN_OK && !open_plugins(g))
        return g->has_complained ? PIRN_USAGE : PIRN_NOMEM;
    return status != PIRN_OK ? status : pirn_linker_prepare(g->linker, g->component, &g->prepared, g->error);
}

static bool make_store(cli_guest *g)
{
    g->store = pirn_store_new(g->engine, &g->limits);
    g->host = g->host != NULL ? g->host : pirn_host_new(NULL);
    if (g->store == NULL || g->host == NULL)
        return false;
    g->context = pirn_host_context_new(g->host, g->config);
    pirn_store_set_fuel(g->store, g->fuel);
    return g->context != NULL;
}

/* What refers to something is released before it; none of these functions takes NULL. */
static void release_store(cli_guest *g)
{
    if (g->store != NULL)
        pirn_store_free(g->store);
    if (g->context != NULL)
        pirn_host_context_free(g->context);
    g->store = NULL;
    g->context = NULL;
}

static void release(cli_guest *g)
{
    release_store(g);
    if (g->host != NULL)
        pirn_host_free(g->host);
    if (g->config != NULL)
        pirn_host_config_free(g->config);
    if (g->prepared != NULL)
        pirn_prepared_free(g->prepared);
    if (g->linker != NULL)
        pirn_linker_free(g->linker);
    for (size_t i = 0; i < g->plugin_count; i++)
        pirn_plugin_close(g->plugins[i]);
    free(g->plugins);
    if (g->component != NULL)
        pirn_component_free(g->component);
    if (g->module != NULL)
        pirn_module_free(g->module);
    if (g->engine != NULL)
        pirn_engine_free(g->engine);
    pirn_code_cache_close(g->cache);
    if (g->arena != NULL)
        pirn_arena_free(g->arena);
    cli_parts_done(&g->parts);
    cli_file_done(&g->file);
    pirn_error_free(g->error);
}

/* A cache that cannot be used is no reason not to run. */
static void open_cache(cli_guest *g)
{
    const char *path = cli_value(g->args, "cache");
    if (path == NULL)
        return;
    if (pirn_code_cache_open(path, &g->cache, g->error) == PIRN_OK) {
        g->engine_config.known_code = pirn_code_cache_known(g->cache);
        return;
    }
    fprintf(stderr, "pirn %s: --cache: %s; going on without it\n", g->args->verb->name, pirn_error_message(g->error));
    pirn_error_clear(g->error);
}

static pirn_status open_file(cli_guest *g)
{
    g->error = pirn_error_new(NULL);
    if (g->error == NULL)
        return PIRN_NOMEM;
    g->has_complained = !make_config(g);
    if (g->has_complained)
        return PIRN_USAGE;
    open_cache(g);
    g->engine = pirn_engine_new(&g->engine_config);
    if (g->engine == NULL)
        return PIRN_NOMEM;
    pirn_status status = load(g);
    if (status != PIRN_OK)
        return status;
    return make_store(g) ? PIRN_OK : PIRN_NOMEM;
}

int cli_guest_run(const cli_args *args, cli_guest_main *main)
{
    cli_guest g = {.args = args};
    int code = CLI_OK;
    if (args->operand_count == 0) {
        fprintf(stderr, "pirn %s: which file? Try 'pirn %s --help'.\n", args->verb->name, args->verb->name);
        return CLI_USAGE;
    }
    if (!read_limits(&g))
        return CLI_USAGE;
    if (!cli_file_read(&g.file, args->verb->name, args->operands[0]))
        return CLI_FAILURE;
    pirn_status status = open_file(&g);
    if (status == PIRN_OK)
        status = main(&g, &code);
    if (status != PIRN_OK && !g.has_complained)
        code = cli_file_report(&g.file, status, g.error);
    if (g.has_complained || (status == PIRN_USAGE && cli_has(args, "invoke")))
        code = CLI_USAGE;
    release(&g);
    return code;
}

bool cli_guest_renew(cli_guest *g)
{
    release_store(g);
    return make_store(g);
}

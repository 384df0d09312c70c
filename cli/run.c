/* SPDX-License-Identifier: Apache-2.0 */
/* pirn run: from options to a host's config, a store's limits and one call. */
#include "cli/features.h"
#include "cli/file.h"
#include "cli/invoke.h"
#include "cli/profile.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include <pirn/host.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cli_option cli_run_options[] = {
    {"dir", "HOST[::GUEST][:ro]", "give the guest a directory, as GUEST, read-only with :ro; may be repeated"},
    {"env", "NAME[=VALUE]", "set an environment variable, or pass on this process's; may be repeated"},
    {"inherit-env", NULL, "pass on this process's whole environment"},
    {"argv0", "NAME", "the program name that the guest sees (else FILE)"},
    {"invoke", "CALL", "call this exported function, not the command: NAME [ARGS] or 'NAME(VALUES)'"},
    {"fuel", "N", "end the guest after N instructions (k, M, G)"},
    {"timeout", "TIME", "end the guest after this time (ms, s, m)"},
    {"max-memory", "SIZE", "most bytes of linear memory (KiB, MiB, GiB); default 4GiB"},
    {"max-stack", "SIZE", "most bytes of the guest's call stack; default 1MiB"},
    {"cache", "DIR", "remember in this directory which modules have been validated; made when there is none"},
    CLI_FEATURE_OPTIONS,
    {"profile-ops", NULL, "count the interpreter's own instructions and their sequences, and print the table on stderr; slow"},
    {"json", NULL, "print the table of --profile-ops as JSON"},
    {"help", NULL, "print this help"},
    {NULL, NULL, NULL},
};

/* Everything that a run holds; released in the reverse order of the members. */
typedef struct run {
    const cli_args *args;
    cli_file file;
    pirn_error *error;
    bool has_complained; /* a usage error that was told already */
    pirn_config engine_config;
    pirn_code_cache *cache;
    pirn_store_limits limits;
    uint64_t fuel, timeout_ns;
    pirn_engine *engine;
    pirn_module *module;
    pirn_component *component;
    pirn_linker *linker;
    pirn_prepared *prepared;
    pirn_store *store;
    pirn_host *host;
    pirn_host_config *config;
    pirn_host_context *context;
} run;

static bool bad_value(const char *option, const char *value, const char *what)
{
    fprintf(stderr, "pirn run: --%s %s: %s\n", option, value, what);
    return false;
}

static bool read_number(const run *r, const char *option, bool (*parse)(const char *, uint64_t *), const char *what,
                        uint64_t *out)
{
    const char *value = cli_value(r->args, option);
    return value == NULL || parse(value, out) || bad_value(option, value, what);
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

static bool read_limits(run *r)
{
    r->limits = pirn_store_limits_default();
    r->engine_config = pirn_config_default();
    r->engine_config.fuel = cli_has(r->args, "fuel");
    r->engine_config.profile = cli_has(r->args, "profile-ops");
    r->engine_config.interruptible = cli_has(r->args, "timeout");
    r->engine_config.parallel = pirn_host_parallel();
    r->timeout_ns = PIRN_NO_TIMEOUT;
    bool is_good =
        cli_features_apply(r->args, &r->engine_config) &&
        read_number(r, "fuel", cli_parse_count, "not a number", &r->fuel) &&
        read_number(r, "timeout", cli_parse_duration, "not a time; write 500ms, 2s or 1m", &r->timeout_ns) &&
        read_number(r, "max-memory", cli_parse_size, "not a size; write 64MiB or 1GiB", &r->limits.memory_bytes) &&
        read_number(r, "max-stack", cli_parse_size, "not a size; write 256KiB or 8MiB", &r->limits.stack_bytes);
    limit_calls(&r->limits);
    return is_good;
}

/* HOST[::GUEST][:ro] */
static bool give_directory(run *r, const char *value)
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
        return bad_value("dir", value, "write HOST, HOST::GUEST or HOST::GUEST:ro");
    if (pirn_host_config_dir(r->config, host, guest, access, r->error) == PIRN_OK)
        return true;
    return bad_value("dir", value, pirn_error_message(r->error));
}

static bool give_variable(run *r, const char *value)
{
    const char *equals = strchr(value, '=');
    pirn_str name = {value, equals != NULL ? (size_t)(equals - value) : strlen(value)};
    const char *content = equals != NULL ? equals + 1 : getenv(value);
    if (content == NULL)
        return true; /* asked to pass on what is not set */
    if (pirn_host_config_env(r->config, name, pirn_str_of(content), r->error) == PIRN_OK)
        return true;
    return bad_value("env", value, pirn_error_message(r->error));
}

static bool give_argument(run *r, const char *text)
{
    if (pirn_host_config_arg(r->config, pirn_str_of(text), r->error) == PIRN_OK)
        return true;
    fputs("pirn run: argument '", stderr);
    cli_print_text(stderr, pirn_str_of(text));
    fprintf(stderr, "': %s\n", pirn_error_message(r->error));
    return false;
}

/* A file's name need not be text: where it is none, the guest sees replacement characters. */
static bool give_program_name(run *r)
{
    const char *argv0 = cli_value(r->args, "argv0");
    size_t len;
    if (argv0 != NULL)
        return give_argument(r, argv0);
    char *name = cli_utf8(pirn_str_of(r->file.path), &len);
    bool done = name != NULL && pirn_host_config_arg(r->config, (pirn_str){name, len}, r->error) == PIRN_OK;
    free(name);
    if (!done)
        fprintf(stderr, "pirn run: out of memory\n");
    return done;
}

static bool make_config(run *r)
{
    r->config = pirn_host_config_new(NULL);
    if (r->config == NULL)
        return false;
    for (int stream = PIRN_STDIN; stream <= PIRN_STDERR; stream++)
        pirn_host_config_inherit(r->config, (pirn_stdio)stream);
    if (cli_has(r->args, "inherit-env") && pirn_host_config_inherit_env(r->config, r->error) != PIRN_OK)
        return bad_value("inherit-env", "", pirn_error_message(r->error));
    for (size_t i = 0; i < r->args->given_count; i++) {
        const cli_given *given = &r->args->given[i];
        if (strcmp(given->option->name, "dir") == 0 && !give_directory(r, given->value))
            return false;
        if (strcmp(given->option->name, "env") == 0 && !give_variable(r, given->value))
            return false;
    }
    if (!give_program_name(r))
        return false;
    for (size_t i = 1; i < r->args->operand_count; i++) {
        if (!give_argument(r, r->args->operands[i]))
            return false;
    }
    return true;
}

static pirn_status load(run *r)
{
    if (r->file.kind == CLI_FILE_MODULE)
        return pirn_module_load(r->engine, r->file.bytes, r->file.size, PIRN_BYTES_BORROW, 0, &r->module, r->error);
    pirn_status status =
        pirn_component_load(r->engine, r->file.bytes, r->file.size, PIRN_BYTES_BORROW, &r->component, r->error);
    if (status != PIRN_OK)
        return status;
    r->linker = pirn_linker_new(r->engine);
    if (r->linker == NULL)
        return PIRN_NOMEM;
    status = pirn_host_define(r->linker, r->error);
    return status != PIRN_OK ? status : pirn_linker_prepare(r->linker, r->component, &r->prepared, r->error);
}

static bool make_store(run *r)
{
    r->store = pirn_store_new(r->engine, &r->limits);
    r->host = pirn_host_new(NULL);
    if (r->store == NULL || r->host == NULL)
        return false;
    r->context = pirn_host_context_new(r->host, r->config);
    pirn_store_set_fuel(r->store, r->fuel);
    return r->context != NULL;
}

static pirn_status run_guest(run *r, int *exit_code)
{
    const char *call = cli_value(r->args, "invoke");
    if (call != NULL) {
        cli_invocation invocation = {
            .host = r->host,
            .store = r->store,
            .context = r->context,
            .module = r->module,
            .component = r->component,
            .prepared = r->prepared,
            .timeout_ns = r->timeout_ns,
            .call = call,
            .operands = r->args->operands + 1,
            .operand_count = r->args->operand_count - 1,
        };
        return cli_invoke(&invocation, exit_code, r->error);
    }
    if (r->module != NULL)
        return pirn_host_run_module(r->host, r->module, r->store, r->context, r->timeout_ns, exit_code, r->error);
    return pirn_host_run_command(r->host, r->prepared, r->store, r->context, r->timeout_ns, exit_code, r->error);
}

static void release(run *r)
{
    /* What refers to something is released before it; none of these functions takes NULL. */
    if (r->store != NULL)
        pirn_store_free(r->store);
    if (r->context != NULL)
        pirn_host_context_free(r->context);
    if (r->host != NULL)
        pirn_host_free(r->host);
    if (r->config != NULL)
        pirn_host_config_free(r->config);
    if (r->prepared != NULL)
        pirn_prepared_free(r->prepared);
    if (r->linker != NULL)
        pirn_linker_free(r->linker);
    if (r->component != NULL)
        pirn_component_free(r->component);
    if (r->module != NULL)
        pirn_module_free(r->module);
    if (r->engine != NULL)
        pirn_engine_free(r->engine);
    pirn_code_cache_close(r->cache);
    cli_file_done(&r->file);
    pirn_error_free(r->error);
}

/* A cache that cannot be used is no reason not to run. */
static void open_cache(run *r)
{
    const char *path = cli_value(r->args, "cache");
    if (path == NULL)
        return;
    if (pirn_code_cache_open(path, &r->cache, r->error) == PIRN_OK) {
        r->engine_config.known_code = pirn_code_cache_known(r->cache);
        return;
    }
    fprintf(stderr, "pirn run: --cache: %s; going on without it\n", pirn_error_message(r->error));
    pirn_error_clear(r->error);
}

static pirn_status run_file(run *r, int *exit_code)
{
    r->error = pirn_error_new(NULL);
    if (r->error == NULL)
        return PIRN_NOMEM;
    r->has_complained = !make_config(r);
    if (r->has_complained)
        return PIRN_USAGE;
    open_cache(r);
    r->engine = pirn_engine_new(&r->engine_config);
    if (r->engine == NULL)
        return PIRN_NOMEM;
    pirn_status status = load(r);
    if (status != PIRN_OK)
        return status;
    return make_store(r) ? run_guest(r, exit_code) : PIRN_NOMEM;
}

int cli_run(const cli_args *args)
{
    run r = {.args = args};
    int code = CLI_OK;
    if (args->operand_count == 0) {
        fprintf(stderr, "pirn run: which file? Try 'pirn run --help'.\n");
        return CLI_USAGE;
    }
    if (!read_limits(&r))
        return CLI_USAGE;
    if (!cli_file_read(&r.file, "run", args->operands[0]))
        return CLI_FAILURE;
    pirn_status status = run_file(&r, &code);
    if (status != PIRN_OK && !r.has_complained)
        code = cli_file_report(&r.file, status, r.error);
    if (r.has_complained || (status == PIRN_USAGE && cli_has(args, "invoke")))
        code = CLI_USAGE;
    if (r.engine_config.profile && r.store != NULL)
        cli_print_profile(r.store, cli_has(r.args, "json"));
    release(&r);
    return code;
}

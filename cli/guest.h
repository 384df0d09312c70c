/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest with everything that it needs to run, made from the options of a verb: pirn run and pirn repl differ only in what
 * they do with it.
 */
#pragma once

#include "cli/compose.h"
#include "cli/features.h"
#include "cli/file.h"
#include <pirn/host.h>

/* Rows of a verb's table of options: what guests may have and use. */
#define CLI_GUEST_OPTIONS                                                                                       \
    {"dir", "HOST[::GUEST][:ro]", "give the guest a directory, as GUEST, read-only with :ro; may be repeated"}, \
        {"env", "NAME[=VALUE]", "set an environment variable, or pass on this process's; may be repeated"},     \
        {"inherit-env", NULL, "pass on this process's whole environment"},                                      \
        {"plugin", "LIBRARY", "offer the functions of a shared library, of the interfaces in --wit; may be repeated"},        \
        {"wit", "FILE", "the WIT of the --plugin before it"},                                                             \
        {"argv0", "NAME", "the program name that the guest sees (else FILE)"},                                  \
        {"plug", "FILE", "link imports of the component to what this one exports; may be repeated"}

#define CLI_LIMIT_OPTIONS                                                                    \
    {"fuel", "N", "end the guest after N instructions (k, M, G)"},                           \
        {"timeout", "TIME", "end the guest after this time (ms, s, m)"},                     \
        {"max-memory", "SIZE", "most bytes of linear memory (KiB, MiB, GiB); default 4GiB"}, \
        {"max-stack", "SIZE", "most bytes of the guest's call stack; default 1MiB"},         \
        {"cache", "DIR", "remember in this directory which modules have been validated; made when there is none"}

/* Released in the reverse order of the members. */
typedef struct cli_guest {
    const cli_args *args;
    cli_file file;
    cli_parts parts; /* with --plug, and where the composed component is */
    pirn_arena *arena;
    pirn_error *error;
    bool has_complained; /* a mistake that was told already */
    pirn_config engine_config;
    pirn_code_cache *cache;
    pirn_store_limits limits;
    uint64_t fuel, timeout_ns;
    pirn_engine *engine;
    pirn_module *module; /* either this or what comes down to `prepared` */
    pirn_component *component;
    pirn_plugin **plugins;
    size_t plugin_count;
    pirn_linker *linker;
    pirn_prepared *prepared;
    pirn_store *store;
    pirn_host *host;
    pirn_host_config *config;
    pirn_host_context *context;
} cli_guest;

/* What to do with the guest, which is ready to be instantiated; g->error says how it failed. */
typedef pirn_status cli_guest_main(cli_guest *g, int *exit_code);

/* Reads the file that is the first operand, does `main`, reports what went wrong, releases all. Returns the exit code. */
int cli_guest_run(const cli_args *args, cli_guest_main *main);
/* Puts a new store and a new context in the place of the old ones, which nothing may use any more. False: out of memory. */
bool cli_guest_renew(cli_guest *g);

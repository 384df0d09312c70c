/* SPDX-License-Identifier: Apache-2.0 */
/* pirn run: a command, or one exported function. */
#include "cli/guest.h"
#include "cli/invoke.h"
#include "cli/profile.h"
#include "cli/verbs.h"

const cli_option cli_run_options[] = {
    CLI_GUEST_OPTIONS,
    {"invoke", "CALL", "call this exported function, not the command: NAME [ARGS] or 'NAME(VALUES)'"},
    CLI_LIMIT_OPTIONS,
    CLI_FEATURE_OPTIONS,
    {"profile-ops", NULL, "count the interpreter's own instructions and their sequences, and print the table on stderr; slow"},
    {"json", NULL, "print the table of --profile-ops as JSON"},
    {"help", NULL, "print this help"},
    {NULL, NULL, NULL},
};

static pirn_status run_guest(cli_guest *g, int *exit_code)
{
    const char *call = cli_value(g->args, "invoke");
    if (call != NULL) {
        cli_invocation invocation = {
            .host = g->host,
            .store = g->store,
            .context = g->context,
            .module = g->module,
            .component = g->component,
            .prepared = g->prepared,
            .timeout_ns = g->timeout_ns,
            .call = call,
            .operands = g->args->operands + 1,
            .operand_count = g->args->operand_count - 1,
        };
        return cli_invoke(&invocation, exit_code, g->error);
    }
    if (g->module != NULL)
        return pirn_host_run_module(g->host, g->module, g->store, g->context, g->timeout_ns, exit_code, g->error);
    return pirn_host_run_command(g->host, g->prepared, g->store, g->context, g->timeout_ns, exit_code, g->error);
}

static pirn_status run_and_profile(cli_guest *g, int *exit_code)
{
    pirn_status status = run_guest(g, exit_code);
    if (g->engine_config.profile)
        cli_print_profile(g->store, cli_has(g->args, "json"));
    return status;
}

int cli_run(const cli_args *args)
{
    return cli_guest_run(args, run_and_profile);
}

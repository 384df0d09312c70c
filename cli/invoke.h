/* SPDX-License-Identifier: Apache-2.0 */
/* pirn run --invoke: one exported function, with arguments from the command line, its results printed on stdout. */
#pragma once

#include <pirn/host.h>

typedef struct cli_invocation {
    pirn_host *host;
    pirn_store *store;
    pirn_host_context *context;
    const pirn_module *module; /* either this or the next two */
    const pirn_component *component;
    const pirn_prepared *prepared;
    uint64_t timeout_ns;
    const char *call; /* NAME, INTERFACE#NAME, or either with (VALUES); see `find_function` */
    char **operands;  /* the arguments, one each, when `call` has no values */
    size_t operand_count;
} cli_invocation;

/* OK: the results are printed (or the guest exited, with *exit_code). USAGE: no such function, or arguments that do not fit. */
pirn_status cli_invoke(const cli_invocation *invocation, int *exit_code, pirn_error *error);

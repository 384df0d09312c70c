/* SPDX-License-Identifier: Apache-2.0 */
/* wasi:cli: what a program has from the one who started it, and how it ends. */
#include "host/stream.h"
#include "wasi_cli_environment.h"
#include "wasi_cli_exit.h"
#include "wasi_cli_stderr.h"
#include "wasi_cli_stdin.h"
#include "wasi_cli_stdout.h"
#include "wasi_cli_terminal_input.h"
#include "wasi_cli_terminal_output.h"
#include "wasi_cli_terminal_stderr.h"
#include "wasi_cli_terminal_stdin.h"
#include "wasi_cli_terminal_stdout.h"

/* ---- environment: lists that lie in the config as the guest gets them ------------------------------------------ */

_Static_assert(sizeof(host_env) == sizeof(wasi_cli_environment_tuple_string_string) &&
                   offsetof(host_env, value) == offsetof(wasi_cli_environment_tuple_string_string, f1),
               "a variable of the config is a tuple of the interface");

pirn_status wasi_cli_environment_get_environment(pirn_host_call *call,
                                                 wasi_cli_environment_list_tuple_string_string *result)
{
    const host_config *config = host_context_of(call)->config;
    result->data = (const wasi_cli_environment_tuple_string_string *)(const void *)config->env.data;
    result->len = config->env.len;
    return PIRN_OK;
}

pirn_status wasi_cli_environment_get_arguments(pirn_host_call *call, wasi_cli_environment_list_string *result)
{
    const host_config *config = host_context_of(call)->config;
    result->data = config->args.data;
    result->len = config->args.len;
    return PIRN_OK;
}

/* There is none: paths of a guest begin at its directories. */
pirn_status wasi_cli_environment_initial_cwd(pirn_host_call *call, wasi_cli_environment_option_string *result)
{
    (void)call;
    result->is_some = false;
    return PIRN_OK;
}

/* ---- exit ------------------------------------------------------------------------------------------------------ */

pirn_status wasi_cli_exit_exit(pirn_host_call *call, const struct wasi_cli_exit_exit_args *args)
{
    return host_context_exit(call, args->status.is_err ? 1 : 0);
}

pirn_status wasi_cli_exit_exit_with_code(pirn_host_call *call, const struct wasi_cli_exit_exit_with_code_args *args)
{
    return host_context_exit(call, args->status_code);
}

/* ---- stdin, stdout, stderr ------------------------------------------------------------------------------------- */

pirn_status wasi_cli_stdin_get_stdin(pirn_host_call *call, struct host_input **result)
{
    *result = host_context_stdin(host_context_of(call));
    return *result != NULL ? PIRN_OK : host_call_no_memory(call);
}

static pirn_status get_output(pirn_host_call *call, pirn_stdio stream, struct host_output **result)
{
    *result = host_context_stdio(host_context_of(call), stream);
    return *result != NULL ? PIRN_OK : host_call_no_memory(call);
}

pirn_status wasi_cli_stdout_get_stdout(pirn_host_call *call, struct host_output **result)
{
    return get_output(call, PIRN_STDOUT, result);
}

pirn_status wasi_cli_stderr_get_stderr(pirn_host_call *call, struct host_output **result)
{
    return get_output(call, PIRN_STDERR, result);
}

/* ---- terminals: resources that say no more than that there is one ---------------------------------------------- */

struct host_terminal_input {
    host_object object;
};

struct host_terminal_output {
    host_object object;
};

void wasi_cli_terminal_input_terminal_input_drop(void *host, struct host_terminal_input *self)
{
    host_object_drop(host, self);
}

void wasi_cli_terminal_output_terminal_output_drop(void *host, struct host_terminal_output *self)
{
    host_object_drop(host, self);
}

/* Makes the resource if the stream is a terminal. */
static pirn_status get_terminal(pirn_host_call *call, pirn_stdio stream, uint8_t *is_some, host_object **object)
{
    host_context *context = host_context_of(call);
    *is_some = host_context_is_terminal(context, stream);
    *object = *is_some ? host_object_new(context, sizeof **object, NULL) : NULL;
    return *is_some && *object == NULL ? host_call_no_memory(call) : PIRN_OK;
}

pirn_status wasi_cli_terminal_stdin_get_terminal_stdin(pirn_host_call *call,
                                                       wasi_cli_terminal_stdin_option_terminal_input *result)
{
    host_object *object;
    PIRN_TRY(get_terminal(call, PIRN_STDIN, &result->is_some, &object));
    result->value = (struct host_terminal_input *)object;
    return PIRN_OK;
}

pirn_status wasi_cli_terminal_stdout_get_terminal_stdout(pirn_host_call *call,
                                                         wasi_cli_terminal_stdout_option_terminal_output *result)
{
    host_object *object;
    PIRN_TRY(get_terminal(call, PIRN_STDOUT, &result->is_some, &object));
    result->value = (struct host_terminal_output *)object;
    return PIRN_OK;
}

pirn_status wasi_cli_terminal_stderr_get_terminal_stderr(pirn_host_call *call,
                                                         wasi_cli_terminal_stderr_option_terminal_output *result)
{
    host_object *object;
    PIRN_TRY(get_terminal(call, PIRN_STDERR, &result->is_some, &object));
    result->value = (struct host_terminal_output *)object;
    return PIRN_OK;
}

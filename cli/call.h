/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calling exported functions of a component by the text of a call: which function is meant, what is wrong with its
 * arguments, and the call itself until it has ended.
 */
#pragma once

#include <pirn/host.h>

/* "INTERFACE#NAME(VALUES)" in its parts; `values` is empty when there is no parenthesis. All lie in the text. */
typedef struct cli_call_text {
    pirn_str whole, interface, name, values;
} cli_call_text;
cli_call_text cli_call_text_of(pirn_str text);

/* An exported function: of an interface, or (then that is empty) of the component itself. */
typedef struct cli_function {
    pirn_str interface, name;
    const pirn_component_functype *type;
} cli_function;
/* Calls `visit` with each of them, in the order of the component, until it answers false. */
void cli_functions_each(const pirn_component *component, bool (*visit)(void *user, const cli_function *function),
                        void *user);
/* What a function is called when there is no doubt: "[method]counter.get" is counter.get, "[constructor]counter" counter. */
pirn_str cli_function_spoken(pirn_str name);

/*
 * The function that is meant: interface, version and what stands in brackets may be left out when only one fits. USAGE says
 * that none does, or several do.
 */
pirn_status cli_call_find(const pirn_component *component, const pirn_component_instance *instance,
                          const cli_call_text *call, const pirn_component_func **out, pirn_error *error);

/* Is there a resource in the parameters or the result? */
bool cli_type_has_handle(const pirn_type *type);
bool cli_functype_has_handle(const pirn_component_functype *type);

/*
 * What is wrong with values (MALFORMED) becomes a mistake in the use of the program: USAGE, with the text and a mark
 * under the place. `values` lies in `text`.
 */
pirn_status cli_call_explain(pirn_status status, const char *where, pirn_str text, pirn_str values,
                             pirn_error *error);

/* Who calls, and for how long. */
typedef struct cli_caller {
    pirn_host *host;
    pirn_host_context *context;
    uint64_t timeout_ns;
} cli_caller;

/*
 * Calls the function and runs the loop until it has ended. OK: *result is its result as text (NULL: none), to be freed; or
 * *has_exited is set, and the guest's code in *exit_code. Otherwise how it failed.
 */
pirn_status cli_call_run(const cli_caller *caller, pirn_component_instance *instance, const pirn_component_func *func,
                         const void *args, const pirn_handle_names *names, char **result, bool *has_exited,
                         int *exit_code, pirn_error *error);
/* The result of a function of that type as text; NULL: out of memory. */
char *cli_value_text(const pirn_type *type, const void *value, const pirn_handle_names *names);

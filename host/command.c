/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a command from its instantiation to its exit code. A guest that calls wasi:cli/exit ends in a trap, because
 * nothing may run in it any more; its context says that this is no failure.
 */
#include "host/context.h"
#include "host/loop.h"
#include "host/sigpipe.h"
#include "vm/base/error.h"

#define RUN_INTERFACE "wasi:cli/run@0.2.12"

/* How the call of `run` has ended. */
typedef struct ending {
    pirn_status status;
    pirn_error *error; /* the embedder's; may be NULL */
} ending;

static void note_ending(void *user, pirn_status status, const pirn_error *error)
{
    ending *end = user;
    end->status = status;
    if (status != PIRN_OK)
        pirn_error_copy(end->error, error);
}

static bool is_run_type(const pirn_component_functype *type)
{
    const pirn_type *result = pirn_component_functype_result(type);
    return pirn_component_functype_params(type) == 0 && result != NULL &&
           pirn_type_kind_of(result) == PIRN_TYPE_RESULT && pirn_type_member_type(result, 0) == NULL &&
           pirn_type_member_type(result, 1) == NULL;
}

/* The export that makes a component a command. */
static pirn_status find_run(const pirn_component_instance *instance, const pirn_component_func **out,
                            pirn_error *error)
{
    *out = pirn_component_instance_func(instance, PIRN_STR(RUN_INTERFACE), PIRN_STR("run"));
    if (*out == NULL)
        return base_fail(error, PIRN_UNLINKABLE, PIRN_NO_OFFSET,
                         "the component does not export %s: it is not a command", RUN_INTERFACE);
    if (!is_run_type(pirn_component_func_type(*out)))
        return base_fail(error, PIRN_UNLINKABLE, PIRN_NO_OFFSET, "the export run of %s is not func() -> result",
                         RUN_INTERFACE);
    return PIRN_OK;
}

/* Instantiation runs start functions: the time limit holds for them, too. */
static pirn_status instantiate_until(pirn_host *host, const pirn_prepared *prepared, pirn_store *store,
                                     host_context *context, uint64_t deadline_ns, pirn_component_instance **out,
                                     pirn_error *error)
{
    host_watch watch = {0};
    if (!host_watchdog_add(&host->watchdog, &watch, store, deadline_ns))
        return base_nomem(error);
    host_sigpipe guard = host_sigpipe_block();
    pirn_status status = pirn_component_instantiate(prepared, store, context, out, error);
    host_sigpipe_unblock(&guard);
    host_watchdog_remove(&host->watchdog, &watch);
    return status;
}

pirn_status pirn_host_instantiate(pirn_host *host, const pirn_prepared *prepared, pirn_store *store,
                                  host_context *context, uint64_t timeout_ns, pirn_component_instance **out,
                                  pirn_error *error)
{
    return instantiate_until(host, prepared, store, context, host_deadline(timeout_ns), out, error);
}

/* Calls `run` in a task of its own. */
static pirn_status call_run(pirn_host *host, pirn_component_instance *instance, uint64_t deadline_ns, int *exit_code,
                            pirn_error *error)
{
    const pirn_component_func *run;
    PIRN_TRY(find_run(instance, &run, error));
    pirn_task *task = pirn_task_new(instance);
    if (task == NULL)
        return base_nomem(error);
    ending end = {.error = error};
    uint64_t now = host_now();
    uint64_t timeout_ns = deadline_ns == UINT64_MAX ? PIRN_NO_TIMEOUT : deadline_ns > now ? deadline_ns - now : 0;
    pirn_status status = pirn_host_start(host, task, run, NULL, timeout_ns, note_ending, &end, error);
    if (status == PIRN_OK) {
        pirn_host_run(host);
        status = end.status;
    }
    if (status == PIRN_OK)
        *exit_code = *(const uint8_t *)pirn_task_result(task);
    pirn_task_free(task);
    return status;
}

pirn_status pirn_host_run_command(pirn_host *host, const pirn_prepared *prepared, pirn_store *store,
                                  host_context *context, uint64_t timeout_ns, int *exit_code, pirn_error *error)
{
    uint64_t deadline_ns = host_deadline(timeout_ns);
    pirn_component_instance *instance = NULL;
    pirn_status status = instantiate_until(host, prepared, store, context, deadline_ns, &instance, error);
    if (status == PIRN_OK)
        status = call_run(host, instance, deadline_ns, exit_code, error);
    if (instance != NULL)
        pirn_component_instance_free(instance);
    if (!pirn_host_context_exited(context, exit_code))
        return status;
    if (error != NULL)
        pirn_error_clear(error);
    return PIRN_OK;
}

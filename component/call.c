/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedder's calls: lower the arguments, call the core function, and when it has returned, at
 * once or after having waited, lift the result and call post-return.
 *
 * A function of the host that a component merely passes on is called without any of this: its
 * arguments are C objects already.
 */
#include "component/activation.h"
#include "component/guest.h"
#include "component/handle.h"

pirn_status cm_call_init(cm_call *call, cm_runtime *runtime, pirn_task *task)
{
    *call = (cm_call){.runtime = runtime, .task = task};
    call->call = pirn_call_new(runtime->store);
    if (call->call == NULL)
        return PIRN_NOMEM;
    pirn_call_set_data(call->call, task);
    return PIRN_OK;
}

/* Forgets the call before, with its result. */
static void release(cm_call *call)
{
    if (call->activation != NULL)
        cm_activation_free(call->activation);
    call->activation = NULL;
}

static void cancel_host(cm_call *call)
{
    pirn_host_call *host_call = &call->activation->host_call;
    if (host_call->cancel != NULL)
        host_call->cancel(host_call->state);
}

void cm_call_done(cm_call *call)
{
    if (call->pending && call->function->host != NULL)
        cancel_host(call);
    pirn_call_free(call->call);
    release(call);
}

/* What the call has come to. */
static pirn_status settle(cm_call *call, pirn_status status)
{
    call->pending = status == PIRN_PENDING;
    if (status != PIRN_OK && status != PIRN_PENDING)
        release(call);
    return status;
}

/* ---- Functions of the host ------------------------------------------------------------------------------------- */

static pirn_status ask_host(cm_call *call, pirn_error *error)
{
    cm_activation *activation = call->activation;
    activation->host_call.error = error;
    pirn_status status = call->function->host(&activation->host_call, activation->args, activation->result);
    return settle(call, status);
}

static pirn_status start_host(cm_call *call, const void *args, pirn_error *error)
{
    cm_activation *activation = call->activation;
    size_t size = call->function->type->params_c.size;
    if (size > 0)
        memcpy(activation->args, args, size);
    activation->host_call.task = call->task;
    activation->host_call.user = call->function->user;
    return ask_host(call, error);
}

/* ---- Functions of guests --------------------------------------------------------------------------------------- */

static void open_guest(const cm_call *call, cm_guest_context *guest, pirn_error *error)
{
    const cm_function *function = call->function;
    cm_guest_context_init(guest, &function->options, function->resources, call->activation, NULL, error);
}

static pirn_status lift_result(cm_call *call, pirn_error *error)
{
    const cm_function *function = call->function;
    cm_guest_context guest;
    open_guest(call, &guest, error);
    pirn_slot flat[CM_LIMIT_FLAT_RESULTS] = {{0}};
    if (function->type->result != NULL)
        flat[0] = pirn_call_results(call->call)[0];
    PIRN_TRY(cm_lift_result(&guest.cx, function->program, flat, call->activation->result));
    PIRN_TRY(cm_guest_check_borrows(&guest));
    PIRN_TRY(cm_guest_post_return(&guest, flat));
    call->activation->transit = NULL; /* the embedder has received what passes to it */
    cm_activation_return_lent(call->activation);
    cm_instance_leave(function->options.state, NULL);
    return PIRN_OK;
}

static pirn_status core_returned(cm_call *call, pirn_status status, pirn_error *error)
{
    return settle(call, status == PIRN_OK ? lift_result(call, error) : status);
}

static pirn_status lower_args(cm_call *call, const void *args, pirn_slot *flat, pirn_error *error)
{
    const cm_function *function = call->function;
    cm_guest_context guest;
    open_guest(call, &guest, error);
    pirn_status status = PIRN_OK;
    if (cm_instance_may_enter(function->options.state, NULL)) {
        cm_instance_enter(function->options.state, NULL);
        status = cm_lower_params(&guest.cx, function->program, args, flat);
    } else {
        status = cm_trap(&guest.cx, "cannot enter component instance");
    }
    if (status != PIRN_OK)
        cm_drop_unlowered_params(&guest.cx, function->program, args);
    return status;
}

static pirn_status start_guest(cm_call *call, const void *args, pirn_error *error)
{
    pirn_slot flat[CM_MAX_FLAT];
    pirn_status status = lower_args(call, args, flat, error);
    if (status != PIRN_OK)
        return settle(call, status);
    return core_returned(call, pirn_call_start(call->call, call->function->core, flat, error), error);
}

pirn_status cm_call_start(cm_call *call, const cm_function *function, const void *args, pirn_error *error)
{
    if (call->pending)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "the task is pending");
    release(call);
    call->function = function;
    call->activation = cm_activation_new(call->runtime);
    if (call->activation == NULL)
        return base_nomem(error);
    call->activation->function = function;
    if (!cm_activation_make_objects(call->activation, function->type)) {
        release(call);
        return base_nomem(error);
    }
    return function->host != NULL ? start_host(call, args, error) : start_guest(call, args, error);
}

pirn_status cm_call_resume(cm_call *call, pirn_error *error)
{
    if (!call->pending)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "the task is not pending");
    if (call->function->host != NULL)
        return ask_host(call, error);
    return core_returned(call, pirn_call_resume(call->call, error), error);
}

const void *cm_call_result(const cm_call *call)
{
    return call->activation == NULL ? NULL : call->activation->result;
}

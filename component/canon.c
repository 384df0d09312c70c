/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canon lower (CanonicalABI.md): core functions that call component functions.
 *
 *   of the host     lift the arguments, ask the host function (again and again while it waits),
 *                   lower its result
 *   of a guest      pass the arguments from the caller to the callee, enter the callee's core
 *                   function; when it has returned, pass the result to the caller, post-return
 *
 * Neither keeps anything on the native stack while somebody waits: what is in progress is in an
 * activation.
 */
#include "component/activation.h"
#include "component/guest.h"
#include "component/handle.h"

/* A context on the caller's side, for arguments to be lifted from it and a result lowered into it. */
static void open_caller(cm_guest_context *caller, cm_activation *activation, pirn_frame *frame, cm_form form)
{
    const cm_lowered *lowered = activation->lowered;
    cm_guest_context_init(caller, &lowered->options, lowered->resources, activation, frame, pirn_frame_error(frame));
    caller->cx.views = true;
    caller->cx.form = form;
}

static cm_activation *new_activation(const cm_lowered *lowered)
{
    cm_activation *activation = cm_activation_new(lowered->options.state->runtime);
    if (activation == NULL)
        return NULL;
    activation->function = lowered->callee;
    activation->lowered = lowered;
    return activation;
}

/* Ends a call that did not succeed. */
static pirn_status give_up(cm_activation *activation, pirn_status status)
{
    cm_activation_free(activation);
    return status;
}

/* ---- Functions of the host ------------------------------------------------------------------------------------- */

static pirn_status lower_host_result(pirn_frame *frame, cm_activation *activation)
{
    const cm_function_program *program = activation->lowered->program;
    cm_guest_context caller;
    open_caller(&caller, activation, frame, CM_HOST);
    pirn_status status = cm_lower_result(&caller.cx, program, activation->result, pirn_frame_slots(frame));
    if (status != PIRN_OK)
        cm_drop_unlowered_result(&caller.cx, program, activation->result);
    return status;
}

/* The call is abandoned while the host function waits. */
static void abandon_host(void *data)
{
    cm_activation *activation = data;
    pirn_host_call *call = &activation->host_call;
    if (call->cancel != NULL)
        call->cancel(call->state);
    cm_activation_free(activation);
}

static pirn_status ask_host(pirn_frame *frame, void *data)
{
    cm_activation *activation = data;
    activation->host_call.frame = frame;
    activation->host_call.error = pirn_frame_error(frame);
    pirn_status status = activation->function->host(&activation->host_call, activation->args, activation->result);
    if (status == PIRN_PENDING)
        return pirn_frame_wait(frame, ask_host, activation, abandon_host);
    if (status == PIRN_OK)
        status = lower_host_result(frame, activation);
    cm_activation_free(activation);
    return status;
}

static pirn_status lift_arguments(pirn_frame *frame, cm_activation *activation)
{
    const cm_function_program *program = activation->lowered->program;
    if (!cm_activation_make_objects(activation, program->type))
        return base_nomem(pirn_frame_error(frame));
    cm_guest_context caller;
    open_caller(&caller, activation, frame, CM_HOST);
    return cm_lift_params(&caller.cx, program, pirn_frame_slots(frame), activation->args);
}

static pirn_status call_host(pirn_frame *frame, void *data)
{
    const cm_lowered *lowered = data;
    if (!lowered->options.state->may_leave)
        return pirn_frame_trap(frame, "cannot leave component instance");
    cm_activation *activation = new_activation(lowered);
    if (activation == NULL)
        return base_nomem(pirn_frame_error(frame));
    pirn_status status = lift_arguments(frame, activation);
    if (status != PIRN_OK)
        return give_up(activation, status);
    activation->transit = NULL; /* the host function has received what passes to it */
    activation->host_call.user = lowered->callee->user;
    return ask_host(frame, activation);
}

/* ---- Functions of other guests --------------------------------------------------------------------------------- */

/* Both sides of a call between guests. */
typedef struct two_sides {
    cm_guest_context caller, callee;
} two_sides;

static void open_sides(two_sides *sides, cm_activation *activation, pirn_frame *frame)
{
    const cm_function *function = activation->function;
    open_caller(&sides->caller, activation, frame, CM_GUEST);
    cm_guest_context_init(&sides->callee, &function->options, function->resources, activation, frame,
                          pirn_frame_error(frame));
    sides->callee.cx.form = CM_GUEST;
}

/* The callee has trapped or is abandoned: it stays entered. */
static void abandon_guest(void *data)
{
    cm_activation_free(data);
}

static pirn_status pass_result(pirn_frame *frame, cm_activation *activation)
{
    pirn_slot flat[CM_LIMIT_FLAT_RESULTS] = {{0}};
    const cm_function_program *program = activation->function->program;
    if (program->result != NULL)
        flat[0] = pirn_frame_entered_results(frame)[0];
    two_sides sides;
    open_sides(&sides, activation, frame);
    cm_pass pass = {&sides.callee.cx, &sides.caller.cx, program, flat, pirn_frame_slots(frame)};
    PIRN_TRY(cm_pass_lift_result(&pass));
    PIRN_TRY(cm_guest_check_borrows(&sides.callee));
    PIRN_TRY(cm_pass_lower_result(&pass));
    return cm_guest_post_return(&sides.callee, flat);
}

static pirn_status guest_returned(pirn_frame *frame, void *data)
{
    cm_activation *activation = data;
    pirn_status status = pass_result(frame, activation);
    if (status == PIRN_OK)
        cm_instance_leave(activation->function->options.state, activation->lowered->common);
    cm_activation_free(activation);
    return status;
}

static pirn_status pass_arguments(pirn_frame *frame, cm_activation *activation, pirn_slot *flat)
{
    two_sides sides;
    open_sides(&sides, activation, frame);
    cm_pass pass = {&sides.caller.cx, &sides.callee.cx, activation->lowered->program, pirn_frame_slots(frame), flat};
    PIRN_TRY(cm_pass_lift_params(&pass));
    return cm_pass_lower_params(&pass);
}

static pirn_status call_guest(pirn_frame *frame, void *data)
{
    const cm_lowered *lowered = data;
    const cm_function *function = lowered->callee;
    if (!lowered->options.state->may_leave)
        return pirn_frame_trap(frame, "cannot leave component instance");
    if (lowered->enclosed || !cm_instance_may_enter(function->options.state, lowered->common))
        return pirn_frame_trap(frame, "cannot enter component instance");
    cm_instance_enter(function->options.state, lowered->common);
    cm_activation *activation = new_activation(lowered);
    if (activation == NULL)
        return base_nomem(pirn_frame_error(frame));
    pirn_slot flat[CM_MAX_FLAT];
    pirn_status status = pass_arguments(frame, activation, flat);
    if (status != PIRN_OK)
        return give_up(activation, status);
    pirn_frame_stop_exceptions(frame); /* none crosses the border of a component */
    return pirn_frame_enter(frame, function->core, flat, guest_returned, activation, abandon_guest);
}

pirn_status cm_lowered_new_func(cm_lowered *lowered, const pirn_functype *core, pirn_func **out, pirn_error *error)
{
    const cm_function *callee = lowered->callee;
    const cm_instance_state *caller_state = lowered->options.state;
    pirn_store *store = caller_state->runtime->store;
    if (callee->host != NULL)
        return pirn_func_new(store, core, call_host, lowered, NULL, out, error);
    lowered->common = cm_instance_common(caller_state, callee->options.state);
    lowered->enclosed = lowered->common == caller_state || lowered->common == callee->options.state;
    return pirn_func_new(store, core, call_guest, lowered, NULL, out, error);
}

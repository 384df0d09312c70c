/* SPDX-License-Identifier: Apache-2.0 */
/*
 * canon resource.new, resource.drop and resource.rep (CanonicalABI.md), and the embedder's drop.
 *
 * A destructor runs in the component instance that defines the resource, which is entered for it as
 * for a call. It is entered on the Wasm stack, not from here, because destructors that drop
 * resources that have destructors may nest as deep as a guest likes.
 */
#include "component/activation.h"
#include "component/guest.h"
#include "component/handle.h"

static pirn_status resource_new(pirn_frame *frame, void *data)
{
    const cm_resource_builtin *builtin = data;
    if (!builtin->state->may_leave)
        return pirn_frame_trap(frame, "cannot leave component instance");
    pirn_slot *slots = pirn_frame_slots(frame);
    cm_handle handle = {.type = builtin->type, .rep = slots[0].u32, .own = true};
    uint32_t index = 0;
    PIRN_TRY(cm_handle_add(&builtin->state->handles, &handle, &index, pirn_frame_error(frame)));
    slots[0].u64 = index;
    return PIRN_OK;
}

static pirn_status resource_rep(pirn_frame *frame, void *data)
{
    const cm_resource_builtin *builtin = data;
    pirn_slot *slots = pirn_frame_slots(frame);
    cm_handle *handle = NULL;
    PIRN_TRY(cm_handle_get(&builtin->state->handles, slots[0].u32, builtin->type, &handle, pirn_frame_error(frame)));
    slots[0].u64 = (uint32_t)handle->rep;
    return PIRN_OK;
}

/* ---- resource.drop --------------------------------------------------------------------------------------------- */

static const cm_instance_state *enclosing_both(const cm_resource_builtin *builtin)
{
    return cm_instance_common(builtin->state, builtin->type->definer);
}

static pirn_status destructor_returned(pirn_frame *frame, void *data)
{
    (void)frame;
    const cm_resource_builtin *builtin = data;
    cm_instance_leave(builtin->type->definer, enclosing_both(builtin));
    return PIRN_OK;
}

static pirn_status destroy(pirn_frame *frame, cm_resource_builtin *builtin, uintptr_t rep)
{
    const cm_resource_type *type = builtin->type;
    if (type->host != NULL) {
        cm_resource_drop_host(builtin->state->runtime, type, rep);
        return PIRN_OK;
    }
    const cm_instance_state *common = enclosing_both(builtin);
    if (!cm_instance_may_enter(type->definer, common))
        return pirn_frame_trap(frame, "cannot enter component instance");
    if (type->dtor == NULL)
        return PIRN_OK;
    cm_instance_enter(type->definer, common);
    pirn_slot args[1] = {{.u64 = (uint32_t)rep}};
    pirn_frame_stop_exceptions(frame);
    return pirn_frame_enter(frame, type->dtor, args, destructor_returned, builtin, NULL);
}

static pirn_status resource_drop(pirn_frame *frame, void *data)
{
    cm_resource_builtin *builtin = data;
    if (!builtin->state->may_leave)
        return pirn_frame_trap(frame, "cannot leave component instance");
    cm_handle handle;
    PIRN_TRY(cm_handle_remove(&builtin->state->handles, pirn_frame_slots(frame)[0].u32, builtin->type, &handle,
                              pirn_frame_error(frame)));
    if (handle.own)
        return destroy(frame, builtin, handle.rep);
    handle.scope->num_borrows--;
    return PIRN_OK;
}

pirn_status cm_resource_builtin_new_func(cm_resource_builtin *builtin, cm_resource_operation operation,
                                         pirn_func **out, pirn_error *error)
{
    static const struct {
        pirn_host_func func;
        size_t result_count;
    } operations[] = {
        [CM_RESOURCE_NEW] = {resource_new, 1},
        [CM_RESOURCE_DROP] = {resource_drop, 0},
        [CM_RESOURCE_REP] = {resource_rep, 1},
    };
    pirn_store *store = builtin->state->runtime->store;
    const pirn_valtype i32[1] = {PIRN_I32};
    const pirn_functype *type =
        pirn_functype_new(pirn_store_engine(store), i32, 1, i32, operations[operation].result_count);
    if (type == NULL)
        return base_nomem(error);
    return pirn_func_new(store, type, operations[operation].func, builtin, NULL, out, error);
}

/* ---- The embedder's drop --------------------------------------------------------------------------------------- */

static pirn_status run_destructor(const cm_resource_type *type, uintptr_t rep, pirn_error *error)
{
    if (type->dtor == NULL)
        return PIRN_OK;
    cm_instance_enter(type->definer, NULL);
    pirn_slot args[1] = {{.u64 = (uint32_t)rep}};
    PIRN_TRY(pirn_invoke(type->definer->runtime->store, NULL, type->dtor, args, NULL, error));
    cm_instance_leave(type->definer, NULL);
    return PIRN_OK;
}

pirn_status pirn_resource_drop(pirn_resource *resource, pirn_error *error)
{
    if (resource->runtime == NULL)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "a borrowed resource cannot be dropped");
    if (resource->num_lends != 0)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "cannot remove owned resource while borrowed");
    const cm_resource_type *type = resource->type;
    if (!cm_instance_may_enter(type->definer, NULL))
        return base_fail(error, PIRN_TRAP, PIRN_NO_OFFSET, "cannot enter component instance");
    uintptr_t rep = resource->rep;
    cm_resource_forget(resource);
    return run_destructor(type, rep, error);
}

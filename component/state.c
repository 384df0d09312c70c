/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Component instances at run time (CanonicalABI.md "Component Instances"), and what those under one root share.
 */
#include "component/activation.h"
#include "component/guest.h"
#include "component/handle.h"

/* ---- Entering and leaving -------------------------------------------------------------------------------------- */

bool cm_instance_may_enter(const cm_instance_state *state, const cm_instance_state *common)
{
    for (; state != common; state = state->parent)
        if (!state->may_enter)
            return false;
    return true;
}

void cm_instance_enter(cm_instance_state *state, const cm_instance_state *common)
{
    for (; state != common; state = state->parent)
        state->may_enter = false;
}

void cm_instance_leave(cm_instance_state *state, const cm_instance_state *common)
{
    for (; state != common; state = state->parent)
        state->may_enter = true;
}

static bool encloses(const cm_instance_state *outer, const cm_instance_state *inner)
{
    while (inner != NULL && inner != outer)
        inner = inner->parent;
    return inner == outer;
}

const cm_instance_state *cm_instance_common(const cm_instance_state *a, const cm_instance_state *b)
{
    while (!encloses(a, b))
        a = a->parent;
    return a;
}

/* ---- Runtime and states ---------------------------------------------------------------------------------------- */

void cm_runtime_init(cm_runtime *runtime, pirn_component_instance *instance, pirn_store *store)
{
    *runtime = (cm_runtime){
        .instance = instance,
        .store = store,
        .allocator = pirn_engine_allocator(pirn_store_engine(store)),
    };
}

void cm_runtime_open(cm_runtime *runtime, void *data)
{
    runtime->data = data;
    pirn_store_limits limits = pirn_store_limits_of(runtime->store);
    runtime->call_bytes = limits.call_bytes;
    runtime->handles_left = limits.handles;
}

void cm_runtime_close(cm_runtime *runtime)
{
    while (runtime->resources != NULL)
        cm_resource_forget(runtime->resources);
}

void cm_runtime_done(cm_runtime *runtime)
{
    cm_runtime_close(runtime);
    while (runtime->activations != NULL) {
        cm_activation *activation = runtime->activations;
        runtime->activations = activation->next;
        base_arena_done(&activation->arena);
        base_free(runtime->allocator, activation, sizeof *activation);
    }
}

void cm_instance_state_init(cm_instance_state *state, cm_runtime *runtime, cm_instance_state *parent)
{
    *state = (cm_instance_state){.runtime = runtime, .parent = parent, .may_enter = true, .may_leave = true};
    cm_handle_table_init(&state->handles, runtime->allocator, &runtime->handles_left);
}

void cm_instance_state_done(cm_instance_state *state)
{
    for (size_t i = 0; i < state->handles.entries.len; i++) {
        const cm_handle *handle = &state->handles.entries.data[i];
        if (handle->type != NULL && handle->own)
            cm_resource_drop_host(state->runtime, handle->type, handle->rep);
    }
    cm_handle_table_done(&state->handles);
}

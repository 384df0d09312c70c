/* SPDX-License-Identifier: Apache-2.0 */
#include "component/guest.h"
#include "component/activation.h"
#include "component/handle.h"

/* ---- Contexts -----------------------------------------------------------------------------------
 */

static void refresh_memory(cm_guest_context *guest)
{
    if (guest->options->memory == NULL)
        return;
    guest->memory.data = pirn_memory_data(guest->options->memory);
    guest->memory.size = pirn_memory_size(guest->options->memory);
}

/* Runs a function of the guest that may neither wait nor call out of its component instance. */
static pirn_status run_confined(cm_guest_context *guest, pirn_func *func, const pirn_slot *args, pirn_slot *results)
{
    cm_instance_state *state = guest->options->state;
    state->may_leave = false;
    PIRN_TRY(pirn_invoke(state->runtime->store, guest->frame, func, args, results, guest->cx.error));
    state->may_leave = true;
    return PIRN_OK;
}

static pirn_status call_realloc(cm_memory *memory, uint32_t old, uint32_t old_size, uint32_t align, uint32_t new_size,
                                uint32_t *out)
{
    cm_guest_context *guest = (cm_guest_context *)(void *)((uint8_t *)memory - offsetof(cm_guest_context, memory));
    pirn_slot args[4] = {{.u64 = old}, {.u64 = old_size}, {.u64 = align}, {.u64 = new_size}};
    pirn_slot result[1];
    PIRN_TRY(run_confined(guest, guest->options->realloc, args, result));
    refresh_memory(guest);
    *out = result[0].u32;
    return PIRN_OK;
}

void cm_guest_context_init(cm_guest_context *guest, const cm_options *options, cm_resource_map resources,
                           cm_activation *activation, pirn_frame *frame, pirn_error *error)
{
    *guest = (cm_guest_context){.options = options, .frame = frame};
    guest->memory.realloc = options->realloc == NULL ? NULL : call_realloc;
    refresh_memory(guest);
    guest->cx = (cm_context){
        .memory = &guest->memory,
        .encoding = options->encoding,
        .state = options->state,
        .resources = resources,
        .activation = activation,
        .error = error,
    };
}

pirn_status cm_guest_post_return(cm_guest_context *guest, const pirn_slot *flat)
{
    if (guest->options->post_return == NULL)
        return PIRN_OK;
    return run_confined(guest, guest->options->post_return, flat, NULL);
}

pirn_status cm_guest_check_borrows(cm_guest_context *guest)
{
    if (guest->cx.activation->scope.num_borrows != 0)
        return cm_trap(&guest->cx, "borrow handles still remain at the end of the call");
    return PIRN_OK;
}

/* ---- Entering and leaving -----------------------------------------------------------------------
 */

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

/* ---- Runtime and states -------------------------------------------------------------------------
 */

void cm_runtime_init(cm_runtime *runtime, pirn_component_instance *instance, pirn_store *store, void *data)
{
    *runtime = (cm_runtime){
        .instance = instance,
        .store = store,
        .allocator = pirn_engine_allocator(pirn_store_engine(store)),
        .data = data,
    };
}

void cm_runtime_done(cm_runtime *runtime)
{
    while (runtime->resources != NULL)
        cm_resource_forget(runtime->resources);
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
    cm_handle_table_init(&state->handles, runtime->allocator);
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

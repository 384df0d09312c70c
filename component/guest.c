/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lifting and lowering over a guest in the VM: where its memory is, how its realloc and post-return are called.
 */
#include "component/guest.h"
#include "component/activation.h"

/* ---- Contexts -------------------------------------------------------------------------------------------------- */

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
    guest->options = options;
    guest->frame = frame;
    guest->memory = (cm_memory){.realloc = options->realloc == NULL ? NULL : call_realloc};
    refresh_memory(guest);
    guest->cx = (cm_context){
        .memory = &guest->memory,
        .encoding = options->encoding,
        .state = options->state,
        .resources = resources,
        .form = CM_HOST,
        .viewed = guest->memory.data,
        .viewed_size = guest->memory.size,
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

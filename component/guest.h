/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest at run time as lifting and lowering need it: contexts over its memory and realloc, and
 * the rules of entering and leaving component instances.
 */
#pragma once

#include "component/abi.h"

/* A context whose memory is the VM's. Stays where it is made. */
typedef struct cm_guest_context {
    cm_context cx;
    cm_memory memory; /* what cx.memory points to */
    const cm_options *options;
    pirn_frame *frame; /* of the host function that lifts or lowers; NULL: the embedder */
} cm_guest_context;

/* `resources` and `options` are the guest's. */
void cm_guest_context_init(cm_guest_context *guest, const cm_options *options, cm_resource_map resources,
                           cm_activation *activation, pirn_frame *frame, pirn_error *error);
/* Calls the guest's post-return, if there is one, with the core values of the result. */
PIRN_MUST_CHECK pirn_status cm_guest_post_return(cm_guest_context *guest, const pirn_slot *flat);
/* Traps if the call that ends has left borrow handles in the guest's table. */
PIRN_MUST_CHECK pirn_status cm_guest_check_borrows(cm_guest_context *guest);

/*
 * Entering a component instance from another one means to enter it and all that enclose it, up to
 * what encloses both (`common`, NULL for the embedder). Each must not have been entered yet; each
 * can be entered again once it has been left, which never happens after a trap.
 */
bool cm_instance_may_enter(const cm_instance_state *state, const cm_instance_state *common);
void cm_instance_enter(cm_instance_state *state, const cm_instance_state *common);
void cm_instance_leave(cm_instance_state *state, const cm_instance_state *common);
/* The nearest instance that encloses both, or is one of them. */
const cm_instance_state *cm_instance_common(const cm_instance_state *a, const cm_instance_state *b);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one call across a component boundary holds while it is in progress: the C objects of its
 * arguments and result, the handles it has borrowed, the borrow handles it has given out.
 *
 * Activations come from a pool of their runtime and keep their memory from one call to the next, so
 * that calling allocates nothing in the long run.
 */
#pragma once

#include "component/abi.h"

/* A handle, or a resource in the embedder's hands, that is lent for the duration of the call. */
typedef struct cm_lender cm_lender;
struct cm_lender {
    cm_lender *next;
    cm_handle_table *table; /* NULL: `resource` is lent */
    uint32_t index;
    pirn_resource *resource;
};

/* A handle that was lifted, and that nobody has received yet. */
typedef struct cm_transit cm_transit;
struct cm_transit {
    cm_transit *next;
    const cm_resource_type *type;
    uintptr_t rep;
    bool own; /* it has left its table */
};

/* What a host function is given. */
struct pirn_host_call {
    cm_activation *activation;
    pirn_frame *frame; /* NULL: called by the embedder, */
    pirn_task *task;   /* with this task */
    void *user;
    void *state; /* the function's own, while it is pending */
    void (*cancel)(void *state);
    pirn_error *error;
};

struct cm_activation {
    cm_activation *next; /* in the pool */
    cm_runtime *runtime;
    base_arena arena;
    void *args, *result;
    uint64_t bytes; /* of the host's memory that values of the call take, as far as a guest decides it */
    cm_lender *lenders;
    cm_borrow_scope scope;
    cm_transit *transit, **transit_end; /* in the order of lifting, which is that of lowering */
    uint32_t owns_lowered;              /* own handles of a host's object that a guest has received */
    const cm_function *function;        /* what is called */
    const cm_lowered *lowered;          /* by what; NULL: by the embedder */
    pirn_host_call host_call;
};

/* NULL when out of memory. */
cm_activation *cm_activation_new(cm_runtime *runtime);
/* Ends what is lent, drops resources in transit, and gives the activation back to the pool. */
void cm_activation_free(cm_activation *activation);
/* Ends what is lent: the call has returned. */
void cm_activation_return_lent(cm_activation *activation);
/* Makes the objects for arguments and result, the latter zeroed. False when out of memory. */
bool cm_activation_make_objects(cm_activation *activation, const pirn_component_functype *type);
/* Counts bytes that the call takes. LIMIT: more than the store's `call_bytes`. */
PIRN_MUST_CHECK pirn_status cm_activation_charge(cm_activation *activation, uint64_t bytes, pirn_error *error);

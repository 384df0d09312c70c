/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions (spec 4.2.16, 4.6.4): objects, and the way from a throw to its catch.
 *
 * Nothing is done when code is entered that might catch something. The translator leaves a table of *landings* with each
 * function: parts of the code, and for each what is caught there and where that goes on. A throw walks the frames outward and asks
 * each function's table about the place where its call is. Only when a landing is found does anything change: host functions that
 * are passed are told, the exception's values are written to the frame's temps where the label wants them, and the handlers go on
 * there. When there is none, the throw becomes a trap where it is, so that its backtrace is whole.
 */
#pragma once

#include "vm/exec/runtime.h"

typedef enum vm_landing_kind {
    VM_LANDING_VALUES,           /* the values of the exception */
    VM_LANDING_VALUES_REFERENCE, /* the values, then a reference to it */
    VM_LANDING_REFERENCE_VALUES,
    VM_LANDING_DELEGATE, /* what is caught here goes on to the blocks from `depth_limit` outward */
} vm_landing_kind;

#define VM_LANDING_ANY_TAG UINT32_MAX

/* The landings of one function are in order: those of inner blocks before those of outer ones. */
typedef struct vm_landing {
    vm_landing_kind kind;
    uint32_t start, end; /* words of the code that is guarded */
    uint32_t depth;      /* how many blocks are around the one that it belongs to */
    uint32_t tag;        /* index, or VM_LANDING_ANY_TAG */
    uint32_t slot;       /* where in the frame the values go */
    union {
        uint32_t target; /* word */
        uint32_t depth_limit;
    };
} vm_landing;

/* An object of the heap, collected like others. */
struct pirn_exception {
    vm_array head; /* `length`: how many slots the values take */
    pirn_tag *tag;
    pirn_slot values[];
};

void vm_exception_layout_init(vm_layout *layout);
/* Makes an exception with these values, which are where a collection looks. NULL: the heap is full. */
pirn_exception *vm_exception_new(pirn_store *store, pirn_tag *tag, const pirn_slot *values);

/*
 * Throws the exception at the state in the context. True: pc, fp and instance are now where it was caught; false: nothing catches
 * it, nothing has changed but context->uncaught.
 */
bool vm_exception_throw(vm_context *context, pirn_exception *exception);

/* Describes the uncaught exception in the error. */
void vm_exception_describe(const vm_context *context, pirn_error *error);

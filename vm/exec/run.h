/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The border between calls and handlers.
 *
 *   call.c (calls, host frames, suspension)          handlers (vm/exec/handlers_*.c)
 *      vm_run(context)  ------------------------->   run from context->pc/fp/instance until something stops them
 *      vm_host_enter(context, func)  <------------   a host function is to be called
 *      vm_translate(...)             <------------   a function is called for the first time (vm/exec/translate.c)
 */
#pragma once

#include "vm/exec/code.h"
#include "vm/exec/runtime.h"

/*
 * Runs handlers from the state in `context` until they stop; on return the state is in `context` again.
 *   PIRN_OK       the frame at the bottom returned to vm_code_exit (its single result is in the accumulators, several
 *                 are at its slots)
 *   PIRN_PENDING  a host function waits
 *   other         a trap: context->trap says which; pc is the instruction's
 */
pirn_status vm_run(vm_context *context);

/*
 * Code that is not of any module:
 *   vm_code_exit     where the bottom frame returns to: stops the handlers with PIRN_OK
 *   vm_code_cross    where calls that changed the instance return to: restores caller instance, goes on at `real ret pc`
 *   vm_code_host     where a function entered by a host function (pirn_frame_enter) returns to: calls the host
 *                    frame's `next` (vm_host_continue)
 */
extern const vm_word vm_code_exit[], vm_code_cross[], vm_code_host[];

/* What a host function's handler is told to do next. */
typedef enum vm_host_outcome {
    VM_HOST_RETURN,  /* results are in the slots at context->fp: go on at context->pc in the caller's frame */
    VM_HOST_ENTER,   /* context has pc, fp and instance of a function to run: go on there */
    VM_HOST_STOP,    /* leave vm_run with context->status */
} vm_host_outcome;

/*
 * Calls the host function `func`, whose arguments are at `fp`; `return_pc` is where the caller goes on, and
 * `context->fp`, `context->instance` hold the caller's. Defined in call.c. After VM_HOST_RETURN a single result is
 * taken from slot 0 into the accumulator by the handler, and memory base and length are to be read again.
 */
vm_host_outcome vm_host_call(vm_context *context, pirn_func *func, pirn_slot *fp, const vm_word *return_pc);
/* The function that a host frame had entered has returned; its results (accumulator spilled) are at `fp`. */
vm_host_outcome vm_host_continue(vm_context *context, pirn_slot *fp);

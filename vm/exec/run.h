/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The border between calls and handlers.
 *
 *   call.c (calls, host frames, suspension)          handlers (vm/exec/handlers_*.c)
 *      vm_run(context)  ------------------------->   run from context->pc/fp/instance until something stops them
 *      vm_host_call(context, ...)    <------------   a host function is to be called
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
    VM_HOST_RETURN, /* go on at context->pc with context->fp and context->instance, which are the caller's */
    VM_HOST_ENTER,  /* the same: context has pc, fp and instance of a function that runs now */
    VM_HOST_STOP,   /* leave vm_run with context->status; pc, fp and instance are the caller's */
} vm_host_outcome;

/*
 * Calls the host function `func`, whose arguments are at `fp`; `return_pc` is where the caller goes on, and
 * `context->fp`, `context->instance` hold the caller's. Defined in call.c. After VM_HOST_RETURN several results lie from
 * `fp` on, a single one is in both accumulators of the context (load the one you need), and memory base and length are
 * to be read again from context->instance. VM_HOST_RETURN and VM_HOST_ENTER may be handled by the same code.
 */
vm_host_outcome vm_host_call(vm_context *context, pirn_func *func, pirn_slot *fp, const vm_word *return_pc);
/*
 * The same for a tail call: the frame at `fp` is replaced, and `context->fp`, `context->instance` and `return_pc` are what it would
 * have returned to. `from` is the instance whose code calls.
 */
vm_host_outcome vm_host_tail_call(vm_context *context, pirn_func *func, pirn_slot *fp, const vm_word *return_pc,
                                  pirn_instance *from);
/*
 * The function that a host frame had entered has returned to vm_code_host: `fp` is what it restored (its own fp, see
 * runtime.h), and the accumulators have been saved in the context. Answers like vm_host_call.
 */
vm_host_outcome vm_host_continue(vm_context *context, pirn_slot *fp);

/* Why fp was above the limit: PIRN_TRAP_INTERRUPTED or PIRN_TRAP_CALL_STACK. */
pirn_trap vm_stack_trap(vm_context *context);

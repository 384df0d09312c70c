/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Continuations (proposal stack-switching): functions that are left in the middle, and gone on with later.
 *
 * What a continuation runs lies on the value stack of the call, above the frame that resumed it. Between them is a *prompt*, which
 * knows the handlers of the resume, and where that goes on:
 *
 *      resumer's frame ... | arguments, continuation | vm_prompt | frame | frames that it called ...
 *                          ^ later: the results                  ^ base
 *
 * When it suspends, the frames from the base on are copied into an object of the heap, the *image*; when it is resumed they are
 * copied back, to wherever the stack ends then. If that is another place than before, the links between the frames are
 * corrected first. So calls inside a continuation are like any others; limits, fuel, interrupts, backtraces, exceptions and host
 * functions that wait need to know nothing; a suspended continuation takes the memory of its frames and no more, counts
 * against the limit of the heap, and is collected like other objects. What it costs is the copying of frames, which are
 * few where continuations suspend often.
 *
 * A suspension looks for its handler from prompt to prompt, which are linked. It does not pass host functions: these are on the
 * native stack, or may have things to release.
 */
#pragma once

#include "vm/exec/call.h"
#include "vm/exec/object.h"

/*
 * The handlers of a resume lie in its cell, as its last words:
 *
 *      | count | tag, slot | target | tag, slot | target | ...
 *
 * `slot` is where the label wants its values, as byte offset. A handler of switches has no target. The resumer goes on behind them.
 */
enum { VM_HANDLER_WORDS = 2 };

/* Lives on the value stack, right below the base. */
typedef struct vm_prompt vm_prompt;
struct vm_prompt {
    _Alignas(pirn_slot) vm_prompt *outer; /* of the same run */
    const vm_word *handlers;
    const pirn_functype *type; /* of the continuation: its results */
    pirn_slot *slots;          /* where results go that are not in an accumulator */
    pirn_slot *fp;             /* the resumer's */
    pirn_instance *instance;
    pirn_slot spare; /* an image that is not in use any more, or null; in a slot, where the collector finds it */
};

/* Where the frame at the base of a continuation returns to: `fp` is then the base. */
extern const vm_word vm_code_prompt[];

static inline vm_prompt *vm_prompt_below(pirn_slot *base)
{
    return (vm_prompt *)(void *)base - 1;
}

/* Behind the handlers, which is behind the cell: where the resumer goes on. */
static inline const vm_word *vm_handlers_end(const vm_word *handlers)
{
    return handlers + 1 + VM_HANDLER_WORDS * handlers->u64;
}

/* True at the border of a continuation: the position is now in the frame that resumed it. */
static inline bool vm_prompt_pass(vm_position *at)
{
    if (at->pc != vm_code_prompt)
        return false;
    const vm_prompt *prompt = vm_prompt_below(at->fp);
    *at = (vm_position){vm_handlers_end(prompt->handlers), prompt->fp, prompt->instance, true};
    return true;
}

/* An exception has left all frames above this one. */
static inline void vm_prompts_leave(vm_context *context, const pirn_slot *fp)
{
    while (context->prompts != NULL && (uintptr_t)context->prompts > (uintptr_t)fp)
        context->prompts = context->prompts->outer;
}

/* ---- What the instructions do ------------------------------------------------------------------------------------------ */

/* Makes the continuation that will call the function. VM_NO_TRAP, or the reason. */
pirn_trap vm_continuation_new(pirn_store *store, pirn_func *func, void **out);
/* `slots` has `count` slots of arguments, then the continuation; the new one takes the place of the first. */
pirn_trap vm_continuation_bind(vm_context *context, pirn_slot *slots, uint32_t count);

/* What comes of leaving or entering a continuation. */
typedef enum vm_passage {
    VM_PASSAGE_OPEN, /* the state to go on with is in the context */
    VM_PASSAGE_TRAP, /* at the cell, with the reason in context->trap */
    VM_PASSAGE_STOP, /* the handlers are to be left with context->status; the state is in the context */
} vm_passage;

/* For each the state in the context is the frame's, pc behind the cell. */

/* `slots` has the values of the tag; when it is resumed, the results are there. */
vm_passage vm_continuation_suspend(vm_context *context, const pirn_tag *tag, pirn_slot *slots);
/* `slots` has the arguments, as many as `type` has parameters, then the continuation. Its results come there or, if it is one that
 * takes one slot, to the accumulator. */
vm_passage vm_continuation_resume(vm_context *context, const pirn_functype *type, const vm_word *handlers,
                                  pirn_slot *slots);
/* The same, but the continuation goes on with an exception: with the values of the tag, which are the arguments; or, without a tag,
 * the one that is the argument. `pc` is the cell. */
vm_passage vm_continuation_throw(vm_context *context, const pirn_functype *type, const vm_word *handlers,
                                 pirn_tag *tag, pirn_slot *slots, const vm_word *pc);
/* `slots` has the arguments without the last, then the continuation to switch to, which is of `type`. */
vm_passage vm_continuation_switch(vm_context *context, const pirn_tag *tag, const pirn_functype *type,
                                  pirn_slot *slots);
/* The function at the base has returned; its single result is in the accumulators of the context. */
void vm_continuation_return(vm_context *context, pirn_slot *base);

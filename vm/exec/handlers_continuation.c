/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers of continuations: the work is in vm/exec/continuation.c, which finds the state of the frame in the context and leaves the
 * state to go on with there.
 */
#include "vm/exec/continuation.h"
#include "vm/exec/handlers.h"

/* Where the operands begin. */
#define OPERANDS (&VM_SLOT(pc[1].offset))

static void leave_state(vm_context *context, pirn_instance *inst, const vm_word *pc, uint8_t *fp)
{
    context->pc = pc;
    context->fp = (pirn_slot *)(void *)fp;
    context->instance = inst;
}

/* ---- Making, binding --------------------------------------------------------------------------------------------------- */

BASE_NOINLINE static pirn_trap make(pirn_store *store, pirn_slot *slot, pirn_slot *end)
{
    void *reference = NULL;
    store->heap.top = end;
    pirn_trap trap = vm_continuation_new(store, slot->ref, &reference);
    store->heap.top = NULL;
    slot->u64 = vm_image_of_ref(reference);
    return trap;
}

#define TRAP_IF_NOT(done)                        \
    do {                                         \
        pirn_trap trap = (done);                 \
        if (BASE_UNLIKELY(trap != VM_NO_TRAP)) { \
            context->trap = trap;                \
            VM_BECOME(vm_trap);                  \
        }                                        \
    } while (0)

VM_HANDLER(op_CONT_NEW)
{
    vm_context *context = inst->context;
    context->accumulator = acc;
    TRAP_IF_NOT(make(inst->store, &VM_SLOT(pc[1].far_d), &VM_SLOT(pc[1].far_a)));
    VM_NEXT(2);
}

VM_HANDLER(op_CONT_BIND)
{
    vm_context *context = inst->context;
    TRAP_IF_NOT(vm_continuation_bind(context, OPERANDS, (uint32_t)pc[2].u64));
    VM_NEXT(3);
}

/* ---- Out, in, across ------------------------------------------------------------------------------------------------------- */

/* A cell that ends at `behind` leaves or enters a continuation. */
#define PASSAGE(name, behind, call)                  \
    VM_HANDLER(op_##name)                            \
    {                                                \
        vm_context *context = inst->context;         \
        leave_state(context, inst, behind, fp);      \
        vm_passage passage = call;                   \
        if (BASE_LIKELY(passage == VM_PASSAGE_OPEN)) \
            VM_BECOME(vm_resume);                    \
        if (passage == VM_PASSAGE_TRAP)              \
            VM_BECOME(vm_trap);                      \
        VM_BECOME(vm_stop);                          \
    }

PASSAGE(SUSPEND, pc + 3, vm_continuation_suspend(context, inst->tags[pc[2].u64], OPERANDS))
PASSAGE(SWITCH, pc + 4, vm_continuation_switch(context, inst->tags[pc[3].u64], pc[2].pointer, OPERANDS))
PASSAGE(RESUME, vm_handlers_end(pc + 3), vm_continuation_resume(context, pc[2].pointer, pc + 3, OPERANDS))
PASSAGE(RESUME_THROW, vm_handlers_end(pc + 4),
        vm_continuation_throw(context, pc[2].pointer, pc + 4, inst->tags[pc[3].u64], OPERANDS, pc))
PASSAGE(RESUME_THROW_REF, vm_handlers_end(pc + 3),
        vm_continuation_throw(context, pc[2].pointer, pc + 3, NULL, OPERANDS, pc))

/* ---- Back ---------------------------------------------------------------------------------------------------------------------- */

static VM_HANDLER(op_PROMPT)
{
    vm_context *context = inst->context;
    context->accumulator = acc;
    context->float_accumulator = facc;
    vm_continuation_return(context, (pirn_slot *)(void *)fp);
    VM_BECOME(vm_resume);
}

/* Two words, like other code that is of no module. */
const vm_word vm_code_prompt[] = {{.handler = (void (*)(void))op_PROMPT}, {.u64 = 0}};

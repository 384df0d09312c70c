/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers of throws (spec 4.6.4). Catching has none: a throw goes on where vm/exec/exception.c says. */
#include "vm/exec/exception.h"
#include "vm/exec/handlers.h"

/* Throws at pc what is in the accumulator. */
static VM_HANDLER(throw_exception)
{
    vm_context *context = inst->context;
    context->pc = pc;
    context->fp = (pirn_slot *)(void *)fp;
    context->instance = inst;
    context->pc_is_return = false;
    if (vm_exception_throw(context, vm_ref_of_image(acc)))
        VM_BECOME(vm_resume);
    VM_TRAP(EXCEPTION);
}

VM_HANDLER(op_THROW)
{
    inst->store->heap.top = &VM_SLOT(pc[1].far_a);
    pirn_exception *exception = vm_exception_new(inst->store, inst->tags[pc[2].u64], &VM_SLOT(pc[1].far_d));
    inst->store->heap.top = NULL;
    if (BASE_UNLIKELY(exception == NULL)) {
        inst->context->trap = PIRN_TRAP_HEAP;
        VM_BECOME(vm_trap);
    }
    acc = vm_image_of_ref(exception);
    VM_BECOME(throw_exception);
}

VM_HANDLER(op_THROW_REF)
{
    acc = VM_SLOT(pc[1].a).u64;
    VM_TRAP_IF(vm_ref_of_image(acc) == NULL, NULL_EXCEPTION)
    VM_BECOME(throw_exception);
}

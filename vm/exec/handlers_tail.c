/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers of tail calls (spec 4.6.2, 4.6.5: return_call and its kin). The callee's frame takes the place of the caller's:
 * the same fp, arguments brought down to slot 0, the header (where to return to) as it was. Where the header lies depends on the
 * function's type; when it has to move, one cell moves header and arguments together, because each may lie where the other goes.
 *
 *      caller   |p0 p1 r0|header| locals ... | a0 a1 a2 a3 |
 *      callee   |a0 a1 a2 a3|header|
 *
 * Everything that can trap comes before the frame changes, since a backtrace finds the header by the function that pc lies in.
 * Leaving the instance makes the header one that restores it: once, however many tail calls follow.
 */
#include "vm/base/error.h"
#include "vm/exec/handlers.h"

#define HEADER(offset) ((pirn_slot *)(void *)(fp + (offset)))

static inline bool is_interrupted(const pirn_instance *inst, const uint8_t *fp)
{
    return (uintptr_t)fp > atomic_load_explicit(&inst->context->stack_limit, memory_order_relaxed);
}

/* ---- Which function: into the accumulator --------------------------------------------------------------------------- */

VM_HANDLER(op_TAIL_FUNC)
{
    acc = vm_image_of_ref(inst->funcs[pc[1].offset]);
    VM_NEXT(2);
}

#define TAIL_INDIRECT(index)                               \
    const pirn_table *table = inst->tables[pc[3].u64];     \
    VM_TRAP_IF((index) >= table->size, UNDEFINED_ELEMENT)  \
    pirn_func *func = table->elements[index];              \
    VM_TRAP_IF(func == NULL, UNINITIALIZED_ELEMENT)        \
    VM_TRAP_UNLESS_TYPE(func, pc[2].pointer)               \
    acc = vm_image_of_ref(func);                           \
    VM_NEXT(4);

VM_HANDLER(op_TAIL_INDIRECT_s)
{
    uint32_t index = VM_SLOT(pc[1].a).u32;
    TAIL_INDIRECT(index)
}

VM_HANDLER(op_TAIL_INDIRECT_a)
{
    uint32_t index = vm_u32_of_image(acc);
    TAIL_INDIRECT(index)
}

VM_HANDLER(op_TAIL_FUNCREF_s)
{
    acc = VM_SLOT(pc[1].a).u64;
    VM_TRAP_IF(vm_ref_of_image(acc) == NULL, NULL_FUNCTION)
    VM_NEXT(2);
}

VM_HANDLER(op_TAIL_FUNCREF_a)
{
    VM_TRAP_IF(vm_ref_of_image(acc) == NULL, NULL_FUNCTION)
    VM_NEXT(2);
}

/* ---- Moving ----------------------------------------------------------------------------------------------------------- */

/* Header from d to a, and the arguments (as many bytes as pc[2] says) from the third operand to slot 0. */
static void move_frame(uint8_t *fp, const vm_word *pc)
{
    pirn_slot header[VM_FRAME_HEADER];
    pirn_slot *to = HEADER(pc[1].a);
    memcpy(header, HEADER(pc[1].d), sizeof header);
    memmove(fp, fp + pc[1].offset, (size_t)pc[2].u64);
    memcpy(to, header, sizeof header);
    if (header[VM_FRAME_RETURN_PC].ref == (void *)(uintptr_t)vm_code_cross)
        to[VM_FRAME_CALLER_FP].ref = to;
}

/* ---- Going there -------------------------------------------------------------------------------------------------------- */

/* Enters a function of another instance or of the host in the frame at fp, and leaves the state in the context. */
BASE_NOINLINE static vm_host_outcome enter_other(pirn_instance *inst, pirn_func *func, uint8_t *fp, pirn_slot *header)
{
    vm_context *context = inst->context;
    vm_frame_link link = vm_frame_link_of(header);
    if (func->instance == NULL) {
        context->fp = link.fp;
        context->instance = link.instance != NULL ? link.instance : inst;
        return vm_host_tail_call(context, func, (pirn_slot *)(void *)fp, link.pc, inst);
    }
    if (link.instance == NULL) {
        header[VM_FRAME_RETURN_PC].ref = (void *)(uintptr_t)vm_code_cross;
        header[VM_FRAME_CALLER_FP].ref = header;
        header[VM_FRAME_CALLER_INSTANCE].ref = inst;
        header[VM_FRAME_REAL_RETURN_PC].ref = (void *)(uintptr_t)link.pc;
        header[VM_FRAME_REAL_CALLER_FP].ref = link.fp;
    }
    context->fp = (pirn_slot *)(void *)fp;
    context->instance = func->instance;
    context->pc = vm_entry_load(func->entry);
    return VM_HOST_ENTER;
}

/* Of a TAIL_REF or TAIL_REF_MOVE cell: the function is not of this instance. The callee's header is where the cell says last. */
BASE_NOINLINE static VM_HANDLER(tail_other)
{
    pirn_func *func = vm_ref_of_image(acc);
    if (BASE_UNLIKELY(enter_other(inst, func, fp, HEADER(func->type->header_at * sizeof(pirn_slot))) == VM_HOST_STOP))
        VM_BECOME(vm_stop);
    VM_BECOME(vm_resume);
}

VM_HANDLER(op_TAIL_CALL)
{
    if (BASE_UNLIKELY(is_interrupted(inst, fp)))
        VM_BECOME(vm_trap_stack);
    VM_GOTO(atomic_load_explicit(pc[2].entry_of, VM_CONSUME));
}

VM_HANDLER(op_TAIL_REF)
{
    if (BASE_UNLIKELY(is_interrupted(inst, fp)))
        VM_BECOME(vm_trap_stack);
    pirn_func *func = vm_ref_of_image(acc);
    if (BASE_UNLIKELY(func->instance != inst))
        VM_BECOME(tail_other);
    VM_GOTO(atomic_load_explicit(func->entry, VM_CONSUME));
}

VM_HANDLER(op_TAIL_CALL_MOVE)
{
    if (BASE_UNLIKELY(is_interrupted(inst, fp)))
        VM_BECOME(vm_trap_stack);
    const _Atomic(const vm_word *) *entry = pc[3].entry_of;
    move_frame(fp, pc);
    VM_GOTO(vm_entry_load(entry));
}

VM_HANDLER(op_TAIL_REF_MOVE)
{
    if (BASE_UNLIKELY(is_interrupted(inst, fp)))
        VM_BECOME(vm_trap_stack);
    move_frame(fp, pc);
    pirn_func *func = vm_ref_of_image(acc);
    if (func->instance != inst)
        VM_BECOME(tail_other);
    VM_GOTO(vm_entry_load(func->entry));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers of control (spec 4.6.2 to 4.6.5): branches, calls, returns, limits; the ways out of the handlers, and in.
 *
 * A call within the instance writes the header of the new frame and jumps. All others go through enter(), which leaves the
 * new state in the context, and vm_resume.
 */
#include "vm/base/error.h"
#include "vm/exec/handlers.h"
#include "vm/exec/store.h"

#define HEADER(offset) ((pirn_slot *)(void *)(fp + (offset)))

VM_HANDLER(op_UNREACHABLE)
{
    VM_TRAP(UNREACHABLE);
}

VM_HANDLER(op_BR)
{
    VM_GOTO(pc[2].target);
}

VM_HANDLER(op_BR_TABLE_s)
{
    uint32_t index = VM_SLOT(pc[1].a).u32, last = pc[1].offset;
    VM_GOTO(pc[2 + (index < last ? index : last)].target);
}

#define BR_TABLE_ADD(form, value)                                            \
    VM_HANDLER(op_BR_TABLE_##form##_ADD)                                     \
    {                                                                        \
        uint32_t index = (value) + (uint32_t)pc[2].imm, last = pc[1].offset; \
        VM_GOTO(pc[3 + (index < last ? index : last)].target);               \
    }
BR_TABLE_ADD(s, VM_SLOT(pc[1].a).u32)
BR_TABLE_ADD(a, vm_u32_of_image(acc))

VM_HANDLER(op_BR_TABLE_a)
{
    uint32_t index = vm_u32_of_image(acc), last = pc[1].offset;
    VM_GOTO(pc[2 + (index < last ? index : last)].target);
}

/* ---- Calls ---------------------------------------------------------------------------------------------------------- */

static inline bool is_above_limit(const pirn_instance *inst, const uint8_t *fp)
{
    return (uintptr_t)fp > atomic_load_explicit(&inst->context->stack_limit, memory_order_relaxed);
}

/* The last words of the cell, from `at` on, are those of a call. */
#define CALL(at)                                                        \
    do {                                                                \
        uint8_t *callee = fp + pc[at].offset;                           \
        if (BASE_UNLIKELY(is_above_limit(inst, callee)))                \
            VM_BECOME(vm_trap_stack);                                   \
        pirn_slot *header = (pirn_slot *)(void *)(callee + pc[at].d);   \
        header[VM_FRAME_RETURN_PC].ref = (void *)(pc + (at) + 2);       \
        header[VM_FRAME_CALLER_FP].ref = fp;                            \
        fp = callee;                                                    \
        VM_GOTO(atomic_load_explicit(&pc[(at) + 1].entry, VM_CONSUME)); \
    } while (0)

VM_HANDLER(op_CALL)
{
    CALL(1);
}

VM_HANDLER(op_CALL_ADD)
{
    VM_TO_s_I(VM_SLOT(pc[1].a).u32 + pc[1].offset);
    CALL(2);
}

VM_HANDLER(op_CALL_COPY)
{
    VM_SLOT(pc[1].d).u64 = VM_SLOT(pc[1].a).u64;
    CALL(2);
}

VM_HANDLER(op_CALL_COPY_COPY)
{
    VM_SLOT(pc[1].d).u64 = VM_SLOT(pc[1].a).u64;
    VM_SLOT(pc[1].b).u64 = VM_SLOT(pc[1].c).u64;
    CALL(2);
}

/* Enters a function of this or another instance, or of the host, and leaves the state in the context. */
BASE_NOINLINE static vm_host_outcome enter(pirn_instance *inst, pirn_func *func, uint8_t *fp, uint8_t *callee,
                                           const vm_word *return_pc)
{
    vm_context *context = inst->context;
    context->fp = (pirn_slot *)(void *)fp;
    context->instance = inst;
    pirn_slot *slots = (pirn_slot *)(void *)callee;
    if (func->instance == NULL)
        return vm_host_call(context, func, slots, return_pc);
    pirn_slot *header = slots + func->type->header_at;
    header[VM_FRAME_RETURN_PC].ref = (void *)vm_code_cross;
    header[VM_FRAME_CALLER_FP].ref = header;
    header[VM_FRAME_CALLER_INSTANCE].ref = inst;
    header[VM_FRAME_REAL_RETURN_PC].ref = (void *)return_pc;
    header[VM_FRAME_REAL_CALLER_FP].ref = fp;
    context->fp = slots;
    context->instance = func->instance;
    context->pc = vm_entry_load(func->entry);
    return VM_HOST_ENTER;
}

VM_HANDLER(op_CALL_IMPORT)
{
    uint8_t *callee = fp + pc[1].offset;
    if (BASE_UNLIKELY(is_above_limit(inst, callee)))
        VM_BECOME(vm_trap_stack);
    if (BASE_UNLIKELY(enter(inst, inst->funcs[pc[2].u64], fp, callee, pc + 3) == VM_HOST_STOP))
        VM_BECOME(vm_stop);
    VM_BECOME(vm_resume);
}

/* Of a cell of so many words that calls a function (in the accumulator) which is not of this instance. */
#define CALL_OTHER(words)                                                                          \
    BASE_NOINLINE static VM_HANDLER(call_other_##words)                                            \
    {                                                                                              \
        pirn_func *func = (pirn_func *)(uintptr_t)acc;                                             \
        if (BASE_UNLIKELY(enter(inst, func, fp, fp + pc[1].offset, pc + (words)) == VM_HOST_STOP)) \
            VM_BECOME(vm_stop);                                                                    \
        VM_BECOME(vm_resume);                                                                      \
    }
CALL_OTHER(2)
CALL_OTHER(4)

/* Calls `func`; the cell has `words` words. */
#define CALL_FUNC(words)                                         \
    uint8_t *callee = fp + pc[1].offset;                         \
    if (BASE_UNLIKELY(is_above_limit(inst, callee)))             \
        VM_BECOME(vm_trap_stack);                                \
    if (BASE_UNLIKELY(func->instance != inst)) {                 \
        acc = (uint64_t)(uintptr_t)func;                         \
        VM_BECOME(call_other_##words);                           \
    }                                                            \
    pirn_slot *header = (pirn_slot *)(void *)(callee + pc[1].d); \
    header[VM_FRAME_RETURN_PC].ref = (void *)(pc + (words));     \
    header[VM_FRAME_CALLER_FP].ref = fp;                         \
    fp = callee;                                                 \
    VM_GOTO(atomic_load_explicit(func->entry, VM_CONSUME));

/* Calls a function found in a table. */
#define CALL_INDIRECT(index)                              \
    const pirn_table *table = inst->tables[pc[3].u64];    \
    VM_TRAP_IF((index) >= table->size, UNDEFINED_ELEMENT) \
    pirn_func *func = table->elements[index];             \
    VM_TRAP_IF(func == NULL, UNINITIALIZED_ELEMENT)       \
    VM_TRAP_UNLESS_TYPE(func, pc[2].pointer)              \
    CALL_FUNC(4)

VM_HANDLER(op_CALL_INDIRECT_s)
{
    uint32_t index = VM_SLOT(pc[1].a).u32;
    CALL_INDIRECT(index)
}

VM_HANDLER(op_CALL_INDIRECT_a)
{
    uint32_t index = vm_u32_of_image(acc);
    CALL_INDIRECT(index)
}

VM_HANDLER(op_CALL_REF_s)
{
    pirn_func *func = VM_SLOT(pc[1].a).ref;
    VM_TRAP_IF(func == NULL, NULL_FUNCTION)
    CALL_FUNC(2)
}

VM_HANDLER(op_CALL_REF_a)
{
    pirn_func *func = vm_ref_of_image(acc);
    VM_TRAP_IF(func == NULL, NULL_FUNCTION)
    CALL_FUNC(2)
}

/* ---- Branches on references ----------------------------------------------------------------------------------------- */

VM_HANDLER(op_REF_AS_NON_NULL)
{
    VM_TRAP_IF(VM_SLOT(pc[1].a).ref == NULL, NULL_REFERENCE)
    VM_NEXT(2);
}

VM_HANDLER(op_BR_NULL)
{
    if (VM_SLOT(pc[1].a).ref == NULL)
        VM_GOTO(pc[2].target);
    VM_NEXT(3);
}

VM_HANDLER(op_BR_NON_NULL)
{
    if (VM_SLOT(pc[1].a).ref != NULL)
        VM_GOTO(pc[2].target);
    VM_NEXT(3);
}

/* ---- Returns -------------------------------------------------------------------------------------------------------- */

#define RETURN(name, load, header_)                \
    VM_HANDLER(op_##name)                          \
    {                                              \
        const pirn_slot *header = HEADER(header_); \
        load;                                      \
        fp = header[VM_FRAME_CALLER_FP].ref;       \
        VM_GOTO(header[VM_FRAME_RETURN_PC].ref);   \
    }
#define RETURNS(name, load)                   \
    RETURN(name, load, pc[1].d)               \
    RETURN(name##_1, load, sizeof(pirn_slot)) \
    RETURN(name##_2, load, 2 * sizeof(pirn_slot))
RETURNS(RETURN, )
RETURNS(RETURN_s, acc = VM_SLOT(pc[1].a).u64)
RETURNS(RETURN_fs, facc = VM_SLOT(pc[1].a).f64)
RETURNS(RETURN_i, acc = pc[2].u64)
RETURNS(RETURN_fi, facc = pc[2].f64)

/* ---- Entry of functions, limits --------------------------------------------------------------------------------------- */

VM_HANDLER(op_ZERO_1)
{
    VM_SLOT(pc[1].d).u64 = 0;
    VM_NEXT(2);
}

VM_HANDLER(op_ZERO_2)
{
    VM_SLOT(pc[1].d).u64 = 0;
    VM_SLOT(pc[1].d + 8).u64 = 0;
    VM_NEXT(2);
}

VM_HANDLER(op_ZERO_3)
{
    VM_SLOT(pc[1].d).u64 = 0;
    VM_SLOT(pc[1].d + 8).u64 = 0;
    VM_SLOT(pc[1].d + 16).u64 = 0;
    VM_NEXT(2);
}

VM_HANDLER(op_ZERO_4)
{
    VM_SLOT(pc[1].d).u64 = 0;
    VM_SLOT(pc[1].d + 8).u64 = 0;
    VM_SLOT(pc[1].d + 16).u64 = 0;
    VM_SLOT(pc[1].d + 24).u64 = 0;
    VM_NEXT(2);
}

VM_HANDLER(op_ZERO_8)
{
    pirn_slot *slots = &VM_SLOT(pc[1].d);
    for (int i = 0; i < 8; i++)
        slots[i].u64 = 0;
    VM_NEXT(2);
}

VM_HANDLER(op_ZERO_N)
{
    memset(fp + pc[1].d, 0, pc[1].offset * sizeof(pirn_slot));
    VM_NEXT(2);
}

VM_HANDLER(op_CHECK_FRAME)
{
    if (BASE_UNLIKELY((uint64_t)((uint8_t *)inst->context->stack_end - fp) / sizeof(pirn_slot) < pc[2].u64))
        VM_BECOME(vm_trap_stack);
    VM_NEXT(3);
}

VM_HANDLER(op_CHECK_INTERRUPT)
{
    if (BASE_UNLIKELY(is_above_limit(inst, fp)))
        VM_BECOME(vm_trap_stack);
    VM_NEXT(2);
}

VM_HANDLER(op_FUEL)
{
    vm_context *context = inst->context;
    VM_TRAP_IF(context->fuel < pc[1].offset, FUEL)
    context->fuel -= pc[1].offset;
    VM_NEXT(2);
}

/* ---- Stubs and shared code --------------------------------------------------------------------------------------------- */

BASE_COLD static const vm_word *translate(const pirn_instance *inst, uint32_t func)
{
    const vm_word *entry;
    /* Translation is the one thing about a module that changes; it has its own lock. */
    return vm_translate((pirn_module *)inst->module, func, &entry) == PIRN_OK ? entry : NULL;
}

VM_HANDLER(op_STUB)
{
    const vm_word *entry = translate(inst, pc[1].offset);
    if (BASE_UNLIKELY(entry == NULL)) {
        inst->context->trap = PIRN_TRAP_NOMEM;
        VM_BECOME(vm_trap);
    }
    VM_GOTO(entry);
}

VM_HANDLER(op_STUB_DIRECT)
{
    uint32_t func = pc[1].offset;
    const vm_word *entry = translate(inst, func);
    if (BASE_UNLIKELY(entry == NULL)) {
        inst->context->trap = PIRN_TRAP_NOMEM;
        VM_BECOME(vm_trap);
    }
    const vm_module *syntax = &inst->module->syntax;
    const pirn_slot *header = (pirn_slot *)(void *)fp + inst->module->types[syntax->funcs.data[func].type]->header_at;
    vm_word *call = (vm_word *)header[VM_FRAME_RETURN_PC].ref - 3;
    atomic_store_explicit(&call[2].entry, entry, memory_order_release);
    VM_GOTO(entry);
}

VM_HANDLER(op_EXIT)
{
    inst->context->pc = pc;
    inst->context->fp = (pirn_slot *)(void *)fp;
    inst->context->instance = inst;
    inst->context->accumulator = acc;
    inst->context->float_accumulator = facc;
    inst->context->status = PIRN_OK;
    VM_BECOME(vm_stop);
}

VM_HANDLER(op_CROSS)
{
    const pirn_slot *header = HEADER(0);
    inst = header[VM_FRAME_CALLER_INSTANCE].ref;
    fp = header[VM_FRAME_REAL_CALLER_FP].ref;
    VM_RELOAD_MEMORY();
    VM_GOTO(header[VM_FRAME_REAL_RETURN_PC].ref);
}

VM_HANDLER(op_HOST)
{
    vm_context *context = inst->context;
    context->accumulator = acc;
    context->float_accumulator = facc;
    if (BASE_UNLIKELY(vm_host_continue(context, (pirn_slot *)(void *)fp) == VM_HOST_STOP))
        VM_BECOME(vm_stop);
    VM_BECOME(vm_resume);
}

/* Two words each: whoever walks frames may look at the word behind the handler. */
const vm_word vm_code_exit[] = {{.handler = (void (*)(void))op_EXIT}, {.u64 = 0}};
const vm_word vm_code_cross[] = {{.handler = (void (*)(void))op_CROSS}, {.u64 = 0}};
const vm_word vm_code_host[] = {{.handler = (void (*)(void))op_HOST}, {.u64 = 0}};

void vm_stubs_init(pirn_module *module)
{
    uint32_t imported = module->syntax.imported_funcs, count = module->syntax.funcs.len - imported;
    for (uint32_t i = 0; i < count; i++) {
        vm_word *stub = module->stubs + (size_t)i * VM_STUB_WORDS;
        stub[0].handler = (void (*)(void))op_STUB;
        stub[1] = (vm_word){.offset = imported + i};
        stub[VM_STUB_DIRECT].handler = (void (*)(void))op_STUB_DIRECT;
        stub[VM_STUB_DIRECT + 1] = (vm_word){.offset = imported + i};
        atomic_init(&module->entries[i], stub);
    }
}

/* ---- Ways out, and in ------------------------------------------------------------------------------------------------- */

VM_HANDLER(vm_trap)
{
    vm_context *context = inst->context;
    context->pc = pc;
    context->fp = (pirn_slot *)(void *)fp;
    context->instance = inst;
    context->status = base_trap_status(context->trap);
    VM_BECOME(vm_stop);
}

VM_HANDLER(vm_trap_stack)
{
    inst->context->trap = vm_stack_trap(inst->context);
    VM_BECOME(vm_trap);
}

#define DEFINE_TRAP(reason)                       \
    VM_HANDLER(vm_trap_##reason)                  \
    {                                             \
        inst->context->trap = PIRN_TRAP_##reason; \
        VM_BECOME(vm_trap);                       \
    }
VM_HANDLER_TRAPS(DEFINE_TRAP)

VM_HANDLER(vm_trap_MEMORY_BOUNDS)
{
    if (vm_memories_refresh(inst)) {
        VM_RELOAD_MEMORY();
        VM_DISPATCH();
    }
    inst->context->trap = PIRN_TRAP_MEMORY_BOUNDS;
    VM_BECOME(vm_trap);
}

VM_HANDLER(vm_resume)
{
    const vm_context *context = inst->context;
    pc = context->pc;
    fp = (uint8_t *)context->fp;
    acc = context->accumulator;
    facc = context->float_accumulator;
    inst = context->instance;
    VM_RELOAD_MEMORY();
    VM_DISPATCH();
}

VM_HANDLER(vm_stop)
{
    VM_LEAVE(inst->context->status);
}

pirn_status vm_run(vm_context *context)
{
    static const vm_word start[] = {{.handler = (void (*)(void))vm_resume}};
    return (pirn_status)vm_dispatch_run(start, (uint8_t *)context->fp, NULL, 0, context->instance, 0, 0.0);
}

/* ---- Results and links of frames ---------------------------------------------------------------------------------------- */

static bool is_float(pirn_valtype type)
{
    return type == PIRN_F32 || type == PIRN_F64;
}

void vm_result_to_slots(const vm_context *context, const pirn_functype *type, pirn_slot *slots)
{
    if (type->result_count != 1 || type->result_slots != 1)
        return;
    if (is_float(type->types[type->param_count]))
        slots[0].f64 = context->float_accumulator;
    else
        slots[0].u64 = context->accumulator;
}

void vm_result_from_slots(vm_context *context, const pirn_functype *type, const pirn_slot *slots)
{
    if (type->result_count != 1 || type->result_slots != 1)
        return;
    if (is_float(type->types[type->param_count]))
        context->float_accumulator = slots[0].f64;
    else
        context->accumulator = slots[0].u64;
}

vm_frame_link vm_frame_link_of(const pirn_slot *header)
{
    const vm_word *pc = header[VM_FRAME_RETURN_PC].ref;
    if (pc != vm_code_cross)
        return (vm_frame_link){pc, header[VM_FRAME_CALLER_FP].ref, NULL};
    return (vm_frame_link){header[VM_FRAME_REAL_RETURN_PC].ref, header[VM_FRAME_REAL_CALLER_FP].ref,
                           header[VM_FRAME_CALLER_INSTANCE].ref};
}

const vm_word *vm_entry_load(const _Atomic(const vm_word *) *entry)
{
    return atomic_load_explicit(entry, VM_CONSUME);
}

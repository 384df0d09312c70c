/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constant expressions (spec 3.4.13), extended ones included: evaluated from their bytes with a small stack. Validation has
 * checked them, so that nothing can go wrong here but memory: for the stack of an unusually long one, and for objects.
 */
#include "vm/exec/object.h"
#include "vm/exec/store.h"
#include <assert.h>

enum { SHORT_STACK = 16 };

typedef struct operands {
    const pirn_allocator *allocator;
    pirn_slot short_stack[SHORT_STACK];
    pirn_slot *data; /* short_stack, or a block of its own */
    size_t len, cap;
    pirn_trap trap;
} operands;

/* Room for one more value, of one slot or two. */
static bool reserve(operands *stack)
{
    if (stack->len + 1 < stack->cap)
        return true;
    size_t size = stack->cap * sizeof *stack->data;
    bool is_short = stack->data == stack->short_stack;
    pirn_slot *data = is_short ? base_alloc(stack->allocator, size * 2)
                               : base_resize(stack->allocator, stack->data, size, size * 2);
    if (data == NULL)
        return false;
    if (is_short)
        memcpy(data, stack->short_stack, size);
    stack->data = data;
    stack->cap *= 2;
    return true;
}

static void push(operands *stack, pirn_slot value)
{
    stack->data[stack->len++] = value;
}

static void push_v128(operands *stack, const uint8_t bytes[2 * sizeof(pirn_slot)])
{
    memcpy(stack->data + stack->len, bytes, 2 * sizeof(pirn_slot));
    stack->len += 2;
}

static void push_global(operands *stack, const pirn_instance *instance, uint32_t index)
{
    push(stack, instance->globals[index][0]);
    if (instance->module->syntax.globals.data[index].type.type == PIRN_V128)
        push(stack, instance->globals[index][1]);
}

/* Pops the right operand; the left one stands at the place of the result. */
static pirn_slot *pop(operands *stack, pirn_slot *right)
{
    *right = stack->data[--stack->len];
    return &stack->data[stack->len - 1];
}

#define BINARY(name, field, expression)   \
    static void name(operands *stack)     \
    {                                     \
        pirn_slot b, *a = pop(stack, &b); \
        a->field = (expression);          \
    }

BINARY(i32_add, u32, a->u32 + b.u32)
BINARY(i32_sub, u32, a->u32 - b.u32)
BINARY(i32_mul, u32, a->u32 *b.u32)
BINARY(i64_add, u64, a->u64 + b.u64)
BINARY(i64_sub, u64, a->u64 - b.u64)
BINARY(i64_mul, u64, a->u64 *b.u64)

/* ---- Objects ------------------------------------------------------------------------------------------------------- */

static uint32_t slots_of(const vm_layout_field *field)
{
    return field->size == 16 ? 2 : 1;
}

/* Replaces the topmost `operands` slots by a reference, unless it trapped. */
static void give(operands *stack, uint32_t used, void *reference)
{
    stack->len -= used;
    pirn_slot slot = {.u64 = 0};
    slot.ref = reference;
    if (stack->trap == VM_NO_TRAP)
        push(stack, slot);
}

static void struct_new(pirn_store *store, operands *stack, const vm_layout *layout, bool has_values)
{
    uint32_t used = 0;
    void *object = NULL;
    for (uint32_t i = 0; i < layout->field_count && has_values; i++)
        used += slots_of(&layout->fields[i]);
    stack->trap = vm_struct_new(store, layout, has_values ? stack->data + stack->len - used : NULL, &object);
    give(stack, used, object);
}

/* The descriptor is topmost. */
static void struct_new_desc(pirn_store *store, operands *stack, const vm_layout *layout, bool has_values)
{
    uint32_t used = 1;
    void *object = NULL;
    for (uint32_t i = 0; i < layout->field_count && has_values; i++)
        used += slots_of(&layout->fields[i]);
    const pirn_slot *values = has_values ? stack->data + stack->len - used : NULL;
    stack->trap = vm_struct_new_desc(store, layout, values, stack->data + stack->len - 1, &object);
    give(stack, used, object);
}

static void array_new(pirn_store *store, operands *stack, const vm_layout *layout, bool has_value)
{
    void *object = NULL;
    uint32_t length = stack->data[stack->len - 1].u32, used = 1 + (has_value ? slots_of(layout->fields) : 0);
    const pirn_slot *value = has_value ? stack->data + stack->len - used : NULL;
    stack->trap = vm_array_new(store, layout, value, length, &object);
    give(stack, used, object);
}

static void array_new_fixed(pirn_store *store, operands *stack, const vm_layout *layout, uint32_t length)
{
    void *object = NULL;
    uint32_t used = length * slots_of(layout->fields);
    stack->trap = vm_array_new_fixed(store, layout, stack->data + stack->len - used, length, &object);
    give(stack, used, object);
}

typedef bool conversion(pirn_store *store, void *from, void **to);

static void convert(pirn_store *store, operands *stack, conversion *convert_one)
{
    void *reference = NULL;
    if (!convert_one(store, stack->data[stack->len - 1].ref, &reference))
        stack->trap = PIRN_TRAP_HEAP;
    give(stack, 1, reference);
}

/* ---- Instructions ---------------------------------------------------------------------------------------------------- */

static const vm_layout *layout_at(const pirn_instance *instance, const vm_instr *instr)
{
    return (const vm_layout *)instance->module->rtts[instr->index];
}

static void evaluate(const pirn_instance *instance, const vm_instr *instr, operands *stack)
{
    pirn_store *store = instance->store;
    switch (instr->opcode) {
    case VM_OP_I32_CONST:
        return push(stack, (pirn_slot){.i32 = instr->i32});
    case VM_OP_I64_CONST:
        return push(stack, (pirn_slot){.i64 = instr->i64});
    case VM_OP_F32_CONST:
        return push(stack, (pirn_slot){.u32 = instr->f32_bits});
    case VM_OP_F64_CONST:
        return push(stack, (pirn_slot){.u64 = instr->f64_bits});
    case VM_OP_V128_CONST:
        return push_v128(stack, instr->bytes);
    case VM_OP_GLOBAL_GET:
        return push_global(stack, instance, instr->index);
    case VM_OP_REF_NULL:
        return push(stack, (pirn_slot){.ref = NULL});
    case VM_OP_REF_FUNC:
        return push(stack, (pirn_slot){.ref = instance->funcs[instr->index]});
    case VM_OP_I32_ADD:
        return i32_add(stack);
    case VM_OP_I32_SUB:
        return i32_sub(stack);
    case VM_OP_I32_MUL:
        return i32_mul(stack);
    case VM_OP_I64_ADD:
        return i64_add(stack);
    case VM_OP_I64_SUB:
        return i64_sub(stack);
    case VM_OP_I64_MUL:
        return i64_mul(stack);
    case VM_OP_STRUCT_NEW:
    case VM_OP_STRUCT_NEW_DEFAULT:
        return struct_new(store, stack, layout_at(instance, instr), instr->opcode == VM_OP_STRUCT_NEW);
    case VM_OP_STRUCT_NEW_DESC:
    case VM_OP_STRUCT_NEW_DEFAULT_DESC:
        return struct_new_desc(store, stack, layout_at(instance, instr), instr->opcode == VM_OP_STRUCT_NEW_DESC);
    case VM_OP_ARRAY_NEW:
    case VM_OP_ARRAY_NEW_DEFAULT:
        return array_new(store, stack, layout_at(instance, instr), instr->opcode == VM_OP_ARRAY_NEW);
    case VM_OP_ARRAY_NEW_FIXED:
        return array_new_fixed(store, stack, layout_at(instance, instr), instr->index2);
    case VM_OP_ANY_CONVERT_EXTERN:
        return convert(store, stack, vm_heap_internalize);
    case VM_OP_EXTERN_CONVERT_ANY:
        return convert(store, stack, vm_heap_externalize);
    case VM_OP_REF_I31:
        stack->len--;
        return push(stack, (pirn_slot){.ref = vm_i31_new(stack->data[stack->len].u32)});
    default:
        assert(!"validation lets no other instruction pass");
    }
}

/* What the stack refers to is safe from collections. */
static bool evaluate_all(const pirn_instance *instance, vm_reader *reader, operands *stack)
{
    vm_heap *heap = &instance->store->heap;
    vm_heap_range range = {&stack->data, &stack->len, heap->ranges};
    heap->ranges = &range;
    bool room = true;
    for (vm_instr instr; room && stack->trap == VM_NO_TRAP &&
                         vm_instr_read(reader, instance->module->syntax.features, &instr) &&
                         instr.opcode != VM_OP_END;) {
        room = reserve(stack);
        if (room)
            evaluate(instance, &instr, stack);
    }
    heap->ranges = range.outer;
    return room && stack->trap == VM_NO_TRAP;
}

pirn_status vm_const_expr_read(const pirn_instance *instance, vm_reader *reader, pirn_slot *out, pirn_error *error)
{
    operands stack = {.allocator = &instance->store->engine->allocator, .cap = SHORT_STACK, .trap = VM_NO_TRAP};
    stack.data = stack.short_stack;
    bool done = evaluate_all(instance, reader, &stack);
    if (done)
        memcpy(out, stack.data, stack.len * sizeof *out);
    if (stack.data != stack.short_stack)
        base_free(stack.allocator, stack.data, stack.cap * sizeof *stack.data);
    if (done)
        return PIRN_OK;
    pirn_trap trap = stack.trap == VM_NO_TRAP ? PIRN_TRAP_NOMEM : stack.trap;
    return base_fail(error, base_trap_status(trap), PIRN_NO_OFFSET, "%s", base_trap_text(trap));
}

pirn_status vm_const_expr_eval(const pirn_instance *instance, vm_range expression, pirn_slot *out, pirn_error *error)
{
    vm_reader reader;
    vm_reader_init(&reader, expression.start, (size_t)(expression.end - expression.start), 0, NULL);
    return vm_const_expr_read(instance, &reader, out, error);
}

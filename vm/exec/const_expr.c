/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constant expressions (spec 3.4.13), extended ones included: evaluated from their bytes with a small stack. Validation has
 * checked them, so that nothing can go wrong here but memory for the stack of an unusually long one.
 */
#include "vm/exec/store.h"
#include <assert.h>

enum { SHORT_STACK = 16 };

typedef struct operands {
    const pirn_allocator *allocator;
    pirn_slot short_stack[SHORT_STACK];
    pirn_slot *data; /* short_stack, or a block of its own */
    size_t len, cap;
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

static void evaluate(const pirn_instance *instance, const vm_instr *instr, operands *stack)
{
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
    default:
        assert(!"validation lets no other instruction pass");
    }
}

pirn_status vm_const_expr_read(const pirn_instance *instance, vm_reader *reader, pirn_slot *out)
{
    operands stack = {.allocator = &instance->store->engine->allocator, .cap = SHORT_STACK};
    stack.data = stack.short_stack;
    bool room = true;
    for (vm_instr instr;
         vm_instr_read(reader, instance->module->syntax.features, &instr) && instr.opcode != VM_OP_END;) {
        room = reserve(&stack);
        if (!room)
            break;
        evaluate(instance, &instr, &stack);
    }
    memcpy(out, stack.data, (room ? stack.len : 0) * sizeof *out);
    if (stack.data != stack.short_stack)
        base_free(stack.allocator, stack.data, stack.cap * sizeof *stack.data);
    return room ? PIRN_OK : PIRN_NOMEM;
}

pirn_status vm_const_expr_eval(const pirn_instance *instance, vm_range expression, pirn_slot *out)
{
    vm_reader reader;
    vm_reader_init(&reader, expression.start, (size_t)(expression.end - expression.start), 0, NULL);
    return vm_const_expr_read(instance, &reader, out);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers of vector instructions on values (spec 4.6.11): one function for each row of vm/exec/ir_simd.def. */
#include "vm/exec/handlers.h"
#include "vm/exec/lanes.h"

/* The operand in slots a, b or c as lanes; the result to the slots of d. */
#define LANES(type, operand)   vm_##type##_at(fp + pc[1].operand)
#define TO_LANES(type, lanes_) vm_##type##_put(fp + pc[1].d, (vm_##type)(lanes_))

#define IR_V_UNARY(name, X, R, expression) \
    VM_HANDLER(op_##name)                  \
    {                                      \
        const vm_##X x = LANES(X, a);      \
        TO_LANES(R, expression);           \
        VM_NEXT(2);                        \
    }

#define IR_V_BINARY(name, X, R, expression) \
    VM_HANDLER(op_##name)                   \
    {                                       \
        const vm_##X x = LANES(X, a);       \
        const vm_##X y = LANES(X, b);       \
        TO_LANES(R, expression);            \
        VM_NEXT(2);                         \
    }

#define IR_V_TERNARY(name, X, R, expression) \
    VM_HANDLER(op_##name)                    \
    {                                        \
        const vm_##X x = LANES(X, a);        \
        const vm_##X y = LANES(X, b);        \
        const vm_##R z = LANES(R, c);        \
        TO_LANES(R, expression);             \
        VM_NEXT(2);                          \
    }

/* Lane sizes are powers of two, so the amount modulo the lane's bits is a mask. */
#define IR_V_SHIFT(name, X, expression)                                     \
    VM_HANDLER(op_##name)                                                   \
    {                                                                       \
        const vm_##X x = LANES(X, a);                                       \
        const vm_##X n = vm_##X##_splat(VM_SLOT_I(pc[1].b) & LANE_MASK(x)); \
        TO_LANES(X, expression);                                            \
        VM_NEXT(2);                                                         \
    }
#define LANE_MASK(x) (sizeof(x[0]) * 8 - 1)

#define IR_V_TEST(name, X, expression) \
    VM_HANDLER(op_##name)              \
    {                                  \
        const vm_##X x = LANES(X, a);  \
        VM_TO_s_I(expression);         \
        VM_NEXT(2);                    \
    }

#define IR_V_SPLAT(name, T, R, expression) \
    VM_HANDLER(op_##name)                  \
    {                                      \
        VM_C_##T v = VM_SLOT_##T(pc[1].a); \
        TO_LANES(R, expression);           \
        VM_NEXT(2);                        \
    }

#define IR_V_EXTRACT(name, R, bytes, expression)             \
    VM_HANDLER(op_##name)                                    \
    {                                                        \
        const uint8_t *p = fp + pc[1].a + (bytes) * pc[1].c; \
        VM_TO_s_##R(expression);                             \
        VM_NEXT(2);                                          \
    }

#define IR_V_REPLACE(name, T, bytes, statement)        \
    VM_HANDLER(op_##name)                              \
    {                                                  \
        const VM_C_##T v = VM_SLOT_##T(pc[1].b);       \
        TO_LANES(u8x16, LANES(u8x16, a));              \
        uint8_t *p = fp + pc[1].d + (bytes) * pc[1].c; \
        statement;                                     \
        VM_NEXT(2);                                    \
    }

#include "vm/exec/ir.def"

VM_HANDLER(op_V128_CONST)
{
    TO_LANES(u8x16, vm_u8x16_at(pc + 2));
    VM_NEXT(4);
}

VM_HANDLER(op_I8X16_SHUFFLE)
{
    uint8_t from[2 * sizeof(vm_u8x16)];
    vm_u8x16_put(from, LANES(u8x16, a));
    vm_u8x16_put(from + sizeof(vm_u8x16), LANES(u8x16, b));
    const uint8_t *lanes = (const uint8_t *)(pc + 2);
    vm_u8x16 to = vm_u8x16_splat(0);
    for (unsigned i = 0; i < sizeof to; i++)
        to[i] = from[lanes[i]];
    TO_LANES(u8x16, to);
    VM_NEXT(4);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers of wide arithmetic: numbers of 128 bits are two slots, the lower half first. */
#include "vm/exec/handlers.h"

typedef base_wide wide;

static inline wide read_wide(const pirn_slot *slots)
{
    return (wide){slots[0].u64, slots[1].u64};
}

static inline wide sub(wide x, wide y)
{
    return (wide){x.low - y.low, x.high - y.high - (x.low < y.low)};
}

/* A negative number, read as unsigned, is 2^64 too large: each takes the other one away from the upper half. */
static inline wide multiply_signed(uint64_t x, uint64_t y)
{
    wide product = base_multiply_wide(x, y);
    product.high -= ((int64_t)x < 0 ? y : 0) + ((int64_t)y < 0 ? x : 0);
    return product;
}

#define WIDE(name, expression)                             \
    VM_HANDLER(op_##name)                                  \
    {                                                      \
        const pirn_slot *operands = &VM_SLOT(pc[1].far_a); \
        wide result = expression;                          \
        pirn_slot *results = &VM_SLOT(pc[1].far_d);        \
        results[0].u64 = result.low;                       \
        results[1].u64 = result.high;                      \
        VM_NEXT(2);                                        \
    }

WIDE(I64_ADD128, base_add_wide(read_wide(operands), read_wide(operands + 2)))
WIDE(I64_SUB128, sub(read_wide(operands), read_wide(operands + 2)))
WIDE(I64_MUL_WIDE_S, multiply_signed(operands[0].u64, operands[1].u64))
WIDE(I64_MUL_WIDE_U, base_multiply_wide(operands[0].u64, operands[1].u64))

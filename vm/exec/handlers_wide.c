/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers of wide arithmetic: numbers of 128 bits are two slots, the lower half first. */
#include "vm/exec/handlers.h"

typedef struct wide {
    uint64_t low, high;
} wide;

static inline wide read_wide(const pirn_slot *slots)
{
    return (wide){slots[0].u64, slots[1].u64};
}

static inline wide add(wide x, wide y)
{
    uint64_t low = x.low + y.low;
    return (wide){low, x.high + y.high + (low < x.low)};
}

static inline wide sub(wide x, wide y)
{
    return (wide){x.low - y.low, x.high - y.high - (x.low < y.low)};
}

/* By halves of 32 bits; no sum of the middle is too large. */
static inline wide mul(uint64_t x, uint64_t y)
{
    uint64_t x0 = (uint32_t)x, x1 = x >> 32, y0 = (uint32_t)y, y1 = y >> 32;
    uint64_t middle = x1 * y0 + (x0 * y0 >> 32);
    uint64_t other = x0 * y1 + (uint32_t)middle;
    return (wide){x * y, x1 * y1 + (middle >> 32) + (other >> 32)};
}

/* A negative number, read as unsigned, is 2^64 too large: each takes the other one away from the upper half. */
static inline wide mul_signed(uint64_t x, uint64_t y)
{
    wide product = mul(x, y);
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

WIDE(I64_ADD128, add(read_wide(operands), read_wide(operands + 2)))
WIDE(I64_SUB128, sub(read_wide(operands), read_wide(operands + 2)))
WIDE(I64_MUL_WIDE_S, mul_signed(operands[0].u64, operands[1].u64))
WIDE(I64_MUL_WIDE_U, mul(operands[0].u64, operands[1].u64))

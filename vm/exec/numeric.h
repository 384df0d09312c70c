/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numeric operations that C has no operator for (spec 4.3), exact to the bit. A NaN that they make is the operand's, quieted,
 * or the canonical one.
 */
#pragma once

#include "vm/base/compiler.h"
#include <math.h> /* sqrt, which compilers make an instruction */

BASE_INLINE uint32_t vm_clz32(uint32_t x)
{
    return x == 0 ? 32 : (uint32_t)__builtin_clz(x);
}

BASE_INLINE uint32_t vm_ctz32(uint32_t x)
{
    return x == 0 ? 32 : (uint32_t)__builtin_ctz(x);
}

BASE_INLINE uint64_t vm_clz64(uint64_t x)
{
    return x == 0 ? 64 : (uint64_t)__builtin_clzll(x);
}

BASE_INLINE uint64_t vm_ctz64(uint64_t x)
{
    return x == 0 ? 64 : (uint64_t)__builtin_ctzll(x);
}

BASE_INLINE uint64_t vm_popcnt(uint64_t x)
{
    x -= x >> 1 & 0x5555555555555555;
    x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
    x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0F;
    return x * 0x0101010101010101 >> 56;
}

/* One of each for f32 and f64. Signs are bits: abs, neg and copysign touch nothing else, also of a NaN. min and max: of
 * equal operands (also 0 and -0) min has the sign bit of either, max of both. */
#define VM_FLOAT_OPERATIONS(f, type, of_bits, bits_of, sign, whole)                                                      \
    BASE_INLINE type vm_##f##_abs(type x)                                                                                \
    {                                                                                                                    \
        return of_bits(bits_of(x) & ~(sign));                                                                            \
    }                                                                                                                    \
    BASE_INLINE type vm_##f##_neg(type x)                                                                                \
    {                                                                                                                    \
        return of_bits(bits_of(x) ^ (sign));                                                                             \
    }                                                                                                                    \
    BASE_INLINE type vm_##f##_copysign(type x, type y)                                                                   \
    {                                                                                                                    \
        return of_bits((bits_of(x) & ~(sign)) | (bits_of(y) & (sign)));                                                  \
    }                                                                                                                    \
    BASE_INLINE type vm_##f##_min(type x, type y)                                                                        \
    {                                                                                                                    \
        if (x < y)                                                                                                       \
            return x;                                                                                                    \
        if (x > y)                                                                                                       \
            return y;                                                                                                    \
        return x == y ? of_bits(bits_of(x) | bits_of(y)) : x + y;                                                        \
    }                                                                                                                    \
    BASE_INLINE type vm_##f##_max(type x, type y)                                                                        \
    {                                                                                                                    \
        if (x > y)                                                                                                       \
            return x;                                                                                                    \
        if (x < y)                                                                                                       \
            return y;                                                                                                    \
        return x == y ? of_bits(bits_of(x) & bits_of(y)) : x + y;                                                        \
    }                                                                                                                    \
    /* From `whole` on all numbers are integers. Adding and subtracting it rounds to an integer, ties to even, because \
     * the rounding mode is never changed. */ \
    BASE_INLINE type vm_##f##_nearest(type x)                                                                            \
    {                                                                                                                    \
        if (!(vm_##f##_abs(x) < (whole)))                                                                                \
            return x != x ? x + x : x;                                                                                   \
        type big = vm_##f##_copysign(whole, x);                                                                          \
        return vm_##f##_copysign((x + big) - big, x);                                                                    \
    }                                                                                                                    \
    BASE_INLINE type vm_##f##_ceil(type x)                                                                               \
    {                                                                                                                    \
        type r = vm_##f##_nearest(x);                                                                                    \
        return r < x ? vm_##f##_copysign(r + 1, x) : r;                                                                  \
    }                                                                                                                    \
    BASE_INLINE type vm_##f##_floor(type x)                                                                              \
    {                                                                                                                    \
        type r = vm_##f##_nearest(x);                                                                                    \
        return r > x ? r - 1 : r;                                                                                        \
    }                                                                                                                    \
    BASE_INLINE type vm_##f##_trunc(type x)                                                                              \
    {                                                                                                                    \
        type r = vm_##f##_nearest(vm_##f##_abs(x));                                                                      \
        return vm_##f##_copysign(r > vm_##f##_abs(x) ? r - 1 : r, x);                                                    \
    }

VM_FLOAT_OPERATIONS(f32, float, base_f32_of_bits, base_bits_of_f32, (uint32_t)1 << 31, 0x1p23f)
VM_FLOAT_OPERATIONS(f64, double, base_f64_of_bits, base_bits_of_f64, (uint64_t)1 << 63, 0x1p52)

/* Saturating conversion: below `low` gives `min`, from `high` on `max`, a NaN 0. */
#define VM_SATURATE(x, low, high, type, min, max) \
    ((x) != (x) ? (type)0 : (x) < (low) ? (type)(min) : (x) >= (high) ? (type)(max) : (type)(x))

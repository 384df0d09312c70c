/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors of the interpreter (spec 4.3.5): lane types, reading and writing them, and the operations that are longer
 * than an expression. Written in the vectors of GCC and Clang, which become the machine's own where it has them.
 *
 * In slots, as in linear memory, the bytes of a v128 are in little-endian order within lanes. Only the functions
 * vm_<type>_at and vm_<type>_put know: on a machine of the other byte order they turn the bytes of each lane.
 */
#pragma once

#include "vm/exec/image.h"
#include "vm/exec/numeric.h"

typedef uint8_t vm_bytes __attribute__((vector_size(16)));

/* Turns the bytes of each lane. */
BASE_INLINE vm_bytes vm_turn_lanes(vm_bytes bytes, unsigned lane)
{
    vm_bytes turned;
    for (unsigned i = 0; i < sizeof bytes; i++)
        turned[i] = bytes[i ^ (lane - 1)];
    return turned;
}

#define VM_LANE_TYPE(name, lane)                                                          \
    typedef lane vm_##name __attribute__((vector_size(16)));                              \
    BASE_INLINE vm_##name vm_##name##_at(const void *p)                                   \
    {                                                                                     \
        vm_##name x;                                                                      \
        memcpy(&x, p, sizeof x);                                                          \
        return vm_slot_wraps() ? x : (vm_##name)vm_turn_lanes((vm_bytes)x, sizeof(lane)); \
    }                                                                                     \
    BASE_INLINE void vm_##name##_put(void *p, vm_##name x)                                \
    {                                                                                     \
        if (!vm_slot_wraps())                                                             \
            x = (vm_##name)vm_turn_lanes((vm_bytes)x, sizeof(lane));                      \
        memcpy(p, &x, sizeof x);                                                          \
    }                                                                                     \
    BASE_INLINE vm_##name vm_##name##_splat(lane value)                                   \
    {                                                                                     \
        vm_##name x;                                                                      \
        for (unsigned i = 0; i < sizeof x / sizeof value; i++)                            \
            x[i] = value;                                                                 \
        return x;                                                                         \
    }

VM_LANE_TYPE(i8x16, int8_t)
VM_LANE_TYPE(u8x16, uint8_t)
VM_LANE_TYPE(i16x8, int16_t)
VM_LANE_TYPE(u16x8, uint16_t)
VM_LANE_TYPE(i32x4, int32_t)
VM_LANE_TYPE(u32x4, uint32_t)
VM_LANE_TYPE(i64x2, int64_t)
VM_LANE_TYPE(u64x2, uint64_t)
VM_LANE_TYPE(f32x4, float)
VM_LANE_TYPE(f64x2, double)

/* Lanes of x where the mask's are ones, else of y. */
#define VM_PICK(type, mask, x, y) \
    ((vm_##type)(((vm_u64x2)(mask) & (vm_u64x2)(x)) | (~(vm_u64x2)(mask) & (vm_u64x2)(y))))

/* ---- Wider and narrower lanes ---------------------------------------------------------------------------------------- */

/* Half of the lanes of x, as the `type` of that many lanes: VM_LOW_<lanes>(type, x) and so on. */
#define VM_LANES_OF(type, x, ...) __builtin_convertvector(__builtin_shufflevector(x, x, __VA_ARGS__), vm_##type)
#define VM_LOW_2(type, x)         VM_LANES_OF(type, x, 0, 1)
#define VM_LOW_4(type, x)         VM_LANES_OF(type, x, 0, 1, 2, 3)
#define VM_LOW_8(type, x)         VM_LANES_OF(type, x, 0, 1, 2, 3, 4, 5, 6, 7)
#define VM_HIGH_2(type, x)        VM_LANES_OF(type, x, 2, 3)
#define VM_HIGH_4(type, x)        VM_LANES_OF(type, x, 4, 5, 6, 7)
#define VM_HIGH_8(type, x)        VM_LANES_OF(type, x, 8, 9, 10, 11, 12, 13, 14, 15)
#define VM_EVEN_4(type, x)        VM_LANES_OF(type, x, 0, 2, 4, 6)
#define VM_EVEN_8(type, x)        VM_LANES_OF(type, x, 0, 2, 4, 6, 8, 10, 12, 14)
#define VM_ODD_4(type, x)         VM_LANES_OF(type, x, 1, 3, 5, 7)
#define VM_ODD_8(type, x)         VM_LANES_OF(type, x, 1, 3, 5, 7, 9, 11, 13, 15)

/* Lanes of half the size that lie in memory. */
#define VM_WIDE(type, half, bytes, load)                      \
    BASE_INLINE vm_##type vm_##type##_wide(const uint8_t *p)  \
    {                                                         \
        vm_##type x;                                          \
        for (unsigned i = 0; i < sizeof x / sizeof x[0]; i++) \
            x[i] = (half)load(p + (bytes) * i);               \
        return x;                                             \
    }
VM_WIDE(i16x8, int8_t, 1, *)
VM_WIDE(u16x8, uint8_t, 1, *)
VM_WIDE(i32x4, int16_t, 2, base_load_u16)
VM_WIDE(u32x4, uint16_t, 2, base_load_u16)
VM_WIDE(i64x2, int32_t, 4, base_load_u32)
VM_WIDE(u64x2, uint32_t, 4, base_load_u32)

/* The lanes of x and y, brought between `low` and `high`, as lanes of half the size. */
#define VM_NARROW(type, from, lane, low, high, ...)                                                        \
    BASE_INLINE vm_##type vm_##type##_narrow(vm_##from x, vm_##from y)                                     \
    {                                                                                                      \
        typedef lane half __attribute__((vector_size(8)));                                                 \
        const vm_##from lowest = vm_##from##_splat(low), highest = vm_##from##_splat(high);                \
        x = VM_PICK(from, x < lowest, lowest, x);                                                          \
        y = VM_PICK(from, y < lowest, lowest, y);                                                          \
        x = VM_PICK(from, x > highest, highest, x);                                                        \
        y = VM_PICK(from, y > highest, highest, y);                                                        \
        return __builtin_shufflevector(__builtin_convertvector(x, half), __builtin_convertvector(y, half), \
                                       __VA_ARGS__);                                                       \
    }
VM_NARROW(i8x16, i16x8, int8_t, INT8_MIN, INT8_MAX, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
VM_NARROW(u8x16, i16x8, uint8_t, 0, UINT8_MAX, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
VM_NARROW(i16x8, i32x4, int16_t, INT16_MIN, INT16_MAX, 0, 1, 2, 3, 4, 5, 6, 7)
VM_NARROW(u16x8, i32x4, uint16_t, 0, UINT16_MAX, 0, 1, 2, 3, 4, 5, 6, 7)

/* ---- Integers -------------------------------------------------------------------------------------------------------- */

/* Saturating addition and subtraction, in unsigned lanes because they never overflow. A signed sum has overflowed when
 * its sign is not that of either operand; it then should have been the limit on the side of x. */
#define VM_SATURATING(bits, lanes)                                                                                  \
    BASE_INLINE vm_u##bits##x##lanes vm_u##bits##x##lanes##_add_sat(vm_u##bits##x##lanes x, vm_u##bits##x##lanes y) \
    {                                                                                                               \
        vm_u##bits##x##lanes sum = x + y;                                                                           \
        return sum | (vm_u##bits##x##lanes)(sum < x);                                                               \
    }                                                                                                               \
    BASE_INLINE vm_u##bits##x##lanes vm_u##bits##x##lanes##_sub_sat(vm_u##bits##x##lanes x, vm_u##bits##x##lanes y) \
    {                                                                                                               \
        return (x - y) & (vm_u##bits##x##lanes)(x >= y);                                                            \
    }                                                                                                               \
    BASE_INLINE vm_u##bits##x##lanes vm_i##bits##x##lanes##_limit(vm_u##bits##x##lanes x)                           \
    {                                                                                                               \
        return (x >> (bits - 1)) + vm_u##bits##x##lanes##_splat(INT##bits##_MAX);                                   \
    }                                                                                                               \
    BASE_INLINE vm_u##bits##x##lanes vm_i##bits##x##lanes##_add_sat(vm_u##bits##x##lanes x, vm_u##bits##x##lanes y) \
    {                                                                                                               \
        vm_u##bits##x##lanes sum = x + y;                                                                           \
        vm_i##bits##x##lanes overflow = (vm_i##bits##x##lanes)((x ^ sum) & (y ^ sum));                              \
        return VM_PICK(u##bits##x##lanes, overflow < 0, vm_i##bits##x##lanes##_limit(x), sum);                      \
    }                                                                                                               \
    BASE_INLINE vm_u##bits##x##lanes vm_i##bits##x##lanes##_sub_sat(vm_u##bits##x##lanes x, vm_u##bits##x##lanes y) \
    {                                                                                                               \
        vm_u##bits##x##lanes difference = x - y;                                                                    \
        vm_i##bits##x##lanes overflow = (vm_i##bits##x##lanes)((x ^ y) & (x ^ difference));                         \
        return VM_PICK(u##bits##x##lanes, overflow < 0, vm_i##bits##x##lanes##_limit(x), difference);               \
    }
VM_SATURATING(8, 16)
VM_SATURATING(16, 8)

BASE_INLINE vm_u8x16 vm_u8x16_popcnt(vm_u8x16 x)
{
    x -= x >> 1 & 0x55;
    x = (x & 0x33) + (x >> 2 & 0x33);
    return (x + (x >> 4)) & 0x0F;
}

BASE_INLINE bool vm_no_bit(vm_u64x2 x)
{
    return (x[0] | x[1]) == 0;
}

/* The sign bits of the lanes in half a vector, the first lane's at the right. The multiplication of the first function
 * brings the eight bits side by side to the top. */
BASE_INLINE uint32_t vm_signs_8(uint64_t x)
{
    return (uint32_t)((x >> 7 & 0x0101010101010101) * 0x0102040810204080 >> 56);
}

BASE_INLINE uint32_t vm_signs_16(uint64_t x)
{
    return (uint32_t)((x >> 15 & 1) | (x >> 30 & 2) | (x >> 45 & 4) | (x >> 60 & 8));
}

BASE_INLINE uint32_t vm_signs_32(uint64_t x)
{
    return (uint32_t)((x >> 31 & 1) | (x >> 62 & 2));
}

BASE_INLINE uint32_t vm_signs_64(uint64_t x)
{
    return (uint32_t)(x >> 63);
}

BASE_INLINE vm_u8x16 vm_swizzle(vm_u8x16 x, vm_u8x16 y)
{
    uint8_t from[sizeof x], at[sizeof x];
    memcpy(from, &x, sizeof x);
    memcpy(at, &y, sizeof y);
    for (unsigned i = 0; i < sizeof x; i++)
        x[i] = at[i] < sizeof x ? from[at[i]] : 0;
    return x;
}

/* (x * y + 2^14) / 2^15: fits but for the product of the two smallest numbers. */
BASE_INLINE vm_i16x8 vm_q15mulr(vm_i16x8 x, vm_i16x8 y)
{
    vm_i32x4 low = (VM_LOW_4(i32x4, x) * VM_LOW_4(i32x4, y) + 0x4000) >> 15;
    vm_i32x4 high = (VM_HIGH_4(i32x4, x) * VM_HIGH_4(i32x4, y) + 0x4000) >> 15;
    return vm_i16x8_narrow(low, high);
}

/* Sums of neighbouring products. */
BASE_INLINE vm_u32x4 vm_dot(vm_i16x8 x, vm_i16x8 y)
{
    return (vm_u32x4)(VM_EVEN_4(i32x4, x) * VM_EVEN_4(i32x4, y)) +
           (vm_u32x4)(VM_ODD_4(i32x4, x) * VM_ODD_4(i32x4, y));
}

BASE_INLINE vm_u16x8 vm_dot_i8x16(vm_i8x16 x, vm_i8x16 y)
{
    return (vm_u16x8)(VM_EVEN_8(i16x8, x) * VM_EVEN_8(i16x8, y)) +
           (vm_u16x8)(VM_ODD_8(i16x8, x) * VM_ODD_8(i16x8, y));
}

/* The same, added once more in pairs. */
BASE_INLINE vm_u32x4 vm_dot_add_i8x16(vm_i8x16 x, vm_i8x16 y)
{
    vm_i16x8 sums = (vm_i16x8)vm_dot_i8x16(x, y);
    return (vm_u32x4)(VM_EVEN_4(i32x4, sums) + VM_ODD_4(i32x4, sums));
}

/* ---- Floats ---------------------------------------------------------------------------------------------------------- */

/*
 * As vm/exec/numeric.h does for scalars. min and max of equal lanes (also of 0 and -0): min has the sign bit of either, max
 * of both; of a NaN: a NaN. Rounding to an integer adds and subtracts `whole`, from which on all numbers are integers.
 */
#define VM_FLOAT_LANES(f, u, i, sign_bit, whole_number, root)                              \
    BASE_INLINE vm_##u vm_##f##_sign(void)                                                 \
    {                                                                                      \
        return vm_##u##_splat(sign_bit);                                                   \
    }                                                                                      \
    BASE_INLINE vm_##f vm_##f##_abs(vm_##f x)                                              \
    {                                                                                      \
        return (vm_##f)((vm_##u)x & ~vm_##f##_sign());                                     \
    }                                                                                      \
    BASE_INLINE vm_##f vm_##f##_with_sign(vm_##f x, vm_##f y)                              \
    {                                                                                      \
        return VM_PICK(f, vm_##f##_sign(), y, x);                                          \
    }                                                                                      \
    BASE_INLINE vm_##f vm_##f##_min(vm_##f x, vm_##f y)                                    \
    {                                                                                      \
        vm_##f same = VM_PICK(f, x == y, (vm_##u)x | (vm_##u)y, x + y);                    \
        return VM_PICK(f, x < y, x, VM_PICK(f, x > y, y, same));                           \
    }                                                                                      \
    BASE_INLINE vm_##f vm_##f##_max(vm_##f x, vm_##f y)                                    \
    {                                                                                      \
        vm_##f same = VM_PICK(f, x == y, (vm_##u)x & (vm_##u)y, x + y);                    \
        return VM_PICK(f, x > y, x, VM_PICK(f, x < y, y, same));                           \
    }                                                                                      \
    BASE_INLINE vm_##f vm_##f##_sqrt(vm_##f x)                                             \
    {                                                                                      \
        for (unsigned n = 0; n < sizeof x / sizeof x[0]; n++)                              \
            x[n] = root(x[n]);                                                             \
        return x;                                                                          \
    }                                                                                      \
    /* `rounded` where x is less than `whole`; else x itself, a NaN quieted. */            \
    BASE_INLINE vm_##f vm_##f##_if_broken(vm_##f x, vm_##f rounded)                        \
    {                                                                                      \
        vm_##f other = VM_PICK(f, x == x, x, x + x);                                       \
        rounded = vm_##f##_with_sign(rounded, x);                                          \
        return VM_PICK(f, vm_##f##_abs(x) < vm_##f##_splat(whole_number), rounded, other); \
    }                                                                                      \
    BASE_INLINE vm_##f vm_##f##_near(vm_##f x)                                             \
    {                                                                                      \
        vm_##f whole = vm_##f##_with_sign(vm_##f##_splat(whole_number), x);                \
        return (x + whole) - whole;                                                        \
    }                                                                                      \
    /* One in the lanes of the mask, else zero. */                                         \
    BASE_INLINE vm_##f vm_##f##_one_if(vm_##i mask)                                        \
    {                                                                                      \
        return (vm_##f)((vm_##u)mask & (vm_##u)vm_##f##_splat(1));                         \
    }                                                                                      \
    BASE_INLINE vm_##f vm_##f##_nearest(vm_##f x)                                          \
    {                                                                                      \
        return vm_##f##_if_broken(x, vm_##f##_near(x));                                    \
    }                                                                                      \
    BASE_INLINE vm_##f vm_##f##_ceil(vm_##f x)                                             \
    {                                                                                      \
        vm_##f near = vm_##f##_near(x);                                                    \
        return vm_##f##_if_broken(x, near + vm_##f##_one_if((vm_##i)(near < x)));          \
    }                                                                                      \
    BASE_INLINE vm_##f vm_##f##_floor(vm_##f x)                                            \
    {                                                                                      \
        vm_##f near = vm_##f##_near(x);                                                    \
        return vm_##f##_if_broken(x, near - vm_##f##_one_if((vm_##i)(near > x)));          \
    }                                                                                      \
    BASE_INLINE vm_##f vm_##f##_trunc(vm_##f x)                                            \
    {                                                                                      \
        vm_##f size = vm_##f##_abs(x), near = vm_##f##_near(size);                         \
        return vm_##f##_if_broken(x, near - vm_##f##_one_if((vm_##i)(near > size)));       \
    }

VM_FLOAT_LANES(f32x4, u32x4, i32x4, (uint32_t)1 << 31, 0x1p23f, sqrtf)
VM_FLOAT_LANES(f64x2, u64x2, i64x2, (uint64_t)1 << 63, 0x1p52, sqrt)

BASE_INLINE vm_f32x4 vm_f32x4_demote(vm_f64x2 x)
{
    return (vm_f32x4){(float)x[0], (float)x[1]};
}

/* Saturating conversions. A NaN becomes 0 before; what does not fit is converted as 0, and corrected. */
BASE_INLINE vm_i32x4 vm_i32x4_trunc_f32x4(vm_f32x4 x)
{
    const vm_f32x4 limit = vm_f32x4_splat(0x1p31f);
    vm_i32x4 above = (vm_i32x4)(x >= limit), below = (vm_i32x4)(x < -limit),
             fits = (vm_i32x4)(x == x) & ~above & ~below;
    vm_i32x4 converted = __builtin_convertvector((vm_f32x4)((vm_i32x4)x & fits), vm_i32x4);
    return converted | (above & INT32_MAX) | (below & INT32_MIN);
}

/* The upper half of the range is converted less 2^31, which is its highest bit. */
BASE_INLINE vm_u32x4 vm_u32x4_trunc_f32x4(vm_f32x4 x)
{
    const vm_f32x4 half = vm_f32x4_splat(0x1p31f);
    vm_i32x4 above = (vm_i32x4)(x >= half + half), fits = (vm_i32x4)(x > 0) & ~above;
    vm_i32x4 is_upper = fits & (vm_i32x4)(x >= half);
    vm_f32x4 rest = (vm_f32x4)((vm_i32x4)x & fits) - (vm_f32x4)((vm_i32x4)half & is_upper);
    vm_u32x4 converted = (vm_u32x4) __builtin_convertvector(rest, vm_i32x4);
    return (converted + ((vm_u32x4)is_upper & 0x80000000u)) | (vm_u32x4)above;
}

BASE_INLINE vm_i32x4 vm_i32x4_trunc_f64x2(vm_f64x2 x)
{
    return (vm_i32x4){VM_SATURATE(x[0], -0x1p31, 0x1p31, int32_t, INT32_MIN, INT32_MAX),
                      VM_SATURATE(x[1], -0x1p31, 0x1p31, int32_t, INT32_MIN, INT32_MAX)};
}

BASE_INLINE vm_u32x4 vm_u32x4_trunc_f64x2(vm_f64x2 x)
{
    return (vm_u32x4){VM_SATURATE(x[0], 0.0, 0x1p32, uint32_t, 0, UINT32_MAX),
                      VM_SATURATE(x[1], 0.0, 0x1p32, uint32_t, 0, UINT32_MAX)};
}

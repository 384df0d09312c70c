/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between compilers and machines, in one place. The rest of the code has no #if for them
 * (the dispatch of handlers has its own header, vm/exec/dispatch.h).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define BASE_LIKELY(x)   __builtin_expect(!!(x), 1)
#define BASE_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define BASE_COLD        __attribute__((cold, noinline))
#define BASE_NOINLINE    __attribute__((noinline))
#define BASE_INLINE      static inline __attribute__((always_inline, unused))
/* The compiler takes the variable as it is, and does not compute it a second time in another way. */
#define BASE_KEEP(variable) __asm__("" : "+r"(variable))
#else
#define BASE_LIKELY(x)   (x)
#define BASE_UNLIKELY(x) (x)
#define BASE_COLD
#define BASE_NOINLINE
#define BASE_INLINE static inline
#define BASE_KEEP(variable) ((void)0)
#endif

#define BASE_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Unaligned little-endian access to bytes that come from files or from linear memory. Written with shifts, so it
 * holds on every byte order; compilers turn each into one instruction where the machine allows.
 */
BASE_INLINE uint16_t base_load_u16(const void *p)
{
    const uint8_t *b = p;
    return (uint16_t)(b[0] | b[1] << 8);
}

BASE_INLINE uint32_t base_load_u32(const void *p)
{
    const uint8_t *b = p;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

BASE_INLINE uint64_t base_load_u64(const void *p)
{
    return (uint64_t)base_load_u32(p) | (uint64_t)base_load_u32((const uint8_t *)p + 4) << 32;
}

BASE_INLINE void base_store_u16(void *p, uint16_t v)
{
    uint8_t *b = p;
    b[0] = (uint8_t)v;
    b[1] = (uint8_t)(v >> 8);
}

BASE_INLINE void base_store_u32(void *p, uint32_t v)
{
    uint8_t *b = p;
    b[0] = (uint8_t)v;
    b[1] = (uint8_t)(v >> 8);
    b[2] = (uint8_t)(v >> 16);
    b[3] = (uint8_t)(v >> 24);
}

BASE_INLINE void base_store_u64(void *p, uint64_t v)
{
    base_store_u32(p, (uint32_t)v);
    base_store_u32((uint8_t *)p + 4, (uint32_t)(v >> 32));
}

/* A number of 128 bits, and the product of two of 64. */
typedef struct base_wide {
    uint64_t low, high;
} base_wide;

#if defined(__SIZEOF_INT128__)
__extension__ typedef unsigned __int128 base_u128;

BASE_INLINE base_wide base_multiply_wide(uint64_t x, uint64_t y)
{
    base_u128 product = (base_u128)x * y;
    return (base_wide){(uint64_t)product, (uint64_t)(product >> 64)};
}
#else
/* By halves of 32 bits; no sum of the middle is too large. */
BASE_INLINE base_wide base_multiply_wide(uint64_t x, uint64_t y)
{
    uint64_t x0 = (uint32_t)x, x1 = x >> 32, y0 = (uint32_t)y, y1 = y >> 32;
    uint64_t middle = x1 * y0 + (x0 * y0 >> 32);
    uint64_t other = x0 * y1 + (uint32_t)middle;
    return (base_wide){x * y, x1 * y1 + (middle >> 32) + (other >> 32)};
}
#endif

BASE_INLINE base_wide base_add_wide(base_wide x, base_wide y)
{
    uint64_t low = x.low + y.low;
    return (base_wide){low, x.high + y.high + (low < x.low)};
}

/* Reinterpretations without aliasing trouble. */
BASE_INLINE uint32_t base_bits_of_f32(float v)
{
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

BASE_INLINE uint64_t base_bits_of_f64(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

BASE_INLINE float base_f32_of_bits(uint32_t bits)
{
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

BASE_INLINE double base_f64_of_bits(uint64_t bits)
{
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

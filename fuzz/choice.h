/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decisions from bytes. Whatever makes things up for a test asks here, so that a fuzzer can steer it by bytes, and a number
 * is enough to repeat it. Two questions must not be in one expression: compilers would ask them in another order. When the bytes are used up every answer is 0: makers put their simplest answer first, and end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct choices {
    const uint8_t *bytes; /* borrowed */
    size_t at, end;
} choices;

static inline choices choices_of(const uint8_t *bytes, size_t size)
{
    return (choices){bytes, 0, size};
}

static inline bool choices_is_empty(const choices *c)
{
    return c->at >= c->end;
}

static inline uint8_t choose_byte(choices *c)
{
    return choices_is_empty(c) ? 0 : c->bytes[c->at++];
}

/* A number below `count`, which is at most 65,536 and not 0. */
static inline uint32_t choose(choices *c, uint32_t count)
{
    uint32_t value = choose_byte(c);
    if (count > 256)
        value |= (uint32_t)choose_byte(c) << 8;
    return value % count;
}

/* True once in so many times; never when the bytes are used up. */
static inline bool choose_rarely(choices *c, uint32_t one_in)
{
    return choose(c, one_in) == one_in - 1;
}

static inline uint64_t choose_bits(choices *c, uint32_t bytes)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < bytes; i++)
        value = value << 8 | choose_byte(c);
    return value;
}

/* Fills a buffer with the bytes that a seed stands for, on all machines the same (splitmix64). */
static inline void choices_from_seed(uint64_t seed, uint8_t *bytes, size_t size)
{
    uint64_t state = seed;
    for (size_t i = 0; i < size; i++) {
        uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
        bytes[i] = (uint8_t)((z ^ (z >> 31)) >> 32);
    }
}

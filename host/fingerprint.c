/* SPDX-License-Identifier: Apache-2.0 */
#include "host/fingerprint.h"
#include "vm/base/compiler.h"
#include <string.h>

typedef base_wide wide;

/* Modulo 2^127 - 1, of anything below 2^128; the result is below 2^127. */
static wide reduce(wide x)
{
    wide folded = {x.low, x.high & (UINT64_MAX >> 1)};
    return base_add_wide(folded, (wide){x.high >> 63, 0});
}

/* x * y modulo 2^127 - 1; both below 2^127. */
static wide multiply_modulo(wide x, wide y)
{
    wide low = base_multiply_wide(x.low, y.low), high = base_multiply_wide(x.high, y.high);
    wide middle = base_multiply_wide(x.low, y.high), other = base_multiply_wide(x.high, y.low); /* each below 2^127 */
    wide across = base_add_wide(middle, other); /* times 2^64; below 2^128 */
    /* 2^128 is 2: the upper half of what stands at 2^64 counts twice, and so does `high`, which is below 2^126. */
    wide sum = reduce(base_add_wide(reduce(low), (wide){0, across.low & (UINT64_MAX >> 1)}));
    sum = reduce(base_add_wide(sum, (wide){across.low >> 63, 0}));
    wide twice = {across.high << 1, across.high >> 63};
    sum = reduce(base_add_wide(sum, twice));
    return reduce(base_add_wide(sum, reduce((wide){high.low << 1, high.high << 1 | high.low >> 63})));
}

/* NH of a block of whole pairs of words. */
static wide compress(const uint64_t *key, const uint8_t *bytes, size_t words)
{
    wide sum = {0, 0};
    for (size_t i = 0; i < words; i += 2) {
        uint64_t x = base_load_u64(bytes + 8 * i) + key[i], y = base_load_u64(bytes + 8 * i + 8) + key[i + 1];
        sum = base_add_wide(sum, base_multiply_wide(x, y));
    }
    return sum;
}

void host_fingerprint(const host_fingerprint_key *key, const void *bytes, size_t size,
                      uint8_t out[HOST_FINGERPRINT_SIZE])
{
    enum { BLOCK = 8 * HOST_FINGERPRINT_WORDS };
    const uint8_t *at = bytes;
    const wide point = {key->point[0], key->point[1] & (UINT64_MAX >> 3)};
    wide value = {1, 0}; /* a leading coefficient, so that blocks of zeros count */
    size_t left = size;
    for (; left >= BLOCK; at += BLOCK, left -= BLOCK)
        value = reduce(
            base_add_wide(multiply_modulo(value, point), reduce(compress(key->block, at, HOST_FINGERPRINT_WORDS))));
    uint8_t last[BLOCK] = {0};
    if (left > 0)
        memcpy(last, at, left);
    value = reduce(
        base_add_wide(multiply_modulo(value, point), reduce(compress(key->block, last, HOST_FINGERPRINT_WORDS))));
    value = reduce(base_add_wide(multiply_modulo(value, point), (wide){size, 0}));
    base_store_u64(out, value.low);
    base_store_u64(out + 8, value.high);
}

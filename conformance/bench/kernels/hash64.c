/* SPDX-License-Identifier: Apache-2.0 */
/* hash64.c - a 64-bit hash of the multiply-and-rotate kind over strings of many lengths, and a table with open
 * addressing that is filled and asked by it: 64-bit arithmetic, unaligned loads, unpredictable accesses.
 * usage: hash64 [rounds=60]  -> prints a checksum. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 1 << 20, SLOTS = 1 << 18 };

static unsigned char text[TEXT];
static struct {
    uint64_t key;
    uint32_t count;
} slots[SLOTS];

static uint64_t rotate(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

static uint64_t mix(uint64_t h, uint64_t v)
{
    return rotate(h ^ v * 0x9e3779b97f4a7c15u, 29) * 0xbf58476d1ce4e5b9u;
}

__attribute__((noinline)) static uint64_t hash(const unsigned char *p, size_t n, uint64_t seed)
{
    uint64_t h = seed ^ n * 0x94d049bb133111ebu, v;
    for (; n >= 8; p += 8, n -= 8) {
        memcpy(&v, p, 8);
        h = mix(h, v);
    }
    v = 0;
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    h = mix(h, v);
    return h ^ h >> 31;
}

__attribute__((noinline)) static uint32_t count(uint64_t key)
{
    for (uint64_t i = key;; i++) {
        uint64_t at = i % SLOTS;
        if (slots[at].count == 0)
            slots[at].key = key;
        if (slots[at].key == key)
            return ++slots[at].count;
    }
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 60;
    uint64_t x = 88172645463325252u, checksum = 0;
    for (int i = 0; i < TEXT; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        text[i] = (unsigned char)("etaoinsh"[x & 7]);
    }
    for (unsigned r = 0; r < rounds; r++) {
        memset(slots, 0, sizeof slots);
        for (size_t at = 0; at + 64 < TEXT;) {
            size_t n = 3 + (text[at] + r) % 29;
            uint64_t h = hash(text + at, n, r);
            checksum += count(h) + (h >> 60);
            at += n;
        }
        checksum = mix(checksum, hash(text, TEXT, checksum));
    }
    printf("hash64 %u = %016llx\n", rounds, (unsigned long long)checksum);
    return 0;
}

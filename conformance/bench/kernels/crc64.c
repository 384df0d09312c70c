/* SPDX-License-Identifier: Apache-2.0 */
/* crc64.c - table-driven CRC-64 plus a xorshift64* stream: i64 ALU and i64.load.
 * usage: crc64 [rounds=60]  -> prints the CRC. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t table[256];
static unsigned char buf[1 << 20];

__attribute__((noinline)) static uint64_t crc(uint64_t c, const unsigned char *p, unsigned n)
{
    c = ~c;
    while (n--)
        c = table[(c ^ *p++) & 255] ^ (c >> 8);
    return ~c;
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 60;
    uint64_t x = 88172645463325252ull, c = 0;
    for (unsigned i = 0; i < 256; i++) {
        uint64_t t = i;
        for (int k = 0; k < 8; k++)
            t = t & 1 ? (t >> 1) ^ 0xc96c5795d7870f42ull : t >> 1;
        table[i] = t;
    }
    for (unsigned r = 0; r < rounds; r++) {
        for (unsigned i = 0; i < sizeof buf; i += 8) {
            x ^= x >> 12; x ^= x << 25; x ^= x >> 27;
            uint64_t v = x * 2685821657736338717ull;
            for (int k = 0; k < 8; k++)
                buf[i + k] = (unsigned char)(v >> (8 * k));
        }
        c = crc(c, buf, sizeof buf);
    }
    printf("crc64 %u = %016llx\n", rounds, (unsigned long long)c);
    return 0;
}

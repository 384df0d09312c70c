/* SPDX-License-Identifier: Apache-2.0 */
/* bulk.c - memory.copy / memory.fill (build with -mbulk-memory): many small and some large moves.
 * An interpreter should be close to native here: it measures the per-operation overhead.
 * usage: bulk [rounds=18000]  -> prints a checksum. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SZ (1 << 20)
static unsigned char x[SZ], y[SZ];

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 18000, seed = 1;
    uint32_t sum = 0;
    for (unsigned i = 0; i < SZ; i++)
        x[i] = (unsigned char)(i * 7);
    for (unsigned r = 0; r < rounds; r++) {
        memcpy(y, x, SZ / 4);
        memset(x + (r & 1023), (int)r, SZ / 8);
        for (unsigned k = 0; k < 2000; k++) {
            seed = seed * 1664525 + 1013904223;
            unsigned off = (seed >> 12) % (SZ - 256), len = (seed >> 4) & 127;
            memmove(x + off, y + (off ^ 64), len);
            memset(y + off, (int)len, len & 31);
        }
        sum = sum * 31 + x[r * 97 % SZ] + y[r * 193 % SZ];
    }
    printf("bulk %u = %u\n", rounds, sum);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* qsortfp.c - quicksort of i32 with a comparison function pointer: call_indirect heavy.
 * usage: qsortfp [rounds=16]  -> prints a checksum of the sorted array. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define N 100000
static int32_t v[N];
typedef int (*cmp_fn)(const int32_t *, const int32_t *);

static int up(const int32_t *a, const int32_t *b) { return (*a > *b) - (*a < *b); }
static int down(const int32_t *a, const int32_t *b) { return (*b > *a) - (*b < *a); }
static cmp_fn volatile order[2] = {up, down};       /* volatile: keeps the calls indirect */

__attribute__((noinline)) static void sort(int32_t *a, int lo, int hi, cmp_fn cmp)
{
    while (lo < hi) {
        int32_t p = a[(lo + hi) / 2];
        int i = lo, j = hi;
        while (i <= j) {
            while (cmp(&a[i], &p) < 0) i++;
            while (cmp(&a[j], &p) > 0) j--;
            if (i <= j) {
                int32_t t = a[i]; a[i] = a[j]; a[j] = t;
                i++; j--;
            }
        }
        if (j - lo < hi - i) { sort(a, lo, j, cmp); lo = i; }
        else { sort(a, i, hi, cmp); hi = j; }
    }
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 16, seed = 42;
    uint32_t sum = 0;
    for (unsigned r = 0; r < rounds; r++) {
        for (int i = 0; i < N; i++) {
            seed = seed * 1664525 + 1013904223;
            v[i] = (int32_t)seed;
        }
        sort(v, 0, N - 1, order[r & 1]);
        for (int i = 0; i < N; i += 997)
            sum = sum * 31 + (uint32_t)v[i];
    }
    printf("qsortfp %u = %u\n", rounds, sum);
    return 0;
}

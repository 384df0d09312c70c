/* SPDX-License-Identifier: Apache-2.0 */
/* simd.c - vectors of 128 bits in the compilers' own notation: a box blur of bytes, a polynomial over f32, and a
 * search for the greatest of 16-bit numbers. Built for Wasm with -msimd128.
 * usage: simd [rounds=300]  -> prints a checksum. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef int16_t i16x8 __attribute__((vector_size(16)));
typedef float f32x4 __attribute__((vector_size(16)));

enum { SIZE = 1 << 20 };

static uint8_t image[SIZE + 64], blurred[SIZE + 64];
static float curve[SIZE / 4];

static u8x16 load(const uint8_t *p)
{
    u8x16 v;
    memcpy(&v, p, sizeof v);
    return v;
}

/* (a + 2b + c) / 4 without leaving eight bits. */
__attribute__((noinline)) static void blur(uint8_t *to, const uint8_t *from, int n)
{
    for (int i = 0; i < n; i += 16) {
        u8x16 a = load(from + i), b = load(from + i + 1), c = load(from + i + 2);
        u8x16 ac = (a & c) + ((a ^ c) >> 1), v = (ac & b) + ((ac ^ b) >> 1);
        memcpy(to + i, &v, sizeof v);
    }
}

__attribute__((noinline)) static float polynomial(float *to, const float *from, int n, float k)
{
    f32x4 sum = {0, 0, 0, 0}, kk = {k, k, k, k};
    for (int i = 0; i < n; i += 4) {
        f32x4 x;
        memcpy(&x, from + i, sizeof x);
        f32x4 y = ((x * kk - 0.25f) * x + 0.5f) * x + kk;
        sum += y;
        y *= 0.125f;
        memcpy(to + i, &y, sizeof y);
    }
    return sum[0] + sum[1] + sum[2] + sum[3];
}

__attribute__((noinline)) static int greatest(const uint8_t *from, int n)
{
    i16x8 most = {0};
    for (int i = 0; i < n; i += 16) {
        i16x8 v;
        memcpy(&v, from + i, sizeof v);
        i16x8 is_more = v > most;
        most = (v & is_more) | (most & ~is_more);
    }
    int result = 0;
    for (int i = 0; i < 8; i++)
        result = most[i] > result ? most[i] : result;
    return result;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 300;
    uint32_t x = 1, checksum = 0;
    for (int i = 0; i < SIZE + 64; i++) {
        x = x * 1664525 + 1013904223;
        image[i] = (uint8_t)(x >> 24);
    }
    for (int i = 0; i < SIZE / 4; i++)
        curve[i] = (float)image[i] / 256;
    for (int r = 0; r < rounds; r++) {
        blur(blurred, image, SIZE);
        blur(image, blurred, SIZE);
        float sum = polynomial(curve, curve, SIZE / 4, 0.75f);
        checksum = checksum * 31 + (uint32_t)sum + (uint32_t)greatest(image, SIZE) + image[r];
    }
    printf("simd %d = %08x\n", rounds, (unsigned)checksum);
    return 0;
}

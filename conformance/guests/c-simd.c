/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors: loops that the compiler turns into them, and intrinsics. What it prints is in c-simd.expected.txt. */
#include <stdint.h>
#include <stdio.h>
#include <wasm_simd128.h>

enum { FLOATS = 1027, BYTES = 1000 };

static float a[FLOATS], b[FLOATS];
static uint8_t bytes[BYTES];

static void fill(void)
{
    for (int i = 0; i < FLOATS; i++) {
        a[i] = i * 0.5f;
        b[i] = FLOATS - i;
    }
    for (int i = 0; i < BYTES; i++)
        bytes[i] = i * 7;
}

static float dot(void)
{
    float sum = 0;
    for (int i = 0; i < FLOATS; i++)
        sum += a[i] * b[i];
    return sum;
}

static int32_t sum_of_bytes(void)
{
    v128_t sum = wasm_i32x4_const(0, 0, 0, 0);
    for (int i = 0; i + 16 <= BYTES; i += 16) {
        v128_t pairs = wasm_u16x8_extadd_pairwise_u8x16(wasm_v128_load(bytes + i));
        sum = wasm_i32x4_add(sum, wasm_i32x4_extadd_pairwise_i16x8(pairs));
    }
    return wasm_i32x4_extract_lane(sum, 0) + wasm_i32x4_extract_lane(sum, 1) + wasm_i32x4_extract_lane(sum, 2) +
           wasm_i32x4_extract_lane(sum, 3);
}

int main(void)
{
    fill();
    printf("%.1f %d\n", dot(), sum_of_bytes());
    /* Backwards, and a lane that there is not. */
    v128_t order = wasm_i8x16_const(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, (int8_t)200);
    v128_t turned = wasm_i8x16_swizzle(wasm_v128_load(bytes), order);
    for (int i = 0; i < 16; i++)
        printf("%d ", ((uint8_t *)&turned)[i]);
    puts("");
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* matmul.c - dense f64 matrix multiply (i,k,j order would vectorise natively, so i,j,k with a
 * strided column walk is used): f64.load, f64.mul, f64.add, address arithmetic.
 * usage: matmul [rounds=24]  -> prints a checksum of the product. */
#include <stdio.h>
#include <stdlib.h>

#define N 200
static double a[N][N], b[N][N], c[N][N];

__attribute__((noinline)) static void matmul(void)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            double s = 0;
            for (int k = 0; k < N; k++)
                s += a[i][k] * b[k][j];
            c[i][j] = s;
        }
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 24;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (double)((i * 7 + j * 3) % 17) - 8;
            b[i][j] = (double)((i * 5 + j * 11) % 13) - 6;
        }
    double sum = 0;
    for (int r = 0; r < rounds; r++) {
        a[r % N][r % N] += 1;
        matmul();
        for (int i = 0; i < N; i++)
            sum += c[i][(i * 31 + r) % N];
    }
    printf("matmul %d = %.3f\n", rounds, sum);
    return 0;
}

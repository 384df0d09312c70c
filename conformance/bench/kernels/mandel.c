/* SPDX-License-Identifier: Apache-2.0 */
/* mandel.c - Mandelbrot escape iteration: pure f64 register work and a short loop.
 * usage: mandel [size=1400]  -> prints the total iteration count. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static int escape(double cx, double cy, int max)
{
    double x = 0, y = 0;
    int i = 0;
    while (i < max) {
        double xx = x * x, yy = y * y;
        if (xx + yy > 4.0)
            break;
        y = 2 * x * y + cy;
        x = xx - yy + cx;
        i++;
    }
    return i;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 1400;
    unsigned long long sum = 0;
    for (int py = 0; py < n; py++)
        for (int px = 0; px < n; px++)
            sum += (unsigned)escape(3.0 * px / n - 2.0, 2.4 * py / n - 1.2, 200);
    printf("mandel %d = %llu\n", n, sum);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fib.c - call-heavy kernel: naive doubly recursive Fibonacci.
 * Measures direct call/return, local access and an i32 compare-and-branch.
 * usage: fib [n=40]  -> prints fib(n). */
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static unsigned fib(unsigned n)
{
    if (n < 2)
        return n;
    return fib(n - 1) + fib(n - 2);
}

int main(int argc, char **argv)
{
    unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 40;
    printf("fib %u = %u\n", n, fib(n));
    return 0;
}

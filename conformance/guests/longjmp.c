/* SPDX-License-Identifier: Apache-2.0 */
/* Jumps out of deep calls, past functions that catch other jumps, and back into the same function many times. */
#include "conformance/guests/longjmp.h"
#include <stdio.h>

static jmp_buf outer, inner;

static void __attribute__((noinline)) dive(int depth)
{
    if (depth > 0) {
        dive(depth - 1);
        puts("never");
    }
    longjmp(outer, 42);
}

/* Catches jumps to `inner` only: one to `outer` goes through it. */
static void __attribute__((noinline)) between(int depth)
{
    int value = setjmp(inner);
    if (value == 0)
        longjmp(inner, 7);
    printf("inner %d\n", value);
    dive(depth);
}

static int __attribute__((noinline)) again(int value)
{
    int answer = setjmp(inner);
    if (answer == 0)
        longjmp(inner, value);
    return answer;
}

/* A generator of numbers without a return: each round is one jump. */
static unsigned __attribute__((noinline)) rounds(unsigned count)
{
    volatile unsigned sum = 0;
    jmp_buf round;
    int number = setjmp(round);
    sum += (unsigned)number;
    if ((unsigned)number < count)
        longjmp(round, number + 1);
    return sum;
}

int main(void)
{
    int value = setjmp(outer);
    if (value == 0)
        between(1000);
    printf("outer %d\n", value);
    printf("zero becomes %d\n", again(0));
    printf("rounds %u\n", rounds(10000));
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Tail calls as clang makes them: a state machine of a million steps, each a call, in a stack that has room for a few. */
#include <stdio.h>

typedef unsigned long long number;
typedef number step(number left, number sum);

static step even, odd;
static step *const steps[] = {even, odd};

static number even(number left, number sum)
{
    if (left == 0)
        return sum;
    __attribute__((musttail)) return steps[1](left - 1, sum + left);
}

static number odd(number left, number sum)
{
    if (left == 0)
        return sum * 2;
    __attribute__((musttail)) return steps[0](left - 1, sum ^ left);
}

int main(void)
{
    printf("%llu %llu\n", steps[0](1000000, 0), steps[1](1000001, 7));
    return 0;
}

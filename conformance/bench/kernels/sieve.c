/* SPDX-License-Identifier: Apache-2.0 */
/* sieve.c - byte-array sieve of Eratosthenes: i32.load8_u / i32.store8 in tight loops.
 * usage: sieve [rounds=90]  -> prints the prime count summed over rounds. */
#include <stdio.h>
#include <stdlib.h>

#define N 1000000
static unsigned char composite[N + 1];

__attribute__((noinline)) static unsigned sieve(unsigned limit)
{
    unsigned count = 0;
    for (unsigned i = 0; i <= limit; i++)
        composite[i] = 0;
    for (unsigned i = 2; i <= limit; i++) {
        if (composite[i])
            continue;
        count++;
        for (unsigned j = i + i; j <= limit; j += i)
            composite[j] = 1;
    }
    return count;
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 90, sum = 0;
    for (unsigned r = 0; r < rounds; r++)
        sum += sieve(N - r);
    printf("sieve %u = %u\n", rounds, sum);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Answers at once: builds a greeting with the C library, as a function that is called once for a request would. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((export_name("wasi:cli/run@0.2.12#run"))) int run(void)
{
    static int calls;
    char *greeting = malloc(100);
    if (greeting == NULL)
        return 1;
    snprintf(greeting, 100, "Hello, caller number %d!", ++calls);
    int failed = strcmp(greeting, "Hello, caller number 1!") != 0;
    free(greeting);
    return failed;
}

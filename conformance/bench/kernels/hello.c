/* SPDX-License-Identifier: Apache-2.0 */
/* hello.c - the smallest useful WASI program, for start-up cost. */
#include <stdio.h>
int main(void) { puts("hello"); return 0; }

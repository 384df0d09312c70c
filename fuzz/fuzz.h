/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every fuzz target is: one function over bytes, which libFuzzer calls with what it thinks up and replay.c with
 * the files of a corpus. A target states what must hold for all input with fuzz_check.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program loudly unless `condition` holds; in every build. */
#define fuzz_check(condition)                                                              \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                       \
        }                                                                                  \
    } while (0)

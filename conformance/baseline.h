/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which language a script was written for. Most follow the current standard; proposals and what is left of older ones
 * were written against others, and what they say is malformed may be right in a later one.
 */
#pragma once

#include <pirn/vm.h>

typedef struct wast_baseline {
    const char *where; /* ends the path of the script: "proposals/threads/" a folder, "memory.wast" a file; "" all */
    uint8_t standard;  /* 1, 2 or 3: all features that it has */
    const char *with;  /* features of its own, separated by spaces; without them the script is skipped */
    const char *without; /* features of the standard that it does not know yet */
    const char *why;
} wast_baseline;

/* The first row of the table that fits the path. */
const wast_baseline *wast_baseline_of(const char *path);
/* The mask of those of its features that this build has. */
uint32_t wast_baseline_features(const wast_baseline *baseline);
/* The first feature of its own that this build does not have; the length is 0 when it has all. */
pirn_str wast_baseline_missing(const wast_baseline *baseline);
/* Writes "3.0 with threads without multi-memory" and returns `out`. */
const char *wast_baseline_text(const wast_baseline *baseline, char out[160]);

/* Those of its features that this build does not have. */
uint32_t wast_baseline_absent(const wast_baseline *baseline);
/*
 * The feature of `absent` that an error complains of, "" for none. Checks of the virtual machine say it in one way:
 * "... needs the feature NAME, which is off".
 */
const char *wast_missing_feature(const pirn_error *error, uint32_t absent);

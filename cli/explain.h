/* SPDX-License-Identifier: Apache-2.0 */
/* pirn validate --explain: the instructions of a function with the stacks of validation before each. */
#pragma once

#include "cli/file.h"
#include <jansson.h>
#include <pirn/vm.h>

/* Which function, and how much of it. */
typedef struct cli_explanation_of {
    uint32_t function;
    uint64_t offset; /* in the file, of something in it: which module of a component is meant */
    size_t window;   /* so many instructions before the last one; SIZE_MAX: all */
} cli_explanation_of;

/*
 * {"function": 1, "steps": [{"offset", "line", "column", "text", "depth", "operands", "operand_count", "labels",
 * "label_count"}]}; NULL when there is nothing to show, or out of memory. `error` receives why the function is not valid.
 */
json_t *cli_explain(pirn_engine *engine, const cli_file *file, const cli_explanation_of *what, pirn_error *error);
/* The same as text on stdout; `failed`: the last one is what validation refuses. */
void cli_explanation_print(const json_t *explanation, bool failed);

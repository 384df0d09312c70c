/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cells of a function beside the Wasm instructions that they came from, for who reads the instructions in their order:
 *
 *   vm_listing listing;
 *   vm_listing_init(&listing, module);
 *   for each defined function:  vm_listing_begin(&listing, func, error);
 *       for each instruction:   while ((line = vm_listing_next(&listing, offset)) != NULL) ...
 *   vm_listing_done(&listing);
 */
#pragma once

#include "vm/exec/code.h"

typedef struct vm_listing_line {
    uint64_t offset; /* of the instruction; 0: what is done before the first */
    uint32_t word;   /* the cell's first */
    const char *text;
} vm_listing_line;

typedef struct vm_listing {
    const pirn_module *module;
    base_arena arena;                /* of the function */
    BASE_VEC(vm_listing_line) lines; /* by offset, then by word */
    size_t next;
    bool failed;
} vm_listing;

void vm_listing_init(vm_listing *listing, const pirn_module *module);
void vm_listing_done(vm_listing *listing);
/* Translates the function, if it has not been. NOMEM. */
PIRN_MUST_CHECK pirn_status vm_listing_begin(vm_listing *listing, uint32_t func, pirn_error *error);
/* The next cell of the instructions up to the file offset, or NULL. Offsets do not decrease. */
const char *vm_listing_next(vm_listing *listing, uint64_t offset);

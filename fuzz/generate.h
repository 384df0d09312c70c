/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Valid modules made up from bytes, for comparing one way to run them with another.
 *
 * What such a module is like:
 *   - it is valid, always, and uses no feature beyond the mask it is given;
 *   - all it does ends: loops count or use up a global, and so do calls;
 *   - what it computes is determined: no bit of a NaN that the standard leaves open gets to where it could be seen;
 *   - it exports functions without parameters, "run0", "run1", ..., and last "state", whose results are i32 and i64 only. State
 *     sums up memories and globals. It exports its memories, tables and globals too ("memory0", ...);
 *   - it imports nothing, or (with_import) one function "env" "log" of type [i64] -> [i64].
 */
#pragma once

#include "vm/binary/writer.h"

typedef struct generate_options {
    uint32_t features; /* of PIRN_FEATURE_ */
    bool with_import;
} generate_options;

/* Appends a module to `out`; when memory runs out, out->failed. */
void generate_module(const uint8_t *bytes, size_t size, const generate_options *options, vm_writer *out);

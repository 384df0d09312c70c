/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running one module in several ways that must come to the same: with fusion and without, counting fuel, collecting garbage
 * at every allocation.
 */
#pragma once

#include "fuzz/generate.h"

/*
 * Makes a module from the bytes and runs it in all ways; the program ends when they differ. Returns what came, as text that the
 * caller frees: a line for each exported function with its results, then lines on memories, tables and globals.
 */
char *differential_run(const uint8_t *bytes, size_t size, const generate_options *options);

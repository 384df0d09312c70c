/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binaries for tests, written as the binary format reads: a text of words, numbers and names, each of which becomes the
 * bytes that Binary.md (of the Component Model) and chapter 5 of the core specification say.
 *
 *   42 -1        a number, LEB128; signed where it is negative and behind i32.const and i64.const
 *   0x7F         one byte
 *   'text'       a name: length and bytes
 *   "text"       bytes alone (for data segments)
 *   { ... }      what is inside, behind its size in bytes
 *   local.get    an instruction, by its mnemonic
 *   @name        binary that was built before, by its place among the `parts` ("@0")
 *   word         one of the words in builder.c: `component:`, `types`, `u32`, `lift`, ...
 *
 * Vectors begin with their count, as they do in the file:
 *
 *   component:
 *     core-module  { module: types { 1 signature 1 i32 1 i32 } funcs { 1 0 } exports { 1 'id' as-func 0 }
 *                            code { 1 { 0 local.get 0 end } } }
 *     core-instance { 1 instantiate 0 0 }                       (module 0, no arguments)
 *     alias        { 1 core-func of-core 0 'id' }               (core func 0)
 *     type         { 1 func 1 'x' u32 result u32 }              ; type 0
 *     canon        { 1 lift 0 0 0 }                             (core func 0), no options, type 0
 *     export       { 1 named 'id' func-sort 0 no-type }
 */
#pragma once

#include <pirn/base.h>

typedef struct binary {
    uint8_t *bytes; /* to be freed with free() */
    size_t size;
} binary;

/* Fails the test, and says where, when the text is not understood. */
binary build(const char *text);
binary build_with(const char *text, const binary *parts);

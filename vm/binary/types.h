/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading types (spec 5.3). A type of a feature that is off is INVALID and the message names the
 * feature; a code that no standard knows is MALFORMED. Like all readers they yield zero after a
 * failure.
 */
#pragma once

#include "vm/binary/reader.h"

vm_valtype vm_reader_valtype(vm_reader *r, uint32_t features);
/* A reference type; funcref is one even where reference types are off. */
vm_valtype vm_reader_reftype(vm_reader *r, uint32_t features);
/* A heap type, as the nullable reference to it. */
vm_valtype vm_reader_heaptype(vm_reader *r, uint32_t features);
/* The byte that says whether a global or a field may be changed. */
bool vm_reader_mutability(vm_reader *r);
/* A field of a structure or of an array: a storage type and its mutability. */
vm_field vm_reader_field(vm_reader *r, uint32_t features);
vm_blocktype vm_reader_blocktype(vm_reader *r, uint32_t features);
pirn_tabletype vm_reader_tabletype(vm_reader *r, uint32_t features);
pirn_memtype vm_reader_memtype(vm_reader *r, uint32_t features);
pirn_globaltype vm_reader_globaltype(vm_reader *r, uint32_t features);
/* Passes over the locals that a function's body begins with. */
void vm_reader_skip_locals(vm_reader *r, uint32_t features);
/* Fails with INVALID at `at` unless all bits of `needed` are in `features`: "`what` needs the
 * feature X, which is off". */
void vm_reader_require(vm_reader *r, const uint8_t *at, uint32_t features, uint32_t needed, const char *what);

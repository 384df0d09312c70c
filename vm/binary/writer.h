/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing the binary format: a growable buffer. Running out of memory is sticky: what follows
 * writes nothing, and `failed` is asked once, at the end. Sizes and counts that are known only
 * behind what they count are put in place by vm_writer_insert_leb, so every number has its shortest
 * form.
 *
 *   size_t section = vm_writer_begin(&w, 1);   // id
 *   ... content ...
 *   vm_writer_end(&w, section);                // the size goes before the content
 */
#pragma once

#include "vm/base/memory.h"

typedef struct vm_writer {
    const pirn_allocator *allocator;
    uint8_t *data;
    size_t len, cap;
    bool failed;
} vm_writer;

void vm_writer_init(vm_writer *w, const pirn_allocator *allocator);
void vm_writer_done(vm_writer *w);
/* Hands the buffer over: `*size` bytes that the caller frees with base_free. NULL when it is empty or has failed. */
uint8_t *vm_writer_take(vm_writer *w, size_t *size);

void vm_writer_u8(vm_writer *w, uint8_t byte);
void vm_writer_bytes(vm_writer *w, const void *bytes, size_t size);
void vm_writer_leb_unsigned(vm_writer *w, uint64_t value);
void vm_writer_leb_signed(vm_writer *w, int64_t value);
void vm_writer_u32(vm_writer *w, uint32_t value); /* four bytes, little-endian */
void vm_writer_u64(vm_writer *w, uint64_t value);
void vm_writer_name(vm_writer *w, pirn_str name); /* length and bytes */
void vm_writer_preamble(vm_writer *w);            /* of a core module */

/* Puts a number before everything written since the buffer was `at` bytes long. */
void vm_writer_insert_leb(vm_writer *w, size_t at, uint64_t value);
/* Begins a section (or another thing with an id and a size); end puts its size in place. */
size_t vm_writer_begin(vm_writer *w, uint8_t id);
void vm_writer_end(vm_writer *w, size_t begun);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address space from the operating system, zeroed and committed page by page as it is touched. The only file of the
 * virtual machine that asks the system itself is mapping.c; where it gets nothing, callers use the allocator or compare
 * bytes: everything here may be refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Reserves `size` bytes that may not be touched yet. NULL when the system refuses. */
void *vm_mapping_reserve(size_t size);
/* Makes the bytes from `from` to `to` of a reservation readable and writable; they are zero. */
bool vm_mapping_commit(void *base, size_t from, size_t to);
/* Gives a whole reservation back. */
void vm_mapping_release(void *base, size_t size);

size_t vm_mapping_page_size(void);
/* The reservation is to take memory in the smallest pages, for it is one of very many. */
void vm_mapping_use_small_pages(void *base, size_t size);
/* Forgets what was written to whole pages of a reservation: they are what they were when they were mapped. */
void vm_mapping_drop(void *base, size_t from, size_t to);
static inline bool vm_bytes_are_zero(const uint8_t *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* Replaces the whole pages from `base` on by zeroes, readable and writable. */
bool vm_mapping_clear(void *base, size_t size);

/* ---- Sealed files: bytes in memory that nobody changes any more ------------------------------------------------------ */

typedef struct vm_sealed_file {
    int file;
    size_t size;
    const uint8_t *bytes;
} vm_sealed_file;

/* A file with these bytes, whole pages of them. False when there are no such files, or no room. */
bool vm_sealed_file_init(vm_sealed_file *sealed, const uint8_t *bytes, size_t size);
void vm_sealed_file_done(vm_sealed_file *sealed);
/* Maps the file over committed pages: they are shared with all others that did so until they are written. */
bool vm_sealed_file_map(const vm_sealed_file *sealed, void *base);

/* ---- Which pages have been written ----------------------------------------------------------------------------------- */

/*
 * Asks the system for the pages of this process that are its own: those written since they were mapped, and no others but
 * for pages of zeroes. Threads may share it.
 */
typedef struct vm_page_scanner {
    int file;
    bool has_scan;       /* the system looks for them itself; else every page's entry is read */
    const uint8_t *mark; /* a page that is 1 in the process that opened this, and 0 in those that it forks */
} vm_page_scanner;

bool vm_page_scanner_init(vm_page_scanner *scanner);
void vm_page_scanner_done(vm_page_scanner *scanner);

typedef struct vm_page_run {
    uint64_t start, end; /* addresses */
    uint64_t categories;
} vm_page_run;

/*
 * Writes up to `room` runs of such pages between two addresses, whole pages, and to *next how far it has looked. Answers
 * their number; -1 when the system does not tell (any more).
 */
long vm_page_scanner_read(const vm_page_scanner *scanner, uint64_t start, uint64_t end, vm_page_run *runs,
                          size_t room, uint64_t *next);

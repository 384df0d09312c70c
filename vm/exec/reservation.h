/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reservations: ranges of address space, each for one memory or value stack after the other, and what they hold when an
 * owner begins.
 *
 *               base                                    used          committed               size
 *      | a stack | ... | image, copy-on-write | zeroes ... |  zeroes      |  not to be touched    |
 *      |<-front->|   start                   end          |               |                       |
 *                |<------ what its owner can reach ------>|               |                       |
 *
 * What lies behind `used` is always zero. In a pool the first value stack of a store lies in front of its first memory, so
 * that the system is asked about both at once. Bringing a reservation back means to restore what its owner has written: the
 * pages of which the process has a copy of its own, as the system tells (vm/exec/mapping.h), or, where it does not tell,
 * those that are found different. Restored pages stay, for a page that is there costs a tenth of a microsecond to write
 * and one that is not two microseconds; only beyond a given number of bytes are they dropped.
 */
#pragma once

#include "vm/base/memory.h"
#include "vm/exec/mapping.h"

/* What a memory holds before anybody has run: whole pages, from the first to the last one that is not all zero. Read-only. */
typedef struct vm_pristine {
    const pirn_allocator *allocator;
    const uint8_t *bytes; /* of the pages from `start` to `end` */
    size_t start, end;
    bool is_sealed; /* the bytes are those of a file that can be mapped; else a block of the allocator */
    vm_sealed_file file;
} vm_pristine;

/* Of committed bytes. NULL when out of memory. */
vm_pristine *vm_pristine_new(const pirn_allocator *allocator, const uint8_t *bytes, uint64_t size, bool may_seal);
void vm_pristine_free(vm_pristine *pristine);

/* How reservations are brought back; belongs to a pool, shared by its threads. */
typedef struct vm_cleaner {
    vm_page_scanner scanner;
    bool has_scanner, has_files;
    size_t page_size;
    size_t keep_bytes; /* written pages that a store given back keeps */
} vm_cleaner;

typedef struct vm_reservation {
    uint8_t *base;
    size_t front; /* bytes before `base`: a value stack, committed */
    size_t size, committed;
    bool is_front_clean;         /* else it may have been written since it was last restored */
    bool is_lost;                /* not to be used any more, but for its front */
    const vm_pristine *pristine; /* NULL: zeroes */
    struct vm_reservation *next; /* of those that are free */
} vm_reservation;

/* NULL when memory or address space is not to be had. */
vm_reservation *vm_reservation_new(const pirn_allocator *allocator, size_t front, size_t size);
void vm_reservation_free(const pirn_allocator *allocator, vm_reservation *reservation);
/* Makes at least `size` bytes usable. */
bool vm_reservation_commit(vm_reservation *reservation, size_t size);

/* A reservation that holds zeroes, or these bytes already, begins with them from now on; they are committed. */
bool vm_reservation_begin_with(vm_reservation *reservation, const vm_pristine *pristine);
/* Whether the first `used` bytes are these, and zeroes behind. */
bool vm_reservation_equals(const vm_reservation *reservation, const vm_cleaner *cleaner, uint64_t used,
                           const vm_pristine *pristine);
/*
 * Restores what it begins with, where the owner of the first `used` bytes wrote, and clears the front; `*budget` of
 * written bytes may stay.
 */
void vm_reservation_restore(vm_reservation *reservation, const vm_cleaner *cleaner, uint64_t used, size_t *budget);
/* The same, and from now on it begins with zeroes. False: it is of no use any more. */
bool vm_reservation_clear(vm_reservation *reservation, const vm_cleaner *cleaner, uint64_t used, size_t *budget);
/* Bytes of the first `used` that are the process's own; what the system does not tell is zero. */
uint64_t vm_reservation_written(const vm_reservation *reservation, const vm_cleaner *cleaner, uint64_t used);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a store of a pool goes back to when its owner gives it back: the objects that it had when it was kept
 * (pirn_store_keep), and what each of them held. Objects made later are freed, the others get their contents back; none of
 * them moves, so whatever points to them stays right.
 */
#pragma once

#include "vm/exec/reservation.h"
#include "vm/exec/runtime.h"

/* The newest object of each list of a store: those in front of it are newer. All NULL: everything is. */
typedef struct vm_store_mark {
    pirn_instance *instances;
    pirn_memory *memories;
    pirn_table *tables;
    pirn_global *globals;
    pirn_tag *tags;
    vm_host_function *funcs;
} vm_store_mark;

vm_store_mark vm_store_mark_now(const pirn_store *store);
/* Frees what is newer, and structures, arrays and exceptions, whatever their age. */
void vm_store_free_newer(pirn_store *store, const vm_store_mark *mark);

typedef struct vm_kept_memory {
    pirn_memory *memory;
    uint64_t size, counted;
} vm_kept_memory;

typedef struct vm_kept_table {
    pirn_table *table;
    uint64_t size, capacity;
    void **elements; /* a copy */
} vm_kept_table;

typedef struct vm_kept_global {
    pirn_global *global;
    pirn_slot value[2];
} vm_kept_global;

/* The flags of an instance's segments. */
typedef struct vm_kept_flags {
    uint8_t *flags;
    const uint8_t *copy;
    size_t count;
} vm_kept_flags;

typedef struct vm_kept {
    void *object; /* the embedder's */
    void (*drop)(void *object);
    base_arena arena; /* of all that is below */
    vm_store_mark mark;
    uint64_t memory_bytes_used, table_elements_used, instances_used;
    BASE_VEC(vm_kept_memory) memories;
    BASE_VEC(vm_kept_table) tables;
    BASE_VEC(vm_kept_global) globals; /* mutable ones */
    BASE_VEC(vm_kept_flags) flags;
} vm_kept;

/*
 * Brings a store back to what it was kept as. False when it cannot be: a memory has moved; then everything is to be freed.
 * `*budget` of written bytes may stay.
 */
bool vm_kept_restore(pirn_store *store, size_t *budget);
/* Tells the embedder that its object is no more; before the store's objects are freed. */
void vm_kept_free(pirn_store *store);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the store share: objects in storage that their owner provides (a block of its own for what the
 * embedder makes, the slab of an instance for the rest). `init` accounts the object to its store, `done` gives back.
 */
#pragma once

#include "vm/exec/runtime.h"

PIRN_MUST_CHECK pirn_status vm_memory_init(pirn_memory *memory, pirn_store *store, const pirn_memtype *type,
                                           pirn_error *error);
void vm_memory_done(pirn_memory *memory);
/* Writes an active segment, which fits; a page that has these bytes already is not touched. */
void vm_memory_write(pirn_memory *memory, uint64_t at, const uint8_t *bytes, size_t size);
/* Reads the sizes of the instance's shared memories again; true when one has grown. */
bool vm_memories_refresh(pirn_instance *instance);

PIRN_MUST_CHECK pirn_status vm_table_init(pirn_table *table, pirn_store *store, const pirn_tabletype *type,
                                          void *initial, pirn_error *error);
void vm_table_done(pirn_table *table);

void vm_global_init(pirn_global *global, pirn_store *store, const pirn_globaltype *type, const pirn_slot *initial);

/* Frees an instance and its own objects. */
void vm_instance_free(pirn_instance *instance);

/* Frees a store with everything in it; vm/exec/store.c. One of a pool is given back instead. */
void vm_store_destroy(pirn_store *store);

/* The store of any object; NULL when there is no object. */
pirn_store *vm_extern_store(const pirn_extern *object);

/*
 * Checks the imports of a module in order (spec 4.7.2, step 3 to 5). UNLINKABLE: "unknown import ..." or "incompatible
 * import type ..."; USAGE: more imports than the module has, or one of another store.
 */
PIRN_MUST_CHECK pirn_status vm_link_check(pirn_store *store, const pirn_module *module, const pirn_extern *imports,
                                          size_t import_count, pirn_error *error);

/*
 * Reads a constant expression that has been validated (spec 3.4.13) up to behind its `end`, and writes its value, in an
 * instance whose functions and earlier globals are in place. NOMEM; EXHAUSTED when objects find no room on the heap.
 */
PIRN_MUST_CHECK pirn_status vm_const_expr_read(const pirn_instance *instance, vm_reader *reader, pirn_slot *out,
                                               pirn_error *error);
/* The same for an expression that is all of a range. */
PIRN_MUST_CHECK pirn_status vm_const_expr_eval(const pirn_instance *instance, vm_range expression, pirn_slot *out,
                                               pirn_error *error);

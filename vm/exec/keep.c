/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping a store and bringing it back: see vm/exec/keep.h. Memories are the kind's: the first store that is kept says
 * what each of them begins with, the following ones must have come to the same. The rest is copied for each store, for
 * there are addresses in it.
 */
#include "vm/exec/keep.h"
#include "vm/exec/call.h"
#include "vm/exec/pool.h"
#include "vm/exec/store.h"

/* ---- Recording ----------------------------------------------------------------------------------------------------- */

static bool keep_memory(pirn_store *store, pirn_memory *memory)
{
    vm_kept_memory record = {memory, memory->size, memory->counted};
    return memory->reservation != NULL && BASE_VEC_PUSH(&store->kept->memories, &store->engine->allocator, record);
}

static bool keep_table(pirn_store *store, pirn_table *table)
{
    vm_kept *kept = store->kept;
    vm_kept_table record = {table, table->size, table->capacity, NULL};
    record.elements = base_arena_alloc(&kept->arena, (size_t)table->size * sizeof *record.elements);
    if (record.elements == NULL || !BASE_VEC_PUSH(&kept->tables, &store->engine->allocator, record))
        return false;
    if (table->size > 0)
        memcpy(record.elements, table->elements, (size_t)table->size * sizeof *record.elements);
    return true;
}

static bool keep_global(pirn_store *store, pirn_global *global)
{
    vm_kept_global record = {global, {global->value[0], global->value[1]}};
    return !global->type.is_mutable || BASE_VEC_PUSH(&store->kept->globals, &store->engine->allocator, record);
}

static bool keep_flags(pirn_store *store, uint8_t *flags, size_t count)
{
    uint8_t *copy = count == 0 ? NULL : base_arena_alloc(&store->kept->arena, count);
    if (copy == NULL)
        return count == 0;
    vm_kept_flags record = {flags, memcpy(copy, flags, count), count};
    return BASE_VEC_PUSH(&store->kept->flags, &store->engine->allocator, record);
}

static bool keep_instance(pirn_store *store, pirn_instance *instance)
{
    const vm_module *syntax = &instance->module->syntax;
    bool done = keep_flags(store, instance->dropped_elems, syntax->elems.len) &&
                keep_flags(store, instance->dropped_datas, syntax->datas.len);
    for (uint32_t i = syntax->imported_memories; done && i < syntax->memories.len; i++)
        done = keep_memory(store, instance->memories[i]);
    for (uint32_t i = syntax->imported_tables; done && i < syntax->tables.len; i++)
        done = keep_table(store, instance->tables[i]);
    for (uint32_t i = syntax->imported_globals; done && i < syntax->globals.len; i++)
        done = keep_global(store, instance->global_objects[i]);
    return done;
}

static bool keep_objects(pirn_store *store)
{
    bool done = true;
    for (pirn_instance *instance = store->instances; done && instance != NULL; instance = instance->next)
        done = keep_instance(store, instance);
    for (pirn_memory *memory = store->memories; done && memory != NULL; memory = memory->next)
        done = keep_memory(store, memory);
    for (pirn_table *table = store->tables; done && table != NULL; table = table->next)
        done = keep_table(store, table);
    for (pirn_global *global = store->globals; done && global != NULL; global = global->next)
        done = keep_global(store, global);
    return done;
}

/* ---- Memories -------------------------------------------------------------------------------------------------------- */

/* What the kind's memories begin with, from those of the first store that is kept. */
static bool make_pristines(pirn_pool_kind *kind, const pirn_store *store)
{
    const pirn_allocator *allocator = &store->engine->allocator;
    while (kind->pristines.len < store->memories_made) {
        if (!BASE_VEC_PUSH(&kind->pristines, allocator, NULL))
            return false;
    }
    for (size_t i = 0; i < store->kept->memories.len; i++) {
        const pirn_memory *memory = store->kept->memories.data[i].memory;
        vm_pristine *made = vm_pristine_new(allocator, memory->data, memory->size, kind->pool->cleaner.has_files);
        kind->pristines.data[memory->number] = made;
        if (made == NULL)
            return false;
    }
    return true;
}

/* The first to come makes them; what it has not finished is finished by nobody. */
static bool kind_pristines(pirn_pool_kind *kind, const pirn_store *store)
{
    base_lock_take(&kind->pool->lock);
    if (!kind->has_pristines) {
        kind->has_pristines = make_pristines(kind, store);
        if (!kind->has_pristines)
            vm_pool_free_pristines(kind);
    }
    bool has = kind->has_pristines;
    base_lock_release(&kind->pool->lock);
    return has;
}

/* From now on the memory is a copy-on-write mapping; what has been touched of it is forgotten. */
static bool adopt(const pirn_store *store, pirn_memory *memory)
{
    const pirn_pool_kind *kind = store->kind;
    const vm_pristine *pristine = memory->number < kind->pristines.len ? kind->pristines.data[memory->number] : NULL;
    return pristine != NULL &&
           vm_reservation_equals(memory->reservation, &store->pool->cleaner, memory->size, pristine) &&
           vm_reservation_begin_with(memory->reservation, pristine);
}

static bool adopt_memories(pirn_store *store)
{
    for (size_t i = 0; i < store->kept->memories.len; i++) {
        if (!adopt(store, store->kept->memories.data[i].memory))
            return false;
    }
    return true;
}

/* ---- The end of it --------------------------------------------------------------------------------------------------- */

static void free_record(pirn_store *store)
{
    const pirn_allocator *allocator = &store->engine->allocator;
    vm_kept *kept = store->kept;
    BASE_VEC_DONE(&kept->memories, allocator);
    BASE_VEC_DONE(&kept->tables, allocator);
    BASE_VEC_DONE(&kept->globals, allocator);
    BASE_VEC_DONE(&kept->flags, allocator);
    base_arena_done(&kept->arena);
    base_free(allocator, kept, sizeof *kept);
    store->kept = NULL;
}

void vm_kept_free(pirn_store *store)
{
    if (store->kept == NULL)
        return;
    if (store->kept->drop != NULL)
        store->kept->drop(store->kept->object);
    free_record(store);
}

/* ---- Keeping --------------------------------------------------------------------------------------------------------- */

static bool is_calling(const pirn_store *store)
{
    for (const pirn_call *call = store->calls; call != NULL; call = call->next) {
        if (call->state != VM_CALL_IDLE)
            return true;
    }
    return store->context.call != NULL;
}

/* Structures, arrays, exceptions and what waits cannot be brought back. */
static bool is_at_rest(const pirn_store *store)
{
    return store->pool != NULL && store->kept == NULL && store->heap.chunks == NULL && store->heap.roots == NULL &&
           !is_calling(store);
}

bool pirn_store_keep(pirn_store *store, void *object, void (*drop)(void *object))
{
    if (!is_at_rest(store))
        return false;
    vm_kept *kept = base_alloc_zero(&store->engine->allocator, sizeof *kept);
    if (kept == NULL)
        return false;
    base_arena_init(&kept->arena, &store->engine->allocator);
    kept->mark = vm_store_mark_now(store);
    kept->memory_bytes_used = store->memory_bytes_used;
    kept->table_elements_used = store->table_elements_used;
    kept->instances_used = store->instances_used;
    store->kept = kept;
    if (!keep_objects(store) || !kind_pristines(store->kind, store) || !adopt_memories(store)) {
        free_record(store);
        return false;
    }
    kept->object = object;
    kept->drop = drop;
    return true;
}

void *pirn_store_kept(const pirn_store *store)
{
    return store->kept == NULL ? NULL : store->kept->object;
}

/* ---- Bringing back ----------------------------------------------------------------------------------------------------- */

static bool restore_memory(const pirn_store *store, const vm_kept_memory *record, size_t *budget)
{
    pirn_memory *memory = record->memory;
    if (memory->reservation == NULL)
        return false;
    vm_reservation_restore(memory->reservation, &store->pool->cleaner, memory->size, budget);
    memory->size = record->size;
    memory->counted = record->counted;
    return true;
}

/* Elements that it has grown by are not reached any more; room for them is given back where it can be. */
static void restore_table(const pirn_store *store, const vm_kept_table *record)
{
    pirn_table *table = record->table;
    if (table->capacity > record->capacity) {
        size_t size = sizeof *table->elements * (size_t)(record->capacity > 0 ? record->capacity : 1);
        void **elements = base_resize(&store->engine->allocator, table->elements,
                                      (size_t)table->capacity * sizeof *table->elements, size);
        if (elements != NULL) {
            table->elements = elements;
            table->capacity = size / sizeof *elements;
        }
    }
    table->size = record->size;
    if (record->size > 0)
        memcpy(table->elements, record->elements, (size_t)record->size * sizeof *table->elements);
}

bool vm_kept_restore(pirn_store *store, size_t *budget)
{
    const vm_kept *kept = store->kept;
    vm_store_free_newer(store, &kept->mark);
    for (size_t i = 0; i < kept->memories.len; i++) {
        if (!restore_memory(store, &kept->memories.data[i], budget))
            return false;
    }
    for (size_t i = 0; i < kept->tables.len; i++)
        restore_table(store, &kept->tables.data[i]);
    for (size_t i = 0; i < kept->globals.len; i++)
        memcpy(kept->globals.data[i].global->value, kept->globals.data[i].value, sizeof kept->globals.data[i].value);
    for (size_t i = 0; i < kept->flags.len; i++)
        memcpy(kept->flags.data[i].flags, kept->flags.data[i].copy, kept->flags.data[i].count);
    store->memory_bytes_used = kept->memory_bytes_used;
    store->table_elements_used = kept->table_elements_used;
    store->instances_used = kept->instances_used;
    return true;
}

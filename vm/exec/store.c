/* SPDX-License-Identifier: Apache-2.0 */
/* The store (spec 4.2.3): limits, fuel, interruption, and the ownership of all runtime objects. */
#include "vm/exec/profile.h"
#include "vm/exec/store.h"
#include "vm/exec/call.h"
#include "vm/exec/keep.h"
#include "vm/exec/pool.h"

pirn_store_limits pirn_store_limits_default(void)
{
    return (pirn_store_limits){
        .memory_bytes = UINT64_C(4) << 30,
        .table_elements = 10000000,
        .stack_bytes = UINT64_C(1) << 20,
        .instances = 10000,
        .heap_bytes = UINT64_C(1) << 30,
        .call_bytes = UINT64_C(1) << 29,
        .handles = 1000000,
    };
}

pirn_store *pirn_store_new(pirn_engine *engine, const pirn_store_limits *limits)
{
    pirn_store *store = base_alloc_zero(&engine->allocator, sizeof *store);
    if (store == NULL)
        return NULL;
    store->engine = engine;
    store->limits = limits != NULL ? *limits : pirn_store_limits_default();
    store->context.store = store;
    if (engine->config.profile && (store->context.profile = vm_profile_new(&engine->allocator)) == NULL) {
        base_free(&engine->allocator, store, sizeof *store);
        return NULL;
    }
    vm_heap_init(&store->heap);
    base_arena_init(&store->context.scratch, &engine->allocator);
    store->nowhere.context = &store->context;
    store->nowhere.store = store;
    return store;
}

/* ---- The end of objects ------------------------------------------------------------------------------------------ */

vm_store_mark vm_store_mark_now(const pirn_store *store)
{
    return (vm_store_mark){
        store->instances, store->memories, store->tables, store->globals, store->tags, store->funcs,
    };
}

static void free_host_functions(pirn_store *store, vm_host_function *last)
{
    while (store->funcs != last) {
        vm_host_function *f = store->funcs;
        store->funcs = f->next;
        if (f->drop_data != NULL)
            f->drop_data(f->data);
        base_free(&store->engine->allocator, f, sizeof *f);
    }
}

static void free_own_objects(pirn_store *store, const vm_store_mark *mark)
{
    const pirn_allocator *allocator = &store->engine->allocator;
    while (store->memories != mark->memories) {
        pirn_memory *memory = store->memories;
        store->memories = memory->next;
        vm_memory_done(memory);
        base_free(allocator, memory, sizeof *memory);
    }
    while (store->tables != mark->tables) {
        pirn_table *table = store->tables;
        store->tables = table->next;
        vm_table_done(table);
        base_free(allocator, table, sizeof *table);
    }
    while (store->globals != mark->globals) {
        pirn_global *global = store->globals;
        store->globals = global->next;
        base_free(allocator, global, sizeof *global);
    }
    while (store->tags != mark->tags) {
        pirn_tag *tag = store->tags;
        store->tags = tag->next;
        base_free(allocator, tag, sizeof *tag);
    }
}

void vm_store_free_newer(pirn_store *store, const vm_store_mark *mark)
{
    while (store->instances != mark->instances) {
        pirn_instance *instance = store->instances;
        store->instances = instance->next;
        vm_instance_free(instance);
    }
    free_own_objects(store, mark);
    vm_heap_done(store);
    store->heap = (vm_heap){0};
    vm_heap_init(&store->heap);
    free_host_functions(store, mark->funcs);
}

void vm_store_destroy(pirn_store *store)
{
    const pirn_allocator *allocator = &store->engine->allocator;
    pirn_call_free(store->invoke_call);
    vm_calls_free_idle(store);
    vm_store_free_newer(store, &(vm_store_mark){0});
    while (store->reservations != NULL) {
        vm_reservation *reservation = store->reservations;
        store->reservations = reservation->next;
        vm_reservation_free(allocator, reservation);
    }
    base_arena_done(&store->context.scratch);
    vm_profile_free(store->context.profile, allocator);
    base_free(allocator, store, sizeof *store);
}

void pirn_store_free(pirn_store *store)
{
    if (store == NULL)
        return;
    if (store->pool != NULL)
        vm_pool_give(store);
    else
        vm_store_destroy(store);
}

pirn_store_limits pirn_store_limits_of(const pirn_store *store)
{
    return store->limits;
}

pirn_engine *pirn_store_engine(const pirn_store *store)
{
    return store->engine;
}

void pirn_store_set_data(pirn_store *store, void *data)
{
    store->data = data;
}

void *pirn_store_data(const pirn_store *store)
{
    return store->data;
}

void pirn_store_set_fuel(pirn_store *store, uint64_t fuel)
{
    store->context.fuel = fuel;
}

uint64_t pirn_store_fuel(const pirn_store *store)
{
    return store->context.fuel;
}

/* First the flag, then the limit: whoever sets the limit looks at the flag afterwards (vm_context_set_limit). */
void pirn_store_interrupt(pirn_store *store)
{
    atomic_store(&store->context.interrupted, true);
    atomic_store(&store->context.stack_limit, 0);
}

void pirn_store_clear_interrupt(pirn_store *store)
{
    atomic_store(&store->context.interrupted, false);
    vm_context_set_limit(&store->context);
}

/* ---- Any object -------------------------------------------------------------------------------------------------- */

pirn_store *vm_extern_store(const pirn_extern *object)
{
    switch (object->kind) {
    case PIRN_EXTERN_FUNC:
        return object->func == NULL ? NULL : object->func->store;
    case PIRN_EXTERN_TABLE:
        return object->table == NULL ? NULL : object->table->store;
    case PIRN_EXTERN_MEMORY:
        return object->memory == NULL ? NULL : object->memory->store;
    case PIRN_EXTERN_GLOBAL:
        return object->global == NULL ? NULL : object->global->store;
    case PIRN_EXTERN_TAG:
        return object->tag == NULL ? NULL : object->tag->store;
    default:
        return NULL;
    }
}

pirn_externtype pirn_extern_type(const pirn_extern *object)
{
    pirn_externtype type = {.kind = object->kind};
    switch (object->kind) {
    case PIRN_EXTERN_TABLE:
        type.table = object->table->type;
        type.table.limits.min = object->table->size;
        break;
    case PIRN_EXTERN_MEMORY:
        type.memory = object->memory->type;
        type.memory.limits.min = pirn_memory_size(object->memory) >> object->memory->type.page_size_log2;
        break;
    case PIRN_EXTERN_GLOBAL:
        type.global = object->global->type;
        break;
    case PIRN_EXTERN_TAG:
        type.func = object->tag->type;
        break;
    default:
        type.func = object->func->type;
        type.is_exact = true;
    }
    return type;
}

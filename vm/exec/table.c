/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables (spec 4.2.8): growable arrays of references. A reference is a pointer, null is NULL. Code reaches elements with
 * 32-bit indices, and takes 2^32-1 for any that is larger; so a table with 64-bit addresses has fewer elements than that.
 */
#include "vm/exec/store.h"
#include <inttypes.h>

static void fill(pirn_table *table, uint64_t from, uint64_t to, void *reference)
{
    for (uint64_t i = from; i < to; i++)
        table->elements[i] = reference;
}

/* Whether the store lets the table have `size` elements; if so they are its own. */
static bool account(pirn_table *table, uint64_t size)
{
    pirn_store *store = table->store;
    uint64_t more = size - table->size;
    if (more > store->limits.table_elements - store->table_elements_used)
        return false;
    store->table_elements_used += more;
    return true;
}

/*
 * Room for `size` elements, at least one, so that an empty table has an address, too: exactly, at first; later half as
 * much again, so that growing one by one stays cheap.
 */
static bool reserve(pirn_table *table, uint64_t size)
{
    if (size <= table->capacity && table->elements != NULL)
        return true;
    uint64_t capacity = table->capacity + table->capacity / 2;
    if (capacity < size)
        capacity = size;
    if (capacity > table->max)
        capacity = table->max;
    if (capacity == 0)
        capacity = 1;
    size_t bytes;
    if (capacity > SIZE_MAX || !base_mul_size((size_t)capacity, sizeof *table->elements, &bytes))
        return false;
    const pirn_allocator *allocator = &table->store->engine->allocator;
    void **elements = base_resize(allocator, table->elements, (size_t)table->capacity * sizeof *elements, bytes);
    if (elements == NULL)
        return false;
    table->elements = elements;
    table->capacity = capacity;
    return true;
}

pirn_status vm_table_init(pirn_table *table, pirn_store *store, const pirn_tabletype *type, void *initial,
                          pirn_error *error)
{
    *table = (pirn_table){.type = *type, .store = store};
    uint64_t addressable = type->is64 ? UINT32_MAX - 1 : UINT32_MAX;
    table->max = type->limits.max < addressable ? type->limits.max : addressable;
    uint64_t size = type->limits.min;
    if (size > table->max || !account(table, size))
        return base_fail(error, PIRN_LIMIT, PIRN_NO_OFFSET,
                         "a table of %" PRIu64 " elements is above the limit of %" PRIu64 " for all tables", size,
                         store->limits.table_elements);
    if (!reserve(table, size)) {
        store->table_elements_used -= size;
        return base_nomem(error);
    }
    table->size = size;
    fill(table, 0, size, initial);
    return PIRN_OK;
}

void vm_table_done(pirn_table *table)
{
    base_free(&table->store->engine->allocator, table->elements, (size_t)table->capacity * sizeof *table->elements);
    table->store->table_elements_used -= table->size;
    table->elements = NULL;
    table->size = table->capacity = 0;
}

pirn_status pirn_table_new(pirn_store *store, const pirn_tabletype *type, pirn_slot initial, pirn_table **out,
                           pirn_error *error)
{
    const pirn_allocator *allocator = &store->engine->allocator;
    pirn_table *table = base_alloc(allocator, sizeof *table);
    if (table == NULL)
        return base_nomem(error);
    pirn_status status = vm_table_init(table, store, type, initial.ref, error);
    if (status != PIRN_OK) {
        base_free(allocator, table, sizeof *table);
        return status;
    }
    table->next = store->tables;
    store->tables = table;
    *out = table;
    return PIRN_OK;
}

uint64_t pirn_table_size(const pirn_table *table)
{
    return table->size;
}

bool pirn_table_get(const pirn_table *table, uint64_t index, pirn_slot *out)
{
    if (index >= table->size)
        return false;
    *out = (pirn_slot){.ref = table->elements[index]};
    return true;
}

bool pirn_table_set(pirn_table *table, uint64_t index, pirn_slot value)
{
    if (index >= table->size)
        return false;
    table->elements[index] = value.ref;
    return true;
}

bool pirn_table_grow(pirn_table *table, uint64_t elements, pirn_slot initial, uint64_t *old_size)
{
    uint64_t old = table->size;
    if (elements > table->max - old || !account(table, old + elements))
        return false;
    if (!reserve(table, old + elements)) {
        table->store->table_elements_used -= elements;
        return false;
    }
    table->size = old + elements;
    fill(table, old, table->size, initial.ref);
    if (old_size != NULL)
        *old_size = old;
    return true;
}

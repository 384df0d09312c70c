/* SPDX-License-Identifier: Apache-2.0 */
/* Linear probing, at most half full. */
#include "component/idmap.h"

void cm_idmap_init(cm_idmap *map, const pirn_allocator *allocator)
{
    *map = (cm_idmap){.allocator = allocator};
}

void cm_idmap_done(cm_idmap *map)
{
    base_free(map->allocator, map->entries, map->capacity * sizeof *map->entries);
    *map = (cm_idmap){.allocator = map->allocator};
}

/* The entry of `key`, or the free one where it belongs. The map has a free entry. */
static cm_idmap_entry *find(const cm_idmap *map, uint64_t key)
{
    uint64_t hash = key * 0x9E3779B97F4A7C15u;
    size_t i = (size_t)(hash >> 32) & (map->capacity - 1);
    while (map->entries[i].key != 0 && map->entries[i].key != key + 1)
        i = (i + 1) & (map->capacity - 1);
    return &map->entries[i];
}

static bool grow(cm_idmap *map)
{
    cm_idmap bigger = *map;
    size_t size;
    bigger.capacity = map->capacity == 0 ? 16 : map->capacity * 2;
    if (!base_mul_size(bigger.capacity, sizeof *map->entries, &size))
        return false;
    bigger.entries = base_alloc_zero(map->allocator, size);
    if (bigger.entries == NULL)
        return false;
    for (size_t i = 0; i < map->capacity; i++)
        if (map->entries[i].key != 0)
            *find(&bigger, map->entries[i].key - 1) = map->entries[i];
    base_free(map->allocator, map->entries, map->capacity * sizeof *map->entries);
    *map = bigger;
    return true;
}

bool cm_idmap_set(cm_idmap *map, uint64_t key, uint64_t value)
{
    if (map->count * 2 >= map->capacity && !grow(map))
        return false;
    cm_idmap_entry *entry = find(map, key);
    map->count += entry->key == 0;
    *entry = (cm_idmap_entry){key + 1, value};
    return true;
}

bool cm_idmap_get(const cm_idmap *map, uint64_t key, uint64_t *value)
{
    if (map->capacity == 0)
        return false;
    const cm_idmap_entry *entry = find(map, key);
    if (entry->key != 0 && value != NULL)
        *value = entry->value;
    return entry->key != 0;
}

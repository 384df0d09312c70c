/* SPDX-License-Identifier: Apache-2.0 */
/* Linear probing at most three quarters full; FNV-1a with a seed and a final mix. */
#include "vm/base/map.h"
#include <string.h>

static uint64_t hash_bytes(uint64_t seed, pirn_str key)
{
    uint64_t h = seed ^ 0xCBF29CE484222325u;
    for (size_t i = 0; i < key.len; i++)
        h = (h ^ (uint8_t)key.data[i]) * 0x100000001B3u;
    h ^= h >> 32;
    h *= 0x9E3779B97F4A7C15u;
    return h ^ h >> 29;
}

void base_map_init(base_map *map, const pirn_allocator *allocator)
{
    /* The address is enough of a secret here: it differs from map to map and, with ASLR, from run to run. */
    *map = (base_map){.allocator = allocator, .seed = (uint64_t)(uintptr_t)map * 0x9E3779B97F4A7C15u};
}

void base_map_done(base_map *map)
{
    base_free(map->allocator, map->entries, map->capacity * sizeof *map->entries);
    map->entries = NULL;
    map->capacity = map->count = 0;
}

/* The entry of `key`, or the free one where it belongs. The map has a free entry. */
static base_map_entry *find(const base_map *map, pirn_str key, uint64_t hash)
{
    size_t i = (size_t)hash & (map->capacity - 1);
    for (;; i = (i + 1) & (map->capacity - 1)) {
        base_map_entry *entry = &map->entries[i];
        if (entry->key.data == NULL || (entry->hash == hash && pirn_str_eq(entry->key, key)))
            return entry;
    }
}

static pirn_status grow(base_map *map)
{
    base_map bigger = *map;
    size_t size;
    bigger.capacity = map->capacity == 0 ? 16 : map->capacity * 2;
    if (!base_mul_size(bigger.capacity, sizeof *map->entries, &size))
        return PIRN_NOMEM;
    bigger.entries = base_alloc_zero(map->allocator, size);
    if (bigger.entries == NULL)
        return PIRN_NOMEM;
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->entries[i].key.data != NULL)
            *find(&bigger, map->entries[i].key, map->entries[i].hash) = map->entries[i];
    }
    base_map_done(map);
    *map = bigger;
    return PIRN_OK;
}

pirn_status base_map_add(base_map *map, pirn_str key, uint64_t value, bool *added)
{
    if (key.data == NULL)
        key.data = "";
    if ((map->count + 1) * 4 > map->capacity * 3)
        PIRN_TRY(grow(map));
    uint64_t hash = hash_bytes(map->seed, key);
    base_map_entry *entry = find(map, key, hash);
    *added = entry->key.data == NULL;
    if (*added) {
        *entry = (base_map_entry){key, hash, value};
        map->count++;
    }
    return PIRN_OK;
}

bool base_map_get(const base_map *map, pirn_str key, uint64_t *value)
{
    if (map->capacity == 0)
        return false;
    base_map_entry *entry = find(map, key, hash_bytes(map->seed, key));
    if (entry->key.data == NULL)
        return false;
    if (value != NULL)
        *value = entry->value;
    return true;
}

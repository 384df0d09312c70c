/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map from byte strings to 64-bit values: open addressing, keys borrowed (they must outlive the map), hashed with a
 * per-map seed so that hostile names cannot be chosen to collide.
 */
#pragma once

#include "vm/base/memory.h"

typedef struct base_map_entry {
    pirn_str key; /* data == NULL: free */
    uint64_t hash;
    uint64_t value;
} base_map_entry;

typedef struct base_map {
    const pirn_allocator *allocator;
    base_map_entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
    uint64_t seed;
} base_map;

void base_map_init(base_map *map, const pirn_allocator *allocator);
void base_map_done(base_map *map);
/* Adds the key; *added is false and the old value stands when it is there already. PIRN_NOMEM on failure. */
PIRN_MUST_CHECK pirn_status base_map_add(base_map *map, pirn_str key, uint64_t value, bool *added);
/* False when the key is not there. `value` may be NULL. */
bool base_map_get(const base_map *map, pirn_str key, uint64_t *value);

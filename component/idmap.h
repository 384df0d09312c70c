/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map from numbers to numbers, for validation: type identities, resource ids, addresses of type
 * nodes. Open addressing; the keys are ours (hostile input cannot choose them), so a multiplication
 * is hash enough.
 */
#pragma once

#include "vm/base/memory.h"

typedef struct cm_idmap_entry {
    uint64_t key; /* plus one; 0: free */
    uint64_t value;
} cm_idmap_entry;

typedef struct cm_idmap {
    const pirn_allocator *allocator;
    cm_idmap_entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
} cm_idmap;

void cm_idmap_init(cm_idmap *map, const pirn_allocator *allocator);
void cm_idmap_done(cm_idmap *map);
/* Sets the value of `key` (below UINT64_MAX), new or not. False when out of memory. */
PIRN_MUST_CHECK bool cm_idmap_set(cm_idmap *map, uint64_t key, uint64_t value);
/* False when the key is not there. `value` may be NULL. */
bool cm_idmap_get(const cm_idmap *map, uint64_t key, uint64_t *value);

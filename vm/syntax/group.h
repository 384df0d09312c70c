/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Equality of types (spec 3.1.3, 3.3.10). Types are equal when their recursion groups are equal, and they stand at the same
 * place in them. A group is written as a sequence of words, its *key*, in which
 *   - a type of the group itself is named by its place in the group,
 *   - any other by the number that all types equal to it have: so groups are equal when their keys are.
 * Whoever keeps the keys (the validator those of a module, the engine those of all modules) gives out the numbers.
 */
#pragma once

#include "vm/base/memory.h"
#include "vm/syntax/types.h"

typedef BASE_VEC(uint32_t) vm_group_key;

/* The number, below VM_TYPE_INDEX_LIMIT, of a type outside of the group. */
typedef uint32_t vm_number_of(const void *data, uint32_t index);

/*
 * Writes the key of `count` types of which `start` is the first one's index. False when out of memory.
 * All indices must exist.
 */
bool vm_group_key_make(vm_group_key *key, const pirn_allocator *allocator, const vm_subtype *group, uint32_t start,
                       uint32_t count, vm_number_of *number_of, const void *data);
/* The key as the bytes that a map takes. */
static inline pirn_str vm_group_key_str(const vm_group_key *key)
{
    return (pirn_str){(const char *)key->data, key->len * sizeof *key->data};
}

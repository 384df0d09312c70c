/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/exec/profile.h"
#include "vm/exec/store.h"

enum { FIRST_CAPACITY = 4096 };

vm_profile *vm_profile_new(const pirn_allocator *allocator)
{
    return base_alloc_zero(allocator, sizeof(vm_profile));
}

void vm_profile_free(vm_profile *profile, const pirn_allocator *allocator)
{
    if (profile == NULL)
        return;
    base_free(allocator, profile->counts, profile->capacity * sizeof *profile->counts);
    base_free(allocator, profile, sizeof *profile);
}

/* ---- The table of counts --------------------------------------------------------------------------------------------- */

static vm_profile_count *find(vm_profile_count *counts, size_t capacity, uint64_t key)
{
    uint64_t hash = key * 0x9E3779B97F4A7C15;
    size_t at = (size_t)(hash ^ hash >> 32) & (capacity - 1);
    while (counts[at].key != 0 && counts[at].key != key)
        at = (at + 1) & (capacity - 1);
    return &counts[at];
}

/* At least half of the table is empty. */
static bool make_room(vm_profile *profile, const pirn_allocator *allocator)
{
    if (profile->used < profile->capacity / 2)
        return true;
    size_t capacity = profile->capacity != 0 ? 2 * profile->capacity : FIRST_CAPACITY;
    vm_profile_count *counts = base_alloc_zero(allocator, capacity * sizeof *counts);
    if (counts == NULL)
        return false;
    for (size_t i = 0; i < profile->capacity; i++) {
        if (profile->counts[i].key != 0)
            *find(counts, capacity, profile->counts[i].key) = profile->counts[i];
    }
    base_free(allocator, profile->counts, profile->capacity * sizeof *counts);
    profile->counts = counts;
    profile->capacity = capacity;
    return true;
}

static void count(vm_profile *profile, const pirn_allocator *allocator, uint64_t key)
{
    if (!make_room(profile, allocator))
        return;
    vm_profile_count *entry = find(profile->counts, profile->capacity, key);
    profile->used += entry->key == 0;
    entry->key = key;
    entry->count++;
}

/* Does the second cell lie behind the first one? */
static bool is_next(const vm_profile_note *first, const vm_profile_note *second)
{
    return second->pc == first->pc + vm_ir_words((vm_ir)first->ir);
}

void vm_profile_count_trace(vm_profile *profile, const pirn_allocator *allocator)
{
    const vm_profile_note *trace = profile->trace;
    for (uint32_t i = 0; i < profile->length; i++) {
        uint64_t cells = trace[i].ir;
        count(profile, allocator, UINT64_C(1) << 48 | cells);
        for (uint32_t more = 1;
             more < VM_PROFILE_LONGEST && more <= i && is_next(&trace[i - more], &trace[i - more + 1]); more++) {
            cells |= (uint64_t)trace[i - more].ir << 16 * more;
            count(profile, allocator, (uint64_t)(more + 1) << 48 | cells);
        }
    }
    profile->length = 0;
}

/* ---- What embedders see ---------------------------------------------------------------------------------------------- */

static pirn_profile_entry entry_of(const vm_profile_count *found, uint32_t length)
{
    pirn_profile_entry entry = {.length = length, .count = found->count};
    for (uint32_t i = 0; i < length; i++)
        entry.names[i] = vm_ir_name((vm_ir)(found->key >> 16 * (length - 1 - i) & UINT16_MAX));
    return entry;
}

size_t pirn_store_profile(pirn_store *store, uint32_t length, pirn_profile_entry *entries, size_t max)
{
    vm_profile *profile = store->context.profile;
    size_t found = 0;
    if (profile == NULL || max == 0)
        return 0;
    vm_profile_count_trace(profile, &store->engine->allocator);
    for (size_t i = 0; i < profile->capacity; i++) {
        const vm_profile_count *count = &profile->counts[i];
        if (count->key >> 48 != length || (found == max && count->count <= entries[max - 1].count))
            continue;
        size_t at = found < max ? found++ : max - 1;
        for (; at > 0 && entries[at - 1].count < count->count; at--)
            entries[at] = entries[at - 1];
        entries[at] = entry_of(count, length);
    }
    return found;
}

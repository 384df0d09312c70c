/* SPDX-License-Identifier: Apache-2.0 */
/* A test without address space: takes so much that no memory gets the 4 GiB it would like. */
#pragma once

#include "vm/exec/mapping.h"

typedef struct address_space {
    size_t count;
    struct {
        void *base;
        size_t size;
    } taken[64 * 48];
} address_space;

static inline void take_address_space(address_space *all)
{
    all->count = 0;
    for (size_t size = (size_t)1 << 46; size >= (size_t)1 << 32; size /= 2) {
        void *base;
        while (all->count < BASE_COUNT(all->taken) && (base = vm_mapping_reserve(size)) != NULL) {
            all->taken[all->count].base = base;
            all->taken[all->count++].size = size;
        }
    }
}

static inline void give_address_space(address_space *all)
{
    while (all->count-- > 0)
        vm_mapping_release(all->taken[all->count].base, all->taken[all->count].size);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A binary heap of deadlines, the earliest first. A node lies in its owner and knows its place, so that it can be
 * taken out of the middle in logarithmic time.
 */
#pragma once

#include "vm/base/memory.h"

typedef struct host_heap_node {
    uint64_t deadline_ns; /* of the monotonic clock */
    size_t place;         /* in the heap, from 1; 0: not in it */
} host_heap_node;

typedef struct host_heap {
    const pirn_allocator *allocator;
    BASE_VEC(host_heap_node *) nodes;
} host_heap;

void host_heap_init(host_heap *heap, const pirn_allocator *allocator);
void host_heap_done(host_heap *heap);
/* NULL when it is empty. */
host_heap_node *host_heap_first(const host_heap *heap);
/* The node must not be in the heap. False: out of memory. */
bool host_heap_add(host_heap *heap, host_heap_node *node, uint64_t deadline_ns);
/* Does nothing when the node is not in the heap. */
void host_heap_remove(host_heap *heap, host_heap_node *node);

/* SPDX-License-Identifier: Apache-2.0 */
/* Places count from 1: the children of place p are 2p and 2p + 1, its parent p / 2. */
#include "host/heap.h"

void host_heap_init(host_heap *heap, const pirn_allocator *allocator)
{
    *heap = (host_heap){.allocator = allocator};
}

void host_heap_done(host_heap *heap)
{
    BASE_VEC_DONE(&heap->nodes, heap->allocator);
}

host_heap_node *host_heap_first(const host_heap *heap)
{
    return heap->nodes.len > 0 ? heap->nodes.data[0] : NULL;
}

static void put(host_heap *heap, size_t place, host_heap_node *node)
{
    heap->nodes.data[place - 1] = node;
    node->place = place;
}

/* The node belongs at `place` or above: parents that are later move down. */
static void sift_up(host_heap *heap, size_t place, host_heap_node *node)
{
    while (place > 1 && heap->nodes.data[place / 2 - 1]->deadline_ns > node->deadline_ns) {
        put(heap, place, heap->nodes.data[place / 2 - 1]);
        place /= 2;
    }
    put(heap, place, node);
}

/* The node belongs at `place` or below: children that are earlier move up. */
static void sift_down(host_heap *heap, size_t place, host_heap_node *node)
{
    size_t count = heap->nodes.len;
    for (;;) {
        size_t child = 2 * place;
        if (child < count && heap->nodes.data[child]->deadline_ns < heap->nodes.data[child - 1]->deadline_ns)
            child++;
        if (child > count || heap->nodes.data[child - 1]->deadline_ns >= node->deadline_ns)
            break;
        put(heap, place, heap->nodes.data[child - 1]);
        place = child;
    }
    put(heap, place, node);
}

bool host_heap_add(host_heap *heap, host_heap_node *node, uint64_t deadline_ns)
{
    if (!BASE_VEC_PUSH(&heap->nodes, heap->allocator, node))
        return false;
    node->deadline_ns = deadline_ns;
    sift_up(heap, heap->nodes.len, node);
    return true;
}

void host_heap_remove(host_heap *heap, host_heap_node *node)
{
    size_t place = node->place;
    if (place == 0)
        return;
    node->place = 0;
    host_heap_node *last = heap->nodes.data[--heap->nodes.len];
    if (last == node)
        return;
    if (last->deadline_ns < node->deadline_ns)
        sift_up(heap, place, last);
    else
        sift_down(heap, place, last);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Chunks, holes and objects: see vm/exec/heap.h. */
#include "vm/exec/exception.h"

enum {
    CHUNK_BYTES = 256 * 1024,
    LARGE_BYTES = CHUNK_BYTES / 8,
    LEAST_ALLOWANCE = 4 * 1024 * 1024,
    LEAST_GREY = 256,
    WORD_BITS = 64,
};

static size_t round_up(size_t size, size_t granule)
{
    return (size + granule - 1) / granule * granule;
}

/* ---- Chunks ---------------------------------------------------------------------------------------------------------- */

static size_t start_words(size_t size)
{
    return (size / VM_HEAP_GRANULE + WORD_BITS - 1) / WORD_BITS;
}

/* The place of a chunk in by_address: how many begin at or below `address`. */
static size_t count_below(const vm_heap *heap, const void *address)
{
    size_t low = 0, high = heap->by_address.len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)heap->by_address.data[middle]->data <= (uintptr_t)address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A chunk whose data take `size` bytes. NULL: the limit, or no memory. */
static vm_chunk *add_chunk(pirn_store *store, size_t size, bool is_large)
{
    vm_heap *heap = &store->heap;
    const pirn_allocator *allocator = &store->engine->allocator;
    size_t words = is_large ? 1 : start_words(size);
    size_t head = round_up(sizeof(vm_chunk) + words * sizeof(uint64_t), VM_HEAP_GRANULE), block;
    if (!base_add_size(head, size, &block) || block > store->limits.heap_bytes ||
        heap->bytes > store->limits.heap_bytes - block || !BASE_VEC_RESERVE(&heap->by_address, allocator, 1) ||
        !BASE_VEC_RESERVE(&heap->grey, allocator, LEAST_GREY))
        return NULL;
    vm_chunk *chunk = base_alloc(allocator, block);
    if (chunk == NULL)
        return NULL;
    *chunk = (vm_chunk){.data = (uint8_t *)chunk + head, .size = size, .block_size = block, .is_large = is_large};
    memset(chunk->starts, 0, words * sizeof(uint64_t));
    if (heap->last != NULL)
        heap->last->next = chunk;
    else
        heap->chunks = chunk;
    heap->last = chunk;
    size_t at = count_below(heap, chunk->data);
    memmove(heap->by_address.data + at + 1, heap->by_address.data + at,
            (heap->by_address.len - at) * sizeof(vm_chunk *));
    heap->by_address.data[at] = chunk;
    heap->by_address.len++;
    heap->bytes += block;
    return chunk;
}

static bool is_start(const vm_chunk *chunk, size_t offset)
{
    size_t bit = offset / VM_HEAP_GRANULE;
    if (chunk->is_large)
        return offset == 0 && chunk->starts[0] != 0;
    return chunk->starts[bit / WORD_BITS] >> bit % WORD_BITS & 1;
}

static void set_start(vm_chunk *chunk, size_t offset)
{
    size_t bit = offset / VM_HEAP_GRANULE;
    chunk->starts[bit / WORD_BITS] |= (uint64_t)1 << bit % WORD_BITS;
}

vm_object *vm_heap_find(const vm_heap *heap, const void *address)
{
    size_t below = count_below(heap, address);
    if (below == 0)
        return NULL;
    const vm_chunk *chunk = heap->by_address.data[below - 1];
    uintptr_t offset = (uintptr_t)address - (uintptr_t)chunk->data;
    if (offset >= chunk->size || offset % VM_HEAP_GRANULE != 0 || !is_start(chunk, (size_t)offset))
        return NULL;
    return (vm_object *)(void *)(chunk->data + offset);
}

/* ---- Holes ----------------------------------------------------------------------------------------------------------- */

/* The offset of the first object at or behind `from`, or the end. */
static size_t next_start(const vm_chunk *chunk, size_t from)
{
    size_t bits = chunk->size / VM_HEAP_GRANULE;
    for (size_t bit = from / VM_HEAP_GRANULE; bit < bits;) {
        uint64_t word = chunk->starts[bit / WORD_BITS] >> bit % WORD_BITS;
        if (word == 0) {
            bit = (bit / WORD_BITS + 1) * WORD_BITS;
            continue;
        }
        while ((word & 1) == 0) {
            word >>= 1;
            bit++;
        }
        return bit * VM_HEAP_GRANULE;
    }
    return chunk->size;
}

static size_t size_of(const vm_object *object)
{
    const vm_layout *layout = vm_object_layout(object);
    return vm_heap_object_size(layout, vm_object_length(layout, object));
}

/* Moves to the next hole, in this chunk or a later one. Its end is where an object starts, or the end of the chunk. */
static bool next_hole(vm_heap *heap)
{
    vm_chunk *chunk = heap->current != NULL ? heap->current : heap->chunks;
    size_t at = heap->current == NULL ? 0 : (size_t)(heap->end - chunk->data);
    while (chunk != NULL) {
        while (!chunk->is_large && at < chunk->size && is_start(chunk, at))
            at += size_of((const vm_object *)(const void *)(chunk->data + at));
        if (!chunk->is_large && at < chunk->size) {
            heap->current = chunk;
            heap->next = chunk->data + at;
            heap->end = chunk->data + next_start(chunk, at);
            return true;
        }
        if (chunk->next == NULL)
            break;
        chunk = chunk->next;
        at = 0;
    }
    /* Nothing is left: stay at the end of the last chunk, so that one added later is found. */
    heap->current = chunk;
    heap->next = heap->end = chunk == NULL ? NULL : chunk->data + chunk->size;
    return false;
}

/* ---- Objects ----------------------------------------------------------------------------------------------------------- */

void vm_heap_init(vm_heap *heap)
{
    heap->allowance = LEAST_ALLOWANCE;
    heap->box_of_host = (vm_layout){.rtt = {.kind = VM_TYPE_HOST_BOX}, .size = sizeof(vm_box)};
    heap->box_of_i31 = (vm_layout){.rtt = {.kind = VM_TYPE_I31_BOX}, .size = sizeof(vm_box)};
    vm_exception_layout_init(&heap->exception);
}

void vm_heap_done(pirn_store *store)
{
    vm_heap *heap = &store->heap;
    const pirn_allocator *allocator = &store->engine->allocator;
    for (vm_chunk *chunk = heap->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        base_free(allocator, chunk, chunk->block_size);
    }
    for (pirn_root *root = heap->roots, *next; root != NULL; root = next) {
        next = root->next;
        base_free(allocator, root, sizeof *root);
    }
    BASE_VEC_DONE(&heap->by_address, allocator);
    BASE_VEC_DONE(&heap->grey, allocator);
}

size_t vm_heap_object_size(const vm_layout *layout, uint32_t length)
{
    uint64_t size = layout->size;
    if (length > 0)
        size += (uint64_t)length * layout->fields[0].size;
    size = (size + VM_HEAP_GRANULE - 1) / VM_HEAP_GRANULE * VM_HEAP_GRANULE;
    return size <= SIZE_MAX / 2 ? (size_t)size : 0;
}

static uint8_t *take(vm_heap *heap, size_t size)
{
    uint8_t *place = heap->next;
    heap->next += size;
    set_start(heap->current, (size_t)(place - heap->current->data));
    return place;
}

static bool is_due(const vm_heap *heap, size_t size)
{
    return heap->allocated > heap->allowance || size > heap->allowance - heap->allocated;
}

/* Room in holes, then by a collection if one is due, then in a new chunk, at last by a collection anyway. */
static uint8_t *find_room(pirn_store *store, size_t size)
{
    vm_heap *heap = &store->heap;
    bool is_large = size > LARGE_BYTES, has_collected = false;
    for (;;) {
        while (!is_large && (size_t)(heap->end - heap->next) < size && next_hole(heap)) {
        }
        if (!is_large && (size_t)(heap->end - heap->next) >= size)
            return take(heap, size);
        if (!has_collected && is_due(heap, size)) {
            vm_heap_collect(store);
            has_collected = true;
            continue;
        }
        vm_chunk *chunk = add_chunk(store, is_large ? size : (size_t)CHUNK_BYTES, is_large);
        if (chunk != NULL && is_large) {
            chunk->starts[0] = 1;
            return chunk->data;
        }
        if (chunk != NULL)
            continue;
        if (has_collected)
            return NULL;
        vm_heap_collect(store);
        has_collected = true;
    }
}

vm_object *vm_heap_new(pirn_store *store, const vm_layout *layout, uint32_t length)
{
    vm_heap *heap = &store->heap;
    size_t size = vm_heap_object_size(layout, length);
    if (size == 0)
        return NULL;
    if (BASE_UNLIKELY(store->engine->config.collect_always))
        vm_heap_collect(store);
    bool fits = size <= LARGE_BYTES && (size_t)(heap->end - heap->next) >= size;
    vm_object *object = (vm_object *)(void *)(fits ? take(heap, size) : find_room(store, size));
    if (object == NULL)
        return NULL;
    heap->allocated += size;
    memset(object, 0, size);
    object->header = (uintptr_t)layout;
    if (length > 0)
        ((vm_array *)object)->length = length;
    return object;
}

/* ---- Between the hierarchies ------------------------------------------------------------------------------------------- */

static bool new_box(pirn_store *store, const vm_layout *layout, void *value, void **out)
{
    vm_box *box = (vm_box *)vm_heap_new(store, layout, 0);
    if (box != NULL)
        box->value = value;
    *out = box;
    return box != NULL;
}

bool vm_heap_internalize(pirn_store *store, void *external, void **out)
{
    *out = external;
    if (external == NULL)
        return true;
    const vm_object *object = vm_heap_find(&store->heap, external);
    if (object == NULL)
        return new_box(store, &store->heap.box_of_host, external, out);
    if (vm_object_layout(object) == &store->heap.box_of_i31)
        *out = ((const vm_box *)object)->value;
    return true;
}

bool vm_heap_externalize(pirn_store *store, void *internal, void **out)
{
    *out = internal;
    if (internal == NULL)
        return true;
    if (vm_is_i31(internal))
        return new_box(store, &store->heap.box_of_i31, internal, out);
    if (vm_object_layout(internal) == &store->heap.box_of_host)
        *out = ((const vm_box *)internal)->value;
    return true;
}

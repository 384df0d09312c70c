/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear memories (spec 4.2.8). A memory reserves the address space that it may ever use and commits as it grows, so
 * that its base stays. Where that much address space is not to be had, its bytes come from the allocator, and growth
 * may move them: pirn_memory.reserved is 0 then. Bytes beyond `size` are never visible; those it grows into are zero.
 */
#include "vm/exec/mapping.h"
#include "vm/exec/store.h"
#include <inttypes.h>

/* What 32-bit addresses reach; memories that may become larger move when they do. */
#define LARGEST_RESERVATION (UINT64_C(4) << 30)

/* Pages that an address can reach (spec 3.2.7): 2^32 bytes, or 2^64. */
static uint64_t addressable_pages(const pirn_memtype *type)
{
    unsigned bits = (type->is64 ? 64u : 32u) - type->page_size_log2;
    return bits >= 64 ? UINT64_MAX : UINT64_C(1) << bits;
}

static bool pages_to_bytes(const pirn_memory *memory, uint64_t pages, uint64_t *bytes)
{
    if (pages > UINT64_MAX >> memory->type.page_size_log2)
        return false;
    *bytes = pages << memory->type.page_size_log2;
    return *bytes <= SIZE_MAX / 2;
}

/* The most bytes it can come to, by its type, its store, and its address space. */
static size_t reservation_size(const pirn_memory *memory)
{
    uint64_t bytes;
    if (!pages_to_bytes(memory, memory->max_pages, &bytes) || bytes > LARGEST_RESERVATION)
        bytes = LARGEST_RESERVATION;
    uint64_t limit = memory->store->limits.memory_bytes;
    if (bytes > limit)
        bytes = limit;
    return bytes > SIZE_MAX / 2 ? 0 : (size_t)bytes;
}

/* A block of the allocator has at least a byte, so that an empty memory has an address, too. */
static size_t block_size(uint64_t size)
{
    return size == 0 ? 1 : (size_t)size;
}

static bool resize_block(pirn_memory *memory, uint64_t size)
{
    const pirn_allocator *allocator = &memory->store->engine->allocator;
    size_t old_block = memory->data == NULL ? 0 : block_size(memory->size);
    uint8_t *data = base_resize(allocator, memory->data, old_block, block_size(size));
    if (data == NULL)
        return false;
    memset(data + memory->size, 0, block_size(size) - (size_t)memory->size);
    memory->data = data;
    return true;
}

/* Bytes of a memory that outgrows its reservation move into a block of the allocator. */
static bool leave_reservation(pirn_memory *memory, uint64_t size)
{
    uint8_t *data = base_alloc(&memory->store->engine->allocator, block_size(size));
    if (data == NULL)
        return false;
    memcpy(data, memory->data, (size_t)memory->size);
    memset(data + memory->size, 0, (size_t)(size - memory->size));
    vm_mapping_release(memory->data, memory->reserved);
    memory->data = data;
    memory->reserved = 0;
    return true;
}

static bool extend(pirn_memory *memory, uint64_t size)
{
    if (memory->reserved == 0)
        return resize_block(memory, size);
    if (size > memory->reserved)
        return leave_reservation(memory, size);
    return vm_mapping_commit(memory->data, (size_t)memory->size, (size_t)size);
}

/* Whether the store lets the memory have `size` bytes; if so they are its own. */
static bool account(pirn_memory *memory, uint64_t size)
{
    pirn_store *store = memory->store;
    uint64_t more = size - memory->size;
    if (more > store->limits.memory_bytes - store->memory_bytes_used)
        return false;
    store->memory_bytes_used += more;
    return true;
}

pirn_status vm_memory_init(pirn_memory *memory, pirn_store *store, const pirn_memtype *type, pirn_error *error)
{
    *memory = (pirn_memory){.type = *type, .store = store};
    uint64_t addressable = addressable_pages(type);
    memory->max_pages = type->limits.max < addressable ? type->limits.max : addressable;
    uint64_t size;
    if (type->limits.min > memory->max_pages || !pages_to_bytes(memory, type->limits.min, &size) ||
        !account(memory, size))
        return base_fail(error, PIRN_LIMIT, PIRN_NO_OFFSET,
                         "a memory of %" PRIu64 " pages is above the limit of %" PRIu64 " bytes for all memories",
                         type->limits.min, store->limits.memory_bytes);
    size_t reserved = reservation_size(memory);
    memory->data = reserved == 0 ? NULL : vm_mapping_reserve(reserved);
    memory->reserved = memory->data == NULL ? 0 : reserved;
    if (!extend(memory, size)) {
        vm_memory_done(memory);
        store->memory_bytes_used -= size;
        return base_nomem(error);
    }
    memory->size = size;
    return PIRN_OK;
}

void vm_memory_done(pirn_memory *memory)
{
    if (memory->reserved > 0)
        vm_mapping_release(memory->data, memory->reserved);
    else if (memory->data != NULL)
        base_free(&memory->store->engine->allocator, memory->data, block_size(memory->size));
    memory->store->memory_bytes_used -= memory->size;
    memory->data = NULL;
    memory->reserved = 0;
    memory->size = 0;
}

pirn_status pirn_memory_new(pirn_store *store, const pirn_memtype *type, pirn_memory **out, pirn_error *error)
{
    const pirn_allocator *allocator = &store->engine->allocator;
    pirn_memory *memory = base_alloc(allocator, sizeof *memory);
    if (memory == NULL)
        return base_nomem(error);
    pirn_status status = vm_memory_init(memory, store, type, error);
    if (status != PIRN_OK) {
        base_free(allocator, memory, sizeof *memory);
        return status;
    }
    memory->next = store->memories;
    store->memories = memory;
    *out = memory;
    return PIRN_OK;
}

uint8_t *pirn_memory_data(const pirn_memory *memory)
{
    return memory->data;
}

uint64_t pirn_memory_size(const pirn_memory *memory)
{
    return memory->size;
}

bool pirn_memory_grow(pirn_memory *memory, uint64_t pages, uint64_t *old_pages)
{
    uint64_t old = memory->size >> memory->type.page_size_log2;
    uint64_t size;
    if (pages > memory->max_pages - old || !pages_to_bytes(memory, old + pages, &size) || !account(memory, size))
        return false;
    if (!extend(memory, size)) {
        memory->store->memory_bytes_used -= size - memory->size;
        return false;
    }
    memory->size = size;
    if (old_pages != NULL)
        *old_pages = old;
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear memories (spec 4.2.9). A memory reserves the address space that it may ever use and commits as it grows, so
 * that its base stays. Where that much address space is not to be had, its bytes come from the allocator, and growth
 * may move them: pirn_memory.reserved is 0 then. Bytes beyond `size` are never visible; those it grows into are zero.
 * Shared memories have their bytes in vm/exec/shared.c.
 */
#include "vm/exec/pool.h"
#include "vm/exec/shared.h"
#include "vm/exec/store.h"
#include <inttypes.h>

/* What 32-bit addresses reach; memories that may become larger move when they do. */
#define LARGEST_RESERVATION (UINT64_C(4) << 30)

/* Pages that an address can reach (spec 3.2.15), but no more than the largest number of the address type. */
static uint64_t addressable_pages(const pirn_memtype *type)
{
    uint64_t last_address = type->is64 ? UINT64_MAX : UINT32_MAX;
    return type->page_size_log2 == 0 ? last_address : (last_address >> type->page_size_log2) + 1;
}

static bool pages_to_bytes(const pirn_memory *memory, uint64_t pages, uint64_t *bytes)
{
    if (pages > UINT64_MAX >> memory->type.page_size_log2)
        return false;
    *bytes = pages << memory->type.page_size_log2;
    return *bytes <= SIZE_MAX / 2;
}

/*
 * The most bytes it can come to, by its type, its store, and its address space. In a pool all are equal, so that any can
 * be used again for any memory.
 */
static size_t reservation_size(const pirn_memory *memory)
{
    uint64_t bytes;
    if (!pages_to_bytes(memory, memory->max_pages, &bytes) || bytes > LARGEST_RESERVATION)
        bytes = LARGEST_RESERVATION;
    uint64_t limit = memory->store->limits.memory_bytes;
    if (bytes > limit || memory->store->pool != NULL)
        bytes = limit < LARGEST_RESERVATION ? limit : LARGEST_RESERVATION;
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
    vm_store_release(memory->store, memory->reservation, memory->size);
    memory->data = data;
    memory->reservation = NULL;
    memory->reserved = 0;
    return true;
}

static bool extend(pirn_memory *memory, uint64_t size)
{
    if (memory->reserved == 0)
        return resize_block(memory, size);
    if (size > memory->reserved)
        return leave_reservation(memory, size);
    return vm_reservation_commit(memory->reservation, (size_t)size);
}

/* Whether the store lets the memory have `more` bytes; if so they are its own. */
static bool account(pirn_memory *memory, uint64_t more)
{
    pirn_store *store = memory->store;
    if (more > store->limits.memory_bytes - store->memory_bytes_used)
        return false;
    store->memory_bytes_used += more;
    memory->counted += more;
    return true;
}

static void unaccount(pirn_memory *memory, uint64_t less)
{
    memory->store->memory_bytes_used -= less;
    memory->counted -= less;
}

static void attach(pirn_memory *memory, vm_shared_memory *shared)
{
    memory->shared = shared;
    memory->data = shared->data;
    memory->size = vm_shared_size(shared);
}

/* In a pool, with what the memories of its kind have been found to begin with: then writing that changes nothing. */
static bool begin(pirn_memory *memory)
{
    const vm_pristine *expected = vm_store_expected(memory->store, memory);
    if (expected == NULL || expected->end > memory->size)
        return true;
    return vm_reservation_begin_with(memory->reservation, expected);
}

void vm_memory_write(pirn_memory *memory, uint64_t at, const uint8_t *bytes, size_t size)
{
    uint8_t *to = memory->data + at;
    bool may_be_there = memory->reservation != NULL && memory->reservation->pristine != NULL;
    if (size > 0 && !(may_be_there && memcmp(to, bytes, size) == 0))
        memcpy(to, bytes, size);
}

/* Reserves what it may grow to and commits `size`; the caller frees what is there on failure. */
static bool allocate(pirn_memory *memory, uint64_t size)
{
    size_t reserved = reservation_size(memory);
    if (memory->type.shared) {
        vm_shared_memory *shared = vm_shared_memory_new(&memory->store->engine->allocator, reserved, size);
        if (shared != NULL)
            attach(memory, shared);
        return shared != NULL;
    }
    vm_reservation *reservation = reserved == 0 ? NULL : vm_store_reserve(memory->store, reserved);
    if (reservation != NULL) {
        memory->reservation = reservation;
        memory->data = reservation->base;
        memory->reserved = reservation->size;
    }
    if (!extend(memory, size))
        return false;
    memory->size = size;
    return reservation == NULL || begin(memory);
}

pirn_status vm_memory_init(pirn_memory *memory, pirn_store *store, const pirn_memtype *type, pirn_error *error)
{
    *memory = (pirn_memory){.type = *type, .store = store, .number = store->memories_made++};
    uint64_t addressable = addressable_pages(type);
    memory->max_pages = type->limits.max < addressable ? type->limits.max : addressable;
    uint64_t size;
    if (type->limits.min > memory->max_pages || !pages_to_bytes(memory, type->limits.min, &size) ||
        !account(memory, size))
        return base_fail(error, PIRN_LIMIT, PIRN_NO_OFFSET,
                         "a memory of %" PRIu64 " pages is above the limit of %" PRIu64 " bytes for all memories",
                         type->limits.min, store->limits.memory_bytes);
    if (allocate(memory, size))
        return PIRN_OK;
    vm_memory_done(memory);
    return base_nomem(error);
}

void vm_memory_done(pirn_memory *memory)
{
    if (memory->shared != NULL)
        vm_shared_memory_release(memory->shared);
    else if (memory->reservation != NULL)
        vm_store_release(memory->store, memory->reservation, memory->size);
    else if (memory->data != NULL)
        base_free(&memory->store->engine->allocator, memory->data, block_size(memory->size));
    unaccount(memory, memory->counted);
    memory->shared = NULL;
    memory->data = NULL;
    memory->reservation = NULL;
    memory->reserved = 0;
    memory->size = 0;
}

static void own(pirn_store *store, pirn_memory *memory)
{
    memory->next = store->memories;
    store->memories = memory;
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
    own(store, memory);
    *out = memory;
    return PIRN_OK;
}

uint8_t *pirn_memory_data(const pirn_memory *memory)
{
    return memory->data;
}

/* ---- Shared memories ----------------------------------------------------------------------------------------------- */

pirn_status pirn_memory_share(const pirn_memory *memory, pirn_store *store, pirn_memory **out, pirn_error *error)
{
    if (memory->shared == NULL)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "only a shared memory can be in two stores");
    if (memory->store->engine != store->engine)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "the stores of a shared memory are of one engine");
    pirn_memory *copy = base_alloc(&store->engine->allocator, sizeof *copy);
    if (copy == NULL)
        return base_nomem(error);
    *copy = (pirn_memory){.type = memory->type, .max_pages = memory->max_pages, .store = store};
    vm_shared_memory_retain(memory->shared);
    attach(copy, memory->shared);
    own(store, copy);
    *out = copy;
    return PIRN_OK;
}

bool vm_memories_refresh(pirn_instance *instance)
{
    bool has_grown = false;
    for (uint32_t i = 0; i < instance->module->syntax.memories.len; i++) {
        pirn_memory *memory = instance->memories[i];
        uint64_t size = pirn_memory_size(memory);
        has_grown |= size > memory->size;
        memory->size = size;
    }
    return has_grown;
}

/* ---- Size ------------------------------------------------------------------------------------------------------------ */

uint64_t pirn_memory_size(const pirn_memory *memory)
{
    return memory->shared != NULL ? vm_shared_size(memory->shared) : memory->size;
}

/* By `pages` pages from `old` on; `size` receives the new size. */
static bool may_grow(pirn_memory *memory, uint64_t old, uint64_t pages, uint64_t *size)
{
    return pages <= memory->max_pages - old && pages_to_bytes(memory, old + pages, size);
}

static bool grow_own(pirn_memory *memory, uint64_t size)
{
    uint64_t more = size - memory->size;
    if (!account(memory, more))
        return false;
    if (!extend(memory, size)) {
        unaccount(memory, more);
        return false;
    }
    memory->size = size;
    return true;
}

/* Growth counts against the limit of the store that asks for it. */
static bool grow_shared(pirn_memory *memory, uint64_t pages, uint64_t *old_pages)
{
    vm_shared_memory *shared = memory->shared;
    unsigned log2 = memory->type.page_size_log2;
    base_lock_take(&shared->lock);
    uint64_t old_size = vm_shared_size(shared), size;
    bool grown = may_grow(memory, old_size >> log2, pages, &size) && account(memory, size - old_size);
    if (grown && !vm_shared_memory_grow(shared, size)) {
        unaccount(memory, size - old_size);
        grown = false;
    }
    base_lock_release(&shared->lock);
    memory->size = vm_shared_size(shared);
    *old_pages = old_size >> log2;
    return grown;
}

bool pirn_memory_grow(pirn_memory *memory, uint64_t pages, uint64_t *old_pages)
{
    uint64_t old, size;
    bool grown;
    if (memory->shared != NULL) {
        grown = grow_shared(memory, pages, &old);
    } else {
        old = memory->size >> memory->type.page_size_log2;
        grown = may_grow(memory, old, pages, &size) && grow_own(memory, size);
    }
    if (grown && old_pages != NULL)
        *old_pages = old;
    return grown;
}

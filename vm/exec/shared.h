/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared memories (threads proposal): the bytes that memories of several stores have in common, and the threads that wait
 * on an address of them. All that it may grow to is reserved at once, so its base never moves; its size only grows, so a
 * thread that sees an old one refuses too much, never too little, and looks again before it traps.
 */
#pragma once

#include "vm/base/lock.h"
#include "vm/base/memory.h"
#include <threads.h>

typedef struct vm_waiter vm_waiter;

typedef struct vm_shared_memory {
    const pirn_allocator *allocator; /* the engine's */
    atomic_size_t references;        /* one for each store */
    uint8_t *data;
    size_t reserved;
    _Atomic uint64_t size; /* bytes; written under the lock */
    base_lock lock;        /* guards growth and the queue */
    vm_waiter *first, *last;
    /* Waiters sleep here; what they wait for is an atomic flag of their own. */
    mtx_t sleep;
    cnd_t wake;
} vm_shared_memory;

/* One reference. NULL when out of memory or address space. */
vm_shared_memory *vm_shared_memory_new(const pirn_allocator *allocator, size_t reserved, uint64_t size);
void vm_shared_memory_retain(vm_shared_memory *shared);
void vm_shared_memory_release(vm_shared_memory *shared);
/* To `size` bytes, more than now. The caller holds the lock. */
bool vm_shared_memory_grow(vm_shared_memory *shared, uint64_t size);

static inline uint64_t vm_shared_size(const vm_shared_memory *shared)
{
    return atomic_load_explicit(&shared->size, memory_order_acquire);
}

/* The results of memory.atomic.wait, and one more. */
typedef enum vm_wait_result { VM_WAIT_OK, VM_WAIT_NOT_EQUAL, VM_WAIT_TIMED_OUT, VM_WAIT_INTERRUPTED } vm_wait_result;

/*
 * Waits on the address `at` (into the memory, aligned) while it has the value `expected` of `bytes` (4 or 8) bytes, for
 * `timeout_ns`, or for ever when that is negative. Looks at `interrupted` from time to time.
 */
vm_wait_result vm_shared_wait(vm_shared_memory *shared, uint8_t *at, uint32_t bytes, uint64_t expected,
                              int64_t timeout_ns, const atomic_bool *interrupted);
/* Wakes up to `count` threads that wait on the address, the longest waiting first; returns how many. */
uint32_t vm_shared_notify(vm_shared_memory *shared, const uint8_t *at, uint32_t count);

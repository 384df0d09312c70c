/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared memories and their queues: see vm/exec/shared.h.
 *
 * A waiting thread puts a vm_waiter of its own stack into the queue, having found the expected value there, both under the
 * lock; so a notifier that has changed the value before finds it either there or not going to sleep. Whoever takes a waiter
 * out of the queue says so in its `is_woken` as the last thing, for then it may be gone. The mutex and the condition are
 * for sleeping only.
 *
 * An interrupt may come from a signal handler, which must not signal a condition; thus sleepers look at the flag themselves,
 * at intervals. C11 measures timeouts by the calendar: when the clock is set, a wait is longer or shorter.
 */
#include "vm/exec/shared.h"
#include "vm/exec/atomic.h"
#include "vm/exec/mapping.h"
#include <time.h>

enum { LOOK_INTERVAL_NS = 10 * 1000 * 1000, NS_PER_S = 1000 * 1000 * 1000 };

struct vm_waiter {
    const uint8_t *at;
    atomic_bool is_woken;
    vm_waiter *previous, *next;
};

/* ---- Bytes ----------------------------------------------------------------------------------------------------------- */

/* A reservation of nothing is not to be had. */
static size_t reservation(size_t size)
{
    return size == 0 ? 1 : size;
}

static bool make_bytes(vm_shared_memory *shared, size_t reserved, uint64_t size)
{
    shared->data = size > reserved ? NULL : vm_mapping_reserve(reservation(reserved));
    if (shared->data == NULL)
        return false;
    shared->reserved = reserved;
    if (vm_shared_memory_grow(shared, size))
        return true;
    vm_mapping_release(shared->data, reservation(reserved));
    return false;
}

static bool make_sleep(vm_shared_memory *shared)
{
    if (mtx_init(&shared->sleep, mtx_plain) != thrd_success)
        return false;
    if (cnd_init(&shared->wake) == thrd_success)
        return true;
    mtx_destroy(&shared->sleep);
    return false;
}

vm_shared_memory *vm_shared_memory_new(const pirn_allocator *allocator, size_t reserved, uint64_t size)
{
    vm_shared_memory *shared = base_alloc_zero(allocator, sizeof *shared);
    if (shared == NULL)
        return NULL;
    shared->allocator = allocator;
    atomic_init(&shared->references, 1);
    if (make_sleep(shared)) {
        if (make_bytes(shared, reserved, size))
            return shared;
        cnd_destroy(&shared->wake);
        mtx_destroy(&shared->sleep);
    }
    base_free(allocator, shared, sizeof *shared);
    return NULL;
}

void vm_shared_memory_retain(vm_shared_memory *shared)
{
    atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
}

void vm_shared_memory_release(vm_shared_memory *shared)
{
    if (atomic_fetch_sub_explicit(&shared->references, 1, memory_order_acq_rel) != 1)
        return;
    vm_mapping_release(shared->data, reservation(shared->reserved));
    cnd_destroy(&shared->wake);
    mtx_destroy(&shared->sleep);
    base_free(shared->allocator, shared, sizeof *shared);
}

bool vm_shared_memory_grow(vm_shared_memory *shared, uint64_t size)
{
    if (size > shared->reserved || !vm_mapping_commit(shared->data, (size_t)vm_shared_size(shared), (size_t)size))
        return false;
    atomic_store_explicit(&shared->size, size, memory_order_release);
    return true;
}

/* ---- The queue ------------------------------------------------------------------------------------------------------- */

static void enqueue(vm_shared_memory *shared, vm_waiter *waiter)
{
    waiter->previous = shared->last;
    waiter->next = NULL;
    *(shared->last != NULL ? &shared->last->next : &shared->first) = waiter;
    shared->last = waiter;
}

static void dequeue(vm_shared_memory *shared, vm_waiter *waiter)
{
    *(waiter->previous != NULL ? &waiter->previous->next : &shared->first) = waiter->next;
    *(waiter->next != NULL ? &waiter->next->previous : &shared->last) = waiter->previous;
}

/* Puts the waiter into the queue if the value is the expected one. */
static bool begin_wait(vm_shared_memory *shared, vm_waiter *waiter, uint8_t *at, uint32_t bytes, uint64_t expected)
{
    base_lock_take(&shared->lock);
    uint64_t value = bytes == 4 ? vm_atomic_load_32(at) : vm_atomic_load_64(at);
    if (value == expected)
        enqueue(shared, waiter);
    base_lock_release(&shared->lock);
    return value == expected;
}

/* Takes the waiter out unless a notifier has; false in this case. */
static bool end_wait(vm_shared_memory *shared, vm_waiter *waiter)
{
    base_lock_take(&shared->lock);
    bool is_woken = atomic_load(&waiter->is_woken);
    if (!is_woken)
        dequeue(shared, waiter);
    base_lock_release(&shared->lock);
    return !is_woken;
}

/* ---- Time ------------------------------------------------------------------------------------------------------------ */

static struct timespec after(int64_t ns)
{
    struct timespec time;
    timespec_get(&time, TIME_UTC);
    time.tv_sec += (time_t)(ns / NS_PER_S);
    time.tv_nsec += (long)(ns % NS_PER_S);
    if (time.tv_nsec >= NS_PER_S) {
        time.tv_sec++;
        time.tv_nsec -= NS_PER_S;
    }
    return time;
}

static bool is_before(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

/* ---- Waiting and waking ---------------------------------------------------------------------------------------------- */

/*
 * Sleeps until woken, an interval is over, or the time has come; true in the last case. An interrupt may come from a signal handler,
 * which cannot wake anybody by a lock or a condition: so the waiter looks for it, at intervals.
 */
static bool sleep_once(vm_shared_memory *shared, const vm_waiter *waiter, const struct timespec *deadline)
{
    struct timespec until = after(LOOK_INTERVAL_NS);
    bool is_last = deadline != NULL && !is_before(until, *deadline);
    if (is_last)
        until = *deadline;
    int outcome = thrd_success;
    mtx_lock(&shared->sleep);
    while (!atomic_load(&waiter->is_woken) && outcome == thrd_success)
        outcome = cnd_timedwait(&shared->wake, &shared->sleep, &until);
    mtx_unlock(&shared->sleep);
    return is_last && outcome != thrd_success;
}

vm_wait_result vm_shared_wait(vm_shared_memory *shared, uint8_t *at, uint32_t bytes, uint64_t expected,
                              int64_t timeout_ns, const atomic_bool *interrupted)
{
    struct timespec deadline = after(timeout_ns < 0 ? 0 : timeout_ns);
    vm_waiter waiter = {.at = at};
    if (!begin_wait(shared, &waiter, at, bytes, expected))
        return VM_WAIT_NOT_EQUAL;
    while (!atomic_load(&waiter.is_woken)) {
        bool is_late = sleep_once(shared, &waiter, timeout_ns < 0 ? NULL : &deadline);
        bool is_interrupted = atomic_load(interrupted);
        if ((is_late || is_interrupted) && end_wait(shared, &waiter))
            return is_interrupted ? VM_WAIT_INTERRUPTED : VM_WAIT_TIMED_OUT;
    }
    return VM_WAIT_OK;
}

uint32_t vm_shared_notify(vm_shared_memory *shared, const uint8_t *at, uint32_t count)
{
    uint32_t woken = 0;
    base_lock_take(&shared->lock);
    for (vm_waiter *waiter = shared->first, *next; waiter != NULL && woken < count; waiter = next) {
        next = waiter->next;
        if (waiter->at != at)
            continue;
        dequeue(shared, waiter);
        atomic_store(&waiter->is_woken, true);
        woken++;
    }
    base_lock_release(&shared->lock);
    if (woken == 0)
        return 0;
    mtx_lock(&shared->sleep);
    cnd_broadcast(&shared->wake);
    mtx_unlock(&shared->sleep);
    return woken;
}

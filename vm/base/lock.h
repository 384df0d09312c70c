/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock for what is rarely contended and held shortly: the registry of types, first-call translation. Made of C11
 * atomics alone, so that it needs neither initialisation that may fail nor a thread library, and race checkers see
 * through it. A zeroed lock is free. Waiting threads yield.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <threads.h>

typedef struct base_lock {
    atomic_bool taken;
} base_lock;

static inline void base_lock_take(base_lock *lock)
{
    while (atomic_exchange_explicit(&lock->taken, true, memory_order_acquire))
        thrd_yield();
}

static inline void base_lock_release(base_lock *lock)
{
    atomic_store_explicit(&lock->taken, false, memory_order_release);
}

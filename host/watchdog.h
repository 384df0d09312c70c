/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wall-clock limits of stores. A guest that computes does not come back to its loop, so another thread watches
 * the clock: at the deadline it calls pirn_store_interrupt(), which ends running code, and then `expired`, which
 * ends a wait. The thread starts with the first limit. A limit that is taken back in time costs two short locks and
 * no wake-up.
 */
#pragma once

#include "host/heap.h"
#include <pirn/vm.h>
#include <pthread.h>
#include <stdatomic.h>

/* One limit: zeroed, then host_watchdog_add(). */
typedef struct host_watch {
    host_heap_node node; /* under the lock */
    pirn_store *store;
    atomic_bool is_expired;
} host_watch;

typedef struct host_watchdog {
    host_heap heap;
    void (*expired)(void *user); /* from the watchdog's thread */
    void *user;
    pthread_mutex_t lock; /* for what follows, and the heap */
    pthread_cond_t changed;
    pthread_t thread;
    bool is_running, is_stopping;
} host_watchdog;

/* False: the system has no lock left. */
bool host_watchdog_init(host_watchdog *dog, const pirn_allocator *allocator, void (*expired)(void *user), void *user);
/* Nothing may be watched any more. */
void host_watchdog_done(host_watchdog *dog);
/* Begins to watch; UINT64_MAX: does nothing. False: out of memory, or no thread. */
bool host_watchdog_add(host_watchdog *dog, host_watch *watch, pirn_store *store, uint64_t deadline_ns);
/* Ends it. Takes back the interrupt if the watchdog has asked for it: the store may be used again. */
void host_watchdog_remove(host_watchdog *dog, host_watch *watch);

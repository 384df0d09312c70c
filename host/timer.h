/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timers of a loop: a heap of deadlines over one timer of libuv. A timer lies in its owner; setting and
 * clearing one costs no handle of the loop. libuv counts in milliseconds, rounded here so that no timer fires early
 * and none more than one millisecond late.
 */
#pragma once

#include "host/heap.h"
#include <uv.h>

typedef struct host_timer host_timer;
struct host_timer {
    host_heap_node node;
    void (*fire)(host_timer *timer);
};

typedef struct host_timers {
    host_heap heap;
    uv_timer_t uv;
} host_timers;

/* 0 or an error of libuv. */
int host_timers_init(host_timers *timers, uv_loop_t *loop, const pirn_allocator *allocator);
/* The uv handle must have been closed. */
void host_timers_done(host_timers *timers);
/*
 * Sets a timer that is not set: `fire` is called once from the loop, at `deadline_ns` or later; never, for
 * UINT64_MAX. False: out of memory.
 */
bool host_timer_set(host_timers *timers, host_timer *timer, uint64_t deadline_ns, void (*fire)(host_timer *timer));
/* Does nothing when it is not set, or has fired. */
void host_timer_clear(host_timers *timers, host_timer *timer);

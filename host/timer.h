/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The timers of a loop: a binary heap, ordered by deadline, over one timer of libuv. A timer lies in its owner;
 * setting and clearing one costs no handle of the loop. libuv counts in milliseconds, rounded here so that no timer
 * fires early and none more than one millisecond late.
 */
#pragma once

#include "vm/base/memory.h"
#include <uv.h>

typedef struct host_timer host_timer;
struct host_timer {
    uint64_t deadline_ns; /* of the monotonic clock; UINT64_MAX: never */
    size_t place;         /* in the heap, from 1; 0: not set */
    void (*fire)(host_timer *timer);
};

typedef struct host_timers {
    const pirn_allocator *allocator;
    uv_timer_t uv;
    BASE_VEC(host_timer *) heap;
} host_timers;

/* 0 or an error of libuv. */
int host_timers_init(host_timers *timers, uv_loop_t *loop, const pirn_allocator *allocator);
/* The uv handle must have been closed. */
void host_timers_done(host_timers *timers);
/* Sets a timer that is not set: `timer->fire` is called once from the loop, at `deadline_ns` or later. False: out of
 * memory. */
bool host_timer_set(host_timers *timers, host_timer *timer, uint64_t deadline_ns);
/* Does nothing when it is not set, or has fired. */
void host_timer_clear(host_timers *timers, host_timer *timer);

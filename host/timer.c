/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libuv's clock is the monotonic clock in whole milliseconds, rounded down: it has reached millisecond m when the
 * true time is m or later. So a deadline is rounded up. Timers that were cleared leave the timer of libuv as it is:
 * it fires for nothing and is set again.
 */
#include "host/timer.h"
#include "host/loop.h"

#define NS_PER_MS UINT64_C(1000000)

static void on_timer(uv_timer_t *uv);

static void set_uv(host_timers *timers)
{
    host_heap_node *first = host_heap_first(&timers->heap);
    if (first == NULL)
        return;
    uint64_t due_ms = first->deadline_ns / NS_PER_MS + (first->deadline_ns % NS_PER_MS != 0);
    uint64_t now_ms = uv_now(timers->uv.loop);
    uv_timer_start(&timers->uv, on_timer, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

static void on_timer(uv_timer_t *uv)
{
    host_timers *timers = uv->data;
    uint64_t now = host_now();
    for (host_heap_node *node; (node = host_heap_first(&timers->heap)) != NULL && node->deadline_ns <= now;) {
        host_timer *timer = HOST_OBJECT_OF(node, host_timer, node);
        host_heap_remove(&timers->heap, node);
        timer->fire(timer);
    }
    set_uv(timers);
}

int host_timers_init(host_timers *timers, uv_loop_t *loop, const pirn_allocator *allocator)
{
    host_heap_init(&timers->heap, allocator);
    timers->uv.data = timers;
    return uv_timer_init(loop, &timers->uv);
}

void host_timers_done(host_timers *timers)
{
    host_heap_done(&timers->heap);
}

bool host_timer_set(host_timers *timers, host_timer *timer, uint64_t deadline_ns, void (*fire)(host_timer *timer))
{
    timer->fire = fire;
    if (deadline_ns == UINT64_MAX)
        return true;
    if (!host_heap_add(&timers->heap, &timer->node, deadline_ns))
        return false;
    if (timer->node.place == 1)
        set_uv(timers);
    return true;
}

void host_timer_clear(host_timers *timers, host_timer *timer)
{
    host_heap_remove(&timers->heap, &timer->node);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting. A source is something that becomes ready: a timer, a stream with bytes in it, a finished lookup. It lies
 * in the object that it tells about. A wait is a job's interest in one or more sources; it exists while the job is
 * suspended:
 *
 *      job <── wait ──< waiter ──> source          (one waiter for each source of the wait)
 *
 * Readiness is a state, not an event: ready() tells it now. arm() only promises to wake the job when it may have
 * changed. So every host function that waits has one shape, and is called again from its beginning when its job is
 * resumed:
 *
 *      host_call_resumed(call);                     what it armed is disarmed
 *      if (what I need is there) ... return PIRN_OK;
 *      return host_call_wait(call, &stream->source);
 */
#pragma once

#include "host/context.h"
#include "host/loop.h"

typedef struct host_wait host_wait;
typedef struct host_waiter host_waiter;
typedef struct host_source host_source;

typedef struct host_source_ops {
    bool (*ready)(host_source *source);
    /*
     * Has host_waiter_wake() called when the source may have become ready. The source keeps the waiter in a list by
     * its link, or sets its timer; `disarm` of the waiter undoes that. False: out of memory or descriptors.
     */
    bool (*arm)(host_source *source, host_waiter *waiter);
} host_source_ops;

struct host_source {
    const host_source_ops *ops;
};

struct host_waiter {
    host_wait *wait;
    host_link link;
    host_timer timer;
    void *armed_at;                      /* for the source's use: who must be told when it is disarmed */
    void (*disarm)(host_waiter *waiter); /* NULL: taking its link out of the list is enough */
};

/* Wakes the job that waits. */
void host_waiter_wake(host_waiter *waiter);
/* Wakes all waiters of a source's list. They stay in it until their jobs are resumed. */
void host_waiters_wake(host_link *waiters);

bool host_source_ready(host_source *source);

/* Ready from `deadline_ns` of the monotonic clock on: 0: at once; UINT64_MAX: never. */
typedef struct host_timer_source {
    host_source source;
    uint64_t deadline_ns;
} host_timer_source;
void host_timer_source_init(host_timer_source *timer, uint64_t deadline_ns);

struct host_wait {
    host_context *context;
    host_job *job;    /* NULL: it has been let go of, and nothing is armed any more */
    host_link of_job; /* in job->waits */
    size_t count;
    uint64_t progress; /* for the waiting function's use: see host_call_wait_with */
    host_waiter waiters[];
};

/* Arms all sources for the job; what it waits for must be alive until host_wait_free(). NULL: out of memory. */
host_wait *host_wait_new(host_context *context, host_job *job, host_source *const *sources, size_t count);
/* Disarms. `wait` may be NULL. */
void host_wait_free(host_wait *wait);
/* Disarms all waits of a job that is about to be freed; whoever has them frees them. */
void host_waits_abandon(host_job *job);

/*
 * Suspends the call until the source may be ready: return its value from the host function. PENDING; or a failure:
 * the job's time is over, memory is out, or nobody drives the task.
 */
pirn_status host_call_wait(pirn_host_call *call, host_source *source);
pirn_status host_call_wait_many(pirn_host_call *call, host_source *const *sources, size_t count);
/* The same, with a number that host_call_resumed() gives back: how far the function has come. */
pirn_status host_call_wait_with(pirn_host_call *call, host_source *source, uint64_t progress);
/* Lets the loop have a turn, then calls the function again: for guests that ask instead of waiting. */
pirn_status host_call_yield(pirn_host_call *call);
/*
 * Yields now and then; `resumed` is what host_call_resumed() has said. For functions that never have to wait as long
 * as what is asked for is ready, so that a guest that asks for nothing else keeps nobody from running.
 */
pirn_status host_call_take_turns(pirn_host_call *call, bool resumed);
/* At the beginning of a function that may wait: true when it has waited and is called again. `progress` may be NULL.
 */
bool host_call_resumed(pirn_host_call *call, uint64_t *progress);

/*
 * wasi:io/poll.pollable: a source in the guest's hands. It keeps the object that the source lies in alive, so that a
 * guest may drop a stream before what it got from subscribe.
 */
typedef struct host_pollable {
    host_object object;
    host_source *source;
    host_object *owner;      /* or NULL */
    host_timer_source timer; /* when it is one */
} host_pollable;

/* Of a source inside `owner`. NULL: the guest's memory in the host is used up. */
host_pollable *host_pollable_new(host_context *context, host_object *owner, host_source *source);
host_pollable *host_pollable_new_timer(host_context *context, uint64_t deadline_ns);

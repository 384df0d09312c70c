/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event loop of one thread and the jobs on it. A job is a task of a component, or a call of a core module, that
 * may be pending. The rules that keep guests apart and the native stack flat:
 *
 *   - a job is resumed by host_run() only, never from within a host function or an event's callback;
 *   - an event says host_job_wake(); waking is idempotent, and a job that is woken for nothing waits again;
 *   - a job's end is told to its owner from host_run() only.
 *
 *      start ──> running ──> waiting ──wake──> ready ──> running ──> ended ──> done()
 */
#pragma once

#include "host/list.h"
#include "host/timer.h"
#include "host/watchdog.h"
#include <pirn/host.h>
#include <uv.h>

typedef struct host_job host_job;

/* What a job is made of. */
typedef struct host_job_ops {
    pirn_status (*resume)(host_job *job, pirn_error *error);
    void (*forget)(host_job *job); /* it is about to be freed: its task or call must not know it any more */
} host_job_ops;

/* Watches by descriptor: see host/fd.h. */
typedef struct host_fd_watch host_fd_watch;
typedef BASE_VEC(host_fd_watch *) host_fds;

typedef enum host_job_state {
    HOST_JOB_RUNNING, /* in start or resume */
    HOST_JOB_WAITING,
    HOST_JOB_READY,
    HOST_JOB_ENDED, /* its owner is not told yet */
} host_job_state;

struct host_job {
    pirn_host *host;
    const host_job_ops *ops;
    host_link link; /* in host->ready, or in host->waiting */
    host_job_state state;
    bool is_woken; /* while it was running: it does not wait */
    union {
        pirn_task *task;
        pirn_call *call;
    };
    host_link waits;  /* what it waits for: see host/poll.h */
    host_watch watch; /* its time limit */
    pirn_host_done done;
    void *user;
    pirn_status status;       /* ENDED */
    struct pirn_error *error; /* ENDED: a copy, or NULL */
};

struct pirn_host {
    const pirn_allocator *allocator;
    uv_loop_t loop;
    uv_async_t async; /* for the watchdog; keeps the loop from running dry */
    uv_idle_t idle;   /* active while jobs are ready: the loop looks at its events, but does not wait for them */
    host_timers timers;
    host_watchdog watchdog;
    host_link ready, waiting; /* jobs */
    host_fds fds;             /* file descriptors that are waited for */
    size_t job_count;         /* not ended, or not told so */
    pirn_error *error;        /* of the job that is running */
    pirn_error *spare_error;  /* a callback is told what lies in this one, as it may start a job */
};

/* The job will be resumed. From the loop's thread. */
void host_job_wake(host_job *job);
/* Its time is over: it must not wait again, but fail with PIRN_EXHAUSTED. */
bool host_job_is_expired(host_job *job);
/* The job that a host function is called in; NULL when the embedder runs the task or call without the host. */
host_job *host_job_of_call(const pirn_host_call *call);
host_job *host_job_of_frame(pirn_frame *frame);

/* Nanoseconds of the monotonic clock. */
uint64_t host_now(void);
/* When a time that begins now is over, on that clock; UINT64_MAX for PIRN_NO_TIMEOUT. */
uint64_t host_deadline(uint64_t timeout_ns);
/* a + b, or UINT64_MAX. */
uint64_t host_saturating_add(uint64_t a, uint64_t b);

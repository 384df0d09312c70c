/* SPDX-License-Identifier: Apache-2.0 */
/* Waits, pollables, and the sources that belong to nobody else: timers. */
#include "host/poll.h"

/* ---- Sources --------------------------------------------------------------------------------------------------- */

bool host_source_ready(host_source *source)
{
    return source->ops->ready(source);
}

static uint64_t deadline_of(host_source *source)
{
    return HOST_OBJECT_OF(source, host_timer_source, source)->deadline_ns;
}

static bool timer_ready(host_source *source)
{
    return deadline_of(source) != UINT64_MAX && host_now() >= deadline_of(source);
}

static void wake_by_timer(host_timer *timer)
{
    host_waiter_wake(HOST_OBJECT_OF(timer, host_waiter, timer));
}

static void disarm_timer(host_waiter *waiter)
{
    host_timer_clear(&waiter->wait->job->host->timers, &waiter->timer);
}

static bool arm_timer(host_source *source, host_waiter *waiter)
{
    waiter->disarm = disarm_timer;
    return host_timer_set(&waiter->wait->job->host->timers, &waiter->timer, deadline_of(source), wake_by_timer);
}

void host_timer_source_init(host_timer_source *timer, uint64_t deadline_ns)
{
    static const host_source_ops ops = {timer_ready, arm_timer};
    timer->source.ops = &ops;
    timer->deadline_ns = deadline_ns;
}

/* ---- Waits ----------------------------------------------------------------------------------------------------- */

void host_waiter_wake(host_waiter *waiter)
{
    host_job_wake(waiter->wait->job);
}

void host_waiters_wake(host_link *waiters)
{
    for (host_link *link = waiters->next; link != waiters; link = link->next)
        host_waiter_wake(HOST_OBJECT_OF(link, host_waiter, link));
}

static size_t wait_size(size_t count)
{
    return sizeof(host_wait) + count * sizeof(host_waiter);
}

host_wait *host_wait_new(host_context *context, host_job *job, host_source *const *sources, size_t count)
{
    if (count > (SIZE_MAX - sizeof(host_wait)) / sizeof(host_waiter))
        return NULL;
    host_wait *wait = host_context_alloc(context, wait_size(count));
    if (wait == NULL)
        return NULL;
    *wait = (host_wait){.context = context, .job = job, .count = count};
    host_link_init(&wait->of_job);
    host_link_append(&job->waits, &wait->of_job);
    for (size_t i = 0; i < count; i++) {
        wait->waiters[i] = (host_waiter){.wait = wait};
        host_link_init(&wait->waiters[i].link);
    }
    for (size_t i = 0; i < count; i++) {
        if (sources[i]->ops->arm(sources[i], &wait->waiters[i]))
            continue;
        host_wait_free(wait);
        return NULL;
    }
    return wait;
}

static void disarm(host_wait *wait)
{
    for (size_t i = 0; i < wait->count; i++) {
        host_waiter *waiter = &wait->waiters[i];
        host_link_remove(&waiter->link);
        if (waiter->disarm != NULL)
            waiter->disarm(waiter);
    }
    host_link_remove(&wait->of_job);
    wait->job = NULL;
}

void host_wait_free(host_wait *wait)
{
    if (wait == NULL)
        return;
    if (wait->job != NULL)
        disarm(wait);
    host_context_dealloc(wait->context, wait, wait_size(wait->count));
}

void host_waits_abandon(host_job *job)
{
    while (!host_link_is_alone(&job->waits))
        disarm(HOST_OBJECT_OF(job->waits.next, host_wait, of_job));
}

/* ---- Host calls that wait -------------------------------------------------------------------------------------- */

static void cancel_wait(void *wait)
{
    host_wait_free(wait);
}

/* Suspends the call with a wait, which is its state until it is called again. */
static pirn_status suspend(pirn_host_call *call, host_source *const *sources, size_t count, uint64_t progress)
{
    host_job *job = host_job_of_call(call);
    if (job == NULL)
        return pirn_host_call_trap(call, "cannot wait: the task was not started with pirn_host_start");
    if (host_job_is_expired(job))
        return PIRN_EXHAUSTED;
    host_wait *wait = host_wait_new(host_context_of(call), job, sources, count);
    if (wait == NULL)
        return host_call_no_memory(call);
    wait->progress = progress;
    *pirn_host_call_state(call) = wait;
    pirn_host_call_on_cancel(call, cancel_wait);
    return PIRN_PENDING;
}

pirn_status host_call_wait(pirn_host_call *call, host_source *source)
{
    return suspend(call, &source, 1, 0);
}

pirn_status host_call_wait_many(pirn_host_call *call, host_source *const *sources, size_t count)
{
    return suspend(call, sources, count, 0);
}

pirn_status host_call_wait_with(pirn_host_call *call, host_source *source, uint64_t progress)
{
    return suspend(call, &source, 1, progress);
}

pirn_status host_call_yield(pirn_host_call *call)
{
    host_job *job = host_job_of_call(call);
    if (job == NULL)
        return PIRN_OK;
    pirn_status status = suspend(call, NULL, 0, 0);
    host_job_wake(job);
    return status;
}

pirn_status host_call_take_turns(pirn_host_call *call, bool resumed)
{
    enum { CALLS_A_TURN = 64 };
    host_context *context = host_context_of(call);
    if (resumed || ++context->calls_in_turn < CALLS_A_TURN)
        return PIRN_OK;
    context->calls_in_turn = 0;
    return host_call_yield(call);
}

bool host_call_resumed(pirn_host_call *call, uint64_t *progress)
{
    host_wait *wait = *pirn_host_call_state(call);
    if (progress != NULL)
        *progress = wait != NULL ? wait->progress : 0;
    if (wait == NULL)
        return false;
    *pirn_host_call_state(call) = NULL;
    pirn_host_call_on_cancel(call, NULL);
    host_wait_free(wait);
    return true;
}

/* ---- Pollables ------------------------------------------------------------------------------------------------- */

static void pollable_done(host_object *object)
{
    host_object_unref(((host_pollable *)object)->owner);
}

host_pollable *host_pollable_new(host_context *context, host_object *owner, host_source *source)
{
    host_pollable *pollable = host_object_new(context, sizeof *pollable, pollable_done);
    if (pollable == NULL)
        return NULL;
    host_object_ref(owner);
    pollable->owner = owner;
    pollable->source = source;
    return pollable;
}

host_pollable *host_pollable_new_timer(host_context *context, uint64_t deadline_ns)
{
    host_pollable *pollable = host_object_new(context, sizeof *pollable, pollable_done);
    if (pollable == NULL)
        return NULL;
    host_timer_source_init(&pollable->timer, deadline_ns);
    pollable->source = &pollable->timer.source;
    return pollable;
}

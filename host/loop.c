/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running jobs. host_run() alternates between resuming what is ready and one turn of libuv's loop, whose callbacks
 * make jobs ready; it never ends while a job is waiting, even for something that never comes.
 */
#include "host/loop.h"
#include "host/poll.h"
#include "host/sigpipe.h"

uint64_t host_now(void)
{
    return uv_hrtime();
}

uint64_t host_saturating_add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint64_t host_deadline(uint64_t timeout_ns)
{
    return timeout_ns == PIRN_NO_TIMEOUT ? UINT64_MAX : host_saturating_add(host_now(), timeout_ns);
}

/* ---- The host's life ------------------------------------------------------------------------------------------- */

/* From the watchdog's thread. */
static void send_expired(void *user)
{
    pirn_host *host = user;
    uv_async_send(&host->async);
}

static void on_expired(uv_async_t *async)
{
    pirn_host *host = async->data;
    for (host_link *link = host->waiting.next, *next; link != &host->waiting; link = next) {
        next = link->next;
        host_job *job = HOST_OBJECT_OF(link, host_job, link);
        if (host_job_is_expired(job))
            host_job_wake(job);
    }
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

/* Closes every handle and waits for the requests that are under way in the thread pool. */
static void close_loop(uv_loop_t *loop)
{
    uv_walk(loop, close_handle, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    uv_loop_close(loop);
}

static bool init_loop(pirn_host *host)
{
    if (uv_loop_init(&host->loop) != 0)
        return false;
    host->async.data = host;
    uv_idle_init(&host->loop, &host->idle);
    if (uv_async_init(&host->loop, &host->async, on_expired) == 0 &&
        host_timers_init(&host->timers, &host->loop, host->allocator) == 0)
        return true;
    close_loop(&host->loop);
    return false;
}

static void free_memory(pirn_host *host)
{
    pirn_error_free(host->error);
    pirn_error_free(host->spare_error);
    base_free(host->allocator, host, sizeof *host);
}

pirn_host *pirn_host_new(const pirn_allocator *allocator)
{
    if (allocator == NULL)
        allocator = pirn_allocator_default();
    pirn_host *host = base_alloc_zero(allocator, sizeof *host);
    if (host == NULL)
        return NULL;
    host->allocator = allocator;
    host_link_init(&host->ready);
    host_link_init(&host->waiting);
    host->error = pirn_error_new(allocator);
    host->spare_error = pirn_error_new(allocator);
    if (host->error != NULL && host->spare_error != NULL && init_loop(host)) {
        if (host_watchdog_init(&host->watchdog, allocator, send_expired, host))
            return host;
        close_loop(&host->loop);
    }
    free_memory(host);
    return NULL;
}

void pirn_host_free(pirn_host *host)
{
    if (host == NULL)
        return;
    host_watchdog_done(&host->watchdog);
    close_loop(&host->loop);
    host_timers_done(&host->timers);
    BASE_VEC_DONE(&host->fds, host->allocator);
    free_memory(host);
}

/* ---- A job's life ---------------------------------------------------------------------------------------------- */

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

/* libuv runs timers before it waits for descriptors: what they make ready must keep it from waiting. */
static void append_ready(host_job *job)
{
    host_link_append(&job->host->ready, &job->link);
    uv_idle_start(&job->host->idle, on_idle);
}

void host_job_wake(host_job *job)
{
    job->is_woken = true;
    if (job->state != HOST_JOB_WAITING)
        return;
    job->state = HOST_JOB_READY;
    host_link_remove(&job->link);
    append_ready(job);
}

bool host_job_is_expired(host_job *job)
{
    return atomic_load(&job->watch.is_expired);
}

static host_job *new_job(pirn_host *host, const host_job_ops *ops, pirn_host_done done, void *user)
{
    host_job *job = base_alloc_zero(host->allocator, sizeof *job);
    if (job == NULL)
        return NULL;
    job->host = host;
    job->ops = ops;
    job->done = done;
    job->user = user;
    host_link_init(&job->link);
    host_link_init(&job->waits);
    host->job_count++;
    return job;
}

static void free_job(host_job *job)
{
    pirn_host *host = job->host;
    host_waits_abandon(job);
    job->ops->forget(job);
    host_watchdog_remove(&host->watchdog, &job->watch);
    host_link_remove(&job->link);
    host->job_count--;
    pirn_error_free(job->error);
    base_free(host->allocator, job, sizeof *job);
}

/* It has returned PENDING. */
static void park(host_job *job)
{
    job->state = job->is_woken ? HOST_JOB_READY : HOST_JOB_WAITING;
    if (job->is_woken)
        append_ready(job);
    else
        host_link_append(&job->host->waiting, &job->link);
}

/* It has ended before host_run() could see it: what is to be told is kept. */
static void end_early(host_job *job, pirn_status status)
{
    pirn_host *host = job->host;
    job->state = HOST_JOB_ENDED;
    job->status = status;
    if (status != PIRN_OK && (job->error = pirn_error_new(host->allocator)) != NULL)
        pirn_error_copy(job->error, host->error);
    append_ready(job);
}

/* Tells what host->error says, or if it is empty what the status says. */
static void tell(host_job *job, pirn_status status)
{
    pirn_host *host = job->host;
    pirn_host_done done = job->done;
    void *user = job->user;
    pirn_error *error = host->error;
    if (host_job_is_expired(job) && status == PIRN_EXHAUSTED)
        base_fail(error, status, PIRN_NO_OFFSET, "the time limit was reached while waiting");
    else if (status != PIRN_OK)
        base_fail(error, status, PIRN_NO_OFFSET, "the call ended: %s", pirn_status_name(status));
    free_job(job);
    host->error = host->spare_error;
    host->spare_error = error;
    done(user, status, error);
}

static void resume(host_job *job)
{
    host_link_remove(&job->link);
    pirn_error_clear(job->host->error);
    if (job->state == HOST_JOB_ENDED) {
        if (job->error != NULL)
            pirn_error_copy(job->host->error, job->error);
        tell(job, job->status);
        return;
    }
    job->state = HOST_JOB_RUNNING;
    job->is_woken = false;
    pirn_status status = job->ops->resume(job, job->host->error);
    if (status == PIRN_PENDING)
        park(job);
    else
        tell(job, status);
}

/* ---- Starting and running -------------------------------------------------------------------------------------- */

/* What a started job has come to before pirn_host_start() returns. */
static void settle(host_job *job, pirn_status status)
{
    if (status == PIRN_PENDING)
        park(job);
    else
        end_early(job, status);
}

static pirn_status resume_task(host_job *job, pirn_error *error)
{
    return pirn_task_resume(job->task, error);
}

static void forget_task(host_job *job)
{
    pirn_task_set_data(job->task, NULL);
}

static const host_job_ops task_ops = {resume_task, forget_task};

pirn_status pirn_host_start(pirn_host *host, pirn_task *task, const pirn_component_func *func, const void *args,
                            uint64_t timeout_ns, pirn_host_done done, void *user, pirn_error *error)
{
    host_job *job = new_job(host, &task_ops, done, user);
    if (job == NULL)
        return base_nomem(error);
    job->task = task;
    pirn_task_set_data(task, job);
    pirn_store *store = pirn_component_instance_store(pirn_task_instance(task));
    if (!host_watchdog_add(&host->watchdog, &job->watch, store, host_deadline(timeout_ns))) {
        free_job(job);
        return base_nomem(error);
    }
    host_sigpipe guard = host_sigpipe_block();
    pirn_error_clear(host->error);
    settle(job, pirn_task_start(task, func, args, host->error));
    host_sigpipe_unblock(&guard);
    return PIRN_OK;
}

static pirn_status resume_call(host_job *job, pirn_error *error)
{
    return pirn_call_resume(job->call, error);
}

static void forget_call(host_job *job)
{
    pirn_call_set_data(job->call, NULL);
}

static const host_job_ops call_ops = {resume_call, forget_call};

pirn_status pirn_host_start_call(pirn_host *host, pirn_call *call, pirn_func *func, const pirn_slot *args,
                                 uint64_t timeout_ns, pirn_host_done done, void *user, pirn_error *error)
{
    host_job *job = new_job(host, &call_ops, done, user);
    if (job == NULL)
        return base_nomem(error);
    job->call = call;
    pirn_call_set_data(call, job);
    if (!host_watchdog_add(&host->watchdog, &job->watch, pirn_call_store(call), host_deadline(timeout_ns))) {
        free_job(job);
        return base_nomem(error);
    }
    host_sigpipe guard = host_sigpipe_block();
    pirn_error_clear(host->error);
    settle(job, pirn_call_start(call, func, args, host->error));
    host_sigpipe_unblock(&guard);
    return PIRN_OK;
}

/* Those that become ready while others run have their turn after the next look at the loop. */
static void resume_ready(pirn_host *host)
{
    host_link now;
    host_link_take(&now, &host->ready);
    uv_idle_stop(&host->idle);
    while (!host_link_is_alone(&now))
        resume(HOST_OBJECT_OF(now.next, host_job, link));
}

void pirn_host_run(pirn_host *host)
{
    host_sigpipe guard = host_sigpipe_block();
    resume_ready(host);
    while (host->job_count > 0) {
        uv_run(&host->loop, UV_RUN_ONCE);
        resume_ready(host);
    }
    host_sigpipe_unblock(&guard);
}

void pirn_host_abandon_task(pirn_host *host, pirn_task *task)
{
    (void)host;
    host_job *job = pirn_task_data(task);
    if (job != NULL)
        free_job(job);
}

void pirn_host_abandon_call(pirn_host *host, pirn_call *call)
{
    (void)host;
    host_job *job = pirn_call_data(call);
    if (job != NULL)
        free_job(job);
}

host_job *host_job_of_call(const pirn_host_call *call)
{
    pirn_task *task = pirn_host_call_task(call);
    return task != NULL ? pirn_task_data(task) : NULL;
}

host_job *host_job_of_frame(pirn_frame *frame)
{
    pirn_call *call = pirn_frame_call(frame);
    return call != NULL ? pirn_call_data(call) : NULL;
}

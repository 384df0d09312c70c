/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads of scripts are threads of the operating system. Each has its own store and its own names; it sees of its
 * parent the instances that the script lists, and of those it can use what may be shared: memories. Its log is its
 * own until someone waits for it, so that no log is written by two.
 */
#include "conformance/run.h"

struct wast_thread {
    pirn_str id;
    pthread_t handle;
    bool is_running;
    wast_command command; /* a copy: the caller reads the next one into its own */
    wast_log log;
    wast_run run;
};

static void *run_thread(void *data)
{
    wast_thread *thread = data;
    for (size_t i = 0; i < thread->command.body_count; i++)
        wast_execute(&thread->run, &thread->command.body[i]);
    wast_threads_done(&thread->run);
    return NULL;
}

static pirn_status share(wast_run *parent, wast_thread *thread)
{
    for (size_t i = 0; i < thread->command.shared_count; i++) {
        wast_instance *found = wast_find_instance(parent, thread->command.shared[i]);
        if (found == NULL)
            return PIRN_USAGE;
        wast_instance entry = *found;
        entry.is_foreign = true;
        if (!BASE_VEC_PUSH(&thread->run.instances, thread->run.allocator, entry))
            return PIRN_NOMEM;
    }
    return PIRN_OK;
}

static pirn_status start(wast_run *parent, wast_thread *thread)
{
    PIRN_TRY(share(parent, thread));
    if (pthread_create(&thread->handle, NULL, run_thread, thread) != 0)
        return pirn_error_set(parent->error, PIRN_LIMIT, "the system starts no more threads");
    thread->is_running = true;
    return PIRN_OK;
}

pirn_status wast_thread_start(wast_run *run, const wast_command *command)
{
    wast_thread *thread = base_arena_zero(&run->arena, sizeof *thread);
    if (thread == NULL || !BASE_VEC_RESERVE(&run->threads, run->allocator, 1))
        return pirn_error_set(run->error, PIRN_NOMEM, "out of memory");
    thread->id = command->id;
    thread->command = *command;
    wast_log_init(&thread->log, -1);
    PIRN_TRY(wast_run_init(&thread->run, run->engine, run->pool, &thread->log));
    thread->run.absent_features = run->absent_features;
    run->threads.data[run->threads.len++] = thread;
    return start(run, thread);
}

static void join(wast_run *run, wast_thread *thread)
{
    if (!thread->is_running)
        return;
    pthread_join(thread->handle, NULL);
    thread->is_running = false;
    wast_log_append(run->log, &thread->log);
}

pirn_status wast_thread_wait(wast_run *run, pirn_str id)
{
    for (size_t i = run->threads.len; i > 0; i--) {
        wast_thread *thread = run->threads.data[i - 1];
        if (!pirn_str_eq(thread->id, id))
            continue;
        if (!thread->is_running)
            return pirn_error_set(run->error, PIRN_USAGE, "the thread does not run");
        join(run, thread);
        return PIRN_OK;
    }
    return pirn_error_set(run->error, PIRN_USAGE, "there is no thread $%.*s", (int)id.len, id.data);
}

void wast_threads_done(wast_run *run)
{
    for (size_t i = 0; i < run->threads.len; i++) {
        join(run, run->threads.data[i]);
        wast_run_done(&run->threads.data[i]->run);
        wast_log_done(&run->threads.data[i]->log);
    }
    BASE_VEC_DONE(&run->threads, run->allocator);
}

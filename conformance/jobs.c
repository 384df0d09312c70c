/* SPDX-License-Identifier: Apache-2.0 */
/* A pool of processes, and the loop that reads from all of them. */
#include "conformance/jobs.h"
#include "conformance/files.h"
#include "conformance/run.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_AT_A_TIME = 64 };

typedef struct worker {
    wast_job *job; /* NULL: free */
    pid_t pid;
    int fd;
    int64_t deadline_ms; /* INT64_MAX: none */
    bool is_late;
} worker;

typedef struct pool {
    worker workers[MAX_AT_A_TIME];
    unsigned size;
    const pirn_wast_options *options;
} pool;

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void run_job(const char *path, const pirn_wast_options *options, wast_log *log)
{
    pirn_str text;
    pirn_error *error = pirn_error_new(NULL);
    pirn_status status = wast_read_file(path, &text, error);
    if (status == PIRN_OK) {
        status = wast_run_script(path, text, options, log, error);
        wast_file_done(&text);
    }
    if (status != PIRN_OK)
        wast_log_add(log, PIRN_WAST_FAILED, 0, "", "the script is run", pirn_error_message(error));
    pirn_error_free(error);
}

/* ---- One process ----------------------------------------------------------------------------------------------- */

/* Only what is async-signal-safe in a program with threads would be right here; the program has none yet. */
static void run_child(const char *path, const pirn_wast_options *options, int fd)
{
    wast_log log;
    wast_log_init(&log, fd);
    run_job(path, options, &log);
    wast_log_flush(&log);
    wast_log_done(&log);
    _exit(0);
}

static pirn_status start(pool *p, worker *w, wast_job *job, pirn_error *error)
{
    int ends[2];
    if (pipe(ends) != 0)
        return pirn_error_set(error, PIRN_IO, "no pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        run_child(job->path, p->options, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return pirn_error_set(error, PIRN_IO, "no process: %s", strerror(errno));
    }
    int64_t timeout_ms = (int64_t)p->options->timeout_s * 1000;
    int64_t deadline_ms = timeout_ms > 0 ? now_ms() + timeout_ms : INT64_MAX;
    *w = (worker){.job = job, .pid = pid, .fd = ends[0], .deadline_ms = deadline_ms};
    return PIRN_OK;
}

/* Where the log ends: the last command that began. */
static pirn_wast_event last_begun(const wast_log *log)
{
    wast_record record;
    pirn_wast_event last = {.command = ""};
    for (size_t at = 0; wast_log_read(log->bytes.data, log->bytes.len, &at, &record);) {
        if (record.is_begin)
            last = record.event;
    }
    return last;
}

/* A record that was cut off is dropped, so that another can follow. */
static void drop_cut_record(wast_log *log)
{
    wast_record record;
    size_t at = 0;
    while (wast_log_read(log->bytes.data, log->bytes.len, &at, &record))
        continue;
    log->bytes.len = at;
}

static void finish(worker *w)
{
    int state;
    char actual[128];
    close(w->fd);
    while (waitpid(w->pid, &state, 0) < 0 && errno == EINTR)
        continue;
    wast_job *job = w->job;
    w->job = NULL;
    if (WIFEXITED(state) && WEXITSTATUS(state) == 0)
        return;
    if (w->is_late)
        snprintf(actual, sizeof actual, "it took too long and was stopped; what follows it was not run");
    else if (WIFSIGNALED(state))
        snprintf(actual, sizeof actual, "the process ended: %s; what follows was not run",
                 strsignal(WTERMSIG(state)));
    else
        snprintf(actual, sizeof actual, "the process ended with code %d; what follows was not run",
                 WEXITSTATUS(state));
    drop_cut_record(&job->log);
    pirn_wast_event last = last_begun(&job->log);
    char *command = strdup(last.command);
    wast_log_add(&job->log, PIRN_WAST_FAILED, last.line, command != NULL ? command : "", "the command ends", actual);
    free(command);
}

/* ---- All ------------------------------------------------------------------------------------------------------- */

/* Reads what there is; ends the worker at its end. */
static void receive(worker *w)
{
    wast_log *log = &w->job->log;
    if (!BASE_VEC_RESERVE(&log->bytes, pirn_allocator_default(), 1 << 16)) {
        log->failed = true;
        kill(w->pid, SIGKILL);
        finish(w);
        return;
    }
    ssize_t got = read(w->fd, log->bytes.data + log->bytes.len, log->bytes.cap - log->bytes.len);
    if (got > 0)
        log->bytes.len += (size_t)got;
    else if (got == 0 || errno != EINTR)
        finish(w);
}

static void stop_late(pool *p)
{
    int64_t now = now_ms();
    for (unsigned i = 0; i < p->size; i++) {
        worker *w = &p->workers[i];
        if (w->job == NULL || w->is_late || now < w->deadline_ms)
            continue;
        w->is_late = true;
        kill(w->pid, SIGKILL);
    }
}

/* Waits for one of them to say something. */
static void wait_for_some(pool *p)
{
    struct pollfd fds[MAX_AT_A_TIME];
    enum { LOOK_AT_CLOCK_MS = 200 };
    for (unsigned i = 0; i < p->size; i++)
        fds[i] = (struct pollfd){.fd = p->workers[i].job != NULL ? p->workers[i].fd : -1, .events = POLLIN};
    if (poll(fds, p->size, LOOK_AT_CLOCK_MS) > 0) {
        for (unsigned i = 0; i < p->size; i++) {
            if (fds[i].revents != 0)
                receive(&p->workers[i]);
        }
    }
    stop_late(p);
}

static worker *find_free(pool *p)
{
    for (unsigned i = 0; i < p->size; i++) {
        if (p->workers[i].job == NULL)
            return &p->workers[i];
    }
    return NULL;
}

static bool is_busy(const pool *p)
{
    for (unsigned i = 0; i < p->size; i++) {
        if (p->workers[i].job != NULL)
            return true;
    }
    return false;
}

static pirn_status run_in_processes(wast_job *jobs, size_t count, pool *p, pirn_error *error)
{
    pirn_status status = PIRN_OK;
    size_t next = 0;
    fflush(NULL); /* what is buffered must not be written twice */
    while ((next < count && status == PIRN_OK) || is_busy(p)) {
        worker *w = next < count && status == PIRN_OK ? find_free(p) : NULL;
        if (w != NULL)
            status = start(p, w, &jobs[next++], error);
        else
            wait_for_some(p);
    }
    return status;
}

pirn_status wast_run_jobs(wast_job *jobs, size_t count, const pirn_wast_options *options, pirn_error *error)
{
    if (options->jobs > 0) {
        pool p = {.size = options->jobs < MAX_AT_A_TIME ? options->jobs : MAX_AT_A_TIME, .options = options};
        return run_in_processes(jobs, count, &p, error);
    }
    for (size_t i = 0; i < count; i++)
        run_job(jobs[i].path, options, &jobs[i].log);
    return PIRN_OK;
}

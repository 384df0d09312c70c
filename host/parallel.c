/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads for loading big modules. They are started for one piece of work and end with it: that costs less than a
 * millisecond, and a process that loads once keeps none. Where no thread can be had, the caller does their part.
 */
#include "host/include/pirn/host.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <uv.h>

enum { MOST_THREADS = 16 };

typedef struct shared_work {
    pirn_parallel_work *work;
    void *data;
    uint32_t count;
    atomic_uint_fast32_t next;
} shared_work;

static void *take_all(void *arg)
{
    shared_work *shared = arg;
    for (uint_fast32_t i; (i = atomic_fetch_add(&shared->next, 1)) < shared->count;)
        shared->work(shared->data, (uint32_t)i);
    return NULL;
}

static void run_parallel(void *user, uint32_t count, pirn_parallel_work *work, void *data)
{
    (void)user;
    shared_work shared = {.work = work, .data = data, .count = count};
    pthread_t threads[MOST_THREADS];
    uint32_t started = 0;
    sigset_t all, before;
    sigfillset(&all); /* the embedder's signals are not for these threads */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (started + 1 < count && started < MOST_THREADS &&
           pthread_create(&threads[started], NULL, take_all, &shared) == 0)
        started++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    take_all(&shared);
    for (uint32_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

pirn_parallel pirn_host_parallel(void)
{
    unsigned processors = uv_available_parallelism();
    return (pirn_parallel){.run = run_parallel, .threads = processors < MOST_THREADS ? processors : MOST_THREADS};
}

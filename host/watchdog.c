/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interrupt is asked for under the lock, so after host_watchdog_remove() none can come any more. The thread is
 * woken only by a deadline that is earlier than all others: with one and the same limit for all guests, hardly
 * ever.
 */
#include "host/watchdog.h"
#include "host/loop.h"
#include <signal.h>
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

static void expire(host_watchdog *dog, host_watch *watch)
{
    host_heap_remove(&dog->heap, &watch->node);
    atomic_store(&watch->is_expired, true);
    pirn_store_interrupt(watch->store);
    dog->expired(dog->user);
}

static void *watch_clock(void *arg)
{
    host_watchdog *dog = arg;
    pthread_mutex_lock(&dog->lock);
    while (!dog->is_stopping) {
        host_heap_node *first = host_heap_first(&dog->heap);
        if (first == NULL) {
            pthread_cond_wait(&dog->changed, &dog->lock);
        } else if (first->deadline_ns <= host_now()) {
            expire(dog, HOST_OBJECT_OF(first, host_watch, node));
        } else {
            struct timespec until = {.tv_sec = (time_t)(first->deadline_ns / NS_PER_S),
                                     .tv_nsec = (long)(first->deadline_ns % NS_PER_S)};
            pthread_cond_timedwait(&dog->changed, &dog->lock, &until);
        }
    }
    pthread_mutex_unlock(&dog->lock);
    return NULL;
}

bool host_watchdog_init(host_watchdog *dog, const pirn_allocator *allocator, void (*expired)(void *user), void *user)
{
    *dog = (host_watchdog){.expired = expired, .user = user};
    host_heap_init(&dog->heap, allocator);
    pthread_condattr_t monotonic;
    if (pthread_condattr_init(&monotonic) != 0)
        return false;
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    bool ok = pthread_cond_init(&dog->changed, &monotonic) == 0;
    pthread_condattr_destroy(&monotonic);
    return ok && pthread_mutex_init(&dog->lock, NULL) == 0;
}

void host_watchdog_done(host_watchdog *dog)
{
    if (dog->is_running) {
        pthread_mutex_lock(&dog->lock);
        dog->is_stopping = true;
        pthread_cond_signal(&dog->changed);
        pthread_mutex_unlock(&dog->lock);
        pthread_join(dog->thread, NULL);
    }
    pthread_cond_destroy(&dog->changed);
    pthread_mutex_destroy(&dog->lock);
    host_heap_done(&dog->heap);
}

/* The embedder's signals are not for the watchdog's thread. */
static bool start_thread(host_watchdog *dog)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = pthread_create(&dog->thread, NULL, watch_clock, dog) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

bool host_watchdog_add(host_watchdog *dog, host_watch *watch, pirn_store *store, uint64_t deadline_ns)
{
    if (deadline_ns == UINT64_MAX)
        return true;
    pthread_mutex_lock(&dog->lock);
    if (!dog->is_running)
        dog->is_running = start_thread(dog);
    watch->store = store;
    bool ok = dog->is_running && host_heap_add(&dog->heap, &watch->node, deadline_ns);
    if (ok && watch->node.place == 1)
        pthread_cond_signal(&dog->changed);
    pthread_mutex_unlock(&dog->lock);
    return ok;
}

void host_watchdog_remove(host_watchdog *dog, host_watch *watch)
{
    if (watch->store == NULL)
        return;
    pthread_mutex_lock(&dog->lock);
    host_heap_remove(&dog->heap, &watch->node);
    pthread_mutex_unlock(&dog->lock);
    if (atomic_load(&watch->is_expired))
        pirn_store_clear_interrupt(watch->store);
}

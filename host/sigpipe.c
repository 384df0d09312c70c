/* SPDX-License-Identifier: Apache-2.0 */
#include "host/sigpipe.h"
#include <pthread.h>
#include <time.h>

static sigset_t only_sigpipe(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

host_sigpipe host_sigpipe_block(void)
{
    host_sigpipe guard;
    sigset_t pending, pipe = only_sigpipe();
    sigpending(&pending);
    guard.was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe, &guard.before);
    return guard;
}

void host_sigpipe_unblock(const host_sigpipe *guard)
{
    sigset_t pipe = only_sigpipe();
    if (!guard->was_pending)
        sigtimedwait(&pipe, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing to a pipe without a reader must fail with EPIPE, not end the process. The process's setting is not ours to
 * change; so the signal is blocked in this thread while guests run, and one that came meanwhile is taken away.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

typedef struct host_sigpipe {
    sigset_t before;
    bool was_pending;
} host_sigpipe;

host_sigpipe host_sigpipe_block(void);
void host_sigpipe_unblock(const host_sigpipe *guard);

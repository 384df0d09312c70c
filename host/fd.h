/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting for file descriptors: one watch of the loop for each descriptor, however many guests wait for it, and only
 * while one does. The descriptor's own flags stay as they are: it may be shared with other processes (a terminal is).
 */
#pragma once

#include "host/poll.h"

typedef enum host_fd_event {
    HOST_FD_READABLE,
    HOST_FD_WRITABLE,
} host_fd_event;

/* Is it so now? An error or a hang-up counts: reading or writing will tell. */
bool host_fd_ready(int fd, host_fd_event event);
/* Wakes the waiter when it may be so. False: out of memory, or the descriptor cannot be waited for. */
bool host_fd_arm(pirn_host *host, int fd, host_fd_event event, host_waiter *waiter);
/* Can it be waited for (pipes, sockets, terminals), or is it always ready (files)? */
bool host_fd_can_wait(int fd);

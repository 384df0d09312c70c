/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A watch lives from the first waiter for its descriptor to the last, so that a descriptor which is closed and
 * opened anew never meets an old watch. libuv sets O_NONBLOCK when it begins to watch; that is undone, since all
 * who share the descriptor would feel it, and nothing here needs it.
 */
#include "host/fd.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

struct host_fd_watch {
    uv_poll_t uv;
    pirn_host *host;
    int fd;
    host_link waiters[2]; /* by host_fd_event */
};

static const struct {
    short poll;
    int uv;
} event_bits[] = {
    [HOST_FD_READABLE] = {POLLIN, UV_READABLE | UV_DISCONNECT},
    [HOST_FD_WRITABLE] = {POLLOUT, UV_WRITABLE},
};

bool host_fd_ready(int fd, host_fd_event event)
{
    struct pollfd poll_fd = {.fd = fd, .events = event_bits[event].poll};
    return poll(&poll_fd, 1, 0) > 0;
}

bool host_fd_can_wait(int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return false;
    return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || isatty(fd);
}

static void on_event(uv_poll_t *uv, int status, int events)
{
    host_fd_watch *watch = uv->data;
    for (size_t i = 0; i < BASE_COUNT(watch->waiters); i++) {
        if (status < 0 || (events & event_bits[i].uv) != 0)
            host_waiters_wake(&watch->waiters[i]);
    }
}

static void free_watch(uv_handle_t *handle)
{
    host_fd_watch *watch = handle->data;
    base_free(watch->host->allocator, watch, sizeof *watch);
}

/* Begins to watch without changing the descriptor's flags. */
static bool init_watch(host_fd_watch *watch, pirn_host *host, int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || uv_poll_init(&host->loop, &watch->uv, fd) != 0)
        return false;
    if ((flags & O_NONBLOCK) == 0)
        fcntl(fd, F_SETFL, flags);
    watch->uv.data = watch;
    watch->host = host;
    watch->fd = fd;
    for (size_t i = 0; i < BASE_COUNT(watch->waiters); i++)
        host_link_init(&watch->waiters[i]);
    return true;
}

/* Makes room for the descriptor in the host's table. */
static bool reserve_place(pirn_host *host, int fd)
{
    size_t count = (size_t)fd + 1;
    if (count <= host->fds.len)
        return true;
    if (!BASE_VEC_RESERVE(&host->fds, host->allocator, count - host->fds.len))
        return false;
    while (host->fds.len < count)
        host->fds.data[host->fds.len++] = NULL;
    return true;
}

static host_fd_watch *watch_of(pirn_host *host, int fd)
{
    if (!reserve_place(host, fd))
        return NULL;
    if (host->fds.data[fd] != NULL)
        return host->fds.data[fd];
    host_fd_watch *watch = base_alloc_zero(host->allocator, sizeof *watch);
    if (watch == NULL)
        return NULL;
    if (!init_watch(watch, host, fd)) {
        base_free(host->allocator, watch, sizeof *watch);
        return NULL;
    }
    host->fds.data[fd] = watch;
    return watch;
}

/* Watches for what is waited for now, or not at all. */
static bool update(host_fd_watch *watch)
{
    int events = 0;
    for (size_t i = 0; i < BASE_COUNT(watch->waiters); i++)
        events |= host_link_is_alone(&watch->waiters[i]) ? 0 : event_bits[i].uv;
    if (events != 0)
        return uv_poll_start(&watch->uv, events, on_event) == 0;
    watch->host->fds.data[watch->fd] = NULL;
    uv_close((uv_handle_t *)&watch->uv, free_watch);
    return true;
}

static void disarm(host_waiter *waiter)
{
    update(waiter->armed_at);
}

bool host_fd_arm(pirn_host *host, int fd, host_fd_event event, host_waiter *waiter)
{
    host_fd_watch *watch = fd >= 0 ? watch_of(host, fd) : NULL;
    if (watch == NULL)
        return false;
    host_link_append(&watch->waiters[event], &waiter->link);
    waiter->armed_at = watch;
    waiter->disarm = disarm;
    return update(watch);
}

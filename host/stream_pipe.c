/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams on pipes, sockets and terminals. Their descriptors may be shared with other processes and are in blocking
 * mode as a rule; so the system is asked before each transfer whether it would block, and at most PIPE_BUF bytes
 * are written, which a writable pipe takes whole.
 */
#include "host/fd.h"
#include "host/stream.h"
#include <errno.h>
#include <limits.h>
#include <unistd.h>

static bool is_transient(int code)
{
    return code == EINTR || code == EAGAIN || code == EWOULDBLOCK;
}

/* ---- Input ----------------------------------------------------------------------------------------------------- */

typedef struct pipe_input {
    host_input stream;
    host_file *file;
} pipe_input;

static pipe_input *input_of(host_source *source)
{
    return (pipe_input *)HOST_OBJECT_OF(source, host_input, source);
}

static int read_pipe(host_input *stream, void *bytes, size_t size, size_t *got)
{
    int fd = ((pipe_input *)stream)->file->fd;
    if (!host_fd_ready(fd, HOST_FD_READABLE))
        return 0;
    ssize_t count = read(fd, bytes, size);
    if (count < 0)
        return is_transient(errno) ? 0 : errno;
    *got = (size_t)count;
    return count == 0 ? HOST_CLOSED : 0;
}

static void input_done(host_input *stream)
{
    host_file_unref(((pipe_input *)stream)->file);
}

static bool input_ready(host_source *source)
{
    pipe_input *pipe = input_of(source);
    return pipe->stream.is_closed || host_fd_ready(pipe->file->fd, HOST_FD_READABLE);
}

static bool input_arm(host_source *source, host_waiter *waiter)
{
    pipe_input *pipe = input_of(source);
    if (!pipe->stream.is_closed)
        return host_fd_arm(pipe->file->host, pipe->file->fd, HOST_FD_READABLE, waiter);
    host_waiter_wake(waiter);
    return true;
}

host_input *host_input_new_pipe(host_context *context, host_file *file)
{
    static const host_input_ops ops = {.read = read_pipe, .done = input_done};
    static const host_source_ops source = {input_ready, input_arm};
    pipe_input *pipe = host_input_new(context, sizeof *pipe, &ops, &source);
    if (pipe == NULL)
        return NULL;
    pipe->file = host_file_ref(file);
    return &pipe->stream;
}

/* ---- Output ---------------------------------------------------------------------------------------------------- */

/* What a socket took only a part of waits in `rest`; until it is gone nothing more is taken. */
typedef struct pipe_output {
    host_output stream;
    host_file *file;
    size_t rest_start, rest_end;
    char rest[PIPE_BUF];
} pipe_output;

static pipe_output *output_of(host_source *source)
{
    return (pipe_output *)HOST_OBJECT_OF(source, host_output, source);
}

/* Writes what goes; *count may be 0. A reader that has gone closes the stream. */
static int write_some(int fd, const char *bytes, size_t size, size_t *count)
{
    *count = 0;
    if (!host_fd_ready(fd, HOST_FD_WRITABLE))
        return 0;
    ssize_t written = write(fd, bytes, size);
    if (written < 0)
        return is_transient(errno) ? 0 : errno == EPIPE ? HOST_CLOSED : errno;
    *count = (size_t)written;
    return 0;
}

static bool has_rest(const pipe_output *pipe)
{
    return pipe->rest_start < pipe->rest_end;
}

static int flush_pipe(host_output *stream, bool *is_flushed)
{
    pipe_output *pipe = (pipe_output *)stream;
    int status = 0;
    if (has_rest(pipe)) {
        size_t count;
        status = write_some(pipe->file->fd, pipe->rest + pipe->rest_start, pipe->rest_end - pipe->rest_start, &count);
        pipe->rest_start += count;
    }
    *is_flushed = !has_rest(pipe);
    return status;
}

static int check_pipe(host_output *stream, size_t *permit)
{
    pipe_output *pipe = (pipe_output *)stream;
    bool is_flushed;
    int status = flush_pipe(stream, &is_flushed);
    if (status == 0 && is_flushed && host_fd_ready(pipe->file->fd, HOST_FD_WRITABLE)) {
        pipe->rest_start = pipe->rest_end = 0;
        *permit = sizeof pipe->rest;
    }
    return status;
}

/* What is not written at once is kept behind what was kept before: all since the last check fits. */
static int write_pipe(host_output *stream, const void *bytes, size_t size)
{
    pipe_output *pipe = (pipe_output *)stream;
    size_t count = 0;
    int status = has_rest(pipe) ? 0 : write_some(pipe->file->fd, bytes, size, &count);
    if (status != 0)
        return status;
    memcpy(pipe->rest + pipe->rest_end, (const char *)bytes + count, size - count);
    pipe->rest_end += size - count;
    return 0;
}

static void output_done(host_output *stream)
{
    host_file_unref(((pipe_output *)stream)->file);
}

static bool output_ready(host_source *source)
{
    pipe_output *pipe = output_of(source);
    return pipe->stream.is_closed || host_fd_ready(pipe->file->fd, HOST_FD_WRITABLE);
}

static bool output_arm(host_source *source, host_waiter *waiter)
{
    pipe_output *pipe = output_of(source);
    if (!pipe->stream.is_closed)
        return host_fd_arm(pipe->file->host, pipe->file->fd, HOST_FD_WRITABLE, waiter);
    host_waiter_wake(waiter);
    return true;
}

host_output *host_output_new_pipe(host_context *context, host_file *file)
{
    static const host_output_ops ops = {
        .check = check_pipe, .write = write_pipe, .flush = flush_pipe, .done = output_done};
    static const host_source_ops source = {output_ready, output_arm};
    pipe_output *pipe = host_output_new(context, sizeof *pipe, &ops, &source);
    if (pipe == NULL)
        return NULL;
    pipe->file = host_file_ref(file);
    return &pipe->stream;
}

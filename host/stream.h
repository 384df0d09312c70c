/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams of bytes: wasi:io/streams, and beneath the file functions of preview 1. A kind of stream is a table of
 * functions; none of them ever waits. Who must wait does so for the stream's source (host/poll.h).
 *
 * Results of reading and writing are an int: 0, HOST_CLOSED, or an errno value. After a failure a stream is closed.
 */
#pragma once

#include "host/file.h"
#include "host/poll.h"

#define HOST_CLOSED (-1)

/* The most that one read, write permit or splice moves: bounds the memory that a call can claim. */
#define HOST_STREAM_CHUNK ((size_t)1 << 20)

/* ---- Errors: wasi:io/error.error ------------------------------------------------------------------------------- */

/* Whose vocabulary `code` is: only the functions of that package can downcast the error. */
typedef enum host_error_domain {
    HOST_ERROR_IO,         /* errno of a stream that is no file */
    HOST_ERROR_FILESYSTEM, /* errno */
    HOST_ERROR_NETWORK,    /* errno */
} host_error_domain;

typedef struct host_error {
    host_object object;
    host_error_domain domain;
    int code;
} host_error;

host_error *host_error_new(host_context *context, host_error_domain domain, int code);

/* ---- Input ----------------------------------------------------------------------------------------------------- */

typedef struct host_input_ops {
    /* Up to `size` bytes that are there now; *got == 0 with 0: none yet. */
    int (*read)(host_input *stream, void *bytes, size_t size, size_t *got);
    void (*done)(host_input *stream); /* may be NULL */
    host_error_domain domain;
} host_input_ops;

struct host_input {
    host_object object;
    host_source source; /* ready: a read would give bytes, a failure or the end */
    const host_input_ops *ops;
    bool is_closed;
};

/* Reads; sets is_closed at the end or after a failure. `size` > 0. */
int host_input_read(host_input *stream, void *bytes, size_t size, size_t *got);

/* A zeroed stream object of `size` bytes that begins with a host_input. For kinds of streams. */
void *host_input_new(host_context *context, size_t size, const host_input_ops *ops, const host_source_ops *source);

/* At its end from the beginning. */
host_input *host_input_new_null(host_context *context);
/* Bytes that outlive the stream. */
host_input *host_input_new_memory(host_context *context, pirn_str bytes);
/* A pipe, socket or terminal: read when the system says that it is readable. Takes a reference of its own to the
 * file. */
host_input *host_input_new_pipe(host_context *context, host_file *file);
/* A regular file, read ahead in libuv's thread pool from `offset` on; HOST_FILE_POSITION: from the descriptor's
 * position. */
#define HOST_FILE_POSITION UINT64_MAX
host_input *host_input_new_file(host_context *context, host_file *file, uint64_t offset, host_error_domain domain);

/* ---- Output ---------------------------------------------------------------------------------------------------- */

typedef struct host_output_ops {
    /* How many bytes write() would take now; 0 with 0: none yet. */
    int (*check)(host_output *stream, size_t *permit);
    /* Takes all of `size` bytes; since the last check() no more than it said. */
    int (*write)(host_output *stream, const void *bytes, size_t size);
    /* Has all that was taken been given to the system? NULL: always. */
    int (*flush)(host_output *stream, bool *is_flushed);
    void (*done)(host_output *stream); /* may be NULL */
    host_error_domain domain;
} host_output_ops;

struct host_output {
    host_object object;
    host_source source; /* ready: check() would give more than 0, or a failure */
    const host_output_ops *ops;
    bool is_closed;
    size_t permit; /* what check-write gave and write did not use yet */
};

/* How many bytes may be written; sets is_closed after a failure. */
int host_output_check(host_output *stream, size_t *permit);
int host_output_write(host_output *stream, const void *bytes, size_t size);
int host_output_flush(host_output *stream, bool *is_flushed);

void *host_output_new(host_context *context, size_t size, const host_output_ops *ops, const host_source_ops *source);

/* Swallows everything. */
host_output *host_output_new_null(host_context *context);
/* Keeps at most `max_bytes`; a write beyond them fails with ENOSPC. */
host_output *host_output_new_memory(host_context *context, size_t max_bytes);
pirn_str host_output_memory(const host_output *stream);
/* A pipe or socket: written when the system says that it is writable. */
host_output *host_output_new_pipe(host_context *context, host_file *file);
/* A file or terminal, written directly: at `offset` on, at the descriptor's position, or at the file's end. */
#define HOST_FILE_APPEND (UINT64_MAX - 1)
host_output *host_output_new_file(host_context *context, host_file *file, uint64_t offset, host_error_domain domain);

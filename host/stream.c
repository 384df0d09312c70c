/* SPDX-License-Identifier: Apache-2.0 */
/* What all streams share, and the kinds that never wait: null and memory. */
#include "host/stream.h"
#include <errno.h>

/* ---- Errors ---------------------------------------------------------------------------------------------------- */

host_error *host_error_new(host_context *context, host_error_domain domain, int code)
{
    host_error *error = host_object_new(context, sizeof *error, NULL);
    if (error == NULL)
        return NULL;
    error->domain = domain;
    error->code = code;
    return error;
}

/* ---- All streams ----------------------------------------------------------------------------------------------- */

static bool source_always(host_source *source)
{
    (void)source;
    return true;
}

static bool arm_always(host_source *source, host_waiter *waiter)
{
    (void)source;
    host_waiter_wake(waiter);
    return true;
}

/* Of streams that never have to wait. */
static const host_source_ops always_ready = {source_always, arm_always};

static void input_done(host_object *object)
{
    host_input *stream = (host_input *)object;
    if (stream->ops->done != NULL)
        stream->ops->done(stream);
}

void *host_input_new(host_context *context, size_t size, const host_input_ops *ops, const host_source_ops *source)
{
    host_input *stream = host_object_new(context, size, input_done);
    if (stream == NULL)
        return NULL;
    stream->ops = ops;
    stream->source.ops = source;
    return stream;
}

int host_input_read(host_input *stream, void *bytes, size_t size, size_t *got)
{
    *got = 0;
    if (stream->is_closed)
        return HOST_CLOSED;
    int status = stream->ops->read(stream, bytes, size, got);
    stream->is_closed = status != 0;
    return status;
}

static void output_done(host_object *object)
{
    host_output *stream = (host_output *)object;
    if (stream->ops->done != NULL)
        stream->ops->done(stream);
}

void *host_output_new(host_context *context, size_t size, const host_output_ops *ops, const host_source_ops *source)
{
    host_output *stream = host_object_new(context, size, output_done);
    if (stream == NULL)
        return NULL;
    stream->ops = ops;
    stream->source.ops = source;
    return stream;
}

int host_output_check(host_output *stream, size_t *permit)
{
    *permit = 0;
    if (stream->is_closed)
        return HOST_CLOSED;
    int status = stream->ops->check(stream, permit);
    stream->is_closed = status != 0;
    return status;
}

int host_output_write(host_output *stream, const void *bytes, size_t size)
{
    if (stream->is_closed)
        return HOST_CLOSED;
    int status = size > 0 ? stream->ops->write(stream, bytes, size) : 0;
    stream->is_closed = status != 0;
    return status;
}

int host_output_flush(host_output *stream, bool *is_flushed)
{
    *is_flushed = true;
    if (stream->is_closed)
        return HOST_CLOSED;
    int status = stream->ops->flush != NULL ? stream->ops->flush(stream, is_flushed) : 0;
    stream->is_closed = status != 0;
    return status;
}

/* ---- Null ------------------------------------------------------------------------------------------------------ */

static int read_null(host_input *stream, void *bytes, size_t size, size_t *got)
{
    (void)stream;
    (void)bytes;
    (void)size;
    (void)got;
    return HOST_CLOSED;
}

host_input *host_input_new_null(host_context *context)
{
    static const host_input_ops ops = {.read = read_null};
    return host_input_new(context, sizeof(host_input), &ops, &always_ready);
}

static int check_null(host_output *stream, size_t *permit)
{
    (void)stream;
    *permit = HOST_STREAM_CHUNK;
    return 0;
}

static int write_null(host_output *stream, const void *bytes, size_t size)
{
    (void)stream;
    (void)bytes;
    (void)size;
    return 0;
}

host_output *host_output_new_null(host_context *context)
{
    static const host_output_ops ops = {.check = check_null, .write = write_null};
    return host_output_new(context, sizeof(host_output), &ops, &always_ready);
}

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

typedef struct memory_input {
    host_input stream;
    pirn_str rest;
} memory_input;

static int read_memory(host_input *stream, void *bytes, size_t size, size_t *got)
{
    pirn_str *rest = &((memory_input *)stream)->rest;
    if (rest->len == 0)
        return HOST_CLOSED;
    *got = size < rest->len ? size : rest->len;
    memcpy(bytes, rest->data, *got);
    rest->data += *got;
    rest->len -= *got;
    return 0;
}

host_input *host_input_new_memory(host_context *context, pirn_str bytes)
{
    static const host_input_ops ops = {.read = read_memory};
    memory_input *memory = host_input_new(context, sizeof *memory, &ops, &always_ready);
    if (memory == NULL)
        return NULL;
    memory->rest = bytes;
    return &memory->stream;
}

/* What is captured is the embedder's wish, so it is not charged to the guest. */
typedef struct memory_output {
    host_output stream;
    size_t max_bytes;
    const pirn_allocator *allocator;
    BASE_VEC(char) bytes;
} memory_output;

static int write_memory(host_output *stream, const void *bytes, size_t size)
{
    memory_output *memory = (memory_output *)stream;
    if (size > memory->max_bytes - memory->bytes.len)
        return ENOSPC;
    if (!BASE_VEC_RESERVE(&memory->bytes, memory->allocator, size))
        return ENOMEM;
    memcpy(memory->bytes.data + memory->bytes.len, bytes, size);
    memory->bytes.len += size;
    return 0;
}

static void memory_done(host_output *stream)
{
    memory_output *memory = (memory_output *)stream;
    BASE_VEC_DONE(&memory->bytes, memory->allocator);
}

host_output *host_output_new_memory(host_context *context, size_t max_bytes)
{
    static const host_output_ops ops = {.check = check_null, .write = write_memory, .done = memory_done};
    memory_output *memory = host_output_new(context, sizeof *memory, &ops, &always_ready);
    if (memory == NULL)
        return NULL;
    memory->max_bytes = max_bytes;
    memory->allocator = context->host->allocator;
    return &memory->stream;
}

pirn_str host_output_memory(const host_output *stream)
{
    const memory_output *memory = (const memory_output *)stream;
    return (pirn_str){memory->bytes.data, memory->bytes.len};
}

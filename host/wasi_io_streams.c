/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wasi:io/streams. A blocking function is its non-blocking twin, called again whenever the stream may have become
 * ready. A non-blocking function that has nothing to give lets the loop have a turn first: what it waits for may
 * need one, and a guest that asks again and again must not keep the others from running.
 */
#include "wasi_io_streams.h"
#include "host/stream.h"

/* Buffers for what the guest never sees. */
#define SCRATCH_BYTES ((size_t)64 << 10)

/* The most that a blocking-write-and-flush takes, as the interface says. */
#define BLOCKING_WRITE_BYTES 4096

static const char zeroes[BLOCKING_WRITE_BYTES];

typedef wasi_io_streams_stream_error stream_error;

static size_t at_most(uint64_t len, size_t limit)
{
    return len < limit ? (size_t)len : limit;
}

/* Describes why a stream failed. */
static pirn_status fail(pirn_host_call *call, host_error_domain domain, int status, stream_error *error)
{
    if (status == HOST_CLOSED) {
        error->tag = WASI_IO_STREAMS_STREAM_ERROR_CLOSED;
        return PIRN_OK;
    }
    error->tag = WASI_IO_STREAMS_STREAM_ERROR_LAST_OPERATION_FAILED;
    error->value.last_operation_failed = host_error_new(host_context_of(call), domain, status);
    return error->value.last_operation_failed != NULL ? PIRN_OK : host_call_no_memory(call);
}

/* The result of a function that gives a number of bytes. */
static pirn_status finish_count(pirn_host_call *call, host_error_domain domain, int status, size_t count,
                                wasi_io_streams_result_u64_stream_error *result)
{
    result->is_err = status != 0;
    if (status != 0)
        return fail(call, domain, status, &result->value.err);
    result->value.ok = count;
    return PIRN_OK;
}

/* ---- Input ----------------------------------------------------------------------------------------------------- */

void wasi_io_streams_input_stream_drop(void *host, struct host_input *self)
{
    host_object_drop(host, self);
}

typedef enum blocking {
    DO_NOT_BLOCK,
    DO_BLOCK,
} blocking;

/*
 * Reads up to `size` bytes; `resumed` is what host_call_resumed() has said. OK: *status is the stream's, and *got may
 * be 0 only for a failure, for size 0, or when it must not block.
 */
static pirn_status read_bytes(pirn_host_call *call, host_input *self, size_t size, blocking mode, bool resumed,
                              char **bytes, size_t *got, int *status)
{
    *got = 0;
    *status = self->is_closed ? HOST_CLOSED : 0;
    if (*status != 0 || size == 0)
        return PIRN_OK;
    if (mode == DO_BLOCK && !host_source_ready(&self->source))
        return host_call_wait(call, &self->source);
    *bytes = pirn_host_call_alloc(call, size);
    if (*bytes == NULL)
        return PIRN_NOMEM;
    *status = host_input_read(self, *bytes, size, got);
    if (*status != 0 || *got > 0)
        return PIRN_OK;
    if (mode == DO_BLOCK)
        return host_call_wait(call, &self->source);
    return resumed ? PIRN_OK : host_call_yield(call);
}

static pirn_status read_list(pirn_host_call *call, host_input *self, uint64_t len, blocking mode,
                             wasi_io_streams_result_list_u8_stream_error *result)
{
    char *bytes = NULL;
    size_t got = 0;
    int status = 0;
    bool resumed = host_call_resumed(call, NULL);
    PIRN_TRY(read_bytes(call, self, at_most(len, HOST_STREAM_CHUNK), mode, resumed, &bytes, &got, &status));
    result->is_err = status != 0;
    if (status != 0)
        return fail(call, self->ops->domain, status, &result->value.err);
    result->value.ok.data = (const uint8_t *)bytes;
    result->value.ok.len = got;
    return PIRN_OK;
}

pirn_status wasi_io_streams_input_stream_read(pirn_host_call *call,
                                              const struct wasi_io_streams_input_stream_read_args *args,
                                              wasi_io_streams_result_list_u8_stream_error *result)
{
    return read_list(call, args->self, args->len, DO_NOT_BLOCK, result);
}

pirn_status
wasi_io_streams_input_stream_blocking_read(pirn_host_call *call,
                                           const struct wasi_io_streams_input_stream_blocking_read_args *args,
                                           wasi_io_streams_result_list_u8_stream_error *result)
{
    return read_list(call, args->self, args->len, DO_BLOCK, result);
}

static pirn_status skip(pirn_host_call *call, host_input *self, uint64_t len, blocking mode,
                        wasi_io_streams_result_u64_stream_error *result)
{
    char *bytes = NULL;
    size_t got = 0;
    int status = 0;
    bool resumed = host_call_resumed(call, NULL);
    PIRN_TRY(read_bytes(call, self, at_most(len, SCRATCH_BYTES), mode, resumed, &bytes, &got, &status));
    return finish_count(call, self->ops->domain, status, got, result);
}

pirn_status wasi_io_streams_input_stream_skip(pirn_host_call *call,
                                              const struct wasi_io_streams_input_stream_skip_args *args,
                                              wasi_io_streams_result_u64_stream_error *result)
{
    return skip(call, args->self, args->len, DO_NOT_BLOCK, result);
}

pirn_status
wasi_io_streams_input_stream_blocking_skip(pirn_host_call *call,
                                           const struct wasi_io_streams_input_stream_blocking_skip_args *args,
                                           wasi_io_streams_result_u64_stream_error *result)
{
    return skip(call, args->self, args->len, DO_BLOCK, result);
}

static pirn_status subscribe(pirn_host_call *call, host_object *owner, host_source *source,
                             struct host_pollable **result)
{
    *result = host_pollable_new(host_context_of(call), owner, source);
    return *result != NULL ? PIRN_OK : host_call_no_memory(call);
}

pirn_status wasi_io_streams_input_stream_subscribe(pirn_host_call *call,
                                                   const struct wasi_io_streams_input_stream_subscribe_args *args,
                                                   struct host_pollable **result)
{
    return subscribe(call, &args->self->object, &args->self->source, result);
}

/* ---- Output ---------------------------------------------------------------------------------------------------- */

void wasi_io_streams_output_stream_drop(void *host, struct host_output *self)
{
    host_object_drop(host, self);
}

/* The result of a function that gives nothing but its success. */
static pirn_status finish(pirn_host_call *call, host_output *self, int status,
                          wasi_io_streams_result_none_stream_error *result)
{
    result->is_err = status != 0;
    return status != 0 ? fail(call, self->ops->domain, status, &result->value.err) : PIRN_OK;
}

pirn_status
wasi_io_streams_output_stream_check_write(pirn_host_call *call,
                                          const struct wasi_io_streams_output_stream_check_write_args *args,
                                          wasi_io_streams_result_u64_stream_error *result)
{
    host_output *self = args->self;
    bool resumed = host_call_resumed(call, NULL);
    int status = host_output_check(self, &self->permit);
    PIRN_TRY(finish_count(call, self->ops->domain, status, self->permit, result));
    return status != 0 || self->permit > 0 || resumed ? PIRN_OK : host_call_yield(call);
}

/* Takes `len` from what check-write has permitted. */
static pirn_status use_permit(pirn_host_call *call, host_output *self, uint64_t len)
{
    if (len > self->permit)
        return pirn_host_call_trap(call, "a write of %llu bytes, where check-write has permitted %zu",
                                   (unsigned long long)len, self->permit);
    self->permit -= (size_t)len;
    return PIRN_OK;
}

pirn_status wasi_io_streams_output_stream_write(pirn_host_call *call,
                                                const struct wasi_io_streams_output_stream_write_args *args,
                                                wasi_io_streams_result_none_stream_error *result)
{
    PIRN_TRY(use_permit(call, args->self, args->contents.len));
    return finish(call, args->self, host_output_write(args->self, args->contents.data, args->contents.len), result);
}

pirn_status
wasi_io_streams_output_stream_write_zeroes(pirn_host_call *call,
                                           const struct wasi_io_streams_output_stream_write_zeroes_args *args,
                                           wasi_io_streams_result_none_stream_error *result)
{
    PIRN_TRY(use_permit(call, args->self, args->len));
    int status = 0;
    for (size_t rest = (size_t)args->len; rest > 0 && status == 0; rest -= at_most(rest, sizeof zeroes))
        status = host_output_write(args->self, zeroes, at_most(rest, sizeof zeroes));
    return finish(call, args->self, status, result);
}

pirn_status wasi_io_streams_output_stream_flush(pirn_host_call *call,
                                                const struct wasi_io_streams_output_stream_flush_args *args,
                                                wasi_io_streams_result_none_stream_error *result)
{
    bool is_flushed;
    return finish(call, args->self, host_output_flush(args->self, &is_flushed), result);
}

/* Waits until all has been given to the system; `progress` stays what it is. */
static pirn_status flush_all(pirn_host_call *call, host_output *self, uint64_t progress,
                             wasi_io_streams_result_none_stream_error *result)
{
    bool is_flushed;
    int status = host_output_flush(self, &is_flushed);
    if (status == 0 && !is_flushed)
        return host_call_wait_with(call, &self->source, progress);
    return finish(call, self, status, result);
}

pirn_status
wasi_io_streams_output_stream_blocking_flush(pirn_host_call *call,
                                             const struct wasi_io_streams_output_stream_blocking_flush_args *args,
                                             wasi_io_streams_result_none_stream_error *result)
{
    host_call_resumed(call, NULL);
    return flush_all(call, args->self, 0, result);
}

/* Writes all, as far as it has not come already, and flushes. */
static pirn_status write_all(pirn_host_call *call, host_output *self, const void *bytes, uint64_t len,
                             wasi_io_streams_result_none_stream_error *result)
{
    uint64_t progress = 0;
    host_call_resumed(call, &progress);
    if (len > BLOCKING_WRITE_BYTES)
        return pirn_host_call_trap(call, "a blocking write of %llu bytes: at most %d are allowed",
                                   (unsigned long long)len, BLOCKING_WRITE_BYTES);
    self->permit = 0;
    while (progress < len) {
        size_t permit;
        int status = host_output_check(self, &permit);
        if (status == 0 && permit == 0)
            return host_call_wait_with(call, &self->source, progress);
        size_t size = at_most(len - progress, permit);
        if (status == 0)
            status = host_output_write(self, (const char *)bytes + progress, size);
        if (status != 0)
            return finish(call, self, status, result);
        progress += size;
    }
    return flush_all(call, self, progress, result);
}

pirn_status wasi_io_streams_output_stream_blocking_write_and_flush(
    pirn_host_call *call, const struct wasi_io_streams_output_stream_blocking_write_and_flush_args *args,
    wasi_io_streams_result_none_stream_error *result)
{
    return write_all(call, args->self, args->contents.data, args->contents.len, result);
}

pirn_status wasi_io_streams_output_stream_blocking_write_zeroes_and_flush(
    pirn_host_call *call, const struct wasi_io_streams_output_stream_blocking_write_zeroes_and_flush_args *args,
    wasi_io_streams_result_none_stream_error *result)
{
    return write_all(call, args->self, zeroes, args->len, result);
}

pirn_status wasi_io_streams_output_stream_subscribe(pirn_host_call *call,
                                                    const struct wasi_io_streams_output_stream_subscribe_args *args,
                                                    struct host_pollable **result)
{
    return subscribe(call, &args->self->object, &args->self->source, result);
}

/* ---- Splice ---------------------------------------------------------------------------------------------------- */

/* A failure of the input is reported in the input's vocabulary, one of the output in the output's. */
static pirn_status transfer(pirn_host_call *call, host_output *self, host_input *src, uint64_t len, blocking mode,
                            wasi_io_streams_result_u64_stream_error *result)
{
    size_t permit, got = 0;
    char *bytes = NULL;
    bool resumed = host_call_resumed(call, NULL);
    int status = host_output_check(self, &permit);
    self->permit = 0;
    if (status != 0)
        return finish_count(call, self->ops->domain, status, 0, result);
    if (permit == 0 && len > 0 && mode == DO_BLOCK)
        return host_call_wait(call, &self->source);
    if (permit == 0 && len > 0 && !resumed)
        return host_call_yield(call);
    size_t size = at_most(at_most(len, permit), SCRATCH_BYTES);
    PIRN_TRY(read_bytes(call, src, size, mode, resumed, &bytes, &got, &status));
    if (status != 0)
        return finish_count(call, src->ops->domain, status, 0, result);
    status = host_output_write(self, bytes, got);
    return finish_count(call, self->ops->domain, status, got, result);
}

pirn_status wasi_io_streams_output_stream_splice(pirn_host_call *call,
                                                 const struct wasi_io_streams_output_stream_splice_args *args,
                                                 wasi_io_streams_result_u64_stream_error *result)
{
    return transfer(call, args->self, args->src, args->len, DO_NOT_BLOCK, result);
}

pirn_status
wasi_io_streams_output_stream_blocking_splice(pirn_host_call *call,
                                              const struct wasi_io_streams_output_stream_blocking_splice_args *args,
                                              wasi_io_streams_result_u64_stream_error *result)
{
    return transfer(call, args->self, args->src, args->len, DO_BLOCK, result);
}

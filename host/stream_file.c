/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams on files. Reading may have to wait for a disk, so it is done ahead in libuv's thread pool, one request at
 * a time:
 *
 *      empty ──(read or wait)──> reading ──> full ──(all taken)──> empty
 *
 * The request and its buffer are an object of the loop: a stream that is dropped while reading leaves them behind,
 * and they are freed when the pool is done. Writing goes to the page cache at once.
 */
#include "host/stream.h"
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- Input ----------------------------------------------------------------------------------------------------- */

#define READ_AHEAD_BYTES ((size_t)64 << 10)

typedef struct file_input file_input;

typedef struct file_read {
    uv_fs_t uv;
    file_input *stream; /* NULL: it was dropped */
    host_file *file;
    bool is_reading, moves_position;
    size_t start, end; /* what is there and not taken */
    char bytes[READ_AHEAD_BYTES];
} file_read;

struct file_input {
    host_input stream;
    host_file *file;
    uint64_t offset;    /* of the next request, or HOST_FILE_POSITION */
    file_read *request; /* NULL before the first */
    int status;         /* how the last request ended: the end, or a failure, once what is there is taken */
    host_link waiters;
};

static file_input *input_of(host_source *source)
{
    return (file_input *)HOST_OBJECT_OF(source, host_input, source);
}

/* The descriptor's position, which others may share, goes back before what was read and not taken. */
static void free_request(file_read *request)
{
    if (request->moves_position && request->start < request->end)
        lseek(request->file->fd, -(off_t)(request->end - request->start), SEEK_CUR);
    const pirn_allocator *allocator = request->file->host->allocator;
    host_file_unref(request->file);
    base_free(allocator, request, sizeof *request);
}

static void on_read(uv_fs_t *uv)
{
    file_read *request = uv->data;
    file_input *file = request->stream;
    ssize_t result = uv->result;
    uv_fs_req_cleanup(uv);
    request->is_reading = false;
    request->start = 0;
    request->end = result > 0 ? (size_t)result : 0;
    if (file == NULL) {
        free_request(request);
        return;
    }
    file->status = result > 0 ? 0 : result == 0 ? HOST_CLOSED : (int)-result;
    if (file->offset != HOST_FILE_POSITION)
        file->offset += request->end;
    host_waiters_wake(&file->waiters);
}

static file_read *new_request(file_input *file)
{
    host_context *context = file->stream.object.context;
    if (!host_context_charge(context, sizeof(file_read)))
        return NULL;
    file_read *request = base_alloc(context->host->allocator, sizeof *request);
    if (request == NULL) {
        host_context_discharge(context, sizeof(file_read));
        return NULL;
    }
    request->stream = file;
    request->file = host_file_ref(file->file);
    request->is_reading = false;
    request->moves_position = file->offset == HOST_FILE_POSITION;
    request->start = request->end = 0;
    return request;
}

static bool has_bytes(const file_input *file)
{
    return file->request != NULL && !file->request->is_reading && file->request->start < file->request->end;
}

/* Begins to read unless something is there or on its way. 0 or an errno value. */
static int read_ahead(file_input *file)
{
    if (file->status != 0 || has_bytes(file))
        return 0;
    if (file->request == NULL && (file->request = new_request(file)) == NULL)
        return ENOMEM;
    file_read *request = file->request;
    if (request->is_reading)
        return 0;
    if (file->offset != HOST_FILE_POSITION && file->offset > INT64_MAX)
        return EINVAL;
    request->uv.data = request;
    uv_buf_t buffer = uv_buf_init(request->bytes, sizeof request->bytes);
    int64_t offset = file->offset == HOST_FILE_POSITION ? -1 : (int64_t)file->offset;
    int result = uv_fs_read(&file->file->host->loop, &request->uv, file->file->fd, &buffer, 1, offset, on_read);
    request->is_reading = result == 0;
    return -result;
}

static int read_file(host_input *stream, void *bytes, size_t size, size_t *got)
{
    file_input *file = (file_input *)stream;
    if (!has_bytes(file))
        return file->status != 0 ? file->status : read_ahead(file);
    file_read *request = file->request;
    size_t there = request->end - request->start;
    *got = size < there ? size : there;
    memcpy(bytes, request->bytes + request->start, *got);
    request->start += *got;
    return 0;
}

static void input_done(host_input *stream)
{
    file_input *file = (file_input *)stream;
    if (file->request != NULL) {
        host_context_discharge(stream->object.context, sizeof(file_read));
        file->request->stream = NULL;
        if (!file->request->is_reading)
            free_request(file->request);
    }
    host_file_unref(file->file);
}

static bool input_ready(host_source *source)
{
    file_input *file = input_of(source);
    return file->stream.is_closed || file->status != 0 || has_bytes(file);
}

static bool input_arm(host_source *source, host_waiter *waiter)
{
    file_input *file = input_of(source);
    int status = file->stream.is_closed ? 0 : read_ahead(file);
    if (status != 0)
        file->status = status;
    if (input_ready(source))
        host_waiter_wake(waiter);
    else
        host_link_append(&file->waiters, &waiter->link);
    return true;
}

host_input *host_input_new_file(host_context *context, host_file *file, uint64_t offset, host_error_domain domain)
{
    static const host_input_ops io_ops = {.read = read_file, .done = input_done, .domain = HOST_ERROR_IO};
    static const host_input_ops file_ops = {.read = read_file, .done = input_done, .domain = HOST_ERROR_FILESYSTEM};
    static const host_source_ops source = {input_ready, input_arm};
    const host_input_ops *ops = domain == HOST_ERROR_FILESYSTEM ? &file_ops : &io_ops;
    file_input *input = host_input_new(context, sizeof *input, ops, &source);
    if (input == NULL)
        return NULL;
    input->file = host_file_ref(file);
    input->offset = offset;
    host_link_init(&input->waiters);
    return &input->stream;
}

/* ---- Output ---------------------------------------------------------------------------------------------------- */

typedef struct file_output {
    host_output stream;
    host_file *file;
    uint64_t offset; /* of the next byte, or HOST_FILE_POSITION, HOST_FILE_APPEND */
} file_output;

static int check_file(host_output *stream, size_t *permit)
{
    (void)stream;
    *permit = HOST_STREAM_CHUNK;
    return 0;
}

static ssize_t write_once(const file_output *file, const void *bytes, size_t size)
{
    struct iovec vector = {(void *)(uintptr_t)bytes, size};
    if (file->offset == HOST_FILE_POSITION)
        return write(file->file->fd, bytes, size);
    if (file->offset == HOST_FILE_APPEND)
        return pwritev2(file->file->fd, &vector, 1, 0, RWF_APPEND);
    return pwrite(file->file->fd, bytes, size, (off_t)file->offset);
}

static bool has_offset(const file_output *file)
{
    return file->offset < HOST_FILE_APPEND;
}

static int write_file(host_output *stream, const void *bytes, size_t size)
{
    file_output *file = (file_output *)stream;
    for (size_t done = 0; done < size;) {
        if (has_offset(file) && file->offset > INT64_MAX - size)
            return EFBIG;
        ssize_t count = write_once(file, (const char *)bytes + done, size - done);
        if (count < 0 && errno != EINTR)
            return errno == EPIPE ? HOST_CLOSED : errno;
        done += count > 0 ? (size_t)count : 0;
        if (has_offset(file))
            file->offset += count > 0 ? (uint64_t)count : 0;
    }
    return 0;
}

static void output_done(host_output *stream)
{
    host_file_unref(((file_output *)stream)->file);
}

static bool output_ready(host_source *source)
{
    (void)source;
    return true;
}

static bool output_arm(host_source *source, host_waiter *waiter)
{
    (void)source;
    host_waiter_wake(waiter);
    return true;
}

host_output *host_output_new_file(host_context *context, host_file *file, uint64_t offset, host_error_domain domain)
{
    static const host_output_ops io_ops = {
        .check = check_file, .write = write_file, .done = output_done, .domain = HOST_ERROR_IO};
    static const host_output_ops file_ops = {
        .check = check_file, .write = write_file, .done = output_done, .domain = HOST_ERROR_FILESYSTEM};
    static const host_source_ops source = {output_ready, output_arm};
    const host_output_ops *ops = domain == HOST_ERROR_FILESYSTEM ? &file_ops : &io_ops;
    file_output *output = host_output_new(context, sizeof *output, ops, &source);
    if (output == NULL)
        return NULL;
    output->file = host_file_ref(file);
    output->offset = offset;
    return &output->stream;
}

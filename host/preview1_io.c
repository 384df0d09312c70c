/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading and writing. A regular file has its position here, so that nothing is shared with the system's descriptor;
 * a read that would wait for a disk goes to the thread pool. Pipes, terminals and standard streams are read and
 * written as streams; who must wait for one is suspended, unless the descriptor is set not to block.
 */
#include "host/file_read.h"
#include "host/preview1.h"
#include <errno.h>
#include <sys/uio.h>

enum {
    MOST_VECTORS = 64,   /* taken of a list in one call */
    LONGEST_LIST = 1024, /* as most systems say */
    IOVEC_SIZE = 8,
};

/* Pieces of the guest's memory, none of them empty. */
typedef struct vectors {
    struct iovec items[MOST_VECTORS];
    int count;
    size_t total; /* at most HOST_STREAM_CHUNK */
} vectors;

/* All of the list is checked, though the first pieces may be all that is taken. */
static int get_vectors(host_p1_call *call, size_t index, vectors *out)
{
    uint32_t count = host_p1_u32(call, index + 1);
    const uint8_t *list = host_p1_bytes(call, host_p1_u32(call, index), (uint64_t)count * IOVEC_SIZE);
    out->count = 0;
    out->total = 0;
    if (list == NULL)
        return EFAULT;
    if (count > LONGEST_LIST)
        return EINVAL;
    for (; count > 0; count--, list += IOVEC_SIZE) {
        uint32_t len = base_load_u32(list + 4);
        uint8_t *bytes = host_p1_bytes(call, base_load_u32(list), len);
        if (bytes == NULL)
            return EFAULT;
        size_t room = HOST_STREAM_CHUNK - out->total;
        size_t taken = len < room ? len : room;
        if (taken == 0 || out->count == MOST_VECTORS)
            continue;
        out->items[out->count++] = (struct iovec){bytes, taken};
        out->total += taken;
    }
    return 0;
}

/* The four arguments that all have: descriptor, list, its length, and at `result` where the count goes. */
typedef struct transfer {
    host_p1_fd *entry;
    vectors vectors;
    size_t count; /* bytes that have moved */
    uint8_t *result;
} transfer;

static int get_transfer(host_p1_call *call, uint32_t right, size_t result, transfer *out)
{
    int failure = host_p1_fd_get(call->guest, host_p1_u32(call, 0), right, &out->entry);
    out->count = 0;
    if (failure == 0)
        failure = get_vectors(call, 1, &out->vectors);
    out->result = host_p1_bytes(call, host_p1_u32(call, result), 4);
    return failure == 0 && out->result == NULL ? EFAULT : failure;
}

static int finish(const transfer *t, int failure)
{
    if (failure == 0)
        base_store_u32(t->result, (uint32_t)t->count);
    return failure;
}

static int wait_or_again(host_p1_call *call, const host_p1_fd *entry, host_source *source)
{
    return (entry->flags & HOST_P1_NONBLOCK) ? EAGAIN : host_p1_wait(call, &source, 1);
}

/* ---- Regular files --------------------------------------------------------------------------------------------- */

static void scatter(const vectors *v, const uint8_t *bytes, size_t size)
{
    for (int i = 0; i < v->count && size > 0; i++) {
        size_t taken = size < v->items[i].iov_len ? size : v->items[i].iov_len;
        memcpy(v->items[i].iov_base, bytes, taken);
        bytes += taken;
        size -= taken;
    }
}

/* What the thread pool has read. */
static int take_result(host_p1_call *call, transfer *t)
{
    host_file_read *read = (host_file_read *)call->state;
    const uint8_t *bytes;
    host_source *source = &read->source;
    if (!host_source_ready(source))
        return host_p1_wait(call, &source, 1);
    int failure = host_file_read_result(read, &bytes, &t->count);
    if (failure == 0)
        scatter(&t->vectors, bytes, t->count);
    return failure;
}

/* Reads at `offset`; when it waits, call->status says so. */
static int read_file(host_p1_call *call, transfer *t, uint64_t offset)
{
    const vectors *v = &t->vectors;
    if (call->state != NULL)
        return take_result(call, t);
    host_descriptor *file = t->entry->file;
    host_descriptor_patience patience = host_p1_can_wait(call) ? HOST_DESCRIPTOR_AT_ONCE : HOST_DESCRIPTOR_BLOCK;
    int failure = host_descriptor_readv(file, v->items, v->count, offset, patience, &t->count);
    if (failure != EAGAIN)
        return failure;
    host_file_read *read = host_file_read_new(call->context, file->file, v->total, offset);
    if (read == NULL)
        return ENOMEM;
    call->state = &read->object;
    return take_result(call, t);
}

/* ---- Streams --------------------------------------------------------------------------------------------------- */

static int read_stream(host_p1_call *call, transfer *t)
{
    host_input *stream = t->entry->input;
    if (t->vectors.count == 0)
        return 0;
    const struct iovec *first = &t->vectors.items[0];
    int status = host_input_read(stream, first->iov_base, first->iov_len, &t->count);
    if (status == 0 && t->count == 0)
        return wait_or_again(call, t->entry, &stream->source);
    return status == HOST_CLOSED ? 0 : status;
}

/* Has what was written been given to the system? What was taken counts as written even if that fails. */
static int flush(host_p1_call *call, const host_p1_fd *entry)
{
    bool is_flushed;
    int status = host_output_flush(entry->output, &is_flushed);
    host_source *source = &entry->output->source;
    return status == 0 && !is_flushed && host_p1_can_wait(call) ? host_p1_wait(call, &source, 1) : 0;
}

static int status_of_write(int status)
{
    return status == HOST_CLOSED ? EPIPE : status;
}

/* As much as the stream takes at once. */
static int write_some(transfer *t)
{
    host_output *stream = t->entry->output;
    for (int i = 0; i < t->vectors.count; i++) {
        const struct iovec *piece = &t->vectors.items[i];
        for (size_t done = 0; done < piece->iov_len;) {
            size_t permit, rest = piece->iov_len - done;
            int status = host_output_check(stream, &permit);
            size_t size = permit < rest ? permit : rest;
            if (status == 0 && size > 0)
                status = host_output_write(stream, (const char *)piece->iov_base + done, size);
            if (status != 0 || size == 0)
                return t->count > 0 ? 0 : status_of_write(status);
            done += size;
            t->count += size;
        }
    }
    return 0;
}

/* call->progress: what was written before it waited for the flush. */
static int write_stream(host_p1_call *call, transfer *t)
{
    t->count = (size_t)call->progress;
    if (t->count == 0) {
        int failure = write_some(t);
        if (failure != 0)
            return failure;
        if (t->count == 0 && t->vectors.total > 0)
            return wait_or_again(call, t->entry, &t->entry->output->source);
        call->progress = t->count;
    }
    return (t->entry->flags & HOST_P1_NONBLOCK) ? 0 : flush(call, t->entry);
}

/* ---- The functions --------------------------------------------------------------------------------------------- */

/* fd, list, length, *count */
int host_p1_fd_read(host_p1_call *call)
{
    transfer t;
    int failure = get_transfer(call, HOST_P1_FD_READ, 3, &t);
    if (failure != 0)
        return failure;
    if (host_p1_fd_is_stream(t.entry))
        return finish(&t, read_stream(call, &t));
    failure = read_file(call, &t, t.entry->position);
    t.entry->position += t.count;
    return finish(&t, failure);
}

/* fd, list, length, offset, *count */
int host_p1_fd_pread(host_p1_call *call)
{
    transfer t;
    int failure = get_transfer(call, HOST_P1_FD_READ | HOST_P1_FD_SEEK, 4, &t);
    return failure != 0 ? failure : finish(&t, read_file(call, &t, host_p1_u64(call, 3)));
}

static int write_file(transfer *t, uint64_t *position)
{
    const vectors *v = &t->vectors;
    bool append = (t->entry->flags & HOST_P1_APPEND) != 0;
    struct stat info;
    int failure = host_descriptor_writev(t->entry->file, v->items, v->count, *position, append, &t->count);
    *position += t->count;
    if (append && t->count > 0 && host_descriptor_stat(t->entry->file, &info) == 0)
        *position = (uint64_t)info.st_size;
    return failure;
}

/* fd, list, length, *count */
int host_p1_fd_write(host_p1_call *call)
{
    transfer t;
    int failure = get_transfer(call, HOST_P1_FD_WRITE, 3, &t);
    if (failure != 0)
        return failure;
    bool is_stream = host_p1_fd_is_stream(t.entry);
    return finish(&t, is_stream ? write_stream(call, &t) : write_file(&t, &t.entry->position));
}

/* fd, list, length, offset, *count. To a file that is only appended to, it is written at the end, as on Linux. */
int host_p1_fd_pwrite(host_p1_call *call)
{
    transfer t;
    uint64_t offset = host_p1_u64(call, 3);
    int failure = get_transfer(call, HOST_P1_FD_WRITE | HOST_P1_FD_SEEK, 4, &t);
    return failure != 0 ? failure : finish(&t, write_file(&t, &offset));
}

/* Where a position is counted from. */
static int seek_base(const host_p1_fd *entry, uint32_t whence, uint64_t *base)
{
    enum { SET, CUR, END };
    struct stat info = {0};
    int failure = whence > END ? EINVAL : whence == END ? host_descriptor_stat(entry->file, &info) : 0;
    *base = whence == SET ? 0 : whence == CUR ? entry->position : (uint64_t)info.st_size;
    return failure;
}

/* fd, offset, whence, *position */
int host_p1_fd_seek(host_p1_call *call)
{
    host_p1_fd *entry;
    uint64_t base, offset = host_p1_u64(call, 1);
    int failure = host_p1_fd_get(call->guest, host_p1_u32(call, 0), HOST_P1_FD_SEEK, &entry);
    uint8_t *out = host_p1_bytes(call, host_p1_u32(call, 3), 8);
    if (failure == 0 && out == NULL)
        failure = EFAULT;
    if (failure == 0)
        failure = seek_base(entry, host_p1_u32(call, 2), &base);
    if (failure != 0)
        return failure;
    /* Base and offset are signed numbers; a sum below 0 or above the greatest has the top bit set. */
    if (base + offset > INT64_MAX)
        return EINVAL;
    entry->position = base + offset;
    base_store_u64(out, entry->position);
    return 0;
}

/* fd, *position */
int host_p1_fd_tell(host_p1_call *call)
{
    host_p1_fd *entry;
    int failure = host_p1_fd_get(call->guest, host_p1_u32(call, 0), HOST_P1_FD_TELL, &entry);
    uint8_t *out = host_p1_bytes(call, host_p1_u32(call, 1), 8);
    if (failure != 0)
        return failure;
    if (out == NULL)
        return EFAULT;
    base_store_u64(out, entry->position);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "host/file_read.h"
#include <errno.h>

struct host_file_request {
    uv_fs_t uv;
    host_file *file;
    host_file_read *reader; /* NULL: it was dropped */
    bool is_pending;
    ssize_t result;
    size_t size;
    uint8_t bytes[];
};

static void free_request(host_file_request *request)
{
    const pirn_allocator *allocator = request->file->host->allocator;
    host_file_unref(request->file);
    base_free(allocator, request, sizeof *request + request->size);
}

static void on_read(uv_fs_t *uv)
{
    host_file_request *request = uv->data;
    request->result = uv->result;
    request->is_pending = false;
    uv_fs_req_cleanup(uv);
    if (request->reader != NULL)
        host_waiters_wake(&request->reader->waiters);
    else
        free_request(request);
}

static bool is_ready(host_source *source)
{
    return !HOST_OBJECT_OF(source, host_file_read, source)->request->is_pending;
}

static bool arm(host_source *source, host_waiter *waiter)
{
    if (is_ready(source))
        host_waiter_wake(waiter);
    else
        host_link_append(&HOST_OBJECT_OF(source, host_file_read, source)->waiters, &waiter->link);
    return true;
}

static void drop(host_object *object)
{
    host_file_request *request = ((host_file_read *)object)->request;
    if (request == NULL)
        return;
    host_context_discharge(object->context, sizeof *request + request->size);
    request->reader = NULL;
    if (!request->is_pending)
        free_request(request);
}

static host_file_request *new_request(host_context *context, host_file *file, size_t size)
{
    size_t total;
    if (!base_add_size(sizeof(host_file_request), size, &total) || !host_context_charge(context, total))
        return NULL;
    host_file_request *request = base_alloc(context->host->allocator, total);
    if (request == NULL) {
        host_context_discharge(context, total);
        return NULL;
    }
    request->file = host_file_ref(file);
    request->size = size;
    return request;
}

/* A request that cannot begin has ended with that failure. */
static void begin(host_file_request *request, uint64_t offset)
{
    uv_buf_t buffer = uv_buf_init((char *)request->bytes, (unsigned)request->size);
    request->uv.data = request;
    request->result =
        uv_fs_read(&request->file->host->loop, &request->uv, request->file->fd, &buffer, 1, (int64_t)offset, on_read);
    request->is_pending = request->result == 0;
}

host_file_read *host_file_read_new(host_context *context, host_file *file, size_t size, uint64_t offset)
{
    static const host_source_ops ops = {is_ready, arm};
    host_file_read *self = host_object_new(context, sizeof *self, drop);
    if (self == NULL)
        return NULL;
    self->source.ops = &ops;
    host_link_init(&self->waiters);
    self->request = new_request(context, file, size);
    if (self->request == NULL) {
        host_object_unref(&self->object);
        return NULL;
    }
    self->request->reader = self;
    begin(self->request, offset);
    return self;
}

int host_file_read_result(const host_file_read *self, const uint8_t **bytes, size_t *got)
{
    const host_file_request *request = self->request;
    *bytes = request->bytes;
    *got = request->result > 0 ? (size_t)request->result : 0;
    return request->result < 0 ? (int)-request->result : 0;
}

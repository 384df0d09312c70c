/* SPDX-License-Identifier: Apache-2.0 */
/* wasi:io/error and wasi:io/poll. */
#include "host/poll.h"
#include "host/stream.h"
#include "wasi_io_error.h"
#include "wasi_io_poll.h"

/* ---- error ----------------------------------------------------------------------------------------------------- */

void wasi_io_error_error_drop(void *host, struct host_error *self)
{
    host_object_drop(host, self);
}

pirn_status wasi_io_error_error_to_debug_string(pirn_host_call *call,
                                                const struct wasi_io_error_error_to_debug_string_args *args,
                                                pirn_str *result)
{
    (void)call;
    *result = pirn_str_of(uv_strerror(-args->self->code));
    return PIRN_OK;
}

/* ---- poll ------------------------------------------------------------------------------------------------------ */

void wasi_io_poll_pollable_drop(void *host, struct host_pollable *self)
{
    host_object_drop(host, self);
}

pirn_status wasi_io_poll_pollable_ready(pirn_host_call *call, const struct wasi_io_poll_pollable_ready_args *args,
                                        uint8_t *result)
{
    bool resumed = host_call_resumed(call, NULL);
    *result = host_source_ready(args->self->source);
    if (*result)
        return host_call_take_turns(call, resumed);
    return resumed ? PIRN_OK : host_call_yield(call);
}

pirn_status wasi_io_poll_pollable_block(pirn_host_call *call, const struct wasi_io_poll_pollable_block_args *args)
{
    bool resumed = host_call_resumed(call, NULL);
    if (host_source_ready(args->self->source))
        return host_call_take_turns(call, resumed);
    return host_call_wait(call, args->self->source);
}

/* The first that is ready, or the length of the list. */
static size_t first_ready(wasi_io_poll_list_borrow_pollable in)
{
    size_t i = 0;
    while (i < in.len && !host_source_ready(in.data[i]->source))
        i++;
    return i;
}

static pirn_status wait_for_any(pirn_host_call *call, wasi_io_poll_list_borrow_pollable in)
{
    host_source **sources = pirn_host_call_alloc(call, in.len * sizeof *sources);
    if (sources == NULL)
        return PIRN_NOMEM;
    for (size_t i = 0; i < in.len; i++)
        sources[i] = in.data[i]->source;
    return host_call_wait_many(call, sources, in.len);
}

pirn_status wasi_io_poll_poll(pirn_host_call *call, const struct wasi_io_poll_poll_args *args,
                              wasi_io_poll_list_u32 *result)
{
    bool resumed = host_call_resumed(call, NULL);
    if (args->in.len == 0)
        return pirn_host_call_trap(call, "poll needs at least one pollable");
    if (args->in.len > UINT32_MAX)
        return pirn_host_call_trap(call, "poll takes at most %u pollables", UINT32_MAX);
    size_t first = first_ready(args->in);
    if (first == args->in.len)
        return wait_for_any(call, args->in);
    PIRN_TRY(host_call_take_turns(call, resumed));
    uint32_t *ready = pirn_host_call_alloc(call, (args->in.len - first) * sizeof *ready);
    if (ready == NULL)
        return PIRN_NOMEM;
    ready[result->len++] = (uint32_t)first;
    for (size_t i = first + 1; i < args->in.len; i++) {
        if (host_source_ready(args->in.data[i]->source))
            ready[result->len++] = (uint32_t)i;
    }
    result->data = ready;
    return PIRN_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* One guest's side of a config: its objects, its standard streams, its end. */
#include "host/context.h"
#include "host/fd.h"
#include "host/loop.h"
#include "host/stream.h"
#include <unistd.h>

/* ---- Life ------------------------------------------------------------------------------------------------------ */

host_context *pirn_host_context_new(pirn_host *host, const host_config *config)
{
    host_context *context = base_alloc_zero(host->allocator, sizeof *context);
    if (context == NULL)
        return NULL;
    context->host = host;
    context->config = config;
    context->memory_left = config->memory_bytes;
    return context;
}

void pirn_host_context_free(host_context *context)
{
    if (context == NULL)
        return;
    host_object_unref(context->preview1);
    host_object_unref((host_object *)context->input);
    for (size_t i = 0; i < BASE_COUNT(context->output); i++)
        host_object_unref((host_object *)context->output[i]);
    base_free(context->host->allocator, context, sizeof *context);
}

host_context *host_context_of(const pirn_host_call *call)
{
    return pirn_host_call_data(call);
}

pirn_status host_context_exit(pirn_host_call *call, uint8_t code)
{
    host_context *context = host_context_of(call);
    context->has_exited = true;
    context->exit_code = code;
    return pirn_host_call_trap(call, "the guest ended itself with exit code %d", code);
}

bool pirn_host_context_exited(const host_context *context, int *exit_code)
{
    if (context->has_exited)
        *exit_code = context->exit_code;
    return context->has_exited;
}

/* ---- Memory and objects ---------------------------------------------------------------------------------------- */

bool host_context_charge(host_context *context, size_t size)
{
    if (size > context->memory_left)
        return false;
    context->memory_left -= size;
    return true;
}

void host_context_discharge(host_context *context, size_t size)
{
    context->memory_left += size;
}

void *host_context_alloc(host_context *context, size_t size)
{
    if (!host_context_charge(context, size))
        return NULL;
    void *block = base_alloc_zero(context->host->allocator, size);
    if (block == NULL)
        host_context_discharge(context, size);
    return block;
}

void host_context_dealloc(host_context *context, void *block, size_t size)
{
    if (block == NULL)
        return;
    base_free(context->host->allocator, block, size);
    host_context_discharge(context, size);
}

void *host_object_new(host_context *context, size_t size, void (*done)(host_object *object))
{
    host_object *object = host_context_alloc(context, size);
    if (object != NULL)
        *object = (host_object){.context = context, .size_bytes = size, .refs = 1, .done = done};
    return object;
}

void host_object_ref(host_object *object)
{
    object->refs++;
}

void host_object_unref(host_object *object)
{
    if (object == NULL || --object->refs > 0)
        return;
    if (object->done != NULL)
        object->done(object);
    host_context_dealloc(object->context, object, object->size_bytes);
}

void host_object_drop(void *data, void *object)
{
    (void)data;
    host_object_unref(object);
}

pirn_status host_call_no_memory(pirn_host_call *call)
{
    return pirn_host_call_trap(call,
                               "the guest's resources need more than the %zu bytes of host memory they may take",
                               host_context_of(call)->config->memory_bytes);
}

/* ---- Standard streams ------------------------------------------------------------------------------------------ */

static host_input *inherit_input(host_context *context)
{
    host_file *file = host_file_borrow(context->host, STDIN_FILENO);
    if (file == NULL)
        return NULL;
    host_input *stream = host_fd_can_wait(STDIN_FILENO)
                             ? host_input_new_pipe(context, file)
                             : host_input_new_file(context, file, HOST_FILE_POSITION, HOST_ERROR_IO);
    host_file_unref(file);
    return stream;
}

static host_input *make_input(host_context *context)
{
    switch (context->config->stdio[PIRN_STDIN]) {
    case HOST_STDIO_INHERIT:
        return inherit_input(context);
    case HOST_STDIO_MEMORY:
        return host_input_new_memory(context, context->config->input);
    case HOST_STDIO_NULL:
        break;
    }
    return host_input_new_null(context);
}

host_input *host_context_stdin(host_context *context)
{
    if (context->input == NULL)
        context->input = make_input(context);
    if (context->input != NULL)
        host_object_ref(&context->input->object);
    return context->input;
}

static int fd_of(pirn_stdio stream)
{
    static const int fds[] = {
        [PIRN_STDIN] = STDIN_FILENO, [PIRN_STDOUT] = STDOUT_FILENO, [PIRN_STDERR] = STDERR_FILENO};
    return fds[stream];
}

/* A terminal takes what it is given like a file; only pipes and sockets make a guest wait. */
static host_output *inherit_output(host_context *context, int fd)
{
    host_file *file = host_file_borrow(context->host, fd);
    if (file == NULL)
        return NULL;
    host_output *stream = host_fd_can_wait(fd) && !isatty(fd)
                              ? host_output_new_pipe(context, file)
                              : host_output_new_file(context, file, HOST_FILE_POSITION, HOST_ERROR_IO);
    host_file_unref(file);
    return stream;
}

static host_output *make_output(host_context *context, pirn_stdio stream)
{
    switch (context->config->stdio[stream]) {
    case HOST_STDIO_INHERIT:
        return inherit_output(context, fd_of(stream));
    case HOST_STDIO_MEMORY:
        return host_output_new_memory(context, context->config->capture_bytes[stream]);
    case HOST_STDIO_NULL:
        break;
    }
    return host_output_new_null(context);
}

host_output *host_context_stdio(host_context *context, pirn_stdio stream)
{
    host_output **output = &context->output[stream];
    if (*output == NULL)
        *output = make_output(context, stream);
    if (*output != NULL)
        host_object_ref(&(*output)->object);
    return *output;
}

pirn_str pirn_host_context_output(const host_context *context, pirn_stdio stream)
{
    bool is_captured = stream != PIRN_STDIN && context->config->stdio[stream] == HOST_STDIO_MEMORY;
    if (!is_captured || context->output[stream] == NULL)
        return PIRN_STR("");
    return host_output_memory(context->output[stream]);
}

bool host_context_is_terminal(const host_context *context, pirn_stdio stream)
{
    return context->config->stdio[stream] == HOST_STDIO_INHERIT && isatty(fd_of(stream));
}

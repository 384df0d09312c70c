/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: one fixed-size record, so that describing a failure never needs memory that may be missing. */
#include "vm/base/error.h"
#include "vm/base/memory.h"
#include <stdio.h>
#include <string.h>

void base_error_init(pirn_error *error)
{
    error->allocator = NULL;
    pirn_error_clear(error);
}

pirn_error *pirn_error_new(const pirn_allocator *allocator)
{
    if (allocator == NULL)
        allocator = pirn_allocator_default();
    pirn_error *error = base_alloc(allocator, sizeof *error);
    if (error == NULL)
        return NULL;
    base_error_init(error);
    error->allocator = allocator;
    return error;
}

void pirn_error_free(pirn_error *error)
{
    if (error != NULL && error->allocator != NULL)
        base_free(error->allocator, error, sizeof *error);
}

void pirn_error_clear(pirn_error *error)
{
    error->status = PIRN_OK;
    error->trap = PIRN_TRAP_NONE;
    error->offset = PIRN_NO_OFFSET;
    error->line = error->column = 0;
    error->has_function = false;
    error->function_index = 0;
    error->function_name[0] = '\0';
    error->message[0] = '\0';
    error->frame_count = error->frames_hidden = 0;
}

void base_error_copy(pirn_error *to, const pirn_error *from)
{
    if (to == NULL || to->status != PIRN_OK)
        return;
    const pirn_allocator *allocator = to->allocator;
    *to = *from;
    to->allocator = allocator;
}

/* Copies as much of `text` as fits, cut at a character boundary, NUL-terminated. */
static void copy_text(char *to, size_t size, pirn_str text)
{
    size_t len = text.len < size - 1 ? text.len : size - 1;
    while (len < text.len && len > 0 && ((uint8_t)text.data[len] & 0xC0) == 0x80)
        len--;
    if (len > 0)
        memcpy(to, text.data, len);
    to[len] = '\0';
}

pirn_status base_fail_v(pirn_error *error, pirn_status status, uint64_t offset, const char *format, va_list args)
{
    if (error == NULL || error->status != PIRN_OK)
        return status;
    error->status = status;
    error->offset = offset;
    vsnprintf(error->message, sizeof error->message, format, args);
    return status;
}

pirn_status base_fail(pirn_error *error, pirn_status status, uint64_t offset, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    base_fail_v(error, status, offset, format, args);
    va_end(args);
    return status;
}

pirn_status pirn_error_set(pirn_error *error, pirn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    base_fail_v(error, status, PIRN_NO_OFFSET, format, args);
    va_end(args);
    return status;
}

pirn_status base_fail_at(pirn_error *error, pirn_status status, uint32_t line, uint32_t column, const char *format, ...)
{
    if (error == NULL || error->status != PIRN_OK)
        return status;
    va_list args;
    va_start(args, format);
    base_fail_v(error, status, PIRN_NO_OFFSET, format, args);
    va_end(args);
    error->line = line;
    error->column = column;
    return status;
}

pirn_status base_nomem(pirn_error *error)
{
    return base_fail(error, PIRN_NOMEM, PIRN_NO_OFFSET, "out of memory");
}

void base_error_in_function(pirn_error *error, uint32_t index, pirn_str name)
{
    if (error == NULL || error->has_function)
        return;
    error->has_function = true;
    error->function_index = index;
    copy_text(error->function_name, sizeof error->function_name, name);
}

void base_error_push_frame(pirn_error *error, const pirn_trace_frame *frame)
{
    if (error == NULL)
        return;
    if (error->frame_count == BASE_TRACE_FRAMES) {
        error->frames_hidden++;
        return;
    }
    size_t i = error->frame_count++;
    error->frames[i].offset = frame->offset;
    error->frames[i].function_index = frame->function_index;
    copy_text(error->frames[i].module, sizeof error->frames[i].module, frame->module);
    copy_text(error->frames[i].function, sizeof error->frames[i].function, frame->function);
}

void pirn_error_copy(pirn_error *to, const pirn_error *from)
{
    if (to == NULL || to->status != PIRN_OK)
        return;
    const pirn_allocator *allocator = to->allocator;
    *to = *from;
    to->allocator = allocator;
}

pirn_status pirn_error_status(const pirn_error *error)
{
    return error->status;
}

const char *pirn_error_message(const pirn_error *error)
{
    return error->message;
}

uint64_t pirn_error_offset(const pirn_error *error)
{
    return error->offset;
}

uint32_t pirn_error_line(const pirn_error *error)
{
    return error->line;
}

uint32_t pirn_error_column(const pirn_error *error)
{
    return error->column;
}

bool pirn_error_function(const pirn_error *error, uint32_t *index, pirn_str *name)
{
    if (!error->has_function)
        return false;
    *index = error->function_index;
    *name = pirn_str_of(error->function_name);
    return true;
}

size_t pirn_error_frame_count(const pirn_error *error)
{
    return error->frame_count;
}

size_t pirn_error_frames_hidden(const pirn_error *error)
{
    return error->frames_hidden;
}

pirn_trace_frame pirn_error_frame(const pirn_error *error, size_t index)
{
    return (pirn_trace_frame){
        .module = pirn_str_of(error->frames[index].module),
        .function = pirn_str_of(error->frames[index].function),
        .function_index = error->frames[index].function_index,
        .offset = error->frames[index].offset,
    };
}

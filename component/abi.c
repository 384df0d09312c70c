/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lifting and lowering share: traps, checks of pointers, the guest's realloc, limits.
 */
#include "component/abi.h"
#include "component/activation.h"
#include <stdarg.h>

pirn_status cm_trap(cm_context *cx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    base_fail_v(cx->error, PIRN_TRAP, PIRN_NO_OFFSET, format, args);
    va_end(args);
    return PIRN_TRAP;
}

pirn_status cm_misuse(cm_context *cx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    base_fail_v(cx->error, PIRN_USAGE, PIRN_NO_OFFSET, format, args);
    va_end(args);
    return PIRN_USAGE;
}

/* The words of the official suite, which differ by whether a host or a guest is on the other side. */
static const char *const out_of_bounds[][2] = {
    [CM_STRING_CONTENT] = {"string pointer/length out of bounds of memory", "string content out-of-bounds"},
    [CM_LIST_CONTENT] = {"list pointer/length out of bounds of memory", "list content out-of-bounds"},
    [CM_VALUE_CONTENT] = {"pointer out of bounds of memory", "pointer out of bounds of memory"},
};

static bool is_inside(const cm_context *cx, uint32_t ptr, uint64_t size)
{
    return size <= cx->memory->size && ptr <= cx->memory->size - size;
}

pirn_status cm_check_pointer(cm_context *cx, cm_content content, uint32_t ptr, uint32_t align, uint64_t size)
{
    if (ptr % align != 0)
        return cm_trap(cx, "unaligned pointer");
    if (!is_inside(cx, ptr, size))
        return cm_trap(cx, "%s", out_of_bounds[content][cx->form]);
    return PIRN_OK;
}

pirn_status cm_reallocate(cm_context *cx, cm_content content, uint32_t old, uint32_t old_size, uint32_t align,
                          uint64_t new_size, uint32_t *out)
{
    if (cx->memory->realloc == NULL)
        return cm_trap(cx, "canonical option `realloc` is required");
    if (new_size > UINT32_MAX)
        return cm_trap(cx, "value is too large for a 32-bit memory");
    PIRN_TRY(cx->memory->realloc(cx->memory, old, old_size, align, (uint32_t)new_size, out));
    if (cx->form == CM_GUEST)
        return cm_check_pointer(cx, content, *out, align, new_size);
    if (*out % align != 0)
        return cm_trap(cx, "realloc return: result not aligned");
    if (!is_inside(cx, *out, new_size))
        return cm_trap(cx, "realloc return: beyond end of memory");
    return PIRN_OK;
}

pirn_status cm_charge(cm_context *cx, uint64_t bytes)
{
    return cm_activation_charge(cx->activation, bytes, cx->error);
}

bool cm_is_view(const cm_context *cx, const void *p)
{
    return cx->form == CM_HOST && cx->viewed != NULL && (uintptr_t)p - (uintptr_t)cx->viewed < cx->viewed_size;
}

const void *cm_follow_view(const cm_context *cx, const void *p)
{
    return cm_is_view(cx, p) ? cx->memory->data + ((uintptr_t)p - (uintptr_t)cx->viewed) : p;
}

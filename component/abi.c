/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lifting and lowering share: traps, checks of pointers, the guest's realloc, and the way
 * parameters and results of whole functions travel (CanonicalABI.md "Lifting and Lowering Values").
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

bool cm_is_plain(const pirn_type *type)
{
    const uint16_t probe = 1;
    bool is_little_endian = *(const uint8_t *)&probe == 1;
    switch (type->kind) {
    case PIRN_TYPE_U8:
    case PIRN_TYPE_S8:
        return true;
    case PIRN_TYPE_U16:
    case PIRN_TYPE_S16:
    case PIRN_TYPE_U32:
    case PIRN_TYPE_S32:
    case PIRN_TYPE_U64:
    case PIRN_TYPE_S64:
        return is_little_endian;
    default:
        return false;
    }
}

/* ---- Whole functions ------------------------------------------------------------------------------------------- */

/* A struct field of a C object. */
static void *field(void *object, const cm_member *member)
{
    return (uint8_t *)object + member->c_offset;
}

static const void *const_field(const void *object, const cm_member *member)
{
    return (const uint8_t *)object + member->c_offset;
}

static pirn_status lift_params_memory(cm_context *cx, const pirn_component_functype *type, uint32_t ptr, void *args)
{
    PIRN_TRY(cm_check_pointer(cx, CM_VALUE_CONTENT, ptr, type->params_memory.align, type->params_memory.size));
    for (uint32_t i = 0; i < type->param_count; i++)
        PIRN_TRY(
            cm_lift_memory(cx, type->params[i].type, ptr + type->params[i].offset, field(args, &type->params[i])));
    return PIRN_OK;
}

pirn_status cm_lift_params(cm_context *cx, const pirn_component_functype *type, pirn_slot *slots, void *args)
{
    if (cm_params_in_memory(type))
        return lift_params_memory(cx, type, slots[0].u32, args);
    cm_flat_cursor in = {slots, type->flat_params.types, 0};
    for (uint32_t i = 0; i < type->param_count; i++)
        PIRN_TRY(cm_lift_flat(cx, type->params[i].type, &in, field(args, &type->params[i])));
    return PIRN_OK;
}

static pirn_status lower_params_memory(cm_context *cx, const pirn_component_functype *type, const void *args,
                                       uint32_t *ptr)
{
    PIRN_TRY(cm_reallocate(cx, CM_VALUE_CONTENT, 0, 0, type->params_memory.align, type->params_memory.size, ptr));
    for (uint32_t i = 0; i < type->param_count; i++)
        PIRN_TRY(cm_lower_memory(cx, type->params[i].type, const_field(args, &type->params[i]),
                                 *ptr + type->params[i].offset));
    return PIRN_OK;
}

pirn_status cm_lower_params(cm_context *cx, const pirn_component_functype *type, const void *args, pirn_slot *slots)
{
    if (cm_params_in_memory(type)) {
        uint32_t ptr = 0;
        PIRN_TRY(lower_params_memory(cx, type, args, &ptr));
        slots[0].u64 = ptr;
        return PIRN_OK;
    }
    cm_flat_cursor out = {slots, type->flat_params.types, 0};
    for (uint32_t i = 0; i < type->param_count; i++)
        PIRN_TRY(cm_lower_flat(cx, type->params[i].type, const_field(args, &type->params[i]), &out));
    return PIRN_OK;
}

pirn_status cm_lift_result(cm_context *cx, const pirn_component_functype *type, pirn_slot *slots, void *result)
{
    if (type->result == NULL)
        return PIRN_OK;
    if (!cm_result_in_memory(type))
        return cm_lift_flat(cx, type->result, &(cm_flat_cursor){slots, type->result->flat.types, 0}, result);
    uint32_t ptr = slots[0].u32;
    PIRN_TRY(cm_check_pointer(cx, CM_VALUE_CONTENT, ptr, type->result->memory.align, type->result->memory.size));
    return cm_lift_memory(cx, type->result, ptr, result);
}

pirn_status cm_lower_result(cm_context *cx, const pirn_component_functype *type, const void *result, pirn_slot *slots)
{
    if (type->result == NULL)
        return PIRN_OK;
    if (!cm_result_in_memory(type))
        return cm_lower_flat(cx, type->result, result, &(cm_flat_cursor){slots, type->result->flat.types, 0});
    /* The place is the last argument, behind the parameters. */
    uint32_t ptr = slots[cm_params_in_memory(type) ? 1 : type->flat_params.count].u32;
    PIRN_TRY(cm_check_pointer(cx, CM_VALUE_CONTENT, ptr, type->result->memory.align, type->result->memory.size));
    return cm_lower_memory(cx, type->result, result, ptr);
}

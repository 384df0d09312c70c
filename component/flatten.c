/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flattening (CanonicalABI.md "Flattening"): the core values that stand for a component value. A
 * record is the values of its fields in a row; the cases of a variant share values, each of which
 * has the join of the types that the cases have there.
 *
 * The count goes on beyond CM_MAX_FLAT (it saturates): then the value passes through memory, and
 * the types are not needed. A node keeps its flat form packed.
 */
#include "component/type.h"

enum { COUNT_MOST = UINT16_MAX };

static void append(cm_flat *flat, const cm_flat *part)
{
    for (uint32_t i = 0; i < part->count && i < CM_MAX_FLAT; i++)
        if (flat->count + (uint64_t)i < CM_MAX_FLAT)
            flat->types[flat->count + i] = part->types[i];
    uint64_t count = (uint64_t)flat->count + part->count;
    flat->count = count > COUNT_MOST ? COUNT_MOST : (uint32_t)count;
}

static void append_core(cm_flat *flat, cm_core core)
{
    append(flat, &(cm_flat){1, {(uint8_t)core}});
}

static uint8_t join(uint8_t a, uint8_t b)
{
    if (a == b)
        return a;
    bool is_32_bits = a != CM_I64 && a != CM_F64 && b != CM_I64 && b != CM_F64;
    return is_32_bits ? CM_I32 : CM_I64;
}

/* Joins one case's payload with the others', behind the discriminant. */
static void join_case(cm_flat *flat, const cm_flat *payload)
{
    for (uint32_t i = 0; i < payload->count && i + 1 < CM_MAX_FLAT; i++) {
        uint8_t type = payload->types[i];
        flat->types[i + 1] = i + 1 < flat->count ? join(flat->types[i + 1], type) : type;
    }
    if (payload->count >= flat->count)
        flat->count = payload->count < COUNT_MOST ? payload->count + 1 : COUNT_MOST;
}

static void flatten_variant(const pirn_type *type, cm_flat *flat)
{
    append_core(flat, CM_I32);
    for (uint32_t i = 0; i < cm_case_count(type); i++) {
        const pirn_type *payload = cm_case_type(type, i);
        if (payload == NULL)
            continue;
        cm_flat one = cm_type_flat(payload);
        join_case(flat, &one);
    }
}

static void append_type(cm_flat *flat, const pirn_type *type)
{
    cm_flat part = cm_type_flat(type);
    append(flat, &part);
}

static void flatten_members(cm_flat *flat, const cm_member *members, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        append_type(flat, members[i].type);
}

/* Beyond CM_MAX_FLAT elements only the count matters. */
static void flatten_fixed_list(const pirn_type *type, cm_flat *flat)
{
    uint64_t count = (uint64_t)type->element->flat_count * type->length;
    for (uint32_t i = 0; i < type->length && flat->count <= CM_MAX_FLAT; i++)
        append_type(flat, type->element);
    flat->count = count > COUNT_MOST ? COUNT_MOST : (uint32_t)count;
}

static void flatten(const pirn_type *type, cm_flat *flat)
{
    switch (type->kind) {
    case PIRN_TYPE_S64:
    case PIRN_TYPE_U64:
        append_core(flat, CM_I64);
        return;
    case PIRN_TYPE_F32:
        append_core(flat, CM_F32);
        return;
    case PIRN_TYPE_F64:
        append_core(flat, CM_F64);
        return;
    case PIRN_TYPE_STRING:
    case PIRN_TYPE_LIST:
    case PIRN_TYPE_MAP:
        append_core(flat, CM_I32);
        append_core(flat, CM_I32);
        return;
    case PIRN_TYPE_FIXED_LIST:
        flatten_fixed_list(type, flat);
        return;
    case PIRN_TYPE_RECORD:
    case PIRN_TYPE_TUPLE:
        flatten_members(flat, type->members, type->member_count);
        return;
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_RESULT:
        flatten_variant(type, flat);
        return;
    default:
        append_core(flat, CM_I32);
    }
}

void cm_type_flatten(pirn_type *type)
{
    cm_flat flat = {0};
    flatten(type, &flat);
    type->flat_count = (uint16_t)flat.count;
    type->flat_types = 0;
    for (uint32_t i = 0; i < flat.count && i < CM_MAX_FLAT; i++)
        type->flat_types |= (uint32_t)flat.types[i] << (2 * i);
}

cm_flat cm_type_flat(const pirn_type *type)
{
    cm_flat flat = {.count = type->flat_count};
    for (uint32_t i = 0; i < flat.count && i < CM_MAX_FLAT; i++)
        flat.types[i] = type->flat_types >> (2 * i) & 3;
    return flat;
}

void cm_functype_flatten(pirn_component_functype *type)
{
    type->flat_params = type->flat_result = (cm_flat){0};
    flatten_members(&type->flat_params, type->params, type->param_count);
    if (type->result != NULL)
        type->flat_result = cm_type_flat(type->result);
}

bool cm_params_in_memory(const pirn_component_functype *type)
{
    return type->flat_params.count > CM_LIMIT_FLAT_PARAMS;
}

bool cm_result_in_memory(const pirn_component_functype *type)
{
    return type->flat_result.count > CM_LIMIT_FLAT_RESULTS;
}

static pirn_valtype core_valtype(uint8_t core)
{
    static const pirn_valtype types[] = {PIRN_I32, PIRN_I64, PIRN_F32, PIRN_F64};
    return types[core];
}

/* At most `limit` parameters in core values, else a pointer to all of them. */
static cm_core_functype flatten_params(const pirn_component_functype *type, uint32_t limit)
{
    cm_core_functype core = {.param_count = type->flat_params.count};
    if (core.param_count > limit) {
        core.param_count = 1;
        core.params[0] = PIRN_I32;
        return core;
    }
    for (size_t i = 0; i < core.param_count; i++)
        core.params[i] = core_valtype(type->flat_params.types[i]);
    return core;
}

cm_core_functype cm_flatten_lift(const pirn_component_functype *type)
{
    cm_core_functype core = flatten_params(type, CM_LIMIT_FLAT_PARAMS);
    if (type->result != NULL) {
        core.result_count = 1;
        core.results[0] = cm_result_in_memory(type) ? PIRN_I32 : core_valtype(type->flat_result.types[0]);
    }
    return core;
}

cm_core_functype cm_flatten_lower(const pirn_component_functype *type)
{
    cm_core_functype core = cm_flatten_lift(type);
    if (cm_result_in_memory(type)) {
        core.params[core.param_count++] = PIRN_I32;
        core.result_count = 0;
    }
    return core;
}

cm_core_functype cm_flatten_lift_async(const pirn_component_functype *type, bool has_callback)
{
    cm_core_functype core = flatten_params(type, CM_LIMIT_FLAT_PARAMS);
    core.result_count = has_callback ? 1 : 0;
    core.results[0] = PIRN_I32;
    return core;
}

cm_core_functype cm_flatten_lower_async(const pirn_component_functype *type)
{
    cm_core_functype core = flatten_params(type, CM_LIMIT_FLAT_ASYNC_PARAMS);
    if (type->result != NULL)
        core.params[core.param_count++] = PIRN_I32;
    core.result_count = 1;
    core.results[0] = PIRN_I32;
    return core;
}

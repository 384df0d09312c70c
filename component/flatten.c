/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flattening (CanonicalABI.md "Flattening"): the core values that stand for a component value. A
 * record is the values of its fields in a row; the cases of a variant share values, each of which
 * has the join of the types that the cases have there.
 *
 * The count goes on beyond CM_MAX_FLAT (it saturates): then the value passes through memory, and
 * the types are not needed.
 */
#include "component/type.h"

static void append(cm_flat *flat, const cm_flat *part)
{
    for (uint32_t i = 0; i < part->count && i < CM_MAX_FLAT; i++)
        if (flat->count + (uint64_t)i < CM_MAX_FLAT)
            flat->types[flat->count + i] = part->types[i];
    uint64_t count = (uint64_t)flat->count + part->count;
    flat->count = count > INT32_MAX ? INT32_MAX : (uint32_t)count;
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
        flat->count = payload->count + 1;
}

static void flatten_variant(pirn_type *type)
{
    append_core(&type->flat, CM_I32);
    for (uint32_t i = 0; i < cm_case_count(type); i++) {
        const pirn_type *payload = cm_case_type(type, i);
        if (payload != NULL)
            join_case(&type->flat, &payload->flat);
    }
}

static void flatten_members(cm_flat *flat, const cm_member *members, uint32_t count)
{
    *flat = (cm_flat){0};
    for (uint32_t i = 0; i < count; i++)
        append(flat, &members[i].type->flat);
}

void cm_type_flatten(pirn_type *type)
{
    type->flat = (cm_flat){0};
    switch (type->kind) {
    case PIRN_TYPE_S64:
    case PIRN_TYPE_U64:
        append_core(&type->flat, CM_I64);
        return;
    case PIRN_TYPE_F32:
        append_core(&type->flat, CM_F32);
        return;
    case PIRN_TYPE_F64:
        append_core(&type->flat, CM_F64);
        return;
    case PIRN_TYPE_STRING:
    case PIRN_TYPE_LIST:
        append_core(&type->flat, CM_I32);
        append_core(&type->flat, CM_I32);
        return;
    case PIRN_TYPE_RECORD:
    case PIRN_TYPE_TUPLE:
        flatten_members(&type->flat, type->members, type->member_count);
        return;
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_RESULT:
        flatten_variant(type);
        return;
    default:
        append_core(&type->flat, CM_I32);
    }
}

void cm_functype_flatten(pirn_component_functype *type)
{
    flatten_members(&type->flat_params, type->params, type->param_count);
}

bool cm_params_in_memory(const pirn_component_functype *type)
{
    return type->flat_params.count > CM_LIMIT_FLAT_PARAMS;
}

bool cm_result_in_memory(const pirn_component_functype *type)
{
    return type->result != NULL && type->result->flat.count > CM_LIMIT_FLAT_RESULTS;
}

static pirn_valtype core_valtype(uint8_t core)
{
    static const pirn_valtype types[] = {PIRN_I32, PIRN_I64, PIRN_F32, PIRN_F64};
    return types[core];
}

static cm_core_functype flatten_params(const pirn_component_functype *type)
{
    cm_core_functype core = {.param_count = type->flat_params.count};
    if (cm_params_in_memory(type)) {
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
    cm_core_functype core = flatten_params(type);
    if (type->result != NULL) {
        core.result_count = 1;
        core.results[0] = cm_result_in_memory(type) ? PIRN_I32 : core_valtype(type->result->flat.types[0]);
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

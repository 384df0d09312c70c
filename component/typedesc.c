/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing walks both structures in step. Descriptions are the embedder's constants and are
 * trusted to be well formed; the component's types are bounded in depth by validation
 * (CM_LIMIT_TYPE_DEPTH), and so is the walk.
 */
#include "component/typedesc.h"

static bool same_name(const char *name, pirn_str other)
{
    return pirn_str_eq(pirn_str_of(name == NULL ? "" : name), other);
}

/* Of types that may be absent: a case without payload, a function without result. */
static bool optional_matches(const pirn_typedesc *desc, const pirn_type *type, const cm_host_resources *resources)
{
    if (desc == NULL || type == NULL)
        return desc == NULL && type == NULL;
    return cm_typedesc_matches(desc, type, resources);
}

static bool members_match(const pirn_typedesc *desc, const pirn_type *type, bool named,
                          const cm_host_resources *resources)
{
    if (desc->member_count != type->member_count)
        return false;
    for (uint32_t i = 0; i < type->member_count; i++) {
        if (named && !same_name(desc->members[i].name, type->members[i].name))
            return false;
        if (!optional_matches(desc->members[i].type, type->members[i].type, resources))
            return false;
    }
    return true;
}

static bool resource_matches(const pirn_resourcedesc *desc, cm_resource_id id, const cm_host_resources *resources)
{
    return desc != NULL && id < resources->count && resources->of_id[id] == desc;
}

bool cm_typedesc_matches(const pirn_typedesc *desc, const pirn_type *type, const cm_host_resources *resources)
{
    if (desc->kind != type->kind)
        return false;
    switch (type->kind) {
    case PIRN_TYPE_LIST:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_MAP:
    case PIRN_TYPE_STREAM:
    case PIRN_TYPE_FUTURE:
        return optional_matches(desc->element, type->element, resources);
    case PIRN_TYPE_FIXED_LIST:
        return desc->member_count == type->length && optional_matches(desc->element, type->element, resources);
    case PIRN_TYPE_RECORD:
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_ENUM:
    case PIRN_TYPE_FLAGS:
        return members_match(desc, type, true, resources);
    case PIRN_TYPE_TUPLE:
    case PIRN_TYPE_RESULT:
        return members_match(desc, type, false, resources);
    case PIRN_TYPE_OWN:
    case PIRN_TYPE_BORROW:
        return resource_matches(desc->resource, type->resource, resources);
    default:
        return true; /* numbers, bool, char, string: the kind says all */
    }
}

bool cm_funcdesc_matches(const pirn_funcdesc *desc, const pirn_component_functype *type,
                         const cm_host_resources *resources)
{
    if (type->is_async || desc->param_count != type->param_count)
        return false;
    for (uint32_t i = 0; i < type->param_count; i++) {
        if (!optional_matches(desc->params[i].type, type->params[i].type, resources))
            return false;
    }
    return optional_matches(desc->result, type->result, resources);
}

static const pirn_type *build_type(base_arena *arena, const pirn_typedesc *desc);

static bool build_members(base_arena *arena, const pirn_memberdesc *descs, uint32_t count, const cm_member **out)
{
    cm_member *members = base_arena_array(arena, count, sizeof *members);
    if (members == NULL)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        members[i].name = pirn_str_of(descs[i].name == NULL ? "" : descs[i].name);
        if (descs[i].type != NULL && (members[i].type = build_type(arena, descs[i].type)) == NULL)
            return false;
    }
    *out = members;
    return true;
}

static const pirn_type *build_type(base_arena *arena, const pirn_typedesc *desc)
{
    pirn_type *type = base_arena_zero(arena, sizeof *type);
    if (type == NULL)
        return NULL;
    type->kind = desc->kind;
    type->member_count = desc->members == NULL ? 0 : desc->member_count;
    if (!build_members(arena, desc->members, type->member_count, &type->members))
        return NULL;
    if (desc->element != NULL && (type->element = build_type(arena, desc->element)) == NULL)
        return NULL;
    if (desc->kind == PIRN_TYPE_FIXED_LIST)
        type->length = desc->member_count;
    if (desc->resource == NULL)
        return type;
    pirn_str *name = base_arena_alloc(arena, sizeof *name);
    if (name == NULL)
        return NULL;
    *name = pirn_str_of(desc->resource->name);
    type->name = name;
    return type;
}

const pirn_component_functype *cm_funcdesc_type(base_arena *arena, const pirn_funcdesc *desc)
{
    pirn_component_functype *type = base_arena_zero(arena, sizeof *type);
    if (type == NULL)
        return NULL;
    type->param_count = desc->param_count;
    if (!build_members(arena, desc->params, desc->param_count, &type->params))
        return NULL;
    if (desc->result != NULL && (type->result = build_type(arena, desc->result)) == NULL)
        return NULL;
    return type;
}

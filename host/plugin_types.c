/* SPDX-License-Identifier: Apache-2.0 */
#include "host/plugin_types.h"

void host_describer_done(host_describer *d)
{
    BASE_VEC_DONE(&d->resources, d->arena->allocator);
    BASE_VEC_DONE(&d->types, d->arena->allocator);
}

const char *host_describe_name(host_describer *d, pirn_str name)
{
    return base_arena_copy(d->arena, name).data;
}

/* The kinds that have a form in C, by name on both sides. */
static const struct {
    pirn_wit_kind wit;
    pirn_type_kind kind;
} kinds[] = {
    {PIRN_WIT_BOOL, PIRN_TYPE_BOOL},     {PIRN_WIT_S8, PIRN_TYPE_S8},           {PIRN_WIT_U8, PIRN_TYPE_U8},
    {PIRN_WIT_S16, PIRN_TYPE_S16},       {PIRN_WIT_U16, PIRN_TYPE_U16},         {PIRN_WIT_S32, PIRN_TYPE_S32},
    {PIRN_WIT_U32, PIRN_TYPE_U32},       {PIRN_WIT_S64, PIRN_TYPE_S64},         {PIRN_WIT_U64, PIRN_TYPE_U64},
    {PIRN_WIT_F32, PIRN_TYPE_F32},       {PIRN_WIT_F64, PIRN_TYPE_F64},         {PIRN_WIT_CHAR, PIRN_TYPE_CHAR},
    {PIRN_WIT_STRING, PIRN_TYPE_STRING}, {PIRN_WIT_LIST, PIRN_TYPE_LIST},       {PIRN_WIT_RECORD, PIRN_TYPE_RECORD},
    {PIRN_WIT_TUPLE, PIRN_TYPE_TUPLE},   {PIRN_WIT_VARIANT, PIRN_TYPE_VARIANT}, {PIRN_WIT_ENUM, PIRN_TYPE_ENUM},
    {PIRN_WIT_OPTION, PIRN_TYPE_OPTION}, {PIRN_WIT_RESULT, PIRN_TYPE_RESULT},   {PIRN_WIT_FLAGS, PIRN_TYPE_FLAGS},
    {PIRN_WIT_OWN, PIRN_TYPE_OWN},       {PIRN_WIT_BORROW, PIRN_TYPE_BORROW},   {PIRN_WIT_RESOURCE, PIRN_TYPE_OWN},
};

static bool kind_of(const pirn_wit_type *type, pirn_type_kind *out)
{
    for (size_t i = 0; i < BASE_COUNT(kinds); i++) {
        if (kinds[i].wit == pirn_wit_type_kind(type) && pirn_wit_type_length(type) == 0) {
            *out = kinds[i].kind;
            return true;
        }
    }
    return false;
}

static pirn_status describe_members(host_describer *d, const pirn_wit_type *type, pirn_typedesc *out)
{
    size_t count = pirn_wit_type_member_count(type);
    pirn_memberdesc *members = base_arena_array(d->arena, count, sizeof *members);
    if (members == NULL)
        return base_nomem(d->error);
    for (size_t i = 0; i < count; i++) {
        pirn_wit_member member = pirn_wit_type_member(type, i);
        if (member.name.len > 0 && (members[i].name = host_describe_name(d, member.name)) == NULL)
            return base_nomem(d->error);
        PIRN_TRY(host_describe_type(d, member.type, &members[i].type));
    }
    out->member_count = (uint32_t)count;
    out->members = members;
    return PIRN_OK;
}

static pirn_status describe_handle(host_describer *d, const pirn_wit_type *type, pirn_typedesc *out)
{
    bool is_bare = pirn_wit_type_kind(type) == PIRN_WIT_RESOURCE;
    const pirn_wit_type *resource = pirn_wit_type_resolved(is_bare ? type : pirn_wit_type_member(type, 0).type);
    for (size_t i = 0; i < d->resources.len; i++) {
        if (d->resources.data[i].wit == resource)
            out->resource = d->resources.data[i].desc;
    }
    if (out->resource != NULL)
        return PIRN_OK;
    return base_fail(d->error, PIRN_USAGE, PIRN_NO_OFFSET, "resource %.*s is not the plugin's own",
                     PIRN_STR_ARG(pirn_wit_type_name(resource)));
}

static pirn_status describe_parts(host_describer *d, const pirn_wit_type *type, pirn_typedesc *out)
{
    switch (out->kind) {
    case PIRN_TYPE_LIST:
    case PIRN_TYPE_OPTION:
        return host_describe_type(d, pirn_wit_type_member(type, 0).type, &out->element);
    case PIRN_TYPE_OWN:
    case PIRN_TYPE_BORROW:
        return describe_handle(d, type, out);
    default:
        return describe_members(d, type, out);
    }
}

pirn_status host_describe_type(host_describer *d, const pirn_wit_type *named, const pirn_typedesc **out)
{
    *out = NULL;
    if (named == NULL)
        return PIRN_OK;
    const pirn_wit_type *type = pirn_wit_type_resolved(named);
    for (size_t i = 0; i < d->types.len; i++) {
        if (d->types.data[i].wit == type) {
            *out = d->types.data[i].desc;
            return PIRN_OK;
        }
    }
    pirn_typedesc *desc = base_arena_zero(d->arena, sizeof *desc);
    if (desc == NULL)
        return base_nomem(d->error);
    if (!kind_of(type, &desc->kind))
        return base_fail(d->error, PIRN_USAGE, PIRN_NO_OFFSET, "a plugin's functions cannot have a %.*s",
                         PIRN_STR_ARG(pirn_wit_kind_name(pirn_wit_type_kind(type))));
    PIRN_TRY(describe_parts(d, type, desc));
    *out = desc;
    return BASE_VEC_PUSH(&d->types, d->arena->allocator, ((host_described_type){type, desc})) ? PIRN_OK
                                                                                              : base_nomem(d->error);
}

pirn_status host_describe_function(host_describer *d, const pirn_wit_function *function, pirn_funcdesc *out)
{
    size_t count = pirn_wit_function_param_count(function);
    pirn_memberdesc *params = base_arena_array(d->arena, count, sizeof *params);
    out->name = host_describe_name(d, pirn_wit_function_name(function));
    if (params == NULL || out->name == NULL)
        return base_nomem(d->error);
    if (pirn_wit_function_is_async(function))
        return base_fail(d->error, PIRN_USAGE, PIRN_NO_OFFSET, "%s is async, which a plugin's functions cannot be",
                         out->name);
    for (size_t i = 0; i < count; i++) {
        pirn_wit_member param = pirn_wit_function_param(function, i);
        params[i].name = host_describe_name(d, param.name);
        if (params[i].name == NULL)
            return base_nomem(d->error);
        PIRN_TRY(host_describe_type(d, param.type, &params[i].type));
    }
    out->param_count = (uint32_t)count;
    out->params = params;
    return host_describe_type(d, pirn_wit_function_result(function), &out->result);
}

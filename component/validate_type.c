/* SPDX-License-Identifier: Apache-2.0 */
/* Type definitions (Binary.md "Type Definitions"): value types, functions, bodies, resources. */
#include "component/externs.h"
#include "component/validate.h"

/* ---- Value types ------------------------------------------------------------------------------------------------- */

static pirn_status resolve_value(cm_scope *scope, const cm_value_syntax *syntax, const pirn_type **out)
{
    if (syntax->index == CM_NONE) {
        *out = scope->v->primitives[syntax->kind];
        return PIRN_OK;
    }
    const cm_type *type = NULL;
    scope->v->offset = syntax->offset;
    PIRN_TRY(cm_scope_type(scope, syntax->index, CM_TYPE_VALUE, "a defined type", &type));
    *out = type->value;
    return PIRN_OK;
}

/* What a kind of labelled type calls itself and its labels, and the conflicting one before. */
typedef struct label_words {
    pirn_type_kind kind;
    const char *empty; /* the message when there are none; NULL: may be empty */
    const char *name, *previous;
} label_words;

static const label_words words[] = {
    {PIRN_TYPE_RECORD, "record type must have at least one field", "record field name", "field name"},
    {PIRN_TYPE_VARIANT, "variant type must have at least one case", "variant case name", "case name"},
    {PIRN_TYPE_TUPLE, "tuple type must have at least one type", NULL, NULL},
    {PIRN_TYPE_FLAGS, "flags must have at least one entry", "flag name", "flag name"},
    {PIRN_TYPE_ENUM, "enum type must have at least one variant", "enum tag name", "tag name"},
};

static const label_words parameter_words = {PIRN_TYPE_RECORD, NULL, "function parameter name", "parameter name"};

static const label_words *find_words(pirn_type_kind kind)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].kind == kind)
            return &words[i];
    return NULL;
}

static pirn_status add_label(cm_validator *v, base_map *seen, const label_words *w, const cm_label_syntax *labels,
                             uint32_t index)
{
    pirn_str name = labels[index].name;
    v->offset = labels[index].offset;
    if (name.len == 0)
        return cm_invalid(v, "%s cannot be empty", w->name);
    if (!cm_label_valid(name))
        return cm_invalid(v, "%s `%.*s` is not in kebab case", w->name, PIRN_STR_ARG(name));
    pirn_str canonical = cm_name_canonical(v->arena, name);
    bool added = false;
    uint64_t before = 0;
    if (canonical.data == NULL || base_map_add(seen, canonical, index, &added) != PIRN_OK)
        return cm_nomem(v);
    if (added)
        return PIRN_OK;
    base_map_get(seen, canonical, &before);
    return cm_invalid(v, "%s `%.*s` conflicts with previous %s `%.*s`", w->name, PIRN_STR_ARG(name), w->previous,
                      PIRN_STR_ARG(labels[before].name));
}

static pirn_status check_labels(cm_validator *v, const label_words *w, const cm_type_syntax *syntax)
{
    base_map seen;
    base_map_init(&seen, v->allocator);
    pirn_status status = PIRN_OK;
    for (uint32_t i = 0; i < syntax->label_count && status == PIRN_OK; i++)
        status = add_label(v, &seen, w, syntax->labels, i);
    base_map_done(&seen);
    return status;
}

static pirn_status resolve_labels(cm_scope *scope, const cm_type_syntax *syntax, const cm_member **out)
{
    cm_member *members = cm_array(scope->v, syntax->label_count, sizeof *members);
    if (members == NULL)
        return PIRN_NOMEM;
    for (uint32_t i = 0; i < syntax->label_count; i++) {
        members[i].name = syntax->labels[i].name;
        if (syntax->labels[i].type.present)
            PIRN_TRY(resolve_value(scope, &syntax->labels[i].type, &members[i].type));
    }
    *out = members;
    return PIRN_OK;
}

static void add_part(pirn_type *type, const pirn_type *part)
{
    cm_extent *to = &type->extent;
    to->size = part->extent.size > UINT32_MAX - to->size ? UINT32_MAX : to->size + part->extent.size;
    if (part->extent.depth >= to->depth)
        to->depth = part->extent.depth + 1;
    type->has_lists |= part->has_lists;
}

/* Adds up the parts, refuses what is too much, lays out. */
static pirn_status finish_value(cm_validator *v, pirn_type *type)
{
    type->extent = (cm_extent){1, 1};
    type->has_lists = type->kind == PIRN_TYPE_LIST;
    if (type->element != NULL)
        add_part(type, type->element);
    for (uint32_t i = 0; i < type->member_count; i++)
        if (type->members[i].type != NULL)
            add_part(type, type->members[i].type);
    PIRN_TRY(cm_extent_check(v, type->extent));
    cm_type_layout(type);
    return PIRN_OK;
}

static pirn_status resolve_handle(cm_scope *scope, const cm_type_syntax *syntax, pirn_type *type)
{
    const cm_type *resource = NULL;
    PIRN_TRY(cm_scope_type(scope, syntax->element.index, CM_TYPE_RESOURCE, "a resource type", &resource));
    type->resource = resource->resource;
    if (resource->name != NULL)
        type->resource_name = *resource->name;
    type->identity = resource->identity;
    return PIRN_OK;
}

static pirn_status make_value(cm_scope *scope, const cm_type_syntax *syntax, pirn_type *type)
{
    cm_validator *v = scope->v;
    uint64_t offset = v->offset;
    const label_words *w = find_words(type->kind);
    if (w != NULL && syntax->label_count == 0)
        return cm_invalid(v, "%s", w->empty);
    if (w != NULL && w->name != NULL)
        PIRN_TRY(check_labels(v, w, syntax));
    v->offset = offset;
    if (type->kind == PIRN_TYPE_FLAGS && syntax->label_count > CM_LIMIT_FLAGS)
        return cm_invalid(v, "cannot have more than 32 flags");
    if (w != NULL && type->kind != PIRN_TYPE_TUPLE)
        type->identity = ++v->next_identity;
    type->member_count = syntax->label_count;
    PIRN_TRY(resolve_labels(scope, syntax, &type->members));
    if (type->kind == PIRN_TYPE_OWN || type->kind == PIRN_TYPE_BORROW)
        PIRN_TRY(resolve_handle(scope, syntax, type));
    else if (syntax->element.present)
        PIRN_TRY(resolve_value(scope, &syntax->element, &type->element));
    v->offset = offset;
    return finish_value(v, type);
}

static pirn_status validate_value(cm_scope *scope, const cm_type_syntax *syntax, cm_type *out)
{
    out->kind = CM_TYPE_VALUE;
    if (syntax->value_kind <= PIRN_TYPE_STRING) {
        out->value = scope->v->primitives[syntax->value_kind];
        return PIRN_OK;
    }
    pirn_type *type = cm_array(scope->v, 1, sizeof *type);
    if (type == NULL)
        return PIRN_NOMEM;
    type->kind = syntax->value_kind;
    out->value = type;
    return make_value(scope, syntax, type);
}

/* ---- Functions, bodies, resources -------------------------------------------------------------------------------- */

static pirn_status validate_func(cm_scope *scope, const cm_type_syntax *syntax, cm_type *out)
{
    cm_validator *v = scope->v;
    uint64_t offset = v->offset;
    pirn_component_functype *type = cm_array(v, 1, sizeof *type);
    if (type == NULL)
        return PIRN_NOMEM;
    out->kind = CM_TYPE_FUNC;
    out->func = type;
    PIRN_TRY(check_labels(v, &parameter_words, syntax));
    type->param_count = syntax->label_count;
    PIRN_TRY(resolve_labels(scope, syntax, &type->params));
    if (syntax->result.present)
        PIRN_TRY(resolve_value(scope, &syntax->result, &type->result));
    v->offset = offset;
    if (type->result != NULL && type->result->has_borrow)
        return cm_invalid(v, "function result cannot contain a `borrow` type");
    cm_item item = {.sort = CM_FUNC, .func = type};
    PIRN_TRY(cm_extent_check(v, cm_item_extent(&item)));
    cm_functype_layout(type);
    return PIRN_OK;
}

static pirn_status validate_body_type(cm_scope *scope, const cm_type_syntax *syntax, cm_type *out)
{
    cm_component *body = syntax->body;
    PIRN_TRY(cm_validate_body(scope->v, scope, body));
    if (body->kind == CM_BODY_COMPONENT_TYPE) {
        out->kind = CM_TYPE_COMPONENT;
        out->component = &body->type;
    } else {
        out->kind = CM_TYPE_INSTANCE;
        out->instance = &body->instance_type;
    }
    return PIRN_OK;
}

/* A destructor takes the representation: [i32] -> []. */
static pirn_status check_dtor(cm_scope *scope, uint32_t index)
{
    static const pirn_valtype param = PIRN_I32;
    const cm_item *dtor = NULL;
    PIRN_TRY(cm_scope_item(scope, CM_CORE_FUNC, index, &dtor));
    const pirn_functype *type = pirn_functype_new(scope->v->engine, &param, 1, NULL, 0);
    if (type == NULL)
        return cm_nomem(scope->v);
    if (dtor->core_func != type)
        return cm_invalid(scope->v, "core function %u has wrong signature for a destructor", index);
    return PIRN_OK;
}

static pirn_status validate_resource(cm_scope *scope, const cm_type_syntax *syntax, cm_definition *definition)
{
    if (scope->body->kind != CM_BODY_COMPONENT)
        return cm_invalid(scope->v, "resources can only be defined within a concrete component");
    if (syntax->dtor != CM_NONE)
        PIRN_TRY(check_dtor(scope, syntax->dtor));
    cm_type *type = &definition->item.type;
    type->kind = CM_TYPE_RESOURCE;
    type->identity = ++scope->v->next_identity;
    return cm_new_resource(scope->v, scope->body, &type->resource);
}

pirn_status cm_validate_type(cm_scope *scope, cm_definition *definition)
{
    const cm_type_syntax *syntax = definition->syntax;
    switch (syntax->kind) {
    case CM_SYNTAX_VALUE:
        return validate_value(scope, syntax, &definition->item.type);
    case CM_SYNTAX_FUNC:
        return validate_func(scope, syntax, &definition->item.type);
    case CM_SYNTAX_BODY:
        return validate_body_type(scope, syntax, &definition->item.type);
    default:
        return validate_resource(scope, syntax, definition);
    }
}

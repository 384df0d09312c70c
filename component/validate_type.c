/* SPDX-License-Identifier: Apache-2.0 */
/* Type definitions (Binary.md "Type Definitions"): value types, functions, bodies, resources. */
#include "component/externs.h"
#include "component/validate.h"

/* ---- Value types ------------------------------------------------------------------------------------------------- */

pirn_status cm_resolve_value(cm_scope *scope, const cm_value_syntax *syntax, const pirn_type **out)
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
            PIRN_TRY(cm_resolve_value(scope, &syntax->labels[i].type, &members[i].type));
    }
    *out = members;
    return PIRN_OK;
}

static void add_part(pirn_type *type, const pirn_type *part)
{
    if (part != NULL)
        type->unfolded = part->unfolded > UINT32_MAX - type->unfolded ? UINT32_MAX : type->unfolded + part->unfolded;
}

/* Adds up the parts, lays out. */
static pirn_status measure(cm_validator *v, pirn_type *type)
{
    type->unfolded = 1;
    add_part(type, type->element);
    for (uint32_t i = 0; i < type->member_count; i++)
        add_part(type, type->members[i].type);
    cm_type_layout(type);
    return cm_extent_check(v, (cm_extent){type->unfolded, type->depth});
}

/* A type of the file, whose size has a limit. */
static pirn_status finish_value(cm_validator *v, pirn_type *type)
{
    PIRN_TRY(measure(v, type));
    if (type->is_too_large)
        return cm_invalid(v, "type exceeds maximum byte size of %d", CM_LAYOUT_MOST);
    return type->is_too_large_in_c ? cm_limit(v, "a type is too large for the host") : PIRN_OK;
}

static pirn_status resolve_handle(cm_scope *scope, const cm_type_syntax *syntax, pirn_type *type)
{
    const cm_type *resource = NULL;
    PIRN_TRY(cm_scope_type(scope, syntax->element.index, CM_TYPE_RESOURCE, "a resource type", &resource));
    type->resource = resource->resource;
    type->name = resource->name;
    type->identity = resource->identity;
    return PIRN_OK;
}

/* Streams and futures; they may be of nothing. */
static pirn_status resolve_async(cm_scope *scope, const cm_type_syntax *syntax, pirn_type *type)
{
    if (!syntax->element.present)
        return PIRN_OK;
    PIRN_TRY(cm_resolve_value(scope, &syntax->element, &type->element));
    if (type->element->has_borrow)
        return cm_invalid(scope->v, "`%s` cannot contain a `borrow` type", pirn_type_kind_name(type->kind));
    if (type->kind == PIRN_TYPE_STREAM && type->element->kind == PIRN_TYPE_CHAR)
        return cm_invalid(scope->v, "`stream<char>` is not valid at this time");
    return PIRN_OK;
}

/* bool, integers, char, string. */
static bool is_key(pirn_type_kind kind)
{
    return kind <= PIRN_TYPE_U64 || kind == PIRN_TYPE_CHAR || kind == PIRN_TYPE_STRING;
}

static pirn_status make_pair(cm_validator *v, const pirn_type *key, const pirn_type *value, const pirn_type **out)
{
    pirn_type *pair = cm_array(v, 1, sizeof *pair);
    cm_member *members = cm_array(v, 2, sizeof *members);
    if (pair == NULL || members == NULL)
        return PIRN_NOMEM;
    members[0].type = key;
    members[1].type = value;
    *pair = (pirn_type){.kind = PIRN_TYPE_TUPLE, .member_count = 2, .members = members};
    *out = pair;
    return measure(v, pair); /* it is no type of the file: it may be too large, and then the map is always empty */
}

/* The pair of a key and a value that are one byte each in the file: there are few of them, and they are shared. */
static pirn_status share_pair(cm_validator *v, const pirn_type *key, const pirn_type *value, const pirn_type **out)
{
    uint64_t known = 0, name = (uint64_t)(uintptr_t)value * 4 + (uint64_t)key->kind; /* nodes are 16 bytes apart */
    if (cm_idmap_get(&v->pairs, name, &known)) {
        *out = (const pirn_type *)(uintptr_t)known;
        return PIRN_OK;
    }
    PIRN_TRY(make_pair(v, key, value, out));
    return cm_idmap_set(&v->pairs, name, (uintptr_t)*out) ? PIRN_OK : cm_nomem(v);
}

/* A map is a list of pairs: its element is their tuple. */
static pirn_status resolve_map(cm_scope *scope, const cm_type_syntax *syntax, pirn_type *type)
{
    enum { ONE_BYTE = 64 }; /* type indices are signed numbers there */
    const pirn_type *key = NULL, *value = NULL;
    const cm_value_syntax *value_syntax = &syntax->labels[1].type;
    PIRN_TRY(cm_resolve_value(scope, &syntax->labels[0].type, &key));
    PIRN_TRY(cm_resolve_value(scope, value_syntax, &value));
    scope->v->offset = syntax->labels[0].offset;
    if (!is_key(key->kind))
        return cm_invalid(scope->v, "a map key cannot be of type %s", pirn_type_kind_name(key->kind));
    bool is_small = value_syntax->index == CM_NONE || value_syntax->index < ONE_BYTE;
    return is_small ? share_pair(scope->v, key, value, &type->element)
                    : make_pair(scope->v, key, value, &type->element);
}

static pirn_status resolve_fixed_list(cm_scope *scope, const cm_type_syntax *syntax, pirn_type *type)
{
    if (syntax->length == 0)
        return cm_invalid(scope->v, "a list of fixed length must have at least one element");
    type->length = syntax->length;
    return cm_resolve_value(scope, &syntax->element, &type->element);
}

/* Records, variants, tuples, flags, enums, results. */
static pirn_status resolve_labelled(cm_scope *scope, const cm_type_syntax *syntax, pirn_type *type)
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
    return resolve_labels(scope, syntax, &type->members);
}

static pirn_status resolve_parts(cm_scope *scope, const cm_type_syntax *syntax, pirn_type *type)
{
    switch (type->kind) {
    case PIRN_TYPE_OWN:
    case PIRN_TYPE_BORROW:
        return resolve_handle(scope, syntax, type);
    case PIRN_TYPE_STREAM:
    case PIRN_TYPE_FUTURE:
        return resolve_async(scope, syntax, type);
    case PIRN_TYPE_MAP:
        return resolve_map(scope, syntax, type);
    case PIRN_TYPE_FIXED_LIST:
        return resolve_fixed_list(scope, syntax, type);
    case PIRN_TYPE_LIST:
    case PIRN_TYPE_OPTION:
        return cm_resolve_value(scope, &syntax->element, &type->element);
    default:
        return resolve_labelled(scope, syntax, type);
    }
}

static pirn_status make_value(cm_scope *scope, const cm_type_syntax *syntax, pirn_type *type)
{
    uint64_t offset = scope->v->offset;
    PIRN_TRY(resolve_parts(scope, syntax, type));
    scope->v->offset = offset;
    return finish_value(scope->v, type);
}

static pirn_status validate_value(cm_scope *scope, const cm_type_syntax *syntax, cm_type *out)
{
    out->kind = CM_TYPE_VALUE;
    if (cm_kind_is_primitive(syntax->value_kind)) {
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
    type->is_async = syntax->is_async;
    type->param_count = syntax->label_count;
    PIRN_TRY(resolve_labels(scope, syntax, &type->params));
    if (syntax->result.present)
        PIRN_TRY(cm_resolve_value(scope, &syntax->result, &type->result));
    v->offset = offset;
    if (type->result != NULL && type->result->has_borrow)
        return cm_invalid(v, "function result cannot contain a `borrow` type");
    cm_item item = {.sort = CM_FUNC, .func = type};
    PIRN_TRY(cm_extent_check(v, cm_item_extent(&item)));
    cm_functype_layout(type);
    return type->is_too_large ? cm_limit(v, "the parameters of a function are too large") : PIRN_OK;
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
    definition->dtor = syntax->dtor;
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
    default:
        return validate_resource(scope, syntax, definition);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Validation: the walk over a body's definitions, its index spaces, and the type of the whole. */
#include "component/validate.h"
#include "component/externs.h"
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

/* ---- The validator ----------------------------------------------------------------------------------------------- */

pirn_status cm_invalid(cm_validator *v, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pirn_status status = base_fail_v(v->error, PIRN_INVALID, v->offset, format, args);
    va_end(args);
    return status;
}

pirn_status cm_limit(cm_validator *v, const char *what)
{
    return base_fail(v->error, PIRN_LIMIT, v->offset, "%s", what);
}

pirn_status cm_nomem(cm_validator *v)
{
    return base_nomem(v->error);
}

void *cm_array(cm_validator *v, size_t count, size_t size)
{
    static const max_align_t nothing;
    if (count == 0)
        return (void *)&nothing;
    void *array = base_arena_array(v->arena, count, size);
    if (array == NULL)
        cm_nomem(v);
    return array;
}

static pirn_status spend(cm_validator *v, uint64_t *left, uint64_t count)
{
    if (count <= *left) {
        *left -= count;
        return PIRN_OK;
    }
    *left = 0;
    return cm_limit(v, "the types of the component are too complex for its size");
}

pirn_status cm_spend_nodes(cm_validator *v, uint64_t count)
{
    return spend(v, &v->nodes_left, count);
}

pirn_status cm_spend_steps(cm_validator *v, uint64_t count)
{
    return spend(v, &v->steps_left, count);
}

pirn_status cm_new_resource(cm_validator *v, const cm_component *owner, cm_resource_id *out)
{
    *out = v->next_resource++;
    return BASE_VEC_PUSH(&v->owners, v->allocator, owner) ? PIRN_OK : cm_nomem(v);
}

/* ---- Index spaces ------------------------------------------------------------------------------------------------ */

/* What messages call the items of a sort. */
static const char *noun(cm_sort sort)
{
    static const char *const nouns[CM_SORT_COUNT] = {
        [CM_CORE_FUNC] = "core function",
        [CM_CORE_TABLE] = "table",
        [CM_CORE_MEMORY] = "memory",
        [CM_CORE_GLOBAL] = "global",
        [CM_CORE_TAG] = "tag",
        [CM_CORE_TYPE] = "core type",
        [CM_CORE_MODULE] = "module",
        [CM_CORE_INSTANCE] = "core instance",
        [CM_FUNC] = "function",
        [CM_VALUE] = "value",
        [CM_TYPE] = "type",
        [CM_COMPONENT] = "component",
        [CM_INSTANCE] = "instance",
    };
    return nouns[sort];
}

pirn_status cm_scope_item(cm_scope *scope, cm_sort sort, uint32_t index, const cm_item **out)
{
    const cm_component *body = scope->body;
    if (index >= body->space_counts[sort] || body->spaces[sort][index] >= scope->position)
        return cm_invalid(scope->v, "unknown %s %u: %s index out of bounds", noun(sort), index, noun(sort));
    *out = &body->definitions[body->spaces[sort][index]].item;
    return PIRN_OK;
}

pirn_status cm_scope_type(cm_scope *scope, uint32_t index, cm_type_kind kind, const char *what, const cm_type **out)
{
    const cm_item *item = NULL;
    PIRN_TRY(cm_scope_item(scope, CM_TYPE, index, &item));
    if (item->type.kind != kind)
        return cm_invalid(scope->v, "type index %u is not %s", index, what);
    *out = &item->type;
    return PIRN_OK;
}

pirn_status cm_scope_outer(cm_scope *scope, uint32_t depth, cm_scope **out)
{
    cm_scope *outer = scope;
    for (uint32_t i = 0; i < depth && outer != NULL; i++)
        outer = outer->parent;
    if (outer == NULL)
        return cm_invalid(scope->v, "invalid outer alias count of %u", depth);
    *out = outer;
    return PIRN_OK;
}

/* ---- Bodies ------------------------------------------------------------------------------------------------------ */

static pirn_status validate_component(cm_scope *scope, cm_definition *definition)
{
    PIRN_TRY(cm_validate_body(scope->v, scope, definition->component));
    definition->item.component = &definition->component->type;
    return PIRN_OK;
}

typedef pirn_status (*validate_definition)(cm_scope *scope, cm_definition *definition);

static const validate_definition validators[] = {
    [CM_DEF_CORE_MODULE] = cm_validate_core_module,
    [CM_DEF_CORE_INSTANTIATE] = cm_validate_core_instance,
    [CM_DEF_CORE_EXPORTS] = cm_validate_core_instance,
    [CM_DEF_CORE_TYPE] = cm_validate_declared,
    [CM_DEF_COMPONENT] = validate_component,
    [CM_DEF_INSTANTIATE] = cm_validate_instance,
    [CM_DEF_EXPORTS] = cm_validate_instance,
    [CM_DEF_ALIAS_EXPORT] = cm_validate_alias,
    [CM_DEF_ALIAS_CORE_EXPORT] = cm_validate_alias,
    [CM_DEF_ALIAS_OUTER] = cm_validate_alias,
    [CM_DEF_TYPE] = cm_validate_declared,
    [CM_DEF_CANON] = cm_validate_canon,
    [CM_DEF_IMPORT] = cm_validate_import,
    [CM_DEF_EXPORT] = cm_validate_export,
};

void cm_scope_init(cm_scope *scope, cm_validator *v, cm_scope *parent, cm_component *body)
{
    *scope = (cm_scope){.v = v, .body = body, .parent = parent};
    cm_namespace_init(&scope->imports, "import", v->allocator);
    cm_namespace_init(&scope->exports, "export", v->allocator);
    body->first_resource = v->next_resource;
}

void cm_scope_done(cm_scope *scope)
{
    cm_namespace_done(&scope->imports);
    cm_namespace_done(&scope->exports);
}

pirn_status cm_scope_add(cm_scope *scope, cm_definition *definition)
{
    scope->v->offset = definition->offset;
    scope->position = (uint32_t)(definition - scope->body->definitions);
    PIRN_TRY(cm_spend_steps(scope->v, 1));
    return validators[definition->kind](scope, definition);
}

static pirn_status gather_externs(cm_scope *scope, cm_definition_kind kind, cm_externs *out)
{
    const cm_component *body = scope->body;
    uint32_t count = 0;
    for (uint32_t i = 0; i < body->definition_count; i++)
        count += body->definitions[i].kind == kind;
    cm_extern *list = cm_array(scope->v, count, sizeof *list);
    if (list == NULL)
        return PIRN_NOMEM;
    *out = (cm_externs){.count = count, .list = list};
    for (uint32_t i = 0; i < body->definition_count; i++)
        if (body->definitions[i].kind == kind)
            *list++ = (cm_extern){body->definitions[i].external->name, body->definitions[i].item};
    return cm_externs_index(scope->v, out);
}

/* The resource ids of this body that are in the list, but not in `seen`. */
static pirn_status gather_births(cm_scope *scope, const cm_externs *externs, cm_idmap *seen, uint32_t *count,
                                 const cm_birth **out)
{
    cm_birth_list births = {0};
    pirn_status status = PIRN_OK;
    for (uint32_t i = 0; i < externs->count && status == PIRN_OK; i++)
        status = cm_find_births(scope->v, &externs->list[i].item, &externs->list[i].name, scope->body->first_resource,
                                seen, &births);
    if (status == PIRN_OK)
        status = cm_births_take(scope->v, &births, count, out);
    BASE_VEC_DONE(&births, scope->v->allocator);
    return status;
}

static pirn_status finish_births(cm_scope *scope, cm_component_type *type)
{
    cm_idmap seen;
    cm_idmap_init(&seen, scope->v->allocator);
    pirn_status status = gather_births(scope, &type->imports, &seen, &type->import_born_count, &type->import_born);
    if (status == PIRN_OK)
        status = gather_births(scope, &type->exports, &seen, &type->export_born_count, &type->export_born);
    cm_idmap_done(&seen);
    return status;
}

/* The type of the whole: its imports and exports. */
pirn_status cm_scope_finish(cm_scope *scope)
{
    cm_component *body = scope->body;
    cm_component_type *type = &body->type;
    scope->position = body->definition_count;
    scope->v->offset = body->offset;
    cm_scope_done(scope); /* all names are in */
    PIRN_TRY(gather_externs(scope, CM_DEF_IMPORT, &type->imports));
    PIRN_TRY(gather_externs(scope, CM_DEF_EXPORT, &type->exports));
    PIRN_TRY(finish_births(scope, type));
    cm_extent imports = cm_externs_extent(&type->imports), exports = cm_externs_extent(&type->exports);
    uint64_t size = (uint64_t)imports.size + exports.size;
    type->extent.size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    type->extent.depth = imports.depth > exports.depth ? imports.depth : exports.depth;
    body->instance_type = (cm_instance_type){.exports = type->exports,
                                             .born_count = type->export_born_count,
                                             .born = type->export_born,
                                             .extent = exports};
    body->end_resource = scope->v->next_resource;
    return cm_extent_check(scope->v, type->extent);
}

static pirn_status validate_definitions(cm_scope *scope)
{
    for (uint32_t i = 0; i < scope->body->definition_count; i++)
        PIRN_TRY(cm_scope_add(scope, &scope->body->definitions[i]));
    return cm_scope_finish(scope);
}

pirn_status cm_validate_body(cm_validator *v, cm_scope *parent, cm_component *body)
{
    cm_scope scope;
    cm_scope_init(&scope, v, parent, body);
    pirn_status status = validate_definitions(&scope);
    cm_scope_done(&scope);
    return status;
}

static pirn_status make_primitives(cm_validator *v)
{
    for (int kind = 0; kind <= PIRN_TYPE_ERROR_CONTEXT; kind++) {
        if (!cm_kind_is_primitive((pirn_type_kind)kind))
            continue;
        pirn_type *type = cm_array(v, 1, sizeof *type);
        if (type == NULL)
            return PIRN_NOMEM;
        type->kind = (pirn_type_kind)kind;
        type->unfolded = 1;
        cm_type_layout(type);
        v->primitives[kind] = type;
    }
    return PIRN_OK;
}

pirn_status cm_validate(pirn_component *component, pirn_error *error)
{
    enum { BASE_NODES = 65536, NODES_PER_BYTE = 4, BASE_STEPS = 10000000, STEPS_PER_BYTE = 64 };
    cm_validator v = {
        .component = component,
        .engine = component->engine,
        .allocator = component->allocator,
        .arena = &component->arena,
        .error = error,
        .nodes_left = BASE_NODES + (uint64_t)component->size * NODES_PER_BYTE,
        .steps_left = BASE_STEPS + (uint64_t)component->size * STEPS_PER_BYTE,
        .decoder = {.component = component, .arena = &component->arena},
    };
    base_arena_init(&v.decoder.syntax, component->allocator);
    cm_idmap_init(&v.pairs, component->allocator);
    pirn_status status = make_primitives(&v);
    if (status == PIRN_OK)
        status = cm_validate_body(&v, NULL, component->root);
    component->resource_count = v.next_resource;
    BASE_VEC_DONE(&v.owners, v.allocator);
    base_arena_done(&v.decoder.syntax);
    cm_idmap_done(&v.pairs);
    return status;
}

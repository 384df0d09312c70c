/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types are read from the file where validation comes to them (component/definition.h). The syntax of one is given back before
 * the next is read; a component or instance type is validated declarator by declarator, and of its body, too, nothing stays
 * but the type. Decoding has shown that everything is well formed: reading can only fail for want of memory.
 */
#include "component/validate.h"

/* ---- Component and instance types -------------------------------------------------------------------------------- */

/* A body while it is validated, and what it consists of. */
typedef struct declared_body {
    cm_component body;
    cm_scope scope;
    base_arena arena;
    uint32_t *spaces[CM_SORT_COUNT];
    uint32_t count; /* of declarators */
} declared_body;

/* Room for all items of a sort is made when the first comes. */
static pirn_status number_item(declared_body *b, cm_definition *definition)
{
    cm_component *body = &b->body;
    cm_sort sort = definition->item.sort;
    if (b->spaces[sort] == NULL)
        body->spaces[sort] = b->spaces[sort] = base_arena_array(&b->arena, b->count, sizeof **b->spaces);
    if (b->spaces[sort] == NULL)
        return cm_nomem(b->scope.v);
    definition->index = body->space_counts[sort]++ & 0xFFFFFF;
    b->spaces[sort][definition->index] = body->definition_count++;
    return PIRN_OK;
}

static pirn_status add_declarator(declared_body *b, cm_decoder *d, cm_definition *definition)
{
    definition->offset = (uint32_t)vm_reader_offset(&d->r);
    PIRN_TRY(cm_decode_decl(d, b->body.kind, definition));
    PIRN_TRY(number_item(b, definition));
    return cm_scope_add(&b->scope, definition);
}

static pirn_status add_declarators(declared_body *b, cm_decoder *d)
{
    b->count = cm_decode_decl_count(d);
    b->body.definitions = base_arena_array(&b->arena, b->count, sizeof *b->body.definitions);
    if (b->body.definitions == NULL)
        return cm_nomem(b->scope.v);
    for (uint32_t i = 0; i < b->count; i++)
        PIRN_TRY(add_declarator(b, d, &b->body.definitions[i]));
    return cm_scope_finish(&b->scope);
}

/* The one type of all component types that import and export nothing: a file may have one in each two of its bytes. */
static const cm_component_type empty = {.extent = {2, 1}};

static pirn_status keep_component_type(cm_validator *v, const cm_component_type *type, cm_type *out)
{
    out->kind = CM_TYPE_COMPONENT;
    out->component = &empty;
    if (type->imports.count == 0 && type->exports.count == 0)
        return PIRN_OK;
    cm_component_type *kept = cm_array(v, 1, sizeof *kept);
    if (kept == NULL)
        return PIRN_NOMEM;
    *kept = *type;
    out->component = kept;
    return PIRN_OK;
}

static pirn_status keep_instance_type(cm_validator *v, const cm_instance_type *type, cm_type *out)
{
    cm_instance_type *kept = cm_array(v, 1, sizeof *kept);
    if (kept == NULL)
        return PIRN_NOMEM;
    *kept = *type;
    out->kind = CM_TYPE_INSTANCE;
    out->instance = kept;
    return PIRN_OK;
}

static pirn_status validate_body(cm_scope *scope, cm_decoder *d, cm_body_kind kind, cm_type *out)
{
    cm_validator *v = scope->v;
    declared_body *b = base_alloc_zero(v->allocator, sizeof *b);
    if (b == NULL)
        return cm_nomem(v);
    base_arena_init(&b->arena, v->allocator);
    b->body.kind = kind;
    b->body.offset = vm_reader_offset(&d->r);
    cm_scope_init(&b->scope, v, scope, &b->body);
    pirn_status status = add_declarators(b, d);
    if (status == PIRN_OK)
        status = kind == CM_BODY_COMPONENT_TYPE ? keep_component_type(v, &b->body.type, out)
                                                : keep_instance_type(v, &b->body.instance_type, out);
    cm_scope_done(&b->scope);
    base_arena_done(&b->arena);
    base_free(v->allocator, b, sizeof *b);
    return status;
}

/* ---- All types --------------------------------------------------------------------------------------------------- */

static pirn_status read_and_validate(cm_scope *scope, cm_decoder *d, cm_definition *definition)
{
    bool is_core = definition->item.sort == CM_CORE_TYPE;
    d->arena = &d->syntax;
    pirn_status status = is_core ? cm_decode_core_type(d, definition) : cm_decode_type(d, definition);
    d->arena = &d->component->arena;
    if (status == PIRN_OK)
        status = is_core ? cm_validate_core_type(scope, definition) : cm_validate_type(scope, definition);
    base_arena_reset(&d->syntax);
    return status;
}

/* In a component the reader is put where the type begins; in a body it is there. */
pirn_status cm_validate_declared(cm_scope *scope, cm_definition *definition)
{
    cm_decoder *d = &scope->v->decoder;
    cm_body_kind kind;
    if (scope->body->kind == CM_BODY_COMPONENT) {
        vm_reader_init(&d->r, scope->v->component->bytes, scope->v->component->size, 0, scope->v->error);
        d->r.pos += definition->offset;
    }
    if (definition->item.sort == CM_TYPE && cm_decode_is_body(d, &kind))
        return validate_body(scope, d, kind, &definition->item.type);
    return read_and_validate(scope, d, definition);
}

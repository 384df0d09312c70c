/* SPDX-License-Identifier: Apache-2.0 */
/* Types in a binary package: see encode.h. Recursion is as deep as types are, which is bounded. */
#include "wit/encode.h"

typedef struct pointer_key {
    char bytes[sizeof(void *) + 1];
} pointer_key;

static pirn_str make_key(pointer_key *key, const void *of, wit_side side)
{
    memcpy(key->bytes, &of, sizeof of);
    key->bytes[sizeof of] = (char)side;
    return (pirn_str){key->bytes, sizeof key->bytes};
}

void wit_encode_remember(wit_scope_out *scope, base_map *map, const void *of, wit_side side, uint32_t index)
{
    pointer_key key;
    bool added;
    pirn_str copy = base_arena_copy(scope->arena, make_key(&key, of, side));
    if (copy.data == NULL || base_map_add(map, copy, index, &added) != PIRN_OK)
        scope->has_failed = true;
}

bool wit_encode_recall(const base_map *map, const void *of, wit_side side, uint32_t *index)
{
    pointer_key key;
    uint64_t value;
    if (!base_map_get(map, make_key(&key, of, side), &value))
        return false;
    *index = (uint32_t)value;
    return true;
}

void wit_encode_scope_init(wit_scope_out *scope, wit_scope_out *parent, base_arena *arena)
{
    *scope = (wit_scope_out){.parent = parent, .arena = arena, .decls = {.allocator = arena->allocator}};
    base_map_init(&scope->types, arena->allocator);
    base_map_init(&scope->instances, arena->allocator);
}

void wit_encode_scope_done(wit_scope_out *scope)
{
    if (scope->parent != NULL)
        scope->parent->has_failed |= scope->has_failed || scope->decls.has_failed;
    wit_bytes_done(&scope->decls);
    base_map_done(&scope->types);
    base_map_done(&scope->instances);
}

void wit_encode_decl(wit_scope_out *scope, uint8_t kind)
{
    scope->decl_count++;
    wit_write_byte(&scope->decls, kind);
}

void wit_encode_name(wit_bytes *out, pirn_str name, pirn_str implements, pirn_str external_id)
{
    bool has_attributes = implements.len > 0 || external_id.data != NULL;
    wit_write_byte(out, has_attributes ? WIT_NAME_ATTRIBUTES : WIT_NAME_PLAIN);
    wit_write_name(out, name);
    if (!has_attributes)
        return;
    wit_write_u32(out, (uint32_t)(implements.len > 0) + (external_id.data != NULL));
    if (implements.len > 0) {
        wit_write_byte(out, WIT_ATTRIBUTE_IMPLEMENTS);
        wit_write_name(out, implements);
    }
    if (external_id.data != NULL) {
        wit_write_byte(out, WIT_ATTRIBUTE_EXTERNAL_ID);
        wit_write_name(out, external_id);
    }
}

/* --- types where they are used --- */

/* A definition being written: types in it add declarations of their own before it is added itself. */
static uint32_t add_definition(wit_scope_out *scope, wit_bytes *body)
{
    wit_encode_decl(scope, WIT_DECL_TYPE);
    wit_write_raw(&scope->decls, body->data.data, body->data.len);
    scope->has_failed |= body->has_failed;
    wit_bytes_done(body);
    return scope->type_count++;
}

static void put_type(wit_scope_out *scope, wit_bytes *out, const pirn_wit_type *type);

static void put_optional(wit_scope_out *scope, wit_bytes *out, const pirn_wit_type *type)
{
    wit_write_byte(out, type != NULL);
    if (type != NULL)
        put_type(scope, out, type);
}

/* Fields, cases, labels, elements. */
static void put_members(wit_scope_out *scope, wit_bytes *out, const pirn_wit_type *type)
{
    wit_write_u32(out, type->member_count);
    for (uint32_t i = 0; i < type->member_count; i++) {
        const pirn_wit_member *member = &type->members[i];
        if (type->kind != PIRN_WIT_TUPLE)
            wit_write_name(out, member->name);
        if (type->kind == PIRN_WIT_TUPLE || type->kind == PIRN_WIT_RECORD)
            put_type(scope, out, member->type);
        if (type->kind == PIRN_WIT_VARIANT) {
            put_optional(scope, out, member->type);
            wit_write_byte(out, 0); /* refines no other case */
        }
    }
}

static void put_definition(wit_scope_out *scope, wit_bytes *out, const pirn_wit_type *type)
{
    wit_write_byte(out, type->length > 0 ? WIT_FIXED_LIST : wit_code_of_kind(type->kind));
    switch (type->kind) {
    case PIRN_WIT_LIST:
    case PIRN_WIT_OPTION:
        put_type(scope, out, type->members[0].type);
        if (type->length > 0)
            wit_write_u32(out, type->length);
        break;
    case PIRN_WIT_MAP:
        put_type(scope, out, type->members[0].type);
        put_type(scope, out, type->members[1].type);
        break;
    case PIRN_WIT_RESULT:
        put_optional(scope, out, type->members[0].type);
        put_optional(scope, out, type->members[1].type);
        break;
    case PIRN_WIT_STREAM:
    case PIRN_WIT_FUTURE:
        put_optional(scope, out, type->members[0].type);
        break;
    case PIRN_WIT_OWN:
    case PIRN_WIT_BORROW:
        wit_write_u32(out, wit_encode_named_type(scope, type->members[0].type));
        break;
    default:
        if (type->kind > PIRN_WIT_STRING)
            put_members(scope, out, type);
    }
}

static uint32_t define(wit_scope_out *scope, const pirn_wit_type *type)
{
    wit_bytes body = {.allocator = scope->arena->allocator};
    put_definition(scope, &body, type);
    return add_definition(scope, &body);
}

/* A primitive is its code; all else has an index. */
static void put_type(wit_scope_out *scope, wit_bytes *out, const pirn_wit_type *type)
{
    if (type->name.len > 0)
        wit_write_index(out, wit_encode_named_type(scope, type));
    else if (type->kind <= PIRN_WIT_STRING)
        wit_write_byte(out, wit_code_of_kind(type->kind));
    else
        wit_write_index(out, define(scope, type));
}

/* --- named types --- */

/* In a component type: what is used of an interface that is imported or exported there. */
static uint32_t alias_of_instance(wit_scope_out *scope, const pirn_wit_type *type, wit_side side)
{
    uint32_t index, instance = 0;
    if (wit_encode_recall(&scope->types, type, side, &index))
        return index;
    if (!wit_encode_recall(&scope->instances, type->interface, side, &instance))
        wit_encode_recall(&scope->instances, type->interface, WIT_IMPORTED, &instance);
    wit_encode_decl(scope, WIT_DECL_ALIAS);
    wit_write_byte(&scope->decls, WIT_SORT_TYPE);
    wit_write_byte(&scope->decls, WIT_ALIAS_EXPORT);
    wit_write_u32(&scope->decls, instance);
    wit_write_name(&scope->decls, type->name);
    index = scope->type_count++;
    wit_encode_remember(scope, &scope->types, type, side, index);
    return index;
}

/* In an instance type: the same, one scope out. */
static uint32_t alias_of_outer(wit_scope_out *scope, const pirn_wit_type *type)
{
    uint32_t outer = alias_of_instance(scope->parent, type, scope->side);
    wit_encode_decl(scope, WIT_DECL_ALIAS);
    wit_write_byte(&scope->decls, WIT_SORT_TYPE);
    wit_write_byte(&scope->decls, WIT_ALIAS_OUTER);
    wit_write_u32(&scope->decls, 1);
    wit_write_u32(&scope->decls, outer);
    return scope->type_count++;
}

/* What stands behind the name: an index. */
static uint32_t encode_target(wit_scope_out *scope, const pirn_wit_type *type)
{
    if (type->kind != PIRN_WIT_ALIAS)
        return define(scope, type);
    const pirn_wit_type *target = type->members[0].type;
    if (type->is_used)
        return scope->world != NULL ? alias_of_instance(scope, target, WIT_IMPORTED) : alias_of_outer(scope, target);
    return target->name.len > 0 ? wit_encode_named_type(scope, target) : define(scope, target);
}

/* A world may include types of others under new names. */
static pirn_str name_in_scope(const wit_scope_out *scope, const pirn_wit_type *type)
{
    for (size_t i = 0; scope->world != NULL && i < scope->world->imports.len; i++) {
        if (scope->world->imports.data[i].type == type)
            return scope->world->imports.data[i].name;
    }
    return type->name;
}

uint32_t wit_encode_named_type(wit_scope_out *scope, const pirn_wit_type *type)
{
    uint32_t index, target = 0;
    if (wit_encode_recall(&scope->types, type, WIT_IMPORTED, &index))
        return index;
    if (type->kind != PIRN_WIT_RESOURCE)
        target = encode_target(scope, type);
    wit_encode_decl(scope, scope->world != NULL ? WIT_DECL_IMPORT : WIT_DECL_EXPORT);
    wit_encode_name(&scope->decls, name_in_scope(scope, type), PIRN_STR(""), type->external_id);
    wit_write_byte(&scope->decls, WIT_SORT_TYPE);
    wit_write_byte(&scope->decls, type->kind == PIRN_WIT_RESOURCE ? WIT_BOUND_RESOURCE : WIT_BOUND_EQ);
    if (type->kind != PIRN_WIT_RESOURCE)
        wit_write_u32(&scope->decls, target);
    index = scope->type_count++;
    wit_encode_remember(scope, &scope->types, type, WIT_IMPORTED, index);
    return index;
}

uint32_t wit_encode_functype(wit_scope_out *scope, const pirn_wit_function *function)
{
    wit_bytes body = {.allocator = scope->arena->allocator};
    wit_write_byte(&body, function->is_async ? WIT_ASYNC_FUNC_TYPE : WIT_FUNC_TYPE);
    wit_write_u32(&body, function->param_count);
    for (uint32_t i = 0; i < function->param_count; i++) {
        wit_write_name(&body, function->params[i].name);
        put_type(scope, &body, function->params[i].type);
    }
    wit_write_byte(&body, function->result == NULL);
    if (function->result != NULL)
        put_type(scope, &body, function->result);
    else
        wit_write_byte(&body, 0);
    return add_definition(scope, &body);
}

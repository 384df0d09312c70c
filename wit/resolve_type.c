/* SPDX-License-Identifier: Apache-2.0 */
/* Types and functions: names become the types they mean, and the rules on what may stand where are checked. */
#include "wit/resolve.h"

/* One object each; a type without a name has no identity, so it may be shared. */
static const pirn_wit_type primitives[] = {
#define PRIMITIVE(kind_name) \
    [kind_name] = {.kind = kind_name, .depth = 1, .state = WIT_DONE, .name = {"", 0}, .docs = {"", 0}}
    PRIMITIVE(PIRN_WIT_BOOL),   PRIMITIVE(PIRN_WIT_S8),  PRIMITIVE(PIRN_WIT_U8),  PRIMITIVE(PIRN_WIT_S16),
    PRIMITIVE(PIRN_WIT_U16),    PRIMITIVE(PIRN_WIT_S32), PRIMITIVE(PIRN_WIT_U32), PRIMITIVE(PIRN_WIT_S64),
    PRIMITIVE(PIRN_WIT_U64),    PRIMITIVE(PIRN_WIT_F32), PRIMITIVE(PIRN_WIT_F64), PRIMITIVE(PIRN_WIT_CHAR),
    PRIMITIVE(PIRN_WIT_STRING),
#undef PRIMITIVE
};

const pirn_wit_type *wit_type_resolved(const pirn_wit_type *type)
{
    while (type->kind == PIRN_WIT_ALIAS)
        type = type->members[0].type;
    return type;
}

/* Notes what a member brings: depth and borrows. `type` may be NULL. */
static pirn_status absorb(wit_resolver *r, pirn_wit_type *owner, const pirn_wit_type *member, wit_place at)
{
    if (member == NULL)
        return PIRN_OK;
    owner->has_borrow |= member->has_borrow;
    if (member->depth >= owner->depth)
        owner->depth = member->depth + 1;
    if (owner->depth <= WIT_MAX_DEPTH)
        return PIRN_OK;
    return wit_resolve_limit(r, at, "types are nested deeper", WIT_MAX_DEPTH);
}

/* --- type expressions --- */

/* The named type itself, resources included. */
static pirn_status resolve_name(wit_resolver *r, const wit_scope *scope, wit_id name, const pirn_wit_type **out)
{
    uint64_t index;
    if (!wit_names_find(r->wit, scope->id, name.text, &index)) {
        pirn_str near = wit_names_nearest(r->wit, scope->id, name.text);
        if (near.len > 0)
            return wit_resolve_fail(r, name.place, "unknown type `%.*s`; did you mean `%.*s`?",
                                    PIRN_STR_ARG(name.text), PIRN_STR_ARG(near));
        return wit_resolve_fail(r, name.place, "unknown type `%.*s`", PIRN_STR_ARG(name.text));
    }
    if (index == WIT_FUNCTION_MARK)
        return wit_resolve_fail(r, name.place, "`%.*s` is a function, not a type", PIRN_STR_ARG(name.text));
    pirn_wit_type *type = &scope->types[index];
    if (type->state == WIT_ACTIVE)
        return wit_resolve_fail(r, name.place, "type `%.*s` contains itself", PIRN_STR_ARG(name.text));
    PIRN_TRY(wit_resolve_typedef(r, scope, type));
    *out = type;
    return wit_resolve_stricter(r, false, r->gates, type->gates, name.place, type->name);
}

static pirn_status new_type(wit_resolver *r, pirn_wit_kind kind, size_t member_count, pirn_wit_type **out)
{
    pirn_wit_type *type = base_arena_zero(r->arena, sizeof *type);
    pirn_wit_member *members = base_arena_array(r->arena, member_count, sizeof *members);
    if (type == NULL || members == NULL)
        return base_nomem(r->error);
    *type = (pirn_wit_type){.kind = kind,
                            .depth = 1,
                            .state = WIT_DONE,
                            .member_count = (uint32_t)member_count,
                            .members = members,
                            .name = PIRN_STR(""),
                            .docs = PIRN_STR("")};
    for (size_t i = 0; i < member_count; i++)
        members[i].name = members[i].docs = PIRN_STR("");
    *out = type;
    return PIRN_OK;
}

/* own<R> or borrow<R>. */
static pirn_status new_handle(wit_resolver *r, pirn_wit_kind kind, const pirn_wit_type *resource, wit_place at,
                              const pirn_wit_type **out)
{
    pirn_wit_type *handle = NULL;
    PIRN_TRY(new_type(r, kind, 1, &handle));
    handle->members[0].type = resource;
    handle->has_borrow = kind == PIRN_WIT_BORROW;
    PIRN_TRY(absorb(r, handle, resource, at));
    *out = handle;
    return PIRN_OK;
}

static pirn_status resolve_handle(wit_resolver *r, const wit_scope *scope, const wit_ast_type *ast,
                                  const pirn_wit_type **out)
{
    const wit_ast_type *child = ast->children;
    const pirn_wit_type *resource = NULL;
    if (child->kind == PIRN_WIT_ALIAS)
        PIRN_TRY(resolve_name(r, scope, child->name, &resource));
    if (resource == NULL || wit_type_resolved(resource)->kind != PIRN_WIT_RESOURCE)
        return wit_resolve_fail(r, child->place, "`%s` needs the name of a resource",
                                pirn_wit_kind_name(ast->kind).data);
    return new_handle(r, ast->kind, resource, ast->place, out);
}

static pirn_status check_constructor(wit_resolver *r, const wit_ast_type *ast, const pirn_wit_type *type)
{
    bool is_channel = ast->kind == PIRN_WIT_STREAM || ast->kind == PIRN_WIT_FUTURE;
    if (is_channel && type->has_borrow)
        return wit_resolve_fail(r, ast->place, "a `%s` cannot carry a borrow", pirn_wit_kind_name(ast->kind).data);
    if (ast->kind != PIRN_WIT_MAP)
        return PIRN_OK;
    pirn_wit_kind key = wit_type_resolved(type->members[0].type)->kind;
    if (key > PIRN_WIT_STRING || key == PIRN_WIT_F32 || key == PIRN_WIT_F64)
        return wit_resolve_fail(r, ast->children->place,
                                "the keys of a `map` are integers, `bool`, `char` or `string`");
    return PIRN_OK;
}

/* How many members a constructed type has, written or not: result<> has two. */
static size_t member_count(const wit_ast_type *ast)
{
    if (ast->kind == PIRN_WIT_RESULT)
        return 2;
    size_t count = 0;
    for (const wit_ast_type *child = ast->children; child != NULL; child = child->next)
        count++;
    return ast->kind == PIRN_WIT_TUPLE ? count : count > 0 ? count : 1;
}

static pirn_status resolve_type(wit_resolver *r, const wit_scope *scope, const wit_ast_type *ast,
                                const pirn_wit_type **out);

static pirn_status resolve_constructor(wit_resolver *r, const wit_scope *scope, const wit_ast_type *ast,
                                       const pirn_wit_type **out)
{
    pirn_wit_type *type = NULL;
    PIRN_TRY(new_type(r, ast->kind, member_count(ast), &type));
    type->length = ast->length;
    size_t i = 0;
    for (const wit_ast_type *child = ast->children; child != NULL; child = child->next, i++) {
        if (child->kind == WIT_AST_NONE)
            continue;
        PIRN_TRY(resolve_type(r, scope, child, &type->members[i].type));
        PIRN_TRY(absorb(r, type, type->members[i].type, child->place));
    }
    *out = type;
    return check_constructor(r, ast, type);
}

/* A type as it stands where a value is meant: the name of a resource is then an owned handle. */
static pirn_status resolve_type(wit_resolver *r, const wit_scope *scope, const wit_ast_type *ast,
                                const pirn_wit_type **out)
{
    if (ast->kind <= PIRN_WIT_STRING) {
        *out = &primitives[ast->kind];
        return PIRN_OK;
    }
    if (ast->kind == PIRN_WIT_OWN || ast->kind == PIRN_WIT_BORROW)
        return resolve_handle(r, scope, ast, out);
    if (ast->kind != PIRN_WIT_ALIAS)
        return resolve_constructor(r, scope, ast, out);
    PIRN_TRY(resolve_name(r, scope, ast->name, out));
    if (wit_type_resolved(*out)->kind == PIRN_WIT_RESOURCE)
        return new_handle(r, PIRN_WIT_OWN, *out, ast->place, out);
    return PIRN_OK;
}

/* --- members --- */

/* Fields, cases, labels or parameters from `first` on; `skip` members of the array are there already. */
static pirn_status resolve_members(wit_resolver *r, const wit_scope *scope, const wit_ast_member *ast,
                                   pirn_wit_type *owner, pirn_wit_member *members)
{
    uint32_t names = wit_names_new_scope(r->wit);
    for (size_t i = 0; ast != NULL; ast = ast->next, i++) {
        PIRN_TRY(wit_resolve_name(r, names, ast->name.text, 0, ast->name.place));
        members[i] = (pirn_wit_member){.name = ast->name.text, .docs = ast->docs};
        if (ast->type == NULL)
            continue;
        PIRN_TRY(resolve_type(r, scope, ast->type, &members[i].type));
        if (owner != NULL)
            PIRN_TRY(absorb(r, owner, members[i].type, ast->type->place));
    }
    return PIRN_OK;
}

static size_t count_members(const wit_ast_member *member)
{
    size_t count = 0;
    for (; member != NULL; member = member->next)
        count++;
    return count;
}

/* --- definitions --- */

#define MAX_FLAGS 32

static pirn_status resolve_body(wit_resolver *r, const wit_scope *scope, pirn_wit_type *type)
{
    size_t count = count_members(type->ast->members);
    const char *keyword = pirn_wit_kind_name(type->kind).data;
    if (count == 0)
        return wit_resolve_fail(r, type->place, "%s `%.*s` is empty", keyword, PIRN_STR_ARG(type->name));
    if (type->kind == PIRN_WIT_FLAGS && count > MAX_FLAGS)
        return wit_resolve_fail(r, type->place, "flags `%.*s` has more than %d labels", PIRN_STR_ARG(type->name),
                                MAX_FLAGS);
    type->members = base_arena_array(r->arena, count, sizeof *type->members);
    if (type->members == NULL)
        return base_nomem(r->error);
    type->member_count = (uint32_t)count;
    return resolve_members(r, scope, type->ast->members, type, type->members);
}

static pirn_status resolve_alias(wit_resolver *r, const wit_scope *scope, pirn_wit_type *type)
{
    pirn_wit_member *member = base_arena_zero(r->arena, sizeof *member);
    if (member == NULL)
        return base_nomem(r->error);
    const wit_ast_type *ast = type->ast->type;
    member->name = member->docs = PIRN_STR("");
    if (ast->kind == PIRN_WIT_ALIAS) /* another name for a resource is a resource, not a handle */
        PIRN_TRY(resolve_name(r, scope, ast->name, &member->type));
    else
        PIRN_TRY(resolve_type(r, scope, ast, &member->type));
    type->members = member;
    type->member_count = 1;
    return absorb(r, type, member->type, ast->place);
}

pirn_status wit_resolve_typedef(wit_resolver *r, const wit_scope *scope, pirn_wit_type *type)
{
    if (type->state != WIT_NEW)
        return PIRN_OK;
    type->state = WIT_ACTIVE;
    PIRN_TRY(wit_resolve_enter(r, type->place));
    pirn_wit_gates outer = r->gates;
    r->gates = type->gates;
    if (type->kind == PIRN_WIT_ALIAS)
        PIRN_TRY(resolve_alias(r, scope, type));
    else if (type->kind != PIRN_WIT_RESOURCE)
        PIRN_TRY(resolve_body(r, scope, type));
    r->gates = outer;
    wit_resolve_leave(r);
    type->state = WIT_DONE;
    return PIRN_OK;
}

/* --- functions --- */

/* Columns: kind, how the name in a component begins. */
static const char *const name_prefix[] = {
    [PIRN_WIT_FREE] = "",
    [PIRN_WIT_METHOD] = "[method]",
    [PIRN_WIT_STATIC] = "[static]",
    [PIRN_WIT_CONSTRUCTOR] = "[constructor]",
};

pirn_str wit_resolve_function_name(wit_resolver *r, const pirn_wit_function *f, pirn_str resource)
{
    bool is_constructor = f->kind == PIRN_WIT_CONSTRUCTOR;
    return base_arena_printf(r->arena, "%s%.*s%s%.*s", name_prefix[f->kind], PIRN_STR_ARG(resource),
                             is_constructor ? "" : ".", is_constructor ? 0 : (int)f->item_name.len,
                             f->item_name.data);
}

/* `self` of a method comes before the written parameters. */
static pirn_status resolve_params(wit_resolver *r, const wit_scope *scope, const wit_ast_item *item,
                                  pirn_wit_function *f)
{
    bool is_method = f->kind == PIRN_WIT_METHOD;
    size_t count = count_members(item->members) + is_method;
    f->param_count = (uint32_t)count;
    f->params = base_arena_array(r->arena, count, sizeof *f->params);
    if (f->params == NULL)
        return base_nomem(r->error);
    if (is_method) {
        f->params[0] = (pirn_wit_member){.name = PIRN_STR("self"), .docs = PIRN_STR("")};
        PIRN_TRY(new_handle(r, PIRN_WIT_BORROW, f->resource, item->place, &f->params[0].type));
    }
    return resolve_members(r, scope, item->members, NULL, f->params + is_method);
}

/* A constructor gives its resource, or a result with it as the good outcome. */
static pirn_status check_constructor_result(wit_resolver *r, const wit_ast_item *item, const pirn_wit_function *f)
{
    const pirn_wit_type *type = wit_type_resolved(f->result);
    if (type->kind == PIRN_WIT_RESULT && type->members[0].type != NULL)
        type = wit_type_resolved(type->members[0].type);
    if (type->kind == PIRN_WIT_OWN && wit_type_resolved(type->members[0].type) == f->resource)
        return PIRN_OK;
    return wit_resolve_fail(r, item->type->place, "the constructor of `%.*s` must give `%.*s` or `result<%.*s, ..>`",
                            PIRN_STR_ARG(f->resource->name), PIRN_STR_ARG(f->resource->name),
                            PIRN_STR_ARG(f->resource->name));
}

static pirn_status resolve_result(wit_resolver *r, const wit_scope *scope, const wit_ast_item *item,
                                  pirn_wit_function *f)
{
    if (item->type == NULL)
        return f->kind == PIRN_WIT_CONSTRUCTOR ? new_handle(r, PIRN_WIT_OWN, f->resource, item->place, &f->result)
                                               : PIRN_OK;
    PIRN_TRY(resolve_type(r, scope, item->type, &f->result));
    if (f->result->has_borrow)
        return wit_resolve_fail(r, item->type->place, "the result of a function cannot have a borrow");
    return f->kind == PIRN_WIT_CONSTRUCTOR ? check_constructor_result(r, item, f) : PIRN_OK;
}

pirn_status wit_resolve_function(wit_resolver *r, const wit_scope *scope, const wit_ast_item *item,
                                 const pirn_wit_type *resource, pirn_wit_function *f)
{
    *f = (pirn_wit_function){.item_name = item->name.text,
                             .docs = item->docs,
                             .gates = wit_resolve_gates(&item->gate),
                             .kind = item->function_kind,
                             .is_async = item->is_async,
                             .resource = resource};
    f->name = resource == NULL ? item->name.text : wit_resolve_function_name(r, f, resource->name);
    if (f->name.data == NULL)
        return base_nomem(r->error);
    r->gates = f->gates;
    PIRN_TRY(wit_resolve_external_id(r, item, &f->external_id));
    PIRN_TRY(resolve_params(r, scope, item, f));
    return resolve_result(r, scope, item, f);
}

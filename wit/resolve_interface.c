/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interfaces, and what worlds have in common with them: `use`, definitions of types, functions. Names may be used
 * before the line that defines them, so a scope is filled in three passes: names of types, types, functions.
 */
#include "wit/resolve.h"

typedef struct item_walk {
    wit_resolver *r;
    wit_scope *scope;
    const pirn_wit_interface *interface;
    const pirn_wit_world *world;
} item_walk;

static const pirn_wit_package *package_of(const item_walk *walk)
{
    return walk->scope->block->package;
}

/* --- counting, so that arrays never move --- */

typedef struct item_counts {
    size_t types, functions, uses;
} item_counts;

static item_counts count_items(const wit_ast_item *items)
{
    item_counts counts = {0, 0, 0};
    for (const wit_ast_item *item = items; item != NULL; item = item->next) {
        counts.types += item->kind == WIT_AST_TYPE;
        counts.functions += item->kind == WIT_AST_FUNCTION;
        counts.uses += item->kind == WIT_AST_USE;
        for (const wit_ast_member *m = item->members; item->kind == WIT_AST_USE && m != NULL; m = m->next)
            counts.types++;
        for (const wit_ast_item *c = item->children; item->kind == WIT_AST_TYPE && c != NULL; c = c->next)
            counts.functions++;
    }
    return counts;
}

static pirn_status make_room(item_walk *walk, const wit_ast_item *items)
{
    item_counts counts = count_items(items);
    wit_scope *scope = walk->scope;
    scope->types = base_arena_array(walk->r->arena, counts.types, sizeof *scope->types);
    scope->functions = base_arena_array(walk->r->arena, counts.functions, sizeof *scope->functions);
    scope->dependencies = base_arena_array(walk->r->arena, counts.uses, sizeof *scope->dependencies);
    bool is_made = scope->types != NULL && scope->functions != NULL && scope->dependencies != NULL;
    return is_made ? PIRN_OK : base_nomem(walk->r->error);
}

/* --- names --- */

static pirn_status declare_type(item_walk *walk, const wit_ast_item *item, wit_id name, pirn_wit_type **out)
{
    size_t index = walk->scope->type_count++;
    pirn_wit_type *type = &walk->scope->types[index];
    *type = (pirn_wit_type){.kind = item->type_kind,
                            .depth = 1,
                            .name = name.text,
                            .docs = item->docs,
                            .ast = item,
                            .interface = walk->interface,
                            .world = walk->world,
                            .place = name.place};
    type->gates = wit_resolve_gates(&item->gate);
    *out = type;
    PIRN_TRY(wit_resolve_external_id(walk->r, item, &type->external_id));
    return wit_resolve_name(walk->r, walk->scope->id, name.text, index, name.place);
}

/* Makes the alias that a name in `use` is. */
static pirn_status use_type(item_walk *walk, const wit_ast_item *item, const pirn_wit_interface *from,
                            const wit_ast_member *name)
{
    wit_resolver *r = walk->r;
    uint64_t index;
    if (!wit_names_find(r->wit, from->scope.id, name->name.text, &index))
        return wit_resolve_unknown(r, "type", name->name, "interface", from->id, from->scope.id);
    if (index == WIT_FUNCTION_MARK)
        return wit_resolve_fail(r, name->name.place, "`%.*s` is a function, and `use` is for types",
                                PIRN_STR_ARG(name->name.text));
    pirn_wit_type *type = NULL;
    PIRN_TRY(declare_type(walk, item, name->as, &type));
    pirn_wit_member *target = base_arena_zero(r->arena, sizeof *target);
    if (target == NULL)
        return base_nomem(r->error);
    const pirn_wit_type *used = &from->scope.types[index];
    if (from->package == package_of(walk))
        PIRN_TRY(wit_resolve_stricter(r, false, type->gates, used->gates, name->name.place, used->name));
    *target = (pirn_wit_member){.name = PIRN_STR(""), .docs = PIRN_STR(""), .type = used};
    type->kind = PIRN_WIT_ALIAS;
    type->is_used = true;
    type->members = target;
    type->member_count = 1;
    type->has_borrow = used->has_borrow;
    type->depth = used->depth + 1;
    type->state = WIT_DONE;
    if (type->depth > WIT_MAX_DEPTH)
        return wit_resolve_limit(r, name->name.place, "types are nested deeper", WIT_MAX_DEPTH);
    return PIRN_OK;
}

static void add_dependency(wit_scope *scope, const pirn_wit_interface *interface)
{
    for (size_t i = 0; i < scope->dependency_count; i++) {
        if (scope->dependencies[i] == interface)
            return;
    }
    scope->dependencies[scope->dependency_count++] = interface;
}

static pirn_status resolve_use(item_walk *walk, const wit_ast_item *item)
{
    wit_target target;
    PIRN_TRY(wit_resolve_path(walk->r, walk->scope->block, &item->path, &target));
    if (target.interface == NULL)
        return wit_resolve_fail(walk->r, item->path.place, "`%.*s` is a world, and `use` takes types from interfaces",
                                PIRN_STR_ARG(item->path.item.text));
    if (target.interface->state == WIT_ACTIVE)
        return wit_resolve_fail(walk->r, item->path.place, "interface `%.*s` uses itself%s",
                                PIRN_STR_ARG(target.interface->id),
                                target.interface == walk->interface ? "" : " through others");
    if (target.interface->package == package_of(walk))
        PIRN_TRY(wit_resolve_stricter(walk->r, false, wit_resolve_gates(&item->gate), target.interface->gates,
                                      item->path.place, target.interface->name));
    PIRN_TRY(wit_resolve_interface(walk->r, target.interface));
    add_dependency(walk->scope, target.interface);
    for (const wit_ast_member *name = item->members; name != NULL; name = name->next)
        PIRN_TRY(use_type(walk, item, target.interface, name));
    return PIRN_OK;
}

static pirn_status declare_item(item_walk *walk, const wit_ast_item *item)
{
    bool enabled, in_world = walk->interface == NULL;
    PIRN_TRY(wit_resolve_gate(walk->r, package_of(walk), &item->gate, &enabled));
    PIRN_TRY(wit_resolve_stricter(walk->r, true, wit_resolve_gates(&item->gate),
                                  in_world ? walk->world->gates : walk->interface->gates, item->place,
                                  in_world ? walk->world->name : walk->interface->name));
    if (!enabled)
        return PIRN_OK;
    pirn_wit_type *type = NULL;
    switch (item->kind) {
    case WIT_AST_TYPE:
        return declare_type(walk, item, item->name, &type);
    case WIT_AST_USE:
        return resolve_use(walk, item);
    case WIT_AST_FUNCTION:
        return wit_resolve_name(walk->r, walk->scope->id, item->name.text, WIT_FUNCTION_MARK, item->name.place);
    default:
        return PIRN_OK;
    }
}

/* --- functions --- */

static pirn_status add_function(item_walk *walk, const wit_ast_item *item, const pirn_wit_type *resource)
{
    bool enabled;
    PIRN_TRY(wit_resolve_gate(walk->r, package_of(walk), &item->gate, &enabled));
    if (!enabled)
        return PIRN_OK;
    pirn_wit_function *function = &walk->scope->functions[walk->scope->function_count];
    PIRN_TRY(wit_resolve_function(walk->r, walk->scope, item, resource, function));
    walk->scope->function_count++;
    return PIRN_OK;
}

/* Methods, static functions and the constructor of a resource share one space of names. */
static pirn_status add_methods(item_walk *walk, const wit_ast_item *item)
{
    uint64_t index;
    if (item->children == NULL || !wit_names_find(walk->r->wit, walk->scope->id, item->name.text, &index))
        return PIRN_OK;
    uint32_t names = wit_names_new_scope(walk->r->wit);
    for (const wit_ast_item *method = item->children; method != NULL; method = method->next) {
        PIRN_TRY(wit_resolve_name(walk->r, names, method->name.text, 0, method->name.place));
        PIRN_TRY(wit_resolve_stricter(walk->r, true, wit_resolve_gates(&method->gate), wit_resolve_gates(&item->gate),
                                      method->place, item->name.text));
        PIRN_TRY(add_function(walk, method, &walk->scope->types[index]));
    }
    return PIRN_OK;
}

static pirn_status add_functions(item_walk *walk, const wit_ast_item *items)
{
    for (const wit_ast_item *item = items; item != NULL; item = item->next) {
        bool enabled = false;
        if (item->kind == WIT_AST_FUNCTION)
            PIRN_TRY(add_function(walk, item, NULL));
        if (item->kind == WIT_AST_TYPE)
            PIRN_TRY(wit_resolve_gate(walk->r, package_of(walk), &item->gate, &enabled));
        if (enabled)
            PIRN_TRY(add_methods(walk, item));
    }
    return PIRN_OK;
}

pirn_status wit_resolve_items(wit_resolver *r, wit_scope *scope, const wit_ast_item *items,
                              const pirn_wit_interface *interface, const pirn_wit_world *world)
{
    item_walk walk = {r, scope, interface, world};
    PIRN_TRY(make_room(&walk, items));
    for (const wit_ast_item *item = items; item != NULL; item = item->next)
        PIRN_TRY(declare_item(&walk, item));
    for (size_t i = 0; i < scope->type_count; i++)
        PIRN_TRY(wit_resolve_typedef(r, scope, &scope->types[i]));
    return add_functions(&walk, items);
}

pirn_status wit_resolve_interface(wit_resolver *r, pirn_wit_interface *interface)
{
    if (interface->state != WIT_NEW)
        return PIRN_OK;
    interface->state = WIT_ACTIVE;
    PIRN_TRY(wit_resolve_enter(r, interface->ast->name.place));
    PIRN_TRY(wit_resolve_items(r, &interface->scope, interface->ast->children, interface, NULL));
    wit_resolve_leave(r);
    interface->state = WIT_DONE;
    return PIRN_OK;
}

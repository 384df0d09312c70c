/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Worlds. The imports and exports of a world are gathered in three steps: what it writes itself, what it includes,
 * and the interfaces that are needed because others use their types. Interfaces count once; plain names must not
 * meet.
 */
#include "wit/resolve.h"

typedef enum direction {
    IMPORT,
    EXPORT,
} direction;

static wit_world_items *items_of(pirn_wit_world *world, direction side)
{
    return side == IMPORT ? &world->imports : &world->exports;
}

static uint32_t scope_of(const pirn_wit_world *world, direction side)
{
    return side == IMPORT ? world->import_scope : world->export_scope;
}

static const pirn_wit_type *type_of(const pirn_wit_world_item *item)
{
    return item->type == NULL ? NULL : wit_type_resolved(item->type);
}

/* One and the same thing may come twice, by two includes. */
static bool is_same(const pirn_wit_world_item *a, const pirn_wit_world_item *b)
{
    return a->interface == b->interface && a->function == b->function && type_of(a) == type_of(b);
}

static pirn_status add_item(wit_resolver *r, pirn_wit_world *world, direction side, pirn_wit_world_item item,
                            wit_place at)
{
    wit_world_items *items = items_of(world, side);
    uint64_t index = 0;
    if (wit_names_find(r->wit, scope_of(world, side), item.name, &index)) {
        if (is_same(&items->data[index], &item))
            return PIRN_OK;
        return wit_resolve_fail(r, at, "world `%.*s` %s `%.*s` twice", PIRN_STR_ARG(world->name),
                                side == IMPORT ? "imports" : "exports", PIRN_STR_ARG(item.name));
    }
    if (++r->world_items > WIT_MAX_WORLD_ITEMS)
        return wit_resolve_limit(r, at, "all worlds together have more items", WIT_MAX_WORLD_ITEMS);
    if (!BASE_VEC_PUSH(items, &r->wit->allocator, item))
        return base_nomem(r->error);
    return wit_resolve_name(r, scope_of(world, side), item.name, items->len - 1, at);
}

/* Recursion is bounded: chains of interfaces that use each other are. */
static pirn_status import_interface(wit_resolver *r, pirn_wit_world *world, const pirn_wit_interface *interface,
                                    wit_place at)
{
    if (wit_names_find(r->wit, world->import_scope, interface->id, NULL))
        return PIRN_OK;
    for (size_t i = 0; i < interface->scope.dependency_count; i++)
        PIRN_TRY(import_interface(r, world, interface->scope.dependencies[i], at));
    return add_item(r, world, IMPORT, (pirn_wit_world_item){.name = interface->id, .interface = interface}, at);
}

/* --- what the world writes itself --- */

/* What is taken in from the same package is not gated more strictly than the item that takes it. */
static pirn_status check_target_gates(wit_resolver *r, const pirn_wit_world *world, const wit_ast_item *item,
                                      const pirn_wit_package *package, pirn_wit_gates gates)
{
    if (package != world->package)
        return PIRN_OK;
    return wit_resolve_stricter(r, false, wit_resolve_gates(&item->gate), gates, item->path.place,
                                item->path.item.text);
}

static pirn_status add_interface(wit_resolver *r, pirn_wit_world *world, direction side, const wit_ast_item *item)
{
    wit_target target;
    PIRN_TRY(wit_resolve_path(r, world->scope.block, &item->path, &target));
    if (target.interface == NULL)
        return wit_resolve_fail(r, item->path.place, "`%.*s` is a world; worlds are taken in with `include`",
                                PIRN_STR_ARG(item->path.item.text));
    PIRN_TRY(check_target_gates(r, world, item, target.interface->package, target.interface->gates));
    bool is_named = item->name.text.len > 0;
    pirn_str name = is_named ? item->name.text : target.interface->id;
    if (wit_names_find(r->wit, scope_of(world, side), name, NULL))
        return wit_resolve_fail(r, item->path.place, "world `%.*s` %s `%.*s` twice", PIRN_STR_ARG(world->name),
                                side == IMPORT ? "imports" : "exports", PIRN_STR_ARG(name));
    pirn_wit_world_item out = {.name = name, .interface = target.interface};
    PIRN_TRY(wit_resolve_external_id(r, item, &out.external_id));
    return add_item(r, world, side, out, item->path.place);
}

/* `import name: interface {..}`: an interface without an id of its own. */
static pirn_status add_inline_interface(wit_resolver *r, pirn_wit_world *world, direction side,
                                        const wit_ast_item *ast)
{
    pirn_wit_interface *interface = base_arena_zero(r->arena, sizeof *interface);
    if (interface == NULL)
        return base_nomem(r->error);
    *interface = (pirn_wit_interface){.package = world->package,
                                      .name = ast->name.text,
                                      .id = ast->name.text,
                                      .docs = ast->docs,
                                      .is_inline = true,
                                      .gates = wit_resolve_gates(&ast->gate),
                                      .ast = ast,
                                      .file = r->wit->files.data[ast->place.file]->name};
    interface->scope.block = world->scope.block;
    interface->scope.id = wit_names_new_scope(r->wit);
    PIRN_TRY(wit_resolve_interface(r, interface));
    pirn_wit_world_item out = {.name = ast->name.text, .interface = interface};
    PIRN_TRY(wit_resolve_external_id(r, ast, &out.external_id));
    return add_item(r, world, side, out, ast->name.place);
}

static pirn_status add_function(wit_resolver *r, pirn_wit_world *world, direction side, const wit_ast_item *ast)
{
    pirn_wit_function *function = base_arena_zero(r->arena, sizeof *function);
    if (function == NULL)
        return base_nomem(r->error);
    PIRN_TRY(wit_resolve_function(r, &world->scope, ast, NULL, function));
    pirn_wit_world_item out = {.name = function->name, .function = function, .external_id = function->external_id};
    return add_item(r, world, side, out, ast->name.place);
}

static pirn_status add_import_or_export(wit_resolver *r, pirn_wit_world *world, const wit_ast_item *item)
{
    direction side = item->kind == WIT_AST_IMPORT ? IMPORT : EXPORT;
    if (item->children == NULL)
        return add_interface(r, world, side, item);
    if (item->children->kind == WIT_AST_INTERFACE)
        return add_inline_interface(r, world, side, item->children);
    return add_function(r, world, side, item->children);
}

/* --- include --- */

/* What a plain name is called here. */
static pirn_str renamed(const wit_ast_item *include, pirn_str name)
{
    for (const wit_ast_member *m = include->members; m != NULL; m = m->next) {
        if (pirn_str_eq(m->name.text, name))
            return m->as.text;
    }
    return name;
}

/* What a resource is called in a world. */
static pirn_str resource_name(const pirn_wit_world *world, const pirn_wit_type *resource)
{
    for (size_t i = 0; i < world->imports.len; i++) {
        if (world->imports.data[i].type == resource)
            return world->imports.data[i].name;
    }
    return resource->name;
}

/* A resource takes its methods with it. */
static pirn_status rename_item(wit_resolver *r, const pirn_wit_world *from, const wit_ast_item *include,
                               pirn_wit_world_item *item)
{
    const pirn_wit_function *function = item->function;
    item->name = renamed(include, item->name);
    if (function == NULL || function->resource == NULL || include->members == NULL)
        return PIRN_OK;
    pirn_str resource = renamed(include, resource_name(from, function->resource));
    item->name = wit_resolve_function_name(r, function, resource);
    return item->name.data == NULL ? base_nomem(r->error) : PIRN_OK;
}

static pirn_status check_renames(wit_resolver *r, const pirn_wit_world *from, const wit_ast_item *include)
{
    uint32_t names = wit_names_new_scope(r->wit);
    for (const wit_ast_member *m = include->members; m != NULL; m = m->next) {
        if (!wit_names_find(r->wit, from->import_scope, m->name.text, NULL) &&
            !wit_names_find(r->wit, from->export_scope, m->name.text, NULL))
            return wit_resolve_unknown(r, "item", m->name, "world", from->id, from->import_scope);
        PIRN_TRY(wit_resolve_name(r, names, m->name.text, 0, m->name.place));
    }
    return PIRN_OK;
}

static pirn_status include_side(wit_resolver *r, pirn_wit_world *world, pirn_wit_world *from, direction side,
                                const wit_ast_item *include)
{
    for (size_t i = 0; i < items_of(from, side)->len; i++) {
        pirn_wit_world_item item = items_of(from, side)->data[i];
        PIRN_TRY(rename_item(r, from, include, &item));
        PIRN_TRY(add_item(r, world, side, item, include->path.place));
    }
    return PIRN_OK;
}

static pirn_status include_world(wit_resolver *r, pirn_wit_world *world, const wit_ast_item *include)
{
    wit_target target;
    PIRN_TRY(wit_resolve_path(r, world->scope.block, &include->path, &target));
    if (target.world == NULL)
        return wit_resolve_fail(r, include->path.place, "`%.*s` is an interface, and `include` takes a world",
                                PIRN_STR_ARG(include->path.item.text));
    if (target.world->state == WIT_ACTIVE)
        return wit_resolve_fail(r, include->path.place, "world `%.*s` includes itself",
                                PIRN_STR_ARG(target.world->id));
    PIRN_TRY(check_target_gates(r, world, include, target.world->package, target.world->gates));
    PIRN_TRY(wit_resolve_world(r, target.world));
    PIRN_TRY(check_renames(r, target.world, include));
    PIRN_TRY(include_side(r, world, target.world, IMPORT, include));
    return include_side(r, world, target.world, EXPORT, include);
}

/* --- all --- */

static pirn_status add_written_items(wit_resolver *r, pirn_wit_world *world)
{
    for (size_t i = 0; i < world->scope.type_count; i++) {
        const pirn_wit_type *type = &world->scope.types[i];
        PIRN_TRY(add_item(r, world, IMPORT, (pirn_wit_world_item){.name = type->name, .type = type}, type->place));
    }
    for (size_t i = 0; i < world->scope.function_count; i++) {
        const pirn_wit_function *f = &world->scope.functions[i];
        PIRN_TRY(add_item(r, world, IMPORT, (pirn_wit_world_item){.name = f->name, .function = f},
                          world->ast->name.place));
    }
    for (const wit_ast_item *item = world->ast->children; item != NULL; item = item->next) {
        bool enabled;
        PIRN_TRY(wit_resolve_gate(r, world->package, &item->gate, &enabled));
        if (enabled && (item->kind == WIT_AST_IMPORT || item->kind == WIT_AST_EXPORT))
            PIRN_TRY(add_import_or_export(r, world, item));
        else if (enabled && item->kind == WIT_AST_INCLUDE)
            PIRN_TRY(include_world(r, world, item));
    }
    return PIRN_OK;
}

/* Imports what is needed: by the world itself, by its imports, and by its exports unless it is exported as well. */
static pirn_status add_needed_interfaces(wit_resolver *r, pirn_wit_world *world)
{
    wit_place at = world->ast->name.place;
    for (size_t i = 0; i < world->exports.len; i++) {
        const pirn_wit_interface *interface = world->exports.data[i].interface;
        for (size_t j = 0; interface != NULL && j < interface->scope.dependency_count; j++) {
            const pirn_wit_interface *needed = interface->scope.dependencies[j];
            if (!wit_names_find(r->wit, world->export_scope, needed->id, NULL))
                PIRN_TRY(import_interface(r, world, needed, at));
        }
    }
    return PIRN_OK;
}

/* Begins the final list of imports: each interface behind those it needs. */
static pirn_status order_imports(wit_resolver *r, pirn_wit_world *world, const wit_world_items *written)
{
    wit_place at = world->ast->name.place;
    for (size_t i = 0; i < world->scope.dependency_count; i++)
        PIRN_TRY(import_interface(r, world, world->scope.dependencies[i], at));
    for (size_t i = 0; i < written->len; i++) {
        const pirn_wit_interface *interface = written->data[i].interface;
        for (size_t j = 0; interface != NULL && j < interface->scope.dependency_count; j++)
            PIRN_TRY(import_interface(r, world, interface->scope.dependencies[j], at));
        PIRN_TRY(add_item(r, world, IMPORT, written->data[i], at));
    }
    return add_needed_interfaces(r, world);
}

static pirn_status resolve_world(wit_resolver *r, pirn_wit_world *world)
{
    PIRN_TRY(wit_resolve_items(r, &world->scope, world->ast->children, NULL, world));
    PIRN_TRY(add_written_items(r, world));
    wit_world_items written = world->imports;
    world->imports = (wit_world_items){0};
    world->import_scope = wit_names_new_scope(r->wit);
    pirn_status status = order_imports(r, world, &written);
    BASE_VEC_DONE(&written, &r->wit->allocator);
    return status;
}

pirn_status wit_resolve_world(wit_resolver *r, pirn_wit_world *world)
{
    if (world->state != WIT_NEW)
        return PIRN_OK;
    world->state = WIT_ACTIVE;
    PIRN_TRY(wit_resolve_enter(r, world->ast->name.place));
    PIRN_TRY(resolve_world(r, world));
    wit_resolve_leave(r);
    world->state = WIT_DONE;
    return PIRN_OK;
}

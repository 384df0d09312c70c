/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces, worlds and the package: see encode.h. */
#include "wit/encode.h"
#include "wit/docs.h"

static void encode_function(wit_scope_out *scope, pirn_str name, const pirn_wit_function *function, uint8_t decl)
{
    uint32_t type = wit_encode_functype(scope, function);
    wit_encode_decl(scope, decl);
    wit_encode_name(&scope->decls, name, PIRN_STR(""), function->external_id);
    wit_write_byte(&scope->decls, WIT_SORT_FUNC);
    wit_write_u32(&scope->decls, type);
}

/* Writes a finished scope as a type of the one around it. */
static uint32_t add_scope(wit_scope_out *scope, wit_scope_out *inner, uint8_t code)
{
    wit_encode_decl(scope, WIT_DECL_TYPE);
    wit_write_byte(&scope->decls, code);
    wit_write_u32(&scope->decls, inner->decl_count);
    wit_write_raw(&scope->decls, inner->decls.data.data, inner->decls.data.len);
    wit_encode_scope_done(inner);
    return scope->type_count++;
}

/* The type of an interface's instance: all of it, or the types in `needed` alone. */
static uint32_t encode_instance(wit_scope_out *scope, const pirn_wit_interface *interface, wit_side side,
                                const base_map *needed)
{
    wit_scope_out inner;
    uint32_t ignored;
    wit_encode_scope_init(&inner, scope, scope->arena);
    inner.side = side;
    for (size_t i = 0; i < interface->scope.type_count; i++) {
        const pirn_wit_type *type = &interface->scope.types[i];
        if (needed == NULL || wit_encode_recall(needed, type, WIT_IMPORTED, &ignored))
            wit_encode_named_type(&inner, type);
    }
    for (size_t i = 0; needed == NULL && i < interface->scope.function_count; i++)
        encode_function(&inner, interface->scope.functions[i].name, &interface->scope.functions[i], WIT_DECL_EXPORT);
    return add_scope(scope, &inner, WIT_INSTANCE_TYPE);
}

/* An instance under a name, which is remembered if others may use its types. */
static void add_instance(wit_scope_out *scope, const pirn_wit_world_item *item, wit_side side, const base_map *needed)
{
    const pirn_wit_interface *interface = item->interface;
    bool is_own_name = pirn_str_eq(item->name, interface->id);
    uint32_t type = encode_instance(scope, interface, side, needed);
    wit_encode_decl(scope, side == WIT_IMPORTED ? WIT_DECL_IMPORT : WIT_DECL_EXPORT);
    wit_encode_name(&scope->decls, item->name, is_own_name ? PIRN_STR("") : interface->id, item->external_id);
    wit_write_byte(&scope->decls, WIT_SORT_INSTANCE);
    wit_write_u32(&scope->decls, type);
    uint32_t index = scope->instance_count++;
    if (is_own_name)
        wit_encode_remember(scope, &scope->instances, interface, side, index);
}

/* --- what an interface uses of others --- */

/* Notes the type, and what is used to define it: depth is that of types. */
static void need_type(wit_scope_out *scope, base_map *needed, const pirn_wit_type *type)
{
    uint32_t ignored;
    if (type == NULL || (type->name.len > 0 && wit_encode_recall(needed, type, WIT_IMPORTED, &ignored)))
        return;
    if (type->name.len > 0)
        wit_encode_remember(scope, needed, type, WIT_IMPORTED, 0);
    for (uint32_t i = 0; i < type->member_count; i++)
        need_type(scope, needed, type->members[i].type);
}

static bool is_needed(const pirn_wit_interface *interface, const base_map *needed)
{
    uint32_t ignored;
    for (size_t i = 0; i < interface->scope.type_count; i++) {
        if (wit_encode_recall(needed, &interface->scope.types[i], WIT_IMPORTED, &ignored))
            return true;
    }
    return false;
}

/* Imports an interface behind those it needs itself. Chains of interfaces that use each other are bounded. */
static void import_needed(wit_scope_out *scope, const pirn_wit_interface *interface, const base_map *needed)
{
    uint32_t ignored;
    if (wit_encode_recall(&scope->instances, interface, WIT_IMPORTED, &ignored) || !is_needed(interface, needed))
        return;
    for (size_t i = 0; i < interface->scope.dependency_count; i++)
        import_needed(scope, interface->scope.dependencies[i], needed);
    add_instance(scope, &(pirn_wit_world_item){.name = interface->id, .interface = interface}, WIT_IMPORTED, needed);
}

static void import_uses(wit_scope_out *scope, const pirn_wit_interface *interface)
{
    base_map needed;
    base_map_init(&needed, scope->arena->allocator);
    for (size_t i = 0; i < interface->scope.type_count; i++) {
        const pirn_wit_type *type = &interface->scope.types[i];
        if (type->is_used)
            need_type(scope, &needed, type->members[0].type);
    }
    for (size_t i = 0; i < interface->scope.dependency_count; i++)
        import_needed(scope, interface->scope.dependencies[i], &needed);
    base_map_done(&needed);
}

/* --- worlds --- */

static const pirn_wit_world_item *find_export(const pirn_wit_world *world, const pirn_wit_interface *interface)
{
    for (size_t i = 0; i < world->exports.len; i++) {
        const pirn_wit_world_item *item = &world->exports.data[i];
        if (item->interface == interface && pirn_str_eq(item->name, interface->id))
            return item;
    }
    return NULL;
}

/* Exports an interface behind those exported ones that it uses. */
static void export_interface(wit_scope_out *scope, const pirn_wit_world *world, const pirn_wit_world_item *item)
{
    const pirn_wit_interface *interface = item->interface;
    uint32_t ignored;
    if (pirn_str_eq(item->name, interface->id) &&
        wit_encode_recall(&scope->instances, interface, WIT_EXPORTED, &ignored))
        return;
    for (size_t i = 0; i < interface->scope.dependency_count; i++) {
        const pirn_wit_world_item *needed = find_export(world, interface->scope.dependencies[i]);
        if (needed != NULL)
            export_interface(scope, world, needed);
    }
    add_instance(scope, item, WIT_EXPORTED, NULL);
}

static void encode_world_items(wit_scope_out *scope, const pirn_wit_world *world)
{
    for (size_t i = 0; i < world->imports.len; i++) {
        const pirn_wit_world_item *item = &world->imports.data[i];
        if (item->interface != NULL)
            add_instance(scope, item, WIT_IMPORTED, NULL);
        else if (item->type != NULL)
            wit_encode_named_type(scope, item->type);
        else
            encode_function(scope, item->name, item->function, WIT_DECL_IMPORT);
    }
    for (size_t i = 0; i < world->exports.len; i++) {
        const pirn_wit_world_item *item = &world->exports.data[i];
        if (item->interface != NULL)
            export_interface(scope, world, item);
        else
            encode_function(scope, item->name, item->function, WIT_DECL_EXPORT);
    }
}

/* --- the package --- */

typedef struct encoder {
    wit_bytes *out;
    base_arena *arena;
    uint32_t type_count;
    bool has_failed;
} encoder;

static void put_section(encoder *e, uint8_t id, wit_bytes *content)
{
    wit_write_byte(e->out, id);
    wit_write_u32(e->out, (uint32_t)content->data.len);
    wit_write_raw(e->out, content->data.data, content->data.len);
    e->has_failed |= content->has_failed;
    wit_bytes_done(content);
}

/* A component type with its one export, and the export of that type under the item's name. */
static void put_item(encoder *e, wit_scope_out *scope, pirn_str id, pirn_str name, uint8_t sort, uint32_t type)
{
    wit_bytes types = {.allocator = e->arena->allocator}, exports = types;
    wit_encode_decl(scope, WIT_DECL_EXPORT);
    wit_encode_name(&scope->decls, id, PIRN_STR(""), (pirn_str){NULL, 0});
    wit_write_byte(&scope->decls, sort);
    wit_write_u32(&scope->decls, type);
    wit_write_u32(&types, 1);
    wit_write_byte(&types, WIT_COMPONENT_TYPE);
    wit_write_u32(&types, scope->decl_count);
    wit_write_raw(&types, scope->decls.data.data, scope->decls.data.len);
    put_section(e, WIT_SECTION_TYPE, &types);
    wit_write_u32(&exports, 1);
    wit_encode_name(&exports, name, PIRN_STR(""), (pirn_str){NULL, 0});
    wit_write_byte(&exports, WIT_SORT_TYPE);
    wit_write_u32(&exports, e->type_count);
    wit_write_byte(&exports, 0);
    put_section(e, WIT_SECTION_EXPORT, &exports);
    e->type_count += 2; /* the type, and its name */
    e->has_failed |= scope->has_failed || scope->decls.has_failed;
}

static void put_interface(encoder *e, const pirn_wit_interface *interface)
{
    wit_scope_out scope;
    wit_encode_scope_init(&scope, NULL, e->arena);
    import_uses(&scope, interface);
    uint32_t type = encode_instance(&scope, interface, WIT_IMPORTED, NULL);
    put_item(e, &scope, interface->id, interface->name, WIT_SORT_INSTANCE, type);
    wit_encode_scope_done(&scope);
}

static void put_world(encoder *e, const pirn_wit_world *world)
{
    wit_scope_out scope, inner;
    wit_encode_scope_init(&scope, NULL, e->arena);
    wit_encode_scope_init(&inner, &scope, e->arena);
    inner.world = world;
    encode_world_items(&inner, world);
    uint32_t type = add_scope(&scope, &inner, WIT_COMPONENT_TYPE);
    put_item(e, &scope, world->id, world->name, WIT_SORT_COMPONENT, type);
    wit_encode_scope_done(&scope);
}

static void put_docs(encoder *e, const pirn_wit_package *package)
{
    wit_bytes docs = {.allocator = e->arena->allocator};
    wit_write_name(&docs, PIRN_STR(WIT_DOCS_SECTION));
    wit_docs_write(&docs, package);
    put_section(e, WIT_SECTION_CUSTOM, &docs);
}

/* Readers expect an interface behind those of the package that it uses. Chains of them are bounded. */
static void put_interface_behind_others(encoder *e, base_map *done, const pirn_wit_interface *interface)
{
    bool added = false;
    if (base_map_add(done, interface->id, 0, &added) != PIRN_OK)
        e->has_failed = true;
    if (!added)
        return;
    for (size_t i = 0; i < interface->scope.dependency_count; i++) {
        if (interface->scope.dependencies[i]->package == interface->package)
            put_interface_behind_others(e, done, interface->scope.dependencies[i]);
    }
    put_interface(e, interface);
    base_arena_reset(e->arena); /* the keys of maps are kept as long as one interface is written */
}

static void put_package(encoder *e, const pirn_wit_package *package)
{
    base_map done;
    base_map_init(&done, e->arena->allocator);
    wit_write_raw(e->out, WIT_MAGIC, sizeof WIT_MAGIC - 1);
    for (size_t i = 0; i < package->interfaces.len; i++)
        put_interface_behind_others(e, &done, package->interfaces.data[i]);
    base_map_done(&done);
    for (size_t i = 0; i < package->worlds.len; i++) {
        put_world(e, package->worlds.data[i]);
        base_arena_reset(e->arena);
    }
    put_docs(e, package);
}

pirn_status pirn_wit_encode_package(const pirn_wit *wit, const pirn_wit_package *package, pirn_wit_sink sink,
                                    void *data, pirn_error *error)
{
    if (package->interfaces.len == 0 && package->worlds.len == 0)
        return base_fail(error, PIRN_INVALID, PIRN_NO_OFFSET, "package `%.*s` has neither interfaces nor worlds",
                         PIRN_STR_ARG(package->id));
    base_arena arena;
    wit_bytes out = {.allocator = &wit->allocator};
    base_arena_init(&arena, &wit->allocator);
    encoder e = {.out = &out, .arena = &arena};
    put_package(&e, package);
    pirn_status status = PIRN_OK;
    if (e.has_failed || out.has_failed)
        status = out.data.len > WIT_MAX_BINARY / 2 ? base_fail(error, PIRN_LIMIT, PIRN_NO_OFFSET,
                                                               "the package takes more than %u bytes", WIT_MAX_BINARY)
                                                   : base_nomem(error);
    else if (!sink(data, (const char *)out.data.data, out.data.len))
        status = base_fail(error, PIRN_IO, PIRN_NO_OFFSET, "the package could not be written");
    wit_bytes_done(&out);
    base_arena_done(&arena);
    return status;
}

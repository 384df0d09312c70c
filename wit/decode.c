/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binary packages: sections, and the types of components and instances (see decode.h). Interfaces of other packages
 * are there only as far as something is used of them, and the same one many times: the copies are put together to
 * nested packages. Of the package's own interfaces the definition counts, not the copies.
 */
#include "wit/decode.h"
#include "wit/docs.h"
#include "wit/lexer.h"
#include <stdio.h>

/* Deepest: a file, a component type, the component type of a world, the instance type of an interface. */
#define MAX_SCOPES 4

bool wit_is_binary(pirn_str bytes)
{
    return bytes.len >= 8 && memcmp(bytes.data, WIT_MAGIC, 8) == 0;
}

/* --- names of imports and exports --- */

typedef struct extern_name {
    pirn_str name, implements;
    pirn_str external_id; /* as between quotes; data == NULL: none */
} extern_name;

/* As it is written between quotes; data == NULL: out of memory. */
static pirn_str escape(wit_decoder *d, pirn_str text)
{
    char *out = base_arena_alloc(d->arena, text.len * 4 + 1); /* \7f */
    size_t len = 0;
    for (size_t i = 0; out != NULL && i < text.len; i++) {
        uint8_t c = (uint8_t)text.data[i];
        if (c >= ' ' && c < 0x7F && c != '"' && c != '\\')
            out[len++] = (char)c;
        else
            len += (size_t)snprintf(out + len, 4, "\\%02x", c);
    }
    return (pirn_str){out, len};
}

static pirn_status read_attribute(wit_decoder *d, wit_reader *r, extern_name *out)
{
    uint8_t kind = wit_read_byte(r);
    pirn_str text = wit_read_name(r);
    if (kind == WIT_ATTRIBUTE_IMPLEMENTS) {
        out->implements = text;
    } else if (kind == WIT_ATTRIBUTE_EXTERNAL_ID) {
        out->external_id = escape(d, text);
        if (out->external_id.data == NULL)
            return wit_read_fail(r, PIRN_NOMEM, "out of memory");
    } else {
        return wit_read_fail(r, PIRN_INVALID, "attribute 0x%02x of a name is not one of WIT", kind);
    }
    return r->status;
}

static pirn_status read_extern_name(wit_decoder *d, wit_reader *r, extern_name *out)
{
    uint8_t form = wit_read_byte(r);
    *out = (extern_name){.name = wit_read_name(r)};
    if (form > WIT_NAME_ATTRIBUTES)
        return wit_read_fail(r, PIRN_MALFORMED, "malformed name");
    for (uint32_t count = form == WIT_NAME_ATTRIBUTES ? wit_read_count(r) : 0; count > 0; count--)
        PIRN_TRY(read_attribute(d, r, out));
    return r->status;
}

/* --- parts of interfaces --- */

static bool find_part(const wit_decoder *d, pirn_str key, wit_ast_item **out)
{
    uint64_t found;
    bool is_there = key.data != NULL && base_map_get(&d->parts, key, &found);
    if (is_there)
        *out = (wit_ast_item *)(uintptr_t)found;
    return is_there;
}

static pirn_status remember(wit_decoder *d, wit_reader *r, pirn_str key, wit_ast_item *item)
{
    bool added;
    if (key.data == NULL || item == NULL ||
        base_map_add(&d->parts, key, (uint64_t)(uintptr_t)item, &added) != PIRN_OK)
        return wit_read_fail(r, PIRN_NOMEM, "out of memory");
    return r->status;
}

/* Adds a child under `key` to `parent`, unless there is one. */
static pirn_status add_part_child(wit_decoder *d, wit_reader *r, wit_ast_item *parent, pirn_str key,
                                  const wit_ast_item *from, wit_ast_item **out)
{
    if (find_part(d, key, out))
        return PIRN_OK;
    *out = wit_decode_copy_item(d, r, from);
    PIRN_TRY(remember(d, r, key, *out));
    (*out)->children = (*out)->last_child = NULL;
    wit_decode_add_child(parent, *out);
    return PIRN_OK;
}

static pirn_str interface_id(wit_decoder *d, const wit_path *path)
{
    return base_arena_printf(d->arena, "%.*s:%.*s/%.*s@%.*s", PIRN_STR_ARG(path->space.text),
                             PIRN_STR_ARG(path->package.text), PIRN_STR_ARG(path->item.text),
                             PIRN_STR_ARG(path->version));
}

static pirn_status add_part_items(wit_decoder *d, wit_reader *r, wit_ast_item *interface, pirn_str id,
                                  const wit_ast_item *items)
{
    for (const wit_ast_item *item = items; item != NULL; item = item->next) {
        wit_ast_item *part = NULL, *method_part = NULL;
        pirn_str name = item->kind == WIT_AST_USE ? item->members->as.text : item->name.text;
        pirn_str key = base_arena_printf(d->arena, "%.*s#%.*s", PIRN_STR_ARG(id), PIRN_STR_ARG(name));
        PIRN_TRY(add_part_child(d, r, interface, key, item, &part));
        for (const wit_ast_item *method = item->children; method != NULL; method = method->next) {
            pirn_str method_key =
                base_arena_printf(d->arena, "%.*s.%.*s", PIRN_STR_ARG(key), PIRN_STR_ARG(method->name.text));
            PIRN_TRY(add_part_child(d, r, part, method_key, method, &method_part));
        }
    }
    return PIRN_OK;
}

/* An instance type under the id of an interface. */
static pirn_status add_part(wit_decoder *d, wit_reader *r, const wit_path *path, const wit_ast_item *items)
{
    char package_id[WIT_MAX_PACKAGE];
    size_t len = wit_path_package(path, package_id);
    pirn_str key = base_arena_copy(d->arena, (pirn_str){package_id, len}), id = interface_id(d, path);
    wit_ast_item blank = {.kind = WIT_AST_PACKAGE, .docs = PIRN_STR(""), .path = *path, .place = path->place};
    wit_ast_item *package = NULL, *interface = NULL;
    PIRN_TRY(add_part_child(d, r, &d->packages, key, &blank, &package));
    blank.kind = WIT_AST_INTERFACE;
    blank.name = path->item;
    PIRN_TRY(add_part_child(d, r, package, id, &blank, &interface));
    return add_part_items(d, r, interface, id, items);
}

/* --- types of instances and components --- */

static pirn_status read_alias(wit_decoder *d, wit_reader *r, wit_scope_in *scope)
{
    uint8_t sort = wit_read_byte(r), target = wit_read_byte(r);
    uint32_t first = wit_read_u32(r);
    if (r->status == PIRN_OK && sort != WIT_SORT_TYPE)
        return wit_read_fail(r, PIRN_INVALID, "aliases in a package of WIT are those of types");
    if (target == WIT_ALIAS_EXPORT) {
        pirn_str name = wit_read_name(r);
        wit_entry entry = {.kind = WIT_ENTRY_TYPE, .depth = 1, .name_there = name};
        if (r->status == PIRN_OK && (first >= scope->instances.len || scope->instances.data[first].path == NULL))
            return wit_read_fail(r, PIRN_INVALID, "index %u is not an instance with the name of an interface",
                                 (unsigned)first);
        PIRN_TRY(r->status);
        entry.from = scope->instances.data[first].path;
        wit_decode_label(d, r, name);
        return wit_decode_push(d, r, scope, entry);
    }
    uint32_t index = wit_read_u32(r);
    const wit_scope_in *outer = scope;
    for (uint32_t i = 0; i < first && outer != NULL; i++)
        outer = outer->parent;
    if (r->status == PIRN_OK && (target != WIT_ALIAS_OUTER || outer == NULL || index >= outer->types.len))
        return wit_read_fail(r, PIRN_INVALID, "an alias leads nowhere");
    PIRN_TRY(r->status);
    return wit_decode_push(d, r, scope, outer->types.data[index]);
}

static pirn_status read_type(wit_decoder *d, wit_reader *r, wit_scope_in *scope);

/* An export in the type of an instance: a type or a function. */
static pirn_status read_instance_export(wit_decoder *d, wit_reader *r, wit_scope_in *scope)
{
    extern_name name;
    wit_ast_item *function = NULL;
    PIRN_TRY(read_extern_name(d, r, &name));
    uint8_t sort = wit_read_byte(r);
    if (sort == WIT_SORT_TYPE)
        return wit_decode_named_type(d, r, scope, name.name, name.external_id);
    if (sort != WIT_SORT_FUNC)
        return wit_read_fail(r, PIRN_INVALID, "an interface has types and functions, and nothing else");
    PIRN_TRY(wit_decode_named_func(d, r, scope, name.name, name.external_id, &function));
    if (function != NULL)
        wit_decode_append(scope, function);
    return PIRN_OK;
}

static pirn_status read_instance_decls(wit_decoder *d, wit_reader *r, wit_scope_in *scope)
{
    for (uint32_t count = wit_read_count(r); count > 0; count--) {
        uint8_t kind = wit_read_byte(r);
        if (kind == WIT_DECL_TYPE)
            PIRN_TRY(read_type(d, r, scope));
        else if (kind == WIT_DECL_ALIAS)
            PIRN_TRY(read_alias(d, r, scope));
        else if (kind == WIT_DECL_EXPORT)
            PIRN_TRY(read_instance_export(d, r, scope));
        else
            return wit_read_fail(r, PIRN_INVALID, "declaration 0x%02x does not belong in an interface", kind);
    }
    return r->status;
}

/* An instance in a world; its items are those of its type. */
static pirn_status add_world_instance(wit_decoder *d, wit_reader *r, const extern_name *name, const wit_entry *type,
                                      wit_ast_item *item)
{
    const wit_path *path = wit_decode_path(d, r, name->implements.len > 0 ? name->implements : name->name);
    PIRN_TRY(r->status);
    if (path == NULL || name->implements.len > 0)
        item->name = wit_decode_label(d, r, name->name);
    if (path != NULL) {
        item->path = *path;
        return add_part(d, r, path, type->items);
    }
    wit_ast_item *interface = wit_decode_new_item(d, r, WIT_AST_INTERFACE);
    item->children = interface;
    if (interface == NULL)
        return r->status;
    interface->name = item->name;
    interface->children = type->items;
    return r->status;
}

/* An import or export of a world. */
static pirn_status read_world_item(wit_decoder *d, wit_reader *r, wit_scope_in *scope, wit_ast_kind kind)
{
    extern_name name;
    PIRN_TRY(read_extern_name(d, r, &name));
    uint8_t sort = wit_read_byte(r);
    if (sort == WIT_SORT_TYPE && kind == WIT_AST_IMPORT)
        return wit_decode_named_type(d, r, scope, name.name, name.external_id);
    wit_ast_item *item = wit_decode_new_item(d, r, kind);
    if (item == NULL)
        return r->status;
    item->external_id = name.external_id;
    if (sort == WIT_SORT_FUNC) {
        PIRN_TRY(wit_decode_named_func(d, r, scope, name.name, name.external_id, &item->children));
        if (item->children == NULL)
            return PIRN_OK;
        item->name = item->children->name;
    } else if (sort == WIT_SORT_INSTANCE) {
        const wit_entry *type = wit_decode_entry(r, scope, WIT_ENTRY_INSTANCE, "the type of an instance");
        if (type == NULL)
            return r->status;
        PIRN_TRY(add_world_instance(d, r, &name, type, item));
        wit_instance_in instance = {.path = item->path.item.text.len > 0 ? &item->path : NULL};
        if (!BASE_VEC_PUSH(&scope->instances, d->arena->allocator, instance))
            return wit_read_fail(r, PIRN_NOMEM, "out of memory");
    } else {
        return wit_read_fail(r, PIRN_INVALID, "a world has functions, interfaces and types, and nothing else");
    }
    wit_decode_append(scope, item);
    return PIRN_OK;
}

/* In the component type around an interface or world: an interface of which something is used. */
static pirn_status read_outer_import(wit_decoder *d, wit_reader *r, wit_scope_in *scope)
{
    extern_name name;
    PIRN_TRY(read_extern_name(d, r, &name));
    uint8_t sort = wit_read_byte(r);
    const wit_entry *type = wit_decode_entry(r, scope, WIT_ENTRY_INSTANCE, "the type of an instance");
    const wit_path *path = r->status == PIRN_OK ? wit_decode_path(d, r, name.name) : NULL;
    PIRN_TRY(r->status);
    if (sort != WIT_SORT_INSTANCE || path == NULL)
        return wit_read_fail(r, PIRN_INVALID, "what an interface uses is imported under the id of an interface");
    PIRN_TRY(add_part(d, r, path, type->items));
    return BASE_VEC_PUSH(&scope->instances, d->arena->allocator, ((wit_instance_in){.path = path}))
               ? PIRN_OK
               : wit_read_fail(r, PIRN_NOMEM, "out of memory");
}

/* The one export there: the interface or world under its id. */
static pirn_status read_outer_export(wit_decoder *d, wit_reader *r, wit_scope_in *scope)
{
    extern_name name;
    PIRN_TRY(read_extern_name(d, r, &name));
    bool is_world = wit_read_byte(r) == WIT_SORT_COMPONENT;
    const wit_entry *type = wit_decode_entry(r, scope, is_world ? WIT_ENTRY_WORLD : WIT_ENTRY_INSTANCE,
                                             is_world ? "the type of a component" : "the type of an instance");
    const wit_path *path = type != NULL ? wit_decode_path(d, r, name.name) : NULL;
    wit_ast_item *item = wit_decode_new_item(d, r, is_world ? WIT_AST_WORLD : WIT_AST_INTERFACE);
    if (item == NULL)
        return r->status;
    if (path == NULL || scope->items != NULL)
        return wit_read_fail(r, PIRN_INVALID, "a component type of a package exports one interface or world");
    item->path = *path;
    item->name = path->item;
    item->children = type->items;
    wit_decode_append(scope, item);
    return r->status;
}

static pirn_status read_component_decls(wit_decoder *d, wit_reader *r, wit_scope_in *scope)
{
    bool is_world = scope->depth == 2;
    for (uint32_t count = wit_read_count(r); count > 0; count--) {
        uint8_t kind = wit_read_byte(r);
        if (kind == WIT_DECL_TYPE)
            PIRN_TRY(read_type(d, r, scope));
        else if (kind == WIT_DECL_ALIAS)
            PIRN_TRY(read_alias(d, r, scope));
        else if (kind == WIT_DECL_IMPORT)
            PIRN_TRY(is_world ? read_world_item(d, r, scope, WIT_AST_IMPORT) : read_outer_import(d, r, scope));
        else if (kind == WIT_DECL_EXPORT)
            PIRN_TRY(is_world ? read_world_item(d, r, scope, WIT_AST_EXPORT) : read_outer_export(d, r, scope));
        else
            return wit_read_fail(r, PIRN_INVALID, "declaration 0x%02x does not belong in a package of WIT", kind);
    }
    return r->status;
}

/* A type in a section or in another one's declarations. */
static pirn_status read_type(wit_decoder *d, wit_reader *r, wit_scope_in *scope)
{
    uint8_t code = wit_read_byte(r);
    bool is_component = code == WIT_COMPONENT_TYPE;
    if (!is_component && code != WIT_INSTANCE_TYPE)
        return wit_decode_deftype(d, r, scope, code);
    if (scope->depth + 1 >= MAX_SCOPES || (is_component && scope->depth >= 2))
        return wit_read_fail(r, PIRN_INVALID, "types are nested deeper than those of a package are");
    wit_scope_in inner;
    wit_decode_scope_init(&inner, scope, d->arena);
    pirn_status status = is_component ? read_component_decls(d, r, &inner) : read_instance_decls(d, r, &inner);
    wit_decode_scope_done(&inner, d->arena);
    PIRN_TRY(status);
    wit_entry entry = {.kind = is_component ? WIT_ENTRY_WORLD : WIT_ENTRY_INSTANCE, .items = inner.items};
    if (is_component && scope->depth == 0)
        entry = (wit_entry){.kind = WIT_ENTRY_PACKED, .item = inner.items};
    return wit_decode_push(d, r, scope, entry);
}

/* --- sections --- */

static bool same_package(const wit_path *a, const wit_path *b)
{
    return pirn_str_eq(a->space.text, b->space.text) && pirn_str_eq(a->package.text, b->package.text) &&
           pirn_str_eq(a->version, b->version);
}

/* An export of the package: an interface or world, under its name. */
static pirn_status read_export(wit_decoder *d, wit_reader *r, wit_scope_in *scope, wit_scope_in *top)
{
    extern_name name;
    PIRN_TRY(read_extern_name(d, r, &name));
    uint8_t sort = wit_read_byte(r);
    const wit_entry *entry = wit_decode_entry(r, scope, WIT_ENTRY_PACKED, "the type of an interface or world");
    if (wit_read_byte(r) != 0)
        return wit_read_fail(r, PIRN_INVALID, "an export of a package has no type beside it");
    PIRN_TRY(r->status);
    if (sort != WIT_SORT_TYPE || entry->item == NULL)
        return wit_read_fail(r, PIRN_INVALID, "a package exports interfaces and worlds");
    wit_ast_item *item = entry->item;
    wit_ast_item *twice = NULL;
    pirn_str key = base_arena_printf(d->arena, "=%.*s", PIRN_STR_ARG(item->name.text));
    if (find_part(d, key, &twice))
        return wit_read_fail(r, PIRN_INVALID, "`%.*s` is exported twice", PIRN_STR_ARG(name.name));
    PIRN_TRY(remember(d, r, key, item));
    if (!d->file->has_package)
        d->file->package = item->path;
    d->file->has_package = true;
    if (!same_package(&d->file->package, &item->path))
        return wit_read_fail(r, PIRN_INVALID, "`%.*s` is of another package than the others",
                             PIRN_STR_ARG(name.name));
    wit_decode_append(top, item);
    return wit_decode_push(d, r, scope, *entry);
}

static pirn_status read_section(wit_decoder *d, wit_reader *r, uint8_t id, wit_scope_in *scope, wit_scope_in *top)
{
    if (id == WIT_SECTION_CUSTOM) {
        if (pirn_str_eq(wit_read_name(r), PIRN_STR(WIT_DOCS_SECTION)))
            d->docs = (pirn_str){(const char *)r->bytes + r->pos, r->end - r->pos};
        r->pos = r->end;
        return r->status;
    }
    if (id != WIT_SECTION_TYPE && id != WIT_SECTION_EXPORT)
        return wit_read_fail(r, PIRN_INVALID, "this is a component with code, not a package of WIT");
    for (uint32_t count = wit_read_count(r); count > 0; count--)
        PIRN_TRY(id == WIT_SECTION_TYPE ? read_type(d, r, scope) : read_export(d, r, scope, top));
    if (r->pos != r->end)
        wit_read_fail(r, PIRN_MALFORMED, "section has bytes that nothing needs");
    return r->status;
}

/* A world has what is in it under its own gate, which the section with the docs does not say. */
static void gate_world_items(const wit_decoder *d, wit_ast_item *world)
{
    for (wit_ast_item *item = world->children; item != NULL; item = item->next) {
        char key[WIT_MAX_NAME + 2];
        wit_ast_item *interface = NULL;
        bool is_path = (item->kind == WIT_AST_IMPORT || item->kind == WIT_AST_EXPORT) && item->path.item.text.len > 0;
        if (!is_path || !same_package(&item->path, &d->file->package))
            continue;
        int len = snprintf(key, sizeof key, "=%.*s", PIRN_STR_ARG(item->path.item.text));
        if (find_part(d, (pirn_str){key, (size_t)len}, &interface))
            item->gate = interface->gate;
    }
}

/* Parts of the package's own interfaces are needed where the definitions are not there; the others are its neighbours. */
static pirn_status add_parts(wit_decoder *d, wit_reader *r, wit_scope_in *top)
{
    for (wit_ast_item *package = d->packages.children, *next; package != NULL; package = next) {
        next = package->next;
        package->next = NULL;
        if (!same_package(&package->path, &d->file->package)) {
            wit_decode_append(top, package);
            continue;
        }
        for (wit_ast_item *interface = package->children, *after; interface != NULL; interface = after) {
            wit_ast_item *defined = NULL;
            after = interface->next;
            interface->next = NULL;
            pirn_str key = base_arena_printf(d->arena, "=%.*s", PIRN_STR_ARG(interface->name.text));
            if (key.data == NULL)
                return wit_read_fail(r, PIRN_NOMEM, "out of memory");
            if (!find_part(d, key, &defined))
                wit_decode_append(top, interface);
        }
    }
    return PIRN_OK;
}

static pirn_status read_sections(wit_decoder *d, wit_reader *r, wit_scope_in *scope, wit_scope_in *top)
{
    r->pos = sizeof WIT_MAGIC - 1;
    while (r->status == PIRN_OK && r->pos < r->end) {
        uint8_t id = wit_read_byte(r);
        wit_reader section = wit_read_part(r, wit_read_u32(r));
        PIRN_TRY(r->status);
        PIRN_TRY(read_section(d, &section, id, scope, top));
    }
    if (!d->file->has_package)
        return wit_read_fail(r, PIRN_INVALID, "this component exports no package of WIT");
    PIRN_TRY(add_parts(d, r, top));
    d->file->items = top->items;
    if (d->docs.len > 0)
        PIRN_TRY(wit_docs_apply(d->file, d->docs, d->arena, d->error));
    for (wit_ast_item *item = top->items; item != NULL; item = item->next) {
        if (item->kind == WIT_AST_WORLD)
            gate_world_items(d, item);
    }
    return PIRN_OK;
}

pirn_status wit_decode_file(wit_file *file, base_arena *arena, pirn_error *error)
{
    wit_decoder d = {.file = file, .arena = arena, .error = error, .nodes_left = WIT_MAX_NODES + file->text.len};
    wit_reader r = {.bytes = (const uint8_t *)file->text.data, .end = file->text.len, .error = error};
    wit_scope_in scope, top; /* of indices, and of what the file has */
    file->is_binary = true;
    file->package_docs = PIRN_STR("");
    base_map_init(&d.parts, arena->allocator);
    wit_decode_scope_init(&scope, NULL, arena);
    wit_decode_scope_init(&top, NULL, arena);
    pirn_status status = read_sections(&d, &r, &scope, &top);
    wit_decode_scope_done(&scope, arena);
    wit_decode_scope_done(&top, arena);
    base_map_done(&d.parts);
    return status;
}

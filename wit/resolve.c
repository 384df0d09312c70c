/* SPDX-License-Identifier: Apache-2.0 */
/* Packages: which files and nested blocks make them, what they declare, and where a path leads. */
#include "wit/resolve.h"
#include "wit/lexer.h"
#include <stdio.h>

static pirn_status fail_at(wit_resolver *r, pirn_status status, wit_place at, const char *message)
{
    if (at.file < r->wit->files.len)
        wit_blame(r->wit, r->wit->files.data[at.file]);
    if (at.line == 0)
        return base_fail(r->error, status, at.column, "%s", message);
    return base_fail_at(r->error, status, at.line, at.column, "%s", message);
}

pirn_status wit_resolve_fail(wit_resolver *r, wit_place at, const char *format, ...)
{
    char message[480];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return fail_at(r, PIRN_INVALID, at, message);
}

pirn_status wit_resolve_limit(wit_resolver *r, wit_place at, const char *what, int limit)
{
    char message[120];
    snprintf(message, sizeof message, "%s than %d", what, limit);
    return fail_at(r, PIRN_LIMIT, at, message);
}

pirn_status wit_resolve_unknown(wit_resolver *r, const char *what, wit_id id, const char *where, pirn_str where_name,
                                uint32_t scope)
{
    pirn_str near = wit_names_nearest(r->wit, scope, id.text);
    if (near.len > 0)
        return wit_resolve_fail(r, id.place, "unknown %s `%.*s` in %s `%.*s`; did you mean `%.*s`?", what,
                                PIRN_STR_ARG(id.text), where, PIRN_STR_ARG(where_name), PIRN_STR_ARG(near));
    return wit_resolve_fail(r, id.place, "unknown %s `%.*s` in %s `%.*s`", what, PIRN_STR_ARG(id.text), where,
                            PIRN_STR_ARG(where_name));
}

pirn_status wit_resolve_enter(wit_resolver *r, wit_place at)
{
    if (r->depth < WIT_MAX_DEPTH) {
        r->depth++;
        return PIRN_OK;
    }
    return wit_resolve_limit(r, at, "definitions need each other through more levels", WIT_MAX_DEPTH);
}

void wit_resolve_leave(wit_resolver *r)
{
    r->depth--;
}

static bool has_feature(const pirn_wit *wit, pirn_str feature)
{
    for (size_t i = 0; i < wit->features.len; i++) {
        if (pirn_str_eq(wit->features.data[i], feature))
            return true;
    }
    return wit->all_features;
}

static pirn_status check_version(wit_resolver *r, const pirn_wit_package *package, const wit_gate *gate,
                                 const char *word, pirn_str version)
{
    if (version.len == 0 || wit_version_compare(version, package->version) <= 0)
        return PIRN_OK;
    return wit_resolve_fail(r, gate->place, "`@%s` names version %.*s, which is later than package `%.*s`", word,
                            PIRN_STR_ARG(version), PIRN_STR_ARG(package->id));
}

pirn_status wit_resolve_gate(wit_resolver *r, const pirn_wit_package *package, const wit_gate *gate, bool *enabled)
{
    *enabled = gate->unstable.len == 0 || has_feature(r->wit, gate->unstable);
    bool is_gated = gate->since.len > 0 || gate->unstable.len > 0;
    if (is_gated && package->version.len == 0)
        return wit_resolve_fail(r, gate->place, "`@%s` needs a package with a version, and `%.*s` has none",
                                gate->since.len > 0 ? "since" : "unstable", PIRN_STR_ARG(package->id));
    PIRN_TRY(check_version(r, package, gate, "since", gate->since));
    return check_version(r, package, gate, "deprecated", gate->deprecated);
}

pirn_status wit_resolve_stricter(wit_resolver *r, bool is_inside, pirn_wit_gates inner, pirn_wit_gates outer,
                                 wit_place at, pirn_str outer_name)
{
    const char *relation = is_inside ? "this is in" : "this names";
    if (is_inside && inner.since.len == 0 && inner.unstable.len == 0)
        return PIRN_OK;
    if (r->wit->files.data[at.file]->is_binary) /* gates are there as far as somebody wrote them down */
        return PIRN_OK;
    if (outer.unstable.len > 0) {
        if (pirn_str_eq(inner.unstable, outer.unstable))
            return PIRN_OK;
        return wit_resolve_fail(r, at, "%s `%.*s`, which is `@unstable(feature = %.*s)`: it must be so too", relation,
                                PIRN_STR_ARG(outer_name), PIRN_STR_ARG(outer.unstable));
    }
    bool is_later = inner.since.len > 0 && outer.since.len > 0 && wit_version_compare(inner.since, outer.since) >= 0;
    if (outer.since.len == 0 || inner.unstable.len > 0 || is_later || !is_inside)
        return PIRN_OK;
    return wit_resolve_fail(r, at, "%s `%.*s`, which is `@since(version = %.*s)`: it needs that gate or a later one",
                            relation, PIRN_STR_ARG(outer_name), PIRN_STR_ARG(outer.since));
}

pirn_status wit_resolve_external_id(wit_resolver *r, const wit_ast_item *item, pirn_str *out)
{
    if (item->external_id.data == NULL)
        return PIRN_OK;
    *out = wit_lexer_unescape(item->external_id, r->arena);
    return out->data == NULL ? base_nomem(r->error) : PIRN_OK;
}

pirn_wit_gates wit_resolve_gates(const wit_gate *gate)
{
    return (pirn_wit_gates){gate->since, gate->unstable, gate->deprecated};
}

pirn_status wit_resolve_name(wit_resolver *r, uint32_t scope, pirn_str name, uint64_t value, wit_place at)
{
    bool added = false;
    pirn_status status = wit_names_add(r->wit, scope, name, value, &added);
    if (status != PIRN_OK)
        return base_nomem(r->error);
    return added ? PIRN_OK : wit_resolve_fail(r, at, "`%.*s` is defined twice", PIRN_STR_ARG(name));
}

/* --- what a package declares --- */

/* In a package's or file's scope: a pointer, and in its lowest bit whether it is a world's. */
static uint64_t interface_value(pirn_wit_interface *interface)
{
    return (uint64_t)(uintptr_t)interface;
}

static uint64_t world_value(pirn_wit_world *world)
{
    return (uint64_t)(uintptr_t)world | 1;
}

static pirn_str item_id(wit_resolver *r, const pirn_wit_package *package, pirn_str name)
{
    pirn_str v = package->version;
    return base_arena_printf(r->arena, "%.*s:%.*s/%.*s%s%.*s", PIRN_STR_ARG(package->space),
                             PIRN_STR_ARG(package->name), PIRN_STR_ARG(name), v.len > 0 ? "@" : "", PIRN_STR_ARG(v));
}

static pirn_status declare_interface(wit_resolver *r, pirn_wit_package *package, const wit_block *block,
                                     const wit_ast_item *ast)
{
    pirn_wit_interface *interface = base_arena_zero(r->arena, sizeof *interface);
    pirn_str id = item_id(r, package, ast->name.text);
    if (interface == NULL || id.data == NULL || !BASE_VEC_PUSH(&package->interfaces, &r->wit->allocator, interface))
        return base_nomem(r->error);
    *interface =
        (pirn_wit_interface){.package = package, .name = ast->name.text, .id = id, .docs = ast->docs, .ast = ast};
    interface->gates = wit_resolve_gates(&ast->gate);
    interface->file = r->wit->files.data[ast->place.file]->name;
    interface->scope.block = block;
    interface->scope.id = wit_names_new_scope(r->wit);
    return wit_resolve_name(r, package->scope, ast->name.text, interface_value(interface), ast->name.place);
}

static pirn_status declare_world(wit_resolver *r, pirn_wit_package *package, const wit_block *block,
                                 const wit_ast_item *ast)
{
    pirn_wit_world *world = base_arena_zero(r->arena, sizeof *world);
    pirn_str id = item_id(r, package, ast->name.text);
    if (world == NULL || id.data == NULL || !BASE_VEC_PUSH(&package->worlds, &r->wit->allocator, world))
        return base_nomem(r->error);
    *world = (pirn_wit_world){.package = package, .name = ast->name.text, .id = id, .docs = ast->docs, .ast = ast};
    world->gates = wit_resolve_gates(&ast->gate);
    world->scope.block = block;
    world->scope.id = wit_names_new_scope(r->wit);
    world->import_scope = wit_names_new_scope(r->wit);
    world->export_scope = wit_names_new_scope(r->wit);
    return wit_resolve_name(r, package->scope, ast->name.text, world_value(world), ast->name.place);
}

/* The interfaces and worlds of a file or of a nested package; `use`s are kept for later. */
static pirn_status declare_block(wit_resolver *r, pirn_wit_package *package, wit_block *block,
                                 const wit_ast_item *items)
{
    block->package = package;
    block->items = items;
    block->scope = wit_names_new_scope(r->wit);
    *(package->blocks == NULL ? &package->blocks : &package->last_block->next) = block;
    package->last_block = block;
    for (const wit_ast_item *item = items; item != NULL; item = item->next) {
        bool enabled = true;
        PIRN_TRY(wit_resolve_gate(r, package, &item->gate, &enabled));
        if (enabled && item->kind == WIT_AST_INTERFACE)
            PIRN_TRY(declare_interface(r, package, block, item));
        if (enabled && item->kind == WIT_AST_WORLD)
            PIRN_TRY(declare_world(r, package, block, item));
    }
    return PIRN_OK;
}

static pirn_status new_package(wit_resolver *r, const wit_path *path, pirn_wit_package **out)
{
    pirn_wit_package *package = base_arena_zero(r->arena, sizeof *package);
    if (package == NULL)
        return base_nomem(r->error);
    pirn_str v = path->version;
    package->allocator = &r->wit->allocator;
    package->space = path->space.text;
    package->name = path->package.text;
    package->version = v;
    package->docs = PIRN_STR("");
    package->scope = wit_names_new_scope(r->wit);
    package->id = base_arena_printf(r->arena, "%.*s:%.*s%s%.*s", PIRN_STR_ARG(package->space),
                                    PIRN_STR_ARG(package->name), v.len > 0 ? "@" : "", PIRN_STR_ARG(v));
    if (package->id.data == NULL)
        return base_nomem(r->error);
    *out = package;
    return PIRN_OK;
}

static pirn_status add_package(wit_resolver *r, pirn_wit_package *package, wit_place at)
{
    if (!BASE_VEC_PUSH(&r->wit->packages, &r->wit->allocator, package))
        return base_nomem(r->error);
    uint64_t value = (uint64_t)(uintptr_t)package;
    bool added = false;
    if (wit_names_add(r->wit, WIT_PACKAGES_SCOPE, package->id, value, &added) != PIRN_OK)
        return base_nomem(r->error);
    return added ? PIRN_OK : wit_resolve_fail(r, at, "package `%.*s` is defined twice", PIRN_STR_ARG(package->id));
}

static pirn_wit_package *find_package(const pirn_wit *wit, pirn_str id)
{
    uint64_t value;
    return wit_names_find(wit, WIT_PACKAGES_SCOPE, id, &value) ? (pirn_wit_package *)(uintptr_t)value : NULL;
}

/* --- from files to packages --- */

/* One block a file and nested package, made before all else, since interfaces point to theirs. */
static pirn_status add_block(wit_resolver *r, pirn_wit_package *package, const wit_ast_item *items)
{
    wit_block *block = base_arena_zero(r->arena, sizeof *block);
    return block == NULL ? base_nomem(r->error) : declare_block(r, package, block, items);
}

static pirn_status add_nested_packages(wit_resolver *r, const wit_file *file)
{
    for (const wit_ast_item *item = file->items; item != NULL; item = item->next) {
        if (item->kind != WIT_AST_PACKAGE)
            continue;
        pirn_wit_package *package = NULL;
        PIRN_TRY(new_package(r, &item->path, &package));
        if (file->is_binary && find_package(r->wit, package->id) != NULL)
            continue;
        package->docs = item->docs;
        package->file = file->name;
        PIRN_TRY(add_package(r, package, item->path.place));
        PIRN_TRY(add_block(r, package, item->children));
    }
    return PIRN_OK;
}

static bool same_package(const wit_path *a, const wit_path *b)
{
    return pirn_str_eq(a->space.text, b->space.text) && pirn_str_eq(a->package.text, b->package.text) &&
           pirn_str_eq(a->version, b->version);
}

/* The file of a folder that names the package; NULL: none does. All that do must agree. */
static pirn_status folder_package(wit_resolver *r, const wit_file *first, const wit_file **out)
{
    *out = NULL;
    for (const wit_file *file = first; file != NULL; file = file->next_in_folder) {
        if (!file->has_package)
            continue;
        if (*out == NULL)
            *out = file;
        else if (!same_package(&file->package, &(*out)->package))
            return wit_resolve_fail(r, file->package.place, "the package has another name in `%.*s`",
                                    PIRN_STR_ARG((*out)->name));
    }
    return PIRN_OK;
}

/* Two copies of one package, as they lie in the `deps` of several others. */
static bool same_texts(const wit_file *a, const wit_file *b)
{
    for (; a != NULL && b != NULL; a = a->next_in_folder, b = b->next_in_folder) {
        if (!pirn_str_eq(a->text, b->text))
            return false;
    }
    return a == NULL && b == NULL;
}

static bool has_own_items(const wit_file *file)
{
    for (const wit_ast_item *item = file->items; item != NULL; item = item->next) {
        if (item->kind != WIT_AST_PACKAGE)
            return true;
    }
    return false;
}

/* Files of a folder without a package may only have nested packages. */
static pirn_status add_unnamed_folder(wit_resolver *r, const wit_file *first)
{
    for (const wit_file *file = first; file != NULL; file = file->next_in_folder) {
        if (has_own_items(file))
            return wit_resolve_fail(r, file->items->place,
                                    "no file says which package this is: `package space:name;` is missing");
        PIRN_TRY(add_nested_packages(r, file));
    }
    return PIRN_OK;
}

static pirn_status add_folder(wit_resolver *r, const wit_file *first)
{
    const wit_file *naming;
    PIRN_TRY(folder_package(r, first, &naming));
    if (naming == NULL)
        return add_unnamed_folder(r, first);
    pirn_wit_package *package = NULL;
    PIRN_TRY(new_package(r, &naming->package, &package));
    const pirn_wit_package *other = find_package(r->wit, package->id);
    if (other != NULL && other->first_file != NULL && same_texts(other->first_file, first))
        return PIRN_OK;
    package->first_file = first;
    package->file = naming->name;
    PIRN_TRY(add_package(r, package, naming->package.place));
    for (const wit_file *file = first; file != NULL; file = file->next_in_folder) {
        if (package->docs.len == 0 && file->has_package)
            package->docs = file->package_docs;
        PIRN_TRY(add_block(r, package, file->items));
        if (!file->is_binary)
            PIRN_TRY(add_nested_packages(r, file));
    }
    return PIRN_OK;
}

/* Chains the files of each folder, in the order in which they were added. The map has the index of the first one. */
static pirn_status chain_folders(wit_resolver *r, base_map *folders)
{
    for (size_t i = 0; i < r->wit->files.len; i++) {
        wit_file *file = r->wit->files.data[i];
        uint64_t first = i;
        bool added;
        if (base_map_add(folders, file->folder, i, &added) != PIRN_OK || !base_map_get(folders, file->folder, &first))
            return base_nomem(r->error);
        wit_file *head = r->wit->files.data[first];
        if (!added)
            head->last_in_folder->next_in_folder = file;
        head->last_in_folder = file;
    }
    return PIRN_OK;
}

/* Binary packages have parts of others, which count where the others themselves are not there. */
static pirn_status add_parts_of_binaries(wit_resolver *r)
{
    for (size_t i = 0; i < r->wit->files.len; i++) {
        if (r->wit->files.data[i]->is_binary)
            PIRN_TRY(add_nested_packages(r, r->wit->files.data[i]));
    }
    return PIRN_OK;
}

static pirn_status add_all_folders(wit_resolver *r)
{
    base_map folders;
    base_map_init(&folders, &r->wit->allocator);
    pirn_status status = chain_folders(r, &folders);
    for (size_t i = 0; status == PIRN_OK && i < r->wit->files.len; i++) {
        uint64_t first = 0;
        if (base_map_get(&folders, r->wit->files.data[i]->folder, &first) && first == i)
            status = add_folder(r, r->wit->files.data[i]);
    }
    base_map_done(&folders);
    return status == PIRN_OK ? add_parts_of_binaries(r) : status;
}

/* --- paths --- */

static pirn_status unknown_package(wit_resolver *r, const wit_path *path, pirn_str id)
{
    pirn_str near = wit_names_nearest(r->wit, WIT_PACKAGES_SCOPE, id);
    for (size_t i = 0; near.len == 0 && i < r->wit->packages.len; i++) {
        const pirn_wit_package *package = r->wit->packages.data[i];
        if (pirn_str_eq(package->space, path->space.text) && pirn_str_eq(package->name, path->package.text))
            near = package->id;
    }
    if (near.len > 0)
        return wit_resolve_fail(r, path->place, "unknown package `%.*s`; did you mean `%.*s`?", PIRN_STR_ARG(id),
                                PIRN_STR_ARG(near));
    return wit_resolve_fail(r, path->place, "unknown package `%.*s`", PIRN_STR_ARG(id));
}

pirn_status wit_resolve_path(wit_resolver *r, const wit_block *block, const wit_path *path, wit_target *target)
{
    if (wit_names_follow(r->wit, block, path, target))
        return PIRN_OK;
    const pirn_wit_package *package = block->package;
    if (path->space.text.len > 0) {
        char text[WIT_MAX_PACKAGE];
        pirn_str id = {text, wit_path_package(path, text)};
        package = find_package(r->wit, id);
        if (package == NULL)
            return unknown_package(r, path, id);
    }
    return wit_resolve_unknown(r, "interface", path->item, "package", package->id, package->scope);
}

static pirn_status resolve_top_use(wit_resolver *r, const wit_block *block, const wit_ast_item *item)
{
    bool enabled;
    PIRN_TRY(wit_resolve_gate(r, block->package, &item->gate, &enabled));
    if (!enabled)
        return PIRN_OK;
    wit_target target;
    PIRN_TRY(wit_resolve_path(r, block, &item->path, &target));
    if (wit_names_find(r->wit, block->package->scope, item->name.text, NULL) && item->path.space.text.len > 0)
        return wit_resolve_fail(r, item->name.place, "`%.*s` is defined twice", PIRN_STR_ARG(item->name.text));
    uint64_t value = target.world != NULL ? world_value(target.world) : interface_value(target.interface);
    return wit_resolve_name(r, block->scope, item->name.text, value, item->name.place);
}

static pirn_status resolve_top_uses(wit_resolver *r, const pirn_wit_package *package)
{
    for (const wit_block *block = package->blocks; block != NULL; block = block->next) {
        for (const wit_ast_item *item = block->items; item != NULL; item = item->next) {
            if (item->kind == WIT_AST_TOP_USE)
                PIRN_TRY(resolve_top_use(r, block, item));
        }
    }
    return PIRN_OK;
}

/* --- all --- */

static pirn_status resolve_interfaces(wit_resolver *r, const pirn_wit_package *package)
{
    for (size_t i = 0; i < package->interfaces.len; i++)
        PIRN_TRY(wit_resolve_interface(r, package->interfaces.data[i]));
    return PIRN_OK;
}

static pirn_status resolve_worlds(wit_resolver *r, const pirn_wit_package *package)
{
    for (size_t i = 0; i < package->worlds.len; i++)
        PIRN_TRY(wit_resolve_world(r, package->worlds.data[i]));
    return PIRN_OK;
}

pirn_status wit_resolve(pirn_wit *wit, pirn_error *error)
{
    typedef pirn_status (*pass)(wit_resolver *r, const pirn_wit_package *package);
    static const pass passes[] = {resolve_top_uses, resolve_interfaces, resolve_worlds};
    wit_resolver r = {.wit = wit, .arena = &wit->arena, .error = error};
    PIRN_TRY(add_all_folders(&r));
    for (size_t i = 0; i < BASE_COUNT(passes); i++) {
        for (size_t j = 0; j < wit->packages.len; j++)
            PIRN_TRY(passes[i](&r, wit->packages.data[j]));
    }
    return PIRN_OK;
}

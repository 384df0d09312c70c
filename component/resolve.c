/* SPDX-License-Identifier: Apache-2.0 */
/* What the core imports and exports of a component's modules are, by their names (componentize.h); and that their types fit. */
#include "component/canon_needs.h"
#include "component/componentize.h"
#include "component/version.h"
#include <string.h>

#define EXPORT_PREFIX "[export]"
#define ROOT_MODULE   "$root"
#define MAIN_MODULE   "__main_module__"
#define ENV_MODULE    "env"

static bool take_prefix(pirn_str *text, pirn_str prefix)
{
    if (text->len < prefix.len || memcmp(text->data, prefix.data, prefix.len) != 0)
        return false;
    *text = (pirn_str){text->data + prefix.len, text->len - prefix.len};
    return true;
}

/* ---- Failing ----------------------------------------------------------------------------------------------------- */

/* "the module", or "the adapter x". */
static pirn_str unit_text(cm_componentizer *c, const cm_unit *unit)
{
    pirn_str text = PIRN_STR("the module");
    if (unit->is_adapter)
        text = base_arena_printf(&c->arena, "the adapter %.*s", PIRN_STR_ARG(unit->name));
    return text.data == NULL ? PIRN_STR("an adapter") : text;
}

static pirn_status fail_import(cm_componentizer *c, const cm_binding *b, const char *why)
{
    pirn_str unit = unit_text(c, b->unit);
    return base_fail(c->error, PIRN_INVALID, PIRN_NO_OFFSET, "%.*s imports \"%.*s\" \"%.*s\", %s", PIRN_STR_ARG(unit),
                     PIRN_STR_ARG(b->import.module), PIRN_STR_ARG(b->import.name), why);
}

/* What a core function should be, in words: "(func (param i32))". */
static pirn_status check_signature(cm_componentizer *c, const cm_core_functype *expected,
                                   const pirn_externtype *actual, pirn_str unit, const char *verb, pirn_str name)
{
    pirn_externtype type = {.kind = PIRN_EXTERN_FUNC};
    type.func = pirn_functype_new(c->engine, expected->params, expected->param_count, expected->results,
                                  expected->result_count);
    if (type.func == NULL)
        return base_nomem(c->error);
    if (actual->kind == PIRN_EXTERN_FUNC && actual->func == type.func)
        return PIRN_OK;
    char want[300], have[300];
    pirn_externtype_text(&type, want, sizeof want);
    pirn_externtype_text(actual, have, sizeof have);
    return base_fail(c->error, PIRN_INVALID, PIRN_NO_OFFSET,
                     "%.*s %s \"%.*s\" as %s, but its type in WIT makes it %s", PIRN_STR_ARG(unit), verb,
                     PIRN_STR_ARG(name), have, want);
}

static pirn_status check_import(cm_componentizer *c, const cm_binding *b, const cm_core_functype *expected)
{
    return check_signature(c, expected, &b->import.type, unit_text(c, b->unit), "imports", b->import.name);
}

/* ---- Imports ----------------------------------------------------------------------------------------------------- */

static pirn_status use_member(cm_componentizer *c, const cm_binding *b)
{
    if (b->member != NULL && !cm_idmap_set(&c->used, (uintptr_t)b->member, 0))
        return base_nomem(c->error);
    cm_imports_want(&c->imports, b->part, b->external);
    cm_imports_reach(&c->imports, b->part, b->member == NULL ? &b->external->item : &b->member->item);
    return c->imports.types.status;
}

static pirn_status bind_func(cm_componentizer *c, cm_binding *b, const cm_item *item)
{
    if (item->sort != CM_FUNC)
        return fail_import(c, b, "which is no function");
    if (item->func->is_async)
        return fail_import(c, b, "an async function: only functions that are not can be made yet");
    b->kind = CM_BIND_LOWER;
    b->func = item->func;
    b->is_indirect = cm_lower_needs(b->func, false).memory;
    cm_core_functype expected = cm_flatten_lower(b->func);
    PIRN_TRY(check_import(c, b, &expected));
    return use_member(c, b);
}

/* The functions that resource types come with. Columns: prefix, built-in, core type. */
static const struct {
    pirn_str prefix;
    cm_canon_kind canon;
    bool exported_only;
    cm_core_functype type;
} resource_functions[] = {
    {{"[resource-drop]", 15}, CM_CANON_RESOURCE_DROP, false, {.params = {PIRN_I32}, .param_count = 1}},
    {{"[resource-new]", 14},
     CM_CANON_RESOURCE_NEW,
     true,
     {.params = {PIRN_I32}, .param_count = 1, .results = {PIRN_I32}, .result_count = 1}},
    {{"[resource-rep]", 14},
     CM_CANON_RESOURCE_REP,
     true,
     {.params = {PIRN_I32}, .param_count = 1, .results = {PIRN_I32}, .result_count = 1}},
};

/* Is it one of them? Then *name is the resource type's. */
static bool is_resource_function(pirn_str *name, bool is_export, size_t *row)
{
    for (*row = 0; *row < BASE_COUNT(resource_functions); ++*row)
        if ((is_export || !resource_functions[*row].exported_only) &&
            take_prefix(name, resource_functions[*row].prefix))
            return true;
    return false;
}

/* A name of an import or export of a world: `list` are its items beside each other. */
static pirn_status bind_member(cm_componentizer *c, cm_binding *b, const cm_externs *list, bool is_export)
{
    pirn_str name = b->import.name;
    size_t row;
    bool is_resource = is_resource_function(&name, is_export, &row);
    const cm_extern *found = cm_externs_find(list, name);
    if (found == NULL)
        return fail_import(c, b,
                           is_resource ? "but there is no such resource type" : "but there is no such function");
    if (b->external == NULL)
        b->external = found;
    else
        b->member = found;
    if (!is_resource)
        return is_export ? fail_import(c, b, "but only functions of its resource types come from there")
                         : bind_func(c, b, &found->item);
    if (found->item.sort != CM_TYPE || found->item.type.kind != CM_TYPE_RESOURCE)
        return fail_import(c, b, "which is no resource type");
    b->kind = CM_BIND_RESOURCE;
    b->canon = resource_functions[row].canon;
    PIRN_TRY(check_import(c, b, &resource_functions[row].type));
    return is_export ? PIRN_OK : use_member(c, b);
}

/* An import from an interface, or the root, of one of the unit's worlds. *found: there is such an interface. */
static pirn_status bind_world(cm_componentizer *c, cm_binding *b, const cm_world *world, bool *found)
{
    pirn_str module = b->import.module;
    bool is_export = take_prefix(&module, PIRN_STR(EXPORT_PREFIX));
    const cm_externs *side = is_export ? &world->type->exports : &world->type->imports;
    b->part = world->part;
    if (pirn_str_eq(module, PIRN_STR(ROOT_MODULE))) {
        *found = cm_externs_find(side, b->import.name) != NULL || b->import.name.data[0] == '[';
        return *found ? bind_member(c, b, side, is_export) : PIRN_OK;
    }
    const cm_extern *interface = cm_externs_select(side, module);
    *found = interface != NULL && interface->item.sort == CM_INSTANCE;
    if (!*found)
        return PIRN_OK;
    b->external = interface;
    return bind_member(c, b, &interface->item.instance->exports, is_export);
}

static bool same_type(const pirn_externtype *a, const pirn_externtype *b)
{
    return a->kind == PIRN_EXTERN_FUNC && b->kind == PIRN_EXTERN_FUNC && a->func == b->func;
}

static pirn_status bind_adapter(cm_componentizer *c, cm_binding *b, cm_unit *adapter)
{
    size_t index = pirn_module_find_export(adapter->module, b->import.name);
    if (index == SIZE_MAX)
        return fail_import(c, b, "which the adapter does not have");
    pirn_export export = pirn_module_export(adapter->module, index);
    if (!same_type(&export.type, &b->import.type))
        return fail_import(c, b, "which is of another type in the adapter");
    b->kind = CM_BIND_ADAPTER;
    b->target = adapter;
    b->is_indirect = true;
    return PIRN_OK;
}

/* What an adapter imports of the main module; its realloc has a substitute. */
static pirn_status bind_main(cm_componentizer *c, cm_binding *b, bool *found)
{
    *found =
        pirn_str_eq(b->import.module, PIRN_STR(MAIN_MODULE)) || pirn_str_eq(b->import.module, PIRN_STR(ENV_MODULE));
    if (!*found)
        return PIRN_OK;
    const cm_unit *main_unit = c->units.data[0];
    bool is_there = pirn_module_find_export(main_unit->module, b->import.name) != SIZE_MAX;
    if (!is_there && !pirn_str_eq(b->import.name, PIRN_STR("cabi_realloc")))
        return fail_import(c, b, "which the module does not export");
    b->kind = CM_BIND_MAIN;
    return PIRN_OK;
}

static pirn_status bind(cm_componentizer *c, cm_binding *b)
{
    bool found = false;
    for (size_t i = 0; i < c->worlds.len && !found; i++)
        if (c->worlds.data[i].unit == b->unit)
            PIRN_TRY(bind_world(c, b, &c->worlds.data[i], &found));
    if (!found && b->unit->is_adapter)
        PIRN_TRY(bind_main(c, b, &found));
    for (size_t i = 1; i < c->units.len && !found && !b->unit->is_adapter; i++) {
        found = pirn_str_eq(c->units.data[i]->name, b->import.module);
        if (found)
            PIRN_TRY(bind_adapter(c, b, c->units.data[i]));
    }
    if (found)
        return PIRN_OK;
    if (pirn_str_eq(b->import.module, PIRN_STR("wasi_snapshot_preview1")))
        return fail_import(c, b, "which needs an adapter (--adapt)");
    return fail_import(
        c, b, c->worlds.len == 0 ? "but there is no world that says what it is" : "but the world has no such import");
}

pirn_status cm_resolve_imports(cm_componentizer *c, cm_unit *unit)
{
    size_t count = pirn_module_import_count(unit->module);
    for (size_t i = 0; i < count; i++) {
        cm_binding binding = {.unit = unit, .import = pirn_module_import(unit->module, i)};
        if (unit->unused_imports != NULL && unit->unused_imports[i])
            binding.kind = CM_BIND_UNUSED;
        else
            PIRN_TRY(bind(c, &binding));
        if (!BASE_VEC_PUSH(&c->bindings, c->allocator, binding))
            return base_nomem(c->error);
    }
    return PIRN_OK;
}

/* ---- Exports ----------------------------------------------------------------------------------------------------- */

/* "a:b/c@1.0.0#f" cut at its "#". */
static bool cut_export(pirn_str name, cm_versioned_name *interface, pirn_str *member)
{
    const char *mark = name.len > 0 ? memchr(name.data, '#', name.len) : NULL;
    if (mark == NULL)
        return false;
    size_t len = (size_t)(mark - name.data);
    *interface = cm_versioned_name_of((pirn_str){name.data, len});
    *member = (pirn_str){mark + 1, name.len - len - 1};
    return true;
}

size_t cm_find_core_export(const cm_unit *unit, pirn_str interface, pirn_str name, base_arena *arena)
{
    if (interface.len == 0)
        return pirn_module_find_export(unit->module, name);
    pirn_str exact = base_arena_printf(arena, "%.*s#%.*s", PIRN_STR_ARG(interface), PIRN_STR_ARG(name));
    size_t index = exact.data == NULL ? SIZE_MAX : pirn_module_find_export(unit->module, exact);
    cm_versioned_name wanted = cm_versioned_name_of(interface), have;
    pirn_str member;
    if (index != SIZE_MAX || !wanted.has_version)
        return index;
    for (size_t i = 0; i < pirn_module_export_count(unit->module); i++)
        if (cut_export(pirn_module_export(unit->module, i).name, &have, &member) && pirn_str_eq(member, name) &&
            cm_version_same_track(&have, &wanted))
            return i;
    return SIZE_MAX;
}

static pirn_status lift_func(cm_componentizer *c, const cm_world *world, const cm_extern *external,
                             const cm_extern *member)
{
    const cm_extern *func = member == NULL ? external : member;
    pirn_str interface = member == NULL ? PIRN_STR("") : external->name;
    size_t index = cm_find_core_export(world->unit, interface, func->name, &c->arena);
    if (index == SIZE_MAX)
        return base_fail(c->error, PIRN_INVALID, PIRN_NO_OFFSET,
                         "%.*s does not export \"%.*s%s%.*s\", which the world %.*s exports",
                         PIRN_STR_ARG(unit_text(c, world->unit)), PIRN_STR_ARG(interface),
                         interface.len > 0 ? "#" : "", PIRN_STR_ARG(func->name), PIRN_STR_ARG(world->name));
    if (func->item.func->is_async)
        return base_fail(c->error, PIRN_INVALID, PIRN_NO_OFFSET,
                         "\"%.*s\" is an async function: only functions that are not can be made yet",
                         PIRN_STR_ARG(func->name));
    pirn_export export = pirn_module_export(world->unit->module, index);
    cm_core_functype expected = cm_flatten_lift(func->item.func);
    PIRN_TRY(check_signature(c, &expected, &export.type, unit_text(c, world->unit), "exports", export.name));
    cm_lifted lifted = {world, external, member, func->item.func, export.name};
    return BASE_VEC_PUSH(&c->lifted, c->allocator, lifted) ? PIRN_OK : base_nomem(c->error);
}

/* A resource type that is born in an export is the component's own. */
static pirn_status define_resource(cm_componentizer *c, const cm_world *world, const cm_birth *birth)
{
    const cm_extern *interface = cm_externs_find(&world->type->exports, birth->path[0]);
    const cm_extern *member =
        birth->path_length == 2 ? cm_externs_find(&interface->item.instance->exports, birth->path[1]) : NULL;
    if (member == NULL)
        return base_fail(c->error, PIRN_INVALID, PIRN_NO_OFFSET,
                         "the resource type \"%.*s\" is not exported by an interface", PIRN_STR_ARG(birth->path[0]));
    cm_local_resource resource = {.world = world, .type = &member->item.type};
    pirn_str dtor = base_arena_printf(&c->arena, "[dtor]%.*s", PIRN_STR_ARG(member->name));
    if (dtor.data == NULL)
        return base_nomem(c->error);
    size_t index = cm_find_core_export(world->unit, interface->name, dtor, &c->arena);
    if (index != SIZE_MAX) {
        static const cm_core_functype expected = {.params = {PIRN_I32}, .param_count = 1};
        pirn_export export = pirn_module_export(world->unit->module, index);
        PIRN_TRY(check_signature(c, &expected, &export.type, unit_text(c, world->unit), "exports", export.name));
        resource.dtor = export.name;
    }
    return BASE_VEC_PUSH(&c->resources, c->allocator, resource) ? PIRN_OK : base_nomem(c->error);
}

static pirn_status lift_interface(cm_componentizer *c, const cm_world *world, const cm_extern *interface)
{
    const cm_externs *members = &interface->item.instance->exports;
    for (uint32_t i = 0; i < members->count; i++)
        if (members->list[i].item.sort == CM_FUNC)
            PIRN_TRY(lift_func(c, world, interface, &members->list[i]));
    return PIRN_OK;
}

static pirn_status resolve_world(cm_componentizer *c, const cm_world *world)
{
    const cm_component_type *type = world->type;
    for (uint32_t i = 0; i < type->export_born_count; i++)
        PIRN_TRY(define_resource(c, world, &type->export_born[i]));
    for (uint32_t i = 0; i < type->exports.count; i++) {
        const cm_extern *external = &type->exports.list[i];
        cm_imports_reach(&c->imports, world->part, &external->item);
        if (external->item.sort == CM_FUNC)
            PIRN_TRY(lift_func(c, world, external, NULL));
        else if (external->item.sort == CM_INSTANCE)
            PIRN_TRY(lift_interface(c, world, external));
        else
            return base_fail(c->error, PIRN_INVALID, PIRN_NO_OFFSET, "the world %.*s exports \"%.*s\", a %s",
                             PIRN_STR_ARG(world->name), PIRN_STR_ARG(external->name),
                             cm_sort_name(external->item.sort));
    }
    /* Types under names of their own may be used by any function. */
    for (uint32_t i = 0; i < type->imports.count; i++) {
        if (type->imports.list[i].item.sort != CM_TYPE)
            continue;
        cm_imports_want(&c->imports, world->part, &type->imports.list[i]);
        cm_imports_reach(&c->imports, world->part, &type->imports.list[i].item);
    }
    return c->imports.types.status;
}

pirn_status cm_resolve_exports(cm_componentizer *c)
{
    for (size_t i = 0; i < c->worlds.len; i++)
        PIRN_TRY(resolve_world(c, &c->worlds.data[i]));
    return PIRN_OK;
}

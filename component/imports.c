/* SPDX-License-Identifier: Apache-2.0 */
/* Wanting, merging and writing imports. */
#include "component/imports.h"
#include "component/version.h"

enum { LIMIT_DEPTH = 200 };

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static pirn_str extern_name(const void *list, size_t index)
{
    return ((const cm_extern *)list)[index].name;
}

const cm_extern *cm_externs_select(const cm_externs *externs, pirn_str name)
{
    cm_versioned_name wanted = cm_versioned_name_of(name);
    const cm_extern *exact = cm_externs_find(externs, name);
    if (exact != NULL || !wanted.has_version)
        return exact;
    size_t i = cm_version_select(&wanted, externs->list, externs->count, extern_name);
    return i == SIZE_MAX ? NULL : &externs->list[i];
}

/* What names that stand for each other have in common: "a:b/c@1", "a:b/c@0.2"; other names are their own. */
static pirn_str track_of(cm_imports *imports, const cm_versioned_name *name)
{
    if (!cm_version_same_track(name, name))
        return name->full;
    const cm_version *v = &name->version;
    pirn_str track = v->major > 0 ? base_arena_printf(imports->types.arena, "%.*s@%llu", PIRN_STR_ARG(name->base),
                                                      (unsigned long long)v->major)
                                  : base_arena_printf(imports->types.arena, "%.*s@0.%llu", PIRN_STR_ARG(name->base),
                                                      (unsigned long long)v->minor);
    cm_writer_check(&imports->types, track.data != NULL);
    return track;
}

/* ---- Lifetime ---------------------------------------------------------------------------------------------------- */

static bool find_resource(void *data, uint32_t part, cm_resource_id id);

void cm_imports_init(cm_imports *imports, cm_encoder *encoder, base_arena *arena, pirn_error *error)
{
    const pirn_allocator *allocator = arena->allocator;
    memset(imports, 0, sizeof *imports);
    imports->encoder = encoder;
    imports->types = (cm_type_writer){
        .allocator = allocator, .arena = arena, .error = error, .find_resource = find_resource, .data = imports};
    cm_type_scope_init(&imports->scope, NULL, encoder, &imports->types);
    base_map_init(&imports->by_track, allocator);
    cm_idmap_init(&imports->by_extern, allocator);
    cm_idmap_init(&imports->births, allocator);
    cm_idmap_init(&imports->reached, allocator);
}

void cm_imports_done(cm_imports *imports)
{
    const pirn_allocator *allocator = imports->types.allocator;
    for (size_t i = 0; i < imports->list.len; i++)
        BASE_VEC_DONE(&imports->list.data[i]->contributions, allocator);
    BASE_VEC_DONE(&imports->list, allocator);
    BASE_VEC_DONE(&imports->parts, allocator);
    base_map_done(&imports->by_track);
    cm_idmap_done(&imports->by_extern);
    cm_idmap_done(&imports->births);
    cm_idmap_done(&imports->reached);
    cm_type_scope_done(&imports->scope, &imports->types);
}

uint32_t cm_imports_add_part(cm_imports *imports, cm_part part)
{
    uint32_t number = (uint32_t)imports->parts.len;
    cm_writer_check(&imports->types, BASE_VEC_PUSH(&imports->parts, imports->types.allocator, part));
    for (uint32_t i = 0; i < part.type->import_born_count; i++) {
        const cm_birth *birth = &part.type->import_born[i];
        cm_writer_check(&imports->types,
                        cm_idmap_set(&imports->births, cm_part_key(number, birth->id), (uintptr_t)birth));
    }
    return number;
}

/* ---- Wanting ----------------------------------------------------------------------------------------------------- */

static cm_import *find_or_add(cm_imports *imports, const cm_extern *external)
{
    cm_versioned_name name = cm_versioned_name_of(external->name);
    pirn_str track = track_of(imports, &name);
    uint64_t number = imports->list.len;
    bool added = false;
    if (imports->types.status != PIRN_OK)
        return NULL;
    if (base_map_get(&imports->by_track, track, &number)) {
        cm_import *import = imports->list.data[number];
        cm_versioned_name before = cm_versioned_name_of(import->name);
        if (!pirn_str_eq(before.full, name.full) && cm_version_lower(&before.version, &name.version))
            import->name = external->name;
        return import;
    }
    cm_import *import = base_arena_zero(imports->types.arena, sizeof *import);
    bool done = import != NULL && BASE_VEC_PUSH(&imports->list, imports->types.allocator, import) &&
                base_map_add(&imports->by_track, track, number, &added) == PIRN_OK;
    cm_writer_check(&imports->types, done);
    if (!done)
        return NULL;
    import->name = external->name;
    return import;
}

void cm_imports_want(cm_imports *imports, uint32_t part, const cm_extern *external)
{
    if (cm_idmap_get(&imports->by_extern, (uintptr_t)external, NULL))
        return;
    cm_import *import = find_or_add(imports, external);
    if (import == NULL)
        return;
    if (import->contributions.len > 0 && import->contributions.data[0].external->item.sort != external->item.sort) {
        cm_writer_fail(&imports->types, PIRN_INVALID, "\"%.*s\" is imported as a %s and as a %s",
                       PIRN_STR_ARG(external->name), cm_sort_name(import->contributions.data[0].external->item.sort),
                       cm_sort_name(external->item.sort));
        return;
    }
    cm_contribution contribution = {part, external, imports->parts.data[part].used};
    bool done = BASE_VEC_PUSH(&import->contributions, imports->types.allocator, contribution) &&
                cm_idmap_set(&imports->by_extern, (uintptr_t)external, (uintptr_t)import);
    cm_writer_check(&imports->types, done);
}

/* ---- What is mentioned ------------------------------------------------------------------------------------------- */

/* The import of the part that brings a resource type; NULL: none does. */
static const cm_extern *import_with(const cm_imports *imports, uint32_t part, cm_resource_id id,
                                    const cm_birth **birth)
{
    uint64_t address = 0;
    if (!cm_idmap_get(&imports->births, cm_part_key(part, id), &address))
        return NULL;
    *birth = (const cm_birth *)(uintptr_t)address;
    return cm_externs_find(&imports->parts.data[part].type->imports, (*birth)->path[0]);
}

static void reach_resource(cm_imports *imports, uint32_t part, cm_resource_id id)
{
    const cm_birth *birth;
    const cm_extern *external = import_with(imports, part, id, &birth);
    cm_idmap *used = imports->parts.data[part].used;
    if (external == NULL || used == NULL)
        return;
    cm_imports_want(imports, part, external);
    const cm_extern *member = external;
    for (uint32_t i = 1; i < birth->path_length; i++) {
        member = cm_externs_find(&member->item.instance->exports, birth->path[i]);
        cm_writer_check(&imports->types, cm_idmap_set(used, (uintptr_t)member, 0));
    }
}

static void reach_value(cm_imports *imports, uint32_t part, const pirn_type *type)
{
    if (imports->types.status != PIRN_OK || type == NULL || cm_idmap_get(&imports->reached, (uintptr_t)type, NULL))
        return;
    cm_writer_check(&imports->types, cm_idmap_set(&imports->reached, (uintptr_t)type, 0));
    if (type->kind == PIRN_TYPE_OWN || type->kind == PIRN_TYPE_BORROW)
        reach_resource(imports, part, type->resource);
    reach_value(imports, part, type->element);
    for (uint32_t i = 0; i < type->member_count; i++)
        reach_value(imports, part, type->members[i].type);
}

void cm_imports_reach(cm_imports *imports, uint32_t part, const cm_item *item)
{
    if (item->sort == CM_FUNC) {
        for (uint32_t i = 0; i < item->func->param_count; i++)
            reach_value(imports, part, item->func->params[i].type);
        reach_value(imports, part, item->func->result);
    } else if (item->sort == CM_TYPE && item->type.kind == CM_TYPE_RESOURCE) {
        reach_resource(imports, part, item->type.resource);
    } else if (item->sort == CM_TYPE && item->type.kind == CM_TYPE_VALUE) {
        reach_value(imports, part, item->type.value);
    } else if (item->sort == CM_INSTANCE) {
        for (uint32_t i = 0; i < item->instance->exports.count; i++)
            cm_imports_reach(imports, part, &item->instance->exports.list[i].item);
    }
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

static void write_instance(cm_imports *imports, cm_import *import)
{
    cm_type_writer *w = &imports->types;
    cm_type_scope type;
    cm_instance_type_begin(w, &type, &imports->scope);
    for (size_t i = 0; i < import->contributions.len; i++)
        cm_instance_type_add(w, &type, &import->contributions.data[i]);
    cm_extern_desc desc = {.sort = CM_INSTANCE, .index = cm_instance_type_end(w, &type)};
    import->ref = (cm_ref){CM_INSTANCE, cm_encode_import(imports->encoder, import->name, desc)};
    for (size_t i = 0; i < import->contributions.len; i++) {
        const cm_contribution *from = &import->contributions.data[i];
        cm_type_scope_source(w, &imports->scope, from->part, &from->external->item.instance->exports, &type.exported,
                             import->ref.index);
    }
    cm_type_scope_done(&type, w);
}

/* A type under a name of its own; a resource type may be one that is known. */
static cm_extern_desc describe_type(cm_imports *imports, cm_import *import)
{
    const cm_contribution *first = &import->contributions.data[0];
    const cm_type *type = &first->external->item.type;
    cm_extern_desc desc = {.sort = CM_TYPE, .bound = CM_BOUND_EQ};
    const cm_birth *birth;
    bool is_new = type->kind == CM_TYPE_RESOURCE &&
                  import_with(imports, first->part, type->resource, &birth) == first->external;
    if (is_new)
        desc.bound = CM_BOUND_SUB;
    else
        desc.index = cm_write_type(&imports->types, &imports->scope, first->part, type);
    return desc;
}

static void write_type(cm_imports *imports, cm_import *import)
{
    import->ref = (cm_ref){CM_TYPE, cm_encode_import(imports->encoder, import->name, describe_type(imports, import))};
    for (size_t i = 0; i < import->contributions.len; i++) {
        const cm_contribution *from = &import->contributions.data[i];
        cm_type_scope_name(&imports->types, &imports->scope, from->part, &from->external->item.type,
                           import->ref.index);
    }
}

static void write_func(cm_imports *imports, cm_import *import)
{
    const cm_contribution *first = &import->contributions.data[0];
    uint32_t type = cm_write_functype(&imports->types, &imports->scope, first->part, first->external->item.func);
    cm_extern_desc desc = {.sort = CM_FUNC, .index = type};
    import->ref = (cm_ref){CM_FUNC, cm_encode_import(imports->encoder, import->name, desc)};
}

static void write_import(cm_imports *imports, cm_import *import)
{
    import->state = CM_IMPORT_BEGUN;
    if (++imports->depth > LIMIT_DEPTH)
        cm_writer_fail(&imports->types, PIRN_LIMIT, "imports depend on each other too deeply");
    switch (import->contributions.data[0].external->item.sort) {
    case CM_INSTANCE:
        write_instance(imports, import);
        break;
    case CM_TYPE:
        write_type(imports, import);
        break;
    case CM_FUNC:
        write_func(imports, import);
        break;
    default:
        cm_writer_fail(&imports->types, PIRN_INVALID, "the import \"%.*s\" is a %s, which cannot be passed on",
                       PIRN_STR_ARG(import->name), cm_sort_name(import->contributions.data[0].external->item.sort));
    }
    import->state = CM_IMPORT_WRITTEN;
    imports->depth--;
}

static cm_import *import_of(cm_imports *imports, const cm_extern *external)
{
    uint64_t address = 0;
    cm_idmap_get(&imports->by_extern, (uintptr_t)external, &address);
    return (cm_import *)(uintptr_t)address;
}

cm_ref cm_imports_ref(cm_imports *imports, const cm_extern *external)
{
    cm_import *import = import_of(imports, external);
    if (import == NULL || imports->types.status != PIRN_OK)
        return (cm_ref){external->item.sort, 0};
    if (import->state == CM_IMPORT_WANTED)
        write_import(imports, import);
    return import->ref;
}

void cm_imports_write_all(cm_imports *imports)
{
    for (size_t i = 0; i < imports->list.len && imports->types.status == PIRN_OK; i++)
        if (imports->list.data[i]->state == CM_IMPORT_WANTED)
            write_import(imports, imports->list.data[i]);
}

/* A resource type that is not known yet is of an import: that one is written first, unless it is the one at hand. */
static bool find_resource(void *data, uint32_t part, cm_resource_id id)
{
    cm_imports *imports = data;
    const cm_birth *birth;
    const cm_extern *external = imports->types.status == PIRN_OK ? import_with(imports, part, id, &birth) : NULL;
    cm_import *import = external == NULL ? NULL : import_of(imports, external);
    if (import == NULL || import->state != CM_IMPORT_WANTED)
        return false;
    write_import(imports, import);
    return true;
}

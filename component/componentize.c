/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building a component around core modules, once it is known what their imports and exports are (resolve.c):
 *
 *   imports, resource types, direct built-ins
 *   shim, main module, adapters, fixup             see glue.h
 *   lifted functions, exported interfaces
 */
#include "component/componentize.h"
#include "component/adapter.h"
#include "component/canon_needs.h"
#include <stdio.h>
#include <string.h>

/* ---- Units ------------------------------------------------------------------------------------------------------- */

static pirn_status load_unit(cm_componentizer *c, pirn_str name, const void *bytes, size_t size, cm_unit **out)
{
    cm_unit *unit = base_arena_zero(&c->arena, sizeof *unit);
    if (unit == NULL || !BASE_VEC_PUSH(&c->units, c->allocator, unit))
        return base_nomem(c->error);
    *unit = (cm_unit){.name = name, .bytes = bytes, .size = size, .realloc = CM_NONE, .lift_realloc = CM_NONE};
    *out = unit;
    return pirn_module_load(c->engine, bytes, size, PIRN_BYTES_BORROW, 0, &unit->module, c->error);
}

static bool imports_from(const cm_unit *unit, pirn_str module)
{
    for (size_t i = 0; i < pirn_module_import_count(unit->module); i++)
        if (pirn_str_eq(pirn_module_import(unit->module, i).module, module))
            return true;
    return false;
}

/* An adapter that the main module does not import from is left out. */
static pirn_status load_adapter(cm_componentizer *c, const pirn_adapter *adapter)
{
    cm_unit *unit;
    for (size_t i = 1; i < c->units.len; i++)
        if (pirn_str_eq(c->units.data[i]->name, adapter->name))
            return base_fail(c->error, PIRN_USAGE, PIRN_NO_OFFSET, "there are two adapters for \"%.*s\"",
                             PIRN_STR_ARG(adapter->name));
    if (!imports_from(c->units.data[0], adapter->name))
        return PIRN_OK;
    PIRN_TRY(load_unit(c, adapter->name, adapter->bytes, adapter->size, &unit));
    unit->is_adapter = true;
    PIRN_TRY(cm_worlds_of_module(c, unit));
    return cm_adapter_prepare(c, unit);
}

static pirn_status load_units(cm_componentizer *c, const pirn_componentize_options *options)
{
    cm_unit *unit;
    PIRN_TRY(load_unit(c, PIRN_STR(""), options->module, options->module_size, &unit));
    if (options->wit != NULL)
        PIRN_TRY(cm_world_of_package(c, unit, options->wit, options->wit_size, options->world));
    if (options->wit == NULL)
        PIRN_TRY(cm_worlds_of_module(c, unit));
    for (size_t i = 0; i < options->adapter_count; i++)
        PIRN_TRY(load_adapter(c, &options->adapters[i]));
    return PIRN_OK;
}

static pirn_status resolve(cm_componentizer *c)
{
    for (size_t i = 0; i < c->units.len; i++)
        PIRN_TRY(cm_resolve_imports(c, c->units.data[i]));
    return cm_resolve_exports(c);
}

/* ---- Small steps ------------------------------------------------------------------------------------------------- */

static pirn_status add_ref(cm_componentizer *c, cm_named_refs *list, pirn_str name, cm_ref ref)
{
    return BASE_VEC_PUSH(list, c->allocator, (cm_named_ref){name, ref}) ? PIRN_OK : base_nomem(c->error);
}

/* Adds a module that `write` writes. */
static pirn_status encode_glue(cm_componentizer *c, const vm_writer *glue, uint32_t *module)
{
    if (glue->failed)
        return base_nomem(c->error);
    *module = cm_encode_module(&c->encoder, glue->data, glue->len);
    return PIRN_OK;
}

/* An export of a unit's instance; CM_NONE when the module does not have it. */
static uint32_t alias_of(cm_componentizer *c, const cm_unit *unit, cm_sort sort, pirn_str name)
{
    if (pirn_module_find_export(unit->module, name) == SIZE_MAX)
        return CM_NONE;
    return cm_encode_core_alias(&c->encoder, sort, unit->instance, name);
}

static pirn_status add_slot(cm_componentizer *c, const pirn_functype *type, uint32_t *slot)
{
    *slot = (uint32_t)c->slots.len;
    return BASE_VEC_PUSH(&c->slots, c->allocator, type) ? PIRN_OK : base_nomem(c->error);
}

/* The index of a shim's function, as it is called. */
static pirn_str slot_name(cm_componentizer *c, uint32_t slot)
{
    return base_arena_printf(&c->arena, "%u", slot);
}

/* ---- Shim and fixup ---------------------------------------------------------------------------------------------- */

static pirn_status assign_slots(cm_componentizer *c)
{
    for (size_t i = 0; i < c->bindings.len; i++) {
        cm_binding *b = &c->bindings.data[i];
        if (b->is_indirect && b->kind != CM_BIND_UNUSED)
            PIRN_TRY(add_slot(c, b->import.type.func, &b->slot));
    }
    for (size_t i = 0; i < c->resources.len; i++) {
        cm_local_resource *resource = &c->resources.data[i];
        if (resource->dtor.len == 0)
            continue;
        const pirn_valtype param = PIRN_I32;
        const pirn_functype *type = pirn_functype_new(c->engine, &param, 1, NULL, 0);
        if (type == NULL)
            return base_nomem(c->error);
        PIRN_TRY(add_slot(c, type, &resource->slot));
    }
    return PIRN_OK;
}

static pirn_status encode_shim(cm_componentizer *c, uint32_t *instance)
{
    vm_writer glue;
    uint32_t module = 0;
    cm_named_refs none = {0};
    *instance = CM_NONE;
    if (c->slots.len == 0)
        return PIRN_OK;
    vm_writer_init(&glue, c->allocator);
    cm_glue_shim(&glue, &c->slots);
    pirn_status status = encode_glue(c, &glue, &module);
    vm_writer_done(&glue);
    if (status == PIRN_OK)
        *instance = cm_encode_core_instantiate(&c->encoder, module, &none);
    return status;
}

static uint32_t alias_slot(cm_componentizer *c, uint32_t shim, uint32_t slot)
{
    return cm_encode_core_alias(&c->encoder, CM_CORE_FUNC, shim, slot_name(c, slot));
}

static cm_option_indices no_options(const cm_unit *unit)
{
    return (cm_option_indices){.encoding = unit->encoding,
                               .memory = CM_NONE,
                               .realloc = CM_NONE,
                               .post_return = CM_NONE,
                               .callback = CM_NONE};
}

/* Lowers a function for its slot: the memory is there now. */
static pirn_status lower(cm_componentizer *c, const cm_binding *b, uint32_t memory, uint32_t *core_func)
{
    cm_needs needs = cm_lower_needs(b->func, false);
    cm_option_indices options = no_options(b->unit);
    if (needs.memory && memory == CM_NONE)
        return base_fail(c->error, PIRN_INVALID, PIRN_NO_OFFSET,
                         "\"%.*s\" passes values in memory, but the module does not export \"memory\"",
                         PIRN_STR_ARG(b->import.name));
    if (needs.realloc && b->unit->realloc == CM_NONE)
        return base_fail(c->error, PIRN_INVALID, PIRN_NO_OFFSET,
                         "\"%.*s\" returns a string or list, but the module does not export \"cabi_realloc\"",
                         PIRN_STR_ARG(b->import.name));
    options.memory = needs.memory ? memory : CM_NONE;
    options.realloc = needs.realloc ? b->unit->realloc : CM_NONE;
    cm_ref func = cm_imports_ref(&c->imports, b->external);
    if (b->member != NULL)
        func.index = cm_encode_alias(&c->encoder, CM_FUNC, func.index, b->member->name);
    *core_func = cm_encode_lower(&c->encoder, func.index, &options);
    return PIRN_OK;
}

static pirn_status fill_slots(cm_componentizer *c, uint32_t memory, cm_named_refs *arguments)
{
    for (size_t i = 0; i < c->bindings.len; i++) {
        cm_binding *b = &c->bindings.data[i];
        cm_ref ref = {CM_CORE_FUNC, 0};
        if (!b->is_indirect || b->kind == CM_BIND_UNUSED)
            continue;
        if (b->kind == CM_BIND_ADAPTER)
            ref.index = alias_of(c, b->target, CM_CORE_FUNC, b->import.name);
        else
            PIRN_TRY(lower(c, b, memory, &ref.index));
        PIRN_TRY(add_ref(c, arguments, slot_name(c, b->slot), ref));
    }
    for (size_t i = 0; i < c->resources.len; i++) {
        const cm_local_resource *resource = &c->resources.data[i];
        if (resource->dtor.len == 0)
            continue;
        cm_ref ref = {CM_CORE_FUNC, alias_of(c, resource->world->unit, CM_CORE_FUNC, resource->dtor)};
        PIRN_TRY(add_ref(c, arguments, slot_name(c, resource->slot), ref));
    }
    return PIRN_OK;
}

static pirn_status encode_fixup(cm_componentizer *c, uint32_t shim, uint32_t memory)
{
    vm_writer glue;
    uint32_t module = 0;
    cm_named_refs arguments = {0}, outer = {0};
    if (c->slots.len == 0)
        return PIRN_OK;
    vm_writer_init(&glue, c->allocator);
    cm_glue_fixup(&glue, &c->slots);
    pirn_status status = encode_glue(c, &glue, &module);
    vm_writer_done(&glue);
    cm_ref table = {CM_CORE_TABLE, cm_encode_core_alias(&c->encoder, CM_CORE_TABLE, shim, PIRN_STR(CM_SHIM_TABLE))};
    if (status == PIRN_OK)
        status = fill_slots(c, memory, &arguments);
    if (status == PIRN_OK)
        status = add_ref(c, &arguments, PIRN_STR(CM_SHIM_TABLE), table);
    cm_ref bag = {CM_CORE_INSTANCE, cm_encode_core_exports(&c->encoder, &arguments)};
    if (status == PIRN_OK)
        status = add_ref(c, &outer, PIRN_STR(""), bag);
    cm_encode_core_instantiate(&c->encoder, module, &outer);
    BASE_VEC_DONE(&arguments, c->allocator);
    BASE_VEC_DONE(&outer, c->allocator);
    return status;
}

/* ---- Instances --------------------------------------------------------------------------------------------------- */

static void encode_resources(cm_componentizer *c, uint32_t shim)
{
    for (size_t i = 0; i < c->resources.len; i++) {
        const cm_local_resource *resource = &c->resources.data[i];
        uint32_t dtor = resource->dtor.len > 0 ? alias_slot(c, shim, resource->slot) : CM_NONE;
        uint32_t index = cm_encode_resource(&c->encoder, dtor);
        cm_type_scope_name(&c->imports.types, &c->imports.scope, resource->world->part, resource->type, index);
    }
}

/* What a core import of the unit is given. */
static pirn_status make_import(cm_componentizer *c, cm_binding *b, uint32_t shim)
{
    static const cm_sort sorts[] = {CM_CORE_FUNC, CM_CORE_TABLE, CM_CORE_MEMORY, CM_CORE_GLOBAL, CM_CORE_TAG};
    const cm_type *type;
    cm_sort sort = sorts[b->import.type.kind];
    if (b->kind == CM_BIND_UNUSED) /* has been given one that traps */
        return PIRN_OK;
    b->ref = (cm_ref){sort, 0};
    switch (b->kind) {
    case CM_BIND_MAIN:
        b->ref.index = alias_of(c, c->units.data[0], sort, b->import.name);
        if (b->ref.index == CM_NONE)
            b->ref.index = b->unit->page_realloc;
        return PIRN_OK;
    case CM_BIND_RESOURCE:
        type = b->member == NULL ? &b->external->item.type : &b->member->item.type;
        b->ref.index = cm_encode_builtin(&c->encoder, b->canon,
                                         cm_refer_type(&c->imports.types, &c->imports.scope, b->part, type));
        return PIRN_OK;
    default:
        if (!b->is_indirect)
            return lower(c, b, CM_NONE, &b->ref.index);
        b->ref.index = alias_slot(c, shim, b->slot);
        return PIRN_OK;
    }
}

/* One instance made of exports for each module name that the unit imports from. */
static pirn_status gather_arguments(cm_componentizer *c, const cm_unit *unit, cm_named_refs *arguments)
{
    base_map seen;
    bool added = false;
    pirn_status status = PIRN_OK;
    base_map_init(&seen, c->allocator);
    for (size_t i = 0; i < c->bindings.len && status == PIRN_OK; i++) {
        const cm_binding *first = &c->bindings.data[i];
        if (first->unit != unit)
            continue;
        status = base_map_add(&seen, first->import.module, 0, &added);
        if (status != PIRN_OK || !added)
            continue;
        cm_named_refs bag = {0};
        for (size_t j = i; j < c->bindings.len && status == PIRN_OK; j++) {
            const cm_binding *b = &c->bindings.data[j];
            if (b->unit == unit && pirn_str_eq(b->import.module, first->import.module))
                status = add_ref(c, &bag, b->import.name, b->ref);
        }
        if (status == PIRN_OK)
            status = add_ref(c, arguments, first->import.module,
                             (cm_ref){CM_CORE_INSTANCE, cm_encode_core_exports(&c->encoder, &bag)});
        BASE_VEC_DONE(&bag, c->allocator);
    }
    base_map_done(&seen);
    return status;
}

static pirn_status instantiate_unit(cm_componentizer *c, cm_unit *unit, uint32_t shim)
{
    cm_named_refs arguments = {0};
    for (size_t i = 0; i < c->bindings.len; i++)
        if (c->bindings.data[i].unit == unit)
            PIRN_TRY(make_import(c, &c->bindings.data[i], shim));
    pirn_status status = gather_arguments(c, unit, &arguments);
    uint32_t module = cm_encode_module(&c->encoder, unit->bytes, unit->size);
    unit->instance = cm_encode_core_instantiate(&c->encoder, module, &arguments);
    BASE_VEC_DONE(&arguments, c->allocator);
    unit->realloc = alias_of(c, unit, CM_CORE_FUNC,
                             unit->is_adapter ? PIRN_STR("cabi_import_realloc") : PIRN_STR("cabi_realloc"));
    unit->lift_realloc =
        unit->is_adapter ? alias_of(c, unit, CM_CORE_FUNC, PIRN_STR("cabi_export_realloc")) : unit->realloc;
    return status;
}

/* A module that exports "_initialize" wants it to be called first. */
static pirn_status encode_start(cm_componentizer *c)
{
    vm_writer glue;
    uint32_t module = 0;
    cm_named_refs bag = {0}, arguments = {0};
    cm_ref func = {CM_CORE_FUNC, alias_of(c, c->units.data[0], CM_CORE_FUNC, PIRN_STR("_initialize"))};
    if (func.index == CM_NONE)
        return PIRN_OK;
    vm_writer_init(&glue, c->allocator);
    cm_glue_start(&glue);
    pirn_status status = encode_glue(c, &glue, &module);
    vm_writer_done(&glue);
    if (status == PIRN_OK)
        status = add_ref(c, &bag, PIRN_STR(""), func);
    cm_ref instance = {CM_CORE_INSTANCE, cm_encode_core_exports(&c->encoder, &bag)};
    if (status == PIRN_OK)
        status = add_ref(c, &arguments, PIRN_STR(""), instance);
    cm_encode_core_instantiate(&c->encoder, module, &arguments);
    BASE_VEC_DONE(&bag, c->allocator);
    BASE_VEC_DONE(&arguments, c->allocator);
    return status;
}

/* ---- Exports ----------------------------------------------------------------------------------------------------- */

static pirn_status lift(cm_componentizer *c, const cm_lifted *lifted, uint32_t memory, uint32_t *func)
{
    const cm_unit *unit = lifted->world->unit;
    cm_needs needs = cm_lift_needs(lifted->type, false);
    cm_option_indices options = no_options(unit);
    if ((needs.memory && memory == CM_NONE) || (needs.realloc && unit->lift_realloc == CM_NONE))
        return base_fail(c->error, PIRN_INVALID, PIRN_NO_OFFSET,
                         "\"%.*s\" is passed values in memory, but the module does not export \"%s\"",
                         PIRN_STR_ARG(lifted->core_name), memory == CM_NONE ? "memory" : "cabi_realloc");
    options.memory = needs.memory ? memory : CM_NONE;
    options.realloc = needs.realloc ? unit->lift_realloc : CM_NONE;
    pirn_str post = base_arena_printf(&c->arena, "cabi_post_%.*s", PIRN_STR_ARG(lifted->core_name));
    if (post.data == NULL)
        return base_nomem(c->error);
    options.post_return = alias_of(c, unit, CM_CORE_FUNC, post);
    uint32_t type = cm_write_functype(&c->imports.types, &c->imports.scope, lifted->world->part, lifted->type);
    uint32_t core = alias_of(c, unit, CM_CORE_FUNC, lifted->core_name);
    *func = cm_encode_lift(&c->encoder, core, &options, type);
    return c->imports.types.status;
}

static void export_interface(cm_componentizer *c, const cm_world *world, const cm_extern *interface,
                             const uint32_t *funcs)
{
    cm_ref ref = {CM_INSTANCE, cm_encode_interface(c, world, interface, funcs)};
    uint32_t instance = cm_encode_export(&c->encoder, interface->name, ref, NULL);
    cm_type_scope_source(&c->imports.types, &c->imports.scope, world->part, &interface->item.instance->exports, NULL,
                         instance);
}

/* The lifted functions are in the order of the exports, those of an interface beside each other. */
static pirn_status encode_exports(cm_componentizer *c, uint32_t memory)
{
    uint32_t *funcs = base_arena_array(&c->arena, c->lifted.len, sizeof *funcs);
    size_t next = 0;
    if (funcs == NULL)
        return base_nomem(c->error);
    for (size_t i = 0; i < c->worlds.len; i++) {
        const cm_world *world = &c->worlds.data[i];
        for (uint32_t j = 0; j < world->type->exports.count; j++) {
            const cm_extern *external = &world->type->exports.list[j];
            size_t first = next;
            for (; next < c->lifted.len && c->lifted.data[next].external == external; next++)
                PIRN_TRY(lift(c, &c->lifted.data[next], memory, &funcs[next]));
            if (external->item.sort == CM_INSTANCE)
                export_interface(c, world, external, funcs + first);
            else
                cm_encode_export(&c->encoder, external->name, (cm_ref){CM_FUNC, funcs[first]}, NULL);
            PIRN_TRY(c->imports.types.status);
        }
    }
    return PIRN_OK;
}

static pirn_status build(cm_componentizer *c)
{
    uint32_t shim;
    PIRN_TRY(assign_slots(c));
    cm_imports_write_all(&c->imports);
    PIRN_TRY(c->imports.types.status);
    PIRN_TRY(encode_shim(c, &shim));
    encode_resources(c, shim);
    PIRN_TRY(instantiate_unit(c, c->units.data[0], shim));
    uint32_t memory = alias_of(c, c->units.data[0], CM_CORE_MEMORY, PIRN_STR("memory"));
    for (size_t i = 1; i < c->units.len; i++) {
        PIRN_TRY(cm_adapter_support(c, c->units.data[i], memory));
        PIRN_TRY(instantiate_unit(c, c->units.data[i], shim));
    }
    PIRN_TRY(encode_fixup(c, shim, memory));
    PIRN_TRY(encode_start(c));
    return encode_exports(c, memory);
}

/* ---- The whole --------------------------------------------------------------------------------------------------- */

static void init(cm_componentizer *c, pirn_engine *engine, pirn_error *error)
{
    memset(c, 0, sizeof *c);
    c->engine = engine;
    c->allocator = pirn_engine_allocator(engine);
    c->error = error;
    base_arena_init(&c->arena, c->allocator);
    cm_encoder_init(&c->encoder, c->allocator);
    cm_imports_init(&c->imports, &c->encoder, &c->arena, error);
    cm_idmap_init(&c->used, c->allocator);
}

static void done(cm_componentizer *c)
{
    for (size_t i = 0; i < c->units.len; i++)
        pirn_module_free(c->units.data[i]->module);
    for (size_t i = 0; i < c->worlds.len; i++)
        pirn_component_free(c->worlds.data[i].source);
    BASE_VEC_DONE(&c->units, c->allocator);
    BASE_VEC_DONE(&c->worlds, c->allocator);
    BASE_VEC_DONE(&c->bindings, c->allocator);
    BASE_VEC_DONE(&c->lifted, c->allocator);
    BASE_VEC_DONE(&c->resources, c->allocator);
    BASE_VEC_DONE(&c->slots, c->allocator);
    cm_idmap_done(&c->used);
    cm_imports_done(&c->imports);
    cm_encoder_done(&c->encoder);
    base_arena_done(&c->arena);
}

pirn_status pirn_componentize(pirn_engine *engine, const pirn_componentize_options *options, pirn_arena *arena,
                              const uint8_t **bytes, size_t *size, pirn_error *error)
{
    cm_componentizer c;
    init(&c, engine, error);
    pirn_status status = load_units(&c, options);
    if (status == PIRN_OK)
        status = resolve(&c);
    if (status == PIRN_OK)
        status = build(&c);
    if (status == PIRN_OK)
        status = cm_encoder_finish(&c.encoder, engine, &arena->base, bytes, size, error);
    done(&c);
    return status;
}

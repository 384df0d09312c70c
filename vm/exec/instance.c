/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instantiation (spec 4.7.2). An instance and its own functions, globals, tables and memories' headers are one slab. It
 * belongs to the store before its first active segment is written: from then on its functions may be reachable through
 * imported tables, so it lives on even if a later segment traps.
 */
#include "vm/exec/module.h"
#include "vm/exec/store.h"
#include <inttypes.h>

/* ---- The slab ---------------------------------------------------------------------------------------------------- */

static bool alloc_index_spaces(pirn_instance *instance)
{
    const vm_module *syntax = &instance->module->syntax;
    base_arena *arena = &instance->arena;
    instance->funcs = base_arena_array(arena, syntax->funcs.len, sizeof *instance->funcs);
    instance->tables = base_arena_array(arena, syntax->tables.len, sizeof *instance->tables);
    instance->memories = base_arena_array(arena, syntax->memories.len, sizeof *instance->memories);
    instance->globals = base_arena_array(arena, syntax->globals.len, sizeof *instance->globals);
    instance->global_objects = base_arena_array(arena, syntax->globals.len, sizeof *instance->global_objects);
    instance->tags = base_arena_array(arena, syntax->tags.len, sizeof *instance->tags);
    return instance->funcs != NULL && instance->tables != NULL && instance->memories != NULL &&
           instance->globals != NULL && instance->global_objects != NULL && instance->tags != NULL;
}

static bool alloc_own_objects(pirn_instance *instance)
{
    const vm_module *m = &instance->module->syntax;
    base_arena *arena = &instance->arena;
    instance->own_funcs = base_arena_array(arena, m->funcs.len - m->imported_funcs, sizeof *instance->own_funcs);
    instance->own_tables = base_arena_array(arena, m->tables.len - m->imported_tables, sizeof *instance->own_tables);
    instance->own_memories =
        base_arena_array(arena, m->memories.len - m->imported_memories, sizeof *instance->own_memories);
    instance->own_globals =
        base_arena_array(arena, m->globals.len - m->imported_globals, sizeof *instance->own_globals);
    instance->own_tags = base_arena_array(arena, m->tags.len - m->imported_tags, sizeof *instance->own_tags);
    return instance->own_tags != NULL && instance->own_funcs != NULL && instance->own_tables != NULL &&
           instance->own_memories != NULL && instance->own_globals != NULL;
}

static bool alloc_segments(pirn_instance *instance)
{
    const vm_module *syntax = &instance->module->syntax;
    base_arena *arena = &instance->arena;
    size_t references = 0;
    for (uint32_t i = 0; i < syntax->elems.len; i++)
        references += syntax->elems.data[i].mode == VM_SEGMENT_PASSIVE ? syntax->elems.data[i].count : 0;
    instance->dropped_elems = base_arena_zero(arena, syntax->elems.len);
    instance->dropped_datas = base_arena_zero(arena, syntax->datas.len);
    instance->elem_starts = base_arena_array(arena, (size_t)syntax->elems.len + 1, sizeof *instance->elem_starts);
    instance->elem_ref_count = references;
    instance->elem_refs = base_arena_array(arena, references, sizeof *instance->elem_refs);
    return instance->dropped_elems != NULL && instance->dropped_datas != NULL && instance->elem_starts != NULL &&
           instance->elem_refs != NULL;
}

static pirn_instance *alloc_instance(pirn_store *store, const pirn_module *module)
{
    base_arena arena;
    base_arena_init(&arena, &store->engine->allocator);
    pirn_instance *instance = base_arena_zero(&arena, sizeof *instance);
    if (instance == NULL)
        return NULL;
    *instance = (pirn_instance){.context = &store->context, .module = module, .store = store, .arena = arena};
    store->instances_used++;
    if (!alloc_index_spaces(instance) || !alloc_own_objects(instance) || !alloc_segments(instance)) {
        vm_instance_free(instance);
        return NULL;
    }
    return instance;
}

/* An object has a store once it is initialised. */
void vm_instance_free(pirn_instance *instance)
{
    const vm_module *syntax = &instance->module->syntax;
    base_arena arena = instance->arena;
    for (uint32_t i = 0; instance->own_memories != NULL && i < syntax->memories.len - syntax->imported_memories;
         i++) {
        if (instance->own_memories[i].store != NULL)
            vm_memory_done(&instance->own_memories[i]);
    }
    for (uint32_t i = 0; instance->own_tables != NULL && i < syntax->tables.len - syntax->imported_tables; i++) {
        if (instance->own_tables[i].store != NULL)
            vm_table_done(&instance->own_tables[i]);
    }
    instance->store->instances_used--;
    base_arena_done(&arena);
}

/* ---- Objects (4.7.2, step 6 on) ------------------------------------------------------------------------------------ */

static void take_imports(pirn_instance *instance, const pirn_extern *imports)
{
    const vm_module *syntax = &instance->module->syntax;
    for (uint32_t i = 0; i < syntax->imports.len; i++) {
        uint32_t index = syntax->imports.data[i].index;
        switch (imports[i].kind) {
        case PIRN_EXTERN_TABLE:
            instance->tables[index] = imports[i].table;
            break;
        case PIRN_EXTERN_MEMORY:
            instance->memories[index] = imports[i].memory;
            break;
        case PIRN_EXTERN_GLOBAL:
            instance->global_objects[index] = imports[i].global;
            instance->globals[index] = imports[i].global->value;
            break;
        case PIRN_EXTERN_TAG:
            instance->tags[index] = imports[i].tag;
            break;
        default:
            instance->funcs[index] = imports[i].func;
        }
    }
}

static void make_funcs(pirn_instance *instance)
{
    const pirn_module *module = instance->module;
    uint32_t imported = module->syntax.imported_funcs;
    for (uint32_t i = imported; i < module->syntax.funcs.len; i++) {
        instance->own_funcs[i - imported] = (pirn_func){
            .type = module->types[module->syntax.funcs.data[i].type],
            .instance = instance,
            .entry = &module->entries[i - imported],
            .store = instance->store,
            .index = i,
        };
        instance->funcs[i] = &instance->own_funcs[i - imported];
    }
}

static void make_tags(pirn_instance *instance)
{
    const pirn_module *module = instance->module;
    uint32_t imported = module->syntax.imported_tags;
    for (uint32_t i = imported; i < module->syntax.tags.len; i++) {
        pirn_tag *tag = &instance->own_tags[i - imported];
        *tag = (pirn_tag){.type = module->types[module->syntax.tags.data[i].type], .store = instance->store};
        instance->tags[i] = tag;
    }
}

static pirn_status make_globals(pirn_instance *instance, pirn_error *error)
{
    const vm_module *syntax = &instance->module->syntax;
    for (uint32_t i = syntax->imported_globals; i < syntax->globals.len; i++) {
        const vm_global_decl *decl = &syntax->globals.data[i];
        pirn_global *global = &instance->own_globals[i - syntax->imported_globals];
        pirn_slot initial[2] = {{.u64 = 0}, {.u64 = 0}};
        PIRN_TRY(vm_const_expr_eval(instance, decl->init, initial, error));
        const pirn_externtype type = vm_module_extern_type(instance->module, PIRN_EXTERN_GLOBAL, i);
        vm_global_init(global, instance->store, &type.global, initial);
        instance->global_objects[i] = global;
        instance->globals[i] = global->value;
    }
    return PIRN_OK;
}

static pirn_status make_tables(pirn_instance *instance, pirn_error *error)
{
    const vm_module *syntax = &instance->module->syntax;
    for (uint32_t i = syntax->imported_tables; i < syntax->tables.len; i++) {
        const vm_table_decl *decl = &syntax->tables.data[i];
        pirn_table *table = &instance->own_tables[i - syntax->imported_tables];
        pirn_slot initial = {.ref = NULL};
        if (decl->init.start != decl->init.end)
            PIRN_TRY(vm_const_expr_eval(instance, decl->init, &initial, error));
        const pirn_externtype type = vm_module_extern_type(instance->module, PIRN_EXTERN_TABLE, i);
        PIRN_TRY(vm_table_init(table, instance->store, &type.table, initial.ref, error));
        instance->tables[i] = table;
    }
    return PIRN_OK;
}

static pirn_status make_memories(pirn_instance *instance, pirn_error *error)
{
    const vm_module *syntax = &instance->module->syntax;
    for (uint32_t i = syntax->imported_memories; i < syntax->memories.len; i++) {
        pirn_memory *memory = &instance->own_memories[i - syntax->imported_memories];
        PIRN_TRY(vm_memory_init(memory, instance->store, &syntax->memories.data[i].type, error));
        instance->memories[i] = memory;
    }
    if (syntax->memories.len > 0)
        instance->memory0 = instance->memories[0];
    return PIRN_OK;
}

/* ---- Segments ---------------------------------------------------------------------------------------------------- */

/* Writes the references of an element segment to `out`. */
static pirn_status read_references(const pirn_instance *instance, const vm_elem *elem, void **out, pirn_error *error)
{
    vm_reader reader;
    vm_reader_init(&reader, elem->items.start, (size_t)(elem->items.end - elem->items.start), 0, NULL);
    for (uint32_t i = 0; i < elem->count; i++) {
        pirn_slot reference;
        if (!elem->is_exprs)
            reference.ref = instance->funcs[vm_reader_leb_u32(&reader)];
        else
            PIRN_TRY(vm_const_expr_read(instance, &reader, &reference, error));
        out[i] = reference.ref;
    }
    return PIRN_OK;
}

/* Active segments are written once and declarative ones never: table.init finds both dropped. */
static pirn_status keep_passive_elems(pirn_instance *instance, pirn_error *error)
{
    const vm_module *syntax = &instance->module->syntax;
    uint32_t next = 0;
    for (uint32_t i = 0; i < syntax->elems.len; i++) {
        const vm_elem *elem = &syntax->elems.data[i];
        instance->elem_starts[i] = next;
        instance->dropped_elems[i] = elem->mode != VM_SEGMENT_PASSIVE;
        if (elem->mode != VM_SEGMENT_PASSIVE)
            continue;
        PIRN_TRY(read_references(instance, elem, instance->elem_refs + next, error));
        next += elem->count;
    }
    instance->elem_starts[syntax->elems.len] = next;
    return PIRN_OK;
}

/* Where an active segment goes; `is64` is the address type of its table or memory. */
static pirn_status eval_offset(const pirn_instance *instance, vm_range at, bool is64, uint64_t *offset,
                               pirn_error *error)
{
    pirn_slot value;
    PIRN_TRY(vm_const_expr_eval(instance, at, &value, error));
    *offset = is64 ? value.u64 : value.u32;
    return PIRN_OK;
}

static pirn_status trap_at(pirn_trap trap, uint64_t offset, pirn_error *error)
{
    return base_fail(error, base_trap_status(trap), offset, "%s", base_trap_text(trap));
}

static pirn_status write_elem(const pirn_instance *instance, const vm_elem *elem, pirn_error *error)
{
    const pirn_table *table = instance->tables[elem->table];
    uint64_t offset = 0;
    PIRN_TRY(eval_offset(instance, elem->at, table->type.is64, &offset, error));
    if (offset > table->size || elem->count > table->size - offset)
        return trap_at(PIRN_TRAP_TABLE_BOUNDS, elem->offset, error);
    return read_references(instance, elem, table->elements + offset, error);
}

static pirn_status write_data(const pirn_instance *instance, const vm_data *data, pirn_error *error)
{
    pirn_memory *memory = instance->memories[data->memory];
    size_t size = (size_t)(data->bytes.end - data->bytes.start);
    uint64_t offset = 0;
    PIRN_TRY(eval_offset(instance, data->at, memory->type.is64, &offset, error));
    uint64_t room = pirn_memory_size(memory);
    if (offset > room || size > room - offset)
        return trap_at(PIRN_TRAP_MEMORY_BOUNDS, data->offset, error);
    vm_memory_write(memory, offset, data->bytes.start, size);
    return PIRN_OK;
}

static pirn_status write_active_segments(pirn_instance *instance, pirn_error *error)
{
    const vm_module *syntax = &instance->module->syntax;
    for (uint32_t i = 0; i < syntax->elems.len; i++) {
        if (syntax->elems.data[i].mode == VM_SEGMENT_ACTIVE)
            PIRN_TRY(write_elem(instance, &syntax->elems.data[i], error));
    }
    for (uint32_t i = 0; i < syntax->datas.len; i++) {
        if (syntax->datas.data[i].mode != VM_SEGMENT_ACTIVE)
            continue;
        PIRN_TRY(write_data(instance, &syntax->datas.data[i], error));
        instance->dropped_datas[i] = true;
    }
    return PIRN_OK;
}

/* ---- Instantiation ----------------------------------------------------------------------------------------------- */

static pirn_status make_objects(pirn_instance *instance, const pirn_extern *imports, pirn_error *error)
{
    take_imports(instance, imports);
    make_funcs(instance);
    make_tags(instance);
    PIRN_TRY(make_globals(instance, error));
    PIRN_TRY(make_tables(instance, error));
    PIRN_TRY(make_memories(instance, error));
    return keep_passive_elems(instance, error);
}

pirn_status pirn_instance_new(pirn_store *store, const pirn_module *module, const pirn_extern *imports,
                              size_t import_count, pirn_instance **out, pirn_error *error)
{
    PIRN_TRY(vm_link_check(store, module, imports, import_count, error));
    if (store->instances_used >= store->limits.instances)
        return base_fail(error, PIRN_LIMIT, PIRN_NO_OFFSET,
                         "the store has its limit of %" PRIu64 " instances already", store->limits.instances);
    pirn_instance *instance = alloc_instance(store, module);
    if (instance == NULL)
        return base_nomem(error);
    store->heap.constructing = instance;
    pirn_status status = make_objects(instance, imports, error);
    store->heap.constructing = NULL;
    if (status != PIRN_OK) {
        vm_instance_free(instance);
        return status;
    }
    instance->next = store->instances;
    store->instances = instance;
    PIRN_TRY(write_active_segments(instance, error));
    *out = instance;
    return PIRN_OK;
}

pirn_func *pirn_instance_start(const pirn_instance *instance)
{
    const vm_module *syntax = &instance->module->syntax;
    return syntax->has_start ? instance->funcs[syntax->start] : NULL;
}

const pirn_module *pirn_instance_module(const pirn_instance *instance)
{
    return instance->module;
}

pirn_extern pirn_instance_export(const pirn_instance *instance, size_t index)
{
    const vm_export *export = &instance->module->syntax.exports.data[index];
    pirn_extern object = {.kind = export->kind};
    switch (export->kind) {
    case PIRN_EXTERN_TABLE:
        object.table = instance->tables[export->index];
        break;
    case PIRN_EXTERN_MEMORY:
        object.memory = instance->memories[export->index];
        break;
    case PIRN_EXTERN_GLOBAL:
        object.global = instance->global_objects[export->index];
        break;
    case PIRN_EXTERN_TAG:
        object.tag = instance->tags[export->index];
        break;
    default:
        object.func = instance->funcs[export->index];
    }
    return object;
}

bool pirn_instance_find(const pirn_instance *instance, pirn_str name, pirn_extern *out)
{
    size_t index = pirn_module_find_export(instance->module, name);
    if (index == SIZE_MAX)
        return false;
    *out = pirn_instance_export(instance, index);
    return true;
}

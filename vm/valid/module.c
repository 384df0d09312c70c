/* SPDX-License-Identifier: Apache-2.0 */
/* Modules (spec 3.5): everything but function bodies. */
#include "vm/base/map.h"
#include "vm/valid/validator.h"

static pirn_status fail_at(vm_validator *v, uint64_t offset, const char *format, ...) PIRN_PRINTF(3, 4);
static pirn_status fail_at(vm_validator *v, uint64_t offset, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pirn_status result = base_fail_v(v->error, PIRN_INVALID, offset, format, args);
    va_end(args);
    return result;
}

static pirn_status check_index(vm_validator *v, uint64_t offset, const char *what, uint32_t index, uint32_t count)
{
    return index < count ? PIRN_OK : fail_at(v, offset, "unknown %s %u", what, index);
}

static void declare_func(vm_validator *v, uint32_t func)
{
    v->declared_funcs[func / 8] |= (uint8_t)(1u << (func % 8));
}

/* ---- Functions, tables, memories ----------------------------------------------------------------------------- */

static pirn_status check_funcs(vm_validator *v)
{
    const vm_module *m = v->module;
    for (uint32_t i = 0; i < m->funcs.len; i++) {
        const vm_func_decl *func = &m->funcs.data[i];
        PIRN_TRY(check_index(v, func->offset, "type", func->type, m->types.len));
        if (m->types.data[func->type].kind != VM_TYPE_FUNC)
            return fail_at(v, func->offset, "type mismatch: type %u of a function is not a function type",
                           func->type);
    }
    return PIRN_OK;
}

static pirn_status check_type(vm_validator *v, uint64_t offset, vm_valtype type)
{
    if (pirn_valtype_is_ref(type) && vm_ref_is_concrete(type))
        return check_index(v, offset, "type", vm_ref_index(type), v->module->types.len);
    return PIRN_OK;
}

/* Limits within a range (3.2.12). `range` is said in words by `too_large`. */
static pirn_status check_limits(vm_validator *v, uint64_t offset, pirn_limits limits, bool has_top_max,
                                uint64_t range, const char *too_large)
{
    bool has_max = limits.max != PIRN_NO_MAX || has_top_max;
    if (limits.min > range || (has_max && limits.max > range))
        return fail_at(v, offset, "%s", too_large);
    if (has_max && limits.max < limits.min)
        return fail_at(v, offset, "size minimum must not be greater than maximum");
    return PIRN_OK;
}

/* A table whose elements have no default needs an initial one (3.5.5), which may read imported globals. */
static pirn_status check_table_init(vm_validator *v, const vm_table_decl *table, uint32_t index)
{
    const vm_module *m = v->module;
    if (table->init.start != table->init.end) {
        v->visible_globals = m->imported_globals;
        return vm_valid_constant(v, table->init, table->type.element);
    }
    if (index < m->imported_tables || vm_valid_has_default(table->type.element))
        return PIRN_OK;
    char text[32];
    return fail_at(v, table->offset, "type mismatch: a table of %s needs an initial value",
                   pirn_valtype_text(table->type.element, text));
}

static pirn_status check_tables(vm_validator *v)
{
    const vm_module *m = v->module;
    if (m->tables.len > 1 && !(m->features & PIRN_FEATURE_REFERENCE_TYPES))
        return fail_at(v, m->tables.data[1].offset, "multiple tables need the feature %s, which is off",
                       vm_feature_name(PIRN_FEATURE_REFERENCE_TYPES));
    for (uint32_t i = 0; i < m->tables.len; i++) {
        const vm_table_decl *table = &m->tables.data[i];
        PIRN_TRY(check_limits(v, table->offset, table->type.limits, table->type.has_top_max,
                              table->type.is64 ? UINT64_MAX : UINT32_MAX, "table size must be at most 2^32-1"));
        PIRN_TRY(check_type(v, table->offset, table->type.element));
        PIRN_TRY(check_table_init(v, table, i));
    }
    return PIRN_OK;
}

/* A memory type (3.2.15): as many pages as addresses reach, and no more than the largest number of the address type. */
static pirn_status check_memory(vm_validator *v, const vm_memory_decl *memory)
{
    static const char *const too_large[2][2] = {
        {"memory size must be at most 2^32-1 pages of one byte",
         "memory size must be at most 2^64-1 pages of one byte"},
        {"memory size must be at most 65536 pages (4GiB)", "memory size must be at most 2^48 pages (2^64 bytes)"},
    };
    const pirn_memtype *type = &memory->type;
    unsigned log2 = type->page_size_log2;
    if (log2 != 0 && log2 != 16)
        return fail_at(v, memory->offset, "invalid custom page size: 2^%u bytes, it must be 1 or 65536", log2);
    uint64_t last_address = type->is64 ? UINT64_MAX : UINT32_MAX;
    uint64_t pages = log2 == 0 ? last_address : (last_address >> log2) + 1;
    PIRN_TRY(
        check_limits(v, memory->offset, type->limits, type->has_top_max, pages, too_large[log2 != 0][type->is64]));
    if (type->shared && type->limits.max == PIRN_NO_MAX && !type->has_top_max)
        return fail_at(v, memory->offset, "shared memory must have maximum");
    return PIRN_OK;
}

static pirn_status check_memories(vm_validator *v)
{
    const vm_module *m = v->module;
    if (m->memories.len > 1 && !(m->features & PIRN_FEATURE_MULTI_MEMORY))
        return fail_at(v, m->memories.data[1].offset, "multiple memories need the feature %s, which is off",
                       vm_feature_name(PIRN_FEATURE_MULTI_MEMORY));
    for (uint32_t i = 0; i < m->memories.len; i++)
        PIRN_TRY(check_memory(v, &m->memories.data[i]));
    return PIRN_OK;
}

/* ---- Globals ------------------------------------------------------------------------------------------------- */

/* Mutable globals crossed no module's border in the first standard. */
static pirn_status check_shared_global(vm_validator *v, uint64_t offset, uint32_t index)
{
    const vm_module *m = v->module;
    if (!m->globals.data[index].type.is_mutable || (m->features & PIRN_FEATURE_MUTABLE_GLOBALS))
        return PIRN_OK;
    return fail_at(v, offset, "a mutable global as import or export needs the feature %s, which is off",
                   vm_feature_name(PIRN_FEATURE_MUTABLE_GLOBALS));
}

/* A global's initial value may read those before it. */
static pirn_status check_globals(vm_validator *v)
{
    const vm_module *m = v->module;
    for (uint32_t i = 0; i < m->globals.len; i++)
        PIRN_TRY(check_type(v, m->globals.data[i].offset, m->globals.data[i].type.type));
    for (uint32_t i = 0; i < m->imported_globals; i++)
        PIRN_TRY(check_shared_global(v, m->globals.data[i].offset, i));
    for (uint32_t i = m->imported_globals; i < m->globals.len; i++) {
        v->visible_globals = i;
        PIRN_TRY(vm_valid_constant(v, m->globals.data[i].init, m->globals.data[i].type.type));
    }
    v->visible_globals = m->globals.len;
    return PIRN_OK;
}

/* ---- Tags ------------------------------------------------------------------------------------------------------ */

static pirn_status check_tags(vm_validator *v)
{
    const vm_module *m = v->module;
    for (uint32_t i = 0; i < m->tags.len; i++) {
        const vm_tag_decl *tag = &m->tags.data[i];
        PIRN_TRY(check_index(v, tag->offset, "type", tag->type, m->types.len));
        if (m->types.data[tag->type].kind != VM_TYPE_FUNC)
            return fail_at(v, tag->offset, "type mismatch: type %u of a tag is not a function type", tag->type);
        if (m->types.data[tag->type].func.result_count != 0 && !(m->features & PIRN_FEATURE_STACK_SWITCHING))
            return fail_at(v, tag->offset, "non-empty tag result type needs the feature %s, which is off",
                           vm_feature_name(PIRN_FEATURE_STACK_SWITCHING));
    }
    return PIRN_OK;
}

/* ---- Exports and start --------------------------------------------------------------------------------------- */

static pirn_status check_export(vm_validator *v, const vm_export *export)
{
    const vm_module *m = v->module;
    switch (export->kind) {
    case PIRN_EXTERN_FUNC:
        PIRN_TRY(check_index(v, export->offset, "function", export->index, m->funcs.len));
        declare_func(v, export->index);
        return PIRN_OK;
    case PIRN_EXTERN_TABLE:
        return check_index(v, export->offset, "table", export->index, m->tables.len);
    case PIRN_EXTERN_MEMORY:
        return check_index(v, export->offset, "memory", export->index, m->memories.len);
    case PIRN_EXTERN_GLOBAL:
        PIRN_TRY(check_index(v, export->offset, "global", export->index, m->globals.len));
        return check_shared_global(v, export->offset, export->index);
    case PIRN_EXTERN_TAG:
        return check_index(v, export->offset, "tag", export->index, m->tags.len);
    }
    return PIRN_OK;
}

static pirn_status check_export_names(vm_validator *v, base_map *names)
{
    const vm_module *m = v->module;
    for (uint32_t i = 0; i < m->exports.len; i++) {
        const vm_export *export = &m->exports.data[i];
        bool added = false;
        if (base_map_add(names, export->name, i, &added) != PIRN_OK)
            return base_nomem(v->error);
        if (!added)
            return fail_at(v, export->offset, "duplicate export name \"%.*s\"", PIRN_STR_ARG(export->name));
    }
    return PIRN_OK;
}

static pirn_status check_exports(vm_validator *v)
{
    const vm_module *m = v->module;
    for (uint32_t i = 0; i < m->exports.len; i++)
        PIRN_TRY(check_export(v, &m->exports.data[i]));
    base_map names;
    base_map_init(&names, v->allocator);
    pirn_status status = check_export_names(v, &names);
    base_map_done(&names);
    return status;
}

static pirn_status check_start(vm_validator *v)
{
    const vm_module *m = v->module;
    if (!m->has_start)
        return PIRN_OK;
    PIRN_TRY(check_index(v, m->start_offset, "function", m->start, m->funcs.len));
    const vm_functype *type = vm_module_func_type(m, m->start);
    if (type->param_count != 0 || type->result_count != 0)
        return fail_at(v, m->start_offset, "start function must have no parameters and no results");
    return PIRN_OK;
}

/* ---- Segments ------------------------------------------------------------------------------------------------ */

static pirn_status check_elem_place(vm_validator *v, const vm_elem *elem)
{
    const vm_module *m = v->module;
    char expected[32], found[32];
    PIRN_TRY(check_index(v, elem->offset, "table", elem->table, m->tables.len));
    const pirn_tabletype *table = &m->tables.data[elem->table].type;
    if (!vm_valid_matches(v, elem->type, table->element))
        return fail_at(v, elem->offset, "type mismatch: expected elements of type %s, found %s",
                       pirn_valtype_text(table->element, expected), pirn_valtype_text(elem->type, found));
    return vm_valid_constant(v, elem->at, vm_valid_address_type(table->is64));
}

static pirn_status check_elem_funcs(vm_validator *v, const vm_elem *elem)
{
    for (uint32_t i = 0; i < elem->count; i++) {
        uint64_t offset = vm_reader_offset(&v->reader);
        uint32_t func = vm_reader_leb_u32(&v->reader);
        PIRN_TRY(check_index(v, offset, "function", func, v->module->funcs.len));
        declare_func(v, func);
    }
    return PIRN_OK;
}

static pirn_status check_elem_exprs(vm_validator *v, const vm_elem *elem)
{
    for (uint32_t i = 0; i < elem->count; i++)
        PIRN_TRY(vm_valid_next_constant(v, elem->type));
    return PIRN_OK;
}

static pirn_status check_elems(vm_validator *v)
{
    const vm_module *m = v->module;
    for (uint32_t i = 0; i < m->elems.len; i++) {
        const vm_elem *elem = &m->elems.data[i];
        PIRN_TRY(check_type(v, elem->offset, elem->type));
        if (elem->mode == VM_SEGMENT_ACTIVE)
            PIRN_TRY(check_elem_place(v, elem));
        v->reader = vm_valid_reader(v, elem->items);
        PIRN_TRY(elem->is_exprs ? check_elem_exprs(v, elem) : check_elem_funcs(v, elem));
    }
    return PIRN_OK;
}

static pirn_status check_datas(vm_validator *v)
{
    const vm_module *m = v->module;
    for (uint32_t i = 0; i < m->datas.len; i++) {
        const vm_data *data = &m->datas.data[i];
        if (data->mode != VM_SEGMENT_ACTIVE)
            continue;
        PIRN_TRY(check_index(v, data->offset, "memory", data->memory, m->memories.len));
        bool is64 = m->memories.data[data->memory].type.is64;
        PIRN_TRY(vm_valid_constant(v, data->at, vm_valid_address_type(is64)));
    }
    return PIRN_OK;
}

/* ---- The module ---------------------------------------------------------------------------------------------- */

static pirn_status check_module(vm_validator *v, vm_module *module)
{
    PIRN_TRY(vm_valid_types(v, module));
    PIRN_TRY(check_funcs(v));
    PIRN_TRY(check_tables(v));
    PIRN_TRY(check_memories(v));
    PIRN_TRY(check_tags(v));
    PIRN_TRY(check_globals(v));
    PIRN_TRY(check_exports(v));
    PIRN_TRY(check_start(v));
    PIRN_TRY(check_elems(v));
    return check_datas(v);
}

pirn_status vm_validate_module(vm_module *module, const pirn_allocator *allocator, pirn_error *error)
{
    module->declared_funcs = base_arena_zero(&module->arena, (size_t)module->funcs.len / 8 + 1);
    if (module->declared_funcs == NULL)
        return base_nomem(error);
    vm_validator v;
    vm_validator_init(&v, module, allocator, error);
    v.declared_funcs = module->declared_funcs;
    pirn_status status = check_module(&v, module);
    vm_validator_done(&v);
    return status;
}

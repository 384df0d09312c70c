/* SPDX-License-Identifier: Apache-2.0 */
/* A module at run time: its types in the engine's registry, the stubs of its functions, and what it tells about itself. */
#include "vm/exec/module.h"
#include "vm/exec/code.h"

static pirn_status intern_types(pirn_module *module)
{
    const vm_module *syntax = &module->syntax;
    module->rtts = base_arena_array(&module->code_arena, syntax->types.len, sizeof *module->rtts);
    module->types = base_arena_array(&module->code_arena, syntax->types.len, sizeof *module->types);
    if (module->rtts == NULL || module->types == NULL)
        return PIRN_NOMEM;
    for (uint32_t i = 0; i < syntax->types.len; i += syntax->types.data[i].group_length) {
        const vm_subtype *group = &syntax->types.data[i];
        if (!vm_types_add_group(module->engine, group, i, group->group_length, module->rtts))
            return PIRN_NOMEM;
    }
    for (uint32_t i = 0; i < syntax->types.len; i++) {
        if (module->rtts[i]->kind == VM_TYPE_FUNC)
            module->types[i] = (const pirn_functype *)module->rtts[i];
    }
    return PIRN_OK;
}

static pirn_status index_exports(pirn_module *module)
{
    for (uint32_t i = 0; i < module->syntax.exports.len; i++) {
        bool added;
        PIRN_TRY(base_map_add(&module->export_names, module->syntax.exports.data[i].name, i, &added));
    }
    return PIRN_OK;
}

static pirn_status make_stubs(pirn_module *module)
{
    size_t count = module->syntax.funcs.len - module->syntax.imported_funcs;
    module->entries = base_arena_array(&module->code_arena, count, sizeof *module->entries);
    module->codes = base_arena_array(&module->code_arena, count, sizeof *module->codes);
    module->stubs = base_arena_array(&module->code_arena, count, VM_STUB_WORDS * sizeof *module->stubs);
    if (module->entries == NULL || module->codes == NULL || module->stubs == NULL)
        return PIRN_NOMEM;
    vm_stubs_init(module);
    return PIRN_OK;
}

pirn_status vm_module_runtime_init(pirn_module *module, pirn_error *error)
{
    base_arena_init(&module->code_arena, &module->engine->allocator);
    base_map_init(&module->export_names, &module->engine->allocator);
    bool done = intern_types(module) == PIRN_OK && index_exports(module) == PIRN_OK && make_stubs(module) == PIRN_OK;
    return done ? PIRN_OK : base_nomem(error);
}

void vm_module_runtime_done(pirn_module *module)
{
    const pirn_allocator *allocator = &module->engine->allocator;
    base_free(allocator, module->codes_by_address, module->codes_by_address_count * sizeof *module->codes_by_address);
    base_map_done(&module->export_names);
    base_arena_done(&module->code_arena);
}

/* ---- Introspection ----------------------------------------------------------------------------------------------- */

pirn_str pirn_module_name(const pirn_module *module)
{
    return module->syntax.name;
}

pirn_engine *pirn_module_engine(const pirn_module *module)
{
    return module->engine;
}

pirn_externtype vm_module_extern_type(const pirn_module *module, pirn_extern_kind kind, uint32_t index)
{
    const vm_module *syntax = &module->syntax;
    pirn_externtype type = {.kind = kind};
    switch (kind) {
    case PIRN_EXTERN_TABLE:
        type.table = syntax->tables.data[index].type;
        type.table.element = vm_types_resolve(module->rtts, type.table.element);
        break;
    case PIRN_EXTERN_MEMORY:
        type.memory = syntax->memories.data[index].type;
        break;
    case PIRN_EXTERN_GLOBAL:
        type.global = syntax->globals.data[index].type;
        type.global.type = vm_types_resolve(module->rtts, type.global.type);
        break;
    case PIRN_EXTERN_TAG:
        type.func = module->types[syntax->tags.data[index].type];
        break;
    default:
        type.func = module->types[syntax->funcs.data[index].type];
        type.is_exact = syntax->funcs.data[index].is_exact;
    }
    return type;
}

size_t pirn_module_import_count(const pirn_module *module)
{
    return module->syntax.imports.len;
}

pirn_import pirn_module_import(const pirn_module *module, size_t index)
{
    const vm_import *import = &module->syntax.imports.data[index];
    return (pirn_import){import->module, import->name, vm_module_extern_type(module, import->kind, import->index)};
}

size_t pirn_module_export_count(const pirn_module *module)
{
    return module->syntax.exports.len;
}

pirn_export pirn_module_export(const pirn_module *module, size_t index)
{
    const vm_export *export = &module->syntax.exports.data[index];
    return (pirn_export){export->name, vm_module_extern_type(module, export->kind, export->index)};
}

size_t pirn_module_find_export(const pirn_module *module, pirn_str name)
{
    uint64_t index;
    return base_map_get(&module->export_names, name, &index) ? (size_t)index : SIZE_MAX;
}

size_t pirn_module_section_count(const pirn_module *module)
{
    return module->syntax.sections.len;
}

pirn_section pirn_module_section(const pirn_module *module, size_t index)
{
    return module->syntax.sections.data[index];
}

bool pirn_module_custom_section(const pirn_module *module, pirn_str name, const uint8_t **data, size_t *size)
{
    for (uint32_t i = 0; i < module->syntax.customs.len; i++) {
        const vm_custom *custom = &module->syntax.customs.data[i];
        if (!pirn_str_eq(custom->name, name))
            continue;
        *data = custom->content.start;
        *size = (size_t)(custom->content.end - custom->content.start);
        return true;
    }
    return false;
}

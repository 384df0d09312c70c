/* SPDX-License-Identifier: Apache-2.0 */
/* Core modules, core types and core instances in a component. Modules themselves are the VM's to validate. */
#include "component/externs.h"
#include "component/subtype.h"
#include "vm/binary/writer.h"
#include <string.h>

/* ---- Names of imports and exports -------------------------------------------------------------------------------- */

/* In the sorted order equal names are neighbours: *out is the second of two, or NULL. */
static const cm_core_extern *find_duplicate(const cm_core_externs *externs)
{
    for (uint32_t i = 1; i < externs->count; i++) {
        const cm_core_extern *a = &externs->list[externs->by_name[i - 1]], *b = &externs->list[externs->by_name[i]];
        if (pirn_str_eq(a->module, b->module) && pirn_str_eq(a->name, b->name))
            return b;
    }
    return NULL;
}

static pirn_status finish_module_type(cm_validator *v, cm_module_type *type)
{
    PIRN_TRY(cm_core_externs_index(v, &type->imports));
    PIRN_TRY(cm_core_externs_index(v, &type->exports));
    const cm_core_extern *twice = find_duplicate(&type->imports);
    if (twice != NULL)
        return cm_invalid(v, "duplicate import name `%.*s:%.*s`", PIRN_STR_ARG(twice->module),
                          PIRN_STR_ARG(twice->name));
    twice = find_duplicate(&type->exports);
    if (twice != NULL)
        return cm_invalid(v, "export name `%.*s` already defined", PIRN_STR_ARG(twice->name));
    return PIRN_OK;
}

/* ---- Modules ----------------------------------------------------------------------------------------------------- */

static pirn_status list_module(cm_validator *v, const pirn_module *module, cm_module_type *type)
{
    size_t imports = pirn_module_import_count(module), exports = pirn_module_export_count(module);
    cm_core_extern *import_list = cm_array(v, imports, sizeof *import_list);
    cm_core_extern *export_list = cm_array(v, exports, sizeof *export_list);
    if (import_list == NULL || export_list == NULL)
        return PIRN_NOMEM;
    for (size_t i = 0; i < imports; i++) {
        pirn_import import = pirn_module_import(module, i);
        import_list[i] = (cm_core_extern){import.module, import.name, import.type};
    }
    for (size_t i = 0; i < exports; i++) {
        pirn_export export = pirn_module_export(module, i);
        export_list[i] = (cm_core_extern){{"", 0}, export.name, export.type};
    }
    type->imports = (cm_core_externs){.count = (uint32_t)imports, .list = import_list};
    type->exports = (cm_core_externs){.count = (uint32_t)exports, .list = export_list};
    return finish_module_type(v, type);
}

static pirn_status load_module(cm_validator *v, vm_range bytes, pirn_module **out)
{
    static const uint8_t component[] = {0, 'a', 's', 'm', 0x0D, 0, 1, 0};
    size_t size = (size_t)(bytes.end - bytes.start);
    uint64_t offset = (uint64_t)(bytes.start - v->component->bytes);
    if (size >= sizeof component && memcmp(bytes.start, component, sizeof component) == 0)
        return base_fail(v->error, PIRN_MALFORMED, offset + 4, "expected a version header for a module");
    if (!BASE_VEC_RESERVE(&v->component->modules, v->allocator, 1))
        return cm_nomem(v);
    PIRN_TRY(pirn_module_load(v->engine, bytes.start, size, PIRN_BYTES_BORROW, offset, out, v->error));
    v->component->modules.data[v->component->modules.len++] = *out;
    return PIRN_OK;
}

pirn_status cm_validate_core_module(cm_scope *scope, cm_definition *definition)
{
    cm_validator *v = scope->v;
    pirn_module *module = NULL;
    cm_module_type *type = cm_array(v, 1, sizeof *type);
    if (type == NULL)
        return PIRN_NOMEM;
    PIRN_TRY(load_module(v, definition->module->bytes, &module));
    definition->module->module = module;
    definition->item.module = type;
    return list_module(v, module, type);
}

/* ---- Core types -------------------------------------------------------------------------------------------------- */

/* The function types that the declarators of a module type have made, by index. */
typedef BASE_VEC(const pirn_functype *) functype_list;

static void write_types(vm_writer *w, const pirn_valtype *types, uint32_t count)
{
    vm_writer_leb_unsigned(w, count);
    for (uint32_t i = 0; i < count; i++)
        vm_writer_u8(w, (uint8_t)types[i]);
}

/* The bytes of a module that imports a function of an open type, and does nothing else. */
static void write_open_type(vm_writer *w, const cm_core_functype_syntax *syntax)
{
    vm_writer_bytes(w, "\0asm\1\0\0\0", 8);
    size_t section = vm_writer_begin(w, 1);
    vm_writer_bytes(w, "\1\x50\0\x60", 4);
    write_types(w, syntax->params, syntax->param_count);
    write_types(w, syntax->results, syntax->result_count);
    vm_writer_end(w, section);
    vm_writer_bytes(w, "\2\5\1\0\0\0\0", 7);
}

/* The engine makes function types that are final. It knows an open one when a module has had it. */
static pirn_status make_open_functype(cm_validator *v, const cm_core_functype_syntax *syntax,
                                      const pirn_functype **out)
{
    vm_writer w;
    size_t size = 0;
    vm_writer_init(&w, v->allocator);
    write_open_type(&w, syntax);
    uint8_t *bytes = vm_writer_take(&w, &size);
    if (bytes == NULL)
        return cm_nomem(v);
    pirn_module *module = NULL;
    pirn_status status = pirn_module_load(v->engine, bytes, size, PIRN_BYTES_COPY, v->offset, &module, v->error);
    if (status == PIRN_OK)
        *out = pirn_module_import(module, 0).type.func;
    pirn_module_free(module);
    base_free(v->allocator, bytes, size);
    return status;
}

static pirn_status make_functype(cm_validator *v, const cm_core_functype_syntax *syntax, const pirn_functype **out)
{
    if (syntax->is_open)
        return make_open_functype(v, syntax, out);
    *out = pirn_functype_new(v->engine, syntax->params, syntax->param_count, syntax->results, syntax->result_count);
    return *out == NULL ? cm_nomem(v) : PIRN_OK;
}

static pirn_status check_limits(cm_validator *v, pirn_limits limits)
{
    if (limits.max < limits.min)
        return cm_invalid(v, "size minimum must not be greater than maximum");
    return PIRN_OK;
}

static pirn_status check_memory(cm_validator *v, const pirn_memtype *type)
{
    uint64_t most = type->is64 ? (uint64_t)1 << 48 : (uint64_t)1 << 16;
    PIRN_TRY(check_limits(v, type->limits));
    if (type->limits.min > most || (type->limits.max != PIRN_NO_MAX && type->limits.max > most))
        return cm_invalid(v, "memory size must be at most %llu pages", (unsigned long long)most);
    if (type->shared && type->limits.max == PIRN_NO_MAX)
        return cm_invalid(v, "shared memory must have maximum size");
    return PIRN_OK;
}

static pirn_status find_functype(cm_validator *v, const functype_list *types, uint32_t index,
                                 const pirn_functype **out)
{
    if (index >= types->len)
        return cm_invalid(v, "unknown type %u: type index out of bounds", index);
    *out = types->data[index];
    return PIRN_OK;
}

static pirn_status resolve_core_externtype(cm_validator *v, const functype_list *types, const cm_core_decl *decl,
                                           pirn_externtype *out)
{
    *out = decl->type;
    switch (out->kind) {
    case PIRN_EXTERN_TABLE:
        return check_limits(v, out->table.limits);
    case PIRN_EXTERN_MEMORY:
        return check_memory(v, &out->memory);
    case PIRN_EXTERN_GLOBAL:
        return PIRN_OK;
    default:
        return find_functype(v, types, decl->index, &out->func);
    }
}

/* The core function type that an alias declarator means: of an enclosing scope, or (depth 0) of the module type. */
static pirn_status resolve_core_alias(cm_scope *scope, const functype_list *types, const cm_core_decl *decl,
                                      const pirn_functype **out)
{
    if (decl->depth == 0)
        return find_functype(scope->v, types, decl->index, out);
    cm_scope *outer = NULL;
    const cm_item *item = NULL;
    PIRN_TRY(cm_scope_outer(scope, decl->depth - 1, &outer));
    PIRN_TRY(cm_scope_item(outer, CM_CORE_TYPE, decl->index, &item));
    if (item->is_module_type)
        return cm_invalid(scope->v, "core type index %u is not a function type", decl->index);
    *out = item->core_type;
    return PIRN_OK;
}

/* One declarator: a type for `types`, or an import or export for *out. */
static pirn_status validate_decl(cm_scope *scope, functype_list *types, const cm_core_decl *decl, cm_core_extern *out)
{
    const pirn_functype *type = NULL;
    scope->v->offset = decl->offset;
    switch (decl->kind) {
    case CM_CORE_DECL_TYPE:
        PIRN_TRY(make_functype(scope->v, &decl->functype, &type));
        break;
    case CM_CORE_DECL_ALIAS:
        PIRN_TRY(resolve_core_alias(scope, types, decl, &type));
        break;
    default:
        out->module = decl->module;
        out->name = decl->name;
        return resolve_core_externtype(scope->v, types, decl, &out->type);
    }
    return BASE_VEC_PUSH(types, scope->v->allocator, type) ? PIRN_OK : cm_nomem(scope->v);
}

static pirn_status validate_decls(cm_scope *scope, const cm_type_syntax *syntax, functype_list *types,
                                  cm_module_type *out)
{
    cm_core_extern *imports = cm_array(scope->v, syntax->decl_count, sizeof *imports);
    cm_core_extern *exports = cm_array(scope->v, syntax->decl_count, sizeof *exports);
    if (imports == NULL || exports == NULL)
        return PIRN_NOMEM;
    out->imports.list = imports;
    out->exports.list = exports;
    for (uint32_t i = 0; i < syntax->decl_count; i++) {
        const cm_core_decl *decl = &syntax->decls[i];
        cm_core_extern made;
        PIRN_TRY(validate_decl(scope, types, decl, &made));
        if (decl->kind == CM_CORE_DECL_IMPORT)
            imports[out->imports.count++] = made;
        else if (decl->kind == CM_CORE_DECL_EXPORT)
            exports[out->exports.count++] = (cm_core_extern){{"", 0}, made.name, made.type};
    }
    return finish_module_type(scope->v, out);
}

pirn_status cm_validate_core_type(cm_scope *scope, cm_definition *definition)
{
    const cm_type_syntax *syntax = definition->syntax;
    cm_item *item = &definition->item;
    item->is_module_type = syntax->kind == CM_SYNTAX_CORE_MODULE;
    if (!item->is_module_type)
        return make_functype(scope->v, &syntax->core_func, &item->core_type);
    cm_module_type *type = cm_array(scope->v, 1, sizeof *type);
    if (type == NULL)
        return PIRN_NOMEM;
    item->module = type;
    functype_list types = {0};
    pirn_status status = validate_decls(scope, syntax, &types, type);
    BASE_VEC_DONE(&types, scope->v->allocator);
    return status;
}

/* ---- Core instances ---------------------------------------------------------------------------------------------- */

static pirn_status resolve_core_arguments(cm_scope *scope, const cm_definition *definition, base_map *seen,
                                          const cm_item **items)
{
    for (uint32_t i = 0; i < definition->instance->argument_count; i++) {
        const cm_argument *a = &definition->instance->arguments[i];
        bool added = false;
        scope->v->offset = a->offset;
        if (base_map_add(seen, a->name, i, &added) != PIRN_OK)
            return cm_nomem(scope->v);
        if (!added && definition->kind == CM_DEF_CORE_EXPORTS)
            return cm_invalid(scope->v, "export name `%.*s` already defined", PIRN_STR_ARG(a->name));
        if (!added)
            return cm_invalid(scope->v, "duplicate module instantiation argument named `%.*s`",
                              PIRN_STR_ARG(a->name));
        PIRN_TRY(cm_scope_item(scope, a->ref.sort, a->ref.index, &items[i]));
    }
    scope->v->offset = definition->offset;
    return PIRN_OK;
}

static pirn_status check_core_import(cm_validator *v, const cm_core_extern *import, const base_map *arguments,
                                     const cm_item *const *items)
{
    uint64_t index = 0;
    if (!base_map_get(arguments, import->module, &index))
        return cm_invalid(v, "missing module instantiation argument named `%.*s`", PIRN_STR_ARG(import->module));
    const cm_core_extern *export = cm_core_externs_find(items[index]->core_instance, (pirn_str){"", 0}, import->name);
    if (export == NULL)
        return cm_invalid(v, "module instantiation argument `%.*s` does not export an item named `%.*s`",
                          PIRN_STR_ARG(import->module), PIRN_STR_ARG(import->name));
    PIRN_TRY(cm_spend_steps(v, 1));
    if (pirn_externtype_matches(v->engine, &export->type, &import->type))
        return PIRN_OK;
    char reason[300];
    return cm_invalid(v, "type mismatch for export `%.*s` of module instantiation argument `%.*s`: %s",
                      PIRN_STR_ARG(import->name), PIRN_STR_ARG(import->module),
                      cm_core_mismatch(&import->type, &export->type, reason, sizeof reason));
}

static pirn_status instantiate_core(cm_scope *scope, cm_definition *definition, const base_map *arguments,
                                    const cm_item *const *items)
{
    const cm_item *module = NULL;
    PIRN_TRY(cm_scope_item(scope, CM_CORE_MODULE, definition->instance->source, &module));
    for (uint32_t i = 0; i < module->module->imports.count; i++)
        PIRN_TRY(check_core_import(scope->v, &module->module->imports.list[i], arguments, items));
    definition->item.core_instance = &module->module->exports;
    return PIRN_OK;
}

static pirn_status export_core(cm_scope *scope, cm_definition *definition, const cm_item *const *items)
{
    uint32_t count = definition->instance->argument_count;
    cm_core_externs *exports = cm_array(scope->v, 1, sizeof *exports);
    cm_core_extern *list = cm_array(scope->v, count, sizeof *list);
    if (exports == NULL || list == NULL)
        return PIRN_NOMEM;
    for (uint32_t i = 0; i < count; i++)
        list[i] = (cm_core_extern){{"", 0}, definition->instance->arguments[i].name, cm_item_core(items[i])};
    *exports = (cm_core_externs){.count = count, .list = list};
    definition->item.core_instance = exports;
    return cm_core_externs_index(scope->v, exports);
}

pirn_status cm_validate_core_instance(cm_scope *scope, cm_definition *definition)
{
    bool is_instantiate = definition->kind == CM_DEF_CORE_INSTANTIATE;
    const cm_item **items = cm_array(scope->v, definition->instance->argument_count, sizeof *items);
    if (items == NULL)
        return PIRN_NOMEM;
    base_map seen;
    base_map_init(&seen, scope->v->allocator);
    pirn_status status = resolve_core_arguments(scope, definition, &seen, items);
    if (status == PIRN_OK)
        status = is_instantiate ? instantiate_core(scope, definition, &seen, items)
                                : export_core(scope, definition, items);
    base_map_done(&seen);
    return status;
}

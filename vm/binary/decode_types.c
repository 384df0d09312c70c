/* SPDX-License-Identifier: Apache-2.0 */
/* The sections that declare: types, imports, functions, tables, memories, globals, exports, start
 * (spec 5.5.4 to 5.5.11). */
#include "vm/binary/decoder.h"

/*
 * What counts are checked against: the bytes that an entry has at least. (Where an entry has a byte that may be
 * malformed, those up to it, so that this is what the error says.)
 */
enum {
    MIN_TYPE = 3,   /* 60, no parameters, no results */
    MIN_IMPORT = 3, /* two empty names, kind */
    MIN_FUNC = 1,
    MIN_TABLE = 2,  /* type, flags */
    MIN_MEMORY = 1, /* flags */
    MIN_GLOBAL = 4, /* type, mutability, instruction, end */
    MIN_EXPORT = 3, /* empty name, kind, index */
};

/* ---- Types --------------------------------------------------------------------------------------------------- */

static void read_valtypes(vm_decoder *d, vm_reader *r, vm_valtype *out, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = vm_reader_valtype(r, d->features);
}

/* Two vectors of value types, stored in one array: the second count is known only behind the first
 * vector. */
static void decode_functype(vm_decoder *d, vm_reader *r, vm_functype *out)
{
    const uint8_t *at = r->pos;
    uint8_t form = vm_reader_u8(r);
    if (form != VM_CODE_FUNC)
        vm_reader_fail_at(r, at, PIRN_MALFORMED,
                          form & 0x80 ? "integer representation too long" : "malformed function type 0x%02x", form);
    vm_valtype types[VM_LIMIT_PARAMS + VM_LIMIT_RESULTS];
    out->param_count = vm_reader_count(r, 1, VM_LIMIT_PARAMS, "parameters");
    read_valtypes(d, r, types, out->param_count);
    at = r->pos;
    out->result_count = vm_reader_count(r, 1, VM_LIMIT_RESULTS, "results");
    if (out->result_count > 1)
        vm_reader_require(r, at, d->features, PIRN_FEATURE_MULTI_VALUE, "invalid result arity: a second result");
    read_valtypes(d, r, types + out->param_count, out->result_count);
    if (vm_reader_failed(r))
        return;
    size_t count = out->param_count + out->result_count;
    vm_valtype *array = base_arena_alloc(&d->module->arena, count * sizeof *array);
    if (array == NULL) {
        vm_decode_nomem(r);
        return;
    }
    memcpy(array, types, count * sizeof *array);
    out->params = array;
    out->results = array + out->param_count;
}

void vm_decode_types(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    vm_module *m = d->module;
    uint32_t count = vm_reader_count(r, MIN_TYPE, VM_LIMIT_TYPES, "types");
    m->types.data = vm_decode_array(d, r, count, sizeof *m->types.data);
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        decode_functype(d, r, &m->types.data[i]);
    m->types.len = count;
    *items = count;
}

/* ---- Entries of the index spaces ----------------------------------------------------------------------------- */

static void push_func(vm_decoder *d, vm_reader *r)
{
    vm_func_decl func = {.offset = vm_reader_offset(r)};
    func.type = vm_reader_leb_u32(r);
    if (!BASE_VEC_PUSH(&d->funcs, d->allocator, func))
        vm_decode_nomem(r);
}

static void push_table(vm_decoder *d, vm_reader *r)
{
    vm_table_decl table = {.offset = vm_reader_offset(r)};
    table.type = vm_reader_tabletype(r, d->features);
    if (!BASE_VEC_PUSH(&d->tables, d->allocator, table))
        vm_decode_nomem(r);
}

static void push_memory(vm_decoder *d, vm_reader *r)
{
    vm_memory_decl memory = {.offset = vm_reader_offset(r)};
    memory.type = vm_reader_memtype(r, d->features);
    if (!BASE_VEC_PUSH(&d->memories, d->allocator, memory))
        vm_decode_nomem(r);
}

static void push_global(vm_decoder *d, vm_reader *r, bool defined)
{
    vm_global_decl global = {.offset = vm_reader_offset(r)};
    global.type = vm_reader_globaltype(r, d->features);
    if (defined)
        global.init = vm_reader_expr(r, d->features);
    if (!BASE_VEC_PUSH(&d->globals, d->allocator, global))
        vm_decode_nomem(r);
}

/* ---- Imports and exports ------------------------------------------------------------------------------------- */

/* Describes an import and adds it to its index space; yields its index there. */
static uint32_t decode_import_type(vm_decoder *d, vm_reader *r, const uint8_t *kind_at, uint8_t kind)
{
    vm_module *m = d->module;
    switch (kind) {
    case PIRN_EXTERN_FUNC:
        push_func(d, r);
        return m->imported_funcs++;
    case PIRN_EXTERN_TABLE:
        push_table(d, r);
        return m->imported_tables++;
    case PIRN_EXTERN_MEMORY:
        push_memory(d, r);
        return m->imported_memories++;
    case PIRN_EXTERN_GLOBAL:
        push_global(d, r, false);
        return m->imported_globals++;
    default:
        vm_reader_fail_at(r, kind_at, PIRN_MALFORMED, "malformed import kind 0x%02x", kind);
        return 0;
    }
}

static void decode_import(vm_decoder *d, vm_reader *r, vm_import *out)
{
    out->offset = vm_reader_offset(r);
    out->module = vm_reader_name(r);
    out->name = vm_reader_name(r);
    const uint8_t *kind_at = r->pos;
    uint8_t kind = vm_reader_u8(r);
    if (vm_reader_failed(r))
        return;
    out->kind = (pirn_extern_kind)kind;
    out->index = decode_import_type(d, r, kind_at, kind);
}

void vm_decode_imports(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    vm_module *m = d->module;
    uint32_t count = vm_reader_count(r, MIN_IMPORT, VM_LIMIT_IMPORTS, "imports");
    m->imports.data = vm_decode_array(d, r, count, sizeof *m->imports.data);
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        decode_import(d, r, &m->imports.data[i]);
    m->imports.len = count;
    *items = count;
}

static void decode_export(vm_reader *r, vm_export *out)
{
    out->offset = vm_reader_offset(r);
    out->name = vm_reader_name(r);
    const uint8_t *at = r->pos;
    uint8_t kind = vm_reader_u8(r);
    if (kind > PIRN_EXTERN_GLOBAL)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed export kind 0x%02x", kind);
    out->kind = (pirn_extern_kind)kind;
    out->index = vm_reader_leb_u32(r);
}

void vm_decode_exports(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    vm_module *m = d->module;
    uint32_t count = vm_reader_count(r, MIN_EXPORT, VM_LIMIT_EXPORTS, "exports");
    m->exports.data = vm_decode_array(d, r, count, sizeof *m->exports.data);
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        decode_export(r, &m->exports.data[i]);
    m->exports.len = count;
    *items = count;
}

/* ---- Functions, tables, memories, globals, start ------------------------------------------------------------- */

void vm_decode_funcs(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    uint32_t count = vm_reader_count(r, MIN_FUNC, VM_LIMIT_FUNCTIONS, "functions");
    if (!BASE_VEC_RESERVE(&d->funcs, d->allocator, count))
        vm_decode_nomem(r);
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        push_func(d, r);
    *items = count;
}

void vm_decode_tables(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    uint32_t count = vm_reader_count(r, MIN_TABLE, VM_LIMIT_TABLES, "tables");
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        push_table(d, r);
    *items = count;
}

void vm_decode_memories(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    uint32_t count = vm_reader_count(r, MIN_MEMORY, VM_LIMIT_MEMORIES, "memories");
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        push_memory(d, r);
    *items = count;
}

void vm_decode_globals(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    uint32_t count = vm_reader_count(r, MIN_GLOBAL, VM_LIMIT_GLOBALS, "globals");
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++)
        push_global(d, r, true);
    *items = count;
}

void vm_decode_start(vm_decoder *d, vm_reader *r, uint64_t *items)
{
    d->module->has_start = true;
    d->module->start_offset = vm_reader_offset(r);
    d->module->start = vm_reader_leb_u32(r);
    *items = 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A module as text: one pass over its sections in the order of the file. Functions stand in the place of the code
 * section; every definition is a field of its own, exports too, so that the order of indices is the order of the fields.
 */
#include "vm/text/print.h"
#include "vm/binary/decode.h"
#include "vm/text/printer.h"

/* ---- Sections -------------------------------------------------------------------------------------------------- */

static void print_tags(vm_printer *p)
{
    for (uint32_t i = p->module->imported_tags; i < p->module->tags.len && p->status == PIRN_OK; i++) {
        const vm_tag_decl *tag = &p->module->tags.data[i];
        vm_print_line_at(p, tag->offset);
        vm_print(p, "(tag");
        vm_print_definition(p, VM_NAMES_TAG, i);
        vm_print_typeuse(p, tag->type);
        vm_print(p, ")");
    }
}

static void print_globals(vm_printer *p)
{
    for (uint32_t i = p->module->imported_globals; i < p->module->globals.len && p->status == PIRN_OK; i++) {
        const vm_global_decl *global = &p->module->globals.data[i];
        vm_print_line_at(p, global->offset);
        vm_print(p, "(global");
        vm_print_definition(p, VM_NAMES_GLOBAL, i);
        vm_print(p, " ");
        vm_print_globaltype(p, global->type);
        vm_print_expr(p, global->init, NULL);
        vm_print(p, ")");
    }
}

static void print_exports(vm_printer *p)
{
    for (uint32_t i = 0; i < p->module->exports.len && p->status == PIRN_OK; i++) {
        const vm_export *export = &p->module->exports.data[i];
        const vm_print_kind *kind = &vm_print_kinds[export->kind];
        vm_print_line_at(p, export->offset);
        vm_print(p, "(export ");
        vm_print_name_string(p, export->name);
        vm_print(p, " (%s", kind->word);
        vm_print_index(p, kind->names, export->index);
        vm_print(p, "))");
    }
}

static void print_start(vm_printer *p)
{
    vm_print_line_at(p, p->module->start_offset);
    vm_print(p, "(start");
    vm_print_index(p, VM_NAMES_FUNC, p->module->start);
    vm_print(p, ")");
}

static void print_funcs(vm_printer *p)
{
    for (uint32_t i = p->module->imported_funcs; i < p->module->funcs.len && p->status == PIRN_OK; i++)
        vm_print_func(p, i);
}

/* ---- Segments -------------------------------------------------------------------------------------------------- */

static void print_items(vm_printer *p, const vm_elem *elem)
{
    vm_reader r = vm_reader_part(&p->whole, elem->items);
    vm_print(p, " ");
    if (elem->is_exprs)
        vm_print_valtype(p, elem->type);
    else
        vm_print(p, "func");
    for (uint32_t i = 0; i < elem->count && vm_print_ok(p, &r); i++) {
        if (elem->is_exprs)
            vm_print_expr(p, vm_reader_expr(&r, p->module->features), "item");
        else
            vm_print_index(p, VM_NAMES_FUNC, vm_reader_leb_u32(&r));
    }
}

/* Where an active segment goes. */
static void print_place(vm_printer *p, vm_name_kind kind, const char *word, uint32_t index, vm_range at)
{
    if (index != 0) {
        vm_print(p, " (%s", word);
        vm_print_index(p, kind, index);
        vm_print(p, ")");
    }
    vm_print_expr(p, at, "offset");
}

static void print_elems(vm_printer *p)
{
    for (uint32_t i = 0; i < p->module->elems.len && p->status == PIRN_OK; i++) {
        const vm_elem *elem = &p->module->elems.data[i];
        vm_print_line_at(p, elem->offset);
        vm_print(p, "(elem");
        vm_print_definition(p, VM_NAMES_ELEM, i);
        if (elem->mode == VM_SEGMENT_ACTIVE)
            print_place(p, VM_NAMES_TABLE, "table", elem->table, elem->at);
        else if (elem->mode == VM_SEGMENT_DECLARATIVE)
            vm_print(p, " declare");
        print_items(p, elem);
        vm_print(p, ")");
    }
}

static void print_datas(vm_printer *p)
{
    for (uint32_t i = 0; i < p->module->datas.len && p->status == PIRN_OK; i++) {
        const vm_data *data = &p->module->datas.data[i];
        vm_print_line_at(p, data->offset);
        vm_print(p, "(data");
        vm_print_definition(p, VM_NAMES_DATA, i);
        if (data->mode == VM_SEGMENT_ACTIVE)
            print_place(p, VM_NAMES_MEMORY, "memory", data->memory, data->at);
        vm_print_strings(p, data->bytes);
        vm_print(p, ")");
    }
}

/* ---- The module ------------------------------------------------------------------------------------------------ */

enum {
    SECTION_CUSTOM,
    TYPES,
    IMPORTS,
    FUNCS,
    TABLES,
    MEMORIES,
    GLOBALS,
    EXPORTS,
    START,
    ELEMS,
    CODE,
    DATAS,
    DATA_COUNT,
    TAGS
};

/* A section is read from its bytes, or printed from what the decoder made of it; those of which the text says nothing by
 * themselves have neither. */
static const struct section_row {
    void (*from_bytes)(vm_printer *p, vm_reader *r);
    void (*from_module)(vm_printer *p);
} rows[] = {
    [TYPES] = {vm_print_types, NULL},
    [IMPORTS] = {vm_print_imports, NULL},
    [FUNCS] = {NULL, NULL},
    [TABLES] = {vm_print_tables, NULL},
    [MEMORIES] = {vm_print_memories, NULL},
    [TAGS] = {NULL, print_tags},
    [GLOBALS] = {NULL, print_globals},
    [EXPORTS] = {NULL, print_exports},
    [START] = {NULL, print_start},
    [ELEMS] = {NULL, print_elems},
    [DATA_COUNT] = {NULL, NULL},
    [CODE] = {NULL, print_funcs},
    [DATAS] = {NULL, print_datas},
};

static void print_section(vm_printer *p, const pirn_section *section)
{
    const struct section_row *row = &rows[section->id];
    const uint8_t *start = p->module->bytes.start + (section->offset - p->module->base_offset);
    vm_reader r = vm_reader_part(&p->whole, (vm_range){start, start + section->size});
    if (row->from_bytes != NULL)
        row->from_bytes(p, &r);
    else if (row->from_module != NULL)
        row->from_module(p);
    vm_print_ok(p, &r);
    vm_print_customs(p, section->id);
}

static void print_module(vm_printer *p)
{
    const vm_module *m = p->module;
    vm_print_find_customs(p);
    vm_print_load_names(p);
    vm_print(p, "(module");
    if (p->name_section != NULL && m->name.len > 0) {
        vm_print(p, " ");
        vm_print_id(p, m->name);
    }
    p->indent = 1;
    vm_print_customs(p, SECTION_CUSTOM);
    for (uint32_t i = 0; i < m->sections.len && p->status == PIRN_OK; i++) {
        if (m->sections.data[i].id != SECTION_CUSTOM)
            print_section(p, &m->sections.data[i]);
    }
    p->indent = 0;
    vm_print(p, ")\n");
    vm_print_flush(p);
}

pirn_status vm_text_print(const vm_module *module, const vm_print_options *options, const pirn_allocator *allocator,
                          pirn_text_sink sink, void *sink_data, pirn_error *error)
{
    vm_printer p = {.module = module, .options = options, .allocator = allocator, .error = error, .sink = sink};
    p.sink_data = sink_data;
    vm_reader_init(&p.whole, module->bytes.start, (size_t)(module->bytes.end - module->bytes.start),
                   module->base_offset, error);
    base_arena_init(&p.arena, allocator);
    base_arena_init(&p.func_arena, allocator);
    print_module(&p);
    BASE_VEC_DONE(&p.labels, allocator);
    base_arena_done(&p.func_arena);
    base_arena_done(&p.arena);
    return p.status;
}

pirn_status pirn_text_print(const void *bytes, size_t size, uint32_t flags, const pirn_allocator *allocator,
                            pirn_text_sink sink, void *sink_data, pirn_error *error)
{
    vm_module module;
    vm_print_options options = {.offsets = flags & PIRN_PRINT_OFFSETS};
    if (allocator == NULL)
        allocator = pirn_allocator_default();
    if (flags & ~(uint32_t)PIRN_PRINT_OFFSETS)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "only a module that was loaded has cells to print");
    PIRN_TRY(vm_decode(&module, bytes, size, 0, UINT32_MAX, allocator, error));
    pirn_status status = vm_text_print(&module, &options, allocator, sink, sink_data, error);
    vm_module_done(&module);
    return status;
}

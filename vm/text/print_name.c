/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identifiers (spec 6.3.5) out of the name section. Names there need not differ, identifiers of one index space must: the
 * first of equal names is the identifier. The others are kept as an annotation, `(@name "x")`, where the text has a
 * place for one; those of locals and fields are left out. A name of no characters is none.
 */
#include "vm/base/map.h"
#include "vm/text/lexer.h"
#include "vm/text/printer.h"

static void nomem(vm_printer *p)
{
    vm_print_fail(p, PIRN_NOMEM, "out of memory");
}

/* ---- Reading --------------------------------------------------------------------------------------------------- */

/* The names of the indices below `count`; NULL when there are none, or after a failure. */
static vm_print_name *load(vm_printer *p, base_arena *arena, vm_name_cursor *cursor, uint32_t count)
{
    if (cursor->left == 0 || count == 0)
        return NULL;
    base_map seen;
    base_map_init(&seen, p->allocator);
    vm_print_name *names = base_arena_array(arena, count, sizeof *names);
    if (names == NULL)
        nomem(p);
    for (uint32_t i = 0; i < count && cursor->left > 0 && p->status == PIRN_OK; i++) {
        names[i].text = vm_names_next(cursor, i);
        if (names[i].text.len > 0 && base_map_add(&seen, names[i].text, 0, &names[i].is_id) != PIRN_OK)
            nomem(p);
    }
    base_map_done(&seen);
    return p->status == PIRN_OK ? names : NULL;
}

static void load_fields(vm_printer *p)
{
    const vm_module *m = p->module;
    vm_name_cursor types = vm_names_open(m, VM_NAMES_FIELD);
    if (types.left == 0)
        return;
    p->fields = base_arena_array(&p->arena, m->types.len, sizeof(vm_print_name *));
    if (p->fields == NULL)
        nomem(p);
    for (uint32_t i = 0; i < m->types.len && p->status == PIRN_OK; i++) {
        vm_name_cursor fields = vm_names_open_inner(&types, i);
        p->fields[i] = load(p, &p->arena, &fields, m->types.data[i].field_count);
    }
}

static uint32_t definitions(const vm_module *m, vm_name_kind kind)
{
    switch (kind) {
    case VM_NAMES_FUNC:
        return m->funcs.len;
    case VM_NAMES_TYPE:
        return m->types.len;
    case VM_NAMES_TABLE:
        return m->tables.len;
    case VM_NAMES_MEMORY:
        return m->memories.len;
    case VM_NAMES_GLOBAL:
        return m->globals.len;
    case VM_NAMES_ELEM:
        return m->elems.len;
    case VM_NAMES_DATA:
        return m->datas.len;
    case VM_NAMES_TAG:
        return m->tags.len;
    default:
        return 0;
    }
}

void vm_print_load_names(vm_printer *p)
{
    if (p->name_section == NULL)
        return;
    for (unsigned kind = 0; kind < VM_NAME_KINDS; kind++) {
        uint32_t count = definitions(p->module, (vm_name_kind)kind);
        vm_name_cursor cursor = {.left = 0};
        if (count > 0)
            cursor = vm_names_open(p->module, (vm_name_kind)kind);
        p->names[kind] = load(p, &p->arena, &cursor, count);
    }
    load_fields(p);
    p->local_names = vm_names_open(p->module, VM_NAMES_LOCAL);
    p->label_names = vm_names_open(p->module, VM_NAMES_LABEL);
}

void vm_print_load_locals(vm_printer *p, uint32_t func, uint32_t count)
{
    base_arena_reset(&p->func_arena);
    vm_name_cursor names = vm_names_open_inner(&p->local_names, func);
    p->locals = load(p, &p->func_arena, &names, count);
    p->local_count = count;
    p->labels_here = vm_names_open_inner(&p->label_names, func);
    p->label_ordinal = 0;
}

/* ---- Printing -------------------------------------------------------------------------------------------------- */

void vm_print_id(vm_printer *p, pirn_str name)
{
    size_t plain = 0;
    while (plain < name.len && vm_is_id_char(name.data[plain]))
        plain++;
    vm_print_text(p, PIRN_STR("$"));
    if (plain == name.len)
        vm_print_text(p, name);
    else
        vm_print_name_string(p, name);
}

static const vm_print_name *find(const vm_printer *p, vm_name_kind kind, uint32_t index)
{
    static const vm_print_name none = {.is_id = false};
    bool is_there = p->names[kind] != NULL && index < definitions(p->module, kind);
    return is_there ? &p->names[kind][index] : &none;
}

bool vm_print_has_name(const vm_printer *p, vm_name_kind kind, uint32_t index)
{
    return find(p, kind, index)->text.len > 0;
}

void vm_print_definition(vm_printer *p, vm_name_kind kind, uint32_t index)
{
    const vm_print_name *name = find(p, kind, index);
    vm_print_text(p, PIRN_STR(" "));
    if (name->is_id) {
        vm_print_id(p, name->text);
        return;
    }
    vm_print(p, "(;%u;)", (unsigned)index);
    if (name->text.len == 0)
        return;
    vm_print(p, " (@name ");
    vm_print_name_string(p, name->text);
    vm_print(p, ")");
}

/* Its identifier, else the number. */
static void print_use(vm_printer *p, const vm_print_name *name, uint32_t index)
{
    vm_print_text(p, PIRN_STR(" "));
    if (name != NULL && name->is_id)
        vm_print_id(p, name->text);
    else
        vm_print(p, "%u", (unsigned)index);
}

void vm_print_index(vm_printer *p, vm_name_kind kind, uint32_t index)
{
    print_use(p, find(p, kind, index), index);
}

void vm_print_local_index(vm_printer *p, uint32_t local)
{
    print_use(p, p->locals != NULL && local < p->local_count ? &p->locals[local] : NULL, local);
}

void vm_print_field_index(vm_printer *p, uint32_t type, uint32_t field)
{
    bool is_there = p->fields != NULL && type < p->module->types.len && p->fields[type] != NULL &&
                    field < p->module->types.data[type].field_count;
    print_use(p, is_there ? &p->fields[type][field] : NULL, field);
}

void vm_print_id_before(vm_printer *p, const vm_print_name *name)
{
    if (!name->is_id)
        return;
    vm_print_id(p, name->text);
    vm_print_text(p, PIRN_STR(" "));
}

/* ---- Labels ---------------------------------------------------------------------------------------------------- */

void vm_print_push_label(vm_printer *p, bool is_named)
{
    pirn_str name = {"", 0};
    if (is_named)
        name = vm_names_next(&p->labels_here, p->label_ordinal++);
    if (p->status == PIRN_OK && !BASE_VEC_PUSH(&p->labels, p->allocator, name))
        nomem(p);
}

void vm_print_pop_label(vm_printer *p)
{
    p->labels.len -= p->labels.len > 0;
}

void vm_print_block_label(vm_printer *p)
{
    if (p->labels.len == 0)
        return;
    pirn_str name = p->labels.data[p->labels.len - 1];
    vm_print_text(p, PIRN_STR(" "));
    if (name.len > 0)
        vm_print_id(p, name);
    else
        vm_print(p, "(;@%zu;)", p->labels.len - 1);
}

/* An identifier means the innermost label of that name; is it this one? Only the nearest are looked at. */
static bool is_visible(const vm_printer *p, uint32_t depth)
{
    enum { NEAR = 64 };
    const pirn_str *label = &p->labels.data[p->labels.len - 1 - depth];
    if (label->len == 0 || depth > NEAR)
        return false;
    for (uint32_t inner = 1; inner <= depth; inner++) {
        if (pirn_str_eq(label[inner], *label))
            return false;
    }
    return true;
}

void vm_print_label_index(vm_printer *p, uint32_t depth)
{
    vm_print_text(p, PIRN_STR(" "));
    if (depth >= p->labels.len)
        vm_print(p, "%u", (unsigned)depth);
    else if (is_visible(p, depth))
        vm_print_id(p, p->labels.data[p->labels.len - 1 - depth]);
    else
        vm_print(p, "%u (;@%zu;)", (unsigned)depth, p->labels.len - 1 - depth);
}

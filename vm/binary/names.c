/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name section (spec 7.6): the names of the module, of functions, locals, labels, types, fields and all else that has an
 * index. It is a custom section, so nothing in it can make a module malformed: it is taken whole or, when it breaks its own
 * grammar, not at all. Functions' names are kept in an array, because backtraces look for single ones; of the others the module
 * keeps where they lie, and who prints in the order of indices reads along (vm/binary/names.h).
 */
#include "vm/binary/names.h"
#include "vm/binary/decoder.h"

enum { MIN_NAME = 2 };

static bool is_nested(vm_name_kind kind)
{
    return kind == VM_NAMES_LOCAL || kind == VM_NAMES_LABEL || kind == VM_NAMES_FIELD;
}

/* ---- Checking ------------------------------------------------------------------------------------------------- */

/* A number that is greater than the one before. */
static uint32_t read_index(vm_reader *r, uint32_t position, uint32_t before)
{
    uint32_t index = vm_reader_leb_u32(r);
    if (position > 0 && index <= before)
        vm_reader_fail(r, PIRN_MALFORMED, "names out of order");
    return index;
}

/* A name map; the names go to `out` unless it is NULL. */
static void read_map(vm_reader *r, uint32_t count, vm_name *out)
{
    vm_name name = {0};
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++) {
        name.index = read_index(r, i, name.index);
        name.name = vm_reader_name(r);
        if (out != NULL)
            out[i] = name;
    }
}

static uint32_t read_count(vm_reader *r)
{
    return vm_reader_count(r, MIN_NAME, VM_LIMIT_BODY_BYTES, "names");
}

static void read_nested_maps(vm_reader *r)
{
    uint32_t outer = 0, count = read_count(r);
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++) {
        outer = read_index(r, i, outer);
        read_map(r, read_count(r), NULL);
    }
}

/* The arena is NULL when the names are only checked. */
static void read_func_names(base_arena *arena, vm_reader *r, vm_module *out)
{
    uint32_t count = read_count(r);
    vm_name *names = arena == NULL ? NULL : base_arena_array(arena, count, sizeof *names);
    if (arena != NULL && names == NULL) {
        vm_decode_nomem(r);
        return;
    }
    read_map(r, count, names);
    out->func_names.data = names;
    out->func_names.len = count;
}

/* One subsection: an id, a size, its content. Those with an id that is not known are skipped. */
static void read_subsection(base_arena *arena, vm_reader *r, vm_module *out)
{
    uint8_t id = vm_reader_u8(r);
    uint32_t size = vm_reader_leb_u32(r);
    vm_range content = vm_reader_bytes(r, size);
    vm_reader part = vm_reader_part(r, content);
    if (vm_reader_failed(r) || id >= VM_NAME_KINDS)
        return;
    out->names[id] = content;
    if (id == VM_NAMES_MODULE)
        out->name = vm_reader_name(&part);
    else if (id == VM_NAMES_FUNC)
        read_func_names(arena, &part, out);
    else if (is_nested((vm_name_kind)id))
        read_nested_maps(&part);
    else
        read_map(&part, read_count(&part), NULL);
    if (!vm_reader_failed(&part) && !vm_reader_at_end(&part))
        vm_reader_fail(&part, PIRN_MALFORMED, "subsection size mismatch");
    if (vm_reader_failed(&part))
        vm_reader_fail(r, part.status, "malformed name section");
}

static pirn_status read_names(base_arena *arena, vm_reader *r, vm_module *out)
{
    while (!vm_reader_at_end(r))
        read_subsection(arena, r, out);
    return r->status;
}

pirn_status vm_decode_names(vm_module *module, vm_range content, pirn_error *error)
{
    vm_reader r;
    vm_module found = {.name = {"", 0}};
    vm_reader_init(&r, content.start, (size_t)(content.end - content.start), 0, NULL);
    pirn_status status = read_names(&module->arena, &r, &found);
    if (status == PIRN_NOMEM)
        return base_nomem(error);
    if (status != PIRN_OK)
        return PIRN_OK;
    module->name = found.name;
    module->func_names = found.func_names;
    memcpy(module->names, found.names, sizeof module->names);
    return PIRN_OK;
}

pirn_status vm_names_check(const vm_module *module, vm_range content, pirn_error *error)
{
    vm_reader r;
    vm_module found = {.name = {"", 0}};
    vm_reader_init(&r, content.start, (size_t)(content.end - content.start), vm_module_offset(module, content.start),
                   error);
    return read_names(NULL, &r, &found);
}

/* ---- Reading along -------------------------------------------------------------------------------------------- */

static vm_name_cursor open_map(vm_range bytes)
{
    vm_name_cursor cursor = {.left = 0};
    vm_reader_init(&cursor.reader, bytes.start, (size_t)(bytes.end - bytes.start), 0, NULL);
    if (bytes.start != bytes.end)
        cursor.left = vm_reader_leb_u32(&cursor.reader);
    return cursor;
}

vm_name_cursor vm_names_open(const vm_module *module, vm_name_kind kind)
{
    return open_map(module->names[kind]);
}

pirn_str vm_names_next(vm_name_cursor *cursor, uint32_t index)
{
    while (cursor->left > 0) {
        vm_reader here = cursor->reader;
        uint32_t found = vm_reader_leb_u32(&here);
        pirn_str name = vm_reader_name(&here);
        if (found > index)
            break;
        cursor->reader = here;
        cursor->left--;
        if (found == index)
            return name;
    }
    return (pirn_str){"", 0};
}

vm_name_cursor vm_names_open_inner(vm_name_cursor *outer, uint32_t index)
{
    while (outer->left > 0) {
        vm_reader here = outer->reader;
        uint32_t found = vm_reader_leb_u32(&here);
        vm_range map = {here.pos, here.end};
        if (found > index)
            break;
        read_map(&here, vm_reader_leb_u32(&here), NULL);
        outer->reader = here;
        outer->left--;
        if (found == index)
            return open_map((vm_range){map.start, here.pos});
    }
    return (vm_name_cursor){.left = 0};
}

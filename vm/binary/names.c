/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name section (spec 7.4.1): the module's name and its functions' names. It is a custom
 * section, so nothing in it can make a module malformed: it is taken whole or, when it breaks its
 * own grammar, not at all.
 */
#include "vm/binary/decoder.h"

enum { NAMES_MODULE = 0, NAMES_FUNCTIONS = 1, MIN_NAME = 2 };

typedef struct name_section {
    pirn_str module;
    vm_name *funcs;
    uint32_t func_count;
} name_section;

/* A name map: indices strictly increasing. */
static void read_name_map(base_arena *arena, vm_reader *r, name_section *out)
{
    uint32_t count = vm_reader_count(r, MIN_NAME, VM_LIMIT_FUNCTIONS, "names");
    vm_name *names = base_arena_array(arena, count, sizeof *names);
    if (names == NULL) {
        vm_decode_nomem(r);
        return;
    }
    for (uint32_t i = 0; i < count && !vm_reader_failed(r); i++) {
        names[i].index = vm_reader_leb_u32(r);
        names[i].name = vm_reader_name(r);
        if (i > 0 && names[i].index <= names[i - 1].index)
            vm_reader_fail(r, PIRN_MALFORMED, "names out of order");
    }
    out->funcs = names;
    out->func_count = count;
}

/* One subsection: an id, a size, its content. Those with an id that is not known are skipped. */
static void read_subsection(base_arena *arena, vm_reader *r, name_section *out)
{
    uint8_t id = vm_reader_u8(r);
    uint32_t size = vm_reader_leb_u32(r);
    vm_reader part = vm_reader_part(r, vm_reader_bytes(r, size));
    if (id == NAMES_MODULE)
        out->module = vm_reader_name(&part);
    else if (id == NAMES_FUNCTIONS)
        read_name_map(arena, &part, out);
    else
        part.pos = part.end;
    if (!vm_reader_failed(&part) && !vm_reader_at_end(&part))
        vm_reader_fail(&part, PIRN_MALFORMED, "subsection size mismatch");
    if (vm_reader_failed(&part))
        vm_reader_fail(r, part.status, "malformed name section");
}

pirn_status vm_decode_names(vm_module *module, vm_range content, pirn_error *error)
{
    vm_reader r;
    name_section names = {.module = {"", 0}};
    vm_reader_init(&r, content.start, (size_t)(content.end - content.start), 0, NULL);
    while (!vm_reader_at_end(&r))
        read_subsection(&module->arena, &r, &names);
    if (r.status == PIRN_NOMEM)
        return base_nomem(error);
    if (vm_reader_failed(&r))
        return PIRN_OK;
    module->name = names.module;
    module->func_names.data = names.funcs;
    module->func_names.len = names.func_count;
    return PIRN_OK;
}

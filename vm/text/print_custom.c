/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Custom sections. Names and branch hints are said where they belong, if all that the section says can be: there is one
 * such section, it keeps to its grammar, and each hint is of an instruction that an annotation can stand before. Every
 * other custom section is `(@custom "name" (after section) "content")`.
 */
#include "vm/binary/types.h"
#include "vm/text/parser.h"
#include "vm/text/printer.h"

#define BRANCH_HINT "metadata.code.branch_hint"

/* ---- Branch hints ---------------------------------------------------------------------------------------------- */

/* Goes to the next hint of the function; false when there is none. */
static bool next_hint(vm_print_hints *h)
{
    if (h->hints_left == 0)
        return false;
    h->hints_left--;
    h->offset = vm_reader_leb_u32(&h->reader);
    if (vm_reader_leb_u32(&h->reader) != 1)
        vm_reader_fail(&h->reader, PIRN_MALFORMED, "malformed hint");
    h->value = vm_reader_u8(&h->reader);
    return !vm_reader_failed(&h->reader);
}

/* Goes to the next function that has hints. */
static bool next_func(vm_print_hints *h)
{
    if (h->funcs_left == 0)
        return false;
    h->funcs_left--;
    h->func = vm_reader_leb_u32(&h->reader);
    h->hints_left = vm_reader_leb_u32(&h->reader);
    return !vm_reader_failed(&h->reader);
}

static vm_print_hints open_hints(const vm_custom *section)
{
    vm_print_hints h = {.section = section};
    vm_reader_init(&h.reader, section->content.start, (size_t)(section->content.end - section->content.start), 0,
                   NULL);
    h.funcs_left = vm_reader_leb_u32(&h.reader);
    return h;
}

/* Are there, in the function, instructions for all its hints? It has one at least. */
static bool fits_func(const vm_printer *p, vm_print_hints *h)
{
    const vm_range body = p->module->funcs.data[h->func].body;
    vm_reader code = vm_reader_part(&p->whole, body);
    code.error = NULL;
    vm_reader_skip_locals(&code, p->module->features);
    vm_instr instr = {.start = NULL};
    bool has_any = h->hints_left > 0;
    while (next_hint(h)) {
        bool found = false;
        while (!found && vm_instr_read(&code, p->module->features, &instr) && instr.start - body.start <= h->offset)
            found = instr.start - body.start == h->offset;
        if (!found || vm_text_continues_block(instr.opcode) || h->value > 1)
            return false;
    }
    return has_any && !vm_reader_failed(&h->reader);
}

static bool hints_fit(const vm_printer *p, vm_print_hints h)
{
    uint32_t least = p->module->imported_funcs;
    if (h.funcs_left == 0)
        return false;
    while (next_func(&h)) {
        if (h.func < least || h.func >= p->module->funcs.len || !fits_func(p, &h))
            return false;
        least = h.func + 1;
    }
    return !vm_reader_failed(&h.reader) && vm_reader_at_end(&h.reader);
}

void vm_print_hint(vm_printer *p, uint32_t func, uint32_t offset, const uint8_t *at)
{
    vm_print_hints *h = &p->hints;
    if (h->func != func || h->offset != offset)
        return;
    vm_print_line(p, at);
    vm_print(p, "(@" BRANCH_HINT " \"\\%02x\")", h->value);
    if (!next_hint(h) && !(next_func(h) && next_hint(h)))
        h->func = UINT32_MAX;
}

/* ---- Sections -------------------------------------------------------------------------------------------------- */

/* The section of that name, if it is the only one. */
static const vm_custom *find_only(const vm_module *m, pirn_str name)
{
    const vm_custom *found = NULL;
    for (uint32_t i = 0; i < m->customs.len; i++) {
        if (!pirn_str_eq(m->customs.data[i].name, name))
            continue;
        if (found != NULL)
            return NULL;
        found = &m->customs.data[i];
    }
    return found;
}

void vm_print_find_customs(vm_printer *p)
{
    const vm_custom *names = find_only(p->module, PIRN_STR("name"));
    if (names != NULL && vm_names_check(p->module, names->content, NULL) == PIRN_OK)
        p->name_section = names;
    p->hints.func = UINT32_MAX;
    const vm_custom *hints = find_only(p->module, PIRN_STR(BRANCH_HINT));
    if (hints == NULL)
        return;
    vm_print_hints h = open_hints(hints);
    if (hints_fit(p, h) && next_func(&h) && next_hint(&h))
        p->hints = h;
}

static const char *section_word(uint32_t id)
{
    for (size_t i = 0; i < vm_text_section_row_count; i++) {
        if (vm_text_section_rows[i].id == id)
            return vm_text_section_rows[i].word;
    }
    return NULL;
}

/* Is there an instruction for whose sake the data segments are counted before the code? */
static bool needs_data_count(const vm_printer *p)
{
    for (uint32_t i = p->module->imported_funcs; i < p->module->funcs.len; i++) {
        vm_reader r = vm_reader_part(&p->whole, p->module->funcs.data[i].body);
        vm_instr instr;
        r.error = NULL;
        vm_reader_skip_locals(&r, p->module->features);
        while (vm_instr_read(&r, p->module->features, &instr)) {
            uint8_t kind = vm_opcodes[instr.opcode].immediate;
            if (kind == VM_IMM_DATA || kind == VM_IMM_DATA_MEMORY || kind == VM_IMM_TYPE_DATA)
                return true;
        }
    }
    return false;
}

/* Does the assembler write the section, too? */
static bool is_kept(const vm_printer *p, const pirn_section *section)
{
    enum { IMPORTS = 2, START = 8, DATA_COUNT = 12 };
    if (section->id == DATA_COUNT)
        return needs_data_count(p);
    if (section->id == IMPORTS)
        return p->module->imports.len > 0;
    return section->id == START || section->items > 0;
}

/* Of the section behind which a custom one lies and those before it, the last that is written again: its id, or 0. */
static uint32_t last_kept(const vm_printer *p, uint32_t after_section)
{
    uint32_t i = after_section == 0 ? 0 : p->module->sections.len;
    while (i > 0 && p->module->sections.data[i - 1].id != after_section)
        i--;
    for (; i > 0; i--) {
        const pirn_section *section = &p->module->sections.data[i - 1];
        if (section->id != 0 && is_kept(p, section))
            return section->id;
    }
    return 0;
}

static void print_custom(vm_printer *p, const vm_custom *custom, uint32_t after)
{
    const char *word = section_word(after);
    vm_print_line(p, custom->content.start);
    vm_print(p, "(@custom ");
    vm_print_name_string(p, custom->name);
    if (word == NULL)
        vm_print(p, " (before first)");
    else
        vm_print(p, " (after %s)", word);
    vm_print_strings(p, custom->content);
    vm_print(p, ")");
}

void vm_print_customs(vm_printer *p, uint32_t after_section)
{
    bool is_first = true;
    uint32_t after = 0;
    for (uint32_t i = 0; i < p->module->customs.len && p->status == PIRN_OK; i++) {
        const vm_custom *custom = &p->module->customs.data[i];
        if (custom->after_section != after_section || custom == p->name_section || custom == p->hints.section)
            continue;
        after = is_first ? last_kept(p, after_section) : after;
        is_first = false;
        print_custom(p, custom, after);
    }
}

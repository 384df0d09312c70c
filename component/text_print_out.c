/* SPDX-License-Identifier: Apache-2.0 */
/* What the printer of components writes: lines, strings, identifiers and indices. */
#include "component/text_print.h"
#include "vm/base/utf8.h"
#include "vm/text/lexer.h"
#include <stdio.h>
#include <string.h>

void cm_print_text(cm_printer *p, pirn_str text)
{
    if (!vm_reader_failed(&p->r) && text.len > 0 && !p->sink(p->sink_data, text.data, text.len))
        vm_reader_fail(&p->r, PIRN_IO, "the text cannot be written");
}

void cm_print(cm_printer *p, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cm_print_text(p, (pirn_str){text, len < 0 ? 0 : (size_t)len < sizeof text ? (size_t)len : sizeof text - 1});
}

void cm_print_line(cm_printer *p)
{
    enum { WIDTH = 2, DEEPEST = 40 }; /* what lies deeper is not indented further */
    p->defined_index = CM_NONE;
    cm_print(p, "\n%*s", (int)(WIDTH * (p->indent < DEEPEST ? p->indent : DEEPEST)), "");
}

static bool is_plain(uint8_t byte, bool is_name)
{
    return byte >= 0x20 && byte != 0x7F && byte != '"' && byte != '\\' && (is_name || byte < 0x80);
}

void cm_print_string(cm_printer *p, pirn_str bytes, bool is_name)
{
    cm_print(p, "\"");
    for (size_t i = 0; i < bytes.len && !vm_reader_failed(&p->r);) {
        size_t run = i;
        while (run < bytes.len && is_plain((uint8_t)bytes.data[run], is_name))
            run++;
        cm_print_text(p, (pirn_str){bytes.data + i, run - i});
        if (run < bytes.len)
            cm_print(p, "\\%02x", (uint8_t)bytes.data[run]);
        i = run + 1;
    }
    cm_print(p, "\"");
}

void cm_print_read_name(cm_printer *p)
{
    pirn_str name = vm_reader_name(&p->r);
    cm_print(p, " ");
    cm_print_string(p, name, true);
}

/* ---- Identifiers ----------------------------------------------------------------------------------------------- */

void cm_print_id(cm_printer *p, pirn_str name)
{
    bool is_plain_id = name.len > 0;
    for (size_t i = 0; i < name.len; i++)
        is_plain_id = is_plain_id && vm_is_id_char(name.data[i]);
    cm_print(p, "$");
    if (is_plain_id)
        cm_print_text(p, name);
    else
        cm_print_string(p, name, true);
}

const struct cm_print_name *cm_print_find_name(const cm_print_scope *scope, cm_sort sort, uint32_t index)
{
    const cm_print_names *names = &scope->names[sort];
    uint32_t low = 0, high = names->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (names->list[middle].index < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < names->count && names->list[low].index == index ? &names->list[low] : NULL;
}

void cm_print_define(cm_printer *p, cm_sort sort)
{
    uint32_t index = p->scope->counts[sort]++;
    const struct cm_print_name *name = cm_print_find_name(p->scope, sort, index);
    p->defined_sort = sort;
    p->defined_index = index;
    cm_print(p, " ");
    if (name == NULL) {
        cm_print(p, "(;%u;)", (unsigned)index);
    } else if (name->is_id) {
        cm_print_id(p, name->name);
    } else {
        cm_print(p, "(@name ");
        cm_print_string(p, name->name, true);
        cm_print(p, ")");
    }
}

/* An identifier means what it does once its definition was there. */
void cm_print_index(cm_printer *p, cm_sort sort, uint32_t index)
{
    const struct cm_print_name *name = cm_print_find_name(p->scope, sort, index);
    bool is_there = index < p->scope->counts[sort] && !(sort == p->defined_sort && index == p->defined_index);
    cm_print(p, " ");
    if (name != NULL && name->is_id && is_there)
        cm_print_id(p, name->name);
    else
        cm_print(p, "%u", (unsigned)index);
}

void cm_print_read_index(cm_printer *p, cm_sort sort)
{
    cm_print_index(p, sort, vm_reader_leb_u32(&p->r));
}

void cm_print_sort(cm_printer *p, cm_sort sort)
{
    cm_print(p, "%s", cm_sort_name(sort));
}

cm_sort cm_print_read_ref(cm_printer *p, bool is_core)
{
    cm_sort sort = is_core ? cm_text_read_core_sort(&p->r) : cm_text_read_sort(&p->r);
    cm_print(p, " (%s", is_core ? cm_text_sort_word(sort) : cm_sort_name(sort));
    cm_print_read_index(p, sort);
    cm_print(p, ")");
    return sort;
}

bool cm_print_enter(cm_printer *p)
{
    if (p->nesting++ <= CM_LIMIT_NESTING)
        return true;
    vm_reader_fail(&p->r, PIRN_LIMIT, "components and types are nested too deep");
    return false;
}

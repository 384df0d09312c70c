/* SPDX-License-Identifier: Apache-2.0 */
/* The modules of glue.h, section by section. */
#include "component/glue.h"
#include <stdio.h>

enum {
    SECTION_TYPE = 1,
    SECTION_IMPORT = 2,
    SECTION_FUNCTION = 3,
    SECTION_TABLE = 4,
    SECTION_EXPORT = 7,
    SECTION_START = 8,
    SECTION_ELEMENT = 9,
    SECTION_CODE = 10,
    KIND_FUNC = 0x00,
    KIND_TABLE = 0x01,
    OP_UNREACHABLE = 0x00,
    OP_END = 0x0B,
    OP_CALL_INDIRECT = 0x11,
    OP_LOCAL_GET = 0x20,
    OP_I32_CONST = 0x41,
    FORM_FUNC = 0x60,
};

static void write_index_name(vm_writer *out, size_t index)
{
    char name[24];
    int len = snprintf(name, sizeof name, "%zu", index);
    vm_writer_name(out, (pirn_str){name, (size_t)len});
}

static void write_valtypes(vm_writer *out, const pirn_valtype *types, size_t count)
{
    vm_writer_leb_unsigned(out, count);
    for (size_t i = 0; i < count; i++)
        vm_writer_u8(out, (uint8_t)types[i]);
}

/* The types of the slots: slot i has type i. */
static void write_types(vm_writer *out, const cm_functypes *slots)
{
    size_t at = vm_writer_begin(out, SECTION_TYPE);
    vm_writer_leb_unsigned(out, slots->len);
    for (size_t i = 0; i < slots->len; i++) {
        const pirn_valtype *params, *results;
        size_t param_count = pirn_functype_params(slots->data[i], &params);
        size_t result_count = pirn_functype_results(slots->data[i], &results);
        vm_writer_u8(out, FORM_FUNC);
        write_valtypes(out, params, param_count);
        write_valtypes(out, results, result_count);
    }
    vm_writer_end(out, at);
}

static void write_functions(vm_writer *out, const cm_functypes *slots)
{
    size_t at = vm_writer_begin(out, SECTION_FUNCTION);
    vm_writer_leb_unsigned(out, slots->len);
    for (size_t i = 0; i < slots->len; i++)
        vm_writer_leb_unsigned(out, i);
    vm_writer_end(out, at);
}

/* funcref, as many as there are slots, never more. */
static void write_tabletype(vm_writer *out, const cm_functypes *slots)
{
    vm_writer_u8(out, (uint8_t)PIRN_FUNCREF);
    vm_writer_u8(out, 0x01);
    vm_writer_leb_unsigned(out, slots->len);
    vm_writer_leb_unsigned(out, slots->len);
}

static void write_exports(vm_writer *out, const cm_functypes *slots, bool has_table)
{
    size_t at = vm_writer_begin(out, SECTION_EXPORT);
    vm_writer_leb_unsigned(out, slots->len + has_table);
    for (size_t i = 0; i < slots->len; i++) {
        write_index_name(out, i);
        vm_writer_u8(out, KIND_FUNC);
        vm_writer_leb_unsigned(out, i);
    }
    if (has_table) {
        vm_writer_name(out, PIRN_STR(CM_SHIM_TABLE));
        vm_writer_u8(out, KIND_TABLE);
        vm_writer_leb_unsigned(out, 0);
    }
    vm_writer_end(out, at);
}

/* Passes its parameters on to the function of the table. */
static void write_indirect_call(vm_writer *out, size_t slot, const pirn_functype *type)
{
    const pirn_valtype *params;
    size_t body = out->len, count = pirn_functype_params(type, &params);
    vm_writer_u8(out, 0); /* no locals */
    for (size_t i = 0; i < count; i++) {
        vm_writer_u8(out, OP_LOCAL_GET);
        vm_writer_leb_unsigned(out, i);
    }
    vm_writer_u8(out, OP_I32_CONST);
    vm_writer_leb_signed(out, (int64_t)slot);
    vm_writer_u8(out, OP_CALL_INDIRECT);
    vm_writer_leb_unsigned(out, slot);
    vm_writer_u8(out, 0);
    vm_writer_u8(out, OP_END);
    vm_writer_insert_leb(out, body, out->len - body);
}

void cm_glue_shim(vm_writer *out, const cm_functypes *slots)
{
    vm_writer_preamble(out);
    write_types(out, slots);
    write_functions(out, slots);
    size_t at = vm_writer_begin(out, SECTION_TABLE);
    vm_writer_leb_unsigned(out, 1);
    write_tabletype(out, slots);
    vm_writer_end(out, at);
    write_exports(out, slots, true);
    at = vm_writer_begin(out, SECTION_CODE);
    vm_writer_leb_unsigned(out, slots->len);
    for (size_t i = 0; i < slots->len; i++)
        write_indirect_call(out, i, slots->data[i]);
    vm_writer_end(out, at);
}

void cm_glue_fixup(vm_writer *out, const cm_functypes *slots)
{
    vm_writer_preamble(out);
    write_types(out, slots);
    size_t at = vm_writer_begin(out, SECTION_IMPORT);
    vm_writer_leb_unsigned(out, slots->len + 1);
    for (size_t i = 0; i < slots->len; i++) {
        vm_writer_name(out, PIRN_STR(""));
        write_index_name(out, i);
        vm_writer_u8(out, KIND_FUNC);
        vm_writer_leb_unsigned(out, i);
    }
    vm_writer_name(out, PIRN_STR(""));
    vm_writer_name(out, PIRN_STR(CM_SHIM_TABLE));
    vm_writer_u8(out, KIND_TABLE);
    write_tabletype(out, slots);
    vm_writer_end(out, at);
    at = vm_writer_begin(out, SECTION_ELEMENT);
    vm_writer_bytes(out, (const uint8_t[]){1, 0, OP_I32_CONST, 0, OP_END}, 5);
    vm_writer_leb_unsigned(out, slots->len);
    for (size_t i = 0; i < slots->len; i++)
        vm_writer_leb_unsigned(out, i);
    vm_writer_end(out, at);
}

void cm_glue_unreachable(vm_writer *out, const cm_functypes *slots)
{
    vm_writer_preamble(out);
    write_types(out, slots);
    write_functions(out, slots);
    write_exports(out, slots, false);
    size_t at = vm_writer_begin(out, SECTION_CODE);
    vm_writer_leb_unsigned(out, slots->len);
    for (size_t i = 0; i < slots->len; i++)
        vm_writer_bytes(out, (const uint8_t[]){3, 0, OP_UNREACHABLE, OP_END}, 4);
    vm_writer_end(out, at);
}

void cm_glue_start(vm_writer *out)
{
    static const uint8_t sections[] = {
        SECTION_TYPE, 4, 1, FORM_FUNC, 0, 0, SECTION_IMPORT, 5, 1, 0, 0, KIND_FUNC, 0, SECTION_START, 1, 0,
    };
    vm_writer_preamble(out);
    vm_writer_bytes(out, sections, sizeof sections);
}

/*
 * (func (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32) (local $page i32)
 *   old != 0 or size > 65536: unreachable;  page = memory.grow 1;  page == -1: unreachable;  page << 16)
 */
void cm_glue_page_realloc(vm_writer *out)
{
    static const uint8_t body[] = {
        1,    1,    0x7F,                                                         /* local $page */
        0x20, 0,    0x20,           3,      0x41, 0x80,   0x80, 0x04, 0x4B, 0x72, /* old | (size >u 65536) */
        0x04, 0x40, OP_UNREACHABLE, OP_END,                                       /* if unreachable end */
        0x41, 1,    0x40,           0,      0x22, 4,      0x41, 0x7F, 0x46,       /* (page = memory.grow 1) == -1 */
        0x04, 0x40, OP_UNREACHABLE, OP_END,                                       /* if unreachable end */
        0x20, 4,    0x41,           16,     0x74, OP_END,                         /* page << 16 */
    };
    static const uint8_t head[] = {
        SECTION_TYPE,
        9,
        1,
        FORM_FUNC,
        4,
        0x7F,
        0x7F,
        0x7F,
        0x7F,
        1,
        0x7F,
        SECTION_IMPORT,
        15,
        1,
        3,
        'e',
        'n',
        'v',
        6,
        'm',
        'e',
        'm',
        'o',
        'r',
        'y',
        2,
        0,
        0,
        SECTION_FUNCTION,
        2,
        1,
        0,
        SECTION_EXPORT,
        16,
        1,
        12,
        'c',
        'a',
        'b',
        'i',
        '_',
        'r',
        'e',
        'a',
        'l',
        'l',
        'o',
        'c',
        KIND_FUNC,
        0,
    };
    vm_writer_preamble(out);
    vm_writer_bytes(out, head, sizeof head);
    size_t at = vm_writer_begin(out, SECTION_CODE);
    vm_writer_leb_unsigned(out, 1);
    vm_writer_leb_unsigned(out, sizeof body);
    vm_writer_bytes(out, body, sizeof body);
    vm_writer_end(out, at);
}

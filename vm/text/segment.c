/* SPDX-License-Identifier: Apache-2.0 */
/* Element and data segments (spec 6.6.8, 6.6.9), and those that stand inside a table or a memory. */
#include "vm/text/parser.h"

enum { ELEMENTS = 9, DATA = 11 };

/* An element segment's flags (5.5.12). */
enum { NOT_ACTIVE = 1, WITH_TABLE = 2, DECLARATIVE = 2, EXPRESSIONS = 4, ELEM_KIND_FUNC = 0 };

/* Items as a vector: functions as indices or, for another type, as `ref.func`. Returns how many. */
static uint32_t function_items(vm_text_parser *p, bool as_exprs, vm_writer *w)
{
    size_t at = w->len;
    uint32_t count = 0;
    for (; vm_text_at_index(p); count++) {
        uint32_t func = vm_text_index(p, VM_SPACE_FUNC);
        if (as_exprs)
            vm_text_write_opcode(w, VM_OP_REF_FUNC);
        vm_writer_leb_unsigned(w, func);
        if (as_exprs)
            vm_text_write_opcode(w, VM_OP_END);
    }
    vm_writer_insert_leb(w, at, count);
    return count;
}

static uint32_t expr_items(vm_text_parser *p, vm_writer *w)
{
    size_t at = w->len;
    uint32_t count = 0;
    for (; p->lexer->token.kind == VM_TOKEN_OPEN; count++)
        vm_text_wrapped_expr(p, "item", w);
    vm_writer_insert_leb(w, at, count);
    return count;
}

static void const_zero(vm_writer *w, bool is64)
{
    vm_text_write_opcode(w, is64 ? VM_OP_I64_CONST : VM_OP_I32_CONST);
    vm_writer_leb_signed(w, 0);
    vm_text_write_opcode(w, VM_OP_END);
}

uint64_t vm_text_inline_elem(vm_text_parser *p, uint32_t table, bool is64, pirn_str reftype)
{
    p->next[VM_SPACE_ELEM]++;
    if (!vm_lexer_take_open(p->lexer, "elem")) {
        if (p->lexer->token.kind == VM_TOKEN_OPEN)
            vm_lexer_advance(p->lexer);
        vm_lexer_unexpected(p->lexer, "elem");
    }
    bool is_funcref = reftype.len > 0 && ((uint8_t)reftype.data[0] == VM_CODE_FUNCREF ||
                                          (reftype.len == 2 && (uint8_t)reftype.data[1] == VM_CODE_FUNCREF));
    bool as_exprs = p->lexer->token.kind == VM_TOKEN_OPEN || !is_funcref;
    bool is_short = table == 0 && (!as_exprs || (reftype.len == 1 && is_funcref));
    vm_writer *w = vm_text_item(p, ELEMENTS);
    vm_writer_u8(w, (as_exprs ? EXPRESSIONS : 0) | (is_short ? 0 : WITH_TABLE));
    if (!is_short)
        vm_writer_leb_unsigned(w, table);
    const_zero(w, is64);
    if (!is_short && as_exprs)
        vm_writer_bytes(w, reftype.data, reftype.len);
    else if (!is_short)
        vm_writer_u8(w, ELEM_KIND_FUNC);
    uint64_t count = p->lexer->token.kind == VM_TOKEN_OPEN ? expr_items(p, w) : function_items(p, as_exprs, w);
    vm_lexer_expect_close(p->lexer);
    return count;
}

/* What the items of a segment are. */
typedef struct item_list {
    bool as_exprs, is_plain_funcref;
    size_t type_at, type_len; /* of the reference type in p->held */
} item_list;

/*
 * The list's beginning: `func`, a reference type, or (of an active segment) nothing, which is `func`. The type is
 * kept behind what is held.
 */
static item_list begin_items(vm_text_parser *p, bool is_active)
{
    item_list list = {.type_at = p->held.len};
    if (vm_text_at_reftype(p)) {
        list.as_exprs = true;
        vm_text_reftype(p, &p->held);
        list.type_len = p->held.len - list.type_at;
        list.is_plain_funcref =
            list.type_len == 1 && !p->held.failed && p->held.data[list.type_at] == VM_CODE_FUNCREF;
    } else if (!vm_lexer_take(p->lexer, "func") && !is_active) {
        vm_lexer_unexpected(p->lexer, "func or a reference type");
    }
    return list;
}

static void write_items(vm_text_parser *p, const item_list *list, bool has_type, vm_writer *w)
{
    if (has_type && list->as_exprs)
        vm_writer_bytes(w, p->held.data + list->type_at, list->type_len);
    else if (has_type)
        vm_writer_u8(w, ELEM_KIND_FUNC);
    if (list->as_exprs)
        expr_items(p, w);
    else
        function_items(p, false, w);
    p->held.len = list->type_at;
}

static void active_elem(vm_text_parser *p, vm_writer *w)
{
    uint32_t table = 0;
    bool has_table = vm_lexer_take_open(p->lexer, "table");
    if (has_table) {
        table = vm_text_index(p, VM_SPACE_TABLE);
        vm_lexer_expect_close(p->lexer);
    } else if (vm_text_at_index(p)) { /* as it was before there were several tables */
        table = vm_text_index(p, VM_SPACE_TABLE);
    }
    vm_writer offset;
    vm_writer_init(&offset, p->allocator);
    vm_text_wrapped_expr(p, "offset", &offset);
    item_list list = begin_items(p, true);
    bool is_short = table == 0 && (!list.as_exprs || list.is_plain_funcref);
    vm_writer_u8(w, (list.as_exprs ? EXPRESSIONS : 0) | (is_short ? 0 : WITH_TABLE));
    if (!is_short)
        vm_writer_leb_unsigned(w, table);
    vm_writer_bytes(w, offset.data, offset.len);
    if (offset.failed)
        vm_text_nomem(p);
    vm_writer_done(&offset);
    write_items(p, &list, !is_short, w);
}

void vm_text_elem(vm_text_parser *p)
{
    uint32_t index = p->next[VM_SPACE_ELEM]++;
    vm_text_skip_id(p);
    vm_text_name_annotation(p, VM_SPACE_ELEM, index);
    vm_writer *w = vm_text_item(p, ELEMENTS);
    bool is_declared = vm_lexer_take(p->lexer, "declare");
    bool is_active = !is_declared && !vm_text_at_reftype(p) && !vm_token_is(&p->lexer->token, "func");
    if (is_active) {
        active_elem(p, w);
        return;
    }
    item_list list = begin_items(p, false);
    vm_writer_u8(w, NOT_ACTIVE | (is_declared ? DECLARATIVE : 0) | (list.as_exprs ? EXPRESSIONS : 0));
    write_items(p, &list, true, w);
}

/* ---- Data ------------------------------------------------------------------------------------------------------ */

enum { DATA_ACTIVE = 0, DATA_PASSIVE = 1, DATA_ACTIVE_MEMORY = 2 };

static uint64_t strings(vm_text_parser *p, vm_writer *w)
{
    size_t at = w->len;
    while (p->lexer->token.kind == VM_TOKEN_STRING) {
        pirn_str bytes = vm_text_string(p);
        vm_writer_bytes(w, bytes.data, bytes.len);
    }
    uint64_t size = w->len - at;
    vm_writer_insert_leb(w, at, size);
    return size;
}

static void data_memory(vm_writer *w, uint32_t memory)
{
    vm_writer_u8(w, memory == 0 ? DATA_ACTIVE : DATA_ACTIVE_MEMORY);
    if (memory != 0)
        vm_writer_leb_unsigned(w, memory);
}

uint64_t vm_text_inline_data(vm_text_parser *p, uint32_t memory, bool is64)
{
    p->next[VM_SPACE_DATA]++;
    vm_lexer_take_open(p->lexer, "data");
    vm_writer *w = vm_text_item(p, DATA);
    data_memory(w, memory);
    const_zero(w, is64);
    uint64_t size = strings(p, w);
    vm_lexer_expect_close(p->lexer);
    return size;
}

void vm_text_data(vm_text_parser *p)
{
    uint32_t index = p->next[VM_SPACE_DATA]++;
    vm_text_skip_id(p);
    vm_text_name_annotation(p, VM_SPACE_DATA, index);
    vm_writer *w = vm_text_item(p, DATA);
    if (p->lexer->token.kind == VM_TOKEN_STRING || p->lexer->token.kind == VM_TOKEN_CLOSE) {
        vm_writer_u8(w, DATA_PASSIVE);
        strings(p, w);
        return;
    }
    uint32_t memory = 0;
    if (vm_lexer_take_open(p->lexer, "memory")) {
        memory = vm_text_index(p, VM_SPACE_MEMORY);
        vm_lexer_expect_close(p->lexer);
    } else if (vm_text_at_index(p)) { /* as it was before there were several memories */
        memory = vm_text_index(p, VM_SPACE_MEMORY);
    }
    data_memory(w, memory);
    vm_text_wrapped_expr(p, "offset", w);
    strings(p, w);
}

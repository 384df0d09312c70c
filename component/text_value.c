/* SPDX-License-Identifier: Apache-2.0 */
/* Values and start of component text (Explainer "Value Definitions", "Start Definitions"). */
#include "component/text_parse.h"

void cm_text_value(cm_text_parser *p)
{
    cm_text_id id = cm_text_take_id(p);
    size_t first = cm_text_inline_exports(p), mark = p->scratch.len;
    if (!cm_text_inverted(p, CM_VALUE, &id, first)) {
        cm_text_valtype(p);
        size_t content = p->scratch.len;
        cm_text_expect_open(p, "binary");
        cm_text_binary(p, &p->scratch);
        cm_text_expect_close(p);
        vm_writer_insert_leb(&p->scratch, content, p->scratch.len - content);
        cm_text_put(p, CM_SECTION_VALUE, mark);
        cm_text_define(p, CM_VALUE, &id, first);
    }
    cm_text_expect_close(p);
}

/* `(value index)`*, as a vector. */
static void arguments(cm_text_parser *p)
{
    size_t at = p->scratch.len;
    uint32_t count = 0;
    for (; vm_lexer_take_open(p->lexer, "value"); count++) {
        uint32_t index = cm_text_sorted_index(p, CM_VALUE);
        vm_writer_leb_unsigned(&p->scratch, index);
        cm_text_expect_close(p);
    }
    vm_writer_insert_leb(&p->scratch, at, count);
}

void cm_text_start(cm_text_parser *p)
{
    size_t mark = p->scratch.len;
    uint32_t func = cm_text_index(p, CM_FUNC, false), results = 0;
    BASE_VEC(cm_text_id) ids = {0};
    vm_writer_leb_unsigned(&p->scratch, func);
    arguments(p);
    for (; vm_lexer_take_open(p->lexer, "result"); results++) {
        cm_text_expect_open(p, "value");
        if (!BASE_VEC_PUSH(&ids, p->allocator, cm_text_take_id(p)))
            cm_text_nomem(p);
        cm_text_expect_close(p);
        cm_text_expect_close(p);
    }
    vm_writer_leb_unsigned(&p->scratch, results);
    cm_text_put_section(p, CM_SECTION_START, mark);
    for (size_t i = 0; i < ids.len; i++)
        cm_text_declare(p, CM_VALUE, &ids.data[i]);
    BASE_VEC_DONE(&ids, p->allocator);
    cm_text_expect_close(p);
}

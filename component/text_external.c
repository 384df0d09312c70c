/* SPDX-License-Identifier: Apache-2.0 */
/* Imports and exports of component text, and the types that they are declared with (Explainer "Import and Export
 * Definitions", "Declarators"). */
#include "component/text_parse.h"
#include "component/text_words.h"

enum {
    NAME_PLAIN = 0x00,
    NAME_WITH_ATTRIBUTES = 0x02,
    BOUND_EQ = 0x00,
    BOUND_SUB = 0x01,
    VALUE_EQ = 0x00,
    VALUE_TYPE = 0x01
};

/* ---- Names ----------------------------------------------------------------------------------------------------- */

/* The number of the attribute that begins here, or the count of all. */
static size_t find_attribute(cm_text_parser *p)
{
    size_t i = 0;
    while (i < BASE_COUNT(cm_text_attributes) && !vm_lexer_opens(p->lexer, cm_text_attributes[i]))
        i++;
    return i;
}

/* The attributes behind a name, written; returns how many. */
static uint32_t read_attributes(cm_text_parser *p)
{
    bool seen[BASE_COUNT(cm_text_attributes)] = {false};
    uint32_t count = 0;
    for (size_t i; (i = find_attribute(p)) < BASE_COUNT(cm_text_attributes); count++) {
        vm_lexer_advance(p->lexer);
        if (seen[i])
            cm_text_unexpected(p, "each attribute once");
        seen[i] = true;
        vm_lexer_advance(p->lexer);
        vm_writer_u8(&p->scratch, (uint8_t)i);
        vm_writer_name(&p->scratch, cm_text_string(p));
        cm_text_expect_close(p);
    }
    return count;
}

void cm_text_extern_name(cm_text_parser *p)
{
    size_t form = p->scratch.len;
    vm_writer_u8(&p->scratch, NAME_PLAIN);
    vm_writer_name(&p->scratch, cm_text_string(p));
    size_t at = p->scratch.len;
    uint32_t count = read_attributes(p);
    if (count == 0 || p->scratch.failed)
        return;
    vm_writer_insert_leb(&p->scratch, at, count);
    p->scratch.data[form] = NAME_WITH_ATTRIBUTES;
}

/* ---- Exports inside definitions -------------------------------------------------------------------------------- */

size_t cm_text_inline_exports(cm_text_parser *p)
{
    cm_text_scope *scope = p->scope;
    size_t first = scope->exports.len;
    while (scope->kind == CM_SCOPE_COMPONENT && cm_text_opens_inline(p, "export")) {
        size_t mark = p->scratch.len;
        vm_lexer_take_open(p->lexer, "export");
        cm_text_extern_name(p);
        cm_text_expect_close(p);
        if (p->scratch.failed || vm_lexer_failed(p->lexer))
            break;
        pirn_str name =
            base_arena_copy(&p->arena, (pirn_str){(const char *)p->scratch.data + mark, p->scratch.len - mark});
        p->scratch.len = mark;
        if (name.data == NULL || !BASE_VEC_PUSH(&scope->exports, p->allocator, (cm_text_export){.name = name}))
            cm_text_nomem(p);
    }
    return first;
}

void cm_text_define(cm_text_parser *p, cm_sort sort, const cm_text_id *id, size_t first)
{
    uint32_t index = cm_text_declare(p, sort, id);
    for (size_t i = first; i < p->scope->exports.len; i++)
        p->scope->exports.data[i].ref = (cm_ref){sort, index};
}

void cm_text_export_list(cm_text_parser *p, bool is_core)
{
    size_t at = p->scratch.len;
    uint32_t count = 0;
    for (; vm_lexer_take_open(p->lexer, "export"); count++) {
        if (is_core)
            vm_writer_name(&p->scratch, cm_text_string(p));
        else
            cm_text_extern_name(p);
        cm_ref ref = cm_text_extern_index(p, is_core);
        size_t sort = p->scratch.len;
        cm_text_write_sort(p, ref.sort);
        if (is_core && p->scratch.len == sort + 2) { /* without the byte that says core */
            p->scratch.data[sort] = p->scratch.data[sort + 1];
            p->scratch.len--;
        }
        vm_writer_leb_unsigned(&p->scratch, ref.index);
        cm_text_expect_close(p);
    }
    vm_writer_insert_leb(&p->scratch, at, count);
}

/* ---- Types of imports and exports ------------------------------------------------------------------------------ */

static void type_bound(cm_text_parser *p)
{
    if (vm_lexer_take_open(p->lexer, "sub")) {
        cm_text_expect(p, "resource");
        vm_writer_u8(&p->scratch, BOUND_SUB);
    } else {
        cm_text_expect_open(p, "eq");
        uint32_t index = cm_text_index(p, CM_TYPE, false);
        vm_writer_u8(&p->scratch, BOUND_EQ);
        vm_writer_leb_unsigned(&p->scratch, index);
    }
    cm_text_expect_close(p);
}

static void value_bound(cm_text_parser *p)
{
    if (vm_lexer_take_open(p->lexer, "eq")) {
        vm_writer_u8(&p->scratch, VALUE_EQ);
        uint32_t index = cm_text_index(p, CM_VALUE, false);
        vm_writer_leb_unsigned(&p->scratch, index);
        cm_text_expect_close(p);
    } else {
        vm_writer_u8(&p->scratch, VALUE_TYPE);
        cm_text_valtype(p);
    }
}

/* What follows the sort and the identifier, written with the sort. */
static void described(cm_text_parser *p, cm_sort sort)
{
    uint32_t index = 0;
    cm_text_write_sort(p, sort);
    switch (sort) {
    case CM_TYPE:
        type_bound(p);
        return;
    case CM_VALUE:
        value_bound(p);
        return;
    case CM_CORE_MODULE:
        index = cm_text_module_type_use(p);
        break;
    case CM_FUNC:
        index = cm_text_functype_use(p);
        break;
    case CM_COMPONENT:
        index = cm_text_body_type_use(p, CM_SCOPE_COMPONENT_TYPE);
        break;
    case CM_INSTANCE:
        index = cm_text_body_type_use(p, CM_SCOPE_INSTANCE_TYPE);
        break;
    default:
        vm_lexer_fail(p->lexer, "a %s can be neither imported nor exported", cm_sort_name(sort));
    }
    vm_writer_leb_unsigned(&p->scratch, index);
}

cm_sort cm_text_externtype(cm_text_parser *p, cm_text_id *id)
{
    if (!vm_lexer_take_kind(p->lexer, VM_TOKEN_OPEN))
        cm_text_unexpected(p, "a type with its sort, such as (func)");
    cm_sort sort = cm_text_take_any_sort(p);
    *id = cm_text_take_id(p);
    if (cm_text_deeper(p))
        described(p, sort);
    p->nesting--;
    cm_text_expect_close(p);
    return sort;
}

/* ---- Imports --------------------------------------------------------------------------------------------------- */

/* A name, and what is imported or exported under it. */
static void declared(cm_text_parser *p, cm_text_section section)
{
    size_t mark = p->scratch.len;
    cm_text_id id;
    cm_text_extern_name(p);
    cm_sort sort = cm_text_externtype(p, &id);
    cm_text_put(p, section, mark);
    cm_text_declare(p, sort, &id);
    cm_text_expect_close(p);
}

void cm_text_import(cm_text_parser *p)
{
    declared(p, CM_SECTION_IMPORT);
}

void cm_text_export_declarator(cm_text_parser *p)
{
    declared(p, CM_SECTION_EXPORT);
}

bool cm_text_inverted_import(cm_text_parser *p, cm_sort sort, const cm_text_id *id, size_t first_export)
{
    if (!cm_text_opens_inline(p, "import"))
        return false;
    size_t mark = p->scratch.len;
    vm_lexer_take_open(p->lexer, "import");
    cm_text_extern_name(p);
    cm_text_expect_close(p);
    described(p, sort);
    cm_text_put(p, CM_SECTION_IMPORT, mark);
    cm_text_define(p, sort, id, first_export);
    return true;
}

/* ---- Exports --------------------------------------------------------------------------------------------------- */

void cm_text_export_field(cm_text_parser *p)
{
    size_t mark = p->scratch.len;
    cm_text_id id = cm_text_take_id(p), ignored;
    cm_text_extern_name(p);
    cm_ref ref = cm_text_extern_index(p, false);
    cm_text_write_sort(p, ref.sort);
    vm_writer_leb_unsigned(&p->scratch, ref.index);
    bool has_type = p->lexer->token.kind == VM_TOKEN_OPEN;
    vm_writer_u8(&p->scratch, has_type);
    if (has_type)
        cm_text_externtype(p, &ignored);
    cm_text_put(p, CM_SECTION_EXPORT, mark);
    cm_text_declare(p, ref.sort, &id);
    cm_text_expect_close(p);
}

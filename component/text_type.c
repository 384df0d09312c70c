/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types of component text (Explainer "Type Definitions"). A value type inside another is a primitive or an index: one that
 * is written inline becomes a definition of its own first.
 */
#include "component/text_parse.h"
#include "component/text_words.h"

const cm_text_primitive cm_text_primitives[] = {
    {"bool", 0x7F}, {"s8", 0x7E},   {"u8", 0x7D},     {"s16", 0x7C},           {"u16", 0x7B},
    {"s32", 0x7A},  {"u32", 0x79},  {"s64", 0x78},    {"u64", 0x77},           {"f32", 0x76},
    {"f64", 0x75},  {"char", 0x74}, {"string", 0x73}, {"error-context", 0x64},
};
const size_t cm_text_primitive_count = BASE_COUNT(cm_text_primitives);

enum {
    RESOURCE = 0x3F,
    FUNC = 0x40,
    COMPONENT = 0x41,
    INSTANCE = 0x42,
    FUNC_ASYNC = 0x43,
    FIXED_LIST = 0x67,
    REP_I32 = 0x7F,
    REP_I64 = 0x7E,
};

typedef void read_type(cm_text_parser *p);
static read_type read_record, read_variant, read_list, read_tuple, read_labels, read_valtype, read_result,
    read_handle, read_optional, read_map;

/* Type constructors that make value types. Columns: word, code, what reads the rest. */
static const struct constructor {
    const char *word;
    uint8_t code;
    read_type *read;
} constructors[] = {
    {"record", 0x72, read_record},  {"variant", 0x71, read_variant}, {"list", 0x70, read_list},
    {"tuple", 0x6F, read_tuple},    {"flags", 0x6E, read_labels},    {"enum", 0x6D, read_labels},
    {"option", 0x6B, read_valtype}, {"result", 0x6A, read_result},   {"own", 0x69, read_handle},
    {"borrow", 0x68, read_handle},  {"stream", 0x66, read_optional}, {"future", 0x65, read_optional},
    {"map", 0x63, read_map},
};

/* ---- Value types ----------------------------------------------------------------------------------------------- */

static bool take_primitive(cm_text_parser *p)
{
    for (size_t i = 0; i < BASE_COUNT(cm_text_primitives); i++) {
        if (vm_lexer_take(p->lexer, cm_text_primitives[i].word)) {
            vm_writer_u8(&p->scratch, cm_text_primitives[i].code);
            return true;
        }
    }
    return false;
}

/* `(record ...)` and so on, if it stands there: written. */
static bool take_constructor(cm_text_parser *p)
{
    for (size_t i = 0; i < BASE_COUNT(constructors); i++) {
        if (!vm_lexer_take_open(p->lexer, constructors[i].word))
            continue;
        vm_writer_u8(&p->scratch, constructors[i].code);
        if (cm_text_deeper(p))
            constructors[i].read(p);
        p->nesting--;
        cm_text_expect_close(p);
        return true;
    }
    return false;
}

/* Defines the type in scratch from `mark`. */
static uint32_t define_type(cm_text_parser *p, size_t mark, const cm_text_id *id)
{
    cm_text_put(p, CM_SECTION_TYPE, mark);
    return cm_text_declare(p, CM_TYPE, id);
}

void cm_text_valtype(cm_text_parser *p)
{
    size_t mark = p->scratch.len;
    if (take_primitive(p))
        return;
    uint32_t index = 0;
    if (cm_text_at_index(p) || vm_lexer_opens(p->lexer, "type"))
        index = cm_text_index(p, CM_TYPE, false);
    else if (take_constructor(p))
        index = define_type(p, mark, NULL);
    else
        cm_text_unexpected(p, "a value type");
    vm_writer_leb_signed(&p->scratch, index);
}

static void read_valtype(cm_text_parser *p)
{
    cm_text_valtype(p);
}

static void optional_valtype(cm_text_parser *p, bool is_there)
{
    vm_writer_u8(&p->scratch, is_there);
    if (is_there)
        cm_text_valtype(p);
}

static void read_optional(cm_text_parser *p)
{
    optional_valtype(p, p->lexer->token.kind != VM_TOKEN_CLOSE);
}

/* `(word "label" type)`*, as a vector. */
static void labelled(cm_text_parser *p, const char *word)
{
    size_t at = p->scratch.len;
    uint32_t count = 0;
    for (; vm_lexer_take_open(p->lexer, word); count++) {
        vm_writer_name(&p->scratch, cm_text_string(p));
        cm_text_valtype(p);
        cm_text_expect_close(p);
    }
    vm_writer_insert_leb(&p->scratch, at, count);
}

static void read_record(cm_text_parser *p)
{
    labelled(p, "field");
}

static void read_variant(cm_text_parser *p)
{
    size_t at = p->scratch.len;
    uint32_t count = 0;
    for (; vm_lexer_take_open(p->lexer, "case"); count++) {
        vm_writer_name(&p->scratch, cm_text_string(p));
        read_optional(p);
        vm_writer_u8(&p->scratch, 0x00);
        cm_text_expect_close(p);
    }
    vm_writer_insert_leb(&p->scratch, at, count);
}

/* One with a length has another code. */
static void read_list(cm_text_parser *p)
{
    size_t code = p->scratch.len - 1;
    cm_text_valtype(p);
    if (p->lexer->token.kind != VM_TOKEN_INTEGER)
        return;
    vm_writer_leb_unsigned(&p->scratch, cm_text_u32(p));
    if (!p->scratch.failed)
        p->scratch.data[code] = FIXED_LIST;
}

static void read_tuple(cm_text_parser *p)
{
    size_t at = p->scratch.len;
    uint32_t count = 0;
    for (; p->lexer->token.kind != VM_TOKEN_CLOSE && !vm_lexer_failed(p->lexer); count++)
        cm_text_valtype(p);
    vm_writer_insert_leb(&p->scratch, at, count);
}

static void read_labels(cm_text_parser *p)
{
    size_t at = p->scratch.len;
    uint32_t count = 0;
    for (; p->lexer->token.kind == VM_TOKEN_STRING; count++)
        vm_writer_name(&p->scratch, cm_text_string(p));
    vm_writer_insert_leb(&p->scratch, at, count);
}

static void read_result(cm_text_parser *p)
{
    optional_valtype(p, p->lexer->token.kind != VM_TOKEN_CLOSE && !vm_lexer_opens(p->lexer, "error"));
    bool has_error = vm_lexer_take_open(p->lexer, "error");
    optional_valtype(p, has_error);
    if (has_error)
        cm_text_expect_close(p);
}

static void read_handle(cm_text_parser *p)
{
    uint32_t index = cm_text_index(p, CM_TYPE, false);
    vm_writer_leb_unsigned(&p->scratch, index);
}

static void read_map(cm_text_parser *p)
{
    cm_text_valtype(p);
    cm_text_valtype(p);
}

/* ---- Function types -------------------------------------------------------------------------------------------- */

void cm_text_result(cm_text_parser *p)
{
    bool has_result = vm_lexer_take_open(p->lexer, "result");
    vm_writer_u8(&p->scratch, has_result ? 0x00 : 0x01);
    if (has_result) {
        cm_text_valtype(p);
        cm_text_expect_close(p);
    } else {
        vm_writer_u8(&p->scratch, 0x00);
    }
}

/* Behind `func`. */
static void functype(cm_text_parser *p)
{
    vm_writer_u8(&p->scratch, vm_lexer_take(p->lexer, "async") ? FUNC_ASYNC : FUNC);
    labelled(p, "param");
    cm_text_result(p);
}

/* ---- Component and instance types ------------------------------------------------------------------------------ */

/* One declarator, behind the open parenthesis. */
static void declarator(cm_text_parser *p, cm_text_scope_kind kind)
{
    if (vm_lexer_take(p->lexer, "core"))
        cm_text_core_type(p);
    else if (vm_lexer_take(p->lexer, "type"))
        cm_text_type(p);
    else if (vm_lexer_take(p->lexer, "alias"))
        cm_text_alias(p);
    else if (vm_lexer_take(p->lexer, "export"))
        cm_text_export_declarator(p);
    else if (kind == CM_SCOPE_COMPONENT_TYPE && vm_lexer_take(p->lexer, "import"))
        cm_text_import(p);
    else
        cm_text_unexpected(p, kind == CM_SCOPE_COMPONENT_TYPE ? "import, export, type, core or alias"
                                                              : "export, type, core or alias");
}

/* Behind `component` or `instance`. */
static void body_type(cm_text_parser *p, cm_text_scope_kind kind)
{
    cm_text_scope scope;
    if (!cm_text_enter(p, &scope, kind, (pirn_str){"", 0}))
        return;
    while (vm_lexer_take_kind(p->lexer, VM_TOKEN_OPEN))
        declarator(p, kind);
    cm_text_leave(p);
    vm_writer_u8(&p->scratch, kind == CM_SCOPE_COMPONENT_TYPE ? COMPONENT : INSTANCE);
    vm_writer_leb_unsigned(&p->scratch, scope.items);
    vm_writer_bytes(&p->scratch, scope.out.data, scope.out.len);
    cm_text_scope_done(p, &scope);
}

/* ---- Definitions ----------------------------------------------------------------------------------------------- */

/* Behind `resource`. */
static void resource_type(cm_text_parser *p)
{
    cm_text_expect_open(p, "rep");
    bool is_64 = vm_lexer_take(p->lexer, "i64");
    if (!is_64)
        cm_text_expect(p, "i32");
    cm_text_expect_close(p);
    bool has_dtor = vm_lexer_take_open(p->lexer, "dtor");
    uint32_t dtor = has_dtor ? cm_text_index(p, CM_CORE_FUNC, false) : 0;
    if (has_dtor)
        cm_text_expect_close(p);
    vm_writer_u8(&p->scratch, RESOURCE);
    vm_writer_u8(&p->scratch, is_64 ? REP_I64 : REP_I32);
    vm_writer_u8(&p->scratch, has_dtor);
    if (has_dtor)
        vm_writer_leb_unsigned(&p->scratch, dtor);
}

static void deftype(cm_text_parser *p)
{
    if (take_primitive(p) || take_constructor(p))
        return;
    if (vm_lexer_take_open(p->lexer, "func")) {
        functype(p);
    } else if (vm_lexer_take_open(p->lexer, "component")) {
        body_type(p, CM_SCOPE_COMPONENT_TYPE);
    } else if (vm_lexer_take_open(p->lexer, "instance")) {
        body_type(p, CM_SCOPE_INSTANCE_TYPE);
    } else if (vm_lexer_take_open(p->lexer, "resource")) {
        resource_type(p);
    } else {
        if (p->lexer->token.kind == VM_TOKEN_OPEN)
            vm_lexer_advance(p->lexer);
        cm_text_unexpected(p, "a type");
    }
    cm_text_expect_close(p);
}

void cm_text_type(cm_text_parser *p)
{
    cm_text_id id = cm_text_take_id(p);
    size_t first = cm_text_inline_exports(p), mark = p->scratch.len;
    if (!cm_text_inverted_alias(p, CM_TYPE, &id, first)) {
        deftype(p);
        cm_text_put(p, CM_SECTION_TYPE, mark);
        cm_text_define(p, CM_TYPE, &id, first);
    }
    cm_text_expect_close(p);
}

/* ---- Uses ------------------------------------------------------------------------------------------------------ */

/* `(type index)`, if it stands there. */
static bool take_type_use(cm_text_parser *p, uint32_t *index)
{
    if (!cm_text_opens_type_use(p))
        return false;
    *index = cm_text_index(p, CM_TYPE, false);
    return true;
}

uint32_t cm_text_functype_use(cm_text_parser *p)
{
    uint32_t index;
    if (take_type_use(p, &index))
        return index;
    size_t mark = p->scratch.len;
    functype(p);
    return define_type(p, mark, NULL);
}

uint32_t cm_text_body_type_use(cm_text_parser *p, cm_text_scope_kind kind)
{
    uint32_t index;
    if (take_type_use(p, &index))
        return index;
    size_t mark = p->scratch.len;
    body_type(p, kind);
    return define_type(p, mark, NULL);
}

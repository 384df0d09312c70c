/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Annotations (spec 6.2.5, and the appendix on custom sections) and what becomes of them: `(@custom ...)`, `(@name
 * ...)` and `(@metadata.code.branch_hint ...)`; and the name section, which keeps identifiers.
 */
#include "vm/text/parser.h"
#include <string.h>

#define BRANCH_HINT "metadata.code.branch_hint"

bool vm_text_keeps_annotation(pirn_str id)
{
    return pirn_str_eq(id, PIRN_STR("custom")) || pirn_str_eq(id, PIRN_STR("name")) ||
           pirn_str_eq(id, PIRN_STR(BRANCH_HINT));
}

/* A failure inside an annotation is the text's. */
static void adopt_failure(vm_text_parser *p, const vm_lexer *inner)
{
    if (vm_lexer_failed(inner))
        vm_lexer_fail_at(p->lexer, &inner->token.start, inner->status, "%s", "malformed annotation");
}

static void fail_annotation(vm_lexer *inner, const char *what)
{
    vm_lexer_fail(inner, "%s", what);
}

/* ---- @custom --------------------------------------------------------------------------------------------------- */

/* `(before section)` or `(after section)`; without it the section comes last. */
static void custom_place(vm_lexer *inner, vm_text_custom *out)
{
    *out = (vm_text_custom){.place = VM_TEXT_LAST, .after = true};
    if (!vm_lexer_take_kind(inner, VM_TOKEN_OPEN))
        return;
    out->after = vm_token_is(&inner->token, "after");
    if (!out->after && !vm_token_is(&inner->token, "before")) {
        fail_annotation(inner, "@custom annotation: malformed placement");
        return;
    }
    vm_lexer_advance(inner);
    size_t row = 0;
    while (row < vm_text_section_row_count && !vm_token_is(&inner->token, vm_text_section_rows[row].word))
        row++;
    bool is_edge = vm_token_is(&inner->token, out->after ? "last" : "first");
    if (row == vm_text_section_row_count && !is_edge) {
        fail_annotation(inner, "@custom annotation: malformed section kind");
        return;
    }
    out->place = is_edge ? (out->after ? VM_TEXT_LAST : VM_TEXT_FIRST) : (uint8_t)row;
    vm_lexer_advance(inner);
    vm_lexer_expect_close(inner);
}

static void custom_annotation(vm_text_parser *p, vm_lexer *inner)
{
    vm_text_custom custom;
    vm_writer content;
    if (inner->token.kind != VM_TOKEN_STRING) {
        fail_annotation(inner, "@custom annotation: missing section name");
        return;
    }
    pirn_str name = vm_lexer_bytes(inner, &inner->token, &p->arena);
    if (name.data != NULL && !base_utf8_valid(name, NULL))
        fail_annotation(inner, "@custom annotation: malformed UTF-8 encoding");
    vm_lexer_advance(inner);
    custom_place(inner, &custom);
    vm_writer_init(&content, p->allocator);
    vm_writer_name(&content, name);
    for (; inner->token.kind == VM_TOKEN_STRING; vm_lexer_advance(inner)) {
        pirn_str bytes = vm_lexer_bytes(inner, &inner->token, &p->arena);
        vm_writer_bytes(&content, bytes.data, bytes.len);
    }
    if (inner->token.kind != VM_TOKEN_END)
        fail_annotation(inner, "@custom annotation: unexpected token");
    custom.content = base_arena_copy(&p->arena, (pirn_str){(const char *)content.data, content.len});
    if (content.failed || custom.content.data == NULL || !BASE_VEC_PUSH(&p->customs, p->allocator, custom))
        vm_text_nomem(p);
    vm_writer_done(&content);
}

void vm_text_field_annotations(vm_text_parser *p)
{
    vm_place cursor = p->lexer->token.gap;
    vm_lexer inner;
    pirn_str id;
    while (vm_lexer_annotation(p->lexer, &cursor, &id, &inner)) {
        if (pirn_str_eq(id, PIRN_STR("custom")))
            custom_annotation(p, &inner);
        else if (pirn_str_eq(id, PIRN_STR(BRANCH_HINT)))
            fail_annotation(&inner, "@" BRANCH_HINT " annotation: not in a function");
        else
            vm_lexer_misplaced(p->lexer, &cursor, id);
        adopt_failure(p, &inner);
    }
}

/* ---- @metadata.code.branch_hint -------------------------------------------------------------------------------- */

static void hint_annotation(vm_text_parser *p, vm_lexer *inner)
{
    vm_place place = inner->token.start;
    pirn_str value = vm_lexer_bytes(inner, &inner->token, &p->arena);
    if (!vm_lexer_failed(inner) && (value.len != 1 || (uint8_t)value.data[0] > 1))
        fail_annotation(inner, "@" BRANCH_HINT " annotation: invalid value");
    else if (p->has_hint)
        fail_annotation(inner, "@" BRANCH_HINT " annotation: duplicate annotation");
    vm_lexer_advance(inner);
    if (!vm_lexer_failed(inner) && inner->token.kind != VM_TOKEN_END)
        fail_annotation(inner, "@" BRANCH_HINT " annotation: unexpected token");
    adopt_failure(p, inner);
    if (vm_lexer_failed(p->lexer))
        return;
    p->has_hint = true;
    p->hint_value = (uint8_t)value.data[0];
    p->hint_place = place;
}

void vm_text_no_hint_waits(vm_text_parser *p)
{
    if (p->has_hint)
        vm_lexer_fail_at(p->lexer, &p->hint_place, PIRN_MALFORMED,
                         "@" BRANCH_HINT " annotation: no instruction follows");
}

/* ---- @name ----------------------------------------------------------------------------------------------------- */

static pirn_str name_in(vm_text_parser *p, vm_lexer *inner)
{
    pirn_str name = {"", 0};
    if (inner->token.kind != VM_TOKEN_STRING)
        fail_annotation(inner, "@name annotation: missing name");
    else
        name = vm_lexer_name(inner, &inner->token, &p->arena);
    vm_lexer_advance(inner);
    if (inner->token.kind != VM_TOKEN_END)
        fail_annotation(inner, "@name annotation: unexpected token");
    adopt_failure(p, inner);
    return name;
}

/* Does it stand on the first instruction of a function that has no more of a head? */
static bool at_first_instr(vm_text_parser *p)
{
    static const char *const head[] = {"export", "import", "type", "param", "result", "local"};
    for (size_t i = 0; i < BASE_COUNT(head); i++) {
        if (vm_lexer_opens(p->lexer, head[i]))
            return false;
    }
    return true;
}

/* Fields come in the order of their indices; of several annotations the last one prevails. */
static void annotate(vm_text_parser *p, vm_text_space space, uint32_t index, pirn_str name)
{
    size_t len = p->annotated[space].len;
    if (len > 0 && p->annotated[space].data[len - 1].index == index)
        p->annotated[space].data[len - 1].name = name;
    else if (!BASE_VEC_PUSH(&p->annotated[space], p->allocator, (vm_name){index, name}))
        vm_text_nomem(p);
}

void vm_text_name_annotation(vm_text_parser *p, vm_text_space space, uint32_t index)
{
    vm_place cursor = p->lexer->token.gap;
    vm_lexer inner;
    pirn_str id;
    while (vm_lexer_annotation(p->lexer, &cursor, &id, &inner)) {
        if (pirn_str_eq(id, PIRN_STR("name")))
            annotate(p, space, index, name_in(p, &inner));
        else if (pirn_str_eq(id, PIRN_STR(BRANCH_HINT)) && space == VM_SPACE_FUNC && at_first_instr(p))
            hint_annotation(p, &inner);
        else
            vm_lexer_misplaced(p->lexer, &cursor, id);
    }
}

void vm_text_module_name_annotation(vm_text_parser *p)
{
    bool has_name = false;
    vm_place cursor = p->lexer->token.gap;
    vm_lexer inner;
    pirn_str id;
    while (vm_lexer_annotation(p->lexer, &cursor, &id, &inner)) {
        if (pirn_str_eq(id, PIRN_STR("custom"))) {
            custom_annotation(p, &inner);
            adopt_failure(p, &inner);
        } else if (pirn_str_eq(id, PIRN_STR(BRANCH_HINT))) {
            fail_annotation(&inner, "@" BRANCH_HINT " annotation: not in a function");
            adopt_failure(p, &inner);
        } else if (!pirn_str_eq(id, PIRN_STR("name"))) {
            vm_lexer_misplaced(p->lexer, &cursor, id);
        } else if (has_name) {
            vm_lexer_fail_at(p->lexer, &inner.token.start, PIRN_MALFORMED, "@name annotation: multiple module names");
        } else {
            p->module_name = name_in(p, &inner);
            has_name = true;
        }
    }
}

/* ---- Branch hints ---------------------------------------------------------------------------------------------- */

void vm_text_instr_annotations(vm_text_parser *p)
{
    vm_place cursor = p->lexer->token.gap;
    vm_lexer inner;
    pirn_str id;
    while (p->lexer->token.annotated && vm_lexer_annotation(p->lexer, &cursor, &id, &inner)) {
        if (pirn_str_eq(id, PIRN_STR(BRANCH_HINT)) && p->is_in_function)
            hint_annotation(p, &inner);
        else
            vm_lexer_misplaced(p->lexer, &cursor, id);
    }
}

void vm_text_begin_instr(vm_text_parser *p, const vm_text_lead *lead)
{
    vm_text_mark_place(p, &lead->place);
    if (!lead->has_hint)
        return;
    vm_writer_leb_unsigned(&p->hints, p->code->len - p->body_start);
    vm_writer_leb_unsigned(&p->hints, 1);
    vm_writer_u8(&p->hints, lead->hint_value);
    p->hint_count++;
}

void vm_text_write_hints(vm_text_parser *p, vm_writer *out)
{
    vm_writer_name(out, PIRN_STR(BRANCH_HINT));
    vm_writer_leb_unsigned(out, p->functions_with_hints);
    vm_writer_bytes(out, p->all_hints.data, p->all_hints.len);
    out->failed = out->failed || p->all_hints.failed;
}

/* ---- The name section ------------------------------------------------------------------------------------------ */

enum { MODULE_NAME = 0, LOCAL_NAMES = 2, LABEL_NAMES = 3, FIELD_NAMES = 10 };

/* A name map; the vector's length before it. */
static void name_map(vm_writer *w, const vm_name *names, size_t count)
{
    vm_writer_leb_unsigned(w, count);
    for (size_t i = 0; i < count; i++) {
        vm_writer_leb_unsigned(w, names[i].index);
        vm_writer_name(w, names[i].name);
    }
}

void vm_text_end_function_names(vm_text_parser *p, uint32_t func)
{
    if (p->names[VM_SPACE_LOCAL].len > 0) {
        vm_writer_leb_unsigned(&p->local_names, func);
        name_map(&p->local_names, p->names[VM_SPACE_LOCAL].data, p->names[VM_SPACE_LOCAL].len);
        p->functions_with_locals++;
    }
    if (p->label_names.len > 0) {
        vm_writer_leb_unsigned(&p->all_label_names, func);
        name_map(&p->all_label_names, p->label_names.data, p->label_names.len);
        p->functions_with_labels++;
    }
    if (p->hint_count > 0) {
        vm_writer_leb_unsigned(&p->all_hints, func);
        vm_writer_leb_unsigned(&p->all_hints, p->hint_count);
        vm_writer_bytes(&p->all_hints, p->hints.data, p->hints.len);
        p->functions_with_hints++;
    }
    p->hints.len = 0;
    p->hint_count = 0;
}

/* An indirect name map that was collected function by function. */
static void indirect_map(vm_writer *w, uint8_t id, uint32_t count, const vm_writer *collected)
{
    w->failed = w->failed || collected->failed;
    if (count == 0)
        return;
    size_t begun = vm_writer_begin(w, id);
    vm_writer_leb_unsigned(w, count);
    vm_writer_bytes(w, collected->data, collected->len);
    vm_writer_end(w, begun);
}

/* The names of an index space: those of identifiers but where there is an annotation. */
static void space_map(vm_writer *w, const vm_text_parser *p, vm_text_space space)
{
    const vm_name *names = p->names[space].data, *annotated = p->annotated[space].data;
    size_t name = 0, name_count = p->names[space].len, note = 0, note_count = p->annotated[space].len, at = w->len;
    uint32_t count = 0;
    for (; name < name_count || note < note_count; count++) {
        bool is_annotated = name == name_count || (note < note_count && annotated[note].index <= names[name].index);
        if (is_annotated && name < name_count && annotated[note].index == names[name].index)
            name++;
        const vm_name *next = is_annotated ? &annotated[note++] : &names[name++];
        vm_writer_leb_unsigned(w, next->index);
        vm_writer_name(w, next->name);
    }
    vm_writer_insert_leb(w, at, count);
}

static void subsections(vm_text_parser *p, vm_writer *w)
{
    static const struct {
        uint8_t id;
        vm_text_space space;
    } rows[] = {{1, VM_SPACE_FUNC},
                {LOCAL_NAMES, VM_SPACE_LOCAL},
                {LABEL_NAMES, VM_SPACE_LABEL},
                {4, VM_SPACE_TYPE},
                {5, VM_SPACE_TABLE},
                {6, VM_SPACE_MEMORY},
                {7, VM_SPACE_GLOBAL},
                {8, VM_SPACE_ELEM},
                {9, VM_SPACE_DATA},
                {FIELD_NAMES, VM_SPACE_NONE},
                {11, VM_SPACE_TAG}};
    if (p->module_name.len > 0) {
        size_t begun = vm_writer_begin(w, MODULE_NAME);
        vm_writer_name(w, p->module_name);
        vm_writer_end(w, begun);
    }
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        if (rows[i].id == LOCAL_NAMES) {
            indirect_map(w, LOCAL_NAMES, p->functions_with_locals, &p->local_names);
        } else if (rows[i].id == LABEL_NAMES) {
            indirect_map(w, LABEL_NAMES, p->functions_with_labels, &p->all_label_names);
        } else if (rows[i].id == FIELD_NAMES) {
            indirect_map(w, FIELD_NAMES, p->types_with_fields, &p->field_names);
        } else if (p->names[rows[i].space].len + p->annotated[rows[i].space].len > 0) {
            size_t begun = vm_writer_begin(w, rows[i].id);
            space_map(w, p, rows[i].space);
            vm_writer_end(w, begun);
        }
    }
}

void vm_text_write_name_section(vm_text_parser *p, vm_writer *out)
{
    size_t start = out->len;
    size_t section = vm_writer_begin(out, 0);
    vm_writer_name(out, PIRN_STR("name"));
    size_t content = out->len;
    subsections(p, out);
    if (out->len == content)
        out->len = start;
    else
        vm_writer_end(out, section);
}

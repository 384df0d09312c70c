/* SPDX-License-Identifier: Apache-2.0 */
/* Component text as a whole: tokens, annotations, a component with its preamble and its names. */
#include "component/text_parse.h"
#include <pirn/component.h>
#include <string.h>

/* What is read by recursion: components, types, inline definitions. */
enum { LIMIT_NESTING = 500 };

/* ---- Tokens ---------------------------------------------------------------------------------------------------- */

void cm_text_nomem(cm_text_parser *p)
{
    vm_place place = p->lexer->token.start;
    vm_lexer_fail_at(p->lexer, &place, PIRN_NOMEM, "out of memory");
}

void cm_text_unexpected(cm_text_parser *p, const char *what)
{
    enum { SHOWN = 60 };
    const vm_token *token = &p->lexer->token;
    pirn_str text = token->kind == VM_TOKEN_END ? PIRN_STR("end of text") : token->text;
    int len = text.len > SHOWN ? SHOWN : (int)text.len;
    vm_lexer_fail(p->lexer, "unexpected token %.*s, expected %s", len, text.data, what);
}

void cm_text_expect(cm_text_parser *p, const char *keyword)
{
    if (!vm_lexer_take(p->lexer, keyword))
        cm_text_unexpected(p, keyword);
}

void cm_text_expect_open(cm_text_parser *p, const char *keyword)
{
    if (!vm_lexer_take_kind(p->lexer, VM_TOKEN_OPEN))
        cm_text_unexpected(p, "(");
    cm_text_expect(p, keyword);
}

void cm_text_expect_close(cm_text_parser *p)
{
    if (!vm_lexer_take_kind(p->lexer, VM_TOKEN_CLOSE))
        cm_text_unexpected(p, ")");
}

pirn_str cm_text_string(cm_text_parser *p)
{
    vm_token token = p->lexer->token;
    if (token.kind != VM_TOKEN_STRING) {
        cm_text_unexpected(p, "a string");
        return PIRN_STR("");
    }
    pirn_str name = vm_lexer_name(p->lexer, &token, &p->arena);
    vm_lexer_advance(p->lexer);
    return name;
}

uint32_t cm_text_u32(cm_text_parser *p)
{
    vm_token token = p->lexer->token;
    uint64_t value = 0;
    char first = token.text.len > 0 ? token.text.data[0] : '\0';
    if (token.kind != VM_TOKEN_INTEGER || first == '+' || first == '-')
        cm_text_unexpected(p, "a number");
    else if (!vm_number_unsigned(token.text, 32, &value))
        vm_lexer_fail(p->lexer, "i32 constant out of range: %.*s", PIRN_STR_ARG(token.text));
    vm_lexer_advance(p->lexer);
    return (uint32_t)value;
}

bool cm_text_deeper(cm_text_parser *p)
{
    if (p->nesting++ < LIMIT_NESTING)
        return true;
    vm_lexer_fail_at(p->lexer, &p->lexer->token.start, PIRN_LIMIT, "definitions are nested too deep");
    return false;
}

/* ---- Looking further ahead ------------------------------------------------------------------------------------- */

vm_lexer cm_text_look(const cm_text_parser *p)
{
    vm_lexer ahead = *p->lexer;
    ahead.error = NULL;
    ahead.keeps = NULL;
    ahead.token.annotated = ahead.ahead.annotated = false;
    return ahead;
}

static bool is_attribute(vm_lexer *lexer)
{
    return vm_lexer_opens(lexer, "implements") || vm_lexer_opens(lexer, "external-id") ||
           vm_lexer_opens(lexer, "versionsuffix");
}

bool cm_text_opens_inline(cm_text_parser *p, const char *word)
{
    if (!vm_lexer_opens(p->lexer, word))
        return false;
    vm_lexer ahead = cm_text_look(p);
    vm_lexer_take_open(&ahead, word);
    if (!vm_lexer_take_kind(&ahead, VM_TOKEN_STRING))
        return false;
    while (is_attribute(&ahead))
        vm_lexer_skip_list(&ahead);
    return ahead.token.kind == VM_TOKEN_CLOSE;
}

bool cm_text_opens_type_use(cm_text_parser *p)
{
    if (!vm_lexer_opens(p->lexer, "type"))
        return false;
    vm_lexer ahead = cm_text_look(p);
    vm_lexer_take_open(&ahead, "type");
    if (!vm_lexer_take_kind(&ahead, VM_TOKEN_INTEGER) && !vm_lexer_take_kind(&ahead, VM_TOKEN_ID))
        return false;
    return ahead.token.kind == VM_TOKEN_CLOSE || ahead.token.kind == VM_TOKEN_STRING;
}

/* ---- Annotations ----------------------------------------------------------------------------------------------- */

/* A failure inside an annotation is the text's. */
static void annotation_failed(cm_text_parser *p, vm_lexer *inner, const char *what)
{
    pirn_status status = vm_lexer_failed(inner) ? inner->status : PIRN_MALFORMED;
    vm_lexer_fail_at(p->lexer, &inner->token.start, status, "%s", what);
}

static void custom_annotation(cm_text_parser *p, vm_lexer *inner)
{
    vm_writer *w = &p->scope->out;
    vm_token name = inner->token;
    if (name.kind != VM_TOKEN_STRING) {
        annotation_failed(p, inner, "@custom annotation: missing section name");
        return;
    }
    cm_text_flush(p);
    size_t section = vm_writer_begin(w, CM_SECTION_CUSTOM);
    vm_writer_name(w, vm_lexer_name(inner, &name, &p->arena));
    for (vm_lexer_advance(inner); inner->token.kind == VM_TOKEN_STRING; vm_lexer_advance(inner)) {
        pirn_str bytes = vm_lexer_bytes(inner, &inner->token, &p->arena);
        vm_writer_bytes(w, bytes.data, bytes.len);
    }
    vm_writer_end(w, section);
    if (vm_lexer_failed(inner) || inner->token.kind != VM_TOKEN_END)
        annotation_failed(p, inner, "@custom annotation: unexpected token");
}

/* Custom sections, where a definition may stand. */
static void field_annotations(cm_text_parser *p)
{
    vm_place cursor = p->lexer->token.gap;
    vm_lexer inner;
    pirn_str id;
    while (vm_lexer_annotation(p->lexer, &cursor, &id, &inner)) {
        if (pirn_str_eq(id, PIRN_STR("custom")))
            custom_annotation(p, &inner);
        else
            vm_lexer_misplaced(p->lexer, &cursor, id);
    }
}

/* `(@name "...")` behind an identifier, or where one could be. */
static void name_annotation(cm_text_parser *p, cm_text_id *out)
{
    vm_place cursor = p->lexer->token.gap;
    vm_lexer inner, before = *p->lexer;
    pirn_str id;
    if (!vm_lexer_annotation(p->lexer, &cursor, &id, &inner))
        return;
    if (!pirn_str_eq(id, PIRN_STR("name"))) { /* of what comes */
        *p->lexer = before;
        return;
    }
    vm_token name = inner.token;
    if (name.kind == VM_TOKEN_STRING)
        out->shown = vm_lexer_name(&inner, &name, &p->arena);
    vm_lexer_advance(&inner);
    if (vm_lexer_failed(&inner) || name.kind != VM_TOKEN_STRING || inner.token.kind != VM_TOKEN_END)
        annotation_failed(p, &inner, "@name annotation: one name is expected");
    vm_lexer behind;
    if (vm_lexer_annotation(p->lexer, &cursor, &id, &behind))
        vm_lexer_misplaced(p->lexer, &cursor, id);
}

cm_text_id cm_text_take_id(cm_text_parser *p)
{
    cm_text_id id = {.token = p->lexer->token};
    id.is_there = vm_lexer_take_kind(p->lexer, VM_TOKEN_ID);
    if (id.is_there)
        id.name = vm_lexer_id(p->lexer, &id.token, &p->arena);
    name_annotation(p, &id);
    return id;
}

/* ---- Names (Binary.md, "Name Section") ------------------------------------------------------------------------- */

enum { NAME_OF_COMPONENT, NAMES_OF_SORT };

static void write_sort_names(cm_text_parser *p, const cm_text_scope *scope, cm_sort sort, vm_writer *w)
{
    if (scope->names[sort].len == 0)
        return;
    size_t begun = vm_writer_begin(w, NAMES_OF_SORT), mark = p->scratch.len;
    cm_text_write_sort(p, sort);
    vm_writer_bytes(w, p->scratch.data + mark, p->scratch.len - mark);
    p->scratch.len = mark;
    vm_writer_leb_unsigned(w, scope->names[sort].len);
    for (size_t i = 0; i < scope->names[sort].len; i++) {
        vm_writer_leb_unsigned(w, scope->names[sort].data[i].index);
        vm_writer_name(w, scope->names[sort].data[i].name);
    }
    vm_writer_end(w, begun);
}

static void write_names(cm_text_parser *p, const cm_text_scope *scope, pirn_str name, vm_writer *w)
{
    size_t start = w->len, section = vm_writer_begin(w, CM_SECTION_CUSTOM);
    vm_writer_name(w, PIRN_STR("component-name"));
    size_t content = w->len;
    if (name.len > 0) {
        size_t begun = vm_writer_begin(w, NAME_OF_COMPONENT);
        vm_writer_name(w, name);
        vm_writer_end(w, begun);
    }
    for (int sort = 0; sort < CM_SORT_COUNT && !p->scratch.failed; sort++)
        write_sort_names(p, scope, (cm_sort)sort, w);
    if (w->len == content)
        w->len = start;
    else
        vm_writer_end(w, section);
}

/* ---- Components ------------------------------------------------------------------------------------------------ */

void cm_text_binary(cm_text_parser *p, vm_writer *out)
{
    while (p->lexer->token.kind == VM_TOKEN_STRING && !vm_lexer_failed(p->lexer)) {
        pirn_str bytes = vm_lexer_bytes(p->lexer, &p->lexer->token, &p->arena);
        vm_writer_bytes(out, bytes.data, bytes.len);
        vm_lexer_advance(p->lexer);
    }
}

/* All definitions up to a closing parenthesis, and the custom sections between them. */
static void definitions(cm_text_parser *p)
{
    for (field_annotations(p); p->lexer->token.kind == VM_TOKEN_OPEN; field_annotations(p)) {
        vm_lexer_advance(p->lexer);
        cm_text_field(p);
    }
}

void cm_text_component(cm_text_parser *p, const cm_text_id *id, vm_writer *out)
{
    static const uint8_t preamble[] = {0x00, 'a', 's', 'm', 0x0D, 0x00, 0x01, 0x00};
    cm_text_scope scope;
    if (!cm_text_enter(p, &scope, CM_SCOPE_COMPONENT, id->name))
        return;
    vm_writer_bytes(&scope.out, preamble, sizeof preamble);
    definitions(p);
    cm_text_leave(p);
    write_names(p, &scope, id->shown.data != NULL ? id->shown : id->name, &scope.out);
    vm_writer_bytes(out, scope.out.data, scope.out.len);
    out->failed = out->failed || scope.out.failed;
    cm_text_scope_done(p, &scope);
}

/* ---- Texts ----------------------------------------------------------------------------------------------------- */

static void begin(cm_text_parser *p, vm_lexer *lexer, const pirn_allocator *allocator)
{
    *p = (cm_text_parser){.lexer = lexer, .allocator = allocator};
    base_arena_init(&p->arena, allocator);
    vm_writer_init(&p->scratch, allocator);
}

static pirn_status end(cm_text_parser *p, const vm_writer *out)
{
    if (out->failed || p->scratch.failed)
        cm_text_nomem(p);
    vm_writer_done(&p->scratch);
    base_arena_done(&p->arena);
    return p->lexer->status;
}

pirn_status cm_text_parse_fields(vm_lexer *lexer, pirn_str id, vm_writer *out)
{
    cm_text_parser p;
    begin(&p, lexer, out->allocator);
    cm_text_component(&p, &(cm_text_id){.is_there = id.len > 0, .name = id}, out);
    return end(&p, out);
}

pirn_status cm_text_parse(vm_lexer *lexer, vm_writer *out)
{
    cm_text_parser p;
    begin(&p, lexer, out->allocator);
    bool is_wrapped = false;
    if (vm_lexer_opens(lexer, "component")) { /* a definition with nothing behind it, or the whole */
        vm_lexer behind = cm_text_look(&p);
        vm_lexer_skip_list(&behind);
        is_wrapped = vm_lexer_failed(&behind) || behind.token.kind == VM_TOKEN_END;
    }
    cm_text_id id = {.is_there = false};
    if (is_wrapped) {
        lexer->token.annotated = false;
        vm_lexer_take_open(lexer, "component");
        id = cm_text_take_id(&p);
    }
    if (is_wrapped && vm_lexer_take(lexer, "binary"))
        cm_text_binary(&p, out);
    else
        cm_text_component(&p, &id, out);
    if (is_wrapped)
        cm_text_expect_close(&p);
    if (lexer->token.kind != VM_TOKEN_END)
        cm_text_unexpected(&p, is_wrapped ? "the end of the text" : "a definition");
    return end(&p, out);
}

bool pirn_is_component_text(const char *text, size_t size)
{
    vm_lexer lexer;
    vm_lexer_init(&lexer, (pirn_str){text, size}, NULL, NULL);
    return vm_lexer_opens(&lexer, "component");
}

pirn_status pirn_component_text_parse(const char *text, size_t size, pirn_arena *arena, const uint8_t **bytes,
                                      size_t *bytes_size, pirn_error *error)
{
    vm_lexer lexer;
    vm_writer out;
    vm_lexer_init(&lexer, (pirn_str){text, size}, vm_text_keeps_annotation, error);
    vm_writer_init(&out, arena->base.allocator);
    pirn_status status = cm_text_parse(&lexer, &out);
    if (status == PIRN_OK) {
        pirn_str copy = base_arena_copy(&arena->base, (pirn_str){(const char *)out.data, out.len});
        *bytes = (const uint8_t *)copy.data;
        *bytes_size = copy.len;
        status = copy.data != NULL ? PIRN_OK : base_nomem(error);
    }
    vm_writer_done(&out);
    return status;
}

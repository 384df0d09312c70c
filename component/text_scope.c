/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scopes of component text: their index spaces, the definitions that are put into them, and how identifiers and indices
 * find what they mean (Explainer "Index Spaces", "Alias Definitions").
 */
#include "component/text_parse.h"
#include "component/text_words.h"
#include <string.h>

/* By cm_sort: the bytes of a sort (Binary.md). */
static const struct {
    uint8_t size, bytes[2];
} sort_codes[] = {
    [CM_CORE_FUNC] = {2, {0x00, 0x00}},
    [CM_CORE_TABLE] = {2, {0x00, 0x01}},
    [CM_CORE_MEMORY] = {2, {0x00, 0x02}},
    [CM_CORE_GLOBAL] = {2, {0x00, 0x03}},
    [CM_CORE_TAG] = {2, {0x00, 0x04}},
    [CM_CORE_TYPE] = {2, {0x00, 0x10}},
    [CM_CORE_MODULE] = {2, {0x00, 0x11}},
    [CM_CORE_INSTANCE] = {2, {0x00, 0x12}},
    [CM_FUNC] = {1, {0x01}},
    [CM_VALUE] = {1, {0x02}},
    [CM_TYPE] = {1, {0x03}},
    [CM_COMPONENT] = {1, {0x04}},
    [CM_INSTANCE] = {1, {0x05}},
};

enum { ALIAS_EXPORT, ALIAS_CORE_EXPORT, ALIAS_OUTER, CORE_TYPE = 0x10, CORE_ALIAS_OUTER = 0x01 };

/* ---- Life ------------------------------------------------------------------------------------------------------ */

bool cm_text_enter(cm_text_parser *p, cm_text_scope *scope, cm_text_scope_kind kind, pirn_str id)
{
    if (p->scope_depth > CM_LIMIT_NESTING) {
        vm_lexer_fail_at(p->lexer, &p->lexer->token.start, PIRN_LIMIT, "components and types are nested too deep");
        return false;
    }
    p->scope_depth++;
    *scope = (cm_text_scope){.outer = p->scope, .kind = kind, .id = id};
    for (int sort = 0; sort < CM_SORT_COUNT; sort++)
        base_map_init(&scope->ids[sort], p->allocator);
    vm_writer_init(&scope->out, p->allocator);
    p->scope = scope;
    return true;
}

static void put_exports(cm_text_parser *p)
{
    cm_text_scope *scope = p->scope;
    for (size_t i = 0; i < scope->exports.len && !vm_lexer_failed(p->lexer); i++) {
        const cm_text_export *export = &scope->exports.data[i];
        size_t mark = p->scratch.len;
        vm_writer_bytes(&p->scratch, export->name.data, export->name.len);
        cm_text_write_sort(p, export->ref.sort);
        vm_writer_leb_unsigned(&p->scratch, export->ref.index);
        vm_writer_u8(&p->scratch, 0x00);
        cm_text_put(p, CM_SECTION_EXPORT, mark);
        cm_text_declare(p, export->ref.sort, NULL);
    }
}

void cm_text_leave(cm_text_parser *p)
{
    put_exports(p);
    cm_text_flush(p);
    if (p->scope->out.failed)
        cm_text_nomem(p);
    p->scope = p->scope->outer;
    p->scope_depth--;
}

void cm_text_scope_done(cm_text_parser *p, cm_text_scope *scope)
{
    for (int sort = 0; sort < CM_SORT_COUNT; sort++) {
        base_map_done(&scope->ids[sort]);
        BASE_VEC_DONE(&scope->names[sort], p->allocator);
    }
    BASE_VEC_DONE(&scope->exports, p->allocator);
    BASE_VEC_DONE(&scope->types, p->allocator);
    vm_text_type_space_free(scope->core_types);
    vm_writer_done(&scope->out);
}

/* ---- Putting definitions --------------------------------------------------------------------------------------- */

/* The byte before a declarator of a type. */
static uint8_t declarator_code(cm_text_scope_kind kind, cm_text_section section)
{
    bool is_core = kind == CM_SCOPE_MODULE_TYPE;
    switch (section) {
    case CM_SECTION_CORE_TYPE:
        return is_core ? 0x01 : 0x00;
    case CM_SECTION_TYPE:
        return 0x01;
    case CM_SECTION_ALIAS:
        return 0x02;
    case CM_SECTION_IMPORT:
        return is_core ? 0x00 : 0x03;
    default:
        return is_core ? 0x03 : 0x04;
    }
}

void cm_text_flush(cm_text_parser *p)
{
    cm_text_scope *scope = p->scope;
    if (scope->kind != CM_SCOPE_COMPONENT || scope->items == 0)
        return;
    vm_writer_insert_leb(&scope->out, scope->section_begun, scope->items);
    vm_writer_end(&scope->out, scope->section_begun);
    scope->items = 0;
}

static void begin_entry(cm_text_parser *p, cm_text_section section)
{
    cm_text_scope *scope = p->scope;
    if (scope->kind != CM_SCOPE_COMPONENT) {
        vm_writer_u8(&scope->out, declarator_code(scope->kind, section));
    } else if (scope->items == 0 || scope->section != section) {
        cm_text_flush(p);
        scope->section = section;
        scope->section_begun = vm_writer_begin(&scope->out, (uint8_t)section);
    }
    scope->items++;
}

void cm_text_put_bytes(cm_text_parser *p, cm_text_section section, const uint8_t *bytes, size_t size)
{
    if (vm_lexer_failed(p->lexer))
        return;
    begin_entry(p, section);
    vm_writer_bytes(&p->scope->out, bytes, size);
}

void cm_text_put(cm_text_parser *p, cm_text_section section, size_t mark)
{
    if (p->scratch.failed)
        cm_text_nomem(p);
    if (!vm_lexer_failed(p->lexer))
        cm_text_put_bytes(p, section, p->scratch.data + mark, p->scratch.len - mark);
    p->scratch.len = mark;
}

void cm_text_put_section(cm_text_parser *p, cm_text_section section, size_t mark)
{
    vm_writer *out = &p->scope->out;
    if (p->scratch.failed)
        cm_text_nomem(p);
    if (!vm_lexer_failed(p->lexer)) {
        cm_text_flush(p);
        size_t begun = vm_writer_begin(out, (uint8_t)section);
        vm_writer_bytes(out, p->scratch.data + mark, p->scratch.len - mark);
        vm_writer_end(out, begun);
    }
    p->scratch.len = mark;
}

static void name_index(cm_text_parser *p, cm_sort sort, uint32_t index, const cm_text_id *id)
{
    cm_text_scope *scope = p->scope;
    bool added = true;
    if (id->is_there && base_map_add(&scope->ids[sort], id->name, index, &added) != PIRN_OK)
        cm_text_nomem(p);
    if (!added)
        vm_lexer_fail_at(p->lexer, &id->token.start, PIRN_MALFORMED, "duplicate %s %.*s", cm_sort_name(sort),
                         PIRN_STR_ARG(id->token.text));
    pirn_str shown = id->shown.data != NULL ? id->shown : id->name;
    if ((id->is_there || id->shown.data != NULL) &&
        !BASE_VEC_PUSH(&scope->names[sort], p->allocator, (cm_text_name){index, shown}))
        cm_text_nomem(p);
}

uint32_t cm_text_declare(cm_text_parser *p, cm_sort sort, const cm_text_id *id)
{
    if (vm_lexer_failed(p->lexer))
        return 0;
    uint32_t index = p->scope->counts[sort]++;
    if (id != NULL)
        name_index(p, sort, index, id);
    return index;
}

/* ---- Sorts ----------------------------------------------------------------------------------------------------- */

void cm_text_write_sort(cm_text_parser *p, cm_sort sort)
{
    vm_writer_bytes(&p->scratch, sort_codes[sort].bytes, sort_codes[sort].size);
}

cm_sort cm_text_read_core_sort(vm_reader *r)
{
    uint8_t code = vm_reader_u8(r);
    for (int sort = CM_CORE_FUNC; sort <= CM_CORE_INSTANCE; sort++) {
        if (sort_codes[sort].bytes[1] == code)
            return (cm_sort)sort;
    }
    vm_reader_fail(r, PIRN_MALFORMED, "unknown core sort 0x%02x", code);
    return CM_CORE_FUNC;
}

cm_sort cm_text_read_sort(vm_reader *r)
{
    uint8_t code = vm_reader_u8(r);
    if (code == 0x00)
        return cm_text_read_core_sort(r);
    for (int sort = CM_FUNC; sort <= CM_INSTANCE; sort++) {
        if (sort_codes[sort].bytes[0] == code)
            return (cm_sort)sort;
    }
    vm_reader_fail(r, PIRN_MALFORMED, "unknown sort 0x%02x", code);
    return CM_FUNC;
}

const char *cm_text_sort_word(cm_sort sort)
{
    const char *name = cm_sort_name(sort);
    return sort <= CM_CORE_INSTANCE ? name + strlen("core ") : name;
}

cm_sort cm_text_take_sort(cm_text_parser *p, bool is_core)
{
    int first = is_core ? CM_CORE_FUNC : CM_FUNC, last = is_core ? CM_CORE_INSTANCE : CM_INSTANCE;
    for (int sort = first; sort <= last; sort++) {
        if (vm_lexer_take(p->lexer, cm_text_sort_word((cm_sort)sort)))
            return (cm_sort)sort;
    }
    cm_text_unexpected(p, is_core ? "func, table, memory, global, tag, type, module or instance"
                                  : "core, func, value, type, component or instance");
    return (cm_sort)first;
}

cm_sort cm_text_take_any_sort(cm_text_parser *p)
{
    return cm_text_take_sort(p, vm_lexer_take(p->lexer, "core"));
}

/* ---- Identifiers ----------------------------------------------------------------------------------------------- */

static bool may_be_outer(cm_sort sort)
{
    return sort == CM_CORE_MODULE || sort == CM_CORE_TYPE || sort == CM_COMPONENT || sort == CM_TYPE;
}

/* Defines an alias of what an outer scope has. */
static uint32_t alias_outer(cm_text_parser *p, cm_sort sort, uint32_t depth, uint32_t index)
{
    vm_writer *w = &p->scratch;
    size_t mark = w->len;
    if (p->scope->kind == CM_SCOPE_MODULE_TYPE) {
        vm_writer_u8(w, CORE_TYPE);
        vm_writer_u8(w, CORE_ALIAS_OUTER);
    } else {
        cm_text_write_sort(p, sort);
        vm_writer_u8(w, ALIAS_OUTER);
    }
    vm_writer_leb_unsigned(w, depth);
    vm_writer_leb_unsigned(w, index);
    cm_text_put(p, CM_SECTION_ALIAS, mark);
    return cm_text_declare(p, sort, NULL);
}

static void unknown(cm_text_parser *p, cm_sort sort, const vm_token *token)
{
    vm_lexer_fail_at(p->lexer, &token->start, PIRN_MALFORMED, "unknown %s %.*s", cm_sort_name(sort),
                     PIRN_STR_ARG(token->text));
}

uint32_t cm_text_find(cm_text_parser *p, cm_sort sort, const vm_token *token)
{
    pirn_str name = vm_lexer_id(p->lexer, token, &p->arena);
    uint32_t depth = 0;
    uint64_t index;
    const cm_text_scope *end = p->only_local ? p->scope->outer : NULL, *scope = p->scope;
    for (; scope != end && !vm_lexer_failed(p->lexer); scope = scope->outer, depth++) {
        if (!base_map_get(&scope->ids[sort], name, &index))
            continue;
        if (depth == 0)
            return (uint32_t)index;
        if (may_be_outer(sort))
            return alias_outer(p, sort, depth, (uint32_t)index);
        vm_lexer_fail_at(p->lexer, &token->start, PIRN_MALFORMED,
                         "outer item `%.*s` is not a module, type, or component", PIRN_STR_ARG(name));
        return 0;
    }
    unknown(p, sort, token);
    return 0;
}

/* ---- Indices --------------------------------------------------------------------------------------------------- */

bool cm_text_at_index(const cm_text_parser *p)
{
    return p->lexer->token.kind == VM_TOKEN_INTEGER || p->lexer->token.kind == VM_TOKEN_ID;
}

uint32_t cm_text_plain_index(cm_text_parser *p, cm_sort sort)
{
    vm_token token = p->lexer->token;
    if (token.kind == VM_TOKEN_INTEGER)
        return cm_text_u32(p);
    if (!vm_lexer_take_kind(p->lexer, VM_TOKEN_ID)) {
        cm_text_unexpected(p, "an index or an identifier");
        return 0;
    }
    return cm_text_find(p, sort, &token);
}

/* Defines an alias of an export of an instance. */
static uint32_t alias_export(cm_text_parser *p, cm_sort sort, uint8_t target, uint32_t instance, pirn_str name)
{
    vm_writer *w = &p->scratch;
    size_t mark = w->len;
    cm_text_write_sort(p, sort);
    vm_writer_u8(w, target);
    vm_writer_leb_unsigned(w, instance);
    vm_writer_name(w, name);
    cm_text_put(p, CM_SECTION_ALIAS, mark);
    return cm_text_declare(p, sort, NULL);
}

uint32_t cm_text_sorted_index(cm_text_parser *p, cm_sort sort)
{
    if (vm_lexer_ahead(p->lexer)->kind != VM_TOKEN_STRING)
        return cm_text_plain_index(p, sort);
    if (sort <= CM_CORE_TAG) {
        uint32_t instance = cm_text_plain_index(p, CM_CORE_INSTANCE);
        return alias_export(p, sort, ALIAS_CORE_EXPORT, instance, cm_text_string(p));
    }
    uint32_t index = cm_text_plain_index(p, CM_INSTANCE);
    while (p->lexer->token.kind == VM_TOKEN_STRING && !vm_lexer_failed(p->lexer)) {
        pirn_str name = cm_text_string(p);
        bool is_last = p->lexer->token.kind != VM_TOKEN_STRING;
        index = alias_export(p, is_last ? sort : CM_INSTANCE, ALIAS_EXPORT, index, name);
    }
    return index;
}

uint32_t cm_text_index(cm_text_parser *p, cm_sort sort, bool in_core)
{
    if (p->lexer->token.kind != VM_TOKEN_OPEN)
        return cm_text_plain_index(p, sort);
    vm_lexer_advance(p->lexer);
    if (sort <= CM_CORE_INSTANCE && !in_core)
        cm_text_expect(p, "core");
    cm_text_expect(p, cm_text_sort_word(sort));
    uint32_t index = cm_text_sorted_index(p, sort);
    cm_text_expect_close(p);
    return index;
}

uint32_t cm_text_index_with_sort(cm_text_parser *p, cm_sort sort)
{
    if (p->lexer->token.kind != VM_TOKEN_OPEN) {
        char what[32] = "(";
        strcat(what, cm_sort_name(sort));
        cm_text_unexpected(p, what);
        return 0;
    }
    return cm_text_index(p, sort, false);
}

cm_ref cm_text_extern_index(cm_text_parser *p, bool in_core)
{
    if (!vm_lexer_take_kind(p->lexer, VM_TOKEN_OPEN))
        cm_text_unexpected(p, "an index with its sort, such as (func 0)");
    cm_ref ref = {.sort = in_core ? cm_text_take_sort(p, true) : cm_text_take_any_sort(p)};
    ref.index = cm_text_sorted_index(p, ref.sort);
    cm_text_expect_close(p);
    return ref;
}

uint32_t cm_text_scope_index(cm_text_parser *p)
{
    vm_token token = p->lexer->token;
    if (token.kind == VM_TOKEN_INTEGER)
        return cm_text_u32(p);
    if (!vm_lexer_take_kind(p->lexer, VM_TOKEN_ID)) {
        cm_text_unexpected(p, "a number or an identifier of a component around this one");
        return 0;
    }
    pirn_str name = vm_lexer_id(p->lexer, &token, &p->arena);
    uint32_t depth = 0;
    for (const cm_text_scope *scope = p->scope; scope != NULL && !vm_lexer_failed(p->lexer);
         scope = scope->outer, depth++) {
        if (scope->id.len > 0 && pirn_str_eq(scope->id, name))
            return depth;
    }
    vm_lexer_fail_at(p->lexer, &token.start, PIRN_MALFORMED, "unknown outer component %.*s",
                     PIRN_STR_ARG(token.text));
    return 0;
}

uint32_t cm_text_index_in(cm_text_parser *p, uint32_t depth, cm_sort sort, const vm_token *token)
{
    uint64_t index = 0;
    if (token->kind == VM_TOKEN_INTEGER) {
        if (!vm_number_unsigned(token->text, 32, &index))
            vm_lexer_fail_at(p->lexer, &token->start, PIRN_MALFORMED, "i32 constant out of range: %.*s",
                             PIRN_STR_ARG(token->text));
        return (uint32_t)index;
    }
    const cm_text_scope *scope = p->scope;
    for (; scope != NULL && depth > 0; depth--)
        scope = scope->outer;
    pirn_str name = vm_lexer_id(p->lexer, token, &p->arena);
    if (vm_lexer_failed(p->lexer) || (scope != NULL && base_map_get(&scope->ids[sort], name, &index)))
        return (uint32_t)index;
    unknown(p, sort, token);
    return 0;
}

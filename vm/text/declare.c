/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first walk over a module's fields: what is defined, and under which identifier. Nothing is written but types,
 * at the end, when every identifier of a type is known.
 */
#include "vm/text/parser.h"

/* ---- Abbreviations --------------------------------------------------------------------------------------------- */

static const char *ordered_word(vm_text_space space)
{
    switch (space) {
    case VM_SPACE_FUNC:
        return "function";
    case VM_SPACE_TABLE:
        return "table";
    case VM_SPACE_MEMORY:
        return "memory";
    case VM_SPACE_GLOBAL:
        return "global";
    default:
        return "tag";
    }
}

/* Imports come before definitions (6.6.13). */
static void check_order(vm_text_parser *p, vm_text_space space, bool is_import, const vm_place *place)
{
    if (!is_import && p->first_definition == NULL)
        p->first_definition = ordered_word(space);
    else if (is_import && p->first_definition != NULL)
        vm_lexer_fail_at(p->lexer, place, PIRN_MALFORMED, "import after %s", p->first_definition);
}

/* A table or memory without limits has its content inside: one more segment. */
static void declare_content(vm_text_parser *p, vm_text_space segment)
{
    vm_text_address_type(p);
    if (segment == VM_SPACE_DATA && vm_lexer_opens(p->lexer, "pagesize"))
        vm_lexer_skip_list(p->lexer);
    bool has_content =
        segment == VM_SPACE_DATA ? vm_lexer_opens(p->lexer, "data") : p->lexer->token.kind != VM_TOKEN_INTEGER;
    p->counts[segment] += has_content;
}

/* A function, table, memory, global or tag, behind its word. */
static void declare_external(vm_text_parser *p, vm_text_space space)
{
    vm_place place = p->lexer->token.start;
    vm_text_declare(p, space);
    while (vm_lexer_opens(p->lexer, "export"))
        vm_lexer_skip_list(p->lexer);
    bool is_import = vm_lexer_opens(p->lexer, "import");
    check_order(p, space, is_import, &place);
    if (!is_import && space == VM_SPACE_TABLE)
        declare_content(p, VM_SPACE_ELEM);
    else if (!is_import && space == VM_SPACE_MEMORY)
        declare_content(p, VM_SPACE_DATA);
}

/* ---- Imports --------------------------------------------------------------------------------------------------- */

/* The index space of the word that it stands on, NONE after a failure. */
static vm_text_space take_kind(vm_text_parser *p)
{
    static const struct {
        const char *word;
        vm_text_space space;
    } kinds[] = {{"func", VM_SPACE_FUNC},
                 {"table", VM_SPACE_TABLE},
                 {"memory", VM_SPACE_MEMORY},
                 {"global", VM_SPACE_GLOBAL},
                 {"tag", VM_SPACE_TAG}};
    for (size_t i = 0; i < BASE_COUNT(kinds); i++) {
        if (vm_lexer_take(p->lexer, kinds[i].word))
            return kinds[i].space;
    }
    vm_lexer_unexpected(p->lexer, "func, table, memory, global or tag");
    return VM_SPACE_NONE;
}

/* Passes over what is left of a list that is open. */
static void leave(vm_text_parser *p)
{
    while (p->lexer->token.kind != VM_TOKEN_CLOSE && !vm_lexer_failed(p->lexer)) {
        if (p->lexer->token.kind == VM_TOKEN_OPEN)
            vm_lexer_skip_list(p->lexer);
        else if (p->lexer->token.kind == VM_TOKEN_END)
            vm_lexer_unexpected(p->lexer, ")");
        else
            vm_lexer_advance(p->lexer);
    }
    vm_lexer_expect_close(p->lexer);
}

/* `(kind id? ...)`: an import's type; `extra` more things are of it. */
static void declare_import_type(vm_text_parser *p, uint32_t extra, const vm_place *place)
{
    vm_lexer_expect_open(p->lexer);
    vm_text_space space = take_kind(p);
    if (space == VM_SPACE_NONE)
        return;
    check_order(p, space, true, place);
    vm_text_declare(p, space);
    p->counts[space] += extra;
    leave(p);
}

/*
 * `(import "module" "name" type)`, `(import "module" (item "name" type)*)`, `(import "module" (item "name")* type)`.
 */
static void declare_import(vm_text_parser *p)
{
    vm_place place = p->lexer->token.start;
    uint32_t names = 0;
    vm_text_name(p);
    if (p->lexer->token.kind == VM_TOKEN_STRING) {
        vm_text_name(p);
        declare_import_type(p, 0, &place);
        return;
    }
    while (vm_lexer_take_open(p->lexer, "item")) {
        vm_text_name(p);
        if (p->lexer->token.kind == VM_TOKEN_OPEN)
            declare_import_type(p, 0, &place);
        else
            names++;
        vm_lexer_expect_close(p->lexer);
    }
    if (names > 0)
        declare_import_type(p, names - 1, &place);
}

/* ---- Fields ---------------------------------------------------------------------------------------------------- */

static void keep_type(vm_text_parser *p)
{
    if (!BASE_VEC_PUSH(&p->type_fields, p->allocator, *p->lexer))
        vm_text_nomem(p);
}

static void declare_types(vm_text_parser *p)
{
    keep_type(p);
    if (vm_lexer_take(p->lexer, "type")) {
        vm_text_declare(p, VM_SPACE_TYPE);
        return;
    }
    vm_lexer_advance(p->lexer);
    while (vm_lexer_take_open(p->lexer, "type")) {
        vm_text_declare(p, VM_SPACE_TYPE);
        leave(p);
    }
}

static void declare_field(vm_text_parser *p)
{
    vm_lexer *l = p->lexer;
    if (vm_token_is(&l->token, "type") || vm_token_is(&l->token, "rec"))
        declare_types(p);
    else if (vm_lexer_take(l, "import"))
        declare_import(p);
    else if (vm_lexer_take(l, "elem"))
        vm_text_declare(p, VM_SPACE_ELEM);
    else if (vm_lexer_take(l, "data"))
        vm_text_declare(p, VM_SPACE_DATA);
    else if (vm_token_is(&l->token, "export") || vm_token_is(&l->token, "start"))
        vm_lexer_advance(l);
    else {
        vm_text_space space = take_kind(p);
        if (space != VM_SPACE_NONE)
            declare_external(p, space);
    }
    leave(p);
}

static void write_types(vm_text_parser *p)
{
    vm_lexer behind = *p->lexer;
    for (size_t i = 0; i < p->type_fields.len && !vm_lexer_failed(p->lexer); i++) {
        *p->lexer = p->type_fields.data[i];
        vm_text_type_field(p);
    }
    if (!vm_lexer_failed(p->lexer))
        *p->lexer = behind;
}

void vm_text_declare_fields(vm_text_parser *p)
{
    while (vm_lexer_take_kind(p->lexer, VM_TOKEN_OPEN))
        declare_field(p);
    if (p->lexer->token.kind != VM_TOKEN_CLOSE && p->lexer->token.kind != VM_TOKEN_END)
        vm_lexer_unexpected(p->lexer, "a field of a module");
    write_types(p);
}

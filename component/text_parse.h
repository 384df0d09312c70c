/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text format of components (Explainer.md), assembled straight to bytes, as vm/text does it for modules: there is
 * one way from bytes to definitions, the decoder's.
 *
 * One walk is enough, since a definition may only name what is defined before it. What a definition says inline is a
 * definition of its own, written before it:
 *
 *   (export "f" (func $i "f"))          alias export $i "f"; export of the new func
 *   (import "g" (func (param "x" (list u8))))     type (list u8); type (func ...); import
 *   $t, which an outer component defines          alias outer; the new type
 *   (func $f (export "f") ...)                    the func; and behind the last definition, its export
 *
 * So a definition is put together in `scratch`, a stack: what is inline is put together above it, goes to the bytes of
 * the scope first and leaves its index.
 *
 *   scratch   | import "g" func |  func type: 40 01 "x"  |  list: 70 7d  <- complete: goes to the scope as type 0
 *
 * A position that could mean several index spaces has its sort written: `(func $f)`, `(core func $f)`; where there is
 * one space only, `$f` alone will do. The text need not be valid, and a failure is MALFORMED with line, column and what
 * was expected.
 *
 *   text_parse.c      a whole text, custom sections, names
 *   text_scope.c      scopes, definitions put into them, identifiers and indices
 *   text_field.c      the definitions of a component: components, instances, aliases, functions
 *   text_core.c       core modules, core instances, core types
 *   text_type.c       types
 *   text_external.c   imports, exports, the types of both
 *   text_canon.c      canonical definitions
 *   text_value.c      values and start
 */
#pragma once

#include "component/definition.h"
#include "vm/base/map.h"
#include "vm/text/parse.h"

/*
 * Parses the definitions of one component, up to the closing parenthesis that is not theirs, or to the end of the text,
 * and appends the component's bytes to `out`. The lexer stands behind `(component`, and behind the component's id,
 * which is `id` (empty: none). Its annotations are those of vm_text_keeps_annotation.
 */
PIRN_MUST_CHECK pirn_status cm_text_parse_fields(vm_lexer *lexer, pirn_str id, vm_writer *out);
/* Parses a whole text: `(component $id? definition*)`, or only definitions; nothing may follow. */
PIRN_MUST_CHECK pirn_status cm_text_parse(vm_lexer *lexer, vm_writer *out);

/* ---- Between the files of the parser --------------------------------------------------------------------------- */

/* Sections of a component (Binary.md); the declarators of types are called by them, too. */
typedef enum cm_text_section {
    CM_SECTION_CUSTOM,
    CM_SECTION_CORE_MODULE,
    CM_SECTION_CORE_INSTANCE,
    CM_SECTION_CORE_TYPE,
    CM_SECTION_COMPONENT,
    CM_SECTION_INSTANCE,
    CM_SECTION_ALIAS,
    CM_SECTION_TYPE,
    CM_SECTION_CANON,
    CM_SECTION_START,
    CM_SECTION_IMPORT,
    CM_SECTION_EXPORT,
    CM_SECTION_VALUE,
} cm_text_section;

/* An optional identifier, and what `(@name "...")` behind it says. */
typedef struct cm_text_id {
    bool is_there;
    vm_token token;
    pirn_str name;  /* of the token */
    pirn_str shown; /* for the name section; data == NULL: nothing */
} cm_text_id;

typedef struct cm_text_name {
    uint32_t index;
    pirn_str name;
} cm_text_name;

/* An export that a definition has inline. */
typedef struct cm_text_export {
    pirn_str name; /* with attributes, encoded */
    cm_ref ref;
} cm_text_export;

typedef enum cm_text_scope_kind {
    CM_SCOPE_COMPONENT,
    CM_SCOPE_COMPONENT_TYPE,
    CM_SCOPE_INSTANCE_TYPE,
    CM_SCOPE_MODULE_TYPE, /* has core types only */
} cm_text_scope_kind;

/* What has index spaces of its own. It lives while its text is read. */
typedef struct cm_text_scope {
    struct cm_text_scope *outer;
    cm_text_scope_kind kind;
    pirn_str id; /* empty: none */
    uint32_t counts[CM_SORT_COUNT];
    base_map ids[CM_SORT_COUNT];
    BASE_VEC(cm_text_name) names[CM_SORT_COUNT];
    BASE_VEC(cm_text_export) exports; /* to be written at its end */
    BASE_VEC(pirn_str) types;         /* the types that values may have, encoded; empty: another kind */
    vm_text_type_space *core_types;   /* NULL: none yet */
    vm_writer out;
    cm_text_section section; /* the one being written, if `items` > 0 */
    size_t section_begun;
    uint32_t items; /* of that section; of a type: declarators */
} cm_text_scope;

typedef struct cm_text_parser {
    vm_lexer *lexer;
    const pirn_allocator *allocator;
    base_arena arena;
    vm_writer scratch;
    cm_text_scope *scope;
    uint32_t scope_depth; /* scopes around what is read */
    uint32_t nesting;     /* of everything that is read by recursion */
    bool only_local;      /* core types cannot be had from outer scopes where they may be recursive */
} cm_text_parser;

/* ---- text_parse.c ---------------------------------------------------------------------------------------------- */

void cm_text_nomem(cm_text_parser *p);
/* Fails at the token: "unexpected token x, expected `what`". */
void cm_text_unexpected(cm_text_parser *p, const char *what);
void cm_text_expect(cm_text_parser *p, const char *keyword);
void cm_text_expect_open(cm_text_parser *p, const char *keyword);
void cm_text_expect_close(cm_text_parser *p);
/* A string, which must be UTF-8. */
pirn_str cm_text_string(cm_text_parser *p);
uint32_t cm_text_u32(cm_text_parser *p);
cm_text_id cm_text_take_id(cm_text_parser *p);
/* For what is read by recursion: false, and a failure, when it is nested too deeply. */
bool cm_text_deeper(cm_text_parser *p);
/* A copy of the lexer that may go on without being noticed. */
vm_lexer cm_text_look(const cm_text_parser *p);
/* Does it stand before `(word "name" attribute*)`, before `(type index ...)`? */
bool cm_text_opens_inline(cm_text_parser *p, const char *word);
bool cm_text_opens_type_use(cm_text_parser *p);
/* The definitions of a component, up to a closing parenthesis; its bytes go to `out`. */
void cm_text_component(cm_text_parser *p, const cm_text_id *id, vm_writer *out);
/* All strings up to the parenthesis, one behind the other, as bytes. */
void cm_text_binary(cm_text_parser *p, vm_writer *out);

/* ---- text_scope.c ---------------------------------------------------------------------------------------------- */

/* False, and a failure, when scopes are nested too deeply; else the scope must be left. */
bool cm_text_enter(cm_text_parser *p, cm_text_scope *scope, cm_text_scope_kind kind, pirn_str id);
/* Writes what is left to be written. Its bytes are in scope->out until it is done. */
void cm_text_leave(cm_text_parser *p);
void cm_text_scope_done(cm_text_parser *p, cm_text_scope *scope);

/* Puts an entry of a section, or a declarator, into the scope: what is in scratch from `mark`, which is taken off. */
void cm_text_put(cm_text_parser *p, cm_text_section section, size_t mark);
void cm_text_put_bytes(cm_text_parser *p, cm_text_section section, const uint8_t *bytes, size_t size);
/* A section that is no vector, in a component. */
void cm_text_put_section(cm_text_parser *p, cm_text_section section, size_t mark);
/* Ends the section that is being written. */
void cm_text_flush(cm_text_parser *p);
/* The next index of the sort; `id` may be NULL. */
uint32_t cm_text_declare(cm_text_parser *p, cm_sort sort, const cm_text_id *id);

void cm_text_write_sort(cm_text_parser *p, cm_sort sort);
/* The sort that the word (behind `core`, if so) names: taken. Fails. */
cm_sort cm_text_take_sort(cm_text_parser *p, bool is_core);
/* `core`? and a word. */
cm_sort cm_text_take_any_sort(cm_text_parser *p);

/* The index of an identifier of the sort; an alias is made for what an outer scope has. */
uint32_t cm_text_find(cm_text_parser *p, cm_sort sort, const vm_token *id);
/* A number or an identifier, of the sort's index space. */
bool cm_text_at_index(const cm_text_parser *p);
uint32_t cm_text_plain_index(cm_text_parser *p, cm_sort sort);
/* Behind `(sort`: a number or identifier, or an instance and the names of exports; up to the parenthesis. */
uint32_t cm_text_sorted_index(cm_text_parser *p, cm_sort sort);
/* A plain index, or `(sort ...)`; `in_core`: the word `core` is not written. */
uint32_t cm_text_index(cm_text_parser *p, cm_sort sort, bool in_core);
/* `(sort ...)` only. */
uint32_t cm_text_index_with_sort(cm_text_parser *p, cm_sort sort);
cm_ref cm_text_extern_index(cm_text_parser *p, bool in_core);
/* How many scopes out: a number, or a scope's identifier. */
uint32_t cm_text_scope_index(cm_text_parser *p);
/* The index of an identifier or number in that scope. */
uint32_t cm_text_index_in(cm_text_parser *p, uint32_t depth, cm_sort sort, const vm_token *token);

/* ---- text_field.c ---------------------------------------------------------------------------------------------- */

/* One definition, behind the open parenthesis, with the closing one. */
void cm_text_field(cm_text_parser *p);
/* Behind `(alias`, up to and with the closing parenthesis. */
void cm_text_alias(cm_text_parser *p);
/* `(alias ...)` of a definition that begins with its sort: taken if it stands there. */
bool cm_text_inverted_alias(cm_text_parser *p, cm_sort sort, const cm_text_id *id, size_t first_export);

/* That, or an import: what a definition that begins with its sort can be instead of one. */
bool cm_text_inverted(cm_text_parser *p, cm_sort sort, const cm_text_id *id, size_t first_export);

/* ---- text_core.c ----------------------------------------------------------------------------------------------- */

/* Behind `(core`. */
void cm_text_core(cm_text_parser *p);
/* The same, of which only types may stand in a type. */
void cm_text_core_type(cm_text_parser *p);
/* A core module type as `(type index)` or declarators: its index, of a core type. */
uint32_t cm_text_module_type_use(cm_text_parser *p);

/* ---- text_type.c ----------------------------------------------------------------------------------------------- */

/* Behind `(type`. */
void cm_text_type(cm_text_parser *p);
void cm_text_valtype(cm_text_parser *p);
/* Parameters and result. */
void cm_text_result(cm_text_parser *p);
/* A type as `(type index)` or inline, behind the word of its sort; its index. */
uint32_t cm_text_functype_use(cm_text_parser *p);
uint32_t cm_text_body_type_use(cm_text_parser *p, cm_text_scope_kind kind);

/* ---- text_external.c ------------------------------------------------------------------------------------------- */

/* A name with its attributes. */
void cm_text_extern_name(cm_text_parser *p);
/* Inline exports of a definition: remembered; cm_text_define says later of what. Returns where they begin. */
size_t cm_text_inline_exports(cm_text_parser *p);
/* Declares what was put into the scope, and gives it the inline exports from `first` on. */
void cm_text_define(cm_text_parser *p, cm_sort sort, const cm_text_id *id, size_t first);
/* Behind `(import` and `(export`, with the closing parenthesis. */
void cm_text_import(cm_text_parser *p);
void cm_text_export_field(cm_text_parser *p);
void cm_text_export_declarator(cm_text_parser *p);
/* `(sort id? type)`, written. */
cm_sort cm_text_externtype(cm_text_parser *p, cm_text_id *id);
/* `(import "name")` of a definition that begins with its sort, and its type: taken if it stands there. */
bool cm_text_inverted_import(cm_text_parser *p, cm_sort sort, const cm_text_id *id, size_t first_export);
/* The exports of an instance made of exports: `(export "name" ref)*`, as a vector. */
void cm_text_export_list(cm_text_parser *p, bool is_core);

/* ---- text_canon.c ---------------------------------------------------------------------------------------------- */

/* Behind `(canon`, with the closing parenthesis. */
void cm_text_canon(cm_text_parser *p);
/* `(canon ...)` of a definition that begins with its sort: core func, or a func of the type. */
void cm_text_inverted_canon(cm_text_parser *p);
void cm_text_inverted_lift(cm_text_parser *p, uint32_t type);

/* ---- text_value.c ---------------------------------------------------------------------------------------------- */

/* Behind `(value` and `(start`, with the closing parenthesis. */
void cm_text_value(cm_text_parser *p);
void cm_text_start(cm_text_parser *p);

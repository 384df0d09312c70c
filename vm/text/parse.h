/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text format of modules (spec chapter 6), assembled straight to bytes: there is one syntax tree for modules, the
 * decoder's, and text reaches it through the binary format.
 *
 * What the text says of names (`$x`) becomes the name section. The result need not be valid: types and indices are
 * looked at by validation. The text need not be good either: a failure is MALFORMED with line, column and what was
 * expected.
 */
#pragma once

#include "vm/binary/writer.h"
#include "vm/text/lexer.h"
#include "vm/text/numbers.h"

/* Annotations that say something to the parser: for vm_lexer_init. */
bool vm_text_keeps_annotation(pirn_str id);

/*
 * Parses the fields of one module, up to the closing parenthesis that is not theirs, or to the end of the text, and
 * appends the module's bytes, preamble included, to `out`. The lexer stands behind `(module`, and behind the module's
 * id, which is `name` (its name in the name section; empty: none).
 */
PIRN_MUST_CHECK pirn_status vm_text_parse_fields(vm_lexer *lexer, pirn_str name, vm_writer *out);
/*
 * Parses a whole text: `(module $id? field*)`, only fields, or, as in scripts, `(module $id? binary string*)` and
 * `(module $id? quote string*)`; nothing may follow.
 */
PIRN_MUST_CHECK pirn_status vm_text_parse_module(vm_lexer *lexer, vm_writer *out);

/* The value behind `v128.const`: shape and lanes, as 16 bytes. Fails in the lexer. */
void vm_text_parse_v128(vm_lexer *lexer, uint8_t out[16]);

/* ---- Types outside of modules ---------------------------------------------------------------------------------- */

/*
 * An index space of types that is no module's: that of a component, or of a module type in one. Identifiers are the
 * owner's: `find` says what one stands for, or fails in the lexer.
 */
typedef struct vm_text_type_space vm_text_type_space;
typedef uint32_t (*vm_text_find_type)(void *user, const vm_token *id);

/* NULL when out of memory. */
vm_text_type_space *vm_text_type_space_new(vm_lexer *lexer, const pirn_allocator *allocator, vm_text_find_type find,
                                           void *user);
void vm_text_type_space_free(vm_text_type_space *space); /* NULL is allowed */
/* The next index is of a type that is defined elsewhere. */
void vm_text_type_space_skip(vm_text_type_space *space);
/* How many types it has. */
size_t vm_text_type_space_count(const vm_text_type_space *space);
/* `(type ...)` or `(rec ...)`, behind the open parenthesis, with the closing one, to `out`. */
void vm_text_type_space_define(vm_text_type_space *space, vm_writer *out);
/*
 * `(func ...)`, `(memory ...)` and so on: the type of an import (with an identifier, if it has one) or export, to `out`.
 * If it is a function type that the space does not have, that becomes its next type, and goes to `new_type`.
 */
void vm_text_type_space_extern(vm_text_type_space *space, bool is_import, vm_writer *new_type, vm_writer *out);

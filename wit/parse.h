/* SPDX-License-Identifier: Apache-2.0 */
/* From text to syntax tree, by recursive descent with one token of lookahead. */
#pragma once

#include "wit/lexer.h"

typedef struct wit_parser {
    wit_lexer lexer;
    wit_token token; /* the one to be looked at */
    base_arena *arena;
    pirn_error *error;
    uint32_t depth; /* of type expressions */
} wit_parser;

/* Parses file->text into file->package and file->items. MALFORMED, LIMIT, NOMEM. */
PIRN_MUST_CHECK pirn_status wit_parse_file(wit_file *file, base_arena *arena, pirn_error *error);

/* --- shared by the parse_*.c files --- */

/* True for a word that is a name only with a '%' in front. */
bool wit_is_keyword(pirn_str text);
pirn_status wit_parse_fail(wit_parser *p, const char *expected);
PIRN_MUST_CHECK pirn_status wit_parse_advance(wit_parser *p);
/* Moves past a piece of punctuation or fails. */
PIRN_MUST_CHECK pirn_status wit_parse_expect(wit_parser *p, int kind, const char *expected);
/* True when the token is the keyword. */
bool wit_parse_at_word(const wit_parser *p, const char *word);
/* An identifier: a word that is no keyword or is escaped. */
PIRN_MUST_CHECK pirn_status wit_parse_id(wit_parser *p, const char *expected, wit_id *id);
/* The doc comments before the token. */
PIRN_MUST_CHECK pirn_status wit_parse_docs(wit_parser *p, pirn_str *docs);
PIRN_MUST_CHECK pirn_status wit_parse_new_member(wit_parser *p, wit_ast_member **member);

PIRN_MUST_CHECK pirn_status wit_parse_type(wit_parser *p, wit_ast_type **type);
/* From `func` or `async` to behind the result. */
PIRN_MUST_CHECK pirn_status wit_parse_signature(wit_parser *p, wit_ast_item *item);
/* `record`, `variant`, `enum`, `flags`, `type`, `resource`: at the keyword; *done is false when it is none of them. */
PIRN_MUST_CHECK pirn_status wit_parse_typedef(wit_parser *p, wit_ast_item *item, bool *done);
/* The gates and docs in front of an item. */
PIRN_MUST_CHECK pirn_status wit_parse_item_head(wit_parser *p, wit_ast_item **item);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tokens of WIT. A lexer walks one text; white space and comments lie between tokens, and the doc comments among
 * them can be asked for afterwards. It knows nothing of keywords: those are words to it.
 */
#pragma once

#include "wit/ast.h"

/* A token is one of these, or the character itself for punctuation. */
enum {
    WIT_TOKEN_END = 0,
    WIT_TOKEN_WORD = 256,
    WIT_TOKEN_INTEGER,
    WIT_TOKEN_STRING, /* text is what stands between the quotes, escapes not yet undone */
    WIT_TOKEN_ARROW,
};

typedef struct wit_token {
    int kind;
    pirn_str text;
    bool is_escaped; /* a word written with '%' */
    bool is_spaced;  /* white space or a comment before it */
    wit_place place;
    size_t trivia; /* offset of what lies between the token before and this one */
    size_t start;
} wit_token;

typedef struct wit_lexer {
    pirn_str text;
    size_t pos;
    wit_place place; /* of pos */
    pirn_error *error;
} wit_lexer;

/* Words of letters and digits joined by '-', each all lower or all upper case. */
bool wit_is_label(pirn_str text);
bool wit_is_version(pirn_str text);
/* A code point that no text may have. */
bool wit_is_forbidden(uint32_t c);

/* Begins a text; PIRN_MALFORMED when it is not UTF-8 or has characters that hide what is written. */
PIRN_MUST_CHECK pirn_status wit_lexer_init(wit_lexer *lexer, pirn_str text, uint32_t file, pirn_error *error);
PIRN_MUST_CHECK pirn_status wit_lexer_next(wit_lexer *lexer, wit_token *token);
/*
 * Reads a semantic version, which is no sequence of tokens: `1.0.0-rc.1.{` ends before the last dot. `token` is the
 * one that starts it; the lexer goes on behind the version.
 */
PIRN_MUST_CHECK pirn_status wit_lexer_version(wit_lexer *lexer, const wit_token *token, pirn_str *version);
/*
 * Checks the escapes in a string: \t, \n, \r, \", \', \\, two hexadecimal digits, \u{..}; what they make must be
 * UTF-8.
 */
PIRN_MUST_CHECK pirn_status wit_lexer_check_string(const wit_lexer *lexer, const wit_token *token);
/* Undoes the escapes of a string that was checked; data == NULL: out of memory. */
pirn_str wit_lexer_unescape(pirn_str text, base_arena *arena);
/* The doc comments before a token, without their marks, joined by newlines; data == NULL: out of memory. */
pirn_str wit_lexer_docs(const wit_lexer *lexer, const wit_token *token, base_arena *arena);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of the text format (spec 6.2), for modules, components and scripts alike.
 *
 * A lexer stands on one token; `vm_lexer_advance` goes to the next, and `vm_lexer_opens` looks one further. Space,
 * comments and annotations lie in the gap before a token. Like the reader of bytes it fails once: the error says
 * where, and from then on the token is END, so that a loop over tokens ends and the status is asked once. Nothing is
 * allocated; tokens point into the text, which must outlive them. Text that is not UTF-8 fails at once.
 */
#pragma once

#include "vm/base/memory.h"

typedef enum vm_token_kind {
    VM_TOKEN_END,
    VM_TOKEN_OPEN,     /* ( */
    VM_TOKEN_CLOSE,    /* ) */
    VM_TOKEN_KEYWORD,  /* a word that begins with a small letter */
    VM_TOKEN_ID,       /* $name or $"name" */
    VM_TOKEN_STRING,   /* with its quotes */
    VM_TOKEN_INTEGER,  /* 12, -0x1F, 1_000 */
    VM_TOKEN_FLOAT,    /* 1.5, 1e3, 0x1p-3, inf, -nan, nan:0x7f */
    VM_TOKEN_RESERVED, /* anything else: no grammar has a place for it */
} vm_token_kind;

/* A place in the text. */
typedef struct vm_place {
    const char *at;
    const char *line_start; /* of the line it is in */
    uint32_t line;          /* from 1 */
} vm_place;

typedef struct vm_token {
    vm_token_kind kind;
    bool annotated; /* the gap has an annotation that the lexer keeps */
    pirn_str text;  /* as it is written */
    vm_place gap;   /* end of the token before */
    vm_place start;
} vm_token;

typedef struct vm_lexer {
    vm_token token; /* the one it stands on */
    vm_token ahead; /* the one behind it, if it was looked at */
    bool has_ahead;
    vm_place pos; /* behind all that was read */
    const char *end;
    bool (*keeps)(pirn_str annotation); /* annotations that matter, by their id; NULL: none */
    pirn_error *error;                  /* may be NULL */
    pirn_status status;
} vm_lexer;

/* Stands on the first token. `keeps`: see above. */
void vm_lexer_init(vm_lexer *lexer, pirn_str text, bool (*keeps)(pirn_str annotation), pirn_error *error);
void vm_lexer_advance(vm_lexer *lexer);

static inline bool vm_lexer_failed(const vm_lexer *lexer)
{
    return lexer->status != PIRN_OK;
}

/* ---- Looking --------------------------------------------------------------------------------------------------- */

bool vm_token_is(const vm_token *token, const char *keyword);
/* Does the token stand before `(keyword`? */
bool vm_lexer_opens(vm_lexer *lexer, const char *keyword);
/* The token behind the one that it stands on. */
const vm_token *vm_lexer_ahead(vm_lexer *lexer);
/* From 1, in characters. */
uint32_t vm_place_column(const vm_place *place);

/* May the character stand in an identifier, a keyword, a number (6.3.5)? */
bool vm_is_id_char(char c);

/* ---- Taking ---------------------------------------------------------------------------------------------------- */

/* Goes on if it stands on the keyword, on `(keyword`, on a token of the kind; otherwise false, and stays. */
bool vm_lexer_take(vm_lexer *lexer, const char *keyword);
bool vm_lexer_take_open(vm_lexer *lexer, const char *keyword);
bool vm_lexer_take_kind(vm_lexer *lexer, vm_token_kind kind);
/* The same, and anything else is a failure: "unexpected token x, expected y". */
void vm_lexer_expect(vm_lexer *lexer, const char *keyword);
void vm_lexer_expect_open(vm_lexer *lexer);
void vm_lexer_expect_close(vm_lexer *lexer);
/* Passes over `( ... )`, whatever is in it; it stands on the open parenthesis. Returns the text between, parentheses
 * included. */
pirn_str vm_lexer_skip_list(vm_lexer *lexer);

/* ---- Values ---------------------------------------------------------------------------------------------------- */

/* All yield the text of a token in `arena` or in the source, or an empty string with data == NULL after a failure. */

/* The bytes of a STRING token, escapes resolved. */
pirn_str vm_lexer_bytes(vm_lexer *lexer, const vm_token *token, base_arena *arena);
/* The same, which must be UTF-8: "malformed UTF-8 encoding". */
pirn_str vm_lexer_name(vm_lexer *lexer, const vm_token *token, base_arena *arena);
/* The name of an ID token, without `$` and quotes. */
pirn_str vm_lexer_id(vm_lexer *lexer, const vm_token *token, base_arena *arena);

/* ---- Annotations ----------------------------------------------------------------------------------------------- */

/*
 * The annotations that the lexer keeps in the gap before the token that it stands on, one a call: `*cursor` begins as
 * token.gap. `*id` is the annotation's, and `inner` a lexer over what follows it up to the closing parenthesis. False
 * when there is no more. Whoever goes on from a token without having asked for them fails: "misplaced @id
 * annotation".
 */
bool vm_lexer_annotation(vm_lexer *lexer, vm_place *cursor, pirn_str *id, vm_lexer *inner);
/* Fails with that: the annotation ends at `end`. */
void vm_lexer_misplaced(vm_lexer *lexer, const vm_place *end, pirn_str id);

/* ---- Failing --------------------------------------------------------------------------------------------------- */

/* Fails at the token that it stands on, or at `place`, unless it has failed already. Returns the lexer's status. */
pirn_status vm_lexer_fail(vm_lexer *lexer, const char *format, ...) PIRN_PRINTF(2, 3);
pirn_status vm_lexer_fail_at(vm_lexer *lexer, const vm_place *place, pirn_status status, const char *format, ...)
    PIRN_PRINTF(4, 5);
/*
 * Fails because the token does not belong here: "unexpected token x, expected `what`". A word that no grammar knows
 * is an "unknown operator".
 */
pirn_status vm_lexer_unexpected(vm_lexer *lexer, const char *what);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens (spec 6.2). As the standard says, the longest match counts: a run of identifier characters, strings and the
 * punctuation `,;[]{}` is one token, and only then it is looked at what it is. Thus `0drop` and `"a"b` are reserved
 * tokens, which no grammar accepts, and not two.
 */
#include "vm/text/lexer.h"
#include "vm/base/utf8.h"
#include "vm/syntax/opcode.h"
#include "vm/text/numbers.h"
#include <stdio.h>
#include <string.h>

/* ---- Characters ------------------------------------------------------------------------------------------------ */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool vm_is_id_char(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || (c != '\0' && strchr("!#$%&'*+-./:<=>?@\\^_`|~", c) != NULL);
}

static bool is_punctuation(char c)
{
    return c != '\0' && strchr(",;[]{}", c) != NULL;
}

static bool begins(const char *at, const char *end, const char *what)
{
    size_t len = strlen(what);
    return (size_t)(end - at) >= len && memcmp(at, what, len) == 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* ---- Failing --------------------------------------------------------------------------------------------------- */

uint32_t vm_place_column(const vm_place *place)
{
    uint32_t column = 1;
    for (const char *p = place->line_start; p < place->at; p++)
        column += ((uint8_t)*p & 0xC0) != 0x80;
    return column;
}

static pirn_status fail_at_v(vm_lexer *lexer, const vm_place *place, pirn_status status, const char *format,
                             va_list args)
{
    char message[512];
    if (vm_lexer_failed(lexer))
        return lexer->status;
    vsnprintf(message, sizeof message, format, args);
    lexer->status = base_fail_at(lexer->error, status, place->line, vm_place_column(place), "%s", message);
    lexer->token = (vm_token){.kind = VM_TOKEN_END, .text = {place->at, 0}, .gap = *place, .start = *place};
    lexer->pos.at = lexer->end;
    lexer->has_ahead = false;
    return lexer->status;
}

pirn_status vm_lexer_fail_at(vm_lexer *lexer, const vm_place *place, pirn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail_at_v(lexer, place, status, format, args);
    va_end(args);
    return lexer->status;
}

pirn_status vm_lexer_fail(vm_lexer *lexer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vm_place place = lexer->token.start;
    fail_at_v(lexer, &place, PIRN_MALFORMED, format, args);
    va_end(args);
    return lexer->status;
}

/* The words of the grammar that are no instructions. */
static bool is_grammar_word(pirn_str text)
{
    static const char *const words[] = {
        "any",
        "anyref",
        "array",
        "arrayref",
        "binary",
        "catch_all_ref",
        "catch_ref",
        "cont",
        "contref",
        "data",
        "declare",
        "definition",
        "describes",
        "descriptor",
        "do",
        "elem",
        "eq",
        "eqref",
        "exact",
        "exn",
        "exnref",
        "export",
        "extern",
        "externref",
        "f32",
        "f32x4",
        "f64",
        "f64x2",
        "field",
        "final",
        "func",
        "funcref",
        "get",
        "global",
        "i16",
        "i16x8",
        "i31",
        "i31ref",
        "i32",
        "i32x4",
        "i64",
        "i64x2",
        "i8",
        "i8x16",
        "import",
        "instance",
        "invoke",
        "item",
        "local",
        "memory",
        "module",
        "mut",
        "nan:arithmetic",
        "nan:canonical",
        "nocont",
        "noexn",
        "nofunc",
        "none",
        "noextern",
        "nullref",
        "nullcontref",
        "nullexnref",
        "nullexternref",
        "nullfuncref",
        "null",
        "offset",
        "on",
        "pagesize",
        "param",
        "quote",
        "rec",
        "ref",
        "register",
        "result",
        "shared",
        "start",
        "struct",
        "structref",
        "sub",
        "table",
        "tag",
        "then",
        "type",
        "unshared",
        "v128",
    };
    for (size_t i = 0; i < BASE_COUNT(words); i++) {
        if (pirn_str_eq(text, pirn_str_of(words[i])))
            return true;
    }
    return text.len > 6 &&
           (begins(text.data, text.data + text.len, "align=") || begins(text.data, text.data + text.len, "offset="));
}

static bool is_unknown_word(const vm_token *token)
{
    if (token->kind != VM_TOKEN_KEYWORD)
        return token->kind == VM_TOKEN_RESERVED;
    return !is_grammar_word(token->text) && vm_opcode_by_text(token->text) == VM_OP_COUNT;
}

pirn_status vm_lexer_unexpected(vm_lexer *lexer, const char *what)
{
    enum { SHOWN = 60 };
    const vm_token *token = &lexer->token;
    int len = token->text.len > SHOWN ? SHOWN : (int)token->text.len;
    const char *text = token->kind == VM_TOKEN_END ? "end of text" : token->text.data;
    len = token->kind == VM_TOKEN_END ? (int)strlen(text) : len;
    return vm_lexer_fail(lexer, "%s %.*s, expected %s",
                         is_unknown_word(token) ? "unknown operator" : "unexpected token", len, text, what);
}

/* ---- Strings --------------------------------------------------------------------------------------------------- */

/* One character or escape of a string at *at; up to 4 bytes go to `out`. NULL, or what is wrong with it. */
static const char *read_escape(const char **at, const char *end, char out[4], size_t *len)
{
    static const char letters[] = "tnr\"'\\", meant[] = "\t\n\r\"'\\";
    const char *p = *at + 1;
    const char *letter = p < end && *p != '\0' ? strchr(letters, *p) : NULL;
    *len = 1;
    if (letter != NULL) {
        out[0] = meant[letter - letters];
        *at = p + 1;
        return NULL;
    }
    if (end - p >= 2 && hex_digit(p[0]) >= 0 && hex_digit(p[1]) >= 0) {
        out[0] = (char)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
        *at = p + 2;
        return NULL;
    }
    if (!begins(p, end, "u{"))
        return "malformed escape in string";
    p += 2;
    uint64_t digits = 0;
    size_t used = vm_number_digits((pirn_str){p, (size_t)(end - p)}, 16, UINT32_MAX, &digits);
    if (used == 0 || p + used == end || p[used] != '}')
        return "malformed escape in string";
    if (digits > 0x10FFFF || (digits >= 0xD800 && digits < 0xE000))
        return "malformed UTF-8 encoding: the escape is no Unicode scalar value";
    *len = base_utf8_put((uint32_t)digits, out);
    *at = p + used + 1;
    return NULL;
}

/* The end of the string that begins at `at` with its quote; NULL and what is wrong with it, and where. */
static const char *scan_string(const char *at, const char *end, const char **wrong, const char **wrong_at)
{
    char ignored[4];
    size_t len;
    *wrong_at = at;
    *wrong = "unclosed string";
    for (const char *p = at + 1; p < end;) {
        *wrong_at = p;
        if (*p == '"')
            return p + 1;
        if (*p == '\n')
            break;
        if (((uint8_t)*p < 0x20) || *p == 0x7F) {
            *wrong = "illegal character in string";
            return NULL;
        }
        if (*p != '\\') {
            p++;
        } else if ((*wrong = read_escape(&p, end, ignored, &len)) != NULL) {
            return NULL;
        }
        *wrong_at = at;
        *wrong = "unclosed string";
    }
    return NULL;
}

/* The bytes between the quotes of a string that was scanned. */
static pirn_str decode_string(vm_lexer *lexer, const vm_place *place, pirn_str text, base_arena *arena)
{
    pirn_str inside = {text.data + 1, text.len - 2};
    if (inside.len == 0 || memchr(inside.data, '\\', inside.len) == NULL)
        return inside;
    char *out = base_arena_alloc(arena, inside.len);
    if (out == NULL) {
        vm_lexer_fail_at(lexer, place, PIRN_NOMEM, "out of memory");
        return (pirn_str){NULL, 0};
    }
    const char *p = inside.data, *end = inside.data + inside.len;
    size_t len = 0, piece;
    while (p < end) {
        char bytes[4] = {*p};
        piece = 1;
        if (*p == '\\')
            read_escape(&p, end, bytes, &piece);
        else
            p++;
        memcpy(out + len, bytes, piece);
        len += piece;
    }
    return (pirn_str){out, len};
}

static pirn_str decode_name(vm_lexer *lexer, const vm_place *place, pirn_str text, base_arena *arena)
{
    pirn_str name = decode_string(lexer, place, text, arena);
    if (name.data == NULL || base_utf8_valid(name, NULL))
        return name;
    vm_lexer_fail_at(lexer, place, PIRN_MALFORMED, "malformed UTF-8 encoding");
    return (pirn_str){NULL, 0};
}

pirn_str vm_lexer_bytes(vm_lexer *lexer, const vm_token *token, base_arena *arena)
{
    if (token->kind != VM_TOKEN_STRING) {
        vm_lexer_unexpected(lexer, "a string");
        return (pirn_str){NULL, 0};
    }
    return decode_string(lexer, &token->start, token->text, arena);
}

pirn_str vm_lexer_name(vm_lexer *lexer, const vm_token *token, base_arena *arena)
{
    if (token->kind != VM_TOKEN_STRING) {
        vm_lexer_unexpected(lexer, "a name");
        return (pirn_str){NULL, 0};
    }
    return decode_name(lexer, &token->start, token->text, arena);
}

pirn_str vm_lexer_id(vm_lexer *lexer, const vm_token *token, base_arena *arena)
{
    if (token->kind != VM_TOKEN_ID) {
        vm_lexer_unexpected(lexer, "an identifier");
        return (pirn_str){NULL, 0};
    }
    pirn_str name = {token->text.data + 1, token->text.len - 1};
    return name.data[0] == '"' ? decode_name(lexer, &token->start, name, arena) : name;
}

/* ---- The gap before a token ------------------------------------------------------------------------------------ */

static void pass_newline(vm_place *place)
{
    place->at++;
    place->line++;
    place->line_start = place->at;
}

static bool skip_line_comment(vm_place *pos, const char *end)
{
    while (pos->at < end && *pos->at != '\n' && *pos->at != '\r')
        pos->at++;
    return true;
}

/* False when it is not closed. */
static bool skip_block_comment(vm_place *pos, const char *end)
{
    size_t depth = 0;
    do {
        if (begins(pos->at, end, "(;")) {
            depth++;
            pos->at += 2;
        } else if (begins(pos->at, end, ";)")) {
            depth--;
            pos->at += 2;
        } else if (pos->at == end) {
            return false;
        } else if (*pos->at == '\n') {
            pass_newline(pos);
        } else {
            pos->at++;
        }
    } while (depth > 0);
    return true;
}

/* Space and comments; stands on whatever else comes. */
static void skip_space(vm_lexer *lexer)
{
    vm_place *pos = &lexer->pos;
    for (;;) {
        if (pos->at == lexer->end)
            return;
        if (*pos->at == '\n') {
            pass_newline(pos);
        } else if (*pos->at == ' ' || *pos->at == '\t' || *pos->at == '\r') {
            pos->at++;
        } else if (begins(pos->at, lexer->end, ";;")) {
            skip_line_comment(pos, lexer->end);
        } else if (begins(pos->at, lexer->end, "(;")) {
            vm_place start = *pos;
            if (!skip_block_comment(pos, lexer->end)) {
                vm_lexer_fail_at(lexer, &start, PIRN_MALFORMED, "unclosed comment");
                return;
            }
        } else {
            return;
        }
    }
}

/* The run of characters that makes one token; empty at a parenthesis, at the end and after a failure. */
static pirn_str read_run(vm_lexer *lexer)
{
    const char *start = lexer->pos.at, *end = lexer->end, *p = start;
    while (p < end) {
        const char *wrong, *wrong_at;
        if (vm_is_id_char(*p) || (is_punctuation(*p) && !begins(p, end, ";;"))) {
            p++;
        } else if (*p == '"') {
            const char *behind = scan_string(p, end, &wrong, &wrong_at);
            if (behind == NULL && p == start + 1 && *start == '$') {
                wrong = "empty identifier";
                wrong_at = start;
            }
            if (behind == NULL) {
                vm_place place = lexer->pos;
                place.at = wrong_at;
                vm_lexer_fail_at(lexer, &place, PIRN_MALFORMED, "%s", wrong);
                return (pirn_str){lexer->end, 0};
            }
            p = behind;
        } else {
            break;
        }
    }
    lexer->pos.at = p;
    return (pirn_str){start, (size_t)(p - start)};
}

static void fail_at_character(vm_lexer *lexer)
{
    uint8_t c = (uint8_t)*lexer->pos.at;
    if (c >= 0x80)
        vm_lexer_fail_at(lexer, &lexer->pos, PIRN_MALFORMED, "illegal character outside of a string or comment");
    else
        vm_lexer_fail_at(lexer, &lexer->pos, PIRN_MALFORMED, "illegal character 0x%02x", c);
}

/* The id of the annotation at `pos`, which stands on `(@`; goes behind it. Empty after a failure. */
static pirn_str read_annotation_id(vm_lexer *lexer)
{
    const char *end = lexer->end, *wrong, *wrong_at;
    vm_place start = lexer->pos;
    const char *p = lexer->pos.at += 2;
    pirn_str id = {p, 0};
    if (p < end && *p == '"') {
        const char *behind = scan_string(p, end, &wrong, &wrong_at);
        id = (pirn_str){p + 1, behind == NULL ? 0 : (size_t)(behind - p - 2)};
        lexer->pos.at = behind == NULL ? p : behind;
    } else {
        while (p < end && vm_is_id_char(*p))
            p++;
        id.len = (size_t)(p - id.data);
        lexer->pos.at = p;
    }
    if (id.len == 0)
        vm_lexer_fail_at(lexer, &start, PIRN_MALFORMED, "empty annotation id");
    return id;
}

/* Passes over an annotation, whose `(@id` was read: any tokens, with parentheses in balance. */
static void skip_annotation(vm_lexer *lexer, const vm_place *start)
{
    size_t depth = 1;
    while (depth > 0 && !vm_lexer_failed(lexer)) {
        skip_space(lexer);
        if (vm_lexer_failed(lexer))
            return;
        if (lexer->pos.at == lexer->end) {
            vm_lexer_fail_at(lexer, start, PIRN_MALFORMED, "unclosed annotation");
        } else if (*lexer->pos.at == '(') {
            depth++;
            lexer->pos.at++;
        } else if (*lexer->pos.at == ')') {
            depth--;
            lexer->pos.at++;
        } else if (read_run(lexer).len == 0 && !vm_lexer_failed(lexer)) {
            fail_at_character(lexer);
        }
    }
}

/* An id in quotes must be UTF-8 once its escapes are resolved. Ids are short, but for those that nobody keeps. */
static bool check_annotation_id(vm_lexer *lexer, pirn_str id, const vm_place *start)
{
    char decoded[256];
    size_t len = 0, piece;
    for (const char *p = id.data, *end = id.data + id.len; p < end && len + 4 <= sizeof decoded; len += piece) {
        decoded[len] = *p;
        piece = 1;
        if (start->at[2] == '"' && *p == '\\')
            read_escape(&p, end, decoded + len, &piece);
        else
            p++;
    }
    size_t bad;
    if (base_utf8_valid((pirn_str){decoded, len}, &bad) || len + 4 > sizeof decoded)
        return true;
    vm_lexer_fail_at(lexer, start, PIRN_MALFORMED, "malformed UTF-8 encoding");
    return false;
}

/* Goes to the next token; true when annotations lie before it that are kept. */
static bool skip_gap(vm_lexer *lexer)
{
    bool annotated = false;
    skip_space(lexer);
    while (!vm_lexer_failed(lexer) && begins(lexer->pos.at, lexer->end, "(@")) {
        vm_place start = lexer->pos;
        pirn_str id = read_annotation_id(lexer);
        if (vm_lexer_failed(lexer) || !check_annotation_id(lexer, id, &start))
            return false;
        annotated = annotated || (lexer->keeps != NULL && lexer->keeps(id));
        skip_annotation(lexer, &start);
        if (!vm_lexer_failed(lexer))
            skip_space(lexer);
    }
    return annotated;
}

bool vm_lexer_annotation(vm_lexer *lexer, vm_place *cursor, pirn_str *id, vm_lexer *inner)
{
    vm_lexer outer = *lexer;
    outer.pos = *cursor;
    outer.end = lexer->token.start.at;
    outer.error = NULL;
    outer.has_ahead = false;
    if (vm_lexer_failed(lexer) || !lexer->token.annotated)
        return false;
    for (skip_space(&outer); outer.pos.at < outer.end; skip_space(&outer)) {
        vm_place start = outer.pos;
        *id = read_annotation_id(&outer);
        *inner = outer;
        skip_annotation(&outer, &start);
        if (!lexer->keeps(*id))
            continue;
        *cursor = outer.pos;
        inner->end = outer.pos.at - 1;
        inner->keeps = NULL;
        inner->error = lexer->error;
        inner->token.annotated = false;
        vm_lexer_advance(inner);
        return true;
    }
    lexer->token.annotated = false;
    return false;
}

void vm_lexer_misplaced(vm_lexer *lexer, const vm_place *end, pirn_str id)
{
    vm_lexer_fail_at(lexer, end, PIRN_MALFORMED, "misplaced @%.*s annotation", PIRN_STR_ARG(id));
}

/* ---- Tokens ---------------------------------------------------------------------------------------------------- */

static bool is_all_id_chars(pirn_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!vm_is_id_char(text.data[i]))
            return false;
    }
    return true;
}

/* A run with a string in it is a token only if nothing else is in it; it was scanned, so its end is found. */
static bool is_one_string(const char *at, const char *end)
{
    const char *wrong, *wrong_at;
    return at < end && *at == '"' && scan_string(at, end, &wrong, &wrong_at) == end;
}

static vm_token_kind classify(pirn_str text)
{
    const char *end = text.data + text.len;
    char first = text.data[0];
    if (first == '"')
        return is_one_string(text.data, end) ? VM_TOKEN_STRING : VM_TOKEN_RESERVED;
    if (first == '$' && is_one_string(text.data + 1, end))
        return VM_TOKEN_ID;
    if (!is_all_id_chars(text))
        return VM_TOKEN_RESERVED;
    if (first == '$')
        return VM_TOKEN_ID;
    vm_number_kind number = vm_number_classify(text);
    if (number != VM_NUMBER_NONE)
        return number == VM_NUMBER_INTEGER ? VM_TOKEN_INTEGER : VM_TOKEN_FLOAT;
    return first >= 'a' && first <= 'z' ? VM_TOKEN_KEYWORD : VM_TOKEN_RESERVED;
}

static bool is_empty_id(pirn_str text)
{
    return text.data[0] == '$' && (text.len == 1 || (text.len == 3 && memcmp(text.data, "$\"\"", 3) == 0));
}

static vm_token read_token(vm_lexer *lexer)
{
    vm_token token = {.kind = VM_TOKEN_END, .gap = lexer->pos};
    token.annotated = skip_gap(lexer);
    token.start = lexer->pos;
    token.text = (pirn_str){lexer->pos.at, 0};
    if (lexer->pos.at == lexer->end)
        return token;
    if (*lexer->pos.at == '(' || *lexer->pos.at == ')') {
        token.kind = *lexer->pos.at == '(' ? VM_TOKEN_OPEN : VM_TOKEN_CLOSE;
        token.text.len = 1;
        lexer->pos.at++;
        return token;
    }
    token.text = read_run(lexer);
    if (vm_lexer_failed(lexer))
        return lexer->token;
    if (token.text.len == 0)
        fail_at_character(lexer);
    else if (is_empty_id(token.text))
        vm_lexer_fail_at(lexer, &token.start, PIRN_MALFORMED, "empty identifier");
    else
        token.kind = classify(token.text);
    return vm_lexer_failed(lexer) ? lexer->token : token;
}

void vm_lexer_advance(vm_lexer *lexer)
{
    if (vm_lexer_failed(lexer))
        return;
    vm_place cursor = lexer->token.gap;
    vm_lexer inner;
    pirn_str id;
    if (BASE_UNLIKELY(lexer->token.annotated) && vm_lexer_annotation(lexer, &cursor, &id, &inner)) {
        vm_lexer_misplaced(lexer, &cursor, id);
        return;
    }
    lexer->token = lexer->has_ahead ? lexer->ahead : read_token(lexer);
    lexer->has_ahead = false;
}

void vm_lexer_init(vm_lexer *lexer, pirn_str text, bool (*keeps)(pirn_str annotation), pirn_error *error)
{
    *lexer =
        (vm_lexer){.pos = {text.data, text.data, 1}, .end = text.data + text.len, .keeps = keeps, .error = error};
    lexer->token.gap = lexer->token.start = lexer->pos;
    size_t bad;
    if (!base_utf8_valid(text, &bad)) {
        vm_place place = lexer->pos;
        while (place.at < text.data + bad) {
            if (*place.at == '\n')
                pass_newline(&place);
            else
                place.at++;
        }
        vm_lexer_fail_at(lexer, &place, PIRN_MALFORMED, "malformed UTF-8 encoding");
    }
    vm_lexer_advance(lexer);
}

/* ---- Looking and taking ---------------------------------------------------------------------------------------- */

bool vm_token_is(const vm_token *token, const char *keyword)
{
    return token->kind == VM_TOKEN_KEYWORD && token->text.len == strlen(keyword) &&
           memcmp(token->text.data, keyword, token->text.len) == 0;
}

const vm_token *vm_lexer_ahead(vm_lexer *lexer)
{
    if (!lexer->has_ahead) {
        lexer->ahead = vm_lexer_failed(lexer) ? lexer->token : read_token(lexer);
        lexer->has_ahead = !vm_lexer_failed(lexer);
    }
    return &lexer->ahead;
}

bool vm_lexer_opens(vm_lexer *lexer, const char *keyword)
{
    return lexer->token.kind == VM_TOKEN_OPEN && vm_token_is(vm_lexer_ahead(lexer), keyword);
}

bool vm_lexer_take(vm_lexer *lexer, const char *keyword)
{
    if (!vm_token_is(&lexer->token, keyword))
        return false;
    vm_lexer_advance(lexer);
    return true;
}

bool vm_lexer_take_open(vm_lexer *lexer, const char *keyword)
{
    if (!vm_lexer_opens(lexer, keyword))
        return false;
    vm_lexer_advance(lexer);
    vm_lexer_advance(lexer);
    return true;
}

bool vm_lexer_take_kind(vm_lexer *lexer, vm_token_kind kind)
{
    if (lexer->token.kind != kind || vm_lexer_failed(lexer))
        return false;
    vm_lexer_advance(lexer);
    return true;
}

void vm_lexer_expect(vm_lexer *lexer, const char *keyword)
{
    if (!vm_lexer_take(lexer, keyword))
        vm_lexer_unexpected(lexer, keyword);
}

void vm_lexer_expect_open(vm_lexer *lexer)
{
    if (!vm_lexer_take_kind(lexer, VM_TOKEN_OPEN))
        vm_lexer_unexpected(lexer, "(");
}

void vm_lexer_expect_close(vm_lexer *lexer)
{
    if (!vm_lexer_take_kind(lexer, VM_TOKEN_CLOSE))
        vm_lexer_unexpected(lexer, ")");
}

pirn_str vm_lexer_skip_list(vm_lexer *lexer)
{
    const char *start = lexer->token.start.at, *end = start;
    size_t depth = 0;
    do {
        depth += lexer->token.kind == VM_TOKEN_OPEN;
        depth -= lexer->token.kind == VM_TOKEN_CLOSE;
        if (lexer->token.kind == VM_TOKEN_END)
            vm_lexer_unexpected(lexer, ")");
        end = lexer->token.start.at + lexer->token.text.len;
        lexer->token.annotated = false;
        vm_lexer_advance(lexer);
    } while (depth > 0 && !vm_lexer_failed(lexer));
    return (pirn_str){start, (size_t)(end - start)};
}

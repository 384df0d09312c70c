/* SPDX-License-Identifier: Apache-2.0 */
/* The lexer: see lexer.h. Text is checked once as a whole, so that the scanning loops may look at single bytes. */
#include "wit/lexer.h"
#include "vm/base/utf8.h"

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_lower(c) || is_upper(c) || is_digit(c);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The byte `ahead` of the position, or NUL behind the end (NUL itself is never in a checked text). */
static char peek(const wit_lexer *lexer, size_t ahead)
{
    return ahead < lexer->text.len - lexer->pos ? lexer->text.data[lexer->pos + ahead] : '\0';
}

static void skip(wit_lexer *lexer, size_t count)
{
    for (; count > 0; count--) {
        uint8_t c = (uint8_t)lexer->text.data[lexer->pos++];
        if (c == '\n') {
            lexer->place.line++;
            lexer->place.column = 1;
        } else if ((c & 0xC0) != 0x80) {
            lexer->place.column++;
        }
    }
}

static pirn_status fail(const wit_lexer *lexer, wit_place at, const char *message)
{
    return base_fail_at(lexer->error, PIRN_MALFORMED, at.line, at.column, "%s", message);
}

/* Characters that make a text look other than it is: controls, changes of direction, deprecated code points. */
static const struct {
    uint32_t first, last;
} forbidden[] = {
    {0x00, 0x08},   {0x0B, 0x0C},   {0x0E, 0x1F},     {0x7F, 0x9F},     {0x149, 0x149},   {0x673, 0x673},
    {0xF77, 0xF77}, {0xF79, 0xF79}, {0x17A3, 0x17A4}, {0x17B4, 0x17B5}, {0x202A, 0x202E}, {0x2066, 0x2069},
};

bool wit_is_forbidden(uint32_t c)
{
    for (size_t i = 0; i < BASE_COUNT(forbidden); i++) {
        if (c >= forbidden[i].first && c <= forbidden[i].last)
            return true;
    }
    return false;
}

pirn_status wit_lexer_init(wit_lexer *lexer, pirn_str text, uint32_t file, pirn_error *error)
{
    *lexer = (wit_lexer){.text = text, .place = {file, 1, 1}, .error = error};
    while (lexer->pos < text.len) {
        size_t end = lexer->pos;
        uint32_t c;
        if (!base_utf8_next(text, &end, &c))
            return fail(lexer, lexer->place, "the text is not valid UTF-8");
        if (wit_is_forbidden(c))
            return base_fail_at(error, PIRN_MALFORMED, lexer->place.line, lexer->place.column,
                                "character U+%04X is not allowed in WIT", (unsigned)c);
        skip(lexer, end - lexer->pos);
    }
    lexer->pos = 0;
    lexer->place = (wit_place){file, 1, 1};
    return PIRN_OK;
}

static void skip_line(wit_lexer *lexer)
{
    while (peek(lexer, 0) != '\0' && peek(lexer, 0) != '\n')
        skip(lexer, 1);
}

static pirn_status skip_block_comment(wit_lexer *lexer)
{
    wit_place start = lexer->place;
    size_t depth = 0;
    do {
        char c = peek(lexer, 0), d = peek(lexer, 1);
        if (c == '\0')
            return fail(lexer, start, "this comment is never closed");
        if (c == '/' && d == '*')
            depth++;
        else if (c == '*' && d == '/')
            depth--;
        else {
            skip(lexer, 1);
            continue;
        }
        skip(lexer, 2);
    } while (depth > 0);
    return PIRN_OK;
}

static pirn_status skip_trivia(wit_lexer *lexer)
{
    for (;;) {
        if (is_space(peek(lexer, 0)))
            skip(lexer, 1);
        else if (peek(lexer, 0) == '/' && peek(lexer, 1) == '/')
            skip_line(lexer);
        else if (peek(lexer, 0) == '/' && peek(lexer, 1) == '*')
            PIRN_TRY(skip_block_comment(lexer));
        else
            return PIRN_OK;
    }
}

/* Words of a label are all lower or all upper case; the first starts with a letter. */
bool wit_is_label(pirn_str text)
{
    bool lower = false, upper = false, start = true;
    if (text.len == 0 || is_digit(text.data[0]))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (c == '-') {
            if (start)
                return false;
            lower = upper = false;
            start = true;
            continue;
        }
        if (!is_word(c))
            return false;
        lower |= is_lower(c);
        upper |= is_upper(c);
        start = false;
        if (lower && upper)
            return false;
    }
    return !start;
}

static pirn_status read_word(wit_lexer *lexer, wit_token *token)
{
    if (peek(lexer, 0) == '%') {
        token->is_escaped = true;
        skip(lexer, 1);
    }
    const char *start = lexer->text.data + lexer->pos;
    while (is_word(peek(lexer, 0)) || (peek(lexer, 0) == '-' && peek(lexer, 1) != '>'))
        skip(lexer, 1);
    token->kind = WIT_TOKEN_WORD;
    token->text = (pirn_str){start, (size_t)(lexer->text.data + lexer->pos - start)};
    if (token->text.len > WIT_MAX_NAME)
        return base_fail_at(lexer->error, PIRN_LIMIT, token->place.line, token->place.column,
                            "name is longer than %d characters", WIT_MAX_NAME);
    if (!wit_is_label(token->text))
        return base_fail_at(
            lexer->error, PIRN_MALFORMED, token->place.line, token->place.column,
            "`%.*s` is not a name: words of letters and digits, all lower or all upper case, joined by `-`",
            PIRN_STR_ARG(token->text));
    return PIRN_OK;
}

static void read_integer(wit_lexer *lexer, wit_token *token)
{
    const char *start = lexer->text.data + lexer->pos;
    while (is_digit(peek(lexer, 0)))
        skip(lexer, 1);
    token->kind = WIT_TOKEN_INTEGER;
    token->text = (pirn_str){start, (size_t)(lexer->text.data + lexer->pos - start)};
}

static pirn_status read_string(wit_lexer *lexer, wit_token *token)
{
    skip(lexer, 1);
    const char *start = lexer->text.data + lexer->pos;
    while (peek(lexer, 0) != '"') {
        if (peek(lexer, 0) == '\0' || peek(lexer, 0) == '\n')
            return fail(lexer, token->place, "this string is never closed");
        skip(lexer, peek(lexer, 0) == '\\' && peek(lexer, 1) != '\0' ? 2 : 1);
    }
    token->kind = WIT_TOKEN_STRING;
    token->text = (pirn_str){start, (size_t)(lexer->text.data + lexer->pos - start)};
    skip(lexer, 1);
    return PIRN_OK;
}

pirn_status wit_lexer_next(wit_lexer *lexer, wit_token *token)
{
    *token = (wit_token){.trivia = lexer->pos};
    PIRN_TRY(skip_trivia(lexer));
    token->start = lexer->pos;
    token->is_spaced = lexer->pos > token->trivia;
    token->place = lexer->place;
    token->text = (pirn_str){lexer->text.data + lexer->pos, 0};
    char c = peek(lexer, 0);
    if (c == '\0')
        return PIRN_OK;
    if (is_lower(c) || is_upper(c) || c == '%')
        return read_word(lexer, token);
    if (c == '"')
        return read_string(lexer, token);
    if (is_digit(c)) {
        read_integer(lexer, token);
        return PIRN_OK;
    }
    if (c == '-' && peek(lexer, 1) == '>') {
        token->kind = WIT_TOKEN_ARROW;
        token->text.len = 2;
    } else if (strchr("=,:;.(){}<>/@_*", c) != NULL) {
        token->kind = c;
        token->text.len = 1;
    } else {
        uint32_t code_point = 0;
        base_utf8_next(lexer->text, &(size_t){lexer->pos}, &code_point);
        return base_fail_at(lexer->error, PIRN_MALFORMED, token->place.line, token->place.column,
                            "unexpected character U+%04X", (unsigned)code_point);
    }
    skip(lexer, token->text.len);
    return PIRN_OK;
}

/* A number without a superfluous zero: "0", "12", not "01". */
static bool skip_number(wit_lexer *lexer)
{
    if (!is_digit(peek(lexer, 0)))
        return false;
    if (peek(lexer, 0) == '0') {
        skip(lexer, 1);
        return !is_digit(peek(lexer, 0));
    }
    while (is_digit(peek(lexer, 0)))
        skip(lexer, 1);
    return true;
}

/* Identifiers joined by dots, after '-' (where numbers must not start with 0) or '+'. */
static bool skip_version_tail(wit_lexer *lexer, bool is_prerelease)
{
    for (;;) {
        size_t start = lexer->pos;
        bool number = true;
        while (is_word(peek(lexer, 0)) || peek(lexer, 0) == '-') {
            number &= is_digit(peek(lexer, 0));
            skip(lexer, 1);
        }
        size_t len = lexer->pos - start;
        if (len == 0 || (is_prerelease && number && len > 1 && lexer->text.data[start] == '0'))
            return false;
        if (peek(lexer, 0) != '.' || !(is_word(peek(lexer, 1)) || peek(lexer, 1) == '-'))
            return true;
        skip(lexer, 1);
    }
}

static bool skip_dot(wit_lexer *lexer)
{
    if (peek(lexer, 0) != '.')
        return false;
    skip(lexer, 1);
    return true;
}

static bool skip_version(wit_lexer *lexer)
{
    if (!skip_number(lexer) || !skip_dot(lexer) || !skip_number(lexer) || !skip_dot(lexer) || !skip_number(lexer))
        return false;
    if (peek(lexer, 0) == '-') {
        skip(lexer, 1);
        if (!skip_version_tail(lexer, true))
            return false;
    }
    if (peek(lexer, 0) == '+') {
        skip(lexer, 1);
        return skip_version_tail(lexer, false);
    }
    return true;
}

bool wit_is_version(pirn_str text)
{
    wit_lexer lexer = {.text = text};
    return text.len <= WIT_MAX_NAME && skip_version(&lexer) && lexer.pos == text.len;
}

pirn_status wit_lexer_version(wit_lexer *lexer, const wit_token *token, pirn_str *version)
{
    lexer->pos = token->start;
    lexer->place = token->place;
    if (!skip_version(lexer))
        return fail(lexer, token->place, "expected a version such as 1.2.3");
    *version = (pirn_str){lexer->text.data + token->start, lexer->pos - token->start};
    if (version->len > WIT_MAX_NAME)
        return base_fail_at(lexer->error, PIRN_LIMIT, token->place.line, token->place.column,
                            "version is longer than %d characters", WIT_MAX_NAME);
    return PIRN_OK;
}

/* --- strings --- */

static int hex_digit(char c)
{
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* `{1f600}` behind `\u`; moves *i behind it. */
static bool unescape_code_point(pirn_str text, size_t *i, char out[4], size_t *len)
{
    uint32_t c = 0;
    size_t digits = 0;
    if (*i >= text.len || text.data[*i] != '{')
        return false;
    for (++*i; *i < text.len && hex_digit(text.data[*i]) >= 0 && c <= 0x10FFFF; ++*i, digits++)
        c = c * 16 + (uint32_t)hex_digit(text.data[*i]);
    if (digits == 0 || *i >= text.len || text.data[(*i)++] != '}' || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return false;
    *len = base_utf8_put(c, out);
    return true;
}

/* The bytes that the escape behind a backslash means. */
static bool unescape_one(pirn_str text, size_t *i, char out[4], size_t *len)
{
    static const char letters[] = "tnr\"'\\", meanings[] = "\t\n\r\"'\\";
    char c = text.data[(*i)++];
    const char *letter = c == '\0' ? NULL : strchr(letters, c);
    if (c == 'u')
        return unescape_code_point(text, i, out, len);
    *len = 1;
    if (letter != NULL) {
        out[0] = meanings[letter - letters];
        return true;
    }
    if (*i >= text.len || hex_digit(c) < 0 || hex_digit(text.data[*i]) < 0)
        return false;
    out[0] = (char)(hex_digit(c) * 16 + hex_digit(text.data[(*i)++]));
    return true;
}

/* Writes what the text means into `out`, which has room for as many bytes as the text has. */
static bool unescape(pirn_str text, char *out, size_t *len)
{
    *len = 0;
    for (size_t i = 0; i < text.len;) {
        char bytes[4] = {text.data[i++]};
        size_t count = 1;
        if (bytes[0] == '\\' && (i >= text.len || !unescape_one(text, &i, bytes, &count)))
            return false;
        memcpy(out + *len, bytes, count);
        *len += count;
    }
    return base_utf8_valid((pirn_str){out, *len}, NULL);
}

pirn_status wit_lexer_check_string(const wit_lexer *lexer, const wit_token *token)
{
    char out[WIT_MAX_NAME];
    size_t len;
    if (token->text.len > sizeof out)
        return base_fail_at(lexer->error, PIRN_LIMIT, token->place.line, token->place.column,
                            "string is longer than %d bytes", WIT_MAX_NAME);
    return unescape(token->text, out, &len) ? PIRN_OK : fail(lexer, token->place, "this string has a wrong escape");
}

pirn_str wit_lexer_unescape(pirn_str text, base_arena *arena)
{
    char *out = base_arena_alloc(arena, text.len + 1);
    size_t len = 0;
    if (out == NULL || !unescape(text, out, &len))
        return (pirn_str){NULL, 0};
    return (pirn_str){out, len};
}

/* --- doc comments --- */

typedef struct docs_writer {
    char *data; /* NULL: only measure */
    size_t len;
} docs_writer;

/* Adds one line, without one leading blank and without trailing ones. */
static void write_line(docs_writer *out, const char *line, const char *end)
{
    if (line < end && *line == ' ')
        line++;
    while (end > line && is_space(end[-1]))
        end--;
    if (out->len > 0) {
        if (out->data != NULL)
            out->data[out->len] = '\n';
        out->len++;
    }
    if (out->data != NULL && end > line)
        memcpy(out->data + out->len, line, (size_t)(end - line));
    out->len += (size_t)(end - line);
}

/* The lines of a block comment, each without leading blanks and an ornamental star. */
static void write_block(docs_writer *out, const char *from, const char *end)
{
    for (bool first = true; from < end; first = false) {
        const char *line_end = memchr(from, '\n', (size_t)(end - from));
        if (line_end == NULL)
            line_end = end;
        const char *line = from;
        while (line < line_end && is_space(*line))
            line++;
        if (!first && line < line_end && *line == '*')
            line++;
        bool is_blank = line == line_end;
        if (!is_blank || (!first && line_end != end))
            write_line(out, line, line_end);
        from = line_end < end ? line_end + 1 : end;
    }
}

/* Walks white space and comments, all known to be well formed. */
static void write_docs(docs_writer *out, const char *p, const char *end)
{
    while (p < end) {
        if (is_space(*p)) {
            p++;
            continue;
        }
        const char *from = p;
        if (p[1] == '/') {
            while (p < end && *p != '\n')
                p++;
            if (p - from >= 3 && from[2] == '/')
                write_line(out, from + 3, p);
            continue;
        }
        size_t depth = 0;
        do {
            if (p[0] == '/' && p[1] == '*') {
                depth++;
                p += 2;
            } else if (p[0] == '*' && p[1] == '/') {
                depth--;
                p += 2;
            } else {
                p++;
            }
        } while (depth > 0);
        if (p - from > 4 && from[2] == '*')
            write_block(out, from + 3, p - 2);
    }
}

pirn_str wit_lexer_docs(const wit_lexer *lexer, const wit_token *token, base_arena *arena)
{
    const char *from = lexer->text.data + token->trivia, *end = lexer->text.data + token->start;
    docs_writer out = {NULL, 0};
    write_docs(&out, from, end);
    if (out.len == 0)
        return PIRN_STR("");
    char *data = base_arena_alloc(arena, out.len + 1);
    if (data == NULL)
        return (pirn_str){NULL, 0};
    docs_writer writer = {data, 0};
    write_docs(&writer, from, end);
    data[writer.len] = '\0';
    return (pirn_str){data, writer.len};
}

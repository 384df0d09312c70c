/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values from text, in the WebAssembly Value Encoding (WAVE), directed by the type: the text of a value is read into the C
 * object of its type (<pirn/component.h>), and lists and strings go to the caller's arena. Recursion follows the type, whose
 * depth is bounded. Handles are words that the caller knows (pirn_handle_names).
 */
#include "component/wave.h"
#include "vm/base/utf8.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>

typedef struct parser {
    pirn_str text;
    size_t pos;
    base_arena *arena;
    const pirn_handle_names *names; /* NULL: handles have no text */
    pirn_error *error;
} parser;

static pirn_status parse_value(parser *p, const pirn_type *type, uint8_t *out);

static pirn_status fail(parser *p, const char *what)
{
    uint32_t line = 1, column = 1;
    for (size_t i = 0; i < p->pos && i < p->text.len; i++) {
        if (p->text.data[i] == '\n') {
            line++;
            column = 1;
        } else if (((uint8_t)p->text.data[i] & 0xC0) != 0x80) {
            column++;
        }
    }
    return base_fail_at(p->error, PIRN_MALFORMED, line, column, "%s", what);
}

static pirn_status fail_for_type(parser *p, const pirn_type *type)
{
    char text[200], what[240];
    pirn_type_text(type, text, sizeof text);
    snprintf(what, sizeof what, "expected a value of type %s", text);
    return fail(p, what);
}

static bool at_comment(const parser *p)
{
    return p->pos + 1 < p->text.len && memcmp(p->text.data + p->pos, "//", 2) == 0;
}

/* Space, and comments to the end of their line. */
static void skip_space(parser *p)
{
    for (; p->pos < p->text.len; p->pos++) {
        if (at_comment(p)) {
            while (p->pos < p->text.len && p->text.data[p->pos] != '\n')
                p->pos++;
        } else if (memchr(" \t\r\n", p->text.data[p->pos], 4) == NULL) {
            return;
        }
    }
}

static bool peek(parser *p, char c)
{
    skip_space(p);
    return p->pos < p->text.len && p->text.data[p->pos] == c;
}

static bool take(parser *p, char c)
{
    if (!peek(p, c))
        return false;
    p->pos++;
    return true;
}

static pirn_status expect(parser *p, char c)
{
    char what[] = "expected '?'";
    what[10] = c;
    return take(p, c) ? PIRN_OK : fail(p, what);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* Empty when there is none. */
static pirn_str take_keyword(parser *p)
{
    skip_space(p);
    size_t start = p->pos;
    while (p->pos < p->text.len && is_word(p->text.data[p->pos]))
        p->pos++;
    return (pirn_str){p->text.data + start, p->pos - start};
}

/* A label; a leading '%' says that it is no keyword. */
static pirn_str take_label(parser *p)
{
    take(p, '%');
    return take_keyword(p);
}

/* ---- Numbers ---------------------------------------------------------------------------------------------------- */

/* The characters of a number, NUL-terminated for the C library. */
static bool take_number(parser *p, char out[64])
{
    skip_space(p);
    size_t len = 0;
    while (p->pos + len < p->text.len && len < 63 &&
           (is_word(p->text.data[p->pos + len]) || memchr("+.", p->text.data[p->pos + len], 2) != NULL)) {
        out[len] = p->text.data[p->pos + len];
        len++;
    }
    out[len] = '\0';
    p->pos += len;
    return len > 0;
}

static const struct {
    int64_t min;
    uint64_t max;
} integer_ranges[] = {
    [PIRN_TYPE_S8] = {INT8_MIN, INT8_MAX},    [PIRN_TYPE_U8] = {0, UINT8_MAX},
    [PIRN_TYPE_S16] = {INT16_MIN, INT16_MAX}, [PIRN_TYPE_U16] = {0, UINT16_MAX},
    [PIRN_TYPE_S32] = {INT32_MIN, INT32_MAX}, [PIRN_TYPE_U32] = {0, UINT32_MAX},
    [PIRN_TYPE_S64] = {INT64_MIN, INT64_MAX}, [PIRN_TYPE_U64] = {0, UINT64_MAX},
};

static void store_integer(uint8_t *out, size_t size, uint64_t value)
{
    uint8_t u8 = (uint8_t)value;
    uint16_t u16 = (uint16_t)value;
    uint32_t u32 = (uint32_t)value;
    const void *from = size == 1 ? (void *)&u8 : size == 2 ? (void *)&u16 : size == 4 ? (void *)&u32 : (void *)&value;
    memcpy(out, from, size);
}

static pirn_status parse_integer(parser *p, const pirn_type *type, uint8_t *out)
{
    char number[64], *end;
    size_t start = (skip_space(p), p->pos);
    if (!take_number(p, number) || !(number[0] == '-' || (number[0] >= '0' && number[0] <= '9'))) {
        p->pos = start;
        return fail_for_type(p, type);
    }
    errno = 0;
    bool is_negative = number[0] == '-';
    uint64_t value = is_negative ? (uint64_t)strtoll(number, &end, 10) : strtoull(number, &end, 10);
    bool fits = errno == 0 && (is_negative ? (int64_t)value >= integer_ranges[type->kind].min
                                           : value <= integer_ranges[type->kind].max);
    if (*end != '\0' || !fits) {
        p->pos = start;
        return fail_for_type(p, type);
    }
    store_integer(out, type->c.size, value);
    return PIRN_OK;
}

/* Does it begin as a decimal number does, and is it not one of the other forms that the C library reads? */
static bool is_decimal(const char *number)
{
    char first = number[number[0] == '-'];
    return first >= '0' && first <= '9' && strpbrk(number, "xXpP") == NULL;
}

static bool is_special(const char *number)
{
    return strcmp(number, "nan") == 0 || strcmp(number, "inf") == 0 || strcmp(number, "-inf") == 0;
}

static pirn_status parse_float(parser *p, const pirn_type *type, uint8_t *out)
{
    char number[64], *end;
    size_t start = (skip_space(p), p->pos);
    if (!take_number(p, number)) {
        p->pos = start;
        return fail_for_type(p, type);
    }
    double wide = strtod(number, &end);
    float narrow = strtof(number, NULL);
    bool is_narrow = type->kind == PIRN_TYPE_F32, is_finite = is_decimal(number);
    if (*end != '\0' || !(is_finite || is_special(number))) {
        p->pos = start;
        return fail_for_type(p, type);
    }
    if (is_finite && (is_narrow ? isinf(narrow) : isinf(wide))) {
        p->pos = start;
        return fail(p, is_narrow ? "the number is too large for f32" : "the number is too large for f64");
    }
    if (is_narrow)
        memcpy(out, &narrow, sizeof narrow);
    else
        memcpy(out, &wide, sizeof wide);
    return PIRN_OK;
}

/* ---- Text ------------------------------------------------------------------------------------------------------- */

/* u{1F9F5}, behind the backslash and the u. */
static pirn_status parse_unicode_escape(parser *p, uint32_t *c)
{
    uint32_t value = 0;
    size_t digits = 0;
    PIRN_TRY(expect(p, '{'));
    for (; p->pos < p->text.len && p->text.data[p->pos] != '}'; p->pos++, digits++) {
        char d = p->text.data[p->pos];
        int digit = d >= '0' && d <= '9'   ? d - '0'
                    : d >= 'a' && d <= 'f' ? d - 'a' + 10
                    : d >= 'A' && d <= 'F' ? d - 'A' + 10
                                           : -1;
        if (digit < 0 || digits == 6)
            return fail(p, "expected a hexadecimal code point");
        value = value << 4 | (uint32_t)digit;
    }
    if (digits == 0 || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return fail(p, "not a Unicode scalar value");
    *c = value;
    return expect(p, '}');
}

/* One character of a char or string literal. */
static pirn_status parse_character(parser *p, uint32_t *c)
{
    static const char names[] = "ntr\\'\"0", meanings[] = "\n\t\r\\'\"\0";
    if (p->pos >= p->text.len)
        return fail(p, "the literal does not end");
    if (p->text.data[p->pos] != '\\') {
        if (base_utf8_next(p->text, &p->pos, c))
            return PIRN_OK;
        return fail(p, "malformed UTF-8");
    }
    p->pos++;
    char escape = p->pos < p->text.len ? p->text.data[p->pos] : '\0';
    const char *known = escape == '\0' ? NULL : strchr(names, escape);
    if (escape == 'u') {
        p->pos++;
        return parse_unicode_escape(p, c);
    }
    if (known == NULL)
        return fail(p, "unknown escape; there are \\n \\t \\r \\0 \\\\ \\' \\\" and \\u{...}");
    p->pos++;
    *c = (uint8_t)meanings[known - names];
    return PIRN_OK;
}

static pirn_status parse_char(parser *p, const pirn_type *type, uint8_t *out)
{
    uint32_t c;
    if (!take(p, '\''))
        return fail_for_type(p, type);
    PIRN_TRY(parse_character(p, &c));
    memcpy(out, &c, sizeof c);
    if (p->pos >= p->text.len || p->text.data[p->pos] != '\'')
        return fail(p, "expected one character and '");
    p->pos++;
    return PIRN_OK;
}

static pirn_status parse_string(parser *p, const pirn_type *type, uint8_t *out)
{
    if (!take(p, '"'))
        return fail_for_type(p, type);
    /* No escape is shorter than what it stands for. */
    char *data = base_arena_alloc(p->arena, p->text.len - p->pos + 4);
    if (data == NULL)
        return base_nomem(p->error);
    size_t len = 0;
    while (p->pos < p->text.len && p->text.data[p->pos] != '"') {
        uint32_t c;
        PIRN_TRY(parse_character(p, &c));
        len += base_utf8_put(c, data + len);
    }
    if (p->pos >= p->text.len)
        return fail(p, "the literal does not end");
    p->pos++;
    pirn_str string = {data, len};
    memcpy(out, &string, sizeof string);
    return PIRN_OK;
}

/* ---- Aggregates --------------------------------------------------------------------------------------------------- */

static pirn_status parse_list(parser *p, const pirn_type *type, uint8_t *out)
{
    struct {
        uint8_t *data;
        size_t len;
    } list = {NULL, 0};
    BASE_VEC(uint8_t) elements = {NULL, 0, 0};
    size_t size = type->element->c.size;
    if (!take(p, '['))
        return fail_for_type(p, type);
    pirn_status status = PIRN_OK;
    while (status == PIRN_OK && !peek(p, ']')) {
        if (list.len > 0 && (status = expect(p, ',')) != PIRN_OK)
            break;
        if (peek(p, ']'))
            break; /* a trailing comma */
        if (!BASE_VEC_RESERVE(&elements, p->arena->allocator, size)) {
            status = base_nomem(p->error);
            break;
        }
        memset(elements.data + elements.len, 0, size);
        status = parse_value(p, type->element, elements.data + elements.len);
        elements.len += size;
        list.len++;
    }
    if (status == PIRN_OK)
        status = expect(p, ']');
    list.data = base_arena_alloc(p->arena, elements.len);
    if (list.data != NULL && elements.len > 0)
        memcpy(list.data, elements.data, elements.len);
    BASE_VEC_DONE(&elements, p->arena->allocator);
    if (status == PIRN_OK && list.data == NULL)
        return base_nomem(p->error);
    memcpy(out, &list, sizeof list);
    return status;
}

/* As many elements as the type says. */
static pirn_status parse_fixed_list(parser *p, const pirn_type *type, uint8_t *out)
{
    if (!take(p, '['))
        return fail_for_type(p, type);
    for (uint32_t i = 0; i < type->length; i++) {
        if (i > 0)
            PIRN_TRY(expect(p, ','));
        PIRN_TRY(parse_value(p, type->element, out + (size_t)i * type->element->c.size));
    }
    return expect(p, ']');
}

static pirn_status parse_tuple(parser *p, const cm_member *members, uint32_t count, uint8_t *out)
{
    PIRN_TRY(expect(p, '('));
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            PIRN_TRY(expect(p, ','));
        PIRN_TRY(parse_value(p, members[i].type, out + members[i].c_offset));
    }
    take(p, ',');
    return expect(p, ')');
}

/* The member of that name; count when there is none. */
static uint32_t find_member(const pirn_type *type, pirn_str name)
{
    uint32_t i = 0;
    while (i < type->member_count && !pirn_str_eq(type->members[i].name, name))
        i++;
    return i;
}

static pirn_status unknown_member(parser *p, const pirn_type *type, pirn_str name)
{
    char what[200];
    p->pos -= name.len;
    snprintf(what, sizeof what, "%s has no '%.*s'", pirn_type_kind_name(type->kind), PIRN_STR_ARG(name));
    return fail(p, what);
}

static pirn_status missing_member(parser *p, pirn_str name)
{
    char what[200];
    snprintf(what, sizeof what, "field '%.*s' is missing", PIRN_STR_ARG(name));
    return fail(p, what);
}

/* Fields in any order; those of an option type may be left out. */
static pirn_status parse_record(parser *p, const pirn_type *type, uint8_t *out)
{
    bool *given = base_arena_zero(p->arena, type->member_count);
    if (given == NULL)
        return base_nomem(p->error);
    if (!take(p, '{'))
        return fail_for_type(p, type);
    for (bool first = true; !peek(p, '}'); first = false) {
        if (!first)
            PIRN_TRY(expect(p, ','));
        if (peek(p, '}'))
            break;
        pirn_str name = take_label(p);
        uint32_t i = find_member(type, name);
        if (i == type->member_count)
            return unknown_member(p, type, name);
        if (given[i])
            return fail(p, "this field was given before");
        given[i] = true;
        PIRN_TRY(expect(p, ':'));
        PIRN_TRY(parse_value(p, type->members[i].type, out + type->members[i].c_offset));
    }
    for (uint32_t i = 0; i < type->member_count; i++) {
        if (!given[i] && type->members[i].type->kind != PIRN_TYPE_OPTION)
            return missing_member(p, type->members[i].name);
    }
    return expect(p, '}');
}

static pirn_status parse_flags(parser *p, const pirn_type *type, uint8_t *out)
{
    uint64_t bits = 0;
    if (!take(p, '{'))
        return fail_for_type(p, type);
    for (bool first = true; !peek(p, '}'); first = false) {
        if (!first)
            PIRN_TRY(expect(p, ','));
        if (peek(p, '}'))
            break;
        pirn_str name = take_label(p);
        uint32_t i = find_member(type, name);
        if (i == type->member_count)
            return unknown_member(p, type, name);
        bits |= (uint64_t)1 << i;
    }
    store_integer(out, type->c.size, bits);
    return expect(p, '}');
}

static pirn_status parse_payload(parser *p, const pirn_type *type, uint8_t *out)
{
    if (type == NULL)
        return PIRN_OK;
    PIRN_TRY(expect(p, '('));
    PIRN_TRY(parse_value(p, type, out));
    return expect(p, ')');
}

static pirn_status parse_case(parser *p, const pirn_type *type, uint8_t *out)
{
    skip_space(p);
    pirn_str name = take_label(p);
    if (name.len == 0)
        return fail_for_type(p, type);
    uint32_t i = find_member(type, name);
    if (i == type->member_count)
        return unknown_member(p, type, name);
    store_integer(out, type->kind == PIRN_TYPE_ENUM ? type->c.size : type->tag_size, i);
    return parse_payload(p, type->members[i].type, out + type->c_payload_offset);
}

/* May its values be written without `some` or `ok` around them? */
static bool stands_alone(const pirn_type *type)
{
    return type->kind != PIRN_TYPE_OPTION && type->kind != PIRN_TYPE_RESULT;
}

/* `some(x)` or `none`, or, where x cannot be mistaken for these, just x. */
static pirn_status parse_option(parser *p, const pirn_type *type, uint8_t *out)
{
    skip_space(p);
    size_t start = p->pos;
    pirn_str word = take_keyword(p);
    if (pirn_str_eq(word, PIRN_STR("none")))
        return PIRN_OK;
    out[0] = 1;
    if (pirn_str_eq(word, PIRN_STR("some")) && peek(p, '('))
        return parse_payload(p, type->element, out + type->c_payload_offset);
    p->pos = start;
    return stands_alone(type->element) ? parse_value(p, type->element, out + type->c_payload_offset)
                                       : fail_for_type(p, type);
}

/* `ok(x)` or `err(x)`, without x where there is no payload; or, likewise, just x of `ok`. */
static pirn_status parse_result(parser *p, const pirn_type *type, uint8_t *out)
{
    skip_space(p);
    size_t start = p->pos;
    pirn_str word = take_keyword(p);
    bool is_error = pirn_str_eq(word, PIRN_STR("err"));
    if (!is_error && !pirn_str_eq(word, PIRN_STR("ok"))) {
        const pirn_type *ok = type->members[0].type;
        p->pos = start;
        return ok != NULL && stands_alone(ok) ? parse_value(p, ok, out + type->c_payload_offset)
                                              : fail_for_type(p, type);
    }
    out[0] = is_error;
    return parse_payload(p, type->members[is_error].type, out + type->c_payload_offset);
}

static pirn_status parse_bool(parser *p, const pirn_type *type, uint8_t *out)
{
    skip_space(p);
    size_t start = p->pos;
    pirn_str word = take_keyword(p);
    if (pirn_str_eq(word, PIRN_STR("true")) || pirn_str_eq(word, PIRN_STR("false"))) {
        out[0] = word.data[0] == 't';
        return PIRN_OK;
    }
    p->pos = start;
    return fail_for_type(p, type);
}

/* The names of handles are words with dots, '#' or '$' in them, as the caller likes. */
static pirn_str take_handle_name(parser *p)
{
    skip_space(p);
    size_t start = p->pos;
    while (p->pos < p->text.len && (is_word(p->text.data[p->pos]) || memchr("_.#$", p->text.data[p->pos], 4) != NULL))
        p->pos++;
    return (pirn_str){p->text.data + start, p->pos - start};
}

static pirn_status parse_handle(parser *p, const pirn_type *type, uint8_t *out)
{
    void *handle = NULL;
    if (p->names == NULL)
        return fail(p, "a handle cannot be written as text");
    pirn_str name = take_handle_name(p);
    const char *reason =
        name.len == 0 ? "expected the name of a handle" : p->names->find(p->names->user, type, name, &handle);
    if (reason != NULL) {
        p->pos -= name.len;
        return fail(p, reason);
    }
    memcpy(out, &handle, sizeof handle);
    return PIRN_OK;
}

static pirn_status parse_value(parser *p, const pirn_type *type, uint8_t *out)
{
    switch (type->kind) {
    case PIRN_TYPE_BOOL:
        return parse_bool(p, type, out);
    case PIRN_TYPE_S8:
    case PIRN_TYPE_U8:
    case PIRN_TYPE_S16:
    case PIRN_TYPE_U16:
    case PIRN_TYPE_S32:
    case PIRN_TYPE_U32:
    case PIRN_TYPE_S64:
    case PIRN_TYPE_U64:
        return parse_integer(p, type, out);
    case PIRN_TYPE_F32:
    case PIRN_TYPE_F64:
        return parse_float(p, type, out);
    case PIRN_TYPE_CHAR:
        return parse_char(p, type, out);
    case PIRN_TYPE_STRING:
        return parse_string(p, type, out);
    case PIRN_TYPE_LIST:
    case PIRN_TYPE_MAP:
        return parse_list(p, type, out);
    case PIRN_TYPE_FIXED_LIST:
        return parse_fixed_list(p, type, out);
    case PIRN_TYPE_RECORD:
        return parse_record(p, type, out);
    case PIRN_TYPE_TUPLE:
        return parse_tuple(p, type->members, type->member_count, out);
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_ENUM:
        return parse_case(p, type, out);
    case PIRN_TYPE_OPTION:
        return parse_option(p, type, out);
    case PIRN_TYPE_RESULT:
        return parse_result(p, type, out);
    case PIRN_TYPE_FLAGS:
        return parse_flags(p, type, out);
    case PIRN_TYPE_OWN:
    case PIRN_TYPE_BORROW:
        return parse_handle(p, type, out);
    case PIRN_TYPE_STREAM:
    case PIRN_TYPE_FUTURE:
    case PIRN_TYPE_ERROR_CONTEXT:
        return fail(p, "a handle cannot be written as text");
    }
    return fail(p, "a type that has no text");
}

static pirn_status expect_end(parser *p)
{
    skip_space(p);
    return p->pos == p->text.len ? PIRN_OK : fail(p, "unexpected text behind the value");
}

pirn_status pirn_value_parse_named(const pirn_type *type, pirn_str text, const pirn_handle_names *names,
                                   pirn_arena *arena, void *out, pirn_error *error)
{
    parser p = {.text = text, .arena = &arena->base, .names = names, .error = error};
    memset(out, 0, type->c.size);
    PIRN_TRY(parse_value(&p, type, out));
    return expect_end(&p);
}

pirn_status pirn_value_parse(const pirn_type *type, pirn_str text, pirn_arena *arena, void *out, pirn_error *error)
{
    return pirn_value_parse_named(type, text, NULL, arena, out, error);
}

static pirn_status fail_for_count(parser *p, const pirn_component_functype *type, size_t first, size_t given)
{
    char what[80];
    size_t count = type->param_count - first;
    snprintf(what, sizeof what, "the function takes %zu argument%s, not %zu", count, count == 1 ? "" : "s", given);
    return fail(p, what);
}

pirn_status pirn_args_parse_named(const pirn_component_functype *type, size_t first, pirn_str text,
                                  const pirn_handle_names *names, pirn_arena *arena, void *args, pirn_error *error)
{
    parser p = {.text = text, .arena = &arena->base, .names = names, .error = error};
    uint8_t *out = args;
    PIRN_TRY(expect(&p, '('));
    for (size_t i = first; i < type->param_count; i++) {
        const cm_member *param = &type->params[i];
        if (i > first && !peek(&p, ')'))
            PIRN_TRY(expect(&p, ','));
        if (peek(&p, ')'))
            return fail_for_count(&p, type, first, i - first);
        memset(out + param->c_offset, 0, param->type->c.size);
        PIRN_TRY(parse_value(&p, param->type, out + param->c_offset));
    }
    if (first < type->param_count)
        take(&p, ',');
    PIRN_TRY(expect(&p, ')'));
    return expect_end(&p);
}

pirn_status pirn_args_parse(const pirn_component_functype *type, pirn_str text, pirn_arena *arena, void *args,
                            pirn_error *error)
{
    return pirn_args_parse_named(type, 0, text, NULL, arena, args, error);
}

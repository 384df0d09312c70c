/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of components in scripts: `(record.const (field "x" (u32.const 1)))`. They are read without knowing their type;
 * with it they become the C objects of <pirn/component.h>. Two objects are the same when their texts are.
 */
#include "conformance/run.h"
#include "vm/base/utf8.h"
#include "vm/text/numbers.h"
#include <string.h>

enum { MAX_DEPTH = 32 };

/* ---- Reading --------------------------------------------------------------------------------------------------- */

/* Columns: word, type, bits and sign of a number. */
static const struct integer {
    const char *word;
    pirn_type_kind type;
    uint8_t bits;
    bool is_signed;
} integers[] = {
    {"s8.const", PIRN_TYPE_S8, 8, true},    {"u8.const", PIRN_TYPE_U8, 8, false},
    {"s16.const", PIRN_TYPE_S16, 16, true}, {"u16.const", PIRN_TYPE_U16, 16, false},
    {"s32.const", PIRN_TYPE_S32, 32, true}, {"u32.const", PIRN_TYPE_U32, 32, false},
    {"s64.const", PIRN_TYPE_S64, 64, true}, {"u64.const", PIRN_TYPE_U64, 64, false},
};

static void read_integer(wast_reader *r, const struct integer *row, wast_value *out)
{
    pirn_str text = r->lexer.token.text;
    bool ok = row->is_signed ? vm_number_integer(text, row->bits, &out->bits[0])
                             : vm_number_unsigned(text, row->bits, &out->bits[0]);
    out->type = row->type;
    if (!ok)
        vm_lexer_unexpected(&r->lexer, "a number that fits");
    vm_lexer_advance(&r->lexer);
}

static void read_bool(wast_reader *r, wast_value *out)
{
    out->type = PIRN_TYPE_BOOL;
    out->bits[0] = vm_lexer_take(&r->lexer, "true");
    if (out->bits[0] == 0 && !vm_lexer_take(&r->lexer, "false"))
        vm_lexer_unexpected(&r->lexer, "true or false");
}

/* The value of a field, which may stand there without its parentheses. */
static void read_field_value(wast_reader *r, wast_value *out)
{
    wast_value *value;
    size_t count;
    if (r->lexer.token.kind != VM_TOKEN_OPEN)
        wast_read_value(r, out);
    else if (wast_read_values(r, &value, &count) && count == 1)
        *out = *value;
    else
        vm_lexer_unexpected(&r->lexer, "one value");
}

/* `(field "name" value)`* */
static void read_fields(wast_reader *r, wast_value *out)
{
    BASE_VEC(wast_value) fields = {0};
    out->type = PIRN_TYPE_RECORD;
    while (vm_lexer_take_open(&r->lexer, "field")) {
        wast_value field = {0};
        pirn_str name = wast_read_string(r);
        read_field_value(r, &field);
        field.field = name;
        vm_lexer_expect_close(&r->lexer);
        if (!BASE_VEC_PUSH(&fields, r->arena->allocator, field))
            vm_lexer_fail_at(&r->lexer, &r->lexer.token.start, PIRN_NOMEM, "out of memory");
    }
    out->part_count = fields.len;
    out->parts = wast_reader_keep(r, fields.data, fields.len, fields.cap, sizeof *fields.data);
}

static void read_flags(wast_reader *r, wast_value *out)
{
    BASE_VEC(wast_value) flags = {0};
    out->type = PIRN_TYPE_FLAGS;
    while (r->lexer.token.kind == VM_TOKEN_STRING) {
        wast_value flag = {.label = wast_read_string(r)};
        if (!BASE_VEC_PUSH(&flags, r->arena->allocator, flag))
            vm_lexer_fail_at(&r->lexer, &r->lexer.token.start, PIRN_NOMEM, "out of memory");
    }
    out->part_count = flags.len;
    out->parts = wast_reader_keep(r, flags.data, flags.len, flags.cap, sizeof *flags.data);
}

/* What is said behind the word: a string, values, or both. */
static const struct composite {
    const char *word;
    pirn_type_kind type;
    bool has_label, has_parts;
    const char *label; /* of the case that the word means; NULL: it is said */
} composites[] = {
    {"char.const", PIRN_TYPE_CHAR, true, false, NULL},       {"str.const", PIRN_TYPE_STRING, true, false, NULL},
    {"list.const", PIRN_TYPE_LIST, false, true, NULL},       {"tuple.const", PIRN_TYPE_TUPLE, false, true, NULL},
    {"variant.const", PIRN_TYPE_VARIANT, true, true, NULL},  {"enum.const", PIRN_TYPE_ENUM, true, false, NULL},
    {"option.none", PIRN_TYPE_OPTION, false, false, "none"}, {"option.some", PIRN_TYPE_OPTION, false, true, "some"},
    {"result.ok", PIRN_TYPE_RESULT, false, true, "ok"},      {"result.err", PIRN_TYPE_RESULT, false, true, "error"},
};

static void read_composite(wast_reader *r, const struct composite *row, wast_value *out)
{
    out->type = row->type;
    out->label = row->label != NULL ? pirn_str_of(row->label) : (pirn_str){"", 0};
    if (row->has_label)
        out->label = wast_read_string(r);
    if (row->has_parts)
        wast_read_values(r, &out->parts, &out->part_count);
}

static bool read_by_word(wast_reader *r, wast_value *out)
{
    for (size_t i = 0; i < BASE_COUNT(integers); i++) {
        if (vm_lexer_take(&r->lexer, integers[i].word)) {
            read_integer(r, &integers[i], out);
            return true;
        }
    }
    for (size_t i = 0; i < BASE_COUNT(composites); i++) {
        if (vm_lexer_take(&r->lexer, composites[i].word)) {
            read_composite(r, &composites[i], out);
            return true;
        }
    }
    if (vm_lexer_take(&r->lexer, "bool.const"))
        read_bool(r, out);
    else if (vm_lexer_take(&r->lexer, "record.const"))
        read_fields(r, out);
    else if (vm_lexer_take(&r->lexer, "flags.const"))
        read_flags(r, out);
    else
        return false;
    return true;
}

bool wast_read_component_value(wast_reader *r, wast_value *out)
{
    if (r->depth == MAX_DEPTH) {
        vm_lexer_fail(&r->lexer, "values are nested too deeply");
        return true;
    }
    r->depth++;
    bool found = read_by_word(r, out);
    r->depth--;
    if (found)
        out->kind = WAST_COMPONENT_VALUE;
    return found;
}

/* ---- Making objects -------------------------------------------------------------------------------------------- */

/* Writes the lowest `size` bytes of a number as an object of that size. */
static void put_number(void *out, size_t size, uint64_t value)
{
    uint8_t u8 = (uint8_t)value;
    uint16_t u16 = (uint16_t)value;
    uint32_t u32 = (uint32_t)value;
    const void *from = size == 1   ? (const void *)&u8
                       : size == 2 ? (const void *)&u16
                       : size == 4 ? (const void *)&u32
                                   : &value;
    memcpy(out, from, size);
}

static bool to_char(pirn_str text, void *out)
{
    size_t pos = 0;
    uint32_t character;
    if (!base_utf8_next(text, &pos, &character) || pos != text.len)
        return false;
    put_number(out, sizeof character, character);
    return true;
}

/* The number of the member of that name; the count of all when there is none. */
static size_t find_member(const pirn_type *type, pirn_str name)
{
    size_t count = pirn_type_member_count(type), i = 0;
    while (i < count && !pirn_str_eq(pirn_type_member_name(type, i), name))
        i++;
    return i;
}

/* In the layout of C lists. */
static bool to_list(const wast_value *value, const pirn_type *type, base_arena *arena, void *out)
{
    const pirn_type *element = pirn_type_element(type);
    size_t size = pirn_layout_size(element);
    struct {
        uint8_t *data;
        size_t len;
    } list = {base_arena_array(arena, value->part_count, size), value->part_count};
    for (size_t i = 0; i < list.len; i++) {
        if (list.data == NULL || !wast_to_component_value(&value->parts[i], element, arena, list.data + i * size))
            return false;
    }
    memcpy(out, &list, sizeof list);
    return true;
}

/* Records and tuples, field by field. */
static bool to_fields(const wast_value *value, const pirn_type *type, base_arena *arena, uint8_t *out)
{
    if (value->part_count != pirn_type_member_count(type))
        return false;
    for (size_t i = 0; i < value->part_count; i++) {
        bool is_named = pirn_type_kind_of(type) == PIRN_TYPE_RECORD;
        size_t member = is_named ? find_member(type, value->parts[i].field) : i;
        if (member == pirn_type_member_count(type) ||
            !wast_to_component_value(&value->parts[i], pirn_type_member_type(type, member), arena,
                                     out + pirn_layout_field(type, member)))
            return false;
    }
    return true;
}

static bool to_flags(const wast_value *value, const pirn_type *type, void *out)
{
    uint32_t flags = 0;
    for (size_t i = 0; i < value->part_count; i++) {
        size_t member = find_member(type, value->parts[i].label);
        if (member == pirn_type_member_count(type))
            return false;
        flags |= UINT32_C(1) << member;
    }
    put_number(out, pirn_layout_size(type), flags);
    return true;
}

/* Variants, enums, options and results: a tag and what the case has. */
static bool to_case(const wast_value *value, const pirn_type *type, base_arena *arena, uint8_t *out)
{
    size_t count = pirn_type_member_count(type), member = find_member(type, value->label);
    if (member == count)
        return false;
    put_number(out, count <= UINT8_MAX + 1 ? 1 : count <= UINT16_MAX + 1 ? 2 : 4, member);
    const pirn_type *payload = pirn_type_member_type(type, member);
    if (value->part_count != (payload != NULL))
        return false;
    return payload == NULL ||
           wast_to_component_value(&value->parts[0], payload, arena, out + pirn_layout_payload(type));
}

static bool to_float(const wast_value *value, const pirn_type *type, void *out)
{
    wast_kind kind = pirn_type_kind_of(type) == PIRN_TYPE_F32 ? WAST_F32 : WAST_F64;
    uint64_t bits = value->nan[0] == WAST_NAN_NONE ? value->bits[0]
                    : kind == WAST_F32             ? 0x7FC00000
                                                   : UINT64_C(0x7FF8) << 48;
    if (value->kind != kind)
        return false;
    put_number(out, pirn_layout_size(type), bits);
    return true;
}

bool wast_to_component_value(const wast_value *value, const pirn_type *type, base_arena *arena, void *out)
{
    pirn_type_kind kind = pirn_type_kind_of(type);
    if (kind == PIRN_TYPE_F32 || kind == PIRN_TYPE_F64)
        return to_float(value, type, out);
    if (value->kind != WAST_COMPONENT_VALUE || value->type != kind)
        return false;
    switch (kind) {
    case PIRN_TYPE_CHAR:
        return to_char(value->label, out);
    case PIRN_TYPE_STRING:
        memcpy(out, &value->label, sizeof value->label);
        return base_utf8_valid(value->label, NULL);
    case PIRN_TYPE_LIST:
        return to_list(value, type, arena, out);
    case PIRN_TYPE_RECORD:
    case PIRN_TYPE_TUPLE:
        return to_fields(value, type, arena, out);
    case PIRN_TYPE_FLAGS:
        return to_flags(value, type, out);
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_ENUM:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_RESULT:
        return to_case(value, type, arena, out);
    default:
        put_number(out, pirn_layout_size(type), value->bits[0]);
        return true;
    }
}

/* ---- Comparing ------------------------------------------------------------------------------------------------- */

static char *text_of(wast_run *run, const pirn_type *type, const void *object)
{
    size_t size = pirn_value_text(type, object, NULL, 0) + 1;
    char *text = base_arena_alloc(&run->arena, size);
    if (text != NULL)
        pirn_value_text(type, object, text, size);
    return text;
}

bool wast_component_matches(wast_run *run, const wast_value *pattern, const pirn_type *type, const void *object)
{
    void *expected = base_arena_zero(&run->arena, pirn_layout_size(type) + 1);
    if (pattern->kind == WAST_EITHER) {
        for (size_t i = 0; i < pattern->choice_count; i++) {
            if (wast_component_matches(run, &pattern->choices[i], type, object))
                return true;
        }
        return false;
    }
    if (expected == NULL || !wast_to_component_value(pattern, type, &run->arena, expected))
        return false;
    const char *a = text_of(run, type, expected), *b = text_of(run, type, object);
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings (CanonicalABI.md "Loading", load_string..., and "Storing", store_string...). In C a
 * string is UTF-8; a guest chooses UTF-8, UTF-16, or Latin-1 with UTF-16 where Latin-1 does not do
 * (the length's top bit, the tag, says which).
 *
 * Lowering from one encoding to another needs room whose size is known only afterwards. How much is
 * asked for first, when it grows and when it shrinks is laid down, because the guest's realloc
 * sees it:
 *
 *   to UTF-8          one byte a code unit; at the first non-ASCII character the worst case; shrink
 *   to UTF-16         two bytes a code unit; shrink
 *   to Latin1+UTF-16  one byte a code unit; at the first character above 0xFF two bytes a code
 *                     unit, what is there is widened; shrink
 */
#include "component/abi.h"
#include "component/activation.h"
#include "vm/base/utf8.h"

#define UTF16_TAG 0x80000000u

/* The encoding of one string at hand. */
typedef enum form {
    FORM_UTF8,
    FORM_UTF16,
    FORM_LATIN1,
} form;

typedef struct text {
    form form;
    uint32_t units;
    const uint8_t *bytes;
} text;

/* Room in the guest's memory. */
typedef struct room {
    uint32_t ptr, size;
} room;

static form form_of(cm_encoding encoding, uint32_t tagged_units)
{
    switch (encoding) {
    case CM_UTF8:
        return FORM_UTF8;
    case CM_UTF16:
        return FORM_UTF16;
    default:
        return (tagged_units & UTF16_TAG) != 0 ? FORM_UTF16 : FORM_LATIN1;
    }
}

static uint32_t units_of(cm_encoding encoding, uint32_t tagged_units)
{
    return encoding == CM_LATIN1_UTF16 ? tagged_units & ~UTF16_TAG : tagged_units;
}

static uint64_t size_of(const text *t)
{
    return (uint64_t)t->units * (t->form == FORM_UTF16 ? 2 : 1);
}

/* ---- Code points ----------------------------------------------------------------------------------------------- */

static bool is_high_surrogate(uint32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(uint32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* Reads the code point at unit *pos and moves past it; false at an unpaired surrogate. */
static bool next_utf16(const text *t, size_t *pos, uint32_t *code_point)
{
    uint32_t unit = base_load_u16(t->bytes + 2 * *pos);
    *pos += 1;
    *code_point = unit;
    if (!is_high_surrogate(unit))
        return !is_low_surrogate(unit);
    uint32_t low = *pos < t->units ? base_load_u16(t->bytes + 2 * *pos) : 0;
    if (!is_low_surrogate(low))
        return false;
    *pos += 1;
    *code_point = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

static pirn_str as_utf8(const text *t)
{
    return (pirn_str){(const char *)t->bytes, t->units};
}

/* The same for any valid text. */
static uint32_t next_code_point(const text *t, size_t *pos)
{
    uint32_t code_point = 0;
    if (t->form == FORM_LATIN1)
        code_point = t->bytes[(*pos)++];
    else if (t->form == FORM_UTF16)
        next_utf16(t, pos, &code_point);
    else
        base_utf8_next(as_utf8(t), pos, &code_point);
    return code_point;
}

static size_t utf8_length(uint32_t code_point)
{
    return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

/* ---- Runs, a block at a time, which compilers turn into vectors ------------------------------------------------ */

enum { BLOCK_UNITS = 64 };

/* Bits that any of the units of a block of UTF-16 has. */
static uint16_t block_bits(const uint8_t *p)
{
    uint16_t bits = 0;
    for (size_t i = 0; i < BLOCK_UNITS; i++)
        bits |= base_load_u16(p + 2 * i);
    return bits;
}

static bool has_surrogate(const uint8_t *p)
{
    uint16_t any = 0;
    for (size_t i = 0; i < BLOCK_UNITS; i++)
        any |= (base_load_u16(p + 2 * i) & 0xF800) == 0xD800;
    return any != 0;
}

/* How many of the units from `pos` on are a byte each, and that byte the code point. */
static size_t narrow_run(const text *t, size_t pos)
{
    if (t->form == FORM_LATIN1)
        return t->units - pos;
    return t->form == FORM_UTF8 ? base_utf8_ascii_end(as_utf8(t), pos) - pos : 0;
}

static void widen_run(const uint8_t *from, size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i++)
        base_store_u16(out + 2 * i, from[i]);
}

/*
 * Copies units from the beginning, a byte for each, as far as they are below `limit`, 0x80 or 0x100; or not quite so
 * far. Returns how many.
 */
static size_t copy_narrow(const text *t, uint16_t limit, uint8_t *out)
{
    size_t pos = 0;
    if (t->form != FORM_UTF16) {
        pos = limit == 0x80 || t->form == FORM_UTF8 ? base_utf8_ascii_end(as_utf8(t), 0) : t->units;
        if (pos > 0)
            memcpy(out, t->bytes, pos);
        return pos;
    }
    for (; t->units - pos >= BLOCK_UNITS && block_bits(t->bytes + 2 * pos) < limit; pos += BLOCK_UNITS)
        for (size_t i = 0; i < BLOCK_UNITS; i++)
            out[pos + i] = t->bytes[2 * (pos + i)];
    return pos;
}

/* ---- Encoding: the text from unit `pos` on; these return the bytes written ------------------------------------- */

static size_t encode_utf8(const text *t, size_t pos, uint8_t *out)
{
    uint8_t *p = out;
    while (pos < t->units)
        p += base_utf8_put(next_code_point(t, &pos), (char *)p);
    return (size_t)(p - out);
}

static size_t put_utf16(uint32_t c, uint8_t *p)
{
    if (c < 0x10000) {
        base_store_u16(p, (uint16_t)c);
        return 2;
    }
    base_store_u16(p, (uint16_t)(0xD800 + ((c - 0x10000) >> 10)));
    base_store_u16(p + 2, (uint16_t)(0xDC00 + ((c - 0x10000) & 0x3FF)));
    return 4;
}

static size_t encode_utf16(const text *t, size_t pos, uint8_t *out)
{
    uint8_t *p = out;
    while (pos < t->units) {
        size_t run = narrow_run(t, pos);
        widen_run(t->bytes + pos, run, p);
        pos += run;
        p += 2 * run;
        if (pos < t->units)
            p += put_utf16(next_code_point(t, &pos), p);
    }
    return (size_t)(p - out);
}

/* ---- Lifting --------------------------------------------------------------------------------------------------- */

/* Does the text end in the middle of a sequence that is right so far? */
static bool is_cut_off(pirn_str utf8, size_t bad)
{
    size_t rest = utf8.len - bad;
    const uint8_t *p = (const uint8_t *)utf8.data + bad;
    if (rest == 1)
        return p[0] >= 0xC2 && p[0] <= 0xF4;
    if (rest > 3)
        return false;
    char padded[4] = {(char)0x80, (char)0x80, (char)0x80, (char)0x80};
    memcpy(padded, p, rest);
    size_t pos = 0;
    uint32_t code_point;
    return base_utf8_next((pirn_str){padded, sizeof padded}, &pos, &code_point) && pos > rest;
}

static pirn_status check_utf8(cm_context *cx, const text *t)
{
    size_t bad = 0;
    if (base_utf8_valid(as_utf8(t), &bad))
        return PIRN_OK;
    if (is_cut_off(as_utf8(t), bad))
        return cm_trap(cx, "incomplete utf-8 byte sequence from index %zu", bad);
    return cm_trap(cx, "invalid utf-8 sequence at index %zu", bad);
}

static pirn_status check_utf16(cm_context *cx, const text *t)
{
    size_t pos = 0;
    uint32_t code_point;
    while (pos < t->units) {
        if (t->units - pos >= BLOCK_UNITS && !has_surrogate(t->bytes + 2 * pos))
            pos += BLOCK_UNITS;
        else if (!next_utf16(t, &pos, &code_point))
            return cm_trap(cx, "unpaired surrogate in utf-16 at index %zu", pos - 1);
    }
    return PIRN_OK;
}

static pirn_status check_text(cm_context *cx, const text *t)
{
    switch (t->form) {
    case FORM_UTF8:
        return check_utf8(cx, t);
    case FORM_UTF16:
        return check_utf16(cx, t);
    default:
        return PIRN_OK;
    }
}

/* Where the text is in memory: load_string_from_range up to the decoding. */
static pirn_status find_text(cm_context *cx, cm_range range, text *out)
{
    out->form = form_of(cx->encoding, range.count);
    out->units = units_of(cx->encoding, range.count);
    uint64_t size = size_of(out);
    if (size > CM_LIMIT_STRING_BYTES)
        return cm_trap(cx, "string is too long");
    uint32_t align = cx->encoding == CM_UTF8 ? 1 : 2;
    PIRN_TRY(cm_check_pointer(cx, CM_STRING_CONTENT, range.ptr, align, size));
    out->bytes = cx->memory->data + range.ptr;
    return PIRN_OK;
}

/* The text, checked. */
static pirn_status load_text(cm_context *cx, cm_range range, text *out)
{
    PIRN_TRY(find_text(cx, range, out));
    PIRN_TRY(cm_charge(cx, size_of(out)));
    return check_text(cx, out);
}

static size_t utf8_size(const text *t)
{
    size_t size = 0;
    for (size_t pos = 0; pos < t->units;)
        size += utf8_length(next_code_point(t, &pos));
    return size;
}

static pirn_status lift_to_utf8(cm_context *cx, const text *t, pirn_str *out)
{
    size_t size = t->form == FORM_UTF8 ? t->units : utf8_size(t);
    bool is_same = t->form == FORM_UTF8 || (t->form == FORM_LATIN1 && size == t->units);
    if (is_same && cx->views) {
        *out = as_utf8(t);
        return PIRN_OK;
    }
    PIRN_TRY(cm_charge(cx, size));
    char *copy = base_arena_alloc(&cx->activation->arena, size + 1);
    if (copy == NULL)
        return base_nomem(cx->error);
    if (is_same && size > 0)
        memcpy(copy, t->bytes, size);
    else
        encode_utf8(t, 0, (uint8_t *)copy);
    copy[size] = '\0'; /* a courtesy to C code */
    *out = (pirn_str){copy, size};
    return PIRN_OK;
}

pirn_status cm_lift_string(cm_context *cx, cm_range range, pirn_str *out)
{
    text t = {.form = FORM_UTF8};
    PIRN_TRY(load_text(cx, range, &t));
    return lift_to_utf8(cx, &t, out);
}

pirn_status cm_check_string(cm_context *cx, cm_range range)
{
    text t = {.form = FORM_UTF8};
    return load_text(cx, range, &t);
}

/* ---- Lowering -------------------------------------------------------------------------------------------------- */

static uint8_t *at(cm_context *cx, room where)
{
    return cx->memory->data + where.ptr;
}

static pirn_status get_room(cm_context *cx, uint32_t align, uint64_t size, room *out)
{
    PIRN_TRY(cm_reallocate(cx, CM_STRING_CONTENT, 0, 0, align, size, &out->ptr));
    out->size = (uint32_t)size;
    return PIRN_OK;
}

static pirn_status resize_room(cm_context *cx, uint32_t align, uint64_t size, room *where)
{
    if (size == where->size)
        return PIRN_OK;
    PIRN_TRY(cm_reallocate(cx, CM_STRING_CONTENT, where->ptr, where->size, align, size, &where->ptr));
    where->size = (uint32_t)size;
    return PIRN_OK;
}

/* The same code units: store_string_copy. */
static pirn_status lower_copy(cm_context *cx, const text *t, uint32_t align, room *where)
{
    uint64_t size = size_of(t);
    PIRN_TRY(get_room(cx, align, size, where));
    if (size > 0)
        memmove(at(cx, *where), t->bytes, (size_t)size);
    return PIRN_OK;
}

/* From UTF-16 and Latin-1: store_string_to_utf8. */
static pirn_status lower_to_utf8(cm_context *cx, const text *t, room *where)
{
    PIRN_TRY(get_room(cx, 1, t->units, where));
    size_t pos = copy_narrow(t, 0x80, at(cx, *where));
    for (size_t next = pos; pos < t->units; pos = next) {
        uint32_t c = next_code_point(t, &next);
        if (c >= 0x80)
            break;
        at(cx, *where)[pos] = (uint8_t)c;
    }
    if (pos == t->units)
        return PIRN_OK;
    PIRN_TRY(resize_room(cx, 1, (uint64_t)t->units * (t->form == FORM_UTF16 ? 3 : 2), where));
    return resize_room(cx, 1, pos + encode_utf8(t, pos, at(cx, *where) + pos), where);
}

/* From UTF-8 and Latin-1: store_utf8_to_utf16; Latin-1 never needs less. */
static pirn_status lower_to_utf16(cm_context *cx, const text *t, room *where)
{
    PIRN_TRY(get_room(cx, 2, (uint64_t)t->units * 2, where));
    return resize_room(cx, 2, encode_utf16(t, 0, at(cx, *where)), where);
}

/* Two bytes for each of the first `count`. */
static void widen(uint8_t *bytes, size_t count)
{
    for (size_t i = count; i-- > 0;)
        base_store_u16(bytes + 2 * i, bytes[i]);
}

/* From UTF-8 and UTF-16: store_string_to_latin1_or_utf16. */
static pirn_status lower_to_latin1_utf16(cm_context *cx, const text *t, room *where, uint32_t *tag)
{
    PIRN_TRY(get_room(cx, 2, t->units, where));
    size_t written = copy_narrow(t, 0x100, at(cx, *where)), pos = written;
    for (size_t next = pos; pos < t->units; pos = next) {
        uint32_t c = next_code_point(t, &next);
        if (c > 0xFF)
            break;
        at(cx, *where)[written++] = (uint8_t)c;
    }
    if (pos == t->units)
        return resize_room(cx, 2, written, where);
    *tag = UTF16_TAG;
    PIRN_TRY(resize_room(cx, 2, (uint64_t)t->units * 2, where));
    widen(at(cx, *where), written);
    size_t size = 2 * written + encode_utf16(t, pos, at(cx, *where) + 2 * written);
    return resize_room(cx, 2, size, where);
}

static bool is_latin1(const text *t)
{
    for (size_t i = 0; i < t->units; i++)
        if (base_load_u16(t->bytes + 2 * i) > 0xFF)
            return false;
    return true;
}

/* From tagged UTF-16, which another guest chose, so probably with reason: store_probably_utf16_to_latin1_or_utf16. */
static pirn_status lower_probably_utf16(cm_context *cx, const text *t, room *where, uint32_t *tag)
{
    PIRN_TRY(lower_copy(cx, t, 2, where));
    if (!is_latin1(t)) {
        *tag = UTF16_TAG;
        return PIRN_OK;
    }
    uint8_t *p = at(cx, *where);
    for (size_t i = 0; i < t->units; i++)
        p[i] = p[2 * i];
    PIRN_TRY(cm_reallocate(cx, CM_STRING_CONTENT, where->ptr, where->size, 1, t->units, &where->ptr));
    where->size = t->units;
    return PIRN_OK;
}

static pirn_status lower_text(cm_context *cx, const text *t, bool was_tagged, room *where, uint32_t *tag)
{
    switch (cx->encoding) {
    case CM_UTF8:
        return t->form == FORM_UTF8 ? lower_copy(cx, t, 1, where) : lower_to_utf8(cx, t, where);
    case CM_UTF16:
        return t->form == FORM_UTF16 ? lower_copy(cx, t, 2, where) : lower_to_utf16(cx, t, where);
    default:
        if (t->form == FORM_LATIN1)
            return lower_copy(cx, t, 2, where);
        return was_tagged ? lower_probably_utf16(cx, t, where, tag) : lower_to_latin1_utf16(cx, t, where, tag);
    }
}

/* A string of the host: checked, and not in the guest's memory, which is about to change. */
static pirn_status open_host_text(cm_context *cx, pirn_str string, text *out)
{
    if (string.len > CM_LIMIT_STRING_BYTES)
        return cm_trap(cx, "string is too long");
    if (cm_is_view(cx, string.data)) {
        string.data = cm_follow_view(cx, string.data);
        string = base_arena_copy(&cx->activation->arena, string);
        if (string.data == NULL)
            return base_nomem(cx->error);
    }
    size_t bad = 0;
    if (!base_utf8_valid(string, &bad))
        return cm_misuse(cx, "string is not valid UTF-8 at byte %zu", bad);
    *out = (text){FORM_UTF8, (uint32_t)string.len, (const uint8_t *)string.data};
    return PIRN_OK;
}

static pirn_status lower_any(cm_context *cx, const text *t, bool was_tagged, cm_range *out)
{
    room where = {0, 0};
    uint32_t tag = 0;
    PIRN_TRY(lower_text(cx, t, was_tagged, &where, &tag));
    bool is_wide = cx->encoding == CM_UTF16 || tag != 0;
    *out = (cm_range){where.ptr, (is_wide ? where.size / 2 : where.size) | tag};
    return PIRN_OK;
}

pirn_status cm_lower_string(cm_context *cx, pirn_str string, cm_range *out)
{
    text t = {.form = FORM_UTF8};
    PIRN_TRY(open_host_text(cx, string, &t));
    return lower_any(cx, &t, false, out);
}

pirn_status cm_pass_string(cm_context *sender, cm_context *receiver, cm_range range, cm_range *out)
{
    text t = {.form = FORM_UTF8};
    PIRN_TRY(find_text(sender, range, &t));
    return lower_any(receiver, &t, sender->encoding == CM_LATIN1_UTF16, out);
}

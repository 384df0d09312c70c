/* SPDX-License-Identifier: Apache-2.0 */
/* Values to text, in the WebAssembly Value Encoding: the inverse of wave_parse.c. */
#include "component/wave.h"
#include "vm/base/utf8.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* Bounded output that goes on counting, as snprintf does. */
typedef struct printer {
    char *out;
    size_t size, len;
    const pirn_handle_names *names; /* NULL: handles have no text */
} printer;

static void print_value(printer *p, const pirn_type *type, const uint8_t *value);

static void put(printer *p, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++, p->len++) {
        if (p->len + 1 < p->size)
            p->out[p->len] = bytes[i];
    }
}

static void put_text(printer *p, const char *text)
{
    put(p, text, strlen(text));
}

static void put_str(printer *p, pirn_str text)
{
    put(p, text.data, text.len);
}

/* A label that is a keyword gets the '%' that tells them apart. */
static void put_label(printer *p, pirn_str name)
{
    static const char *const keywords[] = {"true", "false", "some", "none", "ok", "err", "nan", "inf"};
    for (size_t i = 0; i < BASE_COUNT(keywords); i++)
        put_text(p, pirn_str_eq(name, pirn_str_of(keywords[i])) ? "%" : "");
    put_str(p, name);
}

static uint64_t load_unsigned(const uint8_t *value, size_t size)
{
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (size) {
    case 1:
        return memcpy(&u8, value, 1), u8;
    case 2:
        return memcpy(&u16, value, 2), u16;
    case 4:
        return memcpy(&u32, value, 4), u32;
    default:
        return memcpy(&u64, value, 8), u64;
    }
}

static int64_t load_signed(const uint8_t *value, size_t size)
{
    uint64_t bits = load_unsigned(value, size), sign = (uint64_t)1 << (size * 8 - 1);
    return (int64_t)((bits ^ sign) - sign);
}

static void print_integer(printer *p, const pirn_type *type, const uint8_t *value, bool is_signed)
{
    char text[24];
    if (is_signed)
        snprintf(text, sizeof text, "%" PRId64, load_signed(value, type->c.size));
    else
        snprintf(text, sizeof text, "%" PRIu64, load_unsigned(value, type->c.size));
    put_text(p, text);
}

/* The shortest decimal that reads back as the same number. */
static void print_float(printer *p, double v, bool is_f32)
{
    char text[40];
    if (isnan(v) || isinf(v)) {
        put_text(p, isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (is_f32 ? strtof(text, NULL) == (float)v : strtod(text, NULL) == v)
            break;
    }
    put_text(p, text);
}

static void print_character(printer *p, uint32_t c, char quote)
{
    static const char meanings[] = "\n\t\r\\", names[] = "ntr\\";
    char text[16];
    const char *known = c != 0 && c < 0x80 ? strchr(meanings, (int)c) : NULL;
    if (known != NULL)
        put(p, (char[]){'\\', names[known - meanings]}, 2);
    else if (c == (uint8_t)quote)
        put(p, (char[]){'\\', quote}, 2);
    else if (c < 0x20 || c == 0x7F)
        put(p, text, (size_t)snprintf(text, sizeof text, "\\u{%" PRIx32 "}", c));
    else
        put(p, text, base_utf8_put(c, text));
}

static void print_string(printer *p, const uint8_t *value)
{
    pirn_str text;
    memcpy(&text, value, sizeof text);
    uint32_t c;
    put_text(p, "\"");
    for (size_t pos = 0; base_utf8_next(text, &pos, &c);)
        print_character(p, c, '"');
    put_text(p, "\"");
}

static void print_elements(printer *p, const pirn_type *element, const uint8_t *values, size_t count)
{
    put_text(p, "[");
    for (size_t i = 0; i < count; i++) {
        put_text(p, i > 0 ? ", " : "");
        print_value(p, element, values + i * element->c.size);
    }
    put_text(p, "]");
}

static void print_list(printer *p, const pirn_type *type, const uint8_t *value)
{
    struct {
        const uint8_t *data;
        size_t len;
    } list;
    memcpy(&list, value, sizeof list);
    print_elements(p, type->element, list.data, list.len);
}

static void print_fields(printer *p, const pirn_type *type, const uint8_t *value)
{
    bool is_record = type->kind == PIRN_TYPE_RECORD;
    put_text(p, is_record ? "{" : "(");
    for (uint32_t i = 0; i < type->member_count; i++) {
        put_text(p, i > 0 ? ", " : "");
        if (is_record) {
            put_label(p, type->members[i].name);
            put_text(p, ": ");
        }
        print_value(p, type->members[i].type, value + type->members[i].c_offset);
    }
    put_text(p, is_record ? "}" : ")");
}

static void print_flags(printer *p, const pirn_type *type, const uint8_t *value)
{
    uint64_t bits = load_unsigned(value, type->c.size);
    bool first = true;
    put_text(p, "{");
    for (uint32_t i = 0; i < type->member_count; i++) {
        if (!(bits >> i & 1))
            continue;
        put_text(p, first ? "" : ", ");
        put_label(p, type->members[i].name);
        first = false;
    }
    put_text(p, "}");
}

static void print_payload(printer *p, const pirn_type *payload, const uint8_t *value)
{
    if (payload == NULL)
        return;
    put_text(p, "(");
    print_value(p, payload, value);
    put_text(p, ")");
}

static void print_variant(printer *p, const pirn_type *type, const uint8_t *value)
{
    uint64_t tag = load_unsigned(value, type->kind == PIRN_TYPE_ENUM ? type->c.size : type->tag_size);
    if (tag >= type->member_count)
        return;
    put_label(p, type->members[tag].name);
    print_payload(p, type->members[tag].type, value + type->c_payload_offset);
}

static void print_handle(printer *p, const pirn_type *type, const uint8_t *value)
{
    char name[128];
    void *handle;
    memcpy(&handle, value, sizeof handle);
    if (p->names != NULL)
        p->names->print(p->names->user, type, handle, name, sizeof name);
    put_text(p, p->names != NULL ? name : "<handle>");
}

static void print_value(printer *p, const pirn_type *type, const uint8_t *value)
{
    const uint8_t *payload = value + type->c_payload_offset;
    switch (type->kind) {
    case PIRN_TYPE_BOOL:
        put_text(p, value[0] ? "true" : "false");
        break;
    case PIRN_TYPE_S8:
    case PIRN_TYPE_S16:
    case PIRN_TYPE_S32:
    case PIRN_TYPE_S64:
        print_integer(p, type, value, true);
        break;
    case PIRN_TYPE_U8:
    case PIRN_TYPE_U16:
    case PIRN_TYPE_U32:
    case PIRN_TYPE_U64:
        print_integer(p, type, value, false);
        break;
    case PIRN_TYPE_F32:
        print_float(p, base_f32_of_bits((uint32_t)load_unsigned(value, 4)), true);
        break;
    case PIRN_TYPE_F64:
        print_float(p, base_f64_of_bits(load_unsigned(value, 8)), false);
        break;
    case PIRN_TYPE_CHAR:
        put_text(p, "'");
        print_character(p, (uint32_t)load_unsigned(value, 4), '\'');
        put_text(p, "'");
        break;
    case PIRN_TYPE_STRING:
        print_string(p, value);
        break;
    case PIRN_TYPE_LIST:
    case PIRN_TYPE_MAP:
        print_list(p, type, value);
        break;
    case PIRN_TYPE_FIXED_LIST:
        print_elements(p, type->element, value, type->length);
        break;
    case PIRN_TYPE_RECORD:
    case PIRN_TYPE_TUPLE:
        print_fields(p, type, value);
        break;
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_ENUM:
        print_variant(p, type, value);
        break;
    case PIRN_TYPE_OPTION:
        put_text(p, value[0] ? "some" : "none");
        print_payload(p, value[0] ? type->element : NULL, payload);
        break;
    case PIRN_TYPE_RESULT:
        put_text(p, value[0] ? "err" : "ok");
        print_payload(p, type->members[value[0] != 0].type, payload);
        break;
    case PIRN_TYPE_FLAGS:
        print_flags(p, type, value);
        break;
    case PIRN_TYPE_OWN:
    case PIRN_TYPE_BORROW:
        print_handle(p, type, value);
        break;
    case PIRN_TYPE_STREAM:
    case PIRN_TYPE_FUTURE:
    case PIRN_TYPE_ERROR_CONTEXT:
        put_text(p, "<handle>");
        break;
    }
}

size_t pirn_value_text_named(const pirn_type *type, const void *value, const pirn_handle_names *names, char *out,
                             size_t size)
{
    printer p = {out, size, 0, names};
    print_value(&p, type, value);
    if (size > 0)
        out[p.len < size ? p.len : size - 1] = '\0';
    return p.len;
}

size_t pirn_value_text(const pirn_type *type, const void *value, char *out, size_t size)
{
    return pirn_value_text_named(type, value, NULL, out, size);
}

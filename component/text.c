/* SPDX-License-Identifier: Apache-2.0 */
/* Value and function types as WIT text. */
#include "component/type.h"
#include <stdio.h>
#include <string.h>

/* What fits is written; the length counts on. */
typedef struct text_out {
    char *data;
    size_t size, len;
    bool by_name; /* types that have a name are called by it */
} text_out;

static void put(text_out *out, pirn_str text)
{
    for (size_t i = 0; i < text.len; i++, out->len++)
        if (out->len + 1 < out->size)
            out->data[out->len] = text.data[i];
}

static void put_c(text_out *out, const char *text)
{
    put(out, pirn_str_of(text));
}

static size_t finish(text_out *out)
{
    if (out->size > 0)
        out->data[out->len < out->size ? out->len : out->size - 1] = '\0';
    return out->len;
}

static void put_type(text_out *out, const pirn_type *type);

/* name: type */
static void put_field(text_out *out, const cm_member *member)
{
    put(out, member->name);
    put_c(out, ": ");
    put_type(out, member->type);
}

/* name, or name(type) */
static void put_case(text_out *out, const cm_member *member)
{
    put(out, member->name);
    if (member->type == NULL)
        return;
    put_c(out, "(");
    put_type(out, member->type);
    put_c(out, ")");
}

static void put_element(text_out *out, const cm_member *member)
{
    put_type(out, member->type);
}

typedef void (*put_member)(text_out *out, const cm_member *member);

static void put_members(text_out *out, const char *open, const cm_member *members, uint32_t count, put_member one,
                        const char *close)
{
    put_c(out, open);
    for (uint32_t i = 0; i < count; i++) {
        put_c(out, i == 0 ? "" : ", ");
        one(out, &members[i]);
    }
    put_c(out, close);
}

static void put_result(text_out *out, const pirn_type *ok, const pirn_type *error)
{
    put_c(out, "result");
    if (ok == NULL && error == NULL)
        return;
    put_c(out, "<");
    if (ok == NULL)
        put_c(out, "_");
    else
        put_type(out, ok);
    if (error != NULL) {
        put_c(out, ", ");
        put_type(out, error);
    }
    put_c(out, ">");
}

static bool is_handle(const pirn_type *type)
{
    return type->kind == PIRN_TYPE_OWN || type->kind == PIRN_TYPE_BORROW;
}

static void put_handle(text_out *out, const pirn_type *type)
{
    put_c(out, type->kind == PIRN_TYPE_OWN ? "own<" : "borrow<");
    put(out, type->name != NULL ? *type->name : PIRN_STR("resource"));
    put_c(out, ">");
}

/* `list<u8, 4>`: something of an element, which may have none, and a length, which may be 0. */
static void put_generic(text_out *out, const char *word, const pirn_type *element, uint32_t length)
{
    put_c(out, word);
    if (element == NULL)
        return;
    put_c(out, "<");
    put_type(out, element);
    char digits[16];
    snprintf(digits, sizeof digits, ", %u", (unsigned)length);
    put_c(out, length > 0 ? digits : "");
    put_c(out, ">");
}

static void put_definition(text_out *out, const pirn_type *type)
{
    switch (type->kind) {
    case PIRN_TYPE_LIST:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_STREAM:
    case PIRN_TYPE_FUTURE:
        put_generic(out, pirn_type_kind_name(type->kind), type->element, 0);
        break;
    case PIRN_TYPE_FIXED_LIST:
        put_generic(out, "list", type->element, type->length);
        break;
    case PIRN_TYPE_MAP:
        put_members(out, "map<", type->element->members, 2, put_element, ">");
        break;
    case PIRN_TYPE_RECORD:
        put_members(out, "record { ", type->members, type->member_count, put_field, " }");
        break;
    case PIRN_TYPE_TUPLE:
        put_members(out, "tuple<", type->members, type->member_count, put_element, ">");
        break;
    case PIRN_TYPE_VARIANT:
        put_members(out, "variant { ", type->members, type->member_count, put_case, " }");
        break;
    case PIRN_TYPE_ENUM:
        put_members(out, "enum { ", type->members, type->member_count, put_case, " }");
        break;
    case PIRN_TYPE_FLAGS:
        put_members(out, "flags { ", type->members, type->member_count, put_case, " }");
        break;
    case PIRN_TYPE_RESULT:
        put_result(out, type->members[0].type, type->members[1].type);
        break;
    case PIRN_TYPE_OWN:
    case PIRN_TYPE_BORROW:
        put_handle(out, type);
        break;
    default:
        put_c(out, pirn_type_kind_name(type->kind));
    }
}

static void put_type(text_out *out, const pirn_type *type)
{
    if (out->by_name && type->name != NULL && !is_handle(type))
        put(out, *type->name);
    else
        put_definition(out, type);
}

const char *pirn_type_kind_name(pirn_type_kind kind)
{
    static const char *const names[] = {
#define KIND_TEXT(name, text) text,
        PIRN_TYPE_KINDS(KIND_TEXT)
#undef KIND_TEXT
    };
    return names[kind];
}

size_t pirn_type_text(const pirn_type *type, char *out, size_t size)
{
    text_out text = {.data = out, .size = size};
    put_type(&text, type);
    return finish(&text);
}

size_t pirn_type_definition(const pirn_type *type, char *out, size_t size)
{
    text_out text = {.data = out, .size = size, .by_name = true};
    put_definition(&text, type);
    return finish(&text);
}

static size_t put_func(text_out *out, const pirn_component_functype *type)
{
    put_members(out, type->is_async ? "async func(" : "func(", type->params, type->param_count, put_field, ")");
    if (type->result != NULL) {
        put_c(out, " -> ");
        put_type(out, type->result);
    }
    return finish(out);
}

size_t pirn_component_functype_text(const pirn_component_functype *type, char *out, size_t size)
{
    return put_func(&(text_out){.data = out, .size = size}, type);
}

size_t pirn_component_functype_signature(const pirn_component_functype *type, char *out, size_t size)
{
    return put_func(&(text_out){.data = out, .size = size, .by_name = true}, type);
}

/* ---- Looking into types ------------------------------------------------------------------------------------------ */

pirn_type_kind pirn_type_kind_of(const pirn_type *type)
{
    return type->kind;
}

const pirn_type *pirn_type_element(const pirn_type *type)
{
    return type->element;
}

size_t pirn_type_member_count(const pirn_type *type)
{
    return type->kind == PIRN_TYPE_OPTION ? 2 : type->member_count;
}

pirn_str pirn_type_member_name(const pirn_type *type, size_t index)
{
    if (type->kind == PIRN_TYPE_OPTION)
        return index == 0 ? PIRN_STR("none") : PIRN_STR("some");
    return type->members[index].name;
}

const pirn_type *pirn_type_member_type(const pirn_type *type, size_t index)
{
    if (type->kind == PIRN_TYPE_OPTION)
        return index == 0 ? NULL : type->element;
    return type->members[index].type;
}

pirn_str pirn_type_resource_name(const pirn_type *type)
{
    return cm_name_text(is_handle(type) ? type->name : NULL);
}

size_t pirn_type_length(const pirn_type *type)
{
    return type->kind == PIRN_TYPE_FIXED_LIST ? type->length : 0;
}

uint32_t pirn_type_resource(const pirn_type *type)
{
    return is_handle(type) ? type->resource + 1 : 0;
}

pirn_str pirn_type_name(const pirn_type *type)
{
    return cm_name_text(is_handle(type) ? NULL : type->name);
}

const void *pirn_type_origin(const pirn_type *type)
{
    return type->members;
}

bool pirn_component_functype_is_async(const pirn_component_functype *type)
{
    return type->is_async;
}

size_t pirn_component_functype_params(const pirn_component_functype *type)
{
    return type->param_count;
}

pirn_str pirn_component_functype_param_name(const pirn_component_functype *type, size_t index)
{
    return type->params[index].name;
}

const pirn_type *pirn_component_functype_param(const pirn_component_functype *type, size_t index)
{
    return type->params[index].type;
}

const pirn_type *pirn_component_functype_result(const pirn_component_functype *type)
{
    return type->result;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Types as embedders ask about them, and as text: structure in the words of WIT. */
#include "component/type.h"

#include <string.h>

const char *pirn_type_kind_name(pirn_type_kind kind)
{
    static const char *const names[] = {
#define TYPE_NAME(name, text) [name] = text,
        PIRN_TYPE_KINDS(TYPE_NAME)
#undef TYPE_NAME
    };
    return names[kind];
}

pirn_type_kind pirn_type_kind_of(const pirn_type *type)
{
    return type->kind;
}

const pirn_type *pirn_type_element(const pirn_type *type)
{
    return type->element;
}

/* The cases of option and result have names that are nowhere written. */
static const char *const option_cases[] = {"none", "some"}, *const result_cases[] = {"ok", "error"};

size_t pirn_type_member_count(const pirn_type *type)
{
    return type->kind == PIRN_TYPE_OPTION ? 2 : type->member_count;
}

pirn_str pirn_type_member_name(const pirn_type *type, size_t index)
{
    if (type->kind == PIRN_TYPE_OPTION)
        return pirn_str_of(option_cases[index]);
    if (type->kind == PIRN_TYPE_RESULT)
        return pirn_str_of(result_cases[index]);
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
    return type->resource_name;
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

/* ---- Text ---------------------------------------------------------------------------------------- */

/* Bounded output that goes on counting, as snprintf does. */
typedef struct printer {
    char *out;
    size_t size, len;
} printer;

static void put_str(printer *p, pirn_str text)
{
    if (text.len > 0 && p->len + 1 < p->size) {
        size_t room = p->size - 1 - p->len;
        memcpy(p->out + p->len, text.data, text.len < room ? text.len : room);
    }
    p->len += text.len;
}

static void put(printer *p, const char *text)
{
    put_str(p, pirn_str_of(text));
}

static size_t finish(printer *p)
{
    if (p->size > 0)
        p->out[p->len < p->size ? p->len : p->size - 1] = '\0';
    return p->len;
}

static void put_type(printer *p, const pirn_type *type);

/* "name: type" of a field, "name(type)" of a case; the name alone without a type. */
static void put_member(printer *p, const cm_member *member, const char *open, const char *close)
{
    put_str(p, member->name);
    if (member->type == NULL)
        return;
    put(p, open);
    put_type(p, member->type);
    put(p, close);
}

static void put_members(printer *p, const cm_member *members, uint32_t count, const char *open, const char *close)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            put(p, ", ");
        put_member(p, &members[i], open, close);
    }
}

static void put_block(printer *p, const pirn_type *type, const char *open, const char *close)
{
    put(p, pirn_type_kind_name(type->kind));
    put(p, " { ");
    put_members(p, type->members, type->member_count, open, close);
    put(p, " }");
}

/* result, result<ok>, result<_, error>, result<ok, error> */
static void put_result(printer *p, const pirn_type *type)
{
    const pirn_type *ok = type->members[0].type, *error = type->members[1].type;
    put(p, "result");
    if (ok == NULL && error == NULL)
        return;
    put(p, "<");
    if (ok == NULL)
        put(p, "_");
    else
        put_type(p, ok);
    if (error != NULL) {
        put(p, ", ");
        put_type(p, error);
    }
    put(p, ">");
}

/* The part between the brackets of tuple, list, option, own and borrow. */
static void put_parameters(printer *p, const pirn_type *type)
{
    if (type->kind == PIRN_TYPE_TUPLE)
        put_members(p, type->members, type->member_count, "", "");
    else if (type->element != NULL)
        put_type(p, type->element);
    else
        put_str(p, type->resource_name.len > 0 ? type->resource_name : PIRN_STR("resource"));
}

static void put_type(printer *p, const pirn_type *type)
{
    switch (type->kind) {
    case PIRN_TYPE_RECORD:
        put_block(p, type, ": ", "");
        break;
    case PIRN_TYPE_VARIANT:
    case PIRN_TYPE_ENUM:
    case PIRN_TYPE_FLAGS:
        put_block(p, type, "(", ")");
        break;
    case PIRN_TYPE_RESULT:
        put_result(p, type);
        break;
    case PIRN_TYPE_TUPLE:
    case PIRN_TYPE_LIST:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_OWN:
    case PIRN_TYPE_BORROW:
        put(p, pirn_type_kind_name(type->kind));
        put(p, "<");
        put_parameters(p, type);
        put(p, ">");
        break;
    default:
        put(p, pirn_type_kind_name(type->kind));
    }
}

size_t pirn_type_text(const pirn_type *type, char *out, size_t size)
{
    printer p = {out, size, 0};
    put_type(&p, type);
    return finish(&p);
}

size_t pirn_component_functype_text(const pirn_component_functype *type, char *out, size_t size)
{
    printer p = {out, size, 0};
    put(&p, "func(");
    put_members(&p, type->params, type->param_count, ": ", "");
    put(&p, ")");
    if (type->result != NULL) {
        put(&p, " -> ");
        put_type(&p, type->result);
    }
    return finish(&p);
}

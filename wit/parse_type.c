/* SPDX-License-Identifier: Apache-2.0 */
/* Types and function signatures, and the definitions of types in interfaces and worlds. */
#include "wit/parse.h"

static pirn_status parse_element(wit_parser *p, wit_ast_type ***tail)
{
    wit_ast_type *element = NULL;
    PIRN_TRY(wit_parse_type(p, &element));
    **tail = element;
    *tail = &element->next;
    return PIRN_OK;
}

/* `_`: a payload that is left out. */
static pirn_status parse_element_or_none(wit_parser *p, wit_ast_type ***tail)
{
    if (p->token.kind != '_')
        return parse_element(p, tail);
    wit_ast_type *none = base_arena_zero(p->arena, sizeof *none);
    if (none == NULL)
        return base_nomem(p->error);
    none->kind = WIT_AST_NONE;
    **tail = none;
    *tail = &none->next;
    return wit_parse_advance(p);
}

static pirn_status parse_length(wit_parser *p, wit_ast_type *list)
{
    uint64_t length = 0;
    for (size_t i = 0; p->token.kind == WIT_TOKEN_INTEGER && i < p->token.text.len && length <= UINT32_MAX; i++)
        length = length * 10 + (uint64_t)(p->token.text.data[i] - '0');
    if (length == 0 || length > UINT32_MAX)
        return wit_parse_fail(p, "a length from 1 to 4294967295");
    list->length = (uint32_t)length;
    return wit_parse_advance(p);
}

/* How the arguments of each type constructor are written. */
typedef enum argument_form {
    ARGUMENTS_ONE,    /* <T> */
    ARGUMENTS_LIST,   /* <T> or <T, length> */
    ARGUMENTS_TWO,    /* <K, V> */
    ARGUMENTS_MANY,   /* <T, ..> */
    ARGUMENTS_RESULT, /* nothing, <T>, <_, E>, <T, E> */
    ARGUMENTS_MAYBE,  /* nothing or <T> */
} argument_form;

static const struct {
    pirn_wit_kind kind;
    argument_form form;
} constructors[] = {
    {PIRN_WIT_LIST, ARGUMENTS_LIST},    {PIRN_WIT_OPTION, ARGUMENTS_ONE}, {PIRN_WIT_RESULT, ARGUMENTS_RESULT},
    {PIRN_WIT_TUPLE, ARGUMENTS_MANY},   {PIRN_WIT_MAP, ARGUMENTS_TWO},    {PIRN_WIT_STREAM, ARGUMENTS_MAYBE},
    {PIRN_WIT_FUTURE, ARGUMENTS_MAYBE}, {PIRN_WIT_OWN, ARGUMENTS_ONE},    {PIRN_WIT_BORROW, ARGUMENTS_ONE},
};

static pirn_status parse_many(wit_parser *p, wit_ast_type **tail)
{
    for (;;) {
        PIRN_TRY(parse_element(p, &tail));
        if (p->token.kind != ',')
            return PIRN_OK;
        PIRN_TRY(wit_parse_advance(p));
        if (p->token.kind == '>')
            return PIRN_OK;
    }
}

/* The arguments between < and >. */
static pirn_status parse_arguments(wit_parser *p, argument_form form, wit_ast_type *type)
{
    wit_ast_type **tail = &type->children;
    switch (form) {
    case ARGUMENTS_MANY:
        return parse_many(p, tail);
    case ARGUMENTS_TWO:
        PIRN_TRY(parse_element(p, &tail));
        PIRN_TRY(wit_parse_expect(p, ',', "`,`"));
        return parse_element(p, &tail);
    case ARGUMENTS_RESULT:
        PIRN_TRY(parse_element_or_none(p, &tail));
        if (p->token.kind != ',')
            return PIRN_OK;
        PIRN_TRY(wit_parse_advance(p));
        return parse_element(p, &tail);
    case ARGUMENTS_LIST:
        PIRN_TRY(parse_element(p, &tail));
        if (p->token.kind != ',')
            return PIRN_OK;
        PIRN_TRY(wit_parse_advance(p));
        return parse_length(p, type);
    case ARGUMENTS_ONE:
    case ARGUMENTS_MAYBE:
        return parse_element(p, &tail);
    }
    return PIRN_OK;
}

static pirn_status parse_constructor(wit_parser *p, argument_form form, wit_ast_type *type)
{
    PIRN_TRY(wit_parse_advance(p));
    bool is_optional = form == ARGUMENTS_RESULT || form == ARGUMENTS_MAYBE;
    if (p->token.kind != '<' && is_optional)
        return PIRN_OK;
    PIRN_TRY(wit_parse_expect(p, '<', "`<`"));
    if (p->depth == WIT_MAX_DEPTH)
        return base_fail_at(p->error, PIRN_LIMIT, type->place.line, type->place.column,
                            "types are nested deeper than %d", WIT_MAX_DEPTH);
    p->depth++;
    PIRN_TRY(parse_arguments(p, form, type));
    p->depth--;
    return wit_parse_expect(p, '>', "`>`");
}

pirn_status wit_parse_type(wit_parser *p, wit_ast_type **out)
{
    wit_ast_type *type = base_arena_zero(p->arena, sizeof *type);
    if (type == NULL)
        return base_nomem(p->error);
    *out = type;
    type->place = p->token.place;
    for (size_t i = 0; i < BASE_COUNT(constructors); i++) {
        type->kind = constructors[i].kind;
        if (wit_parse_at_word(p, pirn_wit_kind_name(type->kind).data))
            return parse_constructor(p, constructors[i].form, type);
    }
    for (type->kind = PIRN_WIT_BOOL; type->kind <= PIRN_WIT_STRING; type->kind++) {
        if (wit_parse_at_word(p, pirn_wit_kind_name(type->kind).data))
            return wit_parse_advance(p);
    }
    type->kind = PIRN_WIT_ALIAS;
    return wit_parse_id(p, "a type", &type->name);
}

static pirn_status parse_params(wit_parser *p, wit_ast_item *item)
{
    PIRN_TRY(wit_parse_expect(p, '(', "`(`"));
    wit_ast_member **tail = &item->members;
    while (p->token.kind != ')') {
        wit_ast_member *param = NULL;
        PIRN_TRY(wit_parse_new_member(p, &param));
        PIRN_TRY(wit_parse_expect(p, ':', "`:`"));
        PIRN_TRY(wit_parse_type(p, &param->type));
        *tail = param;
        tail = &param->next;
        if (p->token.kind != ',')
            break;
        PIRN_TRY(wit_parse_advance(p));
    }
    return wit_parse_expect(p, ')', "`,` or `)`");
}

static pirn_status parse_result(wit_parser *p, wit_ast_item *item)
{
    if (p->token.kind != WIT_TOKEN_ARROW)
        return PIRN_OK;
    PIRN_TRY(wit_parse_advance(p));
    return wit_parse_type(p, &item->type);
}

pirn_status wit_parse_signature(wit_parser *p, wit_ast_item *item)
{
    item->kind = WIT_AST_FUNCTION;
    if (wit_parse_at_word(p, "async")) {
        item->is_async = true;
        PIRN_TRY(wit_parse_advance(p));
    }
    if (!wit_parse_at_word(p, "func"))
        return wit_parse_fail(p, "`func`");
    PIRN_TRY(wit_parse_advance(p));
    PIRN_TRY(parse_params(p, item));
    return parse_result(p, item);
}

static pirn_status parse_constructor_method(wit_parser *p, wit_ast_item *method)
{
    method->name = (wit_id){PIRN_STR("constructor"), p->token.place};
    method->function_kind = PIRN_WIT_CONSTRUCTOR;
    PIRN_TRY(wit_parse_advance(p));
    PIRN_TRY(parse_params(p, method));
    return parse_result(p, method);
}

static pirn_status parse_method(wit_parser *p, wit_ast_item **out)
{
    PIRN_TRY(wit_parse_item_head(p, out));
    wit_ast_item *method = *out;
    method->kind = WIT_AST_FUNCTION;
    if (wit_parse_at_word(p, "constructor")) {
        PIRN_TRY(parse_constructor_method(p, method));
        return wit_parse_expect(p, ';', "`;`");
    }
    method->function_kind = PIRN_WIT_METHOD;
    PIRN_TRY(wit_parse_id(p, "a method or `}`", &method->name));
    PIRN_TRY(wit_parse_expect(p, ':', "`:`"));
    if (wit_parse_at_word(p, "static")) {
        method->function_kind = PIRN_WIT_STATIC;
        PIRN_TRY(wit_parse_advance(p));
    }
    PIRN_TRY(wit_parse_signature(p, method));
    return wit_parse_expect(p, ';', "`;`");
}

static pirn_status parse_resource(wit_parser *p, wit_ast_item *item)
{
    if (p->token.kind == ';')
        return wit_parse_advance(p);
    PIRN_TRY(wit_parse_expect(p, '{', "`{` or `;`"));
    wit_ast_item **tail = &item->children;
    while (p->token.kind != '}') {
        PIRN_TRY(parse_method(p, tail));
        tail = &(*tail)->next;
    }
    return wit_parse_advance(p);
}

/* What follows the name of each kind of definition with a body. */
static pirn_status parse_member(wit_parser *p, pirn_wit_kind kind, wit_ast_member **out)
{
    PIRN_TRY(wit_parse_new_member(p, out));
    if (kind == PIRN_WIT_RECORD) {
        PIRN_TRY(wit_parse_expect(p, ':', "`:`"));
        return wit_parse_type(p, &(*out)->type);
    }
    if (kind == PIRN_WIT_VARIANT && p->token.kind == '(') {
        PIRN_TRY(wit_parse_advance(p));
        PIRN_TRY(wit_parse_type(p, &(*out)->type));
        return wit_parse_expect(p, ')', "`)`");
    }
    return PIRN_OK;
}

static pirn_status parse_body(wit_parser *p, wit_ast_item *item)
{
    PIRN_TRY(wit_parse_expect(p, '{', "`{`"));
    wit_ast_member **tail = &item->members;
    while (p->token.kind != '}') {
        PIRN_TRY(parse_member(p, item->type_kind, tail));
        tail = &(*tail)->next;
        if (p->token.kind != ',')
            break;
        PIRN_TRY(wit_parse_advance(p));
    }
    return wit_parse_expect(p, '}', "`,` or `}`");
}

static pirn_status parse_alias(wit_parser *p, wit_ast_item *item)
{
    PIRN_TRY(wit_parse_expect(p, '=', "`=`"));
    PIRN_TRY(wit_parse_type(p, &item->type));
    return wit_parse_expect(p, ';', "`;`");
}

pirn_status wit_parse_typedef(wit_parser *p, wit_ast_item *item, bool *done)
{
    *done = false;
    for (pirn_wit_kind kind = PIRN_WIT_RECORD; kind <= PIRN_WIT_ALIAS; kind++) {
        if (!wit_parse_at_word(p, pirn_wit_kind_name(kind).data))
            continue;
        *done = true;
        item->kind = WIT_AST_TYPE;
        item->type_kind = kind;
        PIRN_TRY(wit_parse_advance(p));
        PIRN_TRY(wit_parse_id(p, "a name", &item->name));
        if (kind == PIRN_WIT_RESOURCE)
            return parse_resource(p, item);
        return kind == PIRN_WIT_ALIAS ? parse_alias(p, item) : parse_body(p, item);
    }
    return PIRN_OK;
}

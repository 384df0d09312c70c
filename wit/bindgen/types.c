/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types. Each is written once, behind those it consists of: its C type into the header, its descriptor into the source.
 * A type without a name, as result<list<u8>, stream-error>, gets one made of its parts: result_list_u8_stream_error.
 */
#include "wit/bindgen/bindgen.h"

/* --- names of types --- */

const pirn_wit_type *bindgen_definition(const pirn_wit_type *type)
{
    while (pirn_wit_type_is_used(type))
        type = pirn_wit_type_member(type, 0).type;
    return type;
}

static bool has_name(const pirn_wit_type *type)
{
    return pirn_wit_type_name(type).len > 0;
}

static bool is_handle(const pirn_wit_type *type)
{
    return pirn_wit_type_kind(type) == PIRN_WIT_OWN || pirn_wit_type_kind(type) == PIRN_WIT_BORROW;
}

/* The resource that a handle is of, or that a named type is. */
static const pirn_wit_type *resource_of(const pirn_wit_type *type)
{
    return pirn_wit_type_resolved(is_handle(type) ? pirn_wit_type_member(type, 0).type : type);
}

/* Primitive types. Columns: kind, C. The rest of what this tells comes from pirn_wit_kind_name. */
static const struct {
    pirn_wit_kind kind;
    const char *c;
} primitives[] = {
    {PIRN_WIT_BOOL, "uint8_t"},    {PIRN_WIT_S8, "int8_t"},   {PIRN_WIT_U8, "uint8_t"},   {PIRN_WIT_S16, "int16_t"},
    {PIRN_WIT_U16, "uint16_t"},    {PIRN_WIT_S32, "int32_t"}, {PIRN_WIT_U32, "uint32_t"}, {PIRN_WIT_S64, "int64_t"},
    {PIRN_WIT_U64, "uint64_t"},    {PIRN_WIT_F32, "float"},   {PIRN_WIT_F64, "double"},   {PIRN_WIT_CHAR, "uint32_t"},
    {PIRN_WIT_STRING, "pirn_str"},
};

static const char *primitive(const pirn_wit_type *type)
{
    for (size_t i = 0; i < BASE_COUNT(primitives); i++) {
        if (primitives[i].kind == pirn_wit_type_kind(type))
            return primitives[i].c;
    }
    return NULL;
}

/* The name within an interface: "u8", "stream_error", "borrow_pollable", "result_none_error_code". NULL type: "none". */
static const char *short_name(bindgen *gen, const pirn_wit_type *type)
{
    if (type == NULL)
        return "none";
    pirn_wit_kind kind = pirn_wit_type_kind(type);
    if (has_name(type))
        return bindgen_snake(gen, pirn_wit_type_name(type));
    if (kind == PIRN_WIT_OWN)
        return bindgen_snake(gen, pirn_wit_type_name(pirn_wit_type_member(type, 0).type));
    const char *name = pirn_wit_kind_name(kind).data;
    bool is_empty_result = kind == PIRN_WIT_RESULT && pirn_wit_type_member(type, 0).type == NULL &&
                           pirn_wit_type_member(type, 1).type == NULL;
    for (size_t i = 0; !is_empty_result && i < pirn_wit_type_member_count(type); i++)
        name = bindgen_printf(gen, "%s_%s", name, short_name(gen, pirn_wit_type_member(type, i).type));
    return name;
}

/* What tells types apart: the short name with brackets, and definitions by where they stand. */
static const char *key_of(bindgen *gen, const pirn_wit_type *type)
{
    if (type == NULL)
        return "_";
    type = bindgen_definition(type);
    if (has_name(type))
        return bindgen_printf(gen, "%s.%.*s", bindgen_prefix(gen, pirn_wit_type_interface(type)),
                              PIRN_STR_ARG(pirn_wit_type_name(type)));
    const char *key = bindgen_printf(gen, "%s<", pirn_wit_kind_name(pirn_wit_type_kind(type)).data);
    for (size_t i = 0; i < pirn_wit_type_member_count(type); i++)
        key = bindgen_printf(gen, "%s%s,", key, key_of(gen, pirn_wit_type_member(type, i).type));
    return bindgen_printf(gen, "%s>", key);
}

/* The name of a type without one, chosen when it was bound. */
static const char *bound_name(bindgen *gen, const pirn_wit_type *type)
{
    uint64_t name = 0;
    if (!base_map_get(&gen->bound, pirn_str_of(key_of(gen, type)), &name))
        bindgen_die("`%s` is used before it is written", short_name(gen, type));
    return (const char *)(uintptr_t)name;
}

const char *bindgen_c_type(bindgen *gen, const pirn_wit_type *type)
{
    type = bindgen_definition(type);
    if (is_handle(type))
        return bindgen_printf(gen, "struct %s *", bindgen_resource(gen, resource_of(type)));
    if (primitive(type) != NULL)
        return primitive(type);
    if (has_name(type))
        return bindgen_printf(gen, "%s_%s", bindgen_prefix(gen, pirn_wit_type_interface(type)),
                              bindgen_snake(gen, pirn_wit_type_name(type)));
    return bindgen_printf(gen, "%.*s_%s", PIRN_STR_ARG(gen->prefix), bound_name(gen, type));
}

const char *bindgen_desc(bindgen *gen, const pirn_wit_type *type)
{
    if (type == NULL)
        return "NULL";
    type = bindgen_definition(type);
    if (pirn_wit_type_kind(type) == PIRN_WIT_ALIAS)
        return bindgen_desc(gen, pirn_wit_type_member(type, 0).type);
    if (has_name(type))
        return bindgen_printf(gen, "&%s_desc", bindgen_c_type(gen, type));
    return bindgen_printf(gen, "&desc_%s", bound_name(gen, type));
}

static bool ends_with_star(const char *type)
{
    return type[strlen(type) - 1] == '*';
}

void bindgen_put_field(bindgen *gen, const char *indent, const pirn_wit_type *type, const char *name)
{
    const char *c = bindgen_c_type(gen, type);
    bindgen_put(&gen->header, "%s%s%s%s;\n", indent, c, ends_with_star(c) ? "" : " ", name);
}

/* --- C types, into the header --- */

/* The smallest unsigned type for so many cases, and for so many labels. */
static const char *tag_type(size_t cases)
{
    return cases <= 256 ? "uint8_t" : cases <= 65536 ? "uint16_t" : "uint32_t";
}

static const char *bits_type(size_t labels)
{
    return labels <= 8 ? "uint8_t" : labels <= 16 ? "uint16_t" : "uint32_t";
}

static const char *constant(bindgen *gen, const pirn_wit_type *type, pirn_str name)
{
    return bindgen_printf(gen, "%s_%s", bindgen_upper(gen, pirn_str_of(bindgen_c_type(gen, type))),
                          bindgen_upper(gen, name));
}

static void put_cases(bindgen *gen, const pirn_wit_type *type)
{
    bindgen_put(&gen->header, "enum {\n");
    for (size_t i = 0; i < pirn_wit_type_member_count(type); i++) {
        pirn_wit_member member = pirn_wit_type_member(type, i);
        bindgen_put_comment(&gen->header, "    ", "", member.docs);
        bindgen_put(&gen->header, "    %s = %zu,\n", constant(gen, type, member.name), i);
    }
    bindgen_put(&gen->header, "};\n");
}

static void put_enum(bindgen *gen, const pirn_wit_type *type, const char *name)
{
    bindgen_put(&gen->header, "typedef %s %s;\n", tag_type(pirn_wit_type_member_count(type)), name);
    put_cases(gen, type);
}

static void put_flags(bindgen *gen, const pirn_wit_type *type, const char *name)
{
    bindgen_put(&gen->header, "typedef %s %s;\n", bits_type(pirn_wit_type_member_count(type)), name);
    for (size_t i = 0; i < pirn_wit_type_member_count(type); i++) {
        pirn_wit_member member = pirn_wit_type_member(type, i);
        bindgen_put_comment(&gen->header, "", "", member.docs);
        bindgen_put(&gen->header, "#define %s (1u << %zu)\n", constant(gen, type, member.name), i);
    }
}

static void put_struct(bindgen *gen, const pirn_wit_type *type, const char *name)
{
    bool is_tuple = pirn_wit_type_kind(type) == PIRN_WIT_TUPLE;
    bindgen_put(&gen->header, "typedef struct %s {\n", name);
    for (size_t i = 0; i < pirn_wit_type_member_count(type); i++) {
        pirn_wit_member member = pirn_wit_type_member(type, i);
        bindgen_put_comment(&gen->header, "    ", "", member.docs);
        const char *field = is_tuple ? bindgen_printf(gen, "f%zu", i) : bindgen_snake(gen, member.name);
        bindgen_put_field(gen, "    ", member.type, field);
    }
    bindgen_put(&gen->header, "} %s;\n", name);
}

static void put_list(bindgen *gen, const pirn_wit_type *type, const char *name)
{
    const char *c = bindgen_c_type(gen, pirn_wit_type_member(type, 0).type);
    bindgen_put(&gen->header, "typedef struct %s {\n", name);
    if (ends_with_star(c))
        bindgen_put(&gen->header, "    %sconst *data;\n", c);
    else
        bindgen_put(&gen->header, "    const %s *data;\n", c);
    bindgen_put(&gen->header, "    size_t len;\n} %s;\n", name);
}

static bool has_payload(const pirn_wit_type *type)
{
    for (size_t i = 0; i < pirn_wit_type_member_count(type); i++) {
        if (pirn_wit_type_member(type, i).type != NULL)
            return true;
    }
    return false;
}

/* The generic code that reads these objects counts on this. */
static void put_payload_assert(bindgen *gen, const char *name)
{
    bindgen_put(&gen->source,
                "_Static_assert(offsetof(%s, value) == _Alignof(%s),\n               \"the payload lies behind the "
                "tag, aligned\");\n",
                name, name);
}

static void put_option(bindgen *gen, const pirn_wit_type *type, const char *name)
{
    bindgen_put(&gen->header, "typedef struct %s {\n    uint8_t is_some;\n", name);
    bindgen_put_field(gen, "    ", pirn_wit_type_member(type, 0).type, "value");
    bindgen_put(&gen->header, "} %s;\n", name);
    put_payload_assert(gen, name);
}

/* A tag, and a union of the payloads unless there are none. */
static void put_tagged(bindgen *gen, const pirn_wit_type *type, const char *name, const char *tag_c, const char *tag,
                       const char *const *case_names)
{
    bindgen_put(&gen->header, "typedef struct %s {\n    %s %s;\n", name, tag_c, tag);
    if (has_payload(type)) {
        bindgen_put(&gen->header, "    union {\n");
        for (size_t i = 0; i < pirn_wit_type_member_count(type); i++) {
            pirn_wit_member member = pirn_wit_type_member(type, i);
            const char *field = case_names != NULL ? case_names[i] : bindgen_snake(gen, member.name);
            if (member.type != NULL)
                bindgen_put_field(gen, "        ", member.type, field);
        }
        bindgen_put(&gen->header, "    } value;\n");
        put_payload_assert(gen, name);
    }
    bindgen_put(&gen->header, "} %s;\n", name);
}

static void put_result(bindgen *gen, const pirn_wit_type *type, const char *name)
{
    static const char *const case_names[] = {"ok", "err"};
    put_tagged(gen, type, name, "uint8_t", "is_err", case_names);
}

static void put_variant(bindgen *gen, const pirn_wit_type *type, const char *name)
{
    put_tagged(gen, type, name, tag_type(pirn_wit_type_member_count(type)), "tag", NULL);
    put_cases(gen, type);
}

static void put_alias(bindgen *gen, const pirn_wit_type *type, const char *name)
{
    const char *c = bindgen_c_type(gen, pirn_wit_type_member(type, 0).type);
    bindgen_put(&gen->header, "typedef %s%s%s;\n", c, ends_with_star(c) ? "" : " ", name);
}

/* --- kinds: how they are written, and what they are called in <pirn/component.h> --- */

typedef struct type_form {
    pirn_wit_kind kind;
    const char *desc_kind;
    void (*put)(bindgen *gen, const pirn_wit_type *type, const char *name);
} type_form;

static const type_form forms[] = {
    {PIRN_WIT_BOOL, "PIRN_TYPE_BOOL", NULL},
    {PIRN_WIT_S8, "PIRN_TYPE_S8", NULL},
    {PIRN_WIT_U8, "PIRN_TYPE_U8", NULL},
    {PIRN_WIT_S16, "PIRN_TYPE_S16", NULL},
    {PIRN_WIT_U16, "PIRN_TYPE_U16", NULL},
    {PIRN_WIT_S32, "PIRN_TYPE_S32", NULL},
    {PIRN_WIT_U32, "PIRN_TYPE_U32", NULL},
    {PIRN_WIT_S64, "PIRN_TYPE_S64", NULL},
    {PIRN_WIT_U64, "PIRN_TYPE_U64", NULL},
    {PIRN_WIT_F32, "PIRN_TYPE_F32", NULL},
    {PIRN_WIT_F64, "PIRN_TYPE_F64", NULL},
    {PIRN_WIT_CHAR, "PIRN_TYPE_CHAR", NULL},
    {PIRN_WIT_STRING, "PIRN_TYPE_STRING", NULL},
    {PIRN_WIT_LIST, "PIRN_TYPE_LIST", put_list},
    {PIRN_WIT_OPTION, "PIRN_TYPE_OPTION", put_option},
    {PIRN_WIT_RESULT, "PIRN_TYPE_RESULT", put_result},
    {PIRN_WIT_TUPLE, "PIRN_TYPE_TUPLE", put_struct},
    {PIRN_WIT_OWN, "PIRN_TYPE_OWN", NULL},
    {PIRN_WIT_BORROW, "PIRN_TYPE_BORROW", NULL},
    {PIRN_WIT_RECORD, "PIRN_TYPE_RECORD", put_struct},
    {PIRN_WIT_VARIANT, "PIRN_TYPE_VARIANT", put_variant},
    {PIRN_WIT_ENUM, "PIRN_TYPE_ENUM", put_enum},
    {PIRN_WIT_FLAGS, "PIRN_TYPE_FLAGS", put_flags},
    {PIRN_WIT_ALIAS, NULL, put_alias},
};

static const type_form *form_of(bindgen *gen, const pirn_wit_type *type)
{
    for (size_t i = 0; i < BASE_COUNT(forms); i++) {
        if (forms[i].kind == pirn_wit_type_kind(type) && pirn_wit_type_length(type) == 0)
            return &forms[i];
    }
    bindgen_die("`%.*s` has the type `%s`, which cannot be bound to C",
                PIRN_STR_ARG(pirn_wit_interface_id(gen->interface)),
                pirn_wit_kind_name(pirn_wit_type_kind(type)).data);
}

/* --- descriptors, into the source --- */

static void put_members(bindgen *gen, const pirn_wit_type *type, const char *name)
{
    static const char *const result_names[] = {"ok", "error"};
    bool is_result = pirn_wit_type_kind(type) == PIRN_WIT_RESULT;
    bindgen_put(&gen->source, "static const pirn_memberdesc members_%s[] = {\n", name);
    for (size_t i = 0; i < pirn_wit_type_member_count(type); i++) {
        pirn_wit_member member = pirn_wit_type_member(type, i);
        pirn_str text = is_result ? pirn_str_of(result_names[i]) : member.name;
        if (text.len > 0)
            bindgen_put(&gen->source, "    {\"%.*s\", %s},\n", PIRN_STR_ARG(text), bindgen_desc(gen, member.type));
        else
            bindgen_put(&gen->source, "    {NULL, %s},\n", bindgen_desc(gen, member.type));
    }
    bindgen_put(&gen->source, "};\n");
}

static bool has_element(pirn_wit_kind kind)
{
    return kind == PIRN_WIT_LIST || kind == PIRN_WIT_OPTION;
}

static void put_desc(bindgen *gen, const pirn_wit_type *type, const type_form *form, const char *name)
{
    bool has_members = !is_handle(type) && !has_element(form->kind) && pirn_wit_type_member_count(type) > 0;
    if (has_members)
        put_members(gen, type, name);
    if (has_name(type))
        bindgen_put(&gen->source, "const pirn_typedesc %s_desc = {.kind = %s", bindgen_c_type(gen, type),
                    form->desc_kind);
    else
        bindgen_put(&gen->source, "static const pirn_typedesc desc_%s = {.kind = %s", name, form->desc_kind);
    if (has_members)
        bindgen_put(&gen->source, ", .member_count = %zu, .members = members_%s", pirn_wit_type_member_count(type),
                    name);
    if (has_element(form->kind))
        bindgen_put(&gen->source, ", .element = %s", bindgen_desc(gen, pirn_wit_type_member(type, 0).type));
    if (is_handle(type)) {
        const pirn_wit_type *resource = resource_of(type);
        bindgen_put(&gen->source, ", .resource = &%s_%s_resource",
                    bindgen_prefix(gen, pirn_wit_type_interface(resource)),
                    bindgen_snake(gen, pirn_wit_type_name(resource)));
    }
    bindgen_put(&gen->source, "};\n");
}

/* --- one type --- */

/* A short name that no other type of the interface has; names may meet, as tuple<tuple<a>, b> and tuple<tuple<a, b>>. */
static const char *choose_name(bindgen *gen, const pirn_wit_type *type)
{
    const char *name = short_name(gen, type), *wish = name;
    for (unsigned i = 2;; i++) {
        bool added = false;
        if (base_map_add(&gen->bound, pirn_str_of(bindgen_printf(gen, "name %s", name)), 0, &added) != PIRN_OK)
            bindgen_die("out of memory");
        if (added)
            return name;
        name = bindgen_printf(gen, "%s_%u", wish, i);
    }
}

static void put_heading(bindgen *gen, const pirn_wit_type *type)
{
    const char *keyword = pirn_wit_kind_name(pirn_wit_type_kind(type)).data, *heading = "";
    if (has_name(type))
        heading = bindgen_printf(gen, "%s %.*s", keyword, PIRN_STR_ARG(pirn_wit_type_name(type)));
    bindgen_put(&gen->header, "\n");
    bindgen_put_comment(&gen->header, "", heading, pirn_wit_type_docs(type));
}

static void write_type(bindgen *gen, const pirn_wit_type *type, const char *name)
{
    const type_form *form = form_of(gen, type);
    if (form->put != NULL) {
        put_heading(gen, type);
        form->put(gen, type, bindgen_c_type(gen, type));
    }
    if (has_name(type) && form->desc_kind != NULL)
        bindgen_put(&gen->header, "extern const pirn_typedesc %s_desc;\n", bindgen_c_type(gen, type));
    if (form->desc_kind != NULL)
        put_desc(gen, type, form, name);
}

void bindgen_type(bindgen *gen, const pirn_wit_type *type)
{
    if (type == NULL)
        return;
    type = bindgen_definition(type);
    bool is_resource = pirn_wit_type_kind(pirn_wit_type_resolved(type)) == PIRN_WIT_RESOURCE;
    const pirn_wit_interface *owner = pirn_wit_type_interface(type);
    if (is_resource || (owner != NULL && owner != gen->interface)) {
        /* An alias of another interface has no descriptor of its own: what it stands for is needed here. */
        if (!is_resource && pirn_wit_type_kind(type) == PIRN_WIT_ALIAS)
            bindgen_type(gen, pirn_wit_type_member(type, 0).type);
        return;
    }
    pirn_str key = pirn_str_of(key_of(gen, type));
    if (base_map_get(&gen->bound, key, NULL))
        return;
    for (size_t i = 0; i < pirn_wit_type_member_count(type); i++)
        bindgen_type(gen, pirn_wit_type_member(type, i).type);
    const char *name = choose_name(gen, type);
    bool added;
    if (base_map_add(&gen->bound, key, (uint64_t)(uintptr_t)name, &added) != PIRN_OK)
        bindgen_die("out of memory");
    write_type(gen, type, name);
}

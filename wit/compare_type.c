/* SPDX-License-Identifier: Apache-2.0 */
/* Types and functions beside each other: see compare.h. */
#include "wit/compare.h"
#include <stdio.h>

static pirn_str without_version(pirn_str id)
{
    const char *at = id.len > 0 ? memchr(id.data, '@', id.len) : NULL;
    return at == NULL ? id : (pirn_str){id.data, (size_t)(at - id.data)};
}

static pirn_str version_of(pirn_str id)
{
    pirn_str name = without_version(id);
    return name.len == id.len ? PIRN_STR("") : (pirn_str){id.data + name.len + 1, id.len - name.len - 1};
}

bool wit_same_id(const wit_comparer *c, pirn_str a, pirn_str b)
{
    if (pirn_str_eq(a, b))
        return true;
    pirn_str a_version = version_of(a), b_version = version_of(b);
    if (c->purpose == WIT_SAME || !pirn_str_eq(without_version(a), without_version(b)))
        return false;
    return c->purpose == WIT_SUCCESSOR || wit_version_compatible(a_version, b_version);
}

static pirn_str owner_id(const pirn_wit_type *type)
{
    return type->interface != NULL ? type->interface->id : type->world != NULL ? type->world->id : PIRN_STR("");
}

/* A resource has no structure: it is its name, and where it is defined. Worlds and inline interfaces go by any name. */
static bool same_resource(const wit_comparer *c, const pirn_wit_type *a, const pirn_wit_type *b)
{
    bool has_ids =
        a->interface != NULL && b->interface != NULL && !a->interface->is_inline && !b->interface->is_inline;
    return pirn_str_eq(a->name, b->name) && (!has_ids || wit_same_id(c, a->interface->id, b->interface->id));
}

static bool same_members(wit_comparer *c, const pirn_wit_type *a, const pirn_wit_type *b)
{
    if (a->member_count != b->member_count)
        return false;
    for (uint32_t i = 0; i < a->member_count; i++) {
        if (!pirn_str_eq(a->members[i].name, b->members[i].name) ||
            !wit_same_type(c, a->members[i].type, b->members[i].type))
            return false;
    }
    return true;
}

/* True when the pair has been met; otherwise it is from now on. */
static bool have_met(wit_comparer *c, const pirn_wit_type *a, const pirn_wit_type *b)
{
    const void *pair[2] = {a, b};
    pirn_str key = base_arena_copy(&c->arena, (pirn_str){(const char *)pair, sizeof pair});
    bool added = false;
    if (key.data == NULL || base_map_add(&c->same, key, 0, &added) != PIRN_OK)
        c->has_failed = true;
    return !added;
}

/* Types of two models are trees that meet in named types: so each pair of those is looked into once. */
static bool same_structure(wit_comparer *c, const pirn_wit_type *a, const pirn_wit_type *b)
{
    a = wit_type_resolved(a);
    b = wit_type_resolved(b);
    if (a->kind != b->kind || a->length != b->length)
        return false;
    if (a->kind == PIRN_WIT_RESOURCE)
        return same_resource(c, a, b);
    if (a->name.len > 0 && b->name.len > 0 && have_met(c, a, b))
        return true;
    return same_members(c, a, b);
}

bool wit_same_type(wit_comparer *c, const pirn_wit_type *a, const pirn_wit_type *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    bool is_named = a->name.len > 0 || b->name.len > 0;
    bool has_same_name = pirn_str_eq(a->name, b->name) && wit_same_id(c, owner_id(a), owner_id(b));
    if (is_named && c->purpose != WIT_FIT && has_same_name)
        return true;
    if (is_named && c->purpose == WIT_SAME)
        return false;
    if (is_named)
        return same_structure(c, a, b);
    return a->kind == b->kind && a->length == b->length && same_members(c, a, b);
}

/* --- types as text, for messages --- */

typedef struct type_text {
    char data[160];
    size_t len;
} type_text;

static void put(type_text *out, pirn_str text)
{
    for (size_t i = 0; i < text.len && out->len + 1 < sizeof out->data; i++)
        out->data[out->len++] = text.data[i];
    out->data[out->len] = '\0';
}

static void put_type(type_text *out, const pirn_wit_type *type)
{
    if (type == NULL) {
        put(out, PIRN_STR("_"));
        return;
    }
    if (type->kind == PIRN_WIT_OWN)
        type = type->members[0].type;
    put(out, type->name.len > 0 ? type->name : pirn_wit_kind_name(type->kind));
    bool is_bare = type->kind == PIRN_WIT_RESULT && type->members[0].type == NULL && type->members[1].type == NULL;
    if (type->name.len > 0 || type->member_count == 0 || is_bare || out->len + 1 >= sizeof out->data)
        return;
    put(out, PIRN_STR("<"));
    for (uint32_t i = 0; i < type->member_count; i++) {
        put(out, i > 0 ? PIRN_STR(", ") : PIRN_STR(""));
        put_type(out, type->members[i].type);
    }
    if (type->length > 0) {
        char length[16];
        snprintf(length, sizeof length, ", %u", (unsigned)type->length);
        put(out, pirn_str_of(length));
    }
    put(out, PIRN_STR(">"));
}

static const char *text_of(type_text *out, const pirn_wit_type *type)
{
    out->len = 0;
    if (type == NULL)
        put(out, PIRN_STR("nothing"));
    else
        put_type(out, type);
    return out->data;
}

/* "parameter `x` is `u8`, not `u16`". */
static void compare_part(wit_comparer *c, const char *what, pirn_str name, const pirn_wit_type *a,
                         const pirn_wit_type *b)
{
    type_text a_text, b_text;
    if (!wit_same_type(c, a, b))
        wit_differ(c, PIRN_WIT_CHANGED, true, "%s%s%.*s%s is `%s`, where it was `%s`", what, name.len > 0 ? " `" : "",
                   PIRN_STR_ARG(name), name.len > 0 ? "`" : "", text_of(&b_text, b), text_of(&a_text, a));
}

/* --- gates --- */

static void note_gate(wit_comparer *c, const char *name, pirn_str a, pirn_str b)
{
    if (!pirn_str_eq(a, b))
        wit_differ(c, PIRN_WIT_CHANGED, false, "@%s is `%.*s`, where it was `%.*s`", name, PIRN_STR_ARG(b),
                   PIRN_STR_ARG(a));
}

/* From stable to unstable is a promise broken; everything else is news. */
void wit_compare_gates(wit_comparer *c, pirn_wit_gates a, pirn_wit_gates b)
{
    c->is_unstable = a.unstable.len > 0 && c->purpose == WIT_SUCCESSOR;
    if (c->purpose == WIT_FIT)
        return;
    if (a.unstable.len == 0 && b.unstable.len > 0)
        wit_differ(c, PIRN_WIT_CHANGED, true, "it has become @unstable");
    else
        note_gate(c, "unstable", a.unstable, b.unstable);
    note_gate(c, "since", a.since, b.since);
    note_gate(c, "deprecated", a.deprecated, b.deprecated);
}

/* --- members --- */

static const char *member_word(pirn_wit_kind kind)
{
    return kind == PIRN_WIT_RECORD ? "field" : kind == PIRN_WIT_FLAGS ? "label" : "case";
}

static bool has_member(const pirn_wit_type *type, pirn_str name)
{
    for (uint32_t i = 0; i < type->member_count; i++) {
        if (pirn_str_eq(type->members[i].name, name))
            return true;
    }
    return false;
}

/* The first place where the names differ: a member more, one less, or another order. */
static void compare_names(wit_comparer *c, const pirn_wit_type *a, const pirn_wit_type *b, uint32_t i)
{
    const char *word = member_word(a->kind);
    if (i < a->member_count && !has_member(b, a->members[i].name))
        wit_differ(c, PIRN_WIT_CHANGED, true, "%s `%.*s` is gone", word, PIRN_STR_ARG(a->members[i].name));
    else if (i < b->member_count && !has_member(a, b->members[i].name))
        wit_differ(c, PIRN_WIT_CHANGED, true, "%s `%.*s` is new", word, PIRN_STR_ARG(b->members[i].name));
    else
        wit_differ(c, PIRN_WIT_CHANGED, true, "its %ss stand in another order", word);
}

static void compare_bodies(wit_comparer *c, const pirn_wit_type *a, const pirn_wit_type *b)
{
    uint32_t count = a->member_count > b->member_count ? a->member_count : b->member_count;
    for (uint32_t i = 0; i < count; i++) {
        bool has_both = i < a->member_count && i < b->member_count;
        if (!has_both || !pirn_str_eq(a->members[i].name, b->members[i].name)) {
            compare_names(c, a, b, i);
            return;
        }
        compare_part(c, member_word(a->kind), a->members[i].name, a->members[i].type, b->members[i].type);
    }
}

void wit_compare_typedefs(wit_comparer *c, const pirn_wit_type *a, const pirn_wit_type *b)
{
    wit_compare_gates(c, a->gates, b->gates);
    bool is_definition = a->kind >= PIRN_WIT_RECORD && a->kind < PIRN_WIT_RESOURCE;
    if (a->kind == PIRN_WIT_ALIAS && b->kind == PIRN_WIT_ALIAS)
        compare_part(c, "it", PIRN_STR(""), a->members[0].type, b->members[0].type);
    else if (c->purpose != WIT_SAME && (a->kind == PIRN_WIT_ALIAS || b->kind == PIRN_WIT_ALIAS)) {
        if (!same_structure(c, a, b))
            wit_differ(c, PIRN_WIT_CHANGED, true, "it is another type than it was");
    } else if (a->kind != b->kind)
        wit_differ(c, PIRN_WIT_CHANGED, true, "it is a `%s`, where it was a `%s`", pirn_wit_kind_name(b->kind).data,
                   pirn_wit_kind_name(a->kind).data);
    else if (is_definition)
        compare_bodies(c, a, b);
    if (c->purpose == WIT_SAME && a->is_used != b->is_used)
        wit_differ(c, PIRN_WIT_CHANGED, true, "one comes with `use`, and the other does not");
    c->is_unstable = false;
}

void wit_compare_functions(wit_comparer *c, const pirn_wit_function *a, const pirn_wit_function *b)
{
    wit_compare_gates(c, a->gates, b->gates);
    if (a->is_async != b->is_async)
        wit_differ(c, PIRN_WIT_CHANGED, true, "it is%s async, where it was%s", b->is_async ? "" : " not",
                   a->is_async ? "" : " not");
    if (a->param_count != b->param_count)
        wit_differ(c, PIRN_WIT_CHANGED, true, "it takes %u parameters, where it took %u", (unsigned)b->param_count,
                   (unsigned)a->param_count);
    for (uint32_t i = 0; i < a->param_count && a->param_count == b->param_count; i++) {
        if (c->purpose != WIT_FIT && !pirn_str_eq(a->params[i].name, b->params[i].name))
            wit_differ(c, PIRN_WIT_CHANGED, true, "parameter `%.*s` was called `%.*s`",
                       PIRN_STR_ARG(b->params[i].name), PIRN_STR_ARG(a->params[i].name));
        compare_part(c, "parameter", b->params[i].name, a->params[i].type, b->params[i].type);
    }
    compare_part(c, "the result", PIRN_STR(""), a->result, b->result);
    c->is_unstable = false;
}

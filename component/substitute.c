/* SPDX-License-Identifier: Apache-2.0 */
#include "component/substitute.h"
#include "component/externs.h"
#include <string.h>

void cm_substitution_init(cm_substitution *s, cm_validator *v)
{
    s->v = v;
    s->reason[0] = '\0';
    cm_idmap_init(&s->ids, v->allocator);
    cm_idmap_init(&s->identities, v->allocator);
    cm_idmap_init(&s->nodes, v->allocator);
}

void cm_substitution_done(cm_substitution *s)
{
    cm_idmap_done(&s->ids);
    cm_idmap_done(&s->identities);
    cm_idmap_done(&s->nodes);
}

cm_resource_id cm_substitute_resource(const cm_substitution *s, cm_resource_id id)
{
    uint64_t value = 0;
    return cm_idmap_get(&s->ids, id, &value) && value != CM_UNBOUND ? (cm_resource_id)value : id;
}

static uint32_t substitute_identity(const cm_substitution *s, uint32_t identity)
{
    uint64_t value = 0;
    return cm_idmap_get(&s->identities, identity, &value) ? (uint32_t)value : identity;
}

static pirn_status map_number(cm_substitution *s, cm_idmap *map, uint64_t from, uint64_t to)
{
    return cm_idmap_set(map, from, to) ? PIRN_OK : cm_nomem(s->v);
}

/* True when it is known what replaces `type`; `out` is the address of the pointer to it. */
static bool find_node(const cm_substitution *s, const void *type, void *out)
{
    uint64_t value = 0;
    if (!cm_idmap_get(&s->nodes, (uintptr_t)type, &value))
        return false;
    const void *found = (const void *)(uintptr_t)value;
    memcpy(out, &found, sizeof found);
    return true;
}

static pirn_status set_node(cm_substitution *s, const void *type, const void *replacement)
{
    return map_number(s, &s->nodes, (uintptr_t)type, (uintptr_t)replacement);
}

/* A copy on the arena, paid from the allowance. */
static void *copy_node(cm_substitution *s, const void *node, size_t count, size_t size)
{
    if (cm_spend_nodes(s->v, count) != PIRN_OK)
        return NULL;
    void *copy = cm_array(s->v, count, size);
    if (copy != NULL && count > 0)
        memcpy(copy, node, count * size);
    return copy;
}

/* Why copy_node gave nothing. */
static pirn_status copy_failed(const cm_substitution *s)
{
    return s->v->nodes_left == 0 ? PIRN_LIMIT : PIRN_NOMEM;
}

/* ---- Value types ------------------------------------------------------------------------------------------------- */

static pirn_status substitute_type(cm_substitution *s, const pirn_type *type, const pirn_type **out);

/* *out is `members` itself when nothing in them changes. */
static pirn_status substitute_members(cm_substitution *s, const cm_member *members, uint32_t count,
                                      const cm_member **out)
{
    cm_member *copy = NULL;
    *out = members;
    for (uint32_t i = 0; i < count; i++) {
        const pirn_type *type = members[i].type;
        if (type == NULL)
            continue;
        PIRN_TRY(substitute_type(s, type, &type));
        if (type == members[i].type)
            continue;
        if (copy == NULL && (copy = copy_node(s, members, count, sizeof *copy)) == NULL)
            return copy_failed(s);
        copy[i].type = type;
        *out = copy;
    }
    return PIRN_OK;
}

/* The parts of `type` with the substitution done. */
static pirn_status substitute_parts(cm_substitution *s, const pirn_type *type, pirn_type *parts)
{
    *parts = *type;
    if (type->kind == PIRN_TYPE_OWN || type->kind == PIRN_TYPE_BORROW) {
        parts->resource = cm_substitute_resource(s, type->resource);
        parts->identity = substitute_identity(s, type->identity);
    }
    if (type->element != NULL)
        PIRN_TRY(substitute_type(s, type->element, &parts->element));
    if (type->member_count > 0)
        PIRN_TRY(substitute_members(s, type->members, type->member_count, &parts->members));
    return PIRN_OK;
}

static bool same_parts(const pirn_type *a, const pirn_type *b)
{
    return a->element == b->element && a->members == b->members && a->resource == b->resource &&
           a->identity == b->identity;
}

static pirn_status substitute_type(cm_substitution *s, const pirn_type *type, const pirn_type **out)
{
    *out = type;
    if (cm_kind_is_primitive(type->kind) || find_node(s, type, out))
        return PIRN_OK;
    PIRN_TRY(cm_spend_steps(s->v, 1));
    pirn_type parts;
    PIRN_TRY(substitute_parts(s, type, &parts));
    if (!same_parts(type, &parts) && (*out = copy_node(s, &parts, 1, sizeof parts)) == NULL)
        return copy_failed(s);
    return set_node(s, type, *out);
}

static pirn_status substitute_func(cm_substitution *s, const pirn_component_functype *type,
                                   const pirn_component_functype **out)
{
    *out = type;
    if (find_node(s, type, out))
        return PIRN_OK;
    pirn_component_functype changed = *type;
    PIRN_TRY(substitute_members(s, type->params, type->param_count, &changed.params));
    if (type->result != NULL)
        PIRN_TRY(substitute_type(s, type->result, &changed.result));
    bool is_same = changed.params == type->params && changed.result == type->result;
    if (!is_same && (*out = copy_node(s, &changed, 1, sizeof changed)) == NULL)
        return copy_failed(s);
    return set_node(s, type, *out);
}

/* ---- Instances and components ------------------------------------------------------------------------------------ */

static bool same_item(const cm_item *a, const cm_item *b)
{
    switch (a->sort) {
    case CM_FUNC:
        return a->func == b->func;
    case CM_INSTANCE:
        return a->instance == b->instance;
    case CM_COMPONENT:
        return a->component == b->component;
    case CM_TYPE:
        if (a->type.kind == CM_TYPE_RESOURCE)
            return a->type.resource == b->type.resource && a->type.identity == b->type.identity;
        return a->type.value == b->type.value; /* the members of the union are all pointers */
    default:
        return true;
    }
}

pirn_status cm_substitute_externs(cm_substitution *s, const cm_externs *externs, cm_externs *out)
{
    cm_extern *copy = NULL;
    *out = *externs;
    for (uint32_t i = 0; i < externs->count; i++) {
        cm_item item;
        PIRN_TRY(cm_substitute_item(s, &externs->list[i].item, &item));
        if (same_item(&item, &externs->list[i].item))
            continue;
        if (copy == NULL && (copy = copy_node(s, externs->list, externs->count, sizeof *copy)) == NULL)
            return copy_failed(s);
        copy[i].item = item;
        out->list = copy;
    }
    return PIRN_OK;
}

pirn_status cm_substitute_instance(cm_substitution *s, const cm_instance_type *type, const cm_instance_type **out)
{
    *out = type;
    if (find_node(s, type, out))
        return PIRN_OK;
    PIRN_TRY(cm_spend_steps(s->v, 1));
    cm_instance_type changed = *type;
    PIRN_TRY(cm_substitute_externs(s, &type->exports, &changed.exports));
    if (changed.exports.list != type->exports.list && (*out = copy_node(s, &changed, 1, sizeof changed)) == NULL)
        return copy_failed(s);
    return set_node(s, type, *out);
}

pirn_status cm_substitute_component(cm_substitution *s, const cm_component_type *type, const cm_component_type **out)
{
    *out = type;
    if (find_node(s, type, out))
        return PIRN_OK;
    PIRN_TRY(cm_spend_steps(s->v, 1));
    cm_component_type changed = *type;
    PIRN_TRY(cm_substitute_externs(s, &type->imports, &changed.imports));
    PIRN_TRY(cm_substitute_externs(s, &type->exports, &changed.exports));
    bool is_same = changed.imports.list == type->imports.list && changed.exports.list == type->exports.list;
    if (!is_same && (*out = copy_node(s, &changed, 1, sizeof changed)) == NULL)
        return copy_failed(s);
    return set_node(s, type, *out);
}

static pirn_status substitute_type_item(cm_substitution *s, const cm_type *type, cm_type *out)
{
    switch (type->kind) {
    case CM_TYPE_VALUE:
        return substitute_type(s, type->value, &out->value);
    case CM_TYPE_FUNC:
        return substitute_func(s, type->func, &out->func);
    case CM_TYPE_COMPONENT:
        return cm_substitute_component(s, type->component, &out->component);
    case CM_TYPE_INSTANCE:
        return cm_substitute_instance(s, type->instance, &out->instance);
    case CM_TYPE_RESOURCE:
        out->resource = cm_substitute_resource(s, type->resource);
        out->identity = substitute_identity(s, type->identity);
    }
    return PIRN_OK;
}

pirn_status cm_substitute_item(cm_substitution *s, const cm_item *item, cm_item *out)
{
    *out = *item;
    switch (item->sort) {
    case CM_FUNC:
        return substitute_func(s, item->func, &out->func);
    case CM_TYPE:
        return substitute_type_item(s, &item->type, &out->type);
    case CM_COMPONENT:
        return cm_substitute_component(s, item->component, &out->component);
    case CM_INSTANCE:
        return cm_substitute_instance(s, item->instance, &out->instance);
    default:
        return PIRN_OK;
    }
}

pirn_status cm_substitution_unbind(cm_substitution *s, uint32_t count, const cm_birth *born)
{
    for (uint32_t i = 0; i < count; i++)
        PIRN_TRY(map_number(s, &s->ids, born[i].id, CM_UNBOUND));
    return PIRN_OK;
}

pirn_status cm_substitution_renew(cm_substitution *s, uint32_t count, const cm_birth *born)
{
    for (uint32_t i = 0; i < count; i++) {
        cm_resource_id id;
        PIRN_TRY(cm_new_resource(s->v, NULL, &id));
        PIRN_TRY(map_number(s, &s->ids, born[i].id, id));
    }
    return PIRN_OK;
}

/* ---- Naming ------------------------------------------------------------------------------------------------------ */

static bool needs_name(const pirn_type *type)
{
    return type->kind == PIRN_TYPE_RECORD || type->kind == PIRN_TYPE_VARIANT || type->kind == PIRN_TYPE_ENUM ||
           type->kind == PIRN_TYPE_FLAGS;
}

static pirn_status name_value(cm_substitution *s, const pirn_str *name, const pirn_type *type, const pirn_type **out)
{
    PIRN_TRY(substitute_type(s, type, out));
    if (!needs_name(type))
        return PIRN_OK;
    pirn_type *named = copy_node(s, *out, 1, sizeof *named);
    if (named == NULL)
        return copy_failed(s);
    named->identity = ++s->v->next_identity;
    named->name = name;
    *out = named;
    return set_node(s, type, named);
}

static pirn_status name_resource(cm_substitution *s, const pirn_str *name, const cm_type *type, cm_type *out)
{
    out->resource = cm_substitute_resource(s, type->resource);
    out->identity = ++s->v->next_identity;
    out->name = name;
    return map_number(s, &s->identities, type->identity, out->identity);
}

static pirn_status name_item(cm_substitution *s, const pirn_str *name, const cm_item *item, cm_item *out);

static pirn_status name_instance(cm_substitution *s, const cm_instance_type *type, const cm_instance_type **out)
{
    PIRN_TRY(cm_substitution_renew(s, type->born_count, type->born));
    cm_instance_type *named = copy_node(s, type, 1, sizeof *named);
    cm_extern *list = named == NULL ? NULL : copy_node(s, type->exports.list, type->exports.count, sizeof *list);
    if (list == NULL)
        return copy_failed(s);
    for (uint32_t i = 0; i < type->exports.count; i++)
        PIRN_TRY(name_item(s, &list[i].name, &type->exports.list[i].item, &list[i].item));
    named->exports.list = list;
    named->born_count = 0;
    named->born = NULL;
    *out = named;
    return PIRN_OK;
}

static pirn_status name_item(cm_substitution *s, const pirn_str *name, const cm_item *item, cm_item *out)
{
    *out = *item;
    if (item->sort == CM_INSTANCE)
        return name_instance(s, item->instance, &out->instance);
    if (item->sort == CM_TYPE && item->type.kind == CM_TYPE_RESOURCE)
        return name_resource(s, name, &item->type, &out->type);
    if (item->sort == CM_TYPE && item->type.kind == CM_TYPE_VALUE)
        return name_value(s, name, item->type.value, &out->type.value);
    return cm_substitute_item(s, item, out);
}

pirn_status cm_name_item(cm_validator *v, const pirn_str *name, const cm_item *item, cm_item *out)
{
    cm_substitution s;
    cm_substitution_init(&s, v);
    pirn_status status = name_item(&s, name, item, out);
    cm_substitution_done(&s);
    return status;
}

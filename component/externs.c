/* SPDX-License-Identifier: Apache-2.0 */
#include "component/externs.h"
#include <string.h>

const char *cm_sort_name(cm_sort sort)
{
    static const char *const names[] = {
#define SORT_TEXT(name, text) text,
        CM_SORTS(SORT_TEXT)
#undef SORT_TEXT
    };
    return names[sort];
}

const char *cm_item_word(cm_sort sort)
{
    return sort == CM_CORE_MODULE ? "module" : cm_sort_name(sort);
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static int compare_text(pirn_str a, pirn_str b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len == 0 ? 0 : memcmp(a.data, b.data, a.len);
}

static int compare_core(pirn_str module, pirn_str name, const cm_core_extern *to)
{
    int order = compare_text(module, to->module);
    return order != 0 ? order : compare_text(name, to->name);
}

/* Compares the elements `a` and `b` of a list. */
typedef int (*compare_elements)(const void *list, uint32_t a, uint32_t b);

static int compare_externs(const void *list, uint32_t a, uint32_t b)
{
    const cm_extern *externs = list;
    return compare_text(externs[a].name, externs[b].name);
}

static int compare_core_externs(const void *list, uint32_t a, uint32_t b)
{
    const cm_core_extern *externs = list;
    return compare_core(externs[a].module, externs[a].name, &externs[b]);
}

/* Heap sort: no recursion, no allocation, and no input that makes it slow. */
static void sift_down(uint32_t *order, uint32_t root, uint32_t count, const void *list, compare_elements compare)
{
    for (uint32_t child = root * 2 + 1; child < count; child = root * 2 + 1) {
        if (child + 1 < count && compare(list, order[child], order[child + 1]) < 0)
            child++;
        if (compare(list, order[root], order[child]) >= 0)
            return;
        uint32_t moved = order[root];
        order[root] = order[child];
        order[child] = moved;
        root = child;
    }
}

static uint32_t *sorted_order(cm_validator *v, uint32_t count, const void *list, compare_elements compare)
{
    uint32_t *order = cm_array(v, count, sizeof *order);
    if (order == NULL)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    for (uint32_t root = count / 2; root-- > 0;)
        sift_down(order, root, count, list, compare);
    for (uint32_t end = count; end > 1;) {
        uint32_t largest = order[0];
        order[0] = order[--end];
        order[end] = largest;
        sift_down(order, 0, end, list, compare);
    }
    return order;
}

pirn_status cm_externs_index(cm_validator *v, cm_externs *externs)
{
    externs->by_name = sorted_order(v, externs->count, externs->list, compare_externs);
    return externs->by_name == NULL ? PIRN_NOMEM : PIRN_OK;
}

pirn_status cm_core_externs_index(cm_validator *v, cm_core_externs *externs)
{
    externs->by_name = sorted_order(v, externs->count, externs->list, compare_core_externs);
    return externs->by_name == NULL ? PIRN_NOMEM : PIRN_OK;
}

const cm_extern *cm_externs_find(const cm_externs *externs, pirn_str name)
{
    uint32_t low = 0, high = externs->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const cm_extern *found = &externs->list[externs->by_name[middle]];
        int order = compare_text(name, found->name);
        if (order == 0)
            return found;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const cm_core_extern *cm_core_externs_find(const cm_core_externs *externs, pirn_str module, pirn_str name)
{
    uint32_t low = 0, high = externs->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const cm_core_extern *found = &externs->list[externs->by_name[middle]];
        int order = compare_core(module, name, found);
        if (order == 0)
            return found;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* ---- Extent ------------------------------------------------------------------------------------------------------ */

static void add_extent(cm_extent *to, cm_extent part)
{
    to->size = part.size > UINT32_MAX - to->size ? UINT32_MAX : to->size + part.size;
    if (part.depth > to->depth)
        to->depth = part.depth;
}

static cm_extent value_extent(const pirn_type *type)
{
    return (cm_extent){type->unfolded, type->depth};
}

static cm_extent func_extent(const pirn_component_functype *type)
{
    cm_extent extent = {1, 0};
    for (uint32_t i = 0; i < type->param_count; i++)
        add_extent(&extent, value_extent(type->params[i].type));
    if (type->result != NULL)
        add_extent(&extent, value_extent(type->result));
    return extent;
}

static cm_extent type_extent(const cm_type *type)
{
    switch (type->kind) {
    case CM_TYPE_VALUE:
        return value_extent(type->value);
    case CM_TYPE_FUNC:
        return func_extent(type->func);
    case CM_TYPE_COMPONENT:
        return type->component->extent;
    case CM_TYPE_INSTANCE:
        return type->instance->extent;
    case CM_TYPE_RESOURCE:
        break;
    }
    return (cm_extent){1, 0};
}

cm_extent cm_item_extent(const cm_item *item)
{
    switch (item->sort) {
    case CM_FUNC:
        return func_extent(item->func);
    case CM_TYPE:
        return type_extent(&item->type);
    case CM_COMPONENT:
        return item->component->extent;
    case CM_INSTANCE:
        return item->instance->extent;
    default:
        return (cm_extent){1, 0};
    }
}

cm_extent cm_externs_extent(const cm_externs *externs)
{
    cm_extent extent = {1, 0};
    for (uint32_t i = 0; i < externs->count; i++)
        add_extent(&extent, cm_item_extent(&externs->list[i].item));
    extent.depth++;
    return extent;
}

pirn_status cm_extent_check(cm_validator *v, cm_extent extent)
{
    if (extent.size > CM_LIMIT_TYPE_SIZE)
        return cm_limit(v, "effective type size exceeds the limit of 1000000 types");
    if (extent.depth > CM_LIMIT_TYPE_DEPTH)
        return cm_limit(v, "types are nested too deep");
    return PIRN_OK;
}

/* ---- Births ------------------------------------------------------------------------------------------------------ */

/* The names on the way from the item down to where the walk is. */
typedef struct birth_walk {
    cm_validator *v;
    cm_resource_id first;
    cm_idmap *seen;
    cm_birth_list *out;
    uint32_t depth;
    pirn_str path[CM_LIMIT_TYPE_DEPTH + 2];
} birth_walk;

static pirn_status add_birth(birth_walk *walk, cm_resource_id id)
{
    if (id < walk->first || cm_idmap_get(walk->seen, id, NULL))
        return PIRN_OK;
    pirn_str *path = cm_array(walk->v, walk->depth, sizeof *path);
    if (path == NULL)
        return PIRN_NOMEM;
    for (uint32_t i = 0; i < walk->depth; i++)
        path[i] = walk->path[i];
    if (!cm_idmap_set(walk->seen, id, 0) ||
        !BASE_VEC_PUSH(walk->out, walk->v->allocator, (cm_birth){id, walk->depth, path}))
        return cm_nomem(walk->v);
    return cm_spend_nodes(walk->v, 1);
}

static pirn_status walk_births(birth_walk *walk, const cm_item *item)
{
    PIRN_TRY(cm_spend_steps(walk->v, 1));
    if (item->sort == CM_TYPE && item->type.kind == CM_TYPE_RESOURCE)
        return add_birth(walk, item->type.resource);
    if (item->sort != CM_INSTANCE)
        return PIRN_OK;
    const cm_externs *exports = &item->instance->exports;
    for (uint32_t i = 0; i < exports->count; i++) {
        walk->path[walk->depth++] = exports->list[i].name;
        PIRN_TRY(walk_births(walk, &exports->list[i].item));
        walk->depth--;
    }
    return PIRN_OK;
}

pirn_status cm_find_births(cm_validator *v, const cm_item *item, const pirn_str *name, cm_resource_id first,
                           cm_idmap *seen, cm_birth_list *out)
{
    birth_walk walk = {.v = v, .first = first, .seen = seen, .out = out};
    if (name != NULL)
        walk.path[walk.depth++] = *name;
    return walk_births(&walk, item);
}

pirn_status cm_births_take(cm_validator *v, cm_birth_list *list, uint32_t *count, const cm_birth **out)
{
    cm_birth *births = cm_array(v, list->len, sizeof *births);
    if (births == NULL)
        return PIRN_NOMEM;
    if (list->len > 0)
        memcpy(births, list->data, list->len * sizeof *births);
    *count = (uint32_t)list->len;
    *out = births;
    return PIRN_OK;
}

static pirn_status take_born(cm_validator *v, cm_birth_list *list, const cm_births **out)
{
    cm_births *born = cm_array(v, 1, sizeof *born);
    if (born == NULL)
        return PIRN_NOMEM;
    *out = born;
    return cm_births_take(v, list, &born->count, &born->list);
}

pirn_status cm_definition_births(cm_validator *v, cm_definition *definition, cm_resource_id first)
{
    cm_birth_list births = {0};
    cm_idmap seen;
    cm_idmap_init(&seen, v->allocator);
    pirn_status status = cm_find_births(v, &definition->item, NULL, first, &seen, &births);
    if (status == PIRN_OK && births.len > 0)
        status = take_born(v, &births, &definition->born);
    cm_idmap_done(&seen);
    BASE_VEC_DONE(&births, v->allocator);
    return status;
}

/* ---- Mentions of resources --------------------------------------------------------------------------------------- */

/* Types already walked, and the resource ids that a type in which we are binds. Ids are unique: they need no scopes. */
typedef struct mention_walk {
    cm_validator *v;
    cm_idmap walked, bound;
    bool found;
} mention_walk;

static pirn_status mention_item(mention_walk *walk, const cm_item *item);

/* *is_new: the type has not been walked yet. */
static pirn_status enter(mention_walk *walk, const void *type, bool *is_new)
{
    *is_new = !walk->found && !cm_idmap_get(&walk->walked, (uintptr_t)type, NULL);
    PIRN_TRY(cm_spend_steps(walk->v, 1));
    return !*is_new || cm_idmap_set(&walk->walked, (uintptr_t)type, 0) ? PIRN_OK : cm_nomem(walk->v);
}

static pirn_status mention_value(mention_walk *walk, const pirn_type *type)
{
    bool is_new = false;
    PIRN_TRY(enter(walk, type, &is_new));
    if (!is_new)
        return PIRN_OK;
    if (type->kind == PIRN_TYPE_OWN || type->kind == PIRN_TYPE_BORROW)
        walk->found |= !cm_idmap_get(&walk->bound, type->resource, NULL);
    if (type->element != NULL)
        PIRN_TRY(mention_value(walk, type->element));
    for (uint32_t i = 0; i < type->member_count; i++)
        if (type->members[i].type != NULL)
            PIRN_TRY(mention_value(walk, type->members[i].type));
    return PIRN_OK;
}

static pirn_status mention_func(mention_walk *walk, const pirn_component_functype *type)
{
    for (uint32_t i = 0; i < type->param_count; i++)
        PIRN_TRY(mention_value(walk, type->params[i].type));
    return type->result == NULL ? PIRN_OK : mention_value(walk, type->result);
}

static pirn_status bind_births(mention_walk *walk, uint32_t count, const cm_birth *born)
{
    for (uint32_t i = 0; i < count; i++)
        if (!cm_idmap_set(&walk->bound, born[i].id, 0))
            return cm_nomem(walk->v);
    return PIRN_OK;
}

static pirn_status mention_externs(mention_walk *walk, const cm_externs *externs)
{
    for (uint32_t i = 0; i < externs->count; i++)
        PIRN_TRY(mention_item(walk, &externs->list[i].item));
    return PIRN_OK;
}

static pirn_status mention_instance(mention_walk *walk, const cm_instance_type *type)
{
    bool is_new = false;
    PIRN_TRY(enter(walk, type, &is_new));
    if (!is_new)
        return PIRN_OK;
    PIRN_TRY(bind_births(walk, type->born_count, type->born));
    return mention_externs(walk, &type->exports);
}

static pirn_status mention_component(mention_walk *walk, const cm_component_type *type)
{
    bool is_new = false;
    PIRN_TRY(enter(walk, type, &is_new));
    if (!is_new)
        return PIRN_OK;
    PIRN_TRY(bind_births(walk, type->import_born_count, type->import_born));
    PIRN_TRY(bind_births(walk, type->export_born_count, type->export_born));
    PIRN_TRY(mention_externs(walk, &type->imports));
    return mention_externs(walk, &type->exports);
}

static pirn_status mention_type(mention_walk *walk, const cm_type *type)
{
    switch (type->kind) {
    case CM_TYPE_VALUE:
        return mention_value(walk, type->value);
    case CM_TYPE_FUNC:
        return mention_func(walk, type->func);
    case CM_TYPE_COMPONENT:
        return mention_component(walk, type->component);
    case CM_TYPE_INSTANCE:
        return mention_instance(walk, type->instance);
    case CM_TYPE_RESOURCE:
        walk->found |= !cm_idmap_get(&walk->bound, type->resource, NULL);
    }
    return PIRN_OK;
}

static pirn_status mention_item(mention_walk *walk, const cm_item *item)
{
    switch (item->sort) {
    case CM_FUNC:
        return mention_func(walk, item->func);
    case CM_TYPE:
        return mention_type(walk, &item->type);
    case CM_COMPONENT:
        return mention_component(walk, item->component);
    case CM_INSTANCE:
        return mention_instance(walk, item->instance);
    default:
        return PIRN_OK;
    }
}

pirn_status cm_type_has_resources(cm_validator *v, const cm_type *type, bool *out)
{
    mention_walk walk = {.v = v};
    cm_idmap_init(&walk.walked, v->allocator);
    cm_idmap_init(&walk.bound, v->allocator);
    pirn_status status = mention_type(&walk, type);
    cm_idmap_done(&walk.walked);
    cm_idmap_done(&walk.bound);
    *out = walk.found;
    return status;
}

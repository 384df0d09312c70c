/* SPDX-License-Identifier: Apache-2.0 */
/* Names are looked up by bisection: an instance can have as many exports as there are bytes for. */
#include "component/environment.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(pirn_str a, pirn_str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_entries(const void *a, const void *b)
{
    return compare_names(((const cm_named_value *)a)->name, ((const cm_named_value *)b)->name);
}

cm_bag *cm_bag_new(base_arena *arena, uint32_t count)
{
    cm_bag *bag = base_arena_zero(arena, sizeof *bag);
    if (bag == NULL)
        return NULL;
    bag->entries = base_arena_array(arena, count, sizeof *bag->entries);
    return bag->entries == NULL ? NULL : bag;
}

const cm_bag *cm_bag_seal(cm_bag *bag)
{
    if (bag->count > 1)
        qsort(bag->entries, bag->count, sizeof *bag->entries, compare_entries);
    return bag;
}

bool cm_bag_find(const cm_bag *bag, pirn_str name, cm_value *out)
{
    cm_named_value key = {.name = name};
    if (bag->count == 0)
        return false;
    const cm_named_value *found = bsearch(&key, bag->entries, bag->count, sizeof key, compare_entries);
    if (found != NULL)
        *out = found->value;
    return found != NULL;
}

bool cm_sort_has_values(cm_sort sort)
{
    return sort != CM_TYPE && sort != CM_CORE_TYPE && sort != CM_VALUE;
}

bool cm_item_is_resource(const cm_item *item)
{
    return item->sort == CM_TYPE && item->type.kind == CM_TYPE_RESOURCE;
}

cm_value cm_environment_value(const cm_environment *env, cm_ref ref)
{
    if (cm_sort_has_values(ref.sort))
        return env->items[ref.sort][ref.index];
    const cm_item *item = &cm_component_find(env->component, ref)->item;
    return (cm_value){.resource = cm_item_is_resource(item) ? env->resources[item->type.resource] : CM_NONE};
}

cm_core_source cm_environment_core(const cm_environment *env, cm_sort sort, uint32_t index)
{
    return index == CM_NONE ? (cm_core_source){CM_NONE, CM_NONE} : env->items[sort][index].core;
}

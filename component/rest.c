/* SPDX-License-Identifier: Apache-2.0 */
#include "component/rest.h"

typedef struct rest {
    const pirn_linker *linker;
    cm_host_resources *bound;
    base_arena *arena;
    pirn_funcdesc *funcs;
    uint32_t func_count;
} rest;

/* Names of components have no NUL in them. */
static const char *copy_name(rest *r, pirn_str name)
{
    return base_arena_copy(r->arena, name).data;
}

static bool offer_resource(rest *r, pirn_str name, cm_resource_id id)
{
    if (id >= r->bound->count || r->bound->of_id[id] != NULL)
        return true;
    pirn_resourcedesc *desc = base_arena_zero(r->arena, sizeof *desc);
    const char *copy = copy_name(r, name);
    if (desc == NULL || copy == NULL)
        return false;
    *desc = (pirn_resourcedesc){.name = copy, .drop = r->linker->rest_drop};
    r->bound->of_id[id] = desc;
    return true;
}

static bool offer_item(rest *r, pirn_str name, const cm_item *item)
{
    if (item->sort == CM_TYPE && item->type.kind == CM_TYPE_RESOURCE)
        return offer_resource(r, name, item->type.resource);
    if (item->sort != CM_FUNC)
        return true;
    pirn_funcdesc *desc = &r->funcs[r->func_count++];
    *desc = (pirn_funcdesc){.name = copy_name(r, name), .func = r->linker->rest};
    return desc->name != NULL;
}

const cm_offer *cm_rest_offer(const pirn_linker *linker, const cm_definition *import, cm_host_resources *bound,
                              base_arena *arena)
{
    const cm_instance_type *instance = import->item.sort == CM_INSTANCE ? import->item.instance : NULL;
    uint32_t count = instance != NULL ? instance->exports.count : 1;
    rest r = {linker, bound, arena, base_arena_array(arena, count, sizeof *r.funcs), 0};
    pirn_interfacedesc *desc = base_arena_zero(arena, sizeof *desc);
    cm_offer *offer = base_arena_zero(arena, sizeof *offer);
    pirn_str name = import->external->name;
    bool is_made = r.funcs != NULL && desc != NULL && offer != NULL;
    for (uint32_t i = 0; is_made && instance != NULL && i < count; i++)
        is_made = offer_item(&r, instance->exports.list[i].name, &instance->exports.list[i].item);
    if (is_made && instance == NULL)
        is_made = offer_item(&r, name, &import->item);
    if (!is_made)
        return NULL;
    *desc = (pirn_interfacedesc){
        .name = instance != NULL ? copy_name(&r, name) : "", .func_count = r.func_count, .funcs = r.funcs};
    *offer = (cm_offer){desc, linker->rest_user};
    return desc->name != NULL ? offer : NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interfaces by name. A host offers some dozens, and they are looked up once per prepared
 * component, so a list that is searched from end to end is all it takes.
 */
#include "component/linker.h"

#include <string.h>

pirn_linker *pirn_linker_new(pirn_engine *engine)
{
    const pirn_allocator *allocator = pirn_engine_allocator(engine);
    pirn_linker *linker = base_alloc_zero(allocator, sizeof *linker);
    if (linker == NULL)
        return NULL;
    linker->engine = engine;
    linker->allocator = allocator;
    return linker;
}

void pirn_linker_free(pirn_linker *linker)
{
    if (linker == NULL)
        return;
    BASE_VEC_DONE(&linker->offers, linker->allocator);
    base_free(linker->allocator, linker, sizeof *linker);
}

pirn_status pirn_linker_define(pirn_linker *linker, const pirn_interfacedesc *interface, void *user,
                               pirn_error *error)
{
    for (size_t i = 0; i < linker->offers.len; i++) {
        if (strcmp(linker->offers.data[i].interface->name, interface->name) == 0)
            return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "interface \"%s\" is defined already",
                             interface->name);
    }
    if (!BASE_VEC_PUSH(&linker->offers, linker->allocator, (cm_offer){interface, user}))
        return base_nomem(error);
    return PIRN_OK;
}

void pirn_linker_define_rest(pirn_linker *linker, pirn_component_host_func func,
                             void (*drop)(void *data, void *object), void *user)
{
    linker->rest = func;
    linker->rest_drop = drop;
    linker->rest_user = user;
}

static pirn_str offer_name(const void *list, size_t index)
{
    return pirn_str_of(((const cm_offer *)list)[index].interface->name);
}

const cm_offer *cm_linker_find(const pirn_linker *linker, pirn_str name)
{
    cm_versioned_name wanted = cm_versioned_name_of(name);
    size_t i = cm_version_select(&wanted, linker->offers.data, linker->offers.len, offer_name);
    return i == SIZE_MAX ? NULL : &linker->offers.data[i];
}

const pirn_funcdesc *cm_offer_func(const cm_offer *offer, pirn_str name)
{
    for (uint32_t i = 0; i < offer->interface->func_count; i++) {
        if (pirn_str_eq(pirn_str_of(offer->interface->funcs[i].name), name))
            return &offer->interface->funcs[i];
    }
    return NULL;
}

const pirn_resourcedesc *cm_offer_resource(const cm_offer *offer, pirn_str name)
{
    for (uint32_t i = 0; i < offer->interface->resource_count; i++) {
        if (pirn_str_eq(pirn_str_of(offer->interface->resources[i]->name), name))
            return offer->interface->resources[i];
    }
    return NULL;
}

/* ---- What there is instead ------------------------------------------------------------------ */

enum { LONGEST_COMPARED = 96, NEAR = 3 };

static uint32_t least(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Levenshtein's distance; UINT32_MAX for texts that are too long to be typing mistakes. */
static uint32_t edit_distance(pirn_str a, pirn_str b)
{
    uint32_t row[LONGEST_COMPARED + 1]; /* distances of a's first i characters to b's first j */
    if (a.len > LONGEST_COMPARED || b.len > LONGEST_COMPARED)
        return UINT32_MAX;
    for (uint32_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (uint32_t i = 1; i <= a.len; i++) {
        uint32_t diagonal = row[0];
        row[0] = i;
        for (uint32_t j = 1; j <= b.len; j++) {
            uint32_t replaced = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            row[j] = least(replaced, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[b.len];
}

/* "wasi:io" of "wasi:io/streams"; the whole when it has no "/". */
static pirn_str package_of(pirn_str base)
{
    const char *slash = base.len > 0 ? memchr(base.data, '/', base.len) : NULL;
    return slash == NULL ? base : (pirn_str){base.data, (size_t)(slash - base.data)};
}

typedef bool (*resembles)(pirn_str base, pirn_str wanted);

static bool is_same(pirn_str base, pirn_str wanted)
{
    return pirn_str_eq(base, wanted);
}

static bool is_near(pirn_str base, pirn_str wanted)
{
    return edit_distance(base, wanted) <= NEAR;
}

static bool is_of_package(pirn_str base, pirn_str wanted)
{
    return pirn_str_eq(package_of(base), package_of(wanted));
}

/* The names that resemble `wanted`, with commas between; empty when there is none. */
static pirn_str list_names(const pirn_linker *linker, pirn_str wanted, resembles resemble, base_arena *arena)
{
    pirn_str list = PIRN_STR("");
    for (size_t i = 0; i < linker->offers.len && list.data != NULL; i++) {
        cm_versioned_name name = cm_versioned_name_of(offer_name(linker->offers.data, i));
        if (name.full.len > 0 && resemble(name.base, wanted))
            list = base_arena_printf(arena, "%.*s%s%.*s", PIRN_STR_ARG(list), list.len > 0 ? ", " : "",
                                     PIRN_STR_ARG(name.full));
    }
    return list;
}

pirn_str cm_linker_instead(const pirn_linker *linker, pirn_str name, base_arena *arena)
{
    static const resembles closest_first[] = {is_same, is_near, is_of_package};
    if (linker->offers.len == 0)
        return PIRN_STR("the linker is empty");
    pirn_str wanted = cm_versioned_name_of(name).base;
    for (size_t i = 0; i < BASE_COUNT(closest_first); i++) {
        pirn_str list = list_names(linker, wanted, closest_first[i], arena);
        if (list.data == NULL)
            return list;
        if (list.len > 0)
            return base_arena_printf(arena, "the linker has %.*s", PIRN_STR_ARG(list));
    }
    return PIRN_STR("the linker has nothing like it");
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the indices of a component stand for while it is planned (component/plan.h): the environment
 * of one component instance, and the values in it. All of it is in the planner's scratch arena, so
 * that closures may refer to environments until the end.
 */
#pragma once

#include "component/plan.h"

typedef struct cm_bag cm_bag;
typedef struct cm_environment cm_environment;

/* A component with the environment that its outer aliases look into. */
typedef struct cm_closure {
    const cm_component *component;
    const cm_environment *outer;
} cm_closure;

/* A core instance: of a module (`number`, `module`), or made of exports (`exports`). */
typedef struct cm_core_value {
    uint32_t number;
    const pirn_module *module;
    const cm_bag *exports; /* NULL: of a module */
} cm_core_value;

/* What an index of an index space stands for; which member holds is known from the sort. */
typedef union cm_value {
    cm_core_source core;
    const pirn_module *module;
    const cm_core_value *core_instance;
    uint32_t function;
    uint32_t resource; /* of a type; CM_NONE when it is no resource type */
    const cm_closure *component;
    const cm_bag *instance;
} cm_value;

/* Named values: the arguments of an instantiation, the exports of an instance. Sorted by name. */
typedef struct cm_named_value {
    pirn_str name;
    cm_value value;
} cm_named_value;

struct cm_bag {
    uint32_t count;
    cm_named_value *entries;
};

/* Room for `count` entries, which the caller appends; NULL when out of memory. */
cm_bag *cm_bag_new(base_arena *arena, uint32_t count);
/* The bag is complete: it can be searched. */
const cm_bag *cm_bag_seal(cm_bag *bag);
bool cm_bag_find(const cm_bag *bag, pirn_str name, cm_value *out);

struct cm_environment {
    const cm_component *component;
    const cm_environment *outer; /* lexically; NULL for the root's */
    const cm_bag *arguments;
    uint32_t state; /* number of the component instance */
    uint32_t depth; /* of instantiation */
    cm_value *items[CM_SORT_COUNT];
    uint32_t *resources; /* by cm_resource_id */
};

/* Have the items of the sort values in `items`? A type's value is what its resource id stands for. */
bool cm_sort_has_values(cm_sort sort);
bool cm_item_is_resource(const cm_item *item);

/* The value of an item of the component; `ref` is in bounds. */
cm_value cm_environment_value(const cm_environment *env, cm_ref ref);
/* Likewise a core func, table, memory or global; absent when the index is CM_NONE. */
cm_core_source cm_environment_core(const cm_environment *env, cm_sort sort, uint32_t index);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An instance: the runtime objects that the steps of a plan (component/plan.h) have made, each in
 * the array of its kind, by number. The arrays are in the instance's arena and do not move: the
 * VM's functions and the handle tables point into them. Core instances belong to the store.
 */
#pragma once

#include "component/plan.h"

struct pirn_component_func {
    pirn_component_instance *instance;
    cm_function function;
    const pirn_component_functype *type; /* as it is exported */
};

struct pirn_component_instance {
    const pirn_prepared *plan;
    pirn_store *store;
    void *data;
    const pirn_allocator *allocator;
    base_arena arena;
    cm_runtime runtime;
    cm_instance_state *states;
    cm_resource_map *maps;       /* of each state */
    cm_resource_type *resources; /* the host's first */
    cm_function *lifted;         /* from number plan->host_function_count on */
    pirn_instance **core_instances;
    pirn_func **core_functions;
    cm_lowered *lowered;
    cm_resource_builtin *builtins;
    pirn_extern *imports;       /* room for those of one core instance */
    pirn_component_func *funcs; /* of plan->exports */
    uint32_t first_start; /* the step after which the first start function runs; the number of steps: none does */
};

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: what instantiating a component comes down to once nothing is left to look up.
 *
 * Planning walks the definitions of the outermost component in order. Where a nested component is
 * instantiated, its definitions are walked in place, with its own environment; component instances,
 * aliases, imports and exports exist in environments only. What remains is a list of steps, each of
 * which makes one runtime object out of ones made before, all known by number:
 *
 *   (component                                        environment            steps
 *     (import "h" (instance $h (export "f" ...)))     $h: {f: function 0}    (function 0 is the host's)
 *     (core module $m ...)
 *     (core func $g (canon lower (func $h "f")))      $g: core function 0    0 LOWER function 0
 *     (core instance $i (instantiate $m (with ...)))  $i: core instance 0    1 CORE_INSTANCE module, {$g}
 *     (func $r (canon lift (core func $i "run")))     $r: function 1         2 LIFT export 3 of instance 0
 *     (export "run" (func $r)))                       exports {run: 1}
 *
 * A plan is read-only, borrows from the component, and serves any number of instances. Its size is
 * bounded (LIMIT): instantiation can double at each level of nesting, files do not grow by that.
 */
#pragma once

#include "component/canon.h"
#include "component/match.h"

/* A core item: an export of a core instance, or a core function of the plan (instance is CM_NONE). */
typedef struct cm_core_source {
    uint32_t instance;
    uint32_t index; /* of the export or the core function; CM_NONE: the item is absent */
} cm_core_source;

/* Canonical options with their sources. */
typedef struct cm_option_sources {
    uint32_t state; /* number of the component instance */
    cm_encoding encoding;
    cm_core_source memory, realloc, post_return;
} cm_option_sources;

typedef enum cm_step_kind {
    CM_STEP_CORE_INSTANCE, /* core instance `number`; its start function runs */
    CM_STEP_RESOURCE_TYPE, /* resource type `number` gets its destructor */
    CM_STEP_LIFT,          /* function `number` */
    CM_STEP_LOWER,         /* core function `number` */
    CM_STEP_BUILTIN,       /* core function `number`: a resource built-in */
    CM_STEP_TRAPPING,      /* core function `number`: a built-in that is not there yet */
} cm_step_kind;

typedef struct cm_step {
    cm_step_kind kind;
    uint32_t number;
    union {
        struct {
            const pirn_module *module;
            const cm_core_source *imports; /* in the order of the module's */
            uint32_t import_count;
        } core_instance;
        struct {
            uint32_t definer; /* component instance */
            cm_core_source dtor;
        } resource_type;
        struct {
            const cm_function_program *program;
            cm_option_sources options;
            cm_core_source core;            /* LIFT */
            uint32_t callee;                /* LOWER: a function */
            uint32_t slot;                  /* LOWER: which of the plan's */
            const pirn_functype *core_type; /* LOWER: of the core function */
        } canon;
        struct {
            cm_resource_operation operation;
            uint32_t state;    /* component instance */
            uint32_t resource; /* resource type */
            uint32_t slot;
        } builtin;
        struct {
            const pirn_functype *type;
            const char *text;
        } trapping;
    };
} cm_step;

/* A component instance: the one whose component instantiates it (CM_NONE: the root has none), and
 * which resource type each resource id of its component's types is (CM_NONE: no such). */
typedef struct cm_planned_state {
    uint32_t parent;
    uint32_t resource_count;
    const uint32_t *resources;
} cm_planned_state;

/* An exported function, and the interface that it is in (empty: exported directly). */
typedef struct cm_planned_export {
    pirn_str interface, name;
    uint32_t function;
    const pirn_component_functype *type; /* as it is exported: with the names and resource ids of the root's exports */
} cm_planned_export;

struct pirn_prepared {
    const pirn_component *component;
    const pirn_allocator *allocator;
    base_arena arena; /* of all that is below */
    const cm_step *steps;
    uint32_t step_count;
    const cm_planned_state *states; /* number 0 is the root */
    uint32_t state_count;
    uint32_t resource_map_entries; /* of all states together */
    /* Functions are numbered: first the host's, which are constant, then those that steps make. */
    const cm_function *host_functions;
    uint32_t host_function_count, lifted_count;
    /* Resource types likewise. */
    const pirn_resourcedesc *const *host_resources;
    uint32_t host_resource_count, guest_resource_count;
    uint32_t core_instance_count, core_function_count, lowered_count, builtin_count;
    uint32_t most_imports;   /* of one core instance */
    const char *unsupported; /* the first thing that it needs to run and that is not there yet; NULL: none */
    uint64_t unsupported_offset;
    const cm_planned_export *exports;
    uint32_t export_count;
    const pirn_str *interfaces; /* the exports' distinct interfaces */
    uint32_t interface_count;
};

/* Fills `plan`, which is zeroed but for component, allocator and arena. LIMIT, NOMEM. */
PIRN_MUST_CHECK pirn_status cm_plan(pirn_prepared *plan, const cm_bindings *bindings, pirn_error *error);

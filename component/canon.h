/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Canonical definitions at run time (CanonicalABI.md, "Canonical Definitions"): what instantiation
 * makes of `canon lift`, `canon lower` and the resource built-ins, and how an embedder's task calls
 * a lifted function.
 *
 *   cm_runtime           one per pirn_component_instance (the root and all components nested in it)
 *   cm_instance_state    one per component instance in it: its handle table, whether it may be entered and left
 *   cm_resource_type     a resource type at run time
 *   cm_function          a component function: `canon lift`, or a function of the host
 *   cm_lowered           `canon lower`: the data of a VM host function
 *   cm_resource_builtin  `canon resource.new`, `.drop`, `.rep`: likewise
 *   cm_call              the embedder's side of a call, inside a pirn_task
 *
 * Everything here is made by instantiation, in the root instance's memory, and stays where it is as
 * long as the root instance lives. An instance in which a call traps or is abandoned simply stays
 * entered: it "cannot be entered" again.
 */
#pragma once

#include "component/program.h"
#include "component/resource.h"

typedef struct cm_activation cm_activation; /* component/activation.h */

/* What the component instances under one root share. */
typedef struct cm_runtime {
    pirn_component_instance *instance; /* for pirn_task_instance and the like; not looked into */
    pirn_store *store;
    const pirn_allocator *allocator;
    void *data;                 /* of pirn_component_instantiate */
    cm_activation *activations; /* free ones, each with an arena that is used again */
    pirn_resource *resources;   /* of guests, in the embedder's hands */
    uint64_t call_bytes;        /* that one call may take: see cm_charge */
    uint64_t handles_left;      /* entries that the handle tables may still take: see component/resource.h */
} cm_runtime;

void cm_runtime_init(cm_runtime *runtime, pirn_component_instance *instance, pirn_store *store);
/* Begins and ends one of the lives of the instance; it ends after its states are done and its calls freed. */
void cm_runtime_open(cm_runtime *runtime, void *data);
void cm_runtime_close(cm_runtime *runtime);
void cm_runtime_done(cm_runtime *runtime);

struct cm_instance_state {
    cm_runtime *runtime;
    cm_instance_state *parent; /* NULL: the root's */
    cm_handle_table handles;
    bool may_enter, may_leave;
};

/* `parent` is the state of the component instance whose component instantiates this one, NULL for the root. */
void cm_instance_state_init(cm_instance_state *state, cm_runtime *runtime, cm_instance_state *parent);
/* Drops the host resources that its table owns. */
void cm_instance_state_done(cm_instance_state *state);

/* ---- Canonical options, functions ------------------------------------------------------------------------------ */

/* Canonical options, resolved. */
typedef struct cm_options {
    cm_instance_state *state; /* of the component instance that the core code belongs to */
    pirn_memory *memory;      /* NULL: none */
    pirn_func *realloc;       /* NULL: none */
    pirn_func *post_return;   /* NULL: none */
    cm_encoding encoding;
} cm_options;

/*
 * Resource numbers of a function's type -> runtime resource types, as the component instance in question sees them.
 * Only the numbers that the type mentions are looked up.
 */
typedef cm_resource_type *const *cm_resource_map;

/* A component function. Either `core` or `host` is set. */
typedef struct cm_function {
    const pirn_component_functype *type; /* as its definer, of the host's as its importer sees it */
    cm_resource_map resources;           /* for that type */
    /* canon lift */
    const cm_function_program *program;
    pirn_func *core;
    cm_options options;
    /* of the host */
    pirn_component_host_func host;
    void *user;
    const pirn_funcdesc *desc;
    pirn_str interface; /* as the linker calls it */
} cm_function;

/* canon lower: makes a core function of a component function. */
typedef struct cm_lowered {
    const cm_function *callee;
    const cm_function_program
        *program;              /* of its type as the caller sees it, which is structurally equal to the callee's */
    cm_resource_map resources; /* for that type */
    cm_options options;        /* the caller's; post_return unused */
    /* computed by cm_lowered_new_func */
    const cm_instance_state *common; /* nearest component instance that encloses caller and callee */
    bool enclosed;                   /* caller and callee are the same, or one encloses the other: calling traps */
} cm_lowered;

/* Completes `lowered` (which stays in place) and makes the VM's function for it, of type `core`. LIMIT, NOMEM. */
PIRN_MUST_CHECK pirn_status cm_lowered_new_func(cm_lowered *lowered, const pirn_functype *core, pirn_func **out,
                                                pirn_error *error);

/* The data of the VM host functions for the resource built-ins. */
typedef struct cm_resource_builtin {
    cm_instance_state *state; /* whose handle table */
    cm_resource_type *type;
} cm_resource_builtin;

typedef enum cm_resource_operation {
    CM_RESOURCE_NEW,
    CM_RESOURCE_DROP,
    CM_RESOURCE_REP,
} cm_resource_operation;

/* Makes the VM's function; `builtin` stays in place. */
PIRN_MUST_CHECK pirn_status cm_resource_builtin_new_func(cm_resource_builtin *builtin,
                                                         cm_resource_operation operation, pirn_func **out,
                                                         pirn_error *error);

/* ---- The embedder's calls -------------------------------------------------------------------------------------- */

/* One call after another of component functions; embedded in pirn_task. */
typedef struct cm_call {
    cm_runtime *runtime;
    pirn_task *task;
    pirn_call *call;           /* its data is the task: that is what pirn_host_call_task finds */
    cm_activation *activation; /* NULL: nothing called yet. Holds the result after the call has ended. */
    const cm_function *function;
    bool pending;
} cm_call;

/* NOMEM. */
PIRN_MUST_CHECK pirn_status cm_call_init(cm_call *call, cm_runtime *runtime, pirn_task *task);
/* Abandons what is pending. */
void cm_call_done(cm_call *call);
/* These answer as pirn_task_start and pirn_task_resume do; `type` is the function's as the embedder sees it. */
PIRN_MUST_CHECK pirn_status cm_call_start(cm_call *call, const cm_function *function, const void *args,
                                          pirn_error *error);
PIRN_MUST_CHECK pirn_status cm_call_resume(cm_call *call, pirn_error *error);
const void *cm_call_result(const cm_call *call);

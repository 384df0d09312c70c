/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A script while it runs: what its names stand for. Modules are definitions and instances apart, as in the
 * standard's own runner: `(module $M ...)` makes both. Components are like modules, and share their names. What a missing feature or a failure kept from being made has
 * its entry all the same, with the reason, so that the commands that need it are skipped or fail for that reason
 * and no other.
 *
 * Each thread of a script has a run of its own, with its own store; what it shares with others are the instances
 * that it is given.
 */
#pragma once

#include "conformance/baseline.h"
#include "conformance/log.h"
#include "conformance/script.h"
#include "vm/text/parse.h"
#include <pirn/component.h>
#include <pthread.h>

/* Why there is nothing behind a name. */
typedef struct wast_absence {
    const char *feature; /* that is missing; "": it failed */
    uint32_t line;       /* of the command that should have made it */
} wast_absence;

/* A module or a component; neither: there is none. */
typedef struct wast_code {
    pirn_module *module;
    pirn_component *component;
} wast_code;

typedef struct wast_definition {
    pirn_str id;
    wast_code code; /* nothing: see absence */
    wast_absence absence;
} wast_definition;

typedef struct wast_instance {
    pirn_str id;
    pirn_instance *instance;            /* of a module */
    pirn_component_instance *component; /* of a component; neither: see absence */
    wast_absence absence;
    bool is_foreign; /* it lives in another store */
} wast_instance;

typedef struct wast_registered {
    pirn_str name;
    wast_instance instance;
} wast_registered;

typedef struct wast_thread wast_thread;

typedef struct wast_run {
    pirn_engine *engine;
    pirn_pool *pool;      /* NULL: the store is not of a pool */
    pirn_pool_kind *kind; /* of that pool */
    pirn_store *store;
    pirn_call *call;
    pirn_error *error; /* of the command in progress */
    base_arena arena;
    const pirn_allocator *allocator;
    wast_log *log;
    uint32_t absent_features; /* that the script was written with, and this build does not have */
    wast_absence absence;     /* what the command in progress needed and did not find; line 0: nothing */
    BASE_VEC(wast_definition) definitions;
    BASE_VEC(wast_instance) instances;
    BASE_VEC(wast_registered) registered;
    BASE_VEC(wast_thread *) threads;
    BASE_VEC(wast_code) codes; /* to be freed behind the store */
    BASE_VEC(pirn_prepared *) prepared;
    pirn_linker *linker;            /* of components; NULL until it is needed */
    struct wast_spectest *spectest; /* NULL until something of it is imported */
} wast_run;

/* Runs a whole script. OK whatever its commands do; NOMEM. */
PIRN_MUST_CHECK pirn_status wast_run_script(const char *path, pirn_str text, const pirn_wast_options *options,
                                            wast_log *log, pirn_error *error);
/* Executes one command and logs what came of it. */
void wast_execute(wast_run *run, const wast_command *command);
/* Instead of executing it, prints and assembles again the modules in it, and logs whether they are the same. */
void wast_round_trip(wast_run *run, const wast_command *command);

/* An export of the module `spectest`, made at the first call in the run's store; false: it has none. */
bool wast_spectest_find(wast_run *run, pirn_str name, pirn_extern *out);

/* ---- Modules (module.c) ---------------------------------------------------------------------------------------- */

/* The bytes of the module or component: its own, or those of its text. MALFORMED, NOMEM. */
PIRN_MUST_CHECK pirn_status wast_assemble(wast_run *run, const wast_module *source, vm_writer *out);
/*
 * Assembles, decodes and validates. What is absent is in run->absence, and the status is USAGE, when the module
 * needs a feature that this build does not have. The run keeps what is loaded.
 */
PIRN_MUST_CHECK pirn_status wast_load(wast_run *run, const wast_module *source, wast_code *out);
/* Resolves its imports, instantiates and calls the start function. */
PIRN_MUST_CHECK pirn_status wast_instantiate(wast_run *run, const wast_code *code, wast_instance *out);
/* The last one of that name, or the last one; NULL, and the error and the absence say why. */
wast_instance *wast_find_instance(wast_run *run, pirn_str id);
wast_definition *wast_find_definition(wast_run *run, pirn_str id);
/* After a failure: if the run's error complains of an absent feature, it becomes the absence and the status USAGE. */
pirn_status wast_note_absence(wast_run *run, pirn_status status);

/* ---- Components (component.c, component_value.c) --------------------------------------------------------------- */

PIRN_MUST_CHECK pirn_status wast_component_instantiate(wast_run *run, const pirn_component *component,
                                                       pirn_component_instance **out);
/*
 * Calls an exported function. The task has its result until it is freed; USAGE, and no task, when it cannot be called.
 */
PIRN_MUST_CHECK pirn_status wast_component_call(wast_run *run, const wast_action *action,
                                                pirn_component_instance *instance, const pirn_component_func **func,
                                                pirn_task **task);
/* Makes an object of the type, with what it points to in `arena`. False when the value is of another type. */
bool wast_to_component_value(const wast_value *value, const pirn_type *type, base_arena *arena, void *out);
/* Is the object what the pattern says? */
bool wast_component_matches(wast_run *run, const wast_value *pattern, const pirn_type *type, const void *object);

/* ---- Threads (thread.c) ---------------------------------------------------------------------------------------- */

/* OK, or the error says why it could not be started. */
PIRN_MUST_CHECK pirn_status wast_thread_start(wast_run *run, const wast_command *command);
/* Waits for its end, and takes over its log. USAGE: there is none of that name. */
PIRN_MUST_CHECK pirn_status wast_thread_wait(wast_run *run, pirn_str id);
/* Waits for all that are left. */
void wast_threads_done(wast_run *run);

PIRN_MUST_CHECK pirn_status wast_run_init(wast_run *run, pirn_engine *engine, pirn_pool *pool, wast_log *log);
void wast_run_done(wast_run *run);

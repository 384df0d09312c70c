/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Validation of components (Explainer, Binary.md): definitions get their types, in order.
 *
 * A *scope* is a body (component, component type, instance type) under validation; outer aliases go up the chain of
 * scopes. Items are visible once their definition has been passed.
 *
 * Types that name resources are rewritten when a component is instantiated or an instance type becomes an item
 * (component/substitute.h). What such rewriting makes, and what comparing walks over, is paid from two allowances in
 * proportion to the size of the file, so that a small file cannot take much memory or time.
 */
#pragma once

#include "component/decode.h"
#include "component/idmap.h"
#include "component/names.h"
#include "vm/base/map.h"

typedef struct cm_validator {
    pirn_component *component;
    pirn_engine *engine;
    const pirn_allocator *allocator;
    base_arena *arena;  /* the component's */
    cm_decoder decoder; /* of types */
    pirn_error *error;
    uint64_t offset; /* of what is being validated: where errors are */
    cm_resource_id next_resource;
    uint32_t next_identity;
    uint64_t nodes_left, steps_left;       /* the allowances */
    BASE_VEC(const cm_component *) owners; /* by resource id: the component that defines it, or NULL */
    cm_idmap pairs;                        /* of maps that say little in the file: see cm_validate_type */
    const pirn_type *primitives[PIRN_TYPE_ERROR_CONTEXT + 1]; /* by kind; NULL: the kind has parts */
} cm_validator;

/* The names of imports, of exports, or of the exports of one instance, as they are added. */
typedef struct cm_namespace {
    const char *word;   /* "import", "export" */
    base_map names;     /* canonical name -> address of the name as written */
    base_map labels;    /* of resource types: name -> 0 */
    cm_idmap resources; /* identity of a resource type -> address of its name */
    cm_idmap named;     /* identities of types that may be used here, since they have a name */
} cm_namespace;

typedef struct cm_scope {
    cm_validator *v;
    cm_component *body;
    struct cm_scope *parent;
    uint32_t position; /* definitions before this one are visible */
    cm_namespace imports, exports;
} cm_scope;

/* Validates component->root, decoded. INVALID, MALFORMED (core modules), LIMIT, NOMEM. */
PIRN_MUST_CHECK pirn_status cm_validate(pirn_component *component, pirn_error *error);

/* ---- between the files of validation ---- */

/* INVALID at v->offset. */
pirn_status cm_invalid(cm_validator *v, const char *format, ...) PIRN_PRINTF(2, 3);
pirn_status cm_limit(cm_validator *v, const char *what);
pirn_status cm_nomem(cm_validator *v);
/* On the component's arena, zeroed; NULL when out of memory (the error is set). */
void *cm_array(cm_validator *v, size_t count, size_t size);
/* Takes from the allowances. LIMIT. */
PIRN_MUST_CHECK pirn_status cm_spend_nodes(cm_validator *v, uint64_t count);
PIRN_MUST_CHECK pirn_status cm_spend_steps(cm_validator *v, uint64_t count);
/* A new resource id; `owner` is the component that defines it, or NULL. */
PIRN_MUST_CHECK pirn_status cm_new_resource(cm_validator *v, const cm_component *owner, cm_resource_id *out);

/* The visible item `index` of a sort: INVALID "unknown ... index out of bounds". */
PIRN_MUST_CHECK pirn_status cm_scope_item(cm_scope *scope, cm_sort sort, uint32_t index, const cm_item **out);
/* A type of that kind; `what` is what the message says it is not ("a function type"). */
PIRN_MUST_CHECK pirn_status cm_scope_type(cm_scope *scope, uint32_t index, cm_type_kind kind, const char *what,
                                          const cm_type **out);
PIRN_MUST_CHECK pirn_status cm_scope_outer(cm_scope *scope, uint32_t depth, cm_scope **out);

/* The value type that the syntax names. INVALID. */
PIRN_MUST_CHECK pirn_status cm_resolve_value(cm_scope *scope, const cm_value_syntax *syntax, const pirn_type **out);
/* A component. */
PIRN_MUST_CHECK pirn_status cm_validate_body(cm_validator *v, cm_scope *parent, cm_component *body);
/* For all kinds of bodies: begins a scope; validates a definition of it, the next; makes body->type; ends, also twice. */
void cm_scope_init(cm_scope *scope, cm_validator *v, cm_scope *parent, cm_component *body);
PIRN_MUST_CHECK pirn_status cm_scope_add(cm_scope *scope, cm_definition *definition);
PIRN_MUST_CHECK pirn_status cm_scope_finish(cm_scope *scope);
void cm_scope_done(cm_scope *scope);
/* Reads the type or core type of a definition from the file, and validates it. */
PIRN_MUST_CHECK pirn_status cm_validate_declared(cm_scope *scope, cm_definition *definition);
/* A type (but for component and instance types) or core type that has been read. */
PIRN_MUST_CHECK pirn_status cm_validate_type(cm_scope *scope, cm_definition *definition);
PIRN_MUST_CHECK pirn_status cm_validate_core_module(cm_scope *scope, cm_definition *definition);
PIRN_MUST_CHECK pirn_status cm_validate_core_instance(cm_scope *scope, cm_definition *definition);
PIRN_MUST_CHECK pirn_status cm_validate_core_type(cm_scope *scope, cm_definition *definition);
PIRN_MUST_CHECK pirn_status cm_validate_instance(cm_scope *scope, cm_definition *definition);
PIRN_MUST_CHECK pirn_status cm_validate_alias(cm_scope *scope, cm_definition *definition);
PIRN_MUST_CHECK pirn_status cm_validate_canon(cm_scope *scope, cm_definition *definition);
PIRN_MUST_CHECK pirn_status cm_validate_import(cm_scope *scope, cm_definition *definition);
PIRN_MUST_CHECK pirn_status cm_validate_export(cm_scope *scope, cm_definition *definition);

void cm_namespace_init(cm_namespace *names, const char *word, const pirn_allocator *allocator);
void cm_namespace_done(cm_namespace *names);
/*
 * Adds an import or export: the name's grammar, its uniqueness, what its annotation says of the item, and its attributes, which
 * may be NULL.
 */
PIRN_MUST_CHECK pirn_status cm_namespace_add(cm_validator *v, cm_namespace *names, const pirn_str *name,
                                             const cm_attributes *attributes, const cm_item *item);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making a component of a core module (CanonicalABI.md; the names are those that clang's import_module and export_name, and the
 * generators of bindings, give):
 *
 *   what the module imports                      what it is
 *   "a:b/c@1.0.0" "f"                            the function f of the imported interface, lowered
 *   "a:b/c@1.0.0" "[resource-drop]r"             resource.drop of its resource type r
 *   "[export]a:b/c@1.0.0" "[resource-new]r"      likewise of an exported interface: also [resource-rep], [resource-drop]
 *   "$root" "f"                                  a function that the world imports
 *   "wasi_snapshot_preview1" "fd_write"          a function of the adapter of that name
 *
 *   what it exports                              what becomes of it
 *   "a:b/c@1.0.0#f", "f"                         lifted to the function f of an exported interface, or of the world
 *   "cabi_post_" and the name of another         its post-return
 *   "a:b/c@1.0.0#[dtor]r"                        the destructor of an exported resource type
 *   "memory", "cabi_realloc"                     options of lifting and lowering
 *   "_initialize"                                called before anything else
 *
 * An adapter is a module of the same form, which works in the memory of the main one. It may import all that the main module
 * exports from "__main_module__", and its memory from "env".
 *
 *   worlds.c     world types: from a WIT package, and from the custom sections of modules
 *   resolve      each core import and export to what it is: a binding
 *   build        the definitions, in the order that instantiation needs (glue.h)
 *   nested.c     one nested component for each exported interface, which gives the types their names
 */
#pragma once

#include "component/glue.h"
#include "component/imports.h"

/* A core module of the component. */
typedef struct cm_unit {
    pirn_str name; /* of an adapter; the main module's is empty */
    bool is_adapter;
    const uint8_t *bytes; /* as it will be in the component */
    size_t size;
    pirn_module *module;
    const bool *unused_imports;     /* by number; NULL: all are used */
    cm_encoding encoding;           /* of its strings */
    uint32_t instance;              /* core instance, when it is made */
    uint32_t realloc, lift_realloc; /* core funcs for lowering and for lifting; CM_NONE: not exported */
    uint32_t page_realloc;          /* core func: the adapter's main module has no realloc */
} cm_unit;

/* A world that a unit was made for. */
typedef struct cm_world {
    cm_unit *unit;
    pirn_str name;
    pirn_component *source; /* that its types are in */
    const cm_component_type *type;
    uint32_t part;
} cm_world;

typedef enum cm_binding_kind {
    CM_BIND_LOWER,
    CM_BIND_RESOURCE, /* new, drop, rep */
    CM_BIND_ADAPTER,  /* a function of an adapter */
    CM_BIND_MAIN,     /* what an adapter imports of the main module */
    CM_BIND_UNUSED,   /* nothing calls it */
} cm_binding_kind;

/* A core import, and what it is. */
typedef struct cm_binding {
    cm_binding_kind kind;
    cm_unit *unit;
    pirn_import import;
    uint32_t part;
    const cm_extern *external;           /* LOWER, RESOURCE: the import, or the export that a resource type is of */
    const cm_extern *member;             /* its member; NULL: itself */
    const pirn_component_functype *func; /* LOWER */
    cm_canon_kind canon;                 /* RESOURCE */
    cm_unit *target;                     /* ADAPTER */
    cm_ref ref;                          /* when it is made: a core item */
    bool is_indirect;                    /* through the shim, as its slot */
    uint32_t slot;
} cm_binding;

/* A function to be lifted. */
typedef struct cm_lifted {
    const cm_world *world;
    const cm_extern *external, *member; /* as above */
    const pirn_component_functype *type;
    pirn_str core_name;
} cm_lifted;

/* A resource type that the component defines. */
typedef struct cm_local_resource {
    const cm_world *world;
    const cm_type *type;
    pirn_str dtor; /* name of the core export; empty: it has none */
    uint32_t slot;
} cm_local_resource;

typedef struct cm_componentizer {
    pirn_engine *engine;
    const pirn_allocator *allocator;
    base_arena arena;
    pirn_error *error;
    cm_encoder encoder;
    cm_imports imports;
    cm_idmap used;             /* addresses of the members of imports that are used */
    BASE_VEC(cm_unit *) units; /* the main one first */
    BASE_VEC(cm_world) worlds;
    BASE_VEC(cm_binding) bindings;
    BASE_VEC(cm_lifted) lifted;
    BASE_VEC(cm_local_resource) resources;
    cm_functypes slots;
} cm_componentizer;

/* --- worlds.c --- */

/* Adds the world `name` of a binary WIT package. INVALID: there is none of that name. */
PIRN_MUST_CHECK pirn_status cm_world_of_package(cm_componentizer *c, cm_unit *unit, const void *bytes, size_t size,
                                                pirn_str name);
/* Adds the worlds of the unit's custom sections, and leaves these out of unit->bytes. */
PIRN_MUST_CHECK pirn_status cm_worlds_of_module(cm_componentizer *c, cm_unit *unit);

/* --- resolve.c --- */

PIRN_MUST_CHECK pirn_status cm_resolve_imports(cm_componentizer *c, cm_unit *unit);
PIRN_MUST_CHECK pirn_status cm_resolve_exports(cm_componentizer *c);
/* The index of an export of the module, by its name or that of another version of its track; SIZE_MAX: there is none. */
size_t cm_find_core_export(const cm_unit *unit, pirn_str interface, pirn_str name, base_arena *arena);

/* --- nested.c --- */

/* The instance that exports an interface: `funcs` are its lifted functions, in order. */
uint32_t cm_encode_interface(cm_componentizer *c, const cm_world *world, const cm_extern *interface,
                             const uint32_t *funcs);

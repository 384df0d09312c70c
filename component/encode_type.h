/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types of loaded components, written again into a component that is being made. A *part* is a loaded component type whose
 * types are used; identities and resource ids mean something within their part only, so here both come with its number.
 *
 * A *scope* is a place with an index space for types: the component that is made, or an instance type in it. It remembers
 * which index stands for what. A type that has a name is written once where it gets the name, and is an alias from inside:
 *
 *   (import "a:b/types" (instance $i (export "t" (type (eq ..))))    "t" is found at instance $i: a source
 *   (alias export $i "t" (type $t))                                  made when "t" is first needed
 *   (import "a:b/c" (instance (alias outer 1 $t (type)) ..))
 */
#pragma once

#include "component/encode.h"
#include "component/idmap.h"
#include "vm/base/map.h"

/* An exported type of an instance, which gets an index when it is first needed. */
typedef struct cm_type_source {
    uint32_t instance, index; /* index CM_NONE: not yet */
    pirn_str name;
} cm_type_source;

typedef struct cm_type_scope cm_type_scope;
struct cm_type_scope {
    cm_type_scope *outer;            /* NULL: of a component */
    cm_encoder *encoder;             /* of a component */
    vm_writer decls;                 /* of an instance type */
    uint32_t decl_count, type_count; /* likewise */
    cm_idmap named, resources; /* part and identity, part and resource id -> index, or a source's number and a flag */
    cm_idmap nodes;            /* address of a type without a name -> index */
    cm_idmap members,
        resource_members; /* of an instance type: part and identity, part and id -> address of the export */
    base_map exported;    /* of an instance type: name of a type or function -> index */
    BASE_VEC(cm_type_source) sources; /* of a component */
};

/* What is known of a type in a part, and what it imports or exports. */
typedef struct cm_contribution {
    uint32_t part;
    const cm_extern *external;
    const cm_idmap *used; /* addresses of functions and types in it that are needed; NULL: all are */
} cm_contribution;

typedef struct cm_type_writer {
    const pirn_allocator *allocator;
    base_arena *arena; /* scratch, until the end */
    pirn_error *error;
    pirn_status status; /* of the first failure; then nothing more is written */
    /*
     * A resource type is needed that no scope knows. True: the outermost scope knows it now. False, inside an instance type:
     * it is new there.
     */
    bool (*find_resource)(void *data, uint32_t part, cm_resource_id id);
    void *data;
} cm_type_writer;

void cm_type_scope_init(cm_type_scope *scope, cm_type_scope *outer, cm_encoder *encoder, cm_type_writer *w);
void cm_type_scope_done(cm_type_scope *scope, cm_type_writer *w);
/* Forgets all but the sources: what has been imported is to be named anew, for exports. */
void cm_type_scope_renew(cm_type_scope *scope, cm_type_writer *w);

/* What the type is called in the scope from now on. */
void cm_type_scope_name(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_type *type, uint32_t index);
/* Likewise all types that an instance exports, found there when they are needed; of those in `exported`, or NULL. */
void cm_type_scope_source(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_externs *exports,
                          const base_map *exported, uint32_t instance);

/* Writes a type as it is without its name, and returns its index; a resource type must be known. */
uint32_t cm_write_type(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_type *type);
/* The type's index, under its name when it has one in the scope. */
uint32_t cm_refer_type(cm_type_writer *w, cm_type_scope *scope, uint32_t part, const cm_type *type);
uint32_t cm_write_functype(cm_type_writer *w, cm_type_scope *scope, uint32_t part,
                           const pirn_component_functype *type);

/* An instance type: begin, add what parts say of it, end. The index is that in the outer scope. */
void cm_instance_type_begin(cm_type_writer *w, cm_type_scope *scope, cm_type_scope *outer);
void cm_instance_type_add(cm_type_writer *w, cm_type_scope *scope, const cm_contribution *contribution);
uint32_t cm_instance_type_end(cm_type_writer *w, cm_type_scope *scope);

/* Failing; the first failure stays. */
void cm_writer_fail(cm_type_writer *w, pirn_status status, const char *format, ...) PIRN_PRINTF(3, 4);
void cm_writer_check(cm_type_writer *w, bool has_memory);

/* A number that is unique only within its part, as a key. */
static inline uint64_t cm_part_key(uint32_t part, uint32_t number)
{
    return (uint64_t)part << 32 | number;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The resolved model to a binary package (see binary.h). A scope is the type of an instance or component that is
 * being written: its declarations, and which index each named type has there. Types are written where they are first
 * needed, so each stands behind those in it.
 */
#pragma once

#include "wit/binary.h"
#include "wit/bytes.h"

typedef enum wit_side { WIT_IMPORTED, WIT_EXPORTED } wit_side;

typedef struct wit_scope_out {
    struct wit_scope_out *parent; /* of an instance type: the component type around it */
    base_arena *arena;            /* keys of the maps */
    wit_bytes decls;
    uint32_t decl_count, type_count, instance_count;
    base_map types;              /* address and side: index of a named type */
    base_map instances;          /* address and side: index of an interface's instance */
    wit_side side;               /* of an instance type: where it will stand; decides whose types it uses */
    const pirn_wit_world *world; /* of a world: its types are imports, and may have other names in it */
    bool has_failed;
} wit_scope_out;

void wit_encode_scope_init(wit_scope_out *scope, wit_scope_out *parent, base_arena *arena);
void wit_encode_scope_done(wit_scope_out *scope);
/* Indices that are remembered by the address of what has them. */
void wit_encode_remember(wit_scope_out *scope, base_map *map, const void *of, wit_side side, uint32_t index);
bool wit_encode_recall(const base_map *map, const void *of, wit_side side, uint32_t *index);

/* Begins a declaration. */
void wit_encode_decl(wit_scope_out *scope, uint8_t kind);
/* The name of an import or export with its attributes; `implements` and `external_id` may be empty. */
void wit_encode_name(wit_bytes *out, pirn_str name, pirn_str implements, pirn_str external_id);

/* --- encode_type.c --- */

/* The index of a named type, which is written unless it has been. */
uint32_t wit_encode_named_type(wit_scope_out *scope, const pirn_wit_type *type);
/* Writes the type of a function; its index. */
uint32_t wit_encode_functype(wit_scope_out *scope, const pirn_wit_function *function);

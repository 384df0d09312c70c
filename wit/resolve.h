/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From syntax trees to the model. In this order: packages and the names of their interfaces and worlds (resolve.c);
 * then depth first along `use` the interfaces (resolve_interface.c), whose types and functions are in resolve_type.c;
 * then depth first along `include` the worlds (resolve_world.c).
 */
#pragma once

#include "wit/names.h"

/* Most items of all worlds together, after includes are replaced by what they bring. */
#define WIT_MAX_WORLD_ITEMS 100000

typedef struct wit_resolver {
    pirn_wit *wit;
    base_arena *arena;
    pirn_error *error;
    uint32_t depth;       /* of things being resolved, one needing the other */
    pirn_wit_gates gates; /* of the type or function being resolved */
    size_t world_items;
} wit_resolver;

PIRN_MUST_CHECK pirn_status wit_resolve(pirn_wit *wit, pirn_error *error);

/* --- shared by the resolve_*.c files --- */

/* An error in the file of `at`. Returns INVALID. */
pirn_status wit_resolve_fail(wit_resolver *r, wit_place at, const char *format, ...) PIRN_PRINTF(3, 4);
/* The same with LIMIT: there are more than `limit` of `what`, or they lie deeper. */
pirn_status wit_resolve_limit(wit_resolver *r, wit_place at, const char *what, int limit);
/* "unknown type `x` in interface `y`", with the nearest name of the scope as a suggestion. */
pirn_status wit_resolve_unknown(wit_resolver *r, const char *what, wit_id id, const char *where, pirn_str where_name,
                                uint32_t scope);
/* A level deeper (LIMIT) and back. */
PIRN_MUST_CHECK pirn_status wit_resolve_enter(wit_resolver *r, wit_place at);
void wit_resolve_leave(wit_resolver *r);
/* *enabled: the item exists as far as its gates go. */
PIRN_MUST_CHECK pirn_status wit_resolve_gate(wit_resolver *r, const pirn_wit_package *package, const wit_gate *gate,
                                             bool *enabled);
/*
 * The rule of gates: what lies in something gated is gated at least as strictly; what names something unstable is
 * unstable, too. The rule of the standard is stricter, but the packages of WASI do not keep it: there are items
 * without a gate in gated ones, which then have theirs, and items that name younger ones.
 */
PIRN_MUST_CHECK pirn_status wit_resolve_stricter(wit_resolver *r, bool is_inside, pirn_wit_gates inner,
                                                 pirn_wit_gates outer, wit_place at, pirn_str outer_name);
/* What @external-id of an item says; stays without data when there is none. */
PIRN_MUST_CHECK pirn_status wit_resolve_external_id(wit_resolver *r, const wit_ast_item *item, pirn_str *out);
pirn_wit_gates wit_resolve_gates(const wit_gate *gate);
/* Adds a name to a scope; INVALID when it is there already. */
PIRN_MUST_CHECK pirn_status wit_resolve_name(wit_resolver *r, uint32_t scope, pirn_str name, uint64_t value,
                                             wit_place at);

/* As wit_names_follow; INVALID when the path leads nowhere. */
PIRN_MUST_CHECK pirn_status wit_resolve_path(wit_resolver *r, const wit_block *block, const wit_path *path,
                                             wit_target *target);

/* Resolves an interface and all it uses, unless that has been done. */
PIRN_MUST_CHECK pirn_status wit_resolve_interface(wit_resolver *r, pirn_wit_interface *interface);
/*
 * Makes scope->types of the definitions and `use`s among `items`, and scope->functions of the functions and methods,
 * for an interface or a world (the other is NULL).
 */
PIRN_MUST_CHECK pirn_status wit_resolve_items(wit_resolver *r, wit_scope *scope, const wit_ast_item *items,
                                              const pirn_wit_interface *interface, const pirn_wit_world *world);
PIRN_MUST_CHECK pirn_status wit_resolve_world(wit_resolver *r, pirn_wit_world *world);

/* Fills in a named type from its definition, unless that has been done. */
PIRN_MUST_CHECK pirn_status wit_resolve_typedef(wit_resolver *r, const wit_scope *scope, pirn_wit_type *type);
PIRN_MUST_CHECK pirn_status wit_resolve_function(wit_resolver *r, const wit_scope *scope, const wit_ast_item *item,
                                                 const pirn_wit_type *resource, pirn_wit_function *function);

/* "[method]r.m" and the like, of a resource that is called `resource`; data == NULL: out of memory. */
pirn_str wit_resolve_function_name(wit_resolver *r, const pirn_wit_function *function, pirn_str resource);

/* In an interface's or world's scope: a type's index, or the mark of a function. */
#define WIT_FUNCTION_MARK UINT64_MAX

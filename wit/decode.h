/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binary packages to syntax trees. What names lead to is remembered by *scopes*: each type of a component or instance
 * has index spaces of its own. A type that was imported, exported or aliased has a name there; wherever it is then
 * used, the name stands. A type without a name is written out, so the nodes that a package unfolds to are counted.
 */
#pragma once

#include "wit/binary.h"
#include "wit/bytes.h"

/* Most nodes of syntax trees that a binary package may unfold to, beside one for each byte. */
#define WIT_MAX_NODES 100000

typedef struct wit_scope_in wit_scope_in;

typedef enum wit_entry_kind {
    WIT_ENTRY_TYPE,     /* a value type or resource: has a name, or `type` or `item` */
    WIT_ENTRY_FUNC,     /* item */
    WIT_ENTRY_INSTANCE, /* items: of the interface */
    WIT_ENTRY_WORLD,    /* items: what a component imports and exports */
    WIT_ENTRY_PACKED,   /* item: an interface or world in the component type that it is packed in */
} wit_entry_kind;

/* What an index of a scope's types leads to. */
typedef struct wit_entry {
    wit_entry_kind kind;
    const wit_ast_type *type; /* an expression without a name */
    wit_ast_item *item;       /* a definition without a name, a signature, an interface or world */
    wit_ast_item *items;
    uint32_t depth;           /* of `type` or `item` */
    pirn_str name;            /* in `home`; empty: none */
    const wit_scope_in *home; /* NULL: it has no name in a scope, only in an interface: */
    const wit_path *from;     /* the interface that it is defined in, when that is another one */
    pirn_str name_there;
} wit_entry;

/* An imported or exported instance: what its types are called from outside. */
typedef struct wit_instance_in {
    const wit_path *path; /* NULL: an interface without a name */
} wit_instance_in;

struct wit_scope_in {
    const wit_scope_in *parent;
    uint32_t depth;
    BASE_VEC(wit_entry) types;
    BASE_VEC(wit_instance_in) instances;
    wit_ast_item *items, **tail;
    base_map names; /* "name": the item of a resource; "space:package/item@version#name": the item that uses it */
};

typedef struct wit_decoder {
    wit_file *file;
    base_arena *arena;
    pirn_error *error;
    size_t nodes_left;
    base_map parts;        /* the packages, interfaces and their items that were seen: see decode.c */
    wit_ast_item packages; /* its children: a nested package for each package of which a part was seen */
    pirn_str docs;         /* what the section with the docs holds */
} wit_decoder;

/* --- decode_type.c --- */

wit_place wit_decode_place(const wit_decoder *d, const wit_reader *r);
/* NULL: out of memory, or of nodes; then the reader has failed. */
wit_ast_item *wit_decode_new_item(wit_decoder *d, wit_reader *r, wit_ast_kind kind);
wit_ast_item *wit_decode_copy_item(wit_decoder *d, wit_reader *r, const wit_ast_item *from);
void wit_decode_add_child(wit_ast_item *parent, wit_ast_item *child);
/* A label in kebab-case. */
wit_id wit_decode_label(wit_decoder *d, wit_reader *r, pirn_str name);
void wit_decode_scope_init(wit_scope_in *scope, const wit_scope_in *parent, base_arena *arena);
void wit_decode_scope_done(wit_scope_in *scope, base_arena *arena);
void wit_decode_append(wit_scope_in *scope, wit_ast_item *item);
/* A value type or function type, from its first byte on; adds it to the scope. */
PIRN_MUST_CHECK pirn_status wit_decode_deftype(wit_decoder *d, wit_reader *r, wit_scope_in *scope, uint8_t code);
/* An export or import of a type under a name: a definition, another name, or a `use`. */
PIRN_MUST_CHECK pirn_status wit_decode_named_type(wit_decoder *d, wit_reader *r, wit_scope_in *scope, pirn_str name,
                                                  pirn_str external_id);
/* A function under a name: also a method of a resource. NULL in *out: it went to its resource. */
PIRN_MUST_CHECK pirn_status wit_decode_named_func(wit_decoder *d, wit_reader *r, wit_scope_in *scope, pirn_str name,
                                                  pirn_str external_id, wit_ast_item **out);
/* The entry at an index that is read; fails when there is none of the kind. */
const wit_entry *wit_decode_entry(wit_reader *r, const wit_scope_in *scope, wit_entry_kind kind, const char *what);
/* "space:package/item@version". NULL: it is something else, or the reader has failed. */
wit_path *wit_decode_path(wit_decoder *d, wit_reader *r, pirn_str id);
PIRN_MUST_CHECK pirn_status wit_decode_push(wit_decoder *d, wit_reader *r, wit_scope_in *scope, wit_entry entry);

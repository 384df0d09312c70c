/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What WIT text means: packages, interfaces, worlds, types and functions, with every name looked up. The bodies of
 * the opaque types of <pirn/wit.h>. Everything lives in the arena of its pirn_wit and is read-only once resolved.
 *
 * A type is depth-bounded: `depth` counts how deep types lie in it, through names as well, and is at most
 * WIT_MAX_DEPTH; so walks over types may recurse.
 */
#pragma once

#include "vm/base/map.h"
#include "wit/ast.h"

/* Resolution goes depth first; meeting an ACTIVE thing again is a cycle. */
typedef enum wit_state {
    WIT_NEW,
    WIT_ACTIVE,
    WIT_DONE,
} wit_state;

struct pirn_wit_type {
    pirn_wit_kind kind;
    uint32_t length; /* fixed-length list */
    bool is_used;    /* alias: it came with `use` */
    bool has_borrow; /* a borrow lies in it */
    uint32_t depth;  /* 1 + the greatest depth of its members */
    uint32_t member_count;
    pirn_wit_member *members;
    pirn_str name, docs; /* from here on: named types */
    pirn_str external_id;
    pirn_wit_gates gates;
    const pirn_wit_interface *interface;
    const pirn_wit_world *world;
    const wit_ast_item *ast;
    wit_place place;
    wit_state state;
};

struct pirn_wit_function {
    pirn_str name, item_name, docs;
    pirn_str external_id; /* data == NULL: none */
    pirn_wit_gates gates;
    pirn_wit_function_kind kind;
    bool is_async;
    const pirn_wit_type *resource;
    uint32_t param_count;
    pirn_wit_member *params;
    const pirn_wit_type *result;
};

/* What a file or a nested package gives to a package. Names in it are looked up in its own `use`s, then the package. */
typedef struct wit_block {
    const pirn_wit_package *package;
    uint32_t scope;
    const wit_ast_item *items;
    struct wit_block *next; /* of the same package */
} wit_block;

/* The types and functions of an interface; a world has types. */
typedef struct wit_scope {
    uint32_t id;
    const wit_block *block;
    size_t type_count, function_count, dependency_count;
    pirn_wit_type *types;
    pirn_wit_function *functions;
    const pirn_wit_interface **dependencies; /* each once */
} wit_scope;

struct pirn_wit_interface {
    const pirn_wit_package *package;
    bool is_inline; /* written where a world imports or exports it: its id is its name */
    pirn_str name, id, docs, file;
    pirn_wit_gates gates;
    wit_scope scope;
    const wit_ast_item *ast;
    wit_state state;
};

typedef BASE_VEC(pirn_wit_world_item) wit_world_items;

struct pirn_wit_world {
    const pirn_wit_package *package;
    pirn_str name, id, docs;
    pirn_wit_gates gates;
    wit_scope scope;
    uint32_t import_scope, export_scope; /* the names of items, whose index in `imports` or `exports` they give */
    wit_world_items imports, exports;
    const wit_ast_item *ast;
    wit_state state;
};

struct pirn_wit_package {
    const pirn_allocator *allocator; /* of its pirn_wit */
    pirn_str id, space, name, version, docs;
    uint32_t scope;
    BASE_VEC(pirn_wit_interface *) interfaces;
    BASE_VEC(pirn_wit_world *) worlds;
    const wit_file *first_file; /* NULL: a nested package */
    pirn_str file;              /* the name of the file that it begins in */
    wit_block *blocks, *last_block;
};

struct pirn_wit {
    pirn_allocator allocator;
    base_arena arena;
    BASE_VEC(wit_file *) files;
    BASE_VEC(pirn_wit_package *) packages;
    BASE_VEC(pirn_str) features;
    bool all_features, is_resolved;
    base_map names; /* see names.h */
    uint32_t next_scope;
    pirn_str error_file, error_text; /* name and text of the file that a failure lies in */
};

/* Says which file a failure lies in. */
void wit_blame(pirn_wit *wit, const wit_file *file);
/* Aliases removed. */
const pirn_wit_type *wit_type_resolved(const pirn_wit_type *type);

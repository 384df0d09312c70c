/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The syntax tree of a WIT file: what the text says, before any name is looked up.
 *
 * Nodes and strings live in the arena of the pirn_wit they belong to. Sequences are linked lists in textual order.
 * A node keeps its place in the text, so that the resolver can point at what it complains about.
 */
#pragma once

#include "vm/base/memory.h"
#include <pirn/wit.h>

/* Longest identifier and version: names are repeated in the ids made of them, so their size must have a bound. */
#define WIT_MAX_NAME 256
/* Deepest nesting of type expressions, of named types in each other, and of interfaces or worlds that need each other. */
#define WIT_MAX_DEPTH 100

/*
 * Where something stands: index of its file, line and column from 1 (columns count characters). In a binary package
 * the line is 0 and the column the byte offset.
 */
typedef struct wit_place {
    uint32_t file, line, column;
} wit_place;

/* An identifier without its '%'; no text: absent. */
typedef struct wit_id {
    pirn_str text;
    wit_place place;
} wit_id;

/* `item`, `space:package/item@version`, or `space:package@version` in a package declaration. */
typedef struct wit_path {
    wit_id space, package, item;
    pirn_str version; /* may be empty */
    wit_place place;
} wit_path;

/* @since, @unstable and @deprecated of an item; absent ones are empty. */
typedef struct wit_gate {
    pirn_str since, unstable, deprecated;
    wit_place place;
} wit_gate;

/*
 * A type expression. `kind` is a primitive or a type constructor; a name has kind PIRN_WIT_ALIAS.
 * A payload left out (`_`, or `stream` without an element) has kind WIT_AST_NONE.
 */
#define WIT_AST_NONE PIRN_WIT_KIND_COUNT
typedef struct wit_ast_type {
    pirn_wit_kind kind;
    wit_id name;
    struct wit_ast_type *children, *next;
    uint32_t length; /* of a fixed-length list, else 0 */
    wit_place place;
} wit_ast_type;

/* A field, case, flag or parameter; in `use` and `with`, a name and what it is called here. */
typedef struct wit_ast_member {
    pirn_str docs;
    wit_id name;
    wit_id as;          /* use, with */
    wit_ast_type *type; /* NULL when there is none */
    struct wit_ast_member *next;
} wit_ast_member;

typedef enum wit_ast_kind {
    WIT_AST_TYPE,      /* type_kind, name; members, type, or children (methods of a resource) */
    WIT_AST_FUNCTION,  /* name, function_kind, is_async, members (parameters), type (result, NULL: none) */
    WIT_AST_USE,       /* path, members */
    WIT_AST_TOP_USE,   /* path, name */
    WIT_AST_INTERFACE, /* name, children */
    WIT_AST_WORLD,     /* name, children */
    WIT_AST_IMPORT, /* path, or name and `path` (another name for it), or name and children[0]: function, interface */
    WIT_AST_EXPORT, /* the same */
    WIT_AST_INCLUDE, /* path, members (renames) */
    WIT_AST_PACKAGE, /* path, children: a nested package */
} wit_ast_kind;

typedef struct wit_ast_item {
    wit_ast_kind kind;
    pirn_wit_kind type_kind;
    pirn_wit_function_kind function_kind;
    bool is_async;
    pirn_str docs;
    wit_gate gate;
    pirn_str external_id; /* what stands between the quotes of @external-id; data == NULL: none */
    wit_id name;
    wit_path path;
    wit_ast_type *type;
    wit_ast_member *members;
    struct wit_ast_item *children, *next;
    struct wit_ast_item *last_child; /* kept where children come one by one, from a binary package */
    wit_place place;
} wit_ast_item;

/* One file: its package declaration (path.space empty: none) and its items. */
typedef struct wit_file {
    pirn_str name, text;
    pirn_str folder; /* the files of one folder are one package */
    uint32_t index;
    bool has_package;
    bool is_binary; /* made from a binary package; its nested packages are parts of others: what is used of them */
    wit_path package;
    pirn_str package_docs;
    wit_ast_item *items;
    struct wit_file *next_in_folder, *last_in_folder; /* the latter is set in a folder's first file */
} wit_file;

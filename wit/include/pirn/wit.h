/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pirn/wit.h: the WIT language as a library. Text goes in, resolved packages come out: interfaces, worlds, types and
 * functions, with every name looked up. It reads no files and knows nothing of Wasm.
 *
 *   pirn_wit *wit = pirn_wit_new(NULL);
 *   pirn_wit_add_file(wit, "wasi/clocks/wall-clock.wit", text, error);   one call a file, in any order
 *   pirn_wit_resolve(wit, error);                                        once, behind the last file
 *   pirn_wit_find_interface(wit, "wasi:clocks/wall-clock@0.2.12");
 *
 * Everything that is handed out lives as long as the pirn_wit. A resolved pirn_wit is read-only: any thread may walk
 * it.
 */
#pragma once

#include <pirn/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The kinds of types. Columns: enumerator, keyword, members.
 * The members of a type: fields (record), elements (tuple), cases (variant, enum), labels (flags); the element of a
 * list, option, stream, future; ok and error of a result; key and value of a map; the resource of own and borrow;
 * what an alias stands for.
 */
#define PIRN_WIT_KINDS(X)            \
    X(PIRN_WIT_BOOL, "bool")         \
    X(PIRN_WIT_S8, "s8")             \
    X(PIRN_WIT_U8, "u8")             \
    X(PIRN_WIT_S16, "s16")           \
    X(PIRN_WIT_U16, "u16")           \
    X(PIRN_WIT_S32, "s32")           \
    X(PIRN_WIT_U32, "u32")           \
    X(PIRN_WIT_S64, "s64")           \
    X(PIRN_WIT_U64, "u64")           \
    X(PIRN_WIT_F32, "f32")           \
    X(PIRN_WIT_F64, "f64")           \
    X(PIRN_WIT_CHAR, "char")         \
    X(PIRN_WIT_STRING, "string")     \
    X(PIRN_WIT_LIST, "list")         \
    X(PIRN_WIT_OPTION, "option")     \
    X(PIRN_WIT_RESULT, "result")     \
    X(PIRN_WIT_TUPLE, "tuple")       \
    X(PIRN_WIT_MAP, "map")           \
    X(PIRN_WIT_STREAM, "stream")     \
    X(PIRN_WIT_FUTURE, "future")     \
    X(PIRN_WIT_OWN, "own")           \
    X(PIRN_WIT_BORROW, "borrow")     \
    X(PIRN_WIT_RECORD, "record")     \
    X(PIRN_WIT_VARIANT, "variant")   \
    X(PIRN_WIT_ENUM, "enum")         \
    X(PIRN_WIT_FLAGS, "flags")       \
    X(PIRN_WIT_RESOURCE, "resource") \
    X(PIRN_WIT_ALIAS, "type")

typedef enum pirn_wit_kind {
#define PIRN_WIT_KIND_ENUM(name, text) name,
    PIRN_WIT_KINDS(PIRN_WIT_KIND_ENUM)
#undef PIRN_WIT_KIND_ENUM
        PIRN_WIT_KIND_COUNT,
} pirn_wit_kind;

/* The keyword of a kind; a static string. */
PIRN_API pirn_str pirn_wit_kind_name(pirn_wit_kind kind);

typedef enum pirn_wit_function_kind {
    PIRN_WIT_FREE,
    PIRN_WIT_METHOD, /* the first parameter is `self`, a borrow of the resource */
    PIRN_WIT_STATIC,
    PIRN_WIT_CONSTRUCTOR,
} pirn_wit_function_kind;

typedef struct pirn_wit pirn_wit;
typedef struct pirn_wit_package pirn_wit_package;
typedef struct pirn_wit_interface pirn_wit_interface;
typedef struct pirn_wit_world pirn_wit_world;
typedef struct pirn_wit_type pirn_wit_type;
typedef struct pirn_wit_function pirn_wit_function;

/* The version gates of an item; absent ones are empty. */
typedef struct pirn_wit_gates {
    pirn_str since;      /* a version */
    pirn_str unstable;   /* a feature */
    pirn_str deprecated; /* a version */
} pirn_wit_gates;

/* ---- Loading ------------------------------------------------------------------------------------------------------ */

/* `allocator` may be NULL for the default one. NULL when out of memory. */
PIRN_API pirn_wit *pirn_wit_new(const pirn_allocator *allocator);
PIRN_API void pirn_wit_free(pirn_wit *wit);

/*
 * Items under `@unstable(feature = ..)` do not exist unless their feature is enabled. Before pirn_wit_resolve. NOMEM.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_wit_enable_feature(pirn_wit *wit, pirn_str feature);
PIRN_API void pirn_wit_enable_all_features(pirn_wit *wit);

/*
 * Parses one file, text or a binary package; `name` and `text` are copied. The files whose names agree up to the last
 * '/' are one package; in a folder named `deps` every file is a package of its own. MALFORMED, LIMIT, NOMEM: the
 * error has line and column, and pirn_wit_error_file() tells the file.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_wit_add_file(pirn_wit *wit, pirn_str name, pirn_str text,
                                                       pirn_error *error);
/* Looks up every name. To be called once. INVALID, LIMIT, NOMEM. Nothing may be walked after a failure. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_wit_resolve(pirn_wit *wit, pirn_error *error);
/* The name of the file that the last failure lies in; empty when in none. */
PIRN_API pirn_str pirn_wit_error_file(const pirn_wit *wit);
/* The text of that file; empty when there is none, or when it is a binary package. */
PIRN_API pirn_str pirn_wit_error_text(const pirn_wit *wit);

/* ---- Walking ------------------------------------------------------------------------------------------------------ */

PIRN_API size_t pirn_wit_package_count(const pirn_wit *wit);
PIRN_API const pirn_wit_package *pirn_wit_package_at(const pirn_wit *wit, size_t index);
/* By id: "wasi:io@0.2.12", "wasi:io/streams@0.2.12". NULL when there is none. */
PIRN_API const pirn_wit_package *pirn_wit_find_package(const pirn_wit *wit, pirn_str id);
PIRN_API const pirn_wit_interface *pirn_wit_find_interface(const pirn_wit *wit, pirn_str id);
PIRN_API const pirn_wit_world *pirn_wit_find_world(const pirn_wit *wit, pirn_str id);

PIRN_API pirn_str pirn_wit_package_id(const pirn_wit_package *package);      /* "wasi:io@0.2.12" */
PIRN_API pirn_str pirn_wit_package_space(const pirn_wit_package *package);   /* "wasi" */
PIRN_API pirn_str pirn_wit_package_name(const pirn_wit_package *package);    /* "io" */
PIRN_API pirn_str pirn_wit_package_version(const pirn_wit_package *package); /* "0.2.12", or empty */
PIRN_API pirn_str pirn_wit_package_docs(const pirn_wit_package *package);
/* The name of the file that it begins in. */
PIRN_API pirn_str pirn_wit_package_file(const pirn_wit_package *package);
PIRN_API size_t pirn_wit_package_interface_count(const pirn_wit_package *package);
PIRN_API const pirn_wit_interface *pirn_wit_package_interface(const pirn_wit_package *package, size_t index);
PIRN_API size_t pirn_wit_package_world_count(const pirn_wit_package *package);
PIRN_API const pirn_wit_world *pirn_wit_package_world(const pirn_wit_package *package, size_t index);

PIRN_API pirn_str pirn_wit_interface_id(const pirn_wit_interface *interface);   /* "wasi:io/streams@0.2.12" */
PIRN_API pirn_str pirn_wit_interface_name(const pirn_wit_interface *interface); /* "streams" */
/* True for one that is written where a world imports or exports it: its id is its name there. */
PIRN_API bool pirn_wit_interface_is_inline(const pirn_wit_interface *interface);
PIRN_API pirn_str pirn_wit_interface_docs(const pirn_wit_interface *interface);
PIRN_API pirn_wit_gates pirn_wit_interface_gates(const pirn_wit_interface *interface);
PIRN_API const pirn_wit_package *pirn_wit_interface_package(const pirn_wit_interface *interface);
/* The name of the file that it stands in. */
PIRN_API pirn_str pirn_wit_interface_file(const pirn_wit_interface *interface);
/* Named types: definitions, and as aliases those that `use` brings in. In the order of the text. */
PIRN_API size_t pirn_wit_interface_type_count(const pirn_wit_interface *interface);
PIRN_API const pirn_wit_type *pirn_wit_interface_type(const pirn_wit_interface *interface, size_t index);
PIRN_API const pirn_wit_type *pirn_wit_interface_find_type(const pirn_wit_interface *interface, pirn_str name);
/* Functions, methods included, in the order of the text. */
PIRN_API size_t pirn_wit_interface_function_count(const pirn_wit_interface *interface);
PIRN_API const pirn_wit_function *pirn_wit_interface_function(const pirn_wit_interface *interface, size_t index);
/* By name in a component: "now", "[method]input-stream.read". */
PIRN_API const pirn_wit_function *pirn_wit_interface_find_function(const pirn_wit_interface *interface,
                                                                   pirn_str name);
/* The interfaces whose types it uses, directly. */
PIRN_API size_t pirn_wit_interface_dependency_count(const pirn_wit_interface *interface);
PIRN_API const pirn_wit_interface *pirn_wit_interface_dependency(const pirn_wit_interface *interface, size_t index);

/* A field, element, case, label or parameter. */
typedef struct pirn_wit_member {
    pirn_str name; /* empty where the kind of type has no names */
    pirn_str docs;
    const pirn_wit_type *type; /* NULL: none */
} pirn_wit_member;

PIRN_API pirn_wit_kind pirn_wit_type_kind(const pirn_wit_type *type);
/* Empty for a type without a name: primitives, list<T> and the like. */
PIRN_API pirn_str pirn_wit_type_name(const pirn_wit_type *type);
PIRN_API pirn_str pirn_wit_type_docs(const pirn_wit_type *type);
PIRN_API pirn_str pirn_wit_type_external_id(const pirn_wit_type *type);
PIRN_API pirn_wit_gates pirn_wit_type_gates(const pirn_wit_type *type);
/* The interface or the world where a named type stands; NULL otherwise. */
PIRN_API const pirn_wit_interface *pirn_wit_type_interface(const pirn_wit_type *type);
PIRN_API const pirn_wit_world *pirn_wit_type_world(const pirn_wit_type *type);
PIRN_API size_t pirn_wit_type_member_count(const pirn_wit_type *type);
PIRN_API pirn_wit_member pirn_wit_type_member(const pirn_wit_type *type, size_t index);
/* The length of a fixed-length list; otherwise 0. */
PIRN_API uint32_t pirn_wit_type_length(const pirn_wit_type *type);
/* True for an alias that came with `use`. */
PIRN_API bool pirn_wit_type_is_used(const pirn_wit_type *type);
/* What an alias stands for in the end; any other type is itself. */
PIRN_API const pirn_wit_type *pirn_wit_type_resolved(const pirn_wit_type *type);

/* As in a component: "now", "[method]input-stream.read", "[constructor]fields", "[static]fields.from-list". */
PIRN_API pirn_str pirn_wit_function_name(const pirn_wit_function *function);
/* As in the text: "read"; of a constructor "constructor". */
PIRN_API pirn_str pirn_wit_function_item_name(const pirn_wit_function *function);
PIRN_API pirn_str pirn_wit_function_docs(const pirn_wit_function *function);
/* What @external-id says, escapes undone; data == NULL: nothing. */
PIRN_API pirn_str pirn_wit_function_external_id(const pirn_wit_function *function);
PIRN_API pirn_wit_gates pirn_wit_function_gates(const pirn_wit_function *function);
PIRN_API pirn_wit_function_kind pirn_wit_function_kind_of(const pirn_wit_function *function);
PIRN_API bool pirn_wit_function_is_async(const pirn_wit_function *function);
/* Of a method, static or constructor; otherwise NULL. */
PIRN_API const pirn_wit_type *pirn_wit_function_resource(const pirn_wit_function *function);
PIRN_API size_t pirn_wit_function_param_count(const pirn_wit_function *function);
PIRN_API pirn_wit_member pirn_wit_function_param(const pirn_wit_function *function, size_t index);
PIRN_API const pirn_wit_type *pirn_wit_function_result(const pirn_wit_function *function); /* NULL: none */

PIRN_API pirn_str pirn_wit_world_id(const pirn_wit_world *world); /* "wasi:cli/command@0.2.12" */
PIRN_API pirn_str pirn_wit_world_name(const pirn_wit_world *world);
PIRN_API pirn_str pirn_wit_world_docs(const pirn_wit_world *world);
PIRN_API pirn_wit_gates pirn_wit_world_gates(const pirn_wit_world *world);

/*
 * What a world imports or exports: an interface, a function, or a type. Includes are replaced by what they bring, and
 * interfaces that are needed for the types of others are imported, before those that need them.
 */
typedef struct pirn_wit_world_item {
    pirn_str name; /* in a component: an interface's id or a plain name */
    const pirn_wit_interface *interface;
    const pirn_wit_function *function;
    const pirn_wit_type *type;
    pirn_str external_id; /* of @external-id; data == NULL: none */
} pirn_wit_world_item;

PIRN_API size_t pirn_wit_world_import_count(const pirn_wit_world *world);
PIRN_API pirn_wit_world_item pirn_wit_world_import(const pirn_wit_world *world, size_t index);
PIRN_API size_t pirn_wit_world_export_count(const pirn_wit_world *world);
PIRN_API pirn_wit_world_item pirn_wit_world_export(const pirn_wit_world *world, size_t index);

/* ---- Writing ------------------------------------------------------------------------------------------------------ */

/* Takes the next piece of a text. False: it cannot, and nothing more comes. */
typedef bool (*pirn_wit_sink)(void *data, const char *text, size_t size);

/*
 * Writes a package of a resolved pirn_wit as one text: its files joined, `use`s at their top followed, docs and gates
 * kept, items of features that are not enabled among them. Nested: as `package a:b { .. }`, which may stand behind
 * another one. IO: `sink` has answered false.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_wit_print_package(const pirn_wit *wit, const pirn_wit_package *package,
                                                            bool is_nested, pirn_wit_sink sink, void *data,
                                                            pirn_error *error);
/* Writes a file as it was added, the first one having index 0; names need not be resolved. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_wit_print_file(const pirn_wit *wit, size_t index, pirn_wit_sink sink,
                                                         void *data, pirn_error *error);

/*
 * Writes a package of a resolved pirn_wit as a component: pirn_wit_add_file reads it again. Items of features that
 * are not enabled are left out; docs and gates go into a custom section. INVALID: there is nothing in it. LIMIT,
 * NOMEM, IO.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_wit_encode_package(const pirn_wit *wit, const pirn_wit_package *package,
                                                             pirn_wit_sink sink, void *data, pirn_error *error);

/* ---- Comparing ---------------------------------------------------------------------------------------------------- */

/*
 * Compares all items of two interfaces one by one: types and functions by name, with their members, parameters,
 * results and gates; named types of other interfaces by their id and name. PIRN_INVALID: `error` says what the first
 * difference is. Doc comments and the order of the items do not matter.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_wit_compare_interfaces(const pirn_wit_interface *have,
                                                                 const pirn_wit_interface *want, pirn_error *error);
/* The same for what two worlds import and export. */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_wit_compare_worlds(const pirn_wit_world *have, const pirn_wit_world *want,
                                                             pirn_error *error);

/* How an item of the second one stands to the first one. */
typedef enum pirn_wit_change {
    PIRN_WIT_ADDED,
    PIRN_WIT_REMOVED,
    PIRN_WIT_CHANGED,
} pirn_wit_change;

typedef struct pirn_wit_difference {
    pirn_wit_change change;
    bool breaks;         /* who was made for the first one cannot use the second one */
    pirn_str owner;      /* "wasi:io/streams@0.2.12" */
    pirn_str item;       /* "[method]input-stream.read", or empty: the owner itself */
    const char *message; /* "parameter `len` is `u32`, where it was `u64`" */
} pirn_wit_difference;

/* Takes the next difference; what it points to is valid for the call. False: no more, please. */
typedef bool (*pirn_wit_difference_sink)(void *data, const pirn_wit_difference *difference);

/*
 * Is `after` a compatible successor of `before`? What is there must stay as it is; interfaces, their items and
 * imports of worlds may be added, exports of worlds may not. Unstable items may change. Versions in references do not
 * count; those of the packages must be of one track, the second one not the older. NOMEM.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_wit_diff_packages(const pirn_wit_package *before,
                                                            const pirn_wit_package *after,
                                                            pirn_wit_difference_sink sink, void *data,
                                                            pirn_error *error);
/*
 * Does a component, of which `component` is the world, fit into `world`? It imports nothing that the world does not
 * have, and exports all that the world does; versions of one track are one, and types are compared by structure.
 * NOMEM.
 */
PIRN_API PIRN_MUST_CHECK pirn_status pirn_wit_fit_world(const pirn_wit_world *component, const pirn_wit_world *world,
                                                        pirn_wit_difference_sink sink, void *data, pirn_error *error);

#ifdef __cplusplus
}
#endif

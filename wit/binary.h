/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WIT as a component: binary packages (Component Model, WIT.md "Package Format"; Binary.md). Each interface and world
 * is an exported component type that exports the one thing under its full name:
 *
 *   component type "streams"                               component type "command"
 *     import "wasi:io/error@0.2.12" (instance ..)            export "wasi:cli/command@0.2.12"
 *     alias export of what is used of it                       component type
 *     export "wasi:io/streams@0.2.12"                            import "wasi:io/error@0.2.12" (instance ..)
 *       instance type                                            ..
 *         alias outer, export "error" (eq): `use`                export "wasi:cli/run@0.2.12" (instance ..)
 *         export "input-stream" (sub resource)
 *         export "[method]input-stream.read" (func)
 *
 * Reading makes syntax trees, as the parser does; writing goes by the resolved model. Here is what both know.
 */
#pragma once

#include "wit/names.h"

#define WIT_MAGIC "\0asm\x0d\0\1\0"

/* The ids of sections; a package has no others. */
enum { WIT_SECTION_CUSTOM = 0, WIT_SECTION_TYPE = 7, WIT_SECTION_EXPORT = 11 };

/* Sorts: of exports, aliases and descriptions of externs. */
enum {
    WIT_SORT_CORE = 0,
    WIT_SORT_FUNC = 1,
    WIT_SORT_VALUE = 2,
    WIT_SORT_TYPE = 3,
    WIT_SORT_COMPONENT = 4,
    WIT_SORT_INSTANCE = 5,
};

/* Declarations in the types of instances and components. */
enum { WIT_DECL_CORE = 0, WIT_DECL_TYPE = 1, WIT_DECL_ALIAS = 2, WIT_DECL_IMPORT = 3, WIT_DECL_EXPORT = 4 };

enum { WIT_ALIAS_EXPORT = 0, WIT_ALIAS_CORE_EXPORT = 1, WIT_ALIAS_OUTER = 2 };
enum { WIT_BOUND_EQ = 0, WIT_BOUND_RESOURCE = 1 };
enum { WIT_FUNC_TYPE = 0x40, WIT_COMPONENT_TYPE = 0x41, WIT_INSTANCE_TYPE = 0x42, WIT_ASYNC_FUNC_TYPE = 0x43 };
enum { WIT_FIXED_LIST = 0x67 };

/* How the name of an import or export begins, and its attributes. */
enum { WIT_NAME_PLAIN = 0, WIT_NAME_OLD = 1, WIT_NAME_ATTRIBUTES = 2 };
enum { WIT_ATTRIBUTE_IMPLEMENTS = 0, WIT_ATTRIBUTE_VERSION_SUFFIX = 1, WIT_ATTRIBUTE_EXTERNAL_ID = 2 };

/* The section with the docs (see docs.h). */
#define WIT_DOCS_SECTION "package-docs"

/* The code of each kind of type; 0: it has none. */
uint8_t wit_code_of_kind(pirn_wit_kind kind);
/* PIRN_WIT_KIND_COUNT: no kind has this code. */
pirn_wit_kind wit_kind_of_code(uint8_t code);

/* True for bytes that begin like a component. */
bool wit_is_binary(pirn_str bytes);
/* Reads file->text, a binary package, into file->package and file->items. MALFORMED, INVALID, LIMIT, NOMEM. */
PIRN_MUST_CHECK pirn_status wit_decode_file(wit_file *file, base_arena *arena, pirn_error *error);

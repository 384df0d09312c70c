/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The binding generator: from an interface of a resolved WIT to a C header (the types, the arguments, the prototypes
 * that the host defines) and a C source (one thin wrapper for each function, and constant tables that describe it all to
 * the component linker). It runs while pirn is built, so it ends at the first failure.
 *
 * An interface that is *unavailable* can be imported before the host has it: it gets the same types and tables, but each
 * wrapper calls host_unavailable(), so there is nothing to define and nothing to drop.
 *
 * How WIT values lie in C is told in <pirn/component.h>.
 */
#pragma once

#include "vm/base/map.h"
#include <pirn/wit.h>

typedef BASE_VEC(char) bindgen_text;

/* The C struct of a resource where it is not host_<name>. */
typedef struct bindgen_rename {
    pirn_str resource, c_name;
} bindgen_rename;

typedef struct bindgen {
    base_arena arena; /* all strings */
    const pirn_wit_interface *interface;
    bool is_unavailable;
    pirn_str prefix; /* of all its names: "wasi_io_streams" */
    const bindgen_rename *renames;
    size_t rename_count;
    base_map bound; /* what has been written: keys of types, and C names that are taken */
    bindgen_text header, source;
} bindgen;

void bindgen_init(bindgen *gen, const pirn_wit_interface *interface, const bindgen_rename *renames,
                  size_t rename_count, bool is_unavailable);
void bindgen_done(bindgen *gen);
/* Writes gen->header and gen->source. */
void bindgen_interface(bindgen *gen);

/* --- names.c --- */

/* Ends the program with a message. */
_Noreturn void bindgen_die(const char *format, ...) PIRN_PRINTF(1, 2);
/* Appends formatted text. */
void bindgen_put(bindgen_text *text, const char *format, ...) PIRN_PRINTF(2, 3);
/* A string in the arena. */
const char *bindgen_printf(bindgen *gen, const char *format, ...) PIRN_PRINTF(2, 3);
/* A comment of a heading and the doc comment of an item; either may be empty. */
void bindgen_put_comment(bindgen_text *text, const char *indent, const char *heading, pirn_str docs);

/* "input-stream" as input_stream; a word of C gets a '_' behind it. */
const char *bindgen_snake(bindgen *gen, pirn_str name);
/* As INPUT_STREAM. */
const char *bindgen_upper(bindgen *gen, pirn_str name);
/* "wasi:io/streams" */
const char *bindgen_unversioned(bindgen *gen, const pirn_wit_interface *interface);
/* "wasi_io_streams" */
const char *bindgen_prefix(bindgen *gen, const pirn_wit_interface *interface);
/* The struct that the host has for a resource: "host_input_stream". */
const char *bindgen_resource(bindgen *gen, const pirn_wit_type *resource);
/* Within the interface: "input_stream_read", "fields_constructor", "now"; with "_func" behind a name that is taken. */
const char *bindgen_function(bindgen *gen, const pirn_wit_function *function);

/* --- types.c --- */

/* The definition that aliases made by `use` lead to. */
const pirn_wit_type *bindgen_definition(const pirn_wit_type *type);
/* Writes a type, its descriptor and all they need, unless that has been done or is in another header. */
void bindgen_type(bindgen *gen, const pirn_wit_type *type);
/* How C writes the type ("uint64_t", "struct host_pollable *"); behind bindgen_type(). */
const char *bindgen_c_type(bindgen *gen, const pirn_wit_type *type);
/* The expression for a pointer to its descriptor ("&desc_u64"); "NULL" for no type. */
const char *bindgen_desc(bindgen *gen, const pirn_wit_type *type);
/* `type name;` with the star at the name. */
void bindgen_put_field(bindgen *gen, const char *indent, const pirn_wit_type *type, const char *name);

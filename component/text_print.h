/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The printer of components: from bytes to text in one walk, by the grammar of Binary.md. Nothing need be valid, so it
 * reads the bytes and not the decoder's definitions. Every definition is printed with nothing inline, so indices
 * stay what they are; names of the section component-name become identifiers.
 *
 *   text_print.c         the sections of a component, names, modules
 *   text_print_out.c     the way out: lines, strings, indices
 *   text_print_type.c    types and the types of imports and exports
 *   text_print_core.c    core types
 */
#pragma once

#include "component/text_words.h"
#include "vm/base/memory.h"

/* Names by index, in ascending order. */
typedef struct cm_print_names {
    uint32_t count;
    struct cm_print_name {
        uint32_t index;
        pirn_str name;
        bool is_id; /* no other of its sort is the same */
    } *list;
} cm_print_names;

/* What has index spaces of its own. */
typedef struct cm_print_scope {
    uint32_t counts[CM_SORT_COUNT];
    cm_print_names names[CM_SORT_COUNT];
    pirn_str name; /* of the component; empty: none */
} cm_print_scope;

typedef struct cm_printer {
    vm_reader r;
    const pirn_allocator *allocator;
    base_arena arena; /* of names */
    pirn_text_sink sink;
    void *sink_data;
    unsigned indent;
    unsigned nesting;
    cm_print_scope *scope;
    cm_sort defined_sort; /* the definition of the line: it cannot name itself */
    uint32_t defined_index;
} cm_printer;

/* ---- text_print_out.c ------------------------------------------------------------------------------------------ */

void cm_print_text(cm_printer *p, pirn_str text);
/* Of at most 255 characters. */
void cm_print(cm_printer *p, const char *format, ...) PIRN_PRINTF(2, 3);
void cm_print_line(cm_printer *p);
/* In quotes, with escapes: a name, or any bytes. */
void cm_print_string(cm_printer *p, pirn_str bytes, bool is_name);
/* The name that is read next, in quotes, with a space before. */
void cm_print_read_name(cm_printer *p);
/* A space and the identifier, or a comment with the index, of the next definition of the sort. */
void cm_print_define(cm_printer *p, cm_sort sort);
/* A space and an index of the sort: given, or read. */
void cm_print_index(cm_printer *p, cm_sort sort, uint32_t index);
void cm_print_read_index(cm_printer *p, cm_sort sort);
/* ` (sort index)`, read. */
cm_sort cm_print_read_ref(cm_printer *p, bool is_core);
/* `core`, if it is one, and its word. */
void cm_print_sort(cm_printer *p, cm_sort sort);
/* False, and a failure, when one level more is too deep. */
bool cm_print_enter(cm_printer *p);
const struct cm_print_name *cm_print_find_name(const cm_print_scope *scope, cm_sort sort, uint32_t index);
/* `$name`, with quotes if need be. */
void cm_print_id(cm_printer *p, pirn_str name);

/* ---- text_print_type.c ----------------------------------------------------------------------------------------- */

/* `(type ...)`, read. */
void cm_print_type(cm_printer *p);
/* A space and a value type, read. */
void cm_print_valtype(cm_printer *p);
/* ` (result ...)` or nothing, read. */
void cm_print_result(cm_printer *p);
/* A name with its attributes, with a space before, read. */
void cm_print_extern_name(cm_printer *p);
/* ` (sort ...)` with an identifier if it is a definition, read. */
void cm_print_externtype(cm_printer *p, bool is_definition);
/* `(alias ...)`, read. */
void cm_print_alias(cm_printer *p);

/* ---- text_print_core.c ----------------------------------------------------------------------------------------- */

/* `(core type ...)` or `(core rec ...)`, read. */
void cm_print_core_type(cm_printer *p);
/* A core number type, with a space before, read. */
void cm_print_core_valtype(cm_printer *p);

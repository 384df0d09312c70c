/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing WIT text from syntax trees. What the parser has read is written with all its gates, features enabled or
 * not, in the order in which it stood; comments that are no docs are gone. Parsed again, the text gives the same
 * trees.
 */
#pragma once

#include "wit/names.h"

typedef struct wit_printer {
    const pirn_wit *wit;
    const wit_block *block; /* paths are written as what they lead to from here; NULL: as they stand */
    pirn_wit_sink sink;
    void *data;
    unsigned indent;
    bool has_failed; /* the sink has answered false */
} wit_printer;

/* --- shared by the print_*.c files --- */

void wit_print(wit_printer *p, pirn_str text);
void wit_print_c(wit_printer *p, const char *text);
/* A name, with the '%' that keywords need. */
void wit_print_name(wit_printer *p, pirn_str name);
/* Begins a line. */
void wit_print_indent(wit_printer *p);
/* Doc comments, gates and the external id of an item, each on lines of its own. */
void wit_print_head(wit_printer *p, const wit_ast_item *item);
void wit_print_docs(wit_printer *p, pirn_str docs);
/* `{` and `}` around what lies a level deeper. */
void wit_print_open(wit_printer *p);
void wit_print_close(wit_printer *p);
/* `name: type, ..` between parentheses, and the result. */
void wit_print_signature(wit_printer *p, const wit_ast_item *function);
/* A definition of a type with its head. */
void wit_print_typedef(wit_printer *p, const wit_ast_item *item);

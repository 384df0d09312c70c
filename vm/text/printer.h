/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The printer's parts, seen by nobody else.
 *
 *   print.c            the module, section by section, in the order of the file
 *   print_out.c        the buffer before the sink; lines, strings
 *   print_name.c       identifiers: which definition has which, and how it is named elsewhere
 *   print_type.c       types, imports, tables, memories: from their bytes, since the decoder's structures do not tell
 *                      how imports are grouped or that a maximum is said
 *   print_code.c       functions and constant expressions
 *   print_immediate.c  what follows a mnemonic, by its row of opcode.def
 *   print_step.c       single instructions, for others
 *   print_custom.c     custom sections and branch hints
 *
 * The first failure is in `status`; after it nothing is printed, and loops end.
 */
#pragma once

#include "vm/binary/instr.h"
#include "vm/binary/names.h"
#include "vm/text/print.h"

/* A name; `is_id`: no other of its index space is the same, so it can be an identifier. */
typedef struct vm_print_name {
    pirn_str text; /* empty: none */
    bool is_id;
} vm_print_name;

/* The section of branch hints, read along with the functions. */
typedef struct vm_print_hints {
    const vm_custom *section; /* NULL: none that annotations can say */
    vm_reader reader;
    uint32_t funcs_left;       /* behind `func` */
    uint32_t func, hints_left; /* func: UINT32_MAX when there is no hint left */
    uint32_t offset;           /* of the next hint of the function, from the start of its body */
    uint8_t value;
} vm_print_hints;

typedef struct vm_printer {
    const vm_module *module;
    const vm_print_options *options;
    const pirn_allocator *allocator;
    pirn_error *error;
    pirn_status status;
    vm_reader whole; /* over the module; what is read is a part of it */

    pirn_text_sink sink;
    void *sink_data;
    size_t len; /* of what waits in the buffer */
    unsigned indent;

    const vm_custom *name_section; /* whose names are identifiers, or NULL */
    base_arena arena;
    vm_print_name *names[VM_NAME_KINDS]; /* by index; NULL: there are none */
    vm_print_name **fields;              /* by type index; NULL, all or some: none */
    vm_name_cursor local_names, label_names;

    /* The function being printed. */
    base_arena func_arena;
    vm_print_name *locals;
    uint32_t local_count;
    vm_name_cursor labels_here;
    uint32_t label_ordinal;
    BASE_VEC(pirn_str) labels; /* of open blocks, outermost first; empty: no name */
    vm_print_hints hints;

    char buffer[8192];
} vm_printer;

/* What may be imported and exported, by pirn_extern_kind: its word, and whose names it has. */
typedef struct vm_print_kind {
    const char *word;
    vm_name_kind names;
} vm_print_kind;
extern const vm_print_kind vm_print_kinds[PIRN_EXTERN_TAG + 1];

/* ---- print_out.c ----------------------------------------------------------------------------------------------- */

/* Sets the status; the error, too, unless somebody has. */
void vm_print_fail(vm_printer *p, pirn_status status, const char *message);
/* Takes over a reader's failure; false when there is one, or was before. */
bool vm_print_ok(vm_printer *p, const vm_reader *r);
void vm_print_text(vm_printer *p, pirn_str text);
/* Of at most 255 characters. */
void vm_print(vm_printer *p, const char *format, ...) PIRN_PRINTF(2, 3);
/* A new line, indented; with its offset if that is wanted. */
void vm_print_line(vm_printer *p, const uint8_t *at);
/* The same where the offset is known already. */
void vm_print_line_at(vm_printer *p, uint64_t offset);
/* In quotes, with escapes. A name shows characters beyond ASCII as they are, unless they do not print. */
void vm_print_name_string(vm_printer *p, pirn_str name);
/* Bytes as one or several strings, each with a space before it; several have lines of their own. */
void vm_print_strings(vm_printer *p, vm_range bytes);
void vm_print_flush(vm_printer *p);

/* ---- print_name.c ---------------------------------------------------------------------------------------------- */

/* Reads the names of all index spaces. */
void vm_print_load_names(vm_printer *p);
/* Of the locals of a function, from p->local_names, into p->locals; opens p->labels_here. */
void vm_print_load_locals(vm_printer *p, uint32_t func, uint32_t count);
/* `$name`, with quotes if need be. */
void vm_print_id(vm_printer *p, pirn_str name);
/* A space and the definition's identifier, its name or a comment with its index. */
void vm_print_definition(vm_printer *p, vm_name_kind kind, uint32_t index);
bool vm_print_has_name(const vm_printer *p, vm_name_kind kind, uint32_t index);
/* A space and an index, by its identifier if it has one. */
void vm_print_index(vm_printer *p, vm_name_kind kind, uint32_t index);
void vm_print_local_index(vm_printer *p, uint32_t local);
void vm_print_field_index(vm_printer *p, uint32_t type, uint32_t field);
/* An identifier with a space behind, if the name is one. */
void vm_print_id_before(vm_printer *p, const vm_print_name *name);

/* Labels: a block's, with a space before; and a use of it. */
void vm_print_push_label(vm_printer *p, bool is_named);
void vm_print_pop_label(vm_printer *p);
void vm_print_block_label(vm_printer *p);
void vm_print_label_index(vm_printer *p, uint32_t depth);

/* ---- print_type.c ---------------------------------------------------------------------------------------------- */

/* Types have no space before them. */
void vm_print_valtype(vm_printer *p, vm_valtype type);
void vm_print_heaptype(vm_printer *p, vm_valtype type);
/* ` (type $t)`. */
void vm_print_typeuse(vm_printer *p, uint32_t type);
void vm_print_globaltype(vm_printer *p, pirn_globaltype type);

/* Each prints the fields of one section out of its content. */
void vm_print_types(vm_printer *p, vm_reader *r);
void vm_print_imports(vm_printer *p, vm_reader *r);
void vm_print_tables(vm_printer *p, vm_reader *r);
void vm_print_memories(vm_printer *p, vm_reader *r);

/* ---- print_code.c ---------------------------------------------------------------------------------------------- */

/* A constant expression with a space before: one instruction in parentheses; several behind `keyword` in parentheses, or, if
 * that is NULL, alone. */
void vm_print_expr(vm_printer *p, vm_range expr, const char *keyword);
void vm_print_func(vm_printer *p, uint32_t func);

/* ---- print_immediate.c ----------------------------------------------------------------------------------------- */

/* The mnemonic and all that follows it; the label of a block is its own. */
void vm_print_instr(vm_printer *p, const vm_instr *instr);

/* ---- print_custom.c -------------------------------------------------------------------------------------------- */

/* Finds out which custom sections names and annotations stand for. */
void vm_print_find_customs(vm_printer *p);
/* All others that lie behind that section (0: at the beginning). */
void vm_print_customs(vm_printer *p, uint32_t after_section);
/* The annotation of an instruction, so many bytes into the function's body, on a line of its own. */
void vm_print_hint(vm_printer *p, uint32_t func, uint32_t offset, const uint8_t *at);

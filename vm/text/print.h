/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a decoded module to its text (spec chapter 6), which goes to a sink piece by piece: nothing is kept of it, so what
 * printing takes is memory for names and for the blocks that are open.
 *
 * What the text means is the module: assembled again it gives the same bytes, if these are encoded as vm/text/parse.h
 * does it, and otherwise a module that prints as the same text. Names of the name section become identifiers, branch
 * hints annotations, and other custom sections annotations that say where they lie.
 */
#pragma once

#include "vm/syntax/module.h"

/* What is said of a function beside its instructions, as comments: see vm_print_options. */
typedef struct vm_print_notes {
    void *data;
    /* Before the instructions of defined function `func`. */
    pirn_status (*begin)(void *data, uint32_t func, pirn_error *error);
    /* The next line on what lies at the file offset or before; NULL: there is none more. It lives until the next call. */
    const char *(*next)(void *data, uint64_t offset);
} vm_print_notes;

typedef struct vm_print_options {
    bool offsets;                /* every line begins with its file offset as a comment */
    const vm_print_notes *notes; /* or NULL */
} vm_print_options;

/*
 * The module need not be valid. MALFORMED: a function body breaks the grammar; what comes before it has been printed.
 * LIMIT: more locals than a valid function has; IO: the sink answered false; NOMEM; what `begin` says.
 */
PIRN_MUST_CHECK pirn_status vm_text_print(const vm_module *module, const vm_print_options *options,
                                          const pirn_allocator *allocator, pirn_text_sink sink, void *sink_data,
                                          pirn_error *error);

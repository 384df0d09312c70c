/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Built-ins of the async ABI that toolchains put into components whether or not anything calls them. They may be
 * defined and imported by core modules; a call traps and says which it was.
 */
#pragma once

#include "component/definition.h"

typedef struct cm_trapping_canon {
    cm_canon_kind kind;
    const char *text;       /* "task.cancel" */
    const char *immediates; /* behind the code. t: the core type i32, n: a number, b: a flag */
    const char *signature;  /* parameters, `_`, results; i: i32 */
} cm_trapping_canon;

/* NULL when it is none of these. */
const cm_trapping_canon *cm_trapping_canon_find(uint8_t code);

/* A core function that traps. `text` is kept. */
PIRN_MUST_CHECK pirn_status cm_trapping_new_func(pirn_store *store, const pirn_functype *type, const char *text,
                                                 pirn_func **out, pirn_error *error);

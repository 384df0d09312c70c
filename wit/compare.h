/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing two models item by item. Named types are compared where they are defined; where they are used it is their
 * names that count, or, when those differ and the comparison allows it, what they are made of. Pairs that were
 * compared by structure are remembered, so types that are used many times cost once.
 */
#pragma once

#include "vm/base/map.h"
#include "wit/names.h"

typedef enum wit_purpose {
    WIT_SAME,      /* everything agrees, gates and versions included */
    WIT_SUCCESSOR, /* what has the one before, the one behind has too, and alike */
    WIT_FIT,       /* a component beside a world: what it calls is there, and alike in structure */
} wit_purpose;

typedef struct wit_comparer {
    wit_purpose purpose;
    pirn_wit_difference_sink sink;
    void *data;
    pirn_error *error;
    pirn_str owner, item; /* where the comparison is */
    bool is_unstable;     /* the item may change at any time */
    bool has_stopped;     /* the sink wants no more */
    bool has_failed;      /* out of memory */
    base_arena arena;     /* keys of `same` */
    base_map same;        /* pairs of named types that have the same structure, or are being compared */
} wit_comparer;

void wit_comparer_init(wit_comparer *c, wit_purpose purpose, const pirn_allocator *allocator,
                       pirn_wit_difference_sink sink, void *data, pirn_error *error);
/* NOMEM, if the comparison could not be finished. */
PIRN_MUST_CHECK pirn_status wit_comparer_done(wit_comparer *c);
/* Tells of a difference; it breaks what was there unless that is unstable. */
void wit_differ(wit_comparer *c, pirn_wit_change change, bool breaks, const char *format, ...) PIRN_PRINTF(4, 5);

/* --- compare_type.c --- */

bool wit_same_type(wit_comparer *c, const pirn_wit_type *a, const pirn_wit_type *b); /* either may be NULL: none */
/* Afterwards `is_unstable` says whether the item may change. */
void wit_compare_gates(wit_comparer *c, pirn_wit_gates a, pirn_wit_gates b);
void wit_compare_typedefs(wit_comparer *c, const pirn_wit_type *a, const pirn_wit_type *b);
void wit_compare_functions(wit_comparer *c, const pirn_wit_function *a, const pirn_wit_function *b);
/* "wasi:io/streams@0.2.12" and "wasi:io/streams@0.2.0", or an id and itself: for the purpose they are one. */
bool wit_same_id(const wit_comparer *c, pirn_str a, pirn_str b);

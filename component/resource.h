/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resources (CanonicalABI.md "Resource State", "Table State"): runtime resource types, and the
 * handle table of a component instance. Traps use the words of the official suite.
 */
#pragma once

#include "component/type.h"

typedef struct cm_instance_state cm_instance_state; /* component/canon.h */

/* A resource type at run time: types are the same when they are the same object. One per
 * pirn_resourcedesc and root. */
typedef struct pirn_resource_type {
    const pirn_resourcedesc *host; /* NULL: a guest defines it */
    cm_instance_state *definer;    /* the component instance that defines it; NULL for the host's */
    pirn_func *dtor;               /* the guest's destructor, or NULL */
} cm_resource_type;

/* Counts the borrow handles that a call has put into its callee's table: all must be dropped when it ends. */
typedef struct cm_borrow_scope {
    uint32_t num_borrows;
} cm_borrow_scope;

typedef struct cm_handle {
    const cm_resource_type *type; /* NULL: a free entry */
    uintptr_t rep;                /* the host's pointer, the guest's i32; free: index of the next free entry */
    cm_borrow_scope *scope;       /* of a borrow */
    uint32_t num_lends;           /* calls in progress that have borrowed through this handle */
    bool own;
} cm_handle;

/*
 * Entry 0 is never used; free entries are reused, the last one freed first. All tables of an instance take their
 * entries from one allowance, so that a guest cannot fill the host's memory with handles.
 */
typedef struct cm_handle_table {
    const pirn_allocator *allocator;
    uint64_t *entries_left;
    BASE_VEC(cm_handle) entries;
    uint32_t free; /* first free entry, 0: none */
} cm_handle_table;

/* `entries_left` outlives the table. */
void cm_handle_table_init(cm_handle_table *table, const pirn_allocator *allocator, uint64_t *entries_left);
void cm_handle_table_done(cm_handle_table *table);
/* TRAP when the table is full or the allowance is used up, NOMEM. */
PIRN_MUST_CHECK pirn_status cm_handle_add(cm_handle_table *table, const cm_handle *handle, uint32_t *index,
                                          pirn_error *error);
/* The entry, of that type, until the table changes. TRAP. */
PIRN_MUST_CHECK pirn_status cm_handle_get(const cm_handle_table *table, uint32_t index, const cm_resource_type *type,
                                          cm_handle **out, pirn_error *error);
/* Takes the entry out; it must not be lent. TRAP. */
PIRN_MUST_CHECK pirn_status cm_handle_remove(cm_handle_table *table, uint32_t index, const cm_resource_type *type,
                                             cm_handle *out, pirn_error *error);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lifting and lowering (CanonicalABI.md "Lifting and Lowering Context" to "Flat Lowering").
 *
 *   lift    core values and linear memory  ->  a C object
 *   lower   a C object  ->  core values and linear memory, which the guest's realloc provides
 *
 * A C object comes in two forms:
 *   CM_HOST   as <pirn/component.h> describes it: for host functions and embedders
 *   CM_GUEST  on its way to another guest, by which it is lowered at once. The same structs, but a
 *             string is the source's bytes in the source's encoding, `len` its tagged code units,
 *             and a handle is the resource's bare rep. So nothing is transcoded or allocated twice,
 *             and the receiving guest's realloc is called exactly as the specification has it.
 *
 * These functions are walks over the nodes of a type, as deep as the type is nested, which is at
 * most CM_LIMIT_TYPE_DEPTH.
 */
#pragma once

#include "component/canon.h"

/* The linear memory of canonical options. `realloc` also brings data and size up to date. */
typedef struct cm_memory cm_memory;
typedef pirn_status (*cm_realloc)(cm_memory *memory, uint32_t old, uint32_t old_size, uint32_t align,
                                  uint32_t new_size, uint32_t *out);
struct cm_memory {
    uint8_t *data;
    uint64_t size;
    cm_realloc realloc; /* NULL: none */
};

typedef enum cm_form {
    CM_HOST,
    CM_GUEST,
} cm_form;

typedef struct cm_context {
    cm_memory *memory;
    cm_encoding encoding;      /* of strings in memory */
    cm_instance_state *state;  /* of the guest: its handle table */
    cm_resource_map resources; /* as that guest sees them */
    cm_form form;              /* of the C object */
    cm_encoding source;        /* lower, CM_GUEST: the encoding of strings in the C object */
    bool views;                /* lift: the C object may point into the guest's memory */
    const uint8_t *viewed; /* lower, CM_HOST: the memory that the C object may have views of, as it was at first */
    uint64_t viewed_size;
    cm_activation *activation; /* owns what a C object points to, and knows what it borrows */
    pirn_error *error;
} cm_context;

/* Reads or writes the core values of one flattened value after another. */
typedef struct cm_flat_cursor {
    pirn_slot *slots;
    const uint8_t *types; /* cm_core of each slot */
    uint32_t next;
} cm_flat_cursor;

/* TRAP, LIMIT, NOMEM. `c` is the object's place; all of it is written, except for padding. */
PIRN_MUST_CHECK pirn_status cm_lift_flat(cm_context *cx, const pirn_type *type, cm_flat_cursor *in, void *c);
/* `ptr` is aligned and in bounds (cm_check_pointer). */
PIRN_MUST_CHECK pirn_status cm_lift_memory(cm_context *cx, const pirn_type *type, uint32_t ptr, void *c);
/* Likewise, and USAGE when a host's object has no such value, as text that is not UTF-8. */
PIRN_MUST_CHECK pirn_status cm_lower_flat(cm_context *cx, const pirn_type *type, const void *c, cm_flat_cursor *out);
PIRN_MUST_CHECK pirn_status cm_lower_memory(cm_context *cx, const pirn_type *type, const void *c, uint32_t ptr);

/* Parameters and results of a whole function, in core values or in memory as their number asks. */
PIRN_MUST_CHECK pirn_status cm_lift_params(cm_context *cx, const pirn_component_functype *type, pirn_slot *slots,
                                           void *args);
PIRN_MUST_CHECK pirn_status cm_lower_params(cm_context *cx, const pirn_component_functype *type, const void *args,
                                            pirn_slot *slots);
PIRN_MUST_CHECK pirn_status cm_lift_result(cm_context *cx, const pirn_component_functype *type, pirn_slot *slots,
                                           void *result);
/* `slots` holds the lowered function's arguments: among them, if need be, where to put the result. */
PIRN_MUST_CHECK pirn_status cm_lower_result(cm_context *cx, const pirn_component_functype *type, const void *result,
                                            pirn_slot *slots);

/* ---- What lift.c and lower.c share ----------------------------------------------------------------------------- */

/* Sets the context's error to a trap; returns PIRN_TRAP. */
pirn_status cm_trap(cm_context *cx, const char *format, ...) PIRN_PRINTF(2, 3);
/* The host's object is not a value of its type. Returns PIRN_USAGE. */
pirn_status cm_misuse(cm_context *cx, const char *format, ...) PIRN_PRINTF(2, 3);
/* What is checked, for the trap's words. */
typedef enum cm_content {
    CM_STRING_CONTENT,
    CM_LIST_CONTENT,
    CM_VALUE_CONTENT,
} cm_content;
/* Traps unless [ptr, ptr + size) is aligned and inside the memory. */
PIRN_MUST_CHECK pirn_status cm_check_pointer(cm_context *cx, cm_content content, uint32_t ptr, uint32_t align,
                                             uint64_t size);
/* Calls the guest's realloc and checks what it returns. `old` and `old_size` are 0 for a new block. */
PIRN_MUST_CHECK pirn_status cm_reallocate(cm_context *cx, cm_content content, uint32_t old, uint32_t old_size,
                                          uint32_t align, uint64_t new_size, uint32_t *out);
/* Counts bytes that a call takes in: guests may name one place or handle many times, so a store has a limit for it. LIMIT. */
PIRN_MUST_CHECK pirn_status cm_charge(cm_context *cx, uint64_t bytes);
/* Is this a place in the memory that the host's object may have views of? Where is it now? */
bool cm_is_view(const cm_context *cx, const void *p);
const void *cm_follow_view(const cm_context *cx, const void *p);
/* True for numbers whose lists are the same bytes in memory and in C on this machine. */
bool cm_is_plain(const pirn_type *type);

/* Strings (strings.c): `ptr` and `units` are what a string is in memory. */
PIRN_MUST_CHECK pirn_status cm_lift_string(cm_context *cx, uint32_t ptr, uint32_t units, pirn_str *out);
PIRN_MUST_CHECK pirn_status cm_lower_string(cm_context *cx, pirn_str text, uint32_t *ptr, uint32_t *units);

/* Handles (handle.c): from and to the context's handle table. */
PIRN_MUST_CHECK pirn_status cm_lift_handle(cm_context *cx, const pirn_type *type, uint32_t index, void **out);
PIRN_MUST_CHECK pirn_status cm_lower_handle(cm_context *cx, const pirn_type *type, void *object, uint32_t *index);

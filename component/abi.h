/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lifting and lowering (CanonicalABI.md "Lifting and Lowering Context" to "Flat Lowering").
 *
 *   lift    core values and linear memory  ->  a C object, as <pirn/component.h> describes it
 *   lower   a C object  ->  core values and linear memory, which the guest's realloc provides
 *   pass    from one guest to the other, with nothing in between
 *
 * All three run programs (component/program.h).
 *
 * To pass is to lift everything and then to lower everything: a bad value is found before the
 * receiver's realloc is called for the first time. So passing is done in two steps. The first checks
 * what there is and takes handles out of the sender's table; the second copies from memory to
 * memory. What is checked in between stays as it is: nothing that runs on behalf of the receiver
 * can call, or reach the memory of, the sender. Values that are core values and nothing else are
 * done with after the first step.
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

/* What is on the other side. */
typedef enum cm_form {
    CM_HOST,
    CM_GUEST,
} cm_form;

typedef struct cm_context {
    cm_memory *memory;
    cm_encoding encoding;      /* of strings in memory */
    cm_instance_state *state;  /* of the guest: its handle table */
    cm_resource_map resources; /* as that guest sees them */
    cm_form form;
    bool views;            /* lift: the C object may point into the guest's memory */
    const uint8_t *viewed; /* lower: the memory that the C object may have views of, as it was at first */
    uint64_t viewed_size;
    cm_activation *activation; /* owns what a C object points to, and knows what it borrows */
    pirn_error *error;
} cm_context;

/*
 * Parameters and results of a whole function, in core values or in memory as their number asks.
 * TRAP, LIMIT, NOMEM. All of the object is written, except for padding.
 */
PIRN_MUST_CHECK pirn_status cm_lift_params(cm_context *cx, const cm_function_program *program, pirn_slot *slots,
                                           void *args);
PIRN_MUST_CHECK pirn_status cm_lift_result(cm_context *cx, const cm_function_program *program, pirn_slot *slots,
                                           void *result);
/* Likewise, and USAGE when an object has no such value, as text that is not UTF-8. */
PIRN_MUST_CHECK pirn_status cm_lower_params(cm_context *cx, const cm_function_program *program, const void *args,
                                            pirn_slot *slots);
/* `slots` holds the lowered function's arguments: among them, if need be, where to put the result. */
PIRN_MUST_CHECK pirn_status cm_lower_result(cm_context *cx, const cm_function_program *program, const void *result,
                                            pirn_slot *slots);

/*
 * Passing in its two steps, on one activation. `program` is the sender's, `from` its core values, `to` the
 * receiver's, which for a result hold the arguments as above.
 */
typedef struct cm_pass {
    cm_context *sender, *receiver;
    const cm_function_program *program;
    pirn_slot *from, *to;
} cm_pass;
PIRN_MUST_CHECK pirn_status cm_pass_lift_params(const cm_pass *pass);
PIRN_MUST_CHECK pirn_status cm_pass_lower_params(const cm_pass *pass);
PIRN_MUST_CHECK pirn_status cm_pass_lift_result(const cm_pass *pass);
PIRN_MUST_CHECK pirn_status cm_pass_lower_result(const cm_pass *pass);

/*
 * Of a host's object that could not be lowered wholly: drops the host's resources in it that the
 * guest has not received, as the host has given them away.
 */
void cm_drop_unlowered_params(cm_context *cx, const cm_function_program *program, const void *args);
void cm_drop_unlowered_result(cm_context *cx, const cm_function_program *program, const void *result);

/* ---- What the files of lifting and lowering share -------------------------------------------------------------- */

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

/* What a string or list is as core values or in memory: a place, and tagged code units or elements. */
typedef struct cm_range {
    uint32_t ptr, count;
} cm_range;

/* Strings (strings.c). */
PIRN_MUST_CHECK pirn_status cm_lift_string(cm_context *cx, cm_range range, pirn_str *out);
PIRN_MUST_CHECK pirn_status cm_lower_string(cm_context *cx, pirn_str text, cm_range *out);
/* The two steps of passing. */
PIRN_MUST_CHECK pirn_status cm_check_string(cm_context *cx, cm_range range);
PIRN_MUST_CHECK pirn_status cm_pass_string(cm_context *sender, cm_context *receiver, cm_range range, cm_range *out);

/* Handles (handle.c): from and to the context's handle table. */
PIRN_MUST_CHECK pirn_status cm_lift_handle(cm_context *cx, const pirn_type *type, uint32_t index, void **out);
PIRN_MUST_CHECK pirn_status cm_lower_handle(cm_context *cx, const pirn_type *type, void *object, uint32_t *index);
/* The two steps of passing: into the activation's transit, and the first one out of it. */
PIRN_MUST_CHECK pirn_status cm_send_handle(cm_context *cx, const pirn_type *type, uint32_t index);
PIRN_MUST_CHECK pirn_status cm_receive_handle(cm_context *cx, uint32_t *index);
/* Of an object that could not be lowered wholly: the resource is dropped if it is the host's and was not received. */
void cm_drop_unlowered_handle(cm_context *cx, const pirn_type *type, void *object);

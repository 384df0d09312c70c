/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting what the interpreter executes (pirn_config.profile): how often each of its instructions is dispatched, and each sequence
 * of two and three that follow one another in the code. An engine that counts translates to other handlers, of which each notes its
 * cell and becomes the ordinary one; all others have nothing to do with it.
 */
#pragma once

#include "vm/exec/ir.h"

enum { VM_PROFILE_TRACE = 4096, VM_PROFILE_LONGEST = 3 };

typedef struct vm_profile_note {
    const vm_word *pc;
    uint16_t ir;
} vm_profile_note;

/* `length` in the upper 16 bits of `key`, below it the instructions, the last one lowest. */
typedef struct vm_profile_count {
    uint64_t key, count;
} vm_profile_count;

/* Of a store. */
typedef struct vm_profile {
    uint32_t length; /* of the trace */
    vm_profile_note trace[VM_PROFILE_TRACE];
    vm_profile_count *counts; /* a hash table */
    size_t capacity, used;
} vm_profile;

/* NULL when out of memory. */
vm_profile *vm_profile_new(const pirn_allocator *allocator);
/* `profile` may be NULL. */
void vm_profile_free(vm_profile *profile, const pirn_allocator *allocator);
/* Counts what the trace has and empties it. Out of memory it counts less. */
void vm_profile_count_trace(vm_profile *profile, const pirn_allocator *allocator);

/* The handlers that count, by vm_ir. */
extern void (*const vm_profile_handlers[IR_COUNT])(void);

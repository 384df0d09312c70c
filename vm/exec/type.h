/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types at run time (spec 3.3.10, 4.4.1). The engine's registry keeps one object for all types that are equal, in whatever
 * modules they were defined: to compare types is to compare pointers. Each type lists its supertypes by their depth, so
 * that being below another one is two compares, however deep the hierarchy is.
 *
 *      supers     | depth 0 | depth 1 | ... | the type itself |
 *
 * In value types at run time an index is the type's id in the registry.
 */
#pragma once

#include "vm/base/memory.h"
#include "vm/syntax/types.h"

/* Kinds of objects of the heap that no type describes (vm/exec/heap.h), behind those of vm_type_kind. */
enum { VM_TYPE_HOST_BOX = VM_TYPE_CONT + 1, VM_TYPE_I31_BOX, VM_TYPE_EXCEPTION };

/* What every type object begins with. */
typedef struct vm_rtt vm_rtt;
struct vm_rtt {
    uint8_t kind; /* a pirn_functype, a vm_layout, or (a continuation type) nothing more */
    bool is_final;
    uint32_t depth;
    const vm_rtt *const *supers;
    uint32_t id;
};

/* Is `actual` the type `expected`, or below it? */
static inline bool vm_rtt_matches(const vm_rtt *actual, const vm_rtt *expected)
{
    return actual == expected || (actual->depth > expected->depth && actual->supers[expected->depth] == expected);
}

/* Where fields begin in an object of the heap: behind its header, and an array's length. */
enum { VM_STRUCT_DATA = 8, VM_ARRAY_DATA = 16 };

/* A field of an object: where it lies in it. An array's one is its elements'. */
typedef struct vm_layout_field {
    uint32_t offset;
    uint32_t size; /* bytes: 1, 2, 4, 8, 16 */
    vm_valtype type;
} vm_layout_field;

/* A structure or array type: how its objects lie in memory. */
typedef struct vm_layout {
    vm_rtt rtt;
    uint32_t size; /* of a structure, header included; of an array without elements */
    uint32_t field_count;
    const vm_layout_field *fields;
    /* Offsets of a structure's fields that may refer to objects; for an array, whether its elements may (0 or 1). */
    const uint32_t *references;
    uint32_t reference_count;
    /* Where the reference to the descriptor lies (0: there is none), and before which field (VM_NO_TYPE). */
    uint32_t descriptor_at;
    uint32_t descriptor_field;
} vm_layout;

/* The number of the type of index `index`, as vm/syntax/group.h asks for it. */
uint32_t vm_rtt_number(const void *rtts, uint32_t index);

/*
 * Finds or makes the types of a recursion group of a validated module: `start` is its first index, `rtts` has the types
 * of the module before it, and receives those of the group. False when out of memory or of numbers.
 */
bool vm_types_add_group(pirn_engine *engine, const vm_subtype *group, uint32_t start, uint32_t count,
                        const vm_rtt **rtts);
/* A module's value type in terms of the engine. */
vm_valtype vm_types_resolve(const vm_rtt *const *rtts, vm_valtype type);
/* Is `actual` below `expected` (3.3.4)? Both in terms of the engine. */
bool vm_types_match(const pirn_engine *engine, vm_valtype actual, vm_valtype expected);

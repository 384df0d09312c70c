/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The heap of a store: structures, arrays and exceptions (spec 4.2.15, 4.2.16), and how references to them look.
 *
 * A reference in a slot, a field or a table:
 *
 *      any hierarchy      0              null
 *                         ...........1   an i31: its 31 bits, then the tag bit
 *                         address        an object: a structure, an array, or a box with the embedder's pointer
 *      extern hierarchy   0              null
 *                         address        an object of this heap that has been made external; an i31 is in a box then
 *                         anything else  the embedder's pointer
 *      exn hierarchy      0              null
 *                         address        an object: an exception (vm/exec/exception.h)
 *      func hierarchy     a pirn_func *
 *
 * So a pointer of the embedder may have any bits, as long as it does not point to an object of the heap. Objects never move.
 *
 * An object whose type has a descriptor (vm/valid/descriptor.c) refers to it in a place among its fields that its layout names,
 * and collections see that reference as they see a field.
 *
 * The heap consists of chunks. A chunk has a bit for each place where an object may start, set where one does: that says
 * whether any word is the address of an object, and where free room is. Objects are taken one behind the other from a hole;
 * the next hole is found by walking from the end of one object to the start of the next. Collection (vm/exec/collect.c)
 * only clears the bits of what is dead: the holes are found when they are needed. A large object has a chunk of its own.
 */
#pragma once

#include "vm/exec/type.h"
#include <pirn/vm.h>

/* What every object begins with: the address of its type; the lowest bit is set while a collection has reached it. */
typedef struct vm_object {
    _Alignas(8) uintptr_t header;
} vm_object;

/* The elements follow from VM_ARRAY_DATA on. An exception begins like this, too: its values are its elements. */
typedef struct vm_array {
    vm_object object;
    uint32_t length;
} vm_array;

/* A value of the other hierarchy: the embedder's pointer in any, an i31 in extern. */
typedef struct vm_box {
    vm_object object;
    void *value;
} vm_box;

enum { VM_HEAP_GRANULE = 16, VM_HEADER_MARK = 1 };

/* Outside of collections. */
static inline const vm_layout *vm_object_layout(const vm_object *object)
{
    return (const vm_layout *)object->header;
}

/* How many elements the object has behind the part of fixed size. */
static inline uint32_t vm_object_length(const vm_layout *layout, const vm_object *object)
{
    bool has_elements = layout->rtt.kind == VM_TYPE_ARRAY || layout->rtt.kind == VM_TYPE_EXCEPTION;
    return has_elements ? ((const vm_array *)object)->length : 0;
}

static inline uint8_t *vm_object_at(vm_object *object, size_t offset)
{
    return (uint8_t *)object + offset;
}

/* The i31 of the lower 31 bits. */
static inline void *vm_i31_new(uint32_t value)
{
    return (void *)(uintptr_t)((uint32_t)(value << 1) | 1u);
}
static inline bool vm_is_i31(const void *reference)
{
    return ((uintptr_t)reference & 1) != 0;
}
static inline uint32_t vm_i31_unsigned(const void *reference)
{
    return (uint32_t)(uintptr_t)reference >> 1;
}
static inline uint32_t vm_i31_signed(const void *reference)
{
    return (uint32_t)((int32_t)(uint32_t)(uintptr_t)reference >> 1);
}

typedef struct vm_chunk {
    struct vm_chunk *next; /* in the order in which they were made */
    uint8_t *data;
    size_t size;       /* bytes of data */
    size_t block_size; /* of the whole block */
    bool is_large;     /* one object, at the start */
    uint64_t starts[]; /* a bit for each granule */
} vm_chunk;

/* References that native code holds while it allocates: an array of slots that grows. */
typedef struct vm_heap_range {
    pirn_slot **slots;
    size_t *count;
    struct vm_heap_range *outer;
} vm_heap_range;

struct pirn_root {
    pirn_slot value;
    pirn_store *store;
    pirn_root *next, *previous;
};

typedef struct vm_heap {
    uint8_t *next, *end; /* the hole in use, in `current` */
    vm_chunk *current;
    vm_chunk *chunks, *last;
    BASE_VEC(vm_chunk *) by_address;
    size_t bytes;         /* of all chunks */
    size_t allocated;     /* since the last collection */
    size_t allowance;     /* how much until the next */
    uint64_t collections; /* so far */
    vm_layout box_of_host, box_of_i31, exception;
    /* Roots besides those that the store's own objects are. */
    pirn_root *roots;
    vm_heap_range *ranges;
    pirn_instance *constructing; /* an instance that the store does not have yet */
    pirn_slot *top;              /* of the value stack in use, when a handler allocates; else NULL */
    /* Of a collection. */
    BASE_VEC(vm_object *) grey; /* reached, not yet looked into; always room for some */
    bool overflowed;            /* objects were reached for which `grey` had no room */
} vm_heap;

void vm_heap_init(vm_heap *heap);
void vm_heap_done(pirn_store *store);

/*
 * An object with all fields zero, and `length` elements, if it has such, that are zero. NULL when there is no room even after
 * a collection. May collect: whoever calls has all its references where collect.c looks.
 */
vm_object *vm_heap_new(pirn_store *store, const vm_layout *layout, uint32_t length);
/* The object that starts at this address, or NULL. */
vm_object *vm_heap_find(const vm_heap *heap, const void *address);
/* Bytes that an object takes, rounded up to granules; 0 when it is larger than any heap. */
size_t vm_heap_object_size(const vm_layout *layout, uint32_t length);

/* any.convert_extern and extern.convert_any (4.6.9). False when there is no room for a box. */
bool vm_heap_internalize(pirn_store *store, void *external, void **out);
bool vm_heap_externalize(pirn_store *store, void *internal, void **out);

/* Frees what cannot be reached: vm/exec/collect.c. */
void vm_heap_collect(pirn_store *store);

/* ---- Tests of references (4.6.9) ------------------------------------------------------------------------------------- */

/* What a reference is tested for; where it says so, against a type. */
typedef enum vm_ref_test {
    VM_TEST_NONE, /* null only */
    VM_TEST_ANY,  /* whatever the hierarchy has */
    VM_TEST_EQ,   /* an i31, a structure or an array */
    VM_TEST_I31,
    VM_TEST_STRUCT,
    VM_TEST_ARRAY,
    VM_TEST_OBJECT, /* an object of the type */
    VM_TEST_FUNC,   /* a function of the type */
    VM_TEST_EXACT,  /* an object or a function of the type, but not of one below it */
    VM_TEST_KINDS = 0xF,
    VM_TEST_NULL = 0x10,   /* flag: null passes, too */
    VM_TEST_INVERT = 0x20, /* flag of branches: when the test fails */
} vm_ref_test;

static inline bool vm_ref_passes(const void *reference, uint32_t test, const vm_rtt *type)
{
    if (reference == NULL)
        return test & VM_TEST_NULL;
    if ((test & VM_TEST_KINDS) == VM_TEST_ANY || (test & VM_TEST_KINDS) == VM_TEST_NONE)
        return (test & VM_TEST_KINDS) == VM_TEST_ANY;
    /* A function begins with its type, as an object does; so an i31 is all that has to be told apart. */
    if (vm_is_i31(reference))
        return (test & VM_TEST_KINDS) == VM_TEST_EQ || (test & VM_TEST_KINDS) == VM_TEST_I31;
    const vm_rtt *actual;
    memcpy(&actual, reference, sizeof actual);
    switch (test & VM_TEST_KINDS) {
    case VM_TEST_EQ:
        return actual->kind == VM_TYPE_STRUCT || actual->kind == VM_TYPE_ARRAY;
    case VM_TEST_STRUCT:
        return actual->kind == VM_TYPE_STRUCT;
    case VM_TEST_ARRAY:
        return actual->kind == VM_TYPE_ARRAY;
    case VM_TEST_OBJECT:
    case VM_TEST_FUNC:
        return vm_rtt_matches(actual, type);
    case VM_TEST_EXACT:
        return actual == type;
    default:
        return false;
    }
}

/* Is this the descriptor of what is referred to, or, with VM_TEST_NULL, is the reference null? */
static inline bool vm_ref_is_described(const void *reference, uint32_t test, const void *descriptor)
{
    if (reference == NULL)
        return test & VM_TEST_NULL;
    if (vm_is_i31(reference))
        return false;
    uint32_t at = vm_object_layout(reference)->descriptor_at;
    const void *actual = NULL;
    if (at != 0)
        memcpy(&actual, (const uint8_t *)reference + at, sizeof actual);
    return actual == descriptor;
}

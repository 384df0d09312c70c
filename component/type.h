/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types of components (Component Model, Explainer "Type Definitions"; Binary.md "Type Definitions").
 *
 * Value types are nodes on the component's arena, read-only after validation. Two layouts are computed once per node: the
 * Canonical ABI's (in linear memory, CanonicalABI.md "Alignment", "Element Size", "Flattening") and C's
 * (<pirn/component.h>).
 *
 * Types that need a name to be imported or exported (and resource types) have an *identity*: each import and export of
 * one makes a new identity with the new name.
 *
 * Resource types are numbered through the whole outermost component (`cm_resource_id`): every import or definition of one,
 * every fresh one of an instance type gets a number. At run time each instantiated component maps numbers to
 * runtime resource types, so the same function type serves all instances.
 */
#pragma once

#include "vm/base/memory.h"
#include <pirn/component.h>

typedef uint32_t cm_resource_id;

/* Where something lies in linear memory or in a C object. Small, for a file can have a type in each two of its bytes. */
enum { CM_LAYOUT_MOST = (1 << 28) - 1 };
typedef struct cm_layout {
    uint32_t size : 28; /* at most CM_LAYOUT_MOST */
    uint32_t align : 4;
} cm_layout;

typedef struct cm_member {
    pirn_str name;
    const pirn_type *type; /* NULL: no payload */
    uint32_t offset;       /* record, tuple: in linear memory */
    uint32_t c_offset;     /* record, tuple: in C */
} cm_member;

/* Core value types of a flattened value: at most CM_MAX_FLAT are stored; `count` may be larger ("in memory"), and saturates. */
enum { CM_MAX_FLAT = 16 };
typedef enum cm_core { CM_I32, CM_I64, CM_F32, CM_F64 } cm_core;
typedef struct cm_flat {
    uint32_t count;
    uint8_t types[CM_MAX_FLAT]; /* cm_core */
} cm_flat;

/* Any list as it is in C. */
typedef struct cm_list {
    void *data;
    size_t len;
} cm_list;

/* How much a type is. */
typedef struct cm_extent {
    uint32_t size;  /* nodes that it unfolds to, saturated: at most CM_LIMIT_TYPE_SIZE */
    uint32_t depth; /* of nesting: at most CM_LIMIT_TYPE_DEPTH */
} cm_extent;

struct pirn_type {
    pirn_type_kind kind : 8;
    uint8_t tag_size;      /* bytes of a variant's tag or of flags: 1, 2, 4; in memory and in C alike */
    uint8_t depth;         /* of nesting: at most CM_LIMIT_TYPE_DEPTH; saturated */
    bool has_lists : 1;    /* a string or list is somewhere inside */
    bool has_pointers : 1; /* a string, list or handle is somewhere inside */
    bool has_borrow : 1;
    bool has_async : 1;         /* a stream, future or error context is somewhere inside */
    bool has_oversize : 1;      /* a map whose pairs are too large is somewhere inside: it can only be empty */
    bool is_too_large : 1;      /* its size with pointers of 64 bits is above CM_LAYOUT_MOST: invalid */
    bool is_too_large_in_c : 1; /* or its size in C is: a limit of ours */
    uint32_t member_count;
    const cm_member *members;
    const pirn_type *element; /* list, fixed list, option; map: of its pairs; stream, future: NULL if of nothing */
    const pirn_str *name;     /* that it was imported or exported under last; own, borrow: its resource; NULL: none */
    union {
        cm_resource_id resource; /* own, borrow */
        uint32_t length;         /* fixed list */
    };
    uint32_t identity; /* by validation: see above; 0: the kind needs no name */
    uint32_t unfolded; /* by validation: the size of its cm_extent */
    /* computed by cm_type_layout: canonical ABI, the same with pointers of 64 bits, C, flat form */
    cm_layout memory, wide, c;
    uint8_t payload_offset, c_payload_offset; /* variant, option, result */
    uint16_t flat_count;                      /* of core values; saturated */
    uint32_t flat_types;                      /* the first CM_MAX_FLAT: two bits (cm_core) each */
};

struct pirn_component_functype {
    uint32_t param_count;
    bool is_async;
    bool is_too_large;       /* its parameters together do not fit a cm_layout */
    const cm_member *params; /* c_offset: in the struct of arguments; offset: in the tuple of parameters in memory */
    const pirn_type *result; /* NULL: none */
    cm_layout params_memory, params_c;
    cm_flat flat_params, flat_result; /* of all parameters together, of the result */
};

/* The text of a name that may be NULL. */
static inline pirn_str cm_name_text(const pirn_str *name)
{
    return name == NULL ? (pirn_str){"", 0} : *name;
}

/* Kinds without parts: those of the binary format's `primvaltype`. */
static inline bool cm_kind_is_primitive(pirn_type_kind kind)
{
    return kind <= PIRN_TYPE_STRING || kind == PIRN_TYPE_ERROR_CONTEXT;
}

/* How a component encodes its strings. */
typedef enum cm_encoding { CM_UTF8, CM_UTF16, CM_LATIN1_UTF16 } cm_encoding;

/* Limits of the Canonical ABI and of this implementation. */
enum {
    CM_LIMIT_TYPE_DEPTH = 100,
    CM_LIMIT_TYPE_SIZE = 1000000, /* nodes that a type unfolds to */
    CM_LIMIT_FLAGS = 32,
    CM_LIMIT_FLAT_PARAMS = 16,
    CM_LIMIT_FLAT_ASYNC_PARAMS = 4,
    CM_LIMIT_FLAT_RESULTS = 1,
    CM_LIMIT_STRING_BYTES = (1 << 28) - 1,
    CM_LIMIT_LIST_BYTES = (1 << 28) - 1,
    CM_LIMIT_HANDLES = (1 << 28) - 1,
    CM_LIMIT_NESTING = 100,     /* components in components */
    CM_LIMIT_INSTANCES = 10000, /* of one prepared component, nested ones included */
};

/* Fills the computed part of a node whose members and element are complete. */
void cm_type_layout(pirn_type *type);
/* Likewise for a function type. */
void cm_functype_layout(pirn_component_functype *type);
/* Their parts that compute the flat form. */
void cm_type_flatten(pirn_type *type);
void cm_functype_flatten(pirn_component_functype *type);

/* Of a variant, enum, option or result: how many cases, and the payload's type or NULL. */
uint32_t cm_case_count(const pirn_type *type);
const pirn_type *cm_case_type(const pirn_type *type, uint32_t index);

/* The flat form of a type, from its node. */
cm_flat cm_type_flat(const pirn_type *type);

/*
 * The core function type that `canon lift` expects, or that `canon lower` makes (CanonicalABI.md "Flattening"); of async
 * ones, with a callback or without.
 */
typedef struct cm_core_functype {
    pirn_valtype params[CM_LIMIT_FLAT_PARAMS + 1], results[CM_LIMIT_FLAT_RESULTS];
    size_t param_count, result_count;
} cm_core_functype;
cm_core_functype cm_flatten_lift(const pirn_component_functype *type);
cm_core_functype cm_flatten_lower(const pirn_component_functype *type);
cm_core_functype cm_flatten_lift_async(const pirn_component_functype *type, bool has_callback);
cm_core_functype cm_flatten_lower_async(const pirn_component_functype *type);
/* Parameters, and the result, pass through memory: there are more than the flat limits. */
bool cm_params_in_memory(const pirn_component_functype *type);
bool cm_result_in_memory(const pirn_component_functype *type);

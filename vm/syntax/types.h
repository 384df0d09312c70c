/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types as the binary format has them (spec 2.3, 5.3).
 *
 * A value type is 32 bits:
 *
 *    31  30                     9  8   7            0
 *   +---+-------------------------+---+--------------+
 *   | e |  type index or id       | c |  code        |
 *   +---+-------------------------+---+--------------+
 *   code   the byte of the binary format: 0x7F i32 ... 0x70 funcref, 0x6F externref; 0x63 (ref null), 0x64 (ref)
 *   c      with 0x63 and 0x64: 1 = the upper bits are a type index, 0 (0x64 only) = an abstract heap type's byte
 *   e      with c: exact, that is of this very type, not of one below it (custom descriptors)
 *
 * In a module's own tables the index is the module's; at run time (<pirn/vm.h>) it is the engine's.
 */
#pragma once

#include "vm/base/error.h"
#include <pirn/vm.h>

typedef pirn_valtype vm_valtype;

enum {
    VM_CODE_I32 = 0x7F,
    VM_CODE_I64 = 0x7E,
    VM_CODE_F32 = 0x7D,
    VM_CODE_F64 = 0x7C,
    VM_CODE_V128 = 0x7B,
    VM_CODE_I8 = 0x78, /* packed: in fields only */
    VM_CODE_I16 = 0x77,
    VM_CODE_NOCONT = 0x75, /* abstract heap types; as value types, the nullable references to them */
    VM_CODE_NOEXN = 0x74,
    VM_CODE_NOFUNC = 0x73,
    VM_CODE_NOEXTERN = 0x72,
    VM_CODE_NONE = 0x71,
    VM_CODE_FUNCREF = 0x70,
    VM_CODE_EXTERNREF = 0x6F,
    VM_CODE_ANY = 0x6E,
    VM_CODE_EQ = 0x6D,
    VM_CODE_I31 = 0x6C,
    VM_CODE_STRUCTREF = 0x6B,
    VM_CODE_ARRAYREF = 0x6A,
    VM_CODE_EXN = 0x69,
    VM_CODE_CONTREF = 0x68,
    VM_CODE_REF = 0x64,
    VM_CODE_REF_NULL = 0x63,
    VM_CODE_EXACT = 0x62, /* before the type index of a heap type */
    VM_CODE_FUNC = 0x60,  /* composite types */
    VM_CODE_STRUCT = 0x5F,
    VM_CODE_ARRAY = 0x5E,
    VM_CODE_CONT = 0x5D,
    VM_CODE_SUB = 0x50, /* sub types: open, final */
    VM_CODE_SUB_FINAL = 0x4F,
    VM_CODE_REC = 0x4E,        /* recursion group */
    VM_CODE_DESCRIPTOR = 0x4D, /* clauses before a composite type */
    VM_CODE_DESCRIBES = 0x4C,
    VM_CODE_EMPTY = 0x40, /* block type without values */
};

/* With the kind of an imported function: its type is exact. */
enum { VM_IMPORT_EXACT = 0x20 };

/* Unknown: an operand in unreachable code (validation), or "no type". */
#define VM_BOTTOM ((vm_valtype)0)

static inline uint8_t vm_valtype_code(vm_valtype type)
{
    return (uint8_t)type;
}

/* ---- Reference types (spec 2.3.3 to 2.3.6) -------------------------------------------------------------------- */

/*
 * A heap type is written as the nullable reference to it. Every reference type has one encoding: a nullable one to an
 * abstract heap type is that type's byte, never 0x63 with it.
 */
enum { VM_TYPE_IS_CONCRETE = 1 << 8, VM_TYPE_INDEX_SHIFT = 9, VM_TYPE_INDEX_LIMIT = 1 << 22 };
#define VM_TYPE_IS_EXACT (UINT32_C(1) << 31)
#define VM_NO_TYPE UINT32_MAX

static inline vm_valtype vm_ref_concrete(uint32_t index, bool is_nullable)
{
    return (index << VM_TYPE_INDEX_SHIFT) | VM_TYPE_IS_CONCRETE | (is_nullable ? VM_CODE_REF_NULL : VM_CODE_REF);
}

static inline vm_valtype vm_ref_exact(uint32_t index, bool is_nullable)
{
    return vm_ref_concrete(index, is_nullable) | VM_TYPE_IS_EXACT;
}

static inline vm_valtype vm_ref_abstract(uint8_t code, bool is_nullable)
{
    return is_nullable ? code : ((vm_valtype)code << VM_TYPE_INDEX_SHIFT) | VM_CODE_REF;
}

/* Of a reference type: */
static inline bool vm_ref_is_concrete(vm_valtype type)
{
    return type & VM_TYPE_IS_CONCRETE;
}

static inline bool vm_ref_is_exact(vm_valtype type)
{
    return type & VM_TYPE_IS_EXACT;
}

static inline bool vm_ref_is_nullable(vm_valtype type)
{
    return vm_valtype_code(type) != VM_CODE_REF;
}

/* The type index of a concrete one. */
static inline uint32_t vm_ref_index(vm_valtype type)
{
    return (type & ~VM_TYPE_IS_EXACT) >> VM_TYPE_INDEX_SHIFT;
}

/* A concrete one with another index in its place: from one numbering of types to another. */
static inline vm_valtype vm_ref_with_index(vm_valtype type, uint32_t index)
{
    return vm_ref_concrete(index, vm_valtype_code(type) != VM_CODE_REF) | (type & VM_TYPE_IS_EXACT);
}

/* The abstract heap type's byte of one that is not concrete. */
static inline uint8_t vm_ref_code(vm_valtype type)
{
    return vm_valtype_code(type) == VM_CODE_REF ? (uint8_t)(type >> VM_TYPE_INDEX_SHIFT) : vm_valtype_code(type);
}

static inline vm_valtype vm_ref_with_null(vm_valtype type, bool is_nullable)
{
    if (!vm_ref_is_concrete(type))
        return vm_ref_abstract(vm_ref_code(type), is_nullable);
    return vm_ref_concrete(vm_ref_index(type), is_nullable) | (type & VM_TYPE_IS_EXACT);
}

/* The reference type to the same heap type without null. */
static inline vm_valtype vm_valtype_non_null(vm_valtype type)
{
    return type == VM_BOTTOM ? type : vm_ref_with_null(type, false);
}

/* A reference of unknown type that is not null: in unreachable code, below all references. */
#define VM_BOTTOM_REF ((vm_valtype)VM_CODE_REF)

/* Is the abstract heap type `sub` below `super`, or the same (3.3.3)? */
bool vm_heaptype_matches(uint8_t sub, uint8_t super);
/* The top of the hierarchy of an abstract heap type: any, func, extern, exn or cont. */
uint8_t vm_heaptype_top(uint8_t code);
/* And its bottom: none, nofunc, noextern, noexn or nocont. */
uint8_t vm_heaptype_bottom(uint8_t code);

/* Writes the heap type of a reference type ("any", "3", "(exact 3)") and returns `out`. */
const char *vm_heaptype_text(vm_valtype type, char out[32]);

static inline bool vm_type_is_packed(vm_valtype type)
{
    return type == VM_CODE_I8 || type == VM_CODE_I16;
}

/* The features that are complete from the decoder to the interpreter and belong to the standard: on by default. */
#define VM_FEATURES_DEFAULT                                                                                     \
    ((uint32_t)(PIRN_FEATURE_MUTABLE_GLOBALS | PIRN_FEATURE_SIGN_EXTENSION | PIRN_FEATURE_SATURATING |          \
                PIRN_FEATURE_MULTI_VALUE | PIRN_FEATURE_REFERENCE_TYPES | PIRN_FEATURE_BULK_MEMORY |            \
                PIRN_FEATURE_EXTENDED_CONST | PIRN_FEATURE_TAIL_CALL | PIRN_FEATURE_MULTI_MEMORY |              \
                PIRN_FEATURE_MEMORY64 | PIRN_FEATURE_SIMD | PIRN_FEATURE_RELAXED_SIMD |                   \
                PIRN_FEATURE_FUNCTION_REFERENCES | PIRN_FEATURE_GC | PIRN_FEATURE_EXCEPTIONS))

/* Those, and the complete ones that are not of the standard: off by default. */
#define VM_FEATURES_SUPPORTED                                                                                   \
    (VM_FEATURES_DEFAULT |                                                                                      \
     (uint32_t)(PIRN_FEATURE_LEGACY_EXCEPTIONS | PIRN_FEATURE_THREADS | PIRN_FEATURE_WIDE_ARITHMETIC |          \
                PIRN_FEATURE_CUSTOM_PAGE_SIZES | PIRN_FEATURE_COMPACT_IMPORTS |                              \
                PIRN_FEATURE_CUSTOM_DESCRIPTORS | PIRN_FEATURE_STACK_SWITCHING))

/* The name of a feature bit ("bulk-memory"). */
const char *vm_feature_name(uint32_t feature);

/* ---- Composite types (spec 2.3.9, 2.3.10) --------------------------------------------------------------------- */

typedef struct vm_functype {
    uint32_t param_count, result_count;
    const vm_valtype *params;  /* results follow params in one array */
    const vm_valtype *results;
} vm_functype;

typedef struct vm_field {
    vm_valtype type; /* of the storage: packed, too */
    bool is_mutable;
} vm_field;

typedef enum vm_type_kind { VM_TYPE_FUNC, VM_TYPE_STRUCT, VM_TYPE_ARRAY, VM_TYPE_CONT } vm_type_kind;

/*
 * A type of the type section: a sub type with the recursion group that it belongs to. `func` is empty when it is not a
 * function type, so nothing is read over; an array has one field.
 */
typedef struct vm_subtype {
    vm_functype func;
    const vm_field *fields;
    uint32_t field_count;
    uint32_t cont; /* of a continuation type: the index of its function type */
    uint8_t kind; /* vm_type_kind */
    bool is_final;
    uint32_t super;        /* type index, or VM_NO_TYPE */
    uint32_t descriptor;   /* type indices of the clauses of these names, or VM_NO_TYPE */
    uint32_t describes;
    uint32_t group_start;  /* index of the group's first type */
    uint32_t group_length; /* how many they are */
    uint64_t offset;       /* in the file, for errors */
    /* Made by validation: */
    uint32_t canonical; /* the first type of the module that is equal to this one (3.3.10): compare these */
    uint32_t depth;     /* supertypes above it */
} vm_subtype;

/* Block type (spec 5.4.2): one of none, one result, or a type index. */
typedef struct vm_blocktype {
    int64_t index;     /* >= 0: type index; -1: `value` says */
    vm_valtype value;  /* VM_BOTTOM: empty */
} vm_blocktype;

/* Implementation limits, all in one place; beyond them PIRN_LIMIT, with the number. They are those that engines agreed
 * on for the web, where that list has one. */
enum {
    VM_LIMIT_TYPES = 1000000,
    VM_LIMIT_SUBTYPE_DEPTH = 63,
    VM_LIMIT_FIELDS = 10000,
    VM_LIMIT_FIXED_ELEMENTS = 10000, /* operands of array.new_fixed */
    VM_LIMIT_FUNCTIONS = 1000000,
    VM_LIMIT_IMPORTS = 1000000,
    VM_LIMIT_EXPORTS = 1000000,
    VM_LIMIT_GLOBALS = 1000000,
    VM_LIMIT_TAGS = 1000000,
    VM_LIMIT_TABLES = 100000,
    VM_LIMIT_MEMORIES = 100,
    VM_LIMIT_SEGMENTS = 10000000,
    VM_LIMIT_PARAMS = 1000,
    VM_LIMIT_RESULTS = 1000,
    VM_LIMIT_LOCALS = 50000,
    VM_LIMIT_BODY_BYTES = 128 * 1024 * 1024,
    VM_LIMIT_STRING_BYTES = 100000,
    VM_LIMIT_CONTROL_DEPTH = 1000000,
    VM_LIMIT_OPERANDS = 1000000, /* on the operand stack of a function */
};

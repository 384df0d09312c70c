/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types as the binary format has them (spec 2.3, 5.3).
 *
 * A value type is 32 bits:
 *
 *    31                     9  8   7            0
 *   +-------------------------+---+--------------+
 *   |  type index or id       | c |  code        |
 *   +-------------------------+---+--------------+
 *   code   the byte of the binary format: 0x7F i32 ... 0x70 funcref, 0x6F externref; 0x63 (ref null), 0x64 (ref)
 *   c      with 0x63 and 0x64: 1 = the upper bits are a type index, 0 = an abstract heap type's byte
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
    VM_CODE_FUNCREF = 0x70,
    VM_CODE_EXTERNREF = 0x6F,
    VM_CODE_REF_NULL = 0x63,
    VM_CODE_REF = 0x64,
    VM_CODE_FUNC = 0x60,  /* composite type */
    VM_CODE_EMPTY = 0x40, /* block type without values */
};

/* Unknown: an operand in unreachable code (validation), or "no type". */
#define VM_BOTTOM ((vm_valtype)0)

static inline uint8_t vm_valtype_code(vm_valtype type)
{
    return (uint8_t)type;
}

/* The reference type to the same heap type without null. */
static inline vm_valtype vm_valtype_non_null(vm_valtype type)
{
    enum { BITS_BEFORE_HEAPTYPE = 9 };
    if (vm_valtype_code(type) == VM_CODE_REF_NULL)
        return (type & ~(vm_valtype)0xFF) | VM_CODE_REF;
    return type == VM_BOTTOM || vm_valtype_code(type) == VM_CODE_REF ? type : type << BITS_BEFORE_HEAPTYPE | VM_CODE_REF;
}

/* The features that are complete from the decoder to the interpreter and belong to the standard: on by default. */
#define VM_FEATURES_DEFAULT                                                                                     \
    ((uint32_t)(PIRN_FEATURE_MUTABLE_GLOBALS | PIRN_FEATURE_SIGN_EXTENSION | PIRN_FEATURE_SATURATING |          \
                PIRN_FEATURE_MULTI_VALUE | PIRN_FEATURE_REFERENCE_TYPES | PIRN_FEATURE_BULK_MEMORY |            \
                PIRN_FEATURE_EXTENDED_CONST | PIRN_FEATURE_TAIL_CALL | PIRN_FEATURE_MULTI_MEMORY |              \
                PIRN_FEATURE_MEMORY64 | PIRN_FEATURE_SIMD | PIRN_FEATURE_RELAXED_SIMD))

/* The name of a feature bit ("bulk-memory"). */
const char *vm_feature_name(uint32_t feature);

/* Spec 2.3.11: a composite type. Function types now; struct and array are further kinds. */
typedef struct vm_functype {
    uint32_t param_count, result_count;
    const vm_valtype *params;  /* results follow params in one array */
    const vm_valtype *results;
} vm_functype;

/* Block type (spec 5.4.1): one of none, one result, or a type index. */
typedef struct vm_blocktype {
    int64_t index;     /* >= 0: type index; -1: `value` says */
    vm_valtype value;  /* VM_BOTTOM: empty */
} vm_blocktype;

/* Implementation limits, all in one place; beyond them PIRN_LIMIT, with the number. They are those that engines agreed
 * on for the web, where that list has one. */
enum {
    VM_LIMIT_TYPES = 1000000,
    VM_LIMIT_FUNCTIONS = 1000000,
    VM_LIMIT_IMPORTS = 1000000,
    VM_LIMIT_EXPORTS = 1000000,
    VM_LIMIT_GLOBALS = 1000000,
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs: how values of a type are lifted, lowered and passed on, compiled when a component is
 * prepared (CanonicalABI.md "Loading", "Storing", "Flat Lifting", "Flat Lowering").
 *
 * A program is a row of operations. Each knows where its part of the value is in all forms that a
 * value can have: as core values, in linear memory, as a C object. So one program serves lifting,
 * lowering and passing from guest to guest; what differs is where it is run from and to (move.c).
 * Records and tuples leave no trace but the offsets of their fields:
 *
 *   (tuple u8 (option string))     code     core value  memory  object
 *                                  U8       0           0       0
 *                                  VARIANT  1           4       8       cases: none +0, some +2
 *                                  FILL     2                           2 core values
 *                                  JUMP                                 +1
 *                                  STRING   2           8       16
 *                                  END
 *
 * Every type node has one program. Short programs are copied into those of the types around them,
 * long ones are referred to (PART): so programs stay in proportion to the component, though types
 * may unfold to far more.
 */
#pragma once

#include "component/idmap.h"
#include "component/type.h"

/* Numbers that any bits are a value of: code, bytes, and the value from what was there, `bits`. */
#define CM_NUMBER_OPS(X)                     \
    X(BOOL, 1, (uint32_t)bits != 0)          \
    X(U8, 1, (uint8_t)bits)                  \
    X(S8, 1, (uint32_t)(int8_t)bits)         \
    X(U16, 2, (uint16_t)bits)                \
    X(S16, 2, (uint32_t)(int16_t)bits)       \
    X(I32, 4, (uint32_t)bits)                \
    X(I64, 8, bits)                          \
    X(F32, 4, canonical_f32((uint32_t)bits)) \
    X(F64, 8, canonical_f64(bits))

typedef enum cm_opcode {
    CM_OP_END,
#define CM_NUMBER_OPCODE(name, size, value) CM_OP_##name,
    CM_NUMBER_OPS(CM_NUMBER_OPCODE)
#undef CM_NUMBER_OPCODE
        CM_OP_CHAR,
    CM_OP_FLAGS,   /* count: the mask of the labels */
    CM_OP_ENUM,    /* count: cases */
    CM_OP_VARIANT, /* likewise; goes on at the case */
    CM_OP_JUMP,    /* count: operations to skip */
    CM_OP_FILL,    /* count: core values that a case leaves unused */
    CM_OP_STRING,
    CM_OP_LIST,   /* program: of an element */
    CM_OP_HANDLE, /* type: own, borrow */
    CM_OP_PART,   /* program: of this part of the value */
} cm_opcode;

typedef struct cm_program cm_program;

typedef struct cm_op {
    uint8_t code;    /* cm_opcode */
    uint8_t size;    /* FLAGS, ENUM, VARIANT: bytes */
    uint16_t flat;   /* index of its first core value, if the whole passes in core values */
    uint32_t memory; /* offset */
    uint32_t object; /* offset */
    uint32_t count;
    union {
        const uint32_t *cases; /* VARIANT: how many operations to skip; behind the last, those of all cases */
        const cm_program *program;
        const pirn_type *type;
    };
} cm_op;

struct cm_program {
    const cm_op *ops;
    uint32_t op_count; /* END not counted */
    cm_layout memory, c;
    bool is_solid;   /* no rule for any byte of it in memory, and no padding: can be copied as bytes */
    bool is_same;    /* solid, and on this machine the same bytes in C */
    bool is_scalar;  /* core values and nothing else: no string, list or handle */
    bool may_trap;   /* lifting it can trap */
    bool has_handle; /* own or borrow somewhere inside */
};

/* The programs of a function's parameters, as a tuple, and of its result. */
typedef struct cm_function_program {
    const pirn_component_functype *type;
    cm_program params;
    const cm_program *result; /* NULL: none */
    bool params_in_memory, result_in_memory;
    uint32_t result_slot; /* canon lower: which argument says where the result goes */
} cm_function_program;

/* What compiles programs; they live in `arena`. Each type is compiled once. */
typedef struct cm_compiler {
    base_arena *arena;
    cm_idmap programs; /* by the address of the type */
} cm_compiler;

void cm_compiler_init(cm_compiler *compiler, base_arena *arena);
void cm_compiler_done(cm_compiler *compiler);
/* These are NULL when out of memory. `type` is laid out. */
const cm_program *cm_compile(cm_compiler *compiler, const pirn_type *type);
const cm_function_program *cm_compile_function(cm_compiler *compiler, const pirn_component_functype *type);

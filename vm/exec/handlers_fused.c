/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers of cells that several instructions became (vm/exec/translate_fuse.c): what is saved is the dispatch between them.
 * None of them says again what an operation is: that comes from its row, through vm/exec/operations.h.
 */
#include "vm/exec/operations.h"

/* ---- Operation of an operation -------------------------------------------------------------------------------------- */

#define VM_Z_ss(T) VM_SLOT_##T(pc[1].b)
#define VM_Z_as(T) VM_SLOT_##T(pc[1].a)
#define VM_Z_sa(T) VM_ACC_##T

#define JOIN(form, dest, name, outer, inner, T)                    \
    VM_HANDLER(op_##name##_##form##_##dest)                        \
    {                                                              \
        VM_C_##T inside = vm_do_##inner(VM_Z_##form(T), pc[1].c);  \
        VM_TO_##dest##_##T(vm_do_##outer(VM_X_##form(T), inside)); \
        VM_NEXT(2);                                                \
    }
#define BOTH_JOINS(form, ...)          JOIN(form, s, __VA_ARGS__) JOIN(form, a, __VA_ARGS__)
#define IR_JOIN(name, outer, inner, T) IR_FORMS_JOIN(BOTH_JOINS, name, outer, inner, T)

#define VM_V_s VM_SLOT(pc[1].a).u32
#define VM_V_a vm_u32_of_image(acc)

#define COMPOSITE(form, dest, name, expression)                              \
    VM_HANDLER(op_I32_##name##_##form##_##dest)                              \
    {                                                                        \
        uint32_t x = VM_V_##form, n = pc[1].offset, k = (uint32_t)pc[2].imm; \
        VM_TO_##dest##_I(expression);                                        \
        VM_NEXT(3);                                                          \
    }
#define COMPOSITES(name, expression)  \
    COMPOSITE(s, s, name, expression) \
    COMPOSITE(s, a, name, expression) COMPOSITE(a, s, name, expression) COMPOSITE(a, a, name, expression)
COMPOSITES(SCALE, (x << (n & 31)) + k)
COMPOSITES(FIELD, x >> (n & 31) & k)
COMPOSITES(WRAP, (x + n) & k)

#define VM_LAST_ss(T) VM_SLOT_##T(pc[1].c)
#define VM_LAST_as(T) VM_SLOT_##T(pc[1].b)

#define CHAIN(form, dest, name, T, expression)                                  \
    VM_HANDLER(op_##name##_##form##_##dest)                                     \
    {                                                                           \
        VM_C_##T x = VM_X_##form(T), y = VM_Y_##form(T), z = VM_LAST_##form(T); \
        VM_TO_##dest##_##T(expression);                                         \
        VM_NEXT(2);                                                             \
    }
#define BOTH_CHAINS(form, ...)           CHAIN(form, s, __VA_ARGS__) CHAIN(form, a, __VA_ARGS__)
#define IR_CHAIN(name, first, second, T) IR_FORMS_CHAIN(BOTH_CHAINS, name, T, vm_do_##second(vm_do_##first(x, y), z))
#define IR_CHAIN_BACK(name, first, second, T) \
    IR_FORMS_CHAIN(BOTH_CHAINS, name, T, vm_do_##second(z, vm_do_##first(x, y)))

/* ---- Addition, comparison, branch: loops ---------------------------------------------------------------------------- */

#define STEP_is(T)       (VM_C_##T)(int64_t) pc[1].imm
#define STEP_ii(T)       (VM_C_##T)(int64_t) pc[1].imm
#define STEP_ss(T)       VM_SLOT_##T(pc[1].b)
#define STEP_si(T)       VM_SLOT_##T(pc[1].b)
#define STEP_LIMIT_is(T) VM_SLOT_##T(pc[2].b)
#define STEP_LIMIT_ii(T) (VM_C_##T)(int64_t) pc[2].imm
#define STEP_LIMIT_ss(T) VM_SLOT_##T(pc[1].c)
#define STEP_LIMIT_si(T) (VM_C_##T)(int64_t) pc[2].imm
#define STEP_WORDS_is    3
#define STEP_WORDS_ii    3
#define STEP_WORDS_ss    2
#define STEP_WORDS_si    3

/* The sum is written before the limit is read: they may be in one slot. */
#define STEP(form, name, T)                                 \
    VM_HANDLER(op_STEP_##name##_##form)                     \
    {                                                       \
        VM_C_##T x = VM_SLOT_##T(pc[1].a) + STEP_##form(T); \
        VM_TO_s_##T(x);                                     \
        if (vm_do_##name(x, STEP_LIMIT_##form(T)))          \
            VM_GOTO(pc[STEP_WORDS_##form].target);          \
        VM_NEXT(STEP_WORDS_##form + 1);                     \
    }

/* ---- Comparison and select --------------------------------------------------------------------------------------------- */

#define SELECT(form, dest, name, T)                                         \
    VM_HANDLER(op_SELECT_##name##_##form##_##dest)                          \
    {                                                                       \
        const vm_word *choice = &pc[VM_WORDS_##form(T)];                    \
        uint64_t yes = VM_SLOT(choice->a).u64, no = VM_SLOT(choice->b).u64; \
        bool is_true = vm_do_##name(VM_X_##form(T), VM_Y_##form(T));        \
        VM_TO_##dest##_L(is_true ? yes : no);                               \
        VM_NEXT(VM_WORDS_##form(T) + 1);                                    \
    }
#define BOTH_SELECTS(form, ...) SELECT(form, s, __VA_ARGS__) SELECT(form, a, __VA_ARGS__)

#define IR_COMPARE(name, inverse, exchanged, T, expression) \
    IR_FORMS_STEP_##T(STEP, name, T) IR_FORMS_SELECT_##T(BOTH_SELECTS, name, T)

/* ---- Operation and return ------------------------------------------------------------------------------------------- */

#define RETURN(form, dest, name, T, header_)                       \
    VM_HANDLER(op_##name##_##form##_##dest)                        \
    {                                                              \
        VM_TO_a_##T(vm_do_##name(VM_X_##form(T), VM_Y_##form(T))); \
        const pirn_slot *header = &VM_SLOT(header_);               \
        fp = header[VM_FRAME_CALLER_FP].ref;                       \
        VM_GOTO(header[VM_FRAME_RETURN_PC].ref);                   \
    }
#define RETURNS(form, ...)                           \
    RETURN(form, r, __VA_ARGS__, pc[1].d)            \
    RETURN(form, r1, __VA_ARGS__, sizeof(pirn_slot)) \
    RETURN(form, r2, __VA_ARGS__, 2 * sizeof(pirn_slot))
#define IR_RETURN_OF(name, forms, T) IR_FORMS_##forms(RETURNS, name, T)

/* ---- Memory ------------------------------------------------------------------------------------------------------------ */

#define IR_UPDATE(name, operation, load, store)                                                \
    VM_HANDLER(op_##name)                                                                      \
    {                                                                                          \
        VM_PLACE((uint64_t)VM_SLOT(pc[1].a).u32 + pc[1].c, VM_BYTES_##load)                    \
        vm_store_##store(p, vm_do_##operation(vm_load_##load(p), VM_OPERAND_##load(pc[1].b))); \
        VM_NEXT(2);                                                                            \
    }
#define VM_BYTES_I32_LOAD           4
#define VM_BYTES_I64_LOAD           8
#define VM_BYTES_F32_LOAD           4
#define VM_BYTES_F64_LOAD           8
#define VM_OPERAND_I32_LOAD(offset) VM_SLOT(offset).u32
#define VM_OPERAND_I64_LOAD(offset) VM_SLOT(offset).u64
#define VM_OPERAND_F32_LOAD(offset) VM_SLOT(offset).f32
#define VM_OPERAND_F64_LOAD(offset) VM_SLOT(offset).f64
#include "vm/exec/ir.def"

VM_HANDLER(op_I32_STORE_ADD)
{
    VM_PLACE((uint64_t)VM_SLOT(pc[1].a).u32 + pc[1].offset, 4)
    base_store_u32(p, VM_SLOT(pc[1].d).u32 + (uint32_t)pc[2].imm);
    VM_NEXT(3);
}

VM_HANDLER(op_I32_ADD_UPDATE)
{
    VM_PLACE((uint64_t)VM_SLOT(pc[1].a).u32 + pc[1].offset, 4)
    base_store_u32(p, base_load_u32(p) + (uint32_t)pc[2].imm);
    VM_NEXT(3);
}

/* ---- Something, then a branch ------------------------------------------------------------------------------------------- */

VM_HANDLER(op_COPY_BR)
{
    VM_SLOT(pc[1].d).u64 = VM_SLOT(pc[1].a).u64;
    VM_GOTO(pc[2].target);
}

VM_HANDLER(op_COPY_COPY_BR)
{
    VM_SLOT(pc[1].d).u64 = VM_SLOT(pc[1].a).u64;
    VM_SLOT(pc[1].b).u64 = VM_SLOT(pc[1].c).u64;
    VM_GOTO(pc[2].target);
}

VM_HANDLER(op_CONST_I_BR)
{
    VM_TO_s_I(pc[1].offset);
    VM_GOTO(pc[2].target);
}

VM_HANDLER(op_I32_ADD_si_BR)
{
    VM_TO_s_I(VM_SLOT(pc[1].a).u32 + pc[1].offset);
    VM_GOTO(pc[2].target);
}

#define BRANCH_IF(condition)   \
    if (condition)             \
        VM_GOTO(pc[3].target); \
    VM_NEXT(4);

#define COPY_BRANCH(name, relation)                           \
    VM_HANDLER(op_BR_COPY_##name)                             \
    {                                                         \
        VM_SLOT(pc[1].d).u64 = VM_SLOT(pc[1].a).u64;          \
        BRANCH_IF(VM_SLOT(pc[2].a).u32 relation pc[2].offset) \
    }
COPY_BRANCH(EQ, ==)
COPY_BRANCH(NE, !=)

#define AND_BRANCH(name)                                    \
    VM_HANDLER(op_BR_I32_AND_##name)                        \
    {                                                       \
        uint32_t x = VM_SLOT(pc[1].a).u32 & pc[1].offset;   \
        VM_TO_s_I(x);                                       \
        BRANCH_IF(vm_do_I32_##name(x, (uint32_t)pc[2].imm)) \
    }
AND_BRANCH(EQ)
AND_BRANCH(NE)

#define LOAD_BRANCH(load, dest, name)                                                   \
    VM_HANDLER(op_BR_##load##_##dest##_##name)                                          \
    {                                                                                   \
        VM_PLACE((uint64_t)VM_SLOT(pc[1].a).u32 + pc[1].offset, sizeof(vm_type_##load)) \
        uint32_t x = vm_load_##load(p);                                                 \
        VM_TO_##dest##_I(x);                                                            \
        BRANCH_IF(vm_do_I32_##name(x, (uint32_t)pc[2].imm))                             \
    }
typedef uint32_t vm_type_I32_LOAD;
typedef uint8_t vm_type_I32_LOAD8_U;
LOAD_BRANCH(I32_LOAD, s, EQ)
LOAD_BRANCH(I32_LOAD, s, NE)
LOAD_BRANCH(I32_LOAD, a, EQ)
LOAD_BRANCH(I32_LOAD, a, NE)
LOAD_BRANCH(I32_LOAD8_U, s, EQ)
LOAD_BRANCH(I32_LOAD8_U, s, NE)
LOAD_BRANCH(I32_LOAD8_U, a, EQ)
LOAD_BRANCH(I32_LOAD8_U, a, NE)
LOAD_BRANCH(I32_LOAD8_U, a, ANY)
LOAD_BRANCH(I32_LOAD8_U, a, NONE)

#define SUM_BRANCH(name)                                     \
    VM_HANDLER(op_BR_I32_LOAD8_U_w_##name)                   \
    {                                                        \
        VM_PLACE(VM_SLOT(pc[1].a).u32 + pc[1].offset, 1)     \
        BRANCH_IF(vm_do_I32_##name(*p, (uint32_t)pc[2].imm)) \
    }
SUM_BRANCH(EQ)
SUM_BRANCH(NE)

/* ---- Variables ------------------------------------------------------------------------------------------------------ */

VM_HANDLER(op_COPY_COPY)
{
    VM_SLOT(pc[1].d).u64 = VM_SLOT(pc[1].a).u64;
    VM_SLOT(pc[1].b).u64 = VM_SLOT(pc[1].c).u64;
    VM_NEXT(2);
}

VM_HANDLER(op_COPY_ADD)
{
    uint32_t old = VM_SLOT(pc[1].a).u32;
    VM_TO_s_I(old);
    VM_SLOT(pc[1].a).u64 = vm_image_of_u32(old + pc[1].offset);
    VM_NEXT(2);
}

VM_HANDLER(op_I32_ADD_ADD_BY)
{
    VM_TO_s_I(VM_SLOT(pc[1].a).u32 + pc[1].offset);
    VM_SLOT(pc[2].d).u64 = vm_image_of_u32(VM_SLOT(pc[2].a).u32 + pc[2].offset);
    VM_NEXT(3);
}

VM_HANDLER(op_GLOBAL_STEP)
{
    pirn_slot *global = inst->globals[pc[2].u64];
    uint32_t sum = global->u32 + pc[1].offset;
    global->u64 = vm_image_of_u32(sum);
    VM_TO_s_I(sum);
    VM_NEXT(3);
}

VM_HANDLER(op_GLOBAL_SET_ADD)
{
    inst->globals[pc[2].u64]->u64 = vm_image_of_u32(VM_SLOT(pc[1].a).u32 + pc[1].offset);
    VM_NEXT(3);
}

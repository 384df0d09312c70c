/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the handlers share: their declarations, how operands are read and results written, and the ways out.
 */
#pragma once

#include "vm/exec/dispatch.h"
#include "vm/exec/ir.h"
#include "vm/exec/numeric.h"

#define VM_EACH_MEMBER(name, shape) VM_HANDLER(op_##name);
#include "vm/exec/ir_members.h"
#undef VM_EACH_MEMBER

/* ---- Ways out, never inlined: a handler jumps there with its registers as they are -------------------------------- */

/* Traps with the reason in context->trap, at pc. */
BASE_COLD VM_HANDLER(vm_trap);
/* Leaves vm_run with context->status; the state is in the context. */
BASE_COLD VM_HANDLER(vm_stop);
/* Goes on from the state in the context. */
VM_HANDLER(vm_resume);
/* fp of a callee would be above the limit. */
BASE_COLD VM_HANDLER(vm_trap_stack);

#define VM_HANDLER_TRAPS(X)  \
    X(UNREACHABLE)           \
    X(DIVIDE_BY_ZERO)        \
    X(INTEGER_OVERFLOW)      \
    X(INVALID_CONVERSION)    \
    X(UNALIGNED)             \
    X(NOT_SHARED)            \
    X(TABLE_BOUNDS)          \
    X(UNDEFINED_ELEMENT)     \
    X(UNINITIALIZED_ELEMENT) \
    X(INDIRECT_TYPE)         \
    X(NULL_REFERENCE)        \
    X(NULL_FUNCTION)         \
    X(NULL_STRUCTURE)        \
    X(NULL_ARRAY)            \
    X(NULL_I31)              \
    X(NULL_DESCRIPTOR)       \
    X(CAST)                  \
    X(DESCRIPTOR_CAST)       \
    X(ARRAY_BOUNDS)          \
    X(FUEL)                  \
    X(EXCEPTION)             \
    X(NULL_EXCEPTION)
#define VM_DECLARE_TRAP(reason) BASE_COLD VM_HANDLER(vm_trap_##reason);
VM_HANDLER_TRAPS(VM_DECLARE_TRAP)
/* Traps, unless a shared memory has grown since its length was read: then the cell at pc runs again. So it may be used only
 * where nothing has been changed yet. */
BASE_COLD VM_HANDLER(vm_trap_MEMORY_BOUNDS);

#define VM_TRAP(reason) VM_BECOME(vm_trap_##reason)
#define VM_TRAP_IF(condition, reason) \
    if (BASE_UNLIKELY(condition))     \
        VM_TRAP(reason);

/* The function's type is the one expected, nearly always; else below it (spec 4.6.2, call_indirect). */
#define VM_TRAP_UNLESS_TYPE(func, expected)                            \
    VM_TRAP_IF((func)->type != (expected) &&                           \
                   !vm_rtt_matches(&(func)->type->rtt, (expected)),    \
               INDIRECT_TYPE)

/* Memory 0 may have moved or grown. */
#define VM_RELOAD_MEMORY()                                        \
    do {                                                          \
        mem = inst->memory0 != NULL ? inst->memory0->data : NULL; \
        len = inst->memory0 != NULL ? inst->memory0->size : 0;    \
    } while (0)

/* Where an instruction accesses memory 0 with 32-bit addresses, of which effective addresses have 33 bits: declares `p`, or
 * traps. The sum of address and bytes is made once, for the check and for the access. */
#define VM_PLACE(address_, bytes)                  \
    uint64_t end = (uint64_t)(address_) + (bytes); \
    if ((bytes) > 1)                               \
        BASE_KEEP(end);                            \
    VM_TRAP_IF(end > len, MEMORY_BOUNDS)           \
    uint8_t *p = mem + (end - (bytes));

/* ---- Any memory ------------------------------------------------------------------------------------------------------- */

/* An address of the memory's type, from its slot. */
BASE_INLINE uint64_t vm_address_in(const pirn_memory *memory, pirn_slot slot)
{
    return memory->type.is64 ? slot.u64 : slot.u32;
}

/* Does [at, at + count) leave [0, size)? The sum may be too large for 64 bits. */
BASE_INLINE bool vm_is_outside(uint64_t at, uint64_t count, uint64_t size)
{
    return at > size || count > size - at;
}

/* Declares `p`, where an instruction accesses `bytes` bytes of a memory; the address in `slot` is of the memory's type. */
#define VM_PLACE_IN(memory_, slot, offset, bytes)                                              \
    const pirn_memory *memory = (memory_);                                                     \
    uint64_t base = vm_address_in(memory, (slot)), address = base + (offset);                  \
    VM_TRAP_IF(address < base || vm_is_outside(address, (bytes), memory->size), MEMORY_BOUNDS) \
    uint8_t *p = memory->data + address;

/* ---- Operands by type (I i32, L i64, F f32, D f64, R reference) ----------------------------------------------------- */

#define VM_C_I uint32_t
#define VM_C_L uint64_t
#define VM_C_F float
#define VM_C_D double
#define VM_C_R void *

#define VM_SLOT_I(offset) VM_SLOT(offset).u32
#define VM_SLOT_L(offset) VM_SLOT(offset).u64
#define VM_SLOT_F(offset) VM_SLOT(offset).f32
#define VM_SLOT_D(offset) VM_SLOT(offset).f64
#define VM_SLOT_R(offset) VM_SLOT(offset).ref

#define VM_ACC_I vm_u32_of_image(acc)
#define VM_ACC_L acc
#define VM_ACC_F vm_f32_of_image(facc)
#define VM_ACC_D facc
#define VM_ACC_R vm_ref_of_image(acc)

/* Of an operand word (i32), or the word behind it. */
#define VM_IMM_I       ((uint32_t)pc[1].imm)
#define VM_IMM_L       pc[2].u64
#define VM_IMM_F       pc[2].f32
#define VM_IMM_D       pc[2].f64
#define VM_IMM_WORDS_I 2
#define VM_IMM_WORDS_L 3
#define VM_IMM_WORDS_F 3
#define VM_IMM_WORDS_D 3

/* Of a word of its own. */
#define VM_WORD_I(word) (word).u32
#define VM_WORD_L(word) (word).u64
#define VM_WORD_F(word) (word).f32
#define VM_WORD_D(word) (word).f64

/* Results go to slot d or to the accumulator; a slot is always written whole, so that copying it never waits for two
 * stores to meet. */
#define VM_TO_s_I(value) VM_SLOT(pc[1].d).u64 = vm_image_of_u32(value)
#define VM_TO_s_L(value) VM_SLOT(pc[1].d).u64 = (value)
#define VM_TO_s_F(value) VM_SLOT(pc[1].d).f64 = vm_image_of_f32(value)
#define VM_TO_s_D(value) VM_SLOT(pc[1].d).f64 = (value)
#define VM_TO_a_I(value) acc = vm_image_of_u32(value)
#define VM_TO_a_L(value) acc = (value)
#define VM_TO_a_F(value) facc = vm_image_of_f32(value)
#define VM_TO_a_D(value) facc = (value)

/* Operands and length of a two-operand cell by its form. */
#define VM_X_ss(T)     VM_SLOT_##T(pc[1].a)
#define VM_Y_ss(T)     VM_SLOT_##T(pc[1].b)
#define VM_WORDS_ss(T) 2
#define VM_X_si(T)     VM_SLOT_##T(pc[1].a)
#define VM_Y_si(T)     VM_IMM_##T
#define VM_WORDS_si(T) VM_IMM_WORDS_##T
#define VM_X_as(T)     VM_ACC_##T
#define VM_Y_as(T)     VM_SLOT_##T(pc[1].a)
#define VM_WORDS_as(T) 2
#define VM_X_ai(T)     VM_ACC_##T
#define VM_Y_ai(T)     VM_IMM_##T
#define VM_WORDS_ai(T) VM_IMM_WORDS_##T
#define VM_X_is(T)     VM_IMM_##T
#define VM_Y_is(T)     VM_SLOT_##T(pc[1].a)
#define VM_WORDS_is(T) VM_IMM_WORDS_##T
#define VM_X_sa(T)     VM_SLOT_##T(pc[1].a)
#define VM_Y_sa(T)     VM_ACC_##T
#define VM_WORDS_sa(T) 2
#define VM_X_ia(T)     VM_IMM_##T
#define VM_Y_ia(T)     VM_ACC_##T
#define VM_WORDS_ia(T) VM_IMM_WORDS_##T

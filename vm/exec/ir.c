/* SPDX-License-Identifier: Apache-2.0 */
/* The tables made from vm/exec/ir.def. */
#include "vm/exec/ir.h"
#include "vm/exec/handlers.h"

const vm_ir_info vm_ir_table[IR_COUNT] = {
#define VM_EACH_MEMBER(name, shape) [IR_##name] = {(void (*)(void))op_##name, #name, shape},
#include "vm/exec/ir_members.h"
#undef VM_EACH_MEMBER
};

const vm_compare_info vm_compares[VM_COMPARE_COUNT] = {
#define IR_COMPARE(name, inverse, exchanged, T, expression) \
    [VM_COMPARE_##name] = {IR_##name##_ss_s, IR_BR_##name##_ss, VM_COMPARE_##inverse, VM_COMPARE_##exchanged, #T[0]},
#include "vm/exec/ir.def"
};

const vm_family vm_families[VM_OP_COUNT] = {
#define IR_BINARY(name, forms, T, R, traps, expression) \
    [VM_OP_##name] = {VM_FAMILY_BINARY, #T[0], #R[0], #forms[0], IR_##name##_ss_s},
#define IR_COMPARE(name, inverse, exchanged, T, expression) \
    [VM_OP_##name] = {VM_FAMILY_COMPARE, #T[0], 'I', 'C', VM_COMPARE_##name},
#define IR_COMPARE_NOT(name, inverse, exchanged, T, expression)
#define IR_UNARY(name, T, R, traps, expression) [VM_OP_##name] = {VM_FAMILY_UNARY, #T[0], #R[0], 0, IR_##name##_s_s},
#define IR_LOAD(name, R, bytes, expression)     [VM_OP_##name] = {VM_FAMILY_LOAD, 'I', #R[0], 0, IR_##name##_s_s},
#define IR_STORE(name, T, bytes, statement)     [VM_OP_##name] = {VM_FAMILY_STORE, #T[0], 0, 0, IR_##name##_ss},
#define IR_VECTOR(name, shape)                  [VM_OP_##name] = {VM_FAMILY_VECTOR, 0, 0, 0, IR_##name},
#define IR_VECTOR_MEMORY                        IR_VECTOR
#define IR_ATOMIC_LOAD(name, R, bits)           [VM_OP_##name] = {VM_FAMILY_ATOMIC, 'I', #R[0], 0, IR_##name},
#define IR_ATOMIC_STORE                         IR_ATOMIC_LOAD
#define IR_ATOMIC_RMW(name, T, bits, expression) IR_ATOMIC_LOAD(name, T, bits)
#define IR_ATOMIC_CMPXCHG                       IR_ATOMIC_LOAD
#include "vm/exec/ir.def"
};

uint32_t vm_ir_words(vm_ir ir)
{
    uint32_t words = 2;
    for (const char *s = vm_ir_table[ir].shape; *s != '\0'; s++)
        words += *s == 'Q' || *s == 'T' || *s == 'E' || *s == 'H';
    return words;
}

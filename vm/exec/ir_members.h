/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every single cell of vm/exec/ir.def, families spread out, as VM_EACH_MEMBER(name, shape) in the order of their numbers. Included
 * where VM_EACH_MEMBER is defined; so there is no guard against a second inclusion.
 */
#define IR_BINARY(name, forms, T, R, traps, expression) IR_FORMS_##forms(IR_MEMBER_BINARY, name, T)
#define IR_COMPARE(name, inverse, exchanged, T, expression) \
    IR_FORMS_C(IR_MEMBER_BINARY, name, T) IR_FORMS_C(IR_MEMBER_BRANCH, name, T) IR_FORMS_STEP_##T(IR_MEMBER_STEP, name) \
    IR_FORMS_SELECT_##T(IR_MEMBER_SELECT, name, T)
#define IR_JOIN(name, outer, inner, T)   IR_FORMS_JOIN(IR_MEMBER_JOIN, name)
#define IR_CHAIN(name, first, second, T)        IR_FORMS_CHAIN(IR_MEMBER_CHAIN, name)
#define IR_UPDATE(name, operation, load, store) VM_EACH_MEMBER(name, "abl")
#define IR_RETURN_OF(name, forms, T)     IR_FORMS_##forms(IR_MEMBER_RETURN, name, T)
#define IR_UNARY(name, T, R, traps, expression) IR_FORMS_UNARY(IR_MEMBER_UNARY, name)
#define IR_LOAD(name, R, bytes, expression)     IR_FORMS_LOAD(IR_MEMBER_LOAD, name)
#define IR_STORE(name, T, bytes, statement)     IR_FORMS_STORE_##T(IR_MEMBER_STORE, name)
#define IR_ATOMIC_LOAD(name, R, bits)            VM_EACH_MEMBER(name, "daQQ")
#define IR_ATOMIC_STORE(name, T, bits)           VM_EACH_MEMBER(name, "daQQ")
#define IR_ATOMIC_RMW(name, T, bits, expression) VM_EACH_MEMBER(name, "dabQQ")
#define IR_ATOMIC_CMPXCHG(name, T, bits)         VM_EACH_MEMBER(name, "dabcQQ")
#define IR_CELL(name, shape)                    VM_EACH_MEMBER(name, shape)
#include "vm/exec/ir.def"

/* SPDX-License-Identifier: Apache-2.0 */
/* The tables made from vm/exec/ir.def. */
#include "vm/exec/ir.h"
#include "vm/exec/handlers.h"

void (*const vm_ir_handlers[IR_COUNT])(void) = {
#define VM_EACH_MEMBER(name, shape) [IR_##name] = (void (*)(void))op_##name,
#include "vm/exec/ir_members.h"
#undef VM_EACH_MEMBER
};

/* All names, one behind the other; rows say where theirs begins. */
typedef struct ir_names {
#define VM_EACH_MEMBER(name, shape) char name[sizeof #name];
#include "vm/exec/ir_members.h"
#undef VM_EACH_MEMBER
} ir_names;

static const ir_names names = {
#define VM_EACH_MEMBER(name, shape) #name,
#include "vm/exec/ir_members.h"
#undef VM_EACH_MEMBER
};

const vm_ir_info vm_ir_table[IR_COUNT] = {
#define VM_EACH_MEMBER(name, shape) [IR_##name] = {offsetof(ir_names, name), shape},
#include "vm/exec/ir_members.h"
#undef VM_EACH_MEMBER
};

const char *vm_ir_name(vm_ir ir)
{
    return (const char *)&names + vm_ir_table[ir].name;
}

#define STEP_I(name) IR_STEP_##name##_is
#define STEP_L       STEP_I
#define STEP_F(name) 0
#define STEP_D       STEP_F
#define SELECT_I(name) IR_SELECT_##name##_ss_s
#define SELECT_L       SELECT_I
#define SELECT_F(name) 0
#define SELECT_D       SELECT_F
const vm_compare_info vm_compares[VM_COMPARE_COUNT] = {
#define IR_COMPARE(name, inverse, exchanged, T, expression) \
    [VM_COMPARE_##name] = {IR_##name##_ss_s, IR_BR_##name##_ss, STEP_##T(name), SELECT_##T(name), VM_COMPARE_##inverse, VM_COMPARE_##exchanged, #T[0]},
#include "vm/exec/ir.def"
};

const vm_family vm_families[VM_OP_COUNT] = {
#define IR_BINARY(name, forms, T, R, traps, expression) \
    [VM_OP_##name] = {VM_FAMILY_BINARY, #T[0], #R[0], #forms[0], 0, IR_##name##_ss_s},
#define IR_COMPARE(name, inverse, exchanged, T, expression) \
    [VM_OP_##name] = {VM_FAMILY_COMPARE, #T[0], 'I', 'C', 0, VM_COMPARE_##name},
#define IR_COMPARE_NOT(name, inverse, exchanged, T, expression)
#define IR_UNARY(name, T, R, traps, expression) [VM_OP_##name] = {VM_FAMILY_UNARY, #T[0], #R[0], 0, 0, IR_##name##_s_s},
#define IR_LOAD(name, R, bytes, expression)     [VM_OP_##name] = {VM_FAMILY_LOAD, 'I', #R[0], 0, bytes, IR_##name##_s_s},
#define IR_STORE(name, T, bytes, statement)     [VM_OP_##name] = {VM_FAMILY_STORE, #T[0], 0, 0, bytes, IR_##name##_ss},
#define IR_VECTOR(name, shape)                  [VM_OP_##name] = {VM_FAMILY_VECTOR, 0, 0, 0, 0, IR_##name},
#define IR_VECTOR_MEMORY                        IR_VECTOR
#define IR_ATOMIC_LOAD(name, R, bits)           [VM_OP_##name] = {VM_FAMILY_ATOMIC, 'I', #R[0], 0, 0, IR_##name},
#define IR_ATOMIC_STORE                         IR_ATOMIC_LOAD
#define IR_ATOMIC_RMW(name, T, bits, expression) IR_ATOMIC_LOAD(name, T, bits)
#define IR_ATOMIC_CMPXCHG                       IR_ATOMIC_LOAD
#include "vm/exec/ir.def"
};

static const vm_fusion joins[] = {
#define IR_JOIN(name, outer, inner, T) {IR_##outer##_ss_s, IR_##inner##_ss_s, IR_##name##_ss_s},
#include "vm/exec/ir.def"
};

static const vm_fusion chains[] = {
#define IR_CHAIN(name, first, second, T) {IR_##first##_ss_s, IR_##second##_ss_s, IR_##name##_ss_s},
#define IR_CHAIN_BACK(name, first, second, T)
#include "vm/exec/ir.def"
};

static const vm_fusion back_chains[] = {
#define IR_CHAIN_BACK(name, first, second, T) {IR_##first##_ss_s, IR_##second##_ss_s, IR_##name##_ss_s},
#include "vm/exec/ir.def"
};

static const vm_fusion updates[] = {
#define IR_UPDATE(name, operation, load, store) {IR_##load##_s_a, IR_##operation##_as_a, IR_##name},
#include "vm/exec/ir.def"
};

enum { FORMS_C = 4, FORMS_N = 7 };
static const vm_fusion returns[] = {
#define IR_RETURN_OF(name, forms, T) {IR_##name##_ss_s, FORMS_##forms, IR_##name##_ss_r},
#include "vm/exec/ir.def"
};

uint32_t vm_find_join(uint32_t outer, uint32_t inner)
{
    for (size_t i = 0; i < BASE_COUNT(joins); i++) {
        if (joins[i].outer == outer && joins[i].inner == inner)
            return joins[i].first;
    }
    return IR_COUNT;
}

uint32_t vm_find_chain(uint32_t ir, uint32_t second, bool is_back)
{
    const vm_fusion *rows = is_back ? back_chains : chains;
    size_t count = is_back ? BASE_COUNT(back_chains) : BASE_COUNT(chains);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].inner != second)
            continue;
        if (ir == rows[i].outer + 2u * VM_FORM_SS + 1)
            return rows[i].first + 1;
        if (ir == rows[i].outer + 2u * VM_FORM_AS + 1)
            return rows[i].first + 3;
    }
    return IR_COUNT;
}

uint32_t vm_find_update(uint32_t load, uint32_t operation)
{
    for (size_t i = 0; i < BASE_COUNT(updates); i++) {
        if (updates[i].outer == load && updates[i].inner == operation)
            return updates[i].first;
    }
    return IR_COUNT;
}

/* Of each operation and form there is a member for a slot, then one for the accumulator. */
uint32_t vm_find_return(uint32_t ir)
{
    for (size_t i = 0; i < BASE_COUNT(returns); i++) {
        uint32_t member = ir - returns[i].outer; /* huge when below */
        if (member < 2u * returns[i].inner && member % 2 == 1)
            return returns[i].first + member / 2 * 3;
    }
    return IR_COUNT;
}

uint32_t vm_ir_words(vm_ir ir)
{
    static const char own_word[] = "QTEHkjipfgq";
    uint32_t words = 2;
    for (const char *s = vm_ir_table[ir].shape; *s != '\0'; s++)
        words += strchr(own_word, *s) != NULL;
    return words;
}

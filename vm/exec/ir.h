/* SPDX-License-Identifier: Apache-2.0 */
/* The interpreter's instructions (vm/exec/ir.def) as an enumeration and tables. */
#pragma once

#include "vm/exec/code.h"

/* The members of a family, in order: the forms of its operands, and for each the destinations. A member's number is
 * the family's first, plus twice the form, plus the destination. */
#define IR_FORMS_C(MEMBER, ...) \
    MEMBER(ss, __VA_ARGS__) MEMBER(si, __VA_ARGS__) MEMBER(as, __VA_ARGS__) MEMBER(ai, __VA_ARGS__)
#define IR_FORMS_N(MEMBER, ...) \
    IR_FORMS_C(MEMBER, __VA_ARGS__) MEMBER(is, __VA_ARGS__) MEMBER(sa, __VA_ARGS__) MEMBER(ia, __VA_ARGS__)
#define IR_FORMS_UNARY(MEMBER, ...) MEMBER(s, __VA_ARGS__) MEMBER(a, __VA_ARGS__)
#define IR_FORMS_LOAD(MEMBER, ...) \
    MEMBER(s, __VA_ARGS__) MEMBER(a, __VA_ARGS__) MEMBER(i, __VA_ARGS__) MEMBER(x, __VA_ARGS__)
/* Both operands of a store can be in accumulators only when these are two. */
#define IR_FORMS_STORE_I(MEMBER, ...)                                                               \
    MEMBER(ss, __VA_ARGS__)                                                                         \
    MEMBER(si, __VA_ARGS__) MEMBER(sa, __VA_ARGS__) MEMBER(as, __VA_ARGS__) MEMBER(ai, __VA_ARGS__) \
        MEMBER(is, __VA_ARGS__) MEMBER(ii, __VA_ARGS__) MEMBER(ia, __VA_ARGS__) MEMBER(xs, __VA_ARGS__)
#define IR_FORMS_STORE_L              IR_FORMS_STORE_I
#define IR_FORMS_STORE_F(MEMBER, ...) IR_FORMS_STORE_I(MEMBER, __VA_ARGS__) MEMBER(aa, __VA_ARGS__)
#define IR_FORMS_STORE_D              IR_FORMS_STORE_F

enum { VM_FORM_SS, VM_FORM_SI, VM_FORM_AS, VM_FORM_AI, VM_FORM_IS, VM_FORM_SA, VM_FORM_IA };
enum { VM_ADDRESS_S, VM_ADDRESS_A, VM_ADDRESS_I, VM_ADDRESS_X };
enum {
    VM_STORE_SS,
    VM_STORE_SI,
    VM_STORE_SA,
    VM_STORE_AS,
    VM_STORE_AI,
    VM_STORE_IS,
    VM_STORE_II,
    VM_STORE_IA,
    VM_STORE_XS,
    VM_STORE_AA
};

/* IR_EACH(MEMBER) below a definition of VM_EACH_MEMBER(name, shape) names every cell there is. */
#define IR_SHAPE_d_s      "d"
#define IR_SHAPE_d_a      ""
#define IR_SHAPE_i_I      "#"
#define IR_SHAPE_i_L      "#"
#define IR_SHAPE_i_F      "Q"
#define IR_SHAPE_i_D      "Q"
#define IR_SHAPE_ss(T)    "ab"
#define IR_SHAPE_si(T)    "a" IR_SHAPE_i_##T
#define IR_SHAPE_as(T)    "a"
#define IR_SHAPE_ai(T)    IR_SHAPE_i_##T
#define IR_SHAPE_is(T)    "a" IR_SHAPE_i_##T
#define IR_SHAPE_sa(T)    "a"
#define IR_SHAPE_ia(T)    IR_SHAPE_i_##T
#define IR_SHAPE_unary_s  "a"
#define IR_SHAPE_unary_a  ""
#define IR_SHAPE_load_s   "a#"
#define IR_SHAPE_load_a   "#"
#define IR_SHAPE_load_i   "Q"
#define IR_SHAPE_load_x   "amQ"
#define IR_SHAPE_store_ss "ad#"
#define IR_SHAPE_store_si "a#Q"
#define IR_SHAPE_store_sa "a#"
#define IR_SHAPE_store_as "d#"
#define IR_SHAPE_store_ai "#Q"
#define IR_SHAPE_store_is "dQ"
#define IR_SHAPE_store_ii "QQ"
#define IR_SHAPE_store_ia "Q"
#define IR_SHAPE_store_xs "admQ"
#define IR_SHAPE_store_aa "#"

#define IR_MEMBER_BINARY(form, name, T)                                \
    VM_EACH_MEMBER(name##_##form##_s, IR_SHAPE_d_s IR_SHAPE_##form(T)) \
    VM_EACH_MEMBER(name##_##form##_a, IR_SHAPE_d_a IR_SHAPE_##form(T))
#define IR_MEMBER_BRANCH(form, name, T) VM_EACH_MEMBER(BR_##name##_##form, IR_SHAPE_##form(T) "T")
#define IR_MEMBER_UNARY(form, name)                                       \
    VM_EACH_MEMBER(name##_##form##_s, IR_SHAPE_d_s IR_SHAPE_unary_##form) \
    VM_EACH_MEMBER(name##_##form##_a, IR_SHAPE_d_a IR_SHAPE_unary_##form)
#define IR_MEMBER_LOAD(form, name)                                       \
    VM_EACH_MEMBER(name##_##form##_s, IR_SHAPE_d_s IR_SHAPE_load_##form) \
    VM_EACH_MEMBER(name##_##form##_a, IR_SHAPE_d_a IR_SHAPE_load_##form)
#define IR_MEMBER_STORE(form, name) VM_EACH_MEMBER(name##_##form, IR_SHAPE_store_##form)

typedef enum vm_ir {
#define VM_EACH_MEMBER(name, shape) IR_##name,
#include "vm/exec/ir_members.h"
#undef VM_EACH_MEMBER
    IR_COUNT
} vm_ir;

typedef struct vm_ir_info {
    void (*handler)(void);
    const char *name;
    const char *shape;
} vm_ir_info;

extern const vm_ir_info vm_ir_table[IR_COUNT];

/* The words of a cell of this shape, without the targets of a branch table and the handlers of a resume. */
uint32_t vm_ir_words(vm_ir ir);

/* Comparisons by number, so that the inverse ones have one too. */
typedef enum vm_compare {
#define IR_COMPARE(name, inverse, exchanged, T, expression) VM_COMPARE_##name,
#include "vm/exec/ir.def"
    VM_COMPARE_COUNT
} vm_compare;

typedef struct vm_compare_info {
    uint16_t value;             /* first member that yields 0 or 1 */
    uint16_t branch;            /* first member that branches */
    uint8_t inverse, exchanged; /* vm_compare */
    char operand;
} vm_compare_info;

extern const vm_compare_info vm_compares[VM_COMPARE_COUNT];

/* What the translator knows of a Wasm instruction that is a family here. */
typedef enum vm_family_kind {
    VM_FAMILY_NONE,
    VM_FAMILY_BINARY,
    VM_FAMILY_COMPARE,
    VM_FAMILY_UNARY,
    VM_FAMILY_LOAD,
    VM_FAMILY_STORE,
    VM_FAMILY_ATOMIC,
    VM_FAMILY_VECTOR, /* with the next member for any memory, if it is an access of memory */
} vm_family_kind;

typedef struct vm_family {
    uint8_t kind;
    char operand, result; /* I L F D R */
    char forms;           /* BINARY: C or N */
    uint16_t first;       /* COMPARE: the vm_compare */
} vm_family;

/* Indexed by vm_opcode. */
extern const vm_family vm_families[VM_OP_COUNT];

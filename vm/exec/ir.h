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
#define IR_FORMS_LOAD(MEMBER, ...)                                                              \
    MEMBER(s, __VA_ARGS__) MEMBER(a, __VA_ARGS__) MEMBER(i, __VA_ARGS__) MEMBER(x, __VA_ARGS__) \
        MEMBER(w, __VA_ARGS__) MEMBER(b, __VA_ARGS__) MEMBER(k, __VA_ARGS__) MEMBER(c, __VA_ARGS__) \
            MEMBER(t, __VA_ARGS__) MEMBER(u, __VA_ARGS__) MEMBER(v, __VA_ARGS__) MEMBER(y, __VA_ARGS__) \
                MEMBER(z, __VA_ARGS__) MEMBER(o, __VA_ARGS__)
#define IR_FORMS_JOIN(MEMBER, ...) MEMBER(ss, __VA_ARGS__) MEMBER(as, __VA_ARGS__) MEMBER(sa, __VA_ARGS__)
#define IR_FORMS_STEP_I(MEMBER, ...) \
    MEMBER(is, __VA_ARGS__) MEMBER(ii, __VA_ARGS__) MEMBER(ss, __VA_ARGS__) MEMBER(si, __VA_ARGS__)
#define IR_FORMS_STEP_L IR_FORMS_STEP_I
#define IR_FORMS_STEP_F(MEMBER, ...)
#define IR_FORMS_SELECT_I IR_FORMS_C
#define IR_FORMS_SELECT_L IR_FORMS_C
#define IR_FORMS_SELECT_F(MEMBER, ...)
#define IR_FORMS_SELECT_D          IR_FORMS_SELECT_F
#define IR_FORMS_CHAIN(MEMBER, ...) MEMBER(ss, __VA_ARGS__) MEMBER(as, __VA_ARGS__)
#define IR_FORMS_STEP_D IR_FORMS_STEP_F
/* Both operands of a store can be in accumulators only when these are two. */
#define IR_FORMS_STORE_I(MEMBER, ...)                                                               \
    MEMBER(ss, __VA_ARGS__)                                                                         \
    MEMBER(si, __VA_ARGS__) MEMBER(sa, __VA_ARGS__) MEMBER(as, __VA_ARGS__) MEMBER(ai, __VA_ARGS__) \
        MEMBER(is, __VA_ARGS__) MEMBER(ii, __VA_ARGS__) MEMBER(ia, __VA_ARGS__) MEMBER(xs, __VA_ARGS__) \
            MEMBER(ws, __VA_ARGS__) MEMBER(wi, __VA_ARGS__) MEMBER(wa, __VA_ARGS__) \
                MEMBER(bs, __VA_ARGS__) MEMBER(bi, __VA_ARGS__) \
                    MEMBER(ks, __VA_ARGS__) MEMBER(ka, __VA_ARGS__) MEMBER(cs, __VA_ARGS__) \
                        MEMBER(ts, __VA_ARGS__) MEMBER(vs, __VA_ARGS__)
#define IR_FORMS_STORE_L              IR_FORMS_STORE_I
#define IR_FORMS_STORE_F(MEMBER, ...) IR_FORMS_STORE_I(MEMBER, __VA_ARGS__) MEMBER(aa, __VA_ARGS__)
#define IR_FORMS_STORE_D              IR_FORMS_STORE_F

enum { VM_FORM_SS, VM_FORM_SI, VM_FORM_AS, VM_FORM_AI, VM_FORM_IS, VM_FORM_SA, VM_FORM_IA };
enum {
    VM_ADDRESS_S,
    VM_ADDRESS_A,
    VM_ADDRESS_I,
    VM_ADDRESS_X,
    VM_ADDRESS_W,
    VM_ADDRESS_B,
    VM_ADDRESS_K,
    VM_ADDRESS_C,
    VM_ADDRESS_T,
    VM_ADDRESS_U,
    VM_ADDRESS_V,
    VM_ADDRESS_Y,
    VM_ADDRESS_Z,
    VM_ADDRESS_O
};
enum { VM_JOIN_SS, VM_JOIN_AS, VM_JOIN_SA };
enum { VM_STEP_IS, VM_STEP_II, VM_STEP_SS, VM_STEP_SI };
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
    VM_STORE_WS,
    VM_STORE_WI,
    VM_STORE_WA,
    VM_STORE_BS,
    VM_STORE_BI,
    VM_STORE_KS,
    VM_STORE_KA,
    VM_STORE_CS,
    VM_STORE_TS,
    VM_STORE_VS,
    VM_STORE_AA
};

/* IR_EACH(MEMBER) below a definition of VM_EACH_MEMBER(name, shape) names every cell there is. */
#define IR_SHAPE_d_s      "d"
#define IR_SHAPE_d_a      ""
#define IR_SHAPE_i_I      "#"
#define IR_SHAPE_i_L      "Q"
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
#define IR_SHAPE_load_w   "a#"
#define IR_SHAPE_load_b   "#"
#define IR_SHAPE_load_k   "a#"
#define IR_SHAPE_load_c   "#"
#define IR_SHAPE_load_t   "abl"
#define IR_SHAPE_load_u   "a#"
#define IR_SHAPE_load_v   "abl"
#define IR_SHAPE_load_y   "a#"
#define IR_SHAPE_load_z   "a#q"
#define IR_SHAPE_load_o   "a#q"
#define IR_SHAPE_store_ws "ad#"
#define IR_SHAPE_store_wi "a#Q"
#define IR_SHAPE_store_wa "a#"
#define IR_SHAPE_store_bs "d#"
#define IR_SHAPE_store_bi "#Q"
#define IR_SHAPE_store_ks "ad#"
#define IR_SHAPE_store_ka "a#"
#define IR_SHAPE_store_cs "d#"
#define IR_SHAPE_store_ts "abld"
#define IR_SHAPE_store_vs "abld"
#define IR_SHAPE_chain_ss "abc"
#define IR_SHAPE_chain_as "ab"
#define IR_SHAPE_join_ss  "abl"
#define IR_SHAPE_join_as  "al"
#define IR_SHAPE_join_sa  "al"
#define IR_SHAPE_step_is  "da#jT"
#define IR_SHAPE_step_ii  "da#kT"
#define IR_SHAPE_step_ss  "dabcT"
#define IR_SHAPE_step_si  "dabkT"
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
#define IR_MEMBER_RETURN(form, name, T)                        \
    VM_EACH_MEMBER(name##_##form##_r, "d" IR_SHAPE_##form(T))  \
    VM_EACH_MEMBER(name##_##form##_r1, "d" IR_SHAPE_##form(T)) \
    VM_EACH_MEMBER(name##_##form##_r2, "d" IR_SHAPE_##form(T))
#define IR_MEMBER_JOIN(form, name)                                       \
    VM_EACH_MEMBER(name##_##form##_s, IR_SHAPE_d_s IR_SHAPE_join_##form) \
    VM_EACH_MEMBER(name##_##form##_a, IR_SHAPE_d_a IR_SHAPE_join_##form)
#define IR_MEMBER_CHAIN(form, name)                                       \
    VM_EACH_MEMBER(name##_##form##_s, IR_SHAPE_d_s IR_SHAPE_chain_##form) \
    VM_EACH_MEMBER(name##_##form##_a, IR_SHAPE_d_a IR_SHAPE_chain_##form)
#define IR_MEMBER_SELECT(form, name, T)                                       \
    VM_EACH_MEMBER(SELECT_##name##_##form##_s, IR_SHAPE_d_s IR_SHAPE_##form(T) "p") \
    VM_EACH_MEMBER(SELECT_##name##_##form##_a, IR_SHAPE_d_a IR_SHAPE_##form(T) "p")
#define IR_MEMBER_STEP(form, name)      VM_EACH_MEMBER(STEP_##name##_##form, IR_SHAPE_step_##form)
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

/* Only the addresses of handlers depend on where a process has them, so they alone are in a table that it writes to at its start. */
extern void (*const vm_ir_handlers[IR_COUNT])(void);

typedef struct vm_ir_info {
    uint32_t name; /* see vm_ir_name */
    char shape[12];
} vm_ir_info;

extern const vm_ir_info vm_ir_table[IR_COUNT];

const char *vm_ir_name(vm_ir ir);

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
    uint16_t step;              /* first member that adds before (integers) */
    uint16_t select;            /* first member that selects (integers) */
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
    uint8_t bytes;        /* LOAD, STORE: how many are accessed */
    uint16_t first;       /* COMPARE: the vm_compare */
} vm_family;

/* Operations that a cell has in one: rows IR_JOIN and IR_RETURN_OF. */
typedef struct vm_fusion {
    uint16_t outer, inner; /* first members of the operations; of a return: first member, how many forms */
    uint16_t first;        /* first member of the fused cells */
} vm_fusion;

/* The first member of outer(x, inner(y, n)), or IR_COUNT. */
uint32_t vm_find_join(uint32_t outer, uint32_t inner);
/* The member of second(first(x, y), z), where `ir` is a member of `first` with the accumulator as destination and the result goes
 * there; or of second(z, first(x, y)). IR_COUNT: there is none. */
uint32_t vm_find_chain(uint32_t ir, uint32_t second, bool is_back);
/* The cell that adds the result of a load to a slot and stores it back, by members of load and operation; or IR_COUNT. */
uint32_t vm_find_update(uint32_t load, uint32_t operation);
/* The first of the three members that return with the result of a binary operation's member with the accumulator as destination, or
 * IR_COUNT. */
uint32_t vm_find_return(uint32_t ir);

/* Indexed by vm_opcode. */
extern const vm_family vm_families[VM_OP_COUNT];

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The maker of modules (fuzz/generate.h) from inside.
 *
 *   generate.c          the plan of a module, its sections, its functions
 *   generate_type.c     types: making them up, comparing, writing
 *   generate_value.c    an expression of a wanted type: the table of alternatives, constants, variables, numeric instructions
 *   generate_ref.c      references: making objects, casting, fields
 *   generate_control.c  blocks, loops, branches, calls
 *   generate_exception.c  throwing and catching
 *   generate_effect.c   statements: what leaves nothing on the stack
 *
 * It works from the top down: make_value writes instructions that leave one value of the wanted type, make_effects some that
 * leave nothing. Both may be used anywhere, with any values already on the stack, so each construct is valid by itself.
 *
 * An alternative is a function that writes one construct, or writes nothing and returns false when there is nothing it could use.
 */
#pragma once

#include "fuzz/choice.h"
#include "fuzz/fuzz.h"
#include "fuzz/generate.h"
#include "vm/syntax/module.h"
#include "vm/syntax/opcode.h"

enum {
    MAX_TYPES = 64,
    MAX_FIELDS = 8,
    MAX_VALUES = 12, /* parameters and results of a function type */
    MAX_FUNCS = 16,
    MAX_LOCALS = 400,
    MAX_LABELS = 64,
    MAX_GLOBALS = 16,
    MAX_TABLES = 4,
    MAX_MEMORIES = 3,
    MAX_TAGS = 3,
    MAX_SEGMENTS = 4,
    MAX_RUNS = 6,
    MAX_DEPTH = 40, /* of expressions in expressions */
    MAX_LOOP_DEPTH = 3,
    MAX_COUNTERS_AT = 200, /* as many locals, and no further ones become counters */
    FUEL_GLOBAL = 0,       /* calls and loops use it up */
    FUEL = 100,
    ARRAY_LENGTH = 8, /* usual length of arrays; a power of two */
    TABLE_SIZE = 8,
    ADDRESS_MASK = 0x3F8, /* usual addresses */
    SEGMENT_BYTES = 32,
};

typedef struct gen_type {
    uint8_t kind;         /* vm_type_kind */
    uint32_t super;       /* or VM_NO_TYPE */
    uint32_t field_count; /* array: 1 */
    vm_field fields[MAX_FIELDS];
    uint32_t param_count, result_count;
    vm_valtype values[MAX_VALUES]; /* parameters, then results */
} gen_type;

typedef struct gen_label {
    vm_valtype types[MAX_VALUES]; /* what a branch carries */
    uint32_t count;
    bool is_hidden; /* no branch may lead here but the one that is made with the block */
} gen_label;

typedef enum gen_use {
    USE_ANY,     /* by whatever is made */
    USE_COUNTER, /* of one loop only */
    USE_SCRATCH, /* between neighbouring instructions */
} gen_use;

typedef struct gen_local {
    vm_valtype type;
    gen_use use;
} gen_local;

typedef struct gen_tag {
    uint32_t type;       /* [t*] -> [] */
    uint32_t caught;     /* [] -> [t*]: of the block that a clause leads to */
    uint32_t caught_ref; /* [] -> [t* exnref] */
} gen_tag;

typedef struct generator {
    choices c;
    const generate_options *options;
    vm_writer *out; /* where instructions go */
    gen_type types[MAX_TYPES];
    uint32_t type_count, object_count; /* the first types are those of objects, in one recursion group */
    uint32_t
        funcs[MAX_FUNCS + 1 + MAX_RUNS + 1]; /* types: the import, the functions, those that run them, the state */
    uint32_t imported, func_count;           /* func_count: of those that may be called */
    pirn_memtype memories[MAX_MEMORIES];
    uint32_t memory_count;
    pirn_tabletype tables[MAX_TABLES];
    uint32_t table_count;
    pirn_globaltype globals[MAX_GLOBALS];
    uint32_t global_count;
    gen_tag tags[MAX_TAGS];
    uint32_t tag_count;
    vm_valtype elems[MAX_SEGMENTS]; /* passive: the types of their elements */
    uint32_t elem_count;
    uint32_t data_count; /* passive, of SEGMENT_BYTES each */
    struct {
        uint16_t ops[VM_OP_COUNT];
        uint32_t count;
    } by_result[6]; /* instructions with a signature: by the letter of the result in "ilfdv_" */

    /* The function that is being made: */
    const gen_type *type;
    gen_local locals[MAX_LOCALS];
    uint32_t local_count;
    gen_label labels[MAX_LABELS];
    uint32_t label_count;
    uint32_t depth, loop_depth;
} generator;

static inline bool has_feature(const generator *g, uint32_t features)
{
    return (g->options->features & features) == features;
}

static inline bool has_gc(const generator *g)
{
    return has_feature(g, PIRN_FEATURE_GC);
}

/* Blocks in blocks end somewhere: is there not room for the labels of one more construct? */
static inline bool is_too_deep(const generator *g)
{
    return g->label_count + 8 > MAX_LABELS;
}

/* ---- generate_type.c ---------------------------------------------------------------------------------------------------- */

void plan_types(generator *g);
/* The index of a function type, which is added. */
uint32_t add_func_type(generator *g, const vm_valtype *params, uint32_t param_count, const vm_valtype *results,
                       uint32_t result_count);
vm_valtype choose_type(generator *g);
/* One that a local can have: its default exists. */
vm_valtype choose_default_type(generator *g);
/* A type of references in the hierarchy any. */
vm_valtype choose_any_type(generator *g);
bool is_subtype(const generator *g, vm_valtype sub, vm_valtype super);
bool is_type_below(const generator *g, uint32_t sub, uint32_t super);
/* The type of values for a field's storage. */
vm_valtype unpacked(vm_valtype storage);
void put_valtype(vm_writer *w, vm_valtype type);
void put_heaptype(vm_writer *w, vm_valtype type);
void write_types(const generator *g, vm_writer *w);

/* ---- generate_value.c --------------------------------------------------------------------------------------------------- */

void put_op(generator *g, vm_opcode op);
void put_op_index(generator *g, vm_opcode op, uint32_t index);
void put_i32(generator *g, int32_t value);
void put_i64(generator *g, int64_t value);
/* A constant expression of the type. */
void make_constant(generator *g, vm_valtype type);
/* The shortest constant expression. */
void make_leaf(generator *g, vm_valtype type);
void make_value(generator *g, vm_valtype type);
void make_values(generator *g, const vm_valtype *types, uint32_t count);
/* An i32 (or i64) of which only the bits of `mask` are set; once in a long while any. */
void make_masked(generator *g, bool is64, uint32_t mask);
void make_address(generator *g, uint32_t memory);
/* An instruction that has a signature, with operands and immediates. */
void make_instruction(generator *g, vm_opcode op);
/* The float or vector on the stack gets the standard's NaN where it is one. */
void make_canonical(generator *g, vm_valtype type);
/* A local of exactly that type that code may use, or a new one. */
uint32_t choose_local(generator *g, vm_valtype type);
uint32_t add_local(generator *g, vm_valtype type, gen_use use);

/* ---- generate_ref.c ------------------------------------------------------------------------------------------------------ */

void make_ref_leaf(generator *g, vm_valtype type);
bool make_ref(generator *g, vm_valtype type);
bool make_ref_branch(generator *g, vm_valtype type);
bool make_field(generator *g, vm_valtype type);
bool make_table_get(generator *g, vm_valtype type);
/* A property of a reference, as i32. */
bool make_ref_test(generator *g, vm_valtype type);
bool make_field_set(generator *g);
bool make_array_change(generator *g);

/* The function that is in table 0 at first. */
static inline uint32_t table_entry(const generator *g, uint32_t index)
{
    return index % g->func_count;
}

/* ---- generate_control.c -------------------------------------------------------------------------------------------------- */

/* Instructions between a begin and an end are in the block, whose label takes the given types. */
void begin_label(generator *g, const vm_valtype *types, uint32_t count, bool is_hidden);
void end_label(generator *g);
/* block, loop, if or try with one result or (VM_BOTTOM) none, whose label is then on the stack of labels. */
void begin_block(generator *g, vm_opcode op, vm_valtype result);
/* Branches to the label with leaves when fuel is used up, else uses some. */
void make_fuel_check(generator *g, uint32_t depth);
/* Puts values on the stack into locals, or drops them. */
void consume_values(generator *g, const vm_valtype *types, uint32_t count);
bool make_block(generator *g, vm_valtype type);
bool make_if(generator *g, vm_valtype type);
bool make_loop(generator *g, vm_valtype type);
bool make_counted_loop(generator *g);
bool make_typed_block(generator *g);
bool make_select(generator *g, vm_valtype type);
bool make_call(generator *g, vm_valtype type);
bool make_branch_value(generator *g, vm_valtype type);
bool make_branch(generator *g);
bool make_branch_table(generator *g);
/* What does not go on, and so has any type. */
bool make_divergence(generator *g, vm_valtype type);

/* ---- generate_exception.c ------------------------------------------------------------------------------------------------ */

bool make_throw(generator *g);
bool make_try(generator *g, vm_valtype type);

/* ---- generate_effect.c --------------------------------------------------------------------------------------------------- */

void make_effects(generator *g);
bool make_effect(generator *g);

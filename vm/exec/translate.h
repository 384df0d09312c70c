/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The translator's parts, seen by nobody else.
 *
 *   translate.c          one function from its bytes to published code; instructions that are not control
 *   translate_value.c    the symbolic operand stack
 *   translate_defer.c    operations put off until it is known what for
 *   translate_fuse.c     cells that are made of several instructions
 *   translate_locals.c   which locals are zeroed
 *   translate_control.c  labels, branches, calls, returns
 *   translate_memory.c   memories and tables
 *   translate_tail.c     tail calls
 *   translate_simd.c     vector instructions
 *   translate_reference.c  calls and branches by reference
 *   translate_gc.c       structures, arrays, casts
 *   translate_descriptor.c  descriptors of structures
 *   translate_exception.c  throws, blocks that catch
 *   translate_continuation.c  continuations
 *   translate_emit.c     cells: writing, patching, fitting slots into 16 bits, relocation
 *
 * The symbolic stack. While the code of a Wasm function is read, its operand stack is known only as descriptions: a
 * value is a local, a constant, in an accumulator, or in its *temp*, the slot that belongs to its place on the stack.
 * Reading a local, a constant, dropping a value: all this happens here and costs nothing at run time. A value gets into
 * its temp when it has to be findable without knowing the way there (at labels, as argument of a call), when its
 * accumulator is needed, or its local is about to change.
 *
 * An operation of a value and a constant (x + 8, x << 2, x & 255) may be *deferred*: it is only noted at the value, and done when
 * the value is used, often by the user itself: as an address, a mask to test, a shifted operand.
 *
 * An instruction that yields a value is emitted with an accumulator as destination. The cell stays *patchable* while the
 * value is there: to move the value to a slot later is to change the cell's handler and destination.
 *
 * Invariants:
 *   - at most one value is in each accumulator (`owner`);
 *   - values below `flushed` are temps or constants; so a label has nothing to do for them;
 *   - the values that stand for one local are linked, so that they are found when it changes.
 *
 * With fusion off (pirn_config) the same code is used, but after each instruction its result is brought to its temp: all operands
 * are temps then, and cells are as independent of each other as the instructions are.
 *
 * Running out of memory is remembered in `status` (NOMEM), and looked at after each instruction; until then cells are
 * written to `spare`. So is the need of scratch slots when there are none (LIMIT): then all begins anew, with them.
 */
#pragma once

#include "vm/exec/exception.h"
#include "vm/exec/ir.h"

#define VM_NONE UINT32_MAX

/* The kinds of accumulators. */
enum { VM_INTEGER, VM_FLOAT, VM_ACCUMULATORS };

typedef enum vm_value_kind { VM_VALUE_TEMP, VM_VALUE_LOCAL, VM_VALUE_CONST, VM_VALUE_ACC } vm_value_kind;

typedef struct vm_value {
    uint8_t kind;
    uint8_t slots;    /* 1 or 2 */
    uint8_t is_float; /* which accumulator it would be in */
    /* ACC: what patches its cell to a slot as destination; IR_COUNT: cannot be. TEMP: the same when it is the result of
     * a vector cell, else 0. */
    uint16_t slot_ir;
    bool is_deferred;   /* an operation is still to be done with what the rest describes: */
    uint16_t operation; /* the first member of the binary operation */
    int32_t operand;    /* its constant */
    int32_t extra;      /* I32_SHL: what is added then; I32_SHR_U, I32_ADD: the mask. 0: nothing */
    uint32_t temp;      /* the slot that belongs to its place */
    union {
        uint64_t bits; /* CONST: image of a slot */
        uint32_t cell; /* ACC, and TEMP with a slot_ir: where it was made */
        struct {
            uint32_t local;
            uint32_t below; /* LOCAL: next value down the stack that stands for the same local */
        };
    };
} vm_value;

typedef struct vm_local {
    uint32_t slot;
    uint32_t top; /* the topmost value that stands for it, or VM_NONE */
    vm_valtype type;
    bool is_zeroed; /* at the start: it may be read before it is set */
    bool is_set;    /* while they are scanned */
} vm_local;

typedef enum vm_label_kind {
    VM_LABEL_FUNC,
    VM_LABEL_BLOCK,
    VM_LABEL_LOOP,
    VM_LABEL_IF,
    VM_LABEL_ELSE,
    VM_LABEL_TRY_TABLE,
    VM_LABEL_TRY,
    VM_LABEL_CATCH, /* a TRY in one of its clauses */
} vm_label_kind;

typedef struct vm_label {
    uint8_t kind;
    vm_blocktype type;
    uint32_t height;     /* values below its parameters */
    uint32_t temp;       /* slot of its first parameter and of its first result */
    uint32_t start;      /* LOOP: where to branch to; TRY_TABLE, TRY, CATCH: of the body */
    uint32_t end;        /* CATCH: of the body */
    uint32_t landings;   /* those that wait for the end, linked through their targets, or VM_NONE */
    vm_range clauses;    /* TRY_TABLE */
    uint32_t chain;      /* else: target words that wait for the end, linked through themselves, or VM_NONE */
    uint32_t else_chain; /* IF: the same for the else */
    uint32_t table;      /* the last br_table that needed moves on the way here, and where these are */
    uint32_t table_stub;
} vm_label;

/* A comparison that may become a value or a branch. */
typedef struct vm_condition {
    vm_compare compare;
    uint32_t form;
    vm_word operands; /* of the cell */
    vm_word immediate;
} vm_condition;

typedef struct vm_place {
    uint32_t word;
    uint64_t offset;
} vm_place;

enum { VM_RECENT = 3 };
typedef struct vm_recent {
    uint32_t cell;
    uint16_t ir;
    uint64_t offset;
} vm_recent;

typedef struct vm_translator {
    pirn_module *module;
    const vm_module *syntax;
    const pirn_functype *type;
    const pirn_allocator *allocator;
    pirn_status status;
    vm_reader reader;
    uint64_t offset; /* of the instruction being translated */

    BASE_VEC(vm_word) code;
    BASE_VEC(uint32_t) relocations; /* words that are branch targets */
    BASE_VEC(vm_landing) landings;
    /* The last cell, when it left a value in an accumulator and no label follows it. */
    struct {
        uint32_t cell;    /* or VM_NONE */
        uint32_t compare; /* a vm_compare, or VM_NONE */
        uint32_t form;
        uint64_t offset;
    } last;
    /* The last cells that no label follows, the newest first: those that may be taken back. */
    vm_recent recent[VM_RECENT];
    uint32_t recent_count;
    vm_word spare[8];

    BASE_VEC(vm_value) stack;
    uint32_t flushed;
    uint32_t owner[VM_ACCUMULATORS]; /* place of the value in it, or VM_NONE */
    bool in_flight[VM_ACCUMULATORS]; /* a value that this instruction has popped may be in it */
    vm_local *locals;
    uint32_t local_count;
    uint32_t temps;   /* first slot of temps */
    uint32_t scratch; /* first of the scratch slots */
    bool has_scratch;
    uint32_t frame_slots;

    BASE_VEC(vm_label) labels;
    bool is_unreachable;
    uint32_t skipped_blocks; /* open ones in unreachable code */
    uint32_t tables;         /* br_tables so far */

    uint32_t fuel_cell; /* of this straight-line run, or VM_NONE */

    bool has_fusion;
    bool is_recording; /* instead of publishing, find an offset */
    BASE_VEC(vm_place) places;
} vm_translator;

/* ---- translate_emit.c ----------------------------------------------------------------------------------------------- */

/* Scratch places of the wide form, of two slots each: for the sources, in order, and for the destination. */
enum { VM_SCRATCH_D = 3, VM_SCRATCH_PLACES = 4, VM_SCRATCH_SLOTS = 2 * VM_SCRATCH_PLACES };

bool vm_is_near(uint32_t slot);
/* The n-th scratch place. */
uint32_t vm_scratch(vm_translator *t, uint32_t n);
/* The slot as operand. A slot out of reach is copied to the n-th scratch place, which is then the operand. */
uint16_t vm_emit_source(vm_translator *t, uint32_t slot, uint32_t n);
/* The same of a value of one or two slots. */
uint16_t vm_emit_sources(vm_translator *t, uint32_t slot, uint32_t slots, uint32_t n);
/* Appends a cell of `words` words and returns them, the operands zeroed. Valid until the next cell. */
vm_word *vm_emit_words(vm_translator *t, vm_ir ir, uint32_t words);
vm_word *vm_emit(vm_translator *t, vm_ir ir);
/* A cell whose operand d is a destination: first the cell, then vm_emit_dest_done, which brings the value to a far slot. */
uint16_t vm_emit_dest(vm_translator *t, uint32_t slot);
void vm_emit_dest_done(vm_translator *t, uint32_t slot);
uint16_t vm_emit_dests(vm_translator *t, uint32_t slot, uint32_t slots);
void vm_emit_dests_done(vm_translator *t, uint32_t slot, uint32_t slots);
/* One value of `slots` slots from slot to slot. */
void vm_emit_copy(vm_translator *t, uint32_t to, uint32_t from, uint32_t slots);
/* Any number of slots. */
void vm_emit_copy_n(vm_translator *t, uint32_t to, uint32_t from, uint32_t slots);
void vm_emit_const(vm_translator *t, uint32_t to, const vm_value *value);
/* Changes the cell's handler and destination. */
void vm_emit_patch(vm_translator *t, uint32_t cell, vm_ir ir, uint32_t slot);
/* Where the next cell will be. */
uint32_t vm_emit_here(const vm_translator *t);
/* Ends the straight-line run: a label is here. */
void vm_emit_label(vm_translator *t);
/* Takes the last cell away (of at most VM_CELL_WORDS words); returns their number. There must be a recent cell. */
enum { VM_CELL_WORDS = 4 };
uint32_t vm_emit_take_last(vm_translator *t, vm_word words[VM_CELL_WORDS]);
/* Is this the n-th last cell (0: the last), with no label behind it, and may cells be fused? */
bool vm_is_recent(const vm_translator *t, uint32_t n, vm_ir ir);
/* The words of the n-th last cell, of which there must be one. */
vm_word *vm_recent_words(vm_translator *t, uint32_t n);
/* Makes the last cell another one of as many words. */
void vm_emit_change_last(vm_translator *t, vm_ir ir);
/* Target words: to a known place; or waiting in a chain until the place is known. */
void vm_emit_target(vm_translator *t, uint32_t word, uint32_t place);
void vm_emit_target_later(vm_translator *t, uint32_t word, uint32_t *chain);
void vm_emit_bind(vm_translator *t, uint32_t *chain);

/* ---- translate_value.c ------------------------------------------------------------------------------------------------- */

/* The value of a type, in its temp, before it is pushed. */
vm_value vm_value_of_type(vm_valtype type);
void vm_push(vm_translator *t, vm_value value);
/* Pushes the value that the last cell, `cell`, has left in the accumulator; `slot_ir` as in vm_value. */
void vm_push_result(vm_translator *t, bool is_float, uint32_t cell, vm_ir slot_ir);
vm_value vm_pop(vm_translator *t);
/* The same, but a deferred operation stays so. */
vm_value vm_pop_deferred(vm_translator *t);
/* Was the value made by the last cell, and is it still in the accumulator? */
bool vm_is_last(const vm_translator *t, const vm_value *value);
void vm_pop_to(vm_translator *t, uint32_t height);
/* The temp of the place `height`. */
uint32_t vm_temp_at(const vm_translator *t, uint32_t height);
/* Makes an accumulator free: what is in it goes to its temp. */
void vm_free_accumulator(vm_translator *t, bool is_float);
/* Brings a popped value into a slot, if it is in none, and returns the slot. */
uint32_t vm_value_slot(vm_translator *t, vm_value *value);
/* Narrows a popped index or length of a table with 64-bit addresses to 32 bits; others stay as they are. */
void vm_value_narrow(vm_translator *t, vm_value *value, bool is64);
/* Brings a popped value to the given slot. */
void vm_value_move(vm_translator *t, vm_value *value, uint32_t slot);
/*
 * Cells of shape w: the operands are settled, the result (unless VM_BOTTOM) takes the place of the first. Returns the cell.
 */
vm_word *vm_emit_whole(vm_translator *t, vm_ir ir, uint32_t operands, vm_valtype result);
/* Brings all locals and accumulators of the stack into temps. */
void vm_flush(vm_translator *t);
/* Brings the topmost `count` values into temps, constants too. */
void vm_settle(vm_translator *t, uint32_t count);
/* local.set of a popped value. */
void vm_local_set(vm_translator *t, uint32_t local, vm_value *value);

/* ---- translate_locals.c ------------------------------------------------------------------------------------------------ */

/* Sets is_zeroed of the locals; the reader is at the first instruction. */
void vm_scan_locals(vm_translator *t);

/* ---- translate_defer.c ------------------------------------------------------------------------------------------------- */

/* Pushes the popped value with the binary operation and constant deferred; false when that is not for this operation. */
bool vm_defer(vm_translator *t, const vm_family *family, const vm_value *value, uint64_t bits);
/* Does what is deferred of a popped value: in the accumulator if that is free, else in its temp. */
void vm_undefer(vm_translator *t, vm_value *value);
/* The same, with the result in a slot. The value still describes what it was made from. */
void vm_undefer_to(vm_translator *t, const vm_value *value, uint32_t slot);
/* Is all that is deferred the addition of a constant to an i32? */
bool vm_is_deferred_sum(const vm_value *value);

/* ---- translate_fuse.c -------------------------------------------------------------------------------------------------- */

/* Each does what it says in fewer cells if it can, else it does nothing and returns false. */
bool vm_fuse_binary(vm_translator *t, const vm_family *family, vm_value *x, vm_value *y);
bool vm_fuse_copy(vm_translator *t, uint16_t to, uint16_t from);
/* to = from + immediate */
bool vm_fuse_add(vm_translator *t, uint16_t to, uint16_t from, int32_t immediate);
bool vm_fuse_global_set(vm_translator *t, uint32_t global, const vm_value *value);
bool vm_fuse_return(vm_translator *t, const vm_value *value, uint16_t header);
/* select, when it is of integers and its condition becomes known here. */
bool vm_fuse_select(vm_translator *t);
/* Stores the deferred sum of popped values, or adds to what is there. */
bool vm_fuse_store(vm_translator *t, vm_value *at, vm_value *value, const vm_family *family, uint64_t offset);
/* A branch; the target is the last word. */
bool vm_fuse_jump(vm_translator *t);
/* Emits the cell of a direct call, with what the last cell does; returns the words from where they are as those of IR_CALL. */
vm_word *vm_fuse_call(vm_translator *t);
/* A branch if the condition holds; the target is the last word. */
bool vm_fuse_branch(vm_translator *t, const vm_condition *condition);
/* Makes a mask's test of a comparison of x with zero. */
void vm_fuse_mask(vm_translator *t, vm_compare *compare, vm_value *x, vm_value *y);

/* An address: its form (VM_ADDRESS_) and operands a, b, c or a, offset. */
typedef struct vm_address {
    uint32_t form;
    vm_word operands;
    vm_word step; /* Z, O: the second word: slot d, and offset */
} vm_address;
/* Of a popped value that is no constant. STORE_LATER: something may be emitted before the store. */
typedef enum vm_access { VM_ACCESS_LOAD, VM_ACCESS_STORE, VM_ACCESS_STORE_LATER } vm_access;
vm_address vm_address_of(vm_translator *t, vm_value *value, uint32_t bytes, uint64_t offset, vm_access access);

/* ---- translate.c, translate_memory.c ------------------------------------------------------------------------------------ */

/* Emits a cell that leaves its value in the accumulator of a result type (I, L, F, D). What must be in slots is so already. */
vm_word *vm_emit_result(vm_translator *t, vm_ir slot_ir, char result);
/*
 * Pops `operands` (at most three) to the operands d, a, b of the cell; with a result, this is d, and the operands begin at a.
 */
vm_word *vm_translate_plain(vm_translator *t, vm_ir ir, uint32_t operands, bool has_result);
void vm_translate_load(vm_translator *t, const vm_family *family, const vm_memarg *memarg);
void vm_translate_store(vm_translator *t, const vm_family *family, const vm_memarg *memarg);
/* By its signature; operands and result are in slots. */
void vm_translate_atomic(vm_translator *t, vm_ir ir, const vm_instr *instr);
/* Translates an instruction of a memory or table that is neither load nor store; false when it is another one. */
bool vm_translate_memory(vm_translator *t, const vm_instr *instr);

/* ---- translate_simd.c --------------------------------------------------------------------------------------------------- */

void vm_translate_vector(vm_translator *t, const vm_family *family, const vm_instr *instr);
/* Selects one of two popped v128. */
void vm_translate_select_vector(vm_translator *t, vm_value *condition, vm_value *x, vm_value *y);

/* ---- translate_control.c ------------------------------------------------------------------------------------------------ */

/* Translates a control instruction or a call; false when it is another one. */
bool vm_translate_control(vm_translator *t, const vm_instr *instr);
void vm_label_push(vm_translator *t, vm_label_kind kind, const vm_blocktype *type);
/* Calls: the arguments go to where the callee's frame begins, which is returned; the cell is told of the frame; the results are
 * on the stack. */
uint32_t vm_call_settle(vm_translator *t, const pirn_functype *type);
void vm_call_set_frame(vm_word *cell, const pirn_functype *type, uint32_t frame);
void vm_call_finish(vm_translator *t, const pirn_functype *type);
/* The second half of that: what is called with has been popped. */
void vm_call_push_results(vm_translator *t, const pirn_functype *type);
/*
 * A branch on a property of a reference. `emit` emits the cell that branches if it has it, or (inverted) if it has not; the
 * target word is the last one of the cell. What the label takes is on top of the stack.
 */
typedef struct vm_ref_branch {
    void (*emit)(vm_translator *t, const struct vm_ref_branch *branch, bool inverted);
    uint32_t slot; /* where the reference is */
    uint32_t test; /* of casts */
    const void *type;
    uint32_t descriptor; /* the slot of the one to compare with */
} vm_ref_branch;
void vm_branch_on_ref(vm_translator *t, uint32_t depth, const vm_ref_branch *branch);
/* The number of values that a branch to the label carries. */
uint32_t vm_branch_arity(vm_translator *t, uint32_t depth);
/* The rest of the innermost block is not reached. */
void vm_become_unreachable(vm_translator *t);
/* The label that so many labels are around. */
vm_label *vm_label_at(vm_translator *t, uint32_t depth);
/* Lets a target word lead to the label. */
void vm_label_target(vm_translator *t, uint32_t word, vm_label *label);
/* The instruction `end`. */
void vm_translate_end(vm_translator *t);
/* Goes to the end of the innermost block with its results, to be followed by another part of the block. */
void vm_translate_leave_block(vm_translator *t, vm_label *label);
/* Pops a condition: a comparison that was just emitted is taken back. */
vm_condition vm_condition_pop(vm_translator *t);
/* Pops the operands of a comparison. */
vm_condition vm_condition_of(vm_translator *t, vm_compare compare);
/* Emits it with its value in the accumulator. */
void vm_condition_value(vm_translator *t, const vm_condition *condition);
vm_ir vm_return_ir(const vm_translator *t, vm_ir first);
/* True when the topmost value is a comparison that was just emitted. */
bool vm_is_comparison(const vm_translator *t);
/* The words of its cells before what comes behind, and one of them with the operands in it. */
uint32_t vm_condition_words(const vm_condition *condition);
vm_word *vm_condition_emit(vm_translator *t, const vm_condition *condition, uint32_t ir);

/* ---- translate_reference.c ---------------------------------------------------------------------------------------------- */

/* Translates an instruction on references; false when it is another one. */
bool vm_translate_reference(vm_translator *t, const vm_instr *instr);

/* ---- translate_gc.c ----------------------------------------------------------------------------------------------------- */

/* Translates an instruction of the feature gc; false when it is another one. */
bool vm_translate_gc(vm_translator *t, const vm_instr *instr);
/*
 * Emits a cell of shape w: the operands are settled, the result (VM_BOTTOM: none) takes the place of the first. Returns the
 * cell.
 */
vm_word *vm_emit_whole(vm_translator *t, vm_ir ir, uint32_t operands, vm_valtype result);

/* ---- translate_descriptor.c --------------------------------------------------------------------------------------------- */

/* Translates an instruction of custom descriptors; false when it is another one. */
bool vm_translate_descriptor(vm_translator *t, const vm_instr *instr);

/* ---- translate_tail.c --------------------------------------------------------------------------------------------------- */

/* Translates a tail call; false when it is another instruction. */
bool vm_translate_tail_call(vm_translator *t, const vm_instr *instr);

/* ---- translate_continuation.c --------------------------------------------------------------------------------------------- */

/* Translates an instruction of the feature stack-switching; false when it is another one. */
bool vm_translate_continuation(vm_translator *t, const vm_instr *instr);

/* ---- translate_exception.c ---------------------------------------------------------------------------------------------- */

/* Translates an instruction that throws or a part of a block that catches; false when it is another one. */
bool vm_translate_exception(vm_translator *t, const vm_instr *instr);
/* The landings of a try_table whose body ends here. Its label is no longer on the stack. */
void vm_translate_clauses(vm_translator *t, const vm_label *block);
/* The landings that wait go on here. */
void vm_landings_bind(vm_translator *t, uint32_t *chain);

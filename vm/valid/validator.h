/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of the validation algorithm (spec, appendix A.3) and its primitives. It checks an expression in one pass
 * with two stacks:
 *
 *   operands   the types of the values; VM_BOTTOM is a value of unknown type, which only unreachable code has
 *   control    a frame for each block that is open: what it takes and yields, how high the operands stood at its
 * start
 *
 * After an unconditional branch the frame is unreachable: its operands are dropped, and from an empty stack then
 * comes VM_BOTTOM instead of an error.
 */
#pragma once

#include "vm/binary/instr.h"
#include "vm/valid/valid.h"

/* Types of locals are looked up directly up to this index, beyond it by searching the runs of the declaration. */
enum { VM_FLAT_LOCALS = 512 };

typedef struct vm_types {
    const vm_valtype *data;
    uint32_t count;
} vm_types;

typedef struct vm_frame {
    vm_opcode opcode; /* BLOCK (the function's own frame too), LOOP, IF, ELSE, TRY_TABLE; TRY, CATCH, CATCH_ALL */
    bool is_unreachable;
    size_t height; /* operands that lie below the block's */
    size_t set_height; /* locals that had been set before: vm_validator.set */
    vm_blocktype type;
} vm_frame;

/* `end - (end of the run before)` locals of one type; parameters count, so the first local's index is their number.
 */
typedef struct vm_local_run {
    uint32_t end;
    vm_valtype type;
} vm_local_run;

struct vm_validator {
    const vm_module *module;
    const pirn_allocator *allocator;
    pirn_error *error;
    vm_reader reader;
    vm_instr instr; /* the one being checked */
    BASE_VEC(vm_valtype) operands;
    size_t operand_room; /* how many there may be before the array must grow */
    BASE_VEC(vm_frame) control;

    /* Of the function being validated. */
    vm_types params;
    uint32_t local_count; /* parameters included */
    BASE_VEC(vm_local_run) runs;
    vm_valtype flat_locals[VM_FLAT_LOCALS];
    /* Locals without a default that have been set so far (3.1.5): in order, and a bit for each local. */
    BASE_VEC(uint32_t) set;
    uint8_t set_bits[(VM_LIMIT_PARAMS + VM_LIMIT_LOCALS) / 8 + 1];

    /* Of a constant expression. */
    bool is_constant;
    uint32_t visible_globals; /* those below may be read */
    uint8_t *declared_funcs;  /* receives the functions that it names */
};

/* ---- Types: subtype.c ---------------------------------------------------------------------------------------- */

/* The type section (3.2.10, 3.2.11, 3.3.10): finds which types are equal and checks that all sub types are. */
PIRN_MUST_CHECK pirn_status vm_valid_types(vm_validator *v, vm_module *module);
/* Is `actual` below `expected` in the order of value types (3.3.5)? The types exist. */
bool vm_valid_is_subtype(const vm_module *module, vm_valtype actual, vm_valtype expected);
/* Is type `sub` the type `super`, or below it? */
bool vm_valid_is_subtype_index(const vm_module *module, uint32_t sub, uint32_t super);
/* The type of a reference to what the instruction makes: exact, where there are such types. */
static inline vm_valtype vm_valid_type_of_new(const vm_module *module, uint32_t index)
{
    return module->features & PIRN_FEATURE_CUSTOM_DESCRIPTORS ? vm_ref_exact(index, false)
                                                              : vm_ref_concrete(index, false);
}
/* Is a function type below another one by its parameters and results alone (3.3.8)? */
bool vm_valid_is_below_functype(const vm_module *m, const vm_functype *sub, const vm_functype *super);
/* INVALID at the current instruction unless the type exists. */
PIRN_MUST_CHECK pirn_status vm_valid_type(vm_validator *v, vm_valtype type);
/* The heap type that stands above the reference type: any, func, extern, exn or cont. */
uint8_t vm_valid_heaptype_top(const vm_module *module, vm_valtype type);
/* Has it a value to begin with (3.5.7): is it not a reference that is never null? */
static inline bool vm_valid_has_default(vm_valtype type)
{
    return vm_valtype_code(type) != VM_CODE_REF;
}

/* ---- Custom descriptors: descriptor.c ------------------------------------------------------------------------ */

/* Do the clauses `descriptor` and `describes` of a type agree with those of the types that they name? */
PIRN_MUST_CHECK pirn_status vm_valid_clauses(vm_validator *v, const vm_subtype *type, uint32_t index);
/* Has the sub type the clauses that its super type asks for? */
bool vm_valid_clauses_match(const vm_subtype *sub, const vm_subtype *super);
/* Are the types that its clauses name below those that the super type's name? */
PIRN_MUST_CHECK pirn_status vm_valid_clause_types(vm_validator *v, const vm_subtype *sub, const vm_subtype *super);
/* INVALID at the current instruction, struct.new or struct.new_default, if the type has a descriptor. */
PIRN_MUST_CHECK pirn_status vm_valid_no_descriptor(vm_validator *v, const vm_subtype *type);

/* ---- Failing ------------------------------------------------------------------------------------------------- */

/* INVALID (or another status) at the current instruction. */
BASE_COLD pirn_status vm_valid_fail(vm_validator *v, const char *format, ...) PIRN_PRINTF(2, 3);
BASE_COLD pirn_status vm_valid_fail_as(vm_validator *v, pirn_status status, const char *format, ...)
    PIRN_PRINTF(3, 4);
/* "unknown local 7" unless index < count. */
static inline pirn_status vm_valid_index(vm_validator *v, const char *what, uint32_t index, uint64_t count)
{
    return BASE_LIKELY(index < count) ? PIRN_OK : vm_valid_fail(v, "unknown %s %u", what, index);
}
BASE_COLD pirn_status vm_valid_mismatch(vm_validator *v, vm_valtype expected, vm_valtype found);
/* The stack of the block is empty where a value of type `expected` (VM_BOTTOM: of any) is needed. */
BASE_COLD pirn_status vm_valid_missing(vm_validator *v, vm_valtype expected);

/* ---- Operands ------------------------------------------------------------------------------------------------ */

/* Does a value of type `actual` fit where `expected` is asked for (spec 3.3, subtyping)? */
static inline bool vm_valid_matches(const vm_validator *v, vm_valtype actual, vm_valtype expected)
{
    return BASE_LIKELY(actual == expected) || actual == VM_BOTTOM || vm_valid_is_subtype(v->module, actual, expected);
}

static inline vm_frame *vm_valid_top(vm_validator *v)
{
    return &v->control.data[v->control.len - 1];
}

/* Makes room for another operand. */
PIRN_MUST_CHECK pirn_status vm_valid_grow(vm_validator *v);

PIRN_MUST_CHECK static inline pirn_status vm_valid_push(vm_validator *v, vm_valtype type)
{
    if (BASE_UNLIKELY(v->operands.len == v->operand_room))
        PIRN_TRY(vm_valid_grow(v));
    v->operands.data[v->operands.len++] = type;
    return PIRN_OK;
}

/* A value of any type. */
PIRN_MUST_CHECK static inline pirn_status vm_valid_pop_any(vm_validator *v, vm_valtype *out)
{
    const vm_frame *frame = vm_valid_top(v);
    *out = VM_BOTTOM;
    if (BASE_LIKELY(v->operands.len > frame->height)) {
        *out = v->operands.data[--v->operands.len];
        return PIRN_OK;
    }
    return frame->is_unreachable ? PIRN_OK : vm_valid_missing(v, VM_BOTTOM);
}

PIRN_MUST_CHECK static inline pirn_status vm_valid_pop(vm_validator *v, vm_valtype expected)
{
    const vm_frame *frame = vm_valid_top(v);
    if (BASE_LIKELY(v->operands.len > frame->height)) {
        vm_valtype found = v->operands.data[v->operands.len - 1];
        if (BASE_UNLIKELY(!vm_valid_matches(v, found, expected)))
            return vm_valid_mismatch(v, expected, found);
        v->operands.len--;
        return PIRN_OK;
    }
    return frame->is_unreachable ? PIRN_OK : vm_valid_missing(v, expected);
}

PIRN_MUST_CHECK pirn_status vm_valid_pop_types(vm_validator *v, vm_types types);
PIRN_MUST_CHECK pirn_status vm_valid_push_types(vm_validator *v, vm_types types);
/* Are values of these types on top? Changes nothing. */
PIRN_MUST_CHECK pirn_status vm_valid_peek_types(vm_validator *v, vm_types types);
/* The rest of the block cannot be reached. */
void vm_valid_set_unreachable(vm_validator *v);

/* ---- Control ------------------------------------------------------------------------------------------------- */

/* What a block takes and yields. They may point into `type`. */
vm_types vm_valid_block_params(const vm_validator *v, const vm_blocktype *type);
vm_types vm_valid_block_results(const vm_validator *v, const vm_blocktype *type);
/* Opens a frame above the operands that are there, without its parameters. */
PIRN_MUST_CHECK pirn_status vm_valid_push_frame(vm_validator *v, vm_opcode opcode, vm_blocktype type);

/* What a branch to the label carries: a loop's begins at its start. Fails when there is none. */
PIRN_MUST_CHECK pirn_status vm_valid_label(vm_validator *v, uint32_t label, vm_types *out);
/* Fails unless the type of the block exists. */
PIRN_MUST_CHECK pirn_status vm_valid_blocktype(vm_validator *v, const vm_blocktype *type);
/* Forgets which locals were set since `height` of them had been: a block ends. */
void vm_valid_unset_locals(vm_validator *v, size_t height);
/* The function type `index`. Fails when there is none. */
PIRN_MUST_CHECK pirn_status vm_valid_functype(vm_validator *v, uint32_t index, const vm_functype **out);
/* The type of a tag. Fails when there is none. */
PIRN_MUST_CHECK pirn_status vm_valid_tag(vm_validator *v, uint32_t tag, const vm_functype **out);
/* What an exception of the tag carries. Fails when the tag has results, too. */
PIRN_MUST_CHECK pirn_status vm_valid_exception(vm_validator *v, uint32_t tag, vm_types *out);
/* Pops the parameters of a function type and pushes its results. */
PIRN_MUST_CHECK pirn_status vm_valid_apply(vm_validator *v, const vm_functype *type);
/* The same for a tail call: the results are the function's. */
PIRN_MUST_CHECK pirn_status vm_valid_apply_tail(vm_validator *v, const vm_functype *type);
/* Pops a reference to anything; VM_BOTTOM in unreachable code. */
PIRN_MUST_CHECK pirn_status vm_valid_pop_ref(vm_validator *v, vm_valtype *out);
/* The innermost block's results, and nothing else, are on the stack; takes them off. */
PIRN_MUST_CHECK pirn_status vm_valid_pop_results(vm_validator *v);

/* ---- Instructions -------------------------------------------------------------------------------------------- */

/* Checks v->instr: by its row's signature, or by its own function when it has none. */
PIRN_MUST_CHECK pirn_status vm_valid_instr(vm_validator *v);

/* The address type of a memory or table. */
static inline vm_valtype vm_valid_address_type(bool is64)
{
    return is64 ? PIRN_I64 : PIRN_I32;
}

typedef pirn_status vm_valid_special(vm_validator *v);
vm_valid_special vm_valid_unreachable, vm_valid_block, vm_valid_if, vm_valid_else, vm_valid_end, vm_valid_br,
    vm_valid_br_if, vm_valid_br_table, vm_valid_return, vm_valid_call, vm_valid_call_indirect, vm_valid_return_call,
    vm_valid_return_call_indirect;
vm_valid_special vm_valid_call_ref, vm_valid_return_call_ref, vm_valid_ref_as_non_null, vm_valid_br_on_null,
    vm_valid_br_on_non_null;
vm_valid_special vm_valid_throw, vm_valid_throw_ref, vm_valid_try_table;
vm_valid_special vm_valid_try, vm_valid_catch, vm_valid_catch_all, vm_valid_rethrow, vm_valid_delegate;
vm_valid_special vm_valid_drop, vm_valid_select, vm_valid_select_t, vm_valid_local_get, vm_valid_local_set,
    vm_valid_local_tee, vm_valid_global_get, vm_valid_global_set;
vm_valid_special vm_valid_table_get, vm_valid_table_set, vm_valid_table_init, vm_valid_table_copy,
    vm_valid_table_grow, vm_valid_table_size, vm_valid_table_fill;
vm_valid_special vm_valid_ref_null, vm_valid_ref_is_null, vm_valid_ref_func;
vm_valid_special vm_valid_memory_copy;
vm_valid_special vm_valid_cont_new, vm_valid_cont_bind, vm_valid_suspend, vm_valid_resume, vm_valid_resume_throw,
    vm_valid_resume_throw_ref, vm_valid_switch;
/* All instructions of the feature gc. */
vm_valid_special vm_valid_gc;
/* All instructions of the feature custom-descriptors. */
vm_valid_special vm_valid_descriptor;
/* What they have in common: gc.c */
vm_valid_special vm_valid_struct_fields, vm_valid_struct_defaults;
/* The rest of a branch on a cast, br_on_cast's types being known to exist; `on_success` it branches. */
PIRN_MUST_CHECK pirn_status vm_valid_branch_on_cast(vm_validator *v, bool on_success);
/* Fails unless there is such a data segment, and the module says their number ahead of the code. */
PIRN_MUST_CHECK pirn_status vm_valid_data(vm_validator *v, uint32_t index);
/* For instructions with a signature: checks the immediate, which names a memory or a segment, and yields the memory's
 * address type (`a` in the signature). */
PIRN_MUST_CHECK pirn_status vm_valid_memory_immediate(vm_validator *v, vm_immediate kind, vm_valtype *address);

/* For the same: checks the lanes that it names. */
PIRN_MUST_CHECK pirn_status vm_valid_lane_immediate(vm_validator *v, vm_immediate kind);

/* ---- Bodies -------------------------------------------------------------------------------------------------- */

/*
 * The steps of vm_validate_func: locals and the function's frame; then, while there are frames, an instruction is read and
 * checked; then nothing may follow.
 */
PIRN_MUST_CHECK pirn_status vm_valid_begin_body(vm_validator *v, uint32_t func);
PIRN_MUST_CHECK pirn_status vm_valid_read_instr(vm_validator *v);
PIRN_MUST_CHECK pirn_status vm_valid_end_body(vm_validator *v);

/* ---- Constant expressions ------------------------------------------------------------------------------------ */

/* Checks that `expr` is constant and yields one value of type `expected`. */
PIRN_MUST_CHECK pirn_status vm_valid_constant(vm_validator *v, vm_range expr, vm_valtype expected);
/* The same for expressions that lie one behind the other in v->reader: reads one. */
PIRN_MUST_CHECK pirn_status vm_valid_next_constant(vm_validator *v, vm_valtype expected);

/* A reader over a part of the module. */
vm_reader vm_valid_reader(const vm_validator *v, vm_range range);

/* Initialises a validator in the caller's storage, and frees what it holds. */
void vm_validator_init(vm_validator *v, const vm_module *module, const pirn_allocator *allocator, pirn_error *error);
void vm_validator_done(vm_validator *v);

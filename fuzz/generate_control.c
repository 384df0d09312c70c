/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks, loops, branches, calls: see fuzz/generator.h.
 *
 * All ends. A loop either counts in a local that nothing else writes to, and then no other branch leads to its start; or looks at
 * the fuel in a global first, as functions do.
 */
#include "fuzz/generator.h"

/* ---- Labels ---------------------------------------------------------------------------------------------------------------- */

void begin_label(generator *g, const vm_valtype *types, uint32_t count, bool is_hidden)
{
    fuzz_check(g->label_count < MAX_LABELS);
    gen_label *label = &g->labels[g->label_count++];
    *label = (gen_label){.count = count, .is_hidden = is_hidden};
    for (uint32_t i = 0; i < count; i++)
        label->types[i] = types[i];
}

void end_label(generator *g)
{
    put_op(g, VM_OP_END);
    g->label_count--;
}

void begin_block(generator *g, vm_opcode op, vm_valtype result)
{
    put_op(g, op);
    if (result == VM_BOTTOM)
        vm_writer_u8(g->out, VM_CODE_EMPTY);
    else
        put_valtype(g->out, result);
    begin_label(g, &result, result != VM_BOTTOM && op != VM_OP_LOOP, false);
}

/* The depth of a label that carries exactly these types, or VM_NO_TYPE. */
static uint32_t find_label(generator *g, const vm_valtype *types, uint32_t count)
{
    uint32_t first = choose(&g->c, g->label_count);
    for (uint32_t i = 0; i < g->label_count; i++) {
        uint32_t depth = (first + i) % g->label_count;
        const gen_label *label = &g->labels[g->label_count - 1 - depth];
        bool fits = !label->is_hidden && label->count == count;
        for (uint32_t j = 0; fits && j < count; j++)
            fits = label->types[j] == types[j];
        if (fits)
            return depth;
    }
    return VM_NO_TYPE;
}

void consume_values(generator *g, const vm_valtype *types, uint32_t count)
{
    while (count-- > 0) {
        if (choose(&g->c, 4) == 3)
            put_op(g, VM_OP_DROP);
        else
            put_op_index(g, VM_OP_LOCAL_SET, choose_local(g, types[count]));
    }
}

/* ---- Blocks ----------------------------------------------------------------------------------------------------------------- */

static void make_body(generator *g, vm_valtype type)
{
    make_effects(g);
    if (type != VM_BOTTOM)
        make_value(g, type);
}

bool make_block(generator *g, vm_valtype type)
{
    if (is_too_deep(g))
        return false;
    begin_block(g, VM_OP_BLOCK, type);
    make_body(g, type);
    end_label(g);
    return true;
}

bool make_if(generator *g, vm_valtype type)
{
    if (is_too_deep(g))
        return false;
    make_value(g, PIRN_I32);
    begin_block(g, VM_OP_IF, type);
    make_body(g, type);
    if (type != VM_BOTTOM || choose(&g->c, 2)) {
        put_op(g, VM_OP_ELSE);
        make_body(g, type);
    }
    end_label(g);
    return true;
}

static void make_fuel_use(generator *g)
{
    put_op_index(g, VM_OP_GLOBAL_GET, FUEL_GLOBAL);
    put_i32(g, 1);
    put_op(g, VM_OP_I32_SUB);
    put_op_index(g, VM_OP_GLOBAL_SET, FUEL_GLOBAL);
}

void make_fuel_check(generator *g, uint32_t depth)
{
    const gen_label *label = &g->labels[g->label_count - 1 - depth];
    for (uint32_t i = 0; i < label->count; i++)
        make_leaf(g, label->types[i]);
    put_op_index(g, VM_OP_GLOBAL_GET, FUEL_GLOBAL);
    put_op(g, VM_OP_I32_EQZ);
    put_op_index(g, VM_OP_BR_IF, depth);
    for (uint32_t i = 0; i < label->count; i++)
        put_op(g, VM_OP_DROP);
    make_fuel_use(g);
}

/* block (result T)  loop (result T)  leave without fuel  ...  br_if 0 now and then  T  end  end */
bool make_loop(generator *g, vm_valtype type)
{
    if (is_too_deep(g) || g->loop_depth >= MAX_LOOP_DEPTH)
        return false;
    g->loop_depth++;
    begin_block(g, VM_OP_BLOCK, type);
    begin_block(g, VM_OP_LOOP, type);
    make_fuel_check(g, 1);
    make_effects(g);
    make_value(g, PIRN_I32);
    put_op_index(g, VM_OP_BR_IF, 0);
    make_body(g, type);
    end_label(g);
    end_label(g);
    g->loop_depth--;
    return true;
}

/* The condition at the end of a loop that counts in a local: down to zero, or up to a number of rounds. */
static void make_count_down(generator *g, uint32_t counter, bool is64)
{
    put_op_index(g, VM_OP_LOCAL_GET, counter);
    if (is64)
        put_i64(g, 1);
    else
        put_i32(g, 1);
    put_op(g, is64 ? VM_OP_I64_SUB : VM_OP_I32_SUB);
    put_op_index(g, VM_OP_LOCAL_TEE, counter);
    if (is64) {
        put_i64(g, 0);
        put_op(g, choose(&g->c, 2) ? VM_OP_I64_NE : VM_OP_I64_GT_S);
    } else if (choose(&g->c, 2)) {
        put_op(g, VM_OP_I32_EQZ);
        put_op(g, VM_OP_I32_EQZ);
    }
}

static void make_count_up(generator *g, uint32_t counter, uint32_t rounds)
{
    static const vm_opcode compares[] = {VM_OP_I32_LT_U, VM_OP_I32_LT_S, VM_OP_I32_NE};
    put_op_index(g, VM_OP_LOCAL_GET, counter);
    put_i32(g, 1);
    put_op(g, VM_OP_I32_ADD);
    if (choose(&g->c, 2)) {
        put_op_index(g, VM_OP_LOCAL_TEE, counter);
    } else {
        put_op_index(g, VM_OP_LOCAL_SET, counter);
        put_op_index(g, VM_OP_LOCAL_GET, counter);
    }
    put_i32(g, (int32_t)rounds);
    put_op(g, compares[choose(&g->c, 3)]);
}

bool make_counted_loop(generator *g)
{
    if (is_too_deep(g) || g->loop_depth >= MAX_LOOP_DEPTH || g->local_count > MAX_COUNTERS_AT)
        return false;
    uint32_t kind = choose(&g->c, 4), rounds = 1 + choose(&g->c, g->loop_depth == 0 ? 12 : 4);
    bool is64 = kind == 3, is_up = kind < 2;
    uint32_t counter = add_local(g, is64 ? PIRN_I64 : PIRN_I32, USE_COUNTER);
    if (is64)
        put_i64(g, rounds);
    else
        put_i32(g, is_up ? 0 : (int32_t)rounds);
    put_op_index(g, VM_OP_LOCAL_SET, counter);
    g->loop_depth++;
    put_op(g, VM_OP_LOOP);
    vm_writer_u8(g->out, VM_CODE_EMPTY);
    begin_label(g, NULL, 0, true);
    make_effects(g);
    if (is_up)
        make_count_up(g, counter, rounds);
    else
        make_count_down(g, counter, is64);
    put_op_index(g, VM_OP_BR_IF, 0);
    end_label(g);
    g->loop_depth--;
    return true;
}

/* A block or if with parameters and results. */
bool make_typed_block(generator *g)
{
    if (is_too_deep(g) || !has_feature(g, PIRN_FEATURE_MULTI_VALUE))
        return false;
    uint32_t index = g->object_count + choose(&g->c, g->type_count - g->object_count);
    const gen_type *type = &g->types[index];
    const vm_valtype *results = type->values + type->param_count;
    bool is_if = choose(&g->c, 3) == 2;
    make_values(g, type->values, type->param_count);
    if (is_if)
        make_value(g, PIRN_I32);
    put_op(g, is_if ? VM_OP_IF : VM_OP_BLOCK);
    vm_writer_leb_signed(g->out, index);
    begin_label(g, results, type->result_count, false);
    for (int arm = 0; arm <= is_if; arm++) {
        if (arm > 0)
            put_op(g, VM_OP_ELSE);
        consume_values(g, type->values, type->param_count);
        make_effects(g);
        make_values(g, results, type->result_count);
    }
    end_label(g);
    consume_values(g, results, type->result_count);
    return true;
}

bool make_select(generator *g, vm_valtype type)
{
    bool has_type =
        pirn_valtype_is_ref(type) || (has_feature(g, PIRN_FEATURE_REFERENCE_TYPES) && choose(&g->c, 4) == 3);
    make_value(g, type);
    make_value(g, type);
    make_value(g, PIRN_I32);
    put_op(g, has_type ? VM_OP_SELECT_T : VM_OP_SELECT);
    if (has_type) {
        vm_writer_u8(g->out, 1);
        put_valtype(g->out, type);
    }
    return true;
}

/* ---- Branches ---------------------------------------------------------------------------------------------------------------- */

/* T  condition  br_if: what does not branch is the value. */
bool make_branch_value(generator *g, vm_valtype type)
{
    uint32_t depth = find_label(g, &type, 1);
    if (depth == VM_NO_TYPE)
        return false;
    make_value(g, type);
    make_value(g, PIRN_I32);
    put_op_index(g, VM_OP_BR_IF, depth);
    return true;
}

/* A label that code may branch to, or VM_NO_TYPE. */
static uint32_t choose_label(generator *g)
{
    uint32_t depth = choose(&g->c, g->label_count);
    return g->labels[g->label_count - 1 - depth].is_hidden ? VM_NO_TYPE : depth;
}

bool make_branch(generator *g)
{
    uint32_t depth = choose_label(g);
    if (depth == VM_NO_TYPE)
        return false;
    const gen_label label = g->labels[g->label_count - 1 - depth];
    make_values(g, label.types, label.count);
    make_value(g, PIRN_I32);
    put_op_index(g, VM_OP_BR_IF, depth);
    consume_values(g, label.types, label.count);
    return true;
}

/* Values, index, br_table to labels that carry the same. */
static bool make_table_jump(generator *g)
{
    uint32_t depth = choose_label(g);
    if (depth == VM_NO_TYPE)
        return false;
    const gen_label label = g->labels[g->label_count - 1 - depth];
    uint32_t count = choose(&g->c, 6);
    make_values(g, label.types, label.count);
    make_value(g, PIRN_I32);
    put_op_index(g, VM_OP_BR_TABLE, count);
    for (uint32_t i = 0; i < count; i++)
        vm_writer_leb_unsigned(g->out, find_label(g, label.types, label.count));
    vm_writer_leb_unsigned(g->out, depth);
    return true;
}

/* block  block  block  br_table 0 1 2 ...  end  effects  end  effects  end */
bool make_branch_table(generator *g)
{
    enum { ARMS = 3 };
    if (is_too_deep(g))
        return false;
    for (int i = 0; i < ARMS; i++)
        begin_block(g, VM_OP_BLOCK, VM_BOTTOM);
    if (choose_rarely(&g->c, 4)) {
        if (!make_table_jump(g))
            put_op_index(g, VM_OP_BR, 0);
    } else {
        make_masked(g, false, 3);
        put_op_index(g, VM_OP_BR_TABLE, ARMS);
        for (uint32_t i = 0; i <= ARMS; i++)
            vm_writer_leb_unsigned(g->out, choose(&g->c, ARMS));
    }
    for (int i = 0; i < ARMS; i++) {
        end_label(g);
        make_effects(g);
    }
    return true;
}

/* ---- Calls -------------------------------------------------------------------------------------------------------------------- */

static bool has_result(const gen_type *type, vm_valtype result)
{
    return type->result_count == (result != VM_BOTTOM) &&
           (result == VM_BOTTOM || type->values[type->param_count] == result);
}

/* A function whose result is of the type (VM_BOTTOM: which has none), or VM_NO_TYPE. */
static uint32_t find_callee(generator *g, vm_valtype result)
{
    uint32_t first = choose(&g->c, g->func_count);
    for (uint32_t i = 0; i < g->func_count; i++) {
        uint32_t func = (first + i) % g->func_count;
        if (has_result(&g->types[g->funcs[func]], result))
            return func;
    }
    return VM_NO_TYPE;
}

/* An index of table 0, where the function was at first if it was there; now and then any. */
static void make_table_index(generator *g, uint32_t func)
{
    if (choose_rarely(&g->c, 4) || func >= TABLE_SIZE - 1)
        make_masked(g, g->tables[0].is64, TABLE_SIZE - 1);
    else if (g->tables[0].is64)
        put_i64(g, func);
    else
        put_i32(g, (int32_t)func);
}

/* The rest of a call of a function of the type: by its number, a table or a reference; the opcodes are the plain ones or those
 * of tail calls. */
static void make_call_of(generator *g, uint32_t func, bool is_tail)
{
    uint32_t type = g->funcs[func], way = choose(&g->c, 4);
    make_values(g, g->types[type].values, g->types[type].param_count);
    if (way == 1 && g->table_count > 0) {
        make_table_index(g, func);
        put_op_index(g, is_tail ? VM_OP_RETURN_CALL_INDIRECT : VM_OP_CALL_INDIRECT, type);
        vm_writer_leb_unsigned(g->out, 0);
    } else if (way == 2 && has_feature(g, PIRN_FEATURE_FUNCTION_REFERENCES)) {
        if (choose_rarely(&g->c, 4))
            make_value(g, vm_ref_concrete(type, true));
        else
            put_op_index(g, VM_OP_REF_FUNC, func);
        put_op_index(g, is_tail ? VM_OP_RETURN_CALL_REF : VM_OP_CALL_REF, type);
    } else {
        put_op_index(g, is_tail ? VM_OP_RETURN_CALL : VM_OP_CALL, func);
    }
}

/* VM_BOTTOM: calls any function, and consumes its results. */
bool make_call(generator *g, vm_valtype type)
{
    uint32_t func = type == VM_BOTTOM ? choose(&g->c, g->func_count) : find_callee(g, type);
    if (func == VM_NO_TYPE)
        return false;
    make_call_of(g, func, false);
    if (type == VM_BOTTOM) {
        const gen_type *callee = &g->types[g->funcs[func]];
        consume_values(g, callee->values + callee->param_count, callee->result_count);
    }
    return true;
}

/* ---- What does not go on ------------------------------------------------------------------------------------------------------- */

static bool make_tail_call(generator *g)
{
    uint32_t first = choose(&g->c, g->func_count);
    if (!has_feature(g, PIRN_FEATURE_TAIL_CALL))
        return false;
    for (uint32_t i = 0; i < g->func_count; i++) {
        uint32_t func = (first + i) % g->func_count;
        const gen_type *callee = &g->types[g->funcs[func]];
        bool fits = callee->result_count == g->type->result_count;
        for (uint32_t j = 0; fits && j < callee->result_count; j++)
            fits = callee->values[callee->param_count + j] == g->type->values[g->type->param_count + j];
        if (fits)
            return make_call_of(g, func, true), true;
    }
    return false;
}

bool make_divergence(generator *g, vm_valtype type)
{
    (void)type; /* it is of every type */
    uint32_t depth;
    switch (choose(&g->c, 8)) {
    case 0:
    case 1:
    case 2:
        return make_tail_call(g);
    case 3:
        return make_throw(g);
    case 4:
        make_values(g, g->type->values + g->type->param_count, g->type->result_count);
        return put_op(g, VM_OP_RETURN), true;
    case 5:
        return make_table_jump(g);
    case 6:
        if (!choose_rarely(&g->c, 8))
            return false;
        return put_op(g, VM_OP_UNREACHABLE), true;
    default:
        depth = choose_label(g);
        if (depth == VM_NO_TYPE)
            return false;
        make_values(g, g->labels[g->label_count - 1 - depth].types, g->labels[g->label_count - 1 - depth].count);
        return put_op_index(g, VM_OP_BR, depth), true;
    }
}

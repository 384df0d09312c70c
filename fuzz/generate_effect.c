/* SPDX-License-Identifier: Apache-2.0 */
/* Statements: see fuzz/generator.h. */
#include "fuzz/generator.h"

static bool make_local_set(generator *g)
{
    vm_valtype type = choose_default_type(g);
    uint32_t local = choose_local(g, type);
    make_value(g, type);
    put_op_index(g, VM_OP_LOCAL_SET, local);
    return true;
}

/* x = x op y, x = op y: what programs do to their locals. */
static bool make_update(generator *g)
{
    vm_valtype type = choose(&g->c, 3) ? PIRN_I32 : PIRN_F64;
    uint32_t local = choose_local(g, type);
    put_op_index(g, VM_OP_LOCAL_GET, local);
    make_value(g, type);
    put_op(g, type == PIRN_I32 ? (vm_opcode)(VM_OP_I32_ADD + choose(&g->c, 3))
                               : (vm_opcode)(VM_OP_F64_ADD + choose(&g->c, 3)));
    put_op_index(g, VM_OP_LOCAL_SET, local);
    return true;
}

static bool make_global_set(generator *g)
{
    uint32_t global = choose(&g->c, g->global_count);
    if (global == FUEL_GLOBAL || !g->globals[global].is_mutable)
        return false;
    make_value(g, g->globals[global].type);
    put_op_index(g, VM_OP_GLOBAL_SET, global);
    return true;
}

static bool make_drop(generator *g)
{
    make_value(g, choose_type(g));
    put_op(g, VM_OP_DROP);
    return true;
}

/* Stores, and what else has a signature without results. */
static bool make_plain_effect(generator *g)
{
    uint32_t count = g->by_result[5].count;
    if (count == 0)
        return false;
    vm_opcode op = (vm_opcode)g->by_result[5].ops[choose(&g->c, count)];
    bool is_drop = op == VM_OP_DATA_DROP || op == VM_OP_ELEM_DROP; /* segments are wanted */
    if (is_drop && !choose_rarely(&g->c, 16))
        return false;
    make_instruction(g, op);
    return true;
}

static bool make_memory_copy(generator *g)
{
    if (g->memory_count == 0 || !has_feature(g, PIRN_FEATURE_BULK_MEMORY))
        return false;
    uint32_t to = choose(&g->c, g->memory_count), from = choose(&g->c, g->memory_count);
    make_address(g, to);
    make_address(g, from);
    make_masked(g, g->memories[to].is64 && g->memories[from].is64, 63);
    put_op_index(g, VM_OP_MEMORY_COPY, to);
    vm_writer_leb_unsigned(g->out, from);
    return true;
}

static bool make_wide(generator *g)
{
    static const vm_valtype types[] = {PIRN_I64, PIRN_I64, PIRN_I64, PIRN_I64};
    if (!has_feature(g, PIRN_FEATURE_WIDE_ARITHMETIC))
        return false;
    vm_opcode op = (vm_opcode)(VM_OP_I64_ADD128 + choose(&g->c, 4));
    make_values(g, types, op <= VM_OP_I64_SUB128 ? 4 : 2);
    put_op(g, op);
    consume_values(g, types, 2);
    return true;
}

static bool make_log(generator *g)
{
    if (g->imported == 0)
        return false;
    make_value(g, PIRN_I64);
    put_op_index(g, VM_OP_CALL, 0);
    put_op(g, VM_OP_DROP);
    return true;
}

/* ---- Tables ------------------------------------------------------------------------------------------------------------------ */

enum { PART = TABLE_SIZE / 2 - 1 }; /* mask for where a part of a table begins, and how long it is */

static void make_table_copy(generator *g, uint32_t to)
{
    uint32_t from = to;
    for (uint32_t i = 0; i < g->table_count; i++) {
        if (g->tables[i].element == g->tables[to].element && choose(&g->c, 2))
            from = i;
    }
    make_masked(g, g->tables[to].is64, PART);
    make_masked(g, g->tables[from].is64, PART);
    make_masked(g, g->tables[to].is64 && g->tables[from].is64, PART);
    put_op_index(g, VM_OP_TABLE_COPY, to);
    vm_writer_leb_unsigned(g->out, from);
}

static void make_table_init(generator *g, uint32_t table)
{
    for (uint32_t i = 0; i < g->elem_count; i++) {
        if (!is_subtype(g, g->elems[i], g->tables[table].element))
            continue;
        make_masked(g, g->tables[table].is64, PART);
        make_masked(g, false, PART);
        make_masked(g, false, PART);
        put_op_index(g, VM_OP_TABLE_INIT, i);
        vm_writer_leb_unsigned(g->out, table);
        return;
    }
}

static bool make_table_effect(generator *g)
{
    if (g->table_count == 0 || !has_feature(g, PIRN_FEATURE_REFERENCE_TYPES))
        return false;
    uint32_t table = choose(&g->c, g->table_count);
    vm_valtype element = g->tables[table].element;
    bool is64 = g->tables[table].is64;
    switch (choose(&g->c, 5)) {
    case 0:
        make_masked(g, is64, TABLE_SIZE - 1);
        make_value(g, element);
        put_op_index(g, VM_OP_TABLE_SET, table);
        break;
    case 1:
        make_masked(g, is64, PART);
        make_value(g, element);
        make_masked(g, is64, PART);
        put_op_index(g, VM_OP_TABLE_FILL, table);
        break;
    case 2:
        make_table_copy(g, table);
        break;
    case 3:
        make_table_init(g, table);
        break;
    default:
        make_value(g, element);
        make_masked(g, is64, 1);
        put_op_index(g, VM_OP_TABLE_GROW, table);
        put_op(g, VM_OP_DROP);
        break;
    }
    return true;
}

/* ---- The alternatives --------------------------------------------------------------------------------------------------------- */

static bool make_guarded_throw(generator *g)
{
    if (g->tag_count == 0 || is_too_deep(g))
        return false;
    make_value(g, PIRN_I32);
    begin_block(g, VM_OP_IF, VM_BOTTOM);
    make_throw(g);
    end_label(g);
    return true;
}

static bool make_void_block(generator *g)
{
    return make_block(g, VM_BOTTOM);
}

static bool make_void_if(generator *g)
{
    return make_if(g, VM_BOTTOM);
}

static bool make_void_loop(generator *g)
{
    return make_loop(g, VM_BOTTOM);
}

static bool make_void_try(generator *g)
{
    return make_try(g, VM_BOTTOM);
}

static bool make_void_call(generator *g)
{
    return make_call(g, VM_BOTTOM);
}

static const struct {
    uint32_t weight;
    bool (*make)(generator *g);
} alternatives[] = {
    {40, make_local_set},    {20, make_update},      {12, make_global_set},   {4, make_drop},
    {40, make_plain_effect}, {10, make_log},         {4, make_memory_copy},   {6, make_void_block},
    {14, make_void_if},      {8, make_void_loop},    {14, make_counted_loop}, {6, make_typed_block},
    {8, make_branch},        {5, make_branch_table}, {6, make_void_try},      {5, make_guarded_throw},
    {12, make_void_call},    {12, make_field_set},   {12, make_array_change}, {8, make_table_effect},
    {4, make_wide},
};

bool make_effect(generator *g)
{
    if (g->depth >= MAX_DEPTH || choices_is_empty(&g->c))
        return false;
    uint32_t sum = 0;
    for (size_t i = 0; i < sizeof alternatives / sizeof *alternatives; i++)
        sum += alternatives[i].weight;
    uint32_t at = choose(&g->c, sum);
    size_t chosen = 0;
    for (; at >= alternatives[chosen].weight; chosen++)
        at -= alternatives[chosen].weight;
    g->depth++;
    bool is_made = alternatives[chosen].make(g);
    g->depth--;
    return is_made;
}

void make_effects(generator *g)
{
    for (uint32_t count = choose(&g->c, 4); count > 0; count--)
        make_effect(g);
}

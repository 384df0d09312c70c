/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cells that are made of several instructions: see vm/exec/translate.h. Either an operation was deferred until it is known what it
 * is for, or the cell just emitted is taken back and another one emitted, that does its work too. Which cells there are was chosen
 * by counting the sequences that programs execute.
 */
#include "vm/exec/image.h"
#include "vm/exec/translate.h"

static uint16_t source_of(vm_translator *t, vm_value *value, uint32_t n)
{
    return vm_emit_source(t, vm_value_slot(t, value), n);
}

/* ---- Operations -------------------------------------------------------------------------------------------------------- */

/* outer(x, inner(y, n)), where the inner one is deferred. */
static bool join(vm_translator *t, const vm_family *outer, vm_value *x, vm_value *y)
{
    if (!y->is_deferred || y->extra != 0 || (uint32_t)y->operand > UINT16_MAX)
        return false;
    uint32_t first = vm_find_join(outer->first, y->operation);
    if (first == IR_COUNT)
        return false;
    if (x->is_deferred)
        vm_undefer(t, x);
    vm_value inner = *y;
    inner.is_deferred = false;
    vm_word operands = {.c = (uint16_t)y->operand};
    uint32_t form = VM_JOIN_SS;
    if (x->kind == VM_VALUE_ACC) {
        form = VM_JOIN_AS;
        operands.a = source_of(t, &inner, 0);
    } else if (inner.kind == VM_VALUE_ACC) {
        form = VM_JOIN_SA;
        operands.a = source_of(t, x, 0);
    } else {
        operands.a = source_of(t, x, 0);
        operands.b = source_of(t, &inner, 1);
    }
    vm_emit_result(t, (vm_ir)(first + 2 * form), outer->result)[1] = operands;
    return true;
}

static bool is_in_slot(const vm_translator *t, const vm_value *value)
{
    uint32_t slot = value->kind == VM_VALUE_LOCAL ? t->locals[value->local].slot : value->temp;
    return (value->kind == VM_VALUE_LOCAL || value->kind == VM_VALUE_TEMP) && !value->is_deferred && vm_is_near(slot);
}

/* second(first(x, y), z), where the first one is the last cell; or second(z, first(x, y)). */
static bool chain(vm_translator *t, const vm_family *second, const vm_value *first, vm_value *z, bool is_back)
{
    if (!vm_is_last(t, first) || !is_in_slot(t, z) || t->recent_count == 0 || !t->has_fusion)
        return false;
    uint32_t ir = vm_find_chain(t->recent[0].ir, second->first, is_back);
    if (ir == IR_COUNT)
        return false;
    bool has_acc = strchr(vm_ir_table[t->recent[0].ir].shape, 'b') == NULL; /* of the two operands */
    vm_word words[VM_CELL_WORDS];
    vm_emit_take_last(t, words);
    uint16_t last = source_of(t, z, 0);
    vm_word *cell = vm_emit_result(t, (vm_ir)(ir - 1), second->result);
    cell[1] = words[1];
    if (has_acc)
        cell[1].b = last;
    else
        cell[1].c = last;
    return true;
}

bool vm_fuse_binary(vm_translator *t, const vm_family *family, vm_value *x, vm_value *y)
{
    bool is_commutative = family->forms == 'C';
    bool is_immediate = y->kind == VM_VALUE_CONST && x->kind != VM_VALUE_CONST;
    if (is_immediate && vm_defer(t, family, x, y->bits))
        return true;
    if (is_commutative && x->kind == VM_VALUE_CONST && y->kind != VM_VALUE_CONST && vm_defer(t, family, y, x->bits))
        return true;
    if (join(t, family, x, y) || (is_commutative && join(t, family, y, x)))
        return true;
    if (x->is_deferred)
        vm_undefer(t, x);
    if (y->is_deferred)
        vm_undefer(t, y);
    return chain(t, family, x, y, false) || chain(t, family, y, x, !is_commutative);
}

/* ---- Addresses --------------------------------------------------------------------------------------------------------- */

static vm_address deferred_address(vm_translator *t, vm_value *value, bool is_scaled)
{
    bool is_acc = value->kind == VM_VALUE_ACC;
    uint32_t offset = (uint32_t)(is_scaled ? value->extra : value->operand);
    value->is_deferred = false;
    vm_address address = {.operands = {.offset = offset}};
    if (!is_acc)
        address.operands.a = source_of(t, value, 0);
    if (is_scaled)
        address.form = is_acc ? VM_ADDRESS_C : VM_ADDRESS_K;
    else
        address.form = is_acc ? VM_ADDRESS_B : VM_ADDRESS_W;
    return address;
}

/* A sum in the accumulator that the last cell has made: it is taken back. */
static bool take_sum(vm_translator *t, uint32_t bytes, uint64_t offset, bool is_for_store, vm_address *address)
{
    bool is_small = offset <= UINT16_MAX;
    vm_word words[VM_CELL_WORDS];
    if (vm_is_recent(t, 0, IR_I32_ADD_ss_a) && is_small)
        address->form = VM_ADDRESS_T;
    else if (vm_is_recent(t, 0, IR_I32_ADD_SHL_ss_a) && is_small && 1u << vm_recent_words(t, 0)[1].c == bytes)
        address->form = VM_ADDRESS_V;
    else if (vm_is_recent(t, 0, IR_I32_ADD_as_a) && !is_for_store)
        address->form = VM_ADDRESS_U;
    else if (vm_is_recent(t, 0, IR_I32_ADD_SHL_sa_a) && !is_for_store && 1u << vm_recent_words(t, 0)[1].c == bytes)
        address->form = VM_ADDRESS_Y;
    else
        return false;
    vm_emit_take_last(t, words);
    address->operands = words[1];
    if (address->form == VM_ADDRESS_U || address->form == VM_ADDRESS_Y)
        address->operands.offset = (uint32_t)offset;
    else
        address->operands.c = (uint16_t)offset;
    return true;
}

/* A local that the last cell has stepped, or has copied before it was stepped: that cell is taken back. */
static bool take_stepped(vm_translator *t, const vm_value *value, uint64_t offset, vm_address *address)
{
    bool is_add = vm_is_recent(t, 0, IR_I32_ADD_si_s);
    if (value->kind != VM_VALUE_LOCAL || (!is_add && !vm_is_recent(t, 0, IR_COPY_ADD)) ||
        vm_recent_words(t, 0)[1].d != t->locals[value->local].slot * sizeof(pirn_slot))
        return false;
    vm_word words[VM_CELL_WORDS];
    vm_emit_take_last(t, words);
    *address = (vm_address){.form = is_add ? VM_ADDRESS_Z : VM_ADDRESS_O, .operands = words[1]};
    address->step = (vm_word){.d = words[1].d};
    address->step.offset = (uint32_t)offset;
    address->operands.d = 0;
    return true;
}

vm_address vm_address_of(vm_translator *t, vm_value *value, uint32_t bytes, uint64_t offset, vm_access access)
{
    bool is_scaled = value->is_deferred && value->operation == IR_I32_SHL_ss_s && 1u << value->operand == bytes;
    bool is_sum = vm_is_deferred_sum(value);
    if (offset == 0 && (is_scaled || is_sum))
        return deferred_address(t, value, is_scaled);
    if (value->is_deferred)
        vm_undefer(t, value);
    vm_address address;
    if (access == VM_ACCESS_LOAD && take_stepped(t, value, offset, &address))
        return address;
    if (access != VM_ACCESS_STORE_LATER && vm_is_last(t, value) &&
        take_sum(t, bytes, offset, access == VM_ACCESS_STORE, &address))
        return address;
    address.form = value->kind == VM_VALUE_ACC ? VM_ADDRESS_A : VM_ADDRESS_S;
    address.operands = (vm_word){.a = value->kind == VM_VALUE_ACC ? 0 : source_of(t, value, 0)};
    address.operands.offset = (uint32_t)offset;
    return address;
}

/* ---- Stores -------------------------------------------------------------------------------------------------------------- */

static uint16_t offset_of_local(const vm_translator *t, const vm_value *value)
{
    return (uint16_t)(t->locals[value->local].slot * sizeof(pirn_slot));
}

/* Was the n-th last cell a load to the accumulator from where `at` and `offset` say? */
static bool is_load_of(vm_translator *t, uint32_t n, const vm_value *at, uint64_t offset)
{
    const vm_word *load = vm_recent_words(t, n);
    return load[1].a == offset_of_local(t, at) && load[1].offset == offset;
}

/* *p += constant */
static bool update_by_constant(vm_translator *t, const vm_value *at, const vm_value *value, uint64_t offset)
{
    if (!vm_is_deferred_sum(value) || value->kind != VM_VALUE_ACC || !vm_is_recent(t, 0, IR_I32_LOAD_s_a) ||
        value->cell != t->recent[0].cell || !is_load_of(t, 0, at, offset))
        return false;
    vm_word words[VM_CELL_WORDS];
    vm_emit_take_last(t, words);
    vm_word *cell = vm_emit(t, IR_I32_ADD_UPDATE);
    cell[1] = words[1];
    cell[2].imm = value->operand;
    return true;
}

/* *p += slot */
static bool update_by_slot(vm_translator *t, const vm_value *at, const vm_value *value, uint64_t offset)
{
    if (!vm_is_last(t, value) || t->recent_count < 2 || !t->has_fusion || offset > UINT16_MAX)
        return false;
    uint32_t ir = vm_find_update(t->recent[1].ir, t->recent[0].ir);
    if (ir == IR_COUNT || !is_load_of(t, 1, at, offset))
        return false;
    vm_word operation[VM_CELL_WORDS], load[VM_CELL_WORDS];
    vm_emit_take_last(t, operation);
    vm_emit_take_last(t, load);
    vm_emit(t, (vm_ir)ir)[1] = (vm_word){.a = load[1].a, .b = operation[1].a, .c = (uint16_t)offset};
    return true;
}

bool vm_fuse_store(vm_translator *t, vm_value *at, vm_value *value, const vm_family *family, uint64_t offset)
{
    bool is_local = at->kind == VM_VALUE_LOCAL && is_in_slot(t, at), is_i32 = family->first == IR_I32_STORE_ss;
    bool is_whole = is_i32 || family->first == IR_I64_STORE_ss || family->first == IR_F32_STORE_ss ||
                    family->first == IR_F64_STORE_ss;
    if (is_local && is_i32 && update_by_constant(t, at, value, offset))
        return true;
    if (is_local && is_whole && update_by_slot(t, at, value, offset))
        return true;
    if (!is_i32 || !vm_is_deferred_sum(value) || value->kind == VM_VALUE_ACC || !is_in_slot(t, at))
        return false;
    vm_value base = *value;
    base.is_deferred = false;
    uint16_t to = source_of(t, at, 0), from = source_of(t, &base, 1);
    vm_word *cell = vm_emit(t, IR_I32_STORE_ADD);
    cell[1] = (vm_word){.d = from, .a = to};
    cell[1].offset = (uint32_t)offset;
    cell[2].imm = value->operand;
    return true;
}

/* ---- Variables --------------------------------------------------------------------------------------------------------- */

bool vm_fuse_copy(vm_translator *t, uint16_t to, uint16_t from)
{
    if (!vm_is_recent(t, 0, IR_COPY))
        return false;
    vm_word *cell = vm_recent_words(t, 0);
    cell[1].b = to;
    cell[1].c = from;
    vm_emit_change_last(t, IR_COPY_COPY);
    return true;
}

static bool fuse_two_adds(vm_translator *t, uint16_t to, uint16_t from, int32_t immediate)
{
    if (!vm_is_recent(t, 0, IR_I32_ADD_si_s))
        return false;
    vm_word words[VM_CELL_WORDS];
    vm_emit_take_last(t, words);
    vm_word *cell = vm_emit(t, IR_I32_ADD_ADD_BY);
    cell[1] = words[1];
    cell[2] = (vm_word){.d = to, .a = from};
    cell[2].imm = immediate;
    return true;
}

/* d = a, a = a + immediate: what p++ is. */
bool vm_fuse_add(vm_translator *t, uint16_t to, uint16_t from, int32_t immediate)
{
    if (!vm_is_recent(t, 0, IR_COPY))
        return fuse_two_adds(t, to, from, immediate);
    vm_word *cell = vm_recent_words(t, 0);
    if (cell[1].a != to || (cell[1].d != from && cell[1].a != from))
        return false;
    cell[1].imm = immediate;
    vm_emit_change_last(t, IR_COPY_ADD);
    return true;
}

/* local = global += immediate: the frame of a C function is made so. */
static bool fuse_global_step(vm_translator *t, uint32_t global)
{
    if (!vm_is_recent(t, 0, IR_I32_ADD_ai_s) || !vm_is_recent(t, 1, IR_GLOBAL_GET_a) ||
        vm_recent_words(t, 1)[1].offset != global)
        return false;
    vm_word sum[VM_CELL_WORDS], get[VM_CELL_WORDS];
    vm_emit_take_last(t, sum);
    vm_emit_take_last(t, get);
    vm_word *cell = vm_emit(t, IR_GLOBAL_STEP);
    cell[1] = sum[1];
    cell[2].u64 = global;
    return true;
}

bool vm_fuse_global_set(vm_translator *t, uint32_t global, const vm_value *value)
{
    if (value->kind == VM_VALUE_LOCAL && !value->is_deferred && vm_is_near(t->locals[value->local].slot) &&
        t->recent_count != 0 && vm_recent_words(t, 0)[1].d == t->locals[value->local].slot * sizeof(pirn_slot))
        return fuse_global_step(t, global);
    if (!vm_is_deferred_sum(value) || value->kind == VM_VALUE_ACC)
        return false;
    vm_value base = *value;
    base.is_deferred = false;
    uint16_t source = source_of(t, &base, 0);
    vm_word *cell = vm_emit(t, IR_GLOBAL_SET_ADD);
    cell[1].a = source;
    cell[1].imm = value->operand;
    cell[2].u64 = global;
    return true;
}

/* ---- Branches and returns ---------------------------------------------------------------------------------------------- */

void vm_fuse_mask(vm_translator *t, vm_compare *compare, vm_value *x, vm_value *y)
{
    static const struct {
        uint8_t compare, test;
        uint16_t mask;
    } tests[] = {
        {VM_COMPARE_I32_NE, VM_COMPARE_I32_ANY, IR_I32_AND_ss_s},
        {VM_COMPARE_I32_EQ, VM_COMPARE_I32_NONE, IR_I32_AND_ss_s},
        {VM_COMPARE_I64_NE, VM_COMPARE_I64_ANY, IR_I64_AND_ss_s},
        {VM_COMPARE_I64_EQ, VM_COMPARE_I64_NONE, IR_I64_AND_ss_s},
    };
    bool is_zero = y->kind == VM_VALUE_CONST && y->bits == 0;
    for (size_t i = 0; i < BASE_COUNT(tests) && is_zero && x->is_deferred; i++) {
        if (*compare == tests[i].compare && x->operation == tests[i].mask) {
            *compare = (vm_compare)tests[i].test;
            x->is_deferred = false;
            bool is_short = vm_compares[*compare].operand == 'I';
            y->bits = is_short ? vm_image_of_u32((uint32_t)x->operand) : (uint64_t)(int64_t)x->operand;
        }
    }
    /* In a slot, so that a branch can be one with the addition. */
    if (vm_is_deferred_sum(x) && x->kind != VM_VALUE_ACC)
        vm_value_slot(t, x);
}

/* The sum that the last cell has left in the slot `a`: its form with an immediate, or IR_COUNT. */
static bool is_step(const vm_translator *t, char type, bool *is_immediate)
{
    *is_immediate = vm_is_recent(t, 0, type == 'I' ? IR_I32_ADD_si_s : IR_I64_ADD_si_s);
    return *is_immediate || vm_is_recent(t, 0, type == 'I' ? IR_I32_ADD_ss_s : IR_I64_ADD_ss_s);
}

/* Addition, comparison, branch. */
static bool fuse_step(vm_translator *t, const vm_condition *condition)
{
    const vm_compare_info *info = &vm_compares[condition->compare];
    bool has_step, has_limit = condition->form == VM_FORM_SI, is_short = info->operand == 'I';
    if ((!has_limit && condition->form != VM_FORM_SS) || info->step == 0 || !is_step(t, info->operand, &has_step) ||
        vm_recent_words(t, 0)[1].d != condition->operands.a)
        return false;
    int64_t limit = is_short ? condition->operands.imm : (int64_t)condition->immediate.u64;
    int64_t step = is_short ? vm_recent_words(t, 0)[1].imm : (int64_t)vm_recent_words(t, 0)[2].u64;
    if ((has_limit && (int32_t)limit != limit) || (has_step && (int32_t)step != step))
        return false;
    vm_word words[VM_CELL_WORDS];
    vm_emit_take_last(t, words);
    uint32_t form = has_step ? (has_limit ? VM_STEP_II : VM_STEP_IS) : has_limit ? VM_STEP_SI : VM_STEP_SS;
    vm_word *cell = vm_emit(t, (vm_ir)(info->step + form));
    cell[1] = words[1];
    if (has_step)
        cell[1].imm = (int32_t)step;
    if (form == VM_STEP_SS)
        cell[1].c = condition->operands.b;
    else if (has_limit)
        cell[2].imm = (int32_t)limit;
    else
        cell[2].b = condition->operands.b;
    return true;
}

/* What the last cell does, and then a comparison of its result with a constant. */
static bool fuse_test(vm_translator *t, const vm_condition *condition)
{
    static const struct {
        uint16_t last;
        uint8_t compare, form;
        uint16_t fused;
    } rows[] = {
        {IR_I32_LOAD_s_s, VM_COMPARE_I32_EQ, VM_FORM_SI, IR_BR_I32_LOAD_s_EQ},
        {IR_I32_LOAD_s_s, VM_COMPARE_I32_NE, VM_FORM_SI, IR_BR_I32_LOAD_s_NE},
        {IR_I32_LOAD_s_a, VM_COMPARE_I32_EQ, VM_FORM_AI, IR_BR_I32_LOAD_a_EQ},
        {IR_I32_LOAD_s_a, VM_COMPARE_I32_NE, VM_FORM_AI, IR_BR_I32_LOAD_a_NE},
        {IR_I32_LOAD8_U_s_s, VM_COMPARE_I32_EQ, VM_FORM_SI, IR_BR_I32_LOAD8_U_s_EQ},
        {IR_I32_LOAD8_U_s_s, VM_COMPARE_I32_NE, VM_FORM_SI, IR_BR_I32_LOAD8_U_s_NE},
        {IR_I32_LOAD8_U_s_a, VM_COMPARE_I32_EQ, VM_FORM_AI, IR_BR_I32_LOAD8_U_a_EQ},
        {IR_I32_LOAD8_U_s_a, VM_COMPARE_I32_NE, VM_FORM_AI, IR_BR_I32_LOAD8_U_a_NE},
        {IR_I32_LOAD8_U_s_a, VM_COMPARE_I32_ANY, VM_FORM_AI, IR_BR_I32_LOAD8_U_a_ANY},
        {IR_I32_LOAD8_U_s_a, VM_COMPARE_I32_NONE, VM_FORM_AI, IR_BR_I32_LOAD8_U_a_NONE},
        {IR_I32_LOAD8_U_w_a, VM_COMPARE_I32_EQ, VM_FORM_AI, IR_BR_I32_LOAD8_U_w_EQ},
        {IR_I32_LOAD8_U_w_a, VM_COMPARE_I32_NE, VM_FORM_AI, IR_BR_I32_LOAD8_U_w_NE},
        {IR_I32_AND_si_s, VM_COMPARE_I32_EQ, VM_FORM_SI, IR_BR_I32_AND_EQ},
        {IR_I32_AND_si_s, VM_COMPARE_I32_NE, VM_FORM_SI, IR_BR_I32_AND_NE},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        if (condition->compare != rows[i].compare || condition->form != rows[i].form ||
            !vm_is_recent(t, 0, (vm_ir)rows[i].last))
            continue;
        if (condition->form == VM_FORM_SI && vm_recent_words(t, 0)[1].d != condition->operands.a)
            return false;
        vm_word words[VM_CELL_WORDS];
        uint64_t offset = t->offset;
        t->offset = t->recent[0].offset;
        vm_emit_take_last(t, words);
        vm_word *cell = vm_emit(t, (vm_ir)rows[i].fused);
        cell[1] = words[1];
        cell[2].imm = condition->operands.imm;
        t->offset = offset;
        return true;
    }
    return false;
}

/* The last of the copies at a loop's end, and the branch back. */
static bool fuse_copy_test(vm_translator *t, const vm_condition *condition)
{
    bool is_equal = condition->compare == VM_COMPARE_I32_EQ;
    if (condition->form != VM_FORM_SI || (!is_equal && condition->compare != VM_COMPARE_I32_NE) ||
        !vm_is_recent(t, 0, IR_COPY))
        return false;
    vm_word words[VM_CELL_WORDS];
    vm_emit_take_last(t, words);
    vm_word *cell = vm_emit(t, is_equal ? IR_BR_COPY_EQ : IR_BR_COPY_NE);
    cell[1] = words[1];
    cell[2] = condition->operands;
    return true;
}

bool vm_fuse_branch(vm_translator *t, const vm_condition *condition)
{
    return fuse_step(t, condition) || fuse_test(t, condition) || fuse_copy_test(t, condition);
}

/* Makes one cell of the last one and `words` words more; returns it, or NULL when it is none of the rows. */
typedef struct follower {
    uint16_t last, fused;
} follower;

static vm_word *follow(vm_translator *t, const follower *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!vm_is_recent(t, 0, (vm_ir)rows[i].last))
            continue;
        vm_word words[VM_CELL_WORDS];
        vm_emit_take_last(t, words);
        vm_word *cell = vm_emit(t, (vm_ir)rows[i].fused);
        cell[1] = words[1];
        return cell;
    }
    return NULL;
}

bool vm_fuse_jump(vm_translator *t)
{
    static const follower rows[] = {
        {IR_COPY, IR_COPY_BR},
        {IR_COPY_COPY, IR_COPY_COPY_BR},
        {IR_CONST_I, IR_CONST_I_BR},
        {IR_I32_ADD_si_s, IR_I32_ADD_si_BR},
    };
    return follow(t, rows, BASE_COUNT(rows)) != NULL;
}

vm_word *vm_fuse_call(vm_translator *t)
{
    static const follower rows[] = {
        {IR_COPY, IR_CALL_COPY},
        {IR_COPY_COPY, IR_CALL_COPY_COPY},
        {IR_I32_ADD_si_s, IR_CALL_ADD},
    };
    vm_word *cell = follow(t, rows, BASE_COUNT(rows));
    return cell != NULL ? cell + 1 : vm_emit(t, IR_CALL);
}

bool vm_fuse_select(vm_translator *t)
{
    size_t len = t->stack.len;
    if (!t->has_fusion || len < 3 || t->stack.data[len - 1].kind == VM_VALUE_CONST ||
        t->stack.data[len - 3].is_float || t->stack.data[len - 3].slots != 1)
        return false;
    if (!t->stack.data[len - 1].is_deferred && !vm_is_comparison(t))
        return false;
    vm_condition condition = vm_condition_pop(t);
    const vm_compare_info *info = &vm_compares[condition.compare];
    if (info->select == 0) {
        vm_condition_value(t, &condition);
        return false;
    }
    vm_value y = vm_pop_deferred(t), x = vm_pop_deferred(t);
    vm_word choice = {.a = source_of(t, &x, 0), .b = 0};
    choice.b = source_of(t, &y, 1);
    vm_free_accumulator(t, false);
    uint32_t ir = info->select + 2 * condition.form, cell = vm_emit_here(t);
    vm_word *words = vm_condition_emit(t, &condition, ir + 1);
    words[vm_condition_words(&condition)] = choice;
    vm_push_result(t, false, cell, (vm_ir)ir);
    return true;
}

bool vm_fuse_return(vm_translator *t, const vm_value *value, uint16_t header)
{
    if (!vm_is_last(t, value) || !t->has_fusion || t->recent_count == 0)
        return false;
    uint32_t ir = vm_find_return(t->recent[0].ir);
    if (ir == IR_COUNT)
        return false;
    vm_recent_words(t, 0)[1].d = header;
    vm_emit_change_last(t, vm_return_ir(t, (vm_ir)ir));
    return true;
}

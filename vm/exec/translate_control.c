/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels, branches, calls and returns: see vm/exec/translate.h.
 *
 * At a label all values are in temps. A branch whose values lie where the label wants them is one cell; another one is
 * turned round: the inverse branch leads past the moves.
 */
#include "vm/exec/image.h"
#include "vm/exec/translate.h"

/* ---- Types of blocks -------------------------------------------------------------------------------------------------- */

typedef struct type_list {
    const vm_valtype *types;
    uint32_t count, slots;
} type_list;

static const pirn_functype *type_of(const vm_translator *t, const vm_label *label)
{
    if (label->kind == VM_LABEL_FUNC)
        return t->type;
    return label->type.index >= 0 ? t->module->types[label->type.index] : NULL;
}

static type_list params_of(const vm_translator *t, const vm_label *label)
{
    const pirn_functype *type = label->kind == VM_LABEL_FUNC ? NULL : type_of(t, label);
    return type == NULL ? (type_list){0} : (type_list){type->types, type->param_count, type->param_slots};
}

static type_list results_of(const vm_translator *t, const vm_label *label)
{
    const pirn_functype *type = type_of(t, label);
    if (type != NULL)
        return (type_list){type->types + type->param_count, type->result_count, type->result_slots};
    if (label->type.value == VM_BOTTOM)
        return (type_list){0};
    return (type_list){&label->type.value, 1, (uint32_t)pirn_valtype_slots(label->type.value)};
}

/* What a branch to the label carries. */
static type_list branch_types(const vm_translator *t, const vm_label *label)
{
    return label->kind == VM_LABEL_LOOP ? params_of(t, label) : results_of(t, label);
}

static void push_temps(vm_translator *t, type_list list)
{
    for (uint32_t i = 0; i < list.count && t->status == PIRN_OK; i++)
        vm_push(t, vm_value_of_type(list.types[i]));
    t->flushed = (uint32_t)t->stack.len;
}

/* ---- Conditions --------------------------------------------------------------------------------------------------------- */

uint32_t vm_condition_words(const vm_condition *condition)
{
    char type = vm_compares[condition->compare].operand;
    bool has_immediate = condition->form == VM_FORM_SI || condition->form == VM_FORM_AI;
    return has_immediate && type != 'I' ? 3 : 2;
}

static void set_immediate(vm_condition *condition, char type, uint64_t bits)
{
    if (type == 'I')
        condition->operands.offset = vm_u32_of_image(bits);
    else
        condition->immediate.u64 = bits;
}

vm_condition vm_condition_of(vm_translator *t, vm_compare compare)
{
    vm_value y = vm_pop_deferred(t), x = vm_pop_deferred(t);
    vm_fuse_mask(t, &compare, &x, &y);
    if (x.is_deferred)
        vm_undefer(t, &x);
    if (y.is_deferred)
        vm_undefer(t, &y);
    bool is_exchanged = y.kind == VM_VALUE_ACC || (x.kind == VM_VALUE_CONST && y.kind != VM_VALUE_CONST);
    vm_condition condition = {.compare = is_exchanged ? (vm_compare)vm_compares[compare].exchanged : compare};
    vm_value *left = is_exchanged ? &y : &x, *right = is_exchanged ? &x : &y;
    char type = vm_compares[compare].operand;
    bool is_acc = left->kind == VM_VALUE_ACC;
    bool is_immediate = right->kind == VM_VALUE_CONST;
    condition.form = is_acc ? (is_immediate ? VM_FORM_AI : VM_FORM_AS) : is_immediate ? VM_FORM_SI : VM_FORM_SS;
    uint16_t first = 0, second = 0;
    if (!is_acc)
        first = vm_emit_source(t, vm_value_slot(t, left), 0);
    if (!is_immediate)
        second = vm_emit_source(t, vm_value_slot(t, right), 1);
    condition.operands.a = is_acc ? second : first;
    if (is_immediate)
        set_immediate(&condition, type, right->bits);
    else
        condition.operands.b = is_acc ? 0 : second;
    return condition;
}

vm_word *vm_condition_emit(vm_translator *t, const vm_condition *condition, uint32_t ir)
{
    vm_word *cell = vm_emit(t, (vm_ir)ir);
    cell[1] = condition->operands;
    if (vm_condition_words(condition) == 3)
        cell[2] = condition->immediate;
    return cell;
}

void vm_condition_value(vm_translator *t, const vm_condition *condition)
{
    uint32_t ir = vm_compares[condition->compare].value + 2 * condition->form;
    vm_free_accumulator(t, false);
    uint32_t cell = vm_emit_here(t);
    vm_condition_emit(t, condition, ir + 1);
    vm_push_result(t, false, cell, (vm_ir)ir);
    t->last.compare = condition->compare;
    t->last.form = condition->form;
}

bool vm_is_comparison(const vm_translator *t)
{
    return t->stack.len != 0 && vm_is_last(t, &t->stack.data[t->stack.len - 1]) && t->last.compare != VM_NONE;
}

vm_condition vm_condition_pop(vm_translator *t)
{
    if (vm_is_comparison(t)) {
        vm_condition condition = {.compare = (vm_compare)t->last.compare, .form = t->last.form};
        vm_word words[VM_CELL_WORDS] = {{0}};
        vm_pop(t);
        vm_emit_take_last(t, words);
        condition.operands = words[1];
        condition.immediate = words[2];
        return condition;
    }
    vm_value zero = {.kind = VM_VALUE_CONST, .slots = 1};
    vm_push(t, zero);
    return vm_condition_of(t, VM_COMPARE_I32_NE);
}

static void invert(vm_condition *condition)
{
    condition->compare = (vm_compare)vm_compares[condition->compare].inverse;
}

/* Emits a branch if the condition holds; returns its target word. */
static uint32_t emit_branch_if(vm_translator *t, vm_condition *condition)
{
    if (!vm_fuse_branch(t, condition))
        vm_condition_emit(t, condition, vm_compares[condition->compare].branch + condition->form);
    return vm_emit_here(t) - 1;
}

static uint32_t emit_branch(vm_translator *t)
{
    if (!vm_fuse_jump(t))
        vm_emit(t, IR_BR);
    /* BR has an operand word as all cells have; its target is behind it. */
    return vm_emit_here(t) - 1;
}

/* ---- Labels --------------------------------------------------------------------------------------------------------------- */

vm_label *vm_label_at(vm_translator *t, uint32_t depth)
{
    return &t->labels.data[t->labels.len - 1 - depth];
}

void vm_label_target(vm_translator *t, uint32_t word, vm_label *label)
{
    if (label->kind == VM_LABEL_LOOP)
        vm_emit_target(t, word, label->start);
    else
        vm_emit_target_later(t, word, &label->chain);
}

void vm_label_push(vm_translator *t, vm_label_kind kind, const vm_blocktype *type)
{
    vm_label label = {.kind = (uint8_t)kind, .type = *type, .chain = VM_NONE, .else_chain = VM_NONE};
    label.landings = VM_NONE;
    uint32_t params = params_of(t, &label).count;
    label.height = (uint32_t)t->stack.len - (params <= t->stack.len ? params : 0);
    label.temp = vm_temp_at(t, label.height);
    if (!BASE_VEC_PUSH(&t->labels, t->allocator, label))
        t->status = PIRN_NOMEM;
}

void vm_become_unreachable(vm_translator *t)
{
    t->is_unreachable = true;
    t->skipped_blocks = 0;
    vm_pop_to(t, vm_label_at(t, 0)->height);
}

static void translate_block(vm_translator *t, const vm_instr *instr)
{
    vm_flush(t);
    vm_label_push(t, VM_LABEL_BLOCK, &instr->block);
}

static void translate_loop(vm_translator *t, const vm_instr *instr)
{
    vm_flush(t);
    vm_label_push(t, VM_LABEL_LOOP, &instr->block);
    if (t->status != PIRN_OK)
        return;
    vm_settle(t, params_of(t, vm_label_at(t, 0)).count);
    vm_label_at(t, 0)->start = vm_emit_here(t);
    vm_emit_label(t);
    if (t->module->engine->config.interruptible)
        vm_emit(t, IR_CHECK_INTERRUPT);
}

static void translate_if(vm_translator *t, const vm_instr *instr)
{
    vm_condition condition = vm_condition_pop(t);
    vm_flush(t);
    vm_label_push(t, VM_LABEL_IF, &instr->block);
    if (t->status != PIRN_OK)
        return;
    vm_settle(t, params_of(t, vm_label_at(t, 0)).count);
    invert(&condition);
    vm_emit_target_later(t, emit_branch_if(t, &condition), &vm_label_at(t, 0)->else_chain);
}

/* Brings the topmost values to where the innermost block's results belong. */
static void settle_results(vm_translator *t, const vm_label *label, type_list results)
{
    vm_settle(t, results.count);
    vm_emit_copy_n(t, label->temp, vm_temp_at(t, (uint32_t)t->stack.len) - results.slots, results.slots);
}

void vm_translate_leave_block(vm_translator *t, vm_label *label)
{
    settle_results(t, label, results_of(t, label));
    vm_emit_target_later(t, emit_branch(t), &label->chain);
}

static void translate_else(vm_translator *t)
{
    vm_label *label = vm_label_at(t, 0);
    if (!t->is_unreachable)
        vm_translate_leave_block(t, label);
    vm_emit_bind(t, &label->else_chain);
    label->kind = VM_LABEL_ELSE;
    vm_pop_to(t, label->height);
    push_temps(t, params_of(t, label));
    t->is_unreachable = false;
}

/* ---- Returns ---------------------------------------------------------------------------------------------------------------- */

/* Of the three members of a return, the first of which is given, the one for where the header of this function is. */
vm_ir vm_return_ir(const vm_translator *t, vm_ir first)
{
    uint32_t at = t->type->header_at;
    return (vm_ir)(first + (at <= 2 ? at : 0));
}

/* A return with one result of one slot. */
static void return_value(vm_translator *t, uint16_t header)
{
    vm_value value = vm_pop(t);
    vm_push(t, value);
    if (value.kind == VM_VALUE_ACC && vm_fuse_return(t, &value, header))
        return;
    if (value.kind == VM_VALUE_ACC) {
        vm_emit(t, vm_return_ir(t, IR_RETURN))[1].d = header;
    } else if (value.kind == VM_VALUE_CONST) {
        vm_word *cell = vm_emit(t, vm_return_ir(t, value.is_float ? IR_RETURN_fi : IR_RETURN_i));
        cell[1].d = header;
        cell[2].u64 = value.bits;
    } else {
        uint16_t slot = vm_emit_source(t, vm_value_slot(t, &value), 0);
        vm_word *cell = vm_emit(t, vm_return_ir(t, value.is_float ? IR_RETURN_fs : IR_RETURN_s));
        cell[1].d = header;
        cell[1].a = slot;
    }
}

/* Emits a return with the topmost values. They stay on the stack, in temps if they are more than one. */
static void emit_return(vm_translator *t)
{
    uint16_t header = (uint16_t)(t->type->header_at * sizeof(pirn_slot));
    uint32_t count = t->type->result_count, slots = t->type->result_slots;
    if (count == 1 && slots == 1 && t->stack.len != 0) {
        return_value(t, header);
        return;
    }
    if (count == 1 && t->stack.len != 0) { /* a v128 */
        vm_value value = t->stack.data[t->stack.len - 1];
        vm_value_move(t, &value, 0);
        vm_emit(t, vm_return_ir(t, IR_RETURN))[1].d = header;
        return;
    }
    vm_settle(t, count);
    vm_emit_copy_n(t, 0, vm_temp_at(t, (uint32_t)t->stack.len) - slots, slots);
    vm_emit(t, vm_return_ir(t, IR_RETURN))[1].d = header;
}

static void end_function(vm_translator *t, vm_label *label)
{
    if (!t->is_unreachable)
        emit_return(t);
    if (label->chain != VM_NONE || label->landings != VM_NONE) {
        vm_emit_bind(t, &label->chain);
        vm_landings_bind(t, &label->landings);
        vm_pop_to(t, 0);
        push_temps(t, results_of(t, label));
        emit_return(t);
    }
    t->labels.len--;
}

void vm_translate_end(vm_translator *t)
{
    vm_label label = *vm_label_at(t, 0);
    if (label.kind == VM_LABEL_FUNC) {
        end_function(t, &label);
        return;
    }
    type_list results = results_of(t, &label);
    bool is_try_table = label.kind == VM_LABEL_TRY_TABLE, is_catch = label.kind == VM_LABEL_CATCH;
    if (is_try_table) {
        t->labels.len--; /* labels of clauses count from outside of the block */
        vm_translate_clauses(t, &label);
        t->labels.len++;
    }
    bool is_target = label.chain != VM_NONE || label.else_chain != VM_NONE || label.landings != VM_NONE || is_catch;
    if (is_target && !t->is_unreachable)
        settle_results(t, &label, results);
    if (is_target) {
        vm_emit_bind(t, &label.chain);
        vm_emit_bind(t, &label.else_chain);
        vm_landings_bind(t, &label.landings);
        vm_pop_to(t, label.height);
        push_temps(t, results);
        t->is_unreachable = false;
    }
    t->labels.len--;
    if (t->is_unreachable)
        vm_become_unreachable(t);
}

/* ---- Branches ---------------------------------------------------------------------------------------------------------------- */

/* True when the topmost values, once in their temps, are where the label wants them. */
static bool is_in_place(const vm_translator *t, const vm_label *label, type_list list)
{
    return list.count == 0 || vm_temp_at(t, (uint32_t)t->stack.len) - list.slots == label->temp;
}

/* Goes to the label with the topmost values, which are in temps. */
static void emit_moves_and_branch(vm_translator *t, vm_label *label, type_list list)
{
    if (label->kind == VM_LABEL_FUNC) {
        emit_return(t);
        return;
    }
    vm_emit_copy_n(t, label->temp, vm_temp_at(t, (uint32_t)t->stack.len) - list.slots, list.slots);
    vm_label_target(t, emit_branch(t), label);
}

static void translate_br(vm_translator *t, uint32_t depth)
{
    vm_label *label = vm_label_at(t, depth);
    type_list list = branch_types(t, label);
    if (label->kind == VM_LABEL_FUNC) {
        emit_return(t);
    } else if (list.count == 1 && !is_in_place(t, label, list)) {
        vm_value value = vm_pop(t);
        vm_value_move(t, &value, label->temp);
        vm_label_target(t, emit_branch(t), label);
    } else {
        vm_settle(t, list.count);
        emit_moves_and_branch(t, label, list);
    }
    vm_become_unreachable(t);
}

static void translate_br_if(vm_translator *t, uint32_t depth)
{
    vm_condition condition = vm_condition_pop(t);
    vm_label *label = vm_label_at(t, depth);
    type_list list = branch_types(t, label);
    vm_settle(t, list.count);
    if (is_in_place(t, label, list)) {
        vm_label_target(t, emit_branch_if(t, &condition), label);
        return;
    }
    uint32_t past = VM_NONE;
    invert(&condition);
    vm_emit_target_later(t, emit_branch_if(t, &condition), &past);
    emit_moves_and_branch(t, label, list);
    vm_emit_bind(t, &past);
}

uint32_t vm_branch_arity(vm_translator *t, uint32_t depth)
{
    return branch_types(t, vm_label_at(t, depth)).count;
}

void vm_branch_on_ref(vm_translator *t, uint32_t depth, const vm_ref_branch *branch)
{
    vm_label *label = vm_label_at(t, depth);
    type_list list = branch_types(t, label);
    vm_settle(t, list.count);
    if (is_in_place(t, label, list)) {
        branch->emit(t, branch, false);
        vm_label_target(t, vm_emit_here(t) - 1, label);
        return;
    }
    uint32_t past = VM_NONE;
    branch->emit(t, branch, true);
    vm_emit_target_later(t, vm_emit_here(t) - 1, &past);
    emit_moves_and_branch(t, label, list);
    vm_emit_bind(t, &past);
}

/* Where a target of a br_table that needs moves leads to: to the moves, made once for each label of each table. */
static uint32_t table_stub(vm_translator *t, vm_label *label, type_list list)
{
    if (label->table != t->tables) {
        label->table = t->tables;
        label->table_stub = vm_emit_here(t);
        vm_emit_label(t);
        emit_moves_and_branch(t, label, list);
    }
    return label->table_stub;
}

static void translate_br_table(vm_translator *t, const vm_instr *instr)
{
    uint32_t count = instr->vector.count;
    vm_value index = vm_pop_deferred(t);
    bool is_sum = vm_is_deferred_sum(&index);
    int32_t sum = index.operand;
    if (is_sum)
        index.is_deferred = false;
    else if (index.is_deferred)
        vm_undefer(t, &index);
    bool is_acc = index.kind == VM_VALUE_ACC;
    uint16_t slot = is_acc ? 0 : vm_emit_source(t, vm_value_slot(t, &index), 0);
    vm_reader targets = vm_reader_part(&t->reader, instr->vector.entries);
    vm_reader ahead = targets;
    uint32_t depth = vm_reader_leb_u32(&ahead);
    vm_settle(t, branch_types(t, vm_label_at(t, depth)).count);
    vm_ir ir = is_sum ? (is_acc ? IR_BR_TABLE_a_ADD : IR_BR_TABLE_s_ADD) : is_acc ? IR_BR_TABLE_a : IR_BR_TABLE_s;
    vm_word *cell = vm_emit_words(t, ir, vm_ir_words(ir) + count + 1);
    if (t->status != PIRN_OK)
        return;
    cell[1].a = slot;
    cell[1].offset = count;
    if (is_sum)
        cell[2].imm = sum;
    uint32_t word = vm_emit_here(t) - count - 1;
    t->tables++;
    for (uint32_t i = 0; i <= count && t->status == PIRN_OK; i++, word++) {
        vm_label *label = vm_label_at(t, vm_reader_leb_u32(&targets));
        type_list list = branch_types(t, label);
        if (is_in_place(t, label, list))
            vm_label_target(t, word, label);
        else
            vm_emit_target(t, word, table_stub(t, label, list));
    }
    vm_become_unreachable(t);
}

/* ---- Calls -------------------------------------------------------------------------------------------------------------------- */

/* Brings the arguments to where the callee's frame begins, and returns that slot. */
uint32_t vm_call_settle(vm_translator *t, const pirn_functype *type)
{
    vm_settle(t, type->param_count);
    vm_free_accumulator(t, false);
    vm_free_accumulator(t, true);
    uint32_t frame = vm_temp_at(t, (uint32_t)t->stack.len) - type->param_slots;
    uint32_t end = frame + type->header_at + VM_FRAME_HEADER;
    if (end > t->frame_slots)
        t->frame_slots = end;
    return frame;
}

void vm_call_set_frame(vm_word *cell, const pirn_functype *type, uint32_t frame)
{
    cell[1].d = (uint16_t)(type->header_at * sizeof(pirn_slot));
    cell[1].offset = frame * (uint32_t)sizeof(pirn_slot);
}

void vm_call_push_results(vm_translator *t, const pirn_functype *type)
{
    if (type->result_count == 1 && type->result_slots == 1) {
        vm_value value = vm_value_of_type(type->types[type->param_count]);
        value.kind = VM_VALUE_ACC;
        value.cell = VM_NONE;
        value.slot_ir = IR_COUNT;
        vm_push(t, value);
    } else {
        type_list results = {type->types + type->param_count, type->result_count, type->result_slots};
        for (uint32_t i = 0; i < results.count && t->status == PIRN_OK; i++)
            vm_push(t, vm_value_of_type(results.types[i]));
    }
}

void vm_call_finish(vm_translator *t, const pirn_functype *type)
{
    for (uint32_t i = 0; i < type->param_count; i++)
        vm_pop(t);
    vm_call_push_results(t, type);
}

/* Where a call cell leads at first: to the function, or to its stub that corrects the cell. */
static const vm_word *callee_entry(const vm_translator *t, uint32_t func)
{
    uint32_t defined = func - t->syntax->imported_funcs;
    const vm_word *stub = t->module->stubs + (size_t)defined * VM_STUB_WORDS;
    const vm_word *entry = vm_entry_load(&t->module->entries[defined]);
    return entry == stub ? stub + VM_STUB_DIRECT : entry;
}

static void translate_call(vm_translator *t, uint32_t func)
{
    const pirn_functype *type = t->module->types[t->syntax->funcs.data[func].type];
    uint32_t frame = vm_call_settle(t, type);
    bool is_import = func < t->syntax->imported_funcs;
    vm_word *cell = is_import ? vm_emit(t, IR_CALL_IMPORT) : vm_fuse_call(t);
    vm_call_set_frame(cell, type, frame);
    if (is_import)
        cell[2].u64 = func;
    else
        cell[2].target = callee_entry(t, func);
    vm_call_finish(t, type);
}

static void translate_call_indirect(vm_translator *t, const vm_instr *instr)
{
    const pirn_functype *type = t->module->types[instr->index];
    vm_value index = vm_pop(t);
    vm_value_narrow(t, &index, t->syntax->tables.data[instr->index2].type.is64);
    bool is_acc = index.kind == VM_VALUE_ACC;
    uint16_t slot = is_acc ? 0 : vm_emit_source(t, vm_value_slot(t, &index), 0);
    uint32_t frame = vm_call_settle(t, type);
    vm_word *cell = vm_emit(t, is_acc ? IR_CALL_INDIRECT_a : IR_CALL_INDIRECT_s);
    vm_call_set_frame(cell, type, frame);
    cell[1].a = slot;
    cell[2].pointer = type;
    cell[3].u64 = instr->index2;
    vm_call_finish(t, type);
}

/* ------------------------------------------------------------------------------------------------------------------------------- */

bool vm_translate_control(vm_translator *t, const vm_instr *instr)
{
    switch (instr->opcode) {
    case VM_OP_UNREACHABLE:
        vm_emit(t, IR_UNREACHABLE);
        vm_become_unreachable(t);
        return true;
    case VM_OP_BLOCK:
        return translate_block(t, instr), true;
    case VM_OP_LOOP:
        return translate_loop(t, instr), true;
    case VM_OP_IF:
        return translate_if(t, instr), true;
    case VM_OP_ELSE:
        return translate_else(t), true;
    case VM_OP_END:
        return vm_translate_end(t), true;
    case VM_OP_BR:
        return translate_br(t, instr->index), true;
    case VM_OP_BR_IF:
        return translate_br_if(t, instr->index), true;
    case VM_OP_BR_TABLE:
        return translate_br_table(t, instr), true;
    case VM_OP_RETURN:
        return translate_br(t, (uint32_t)t->labels.len - 1), true;
    case VM_OP_CALL:
        return translate_call(t, instr->index), true;
    case VM_OP_CALL_INDIRECT:
        return translate_call_indirect(t, instr), true;
    default:
        return vm_translate_tail_call(t, instr) || vm_translate_exception(t, instr) ||
               vm_translate_reference(t, instr) || vm_translate_continuation(t, instr);
    }
}

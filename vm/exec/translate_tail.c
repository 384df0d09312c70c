/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tail calls: see vm/exec/handlers_tail.c for what the cells do, vm/exec/translate.h for the rest.
 *
 * Usually the callee's header lies where this function's does (types of the same size, above all the function itself): then the
 * arguments are brought to slot 0 by ordinary copies, often for nothing, and the call is a check and a jump.
 */
#include "vm/exec/translate.h"

/* ---- Arguments -------------------------------------------------------------------------------------------------------- */

/* Is a parameter's slot both a source of an argument and the place of another one? */
static bool is_tangled(const vm_translator *t, const pirn_functype *type, const vm_value *arguments)
{
    uint32_t slot = 0;
    for (uint32_t i = 0; i < type->param_count; i++) {
        const vm_value *value = &arguments[i];
        uint32_t source = value->kind == VM_VALUE_LOCAL ? t->locals[value->local].slot : VM_NONE;
        if (source < type->param_slots && source != slot)
            return true;
        slot += value->slots;
    }
    return false;
}

static void move_argument(vm_translator *t, vm_value value, uint32_t slot)
{
    vm_value_move(t, &value, slot);
}

/* The place of the argument that the last cell has made, or VM_NONE. */
static uint32_t last_made(const vm_translator *t, const pirn_functype *type, const vm_value *arguments)
{
    for (uint32_t i = 0; i < type->param_count; i++) {
        if (vm_is_last(t, &arguments[i]))
            return i;
    }
    return VM_NONE;
}

/* Brings the topmost values to slot 0 on. What the last cell has made goes first, so that the cell itself can write it there. */
static void place_arguments(vm_translator *t, const pirn_functype *type)
{
    if (type->param_count == 0)
        return;
    const vm_value *arguments = t->stack.data + t->stack.len - type->param_count;
    if (is_tangled(t, type, arguments))
        vm_settle(t, type->param_count);
    uint32_t last = last_made(t, type, arguments), slot = 0;
    for (uint32_t i = 0; i < type->param_count && last != VM_NONE; slot += arguments[i++].slots) {
        if (i == last)
            move_argument(t, arguments[i], slot);
    }
    slot = 0;
    for (uint32_t i = 0; i < type->param_count; slot += arguments[i++].slots) {
        if (i != last)
            move_argument(t, arguments[i], slot);
    }
}

/* ---- Calls -------------------------------------------------------------------------------------------------------------- */

static uint16_t header_offset(const pirn_functype *type)
{
    return (uint16_t)(type->header_at * sizeof(pirn_slot));
}

/* The callee's header must fit the frame that was checked for this function. */
static void reserve_header(vm_translator *t, const pirn_functype *type)
{
    uint32_t end = type->header_at + VM_FRAME_HEADER;
    if (end > t->frame_slots)
        t->frame_slots = end;
}

/* Emits the cell that goes to a callee of this type: `still` when the header can stay, else `moving`. `entry` is for cells with
 * a known callee. */
static void emit_tail(vm_translator *t, const pirn_functype *type, vm_ir still, vm_ir moving, const void *entry)
{
    reserve_header(t, type);
    if (t->stack.len < type->param_count) /* after a failed push */
        return;
    if (type->header_at == t->type->header_at) {
        place_arguments(t, type);
        vm_word *cell = vm_emit(t, still);
        if (entry != NULL)
            cell[2].pointer = entry;
        return;
    }
    vm_settle(t, type->param_count);
    uint32_t source = vm_temp_at(t, (uint32_t)t->stack.len) - type->param_slots;
    vm_word *cell = vm_emit(t, moving);
    cell[1].d = header_offset(t->type);
    cell[1].a = header_offset(type);
    cell[1].offset = source * (uint32_t)sizeof(pirn_slot);
    cell[2].u64 = type->param_slots * sizeof(pirn_slot);
    if (entry != NULL)
        cell[3].pointer = entry;
}

static void translate_call(vm_translator *t, uint32_t func)
{
    const pirn_functype *type = t->module->types[t->syntax->funcs.data[func].type];
    uint32_t imported = t->syntax->imported_funcs;
    if (func >= imported) {
        emit_tail(t, type, IR_TAIL_CALL, IR_TAIL_CALL_MOVE, &t->module->entries[func - imported]);
        return;
    }
    vm_free_accumulator(t, false);
    vm_emit(t, IR_TAIL_FUNC)[1].offset = func;
    emit_tail(t, type, IR_TAIL_REF, IR_TAIL_REF_MOVE, NULL);
}

static void translate_call_indirect(vm_translator *t, const vm_instr *instr)
{
    const pirn_functype *type = t->module->types[instr->index];
    vm_value index = vm_pop(t);
    vm_value_narrow(t, &index, t->syntax->tables.data[instr->index2].type.is64);
    bool is_acc = index.kind == VM_VALUE_ACC;
    uint16_t slot = is_acc ? 0 : vm_emit_source(t, vm_value_slot(t, &index), 0);
    vm_free_accumulator(t, false);
    vm_word *cell = vm_emit(t, is_acc ? IR_TAIL_INDIRECT_a : IR_TAIL_INDIRECT_s);
    cell[1].a = slot;
    cell[2].pointer = type;
    cell[3].u64 = instr->index2;
    emit_tail(t, type, IR_TAIL_REF, IR_TAIL_REF_MOVE, NULL);
}

static void translate_call_ref(vm_translator *t, const vm_instr *instr)
{
    vm_value callee = vm_pop(t);
    bool is_acc = callee.kind == VM_VALUE_ACC;
    uint16_t slot = is_acc ? 0 : vm_emit_source(t, vm_value_slot(t, &callee), 0);
    vm_free_accumulator(t, false);
    vm_emit(t, is_acc ? IR_TAIL_FUNCREF_a : IR_TAIL_FUNCREF_s)[1].a = slot;
    emit_tail(t, t->module->types[instr->index], IR_TAIL_REF, IR_TAIL_REF_MOVE, NULL);
}

bool vm_translate_tail_call(vm_translator *t, const vm_instr *instr)
{
    switch (instr->opcode) {
    case VM_OP_RETURN_CALL:
        translate_call(t, instr->index);
        break;
    case VM_OP_RETURN_CALL_INDIRECT:
        translate_call_indirect(t, instr);
        break;
    case VM_OP_RETURN_CALL_REF:
        translate_call_ref(t, instr);
        break;
    default:
        return false;
    }
    vm_become_unreachable(t);
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deferred operations: see vm/exec/translate.h. Those that are deferred cannot trap, depend on one value only, and are likely to
 * be a part of what comes: sums and shifts of addresses, masks, shifted operands.
 */
#include "vm/exec/image.h"
#include "vm/exec/translate.h"

enum { MAX_SCALE = 3 };

static bool is_deferrable(uint32_t operation)
{
    switch (operation) {
    case IR_I32_ADD_ss_s:
    case IR_I32_SHL_ss_s:
    case IR_I32_SHR_U_ss_s:
    case IR_I32_ROTL_ss_s:
    case IR_I32_AND_ss_s:
    case IR_I64_SHL_ss_s:
    case IR_I64_SHR_U_ss_s:
    case IR_I64_ROTL_ss_s:
    case IR_I64_AND_ss_s:
        return true;
    default:
        return false;
    }
}

static int32_t wrapping_sum(int32_t x, int32_t y)
{
    return (int32_t)((uint32_t)x + (uint32_t)y);
}

bool vm_is_deferred_sum(const vm_value *value)
{
    return value->is_deferred && value->operation == IR_I32_ADD_ss_s && value->extra == 0;
}

/* A second constant of what is deferred already. */
static bool add_to(vm_value *value, uint32_t operation, int32_t operand)
{
    uint32_t first = value->is_deferred ? value->operation : IR_COUNT;
    if (operation == IR_I32_ADD_ss_s && vm_is_deferred_sum(value)) {
        value->operand = wrapping_sum(value->operand, operand);
        return true;
    }
    if (operation == IR_I32_ADD_ss_s && first == IR_I32_SHL_ss_s && value->operand <= MAX_SCALE) {
        value->extra = wrapping_sum(value->extra, operand);
        return true;
    }
    bool is_masked = operation == IR_I32_AND_ss_s && (first == IR_I32_SHR_U_ss_s || first == IR_I32_ADD_ss_s);
    if (!is_masked || value->extra != 0 || operand == 0)
        return false;
    value->extra = operand;
    return true;
}

bool vm_defer(vm_translator *t, const vm_family *family, const vm_value *value, uint64_t bits)
{
    uint32_t operation = family->first;
    bool is_short = family->operand == 'I';
    int32_t operand = is_short ? (int32_t)vm_u32_of_image(bits) : (int32_t)(int64_t)bits;
    bool is_small = is_short || (uint64_t)(int64_t)operand == bits;
    if (operation == IR_I32_SUB_ss_s) {
        operation = IR_I32_ADD_ss_s;
        operand = wrapping_sum(~operand, 1);
    }
    /* A temp is found by its place on the stack only, so it must stay there. */
    bool is_moved = value->kind == VM_VALUE_TEMP && value->temp != vm_temp_at(t, (uint32_t)t->stack.len);
    if (!t->has_fusion || !is_small || !is_deferrable(operation) || is_moved)
        return false;
    vm_value result = *value;
    if (!add_to(&result, operation, operand)) {
        if (result.is_deferred)
            vm_undefer(t, &result);
        bool is_mask = operation == IR_I32_AND_ss_s || operation == IR_I64_AND_ss_s || operation == IR_I32_ADD_ss_s;
        result.is_deferred = true;
        result.operation = (uint16_t)operation;
        result.operand = is_mask ? operand : operand & (is_short ? 31 : 63);
        result.extra = 0;
    }
    vm_push(t, result);
    return true;
}

static vm_ir composite_of(uint32_t operation)
{
    switch (operation) {
    case IR_I32_SHL_ss_s:
        return IR_I32_SCALE_s_s;
    case IR_I32_SHR_U_ss_s:
        return IR_I32_FIELD_s_s;
    default:
        return IR_I32_WRAP_s_s;
    }
}

/* Emits the operation; `slot_ir` is its member whose destination is a slot. */
static void emit_operation(vm_translator *t, const vm_value *value, bool to_slot, uint32_t slot, uint32_t *slot_ir)
{
    bool is_acc = value->kind == VM_VALUE_ACC;
    uint16_t source = 0;
    if (!is_acc)
        source = vm_emit_source(t, value->kind == VM_VALUE_LOCAL ? t->locals[value->local].slot : value->temp, 0);
    vm_word operands = {.d = to_slot ? vm_emit_dest(t, slot) : 0, .a = source};
    operands.imm = value->operand;
    if (value->extra != 0) {
        *slot_ir = (uint32_t)composite_of(value->operation) + (is_acc ? 2 : 0);
        vm_word *cell = vm_emit(t, (vm_ir)(*slot_ir + !to_slot));
        cell[1] = operands;
        cell[2].imm = value->extra;
        return;
    }
    *slot_ir = value->operation + 2 * (is_acc ? VM_FORM_AI : VM_FORM_SI);
    bool is_near_add = to_slot && !is_acc && value->operation == IR_I32_ADD_ss_s;
    if (is_near_add && vm_fuse_add(t, operands.d, operands.a, operands.imm))
        return;
    vm_ir ir = (vm_ir)(*slot_ir + !to_slot);
    vm_word *cell = vm_emit(t, ir);
    if (vm_ir_words(ir) > 2) {
        operands.imm = 0;
        cell[2].u64 = (uint64_t)(int64_t)value->operand;
    }
    cell[1] = operands;
}

void vm_undefer_to(vm_translator *t, const vm_value *value, uint32_t slot)
{
    uint32_t slot_ir;
    emit_operation(t, value, true, slot, &slot_ir);
    vm_emit_dest_done(t, slot);
}

void vm_undefer(vm_translator *t, vm_value *value)
{
    bool is_free = t->owner[VM_INTEGER] == VM_NONE && !t->in_flight[VM_INTEGER];
    if (value->kind != VM_VALUE_ACC && !is_free) {
        vm_value_slot(t, value);
        return;
    }
    uint32_t slot_ir;
    emit_operation(t, value, false, 0, &slot_ir);
    value->kind = VM_VALUE_ACC;
    value->is_deferred = false;
    value->slot_ir = (uint16_t)slot_ir;
    value->cell = t->recent_count != 0 ? t->recent[0].cell : VM_NONE;
    t->last.cell = value->cell;
    t->last.compare = VM_NONE;
    t->last.offset = t->offset;
    t->in_flight[VM_INTEGER] = true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Calls and branches by reference: see vm/exec/translate.h. A reference that is only looked at stays where it is. */
#include "vm/exec/translate.h"

static void translate_call_ref(vm_translator *t, const vm_instr *instr)
{
    const pirn_functype *type = t->module->types[instr->index];
    vm_value callee = vm_pop(t);
    bool is_acc = callee.kind == VM_VALUE_ACC;
    uint16_t slot = is_acc ? 0 : vm_emit_source(t, vm_value_slot(t, &callee), 0);
    uint32_t frame = vm_call_settle(t, type);
    vm_word *cell = vm_emit(t, is_acc ? IR_CALL_REF_a : IR_CALL_REF_s);
    vm_call_set_frame(cell, type, frame);
    cell[1].a = slot;
    vm_call_finish(t, type);
}

static void translate_as_non_null(vm_translator *t)
{
    vm_value value = vm_pop(t);
    uint16_t slot = vm_emit_source(t, vm_value_slot(t, &value), 0);
    vm_emit(t, IR_REF_AS_NON_NULL)[1].a = slot;
    vm_push(t, value);
}

/* ---- Branches --------------------------------------------------------------------------------------------------------- */

static void emit_if_null(vm_translator *t, const vm_ref_branch *branch, bool inverted)
{
    uint16_t slot = vm_emit_source(t, branch->slot, 0);
    vm_emit(t, inverted ? IR_BR_NON_NULL : IR_BR_NULL)[1].a = slot;
}

static void emit_if_not_null(vm_translator *t, const vm_ref_branch *branch, bool inverted)
{
    emit_if_null(t, branch, !inverted);
}

/* The label takes what is below the reference. */
static void translate_br_on_null(vm_translator *t, uint32_t depth)
{
    vm_value value = vm_pop(t);
    vm_branch_on_ref(t, depth, &(vm_ref_branch){.emit = emit_if_null, .slot = vm_value_slot(t, &value)});
    vm_push(t, value);
}

/* The label takes the reference, too. */
static void translate_br_on_non_null(vm_translator *t, uint32_t depth)
{
    vm_settle(t, 1);
    uint32_t slot = vm_temp_at(t, (uint32_t)t->stack.len - (t->stack.len != 0));
    vm_branch_on_ref(t, depth, &(vm_ref_branch){.emit = emit_if_not_null, .slot = slot});
    vm_pop(t);
}

bool vm_translate_reference(vm_translator *t, const vm_instr *instr)
{
    switch (instr->opcode) {
    case VM_OP_CALL_REF:
        return translate_call_ref(t, instr), true;
    case VM_OP_REF_AS_NON_NULL:
        return translate_as_non_null(t), true;
    case VM_OP_BR_ON_NULL:
        return translate_br_on_null(t, instr->index), true;
    case VM_OP_BR_ON_NON_NULL:
        return translate_br_on_non_null(t, instr->index), true;
    default:
        return vm_translate_gc(t, instr);
    }
}

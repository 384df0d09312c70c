/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors of structures: see vm/exec/translate.h, and vm/valid/descriptor.c for what they are. */
#include "vm/exec/heap.h"
#include "vm/exec/translate.h"

static const vm_layout *layout_at(const vm_translator *t, uint32_t index)
{
    return (const vm_layout *)t->module->rtts[index];
}

/* The descriptor is the last operand, behind the values of the fields. */
static void translate_new(vm_translator *t, const vm_instr *instr)
{
    const vm_layout *layout = layout_at(t, instr->index);
    uint64_t slots = 0;
    for (uint32_t i = 0; i < layout->field_count; i++)
        slots += pirn_valtype_slots(layout->fields[i].type);
    vm_word *cell = vm_emit_whole(t, IR_STRUCT_NEW_DESC, layout->field_count + 1, PIRN_ANYREF);
    cell[2].pointer = layout;
    cell[3].u64 = slots;
}

static void translate_new_default(vm_translator *t, const vm_instr *instr)
{
    vm_emit_whole(t, IR_STRUCT_NEW_DEFAULT_DESC, 1, PIRN_ANYREF)[2].pointer = layout_at(t, instr->index);
}

static uint16_t source_of(vm_translator *t, vm_value *value, uint32_t n)
{
    return vm_emit_source(t, vm_value_slot(t, value), n);
}

/* All types below have their descriptor at the same place. */
static void translate_get(vm_translator *t, const vm_instr *instr)
{
    vm_value value = vm_pop(t);
    uint16_t object = source_of(t, &value, 0);
    vm_word *cell = vm_emit_result(t, IR_REF_GET_DESC_s, 'L');
    cell[1].a = object;
    cell[1].offset = layout_at(t, instr->index)->descriptor_at;
}

static uint32_t test_of(vm_valtype target)
{
    return vm_ref_is_nullable(target) ? VM_TEST_NULL : 0;
}

/* The value stays where it is. */
static void translate_cast(vm_translator *t, const vm_instr *instr)
{
    vm_value descriptor = vm_pop(t), value = vm_pop(t);
    uint16_t other = source_of(t, &descriptor, 1), slot = source_of(t, &value, 0);
    vm_word *cell = vm_emit(t, IR_REF_CAST_DESC);
    cell[1].a = slot;
    cell[1].b = other;
    cell[2].u64 = test_of(instr->type);
    vm_push(t, value);
}

static void emit_branch(vm_translator *t, const vm_ref_branch *branch, bool inverted)
{
    uint16_t slot = vm_emit_source(t, branch->slot, 0), descriptor = vm_emit_source(t, branch->descriptor, 1);
    vm_word *cell = vm_emit(t, IR_BR_CAST_DESC);
    cell[1].a = slot;
    cell[1].b = descriptor;
    cell[2].u64 = branch->test ^ (inverted ? VM_TEST_INVERT : 0);
}

/* The descriptor is in a temp above all that the label takes: nothing is written there before the branch. */
static void translate_branch(vm_translator *t, const vm_instr *instr)
{
    vm_ref_branch branch = {.emit = emit_branch, .test = test_of(instr->cast.to)};
    if (instr->opcode == VM_OP_BR_ON_CAST_DESC_EQ_FAIL)
        branch.test |= VM_TEST_INVERT;
    vm_settle(t, 2);
    vm_value descriptor = vm_pop(t);
    branch.descriptor = vm_value_slot(t, &descriptor);
    branch.slot = vm_temp_at(t, (uint32_t)t->stack.len - (t->stack.len != 0));
    vm_branch_on_ref(t, instr->cast.label, &branch);
}

bool vm_translate_descriptor(vm_translator *t, const vm_instr *instr)
{
    switch (instr->opcode) {
    case VM_OP_STRUCT_NEW_DESC:
        return translate_new(t, instr), true;
    case VM_OP_STRUCT_NEW_DEFAULT_DESC:
        return translate_new_default(t, instr), true;
    case VM_OP_REF_GET_DESC:
        return translate_get(t, instr), true;
    case VM_OP_REF_CAST_DESC_EQ:
    case VM_OP_REF_CAST_DESC_EQ_NULL:
        return translate_cast(t, instr), true;
    case VM_OP_BR_ON_CAST_DESC_EQ:
    case VM_OP_BR_ON_CAST_DESC_EQ_FAIL:
        return translate_branch(t, instr), true;
    default:
        return false;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structures, arrays, i31 and casts: see vm/exec/translate.h. Reading and writing one field has its operands in any slots;
 * what makes objects or works on whole ones finds them one behind the other in their temps.
 */
#include "vm/exec/heap.h"
#include "vm/exec/translate.h"

static const vm_layout *layout_at(const vm_translator *t, uint32_t index)
{
    return (const vm_layout *)t->module->rtts[index];
}

static bool is_float(vm_valtype type)
{
    return type == PIRN_F32 || type == PIRN_F64;
}

/* ---- One field ------------------------------------------------------------------------------------------------------- */

/* In the order of the cells: each has one with a slot as destination and one with an accumulator. */
typedef enum getter { GET_I8_S, GET_I8_U, GET_I16_S, GET_I16_U, GET_I32, GET_I64, GET_F32, GET_F64 } getter;

static getter getter_of(const vm_layout_field *field, bool is_signed)
{
    switch (field->size) {
    case 1:
        return is_signed ? GET_I8_S : GET_I8_U;
    case 2:
        return is_signed ? GET_I16_S : GET_I16_U;
    case 4:
        return is_float(field->type) ? GET_F32 : GET_I32;
    default:
        return is_float(field->type) ? GET_F64 : GET_I64;
    }
}

vm_word *vm_emit_whole(vm_translator *t, vm_ir ir, uint32_t operands, vm_valtype result)
{
    vm_settle(t, operands);
    uint32_t end = vm_temp_at(t, (uint32_t)t->stack.len);
    uint32_t height = (uint32_t)t->stack.len - (operands <= t->stack.len ? operands : 0);
    uint32_t first = vm_temp_at(t, height);
    vm_pop_to(t, height);
    if (result != VM_BOTTOM)
        vm_push(t, vm_value_of_type(result));
    vm_word *cell = vm_emit(t, ir);
    cell[1].far_d = first * (uint32_t)sizeof(pirn_slot);
    cell[1].far_a = end * (uint32_t)sizeof(pirn_slot);
    return cell;
}

/* A value that stays where it is, in a slot that an operand can name. */
static uint16_t pop_slot(vm_translator *t, uint32_t n)
{
    vm_value value = vm_pop(t);
    return vm_emit_source(t, vm_value_slot(t, &value), n);
}

static void translate_struct_get(vm_translator *t, const vm_instr *instr)
{
    const vm_layout_field *field = &layout_at(t, instr->index)->fields[instr->index2];
    if (field->size == 16) {
        vm_emit_whole(t, IR_STRUCT_GET_128, 1, PIRN_V128)[2].u64 = field->offset;
        return;
    }
    getter get = getter_of(field, instr->opcode == VM_OP_STRUCT_GET_S);
    uint16_t object = pop_slot(t, 0);
    vm_word *cell = vm_emit_result(t, (vm_ir)(IR_STRUCT_GET_I8_S_s + 2 * get), get >= GET_F32 ? 'F' : 'I');
    cell[1].a = object;
    cell[1].offset = field->offset;
}

static void translate_array_get(vm_translator *t, const vm_instr *instr)
{
    const vm_layout_field *field = layout_at(t, instr->index)->fields;
    if (field->size == 16) {
        vm_emit_whole(t, IR_ARRAY_GET_128, 2, PIRN_V128);
        return;
    }
    getter get = getter_of(field, instr->opcode == VM_OP_ARRAY_GET_S);
    uint16_t index = pop_slot(t, 1), array = pop_slot(t, 0);
    vm_word *cell = vm_emit_result(t, (vm_ir)(IR_ARRAY_GET_I8_S_s + 2 * get), get >= GET_F32 ? 'F' : 'I');
    cell[1].a = array;
    cell[1].b = index;
}

/* Which of the cells for 1, 2, 4 and 8 bytes. */
static uint32_t setter_of(const vm_layout_field *field)
{
    return field->size == 1 ? 0 : field->size == 2 ? 1 : field->size == 4 ? 2 : 3;
}

static void translate_struct_set(vm_translator *t, const vm_instr *instr)
{
    const vm_layout_field *field = &layout_at(t, instr->index)->fields[instr->index2];
    if (field->size == 16) {
        vm_emit_whole(t, IR_STRUCT_SET_128, 2, VM_BOTTOM)[2].u64 = field->offset;
        return;
    }
    uint16_t value = pop_slot(t, 1), object = pop_slot(t, 0);
    vm_word *cell = vm_emit(t, (vm_ir)(IR_STRUCT_SET_8 + setter_of(field)));
    cell[1].d = object;
    cell[1].a = value;
    cell[1].offset = field->offset;
}

static void translate_array_set(vm_translator *t, const vm_instr *instr)
{
    const vm_layout_field *field = layout_at(t, instr->index)->fields;
    if (field->size == 16) {
        vm_emit_whole(t, IR_ARRAY_SET_128, 3, VM_BOTTOM);
        return;
    }
    uint16_t value = pop_slot(t, 2), index = pop_slot(t, 1), array = pop_slot(t, 0);
    vm_emit(t, (vm_ir)(IR_ARRAY_SET_8 + setter_of(field)))[1] = (vm_word){.d = array, .a = index, .b = value};
}

/* ---- Whole objects ------------------------------------------------------------------------------------------------------- */

static void translate_whole(vm_translator *t, vm_ir ir, uint32_t operands, bool has_result, const vm_instr *instr)
{
    uint32_t words = vm_ir_words(ir);
    vm_word *cell = vm_emit_whole(t, ir, operands, has_result ? PIRN_ANYREF : VM_BOTTOM);
    if (words > 2)
        cell[2].pointer = layout_at(t, instr->index);
    if (words > 3)
        cell[3].u64 = instr->index2;
}

/* ---- Casts ----------------------------------------------------------------------------------------------------------------- */

static uint32_t abstract_test(uint8_t code)
{
    switch (code) {
    case VM_CODE_EQ:
        return VM_TEST_EQ;
    case VM_CODE_I31:
        return VM_TEST_I31;
    case VM_CODE_STRUCTREF:
        return VM_TEST_STRUCT;
    case VM_CODE_ARRAYREF:
        return VM_TEST_ARRAY;
    case VM_CODE_NONE:
    case VM_CODE_NOFUNC:
    case VM_CODE_NOEXTERN:
    case VM_CODE_NOEXN:
        return VM_TEST_NONE;
    default:
        return VM_TEST_ANY;
    }
}

/* The test for a reference type; *type is what it may be against. */
static uint32_t test_of(const vm_translator *t, vm_valtype target, const void **type)
{
    uint32_t null = vm_ref_is_nullable(target) ? VM_TEST_NULL : 0;
    *type = NULL;
    if (!vm_ref_is_concrete(target))
        return abstract_test(vm_ref_code(target)) | null;
    const vm_rtt *rtt = t->module->rtts[vm_ref_index(target)];
    *type = rtt;
    if (vm_ref_is_exact(target))
        return VM_TEST_EXACT | null;
    return (rtt->kind == VM_TYPE_FUNC ? VM_TEST_FUNC : VM_TEST_OBJECT) | null;
}

static void translate_ref_test(vm_translator *t, const vm_instr *instr)
{
    const void *type;
    uint32_t test = test_of(t, instr->type, &type);
    vm_word *cell = vm_translate_plain(t, IR_REF_TEST, 1, true);
    cell[2].u64 = test;
    cell[3].pointer = type;
}

/* The value stays where it is. */
static void translate_ref_cast(vm_translator *t, const vm_instr *instr)
{
    const void *type;
    uint32_t test = test_of(t, instr->type, &type);
    vm_value value = vm_pop(t);
    uint16_t slot = vm_emit_source(t, vm_value_slot(t, &value), 0);
    vm_word *cell = vm_emit(t, IR_REF_CAST);
    cell[1].a = slot;
    cell[1].offset = test;
    cell[2].pointer = type;
    vm_push(t, value);
}

static void emit_branch(vm_translator *t, const vm_ref_branch *branch, bool inverted)
{
    uint16_t slot = vm_emit_source(t, branch->slot, 0);
    vm_word *cell = vm_emit(t, IR_BR_CAST);
    cell[1].a = slot;
    cell[1].offset = branch->test ^ (inverted ? VM_TEST_INVERT : 0);
    cell[2].pointer = branch->type;
}

static void translate_br_on_cast(vm_translator *t, const vm_instr *instr)
{
    vm_ref_branch branch = {.emit = emit_branch};
    branch.test = test_of(t, instr->cast.to, &branch.type);
    if (instr->opcode == VM_OP_BR_ON_CAST_FAIL)
        branch.test |= VM_TEST_INVERT;
    vm_settle(t, 1);
    branch.slot = vm_temp_at(t, (uint32_t)t->stack.len - (t->stack.len != 0));
    vm_branch_on_ref(t, instr->cast.label, &branch);
}

/* ---------------------------------------------------------------------------------------------------------------------------- */

bool vm_translate_gc(vm_translator *t, const vm_instr *instr)
{
    switch (instr->opcode) {
    case VM_OP_STRUCT_NEW:
        return translate_whole(t, IR_STRUCT_NEW, layout_at(t, instr->index)->field_count, true, instr), true;
    case VM_OP_STRUCT_NEW_DEFAULT:
        return translate_whole(t, IR_STRUCT_NEW_DEFAULT, 0, true, instr), true;
    case VM_OP_STRUCT_GET:
    case VM_OP_STRUCT_GET_S:
    case VM_OP_STRUCT_GET_U:
        return translate_struct_get(t, instr), true;
    case VM_OP_STRUCT_SET:
        return translate_struct_set(t, instr), true;
    case VM_OP_ARRAY_NEW:
        return translate_whole(t, IR_ARRAY_NEW, 2, true, instr), true;
    case VM_OP_ARRAY_NEW_DEFAULT:
        return translate_whole(t, IR_ARRAY_NEW_DEFAULT, 1, true, instr), true;
    case VM_OP_ARRAY_NEW_FIXED:
        return translate_whole(t, IR_ARRAY_NEW_FIXED, instr->index2, true, instr), true;
    case VM_OP_ARRAY_NEW_DATA:
        return translate_whole(t, IR_ARRAY_NEW_DATA, 2, true, instr), true;
    case VM_OP_ARRAY_NEW_ELEM:
        return translate_whole(t, IR_ARRAY_NEW_ELEM, 2, true, instr), true;
    case VM_OP_ARRAY_GET:
    case VM_OP_ARRAY_GET_S:
    case VM_OP_ARRAY_GET_U:
        return translate_array_get(t, instr), true;
    case VM_OP_ARRAY_SET:
        return translate_array_set(t, instr), true;
    case VM_OP_ARRAY_LEN:
        return vm_translate_plain(t, IR_ARRAY_LEN, 1, true), true;
    case VM_OP_ARRAY_FILL:
        return translate_whole(t, IR_ARRAY_FILL, 4, false, instr), true;
    case VM_OP_ARRAY_COPY:
        return translate_whole(t, IR_ARRAY_COPY, 5, false, instr), true;
    case VM_OP_ARRAY_INIT_DATA:
        return translate_whole(t, IR_ARRAY_INIT_DATA, 4, false, instr), true;
    case VM_OP_ARRAY_INIT_ELEM:
        return translate_whole(t, IR_ARRAY_INIT_ELEM, 4, false, instr), true;
    case VM_OP_REF_EQ:
        return vm_translate_plain(t, IR_REF_EQ, 2, true), true;
    case VM_OP_REF_TEST:
    case VM_OP_REF_TEST_NULL:
        return translate_ref_test(t, instr), true;
    case VM_OP_REF_CAST:
    case VM_OP_REF_CAST_NULL:
        return translate_ref_cast(t, instr), true;
    case VM_OP_BR_ON_CAST:
    case VM_OP_BR_ON_CAST_FAIL:
        return translate_br_on_cast(t, instr), true;
    case VM_OP_ANY_CONVERT_EXTERN:
        return vm_emit_whole(t, IR_ANY_CONVERT_EXTERN, 1, PIRN_ANYREF), true;
    case VM_OP_EXTERN_CONVERT_ANY:
        return vm_emit_whole(t, IR_EXTERN_CONVERT_ANY, 1, PIRN_EXTERNREF), true;
    case VM_OP_REF_I31:
        return vm_translate_plain(t, IR_REF_I31, 1, true), true;
    case VM_OP_I31_GET_S:
        return vm_translate_plain(t, IR_I31_GET_S, 1, true), true;
    case VM_OP_I31_GET_U:
        return vm_translate_plain(t, IR_I31_GET_U, 1, true), true;
    default:
        return vm_translate_descriptor(t, instr);
    }
}

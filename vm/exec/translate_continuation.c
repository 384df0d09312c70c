/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Continuations: see vm/exec/continuation.h for what the cells do, vm/exec/translate.h for the rest.
 *
 * Operands lie one behind the other in their temps. A handler leads to a label like a branch: what is below the label is in temps
 * since the block began, and the values are written where the label wants them.
 *
 * Where a frame may be left and never gone on with, a straight-line run ends: its rest costs fuel when it is reached.
 */
#include "vm/exec/continuation.h"
#include "vm/exec/translate.h"

/* The function type of a continuation type. */
static const pirn_functype *type_of(const vm_translator *t, uint32_t index)
{
    return t->module->types[t->syntax->types.data[index].cont];
}

static const pirn_functype *tag_type(const vm_translator *t, uint32_t tag)
{
    return t->module->types[t->syntax->tags.data[tag].type];
}

/* Brings `count` values to their temps and takes them off; returns the first slot. Nothing is left in accumulators. */
static uint32_t pop_operands(vm_translator *t, uint32_t count)
{
    vm_settle(t, count);
    vm_free_accumulator(t, false);
    vm_free_accumulator(t, true);
    vm_pop_to(t, (uint32_t)t->stack.len - (count <= t->stack.len ? count : 0));
    return vm_temp_at(t, (uint32_t)t->stack.len);
}

static void set_operands(vm_word *cell, uint32_t slot)
{
    cell[1].offset = slot * (uint32_t)sizeof(pirn_slot);
}

static void push_types(vm_translator *t, const pirn_valtype *types, uint32_t count)
{
    for (uint32_t i = 0; i < count && t->status == PIRN_OK; i++)
        vm_push(t, vm_value_of_type(types[i]));
}

/* ---- Making, binding --------------------------------------------------------------------------------------------------- */

static void translate_new(vm_translator *t)
{
    uint32_t slot = pop_operands(t, 1);
    vm_word *cell = vm_emit(t, IR_CONT_NEW);
    cell[1].far_d = slot * (uint32_t)sizeof(pirn_slot);
    cell[1].far_a = (slot + 1) * (uint32_t)sizeof(pirn_slot);
    vm_push(t, vm_value_of_type(PIRN_CONTREF));
}

static void translate_bind(vm_translator *t, const vm_instr *instr)
{
    const pirn_functype *from = type_of(t, instr->index), *to = type_of(t, instr->index2);
    uint32_t slot = pop_operands(t, from->param_count - to->param_count + 1);
    vm_word *cell = vm_emit(t, IR_CONT_BIND);
    set_operands(cell, slot);
    cell[2].u64 = from->param_slots - to->param_slots;
    vm_push(t, vm_value_of_type(PIRN_CONTREF));
}

/* ---- Out and across ------------------------------------------------------------------------------------------------------ */

static void translate_suspend(vm_translator *t, uint32_t tag)
{
    const pirn_functype *type = tag_type(t, tag);
    uint32_t slot = pop_operands(t, type->param_count);
    vm_word *cell = vm_emit(t, IR_SUSPEND);
    set_operands(cell, slot);
    cell[2].u64 = tag;
    push_types(t, type->types + type->param_count, type->result_count);
}

/* What the continuation that is left takes when it is resumed: by the last parameter of the one switched to. */
static void push_left_params(vm_translator *t, uint32_t index)
{
    const vm_functype *to = &t->syntax->types.data[t->syntax->types.data[index].cont].func;
    const pirn_functype *left = type_of(t, vm_ref_index(to->params[to->param_count - 1]));
    push_types(t, left->types, left->param_count);
}

static void translate_switch(vm_translator *t, const vm_instr *instr)
{
    const pirn_functype *type = type_of(t, instr->index);
    uint32_t slot = pop_operands(t, type->param_count);
    vm_word *cell = vm_emit(t, IR_SWITCH);
    set_operands(cell, slot);
    cell[2].pointer = type;
    cell[3].u64 = instr->index2;
    push_left_params(t, instr->index);
}

/* ---- In --------------------------------------------------------------------------------------------------------------------- */

/* Emits the cell with all but its handlers, whose number is its word `at`. NULL when out of memory. */
static vm_word *emit_resume(vm_translator *t, vm_ir ir, const vm_instr *instr, uint32_t operands)
{
    uint32_t slot = pop_operands(t, operands), words = vm_ir_words(ir);
    vm_word *cell = vm_emit_words(t, ir, words + VM_HANDLER_WORDS * instr->resume.count);
    if (t->status != PIRN_OK)
        return NULL;
    set_operands(cell, slot);
    cell[2].pointer = type_of(t, instr->resume.type);
    cell[words - 1].u64 = instr->resume.count;
    return cell;
}

/* Writes the handlers at the end of the last cell. */
static void write_handlers(vm_translator *t, const vm_instr *instr)
{
    vm_reader handlers = vm_reader_part(&t->reader, instr->resume.handlers);
    uint32_t word = vm_emit_here(t) - VM_HANDLER_WORDS * instr->resume.count;
    for (uint32_t i = 0; i < instr->resume.count && t->status == PIRN_OK; i++, word += VM_HANDLER_WORDS) {
        vm_on on = vm_reader_on(&handlers);
        t->code.data[word].far_d = on.tag;
        if (on.kind == VM_ON_SWITCH)
            continue;
        vm_label *label = vm_label_at(t, on.label);
        t->code.data[word].far_a = label->temp * (uint32_t)sizeof(pirn_slot);
        vm_label_target(t, word + 1, label);
    }
}

static void translate_resume(vm_translator *t, const vm_instr *instr)
{
    const pirn_functype *type = type_of(t, instr->resume.type);
    if (emit_resume(t, IR_RESUME, instr, type->param_count + 1) == NULL)
        return;
    write_handlers(t, instr);
    vm_call_push_results(t, type);
}

static void translate_resume_throw(vm_translator *t, const vm_instr *instr)
{
    uint32_t values = tag_type(t, instr->resume.tag)->param_count;
    vm_word *cell = emit_resume(t, IR_RESUME_THROW, instr, values + 1);
    if (cell == NULL)
        return;
    cell[3].u64 = instr->resume.tag;
    write_handlers(t, instr);
    vm_call_push_results(t, type_of(t, instr->resume.type));
}

static void translate_resume_throw_ref(vm_translator *t, const vm_instr *instr)
{
    if (emit_resume(t, IR_RESUME_THROW_REF, instr, 2) == NULL)
        return;
    write_handlers(t, instr);
    vm_call_push_results(t, type_of(t, instr->resume.type));
}

/* ---------------------------------------------------------------------------------------------------------------------------- */

bool vm_translate_continuation(vm_translator *t, const vm_instr *instr)
{
    switch (instr->opcode) {
    case VM_OP_CONT_NEW:
        return translate_new(t), true;
    case VM_OP_CONT_BIND:
        return translate_bind(t, instr), true;
    case VM_OP_SUSPEND:
        translate_suspend(t, instr->index);
        break;
    case VM_OP_SWITCH:
        translate_switch(t, instr);
        break;
    case VM_OP_RESUME:
        translate_resume(t, instr);
        break;
    case VM_OP_RESUME_THROW:
        translate_resume_throw(t, instr);
        break;
    case VM_OP_RESUME_THROW_REF:
        translate_resume_throw_ref(t, instr);
        break;
    default:
        return false;
    }
    t->fuel_cell = VM_NONE;
    return true;
}

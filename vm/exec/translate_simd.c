/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector instructions: see vm/exec/translate.h. Each is one cell (vm/exec/ir_simd.def), and its row in opcode.def says
 * all there is to know: the signature what the operands and the result are, the immediate what else is in the cell.
 *
 * A v128 is never in an accumulator: it is in a local or in its temp. When the next instruction sets a local to it, the
 * cell's destination is changed, as it is for scalars.
 */
#include "vm/exec/translate.h"

enum { MAX_OPERANDS = 3 };

static vm_valtype type_of(char letter)
{
    switch (letter) {
    case 'v':
        return PIRN_V128;
    case 'l':
        return PIRN_I64;
    case 'f':
        return PIRN_F32;
    case 'd':
        return PIRN_F64;
    default:
        return PIRN_I32;
    }
}

/* Pops the operands that the signature names before its line, into slots. Returns what follows the line. */
static char pop_operands(vm_translator *t, const char *signature, uint16_t slots[MAX_OPERANDS])
{
    vm_value values[MAX_OPERANDS];
    uint32_t count = (uint32_t)(strchr(signature, '_') - signature);
    for (uint32_t i = count; i-- > 0;)
        values[i] = vm_pop(t);
    for (uint32_t i = 0; i < count; i++)
        slots[i] = vm_emit_sources(t, vm_value_slot(t, &values[i]), values[i].slots, i);
    return signature[count + 1];
}

/* Memory 0 with 32-bit addresses has handlers of its own. */
static bool is_far(const vm_translator *t, const vm_memarg *memarg)
{
    return memarg->memory != 0 || t->syntax->memories.data[0].type.is64;
}

static bool is_memory(vm_immediate kind)
{
    return kind >= VM_IMM_MEM1 && kind <= VM_IMM_MEM8_LANE;
}

static void set_immediate(vm_word *cell, const vm_instr *instr, vm_ir ir)
{
    vm_immediate kind = (vm_immediate)vm_opcodes[instr->opcode].immediate;
    if (is_memory(kind)) {
        cell[1].c = (uint16_t)(kind >= VM_IMM_MEM1_LANE ? instr->memarg.lane : cell[1].c);
        cell[2].u64 = instr->memarg.offset;
        if (vm_ir_words(ir) == 4)
            cell[3].u64 = instr->memarg.memory;
    } else if (kind == VM_IMM_V128 || kind == VM_IMM_SHUFFLE) {
        memcpy(&cell[2], instr->bytes, sizeof instr->bytes);
    } else if (kind != VM_IMM_NONE) {
        cell[1].c = (uint16_t)instr->index; /* a lane */
    }
}

/* Pushes the result of the cell just emitted. */
static void push_result(vm_translator *t, vm_value value, uint32_t cell, vm_ir ir)
{
    uint32_t temp = vm_temp_at(t, (uint32_t)t->stack.len);
    vm_emit_dests_done(t, temp, value.slots);
    if (t->status == PIRN_OK && vm_emit_here(t) == cell + vm_ir_words(ir)) {
        value.slot_ir = (uint16_t)ir;
        value.cell = cell;
        t->last.cell = cell;
        t->last.compare = VM_NONE;
        t->last.offset = t->offset;
    }
    vm_push(t, value);
}

void vm_translate_vector(vm_translator *t, const vm_family *family, const vm_instr *instr)
{
    const vm_opcode_info *info = &vm_opcodes[instr->opcode];
    uint16_t slots[MAX_OPERANDS] = {0, 0, 0};
    char result = pop_operands(t, info->signature, slots);
    vm_ir ir = (vm_ir)family->first;
    if (is_memory((vm_immediate)info->immediate) && is_far(t, &instr->memarg))
        ir++;
    uint32_t cell = vm_emit_here(t);
    vm_word *words = vm_emit(t, ir);
    words[1] = (vm_word){.a = slots[0], .b = slots[1], .c = slots[2]};
    set_immediate(words, instr, ir);
    if (result == '\0')
        return;
    vm_value value = vm_value_of_type(type_of(result));
    words[1].d = vm_emit_dests(t, vm_temp_at(t, (uint32_t)t->stack.len), value.slots);
    push_result(t, value, cell, ir);
}

void vm_translate_select_vector(vm_translator *t, vm_value *condition, vm_value *x, vm_value *y)
{
    uint16_t a = vm_emit_sources(t, vm_value_slot(t, x), x->slots, 0);
    uint16_t b = vm_emit_sources(t, vm_value_slot(t, y), y->slots, 1);
    uint16_t c = vm_emit_source(t, vm_value_slot(t, condition), 2);
    uint32_t cell = vm_emit_here(t);
    uint16_t d = vm_emit_dests(t, vm_temp_at(t, (uint32_t)t->stack.len), 2);
    vm_emit(t, IR_SELECT2)[1] = (vm_word){.d = d, .a = a, .b = b, .c = c};
    push_result(t, vm_value_of_type(PIRN_V128), cell, IR_SELECT2);
}

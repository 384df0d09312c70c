/* SPDX-License-Identifier: Apache-2.0 */
/* The symbolic operand stack: see vm/exec/translate.h. */
#include "vm/exec/image.h"
#include "vm/exec/translate.h"

vm_value vm_value_of_type(vm_valtype type)
{
    return (vm_value){
        .kind = VM_VALUE_TEMP,
        .slots = (uint8_t)pirn_valtype_slots(type),
        .is_float = type == PIRN_F32 || type == PIRN_F64,
    };
}

uint32_t vm_temp_at(const vm_translator *t, uint32_t height)
{
    if (height == 0 || height > t->stack.len)
        return t->temps;
    const vm_value *below = &t->stack.data[height - 1];
    return below->temp + below->slots;
}

void vm_push(vm_translator *t, vm_value value)
{
    uint32_t place = (uint32_t)t->stack.len;
    value.temp = vm_temp_at(t, place);
    if (!BASE_VEC_PUSH(&t->stack, t->allocator, value)) {
        t->status = PIRN_NOMEM;
        return;
    }
    if (value.temp + value.slots > t->frame_slots)
        t->frame_slots = value.temp + value.slots;
    if (value.kind == VM_VALUE_ACC)
        t->owner[value.is_float] = place;
    if (value.kind == VM_VALUE_LOCAL) {
        t->stack.data[place].below = t->locals[value.local].top;
        t->locals[value.local].top = place;
    }
}

void vm_push_result(vm_translator *t, bool is_float, uint32_t cell, vm_ir slot_ir)
{
    vm_value value = {
        .kind = VM_VALUE_ACC, .slots = 1, .is_float = is_float, .slot_ir = (uint16_t)slot_ir, .cell = cell};
    t->last.cell = cell;
    t->last.compare = VM_NONE;
    t->last.offset = t->offset;
    vm_push(t, value);
}

vm_value vm_pop(vm_translator *t)
{
    vm_value value = vm_pop_deferred(t);
    if (value.is_deferred)
        vm_undefer(t, &value);
    return value;
}

vm_value vm_pop_deferred(vm_translator *t)
{
    if (t->stack.len == 0) { /* after a failed push */
        t->status = PIRN_NOMEM;
        return (vm_value){.kind = VM_VALUE_TEMP, .slots = 1, .temp = t->temps};
    }
    vm_value value = t->stack.data[--t->stack.len];
    if (value.kind == VM_VALUE_LOCAL)
        t->locals[value.local].top = value.below;
    if (value.kind == VM_VALUE_ACC) {
        t->owner[value.is_float] = VM_NONE;
        t->in_flight[value.is_float] = true;
    }
    if (t->flushed > t->stack.len)
        t->flushed = (uint32_t)t->stack.len;
    return value;
}

bool vm_is_last(const vm_translator *t, const vm_value *value)
{
    return value->kind == VM_VALUE_ACC && !value->is_deferred && value->cell != VM_NONE &&
           value->cell == t->last.cell;
}

void vm_pop_to(vm_translator *t, uint32_t height)
{
    while (t->stack.len > height)
        vm_pop_deferred(t);
}

/* From its accumulator to a slot. */
static void move_accumulator(vm_translator *t, const vm_value *value, uint32_t slot)
{
    if (value->slot_ir != IR_COUNT && vm_is_near(slot)) {
        vm_emit_patch(t, value->cell, value->slot_ir, slot);
        return;
    }
    if (value->slot_ir != IR_COUNT && vm_is_last(t, value))
        vm_emit_patch(t, value->cell, value->slot_ir, vm_scratch(t, VM_SCRATCH_D));
    else
        vm_emit(t, value->is_float ? IR_SET_f : IR_SET_a)[1].d = vm_emit_dest(t, slot);
    vm_emit_dest_done(t, slot);
}

void vm_free_accumulator(vm_translator *t, bool is_float)
{
    uint32_t place = t->owner[is_float];
    if (place == VM_NONE)
        return;
    vm_value *value = &t->stack.data[place];
    if (value->is_deferred)
        vm_undefer_to(t, value, value->temp);
    else
        move_accumulator(t, value, value->temp);
    value->is_deferred = false;
    value->slot_ir = 0;
    value->kind = VM_VALUE_TEMP;
    t->owner[is_float] = VM_NONE;
}

uint32_t vm_value_slot(vm_translator *t, vm_value *value)
{
    if (value->kind == VM_VALUE_LOCAL && !value->is_deferred)
        return t->locals[value->local].slot;
    if (value->is_deferred)
        vm_undefer_to(t, value, value->temp);
    else if (value->kind == VM_VALUE_CONST)
        vm_emit_const(t, value->temp, value);
    else if (value->kind == VM_VALUE_ACC)
        move_accumulator(t, value, value->temp);
    if (value->is_deferred || value->kind != VM_VALUE_TEMP)
        value->slot_ir = 0;
    value->kind = VM_VALUE_TEMP;
    value->is_deferred = false;
    return value->temp;
}

void vm_value_narrow(vm_translator *t, vm_value *value, bool is64)
{
    if (!is64)
        return;
    if (value->kind == VM_VALUE_CONST) {
        value->bits = vm_image_of_u32(value->bits > UINT32_MAX ? UINT32_MAX : (uint32_t)value->bits);
        return;
    }
    uint16_t source = vm_emit_source(t, vm_value_slot(t, value), 0);
    vm_emit(t, IR_TABLE_INDEX)[1] = (vm_word){.d = vm_emit_dest(t, value->temp), .a = source};
    vm_emit_dest_done(t, value->temp);
    value->kind = VM_VALUE_TEMP;
}

/* Was the value just left in its temp by a vector cell? */
static bool is_last_vector(const vm_translator *t, const vm_value *value)
{
    return value->kind == VM_VALUE_TEMP && value->slot_ir != 0 && t->last.cell != VM_NONE &&
           value->cell == t->last.cell;
}

void vm_value_move(vm_translator *t, vm_value *value, uint32_t slot)
{
    if (value->is_deferred) {
        vm_undefer_to(t, value, slot);
    } else if (value->kind == VM_VALUE_CONST) {
        vm_emit_const(t, slot, value);
    } else if (vm_is_last(t, value)) {
        move_accumulator(t, value, slot);
    } else if (is_last_vector(t, value) && vm_is_near(slot + value->slots - 1)) {
        vm_emit_patch(t, value->cell, (vm_ir)value->slot_ir, slot);
    } else if (value->kind == VM_VALUE_ACC) {
        /* Something was emitted since: it may read the slot, so the value must not get there earlier. */
        vm_emit(t, value->is_float ? IR_SET_f : IR_SET_a)[1].d = vm_emit_dest(t, slot);
        vm_emit_dest_done(t, slot);
    } else {
        vm_emit_copy(t, slot, vm_value_slot(t, value), value->slots);
    }
}

/* Brings a value that stands for a local into its temp. */
static void settle_local(vm_translator *t, vm_value *value)
{
    if (value->is_deferred)
        vm_undefer_to(t, value, value->temp);
    else
        vm_emit_copy(t, value->temp, t->locals[value->local].slot, value->slots);
    value->kind = VM_VALUE_TEMP;
    value->is_deferred = false;
    value->slot_ir = 0;
}

static void settle_temp(vm_translator *t, vm_value *value)
{
    if (value->is_deferred)
        vm_undefer_to(t, value, value->temp);
    value->is_deferred = false;
}

void vm_flush(vm_translator *t)
{
    vm_free_accumulator(t, false);
    vm_free_accumulator(t, true);
    for (; t->flushed < t->stack.len; t->flushed++) {
        vm_value *value = &t->stack.data[t->flushed];
        if (value->kind == VM_VALUE_LOCAL) {
            t->locals[value->local].top = VM_NONE;
            settle_local(t, value);
        } else if (value->kind == VM_VALUE_TEMP) {
            settle_temp(t, value);
        }
    }
}

void vm_settle(vm_translator *t, uint32_t count)
{
    size_t first = count <= t->stack.len ? t->stack.len - count : 0;
    for (size_t place = t->stack.len; place-- > first;) {
        vm_value *value = &t->stack.data[place];
        if (value->kind == VM_VALUE_LOCAL) {
            /* From the top down: the topmost value of a local is the one to unlink. */
            t->locals[value->local].top = value->below;
            settle_local(t, value);
        } else if (value->kind == VM_VALUE_CONST) {
            vm_value_slot(t, value);
        } else if (value->kind == VM_VALUE_ACC) {
            vm_free_accumulator(t, value->is_float);
        } else {
            settle_temp(t, value);
        }
    }
}

/* The local is about to change: values that stand for it are saved. */
static void save_local(vm_translator *t, uint32_t local)
{
    uint32_t place = t->locals[local].top;
    while (place != VM_NONE) {
        vm_value *value = &t->stack.data[place];
        place = value->below;
        settle_local(t, value);
    }
    t->locals[local].top = VM_NONE;
}

/* Does the cell write more slots than its destination? Then it must stay where it is. */
static bool changes_locals(uint32_t ir)
{
    return strchr(vm_ir_table[ir].shape, 'q') != NULL;
}

void vm_local_set(vm_translator *t, uint32_t local, vm_value *value)
{
    bool is_saving = t->locals[local].top != VM_NONE;
    if (is_saving && vm_is_last(t, value) && t->status == PIRN_OK && !changes_locals(t->recent[0].ir)) {
        /* Save first, then do the last cell again, so that it can still have the local as its destination. */
        vm_word words[VM_CELL_WORDS];
        uint64_t offset = t->offset;
        t->offset = t->last.offset;
        vm_ir ir = (vm_ir)t->recent[0].ir;
        uint32_t count = vm_emit_take_last(t, words);
        save_local(t, local);
        value->cell = vm_emit_here(t);
        vm_word *cell = vm_emit_words(t, ir, count);
        memcpy(cell, words, count * sizeof(vm_word));
        t->last.cell = value->cell;
        t->offset = offset;
    } else if (is_saving) {
        save_local(t, local);
    }
    if (value->kind != VM_VALUE_LOCAL || value->local != local || value->is_deferred)
        vm_value_move(t, value, t->locals[local].slot);
}

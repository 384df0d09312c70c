/* SPDX-License-Identifier: Apache-2.0 */
/* Writing cells: see vm/exec/translate.h. */
#include "vm/exec/image.h"
#include "vm/exec/profile.h"
#include "vm/exec/translate.h"

bool vm_is_near(uint32_t slot)
{
    return slot <= UINT16_MAX / sizeof(pirn_slot);
}

static uint16_t near_offset(uint32_t slot)
{
    return (uint16_t)(slot * sizeof(pirn_slot));
}

static void (*handler_of(const vm_translator *t, vm_ir ir))(void)
{
    return t->module->engine->config.profile ? vm_profile_handlers[ir] : vm_ir_handlers[ir];
}

vm_word *vm_emit_words(vm_translator *t, vm_ir ir, uint32_t words)
{
    uint32_t cell = vm_emit_here(t);
    t->last.cell = VM_NONE;
    bool fits = cell + words < VM_NONE && BASE_VEC_RESERVE(&t->code, t->allocator, words);
    if (fits && t->is_recording)
        fits = BASE_VEC_PUSH(&t->places, t->allocator, (vm_place){cell, t->offset});
    if (!fits || t->status != PIRN_OK) {
        t->status = t->status != PIRN_OK ? t->status : PIRN_NOMEM;
        return words <= BASE_COUNT(t->spare) ? t->spare : NULL;
    }
    memset(t->code.data + cell, 0, words * sizeof(vm_word));
    t->code.len += words;
    t->code.data[cell].handler = handler_of(t, ir);
    memmove(t->recent + 1, t->recent, (VM_RECENT - 1) * sizeof *t->recent);
    t->recent[0] = (vm_recent){cell, (uint16_t)ir, t->offset};
    t->recent_count += t->recent_count < VM_RECENT;
    return t->code.data + cell;
}

bool vm_is_recent(const vm_translator *t, uint32_t n, vm_ir ir)
{
    return n < t->recent_count && t->recent[n].ir == ir && t->has_fusion && t->status == PIRN_OK;
}

vm_word *vm_recent_words(vm_translator *t, uint32_t n)
{
    return t->code.data + t->recent[n].cell;
}

void vm_emit_change_last(vm_translator *t, vm_ir ir)
{
    t->recent[0].ir = (uint16_t)ir;
    t->code.data[t->recent[0].cell].handler = handler_of(t, ir);
    t->last.cell = VM_NONE;
}

vm_word *vm_emit(vm_translator *t, vm_ir ir)
{
    return vm_emit_words(t, ir, vm_ir_words(ir));
}

static void copy_far(vm_translator *t, uint32_t to, uint32_t from)
{
    vm_word *cell = vm_emit(t, IR_COPY_FAR);
    cell[1].far_d = to * (uint32_t)sizeof(pirn_slot);
    cell[1].far_a = from * (uint32_t)sizeof(pirn_slot);
}

uint32_t vm_scratch(vm_translator *t, uint32_t n)
{
    if (!t->has_scratch)
        t->status = PIRN_LIMIT;
    return t->scratch + 2 * n;
}

uint16_t vm_emit_source(vm_translator *t, uint32_t slot, uint32_t n)
{
    if (vm_is_near(slot))
        return near_offset(slot);
    uint32_t scratch = vm_scratch(t, n);
    copy_far(t, scratch, slot);
    return near_offset(scratch);
}

uint16_t vm_emit_sources(vm_translator *t, uint32_t slot, uint32_t slots, uint32_t n)
{
    if (vm_is_near(slot + slots - 1))
        return near_offset(slot);
    uint32_t scratch = vm_scratch(t, n);
    vm_emit_copy_n(t, scratch, slot, slots);
    return near_offset(scratch);
}

uint16_t vm_emit_dest(vm_translator *t, uint32_t slot)
{
    return near_offset(vm_is_near(slot) ? slot : vm_scratch(t, VM_SCRATCH_D));
}

void vm_emit_dest_done(vm_translator *t, uint32_t slot)
{
    if (!vm_is_near(slot))
        copy_far(t, slot, vm_scratch(t, VM_SCRATCH_D));
}

uint16_t vm_emit_dests(vm_translator *t, uint32_t slot, uint32_t slots)
{
    return near_offset(vm_is_near(slot + slots - 1) ? slot : vm_scratch(t, VM_SCRATCH_D));
}

void vm_emit_dests_done(vm_translator *t, uint32_t slot, uint32_t slots)
{
    if (!vm_is_near(slot + slots - 1))
        vm_emit_copy_n(t, slot, vm_scratch(t, VM_SCRATCH_D), slots);
}

/* Can both be operands of COPY2? */
static bool are_near(uint32_t to, uint32_t from)
{
    return vm_is_near(to + 1) && vm_is_near(from + 1);
}

void vm_emit_copy(vm_translator *t, uint32_t to, uint32_t from, uint32_t slots)
{
    if (to == from)
        return;
    if (slots > 1 && !are_near(to, from)) {
        vm_emit_copy_n(t, to, from, slots);
    } else if (!vm_is_near(to) || !vm_is_near(from)) {
        copy_far(t, to, from);
    } else if (slots > 1 || !vm_fuse_copy(t, near_offset(to), near_offset(from))) {
        vm_word *cell = vm_emit(t, slots == 1 ? IR_COPY : IR_COPY2);
        cell[1].d = near_offset(to);
        cell[1].a = near_offset(from);
    }
}

void vm_emit_copy_n(vm_translator *t, uint32_t to, uint32_t from, uint32_t slots)
{
    if (slots == 1 || (slots == 2 && are_near(to, from))) {
        vm_emit_copy(t, to, from, slots);
    } else if (slots > 1 && to != from) {
        vm_word *cell = vm_emit(t, IR_COPY_N);
        cell[1].far_d = to * (uint32_t)sizeof(pirn_slot);
        cell[1].far_a = from * (uint32_t)sizeof(pirn_slot);
        cell[2].u64 = slots;
    }
}

void vm_emit_const(vm_translator *t, uint32_t to, const vm_value *value)
{
    vm_word *cell;
    if (vm_image_of_u32(vm_u32_of_image(value->bits)) == value->bits) {
        cell = vm_emit(t, IR_CONST_I);
        cell[1].offset = vm_u32_of_image(value->bits);
    } else if ((uint64_t)(int64_t)(int32_t)value->bits == value->bits) {
        cell = vm_emit(t, IR_CONST_L);
        cell[1].imm = (int32_t)(int64_t)value->bits;
    } else {
        cell = vm_emit(t, IR_CONST_Q);
        cell[2].u64 = value->bits;
    }
    cell[1].d = vm_emit_dest(t, to);
    vm_emit_dest_done(t, to);
}

void vm_emit_patch(vm_translator *t, uint32_t cell, vm_ir ir, uint32_t slot)
{
    if (t->status != PIRN_OK)
        return;
    t->code.data[cell].handler = handler_of(t, ir);
    t->code.data[cell + 1].d = near_offset(slot);
    for (uint32_t i = 0; i < t->recent_count; i++) {
        if (t->recent[i].cell == cell)
            t->recent[i].ir = (uint16_t)ir;
    }
    if (t->last.cell == cell)
        t->last.cell = VM_NONE;
}

uint32_t vm_emit_here(const vm_translator *t)
{
    return (uint32_t)t->code.len;
}

void vm_emit_label(vm_translator *t)
{
    t->last.cell = VM_NONE;
    t->recent_count = 0;
}

uint32_t vm_emit_take_last(vm_translator *t, vm_word words[VM_CELL_WORDS])
{
    uint32_t count = vm_emit_here(t) - t->recent[0].cell;
    memcpy(words, t->code.data + t->recent[0].cell, count * sizeof(vm_word));
    t->code.len -= count;
    memmove(t->recent, t->recent + 1, (VM_RECENT - 1) * sizeof *t->recent);
    t->recent_count--;
    if (t->is_recording)
        t->places.len--;
    t->last.cell = VM_NONE;
    return count;
}

void vm_emit_target(vm_translator *t, uint32_t word, uint32_t place)
{
    if (t->status != PIRN_OK)
        return;
    t->code.data[word].u64 = place;
    if (!BASE_VEC_PUSH(&t->relocations, t->allocator, word))
        t->status = PIRN_NOMEM;
}

void vm_emit_target_later(vm_translator *t, uint32_t word, uint32_t *chain)
{
    vm_emit_target(t, word, *chain);
    *chain = word;
}

void vm_emit_bind(vm_translator *t, uint32_t *chain)
{
    uint32_t here = vm_emit_here(t);
    while (*chain != VM_NONE && t->status == PIRN_OK) {
        vm_word *word = &t->code.data[*chain];
        *chain = (uint32_t)word->u64;
        word->u64 = here;
    }
    vm_emit_label(t);
}

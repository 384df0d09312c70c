/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translated code: what the translator writes, handlers read, and the disassembler shows.
 *
 * Code is a sequence of cells. A cell is a handler's address, a word of operands, and what else its form needs
 * (vm/exec/ir.def lists all cells with their forms):
 *
 *      | handler | d | a | b | c |              slots: byte offsets from fp (slot number times 8)
 *      | handler | d | a |  imm  |              32-bit immediate or memory offset in the place of b and c
 *      | handler | d | a | b | c | imm64 |      or the absolute address of a branch target
 *
 * Slots that a 16-bit offset cannot reach are copied to and from scratch slots near fp by copy_far cells.
 * Code belongs to the module, is the same for all its instances, and never changes, but for one word: the address in
 * a `call` cell, which leads to the callee's stub until the callee is translated.
 */
#pragma once

#include "vm/exec/runtime.h"

union vm_word {
    void (*handler)(void); /* a vm_handler (vm/exec/dispatch.h) */
    struct {
        uint16_t d, a;
        union {
            struct {
                uint16_t b, c;
            };
            int32_t imm;
            uint32_t offset;
        };
    };
    struct {
        uint32_t far_d, far_a; /* slots, as byte offsets too */
    };
    /* Immediates are images of slots: the value is at the start of the word. */
    uint64_t u64;
    uint32_t u32;
    float f32;
    double f64;
    const vm_word *target;
    _Atomic(const vm_word *) entry; /* of a callee */
    const _Atomic(const vm_word *) *entry_of; /* where it stands (pirn_module.entries) */
    const void *pointer;
};

/*
 * Stubs: VM_STUB_WORDS words a defined function. Their handlers translate the function and go on in its code. A stub has
 * two entrances: the one pirn_module.entries[] and function references begin with, and the one for `call` cells, which
 * also corrects the cell that led there.
 */
enum { VM_STUB_WORDS = 4, VM_STUB_DIRECT = 2 };

/* Writes the stubs of a module (`stubs` has room for all defined functions) and lets all `entries` point to them. */
void vm_stubs_init(pirn_module *module);

/*
 * Translates defined function `func` (function index) unless it has been, and publishes it in module->entries[]. Takes
 * the module's translate_lock. Only NOMEM can happen; then everything is as before.
 */
PIRN_MUST_CHECK pirn_status vm_translate(pirn_module *module, uint32_t func, const vm_word **entry);

/*
 * The file offset of the Wasm instruction that the cell at `pc` was made from, found by translating the function again.
 * `is_return`: pc is where a call returns to, and the call is meant. 0 when out of memory or not in this function.
 */
uint64_t vm_translate_offset_of(const pirn_module *module, uint32_t func, const vm_word *pc, bool is_return);

/*
 * The same for all cells of a translated function, in `arena`: where the cells from word `word` on, up to the next place, come
 * from, in the order of the words. Offset 0: from no instruction. False when out of memory.
 */
typedef struct vm_cell_place {
    uint32_t word;
    uint64_t offset;
} vm_cell_place;
bool vm_translate_places(const pirn_module *module, uint32_t func, base_arena *arena, vm_cell_place **places, size_t *count);

/* Shows the cells of a translated function, one line each ("   12 i32_add_si_s s2 s0 7"), with the number of the cell's first
 * word. False when the function is not translated yet, when the engine counts (vm/exec/profile.h), or when out of memory. */
typedef void (*vm_disasm_line)(void *data, uint32_t word, const char *line);
bool vm_disasm(const pirn_module *module, uint32_t func, vm_disasm_line line, void *data);

/*
 * Results at the borders of handlers: a single result that takes one slot lies in the accumulator of its kind
 * (context->accumulator, context->float_accumulator), others in slots.
 * to_slots: writes such a result to slots[0]; from_slots: the opposite. Both do nothing for other result types.
 * The handlers of vm_code_exit and vm_code_host save both accumulators in the context before they stop or call
 * vm_host_continue, which then calls vm_result_to_slots; vm_run starts with the accumulators of the context.
 */
void vm_result_to_slots(const vm_context *context, const pirn_functype *type, pirn_slot *slots);
void vm_result_from_slots(vm_context *context, const pirn_functype *type, const pirn_slot *slots);

/*
 * Where a frame returns to, for those who walk frames. `header` is at fp + max(parameter slots, result slots) of the
 * function. A call that changed the instance returns to vm_code_cross, and has left the address of the header in the
 * place of the caller's fp, because that is all vm_code_cross finds.
 */
typedef struct vm_frame_link {
    const vm_word *pc;       /* in the caller */
    pirn_slot *fp;           /* the caller's */
    pirn_instance *instance; /* the caller's, or NULL: the same as the frame's */
} vm_frame_link;
vm_frame_link vm_frame_link_of(const pirn_slot *header);

/* Reads an address that one release store publishes. */
const vm_word *vm_entry_load(const _Atomic(const vm_word *) *entry);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory and table instructions: see vm/exec/translate.h.
 *
 * Loads and stores of memory 0 with 32-bit addresses take many forms, because these are what programs do all day. Those of
 * other memories have one form, whose operands are in slots; so have all other instructions here.
 */
#include "vm/exec/image.h"
#include "vm/exec/translate.h"

/* ---- Loads and stores -------------------------------------------------------------------------------------------------- */

static uint64_t constant_address(const vm_value *address, const vm_memarg *memarg)
{
    return vm_u32_of_image(address->bits) + memarg->offset;
}

/* Memory 0 with 32-bit addresses, the one that handlers have in registers. */
static bool is_near_memory(const vm_translator *t, uint32_t memory)
{
    return memory == 0 && !t->syntax->memories.data[0].type.is64;
}

static void translate_far_load(vm_translator *t, const vm_family *family, const vm_memarg *memarg)
{
    vm_value address = vm_pop(t);
    uint16_t slot = vm_emit_source(t, vm_value_slot(t, &address), 0);
    vm_word *cell = vm_emit_result(t, (vm_ir)(family->first + 2 * VM_ADDRESS_X), family->result);
    cell[1].a = slot;
    cell[1].b = (uint16_t)memarg->memory;
    cell[2].u64 = memarg->offset;
}

static void translate_far_store(vm_translator *t, const vm_family *family, const vm_memarg *memarg)
{
    vm_value value = vm_pop(t), address = vm_pop(t);
    uint16_t slot = vm_emit_source(t, vm_value_slot(t, &address), 0);
    uint16_t value_slot = vm_emit_source(t, vm_value_slot(t, &value), 1);
    vm_word *cell = vm_emit(t, (vm_ir)(family->first + VM_STORE_XS));
    cell[1] = (vm_word){.d = value_slot, .a = slot, .b = (uint16_t)memarg->memory};
    cell[2].u64 = memarg->offset;
}

void vm_translate_load(vm_translator *t, const vm_family *family, const vm_memarg *memarg)
{
    if (!is_near_memory(t, memarg->memory)) {
        translate_far_load(t, family, memarg);
        return;
    }
    vm_value value = vm_pop_deferred(t);
    if (value.kind == VM_VALUE_CONST) {
        vm_emit_result(t, (vm_ir)(family->first + 2 * VM_ADDRESS_I), family->result)[2].u64 =
            constant_address(&value, memarg);
        return;
    }
    vm_address address = vm_address_of(t, &value, family->bytes, memarg->offset, VM_ACCESS_LOAD);
    vm_word *cell = vm_emit_result(t, (vm_ir)(family->first + 2 * address.form), family->result);
    uint16_t d = cell[1].d;
    cell[1] = address.operands;
    cell[1].d = d;
    if (address.form >= VM_ADDRESS_Z)
        cell[2] = address.step;
}

/* Stores to a constant address. */
static void translate_store_at(vm_translator *t, const vm_family *family, const vm_memarg *memarg, const vm_value *at,
                               vm_value *value)
{
    static const uint8_t forms[] = {
        [VM_VALUE_TEMP] = VM_STORE_IS,
        [VM_VALUE_LOCAL] = VM_STORE_IS,
        [VM_VALUE_CONST] = VM_STORE_II,
        [VM_VALUE_ACC] = VM_STORE_IA,
    };
    if (value->is_deferred)
        vm_undefer(t, value);
    uint32_t form = forms[value->kind];
    uint16_t slot = form == VM_STORE_IS ? vm_emit_source(t, vm_value_slot(t, value), 1) : 0;
    vm_word *cell = vm_emit(t, (vm_ir)(family->first + form));
    cell[1].d = slot;
    cell[2].u64 = constant_address(at, memarg);
    if (form == VM_STORE_II)
        cell[3].u64 = value->bits;
}

/* The forms of stores by address and value (slot, immediate, accumulator); VM_STORE_XS: there is none. */
static uint32_t store_form(uint32_t address, vm_value_kind value)
{
    static const uint8_t forms[][3] = {
        [VM_ADDRESS_S] = {VM_STORE_SS, VM_STORE_SI, VM_STORE_SA},
        [VM_ADDRESS_A] = {VM_STORE_AS, VM_STORE_AI, VM_STORE_AA},
        [VM_ADDRESS_I] = {VM_STORE_IS, VM_STORE_II, VM_STORE_IA},
        [VM_ADDRESS_X] = {VM_STORE_XS, VM_STORE_XS, VM_STORE_XS},
        [VM_ADDRESS_W] = {VM_STORE_WS, VM_STORE_WI, VM_STORE_WA},
        [VM_ADDRESS_B] = {VM_STORE_BS, VM_STORE_BI, VM_STORE_XS},
        [VM_ADDRESS_K] = {VM_STORE_KS, VM_STORE_XS, VM_STORE_KA},
        [VM_ADDRESS_C] = {VM_STORE_CS, VM_STORE_XS, VM_STORE_XS},
        [VM_ADDRESS_T] = {VM_STORE_TS, VM_STORE_XS, VM_STORE_XS},
        [VM_ADDRESS_V] = {VM_STORE_VS, VM_STORE_XS, VM_STORE_XS},
    };
    return forms[address][value == VM_VALUE_CONST ? 1 : value == VM_VALUE_ACC ? 2 : 0];
}

void vm_translate_store(vm_translator *t, const vm_family *family, const vm_memarg *memarg)
{
    if (!is_near_memory(t, memarg->memory)) {
        translate_far_store(t, family, memarg);
        return;
    }
    vm_value value = vm_pop_deferred(t), at = vm_pop_deferred(t);
    if (at.kind == VM_VALUE_CONST) {
        translate_store_at(t, family, memarg, &at, &value);
        return;
    }
    if (vm_fuse_store(t, &at, &value, family, memarg->offset))
        return;
    if (value.is_deferred)
        vm_undefer(t, &value);
    bool is_next = value.kind == VM_VALUE_TEMP || value.kind == VM_VALUE_LOCAL;
    vm_address address =
        vm_address_of(t, &at, family->bytes, memarg->offset, is_next ? VM_ACCESS_STORE : VM_ACCESS_STORE_LATER);
    uint32_t form = store_form(address.form, (vm_value_kind)value.kind);
    uint16_t slot = 0;
    if (form == VM_STORE_XS || is_next) {
        slot = vm_emit_source(t, vm_value_slot(t, &value), 1);
        form = store_form(address.form, VM_VALUE_TEMP);
    }
    vm_word *cell = vm_emit(t, (vm_ir)(family->first + form));
    cell[1] = address.operands;
    cell[1].d = slot;
    if (value.kind == VM_VALUE_CONST)
        cell[2].u64 = value.bits;
}

/* ---- Instructions whose operands are all in slots -------------------------------------------------------------------- */

/* Operands whose bit is set in `indices` are indices or lengths of tables with 64-bit addresses. */
static vm_word *translate_indexed(vm_translator *t, vm_ir ir, uint32_t operands, bool has_result, uint32_t indices)
{
    uint16_t slots[3] = {0, 0, 0};
    vm_value values[3];
    for (uint32_t i = operands; i-- > 0;)
        values[i] = vm_pop(t);
    for (uint32_t i = 0; i < operands; i++)
        vm_value_narrow(t, &values[i], indices & 1u << i);
    for (uint32_t i = 0; i < operands; i++)
        slots[i] = vm_emit_source(t, vm_value_slot(t, &values[i]), i);
    if (has_result) {
        vm_push(t, vm_value_of_type(PIRN_I64)); /* of one slot and not float, whatever it is */
        uint32_t temp = vm_temp_at(t, (uint32_t)t->stack.len - (t->stack.len != 0));
        if (!vm_is_near(temp)) {
            /* The cell is followed by the copy, so its words are filled in before. */
            vm_emit(t, ir);
            uint32_t cell = vm_emit_here(t) - vm_ir_words(ir);
            vm_emit_dest_done(t, temp);
            vm_word *words = t->status == PIRN_OK ? t->code.data + cell : t->spare;
            words[1] = (vm_word){.d = vm_emit_dest(t, temp), .a = slots[0], .b = slots[1], .c = slots[2]};
            return words;
        }
        vm_word *cell = vm_emit(t, ir);
        cell[1] = (vm_word){.d = vm_emit_dest(t, temp), .a = slots[0], .b = slots[1], .c = slots[2]};
        return cell;
    }
    vm_word *cell = vm_emit(t, ir);
    cell[1] = (vm_word){.d = slots[0], .a = slots[1], .b = slots[2]};
    return cell;
}

vm_word *vm_translate_plain(vm_translator *t, vm_ir ir, uint32_t operands, bool has_result)
{
    return translate_indexed(t, ir, operands, has_result, 0);
}

/* ---- Memories ------------------------------------------------------------------------------------------------------------ */

static void translate_bulk(vm_translator *t, vm_ir ir, uint64_t first, uint64_t second)
{
    vm_word *cell = vm_translate_plain(t, ir, 3, false);
    cell[2].u64 = first;
    if (vm_ir_words(ir) > 3)
        cell[3].u64 = second;
}

/* memory.copy within memory 0, if handlers have it in registers; often of a constant number of bytes. */
static void translate_copy(vm_translator *t, uint32_t to, uint32_t from)
{
    if (!is_near_memory(t, to) || !is_near_memory(t, from) || !t->has_fusion) {
        translate_bulk(t, IR_MEMORY_COPY, to, from);
        return;
    }
    const vm_value *size = t->stack.len != 0 ? &t->stack.data[t->stack.len - 1] : NULL;
    if (size == NULL || size->kind != VM_VALUE_CONST) {
        vm_translate_plain(t, IR_MEMORY_COPY_0, 3, false);
        return;
    }
    uint32_t bytes = vm_u32_of_image(vm_pop(t).bits);
    vm_translate_plain(t, IR_MEMORY_COPY_0_i, 2, false)[1].offset = bytes;
}

static void translate_fill(vm_translator *t, uint32_t memory)
{
    if (is_near_memory(t, memory) && t->has_fusion)
        vm_translate_plain(t, IR_MEMORY_FILL_0, 3, false);
    else
        translate_bulk(t, IR_MEMORY_FILL, memory, 0);
}

void vm_translate_atomic(vm_translator *t, vm_ir ir, const vm_instr *instr)
{
    const char *signature = vm_opcodes[instr->opcode].signature;
    size_t operands = strcspn(signature, "_");
    vm_word *cell = vm_translate_plain(t, ir, (uint32_t)operands, signature[operands + 1] != '\0');
    cell[2].u64 = instr->memarg.offset;
    cell[3].u64 = instr->memarg.memory;
}

/* ---- Tables -------------------------------------------------------------------------------------------------------------- */

/* Which of an instruction's operands, in order, are indices or lengths. */
enum { FIRST = 1, SECOND = 2, THIRD = 4 };

static bool is_table64(const vm_translator *t, uint32_t table)
{
    return t->syntax->tables.data[table].type.is64;
}

/* One table, and the operands that are of its address type. */
static vm_word *translate_table(vm_translator *t, vm_ir ir, uint32_t table, uint32_t operands, bool has_result,
                                uint32_t indices)
{
    return translate_indexed(t, ir, operands, has_result, is_table64(t, table) ? indices : 0);
}

/* The length is of the smaller address type. */
static void translate_table_copy(vm_translator *t, uint32_t to, uint32_t from)
{
    bool to64 = is_table64(t, to), from64 = is_table64(t, from);
    uint32_t indices = (to64 ? FIRST : 0u) | (from64 ? SECOND : 0u) | (to64 && from64 ? THIRD : 0u);
    vm_word *cell = translate_indexed(t, IR_TABLE_COPY, 3, false, indices);
    cell[2].u64 = to;
    cell[3].u64 = from;
}

static void translate_table_init(vm_translator *t, uint32_t segment, uint32_t table)
{
    vm_word *cell = translate_table(t, IR_TABLE_INIT, table, 3, false, FIRST);
    cell[2].u64 = segment;
    cell[3].u64 = table;
}

/* --------------------------------------------------------------------------------------------------------------------------- */

bool vm_translate_memory(vm_translator *t, const vm_instr *instr)
{
    uint32_t index = instr->index;
    switch (instr->opcode) {
    case VM_OP_MEMORY_SIZE:
        return vm_emit_result(t, IR_MEMORY_SIZE_s, 'I')[1].offset = index, true;
    case VM_OP_MEMORY_GROW:
        return vm_translate_plain(t, IR_MEMORY_GROW, 1, true)[1].offset = index, true;
    case VM_OP_MEMORY_COPY:
        return translate_copy(t, index, instr->index2), true;
    case VM_OP_MEMORY_FILL:
        return translate_fill(t, index), true;
    case VM_OP_MEMORY_INIT:
        return translate_bulk(t, IR_MEMORY_INIT, index, instr->index2), true;
    case VM_OP_DATA_DROP:
        return vm_emit(t, IR_DATA_DROP)[1].offset = index, true;
    case VM_OP_MEMORY_ATOMIC_NOTIFY:
        return vm_translate_atomic(t, IR_MEMORY_ATOMIC_NOTIFY, instr), true;
    case VM_OP_MEMORY_ATOMIC_WAIT32:
        return vm_translate_atomic(t, IR_MEMORY_ATOMIC_WAIT32, instr), true;
    case VM_OP_MEMORY_ATOMIC_WAIT64:
        return vm_translate_atomic(t, IR_MEMORY_ATOMIC_WAIT64, instr), true;
    case VM_OP_ATOMIC_FENCE:
        return vm_emit(t, IR_ATOMIC_FENCE), true;
    case VM_OP_TABLE_GET:
        return translate_table(t, IR_TABLE_GET, index, 1, true, FIRST)[1].offset = index, true;
    case VM_OP_TABLE_SET:
        return translate_table(t, IR_TABLE_SET, index, 2, false, FIRST)[1].offset = index, true;
    case VM_OP_TABLE_SIZE:
        return vm_translate_plain(t, IR_TABLE_SIZE, 0, true)[1].offset = index, true;
    case VM_OP_TABLE_GROW:
        return translate_table(t, IR_TABLE_GROW, index, 2, true, SECOND)[2].u64 = index, true;
    case VM_OP_TABLE_FILL:
        return translate_table(t, IR_TABLE_FILL, index, 3, false, FIRST | THIRD)[2].u64 = index, true;
    case VM_OP_TABLE_COPY:
        return translate_table_copy(t, index, instr->index2), true;
    case VM_OP_TABLE_INIT:
        return translate_table_init(t, index, instr->index2), true;
    case VM_OP_ELEM_DROP:
        return vm_emit(t, IR_ELEM_DROP)[1].offset = index, true;
    default:
        return false;
    }
}

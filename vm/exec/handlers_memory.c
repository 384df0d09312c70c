/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers of memory instructions (spec 4.4.7). The effective address has 33 bits, so it cannot overflow its 64; one
 * compare with the length of memory checks it.
 */
#include "vm/exec/handlers.h"

#define ADDRESS_s       ((uint64_t)VM_SLOT(pc[1].a).u32 + pc[1].offset)
#define ADDRESS_a       ((uint64_t)vm_u32_of_image(acc) + pc[1].offset)
#define ADDRESS_i       (pc[2].u64)
#define ADDRESS_WORDS_s 2
#define ADDRESS_WORDS_a 2
#define ADDRESS_WORDS_i 3

#define LOAD(form, dest, name, R, bytes, expression)       \
    VM_HANDLER(op_##name##_##form##_##dest)                \
    {                                                      \
        uint64_t address = ADDRESS_##form;                 \
        VM_TRAP_IF(address + (bytes) > len, MEMORY_BOUNDS) \
        const uint8_t *p = mem + address;                  \
        VM_TO_##dest##_##R(expression);                    \
        VM_NEXT(ADDRESS_WORDS_##form);                     \
    }
#define BOTH(form, ...)                     LOAD(form, s, __VA_ARGS__) LOAD(form, a, __VA_ARGS__)
#define IR_LOAD(name, R, bytes, expression) IR_FORMS_LOAD(BOTH, name, R, bytes, expression)

#define STORE_ADDRESS_ss  ADDRESS_s
#define STORE_ADDRESS_si  ADDRESS_s
#define STORE_ADDRESS_sa  ADDRESS_s
#define STORE_ADDRESS_as  ADDRESS_a
#define STORE_ADDRESS_ai  ADDRESS_a
#define STORE_ADDRESS_aa  ADDRESS_a
#define STORE_ADDRESS_is  ADDRESS_i
#define STORE_ADDRESS_ii  ADDRESS_i
#define STORE_ADDRESS_ia  ADDRESS_i
#define STORE_VALUE_ss(T) VM_SLOT_##T(pc[1].d)
#define STORE_VALUE_as(T) VM_SLOT_##T(pc[1].d)
#define STORE_VALUE_is(T) VM_SLOT_##T(pc[1].d)
#define STORE_VALUE_si(T) VM_WORD_##T(pc[2])
#define STORE_VALUE_ai(T) VM_WORD_##T(pc[2])
#define STORE_VALUE_ii(T) VM_WORD_##T(pc[3])
#define STORE_VALUE_sa(T) VM_ACC_##T
#define STORE_VALUE_aa(T) VM_ACC_##T
#define STORE_VALUE_ia(T) VM_ACC_##T
#define STORE_WORDS_ss    2
#define STORE_WORDS_sa    2
#define STORE_WORDS_as    2
#define STORE_WORDS_aa    2
#define STORE_WORDS_si    3
#define STORE_WORDS_ai    3
#define STORE_WORDS_is    3
#define STORE_WORDS_ia    3
#define STORE_WORDS_ii    4

#define STORE(form, name, T, bytes, statement)             \
    VM_HANDLER(op_##name##_##form)                         \
    {                                                      \
        uint64_t address = STORE_ADDRESS_##form;           \
        VM_TRAP_IF(address + (bytes) > len, MEMORY_BOUNDS) \
        uint8_t *p = mem + address;                        \
        VM_C_##T v = STORE_VALUE_##form(T);                \
        statement;                                         \
        VM_NEXT(STORE_WORDS_##form);                       \
    }
#define IR_STORE(name, T, bytes, statement) IR_FORMS_STORE_##T(STORE, name, T, bytes, statement)
#include "vm/exec/ir.def"

static uint32_t size_pages(const pirn_memory *memory)
{
    return (uint32_t)(memory->size >> memory->type.page_size_log2);
}

VM_HANDLER(op_MEMORY_SIZE_s)
{
    VM_TO_s_I(size_pages(inst->memory0));
    VM_NEXT(2);
}

VM_HANDLER(op_MEMORY_SIZE_a)
{
    VM_TO_a_I(size_pages(inst->memory0));
    VM_NEXT(2);
}

BASE_NOINLINE static uint32_t grow(pirn_memory *memory, uint32_t pages)
{
    uint64_t old;
    return pirn_memory_grow(memory, pages, &old) ? (uint32_t)old : UINT32_MAX;
}

VM_HANDLER(op_MEMORY_GROW)
{
    VM_TO_s_I(grow(inst->memory0, VM_SLOT(pc[1].a).u32));
    VM_RELOAD_MEMORY();
    VM_NEXT(2);
}

/* ---- Bulk instructions: in chunks, with a look at the interrupt flag between them --------------------------------- */

enum { CHUNK_BYTES = 1 << 20 };

static bool is_interrupted(const pirn_instance *inst)
{
    return atomic_load_explicit(&inst->context->interrupted, memory_order_relaxed);
}

/* Copies within memory as memmove does; false when interrupted. */
BASE_NOINLINE static bool copy(const pirn_instance *inst, uint8_t *to, const uint8_t *from, uint64_t size)
{
    if (to <= from) {
        for (; size > CHUNK_BYTES; size -= CHUNK_BYTES, to += CHUNK_BYTES, from += CHUNK_BYTES) {
            memmove(to, from, CHUNK_BYTES);
            if (is_interrupted(inst))
                return false;
        }
    } else {
        for (; size > CHUNK_BYTES; size -= CHUNK_BYTES) {
            memmove(to + size - CHUNK_BYTES, from + size - CHUNK_BYTES, CHUNK_BYTES);
            if (is_interrupted(inst))
                return false;
        }
    }
    memmove(to, from, size);
    return true;
}

BASE_NOINLINE static bool fill(const pirn_instance *inst, uint8_t *to, uint8_t value, uint64_t size)
{
    for (; size > CHUNK_BYTES; size -= CHUNK_BYTES, to += CHUNK_BYTES) {
        memset(to, value, CHUNK_BYTES);
        if (is_interrupted(inst))
            return false;
    }
    memset(to, value, size);
    return true;
}

VM_HANDLER(op_MEMORY_COPY)
{
    uint64_t to = VM_SLOT(pc[1].d).u32, from = VM_SLOT(pc[1].a).u32, size = VM_SLOT(pc[1].b).u32;
    VM_TRAP_IF(to + size > len || from + size > len, MEMORY_BOUNDS)
    if (size != 0 && BASE_UNLIKELY(!copy(inst, mem + to, mem + from, size)))
        VM_BECOME(vm_trap_stack);
    VM_NEXT(2);
}

VM_HANDLER(op_MEMORY_FILL)
{
    uint64_t to = VM_SLOT(pc[1].d).u32, size = VM_SLOT(pc[1].b).u32;
    VM_TRAP_IF(to + size > len, MEMORY_BOUNDS)
    if (size != 0 && BASE_UNLIKELY(!fill(inst, mem + to, (uint8_t)VM_SLOT(pc[1].a).u32, size)))
        VM_BECOME(vm_trap_stack);
    VM_NEXT(2);
}

/* A dropped segment has no bytes. */
static uint64_t data_size(const pirn_instance *inst, uint64_t segment)
{
    const vm_range *bytes = &inst->module->syntax.datas.data[segment].bytes;
    return inst->dropped_datas[segment] ? 0 : (uint64_t)(bytes->end - bytes->start);
}

VM_HANDLER(op_MEMORY_INIT)
{
    uint64_t to = VM_SLOT(pc[1].d).u32, from = VM_SLOT(pc[1].a).u32, size = VM_SLOT(pc[1].b).u32;
    VM_TRAP_IF(to + size > len || from + size > data_size(inst, pc[2].u64), MEMORY_BOUNDS)
    if (size != 0)
        memcpy(mem + to, inst->module->syntax.datas.data[pc[2].u64].bytes.start + from, size);
    VM_NEXT(3);
}

VM_HANDLER(op_DATA_DROP)
{
    inst->dropped_datas[pc[1].offset] = 1;
    VM_NEXT(2);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers of memory instructions (spec 4.6.8). Those of memory 0 with 32-bit addresses have its base and length in
 * registers; their effective address has 33 bits, so it cannot overflow its 64, and one compare with the length checks
 * it. All others go through the instance (VM_PLACE_IN), which is form x.
 */
#include "vm/exec/handlers.h"
#include "vm/exec/shared.h"

/* By the form of a cell's address. */
#define PLACE_s(bytes) VM_PLACE((uint64_t)VM_SLOT(pc[1].a).u32 + pc[1].offset, bytes)
#define PLACE_a(bytes) VM_PLACE((uint64_t)vm_u32_of_image(acc) + pc[1].offset, bytes)
#define PLACE_i(bytes) VM_PLACE(pc[2].u64, bytes)
#define PLACE_x(bytes) VM_PLACE_IN(inst->memories[pc[1].b], VM_SLOT(pc[1].a), pc[2].u64, bytes)
/* Sums of 32 bits wrap around before the offset is added. */
#define PLACE_w(bytes) VM_PLACE(VM_SLOT(pc[1].a).u32 + pc[1].offset, bytes)
#define PLACE_b(bytes) VM_PLACE(vm_u32_of_image(acc) + pc[1].offset, bytes)
#define PLACE_k(bytes) VM_PLACE(VM_SLOT(pc[1].a).u32 *(bytes) + pc[1].offset, bytes)
#define PLACE_c(bytes) VM_PLACE(vm_u32_of_image(acc) * (bytes) + pc[1].offset, bytes)
#define PLACE_t(bytes) VM_PLACE((uint64_t)(VM_SLOT(pc[1].a).u32 + VM_SLOT(pc[1].b).u32) + pc[1].c, bytes)
#define PLACE_u(bytes) VM_PLACE((uint64_t)(VM_SLOT(pc[1].a).u32 + vm_u32_of_image(acc)) + pc[1].offset, bytes)
#define PLACE_v(bytes) VM_PLACE((uint64_t)(VM_SLOT(pc[1].a).u32 + VM_SLOT(pc[1].b).u32 * (bytes)) + pc[1].c, bytes)
#define PLACE_y(bytes) \
    VM_PLACE((uint64_t)(VM_SLOT(pc[1].a).u32 + vm_u32_of_image(acc) * (bytes)) + pc[1].offset, bytes)
#define PLACE_z(bytes)                                  \
    uint32_t sum = VM_SLOT(pc[1].a).u32 + pc[1].offset; \
    VM_PLACE((uint64_t)sum + pc[2].offset, bytes)       \
    VM_SLOT(pc[2].d).u64 = vm_image_of_u32(sum);
#define PLACE_o(bytes)                            \
    uint32_t old = VM_SLOT(pc[1].a).u32;          \
    VM_PLACE((uint64_t)old + pc[2].offset, bytes) \
    VM_SLOT(pc[2].d).u64 = vm_image_of_u32(old);  \
    VM_SLOT(pc[1].a).u64 = vm_image_of_u32(old + pc[1].offset);
#define ADDRESS_WORDS_w 2
#define ADDRESS_WORDS_b 2
#define ADDRESS_WORDS_k 2
#define ADDRESS_WORDS_c 2
#define ADDRESS_WORDS_t 2
#define ADDRESS_WORDS_u 2
#define ADDRESS_WORDS_v 2
#define ADDRESS_WORDS_y 2
#define ADDRESS_WORDS_z 3
#define ADDRESS_WORDS_o 3
#define ADDRESS_WORDS_s 2
#define ADDRESS_WORDS_a 2
#define ADDRESS_WORDS_i 3
#define ADDRESS_WORDS_x 3

#define LOAD(form, dest, name, R, bytes, expression)        \
    VM_HANDLER(op_##name##_##form##_##dest)                 \
    {                                                       \
        PLACE_##form(bytes) VM_TO_##dest##_##R(expression); \
        VM_NEXT(ADDRESS_WORDS_##form);                      \
    }
#define BOTH(form, ...)                     LOAD(form, s, __VA_ARGS__) LOAD(form, a, __VA_ARGS__)
#define IR_LOAD(name, R, bytes, expression) IR_FORMS_LOAD(BOTH, name, R, bytes, expression)

#define STORE_PLACE_ss    PLACE_s
#define STORE_PLACE_si    PLACE_s
#define STORE_PLACE_sa    PLACE_s
#define STORE_PLACE_as    PLACE_a
#define STORE_PLACE_ai    PLACE_a
#define STORE_PLACE_aa    PLACE_a
#define STORE_PLACE_is    PLACE_i
#define STORE_PLACE_ii    PLACE_i
#define STORE_PLACE_ia    PLACE_i
#define STORE_PLACE_xs    PLACE_x
#define STORE_VALUE_ss(T) VM_SLOT_##T(pc[1].d)
#define STORE_VALUE_as(T) VM_SLOT_##T(pc[1].d)
#define STORE_VALUE_is(T) VM_SLOT_##T(pc[1].d)
#define STORE_VALUE_xs(T) VM_SLOT_##T(pc[1].d)
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
#define STORE_WORDS_xs    3
#define STORE_WORDS_ii    4

#define STORE_PLACE_ws    PLACE_w
#define STORE_VALUE_ws(T) VM_SLOT_##T(pc[1].d)
#define STORE_WORDS_ws    2
#define STORE_PLACE_wi    PLACE_w
#define STORE_VALUE_wi(T) VM_WORD_##T(pc[2])
#define STORE_WORDS_wi    3
#define STORE_PLACE_wa    PLACE_w
#define STORE_VALUE_wa(T) VM_ACC_##T
#define STORE_WORDS_wa    2
#define STORE_PLACE_bs    PLACE_b
#define STORE_VALUE_bs(T) VM_SLOT_##T(pc[1].d)
#define STORE_WORDS_bs    2
#define STORE_PLACE_bi    PLACE_b
#define STORE_VALUE_bi(T) VM_WORD_##T(pc[2])
#define STORE_WORDS_bi    3
#define STORE_PLACE_ks    PLACE_k
#define STORE_VALUE_ks(T) VM_SLOT_##T(pc[1].d)
#define STORE_WORDS_ks    2
#define STORE_PLACE_ka    PLACE_k
#define STORE_VALUE_ka(T) VM_ACC_##T
#define STORE_WORDS_ka    2
#define STORE_PLACE_cs    PLACE_c
#define STORE_VALUE_cs(T) VM_SLOT_##T(pc[1].d)
#define STORE_WORDS_cs    2
#define STORE_PLACE_ts    PLACE_t
#define STORE_VALUE_ts(T) VM_SLOT_##T(pc[1].d)
#define STORE_WORDS_ts    2
#define STORE_PLACE_vs    PLACE_v
#define STORE_VALUE_vs(T) VM_SLOT_##T(pc[1].d)
#define STORE_WORDS_vs    2

#define STORE(form, name, T, bytes, statement)                        \
    VM_HANDLER(op_##name##_##form)                                    \
    {                                                                 \
        STORE_PLACE_##form(bytes) VM_C_##T v = STORE_VALUE_##form(T); \
        statement;                                                    \
        VM_NEXT(STORE_WORDS_##form);                                  \
    }
#define IR_STORE(name, T, bytes, statement) IR_FORMS_STORE_##T(STORE, name, T, bytes, statement)
#include "vm/exec/ir.def"

/* ---- Size ------------------------------------------------------------------------------------------------------------ */

/* A number of pages in a slot or accumulator, of the memory's address type. */
static uint64_t image_of_pages(const pirn_memory *memory, uint64_t pages)
{
    return memory->type.is64 ? pages : vm_image_of_u32((uint32_t)pages);
}

static uint64_t size_bytes(const pirn_memory *memory)
{
    return memory->shared != NULL ? vm_shared_size(memory->shared) : memory->size;
}

static uint64_t size_image(const pirn_memory *memory)
{
    return image_of_pages(memory, size_bytes(memory) >> memory->type.page_size_log2);
}

VM_HANDLER(op_MEMORY_SIZE_s)
{
    VM_TO_s_L(size_image(inst->memories[pc[1].offset]));
    VM_NEXT(2);
}

VM_HANDLER(op_MEMORY_SIZE_a)
{
    VM_TO_a_L(size_image(inst->memories[pc[1].offset]));
    VM_NEXT(2);
}

BASE_NOINLINE static uint64_t grow(pirn_memory *memory, pirn_slot pages)
{
    uint64_t old;
    return image_of_pages(memory, pirn_memory_grow(memory, vm_address_in(memory, pages), &old) ? old : UINT64_MAX);
}

VM_HANDLER(op_MEMORY_GROW)
{
    VM_TO_s_L(grow(inst->memories[pc[1].offset], VM_SLOT(pc[1].a)));
    VM_RELOAD_MEMORY();
    VM_NEXT(2);
}

/* ---- Bulk instructions: in chunks, with a look at the interrupt flag between them --------------------------------- */

enum { CHUNK_BYTES = 1 << 20 };

static bool is_interrupted(const pirn_instance *inst)
{
    return atomic_load_explicit(&inst->context->interrupted, memory_order_relaxed);
}

/* Copies as memmove does; false when interrupted. */
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

/* The length is of the smaller address type. */
VM_HANDLER(op_MEMORY_COPY)
{
    const pirn_memory *into = inst->memories[pc[2].u64], *source = inst->memories[pc[3].u64];
    uint64_t to = vm_address_in(into, VM_SLOT(pc[1].d)), from = vm_address_in(source, VM_SLOT(pc[1].a));
    uint64_t size = vm_address_in(into->type.is64 ? source : into, VM_SLOT(pc[1].b));
    VM_TRAP_IF(vm_is_outside(to, size, into->size) || vm_is_outside(from, size, source->size), MEMORY_BOUNDS)
    if (size != 0 && BASE_UNLIKELY(!copy(inst, into->data + to, source->data + from, size)))
        VM_BECOME(vm_trap_stack);
    VM_NEXT(4);
}

VM_HANDLER(op_MEMORY_FILL)
{
    const pirn_memory *memory = inst->memories[pc[2].u64];
    uint64_t to = vm_address_in(memory, VM_SLOT(pc[1].d)), size = vm_address_in(memory, VM_SLOT(pc[1].b));
    VM_TRAP_IF(vm_is_outside(to, size, memory->size), MEMORY_BOUNDS)
    if (size != 0 && BASE_UNLIKELY(!fill(inst, memory->data + to, (uint8_t)VM_SLOT(pc[1].a).u32, size)))
        VM_BECOME(vm_trap_stack);
    VM_NEXT(3);
}

/* Of memory 0 with 32-bit addresses, which is in registers. What is large goes in chunks. */
static inline bool is_outside(uint64_t at, uint64_t size, uint64_t len)
{
    return at + size > len;
}

#define COPY_0(name, size_)                                                                 \
    VM_HANDLER(op_MEMORY_COPY_0##name)                                                      \
    {                                                                                       \
        uint64_t to = VM_SLOT(pc[1].d).u32, from = VM_SLOT(pc[1].a).u32, size = (size_);    \
        VM_TRAP_IF(is_outside(to, size, len) || is_outside(from, size, len), MEMORY_BOUNDS) \
        if (BASE_UNLIKELY(size > CHUNK_BYTES)) {                                            \
            if (!copy(inst, mem + to, mem + from, size))                                    \
                VM_BECOME(vm_trap_stack);                                                   \
        } else if (size != 0) {                                                             \
            memmove(mem + to, mem + from, size);                                            \
        }                                                                                   \
        VM_NEXT(2);                                                                         \
    }
COPY_0(, VM_SLOT(pc[1].b).u32)
COPY_0(_i, pc[1].offset)

VM_HANDLER(op_MEMORY_FILL_0)
{
    uint64_t to = VM_SLOT(pc[1].d).u32, size = VM_SLOT(pc[1].b).u32;
    VM_TRAP_IF(is_outside(to, size, len), MEMORY_BOUNDS)
    if (BASE_UNLIKELY(size > CHUNK_BYTES)) {
        if (!fill(inst, mem + to, (uint8_t)VM_SLOT(pc[1].a).u32, size))
            VM_BECOME(vm_trap_stack);
    } else if (size != 0) {
        memset(mem + to, (uint8_t)VM_SLOT(pc[1].a).u32, size);
    }
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
    uint64_t segment = pc[2].u64;
    const pirn_memory *memory = inst->memories[pc[3].u64];
    uint64_t to = vm_address_in(memory, VM_SLOT(pc[1].d)), from = VM_SLOT(pc[1].a).u32, size = VM_SLOT(pc[1].b).u32;
    VM_TRAP_IF(vm_is_outside(to, size, memory->size) || from + size > data_size(inst, segment), MEMORY_BOUNDS)
    if (size != 0)
        memcpy(memory->data + to, inst->module->syntax.datas.data[segment].bytes.start + from, size);
    VM_NEXT(4);
}

VM_HANDLER(op_DATA_DROP)
{
    inst->dropped_datas[pc[1].offset] = 1;
    VM_NEXT(2);
}

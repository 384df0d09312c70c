/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers of atomic instructions (threads proposal): of any memory, shared or not. A read-modify-write is a loop that tries to
 * replace what it has read, the same for all operations and byte orders. Values narrower than their type are wrapped and
 * zero-extended.
 */
#include "vm/exec/atomic.h"
#include "vm/exec/handlers.h"
#include "vm/exec/shared.h"

/* Declares `p`; the address is in slot `operand`. The effective address must be aligned. */
#define PLACE(operand, bytes)                                                        \
    VM_PLACE_IN(inst->memories[pc[3].u64], VM_SLOT(pc[1].operand), pc[2].u64, bytes) \
    VM_TRAP_IF(address % (bytes) != 0, UNALIGNED)

enum { WORDS = 4 };

#define IR_ATOMIC_LOAD(name, R, bits)          \
    VM_HANDLER(op_##name)                      \
    {                                          \
        PLACE(a, (bits) / 8)                   \
        VM_TO_s_##R(vm_atomic_load_##bits(p)); \
        VM_NEXT(WORDS);                        \
    }

#define IR_ATOMIC_STORE(name, T, bits)                                   \
    VM_HANDLER(op_##name)                                                \
    {                                                                    \
        PLACE(d, (bits) / 8)                                             \
        vm_atomic_store_##bits(p, (uint##bits##_t)VM_SLOT_##T(pc[1].a)); \
        VM_NEXT(WORDS);                                                  \
    }

#define IR_ATOMIC_RMW(name, T, bits, expression)                               \
    VM_HANDLER(op_##name)                                                      \
    {                                                                          \
        PLACE(a, (bits) / 8)                                                   \
        VM_C_##T v = VM_SLOT_##T(pc[1].b);                                     \
        uint##bits##_t x = vm_atomic_load_##bits(p);                           \
        while (!vm_atomic_replace_##bits(p, &x, (uint##bits##_t)(expression))) \
            ;                                                                  \
        VM_TO_s_##T(x);                                                        \
        VM_NEXT(WORDS);                                                        \
    }

#define IR_ATOMIC_CMPXCHG(name, T, bits)                                       \
    VM_HANDLER(op_##name)                                                      \
    {                                                                          \
        PLACE(a, (bits) / 8)                                                   \
        uint##bits##_t x = (uint##bits##_t)VM_SLOT_##T(pc[1].b);               \
        vm_atomic_replace_##bits(p, &x, (uint##bits##_t)VM_SLOT_##T(pc[1].c)); \
        VM_TO_s_##T(x);                                                        \
        VM_NEXT(WORDS);                                                        \
    }

#include "vm/exec/ir.def"

VM_HANDLER(op_ATOMIC_FENCE)
{
    atomic_thread_fence(memory_order_seq_cst);
    VM_NEXT(2);
}

/* Nobody waits on a memory that is not shared. */
BASE_NOINLINE static uint32_t notify(const pirn_memory *memory, const uint8_t *p, uint32_t count)
{
    return memory->shared == NULL ? 0 : vm_shared_notify(memory->shared, p, count);
}

VM_HANDLER(op_MEMORY_ATOMIC_NOTIFY)
{
    PLACE(a, 4)
    VM_TO_s_I(notify(memory, p, VM_SLOT(pc[1].b).u32));
    VM_NEXT(WORDS);
}

BASE_NOINLINE static vm_wait_result wait_on(const pirn_instance *inst, const pirn_memory *memory, uint8_t *p,
                                            uint32_t bytes, uint64_t expected, int64_t timeout_ns)
{
    return vm_shared_wait(memory->shared, p, bytes, expected, timeout_ns, &inst->context->interrupted);
}

#define WAIT(T, bytes)                                                                                   \
    PLACE(a, bytes)                                                                                      \
    VM_TRAP_IF(memory->shared == NULL, NOT_SHARED)                                                       \
    vm_wait_result result = wait_on(inst, memory, p, bytes, VM_SLOT_##T(pc[1].b), VM_SLOT(pc[1].c).i64); \
    if (BASE_UNLIKELY(result == VM_WAIT_INTERRUPTED))                                                    \
        VM_BECOME(vm_trap_stack);                                                                        \
    VM_TO_s_I((uint32_t)result);                                                                         \
    VM_NEXT(WORDS);

VM_HANDLER(op_MEMORY_ATOMIC_WAIT32){WAIT(I, 4)}

VM_HANDLER(op_MEMORY_ATOMIC_WAIT64)
{
    WAIT(L, 8)
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers of vector loads and stores (spec 4.6.8). Each is made twice, as scalar ones are: for memory 0 with 32-bit
 * addresses, and for any memory (FAR), through the instance.
 */
#include "vm/exec/handlers.h"
#include "vm/exec/lanes.h"

#define LANES(type, operand) vm_##type##_at(fp + pc[1].operand)

/* Declares `p` for an access of `bytes`, or traps. */
#define NEAR_PLACE(bytes)                                          \
    uint64_t address = (uint64_t)VM_SLOT(pc[1].a).u32 + pc[2].u64; \
    VM_TRAP_IF(address + (bytes) > len, MEMORY_BOUNDS)             \
    uint8_t *p = mem + address;
#define FAR_PLACE(bytes) VM_PLACE_IN(inst->memories[pc[3].u64], VM_SLOT(pc[1].a), pc[2].u64, bytes)

#define BOTH(HANDLER, name, ...)              \
    HANDLER(name, NEAR_PLACE, 3, __VA_ARGS__) \
    HANDLER(name##_FAR, FAR_PLACE, 4, __VA_ARGS__)

#define LOAD(name, PLACE, words, bytes, R, ...) \
    VM_HANDLER(op_##name)                       \
    {                                           \
        PLACE(bytes)                            \
        vm_##R value = __VA_ARGS__;             \
        vm_##R##_put(fp + pc[1].d, value);      \
        VM_NEXT(words);                         \
    }
#define IR_V_LOAD(name, bytes, R, ...) BOTH(LOAD, name, bytes, R, __VA_ARGS__)

#define STORE(name, PLACE, words, bytes)  \
    VM_HANDLER(op_##name)                 \
    {                                     \
        PLACE(bytes)                      \
        vm_u8x16_put(p, LANES(u8x16, b)); \
        VM_NEXT(words);                   \
    }
#define IR_V_STORE(name) BOTH(STORE, name, 16)

/* Lanes lie in slots as they do in memory, so a lane is copied as bytes. */
#define LOAD_LANE(name, PLACE, words, bytes)                \
    VM_HANDLER(op_##name)                                   \
    {                                                       \
        PLACE(bytes)                                        \
        vm_u8x16_put(fp + pc[1].d, LANES(u8x16, b));        \
        memcpy(fp + pc[1].d + (bytes) * pc[1].c, p, bytes); \
        VM_NEXT(words);                                     \
    }
#define IR_V_LOAD_LANE(name, bytes) BOTH(LOAD_LANE, name, bytes)

#define STORE_LANE(name, PLACE, words, bytes)               \
    VM_HANDLER(op_##name)                                   \
    {                                                       \
        PLACE(bytes)                                        \
        memcpy(p, fp + pc[1].b + (bytes) * pc[1].c, bytes); \
        VM_NEXT(words);                                     \
    }
#define IR_V_STORE_LANE(name, bytes) BOTH(STORE_LANE, name, bytes)

#include "vm/exec/ir.def"

/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of vm/exec/ir.def as functions vm_do_NAME, vm_load_NAME and vm_store_NAME, for the handlers of cells that have
 * several of them. */
#pragma once

#include "vm/exec/handlers.h"

#define IR_BINARY(name, forms, T, R, traps, expression)       \
    BASE_INLINE VM_C_##R vm_do_##name(VM_C_##T x, VM_C_##T y) \
    {                                                         \
        return expression;                                    \
    }
#define IR_COMPARE(name, inverse, exchanged, T, expression) \
    BASE_INLINE bool vm_do_##name(VM_C_##T x, VM_C_##T y)   \
    {                                                       \
        return expression;                                  \
    }
#define IR_LOAD(name, R, bytes, expression)               \
    BASE_INLINE VM_C_##R vm_load_##name(const uint8_t *p) \
    {                                                     \
        return expression;                                \
    }
#define IR_STORE(name, T, bytes, statement)                  \
    BASE_INLINE void vm_store_##name(uint8_t *p, VM_C_##T v) \
    {                                                        \
        statement;                                           \
    }
#include "vm/exec/ir.def"

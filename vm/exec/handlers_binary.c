/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers of operations with two operands (spec 4.3.2, 4.3.3): one function for each form of operands and destination. */
#include "vm/exec/handlers.h"

#define BINARY(form, dest, name, T, R, traps, expression) \
    VM_HANDLER(op_##name##_##form##_##dest)               \
    {                                                     \
        VM_C_##T x = VM_X_##form(T);                      \
        VM_C_##T y = VM_Y_##form(T);                      \
        traps VM_TO_##dest##_##R(expression);             \
        VM_NEXT(VM_WORDS_##form(T));                      \
    }
#define BOTH(form, ...) BINARY(form, s, __VA_ARGS__) BINARY(form, a, __VA_ARGS__)

#define IR_BINARY(name, forms, T, R, traps, expression) IR_FORMS_##forms(BOTH, name, T, R, traps, expression)
#include "vm/exec/ir.def"

/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers of operations with one operand and of conversions (spec 4.3.2 to 4.3.4). */
#include "vm/exec/handlers.h"

/* Float to integer: only what C defines is cast. */
#define VM_TRAP_UNLESS_INT(x, fits)      \
    if (BASE_UNLIKELY(!(fits))) {        \
        if ((x) != (x))                  \
            VM_TRAP(INVALID_CONVERSION); \
        VM_TRAP(INTEGER_OVERFLOW);       \
    }

#define VM_X_s(T) VM_SLOT_##T(pc[1].a)
#define VM_X_a(T) VM_ACC_##T

#define UNARY(form, dest, name, T, R, traps, expression) \
    VM_HANDLER(op_##name##_##form##_##dest)              \
    {                                                    \
        VM_C_##T x = VM_X_##form(T);                     \
        traps VM_TO_##dest##_##R(expression);            \
        VM_NEXT(2);                                      \
    }
#define BOTH(form, ...) UNARY(form, s, __VA_ARGS__) UNARY(form, a, __VA_ARGS__)

#define IR_UNARY(name, T, R, traps, expression) IR_FORMS_UNARY(BOTH, name, T, R, traps, expression)
#include "vm/exec/ir.def"

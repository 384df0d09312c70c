/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers of comparisons: those that yield 0 or 1, and those that branch. */
#include "vm/exec/handlers.h"

#define VALUE(form, dest, name, T, expression)    \
    VM_HANDLER(op_##name##_##form##_##dest)       \
    {                                             \
        VM_C_##T x = VM_X_##form(T);              \
        VM_C_##T y = VM_Y_##form(T);              \
        VM_TO_##dest##_I((uint32_t)(expression)); \
        VM_NEXT(VM_WORDS_##form(T));              \
    }
#define BRANCH(form, name, T, expression)           \
    VM_HANDLER(op_BR_##name##_##form)               \
    {                                               \
        VM_C_##T x = VM_X_##form(T);                \
        VM_C_##T y = VM_Y_##form(T);                \
        if (expression)                             \
            VM_GOTO(pc[VM_WORDS_##form(T)].target); \
        VM_NEXT(VM_WORDS_##form(T) + 1);            \
    }
#define ALL(form, ...) VALUE(form, s, __VA_ARGS__) VALUE(form, a, __VA_ARGS__) BRANCH(form, __VA_ARGS__)

#define IR_COMPARE(name, inverse, exchanged, T, expression) IR_FORMS_C(ALL, name, T, expression)
#include "vm/exec/ir.def"

/* SPDX-License-Identifier: Apache-2.0 */
/* What clang calls for setjmp and longjmp: see longjmp.h. The tag of longjmp, which the compiler makes, carries one address. */
#include "conformance/guests/longjmp.h"

enum { TAG_OF_LONGJMP = 1 };

/* `call` numbers the calls of setjmp in a function from 1. */
void __wasm_setjmp(struct jump_buffer *buffer, unsigned call, void *activation)
{
    buffer->activation = activation;
    buffer->call = call;
}

unsigned __wasm_setjmp_test(const struct jump_buffer *buffer, const void *activation)
{
    return buffer->activation == activation ? buffer->call : 0;
}

_Noreturn void __wasm_longjmp(struct jump_buffer *buffer, int value)
{
    buffer->thrown.to = buffer;
    buffer->thrown.value = value == 0 ? 1 : value;
    __builtin_wasm_throw(TAG_OF_LONGJMP, &buffer->thrown);
}

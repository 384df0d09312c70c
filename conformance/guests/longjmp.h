/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setjmp and longjmp, which clang makes of exceptions: longjmp throws, and each function that calls setjmp catches, asks whether the
 * jump is to one of its own calls, and throws on what is not. wasi-libc of 2022 has none of it; longjmp_runtime.c is all that it takes.
 */
#pragma once

/* The activation and the call of setjmp in it that it was given to, and what longjmp throws. */
typedef struct jump_buffer {
    void *activation;
    unsigned call;
    struct {
        struct jump_buffer *to;
        int value;
    } thrown;
} jmp_buf[1];

int setjmp(jmp_buf buffer) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf buffer, int value);

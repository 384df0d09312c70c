/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors as our own code writes them. The public face is in <pirn/base.h>.
 *
 * Every function that can fail has a `pirn_error *` in its context, which may be NULL. The first error wins: a
 * later call on an error that is set changes nothing, but still returns its own status.
 */
#pragma once

#include "vm/base/compiler.h"
#include <pirn/base.h>
#include <stdarg.h>

/* Returns the status of `expression` from the enclosing function unless it is PIRN_OK. */
#define PIRN_TRY(expression)                                                                                 \
    do {                                                                                                     \
        pirn_status try_status_ = (expression);                                                              \
        if (BASE_UNLIKELY(try_status_ != PIRN_OK))                                                           \
            return try_status_;                                                                              \
    } while (0)

/* Why execution stopped. Columns: enumerator, status, sentence (the official suite's words where it has them). */
#define PIRN_TRAPS(X)                                                                                        \
    X(PIRN_TRAP_NONE, PIRN_OK, "no trap")                                                                    \
    X(PIRN_TRAP_UNREACHABLE, PIRN_TRAP, "unreachable")                                                       \
    X(PIRN_TRAP_DIVIDE_BY_ZERO, PIRN_TRAP, "integer divide by zero")                                         \
    X(PIRN_TRAP_INTEGER_OVERFLOW, PIRN_TRAP, "integer overflow")                                             \
    X(PIRN_TRAP_INVALID_CONVERSION, PIRN_TRAP, "invalid conversion to integer")                              \
    X(PIRN_TRAP_MEMORY_BOUNDS, PIRN_TRAP, "out of bounds memory access")                                     \
    X(PIRN_TRAP_UNALIGNED, PIRN_TRAP, "unaligned atomic")                                                    \
    X(PIRN_TRAP_NOT_SHARED, PIRN_TRAP, "expected shared memory")                                             \
    X(PIRN_TRAP_TABLE_BOUNDS, PIRN_TRAP, "out of bounds table access")                                       \
    X(PIRN_TRAP_UNDEFINED_ELEMENT, PIRN_TRAP, "undefined element")                                           \
    X(PIRN_TRAP_UNINITIALIZED_ELEMENT, PIRN_TRAP, "uninitialized element")                                   \
    X(PIRN_TRAP_INDIRECT_TYPE, PIRN_TRAP, "indirect call type mismatch")                                     \
    X(PIRN_TRAP_NULL_REFERENCE, PIRN_TRAP, "null reference")                                                 \
    X(PIRN_TRAP_NULL_FUNCTION, PIRN_TRAP, "null function reference")                                         \
    X(PIRN_TRAP_NULL_STRUCTURE, PIRN_TRAP, "null structure reference")                                       \
    X(PIRN_TRAP_NULL_ARRAY, PIRN_TRAP, "null array reference")                                               \
    X(PIRN_TRAP_NULL_I31, PIRN_TRAP, "null i31 reference")                                                   \
    X(PIRN_TRAP_NULL_DESCRIPTOR, PIRN_TRAP, "null descriptor reference")                                     \
    X(PIRN_TRAP_CAST, PIRN_TRAP, "cast failure")                                                             \
    X(PIRN_TRAP_DESCRIPTOR_CAST, PIRN_TRAP, "descriptor cast failure")                                       \
    X(PIRN_TRAP_ARRAY_BOUNDS, PIRN_TRAP, "out of bounds array access")                                       \
    X(PIRN_TRAP_HEAP, PIRN_EXHAUSTED, "the heap is full")                                                    \
    X(PIRN_TRAP_EXCEPTION, PIRN_TRAP, "uncaught exception")                                                  \
    X(PIRN_TRAP_NULL_EXCEPTION, PIRN_TRAP, "null exception reference")                                       \
    X(PIRN_TRAP_NULL_CONTINUATION, PIRN_TRAP, "null continuation reference")                                 \
    X(PIRN_TRAP_CONSUMED, PIRN_TRAP, "continuation already consumed")                                        \
    X(PIRN_TRAP_SUSPENSION, PIRN_TRAP, "unhandled tag")                                                      \
    X(PIRN_TRAP_CALL_STACK, PIRN_EXHAUSTED, "call stack exhausted")                                          \
    X(PIRN_TRAP_FUEL, PIRN_EXHAUSTED, "all fuel consumed")                                                   \
    X(PIRN_TRAP_INTERRUPTED, PIRN_EXHAUSTED, "interrupted: the time limit was reached")                      \
    X(PIRN_TRAP_NOMEM, PIRN_NOMEM, "out of memory")                                                          \
    X(PIRN_TRAP_LIMIT, PIRN_LIMIT, "a limit was reached")                                                    \
    X(PIRN_TRAP_BLOCKED, PIRN_TRAP, "cannot block a synchronous call")                                       \
    X(PIRN_TRAP_HOST, PIRN_TRAP, "host function failed")

typedef enum pirn_trap {
#define PIRN_TRAP_ENUM(name, status, text) name,
    PIRN_TRAPS(PIRN_TRAP_ENUM)
#undef PIRN_TRAP_ENUM
        PIRN_TRAP_COUNT,
} pirn_trap;

pirn_status base_trap_status(pirn_trap trap);
const char *base_trap_text(pirn_trap trap);

/* Frames kept of a backtrace: this many from the top; deeper ones are counted only. */
#define BASE_TRACE_FRAMES 64

struct pirn_error {
    const pirn_allocator *allocator; /* NULL for an error on somebody's stack: see base_error_init */
    pirn_status status;
    pirn_trap trap;
    uint64_t offset;
    uint32_t line, column;
    bool has_function;
    uint32_t function_index;
    char function_name[128];
    char message[2048];
    size_t frame_count;   /* frames stored */
    size_t frames_hidden; /* deeper frames that were left out */
    struct {
        uint64_t offset;
        uint32_t function_index;
        char module[64];
        char function[128];
    } frames[BASE_TRACE_FRAMES];
};

/* For an error in the caller's own storage; needs no done(). */
void base_error_init(pirn_error *error);

/* `to` receives all that `from` says, unless it is set already (or NULL). */
void base_error_copy(pirn_error *to, const pirn_error *from);

/* Sets status, offset and message unless the error is already set (or NULL). Returns `status`. */
pirn_status base_fail(pirn_error *error, pirn_status status, uint64_t offset, const char *format, ...) PIRN_PRINTF(4, 5);
pirn_status base_fail_v(pirn_error *error, pirn_status status, uint64_t offset, const char *format, va_list args);
/* The same for text input, with line and column from 1. */
pirn_status base_fail_at(pirn_error *error, pirn_status status, uint32_t line, uint32_t column, const char *format, ...)
    PIRN_PRINTF(5, 6);
/* Shorthand: an allocation failed. Returns PIRN_NOMEM. */
pirn_status base_nomem(pirn_error *error);
/* Names the function the error lies in, unless one is named already. */
void base_error_in_function(pirn_error *error, uint32_t index, pirn_str name);
/* Appends a backtrace frame (innermost first). */
void base_error_push_frame(pirn_error *error, const pirn_trace_frame *frame);

/* printf arguments for a pirn_str: printf("%.*s", PIRN_STR_ARG(s)). */
#define PIRN_STR_ARG(s) (int)((s).len > INT32_MAX ? INT32_MAX : (s).len), (s).data

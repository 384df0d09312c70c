/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pirn/base.h: what every pirn library speaks: statuses, errors, strings, allocators.
 *
 * A function that can fail returns a `pirn_status` and describes the failure in the `pirn_error` it was
 * given. An error is written once (the first failure wins) and may be reused after pirn_error_clear().
 * Passing NULL for an error is allowed everywhere: only the status comes back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PIRN_API __attribute__((visibility("default")))
#else
#define PIRN_API
#endif

#if defined(__GNUC__)
#define PIRN_MUST_CHECK __attribute__((warn_unused_result))
#define PIRN_PRINTF(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))
#else
#define PIRN_MUST_CHECK
#define PIRN_PRINTF(format_index, first_argument)
#endif

/*
 * The outcome of an operation: the assertion words of the `.wast` scripts and a few more.
 * Columns: enumerator, name as printed, what it means.
 */
#define PIRN_STATUSES(X)                                                                                     \
    X(PIRN_OK, "ok", "it worked")                                                                            \
    X(PIRN_MALFORMED, "malformed", "the bytes or the text break the grammar")                                \
    X(PIRN_INVALID, "invalid", "well formed, but against the validation rules")                              \
    X(PIRN_UNLINKABLE, "unlinkable", "an import is missing or does not fit")                                 \
    X(PIRN_TRAP, "trap", "execution ended in a trap")                                                        \
    X(PIRN_EXHAUSTED, "exhausted", "call stack, fuel or time ran out during execution")                      \
    X(PIRN_NOMEM, "out of memory", "the allocator gave nothing")                                             \
    X(PIRN_LIMIT, "limit", "a configured or implementation limit was reached")                               \
    X(PIRN_IO, "i/o", "the operating system refused")                                                        \
    X(PIRN_USAGE, "usage", "the caller broke the rules of this interface")                                   \
    X(PIRN_PENDING, "pending", "not a failure: the call waits and must be resumed")

typedef enum pirn_status {
#define PIRN_STATUS_ENUM(name, text, meaning) name,
    PIRN_STATUSES(PIRN_STATUS_ENUM)
#undef PIRN_STATUS_ENUM
} pirn_status;

/* The printed name of a status ("malformed"); a static string. Any thread. */
PIRN_API const char *pirn_status_name(pirn_status status);

/* A borrowed piece of text: `len` bytes, UTF-8 unless said otherwise, not NUL-terminated. */
typedef struct pirn_str {
    const char *data;
    size_t len;
} pirn_str;

/* The pirn_str of a C string literal, and of a NUL-terminated string. */
#define PIRN_STR(literal) ((pirn_str){"" literal, sizeof(literal) - 1})
PIRN_API pirn_str pirn_str_of(const char *text);
PIRN_API bool pirn_str_eq(pirn_str a, pirn_str b);

/*
 * The embedder's allocator: one function in the manner of realloc.
 *   old_size == 0, new_size  > 0: allocate
 *   old_size  > 0, new_size  > 0: resize (contents kept up to the smaller size)
 *   old_size  > 0, new_size == 0: free; returns NULL
 * Memory is aligned for any object (max_align_t). NULL means failure; the old block then stands.
 * It must be callable from every thread that uses the engine it was given to.
 */
typedef struct pirn_allocator {
    void *(*resize)(void *user, void *block, size_t old_size, size_t new_size);
    void *user;
} pirn_allocator;

/* The C library's allocator. */
PIRN_API const pirn_allocator *pirn_allocator_default(void);

/* Memory that is released as a whole. One thread at a time. */
typedef struct pirn_arena pirn_arena;
/* NULL when out of memory. `allocator` may be NULL for the default one. */
PIRN_API pirn_arena *pirn_arena_new(const pirn_allocator *allocator);
PIRN_API void pirn_arena_free(pirn_arena *arena);
/* Zeroed, aligned for any object; NULL when out of memory. */
PIRN_API void *pirn_arena_alloc(pirn_arena *arena, size_t size);

/*
 * An error: a status, a place and one sentence (lower case, no period), and for a trap its code and backtrace.
 * Owned by the caller; used by one thread at a time.
 */
typedef struct pirn_error pirn_error;

/* Returns NULL when out of memory. `allocator` may be NULL for the default one. */
PIRN_API pirn_error *pirn_error_new(const pirn_allocator *allocator);
PIRN_API void pirn_error_free(pirn_error *error);
/* Makes the error empty (PIRN_OK) again. */
PIRN_API void pirn_error_clear(pirn_error *error);

/* Describes a failure, unless the error is set already; for embedders' own functions. Returns `status`. */
PIRN_API pirn_status pirn_error_set(pirn_error *error, pirn_status status, const char *format, ...) PIRN_PRINTF(3, 4);

/* Copies `from` unless `to` is set already. */
PIRN_API void pirn_error_copy(pirn_error *to, const pirn_error *from);

PIRN_API pirn_status pirn_error_status(const pirn_error *error);
/* One sentence; lives until the error is cleared or freed. Never NULL. */
PIRN_API const char *pirn_error_message(const pirn_error *error);

#define PIRN_NO_OFFSET UINT64_MAX
/* Byte offset in the file as loaded, or PIRN_NO_OFFSET. */
PIRN_API uint64_t pirn_error_offset(const pirn_error *error);
/* Line and column, from 1, of an error in text; 0 when there are none. */
PIRN_API uint32_t pirn_error_line(const pirn_error *error);
PIRN_API uint32_t pirn_error_column(const pirn_error *error);
/* The function the error lies in: false when it lies in none. The name may be empty. */
PIRN_API bool pirn_error_function(const pirn_error *error, uint32_t *index, pirn_str *name);

/* One line of a Wasm backtrace, innermost first. Strings live as long as the error. */
typedef struct pirn_trace_frame {
    pirn_str module;         /* from the name section, or empty */
    pirn_str function;       /* from the name section, or empty */
    uint32_t function_index; /* in its module's function index space */
    uint64_t offset;         /* byte offset of the instruction in its module's bytes, or PIRN_NO_OFFSET */
} pirn_trace_frame;

PIRN_API size_t pirn_error_frame_count(const pirn_error *error);
/* Frames deeper than the last one kept, which were counted only. */
PIRN_API size_t pirn_error_frames_hidden(const pirn_error *error);
/* `index` below the count. */
PIRN_API pirn_trace_frame pirn_error_frame(const pirn_error *error, size_t index);

/* The version of the library, "0.1.0". */
PIRN_API const char *pirn_version(void);

#ifdef __cplusplus
}
#endif

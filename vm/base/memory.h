/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where memory comes from: the embedder's allocator, arenas on top of it, and growable arrays.
 *
 * An arena owns everything allocated from it until base_arena_done(). It belongs to one of three lifetimes:
 * the module (or component), the instance, the call.
 */
#pragma once

#include "vm/base/error.h"

/* Checked sizes: false when the result does not fit. */
bool base_mul_size(size_t a, size_t b, size_t *out);
bool base_add_size(size_t a, size_t b, size_t *out);

void *base_alloc(const pirn_allocator *allocator, size_t size);      /* uninitialised; size > 0 */
void *base_alloc_zero(const pirn_allocator *allocator, size_t size); /* size > 0 */
void *base_resize(const pirn_allocator *allocator, void *block, size_t old_size, size_t new_size);
void base_free(const pirn_allocator *allocator, void *block, size_t size); /* block may be NULL */

typedef struct base_chunk base_chunk;
typedef struct base_arena {
    const pirn_allocator *allocator;
    base_chunk *chunks; /* newest first */
    uint8_t *next, *end;
    size_t total_bytes; /* taken from the allocator so far */
} base_arena;

/* The public face. */
struct pirn_arena {
    base_arena base;
};

void base_arena_init(base_arena *arena, const pirn_allocator *allocator);
void base_arena_done(base_arena *arena);
/* Gives back all but the newest chunk and starts again. */
void base_arena_reset(base_arena *arena);
/* NULL when out of memory. Aligned for any object. size 0 gives a unique pointer. */
void *base_arena_alloc(base_arena *arena, size_t size);
void *base_arena_zero(base_arena *arena, size_t size);
/* An array of `count` elements, zeroed; NULL when out of memory or when the size overflows. */
void *base_arena_array(base_arena *arena, size_t count, size_t element_size);
/* Copies bytes; a NUL is added behind them, so the copy is also a C string. data == NULL on failure. */
pirn_str base_arena_copy(base_arena *arena, pirn_str text);
/* A formatted string. data == NULL on failure. */
pirn_str base_arena_printf(base_arena *arena, const char *format, ...) PIRN_PRINTF(2, 3);

/*
 * A growable array of any element type: `BASE_VEC(vm_import) imports;`, zero-initialised. Elements move when it grows.
 *   for (size_t i = 0; i < v.len; i++) use(v.data[i]);
 */
#define BASE_VEC(type)                                                                                       \
    struct {                                                                                                 \
        type *data;                                                                                          \
        size_t len, cap;                                                                                     \
    }

/* Makes room for `extra` more elements. False when out of memory. */
#define BASE_VEC_RESERVE(vec, allocator, extra)                                                              \
    base_vec_reserve((allocator), (void **)&(vec)->data, &(vec)->cap, (vec)->len, (extra), sizeof *(vec)->data)
/* Appends a value. False when out of memory. */
#define BASE_VEC_PUSH(vec, allocator, ...)                                                                   \
    (BASE_VEC_RESERVE(vec, allocator, 1) ? ((vec)->data[(vec)->len++] = (__VA_ARGS__), true) : false)
#define BASE_VEC_DONE(vec, allocator)                                                                        \
    (base_free((allocator), (vec)->data, (vec)->cap * sizeof *(vec)->data), (vec)->data = NULL, (vec)->len = (vec)->cap = 0)

bool base_vec_reserve(const pirn_allocator *allocator, void **data, size_t *cap, size_t len, size_t extra, size_t element);

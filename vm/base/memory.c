/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation. An arena takes chunks that double up to a limit, so small modules cost little and big ones few calls;
 * an allocation larger than a chunk gets a chunk of its own.
 */
#include "vm/base/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_ALIGN = _Alignof(max_align_t), FIRST_CHUNK = 1024, LARGEST_CHUNK = 1 << 20 };

struct base_chunk {
    base_chunk *older;
    size_t size; /* of the whole block, this header included */
    _Alignas(max_align_t) uint8_t bytes[];
};

static void *resize_with_libc(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, new_size);
}

const pirn_allocator *pirn_allocator_default(void)
{
    static const pirn_allocator libc_allocator = {resize_with_libc, NULL};
    return &libc_allocator;
}

bool base_mul_size(size_t a, size_t b, size_t *out)
{
    if (b != 0 && a > SIZE_MAX / b)
        return false;
    *out = a * b;
    return true;
}

bool base_add_size(size_t a, size_t b, size_t *out)
{
    *out = a + b;
    return *out >= a;
}

void *base_alloc(const pirn_allocator *allocator, size_t size)
{
    return allocator->resize(allocator->user, NULL, 0, size);
}

void *base_alloc_zero(const pirn_allocator *allocator, size_t size)
{
    void *block = base_alloc(allocator, size);
    return block == NULL ? NULL : memset(block, 0, size);
}

void *base_resize(const pirn_allocator *allocator, void *block, size_t old_size, size_t new_size)
{
    return allocator->resize(allocator->user, block, old_size, new_size);
}

void base_free(const pirn_allocator *allocator, void *block, size_t size)
{
    if (block != NULL)
        allocator->resize(allocator->user, block, size, 0);
}

void base_arena_init(base_arena *arena, const pirn_allocator *allocator)
{
    *arena = (base_arena){.allocator = allocator};
}

static void free_chunks(base_arena *arena, base_chunk *chunk)
{
    while (chunk != NULL) {
        base_chunk *older = chunk->older;
        arena->total_bytes -= chunk->size;
        base_free(arena->allocator, chunk, chunk->size);
        chunk = older;
    }
}

void base_arena_done(base_arena *arena)
{
    free_chunks(arena, arena->chunks);
    base_arena_init(arena, arena->allocator);
}

void base_arena_reset(base_arena *arena)
{
    if (arena->chunks == NULL)
        return;
    free_chunks(arena, arena->chunks->older);
    arena->chunks->older = NULL;
    arena->next = arena->chunks->bytes;
    arena->end = (uint8_t *)arena->chunks + arena->chunks->size;
}

/* The next regular chunk is as large as all before it together, within bounds. */
static size_t next_chunk_size(const base_arena *arena)
{
    if (arena->total_bytes < FIRST_CHUNK)
        return FIRST_CHUNK;
    return arena->total_bytes < LARGEST_CHUNK ? arena->total_bytes : LARGEST_CHUNK;
}

static base_chunk *add_chunk(base_arena *arena, size_t size)
{
    base_chunk *chunk = base_alloc(arena->allocator, size);
    if (chunk == NULL)
        return NULL;
    chunk->size = size;
    chunk->older = arena->chunks;
    arena->chunks = chunk;
    arena->total_bytes += size;
    return chunk;
}

static void *alloc_in_new_chunk(base_arena *arena, size_t size)
{
    size_t needed;
    if (!base_add_size(size, sizeof(base_chunk), &needed))
        return NULL;
    size_t regular = next_chunk_size(arena);
    if (needed > regular / 2 && arena->chunks != NULL) {
        /* A big block: beside the open chunk, which stays open. */
        base_chunk *open = arena->chunks;
        base_chunk *own = add_chunk(arena, needed);
        if (own == NULL)
            return NULL;
        own->older = open->older;
        open->older = own;
        arena->chunks = open;
        return own->bytes;
    }
    base_chunk *chunk = add_chunk(arena, needed > regular ? needed : regular);
    if (chunk == NULL)
        return NULL;
    arena->next = chunk->bytes + size;
    arena->end = (uint8_t *)chunk + chunk->size;
    return chunk->bytes;
}

void *base_arena_alloc(base_arena *arena, size_t size)
{
    size_t rounded;
    if (!base_add_size(size == 0 ? 1 : size, ARENA_ALIGN - 1, &rounded))
        return NULL;
    rounded &= ~(size_t)(ARENA_ALIGN - 1);
    if (arena->next == NULL || (size_t)(arena->end - arena->next) < rounded)
        return alloc_in_new_chunk(arena, rounded);
    void *block = arena->next;
    arena->next += rounded;
    return block;
}

void *base_arena_zero(base_arena *arena, size_t size)
{
    void *block = base_arena_alloc(arena, size);
    return block == NULL ? NULL : memset(block, 0, size);
}

void *base_arena_array(base_arena *arena, size_t count, size_t element_size)
{
    size_t size;
    return base_mul_size(count, element_size, &size) ? base_arena_zero(arena, size) : NULL;
}

pirn_str base_arena_copy(base_arena *arena, pirn_str text)
{
    char *copy = text.len < SIZE_MAX ? base_arena_alloc(arena, text.len + 1) : NULL;
    if (copy == NULL)
        return (pirn_str){NULL, 0};
    if (text.len > 0)
        memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return (pirn_str){copy, text.len};
}

pirn_str base_arena_printf(base_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    char *text = len < 0 ? NULL : base_arena_alloc(arena, (size_t)len + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    va_end(args);
    return (pirn_str){text, text == NULL ? 0 : (size_t)len};
}

pirn_arena *pirn_arena_new(const pirn_allocator *allocator)
{
    if (allocator == NULL)
        allocator = pirn_allocator_default();
    pirn_arena *arena = base_alloc(allocator, sizeof *arena);
    if (arena != NULL)
        base_arena_init(&arena->base, allocator);
    return arena;
}

void pirn_arena_free(pirn_arena *arena)
{
    const pirn_allocator *allocator = arena->base.allocator;
    base_arena_done(&arena->base);
    base_free(allocator, arena, sizeof *arena);
}

void *pirn_arena_alloc(pirn_arena *arena, size_t size)
{
    return base_arena_zero(&arena->base, size);
}

bool base_vec_reserve(const pirn_allocator *allocator, void **data, size_t *cap, size_t len, size_t extra, size_t element)
{
    size_t needed, new_size;
    if (!base_add_size(len, extra, &needed))
        return false;
    if (needed <= *cap)
        return true;
    size_t grown = *cap + *cap / 2;
    if (grown < needed)
        grown = needed < 8 ? 8 : needed;
    if (!base_mul_size(grown, element, &new_size))
        return false;
    void *block = base_resize(allocator, *data, *cap * element, new_size);
    if (block == NULL)
        return false;
    *data = block;
    *cap = grown;
    return true;
}

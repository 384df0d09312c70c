/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cursor over bytes with a sticky error: after a failure every read yields zero and `failed` stays set, so that
 * straight-line decoding is checked once, at the end. Check before you loop, allocate or index with what was read.
 * A failure also moves the cursor to the end, so a loop `until at_end` ends.
 * Also used by the component decoder.
 */
#pragma once

#include "vm/base/error.h"
#include "vm/syntax/module.h"

typedef struct vm_reader {
    const uint8_t *start; /* of the file's bytes: offsets count from here */
    const uint8_t *pos, *end;
    uint64_t base_offset;
    pirn_error *error; /* may be NULL */
    pirn_status status;
    bool is_part; /* of a section or a function: the words said at its end */
} vm_reader;

void vm_reader_init(vm_reader *r, const uint8_t *start, size_t size, uint64_t base_offset, pirn_error *error);
/* A reader over a part of what `r` reads, with the same error and offsets. */
vm_reader vm_reader_part(const vm_reader *r, vm_range range);

static inline bool vm_reader_failed(const vm_reader *r)
{
    return r->status != PIRN_OK;
}
static inline bool vm_reader_at_end(const vm_reader *r)
{
    return r->pos == r->end;
}
static inline size_t vm_reader_left(const vm_reader *r)
{
    return (size_t)(r->end - r->pos);
}
/* File offset of the next byte. */
static inline uint64_t vm_reader_offset(const vm_reader *r)
{
    return r->base_offset + (uint64_t)(r->pos - r->start);
}

/* Fails at the current position (or at `at`), unless it has failed already. Returns the reader's status. */
pirn_status vm_reader_fail(vm_reader *r, pirn_status status, const char *format, ...) PIRN_PRINTF(3, 4);
pirn_status vm_reader_fail_at(vm_reader *r, const uint8_t *at, pirn_status status, const char *format, ...)
    PIRN_PRINTF(4, 5);

/* The byte ahead or the number ahead when it takes one byte is read inline; all else is in the _slow functions. */
uint8_t vm_reader_u8_slow(vm_reader *r);
uint64_t vm_reader_leb_unsigned_slow(vm_reader *r, unsigned bits);
int64_t vm_reader_leb_signed_slow(vm_reader *r, unsigned bits);

static inline uint64_t vm_reader_leb_unsigned(vm_reader *r, unsigned bits)
{
    if (BASE_LIKELY(r->pos != r->end && *r->pos < 0x80))
        return *r->pos++;
    return vm_reader_leb_unsigned_slow(r, bits);
}
static inline int64_t vm_reader_leb_signed(vm_reader *r, unsigned bits)
{
    if (BASE_LIKELY(r->pos != r->end && *r->pos < 0x80)) {
        int64_t low = *r->pos++;
        return low - ((low & 0x40) << 1);
    }
    return vm_reader_leb_signed_slow(r, bits);
}

static inline uint8_t vm_reader_u8(vm_reader *r)
{
    return BASE_LIKELY(r->pos != r->end) ? *r->pos++ : vm_reader_u8_slow(r);
}
uint8_t vm_reader_peek(vm_reader *r); /* fails at the end like u8, but does not move */
static inline uint32_t vm_reader_leb_u32(vm_reader *r)
{
    return (uint32_t)vm_reader_leb_unsigned(r, 32);
}
static inline uint64_t vm_reader_leb_u64(vm_reader *r)
{
    return vm_reader_leb_unsigned(r, 64);
}
static inline int32_t vm_reader_leb_s32(vm_reader *r)
{
    return (int32_t)vm_reader_leb_signed(r, 32);
}
static inline int64_t vm_reader_leb_s33(vm_reader *r)
{
    return vm_reader_leb_signed(r, 33);
}
static inline int64_t vm_reader_leb_s64(vm_reader *r)
{
    return vm_reader_leb_signed(r, 64);
}
uint32_t vm_reader_u32(vm_reader *r); /* four bytes, little-endian */
uint64_t vm_reader_u64(vm_reader *r);
/* `size` bytes; an empty range after a failure. */
vm_range vm_reader_bytes(vm_reader *r, size_t size);
/* A name (5.2.4): length and UTF-8 bytes, checked. */
pirn_str vm_reader_name(vm_reader *r);
/*
 * The number of elements of a vector whose elements take at least `min_bytes` each: fails when the bytes left cannot hold
 * them (MALFORMED) or when it is above `limit` (LIMIT, naming `what`), so that the result is safe to allocate by.
 */
uint32_t vm_reader_count(vm_reader *r, size_t min_bytes, uint32_t limit, const char *what);

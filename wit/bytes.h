/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes in and out. The reader is sticky: after a failure it yields zeros, so straight-line decoding is checked once;
 * the writer is, too: after it ran out of memory it takes no more.
 */
#pragma once

#include "vm/base/memory.h"

typedef struct wit_reader {
    const uint8_t *bytes;
    size_t pos, end; /* both from the start of the file */
    pirn_error *error;
    pirn_status status;
} wit_reader;

uint8_t wit_read_byte(wit_reader *r);
uint32_t wit_read_u32(wit_reader *r);
/* The number of items that follow; fails when there are more than bytes. */
uint32_t wit_read_count(wit_reader *r);
/* A length and as many bytes of UTF-8. */
pirn_str wit_read_name(wit_reader *r);
/* The bytes of a section or the like, as a reader of its own. */
wit_reader wit_read_part(wit_reader *r, size_t size);
/* Fails at the position, unless it has failed already. Returns the first failure's status. */
pirn_status wit_read_fail(wit_reader *r, pirn_status status, const char *format, ...) PIRN_PRINTF(3, 4);

/* Most bytes of a binary package that is written. */
#define WIT_MAX_BINARY (256u << 20)

typedef struct wit_bytes {
    const pirn_allocator *allocator;
    BASE_VEC(uint8_t) data;
    bool has_failed; /* out of memory, or too many */
} wit_bytes;

void wit_write_byte(wit_bytes *out, uint8_t byte);
void wit_write_u32(wit_bytes *out, uint32_t value);
/* An index where a code may stand: signed, so that it is never taken for one. */
void wit_write_index(wit_bytes *out, uint32_t index);
void wit_write_raw(wit_bytes *out, const void *bytes, size_t size);
/* A length and the bytes. */
void wit_write_name(wit_bytes *out, pirn_str name);
void wit_bytes_done(wit_bytes *out);

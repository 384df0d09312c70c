/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LEB128 (spec 5.2.2). Decoding is in vm/binary/reader.h, which has the sticky error; here are the pure functions that
 * other layers need too.
 */
#pragma once

#include <pirn/base.h>

#define BASE_LEB_MAX 10 /* bytes of the longest encoding of 64 bits */

typedef enum base_leb_result {
    BASE_LEB_OK,
    BASE_LEB_END,      /* the bytes ended inside the number */
    BASE_LEB_TOO_LONG, /* more bytes than the width allows */
    BASE_LEB_TOO_LARGE /* unused bits of the last byte are set */
} base_leb_result;

/* Reads an unsigned or a signed number of `bits` (1 to 64) width; *used is the number of bytes it took, or, on failure,
 * the index of the offending byte. */
base_leb_result base_leb_unsigned(const uint8_t *bytes, size_t len, unsigned bits, uint64_t *value, size_t *used);
base_leb_result base_leb_signed(const uint8_t *bytes, size_t len, unsigned bits, int64_t *value, size_t *used);
/* Writes the shortest encoding; returns how many bytes. */
size_t base_leb_put_unsigned(uint64_t value, uint8_t out[BASE_LEB_MAX]);
size_t base_leb_put_signed(int64_t value, uint8_t out[BASE_LEB_MAX]);

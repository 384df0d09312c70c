/* SPDX-License-Identifier: Apache-2.0 */
/* LEB128 (spec 5.2.2): at most ceil(bits/7) bytes, and the bits of the last byte beyond the width are a copy of the
 * sign (signed) or zero (unsigned). */
#include "vm/base/leb.h"

base_leb_result base_leb_unsigned(const uint8_t *bytes, size_t len, unsigned bits, uint64_t *value, size_t *used)
{
    uint64_t v = 0;
    unsigned shift = 0;
    for (size_t i = 0;; i++, shift += 7) {
        *used = i;
        if (shift >= bits)
            return BASE_LEB_TOO_LONG;
        if (i >= len)
            return BASE_LEB_END;
        uint8_t byte = bytes[i];
        if (bits - shift < 7 && (byte & 0x7F) >> (bits - shift) != 0)
            return (byte & 0x80) ? BASE_LEB_TOO_LONG : BASE_LEB_TOO_LARGE;
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) {
            *value = v;
            *used = i + 1;
            return BASE_LEB_OK;
        }
    }
}

/* True when the bits of `byte` from `kept - 1` (the sign) up to bit 6 are all alike. */
static bool sign_extends(uint8_t byte, unsigned kept)
{
    uint8_t top = (uint8_t)((byte & 0x7F) >> (kept - 1));
    return top == 0 || top == 0x7F >> (kept - 1);
}

base_leb_result base_leb_signed(const uint8_t *bytes, size_t len, unsigned bits, int64_t *value, size_t *used)
{
    uint64_t v = 0;
    unsigned shift = 0;
    for (size_t i = 0;; i++, shift += 7) {
        *used = i;
        if (shift >= bits)
            return BASE_LEB_TOO_LONG;
        if (i >= len)
            return BASE_LEB_END;
        uint8_t byte = bytes[i];
        if (bits - shift < 7 && !sign_extends(byte, bits - shift))
            return (byte & 0x80) ? BASE_LEB_TOO_LONG : BASE_LEB_TOO_LARGE;
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) {
            if (shift + 7 < 64 && (byte & 0x40))
                v |= ~(uint64_t)0 << (shift + 7);
            *value = (int64_t)v;
            *used = i + 1;
            return BASE_LEB_OK;
        }
    }
}

size_t base_leb_put_unsigned(uint64_t value, uint8_t out[BASE_LEB_MAX])
{
    size_t len = 0;
    do {
        out[len] = (uint8_t)((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
        value >>= 7;
        len++;
    } while (value != 0);
    return len;
}

size_t base_leb_put_signed(int64_t value, uint8_t out[BASE_LEB_MAX])
{
    size_t len = 0;
    for (;;) {
        uint8_t byte = value & 0x7F;
        /* an arithmetic shift, written so that it does not depend on the compiler */
        value = value < 0 ? ~(~value >> 7) : value >> 7;
        bool last = (value == 0 && !(byte & 0x40)) || (value == -1 && (byte & 0x40));
        out[len++] = byte | (last ? 0 : 0x80);
        if (last)
            return len;
    }
}

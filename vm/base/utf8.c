/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 by its definition (Unicode 3.9, table 3-7): the second byte's range depends on the first. */
#include "vm/base/utf8.h"
#include "vm/base/compiler.h"

/* Length of the sequence that `lead` begins and the range of its second byte; 0 when it begins none. */
static size_t sequence(uint8_t lead, uint8_t *low, uint8_t *high)
{
    *low = 0x80;
    *high = 0xBF;
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2)
        return 0;
    if (lead < 0xE0)
        return 2;
    if (lead < 0xF0) {
        *low = lead == 0xE0 ? 0xA0 : 0x80;
        *high = lead == 0xED ? 0x9F : 0xBF;
        return 3;
    }
    *low = lead == 0xF0 ? 0x90 : 0x80;
    *high = lead == 0xF4 ? 0x8F : 0xBF;
    return lead < 0xF5 ? 4 : 0;
}

bool base_utf8_next(pirn_str text, size_t *pos, uint32_t *code_point)
{
    if (*pos >= text.len)
        return false;
    const uint8_t *p = (const uint8_t *)text.data + *pos;
    uint8_t low, high;
    size_t len = sequence(p[0], &low, &high);
    if (len == 0 || len > text.len - *pos)
        return false;
    uint32_t c = len == 1 ? p[0] : p[0] & (0xFFu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if (p[i] < low || p[i] > high)
            return false;
        c = c << 6 | (p[i] & 0x3Fu);
        low = 0x80;
        high = 0xBF;
    }
    *code_point = c;
    *pos += len;
    return true;
}

/* A block at a time, which compilers turn into vectors: most text is ASCII and nothing else. */
enum { BLOCK = 256 };

static bool is_ascii_block(const char *p)
{
    uint8_t all = 0;
    for (size_t i = 0; i < BLOCK; i++)
        all |= (uint8_t)p[i];
    return all < 0x80;
}

size_t base_utf8_ascii_end(pirn_str text, size_t pos)
{
    while (text.len - pos >= BLOCK && is_ascii_block(text.data + pos))
        pos += BLOCK;
    while (text.len - pos >= 8 && (base_load_u64(text.data + pos) & 0x8080808080808080u) == 0)
        pos += 8;
    while (pos < text.len && (uint8_t)text.data[pos] < 0x80)
        pos++;
    return pos;
}

bool base_utf8_valid(pirn_str text, size_t *bad)
{
    size_t pos = 0;
    uint32_t c;
    while ((pos = base_utf8_ascii_end(text, pos)) < text.len) {
        if (!base_utf8_next(text, &pos, &c)) {
            if (bad != NULL)
                *bad = pos;
            return false;
        }
    }
    return true;
}

size_t base_utf8_put(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    out[0] = (char)(leads[len] | c);
    return len;
}

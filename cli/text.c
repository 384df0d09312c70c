/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/text.h"
#include <stdlib.h>
#include <string.h>

/* The length of the UTF-8 sequence at the beginning of `text`, which is not empty, and its character; 0: it is none. */
static size_t take_sequence(pirn_str text, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = (uint8_t)text.data[0];
    size_t len = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 0;
    if (len == 0 || first >= 0xF8 || len > text.len)
        return 0;
    uint32_t c = len == 1 ? first : first & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (((uint8_t)text.data[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | ((uint8_t)text.data[i] & 0x3F);
    }
    *character = c;
    return c < least[len] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) ? 0 : len;
}

static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

static void print(FILE *out, pirn_str text, const char *kept)
{
    for (size_t len; text.len > 0; text.data += len, text.len -= len) {
        uint32_t c = 0;
        len = take_sequence(text, &c);
        if (len == 0)
            fprintf(out, "\\x%02x", (uint8_t)text.data[0]);
        else if (is_control(c) && (c == 0 || strchr(kept, (int)c) == NULL))
            fprintf(out, "\\u{%x}", (unsigned)c);
        else
            fwrite(text.data, 1, len, out);
        len += len == 0;
    }
}

void cli_print_text(FILE *out, pirn_str text)
{
    print(out, text, "");
}

void cli_print_lines(FILE *out, pirn_str text)
{
    print(out, text, "\n");
}

char *cli_utf8(pirn_str text, size_t *len)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    char *copy = text.len <= (SIZE_MAX - 1) / 3 ? malloc(3 * text.len + 1) : NULL;
    *len = 0;
    if (copy == NULL)
        return NULL;
    for (size_t taken; text.len > 0; text.data += taken, text.len -= taken) {
        uint32_t c;
        taken = take_sequence(text, &c);
        memcpy(copy + *len, taken > 0 ? text.data : replacement, taken > 0 ? taken : 3);
        *len += taken > 0 ? taken : 3;
        taken += taken == 0;
    }
    return copy;
}

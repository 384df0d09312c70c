/* SPDX-License-Identifier: Apache-2.0 */
/* The component that docs/embedding.md loads: world `shapes` of wit/embed.wit. */
#include <stdint.h>

typedef struct point {
    double x, y;
} point;

typedef struct text {
    const char *data;
    uint32_t len;
} text;

__attribute__((import_module("example:embed/log@1.0.0"), import_name("write"))) void log_write(int32_t level, const char *data,
                                                                                               uint32_t len);

__attribute__((export_name("cabi_realloc"))) void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size)
{
    static char heap[1 << 16];
    static uint32_t used;
    (void)old, (void)old_size;
    used = (used + align - 1) & ~(align - 1);
    if (size > sizeof heap - used)
        __builtin_trap();
    used += size;
    return heap + used - size;
}

static char *put_number(char *at, double value)
{
    char digits[20];
    uint32_t count = 0, whole = (uint32_t)(value * 10 + 0.5);
    for (; count < 2 || whole > 0; whole /= 10)
        digits[count++] = (char)('0' + whole % 10);
    while (count > 1)
        *at++ = digits[--count];
    *at++ = '.';
    *at++ = digits[0];
    return at;
}

__attribute__((export_name("way"))) const text *way(double x, double y, const point *through, uint32_t count)
{
    static char words[64];
    static text result;
    double length = 0;
    log_write(1, "walking", 7);
    for (uint32_t i = 0; i < count; i++) {
        double dx = through[i].x - x, dy = through[i].y - y;
        length += __builtin_sqrt(dx * dx + dy * dy);
        x = through[i].x, y = through[i].y;
    }
    char *at = put_number(words, length);
    *at++ = ' ', *at++ = 't', *at++ = 'o', *at++ = ' ';
    at = put_number(at, x);
    *at++ = ',';
    at = put_number(at, y);
    result = (text){words, (uint32_t)(at - words)};
    return &result;
}

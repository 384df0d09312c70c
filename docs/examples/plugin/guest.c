/* SPDX-License-Identifier: Apache-2.0 */
/* The component that uses the plugin: world `demo` of wit/stats.wit. */
#include <stdint.h>

#define STATS(name) __attribute__((import_module("example:plugin/stats@1.0.0"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

typedef struct text {
    const char *data;
    uint32_t len;
} text;
typedef struct summary {
    uint32_t count;
    double mean;
} summary;

STATS("[constructor]series") int32_t series_new(const char *name, uint32_t len);
STATS("[method]series.add") uint32_t series_add(int32_t self, double value);
STATS("[resource-drop]series") void series_drop(int32_t self);
STATS("summarize") void summarize(int32_t series, void *result);
STATS("shout") void shout(const char *data, uint32_t len, text *result);

EXPORT("cabi_realloc") void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size)
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

EXPORT("mean") const void *mean(const double *values, uint32_t count)
{
    static struct { uint8_t is_err; union { summary ok; text err; } value; } sum;
    static struct { uint8_t is_err; union { double ok; text err; } value; } result;
    int32_t series = series_new("values", 6);
    for (uint32_t i = 0; i < count; i++)
        series_add(series, values[i]);
    summarize(series, &sum);
    series_drop(series);
    result.is_err = sum.is_err;
    if (sum.is_err)
        result.value.err = sum.value.err;
    else
        result.value.ok = sum.value.ok.mean;
    return &result;
}

EXPORT("shout") const text *shout_loud(const char *data, uint32_t len)
{
    static text result;
    shout(data, len, &result);
    return &result;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The component that the pages about calling functions call: world `values` of wit/values.wit. */
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define ECHO "example:values/echo@1.0.0#"
#define COUNTERS "example:values/counters@1.0.0#"
#define RESOURCE(name) __attribute__((import_module("[export]example:values/counters@1.0.0"), import_name(name)))

typedef struct list {
    const void *data;
    uint32_t len;
} list;

/* Half of memory, which the next call may use again: no function keeps what it is given. */
static char heap[1 << 20];
static uint32_t used;

EXPORT("cabi_realloc") void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size)
{
    (void)old, (void)old_size;
    used = (used + align - 1) & ~(align - 1);
    if (size > sizeof heap - used)
        __builtin_trap();
    used += size;
    return heap + used - size;
}

/* ---- Echo --------------------------------------------------------------------------------------------------------- */

#define ECHO_FLAT(name, type)        \
    EXPORT(ECHO #name)               \
    type echo_##name(type v)         \
    {                                \
        return v;                    \
    }
ECHO_FLAT(bool, int32_t)
ECHO_FLAT(s8, int32_t)
ECHO_FLAT(u64, uint64_t)
ECHO_FLAT(s64, int64_t)
ECHO_FLAT(f32, float)
ECHO_FLAT(f64, double)
ECHO_FLAT(char, int32_t)
ECHO_FLAT(paint, int32_t)
ECHO_FLAT(mode, int32_t)

static list result;

#define ECHO_LIST(name)                                          \
    EXPORT(ECHO #name)                                           \
    const list *echo_##name(const void *data, uint32_t len)      \
    {                                                            \
        used = 0;                                                \
        result = (list){data, len};                              \
        return &result;                                          \
    }
ECHO_LIST(string)
ECHO_LIST(bytes)
ECHO_LIST(shapes)
ECHO_LIST(people)
ECHO_LIST(options)
ECHO_LIST(results)
ECHO_LIST(outcomes)
ECHO_LIST(tuples)
ECHO_LIST(matrix)

/* ---- Functions of the world ----------------------------------------------------------------------------------------- */

/* A shape comes flat: its case, and then a radius, or the points' address and number, as 64 and 32 bits. */
EXPORT("shape-area") double shape_area(int32_t shape, int64_t payload, int32_t count)
{
    const double *points = (const double *)(uintptr_t)payload; /* x, y, x, y ... */
    double area = 0, radius;
    used = 0;
    if (shape == 1) {
        __builtin_memcpy(&radius, &payload, sizeof radius);
        return 3.14159265358979323846 * radius * radius;
    }
    for (int32_t i = 0; shape == 2 && i < count; i++) {
        const double *a = points + 2 * i, *b = points + 2 * ((i + 1) % count);
        area += (a[0] * b[1] - b[0] * a[1]) / 2;
    }
    return area < 0 ? -area : area;
}

EXPORT("greet") const list *greet(const char *name, uint32_t len, int32_t excited)
{
    static char words[128];
    uint32_t n = len < 100 ? len : 100;
    __builtin_memcpy(words, "hello ", 6);
    for (uint32_t i = 0; i < n; i++)
        words[6 + i] = name[i];
    if (excited)
        words[6 + n++] = '!';
    result = (list){words, 6 + n};
    used = 0;
    return &result;
}

/* ---- Counters ------------------------------------------------------------------------------------------------------- */

/* The handle's representation is the address. */
typedef struct counter {
    uint32_t value, in_use;
} counter;
static counter counters[100];
static uint32_t live_count;

RESOURCE("[resource-new]counter") int32_t counter_handle(counter *self);
RESOURCE("[resource-rep]counter") counter *counter_rep(int32_t handle);
RESOURCE("[resource-drop]counter") void counter_drop(int32_t handle);
RESOURCE("[resource-new]token") int32_t token_handle(int32_t self);

EXPORT(COUNTERS "[constructor]counter") int32_t counter_new(uint32_t start)
{
    for (uint32_t i = 0; i < 100; i++) {
        if (!counters[i].in_use) {
            counters[i] = (counter){start, 1};
            live_count++;
            return counter_handle(&counters[i]);
        }
    }
    __builtin_trap();
}

EXPORT(COUNTERS "[dtor]counter") void counter_end(counter *self)
{
    self->in_use = 0;
    live_count--;
}

EXPORT(COUNTERS "[method]counter.add") uint32_t counter_add(counter *self, uint32_t n)
{
    return self->value += n;
}

EXPORT(COUNTERS "[method]counter.crash") void counter_crash(counter *self)
{
    (void)self;
    __builtin_trap();
}

/* The sum in `a`; an error in words when it does not fit. */
EXPORT(COUNTERS "[static]counter.merge") const void *counter_merge(int32_t a, counter *b)
{
    static struct { uint8_t is_err; union { int32_t handle; list why; } value; } merged;
    counter *into = counter_rep(a);
    if (into->value + b->value < b->value) {
        counter_drop(a);
        merged.is_err = 1;
        merged.value.why = (list){"too large", 9};
        return &merged;
    }
    into->value += b->value;
    merged.is_err = 0;
    merged.value.handle = a;
    return &merged;
}

EXPORT(COUNTERS "live") uint32_t live(void)
{
    return live_count;
}

EXPORT(COUNTERS "pair") const int32_t *pair(void)
{
    static int32_t handles[2];
    handles[0] = counter_new(1);
    handles[1] = counter_new(2);
    return handles;
}

EXPORT(COUNTERS "[constructor]token") int32_t token_new(void)
{
    return token_handle(1);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest of ../command_test.c, without a C library. Without arguments it sleeps 100 ms; by the first letter of the
 * first one it does something else. Built as docs/examples/build.sh builds, with the world of sleeper.wit.
 */
#include <stdint.h>

#define IMPORT(interface, function) __attribute__((import_module(interface), import_name(function)))
#define EXPORT(function)            __attribute__((export_name(function)))

typedef struct text {
    const char *data;
    uint32_t len;
} text;

typedef struct list_of_text {
    const text *items;
    uint32_t len;
} list_of_text;

IMPORT("wasi:cli/environment@0.2.12", "get-arguments") void get_arguments(list_of_text *result);
IMPORT("wasi:cli/exit@0.2.12", "exit") void exit_with(int32_t is_err);
IMPORT("wasi:clocks/monotonic-clock@0.2.12", "subscribe-duration") int32_t subscribe_duration(uint64_t ns);
IMPORT("wasi:io/poll@0.2.12", "[method]pollable.block") void block(int32_t pollable);
IMPORT("wasi:io/poll@0.2.12", "[resource-drop]pollable") void drop_pollable(int32_t pollable);

EXPORT("cabi_realloc") void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size)
{
    static char heap[1 << 12];
    static uint32_t used;
    (void)old, (void)old_size;
    used = (used + align - 1) & ~(align - 1);
    if (size > sizeof heap - used)
        __builtin_trap();
    void *block_start = heap + used;
    used += size;
    return block_start;
}

static void sleep_ns(uint64_t ns)
{
    int32_t timer = subscribe_duration(ns);
    block(timer);
    drop_pollable(timer);
}

static void spin(void)
{
    for (volatile uint32_t i = 0;; i++)
        ;
}

EXPORT("wasi:cli/run@0.2.12#run") int32_t run(void)
{
    list_of_text args;
    get_arguments(&args);
    switch (args.len > 0 ? args.items[0].data[0] : 'w') {
    case 'w': /* wait */
        sleep_ns(100000000);
        return 0;
    case 'f': /* forever */
        sleep_ns(UINT64_MAX);
        return 0;
    case 's': /* spin */
        spin();
        return 0;
    case 'e': /* exit */
        exit_with(1);
        return 0;
    case 't': /* trap */
        __builtin_trap();
    default: /* fail */
        return 1;
    }
}

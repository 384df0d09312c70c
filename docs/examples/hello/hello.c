/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest useful component: greets everybody named on the command line. There is no C library in it: it calls WASI 0.2
 * through the Canonical ABI by hand, which shows what bindings generators write for you. See build.sh.
 */
#include <stdint.h>

#define IMPORT(interface, function) __attribute__((import_module(interface), import_name(function)))
#define EXPORT(function)            __attribute__((export_name(function)))

/* A list or string in memory: as the Canonical ABI lays it out. */
typedef struct text {
    const char *data;
    uint32_t len;
} text;

typedef struct list_of_text {
    const text *items;
    uint32_t len;
} list_of_text;

IMPORT("wasi:cli/environment@0.2.12", "get-arguments") void get_arguments(list_of_text *result);
IMPORT("wasi:cli/stdout@0.2.12", "get-stdout") int32_t get_stdout(void);
IMPORT("wasi:io/streams@0.2.12", "[method]output-stream.blocking-write-and-flush")
void write_and_flush(int32_t stream, const char *data, uint32_t len, void *result);
IMPORT("wasi:io/streams@0.2.12", "[resource-drop]output-stream") void drop_stream(int32_t stream);

/* Where the host puts lists that it returns: each call gets the next free piece. */
EXPORT("cabi_realloc") void *cabi_realloc(void *old, uint32_t old_size, uint32_t align, uint32_t size)
{
    static char heap[1 << 16];
    static uint32_t used;
    (void)old, (void)old_size;
    used = (used + align - 1) & ~(align - 1);
    if (size > sizeof heap - used)
        __builtin_trap();
    void *block = heap + used;
    used += size;
    return block;
}

static void print(int32_t out, text what)
{
    uint32_t result[3];
    while (what.len > 0) {
        uint32_t part = what.len < 4096 ? what.len : 4096;
        write_and_flush(out, what.data, part, result);
        what.data += part;
        what.len -= part;
    }
}

/* wasi:cli/run: 0 is `ok`. */
EXPORT("wasi:cli/run@0.2.12#run") int32_t run(void)
{
    list_of_text args;
    int32_t out = get_stdout();
    get_arguments(&args);
    print(out, (text){"Hello from a component", 22});
    for (uint32_t i = 1; i < args.len; i++) {
        print(out, (text){i == 1 ? ", " : " and ", i == 1 ? 2 : 5});
        print(out, args.items[i]);
    }
    print(out, (text){"!\n", 2});
    drop_stream(out);
    return 0;
}

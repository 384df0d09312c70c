/* SPDX-License-Identifier: Apache-2.0 */
/* What the two guests in C share: the types of the interface as the Canonical ABI lays them out, and memory. */
#include <stdint.h>

#define IMPORT(interface, function) __attribute__((import_module(interface), import_name(function)))
#define EXPORT(function)            __attribute__((export_name(function)))
#define TEXT(literal)               ((text){"" literal, sizeof(literal) - 1})

typedef struct text {
    const char *data;
    uint32_t len;
} text;

typedef struct header {
    text name, value;
} header;

typedef struct response {
    uint16_t status;
    const header *headers;
    uint32_t header_count;
    text body;
} response;

/* Memory is given out and never taken back: these guests live for one answer. */
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

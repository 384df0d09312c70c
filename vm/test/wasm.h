/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small modules for tests, put together piece by piece in any order; code is bytes, named below as the text format names
 * them. Everything here fails the running test when out of memory.
 *
 *   wasm w;
 *   wasm_init(&w);
 *   uint32_t add = wasm_func(&w, "ii:i", "", CODE(LOCAL_GET, 0, LOCAL_GET, 1, I32_ADD, END));
 *   wasm_export(&w, "add", PIRN_EXTERN_FUNC, add);
 *   pirn_module *module = wasm_load(&w, engine);
 */
#pragma once

#include "vm/binary/writer.h"
#include <pirn/vm.h>

enum {
    UNREACHABLE = 0x00,
    BLOCK = 0x02,
    LOOP = 0x03,
    IF = 0x04,
    ELSE = 0x05,
    END = 0x0B,
    BR = 0x0C,
    BR_IF = 0x0D,
    RETURN = 0x0F,
    CALL = 0x10,
    CALL_INDIRECT = 0x11,
    DROP = 0x1A,
    LOCAL_GET = 0x20,
    LOCAL_SET = 0x21,
    LOCAL_TEE = 0x22,
    GLOBAL_GET = 0x23,
    GLOBAL_SET = 0x24,
    I32_LOAD = 0x28,
    I32_STORE = 0x36,
    MEMORY_SIZE = 0x3F,
    MEMORY_GROW = 0x40,
    I32_CONST = 0x41,
    I64_CONST = 0x42,
    I32_EQZ = 0x45,
    I32_ADD = 0x6A,
    I32_SUB = 0x6B,
    I32_MUL = 0x6C,
    I32_DIV_U = 0x6E,
    I64_ADD = 0x7C,
    F64_ADD = 0xA0,
    REF_NULL = 0xD0,
    REF_FUNC = 0xD2,
    VOID = 0x40, /* block type */
};

#define CODE(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

enum { WASM_SECTIONS = 14 };

typedef struct wasm {
    vm_writer sections[WASM_SECTIONS]; /* content behind the count, by id */
    uint32_t counts[WASM_SECTIONS];
    uint32_t funcs, tables, memories, globals, tags; /* sizes of the index spaces */
    vm_writer func_names;
    uint32_t func_name_count;
    const char *name;
} wasm;

void wasm_init(wasm *w);

/* Types are letters: i l f d for numbers, r funcref, e externref, x exnref, v v128, a anyref; "ii:i" is (param i32 i32)
 * (result i32). */
uint32_t wasm_type(wasm *w, const char *letters);
/* An entry of the type section as it is; of a group of several types the indices go on behind it, which is the test's to know. */
uint32_t wasm_raw_type(wasm *w, const uint8_t *bytes, size_t size);

/* Imports before definitions of the same kind. Limits without maximum: max is PIRN_NO_MAX. All return the index. */
uint32_t wasm_import_func(wasm *w, const char *module, const char *name, const char *letters);
uint32_t wasm_import_table(wasm *w, const char *module, const char *name, uint64_t min, uint64_t max);
uint32_t wasm_import_memory(wasm *w, const char *module, const char *name, uint64_t min, uint64_t max);
uint32_t wasm_import_global(wasm *w, const char *module, const char *name, char letter, bool is_mutable);
uint32_t wasm_import_tag(wasm *w, const char *module, const char *name, const char *letters);

uint32_t wasm_func(wasm *w, const char *letters, const char *locals, const uint8_t *code, size_t size);
uint32_t wasm_table(wasm *w, uint64_t min, uint64_t max);
uint32_t wasm_memory(wasm *w, uint64_t min, uint64_t max);
uint32_t wasm_global(wasm *w, char letter, bool is_mutable, const uint8_t *code, size_t size);
/* Of any type: 64-bit addresses, shared, other page sizes. */
uint32_t wasm_table_type(wasm *w, const pirn_tabletype *type);
uint32_t wasm_memory_type(wasm *w, const pirn_memtype *type);
uint32_t wasm_tag(wasm *w, const char *letters);
uint32_t wasm_import_memory_type(wasm *w, const char *module, const char *name, const pirn_memtype *type);
void wasm_export(wasm *w, const char *name, pirn_extern_kind kind, uint32_t index);
void wasm_export_func(wasm *w, const char *name, uint32_t index);
void wasm_start(wasm *w, uint32_t func);
/* Active segments of table 0 and memory 0, at an offset that is an i32 constant expression. */
void wasm_elem(wasm *w, const uint8_t *offset, size_t size, uint32_t count, const uint32_t *funcs);
void wasm_data(wasm *w, const uint8_t *offset, size_t size, const char *text);
/* Names, functions in ascending order. */
void wasm_func_name(wasm *w, uint32_t func, const char *name);

/* The finished bytes, to be freed with free(). The builder is used up. */
uint8_t *wasm_finish(wasm *w, size_t *size);
/* The finished module; fails the test when it does not load. */
pirn_module *wasm_load(wasm *w, pirn_engine *engine);

/* Instantiates without imports, or with some, and finds exports; fails the test when that fails. */
pirn_instance *wasm_instance(pirn_store *store, const pirn_module *module, const pirn_extern *imports, size_t count);
pirn_extern wasm_find(const pirn_instance *instance, const char *name);
pirn_func *wasm_find_func(const pirn_instance *instance, const char *name);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the binary format share: a module with something of everything, whose last function is the
 * caller's, and an allocator that fails when it is told to.
 */
#pragma once

#include "vm/binary/writer.h"
#include "vm/syntax/module.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs those above */

#define ALL_FEATURES VM_FEATURES_DEFAULT

/* The two arguments (bytes, length) of a string literal. */
#define BYTES(literal) (const uint8_t *)(literal), sizeof(literal) - 1

typedef struct test_bytes {
    const uint8_t *data;
    size_t len;
} test_bytes;

/* ---- An allocator that counts what is alive and fails from the n-th request on ------------------------------- */

typedef struct test_memory {
    size_t requests_left;
    size_t live_bytes;
    pirn_allocator allocator;
} test_memory;

static inline void *test_memory_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    test_memory *memory = user;
    if (new_size > 0 && memory->requests_left-- == 0) {
        memory->requests_left = 0;
        return NULL;
    }
    memory->live_bytes += new_size - old_size;
    if (new_size > 0)
        return realloc(block, new_size);
    free(block);
    return NULL;
}

static inline void test_memory_init(test_memory *memory, size_t requests)
{
    *memory = (test_memory){.requests_left = requests};
    memory->allocator = (pirn_allocator){test_memory_resize, memory};
}

/* ---- A module ------------------------------------------------------------------------------------------------ */

static inline void test_section(vm_writer *w, uint8_t id, const uint8_t *content, size_t len)
{
    size_t section = vm_writer_begin(w, id);
    vm_writer_bytes(w, content, len);
    vm_writer_end(w, section);
}

/*
 *   types     0 [] -> []   1 [i32] -> [i32]   2 [] -> [i32 i64]   3 [f64] -> []
 *   functions 0 imported, type 1, may be named by ref.func   1 type `type`, with `body` (locals and code)
 *   tables    0 funcref    1 externref       memory 0
 *   globals   0 i32, imported   1 i64, mutable
 *   elements  0 funcref, declarative   1 externref, passive       data 0 passive
 */
static inline void test_module(vm_writer *w, uint8_t type, const uint8_t *body, size_t body_len)
{
    vm_writer_preamble(w);
    test_section(w, 1, BYTES("\x04\x60\x00\x00\x60\x01\x7F\x01\x7F\x60\x00\x02\x7F\x7E\x60\x01\x7C\x00"));
    test_section(w, 2,
                 BYTES("\x02\x01m\x01"
                       "f\x00\x01\x01m\x01g\x03\x7F\x00"));
    test_section(w, 3, (const uint8_t[]){1, type}, 2);
    test_section(w, 4, BYTES("\x02\x70\x01\x01\x02\x6F\x00\x03"));
    test_section(w, 5, BYTES("\x01\x00\x01"));
    test_section(w, 6, BYTES("\x01\x7E\x01\x42\x2A\x0B"));
    test_section(w, 7, BYTES("\x02\x01m\x02\x00\x01t\x01\x00"));
    test_section(w, 9, BYTES("\x02\x03\x00\x01\x00\x05\x6F\x01\xD0\x6F\x0B"));
    test_section(w, 12, BYTES("\x01"));
    size_t code = vm_writer_begin(w, 10);
    vm_writer_u8(w, 1);
    size_t start = w->len;
    vm_writer_bytes(w, body, body_len);
    vm_writer_insert_leb(w, start, body_len);
    vm_writer_end(w, code);
    test_section(w, 11, BYTES("\x01\x01\x02hi"));
    test_section(w, 0,
                 BYTES("\x04name\x00\x02\x01M\x01\x07\x02\x00\x01"
                       "a\x01\x01"
                       "b"));
}

/* Types, functions and names, `count` of each: more than fits the first block of an arena. */
static inline void test_big_module(vm_writer *w, uint32_t count)
{
    vm_writer_preamble(w);
    size_t types = vm_writer_begin(w, 1);
    vm_writer_leb_unsigned(w, count);
    for (uint32_t i = 0; i < count; i++)
        vm_writer_bytes(w, "\x60\x02\x7F\x7E\x00", 5);
    vm_writer_end(w, types);
    size_t funcs = vm_writer_begin(w, 3);
    vm_writer_leb_unsigned(w, count);
    for (uint32_t i = 0; i < count; i++)
        vm_writer_leb_unsigned(w, i);
    vm_writer_end(w, funcs);
    size_t code = vm_writer_begin(w, 10);
    vm_writer_leb_unsigned(w, count);
    for (uint32_t i = 0; i < count; i++)
        vm_writer_bytes(w, "\x02\x00\x0B", 3);
    vm_writer_end(w, code);
    size_t custom = vm_writer_begin(w, 0);
    vm_writer_name(w, PIRN_STR("name"));
    size_t names = vm_writer_begin(w, 1);
    vm_writer_leb_unsigned(w, count);
    for (uint32_t i = 0; i < count; i++) {
        vm_writer_leb_unsigned(w, i);
        vm_writer_name(w, PIRN_STR("f"));
    }
    vm_writer_end(w, names);
    vm_writer_end(w, custom);
}

/* A body with blocks, branches, memory, tables and globals, of type 1. */
#define TEST_BODY                                                                            \
    "\x02\x02\x7E\x01\x7C"                 /* (local i64 i64 f64) */                         \
    "\x20\x00\x04\x7F"                     /* local.get 0  if (result i32) */                \
    "\x41\x80\x01\x28\x02\x04"             /* i32.const 128  i32.load offset=4 */            \
    "\x05\x41\x00\x0B"                     /* else i32.const 0 end */                        \
    "\x02\x02\x41\x01\x42\x02\x0B"         /* block (type 2) i32.const 1 i64.const 2 end */  \
    "\x21\x01\x6A"                         /* local.set 1  i32.add */                        \
    "\x03\x40\x20\x00\x0D\x00\x0B"         /* loop local.get 0 br_if 0 end */                \
    "\x02\x40\x20\x00\x0E\x01\x00\x00"     /* block local.get 0 br_table 0 0 */              \
    "\x0B"                                 /* end */                                         \
    "\x41\x00\x11\x01\x00"                 /* i32.const 0  call_indirect (type 1) table 0 */ \
    "\x10\x00\x23\x01\xA7\x6A"             /* call 0  global.get 1  i32.wrap_i64  i32.add */ \
    "\xD2\x00\xD1\x6A"                     /* ref.func 0  ref.is_null  i32.add */            \
    "\x41\x00\x41\x00\x41\x00"             /* three zeros */                                 \
    "\xFC\x08\x00\x00"                     /* memory.init 0 */                               \
    "\xFC\x09\x00\xFC\x0D\x00"             /* data.drop 0  elem.drop 0 */                    \
    "\xD0\x70\xD0\x70\x41\x01"             /* ref.null func twice  i32.const 1 */            \
    "\x1C\x01\x70\x1A"                     /* select (result funcref)  drop */               \
    "\x44\x00\x00\x00\x00\x00\x00\xF0\x3F" /* f64.const 1 */                                 \
    "\x22\x03\xFC\x03\x6A\x0B"             /* local.tee 3  i32.trunc_sat_f64_u  i32.add  end */

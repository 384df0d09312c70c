/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm/text: small modules against their bytes, text that is malformed against its error, nesting of a million levels,
 * and every allocation failing once.
 */
#include "vm/base/memory.h"
#include "vm/text/parse.h"
#include <pirn/vm.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Parses a copy of exactly its size, so that a sanitizer sees every byte read too far. */
static pirn_status parse(pirn_str text, const pirn_allocator *allocator, vm_writer *out, pirn_error *error)
{
    char *exact = malloc(text.len > 0 ? text.len : 1);
    memcpy(exact, text.data, text.len);
    vm_lexer lexer;
    base_error_init(error);
    vm_writer_init(out, allocator);
    vm_lexer_init(&lexer, (pirn_str){exact, text.len}, vm_text_keeps_annotation, error);
    pirn_status status = vm_text_parse_module(&lexer, out);
    free(exact);
    return status;
}

#define PREAMBLE "\0asm\1\0\0\0"

typedef struct test_module {
    const char *text, *bytes;
    size_t size;
} test_module;
/* The bytes behind the preamble. */
#define MODULE(text, bytes) {text, PREAMBLE bytes, sizeof(PREAMBLE bytes) - 1}

static void expect_module(const test_module *c)
{
    vm_writer out;
    pirn_error error;
    if (parse(pirn_str_of(c->text), pirn_allocator_default(), &out, &error) != PIRN_OK)
        fail_msg("%s: %u:%u: %s", c->text, pirn_error_line(&error), pirn_error_column(&error),
                 pirn_error_message(&error));
    if (out.len != c->size || memcmp(out.data, c->bytes, c->size) != 0) {
        for (size_t i = 0; i < out.len; i++)
            print_message("%02x ", out.data[i]);
        fail_msg("other bytes: %s", c->text);
    }
    vm_writer_done(&out);
}

#define FUNC_TYPE "\1\4\1\x60\0\0" /* one type, without parameters and results */
/* A module of one function without parameters, with a body of `size` bytes. */
#define FUNC(section_size, size, body) FUNC_TYPE "\3\2\1\0\x0a" section_size "\1" size "\0" body

static void test_fields_become_sections(void **state)
{
    (void)state;
    static const test_module cases[] = {
        MODULE("", ""),
        MODULE("(module)", ""),
        MODULE("(module $m)", "\0\x09\4name\0\2\1m"),
        MODULE("(module (type (func (param i32 i64) (result f32 f64))))", "\1\x08\1\x60\2\x7f\x7e\2\x7d\x7c"),
        MODULE("(func)", FUNC("\4", "\2", "\x0b")),
        MODULE("(func (local i32 i32) (local i64) (local i64))", FUNC_TYPE "\3\2\1\0\x0a\x08\1\6\2\2\x7f\2\x7e\x0b"),
        MODULE("(import \"a\" \"b\" (func)) (import \"c\" \"\" (memory 1 2))",
               FUNC_TYPE "\2\x0e\2\1a\1b\0\0\1c\0\2\1\1\2"),
        MODULE("(memory 1)", "\5\3\1\0\1"),
        MODULE("(memory i64 1 2 shared)", "\5\4\1\7\1\2"),
        MODULE("(memory 0 (pagesize 1))", "\5\4\1\x08\0\0"),
        MODULE("(memory (data \"a\" \"\\00\\u{e9}\"))", "\5\4\1\1\1\1\x0b\x0a\1\0\x41\0\x0b\4a\0\xc3\xa9"),
        MODULE("(table 3 funcref)", "\4\4\1\x70\0\3"),
        MODULE("(table i64 1 externref)", "\4\4\1\x6f\4\1"),
        MODULE("(table 1 (ref null extern) (ref.null extern))", "\4\x09\1\x40\0\x6f\0\1\xd0\x6f\x0b"),
        MODULE("(global (mut i32) (i32.const -1))", "\6\6\1\x7f\1\x41\x7f\x0b"),
        MODULE("(global (export \"g\") (import \"m\" \"n\") i64)", "\2\x08\1\1m\1n\3\x7e\0\7\5\1\1g\3\0"),
        MODULE("(tag (param i32))", "\1\5\1\x60\1\x7f\0\x0d\3\1\0\0"),
        MODULE("(func) (start 0)", FUNC_TYPE "\3\2\1\0\x08\1\0\x0a\4\1\2\0\x0b"),
        MODULE("(type (sub (func))) (type (sub final 0 (func)))", "\1\x0c\2\x50\0\x60\0\0\x4f\1\0\x60\0\0"),
        MODULE("(rec (type (struct (field i8 (mut i32)))) (type (array (ref 0))))",
               "\1\x0d\1\x4e\2\x5f\2\x78\0\x7f\1\x5e\x64\0\0"),
        MODULE("(rec (type (func)))", FUNC_TYPE),
        MODULE("(type (func (param (ref null 0) (ref func) (ref null any))))", "\1\x09\1\x60\3\x63\0\x64\x70\x6e\0"),
        MODULE("(data \"x\")", "\x0b\4\1\1\1x"),
        MODULE("(memory 1) (data (offset i32.const 2) \"x\")", "\5\3\1\0\1\x0b\7\1\0\x41\2\x0b\1x"),
        MODULE("(memory 1) (func data.drop 0) (data \"x\")",
               FUNC_TYPE "\3\2\1\0\5\3\1\0\1\x0c\1\1\x0a\7\1\5\0\xfc\x09\0\x0b\x0b\4\1\1\1x"),
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        expect_module(&cases[i]);
}

static void test_element_segments_have_the_shortest_form(void **state)
{
    (void)state;
#define ELEM(text, size, bytes) \
    MODULE("(table 1 funcref) (table 1 funcref) (import \"a\" \"\" (func)) " text, FUNC_TYPE size bytes)
    static const test_module cases[] = {
        MODULE("(elem func)", "\x09\4\1\1\0\0"),
        MODULE("(elem declare func)", "\x09\4\1\3\0\0"),
        MODULE("(elem externref (ref.null extern))", "\x09\7\1\5\x6f\1\xd0\x6f\x0b"),
        MODULE("(elem declare funcref (item ref.null func))", "\x09\7\1\7\x70\1\xd0\x70\x0b"),
        MODULE("(table 1 funcref) (elem (i32.const 0))", "\4\4\1\x70\0\1\x09\6\1\0\x41\0\x0b\0"),
        MODULE("(table 1 funcref) (elem (table 0) (i32.const 0) funcref)", "\4\4\1\x70\0\1\x09\6\1\4\x41\0\x0b\0"),
        MODULE("(table 1 externref) (elem (i32.const 0) externref)", "\4\4\1\x6f\0\1\x09\x08\1\6\0\x41\0\x0b\x6f\0"),
        MODULE("(table 0 funcref) (table 0 funcref) (elem (table 1) (offset i32.const 0) func)",
               "\4\7\2\x70\0\0\x70\0\0\x09\x08\1\2\1\x41\0\x0b\0\0"),
        MODULE("(func $f) (table funcref (elem $f 0))", FUNC_TYPE
               "\3\2\1\0\4\5\1\x70\1\2\2\x09\x08\1\0\x41\0\x0b\2\0\0\x0a\4\1\2\0\x0b\0\x0b\4name\1\4\1\0\1f"),
        MODULE("(table i64 externref (elem (ref.null extern)))",
               "\4\5\1\x6f\5\1\1\x09\x0b\1\6\0\x42\0\x0b\x6f\1\xd0\x6f\x0b"),
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        expect_module(&cases[i]);
}

static void test_modules_may_be_strings_of_bytes_or_of_text(void **state)
{
    (void)state;
    static const test_module cases[] = {
        MODULE("(module $m binary \"\\00asm\" \"\\01\\00\\00\\00\" \"\\00\\02\\01a\")", "\0\2\1a"),
        MODULE("(module quote \"(type\" \"(func))\")", FUNC_TYPE),
        MODULE("(module quote \"(module\" \"(type (func)))\")", FUNC_TYPE),
        MODULE("(module quote)", ""),
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        expect_module(&cases[i]);
}

static void test_instructions_flat_and_folded_give_the_same_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text, *code;
        size_t size;
    } cases[] = {
#define CODE(text, bytes) {text, bytes, sizeof bytes - 1}
        CODE("i32.const 1 i32.const 2 i32.add drop", "\x41\1\x41\2\x6a\x1a"),
        CODE("(drop (i32.add (i32.const 1) (i32.const 2)))", "\x41\1\x41\2\x6a\x1a"),
        CODE("i32.const 1 (drop (i32.add (i32.const 2)))", "\x41\1\x41\2\x6a\x1a"),
        CODE("block $a loop $b br $a br $b br 2 end $b end", "\2\x40\3\x40\x0c\1\x0c\0\x0c\2\x0b\x0b"),
        CODE("(block $a (loop $b (br $a) (br $b) (br 2)))", "\2\x40\3\x40\x0c\1\x0c\0\x0c\2\x0b\x0b"),
        CODE("block $a block $a br $a end br $a end", "\2\x40\2\x40\x0c\0\x0b\x0c\0\x0b"),
        CODE("i32.const 0 if nop else nop end", "\x41\0\4\x40\1\5\1\x0b"),
        CODE("(if (i32.const 0) (then (nop)) (else (nop)))", "\x41\0\4\x40\1\5\1\x0b"),
        CODE("(if $l (i32.const 0) (then br $l))", "\x41\0\4\x40\x0c\0\x0b"),
        CODE("(block (result i32) (i32.const 1)) drop", "\2\x7f\x41\1\x0b\x1a"),
        CODE("(block (type 0))", "\2\0\x0b"),
        CODE("br_table 0 0 0", "\x0e\2\0\0\0"),
        CODE("select select (result i32)", "\x1b\x1c\1\x7f"),
        CODE("i32.load i32.load offset=1 i64.load offset=0x10 align=1 i64.load 1",
             "\x28\2\0\x28\2\1\x29\0\x10\x29\x43\1\0"),
        CODE("memory.size memory.grow 1 memory.copy memory.copy 1 0", "\x3f\0\x40\1\xfc\x0a\0\0\xfc\x0a\1\0"),
        CODE("memory.init 1 memory.init 1 2 table.init 3 table.init 1 2",
             "\xfc\x08\1\0\xfc\x08\2\1\xfc\x0c\3\0\xfc\x0c\2\1"),
        CODE("call_indirect call_indirect 1 (type 0)", "\x11\0\0\x11\0\1"),
        CODE("f32.const 1 f64.const nan:0x4 i64.const 0x8000000000000000",
             "\x43\0\0\x80\x3f\x44\4\0\0\0\0\0\xf0\x7f\x42\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f"),
        CODE("ref.null func ref.null 0 ref.test (ref func) ref.test funcref ref.cast (ref null 0)",
             "\xd0\x70\xd0\0\xfb\x14\x70\xfb\x15\x70\xfb\x17\0"),
        CODE("br_on_cast 0 anyref (ref 0)", "\xfb\x18\1\0\x6e\0"),
        CODE("v128.const i16x8 1 2 3 4 5 6 7 -1", "\xfd\x0c\1\0\2\0\3\0\4\0\5\0\6\0\7\0\xff\xff"),
        CODE("v128.load8_lane 3 v128.load8_lane 1 3 v128.load64_lane offset=1 1 i32x4.extract_lane 3",
             "\xfd\x54\0\0\3\xfd\x54\x40\1\0\3\xfd\x57\3\1\1\xfd\x1b\3"),
        CODE("i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31",
             "\xfd\x0d\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x1f"),
        CODE("f32x4.relaxed_min atomic.fence i64.atomic.rmw.add", "\xfd\x8d\2\xfe\3\0\xfe\x1f\3\0"),
        CODE("try_table $l (catch 0 0) (catch_all_ref 0) throw 0 end", "\x1f\x40\2\0\0\0\3\0\x08\0\x0b"),
        CODE("(try_table (catch_all 0) throw_ref)", "\x1f\x40\1\2\0\x0a\x0b"),
        CODE("try catch 0 rethrow 0 catch_all end try delegate 0", "\6\x40\7\0\x09\0\x19\x0b\6\x40\x18\0"),
        CODE("(try (do nop) (catch 0) (catch_all nop)) (try (do) (delegate 0))",
             "\6\x40\1\7\0\x19\1\x0b\6\x40\x18\0"),
        CODE("array.new_fixed 0 2 struct.get 0 1 array.copy 0 1 i31.get_s",
             "\xfb\x08\0\2\xfb\2\0\1\xfb\x11\0\1\xfb\x1d"),
        CODE("return_call 0 call_ref 0 i64.add128", "\x12\0\x14\0\xfc\x13"),
#undef CODE
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        char text[512], bytes[512];
        size_t size = cases[i].size;
        snprintf(text, sizeof text, "(type (func)) (func %s)", cases[i].text);
        if (strstr(text, ".init") != NULL) /* these ask for the data count section, which other tests have */
            continue;
        size_t len = sizeof PREAMBLE FUNC_TYPE "\3\2\1\0\x0a" - 1;
        memcpy(bytes, PREAMBLE FUNC_TYPE "\3\2\1\0\x0a", len);
        bytes[len++] = (char)(size + 4);
        bytes[len++] = 1;
        bytes[len++] = (char)(size + 2);
        bytes[len++] = 0;
        memcpy(bytes + len, cases[i].code, size);
        bytes[len + size] = 0x0B;
        vm_writer out;
        pirn_error error;
        if (parse(pirn_str_of(text), pirn_allocator_default(), &out, &error) != PIRN_OK)
            fail_msg("%s: %s", text, pirn_error_message(&error));
        if (out.len < len + size + 1 || memcmp(out.data, bytes, len + size + 1) != 0) {
            for (size_t j = 0; j < out.len; j++)
                print_message("%02x ", out.data[j]);
            fail_msg("other bytes: %s", text);
        }
        vm_writer_done(&out);
    }
}

static void test_implicit_types_come_behind_all_others_and_are_shared(void **state)
{
    (void)state;
    static const test_module c =
        MODULE("(func (param i32)) (func (result i32) (block (param i32)) (call_indirect (result i64)) unreachable)"
               "(func (param i32)) (type (func (param i64)))",
               "\1\x11\4\x60\1\x7e\0\x60\1\x7f\0\x60\0\1\x7f\x60\0\1\x7e" /* i64, then in the order of use */
               "\3\4\3\1\2\1"
               "\x0a\x11\3\2\0\x0b\x09\0\2\1\x0b\x11\3\0\0\x0b\2\0\x0b");
    expect_module(&c);
}

static void test_identifiers_become_names(void **state)
{
    (void)state;
    static const test_module cases[] = {
        MODULE("(func $f (param $a i32) (local $b i32) (block $l))",
               "\1\5\1\x60\1\x7f\0\3\2\1\0\x0a\x09\1\7\1\1\x7f\2\x40\x0b\x0b"
               "\0\x1e\4name\1\4\1\0\1f\2\x09\1\0\2\0\1a\1\1b\3\6\1\0\1\0\1l"),
        MODULE("(type $t (struct (field $x i32)))", "\1\5\1\x5f\1\x7f\0\0\x13\4name\4\4\1\0\1t\x0a\6\1\0\1\0\1x"),
        MODULE("(type (@name \"a\") (func)) (type $b (func)) (type (@name \"c\") (func))",
               "\1\x0a\3\x60\0\0\x60\0\0\x60\0\0\0\x11\4name\4\x0a\3\0\1a\1\1b\2\1c"),
        MODULE("(module (@name \"M\") (global $\"a b\" (@name \"n\") i32 (i32.const 0)))",
               "\6\6\1\x7f\0\x41\0\x0b\0\x0f\4name\0\2\1M\7\4\1\0\1n"),
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        expect_module(&cases[i]);
}

static void test_annotations_make_custom_sections(void **state)
{
    (void)state;
    static const test_module cases[] = {
        MODULE("(@custom \"a\" \"1\" \"2\") (type (func)) (@custom \"b\" (before type)) (@other (x) \")\")",
               "\0\2\1b" FUNC_TYPE "\0\4\1a12"),
        MODULE("(func (@metadata.code.branch_hint \"\\01\") (if (i32.const 0) (then)))",
               FUNC_TYPE "\3\2\1\0\0\x20\x19metadata.code.branch_hint\1\0\1\3\1\1\x0a\x09\1\7\0\x41\0\4\x40\x0b\x0b"),
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        expect_module(&cases[i]);
}

static void test_malformed_text_is_refused_with_place_and_words(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line, column;
        const char *message;
    } cases[] = {
        {"(module\n  (func (i32.const0)))", 2, 10, "unknown operator i32.const0, expected an instruction"},
        {"(module", 1, 8, "unexpected token end of text, expected )"},
        {"(module))", 1, 9, "unexpected token ), expected the end of the text"},
        {"(func (local.get $x))", 1, 18, "unknown local $x"},
        {"(func br $l)", 1, 10, "unknown label $l"},
        {"(func call $f)", 1, 12, "unknown func $f"},
        {"(func $f) (func $f)", 1, 17, "duplicate func $f"},
        {"(func (param $x i32) (local $x i32))", 1, 29, "duplicate local $x"},
        {"(type (struct (field $x i32) (field $x i32)))", 1, 37, "duplicate field $x"},
        {"(func block $a end $b)", 1, 20, "mismatching label $b"},
        {"(func end)", 1, 7, "unexpected token end, expected an instruction or )"},
        {"(func else)", 1, 7, "unexpected token else, expected an instruction or )"},
        {"(func block)", 1, 12, "unexpected token ), expected end"},
        {"(func (if (i32.const 0)))", 1, 24, "unexpected token ), expected then"},
        {"(func (i32.const 0x1_0000_0000))", 1, 18, "constant out of range: 0x1_0000_0000"},
        {"(func (f32.const 1e39))", 1, 18, "constant out of range: 1e39"},
        {"(func (i32.load align=3 (i32.const 0)))", 1, 17, "alignment must be a power of two"},
        {"(func (i32.load offset=-1))", 1, 17, "unknown operator offset=-1, expected a number behind offset="},
        {"(func i8x16.extract_lane_s 256)", 1, 28, "i8 constant out of range: 256"},
        {"(func v128.const i32x4 1 2 3)", 1, 24, "wrong number of lane literals: i32x4 has 4"},
        {"(func i8x16.shuffle 1 2)", 1, 24, "invalid lane length: i8x16.shuffle has 16 lanes"},
        {"(type $t (func (param i32))) (func (type $t))(func (type $t) (param i64))", 1, 52,
         "inline function type does not match type 0"},
        {"(func (type 7) (param i32))", 1, 7, "unknown type 7"},
        {"(func) (import \"a\" \"b\" (func))", 1, 16, "import after function"},
        {"(start 0) (start 0)", 1, 18, "multiple start sections"},
        {"(memory 1 (pagesize 3))", 1, 21, "invalid custom page size: not a power of two"},
        {"(import \"\\ff\" \"\" (func))", 1, 9, "malformed UTF-8 encoding"},
        {"(data \"\xff\")", 1, 8, "malformed UTF-8 encoding"},
        {"(data \"\\g\")", 1, 8, "malformed escape in string"},
        {"(data \"a", 1, 7, "unclosed string"},
        {"(; (; ;)", 1, 1, "unclosed comment"},
        {"(func $)", 1, 7, "empty identifier"},
        {"(@ x)", 1, 1, "empty annotation id"},
        {"(@x (", 1, 1, "unclosed annotation"},
        {"(func (@name \"a\") (@custom \"b\"))", 1, 32, "misplaced @custom annotation"},
        {"(func $f (@metadata.code.branch_hint \"\\01\") (param i32) (if (local.get 0) (then)))", 1, 44,
         "misplaced @metadata.code.branch_hint annotation"},
        {"(func (@metadata.code.branch_hint \"\\01\") (local i32) (if (local.get 0) (then)))", 1, 41,
         "misplaced @metadata.code.branch_hint annotation"},
        {"(func (block $a end $b))", 1, 17, "unexpected token end, expected an instruction or )"},
        {"(func block else end)", 1, 13, "unexpected token else, expected an instruction or end"},
        {"(func (i32.const x))", 1, 18, "unknown operator x, expected a number"},
        {"(func (result i33))", 1, 15, "unknown operator i33, expected a value type"},
        {"(rec (type $a (descriptor 1) (describes 1) (struct)))", 1, 31,
         "unexpected token describes, expected func, struct, array or cont"},
        {"(func (@metadata.code.branch_hint \"\\01\"))", 1, 35,
         "@metadata.code.branch_hint annotation: no instruction follows"},
        {"(func (i32.const 0) (if (@metadata.code.branch_hint \"\\01\") (then)))", 1, 53,
         "@metadata.code.branch_hint annotation: no instruction follows"},
        {"(func (block (nop) (@metadata.code.branch_hint \"\\01\")) (nop))", 1, 48,
         "@metadata.code.branch_hint annotation: no instruction follows"},
        {"(func block (@metadata.code.branch_hint \"\\00\") end)", 1, 41,
         "@metadata.code.branch_hint annotation: no instruction follows"},
        {"(global i32 (@metadata.code.branch_hint \"\\01\") (i32.const 0))", 1, 47,
         "misplaced @metadata.code.branch_hint annotation"},
        {"(module quote \"(func\" \"(nop\\29 x)\")", 1, 15,
         "unknown operator x, expected an instruction (at 2:7 of the quoted text)"},
        {"(module quote \"(module quote \\22\\22)\")", 1, 15,
         "unexpected token quote, expected a field of a module (at 1:9 of the quoted text)"},
        {"(module binary \"a\" x)", 1, 20, "unknown operator x, expected )"},
        {"\xC3\xA9", 1, 1, "illegal character outside of a string or comment"},
        {"(func \x01)", 1, 7, "illegal character 0x01"},
        {"(type (func (param i32) (result i32) (param i32)))", 1, 39,
         "unexpected token param, expected something else behind results"},
        {"(; \xC3\xA9 ;) x", 1, 9, "unknown operator x, expected a field of a module"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        vm_writer out;
        pirn_error error;
        pirn_status status = parse(pirn_str_of(cases[i].text), pirn_allocator_default(), &out, &error);
        vm_writer_done(&out);
        if (status != PIRN_MALFORMED || strcmp(pirn_error_message(&error), cases[i].message) != 0 ||
            pirn_error_line(&error) != cases[i].line || pirn_error_column(&error) != cases[i].column)
            fail_msg("%s: %u:%u: %s", cases[i].text, pirn_error_line(&error), pirn_error_column(&error),
                     pirn_error_message(&error));
    }
}

static void test_every_instruction_has_its_place(void **state)
{
    (void)state;
    static const char text[] = "(module\n"
                               "  (global i32 (i32.const 1))\n"
                               "  (func)\n"
                               "  (func $f (param i32) (result i32) (local i64)\n"
                               "    (if (result i32) (local.get 0)\n"
                               "      (then (i32.add (i32.const 1)\n"
                               "                     (i32.const 2)))\n"
                               "      (else i32.const 3))\n"
                               "    return))\n";
    /* What the bytes of the code section come from, behind its size; column 0: no function. */
    static const struct {
        uint8_t size;
        uint32_t line, column;
    } parts[] = {
        {2, 2, 0},                                                             /* the number of functions, a size */
        {1, 3, 4}, {2, 3, 8},                                                  /* func; its end, the next size */
        {3, 4, 4}, {2, 5, 23}, {2, 5, 6},  {2, 6, 23}, {2, 7, 23}, {1, 6, 14}, /* func to i32.add */
        {1, 8, 7}, {2, 8, 13}, {1, 8, 25}, {1, 9, 5},  {1, 9, 11},             /* else to end */
    };
    pirn_arena *arena = pirn_arena_new(NULL);
    const pirn_text_map *map;
    const uint8_t *bytes;
    size_t size;
    assert_int_equal(pirn_text_parse(text, sizeof text - 1, arena, &bytes, &size, NULL), PIRN_OK);
    assert_int_equal(pirn_text_map_new(text, sizeof text - 1, arena, &map, NULL), PIRN_OK);
    size_t code = size;
    while (bytes[code - 1] != 10 || bytes[code] != 23)
        code--;
    uint64_t offset = code + 1;
    for (size_t i = 0; i < BASE_COUNT(parts); i++) {
        for (uint8_t j = 0; j < parts[i].size; j++, offset++) {
            uint32_t line = 0, column = 0;
            bool found = pirn_text_map_find(map, offset, &line, &column);
            if (found != (parts[i].column != 0) || (found && (line != parts[i].line || column != parts[i].column)))
                fail_msg("part %zu, offset %u: %u:%u", i, (unsigned)offset, line, column);
        }
    }
    uint32_t line, column;
    assert_false(pirn_text_map_find(map, offset, &line, &column));
    assert_false(pirn_text_map_find(map, 0, &line, &column));
    pirn_arena_free(arena);
}

/* `count` times `open`, then `middle`, then `count` times `close`, within `before` and `after`. */
static void expect_deep(const char *before, const char *open, const char *middle, const char *close,
                        const char *after, pirn_status expected)
{
    enum { LEVELS = 1000000 };
    size_t size = strlen(before) + strlen(middle) + strlen(after) + LEVELS * (strlen(open) + strlen(close));
    char *text = malloc(size + 1), *p = text;
    p = stpcpy(p, before);
    for (int i = 0; i < LEVELS; i++)
        p = stpcpy(p, open);
    p = stpcpy(p, middle);
    for (int i = 0; i < LEVELS; i++)
        p = stpcpy(p, close);
    stpcpy(p, after);
    vm_writer out;
    pirn_error error;
    assert_int_equal(parse((pirn_str){text, size}, pirn_allocator_default(), &out, &error), expected);
    vm_writer_done(&out);
    free(text);
}

static void test_a_million_levels_are_read(void **state)
{
    (void)state;
    expect_deep("(func ", "(block ", "nop", ")", ")", PIRN_OK);
    expect_deep("(func ", "block $l ", "br $l ", "end ", ")", PIRN_OK);
    expect_deep("(func (drop ", "(i32.eqz ", "(i32.const 1)", ")", "))", PIRN_OK);
    expect_deep("(func ", "(if (i32.const 0)(then ", "", "))", ")", PIRN_OK);
    expect_deep("", "(@a ", "", ")", "", PIRN_OK);
    expect_deep("", "(;", "", ";)", "", PIRN_OK);
    expect_deep("", "(", "", "", "", PIRN_MALFORMED);
    expect_deep("(type ", "(sub ", "", ")", ")", PIRN_MALFORMED);
    expect_deep("(type (func (param ", "(ref null ", "", ")", ")))", PIRN_MALFORMED);
    expect_deep("(func ", "(block ", "", "", ")", PIRN_MALFORMED);
}

/* ---- Failing allocations --------------------------------------------------------------------------------------- */

typedef struct budget {
    size_t left;
} budget;

static void *resize_within(void *user, void *block, size_t old_size, size_t new_size)
{
    budget *b = user;
    const pirn_allocator *real = pirn_allocator_default();
    if (new_size > old_size && b->left-- == 0) {
        b->left = 0;
        return NULL;
    }
    return real->resize(real->user, block, old_size, new_size);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    static const char text[] =
        "(module $m (@custom \"c\" \"d\") (type $t (struct (field $x i32))) (import \"a\" \"\\62\" (func $i (param "
        "i32)))"
        "(table $tab funcref (elem $i)) (memory (data \"abc\\00\")) (global $g i32 (i32.const 1)) (tag $e)"
        "(func $f (export \"f\") (param $p i32) (result i32) (local $l i64)"
        "  (@metadata.code.branch_hint \"\\00\") (if $b (local.get $p) (then (br $b)))"
        "  (struct.get $t $x) (call_indirect (param f32)) (ref.cast (ref null $t)) drop (data.drop 0) (i32.const 1))"
        "(elem declare funcref (ref.func $f)))";
    vm_writer out;
    pirn_error error;
    for (size_t n = 0;; n++) {
        budget b = {n};
        pirn_allocator allocator = {resize_within, &b};
        pirn_status status = parse((pirn_str){text, sizeof text - 1}, &allocator, &out, &error);
        vm_writer_done(&out);
        if (status == PIRN_OK) {
            assert_true(n > 30);
            return;
        }
        assert_int_equal(status, PIRN_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_become_sections),
        cmocka_unit_test(test_element_segments_have_the_shortest_form),
        cmocka_unit_test(test_instructions_flat_and_folded_give_the_same_bytes),
        cmocka_unit_test(test_implicit_types_come_behind_all_others_and_are_shared),
        cmocka_unit_test(test_identifiers_become_names),
        cmocka_unit_test(test_annotations_make_custom_sections),
        cmocka_unit_test(test_modules_may_be_strings_of_bytes_or_of_text),
        cmocka_unit_test(test_malformed_text_is_refused_with_place_and_words),
        cmocka_unit_test(test_every_instruction_has_its_place),
        cmocka_unit_test(test_a_million_levels_are_read),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm/text/print: texts that are printed as they stand, construct by construct; binaries that text encodes in another way;
 * names that cannot be identifiers; bytes that are hostile; every allocation failing once.
 */
#include "vm/base/memory.h"
#include "vm/binary/decode.h"
#include "vm/text/parse.h"
#include "vm/text/print.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool append(void *data, const char *text, size_t size)
{
    vm_writer_bytes(data, text, size);
    return true;
}

static void parse(pirn_str text, vm_writer *out)
{
    vm_lexer lexer;
    pirn_error error;
    base_error_init(&error);
    vm_writer_init(out, pirn_allocator_default());
    vm_lexer_init(&lexer, text, vm_text_keeps_annotation, &error);
    if (vm_text_parse_module(&lexer, out) != PIRN_OK)
        fail_msg("%u:%u: %s\n%.*s", pirn_error_line(&error), pirn_error_column(&error), pirn_error_message(&error),
                 PIRN_STR_ARG(text));
}

/* Prints a copy of exactly its size, so that a sanitizer sees every byte read too far. */
static pirn_status print(const void *bytes, size_t size, uint32_t flags, vm_writer *out, pirn_error *error)
{
    void *exact = malloc(size > 0 ? size : 1);
    memcpy(exact, bytes, size);
    base_error_init(error);
    vm_writer_init(out, pirn_allocator_default());
    pirn_status status = pirn_text_print(exact, size, flags, NULL, append, out, error);
    free(exact);
    return status;
}

static void expect_text(const void *bytes, size_t size, uint32_t flags, const char *expected)
{
    vm_writer text;
    pirn_error error;
    if (print(bytes, size, flags, &text, &error) != PIRN_OK)
        fail_msg("%s\n%s", pirn_error_message(&error), expected);
    vm_writer_u8(&text, 0);
    assert_string_equal((const char *)text.data, expected);
    vm_writer_done(&text);
}

/* The text of `in` is `out`, and this gives the bytes that `in` gives. */
static void expect_printed_as(const char *in, const char *out)
{
    vm_writer bytes, again;
    parse(pirn_str_of(in), &bytes);
    expect_text(bytes.data, bytes.len, 0, out);
    parse(pirn_str_of(out), &again);
    assert_int_equal(again.len, bytes.len);
    assert_memory_equal(again.data, bytes.data, bytes.len);
    vm_writer_done(&bytes);
    vm_writer_done(&again);
}

/* It is printed as it stands. */
static void expect_kept(const char *text)
{
    expect_printed_as(text, text);
}

#define MODULE(fields) "(module\n" fields ")\n"
#define TYPE0          "  (type (;0;) (func))\n"
/* A module with one function of these lines. */
#define FUNC(lines)               MODULE(TYPE0 "  (func (;0;) (type 0)\n" lines ")")
#define PREAMBLE                  "\0asm\1\0\0\0"
#define expect_bytes(bytes, text) expect_text(PREAMBLE bytes, sizeof(PREAMBLE bytes) - 1, 0, text)

/* ---- Constructs ------------------------------------------------------------------------------------------------- */

static void test_an_empty_module_has_no_fields(void **state)
{
    (void)state;
    expect_kept("(module)\n");
}

static void test_types_are_printed_with_groups_and_supertypes(void **state)
{
    (void)state;
    expect_kept(
        MODULE("  (type (;0;) (func (param i32 i64 f32 f64 v128) (result funcref externref)))\n"
               "  (type $s (sub (struct (field $x i8) (field (mut i16)) (field (ref null $s)))))\n"
               "  (type (;2;) (sub final $s (struct (field i8) (field (mut i16)) (field (ref $s)))))\n"
               "  (rec)\n"
               "  (rec\n"
               "    (type (;3;) (array (mut (ref null 4))))\n"
               "    (type (;4;) (sub (array (ref any)))))\n"
               "  (type (;5;) (func (param anyref eqref i31ref structref arrayref nullref (ref none)) (result exnref"
               " (ref noexn) (ref nofunc) nullexternref)))"));
}

static void test_descriptors_and_exact_types(void **state)
{
    (void)state;
    expect_kept(MODULE("  (rec\n"
                       "    (type $a (sub (descriptor $b) (struct)))\n"
                       "    (type $b (sub (describes $a) (struct (field (ref null (exact $a)))))))\n"
                       "  (type (;2;) (func (param (ref (exact 2)))))\n"
                       "  (import \"m\" \"f\" (func (;0;) (exact (type 2))))\n"
                       "  (import \"m\" (item \"g\") (item \"h\") (func (exact (type 2))))\n"
                       "  (func (;3;) (type 2) (param (ref (exact 2)))\n"
                       "    ref.null (exact $a)\n"
                       "    struct.new_desc $a\n"
                       "    ref.get_desc $a\n"
                       "    ref.cast_desc_eq (ref null (exact $a))\n"
                       "    ref.cast_desc_eq (ref $a)\n"
                       "    br_on_cast_desc_eq 0 (;@0;) anyref (ref (exact $a)))"));
}

static void test_imports_and_exports(void **state)
{
    (void)state;
    expect_kept(MODULE("  (type (;0;) (func (param i32)))\n"
                       "  (import \"a\" \"f\" (func $f (type 0)))\n"
                       "  (import \"a\" \"t\" (table (;0;) 1 2 funcref))\n"
                       "  (import \"a\" \"m\" (memory (;0;) i64 1 2 shared))\n"
                       "  (import \"a\" \"g\" (global (;0;) (mut (ref null 0))))\n"
                       "  (import \"\" \"e \\22\\5c\\0a\xc3\xa9\\e2\\80\\ae\" (tag $t (type 0)))\n"
                       "  (export \"f\" (func $f))\n"
                       "  (export \"t\" (table 0))\n"
                       "  (export \"m\" (memory 0))\n"
                       "  (export \"g\" (global 0))\n"
                       "  (export \"e\" (tag $t))"));
}

static void test_compact_imports_keep_their_groups(void **state)
{
    (void)state;
    expect_kept(MODULE(TYPE0 "  (import \"m\" (item \"a\" (func $a (type 0))) (item \"b\" (global (;0;) i32)))\n"
                             "  (import \"m\" (item \"c\") (item \"d\") (global i64))\n"
                             "  (import \"m\" \"e\" (global $e f32))"));
}

static void test_tables_memories_globals_tags_and_start(void **state)
{
    (void)state;
    expect_kept(MODULE(TYPE0 "  (table (;0;) 0 funcref)\n"
                             "  (table $t i64 1 18446744073709551615 (ref 0) (ref.func 0))\n"
                             "  (memory $m 1)\n"
                             "  (memory (;1;) i64 0 65536 shared)\n"
                             "  (memory (;2;) 3 4 (pagesize 1))\n"
                             "  (memory (;3;) 5 (pagesize 65536))\n"
                             "  (tag $e (type 0))\n"
                             "  (global $g (mut i32) (i32.const -7))\n"
                             "  (global (;1;) i64 i64.const 1 i64.const 2 i64.add)\n"
                             "  (global (;2;) externref (ref.null extern))\n"
                             "  (start 0)\n"
                             "  (func (;0;) (type 0))"
                             "\n"
                             "  (data (;0;) \"\")"));
}

static void test_segments_of_every_kind(void **state)
{
    (void)state;
    expect_kept(MODULE(TYPE0 "  (table (;0;) 9 funcref)\n"
                             "  (table $t 9 externref)\n"
                             "  (memory (;0;) 1)\n"
                             "  (memory $m 1)\n"
                             "  (elem (;0;) (i32.const 0) func 0 $f)\n"
                             "  (elem $e (table $t) (i32.const 0) externref (ref.null extern))\n"
                             "  (elem (;2;) (offset i32.const 1 i32.const 2 i32.add) funcref (ref.func $f) (item nop"
                             " ref.null func))\n"
                             "  (elem (;3;) func 0)\n"
                             "  (elem (;4;) (ref func) (ref.func 0))\n"
                             "  (elem (;5;) declare func $f)\n"
                             "  (elem (;6;) declare funcref)\n"
                             "  (func (;0;) (type 0))\n"
                             "  (func $f (type 0))\n"
                             "  (data (;0;) (i32.const 0) \"a\\00\\22\\5c\\ff~\")\n"
                             "  (data $d (memory $m) (offset) \"\")\n"
                             "  (data (;2;) \"passive\")\n"
                             "  (data (;3;)\n"
                             "    \"0123456789012345678901234567890123456789012345678901234567890123\"\n"
                             "    \"long\")"));
}

static void test_locals_and_labels_keep_their_names(void **state)
{
    (void)state;
    expect_kept("(module $\"a module\"\n"
                "  (type $t (func (param i32 i32 i64) (result f32)))\n"
                "  (func $\"f(x)\" (type $t) (param $x i32) (param i32 i64) (result f32)\n"
                "    (local i32) (local $y i32) (local f64 f64) (local $\"\\0a\" (ref null $t))\n"
                "    block $out (result i32)\n"
                "      loop $again\n"
                "        block $out\n"
                "          local.get $x\n"
                "          br_table $again 2 (;@1;) $out 3 (;@0;)\n"
                "        end\n"
                "        br $out\n"
                "      end\n"
                "      local.get $y\n"
                "      if (;@2;) (type $t)\n"
                "      else\n"
                "        local.set $\"\\0a\"\n"
                "      end\n"
                "    end\n"
                "    call $\"f(x)\"))\n");
}

static void test_instructions_with_their_immediates(void **state)
{
    (void)state;
    expect_kept(FUNC("    i32.load\n"
                     "    i64.store 2 offset=4294967296 align=1\n"
                     "    i32.load8_u align=4\n"
                     "    memory.size\n"
                     "    memory.copy 0 1\n"
                     "    memory.init 1 2\n"
                     "    memory.init 3\n"
                     "    data.drop 4\n"
                     "    table.get\n"
                     "    table.set 1\n"
                     "    table.copy 1 0\n"
                     "    table.init 2 3\n"
                     "    elem.drop 4\n"
                     "    call_indirect (type 0)\n"
                     "    return_call_indirect 1 (type 0)\n"
                     "    call_ref 0\n"
                     "    select\n"
                     "    select (result i32)\n"
                     "    select (result)\n"
                     "    ref.null 0\n"
                     "    ref.null nofunc\n"
                     "    ref.func 0\n"
                     "    ref.test (ref 0)\n"
                     "    ref.test i31ref\n"
                     "    ref.cast (ref null 0)\n"
                     "    ref.cast (ref array)\n"
                     "    br_on_cast 0 (;@0;) anyref (ref eq)\n"
                     "    br_on_cast_fail 7 (ref any) (ref null 0)\n"
                     "    struct.get_s 0 1\n"
                     "    array.new_fixed 0 3\n"
                     "    array.copy 0 0\n"
                     "    array.new_data 0 1\n"
                     "    array.init_elem 0 2\n"
                     "    i64.add128\n"
                     "    memory.atomic.wait32 offset=8\n"
                     "    atomic.fence\n"
                     "    i32.atomic.rmw8.add_u 1"));
}

static void test_numbers_are_exact(void **state)
{
    (void)state;
    expect_kept(FUNC("    i32.const -2147483648\n"
                     "    i64.const 9223372036854775807\n"
                     "    f32.const 0.1\n"
                     "    f32.const -0\n"
                     "    f32.const nan\n"
                     "    f32.const -nan:0x1\n"
                     "    f32.const 1e-45\n"
                     "    f64.const inf\n"
                     "    f64.const nan:0xfffffffffffff\n"
                     "    f64.const 1.7976931348623157e+308\n"
                     "    v128.const i32x4 0x03020100 0xffffffff 0x00000000 0x7f800000\n"
                     "    i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31\n"
                     "    i8x16.extract_lane_s 15\n"
                     "    v128.load32_lane 1 offset=4 align=1 3\n"
                     "    v128.load8_lane 0\n"
                     "    v128.store64_lane offset=8 1"));
}

static void test_blocks_that_catch(void **state)
{
    (void)state;
    expect_kept(FUNC("    block $l\n"
                     "      try_table (;@2;) (result i32) (catch 0 $l) (catch_ref 1 1 (;@0;)) (catch_all $l)"
                     " (catch_all_ref 9)\n"
                     "        br 0 (;@2;)\n"
                     "      end\n"
                     "    end\n"
                     "    try $t\n"
                     "      throw 0\n"
                     "    catch 0\n"
                     "      rethrow $t\n"
                     "    catch_all\n"
                     "      try (;@2;)\n"
                     "        throw_ref\n"
                     "      delegate $t\n"
                     "    end"));
}

static void test_continuations(void **state)
{
    (void)state;
    expect_kept(MODULE("  (type $f (func))\n"
                       "  (type $k (cont $f))\n"
                       "  (func (;0;) (type $f)\n"
                       "    (local contref nullcontref (ref null $k))\n"
                       "    block $l\n"
                       "      cont.new $k\n"
                       "      cont.bind $k $k\n"
                       "      suspend 2\n"
                       "      resume $k\n"
                       "      resume $k (on 1 $l) (on 2 switch)\n"
                       "      resume_throw $k 3 (on 0 1 (;@0;))\n"
                       "      resume_throw_ref $k (on 0 $l)\n"
                       "      switch $k 4\n"
                       "    end)"));
}

/* ---- Names ------------------------------------------------------------------------------------------------------ */

static void test_a_name_that_is_taken_becomes_an_annotation(void **state)
{
    (void)state;
    expect_kept(MODULE("  (type $t (func))\n"
                       "  (type (;1;) (@name \"t\") (func))\n"
                       "  (func $f (type 1))\n"
                       "  (func (;1;) (@name \"f\") (type $t)\n"
                       "    call $f\n"
                       "    call 1)\n"
                       "  (func $g (type $t))"));
}

/* Two locals of one name, and a name for a local that is not there: the text has no place for these. */
static void test_names_without_a_place_are_left_out(void **state)
{
    (void)state;
    expect_bytes("\1\4\1\x60\0\0\3\2\1\0\x0a\6\1\4\1\2\x7f\x0b"
                 "\0\x13\4name\2\x0c\1\0\3\0\1x\1\1x\2\1y",
                 MODULE(TYPE0 "  (func (;0;) (type 0)\n    (local $x i32) (local i32))"));
}

/* ---- Custom sections -------------------------------------------------------------------------------------------- */

static void test_custom_sections_keep_their_places(void **state)
{
    (void)state;
    expect_kept(MODULE("  (@custom \"first\" (before first) \"1\")\n" TYPE0 "  (@custom \"a\" (after type) \"2\")\n"
                       "  (@custom \"b\" (after type) \"\\00\")\n"
                       "  (func (;0;) (type 0))\n"
                       "  (@custom \"c\" (after code) \"\")"));
}

/* The assembler does not write sections without entries, so nothing can be behind them. */
static void test_a_custom_section_is_behind_what_is_written(void **state)
{
    (void)state;
    expect_bytes("\1\1\0\0\2\1x", MODULE("  (@custom \"x\" (before first) \"\")"));
    expect_bytes("\1\4\1\x60\0\0\x0c\1\1\0\2\1x\x0b\3\1\1\0",
                 MODULE(TYPE0 "  (@custom \"x\" (after type) \"\")\n  (data (;0;) \"\")"));
}

static void test_branch_hints_stand_before_their_instructions(void **state)
{
    (void)state;
    expect_kept(FUNC("    (@metadata.code.branch_hint \"\\01\")\n"
                     "    br_if 0 (;@0;)\n"
                     "    (@metadata.code.branch_hint \"\\00\")\n"
                     "    if (;@1;)\n"
                     "    end"));
}

/* One that is of no instruction: all are kept as they are. */
static void test_branch_hints_that_fit_nothing_stay_a_section(void **state)
{
    (void)state;
    expect_bytes("\1\4\1\x60\0\0\3\2\1\0"
                 "\0\x20\x19metadata.code.branch_hint\1\0\1\2\1\1"
                 "\x0a\6\1\4\0\x41\0\x0b",
                 MODULE(TYPE0 "  (@custom \"metadata.code.branch_hint\" (after func) \"\\01\\00\\01\\02\\01\\01\")\n"
                              "  (func (;0;) (type 0)\n    i32.const 0)"));
}

/* ---- Offsets ---------------------------------------------------------------------------------------------------- */

static void test_offsets_are_comments(void **state)
{
    (void)state;
    expect_text(PREAMBLE "\1\4\1\x60\0\0\3\2\1\0\x0a\5\1\3\0\1\x0b", 25, PIRN_PRINT_OFFSETS,
                "(module\n"
                "(;@b     ;)   (type (;0;) (func))\n"
                "(;@16    ;)   (func (;0;) (type 0)\n"
                "(;@17    ;)     nop))\n");
}

/* ---- Bad input -------------------------------------------------------------------------------------------------- */

static void expect_failure(const void *bytes, size_t size, pirn_status status, uint64_t offset, const char *message)
{
    vm_writer text;
    pirn_error error;
    assert_int_equal(print(bytes, size, 0, &text, &error), status);
    assert_string_equal(pirn_error_message(&error), message);
    assert_int_equal(pirn_error_offset(&error), offset);
    vm_writer_done(&text);
}
#define expect_body_failure(size, body, status, offset, message) \
    expect_failure(PREAMBLE "\1\4\1\x60\0\0\3\2\1\0" size body,  \
                   sizeof(PREAMBLE "\1\4\1\x60\0\0\3\2\1\0" size body) - 1, status, offset, message)

static void test_a_body_that_breaks_the_grammar_is_told(void **state)
{
    (void)state;
    expect_body_failure("\x0a\5\1\3", "\0\xff\x0b", PIRN_MALFORMED, 23, "illegal opcode ff");
    expect_body_failure("\x0a\5\1\3", "\0\1\1", PIRN_MALFORMED, 25, "END opcode expected");
    expect_body_failure("\x0a\5\1\3", "\0\x0b\x0b", PIRN_MALFORMED, 24,
                        "unexpected bytes behind the end of the function");
    expect_body_failure("\x0a\x0a\1\x08", "\1\xff\xff\xff\xff\x0f\x7f\x0b", PIRN_LIMIT, PIRN_NO_OFFSET,
                        "too many locals");
}

static void test_indices_beyond_all_bounds_are_numbers(void **state)
{
    (void)state;
    expect_bytes("\1\4\1\x60\0\0\3\2\1\7\7\5\1\1x\0\x09\x0a\x0a\1\x08\0\x10\4\x20\5\x0c\6\x0b",
                 MODULE(TYPE0 "  (export \"x\" (func 9))\n"
                              "  (func (;0;) (type 7)\n    call 4\n    local.get 5\n    br 6)"));
}

/* A line is not indented further than the eye follows, and the stack of labels is not the native one. */
static void test_a_million_blocks_are_printed(void **state)
{
    (void)state;
    enum { DEPTH = 1000000 };
    static const char head[] = "(module (func", block[] = " block", end[] = " end", tail[] = "))";
    vm_writer text, bytes, again, once_more;
    pirn_error error;
    vm_writer_init(&text, pirn_allocator_default());
    vm_writer_bytes(&text, head, sizeof head - 1);
    for (int i = 0; i < DEPTH; i++)
        vm_writer_bytes(&text, block, sizeof block - 1);
    for (int i = 0; i < DEPTH; i++)
        vm_writer_bytes(&text, end, sizeof end - 1);
    vm_writer_bytes(&text, tail, sizeof tail - 1);
    parse((pirn_str){(const char *)text.data, text.len}, &bytes);
    assert_int_equal(print(bytes.data, bytes.len, 0, &again, &error), PIRN_OK);
    assert_true(again.len < (size_t)DEPTH * 2 * 110);
    parse((pirn_str){(const char *)again.data, again.len}, &once_more);
    assert_int_equal(once_more.len, bytes.len);
    assert_memory_equal(once_more.data, bytes.data, bytes.len);
    vm_writer_done(&text);
    vm_writer_done(&bytes);
    vm_writer_done(&again);
    vm_writer_done(&once_more);
}

static bool refuse(void *data, const char *text, size_t size)
{
    (void)text;
    (void)size;
    ++*(int *)data;
    return false;
}

static void test_a_sink_that_refuses_is_not_asked_again(void **state)
{
    (void)state;
    pirn_error error;
    int asked = 0;
    base_error_init(&error);
    assert_int_equal(pirn_text_print(PREAMBLE, 8, 0, NULL, refuse, &asked, &error), PIRN_IO);
    assert_string_equal(pirn_error_message(&error), "the text cannot be written");
    assert_int_equal(asked, 1);
}

static void test_bytes_have_no_cells(void **state)
{
    (void)state;
    vm_writer text;
    pirn_error error;
    assert_int_equal(print(PREAMBLE, 8, PIRN_PRINT_CELLS, &text, &error), PIRN_USAGE);
    vm_writer_done(&text);
}

/* ---- Memory ----------------------------------------------------------------------------------------------------- */

typedef struct budget {
    size_t left;
} budget;

static void *resize_within(void *user, void *block, size_t old_size, size_t new_size)
{
    budget *b = user;
    const pirn_allocator *libc = pirn_allocator_default();
    if (new_size > old_size && b->left-- == 0) {
        b->left = 0;
        return NULL;
    }
    return libc->resize(libc->user, block, old_size, new_size);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    static const char text[] =
        "(module $m (type $s (struct (field $x i32))) (func $f (param $p i32) (block $l (br $l)))"
        "(data $d \"x\") (@custom \"c\" \"d\"))";
    vm_writer bytes, out;
    parse(pirn_str_of(text), &bytes);
    pirn_status status = PIRN_NOMEM;
    for (size_t n = 0; status == PIRN_NOMEM; n++) {
        budget b = {n};
        pirn_allocator allocator = {resize_within, &b};
        pirn_error error;
        base_error_init(&error);
        vm_writer_init(&out, pirn_allocator_default());
        status = pirn_text_print(bytes.data, bytes.len, 0, &allocator, append, &out, &error);
        assert_true(status == PIRN_OK || n < 1000);
        vm_writer_done(&out);
    }
    assert_int_equal(status, PIRN_OK);
    vm_writer_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_module_has_no_fields),
        cmocka_unit_test(test_types_are_printed_with_groups_and_supertypes),
        cmocka_unit_test(test_descriptors_and_exact_types),
        cmocka_unit_test(test_imports_and_exports),
        cmocka_unit_test(test_compact_imports_keep_their_groups),
        cmocka_unit_test(test_tables_memories_globals_tags_and_start),
        cmocka_unit_test(test_segments_of_every_kind),
        cmocka_unit_test(test_locals_and_labels_keep_their_names),
        cmocka_unit_test(test_instructions_with_their_immediates),
        cmocka_unit_test(test_numbers_are_exact),
        cmocka_unit_test(test_blocks_that_catch),
        cmocka_unit_test(test_continuations),
        cmocka_unit_test(test_a_name_that_is_taken_becomes_an_annotation),
        cmocka_unit_test(test_names_without_a_place_are_left_out),
        cmocka_unit_test(test_custom_sections_keep_their_places),
        cmocka_unit_test(test_a_custom_section_is_behind_what_is_written),
        cmocka_unit_test(test_branch_hints_stand_before_their_instructions),
        cmocka_unit_test(test_branch_hints_that_fit_nothing_stay_a_section),
        cmocka_unit_test(test_offsets_are_comments),
        cmocka_unit_test(test_a_body_that_breaks_the_grammar_is_told),
        cmocka_unit_test(test_indices_beyond_all_bounds_are_numbers),
        cmocka_unit_test(test_a_million_blocks_are_printed),
        cmocka_unit_test(test_a_sink_that_refuses_is_not_asked_again),
        cmocka_unit_test(test_bytes_have_no_cells),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Component text: definitions against their bytes, what is said inline against what it stands for, text that is malformed
 * against its error, printing, deep nesting, and every allocation failing once.
 */
#include "component/test/bytes.h"
#include "component/text_parse.h"
#include <pirn/component.h>
#include <stdio.h>
#include <stdlib.h>

/* Parses a copy of exactly its size, so that a sanitizer sees every byte read too far. */
static pirn_status parse(const char *text, const pirn_allocator *allocator, vm_writer *out, pirn_error *error)
{
    size_t size = strlen(text);
    char *exact = malloc(size + 1);
    assert_non_null(exact);
    memcpy(exact, text, size);
    vm_lexer lexer;
    base_error_init(error);
    vm_writer_init(out, allocator);
    vm_lexer_init(&lexer, (pirn_str){exact, size}, vm_text_keeps_annotation, error);
    pirn_status status = cm_text_parse(&lexer, out);
    free(exact);
    return status;
}

static void parse_well(const char *text, vm_writer *out)
{
    pirn_error error;
    if (parse(text, pirn_allocator_default(), out, &error) != PIRN_OK)
        fail_msg("%s\n%u:%u: %s", text, (unsigned)error.line, (unsigned)error.column, error.message);
}

/* Those of one component: a component alone is a definition, too. */
static void parse_definitions(const char *text, vm_writer *out)
{
    char wrapped[512];
    snprintf(wrapped, sizeof wrapped, "(component %s)", text);
    parse_well(wrapped, out);
}

static void print_bytes(const char *what, const uint8_t *bytes, size_t size)
{
    print_error("%s:", what);
    for (size_t i = 0; i < size; i++)
        print_error(" %02x", bytes[i]);
    print_error("\n");
}

static void assert_same(const char *text, const uint8_t *bytes, size_t size, const vm_writer *actual)
{
    if (actual->len == size && memcmp(actual->data, bytes, size) == 0)
        return;
    print_bytes("expected", bytes, size);
    print_bytes("came    ", actual->data, actual->len);
    fail_msg("%s", text);
}

/* ---- Bytes ----------------------------------------------------------------------------------------------------- */

static void test_definitions_become_sections(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        test_section sections[TEST_SECTIONS];
    } rows[] = {
        {"", {{0}}},
        {"(component)", {SECTION(4, "\0asm\x0D\0\1\0")}},
        {"(core module)", {SECTION(1, "\0asm\1\0\0\0")}},
        {"(core module binary \"\\00asm\" \"\\01\\00\\00\\00\")", {SECTION(1, "\0asm\1\0\0\0")}},
        {"(core module) (core instance (instantiate 0))", {SECTION(1, "\0asm\1\0\0\0"), SECTION(2, "\1\0\0\0")}},
        {"(core instance) (core instance (export \"x\" (func 1)))", {SECTION(2, "\2\1\0\1\1\1x\0\1")}},
        {"(core type (func (param i32)))", {SECTION(3, "\1\x60\1\x7F\0")}},
        {"(core type (sub (struct)))", {SECTION(3, "\1\0\x50\0\x5F\0")}},
        {"(core rec (type $a (struct (field (ref null $b)))) (type $b (struct)))",
         {SECTION(3, "\1\x4E\2\x5F\1\x63\1\0\x5F\0"), SECTION(0, "\x0E"
                                                                 "component-name\1\x09\0\x10\2\0\1a\1\1b")}},
        {"(core type (module (import \"a\" \"b\" (func)) (export \"c\" (func)) (export \"m\" (memory 1))))",
         {SECTION(3, "\1\x50\4\1\x60\0\0\0\1a\1b\0\0\3\1c\0\0\3\1m\2\0\1")}},
        {"(component (component))", {SECTION(4, "\0asm\x0D\0\1\0\4\x08\0asm\x0D\0\1\0")}},
        {"(instance) (instance (export \"a\" (instance 0)))", {SECTION(5, "\2\1\0\1\1\0\1a\5\0")}},
        {"(alias export 0 \"f\" (func)) (alias core export 1 \"m\" (core memory)) (alias outer 1 2 (core module))",
         {SECTION(6, "\3\1\0\0\1f\0\2\1\1\1m\0\x11\2\1\2")}},
        {"(type u8) (type string) (type error-context)", {SECTION(7, "\3\x7D\x73\x64")}},
        {"(type (record (field \"a\" bool) (field \"b\" 7)))", {SECTION(7, "\1\x72\2\1a\x7F\1b\7")}},
        {"(type (variant (case \"a\") (case \"b\" char)))", {SECTION(7, "\1\x71\2\1a\0\0\1b\1\x74\0")}},
        {"(type (list u8)) (type (list u8 4)) (type (option s8)) (type (tuple u8 s8))",
         {SECTION(7, "\4\x70\x7D\x67\x7D\4\x6B\x7E\x6F\2\x7D\x7E")}},
        {"(type (flags \"a\" \"b\")) (type (enum \"c\")) (type (map string u8))",
         {SECTION(7, "\3\x6E\2\1a\1b\x6D\1\1c\x63\x73\x7D")}},
        {"(type (result)) (type (result u8)) (type (result (error u8))) (type (result u8 (error u8)))",
         {SECTION(7, "\4\x6A\0\0\x6A\1\x7D\0\x6A\0\1\x7D\x6A\1\x7D\1\x7D")}},
        {"(type (own 1)) (type (borrow 200)) (type (stream)) (type (future u8))",
         {SECTION(7, "\4\x69\1\x68\xC8\1\x66\0\x65\1\x7D")}},
        {"(type (resource (rep i32))) (type (resource (rep i64) (dtor 3)))",
         {SECTION(7, "\2\x3F\x7F\0\x3F\x7E\1\3")}},
        {"(type (func)) (type (func async (param \"a\" u8) (result u8)))",
         {SECTION(7, "\2\x40\0\1\0\x43\1\1a\x7D\0\x7D")}},
        {"(type (component (import \"a\" (func (type 0))) (export \"b\" (type (sub resource)))))",
         {SECTION(7, "\1\x41\2\3\0\1a\1\0\4\0\1b\3\1")}},
        {"(type (instance (type u8) (core type (func)) (export \"b\" (type (eq 0))) (alias outer 1 0 (type))))",
         {SECTION(7, "\1\x42\4\1\x7D\0\x60\0\0\4\0\1b\3\0\0\2\3\2\1\0")}},
        {"(canon lift (core func 0) string-encoding=utf16 (memory 1) (realloc 2) (post-return 3) (func (type 4)))",
         {SECTION(8, "\1\0\0\0\4\1\3\1\4\2\5\3\4")}},
        {"(canon lift (core func 0) async (callback 1) (func (type 4)))", {SECTION(8, "\1\0\0\0\2\6\7\1\4")}},
        {"(canon lower (func 1) string-encoding=latin1+utf16 (core func))", {SECTION(8, "\1\1\0\1\1\2")}},
        {"(canon resource.new 1 (core func)) (canon resource.drop 2 (core func)) (canon resource.rep 3 (core func))",
         {SECTION(8, "\3\2\1\3\2\4\3")}},
        {"(canon task.return (result u8) (memory 0) (core func)) (canon context.get i32 1 (core func))",
         {SECTION(8, "\2\x09\0\x7D\1\3\0\x0A\x7F\1")}},
        {"(canon waitable-set.wait cancellable (memory 0) (core func)) (canon subtask.cancel async (core func))",
         {SECTION(8, "\2\x20\1\0\6\1")}},
        {"(canon stream.read 0 async (memory 1) (core func)) (canon stream.cancel-read 0 (core func))",
         {SECTION(8, "\2\x0F\0\2\6\3\1\x11\0\0")}},
        {"(canon thread.new-indirect 1 2 (core func)) (canon thread.spawn-ref shared 1 (core func))",
         {SECTION(8, "\2\x27\1\2\x40\1\1")}},
        {"(start 0 (value 1) (value 2) (result (value)))", {SECTION(9, "\0\2\1\2\1")}},
        {"(import \"a\" (func (type 0))) (import \"b\" (core module (type 1))) (import \"v\" (value u8))",
         {SECTION(10, "\3\0\1a\1\0\0\1b\0\x11\1\0\1v\2\1\x7D")}},
        {"(import \"a\" (external-id \"x\") (implements \"a:b/c\") (instance (type 0)))",
         {SECTION(10, "\1\2\1a\2\2\1x\0\5a:b/c\5\0")}},
        {"(import \"a:b/c@0.2\" (versionsuffix \".1\") (instance (type 0)))",
         {SECTION(10, "\1\2\x09"
                      "a:b/c@0.2\1\1\2.1\5\0")}},
        {"(export \"a\" (func 0)) (export \"b\" (core module 1) (core module (type 2)))",
         {SECTION(11, "\2\0\1a\1\0\0\0\1b\0\x11\1\1\0\x11\2")}},
        {"(value u8 (binary \"\\07\"))", {SECTION(12, "\1\x7D\1\7")}},
        {"(@custom \"x\" \"yz\") (type u8) (@custom \"z\")",
         {SECTION(0, "\1xyz"), SECTION(7, "\1\x7D"), SECTION(0, "\1z")}},
        {"(type $a u8) (type (@name \"b c\") u8)",
         {SECTION(7, "\2\x7D\x7D"), SECTION(0, "\x0E"
                                               "component-name\1\x0A\3\2\0\1a\1\3b c")}},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        size_t size;
        uint8_t *bytes = test_bytes(rows[i].sections, &size);
        vm_writer out;
        parse_definitions(rows[i].text, &out);
        assert_same(rows[i].text, bytes, size, &out);
        vm_writer_done(&out);
        base_free(pirn_allocator_default(), bytes, size);
    }
}

/* ---- What is said inline --------------------------------------------------------------------------------------- */

static void test_inline_definitions_stand_for_definitions(void **state)
{
    (void)state;
    static const struct {
        const char *inlined, *plain;
    } rows[] = {
        {"(func (import \"f\"))", "(type (func)) (import \"f\" (func (type 0)))"},
        {"(import \"f\" (func (param \"x\" (list (list u8)))))",
         "(type (list u8)) (type (list 0)) (type (func (param \"x\" 1))) (import \"f\" (func (type 2)))"},
        {"(instance (import \"i\") (export \"f\" (func)))",
         "(type (instance (type (func)) (export \"f\" (func (type 0))))) (import \"i\" (instance (type 0)))"},
        {"(instance (export \"a\") (export \"b\") (import \"i\"))",
         "(type (instance)) (import \"i\" (instance (type 0))) (export \"a\" (instance 0)) (export \"b\" (instance "
         "0))"},
        {"(core module (export \"x\")) (type u8)", "(core module) (type u8) (export \"x\" (core module 0))"},
        {"(core module (import \"m\") (export \"x\" (memory 1)))",
         "(core type (module (export \"x\" (memory 1)))) (import \"m\" (core module (type 0)))"},
        {"(component (import \"c\") (import \"f\" (func)))",
         "(type (component (type (func)) (import \"f\" (func (type 0))))) (import \"c\" (component (type 0)))"},
        {"(type (export \"a\") (implements \"x\")) (type u8)", NULL},
        {"(instance (export \"a\" (implements \"x:y/z\")))",
         "(instance) (export \"a\" (implements \"x:y/z\") (instance 0))"},
        {"(export \"f\" (func 0 \"a\" \"b\"))",
         "(alias export 0 \"a\" (instance)) (alias export 0 \"b\" (func)) (export \"f\" (func 0))"},
        {"(instance (instantiate (component 0 \"c\") (with \"x\" (core module 0 \"m\"))))",
         "(alias export 0 \"c\" (component)) (alias export 0 \"m\" (core module))"
         "(instance (instantiate 0 (with \"x\" (core module 0))))"},
        {"(instance (instantiate 0 (with \"x\" (instance (export \"f\" (func 0))))))",
         "(instance (export \"f\" (func 0))) (instance (instantiate 0 (with \"x\" (instance 0))))"},
        {"(core instance (instantiate 0 (with \"x\" (instance (export \"f\" (func 0 \"g\"))))))",
         "(alias core export 0 \"g\" (core func)) (core instance (export \"f\" (func 0)))"
         "(core instance (instantiate 0 (with \"x\" (instance 0))))"},
        {"(core func (canon lower (func 0) (memory (core memory 0 \"m\"))))",
         "(alias core export 0 \"m\" (core memory)) (canon lower (func 0) (memory 0) (core func))"},
        {"(func (export \"f\") (result u8) (canon lift (core func 0 \"f\")))",
         "(type (func (result u8))) (alias core export 0 \"f\" (core func))"
         "(canon lift (core func 0) (func (type 0))) (export \"f\" (func 0))"},
        {"(func (alias export 0 \"f\"))", "(alias export 0 \"f\" (func))"},
        {"(core module (alias export 0 \"m\"))", "(alias export 0 \"m\" (core module))"},
        {"(core memory (alias core export 0 \"m\"))", "(alias core export 0 \"m\" (core memory))"},
        {"(type (alias outer 0 1))", "(alias outer 0 1 (type))"},
        {"(core type (alias outer 0 1))", "(alias outer 0 1 (core type))"},
        {"(component (alias outer 1 0 (type)))", "(component (alias outer 1 0 (type)) )"},
        {"(component (alias outer 1 0))", "(alias outer 1 0 (component))"},
        {"(canon future.new (type 0 \"t\") (core func))",
         "(alias export 0 \"t\" (type)) (canon future.new 0 (core func))"},
        {"(type (resource (rep i32) (dtor (core func 0 \"d\"))))",
         "(alias core export 0 \"d\" (core func)) (type (resource (rep i32) (dtor 0)))"},
        {"(core type (module (alias outer 1 0 (type)) (import \"\" \"f\" (func (type 0)))))",
         "(core type (module (alias outer 1 0 (type)) (import \"\" \"f\" (func (type 0)))))"},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        vm_writer inlined, plain;
        pirn_error error;
        if (rows[i].plain == NULL) {
            assert_int_equal(parse(rows[i].inlined, pirn_allocator_default(), &inlined, &error), PIRN_MALFORMED);
            vm_writer_done(&inlined);
            continue;
        }
        parse_definitions(rows[i].inlined, &inlined);
        parse_definitions(rows[i].plain, &plain);
        assert_same(rows[i].inlined, plain.data, plain.len, &inlined);
        vm_writer_done(&inlined);
        vm_writer_done(&plain);
    }
}

/* Sections after the preamble, without the names. */
static void test_outer_names_become_aliases(void **state)
{
    (void)state;
    vm_writer out, plain;
    parse_well("(type $t u8) (component (component (type (list $t)) (type (option $t))))", &out);
    parse_well("(type $t u8) (component (component (alias outer 2 0 (type)) (type (list 0))"
               "(alias outer 2 0 (type)) (type (option 2))))",
               &plain);
    assert_same("list and option of $t", plain.data, plain.len, &out);
    vm_writer_done(&out);
    vm_writer_done(&plain);
}

/* ---- Errors ---------------------------------------------------------------------------------------------------- */

static void test_malformed_text_is_told_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t line, column;
        const char *message;
    } rows[] = {
        {"(component", 1, 11, "unexpected token end of text, expected )"},
        {"(component) x", 1, 13, "unexpected token x, expected a definition"},
        {"(component $c (import \"a\"))", 1, 26, "unexpected token ), expected a type with its sort, such as (func)"},
        {"(fnuc)", 1, 2, "unexpected token fnuc, expected a definition of a component"},
        {"(import \"a\"\n  (fun))", 2, 4,
         "unexpected token fun, expected core, func, value, type, component or instance"},
        {"(import \"f\" (func (param string)))", 1, 26, "unexpected token string, expected a string"},
        {"(import \"f\" (core func))", 1, 23, "a core func can be neither imported nor exported"},
        {"(export \"a\" 0)", 1, 13, "unexpected token 0, expected an index with its sort, such as (func 0)"},
        {"(canon lower 0 (core func))", 1, 14, "unexpected token 0, expected (func"},
        {"(canon lift $f (func))", 1, 13, "unexpected token $f, expected (core func"},
        {"(canon lower (func 0) (memory $m \"mem\") (core func))", 1, 31, "unknown core memory $m"},
        {"(canon lower (func 0) (memory 0 \"mem\") (core func))", 1, 33, "unexpected token \"mem\", expected )"},
        {"(canon resource.take 0 (core func))", 1, 8,
         "unexpected token resource.take, expected lift, lower or the name of a built-in"},
        {"(canon context.get u8 0 (core func))", 1, 20, "unexpected token u8, expected a core number type"},
        {"(instance (instantiate $c))", 1, 24, "unknown component $c"},
        {"(type $t u8) (type $t u8)", 1, 20, "duplicate type $t"},
        {"(type (list $t)) (type $t u8)", 1, 13, "unknown type $t"},
        {"(type)", 1, 6, "unexpected token ), expected a type"},
        {"(type (lsit u8))", 1, 8, "unexpected token lsit, expected a type"},
        {"(type (list (func)))", 1, 13, "unexpected token (, expected a value type"},
        {"(type (result u8 u8))", 1, 18, "unexpected token u8, expected )"},
        {"(type (resource))", 1, 16, "unexpected token ), expected ("},
        {"(type (resource (rep f32)))", 1, 22, "unexpected token f32, expected i32"},
        {"(type (instance (import \"a\" (func))))", 1, 18,
         "unexpected token import, expected export, type, core or alias"},
        {"(core type (module (func)))", 1, 21, "unexpected token func, expected import, export, type, rec or alias"},
        {"(core type (func (param (ref $t))))", 1, 30, "unknown core type $t"},
        {"(core module (func i32.add $x))", 1, 28, "unexpected token $x, expected an instruction"},
        {"(core memory 1)", 1, 14, "unexpected token 1, expected (alias"},
        {"(alias outer $c 0 (type))", 1, 14, "unknown outer component $c"},
        {"(component $c (type $t u8) (alias outer $c $u (type)))", 1, 44, "unknown type $u"},
        {"(import \"f\" (func $f (type 0))) (component (export \"f\" (func $f)))", 1, 62,
         "outer item `f` is not a module, type, or component"},
        {"(import \"a\" (implements \"x\") (implements \"x\") (instance))", 1, 31,
         "unexpected token implements, expected each attribute once"},
        {"(type 4294967296)", 1, 7, "unexpected token 4294967296, expected a type"},
        {"(alias export 4294967296 \"a\" (func))", 1, 15, "i32 constant out of range: 4294967296"},
        {"(import \"\\ff\" (func))", 1, 9, "malformed UTF-8 encoding"},
        {"(@name \"x\") (type u8)", 1, 12, "misplaced @name annotation"},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        vm_writer out;
        pirn_error error;
        pirn_status status = parse(rows[i].text, pirn_allocator_default(), &out, &error);
        vm_writer_done(&out);
        if (status != PIRN_MALFORMED || strcmp(error.message, rows[i].message) != 0 || error.line != rows[i].line ||
            error.column != rows[i].column)
            fail_msg("%s\n%u:%u: %s: %s", rows[i].text, (unsigned)error.line, (unsigned)error.column,
                     pirn_status_name(status), error.message);
    }
}

/* ---- Printing -------------------------------------------------------------------------------------------------- */

static bool append(void *data, const char *text, size_t size)
{
    vm_writer *w = data;
    vm_writer_bytes(w, text, size);
    return !w->failed;
}

/* The text with a NUL. */
static pirn_status print(const uint8_t *bytes, size_t size, const pirn_allocator *allocator, vm_writer *text,
                         pirn_error *error)
{
    base_error_init(error);
    vm_writer_init(text, pirn_allocator_default());
    pirn_status status = pirn_component_text_print(bytes, size, allocator, append, text, error);
    vm_writer_u8(text, 0);
    return status;
}

/* A component with one of everything. */
static const char whole[] =
    "(component $c\n"
    "  (@custom \"x\" \"\\00\\ff\")\n"
    "  (type $t (record (field \"a\" u8)))\n"
    "  (core type $f (func (param i32 externref) (result f64)))\n"
    "  (core rec (type $s (struct (field (mut i8)))) (type (;2;) (sub $s (struct (field (mut i8))))))\n"
    "  (core type (;3;) (module\n"
    "    (alias outer 1 0 (type (;0;)))\n"
    "    (import \"a\" \"b\" (func (type 0)))\n"
    "    (export \"t\" (table 1 2 funcref))\n"
    "    (export \"m\" (memory i64 1 2 shared))\n"
    "    (export \"g\" (global (mut i32)))\n"
    "    (export \"x\" (tag (type 0)))))\n"
    "  (type $u (instance\n"
    "    (alias outer 1 0 (type (;0;)))\n"
    "    (export \"r\" (type (;1;) (sub resource)))\n"
    "    (export \"e\" (type (;2;) (eq 0)))))\n"
    "  (import \"a:b/c@0.2\" (versionsuffix \".1\") (external-id \"\\22\") (instance $\"i 1\" (type $u)))\n"
    "  (core module $m\n"
    "    (type (;0;) (func))\n"
    "    (func $x (type 0)\n"
    "      nop))\n"
    "  (core module (;1;) binary\n"
    "    \"\\00asm\")\n"
    "  (core instance $ci (instantiate $m (with \"a\" (instance 0))))\n"
    "  (core instance (;1;) (export \"f\" (func 0)))\n"
    "  (canon lower (func 0) string-encoding=utf16 (memory 0) (realloc 0) async (core func $low))\n"
    "  (canon lift (core func $low) (post-return 1) (func (;0;) (type $t)))\n"
    "  (canon task.return (result u8) (core func (;1;)))\n"
    "  (canon context.get i64 3 (core func (;2;)))\n"
    "  (canon waitable-set.wait cancellable (memory 0) (core func (;3;)))\n"
    "  (canon thread.spawn-indirect shared $f 1 (core func (;4;)))\n"
    "  (component $d\n"
    "    (component (;0;)))\n"
    "  (instance (;1;) (instantiate $d (with \"x\" (type $t))))\n"
    "  (instance (;2;) (export \"y\" (implements \"a:b/c\") (instance $\"i 1\")))\n"
    "  (value (;0;) u8 (binary \"\\07\"))\n"
    "  (start 0 (value 0) (result (value $r)))\n"
    "  (export $e \"e\" (func 0) (func (type $t))))\n";

static void test_what_is_printed_is_what_was_parsed(void **state)
{
    (void)state;
    vm_writer first, text, second;
    pirn_error error;
    parse_well(whole, &first);
    assert_int_equal(print(first.data, first.len, NULL, &text, &error), PIRN_OK);
    assert_string_equal((const char *)text.data, whole);
    parse_well((const char *)text.data, &second);
    assert_same("the text again", first.data, first.len, &second);
    vm_writer_done(&first);
    vm_writer_done(&text);
    vm_writer_done(&second);
}

/* Every beginning, and every byte changed: it ends, with a status, and reads nothing that is not there. */
static void test_bytes_that_are_wrong_end_the_printing(void **state)
{
    (void)state;
    vm_writer bytes, text;
    pirn_error error;
    parse_well(whole, &bytes);
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t *exact = malloc(i + 1);
        assert_non_null(exact);
        memcpy(exact, bytes.data, i);
        pirn_status status = print(exact, i, NULL, &text, &error);
        assert_true(status == PIRN_OK || (status == PIRN_MALFORMED && error.message[0] != '\0'));
        vm_writer_done(&text);
        free(exact);
        bytes.data[i] ^= 0x41;
        status = print(bytes.data, bytes.len, NULL, &text, &error);
        assert_true(status == PIRN_OK || status == PIRN_MALFORMED || status == PIRN_LIMIT);
        vm_writer_done(&text);
        bytes.data[i] ^= 0x41;
    }
    vm_writer_done(&bytes);
}

/* ---- Nesting --------------------------------------------------------------------------------------------------- */

static char *repeated(const char *open, const char *inside, const char *close, size_t count)
{
    size_t open_len = strlen(open), close_len = strlen(close), inside_len = strlen(inside);
    char *text = malloc((open_len + close_len) * count + inside_len + 1), *end = text;
    assert_non_null(text);
    for (size_t i = 0; i < count; i++, end += open_len)
        memcpy(end, open, open_len);
    memcpy(end, inside, inside_len);
    end += inside_len;
    for (size_t i = 0; i < count; i++, end += close_len)
        memcpy(end, close, close_len);
    *end = '\0';
    return text;
}

static void test_what_is_nested_too_deep_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *open, *inside, *close, *message;
    } rows[] = {
        {"(component ", "", ")", "components and types are nested too deep"},
        {"(type (component ", "", "))", "components and types are nested too deep"},
        {"(type (instance (export \"a\" (instance ", "", "))))", "components and types are nested too deep"},
        {"(list ", "u8", ")", NULL},
        {"(tuple u8 ", "u8", ")", NULL},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        char *nested = repeated(rows[i].open, rows[i].inside, rows[i].close, 10000), *text = nested;
        vm_writer out;
        pirn_error error;
        if (rows[i].message == NULL) {
            text = malloc(strlen(nested) + 16);
            assert_non_null(text);
            sprintf(text, "(type %s)", nested);
        }
        assert_int_equal(parse(text, pirn_allocator_default(), &out, &error), PIRN_LIMIT);
        assert_string_equal(error.message,
                            rows[i].message == NULL ? "definitions are nested too deep" : rows[i].message);
        vm_writer_done(&out);
        if (text != nested)
            free(text);
        free(nested);
    }
}

static void test_what_the_decoder_takes_is_not_too_deep(void **state)
{
    (void)state;
    char *text = repeated("(component ", "", ")", CM_LIMIT_NESTING + 1);
    vm_writer out;
    pirn_component *component = NULL;
    pirn_engine *engine = pirn_engine_new(NULL);
    parse_well(text, &out);
    assert_int_equal(pirn_component_load(engine, out.data, out.len, PIRN_BYTES_BORROW, &component, NULL), PIRN_OK);
    pirn_component_free(component);
    pirn_engine_free(engine);
    vm_writer_done(&out);
    free(text);
}

/* ---- Memory ---------------------------------------------------------------------------------------------------- */

/* An allocator that gives nothing from the n-th time on. */
typedef struct scarce {
    size_t left;
} scarce;

static void *resize_scarce(void *user, void *block, size_t old_size, size_t new_size)
{
    scarce *s = user;
    const pirn_allocator *a = pirn_allocator_default();
    if (new_size > old_size && s->left-- == 0) {
        s->left = 0;
        return NULL;
    }
    return a->resize(a->user, block, old_size, new_size);
}

static void test_every_failing_allocation_is_noticed(void **state)
{
    (void)state;
    static const char text[] =
        "(component $c (@custom \"x\" \"\\00\") (core module $m (func (export \"\\66\")))"
        "(core type $ct (module (type $x (func)) (import \"a\" \"b\" (func (type $x))) (import \"a\" \"c\" (func "
        "(param i32)))))"
        "(core instance $i (instantiate $m (with \"a\" (instance (export \"f\" (func $i0))))))"
        "(type $t (export \"t\") (record (field \"a\" (list u8))))"
        "(import \"i\" (external-id \"x\") (instance $in (export \"f\" (func (param \"p\" (option string))))))"
        "(func $f (export \"f\") (canon lift (core func $i \"f\") string-encoding=utf8))"
        "(component $d (export \"t\" (type $t)) (start 0 (result (value $v)))))";
    bool done = false;
    for (size_t n = 0; !done; n++) {
        scarce s = {n};
        pirn_allocator allocator = {resize_scarce, &s};
        vm_writer out;
        pirn_error error;
        char copy[sizeof text + 64];
        snprintf(copy, sizeof copy, "%s", text);
        memcpy(strstr(copy, "$i0"), "0  ", 3);
        pirn_status status = parse(copy, &allocator, &out, &error);
        if (status != PIRN_NOMEM) {
            done = true;
            assert_int_equal(status, PIRN_OK);
            assert_string_equal(error.message, "");
            assert_true(n > 30);
        }
        vm_writer_done(&out);
    }
}

/* ---- The public face ------------------------------------------------------------------------------------------- */

static void test_printing_notices_every_failing_allocation(void **state)
{
    (void)state;
    vm_writer bytes, text;
    pirn_error error;
    pirn_status status = PIRN_NOMEM;
    parse_well(whole, &bytes);
    for (size_t n = 0; status == PIRN_NOMEM; n++) {
        scarce s = {n};
        pirn_allocator allocator = {resize_scarce, &s};
        status = print(bytes.data, bytes.len, &allocator, &text, &error);
        vm_writer_done(&text);
    }
    assert_int_equal(status, PIRN_OK);
    vm_writer_done(&bytes);
}

static void test_text_is_told_from_that_of_modules(void **state)
{
    (void)state;
    assert_true(pirn_is_component_text(" ;; a\n(component", 16));
    assert_false(pirn_is_component_text("(module)", 8));
    assert_false(pirn_is_component_text("", 0));
    pirn_arena *arena = pirn_arena_new(NULL);
    const uint8_t *bytes = NULL;
    size_t size = 0;
    assert_int_equal(pirn_component_text_parse("(component)", 11, arena, &bytes, &size, NULL), PIRN_OK);
    assert_true(pirn_is_component(bytes, size));
    assert_int_equal(pirn_component_text_parse("(component", 10, arena, &bytes, &size, NULL), PIRN_MALFORMED);
    pirn_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_definitions_become_sections),
        cmocka_unit_test(test_inline_definitions_stand_for_definitions),
        cmocka_unit_test(test_outer_names_become_aliases),
        cmocka_unit_test(test_malformed_text_is_told_with_its_place),
        cmocka_unit_test(test_what_is_printed_is_what_was_parsed),
        cmocka_unit_test(test_bytes_that_are_wrong_end_the_printing),
        cmocka_unit_test(test_printing_notices_every_failing_allocation),
        cmocka_unit_test(test_what_is_nested_too_deep_is_refused),
        cmocka_unit_test(test_what_the_decoder_takes_is_not_too_deep),
        cmocka_unit_test(test_every_failing_allocation_is_noticed),
        cmocka_unit_test(test_text_is_told_from_that_of_modules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

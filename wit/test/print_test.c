/* SPDX-License-Identifier: Apache-2.0 */
/* Printing: what comes out, that it is read as what was printed, and that paths lead where they did. */
#include "wit/test/wit_test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct text {
    char data[8000];
    size_t len, room; /* more than `room` bytes are refused */
} text;

static bool append(void *data, const char *piece, size_t size)
{
    text *out = data;
    if (size > out->room - out->len || size >= sizeof out->data - out->len)
        return false;
    memcpy(out->data + out->len, piece, size);
    out->len += size;
    out->data[out->len] = '\0';
    return true;
}

static void print_file(const char *source, text *out)
{
    pirn_wit *wit = pirn_wit_new(NULL);
    *out = (text){.room = sizeof out->data};
    assert_int_equal(pirn_wit_add_file(wit, PIRN_STR("a.wit"), pirn_str_of(source), NULL), PIRN_OK);
    assert_int_equal(pirn_wit_print_file(wit, 0, append, out, NULL), PIRN_OK);
    pirn_wit_free(wit);
}

static const char sample[] = "/// The package.\n"
                             "package a:b@1.2.3-rc.1+x;\n"
                             "\n"
                             "use c:%list/e@1.0.0 as f;\n"
                             "\n"
                             "/// Two lines,\n"
                             "///\n"
                             "///  and a blank.\n"
                             "@since(version = 1.0.0)\n"
                             "interface i {\n"
                             "    use f.{x, y as %record};\n"
                             "\n"
                             "    record r {\n"
                             "        /// A field.\n"
                             "        a: list<u8, 4>,\n"
                             "        %type: map<string, option<x>>,\n"
                             "    }\n"
                             "\n"
                             "    variant v {\n"
                             "        none,\n"
                             "        some(result<_, string>),\n"
                             "    }\n"
                             "\n"
                             "    resource s {\n"
                             "        constructor(a: result);\n"
                             "        m: async func() -> stream<u8>;\n"
                             "        @unstable(feature = z)\n"
                             "        n: static func(a: borrow<s>) -> future;\n"
                             "    }\n"
                             "\n"
                             "    resource t;\n"
                             "\n"
                             "    g: func(\n"
                             "        /// A parameter.\n"
                             "        a: u8,\n"
                             "        b: tuple<u8, x>,\n"
                             "    );\n"
                             "}\n"
                             "\n"
                             "world w {\n"
                             "    include c:%list/v@1.0.0 with { p as q };\n"
                             "\n"
                             "    @external-id(\"a\\22\")\n"
                             "    import h: func();\n"
                             "    import k: i;\n"
                             "\n"
                             "    export l: interface {\n"
                             "        m: func();\n"
                             "    }\n"
                             "}\n"
                             "\n"
                             "package n:o {\n"
                             "    interface p {\n"
                             "    }\n"
                             "}\n";

static void test_a_file_is_printed_as_it_is_written(void **state)
{
    (void)state;
    text out;
    print_file(sample, &out);
    assert_string_equal(out.data, sample);
}

static void test_comments_that_are_no_docs_are_gone(void **state)
{
    (void)state;
    text out;
    print_file("// no\npackage a:b; /* no */\n/** yes\n * and yes */ interface i { f : func( ) ; }", &out);
    assert_string_equal(out.data, "package a:b;\n\n/// yes\n/// and yes\ninterface i {\n    f: func();\n}\n");
}

static void test_a_package_is_one_text_and_paths_say_what_they_lead_to(void **state)
{
    (void)state;
    static const test_file files[TEST_MAX_FILES] = {
        {"p/a.wit", "package a:b; use i as k; interface j { use k.{t}; } world w { include c:d/v; }"},
        {"p/b.wit", "use c:d/k; interface i { use k.{t}; }"},
        {"deps/c.wit", "package c:d; interface k { type t = u8; } world v { import k; }"},
    };
    static const char expected[] = "package a:b {\n"
                                   "    interface j {\n"
                                   "        use i.{t};\n"
                                   "    }\n"
                                   "\n"
                                   "    world w {\n"
                                   "        include c:d/v;\n"
                                   "    }\n"
                                   "\n"
                                   "    interface i {\n"
                                   "        use c:d/k.{t};\n"
                                   "    }\n"
                                   "}\n";
    pirn_wit *wit = pirn_wit_new(NULL);
    text out = {.room = sizeof out.data};
    assert_int_equal(test_load(wit, files, NULL), PIRN_OK);
    const pirn_wit_package *package = pirn_wit_find_package(wit, PIRN_STR("a:b"));
    assert_int_equal(pirn_wit_print_package(wit, package, true, append, &out, NULL), PIRN_OK);
    assert_string_equal(out.data, expected);
    pirn_wit_free(wit);
}

static void test_a_sink_that_refuses_ends_the_printing(void **state)
{
    (void)state;
    pirn_wit *wit = pirn_wit_new(NULL);
    assert_int_equal(pirn_wit_add_file(wit, PIRN_STR("a.wit"), pirn_str_of(sample), NULL), PIRN_OK);
    for (size_t room = 0; room < strlen(sample); room += 7) {
        text out = {.room = room};
        assert_int_equal(pirn_wit_print_file(wit, 0, append, &out, NULL), PIRN_IO);
        assert_memory_equal(out.data, sample, out.len);
    }
    pirn_wit_free(wit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_is_printed_as_it_is_written),
        cmocka_unit_test(test_comments_that_are_no_docs_are_gone),
        cmocka_unit_test(test_a_package_is_one_text_and_paths_say_what_they_lead_to),
        cmocka_unit_test(test_a_sink_that_refuses_ends_the_printing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

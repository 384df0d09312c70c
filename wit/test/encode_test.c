/* SPDX-License-Identifier: Apache-2.0 */
/* Binary packages: what is written is read as what it was, and what nobody wrote is refused. */
#include "wit/test/wit_test.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct binary {
    char data[16000];
    size_t len;
} binary;

static bool append(void *data, const char *piece, size_t size)
{
    binary *out = data;
    if (size > sizeof out->data - out->len)
        return false;
    memcpy(out->data + out->len, piece, size);
    out->len += size;
    return true;
}

static const char sample[] =
    "/// The package.\n"
    "package a:b@1.2.3;\n"
    "/// First \"of\" all.\n"
    "@since(version = 1.0.0) interface i {\n"
    "  use j.{t, res as other};\n"
    "  /// A record.\n"
    "  record r { /// A field.\n a: list<u8, 4>, b: map<string, option<t>>, c: tuple<u8, r2> }\n"
    "  record r2 { x: f32 } type r3 = r2; type n = u64;\n"
    "  variant v { none, some(result<_, string>) } enum e { a, b } flags f { x, y }\n"
    "  /// A resource.\n"
    "  resource s { /// Made.\n constructor(a: result); m: async func() -> stream<u8>;\n"
    "    /// Still.\n @unstable(feature = z) @deprecated(version = 1.1.0) n: static func(a: borrow<s>) -> future; }\n"
    "  resource s2 { constructor() -> result<s2, e>; }\n"
    "  @since(version = 1.1.0) g: func(a: u8, b: other, c: v, d: e, h: f, k: r3, l: n) -> result<r, s>;\n"
    "}\n"
    "interface j { use k.{t, res}; @external-id(\"x/0\") z: func() -> t; }\n"
    "interface k { record t { a: u8 } resource res; }\n"
    "/// A world.\n"
    "world w { use k.{t}; record own-type { a: t } resource rr { m: func(); }\n"
    "  import i; export j; export k; @external-id(\"a\\22\\c3\\a9\") import h: func(a: own-type);\n"
    "  import store: j; export run: async func() -> rr; import in: interface { /// Inner.\n q: func(); } }\n";

static pirn_status load_bytes(pirn_wit *wit, const char *data, size_t len, pirn_error *error)
{
    PIRN_TRY(pirn_wit_add_file(wit, PIRN_STR("p/a.wasm"), (pirn_str){data, len}, error));
    return pirn_wit_resolve(wit, error);
}

static pirn_wit *load_sample(void)
{
    pirn_wit *wit = pirn_wit_new(NULL);
    const test_file files[TEST_MAX_FILES] = {{"a.wit", sample}};
    pirn_error error;
    base_error_init(&error);
    pirn_wit_enable_all_features(wit);
    if (test_load(wit, files, &error) != PIRN_OK)
        fail_msg("%u:%u: %s", pirn_error_line(&error), pirn_error_column(&error), pirn_error_message(&error));
    return wit;
}

static binary encode_sample(void)
{
    binary out = {.len = 0};
    pirn_wit *wit = load_sample();
    assert_int_equal(pirn_wit_encode_package(wit, pirn_wit_package_at(wit, 0), append, &out, NULL), PIRN_OK);
    pirn_wit_free(wit);
    return out;
}

static bool fail_on_difference(void *data, const pirn_wit_difference *d)
{
    (void)data;
    fail_msg("%.*s %.*s: %s", PIRN_STR_ARG(d->owner), PIRN_STR_ARG(d->item), d->message);
    return false;
}

static void test_a_package_comes_back_with_docs_and_gates(void **state)
{
    (void)state;
    binary bytes = encode_sample();
    pirn_wit *text = load_sample(), *wit = pirn_wit_new(NULL);
    pirn_error error;
    base_error_init(&error);
    pirn_wit_enable_all_features(wit);
    if (load_bytes(wit, bytes.data, bytes.len, &error) != PIRN_OK)
        fail_msg("%llu: %s", (unsigned long long)pirn_error_offset(&error), pirn_error_message(&error));
    const pirn_wit_package *have = pirn_wit_package_at(wit, 0), *want = pirn_wit_package_at(text, 0);
    assert_int_equal(pirn_wit_diff_packages(want, have, fail_on_difference, NULL, NULL), PIRN_OK);
    assert_true(pirn_str_eq(pirn_wit_package_docs(have), PIRN_STR("The package.")));
    const pirn_wit_interface *i = pirn_wit_find_interface(wit, PIRN_STR("a:b/i@1.2.3"));
    assert_true(pirn_str_eq(pirn_wit_interface_docs(i), PIRN_STR("First \"of\" all.")));
    const pirn_wit_type *r = pirn_wit_interface_find_type(i, PIRN_STR("r"));
    assert_true(pirn_str_eq(pirn_wit_type_member(r, 0).docs, PIRN_STR("A field.")));
    const pirn_wit_function *n = pirn_wit_interface_find_function(i, PIRN_STR("[static]s.n"));
    assert_true(pirn_str_eq(pirn_wit_function_gates(n).deprecated, PIRN_STR("1.1.0")));
    assert_true(pirn_str_eq(pirn_wit_function_docs(n), PIRN_STR("Still.")));
    const pirn_wit_world *w = pirn_wit_find_world(wit, PIRN_STR("a:b/w@1.2.3"));
    for (size_t k = 0; k < pirn_wit_world_import_count(w); k++) {
        pirn_wit_world_item item = pirn_wit_world_import(w, k);
        if (pirn_str_eq(item.name, PIRN_STR("h")))
            assert_true(pirn_str_eq(item.external_id, PIRN_STR("a\"\xc3\xa9")));
    }
    pirn_wit_free(text);
    pirn_wit_free(wit);
}

static void test_what_is_read_is_written_as_it_was(void **state)
{
    (void)state;
    binary bytes = encode_sample(), again = {.len = 0};
    pirn_wit *wit = pirn_wit_new(NULL);
    pirn_wit_enable_all_features(wit);
    assert_int_equal(load_bytes(wit, bytes.data, bytes.len, NULL), PIRN_OK);
    assert_int_equal(pirn_wit_encode_package(wit, pirn_wit_package_at(wit, 0), append, &again, NULL), PIRN_OK);
    pirn_wit_free(wit);
    wit = pirn_wit_new(NULL);
    pirn_wit_enable_all_features(wit);
    assert_int_equal(load_bytes(wit, again.data, again.len, NULL), PIRN_OK);
    pirn_wit_free(wit);
    assert_int_equal(again.len, bytes.len);
}

static void test_features_that_are_not_enabled_are_not_written(void **state)
{
    (void)state;
    binary out = {.len = 0};
    pirn_wit *wit = pirn_wit_new(NULL);
    const test_file files[TEST_MAX_FILES] = {{"a.wit", sample}};
    assert_int_equal(test_load(wit, files, NULL), PIRN_OK);
    assert_int_equal(pirn_wit_encode_package(wit, pirn_wit_package_at(wit, 0), append, &out, NULL), PIRN_OK);
    assert_null(memmem(out.data, out.len, "[static]s.n", 11));
    pirn_wit_free(wit);
}

/* Every byte is changed and every length cut: no more may happen than that it is refused. */
static void test_damaged_packages_are_refused_or_read(void **state)
{
    (void)state;
    binary bytes = encode_sample();
    for (size_t i = 0; i < bytes.len; i++) {
        static const uint8_t changes[] = {0x01, 0x40, 0xFF};
        for (size_t k = 0; k <= BASE_COUNT(changes); k++) {
            binary damaged = bytes;
            if (k == BASE_COUNT(changes))
                damaged.len = i;
            else
                damaged.data[i] = (char)((uint8_t)damaged.data[i] ^ changes[k]);
            pirn_wit *wit = pirn_wit_new(NULL);
            pirn_error error;
            base_error_init(&error);
            pirn_status status = load_bytes(wit, damaged.data, damaged.len, &error);
            assert_int_equal(status, pirn_error_status(&error));
            pirn_wit_free(wit);
        }
    }
}

static void test_errors_have_an_offset(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        pirn_status status;
        uint64_t offset;
        const char *message;
    } cases[] = {
#define BYTES(text) "\0asm\x0d\0\1\0" text, sizeof("\0asm\x0d\0\1\0" text) - 1
        {BYTES(""), PIRN_INVALID, 8, "this component exports no package of WIT"},
        {BYTES("\1\0"), PIRN_INVALID, 10, "this is a component with code, not a package of WIT"},
        {BYTES("\7\5\1"), PIRN_MALFORMED, 10, "unexpected end"},
        {BYTES("\7\2\1\x77"), PIRN_INVALID, 12, "this component exports no package of WIT"},
        {BYTES("\7\3\1\x40\xff"), PIRN_MALFORMED, 12, "this is no number of 32 bits"},
        {BYTES("\7\2\1\x30"), PIRN_MALFORMED, 12, "0x30 is not the code of a type"},
        {BYTES("\7\5\1\x41\x01\x01\x05"), PIRN_MALFORMED, 15, "0x05 is not the code of a type"},
        {BYTES("\7\x06\1\x72\x01\x01_\x73"), PIRN_MALFORMED, 15, "`_` is not a name in kebab-case"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_wit *wit = pirn_wit_new(NULL);
        pirn_error error;
        base_error_init(&error);
        pirn_status status = load_bytes(wit, cases[i].bytes, cases[i].len, &error);
        assert_string_equal(error.message, cases[i].message);
        assert_int_equal(status, cases[i].status);
        assert_int_equal(error.offset, cases[i].offset);
        assert_true(pirn_str_eq(pirn_wit_error_file(wit), PIRN_STR("p/a.wasm")));
        pirn_wit_free(wit);
    }
}

/* Each type has the one before twice: 60 of them unfold to 2^60 nodes. */
static void test_types_that_unfold_without_end_are_refused(void **state)
{
    (void)state;
    binary bytes = {.len = 0};
    append(&bytes, "\0asm\x0d\0\1\0\7", 9);
    append(&bytes, "\xf4\1\x3d\x70\x7d", 5); /* 61 types in 244 bytes */
    for (uint8_t i = 0; i < 60; i++) {
        const char tuple[] = {0x6f, 2, (char)i, (char)i};
        append(&bytes, tuple, sizeof tuple);
    }
    bytes.data[10] = 1;
    bytes.data[9] = (char)(0x80 | ((bytes.len - 11) & 0x7F));
    bytes.data[10] = (char)((bytes.len - 11) >> 7);
    pirn_wit *wit = pirn_wit_new(NULL);
    pirn_error error;
    base_error_init(&error);
    assert_int_equal(load_bytes(wit, bytes.data, bytes.len, &error), PIRN_LIMIT);
    assert_string_equal(error.message, "the types of this package unfold to more than 100000 nodes");
    pirn_wit_free(wit);
}

/* Fails the n-th allocation and all behind it. */
typedef struct failing_allocator {
    size_t left;
    bool has_failed;
} failing_allocator;

static void *failing_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    failing_allocator *f = user;
    const pirn_allocator *real = pirn_allocator_default();
    if (new_size > 0 && f->left == 0) {
        f->has_failed = true;
        return NULL;
    }
    f->left -= new_size > 0;
    return real->resize(real->user, block, old_size, new_size);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    binary bytes = encode_sample();
    failing_allocator f = {.has_failed = true};
    for (size_t n = 1; f.has_failed; n++) {
        f = (failing_allocator){.left = n};
        const pirn_allocator allocator = {failing_resize, &f};
        binary out = {.len = 0};
        pirn_wit *wit = pirn_wit_new(&allocator);
        if (wit == NULL)
            continue;
        pirn_status status = load_bytes(wit, bytes.data, bytes.len, NULL);
        if (status == PIRN_OK)
            status = pirn_wit_encode_package(wit, pirn_wit_package_at(wit, 0), append, &out, NULL);
        if (status == PIRN_OK)
            status = pirn_wit_diff_packages(pirn_wit_package_at(wit, 0), pirn_wit_package_at(wit, 0),
                                            fail_on_difference, NULL, NULL);
        assert_int_equal(status, f.has_failed ? PIRN_NOMEM : PIRN_OK);
        pirn_wit_free(wit);
        assert_true(n < 100000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_package_comes_back_with_docs_and_gates),
        cmocka_unit_test(test_what_is_read_is_written_as_it_was),
        cmocka_unit_test(test_features_that_are_not_enabled_are_not_written),
        cmocka_unit_test(test_damaged_packages_are_refused_or_read),
        cmocka_unit_test(test_errors_have_an_offset),
        cmocka_unit_test(test_types_that_unfold_without_end_are_refused),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

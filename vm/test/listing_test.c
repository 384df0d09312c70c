/* SPDX-License-Identifier: Apache-2.0 */
/* pirn_module_print with cells: each behind its instruction, all of them once, and still text that means the module. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vm/test/fixture.h"

typedef struct text {
    char data[8192];
    size_t len;
} text;

static bool append(void *data, const char *piece, size_t size)
{
    text *t = data;
    if (t->len + size >= sizeof t->data)
        return false;
    memcpy(t->data + t->len, piece, size);
    t->len += size;
    t->data[t->len] = '\0';
    return true;
}

static pirn_module *load(fixture *f, pirn_arena *arena, const char *source, const uint8_t **bytes, size_t *size)
{
    if (pirn_text_parse(source, strlen(source), arena, bytes, size, f->error) != PIRN_OK ||
        pirn_module_load(f->engine, *bytes, *size, PIRN_BYTES_BORROW, 0, &f->module, f->error) != PIRN_OK)
        fail_msg("%s", pirn_error_message(f->error));
    return f->module;
}

static void test_cells_are_behind_their_instructions(void **state)
{
    (void)state;
    static const char source[] = "(module (func (param i32 i32) (result i32) (local i32 i32)"
                                 "  local.get 3 drop local.get 0 local.get 1 i32.mul local.tee 2 i32.eqz))";
    fixture f = fixture_new(NULL, NULL);
    pirn_arena *arena = pirn_arena_new(NULL);
    const uint8_t *bytes;
    size_t size;
    pirn_module *module = load(&f, arena, source, &bytes, &size);
    text t = {.len = 0};
    assert_int_equal(pirn_module_print(module, PIRN_PRINT_CELLS, append, &t, f.error), PIRN_OK);
    const char *entry = strstr(t.data, ";;     0 zero_1"), *first = strstr(t.data, "local.get 3");
    const char *multiply = strstr(t.data, "    i32.mul\n"), *cell = strstr(t.data, " i32_mul_");
    const char *tee = strstr(t.data, "    local.tee 2\n"), *leave = strstr(t.data, " return");
    assert_true(entry != NULL && first != NULL && multiply != NULL && cell != NULL && tee != NULL && leave != NULL);
    assert_true(entry < first && first < multiply && multiply < cell && cell < tee && tee < leave);
    pirn_arena_free(arena);
    fixture_free(&f);
}

static void test_text_with_cells_means_the_same_module(void **state)
{
    (void)state;
    static const char source[] =
        "(module (import \"m\" \"f\" (func)) (func) (func (param i32) (result i32) (block $l (loop $k"
        "  (br_table $l $k $l (local.get 0)))) (call 0) (call_indirect (i32.const 1)) (i32.const 3)) (table 1 "
        "funcref))";
    fixture f = fixture_new(NULL, NULL);
    pirn_arena *arena = pirn_arena_new(NULL);
    const uint8_t *bytes, *again;
    size_t size, size_again;
    pirn_module *module = load(&f, arena, source, &bytes, &size);
    text t = {.len = 0};
    assert_int_equal(pirn_module_print(module, PIRN_PRINT_CELLS | PIRN_PRINT_OFFSETS, append, &t, f.error), PIRN_OK);
    assert_int_equal(pirn_text_parse(t.data, t.len, arena, &again, &size_again, f.error), PIRN_OK);
    assert_int_equal(size_again, size);
    assert_memory_equal(again, bytes, size);
    pirn_arena_free(arena);
    fixture_free(&f);
}

static void test_without_cells_it_is_the_text_of_the_bytes(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_arena *arena = pirn_arena_new(NULL);
    const uint8_t *bytes;
    size_t size;
    pirn_module *module = load(&f, arena, "(module $m (func $f (export \"f\") nop))", &bytes, &size);
    text loaded = {.len = 0}, plain = {.len = 0};
    assert_int_equal(pirn_module_print(module, 0, append, &loaded, f.error), PIRN_OK);
    assert_int_equal(pirn_text_print(bytes, size, 0, NULL, append, &plain, f.error), PIRN_OK);
    assert_string_equal(loaded.data, plain.data);
    pirn_arena_free(arena);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_are_behind_their_instructions),
        cmocka_unit_test(test_text_with_cells_means_the_same_module),
        cmocka_unit_test(test_without_cells_it_is_the_text_of_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Explaining validation: what a visitor is shown of a function, valid or not. */
#include "vm/test/fixture.h"
#include <stdio.h>

/* Steps as lines: text, operands, labels. */
typedef struct shown {
    char text[2048];
    size_t len;
} shown;

static void show(const pirn_explained_step *step, void *user)
{
    shown *s = user;
    char type[32];
    s->len += (size_t)snprintf(s->text + s->len, sizeof s->text - s->len, "%s:", step->text);
    for (size_t i = 0; i < step->operand_count; i++)
        s->len += (size_t)snprintf(s->text + s->len, sizeof s->text - s->len, " %s",
                                   pirn_valtype_text(step->operands[i], type));
    s->len += (size_t)snprintf(s->text + s->len, sizeof s->text - s->len, " /");
    for (size_t i = 0; i < step->label_count; i++) {
        pirn_explained_label label = pirn_explained_label_of(step, i);
        s->len += (size_t)snprintf(s->text + s->len, sizeof s->text - s->len, " %s%s@%zu(%zu)", label.word,
                                   label.is_unreachable ? "*" : "", label.height, label.type_count);
    }
    s->len += (size_t)snprintf(s->text + s->len, sizeof s->text - s->len, "\n");
}

static pirn_status explain(const char *text, uint32_t func, const pirn_allocator *allocator, shown *s,
                           pirn_error *error)
{
    pirn_config config = pirn_config_default();
    config.allocator = allocator;
    pirn_arena *arena = pirn_arena_new(NULL);
    pirn_engine *engine = pirn_engine_new(&config);
    const uint8_t *bytes;
    size_t size;
    *s = (shown){.len = 0};
    base_error_init(error);
    assert_int_equal(pirn_text_parse(text, strlen(text), arena, &bytes, &size, NULL), PIRN_OK);
    pirn_status status =
        engine == NULL ? PIRN_NOMEM : pirn_module_explain(engine, bytes, size, 0, func, show, s, error);
    pirn_engine_free(engine);
    pirn_arena_free(arena);
    return status;
}

static const char loop[] = "(func) (func (result i32) i64.const 1 (loop (param i64) (br_table 0 0 (i32.const 2))) "
                           "unreachable i32.add)";

static void test_every_instruction_is_shown_with_both_stacks(void **state)
{
    (void)state;
    shown s;
    pirn_error error;
    assert_int_equal(explain(loop, 1, NULL, &s, &error), PIRN_OK);
    assert_string_equal(s.text, "i64.const 1: / func@0(1)\n"
                                "loop (;@1;) (type 2): i64 / func@0(1)\n"
                                "i32.const 2: i64 / loop@0(1) func@0(1)\n"
                                "br_table 0 (;@1;) 0 (;@1;): i64 i32 / loop@0(1) func@0(1)\n"
                                "end: / loop*@0(1) func@0(1)\n"
                                "unreachable: / func@0(1)\n"
                                "i32.add: / func*@0(1)\n"
                                "end: i32 / func*@0(1)\n");
}

static void test_the_last_one_shown_is_the_one_that_fails(void **state)
{
    (void)state;
    shown s;
    pirn_error error;
    assert_int_equal(explain("(func (drop (i32.add (i32.const 1) (i64.const 2))))", 0, NULL, &s, &error),
                     PIRN_INVALID);
    assert_string_equal(s.text, "i32.const 1: / func@0(0)\n"
                                "i64.const 2: i32 / func@0(0)\n"
                                "i32.add: i32 i64 / func@0(0)\n");
    assert_string_equal(pirn_error_message(&error), "type mismatch: expected i32, found i64");
}

static void test_nothing_is_shown_of_what_is_not_there(void **state)
{
    (void)state;
    shown s;
    pirn_error error;
    assert_int_equal(explain("(func)", 1, NULL, &s, &error), PIRN_USAGE);
    assert_string_equal(pirn_error_message(&error), "there is no function 1 with a body");
    assert_int_equal(explain("(import \"a\" \"b\" (func))", 0, NULL, &s, &error), PIRN_USAGE);
    assert_int_equal(explain("(func) (start 7)", 0, NULL, &s, &error), PIRN_INVALID);
    assert_int_equal(s.len, 0);
}

static void *resize_within(void *user, void *block, size_t old_size, size_t new_size)
{
    size_t *left = user;
    const pirn_allocator *real = pirn_allocator_default();
    if (new_size > old_size && *left == 0)
        return NULL;
    *left -= new_size > old_size;
    return real->resize(real->user, block, old_size, new_size);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    shown s;
    pirn_error error;
    for (size_t n = 0;; n++) {
        size_t left = n;
        pirn_allocator allocator = {resize_within, &left};
        pirn_status status = explain(loop, 1, &allocator, &s, &error);
        if (status == PIRN_OK && left > 0)
            return;
        assert_true(status == PIRN_OK || status == PIRN_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_instruction_is_shown_with_both_stacks),
        cmocka_unit_test(test_the_last_one_shown_is_the_one_that_fails),
        cmocka_unit_test(test_nothing_is_shown_of_what_is_not_there),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

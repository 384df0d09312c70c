/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input that says much with few bytes costs no more than it is: counts of 2^32-1 in a module of some bytes, a branch table of
 * millions of targets, nesting of a million levels on a small native stack.
 */
#include "vm/test/fixture.h"
#include <pthread.h>
#include <stdlib.h>

/* What was taken in all, and the most that was taken at a time. */
typedef struct meter {
    size_t taken, now, most;
} meter;

static void *measure(void *user, void *block, size_t old_size, size_t new_size)
{
    meter *m = user;
    const pirn_allocator *real = pirn_allocator_default();
    m->taken += new_size;
    m->now += new_size - old_size;
    m->most = m->now > m->most ? m->now : m->most;
    return real->resize(real->user, block, old_size, new_size);
}

static pirn_status load_measured(const void *bytes, size_t size, meter *m, pirn_error *error)
{
    pirn_allocator allocator = {measure, m};
    pirn_config config = pirn_config_default();
    config.allocator = &allocator;
    config.features = pirn_features_supported();
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_module *module = NULL;
    *m = (meter){0, 0, 0};
    base_error_init(error);
    pirn_status status = pirn_module_load(engine, bytes, size, PIRN_BYTES_BORROW, 0, &module, error);
    if (status == PIRN_OK)
        pirn_module_free(module);
    pirn_engine_free(engine);
    return status;
}

#define PREAMBLE "\0asm\1\0\0\0"
#define MANY     "\xFF\xFF\xFF\xFF\x0F"
/* A function of type [] -> [] with this code entry. */
#define BODY(size, entry) PREAMBLE "\1\4\1\x60\0\0\3\2\1\0\x0A" size "\1" entry

static void test_counts_beyond_the_bytes_are_refused_at_once(void **state)
{
    (void)state;
    enum { LITTLE = 64 * 1024 };
    static const struct {
        const char *what;
        test_bytes module;
        pirn_status status;
    } cases[] = {
        {"types", {BYTES(PREAMBLE "\x01\x05" MANY)}, PIRN_MALFORMED},
        {"types of a group", {BYTES(PREAMBLE "\x01\x07\x01\x4E" MANY)}, PIRN_MALFORMED},
        {"parameters", {BYTES(PREAMBLE "\x01\x07\x01\x60" MANY)}, PIRN_MALFORMED},
        {"fields", {BYTES(PREAMBLE "\x01\x07\x01\x5F" MANY)}, PIRN_MALFORMED},
        {"imports", {BYTES(PREAMBLE "\x02\x05" MANY)}, PIRN_MALFORMED},
        {"imports of a group", {BYTES(PREAMBLE "\x02\x09\x01\0\0\x7F" MANY)}, PIRN_MALFORMED},
        {"functions", {BYTES(PREAMBLE "\x03\x05" MANY)}, PIRN_MALFORMED},
        {"tables", {BYTES(PREAMBLE "\x04\x05" MANY)}, PIRN_MALFORMED},
        {"memories", {BYTES(PREAMBLE "\x05\x05" MANY)}, PIRN_MALFORMED},
        {"tags", {BYTES(PREAMBLE "\x0D\x05" MANY)}, PIRN_MALFORMED},
        {"globals", {BYTES(PREAMBLE "\x06\x05" MANY)}, PIRN_MALFORMED},
        {"exports", {BYTES(PREAMBLE "\x07\x05" MANY)}, PIRN_MALFORMED},
        {"element segments", {BYTES(PREAMBLE "\x09\x05" MANY)}, PIRN_MALFORMED},
        {"elements", {BYTES(PREAMBLE "\x09\x08\x01\x01\0" MANY)}, PIRN_MALFORMED},
        {"bodies", {BYTES(PREAMBLE "\x0A\x05" MANY)}, PIRN_MALFORMED},
        {"data segments", {BYTES(PREAMBLE "\x0B\x05" MANY)}, PIRN_MALFORMED},
        {"data", {BYTES(PREAMBLE "\x0B\x07\x01\x01" MANY)}, PIRN_MALFORMED},
        {"locals", {BYTES(BODY("\x0A", "\x08\x01" MANY "\x7F\x0B"))}, PIRN_LIMIT},
        {"runs of locals", {BYTES(BODY("\x08", "\x06" MANY "\x0B"))}, PIRN_MALFORMED},
        {"targets", {BYTES(BODY("\x0C", "\x0A\0\x41\0\x0E" MANY "\x0B"))}, PIRN_MALFORMED},
        {"catch clauses", {BYTES(BODY("\x0B", "\x09\0\x1F\x40" MANY "\x0B"))}, PIRN_MALFORMED},
        {"types of a select", {BYTES(BODY("\x0A", "\x08\0\x1C" MANY "\x0B"))}, PIRN_MALFORMED},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        meter m;
        pirn_error error;
        pirn_status status = load_measured(cases[i].module.data, cases[i].module.len, &m, &error);
        if (status != cases[i].status || m.taken > LITTLE)
            fail_msg("%s: %s, %zu bytes taken", cases[i].what, pirn_error_message(&error), m.taken);
    }
}

/* `count` times the bytes, between others. */
static size_t repeat(uint8_t *out, const char *bytes, size_t len, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * len, bytes, len);
    return len * count;
}

/* A module with one function, whose code is `open` and `close` that many times around nothing, and an `end`. */
static uint8_t *module_of(test_bytes open, test_bytes close, size_t count, size_t *size)
{
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_bytes(&w, PREAMBLE "\1\4\1\x60\0\0\3\2\1\0", 18);
    size_t section = vm_writer_begin(&w, 10);
    vm_writer_u8(&w, 1);
    vm_writer_leb_unsigned(&w, 2 + count * (open.len + close.len));
    vm_writer_u8(&w, 0);
    uint8_t *code = malloc(count * (open.len + close.len));
    size_t len = repeat(code, (const char *)open.data, open.len, count);
    len += repeat(code + len, (const char *)close.data, close.len, count);
    vm_writer_bytes(&w, code, len);
    free(code);
    vm_writer_u8(&w, 0x0B);
    vm_writer_end(&w, section);
    return vm_writer_take(&w, size);
}

static void expect_nested(test_bytes open, test_bytes close, size_t count, pirn_status expected)
{
    size_t size;
    meter m;
    pirn_error error;
    uint8_t *bytes = module_of(open, close, count, &size);
    pirn_status status = load_measured(bytes, size, &m, &error);
    base_free(pirn_allocator_default(), bytes, size);
    if (status != expected)
        fail_msg("%zu levels: %s", count, pirn_error_message(&error));
}

/* A text: `open` a million times, then `close` as often, between `before` and `after`. */
static void expect_nested_text(const char *before, const char *open, const char *close, const char *after,
                               pirn_status expected)
{
    enum { LEVELS = 1000000 };
    size_t room = strlen(before) + strlen(after) + LEVELS * (strlen(open) + strlen(close)) + 1, size;
    uint8_t *text = malloc(room), *end = text;
    end += repeat(end, before, strlen(before), 1);
    end += repeat(end, open, strlen(open), LEVELS);
    end += repeat(end, close, strlen(close), LEVELS);
    end += repeat(end, after, strlen(after), 1);
    pirn_arena *arena = pirn_arena_new(NULL);
    const uint8_t *bytes;
    pirn_status status = pirn_text_parse((const char *)text, (size_t)(end - text), arena, &bytes, &size, NULL);
    pirn_arena_free(arena);
    free(text);
    if (status != expected)
        fail_msg("%s%s: %s", before, open, pirn_status_name(status));
}

static void *load_deep(void *unused)
{
    enum { FEW = 999999, MANY_LEVELS = 1000001 };
    static const test_bytes block = {BYTES("\x02\x40")}, loop = {BYTES("\x03\x40")}, end = {BYTES("\x0B")},
                            cond = {BYTES("\x41\0\x04\x40")}, none = {BYTES("")};
    expect_nested(block, end, FEW, PIRN_OK);
    expect_nested(cond, end, FEW, PIRN_OK);
    expect_nested(loop, end, MANY_LEVELS, PIRN_LIMIT);
    expect_nested(block, none, FEW, PIRN_MALFORMED);
    expect_nested_text("(func ", "(block ", ")", ")", PIRN_OK);
    expect_nested_text("(func (drop ", "(i32.eqz ", ")", "))", PIRN_OK);
    expect_nested_text("(func ", "(if (i32.const 0) (then ", "))", ")", PIRN_OK);
    expect_nested_text("", "(@a ", ")", "", PIRN_OK);
    expect_nested_text("(type ", "(sub ", ")", ")", PIRN_MALFORMED);
    expect_nested_text("(type (func (param ", "(ref null ", ")", ")))", PIRN_MALFORMED);
    return unused;
}

static void test_a_million_levels_need_no_native_stack(void **state)
{
    (void)state;
    pthread_t thread;
    pthread_attr_t small;
    assert_int_equal(pthread_attr_init(&small), 0);
    assert_int_equal(pthread_attr_setstacksize(&small, 512 * 1024), 0);
    assert_int_equal(pthread_create(&thread, &small, load_deep, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&small);
}

/* Validating and translating a table of many targets takes memory in proportion to the module. */
static void test_a_large_branch_table_costs_a_small_multiple_of_its_bytes(void **state)
{
    (void)state;
    enum { TARGETS = 1 << 22, TIMES = 40 };
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_bytes(&w, PREAMBLE "\1\4\1\x60\0\0\3\2\1\0\7\5\1\1f\0\0", 25);
    size_t section = vm_writer_begin(&w, 10), entry;
    vm_writer_u8(&w, 1);
    entry = w.len;
    vm_writer_bytes(&w, "\0\x41\0\x0E", 4);
    vm_writer_leb_unsigned(&w, TARGETS);
    for (size_t i = 0; i <= TARGETS; i++)
        vm_writer_u8(&w, 0);
    vm_writer_u8(&w, 0x0B);
    vm_writer_insert_leb(&w, entry, w.len - entry);
    vm_writer_end(&w, section);

    meter m = {0, 0, 0};
    pirn_allocator allocator = {measure, &m};
    pirn_config config = pirn_config_default();
    config.allocator = &allocator;
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_module *module;
    pirn_instance *instance;
    pirn_extern func;
    assert_int_equal(pirn_module_load(engine, w.data, w.len, PIRN_BYTES_BORROW, 0, &module, NULL), PIRN_OK);
    assert_true(m.most < w.len);
    pirn_store *store = pirn_store_new(engine, NULL);
    assert_int_equal(pirn_instance_new(store, module, NULL, 0, &instance, NULL), PIRN_OK);
    assert_true(pirn_instance_find(instance, PIRN_STR("f"), &func));
    pirn_slot none;
    pirn_status status = pirn_invoke(store, NULL, func.func, &none, &none, NULL);
    assert_true(status == PIRN_OK || status == PIRN_LIMIT);
    if (m.most > TIMES * w.len)
        fail_msg("%zu bytes of module, %zu of memory", w.len, m.most);
    pirn_store_free(store);
    pirn_module_free(module);
    pirn_engine_free(engine);
    vm_writer_done(&w);
}

/* One of 2^27 targets makes a body that is longer than any may be: refused at once, with hardly any memory. */
static void test_a_branch_table_of_2_to_27_targets_is_refused_at_once(void **state)
{
    (void)state;
    enum { TARGETS = 1 << 27 };
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_bytes(&w, PREAMBLE "\1\4\1\x60\0\0\3\2\1\0", 18);
    size_t code = 4 + 4 + TARGETS + 1 + 1; /* locals, the index, the opcode; the count; the labels; the end */
    vm_writer_u8(&w, 10);
    vm_writer_leb_unsigned(&w, 1 + 4 + code);
    vm_writer_u8(&w, 1);
    vm_writer_leb_unsigned(&w, code);
    vm_writer_bytes(&w, "\0\x41\0\x0E", 4);
    vm_writer_leb_unsigned(&w, TARGETS);
    uint8_t *bytes = calloc(1, w.len + TARGETS + 2); /* labels of zero */
    assert_non_null(bytes);
    memcpy(bytes, w.data, w.len);
    bytes[w.len + TARGETS + 1] = 0x0B;

    meter m = {0, 0, 0};
    pirn_allocator allocator = {measure, &m};
    pirn_config config = pirn_config_default();
    config.allocator = &allocator;
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_error *error = pirn_error_new(NULL);
    pirn_module *module;
    assert_int_equal(pirn_module_load(engine, bytes, w.len + TARGETS + 2, PIRN_BYTES_BORROW, 0, &module, error),
                     PIRN_LIMIT);
    assert_non_null(strstr(pirn_error_message(error), "function body too long"));
    assert_true(m.taken < 64 * 1024);
    pirn_error_free(error);
    pirn_engine_free(engine);
    free(bytes);
    vm_writer_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_beyond_the_bytes_are_refused_at_once),
        cmocka_unit_test(test_a_million_levels_need_no_native_stack),
        cmocka_unit_test(test_a_large_branch_table_costs_a_small_multiple_of_its_bytes),
        cmocka_unit_test(test_a_branch_table_of_2_to_27_targets_is_refused_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

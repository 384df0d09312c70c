/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file can consist of one kind of definition, as small as it can be written, over and over: decoding and validating it
 * takes memory in proportion to its size.
 */
#include "component/test/bytes.h"
#include <stdlib.h>

enum { MEMORY_BASE = 1 << 20, LARGEST_SECTION = 100000 };

/* What the engine holds, and the most it has held since the last reset. */
typedef struct meter {
    size_t now, peak;
} meter;

static void *metered_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    meter *m = user;
    void *result = NULL;
    if (new_size == 0)
        free(block);
    else if ((result = realloc(block, new_size)) == NULL)
        return NULL;
    m->now += new_size - old_size;
    if (m->now > m->peak)
        m->peak = m->now;
    return result;
}

/* A kind of definition: sections before, then `sections` sections of the most entries, of which each is `entry`. */
typedef struct kind_case {
    const char *what;
    size_t factor; /* how many times the file's size it may take, beside the base */
    test_section before[3];
    uint32_t sections;
    test_section entry; /* '#' in it: a name of its own, behind its length */
} kind_case;

static const kind_case kinds[] = {
    {"primitive types, one section", 64, {{0}}, 1, SECTION(7, "\x7D")},
    {"primitive types, ten sections", 64, {{0}}, 10, SECTION(7, "\x7D")},
    {"resource types", 64, {{0}}, 2, SECTION(7, "\x3F\x7F\0")},
    {"outer aliases of types", 64, {SECTION(7, "\1\x7D")}, 2, SECTION(6, "\3\2\0\0")},
    {"outer aliases of components", 64, {SECTION(4, PREAMBLE)}, 2, SECTION(6, "\4\2\0\0")},
    {"aliases of core exports",
     64,
     {SECTION(1, "\0asm\1\0\0\0\5\3\1\0\0\7\5\1\1m\2\0"), SECTION(2, "\1\0\0\0")},
     2,
     SECTION(6, "\0\2\1\0\1m")},
    {"aliases of exports",
     64,
     {SECTION(7, "\1\x42\1\4\0\1r\3\1"), SECTION(10, "\1\0\1i\5\0")},
     2,
     SECTION(6, "\3\0\0\1r")},
    {"imports of types", 64, {{0}}, 1, SECTION(10, "\0#\3\1")},
    {"imports of functions", 64, {SECTION(7, "\1\x40\0\1\0")}, 1, SECTION(10, "\0#\1\0")},
    {"exports of types", 64, {SECTION(7, "\1\x3F\x7F\0")}, 1, SECTION(11, "\0#\3\0\0")},
    {"exports of components", 64, {SECTION(4, PREAMBLE)}, 1, SECTION(11, "\0#\4\0\0")},
    {"resource.drop", 64, {SECTION(7, "\1\x3F\x7F\0")}, 2, SECTION(8, "\3\0")},
    {"core instances made of no exports", 64, {{0}}, 2, SECTION(2, "\1\0")},
    {"core instances of a module", 64, {SECTION(1, "\0asm\1\0\0\0")}, 2, SECTION(2, "\0\0\0")},
    {"instances made of no exports", 64, {{0}}, 2, SECTION(5, "\1\0")},
    {"function types", 64, {{0}}, 1, SECTION(7, "\x40\0\1\0")},
    {"lists", 64, {{0}}, 1, SECTION(7, "\x70\x7D")},
    {"options", 64, {{0}}, 1, SECTION(7, "\x6B\x7D")},
    {"tuples", 64, {{0}}, 1, SECTION(7, "\x6F\1\x7D")},
    {"results", 64, {{0}}, 1, SECTION(7, "\x6A\0\0")},
    {"enums", 64, {{0}}, 1, SECTION(7, "\x6D\1\1a")},
    {"own", 64, {SECTION(7, "\1\x3F\x7F\0")}, 1, SECTION(7, "\x69\0")},
    {"instance types", 64, {{0}}, 1, SECTION(7, "\x42\0")},
    {"component types", 64, {{0}}, 1, SECTION(7, "\x41\0")},
    {"core function types", 64, {{0}}, 1, SECTION(3, "\x60\0\0")},
    {"core module types", 64, {{0}}, 1, SECTION(3, "\x50\0")},
    {"fixed lists", 64, {{0}}, 1, SECTION(7, "\x67\x7D\1")},
    {"maps", 64, {{0}}, 1, SECTION(7, "\x63\x7D\x7D")},
    {"streams", 64, {{0}}, 1, SECTION(7, "\x66\0")},
    {"futures of something", 64, {{0}}, 1, SECTION(7, "\x65\1\x7D")},
    {"component types of one list", 64, {{0}}, 1, SECTION(7, "\x41\1\1\x70\x7D")},
    {"stream.new", 64, {SECTION(7, "\1\x66\0")}, 1, SECTION(8, "\x0E\0")},
    {"task.return", 64, {{0}}, 1, SECTION(8, "\x09\1\0\0")},
    {"waitable-set.new", 128, {{0}}, 1, SECTION(8, "\x1F")},
    {"components", 64, {{0}}, 0, SECTION(4, PREAMBLE)},
};

/* The entry, with the name of number `i` in the place of '#': four letters, so that all are different. */
static void write_entry(vm_writer *w, const test_section *entry, uint32_t i)
{
    for (size_t at = 0; at < entry->size; at++) {
        if (entry->content[at] != '#') {
            vm_writer_bytes(w, &entry->content[at], 1);
            continue;
        }
        char name[5] = {4};
        for (int letter = 1; letter <= 4; letter++, i /= 26)
            name[letter] = (char)('a' + i % 26);
        vm_writer_bytes(w, name, sizeof name);
    }
}

static uint8_t *kind_bytes(const kind_case *c, size_t *size)
{
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_bytes(&w, PREAMBLE, 8);
    for (size_t i = 0; i < BASE_COUNT(c->before) && c->before[i].content != NULL; i++) {
        size_t begun = vm_writer_begin(&w, c->before[i].id);
        vm_writer_bytes(&w, c->before[i].content, c->before[i].size);
        vm_writer_end(&w, begun);
    }
    for (uint32_t section = 0; section < c->sections; section++) {
        size_t begun = vm_writer_begin(&w, c->entry.id);
        vm_writer_bytes(&w, "\xA0\x8D\x06", 3); /* LARGEST_SECTION */
        for (uint32_t i = 0; i < LARGEST_SECTION; i++)
            write_entry(&w, &c->entry, i);
        vm_writer_end(&w, begun);
    }
    for (uint32_t i = 0; c->sections == 0 && i < LARGEST_SECTION; i++) {
        size_t begun = vm_writer_begin(&w, c->entry.id);
        write_entry(&w, &c->entry, i);
        vm_writer_end(&w, begun);
    }
    uint8_t *bytes = vm_writer_take(&w, size);
    assert_non_null(bytes);
    return bytes;
}

/* Is it valid, and does it take no more than it may? */
static bool fits(const kind_case *c)
{
    size_t size;
    uint8_t *bytes = kind_bytes(c, &size);
    meter m = {0, 0};
    pirn_allocator allocator = {metered_resize, &m};
    pirn_config config = pirn_config_default();
    config.allocator = &allocator;
    config.component_features = pirn_component_features_supported();
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_error *error = pirn_error_new(NULL);
    pirn_component *component = NULL;
    size_t before = m.peak = m.now;
    pirn_status status = pirn_component_load(engine, bytes, size, PIRN_BYTES_BORROW, &component, error);
    size_t taken = m.peak - before;
    if (status != PIRN_OK)
        print_error("%s: %s at %llu\n", c->what, pirn_error_message(error),
                    (unsigned long long)pirn_error_offset(error));
    bool is_little = taken <= c->factor * size + MEMORY_BASE;
    if (!is_little)
        print_error("%s: %zu bytes for a file of %zu: %.1f times\n", c->what, taken, size,
                    (double)taken / (double)size);
    pirn_component_free(component);
    pirn_error_free(error);
    pirn_engine_free(engine);
    base_free(pirn_allocator_default(), bytes, size);
    return status == PIRN_OK && is_little;
}

static void test_memory_is_in_proportion_to_the_file(void **state)
{
    (void)state;
    size_t failures = 0;
    for (size_t i = 0; i < BASE_COUNT(kinds); i++)
        failures += !fits(&kinds[i]);
    assert_int_equal(failures, 0);
}

/* Types in types, each of which says that it has as many declarators as there are bytes for. */
static void test_nested_types_cannot_all_claim_the_same_bytes(void **state)
{
    (void)state;
    enum { DEPTH = 90, PADDING = 200000 };
    static const uint8_t padding[PADDING] = {0};
    vm_writer w;
    size_t size;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_bytes(&w, PREAMBLE, 8);
    size_t begun = vm_writer_begin(&w, 7);
    for (int i = 0; i < DEPTH; i++)
        vm_writer_bytes(&w, "\1\x42\x90\xBF\5", 5); /* 90,000 */
    vm_writer_bytes(&w, padding, PADDING);
    vm_writer_end(&w, begun);
    uint8_t *bytes = vm_writer_take(&w, &size);
    assert_non_null(bytes);
    meter m = {0, 0};
    pirn_allocator allocator = {metered_resize, &m};
    pirn_config config = pirn_config_default();
    config.allocator = &allocator;
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_component *component = NULL;
    size_t before = m.peak = m.now;
    assert_int_equal(pirn_component_load(engine, bytes, size, PIRN_BYTES_BORROW, &component, NULL), PIRN_MALFORMED);
    assert_true(m.peak - before <= 64 * size + MEMORY_BASE);
    pirn_engine_free(engine);
    base_free(pirn_allocator_default(), bytes, size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_in_proportion_to_the_file),
        cmocka_unit_test(test_nested_types_cannot_all_claim_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

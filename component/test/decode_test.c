/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar: what is malformed and where; what is decoded of sections and names; hostile bytes. */
#include "component/test/bytes.h"

static const test_case malformed[] = {
    {"an unknown section", {SECTION(13, "")}, PIRN_MALFORMED, 8, "malformed section id: 13"},
    {"bytes behind the entries",
     {SECTION(7, "\1\x7F\x7F")},
     PIRN_MALFORMED,
     12,
     "section size mismatch: unexpected data at the end of the section"},
    {"no defined type",
     {SECTION(7, "\1\x62")},
     PIRN_MALFORMED,
     11,
     "invalid leading byte (0x62) for component defined type"},
    {"no value type",
     {SECTION(7, "\1\x70\x50")},
     PIRN_MALFORMED,
     12,
     "invalid leading byte (0x50) for component value type"},
    {"a case that refines",
     {SECTION(7, "\1\x71\1\1a\0\1")},
     PIRN_MALFORMED,
     16,
     "invalid leading byte (0x1) for zero byte required"},
    {"an option that is no boolean", {SECTION(7, "\1\x6A\2\0")}, PIRN_MALFORMED, 12, "invalid boolean value"},
    {"results in number",
     {SECTION(7, "\1\x40\0\1\1")},
     PIRN_MALFORMED,
     14,
     "invalid leading byte (0x1) for number of results"},
    {"an import in an instance type",
     {SECTION(7, "\1\x42\1\3\0\1a\1\0")},
     PIRN_MALFORMED,
     13,
     "invalid leading byte (0x3) for component or instance type declaration"},
    {"no alias", {SECTION(6, "\1\3\3\0\0")}, PIRN_MALFORMED, 12, "invalid leading byte (0x3) for alias"},
    {"an outer alias of an instance",
     {SECTION(6, "\1\5\2\0\0")},
     PIRN_MALFORMED,
     12,
     "invalid leading byte (0x5) for component outer alias kind"},
    {"no canonical function",
     {SECTION(8, "\1\7\0")},
     PIRN_MALFORMED,
     11,
     "invalid leading byte (0x7) for canonical function"},
    {"no canonical option",
     {SECTION(8, "\1\1\0\0\1\x0A")},
     PIRN_MALFORMED,
     15,
     "invalid leading byte (0xa) for canonical option"},
    {"a name that is not UTF-8", {SECTION(10, "\1\0\1\xFF\1\0")}, PIRN_MALFORMED, 13, "malformed UTF-8 encoding"},
    {"a bound that is none",
     {SECTION(10, "\1\0\1t\3\2")},
     PIRN_MALFORMED,
     15,
     "invalid leading byte (0x2) for type bound"},
    {"a component where a module should be",
     {SECTION(1, PREAMBLE)},
     PIRN_MALFORMED,
     14,
     "expected a version header for a module"},
    {"a module where a component should be",
     {SECTION(4, "\0asm\1\0\0\0")},
     PIRN_MALFORMED,
     14,
     "expected a version header for a component"},
    {"a nested component of another version",
     {SECTION(4, "\0asm\x0C\0\1\0")},
     PIRN_MALFORMED,
     14,
     "unknown binary version"},
};

static void test_what_is_malformed_is_said_with_its_offset(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(malformed); i++)
        test_run_case(&malformed[i]);
}

static const test_case gated[] = {
    {"a list of fixed length",
     {SECTION(7, "\1\x67\x7D\4")},
     PIRN_INVALID,
     11,
     "a list of fixed length needs the feature cm-fixed-length-lists, which is off"},
    {"an error context",
     {SECTION(7, "\1\x64")},
     PIRN_INVALID,
     11,
     "an error context needs the feature cm-error-context, which is off"},
    {"a list of error contexts",
     {SECTION(7, "\1\x70\x64")},
     PIRN_INVALID,
     12,
     "an error context needs the feature cm-error-context, which is off"},
    {"a value", {SECTION(10, "\1\0\1v\2\1\x7F")}, PIRN_INVALID, 15, "a value is not supported yet (cm-values)"},
    {"a start", {SECTION(9, "\0\0\0")}, PIRN_INVALID, 10, "a start function is not supported yet (cm-values)"},
    {"threads",
     {SECTION(8, "\1\x26")},
     PIRN_INVALID,
     11,
     "thread.index needs the feature cm-threading, which is off"},
    {"parallel threads",
     {SECTION(8, "\1\x42\0")},
     PIRN_INVALID,
     11,
     "thread.available-parallelism is not supported yet (cm-shared-threads)"},
    {"cancelling without waiting",
     {SECTION(8, "\1\6\1")},
     PIRN_INVALID,
     12,
     "an async built-in that cancels needs the feature cm-more-async-builtins, which is off"},
    {"a slot of 64 bits",
     {SECTION(8, "\1\x0A\x7E\0")},
     PIRN_INVALID,
     12,
     "a context slot of type i64 is not supported yet (cm64)"},
    {"a version suffix",
     {SECTION(10, "\1\2\7a:b/c@1\1\1\2.0\5\0")},
     PIRN_INVALID,
     21,
     "an attribute of a name needs the feature cm-canonical-names, which is off"},
};

static void test_features_of_later_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(gated); i++)
        test_run_case(&gated[i]);
}

/* A component with some of everything: types, a module, instances, aliases, a lift, a resource, a nested component. */
static const test_section everything[TEST_SECTIONS] = {
    SECTION(0, "\x0E"
               "component-name\0\4\3all"),
    SECTION(7, "\4"
               "\x72\1\1x\x79"             /* 0: record { x: u32 } */
               "\x40\1\1n\x79\0\x79"       /* 1: func(n: u32) -> u32 */
               "\x42\2\4\0\1r\3\1\1\x69\0" /* 2: instance with a resource type r, and own<r> */
               "\x3F\x7F\0"),              /* 3: a resource */
    SECTION(10, "\2\0\1i\5\2"
                "\0\1f\1\1"),  /* instance i of type 2, func f of type 1 */
    SECTION(6, "\1\3\0\0\1r"), /* type 4: r of i */
    SECTION(1, "\0asm\1\0\0\0" /* a module: func g(i32) -> i32 */
               "\1\6\1\x60\1\x7F\1\x7F"
               "\3\2\1\0"
               "\7\5\1\1g\0\0"
               "\x0A\6\1\4\0\x20\0\x0B"),
    SECTION(2, "\1\0\0\0"),
    SECTION(6, "\1\0\0\1\0\1g"), /* core func 0 */
    SECTION(8, "\4\0\0\0\0\1"
               "\1\0\0\0"
               "\3\4"
               "\2\3"),
    SECTION(4, PREAMBLE "\7\2\1\x73"),
    SECTION(0x0B, "\2\0\1g\1\1\0"
                  "\0\1s\3\3\0"), /* func g, the resource as s */
};

static void test_a_component_with_everything_can_be_looked_into(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = test_bytes(everything, &size);
    pirn_engine *engine = pirn_engine_new(NULL);
    pirn_error *error = pirn_error_new(NULL);
    pirn_component *component;
    pirn_status status = pirn_component_load(engine, bytes, size, PIRN_BYTES_COPY, &component, error);
    assert_string_equal(pirn_error_message(error), "");
    assert_int_equal(status, PIRN_OK);
    assert_true(pirn_is_component(bytes, size));
    assert_false(pirn_is_module(bytes, size));
    assert_int_equal(pirn_component_import_count(component), 2);
    pirn_item instance = pirn_component_import(component, 0);
    assert_int_equal(instance.kind, PIRN_ITEM_INSTANCE);
    assert_int_equal(instance.member_count, 1);
    assert_int_equal(pirn_item_member(&instance, 0).kind, PIRN_ITEM_TYPE);
    assert_int_equal(pirn_component_export_count(component), 2);
    pirn_item func = pirn_component_export(component, 0);
    char text[64];
    pirn_component_functype_text(func.func, text, sizeof text);
    assert_string_equal(text, "func(n: u32) -> u32");
    assert_int_equal(pirn_component_module_count(component), 1);
    assert_int_equal(pirn_component_section_count(component), 11);
    assert_string_equal(pirn_component_section(component, 9).name.data, "type");
    pirn_component_free(component);
    pirn_error_free(error);
    pirn_engine_free(engine);
    base_free(pirn_allocator_default(), bytes, size);
}

/* Loads a copy of exactly that size, so that reading beyond it is found. */
static pirn_status load_copy(const uint8_t *bytes, size_t size, const pirn_config *config)
{
    pirn_engine *engine = pirn_engine_new(config);
    if (engine == NULL)
        return PIRN_NOMEM;
    pirn_component *component;
    pirn_status status = pirn_component_load(engine, bytes, size, PIRN_BYTES_COPY, &component, NULL);
    pirn_component_free(component);
    pirn_engine_free(engine);
    return status;
}

static void test_no_prefix_and_no_changed_byte_does_harm(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = test_bytes(everything, &size);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(load_copy(bytes, i, NULL), PIRN_MALFORMED);
    for (size_t i = 8; i < size; i++)
        assert_int_not_equal(load_copy(bytes, i, NULL), PIRN_NOMEM);
    uint32_t random = 12345;
    for (int i = 0; i < 2000; i++) {
        random = random * 1664525 + 1013904223;
        size_t at = (random >> 8) % size;
        uint8_t old = bytes[at];
        random = random * 1664525 + 1013904223;
        bytes[at] = (uint8_t)(random >> 16);
        assert_int_not_equal(load_copy(bytes, size, NULL), PIRN_NOMEM);
        bytes[at] = old;
    }
    base_free(pirn_allocator_default(), bytes, size);
}

/* An allocator that fails at the n-th allocation, and knows what is still allocated. */
typedef struct failing {
    long until_failure;
    size_t live_bytes;
} failing;

static void *resize_failing(void *user, void *block, size_t old_size, size_t new_size)
{
    failing *f = user;
    if (new_size > 0 && f->until_failure-- == 0)
        return NULL;
    const pirn_allocator *real = pirn_allocator_default();
    f->live_bytes += new_size - old_size;
    return real->resize(real->user, block, old_size, new_size);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = test_bytes(everything, &size);
    pirn_status status = PIRN_NOMEM;
    for (long n = 0; status != PIRN_OK; n++) {
        failing f = {n, 0};
        pirn_allocator allocator = {resize_failing, &f};
        pirn_config config = pirn_config_default();
        config.allocator = &allocator;
        status = load_copy(bytes, size, &config);
        assert_true(status == PIRN_OK || status == PIRN_NOMEM);
        assert_int_equal(f.live_bytes, 0);
    }
    base_free(pirn_allocator_default(), bytes, size);
}

/* A component in a component in a component ... */
static void test_nesting_has_a_limit(void **state)
{
    (void)state;
    enum { DEPTH = 200 };
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    size_t begun[DEPTH];
    for (int i = 0; i < DEPTH; i++) {
        vm_writer_bytes(&w, PREAMBLE, 8);
        begun[i] = vm_writer_begin(&w, 4);
    }
    vm_writer_bytes(&w, PREAMBLE, 8);
    for (int i = DEPTH; i-- > 0;)
        vm_writer_end(&w, begun[i]);
    assert_int_equal(load_copy(w.data, w.len, NULL), PIRN_LIMIT);
    vm_writer_done(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_malformed_is_said_with_its_offset),
        cmocka_unit_test(test_features_of_later_are_named),
        cmocka_unit_test(test_a_component_with_everything_can_be_looked_into),
        cmocka_unit_test(test_no_prefix_and_no_changed_byte_does_harm),
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_nesting_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

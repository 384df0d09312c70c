/* SPDX-License-Identifier: Apache-2.0 */
#include "component/test/abi_fixture.h"
#include <math.h>

static void test_numbers_are_lifted_from_memory_and_from_core_values_alike(void **state)
{
    (void)state;
    static const struct {
        pirn_type_kind kind;
        uint64_t flat; /* bits above the type's width hold anything */
        uint8_t c[8];
        size_t size;
    } cases[] = {
        {PIRN_TYPE_BOOL, 0, {0}, 1},
        {PIRN_TYPE_BOOL, 0x02, {1}, 1},
        {PIRN_TYPE_U8, 0xFFFFFF80, {0x80}, 1},
        {PIRN_TYPE_S16, 0xABCD8001, {0x01, 0x80}, 2},
        {PIRN_TYPE_U32, 0xEEEEEEEE12345678, {0x78, 0x56, 0x34, 0x12}, 4},
        {PIRN_TYPE_S64, 0x8000000000000001, {1, 0, 0, 0, 0, 0, 0, 0x80}, 8},
        {PIRN_TYPE_F32, 0x3F800000, {0, 0, 0x80, 0x3F}, 4},
        {PIRN_TYPE_F32, 0xFF800001, {0, 0, 0xC0, 0x7F}, 4}, /* any NaN is the canonical one */
        {PIRN_TYPE_F64, 0xFFF0000000000001, {0, 0, 0, 0, 0, 0, 0xF8, 0x7F}, 8},
        {PIRN_TYPE_F64, 0xFFF0000000000000, {0, 0, 0, 0, 0, 0, 0xF0, 0xFF}, 8},
        {PIRN_TYPE_CHAR, 0x10FFFF, {0xFF, 0xFF, 0x10, 0}, 4},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        guest g;
        guest_init(&g, CM_UTF8);
        const pirn_type *type = make_type(cases[i].kind, NULL, 0, NULL);
        uint64_t from_flat = 0, from_memory = 0;
        pirn_slot slot = {.u64 = cases[i].flat};
        base_store_u64(g.memory.data + 16, cases[i].flat);
        assert_int_equal(lift_flat(&g.cx, type, &slot, &from_flat), PIRN_OK);
        assert_int_equal(lift_memory(&g.cx, type, 16, &from_memory), PIRN_OK);
        assert_memory_equal(&from_flat, &from_memory, cases[i].size);
        /* Lowered again, in the byte order of linear memory, it is what the table says. */
        assert_int_equal(lower_memory(&g.cx, type, &from_flat, 32), PIRN_OK);
        guest_expect(&g, 32, cases[i].c, cases[i].size);
        guest_done(&g);
    }
}

static void test_signed_numbers_are_extended_to_32_bits(void **state)
{
    (void)state;
    guest g;
    guest_init(&g, CM_UTF8);
    const pirn_type *type = MANY(TUPLE, LEAF(S8), LEAF(S16), LEAF(S32), LEAF(U8));
    const struct {
        int8_t a;
        int16_t b;
        int32_t c;
        uint8_t d;
    } value = {-1, -2, -3, 0xFF};
    pirn_slot slots[4];
    assert_int_equal(lower_flat(&g.cx, type, &value, slots), PIRN_OK);
    assert_int_equal(slots[0].u32, 0xFFFFFFFF);
    assert_int_equal(slots[1].u32, 0xFFFFFFFE);
    assert_int_equal(slots[2].u32, 0xFFFFFFFD);
    assert_int_equal(slots[3].u32, 0xFF);
    guest_done(&g);
}

static void test_flags_above_the_labels_are_ignored(void **state)
{
    (void)state;
    guest g;
    guest_init(&g, CM_UTF8);
    uint16_t flags = 0;
    const pirn_type *type = LABELS(FLAGS, 9);
    guest_write(&g, 16, "\xAB\xFF", 2);
    assert_int_equal(lift_memory(&g.cx, type, 16, &flags), PIRN_OK);
    assert_int_equal(flags, 0x1AB);
    uint32_t all = UINT32_MAX;
    pirn_slot slot;
    type = LABELS(FLAGS, 32);
    assert_int_equal(lower_flat(&g.cx, type, &all, &slot), PIRN_OK);
    assert_int_equal(slot.u32, UINT32_MAX);
    guest_done(&g);
}

typedef struct f32_or_f64 {
    uint8_t tag;
    union {
        float small;
        double large;
        uint32_t number;
    } value;
} f32_or_f64;

static void test_cases_of_a_variant_share_core_values_by_joining_their_types(void **state)
{
    (void)state;
    guest g;
    guest_init(&g, CM_UTF8);
    const pirn_type *type = MANY(VARIANT, LEAF(F32), LEAF(F64), LEAF(U32), NULL);
    pirn_slot slots[2];
    f32_or_f64 value = {0, {.small = 1.5f}}, back;
    assert_int_equal(lower_flat(&g.cx, type, &value, slots), PIRN_OK);
    assert_int_equal(slots[0].u32, 0);
    assert_true(slots[1].u64 == 0x3FC00000);
    slots[1].u64 |= 0xABCDull << 32; /* what i64 has more than f32 is wrapped away */
    assert_int_equal(lift_flat(&g.cx, type, slots, &back), PIRN_OK);
    assert_true(back.tag == 0 && back.value.small == 1.5f);

    value = (f32_or_f64){1, {.large = -2.0}};
    assert_int_equal(lower_flat(&g.cx, type, &value, slots), PIRN_OK);
    assert_true(slots[1].u64 == 0xC000000000000000u);

    value = (f32_or_f64){3, {.number = 9}}; /* no payload: the core value is zero */
    assert_int_equal(lower_flat(&g.cx, type, &value, slots), PIRN_OK);
    assert_true(slots[1].u64 == 0);
    guest_done(&g);
}

static void test_bits_that_are_no_value_trap(void **state)
{
    (void)state;
    const pirn_type *character = LEAF(CHAR), *variant = MANY(VARIANT, NULL, LEAF(U8), NULL),
                    *labels = LABELS(ENUM, 3);
    const struct {
        const pirn_type *type;
        uint32_t bits;
        const char *message;
    } cases[] = {
        {character, 0xD800, "invalid `char` bit pattern"},
        {character, 0xDFFF, "invalid `char` bit pattern"},
        {character, 0x110000, "invalid `char` bit pattern"},
        {character, UINT32_MAX, "invalid `char` bit pattern"},
        {variant, 3, "invalid variant discriminant"},
        {variant, 255, "invalid variant discriminant"},
        {labels, 3, "invalid variant discriminant"},
        {OF(OPTION, labels), 2, "invalid variant discriminant"},
        {MANY(RESULT, NULL, NULL), 2, "invalid variant discriminant"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        guest g;
        guest_init(&g, CM_UTF8);
        uint64_t c[4];
        pirn_slot slots[2] = {{.u32 = cases[i].bits}, {.u32 = 0}};
        base_store_u32(g.memory.data + 16, cases[i].bits);
        expect_failure(&g, lift_memory(&g.cx, cases[i].type, 16, c), PIRN_TRAP, cases[i].message);
        expect_failure(&g, lift_flat(&g.cx, cases[i].type, slots, c), PIRN_TRAP, cases[i].message);
        guest_done(&g);
    }
}

static void test_objects_of_the_host_that_are_no_values_are_misuse(void **state)
{
    (void)state;
    guest g;
    guest_init(&g, CM_UTF8);
    expect_failure(&g, lower_memory(&g.cx, LEAF(CHAR), &(uint32_t){0xD800}, 16), PIRN_USAGE,
                   "0xd800 is not a Unicode scalar value");
    expect_failure(&g, lower_memory(&g.cx, LABELS(ENUM, 3), &(uint8_t){3}, 16), PIRN_USAGE,
                   "3 is not a case of a type with 3 cases");
    expect_failure(&g, lower_memory(&g.cx, OF(OPTION, LEAF(U8)), &(uint8_t[2]){2, 0}, 16), PIRN_USAGE,
                   "2 is not a case of a type with 2 cases");
    guest_done(&g);
}

/* ---- Lists ----------------------------------------------------------------------------------------------------- */

static void test_lists_of_bytes_may_be_views(void **state)
{
    (void)state;
    guest g;
    guest_init(&g, CM_UTF8);
    const pirn_type *type = OF(LIST, LEAF(U8));
    base_store_u32(g.memory.data + 16, 100);
    base_store_u32(g.memory.data + 20, 3);
    cm_list list;
    g.cx.views = true;
    assert_int_equal(lift_memory(&g.cx, type, 16, &list), PIRN_OK);
    assert_ptr_equal(list.data, g.memory.data + 100);
    assert_int_equal(list.len, 3);
    g.cx.views = false;
    assert_int_equal(lift_memory(&g.cx, type, 16, &list), PIRN_OK);
    assert_ptr_not_equal(list.data, g.memory.data + 100);
    guest_done(&g);
}

static void test_lists_that_do_not_fit_trap(void **state)
{
    (void)state;
    static const struct {
        cm_form form;
        uint32_t ptr, len;
        const char *message;
    } cases[] = {
        {CM_HOST, 2, 1, "unaligned pointer"},
        {CM_HOST, 1020, 2, "list pointer/length out of bounds of memory"},
        {CM_HOST, 0xFFFFFFFC, 1, "list pointer/length out of bounds of memory"},
        {CM_HOST, 1028, 0, "list pointer/length out of bounds of memory"},
        {CM_GUEST, 1020, 2, "list content out-of-bounds"},
        {CM_HOST, 0, (1u << 26) - 1, "list pointer/length out of bounds of memory"},
        {CM_HOST, 0, 1u << 26, "list is too long"},
        {CM_HOST, 0, UINT32_MAX, "list is too long"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        guest g;
        guest_init(&g, CM_UTF8);
        g.cx.form = cases[i].form;
        base_store_u32(g.memory.data + 16, cases[i].ptr);
        base_store_u32(g.memory.data + 20, cases[i].len);
        cm_list list;
        expect_failure(&g, lift_memory(&g.cx, OF(LIST, LEAF(U32)), 16, &list), PIRN_TRAP, cases[i].message);
        guest_done(&g);
    }
}

static void test_an_empty_list_still_calls_realloc(void **state)
{
    (void)state;
    guest g;
    guest_init(&g, CM_UTF8);
    cm_list list = {NULL, 0};
    assert_int_equal(lower_memory(&g.cx, OF(LIST, LEAF(U32)), &list, 16), PIRN_OK);
    assert_string_equal(g.log, "0,0,4,0;");
    g.memory.realloc = NULL;
    expect_failure(&g, lower_memory(&g.cx, OF(LIST, LEAF(U32)), &list, 16), PIRN_TRAP,
                   "canonical option `realloc` is required");
    guest_done(&g);
}

/* ---- Values of every kind, there and back ---------------------------------------------------------------------- */

typedef struct entry {
    pirn_str name;
    struct {
        uint16_t *data;
        size_t len;
    } numbers;
    struct {
        uint8_t is_some;
        double value;
    } weight;
    struct {
        uint8_t is_err;
        union {
            pirn_str ok;
            uint8_t err;
        } value;
    } outcome;
    uint8_t flags;
} entry;

static const pirn_type *entry_type(void)
{
    return MANY(RECORD, LEAF(STRING), OF(LIST, LEAF(S16)), OF(OPTION, LEAF(F64)),
                MANY(RESULT, LEAF(STRING), LABELS(ENUM, 4)), LABELS(FLAGS, 3));
}

static void expect_entry(const entry *actual, const entry *expected)
{
    assert_true(pirn_str_eq(actual->name, expected->name));
    assert_int_equal(actual->numbers.len, expected->numbers.len);
    if (expected->numbers.len > 0)
        assert_memory_equal(actual->numbers.data, expected->numbers.data, expected->numbers.len * sizeof(uint16_t));
    assert_int_equal(actual->weight.is_some, expected->weight.is_some);
    if (expected->weight.is_some)
        assert_true(actual->weight.value == expected->weight.value);
    assert_int_equal(actual->outcome.is_err, expected->outcome.is_err);
    if (expected->outcome.is_err)
        assert_int_equal(actual->outcome.value.err, expected->outcome.value.err);
    else
        assert_true(pirn_str_eq(actual->outcome.value.ok, expected->outcome.value.ok));
    assert_int_equal(actual->flags, expected->flags);
}

static uint16_t some_numbers[] = {1, 0x8000, 0xFFFF};

static const entry entries[] = {
    {{"", 0}, {NULL, 0}, {0, 0}, {1, {.err = 3}}, 0},
    {{"na\xC3\xAFve", 6}, {some_numbers, 3}, {1, 0.5}, {0, {.ok = {"\xF0\x9F\x98\x80", 4}}}, 5},
};

static const cm_encoding encodings[] = {CM_UTF8, CM_UTF16, CM_LATIN1_UTF16};

static void test_records_go_to_a_guest_and_come_back(void **state)
{
    (void)state;
    const pirn_type *type = OF(LIST, entry_type());
    for (size_t i = 0; i < BASE_COUNT(encodings); i++) {
        guest g;
        guest_init(&g, encodings[i]);
        cm_list list = {(void *)(uintptr_t)entries, BASE_COUNT(entries)}, back;
        assert_int_equal(lower_memory(&g.cx, type, &list, 0), PIRN_OK);
        assert_int_equal(lift_memory(&g.cx, type, 0, &back), PIRN_OK);
        assert_int_equal(back.len, BASE_COUNT(entries));
        for (size_t k = 0; k < back.len; k++)
            expect_entry((const entry *)back.data + k, &entries[k]);
        guest_done(&g);
    }
}

/* Host to guest, guest to guest, guest to host. Everything is lifted before anything is lowered. */
static void test_values_pass_through_guests_of_all_encodings(void **state)
{
    (void)state;
    const pirn_type *type = entry_type();
    pirn_component_functype functype = FUNCTYPE(type, LEAF(U8));
    const cm_function_program *program = compile(&functype);
    for (size_t i = 0; i < BASE_COUNT(encodings) * BASE_COUNT(encodings) * BASE_COUNT(entries); i++) {
        guest from, to;
        guest_init(&from, encodings[i % 3]);
        guest_init(&to, encodings[i / 3 % 3]);
        const entry *value = &entries[i / 9];
        entry back;
        pirn_slot sent[1] = {{.u32 = 256}}, arguments[2] = {{.u32 = 0}, {.u32 = 512}};
        assert_int_equal(lower_memory(&from.cx, type, value, 256), PIRN_OK);
        from.cx.form = to.cx.form = CM_GUEST;
        cm_pass pass = {&from.cx, &to.cx, program, sent, arguments};
        assert_int_equal(cm_pass_lift_result(&pass), PIRN_OK);
        assert_string_equal(to.log, "");
        assert_int_equal(cm_pass_lower_result(&pass), PIRN_OK);
        to.cx.form = CM_HOST;
        assert_int_equal(lift_memory(&to.cx, type, 512, &back), PIRN_OK);
        expect_entry(&back, value);
        guest_done(&to);
        guest_done(&from);
    }
}

static void test_many_parameters_travel_in_a_block_of_memory(void **state)
{
    (void)state;
    guest g;
    guest_init(&g, CM_UTF8);
    const pirn_type *u32 = LEAF(U32), *u8 = LEAF(U8);
    pirn_component_functype type =
        FUNCTYPE(NULL, u8, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32, u32);
    struct {
        uint8_t first;
        uint32_t rest[16];
    } args = {7, {0}}, back;
    for (uint32_t i = 0; i < 16; i++)
        args.rest[i] = 100 + i;
    pirn_slot slot[1];
    assert_int_equal(cm_lower_params(&g.cx, compile(&type), &args, slot), PIRN_OK);
    assert_string_equal(g.log, "0,0,4,68;");
    assert_int_equal(cm_lift_params(&g.cx, compile(&type), slot, &back), PIRN_OK);
    assert_int_equal(back.first, 7);
    assert_memory_equal(back.rest, args.rest, sizeof args.rest);
    slot[0].u32++;
    expect_failure(&g, cm_lift_params(&g.cx, compile(&type), slot, &back), PIRN_TRAP, "unaligned pointer");
    slot[0].u32 = 1024 - 64;
    expect_failure(&g, cm_lift_params(&g.cx, compile(&type), slot, &back), PIRN_TRAP,
                   "pointer out of bounds of memory");
    guest_done(&g);
}

static void test_places_for_results_are_checked(void **state)
{
    (void)state;
    guest g;
    guest_init(&g, CM_UTF8);
    pirn_component_functype type = FUNCTYPE(MANY(TUPLE, LEAF(U32), LEAF(U32)), LEAF(U8));
    uint32_t result[2] = {1, 2};
    pirn_slot slots[2] = {{.u32 = 0}, {.u32 = 1}};
    expect_failure(&g, cm_lower_result(&g.cx, compile(&type), result, slots), PIRN_TRAP, "unaligned pointer");
    expect_failure(&g, cm_lift_result(&g.cx, compile(&type), &slots[1], result), PIRN_TRAP, "unaligned pointer");
    slots[1].u32 = 1020;
    expect_failure(&g, cm_lower_result(&g.cx, compile(&type), result, slots), PIRN_TRAP,
                   "pointer out of bounds of memory");
    slots[1].u32 = 1016;
    assert_int_equal(cm_lower_result(&g.cx, compile(&type), result, slots), PIRN_OK);
    guest_expect(&g, 1016, "\1\0\0\0\2\0\0\0", 8);
    guest_done(&g);
}

/* realloc moves the memory that the views are of. */
static void test_a_result_may_have_views_of_the_guests_memory(void **state)
{
    (void)state;
    guest g;
    guest_init(&g, CM_UTF8);
    struct {
        pirn_str a;
        cm_list b;
        pirn_str c;
    } value = {{(char *)g.memory.data + 900, 3}, {g.memory.data + 901, 2}, {(char *)g.memory.data + 902, 1}};
    guest_write(&g, 900, "abc", 3);
    const pirn_type *type = MANY(TUPLE, LEAF(STRING), OF(LIST, LEAF(U8)), LEAF(STRING));
    g.next = 100;
    assert_int_equal(lower_memory(&g.cx, type, &value, 16), PIRN_OK);
    guest_expect(&g, 100, "abcbcc", 6);
    guest_done(&g);
}

/* ---- Failing allocations, and memory that is used again -------------------------------------------------------- */

typedef struct counting {
    size_t calls, fail_at; /* the call with this number fails; 0: none */
} counting;

static void *count_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    counting *count = user;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    count->calls++;
    return count->calls == count->fail_at ? NULL : realloc(block, new_size);
}

/* Lowers the entries by one runtime's allocator and lifts them again; false when memory ran out. */
static bool pass_entries(guest *g, const pirn_allocator *allocator)
{
    const pirn_type *type = OF(LIST, entry_type());
    guest_init(g, CM_UTF16);
    cm_activation_free(g->activation);
    cm_runtime_done(&g->runtime);
    g->runtime.allocator = allocator;
    g->activation = g->cx.activation = cm_activation_new(&g->runtime);
    cm_list list = {(void *)(uintptr_t)entries, BASE_COUNT(entries)}, back;
    assert_int_equal(lower_memory(&g->cx, type, &list, 0), PIRN_OK);
    if (g->activation == NULL)
        return false;
    pirn_status status = lift_memory(&g->cx, type, 0, &back);
    assert_true(status == PIRN_OK || status == PIRN_NOMEM);
    return status == PIRN_OK;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    counting count = {0, 0};
    pirn_allocator allocator = {count_resize, &count};
    bool passed = false;
    for (size_t n = 1; !passed; n++) {
        guest g;
        count = (counting){0, n};
        passed = pass_entries(&g, &allocator);
        assert_true(passed == (count.calls < n));
        if (g.activation == NULL)
            g.activation = cm_activation_new(&g.runtime);
        guest_done(&g);
    }
    assert_true(count.calls >= 2);
}

static void test_calling_again_allocates_nothing(void **state)
{
    (void)state;
    counting count = {0, 0};
    pirn_allocator allocator = {count_resize, &count};
    cm_runtime runtime = {.allocator = &allocator};
    for (int round = 0; round < 4; round++) {
        size_t before = count.calls;
        cm_activation *activation = cm_activation_new(&runtime);
        for (int i = 0; i < 20; i++)
            assert_non_null(base_arena_alloc(&activation->arena, 3000));
        cm_activation_free(activation);
        assert_true(round < 1 || count.calls == before);
    }
    cm_runtime_done(&runtime);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_are_lifted_from_memory_and_from_core_values_alike),
        cmocka_unit_test(test_signed_numbers_are_extended_to_32_bits),
        cmocka_unit_test(test_flags_above_the_labels_are_ignored),
        cmocka_unit_test(test_cases_of_a_variant_share_core_values_by_joining_their_types),
        cmocka_unit_test(test_bits_that_are_no_value_trap),
        cmocka_unit_test(test_objects_of_the_host_that_are_no_values_are_misuse),
        cmocka_unit_test(test_lists_of_bytes_may_be_views),
        cmocka_unit_test(test_lists_that_do_not_fit_trap),
        cmocka_unit_test(test_an_empty_list_still_calls_realloc),
        cmocka_unit_test(test_records_go_to_a_guest_and_come_back),
        cmocka_unit_test(test_values_pass_through_guests_of_all_encodings),
        cmocka_unit_test(test_many_parameters_travel_in_a_block_of_memory),
        cmocka_unit_test(test_places_for_results_are_checked),
        cmocka_unit_test(test_a_result_may_have_views_of_the_guests_memory),
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_calling_again_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

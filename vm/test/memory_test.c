/* SPDX-License-Identifier: Apache-2.0 */
/* Linear memories: growth in place, limits, and the way without address space. */
#include "vm/exec/runtime.h"
#include "vm/test/fixture.h"

#include "vm/test/address_space.h"

enum { PAGE = 65536 };

static pirn_memory *new_memory(fixture *f, uint64_t min, uint64_t max)
{
    pirn_memory *memory = NULL;
    pirn_memtype type = {.limits = {min, max}, .page_size_log2 = 16};
    assert_int_equal(pirn_memory_new(f->store, &type, &memory, f->error), PIRN_OK);
    return memory;
}

static void test_a_memory_grows_in_place_and_zeroed(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_memory *memory = new_memory(&f, 1, PIRN_NO_MAX);
    uint8_t *data = pirn_memory_data(memory);
    uint64_t old = 0;
    memset(data, 0xAB, PAGE);
    assert_true(pirn_memory_grow(memory, 100, &old));
    assert_int_equal(old, 1);
    assert_int_equal(pirn_memory_size(memory), 101 * PAGE);
    assert_ptr_equal(pirn_memory_data(memory), data);
    assert_int_equal(data[PAGE - 1], 0xAB);
    for (size_t i = PAGE; i < 101 * (size_t)PAGE; i += 1000)
        assert_int_equal(data[i], 0);
    assert_true(pirn_memory_grow(memory, 0, NULL));
    fixture_free(&f);
}

static void test_growth_stops_at_the_maximum(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_memory *memory = new_memory(&f, 1, 3);
    assert_false(pirn_memory_grow(memory, 3, NULL));
    assert_false(pirn_memory_grow(memory, UINT64_MAX, NULL));
    assert_true(pirn_memory_grow(memory, 2, NULL));
    assert_false(pirn_memory_grow(memory, 1, NULL));
    assert_int_equal(pirn_memory_size(memory), 3 * PAGE);
    pirn_extern object = {.kind = PIRN_EXTERN_MEMORY, .memory = memory};
    assert_int_equal(pirn_extern_type(&object).memory.limits.min, 3);
    fixture_free(&f);
}

static void test_all_memories_of_a_store_share_its_limit(void **state)
{
    (void)state;
    pirn_store_limits limits = pirn_store_limits_default();
    limits.memory_bytes = 10 * PAGE;
    fixture f = fixture_new(NULL, &limits);
    pirn_memory *a = new_memory(&f, 4, PIRN_NO_MAX), *b = new_memory(&f, 4, PIRN_NO_MAX), *c = NULL;
    assert_false(pirn_memory_grow(a, 3, NULL));
    assert_true(pirn_memory_grow(a, 2, NULL));
    assert_false(pirn_memory_grow(b, 1, NULL));
    pirn_memtype type = {.limits = {1, 1}, .page_size_log2 = 16};
    int status = pirn_memory_new(f.store, &type, &c, f.error);
    expect_outcome(&f, status, PIRN_LIMIT, "a memory of 1 pages is above the limit of 655360 bytes for all memories");
    fixture_free(&f);
}

static void test_a_page_may_be_one_byte(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_memory *memory = NULL;
    pirn_memtype type = {.limits = {3, PIRN_NO_MAX}, .page_size_log2 = 0};
    uint64_t old = 0;
    assert_int_equal(pirn_memory_new(f.store, &type, &memory, f.error), PIRN_OK);
    assert_int_equal(pirn_memory_size(memory), 3);
    assert_true(pirn_memory_grow(memory, 10000, &old));
    assert_int_equal(old, 3);
    assert_int_equal(pirn_memory_size(memory), 10003);
    assert_int_equal(pirn_memory_data(memory)[10002], 0);
    assert_false(pirn_memory_grow(memory, UINT32_MAX, NULL)); /* 2^32 pages cannot be told */
    fixture_free(&f);
}

static void test_an_empty_memory_has_an_address(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_memory *memory = new_memory(&f, 0, 0);
    assert_non_null(pirn_memory_data(memory));
    assert_int_equal(pirn_memory_size(memory), 0);
    assert_false(pirn_memory_grow(memory, 1, NULL));
    fixture_free(&f);
}

static void test_without_address_space_a_memory_grows_by_moving(void **state)
{
    (void)state;
    static address_space all;
    take_address_space(&all);
    fixture f = fixture_new(NULL, NULL);
    pirn_memory *memory = new_memory(&f, 1, PIRN_NO_MAX);
    size_t reserved = memory->reserved;
    memset(pirn_memory_data(memory), 0xAB, PAGE);
    bool grown = pirn_memory_grow(memory, 20, NULL) && pirn_memory_grow(memory, 300, NULL);
    give_address_space(&all);
    assert_int_equal(reserved, 0);
    assert_true(grown);
    const uint8_t *data = pirn_memory_data(memory);
    assert_int_equal(pirn_memory_size(memory), 321 * PAGE);
    assert_int_equal(data[PAGE - 1], 0xAB);
    for (size_t i = PAGE; i < 321 * (size_t)PAGE; i += 1000)
        assert_int_equal(data[i], 0);
    fixture_free(&f);
}

static void test_wasm_sees_growth_and_its_failure(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_memory(&w, 1, 5);
    wasm_export(&w, "memory", PIRN_EXTERN_MEMORY, 0);
    wasm_export_func(&w, "grow", wasm_func(&w, "i:i", "", CODE(LOCAL_GET, 0, MEMORY_GROW, 0, END)));
    wasm_export_func(&w, "load", wasm_func(&w, "i:i", "", CODE(LOCAL_GET, 0, I32_LOAD, 2, 0, END)));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_func *grow = wasm_find_func(instance, "grow"), *load = wasm_find_func(instance, "load");
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, load, &(pirn_slot){.i32 = PAGE - 3}, PIRN_TRAP, "out of bounds memory access");
    expect_start(&f, call, grow, &(pirn_slot){.i32 = 4}, PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].i32, 1);
    expect_start(&f, call, load, &(pirn_slot){.i32 = PAGE - 3}, PIRN_OK, NULL);
    expect_start(&f, call, grow, &(pirn_slot){.i32 = 1}, PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].i32, -1);
    assert_int_equal(pirn_memory_size(wasm_find(instance, "memory").memory), 5 * PAGE);
    pirn_call_free(call);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_memory_grows_in_place_and_zeroed),
        cmocka_unit_test(test_growth_stops_at_the_maximum),
        cmocka_unit_test(test_all_memories_of_a_store_share_its_limit),
        cmocka_unit_test(test_a_page_may_be_one_byte),
        cmocka_unit_test(test_an_empty_memory_has_an_address),
        cmocka_unit_test(test_without_address_space_a_memory_grows_by_moving),
        cmocka_unit_test(test_wasm_sees_growth_and_its_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

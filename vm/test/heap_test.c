/* SPDX-License-Identifier: Apache-2.0 */
/* The garbage-collected heap, as Wasm code and embedders use it. */
#include "vm/exec/runtime.h"
#include "vm/test/fixture.h"

enum {
    GC = 0xFB,
    STRUCT_NEW = 0,
    STRUCT_GET = 2,
    STRUCT_SET = 5,
    ARRAY_NEW_DEFAULT = 7,
    ARRAY_LEN = 15,
    REF_CAST_NULL = 23,
    INTERNALIZE = 26,
    EXTERNALIZE = 27,
    REF_I31 = 28,
    REF_IS_NULL = 0xD1,
};

/*
 * type 0  (struct (field (mut (ref null 0))) (field i32))
 * type 1  (array (mut anyref))
 * build   n -> a list of n nodes, numbered from n on down to 1 from its end to its start
 * sum     list -> the sum of the numbers
 * waste   makes n nodes that nobody keeps
 * cycle   n times two nodes that refer to each other, and are not kept
 * array   n -> an array of n nulls
 */
static pirn_instance *run_lists(fixture *f)
{
    wasm w;
    wasm_init(&w);
    wasm_raw_type(&w, CODE(0x5F, 2, 0x63, 0, 1, 0x7F, 0));
    wasm_raw_type(&w, CODE(0x5E, 0x6E, 1));
    uint32_t build = wasm_func(&w, "i:a", "a",
                               CODE(BLOCK, VOID, LOOP, VOID, LOCAL_GET, 0, I32_EQZ, BR_IF, 1, LOCAL_GET, 1, GC,
                                    REF_CAST_NULL, 0, LOCAL_GET, 0, GC, STRUCT_NEW, 0, LOCAL_SET, 1, LOCAL_GET, 0,
                                    I32_CONST, 1, I32_SUB, LOCAL_SET, 0, BR, 0, END, END, LOCAL_GET, 1, END));
    uint32_t sum =
        wasm_func(&w, "a:i", "i",
                  CODE(BLOCK, VOID, LOOP, VOID, LOCAL_GET, 0, REF_IS_NULL, BR_IF, 1, LOCAL_GET, 1, LOCAL_GET, 0, GC,
                       REF_CAST_NULL, 0, GC, STRUCT_GET, 0, 1, I32_ADD, LOCAL_SET, 1, LOCAL_GET, 0, GC, REF_CAST_NULL,
                       0, GC, STRUCT_GET, 0, 0, LOCAL_SET, 0, BR, 0, END, END, LOCAL_GET, 1, END));
    uint32_t waste =
        wasm_func(&w, "i:", "",
                  CODE(BLOCK, VOID, LOOP, VOID, LOCAL_GET, 0, I32_EQZ, BR_IF, 1, REF_NULL, 0, LOCAL_GET, 0, GC,
                       STRUCT_NEW, 0, DROP, LOCAL_GET, 0, I32_CONST, 1, I32_SUB, LOCAL_SET, 0, BR, 0, END, END, END));
    uint32_t cycle = wasm_func(&w, "i:", "a",
                               CODE(BLOCK, VOID, LOOP, VOID, LOCAL_GET, 0, I32_EQZ, BR_IF, 1, REF_NULL, 0, LOCAL_GET,
                                    0, GC, STRUCT_NEW, 0, LOCAL_SET, 1, LOCAL_GET, 1, GC, REF_CAST_NULL, 0, LOCAL_GET,
                                    1, GC, REF_CAST_NULL, 0, LOCAL_GET, 0, GC, STRUCT_NEW, 0, GC, STRUCT_SET, 0, 0,
                                    LOCAL_GET, 0, I32_CONST, 1, I32_SUB, LOCAL_SET, 0, BR, 0, END, END, END));
    uint32_t array = wasm_func(&w, "i:a", "", CODE(LOCAL_GET, 0, GC, ARRAY_NEW_DEFAULT, 1, END));
    uint32_t i31 = wasm_func(&w, "i:e", "", CODE(LOCAL_GET, 0, GC, REF_I31, GC, EXTERNALIZE, END));
    wasm_export_func(&w, "build", build);
    wasm_export_func(&w, "sum", sum);
    wasm_export_func(&w, "waste", waste);
    wasm_export_func(&w, "cycle", cycle);
    wasm_export_func(&w, "array", array);
    wasm_export_func(&w, "i31", i31);
    return fixture_run(f, &w, NULL, 0);
}

static pirn_slot invoke(fixture *f, const pirn_instance *instance, const char *name, pirn_slot argument)
{
    pirn_slot result = {.u64 = 0};
    pirn_error_clear(f->error);
    int status = pirn_invoke(f->store, NULL, wasm_find_func(instance, name), &argument, &result, f->error);
    expect_outcome(f, status, PIRN_OK, NULL);
    return result;
}

static pirn_slot number(uint32_t value)
{
    return (pirn_slot){.u32 = value};
}

static fixture small_heap(uint64_t bytes, bool collect_always)
{
    pirn_config config = pirn_config_default();
    pirn_store_limits limits = pirn_store_limits_default();
    config.collect_always = collect_always;
    limits.heap_bytes = bytes;
    return fixture_new(&config, &limits);
}

static void test_a_million_dead_objects_fit_a_small_heap(void **state)
{
    (void)state;
    fixture f = small_heap(1 << 20, false);
    pirn_instance *instance = run_lists(&f);
    invoke(&f, instance, "waste", number(1000000));
    assert_true(f.store->heap.collections > 0);
    assert_true(f.store->heap.bytes <= 1 << 20);
    fixture_free(&f);
}

static void test_cycles_are_collected(void **state)
{
    (void)state;
    fixture f = small_heap(1 << 20, false);
    invoke(&f, run_lists(&f), "cycle", number(200000));
    fixture_free(&f);
}

static void test_what_is_reachable_stays_when_every_allocation_collects(void **state)
{
    (void)state;
    fixture f = small_heap(16 << 20, true);
    pirn_instance *instance = run_lists(&f);
    pirn_slot list = invoke(&f, instance, "build", number(200));
    pirn_root *root = pirn_ref_root(f.store, list);
    assert_non_null(root);
    invoke(&f, instance, "waste", number(100));
    assert_int_equal(invoke(&f, instance, "sum", pirn_root_value(root)).u32, 200 * 201 / 2);
    assert_true(f.store->heap.collections >= 299); /* the first allocation finds no heap */
    pirn_ref_unroot(root);
    fixture_free(&f);
}

static void test_long_lists_do_not_need_a_deep_stack(void **state)
{
    (void)state;
    fixture f = small_heap(UINT64_C(64) << 20, false);
    pirn_instance *instance = run_lists(&f);
    pirn_root *root = pirn_ref_root(f.store, invoke(&f, instance, "build", number(500000)));
    vm_heap_collect(f.store);
    assert_int_equal(invoke(&f, instance, "sum", pirn_root_value(root)).u32, (uint32_t)(500000ull * 500001 / 2));
    fixture_free(&f);
}

static void test_a_full_heap_is_a_trap(void **state)
{
    (void)state;
    fixture f = small_heap(1 << 20, false);
    pirn_instance *instance = run_lists(&f);
    pirn_slot argument = number(100000), result;
    int status = pirn_invoke(f.store, NULL, wasm_find_func(instance, "build"), &argument, &result, f.error);
    expect_outcome(&f, status, PIRN_EXHAUSTED, "the heap is full");
    argument = number(UINT32_MAX);
    pirn_error_clear(f.error);
    status = pirn_invoke(f.store, NULL, wasm_find_func(instance, "array"), &argument, &result, f.error);
    expect_outcome(&f, status, PIRN_EXHAUSTED, "the heap is full");
    invoke(&f, instance, "waste", number(100000));
    fixture_free(&f);
}

static void test_large_objects_are_given_back(void **state)
{
    (void)state;
    fixture f = small_heap(UINT64_C(8) << 20, false);
    pirn_instance *instance = run_lists(&f);
    for (unsigned i = 0; i < 50; i++)
        assert_int_equal(((const vm_array *)invoke(&f, instance, "array", number(100000)).ref)->length, 100000);
    assert_true(f.store->heap.bytes <= 8 << 20);
    fixture_free(&f);
}

static void test_only_addresses_of_objects_are_found(void **state)
{
    (void)state;
    fixture f = small_heap(16 << 20, false);
    uint8_t *list = invoke(&f, run_lists(&f), "build", number(3)).ref;
    assert_ptr_equal(vm_heap_find(&f.store->heap, list), list);
    assert_null(vm_heap_find(&f.store->heap, list + 8));
    assert_null(vm_heap_find(&f.store->heap, list + 1));
    assert_null(vm_heap_find(&f.store->heap, &f));
    assert_null(vm_heap_find(&f.store->heap, NULL));
    fixture_free(&f);
}

static void test_pointers_of_the_embedder_pass_through_any(void **state)
{
    (void)state;
    fixture f = small_heap(16 << 20, true);
    pirn_slot host = {.ref = &f}, any, back;
    assert_true(pirn_ref_internalize(f.store, host, &any));
    assert_int_equal(pirn_ref_kind_of(f.store, PIRN_ANYREF, any), PIRN_REF_HOST);
    assert_int_equal(pirn_ref_kind_of(f.store, PIRN_EXTERNREF, host), PIRN_REF_HOST);
    assert_true(pirn_ref_externalize(f.store, any, &back));
    assert_ptr_equal(back.ref, &f);
    fixture_free(&f);
}

static void test_i31_as_externref_is_told_from_odd_pointers(void **state)
{
    (void)state;
    fixture f = small_heap(16 << 20, false);
    pirn_slot external = invoke(&f, run_lists(&f), "i31", number((uint32_t)-7)), internal;
    assert_int_equal(pirn_ref_kind_of(f.store, PIRN_EXTERNREF, external), PIRN_REF_I31);
    assert_true(pirn_ref_internalize(f.store, external, &internal));
    assert_int_equal(pirn_ref_kind_of(f.store, PIRN_ANYREF, internal), PIRN_REF_I31);
    assert_int_equal(pirn_i31_value(internal), -7);
    pirn_slot odd = {.ref = (void *)(uintptr_t)13};
    assert_int_equal(pirn_ref_kind_of(f.store, PIRN_EXTERNREF, odd), PIRN_REF_HOST);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_million_dead_objects_fit_a_small_heap),
        cmocka_unit_test(test_cycles_are_collected),
        cmocka_unit_test(test_what_is_reachable_stays_when_every_allocation_collects),
        cmocka_unit_test(test_long_lists_do_not_need_a_deep_stack),
        cmocka_unit_test(test_a_full_heap_is_a_trap),
        cmocka_unit_test(test_large_objects_are_given_back),
        cmocka_unit_test(test_only_addresses_of_objects_are_found),
        cmocka_unit_test(test_pointers_of_the_embedder_pass_through_any),
        cmocka_unit_test(test_i31_as_externref_is_told_from_odd_pointers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

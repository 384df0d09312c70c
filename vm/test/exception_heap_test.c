/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions as objects of the heap: what keeps them, when they go, and what happens when there is no memory. */
#include "vm/exec/runtime.h"
#include "vm/test/fixture.h"

enum { SMALL_HEAP = 1 << 20 };

/*
 * values  n -> throws and catches n times by value; answers the sum of what was caught
 * refs    n -> the same with references, the last of which is kept in a global and in a table
 * chain   n -> an exception that carries one that carries one ..., n deep, each with its number
 * length  chain -> how long it is, found by throwing each again
 * list    n -> a list of n structures, the first of which is carried by an exception
 * wide    n -> an array of n such lists of two
 */
static const char text[] =
    "(module"
    "  (type $node (struct (field (ref null $node)) (field i32)))"
    "  (type $nodes (array (mut (ref null $node))))"
    "  (tag $number (param i32)) (tag $link (param v128 exnref i32)) (tag $object (param i32 anyref))"
    "  (global $last (mut exnref) (ref.null exn)) (table $kept 1 exnref)"
    "  (global $constant (ref $node) (struct.new $node (ref.null $node) (i32.const 1)))"
    "  (func (export \"values\") (param $n i32) (result i32) (local $sum i32)"
    "    (loop $again"
    "      (block $caught (result i32)"
    "        (try_table (catch $number $caught) (throw $number (local.get $n))) (unreachable))"
    "      (local.set $sum (i32.add (local.get $sum)))"
    "      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    "    (local.get $sum))"
    "  (func (export \"refs\") (param $n i32) (result exnref)"
    "    (loop $again"
    "      (block $caught (result exnref)"
    "        (try_table (catch_all_ref $caught) (throw $number (local.get $n))) (unreachable))"
    "      (global.set $last) (table.set $kept (i32.const 0) (global.get $last))"
    "      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    "    (global.get $last))"
    "  (func (export \"chain\") (param $n i32) (result exnref) (local $chain exnref)"
    "    (loop $again"
    "      (block $caught (result exnref)"
    "        (try_table (catch_all_ref $caught)"
    "          (throw $link (v128.const i64x2 -1 -1) (local.get $chain) (local.get $n))) (unreachable))"
    "      (local.set $chain)"
    "      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    "    (local.get $chain))"
    "  (func (export \"length\") (param $chain exnref) (result i32) (local $length i32)"
    "    (loop $again"
    "      (block $caught (result v128 exnref i32)"
    "        (try_table (catch $link $caught) (throw_ref (local.get $chain))) (unreachable))"
    "      (local.set $length) (local.set $chain) (drop)"
    "      (br_if $again (i32.eqz (ref.is_null (local.get $chain)))))"
    "    (local.get $length))"
    "  (func $make (param $n i32) (result (ref null $node)) (local $list (ref null $node))"
    "    (loop $again"
    "      (local.set $list (struct.new $node (local.get $list) (local.get $n)))"
    "      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
    "    (local.get $list))"
    "  (func (export \"list\") (param $n i32) (result exnref)"
    "    (block $caught (result exnref)"
    "      (try_table (catch_all_ref $caught) (throw $object (i32.const 5) (call $make (local.get $n))))"
    "      (unreachable)))"
    "  (func (export \"wide\") (param $n i32) (result anyref) (local $all (ref null $nodes))"
    "    (local.set $all (array.new_default $nodes (local.get $n)))"
    "    (loop $again"
    "      (local.set $n (i32.sub (local.get $n) (i32.const 1)))"
    "      (array.set $nodes (local.get $all) (local.get $n) (call $make (i32.const 2)))"
    "      (br_if $again (local.get $n)))"
    "    (local.get $all)))";

static fixture heap_fixture(uint64_t bytes, bool collect_always, const pirn_allocator *allocator)
{
    pirn_config config = pirn_config_default();
    pirn_store_limits limits = pirn_store_limits_default();
    config.collect_always = collect_always;
    config.allocator = allocator;
    limits.heap_bytes = bytes;
    return fixture_new(&config, &limits);
}

static pirn_status try_invoke(fixture *f, const pirn_instance *instance, const char *name, pirn_slot argument,
                              pirn_slot *result)
{
    pirn_error_clear(f->error);
    return pirn_invoke(f->store, NULL, wasm_find_func(instance, name), &argument, result, f->error);
}

static pirn_slot invoke(fixture *f, const pirn_instance *instance, const char *name, pirn_slot argument)
{
    pirn_slot result = {.u64 = 0};
    int status = try_invoke(f, instance, name, argument, &result);
    expect_outcome(f, status, PIRN_OK, NULL);
    return result;
}

static pirn_slot number(uint32_t value)
{
    return (pirn_slot){.u32 = value};
}

/* ---- What goes ------------------------------------------------------------------------------------------------------- */

static void test_a_loop_of_throws_fits_a_small_heap(void **state)
{
    (void)state;
    fixture f = heap_fixture(SMALL_HEAP, false, NULL);
    pirn_instance *instance = fixture_run_text(&f, text, NULL, 0);
    assert_int_equal(invoke(&f, instance, "values", number(100000)).u32, (uint32_t)(100000ull * 100001 / 2));
    const pirn_exception *last = invoke(&f, instance, "refs", number(100000)).ref;
    assert_int_equal(pirn_exception_values(last)[0].u32, 1);
    assert_true(f.store->heap.collections > 1);
    assert_true(f.store->heap.bytes <= SMALL_HEAP);
    fixture_free(&f);
}

static void test_too_many_exceptions_that_are_kept_fill_the_heap(void **state)
{
    (void)state;
    fixture f = heap_fixture(SMALL_HEAP, false, NULL);
    pirn_instance *instance = fixture_run_text(&f, text, NULL, 0);
    pirn_slot result;
    int status = try_invoke(&f, instance, "chain", number(100000), &result);
    expect_outcome(&f, status, PIRN_EXHAUSTED, "the heap is full");
    assert_int_equal(invoke(&f, instance, "values", number(10)).u32, 55);
    fixture_free(&f);
}

/* ---- What stays ------------------------------------------------------------------------------------------------------ */

static void test_what_exceptions_carry_stays_when_every_allocation_collects(void **state)
{
    (void)state;
    fixture f = heap_fixture(SMALL_HEAP, true, NULL);
    pirn_instance *instance = fixture_run_text(&f, text, NULL, 0);
    pirn_root *chain = pirn_ref_root(f.store, invoke(&f, instance, "chain", number(100)));
    pirn_root *list = pirn_ref_root(f.store, invoke(&f, instance, "list", number(50)));
    assert_non_null(chain);
    assert_non_null(list);
    invoke(&f, instance, "refs", number(100));
    assert_int_equal(invoke(&f, instance, "length", pirn_root_value(chain)).u32, 100);
    const pirn_slot *values = pirn_exception_values(pirn_root_value(list).ref);
    assert_int_equal(values[0].u32, 5);
    assert_int_equal(pirn_ref_kind_of(f.store, PIRN_ANYREF, values[1]), PIRN_REF_STRUCT);
    assert_int_equal(pirn_ref_kind_of(f.store, PIRN_EXNREF, pirn_root_value(list)), PIRN_REF_EXCEPTION);
    pirn_ref_unroot(chain);
    pirn_ref_unroot(list);
    fixture_free(&f);
}

static void test_an_uncaught_exception_stays_until_the_next_call(void **state)
{
    (void)state;
    fixture f = heap_fixture(SMALL_HEAP, false, NULL);
    pirn_instance *instance = fixture_run_text(&f,
                                               "(module (tag $t (param i32))"
                                               "  (func (export \"run\") (param i32) (throw $t (local.get 0)))"
                                               "  (func (export \"nothing\") (param i32)))",
                                               NULL, 0);
    pirn_slot none;
    assert_int_equal(try_invoke(&f, instance, "run", number(3), &none), PIRN_TRAP);
    vm_heap_collect(f.store);
    const pirn_exception *exception = pirn_store_exception(f.store);
    assert_ptr_equal(vm_heap_find(&f.store->heap, exception), exception);
    assert_int_equal(pirn_exception_values(exception)[0].u32, 3);
    assert_int_equal(try_invoke(&f, instance, "nothing", number(0), &none), PIRN_OK);
    assert_null(pirn_store_exception(f.store));
    fixture_free(&f);
}

/* ---- Without memory ---------------------------------------------------------------------------------------------------- */

/* More objects than the list of reached ones has room for, and no memory for more. */
static void test_marking_goes_on_without_memory_for_its_list(void **state)
{
    (void)state;
    test_memory memory;
    test_memory_init(&memory, SIZE_MAX);
    fixture f = heap_fixture(SMALL_HEAP, false, &memory.allocator);
    pirn_instance *instance = fixture_run_text(&f, text, NULL, 0);
    pirn_root *wide = pirn_ref_root(f.store, invoke(&f, instance, "wide", number(5000)));
    size_t before = memory.live_bytes;
    memory.requests_left = 0;
    vm_heap_collect(f.store);
    vm_heap_collect(f.store);
    assert_int_equal(memory.live_bytes, before);
    const vm_array *array = pirn_root_value(wide).ref;
    for (uint32_t i = 0; i < array->length; i++) {
        void *first, *second;
        memcpy(&first, (const uint8_t *)array + VM_ARRAY_DATA + i * sizeof first, sizeof first);
        assert_ptr_equal(vm_heap_find(&f.store->heap, first), first);
        memcpy(&second, (const uint8_t *)first + VM_STRUCT_DATA, sizeof second);
        assert_ptr_equal(vm_heap_find(&f.store->heap, second), second);
    }
    fixture_free(&f);
    assert_int_equal(memory.live_bytes, 0);
}

/* Each step of a life with objects and exceptions; the first failure is the answer. */
static pirn_status live(fixture *f, const pirn_instance *instance)
{
    pirn_slot argument = {.u32 = 40}, result, other;
    PIRN_TRY(try_invoke(f, instance, "values", argument, &result));
    PIRN_TRY(try_invoke(f, instance, "wide", argument, &result));
    pirn_root *root = pirn_ref_root(f->store, result);
    if (root == NULL)
        return PIRN_NOMEM;
    PIRN_TRY(try_invoke(f, instance, "chain", argument, &result));
    PIRN_TRY(try_invoke(f, instance, "length", result, &other));
    if (!pirn_ref_internalize(f->store, (pirn_slot){.ref = f}, &result) ||
        !pirn_ref_externalize(f->store, pirn_i31_new(4), &result))
        return PIRN_NOMEM;
    PIRN_TRY(try_invoke(f, instance, "wide", (pirn_slot){.u32 = 20000}, &result));
    return try_invoke(f, instance, "list", argument, &result);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    pirn_status status = PIRN_NOMEM;
    size_t requests = 0;
    for (; status != PIRN_OK; requests++) {
        test_memory memory;
        test_memory_init(&memory, SIZE_MAX);
        fixture f = heap_fixture(4 * SMALL_HEAP, false, &memory.allocator);
        pirn_instance *instance = fixture_run_text(&f, text, NULL, 0);
        memory.requests_left = requests;
        status = live(&f, instance);
        assert_true(status == PIRN_OK || status == PIRN_NOMEM || status == PIRN_EXHAUSTED);
        memory.requests_left = SIZE_MAX;
        assert_int_equal(live(&f, instance), PIRN_OK);
        fixture_free(&f);
        assert_int_equal(memory.live_bytes, 0);
    }
    assert_in_range(requests, 10, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_loop_of_throws_fits_a_small_heap),
        cmocka_unit_test(test_too_many_exceptions_that_are_kept_fill_the_heap),
        cmocka_unit_test(test_what_exceptions_carry_stays_when_every_allocation_collects),
        cmocka_unit_test(test_an_uncaught_exception_stays_until_the_next_call),
        cmocka_unit_test(test_marking_goes_on_without_memory_for_its_list),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

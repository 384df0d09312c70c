/* SPDX-License-Identifier: Apache-2.0 */
/* vm/binary/writer.c: bytes in their shortest form, sizes put before what they measure. */
#include "vm/binary/writer.h"
#include "vm/test/modules.h"

static void expect_bytes(vm_writer *w, const uint8_t *bytes, size_t len)
{
    assert_false(w->failed);
    assert_int_equal(w->len, len);
    assert_memory_equal(w->data, bytes, len);
    vm_writer_done(w);
}

static void test_writes_every_kind_of_item(void **state)
{
    (void)state;
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_preamble(&w);
    vm_writer_u8(&w, 7);
    vm_writer_leb_unsigned(&w, 300);
    vm_writer_leb_signed(&w, -129);
    vm_writer_u32(&w, 0x01020304);
    vm_writer_u64(&w, 0x0102030405060708);
    vm_writer_name(&w, PIRN_STR("hi"));
    expect_bytes(&w,
                 BYTES("\0asm\1\0\0\0\x07\xAC\x02\xFF\x7E\x04\x03\x02\x01\x08\x07\x06\x05\x04\x03\x02\x01\x02hi"));
}

static void test_sizes_nest_and_grow_their_prefix(void **state)
{
    (void)state;
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    size_t outer = vm_writer_begin(&w, 1);
    size_t inner = vm_writer_begin(&w, 2);
    for (int i = 0; i < 200; i++)
        vm_writer_u8(&w, (uint8_t)i);
    vm_writer_end(&w, inner);
    vm_writer_end(&w, outer);
    assert_int_equal(w.len, 206);
    assert_memory_equal(w.data, "\x01\xCB\x01\x02\xC8\x01\x00\x01\x02", 9);
    assert_int_equal(w.data[205], 199);
    vm_writer_done(&w);
}

static void test_an_empty_section_has_size_zero(void **state)
{
    (void)state;
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_end(&w, vm_writer_begin(&w, 9));
    expect_bytes(&w, BYTES("\x09\x00"));
}

static void test_take_hands_the_buffer_over(void **state)
{
    (void)state;
    test_memory memory;
    test_memory_init(&memory, SIZE_MAX);
    vm_writer w;
    size_t size = 1;
    vm_writer_init(&w, &memory.allocator);
    assert_null(vm_writer_take(&w, &size));
    assert_int_equal(size, 0);
    vm_writer_bytes(&w, "abc", 3);
    uint8_t *bytes = vm_writer_take(&w, &size);
    assert_int_equal(size, 3);
    assert_memory_equal(bytes, "abc", 3);
    vm_writer_done(&w);
    base_free(&memory.allocator, bytes, size);
    assert_int_equal(memory.live_bytes, 0);
}

static void test_out_of_memory_is_sticky(void **state)
{
    (void)state;
    bool failed = true;
    for (size_t n = 0; failed; n++) {
        test_memory memory;
        test_memory_init(&memory, n);
        vm_writer w;
        size_t size;
        vm_writer_init(&w, &memory.allocator);
        test_module(&w, 1, BYTES(TEST_BODY));
        uint8_t *bytes = vm_writer_take(&w, &size);
        failed = w.failed;
        assert_true(failed == (bytes == NULL));
        vm_writer_done(&w);
        base_free(&memory.allocator, bytes, size);
        assert_int_equal(memory.live_bytes, 0);
        assert_true(n < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writes_every_kind_of_item),
        cmocka_unit_test(test_sizes_nest_and_grow_their_prefix),
        cmocka_unit_test(test_an_empty_section_has_size_zero),
        cmocka_unit_test(test_take_hands_the_buffer_over),
        cmocka_unit_test(test_out_of_memory_is_sticky),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* vm/binary/reader.c: every way a read can succeed and fail. */
#include "vm/binary/reader.h"
#include "vm/test/modules.h"

static vm_reader reader_over(const uint8_t *bytes, size_t len, pirn_error *error)
{
    vm_reader r;
    base_error_init(error);
    vm_reader_init(&r, bytes, len, 100, error);
    return r;
}

typedef enum what { U8, U32, S32, S33, U64, S64, FIXED32, FIXED64, NAME, COUNT } what;

static int64_t read_one(vm_reader *r, what kind)
{
    switch (kind) {
    case U8:
        return vm_reader_u8(r);
    case U32:
        return vm_reader_leb_u32(r);
    case S32:
        return vm_reader_leb_s32(r);
    case S33:
        return vm_reader_leb_s33(r);
    case U64:
        return (int64_t)vm_reader_leb_u64(r);
    case S64:
        return vm_reader_leb_s64(r);
    case FIXED32:
        return vm_reader_u32(r);
    case FIXED64:
        return (int64_t)vm_reader_u64(r);
    case NAME:
        return (int64_t)vm_reader_name(r).len;
    case COUNT:
        return vm_reader_count(r, 2, 3, "things");
    }
    return -1;
}

static void test_reads_yield_their_value(void **state)
{
    (void)state;
    static const struct {
        what kind;
        test_bytes bytes;
        int64_t value;
    } cases[] = {
        {U8, {BYTES("\xFE")}, 0xFE},
        {U32, {BYTES("\x7F")}, 127},
        {U32, {BYTES("\xFF\xFF\xFF\xFF\x0F")}, UINT32_MAX},
        {U32, {BYTES("\x80\x80\x80\x80\x00")}, 0},
        {S32, {BYTES("\x3F")}, 63},
        {S32, {BYTES("\x40")}, -64},
        {S32, {BYTES("\x7F")}, -1},
        {S32, {BYTES("\x80\x80\x80\x80\x78")}, INT32_MIN},
        {S33, {BYTES("\xFF\xFF\xFF\xFF\x0F")}, UINT32_MAX},
        {S64, {BYTES("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7F")}, INT64_MIN},
        {U64, {BYTES("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")}, -1},
        {FIXED32, {BYTES("\x01\x02\x03\x84")}, 0x84030201},
        {FIXED64, {BYTES("\x01\x02\x03\x04\x05\x06\x07\x08")}, 0x0807060504030201},
        {NAME, {BYTES("\x03\xE2\x82\xAC")}, 3},
        {NAME, {BYTES("\x00")}, 0},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_error error;
        vm_reader r = reader_over(cases[i].bytes.data, cases[i].bytes.len, &error);
        assert_true(read_one(&r, cases[i].kind) == cases[i].value);
        assert_int_equal(r.status, PIRN_OK);
        assert_true(vm_reader_at_end(&r));
    }
}

static void test_failures_name_the_offending_byte(void **state)
{
    (void)state;
    static const struct {
        what kind;
        test_bytes bytes;
        pirn_status status;
        uint64_t offset;
        const char *message;
    } cases[] = {
        {U8, {BYTES("")}, PIRN_MALFORMED, 100, "unexpected end"},
        {U32, {BYTES("\x80\x80")}, PIRN_MALFORMED, 102, "unexpected end"},
        {U32, {BYTES("\x80\x80\x80\x80\x80\x00")}, PIRN_MALFORMED, 105, "integer representation too long"},
        {U32, {BYTES("\xFF\xFF\xFF\xFF\x1F")}, PIRN_MALFORMED, 104, "integer too large"},
        {S32, {BYTES("\xFF\xFF\xFF\xFF\x0F")}, PIRN_MALFORMED, 104, "integer too large"},
        {FIXED32, {BYTES("\x01\x02\x03")}, PIRN_MALFORMED, 103, "unexpected end"},
        {FIXED64, {BYTES("\x01\x02\x03\x04\x05\x06\x07")}, PIRN_MALFORMED, 107, "unexpected end"},
        {NAME, {BYTES("\x04xyz")}, PIRN_MALFORMED, 100, "length out of bounds"},
        {NAME, {BYTES("\x03x\xFFz")}, PIRN_MALFORMED, 102, "malformed UTF-8 encoding"},
        {COUNT, {BYTES("\x03\x01\x02\x03\x04\x05")}, PIRN_MALFORMED, 106, "unexpected end"},
        {COUNT,
         {BYTES("\x04\x01\x02\x03\x04\x05\x06\x07\x08")},
         PIRN_LIMIT,
         100,
         "too many things: 4, at most 3 are supported"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_error error;
        vm_reader r = reader_over(cases[i].bytes.data, cases[i].bytes.len, &error);
        assert_true(read_one(&r, cases[i].kind) == 0);
        assert_int_equal(r.status, cases[i].status);
        assert_string_equal(pirn_error_message(&error), cases[i].message);
        assert_true(pirn_error_offset(&error) == cases[i].offset);
    }
}

static void test_the_first_failure_stays(void **state)
{
    (void)state;
    pirn_error error;
    vm_reader r = reader_over(BYTES("\xFF\xFF\xFF\xFF\x1F\x05\x06"), &error);
    assert_int_equal(vm_reader_leb_u32(&r), 0);
    assert_int_equal(vm_reader_u8(&r), 0);
    assert_int_equal(vm_reader_peek(&r), 0);
    assert_int_equal(vm_reader_leb_s32(&r), 0);
    vm_range range = vm_reader_bytes(&r, 1);
    assert_ptr_equal(range.start, range.end);
    assert_int_equal(vm_reader_fail(&r, PIRN_INVALID, "later"), PIRN_MALFORMED);
    assert_string_equal(pirn_error_message(&error), "integer too large");
}

static void test_a_part_has_its_own_end_and_the_same_offsets(void **state)
{
    (void)state;
    pirn_error error;
    vm_reader r = reader_over(BYTES("\x01\x02\x03\x04"), &error);
    assert_int_equal(vm_reader_u8(&r), 1);
    vm_reader part = vm_reader_part(&r, vm_reader_bytes(&r, 2));
    assert_int_equal(vm_reader_peek(&part), 2);
    assert_true(vm_reader_offset(&part) == 101);
    assert_int_equal(vm_reader_left(&part), 2);
    assert_int_equal(vm_reader_u8(&part), 2);
    assert_int_equal(vm_reader_u8(&part), 3);
    assert_int_equal(vm_reader_u8(&part), 0);
    assert_int_equal(part.status, PIRN_MALFORMED);
    assert_string_equal(pirn_error_message(&error), "unexpected end of section or function");
    assert_true(pirn_error_offset(&error) == 103);
    assert_int_equal(r.status, PIRN_OK);
    assert_int_equal(vm_reader_u8(&r), 4);
}

static void test_a_null_error_and_no_bytes_are_allowed(void **state)
{
    (void)state;
    vm_reader r;
    vm_reader_init(&r, NULL, 0, 0, NULL);
    assert_int_equal(vm_reader_left(&r), 0);
    assert_int_equal(vm_reader_leb_u64(&r), 0);
    assert_int_equal(r.status, PIRN_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_yield_their_value),
        cmocka_unit_test(test_failures_name_the_offending_byte),
        cmocka_unit_test(test_the_first_failure_stays),
        cmocka_unit_test(test_a_part_has_its_own_end_and_the_same_offsets),
        cmocka_unit_test(test_a_null_error_and_no_bytes_are_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

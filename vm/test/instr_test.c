/* SPDX-License-Identifier: Apache-2.0 */
/* vm/binary/instr.c: every row of opcode.def is read as it was written, and every bad immediate is refused. */
#include "vm/binary/instr.h"
#include "vm/test/modules.h"

enum { BIG = 70000 }; /* an immediate that takes three bytes */

static void write_immediate(vm_writer *w, vm_immediate kind)
{
    switch (kind) {
    case VM_IMM_NONE:
        break;
    case VM_IMM_BLOCK:
    case VM_IMM_I32:
    case VM_IMM_I64:
        vm_writer_leb_signed(w, BIG);
        break;
    case VM_IMM_LABELS:
        vm_writer_bytes(w, "\x02\x05\x86\x00\x07", 5);
        break;
    case VM_IMM_VALTYPES:
        vm_writer_bytes(w, "\x02\x7F\x70", 3);
        break;
    case VM_IMM_HEAPTYPE:
        vm_writer_u8(w, VM_CODE_EXTERNREF);
        break;
    case VM_IMM_F32:
        vm_writer_u32(w, 0x7FC00001);
        break;
    case VM_IMM_F64:
        vm_writer_u64(w, 0x7FF8000000000001);
        break;
    case VM_IMM_MEM1:
    case VM_IMM_MEM2:
    case VM_IMM_MEM4:
    case VM_IMM_MEM8:
    case VM_IMM_MEM16:
        vm_writer_u8(w, 3);
        vm_writer_leb_unsigned(w, BIG);
        break;
    case VM_IMM_MEM1_LANE:
    case VM_IMM_MEM2_LANE:
    case VM_IMM_MEM4_LANE:
    case VM_IMM_MEM8_LANE:
        vm_writer_u8(w, 3);
        vm_writer_leb_unsigned(w, BIG);
        vm_writer_u8(w, 7);
        break;
    case VM_IMM_LANE2:
    case VM_IMM_LANE4:
    case VM_IMM_LANE8:
    case VM_IMM_LANE16:
        vm_writer_u8(w, 200);
        break;
    case VM_IMM_SHUFFLE:
    case VM_IMM_V128:
        vm_writer_bytes(w, "0123456789abcdef", 16);
        break;
    case VM_IMM_TRY_TABLE:
        vm_writer_leb_signed(w, BIG);
        vm_writer_bytes(w, "\x02\x00\x07\x08\x03\x09", 6);
        break;
    case VM_IMM_TYPE_TAG_HANDLERS:
    case VM_IMM_TYPE_HANDLERS:
        vm_writer_leb_unsigned(w, BIG);
        if (kind == VM_IMM_TYPE_TAG_HANDLERS)
            vm_writer_leb_unsigned(w, BIG + 1);
        vm_writer_bytes(w, "\x02\x00\x07\x08\x01\x09", 6);
        break;
    case VM_IMM_CAST:
        vm_writer_bytes(w, "\x01\x05\x6F\x70", 4);
        break;
    case VM_IMM_FENCE:
        vm_writer_u8(w, 0);
        break;
    case VM_IMM_TYPE_TABLE:
    case VM_IMM_TABLE2:
    case VM_IMM_ELEM_TABLE:
    case VM_IMM_DATA_MEMORY:
    case VM_IMM_MEMORY2:
    case VM_IMM_TYPE2:
    case VM_IMM_TYPE_FIELD:
    case VM_IMM_TYPE_COUNT:
    case VM_IMM_TYPE_DATA:
    case VM_IMM_TYPE_ELEM:
    case VM_IMM_TYPE_TAG:
        vm_writer_leb_unsigned(w, BIG);
        vm_writer_leb_unsigned(w, BIG + 1);
        break;
    default:
        vm_writer_leb_unsigned(w, BIG);
        break;
    }
}

static void expect_catches(const vm_instr *instr)
{
    vm_reader r;
    assert_true(instr->try_table.type.index == BIG && instr->block.index == BIG);
    assert_int_equal(instr->try_table.count, 2);
    vm_reader_init(&r, instr->try_table.catches.start,
                   (size_t)(instr->try_table.catches.end - instr->try_table.catches.start), 0, NULL);
    vm_catch one = vm_reader_catch(&r), all = vm_reader_catch(&r);
    assert_true(one.kind == VM_CATCH && one.tag == 7 && one.label == 8);
    assert_true(all.kind == VM_CATCH_ALL_REF && all.label == 9);
    assert_true(vm_reader_at_end(&r));
}

static void expect_handlers(const vm_instr *instr)
{
    vm_reader r;
    assert_int_equal(instr->resume.type, BIG);
    assert_int_equal(instr->resume.count, 2);
    vm_reader_init(&r, instr->resume.handlers.start,
                   (size_t)(instr->resume.handlers.end - instr->resume.handlers.start), 0, NULL);
    vm_on label = vm_reader_on(&r), other = vm_reader_on(&r);
    assert_true(label.kind == VM_ON_LABEL && label.tag == 7 && label.label == 8);
    assert_true(other.kind == VM_ON_SWITCH && other.tag == 9);
    assert_true(vm_reader_at_end(&r));
}

static void expect_immediate(const vm_instr *instr, vm_immediate kind)
{
    switch (kind) {
    case VM_IMM_NONE:
        break;
    case VM_IMM_BLOCK:
        assert_true(instr->block.index == BIG);
        break;
    case VM_IMM_I32:
        assert_int_equal(instr->i32, BIG);
        break;
    case VM_IMM_I64:
        assert_true(instr->i64 == BIG);
        break;
    case VM_IMM_LABELS:
        assert_int_equal(instr->vector.count, 2);
        assert_int_equal(instr->vector.entries.end - instr->vector.entries.start, 4);
        break;
    case VM_IMM_VALTYPES:
        assert_int_equal(instr->vector.count, 2);
        assert_int_equal(instr->vector.entries.end - instr->vector.entries.start, 2);
        break;
    case VM_IMM_HEAPTYPE: {
        bool non_null = vm_opcode_has_nullable_twin(instr->opcode);
        assert_int_equal(instr->type, non_null ? vm_valtype_non_null(PIRN_EXTERNREF) : PIRN_EXTERNREF);
        break;
    }
    case VM_IMM_LANE2:
    case VM_IMM_LANE4:
    case VM_IMM_LANE8:
    case VM_IMM_LANE16:
        assert_int_equal(instr->index, 200);
        break;
    case VM_IMM_SHUFFLE:
    case VM_IMM_V128:
        assert_memory_equal(instr->bytes, "0123456789abcdef", 16);
        break;
    case VM_IMM_TRY_TABLE:
        expect_catches(instr);
        break;
    case VM_IMM_TYPE_TAG_HANDLERS:
        assert_int_equal(instr->resume.tag, BIG + 1);
        expect_handlers(instr);
        break;
    case VM_IMM_TYPE_HANDLERS:
        expect_handlers(instr);
        break;
    case VM_IMM_CAST:
        assert_int_equal(instr->cast.label, 5);
        assert_int_equal(instr->cast.from, PIRN_EXTERNREF);
        assert_int_equal(instr->cast.to, vm_valtype_non_null(PIRN_FUNCREF));
        break;
    case VM_IMM_FENCE:
        break;
    case VM_IMM_MEM1_LANE:
    case VM_IMM_MEM2_LANE:
    case VM_IMM_MEM4_LANE:
    case VM_IMM_MEM8_LANE:
        assert_int_equal(instr->memarg.lane, 7);
        assert_true(instr->memarg.offset == BIG);
        break;
    case VM_IMM_F32:
        assert_int_equal(instr->f32_bits, 0x7FC00001);
        break;
    case VM_IMM_F64:
        assert_true(instr->f64_bits == 0x7FF8000000000001);
        break;
    case VM_IMM_MEM1:
    case VM_IMM_MEM2:
    case VM_IMM_MEM4:
    case VM_IMM_MEM8:
    case VM_IMM_MEM16:
        assert_int_equal(instr->memarg.align_log2, 3);
        assert_int_equal(instr->memarg.memory, 0);
        assert_true(instr->memarg.offset == BIG);
        break;
    case VM_IMM_TYPE_TABLE:
    case VM_IMM_TABLE2:
    case VM_IMM_ELEM_TABLE:
    case VM_IMM_DATA_MEMORY:
    case VM_IMM_MEMORY2:
    case VM_IMM_TYPE2:
    case VM_IMM_TYPE_FIELD:
    case VM_IMM_TYPE_COUNT:
    case VM_IMM_TYPE_DATA:
    case VM_IMM_TYPE_ELEM:
    case VM_IMM_TYPE_TAG:
        assert_int_equal(instr->index2, BIG + 1);
        assert_int_equal(instr->index, BIG);
        break;
    default:
        assert_int_equal(instr->index, BIG);
        break;
    }
}

static void write_instr(vm_writer *w, vm_opcode opcode)
{
    const vm_opcode_info *info = &vm_opcodes[opcode];
    vm_writer_init(w, pirn_allocator_default());
    if (info->prefix == 0) {
        vm_writer_u8(w, (uint8_t)info->code);
    } else {
        vm_writer_u8(w, info->prefix);
        vm_writer_leb_unsigned(w, info->code);
    }
    write_immediate(w, (vm_immediate)info->immediate);
}

static void test_every_row_is_read_back(void **state)
{
    (void)state;
    for (unsigned opcode = 0; opcode < VM_OP_COUNT; opcode++) {
        vm_writer w;
        vm_reader r;
        vm_instr instr;
        write_instr(&w, (vm_opcode)opcode);
        vm_reader_init(&r, w.data, w.len, 0, NULL);
        assert_true(vm_instr_read(&r, ~0u, &instr));
        assert_int_equal(instr.opcode, opcode);
        assert_ptr_equal(instr.start, w.data);
        expect_immediate(&instr, (vm_immediate)vm_opcodes[opcode].immediate);
        assert_true(vm_reader_at_end(&r));
        assert_false(vm_instr_read(&r, ~0u, &instr));
        assert_int_equal(r.status, PIRN_OK);
        vm_writer_done(&w);
    }
}

static void test_every_row_cut_short_is_malformed(void **state)
{
    (void)state;
    for (unsigned opcode = 0; opcode < VM_OP_COUNT; opcode++) {
        vm_writer w;
        write_instr(&w, (vm_opcode)opcode);
        for (size_t len = 1; len < w.len; len++) {
            vm_reader r;
            vm_instr instr;
            uint8_t *exact = malloc(len);
            memcpy(exact, w.data, len);
            vm_reader_init(&r, exact, len, 0, NULL);
            assert_false(vm_instr_read(&r, ~0u, &instr));
            assert_int_equal(r.status, PIRN_MALFORMED);
            free(exact);
        }
        vm_writer_done(&w);
    }
}

static void test_rows_of_a_feature_that_is_off_are_invalid(void **state)
{
    (void)state;
    for (unsigned opcode = 0; opcode < VM_OP_COUNT; opcode++) {
        const vm_opcode_info *info = &vm_opcodes[opcode];
        vm_writer w;
        vm_reader r;
        vm_instr instr;
        pirn_error error;
        char message[128];
        if (info->feature == 0)
            continue;
        write_instr(&w, (vm_opcode)opcode);
        base_error_init(&error);
        vm_reader_init(&r, w.data, w.len, 9, &error);
        assert_false(vm_instr_read(&r, ~info->feature, &instr));
        assert_int_equal(r.status, PIRN_INVALID);
        snprintf(message, sizeof message, "%s needs the feature %s, which is off", info->text,
                 vm_feature_name(info->feature));
        assert_string_equal(pirn_error_message(&error), message);
        assert_true(pirn_error_offset(&error) == 9);
        vm_writer_done(&w);
    }
}

static void test_bad_instructions_are_refused(void **state)
{
    (void)state;
    static const struct {
        test_bytes bytes;
        uint32_t features;
        pirn_status status;
        uint64_t offset;
        const char *message;
    } cases[] = {
        {{BYTES("\xFF")}, ~0u, PIRN_MALFORMED, 0, "illegal opcode ff"},
        {{BYTES("\x16")}, ~0u, PIRN_MALFORMED, 0, "illegal opcode 16"},
        {{BYTES("\xFC\x7F")}, ~0u, PIRN_MALFORMED, 0, "illegal opcode fc 7f"},
        {{BYTES("\xFD\x94\x02")}, ~0u, PIRN_MALFORMED, 0, "illegal opcode fd 114"},
        {{BYTES("\xFE\x03\x01")}, ~0u, PIRN_MALFORMED, 2, "zero byte expected"},
        {{BYTES("\xFB\x18\x04\x00\x6F\x6F")}, ~0u, PIRN_MALFORMED, 2, "malformed br_on_cast flags 0x04"},
        {{BYTES("\x1F\x40\x01\x04\x00\x00")}, ~0u, PIRN_MALFORMED, 3, "malformed catch clause 0x04"},
        {{BYTES("\xFC")}, ~0u, PIRN_MALFORMED, 1, "unexpected end"},
        {{BYTES("\x02\x61")}, ~0u, PIRN_MALFORMED, 1, "malformed value type 0x61"},
        {{BYTES("\x02\x6E")}, 0, PIRN_INVALID, 1, "anyref needs the feature gc, which is off"},
        {{BYTES("\x02\xFF\x7F")}, ~0u, PIRN_MALFORMED, 1, "malformed block type"},
        {{BYTES("\x02\x01")},
         0,
         PIRN_INVALID,
         1,
         "a type index as block type needs the feature multi-value, which is off"},
        {{BYTES("\x02\x7B")}, 0, PIRN_INVALID, 1, "v128 needs the feature simd, which is off"},
        {{BYTES("\x28\x80\x01\x00")}, ~0u, PIRN_MALFORMED, 1, "malformed memop flags 0x80"},
        {{BYTES("\x28\x40\x00\x00")}, 0, PIRN_MALFORMED, 1, "malformed memop flags 0x40"},
        {{BYTES("\x3F\x01")}, 0, PIRN_MALFORMED, 1, "zero byte expected"},
        {{BYTES("\x40\x80\x00")}, 0, PIRN_MALFORMED, 1, "zero byte expected"},
        {{BYTES("\xD0\x7F")}, ~0u, PIRN_MALFORMED, 1, "malformed heap type 0x7f"},
        {{BYTES("\x0E\xFF\xFF\xFF\xFF\x0F\x00")}, ~0u, PIRN_MALFORMED, 7, "unexpected end"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        vm_reader r;
        vm_instr instr;
        pirn_error error;
        base_error_init(&error);
        vm_reader_init(&r, cases[i].bytes.data, cases[i].bytes.len, 0, &error);
        assert_false(vm_instr_read(&r, cases[i].features, &instr));
        assert_string_equal(pirn_error_message(&error), cases[i].message);
        assert_int_equal(r.status, cases[i].status);
        assert_true(pirn_error_offset(&error) == cases[i].offset);
    }
}

static void test_an_expression_ends_with_the_end_of_its_depth(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x41, 0x0B, 0x02, 0x40, 0x0B, 0x0B, 0x01};
    vm_reader r;
    vm_reader_init(&r, bytes, sizeof bytes, 0, NULL);
    vm_range expr = vm_reader_expr(&r, ~0u);
    assert_ptr_equal(expr.start, bytes);
    assert_int_equal(expr.end - expr.start, 6);
    expr = vm_reader_expr(&r, ~0u);
    assert_ptr_equal(expr.start, expr.end);
    assert_int_equal(r.status, PIRN_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_read_back),
        cmocka_unit_test(test_every_row_cut_short_is_malformed),
        cmocka_unit_test(test_rows_of_a_feature_that_is_off_are_invalid),
        cmocka_unit_test(test_bad_instructions_are_refused),
        cmocka_unit_test(test_an_expression_ends_with_the_end_of_its_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What follows a mnemonic (spec 6.5): each kind of immediate of opcode.def, as the parser reads it. What is not said there is
 * not said here: memory 0, table 0, an offset of 0, the natural alignment. */
#include "vm/binary/types.h"
#include "vm/text/numbers.h"
#include "vm/text/printer.h"
#include <inttypes.h>

/* ---- Blocks ---------------------------------------------------------------------------------------------------- */

static void print_blocktype(vm_printer *p, const vm_blocktype *type)
{
    if (type->index >= 0) {
        vm_print_typeuse(p, (uint32_t)type->index);
    } else if (type->value != VM_BOTTOM) {
        vm_print(p, " (result ");
        vm_print_valtype(p, type->value);
        vm_print(p, ")");
    }
}

/* Their labels are counted from outside of the block, whose own is open already, and meanwhile is not. */
static void print_catches(vm_printer *p, const vm_instr *instr)
{
    size_t open = p->labels.len;
    static const char *const words[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
    vm_reader r = vm_reader_part(&p->whole, instr->try_table.catches);
    vm_print_pop_label(p);
    for (uint32_t i = 0; i < instr->try_table.count && vm_print_ok(p, &r); i++) {
        vm_catch clause = vm_reader_catch(&r);
        vm_print(p, " (%s", words[clause.kind]);
        if (clause.kind == VM_CATCH || clause.kind == VM_CATCH_REF)
            vm_print_index(p, VM_NAMES_TAG, clause.tag);
        vm_print_label_index(p, clause.label);
        vm_print(p, ")");
    }
    p->labels.len = open;
}

static void print_handlers(vm_printer *p, const vm_instr *instr)
{
    vm_reader r = vm_reader_part(&p->whole, instr->resume.handlers);
    for (uint32_t i = 0; i < instr->resume.count && vm_print_ok(p, &r); i++) {
        vm_on on = vm_reader_on(&r);
        vm_print(p, " (on");
        vm_print_index(p, VM_NAMES_TAG, on.tag);
        if (on.kind == VM_ON_SWITCH)
            vm_print(p, " switch");
        else
            vm_print_label_index(p, on.label);
        vm_print(p, ")");
    }
}

static void print_labels(vm_printer *p, const vm_instr *instr)
{
    vm_reader r = vm_reader_part(&p->whole, instr->vector.entries);
    for (uint64_t i = 0; i <= instr->vector.count && vm_print_ok(p, &r); i++)
        vm_print_label_index(p, vm_reader_leb_u32(&r));
}

static void print_result_types(vm_printer *p, const vm_instr *instr)
{
    vm_reader r = vm_reader_part(&p->whole, instr->vector.entries);
    vm_print(p, " (result");
    for (uint32_t i = 0; i < instr->vector.count && vm_print_ok(p, &r); i++) {
        vm_print(p, " ");
        vm_print_valtype(p, vm_reader_valtype(&r, p->module->features));
    }
    vm_print(p, ")");
}

/* ---- Indices --------------------------------------------------------------------------------------------------- */

static void print_unless_zero(vm_printer *p, vm_name_kind kind, uint32_t index)
{
    if (index != 0)
        vm_print_index(p, kind, index);
}

/* Both or neither: of copies. */
static void print_pair(vm_printer *p, vm_name_kind kind, const vm_instr *instr)
{
    if (instr->index == 0 && instr->index2 == 0)
        return;
    vm_print_index(p, kind, instr->index);
    vm_print_index(p, kind, instr->index2);
}

/* The text has them in the other order. */
static void print_segment(vm_printer *p, vm_name_kind target, vm_name_kind segment, const vm_instr *instr)
{
    print_unless_zero(p, target, instr->index2);
    vm_print_index(p, segment, instr->index);
}

static void print_type_and(vm_printer *p, vm_name_kind kind, const vm_instr *instr)
{
    vm_print_index(p, VM_NAMES_TYPE, instr->index);
    vm_print_index(p, kind, instr->index2);
}

static void print_memarg(vm_printer *p, const vm_memarg *memarg, unsigned natural_log2)
{
    print_unless_zero(p, VM_NAMES_MEMORY, memarg->memory);
    if (memarg->offset != 0)
        vm_print(p, " offset=%" PRIu64, memarg->offset);
    if (memarg->align_log2 != natural_log2)
        vm_print(p, " align=%" PRIu64, (uint64_t)1 << memarg->align_log2);
}

/* ---- Constants ------------------------------------------------------------------------------------------------- */

static void print_v128(vm_printer *p, const uint8_t bytes[16])
{
    vm_print(p, " i32x4");
    for (size_t lane = 0; lane < 16; lane += 4)
        vm_print(p, " 0x%08" PRIx32, base_load_u32(bytes + lane));
}

static void print_shuffle(vm_printer *p, const uint8_t lanes[16])
{
    for (size_t i = 0; i < 16; i++)
        vm_print(p, " %u", lanes[i]);
}

static void print_f32(vm_printer *p, uint32_t bits)
{
    char text[VM_NUMBER_TEXT];
    vm_number_f32_text(bits, text);
    vm_print(p, " %s", text);
}

static void print_f64(vm_printer *p, uint64_t bits)
{
    char text[VM_NUMBER_TEXT];
    vm_number_f64_text(bits, text);
    vm_print(p, " %s", text);
}

/* ---- Kinds ----------------------------------------------------------------------------------------------------- */

static void print_immediate(vm_printer *p, vm_immediate kind, const vm_instr *instr)
{
    switch (kind) {
    case VM_IMM_NONE:
    case VM_IMM_FENCE:
        return;
    case VM_IMM_BLOCK:
        vm_print_block_label(p);
        print_blocktype(p, &instr->block);
        return;
    case VM_IMM_TRY_TABLE:
        vm_print_block_label(p);
        print_blocktype(p, &instr->try_table.type);
        print_catches(p, instr);
        return;
    case VM_IMM_LABEL:
        vm_print_label_index(p, instr->index);
        return;
    case VM_IMM_LABELS:
        print_labels(p, instr);
        return;
    case VM_IMM_VALTYPES:
        print_result_types(p, instr);
        return;
    case VM_IMM_FUNC:
        vm_print_index(p, VM_NAMES_FUNC, instr->index);
        return;
    case VM_IMM_TYPE_TABLE:
        print_unless_zero(p, VM_NAMES_TABLE, instr->index2);
        vm_print_typeuse(p, instr->index);
        return;
    case VM_IMM_LOCAL:
        vm_print_local_index(p, instr->index);
        return;
    case VM_IMM_GLOBAL:
        vm_print_index(p, VM_NAMES_GLOBAL, instr->index);
        return;
    case VM_IMM_TAG:
        vm_print_index(p, VM_NAMES_TAG, instr->index);
        return;
    case VM_IMM_TYPE:
        vm_print_index(p, VM_NAMES_TYPE, instr->index);
        return;
    case VM_IMM_TABLE:
        print_unless_zero(p, VM_NAMES_TABLE, instr->index);
        return;
    case VM_IMM_TABLE2:
        print_pair(p, VM_NAMES_TABLE, instr);
        return;
    case VM_IMM_ELEM:
        vm_print_index(p, VM_NAMES_ELEM, instr->index);
        return;
    case VM_IMM_ELEM_TABLE:
        print_segment(p, VM_NAMES_TABLE, VM_NAMES_ELEM, instr);
        return;
    case VM_IMM_DATA:
        vm_print_index(p, VM_NAMES_DATA, instr->index);
        return;
    case VM_IMM_DATA_MEMORY:
        print_segment(p, VM_NAMES_MEMORY, VM_NAMES_DATA, instr);
        return;
    case VM_IMM_MEMORY:
        print_unless_zero(p, VM_NAMES_MEMORY, instr->index);
        return;
    case VM_IMM_MEMORY2:
        print_pair(p, VM_NAMES_MEMORY, instr);
        return;
    case VM_IMM_MEM1:
    case VM_IMM_MEM2:
    case VM_IMM_MEM4:
    case VM_IMM_MEM8:
    case VM_IMM_MEM16:
        print_memarg(p, &instr->memarg, (unsigned)(kind - VM_IMM_MEM1));
        return;
    case VM_IMM_MEM1_LANE:
    case VM_IMM_MEM2_LANE:
    case VM_IMM_MEM4_LANE:
    case VM_IMM_MEM8_LANE:
        print_memarg(p, &instr->memarg, (unsigned)(kind - VM_IMM_MEM1_LANE));
        vm_print(p, " %u", (unsigned)instr->memarg.lane);
        return;
    case VM_IMM_LANE2:
    case VM_IMM_LANE4:
    case VM_IMM_LANE8:
    case VM_IMM_LANE16:
        vm_print(p, " %u", (unsigned)instr->index);
        return;
    case VM_IMM_SHUFFLE:
        print_shuffle(p, instr->bytes);
        return;
    case VM_IMM_V128:
        print_v128(p, instr->bytes);
        return;
    case VM_IMM_TYPE2:
        print_type_and(p, VM_NAMES_TYPE, instr);
        return;
    case VM_IMM_TYPE_DATA:
        print_type_and(p, VM_NAMES_DATA, instr);
        return;
    case VM_IMM_TYPE_ELEM:
        print_type_and(p, VM_NAMES_ELEM, instr);
        return;
    case VM_IMM_TYPE_FIELD:
        vm_print_index(p, VM_NAMES_TYPE, instr->index);
        vm_print_field_index(p, instr->index, instr->index2);
        return;
    case VM_IMM_TYPE_COUNT:
        vm_print_index(p, VM_NAMES_TYPE, instr->index);
        vm_print(p, " %u", (unsigned)instr->index2);
        return;
    case VM_IMM_TYPE_TAG:
        print_type_and(p, VM_NAMES_TAG, instr);
        return;
    case VM_IMM_TYPE_HANDLERS:
        vm_print_index(p, VM_NAMES_TYPE, instr->resume.type);
        print_handlers(p, instr);
        return;
    case VM_IMM_TYPE_TAG_HANDLERS:
        vm_print_index(p, VM_NAMES_TYPE, instr->resume.type);
        vm_print_index(p, VM_NAMES_TAG, instr->resume.tag);
        print_handlers(p, instr);
        return;
    case VM_IMM_CAST:
        vm_print_label_index(p, instr->cast.label);
        vm_print(p, " ");
        vm_print_valtype(p, instr->cast.from);
        vm_print(p, " ");
        vm_print_valtype(p, instr->cast.to);
        return;
    case VM_IMM_HEAPTYPE:
        if (instr->opcode == VM_OP_REF_NULL) {
            vm_print_heaptype(p, instr->type);
        } else {
            vm_print(p, " ");
            vm_print_valtype(p, instr->type);
        }
        return;
    case VM_IMM_I32:
        vm_print(p, " %" PRId32, instr->i32);
        return;
    case VM_IMM_I64:
        vm_print(p, " %" PRId64, instr->i64);
        return;
    case VM_IMM_F32:
        print_f32(p, instr->f32_bits);
        return;
    case VM_IMM_F64:
        print_f64(p, instr->f64_bits);
        return;
    }
}

void vm_print_instr(vm_printer *p, const vm_instr *instr)
{
    const vm_opcode_info *info = &vm_opcodes[instr->opcode];
    vm_print_text(p, pirn_str_of(info->text));
    print_immediate(p, (vm_immediate)info->immediate, instr);
}

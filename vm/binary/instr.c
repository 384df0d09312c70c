/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading instructions (spec 5.4): the code finds the row of opcode.def, the row's immediate kind
 * says what follows. This is on the path of the validator, of the translator and of the printer, so
 * it does not allocate or look back.
 */
#include "vm/binary/instr.h"
#include "vm/binary/types.h"
#include <string.h>

/* The bits of a memarg's first number (5.4.5): the alignment, and whether a memory index follows. */
enum { MEMARG_ALIGN_MASK = 0x3F, MEMARG_MEMORY = 0x40 };

static vm_opcode read_prefixed(vm_reader *r, const uint8_t *at, uint8_t prefix)
{
    uint32_t code = vm_reader_leb_u32(r);
    vm_opcode opcode = vm_opcode_find(prefix, code);
    if (opcode == VM_OP_COUNT)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "illegal opcode %02x %02x", prefix, code);
    return opcode;
}

static vm_opcode read_opcode(vm_reader *r)
{
    const uint8_t *at = r->pos;
    uint8_t code = vm_reader_u8(r);
    uint16_t row = vm_opcode_rows[0][code];
    if (BASE_LIKELY(row != 0))
        return (vm_opcode)(row - 1);
    if (code >= VM_FIRST_PREFIX && code <= VM_LAST_PREFIX)
        return read_prefixed(r, at, code);
    vm_reader_fail_at(r, at, PIRN_MALFORMED, "illegal opcode %02x", code);
    return VM_OP_COUNT;
}

static vm_memarg read_memarg(vm_reader *r, uint32_t features)
{
    const uint8_t *at = r->pos;
    uint32_t flags = vm_reader_leb_u32(r);
    uint32_t known = features & PIRN_FEATURE_MULTI_MEMORY ? MEMARG_ALIGN_MASK | MEMARG_MEMORY : MEMARG_ALIGN_MASK;
    if (flags & ~known)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed memop flags 0x%x", flags);
    vm_memarg memarg = {.align_log2 = flags & MEMARG_ALIGN_MASK};
    if (flags & MEMARG_MEMORY)
        memarg.memory = vm_reader_leb_u32(r);
    memarg.offset = features & PIRN_FEATURE_MEMORY64 ? vm_reader_leb_u64(r) : vm_reader_leb_u32(r);
    return memarg;
}

/* Before there could be several memories, a zero byte stood in the place of the index. */
static uint32_t read_memory_index(vm_reader *r, uint32_t features)
{
    if (features & PIRN_FEATURE_MULTI_MEMORY)
        return vm_reader_leb_u32(r);
    const uint8_t *at = r->pos;
    if (vm_reader_u8(r) != 0)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "zero byte expected");
    return 0;
}

static void read_labels(vm_reader *r, vm_instr *out)
{
    out->vector.count = vm_reader_count(r, 1, VM_LIMIT_BODY_BYTES, "labels");
    out->vector.entries.start = r->pos;
    for (uint64_t i = 0; i <= out->vector.count; i++)
        vm_reader_leb_u32(r);
    out->vector.entries.end = r->pos;
}

static void read_valtypes(vm_reader *r, uint32_t features, vm_instr *out)
{
    out->vector.count = vm_reader_count(r, 1, VM_LIMIT_RESULTS, "result types");
    out->vector.entries.start = r->pos;
    for (uint32_t i = 0; i < out->vector.count; i++)
        vm_reader_valtype(r, features);
    out->vector.entries.end = r->pos;
}

static void read_fixed_bytes(vm_reader *r, vm_instr *out)
{
    vm_range range = vm_reader_bytes(r, sizeof out->bytes);
    if (range.start != range.end)
        memcpy(out->bytes, range.start, sizeof out->bytes);
}

/* The reference type with or without null: heap types are read as the nullable one. */
static vm_valtype read_reftype_to(vm_reader *r, uint32_t features, bool nullable)
{
    vm_valtype type = vm_reader_heaptype(r, features);
    return nullable ? type : vm_valtype_non_null(type);
}

static void read_cast(vm_reader *r, uint32_t features, vm_instr *out)
{
    enum { FROM_NULL = 1, TO_NULL = 2 };
    const uint8_t *at = r->pos;
    uint8_t flags = vm_reader_u8(r);
    if (flags & ~(FROM_NULL | TO_NULL))
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed br_on_cast flags 0x%02x", flags);
    out->cast.label = vm_reader_leb_u32(r);
    out->cast.from = read_reftype_to(r, features, flags & FROM_NULL);
    out->cast.to = read_reftype_to(r, features, flags & TO_NULL);
}

vm_catch vm_reader_catch(vm_reader *reader)
{
    const uint8_t *at = reader->pos;
    uint8_t kind = vm_reader_u8(reader);
    if (kind >= VM_CATCH_KINDS)
        vm_reader_fail_at(reader, at, PIRN_MALFORMED, "malformed catch clause 0x%02x", kind);
    vm_catch clause = {.kind = (vm_catch_kind)kind};
    if (kind == VM_CATCH || kind == VM_CATCH_REF)
        clause.tag = vm_reader_leb_u32(reader);
    clause.label = vm_reader_leb_u32(reader);
    return clause;
}

static void read_try_table(vm_reader *r, uint32_t features, vm_instr *out)
{
    enum { MIN_CLAUSE = 2 }; /* kind, label */
    out->try_table.type = vm_reader_blocktype(r, features);
    out->try_table.count = vm_reader_count(r, MIN_CLAUSE, VM_LIMIT_BODY_BYTES, "catch clauses");
    out->try_table.catches.start = r->pos;
    for (uint32_t i = 0; i < out->try_table.count; i++)
        vm_reader_catch(r);
    out->try_table.catches.end = r->pos;
}

vm_on vm_reader_on(vm_reader *reader)
{
    const uint8_t *at = reader->pos;
    uint8_t kind = vm_reader_u8(reader);
    if (kind >= VM_ON_KINDS)
        vm_reader_fail_at(reader, at, PIRN_MALFORMED, "malformed handler 0x%02x", kind);
    vm_on handler = {.kind = (vm_handler_kind)kind, .tag = vm_reader_leb_u32(reader)};
    if (kind == VM_ON_LABEL)
        handler.label = vm_reader_leb_u32(reader);
    return handler;
}

static void read_handlers(vm_reader *r, vm_instr *out)
{
    enum { MIN_HANDLER = 2 }; /* kind, tag */
    out->resume.count = vm_reader_count(r, MIN_HANDLER, VM_LIMIT_BODY_BYTES, "handlers");
    out->resume.handlers.start = r->pos;
    for (uint32_t i = 0; i < out->resume.count; i++)
        vm_reader_on(r);
    out->resume.handlers.end = r->pos;
}

static void read_fence(vm_reader *r)
{
    const uint8_t *at = r->pos;
    if (vm_reader_u8(r) != 0)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "zero byte expected");
}

static void read_immediate(vm_reader *r, uint32_t features, vm_immediate kind, vm_instr *out)
{
    switch (kind) {
    case VM_IMM_NONE:
        return;
    case VM_IMM_BLOCK:
        out->block = vm_reader_blocktype(r, features);
        return;
    case VM_IMM_LABELS:
        read_labels(r, out);
        return;
    case VM_IMM_LABEL:
    case VM_IMM_FUNC:
    case VM_IMM_LOCAL:
    case VM_IMM_GLOBAL:
    case VM_IMM_TABLE:
    case VM_IMM_ELEM:
    case VM_IMM_DATA:
    case VM_IMM_TAG:
    case VM_IMM_TYPE:
        out->index = vm_reader_leb_u32(r);
        return;
    case VM_IMM_MEMORY:
        out->index = read_memory_index(r, features);
        return;
    case VM_IMM_MEMORY2:
        out->index = read_memory_index(r, features);
        out->index2 = read_memory_index(r, features);
        return;
    case VM_IMM_DATA_MEMORY:
        out->index = vm_reader_leb_u32(r);
        out->index2 = read_memory_index(r, features);
        return;
    case VM_IMM_TYPE_TABLE:
    case VM_IMM_TABLE2:
    case VM_IMM_ELEM_TABLE:
    case VM_IMM_TYPE2:
    case VM_IMM_TYPE_FIELD:
    case VM_IMM_TYPE_COUNT:
    case VM_IMM_TYPE_DATA:
    case VM_IMM_TYPE_ELEM:
    case VM_IMM_TYPE_TAG:
        out->index = vm_reader_leb_u32(r);
        out->index2 = vm_reader_leb_u32(r);
        return;
    case VM_IMM_MEM1:
    case VM_IMM_MEM2:
    case VM_IMM_MEM4:
    case VM_IMM_MEM8:
    case VM_IMM_MEM16:
        out->memarg = read_memarg(r, features);
        return;
    case VM_IMM_MEM1_LANE:
    case VM_IMM_MEM2_LANE:
    case VM_IMM_MEM4_LANE:
    case VM_IMM_MEM8_LANE:
        out->memarg = read_memarg(r, features);
        out->memarg.lane = vm_reader_u8(r);
        return;
    case VM_IMM_LANE2:
    case VM_IMM_LANE4:
    case VM_IMM_LANE8:
    case VM_IMM_LANE16:
        out->index = vm_reader_u8(r);
        return;
    case VM_IMM_SHUFFLE:
    case VM_IMM_V128:
        read_fixed_bytes(r, out);
        return;
    case VM_IMM_TRY_TABLE:
        read_try_table(r, features, out);
        return;
    case VM_IMM_TYPE_HANDLERS:
        out->resume.type = vm_reader_leb_u32(r);
        read_handlers(r, out);
        return;
    case VM_IMM_TYPE_TAG_HANDLERS:
        out->resume.type = vm_reader_leb_u32(r);
        out->resume.tag = vm_reader_leb_u32(r);
        read_handlers(r, out);
        return;
    case VM_IMM_CAST:
        read_cast(r, features, out);
        return;
    case VM_IMM_FENCE:
        read_fence(r);
        return;
    case VM_IMM_HEAPTYPE:
        out->type = read_reftype_to(r, features, !vm_opcode_has_nullable_twin(out->opcode));
        return;
    case VM_IMM_VALTYPES:
        read_valtypes(r, features, out);
        return;
    case VM_IMM_I32:
        out->i32 = vm_reader_leb_s32(r);
        return;
    case VM_IMM_I64:
        out->i64 = vm_reader_leb_s64(r);
        return;
    case VM_IMM_F32:
        out->f32_bits = vm_reader_u32(r);
        return;
    case VM_IMM_F64:
        out->f64_bits = vm_reader_u64(r);
        return;
    }
}

bool vm_instr_read(vm_reader *reader, uint32_t features, vm_instr *out)
{
    if (vm_reader_at_end(reader))
        return false;
    out->start = reader->pos;
    out->opcode = read_opcode(reader);
    if (BASE_UNLIKELY(out->opcode == VM_OP_COUNT))
        return false;
    const vm_opcode_info *info = &vm_opcodes[out->opcode];
    if (BASE_UNLIKELY(info->feature & ~features))
        vm_reader_require(reader, out->start, features, info->feature, info->text);
    read_immediate(reader, features, (vm_immediate)info->immediate, out);
    return !vm_reader_failed(reader);
}

/* How an instruction changes the nesting of blocks. */
static int depth_change(vm_opcode opcode)
{
    switch (opcode) {
    case VM_OP_BLOCK:
    case VM_OP_LOOP:
    case VM_OP_IF:
    case VM_OP_TRY:
    case VM_OP_TRY_TABLE:
        return 1;
    case VM_OP_END:
    case VM_OP_DELEGATE:
        return -1;
    default:
        return 0;
    }
}

vm_range vm_reader_expr(vm_reader *reader, uint32_t features)
{
    const uint8_t *start = reader->pos;
    vm_instr instr;
    int64_t depth = 1;
    while (vm_instr_read(reader, features, &instr)) {
        depth += depth_change(instr.opcode);
        if (depth == 0)
            return (vm_range){start, reader->pos};
    }
    vm_reader_u8(reader); /* there is none: fails, unless it has failed */
    return (vm_range){reader->end, reader->end};
}

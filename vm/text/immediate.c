/* SPDX-License-Identifier: Apache-2.0 */
/* What follows a mnemonic (spec 6.5): each kind of immediate of opcode.def, read as text and written as bytes. */
#include "vm/binary/instr.h"
#include "vm/text/parser.h"
#include <string.h>

vm_opcode vm_text_opcode(vm_text_parser *p, pirn_str mnemonic)
{
    uint64_t opcode;
    bool added;
    for (unsigned i = 0; p->mnemonics.count == 0 && i < VM_OP_COUNT;) {
        for (; i < VM_OP_COUNT; i++) {
            if (base_map_add(&p->mnemonics, pirn_str_of(vm_opcodes[i].text), i, &added) != PIRN_OK) {
                vm_text_nomem(p);
                return VM_OP_COUNT;
            }
        }
    }
    return base_map_get(&p->mnemonics, mnemonic, &opcode) ? (vm_opcode)opcode : VM_OP_COUNT;
}

void vm_text_write_opcode(vm_writer *w, vm_opcode opcode)
{
    const vm_opcode_info *info = &vm_opcodes[opcode];
    vm_writer_u8(w, info->prefix != 0 ? info->prefix : (uint8_t)info->code);
    if (info->prefix != 0)
        vm_writer_leb_unsigned(w, info->code);
}

/* ---- Constants ------------------------------------------------------------------------------------------------- */

static bool is_number(const vm_token *token)
{
    return token->kind == VM_TOKEN_INTEGER || token->kind == VM_TOKEN_FLOAT;
}

/* An iN or fN (`letter` i or f), as bits. */
static uint64_t constant(vm_lexer *lexer, char letter, unsigned bits)
{
    uint64_t value = 0;
    uint32_t narrow = 0;
    const vm_token *token = &lexer->token;
    if (!is_number(token) || (letter == 'i' && token->kind != VM_TOKEN_INTEGER)) {
        vm_lexer_unexpected(lexer, "a number");
        return 0;
    }
    bool ok = letter == 'i' ? vm_number_integer(token->text, bits, &value)
              : bits == 32  ? vm_number_f32(token->text, &narrow)
                            : vm_number_f64(token->text, &value);
    if (!ok)
        vm_lexer_fail(lexer, "constant out of range: %.*s", PIRN_STR_ARG(token->text));
    vm_lexer_advance(lexer);
    return letter == 'f' && bits == 32 ? narrow : value;
}

static int64_t sign_extend(uint64_t value, unsigned bits)
{
    uint64_t sign = (uint64_t)1 << (bits - 1);
    return (int64_t)((value ^ sign) - sign);
}

/* How many numbers come, right ones and wrong ones (0x, nan:1); more than any vector has lanes do not matter. */
static unsigned count_numbers(const vm_lexer *lexer)
{
    enum { ENOUGH = 17 };
    vm_lexer ahead = *lexer;
    unsigned count = 0;
    for (; count < ENOUGH; count++) {
        bool is_nan = ahead.token.kind == VM_TOKEN_KEYWORD && ahead.token.text.len > 3 &&
                      memcmp(ahead.token.text.data, "nan", 3) == 0;
        if (!is_number(&ahead.token) && ahead.token.kind != VM_TOKEN_RESERVED && !is_nan)
            break;
        vm_lexer_advance(&ahead);
    }
    return count;
}

void vm_text_parse_v128(vm_lexer *lexer, uint8_t out[16])
{
    static const struct {
        const char *shape;
        char letter;
        uint8_t lanes;
    } shapes[] = {{"i8x16", 'i', 16}, {"i16x8", 'i', 8}, {"i32x4", 'i', 4},
                  {"i64x2", 'i', 2},  {"f32x4", 'f', 4}, {"f64x2", 'f', 2}};
    memset(out, 0, 16);
    size_t shape = 0;
    while (shape < BASE_COUNT(shapes) && !vm_lexer_take(lexer, shapes[shape].shape))
        shape++;
    if (shape == BASE_COUNT(shapes)) {
        vm_lexer_unexpected(lexer, "the shape of a vector");
        return;
    }
    unsigned lanes = shapes[shape].lanes, size = 16 / lanes;
    if (count_numbers(lexer) != lanes)
        vm_lexer_fail(lexer, "wrong number of lane literals: %s has %u", shapes[shape].shape, lanes);
    for (unsigned lane = 0; lane < lanes; lane++) {
        uint64_t value = constant(lexer, shapes[shape].letter, size * 8);
        for (unsigned i = 0; i < size; i++)
            out[lane * size + i] = (uint8_t)(value >> (8 * i));
    }
}

/* ---- Memory accesses ------------------------------------------------------------------------------------------- */

/* `prefix` and a number in one word, as in offset=8. */
static bool take_setting(vm_text_parser *p, const char *prefix, unsigned bits, uint64_t *value)
{
    vm_lexer *l = p->lexer;
    size_t len = strlen(prefix);
    pirn_str text = l->token.text;
    if (l->token.kind != VM_TOKEN_KEYWORD || text.len < len || memcmp(text.data, prefix, len) != 0)
        return false;
    pirn_str number = {text.data + len, text.len - len};
    if (vm_number_classify(number) != VM_NUMBER_INTEGER || number.data[0] == '+' || number.data[0] == '-')
        vm_lexer_fail(l, "unknown operator %.*s, expected a number behind %s", PIRN_STR_ARG(text), prefix);
    else if (!vm_number_unsigned(number, bits, value))
        vm_lexer_fail(l, "i%u constant out of range: %.*s", bits, PIRN_STR_ARG(number));
    vm_lexer_advance(l);
    return true;
}

/* A lane access may begin with the memory or end with the lane: `v128.load8_lane 1 0`, `v128.load8_lane 0`. */
static bool has_memory_before_lane(vm_text_parser *p)
{
    if (p->lexer->token.kind == VM_TOKEN_ID)
        return true;
    const vm_token *ahead = vm_lexer_ahead(p->lexer);
    return p->lexer->token.kind == VM_TOKEN_INTEGER &&
           (ahead->kind == VM_TOKEN_INTEGER ||
            (ahead->kind == VM_TOKEN_KEYWORD && memchr(ahead->text.data, '=', ahead->text.len) != NULL));
}

static void memarg(vm_text_parser *p, unsigned natural_log2, bool has_lane, vm_writer *w)
{
    enum { WITH_MEMORY = 0x40 };
    uint32_t memory = 0;
    uint64_t offset = 0, align = 0;
    if (!has_lane || has_memory_before_lane(p))
        memory = vm_text_index_or(p, VM_SPACE_MEMORY, 0);
    take_setting(p, "offset=", 64, &offset);
    vm_place place = p->lexer->token.start;
    unsigned log2 = natural_log2;
    if (take_setting(p, "align=", 64, &align)) {
        if (align == 0 || (align & (align - 1)) != 0)
            vm_lexer_fail_at(p->lexer, &place, PIRN_MALFORMED, "alignment must be a power of two");
        for (log2 = 0; align > 1; align >>= 1)
            log2++;
    }
    vm_writer_leb_unsigned(w, log2 | (memory != 0 ? WITH_MEMORY : 0));
    if (memory != 0)
        vm_writer_leb_unsigned(w, memory);
    vm_writer_leb_unsigned(w, offset);
}

static void lane(vm_text_parser *p, vm_writer *w)
{
    vm_writer_u8(w, (uint8_t)vm_text_number(p, 8));
}

static void shuffle(vm_text_parser *p, vm_writer *w)
{
    for (int i = 0; i < 16; i++) {
        if (p->lexer->token.kind != VM_TOKEN_INTEGER && p->lexer->token.kind != VM_TOKEN_FLOAT) {
            vm_lexer_fail(p->lexer, "invalid lane length: i8x16.shuffle has 16 lanes");
            return;
        }
        uint64_t index = 0;
        if (!vm_number_unsigned(p->lexer->token.text, 8, &index))
            vm_lexer_fail(p->lexer, "i8 constant out of range: %.*s", PIRN_STR_ARG(p->lexer->token.text));
        vm_writer_u8(w, (uint8_t)index);
        vm_lexer_advance(p->lexer);
    }
    if (p->lexer->token.kind == VM_TOKEN_INTEGER)
        vm_lexer_fail(p->lexer, "invalid lane length: i8x16.shuffle has 16 lanes");
}

/* ---- Instructions whose opcode depends on what follows --------------------------------------------------------- */

static void select_instr(vm_text_parser *p, vm_writer *w)
{
    bool is_typed = vm_lexer_opens(p->lexer, "result");
    vm_text_write_opcode(w, is_typed ? VM_OP_SELECT_T : VM_OP_SELECT);
    if (!is_typed)
        return;
    size_t at = w->len;
    uint32_t count = 0;
    while (vm_lexer_take_open(p->lexer, "result")) {
        for (; p->lexer->token.kind != VM_TOKEN_CLOSE && !vm_lexer_failed(p->lexer); count++)
            vm_text_valtype(p, w);
        vm_lexer_expect_close(p->lexer);
    }
    vm_writer_insert_leb(w, at, count);
}

/* ref.test and casts: the row behind the one found is for nullable types. */
static void cast_instr(vm_text_parser *p, vm_opcode opcode, vm_writer *w)
{
    vm_writer type;
    vm_writer_init(&type, p->allocator);
    bool nullable = vm_text_ref_heaptype(p, &type);
    vm_text_write_opcode(w, (vm_opcode)(opcode + nullable));
    vm_writer_bytes(w, type.data, type.len);
    if (type.failed)
        vm_text_nomem(p);
    vm_writer_done(&type);
}

/* ---- Kinds ----------------------------------------------------------------------------------------------------- */

static void labels(vm_text_parser *p, vm_writer *w)
{
    size_t at = w->len;
    uint32_t count = 0;
    vm_writer_leb_unsigned(w, vm_text_index(p, VM_SPACE_LABEL));
    for (; vm_text_at_index(p); count++)
        vm_writer_leb_unsigned(w, vm_text_index(p, VM_SPACE_LABEL));
    vm_writer_insert_leb(w, at, count);
}

/* Two indices of a space, both or neither: copies. */
static void index_pair(vm_text_parser *p, vm_text_space space, vm_writer *w)
{
    bool given = vm_text_at_index(p);
    vm_writer_leb_unsigned(w, given ? vm_text_index(p, space) : 0);
    vm_writer_leb_unsigned(w, given ? vm_text_index(p, space) : 0);
}

/* A segment, and before it, if there are two, the table or memory; written in the other order. */
static void segment_pair(vm_text_parser *p, vm_text_space segment, vm_text_space space, vm_writer *w)
{
    uint32_t target = 0;
    const vm_token *ahead = vm_lexer_ahead(p->lexer);
    if (ahead->kind == VM_TOKEN_INTEGER || ahead->kind == VM_TOKEN_ID)
        target = vm_text_index(p, space);
    vm_writer_leb_unsigned(w, vm_text_index(p, segment));
    vm_writer_leb_unsigned(w, target);
}

static void indirect_call(vm_text_parser *p, vm_writer *w)
{
    uint32_t table = vm_text_index_or(p, VM_SPACE_TABLE, 0);
    vm_writer_leb_unsigned(w, vm_text_parse_typeuse(p, false).type);
    vm_writer_leb_unsigned(w, table);
}

static void branch_cast(vm_text_parser *p, vm_writer *w)
{
    enum { FROM_NULL = 1, TO_NULL = 2 };
    size_t at = w->len;
    vm_writer_leb_unsigned(w, vm_text_index(p, VM_SPACE_LABEL));
    uint8_t flags = vm_text_ref_heaptype(p, w) ? FROM_NULL : 0;
    flags |= vm_text_ref_heaptype(p, w) ? TO_NULL : 0;
    vm_writer_insert_leb(w, at, flags);
}

static void index_of(vm_text_parser *p, vm_text_space space, vm_writer *w)
{
    vm_writer_leb_unsigned(w, vm_text_index(p, space));
}

static void type_and(vm_text_parser *p, vm_immediate kind, vm_writer *w)
{
    uint32_t type = vm_text_index(p, VM_SPACE_TYPE);
    vm_writer_leb_unsigned(w, type);
    if (kind == VM_IMM_TYPE_FIELD)
        vm_writer_leb_unsigned(w, vm_text_field_index(p, type));
    else if (kind == VM_IMM_TYPE_COUNT)
        vm_writer_leb_unsigned(w, vm_text_number(p, 32));
    else
        index_of(p,
                 kind == VM_IMM_TYPE_DATA   ? VM_SPACE_DATA
                 : kind == VM_IMM_TYPE_ELEM ? VM_SPACE_ELEM
                 : kind == VM_IMM_TYPE_TAG  ? VM_SPACE_TAG
                                            : VM_SPACE_TYPE,
                 w);
}

/* `(on tag label)` and `(on tag switch)`, as a vector. */
static void handlers(vm_text_parser *p, vm_writer *w)
{
    size_t at = w->len;
    uint32_t count = 0;
    for (; vm_lexer_take_open(p->lexer, "on"); count++) {
        size_t kind_at = w->len;
        index_of(p, VM_SPACE_TAG, w);
        bool is_switch = vm_lexer_take(p->lexer, "switch");
        vm_writer_insert_leb(w, kind_at, is_switch ? VM_ON_SWITCH : VM_ON_LABEL);
        if (!is_switch)
            index_of(p, VM_SPACE_LABEL, w);
        vm_lexer_expect_close(p->lexer);
    }
    vm_writer_insert_leb(w, at, count);
}

static void v128_bytes(vm_text_parser *p, vm_writer *w)
{
    uint8_t bytes[16];
    vm_text_parse_v128(p->lexer, bytes);
    vm_writer_bytes(w, bytes, sizeof bytes);
}

static void immediate(vm_text_parser *p, vm_immediate kind, vm_writer *w)
{
    switch (kind) {
    case VM_IMM_NONE:
        return;
    case VM_IMM_BLOCK:
        vm_text_blocktype(p, w);
        return;
    case VM_IMM_TRY_TABLE:
        vm_text_blocktype(p, w);
        vm_text_catches(p, w);
        return;
    case VM_IMM_LABEL:
        index_of(p, VM_SPACE_LABEL, w);
        return;
    case VM_IMM_LABELS:
        labels(p, w);
        return;
    case VM_IMM_FUNC:
        index_of(p, VM_SPACE_FUNC, w);
        return;
    case VM_IMM_TYPE_TABLE:
        indirect_call(p, w);
        return;
    case VM_IMM_LOCAL:
        index_of(p, VM_SPACE_LOCAL, w);
        return;
    case VM_IMM_GLOBAL:
        index_of(p, VM_SPACE_GLOBAL, w);
        return;
    case VM_IMM_TAG:
        index_of(p, VM_SPACE_TAG, w);
        return;
    case VM_IMM_TYPE:
        index_of(p, VM_SPACE_TYPE, w);
        return;
    case VM_IMM_TABLE:
        vm_writer_leb_unsigned(w, vm_text_index_or(p, VM_SPACE_TABLE, 0));
        return;
    case VM_IMM_TABLE2:
        index_pair(p, VM_SPACE_TABLE, w);
        return;
    case VM_IMM_ELEM:
        index_of(p, VM_SPACE_ELEM, w);
        return;
    case VM_IMM_ELEM_TABLE:
        segment_pair(p, VM_SPACE_ELEM, VM_SPACE_TABLE, w);
        return;
    case VM_IMM_DATA:
        p->uses_data_count = true;
        index_of(p, VM_SPACE_DATA, w);
        return;
    case VM_IMM_DATA_MEMORY:
        p->uses_data_count = true;
        segment_pair(p, VM_SPACE_DATA, VM_SPACE_MEMORY, w);
        return;
    case VM_IMM_MEMORY:
        vm_writer_leb_unsigned(w, vm_text_index_or(p, VM_SPACE_MEMORY, 0));
        return;
    case VM_IMM_MEMORY2:
        index_pair(p, VM_SPACE_MEMORY, w);
        return;
    case VM_IMM_MEM1:
    case VM_IMM_MEM2:
    case VM_IMM_MEM4:
    case VM_IMM_MEM8:
    case VM_IMM_MEM16:
        memarg(p, (unsigned)(kind - VM_IMM_MEM1), false, w);
        return;
    case VM_IMM_MEM1_LANE:
    case VM_IMM_MEM2_LANE:
    case VM_IMM_MEM4_LANE:
    case VM_IMM_MEM8_LANE:
        memarg(p, (unsigned)(kind - VM_IMM_MEM1_LANE), true, w);
        lane(p, w);
        return;
    case VM_IMM_LANE2:
    case VM_IMM_LANE4:
    case VM_IMM_LANE8:
    case VM_IMM_LANE16:
        lane(p, w);
        return;
    case VM_IMM_SHUFFLE:
        shuffle(p, w);
        return;
    case VM_IMM_V128:
        v128_bytes(p, w);
        return;
    case VM_IMM_TYPE_DATA:
        p->uses_data_count = true;
        type_and(p, kind, w);
        return;
    case VM_IMM_TYPE2:
    case VM_IMM_TYPE_FIELD:
    case VM_IMM_TYPE_COUNT:
    case VM_IMM_TYPE_ELEM:
    case VM_IMM_TYPE_TAG:
        type_and(p, kind, w);
        return;
    case VM_IMM_TYPE_HANDLERS:
        index_of(p, VM_SPACE_TYPE, w);
        handlers(p, w);
        return;
    case VM_IMM_TYPE_TAG_HANDLERS:
        type_and(p, VM_IMM_TYPE_TAG, w);
        handlers(p, w);
        return;
    case VM_IMM_CAST:
        branch_cast(p, w);
        return;
    case VM_IMM_FENCE:
        vm_writer_u8(w, 0);
        return;
    case VM_IMM_HEAPTYPE:
        vm_text_heaptype(p, w);
        return;
    case VM_IMM_I32:
        vm_writer_leb_signed(w, sign_extend(constant(p->lexer, 'i', 32), 32));
        return;
    case VM_IMM_I64:
        vm_writer_leb_signed(w, (int64_t)constant(p->lexer, 'i', 64));
        return;
    case VM_IMM_F32:
        vm_writer_u32(w, (uint32_t)constant(p->lexer, 'f', 32));
        return;
    case VM_IMM_F64:
        vm_writer_u64(w, constant(p->lexer, 'f', 64));
        return;
    case VM_IMM_VALTYPES: /* of select alone */
        return;
    }
}

void vm_text_plain_instr(vm_text_parser *p, vm_opcode opcode, vm_writer *w)
{
    if (opcode == VM_OP_SELECT) {
        select_instr(p, w);
    } else if (vm_opcode_has_nullable_twin(opcode)) {
        cast_instr(p, opcode, w);
    } else {
        vm_text_write_opcode(w, opcode);
        immediate(p, (vm_immediate)vm_opcodes[opcode].immediate, w);
    }
}

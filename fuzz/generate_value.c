/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions: see fuzz/generator.h. Instructions that have a signature are made from their rows of vm/syntax/opcode.def, so a
 * new row is tried as soon as it is there.
 *
 * Bits of NaNs. Float instructions may give one NaN or another (spec 4.3.3), so a float gets the standard's NaN where its
 * bits begin to count: before it is stored, reinterpreted, made a part of a vector; and vectors right where they are made.
 */
#include "fuzz/generator.h"
#include <string.h>

/* ---- Writing --------------------------------------------------------------------------------------------------------------- */

void put_op(generator *g, vm_opcode op)
{
    const vm_opcode_info *info = &vm_opcodes[op];
    if (info->prefix != 0) {
        vm_writer_u8(g->out, info->prefix);
        vm_writer_leb_unsigned(g->out, info->code);
    } else {
        vm_writer_u8(g->out, (uint8_t)info->code);
    }
}

void put_op_index(generator *g, vm_opcode op, uint32_t index)
{
    put_op(g, op);
    vm_writer_leb_unsigned(g->out, index);
}

void put_i32(generator *g, int32_t value)
{
    put_op(g, VM_OP_I32_CONST);
    vm_writer_leb_signed(g->out, value);
}

void put_i64(generator *g, int64_t value)
{
    put_op(g, VM_OP_I64_CONST);
    vm_writer_leb_signed(g->out, value);
}

/* ---- Constants ------------------------------------------------------------------------------------------------------------- */

static const uint32_t f32_bits[] = {0x00000000, 0x3F800000, 0xBF800000, 0x80000000, 0x40490FDB, 0x7F800000,
                                    0xFF800000, 0x7FC00000, 0x00000001, 0x7F7FFFFF, 0x4F000000, 0xCF000000,
                                    0x5F000000, 0x3F000000, 0x3FC00000, 0x7FC01234};
static const uint64_t f64_bits[] = {0x0000000000000000, 0x3FF0000000000000, 0xBFF0000000000000, 0x8000000000000000,
                                    0x400921FB54442D18, 0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000,
                                    0x0000000000000001, 0x7FEFFFFFFFFFFFFF, 0x41E0000000000000, 0xC1E0000000000000,
                                    0x43E0000000000000, 0x3FE0000000000000, 0x41EFFFFFFFE00000, 0x7FF8000000001234};

static void put_f32(generator *g, uint32_t bits)
{
    put_op(g, VM_OP_F32_CONST);
    vm_writer_u32(g->out, bits);
}

static void put_f64(generator *g, uint64_t bits)
{
    put_op(g, VM_OP_F64_CONST);
    vm_writer_u64(g->out, bits);
}

static void put_v128(generator *g, uint64_t low, uint64_t high)
{
    put_op(g, VM_OP_V128_CONST);
    vm_writer_u64(g->out, low);
    vm_writer_u64(g->out, high);
}

/* Small numbers most of the time, then powers of two and their neighbours, then anything. */
static uint64_t choose_integer(generator *g)
{
    uint64_t power;
    switch (choose(&g->c, 5)) {
    case 0:
    case 1:
        return choose_byte(&g->c);
    case 2:
        return (uint64_t)0 - choose_byte(&g->c);
    case 3:
        power = UINT64_C(1) << choose(&g->c, 64);
        return power - choose(&g->c, 2);
    default:
        return choose_bits(&g->c, 8);
    }
}

void make_constant(generator *g, vm_valtype type)
{
    uint64_t low;
    switch (type) {
    case PIRN_I32:
        put_i32(g, (int32_t)(uint32_t)choose_integer(g));
        break;
    case PIRN_I64:
        put_i64(g, (int64_t)choose_integer(g));
        break;
    case PIRN_F32:
        put_f32(g, choose_rarely(&g->c, 8) ? (uint32_t)choose_bits(&g->c, 4) : f32_bits[choose(&g->c, 16)]);
        break;
    case PIRN_F64:
        put_f64(g, choose_rarely(&g->c, 8) ? choose_bits(&g->c, 8) : f64_bits[choose(&g->c, 16)]);
        break;
    case PIRN_V128:
        low = choose_integer(g);
        put_v128(g, low, choose_integer(g) * UINT64_C(0x0101010101010101));
        break;
    default:
        make_ref_leaf(g, type);
        break;
    }
}

void make_leaf(generator *g, vm_valtype type)
{
    choices none = choices_of(NULL, 0), kept = g->c;
    g->c = none;
    make_constant(g, type);
    g->c = kept;
}

/* ---- Variables ------------------------------------------------------------------------------------------------------------- */

uint32_t add_local(generator *g, vm_valtype type, gen_use use)
{
    fuzz_check(g->local_count < MAX_LOCALS);
    g->locals[g->local_count] = (gen_local){type, use};
    return g->local_count++;
}

/* A local of the use whose type is the given one, or below it. VM_NO_TYPE: there is none. */
static uint32_t find_local(generator *g, vm_valtype type, bool is_exact, gen_use use)
{
    uint32_t first = g->local_count == 0 ? 0 : choose(&g->c, g->local_count);
    for (uint32_t i = 0; i < g->local_count; i++) {
        uint32_t local = (first + i) % g->local_count;
        vm_valtype found = g->locals[local].type;
        if (g->locals[local].use == use && (is_exact ? found == type : is_subtype(g, found, type)))
            return local;
    }
    return VM_NO_TYPE;
}

uint32_t choose_local(generator *g, vm_valtype type)
{
    vm_valtype nullable = pirn_valtype_is_ref(type) ? vm_ref_with_null(type, true) : type;
    uint32_t local = find_local(g, nullable, true, USE_ANY);
    return local != VM_NO_TYPE ? local : add_local(g, nullable, USE_ANY);
}

static uint32_t scratch_local(generator *g, vm_valtype type)
{
    uint32_t local = find_local(g, type, true, USE_SCRATCH);
    return local != VM_NO_TYPE ? local : add_local(g, type, USE_SCRATCH);
}

static bool make_local_get(generator *g, vm_valtype type)
{
    uint32_t local = find_local(g, type, false, USE_ANY);
    if (local == VM_NO_TYPE)
        return false;
    put_op_index(g, VM_OP_LOCAL_GET, local);
    return true;
}

static bool make_local_tee(generator *g, vm_valtype type)
{
    uint32_t local = find_local(g, type, true, USE_ANY);
    if (local == VM_NO_TYPE)
        return false;
    make_value(g, type);
    put_op_index(g, VM_OP_LOCAL_TEE, local);
    return true;
}

static bool make_global_get(generator *g, vm_valtype type)
{
    uint32_t first = choose(&g->c, g->global_count);
    for (uint32_t i = 0; i < g->global_count; i++) {
        uint32_t global = (first + i) % g->global_count;
        if (global != FUEL_GLOBAL && is_subtype(g, g->globals[global].type, type)) {
            put_op_index(g, VM_OP_GLOBAL_GET, global);
            return true;
        }
    }
    return false;
}

/* ---- NaNs ------------------------------------------------------------------------------------------------------------------- */

static const struct {
    vm_valtype type;
    vm_opcode equal;
} floats[] = {{PIRN_F32, VM_OP_F32_EQ}, {PIRN_F64, VM_OP_F64_EQ}};

static void make_scalar_canonical(generator *g, vm_valtype type)
{
    uint32_t local = scratch_local(g, type);
    put_op_index(g, VM_OP_LOCAL_TEE, local);
    if (type == PIRN_F32)
        put_f32(g, 0x7FC00000);
    else
        put_f64(g, 0x7FF8000000000000);
    put_op_index(g, VM_OP_LOCAL_GET, local);
    put_op_index(g, VM_OP_LOCAL_GET, local);
    put_op(g, floats[type == PIRN_F64].equal);
    put_op(g, VM_OP_SELECT);
}

/* Lanes that are not equal to themselves. */
static void make_vector_canonical(generator *g, vm_opcode equal)
{
    uint32_t local = scratch_local(g, PIRN_V128);
    uint64_t nan = equal == VM_OP_F32X4_EQ ? UINT64_C(0x7FC000007FC00000) : UINT64_C(0x7FF8000000000000);
    put_op_index(g, VM_OP_LOCAL_TEE, local);
    put_v128(g, nan, nan);
    put_op_index(g, VM_OP_LOCAL_GET, local);
    put_op_index(g, VM_OP_LOCAL_GET, local);
    put_op(g, equal);
    put_op(g, VM_OP_V128_BITSELECT);
}

void make_canonical(generator *g, vm_valtype type)
{
    if (type == PIRN_F32 || type == PIRN_F64)
        make_scalar_canonical(g, type);
}

/* Do the bits of the instruction's float operands count? */
static bool shows_bits(vm_opcode op)
{
    const vm_opcode_info *info = &vm_opcodes[op];
    return op == VM_OP_F32_STORE || op == VM_OP_F64_STORE || op == VM_OP_I32_REINTERPRET_F32 ||
           op == VM_OP_I64_REINTERPRET_F64 || op == VM_OP_F32_COPYSIGN || op == VM_OP_F64_COPYSIGN ||
           strchr(info->signature, 'v') != NULL;
}

/* Does the instruction make vectors with NaNs of its own? */
static bool makes_nans(vm_opcode op)
{
    static const char *const exact[] = {".eq",  ".ne",  ".lt",   ".gt",   ".le",    ".ge",
                                        ".abs", ".neg", ".pmin", ".pmax", ".splat", ".replace_lane"};
    const char *text = vm_opcodes[op].text;
    bool is_float = strncmp(text, "f32x4", 5) == 0 || strncmp(text, "f64x2", 5) == 0;
    if (!is_float || strstr(vm_opcodes[op].signature, "_v") == NULL)
        return false;
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++) {
        if (strcmp(text + 5, exact[i]) == 0)
            return false;
    }
    return true;
}

/* ---- Instructions with a signature ------------------------------------------------------------------------------------------ */

void make_masked(generator *g, bool is64, uint32_t mask)
{
    make_value(g, is64 ? PIRN_I64 : PIRN_I32);
    if (choose_rarely(&g->c, 64))
        return;
    if (is64)
        put_i64(g, mask);
    else
        put_i32(g, (int32_t)mask);
    put_op(g, is64 ? VM_OP_I64_AND : VM_OP_I32_AND);
}

void make_address(generator *g, uint32_t memory)
{
    bool is64 = g->memories[memory].is64;
    uint32_t shape = choose(&g->c, 4);
    if (shape == 0) {
        uint32_t address = choose(&g->c, 128) * 8;
        if (is64)
            put_i64(g, address);
        else
            put_i32(g, (int32_t)address);
        return;
    }
    make_masked(g, is64, ADDRESS_MASK);
    if (shape == 1) { /* base and index */
        make_masked(g, is64, ADDRESS_MASK);
        put_op(g, is64 ? VM_OP_I64_ADD : VM_OP_I32_ADD);
    } else if (shape == 2) {
        if (is64)
            put_i64(g, 16);
        else
            put_i32(g, 16);
        put_op(g, is64 ? VM_OP_I64_ADD : VM_OP_I32_ADD);
    }
}

static vm_valtype type_of_letter(char letter)
{
    switch (letter) {
    case 'i':
        return PIRN_I32;
    case 'l':
        return PIRN_I64;
    case 'f':
        return PIRN_F32;
    case 'd':
        return PIRN_F64;
    default:
        return PIRN_V128;
    }
}

static void put_memarg(generator *g, uint32_t natural, uint32_t memory)
{
    uint64_t offset = 8 * choose(&g->c, 8);
    if (choose_rarely(&g->c, 8))
        offset = choose_byte(&g->c) & ~((UINT64_C(1) << natural) - 1);
    else if (choose_rarely(&g->c, 64))
        offset = g->memories[memory].is64 ? choose_bits(&g->c, 8) : (uint32_t)choose_bits(&g->c, 4);
    if (memory == 0) {
        vm_writer_leb_unsigned(g->out, natural);
    } else {
        vm_writer_leb_unsigned(g->out, natural | 0x40);
        vm_writer_leb_unsigned(g->out, memory);
    }
    vm_writer_leb_unsigned(g->out, offset);
}

/* What follows the code of an instruction that has a signature. */
static void put_immediate(generator *g, vm_immediate kind, uint32_t memory)
{
    switch (kind) {
    case VM_IMM_MEM1:
    case VM_IMM_MEM2:
    case VM_IMM_MEM4:
    case VM_IMM_MEM8:
    case VM_IMM_MEM16:
        put_memarg(g, (uint32_t)(kind - VM_IMM_MEM1), memory);
        break;
    case VM_IMM_MEM1_LANE:
    case VM_IMM_MEM2_LANE:
    case VM_IMM_MEM4_LANE:
    case VM_IMM_MEM8_LANE:
        put_memarg(g, (uint32_t)(kind - VM_IMM_MEM1_LANE), memory);
        vm_writer_u8(g->out, (uint8_t)choose(&g->c, 16u >> (kind - VM_IMM_MEM1_LANE)));
        break;
    case VM_IMM_LANE2:
    case VM_IMM_LANE4:
    case VM_IMM_LANE8:
    case VM_IMM_LANE16:
        vm_writer_u8(g->out, (uint8_t)choose(&g->c, 2u << (kind - VM_IMM_LANE2)));
        break;
    case VM_IMM_SHUFFLE:
        for (int i = 0; i < 16; i++)
            vm_writer_u8(g->out, (uint8_t)choose(&g->c, 32));
        break;
    case VM_IMM_MEMORY:
        vm_writer_leb_unsigned(g->out, memory);
        break;
    case VM_IMM_DATA_MEMORY:
        vm_writer_leb_unsigned(g->out, choose(&g->c, g->data_count));
        vm_writer_leb_unsigned(g->out, memory);
        break;
    case VM_IMM_DATA:
        vm_writer_leb_unsigned(g->out, choose(&g->c, g->data_count));
        break;
    case VM_IMM_ELEM:
        vm_writer_leb_unsigned(g->out, choose(&g->c, g->elem_count));
        break;
    case VM_IMM_FENCE:
        vm_writer_u8(g->out, 0);
        break;
    default:
        break;
    }
}

/* Division by zero and its like end what runs, so they are made rare. */
static void soften_operand(generator *g, vm_opcode op, char letter)
{
    bool is_division =
        (op >= VM_OP_I32_DIV_S && op <= VM_OP_I32_REM_U) || (op >= VM_OP_I64_DIV_S && op <= VM_OP_I64_REM_U);
    if (!is_division || choose_rarely(&g->c, 16))
        return;
    if (letter == 'i')
        put_i32(g, 1);
    else
        put_i64(g, 1);
    put_op(g, letter == 'i' ? VM_OP_I32_OR : VM_OP_I64_OR);
}

static void make_operand(generator *g, vm_opcode op, uint32_t place, uint32_t memory)
{
    char letter = vm_opcodes[op].signature[place];
    bool is_bulk = op == VM_OP_MEMORY_INIT || op == VM_OP_MEMORY_FILL;
    if (op == VM_OP_MEMORY_GROW) {
        make_masked(g, g->memories[memory].is64, 1);
    } else if (letter == 'a') {
        make_address(g, memory);
    } else if (is_bulk && letter == 'i' && place > 0) {
        make_masked(g, false, SEGMENT_BYTES / 2 - 1);
    } else {
        make_value(g, type_of_letter(letter));
        if (shows_bits(op))
            make_canonical(g, type_of_letter(letter));
        if (place == 1)
            soften_operand(g, op, letter);
    }
}

void make_instruction(generator *g, vm_opcode op)
{
    const vm_opcode_info *info = &vm_opcodes[op];
    uint32_t memory = g->memory_count == 0 ? 0 : choose(&g->c, g->memory_count);
    for (uint32_t i = 0; info->signature[i] != '_'; i++)
        make_operand(g, op, i, memory);
    put_op(g, op);
    put_immediate(g, (vm_immediate)info->immediate, memory);
    if (op == VM_OP_MEMORY_SIZE || op == VM_OP_MEMORY_GROW) {
        if (g->memories[memory].is64)
            put_op(g, VM_OP_I32_WRAP_I64);
    } else if (makes_nans(op)) {
        make_vector_canonical(g, strncmp(info->text, "f32x4", 5) == 0 ? VM_OP_F32X4_EQ : VM_OP_F64X2_EQ);
    }
}

/* Conversions that trap for most numbers. */
static bool is_trapping_conversion(vm_opcode op)
{
    return (op >= VM_OP_I32_TRUNC_F32_S && op <= VM_OP_I32_TRUNC_F64_U) ||
           (op >= VM_OP_I64_TRUNC_F32_S && op <= VM_OP_I64_TRUNC_F64_U);
}

static bool make_numeric(generator *g, vm_valtype type)
{
    static const vm_valtype types[] = {PIRN_I32, PIRN_I64, PIRN_F32, PIRN_F64, PIRN_V128};
    for (uint32_t i = 0; i < 5; i++) {
        if (types[i] != type || g->by_result[i].count == 0)
            continue;
        vm_opcode op =
            (vm_opcode)g->by_result[i].ops[choose(&g->c, g->by_result[i].count + 256) % g->by_result[i].count];
        if (is_trapping_conversion(op) && choose(&g->c, 8) != 7)
            return false;
        make_instruction(g, op);
        return true;
    }
    return false;
}

/* ---- The alternatives ------------------------------------------------------------------------------------------------------- */

static bool make_constant_value(generator *g, vm_valtype type)
{
    make_constant(g, type);
    return true;
}

static bool make_effect_first(generator *g, vm_valtype type)
{
    make_effect(g);
    make_value(g, type);
    return true;
}

static const struct {
    uint32_t weight;
    bool (*make)(generator *g, vm_valtype type);
} alternatives[] = {
    {30, make_constant_value},
    {50, make_local_get},
    {10, make_local_tee},
    {8, make_global_get},
    {70, make_numeric},
    {8, make_effect_first},
    {6, make_block},
    {6, make_if},
    {3, make_loop},
    {6, make_select},
    {8, make_call},
    {6, make_branch_value},
    {4, make_try},
    {1, make_divergence},
    {50, make_ref},
    {6, make_ref_branch},
    {14, make_field},
    {4, make_table_get},
    {6, make_ref_test},
};

static void make_alternative(generator *g, vm_valtype type)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < sizeof alternatives / sizeof *alternatives; i++)
        sum += alternatives[i].weight;
    uint32_t at = choose(&g->c, sum);
    size_t chosen = 0;
    for (; at >= alternatives[chosen].weight; chosen++)
        at -= alternatives[chosen].weight;
    if (!alternatives[chosen].make(g, type))
        make_constant(g, type);
}

void make_value(generator *g, vm_valtype type)
{
    if (g->depth >= MAX_DEPTH || choices_is_empty(&g->c)) {
        make_leaf(g, type);
        return;
    }
    g->depth++;
    make_alternative(g, type);
    g->depth--;
}

void make_values(generator *g, const vm_valtype *types, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        make_value(g, types[i]);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types of the binary format (spec 5.3). Type codes are small negative numbers in signed LEB128, of
 * one byte: a byte with its continuation bit set is a number that is too long. Type indices, the
 * non-negative ones, occur in block types.
 */
#include "vm/binary/types.h"

typedef struct type_row {
    uint8_t code;
    bool is_reference;
    uint32_t feature;
} type_row;

static const type_row value_types[] = {
    {VM_CODE_I32, false, 0},
    {VM_CODE_I64, false, 0},
    {VM_CODE_F32, false, 0},
    {VM_CODE_F64, false, 0},
    {VM_CODE_V128, false, PIRN_FEATURE_SIMD},
    {VM_CODE_FUNCREF, true, PIRN_FEATURE_REFERENCE_TYPES},
    {VM_CODE_EXTERNREF, true, PIRN_FEATURE_REFERENCE_TYPES},
    {VM_CODE_REF_NULL, true, PIRN_FEATURE_FUNCTION_REFERENCES},
    {VM_CODE_REF, true, PIRN_FEATURE_FUNCTION_REFERENCES},
    {VM_CODE_NOFUNC, true, PIRN_FEATURE_GC},
    {VM_CODE_NOEXTERN, true, PIRN_FEATURE_GC},
    {VM_CODE_NONE, true, PIRN_FEATURE_GC},
    {VM_CODE_ANY, true, PIRN_FEATURE_GC},
    {VM_CODE_EQ, true, PIRN_FEATURE_GC},
    {VM_CODE_I31, true, PIRN_FEATURE_GC},
    {VM_CODE_STRUCTREF, true, PIRN_FEATURE_GC},
    {VM_CODE_ARRAYREF, true, PIRN_FEATURE_GC},
    {VM_CODE_EXN, true, PIRN_FEATURE_EXCEPTIONS},
    {VM_CODE_NOEXN, true, PIRN_FEATURE_EXCEPTIONS},
    {VM_CODE_CONTREF, true, PIRN_FEATURE_STACK_SWITCHING},
    {VM_CODE_NOCONT, true, PIRN_FEATURE_STACK_SWITCHING},
};

static const type_row *find_row(uint8_t code)
{
    for (size_t i = 0; i < BASE_COUNT(value_types); i++) {
        if (value_types[i].code == code)
            return &value_types[i];
    }
    return NULL;
}

void vm_reader_require(vm_reader *r, const uint8_t *at, uint32_t features, uint32_t needed, const char *what)
{
    if (BASE_UNLIKELY(needed & ~features))
        vm_reader_fail_at(r, at, PIRN_INVALID, "%s needs the feature %s, which is off", what,
                          vm_feature_name(needed & ~features));
}

/* The row of the code ahead, NULL after a failure. `what` completes "malformed". */
static const type_row *read_row(vm_reader *r, bool reference, const char *what)
{
    const uint8_t *at = r->pos;
    uint8_t code = vm_reader_u8(r);
    if (vm_reader_failed(r))
        return NULL;
    if (code & 0x80) {
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "integer representation too long");
        return NULL;
    }
    const type_row *row = find_row(code);
    if (row == NULL || (reference && !row->is_reference)) {
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed %s 0x%02x", what, code);
        return NULL;
    }
    return row;
}

/* What is beyond the limit of types is unknown, whatever it is. */
static uint32_t limited_index(uint64_t index)
{
    return (uint32_t)(index < VM_TYPE_INDEX_LIMIT ? index : VM_TYPE_INDEX_LIMIT - 1);
}

/* An exact heap type: its byte, and a type index that, other than elsewhere, has no sign. */
static vm_valtype read_exact(vm_reader *r, uint32_t features)
{
    vm_reader_require(r, r->pos, features, PIRN_FEATURE_CUSTOM_DESCRIPTORS, "an exact heap type");
    vm_reader_u8(r);
    return vm_ref_exact(limited_index(vm_reader_leb_u32(r)), true);
}

/* A heap type behind 0x63 or 0x64: a code, or a type index, as the nullable reference to it. */
static vm_valtype read_heaptype(vm_reader *r, uint32_t features)
{
    const uint8_t *at = r->pos;
    uint8_t first = vm_reader_peek(r);
    if (first == VM_CODE_EXACT)
        return read_exact(r, features);
    if ((first & 0xC0) == 0x40) {
        const type_row *row = read_row(r, true, "heap type");
        if (row == NULL)
            return VM_BOTTOM;
        if (row->code == VM_CODE_REF || row->code == VM_CODE_REF_NULL)
            vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed heap type 0x%02x", row->code);
        char text[32];
        if (row->feature & ~features)
            vm_reader_require(r, at, features, row->feature, pirn_valtype_text(row->code, text));
        return row->code;
    }
    int64_t index = vm_reader_leb_s33(r);
    if (index < 0)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed heap type");
    vm_reader_require(r, at, features, PIRN_FEATURE_FUNCTION_REFERENCES, "a type index as heap type");
    return vm_ref_concrete(limited_index((uint64_t)index), true);
}

static vm_valtype read_type(vm_reader *r, uint32_t features, bool reference, const char *what)
{
    const uint8_t *at = r->pos;
    const type_row *row = read_row(r, reference, what);
    if (row == NULL)
        return VM_BOTTOM;
    bool is_long = row->code == VM_CODE_REF || row->code == VM_CODE_REF_NULL;
    char text[32];
    if (row->feature & ~features)
        vm_reader_require(r, at, features, row->feature,
                          is_long ? "a reference type of this form" : pirn_valtype_text(row->code, text));
    return is_long ? vm_ref_with_null(read_heaptype(r, features), row->code == VM_CODE_REF_NULL) : row->code;
}

vm_valtype vm_reader_valtype(vm_reader *r, uint32_t features)
{
    return read_type(r, features, false, "value type");
}

vm_valtype vm_reader_reftype(vm_reader *r, uint32_t features)
{
    if (!vm_reader_at_end(r) && *r->pos == VM_CODE_FUNCREF)
        return vm_reader_u8(r);
    return read_type(r, features, true, "reference type");
}

vm_valtype vm_reader_heaptype(vm_reader *r, uint32_t features)
{
    return read_heaptype(r, features);
}

bool vm_reader_mutability(vm_reader *r)
{
    const uint8_t *at = r->pos;
    uint8_t mutability = vm_reader_u8(r);
    if (mutability > 1)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed mutability 0x%02x", mutability);
    return mutability == 1;
}

vm_field vm_reader_field(vm_reader *r, uint32_t features)
{
    uint8_t first = vm_reader_peek(r);
    vm_field field = {.type = first};
    if (vm_type_is_packed(first))
        vm_reader_u8(r);
    else
        field.type = read_type(r, features, false, "storage type");
    field.is_mutable = vm_reader_mutability(r);
    return field;
}

vm_blocktype vm_reader_blocktype(vm_reader *r, uint32_t features)
{
    const uint8_t *at = r->pos;
    uint8_t first = vm_reader_peek(r);
    vm_blocktype type = {-1, VM_BOTTOM};
    if (first == VM_CODE_EMPTY) {
        r->pos++;
        return type;
    }
    if ((first & 0xC0) == 0x40) {
        type.value = vm_reader_valtype(r, features);
        return type;
    }
    type.index = vm_reader_leb_s33(r);
    if (type.index < 0)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed block type");
    vm_reader_require(r, at, features, PIRN_FEATURE_MULTI_VALUE, "a type index as block type");
    return type;
}

/* Limits (5.3.9) begin with a byte of flags; all but the first are of a feature. */
enum { LIMITS_MAX = 0x01, LIMITS_SHARED = 0x02, LIMITS_I64 = 0x04, LIMITS_PAGE_SIZE = 0x08 };

static uint8_t read_limits_flags(vm_reader *r, uint32_t features, uint8_t allowed)
{
    static const struct {
        uint8_t flag;
        uint32_t feature;
    } rows[] = {
        {LIMITS_MAX, 0},
        {LIMITS_SHARED, PIRN_FEATURE_THREADS},
        {LIMITS_I64, PIRN_FEATURE_MEMORY64},
        {LIMITS_PAGE_SIZE, PIRN_FEATURE_CUSTOM_PAGE_SIZES},
    };
    const uint8_t *at = r->pos;
    uint8_t flags = vm_reader_u8(r), unknown = flags;
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        if (!(flags & allowed & rows[i].flag))
            continue;
        unknown &= (uint8_t)~rows[i].flag;
        if (rows[i].feature & ~features)
            vm_reader_fail_at(r, at, PIRN_MALFORMED,
                              "malformed limits flags 0x%02x: they need the feature %s, which is off", flags,
                              vm_feature_name(rows[i].feature));
    }
    if (unknown != 0)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "malformed limits flags 0x%02x", flags);
    return flags;
}

/* The numbers have 32 bits until there are 64-bit addresses. */
static uint64_t read_limit(vm_reader *r, uint32_t features)
{
    return features & PIRN_FEATURE_MEMORY64 ? vm_reader_leb_u64(r) : vm_reader_leb_u32(r);
}

/* `has_top_max`: the largest number is said, which without being said is none. */
static pirn_limits read_limits(vm_reader *r, uint32_t features, uint8_t flags, bool *has_top_max)
{
    pirn_limits limits = {.min = read_limit(r, features), .max = PIRN_NO_MAX};
    if (flags & LIMITS_MAX)
        limits.max = read_limit(r, features);
    *has_top_max = (flags & LIMITS_MAX) && limits.max == PIRN_NO_MAX;
    return limits;
}

pirn_tabletype vm_reader_tabletype(vm_reader *r, uint32_t features)
{
    pirn_tabletype type = {.element = vm_reader_reftype(r, features)};
    uint8_t flags = read_limits_flags(r, features, LIMITS_MAX | LIMITS_I64);
    type.is64 = flags & LIMITS_I64;
    type.limits = read_limits(r, features, flags, &type.has_top_max);
    return type;
}

/* The logarithm of a page's size must leave room for addresses; which ones are valid is not said here. */
static uint8_t read_page_size(vm_reader *r)
{
    enum { LARGEST = 63 };
    const uint8_t *at = r->pos;
    uint32_t log2 = vm_reader_leb_u32(r);
    if (log2 > LARGEST)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "invalid custom page size: 2^%u bytes", log2);
    return (uint8_t)log2;
}

pirn_memtype vm_reader_memtype(vm_reader *r, uint32_t features)
{
    uint8_t flags = read_limits_flags(r, features, LIMITS_MAX | LIMITS_SHARED | LIMITS_I64 | LIMITS_PAGE_SIZE);
    pirn_memtype type = {.is64 = flags & LIMITS_I64, .shared = flags & LIMITS_SHARED, .page_size_log2 = 16};
    type.limits = read_limits(r, features, flags, &type.has_top_max);
    if (flags & LIMITS_PAGE_SIZE)
        type.page_size_log2 = read_page_size(r);
    return type;
}

pirn_globaltype vm_reader_globaltype(vm_reader *r, uint32_t features)
{
    pirn_globaltype type = {.type = vm_reader_valtype(r, features)};
    type.is_mutable = vm_reader_mutability(r);
    return type;
}

void vm_reader_skip_locals(vm_reader *r, uint32_t features)
{
    for (uint32_t runs = vm_reader_leb_u32(r); runs > 0 && !vm_reader_failed(r); runs--) {
        vm_reader_leb_u32(r);
        vm_reader_valtype(r, features);
    }
}

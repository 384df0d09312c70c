/* SPDX-License-Identifier: Apache-2.0 */
/* The hierarchy of abstract heap types, and value types in words. */
#include "vm/syntax/types.h"
#include <stdio.h>

/* One row for each abstract heap type: its place in the hierarchy, and how the references to it read. */
typedef struct heaptype_row {
    uint8_t code, super; /* the next above it, or itself */
    const char *name, *nullable;
} heaptype_row;

static const heaptype_row heaptypes[] = {
    {VM_CODE_ANY, VM_CODE_ANY, "any", "anyref"},
    {VM_CODE_EQ, VM_CODE_ANY, "eq", "eqref"},
    {VM_CODE_I31, VM_CODE_EQ, "i31", "i31ref"},
    {VM_CODE_STRUCTREF, VM_CODE_EQ, "struct", "structref"},
    {VM_CODE_ARRAYREF, VM_CODE_EQ, "array", "arrayref"},
    {VM_CODE_NONE, VM_CODE_NONE, "none", "nullref"}, /* below several: see vm_heaptype_matches */
    {VM_CODE_FUNCREF, VM_CODE_FUNCREF, "func", "funcref"},
    {VM_CODE_NOFUNC, VM_CODE_FUNCREF, "nofunc", "nullfuncref"},
    {VM_CODE_EXTERNREF, VM_CODE_EXTERNREF, "extern", "externref"},
    {VM_CODE_NOEXTERN, VM_CODE_EXTERNREF, "noextern", "nullexternref"},
    {VM_CODE_EXN, VM_CODE_EXN, "exn", "exnref"},
    {VM_CODE_NOEXN, VM_CODE_EXN, "noexn", "nullexnref"},
    {VM_CODE_CONTREF, VM_CODE_CONTREF, "cont", "contref"},
    {VM_CODE_NOCONT, VM_CODE_CONTREF, "nocont", "nullcontref"},
};

static const heaptype_row *find_heaptype(uint8_t code)
{
    for (size_t i = 0; i < BASE_COUNT(heaptypes); i++) {
        if (heaptypes[i].code == code)
            return &heaptypes[i];
    }
    return NULL;
}

uint8_t vm_heaptype_top(uint8_t code)
{
    if (code == VM_CODE_NONE)
        return VM_CODE_ANY;
    const heaptype_row *row = find_heaptype(code);
    while (row != NULL && row->super != row->code)
        row = find_heaptype(row->super);
    return row == NULL ? 0 : row->code;
}

uint8_t vm_heaptype_bottom(uint8_t code)
{
    switch (vm_heaptype_top(code)) {
    case VM_CODE_FUNCREF:
        return VM_CODE_NOFUNC;
    case VM_CODE_EXTERNREF:
        return VM_CODE_NOEXTERN;
    case VM_CODE_EXN:
        return VM_CODE_NOEXN;
    case VM_CODE_CONTREF:
        return VM_CODE_NOCONT;
    default:
        return VM_CODE_NONE;
    }
}

bool vm_heaptype_matches(uint8_t sub, uint8_t super)
{
    if (sub == VM_CODE_NONE)
        return vm_heaptype_top(super) == VM_CODE_ANY;
    const heaptype_row *row = find_heaptype(sub);
    while (row != NULL && row->code != super && row->super != row->code)
        row = find_heaptype(row->super);
    return row != NULL && row->code == super;
}

bool pirn_valtype_is_ref(pirn_valtype type)
{
    uint8_t code = vm_valtype_code(type);
    return code == VM_CODE_REF || code == VM_CODE_REF_NULL || find_heaptype(code) != NULL;
}

size_t pirn_valtype_slots(pirn_valtype type)
{
    return type == PIRN_V128 ? 2 : 1;
}

const char *vm_heaptype_text(vm_valtype type, char out[32])
{
    const heaptype_row *row = vm_ref_is_concrete(type) ? NULL : find_heaptype(vm_ref_code(type));
    if (row != NULL)
        snprintf(out, 32, "%s", row->name);
    else if (vm_ref_is_concrete(type))
        snprintf(out, 32, vm_ref_is_exact(type) ? "(exact %u)" : "%u", vm_ref_index(type));
    else
        snprintf(out, 32, "type 0x%x", type);
    return out;
}

static const char *reference_text(pirn_valtype type, char out[32])
{
    char heaptype[32];
    const heaptype_row *row = vm_ref_is_concrete(type) ? NULL : find_heaptype(vm_ref_code(type));
    vm_heaptype_text(type, heaptype);
    if (row != NULL && vm_ref_is_nullable(type))
        snprintf(out, 32, "%s", row->nullable);
    else if (row != NULL || vm_ref_is_concrete(type))
        snprintf(out, 32, vm_ref_is_nullable(type) ? "(ref null %.20s)" : "(ref %.20s)", heaptype);
    else
        snprintf(out, 32, "%s", heaptype);
    return out;
}

const char *pirn_valtype_text(pirn_valtype type, char out[32])
{
    static const struct {
        pirn_valtype type;
        const char *text;
    } names[] = {
        {PIRN_I32, "i32"},   {PIRN_I64, "i64"},   {PIRN_F32, "f32"},    {PIRN_F64, "f64"},
        {PIRN_V128, "v128"}, {VM_CODE_I8, "i8"},  {VM_CODE_I16, "i16"}, {VM_BOTTOM, "any"},
    };
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        if (names[i].type == type) {
            snprintf(out, 32, "%s", names[i].text);
            return out;
        }
    }
    return reference_text(type, out);
}

const char *vm_feature_name(uint32_t feature)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {
#define FEATURE_ROW(bit, name, text, since, meaning) {name, text},
        PIRN_FEATURES(FEATURE_ROW)
#undef FEATURE_ROW
    };
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        if (names[i].bit & feature)
            return names[i].name;
    }
    return "unknown";
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Value types in words. */
#include "vm/syntax/types.h"
#include <stdio.h>

bool pirn_valtype_is_ref(pirn_valtype type)
{
    uint8_t code = vm_valtype_code(type);
    return code == VM_CODE_FUNCREF || code == VM_CODE_EXTERNREF || code == VM_CODE_REF || code == VM_CODE_REF_NULL;
}

size_t pirn_valtype_slots(pirn_valtype type)
{
    return type == PIRN_V128 ? 2 : 1;
}

const char *pirn_valtype_text(pirn_valtype type, char out[32])
{
    static const struct {
        pirn_valtype type;
        const char *text;
    } names[] = {
        {PIRN_I32, "i32"},   {PIRN_I64, "i64"},         {PIRN_F32, "f32"},
        {PIRN_F64, "f64"},   {PIRN_V128, "v128"},       {PIRN_FUNCREF, "funcref"},
        {VM_BOTTOM, "any"},  {PIRN_EXTERNREF, "externref"},
    };
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        if (names[i].type == type) {
            snprintf(out, 32, "%s", names[i].text);
            return out;
        }
    }
    snprintf(out, 32, "type 0x%x", type);
    return out;
}

const char *vm_feature_name(uint32_t feature)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {
#define FEATURE_ROW(bit, name, text, since) {name, text},
        PIRN_FEATURES(FEATURE_ROW)
#undef FEATURE_ROW
    };
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        if (names[i].bit & feature)
            return names[i].name;
    }
    return "unknown";
}

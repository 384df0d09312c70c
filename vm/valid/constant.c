/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constant expressions (spec 3.4.13): the initial values of globals and tables, the places and items of segments.
 * They are checked like bodies, but of few instructions.
 */
#include "vm/valid/validator.h"

typedef struct constant_row {
    vm_opcode opcode;
    uint32_t feature;
} constant_row;

static const constant_row constant_instrs[] = {
    {VM_OP_END, 0},
    {VM_OP_I32_CONST, 0},
    {VM_OP_I64_CONST, 0},
    {VM_OP_F32_CONST, 0},
    {VM_OP_F64_CONST, 0},
    {VM_OP_V128_CONST, 0},
    {VM_OP_GLOBAL_GET, 0},
    {VM_OP_REF_NULL, 0},
    {VM_OP_REF_FUNC, 0},
    {VM_OP_I32_ADD, PIRN_FEATURE_EXTENDED_CONST},
    {VM_OP_I32_SUB, PIRN_FEATURE_EXTENDED_CONST},
    {VM_OP_I32_MUL, PIRN_FEATURE_EXTENDED_CONST},
    {VM_OP_I64_ADD, PIRN_FEATURE_EXTENDED_CONST},
    {VM_OP_I64_SUB, PIRN_FEATURE_EXTENDED_CONST},
    {VM_OP_I64_MUL, PIRN_FEATURE_EXTENDED_CONST},
    {VM_OP_STRUCT_NEW, PIRN_FEATURE_GC},
    {VM_OP_STRUCT_NEW_DEFAULT, PIRN_FEATURE_GC},
    {VM_OP_ARRAY_NEW, PIRN_FEATURE_GC},
    {VM_OP_ARRAY_NEW_DEFAULT, PIRN_FEATURE_GC},
    {VM_OP_ARRAY_NEW_FIXED, PIRN_FEATURE_GC},
    {VM_OP_ANY_CONVERT_EXTERN, PIRN_FEATURE_GC},
    {VM_OP_EXTERN_CONVERT_ANY, PIRN_FEATURE_GC},
    {VM_OP_REF_I31, PIRN_FEATURE_GC},
    {VM_OP_STRUCT_NEW_DESC, PIRN_FEATURE_CUSTOM_DESCRIPTORS},
    {VM_OP_STRUCT_NEW_DEFAULT_DESC, PIRN_FEATURE_CUSTOM_DESCRIPTORS},
};

static pirn_status check_constant_instr(vm_validator *v)
{
    const char *text = vm_opcodes[v->instr.opcode].text;
    for (size_t i = 0; i < BASE_COUNT(constant_instrs); i++) {
        if (constant_instrs[i].opcode != v->instr.opcode)
            continue;
        uint32_t missing = constant_instrs[i].feature & ~v->module->features;
        if (missing == 0)
            return PIRN_OK;
        return vm_valid_fail(v, "constant expression required: %s in one needs the feature %s, which is off", text,
                             vm_feature_name(missing));
    }
    return vm_valid_fail(v, "constant expression required: %s is not constant", text);
}

pirn_status vm_valid_next_constant(vm_validator *v, vm_valtype expected)
{
    v->operands.len = v->control.len = 0;
    v->is_constant = true;
    v->instr.start = v->reader.pos;
    PIRN_TRY(vm_valid_push_frame(v, VM_OP_BLOCK, (vm_blocktype){.index = -1, .value = expected}));
    while (v->control.len > 0 && vm_instr_read(&v->reader, v->module->features, &v->instr)) {
        PIRN_TRY(check_constant_instr(v));
        PIRN_TRY(vm_valid_instr(v));
    }
    return v->reader.status;
}

pirn_status vm_valid_constant(vm_validator *v, vm_range expr, vm_valtype expected)
{
    v->reader = vm_valid_reader(v, expr);
    return vm_valid_next_constant(v, expected);
}

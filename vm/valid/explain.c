/* SPDX-License-Identifier: Apache-2.0 */
/* Validation of a body with somebody looking on: the same steps as in func.c, one by one. */
#include "vm/valid/explain.h"
#include "vm/valid/validator.h"

static pirn_status observe_body(vm_validator *v, uint32_t func, vm_valid_observer *observe, void *data)
{
    PIRN_TRY(vm_valid_begin_body(v, func));
    while (v->control.len > 0) {
        PIRN_TRY(vm_valid_read_instr(v));
        observe(data, v);
        PIRN_TRY(vm_valid_instr(v));
    }
    return vm_valid_end_body(v);
}

pirn_status vm_validate_func_observed(vm_validator *v, uint32_t func, vm_valid_observer *observe, void *data)
{
    pirn_status status = observe_body(v, func, observe, data);
    if (status != PIRN_OK)
        base_error_in_function(v->error, func, vm_module_func_name(v->module, func));
    return status;
}

const vm_instr *vm_explain_instr(const vm_validator *v)
{
    return &v->instr;
}

uint64_t vm_explain_offset(const vm_validator *v)
{
    return vm_module_offset(v->module, v->instr.start);
}

const vm_valtype *vm_explain_operands(const vm_validator *v, size_t *count)
{
    *count = v->operands.len;
    return v->operands.data;
}

size_t vm_explain_label_count(const vm_validator *v)
{
    return v->control.len;
}

pirn_explained_label vm_explain_label(const vm_validator *v, size_t label)
{
    size_t at = v->control.len - 1 - label;
    const vm_frame *frame = &v->control.data[at];
    vm_types types = frame->opcode == VM_OP_LOOP ? vm_valid_block_params(v, &frame->type)
                                                 : vm_valid_block_results(v, &frame->type);
    return (pirn_explained_label){
        .word = at == 0 ? "func" : vm_opcodes[frame->opcode].text,
        .types = types.data,
        .type_count = types.count,
        .height = frame->height,
        .is_unreachable = frame->is_unreachable,
    };
}

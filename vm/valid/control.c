/* SPDX-License-Identifier: Apache-2.0 */
/* Control instructions (spec 3.4.2): blocks, branches, calls. */
#include "vm/valid/validator.h"

pirn_status vm_valid_unreachable(vm_validator *v)
{
    vm_valid_set_unreachable(v);
    return PIRN_OK;
}

/* ---- Blocks -------------------------------------------------------------------------------------------------- */

pirn_status vm_valid_blocktype(vm_validator *v, const vm_blocktype *type)
{
    const vm_functype *func;
    if (type->index < 0)
        return vm_valid_type(v, type->value);
    return vm_valid_functype(v, type->index > UINT32_MAX ? UINT32_MAX : (uint32_t)type->index, &func);
}

pirn_status vm_valid_block(vm_validator *v)
{
    vm_blocktype type = v->instr.block;
    PIRN_TRY(vm_valid_blocktype(v, &type));
    vm_types params = vm_valid_block_params(v, &type);
    PIRN_TRY(vm_valid_pop_types(v, params));
    PIRN_TRY(vm_valid_push_frame(v, v->instr.opcode, type));
    return vm_valid_push_types(v, params);
}

/* Its type is looked at before the condition, as it stands in the rule. */
pirn_status vm_valid_if(vm_validator *v)
{
    PIRN_TRY(vm_valid_blocktype(v, &v->instr.block));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    return vm_valid_block(v);
}

pirn_status vm_valid_pop_results(vm_validator *v)
{
    const vm_frame *frame = vm_valid_top(v);
    PIRN_TRY(vm_valid_pop_types(v, vm_valid_block_results(v, &frame->type)));
    if (v->operands.len != frame->height)
        return vm_valid_fail(v, "type mismatch: values remaining on the stack at the end of the block");
    return PIRN_OK;
}

pirn_status vm_valid_else(vm_validator *v)
{
    vm_frame *frame = vm_valid_top(v);
    if (frame->opcode != VM_OP_IF)
        return vm_valid_fail_as(v, PIRN_MALFORMED, "END opcode expected: else without if");
    PIRN_TRY(vm_valid_pop_results(v));
    frame->opcode = VM_OP_ELSE;
    vm_valid_unset_locals(v, frame->set_height);
    frame->is_unreachable = false;
    return vm_valid_push_types(v, vm_valid_block_params(v, &frame->type));
}

/* Without an else the parameters are the results (3.4.2). */
static pirn_status check_missing_else(vm_validator *v, const vm_blocktype *type)
{
    vm_types params = vm_valid_block_params(v, type), results = vm_valid_block_results(v, type);
    bool same = params.count == results.count;
    for (uint32_t i = 0; same && i < params.count; i++)
        same = vm_valid_matches(v, params.data[i], results.data[i]);
    return same ? PIRN_OK : vm_valid_fail(v, "type mismatch: if without else must yield what it takes");
}

pirn_status vm_valid_end(vm_validator *v)
{
    PIRN_TRY(vm_valid_pop_results(v));
    vm_frame frame = *vm_valid_top(v);
    if (frame.opcode == VM_OP_IF)
        PIRN_TRY(check_missing_else(v, &frame.type));
    v->control.len--;
    vm_valid_unset_locals(v, frame.set_height);
    return v->control.len == 0 ? PIRN_OK : vm_valid_push_types(v, vm_valid_block_results(v, &frame.type));
}

/* ---- Branches ------------------------------------------------------------------------------------------------ */

pirn_status vm_valid_label(vm_validator *v, uint32_t label, vm_types *out)
{
    PIRN_TRY(vm_valid_index(v, "label", label, v->control.len));
    const vm_frame *frame = &v->control.data[v->control.len - 1 - label];
    *out = frame->opcode == VM_OP_LOOP ? vm_valid_block_params(v, &frame->type)
                                       : vm_valid_block_results(v, &frame->type);
    return PIRN_OK;
}

pirn_status vm_valid_br(vm_validator *v)
{
    vm_types types;
    PIRN_TRY(vm_valid_label(v, v->instr.index, &types));
    PIRN_TRY(vm_valid_pop_types(v, types));
    vm_valid_set_unreachable(v);
    return PIRN_OK;
}

pirn_status vm_valid_br_if(vm_validator *v)
{
    vm_types types;
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    PIRN_TRY(vm_valid_label(v, v->instr.index, &types));
    PIRN_TRY(vm_valid_pop_types(v, types));
    return vm_valid_push_types(v, types);
}

/* One target of a table: as many values as the others carry, and those on the stack fit. */
static pirn_status check_target(vm_validator *v, uint32_t label, uint32_t arity)
{
    vm_types types;
    PIRN_TRY(vm_valid_label(v, label, &types));
    if (types.count != arity)
        return vm_valid_fail(v, "type mismatch: the labels of br_table carry %u and %u values", arity, types.count);
    return vm_valid_peek_types(v, types);
}

static pirn_status check_targets(vm_validator *v)
{
    vm_types first;
    vm_reader labels = vm_reader_part(&v->reader, v->instr.vector.entries);
    vm_reader ahead = labels;
    PIRN_TRY(vm_valid_label(v, vm_reader_leb_u32(&ahead), &first));
    for (uint64_t i = 0; i <= v->instr.vector.count; i++)
        PIRN_TRY(check_target(v, vm_reader_leb_u32(&labels), first.count));
    return PIRN_OK;
}

pirn_status vm_valid_br_table(vm_validator *v)
{
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    PIRN_TRY(check_targets(v));
    vm_valid_set_unreachable(v);
    return PIRN_OK;
}

pirn_status vm_valid_return(vm_validator *v)
{
    PIRN_TRY(vm_valid_pop_types(v, vm_valid_block_results(v, &v->control.data[0].type)));
    vm_valid_set_unreachable(v);
    return PIRN_OK;
}

/* ---- Calls --------------------------------------------------------------------------------------------------- */

pirn_status vm_valid_functype(vm_validator *v, uint32_t index, const vm_functype **out)
{
    PIRN_TRY(vm_valid_index(v, "type", index, v->module->types.len));
    const vm_subtype *type = &v->module->types.data[index];
    if (type->kind != VM_TYPE_FUNC)
        return vm_valid_fail(v, "type mismatch: type %u is not a function type", index);
    *out = &type->func;
    return PIRN_OK;
}

pirn_status vm_valid_apply(vm_validator *v, const vm_functype *type)
{
    PIRN_TRY(vm_valid_pop_types(v, (vm_types){type->params, type->param_count}));
    return vm_valid_push_types(v, (vm_types){type->results, type->result_count});
}

pirn_status vm_valid_call(vm_validator *v)
{
    PIRN_TRY(vm_valid_index(v, "function", v->instr.index, v->module->funcs.len));
    return vm_valid_apply(v, vm_module_func_type(v->module, v->instr.index));
}

/* Table and type exist and fit; takes the index off. */
static pirn_status check_call_indirect(vm_validator *v, const vm_functype **type)
{
    PIRN_TRY(vm_valid_index(v, "table", v->instr.index2, v->module->tables.len));
    PIRN_TRY(vm_valid_functype(v, v->instr.index, type));
    const pirn_tabletype *table = &v->module->tables.data[v->instr.index2].type;
    if (!vm_valid_matches(v, table->element, PIRN_FUNCREF))
        return vm_valid_mismatch(v, PIRN_FUNCREF, table->element);
    return vm_valid_pop(v, vm_valid_address_type(table->is64));
}

pirn_status vm_valid_call_indirect(vm_validator *v)
{
    const vm_functype *type = NULL;
    PIRN_TRY(check_call_indirect(v, &type));
    return vm_valid_apply(v, type);
}

/* ---- Tail calls ---------------------------------------------------------------------------------------------- */

/* A tail call returns for this function: its results are those. */
pirn_status vm_valid_apply_tail(vm_validator *v, const vm_functype *type)
{
    vm_types expected = vm_valid_block_results(v, &v->control.data[0].type);
    PIRN_TRY(vm_valid_pop_types(v, (vm_types){type->params, type->param_count}));
    if (type->result_count != expected.count)
        return vm_valid_fail(v, "type mismatch: the function returns %u values, its tail call %u", expected.count,
                             type->result_count);
    for (uint32_t i = 0; i < expected.count; i++) {
        if (!vm_valid_matches(v, type->results[i], expected.data[i]))
            return vm_valid_mismatch(v, expected.data[i], type->results[i]);
    }
    vm_valid_set_unreachable(v);
    return PIRN_OK;
}

pirn_status vm_valid_return_call(vm_validator *v)
{
    PIRN_TRY(vm_valid_index(v, "function", v->instr.index, v->module->funcs.len));
    return vm_valid_apply_tail(v, vm_module_func_type(v->module, v->instr.index));
}

pirn_status vm_valid_return_call_indirect(vm_validator *v)
{
    const vm_functype *type = NULL;
    PIRN_TRY(check_call_indirect(v, &type));
    return vm_valid_apply_tail(v, type);
}

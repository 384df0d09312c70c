/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions (spec 3.4.2): throw, throw_ref, try_table; and the blocks that came before the standard: try with catch and
 * catch_all, or with delegate, and rethrow. In those the clauses are parts of the block, like else.
 */
#include "vm/valid/validator.h"

pirn_status vm_valid_tag(vm_validator *v, uint32_t tag, const vm_functype **out)
{
    const vm_module *m = v->module;
    PIRN_TRY(vm_valid_index(v, "tag", tag, m->tags.len));
    *out = &m->types.data[m->tags.data[tag].type].func;
    return PIRN_OK;
}

pirn_status vm_valid_exception(vm_validator *v, uint32_t tag, vm_types *out)
{
    const vm_functype *type = NULL;
    PIRN_TRY(vm_valid_tag(v, tag, &type));
    if (type->result_count != 0)
        return vm_valid_fail(v, "type mismatch: tag %u has results, it is not an exception's", tag);
    *out = (vm_types){type->params, type->param_count};
    return PIRN_OK;
}

pirn_status vm_valid_throw(vm_validator *v)
{
    vm_types types;
    PIRN_TRY(vm_valid_exception(v, v->instr.index, &types));
    PIRN_TRY(vm_valid_pop_types(v, types));
    vm_valid_set_unreachable(v);
    return PIRN_OK;
}

pirn_status vm_valid_throw_ref(vm_validator *v)
{
    PIRN_TRY(vm_valid_pop(v, PIRN_EXNREF));
    vm_valid_set_unreachable(v);
    return PIRN_OK;
}

/* ---- try_table ----------------------------------------------------------------------------------------------- */

/* Do values of these types, and behind them (is_ref) the exception itself, fit what the label carries? */
static pirn_status check_carried(vm_validator *v, vm_types values, bool is_ref, vm_types label)
{
    if (values.count + is_ref != label.count)
        return vm_valid_fail(v, "type mismatch: the catch clause carries %u values, its label %u",
                             values.count + is_ref, label.count);
    for (uint32_t i = 0; i < values.count; i++) {
        if (!vm_valid_matches(v, values.data[i], label.data[i]))
            return vm_valid_mismatch(v, label.data[i], values.data[i]);
    }
    vm_valtype exception = vm_valtype_non_null(PIRN_EXNREF);
    if (is_ref && !vm_valid_matches(v, exception, label.data[values.count]))
        return vm_valid_mismatch(v, label.data[values.count], exception);
    return PIRN_OK;
}

/* Labels of clauses are those around the block. */
static pirn_status check_clause(vm_validator *v, vm_catch clause)
{
    vm_types values = {NULL, 0}, label;
    if (clause.kind == VM_CATCH || clause.kind == VM_CATCH_REF)
        PIRN_TRY(vm_valid_exception(v, clause.tag, &values));
    PIRN_TRY(vm_valid_label(v, clause.label, &label));
    return check_carried(v, values, clause.kind == VM_CATCH_REF || clause.kind == VM_CATCH_ALL_REF, label);
}

pirn_status vm_valid_try_table(vm_validator *v)
{
    vm_reader clauses = vm_reader_part(&v->reader, v->instr.try_table.catches);
    for (uint32_t i = 0; i < v->instr.try_table.count; i++)
        PIRN_TRY(check_clause(v, vm_reader_catch(&clauses)));
    return vm_valid_block(v);
}

/* ---- Before the standard ------------------------------------------------------------------------------------- */

pirn_status vm_valid_try(vm_validator *v)
{
    return vm_valid_block(v);
}

/* A clause begins where the block's body or another clause ends. */
static pirn_status begin_clause(vm_validator *v, vm_opcode opcode, vm_types values)
{
    vm_frame *frame = vm_valid_top(v);
    if (frame->opcode != VM_OP_TRY && frame->opcode != VM_OP_CATCH)
        return vm_valid_fail_as(v, PIRN_MALFORMED, "END opcode expected: %s without try", vm_opcodes[opcode].text);
    PIRN_TRY(vm_valid_pop_results(v));
    vm_valid_unset_locals(v, frame->set_height);
    frame->opcode = opcode;
    frame->is_unreachable = false;
    return vm_valid_push_types(v, values);
}

pirn_status vm_valid_catch(vm_validator *v)
{
    vm_types values;
    PIRN_TRY(vm_valid_exception(v, v->instr.index, &values));
    return begin_clause(v, VM_OP_CATCH, values);
}

pirn_status vm_valid_catch_all(vm_validator *v)
{
    return begin_clause(v, VM_OP_CATCH_ALL, (vm_types){NULL, 0});
}

pirn_status vm_valid_rethrow(vm_validator *v)
{
    uint32_t label = v->instr.index;
    PIRN_TRY(vm_valid_index(v, "label", label, v->control.len));
    vm_opcode opcode = v->control.data[v->control.len - 1 - label].opcode;
    if (opcode != VM_OP_CATCH && opcode != VM_OP_CATCH_ALL)
        return vm_valid_fail(v, "invalid rethrow label %u: it is no catch clause's", label);
    vm_valid_set_unreachable(v);
    return PIRN_OK;
}

/* Ends the block; its label counts from outside of it. */
pirn_status vm_valid_delegate(vm_validator *v)
{
    if (vm_valid_top(v)->opcode != VM_OP_TRY)
        return vm_valid_fail_as(v, PIRN_MALFORMED, "END opcode expected: delegate without try");
    PIRN_TRY(vm_valid_index(v, "label", v->instr.index, v->control.len - 1));
    return vm_valid_end(v);
}

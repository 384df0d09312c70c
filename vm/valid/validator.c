/* SPDX-License-Identifier: Apache-2.0 */
/* The primitives of the validation algorithm: its storage, its errors, and stacks of several types at once. */
#include "vm/valid/validator.h"

void vm_validator_init(vm_validator *v, const vm_module *module, const pirn_allocator *allocator, pirn_error *error)
{
    *v = (vm_validator){.module = module, .allocator = allocator, .error = error};
}

void vm_validator_done(vm_validator *v)
{
    BASE_VEC_DONE(&v->operands, v->allocator);
    BASE_VEC_DONE(&v->control, v->allocator);
    BASE_VEC_DONE(&v->runs, v->allocator);
    BASE_VEC_DONE(&v->set, v->allocator);
}

vm_validator *vm_validator_new(const vm_module *module, const pirn_allocator *allocator, pirn_error *error)
{
    vm_validator *v = base_alloc(allocator, sizeof *v);
    if (v != NULL)
        vm_validator_init(v, module, allocator, error);
    return v;
}

void vm_validator_free(vm_validator *v)
{
    if (v == NULL)
        return;
    vm_validator_done(v);
    base_free(v->allocator, v, sizeof *v);
}

vm_reader vm_valid_reader(const vm_validator *v, vm_range range)
{
    const vm_range bytes = v->module->bytes;
    vm_reader r;
    vm_reader_init(&r, bytes.start, (size_t)(bytes.end - bytes.start), v->module->base_offset, v->error);
    return vm_reader_part(&r, range);
}

/* ---- Failing ------------------------------------------------------------------------------------------------- */

static pirn_status fail_v(vm_validator *v, pirn_status status, const char *format, va_list args)
{
    return base_fail_v(v->error, status, vm_module_offset(v->module, v->instr.start), format, args);
}

pirn_status vm_valid_fail(vm_validator *v, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pirn_status result = fail_v(v, PIRN_INVALID, format, args);
    va_end(args);
    return result;
}

pirn_status vm_valid_fail_as(vm_validator *v, pirn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pirn_status result = fail_v(v, status, format, args);
    va_end(args);
    return result;
}

pirn_status vm_valid_mismatch(vm_validator *v, vm_valtype expected, vm_valtype found)
{
    char a[32], b[32];
    return vm_valid_fail(v, "type mismatch: expected %s, found %s", pirn_valtype_text(expected, a),
                         pirn_valtype_text(found, b));
}

pirn_status vm_valid_missing(vm_validator *v, vm_valtype expected)
{
    char text[32];
    if (expected == VM_BOTTOM)
        return vm_valid_fail(v, "type mismatch: expected a value, found nothing");
    return vm_valid_fail(v, "type mismatch: expected %s, found nothing", pirn_valtype_text(expected, text));
}

/* ---- Operands ------------------------------------------------------------------------------------------------ */

/* The height is limited because an instruction of two bytes can push a thousand values. */
pirn_status vm_valid_grow(vm_validator *v)
{
    if (v->operands.len == VM_LIMIT_OPERANDS)
        return vm_valid_fail_as(v, PIRN_LIMIT, "too many operands: at most %d are supported", VM_LIMIT_OPERANDS);
    if (!BASE_VEC_RESERVE(&v->operands, v->allocator, 1))
        return base_nomem(v->error);
    v->operand_room = v->operands.cap < VM_LIMIT_OPERANDS ? v->operands.cap : VM_LIMIT_OPERANDS;
    return PIRN_OK;
}

pirn_status vm_valid_pop_types(vm_validator *v, vm_types types)
{
    for (uint32_t i = types.count; i > 0; i--)
        PIRN_TRY(vm_valid_pop(v, types.data[i - 1]));
    return PIRN_OK;
}

pirn_status vm_valid_push_types(vm_validator *v, vm_types types)
{
    for (uint32_t i = 0; i < types.count; i++)
        PIRN_TRY(vm_valid_push(v, types.data[i]));
    return PIRN_OK;
}

pirn_status vm_valid_peek_types(vm_validator *v, vm_types types)
{
    const vm_frame *frame = vm_valid_top(v);
    size_t present = v->operands.len - frame->height;
    for (uint32_t i = 0; i < types.count; i++) {
        vm_valtype expected = types.data[types.count - 1 - i];
        if (i >= present)
            return frame->is_unreachable ? PIRN_OK : vm_valid_missing(v, expected);
        vm_valtype found = v->operands.data[v->operands.len - 1 - i];
        if (!vm_valid_matches(v, found, expected))
            return vm_valid_mismatch(v, expected, found);
    }
    return PIRN_OK;
}

void vm_valid_set_unreachable(vm_validator *v)
{
    vm_frame *frame = vm_valid_top(v);
    v->operands.len = frame->height;
    frame->is_unreachable = true;
}

/* ---- Control ------------------------------------------------------------------------------------------------- */

vm_types vm_valid_block_params(const vm_validator *v, const vm_blocktype *type)
{
    if (type->index < 0)
        return (vm_types){NULL, 0};
    const vm_functype *func = &v->module->types.data[type->index].func;
    return (vm_types){func->params, func->param_count};
}

vm_types vm_valid_block_results(const vm_validator *v, const vm_blocktype *type)
{
    if (type->index < 0)
        return (vm_types){&type->value, type->value == VM_BOTTOM ? 0 : 1};
    const vm_functype *func = &v->module->types.data[type->index].func;
    return (vm_types){func->results, func->result_count};
}

pirn_status vm_valid_push_frame(vm_validator *v, vm_opcode opcode, vm_blocktype type)
{
    vm_frame frame = {.opcode = opcode, .height = v->operands.len, .set_height = v->set.len, .type = type};
    if (v->control.len == VM_LIMIT_CONTROL_DEPTH)
        return vm_valid_fail_as(v, PIRN_LIMIT, "too many nested blocks: at most %d are supported",
                                VM_LIMIT_CONTROL_DEPTH);
    if (!BASE_VEC_PUSH(&v->control, v->allocator, frame))
        return base_nomem(v->error);
    return PIRN_OK;
}

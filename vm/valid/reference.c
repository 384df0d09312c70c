/* SPDX-License-Identifier: Apache-2.0 */
/* Reference instructions, calls and branches on references (spec 3.4.2, 3.4.6). */
#include "vm/valid/validator.h"

pirn_status vm_valid_pop_ref(vm_validator *v, vm_valtype *out)
{
    char text[32];
    PIRN_TRY(vm_valid_pop_any(v, out));
    if (*out == VM_BOTTOM)
        *out = VM_BOTTOM_REF;
    else if (!pirn_valtype_is_ref(*out))
        return vm_valid_fail(v, "type mismatch: expected a reference, found %s", pirn_valtype_text(*out, text));
    return PIRN_OK;
}

pirn_status vm_valid_ref_null(vm_validator *v)
{
    PIRN_TRY(vm_valid_type(v, v->instr.type));
    return vm_valid_push(v, v->instr.type);
}

pirn_status vm_valid_ref_is_null(vm_validator *v)
{
    vm_valtype type;
    PIRN_TRY(vm_valid_pop_ref(v, &type));
    return vm_valid_push(v, PIRN_I32);
}

/*
 * The result is a reference to the very type of the function, where such references are known. An imported function may be
 * of a type below the one it is declared with.
 */
static vm_valtype reference_to_func(const vm_validator *v, uint32_t func)
{
    if (!(v->module->features & PIRN_FEATURE_FUNCTION_REFERENCES))
        return PIRN_FUNCREF;
    const vm_func_decl *decl = &v->module->funcs.data[func];
    return decl->is_exact ? vm_valid_type_of_new(v->module, decl->type) : vm_ref_concrete(decl->type, false);
}

/* A body may name a function only when something outside of bodies does (3.4.6); constant expressions are outside.
 */
pirn_status vm_valid_ref_func(vm_validator *v)
{
    uint32_t func = v->instr.index;
    uint8_t bit = (uint8_t)(1u << (func % 8));
    PIRN_TRY(vm_valid_index(v, "function", func, v->module->funcs.len));
    if (v->is_constant)
        v->declared_funcs[func / 8] |= bit;
    else if (!(v->module->declared_funcs[func / 8] & bit))
        return vm_valid_fail(v, "undeclared function reference: function %u", func);
    return vm_valid_push(v, reference_to_func(v, func));
}

pirn_status vm_valid_ref_as_non_null(vm_validator *v)
{
    vm_valtype type;
    PIRN_TRY(vm_valid_pop_ref(v, &type));
    return vm_valid_push(v, vm_valtype_non_null(type));
}

/* The type exists; takes the reference off. */
static pirn_status pop_callee(vm_validator *v, const vm_functype **type)
{
    PIRN_TRY(vm_valid_functype(v, v->instr.index, type));
    return vm_valid_pop(v, vm_ref_concrete(v->instr.index, true));
}

pirn_status vm_valid_call_ref(vm_validator *v)
{
    const vm_functype *type;
    PIRN_TRY(pop_callee(v, &type));
    return vm_valid_apply(v, type);
}

pirn_status vm_valid_return_call_ref(vm_validator *v)
{
    const vm_functype *type;
    PIRN_TRY(pop_callee(v, &type));
    return vm_valid_apply_tail(v, type);
}

/* [t* (ref null ht)] -> [t* (ref ht)]; the label takes t*. */
pirn_status vm_valid_br_on_null(vm_validator *v)
{
    vm_valtype type;
    vm_types types;
    PIRN_TRY(vm_valid_label(v, v->instr.index, &types));
    PIRN_TRY(vm_valid_pop_ref(v, &type));
    PIRN_TRY(vm_valid_pop_types(v, types));
    PIRN_TRY(vm_valid_push_types(v, types));
    return vm_valid_push(v, vm_valtype_non_null(type));
}

/* [t* (ref null ht)] -> [t*]; the label takes t* and, last, a reference that (ref ht) fits. */
pirn_status vm_valid_br_on_non_null(vm_validator *v)
{
    vm_valtype type;
    vm_types types;
    PIRN_TRY(vm_valid_label(v, v->instr.index, &types));
    if (types.count == 0)
        return vm_valid_fail(v, "type mismatch: the label of br_on_non_null carries nothing");
    PIRN_TRY(vm_valid_pop_ref(v, &type));
    PIRN_TRY(vm_valid_push(v, vm_valtype_non_null(type)));
    PIRN_TRY(vm_valid_pop(v, types.data[types.count - 1]));
    types.count--;
    PIRN_TRY(vm_valid_pop_types(v, types));
    return vm_valid_push_types(v, types);
}

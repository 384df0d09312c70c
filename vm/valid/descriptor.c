/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Custom descriptors (a proposal): structures whose objects carry a reference to another object, their descriptor.
 *
 *      (rec (type $a (descriptor $d) (struct ...))
 *           (type $d (describes $a) (struct ...)))
 *
 * The clauses of two types name each other, within a recursion group and the described one first, so that no type describes
 * itself. An object gets its descriptor when it is made. That must be of the very type $d, not below it, which is what exact
 * types are for: then whoever knows an object's descriptor knows its type, and a cast may compare descriptors.
 */
#include "vm/valid/validator.h"

/* ---- Types ----------------------------------------------------------------------------------------------------------- */

static bool is_in_group(const vm_subtype *type, uint32_t index)
{
    return index >= type->group_start && index - type->group_start < type->group_length;
}

static pirn_status fail_type(vm_validator *v, const vm_subtype *type, const char *what, uint32_t index)
{
    return base_fail(v->error, PIRN_INVALID, type->offset, "%s: type %u", what, index);
}

static pirn_status check_describes(vm_validator *v, const vm_subtype *type, uint32_t index)
{
    if (type->describes == VM_NO_TYPE)
        return PIRN_OK;
    if (!is_in_group(type, type->describes))
        return fail_type(v, type, "described type is outside rec group", type->describes);
    if (type->describes >= index)
        return fail_type(v, type, "forward use of described type", type->describes);
    if (type->kind != VM_TYPE_STRUCT)
        return fail_type(v, type, "described type must be a struct, and its descriptor, too", index);
    if (v->module->types.data[type->describes].descriptor != index)
        return fail_type(v, type, "described type is not described by descriptor", type->describes);
    return PIRN_OK;
}

static pirn_status check_descriptor(vm_validator *v, const vm_subtype *type, uint32_t index)
{
    if (type->descriptor == VM_NO_TYPE)
        return PIRN_OK;
    if (!is_in_group(type, type->descriptor))
        return fail_type(v, type, "descriptor type is outside rec group", type->descriptor);
    if (type->kind != VM_TYPE_STRUCT)
        return fail_type(v, type, "descriptor type must be a struct, and what it describes, too", index);
    if (v->module->types.data[type->descriptor].describes != index)
        return fail_type(v, type, "type is not described by its descriptor", index);
    return PIRN_OK;
}

pirn_status vm_valid_clauses(vm_validator *v, const vm_subtype *type, uint32_t index)
{
    PIRN_TRY(check_describes(v, type, index));
    return check_descriptor(v, type, index);
}

/* A descriptor may be added; what describes and what does not are never below one another. */
bool vm_valid_clauses_match(const vm_subtype *sub, const vm_subtype *super)
{
    bool keeps_descriptor = sub->descriptor != VM_NO_TYPE || super->descriptor == VM_NO_TYPE;
    return keeps_descriptor && (sub->describes == VM_NO_TYPE) == (super->describes == VM_NO_TYPE);
}

pirn_status vm_valid_clause_types(vm_validator *v, const vm_subtype *sub, const vm_subtype *super)
{
    const vm_module *m = v->module;
    if (super->descriptor != VM_NO_TYPE && !vm_valid_is_subtype_index(m, sub->descriptor, super->descriptor))
        return base_fail(v->error, PIRN_INVALID, sub->offset, "descriptor type %u does not match type %u",
                         sub->descriptor, super->descriptor);
    if (super->describes != VM_NO_TYPE && !vm_valid_is_subtype_index(m, sub->describes, super->describes))
        return base_fail(v->error, PIRN_INVALID, sub->offset, "described type %u does not match type %u",
                         sub->describes, super->describes);
    return PIRN_OK;
}

/* ---- Instructions ------------------------------------------------------------------------------------------------------ */

pirn_status vm_valid_no_descriptor(vm_validator *v, const vm_subtype *type)
{
    if (type->descriptor == VM_NO_TYPE)
        return PIRN_OK;
    return vm_valid_fail(v, "type with descriptor requires descriptor allocation: type %u", v->instr.index);
}

/* The type exists and has a descriptor; `what` is said if it has not. */
static pirn_status find_descriptor(vm_validator *v, uint32_t index, const char *what, uint32_t *out)
{
    PIRN_TRY(vm_valid_index(v, "type", index, v->module->types.len));
    *out = v->module->types.data[index].descriptor;
    return *out != VM_NO_TYPE ? PIRN_OK : vm_valid_fail(v, "%s: type %u", what, index);
}

static pirn_status struct_new_desc(vm_validator *v)
{
    uint32_t descriptor;
    PIRN_TRY(find_descriptor(v, v->instr.index, "type without descriptor requires non-descriptor allocation",
                             &descriptor));
    PIRN_TRY(vm_valid_pop(v, vm_ref_exact(descriptor, true)));
    return v->instr.opcode == VM_OP_STRUCT_NEW_DESC ? vm_valid_struct_fields(v) : vm_valid_struct_defaults(v);
}

/* What is known to be of the very type has a descriptor that is, too. */
static pirn_status ref_get_desc(vm_validator *v)
{
    vm_valtype found;
    uint32_t index = v->instr.index, descriptor;
    PIRN_TRY(find_descriptor(v, index, "type without descriptor", &descriptor));
    PIRN_TRY(vm_valid_pop_ref(v, &found));
    if (vm_valid_matches(v, found, vm_ref_exact(index, true)))
        return vm_valid_push(v, vm_ref_exact(descriptor, false));
    if (!vm_valid_matches(v, found, vm_ref_concrete(index, true)))
        return vm_valid_mismatch(v, vm_ref_concrete(index, true), found);
    return vm_valid_push(v, vm_ref_concrete(descriptor, false));
}

/* Pops what the descriptor is compared with: as exact as the target. */
static pirn_status pop_descriptor(vm_validator *v, vm_valtype target)
{
    char text[32];
    PIRN_TRY(vm_valid_type(v, target));
    uint32_t descriptor =
        vm_ref_is_concrete(target) ? v->module->types.data[vm_ref_index(target)].descriptor : VM_NO_TYPE;
    if (descriptor == VM_NO_TYPE)
        return vm_valid_fail(v, "type %s does not have a descriptor", vm_heaptype_text(target, text));
    return vm_valid_pop(v,
                        vm_ref_is_exact(target) ? vm_ref_exact(descriptor, true) : vm_ref_concrete(descriptor, true));
}

static pirn_status ref_cast_desc_eq(vm_validator *v)
{
    PIRN_TRY(pop_descriptor(v, v->instr.type));
    PIRN_TRY(vm_valid_pop(v, PIRN_ANYREF));
    return vm_valid_push(v, v->instr.type);
}

static pirn_status br_on_cast_desc_eq(vm_validator *v)
{
    PIRN_TRY(vm_valid_type(v, v->instr.cast.from));
    PIRN_TRY(pop_descriptor(v, v->instr.cast.to));
    return vm_valid_branch_on_cast(v, v->instr.opcode == VM_OP_BR_ON_CAST_DESC_EQ);
}

pirn_status vm_valid_descriptor(vm_validator *v)
{
    switch (v->instr.opcode) {
    case VM_OP_STRUCT_NEW_DESC:
    case VM_OP_STRUCT_NEW_DEFAULT_DESC:
        return struct_new_desc(v);
    case VM_OP_REF_GET_DESC:
        return ref_get_desc(v);
    case VM_OP_REF_CAST_DESC_EQ:
    case VM_OP_REF_CAST_DESC_EQ_NULL:
        return ref_cast_desc_eq(v);
    default: /* br_on_cast_desc_eq, br_on_cast_desc_eq_fail */
        return br_on_cast_desc_eq(v);
    }
}

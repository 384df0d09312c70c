/* SPDX-License-Identifier: Apache-2.0 */
/* Structures, arrays, i31 and casts (spec 3.4.2, 3.4.6 to 3.4.9). */
#include "vm/valid/validator.h"

/* The type of a value of the field: packed ones are i32. */
static vm_valtype unpacked(vm_valtype storage)
{
    return vm_type_is_packed(storage) ? PIRN_I32 : storage;
}

static pirn_status find_type(vm_validator *v, uint32_t index, vm_type_kind kind, const vm_subtype **out)
{
    static const char *const names[] = {"a function", "a structure", "an array", "a continuation"};
    PIRN_TRY(vm_valid_index(v, "type", index, v->module->types.len));
    *out = &v->module->types.data[index];
    if ((*out)->kind == kind)
        return PIRN_OK;
    return vm_valid_fail(v, "type mismatch: type %u is not %s type", index, names[kind]);
}

static pirn_status push_ref(vm_validator *v, uint32_t index)
{
    return vm_valid_push(v, vm_valid_type_of_new(v->module, index));
}

static pirn_status pop_object(vm_validator *v, uint32_t index)
{
    return vm_valid_pop(v, vm_ref_concrete(index, true));
}

/* ---- Structures ---------------------------------------------------------------------------------------------------- */

/* Pops the values of all fields, pushes the reference. */
pirn_status vm_valid_struct_fields(vm_validator *v)
{
    const vm_subtype *type;
    PIRN_TRY(find_type(v, v->instr.index, VM_TYPE_STRUCT, &type));
    for (uint32_t i = type->field_count; i > 0; i--)
        PIRN_TRY(vm_valid_pop(v, unpacked(type->fields[i - 1].type)));
    return push_ref(v, v->instr.index);
}

static pirn_status check_default(vm_validator *v, const vm_field *field)
{
    char text[32];
    if (vm_valid_has_default(field->type))
        return PIRN_OK;
    return vm_valid_fail(v, "type mismatch: a field of type %s has no default", pirn_valtype_text(field->type, text));
}

/* All fields have defaults; pushes the reference. */
pirn_status vm_valid_struct_defaults(vm_validator *v)
{
    const vm_subtype *type;
    PIRN_TRY(find_type(v, v->instr.index, VM_TYPE_STRUCT, &type));
    for (uint32_t i = 0; i < type->field_count; i++)
        PIRN_TRY(check_default(v, &type->fields[i]));
    return push_ref(v, v->instr.index);
}

static pirn_status struct_new(vm_validator *v)
{
    const vm_subtype *type;
    PIRN_TRY(find_type(v, v->instr.index, VM_TYPE_STRUCT, &type));
    PIRN_TRY(vm_valid_no_descriptor(v, type));
    return v->instr.opcode == VM_OP_STRUCT_NEW ? vm_valid_struct_fields(v) : vm_valid_struct_defaults(v);
}

static pirn_status find_field(vm_validator *v, const vm_field **out)
{
    const vm_subtype *type;
    PIRN_TRY(find_type(v, v->instr.index, VM_TYPE_STRUCT, &type));
    PIRN_TRY(vm_valid_index(v, "field", v->instr.index2, type->field_count));
    *out = &type->fields[v->instr.index2];
    return PIRN_OK;
}

/* Packed fields are read with a sign, others without. */
static pirn_status check_packed(vm_validator *v, const vm_field *field, vm_opcode plain)
{
    bool is_packed = vm_type_is_packed(field->type);
    if (is_packed == (v->instr.opcode != plain))
        return PIRN_OK;
    return vm_valid_fail(v, "type mismatch: %s of a field that is %s", vm_opcodes[v->instr.opcode].text,
                         is_packed ? "packed" : "not packed");
}

static pirn_status check_mutable(vm_validator *v, const vm_field *field)
{
    if (field->is_mutable)
        return PIRN_OK;
    return vm_valid_fail(v, "immutable %s", v->instr.opcode == VM_OP_STRUCT_SET ? "field" : "array");
}

static pirn_status struct_get(vm_validator *v)
{
    const vm_field *field;
    PIRN_TRY(find_field(v, &field));
    PIRN_TRY(check_packed(v, field, VM_OP_STRUCT_GET));
    PIRN_TRY(pop_object(v, v->instr.index));
    return vm_valid_push(v, unpacked(field->type));
}

static pirn_status struct_set(vm_validator *v)
{
    const vm_field *field;
    PIRN_TRY(find_field(v, &field));
    PIRN_TRY(check_mutable(v, field));
    PIRN_TRY(vm_valid_pop(v, unpacked(field->type)));
    return pop_object(v, v->instr.index);
}

/* ---- Arrays -------------------------------------------------------------------------------------------------------- */

static pirn_status find_array(vm_validator *v, uint32_t index, const vm_field **out)
{
    const vm_subtype *type;
    PIRN_TRY(find_type(v, index, VM_TYPE_ARRAY, &type));
    *out = type->fields;
    return PIRN_OK;
}

static pirn_status array_new(vm_validator *v)
{
    const vm_field *element;
    PIRN_TRY(find_array(v, v->instr.index, &element));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    PIRN_TRY(vm_valid_pop(v, unpacked(element->type)));
    return push_ref(v, v->instr.index);
}

static pirn_status array_new_default(vm_validator *v)
{
    const vm_field *element;
    PIRN_TRY(find_array(v, v->instr.index, &element));
    PIRN_TRY(check_default(v, element));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    return push_ref(v, v->instr.index);
}

static pirn_status array_new_fixed(vm_validator *v)
{
    const vm_field *element;
    PIRN_TRY(find_array(v, v->instr.index, &element));
    if (v->instr.index2 > VM_LIMIT_FIXED_ELEMENTS)
        return vm_valid_fail_as(v, PIRN_LIMIT, "too many operands of array.new_fixed: %u, at most %d are supported",
                                v->instr.index2, VM_LIMIT_FIXED_ELEMENTS);
    for (uint32_t i = 0; i < v->instr.index2; i++)
        PIRN_TRY(vm_valid_pop(v, unpacked(element->type)));
    return push_ref(v, v->instr.index);
}

/* Bytes of a data segment are numbers or vectors. */
static pirn_status check_data(vm_validator *v, const vm_field *element)
{
    char text[32];
    if (pirn_valtype_is_ref(element->type))
        return vm_valid_fail(v, "type mismatch: array type is not numeric or vector: its elements are %s",
                             pirn_valtype_text(element->type, text));
    return vm_valid_data(v, v->instr.index2);
}

static pirn_status check_elem(vm_validator *v, const vm_field *element)
{
    PIRN_TRY(vm_valid_index(v, "elem segment", v->instr.index2, v->module->elems.len));
    vm_valtype type = v->module->elems.data[v->instr.index2].type;
    return vm_valid_matches(v, type, element->type) ? PIRN_OK : vm_valid_mismatch(v, element->type, type);
}

static pirn_status array_new_segment(vm_validator *v)
{
    const vm_field *element;
    PIRN_TRY(find_array(v, v->instr.index, &element));
    PIRN_TRY(v->instr.opcode == VM_OP_ARRAY_NEW_DATA ? check_data(v, element) : check_elem(v, element));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    return push_ref(v, v->instr.index);
}

static pirn_status array_init_segment(vm_validator *v)
{
    const vm_field *element;
    PIRN_TRY(find_array(v, v->instr.index, &element));
    PIRN_TRY(check_mutable(v, element));
    PIRN_TRY(v->instr.opcode == VM_OP_ARRAY_INIT_DATA ? check_data(v, element) : check_elem(v, element));
    for (unsigned i = 0; i < 3; i++)
        PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    return pop_object(v, v->instr.index);
}

static pirn_status array_get(vm_validator *v)
{
    const vm_field *element;
    PIRN_TRY(find_array(v, v->instr.index, &element));
    PIRN_TRY(check_packed(v, element, VM_OP_ARRAY_GET));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    PIRN_TRY(pop_object(v, v->instr.index));
    return vm_valid_push(v, unpacked(element->type));
}

static pirn_status array_set(vm_validator *v)
{
    const vm_field *element;
    PIRN_TRY(find_array(v, v->instr.index, &element));
    PIRN_TRY(check_mutable(v, element));
    PIRN_TRY(vm_valid_pop(v, unpacked(element->type)));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    return pop_object(v, v->instr.index);
}

static pirn_status array_len(vm_validator *v)
{
    PIRN_TRY(vm_valid_pop(v, PIRN_ARRAYREF));
    return vm_valid_push(v, PIRN_I32);
}

static pirn_status array_fill(vm_validator *v)
{
    const vm_field *element;
    PIRN_TRY(find_array(v, v->instr.index, &element));
    PIRN_TRY(check_mutable(v, element));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    PIRN_TRY(vm_valid_pop(v, unpacked(element->type)));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    return pop_object(v, v->instr.index);
}

static pirn_status array_copy(vm_validator *v)
{
    char a[32], b[32];
    const vm_field *to, *from;
    PIRN_TRY(find_array(v, v->instr.index, &to));
    PIRN_TRY(find_array(v, v->instr.index2, &from));
    PIRN_TRY(check_mutable(v, to));
    if (!vm_valid_matches(v, from->type, to->type))
        return vm_valid_fail(v, "type mismatch: array types do not match: elements %s to %s",
                             pirn_valtype_text(from->type, a), pirn_valtype_text(to->type, b));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    PIRN_TRY(pop_object(v, v->instr.index2));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    return pop_object(v, v->instr.index);
}

/* ---- References ------------------------------------------------------------------------------------------------------ */

static pirn_status ref_eq(vm_validator *v)
{
    PIRN_TRY(vm_valid_pop(v, PIRN_EQREF));
    PIRN_TRY(vm_valid_pop(v, PIRN_EQREF));
    return vm_valid_push(v, PIRN_I32);
}

/* Continuations are not tested or cast. */
static pirn_status check_castable(vm_validator *v, vm_valtype type)
{
    PIRN_TRY(vm_valid_type(v, type));
    if (vm_valid_heaptype_top(v->module, type) == VM_CODE_CONTREF)
        return vm_valid_fail(v, "invalid cast to a continuation type");
    return PIRN_OK;
}

/* What is tested may be anything of the same hierarchy. */
static pirn_status pop_tested(vm_validator *v)
{
    PIRN_TRY(check_castable(v, v->instr.type));
    return vm_valid_pop(v, vm_valid_heaptype_top(v->module, v->instr.type));
}

static pirn_status ref_test(vm_validator *v)
{
    PIRN_TRY(pop_tested(v));
    return vm_valid_push(v, PIRN_I32);
}

static pirn_status ref_cast(vm_validator *v)
{
    PIRN_TRY(pop_tested(v));
    return vm_valid_push(v, v->instr.type);
}

/* A conversion between any and extern keeps whether null is possible. */
static pirn_status convert(vm_validator *v, uint8_t from, uint8_t to)
{
    vm_valtype type;
    PIRN_TRY(vm_valid_pop_ref(v, &type));
    if (!vm_valid_matches(v, type, from))
        return vm_valid_mismatch(v, from, type);
    return vm_valid_push(v, vm_ref_abstract(to, vm_ref_is_nullable(type)));
}

/* What is left when a cast of a value of type `from` to `to` fails. */
static vm_valtype difference(vm_valtype from, vm_valtype to)
{
    return vm_ref_is_nullable(to) ? vm_valtype_non_null(from) : from;
}

/* One must be below the other; with custom descriptors it is enough that something is above both. */
static bool are_castable(const vm_validator *v, vm_valtype from, vm_valtype to)
{
    if (v->module->features & PIRN_FEATURE_CUSTOM_DESCRIPTORS)
        return vm_valid_heaptype_top(v->module, from) == vm_valid_heaptype_top(v->module, to);
    return vm_valid_matches(v, to, from);
}

/* [t* from] -> [t* falls]; the label takes t* and a value of type `jumps`. */
static pirn_status branch_on_cast(vm_validator *v, vm_valtype jumps, vm_valtype falls)
{
    vm_types types;
    const vm_cast cast = v->instr.cast;
    PIRN_TRY(vm_valid_label(v, cast.label, &types));
    if (!are_castable(v, cast.from, cast.to))
        return vm_valid_mismatch(v, cast.from, cast.to);
    if (types.count == 0)
        return vm_valid_fail(v, "type mismatch: the label of %s carries nothing", vm_opcodes[v->instr.opcode].text);
    vm_valtype last = types.data[--types.count];
    if (!vm_valid_matches(v, jumps, last))
        return vm_valid_mismatch(v, last, jumps);
    PIRN_TRY(vm_valid_pop(v, cast.from));
    PIRN_TRY(vm_valid_pop_types(v, types));
    PIRN_TRY(vm_valid_push_types(v, types));
    return vm_valid_push(v, falls);
}

pirn_status vm_valid_branch_on_cast(vm_validator *v, bool on_success)
{
    const vm_cast cast = v->instr.cast;
    vm_valtype rest = difference(cast.from, cast.to);
    return branch_on_cast(v, on_success ? cast.to : rest, on_success ? rest : cast.to);
}

static pirn_status br_on_cast(vm_validator *v)
{
    PIRN_TRY(vm_valid_type(v, v->instr.cast.from));
    PIRN_TRY(check_castable(v, v->instr.cast.to));
    return vm_valid_branch_on_cast(v, v->instr.opcode == VM_OP_BR_ON_CAST);
}

/* ---------------------------------------------------------------------------------------------------------------------- */

pirn_status vm_valid_gc(vm_validator *v)
{
    switch (v->instr.opcode) {
    case VM_OP_STRUCT_NEW:
    case VM_OP_STRUCT_NEW_DEFAULT:
        return struct_new(v);
    case VM_OP_STRUCT_GET:
    case VM_OP_STRUCT_GET_S:
    case VM_OP_STRUCT_GET_U:
        return struct_get(v);
    case VM_OP_STRUCT_SET:
        return struct_set(v);
    case VM_OP_ARRAY_NEW:
        return array_new(v);
    case VM_OP_ARRAY_NEW_DEFAULT:
        return array_new_default(v);
    case VM_OP_ARRAY_NEW_FIXED:
        return array_new_fixed(v);
    case VM_OP_ARRAY_NEW_DATA:
    case VM_OP_ARRAY_NEW_ELEM:
        return array_new_segment(v);
    case VM_OP_ARRAY_INIT_DATA:
    case VM_OP_ARRAY_INIT_ELEM:
        return array_init_segment(v);
    case VM_OP_ARRAY_GET:
    case VM_OP_ARRAY_GET_S:
    case VM_OP_ARRAY_GET_U:
        return array_get(v);
    case VM_OP_ARRAY_SET:
        return array_set(v);
    case VM_OP_ARRAY_LEN:
        return array_len(v);
    case VM_OP_ARRAY_FILL:
        return array_fill(v);
    case VM_OP_ARRAY_COPY:
        return array_copy(v);
    case VM_OP_REF_EQ:
        return ref_eq(v);
    case VM_OP_REF_TEST:
    case VM_OP_REF_TEST_NULL:
        return ref_test(v);
    case VM_OP_REF_CAST:
    case VM_OP_REF_CAST_NULL:
        return ref_cast(v);
    case VM_OP_BR_ON_CAST:
    case VM_OP_BR_ON_CAST_FAIL:
        return br_on_cast(v);
    case VM_OP_ANY_CONVERT_EXTERN:
        return convert(v, VM_CODE_EXTERNREF, VM_CODE_ANY);
    case VM_OP_EXTERN_CONVERT_ANY:
        return convert(v, VM_CODE_ANY, VM_CODE_EXTERNREF);
    case VM_OP_REF_I31:
        PIRN_TRY(vm_valid_pop(v, PIRN_I32));
        return vm_valid_push(v, vm_ref_abstract(VM_CODE_I31, false));
    default: /* i31.get_s, i31.get_u */
        PIRN_TRY(vm_valid_pop(v, PIRN_I31REF));
        return vm_valid_push(v, PIRN_I32);
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
/* References: see fuzz/generator.h. Null and casts that fail are made rare where they would trap. */
#include "fuzz/generator.h"

/* ---- Making objects -------------------------------------------------------------------------------------------------------- */

/* An object type of that kind below `super` (VM_NO_TYPE: any), or VM_NO_TYPE. */
static uint32_t find_object(generator *g, int kind, uint32_t super)
{
    uint32_t first = g->object_count == 0 ? 0 : choose(&g->c, g->object_count);
    for (uint32_t i = 0; i < g->object_count; i++) {
        uint32_t index = (first + i) % g->object_count;
        bool is_below = super == VM_NO_TYPE || is_type_below(g, index, super);
        if (is_below && (kind < 0 || g->types[index].kind == kind))
            return index;
    }
    return VM_NO_TYPE;
}

static uint32_t find_func(generator *g, uint32_t type)
{
    uint32_t first = choose(&g->c, g->func_count);
    for (uint32_t i = 0; i < g->func_count; i++) {
        uint32_t func = (first + i) % g->func_count;
        if (g->funcs[func] == type)
            return func;
    }
    return VM_NO_TYPE;
}

static void make_default_object(generator *g, uint32_t index)
{
    bool is_struct = g->types[index].kind == VM_TYPE_STRUCT;
    if (!is_struct)
        put_i32(g, ARRAY_LENGTH);
    put_op_index(g, is_struct ? VM_OP_STRUCT_NEW_DEFAULT : VM_OP_ARRAY_NEW_DEFAULT, index);
}

static void make_i31_leaf(generator *g)
{
    put_i32(g, (int32_t)choose_byte(&g->c));
    put_op(g, VM_OP_REF_I31);
}

static void make_null(generator *g, vm_valtype type)
{
    put_op(g, VM_OP_REF_NULL);
    put_heaptype(g->out, type);
}

/* What is not null of an abstract type; these are constant expressions, too. */
static void make_abstract_leaf(generator *g, vm_valtype type)
{
    uint32_t index;
    switch (vm_ref_code(type)) {
    case VM_CODE_FUNCREF:
        put_op_index(g, VM_OP_REF_FUNC, choose(&g->c, g->func_count));
        break;
    case VM_CODE_STRUCTREF:
    case VM_CODE_ARRAYREF:
        index = find_object(g, vm_ref_code(type) == VM_CODE_STRUCTREF ? VM_TYPE_STRUCT : VM_TYPE_ARRAY, VM_NO_TYPE);
        fuzz_check(index != VM_NO_TYPE);
        make_default_object(g, index);
        break;
    case VM_CODE_EXTERNREF:
        make_i31_leaf(g);
        put_op(g, VM_OP_EXTERN_CONVERT_ANY);
        break;
    default:
        make_i31_leaf(g);
        break;
    }
}

void make_ref_leaf(generator *g, vm_valtype type)
{
    if (vm_ref_is_nullable(type))
        make_null(g, type);
    else if (vm_ref_is_concrete(type))
        make_default_object(g, vm_ref_index(type));
    else
        make_abstract_leaf(g, type);
}

static void make_struct(generator *g, uint32_t index)
{
    const gen_type *type = &g->types[index];
    if (choose_rarely(&g->c, 4)) {
        put_op_index(g, VM_OP_STRUCT_NEW_DEFAULT, index);
        return;
    }
    for (uint32_t i = 0; i < type->field_count; i++)
        make_value(g, unpacked(type->fields[i].type));
    put_op_index(g, VM_OP_STRUCT_NEW, index);
}

/* A part of an array, a table or a segment: where it begins and how long it is; within the usual lengths most of the time. */
static void make_range(generator *g)
{
    make_masked(g, false, ARRAY_LENGTH / 2 - 1);
    make_masked(g, false, ARRAY_LENGTH / 2 - 1);
}

/* A passive element segment of values that fit, or VM_NO_TYPE. */
static uint32_t find_elem(generator *g, vm_valtype type)
{
    for (uint32_t i = 0; i < g->elem_count; i++) {
        if (is_subtype(g, g->elems[i], type))
            return i;
    }
    return VM_NO_TYPE;
}

static void make_array(generator *g, uint32_t index)
{
    vm_valtype element = g->types[index].fields[0].type;
    bool is_ref = pirn_valtype_is_ref(element);
    switch (choose(&g->c, 4)) {
    case 1:
        for (uint32_t i = 0; i < ARRAY_LENGTH; i++)
            make_value(g, unpacked(element));
        put_op_index(g, VM_OP_ARRAY_NEW_FIXED, index);
        vm_writer_leb_unsigned(g->out, ARRAY_LENGTH);
        break;
    case 2:
        if (is_ref ? find_elem(g, element) == VM_NO_TYPE : g->data_count == 0) {
            make_default_object(g, index);
            break;
        }
        make_range(g);
        put_op_index(g, is_ref ? VM_OP_ARRAY_NEW_ELEM : VM_OP_ARRAY_NEW_DATA, index);
        vm_writer_leb_unsigned(g->out, is_ref ? find_elem(g, element) : choose(&g->c, g->data_count));
        break;
    default:
        make_value(g, unpacked(element));
        put_i32(g, ARRAY_LENGTH + (int32_t)choose(&g->c, 8));
        put_op_index(g, VM_OP_ARRAY_NEW, index);
        break;
    }
}

static void make_object(generator *g, uint32_t index)
{
    if (g->types[index].kind == VM_TYPE_STRUCT)
        make_struct(g, index);
    else
        make_array(g, index);
}

static bool make_concrete(generator *g, uint32_t index)
{
    if (g->types[index].kind != VM_TYPE_FUNC) {
        make_object(g, find_object(g, -1, index));
        return true;
    }
    uint32_t func = find_func(g, index);
    if (func == VM_NO_TYPE)
        return false;
    put_op_index(g, VM_OP_REF_FUNC, func);
    return true;
}

static void make_i31(generator *g)
{
    make_value(g, PIRN_I32);
    put_op(g, VM_OP_REF_I31);
}

static void make_any(generator *g, bool is_eq)
{
    uint32_t choice = choose(&g->c, is_eq ? 4 : 6);
    if (choice < 2) {
        make_object(g, find_object(g, -1, VM_NO_TYPE));
    } else if (choice < 4) {
        make_i31(g);
    } else {
        make_value(g, vm_ref_abstract(VM_CODE_EXTERNREF, false));
        put_op(g, VM_OP_ANY_CONVERT_EXTERN);
    }
}

bool make_ref(generator *g, vm_valtype type)
{
    if (!pirn_valtype_is_ref(type) || choose_rarely(&g->c, 8))
        return false;
    if (vm_ref_is_concrete(type))
        return make_concrete(g, vm_ref_index(type));
    switch (vm_ref_code(type)) {
    case VM_CODE_ANY:
    case VM_CODE_EQ:
        return make_any(g, vm_ref_code(type) == VM_CODE_EQ), true;
    case VM_CODE_I31:
        return make_i31(g), true;
    case VM_CODE_STRUCTREF:
        return make_struct(g, find_object(g, VM_TYPE_STRUCT, VM_NO_TYPE)), true;
    case VM_CODE_ARRAYREF:
        return make_array(g, find_object(g, VM_TYPE_ARRAY, VM_NO_TYPE)), true;
    case VM_CODE_FUNCREF:
        return make_abstract_leaf(g, type), true;
    case VM_CODE_EXTERNREF:
        if (!has_gc(g))
            return false;
        make_value(g, vm_ref_abstract(VM_CODE_ANY, vm_ref_is_nullable(type)));
        return put_op(g, VM_OP_EXTERN_CONVERT_ANY), true;
    default:
        return false;
    }
}

/* ---- Branches that ask about references -------------------------------------------------------------------------------------- */

static bool is_any(const generator *g, vm_valtype type)
{
    return is_subtype(g, type, PIRN_ANYREF);
}

/* block (result T)  any  br_on_cast 0 any T  drop  other value  end */
static void make_cast_branch(generator *g, vm_valtype type, bool is_fail)
{
    vm_valtype rest = vm_ref_abstract(VM_CODE_ANY, true);
    begin_block(g, VM_OP_BLOCK, type);
    if (is_fail) { /* br_on_cast_fail leads out of an inner block, which then makes another value */
        begin_block(g, VM_OP_BLOCK, rest);
        make_value(g, rest);
        put_op(g, VM_OP_BR_ON_CAST_FAIL);
    } else {
        make_value(g, rest);
        put_op(g, VM_OP_BR_ON_CAST);
    }
    vm_writer_u8(g->out, (uint8_t)(1 | (vm_ref_is_nullable(type) ? 2 : 0)));
    vm_writer_u8(g->out, 0);
    put_heaptype(g->out, rest);
    put_heaptype(g->out, type);
    if (is_fail) {
        put_op_index(g, VM_OP_BR, 1);
        end_label(g);
    }
    put_op(g, VM_OP_DROP);
    make_value(g, type);
    end_label(g);
}

/* block (result T)  block  T or null  br_on_null 0  br 1  end  T  end */
static void make_null_branch(generator *g, vm_valtype type)
{
    begin_block(g, VM_OP_BLOCK, type);
    begin_block(g, VM_OP_BLOCK, VM_BOTTOM);
    make_value(g, vm_ref_with_null(type, true));
    put_op_index(g, VM_OP_BR_ON_NULL, 0);
    put_op_index(g, VM_OP_BR, 1);
    end_label(g);
    make_value(g, type);
    end_label(g);
}

/* block (result T)  T or null  br_on_non_null 0  T  end */
static void make_non_null_branch(generator *g, vm_valtype type)
{
    begin_block(g, VM_OP_BLOCK, type);
    make_value(g, vm_ref_with_null(type, true));
    put_op_index(g, VM_OP_BR_ON_NON_NULL, 0);
    make_value(g, type);
    end_label(g);
}

bool make_ref_branch(generator *g, vm_valtype type)
{
    if (!pirn_valtype_is_ref(type) || !has_gc(g) || is_too_deep(g))
        return false;
    switch (choose(&g->c, 8)) {
    case 0:
    case 1:
        return is_any(g, type) && (make_cast_branch(g, type, false), true);
    case 2:
    case 3:
        return is_any(g, type) && (make_cast_branch(g, type, true), true);
    case 4:
        return make_null_branch(g, type), true;
    case 5:
        return make_non_null_branch(g, type), true;
    case 6:
        make_value(g, vm_ref_with_null(type, true));
        return put_op(g, VM_OP_REF_AS_NON_NULL), true;
    default:
        if (!is_any(g, type))
            return false;
        make_value(g, PIRN_ANYREF);
        put_op(g, vm_ref_is_nullable(type) ? VM_OP_REF_CAST_NULL : VM_OP_REF_CAST);
        return put_heaptype(g->out, type), true;
    }
}

/* ---- Fields ------------------------------------------------------------------------------------------------------------------ */

/* A reference to an object of the type; seldom null. */
static void make_operand_object(generator *g, uint32_t index)
{
    make_value(g, vm_ref_concrete(index, choose_rarely(&g->c, 16)));
}

static void make_index(generator *g)
{
    make_masked(g, false, ARRAY_LENGTH - 1);
}

static void put_get(generator *g, vm_opcode plain, uint32_t index, const vm_field *field)
{
    uint32_t sign = vm_type_is_packed(field->type) ? 1 + choose(&g->c, 2) : 0;
    put_op_index(g, (vm_opcode)(plain + sign), index);
}

bool make_field(generator *g, vm_valtype type)
{
    if (g->object_count == 0)
        return false;
    uint32_t first = choose(&g->c, g->object_count), first_field = choose(&g->c, MAX_FIELDS);
    for (uint32_t i = 0; i < g->object_count; i++) {
        uint32_t index = (first + i) % g->object_count;
        const gen_type *object = &g->types[index];
        for (uint32_t j = 0; j < object->field_count; j++) {
            uint32_t at = (first_field + j) % object->field_count;
            if (!is_subtype(g, unpacked(object->fields[at].type), type))
                continue;
            make_operand_object(g, index);
            if (object->kind == VM_TYPE_ARRAY) {
                make_index(g);
                put_get(g, VM_OP_ARRAY_GET, index, &object->fields[at]);
            } else {
                put_get(g, VM_OP_STRUCT_GET, index, &object->fields[at]);
                vm_writer_leb_unsigned(g->out, at);
            }
            return true;
        }
    }
    return false;
}

bool make_field_set(generator *g)
{
    uint32_t index = find_object(g, VM_TYPE_STRUCT, VM_NO_TYPE);
    if (index == VM_NO_TYPE || g->types[index].field_count == 0)
        return false;
    uint32_t at = choose(&g->c, g->types[index].field_count);
    const vm_field *field = &g->types[index].fields[at];
    if (!field->is_mutable)
        return false;
    make_operand_object(g, index);
    make_value(g, unpacked(field->type));
    put_op_index(g, VM_OP_STRUCT_SET, index);
    vm_writer_leb_unsigned(g->out, at);
    return true;
}

static void make_array_init(generator *g, uint32_t index, vm_valtype element)
{
    bool is_ref = pirn_valtype_is_ref(element);
    if (is_ref ? find_elem(g, element) == VM_NO_TYPE : g->data_count == 0)
        return;
    make_operand_object(g, index);
    make_masked(g, false, ARRAY_LENGTH / 2 - 1);
    make_range(g);
    put_op_index(g, is_ref ? VM_OP_ARRAY_INIT_ELEM : VM_OP_ARRAY_INIT_DATA, index);
    vm_writer_leb_unsigned(g->out, is_ref ? find_elem(g, element) : choose(&g->c, g->data_count));
}

bool make_array_change(generator *g)
{
    uint32_t index = find_object(g, VM_TYPE_ARRAY, VM_NO_TYPE);
    if (index == VM_NO_TYPE || !g->types[index].fields[0].is_mutable)
        return false;
    vm_valtype element = g->types[index].fields[0].type;
    uint32_t source = find_object(g, VM_TYPE_ARRAY, index);
    switch (choose(&g->c, 4)) {
    case 0:
        make_operand_object(g, index);
        make_index(g);
        make_value(g, unpacked(element));
        put_op_index(g, VM_OP_ARRAY_SET, index);
        break;
    case 1:
        make_operand_object(g, index);
        make_masked(g, false, ARRAY_LENGTH / 2 - 1);
        make_value(g, unpacked(element));
        make_masked(g, false, ARRAY_LENGTH / 2 - 1);
        put_op_index(g, VM_OP_ARRAY_FILL, index);
        break;
    case 2:
        make_operand_object(g, index);
        make_masked(g, false, ARRAY_LENGTH / 2 - 1);
        make_operand_object(g, source);
        make_range(g);
        put_op_index(g, VM_OP_ARRAY_COPY, index);
        vm_writer_leb_unsigned(g->out, source);
        break;
    default:
        make_array_init(g, index, element);
        break;
    }
    return true;
}

/* ---- Tables and tests --------------------------------------------------------------------------------------------------------- */

bool make_table_get(generator *g, vm_valtype type)
{
    for (uint32_t i = 0; i < g->table_count; i++) {
        if (!is_subtype(g, g->tables[i].element, type))
            continue;
        make_masked(g, g->tables[i].is64, TABLE_SIZE - 1);
        put_op_index(g, VM_OP_TABLE_GET, i);
        return true;
    }
    return false;
}

static void make_i31_get(generator *g)
{
    make_value(g, vm_ref_abstract(VM_CODE_I31, choose_rarely(&g->c, 16)));
    put_op(g, choose(&g->c, 2) ? VM_OP_I31_GET_S : VM_OP_I31_GET_U);
}

static void make_type_test(generator *g)
{
    vm_valtype type = choose_any_type(g);
    make_value(g, PIRN_ANYREF);
    put_op(g, vm_ref_is_nullable(type) ? VM_OP_REF_TEST_NULL : VM_OP_REF_TEST);
    put_heaptype(g->out, type);
}

static void make_table_size(generator *g)
{
    uint32_t table = choose(&g->c, g->table_count);
    put_op_index(g, VM_OP_TABLE_SIZE, table);
    if (g->tables[table].is64)
        put_op(g, VM_OP_I32_WRAP_I64);
}

bool make_ref_test(generator *g, vm_valtype type)
{
    if (type != PIRN_I32 || !has_feature(g, PIRN_FEATURE_REFERENCE_TYPES))
        return false;
    switch (choose(&g->c, has_gc(g) ? 7 : 2)) {
    case 0:
        if (g->table_count == 0)
            return false;
        return make_table_size(g), true;
    case 1:
        make_value(g, has_gc(g) ? vm_ref_with_null(choose_any_type(g), true) : PIRN_FUNCREF);
        return put_op(g, VM_OP_REF_IS_NULL), true;
    case 2:
        make_value(g, PIRN_EQREF);
        make_value(g, PIRN_EQREF);
        return put_op(g, VM_OP_REF_EQ), true;
    case 3:
        make_value(g, vm_ref_abstract(VM_CODE_ARRAYREF, choose_rarely(&g->c, 16)));
        return put_op(g, VM_OP_ARRAY_LEN), true;
    case 4:
        return make_i31_get(g), true;
    default:
        return make_type_test(g), true;
    }
}

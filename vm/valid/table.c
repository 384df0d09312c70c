/* SPDX-License-Identifier: Apache-2.0 */
/* Table and reference instructions (spec 3.4.3, 3.4.9). */
#include "vm/valid/validator.h"

/* ---- References ---------------------------------------------------------------------------------------------- */

pirn_status vm_valid_ref_null(vm_validator *v)
{
    return vm_valid_push(v, v->instr.type);
}

pirn_status vm_valid_ref_is_null(vm_validator *v)
{
    char text[32];
    vm_valtype type;
    PIRN_TRY(vm_valid_pop_any(v, &type));
    if (type != VM_BOTTOM && !pirn_valtype_is_ref(type))
        return vm_valid_fail(v, "type mismatch: expected a reference, found %s", pirn_valtype_text(type, text));
    return vm_valid_push(v, PIRN_I32);
}

/* A body may name a function only when something outside of bodies does (3.4.3.3); constant expressions are outside.
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
    return vm_valid_push(v, PIRN_FUNCREF);
}

/* ---- Tables -------------------------------------------------------------------------------------------------- */

static pirn_status find_table(vm_validator *v, uint32_t index, const pirn_tabletype **out)
{
    PIRN_TRY(vm_valid_index(v, "table", index, v->module->tables.len));
    *out = &v->module->tables.data[index].type;
    return PIRN_OK;
}

static vm_valtype address_type(const pirn_tabletype *table)
{
    return vm_valid_address_type(table->is64);
}

pirn_status vm_valid_table_get(vm_validator *v)
{
    const pirn_tabletype *table;
    PIRN_TRY(find_table(v, v->instr.index, &table));
    PIRN_TRY(vm_valid_pop(v, address_type(table)));
    return vm_valid_push(v, table->element);
}

pirn_status vm_valid_table_set(vm_validator *v)
{
    const pirn_tabletype *table;
    PIRN_TRY(find_table(v, v->instr.index, &table));
    PIRN_TRY(vm_valid_pop(v, table->element));
    return vm_valid_pop(v, address_type(table));
}

pirn_status vm_valid_table_size(vm_validator *v)
{
    const pirn_tabletype *table;
    PIRN_TRY(find_table(v, v->instr.index, &table));
    return vm_valid_push(v, address_type(table));
}

pirn_status vm_valid_table_grow(vm_validator *v)
{
    const pirn_tabletype *table;
    PIRN_TRY(find_table(v, v->instr.index, &table));
    PIRN_TRY(vm_valid_pop(v, address_type(table)));
    PIRN_TRY(vm_valid_pop(v, table->element));
    return vm_valid_push(v, address_type(table));
}

pirn_status vm_valid_table_fill(vm_validator *v)
{
    const pirn_tabletype *table;
    PIRN_TRY(find_table(v, v->instr.index, &table));
    PIRN_TRY(vm_valid_pop(v, address_type(table)));
    PIRN_TRY(vm_valid_pop(v, table->element));
    return vm_valid_pop(v, address_type(table));
}

pirn_status vm_valid_table_copy(vm_validator *v)
{
    const pirn_tabletype *to, *from;
    PIRN_TRY(find_table(v, v->instr.index, &to));
    PIRN_TRY(find_table(v, v->instr.index2, &from));
    if (!vm_valid_matches(from->element, to->element))
        return vm_valid_mismatch(v, to->element, from->element);
    PIRN_TRY(vm_valid_pop(v, vm_valid_address_type(to->is64 && from->is64)));
    PIRN_TRY(vm_valid_pop(v, address_type(from)));
    return vm_valid_pop(v, address_type(to));
}

pirn_status vm_valid_table_init(vm_validator *v)
{
    const pirn_tabletype *table;
    PIRN_TRY(find_table(v, v->instr.index2, &table));
    PIRN_TRY(vm_valid_index(v, "elem segment", v->instr.index, v->module->elems.len));
    vm_valtype type = v->module->elems.data[v->instr.index].type;
    if (!vm_valid_matches(type, table->element))
        return vm_valid_mismatch(v, table->element, type);
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    return vm_valid_pop(v, address_type(table));
}

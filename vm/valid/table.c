/* SPDX-License-Identifier: Apache-2.0 */
/* Table instructions (spec 3.4.4). */
#include "vm/valid/validator.h"

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
    if (!vm_valid_matches(v, from->element, to->element))
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
    if (!vm_valid_matches(v, type, table->element))
        return vm_valid_mismatch(v, table->element, type);
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    return vm_valid_pop(v, address_type(table));
}

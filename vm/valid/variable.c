/* SPDX-License-Identifier: Apache-2.0 */
/* Parametric and variable instructions (spec 3.4.1, 3.4.3). */
#include "vm/binary/types.h"
#include "vm/valid/validator.h"

/* ---- Parametric ---------------------------------------------------------------------------------------------- */

pirn_status vm_valid_drop(vm_validator *v)
{
    vm_valtype type;
    return vm_valid_pop_any(v, &type);
}

/* Without an annotation only values that are not references can be selected. */
static pirn_status check_selectable(vm_validator *v, vm_valtype type)
{
    char text[32];
    if (!pirn_valtype_is_ref(type))
        return PIRN_OK;
    return vm_valid_fail(v, "type mismatch: select without a type, found %s", pirn_valtype_text(type, text));
}

pirn_status vm_valid_select(vm_validator *v)
{
    vm_valtype first, second;
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    PIRN_TRY(vm_valid_pop_any(v, &second));
    PIRN_TRY(vm_valid_pop_any(v, &first));
    PIRN_TRY(check_selectable(v, first));
    PIRN_TRY(check_selectable(v, second));
    if (first != second && first != VM_BOTTOM && second != VM_BOTTOM)
        return vm_valid_mismatch(v, first, second);
    return vm_valid_push(v, first == VM_BOTTOM ? second : first);
}

pirn_status vm_valid_select_t(vm_validator *v)
{
    if (v->instr.vector.count != 1)
        return vm_valid_fail(v, "invalid result arity: select with %u types", v->instr.vector.count);
    vm_reader types = vm_reader_part(&v->reader, v->instr.vector.entries);
    vm_valtype type = vm_reader_valtype(&types, v->module->features);
    PIRN_TRY(vm_valid_type(v, type));
    PIRN_TRY(vm_valid_pop(v, PIRN_I32));
    PIRN_TRY(vm_valid_pop(v, type));
    PIRN_TRY(vm_valid_pop(v, type));
    return vm_valid_push(v, type);
}

/* ---- Locals -------------------------------------------------------------------------------------------------- */

/* The type of a local beyond the flat ones: a parameter's, or that of the first run that ends behind it. */
static vm_valtype search_local(const vm_validator *v, uint32_t index)
{
    if (index < v->params.count)
        return v->params.data[index];
    size_t low = 0, high = v->runs.len - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v->runs.data[middle].end <= index)
            low = middle + 1;
        else
            high = middle;
    }
    return v->runs.data[low].type;
}

static inline pirn_status find_local(vm_validator *v, vm_valtype *out)
{
    uint32_t index = v->instr.index;
    *out = VM_BOTTOM;
    PIRN_TRY(vm_valid_index(v, "local", index, v->local_count));
    *out = BASE_LIKELY(index < VM_FLAT_LOCALS) ? v->flat_locals[index] : search_local(v, index);
    return PIRN_OK;
}

/*
 * A local without a default (3.1.5) is unset until a local.set; what a block sets is unset again behind it. Parameters
 * are set from the start.
 */
static bool is_set(const vm_validator *v, uint32_t index)
{
    return index < v->params.count || (v->set_bits[index / 8] & 1u << index % 8);
}

void vm_valid_unset_locals(vm_validator *v, size_t height)
{
    while (v->set.len > height) {
        uint32_t index = v->set.data[--v->set.len];
        v->set_bits[index / 8] &= (uint8_t) ~(1u << index % 8);
    }
}

static pirn_status mark_set(vm_validator *v, uint32_t index)
{
    if (is_set(v, index))
        return PIRN_OK;
    v->set_bits[index / 8] |= (uint8_t)(1u << index % 8);
    return BASE_VEC_PUSH(&v->set, v->allocator, index) ? PIRN_OK : base_nomem(v->error);
}

pirn_status vm_valid_local_get(vm_validator *v)
{
    vm_valtype type;
    PIRN_TRY(find_local(v, &type));
    if (BASE_UNLIKELY(!vm_valid_has_default(type)) && !is_set(v, v->instr.index))
        return vm_valid_fail(v, "uninitialized local %u", v->instr.index);
    return vm_valid_push(v, type);
}

pirn_status vm_valid_local_set(vm_validator *v)
{
    vm_valtype type;
    PIRN_TRY(find_local(v, &type));
    if (BASE_UNLIKELY(!vm_valid_has_default(type)))
        PIRN_TRY(mark_set(v, v->instr.index));
    return vm_valid_pop(v, type);
}

pirn_status vm_valid_local_tee(vm_validator *v)
{
    vm_valtype type;
    PIRN_TRY(find_local(v, &type));
    if (BASE_UNLIKELY(!vm_valid_has_default(type)))
        PIRN_TRY(mark_set(v, v->instr.index));
    PIRN_TRY(vm_valid_pop(v, type));
    return vm_valid_push(v, type);
}

/* ---- Globals ------------------------------------------------------------------------------------------------- */

/* In a constant expression (3.4.13): one that exists by then and never changes. */
static pirn_status check_constant_global(vm_validator *v, uint32_t index, const pirn_globaltype *type)
{
    if (type->is_mutable)
        return vm_valid_fail(v, "constant expression required: global %u is mutable", index);
    bool is_extended = v->module->features & (PIRN_FEATURE_EXTENDED_CONST | PIRN_FEATURE_GC);
    if (index >= v->module->imported_globals && !is_extended)
        return vm_valid_fail(v,
                             "constant expression required: reading global %u, which is not imported, needs the "
                             "feature %s, which is off",
                             index, vm_feature_name(PIRN_FEATURE_EXTENDED_CONST));
    return PIRN_OK;
}

pirn_status vm_valid_global_get(vm_validator *v)
{
    uint32_t index = v->instr.index;
    PIRN_TRY(vm_valid_index(v, "global", index, v->is_constant ? v->visible_globals : v->module->globals.len));
    const pirn_globaltype *type = &v->module->globals.data[index].type;
    if (v->is_constant)
        PIRN_TRY(check_constant_global(v, index, type));
    return vm_valid_push(v, type->type);
}

pirn_status vm_valid_global_set(vm_validator *v)
{
    uint32_t index = v->instr.index;
    PIRN_TRY(vm_valid_index(v, "global", index, v->module->globals.len));
    const pirn_globaltype *type = &v->module->globals.data[index].type;
    if (!type->is_mutable)
        return vm_valid_fail(v, "immutable global %u", index);
    return vm_valid_pop(v, type->type);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types and their order (spec 3.2, 3.3): the type section, and which type is below which.
 *
 * Types that are equal need not have one index. The type section is gone through once, and each type gets the index of
 * the first one that is equal to it (`canonical`); from then on, to compare types is to compare these numbers. A type has
 * one supertype at most and a chain of them is short (VM_LIMIT_SUBTYPE_DEPTH), so being below is found by walking up.
 */
#include "vm/base/map.h"
#include "vm/syntax/group.h"
#include "vm/valid/validator.h"

/* ---- The order of types -------------------------------------------------------------------------------------------- */

bool vm_valid_is_subtype_index(const vm_module *module, uint32_t sub, uint32_t super)
{
    const vm_subtype *types = module->types.data;
    for (; sub != VM_NO_TYPE; sub = types[sub].super) {
        if (types[sub].canonical == types[super].canonical)
            return true;
    }
    return false;
}

/* The abstract heap type right above the types of a kind. */
static uint8_t kind_code(uint8_t kind)
{
    static const uint8_t codes[] = {
        [VM_TYPE_FUNC] = VM_CODE_FUNCREF,
        [VM_TYPE_STRUCT] = VM_CODE_STRUCTREF,
        [VM_TYPE_ARRAY] = VM_CODE_ARRAYREF,
        [VM_TYPE_CONT] = VM_CODE_CONTREF,
    };
    return codes[kind];
}

static uint8_t index_code(const vm_module *module, vm_valtype type)
{
    return kind_code(module->types.data[vm_ref_index(type)].kind);
}

/* Below an exact type is only itself. */
static bool is_below_concrete(const vm_module *module, vm_valtype actual, vm_valtype expected)
{
    const vm_subtype *types = module->types.data;
    uint32_t sub = vm_ref_index(actual), super = vm_ref_index(expected);
    if (vm_ref_is_exact(expected))
        return vm_ref_is_exact(actual) && types[sub].canonical == types[super].canonical;
    return vm_valid_is_subtype_index(module, sub, super);
}

static bool is_below_heaptype(const vm_module *module, vm_valtype actual, vm_valtype expected)
{
    if (vm_ref_is_concrete(actual) && vm_ref_is_concrete(expected))
        return is_below_concrete(module, actual, expected);
    if (vm_ref_is_concrete(actual))
        return vm_heaptype_matches(index_code(module, actual), vm_ref_code(expected));
    if (!vm_ref_is_concrete(expected))
        return vm_heaptype_matches(vm_ref_code(actual), vm_ref_code(expected));
    return vm_ref_code(actual) == vm_heaptype_bottom(index_code(module, expected));
}

bool vm_valid_is_subtype(const vm_module *module, vm_valtype actual, vm_valtype expected)
{
    if (actual == expected)
        return true;
    if (!pirn_valtype_is_ref(actual) || !pirn_valtype_is_ref(expected))
        return false;
    if (vm_ref_is_nullable(actual) && !vm_ref_is_nullable(expected))
        return false;
    return actual == VM_BOTTOM_REF || is_below_heaptype(module, actual, expected);
}

uint8_t vm_valid_heaptype_top(const vm_module *module, vm_valtype type)
{
    return vm_heaptype_top(vm_ref_is_concrete(type) ? index_code(module, type) : vm_ref_code(type));
}

pirn_status vm_valid_type(vm_validator *v, vm_valtype type)
{
    if (pirn_valtype_is_ref(type) && vm_ref_is_concrete(type))
        return vm_valid_index(v, "type", vm_ref_index(type), v->module->types.len);
    return PIRN_OK;
}

/* ---- Composite types (3.3.8, 3.3.9) --------------------------------------------------------------------------------- */

static bool is_same(const vm_module *m, vm_valtype a, vm_valtype b)
{
    return vm_valid_is_subtype(m, a, b) && vm_valid_is_subtype(m, b, a);
}

bool vm_valid_is_below_functype(const vm_module *m, const vm_functype *sub, const vm_functype *super)
{
    bool is_below = sub->param_count == super->param_count && sub->result_count == super->result_count;
    for (uint32_t i = 0; is_below && i < sub->param_count; i++)
        is_below = vm_valid_is_subtype(m, super->params[i], sub->params[i]);
    for (uint32_t i = 0; is_below && i < sub->result_count; i++)
        is_below = vm_valid_is_subtype(m, sub->results[i], super->results[i]);
    return is_below;
}

/* What may be written must be the same; what is only read may be below. */
static bool is_below_field(const vm_module *m, const vm_field *sub, const vm_field *super)
{
    if (sub->is_mutable != super->is_mutable)
        return false;
    return sub->is_mutable ? is_same(m, sub->type, super->type) : vm_valid_is_subtype(m, sub->type, super->type);
}

/* A structure may have more fields than its supertype. */
static bool is_below_composite(const vm_module *m, const vm_subtype *sub, const vm_subtype *super)
{
    if (sub->kind == VM_TYPE_CONT && super->kind == VM_TYPE_CONT)
        return vm_valid_is_subtype_index(m, sub->cont, super->cont);
    bool is_below = sub->kind == super->kind && sub->field_count >= super->field_count &&
                    vm_valid_is_below_functype(m, &sub->func, &super->func);
    for (uint32_t i = 0; is_below && i < super->field_count; i++)
        is_below = is_below_field(m, &sub->fields[i], &super->fields[i]);
    return is_below;
}

/* ---- The type section ----------------------------------------------------------------------------------------------------- */

static pirn_status fail_unknown(vm_validator *v, const vm_subtype *type, uint32_t index)
{
    return base_fail(v->error, PIRN_INVALID, type->offset, "unknown type %u", index);
}

/* A type of a group names types up to the end of the group. */
static pirn_status check_reference(vm_validator *v, const vm_subtype *type, vm_valtype used)
{
    if (!pirn_valtype_is_ref(used) || !vm_ref_is_concrete(used))
        return PIRN_OK;
    uint32_t index = vm_ref_index(used);
    return index < type->group_start + type->group_length ? PIRN_OK : fail_unknown(v, type, index);
}

/* What a continuation type is made of is a function type. */
static pirn_status check_continued(vm_validator *v, const vm_subtype *type)
{
    if (type->cont >= type->group_start + type->group_length)
        return fail_unknown(v, type, type->cont);
    if (v->module->types.data[type->cont].kind == VM_TYPE_FUNC)
        return PIRN_OK;
    return base_fail(v->error, PIRN_INVALID, type->offset, "non-function type %u in a continuation type", type->cont);
}

static pirn_status check_references(vm_validator *v, const vm_subtype *type, uint32_t index)
{
    for (uint32_t i = 0; i < type->func.param_count; i++)
        PIRN_TRY(check_reference(v, type, type->func.params[i]));
    for (uint32_t i = 0; i < type->func.result_count; i++)
        PIRN_TRY(check_reference(v, type, type->func.results[i]));
    for (uint32_t i = 0; i < type->field_count; i++)
        PIRN_TRY(check_reference(v, type, type->fields[i].type));
    if (type->kind == VM_TYPE_CONT)
        PIRN_TRY(check_continued(v, type));
    return type->super == VM_NO_TYPE || type->super < index ? PIRN_OK : fail_unknown(v, type, type->super);
}

/* Known for the whole group before anything walks up: types name others that stand behind them. */
static pirn_status count_supers(vm_validator *v, vm_module *m, uint32_t index)
{
    vm_subtype *type = &m->types.data[index];
    type->depth = type->super == VM_NO_TYPE ? 0 : m->types.data[type->super].depth + 1;
    if (type->depth <= VM_LIMIT_SUBTYPE_DEPTH)
        return PIRN_OK;
    return base_fail(v->error, PIRN_LIMIT, type->offset,
                     "sub type %u has too many super types: at most %d are supported", index, VM_LIMIT_SUBTYPE_DEPTH);
}

static pirn_status check_subtype(vm_validator *v, const vm_module *m, uint32_t index)
{
    const vm_subtype *type = &m->types.data[index];
    if (type->super == VM_NO_TYPE)
        return PIRN_OK;
    const vm_subtype *super = &m->types.data[type->super];
    if (super->is_final)
        return base_fail(v->error, PIRN_INVALID, type->offset, "sub type %u has the final super type %u", index,
                         type->super);
    if (!is_below_composite(m, type, super) || !vm_valid_clauses_match(type, super))
        return base_fail(v->error, PIRN_INVALID, type->offset, "sub type %u does not match super type %u", index,
                         type->super);
    return vm_valid_clause_types(v, type, super);
}

/* The groups seen so far, by key; the value is the index of the first type. */
typedef struct group_table {
    base_map map;
    base_arena keys;
    vm_group_key key;
} group_table;

static uint32_t canonical_of(const void *module, uint32_t index)
{
    return ((const vm_module *)module)->types.data[index].canonical;
}

static pirn_status number_group(vm_validator *v, vm_module *m, group_table *groups, uint32_t start)
{
    vm_subtype *group = &m->types.data[start];
    uint32_t count = group->group_length;
    if (!vm_group_key_make(&groups->key, v->allocator, group, start, count, canonical_of, m))
        return base_nomem(v->error);
    uint64_t first = start;
    if (!base_map_get(&groups->map, vm_group_key_str(&groups->key), &first)) {
        bool added;
        pirn_str key = base_arena_copy(&groups->keys, vm_group_key_str(&groups->key));
        if (key.data == NULL || base_map_add(&groups->map, key, start, &added) != PIRN_OK)
            return base_nomem(v->error);
    }
    for (uint32_t i = 0; i < count; i++)
        group[i].canonical = (uint32_t)first + i;
    return PIRN_OK;
}

static pirn_status check_group(vm_validator *v, vm_module *m, group_table *groups, uint32_t start)
{
    uint32_t end = start + m->types.data[start].group_length;
    for (uint32_t i = start; i < end; i++) {
        PIRN_TRY(check_references(v, &m->types.data[i], i));
        PIRN_TRY(count_supers(v, m, i));
        PIRN_TRY(vm_valid_clauses(v, &m->types.data[i], i));
    }
    PIRN_TRY(number_group(v, m, groups, start));
    for (uint32_t i = start; i < end; i++)
        PIRN_TRY(check_subtype(v, m, i));
    return PIRN_OK;
}

pirn_status vm_valid_types(vm_validator *v, vm_module *module)
{
    group_table groups = {0};
    base_map_init(&groups.map, v->allocator);
    base_arena_init(&groups.keys, v->allocator);
    pirn_status status = PIRN_OK;
    for (uint32_t i = 0; i < module->types.len && status == PIRN_OK; i += module->types.data[i].group_length)
        status = check_group(v, module, &groups, i);
    base_map_done(&groups.map);
    base_arena_done(&groups.keys);
    BASE_VEC_DONE(&groups.key, v->allocator);
    return status;
}

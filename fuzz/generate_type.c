/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types: see fuzz/generator.h. Every reference type that is made up has a constant expression, so an expression of it can
 * always be ended: fields and locals are nullable, references to functions of a type and to exceptions too.
 */
#include "fuzz/generator.h"

static const vm_valtype numbers[] = {PIRN_I32, PIRN_I64, PIRN_F32, PIRN_F64, PIRN_V128};

static vm_valtype choose_number(generator *g)
{
    return numbers[choose(&g->c, has_feature(g, PIRN_FEATURE_SIMD) ? 5 : 4)];
}

static vm_valtype choose_object_type(generator *g, bool is_nullable)
{
    return vm_ref_concrete(choose(&g->c, g->object_count), is_nullable);
}

vm_valtype choose_any_type(generator *g)
{
    static const uint8_t codes[] = {VM_CODE_ANY, VM_CODE_EQ, VM_CODE_I31, VM_CODE_STRUCTREF, VM_CODE_ARRAYREF};
    bool is_nullable = choose(&g->c, 2);
    if (choose(&g->c, 3) != 0)
        return choose_object_type(g, is_nullable);
    return vm_ref_abstract(codes[choose(&g->c, 5)], is_nullable);
}

static vm_valtype choose_ref(generator *g)
{
    static const uint8_t codes[] = {VM_CODE_FUNCREF, VM_CODE_EXTERNREF};
    if (choose(&g->c, 4) != 0)
        return choose_any_type(g);
    if (has_feature(g, PIRN_FEATURE_EXCEPTIONS) && choose_rarely(&g->c, 8))
        return PIRN_EXNREF;
    if (g->type_count > g->object_count && choose(&g->c, 2))
        return vm_ref_concrete(g->object_count + choose(&g->c, g->type_count - g->object_count), true);
    bool is_nullable = choose(&g->c, 4) != 0;
    return vm_ref_abstract(codes[choose(&g->c, 2)], is_nullable);
}

vm_valtype choose_type(generator *g)
{
    bool has_refs = has_feature(g, PIRN_FEATURE_FUNCTION_REFERENCES | PIRN_FEATURE_GC);
    return has_refs && choose(&g->c, 4) == 3 ? choose_ref(g) : choose_number(g);
}

vm_valtype choose_default_type(generator *g)
{
    vm_valtype type = choose_type(g);
    return pirn_valtype_is_ref(type) ? vm_ref_with_null(type, true) : type;
}

/* ---- Making them up ------------------------------------------------------------------------------------------------------ */

static vm_field choose_field(generator *g)
{
    vm_field field = {.is_mutable = choose(&g->c, 4) != 1};
    switch (choose(&g->c, 4)) {
    case 0:
        field.type = choose_number(g);
        break;
    case 1:
        field.type = choose(&g->c, 2) ? VM_CODE_I8 : VM_CODE_I16;
        break;
    default:
        field.type = choose(&g->c, 2) ? choose_object_type(g, true) : choose_default_type(g);
        break;
    }
    return field;
}

/* A structure or array; half of them are below an earlier one, and have its fields. */
static void plan_object(generator *g, uint32_t index)
{
    gen_type *type = &g->types[index];
    bool is_array = index == 1 || (index > 1 && choose(&g->c, 3) == 2); /* there is always one of each */
    *type = (gen_type){.kind = is_array ? VM_TYPE_ARRAY : VM_TYPE_STRUCT, .super = VM_NO_TYPE};
    if (index > 1 && choose(&g->c, 2)) {
        uint32_t super = choose(&g->c, index);
        *type = g->types[super];
        type->super = super;
    }
    uint32_t more = type->kind == VM_TYPE_ARRAY ? type->field_count == 0 : choose(&g->c, 4);
    for (uint32_t i = 0; i < more && type->field_count < MAX_FIELDS; i++)
        type->fields[type->field_count++] = choose_field(g);
}

uint32_t add_func_type(generator *g, const vm_valtype *params, uint32_t param_count, const vm_valtype *results,
                       uint32_t result_count)
{
    fuzz_check(g->type_count < MAX_TYPES && param_count + result_count <= MAX_VALUES);
    gen_type *type = &g->types[g->type_count];
    *type = (gen_type){
        .kind = VM_TYPE_FUNC, .super = VM_NO_TYPE, .param_count = param_count, .result_count = result_count};
    for (uint32_t i = 0; i < param_count; i++)
        type->values[i] = params[i];
    for (uint32_t i = 0; i < result_count; i++)
        type->values[param_count + i] = results[i];
    return g->type_count++;
}

static void plan_func_type(generator *g)
{
    vm_valtype types[MAX_VALUES];
    uint32_t params = choose(&g->c, 6), results = choose(&g->c, has_feature(g, PIRN_FEATURE_MULTI_VALUE) ? 5 : 2);
    for (uint32_t i = 0; i < params + results; i++)
        types[i] = choose_type(g);
    add_func_type(g, types, params, types + params, results);
}

void plan_types(generator *g)
{
    if (has_gc(g))
        g->object_count = g->type_count = 2 + choose(&g->c, 6);
    for (uint32_t i = 0; i < g->object_count; i++)
        plan_object(g, i);
    for (uint32_t count = 3 + choose(&g->c, 6); count > 0; count--)
        plan_func_type(g);
}

/* ---- Subtyping (spec 3.3) ------------------------------------------------------------------------------------------------ */

bool is_type_below(const generator *g, uint32_t sub, uint32_t super)
{
    while (sub != super && sub != VM_NO_TYPE)
        sub = g->types[sub].super;
    return sub == super;
}

static uint8_t abstract_code(const generator *g, uint32_t index)
{
    static const uint8_t codes[] = {
        [VM_TYPE_FUNC] = VM_CODE_FUNCREF, [VM_TYPE_STRUCT] = VM_CODE_STRUCTREF, [VM_TYPE_ARRAY] = VM_CODE_ARRAYREF};
    return codes[g->types[index].kind];
}

bool is_subtype(const generator *g, vm_valtype sub, vm_valtype super)
{
    if (sub == super)
        return true;
    if (!pirn_valtype_is_ref(sub) || !pirn_valtype_is_ref(super))
        return false;
    if (vm_ref_is_nullable(sub) && !vm_ref_is_nullable(super))
        return false;
    if (vm_ref_is_concrete(super))
        return vm_ref_is_concrete(sub) && is_type_below(g, vm_ref_index(sub), vm_ref_index(super));
    uint8_t code = vm_ref_is_concrete(sub) ? abstract_code(g, vm_ref_index(sub)) : vm_ref_code(sub);
    return vm_heaptype_matches(code, vm_ref_code(super));
}

vm_valtype unpacked(vm_valtype storage)
{
    return vm_type_is_packed(storage) ? PIRN_I32 : storage;
}

/* ---- Writing (spec 5.3) -------------------------------------------------------------------------------------------------- */

void put_heaptype(vm_writer *w, vm_valtype type)
{
    if (vm_ref_is_concrete(type))
        vm_writer_leb_signed(w, vm_ref_index(type));
    else
        vm_writer_u8(w, vm_ref_code(type));
}

void put_valtype(vm_writer *w, vm_valtype type)
{
    bool is_short = !pirn_valtype_is_ref(type) || (!vm_ref_is_concrete(type) && vm_ref_is_nullable(type));
    vm_writer_u8(w, vm_valtype_code(type));
    if (!is_short)
        put_heaptype(w, type);
}

static void write_func_type(const gen_type *type, vm_writer *w)
{
    vm_writer_u8(w, VM_CODE_FUNC);
    vm_writer_leb_unsigned(w, type->param_count);
    for (uint32_t i = 0; i < type->param_count; i++)
        put_valtype(w, type->values[i]);
    vm_writer_leb_unsigned(w, type->result_count);
    for (uint32_t i = 0; i < type->result_count; i++)
        put_valtype(w, type->values[type->param_count + i]);
}

static void write_object_type(const gen_type *type, vm_writer *w)
{
    vm_writer_u8(w, VM_CODE_SUB);
    vm_writer_u8(w, type->super != VM_NO_TYPE);
    if (type->super != VM_NO_TYPE)
        vm_writer_leb_unsigned(w, type->super);
    vm_writer_u8(w, type->kind == VM_TYPE_STRUCT ? VM_CODE_STRUCT : VM_CODE_ARRAY);
    if (type->kind == VM_TYPE_STRUCT)
        vm_writer_leb_unsigned(w, type->field_count);
    for (uint32_t i = 0; i < type->field_count; i++) {
        put_valtype(w, type->fields[i].type);
        vm_writer_u8(w, type->fields[i].is_mutable);
    }
}

void write_types(const generator *g, vm_writer *w)
{
    size_t section = vm_writer_begin(w, 1);
    vm_writer_leb_unsigned(w, g->type_count - g->object_count + (g->object_count > 0));
    if (g->object_count > 0) {
        vm_writer_u8(w, VM_CODE_REC);
        vm_writer_leb_unsigned(w, g->object_count);
    }
    for (uint32_t i = 0; i < g->object_count; i++)
        write_object_type(&g->types[i], w);
    for (uint32_t i = g->object_count; i < g->type_count; i++)
        write_func_type(&g->types[i], w);
    vm_writer_end(w, section);
}

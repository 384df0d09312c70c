/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The registry of types: see vm/exec/type.h. Types live in an arena until the engine is freed. A recursion group is found
 * by its key (vm/syntax/group.h); its types have consecutive ids. Any thread may call what is here.
 */
#include "vm/exec/runtime.h"
#include "vm/syntax/group.h"

uint32_t vm_rtt_number(const void *rtts, uint32_t index)
{
    return ((const vm_rtt *const *)rtts)[index]->id;
}

/* ---- Making types --------------------------------------------------------------------------------------------------- */

/* The group being made; types outside of it have numbers of their own. */
typedef struct maker {
    pirn_engine *engine;
    const vm_subtype *group;
    uint32_t start, count, first_id;
    vm_number_of *number_of;
    const void *data;
} maker;

static bool is_own(const maker *m, uint32_t index)
{
    return index >= m->start && index - m->start < m->count;
}

static uint32_t id_of(const maker *m, uint32_t index)
{
    return is_own(m, index) ? m->first_id + (index - m->start) : m->number_of(m->data, index);
}

static vm_valtype resolve(const maker *m, vm_valtype type)
{
    if (!pirn_valtype_is_ref(type) || !vm_ref_is_concrete(type))
        return type;
    return vm_ref_with_index(type, id_of(m, vm_ref_index(type)));
}

/* NULL when there is none. Supertypes come before: those of the group have been made. */
static const vm_rtt *super_of(const maker *m, const vm_subtype *type)
{
    return type->super == VM_NO_TYPE ? NULL : m->engine->types.data[id_of(m, type->super)];
}

static bool init_rtt(const maker *m, vm_rtt *rtt, const vm_subtype *type, uint32_t id)
{
    const vm_rtt *super = super_of(m, type);
    uint32_t depth = super == NULL ? 0 : super->depth + 1;
    const vm_rtt **supers = base_arena_array(&m->engine->types_arena, (size_t)depth + 1, sizeof *supers);
    if (supers == NULL)
        return false;
    if (super != NULL)
        memcpy(supers, super->supers, depth * sizeof *supers);
    supers[depth] = rtt;
    *rtt = (vm_rtt){type->kind, type->is_final, depth, supers, id};
    return true;
}

static uint32_t count_slots(const pirn_valtype *types, size_t count)
{
    size_t slots = 0;
    for (size_t i = 0; i < count; i++)
        slots += pirn_valtype_slots(types[i]);
    return (uint32_t)slots;
}

static const vm_rtt *make_functype(const maker *m, const vm_subtype *source, uint32_t id)
{
    const vm_functype *func = &source->func;
    pirn_functype *type = base_arena_alloc(&m->engine->types_arena, sizeof *type);
    size_t count = func->param_count + func->result_count;
    pirn_valtype *types = base_arena_array(&m->engine->types_arena, count, sizeof *types);
    if (type == NULL || types == NULL)
        return NULL;
    for (uint32_t i = 0; i < func->param_count; i++)
        types[i] = resolve(m, func->params[i]);
    for (uint32_t i = 0; i < func->result_count; i++)
        types[func->param_count + i] = resolve(m, func->results[i]);
    uint32_t param_slots = count_slots(types, func->param_count);
    uint32_t result_slots = count_slots(types + func->param_count, func->result_count);
    *type = (pirn_functype){
        .engine = m->engine,
        .param_count = func->param_count,
        .result_count = func->result_count,
        .param_slots = param_slots,
        .result_slots = result_slots,
        .header_at = param_slots > result_slots ? param_slots : result_slots,
        .types = types,
    };
    return init_rtt(m, &type->rtt, source, id) ? &type->rtt : NULL;
}

static uint32_t storage_size(vm_valtype type)
{
    switch (type) {
    case VM_CODE_I8:
        return 1;
    case VM_CODE_I16:
        return 2;
    case VM_CODE_I32:
    case VM_CODE_F32:
        return 4;
    case VM_CODE_V128:
        return 16;
    default:
        return 8;
    }
}

/* May a field of this type refer to an object of the heap? (Functions are not there.) */
static bool may_refer(const maker *m, vm_valtype type)
{
    if (!pirn_valtype_is_ref(type))
        return false;
    if (vm_ref_is_concrete(type)) {
        uint32_t index = vm_ref_index(type);
        return (is_own(m, index) ? m->group[index - m->start].kind : m->engine->types.data[id_of(m, index)]->kind) !=
               VM_TYPE_FUNC;
    }
    uint8_t top = vm_heaptype_top(vm_ref_code(type));
    return top == VM_CODE_ANY || top == VM_CODE_EXTERNREF || top == VM_CODE_EXN || top == VM_CODE_CONTREF;
}

/* Takes the next `size` bytes of an object; returns where they are. */
static uint32_t take_bytes(uint32_t *at, uint32_t size)
{
    uint32_t align = size < 8 ? size : 8;
    uint32_t start = (*at + align - 1) & ~(align - 1);
    *at = start + size;
    return start;
}

/* The descriptor's reference is where the supertype has it, or behind the supertype's fields. */
static uint32_t descriptor_field(const maker *m, const vm_subtype *type)
{
    const vm_layout *super = (const vm_layout *)super_of(m, type);
    if (super == NULL)
        return 0;
    return super->descriptor_at != 0 ? super->descriptor_field : super->field_count;
}

static void place_descriptor(vm_layout *layout, uint32_t *references, uint32_t *at)
{
    layout->descriptor_at = take_bytes(at, sizeof(pirn_slot));
    references[layout->reference_count++] = layout->descriptor_at;
}

/*
 * Fields in order, each where its size lets it begin: so a subtype's objects begin like those of its supertype. The
 * descriptor is one more field among them, which no instruction of fields names.
 */
static const vm_rtt *make_layout(const maker *m, const vm_subtype *source, uint32_t id)
{
    base_arena *arena = &m->engine->types_arena;
    vm_layout *layout = base_arena_zero(arena, sizeof *layout);
    vm_layout_field *fields = base_arena_array(arena, source->field_count, sizeof *fields);
    uint32_t *references = base_arena_array(arena, (size_t)source->field_count + 1, sizeof *references);
    if (layout == NULL || fields == NULL || references == NULL)
        return NULL;
    uint32_t at = source->kind == VM_TYPE_ARRAY ? VM_ARRAY_DATA : VM_STRUCT_DATA;
    layout->size = at;
    layout->descriptor_field = source->descriptor == VM_NO_TYPE ? VM_NO_TYPE : descriptor_field(m, source);
    for (uint32_t i = 0; i < source->field_count; i++) {
        if (i == layout->descriptor_field)
            place_descriptor(layout, references, &at);
        uint32_t size = storage_size(source->fields[i].type);
        fields[i] = (vm_layout_field){take_bytes(&at, size), size, resolve(m, source->fields[i].type)};
        if (may_refer(m, source->fields[i].type))
            references[layout->reference_count++] = fields[i].offset;
    }
    if (layout->descriptor_field == source->field_count)
        place_descriptor(layout, references, &at);
    if (source->kind == VM_TYPE_STRUCT)
        layout->size = at;
    layout->field_count = source->field_count;
    layout->fields = fields;
    layout->references = references;
    return init_rtt(m, &layout->rtt, source, id) ? &layout->rtt : NULL;
}

static const vm_rtt *make_conttype(const maker *m, const vm_subtype *source, uint32_t id)
{
    vm_rtt *rtt = base_arena_alloc(&m->engine->types_arena, sizeof *rtt);
    return rtt != NULL && init_rtt(m, rtt, source, id) ? rtt : NULL;
}

static const vm_rtt *make_type(const maker *m, const vm_subtype *source, uint32_t id)
{
    switch (source->kind) {
    case VM_TYPE_FUNC:
        return make_functype(m, source, id);
    case VM_TYPE_CONT:
        return make_conttype(m, source, id);
    default:
        return make_layout(m, source, id);
    }
}

/* ---- The registry ----------------------------------------------------------------------------------------------------- */

/* Makes the types of the group behind the others. Nothing is there for those that look until `len` says so. */
static bool make_group(maker *m, const vm_subtype *group, pirn_str key)
{
    pirn_engine *engine = m->engine;
    m->group = group;
    m->first_id = (uint32_t)engine->types.len;
    if (m->count > VM_TYPE_INDEX_LIMIT - m->first_id ||
        !BASE_VEC_RESERVE(&engine->types, &engine->allocator, m->count))
        return false;
    for (uint32_t i = 0; i < m->count; i++) {
        uint32_t id = m->first_id + i;
        const vm_rtt *rtt = make_type(m, &group[i], id);
        if (rtt == NULL)
            return false;
        engine->types.data[id] = rtt;
    }
    bool added;
    pirn_str kept = base_arena_copy(&engine->types_arena, key);
    if (kept.data == NULL || base_map_add(&engine->groups, kept, m->first_id, &added) != PIRN_OK)
        return false;
    engine->types.len += m->count;
    return true;
}

/* Finds or makes a group; its first id is then in `m`. */
static bool intern(maker *m, const vm_subtype *group)
{
    pirn_engine *engine = m->engine;
    vm_group_key key = {0};
    uint64_t first;
    bool done = vm_group_key_make(&key, &engine->allocator, group, m->start, m->count, m->number_of, m->data);
    if (done && base_map_get(&engine->groups, vm_group_key_str(&key), &first))
        m->first_id = (uint32_t)first;
    else
        done = done && make_group(m, group, vm_group_key_str(&key));
    BASE_VEC_DONE(&key, &engine->allocator);
    return done;
}

bool vm_types_add_group(pirn_engine *engine, const vm_subtype *group, uint32_t start, uint32_t count,
                        const vm_rtt **rtts)
{
    maker m = {.engine = engine, .start = start, .count = count, .number_of = vm_rtt_number, .data = rtts};
    base_lock_take(&engine->lock);
    bool done = intern(&m, group);
    for (uint32_t i = 0; i < count && done; i++)
        rtts[start + i] = engine->types.data[m.first_id + i];
    base_lock_release(&engine->lock);
    return done;
}

vm_valtype vm_types_resolve(const vm_rtt *const *rtts, vm_valtype type)
{
    if (!pirn_valtype_is_ref(type) || !vm_ref_is_concrete(type))
        return type;
    return vm_ref_with_index(type, rtts[vm_ref_index(type)]->id);
}

/* ---- The embedder's function types ------------------------------------------------------------------------------------ */

static uint32_t own_number(const void *data, uint32_t index)
{
    (void)data;
    return index;
}

static bool all_exist(const pirn_engine *engine, const pirn_valtype *types, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (pirn_valtype_is_ref(types[i]) && vm_ref_is_concrete(types[i]) &&
            vm_ref_index(types[i]) >= engine->types.len)
            return false;
    }
    return true;
}

const pirn_functype *pirn_functype_new(pirn_engine *engine, const pirn_valtype *params, size_t param_count,
                                       const pirn_valtype *results, size_t result_count)
{
    if (param_count > VM_LIMIT_PARAMS || result_count > VM_LIMIT_RESULTS)
        return NULL;
    vm_subtype type = {
        .func = {(uint32_t)param_count, (uint32_t)result_count, params, results},
        .kind = VM_TYPE_FUNC,
        .is_final = true,
        .super = VM_NO_TYPE,
        .descriptor = VM_NO_TYPE,
        .describes = VM_NO_TYPE,
    };
    maker m = {.engine = engine, .start = UINT32_MAX, .count = 1, .number_of = own_number};
    base_lock_take(&engine->lock);
    bool done =
        all_exist(engine, params, param_count) && all_exist(engine, results, result_count) && intern(&m, &type);
    const vm_rtt *rtt = done ? engine->types.data[m.first_id] : NULL;
    base_lock_release(&engine->lock);
    return (const pirn_functype *)rtt;
}

size_t pirn_functype_params(const pirn_functype *type, const pirn_valtype **params)
{
    *params = type->types;
    return type->param_count;
}

size_t pirn_functype_results(const pirn_functype *type, const pirn_valtype **results)
{
    *results = type->types + type->param_count;
    return type->result_count;
}

size_t pirn_functype_param_slots(const pirn_functype *type)
{
    return type->param_slots;
}

size_t pirn_functype_result_slots(const pirn_functype *type)
{
    return type->result_slots;
}

/* ---- The order of value types -------------------------------------------------------------------------------------------- */

static const vm_rtt *type_at(const pirn_engine *engine, uint32_t id)
{
    pirn_engine *shared = (pirn_engine *)engine; /* the lock is not part of what the caller sees */
    base_lock_take(&shared->lock);
    const vm_rtt *rtt = id < engine->types.len ? engine->types.data[id] : NULL;
    base_lock_release(&shared->lock);
    return rtt;
}

static uint8_t kind_code(const vm_rtt *rtt)
{
    return rtt->kind == VM_TYPE_FUNC     ? VM_CODE_FUNCREF
           : rtt->kind == VM_TYPE_STRUCT ? VM_CODE_STRUCTREF
           : rtt->kind == VM_TYPE_CONT   ? VM_CODE_CONTREF
                                         : VM_CODE_ARRAYREF;
}

pirn_valtype pirn_valtype_top(const pirn_engine *engine, pirn_valtype type)
{
    if (!pirn_valtype_is_ref(type))
        return type;
    const vm_rtt *rtt = vm_ref_is_concrete(type) ? type_at(engine, vm_ref_index(type)) : NULL;
    return vm_heaptype_top(rtt != NULL ? kind_code(rtt) : vm_ref_code(type));
}

static bool heaptypes_match(const pirn_engine *engine, vm_valtype actual, vm_valtype expected)
{
    const vm_rtt *sub = vm_ref_is_concrete(actual) ? type_at(engine, vm_ref_index(actual)) : NULL;
    const vm_rtt *super = vm_ref_is_concrete(expected) ? type_at(engine, vm_ref_index(expected)) : NULL;
    if ((sub == NULL && vm_ref_is_concrete(actual)) || (super == NULL && vm_ref_is_concrete(expected)))
        return false;
    if (sub != NULL && vm_ref_is_exact(expected))
        return sub == super && vm_ref_is_exact(actual);
    if (sub != NULL && super != NULL)
        return vm_rtt_matches(sub, super);
    if (sub != NULL)
        return vm_heaptype_matches(kind_code(sub), vm_ref_code(expected));
    if (super == NULL)
        return vm_heaptype_matches(vm_ref_code(actual), vm_ref_code(expected));
    return vm_ref_code(actual) == vm_heaptype_bottom(kind_code(super));
}

bool vm_types_match(const pirn_engine *engine, vm_valtype actual, vm_valtype expected)
{
    if (actual == expected)
        return true;
    if (!pirn_valtype_is_ref(actual) || !pirn_valtype_is_ref(expected))
        return false;
    if (vm_ref_is_nullable(actual) && !vm_ref_is_nullable(expected))
        return false;
    return heaptypes_match(engine, actual, expected);
}

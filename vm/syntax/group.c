/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of recursion groups: see vm/syntax/group.h. */
#include "vm/syntax/group.h"

/* Of a number: the type is of the group. */
#define IN_GROUP (UINT32_C(1) << 31)

typedef struct writer {
    vm_group_key *key;
    const pirn_allocator *allocator;
    uint32_t start, count;
    vm_number_of *number_of;
    const void *data;
    bool failed;
} writer;

static void put(writer *w, uint32_t word)
{
    if (!BASE_VEC_PUSH(w->key, w->allocator, word))
        w->failed = true;
}

static uint32_t number(const writer *w, uint32_t index)
{
    if (index >= w->start && index - w->start < w->count)
        return (index - w->start) | IN_GROUP;
    return w->number_of(w->data, index);
}

/* A concrete reference type is two words: what it is but for the index, and the number. */
static void put_valtype(writer *w, vm_valtype type)
{
    bool is_concrete = pirn_valtype_is_ref(type) && vm_ref_is_concrete(type);
    put(w, is_concrete ? vm_ref_with_index(type, 0) : type);
    if (is_concrete)
        put(w, number(w, vm_ref_index(type)));
}

static void put_index(writer *w, uint32_t index)
{
    put(w, index == VM_NO_TYPE ? VM_NO_TYPE : number(w, index));
}

static void put_subtype(writer *w, const vm_subtype *type)
{
    enum { FINAL = 4 };
    put(w, type->kind | (type->is_final ? FINAL : 0));
    put_index(w, type->super);
    put_index(w, type->descriptor);
    put_index(w, type->describes);
    put(w, type->kind == VM_TYPE_FUNC ? type->func.param_count : type->field_count);
    put(w, type->func.result_count);
    if (type->kind == VM_TYPE_CONT)
        put(w, number(w, type->cont));
    for (uint32_t i = 0; i < type->func.param_count; i++)
        put_valtype(w, type->func.params[i]);
    for (uint32_t i = 0; i < type->func.result_count; i++)
        put_valtype(w, type->func.results[i]);
    for (uint32_t i = 0; i < type->field_count; i++) {
        put_valtype(w, type->fields[i].type);
        put(w, type->fields[i].is_mutable);
    }
}

bool vm_group_key_make(vm_group_key *key, const pirn_allocator *allocator, const vm_subtype *group, uint32_t start,
                       uint32_t count, vm_number_of *number_of, const void *data)
{
    writer w = {key, allocator, start, count, number_of, data, false};
    key->len = 0;
    for (uint32_t i = 0; i < count && !w.failed; i++)
        put_subtype(&w, &group[i]);
    return !w.failed;
}

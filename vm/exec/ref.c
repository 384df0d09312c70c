/* SPDX-License-Identifier: Apache-2.0 */
/* References in the embedder's hands: roots, kinds, conversions. */
#include "vm/exec/runtime.h"

pirn_root *pirn_ref_root(pirn_store *store, pirn_slot reference)
{
    pirn_root *root = base_alloc(&store->engine->allocator, sizeof *root);
    if (root == NULL)
        return NULL;
    *root = (pirn_root){.value = reference, .store = store, .next = store->heap.roots};
    if (root->next != NULL)
        root->next->previous = root;
    store->heap.roots = root;
    return root;
}

pirn_slot pirn_root_value(const pirn_root *root)
{
    return root->value;
}

void pirn_ref_unroot(pirn_root *root)
{
    if (root == NULL)
        return;
    if (root->previous != NULL)
        root->previous->next = root->next;
    else
        root->store->heap.roots = root->next;
    if (root->next != NULL)
        root->next->previous = root->previous;
    base_free(&root->store->engine->allocator, root, sizeof *root);
}

pirn_ref_kind pirn_ref_kind_of(pirn_store *store, pirn_valtype type, pirn_slot reference)
{
    if (reference.ref == NULL)
        return PIRN_REF_NULL;
    pirn_valtype top = pirn_valtype_top(store->engine, type);
    if (top == PIRN_FUNCREF)
        return PIRN_REF_FUNC;
    if (top == PIRN_EXNREF || top == PIRN_CONTREF)
        return top == PIRN_EXNREF ? PIRN_REF_EXCEPTION : PIRN_REF_CONTINUATION;
    if (top == PIRN_ANYREF && vm_is_i31(reference.ref))
        return PIRN_REF_I31;
    const vm_object *object = vm_heap_find(&store->heap, reference.ref);
    if (object == NULL)
        return PIRN_REF_HOST;
    switch (vm_object_layout(object)->rtt.kind) {
    case VM_TYPE_STRUCT:
        return PIRN_REF_STRUCT;
    case VM_TYPE_ARRAY:
        return PIRN_REF_ARRAY;
    case VM_TYPE_I31_BOX:
        return PIRN_REF_I31;
    default:
        return PIRN_REF_HOST;
    }
}

bool pirn_ref_internalize(pirn_store *store, pirn_slot external, pirn_slot *internal)
{
    void *reference;
    bool done = vm_heap_internalize(store, external.ref, &reference);
    *internal = (pirn_slot){.ref = reference};
    return done;
}

bool pirn_ref_externalize(pirn_store *store, pirn_slot internal, pirn_slot *external)
{
    void *reference;
    *external = internal;
    if (!vm_is_i31(internal.ref) && vm_heap_find(&store->heap, internal.ref) == NULL)
        return true; /* it is external already */
    bool done = vm_heap_externalize(store, internal.ref, &reference);
    *external = (pirn_slot){.ref = reference};
    return done;
}

pirn_slot pirn_i31_new(int32_t value)
{
    return (pirn_slot){.ref = vm_i31_new((uint32_t)value)};
}

int32_t pirn_i31_value(pirn_slot reference)
{
    return (int32_t)vm_i31_signed(reference.ref);
}

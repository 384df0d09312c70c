/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collection: what can be reached is marked, the rest is forgotten. It happens only when something is allocated.
 *
 * Roots are found precisely in globals, tables, element segments and the embedder's roots; on value stacks every
 * word that is the address of an object counts as a reference to it, since slots have no types at run time. So an object may live
 * longer than it must, never shorter, and objects do not move.
 *
 * Marking keeps a list of objects that are reached and not yet looked into. When there is no memory for the list to grow, it goes on
 * without, and afterwards the heap is searched for marked objects with unmarked references until there is none. Since there is always
 * room for a few hundred, that is fast for long lists, too.
 */
#include "vm/exec/call.h"
#include "vm/exec/exception.h"
#include "vm/exec/heap.h"

enum { LEAST_ALLOWANCE = 4 * 1024 * 1024 };

static bool is_marked(const vm_object *object)
{
    return object->header & VM_HEADER_MARK;
}

static const vm_layout *layout_of(const vm_object *object)
{
    return (const vm_layout *)(object->header & ~(uintptr_t)VM_HEADER_MARK);
}

/* ---- Marking --------------------------------------------------------------------------------------------------------- */

static void mark(pirn_store *store, vm_object *object)
{
    vm_heap *heap = &store->heap;
    if (object == NULL || is_marked(object))
        return;
    bool has_references = layout_of(object)->reference_count != 0;
    object->header |= VM_HEADER_MARK;
    if (has_references && !BASE_VEC_PUSH(&heap->grey, &store->engine->allocator, object))
        heap->overflowed = true;
}

/* Any word: a slot, or a reference that may be the embedder's pointer. */
static void mark_word(pirn_store *store, void *word)
{
    mark(store, vm_heap_find(&store->heap, word));
}

static void mark_field(pirn_store *store, const vm_object *object, size_t offset)
{
    void *reference;
    memcpy(&reference, (const uint8_t *)object + offset, sizeof reference);
    if (reference != NULL)
        mark_word(store, reference);
}

static void mark_exception(pirn_store *store, const pirn_exception *exception)
{
    const pirn_functype *type = exception->tag->type;
    const pirn_slot *value = exception->values;
    for (uint32_t i = 0; i < type->param_count; i++) {
        if (pirn_valtype_is_ref(type->types[i]))
            mark_word(store, value->ref);
        value += pirn_valtype_slots(type->types[i]);
    }
}

static void mark_references(pirn_store *store, const vm_object *object)
{
    const vm_layout *layout = layout_of(object);
    if (layout->rtt.kind == VM_TYPE_EXCEPTION) {
        mark_exception(store, (const pirn_exception *)object);
        return;
    }
    if (layout->rtt.kind == VM_TYPE_ARRAY) {
        uint32_t length = ((const vm_array *)object)->length;
        for (uint32_t i = 0; i < length && layout->reference_count != 0; i++)
            mark_field(store, object, VM_ARRAY_DATA + (size_t)i * layout->fields[0].size);
        return;
    }
    for (uint32_t i = 0; i < layout->reference_count; i++)
        mark_field(store, object, layout->references[i]);
}

static void drain(pirn_store *store)
{
    while (store->heap.grey.len > 0)
        mark_references(store, store->heap.grey.data[--store->heap.grey.len]);
}

/* ---- Every object of the heap ------------------------------------------------------------------------------------------ */

typedef bool visitor(pirn_store *store, vm_object *object); /* false: it is no more */

static void visit_chunk(pirn_store *store, vm_chunk *chunk, visitor *visit)
{
    size_t words = chunk->is_large ? 1 : (chunk->size / VM_HEAP_GRANULE + 63) / 64;
    for (size_t word = 0; word < words; word++) {
        uint64_t left = chunk->starts[word];
        for (unsigned bit = 0; left != 0; bit++, left >>= 1) {
            if ((left & 1) == 0)
                continue;
            uint8_t *at = chunk->data + (word * 64 + bit) * VM_HEAP_GRANULE;
            if (!visit(store, (vm_object *)(void *)at))
                chunk->starts[word] &= ~((uint64_t)1 << bit);
        }
    }
}

static void visit_all(pirn_store *store, visitor *visit)
{
    for (vm_chunk *chunk = store->heap.chunks; chunk != NULL; chunk = chunk->next)
        visit_chunk(store, chunk, visit);
}

static bool mark_again(pirn_store *store, vm_object *object)
{
    if (is_marked(object)) {
        mark_references(store, object);
        drain(store);
    }
    return true;
}

static bool sweep_object(pirn_store *store, vm_object *object)
{
    if (!is_marked(object))
        return false;
    object->header &= ~(uintptr_t)VM_HEADER_MARK;
    const vm_layout *layout = layout_of(object);
    store->heap.allowance += vm_heap_object_size(layout, vm_object_length(layout, object));
    return true;
}

/* Chunks of large objects that are dead are given back. */
static void free_large(pirn_store *store)
{
    vm_heap *heap = &store->heap;
    vm_chunk **link = &heap->chunks;
    heap->last = NULL;
    while (*link != NULL) {
        vm_chunk *chunk = *link;
        if (!chunk->is_large || chunk->starts[0] != 0) {
            heap->last = chunk;
            link = &chunk->next;
            continue;
        }
        *link = chunk->next;
        size_t at = 0;
        while (heap->by_address.data[at] != chunk)
            at++;
        memmove(heap->by_address.data + at, heap->by_address.data + at + 1,
                (heap->by_address.len - at - 1) * sizeof(vm_chunk *));
        heap->by_address.len--;
        heap->bytes -= chunk->block_size;
        base_free(&store->engine->allocator, chunk, chunk->block_size);
    }
}

/* ---- Roots -------------------------------------------------------------------------------------------------------------- */

static void mark_slots(pirn_store *store, const pirn_slot *from, const pirn_slot *to)
{
    for (; from < to; from++)
        mark_word(store, from->ref);
}

/* Of a call that is idle only its last results count. */
static void mark_stack(pirn_store *store, const pirn_call *call)
{
    const vm_context *context = &store->context;
    const pirn_slot *end = call->stack + call->stack_size / sizeof(pirn_slot);
    if (call == context->call && store->heap.top != NULL)
        end = store->heap.top;
    else if (call != context->call && call != store->invoke_call && call->state == VM_CALL_IDLE)
        end = call->stack + (call->type == NULL ? 0 : call->type->result_slots);
    mark_slots(store, call->stack, end);
}

static void mark_table(pirn_store *store, const pirn_table *table)
{
    for (uint64_t i = 0; table->store != NULL && i < table->size; i++)
        mark_word(store, table->elements[i]);
}

static void mark_global(pirn_store *store, const pirn_global *global)
{
    if (global->store != NULL && pirn_valtype_is_ref(global->type.type))
        mark_word(store, global->value[0].ref);
}

/* An instance that is being made has not all of its objects yet: what is missing is zero. */
static void mark_instance(pirn_store *store, const pirn_instance *instance)
{
    const vm_module *syntax = &instance->module->syntax;
    for (uint32_t i = 0; i < syntax->tables.len - syntax->imported_tables; i++)
        mark_table(store, &instance->own_tables[i]);
    for (uint32_t i = 0; i < syntax->globals.len - syntax->imported_globals; i++)
        mark_global(store, &instance->own_globals[i]);
    for (size_t i = 0; i < instance->elem_ref_count; i++)
        mark_word(store, instance->elem_refs[i]);
}

static void mark_roots(pirn_store *store)
{
    const vm_heap *heap = &store->heap;
    mark_word(store, (void *)(uintptr_t)store->context.accumulator);
    mark_word(store, store->context.uncaught);
    for (const pirn_call *call = store->calls; call != NULL; call = call->next)
        mark_stack(store, call);
    for (const pirn_instance *instance = store->instances; instance != NULL; instance = instance->next)
        mark_instance(store, instance);
    if (heap->constructing != NULL)
        mark_instance(store, heap->constructing);
    for (const pirn_table *table = store->tables; table != NULL; table = table->next)
        mark_table(store, table);
    for (const pirn_global *global = store->globals; global != NULL; global = global->next)
        mark_global(store, global);
    for (const pirn_root *root = heap->roots; root != NULL; root = root->next)
        mark_word(store, root->value.ref);
    for (const vm_heap_range *range = heap->ranges; range != NULL; range = range->outer)
        mark_slots(store, *range->slots, *range->slots + *range->count);
}

void vm_heap_collect(pirn_store *store)
{
    vm_heap *heap = &store->heap;
    if (heap->chunks == NULL)
        return;
    heap->overflowed = false;
    mark_roots(store);
    drain(store);
    while (heap->overflowed) {
        heap->overflowed = false;
        visit_all(store, mark_again);
    }
    heap->allowance = 0;
    visit_all(store, sweep_object);
    free_large(store);
    if (heap->allowance < LEAST_ALLOWANCE)
        heap->allowance = LEAST_ALLOWANCE;
    heap->allocated = 0;
    heap->collections++;
    heap->current = heap->chunks;
    heap->next = heap->end = heap->chunks == NULL ? NULL : heap->chunks->data;
}

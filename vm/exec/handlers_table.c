/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers of table instructions (spec 4.4.6). */
#include "vm/exec/handlers.h"

VM_HANDLER(op_TABLE_GET)
{
    const pirn_table *table = inst->tables[pc[1].offset];
    uint32_t index = VM_SLOT(pc[1].a).u32;
    VM_TRAP_IF(index >= table->size, TABLE_BOUNDS)
    VM_SLOT(pc[1].d).u64 = vm_image_of_ref(table->elements[index]);
    VM_NEXT(2);
}

VM_HANDLER(op_TABLE_SET)
{
    pirn_table *table = inst->tables[pc[1].offset];
    uint32_t index = VM_SLOT(pc[1].d).u32;
    VM_TRAP_IF(index >= table->size, TABLE_BOUNDS)
    table->elements[index] = VM_SLOT(pc[1].a).ref;
    VM_NEXT(2);
}

VM_HANDLER(op_TABLE_SIZE)
{
    VM_TO_s_I((uint32_t)inst->tables[pc[1].offset]->size);
    VM_NEXT(2);
}

BASE_NOINLINE static uint32_t grow(pirn_table *table, uint32_t elements, pirn_slot initial)
{
    uint64_t old;
    return pirn_table_grow(table, elements, initial, &old) ? (uint32_t)old : UINT32_MAX;
}

VM_HANDLER(op_TABLE_GROW)
{
    VM_TO_s_I(grow(inst->tables[pc[2].u64], VM_SLOT(pc[1].b).u32, VM_SLOT(pc[1].a)));
    VM_NEXT(3);
}

VM_HANDLER(op_TABLE_FILL)
{
    pirn_table *table = inst->tables[pc[2].u64];
    uint64_t to = VM_SLOT(pc[1].d).u32, count = VM_SLOT(pc[1].b).u32;
    VM_TRAP_IF(to + count > table->size, TABLE_BOUNDS)
    for (uint64_t i = to; i < to + count; i++)
        table->elements[i] = VM_SLOT(pc[1].a).ref;
    VM_NEXT(3);
}

BASE_NOINLINE static void copy(void **to, void **from, uint64_t count)
{
    memmove(to, from, (size_t)count * sizeof *to);
}

VM_HANDLER(op_TABLE_COPY)
{
    pirn_table *into = inst->tables[pc[2].u64], *source = inst->tables[pc[3].u64];
    uint64_t to = VM_SLOT(pc[1].d).u32, from = VM_SLOT(pc[1].a).u32, count = VM_SLOT(pc[1].b).u32;
    VM_TRAP_IF(to + count > into->size || from + count > source->size, TABLE_BOUNDS)
    if (count != 0)
        copy(into->elements + to, source->elements + from, count);
    VM_NEXT(4);
}

/* A dropped segment has no elements. */
static uint64_t elem_count(const pirn_instance *inst, uint64_t segment)
{
    return inst->dropped_elems[segment] ? 0 : inst->elem_starts[segment + 1] - inst->elem_starts[segment];
}

VM_HANDLER(op_TABLE_INIT)
{
    uint64_t segment = pc[2].u64;
    pirn_table *table = inst->tables[pc[3].u64];
    uint64_t to = VM_SLOT(pc[1].d).u32, from = VM_SLOT(pc[1].a).u32, count = VM_SLOT(pc[1].b).u32;
    VM_TRAP_IF(to + count > table->size || from + count > elem_count(inst, segment), TABLE_BOUNDS)
    if (count != 0)
        copy(table->elements + to, inst->elem_refs + inst->elem_starts[segment] + from, count);
    VM_NEXT(4);
}

VM_HANDLER(op_ELEM_DROP)
{
    inst->dropped_elems[pc[1].offset] = 1;
    VM_NEXT(2);
}

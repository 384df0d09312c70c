/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers of table instructions (spec 4.6.7). Indices and lengths are 32 bits: those of tables with 64-bit addresses were
 * narrowed, and no such table is larger (vm/exec/table.c); only results are of the table's own address type.
 */
#include "vm/exec/handlers.h"

/* An index or length that is too large becomes one that is outside of every table. */
VM_HANDLER(op_TABLE_INDEX)
{
    uint64_t index = VM_SLOT(pc[1].a).u64;
    VM_TO_s_I(index > UINT32_MAX ? UINT32_MAX : (uint32_t)index);
    VM_NEXT(2);
}

/* A number of elements in a slot. */
static uint64_t image_of_count(const pirn_table *table, uint64_t count)
{
    return table->type.is64 ? count : vm_image_of_u32((uint32_t)count);
}

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
    const pirn_table *table = inst->tables[pc[1].offset];
    VM_TO_s_L(image_of_count(table, table->size));
    VM_NEXT(2);
}

BASE_NOINLINE static uint64_t grow(pirn_table *table, uint32_t elements, pirn_slot initial)
{
    uint64_t old;
    return image_of_count(table, pirn_table_grow(table, elements, initial, &old) ? old : UINT64_MAX);
}

VM_HANDLER(op_TABLE_GROW)
{
    VM_TO_s_L(grow(inst->tables[pc[2].u64], VM_SLOT(pc[1].b).u32, VM_SLOT(pc[1].a)));
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

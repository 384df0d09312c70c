/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers that move values: between slots, accumulators, constants and globals; and select (spec 4.6.1, 4.6.6). */
#include "vm/exec/handlers.h"

VM_HANDLER(op_COPY)
{
    VM_SLOT(pc[1].d).u64 = VM_SLOT(pc[1].a).u64;
    VM_NEXT(2);
}

VM_HANDLER(op_COPY2)
{
    pirn_slot low = VM_SLOT(pc[1].a), high = VM_SLOT(pc[1].a + sizeof(pirn_slot));
    VM_SLOT(pc[1].d) = low;
    VM_SLOT(pc[1].d + sizeof(pirn_slot)) = high;
    VM_NEXT(2);
}

BASE_NOINLINE static void copy_slots(uint8_t *to, const uint8_t *from, size_t slots)
{
    memmove(to, from, slots * sizeof(pirn_slot));
}

VM_HANDLER(op_COPY_N)
{
    copy_slots(fp + pc[1].far_d, fp + pc[1].far_a, (size_t)pc[2].u64);
    VM_NEXT(3);
}

VM_HANDLER(op_COPY_FAR)
{
    VM_SLOT(pc[1].far_d).u64 = VM_SLOT(pc[1].far_a).u64;
    VM_NEXT(2);
}

VM_HANDLER(op_SET_a)
{
    VM_SLOT(pc[1].d).u64 = acc;
    VM_NEXT(2);
}

VM_HANDLER(op_SET_f)
{
    VM_SLOT(pc[1].d).f64 = facc;
    VM_NEXT(2);
}

VM_HANDLER(op_CONST_I)
{
    VM_SLOT(pc[1].d).u64 = vm_image_of_u32(pc[1].offset);
    VM_NEXT(2);
}

VM_HANDLER(op_CONST_L)
{
    VM_SLOT(pc[1].d).u64 = (uint64_t)(int64_t)pc[1].imm;
    VM_NEXT(2);
}

VM_HANDLER(op_CONST_Q)
{
    VM_SLOT(pc[1].d).u64 = pc[2].u64;
    VM_NEXT(3);
}

VM_HANDLER(op_SELECT_s_s)
{
    uint64_t x = VM_SLOT(pc[1].a).u64, y = VM_SLOT(pc[1].b).u64;
    VM_SLOT(pc[1].d).u64 = VM_SLOT(pc[1].c).u32 != 0 ? x : y;
    VM_NEXT(2);
}

VM_HANDLER(op_SELECT_s_a)
{
    uint64_t x = VM_SLOT(pc[1].a).u64, y = VM_SLOT(pc[1].b).u64;
    acc = VM_SLOT(pc[1].c).u32 != 0 ? x : y;
    VM_NEXT(2);
}

VM_HANDLER(op_SELECT_a_s)
{
    uint64_t x = VM_SLOT(pc[1].a).u64, y = VM_SLOT(pc[1].b).u64;
    VM_SLOT(pc[1].d).u64 = vm_u32_of_image(acc) != 0 ? x : y;
    VM_NEXT(2);
}

VM_HANDLER(op_SELECT_a_a)
{
    uint64_t x = VM_SLOT(pc[1].a).u64, y = VM_SLOT(pc[1].b).u64;
    acc = vm_u32_of_image(acc) != 0 ? x : y;
    VM_NEXT(2);
}

VM_HANDLER(op_SELECT_s_f)
{
    facc = VM_SLOT(VM_SLOT(pc[1].c).u32 != 0 ? pc[1].a : pc[1].b).f64;
    VM_NEXT(2);
}

VM_HANDLER(op_SELECT_a_f)
{
    facc = VM_SLOT(vm_u32_of_image(acc) != 0 ? pc[1].a : pc[1].b).f64;
    VM_NEXT(2);
}

VM_HANDLER(op_SELECT2)
{
    uint16_t from = VM_SLOT(pc[1].c).u32 != 0 ? pc[1].a : pc[1].b;
    pirn_slot low = VM_SLOT(from), high = VM_SLOT(from + sizeof(pirn_slot));
    VM_SLOT(pc[1].d) = low;
    VM_SLOT(pc[1].d + sizeof(pirn_slot)) = high;
    VM_NEXT(2);
}

VM_HANDLER(op_GLOBAL_GET_s)
{
    VM_SLOT(pc[1].d).u64 = inst->globals[pc[1].offset]->u64;
    VM_NEXT(2);
}

VM_HANDLER(op_GLOBAL_GET_a)
{
    acc = inst->globals[pc[1].offset]->u64;
    VM_NEXT(2);
}

VM_HANDLER(op_GLOBAL_GET_f)
{
    facc = inst->globals[pc[1].offset]->f64;
    VM_NEXT(2);
}

VM_HANDLER(op_GLOBAL_GET2)
{
    const pirn_slot *global = inst->globals[pc[1].offset];
    VM_SLOT(pc[1].d) = global[0];
    VM_SLOT(pc[1].d + sizeof(pirn_slot)) = global[1];
    VM_NEXT(2);
}

VM_HANDLER(op_GLOBAL_SET_s)
{
    inst->globals[pc[1].offset]->u64 = VM_SLOT(pc[1].a).u64;
    VM_NEXT(2);
}

VM_HANDLER(op_GLOBAL_SET_a)
{
    inst->globals[pc[1].offset]->u64 = acc;
    VM_NEXT(2);
}

VM_HANDLER(op_GLOBAL_SET_f)
{
    inst->globals[pc[1].offset]->f64 = facc;
    VM_NEXT(2);
}

VM_HANDLER(op_GLOBAL_SET2)
{
    pirn_slot *global = inst->globals[pc[1].offset];
    global[0] = VM_SLOT(pc[1].a);
    global[1] = VM_SLOT(pc[1].a + sizeof(pirn_slot));
    VM_NEXT(2);
}

VM_HANDLER(op_REF_FUNC)
{
    VM_SLOT(pc[1].d).u64 = vm_image_of_ref(inst->funcs[pc[1].offset]);
    VM_NEXT(2);
}

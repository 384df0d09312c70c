/* SPDX-License-Identifier: Apache-2.0 */
/* Memory instructions (spec 3.4.5): the memories, segments, alignments and offsets that they name. */
#include "vm/valid/validator.h"

static pirn_status find_memory(vm_validator *v, uint32_t index, vm_valtype *address)
{
    PIRN_TRY(vm_valid_index(v, "memory", index, v->module->memories.len));
    *address = vm_valid_address_type(v->module->memories.data[index].type.is64);
    return PIRN_OK;
}

/* The number of segments is known before the code only from the data count section (5.5.15). */
pirn_status vm_valid_data(vm_validator *v, uint32_t index)
{
    if (!v->module->has_data_count)
        return vm_valid_fail_as(v, PIRN_MALFORMED, "data count section required");
    return vm_valid_index(v, "data segment", index, v->module->data_count);
}

static pirn_status check_memarg(vm_validator *v, uint32_t natural_log2, vm_valtype *address)
{
    const vm_memarg *memarg = &v->instr.memarg;
    PIRN_TRY(find_memory(v, memarg->memory, address));
    if (memarg->align_log2 > natural_log2)
        return vm_valid_fail(v, "alignment must not be larger than natural: 2^%u bytes for an access of %u",
                             memarg->align_log2, 1u << natural_log2);
    if (vm_opcodes[v->instr.opcode].feature == PIRN_FEATURE_THREADS && memarg->align_log2 != natural_log2)
        return vm_valid_fail(v, "atomic alignment must be natural: 2^%u bytes for an access of %u", memarg->align_log2,
                             1u << natural_log2);
    if (*address == PIRN_I32 && memarg->offset > UINT32_MAX)
        return vm_valid_fail(v, "offset out of range: 0x%llx", (unsigned long long)memarg->offset);
    return PIRN_OK;
}

pirn_status vm_valid_memory_immediate(vm_validator *v, vm_immediate kind, vm_valtype *address)
{
    switch (kind) {
    case VM_IMM_MEM1:
    case VM_IMM_MEM1_LANE:
        PIRN_TRY(check_memarg(v, 0, address));
        return vm_valid_lane_immediate(v, kind);
    case VM_IMM_MEM2:
    case VM_IMM_MEM2_LANE:
        PIRN_TRY(check_memarg(v, 1, address));
        return vm_valid_lane_immediate(v, kind);
    case VM_IMM_MEM4:
    case VM_IMM_MEM4_LANE:
        PIRN_TRY(check_memarg(v, 2, address));
        return vm_valid_lane_immediate(v, kind);
    case VM_IMM_MEM8:
    case VM_IMM_MEM8_LANE:
        PIRN_TRY(check_memarg(v, 3, address));
        return vm_valid_lane_immediate(v, kind);
    case VM_IMM_MEM16:
        return check_memarg(v, 4, address);
    case VM_IMM_MEMORY:
        return find_memory(v, v->instr.index, address);
    case VM_IMM_DATA_MEMORY:
        PIRN_TRY(find_memory(v, v->instr.index2, address));
        return vm_valid_data(v, v->instr.index);
    case VM_IMM_DATA:
        return vm_valid_data(v, v->instr.index);
    case VM_IMM_ELEM:
        return vm_valid_index(v, "elem segment", v->instr.index, v->module->elems.len);
    default:
        return vm_valid_lane_immediate(v, kind); /* or constants, or nothing */
    }
}

/* Lengths are of the smaller address type of the two. */
pirn_status vm_valid_memory_copy(vm_validator *v)
{
    vm_valtype to, from;
    PIRN_TRY(find_memory(v, v->instr.index, &to));
    PIRN_TRY(find_memory(v, v->instr.index2, &from));
    PIRN_TRY(vm_valid_pop(v, to == PIRN_I64 ? from : to));
    PIRN_TRY(vm_valid_pop(v, from));
    return vm_valid_pop(v, to);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Vector instructions (spec 3.4.11): their signatures are in their rows; what is left are the lanes that they name. */
#include "vm/valid/validator.h"

static pirn_status check_lane(vm_validator *v, uint32_t lane, uint32_t lanes)
{
    if (lane < lanes)
        return PIRN_OK;
    return vm_valid_fail(v, "invalid lane index: %u of %u lanes", lane, lanes);
}

static pirn_status check_shuffle(vm_validator *v)
{
    enum { LANES_OF_TWO = 32 };
    for (size_t i = 0; i < sizeof v->instr.bytes; i++)
        PIRN_TRY(check_lane(v, v->instr.bytes[i], LANES_OF_TWO));
    return PIRN_OK;
}

pirn_status vm_valid_lane_immediate(vm_validator *v, vm_immediate kind)
{
    switch (kind) {
    case VM_IMM_LANE2:
        return check_lane(v, v->instr.index, 2);
    case VM_IMM_LANE4:
        return check_lane(v, v->instr.index, 4);
    case VM_IMM_LANE8:
        return check_lane(v, v->instr.index, 8);
    case VM_IMM_LANE16:
        return check_lane(v, v->instr.index, 16);
    case VM_IMM_MEM1_LANE:
        return check_lane(v, v->instr.memarg.lane, 16);
    case VM_IMM_MEM2_LANE:
        return check_lane(v, v->instr.memarg.lane, 8);
    case VM_IMM_MEM4_LANE:
        return check_lane(v, v->instr.memarg.lane, 4);
    case VM_IMM_MEM8_LANE:
        return check_lane(v, v->instr.memarg.lane, 2);
    case VM_IMM_SHUFFLE:
        return check_shuffle(v);
    default:
        return PIRN_OK;
    }
}

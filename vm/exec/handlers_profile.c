/* SPDX-License-Identifier: Apache-2.0 */
/* Handlers that note their cell and become the ordinary ones: see vm/exec/profile.h. */
#include "vm/exec/handlers.h"
#include "vm/exec/profile.h"

/* The trace is full; its last note is this cell's. */
BASE_COLD static VM_HANDLER(count_trace)
{
    vm_profile *profile = inst->context->profile;
    uint16_t ir = profile->trace[VM_PROFILE_TRACE - 1].ir;
    vm_profile_count_trace(profile, &inst->store->engine->allocator);
    VM_BECOME((vm_handler *)vm_ir_handlers[ir]);
}

#define VM_EACH_MEMBER(name, shape)                                           \
    static VM_HANDLER(count_##name)                                           \
    {                                                                         \
        vm_profile *profile = inst->context->profile;                         \
        profile->trace[profile->length++] = (vm_profile_note){pc, IR_##name}; \
        if (BASE_UNLIKELY(profile->length == VM_PROFILE_TRACE))               \
            VM_BECOME(count_trace);                                           \
        VM_BECOME(op_##name);                                                 \
    }
#include "vm/exec/ir_members.h"
#undef VM_EACH_MEMBER

void (*const vm_profile_handlers[IR_COUNT])(void) = {
#define VM_EACH_MEMBER(name, shape) [IR_##name] = (void (*)(void))count_##name,
#include "vm/exec/ir_members.h"
#undef VM_EACH_MEMBER
};

/* SPDX-License-Identifier: Apache-2.0 */
/* What a host function may ask of the call it serves: <pirn/component.h>, pirn_host_call_... */
#include "component/activation.h"
#include <stdarg.h>

void *pirn_host_call_data(const pirn_host_call *call)
{
    return call->activation->runtime->data;
}

void *pirn_host_call_user(const pirn_host_call *call)
{
    return call->user;
}

const pirn_funcdesc *pirn_host_call_function(const pirn_host_call *call)
{
    return call->activation->function->desc;
}

pirn_str pirn_host_call_interface(const pirn_host_call *call)
{
    return call->activation->function->interface;
}

const pirn_component_functype *pirn_host_call_type(const pirn_host_call *call)
{
    return call->activation->function->type;
}

void *pirn_host_call_alloc(pirn_host_call *call, size_t size)
{
    if (cm_activation_charge(call->activation, size, call->error) != PIRN_OK)
        return NULL;
    return base_arena_alloc(&call->activation->arena, size);
}

void **pirn_host_call_state(pirn_host_call *call)
{
    return &call->state;
}

void pirn_host_call_on_cancel(pirn_host_call *call, void (*cancel)(void *state))
{
    call->cancel = cancel;
}

pirn_task *pirn_host_call_task(const pirn_host_call *call)
{
    pirn_call *vm_call = call->frame == NULL ? NULL : pirn_frame_call(call->frame);
    return vm_call == NULL ? call->task : pirn_call_data(vm_call);
}

pirn_status pirn_host_call_trap(pirn_host_call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    base_fail_v(call->error, PIRN_TRAP, PIRN_NO_OFFSET, format, args);
    va_end(args);
    return PIRN_TRAP;
}

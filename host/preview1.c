/* SPDX-License-Identifier: Apache-2.0 */
/* From a call of the VM to a function of preview 1 and back: memory, errno, waiting. */
#include "host/preview1.h"
#include "vm/base/utf8.h"
#include <errno.h>

const host_p1_row host_p1_rows[HOST_P1_ROWS] = {
#define FUNC(name, params, results) {#name, params, results, host_p1_##name},
#include "host/preview1.def"
#undef FUNC
};

/* ---- Arguments and memory -------------------------------------------------------------------------------------- */

uint8_t *host_p1_bytes(const host_p1_call *call, uint32_t address, uint64_t size)
{
    if (call->memory == NULL || address > call->memory_size || size > call->memory_size - address)
        return NULL;
    return call->memory + address;
}

int host_p1_text(const host_p1_call *call, size_t index, pirn_str *out)
{
    uint32_t len = host_p1_u32(call, index + 1);
    const uint8_t *bytes = host_p1_bytes(call, host_p1_u32(call, index), len);
    if (bytes == NULL)
        return EFAULT;
    if (len > HOST_PATH_MAX)
        return ENAMETOOLONG;
    *out = (pirn_str){(const char *)bytes, len};
    return base_utf8_valid(*out, NULL) ? 0 : EILSEQ;
}

static void find_memory(host_p1_call *call)
{
    pirn_instance *caller = pirn_frame_caller(call->frame);
    pirn_extern found;
    if (caller == NULL || !pirn_instance_find(caller, PIRN_STR("memory"), &found) || found.kind != PIRN_EXTERN_MEMORY)
        return;
    call->memory = pirn_memory_data(found.memory);
    call->memory_size = pirn_memory_size(found.memory);
}

uint32_t host_p1_errno(int failure)
{
    enum { IO_NUMBER = 29, NOTCAPABLE_NUMBER = 76 };
    switch (failure) {
    case 0:
        return 0;
    case HOST_P1_NOTCAPABLE:
        return NOTCAPABLE_NUMBER;
#define ERR(number, word, preview1) \
    case number:                    \
        return preview1;
#include "host/errno.def"
#undef ERR
    default:
        return IO_NUMBER;
    }
}

/* ---- Calls ----------------------------------------------------------------------------------------------------- */

/* A suspended call. */
typedef struct suspension {
    host_context *context;
    const host_p1_binding *binding;
    host_wait *wait;
    host_object *state;
    uint64_t progress;
} suspension;

static void free_suspension(suspension *p)
{
    host_wait_free(p->wait);
    host_object_unref(p->state);
    host_context_dealloc(p->context, p, sizeof *p);
}

static void cancel(void *data)
{
    free_suspension(data);
}

static pirn_status run(host_p1_call *call)
{
    const host_p1_row *row = call->binding->row;
    find_memory(call);
    int failure = row->run(call);
    host_object_unref(call->state);
    if (call->status != PIRN_OK)
        return call->status;
    if (row->results[0] != '\0')
        pirn_frame_slots(call->frame)->u64 = host_p1_errno(failure);
    return PIRN_OK;
}

static host_p1_call call_of(pirn_frame *frame, const host_p1_binding *binding)
{
    return (host_p1_call){
        .guest = binding->guest,
        .context = binding->guest->object.context,
        .binding = binding,
        .frame = frame,
        .args = pirn_frame_slots(frame),
    };
}

pirn_status host_p1_enter(pirn_frame *frame, void *data)
{
    host_p1_call call = call_of(frame, data);
    return run(&call);
}

static pirn_status resume(pirn_frame *frame, void *data)
{
    suspension *p = data;
    host_p1_call call = call_of(frame, p->binding);
    call.is_resumed = true;
    call.state = p->state;
    call.progress = p->progress;
    p->state = NULL;
    free_suspension(p);
    return run(&call);
}

int host_p1_trap(host_p1_call *call, const char *sentence)
{
    call->status = pirn_frame_trap(call->frame, "%s", sentence);
    return 0;
}

/* ---- Waiting --------------------------------------------------------------------------------------------------- */

bool host_p1_can_wait(const host_p1_call *call)
{
    return host_job_of_frame(call->frame) != NULL;
}

int host_p1_wait(host_p1_call *call, host_source *const *sources, size_t count)
{
    host_job *job = host_job_of_frame(call->frame);
    if (job == NULL)
        return host_p1_trap(call, "cannot wait: the call was not started with pirn_host_start_call");
    if (host_job_is_expired(job)) {
        call->status = PIRN_EXHAUSTED;
        return 0;
    }
    suspension *p = host_context_alloc(call->context, sizeof *p);
    if (p == NULL)
        return ENOMEM;
    *p = (suspension){.context = call->context, .binding = call->binding, .progress = call->progress};
    p->wait = host_wait_new(call->context, job, sources, count);
    if (p->wait == NULL) {
        free_suspension(p);
        return ENOMEM;
    }
    p->state = call->state;
    call->state = NULL;
    call->status = pirn_frame_wait(call->frame, resume, p, cancel);
    return 0;
}

int host_p1_yield(host_p1_call *call)
{
    if (!host_p1_can_wait(call))
        return 0;
    int failure = host_p1_wait(call, NULL, 0);
    host_job_wake(host_job_of_frame(call->frame));
    return failure;
}

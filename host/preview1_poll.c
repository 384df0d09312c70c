/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poll_oneoff. A subscription becomes a source (host/poll.h), or has its answer at once: a bad descriptor is an
 * event, not a failure of the call. The call is suspended until a source is ready.
 *
 *      subscription, 48 bytes:  userdata 0 | tag 8 | clock: id 16, timeout 24, precision 32, flags 40
 *                                                  | fd:    descriptor 16
 *      event, 32 bytes:         userdata 0 | error 8 | type 10 | bytes 16 | flags 24
 */
#include "host/preview1.h"
#include <errno.h>
#include <time.h>

enum { SUBSCRIPTION_SIZE = 48, EVENT_SIZE = 32 };
enum { TAG_CLOCK, TAG_FD_READ, TAG_FD_WRITE };
enum { CLOCK_REAL, CLOCK_MONO };
enum { ABSTIME = 1 << 0 }; /* subclockflags */
enum { HANGUP = 1 << 0 };  /* eventrwflags */

typedef struct subscription {
    uint64_t userdata;
    uint8_t tag;
    int failure;             /* an answer, too */
    host_timer_source timer; /* of a clock */
    host_p1_fd *fd;          /* else; a reference */
    host_source *source;     /* NULL: it is ready now */
} subscription;

/* What a call keeps while it waits. */
typedef struct polling {
    host_object object;
    size_t count;
    subscription subscriptions[];
} polling;

static void release(host_object *object)
{
    polling *p = (polling *)object;
    for (size_t i = 0; i < p->count; i++)
        host_object_unref((host_object *)p->subscriptions[i].fd);
}

/* ---- Subscriptions --------------------------------------------------------------------------------------------- */

static uint64_t real_now(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A time of the real-time clock is one of the monotonic clock from now on. */
static int subscribe_clock(const uint8_t *in, subscription *out)
{
    uint32_t id = base_load_u32(in + 16);
    uint64_t timeout = base_load_u64(in + 24);
    uint16_t flags = base_load_u16(in + 40);
    if (id > CLOCK_MONO || (flags & ~ABSTIME) != 0)
        return EINVAL;
    if (id == CLOCK_REAL && (flags & ABSTIME)) {
        uint64_t now = real_now();
        timeout = timeout > now ? timeout - now : 0;
    }
    bool is_relative = id == CLOCK_REAL || !(flags & ABSTIME);
    host_timer_source_init(&out->timer, is_relative ? host_saturating_add(host_now(), timeout) : timeout);
    out->source = &out->timer.source;
    return 0;
}

static int subscribe_fd(host_p1 *guest, const uint8_t *in, subscription *out)
{
    host_p1_fd *entry;
    uint32_t right = out->tag == TAG_FD_READ ? HOST_P1_FD_READ : HOST_P1_FD_WRITE;
    int failure = host_p1_fd_get(guest, base_load_u32(in + 16), HOST_P1_POLL_FD_READWRITE | right, &entry);
    if (failure != 0)
        return failure;
    host_object_ref(&entry->object);
    out->fd = entry;
    if (host_p1_fd_is_stream(entry))
        out->source = out->tag == TAG_FD_READ ? &entry->input->source : &entry->output->source;
    return 0;
}

static int subscribe(host_p1 *guest, const uint8_t *in, subscription *out)
{
    out->userdata = base_load_u64(in);
    out->tag = in[8];
    if (out->tag > TAG_FD_WRITE)
        return EINVAL;
    out->failure = out->tag == TAG_CLOCK ? subscribe_clock(in, out) : subscribe_fd(guest, in, out);
    return 0;
}

static int subscribe_all(host_p1_call *call, const uint8_t *in, size_t count)
{
    size_t size;
    if (!base_mul_size(count, sizeof(subscription), &size) || !base_add_size(size, sizeof(polling), &size))
        return ENOMEM;
    polling *p = host_object_new(call->context, size, release);
    if (p == NULL)
        return ENOMEM;
    call->state = &p->object;
    for (int failure = 0; p->count < count; p->count++) {
        failure = subscribe(call->guest, in + p->count * SUBSCRIPTION_SIZE, &p->subscriptions[p->count]);
        if (failure != 0)
            return failure;
    }
    return 0;
}

/* ---- Events ---------------------------------------------------------------------------------------------------- */

static bool is_ready(const subscription *s)
{
    return s->failure != 0 || s->source == NULL || host_source_ready(s->source);
}

/* How many bytes can be read or written, as far as that is known: at least one. */
static uint64_t bytes_of(const subscription *s)
{
    struct stat info;
    if (s->source != NULL || s->tag == TAG_FD_WRITE)
        return 1;
    if (host_descriptor_stat(s->fd->file, &info) != 0 || (uint64_t)info.st_size <= s->fd->position)
        return 0;
    return (uint64_t)info.st_size - s->fd->position;
}

static bool has_hung_up(const subscription *s)
{
    if (s->source == NULL)
        return false;
    return s->tag == TAG_FD_READ ? s->fd->input->is_closed : s->fd->output->is_closed;
}

static void store_event(uint8_t *out, const subscription *s)
{
    memset(out, 0, EVENT_SIZE);
    base_store_u64(out, s->userdata);
    base_store_u16(out + 8, (uint16_t)host_p1_errno(s->failure));
    out[10] = s->tag;
    if (s->tag == TAG_CLOCK || s->failure != 0)
        return;
    bool hung_up = has_hung_up(s);
    base_store_u64(out + 16, hung_up ? 0 : bytes_of(s));
    base_store_u16(out + 24, hung_up ? HANGUP : 0);
}

static size_t store_events(uint8_t *out, const polling *p)
{
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (is_ready(&p->subscriptions[i]))
            store_event(out + count++ * EVENT_SIZE, &p->subscriptions[i]);
    }
    return count;
}

static int wait_for_any(host_p1_call *call, polling *p)
{
    size_t size = p->count * sizeof(host_source *);
    host_source **sources = host_context_alloc(call->context, size);
    if (sources == NULL)
        return ENOMEM;
    for (size_t i = 0; i < p->count; i++)
        sources[i] = p->subscriptions[i].source;
    int failure = host_p1_wait(call, sources, p->count);
    host_context_dealloc(call->context, sources, size);
    return failure;
}

/* subscriptions, events, length of both, *count */
int host_p1_poll_oneoff(host_p1_call *call)
{
    uint32_t count = host_p1_u32(call, 2);
    const uint8_t *in = host_p1_bytes(call, host_p1_u32(call, 0), (uint64_t)count * SUBSCRIPTION_SIZE);
    uint8_t *out = host_p1_bytes(call, host_p1_u32(call, 1), (uint64_t)count * EVENT_SIZE);
    uint8_t *ready = host_p1_bytes(call, host_p1_u32(call, 3), 4);
    if (count == 0)
        return EINVAL;
    if (in == NULL || out == NULL || ready == NULL)
        return EFAULT;
    int failure = call->state != NULL ? 0 : subscribe_all(call, in, count);
    if (failure != 0)
        return failure;
    polling *p = (polling *)call->state;
    size_t events = store_events(out, p);
    base_store_u32(ready, (uint32_t)events);
    return events > 0 ? 0 : wait_for_any(call, p);
}

int host_p1_sched_yield(host_p1_call *call)
{
    return call->is_resumed ? 0 : host_p1_yield(call);
}

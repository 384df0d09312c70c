/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wasi:clocks. The monotonic clock is the system's, from an arbitrary beginning. The time zone of a guest is UTC:
 * where this process is in the world is not its business.
 */
#include "host/poll.h"
#include "wasi_clocks_monotonic_clock.h"
#include "wasi_clocks_timezone.h"
#include "wasi_clocks_wall_clock.h"
#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

/* ---- monotonic-clock ------------------------------------------------------------------------------------------- */

pirn_status wasi_clocks_monotonic_clock_now(pirn_host_call *call, wasi_clocks_monotonic_clock_instant *result)
{
    (void)call;
    *result = host_now();
    return PIRN_OK;
}

pirn_status wasi_clocks_monotonic_clock_resolution(pirn_host_call *call, wasi_clocks_monotonic_clock_duration *result)
{
    (void)call;
    struct timespec resolution = {.tv_nsec = 1};
    clock_getres(CLOCK_MONOTONIC, &resolution);
    *result = (uint64_t)resolution.tv_sec * NS_PER_S + (uint64_t)resolution.tv_nsec;
    return PIRN_OK;
}

static pirn_status subscribe(pirn_host_call *call, uint64_t deadline_ns, struct host_pollable **result)
{
    *result = host_pollable_new_timer(host_context_of(call), deadline_ns);
    return *result != NULL ? PIRN_OK : host_call_no_memory(call);
}

pirn_status
wasi_clocks_monotonic_clock_subscribe_instant(pirn_host_call *call,
                                              const struct wasi_clocks_monotonic_clock_subscribe_instant_args *args,
                                              struct host_pollable **result)
{
    return subscribe(call, args->when, result);
}

pirn_status
wasi_clocks_monotonic_clock_subscribe_duration(pirn_host_call *call,
                                               const struct wasi_clocks_monotonic_clock_subscribe_duration_args *args,
                                               struct host_pollable **result)
{
    return subscribe(call, host_saturating_add(host_now(), args->when), result);
}

/* ---- wall-clock ------------------------------------------------------------------------------------------------ */

pirn_status wasi_clocks_wall_clock_now(pirn_host_call *call, wasi_clocks_wall_clock_datetime *result)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || now.tv_sec < 0)
        return pirn_host_call_trap(call, "the system has no time of day after 1970");
    result->seconds = (uint64_t)now.tv_sec;
    result->nanoseconds = (uint32_t)now.tv_nsec;
    return PIRN_OK;
}

pirn_status wasi_clocks_wall_clock_resolution(pirn_host_call *call, wasi_clocks_wall_clock_datetime *result)
{
    (void)call;
    struct timespec resolution = {.tv_nsec = 1};
    clock_getres(CLOCK_REALTIME, &resolution);
    result->seconds = (uint64_t)resolution.tv_sec;
    result->nanoseconds = (uint32_t)resolution.tv_nsec;
    return PIRN_OK;
}

/* ---- timezone -------------------------------------------------------------------------------------------------- */

pirn_status wasi_clocks_timezone_display(pirn_host_call *call, const struct wasi_clocks_timezone_display_args *args,
                                         wasi_clocks_timezone_timezone_display *result)
{
    (void)call;
    (void)args;
    result->name = PIRN_STR("UTC");
    return PIRN_OK;
}

pirn_status wasi_clocks_timezone_utc_offset(pirn_host_call *call,
                                            const struct wasi_clocks_timezone_utc_offset_args *args, int32_t *result)
{
    (void)call;
    (void)args;
    *result = 0;
    return PIRN_OK;
}

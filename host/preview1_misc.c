/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments, environment, clocks, random bytes, the end of the guest, and sockets, of which a guest has none. */
#include "host/preview1.h"
#include <errno.h>
#include <time.h>

/* ---- Arguments and environment --------------------------------------------------------------------------------- */

/*
 * Both are a list of NUL-terminated strings: `sizes_get` tells how many and how many bytes, `get` writes their
 * addresses and the bytes. A string is a text, or a name, '=' and a value.
 */
typedef struct string_list {
    size_t count;
    void (*string)(const host_config *config, size_t index, pirn_str parts[3]);
} string_list;

static void arg_string(const host_config *config, size_t index, pirn_str parts[3])
{
    parts[0] = config->args.data[index];
    parts[1] = parts[2] = PIRN_STR("");
}

static void env_string(const host_config *config, size_t index, pirn_str parts[3])
{
    parts[0] = config->env.data[index].name;
    parts[1] = PIRN_STR("=");
    parts[2] = config->env.data[index].value;
}

static string_list args_of(const host_p1_call *call)
{
    return (string_list){call->context->config->args.len, arg_string};
}

static string_list env_of(const host_p1_call *call)
{
    return (string_list){call->context->config->env.len, env_string};
}

static uint64_t total_bytes(const host_p1_call *call, string_list list)
{
    uint64_t total = 0;
    pirn_str parts[3];
    for (size_t i = 0; i < list.count; i++) {
        list.string(call->context->config, i, parts);
        total += parts[0].len + parts[1].len + parts[2].len + 1;
    }
    return total;
}

/* *count, *bytes */
static int sizes_get(host_p1_call *call, string_list list)
{
    uint8_t *count = host_p1_bytes(call, host_p1_u32(call, 0), 4);
    uint8_t *bytes = host_p1_bytes(call, host_p1_u32(call, 1), 4);
    uint64_t total = total_bytes(call, list);
    if (count == NULL || bytes == NULL)
        return EFAULT;
    if (total > UINT32_MAX)
        return EOVERFLOW;
    base_store_u32(count, (uint32_t)list.count);
    base_store_u32(bytes, (uint32_t)total);
    return 0;
}

static uint8_t *put(uint8_t *out, pirn_str text)
{
    memcpy(out, text.data, text.len);
    return out + text.len;
}

/* *addresses, *bytes */
static int strings_get(host_p1_call *call, string_list list)
{
    uint32_t address = host_p1_u32(call, 1);
    uint8_t *addresses = host_p1_bytes(call, host_p1_u32(call, 0), (uint64_t)list.count * 4);
    uint8_t *bytes = host_p1_bytes(call, address, total_bytes(call, list));
    pirn_str parts[3];
    if (addresses == NULL || bytes == NULL)
        return EFAULT;
    for (size_t i = 0; i < list.count; i++) {
        uint8_t *end = bytes;
        list.string(call->context->config, i, parts);
        for (size_t part = 0; part < BASE_COUNT(parts); part++)
            end = put(end, parts[part]);
        *end++ = '\0';
        base_store_u32(addresses + i * 4, address);
        address += (uint32_t)(end - bytes);
        bytes = end;
    }
    return 0;
}

int host_p1_args_sizes_get(host_p1_call *call)
{
    return sizes_get(call, args_of(call));
}

int host_p1_args_get(host_p1_call *call)
{
    return strings_get(call, args_of(call));
}

int host_p1_environ_sizes_get(host_p1_call *call)
{
    return sizes_get(call, env_of(call));
}

int host_p1_environ_get(host_p1_call *call)
{
    return strings_get(call, env_of(call));
}

/* ---- Clocks ---------------------------------------------------------------------------------------------------- */

static int store_time(host_p1_call *call, size_t index, struct timespec time)
{
    uint8_t *out = host_p1_bytes(call, host_p1_u32(call, index), 8);
    if (out == NULL)
        return EFAULT;
    base_store_u64(out, (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec);
    return 0;
}

/* The time that this process has computed is not the guest's: it has the first two clocks only. */
static int get_clock(const host_p1_call *call, clockid_t *out)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};
    uint32_t id = host_p1_u32(call, 0);
    if (id >= BASE_COUNT(clocks))
        return EINVAL;
    *out = clocks[id];
    return 0;
}

/* id, *resolution */
int host_p1_clock_res_get(host_p1_call *call)
{
    clockid_t clock;
    struct timespec resolution = {.tv_nsec = 1};
    int failure = get_clock(call, &clock);
    if (failure != 0)
        return failure;
    clock_getres(clock, &resolution);
    return store_time(call, 1, resolution);
}

/* id, precision, *time */
int host_p1_clock_time_get(host_p1_call *call)
{
    clockid_t clock;
    struct timespec now;
    int failure = get_clock(call, &clock);
    if (failure != 0)
        return failure;
    return clock_gettime(clock, &now) < 0 ? errno : store_time(call, 2, now);
}

/* ---- Random bytes ---------------------------------------------------------------------------------------------- */

/* buffer, size */
int host_p1_random_get(host_p1_call *call)
{
    enum { AT_ONCE = 1 << 20 };
    uint32_t size = host_p1_u32(call, 1);
    uint8_t *bytes = host_p1_bytes(call, host_p1_u32(call, 0), size);
    if (bytes == NULL)
        return EFAULT;
    for (uint32_t done = 0, count; done < size; done += count) {
        count = size - done < AT_ONCE ? size - done : AT_ONCE;
        int status = uv_random(NULL, NULL, bytes + done, count, 0, NULL);
        if (status != 0)
            return -status;
    }
    return 0;
}

/* ---- The end --------------------------------------------------------------------------------------------------- */

/* code */
int host_p1_proc_exit(host_p1_call *call)
{
    call->context->has_exited = true;
    call->context->exit_code = (int)host_p1_u32(call, 0);
    return host_p1_trap(call, "the guest ended itself with proc_exit");
}

/* A guest has no signals. */
int host_p1_proc_raise(host_p1_call *call)
{
    (void)call;
    return ENOTSUP;
}

/* ---- Sockets --------------------------------------------------------------------------------------------------- */

static int no_socket(host_p1_call *call)
{
    host_p1_fd *entry;
    int failure = host_p1_fd_get(call->guest, host_p1_u32(call, 0), 0, &entry);
    return failure != 0 ? failure : ENOTSOCK;
}

int host_p1_sock_accept(host_p1_call *call)
{
    return no_socket(call);
}

int host_p1_sock_recv(host_p1_call *call)
{
    return no_socket(call);
}

int host_p1_sock_send(host_p1_call *call)
{
    return no_socket(call);
}

int host_p1_sock_shutdown(host_p1_call *call)
{
    return no_socket(call);
}

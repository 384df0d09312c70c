/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wasi:random. Secure bytes come from the system. Insecure ones come from a generator of the instance's own
 * (SplitMix64: a counter in steps of the golden ratio, and a mixing function), seeded by the system.
 */
#include "host/context.h"
#include "wasi_random_insecure.h"
#include "wasi_random_insecure_seed.h"
#include "wasi_random_random.h"
#include <uv.h>

/* What one call may ask for. */
#define MAX_BYTES ((uint64_t)64 << 20)

static pirn_status fill_secure(pirn_host_call *call, void *bytes, size_t size)
{
    int status = size > 0 ? uv_random(NULL, NULL, bytes, size, 0, NULL) : 0;
    return status == 0 ? PIRN_OK : pirn_host_call_trap(call, "no random bytes: %s", uv_strerror(status));
}

/* Memory for `len` bytes. */
static pirn_status alloc_bytes(pirn_host_call *call, uint64_t len, uint8_t **bytes)
{
    if (len > MAX_BYTES)
        return pirn_host_call_trap(call, "%llu random bytes at once: at most %llu are given", (unsigned long long)len,
                                   (unsigned long long)MAX_BYTES);
    *bytes = pirn_host_call_alloc(call, (size_t)len);
    return *bytes != NULL ? PIRN_OK : PIRN_NOMEM;
}

/* ---- random ---------------------------------------------------------------------------------------------------- */

pirn_status wasi_random_random_get_random_bytes(pirn_host_call *call,
                                                const struct wasi_random_random_get_random_bytes_args *args,
                                                wasi_random_random_list_u8 *result)
{
    uint8_t *bytes = NULL;
    PIRN_TRY(alloc_bytes(call, args->len, &bytes));
    result->data = bytes;
    result->len = (size_t)args->len;
    return fill_secure(call, bytes, (size_t)args->len);
}

pirn_status wasi_random_random_get_random_u64(pirn_host_call *call, uint64_t *result)
{
    return fill_secure(call, result, sizeof *result);
}

/* ---- insecure -------------------------------------------------------------------------------------------------- */

/* The instance's seeds, at their first use. */
static pirn_status seed(pirn_host_call *call, host_context *context)
{
    if (context->is_seeded)
        return PIRN_OK;
    PIRN_TRY(fill_secure(call, context->insecure_seed, sizeof context->insecure_seed));
    PIRN_TRY(fill_secure(call, &context->insecure_state, sizeof context->insecure_state));
    context->is_seeded = true;
    return PIRN_OK;
}

static uint64_t next_insecure(host_context *context)
{
    uint64_t z = context->insecure_state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

pirn_status
wasi_random_insecure_get_insecure_random_bytes(pirn_host_call *call,
                                               const struct wasi_random_insecure_get_insecure_random_bytes_args *args,
                                               wasi_random_insecure_list_u8 *result)
{
    host_context *context = host_context_of(call);
    uint8_t *bytes = NULL;
    PIRN_TRY(seed(call, context));
    PIRN_TRY(alloc_bytes(call, args->len, &bytes));
    result->data = bytes;
    result->len = (size_t)args->len;
    for (size_t i = 0; i < result->len; i += sizeof(uint64_t)) {
        uint64_t word = next_insecure(context);
        size_t rest = result->len - i;
        memcpy(bytes + i, &word, rest < sizeof word ? rest : sizeof word);
    }
    return PIRN_OK;
}

pirn_status wasi_random_insecure_get_insecure_random_u64(pirn_host_call *call, uint64_t *result)
{
    host_context *context = host_context_of(call);
    PIRN_TRY(seed(call, context));
    *result = next_insecure(context);
    return PIRN_OK;
}

/* ---- insecure-seed --------------------------------------------------------------------------------------------- */

pirn_status wasi_random_insecure_seed_insecure_seed(pirn_host_call *call,
                                                    wasi_random_insecure_seed_tuple_u64_u64 *result)
{
    host_context *context = host_context_of(call);
    PIRN_TRY(seed(call, context));
    result->f0 = context->insecure_seed[0];
    result->f1 = context->insecure_seed[1];
    return PIRN_OK;
}

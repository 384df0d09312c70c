/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin: the interface example:plugin/stats in C. Its prototypes are in the header that pirn-bindgen makes of the WIT. */
#include <example_plugin_stats.h>
#include <ctype.h>
#include <stdlib.h>

struct host_series {
    uint32_t count;
    double sum;
};

pirn_status example_plugin_stats_series_constructor(pirn_host_call *call,
                                                    const struct example_plugin_stats_series_constructor_args *args,
                                                    struct host_series **result)
{
    *result = calloc(1, sizeof **result);
    return *result != NULL ? PIRN_OK : pirn_host_call_trap(call, "no memory for %.*s", (int)args->name.len, args->name.data);
}

void example_plugin_stats_series_drop(void *host, struct host_series *self)
{
    (void)host;
    free(self);
}

pirn_status example_plugin_stats_series_add(pirn_host_call *call, const struct example_plugin_stats_series_add_args *args,
                                            uint32_t *result)
{
    (void)call;
    args->self->sum += args->value;
    *result = ++args->self->count;
    return PIRN_OK;
}

pirn_status example_plugin_stats_summarize(pirn_host_call *call, const struct example_plugin_stats_summarize_args *args,
                                           example_plugin_stats_result_summary_string *result)
{
    (void)call;
    result->is_err = args->of->count == 0;
    if (result->is_err)
        result->value.err = PIRN_STR("there are no values");
    else
        result->value.ok = (example_plugin_stats_summary){args->of->count, args->of->sum / args->of->count};
    return PIRN_OK;
}

pirn_status example_plugin_stats_shout(pirn_host_call *call, const struct example_plugin_stats_shout_args *args, pirn_str *result)
{
    char *text = pirn_host_call_alloc(call, args->text.len);
    if (text == NULL)
        return pirn_host_call_trap(call, "no memory");
    for (size_t i = 0; i < args->text.len; i++)
        text[i] = (char)toupper((unsigned char)args->text.data[i]);
    *result = (pirn_str){text, args->text.len};
    return PIRN_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Functions (spec 4.2.7): those of the host are made here, those of Wasm with their instance. */
#include "vm/exec/store.h"

pirn_status pirn_func_new(pirn_store *store, const pirn_functype *type, pirn_host_func host, void *data,
                          void (*drop_data)(void *), pirn_func **out, pirn_error *error)
{
    if (type == NULL || type->engine != store->engine)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "the function type is not of the store's engine");
    vm_host_function *function = base_alloc(&store->engine->allocator, sizeof *function);
    if (function == NULL)
        return base_nomem(error);
    *function = (vm_host_function){
        .func = {.type = type, .store = store},
        .host = host,
        .data = data,
        .drop_data = drop_data,
        .next = store->funcs,
    };
    store->funcs = function;
    *out = &function->func;
    return PIRN_OK;
}

const pirn_functype *pirn_func_type(const pirn_func *func)
{
    return func->type;
}

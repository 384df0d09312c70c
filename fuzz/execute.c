/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running whatever is valid: with imports that do nothing, little memory, heap, stack and fuel, each exported function once; and
 * once more without fusion, collecting garbage at every allocation. Only threads are left out: they may wait for ever.
 */
#include "fuzz/fuzz.h"
#include "vm/syntax/types.h"
#include <pirn/vm.h>
#include <stdlib.h>
#include <string.h>

enum {
    FUEL = 100000,
    MEMORY_BYTES = 64 << 20,
    TABLE_ELEMENTS = 100000,
    STACK_BYTES = 64 << 10,
    HEAP_BYTES = 4 << 20,
    MAX_SLOTS = 2000
};

static const pirn_slot zeros[MAX_SLOTS];

/* Is zero a value of the type? Not of references that cannot be null. */
static bool has_zero(pirn_valtype type)
{
    return !pirn_valtype_is_ref(type) || vm_ref_is_nullable(type);
}

static pirn_status return_zeros(pirn_frame *frame, void *data)
{
    const pirn_functype *type = data;
    const pirn_valtype *results;
    for (size_t i = pirn_functype_results(type, &results); i-- > 0;) {
        if (!has_zero(results[i]))
            return pirn_frame_trap(frame, "there is no such value");
    }
    if (pirn_functype_result_slots(type) > 0)
        memset(pirn_frame_slots(frame), 0, pirn_functype_result_slots(type) * sizeof(pirn_slot));
    return PIRN_OK;
}

static pirn_status make_import(pirn_store *store, const pirn_externtype *type, pirn_extern *out)
{
    out->kind = type->kind;
    switch (type->kind) {
    case PIRN_EXTERN_TAG:
        return pirn_tag_new(store, type->func, &out->tag, NULL);
    case PIRN_EXTERN_TABLE:
        return !has_zero(type->table.element) ? PIRN_LIMIT
                                              : pirn_table_new(store, &type->table, zeros[0], &out->table, NULL);
    case PIRN_EXTERN_MEMORY:
        return pirn_memory_new(store, &type->memory, &out->memory, NULL);
    case PIRN_EXTERN_GLOBAL:
        return !has_zero(type->global.type) ? PIRN_LIMIT
                                            : pirn_global_new(store, &type->global, zeros, &out->global, NULL);
    default:
        return pirn_func_new(store, type->func, return_zeros, (void *)(uintptr_t)type->func, NULL, &out->func, NULL);
    }
}

/* NULL when a limit was in the way, or a segment. */
static pirn_instance *instantiate(pirn_store *store, const pirn_module *module)
{
    size_t count = pirn_module_import_count(module);
    pirn_extern *imports = calloc(count + 1, sizeof *imports);
    fuzz_check(imports != NULL);
    pirn_status status = PIRN_OK;
    for (size_t i = 0; i < count && status == PIRN_OK; i++) {
        pirn_externtype type = pirn_module_import(module, i).type;
        status = make_import(store, &type, &imports[i]);
    }
    pirn_instance *instance = NULL;
    if (status == PIRN_OK) {
        status = pirn_instance_new(store, module, imports, count, &instance, NULL);
        fuzz_check(status != PIRN_UNLINKABLE && status != PIRN_USAGE);
    }
    free(imports);
    return status == PIRN_OK ? instance : NULL;
}

static bool takes_zeros(const pirn_func *func)
{
    const pirn_valtype *params;
    for (size_t i = pirn_functype_params(pirn_func_type(func), &params); i-- > 0;) {
        if (!has_zero(params[i]))
            return false;
    }
    return true;
}

static void call(pirn_call *c, pirn_func *func, pirn_error *error)
{
    if (!takes_zeros(func))
        return;
    pirn_store *store = pirn_call_store(c);
    pirn_error_clear(error);
    pirn_store_set_fuel(store, FUEL);
    pirn_status status = pirn_call_start(c, func, zeros, error);
    fuzz_check(status == pirn_error_status(error) && status != PIRN_PENDING && status != PIRN_USAGE);
    fuzz_check(pirn_store_fuel(store) <= FUEL);
}

static void call_exports(pirn_store *store, const pirn_instance *instance, pirn_error *error)
{
    pirn_call *c = pirn_call_new(store);
    fuzz_check(c != NULL);
    if (pirn_instance_start(instance) != NULL)
        call(c, pirn_instance_start(instance), error);
    for (size_t i = 0; i < pirn_module_export_count(pirn_instance_module(instance)); i++) {
        pirn_extern object = pirn_instance_export(instance, i);
        if (object.kind == PIRN_EXTERN_FUNC)
            call(c, object.func, error);
    }
    pirn_call_free(c);
}

static void run(pirn_engine *engine, const pirn_module *module, pirn_error *error)
{
    pirn_store_limits limits = pirn_store_limits_default();
    limits.memory_bytes = MEMORY_BYTES;
    limits.table_elements = TABLE_ELEMENTS;
    limits.stack_bytes = STACK_BYTES;
    limits.heap_bytes = HEAP_BYTES;
    pirn_store *store = pirn_store_new(engine, &limits);
    fuzz_check(store != NULL);
    const pirn_instance *instance = instantiate(store, module);
    if (instance != NULL)
        call_exports(store, instance, error);
    pirn_store_free(store);
}

static void load_and_run(const uint8_t *data, size_t size, bool is_plain)
{
    pirn_config config = pirn_config_default();
    config.features = pirn_features_supported() & ~(uint32_t)PIRN_FEATURE_THREADS;
    config.fuel = true;
    config.fusion = !is_plain;
    config.collect_always = is_plain;
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_error *error = pirn_error_new(NULL);
    fuzz_check(engine != NULL && error != NULL);
    pirn_module *module = NULL;
    if (pirn_module_load(engine, data, size, PIRN_BYTES_BORROW, 0, &module, error) == PIRN_OK)
        run(engine, module, error);
    pirn_module_free(module);
    pirn_engine_free(engine);
    pirn_error_free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    load_and_run(data, size, false);
    load_and_run(data, size, true);
    return 0;
}

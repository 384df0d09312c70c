/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two instances are made in a pool and not run: the first pays for what they share, the second shows what each one more
 * takes. What comes from the allocator is counted by a ledger, pages of memory by the pool. A module gets imports of the
 * types that it asks for, which do nothing; a component those of the host.
 */
#include "cli/cost.h"
#include "cli/json.h"
#include <inttypes.h>
#include <pirn/host.h>
#include <stdio.h>

cli_ledger cli_ledger_new(void)
{
    return (cli_ledger){0};
}

void *cli_ledger_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    cli_ledger *ledger = user;
    const pirn_allocator *allocator = pirn_allocator_default();
    void *resized = allocator->resize(allocator->user, block, old_size, new_size);
    if (resized != NULL || new_size == 0)
        ledger->live_bytes += (uint64_t)new_size - (uint64_t)old_size;
    return resized;
}

/* ---- Instances --------------------------------------------------------------------------------------------------- */

typedef struct subject {
    const pirn_module *module; /* or */
    const pirn_prepared *prepared;
    pirn_host_context *context;
    pirn_pool_kind *kind;
    pirn_component_instance *instances[2];
    pirn_store *stores[2];
} subject;

static pirn_status do_nothing(pirn_frame *frame, void *data)
{
    (void)data;
    return pirn_frame_trap(frame, "nothing is imported here");
}

static pirn_status make_import(pirn_store *store, const pirn_externtype *type, pirn_extern *out, pirn_error *error)
{
    const pirn_slot zero[2] = {{.u64 = 0}, {.u64 = 0}};
    out->kind = type->kind;
    switch (type->kind) {
    case PIRN_EXTERN_TABLE:
        return pirn_table_new(store, &type->table, zero[0], &out->table, error);
    case PIRN_EXTERN_MEMORY:
        return pirn_memory_new(store, &type->memory, &out->memory, error);
    case PIRN_EXTERN_GLOBAL:
        return pirn_global_new(store, &type->global, zero, &out->global, error);
    case PIRN_EXTERN_TAG:
        return pirn_tag_new(store, type->func, &out->tag, error);
    default:
        return pirn_func_new(store, type->func, do_nothing, NULL, NULL, &out->func, error);
    }
}

static pirn_status instantiate_module(const pirn_module *module, pirn_store *store, pirn_error *error)
{
    size_t count = pirn_module_import_count(module);
    pirn_extern *imports = calloc(count + 1, sizeof *imports);
    pirn_status status = imports == NULL ? PIRN_NOMEM : PIRN_OK;
    for (size_t i = 0; i < count && status == PIRN_OK; i++) {
        pirn_import import = pirn_module_import(module, i);
        status = make_import(store, &import.type, &imports[i], error);
    }
    pirn_instance *instance = NULL;
    if (status == PIRN_OK)
        status = pirn_instance_new(store, module, imports, count, &instance, error);
    if (status == PIRN_OK)
        pirn_store_keep(store, instance, NULL);
    free(imports);
    return status;
}

static pirn_status instantiate(subject *s, int i, pirn_error *error)
{
    pirn_status status;
    if (s->module != NULL) {
        status = pirn_pool_take(s->kind, &s->stores[i], error);
        return status == PIRN_OK ? instantiate_module(s->module, s->stores[i], error) : status;
    }
    status = pirn_component_instantiate_pooled(s->prepared, s->kind, s->context, &s->instances[i], error);
    if (status == PIRN_OK)
        s->stores[i] = pirn_component_instance_store(s->instances[i]);
    return status;
}

static json_t *describe_instances(subject *s, const cli_ledger *ledger, pirn_error *error)
{
    pirn_status status = instantiate(s, 0, error);
    uint64_t before = ledger->live_bytes;
    if (status == PIRN_OK)
        status = instantiate(s, 1, error);
    if (status != PIRN_OK)
        return json_pack("{s:o}", "not_instantiated", cli_json_text(pirn_str_of(pirn_error_message(error))));
    uint64_t slab = ledger->live_bytes - before;
    pirn_store_cost cost = pirn_store_cost_of(s->stores[1]);
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "slab_bytes", (json_int_t)slab, "memory_bytes",
                     (json_int_t)cost.memory_bytes, "shared_bytes", (json_int_t)cost.shared_bytes, "written_bytes",
                     (json_int_t)cost.written_bytes, "thousand_bytes",
                     (json_int_t)(cost.shared_bytes + 1000 * (slab + cost.written_bytes)));
}

/* In a pool that is gone afterwards. */
static json_t *measure_instances(subject *s, pirn_engine *engine, const cli_ledger *ledger, pirn_error *error)
{
    pirn_pool *pool = pirn_pool_new(engine, NULL);
    json_t *description = NULL;
    s->kind = pool == NULL ? NULL : pirn_pool_kind_new(pool);
    if (s->kind != NULL)
        description = describe_instances(s, ledger, error);
    pirn_error_clear(error);
    for (int i = 0; i < 2; i++) {
        pirn_component_instance_free(s->instances[i]);
        pirn_store_free(s->stores[i]);
    }
    pirn_pool_free(pool);
    return description;
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static pirn_status add_code(const pirn_module *module, pirn_module_cost *all, pirn_error *error)
{
    pirn_module_cost cost;
    pirn_status status = pirn_module_cost_of(module, &cost, error);
    if (status == PIRN_OK) {
        all->functions += cost.functions;
        all->code_bytes += cost.code_bytes;
        all->cells += cost.cells;
        all->cell_bytes += cost.cell_bytes;
    }
    return status;
}

static json_t *describe_code(const pirn_module_cost *cost)
{
    double bytes = cost->code_bytes == 0 ? 1 : (double)cost->code_bytes;
    return json_pack("{s:I, s:I, s:I, s:I, s:f}", "functions", (json_int_t)cost->functions, "code_bytes",
                     (json_int_t)cost->code_bytes, "cells", (json_int_t)cost->cells, "cell_bytes",
                     (json_int_t)cost->cell_bytes, "cells_per_byte", (double)cost->cells / bytes);
}

pirn_status cli_cost_of_module(pirn_engine *engine, const pirn_module *module, const cli_ledger *ledger, json_t **out,
                               pirn_error *error)
{
    pirn_module_cost code = {0};
    pirn_status status = add_code(module, &code, error);
    if (status != PIRN_OK)
        return status;
    subject s = {.module = module};
    *out = json_pack("{s:o, s:o}", "code", describe_code(&code), "instances",
                     measure_instances(&s, engine, ledger, error));
    return *out == NULL ? PIRN_NOMEM : PIRN_OK;
}

/* With what the host offers; a component that wants something else is not instantiated. */
static json_t *instances_of_component(pirn_engine *engine, const pirn_component *component, const cli_ledger *ledger,
                                      pirn_error *error)
{
    pirn_linker *linker = pirn_linker_new(engine);
    pirn_host *host = pirn_host_new(NULL);
    pirn_host_config *config = pirn_host_config_new(NULL);
    pirn_host_context *context = host == NULL || config == NULL ? NULL : pirn_host_context_new(host, config);
    pirn_prepared *prepared = NULL;
    json_t *description = NULL;
    if (linker != NULL && context != NULL && pirn_host_define(linker, error) == PIRN_OK &&
        pirn_linker_prepare(linker, component, &prepared, error) == PIRN_OK) {
        subject s = {.prepared = prepared, .context = context};
        description = measure_instances(&s, engine, ledger, error);
    } else {
        description = json_pack("{s:o}", "not_instantiated", cli_json_text(pirn_str_of(pirn_error_message(error))));
        pirn_error_clear(error);
    }
    pirn_prepared_free(prepared);
    pirn_linker_free(linker);
    if (context != NULL)
        pirn_host_context_free(context);
    if (config != NULL)
        pirn_host_config_free(config);
    if (host != NULL)
        pirn_host_free(host);
    return description;
}

pirn_status cli_cost_of_component(pirn_engine *engine, const pirn_component *component, const cli_ledger *ledger,
                                  json_t **out, pirn_error *error)
{
    pirn_module_cost code = {0};
    for (size_t i = 0; i < pirn_component_module_count(component); i++) {
        pirn_status status = add_code(pirn_component_module(component, i), &code, error);
        if (status != PIRN_OK)
            return status;
    }
    *out = json_pack("{s:o, s:o}", "code", describe_code(&code), "instances",
                     instances_of_component(engine, component, ledger, error));
    return *out == NULL ? PIRN_NOMEM : PIRN_OK;
}

/* ---- Text -------------------------------------------------------------------------------------------------------- */

static void print_figure(const json_t *object, const char *key, const char *what)
{
    printf("  %12" JSON_INTEGER_FORMAT " %s\n", json_integer_value(json_object_get(object, key)), what);
}

void cli_cost_print(const json_t *cost)
{
    if (cost == NULL)
        return;
    const json_t *code = json_object_get(cost, "code"), *instances = json_object_get(cost, "instances");
    printf("code:\n");
    print_figure(code, "functions", "functions");
    print_figure(code, "code_bytes", "bytes of Wasm");
    print_figure(code, "cells", "cells when all is translated");
    print_figure(code, "cell_bytes", "bytes of cells");
    printf("  %12.2f cells a byte of Wasm\n", json_real_value(json_object_get(code, "cells_per_byte")));
    const json_t *reason = json_object_get(instances, "not_instantiated");
    if (reason != NULL) {
        printf("not instantiated: ");
        cli_print_text(stdout, pirn_str_of(json_string_value(reason)));
        putchar('\n');
        return;
    }
    printf("an instance, made and not run, in a pool:\n");
    print_figure(instances, "slab_bytes", "bytes of objects, tables and globals");
    print_figure(instances, "written_bytes", "bytes of pages of its own");
    print_figure(instances, "memory_bytes", "bytes of memory, of which");
    print_figure(instances, "shared_bytes", "bytes are shared by all instances until they are written");
    print_figure(instances, "thousand_bytes", "bytes for a thousand instances");
}

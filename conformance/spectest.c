/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host module `spectest` that every script may import from. Its functions take their arguments and print
 * nothing: what a script checks are results. Its objects are made one by one, when they are first imported: few
 * scripts want any.
 */
#include "conformance/run.h"

static const pirn_valtype numbers[] = {PIRN_I32, PIRN_I64, PIRN_F32, PIRN_F64, PIRN_F64, PIRN_F64};
static const pirn_valtype i32_f32[] = {PIRN_I32, PIRN_F32};

/* Columns: name, type; for a function its parameters, for a global its value. */
static const struct spectest_export {
    const char *name;
    pirn_extern_kind kind;
    const pirn_valtype *params;
    size_t param_count;
    pirn_globaltype global;
    pirn_slot value;
    pirn_tabletype table;
    pirn_memtype memory;
} exports[] = {
    {"print", PIRN_EXTERN_FUNC, .params = numbers},
    {"print_i32", PIRN_EXTERN_FUNC, .params = &numbers[0], .param_count = 1},
    {"print_i64", PIRN_EXTERN_FUNC, .params = &numbers[1], .param_count = 1},
    {"print_f32", PIRN_EXTERN_FUNC, .params = &numbers[2], .param_count = 1},
    {"print_f64", PIRN_EXTERN_FUNC, .params = &numbers[3], .param_count = 1},
    {"print_i32_f32", PIRN_EXTERN_FUNC, .params = i32_f32, .param_count = 2},
    {"print_f64_f64", PIRN_EXTERN_FUNC, .params = &numbers[4], .param_count = 2},
    {"global_i32", PIRN_EXTERN_GLOBAL, .global = {PIRN_I32, false}, .value = {.i32 = 666}},
    {"global_i64", PIRN_EXTERN_GLOBAL, .global = {PIRN_I64, false}, .value = {.i64 = 666}},
    {"global_f32", PIRN_EXTERN_GLOBAL, .global = {PIRN_F32, false}, .value = {.f32 = 666.6f}},
    {"global_f64", PIRN_EXTERN_GLOBAL, .global = {PIRN_F64, false}, .value = {.f64 = 666.6}},
    {"table", PIRN_EXTERN_TABLE, .table = {{10, 20}, PIRN_FUNCREF, false, false}},
    {"table64", PIRN_EXTERN_TABLE, .table = {{10, 20}, PIRN_FUNCREF, true, false}},
    {"memory", PIRN_EXTERN_MEMORY, .memory = {.limits = {1, 2}, .page_size_log2 = 16}},
    {"shared_memory", PIRN_EXTERN_MEMORY, .memory = {.limits = {1, 2}, .shared = true, .page_size_log2 = 16}},
};

struct wast_spectest {
    bool is_made[BASE_COUNT(exports)];
    pirn_extern objects[BASE_COUNT(exports)];
};

static pirn_status print_nothing(pirn_frame *frame, void *data)
{
    (void)frame;
    (void)data;
    return PIRN_OK;
}

static pirn_status make_function(wast_run *run, const struct spectest_export *row, pirn_extern *out)
{
    const pirn_functype *type = pirn_functype_new(run->engine, row->params, row->param_count, NULL, 0);
    return type == NULL ? PIRN_NOMEM
                        : pirn_func_new(run->store, type, print_nothing, NULL, NULL, &out->func, run->error);
}

static pirn_status make(wast_run *run, const struct spectest_export *row, pirn_extern *out)
{
    static const pirn_slot null = {.ref = NULL};
    out->kind = row->kind;
    switch (row->kind) {
    case PIRN_EXTERN_FUNC:
        return make_function(run, row, out);
    case PIRN_EXTERN_TABLE:
        return pirn_table_new(run->store, &row->table, null, &out->table, run->error);
    case PIRN_EXTERN_MEMORY:
        return pirn_memory_new(run->store, &row->memory, &out->memory, run->error);
    case PIRN_EXTERN_GLOBAL:
        return pirn_global_new(run->store, &row->global, &row->value, &out->global, run->error);
    default:
        return PIRN_USAGE;
    }
}

bool wast_spectest_find(wast_run *run, pirn_str name, pirn_extern *out)
{
    if (run->spectest == NULL)
        run->spectest = base_arena_zero(&run->arena, sizeof *run->spectest);
    if (run->spectest == NULL)
        return false;
    for (size_t i = 0; i < BASE_COUNT(exports); i++) {
        if (!pirn_str_eq(name, pirn_str_of(exports[i].name)))
            continue;
        if (!run->spectest->is_made[i])
            run->spectest->is_made[i] = make(run, &exports[i], &run->spectest->objects[i]) == PIRN_OK;
        *out = run->spectest->objects[i];
        return run->spectest->is_made[i];
    }
    return false;
}

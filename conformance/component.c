/* SPDX-License-Identifier: Apache-2.0 */
/* Components of a script: instantiated with nothing to import, and their functions called. */
#include "conformance/run.h"

static pirn_status need_linker(wast_run *run)
{
    if (run->linker == NULL)
        run->linker = pirn_linker_new(run->engine);
    return run->linker != NULL ? PIRN_OK : pirn_error_set(run->error, PIRN_NOMEM, "out of memory");
}

pirn_status wast_component_instantiate(wast_run *run, const pirn_component *component, pirn_component_instance **out)
{
    PIRN_TRY(need_linker(run));
    if (!BASE_VEC_RESERVE(&run->prepared, run->allocator, 1))
        return pirn_error_set(run->error, PIRN_NOMEM, "out of memory");
    pirn_prepared *prepared;
    PIRN_TRY(pirn_linker_prepare(run->linker, component, &prepared, run->error));
    run->prepared.data[run->prepared.len++] = prepared;
    pirn_status status = pirn_component_instantiate(prepared, run->store, NULL, out, run->error);
    if (status != PIRN_OK)
        *out = NULL;
    return status;
}

static pirn_status make_arguments(wast_run *run, const wast_action *action, const pirn_component_functype *type,
                                  void **out)
{
    char name[64];
    size_t count = pirn_component_functype_params(type);
    uint8_t *args = base_arena_zero(&run->arena, pirn_component_functype_args_size(type));
    *out = args;
    if (args == NULL)
        return pirn_error_set(run->error, PIRN_NOMEM, "out of memory");
    if (count != action->arg_count)
        return pirn_error_set(run->error, PIRN_USAGE, "the function has %zu parameters", count);
    for (size_t i = 0; i < count; i++) {
        const pirn_type *param = pirn_component_functype_param(type, i);
        size_t offset = pirn_component_functype_arg_offset(type, i);
        if (wast_to_component_value(&action->args[i], param, &run->arena, args + offset))
            continue;
        pirn_type_text(param, name, sizeof name);
        return pirn_error_set(run->error, PIRN_USAGE, "parameter %zu is of type %s", i, name);
    }
    return PIRN_OK;
}

pirn_status wast_component_call(wast_run *run, const wast_action *action, pirn_component_instance *instance,
                                const pirn_component_func **func, pirn_task **task)
{
    void *args;
    *task = NULL;
    *func = pirn_component_instance_func(instance, (pirn_str){"", 0}, action->name);
    if (*func == NULL)
        return pirn_error_set(run->error, PIRN_USAGE, "there is no export \"%.*s\" that is a func",
                              (int)action->name.len, action->name.data);
    PIRN_TRY(make_arguments(run, action, pirn_component_func_type(*func), &args));
    *task = pirn_task_new(instance);
    if (*task == NULL)
        return pirn_error_set(run->error, PIRN_NOMEM, "out of memory");
    return pirn_task_start(*task, *func, args, run->error);
}

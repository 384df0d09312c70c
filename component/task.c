/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks: what an embedder holds of a call. How arguments are lowered, the core function is called
 * and its result lifted is component/canon.h's matter (cm_call).
 */
#include "component/instance.h"

struct pirn_task {
    pirn_component_instance *instance;
    void *data;
    cm_call call;
};

pirn_task *pirn_task_new(pirn_component_instance *instance)
{
    pirn_task *task = base_alloc_zero(instance->allocator, sizeof *task);
    if (task == NULL)
        return NULL;
    task->instance = instance;
    if (cm_call_init(&task->call, &instance->runtime, task) != PIRN_OK) {
        base_free(instance->allocator, task, sizeof *task);
        return NULL;
    }
    return task;
}

void pirn_task_free(pirn_task *task)
{
    if (task == NULL)
        return;
    cm_call_done(&task->call);
    base_free(task->instance->allocator, task, sizeof *task);
}

pirn_status pirn_task_start(pirn_task *task, const pirn_component_func *func, const void *args, pirn_error *error)
{
    if (func->instance != task->instance)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "the function belongs to another instance than the task");
    return cm_call_start(&task->call, &func->function, args, error);
}

pirn_status pirn_task_resume(pirn_task *task, pirn_error *error)
{
    return cm_call_resume(&task->call, error);
}

const void *pirn_task_result(const pirn_task *task)
{
    return cm_call_result(&task->call);
}

pirn_component_instance *pirn_task_instance(const pirn_task *task)
{
    return task->instance;
}

void pirn_task_set_data(pirn_task *task, void *data)
{
    task->data = data;
}

void *pirn_task_data(const pirn_task *task)
{
    return task->data;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "host/test/fake.h"
#include "vm/base/error.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct pirn_component_instance {
    pirn_store *store;
    void *data;
};

struct pirn_host_call {
    pirn_task *task;
    pirn_component_instance *instance;
    base_arena arena;
    void *state;
    void (*cancel)(void *state);
    pirn_error *error;
};

struct pirn_task {
    pirn_component_instance *instance;
    void *data;
    const pirn_component_func *func;
    void *guest;
    size_t next_step;
    bool is_pending;
    pirn_host_call call;
};

/* ---- What the host asks of a call ------------------------------------------------------------------------------- */

void *pirn_host_call_data(const pirn_host_call *call)
{
    return call->instance->data;
}

void *pirn_host_call_alloc(pirn_host_call *call, size_t size)
{
    return base_arena_alloc(&call->arena, size);
}

void **pirn_host_call_state(pirn_host_call *call)
{
    return &call->state;
}

void pirn_host_call_on_cancel(pirn_host_call *call, void (*cancel)(void *state))
{
    call->cancel = cancel;
}

pirn_task *pirn_host_call_task(const pirn_host_call *call)
{
    return call->task;
}

pirn_status pirn_host_call_trap(pirn_host_call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    base_fail_v(call->error, PIRN_TRAP, PIRN_NO_OFFSET, format, args);
    va_end(args);
    return PIRN_TRAP;
}

/* ---- Tasks ------------------------------------------------------------------------------------------------------ */

pirn_store *pirn_component_instance_store(const pirn_component_instance *instance)
{
    return instance->store;
}

pirn_task *pirn_task_new(pirn_component_instance *instance)
{
    pirn_task *task = base_alloc_zero(pirn_allocator_default(), sizeof *task);
    assert_non_null(task);
    task->instance = instance;
    task->call.task = task;
    task->call.instance = instance;
    base_arena_init(&task->call.arena, pirn_allocator_default());
    return task;
}

void pirn_task_free(pirn_task *task)
{
    if (task->is_pending && task->call.cancel != NULL)
        task->call.cancel(task->call.state);
    base_arena_done(&task->call.arena);
    base_free(pirn_allocator_default(), task, sizeof *task);
}

pirn_status pirn_task_resume(pirn_task *task, pirn_error *error)
{
    task->call.error = error;
    for (;;) {
        if (task->next_step == task->func->count)
            return PIRN_OK;
        pirn_status status = task->func->steps[task->next_step](&task->call, task->guest);
        task->is_pending = status == PIRN_PENDING;
        if (status != PIRN_OK)
            return status;
        assert_null(task->call.state);
        base_arena_reset(&task->call.arena);
        task->next_step++;
    }
}

pirn_status pirn_task_start(pirn_task *task, const pirn_component_func *func, const void *args, pirn_error *error)
{
    task->func = func;
    task->guest = (void *)(uintptr_t)args;
    task->next_step = 0;
    return pirn_task_resume(task, error);
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

/* ---- Worlds ----------------------------------------------------------------------------------------------------- */

static void *count_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    fake_world *world = user;
    if (new_size > old_size && world->fail_after != SIZE_MAX && world->fail_after-- == 0) {
        world->fail_after = 0;
        return NULL;
    }
    const pirn_allocator *libc = pirn_allocator_default();
    void *result = libc->resize(libc->user, block, old_size, new_size);
    if (result != NULL || new_size == 0)
        world->allocated_bytes += new_size - old_size;
    return result;
}

void fake_world_init(fake_world *world, void (*set_up)(pirn_host_config *config))
{
    *world = (fake_world){.fail_after = SIZE_MAX};
    world->allocator = (pirn_allocator){count_resize, world};
    world->engine = pirn_engine_new(NULL);
    world->store = pirn_store_new(world->engine, NULL);
    world->host = pirn_host_new(&world->allocator);
    world->config = pirn_host_config_new(&world->allocator);
    assert_non_null(world->store);
    assert_non_null(world->host);
    assert_non_null(world->config);
    if (set_up != NULL)
        set_up(world->config);
    world->context = pirn_host_context_new(world->host, world->config);
    world->instance = base_alloc_zero(pirn_allocator_default(), sizeof *world->instance);
    assert_non_null(world->context);
    assert_non_null(world->instance);
    world->instance->store = world->store;
    world->instance->data = world->context;
}

void fake_world_done(fake_world *world)
{
    base_free(pirn_allocator_default(), world->instance, sizeof *world->instance);
    pirn_host_context_free(world->context);
    pirn_host_config_free(world->config);
    pirn_host_free(world->host);
    pirn_store_free(world->store);
    pirn_engine_free(world->engine);
    assert_int_equal(world->allocated_bytes, 0);
}

void fake_note_ending(void *user, pirn_status status, const pirn_error *error)
{
    fake_world *world = user;
    world->ended++;
    world->status = status;
    snprintf(world->message, sizeof world->message, "%s", pirn_error_message(error));
}

pirn_status fake_run(fake_world *world, const fake_step *steps, size_t count, void *guest, uint64_t timeout_ns)
{
    pirn_component_func func = {steps, count};
    pirn_task *task = pirn_task_new(world->instance);
    pirn_status status = pirn_host_start(world->host, task, &func, guest, timeout_ns, fake_note_ending, world, NULL);
    if (status == PIRN_OK)
        pirn_host_run(world->host);
    pirn_task_free(task);
    return status == PIRN_OK ? world->status : status;
}

pirn_status fake_call(fake_world *world, fake_step step, void *guest)
{
    pirn_error *error = pirn_error_new(NULL);
    pirn_host_call call = {.instance = world->instance, .error = error};
    base_arena_init(&call.arena, pirn_allocator_default());
    pirn_status status = step(&call, guest);
    snprintf(world->message, sizeof world->message, "%s", pirn_error_message(error));
    base_arena_done(&call.arena);
    pirn_error_free(error);
    return status;
}

size_t fake_open_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    assert_non_null(dir);
    size_t count = 0;
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bodies of a module, shared out to threads. A body is checked by itself, so any thread may take any; they are taken in
 * order, in portions of about PORTION bytes, so that every body before one that fails has been taken by somebody and is
 * looked at to its end. The error reported is therefore the first of the module, as if there were one thread.
 */
#include "vm/valid/validator.h"
#include <stdatomic.h>

enum {
    PORTION = 1 << 16,
    SHARE = 1 << 19, /* bytes of code that make one more thread worth its while */
    MOST_WORKERS = 64,
};

typedef struct job {
    const vm_module *module;
    const pirn_allocator *allocator;
    atomic_uint_fast32_t next;   /* the next function that nobody has taken */
    atomic_uint_fast32_t failed; /* the first that has failed so far, or UINT32_MAX */
    struct worker *workers;
} job;

typedef struct worker {
    uint32_t func; /* where it failed, or UINT32_MAX */
    pirn_status status;
    pirn_error error;
} worker;

static pirn_status validate_range(vm_validator *v, uint32_t *func, uint32_t end)
{
    pirn_status status = PIRN_OK;
    while (*func < end && (status = vm_validate_func(v, *func)) == PIRN_OK)
        ++*func;
    return status;
}

/* Takes the next portion: [*func, result). */
static uint32_t take_portion(job *j, uint32_t *func)
{
    const vm_module *module = j->module;
    uint_fast32_t start = atomic_load_explicit(&j->next, memory_order_relaxed), end;
    do {
        size_t bytes = 0;
        for (end = start; end < module->funcs.len && bytes < PORTION; end++)
            bytes += (size_t)(module->funcs.data[end].body.end - module->funcs.data[end].body.start);
    } while (
        !atomic_compare_exchange_weak_explicit(&j->next, &start, end, memory_order_relaxed, memory_order_relaxed));
    *func = (uint32_t)start;
    return (uint32_t)end;
}

static void note_failure(job *j, worker *w, uint32_t func, pirn_status status)
{
    w->func = func;
    w->status = status;
    uint_fast32_t first = atomic_load_explicit(&j->failed, memory_order_relaxed);
    while (func < first && !atomic_compare_exchange_weak_explicit(&j->failed, &first, func, memory_order_relaxed,
                                                                  memory_order_relaxed)) {
    }
}

static void work(void *data, uint32_t index)
{
    job *j = data;
    worker *w = &j->workers[index];
    vm_validator *v = vm_validator_new(j->module, j->allocator, &w->error);
    if (v == NULL) {
        note_failure(j, w, 0, base_nomem(&w->error));
        return;
    }
    uint32_t func, end;
    while (w->status == PIRN_OK && (end = take_portion(j, &func)) > func &&
           func < atomic_load_explicit(&j->failed, memory_order_relaxed)) {
        pirn_status status = validate_range(v, &func, end);
        if (status != PIRN_OK)
            note_failure(j, w, func, status);
    }
    vm_validator_free(v);
}

/* What the worker says that has failed in the first function. */
static pirn_status first_failure(const job *j, uint32_t count, pirn_error *error)
{
    const worker *first = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const worker *w = &j->workers[i];
        if (w->status != PIRN_OK && (first == NULL || w->func < first->func))
            first = w;
    }
    if (first == NULL)
        return PIRN_OK;
    base_error_copy(error, &first->error);
    return first->status;
}

static pirn_status validate_shared(const vm_module *module, const pirn_allocator *allocator,
                                   const pirn_parallel *parallel, uint32_t count, pirn_error *error)
{
    job j = {.module = module, .allocator = allocator};
    j.workers = base_alloc(allocator, count * sizeof *j.workers);
    if (j.workers == NULL)
        return base_nomem(error);
    atomic_init(&j.next, module->imported_funcs);
    atomic_init(&j.failed, UINT32_MAX);
    for (uint32_t i = 0; i < count; i++) {
        j.workers[i].status = PIRN_OK;
        j.workers[i].func = UINT32_MAX;
        base_error_init(&j.workers[i].error);
    }
    parallel->run(parallel->user, count, work, &j);
    pirn_status status = first_failure(&j, count, error);
    base_free(allocator, j.workers, count * sizeof *j.workers);
    return status;
}

static size_t code_bytes(const vm_module *module)
{
    size_t bytes = 0;
    for (uint32_t i = module->imported_funcs; i < module->funcs.len; i++)
        bytes += (size_t)(module->funcs.data[i].body.end - module->funcs.data[i].body.start);
    return bytes;
}

pirn_status vm_validate_bodies(const vm_module *module, const pirn_allocator *allocator,
                               const pirn_parallel *parallel, pirn_error *error)
{
    if (parallel != NULL && parallel->run != NULL && parallel->threads > 1) {
        size_t shares = code_bytes(module) / SHARE + 1;
        uint32_t most = parallel->threads < MOST_WORKERS ? parallel->threads : MOST_WORKERS;
        uint32_t count = shares < most ? (uint32_t)shares : most;
        if (count > 1)
            return validate_shared(module, allocator, parallel, count, error);
    }
    vm_validator *v = vm_validator_new(module, allocator, error);
    if (v == NULL)
        return base_nomem(error);
    uint32_t func = module->imported_funcs;
    pirn_status status = validate_range(v, &func, module->funcs.len);
    vm_validator_free(v);
    return status;
}

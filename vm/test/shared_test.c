/* SPDX-License-Identifier: Apache-2.0 */
/* One memory in several stores, each in a thread of its own: growth, counting, waiting and waking, interrupts. */
#include "vm/exec/runtime.h"
#include "vm/exec/shared.h"
#include "vm/test/fixture.h"
#include <pthread.h>

enum { PAGE = 65536, PREFIX_ATOMIC = 0xFE, THREADS = 4, ROUNDS = 2000 };

static fixture new_fixture(const pirn_store_limits *limits)
{
    pirn_config config = pirn_config_default();
    config.features |= PIRN_FEATURE_THREADS;
    config.interruptible = true;
    return fixture_new(&config, limits);
}

static pirn_memory *new_memory(fixture *f, uint64_t min, uint64_t max)
{
    pirn_memory *memory = NULL;
    pirn_memtype type = {.limits = {min, max}, .shared = true, .page_size_log2 = 16};
    assert_int_equal(pirn_memory_new(f->store, &type, &memory, f->error), PIRN_OK);
    return memory;
}

/* A module that imports the memory; `code` is of its one function, "f". */
static pirn_module *load(fixture *f, const char *letters, const uint8_t *code, size_t size)
{
    wasm w;
    wasm_init(&w);
    wasm_import_memory_type(&w, "m", "memory",
                            &(pirn_memtype){.limits = {1, 10}, .shared = true, .page_size_log2 = 16});
    wasm_export_func(&w, "f", wasm_func(&w, letters, "", code, size));
    return wasm_load(&w, f->engine);
}

/* A thread with a store of its own, to which the memory was shared. */
typedef struct worker {
    pthread_t thread;
    pirn_store *store;
    pirn_func *func;
    pirn_slot argument;
    uint32_t rounds;
    pirn_status status;
    uint64_t result; /* of the last round */
} worker;

static void *work(void *data)
{
    worker *w = data;
    pirn_call *call = pirn_call_new(w->store);
    for (uint32_t i = 0; i < w->rounds && w->status == PIRN_OK; i++)
        w->status = pirn_call_start(call, w->func, &w->argument, NULL);
    if (w->status == PIRN_OK)
        w->result = pirn_call_results(call)->u32;
    pirn_call_free(call);
    return NULL;
}

static void begin(worker *w, fixture *f, const pirn_memory *memory, const pirn_module *module, uint32_t rounds)
{
    w->store = pirn_store_new(f->engine, NULL);
    w->rounds = rounds;
    pirn_extern import = {.kind = PIRN_EXTERN_MEMORY};
    assert_int_equal(pirn_memory_share(memory, w->store, &import.memory, f->error), PIRN_OK);
    w->func = wasm_find_func(wasm_instance(w->store, module, &import, 1), "f");
    assert_int_equal(pthread_create(&w->thread, NULL, work, w), 0);
}

static void end(worker *w)
{
    pthread_join(w->thread, NULL);
    pirn_store_free(w->store);
}

static void test_stores_see_each_others_bytes_and_growth(void **state)
{
    (void)state;
    fixture f = new_fixture(NULL);
    pirn_store *other = pirn_store_new(f.engine, NULL);
    pirn_memory *memory = new_memory(&f, 1, 4), *copy = NULL;
    assert_int_equal(pirn_memory_share(memory, other, &copy, f.error), PIRN_OK);
    assert_ptr_equal(pirn_memory_data(memory), pirn_memory_data(copy));
    uint64_t old = 0;
    assert_true(pirn_memory_grow(copy, 2, &old));
    assert_int_equal(old, 1);
    assert_int_equal(pirn_memory_size(memory), 3 * PAGE);
    assert_int_equal(pirn_memory_size(copy), 3 * PAGE);
    assert_false(pirn_memory_grow(memory, 2, &old));
    pirn_extern object = {.kind = PIRN_EXTERN_MEMORY, .memory = memory};
    assert_int_equal(pirn_extern_type(&object).memory.limits.min, 3);
    assert_true(pirn_extern_type(&object).memory.shared);
    pirn_memory_data(memory)[3 * PAGE - 1] = 7;
    pirn_store_free(other);
    assert_int_equal(pirn_memory_data(memory)[3 * PAGE - 1], 7);
    fixture_free(&f);
}

static void test_only_shared_memories_of_one_engine_can_be_shared(void **state)
{
    (void)state;
    fixture f = new_fixture(NULL), g = new_fixture(NULL);
    pirn_memtype type = {.limits = {1, 1}, .page_size_log2 = 16};
    pirn_memory *own = NULL, *copy = NULL, *memory = new_memory(&f, 1, 1);
    assert_int_equal(pirn_memory_new(f.store, &type, &own, f.error), PIRN_OK);
    pirn_status status = pirn_memory_share(own, f.store, &copy, f.error);
    expect_outcome(&f, status, PIRN_USAGE, "only a shared memory can be in two stores");
    pirn_error_clear(f.error);
    status = pirn_memory_share(memory, g.store, &copy, f.error);
    expect_outcome(&f, status, PIRN_USAGE, "the stores of a shared memory are of one engine");
    fixture_free(&f);
    fixture_free(&g);
}

static void test_growth_of_a_shared_memory_counts_where_it_is_asked_for(void **state)
{
    (void)state;
    pirn_store_limits limits = pirn_store_limits_default();
    limits.memory_bytes = 3 * PAGE;
    fixture f = new_fixture(&limits);
    pirn_store *other = pirn_store_new(f.engine, &limits);
    pirn_memory *memory = new_memory(&f, 2, 3), *copy = NULL;
    assert_int_equal(f.store->memory_bytes_used, 2 * PAGE);
    assert_int_equal(pirn_memory_share(memory, other, &copy, f.error), PIRN_OK);
    assert_true(pirn_memory_grow(copy, 1, NULL));
    assert_int_equal(f.store->memory_bytes_used, 2 * PAGE);
    assert_int_equal(other->memory_bytes_used, PAGE);
    pirn_store_free(other);
    fixture_free(&f);
}

/* The running code has the old length in a register. */
static void test_code_that_runs_reaches_what_another_store_has_grown(void **state)
{
    (void)state;
    fixture f = new_fixture(NULL);
    pirn_memory *memory = new_memory(&f, 1, 4), *copy = NULL;
    /* Loads from the second page. */
    f.module = load(&f, ":i", CODE(I32_CONST, 0x80, 0x80, 0x04, I32_LOAD, 2, 0, END));
    pirn_store *other = pirn_store_new(f.engine, NULL);
    pirn_extern import = {.kind = PIRN_EXTERN_MEMORY};
    assert_int_equal(pirn_memory_share(memory, other, &copy, f.error), PIRN_OK);
    import.memory = copy;
    pirn_func *func = wasm_find_func(wasm_instance(other, f.module, &import, 1), "f");
    pirn_call *call = pirn_call_new(other);
    expect_start(&f, call, func, NULL, PIRN_TRAP, "out of bounds memory access");
    assert_true(pirn_memory_grow(memory, 1, NULL));
    assert_int_equal(copy->size, PAGE); /* not looked at yet */
    expect_start(&f, call, func, NULL, PIRN_OK, NULL);
    assert_int_equal(copy->size, 2 * PAGE);
    pirn_call_free(call);
    pirn_store_free(other);
    fixture_free(&f);
}

static void test_threads_count_without_losing_any(void **state)
{
    (void)state;
    fixture f = new_fixture(NULL);
    pirn_memory *memory = new_memory(&f, 1, 10);
    /* i32.atomic.rmw.add of 1 at 8 */
    f.module = load(&f, ":i", CODE(I32_CONST, 8, I32_CONST, 1, PREFIX_ATOMIC, 0x1E, 2, 0, END));
    worker workers[THREADS] = {0};
    for (size_t i = 0; i < THREADS; i++)
        begin(&workers[i], &f, memory, f.module, ROUNDS);
    for (size_t i = 0; i < THREADS; i++) {
        end(&workers[i]);
        assert_int_equal(workers[i].status, PIRN_OK);
    }
    assert_int_equal(base_load_u32(pirn_memory_data(memory) + 8), THREADS * ROUNDS);
    fixture_free(&f);
}

/* memory.atomic.wait32 at 8 for 0, without end. */
#define WAIT_FOR_EVER CODE(I32_CONST, 8, I32_CONST, 0, I64_CONST, 0x7F, PREFIX_ATOMIC, 1, 2, 0, END)

/* Until `count` of them have been woken. */
static void wake(const pirn_memory *memory, uint32_t count)
{
    while (count > 0) {
        count -= vm_shared_notify(memory->shared, memory->data + 8, count);
        assert_int_equal(vm_shared_notify(memory->shared, memory->data + 12, 1), 0);
        thrd_yield();
    }
}

static void test_notify_wakes_as_many_as_it_says(void **state)
{
    (void)state;
    fixture f = new_fixture(NULL);
    pirn_memory *memory = new_memory(&f, 1, 10);
    f.module = load(&f, ":i", WAIT_FOR_EVER);
    worker workers[THREADS] = {0};
    for (size_t i = 0; i < THREADS; i++)
        begin(&workers[i], &f, memory, f.module, 1);
    assert_int_equal(vm_shared_notify(memory->shared, memory->data + 8, 0), 0);
    wake(memory, THREADS);
    for (size_t i = 0; i < THREADS; i++) {
        end(&workers[i]);
        assert_int_equal(workers[i].status, PIRN_OK);
        assert_int_equal(workers[i].result, 0);
    }
    assert_null(memory->shared->first);
    fixture_free(&f);
}

static void test_an_interrupt_ends_a_wait(void **state)
{
    (void)state;
    fixture f = new_fixture(NULL);
    pirn_memory *memory = new_memory(&f, 1, 10);
    f.module = load(&f, ":i", WAIT_FOR_EVER);
    worker w = {0};
    begin(&w, &f, memory, f.module, 1);
    thrd_sleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    pirn_store_interrupt(w.store);
    end(&w);
    assert_int_equal(w.status, PIRN_EXHAUSTED);
    assert_null(memory->shared->first);
    fixture_free(&f);
}

static void test_every_failing_allocation_is_noticed(void **state)
{
    (void)state;
    for (size_t n = 0;; n++) {
        test_memory counted;
        test_memory_init(&counted, SIZE_MAX);
        pirn_config config = pirn_config_default();
        config.allocator = &counted.allocator;
        pirn_engine *engine = pirn_engine_new(&config);
        pirn_store *store = pirn_store_new(engine, NULL);
        pirn_memory *memory = NULL, *copy = NULL;
        pirn_memtype type = {.limits = {1, 2}, .shared = true, .page_size_log2 = 16};
        counted.requests_left = n;
        int status = pirn_memory_new(store, &type, &memory, NULL);
        if (status == PIRN_OK)
            status = pirn_memory_share(memory, store, &copy, NULL);
        counted.requests_left = SIZE_MAX;
        pirn_store_free(store);
        pirn_engine_free(engine);
        assert_int_equal(counted.live_bytes, 0);
        if (status == PIRN_OK)
            break;
        assert_int_equal(status, PIRN_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stores_see_each_others_bytes_and_growth),
        cmocka_unit_test(test_only_shared_memories_of_one_engine_can_be_shared),
        cmocka_unit_test(test_growth_of_a_shared_memory_counts_where_it_is_asked_for),
        cmocka_unit_test(test_code_that_runs_reaches_what_another_store_has_grown),
        cmocka_unit_test(test_threads_count_without_losing_any),
        cmocka_unit_test(test_notify_wakes_as_many_as_it_says),
        cmocka_unit_test(test_an_interrupt_ends_a_wait),
        cmocka_unit_test(test_every_failing_allocation_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

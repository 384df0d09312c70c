/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of Wasm: results, traps, limits, fuel, interruption, suspension and resumption. */
#include "vm/test/fixture.h"
#include <pthread.h>
#include <unistd.h>

/* ---- Host functions ---------------------------------------------------------------------------------------------- */

/* Waits as often as its argument says, then returns ten times the argument. */
typedef struct waiter {
    int left;
    int cancelled;
} waiter;

static void note_cancel(void *data)
{
    ((waiter *)data)->cancelled++;
}

static pirn_status wait_again(pirn_frame *frame, void *data)
{
    waiter *w = data;
    if (w->left-- > 0)
        return pirn_frame_wait(frame, wait_again, w, note_cancel);
    pirn_slot *slots = pirn_frame_slots(frame);
    slots[0].i32 *= 10;
    return PIRN_OK;
}

static pirn_status wait_first(pirn_frame *frame, void *data)
{
    waiter *w = data;
    w->left = pirn_frame_slots(frame)[0].i32;
    return wait_again(frame, w);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static void test_results_of_every_kind_come_back(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_export_func(&w, "i", wasm_func(&w, "ii:i", "", CODE(LOCAL_GET, 0, LOCAL_GET, 1, I32_ADD, END)));
    wasm_export_func(&w, "d", wasm_func(&w, "dd:d", "", CODE(LOCAL_GET, 0, LOCAL_GET, 1, F64_ADD, END)));
    wasm_export_func(&w, "swap", wasm_func(&w, "id:di", "", CODE(LOCAL_GET, 1, LOCAL_GET, 0, END)));
    wasm_export_func(&w, "f", wasm_func(&w, "f:f", "", CODE(LOCAL_GET, 0, END)));
    wasm_export_func(&w, "r", wasm_func(&w, "e:e", "", CODE(LOCAL_GET, 0, END)));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, wasm_find_func(instance, "i"), ((pirn_slot[]){{.i32 = 40}, {.i32 = 2}}), PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].i32, 42);
    expect_start(&f, call, wasm_find_func(instance, "d"), ((pirn_slot[]){{.f64 = 0.5}, {.f64 = 1}}), PIRN_OK, NULL);
    assert_true(pirn_call_results(call)[0].f64 == 1.5);
    expect_start(&f, call, wasm_find_func(instance, "swap"), ((pirn_slot[]){{.i32 = 7}, {.f64 = 2}}), PIRN_OK, NULL);
    assert_true(pirn_call_results(call)[0].f64 == 2 && pirn_call_results(call)[1].i32 == 7);
    expect_start(&f, call, wasm_find_func(instance, "f"), ((pirn_slot[]){{.u32 = 0x7FA00001}}), PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].u32, 0x7FA00001);
    expect_start(&f, call, wasm_find_func(instance, "r"), ((pirn_slot[]){{.ref = &f}}), PIRN_OK, NULL);
    assert_ptr_equal(pirn_call_results(call)[0].ref, &f);
    pirn_call_free(call);
    fixture_free(&f);
}

/* run(n) = wait(n) + 1 */
static pirn_instance *waiting_instance(fixture *f, waiter *data)
{
    wasm w;
    wasm_init(&w);
    uint32_t wait = wasm_import_func(&w, "test", "wait", "i:i");
    wasm_export_func(&w, "run",
                     wasm_func(&w, "i:i", "", CODE(LOCAL_GET, 0, CALL, (uint8_t)wait, I32_CONST, 1, I32_ADD, END)));
    pirn_func *import = fixture_host(f, "i:i", wait_first, data);
    return fixture_run(f, &w, &import, 1);
}

static void test_a_host_function_waits_three_times(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    waiter w = {0};
    pirn_func *run = wasm_find_func(waiting_instance(&f, &w), "run");
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, run, &(pirn_slot){.i32 = 3}, PIRN_PENDING, NULL);
    assert_true(pirn_call_is_pending(call));
    expect_start(&f, call, run, &(pirn_slot){.i32 = 3}, PIRN_USAGE, "the call is pending already");
    expect_resume(&f, call, PIRN_PENDING, NULL);
    expect_resume(&f, call, PIRN_PENDING, NULL);
    expect_resume(&f, call, PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].i32, 31);
    assert_false(pirn_call_is_pending(call));
    assert_int_equal(w.cancelled, 0);
    expect_resume(&f, call, PIRN_USAGE, "the call is not pending");
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_pending_calls_of_one_store_interleave(void **state)
{
    (void)state;
    enum { CALLS = 1500 };
    fixture f = fixture_new(NULL, NULL);
    static waiter waiters[CALLS];
    static pirn_call *calls[CALLS];
    wasm w;
    wasm_init(&w);
    uint32_t wait = wasm_import_func(&w, "test", "wait", "ii:i");
    wasm_export_func(
        &w, "run",
        wasm_func(&w, "ii:i", "", CODE(LOCAL_GET, 0, LOCAL_GET, 1, CALL, (uint8_t)wait, LOCAL_GET, 1, I32_ADD, END)));
    f.module = wasm_load(&w, f.engine);
    for (size_t i = 0; i < CALLS; i++) {
        pirn_func *import = fixture_host(&f, "ii:i", wait_first, &waiters[i]);
        pirn_extern object = {.kind = PIRN_EXTERN_FUNC, .func = import};
        pirn_instance *instance = wasm_instance(f.store, f.module, &object, 1);
        calls[i] = pirn_call_new(f.store);
        assert_non_null(calls[i]);
        pirn_slot args[2] = {{.i32 = 2}, {.i32 = (int32_t)i}};
        expect_start(&f, calls[i], wasm_find_func(instance, "run"), args, PIRN_PENDING, NULL);
    }
    for (size_t i = CALLS; i-- > 0;)
        expect_resume(&f, calls[i], PIRN_PENDING, NULL);
    for (size_t i = 0; i < CALLS; i++) {
        expect_resume(&f, calls[i], PIRN_OK, NULL);
        assert_int_equal(pirn_call_results(calls[i])[0].i32, 20 + (int32_t)i);
        pirn_call_free(calls[i]);
    }
    fixture_free(&f);
}

/* A host function that enters the Wasm function `data` with its argument and adds 1000 to what comes back. */
static pirn_status add_thousand(pirn_frame *frame, void *data)
{
    (void)data;
    pirn_frame_slots(frame)[0].i32 = 1000 + pirn_frame_entered_results(frame)[0].i32 + pirn_frame_slots(frame)[0].i32;
    return PIRN_OK;
}

static pirn_status enter_func(pirn_frame *frame, void *data)
{
    return pirn_frame_enter(frame, *(pirn_func **)data, pirn_frame_slots(frame), add_thousand, NULL, NULL);
}

static void test_wasm_host_wasm_host_wait(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    waiter w = {0};
    pirn_func *inner = NULL;
    wasm m;
    wasm_init(&m);
    uint32_t enter = wasm_import_func(&m, "test", "enter", "i:i");
    uint32_t wait = wasm_import_func(&m, "test", "wait", "i:i");
    wasm_export_func(&m, "outer",
                     wasm_func(&m, "i:i", "", CODE(LOCAL_GET, 0, CALL, (uint8_t)enter, I32_CONST, 1, I32_ADD, END)));
    wasm_export_func(&m, "inner",
                     wasm_func(&m, "i:i", "", CODE(LOCAL_GET, 0, CALL, (uint8_t)wait, LOCAL_GET, 0, I32_ADD, END)));
    pirn_func *imports[] = {fixture_host(&f, "i:i", enter_func, &inner), fixture_host(&f, "i:i", wait_first, &w)};
    pirn_instance *instance = fixture_run(&f, &m, imports, 2);
    inner = wasm_find_func(instance, "inner");
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, wasm_find_func(instance, "outer"), &(pirn_slot){.i32 = 2}, PIRN_PENDING, NULL);
    expect_resume(&f, call, PIRN_PENDING, NULL);
    expect_resume(&f, call, PIRN_OK, NULL);
    /* wait: 20; inner: + 2; the entering function's own argument is still there: + 2 + 1000; outer: + 1 */
    assert_int_equal(pirn_call_results(call)[0].i32, 1025);
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_abandoned_calls_tell_their_host_frames(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    waiter w = {0};
    pirn_func *run = wasm_find_func(waiting_instance(&f, &w), "run");
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, run, &(pirn_slot){.i32 = 3}, PIRN_PENDING, NULL);
    pirn_call_cancel(call);
    assert_int_equal(w.cancelled, 1);
    assert_false(pirn_call_is_pending(call));
    expect_start(&f, call, run, &(pirn_slot){.i32 = 3}, PIRN_PENDING, NULL);
    pirn_call_free(call);
    assert_int_equal(w.cancelled, 2);
    call = pirn_call_new(f.store);
    expect_start(&f, call, run, &(pirn_slot){.i32 = 3}, PIRN_PENDING, NULL);
    pirn_store_interrupt(f.store);
    expect_resume(&f, call, PIRN_EXHAUSTED, "interrupted: the time limit was reached");
    assert_int_equal(w.cancelled, 3);
    pirn_call_free(call);
    fixture_free(&f);
}

/* Notes where the native stack is (sanitizers may keep locals elsewhere). */
static pirn_status note_native_stack(pirn_frame *frame, void *data)
{
    char **addresses = data;
    char *at = __builtin_frame_address(0);
    (void)frame;
    if (addresses[0] == NULL || at < addresses[0])
        addresses[0] = at;
    if (addresses[1] == NULL || at > addresses[1])
        addresses[1] = at;
    return PIRN_OK;
}

static void test_deep_recursion_ends_exhausted_with_the_native_stack_untouched(void **state)
{
    (void)state;
    pirn_store_limits limits = pirn_store_limits_default();
    limits.stack_bytes = 8 << 20;
    fixture f = fixture_new(NULL, &limits);
    char *addresses[2] = {NULL, NULL};
    wasm w;
    wasm_init(&w);
    uint32_t note = wasm_import_func(&w, "test", "note", ":");
    uint32_t self = note + 1;
    wasm_export_func(&w, "recurse",
                     wasm_func(&w, "i:i", "",
                               CODE(CALL, (uint8_t)note, LOCAL_GET, 0, I32_CONST, 1, I32_ADD, CALL, (uint8_t)self,
                                    I32_CONST, 1, I32_ADD, END)));
    wasm_export_func(&w, "fine", wasm_func(&w, ":i", "", CODE(I32_CONST, 5, END)));
    pirn_func *import = fixture_host(&f, ":", note_native_stack, addresses);
    pirn_instance *instance = fixture_run(&f, &w, &import, 1);
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, wasm_find_func(instance, "recurse"), &(pirn_slot){.i32 = 0}, PIRN_EXHAUSTED,
                 "call stack exhausted");
    assert_true(addresses[1] - addresses[0] < 256);
    assert_int_equal(pirn_error_frame_count(f.error), 64);
    assert_true(pirn_error_frames_hidden(f.error) > 10000);
    expect_start(&f, call, wasm_find_func(instance, "fine"), NULL, PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].i32, 5);
    pirn_call_free(call);
    fixture_free(&f);
}

static void *interrupt_later(void *store)
{
    usleep(20000);
    pirn_store_interrupt(store);
    return NULL;
}

static void test_another_thread_interrupts_loops_and_calls(void **state)
{
    (void)state;
    pirn_config config = pirn_config_default();
    config.interruptible = true;
    fixture f = fixture_new(&config, NULL);
    wasm w;
    wasm_init(&w);
    uint32_t leaf = wasm_func(&w, ":", "", CODE(END));
    wasm_export_func(&w, "loop", wasm_func(&w, ":", "", CODE(LOOP, VOID, BR, 0, END, END)));
    wasm_export_func(&w, "calls", wasm_func(&w, ":", "", CODE(LOOP, VOID, CALL, (uint8_t)leaf, BR, 0, END, END)));
    wasm_export_func(&w, "leaf", leaf);
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    static const char *const names[] = {"loop", "calls"};
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, interrupt_later, f.store), 0);
        expect_start(&f, call, wasm_find_func(instance, names[i]), NULL, PIRN_EXHAUSTED,
                     "interrupted: the time limit was reached");
        pthread_join(thread, NULL);
        expect_start(&f, call, wasm_find_func(instance, "leaf"), NULL, PIRN_EXHAUSTED,
                     "interrupted: the time limit was reached");
        pirn_store_clear_interrupt(f.store);
        expect_start(&f, call, wasm_find_func(instance, "leaf"), NULL, PIRN_OK, NULL);
    }
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_fuel_is_exact_and_runs_out(void **state)
{
    (void)state;
    pirn_config config = pirn_config_default();
    config.fuel = true;
    fixture f = fixture_new(&config, NULL);
    wasm w;
    wasm_init(&w);
    /* counts its argument down: 5 instructions a round */
    wasm_export_func(
        &w, "count",
        wasm_func(&w, "i:", "",
                  CODE(LOOP, VOID, LOCAL_GET, 0, I32_CONST, 1, I32_SUB, LOCAL_TEE, 0, BR_IF, 0, END, END)));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_func *count = wasm_find_func(instance, "count");
    pirn_call *call = pirn_call_new(f.store);
    uint64_t used[3];
    static const int32_t rounds[] = {1, 101, 1001};
    for (size_t i = 0; i < BASE_COUNT(rounds); i++) {
        pirn_store_set_fuel(f.store, 1000000);
        expect_start(&f, call, count, &(pirn_slot){.i32 = rounds[i]}, PIRN_OK, NULL);
        used[i] = 1000000 - pirn_store_fuel(f.store);
    }
    assert_int_equal(used[2] - used[1], 9 * (used[1] - used[0]));
    assert_int_equal((used[1] - used[0]) / 100, 5);
    pirn_store_set_fuel(f.store, used[2]);
    expect_start(&f, call, count, &(pirn_slot){.i32 = 1001}, PIRN_OK, NULL);
    assert_int_equal(pirn_store_fuel(f.store), 0);
    pirn_store_set_fuel(f.store, used[2] - 1);
    expect_start(&f, call, count, &(pirn_slot){.i32 = 1001}, PIRN_EXHAUSTED, "all fuel consumed");
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_calls_cross_instances_and_back(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_memory(&w, 1, 1);
    wasm_data(&w, CODE(I32_CONST, 0, END), "A");
    wasm_export_func(&w, "read", wasm_func(&w, ":i", "", CODE(I32_CONST, 0, I32_LOAD, 2, 0, END)));
    pirn_module *library = wasm_load(&w, f.engine);
    pirn_func *read = wasm_find_func(wasm_instance(f.store, library, NULL, 0), "read");
    wasm_init(&w);
    uint32_t import = wasm_import_func(&w, "library", "read", ":i");
    wasm_memory(&w, 1, 1);
    wasm_data(&w, CODE(I32_CONST, 0, END), "B");
    wasm_export_func(&w, "both",
                     wasm_func(&w, ":ii", "", CODE(CALL, (uint8_t)import, I32_CONST, 0, I32_LOAD, 2, 0, END)));
    pirn_instance *instance = fixture_run(&f, &w, &read, 1);
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, wasm_find_func(instance, "both"), NULL, PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].i32, 'A');
    assert_int_equal(pirn_call_results(call)[1].i32, 'B');
    pirn_call_free(call);
    pirn_store_free(f.store);
    pirn_module_free(library);
    f.store = NULL;
    fixture_free(&f);
}

/* Loads, instantiates and calls with an allocator that fails at the n-th request; the last one does not. */
static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    wasm w;
    wasm_init(&w);
    uint32_t imported = wasm_import_func(&w, "test", "wait", "i:i");
    wasm_table(&w, 4, 8);
    wasm_memory(&w, 1, 2);
    wasm_global(&w, 'i', true, CODE(I32_CONST, 5, END));
    uint32_t run = wasm_func(&w, "i:i", "i", CODE(LOCAL_GET, 0, CALL, (uint8_t)imported, END));
    wasm_elem(&w, CODE(I32_CONST, 1, END), 2, (uint32_t[]){imported, run});
    wasm_data(&w, CODE(I32_CONST, 8, END), "text");
    wasm_export_func(&w, "run", run);
    wasm_func_name(&w, run, "run");
    size_t size;
    uint8_t *bytes = wasm_finish(&w, &size);
    bool done = false;
    for (size_t n = 0; !done; n++) {
        assert_true(n < 500);
        test_memory memory;
        test_memory_init(&memory, n);
        pirn_config config = pirn_config_default();
        config.allocator = &memory.allocator;
        pirn_engine *engine = pirn_engine_new(&config);
        pirn_store *store = engine == NULL ? NULL : pirn_store_new(engine, NULL);
        pirn_module *module = NULL;
        pirn_call *call = NULL;
        waiter waits = {0};
        if (store != NULL) {
            pirn_func *host = NULL;
            pirn_instance *instance = NULL;
            pirn_status status = PIRN_NOMEM;
            const pirn_functype *type =
                pirn_functype_new(engine, (pirn_valtype[]){PIRN_I32}, 1, (pirn_valtype[]){PIRN_I32}, 1);
            if (type != NULL)
                status = pirn_func_new(store, type, wait_first, &waits, NULL, &host, NULL);
            if (status == PIRN_OK)
                status = pirn_module_load(engine, bytes, size, PIRN_BYTES_COPY, 0, &module, NULL);
            if (status == PIRN_OK)
                status = pirn_instance_new(store, module, &(pirn_extern){.kind = PIRN_EXTERN_FUNC, .func = host}, 1,
                                           &instance, NULL);
            if (status == PIRN_OK && (call = pirn_call_new(store)) == NULL)
                status = PIRN_NOMEM;
            if (status == PIRN_OK)
                status = pirn_call_start(call, wasm_find_func(instance, "run"), &(pirn_slot){.i32 = 0}, NULL);
            assert_true(status == PIRN_OK || status == PIRN_NOMEM);
            done = status == PIRN_OK;
        }
        pirn_call_free(call);
        pirn_store_free(store);
        pirn_module_free(module);
        pirn_engine_free(engine);
        assert_int_equal(memory.live_bytes, 0);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_of_every_kind_come_back),
        cmocka_unit_test(test_a_host_function_waits_three_times),
        cmocka_unit_test(test_pending_calls_of_one_store_interleave),
        cmocka_unit_test(test_wasm_host_wasm_host_wait),
        cmocka_unit_test(test_abandoned_calls_tell_their_host_frames),
        cmocka_unit_test(test_deep_recursion_ends_exhausted_with_the_native_stack_untouched),
        cmocka_unit_test(test_another_thread_interrupts_loops_and_calls),
        cmocka_unit_test(test_fuel_is_exact_and_runs_out),
        cmocka_unit_test(test_calls_cross_instances_and_back),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

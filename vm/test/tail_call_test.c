/* SPDX-License-Identifier: Apache-2.0 */
/* Tail calls: frames that are replaced, in one instance, across instances and by host functions. */
#include "vm/exec/code.h"
#include "vm/test/fixture.h"
#include <pthread.h>

enum { RETURN_CALL = 0x12, RETURN_CALL_INDIRECT = 0x13, I64_EXTEND_I32_U = 0xAD };

static void expect_i32(fixture *f, pirn_call *call, const pirn_instance *instance, const char *name, int32_t x,
                       int32_t expected)
{
    pirn_slot args[4] = {{.u64 = 0}, {.u64 = 0}, {.u64 = 0}, {.u64 = 0}};
    args[0].i32 = x;
    expect_start(f, call, wasm_find_func(instance, name), args, PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].i32, expected);
}

/* count(n, sum) = n == 0 ? sum : count(n - 1, sum + n) */
static uint32_t add_count(wasm *w)
{
    uint32_t self = w->funcs;
    return wasm_func(w, "ii:i", "",
                     CODE(LOCAL_GET, 0, IF, VOID, LOCAL_GET, 0, I32_CONST, 1, I32_SUB, LOCAL_GET, 1, LOCAL_GET, 0,
                          I32_ADD, RETURN_CALL, (uint8_t)self, END, LOCAL_GET, 1, END));
}

static void test_a_million_tail_calls_need_one_frame(void **state)
{
    (void)state;
    pirn_store_limits limits = pirn_store_limits_default();
    limits.stack_bytes = 4096;
    fixture f = fixture_new(NULL, &limits);
    wasm w;
    wasm_init(&w);
    wasm_export_func(&w, "count", add_count(&w));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    expect_i32(&f, call, instance, "count", 1000000, 1784293664);
    pirn_call_free(call);
    fixture_free(&f);
}

/*
 * Three functions of growing and shrinking frames call one another in a circle: header and arguments move up and down.
 *   a(n)             n == 0 ? 7 : b(n - 1, 1, 2, 3, 4, 5, 6, 7)
 *   b(n, 7 numbers)  returns c(sum of all but n, n) behind a caller that has something on its stack
 *   c(s, n)          a(n) where s is 28, else 0
 */
static void test_headers_move_with_the_number_of_parameters(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_func(&w, "i:i", "",
              CODE(LOCAL_GET, 0, I32_EQZ, IF, VOID, I32_CONST, 7, RETURN, END, LOCAL_GET, 0, I32_CONST, 1, I32_SUB,
                   I32_CONST, 1, I32_CONST, 2, I32_CONST, 3, I32_CONST, 4, I32_CONST, 5, I32_CONST, 6, I32_CONST, 7,
                   RETURN_CALL, 1, END));
    wasm_func(&w, "iiiiiiii:i", "i",
              CODE(LOCAL_GET, 1, LOCAL_GET, 2, I32_ADD, LOCAL_GET, 3, I32_ADD, LOCAL_GET, 4, I32_ADD, LOCAL_GET, 5,
                   I32_ADD, LOCAL_GET, 6, I32_ADD, LOCAL_GET, 7, I32_ADD, LOCAL_GET, 0, RETURN_CALL, 2, END));
    wasm_func(&w, "ii:i", "iii",
              CODE(LOCAL_GET, 0, I32_CONST, 28, I32_SUB, IF, VOID, I32_CONST, 0, RETURN, END, LOCAL_GET, 1,
                   RETURN_CALL, 0, END));
    wasm_export_func(&w, "run", wasm_func(&w, "i:i", "", CODE(I32_CONST, 30, LOCAL_GET, 0, CALL, 0, I32_ADD, END)));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    expect_i32(&f, call, instance, "run", 0, 37);
    expect_i32(&f, call, instance, "run", 1, 37);
    expect_i32(&f, call, instance, "run", 100000, 37);
    pirn_call_free(call);
    fixture_free(&f);
}

/* swap(a, b, n) calls itself with a and b exchanged, n times; the answer is a. */
static void test_arguments_change_places(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_func(&w, "iii:i", "",
              CODE(LOCAL_GET, 2, I32_EQZ, IF, VOID, LOCAL_GET, 0, RETURN, END, LOCAL_GET, 1, LOCAL_GET, 0, LOCAL_GET,
                   2, I32_CONST, 1, I32_SUB, RETURN_CALL, 0, END));
    wasm_export_func(&w, "run",
                     wasm_func(&w, "i:i", "", CODE(I32_CONST, 11, I32_CONST, 22, LOCAL_GET, 0, CALL, 0, END)));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    expect_i32(&f, call, instance, "run", 4, 11);
    expect_i32(&f, call, instance, "run", 5, 22);
    pirn_call_free(call);
    fixture_free(&f);
}

/* pick(x, n) goes through the table: entry n % 3 of (pick, value, missing). */
static void test_a_table_leads_to_the_next_function(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_table(&w, 3, 3);
    uint32_t type = wasm_type(&w, "ii:i");
    wasm_func(&w, "ii:i", "",
              CODE(LOCAL_GET, 0, I32_CONST, 1, I32_SUB, LOCAL_GET, 0, LOCAL_GET, 0, I32_EQZ, RETURN_CALL_INDIRECT,
                   (uint8_t)type, 0, END));
    wasm_func(&w, "ii:i", "", CODE(LOCAL_GET, 0, END));
    wasm_func(&w, "i:i", "",
              CODE(LOCAL_GET, 0, LOCAL_GET, 0, LOCAL_GET, 0, RETURN_CALL_INDIRECT, (uint8_t)type, 0, END));
    wasm_elem(&w, CODE(I32_CONST, 0, END), 3, (uint32_t[]){0, 1, 2});
    wasm_export_func(&w, "pick", 0);
    wasm_export_func(&w, "at", 2);
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    expect_i32(&f, call, instance, "pick", 300000, -1);
    expect_i32(&f, call, instance, "at", 1, 1);
    pirn_func *at = wasm_find_func(instance, "at");
    expect_start(&f, call, at, &(pirn_slot){.i32 = 2}, PIRN_TRAP, "indirect call type mismatch");
    assert_int_equal(pirn_error_frame_count(f.error), 1);
    expect_start(&f, call, at, &(pirn_slot){.i32 = 3}, PIRN_TRAP, "undefined element");
    pirn_call_free(call);
    fixture_free(&f);
}

/* Two instances of a module whose function tail-calls an import: ping of one calls ping of the other, in one frame. */
static void test_instances_replace_each_others_frames(void **state)
{
    (void)state;
    pirn_store_limits limits = pirn_store_limits_default();
    limits.stack_bytes = 4096;
    fixture f = fixture_new(NULL, &limits);
    wasm w;
    wasm_init(&w);
    uint32_t type = wasm_type(&w, "iii:i");
    uint32_t base = wasm_import_global(&w, "m", "base", 'i', false);
    wasm_import_table(&w, "m", "table", 2, PIRN_NO_MAX);
    /* ping(n, which, sum): n == 0 ? sum : table[1 - which](n - 1, 1 - which, sum + base) */
    wasm_func(&w, "iii:i", "",
              CODE(LOCAL_GET, 0, I32_EQZ, IF, VOID, LOCAL_GET, 2, RETURN, END, LOCAL_GET, 0, I32_CONST, 1, I32_SUB,
                   I32_CONST, 1, LOCAL_GET, 1, I32_SUB, LOCAL_GET, 2, GLOBAL_GET, (uint8_t)base, I32_ADD, I32_CONST,
                   1, LOCAL_GET, 1, I32_SUB, RETURN_CALL_INDIRECT, (uint8_t)type, 0, END));
    wasm_export_func(&w, "ping", 0);
    wasm_export_func(
        &w, "run",
        wasm_func(&w, "i:i", "",
                  CODE(LOCAL_GET, 0, I32_CONST, 0, I32_CONST, 0, CALL, 0, GLOBAL_GET, (uint8_t)base, I32_MUL, END)));
    f.module = wasm_load(&w, f.engine);
    pirn_tabletype table_type = {.limits = {2, PIRN_NO_MAX}, .element = PIRN_FUNCREF};
    pirn_globaltype global_type = {.type = PIRN_I32};
    pirn_extern table = {.kind = PIRN_EXTERN_TABLE};
    assert_int_equal(pirn_table_new(f.store, &table_type, (pirn_slot){.ref = NULL}, &table.table, f.error), PIRN_OK);
    pirn_instance *instances[2];
    for (int i = 0; i < 2; i++) {
        pirn_extern global = {.kind = PIRN_EXTERN_GLOBAL};
        pirn_slot value = {.i32 = i == 0 ? 3 : 10};
        assert_int_equal(pirn_global_new(f.store, &global_type, &value, &global.global, f.error), PIRN_OK);
        instances[i] = wasm_instance(f.store, f.module, (pirn_extern[]){global, table}, 2);
        assert_true(
            pirn_table_set(table.table, (uint64_t)i, (pirn_slot){.ref = wasm_find_func(instances[i], "ping")}));
    }
    pirn_call *call = pirn_call_new(f.store);
    expect_i32(&f, call, instances[0], "run", 100000, (50000 * 3 + 50000 * 10) * 3);
    expect_i32(&f, call, instances[0], "ping", 3, 16);
    pirn_call_free(call);
    fixture_free(&f);
}

/* ---- Host functions ---------------------------------------------------------------------------------------------- */

typedef struct seen {
    pirn_instance *caller;
    int waits;
} seen;

static pirn_status answer(pirn_frame *frame, void *data)
{
    seen *s = data;
    s->caller = pirn_frame_caller(frame);
    if (s->waits-- > 0)
        return pirn_frame_wait(frame, answer, data, NULL);
    pirn_slot *slots = pirn_frame_slots(frame);
    slots[0].i32 += slots[1].i32;
    return PIRN_OK;
}

static void test_a_host_function_takes_the_place_of_its_caller(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    seen s = {.waits = 0};
    wasm w;
    wasm_init(&w);
    uint32_t host = wasm_import_func(&w, "m", "add", "ii:i");
    uint32_t last = wasm_func(&w, "i:i", "", CODE(LOCAL_GET, 0, I32_CONST, 2, RETURN_CALL, (uint8_t)host, END));
    wasm_export_func(&w, "last", last);
    wasm_export_func(&w, "run",
                     wasm_func(&w, "i:i", "", CODE(I32_CONST, 9, LOCAL_GET, 0, CALL, (uint8_t)last, I32_MUL, END)));
    pirn_func *import = fixture_host(&f, "ii:i", answer, &s);
    pirn_instance *instance = fixture_run(&f, &w, &import, 1);
    pirn_call *call = pirn_call_new(f.store);
    expect_i32(&f, call, instance, "run", 5, 63);
    assert_ptr_equal(s.caller, instance);
    s.caller = NULL;
    expect_i32(&f, call, instance, "last", 5, 7);
    assert_ptr_equal(s.caller, instance);
    s.waits = 1;
    expect_start(&f, call, wasm_find_func(instance, "run"), &(pirn_slot){.i32 = 1}, PIRN_PENDING, NULL);
    expect_resume(&f, call, PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].i32, 27);
    pirn_call_free(call);
    fixture_free(&f);
}

/* ---- Limits, backtraces, cells ------------------------------------------------------------------------------------- */

static void test_a_backtrace_shows_the_frames_that_are_left(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_func(&w, "iiiii:", "", CODE(UNREACHABLE, END));
    wasm_func(&w, "i:", "",
              CODE(LOCAL_GET, 0, I32_CONST, 1, I32_CONST, 2, I32_CONST, 3, I32_CONST, 4, RETURN_CALL, 0, END));
    wasm_export_func(&w, "run", wasm_func(&w, "i:", "", CODE(LOCAL_GET, 0, CALL, 1, END)));
    wasm_func_name(&w, 0, "last");
    wasm_func_name(&w, 1, "middle");
    wasm_func_name(&w, 2, "run");
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, wasm_find_func(instance, "run"), &(pirn_slot){.i32 = 1}, PIRN_TRAP, "unreachable");
    assert_int_equal(pirn_error_frame_count(f.error), 2);
    assert_true(pirn_str_eq(pirn_error_frame(f.error, 0).function, PIRN_STR("last")));
    assert_true(pirn_str_eq(pirn_error_frame(f.error, 1).function, PIRN_STR("run")));
    pirn_call_free(call);
    fixture_free(&f);
}

/* spin(a) and its wider sister never end. */
static pirn_instance *spinning(fixture *f)
{
    wasm w;
    wasm_init(&w);
    wasm_func(&w, "i:", "", CODE(LOCAL_GET, 0, LOCAL_GET, 0, LOCAL_GET, 0, RETURN_CALL, 1, END));
    wasm_func(&w, "iii:", "", CODE(LOCAL_GET, 0, RETURN_CALL, 0, END));
    wasm_export_func(&w, "spin", 0);
    return fixture_run(f, &w, NULL, 0);
}

static void *interrupt(void *store)
{
    pirn_store_interrupt(store);
    return NULL;
}

static void test_endless_tail_calls_can_be_interrupted(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_func *spin = wasm_find_func(spinning(&f), "spin");
    pirn_call *call = pirn_call_new(f.store);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, interrupt, f.store), 0);
    expect_start(&f, call, spin, &(pirn_slot){.i32 = 1}, PIRN_EXHAUSTED, "interrupted: the time limit was reached");
    pthread_join(thread, NULL);
    /* None when the interrupt came before the first call. */
    assert_true(pirn_error_frame_count(f.error) <= 1);
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_tail_calls_cost_fuel(void **state)
{
    (void)state;
    pirn_config config = pirn_config_default();
    config.fuel = true;
    fixture f = fixture_new(&config, NULL);
    pirn_func *spin = wasm_find_func(spinning(&f), "spin");
    pirn_call *call = pirn_call_new(f.store);
    pirn_store_set_fuel(f.store, 4 + 2 + 4 + 1);
    expect_start(&f, call, spin, &(pirn_slot){.i32 = 1}, PIRN_EXHAUSTED, "all fuel consumed");
    assert_int_equal(pirn_store_fuel(f.store), 1);
    pirn_call_free(call);
    fixture_free(&f);
}

static void append_line(void *data, uint32_t word, const char *line)
{
    (void)word;
    strcat(strcat(data, line), "\n");
}

static void test_a_function_that_calls_itself_keeps_its_header(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_export_func(&w, "count", add_count(&w));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    expect_i32(&f, call, instance, "count", 4, 10);
    char cells[2048] = "";
    assert_true(vm_disasm(f.module, 0, append_line, cells));
    char *target = strstr(cells, "tail_call 0x");
    assert_non_null(target);
    *strchr(target, '\n') = '\0';
    target[strlen("tail_call")] = '\0';
    assert_string_equal(cells, "    0 br_i32_eq_si s0 0 ->10\n"
                               "    3 i32_add_ss_s s1 s1 s0\n"
                               "    5 i32_add_si_s s0 s0 -1\n"
                               "    7 tail_call");
    pirn_call_free(call);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_million_tail_calls_need_one_frame),
        cmocka_unit_test(test_headers_move_with_the_number_of_parameters),
        cmocka_unit_test(test_arguments_change_places),
        cmocka_unit_test(test_a_table_leads_to_the_next_function),
        cmocka_unit_test(test_instances_replace_each_others_frames),
        cmocka_unit_test(test_a_host_function_takes_the_place_of_its_caller),
        cmocka_unit_test(test_a_backtrace_shows_the_frames_that_are_left),
        cmocka_unit_test(test_endless_tail_calls_can_be_interrupted),
        cmocka_unit_test(test_tail_calls_cost_fuel),
        cmocka_unit_test(test_a_function_that_calls_itself_keeps_its_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

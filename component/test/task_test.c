/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of exported functions, with host functions that answer at once, wait, and trap. */
#include "component/test/fixture.h"

#include "vm/base/compiler.h"

#include <stdio.h>

/* ---- Values through both borders --------------------------------------------------------------- */

/*
 * call: func(text: string, marks: list<u32>) -> string hands its arguments on to the host's `log` in a record, and
 * returns what that returns. The module "libc" has the memory and an allocator that only ever goes up.
 */
static const char passes_values[] =
    "component: "
    "type { 1 instance-type 5 "
    "    type-decl list u32 "
    "    type-decl record 3 'level' u8 'text' string 'marks' 0 "
    "    export-decl named 'entry' is-type 1 "
    "    type-decl func 1 'entry' 2 result string "
    "    export-decl named 'log' is-func 3 } "
    "import { 1 named 'test:host/log@1.2.0' is-instance 0 } "
    "alias { 1 func-sort of 0 'log' } "
    "core-module { module: "
    "    types { 1 signature 4 i32 i32 i32 i32 1 i32 } "
    "    funcs { 1 0 } "
    "    memories { 1 0 1 } "
    "    globals { 1 i32 mutable i32.const 1024 end } "
    "    exports { 2 'memory' as-memory 0 'realloc' as-func 0 } "
    "    code { 1 { 0 global.get 0 local.get 2 i32.add i32.const 1 i32.sub i32.const 0 local.get 2 i32.sub i32.and "
    "                 local.tee 0 local.get 3 i32.add global.set 0 local.get 0 end } } } "
    "core-instance { 1 instantiate 0 0 } "
    "alias { 2 core-memory of-core 0 'memory' core-func of-core 0 'realloc' } "
    "canon { 1 lower 0 3 utf8 memory 0 realloc 0 } "
    "core-module { module: "
    "    types { 2 signature 6 i32 i32 i32 i32 i32 i32 0 signature 4 i32 i32 i32 i32 1 i32 } "
    "    imports { 1 'host' 'log' as-func 0 } "
    "    funcs { 1 1 } "
    "    exports { 1 'call' as-func 1 } "
    "    code { 1 { 0 i32.const 7 local.get 0 local.get 1 local.get 2 local.get 3 i32.const 16 call 0 "
    "                 i32.const 16 end } } } "
    "core-instance { 2 of-exports 1 'log' func* 1 "
    "                  instantiate 1 1 'host' with-core-instance 1 } "
    "alias { 1 core-func of-core 2 'call' } "
    "type { 2 list u32 func 2 'text' string 'marks' 1 result string } "
    "canon { 1 lift 2 3 utf8 memory 0 realloc 0 2 } "
    "export { 1 named 'call' func-sort 1 no-type } ";

static const pirn_typedesc type_u32 = {.kind = PIRN_TYPE_U32};
static const pirn_typedesc type_u8 = {.kind = PIRN_TYPE_U8};
static const pirn_typedesc type_string = {.kind = PIRN_TYPE_STRING};
static const pirn_typedesc type_marks = {.kind = PIRN_TYPE_LIST, .element = &type_u32};
static const pirn_memberdesc entry_fields[] = {{"level", &type_u8}, {"text", &type_string}, {"marks", &type_marks}};
static const pirn_typedesc type_entry = {.kind = PIRN_TYPE_RECORD, .member_count = 3, .members = entry_fields};

typedef struct marks {
    uint32_t *data;
    size_t len;
} marks;
typedef struct entry {
    uint8_t level;
    pirn_str text;
    marks marks;
} entry;

static pirn_status host_log(pirn_host_call *call, const void *args, void *result)
{
    const entry *e = args;
    uint32_t sum = 0;
    for (size_t i = 0; i < e->marks.len; i++)
        sum += e->marks.data[i];
    char *text = pirn_host_call_alloc(call, 100);
    assert_non_null(text);
    int len = snprintf(text, 100, "%u %.*s %u %s %s", e->level, (int)e->text.len, e->text.data, sum,
                       (const char *)pirn_host_call_data(call), (const char *)pirn_host_call_user(call));
    *(pirn_str *)result = (pirn_str){text, (size_t)len};
    return PIRN_OK;
}

static const pirn_memberdesc log_params[] = {{"entry", &type_entry}};
static const pirn_funcdesc log_funcs[] = {
    {.name = "log", .func = host_log, .param_count = 1, .params = log_params, .result = &type_string}};
static const pirn_interfacedesc log_interface = {
    .name = "test:host/log@1.3.0", .func_count = BASE_COUNT(log_funcs), .funcs = log_funcs};

static void test_records_lists_and_strings_pass_both_ways(void **state)
{
    (void)state;
    static char user[] = "user", data[] = "data";
    fixture f;
    fixture_init(&f, NULL);
    fixture_define(&f, &log_interface, user);
    fixture_instantiate(&f, build(passes_values), data);
    const pirn_component_func *func = fixture_func(&f, "", "call");
    uint32_t numbers[] = {30, 9, 3};
    struct {
        pirn_str text;
        marks marks;
    } args = {PIRN_STR("h\u00E9llo"), {numbers, 3}};
    pirn_task *task = pirn_task_new(f.instance);
    for (int round = 0; round < 3; round++) {
        fixture_check(&f, pirn_task_start(task, func, &args, f.error));
        const pirn_str *result = pirn_task_result(task);
        assert_true(pirn_str_eq(*result, PIRN_STR("7 h\u00E9llo 42 data user")));
    }
    pirn_task_free(task);
    fixture_done(&f);
}

/* ---- Waiting ----------------------------------------------------------------------------------- */

/*
 * Two components side by side: $inner imports `wait` from the host and exports `wait-twice: func(x: u32) -> u32`, which
 * adds what the host says, two times; $outer imports `wait-twice` and exports `run`, which calls it with x + 1.
 */
static const char waits[] =
    "component: "
    "type { 1 instance-type 2 type-decl func 1 'x' u32 result u32 export-decl named 'wait' is-func 0 } "
    "import { 1 named 'test:host/clock@0.2.1' is-instance 0 } "
    "component { component: "
    "    type { 1 instance-type 2 type-decl func 1 'x' u32 result u32 export-decl named 'wait' is-func 0 } "
    "    import { 1 named 'clock' is-instance 0 } "
    "    alias { 1 func-sort of 0 'wait' } "
    "    canon { 1 lower 0 0 } "
    "    core-module { module: "
    "        types { 1 signature 1 i32 1 i32 } "
    "        imports { 1 'host' 'wait' as-func 0 } "
    "        funcs { 1 0 } "
    "        exports { 1 'wait-twice' as-func 1 } "
    "        code { 1 { 0 local.get 0 call 0 call 0 end } } } "
    "    core-instance { 2 of-exports 1 'wait' func* 0 "
    "                      instantiate 0 1 'host' with-core-instance 0 } "
    "    alias { 1 core-func of-core 1 'wait-twice' } "
    "    type { 1 func 1 'x' u32 result u32 } "
    "    canon { 1 lift 1 0 1 } "
    "    export { 1 named 'wait-twice' func-sort 1 no-type } } "
    "component { component: "
    "    type { 1 func 1 'x' u32 result u32 } "
    "    import { 1 named 'wait-twice' is-func 0 } "
    "    canon { 1 lower 0 0 } "
    "    core-module { module: "
    "        types { 1 signature 1 i32 1 i32 } "
    "        imports { 1 'i' 'f' as-func 0 } "
    "        funcs { 1 0 } "
    "        exports { 1 'run' as-func 1 } "
    "        code { 1 { 0 local.get 0 i32.const 1 i32.add call 0 end } } } "
    "    core-instance { 2 of-exports 1 'f' func* 0 "
    "                      instantiate 0 1 'i' with-core-instance 0 } "
    "    alias { 1 core-func of-core 1 'run' } "
    "    canon { 1 lift 1 0 0 } "
    "    export { 1 named 'run' func-sort 1 no-type } } "
    "instance { 1 instantiate 0 1 'clock' instance-sort 0 } "
    "alias { 1 func-sort of 1 'wait-twice' } "
    "instance { 1 instantiate 1 1 'wait-twice' func-sort 0 } "
    "export { 1 named 'test:guest/run@0.2.0' instance-sort 2 no-type } ";

typedef struct clock_state {
    uint32_t asked, cancelled;
    uint32_t waits; /* how often `wait` is pending before it answers */
} clock_state;

static void clock_cancel(void *progress)
{
    (*(clock_state **)progress)->cancelled++;
}

/* What one call of `wait` keeps while it is pending. */
typedef struct progress {
    clock_state *clock;
    uint32_t asked;
} progress;

static pirn_status host_wait(pirn_host_call *call, const void *args, void *result)
{
    void **state = pirn_host_call_state(call);
    if (*state == NULL) {
        progress *fresh = *state = pirn_host_call_alloc(call, sizeof *fresh);
        *fresh = (progress){.clock = pirn_host_call_data(call)};
        pirn_host_call_on_cancel(call, clock_cancel);
    }
    progress *now = *state;
    now->clock->asked++;
    if (now->asked++ < now->clock->waits)
        return PIRN_PENDING;
    uint32_t x = *(const uint32_t *)args;
    if (x >= 1000)
        return pirn_host_call_trap(call, "%u is too large", x);
    *(uint32_t *)result = x + 10;
    return PIRN_OK;
}

static const pirn_memberdesc wait_params[] = {{"x", &type_u32}};
static const pirn_funcdesc wait_funcs[] = {
    {.name = "wait", .func = host_wait, .param_count = 1, .params = wait_params, .result = &type_u32}};
static const pirn_interfacedesc clock_interface = {
    .name = "test:host/clock@0.2.9", .func_count = BASE_COUNT(wait_funcs), .funcs = wait_funcs};

static void test_a_call_through_two_components_waits_and_goes_on(void **state)
{
    (void)state;
    clock_state clock = {.waits = 3};
    fixture f;
    fixture_init(&f, NULL);
    fixture_define(&f, &clock_interface, NULL);
    fixture_instantiate(&f, build(waits), &clock);
    const pirn_component_func *run = fixture_func(&f, "test:guest/run@0.2.7", "run");
    pirn_task *task = pirn_task_new(f.instance);
    uint32_t x = 1;
    assert_int_equal(pirn_task_start(task, run, &x, f.error), PIRN_PENDING);
    for (int i = 1; i < 6; i++)
        assert_int_equal(pirn_task_resume(task, f.error), PIRN_PENDING);
    fixture_check(&f, pirn_task_resume(task, f.error));
    assert_int_equal(*(const uint32_t *)pirn_task_result(task), 22);
    assert_int_equal(clock.asked, 8);
    pirn_task_free(task);
    fixture_done(&f);
}

enum { MANY = 20 };

static void test_many_instances_wait_in_one_thread(void **state)
{
    (void)state;
    clock_state clock = {.waits = 3};
    fixture f;
    fixture_init(&f, NULL);
    fixture_define(&f, &clock_interface, NULL);
    fixture_prepare(&f, build(waits));
    pirn_store *stores[MANY];
    pirn_component_instance *instances[MANY];
    pirn_task *tasks[MANY];
    for (uint32_t i = 0; i < MANY; i++) {
        stores[i] = pirn_store_new(f.engine, NULL);
        fixture_check(&f, pirn_component_instantiate(f.prepared, stores[i], &clock, &instances[i], f.error));
        tasks[i] = pirn_task_new(instances[i]);
        const pirn_component_func *run =
            pirn_component_instance_func(instances[i], PIRN_STR("test:guest/run@0.2.0"), PIRN_STR("run"));
        assert_int_equal(pirn_task_start(tasks[i], run, &i, f.error), PIRN_PENDING);
    }
    for (int round = 1; round <= 6; round++) {
        for (uint32_t i = 0; i < MANY; i++)
            assert_int_equal(pirn_task_resume(tasks[i], f.error), round < 6 ? PIRN_PENDING : PIRN_OK);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(*(const uint32_t *)pirn_task_result(tasks[i]), i + 21);
        pirn_task_free(tasks[i]);
        pirn_component_instance_free(instances[i]);
        pirn_store_free(stores[i]);
    }
    fixture_done(&f);
}

static void test_a_pending_task_that_is_freed_tells_the_host_function(void **state)
{
    (void)state;
    clock_state clock = {.waits = 3};
    fixture f;
    fixture_init(&f, NULL);
    fixture_define(&f, &clock_interface, NULL);
    fixture_instantiate(&f, build(waits), &clock);
    const pirn_component_func *run = fixture_func(&f, "test:guest/run@0.2.0", "run");
    pirn_task *abandoned = pirn_task_new(f.instance), *task = pirn_task_new(f.instance);
    uint32_t x = 1;
    assert_int_equal(pirn_task_start(abandoned, run, &x, f.error), PIRN_PENDING);
    pirn_task_free(abandoned);
    assert_int_equal(clock.cancelled, 1);
    assert_int_equal(pirn_task_start(task, run, &x, f.error), PIRN_TRAP);
    assert_string_equal(pirn_error_message(f.error), "cannot enter component instance");
    pirn_task_free(task);
    fixture_done(&f);
}

static void test_tasks_are_started_and_resumed_in_turn(void **state)
{
    (void)state;
    clock_state clock = {.waits = 1};
    fixture f;
    fixture_init(&f, NULL);
    fixture_define(&f, &clock_interface, NULL);
    fixture_instantiate(&f, build(waits), &clock);
    const pirn_component_func *run = fixture_func(&f, "test:guest/run@0.2.0", "run");
    pirn_task *task = pirn_task_new(f.instance);
    uint32_t x = 1;
    assert_int_equal(pirn_task_resume(task, f.error), PIRN_USAGE);
    assert_string_equal(pirn_error_message(f.error), "the task is not pending");
    pirn_error_clear(f.error);
    assert_int_equal(pirn_task_start(task, run, &x, f.error), PIRN_PENDING);
    assert_int_equal(pirn_task_start(task, run, &x, f.error), PIRN_USAGE);
    assert_string_equal(pirn_error_message(f.error), "the task is pending");
    pirn_error_clear(f.error);
    assert_int_equal(pirn_task_resume(task, f.error), PIRN_PENDING);
    fixture_check(&f, pirn_task_resume(task, f.error));
    pirn_task_set_data(task, &x);
    assert_ptr_equal(pirn_task_data(task), &x);
    assert_ptr_equal(pirn_task_instance(task), f.instance);
    pirn_task_free(task);
    fixture_done(&f);
}

static void test_an_instance_that_has_trapped_cannot_be_entered(void **state)
{
    (void)state;
    clock_state clock = {.waits = 0};
    fixture f;
    fixture_init(&f, NULL);
    fixture_define(&f, &clock_interface, NULL);
    fixture_instantiate(&f, build(waits), &clock);
    const pirn_component_func *run = fixture_func(&f, "test:guest/run@0.2.0", "run");
    pirn_task *task = pirn_task_new(f.instance);
    uint32_t small = 1, large = 995;
    fixture_check(&f, pirn_task_start(task, run, &small, f.error));
    assert_int_equal(pirn_task_start(task, run, &large, f.error), PIRN_TRAP);
    assert_string_equal(pirn_error_message(f.error), "1006 is too large");
    pirn_error_clear(f.error);
    assert_int_equal(pirn_task_start(task, run, &small, f.error), PIRN_TRAP);
    assert_string_equal(pirn_error_message(f.error), "cannot enter component instance");
    pirn_task_free(task);
    fixture_done(&f);
}

static void test_a_task_calls_functions_of_its_own_instance_only(void **state)
{
    (void)state;
    clock_state clock = {.waits = 0};
    fixture f;
    fixture_init(&f, NULL);
    fixture_define(&f, &clock_interface, NULL);
    fixture_instantiate(&f, build(waits), &clock);
    pirn_component_instance *other;
    fixture_check(&f, pirn_component_instantiate(f.prepared, f.store, &clock, &other, f.error));
    pirn_task *task = pirn_task_new(other);
    uint32_t x = 1;
    assert_int_equal(pirn_task_start(task, fixture_func(&f, "test:guest/run@0.2.0", "run"), &x, f.error), PIRN_USAGE);
    assert_string_equal(pirn_error_message(f.error), "the function belongs to another instance than the task");
    pirn_task_free(task);
    pirn_component_instance_free(other);
    fixture_done(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records_lists_and_strings_pass_both_ways),
        cmocka_unit_test(test_a_call_through_two_components_waits_and_goes_on),
        cmocka_unit_test(test_many_instances_wait_in_one_thread),
        cmocka_unit_test(test_a_pending_task_that_is_freed_tells_the_host_function),
        cmocka_unit_test(test_tasks_are_started_and_resumed_in_turn),
        cmocka_unit_test(test_an_instance_that_has_trapped_cannot_be_entered),
        cmocka_unit_test(test_a_task_calls_functions_of_its_own_instance_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Commands from their bytes to their exit code, through all layers. The files are given as arguments. */
#include "vm/base/compiler.h"
#include <pirn/host.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define NS_PER_MS UINT64_C(1000000)

static const char *hello_path, *sleeper_path;

/* A component that is ready to be instantiated, and a host. */
typedef struct world {
    void *bytes;
    pirn_engine *engine;
    pirn_component *component;
    pirn_linker *linker;
    pirn_prepared *prepared;
    pirn_host *host;
    pirn_host_config *config;
    pirn_error *error;
} world;

static void check(const world *w, pirn_status status)
{
    if (status != PIRN_OK)
        fail_msg("%s: %s", pirn_status_name(status), pirn_error_message(w->error));
}

static void *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    void *bytes = malloc(*size);
    rewind(file);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

/* `first` and `second` are arguments; NULL: none. */
static void world_init(world *w, const char *path, const char *first, const char *second)
{
    size_t size;
    pirn_config config = pirn_config_default();
    config.interruptible = true;
    *w = (world){.bytes = read_file(path, &size), .error = pirn_error_new(NULL), .engine = pirn_engine_new(&config)};
    check(w, pirn_component_load(w->engine, w->bytes, size, PIRN_BYTES_BORROW, &w->component, w->error));
    w->linker = pirn_linker_new(w->engine);
    check(w, pirn_host_define(w->linker, w->error));
    check(w, pirn_linker_prepare(w->linker, w->component, &w->prepared, w->error));
    w->host = pirn_host_new(NULL);
    w->config = pirn_host_config_new(NULL);
    pirn_host_config_capture(w->config, PIRN_STDOUT, 1000);
    const char *args[] = {first, second};
    for (size_t i = 0; i < BASE_COUNT(args) && args[i] != NULL; i++)
        check(w, pirn_host_config_arg(w->config, pirn_str_of(args[i]), w->error));
}

static void world_done(world *w)
{
    pirn_host_config_free(w->config);
    pirn_host_free(w->host);
    pirn_prepared_free(w->prepared);
    pirn_linker_free(w->linker);
    pirn_component_free(w->component);
    pirn_engine_free(w->engine);
    pirn_error_free(w->error);
    free(w->bytes);
}

/* Runs the command once, in a store of its own. */
static pirn_status run(world *w, uint64_t timeout_ns, int *exit_code, char output[1000])
{
    pirn_store *store = pirn_store_new(w->engine, NULL);
    pirn_host_context *context = pirn_host_context_new(w->host, w->config);
    pirn_error_clear(w->error);
    pirn_status status = pirn_host_run_command(w->host, w->prepared, store, context, timeout_ns, exit_code, w->error);
    pirn_str captured = pirn_host_context_output(context, PIRN_STDOUT);
    snprintf(output, 1000, "%.*s", (int)captured.len, captured.data);
    pirn_host_context_free(context);
    pirn_store_free(store);
    return status;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 * NS_PER_MS + (uint64_t)now.tv_nsec;
}

/* ---- Tests ------------------------------------------------------------------------------------------------------ */

static void test_a_command_says_hello_again_and_again(void **state)
{
    (void)state;
    world w;
    world_init(&w, hello_path, "hello", "you");
    for (int i = 0; i < 3; i++) {
        char output[1000];
        int code = -1;
        check(&w, run(&w, PIRN_NO_TIMEOUT, &code, output));
        assert_int_equal(code, 0);
        assert_string_equal(output, "Hello from a component, you!\n");
    }
    world_done(&w);
}

static void test_commands_end_in_every_way(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        uint64_t timeout_ms;
        pirn_status status;
        int code;
    } cases[] = {
        {"wait", 60000, PIRN_OK, 0},    {"no", 60000, PIRN_OK, 1},           {"exit", 60000, PIRN_OK, 1},
        {"trap", 60000, PIRN_TRAP, -1}, {"forever", 20, PIRN_EXHAUSTED, -1}, {"spin", 20, PIRN_EXHAUSTED, -1},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        world w;
        world_init(&w, sleeper_path, cases[i].what, NULL);
        char output[1000];
        int code = -1;
        uint64_t begin = now_ns();
        assert_int_equal(run(&w, cases[i].timeout_ms * NS_PER_MS, &code, output), cases[i].status);
        assert_int_equal(code, cases[i].code);
        if (cases[i].status == PIRN_EXHAUSTED)
            assert_true(now_ns() - begin >= cases[i].timeout_ms * NS_PER_MS);
        if (cases[i].status != PIRN_OK)
            assert_true(pirn_error_message(w.error)[0] != '\0');
        world_done(&w);
    }
}

static void count_ending(void *user, pirn_status status, const pirn_error *error)
{
    (void)error;
    assert_int_equal(status, PIRN_OK);
    ++*(size_t *)user;
}

typedef struct sleeper {
    pirn_store *store;
    pirn_host_context *context;
    pirn_component_instance *instance;
    pirn_task *task;
} sleeper;

/* One after another they would take thirty seconds. */
static void test_hundreds_of_instances_sleep_in_one_thread(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    static sleeper sleepers[COUNT];
    world w;
    world_init(&w, sleeper_path, "wait", NULL);
    size_t ended = 0;
    uint64_t begin = now_ns();
    for (size_t i = 0; i < COUNT; i++) {
        sleeper *s = &sleepers[i];
        s->store = pirn_store_new(w.engine, NULL);
        s->context = pirn_host_context_new(w.host, w.config);
        check(&w, pirn_host_instantiate(w.host, w.prepared, s->store, s->context, PIRN_NO_TIMEOUT, &s->instance,
                                        w.error));
        assert_ptr_equal(pirn_component_instance_data(s->instance), s->context);
        s->task = pirn_task_new(s->instance);
        const pirn_component_func *func =
            pirn_component_instance_func(s->instance, PIRN_STR("wasi:cli/run@0.2.0"), PIRN_STR("run"));
        assert_non_null(func);
        check(&w, pirn_host_start(w.host, s->task, func, NULL, PIRN_NO_TIMEOUT, count_ending, &ended, w.error));
    }
    pirn_host_run(w.host);
    assert_int_equal(ended, COUNT);
    assert_true(now_ns() - begin >= 100 * NS_PER_MS);
    assert_true(now_ns() - begin < 15000 * NS_PER_MS);
    for (size_t i = 0; i < COUNT; i++) {
        pirn_task_free(sleepers[i].task);
        pirn_component_instance_free(sleepers[i].instance);
        pirn_host_context_free(sleepers[i].context);
        pirn_store_free(sleepers[i].store);
    }
    world_done(&w);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    hello_path = argv[1];
    sleeper_path = argv[2];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_command_says_hello_again_and_again),
        cmocka_unit_test(test_commands_end_in_every_way),
        cmocka_unit_test(test_hundreds_of_instances_sleep_in_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

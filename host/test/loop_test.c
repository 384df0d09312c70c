/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs, timers and time limits. */
#include "host/test/fake.h"
#include "wasi_clocks_monotonic_clock.h"
#include "wasi_io_poll.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NS_PER_MS UINT64_C(1000000)

/* ---- A guest that sleeps ---------------------------------------------------------------------------------------- */

typedef struct sleeper {
    uint64_t duration_ns;
    uint64_t begin_ns, end_ns;
    struct host_pollable *timer;
} sleeper;

static pirn_status sleep_subscribe(pirn_host_call *call, void *guest)
{
    sleeper *self = guest;
    struct wasi_clocks_monotonic_clock_subscribe_duration_args args = {self->duration_ns};
    self->begin_ns = host_now();
    return wasi_clocks_monotonic_clock_subscribe_duration(call, &args, &self->timer);
}

static pirn_status sleep_block(pirn_host_call *call, void *guest)
{
    sleeper *self = guest;
    struct wasi_io_poll_pollable_block_args args = {self->timer};
    return wasi_io_poll_pollable_block(call, &args);
}

static pirn_status sleep_end(pirn_host_call *call, void *guest)
{
    sleeper *self = guest;
    self->end_ns = host_now();
    wasi_io_poll_pollable_drop(pirn_host_call_data(call), self->timer);
    self->timer = NULL;
    return PIRN_OK;
}

static const fake_step sleep_steps[] = {sleep_subscribe, sleep_block, sleep_end};

/* What an abandoned sleeper's instance would drop. */
static void drop_timer(fake_world *world, sleeper *self)
{
    wasi_io_poll_pollable_drop(world->context, self->timer);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------ */

static void test_timers_are_not_early(void **state)
{
    (void)state;
    static const uint64_t durations[] = {0, 1, 999999, 1000000, 1000001, 1500000, 7300000, 20000000};
    fake_world world;
    fake_world_init(&world, NULL);
    for (size_t i = 0; i < BASE_COUNT(durations); i++) {
        sleeper self = {.duration_ns = durations[i]};
        assert_int_equal(FAKE_RUN(&world, sleep_steps, &self), PIRN_OK);
        assert_true(self.end_ns - self.begin_ns >= durations[i]);
    }
    fake_world_done(&world);
}

/* One after another they would take a hundred seconds; the bound leaves a slow machine time. */
static void test_a_thousand_sleepers_wait_at_the_same_time(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    fake_world world;
    fake_world_init(&world, NULL);
    sleeper *sleepers = calloc(COUNT, sizeof *sleepers);
    pirn_task **tasks = calloc(COUNT, sizeof *tasks);
    pirn_component_func func = FAKE_FUNC(sleep_steps);
    uint64_t begin = host_now();
    for (size_t i = 0; i < COUNT; i++) {
        sleepers[i].duration_ns = 100 * NS_PER_MS;
        tasks[i] = pirn_task_new(world.instance);
        assert_int_equal(pirn_host_start(world.host, tasks[i], &func, &sleepers[i], PIRN_NO_TIMEOUT, fake_note_ending,
                                         &world, NULL),
                         PIRN_OK);
    }
    pirn_host_run(world.host);
    assert_int_equal(world.ended, COUNT);
    assert_true(host_now() - begin < 20000 * NS_PER_MS);
    for (size_t i = 0; i < COUNT; i++)
        pirn_task_free(tasks[i]);
    free(tasks);
    free(sleepers);
    fake_world_done(&world);
}

static pirn_status do_nothing(pirn_host_call *call, void *guest)
{
    (void)call;
    (void)guest;
    return PIRN_OK;
}

static pirn_status do_trap(pirn_host_call *call, void *guest)
{
    (void)guest;
    return pirn_host_call_trap(call, "it is broken");
}

static void test_endings_are_told_from_the_loop_only(void **state)
{
    (void)state;
    static const fake_step ok[] = {do_nothing}, trap[] = {do_nothing, do_trap};
    fake_world world;
    fake_world_init(&world, NULL);
    pirn_component_func funcs[] = {FAKE_FUNC(ok), FAKE_FUNC(trap)};
    pirn_task *tasks[BASE_COUNT(funcs)];
    for (size_t i = 0; i < BASE_COUNT(funcs); i++) {
        tasks[i] = pirn_task_new(world.instance);
        assert_int_equal(
            pirn_host_start(world.host, tasks[i], &funcs[i], NULL, PIRN_NO_TIMEOUT, fake_note_ending, &world, NULL),
            PIRN_OK);
    }
    assert_int_equal(world.ended, 0);
    pirn_host_run(world.host);
    assert_int_equal(world.ended, 2);
    assert_int_equal(world.status, PIRN_TRAP);
    assert_string_equal(world.message, "it is broken");
    for (size_t i = 0; i < BASE_COUNT(funcs); i++) {
        assert_null(pirn_task_data(tasks[i]));
        pirn_task_free(tasks[i]);
    }
    fake_world_done(&world);
}

typedef struct chain {
    fake_world *world;
    pirn_task *task;
    pirn_component_func func;
    sleeper self;
    size_t left;
} chain;

/* The error is the callback's while it runs, whatever it starts. */
static void start_next(void *user, pirn_status status, const pirn_error *error)
{
    chain *links = user;
    assert_int_equal(status, PIRN_OK);
    if (links->left-- > 0)
        assert_int_equal(pirn_host_start(links->world->host, links->task, &links->func, &links->self, PIRN_NO_TIMEOUT,
                                         start_next, links, NULL),
                         PIRN_OK);
    assert_true(error == NULL || pirn_error_status(error) == PIRN_OK);
}

static void test_a_callback_may_start_the_next(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    chain links = {&world, pirn_task_new(world.instance), FAKE_FUNC(sleep_steps), {.duration_ns = 1}, 100};
    start_next(&links, PIRN_OK, NULL);
    pirn_host_run(world.host);
    assert_int_equal(links.left, SIZE_MAX);
    pirn_task_free(links.task);
    fake_world_done(&world);
}

static void test_a_time_limit_ends_a_wait(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    static const uint64_t limits[] = {0, 1, 5 * NS_PER_MS};
    for (size_t i = 0; i < BASE_COUNT(limits); i++) {
        sleeper self = {.duration_ns = UINT64_MAX};
        assert_int_equal(fake_run(&world, sleep_steps, BASE_COUNT(sleep_steps), &self, limits[i]), PIRN_EXHAUSTED);
        assert_true(host_now() - self.begin_ns >= limits[i] / 2);
        assert_string_equal(world.message, "the time limit was reached while waiting");
        drop_timer(&world, &self);
    }
    sleeper quick = {.duration_ns = 1};
    assert_int_equal(fake_run(&world, sleep_steps, BASE_COUNT(sleep_steps), &quick, 60000 * NS_PER_MS), PIRN_OK);
    fake_world_done(&world);
}

/* Asks for what is always ready until `stop`; for ever, if nobody else has a turn. */
typedef struct spinner {
    struct host_pollable *timer;
    size_t rounds;
    bool stop;
} spinner;

enum { SPINNER_FOR_EVER = 100000 };

static pirn_status spin_subscribe(pirn_host_call *call, void *guest)
{
    spinner *self = guest;
    struct wasi_clocks_monotonic_clock_subscribe_duration_args args = {0};
    return wasi_clocks_monotonic_clock_subscribe_duration(call, &args, &self->timer);
}

static bool spin_on(spinner *self)
{
    return ++self->rounds < SPINNER_FOR_EVER && !self->stop;
}

static pirn_status spin_block(pirn_host_call *call, void *guest)
{
    spinner *self = guest;
    struct wasi_io_poll_pollable_block_args args = {self->timer};
    do {
        PIRN_TRY(wasi_io_poll_pollable_block(call, &args));
    } while (spin_on(self));
    return PIRN_OK;
}

static pirn_status spin_ready(pirn_host_call *call, void *guest)
{
    spinner *self = guest;
    struct wasi_io_poll_pollable_ready_args args = {self->timer};
    do {
        uint8_t is_ready = 0;
        PIRN_TRY(wasi_io_poll_pollable_ready(call, &args, &is_ready));
        assert_int_equal(is_ready, 1);
    } while (spin_on(self));
    return PIRN_OK;
}

static pirn_status spin_poll(pirn_host_call *call, void *guest)
{
    spinner *self = guest;
    struct wasi_io_poll_poll_args args = {{(struct host_pollable *const *)&self->timer, 1}};
    do {
        wasi_io_poll_list_u32 ready = {0};
        PIRN_TRY(wasi_io_poll_poll(call, &args, &ready));
        assert_int_equal(ready.len, 1);
    } while (spin_on(self));
    return PIRN_OK;
}

static pirn_status spin_drop(pirn_host_call *call, void *guest)
{
    wasi_io_poll_pollable_drop(pirn_host_call_data(call), ((spinner *)guest)->timer);
    return PIRN_OK;
}

static pirn_status stop_spinner(pirn_host_call *call, void *guest)
{
    (void)call;
    ((spinner *)guest)->stop = true;
    return PIRN_OK;
}

static void test_a_guest_that_asks_for_what_is_ready_lets_others_run(void **state)
{
    (void)state;
    static const fake_step spins[][3] = {
        {spin_subscribe, spin_block, spin_drop},
        {spin_subscribe, spin_ready, spin_drop},
        {spin_subscribe, spin_poll, spin_drop},
    };
    fake_world world;
    fake_world_init(&world, NULL);
    for (size_t i = 0; i < BASE_COUNT(spins); i++) {
        spinner self = {0};
        pirn_component_func func = FAKE_FUNC(spins[i]);
        pirn_task *task = pirn_task_new(world.instance);
        assert_int_equal(
            pirn_host_start(world.host, task, &func, &self, PIRN_NO_TIMEOUT, fake_note_ending, &world, NULL), PIRN_OK);
        assert_int_equal(FAKE_RUN(&world, (const fake_step[]){stop_spinner}, &self), PIRN_OK);
        assert_true(self.rounds < SPINNER_FOR_EVER);
        assert_int_equal(world.ended, 2 * (i + 1));
        pirn_task_free(task);
    }
    fake_world_done(&world);
}

static void test_an_abandoned_task_is_not_told_of(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    sleeper self = {.duration_ns = UINT64_MAX};
    pirn_component_func func = FAKE_FUNC(sleep_steps);
    pirn_task *task = pirn_task_new(world.instance);
    assert_int_equal(
        pirn_host_start(world.host, task, &func, &self, 1000 * NS_PER_MS, fake_note_ending, &world, NULL), PIRN_OK);
    pirn_host_abandon_task(world.host, task);
    pirn_host_run(world.host);
    assert_int_equal(world.ended, 0);
    pirn_task_free(task);
    drop_timer(&world, &self);
    fake_world_done(&world);
}

static void test_without_the_host_a_wait_is_a_trap(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    sleeper self = {.duration_ns = UINT64_MAX};
    assert_int_equal(fake_call(&world, sleep_subscribe, &self), PIRN_OK);
    assert_int_equal(fake_call(&world, sleep_block, &self), PIRN_TRAP);
    assert_string_equal(world.message, "cannot wait: the task was not started with pirn_host_start");
    drop_timer(&world, &self);
    fake_world_done(&world);
}

/* Every allocation fails once: what was begun is undone. */
static void test_a_wait_survives_failing_allocations(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    pirn_status status = PIRN_NOMEM;
    for (size_t n = 0; status != PIRN_OK; n++) {
        assert_true(n < 100);
        sleeper self = {.duration_ns = 1000};
        world.fail_after = n;
        status = FAKE_RUN(&world, sleep_steps, &self);
        world.fail_after = SIZE_MAX;
        if (self.timer != NULL)
            drop_timer(&world, &self);
        assert_int_equal(world.context->memory_left, world.config->memory_bytes);
    }
    fake_world_done(&world);
}

/* The heap against a plain search for the earliest. */
static void test_the_heap_gives_the_earliest(void **state)
{
    (void)state;
    enum { COUNT = 300 };
    host_heap heap;
    host_heap_init(&heap, pirn_allocator_default());
    host_heap_node nodes[COUNT] = {{0}};
    uint32_t random = 1;
    for (size_t round = 0; round < 5000; round++) {
        random = random * 1664525u + 1013904223u;
        host_heap_node *node = &nodes[(random >> 8) % COUNT];
        if (node->place != 0)
            host_heap_remove(&heap, node);
        else
            assert_true(host_heap_add(&heap, node, (random >> 4) % 1000));
        uint64_t earliest = UINT64_MAX;
        for (size_t i = 0; i < COUNT; i++) {
            if (nodes[i].place != 0 && nodes[i].deadline_ns < earliest)
                earliest = nodes[i].deadline_ns;
        }
        host_heap_node *first = host_heap_first(&heap);
        assert_true(first == NULL ? earliest == UINT64_MAX : first->deadline_ns == earliest);
    }
    host_heap_done(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_heap_gives_the_earliest),
        cmocka_unit_test(test_timers_are_not_early),
        cmocka_unit_test(test_a_thousand_sleepers_wait_at_the_same_time),
        cmocka_unit_test(test_endings_are_told_from_the_loop_only),
        cmocka_unit_test(test_a_callback_may_start_the_next),
        cmocka_unit_test(test_a_time_limit_ends_a_wait),
        cmocka_unit_test(test_a_guest_that_asks_for_what_is_ready_lets_others_run),
        cmocka_unit_test(test_an_abandoned_task_is_not_told_of),
        cmocka_unit_test(test_without_the_host_a_wait_is_a_trap),
        cmocka_unit_test(test_a_wait_survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

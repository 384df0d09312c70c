/* SPDX-License-Identifier: Apache-2.0 */
/* Host functions: called directly, waiting, entering one another, invoking, failing. */
#include "vm/test/fixture.h"

/* ---- What happened, in order ------------------------------------------------------------------------------------- */

typedef struct journal {
    char text[256];
} journal;

static void note(journal *j, const char *word)
{
    assert_true(strlen(j->text) + strlen(word) + 2 < sizeof j->text);
    strcat(strcat(j->text, j->text[0] == '\0' ? "" : " "), word);
}

/* A host function that enters another one, or waits when there is none; each notes its name when it is cancelled. */
typedef struct link {
    const char *name;
    pirn_func *callee;
    journal *journal;
} link;

static void link_cancelled(void *data)
{
    link *l = data;
    note(l->journal, l->name);
}

static pirn_status link_next(pirn_frame *frame, void *data)
{
    const link *l = data;
    pirn_slot *slots = pirn_frame_slots(frame);
    slots[0].i32 += l->callee == NULL ? 1 : pirn_frame_entered_results(frame)[0].i32;
    return PIRN_OK;
}

static pirn_status link_call(pirn_frame *frame, void *data)
{
    link *l = data;
    if (l->callee == NULL)
        return pirn_frame_wait(frame, link_next, l, link_cancelled);
    return pirn_frame_enter(frame, l->callee, pirn_frame_slots(frame), link_next, l, link_cancelled);
}

static void test_the_embedder_calls_a_host_function(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    journal j = {""};
    link waiting = {"waiting", NULL, &j};
    pirn_func *func = fixture_host(&f, "i:i", link_call, &waiting);
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, func, &(pirn_slot){.i32 = 6}, PIRN_PENDING, NULL);
    expect_resume(&f, call, PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].i32, 7);
    assert_string_equal(j.text, "");
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_cancelling_tells_the_innermost_frame_first(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    journal j = {""};
    link c = {"c", NULL, &j};
    link b = {"b", fixture_host(&f, "i:i", link_call, &c), &j};
    link a = {"a", fixture_host(&f, "i:i", link_call, &b), &j};
    pirn_func *func = fixture_host(&f, "i:i", link_call, &a);
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, func, &(pirn_slot){.i32 = 5}, PIRN_PENDING, NULL);
    expect_resume(&f, call, PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].i32, 16); /* 5 + (5 + (5 + 1)) */
    expect_start(&f, call, func, &(pirn_slot){.i32 = 5}, PIRN_PENDING, NULL);
    pirn_call_cancel(call);
    assert_string_equal(j.text, "c b a");
    pirn_call_free(call);
    fixture_free(&f);
}

/* ---- Long chains ------------------------------------------------------------------------------------------------- */

typedef struct countdown {
    pirn_func *self;
    int deepest_left;
} countdown;

static pirn_status countdown_next(pirn_frame *frame, void *data)
{
    (void)data;
    pirn_frame_slots(frame)[0].i32 = pirn_frame_entered_results(frame)[0].i32 + 1;
    return PIRN_OK;
}

static pirn_status countdown_call(pirn_frame *frame, void *data)
{
    countdown *c = data;
    int left = pirn_frame_slots(frame)[0].i32;
    c->deepest_left = left;
    if (left == 0)
        return PIRN_OK;
    return pirn_frame_enter(frame, c->self, &(pirn_slot){.i32 = left - 1}, countdown_next, c, NULL);
}

static void test_host_functions_enter_each_other_without_native_recursion(void **state)
{
    (void)state;
    pirn_store_limits limits = pirn_store_limits_default();
    limits.stack_bytes = 64 << 20;
    fixture f = fixture_new(NULL, &limits);
    countdown c = {NULL, 0};
    c.self = fixture_host(&f, "i:i", countdown_call, &c);
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, c.self, &(pirn_slot){.i32 = 200000}, PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].i32, 200000);
    expect_start(&f, call, c.self, &(pirn_slot){.i32 = 2000000}, PIRN_EXHAUSTED, "call stack exhausted");
    assert_true(c.deepest_left > 0);
    pirn_call_free(call);
    fixture_free(&f);
}

/* ---- Invoking ---------------------------------------------------------------------------------------------------- */

static pirn_status invoke_self(pirn_frame *frame, void *data)
{
    pirn_slot *slots = pirn_frame_slots(frame), result;
    pirn_slot less = {.i32 = slots[0].i32 - 1};
    if (slots[0].i32 == 0)
        return PIRN_OK;
    pirn_status status =
        pirn_invoke(pirn_frame_store(frame), frame, *(pirn_func **)data, &less, &result, pirn_frame_error(frame));
    if (status == PIRN_OK)
        slots[0].i32 = result.i32 + 1;
    return status;
}

static void test_invoke_nests_natively_up_to_a_limit(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_func *self = NULL;
    self = fixture_host(&f, "i:i", invoke_self, &self);
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, self, &(pirn_slot){.i32 = 50}, PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].i32, 50);
    expect_start(&f, call, self, &(pirn_slot){.i32 = 5000}, PIRN_EXHAUSTED, "call stack exhausted");
    pirn_slot result;
    assert_int_equal(pirn_invoke(f.store, NULL, self, &(pirn_slot){.i32 = 3}, &result, NULL), PIRN_OK);
    assert_int_equal(result.i32, 3);
    pirn_call_free(call);
    fixture_free(&f);
}

static pirn_status check_no_call(pirn_frame *frame, void *data)
{
    *(pirn_call **)data = pirn_frame_call(frame);
    assert_null(pirn_frame_caller(frame));
    return PIRN_OK;
}

static void test_a_frame_knows_its_call(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_call *seen = NULL, *call = pirn_call_new(f.store);
    pirn_func *func = fixture_host(&f, ":", check_no_call, &seen);
    expect_start(&f, call, func, NULL, PIRN_OK, NULL);
    assert_ptr_equal(seen, call);
    assert_int_equal(pirn_invoke(f.store, NULL, func, NULL, NULL, f.error), PIRN_OK);
    assert_null(seen);
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_what_is_invoked_cannot_wait(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    journal j = {""};
    link c = {"c", NULL, &j};
    link b = {"b", fixture_host(&f, "i:i", link_call, &c), &j};
    pirn_func *func = fixture_host(&f, "i:i", link_call, &b);
    pirn_slot result;
    int status = pirn_invoke(f.store, NULL, func, &(pirn_slot){.i32 = 1}, &result, f.error);
    expect_outcome(&f, status, PIRN_TRAP, "cannot block a synchronous call");
    assert_string_equal(j.text, "c b");
    fixture_free(&f);
}

/* Invokes a function that fails, and goes on all the same. */
static pirn_status shrug(pirn_frame *frame, void *data)
{
    pirn_slot result;
    assert_int_equal(pirn_invoke(pirn_frame_store(frame), frame, *(pirn_func **)data, pirn_frame_slots(frame),
                                 &result, pirn_frame_error(frame)),
                     PIRN_TRAP);
    pirn_frame_slots(frame)[0].i32 = 77;
    return PIRN_OK;
}

static pirn_status trap_with_text(pirn_frame *frame, void *data)
{
    (void)data;
    return pirn_frame_trap(frame, "no such thing: %d", pirn_frame_slots(frame)[0].i32);
}

static pirn_status fail_plainly(pirn_frame *frame, void *data)
{
    (void)frame;
    (void)data;
    return PIRN_IO;
}

static pirn_status answer_pending_without_waiting(pirn_frame *frame, void *data)
{
    (void)frame;
    (void)data;
    return PIRN_PENDING;
}

static void test_failures_of_host_functions_end_the_call(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_func *trapping = fixture_host(&f, "i:i", trap_with_text, NULL);
    static const struct {
        pirn_host_func host;
        pirn_status status;
        const char *message;
    } cases[] = {
        {trap_with_text, PIRN_TRAP, "no such thing: 9"},
        {fail_plainly, PIRN_IO, "host function failed"},
        {answer_pending_without_waiting, PIRN_USAGE, "host function failed"},
        {shrug, PIRN_OK, NULL},
    };
    pirn_call *call = pirn_call_new(f.store);
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_func *func = fixture_host(&f, "i:i", cases[i].host, &trapping);
        expect_start(&f, call, func, &(pirn_slot){.i32 = 9}, cases[i].status, cases[i].message);
    }
    assert_int_equal(pirn_call_results(call)[0].i32, 77);
    pirn_call_free(call);
    fixture_free(&f);
}

/* ---- Calls within calls ------------------------------------------------------------------------------------------- */

static pirn_status start_other(pirn_frame *frame, void *data)
{
    pirn_call **calls = data; /* the one that runs, and another */
    (void)frame;
    assert_int_equal(pirn_call_start(calls[0], pirn_call_data(calls[1]), NULL, NULL), PIRN_USAGE);
    return pirn_call_start(calls[1], pirn_call_data(calls[1]), &(pirn_slot){.i32 = 1}, NULL) == PIRN_PENDING
               ? PIRN_OK
               : PIRN_TRAP;
}

static void test_a_host_function_may_start_another_call(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    journal j = {""};
    link waiting = {"waiting", NULL, &j};
    pirn_call *calls[2] = {pirn_call_new(f.store), pirn_call_new(f.store)};
    pirn_call_set_data(calls[1], fixture_host(&f, "i:i", link_call, &waiting));
    expect_start(&f, calls[0], fixture_host(&f, ":", start_other, calls), NULL, PIRN_OK, NULL);
    expect_resume(&f, calls[1], PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(calls[1])[0].i32, 2);
    pirn_call_free(calls[0]);
    pirn_call_free(calls[1]);
    fixture_free(&f);
}

/* A cancel callback that itself needs the guest, as destructors do. */
typedef struct cleaner {
    pirn_store *store;
    pirn_func *func;
    int32_t result;
} cleaner;

static void clean(void *data)
{
    cleaner *c = data;
    pirn_slot result = {.i32 = 0};
    assert_int_equal(pirn_invoke(c->store, NULL, c->func, &(pirn_slot){.i32 = 4}, &result, NULL), PIRN_OK);
    c->result = result.i32;
}

static pirn_status wait_with_cleaner(pirn_frame *frame, void *data)
{
    return pirn_frame_wait(frame, wait_with_cleaner, data, clean);
}

static void test_cancel_callbacks_may_invoke(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    journal j = {""};
    pirn_func *self = NULL;
    self = fixture_host(&f, "i:i", invoke_self, &self);
    cleaner c = {f.store, self, 0};
    link a = {"a", fixture_host(&f, "i:i", wait_with_cleaner, &c), &j};
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, fixture_host(&f, "i:i", link_call, &a), &(pirn_slot){.i32 = 1}, PIRN_PENDING, NULL);
    pirn_call_free(call);
    assert_int_equal(c.result, 4);
    assert_string_equal(j.text, "a");
    fixture_free(&f);
}

static void count_drop(void *data)
{
    ++*(int *)data;
}

static void test_data_is_dropped_with_the_store(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    int drops = 0;
    pirn_func *func = NULL;
    assert_int_equal(pirn_func_new(f.store, fixture_type(&f, ":"), fail_plainly, &drops, count_drop, &func, f.error),
                     PIRN_OK);
    pirn_store_free(f.store);
    assert_int_equal(drops, 1);
    f.store = NULL;
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_embedder_calls_a_host_function),
        cmocka_unit_test(test_cancelling_tells_the_innermost_frame_first),
        cmocka_unit_test(test_host_functions_enter_each_other_without_native_recursion),
        cmocka_unit_test(test_invoke_nests_natively_up_to_a_limit),
        cmocka_unit_test(test_a_frame_knows_its_call),
        cmocka_unit_test(test_what_is_invoked_cannot_wait),
        cmocka_unit_test(test_failures_of_host_functions_end_the_call),
        cmocka_unit_test(test_a_host_function_may_start_another_call),
        cmocka_unit_test(test_cancel_callbacks_may_invoke),
        cmocka_unit_test(test_data_is_dropped_with_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

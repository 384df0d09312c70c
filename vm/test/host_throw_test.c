/* SPDX-License-Identifier: Apache-2.0 */
/* Host functions that throw: caught by Wasm, uncaught, passed on from what they have called. */
#include "vm/test/fixture.h"

/*
 * run      catches "error" of the host function: its number, plus 1000 if it has the long with it
 * outside  does not catch
 * thrower  throws "error" with its argument and 7
 */
static const char text[] =
    "(module"
    "  (import \"m\" \"host\" (func $host (param i32) (result i32)))"
    "  (import \"m\" \"error\" (tag $error (param i32 i64)))"
    "  (func (export \"run\") (param i32) (result i32)"
    "    (block $caught (result i32 i64)"
    "      (try_table (catch $error $caught) (return (call $host (local.get 0))))"
    "      (unreachable))"
    "    (i32.add (i32.mul (i32.wrap_i64) (i32.const 1000))))"
    "  (func $outside (export \"outside\") (param i32) (result i32) (call $host (local.get 0)))"
    "  (func (export \"thrower\") (param i32) (result i32) (throw $error (local.get 0) (i64.const 7))))";

/* What the host function does. */
typedef enum behaviour { THROW_AT_ONCE, THROW_AFTER_WAITING, THROW_AFTER_ENTERING, PASS_ON, THROW_OTHERS } behaviour;

typedef struct thrower {
    behaviour behaviour;
    pirn_tag *tag, *foreign;
    pirn_func *callee;
    int cancelled;
} thrower;

static void note_cancel(void *data)
{
    ((thrower *)data)->cancelled++;
}

static pirn_status throw_now(pirn_frame *frame, void *data)
{
    const thrower *t = data;
    pirn_slot values[2] = {{.i32 = pirn_frame_slots(frame)[0].i32}, {.i64 = 9}};
    return pirn_frame_throw(frame, t->tag, values);
}

static pirn_status return_zero(pirn_frame *frame, void *data)
{
    (void)data;
    pirn_frame_slots(frame)[0].i32 = 0;
    return PIRN_OK;
}

static pirn_status host(pirn_frame *frame, void *data)
{
    thrower *t = data;
    pirn_slot result;
    switch (t->behaviour) {
    case THROW_AFTER_WAITING:
        return pirn_frame_wait(frame, throw_now, t, note_cancel);
    case THROW_AFTER_ENTERING:
        return pirn_frame_enter(frame, t->callee, pirn_frame_slots(frame), throw_now, t, note_cancel);
    case PASS_ON:
        if (pirn_invoke(pirn_frame_store(frame), frame, t->callee, pirn_frame_slots(frame), &result, NULL) == PIRN_OK)
            return return_zero(frame, NULL);
        return pirn_frame_throw_ref(frame, pirn_store_exception(pirn_frame_store(frame)));
    case THROW_OTHERS:
        return pirn_frame_throw(frame, t->foreign, NULL);
    default:
        return throw_now(frame, data);
    }
}

typedef struct scene {
    fixture f;
    thrower thrower;
    pirn_instance *instance;
    pirn_call *call;
} scene;

static void scene_init(scene *s, behaviour what, bool collect_always)
{
    pirn_config config = pirn_config_default();
    config.collect_always = collect_always;
    s->f = fixture_new(&config, NULL);
    s->thrower = (thrower){.behaviour = what};
    pirn_extern imports[] = {
        {.kind = PIRN_EXTERN_FUNC, .func = fixture_host(&s->f, "i:i", host, &s->thrower)},
        {.kind = PIRN_EXTERN_TAG},
    };
    assert_int_equal(pirn_tag_new(s->f.store, fixture_type(&s->f, "il:"), &s->thrower.tag, s->f.error), PIRN_OK);
    imports[1].tag = s->thrower.tag;
    s->instance = fixture_run_text(&s->f, text, imports, 2);
    s->thrower.callee = wasm_find_func(s->instance, what == PASS_ON ? "thrower" : "outside");
    if (what == THROW_AFTER_ENTERING)
        s->thrower.callee = fixture_host(&s->f, "i:i", return_zero, NULL);
    s->call = pirn_call_new(s->f.store);
}

static void scene_done(scene *s)
{
    pirn_call_free(s->call);
    fixture_free(&s->f);
}

static void expect_result(scene *s, int32_t expected)
{
    assert_int_equal(pirn_call_results(s->call)[0].i32, expected);
}

#define expect_run(s, name, status, message) \
    expect_start(&(s)->f, (s)->call, wasm_find_func((s)->instance, name), (&(pirn_slot){.i32 = 5}), status, message)

static void test_wasm_catches_what_a_host_function_throws(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, THROW_AT_ONCE, true);
    expect_run(&s, "run", PIRN_OK, NULL);
    expect_result(&s, 9005);
    assert_null(pirn_store_exception(s.f.store));
    scene_done(&s);
}

static void test_what_nobody_catches_ends_the_call_and_can_be_read(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, THROW_AT_ONCE, false);
    expect_run(&s, "outside", PIRN_TRAP, "uncaught exception \"error\"");
    assert_int_equal(pirn_error_frame_count(s.f.error), 1);
    const pirn_exception *exception = pirn_store_exception(s.f.store);
    assert_ptr_equal(pirn_exception_tag(exception), s.thrower.tag);
    assert_int_equal(pirn_exception_values(exception)[0].i32, 5);
    assert_int_equal(pirn_exception_values(exception)[1].i64, 9);
    /* Called by the embedder itself. */
    expect_start(&s.f, s.call, fixture_host(&s.f, "i:i", host, &s.thrower), (&(pirn_slot){.i32 = 6}), PIRN_TRAP,
                 "uncaught exception");
    assert_int_equal(pirn_exception_values(pirn_store_exception(s.f.store))[0].i32, 6);
    scene_done(&s);
}

static void test_it_may_throw_after_it_has_waited(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, THROW_AFTER_WAITING, false);
    expect_run(&s, "run", PIRN_PENDING, NULL);
    expect_resume(&s.f, s.call, PIRN_OK, NULL);
    expect_result(&s, 9005);
    assert_int_equal(s.thrower.cancelled, 0);
    scene_done(&s);
}

static void test_it_may_throw_after_what_it_entered_has_returned(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, THROW_AFTER_ENTERING, false);
    expect_run(&s, "run", PIRN_OK, NULL);
    expect_result(&s, 9005);
    assert_int_equal(s.thrower.cancelled, 0);
    scene_done(&s);
}

/* A host function around another one that throws is passed, and told. */
static void test_an_exception_of_a_host_function_passes_others(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, THROW_AFTER_ENTERING, true);
    thrower inner = {.behaviour = THROW_AT_ONCE, .tag = s.thrower.tag};
    s.thrower.callee = fixture_host(&s.f, "i:i", host, &inner);
    expect_run(&s, "run", PIRN_OK, NULL);
    expect_result(&s, 9005);
    assert_int_equal(s.thrower.cancelled, 1);
    scene_done(&s);
}

static void test_what_ended_a_nested_call_can_be_passed_on(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, PASS_ON, true);
    expect_run(&s, "run", PIRN_OK, NULL);
    expect_result(&s, 7005);
    expect_run(&s, "outside", PIRN_TRAP, "uncaught exception \"error\"");
    scene_done(&s);
}

static void test_the_tag_is_of_the_same_store(void **state)
{
    (void)state;
    scene s;
    scene_init(&s, THROW_OTHERS, false);
    pirn_store *other = pirn_store_new(s.f.engine, NULL);
    assert_int_equal(pirn_tag_new(other, fixture_type(&s.f, ":"), &s.thrower.foreign, s.f.error), PIRN_OK);
    expect_run(&s, "run", PIRN_USAGE, "the tag is of another store");
    pirn_store_free(other);
    scene_done(&s);
}

static void test_no_room_for_the_exception_is_exhaustion(void **state)
{
    (void)state;
    pirn_store_limits limits = pirn_store_limits_default();
    limits.heap_bytes = 0;
    fixture f = fixture_new(NULL, &limits);
    thrower t = {.behaviour = THROW_AT_ONCE};
    assert_int_equal(pirn_tag_new(f.store, fixture_type(&f, "il:"), &t.tag, f.error), PIRN_OK);
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, fixture_host(&f, "i:i", host, &t), (&(pirn_slot){.i32 = 6}), PIRN_EXHAUSTED,
                 "the heap is full");
    pirn_call_free(call);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wasm_catches_what_a_host_function_throws),
        cmocka_unit_test(test_what_nobody_catches_ends_the_call_and_can_be_read),
        cmocka_unit_test(test_it_may_throw_after_it_has_waited),
        cmocka_unit_test(test_it_may_throw_after_what_it_entered_has_returned),
        cmocka_unit_test(test_an_exception_of_a_host_function_passes_others),
        cmocka_unit_test(test_what_ended_a_nested_call_can_be_passed_on),
        cmocka_unit_test(test_the_tag_is_of_the_same_store),
        cmocka_unit_test(test_no_room_for_the_exception_is_exhaustion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Continuations beyond what the suite of the proposal looks at: many and deep ones, resumed elsewhere than they were suspended,
 * collected, with host functions, exceptions, limits and traps.
 */
#include "vm/exec/runtime.h"
#include "vm/test/fixture.h"

/* ---- Modules in text ----------------------------------------------------------------------------------------------- */

static pirn_config config_of(void)
{
    pirn_config config = pirn_config_default();
    config.features |= PIRN_FEATURE_STACK_SWITCHING;
    return config;
}

static fixture new_fixture(void)
{
    pirn_config config = config_of();
    return fixture_new(&config, NULL);
}

static pirn_module *load(fixture *f, const char *text)
{
    const uint8_t *bytes;
    size_t size;
    pirn_module *module = NULL;
    pirn_arena *arena = pirn_arena_new(NULL);
    pirn_error_clear(f->error);
    int status = pirn_text_parse(text, strlen(text), arena, &bytes, &size, f->error);
    if (status == PIRN_OK)
        status = pirn_module_load(f->engine, bytes, size, PIRN_BYTES_COPY, 0, &module, f->error);
    pirn_arena_free(arena);
    expect_outcome(f, status, PIRN_OK, NULL);
    return module;
}

static pirn_instance *run_with(fixture *f, const char *text, pirn_func *import)
{
    pirn_extern object = {.kind = PIRN_EXTERN_FUNC, .func = import};
    f->module = load(f, text);
    return wasm_instance(f->store, f->module, &object, import != NULL);
}

static pirn_instance *run(fixture *f, const char *text)
{
    return run_with(f, text, NULL);
}

static int32_t call_i32(fixture *f, const pirn_instance *instance, const char *name, int32_t argument)
{
    pirn_slot slot = {.i32 = argument};
    pirn_call *call = pirn_call_new(f->store);
    expect_start(f, call, wasm_find_func(instance, name), &slot, PIRN_OK, NULL);
    int32_t result = pirn_call_results(call)[0].i32;
    pirn_call_free(call);
    return result;
}

static void expect_trap(fixture *f, const pirn_instance *instance, const char *name, int32_t argument,
                        pirn_status status, const char *message)
{
    pirn_slot slot = {.i32 = argument};
    pirn_call *call = pirn_call_new(f->store);
    expect_start(f, call, wasm_find_func(instance, name), &slot, status, message);
    pirn_call_free(call);
}

/* ---- Generators ------------------------------------------------------------------------------------------------------ */

/* sum n: the numbers n, n-1 ... 1 from one generator; tree n: the leaves of a tree that is walked by recursion, n deep. */
static const char generators[] =
    "(type $f (func (param i32))) (type $k (cont $f)) (type $f0 (func)) (type $k0 (cont $f0))"
    "(tag $yield (param i32))"
    "(func $count (param i32) (loop $l (suspend $yield (local.get 0))"
    "  (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))"
    "(func $walk (param i32)"
    "  (if (i32.eqz (local.get 0)) (then (suspend $yield (i32.const 1)))"
    "    (else (call $walk (i32.sub (local.get 0) (i32.const 1))) (call $walk (i32.sub (local.get 0) (i32.const "
    "1))))))"
    "(elem declare func $count $walk)"
    "(func $all (param $k (ref null $k0)) (result i32) (local $sum i32)"
    "  (loop $l"
    "    (block $on (result i32 (ref $k0)) (resume $k0 (on $yield $on) (local.get $k)) (return (local.get $sum)))"
    "    (local.set $k) (local.set $sum (i32.add (local.get $sum))) (br $l)) unreachable)"
    "(func (export \"sum\") (param i32) (result i32)"
    "  (call $all (cont.bind $k $k0 (local.get 0) (cont.new $k (ref.func $count)))))"
    "(func (export \"tree\") (param i32) (result i32)"
    "  (call $all (cont.bind $k $k0 (local.get 0) (cont.new $k (ref.func $walk)))))";

static void check_generators(const pirn_config *config)
{
    fixture f = fixture_new(config, NULL);
    pirn_store_set_fuel(f.store, 1000000);
    pirn_instance *instance = run(&f, generators);
    assert_int_equal(call_i32(&f, instance, "sum", 100), 5050);
    assert_int_equal(call_i32(&f, instance, "tree", 6), 64);
    fixture_free(&f);
}

static void test_generators_yield_to_whom_resumes_them(void **state)
{
    (void)state;
    pirn_config config = config_of();
    check_generators(&config);
    config.collect_always = true;
    check_generators(&config);
    config.fusion = false;
    check_generators(&config);
    config.fuel = config.interruptible = true;
    check_generators(&config);
}

static void test_dead_continuations_are_collected(void **state)
{
    (void)state;
    pirn_config config = config_of();
    pirn_store_limits limits = pirn_store_limits_default();
    limits.heap_bytes = 1 << 20;
    fixture f = fixture_new(&config, &limits);
    pirn_instance *instance = run(&f, generators);
    assert_int_equal(call_i32(&f, instance, "sum", 30000), 450015000);
    for (int i = 0; i < 100; i++)
        assert_int_equal(call_i32(&f, instance, "tree", 5), 32);
    assert_true(f.store->heap.collections > 0);
    fixture_free(&f);
}

/* ---- Many, and deep ------------------------------------------------------------------------------------------------- */

/*
 * chain n: n continuations, each resumed by the one before; the innermost suspends to the outermost frame, which resumes all of them
 * from `depth` frames further up the stack. Each adds one to the 5 that the suspend yields.
 * many n: n continuations, all suspended at a time; then each is resumed.
 */
static const char crowds[] =
    "(type $f (func (param i32) (result i32))) (type $k (cont $f))"
    "(tag $out (result i32)) (tag $other)"
    "(table $t 100000 (ref null $k))"
    "(func $link (param i32) (result i32)"
    "  (if (result i32) (local.get 0)"
    "    (then (i32.add (i32.const 1) (resume $k (i32.sub (local.get 0) (i32.const 1)) (cont.new $k (ref.func "
    "$link)))))"
    "    (else (suspend $out))))"
    "(func $wait (param i32) (result i32) (i32.add (local.get 0) (suspend $out)))"
    "(elem declare func $link $wait)"
    "(func $up (param $k (ref $k)) (param $depth i32) (result i32)"
    "  (if (result i32) (local.get $depth)"
    "    (then (call $up (local.get $k) (i32.sub (local.get $depth) (i32.const 1))))"
    "    (else (resume $k (i32.const 5) (local.get $k)))))"
    "(func (export \"chain\") (param i32) (result i32)"
    "  (block $h (result (ref $k)) (return (resume $k (on $out $h) (local.get 0) (cont.new $k (ref.func $link)))))"
    "  (call $up (i32.const 3)))"
    "(func (export \"many\") (param i32) (result i32) (local $i i32) (local $sum i32) (local $k (ref null $k))"
    "  (loop $l"
    "    (block $h (result (ref $k))"
    "      (drop (resume $k (on $out $h) (local.get $i) (cont.new $k (ref.func $wait)))) unreachable)"
    "    (local.set $k)"
    "    (table.set $t (local.get $i) (local.get $k))"
    "    (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))"
    "  (loop $l"
    "    (local.set $i (i32.sub (local.get $i) (i32.const 1)))"
    "    (local.set $sum (i32.add (local.get $sum) (resume $k (i32.const 1) (table.get $t (local.get $i)))))"
    "    (br_if $l (local.get $i)))"
    "  (local.get $sum))";

static fixture large_fixture(uint64_t stack_bytes, uint64_t heap_bytes)
{
    pirn_config config = config_of();
    pirn_store_limits limits = pirn_store_limits_default();
    limits.stack_bytes = stack_bytes;
    limits.heap_bytes = heap_bytes;
    return fixture_new(&config, &limits);
}

static void test_a_hundred_thousand_continuations_resume_one_another(void **state)
{
    (void)state;
    fixture f = large_fixture(64 << 20, 64 << 20);
    pirn_instance *instance = run(&f, crowds);
    assert_int_equal(call_i32(&f, instance, "chain", 0), 5);
    assert_int_equal(call_i32(&f, instance, "chain", 1), 6);
    assert_int_equal(call_i32(&f, instance, "chain", 100000), 100005);
    fixture_free(&f);
}

static void test_a_hundred_thousand_suspended_ones_take_the_memory_of_their_frames(void **state)
{
    (void)state;
    fixture f = large_fixture(1 << 20, 64 << 20);
    pirn_instance *instance = run(&f, crowds);
    assert_int_equal(call_i32(&f, instance, "many", 100000), (int32_t)(4999950000u + 100000u));
    assert_true(f.store->heap.bytes < 100000 * 400);
    fixture_free(&f);
}

static void test_a_chain_ends_at_the_limit_of_the_stack(void **state)
{
    (void)state;
    fixture f = large_fixture(1 << 20, 64 << 20);
    pirn_instance *instance = run(&f, crowds);
    expect_trap(&f, instance, "chain", 100000, PIRN_EXHAUSTED, "call stack exhausted");
    assert_true(pirn_error_frames_hidden(f.error) > 1000);
    assert_int_equal(call_i32(&f, instance, "chain", 10), 15);
    fixture_free(&f);
}

static void test_suspended_ones_count_against_the_limit_of_the_heap(void **state)
{
    (void)state;
    fixture f = large_fixture(1 << 20, 1 << 20);
    pirn_instance *instance = run(&f, crowds);
    expect_trap(&f, instance, "many", 100000, PIRN_EXHAUSTED, "the heap is full");
    expect_trap(&f, instance, "chain", 5000, PIRN_EXHAUSTED, "the heap is full");
    fixture_free(&f);
}

/* ---- Elsewhere ---------------------------------------------------------------------------------------------------------- */

/*
 * begin: suspends with its frames in a global; end n: goes on with them, n frames further up the stack. There is a frame too large to
 * fit everywhere, a tail call that has moved a header, and a continuation within.
 */
static const char stored[] =
    "(type $v (func (result i32))) (type $kv (cont $v)) (type $f (func (param i32) (result i32))) (type $k (cont $f))"
    "(tag $out (result i32))"
    "(global $kept (mut (ref null $k)) (ref.null $k))"
    "(func $leaf (param i32 i32 i32) (result i32) (i32.add (local.get 2) (suspend $out)))"
    "(func $tail (param i32) (result i32) (return_call $leaf (i32.const 1) (i32.const 2) (local.get 0)))"
    "(func $inner (result i32) (local i64 i64 i64) (i32.add (i32.const 100) (call $tail (i32.const 20))))"
    "(func $outer (result i32) (i32.add (i32.const 1000) (resume $kv (cont.new $kv (ref.func $inner)))))"
    "(elem declare func $inner $outer)"
    "(func $begin (export \"begin\") (param i32) (result i32)"
    "  (block $h (result (ref $k)) (return (resume $kv (on $out $h) (cont.new $kv (ref.func $outer)))))"
    "  (global.set $kept) (i32.const 0))"
    "(func $end (export \"end\") (param i32) (result i32)"
    "  (if (result i32) (local.get 0) (then (call $end (i32.sub (local.get 0) (i32.const 1))))"
    "    (else (resume $k (i32.const 3) (global.get $kept)))))";

static void test_frames_go_on_elsewhere_on_the_stack_and_on_another(void **state)
{
    (void)state;
    pirn_config config = config_of();
    config.collect_always = true;
    fixture f = fixture_new(&config, NULL);
    pirn_instance *instance = run(&f, stored);
    pirn_call *first = pirn_call_new(f.store);
    for (int depth = 0; depth < 5; depth++) {
        pirn_slot slot = {.i32 = 0};
        expect_start(&f, first, wasm_find_func(instance, "begin"), &slot, PIRN_OK, NULL);
        assert_int_equal(call_i32(&f, instance, "end", depth), 1123); /* in a call of its own */
        expect_trap(&f, instance, "end", depth, PIRN_TRAP, "continuation already consumed");
    }
    pirn_call_free(first);
    fixture_free(&f);
}

static void test_frames_that_do_not_fit_any_more_are_a_full_stack(void **state)
{
    (void)state;
    fixture f = large_fixture(64 << 10, 1 << 20);
    pirn_instance *instance = run(&f, stored);
    int32_t depth = 0;
    pirn_status status = PIRN_OK;
    for (; status == PIRN_OK; depth++) { /* one of these depths leaves room for some of the frames only */
        assert_int_equal(call_i32(&f, instance, "begin", 0), 0);
        pirn_slot slot = {.i32 = depth}, result;
        status = pirn_invoke(f.store, NULL, wasm_find_func(instance, "end"), &slot, &result, f.error);
    }
    expect_outcome(&f, status, PIRN_EXHAUSTED, "call stack exhausted");
    assert_true(depth > 100);
    fixture_free(&f);
}

static void test_large_frames_find_their_room_again(void **state)
{
    (void)state;
    enum { LOCALS = 5000 };
    char *text = malloc(100000);
    char *at =
        text + sprintf(text, "%s",
                       "(type $v (func (result i64))) (type $k (cont $v)) (tag $out)"
                       "(global $kept (mut (ref null $k)) (ref.null $k))"
                       "(elem declare func $large)"
                       "(func (export \"begin\") (param i32) (result i32)"
                       "  (block $h (result (ref $k)) (drop (resume $k (on $out $h) (cont.new $k (ref.func $large))))"
                       "    unreachable)"
                       "  (global.set $kept) (i32.const 1))"
                       "(func $end (export \"end\") (param i32) (result i32)"
                       "  (if (result i32) (local.get 0) (then (call $end (i32.sub (local.get 0) (i32.const 1))))"
                       "    (else (i32.wrap_i64 (resume $k (global.get $kept))))))"
                       "(func $large (result i64) (local");
    for (int i = 0; i < LOCALS; i++)
        at += sprintf(at, " i64");
    at += sprintf(at, ") (local.set %d (i64.const 77)) (suspend $out) (local.get %d))", LOCALS - 1, LOCALS - 1);
    fixture f = large_fixture(100 << 10, 1 << 20);
    pirn_instance *instance = run(&f, text);
    free(text);
    call_i32(&f, instance, "begin", 0);
    assert_int_equal(call_i32(&f, instance, "end", 100), 77);
    call_i32(&f, instance, "begin", 0);
    expect_trap(&f, instance, "end", 1500, PIRN_EXHAUSTED, "call stack exhausted");
    fixture_free(&f);
}

static void test_values_of_all_types_go_in_and_out(void **state)
{
    (void)state;
    pirn_config config = config_of();
    config.collect_always = true;
    fixture f = fixture_new(&config, NULL);
    pirn_instance *instance =
        run(&f, "(type $f (func (param f64 v128 i32) (result f64))) (type $k (cont $f))"
                "(type $g (func (param i32 v128) (result f64))) (type $l (cont $g))"
                "(type $h (func (param v128) (result f64))) (type $m (cont $h))"
                "(tag $t (param v128 f32) (result i32 v128))"
                "(func $sum (param f64 v128 i32) (result f64) (local $v v128)"
                "  (suspend $t (local.get 1) (f32.const 0.5)) (local.set $v) (f64.convert_i32_s)"
                "  (f64.add (local.get 0)) (f64.add (f64.convert_i64_s (i64x2.extract_lane 1 (local.get $v))))"
                "  (f64.add (f64.convert_i32_s (local.get 2))))"
                "(elem declare func $sum)"
                "(func (export \"run\") (param i32) (result f64) (local $k (ref null $l)) (local $x f64)"
                "  (block $on (result v128 f32 (ref $l))"
                "    (return (resume $k (on $t $on) (f64.const 1000) (v128.const i64x2 3 4) (local.get 0)"
                "      (cont.new $k (ref.func $sum)))))"
                "  (local.set $k) (local.set $x (f64.promote_f32)) (i64x2.extract_lane 0) (drop)"
                "  (v128.const i64x2 5 60) (cont.bind $l $m (i32.const 200) (local.get $k))"
                "  (f64.add (resume $m) (local.get $x)))");
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, wasm_find_func(instance, "run"), &(pirn_slot){.i32 = 7}, PIRN_OK, NULL);
    assert_true(pirn_call_results(call)[0].f64 == 1267.5);
    pirn_call_free(call);
    fixture_free(&f);
}

/* ---- Between continuations -------------------------------------------------------------------------------------------------- */

/* Two of frames of different sizes hand a number to and fro; each adds. The continuation that is left is an argument of the other. */
static void test_switching_exchanges_frames_of_any_size(void **state)
{
    (void)state;
    pirn_config config = config_of();
    config.collect_always = true;
    fixture f = fixture_new(&config, NULL);
    pirn_instance *instance = run(
        &f,
        "(rec (type $f (func (param i32 i64 (ref null $k)) (result i32))) (type $k (cont $f)))"
        "(tag $swap (result i32))"
        "(func $small (type $f)"
        "  (loop $l"
        "    (if (i32.gt_s (local.get 0) (i32.const 100)) (then (return (local.get 0))))"
        "    (switch $k $swap (i32.add (local.get 0) (i32.const 1)) (i64.const 1) (local.get 2))"
        "    (local.set 2) (local.set 1) (local.set 0) (br $l)) unreachable)"
        "(func $deep (param i32) (param $n i32) (param (ref null $k)) (result i32 (ref null $k)) (local i64 i64 i64)"
        "  (if (local.get $n) (then (return"
        "    (call $deep (local.get 0) (i32.sub (local.get $n) (i32.const 1)) (local.get 2)))))"
        "  (switch $k $swap (i32.add (local.get 0) (i32.const 10)) (i64.const 1) (local.get 2))"
        "  (local.set 2) (drop) (local.set 0) (local.get 0) (local.get 2))"
        "(func $large (type $f) (local $n i32)"
        "  (loop $l"
        "    (call $deep (local.get 0) (local.get $n) (local.get 2)) (local.set 2) (local.set 0)"
        "    (local.set $n (i32.add (local.get $n) (i32.const 3))) (br $l)) unreachable)"
        "(elem declare func $small $large)"
        "(func (export \"run\") (param i32) (result i32)"
        "  (resume $k (on $swap switch) (local.get 0) (i64.const 0)"
        "    (cont.new $k (ref.func $large)) (cont.new $k (ref.func $small))))");
    assert_int_equal(call_i32(&f, instance, "run", 0), 110);
    assert_int_equal(call_i32(&f, instance, "run", 200), 200);
    fixture_free(&f);
}

static void test_handlers_are_looked_for_from_the_innermost_outward(void **state)
{
    (void)state;
    fixture f = new_fixture();
    pirn_instance *instance =
        run(&f, "(type $v (func (result i32))) (type $k (cont $v)) (tag $a) (tag $b)"
                "(func $body (result i32) (suspend $a) (suspend $b) (i32.const 1))"
                "(func $inner (result i32)" /* handles $b, and goes on */
                "  (local $k (ref null $k)) (local.set $k (cont.new $k (ref.func $body)))"
                "  (block $h (result (ref $k)) (return (resume $k (on $b $h) (on $b $h) (local.get $k))))"
                "  (i32.add (resume $k) (i32.const 10)))"
                "(elem declare func $body $inner)"
                "(func (export \"run\") (param i32) (result i32)"
                "  (block $h (result (ref $k))"
                "    (return (resume $k (on $b $h) (on $a $h) (cont.new $k (ref.func $inner)))))"
                "  (i32.add (resume $k) (i32.const 100)))"
                "(func (export \"gone\") (param i32) (result i32)" /* a handler is gone when its label is reached */
                "  (block $h (result (ref $k)) (return (resume $k (on $a $h) (cont.new $k (ref.func $body)))))"
                "  (resume $k))");
    assert_int_equal(call_i32(&f, instance, "run", 0), 111);
    expect_trap(&f, instance, "gone", 0, PIRN_TRAP, "unhandled tag");
    fixture_free(&f);
}

/* The label of a handler may be a loop's, or the function's own. */
static void test_a_handler_may_be_a_loop_or_the_function(void **state)
{
    (void)state;
    fixture f = new_fixture();
    pirn_instance *instance = run(&f, "(type $f (func)) (type $k (cont $f)) (tag $t (param i32))"
                                      "(func $body (suspend $t (i32.const 1)) (suspend $t (i32.const 20)))"
                                      "(elem declare func $body)"
                                      "(func $out (result i32 (ref null $k))"
                                      "  (resume $k (on $t 0) (cont.new $k (ref.func $body))) unreachable)"
                                      "(func (export \"func\") (param i32) (result i32) (call $out) (drop))"
                                      "(func (export \"loop\") (param $sum i32) (result i32) (local $k (ref null $k))"
                                      "  (i32.const 0) (cont.new $k (ref.func $body))"
                                      "  (loop $l (param i32 (ref $k))"
                                      "    (local.set $k) (local.set $sum (i32.add (local.get $sum)))"
                                      "    (resume $k (on $t $l) (local.get $k)))"
                                      "  (local.get $sum))");
    assert_int_equal(call_i32(&f, instance, "func", 0), 1);
    assert_int_equal(call_i32(&f, instance, "loop", 300), 321);
    fixture_free(&f);
}

/* ---- Exceptions and traps ------------------------------------------------------------------------------------------------------ */

/* pause: the continuation, up to its suspension. */
static const char throwing[] =
    "(type $v (func (result i32))) (type $k (cont $v)) (tag $out) (tag $e (param i32))"
    "(func $boom (result i32) (throw $e (i32.const 5)))"
    "(func $middle (result i32) (resume $k (cont.new $k (ref.func $boom))))"
    "(func $guarded (result i32)"
    "  (block $h (result i32) (try_table (catch $e $h) (suspend $out)) (i32.const 1)))"
    "(func $unguarded (result i32) (suspend $out) (i32.const 2))"
    "(func $div (result i32) (i32.div_u (i32.const 1) (i32.const 0)))"
    "(elem declare func $boom $middle $guarded $unguarded $div)"
    "(func $pause (param $k (ref $k)) (result (ref $k))"
    "  (block $h (result (ref $k)) (drop (resume $k (on $out $h) (local.get $k))) unreachable))"
    "(func (export \"through\") (param i32) (result i32)"
    "  (block $h (result i32) (try_table (result i32) (catch $e $h)"
    "    (resume $k (cont.new $k (ref.func $middle))))))"
    "(func (export \"leaves\") (param i32) (result i32)"
    "  (block $h (result i32) (try_table (result i32) (catch $e $h)"
    "    (block $on (result (ref $k)) (return (resume $k (on $out $on) (cont.new $k (ref.func $boom)))))"
    "    (drop) unreachable))"
    "  (drop) (suspend $out) unreachable)"
    "(func (export \"into\") (param i32) (result i32)"
    "  (i32.add (i32.const 40) (resume_throw $k $e (local.get 0) (call $pause (cont.new $k (ref.func $guarded))))))"
    "(func (export \"past\") (param i32) (result i32)"
    "  (block $h (result i32) (try_table (result i32) (catch $e $h)"
    "    (resume_throw $k $e (local.get 0) (call $pause (cont.new $k (ref.func $unguarded)))))))"
    "(func (export \"uncaught\") (param i32) (result i32)"
    "  (resume_throw $k $e (local.get 0) (call $pause (cont.new $k (ref.func $unguarded)))))"
    "(func (export \"trap\") (param i32) (result i32)"
    "  (resume $k (cont.new $k (ref.func $div))))"
    "(func (export \"null\") (param i32) (result i32)"
    "  (resume_throw_ref $k (ref.null exn) (cont.new $k (ref.func $div))))";

static void test_exceptions_cross_the_borders_of_continuations(void **state)
{
    (void)state;
    pirn_config config = config_of();
    for (int i = 0; i < 2; i++) {
        config.collect_always = i == 1;
        fixture f = fixture_new(&config, NULL);
        pirn_instance *instance = run(&f, throwing);
        assert_int_equal(call_i32(&f, instance, "through", 0), 5);
        expect_trap(&f, instance, "leaves", 0, PIRN_TRAP, "unhandled tag"); /* the handler is gone */
        assert_int_equal(call_i32(&f, instance, "into", 2), 42);
        assert_int_equal(call_i32(&f, instance, "past", 6), 6);
        expect_trap(&f, instance, "uncaught", 6, PIRN_TRAP, "uncaught exception of tag 1");
        assert_int_equal(pirn_error_frame_count(f.error), 2);
        expect_trap(&f, instance, "null", 6, PIRN_TRAP, "null exception reference");
        fixture_free(&f);
    }
}

static void test_a_backtrace_leads_out_of_continuations(void **state)
{
    (void)state;
    fixture f = new_fixture();
    pirn_instance *instance = run(&f, throwing);
    expect_trap(&f, instance, "trap", 0, PIRN_TRAP, "integer divide by zero");
    assert_int_equal(pirn_error_frame_count(f.error), 2);
    assert_true(pirn_str_eq(pirn_error_frame(f.error, 0).function, PIRN_STR("div")));
    assert_int_equal(pirn_error_frame(f.error, 1).function_index, 11);
    fixture_free(&f);
}

/* ---- Host functions -------------------------------------------------------------------------------------------------------------- */

/* Waits twice, then yields its argument plus 100. */
static pirn_status wait_again(pirn_frame *frame, void *data)
{
    int *waits = data;
    if (--*waits > 0)
        return pirn_frame_wait(frame, wait_again, data, NULL);
    pirn_frame_slots(frame)[0].i32 += 100;
    return PIRN_OK;
}

static pirn_status wait_twice(pirn_frame *frame, void *data)
{
    *(int *)data = 2;
    return pirn_frame_wait(frame, wait_again, data, NULL);
}

/* direct: the host function itself is what the continuation runs; within: it is called; both suspend before or after. */
static const char hosted[] =
    "(type $f (func (param i32) (result i32))) (type $k (cont $f)) (type $v (func (result i32))) (type $kv (cont $v))"
    "(import \"test\" \"host\" (func $host (type $f)))"
    "(tag $out)"
    "(func $body (type $f) (local.set 0 (call $host (local.get 0))) (suspend $out) (i32.add (local.get 0) (i32.const "
    "1)))"
    "(func (export \"suspends\") (type $f) (suspend $out) (i32.const 3))"
    "(elem declare func $host $body)"
    "(func (export \"direct\") (param i32) (result i32) (resume $k (local.get 0) (cont.new $k (ref.func $host))))"
    "(func (export \"within\") (param i32) (result i32)"
    "  (block $h (result (ref $kv)) (return (resume $k (on $out $h) (local.get 0) (cont.new $k (ref.func $body)))))"
    "  (resume $kv))";

static void test_a_host_function_in_a_continuation_may_wait(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int32_t expected;
    } rows[] = {{"direct", 107}, {"within", 108}};
    fixture f = new_fixture();
    int waits = 0;
    pirn_instance *instance = run_with(&f, hosted, fixture_host(&f, "i:i", wait_twice, &waits));
    pirn_call *call = pirn_call_new(f.store), *other = pirn_call_new(f.store);
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        pirn_func *func = wasm_find_func(instance, rows[i].name);
        expect_start(&f, call, func, &(pirn_slot){.i32 = 7}, PIRN_PENDING, NULL);
        expect_start(&f, other, func, &(pirn_slot){.i32 = 7}, PIRN_PENDING, NULL); /* meanwhile */
        pirn_call_cancel(other);
        waits = 2;
        expect_resume(&f, call, PIRN_PENDING, NULL);
        expect_resume(&f, call, PIRN_OK, NULL);
        assert_int_equal(pirn_call_results(call)[0].i32, rows[i].expected);
    }
    pirn_call_free(call);
    pirn_call_free(other);
    fixture_free(&f);
}

/* Has the function at *data entered, or invokes it. */
static pirn_status after_enter(pirn_frame *frame, void *data)
{
    (void)data;
    pirn_frame_slots(frame)[0] = pirn_frame_entered_results(frame)[0];
    return PIRN_OK;
}

static pirn_status enter_other(pirn_frame *frame, void *data)
{
    pirn_func **func = data;
    return pirn_frame_enter(frame, *func, pirn_frame_slots(frame), after_enter, NULL, NULL);
}

static pirn_status invoke_other(pirn_frame *frame, void *data)
{
    pirn_func **func = data;
    pirn_slot *slots = pirn_frame_slots(frame);
    return pirn_invoke(pirn_frame_store(frame), frame, *func, slots, slots, pirn_frame_error(frame));
}

static void test_a_suspension_does_not_pass_host_functions(void **state)
{
    (void)state;
    static const pirn_host_func hosts[] = {enter_other, invoke_other};
    for (size_t i = 0; i < BASE_COUNT(hosts); i++) {
        fixture f = new_fixture();
        pirn_func *func = NULL;
        pirn_instance *instance = run_with(&f, hosted, fixture_host(&f, "i:i", hosts[i], &func));
        func = wasm_find_func(instance, "suspends");
        expect_trap(&f, instance, "within", 0, PIRN_TRAP, "unhandled tag");
        func = wasm_find_func(instance,
                              "within"); /* again, and there to the end: it calls itself, through the host, once */
        expect_trap(&f, instance, "direct", 0, PIRN_EXHAUSTED, "call stack exhausted");
        fixture_free(&f);
    }
}

static void test_a_continuation_may_belong_to_another_instance(void **state)
{
    (void)state;
    fixture f = new_fixture();
    pirn_instance *first = run(&f, "(type $f (func (param i32) (result i32))) (type $k (cont $f))"
                                   "(tag $t (result i32)) (memory 1) (data (i32.const 0) \"\\07\")"
                                   "(func $leaf (type $f) (i32.add (suspend $t) (i32.load8_u (i32.const 0))))"
                                   "(elem declare func $leaf)"
                                   "(func (export \"make\") (param i32) (result i32) (i32.const 0))"
                                   "(func (export \"leaf\") (type $f) (return_call $leaf (local.get 0)))");
    pirn_module *module =
        load(&f, "(type $f (func (param i32) (result i32))) (type $k (cont $f)) (type $v (func (result i32)))"
                 "(import \"a\" \"leaf\" (func $leaf (type $f))) (tag $t) (memory 1) (data (i32.const 0) \"\\09\")"
                 "(func $tail (type $f) (return_call $leaf (local.get 0)))"
                 "(elem declare func $leaf $tail)"
                 "(func (export \"import\") (type $f) (i32.add (i32.load8_u (i32.const 0))"
                 "  (resume $k (local.get 0) (cont.new $k (ref.func $leaf)))))"
                 "(func (export \"tail\") (type $f) (i32.add (i32.load8_u (i32.const 0))"
                 "  (resume $k (local.get 0) (cont.new $k (ref.func $tail)))))");
    pirn_extern leaf = wasm_find(first, "leaf");
    pirn_instance *second = wasm_instance(f.store, module, &leaf, 1);
    expect_trap(&f, second, "import", 1, PIRN_TRAP, "unhandled tag"); /* the tag is another one */
    expect_trap(&f, second, "tail", 1, PIRN_TRAP, "unhandled tag");
    pirn_store_free(f.store);
    f.store = NULL;
    pirn_module_free(module);
    fixture_free(&f);
}

/* ---- Limits of time and memory ------------------------------------------------------------------------------------------------- */

static const char endless[] = "(type $f (func)) (type $k (cont $f)) (tag $t)"
                              "(func $body (suspend $t) (return_call $body))"
                              "(elem declare func $body)"
                              "(func (export \"run\") (param i32) (result i32)"
                              "  (cont.new $k (ref.func $body))"
                              "  (loop $l (param (ref $k)) (resume $k (on $t $l)))"
                              "  (i32.const 0))";

static void test_fuel_ends_in_a_continuation(void **state)
{
    (void)state;
    pirn_config config = config_of();
    config.fuel = true;
    fixture f = fixture_new(&config, NULL);
    pirn_instance *instance = run(&f, endless);
    pirn_store_set_fuel(f.store, 10000);
    expect_trap(&f, instance, "run", 0, PIRN_EXHAUSTED, "all fuel consumed");
    fixture_free(&f);
}

static void test_what_is_skipped_by_a_suspension_costs_no_fuel(void **state)
{
    (void)state;
    pirn_config config = config_of();
    config.fuel = true;
    fixture f = fixture_new(&config, NULL);
    pirn_instance *instance =
        run(&f, "(type $f (func)) (type $k (cont $f)) (tag $t)"
                "(func $body (suspend $t) nop nop nop nop nop)"
                "(elem declare func $body)"
                "(func (export \"run\") (param i32) (result i32)"
                "  (block $h (result (ref $k))"
                "    (resume $k (on $t $h) (cont.new $k (ref.func $body))) nop nop nop unreachable)"
                "  (drop) (i32.const 4))");
    pirn_store_set_fuel(f.store, 1000);
    assert_int_equal(call_i32(&f, instance, "run", 0), 4);
    assert_int_equal(1000 - pirn_store_fuel(f.store),
                     7); /* block, ref.func, cont.new, resume; suspend; drop, i32.const */
    fixture_free(&f);
}

static pirn_status interrupt(pirn_frame *frame, void *data)
{
    int *left = data;
    if (--*left == 0)
        pirn_store_interrupt(pirn_frame_store(frame));
    return PIRN_OK;
}

static void test_an_interrupt_reaches_continuations(void **state)
{
    (void)state;
    fixture f = new_fixture(); /* not at back-edges: resuming looks */
    int left = 1000;
    pirn_func *host = fixture_host(&f, ":", interrupt, &left);
    pirn_instance *instance = run_with(&f,
                                       "(type $f (func)) (type $k (cont $f))"
                                       "(import \"test\" \"host\" (func $host)) (tag $t)"
                                       "(func $body (loop $l (call $host) (suspend $t) (br $l)))"
                                       "(elem declare func $body)"
                                       "(func (export \"run\") (param i32) (result i32)"
                                       "  (cont.new $k (ref.func $body))"
                                       "  (loop $l (param (ref $k)) (resume $k (on $t $l)))"
                                       "  (i32.const 0))",
                                       host);
    expect_trap(&f, instance, "run", 0, PIRN_EXHAUSTED, "interrupted: the time limit was reached");
    assert_int_equal(left, 0);
    fixture_free(&f);
}

/* Whichever allocation fails: the run ends with a status, nothing leaks, and with enough memory it succeeds. */
static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    static const char *const names[] = {"begin", "end"};
    for (size_t n = 0, done = 0; done == 0; n++) {
        test_memory memory;
        test_memory_init(&memory, SIZE_MAX);
        pirn_config config = config_of();
        config.allocator = &memory.allocator;
        fixture f = fixture_new(&config, NULL);
        pirn_instance *instance = run(&f, stored);
        pirn_call *call = pirn_call_new(f.store);
        memory.requests_left = n;
        pirn_status status = PIRN_OK;
        for (size_t i = 0; i < BASE_COUNT(names) && status == PIRN_OK; i++) {
            pirn_slot slot = {.i32 = 2};
            status = pirn_call_start(call, wasm_find_func(instance, names[i]), &slot, f.error);
        }
        done = status == PIRN_OK;
        if (!done)
            assert_true(status == PIRN_NOMEM || status == PIRN_EXHAUSTED);
        else
            assert_int_equal(pirn_call_results(call)[0].i32, 1123);
        memory.requests_left = SIZE_MAX;
        pirn_call_free(call);
        fixture_free(&f);
        assert_int_equal(memory.live_bytes, 0);
        assert_true(n < 100);
    }
}

/* ---- The language --------------------------------------------------------------------------------------------------------------- */

static void test_without_the_feature_continuations_are_errors(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_type(&w, ":");
    wasm_raw_type(&w, CODE(0x5D, 0));
    size_t size;
    uint8_t *bytes = wasm_finish(&w, &size);
    pirn_module *module;
    int status = pirn_module_load(f.engine, bytes, size, PIRN_BYTES_COPY, 0, &module, f.error);
    expect_outcome(&f, status, PIRN_INVALID, "a continuation type needs the feature stack-switching, which is off");
    free(bytes);
    fixture_free(&f);
}

static void test_malformed_handlers_and_types_are_found(void **state)
{
    (void)state;
    enum { SUSPEND = 0xE2, RESUME = 0xE3, CONT = 0x5D };
    const struct {
        const uint8_t *code;
        size_t size;
        pirn_status status;
        const char *message;
    } rows[] = {
        {CODE(REF_NULL, 1, RESUME, 1, 1, 2, 0, 0, END), PIRN_MALFORMED, "malformed handler 0x02"},
        {CODE(REF_NULL, 1, RESUME, 1, 1, 1, 0, END), PIRN_INVALID, "unknown tag 0"},
        {CODE(REF_NULL, 1, RESUME, 0, 0, END), PIRN_INVALID, "non-continuation type 0"},
        {CODE(REF_NULL, 1, RESUME, 7, 0, END), PIRN_INVALID, "unknown type 7"},
        {CODE(SUSPEND, 3, END), PIRN_INVALID, "unknown tag 3"},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        fixture f = new_fixture();
        wasm w;
        wasm_init(&w);
        wasm_type(&w, ":");
        wasm_raw_type(&w, CODE(CONT, 0));
        wasm_func(&w, ":", "", rows[i].code, rows[i].size);
        size_t size;
        uint8_t *bytes = wasm_finish(&w, &size);
        pirn_module *module;
        int status = pirn_module_load(f.engine, bytes, size, PIRN_BYTES_COPY, 0, &module, f.error);
        expect_outcome(&f, status, rows[i].status, rows[i].message);
        free(bytes);
        fixture_free(&f);
    }
}

static void test_a_tag_with_results_is_no_exceptions(void **state)
{
    (void)state;
    fixture f = new_fixture();
    wasm w;
    wasm_init(&w);
    wasm_tag(&w, ":i");
    wasm_func(&w, ":", "", CODE(0x08, 0, END));
    size_t size;
    uint8_t *bytes = wasm_finish(&w, &size);
    pirn_module *module;
    int status = pirn_module_load(f.engine, bytes, size, PIRN_BYTES_COPY, 0, &module, f.error);
    expect_outcome(&f, status, PIRN_INVALID, "type mismatch: tag 0 has results, it is not an exception's");
    free(bytes);
    fixture_free(&f);
}

/* Types are compared across modules when a continuation is imported. */
static void test_continuation_types_are_compared_when_linking(void **state)
{
    (void)state;
    fixture f = new_fixture();
    pirn_instance *first = run(&f, "(type $f (func (param i32))) (type $k (cont $f))"
                                   "(global (export \"k\") (ref null $k) (ref.null $k))"
                                   "(global (export \"any\") contref (ref.null cont))");
    pirn_module *same = load(&f, "(type (func)) (type $f (func (param i32))) (type $k (cont $f))"
                                 "(import \"a\" \"k\" (global (ref null $k))) (import \"a\" \"k\" (global contref))");
    pirn_module *other =
        load(&f, "(type $f (func (param i64))) (type $k (cont $f)) (import \"a\" \"k\" (global (ref null $k)))");
    pirn_extern k[2] = {wasm_find(first, "k"), wasm_find(first, "k")};
    pirn_extern any = wasm_find(first, "any");
    pirn_instance *instance;
    assert_int_equal(pirn_instance_new(f.store, same, k, 2, &instance, f.error), PIRN_OK);
    assert_int_equal(pirn_instance_new(f.store, other, k, 1, &instance, f.error), PIRN_UNLINKABLE);
    assert_int_equal(pirn_instance_new(f.store, other, &any, 1, &instance, f.error), PIRN_UNLINKABLE);
    pirn_store_free(f.store);
    f.store = NULL;
    pirn_module_free(same);
    pirn_module_free(other);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generators_yield_to_whom_resumes_them),
        cmocka_unit_test(test_dead_continuations_are_collected),
        cmocka_unit_test(test_a_hundred_thousand_continuations_resume_one_another),
        cmocka_unit_test(test_a_hundred_thousand_suspended_ones_take_the_memory_of_their_frames),
        cmocka_unit_test(test_a_chain_ends_at_the_limit_of_the_stack),
        cmocka_unit_test(test_suspended_ones_count_against_the_limit_of_the_heap),
        cmocka_unit_test(test_frames_go_on_elsewhere_on_the_stack_and_on_another),
        cmocka_unit_test(test_frames_that_do_not_fit_any_more_are_a_full_stack),
        cmocka_unit_test(test_large_frames_find_their_room_again),
        cmocka_unit_test(test_values_of_all_types_go_in_and_out),
        cmocka_unit_test(test_switching_exchanges_frames_of_any_size),
        cmocka_unit_test(test_handlers_are_looked_for_from_the_innermost_outward),
        cmocka_unit_test(test_a_handler_may_be_a_loop_or_the_function),
        cmocka_unit_test(test_exceptions_cross_the_borders_of_continuations),
        cmocka_unit_test(test_a_backtrace_leads_out_of_continuations),
        cmocka_unit_test(test_a_host_function_in_a_continuation_may_wait),
        cmocka_unit_test(test_a_suspension_does_not_pass_host_functions),
        cmocka_unit_test(test_a_continuation_may_belong_to_another_instance),
        cmocka_unit_test(test_fuel_ends_in_a_continuation),
        cmocka_unit_test(test_what_is_skipped_by_a_suspension_costs_no_fuel),
        cmocka_unit_test(test_an_interrupt_reaches_continuations),
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_without_the_feature_continuations_are_errors),
        cmocka_unit_test(test_malformed_handlers_and_types_are_found),
        cmocka_unit_test(test_a_tag_with_results_is_no_exceptions),
        cmocka_unit_test(test_continuation_types_are_compared_when_linking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

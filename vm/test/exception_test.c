/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions: thrown, caught, passed on, uncaught; through frames, instances and host functions. */
#include "vm/exec/code.h"
#include "vm/test/fixture.h"

enum {
    TRY = 0x06,
    CATCH = 0x07,
    THROW = 0x08,
    RETHROW = 0x09,
    THROW_REF = 0x0A,
    RETURN_CALL = 0x12,
    DELEGATE = 0x18,
    CATCH_ALL = 0x19,
    TRY_TABLE = 0x1F,
    I32 = 0x7F,
    EXNREF = 0x69,
};
/* Clauses of try_table. */
enum { VALUES, VALUES_REF, ALL, ALL_REF };

static void expect_i32(fixture *f, pirn_call *call, const pirn_instance *instance, const char *name, int32_t x,
                       int32_t expected)
{
    pirn_slot arg = {.i32 = x};
    expect_start(f, call, wasm_find_func(instance, name), &arg, PIRN_OK, NULL);
    assert_int_equal(pirn_call_results(call)[0].i32, expected);
}

/* Function 0: throws tag 0 with (x, 7) unless x is zero; then returns 5. */
static void add_thrower(wasm *w)
{
    wasm_tag(w, "il:");
    wasm_func(w, "i:i", "",
              CODE(LOCAL_GET, 0, IF, VOID, LOCAL_GET, 0, I64_CONST, 7, THROW, 0, END, I32_CONST, 5, END));
}

static void test_an_uncaught_exception_ends_the_call(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    add_thrower(&w);
    wasm_export(&w, "error", PIRN_EXTERN_TAG, 0);
    wasm_export_func(&w, "run", wasm_func(&w, "i:i", "", CODE(LOCAL_GET, 0, CALL, 0, END)));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    pirn_func *run = wasm_find_func(instance, "run");
    expect_start(&f, call, run, &(pirn_slot){.i32 = 3}, PIRN_TRAP, "uncaught exception \"error\"");
    assert_int_equal(pirn_error_frame_count(f.error), 2);
    const pirn_exception *exception = pirn_store_exception(f.store);
    assert_non_null(exception);
    assert_ptr_equal(pirn_exception_tag(exception), wasm_find(instance, "error").tag);
    assert_int_equal(pirn_exception_values(exception)[0].i32, 3);
    assert_int_equal(pirn_exception_values(exception)[1].i64, 7);
    const pirn_valtype *types;
    assert_int_equal(pirn_functype_params(pirn_tag_type(pirn_exception_tag(exception)), &types), 2);
    assert_int_equal(types[1], PIRN_I64);
    expect_i32(&f, call, instance, "run", 0, 5);
    assert_null(pirn_store_exception(f.store));
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_values_arrive_above_what_was_on_the_stack(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    add_thrower(&w);
    uint8_t results = (uint8_t)wasm_type(&w, ":il");
    /* 100 * x + (block: i32 and i64 of the exception, the second dropped; or 5 without one) */
    wasm_export_func(&w, "run",
                     wasm_func(&w, "i:i", "",
                               CODE(LOCAL_GET, 0, I32_CONST, 20, I32_MUL, BLOCK, results, TRY_TABLE, I32, 1, VALUES,
                                    0, 0, LOCAL_GET, 0, CALL, 0, END, I64_CONST, 1, END, DROP, I32_ADD, END)));
    /* The same with a frame between, and the exception by tail call. */
    wasm_func(&w, "i:i", "", CODE(LOCAL_GET, 0, RETURN_CALL, 0, END));
    wasm_func(&w, "i:i", "", CODE(LOCAL_GET, 0, CALL, 2, I32_CONST, 1, I32_ADD, END));
    wasm_export_func(&w, "deep",
                     wasm_func(&w, "i:i", "",
                               CODE(I32_CONST, 20, BLOCK, results, TRY_TABLE, I32, 1, VALUES, 0, 0, LOCAL_GET, 0,
                                    CALL, 3, END, I64_CONST, 1, END, DROP, I32_MUL, END)));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    expect_i32(&f, call, instance, "run", 3, 63);
    expect_i32(&f, call, instance, "run", 0, 5);
    expect_i32(&f, call, instance, "deep", 3, 60);
    expect_i32(&f, call, instance, "deep", 0, 120);
    pirn_call_free(call);
    fixture_free(&f);
}

/* Clauses are tried in order, inner blocks first; a clause may lead to a loop's start or out of the function. */
static void test_clauses_are_tried_in_order(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_tag(&w, "i:");
    wasm_tag(&w, "i:");
    wasm_tag(&w, "i:");
    /* throws tag 0, 1, or 2 with the value 40 + x */
    wasm_func(&w, "i:", "",
              CODE(LOCAL_GET, 0, I32_EQZ, IF, VOID, I32_CONST, 40, THROW, 0, END, LOCAL_GET, 0, I32_CONST, 1, I32_SUB,
                   I32_EQZ, IF, VOID, I32_CONST, 41, THROW, 1, END, I32_CONST, 42, THROW, 2, END));
    /* 0: inner, plus 1; 1: outer, out of the function; 2: not caught */
    wasm_export_func(&w, "run",
                     wasm_func(&w, "i:i", "",
                               CODE(TRY_TABLE, VOID, 2, VALUES, 1, 0, VALUES, 0, 0, BLOCK, I32, TRY_TABLE, VOID, 1,
                                    VALUES, 0, 0, LOCAL_GET, 0, CALL, 0, END, UNREACHABLE, END, I32_CONST, 1, I32_ADD,
                                    RETURN, END, UNREACHABLE, END)));
    /* loop (param i32): throws its parameter minus one until it is zero */
    uint8_t type = (uint8_t)wasm_type(&w, "i:");
    wasm_export_func(&w, "loop",
                     wasm_func(&w, "i:i", "ii",
                               CODE(LOCAL_GET, 0, LOOP, type, LOCAL_TEE, 1, IF, VOID, LOCAL_GET, 2, I32_CONST, 3,
                                    I32_ADD, LOCAL_SET, 2, TRY_TABLE, VOID, 1, VALUES, 2, 1, LOCAL_GET, 1, I32_CONST,
                                    1, I32_SUB, THROW, 2, END, END, END, LOCAL_GET, 2, END)));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    expect_i32(&f, call, instance, "run", 0, 41);
    expect_i32(&f, call, instance, "run", 1, 41);
    pirn_func *run = wasm_find_func(instance, "run");
    expect_start(&f, call, run, &(pirn_slot){.i32 = 2}, PIRN_TRAP, "uncaught exception of tag 2");
    expect_i32(&f, call, instance, "loop", 5, 15);
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_references_are_kept_and_thrown_again(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    add_thrower(&w);
    uint8_t all = (uint8_t)wasm_type(&w, ":ilx");
    /* Catches with a reference, keeps it, and throws it again under a handler that takes the value. */
    wasm_export_func(
        &w, "again",
        wasm_func(&w, "i:i", "x",
                  CODE(BLOCK, EXNREF, TRY_TABLE, VOID, 1, ALL_REF, 0, LOCAL_GET, 0, CALL, 0, DROP, END, I32_CONST, 0,
                       RETURN, END, LOCAL_SET, 1, BLOCK, all, TRY_TABLE, VOID, 1, VALUES_REF, 0, 0, LOCAL_GET, 1,
                       THROW_REF, END, UNREACHABLE, END, DROP, DROP, END)));
    wasm_export_func(
        &w, "out",
        wasm_func(&w, "i:x", "",
                  CODE(TRY_TABLE, VOID, 1, ALL_REF, 0, LOCAL_GET, 0, CALL, 0, DROP, END, REF_NULL, EXNREF, END)));
    wasm_export_func(&w, "null", wasm_func(&w, ":", "", CODE(REF_NULL, EXNREF, THROW_REF, END)));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    expect_i32(&f, call, instance, "again", 9, 9);
    expect_i32(&f, call, instance, "again", 0, 0);
    expect_start(&f, call, wasm_find_func(instance, "out"), &(pirn_slot){.i32 = 4}, PIRN_OK, NULL);
    const pirn_exception *exception = pirn_call_results(call)[0].ref;
    assert_int_equal(pirn_exception_values(exception)[0].i32, 4);
    expect_start(&f, call, wasm_find_func(instance, "out"), &(pirn_slot){.i32 = 0}, PIRN_OK, NULL);
    assert_null(pirn_call_results(call)[0].ref);
    expect_start(&f, call, wasm_find_func(instance, "null"), NULL, PIRN_TRAP, "null exception reference");
    assert_null(pirn_store_exception(f.store));
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_a_trap_is_not_caught(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_export_func(
        &w, "run", wasm_func(&w, ":", "", CODE(BLOCK, VOID, TRY_TABLE, VOID, 1, ALL, 0, UNREACHABLE, END, END, END)));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, wasm_find_func(instance, "run"), NULL, PIRN_TRAP, "unreachable");
    pirn_call_free(call);
    fixture_free(&f);
}

/* ---- Through instances and host functions ------------------------------------------------------------------------ */

typedef struct passing {
    pirn_func *callee;
    bool stops;
    int cancelled;
} passing;

static void note_cancel(void *data)
{
    ((passing *)data)->cancelled++;
}

static pirn_status return_one(pirn_frame *frame, void *data)
{
    (void)data;
    pirn_frame_slots(frame)[0].i32 = 1;
    return PIRN_OK;
}

static pirn_status pass_on(pirn_frame *frame, void *data)
{
    passing *p = data;
    if (p->stops)
        pirn_frame_stop_exceptions(frame);
    return pirn_frame_enter(frame, p->callee, pirn_frame_slots(frame), return_one, p, note_cancel);
}

/* One module throws; another catches it, by the tag that it imports, through a host function. */
typedef struct pair {
    fixture f;
    pirn_module *catcher_module;
    pirn_instance *catcher;
    passing passing;
    pirn_call *call;
} pair;

static void pair_init(pair *p)
{
    p->f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    add_thrower(&w);
    wasm_export(&w, "error", PIRN_EXTERN_TAG, 0);
    wasm_export_func(&w, "throw", 0);
    pirn_instance *thrower = fixture_run(&p->f, &w, NULL, 0);
    p->passing = (passing){.callee = wasm_find_func(thrower, "throw")};
    wasm_init(&w);
    wasm_import_func(&w, "m", "host", "i:i");
    wasm_import_func(&w, "m", "throw", "i:i");
    wasm_import_tag(&w, "m", "error", "il:");
    wasm_tag(&w, "il:");
    uint8_t results = (uint8_t)wasm_type(&w, ":il");
    wasm_export_func(&w, "run",
                     wasm_func(&w, "i:i", "",
                               CODE(BLOCK, results, TRY_TABLE, I32, 2, VALUES, 1, 0, VALUES, 0, 0, LOCAL_GET, 0, CALL,
                                    0, END, RETURN, END, DROP, END)));
    wasm_export_func(&w, "direct",
                     wasm_func(&w, "i:i", "",
                               CODE(BLOCK, results, TRY_TABLE, I32, 2, VALUES, 1, 0, VALUES, 0, 0, LOCAL_GET, 0, CALL,
                                    1, END, RETURN, END, DROP, END)));
    p->catcher_module = wasm_load(&w, p->f.engine);
    pirn_extern imports[] = {
        {.kind = PIRN_EXTERN_FUNC, .func = fixture_host(&p->f, "i:i", pass_on, &p->passing)},
        wasm_find(thrower, "throw"),
        wasm_find(thrower, "error"),
    };
    p->catcher = wasm_instance(p->f.store, p->catcher_module, imports, 3);
    p->call = pirn_call_new(p->f.store);
}

static void pair_done(pair *p)
{
    pirn_call_free(p->call);
    pirn_store_free(p->f.store);
    pirn_module_free(p->catcher_module);
    pirn_module_free(p->f.module);
    pirn_engine_free(p->f.engine);
    pirn_error_free(p->f.error);
}

static void test_an_exception_passes_instances_and_host_functions(void **state)
{
    (void)state;
    pair p;
    pair_init(&p);
    expect_i32(&p.f, p.call, p.catcher, "direct", 8, 8);
    expect_i32(&p.f, p.call, p.catcher, "run", 0, 1);
    assert_int_equal(p.passing.cancelled, 0);
    expect_i32(&p.f, p.call, p.catcher, "run", 8, 8);
    assert_int_equal(p.passing.cancelled, 1);
    expect_i32(&p.f, p.call, p.catcher, "run", 9, 9);
    assert_int_equal(p.passing.cancelled, 2);
    pair_done(&p);
}

static void test_a_host_function_can_stop_exceptions(void **state)
{
    (void)state;
    pair p;
    pair_init(&p);
    p.passing.stops = true;
    expect_start(&p.f, p.call, wasm_find_func(p.catcher, "run"), &(pirn_slot){.i32 = 8}, PIRN_TRAP,
                 "uncaught exception \"error\"");
    assert_int_equal(p.passing.cancelled, 1);
    assert_int_equal(pirn_error_frame_count(p.f.error), 2);
    pair_done(&p);
}

static void test_tags_are_made_by_the_embedder_too(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_extern object = {.kind = PIRN_EXTERN_TAG};
    assert_int_equal(pirn_tag_new(f.store, fixture_type(&f, "i:i"), &object.tag, f.error), PIRN_USAGE);
    assert_string_equal(pirn_error_message(f.error), "non-empty tag result type");
    pirn_error_clear(f.error);
    assert_int_equal(pirn_tag_new(f.store, fixture_type(&f, "i:"), &object.tag, f.error), PIRN_OK);
    char text[64];
    pirn_externtype type = pirn_extern_type(&object);
    pirn_externtype_text(&type, text, sizeof text);
    assert_string_equal(text, "tag (param i32)");
    wasm w;
    wasm_init(&w);
    wasm_import_tag(&w, "m", "t", "i:");
    wasm_export_func(&w, "run", wasm_func(&w, "i:", "", CODE(LOCAL_GET, 0, THROW, 0, END)));
    f.module = wasm_load(&w, f.engine);
    assert_int_equal(pirn_module_import(f.module, 0).type.kind, PIRN_EXTERN_TAG);
    pirn_instance *instance = wasm_instance(f.store, f.module, &object, 1);
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, wasm_find_func(instance, "run"), &(pirn_slot){.i32 = 2}, PIRN_TRAP,
                 "uncaught exception \"t\"");
    assert_ptr_equal(pirn_exception_tag(pirn_store_exception(f.store)), object.tag);
    pirn_extern other = {.kind = PIRN_EXTERN_TAG};
    assert_int_equal(pirn_tag_new(f.store, fixture_type(&f, "l:"), &other.tag, f.error), PIRN_OK);
    pirn_error_clear(f.error);
    assert_int_equal(pirn_instance_new(f.store, f.module, &other, 1, &instance, f.error), PIRN_UNLINKABLE);
    assert_string_equal(pirn_error_message(f.error),
                        "incompatible import type \"m\" \"t\": expected tag (param i32), got tag (param i64)");
    pirn_call_free(call);
    fixture_free(&f);
}

/* ---- Before the standard ----------------------------------------------------------------------------------------- */

static void test_legacy_blocks_catch_rethrow_and_delegate(void **state)
{
    (void)state;
    pirn_config config = pirn_config_default();
    config.features |= PIRN_FEATURE_LEGACY_EXCEPTIONS;
    fixture f = fixture_new(&config, NULL);
    wasm w;
    wasm_init(&w);
    add_thrower(&w);
    /* 2 + (try f(x) catch: the value; the i64 dropped) */
    wasm_export_func(
        &w, "catch",
        wasm_func(&w, "i:i", "",
                  CODE(I32_CONST, 2, TRY, I32, LOCAL_GET, 0, CALL, 0, CATCH, 0, DROP, END, I32_ADD, END)));
    /* try (try f(x) catch_all: rethrow) catch: value + 10 */
    wasm_export_func(&w, "rethrow",
                     wasm_func(&w, "i:i", "",
                               CODE(TRY, I32, TRY, I32, LOCAL_GET, 0, CALL, 0, CATCH_ALL, RETHROW, 0, END, CATCH, 0,
                                    DROP, I32_CONST, 10, I32_ADD, END, END)));
    /* try (try (try f(x) delegate 1) catch_all: 99) catch: value */
    wasm_export_func(&w, "delegate",
                     wasm_func(&w, "i:i", "",
                               CODE(TRY, I32, TRY, I32, TRY, I32, LOCAL_GET, 0, CALL, 0, DELEGATE, 1, CATCH_ALL,
                                    I32_CONST, 11, END, CATCH, 0, DROP, END, END)));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    expect_i32(&f, call, instance, "catch", 3, 5);
    expect_i32(&f, call, instance, "catch", 0, 7);
    expect_i32(&f, call, instance, "rethrow", 3, 13);
    expect_i32(&f, call, instance, "rethrow", 0, 5);
    expect_i32(&f, call, instance, "delegate", 3, 3);
    expect_i32(&f, call, instance, "delegate", 0, 5);
    pirn_call_free(call);
    fixture_free(&f);
}

/* ---- Costs --------------------------------------------------------------------------------------------------------- */

static void append_line(void *data, uint32_t word, const char *line)
{
    (void)word;
    strcat(strcat(data, line), "\n");
}

static void test_a_block_that_catches_has_no_cells(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_export_func(&w, "run",
                     wasm_func(&w, "i:i", "",
                               CODE(BLOCK, VOID, TRY_TABLE, VOID, 1, ALL, 0, LOCAL_GET, 0, I32_CONST, 1, I32_ADD,
                                    LOCAL_SET, 0, END, END, LOCAL_GET, 0, END)));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_call *call = pirn_call_new(f.store);
    expect_i32(&f, call, instance, "run", 1, 2);
    char cells[512] = "";
    assert_true(vm_disasm(f.module, 0, append_line, cells));
    assert_string_equal(cells, "    0 i32_add_si_s s0 s0 1\n"
                               "    2 return_s_1 s1 s0\n");
    pirn_call_free(call);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_uncaught_exception_ends_the_call),
        cmocka_unit_test(test_values_arrive_above_what_was_on_the_stack),
        cmocka_unit_test(test_clauses_are_tried_in_order),
        cmocka_unit_test(test_references_are_kept_and_thrown_again),
        cmocka_unit_test(test_a_trap_is_not_caught),
        cmocka_unit_test(test_an_exception_passes_instances_and_host_functions),
        cmocka_unit_test(test_a_host_function_can_stop_exceptions),
        cmocka_unit_test(test_tags_are_made_by_the_embedder_too),
        cmocka_unit_test(test_legacy_blocks_catch_rethrow_and_delegate),
        cmocka_unit_test(test_a_block_that_catches_has_no_cells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

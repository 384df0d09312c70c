/* SPDX-License-Identifier: Apache-2.0 */
/* The engine: the registry of function types, external types in words, and threads that share a module. */
#include "vm/test/fixture.h"
#include <pthread.h>

static void test_equal_function_types_are_one(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    const pirn_functype *a = fixture_type(&f, "il:d");
    assert_ptr_equal(a, fixture_type(&f, "il:d"));
    assert_ptr_not_equal(a, fixture_type(&f, "i:ld"));
    assert_ptr_not_equal(a, fixture_type(&f, "ild:"));
    assert_ptr_not_equal(fixture_type(&f, ":"), fixture_type(&f, ":i"));
    const pirn_valtype *types;
    assert_int_equal(pirn_functype_params(a, &types), 2);
    assert_int_equal(types[1], PIRN_I64);
    assert_int_equal(pirn_functype_results(a, &types), 1);
    assert_int_equal(types[0], PIRN_F64);
    const pirn_functype *wide = pirn_functype_new(f.engine, (pirn_valtype[]){PIRN_V128, PIRN_I32}, 2, NULL, 0);
    assert_int_equal(pirn_functype_param_slots(wide), 3);
    assert_int_equal(pirn_functype_result_slots(wide), 0);
    fixture_free(&f);
}

static void test_the_registry_grows(void **state)
{
    (void)state;
    enum { TYPES = 4096, LENGTH = 12 };
    fixture f = fixture_new(NULL, NULL);
    static const pirn_functype *types[TYPES];
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < TYPES; i++) {
            pirn_valtype params[LENGTH];
            for (uint32_t bit = 0; bit < LENGTH; bit++)
                params[bit] = (i >> bit & 1) != 0 ? PIRN_I32 : PIRN_I64;
            const pirn_functype *type = pirn_functype_new(f.engine, params, LENGTH, NULL, 0);
            assert_non_null(type);
            if (round == 1)
                assert_ptr_equal(type, types[i]);
            types[i] = type;
        }
    }
    fixture_free(&f);
}

static void test_external_types_match_and_read(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    const pirn_functype *func = fixture_type(&f, "ie:l"), *other = fixture_type(&f, ":");
#define FUNC(t) {.kind = PIRN_EXTERN_FUNC, .func = (t)}
#define TABLE(a, b, e)                                                          \
    {                                                                           \
        .kind = PIRN_EXTERN_TABLE, .table = {.limits = {a, b}, .element = (e) } \
    }
#define TABLE64 {.kind = PIRN_EXTERN_TABLE, .table = {{1, PIRN_NO_MAX}, PIRN_FUNCREF, true, false}}
#define TOP_TABLE {.kind = PIRN_EXTERN_TABLE, .table = {{1, PIRN_NO_MAX}, PIRN_FUNCREF, true, true}}
#define MEMORY(a, b) {.kind = PIRN_EXTERN_MEMORY, .memory = {.limits = {a, b}, .page_size_log2 = 16}}
#define GLOBAL(t, mut)                                      \
    {                                                       \
        .kind = PIRN_EXTERN_GLOBAL, .global = {(t), (mut) } \
    }
    const struct {
        pirn_externtype actual, expected;
        bool matches;
        const char *text; /* of the actual one */
    } cases[] = {
        {FUNC(func), FUNC(func), true, "func (param i32 externref) (result i64)"},
        {FUNC(other), FUNC(func), false, "func"},
        {MEMORY(2, PIRN_NO_MAX), MEMORY(1, PIRN_NO_MAX), true, "memory 2"},
        {MEMORY(2, 3), MEMORY(1, 3), true, "memory 2 3"},
        {MEMORY(2, 3), MEMORY(1, 2), false, "memory 2 3"},
        {MEMORY(2, PIRN_NO_MAX), MEMORY(1, 9), false, "memory 2"},
        {MEMORY(1, 3), MEMORY(2, 3), false, "memory 1 3"},
        {TABLE(5, 6, PIRN_FUNCREF), TABLE(5, PIRN_NO_MAX, PIRN_FUNCREF), true, "table 5 6 funcref"},
        {TABLE(5, 6, PIRN_FUNCREF), TABLE(5, 6, PIRN_EXTERNREF), false, "table 5 6 funcref"},
        {TOP_TABLE, TOP_TABLE, true, "table i64 1 18446744073709551615 funcref"},
        {TOP_TABLE, TABLE64, true, "table i64 1 18446744073709551615 funcref"},
        {TABLE64, TOP_TABLE, false, "table i64 1 funcref"},
        {GLOBAL(PIRN_I32, false), GLOBAL(PIRN_I32, false), true, "global i32"},
        {GLOBAL(PIRN_I32, true), GLOBAL(PIRN_I32, false), false, "global (mut i32)"},
        {GLOBAL(PIRN_F64, true), GLOBAL(PIRN_F32, true), false, "global (mut f64)"},
        {FUNC(func), MEMORY(0, 1), false, "func (param i32 externref) (result i64)"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        char text[64], shorter[8];
        assert_int_equal(pirn_externtype_matches(f.engine, &cases[i].actual, &cases[i].expected), cases[i].matches);
        assert_int_equal(pirn_externtype_text(&cases[i].actual, text, sizeof text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
        assert_int_equal(pirn_externtype_text(&cases[i].actual, shorter, sizeof shorter), strlen(cases[i].text));
        assert_true(strncmp(shorter, cases[i].text, sizeof shorter - 1) == 0 && strlen(shorter) < sizeof shorter);
        assert_int_equal(pirn_externtype_text(&cases[i].actual, NULL, 0), strlen(cases[i].text));
    }
    fixture_free(&f);
}

/* ---- Threads ------------------------------------------------------------------------------------------------------ */

enum { THREADS = 4, ROUNDS = 20 };

static void *instantiate_and_call(void *data)
{
    const pirn_module *module = data;
    pirn_engine *engine = pirn_module_engine(module);
    for (int round = 0; round < ROUNDS; round++) {
        pirn_store *store = pirn_store_new(engine, NULL);
        pirn_instance *instance = NULL;
        pirn_extern fib;
        pirn_slot result = {.i32 = 0};
        bool ok = store != NULL && pirn_instance_new(store, module, NULL, 0, &instance, NULL) == PIRN_OK &&
                  pirn_instance_find(instance, PIRN_STR("fib"), &fib) &&
                  pirn_invoke(store, NULL, fib.func, &(pirn_slot){.i32 = 12}, &result, NULL) == PIRN_OK;
        const pirn_functype *type =
            pirn_functype_new(engine, (pirn_valtype[]){PIRN_I32}, 1, (pirn_valtype[]){PIRN_I32}, 1);
        ok = ok && result.i32 == 144 && type == pirn_func_type(fib.func);
        pirn_store_free(store);
        if (!ok)
            return data;
    }
    return NULL;
}

static void test_threads_share_a_module(void **state)
{
    (void)state;
    for (int round = 0; round < 5; round++) {
        fixture f = fixture_new(NULL, NULL);
        wasm w;
        wasm_init(&w);
        /* fib(n) = n < 2 ? n : fib(n - 1) + fib(n - 2), the last one by way of another function */
        uint32_t fib = wasm_func(&w, "i:i", "",
                                 CODE(LOCAL_GET, 0, I32_CONST, 2, 0x49 /* i32.lt_u */, IF, 0x7F, LOCAL_GET, 0, ELSE,
                                      LOCAL_GET, 0, I32_CONST, 1, I32_SUB, CALL, 0, LOCAL_GET, 0, I32_CONST, 2,
                                      I32_SUB, CALL, 1, I32_ADD, END, END));
        wasm_func(&w, "i:i", "", CODE(LOCAL_GET, 0, CALL, 0, END));
        wasm_export_func(&w, "fib", fib);
        f.module = wasm_load(&w, f.engine);
        pthread_t threads[THREADS];
        for (size_t i = 0; i < THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, instantiate_and_call, f.module), 0);
        for (size_t i = 0; i < THREADS; i++) {
            void *failure = NULL;
            pthread_join(threads[i], &failure);
            assert_null(failure);
        }
        fixture_free(&f);
    }
}

static void test_types_tell_of_themselves(void **state)
{
    (void)state;
    static const struct {
        pirn_valtype type;
        const char *text;
        bool is_ref;
        size_t slots;
    } rows[] = {
        {PIRN_I32, "i32", false, 1},         {PIRN_F64, "f64", false, 1},
        {PIRN_V128, "v128", false, 2},       {PIRN_FUNCREF, "funcref", true, 1},
        {PIRN_EXTERNREF, "externref", true, 1},
    };
    char text[32];
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        assert_ptr_equal(pirn_valtype_text(rows[i].type, text), text);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(pirn_valtype_is_ref(rows[i].type), rows[i].is_ref);
        assert_int_equal(pirn_valtype_slots(rows[i].type), rows[i].slots);
    }
    assert_string_equal(pirn_extern_kind_name(PIRN_EXTERN_FUNC), "func");
    assert_string_equal(pirn_extern_kind_name(PIRN_EXTERN_TAG), "tag");
}

static void test_an_engine_and_an_instance_tell_what_they_have(void **state)
{
    (void)state;
    pirn_allocator own = *pirn_allocator_default();
    pirn_config config = pirn_config_default();
    config.allocator = &own;
    fixture f = fixture_new(&config, NULL);
    assert_ptr_equal(pirn_engine_allocator(f.engine)->resize, own.resize);
    wasm w;
    wasm_init(&w);
    wasm_export_func(&w, "a", wasm_func(&w, ":", "", CODE(END)));
    wasm_export_func(&w, "b", wasm_func(&w, ":", "", CODE(END)));
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    pirn_extern b = pirn_instance_export(instance, 1);
    assert_int_equal(b.kind, PIRN_EXTERN_FUNC);
    assert_ptr_equal(b.func, wasm_find_func(instance, "b"));
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_function_types_are_one),
        cmocka_unit_test(test_the_registry_grows),
        cmocka_unit_test(test_external_types_match_and_read),
        cmocka_unit_test(test_threads_share_a_module),
        cmocka_unit_test(test_types_tell_of_themselves),
        cmocka_unit_test(test_an_engine_and_an_instance_tell_what_they_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Modules and instances: imports and their wording, constant expressions, segments, exports, limits. */
#include "vm/test/fixture.h"

static pirn_status try_instance(fixture *f, wasm *w, const pirn_extern *imports, size_t count, pirn_instance **out)
{
    pirn_module_free(f->module);
    f->module = wasm_load(w, f->engine);
    pirn_error_clear(f->error);
    return pirn_instance_new(f->store, f->module, imports, count, out, f->error);
}

/* ---- Imports ------------------------------------------------------------------------------------------------------- */

static void build_imports(wasm *w)
{
    wasm_init(w);
    wasm_import_func(w, "env", "f", "i:i");
    wasm_import_table(w, "env", "t", 2, 5);
    wasm_import_memory(w, "env", "m", 1, PIRN_NO_MAX);
    wasm_import_global(w, "env", "g", 'i', false);
}

static pirn_status return_argument(pirn_frame *frame, void *data)
{
    (void)frame;
    (void)data;
    return PIRN_OK;
}

static void test_imports_that_do_not_fit_are_named(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL), other = fixture_new(NULL, NULL);
    pirn_extern good[4] = {{.kind = PIRN_EXTERN_FUNC, .func = fixture_host(&f, "i:i", return_argument, NULL)},
                           {.kind = PIRN_EXTERN_TABLE},
                           {.kind = PIRN_EXTERN_MEMORY},
                           {.kind = PIRN_EXTERN_GLOBAL}};
    pirn_tabletype table = {.limits = {2, 4}, .element = PIRN_FUNCREF};
    pirn_memtype memory = {.limits = {1, PIRN_NO_MAX}, .page_size_log2 = 16};
    pirn_globaltype i32 = {PIRN_I32, false};
    pirn_slot zero = {.u64 = 0};
    assert_int_equal(pirn_table_new(f.store, &table, zero, &good[1].table, f.error), PIRN_OK);
    assert_int_equal(pirn_memory_new(f.store, &memory, &good[2].memory, f.error), PIRN_OK);
    assert_int_equal(pirn_global_new(f.store, &i32, &zero, &good[3].global, f.error), PIRN_OK);
    pirn_table *small_table = NULL;
    pirn_global *mutable_global = NULL;
    pirn_tabletype small = {.limits = {1, 4}, .element = PIRN_FUNCREF};
    pirn_globaltype mutable_i32 = {PIRN_I32, true};
    assert_int_equal(pirn_table_new(f.store, &small, zero, &small_table, f.error), PIRN_OK);
    assert_int_equal(pirn_global_new(f.store, &mutable_i32, &zero, &mutable_global, f.error), PIRN_OK);
    const struct {
        size_t index;
        pirn_extern object;
        const char *message;
    } cases[] = {
        {0,
         {.kind = PIRN_EXTERN_FUNC, .func = fixture_host(&f, ":", return_argument, NULL)},
         "incompatible import type \"env\" \"f\": expected func (param i32) (result i32), got func"},
        {0, good[2], "incompatible import type \"env\" \"f\": expected func (param i32) (result i32), got memory 1"},
        {0,
         {.kind = PIRN_EXTERN_FUNC},
         "unknown import \"env\" \"f\": expected func (param i32) (result i32), got nothing"},
        {1,
         {.kind = PIRN_EXTERN_TABLE, .table = small_table},
         "incompatible import type \"env\" \"t\": expected table 2 5 funcref, got table 1 4 funcref"},
        {3,
         {.kind = PIRN_EXTERN_GLOBAL, .global = mutable_global},
         "incompatible import type \"env\" \"g\": expected global i32, got global (mut i32)"},
    };
    pirn_instance *instance = NULL;
    wasm w;
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_extern imports[4];
        memcpy(imports, good, sizeof imports);
        imports[cases[i].index] = cases[i].object;
        build_imports(&w);
        int status = try_instance(&f, &w, imports, 4, &instance);
        expect_outcome(&f, status, PIRN_UNLINKABLE, cases[i].message);
        assert_true(pirn_error_offset(f.error) != PIRN_NO_OFFSET);
    }
    build_imports(&w);
    int status = try_instance(&f, &w, good, 3, &instance);
    expect_outcome(&f, status, PIRN_UNLINKABLE, "unknown import \"env\" \"g\": expected global i32, got nothing");
    good[0].func = fixture_host(&other, "i:i", return_argument, NULL);
    build_imports(&w);
    status = try_instance(&f, &w, good, 4, &instance);
    expect_outcome(&f, status, PIRN_USAGE, "import \"env\" \"f\" is an object of another store");
    good[0].func = fixture_host(&f, "i:i", return_argument, NULL);
    build_imports(&w);
    status = try_instance(&f, &w, good, 4, &instance);
    expect_outcome(&f, status, PIRN_OK, NULL);
    fixture_free(&f);
    fixture_free(&other);
}

/* ---- Constant expressions and segments ----------------------------------------------------------------------------- */

static void test_constant_expressions_compute(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_func(&w, ":", "", CODE(END));
    wasm_global(&w, 'i', false, CODE(I32_CONST, 7, I32_CONST, 5, I32_SUB, I32_CONST, 21, I32_MUL, END));
    wasm_global(&w, 'l', false, CODE(I64_CONST, 0x7F, I64_CONST, 3, I64_ADD, END));
    wasm_global(&w, 'r', false, CODE(REF_FUNC, 0, END));
    wasm_global(&w, 'e', false, CODE(REF_NULL, 0x6F, END));
    wasm_global(&w, 'd', true, CODE(0x44, 0, 0, 0, 0, 0, 0, 0xF8, 0x3F, END));
    /* more operands than the short stack has */
    uint8_t deep[200];
    size_t len = 0;
    for (size_t i = 0; i < 60; i++) {
        deep[len++] = I32_CONST;
        deep[len++] = 1;
    }
    for (size_t i = 0; i < 59; i++)
        deep[len++] = I32_ADD;
    deep[len++] = END;
    wasm_global(&w, 'i', false, deep, len);
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    for (uint32_t i = 0; i < 6; i++)
        wasm_export(&w, names[i], PIRN_EXTERN_GLOBAL, i);
    wasm_export_func(&w, "func", 0);
    pirn_instance *instance = fixture_run(&f, &w, NULL, 0);
    assert_int_equal(pirn_global_value(wasm_find(instance, "a").global)->i32, 42);
    assert_true(pirn_global_value(wasm_find(instance, "b").global)->i64 == 2);
    assert_ptr_equal(pirn_global_value(wasm_find(instance, "c").global)->ref, wasm_find_func(instance, "func"));
    assert_null(pirn_global_value(wasm_find(instance, "d").global)->ref);
    assert_true(pirn_global_value(wasm_find(instance, "e").global)->f64 == 1.5);
    assert_int_equal(pirn_global_value(wasm_find(instance, "f").global)->i32, 60);
    fixture_free(&f);
}

/* A failing segment traps; what was written before it stays, also functions of the instance that failed. */
static void test_writes_before_a_failing_segment_remain(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_extern imports[2] = {{.kind = PIRN_EXTERN_TABLE}, {.kind = PIRN_EXTERN_MEMORY}};
    pirn_tabletype table = {.limits = {4, 4}, .element = PIRN_FUNCREF};
    pirn_memtype memory = {.limits = {1, 1}, .page_size_log2 = 16};
    assert_int_equal(pirn_table_new(f.store, &table, (pirn_slot){.ref = NULL}, &imports[0].table, f.error), PIRN_OK);
    assert_int_equal(pirn_memory_new(f.store, &memory, &imports[1].memory, f.error), PIRN_OK);
    wasm w;
    wasm_init(&w);
    wasm_import_table(&w, "env", "t", 4, 4);
    wasm_import_memory(&w, "env", "m", 1, 1);
    uint32_t five = wasm_func(&w, ":i", "", CODE(I32_CONST, 5, END));
    wasm_elem(&w, CODE(I32_CONST, 3, END), 1, &five);
    wasm_data(&w, CODE(I32_CONST, 0, END), "kept");
    wasm_data(&w, CODE(I32_CONST, 0xFE, 0xFF, 3, END), "too long");
    pirn_instance *instance = NULL;
    int status = try_instance(&f, &w, imports, 2, &instance);
    expect_outcome(&f, status, PIRN_TRAP, "out of bounds memory access");
    assert_memory_equal(pirn_memory_data(imports[1].memory), "kept", 4);
    assert_int_equal(pirn_memory_data(imports[1].memory)[65534], 0);
    pirn_slot reference, result;
    assert_true(pirn_table_get(imports[0].table, 3, &reference));
    pirn_module *module = f.module; /* its function is still used */
    f.module = NULL;
    assert_int_equal(pirn_invoke(f.store, NULL, reference.ref, NULL, &result, f.error), PIRN_OK);
    assert_int_equal(result.i32, 5);
    wasm_init(&w);
    wasm_import_table(&w, "env", "t", 4, 4);
    uint32_t func = wasm_func(&w, ":", "", CODE(END));
    wasm_elem(&w, CODE(I32_CONST, 3, END), 2, (uint32_t[]){func, func});
    status = try_instance(&f, &w, imports, 1, &instance);
    expect_outcome(&f, status, PIRN_TRAP, "out of bounds table access");
    pirn_store_free(f.store);
    f.store = NULL;
    pirn_module_free(module);
    fixture_free(&f);
}

/* ---- Exports, start, limits, introspection ------------------------------------------------------------------------- */

static void test_a_module_tells_about_itself(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    wasm w;
    wasm_init(&w);
    wasm_import_func(&w, "env", "f", "i:i");
    wasm_memory(&w, 1, 2);
    uint32_t start = wasm_func(&w, ":", "", CODE(END));
    wasm_export(&w, "memory", PIRN_EXTERN_MEMORY, 0);
    wasm_export_func(&w, "go", start);
    wasm_start(&w, start);
    wasm_func_name(&w, start, "begin");
    w.name = "example";
    pirn_func *import = fixture_host(&f, "i:i", return_argument, NULL);
    pirn_instance *instance = fixture_run(&f, &w, &import, 1);
    const pirn_module *module = pirn_instance_module(instance);
    assert_ptr_equal(module, f.module);
    assert_true(pirn_str_eq(pirn_module_name(module), PIRN_STR("example")));
    assert_int_equal(pirn_module_import_count(module), 1);
    assert_true(pirn_str_eq(pirn_module_import(module, 0).module, PIRN_STR("env")));
    assert_ptr_equal(pirn_module_import(module, 0).type.func, fixture_type(&f, "i:i"));
    assert_int_equal(pirn_module_export_count(module), 2);
    assert_int_equal(pirn_module_export(module, 0).type.memory.limits.max, 2);
    assert_int_equal(pirn_module_find_export(module, PIRN_STR("go")), 1);
    assert_int_equal(pirn_module_find_export(module, PIRN_STR("gone")), SIZE_MAX);
    assert_ptr_equal(pirn_instance_start(instance), wasm_find_func(instance, "go"));
    const uint8_t *data;
    size_t size;
    assert_true(pirn_module_custom_section(module, PIRN_STR("name"), &data, &size));
    assert_false(pirn_module_custom_section(module, PIRN_STR("names"), &data, &size));
    assert_true(pirn_module_section_count(module) > 5);
    assert_int_equal(pirn_module_section(module, 0).id, 1);
    assert_int_equal(pirn_module_section(module, 0).items, 2);
    fixture_free(&f);
}

static void test_the_number_of_instances_is_limited(void **state)
{
    (void)state;
    pirn_store_limits limits = pirn_store_limits_default();
    limits.instances = 3;
    fixture f = fixture_new(NULL, &limits);
    wasm w;
    wasm_init(&w);
    f.module = wasm_load(&w, f.engine);
    for (int i = 0; i < 3; i++)
        wasm_instance(f.store, f.module, NULL, 0);
    pirn_instance *instance = NULL;
    int status = pirn_instance_new(f.store, f.module, NULL, 0, &instance, f.error);
    expect_outcome(&f, status, PIRN_LIMIT, "the store has its limit of 3 instances already");
    fixture_free(&f);
}

static void test_an_instance_that_fails_leaves_the_limits_as_they_were(void **state)
{
    (void)state;
    pirn_store_limits limits = pirn_store_limits_default();
    limits.memory_bytes = 65536;
    limits.instances = 2;
    fixture f = fixture_new(NULL, &limits);
    pirn_instance *instance = NULL;
    wasm w;
    for (int i = 0; i < 5; i++) {
        wasm_init(&w);
        wasm_table(&w, 10, 10);
        wasm_memory(&w, 2, 2);
        int status = try_instance(&f, &w, NULL, 0, &instance);
        expect_outcome(&f, status, PIRN_LIMIT,
                       "a memory of 2 pages is above the limit of 65536 bytes for all memories");
    }
    wasm_init(&w);
    wasm_table(&w, 10, 10);
    wasm_memory(&w, 1, 2);
    int status = try_instance(&f, &w, NULL, 0, &instance);
    expect_outcome(&f, status, PIRN_OK, NULL);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_imports_that_do_not_fit_are_named),
        cmocka_unit_test(test_constant_expressions_compute),
        cmocka_unit_test(test_writes_before_a_failing_segment_remain),
        cmocka_unit_test(test_a_module_tells_about_itself),
        cmocka_unit_test(test_the_number_of_instances_is_limited),
        cmocka_unit_test(test_an_instance_that_fails_leaves_the_limits_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

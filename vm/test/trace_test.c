/* SPDX-License-Identifier: Apache-2.0 */
/* Backtraces: functions, offsets, through host functions and across instances. */
#include "vm/test/fixture.h"

/* The backtrace as text, one frame behind the other: "module!function@offset". */
static const char *trace(const fixture *f, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < pirn_error_frame_count(f->error); i++) {
        pirn_trace_frame frame = pirn_error_frame(f->error, i);
        len += (size_t)snprintf(out + len, size - len, "%s%.*s!%.*s#%u@%x", i == 0 ? "" : " ",
                                PIRN_STR_ARG(frame.module), PIRN_STR_ARG(frame.function), frame.function_index,
                                (unsigned)frame.offset);
        assert_true(len < size);
    }
    return out;
}

/* The offset of the n-th byte `opcode` in the code section of the module's bytes. */
static unsigned find_opcode(const uint8_t *bytes, size_t size, const uint8_t *pattern, size_t len)
{
    for (size_t i = 0; i + len <= size; i++) {
        if (memcmp(bytes + i, pattern, len) == 0)
            return (unsigned)i;
    }
    fail_msg("the pattern is not in the module");
    return 0;
}

static pirn_status enter_func(pirn_frame *frame, void *data)
{
    return pirn_frame_enter(frame, *(pirn_func **)data, pirn_frame_slots(frame), enter_func, NULL, NULL);
}

static pirn_status invoke_func(pirn_frame *frame, void *data)
{
    return pirn_invoke(pirn_frame_store(frame), frame, *(pirn_func **)data, pirn_frame_slots(frame), NULL,
                       pirn_frame_error(frame));
}

static pirn_status trap_here(pirn_frame *frame, void *data)
{
    (void)data;
    return pirn_frame_trap(frame, "told to stop");
}

/*
 * outer(x): calls the import `through` (which leads to inner); inner(x): 100 / x; other(): calls the import `trap`.
 * Returns the offsets of: the division, the call in outer, the call in other.
 */
static pirn_instance *load(fixture *f, pirn_func *const imports[2], unsigned offsets[3])
{
    wasm w;
    wasm_init(&w);
    w.name = "guest";
    wasm_import_func(&w, "host", "through", "i:");
    wasm_import_func(&w, "host", "trap", ":");
    uint32_t outer = wasm_func(&w, "i:", "", CODE(LOCAL_GET, 0, CALL, 0, END));
    uint32_t inner = wasm_func(&w, "i:", "", CODE(I32_CONST, 0x10, LOCAL_GET, 0, I32_DIV_U, DROP, END));
    uint32_t other = wasm_func(&w, ":", "", CODE(CALL, 1, CALL, 1, END));
    wasm_export_func(&w, "outer", outer);
    wasm_export_func(&w, "inner", inner);
    wasm_export_func(&w, "other", other);
    wasm_func_name(&w, outer, "outer");
    wasm_func_name(&w, inner, "inner");
    size_t size;
    uint8_t *bytes = wasm_finish(&w, &size);
    offsets[0] = find_opcode(bytes, size, CODE(I32_DIV_U, DROP, END));
    offsets[1] = find_opcode(bytes, size, CODE(CALL, 0, END));
    offsets[2] = find_opcode(bytes, size, CODE(CALL, 1, CALL, 1, END));
    assert_int_equal(pirn_module_load(f->engine, bytes, size, PIRN_BYTES_COPY, 0x1000, &f->module, f->error),
                     PIRN_OK);
    free(bytes);
    for (size_t i = 0; i < 3; i++)
        offsets[i] += 0x1000;
    pirn_extern objects[2] = {{.kind = PIRN_EXTERN_FUNC, .func = imports[0]},
                              {.kind = PIRN_EXTERN_FUNC, .func = imports[1]}};
    return wasm_instance(f->store, f->module, objects, 2);
}

static void test_a_trap_names_function_and_offset(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_func *inner = NULL;
    pirn_func *imports[2] = {fixture_host(&f, "i:", enter_func, &inner), fixture_host(&f, ":", trap_here, NULL)};
    unsigned offsets[3];
    char expected[200], got[200];
    pirn_instance *instance = load(&f, imports, offsets);
    inner = wasm_find_func(instance, "inner");
    pirn_call *call = pirn_call_new(f.store);

    expect_start(&f, call, inner, &(pirn_slot){.i32 = 0}, PIRN_TRAP, "integer divide by zero");
    snprintf(expected, sizeof expected, "guest!inner#3@%x", offsets[0]);
    assert_string_equal(trace(&f, got, sizeof got), expected);
    uint32_t index;
    pirn_str name;
    assert_true(pirn_error_function(f.error, &index, &name));
    assert_int_equal(index, 3);
    assert_true(pirn_str_eq(name, PIRN_STR("inner")));
    assert_int_equal(pirn_error_offset(f.error), offsets[0]);

    expect_start(&f, call, wasm_find_func(instance, "outer"), &(pirn_slot){.i32 = 0}, PIRN_TRAP,
                 "integer divide by zero");
    snprintf(expected, sizeof expected, "guest!inner#3@%x guest!outer#2@%x", offsets[0], offsets[1]);
    assert_string_equal(trace(&f, got, sizeof got), expected);

    expect_start(&f, call, wasm_find_func(instance, "other"), NULL, PIRN_TRAP, "told to stop");
    snprintf(expected, sizeof expected, "guest!#4@%x", offsets[2]);
    assert_string_equal(trace(&f, got, sizeof got), expected);
    assert_int_equal(pirn_error_offset(f.error), offsets[2]);
    pirn_call_free(call);
    fixture_free(&f);
}

static void test_a_backtrace_leads_through_invocations_and_instances(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_func *inner = NULL;
    pirn_func *imports[2] = {fixture_host(&f, "i:", invoke_func, &inner), fixture_host(&f, ":", trap_here, NULL)};
    unsigned offsets[3];
    char expected[200], got[200];
    pirn_instance *first = load(&f, imports, offsets);
    inner = wasm_find_func(first, "inner");
    /* A second instance calls the first one's outer as its import, directly. */
    pirn_extern objects[2] = {{.kind = PIRN_EXTERN_FUNC, .func = wasm_find_func(first, "outer")},
                              {.kind = PIRN_EXTERN_FUNC, .func = imports[1]}};
    pirn_instance *second = wasm_instance(f.store, f.module, objects, 2);
    pirn_call *call = pirn_call_new(f.store);
    expect_start(&f, call, wasm_find_func(second, "outer"), &(pirn_slot){.i32 = 0}, PIRN_TRAP,
                 "integer divide by zero");
    snprintf(expected, sizeof expected, "guest!inner#3@%x guest!outer#2@%x guest!outer#2@%x", offsets[0], offsets[1],
             offsets[1]);
    assert_string_equal(trace(&f, got, sizeof got), expected);
    pirn_call_free(call);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_trap_names_function_and_offset),
        cmocka_unit_test(test_a_backtrace_leads_through_invocations_and_instances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v128 wherever values go: locals, operands, blocks, branches, calls, host functions, globals, frames too wide for short
 * slot numbers. They take two slots, and are in no accumulator.
 */
#include "vm/exec/code.h"
#include "vm/test/fixture.h"

/* Instructions that vm/test/wasm.h has no name for. */
enum { BR_TABLE = 0x0E, RETURN_CALL = 0x12, SELECT = 0x1B, SELECT_T = 0x1C, V128 = 0x7B };

/* Vectors of four lanes of one number below 64, and other instructions on i32x4. */
#define SPLAT        0xFD, 0x11
#define VECTOR(n)    I32_CONST, n, SPLAT
#define LANE(n)      0xFD, 0x1B, n
#define VECTOR_ADD   0xFD, 0xAE, 0x01
#define REPLACE_1    0xFD, 0x1C, 1
#define V128_CONST_1 0xFD, 0x0C, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0

typedef struct machine {
    fixture f;
    wasm w;
    pirn_instance *instance;
    pirn_call *call;
} machine;

static void machine_init(machine *m)
{
    m->f = fixture_new(NULL, NULL);
    wasm_init(&m->w);
}

static void machine_start(machine *m, pirn_func *const *imports, size_t count)
{
    m->instance = fixture_run(&m->f, &m->w, imports, count);
    m->call = pirn_call_new(m->f.store);
    assert_non_null(m->call);
}

static void machine_done(machine *m)
{
    pirn_call_free(m->call);
    fixture_free(&m->f);
}

static void add_func(machine *m, const char *letters, const char *locals, const uint8_t *code, size_t size)
{
    wasm_export_func(&m->w, "f", wasm_func(&m->w, letters, locals, code, size));
}

static const pirn_slot *run(machine *m, const pirn_slot *args)
{
    expect_start(&m->f, m->call, wasm_find_func(m->instance, "f"), args, PIRN_OK, NULL);
    return pirn_call_results(m->call);
}

static void set_lanes(pirn_slot *slots, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    uint8_t *bytes = (uint8_t *)slots;
    base_store_u32(bytes, a);
    base_store_u32(bytes + 4, b);
    base_store_u32(bytes + 8, c);
    base_store_u32(bytes + 12, d);
}

static void expect_lanes(const pirn_slot *slots, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    const uint8_t *bytes = (const uint8_t *)slots;
    assert_int_equal(base_load_u32(bytes), a);
    assert_int_equal(base_load_u32(bytes + 4), b);
    assert_int_equal(base_load_u32(bytes + 8), c);
    assert_int_equal(base_load_u32(bytes + 12), d);
}

/* Runs a function of one i32 for each number from 0 on, and expects these results, one i32 each. */
static void check(const char *locals, const uint8_t *code, size_t size, size_t count, const int32_t *results)
{
    machine m;
    machine_init(&m);
    add_func(&m, "i:i", locals, code, size);
    machine_start(&m, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        pirn_slot arg = {.i32 = (int32_t)i};
        assert_int_equal(run(&m, &arg)->i32, results[i]);
    }
    machine_done(&m);
}
#define RESULTS(...)                                    \
    BASE_COUNT(((int32_t[]){__VA_ARGS__})), (int32_t[]) \
    {                                                   \
        __VA_ARGS__                                     \
    }

static void add_line(void *data, uint32_t word, const char *line)
{
    (void)word;
    char *cells = data;
    while (*line == ' ' || (*line >= '0' && *line <= '9'))
        line++;
    size_t len = strlen(cells);
    snprintf(cells + len, 1024 - len, "%s\n", line);
}

/* ---- Tests ----------------------------------------------------------------------------------------------------------- */

static void test_parameters_results_and_locals_take_two_slots(void **state)
{
    (void)state;
    machine m;
    machine_init(&m);
    add_func(&m, "ivlvi:vilv", "vi",
             CODE(LOCAL_GET, 1, LOCAL_GET, 3, LOCAL_TEE, 1, VECTOR_ADD, LOCAL_GET, 0, LOCAL_GET, 4, I32_ADD,
                  LOCAL_GET, 2, LOCAL_GET, 1, LOCAL_GET, 5, VECTOR_ADD, END));
    machine_start(&m, NULL, 0);
    pirn_slot args[7] = {{.i32 = 5}};
    set_lanes(args + 1, 1, 2, 3, 4);
    args[3].i64 = -1;
    set_lanes(args + 4, 10, 20, 30, 40);
    args[6].i32 = 6;
    const pirn_slot *results = run(&m, args);
    expect_lanes(results, 11, 22, 33, 44);
    assert_int_equal(results[2].i32, 11);
    assert_int_equal(results[3].i64, -1);
    expect_lanes(results + 4, 10, 20, 30, 40); /* the local added was zero */
    machine_done(&m);
}

static void test_a_local_is_saved_before_it_changes(void **state)
{
    (void)state;
    check("v",
          CODE(VECTOR(1), LOCAL_SET, 1, LOCAL_GET, 1, LOCAL_GET, 1, VECTOR(7), VECTOR_ADD, LOCAL_SET, 1, LOCAL_GET, 1,
               VECTOR_ADD, LANE(3), END),
          RESULTS(9));
}

static void test_local_set_is_the_destination_of_the_cell_before(void **state)
{
    (void)state;
    machine m;
    char cells[1024] = "";
    machine_init(&m);
    add_func(&m, "vv:v", "v",
             CODE(LOCAL_GET, 0, LOCAL_GET, 1, VECTOR_ADD, LOCAL_SET, 2, LOCAL_GET, 2, LOCAL_GET, 2, VECTOR_ADD, END));
    machine_start(&m, NULL, 0);
    pirn_slot args[4];
    set_lanes(args, 1, 2, 3, 4);
    set_lanes(args + 2, 10, 20, 30, 40);
    expect_lanes(run(&m, args), 22, 44, 66, 88);
    assert_true(vm_disasm(m.f.module, 0, add_line, cells));
    assert_string_equal(cells, "i32x4_add s9 s0 s2\n"
                               "i32x4_add s0 s9 s9\n"
                               "return s4\n");
    machine_done(&m);
}

/* A value that was dropped must not give its cell away to the one below it. */
static void test_a_dropped_result_changes_no_other_value(void **state)
{
    (void)state;
    check("vv",
          CODE(VECTOR(3), LOCAL_SET, 1, LOCAL_GET, 1, VECTOR(4), LOCAL_SET, 1, VECTOR(9), DROP, LOCAL_SET, 2,
               LOCAL_GET, 2, LANE(3), END),
          RESULTS(3));
}

static void test_select(void **state)
{
    (void)state;
    static const int32_t results[] = {2, 1};
    check("", CODE(VECTOR(1), VECTOR(2), LOCAL_GET, 0, SELECT, LANE(3), END), 2, results);
    check("", CODE(VECTOR(1), VECTOR(2), LOCAL_GET, 0, SELECT_T, 1, V128, LANE(3), END), 2, results);
    check("", CODE(VECTOR(1), VECTOR(2), LOCAL_GET, 0, I32_EQZ, SELECT, LANE(3), END), 2, (int32_t[]){1, 2});
    check("v", CODE(VECTOR(1), VECTOR(2), LOCAL_GET, 0, SELECT, LOCAL_SET, 1, LOCAL_GET, 1, LANE(0), END), 2,
          results);
    check("", CODE(VECTOR(1), VECTOR(2), I32_CONST, 0, SELECT, LANE(3), END), RESULTS(2));
    check("", CODE(VECTOR(1), VECTOR(2), I32_CONST, 1, SELECT, LANE(3), END), RESULTS(1));
}

static void test_blocks_yield_vectors_from_any_height(void **state)
{
    (void)state;
    check("",
          CODE(BLOCK, V128, VECTOR(40), VECTOR(6), LOCAL_GET, 0, BR_IF, 0, DROP, I32_CONST, 1, VECTOR(7), BR, 0, END,
               LANE(2), END),
          RESULTS(7, 6));
    check("", CODE(LOCAL_GET, 0, IF, V128, VECTOR(5), ELSE, VECTOR(6), END, LANE(1), END), RESULTS(6, 5));
}

static void test_a_loop_carries_vectors(void **state)
{
    (void)state;
    machine m;
    machine_init(&m);
    uint8_t type = (uint8_t)wasm_type(&m.w, "iv:v");
    /* sum += 3, n times; the counter below the sum, as parameters of the loop */
    add_func(&m, "i:v", "v",
             CODE(LOCAL_GET, 0, VECTOR(36), LOOP, type, LOCAL_SET, 1, LOCAL_SET, 0, LOCAL_GET, 0, I32_CONST, 1,
                  I32_SUB, LOCAL_TEE, 0, LOCAL_GET, 1, VECTOR(3), VECTOR_ADD, LOCAL_GET, 0, BR_IF, 0, LOCAL_SET, 1,
                  DROP, LOCAL_GET, 1, END, END));
    machine_start(&m, NULL, 0);
    pirn_slot arg = {.i32 = 10};
    expect_lanes(run(&m, &arg), 66, 66, 66, 66);
    machine_done(&m);
}

static void test_br_table_moves_vectors(void **state)
{
    (void)state;
    static const int32_t results[] = {31, 30, 30};
    check("",
          CODE(BLOCK, V128, VECTOR(1), BLOCK, V128, I32_CONST, 9, VECTOR(2), VECTOR(30), LOCAL_GET, 0, BR_TABLE, 1, 0,
               1, END, VECTOR_ADD, END, LANE(3), END),
          3, results);
}

static void test_calls_pass_and_return_vectors(void **state)
{
    (void)state;
    machine m;
    machine_init(&m);
    uint8_t callee =
        (uint8_t)wasm_func(&m.w, "viv:iv", "", CODE(LOCAL_GET, 1, LOCAL_GET, 0, LOCAL_GET, 2, VECTOR_ADD, END));
    uint8_t single = (uint8_t)wasm_func(&m.w, "iv:v", "v", CODE(LOCAL_GET, 1, LOCAL_GET, 2, VECTOR_ADD, END));
    uint8_t type = (uint8_t)wasm_type(&m.w, "iv:v");
    uint8_t tail = (uint8_t)wasm_func(
        &m.w, "v:v", "", CODE(I32_CONST, 4, LOCAL_GET, 0, VECTOR(1), VECTOR_ADD, RETURN_CALL, single, END));
    wasm_table(&m.w, 1, 1);
    wasm_elem(&m.w, CODE(I32_CONST, 0, END), 1, (uint32_t[]){single});
    add_func(&m, "v:iv", "vi",
             CODE(LOCAL_GET, 0, I32_CONST, 3, VECTOR(5), CALL, callee, LOCAL_SET, 1, LOCAL_SET, 2, LOCAL_GET, 2,
                  I32_CONST, 0, LOCAL_GET, 1, CALL, single, LOCAL_SET, 1, LOCAL_GET, 2, LOCAL_GET, 1, I32_CONST, 0,
                  CALL_INDIRECT, type, 0, CALL, tail, END));
    machine_start(&m, NULL, 0);
    pirn_slot args[2];
    set_lanes(args, 1, 2, 3, 4);
    const pirn_slot *results = run(&m, args);
    assert_int_equal(results[0].i32, 3);
    expect_lanes(results + 1, 7, 8, 9, 10);
    machine_done(&m);
}

/* i32, v128 to v128, i32. */
static pirn_status add_to_lane_0(pirn_frame *frame, void *data)
{
    (void)data;
    pirn_slot *slots = pirn_frame_slots(frame), vector[2] = {slots[1], slots[2]};
    int32_t number = slots[0].i32;
    uint8_t *bytes = (uint8_t *)vector;
    base_store_u32(bytes, base_load_u32(bytes) + (uint32_t)number);
    slots[0] = vector[0];
    slots[1] = vector[1];
    slots[2].i32 = number + 1;
    return PIRN_OK;
}

static void test_host_functions_find_vectors_in_two_slots(void **state)
{
    (void)state;
    machine m;
    machine_init(&m);
    uint8_t host = (uint8_t)wasm_import_func(&m.w, "host", "f", "iv:vi");
    add_func(&m, "v:vi", "i",
             CODE(I32_CONST, 5, LOCAL_GET, 0, CALL, host, LOCAL_SET, 1, VECTOR(1), VECTOR_ADD, LOCAL_GET, 1, END));
    pirn_func *func = fixture_host(&m.f, "iv:vi", add_to_lane_0, NULL);
    machine_start(&m, &func, 1);
    pirn_slot args[2];
    set_lanes(args, 1, 2, 3, 4);
    const pirn_slot *results = run(&m, args);
    expect_lanes(results, 7, 3, 4, 5);
    assert_int_equal(results[2].i32, 6);
    machine_done(&m);
}

static void test_globals_hold_vectors(void **state)
{
    (void)state;
    machine m;
    machine_init(&m);
    uint8_t constant = (uint8_t)wasm_global(&m.w, 'v', false, CODE(V128_CONST_1, END));
    uint8_t copy = (uint8_t)wasm_global(&m.w, 'v', true, CODE(GLOBAL_GET, constant, END));
    uint8_t number = (uint8_t)wasm_global(&m.w, 'i', true, CODE(I32_CONST, 9, END));
    wasm_export(&m.w, "copy", PIRN_EXTERN_GLOBAL, copy);
    add_func(&m, ":v", "",
             CODE(GLOBAL_GET, copy, GLOBAL_GET, number, SPLAT, VECTOR_ADD, GLOBAL_SET, copy, GLOBAL_GET, constant,
                  GLOBAL_GET, copy, VECTOR_ADD, END));
    machine_start(&m, NULL, 0);
    expect_lanes(run(&m, NULL), 11, 13, 15, 17);
    expect_lanes(pirn_global_value(wasm_find(m.instance, "copy").global), 10, 11, 12, 13);
    machine_done(&m);
}

/* Slots beyond 8,191 do not fit in operands. */
static void test_vectors_in_wide_frames(void **state)
{
    (void)state;
    enum { LOCALS = 5000 };
    char locals[LOCALS + 1];
    memset(locals, 'v', LOCALS);
    locals[LOCALS] = '\0';
    machine m;
    machine_init(&m);
    uint8_t global = (uint8_t)wasm_global(&m.w, 'v', true, CODE(V128_CONST_1, END));
    add_func(&m, "vi:v", locals,
             CODE(LOCAL_GET, 0, LOCAL_SET, 0x80, 0x27, LOCAL_GET, 0x80, 0x27, /* 4992 */
                  GLOBAL_GET, global, VECTOR_ADD, LOCAL_TEE, 0x81, 0x27, LOCAL_GET, 1, REPLACE_1, GLOBAL_SET, global,
                  LOCAL_GET, 0x81, 0x27, GLOBAL_GET, global, LOCAL_GET, 1, SELECT, GLOBAL_GET, global, VECTOR_ADD,
                  END));
    machine_start(&m, NULL, 0);
    pirn_slot args[3];
    set_lanes(args, 10, 20, 30, 40);
    args[2].i32 = 1;
    expect_lanes(run(&m, args), 22, 23, 66, 88);
    machine_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parameters_results_and_locals_take_two_slots),
        cmocka_unit_test(test_a_local_is_saved_before_it_changes),
        cmocka_unit_test(test_local_set_is_the_destination_of_the_cell_before),
        cmocka_unit_test(test_a_dropped_result_changes_no_other_value),
        cmocka_unit_test(test_select),
        cmocka_unit_test(test_blocks_yield_vectors_from_any_height),
        cmocka_unit_test(test_a_loop_carries_vectors),
        cmocka_unit_test(test_br_table_moves_vectors),
        cmocka_unit_test(test_calls_pass_and_return_vectors),
        cmocka_unit_test(test_host_functions_find_vectors_in_two_slots),
        cmocka_unit_test(test_globals_hold_vectors),
        cmocka_unit_test(test_vectors_in_wide_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

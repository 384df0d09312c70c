/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Translation: what cells code becomes, as the disassembler shows them, and that they compute what they should where values
 * change places.
 */
#include "vm/exec/code.h"
#include "vm/test/fixture.h"

/* Instructions that vm/test/wasm.h has no name for. */
enum { BR_TABLE = 0x0E, I32_LT_S = 0x48, I32_GE_S = 0x4E };

typedef struct machine {
    fixture f;
    wasm w;
    pirn_instance *instance;
    pirn_call *call;
    char cells[8192];
} machine;

static void machine_init(machine *m, const pirn_config *config)
{
    m->f = fixture_new(config, NULL);
    wasm_init(&m->w);
    m->cells[0] = '\0';
}

/* Adds a function and exports it as "f". */
static void machine_func(machine *m, const char *letters, const char *locals, const uint8_t *code, size_t size)
{
    wasm_export_func(&m->w, "f", wasm_func(&m->w, letters, locals, code, size));
}

static void machine_start(machine *m)
{
    m->instance = fixture_run(&m->f, &m->w, NULL, 0);
    m->call = pirn_call_new(m->f.store);
    assert_non_null(m->call);
}

static void machine_done(machine *m)
{
    pirn_call_free(m->call);
    fixture_free(&m->f);
}

static const pirn_slot *machine_call(machine *m, int32_t x, int32_t y)
{
    pirn_slot args[2] = {{.i64 = 0}, {.i64 = 0}};
    args[0].i32 = x;
    args[1].i32 = y;
    expect_start(&m->f, m->call, wasm_find_func(m->instance, "f"), args, PIRN_OK, NULL);
    return pirn_call_results(m->call);
}

/* Appends a line without the position. */
static void add_line(void *data, uint32_t word, const char *line)
{
    (void)word;
    char *cells = data;
    while (*line == ' ' || (*line >= '0' && *line <= '9'))
        line++;
    size_t len = strlen(cells);
    snprintf(cells + len, 8192 - len, "%s\n", line);
}

static const char *machine_cells(machine *m, uint32_t func)
{
    m->cells[0] = '\0';
    assert_true(vm_disasm(m->f.module, func, add_line, m->cells));
    return m->cells;
}

/* Runs a function of two i32 parameters and compares result and cells. */
static void check(const char *letters, const char *locals, const uint8_t *code, size_t size, int32_t x, int32_t y,
                  int32_t result, const char *cells)
{
    machine m;
    machine_init(&m, NULL);
    machine_func(&m, letters, locals, code, size);
    machine_start(&m);
    assert_int_equal(machine_call(&m, x, y)->i32, result);
    assert_string_equal(machine_cells(&m, 0), cells);
    machine_done(&m);
}

static void test_locals_and_constants_are_operands(void **state)
{
    (void)state;
    check("ii:i", "", CODE(LOCAL_GET, 0, I32_CONST, 7, I32_ADD, LOCAL_GET, 1, I32_SUB, END), 40, 5, 42,
          "i32_add_si_a s0 7\n"
          "i32_sub_as_r2 s2 s1\n");
}

static void test_a_constant_on_the_left_is_exchanged_where_that_is_allowed(void **state)
{
    (void)state;
    check("ii:i", "", CODE(I32_CONST, 7, LOCAL_GET, 0, I32_ADD, END), 3, 0, 10, "i32_add_si_r2 s2 s0 7\n");
    check("ii:i", "", CODE(I32_CONST, 7, LOCAL_GET, 0, I32_SUB, END), 3, 0, 4, "i32_sub_is_r2 s2 s0 7\n");
    check("ii:i", "", CODE(I32_CONST, 7, LOCAL_GET, 0, I32_LT_S, END), 9, 0, 1, "i32_gt_s_si_a s0 7\nreturn_2 s2\n");
}

static void test_local_set_is_the_destination_of_the_instruction_before(void **state)
{
    (void)state;
    check("ii:i", "i", CODE(LOCAL_GET, 0, LOCAL_GET, 1, I32_MUL, LOCAL_SET, 2, LOCAL_GET, 2, END), 6, 7, 42,
          "i32_mul_ss_s s7 s0 s1\n"
          "return_s_2 s2 s7\n");
}

static void test_a_local_is_saved_before_it_changes(void **state)
{
    (void)state;
    /* x (x = y + 1) - ... : the old x is on the stack when x changes */
    check("ii:i", "",
          CODE(LOCAL_GET, 0, LOCAL_GET, 1, I32_CONST, 1, I32_ADD, LOCAL_SET, 0, LOCAL_GET, 0, I32_SUB, END), 50, 7,
          42,
          "copy s7 s0\n"
          "i32_add_si_s s0 s1 1\n"
          "i32_sub_ss_r2 s2 s7 s0\n");
}

static void test_an_accumulator_is_freed_by_changing_the_cell(void **state)
{
    (void)state;
    check("ii:i", "", CODE(LOCAL_GET, 0, LOCAL_GET, 1, I32_ADD, LOCAL_GET, 0, LOCAL_GET, 1, I32_SUB, I32_MUL, END), 7,
          5, 24,
          "i32_add_ss_s s7 s0 s1\n"
          "i32_sub_ss_a s0 s1\n"
          "i32_mul_as_r2 s2 s7\n");
}

static void test_comparisons_and_branches_are_one(void **state)
{
    (void)state;
    /* do x = x + 1 while (!(x >= y)) */
    check("ii:i", "",
          CODE(LOOP, VOID, LOCAL_GET, 0, I32_CONST, 1, I32_ADD, LOCAL_TEE, 0, LOCAL_GET, 1, I32_GE_S, I32_EQZ, BR_IF,
               0, END, LOCAL_GET, 0, END),
          3, 42, 42,
          "step_i32_lt_s_is s0 s0 1 s1 ->0\n"
          "return_s_2 s2 s0\n");
}

static void test_both_arms_put_their_value_in_one_place(void **state)
{
    (void)state;
    check("ii:i", "",
          CODE(LOCAL_GET, 0, IF, 0x7F, LOCAL_GET, 1, I32_CONST, 1, I32_ADD, ELSE, I32_CONST, 5, END, I32_CONST, 2,
               I32_MUL, END),
          0, 0, 10,
          "br_i32_eq_si s0 0 ->6\n"
          "i32_add_si_br s7 s1 1 ->8\n"
          "const_i s7 5\n"
          "i32_mul_si_r2 s2 s7 2\n");
}

static void test_a_branch_whose_value_must_move_is_turned_round(void **state)
{
    (void)state;
    /* block (result i32): 1, y, x (br_if 0): the value is one place above where the block wants it */
    check("ii:i", "", CODE(BLOCK, 0x7F, I32_CONST, 1, LOCAL_GET, 1, LOCAL_GET, 0, BR_IF, 0, I32_ADD, END, END), 0, 41,
          42,
          "br_copy_eq s8 s1 s0 0 ->7\n"
          "copy_br s7 s8 ->9\n"
          "i32_add_si_s s7 s8 1\n"
          "return_s_2 s2 s7\n");
}

static void test_arguments_are_computed_where_the_callee_finds_them(void **state)
{
    (void)state;
    machine m;
    machine_init(&m, NULL);
    wasm_func(&m.w, "ii:i", "", CODE(LOCAL_GET, 0, LOCAL_GET, 1, I32_SUB, END));
    machine_func(&m, "ii:i", "",
                 CODE(LOCAL_GET, 0, LOCAL_GET, 1, I32_ADD, I32_CONST, 1, CALL, 0, I32_CONST, 2, I32_MUL, END));
    machine_start(&m);
    assert_int_equal(machine_call(&m, 20, 2)->i32, 42);
    assert_int_equal(machine_call(&m, 20, 2)->i32, 42); /* now the call leads straight to the code */
    assert_string_equal(machine_cells(&m, 1), "i32_add_ss_s s7 s0 s1\n"
                                              "const_i s8 1\n"
                                              "call s2 frame s7\n"
                                              "i32_mul_ai_r2 s2 2\n");
    machine_done(&m);
}

static void test_results_change_places_on_return(void **state)
{
    (void)state;
    machine m;
    machine_init(&m, NULL);
    machine_func(&m, "ii:iii", "", CODE(LOCAL_GET, 1, LOCAL_GET, 0, I32_CONST, 3, RETURN, END));
    machine_start(&m);
    const pirn_slot *results = machine_call(&m, 1, 2);
    assert_int_equal(results[0].i32, 2);
    assert_int_equal(results[1].i32, 1);
    assert_int_equal(results[2].i32, 3);
    machine_done(&m);
}

static void test_br_table_moves_values_for_each_label_that_needs_it(void **state)
{
    (void)state;
    /* Two blocks with a result; the inner one is left with 10 more. A value below makes the outer one's place another. */
    static const int32_t expected[] = {110, 101, 101};
    machine m;
    machine_init(&m, NULL);
    machine_func(&m, "ii:i", "",
                 CODE(I32_CONST, 1, BLOCK, 0x7F, I32_CONST, 9, BLOCK, 0x7F, LOCAL_GET, 1, LOCAL_GET, 0, BR_TABLE, 2,
                      0, 1, 1, END, I32_ADD, END, I32_ADD, END));
    machine_start(&m);
    for (int32_t i = 0; i < 3; i++)
        assert_int_equal(machine_call(&m, i, 100)->i32, expected[i]);
    machine_done(&m);
}

static void test_unreachable_code_becomes_nothing(void **state)
{
    (void)state;
    check(
        "ii:i", "",
        CODE(LOCAL_GET, 0, RETURN, BLOCK, VOID, LOOP, VOID, BR, 0, END, END, I32_CONST, 1, IF, VOID, ELSE, END, END),
        42, 0, 42, "return_s_2 s2 s0\n");
}

/* A function with more locals than 16-bit operands reach: last = x; other = y * 2; last + other. */
static void test_slots_out_of_reach_are_copied_near(void **state)
{
    (void)state;
    enum { COUNT = 9000 };
    static char locals[COUNT + 1];
    memset(locals, 'i', COUNT);
    machine m;
    machine_init(&m, NULL);
    /* Local numbers are LEB128: 9001 is 0xA9 0x46, 9000 is 0xA8 0x46. */
    machine_func(&m, "ii:i", locals,
                 CODE(LOCAL_GET, 0, LOCAL_SET, 0xA9, 0x46, LOCAL_GET, 1, I32_CONST, 2, I32_MUL, LOCAL_SET, 0xA8, 0x46,
                      LOCAL_GET, 0xA9, 0x46, LOCAL_GET, 0xA8, 0x46, I32_ADD, END));
    machine_start(&m);
    assert_int_equal(machine_call(&m, 2, 20)->i32, 42);
    assert_string_equal(machine_cells(&m, 0), "check_frame 0x2339\n"
                                              "copy_far s9014 s0\n"
                                              "i32_mul_si_s s13 s1 2\n"
                                              "copy_far s9013 s13\n"
                                              "copy_far s7 s9014\n"
                                              "copy_far s9 s9013\n"
                                              "i32_add_ss_r2 s2 s7 s9\n");
    machine_done(&m);
}

/* 900 calls with 1,000 results each, all left on the stack before they are dropped by a return. */
static void test_a_frame_beyond_all_stacks_is_exhausted(void **state)
{
    (void)state;
    enum { CALLS = 900, RESULTS = 1000 };
    static uint8_t callee[2 * RESULTS + 1], caller[2 * CALLS + 2];
    static char letters[RESULTS + 2] = ":";
    for (int i = 0; i < RESULTS; i++) {
        callee[2 * i] = I32_CONST;
        letters[1 + i] = 'i';
    }
    callee[2 * RESULTS] = END;
    for (int i = 0; i < CALLS; i++)
        caller[2 * i] = CALL;
    caller[2 * CALLS] = RETURN;
    caller[2 * CALLS + 1] = END;
    machine m;
    machine_init(&m, NULL);
    wasm_func(&m.w, letters, "", callee, sizeof callee);
    machine_func(&m, "ii:", "", caller, sizeof caller);
    machine_start(&m);
    pirn_slot args[2] = {{.i64 = 0}, {.i64 = 0}};
    expect_start(&m.f, m.call, wasm_find_func(m.instance, "f"), args, PIRN_EXHAUSTED, "call stack exhausted");
    machine_done(&m);
}

static void test_loops_are_checked_only_when_asked(void **state)
{
    (void)state;
    for (int is_interruptible = 0; is_interruptible <= 1; is_interruptible++) {
        pirn_config config = pirn_config_default();
        config.interruptible = is_interruptible;
        machine m;
        machine_init(&m, &config);
        machine_func(&m, "ii:", "", CODE(LOOP, VOID, END, END));
        machine_start(&m);
        machine_call(&m, 0, 0);
        assert_string_equal(machine_cells(&m, 0), is_interruptible ? "check_interrupt\nreturn_2 s2\n" : "return_2 s2\n");
        machine_done(&m);
    }
}

static void test_without_fusion_each_instruction_stands_alone(void **state)
{
    (void)state;
    pirn_config config = pirn_config_default();
    config.fusion = false;
    machine m;
    machine_init(&m, &config);
    /* do x = x + 1 while (x < y) */
    machine_func(&m, "ii:i", "",
                 CODE(LOOP, VOID, LOCAL_GET, 0, I32_CONST, 1, I32_ADD, LOCAL_SET, 0, LOCAL_GET, 0, LOCAL_GET, 1,
                      I32_LT_S, BR_IF, 0, END, LOCAL_GET, 0, END));
    machine_start(&m);
    assert_int_equal(machine_call(&m, 3, 42)->i32, 42);
    assert_string_equal(machine_cells(&m, 0), "copy s7 s0\n"
                                              "const_i s8 1\n"
                                              "i32_add_ss_s s7 s7 s8\n"
                                              "copy s0 s7\n"
                                              "copy s7 s0\n"
                                              "copy s8 s1\n"
                                              "i32_lt_s_ss_s s7 s7 s8\n"
                                              "br_i32_ne_si s7 0 ->0\n"
                                              "copy s7 s0\n"
                                              "return_s_2 s2 s7\n");
    machine_done(&m);
}

static void test_fuel_is_charged_by_straight_line_runs(void **state)
{
    (void)state;
    pirn_config config = pirn_config_default();
    config.fuel = true;
    machine m;
    machine_init(&m, &config);
    machine_func(&m, "ii:i", "", CODE(LOCAL_GET, 0, IF, VOID, LOCAL_GET, 1, LOCAL_SET, 0, END, LOCAL_GET, 0, END));
    machine_start(&m);
    pirn_store_set_fuel(m.f.store, 100);
    machine_call(&m, 1, 2);
    assert_int_equal(pirn_store_fuel(m.f.store), 100 - 2 - 2 - 1);
    machine_call(&m, 0, 2);
    assert_int_equal(pirn_store_fuel(m.f.store), 95 - 2 - 1);
    assert_string_equal(machine_cells(&m, 0), "fuel 2\n"
                                              "br_i32_eq_si s0 0 ->9\n"
                                              "fuel 2\n"
                                              "copy s0 s1\n"
                                              "fuel 1\n"
                                              "return_s_2 s2 s0\n");
    machine_done(&m);
}

static void test_a_trap_is_found_in_the_bytes(void **state)
{
    (void)state;
    machine m;
    machine_init(&m, NULL);
    /* The division is the last cell, taken back and emitted again behind the copy that saves the local. */
    machine_func(&m, "ii:i", "",
                 CODE(LOCAL_GET, 0, LOCAL_GET, 0, LOCAL_GET, 1, I32_DIV_U, LOCAL_SET, 0, LOCAL_GET, 0, I32_ADD, END));
    machine_start(&m);
    pirn_slot args[2] = {{.i64 = 0}, {.i64 = 0}};
    expect_start(&m.f, m.call, wasm_find_func(m.instance, "f"), args, PIRN_TRAP, "integer divide by zero");
    pirn_trace_frame frame = pirn_error_frame(m.f.error, 0);
    const vm_module *syntax = &m.f.module->syntax;
    /* One byte for the number of groups of locals, three instructions of two bytes. */
    assert_int_equal(frame.offset, vm_module_offset(syntax, syntax->funcs.data[0].body.start) + 1 + 6);
    machine_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locals_and_constants_are_operands),
        cmocka_unit_test(test_a_constant_on_the_left_is_exchanged_where_that_is_allowed),
        cmocka_unit_test(test_local_set_is_the_destination_of_the_instruction_before),
        cmocka_unit_test(test_a_local_is_saved_before_it_changes),
        cmocka_unit_test(test_an_accumulator_is_freed_by_changing_the_cell),
        cmocka_unit_test(test_comparisons_and_branches_are_one),
        cmocka_unit_test(test_both_arms_put_their_value_in_one_place),
        cmocka_unit_test(test_a_branch_whose_value_must_move_is_turned_round),
        cmocka_unit_test(test_arguments_are_computed_where_the_callee_finds_them),
        cmocka_unit_test(test_results_change_places_on_return),
        cmocka_unit_test(test_br_table_moves_values_for_each_label_that_needs_it),
        cmocka_unit_test(test_unreachable_code_becomes_nothing),
        cmocka_unit_test(test_slots_out_of_reach_are_copied_near),
        cmocka_unit_test(test_a_frame_beyond_all_stacks_is_exhausted),
        cmocka_unit_test(test_loops_are_checked_only_when_asked),
        cmocka_unit_test(test_without_fusion_each_instruction_stands_alone),
        cmocka_unit_test(test_fuel_is_charged_by_straight_line_runs),
        cmocka_unit_test(test_a_trap_is_found_in_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

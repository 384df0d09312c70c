/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fused cells: that a function becomes the cells it should, and that it does the same as without fusion, for arguments at all the
 * edges: results, traps, and what it leaves in memory.
 */
#include "vm/exec/code.h"
#include "vm/test/fixture.h"

typedef struct sample {
    const char *body, *cells; /* the cells in which it differs, one line each */
} sample;

#define HEAD                                                                                      \
    "(module (memory (export \"m\") 1) (global $g (mut i32) (i32.const 700))\n"                   \
    "(data (i32.const 0) \"\\01\\80\\fe\\7f\\ff\\00\\33\\f0\\12\\34\\56\\78\\9a\\bc\\de\\f1\")\n" \
    "(func (export \"f\") (param $x i32) (param $y i32) (result i32) (local $i i32) (local $l i64) (local $d f64)\n"

static const sample samples[] = {
    /* Addresses that wrap around */
    {"(i32.load8_u (i32.add (local.get $x) (i32.const 5)))", "i32_load8_u_w_a s0 5\n"},
    {"(i32.load16_s (i32.sub (local.get $x) (i32.const 5)))", "i32_load16_s_w_a s0 -5\n"},
    {"(i32.load offset=4 (i32.add (local.get $x) (i32.const 5)))", "i32_load_a_a 4\n"},
    {"(i32.load (i32.shl (local.get $x) (i32.const 2)))", "i32_load_k_a s0 0\n"},
    {"(i32.load (i32.add (i32.shl (local.get $x) (i32.const 2)) (i32.const 4)))", "i32_load_k_a s0 4\n"},
    {"(i32.load (i32.add (i32.shl (local.get $x) (i32.const 3)) (i32.const 4)))", "i32_scale_s_a s0 3 4\n"},
    {"(i32.load (i32.add (local.get $x) (local.get $y)))", "i32_load_t_a s0 s1 0\n"},
    {"(i32.load offset=8 (i32.add (local.get $x) (local.get $y)))", "i32_load_t_a s0 s1 8\n"},
    {"(i32.load offset=65536 (i32.add (local.get $x) (local.get $y)))", "i32_load_a_a 65536\n"},
    {"(i32.load offset=1 (i32.add (local.get $y) (i32.shl (local.get $x) (i32.const 2))))", "i32_load_v_a s1 s0 1\n"},
    {"(i32.load (i32.add (local.get $y) (i32.shl (local.get $x) (i32.const 1))))", "i32_add_shl_ss_a s1 s0 1\n"},
    {"(i32.load8_s (i32.add (i32.mul (local.get $x) (i32.const 3)) (i32.const 7)))", "i32_load8_s_b_a 7\n"},
    {"(i32.load (i32.shl (i32.mul (local.get $x) (i32.const 3)) (i32.const 2)))", "i32_load_c_a 0\n"},
    {"(i32.load offset=2 (i32.add (i32.mul (local.get $x) (i32.const 3)) (local.get $y)))", "i32_load_u_a s1 2\n"},
    {"(i32.load offset=2 (i32.add (i32.shl (i32.mul (local.get $x) (i32.const 3)) (i32.const 2)) (local.get $y)))",
     "i32_load_y_a s1 2\n"},
    {"(i32.store8 (i32.add (local.get $x) (i32.const 3)) (local.get $y)) (i32.const 1)", "i32_store8_ws s0 s1 3\n"},
    {"(i32.store (i32.add (local.get $x) (i32.const 3)) (i32.const 258)) (i32.const 1)", "i32_store_wi s0 3 0x102\n"},
    {"(i32.store (i32.sub (local.get $x) (i32.const 3)) (i32.mul (local.get $y) (local.get $y))) (i32.const 1)",
     "i32_store_wa s0 -3\n"},
    {"(i32.store16 (i32.add (i32.mul (local.get $x) (i32.const 3)) (i32.const 3)) (local.get $y)) (i32.const 1)",
     "i32_store16_bs s1 3\n"},
    {"(i32.store16 (i32.add (i32.mul (local.get $x) (i32.const 3)) (i32.const 3)) (i32.const 9)) (i32.const 1)",
     "i32_store16_bi 3 0x9\n"},
    {"(i32.store16 (i32.shl (local.get $x) (i32.const 1)) (local.get $y)) (i32.const 1)", "i32_store16_ks s0 s1 0\n"},
    {"(i32.store16 (i32.shl (local.get $x) (i32.const 1)) (i32.mul (local.get $y) (local.get $y))) (i32.const 1)",
     "i32_store16_ka s0 0\n"},
    {"(i32.store16 (i32.shl (i32.mul (local.get $x) (i32.const 3)) (i32.const 1)) (local.get $y)) (i32.const 1)",
     "i32_store16_cs s1 0\n"},
    {"(i32.store offset=3 (i32.add (local.get $x) (local.get $y)) (local.get $y)) (i32.const 1)",
     "i32_store_ts s0 s1 3 s1\n"},
    {"(i32.store (i32.add (local.get $y) (i32.shl (local.get $x) (i32.const 2))) (local.get $y)) (i32.const 1)",
     "i32_store_vs s1 s0 0 s1\n"},
    {"(i32.store (i32.add (i32.mul (local.get $x) (i32.const 3)) (local.get $y)) (local.get $y)) (i32.const 1)",
     "i32_add_as_a s1\n"},
    /* Operations of operations */
    {"(i32.xor (local.get $y) (i32.shr_u (local.get $x) (i32.const 7)))", "i32_xor_shr_u_ss_a s1 s0 7\n"},
    {"(i32.xor (i32.rotl (local.get $x) (i32.const 9)) (i32.mul (local.get $y) (local.get $x)))",
     "i32_xor_rotl_as_a s0 9\n"},
    {"(i32.or (i32.shl (i32.mul (local.get $x) (local.get $y)) (i32.const 8)) (local.get $x))",
     "i32_or_shl_sa_a s0 8\n"},
    {"(i32.add (i32.and (local.get $x) (i32.const 255)) (i32.and (local.get $y) (i32.const 65535)))",
     "i32_and_si_a s0 255\ni32_add_and_as_a s1 65535\n"},
    {"(i32.add (local.get $y) (i32.and (local.get $x) (i32.const 65536)))", "i32_and_si_a s0 65536\n"},
    {"(i32.shr_u (i32.shr_u (local.get $x) (i32.const 33)) (i32.const 2))", "i32_shr_u_si_a s0 1\n"},
    {"(local.set $l (i64.extend_i32_s (local.get $x)))\n"
     "(i32.wrap_i64 (i64.shr_u (i64.xor (local.get $l) (i64.shl (local.get $l) (i64.const 27))) (i64.const 13)))",
     "i64_xor_shl_ss_a s8 s8 27\n"},
    {"(local.set $l (i64.extend_i32_s (local.get $x)))\n"
     "(i32.wrap_i64 (i64.add (i64.rotl (local.get $l) (i64.const 70)) (i64.shr_u (local.get $l) (i64.const 3))))",
     "i64_rotl_si_a s8 0x6\ni64_add_shr_u_as_a s8 3\n"},
    /* A deferred operation of a local that changes, across a label, and of a temp that moves */
    {"(i32.add (local.get $x) (i32.const 5)) (local.set $x (local.get $y)) (local.get $x) (i32.sub)",
     "i32_add_si_s s10 s0 5\n"},
    {"(i32.mul (i32.and (local.get $x) (i32.const 6)) (if (result i32) (local.get $y) (then (i32.const 3)) (else"
     " (local.get $x))))",
     "i32_and_si_s s10 s0 6\n"},
    {"(i32.add (i32.const 9) (if (result i32) (local.get $y) (then (i32.const 3)) (else (local.get $x))))",
     "i32_add_si_r2 s2 s11 9\n"},
    {"(drop (i32.add (local.get $x) (i32.const 5))) (local.get $y)", "return_s_2 s2 s1\n"},
    {"(select (i32.shl (local.get $x) (i32.const 5)) (i32.and (local.get $y) (i32.const 3))"
     " (i32.add (local.get $x) (i32.const 1)))",
     "select_i32_ne_si_a s12 0 s10 s11\n"},
    /* Comparisons */
    {"(if (i32.and (local.get $x) (i32.const 5)) (then (return (i32.const 3)))) (i32.const 4)",
     "br_i32_none_si s0 5 ->"},
    {"(i32.eqz (i32.and (local.get $x) (i32.const 5)))", "i32_none_si_a s0 5\n"},
    {"(local.set $l (i64.extend_i32_s (local.get $x))) (i64.ne (i64.and (local.get $l) (i64.const -4)) (i64.const "
     "0))",
     "i64_any_si_a s8 0xfffffffffffffffc\n"},
    {"(if (i32.lt_u (i32.sub (local.get $x) (i32.const 48)) (i32.const 10)) (then (return (i32.const 3)))) "
     "(local.get $y)",
     "step_i32_ge_u_ii s10 s0 -48 10 ->"},
    {"(local.set $y (i32.and (local.get $y) (i32.const 63)))\n"
     "(loop $again (local.set $i (i32.add (local.get $i) (local.get $x)))"
     " (br_if $again (i32.ne (local.tee $y (i32.sub (local.get $y) (i32.const 1))) (i32.const -1)))) (local.get $i)",
     "step_i32_ne_ii s1 s1 -1 -1 ->"},
    {"(loop $again (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 3)))"
     " (i32.const 100)))) (local.get $i)",
     "step_i32_lt_u_ii s7 s7 3 100 ->"},
    {"(if (i32.gt_s (local.tee $i (i32.add (local.get $x) (local.get $y))) (local.get $y)) (then (return (i32.const "
     "1))))"
     " (local.get $i)",
     "step_i32_le_s_ss s7 s0 s1 s1 ->"},
    {"(if (i32.gt_s (local.tee $i (i32.add (local.get $x) (local.get $y))) (local.get $i)) (then (return (i32.const "
     "1))))"
     " (local.get $i)",
     "step_i32_le_s_ss s7 s0 s1 s7 ->"},
    {"(local.set $l (i64.extend_i32_u (local.get $x)))\n"
     "(if (i64.lt_s (local.tee $l (i64.add (local.get $l) (i64.const -9))) (i64.const -4)) (then (return (i32.const "
     "1))))"
     " (i32.const 2)",
     "step_i64_ge_s_ii s8 s8 -9 -4 ->"},
    /* Variables */
    {"(local.set $i (local.get $x)) (local.set $x (local.get $y)) (local.set $y (local.get $i))"
     " (i32.sub (local.get $x) (local.get $y))",
     "copy_copy s7 s0 s0 s1\n"},
    {"(local.set $x (i32.add (local.tee $i (local.get $x)) (i32.const 4))) (i32.mul (local.get $i) (local.get $x))",
     "copy_add s7 s0 4\n"},
    {"(local.set $y (local.get $x)) (local.set $i (i32.add (local.get $y) (i32.const 4)))"
     " (i32.mul (local.get $y) (local.get $i))",
     "copy s1 s0\ni32_add_si_s s7 s1 4\n"},
    {"(global.set $g (local.tee $i (i32.sub (global.get $g) (i32.const 16)))) (local.set $y (global.get $g))\n"
     "(global.set $g (i32.add (local.get $i) (i32.const 16))) (i32.mul (local.get $y) (global.get $g))",
     "global_step s7 -16 0x0\n"},
    {"(global.set $g (i32.add (local.get $x) (i32.const 16))) (global.get $g)", "global_set_add s0 16 0x0\n"},
    /* Two constants */
    {"(i32.and (i32.shr_u (local.get $x) (i32.const 5)) (i32.const 127))", "i32_field_s_a s0 5 127\n"},
    {"(i32.and (i32.sub (local.get $x) (i32.const 5)) (i32.const 255))", "i32_wrap_s_a s0 -5 255\n"},
    {"(i32.and (i32.add (i32.mul (local.get $x) (local.get $y)) (i32.const 9)) (i32.const -2))",
     "i32_wrap_a_a 9 -2\n"},
    {"(i32.load (i32.and (i32.add (local.get $x) (i32.const 5)) (i32.const 15)))",
     "i32_wrap_s_a s0 5 15\ni32_load_a_a 0\n"},
    {"(i32.and (i32.shr_u (local.get $x) (i32.const 5)) (i32.const 0))", "i32_and_ai_r2 s2 0\n"},
    {"(if (i32.lt_u (i32.and (i32.add (local.get $x) (i32.const 5)) (i32.const 255)) (i32.const 9)) (then (return "
     "(i32.const 3))))"
     " (local.get $y)",
     "i32_wrap_s_a s0 5 255\nbr_i32_ge_u_ai 9 ->"},
    /* Chains */
    {"(i32.add (i32.mul (local.get $x) (local.get $y)) (local.get $y))", "i32_mul_add_ss_a s0 s1 s1\n"},
    {"(i32.add (local.get $y) (i32.mul (i32.sub (local.get $x) (local.get $y)) (local.get $y)))",
     "i32_mul_add_as_a s1 s1\n"},
    {"(local.set $d (f64.convert_i32_s (local.get $x)))\n"
     "(i32.trunc_sat_f64_s (f64.sub (local.get $d) (f64.mul (local.get $d) (local.get $d))))",
     "f64_mul_sub_back_ss_a s9 s9 s9\n"},
    {"(local.set $d (f64.convert_i32_s (local.get $x)))\n"
     "(i32.trunc_sat_f64_s (f64.sub (f64.add (f64.mul (local.get $d) (local.get $d)) (local.get $d)) (local.get "
     "$d)))",
     "f64_mul_add_ss_a s9 s9 s9\nf64_sub_as_a s9\n"},
    /* Stores of sums, and to what was loaded */
    {"(i32.store offset=4 (local.get $x) (i32.add (local.get $y) (i32.const 9))) (i32.const 0)",
     "i32_store_add s0 s1 4 9\n"},
    {"(i32.store offset=4 (local.get $x) (i32.add (i32.load offset=4 (local.get $x)) (i32.const 9))) (i32.const 0)",
     "i32_add_update s0 4 9\n"},
    {"(i32.store offset=8 (local.get $x) (i32.add (i32.load offset=4 (local.get $x)) (i32.const 9))) (i32.const 0)",
     "i32_load_s_a s0 4\ni32_add_ai_a 9\ni32_store_sa s0 8\n"},
    {"(i32.store offset=4 (local.get $x) (i32.add (i32.load offset=4 (local.get $x)) (local.get $y))) (i32.const 0)",
     "i32_add_update_s s0 s1 4\n"},
    {"(i32.store offset=4 (local.get $y) (i32.add (i32.load offset=4 (local.get $x)) (local.get $y))) (i32.const 0)",
     "i32_load_s_a s0 4\ni32_add_as_a s1\ni32_store_sa s1 4\n"},
    {"(f64.store offset=4 (local.get $x) (f64.add (local.get $d) (f64.load offset=4 (local.get $x)))) (i32.const 0)",
     "f64_add_update_s s0 s9 4\n"},
    /* Branches */
    {"(if (local.tee $i (i32.load (local.get $x))) (then (return (i32.const 1)))) (local.get $i)",
     "br_i32_load_s_eq s7 s0 0 0 ->"},
    {"(if (i32.eq (i32.load8_u offset=3 (local.get $x)) (i32.const 240)) (then (return (i32.const 1)))) (local.get "
     "$i)",
     "br_i32_load8_u_a_ne s0 3 240 ->"},
    {"(if (i32.and (i32.load8_u offset=3 (local.get $x)) (i32.const 4)) (then (return (i32.const 1)))) (local.get "
     "$i)",
     "br_i32_load8_u_a_none s0 3 4 ->"},
    {"(if (i32.eqz (i32.load8_u (i32.add (local.get $x) (i32.const 3)))) (then (return (i32.const 1)))) (local.get "
     "$i)",
     "br_i32_load8_u_w_ne s0 3 0 ->"},
    {"(if (i32.eq (local.tee $i (i32.and (local.get $x) (i32.const 7))) (i32.const 2)) (then (return (i32.const 1))))"
     " (local.get $i)",
     "br_i32_and_ne s7 s0 7 2 ->"},
    {"(local.set $i (local.get $y)) (if (local.get $x) (then (return (local.get $i)))) (i32.const 5)",
     "br_copy_eq s7 s1 s0 0 ->"},
    {"(if (local.get $x) (then (local.set $y (i32.const 3))) (else (nop))) (local.get $y)", "const_i_br s1 3 ->"},
    {"(if (local.get $x) (then (local.set $i (local.get $y))) (else (nop))) (local.get $i)", "copy_br s7 s1 ->"},
    {"(if (local.get $x) (then (local.set $i (local.get $y)) (local.set $x (local.get $i))) (else (nop))) (local.get "
     "$x)",
     "copy_copy_br s7 s1 s0 s7 ->"},
    {"(if (local.get $x) (then (local.set $i (i32.add (local.get $y) (i32.const 6)))) (else (nop))) (local.get $i)",
     "i32_add_si_br s7 s1 6 ->"},
    {"(block $c (block $b (block $a (br_table $a $b $c (i32.sub (local.get $x) (i32.const 1)))) (return (i32.const "
     "4)))"
     " (return (i32.const 5))) (i32.const 6)",
     "br_table_s_add s0 2 -1 ->"},
    {"(block $c (block $b (block $a (br_table $a $b $c (i32.sub (i32.mul (local.get $x) (local.get $x)) (i32.const "
     "1))))"
     " (return (i32.const 4))) (return (i32.const 5))) (i32.const 6)",
     "br_table_a_add 2 -1 ->"},
    /* Selects */
    {"(select (local.get $x) (local.get $y) (i32.lt_s (local.get $x) (local.get $y)))",
     "select_i32_lt_s_ss_a s0 s1 s0 s1\n"},
    {"(select (local.get $x) (i32.const 9) (i32.and (i32.mul (local.get $x) (local.get $y)) (i32.const 4)))",
     "select_i32_any_ai_a 4 s0 s11\n"},
    {"(local.set $l (i64.extend_i32_s (local.get $x)))\n"
     "(i32.wrap_i64 (select (local.get $l) (i64.const 3) (i64.gt_s (local.get $l) (i64.const 0x1234567890))))",
     "select_i64_gt_s_si_a s8 0x1234567890 s8 s11\n"},
    {"(local.set $i (select (i32.shl (local.get $x) (i32.const 1)) (i32.const 9) (i32.eqz (local.get $y)))) "
     "(local.get $i)",
     "select_i32_eq_si_s s7 s1 0 s10 s11\n"},
    /* Memory as a whole */
    {"(memory.copy (local.get $x) (local.get $y) (i32.const 6)) (i32.load (local.get $x))",
     "memory_copy_0_i s0 s1 6\n"},
    {"(memory.copy (local.get $x) (local.get $y) (local.get $x)) (i32.load (local.get $x))",
     "memory_copy_0 s0 s1 s0\n"},
    {"(memory.fill (local.get $x) (i32.const 3) (local.get $y)) (i32.const 2)", "memory_fill_0 s0 s11 s1\n"},
    /* *++p and *p++, also where the address and the value are one local */
    {"(i32.load8_u offset=1 (local.tee $i (i32.add (local.get $x) (i32.const 3)))) (i32.add (local.get $i))",
     "i32_load8_u_z_a s0 3 s7 1\n"},
    {"(local.set $x (i32.load (local.tee $x (i32.add (local.get $x) (i32.const 4))))) (local.get $x)",
     "i32_load_z_s s0 s0 4 s0 0\n"},
    {"(local.set $x (i32.add (local.tee $i (local.get $x)) (i32.const 4))) (i32.load16_u (local.get $i))"
     " (i32.add (local.get $x)) (i32.sub (local.get $i))",
     "i32_load16_u_o_a s0 4 s7 0\n"},
    {"(local.tee $i (i32.add (local.get $x) (i32.const 4))) (local.set $i (i32.load (local.get $i))) (i32.add "
     "(local.get $i))",
     "i32_load_z_a s0 4 s7 0\ncopy s10 s7\nset_a s7\n"},
    {"(local.set $x (i32.add (local.tee $i (local.get $x)) (i32.const 4))) (local.get $x) (local.set $x (i32.load"
     " (local.get $i))) (i32.add (local.get $x))",
     "i32_load_o_a s0 4 s7 0\ncopy s10 s0\nset_a s0\n"},
    {"(local.set $i (i32.add (local.get $x) (i32.const 4))) (local.set $x (i32.add (local.get $i) (i32.const -9)))"
     " (i32.sub (local.get $x) (local.get $i))",
     "i32_add_add_by s7 s0 4 s0 s7 -9\n"},
    /* Locals that need no zero, and those that do */
    {"(block $out (br_if $out (local.get $x)) (local.set $i (local.get $y))) (local.get $i)", "zero_1 s7\n"},
    {"(loop $l (local.set $i (local.get $y)) (br_if $l (i32.eqz (local.get $y)) (i32.const 0)) (drop)) (local.get "
     "$i)",
     ""},
    {"(loop $l (local.set $i (i32.add (local.get $i) (local.get $y)))) (local.get $i)", "zero_1 s7\n"},
};

static const int32_t arguments[] = {0,  1,   2,     3,     7,     -1,    -2,         -5,        40,
                                    57, 255, 16380, 65530, 65534, 65536, 0x40000000, INT32_MIN, INT32_MAX};

static void add_line(void *data, uint32_t word, const char *line)
{
    (void)word;
    char *cells = data;
    while (*line == ' ' || (*line >= '0' && *line <= '9'))
        line++;
    size_t len = strlen(cells);
    snprintf(cells + len, 4096 - len, "%s\n", line);
}

typedef struct machine {
    fixture f;
    pirn_instance *instance;
    pirn_call *call;
} machine;

static machine machine_new(const char *body, bool has_fusion)
{
    pirn_config config = pirn_config_default();
    config.fusion = has_fusion;
    machine m = {.f = fixture_new(&config, NULL)};
    char text[4096];
    snprintf(text, sizeof text, "%s%s))", HEAD, body);
    pirn_arena *arena = pirn_arena_new(NULL);
    const uint8_t *bytes;
    size_t size;
    if (pirn_text_parse(text, strlen(text), arena, &bytes, &size, m.f.error) != PIRN_OK ||
        pirn_module_load(m.f.engine, bytes, size, PIRN_BYTES_COPY, 0, &m.f.module, m.f.error) != PIRN_OK)
        fail_msg("%s: %s", body, pirn_error_message(m.f.error));
    pirn_arena_free(arena);
    m.instance = wasm_instance(m.f.store, m.f.module, NULL, 0);
    m.call = pirn_call_new(m.f.store);
    return m;
}

static void machine_done(machine *m)
{
    pirn_call_free(m->call);
    fixture_free(&m->f);
}

static int machine_call(machine *m, int32_t x, int32_t y, int32_t *result)
{
    pirn_slot args[2] = {{.i64 = 0}, {.i64 = 0}};
    args[0].i32 = x;
    args[1].i32 = y;
    int status = (int)pirn_call_start(m->call, wasm_find_func(m->instance, "f"), args, m->f.error);
    *result = status == PIRN_OK ? pirn_call_results(m->call)->i32 : 0;
    return status;
}

static void check_sample(const sample *s, machine *plain, machine *fused)
{
    pirn_memory *memories[] = {wasm_find(plain->instance, "m").memory, wasm_find(fused->instance, "m").memory};
    for (size_t i = 0; i < BASE_COUNT(arguments) * BASE_COUNT(arguments); i++) {
        int32_t x = arguments[i / BASE_COUNT(arguments)], y = arguments[i % BASE_COUNT(arguments)];
        int32_t expected, result;
        int status = machine_call(plain, x, y, &expected);
        if (machine_call(fused, x, y, &result) != status || result != expected)
            fail_msg("%s: of %d and %d came %d, not %d", s->body, x, y, result, expected);
        size_t size = pirn_memory_size(memories[0]);
        assert_memory_equal(pirn_memory_data(memories[0]), pirn_memory_data(memories[1]), size);
    }
    char cells[4096] = "";
    assert_true(vm_disasm(fused->f.module, 0, add_line, cells));
    if (strstr(cells, s->cells) == NULL)
        fail_msg("%s:\n%s\nwithout %s", s->body, cells, s->cells);
    if (s->cells[0] == '\0' && strstr(cells, "zero") != NULL)
        fail_msg("%s:\n%s", s->body, cells);
}

static void test_fused_cells_do_what_the_instructions_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(samples); i++) {
        machine plain = machine_new(samples[i].body, false), fused = machine_new(samples[i].body, true);
        check_sample(&samples[i], &plain, &fused);
        machine_done(&plain);
        machine_done(&fused);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fused_cells_do_what_the_instructions_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

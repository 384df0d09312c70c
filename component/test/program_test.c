/* SPDX-License-Identifier: Apache-2.0 */
#include "component/test/abi_fixture.h"

typedef struct expected_op {
    cm_opcode code;
    uint32_t flat, memory, object, count;
} expected_op;

static void expect_ops(const cm_program *program, const expected_op *expected, size_t count)
{
    assert_int_equal(program->op_count, count);
    for (size_t i = 0; i < count; i++) {
        const cm_op *op = &program->ops[i];
        assert_int_equal(op->code, expected[i].code);
        if (op->code != CM_OP_JUMP) {
            assert_int_equal(op->flat, expected[i].flat);
            assert_int_equal(op->memory, expected[i].memory);
            assert_int_equal(op->object, expected[i].object);
        }
        assert_int_equal(op->count, expected[i].count);
    }
    assert_int_equal(program->ops[count].code, CM_OP_END);
}

static void test_fields_are_operations_with_offsets(void **state)
{
    (void)state;
    const pirn_type *inner = MANY(TUPLE, LEAF(U8), LEAF(F32), LABELS(FLAGS, 9));
    const cm_program *program = cm_compile(type_compiler(), MANY(RECORD, LEAF(S64), inner, LEAF(CHAR)));
    static const expected_op expected[] = {
        {CM_OP_I64, 0, 0, 0, 0},         {CM_OP_U8, 1, 8, 8, 0},     {CM_OP_F32, 2, 12, 12, 0},
        {CM_OP_FLAGS, 3, 16, 16, 0x1FF}, {CM_OP_CHAR, 4, 20, 20, 0},
    };
    expect_ops(program, expected, BASE_COUNT(expected));
    assert_true(program->is_scalar);
    assert_true(program->may_trap);
    assert_false(program->is_solid);
}

static void test_cases_that_carry_nothing_share_their_operations(void **state)
{
    (void)state;
    const cm_program *program = cm_compile(type_compiler(), MANY(VARIANT, NULL, LEAF(U32), NULL, NULL));
    static const expected_op expected[] = {
        {CM_OP_VARIANT, 0, 0, 0, 4}, {CM_OP_FILL, 1, 4, 4, 1}, {CM_OP_JUMP, 0, 0, 0, 2},
        {CM_OP_I32, 1, 4, 4, 0},     {CM_OP_JUMP, 0, 0, 0, 0},
    };
    expect_ops(program, expected, BASE_COUNT(expected));
    static const uint32_t cases[] = {0, 2, 0, 0, 4};
    assert_memory_equal(program->ops[0].cases, cases, sizeof cases);
}

static void test_what_is_numbers_without_gaps_is_solid(void **state)
{
    (void)state;
    const struct {
        const pirn_type *type;
        bool is_solid;
    } cases[] = {
        {LEAF(U8), true},
        {LEAF(S64), true},
        {LEAF(F32), false}, /* a NaN becomes the canonical one */
        {LEAF(BOOL), false},
        {MANY(RECORD, LEAF(U16), LEAF(U8), LEAF(U8), LEAF(S32)), true},
        {MANY(RECORD, LEAF(U8), LEAF(U16)), false},
        {MANY(TUPLE, LEAF(U32), LEAF(CHAR)), false},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        assert_int_equal(cm_compile(type_compiler(), cases[i].type)->is_solid, cases[i].is_solid);
}

/* Sixteen levels of pairs are 65,536 numbers. */
static void test_programs_do_not_unfold_what_types_share(void **state)
{
    (void)state;
    const pirn_type *type = LEAF(U8);
    size_t ops = 0;
    for (int i = 0; i < 16; i++) {
        type = MANY(TUPLE, type, type);
        ops += cm_compile(type_compiler(), type)->op_count;
    }
    assert_int_equal(type->memory.size, 65536);
    assert_true(ops < 16 * 17);
    const cm_program *program = cm_compile(type_compiler(), type);
    assert_ptr_equal(program, cm_compile(type_compiler(), type));
    assert_true(program->is_solid);
}

typedef struct failing {
    size_t calls, fail_at;
} failing;

static void *fail_sometime(void *user, void *block, size_t old_size, size_t new_size)
{
    failing *f = user;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return ++f->calls == f->fail_at ? NULL : realloc(block, new_size);
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    const pirn_type *inner = MANY(VARIANT, LEAF(STRING), OF(LIST, LEAF(F64)), NULL);
    pirn_component_functype type = FUNCTYPE(MANY(TUPLE, inner, inner), OF(OPTION, inner), LEAF(U8));
    bool is_done = false;
    for (size_t n = 1; !is_done; n++) {
        failing f = {0, n};
        pirn_allocator allocator = {fail_sometime, &f};
        base_arena arena;
        cm_compiler compiler;
        base_arena_init(&arena, &allocator);
        cm_compiler_init(&compiler, &arena);
        is_done = cm_compile_function(&compiler, &type) != NULL;
        assert_true(is_done == (f.calls < n));
        cm_compiler_done(&compiler);
        base_arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_operations_with_offsets),
        cmocka_unit_test(test_cases_that_carry_nothing_share_their_operations),
        cmocka_unit_test(test_what_is_numbers_without_gaps_is_solid),
        cmocka_unit_test(test_programs_do_not_unfold_what_types_share),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Types: which are equal, which is below which, and type sections made to be expensive. */
#include "vm/exec/runtime.h"
#include "vm/test/fixture.h"

enum {
    REC = 0x4E,
    SUB = 0x50,
    FINAL = 0x4F,
    STRUCT = 0x5F,
    ARRAY = 0x5E,
    FUNC = 0x60,
    REF_NULL_TYPE = 0x63,
    I32 = 0x7F
};
enum { I64 = 0x7E, I8 = 0x78, ANY = 0x6E, EQ = 0x6D };

/* Loads a module that has only a type section: `count` entries with these bytes. */
static pirn_status load_types(fixture *f, uint32_t count, const uint8_t *bytes, size_t size, pirn_module **out)
{
    size_t length;
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_preamble(&w);
    size_t section = vm_writer_begin(&w, 1);
    vm_writer_leb_unsigned(&w, count);
    vm_writer_bytes(&w, bytes, size);
    vm_writer_end(&w, section);
    uint8_t *module = vm_writer_take(&w, &length);
    pirn_error_clear(f->error);
    pirn_status status = pirn_module_load(f->engine, module, length, PIRN_BYTES_COPY, 0, out, f->error);
    free(module);
    return status;
}

#define ENTRIES(...) CODE(__VA_ARGS__)

static void test_sub_types_are_checked(void **state)
{
    (void)state;
    static const struct {
        uint32_t count;
        uint8_t bytes[24], size;
        const char *message; /* NULL: valid */
    } cases[] = {
        {2, {SUB, 0, STRUCT, 1, I32, 0, SUB, 1, 0, STRUCT, 2, I32, 0, I64, 1}, 15, NULL},
        {2, {SUB, 0, STRUCT, 1, I32, 0, SUB, 1, 0, STRUCT, 0}, 11, "sub type 1 does not match super type 0"},
        {2,
         {SUB, 0, STRUCT, 1, I32, 0, SUB, 1, 0, STRUCT, 1, I32, 1},
         13,
         "sub type 1 does not match super type 0"},
        {2, {SUB, 0, STRUCT, 1, ANY, 0, SUB, 1, 0, STRUCT, 1, EQ, 0}, 13, NULL},
        {2,
         {SUB, 0, STRUCT, 1, ANY, 1, SUB, 1, 0, STRUCT, 1, EQ, 1},
         13,
         "sub type 1 does not match super type 0"},
        {2, {SUB, 0, ARRAY, I8, 0, SUB, 1, 0, ARRAY, I32, 0}, 11, "sub type 1 does not match super type 0"},
        {2, {SUB, 0, FUNC, 1, EQ, 1, ANY, SUB, 1, 0, FUNC, 1, ANY, 1, EQ}, 15, NULL},
        {2, {SUB, 0, FUNC, 1, ANY, 0, SUB, 1, 0, FUNC, 1, EQ, 0}, 13, "sub type 1 does not match super type 0"},
        {2, {STRUCT, 0, SUB, 1, 0, STRUCT, 0}, 7, "sub type 1 has the final super type 0"},
        {1, {SUB, 1, 0, STRUCT, 0}, 5, "unknown type 0"},
        {1, {REC, 2, SUB, 1, 1, STRUCT, 0, SUB, 0, STRUCT, 0}, 11, "unknown type 1"},
        {1, {STRUCT, 1, REF_NULL_TYPE, 1, 0}, 5, "unknown type 1"},
        {1, {STRUCT, 1, REF_NULL_TYPE, 0, 0}, 5, NULL},
        {2, {REC, 0, STRUCT, 0}, 4, NULL},
    };
    fixture f = fixture_new(NULL, NULL);
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_module *module = NULL;
        pirn_status status = load_types(&f, cases[i].count, cases[i].bytes, cases[i].size, &module);
        expect_outcome(&f, status, cases[i].message == NULL ? PIRN_OK : PIRN_INVALID, cases[i].message);
        pirn_module_free(module);
    }
    fixture_free(&f);
}

/* Two groups of a list type and its node type; the third has them the other way round. */
static void test_equal_groups_are_one_in_all_modules(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_module *a = NULL, *b = NULL;
    assert_int_equal(
        load_types(&f, 1, ENTRIES(REC, 2, STRUCT, 1, REF_NULL_TYPE, 1, 0, STRUCT, 1, REF_NULL_TYPE, 0, 1), &a),
        PIRN_OK);
    assert_int_equal(
        load_types(&f, 4,
                   ENTRIES(STRUCT, 0, REC, 2, STRUCT, 1, REF_NULL_TYPE, 2, 0, STRUCT, 1, REF_NULL_TYPE, 1, 1, REC, 2,
                           STRUCT, 1, REF_NULL_TYPE, 4, 1, STRUCT, 1, REF_NULL_TYPE, 3, 0, STRUCT, 0),
                   &b),
        PIRN_OK);
    assert_ptr_equal(a->rtts[0], b->rtts[1]);
    assert_ptr_equal(a->rtts[1], b->rtts[2]);
    assert_ptr_not_equal(b->rtts[3], b->rtts[2]);
    assert_ptr_not_equal(b->rtts[4], b->rtts[1]);
    assert_ptr_equal(b->rtts[0], b->rtts[5]);
    pirn_module_free(a);
    pirn_module_free(b);
    fixture_free(&f);
}

static void test_a_function_type_of_a_module_is_the_embedders(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_module *module = NULL;
    assert_int_equal(
        load_types(&f, 3, ENTRIES(FUNC, 1, I32, 0, FINAL, 0, FUNC, 1, I32, 0, SUB, 0, FUNC, 1, I32, 0), &module),
        PIRN_OK);
    const pirn_functype *type = fixture_type(&f, "i:");
    assert_ptr_equal(module->types[0], type);
    assert_ptr_equal(module->types[1], type);
    assert_ptr_not_equal(module->types[2], type);
    pirn_valtype unknown = vm_ref_concrete(1000, true);
    assert_null(pirn_functype_new(f.engine, &unknown, 1, NULL, 0));
    pirn_module_free(module);
    fixture_free(&f);
}

/* `count` open structures, each below the one before. */
static pirn_status load_chain(fixture *f, uint32_t count, pirn_module **out)
{
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    for (uint32_t i = 0; i < count; i++) {
        vm_writer_bytes(&w, ENTRIES(SUB));
        vm_writer_leb_unsigned(&w, i > 0);
        if (i > 0)
            vm_writer_leb_unsigned(&w, i - 1);
        vm_writer_bytes(&w, ENTRIES(STRUCT, 0));
    }
    pirn_status status = load_types(f, count, w.data, w.len, out);
    vm_writer_done(&w);
    return status;
}

static void test_chains_of_subtypes_have_a_limit(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    pirn_module *module = NULL;
    assert_int_equal(load_chain(&f, 64, &module), PIRN_OK);
    for (uint32_t i = 0; i < 64; i++) {
        for (uint32_t j = 0; j < 64; j++)
            assert_int_equal(vm_rtt_matches(module->rtts[i], module->rtts[j]), i >= j);
    }
    pirn_module_free(module);
    expect_outcome(&f, load_chain(&f, 65, &module), PIRN_LIMIT,
                   "sub type 64 has too many super types: at most 63 are supported");
    fixture_free(&f);
}

/* Each type of the group refers to the last. */
static void test_a_group_may_have_a_million_types(void **state)
{
    (void)state;
    enum { COUNT = 1000000 };
    fixture f = fixture_new(NULL, NULL);
    pirn_module *module = NULL;
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_bytes(&w, ENTRIES(REC));
    vm_writer_leb_unsigned(&w, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        vm_writer_bytes(&w, ENTRIES(ARRAY, REF_NULL_TYPE));
        vm_writer_leb_unsigned(&w, COUNT - 1);
        vm_writer_u8(&w, 0);
    }
    pirn_status status = load_types(&f, 1, w.data, w.len, &module);
    expect_outcome(&f, status, PIRN_OK, NULL);
    assert_ptr_not_equal(module->rtts[0], module->rtts[1]);
    vm_writer_done(&w);
    pirn_module_free(module);
    fixture_free(&f);
}

static void test_abstract_heap_types_are_in_order(void **state)
{
    (void)state;
    static const struct {
        uint8_t sub, super;
        bool matches;
    } cases[] = {
        {VM_CODE_I31, VM_CODE_EQ, true},         {VM_CODE_EQ, VM_CODE_ANY, true},
        {VM_CODE_ANY, VM_CODE_EQ, false},        {VM_CODE_STRUCTREF, VM_CODE_ARRAYREF, false},
        {VM_CODE_NONE, VM_CODE_I31, true},       {VM_CODE_NONE, VM_CODE_FUNCREF, false},
        {VM_CODE_NOFUNC, VM_CODE_FUNCREF, true}, {VM_CODE_FUNCREF, VM_CODE_ANY, false},
        {VM_CODE_EXTERNREF, VM_CODE_ANY, false}, {VM_CODE_NOEXTERN, VM_CODE_EXTERNREF, true},
        {VM_CODE_NOEXN, VM_CODE_EXN, true},      {VM_CODE_EXN, VM_CODE_EXN, true},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        assert_int_equal(vm_heaptype_matches(cases[i].sub, cases[i].super), cases[i].matches);
}

static void test_references_have_a_text(void **state)
{
    (void)state;
    static const struct {
        pirn_valtype type;
        const char *text;
    } cases[] = {
        {PIRN_ANYREF, "anyref"},
        {(VM_CODE_ANY << VM_TYPE_INDEX_SHIFT) | VM_CODE_REF, "(ref any)"},
        {(7 << VM_TYPE_INDEX_SHIFT) | VM_TYPE_IS_CONCRETE | VM_CODE_REF, "(ref 7)"},
        {(7 << VM_TYPE_INDEX_SHIFT) | VM_TYPE_IS_CONCRETE | VM_CODE_REF_NULL, "(ref null 7)"},
        {VM_CODE_NONE, "nullref"},
    };
    char text[32];
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        assert_string_equal(pirn_valtype_text(cases[i].type, text), cases[i].text);
}

static void test_every_reference_type_has_a_top(void **state)
{
    (void)state;
    fixture f = fixture_new(NULL, NULL);
    fixture_run_text(&f,
                     "(module (type $s (struct)) (type $f (func (param (ref null $s) (ref $f))))"
                     "  (func (export \"f\") (type $f)))",
                     NULL, 0);
    const pirn_valtype *params;
    assert_int_equal(pirn_functype_params(pirn_module_export(f.module, 0).type.func, &params), 2);
    assert_int_equal(pirn_valtype_top(f.engine, params[0]), PIRN_ANYREF);
    assert_int_equal(pirn_valtype_top(f.engine, params[1]), PIRN_FUNCREF);
    assert_int_equal(pirn_valtype_top(f.engine, PIRN_I31REF), PIRN_ANYREF);
    assert_int_equal(pirn_valtype_top(f.engine, VM_CODE_NONE), PIRN_ANYREF);
    assert_int_equal(pirn_valtype_top(f.engine, vm_ref_abstract(VM_CODE_NOEXN, false)), PIRN_EXNREF);
    assert_int_equal(pirn_valtype_top(f.engine, VM_CODE_NOEXTERN), PIRN_EXTERNREF);
    assert_int_equal(pirn_valtype_top(f.engine, PIRN_F64), PIRN_F64);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sub_types_are_checked),
        cmocka_unit_test(test_equal_groups_are_one_in_all_modules),
        cmocka_unit_test(test_a_function_type_of_a_module_is_the_embedders),
        cmocka_unit_test(test_chains_of_subtypes_have_a_limit),
        cmocka_unit_test(test_a_group_may_have_a_million_types),
        cmocka_unit_test(test_abstract_heap_types_are_in_order),
        cmocka_unit_test(test_references_have_a_text),
        cmocka_unit_test(test_every_reference_type_has_a_top),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

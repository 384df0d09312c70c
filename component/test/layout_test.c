/* SPDX-License-Identifier: Apache-2.0 */
#include "component/test/abi_fixture.h"

static const char *flat_text(const cm_flat *flat)
{
    static char text[CM_MAX_FLAT + 1];
    size_t len = flat->count < CM_MAX_FLAT ? flat->count : CM_MAX_FLAT;
    for (size_t i = 0; i < len; i++)
        text[i] = "iIfF"[flat->types[i]];
    text[len] = '\0';
    return text;
}

static void test_layouts_in_memory_and_flat_forms_follow_the_specification(void **state)
{
    (void)state;
    const pirn_type *u8 = LEAF(U8), *u16 = LEAF(U16), *u32 = LEAF(U32), *u64 = LEAF(U64), *f32 = LEAF(F32),
                    *f64 = LEAF(F64), *string = LEAF(STRING);
    const struct {
        const pirn_type *type;
        uint32_t size, align;
        const char *flat; /* i, I, f, F: i32, i64, f32, f64 */
    } cases[] = {
        {LEAF(BOOL), 1, 1, "i"},
        {LEAF(S16), 2, 2, "i"},
        {LEAF(CHAR), 4, 4, "i"},
        {u64, 8, 8, "I"},
        {f32, 4, 4, "f"},
        {f64, 8, 8, "F"},
        {string, 8, 4, "ii"},
        {OF(LIST, u64), 8, 4, "ii"},
        {MANY(RECORD, u8, u16, u8, u32), 12, 4, "iiii"},
        {MANY(TUPLE, u64, u8), 16, 8, "Ii"},
        {MANY(TUPLE, u8, MANY(TUPLE, u8, u64)), 24, 8, "iiI"},
        {OF(OPTION, u8), 2, 1, "ii"},
        {OF(OPTION, u64), 16, 8, "iI"},
        {OF(OPTION, OF(OPTION, u32)), 12, 4, "iii"},
        {MANY(RESULT, NULL, NULL), 1, 1, "i"},
        {MANY(RESULT, u32, f32), 8, 4, "ii"},
        {MANY(RESULT, f32, f32), 8, 4, "if"},
        {MANY(RESULT, u32, f64), 16, 8, "iI"},
        {MANY(VARIANT, f32, f64), 16, 8, "iI"},
        {MANY(VARIANT, u32, u64), 16, 8, "iI"},
        {MANY(VARIANT, string, MANY(TUPLE, f32, f32, f64)), 24, 8, "iiiF"},
        {MANY(VARIANT, NULL, u8, NULL), 2, 1, "ii"},
        {LABELS(ENUM, 1), 1, 1, "i"},
        {LABELS(ENUM, 256), 1, 1, "i"},
        {LABELS(ENUM, 257), 2, 2, "i"},
        {LABELS(ENUM, 65537), 4, 4, "i"},
        {LABELS(FLAGS, 8), 1, 1, "i"},
        {LABELS(FLAGS, 9), 2, 2, "i"},
        {LABELS(FLAGS, 32), 4, 4, "i"},
        {LEAF(OWN), 4, 4, "i"},
        {LEAF(BORROW), 4, 4, "i"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        assert_int_equal(cases[i].type->memory.size, cases[i].size);
        assert_int_equal(cases[i].type->memory.align, cases[i].align);
        assert_string_equal(flat_text(&(cm_flat[]){cm_type_flat(cases[i].type)}[0]), cases[i].flat);
    }
}

static void test_layouts_in_c_are_those_of_the_structs_one_would_write(void **state)
{
    (void)state;
    struct entry {
        uint8_t kind;
        pirn_str name;
        struct {
            uint8_t is_some;
            uint64_t value;
        } size;
        struct {
            uint8_t is_err;
            union {
                struct {
                    uint16_t *data;
                    size_t len;
                } ok;
                uint8_t err;
            } value;
        } content;
        uint16_t flags;
        void *handle;
    };
    const pirn_type *type = MANY(RECORD, LABELS(ENUM, 3), LEAF(STRING), OF(OPTION, LEAF(U64)),
                                 MANY(RESULT, OF(LIST, LEAF(U16)), LABELS(ENUM, 5)), LABELS(FLAGS, 12), LEAF(OWN));
    const size_t offsets[] = {
        offsetof(struct entry, kind),    offsetof(struct entry, name),  offsetof(struct entry, size),
        offsetof(struct entry, content), offsetof(struct entry, flags), offsetof(struct entry, handle),
    };
    assert_int_equal(pirn_layout_size(type), sizeof(struct entry));
    assert_int_equal(pirn_layout_align(type), _Alignof(struct entry));
    for (size_t i = 0; i < BASE_COUNT(offsets); i++)
        assert_int_equal(pirn_layout_field(type, i), offsets[i]);
    assert_int_equal(pirn_layout_payload(type->members[2].type),
                     offsetof(struct entry, size.value) - offsetof(struct entry, size));
    assert_int_equal(pirn_layout_payload(type->members[3].type),
                     offsetof(struct entry, content.value) - offsetof(struct entry, content));
}

static void test_arguments_are_a_struct_and_a_tuple(void **state)
{
    (void)state;
    struct args {
        uint8_t a;
        pirn_str b;
        uint16_t c;
    };
    pirn_component_functype type = FUNCTYPE(LEAF(U32), LEAF(U8), LEAF(STRING), LEAF(U16));
    assert_int_equal(pirn_component_functype_args_size(&type), sizeof(struct args));
    assert_int_equal(pirn_component_functype_arg_offset(&type, 1), offsetof(struct args, b));
    assert_int_equal(pirn_component_functype_result_size(&type), 4);
    assert_int_equal(type.params_memory.size, 16);
    assert_int_equal(type.params[1].offset, 4);
    assert_int_equal(type.params[2].offset, 12);
    assert_string_equal(flat_text(&type.flat_params), "iiii");
}

static void test_what_is_inside_a_type_is_known(void **state)
{
    (void)state;
    assert_false(MANY(TUPLE, LEAF(U8), OF(OPTION, LEAF(F64)))->has_pointers);
    assert_true(MANY(TUPLE, LEAF(U8), OF(OPTION, LEAF(STRING)))->has_pointers);
    assert_true(OF(LIST, LEAF(U8))->has_pointers);
    assert_false(OF(LIST, LEAF(OWN))->has_borrow);
    assert_true(MANY(RESULT, NULL, LEAF(BORROW))->has_borrow);
    assert_int_equal(LEAF(U8)->depth, 1);
    assert_int_equal(MANY(TUPLE, LEAF(U8), OF(OPTION, LEAF(F64)))->depth, 3);
}

static void test_sizes_of_types_that_fit_in_no_memory_saturate(void **state)
{
    (void)state;
    const pirn_type *type = LEAF(U64);
    for (size_t i = 0; i < 90; i++)
        type = MANY(TUPLE, type, type);
    assert_int_equal(type->memory.size, CM_LAYOUT_MOST);
    assert_true(type->is_too_large && type->is_too_large_in_c);
    assert_int_equal(type->flat_count, UINT16_MAX);
    const pirn_type *variant = MANY(VARIANT, LEAF(U8), type);
    assert_true(variant->is_too_large);
    assert_int_equal(variant->flat_count, UINT16_MAX);
}

static void test_core_types_of_functions_spill_beyond_the_flat_limits(void **state)
{
    (void)state;
    const pirn_type *u32 = LEAF(U32), *pair = MANY(TUPLE, LEAF(U32), LEAF(F64)), *string = LEAF(STRING);
    pirn_component_functype few = FUNCTYPE(string, u32, pair);
    cm_core_functype lift = cm_flatten_lift(&few), lower = cm_flatten_lower(&few);
    assert_int_equal(lift.param_count, 3);
    assert_int_equal(lift.params[2], PIRN_F64);
    assert_int_equal(lift.result_count, 1);
    assert_int_equal(lift.results[0], PIRN_I32);
    assert_int_equal(lower.param_count, 4);
    assert_int_equal(lower.params[3], PIRN_I32);
    assert_int_equal(lower.result_count, 0);

    pirn_component_functype many = FUNCTYPE(LEAF(F32), pair, pair, pair, pair, pair, pair, pair, pair, u32);
    lift = cm_flatten_lift(&many);
    assert_true(cm_params_in_memory(&many));
    assert_int_equal(lift.param_count, 1);
    assert_int_equal(lift.params[0], PIRN_I32);
    assert_int_equal(lift.results[0], PIRN_F32);
    assert_int_equal(cm_flatten_lower(&many).param_count, 1);

    pirn_component_functype exactly = FUNCTYPE(NULL, pair, pair, pair, pair, pair, pair, pair, pair);
    assert_false(cm_params_in_memory(&exactly));
    assert_int_equal(cm_flatten_lift(&exactly).param_count, 16);
    assert_int_equal(cm_flatten_lift(&exactly).result_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layouts_in_memory_and_flat_forms_follow_the_specification),
        cmocka_unit_test(test_layouts_in_c_are_those_of_the_structs_one_would_write),
        cmocka_unit_test(test_arguments_are_a_struct_and_a_tuple),
        cmocka_unit_test(test_what_is_inside_a_type_is_known),
        cmocka_unit_test(test_sizes_of_types_that_fit_in_no_memory_saturate),
        cmocka_unit_test(test_core_types_of_functions_spill_beyond_the_flat_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

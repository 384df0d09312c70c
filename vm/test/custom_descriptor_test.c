/* SPDX-License-Identifier: Apache-2.0 */
/* Custom descriptors: clauses of types, exact types, where a descriptor lies, what it keeps alive, casts by descriptor. */
#include "vm/exec/runtime.h"
#include "vm/exec/store.h"
#include "vm/test/fixture.h"

static fixture descriptor_fixture(bool collect_always, bool fusion)
{
    pirn_config config = pirn_config_default();
    config.features |= PIRN_FEATURE_CUSTOM_DESCRIPTORS;
    config.collect_always = collect_always;
    config.fusion = fusion;
    return fixture_new(&config, NULL);
}

static pirn_status load_text(fixture *f, const char *text, pirn_module **out)
{
    const uint8_t *bytes;
    size_t size;
    pirn_arena *arena = pirn_arena_new(NULL);
    assert_non_null(arena);
    *out = NULL;
    pirn_error_clear(f->error);
    pirn_status status = pirn_text_parse(text, strlen(text), arena, &bytes, &size, f->error);
    if (status == PIRN_OK)
        status = pirn_module_load(f->engine, bytes, size, PIRN_BYTES_COPY, 0, out, f->error);
    pirn_arena_free(arena);
    return status;
}

static pirn_instance *run_text(fixture *f, const char *text)
{
    expect_outcome(f, load_text(f, text, &f->module), PIRN_OK, NULL);
    return wasm_instance(f->store, f->module, NULL, 0);
}

#define PAIR "(rec (type $a (sub (descriptor $d) (struct))) (type $d (sub (describes $a) (struct))))"

/* ---- Types ------------------------------------------------------------------------------------------------------------- */

static void test_clauses_must_agree(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message; /* NULL: valid */
    } cases[] = {
        {"(rec (type (descriptor 1) (struct)) (type (describes 0) (descriptor 2) (struct))"
         "     (type (describes 1) (struct)))",
         NULL},
        {"(type (descriptor 1) (struct)) (type (struct))", "descriptor type is outside rec group: type 1"},
        {"(type (struct)) (type (describes 0) (struct))", "described type is outside rec group: type 0"},
        {"(rec (type (describes 1) (struct)) (type (descriptor 0) (struct)))",
         "forward use of described type: type 1"},
        {"(rec (type (descriptor 1) (struct)) (type (struct)))", "type is not described by its descriptor: type 0"},
        {"(rec (type (struct)) (type (describes 0) (struct)))",
         "described type is not described by descriptor: type 0"},
        {"(rec (type (descriptor 2) (struct)) (type (descriptor 2) (struct)) (type (describes 0) (struct)))",
         "type is not described by its descriptor: type 1"},
        {"(rec (type (descriptor 1) (array i8)) (type (describes 0) (struct)))",
         "descriptor type must be a struct, and what it describes, too: type 0"},
        {"(rec (type (descriptor 1) (struct)) (type (describes 0) (func)))",
         "described type must be a struct, and its descriptor, too: type 1"},
        {PAIR "(type (sub $a (struct)))", "sub type 2 does not match super type 0"},
        {PAIR "(type (sub $d (struct)))", "sub type 2 does not match super type 1"},
        {PAIR "(rec (type $b (sub $a (descriptor $e) (struct))) (type $e (describes $b) (struct)))",
         "descriptor type 3 does not match type 1"},
        {PAIR "(rec (type $b (descriptor $e) (struct)) (type $e (sub $d (describes $b) (struct))))",
         "described type 2 does not match type 0"},
    };
    fixture f = descriptor_fixture(false, true);
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_module *module;
        pirn_status status = load_text(&f, cases[i].text, &module);
        expect_outcome(&f, status, cases[i].message == NULL ? PIRN_OK : PIRN_INVALID, cases[i].message);
        pirn_module_free(module);
    }
    fixture_free(&f);
}

static void test_clauses_and_exactness_tell_types_apart(void **state)
{
    (void)state;
    fixture f = descriptor_fixture(false, true);
    pirn_module *m;
    expect_outcome(&f,
                   load_text(&f,
                             "(rec (type (descriptor 1) (struct)) (type (describes 0) (struct)))"
                             "(rec (type (descriptor 3) (struct)) (type (describes 2) (struct)))"
                             "(rec (type (struct)) (type (struct)))"
                             "(type (array (ref (exact 0)))) (type (array (ref 0))) (type (array (ref (exact 2))))",
                             &m),
                   PIRN_OK, NULL);
    assert_ptr_equal(m->rtts[0], m->rtts[2]);
    assert_ptr_not_equal(m->rtts[0], m->rtts[4]);
    assert_ptr_not_equal(m->rtts[1], m->rtts[5]);
    assert_ptr_not_equal(m->rtts[6], m->rtts[7]);
    assert_ptr_equal(m->rtts[6], m->rtts[8]);
    pirn_module_free(m);
    fixture_free(&f);
}

static void test_below_an_exact_type_is_only_itself(void **state)
{
    (void)state;
    fixture f = descriptor_fixture(false, true);
    pirn_module *m;
    expect_outcome(&f, load_text(&f, "(type (sub (struct))) (type (sub 0 (struct))) (type (func))", &m), PIRN_OK,
                   NULL);
    uint32_t super = m->rtts[0]->id, sub = m->rtts[1]->id, func = m->rtts[2]->id;
    const struct {
        vm_valtype actual, expected;
        bool matches;
    } cases[] = {
        {vm_ref_exact(super, false), vm_ref_concrete(super, false), true},
        {vm_ref_exact(sub, false), vm_ref_concrete(super, true), true},
        {vm_ref_exact(sub, false), vm_ref_exact(sub, true), true},
        {vm_ref_exact(sub, true), vm_ref_exact(sub, false), false},
        {vm_ref_exact(sub, false), vm_ref_exact(super, false), false},
        {vm_ref_concrete(super, false), vm_ref_exact(super, false), false},
        {VM_CODE_NONE, vm_ref_exact(super, true), true},
        {VM_CODE_NOFUNC, vm_ref_exact(super, true), false},
        {VM_CODE_NOFUNC, vm_ref_exact(func, true), true},
        {vm_ref_exact(super, true), PIRN_STRUCTREF, true},
        {PIRN_STRUCTREF, vm_ref_exact(super, true), false},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        assert_int_equal(vm_types_match(f.engine, cases[i].actual, cases[i].expected), cases[i].matches);
    pirn_module_free(m);
    fixture_free(&f);
}

static void test_exact_types_have_a_text(void **state)
{
    (void)state;
    char text[32];
    assert_string_equal(pirn_valtype_text(vm_ref_exact(7, false), text), "(ref (exact 7))");
    assert_string_equal(pirn_valtype_text(vm_ref_exact(VM_TYPE_INDEX_LIMIT - 1, true), text),
                        "(ref null (exact 4194303))");
    assert_string_equal(vm_heaptype_text(vm_ref_exact(7, true), text), "(exact 7)");
    assert_string_equal(vm_heaptype_text(PIRN_ANYREF, text), "any");
    assert_int_equal(vm_ref_index(vm_ref_exact(VM_TYPE_INDEX_LIMIT - 1, true)), VM_TYPE_INDEX_LIMIT - 1);
    assert_int_equal(vm_valtype_non_null(vm_ref_exact(7, true)), vm_ref_exact(7, false));
}

/*
 * A group of `count` types below the first, and behind them their descriptors, each below the one before: whoever walks up
 * from each of these before he has seen how long the way is never comes to an end.
 */
static void test_descriptors_ahead_cannot_be_a_long_chain(void **state)
{
    (void)state;
    const uint32_t count = 200000;
    size_t size;
    vm_writer w;
    vm_writer_init(&w, pirn_allocator_default());
    vm_writer_preamble(&w);
    size_t section = vm_writer_begin(&w, 1);
    vm_writer_bytes(&w, CODE(1, VM_CODE_REC));
    vm_writer_leb_unsigned(&w, 2 * count);
    for (uint32_t i = 0; i < 2 * count; i++) {
        bool describes = i >= count, has_super = i != 0 && i != count;
        vm_writer_u8(&w, VM_CODE_SUB);
        vm_writer_u8(&w, has_super);
        if (has_super)
            vm_writer_leb_unsigned(&w, describes ? i - 1 : 0);
        vm_writer_u8(&w, describes ? VM_CODE_DESCRIBES : VM_CODE_DESCRIPTOR);
        vm_writer_leb_unsigned(&w, describes ? i - count : i + count);
        vm_writer_bytes(&w, CODE(VM_CODE_STRUCT, 0));
    }
    vm_writer_end(&w, section);
    uint8_t *bytes = vm_writer_take(&w, &size);
    fixture f = descriptor_fixture(false, true);
    pirn_status status = pirn_module_load(f.engine, bytes, size, PIRN_BYTES_COPY, 0, &f.module, f.error);
    expect_outcome(&f, status, PIRN_LIMIT, "sub type 200064 has too many super types: at most 63 are supported");
    fixture_free(&f);
    free(bytes);
}

/* Bytes of a type section in which an index is as large as can be. */
static void test_large_indices_name_no_type(void **state)
{
    (void)state;
    static const struct {
        uint8_t bytes[16], size;
        pirn_status status;
        const char *message;
    } cases[] = {
        {{0x4D, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x5F, 0},
         8,
         PIRN_INVALID,
         "descriptor type is outside rec group: type 4294967294"},
        {{0x4C, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x5F, 0},
         8,
         PIRN_INVALID,
         "described type is outside rec group: type 4294967294"},
        {{0x50, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x5F, 0}, 9, PIRN_INVALID, "unknown type 4294967294"},
        {{0x5E, 0x63, 0x62, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0}, 9, PIRN_INVALID, "unknown type 4194303"},
        {{0x5E, 0x62, 0, 0}, 4, PIRN_MALFORMED, "malformed storage type 0x62"},
        {{0x5E, 0x63, 0x62, 0x6E, 0}, 5, PIRN_INVALID, "unknown type 110"},
        {{0x4D, 0, 0x4C, 0, 0x5F, 0}, 6, PIRN_MALFORMED, "malformed definition type 0x4c"},
    };
    fixture f = descriptor_fixture(false, true);
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        uint8_t bytes[32] = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, (uint8_t)(cases[i].size + 1), 1};
        memcpy(bytes + 11, cases[i].bytes, cases[i].size);
        pirn_module *module = NULL;
        pirn_error_clear(f.error);
        pirn_status status =
            pirn_module_load(f.engine, bytes, 11u + cases[i].size, PIRN_BYTES_COPY, 0, &module, f.error);
        expect_outcome(&f, status, cases[i].status, cases[i].message);
    }
    fixture_free(&f);
}

static void test_without_the_feature_each_form_says_so(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {PAIR, "a type with a descriptor needs the feature custom-descriptors, which is off"},
        {"(type (describes 0) (struct))",
         "a type that describes another needs the feature custom-descriptors, which is off"},
        {"(type (struct)) (func (param (ref (exact 0))))",
         "an exact heap type needs the feature custom-descriptors, which is off"},
        {"(type (func)) (import \"m\" \"f\" (func (exact (type 0))))",
         "an exact import needs the feature custom-descriptors, which is off"},
        {"(type (struct)) (func (drop (ref.get_desc 0 (ref.null none))))",
         "ref.get_desc needs the feature custom-descriptors, which is off"},
        {"(func (result anyref) (br_on_cast 0 structref arrayref (unreachable)))",
         "type mismatch: expected structref, found arrayref"},
    };
    fixture f = fixture_new(NULL, NULL);
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_module *module;
        expect_outcome(&f, load_text(&f, cases[i][0], &module), PIRN_INVALID, cases[i][1]);
    }
    fixture_free(&f);
}

/* ---- Objects ------------------------------------------------------------------------------------------------------------- */

static const vm_layout *layout_at(const pirn_module *module, uint32_t type)
{
    return (const vm_layout *)module->rtts[type];
}

/* Type 0 has no descriptor, 1 is below it and has one, 3 is below 1. */
static void test_a_subtype_begins_like_its_supertype_and_keeps_the_place_of_the_descriptor(void **state)
{
    (void)state;
    fixture f = descriptor_fixture(false, true);
    pirn_module *m;
    expect_outcome(&f,
                   load_text(&f,
                             "(type $0 (sub (struct (field i8))))"
                             "(rec (type $1 (sub $0 (descriptor $2) (struct (field i8 i8 anyref))))"
                             "     (type $2 (sub (describes $1) (struct))))"
                             "(rec (type $3 (sub $1 (descriptor $4) (struct (field i8 i8 anyref v128))))"
                             "     (type $4 (sub $2 (describes $3) (struct))))",
                             &m),
                   PIRN_OK, NULL);
    assert_int_equal(layout_at(m, 0)->descriptor_at, 0);
    assert_int_equal(layout_at(m, 1)->descriptor_at, VM_STRUCT_DATA + 8);
    assert_int_equal(layout_at(m, 3)->descriptor_at, VM_STRUCT_DATA + 8);
    assert_int_equal(layout_at(m, 1)->reference_count, 2);
    assert_int_equal(layout_at(m, 1)->references[0], VM_STRUCT_DATA + 8);
    assert_int_equal(layout_at(m, 0)->fields[0].offset, layout_at(m, 1)->fields[0].offset);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(layout_at(m, 1)->fields[i].offset, layout_at(m, 3)->fields[i].offset);
    assert_int_equal(layout_at(m, 1)->fields[1].offset, VM_STRUCT_DATA + 16);
    assert_int_equal(layout_at(m, 3)->size, layout_at(m, 3)->fields[3].offset + 16);
    pirn_module_free(m);
    fixture_free(&f);
}

/*
 * chain      n -> an object whose descriptor's descriptor holds n; nothing else refers to these
 * fields     the sum of an object's fields
 * which      n -> finds by branches with which of two descriptors the object was made, that is n; 0: null
 * cast       n -> a cast of null, or, when n is 0, of an i31
 * null ...   instructions that are given null
 */
static const char *const objects =
    "(rec (type $a (descriptor $b) (struct (field i32 v128 i64)))"
    "     (type $b (describes $a) (descriptor $c) (struct (field (ref null $c))))"
    "     (type $c (describes $b) (struct (field (mut i32)))))"
    "(global $c1 (ref (exact $c)) (struct.new $c (i32.const 9)))"
    "(global $b1 (ref (exact $b)) (struct.new_desc $b (global.get $c1) (global.get $c1)))"
    "(global $b2 (ref (exact $b)) (struct.new_default_desc $b (struct.new $c (i32.const 7))))"
    "(func $make (param i32) (result (ref (exact $a)))"
    "  (struct.new_desc $a (i32.const 5) (v128.const i64x2 3 4) (i64.const 6)"
    "    (struct.new_default_desc $b (struct.new $c (local.get 0)))))"
    "(func (export \"chain\") (param i32) (result i32) (local $object (ref null $a))"
    "  (local.set $object (call $make (local.get 0)))"
    "  (drop (call $make (i32.const 0)))"
    "  (struct.get $c 0 (ref.get_desc $b (ref.get_desc $a (local.get $object)))))"
    "(func (export \"fields\") (param i32) (result i32) (local $object (ref null $a))"
    "  (local.set $object (call $make (local.get 0)))"
    "  (i32.add (struct.get $a 0 (local.get $object))"
    "    (i32.wrap_i64 (i64.add (i64x2.extract_lane 1 (struct.get $a 1 (local.get $object)))"
    "      (struct.get $a 2 (local.get $object))))))"
    "(func (export \"which\") (param i32) (result i32) (local $object (ref null $a))"
    "  (if (i32.eq (local.get 0) (i32.const 1))"
    "    (then (local.set $object (struct.new_default_desc $a (global.get $b1)))))"
    "  (if (i32.eq (local.get 0) (i32.const 2))"
    "    (then (local.set $object (struct.new_default_desc $a (global.get $b2)))))"
    "  (block $none (result i32 anyref)"
    "    (block $first (result i32 (ref (exact $a)))"
    "      (i32.const 1)"
    "      (br_on_cast_desc_eq $first anyref (ref (exact $a)) (local.get $object) (global.get $b1))"
    "      (br_on_cast_desc_eq_fail $none anyref (ref $a) (global.get $b2))"
    "      (return (i32.const 2)))"
    "    (drop) (return))"
    "  (drop) (drop) (i32.const 0))"
    "(func (export \"cast\") (param i32) (result i32)"
    "  (if (result i32) (local.get 0)"
    "    (then (ref.is_null (ref.cast_desc_eq (ref null $a) (ref.null none) (global.get $b1))))"
    "    (else (ref.is_null (ref.cast_desc_eq (ref $a) (ref.i31 (i32.const 1)) (global.get $b1))))))"
    "(func (export \"null\") (param i32) (result i32)"
    "  (ref.is_null (struct.new_default_desc $a (ref.null none))))"
    "(func (export \"null cast\") (param i32) (result i32)"
    "  (ref.is_null (ref.cast_desc_eq (ref null $a) (ref.null none) (ref.null none))))"
    "(func (export \"null get\") (param i32) (result i32)"
    "  (ref.is_null (ref.get_desc $a (ref.null none))))";

static void expect_call(fixture *f, const pirn_instance *instance, const char *name, int32_t argument,
                        pirn_status status, const char *message, int32_t expected)
{
    pirn_slot result = {.u64 = 0}, slot = {.i32 = argument};
    pirn_error_clear(f->error);
    int got = pirn_invoke(f->store, NULL, wasm_find_func(instance, name), &slot, &result, f->error);
    expect_outcome(f, got, status, message);
    if (status == PIRN_OK)
        assert_int_equal(result.i32, expected);
}

static void run_objects(bool collect_always, bool fusion)
{
    fixture f = descriptor_fixture(collect_always, fusion);
    const pirn_instance *instance = run_text(&f, objects);
    expect_call(&f, instance, "chain", 42, PIRN_OK, NULL, 42);
    expect_call(&f, instance, "fields", 42, PIRN_OK, NULL, 5 + 4 + 6);
    expect_call(&f, instance, "which", 0, PIRN_OK, NULL, 0);
    expect_call(&f, instance, "which", 1, PIRN_OK, NULL, 1);
    expect_call(&f, instance, "which", 2, PIRN_OK, NULL, 2);
    expect_call(&f, instance, "cast", 1, PIRN_OK, NULL, 1);
    expect_call(&f, instance, "cast", 0, PIRN_TRAP, "descriptor cast failure", 0);
    expect_call(&f, instance, "null", 0, PIRN_TRAP, "null descriptor reference", 0);
    expect_call(&f, instance, "null cast", 0, PIRN_TRAP, "null descriptor reference", 0);
    expect_call(&f, instance, "null get", 0, PIRN_TRAP, "null reference", 0);
    fixture_free(&f);
}

static void test_an_object_keeps_its_descriptor_and_its_fields(void **state)
{
    (void)state;
    run_objects(false, true);
}

static void test_a_collection_at_every_allocation_changes_nothing(void **state)
{
    (void)state;
    run_objects(true, true);
}

static void test_without_fusion_all_is_the_same(void **state)
{
    (void)state;
    run_objects(false, false);
}

/* ---- Linking --------------------------------------------------------------------------------------------------------------- */

/* A function of a type below the one asked for, unless it is asked for exactly. */
static void test_an_exact_import_takes_no_subtype(void **state)
{
    (void)state;
    static const char *const types = "(type $super (sub (func))) (type $sub (sub $super (func)))";
    static const struct {
        const char *import;
        pirn_status status;
        const char *message;
    } cases[] = {
        {"(type $super)", PIRN_OK, NULL},
        {"(exact (type $sub))", PIRN_OK, NULL},
        {"(exact (type $super))", PIRN_UNLINKABLE,
         "incompatible import type \"m\" \"f\": expected exactly func, got func"},
    };
    char text[256];
    fixture f = descriptor_fixture(false, true);
    snprintf(text, sizeof text, "%s (func (export \"f\") (type $sub))", types);
    const pirn_extern import = wasm_find(run_text(&f, text), "f");
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_module *importer;
        snprintf(text, sizeof text, "%s (import \"m\" \"f\" (func %s))", types, cases[i].import);
        expect_outcome(&f, load_text(&f, text, &importer), PIRN_OK, NULL);
        expect_outcome(&f, vm_link_check(f.store, importer, &import, 1, f.error), cases[i].status, cases[i].message);
        pirn_module_free(importer);
    }
    fixture_free(&f);
}

/* What a module says of its own functions, for linkers that look before they instantiate. */
static void test_an_export_is_exact_unless_it_is_imported_otherwise(void **state)
{
    (void)state;
    fixture f = descriptor_fixture(false, true);
    pirn_module *m;
    expect_outcome(&f,
                   load_text(&f,
                             "(type $t (func)) (import \"m\" \"f\" (func $f (type $t)))"
                             "(import \"m\" \"g\" (func $g (exact (type $t)))) (func $h)"
                             "(export \"f\" (func $f)) (export \"g\" (func $g)) (export \"h\" (func $h))",
                             &m),
                   PIRN_OK, NULL);
    pirn_externtype exact = pirn_module_import(m, 1).type;
    assert_false(pirn_module_import(m, 0).type.is_exact);
    assert_true(exact.is_exact);
    for (size_t i = 0; i < 3; i++) {
        pirn_externtype type = pirn_module_export(m, i).type;
        assert_int_equal(pirn_externtype_matches(f.engine, &type, &exact), i != 0);
    }
    pirn_module_free(m);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clauses_must_agree),
        cmocka_unit_test(test_clauses_and_exactness_tell_types_apart),
        cmocka_unit_test(test_below_an_exact_type_is_only_itself),
        cmocka_unit_test(test_exact_types_have_a_text),
        cmocka_unit_test(test_large_indices_name_no_type),
        cmocka_unit_test(test_descriptors_ahead_cannot_be_a_long_chain),
        cmocka_unit_test(test_without_the_feature_each_form_says_so),
        cmocka_unit_test(test_a_subtype_begins_like_its_supertype_and_keeps_the_place_of_the_descriptor),
        cmocka_unit_test(test_an_object_keeps_its_descriptor_and_its_fields),
        cmocka_unit_test(test_a_collection_at_every_allocation_changes_nothing),
        cmocka_unit_test(test_without_fusion_all_is_the_same),
        cmocka_unit_test(test_an_exact_import_takes_no_subtype),
        cmocka_unit_test(test_an_export_is_exact_unless_it_is_imported_otherwise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

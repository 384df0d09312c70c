/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bindings of test/bindgen/things.wit do what they should: they compile, the host functions below fit them, and calls
 * through the tables reach them. (What their text looks like is compared by the test wit_bindgen_golden.)
 */
#include "host/unavailable.h"
#include "test_sample_later.h"
#include "test_sample_things.h"
#include "vm/base/compiler.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct host_box {
    int dropped;
};

struct host_shelf {
    size_t rows;
    int dropped;
    test_sample_things_shape last;
    test_sample_things_colour colour;
};

/* The test's only shelf: it is what the constructor gives. */
static struct host_shelf the_shelf;

void test_sample_base_box_drop(void *host, struct host_box *self)
{
    self->dropped += *(int *)host;
}

void test_sample_things_shelf_drop(void *host, struct host_shelf *self)
{
    self->dropped += *(int *)host;
}

pirn_status test_sample_things_shelf_constructor(pirn_host_call *call,
                                                 const struct test_sample_things_shelf_constructor_args *args,
                                                 struct host_shelf **result)
{
    (void)call;
    the_shelf = (struct host_shelf){.rows = args->rows.len};
    *result = &the_shelf;
    return PIRN_OK;
}

pirn_status test_sample_things_shelf_put(pirn_host_call *call, const struct test_sample_things_shelf_put_args *args,
                                         test_sample_things_result_none_bare *result)
{
    (void)call;
    args->self->last = args->what;
    args->self->colour = args->colour;
    result->is_err = args->what.tag == TEST_SAMPLE_THINGS_SHAPE_NOTHING;
    if (result->is_err)
        result->value.err.tag = TEST_SAMPLE_THINGS_BARE_B;
    return PIRN_OK;
}

pirn_status test_sample_things_shelf_row(pirn_host_call *call, const struct test_sample_things_shelf_row_args *args,
                                         test_sample_things_row *result)
{
    (void)call;
    result->int_ = args->self->rows;
    result->at = (test_sample_base_point){1, -1};
    result->text.is_some = 1;
    result->text.value = PIRN_STR("row");
    return PIRN_OK;
}

pirn_status test_sample_things_shelf_merge(pirn_host_call *call,
                                           const struct test_sample_things_shelf_merge_args *args,
                                           struct host_shelf **result)
{
    (void)call;
    args->a->rows += args->b->rows;
    *result = args->a;
    return PIRN_OK;
}

pirn_status test_sample_things_shelf_row_func(pirn_host_call *call,
                                              const struct test_sample_things_shelf_row_func_args *args,
                                              test_sample_things_tuple_f32_f64 *result)
{
    (void)call;
    result->f0 = (float)(args->a.f0.f0 + args->a.f1);
    result->f1 = args->b.f0.f0 + args->b.f0.f1;
    return PIRN_OK;
}

pirn_status test_sample_things_nothing(pirn_host_call *call)
{
    return call == NULL ? PIRN_IO : PIRN_OK;
}

pirn_status test_sample_things_all(pirn_host_call *call, const struct test_sample_things_all_args *args,
                                   test_sample_things_result_list_u8_rights *result)
{
    (void)call;
    result->is_err = 1;
    result->value.err = args->in.len == 2 ? TEST_SAMPLE_THINGS_RIGHTS_WRITE : TEST_SAMPLE_THINGS_RIGHTS_READ;
    return PIRN_OK;
}

pirn_status test_sample_things_done(pirn_host_call *call, test_sample_things_result *result)
{
    (void)call;
    result->is_err = 1;
    return PIRN_OK;
}

static const pirn_funcdesc *find(const char *name)
{
    for (uint32_t i = 0; i < test_sample_things_interface.func_count; i++) {
        if (strcmp(test_sample_things_interface.funcs[i].name, name) == 0)
            return &test_sample_things_interface.funcs[i];
    }
    fail_msg("no function %s", name);
    return NULL;
}

static void test_calls_through_the_table_reach_the_host(void **state)
{
    (void)state;
    struct host_shelf *shelf = NULL;
    test_sample_things_row rows[3] = {{0}};
    struct test_sample_things_shelf_constructor_args make = {{rows, 3}};
    assert_int_equal(find("[constructor]shelf")->func(NULL, &make, &shelf), PIRN_OK);
    assert_ptr_equal(shelf, &the_shelf);
    assert_int_equal(shelf->rows, 3);

    struct test_sample_things_shelf_put_args put = {.self = shelf, .colour = TEST_SAMPLE_THINGS_COLOUR_DARK_BLUE};
    put.what.tag = TEST_SAMPLE_THINGS_SHAPE_DOT;
    put.what.value.dot.y = -7;
    test_sample_things_result_none_bare put_result = {0};
    assert_int_equal(find("[method]shelf.put")->func(NULL, &put, &put_result), PIRN_OK);
    assert_int_equal(put_result.is_err, 0);
    assert_int_equal(shelf->last.value.dot.y, -7);
    assert_int_equal(shelf->colour, 1);

    struct test_sample_things_shelf_row_args row_args = {shelf};
    test_sample_things_row row = {0};
    assert_int_equal(find("[method]shelf.row")->func(NULL, &row_args, &row), PIRN_OK);
    assert_int_equal(row.int_, 3);

    struct host_shelf other = {.rows = 4};
    struct test_sample_things_shelf_merge_args merge = {shelf, &other};
    assert_int_equal(find("[static]shelf.merge")->func(NULL, &merge, &shelf), PIRN_OK);
    assert_int_equal(shelf->rows, 7);

    struct test_sample_things_shelf_row_func_args tuples = {.a = {{1}, 2}, .b = {{3, 4}}};
    test_sample_things_tuple_f32_f64 sums = {0};
    assert_int_equal(find("shelf-row")->func(NULL, &tuples, &sums), PIRN_OK);
    assert_true(sums.f0 == 3 && sums.f1 == 7);
    assert_int_equal(find("nothing")->func(NULL, NULL, NULL), PIRN_IO);
}

static const pirn_typedesc *type_named(const char *name)
{
    for (uint32_t i = 0; i < test_sample_things_interface.type_count; i++) {
        if (strcmp(test_sample_things_interface.types[i].name, name) == 0)
            return test_sample_things_interface.types[i].type;
    }
    fail_msg("no type %s", name);
    return NULL;
}

static void test_descriptors_tell_the_types(void **state)
{
    (void)state;
    assert_string_equal(test_sample_things_interface.name, "test:sample/things@1.0.0");
    const pirn_typedesc *shape = type_named("shape");
    assert_int_equal(shape->kind, PIRN_TYPE_VARIANT);
    assert_int_equal(shape->member_count, 3);
    assert_null(shape->members[0].type);
    assert_ptr_equal(shape->members[1].type, &test_sample_base_point_desc);
    assert_ptr_equal(shape->members[2].type->resource, &test_sample_base_box_resource);
    assert_int_equal(type_named("length")->kind, PIRN_TYPE_U64);
    assert_ptr_equal(type_named("point"), &test_sample_base_point_desc);
    assert_int_equal(type_named("crate")->kind, PIRN_TYPE_OWN);
    assert_ptr_equal(type_named("crate")->resource, &test_sample_base_box_resource);
    const pirn_funcdesc *all = find("all");
    assert_int_equal(all->param_count, 1);
    assert_string_equal(all->params[0].name, "in");
    assert_int_equal(all->params[0].type->element->kind, PIRN_TYPE_BORROW);
    assert_int_equal(all->result->kind, PIRN_TYPE_RESULT);
    assert_int_equal(all->result->members[1].type->kind, PIRN_TYPE_FLAGS);
    assert_int_equal(find("done")->result->member_count, 2);
    assert_int_equal(test_sample_things_interface.resource_count, 2);
    assert_ptr_equal(test_sample_things_interface.resources[0], &test_sample_base_box_resource);
}

static void test_types_have_the_promised_sizes(void **state)
{
    (void)state;
    assert_int_equal(sizeof(test_sample_things_colour), 1);
    assert_int_equal(sizeof(test_sample_things_rights), 1);
    assert_int_equal(sizeof(test_sample_things_many), 2);
    assert_int_equal(sizeof(test_sample_things_bare), 1);
    assert_int_equal(sizeof(test_sample_things_result), 1);
}

/* What the last call of an unavailable function was of. */
static struct {
    const char *interface, *function;
} missed;

pirn_status host_unavailable(pirn_host_call *call, const char *interface, const char *function)
{
    (void)call;
    missed.interface = interface;
    missed.function = function;
    return PIRN_TRAP;
}

static void test_unavailable_functions_have_types_and_tell_their_names(void **state)
{
    (void)state;
    assert_string_equal(test_sample_later_interface.name, "test:sample/later@1.0.0");
    assert_int_equal(test_sample_later_interface.func_count, 3);
    for (uint32_t i = 0; i < test_sample_later_interface.func_count; i++) {
        const pirn_funcdesc *function = &test_sample_later_interface.funcs[i];
        assert_int_equal(function->func(NULL, NULL, NULL), PIRN_TRAP);
        assert_string_equal(missed.interface, "test:sample/later");
        assert_string_equal(missed.function, function->name);
    }
    const pirn_funcdesc *take = &test_sample_later_interface.funcs[1];
    assert_string_equal(take->name, "[method]bin.take");
    assert_int_equal(take->param_count, 2);
    assert_ptr_equal(take->params[1].type, &test_sample_base_point_desc);
    assert_ptr_equal(take->result->members[0].type->resource, &test_sample_later_bin_resource);
    assert_null(test_sample_later_bin_resource.drop);
}

static void test_dropping_reaches_the_host_with_its_data(void **state)
{
    (void)state;
    int host = 5;
    struct host_shelf shelf = {0};
    struct host_box box = {0};
    test_sample_things_interface.resources[1]->drop(&host, &shelf);
    test_sample_base_interface.resources[0]->drop(&host, &box);
    assert_int_equal(shelf.dropped, 5);
    assert_int_equal(box.dropped, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calls_through_the_table_reach_the_host),
        cmocka_unit_test(test_descriptors_tell_the_types),
        cmocka_unit_test(test_types_have_the_promised_sizes),
        cmocka_unit_test(test_unavailable_functions_have_types_and_tell_their_names),
        cmocka_unit_test(test_dropping_reaches_the_host_with_its_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

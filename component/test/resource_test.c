/* SPDX-License-Identifier: Apache-2.0 */
#include "component/guest.h"
#include "component/handle.h"
#include "component/test/abi_fixture.h"

/* ---- The table ------------------------------------------------------------------------------------------------- */

static const pirn_resourcedesc file_desc = {"file", NULL}, other_desc = {"other", NULL};

static uint32_t add(cm_handle_table *table, const cm_resource_type *type, uintptr_t rep)
{
    uint32_t index = 0;
    assert_int_equal(cm_handle_add(table, &(cm_handle){.type = type, .rep = rep, .own = true}, &index, NULL),
                     PIRN_OK);
    return index;
}

static void test_indices_begin_at_one_and_the_last_one_freed_is_used_first(void **state)
{
    (void)state;
    cm_handle_table table;
    uint64_t entries_left = 4;
    cm_handle_table_init(&table, pirn_allocator_default(), &entries_left);
    cm_resource_type type = {.host = &file_desc};
    cm_handle taken;
    assert_int_equal(add(&table, &type, 10), 1);
    assert_int_equal(add(&table, &type, 11), 2);
    assert_int_equal(add(&table, &type, 12), 3);
    assert_int_equal(cm_handle_remove(&table, 1, &type, &taken, NULL), PIRN_OK);
    assert_int_equal(taken.rep, 10);
    assert_int_equal(cm_handle_remove(&table, 3, &type, &taken, NULL), PIRN_OK);
    assert_int_equal(add(&table, &type, 13), 3);
    assert_int_equal(add(&table, &type, 14), 1);
    assert_int_equal(add(&table, &type, 15), 4);
    cm_handle_table_done(&table);
}

static void test_an_instance_can_hold_only_so_many_handles(void **state)
{
    (void)state;
    guest g;
    guest_init(&g, CM_UTF8);
    g.runtime.handles_left = 2;
    cm_resource_type type = {.definer = &g.state};
    cm_instance_state nested;
    cm_instance_state_init(&nested, &g.runtime, &g.state);
    cm_handle more = {.type = &type, .own = true}, taken;
    uint32_t index = 0;
    add(&g.state.handles, &type, 10);
    add(&nested.handles, &type, 11);
    expect_failure(&g, cm_handle_add(&nested.handles, &more, &index, &g.error), PIRN_TRAP,
                   "the instance holds as many resource handles as its store's limits allow");
    assert_int_equal(cm_handle_remove(&nested.handles, 1, &type, &taken, NULL), PIRN_OK);
    add(&nested.handles, &type, 12);
    cm_instance_state_done(&nested);
    guest_done(&g);
}

/* One handle can be borrowed as often as there is room for its index in a list. */
static void test_what_borrows_take_in_a_call_is_counted(void **state)
{
    (void)state;
    guest g;
    guest_init(&g, CM_UTF8);
    cm_resource_type type = {.host = &file_desc}, *map[] = {&type};
    g.cx.resources = map;
    add(&g.state.handles, &type, 10);
    const pirn_type *borrow = handle_type(PIRN_TYPE_BORROW, 0);
    void *object = NULL;
    assert_int_equal(cm_lift_handle(&g.cx, borrow, 1, &object), PIRN_OK);
    assert_true(g.activation->bytes >= sizeof(cm_lender));
    g.activation->bytes = 1 << 20;
    expect_failure(&g, cm_lift_handle(&g.cx, borrow, 1, &object), PIRN_LIMIT,
                   "more than 1048576 bytes are passed in one call");
    guest_done(&g);
}

static void test_wrong_handles_trap_in_the_words_of_the_official_suite(void **state)
{
    (void)state;
    guest g;
    guest_init(&g, CM_UTF8);
    cm_resource_type mine = {.definer = &g.state}, yours = {.definer = &g.state}, host = {.host = &file_desc},
                     host2 = {.host = &other_desc};
    cm_handle_table *table = &g.state.handles;
    cm_handle taken, *found;
    expect_failure(&g, cm_handle_get(table, 0, &mine, &found, &g.error), PIRN_TRAP, "unknown handle index 0");
    add(table, &mine, 5);
    expect_failure(&g, cm_handle_get(table, 0, &mine, &found, &g.error), PIRN_TRAP, "unknown handle index 0");
    expect_failure(&g, cm_handle_get(table, UINT32_MAX, &mine, &found, &g.error), PIRN_TRAP,
                   "unknown handle index 4294967295");
    expect_failure(&g, cm_handle_get(table, 1, &yours, &found, &g.error), PIRN_TRAP,
                   "handle index 1 used with the wrong type, expected guest-defined resource but found a different "
                   "guest-defined resource");
    expect_failure(
        &g, cm_handle_get(table, 1, &host, &found, &g.error), PIRN_TRAP,
        "handle index 1 used with the wrong type, expected host-defined resource but found a guest-defined "
        "resource");
    assert_int_equal(cm_handle_get(table, 1, &mine, &found, NULL), PIRN_OK);
    found->num_lends = 1;
    expect_failure(&g, cm_handle_remove(table, 1, &mine, &taken, &g.error), PIRN_TRAP,
                   "cannot remove owned resource while borrowed");
    found->num_lends = 0;
    assert_int_equal(cm_handle_remove(table, 1, &mine, &taken, NULL), PIRN_OK);
    expect_failure(&g, cm_handle_remove(table, 1, &mine, &taken, &g.error), PIRN_TRAP, "unknown handle index 1");
    add(table, &host2, 6);
    expect_failure(&g, cm_handle_get(table, 1, &host, &found, &g.error), PIRN_TRAP,
                   "handle index 1 used with the wrong type, expected host-defined resource but found a different "
                   "host-defined resource");
    guest_done(&g);
}

/* ---- Handles that cross a boundary ----------------------------------------------------------------------------- */

enum { FILE_ID, THING_ID };

/* A guest that uses a resource of the host, FILE_ID, and one that `definer` defines, THING_ID. */
typedef struct user {
    guest g;
    cm_resource_type file, thing;
    cm_resource_type *map[2];
} user;

typedef struct dropped {
    void *objects[8];
    size_t count;
} dropped;

static void note_drop(void *data, void *object)
{
    dropped *log = data;
    log->objects[log->count++] = object;
}

static const pirn_resourcedesc noted_desc = {"noted", note_drop};

static void user_init(user *u, dropped *log, cm_instance_state *definer)
{
    guest_init(&u->g, CM_UTF8);
    u->g.runtime.data = log;
    u->file = (cm_resource_type){.host = &noted_desc};
    u->thing = (cm_resource_type){.definer = definer};
    u->map[FILE_ID] = &u->file;
    u->map[THING_ID] = &u->thing;
    u->g.cx.resources = u->map;
}

static void test_a_resource_of_the_host_goes_out_and_comes_back_as_its_pointer(void **state)
{
    (void)state;
    user u;
    dropped log = {.count = 0};
    user_init(&u, &log, NULL);
    int object;
    uint32_t index = 0;
    void *back = NULL;
    const pirn_type *own = handle_type(PIRN_TYPE_OWN, FILE_ID), *borrow = handle_type(PIRN_TYPE_BORROW, FILE_ID);
    assert_int_equal(cm_lower_handle(&u.g.cx, own, &object, &index), PIRN_OK);
    assert_int_equal(index, 1);
    assert_int_equal(cm_lift_handle(&u.g.cx, borrow, index, &back), PIRN_OK);
    assert_ptr_equal(back, &object);
    expect_failure(&u.g, cm_lift_handle(&u.g.cx, own, index, &back), PIRN_TRAP,
                   "cannot remove owned resource while borrowed");
    cm_activation_return_lent(u.g.activation);
    assert_int_equal(cm_lift_handle(&u.g.cx, own, index, &back), PIRN_OK);
    assert_ptr_equal(back, &object);
    u.g.activation->transit = NULL; /* received */
    expect_failure(&u.g, cm_lift_handle(&u.g.cx, borrow, index, &back), PIRN_TRAP, "unknown handle index 1");
    guest_done(&u.g);
    assert_int_equal(log.count, 0);
}

static void test_a_call_that_fails_drops_what_nobody_has_received(void **state)
{
    (void)state;
    user u;
    dropped log = {.count = 0};
    user_init(&u, &log, NULL);
    int objects[4];
    const pirn_type *own = handle_type(PIRN_TYPE_OWN, FILE_ID);
    uint32_t index = 0;
    void *back = NULL;
    assert_int_equal(cm_lower_handle(&u.g.cx, own, &objects[0], &index), PIRN_OK);
    assert_int_equal(cm_lift_handle(&u.g.cx, own, index, &back), PIRN_OK);
    cm_activation_free(u.g.activation);
    assert_int_equal(log.count, 1);
    assert_ptr_equal(log.objects[0], &objects[0]);

    /* A result of the host, whose third part is not a value. */
    u.g.activation = u.g.cx.activation = cm_activation_new(&u.g.runtime);
    struct {
        void *a, *b;
        uint32_t c;
        void *d;
    } result = {&objects[1], &objects[2], 0xD800, &objects[3]};
    pirn_component_functype type = FUNCTYPE(MANY(TUPLE, own, own, LEAF(CHAR), own), LEAF(U8));
    pirn_slot slots[2] = {{.u32 = 0}, {.u32 = 64}};
    expect_failure(&u.g, cm_lower_result(&u.g.cx, compile(&type), &result, slots), PIRN_USAGE,
                   "0xd800 is not a Unicode scalar value");
    cm_drop_unlowered_result(&u.g.cx, compile(&type), &result);
    assert_int_equal(log.count, 2);
    assert_ptr_equal(log.objects[1], &objects[3]);
    guest_done(&u.g); /* and what the guest has received, with its table */
    assert_int_equal(log.count, 4);
}

static void test_borrows_are_handles_except_in_the_instance_that_defines_the_resource(void **state)
{
    (void)state;
    user u;
    dropped log = {.count = 0};
    user_init(&u, &log, NULL);
    uint32_t index = 0, mine = add(&u.g.state.handles, &u.thing, 77);
    const pirn_type *borrow = handle_type(PIRN_TYPE_BORROW, THING_ID);
    assert_int_equal(cm_send_handle(&u.g.cx, borrow, mine), PIRN_OK);
    assert_int_equal(cm_receive_handle(&u.g.cx, &index), PIRN_OK);
    assert_int_equal(index, 2);
    assert_int_equal(u.g.activation->scope.num_borrows, 1);
    u.thing.definer = &u.g.state;
    assert_int_equal(cm_send_handle(&u.g.cx, borrow, mine), PIRN_OK);
    assert_int_equal(cm_receive_handle(&u.g.cx, &index), PIRN_OK);
    assert_int_equal(index, 77);
    assert_int_equal(u.g.activation->scope.num_borrows, 1);
    void *back;
    expect_failure(&u.g, cm_lift_handle(&u.g.cx, handle_type(PIRN_TYPE_OWN, THING_ID), 2, &back), PIRN_TRAP,
                   "cannot lift own resource from a borrow");
    guest_done(&u.g);
}

static void test_a_resource_of_a_guest_is_an_object_in_the_embedders_hands(void **state)
{
    (void)state;
    user u;
    dropped log = {.count = 0};
    user_init(&u, &log, NULL);
    u.thing.definer = &u.g.state;
    const pirn_type *own = handle_type(PIRN_TYPE_OWN, THING_ID), *borrow = handle_type(PIRN_TYPE_BORROW, THING_ID);
    uint32_t index = add(&u.g.state.handles, &u.thing, 99);
    void *object = NULL, *borrowed = NULL;
    assert_int_equal(cm_lift_handle(&u.g.cx, borrow, index, &borrowed), PIRN_OK);
    expect_failure(&u.g, cm_lower_handle(&u.g.cx, own, borrowed, &index), PIRN_USAGE,
                   "a borrowed resource cannot be given away");
    expect_failure(&u.g, pirn_resource_drop(borrowed, &u.g.error), PIRN_USAGE,
                   "a borrowed resource cannot be dropped");
    cm_activation_return_lent(u.g.activation);

    assert_int_equal(cm_lift_handle(&u.g.cx, own, index, &object), PIRN_OK);
    assert_int_equal(cm_lower_handle(&u.g.cx, borrow, object, &index), PIRN_OK);
    assert_int_equal(index, 99);
    expect_failure(&u.g, pirn_resource_drop(object, &u.g.error), PIRN_USAGE,
                   "cannot remove owned resource while borrowed");
    expect_failure(&u.g, cm_lower_handle(&u.g.cx, own, object, &index), PIRN_USAGE,
                   "cannot remove owned resource while borrowed");
    cm_activation_return_lent(u.g.activation);
    expect_failure(&u.g, cm_lower_handle(&u.g.cx, own, NULL, &index), PIRN_USAGE, "a resource handle is NULL");
    assert_int_equal(cm_lower_handle(&u.g.cx, own, object, &index), PIRN_OK);
    assert_int_equal(index, 1);
    assert_null(u.g.runtime.resources);

    /* What is never given back goes with the instance. */
    assert_int_equal(cm_lift_handle(&u.g.cx, own, index, &object), PIRN_OK);
    assert_ptr_equal(u.g.runtime.resources, object);
    guest_done(&u.g);
}

/* ---- Entering -------------------------------------------------------------------------------------------------- */

static void test_an_instance_is_entered_once_with_all_that_enclose_it(void **state)
{
    (void)state;
    cm_runtime runtime = {.allocator = pirn_allocator_default()};
    cm_instance_state root, left, right, inner;
    cm_instance_state_init(&root, &runtime, NULL);
    cm_instance_state_init(&left, &runtime, &root);
    cm_instance_state_init(&right, &runtime, &root);
    cm_instance_state_init(&inner, &runtime, &right);
    assert_ptr_equal(cm_instance_common(&left, &inner), &root);
    assert_ptr_equal(cm_instance_common(&inner, &right), &right);
    assert_ptr_equal(cm_instance_common(&left, &left), &left);

    cm_instance_enter(&left, NULL); /* the embedder calls left, which calls inner */
    assert_false(cm_instance_may_enter(&inner, NULL));
    assert_true(cm_instance_may_enter(&inner, &root));
    cm_instance_enter(&inner, &root);
    assert_false(cm_instance_may_enter(&right, &root));
    cm_instance_leave(&inner, &root);
    cm_instance_leave(&left, NULL);
    assert_true(cm_instance_may_enter(&inner, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_indices_begin_at_one_and_the_last_one_freed_is_used_first),
        cmocka_unit_test(test_an_instance_can_hold_only_so_many_handles),
        cmocka_unit_test(test_what_borrows_take_in_a_call_is_counted),
        cmocka_unit_test(test_wrong_handles_trap_in_the_words_of_the_official_suite),
        cmocka_unit_test(test_a_resource_of_the_host_goes_out_and_comes_back_as_its_pointer),
        cmocka_unit_test(test_a_call_that_fails_drops_what_nobody_has_received),
        cmocka_unit_test(test_borrows_are_handles_except_in_the_instance_that_defines_the_resource),
        cmocka_unit_test(test_a_resource_of_a_guest_is_an_object_in_the_embedders_hands),
        cmocka_unit_test(test_an_instance_is_entered_once_with_all_that_enclose_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

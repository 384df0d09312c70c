/* SPDX-License-Identifier: Apache-2.0 */
/* A call of a core module that waits, and is let go of. */
#include "host/test/core_guest.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { SUBSCRIPTION = 0x1000, EVENT = 0x2000, COUNT = 0x3000, TIMEOUT = 24 };

static void test_an_abandoned_call_is_not_told_of(void **state)
{
    (void)state;
    fake_world world;
    core_guest guest;
    pirn_extern poll;
    fake_world_init(&world, NULL);
    core_guest_init(&guest, &world);
    memset(guest.memory + SUBSCRIPTION + TIMEOUT, 0x7F, 7); /* two years */
    assert_true(pirn_instance_find(guest.instance, PIRN_STR("poll_oneoff"), &poll));
    pirn_call *call = pirn_call_new(world.store);
    const pirn_slot args[] = {{.u64 = SUBSCRIPTION}, {.u64 = EVENT}, {.u64 = 1}, {.u64 = COUNT}};
    assert_int_equal(pirn_host_start_call(world.host, call, poll.func, args, PIRN_NO_TIMEOUT, fake_note_ending, &world,
                                          NULL),
                     PIRN_OK);
    assert_non_null(pirn_call_data(call));
    pirn_host_abandon_call(world.host, call);
    assert_null(pirn_call_data(call));
    pirn_host_run(world.host);
    assert_int_equal(world.ended, 0);
    pirn_call_free(call);
    core_guest_done(&guest);
    fake_world_done(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_abandoned_call_is_not_told_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

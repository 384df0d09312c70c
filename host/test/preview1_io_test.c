/* SPDX-License-Identifier: Apache-2.0 */
/* Preview 1: reading, writing and waiting. */
#include "host/test/preview1_fixture.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- Reading and writing --------------------------------------------------------------------------------------- */

static void test_files_have_positions(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    uint32_t fd = must_open(&f, "file", CREAT, READ | WRITE);
    assert_int_equal(write_text(&f, fd, "hello world"), OK);
    assert_int_equal(CORE(&f.guest, fd_tell, fd, OUT), OK);
    assert_int_equal(load64(&f, OUT), 11);
    assert_int_equal(CORE(&f.guest, fd_seek, fd, (uint64_t)-5, 2, OUT), OK);
    assert_int_equal(load64(&f, OUT), 6);
    assert_int_equal(read_text(&f, fd, 100), OK);
    expect_text(&f, "world");
    assert_int_equal(read_text(&f, fd, 100), OK);
    expect_text(&f, "");
    assert_int_equal(CORE(&f.guest, fd_pread, fd, LIST, 1, 6, OUT), OK);
    expect_text(&f, "world");
    assert_int_equal(CORE(&f.guest, fd_seek, fd, (uint64_t)-12, 1, OUT), INVAL);
    assert_int_equal(CORE(&f.guest, fd_seek, fd, INT64_MAX, 1, OUT), INVAL);
    assert_int_equal(CORE(&f.guest, fd_seek, fd, 0, 3, OUT), INVAL);
    assert_int_equal(CORE(&f.guest, fd_pread, fd, LIST, 1, UINT64_MAX, OUT), INVAL);
    tear_down(&f);
}

static void test_files_that_are_not_in_memory_are_read_in_the_pool(void **state)
{
    (void)state;
    enum { DONTNEED = 4, OFFSET = 100000 };
    fixture f;
    set_up(&f);
    uint32_t fd = must_open(&f, "file", CREAT, READ | WRITE);
    assert_int_equal(CORE(&f.guest, fd_seek, fd, OFFSET, 0, OUT), OK);
    assert_int_equal(write_text(&f, fd, "far away"), OK);
    assert_int_equal(CORE(&f.guest, fd_sync, fd), OK);
    assert_int_equal(CORE(&f.guest, fd_advise, fd, 0, 0, DONTNEED), OK);
    assert_int_equal(CORE(&f.guest, fd_seek, fd, OFFSET, 0, OUT), OK);
    core_put_vector(&f.guest, LIST, DATA + 0x100, 3);
    core_put_vector(&f.guest, LIST + 8, DATA, 100);
    assert_int_equal(CORE(&f.guest, fd_read, fd, LIST, 2, OUT), OK);
    assert_int_equal(load(&f, OUT), 8);
    assert_memory_equal(f.guest.memory + DATA + 0x100, "far", 3);
    assert_memory_equal(f.guest.memory + DATA, " away", 5);
    assert_int_equal(CORE(&f.guest, fd_tell, fd, OUT), OK);
    assert_int_equal(load64(&f, OUT), OFFSET + 8);
    tear_down(&f);
}

static void test_lists_of_vectors(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    uint32_t fd = must_open(&f, "file", CREAT, READ | WRITE);
    core_put(&f.guest, DATA, "abcdef");
    core_put_vector(&f.guest, LIST, DATA, 2);
    core_put_vector(&f.guest, LIST + 8, END, 0); /* empty, at the very end */
    core_put_vector(&f.guest, LIST + 16, DATA + 4, 2);
    assert_int_equal(CORE(&f.guest, fd_write, fd, LIST, 3, OUT), OK);
    assert_int_equal(load(&f, OUT), 4);
    core_put_vector(&f.guest, LIST, END - 1, 2);
    assert_int_equal(CORE(&f.guest, fd_write, fd, LIST, 1, OUT), FAULT);
    assert_int_equal(CORE(&f.guest, fd_write, fd, LIST, 0, OUT), OK);
    assert_int_equal(load(&f, OUT), 0);
    memset(f.guest.memory, 0, 1025 * 8);
    assert_int_equal(CORE(&f.guest, fd_write, fd, 0, 1025, DATA), INVAL);
    assert_int_equal(CORE(&f.guest, fd_seek, fd, 0, 0, OUT), OK);
    assert_int_equal(read_text(&f, fd, 100), OK);
    expect_text(&f, "abef");
    tear_down(&f);
}

static void test_standard_streams(void **state)
{
    (void)state;
    fixture f;
    static char line[101];
    set_up(&f);
    assert_int_equal(read_text(&f, 0, 3), OK);
    expect_text(&f, "inp");
    assert_int_equal(read_text(&f, 0, 3), OK);
    expect_text(&f, "ut");
    assert_int_equal(read_text(&f, 0, 3), OK);
    expect_text(&f, "");
    assert_int_equal(write_text(&f, 1, "one "), OK);
    assert_int_equal(write_text(&f, 1, "two"), OK);
    assert_true(pirn_str_eq(pirn_host_context_output(f.world.context, PIRN_STDOUT), PIRN_STR("one two")));
    memset(line, 'x', 100);
    assert_int_equal(write_text(&f, 1, line), 51); /* more than is captured */
    assert_int_equal(write_text(&f, 1, "x"), PIPE_);
    assert_int_equal(write_text(&f, 2, "swallowed"), OK);
    assert_int_equal(CORE(&f.guest, fd_filestat_get, 1, OUT), OK);
    tear_down(&f);
}

static void test_pipes_wait_or_say_again(void **state)
{
    (void)state;
    fixture f;
    char path[64];
    uint32_t fd;
    set_up(&f);
    snprintf(path, sizeof path, "%s/pipe", f.root);
    assert_int_equal(mkfifo(path, 0666), 0);
    int end = open(path, O_RDWR);
    assert_int_equal(open_path(&f, "pipe", 0, READ, HOST_P1_NONBLOCK, &fd), OK);
    assert_int_equal(read_text(&f, fd, 5), AGAIN);
    assert_int_equal(write(end, "some", 4), 4);
    assert_int_equal(read_text(&f, fd, 5), OK);
    expect_text(&f, "some");
    assert_int_equal(CORE(&f.guest, fd_fdstat_set_flags, fd, 0), OK);
    assert_int_equal(CORE(&f.guest, fd_fdstat_set_flags, fd, HOST_P1_SYNC), NOTSUP);
    /* Nobody writes: the call waits until its time is over, and the loop is free meanwhile. */
    pirn_slot args[4] = {{.u64 = fd}, {.u64 = LIST}, {.u64 = 1}, {.u64 = OUT}};
    pirn_extern found;
    assert_true(pirn_instance_find(f.guest.instance, PIRN_STR("fd_read"), &found));
    pirn_call *call = pirn_call_new(f.world.store);
    assert_int_equal(
        pirn_host_start_call(f.world.host, call, found.func, args, 20000000, fake_note_ending, &f.world, NULL),
        PIRN_OK);
    assert_true(pirn_call_is_pending(call));
    pirn_host_run(f.world.host);
    assert_int_equal(f.world.status, PIRN_EXHAUSTED);
    pirn_call_free(call);
    /* The same again, and somebody writes. */
    call = pirn_call_new(f.world.store);
    assert_int_equal(
        pirn_host_start_call(f.world.host, call, found.func, args, PIRN_NO_TIMEOUT, fake_note_ending, &f.world, NULL),
        PIRN_OK);
    assert_int_equal(write(end, "late", 4), 4);
    pirn_host_run(f.world.host);
    assert_int_equal(f.world.status, PIRN_OK);
    expect_text(&f, "late");
    pirn_call_free(call);
    close(end);
    tear_down(&f);
}

static void test_appending(void **state)
{
    (void)state;
    fixture f;
    uint32_t fd;
    set_up(&f);
    assert_int_equal(open_path(&f, "file", CREAT, READ | WRITE, HOST_P1_APPEND, &fd), OK);
    assert_int_equal(write_text(&f, fd, "ab"), OK);
    assert_int_equal(CORE(&f.guest, fd_seek, fd, 0, 0, OUT), OK);
    assert_int_equal(write_text(&f, fd, "cd"), OK);
    assert_int_equal(CORE(&f.guest, fd_tell, fd, OUT), OK);
    assert_int_equal(load64(&f, OUT), 4);
    assert_int_equal(CORE(&f.guest, fd_fdstat_set_flags, fd, 0), OK);
    assert_int_equal(CORE(&f.guest, fd_seek, fd, 0, 0, OUT), OK);
    assert_int_equal(write_text(&f, fd, "x"), OK);
    assert_int_equal(read_text(&f, fd, 9), OK);
    expect_text(&f, "bcd");
    tear_down(&f);
}

/* ---- Waiting --------------------------------------------------------------------------------------------------- */

static void put_clock(fixture *f, uint32_t address, uint64_t userdata, uint32_t id, uint64_t timeout, uint16_t flags)
{
    uint8_t *out = f->guest.memory + address;
    memset(out, 0, 48);
    base_store_u64(out, userdata);
    base_store_u32(out + 16, id);
    base_store_u64(out + 24, timeout);
    base_store_u16(out + 40, flags);
}

static void put_fd(fixture *f, uint32_t address, uint64_t userdata, uint8_t tag, uint32_t fd)
{
    uint8_t *out = f->guest.memory + address;
    memset(out, 0, 48);
    base_store_u64(out, userdata);
    out[8] = tag;
    base_store_u32(out + 16, fd);
}

static void test_poll_waits_for_the_first(void **state)
{
    (void)state;
    fixture f;
    char path[64];
    set_up(&f);
    snprintf(path, sizeof path, "%s/pipe", f.root);
    assert_int_equal(mkfifo(path, 0666), 0);
    int end = open(path, O_RDWR);
    uint32_t fd = must_open(&f, "pipe", 0, READ);
    put_clock(&f, LIST, 11, 1, UINT64_C(3600000000000), 0);
    put_fd(&f, LIST + 48, 12, 1, fd);
    put_clock(&f, LIST + 96, 13, 0, 5000000, 0);
    uint64_t begin = host_now();
    assert_int_equal(CORE(&f.guest, poll_oneoff, LIST, DATA, 3, OUT), OK);
    assert_true(host_now() - begin >= 5000000);
    assert_int_equal(load(&f, OUT), 1);
    assert_int_equal(load64(&f, DATA), 13);
    /* Now the pipe has bytes: no waiting, and only that event. */
    assert_int_equal(write(end, "x", 1), 1);
    put_clock(&f, LIST + 96, 13, 0, UINT64_C(3600000000000), 0);
    assert_int_equal(CORE(&f.guest, poll_oneoff, LIST, DATA, 3, OUT), OK);
    assert_int_equal(load(&f, OUT), 1);
    assert_int_equal(load64(&f, DATA), 12);
    assert_int_equal(f.guest.memory[DATA + 10], 1);
    close(end);
    tear_down(&f);
}

static void test_poll_answers_what_is_known_at_once(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    uint32_t fd = must_open(&f, "file", CREAT, READ | WRITE);
    assert_int_equal(write_text(&f, fd, "12345"), OK);
    assert_int_equal(CORE(&f.guest, fd_seek, fd, 2, 0, OUT), OK);
    put_fd(&f, LIST, 1, 1, fd);
    put_fd(&f, LIST + 48, 2, 1, 99);
    put_fd(&f, LIST + 96, 3, 2, 1);
    put_clock(&f, LIST + 144, 4, 9, 0, 0);
    put_clock(&f, LIST + 192, 5, 1, UINT64_MAX, 1);
    put_clock(&f, LIST + 240, 6, 0, 1, 1); /* a time long ago */
    assert_int_equal(CORE(&f.guest, poll_oneoff, LIST, DATA, 6, OUT), OK);
    assert_int_equal(load(&f, OUT), 5);
    static const struct {
        uint64_t userdata;
        uint16_t number;
        uint8_t type;
        uint64_t bytes;
    } events[] = {{1, OK, 1, 3}, {2, BADF, 1, 0}, {3, OK, 2, 1}, {4, INVAL, 0, 0}, {6, OK, 0, 0}};
    for (uint32_t i = 0; i < BASE_COUNT(events); i++) {
        const uint8_t *event = f.guest.memory + DATA + i * 32;
        assert_int_equal(base_load_u64(event), events[i].userdata);
        assert_int_equal(base_load_u16(event + 8), events[i].number);
        assert_int_equal(event[10], events[i].type);
        assert_int_equal(base_load_u64(event + 16), events[i].bytes);
    }
    f.guest.memory[LIST + 8] = 3; /* no such kind */
    assert_int_equal(CORE(&f.guest, poll_oneoff, LIST, DATA, 1, OUT), INVAL);
    assert_int_equal(CORE(&f.guest, poll_oneoff, LIST, DATA, 0, OUT), INVAL);
    tear_down(&f);
}

static void test_yielding_returns(void **state)
{
    (void)state;
    fixture f;
    uint32_t number = 1;
    set_up(&f);
    assert_int_equal(core_call(&f.guest, HOST_P1_ROW_sched_yield, NULL, &number), PIRN_OK);
    assert_int_equal(number, OK);
    tear_down(&f);
}

static void test_exit_ends_the_guest(void **state)
{
    (void)state;
    fixture f;
    int code = 0;
    uint32_t number;
    set_up(&f);
    assert_false(pirn_host_context_exited(f.world.context, &code));
    assert_int_equal(core_call(&f.guest, HOST_P1_ROW_proc_exit, &(pirn_slot){.u64 = 7}, &number), PIRN_TRAP);
    assert_true(pirn_host_context_exited(f.world.context, &code));
    assert_int_equal(code, 7);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_have_positions),
        cmocka_unit_test(test_files_that_are_not_in_memory_are_read_in_the_pool),
        cmocka_unit_test(test_lists_of_vectors),
        cmocka_unit_test(test_standard_streams),
        cmocka_unit_test(test_pipes_wait_or_say_again),
        cmocka_unit_test(test_appending),
        cmocka_unit_test(test_poll_waits_for_the_first),
        cmocka_unit_test(test_poll_answers_what_is_known_at_once),
        cmocka_unit_test(test_yielding_returns),
        cmocka_unit_test(test_exit_ends_the_guest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

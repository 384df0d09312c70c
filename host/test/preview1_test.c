/* SPDX-License-Identifier: Apache-2.0 */
/* Preview 1 as a guest sees it: every function called from Wasm code, with good arguments and with bad ones. */
#include "host/test/preview1_fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* ---- Bad pointers ---------------------------------------------------------------------------------------------- */

/* Calls that work in the world of set_up_calls(), and which of their arguments are addresses. */
static const struct {
    size_t row;
    uint64_t args[9];
    const char *pointers; /* a letter for each argument: p: an address */
} good_calls[] = {
    {HOST_P1_ROW_args_get, {OUT, DATA}, "pp"},
    {HOST_P1_ROW_args_sizes_get, {OUT, DATA}, "pp"},
    {HOST_P1_ROW_clock_res_get, {0, OUT}, ".p"},
    {HOST_P1_ROW_clock_time_get, {1, 0, OUT}, "..p"},
    {HOST_P1_ROW_environ_get, {OUT, DATA}, "pp"},
    {HOST_P1_ROW_environ_sizes_get, {OUT, DATA}, "pp"},
    {HOST_P1_ROW_fd_fdstat_get, {4, OUT}, ".p"},
    {HOST_P1_ROW_fd_filestat_get, {4, OUT}, ".p"},
    {HOST_P1_ROW_fd_pread, {4, LIST, 1, 0, OUT}, ".p..p"},
    {HOST_P1_ROW_fd_prestat_dir_name, {ROOT, OUT, 5}, ".p."},
    {HOST_P1_ROW_fd_prestat_get, {ROOT, OUT}, ".p"},
    {HOST_P1_ROW_fd_pwrite, {4, LIST, 1, 0, OUT}, ".p..p"},
    {HOST_P1_ROW_fd_read, {4, LIST, 1, OUT}, ".p.p"},
    {HOST_P1_ROW_fd_readdir, {ROOT, DATA, 100, 0, OUT}, ".p..p"},
    {HOST_P1_ROW_fd_seek, {4, 0, 0, OUT}, "...p"},
    {HOST_P1_ROW_fd_tell, {4, OUT}, ".p"},
    {HOST_P1_ROW_fd_write, {4, LIST, 1, OUT}, ".p.p"},
    {HOST_P1_ROW_path_create_directory, {ROOT, TEXT, 3}, ".p."},
    {HOST_P1_ROW_path_filestat_get, {ROOT, 0, TEXT, 4, OUT}, "..p.p"},
    {HOST_P1_ROW_path_filestat_set_times, {ROOT, 0, TEXT, 4, 0, 0, 0}, "..p...."},
    {HOST_P1_ROW_path_link, {ROOT, 0, TEXT, 4, ROOT, TEXT, 2}, "..p..p."},
    {HOST_P1_ROW_path_open, {ROOT, 0, TEXT, 4, 0, 0, 0, 0, OUT}, "..p.....p"},
    {HOST_P1_ROW_path_readlink, {ROOT, TEXT + 8, 4, DATA, 10, OUT}, ".p.p.p"},
    {HOST_P1_ROW_path_remove_directory, {ROOT, TEXT, 3}, ".p."},
    {HOST_P1_ROW_path_rename, {ROOT, TEXT, 4, ROOT, TEXT, 4}, ".p..p."},
    {HOST_P1_ROW_path_symlink, {TEXT, 4, ROOT, TEXT, 2}, "p..p."},
    {HOST_P1_ROW_path_unlink_file, {ROOT, TEXT, 2}, ".p."},
    {HOST_P1_ROW_poll_oneoff, {LIST + 64, DATA, 1, OUT}, "pp.p"},
    {HOST_P1_ROW_random_get, {DATA, 10}, "p."},
};

/* A file `file` with descriptor 4, a link `link` to it, a vector, and a subscription to a clock that is due. */
static void set_up_calls(fixture *f)
{
    set_up(f);
    assert_int_equal(must_open(f, "file", CREAT, READ | WRITE), 4);
    core_put(&f->guest, TEXT, "file....link");
    assert_int_equal(CORE(&f->guest, path_symlink, TEXT, 4, ROOT, TEXT + 8, 4), OK);
    core_put_vector(&f->guest, LIST, DATA, 4);
}

static void test_bad_pointers_are_faults(void **state)
{
    (void)state;
    static const uint32_t bad[] = {END, END - 1, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE};
    fixture f;
    for (size_t i = 0; i < BASE_COUNT(good_calls); i++) {
        for (size_t j = 0; good_calls[i].pointers[j] != '\0'; j++) {
            for (size_t k = 0; k < BASE_COUNT(bad) && good_calls[i].pointers[j] == 'p'; k++) {
                uint64_t args[9];
                set_up_calls(&f);
                memcpy(args, good_calls[i].args, sizeof args);
                args[j] = bad[k];
                uint32_t number = core_errno(&f.guest, good_calls[i].row, args, strlen(good_calls[i].pointers));
                if (number != FAULT)
                    print_message("%s, argument %zu\n", host_p1_rows[good_calls[i].row].name, j);
                assert_int_equal(number, FAULT);
                tear_down(&f);
            }
        }
    }
}

static void test_good_calls_work(void **state)
{
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(good_calls); i++) {
        fixture f;
        set_up_calls(&f);
        size_t row = good_calls[i].row;
        if (row == HOST_P1_ROW_path_remove_directory || row == HOST_P1_ROW_path_unlink_file)
            assert_int_equal(CORE(&f.guest, path_create_directory, ROOT, TEXT, 3), OK);
        if (row == HOST_P1_ROW_path_unlink_file)
            assert_int_equal(CORE(&f.guest, path_link, ROOT, 0, TEXT, 4, ROOT, TEXT, 2), OK);
        uint32_t number = core_errno(&f.guest, row, good_calls[i].args, strlen(good_calls[i].pointers));
        if (number != OK)
            print_message("%s: %u\n", host_p1_rows[row].name, number);
        assert_int_equal(number, OK);
        tear_down(&f);
    }
}

/* Every function with many combinations of bad and good numbers: an errno, never a crash. */
static void test_no_arguments_harm_the_host(void **state)
{
    (void)state;
    static const uint64_t values[] = {0, 1, 3, 4, TEXT, END - 3, END, 0xFFFFFFFF, UINT64_MAX, INT64_MAX};
    uint32_t random = 1;
    for (size_t row = 0; row < HOST_P1_ROWS; row++) {
        fixture f;
        size_t count = strlen(host_p1_rows[row].params);
        if (row == HOST_P1_ROW_proc_exit)
            continue;
        set_up_calls(&f);
        for (int round = 0; round < 300; round++) {
            uint64_t args[9] = {0};
            for (size_t i = 0; i < count; i++) {
                random = random * 1664525 + 1013904223;
                args[i] = values[(random >> 16) % BASE_COUNT(values)];
            }
            assert_true(core_errno(&f.guest, row, args, count) <= NOTCAPABLE);
        }
        tear_down(&f);
    }
}

static void test_a_module_without_memory_gets_faults(void **state)
{
    (void)state;
    fixture f;
    pirn_error *error = pirn_error_new(NULL);
    set_up(&f);
    /* The embedder itself calls: there is no caller, so there is no memory. */
    pirn_func *func;
    const pirn_valtype params[] = {PIRN_I32, PIRN_I32}, results[] = {PIRN_I32};
    const pirn_functype *type = pirn_functype_new(f.world.engine, params, 2, results, 1);
    host_p1 *guest = host_p1_of(f.world.context);
    assert_int_equal(
        pirn_func_new(f.world.store, type, host_p1_enter, &guest->bindings[HOST_P1_ROW_args_get], NULL, &func, error),
        PIRN_OK);
    pirn_slot args[2] = {{.u64 = 0}, {.u64 = 0}}, result;
    assert_int_equal(pirn_invoke(f.world.store, NULL, func, args, &result, error), PIRN_OK);
    assert_int_equal(result.u32, FAULT);
    pirn_error_free(error);
    tear_down(&f);
}

/* ---- Texts ----------------------------------------------------------------------------------------------------- */

static void test_arguments_and_environment_lie_in_memory(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    assert_int_equal(CORE(&f.guest, args_sizes_get, OUT, OUT + 4), OK);
    assert_int_equal(load(&f, OUT), 2);
    assert_int_equal(load(&f, OUT + 4), 10);
    assert_int_equal(CORE(&f.guest, args_get, OUT, END - 10), OK);
    assert_int_equal(load(&f, OUT + 4), END - 2);
    assert_memory_equal(f.guest.memory + END - 10, "program\0x\0", 10);
    assert_int_equal(CORE(&f.guest, args_get, OUT, END - 9), FAULT);
    assert_int_equal(CORE(&f.guest, environ_sizes_get, OUT, OUT + 4), OK);
    assert_int_equal(load(&f, OUT + 4), 4);
    assert_int_equal(CORE(&f.guest, environ_get, OUT, DATA), OK);
    assert_memory_equal(f.guest.memory + DATA, "A=b\0", 4);
    tear_down(&f);
}

static void test_paths_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        uint32_t number;
    } cases[] = {{"../x", PERM}, {"/x", PERM}, {"", NOENT}, {"nothing", NOENT}, {"\xFF", ILSEQ}, {"file/x", NOTDIR}};
    fixture f;
    uint32_t fd;
    set_up_calls(&f);
    for (size_t i = 0; i < BASE_COUNT(cases); i++)
        assert_int_equal(open_path(&f, cases[i].path, 0, READ, 0, &fd), cases[i].number);
    core_put(&f.guest, TEXT, "file");
    assert_int_equal(CORE(&f.guest, path_open, ROOT, 2, TEXT, 4, 0, READ, 0, 0, OUT), INVAL);
    assert_int_equal(CORE(&f.guest, path_open, ROOT, 0, TEXT, 4, 16, READ, 0, 0, OUT), INVAL);
    assert_int_equal(CORE(&f.guest, path_open, ROOT, 0, TEXT, 4, 0, READ, 0, 32, OUT), INVAL);
    assert_int_equal(CORE(&f.guest, path_open, 4, 0, TEXT, 4, 0, READ, 0, 0, OUT), NOTDIR);
    assert_int_equal(CORE(&f.guest, path_open, 99, 0, TEXT, 4, 0, READ, 0, 0, OUT), BADF);
    assert_int_equal(CORE(&f.guest, path_open, ROOT, 0, TEXT, 5000, 0, READ, 0, 0, OUT), NAMETOOLONG);
    assert_int_equal(CORE(&f.guest, path_link, ROOT, 1, TEXT, 4, ROOT, TEXT, 2), INVAL);
    tear_down(&f);
}

/* ---- Descriptors ----------------------------------------------------------------------------------------------- */

static void test_numbers_of_descriptors(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    assert_int_equal(CORE(&f.guest, fd_prestat_get, 2, OUT), BADF);
    assert_int_equal(CORE(&f.guest, fd_prestat_get, ROOT, OUT), OK);
    assert_int_equal(load(&f, OUT + 4), 5);
    assert_int_equal(CORE(&f.guest, fd_prestat_dir_name, ROOT, DATA, 4), NAMETOOLONG);
    assert_int_equal(CORE(&f.guest, fd_prestat_dir_name, ROOT, DATA, 5), OK);
    assert_memory_equal(f.guest.memory + DATA, "/root", 5);
    assert_int_equal(CORE(&f.guest, fd_prestat_get, ROOT + 1, OUT), BADF);
    assert_int_equal(must_open(&f, "a", CREAT, READ), 4);
    assert_int_equal(must_open(&f, "b", CREAT, READ), 5);
    assert_int_equal(CORE(&f.guest, fd_close, 4), OK);
    assert_int_equal(CORE(&f.guest, fd_close, 4), BADF);
    assert_int_equal(must_open(&f, "c", CREAT, READ), 4);
    assert_int_equal(CORE(&f.guest, fd_renumber, 5, 4), OK);
    assert_int_equal(CORE(&f.guest, fd_tell, 5, OUT), BADF);
    assert_int_equal(CORE(&f.guest, fd_tell, 4, OUT), OK);
    assert_int_equal(CORE(&f.guest, fd_renumber, 4, 4), OK);
    assert_int_equal(CORE(&f.guest, fd_renumber, 4, 5), BADF);
    assert_int_equal(CORE(&f.guest, fd_renumber, 5, 4), BADF);
    assert_int_equal(CORE(&f.guest, fd_renumber, 4, 0xFFFFFFFF), BADF);
    assert_int_equal(CORE(&f.guest, fd_renumber, 4, 1), OK);
    assert_int_equal(write_text(&f, 1, "x"), BADF);
    assert_int_equal(CORE(&f.guest, fd_close, ROOT), OK);
    assert_int_equal(CORE(&f.guest, fd_prestat_get, ROOT, OUT), BADF);
    tear_down(&f);
}

static void test_rights_can_be_given_up_only(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    uint32_t fd = must_open(&f, "file", CREAT, READ | WRITE);
    assert_int_equal(CORE(&f.guest, fd_fdstat_get, fd, OUT), OK);
    uint64_t rights = load64(&f, OUT + 8);
    assert_int_equal(f.guest.memory[OUT], HOST_P1_REGULAR_FILE);
    assert_int_equal(rights & (READ | WRITE), READ | WRITE);
    assert_int_equal(load64(&f, OUT + 16), 0);
    assert_int_equal(CORE(&f.guest, fd_fdstat_set_rights, fd, rights & ~(uint64_t)WRITE, 0), OK);
    assert_int_equal(write_text(&f, fd, "x"), BADF);
    assert_int_equal(CORE(&f.guest, fd_fdstat_set_rights, fd, rights, 0), NOTCAPABLE);
    assert_int_equal(CORE(&f.guest, fd_fdstat_set_rights, fd, UINT64_MAX, 0), NOTCAPABLE);
    assert_int_equal(CORE(&f.guest, fd_fdstat_set_rights, fd, 0, 0), OK);
    assert_int_equal(CORE(&f.guest, fd_sync, fd), NOTCAPABLE);
    assert_int_equal(CORE(&f.guest, fd_fdstat_get, ROOT, OUT), OK);
    uint64_t base = load64(&f, OUT + 8), inheriting = load64(&f, OUT + 16);
    assert_int_equal(CORE(&f.guest, fd_fdstat_set_rights, ROOT, base, inheriting & ~(uint64_t)WRITE), OK);
    fd = must_open(&f, "file", 0, READ | WRITE);
    assert_int_equal(write_text(&f, fd, "x"), BADF);
    assert_int_equal(CORE(&f.guest, fd_fdstat_set_rights, ROOT, base & ~(uint64_t)HOST_P1_PATH_OPEN, 0), OK);
    assert_int_equal(open_path(&f, "file", 0, READ, 0, &fd), NOTCAPABLE);
    tear_down(&f);
}

static void test_what_descriptors_cannot_do(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    assert_int_equal(read_text(&f, ROOT, 4), ISDIR);
    assert_int_equal(write_text(&f, ROOT, "x"), ISDIR);
    assert_int_equal(CORE(&f.guest, fd_seek, ROOT, 0, 0, OUT), ISDIR);
    assert_int_equal(CORE(&f.guest, fd_seek, 1, 0, 0, OUT), SPIPE);
    assert_int_equal(CORE(&f.guest, fd_tell, 0, OUT), SPIPE);
    assert_int_equal(CORE(&f.guest, fd_pread, 0, LIST, 1, 0, OUT), SPIPE);
    assert_int_equal(CORE(&f.guest, fd_sync, 1), INVAL);
    assert_int_equal(write_text(&f, 0, "x"), BADF);
    assert_int_equal(read_text(&f, 1, 1), BADF);
    assert_int_equal(CORE(&f.guest, fd_readdir, 1, DATA, 10, 0, OUT), NOTDIR);
    assert_int_equal(CORE(&f.guest, sock_accept, 1, 0, OUT), NOTSOCK);
    assert_int_equal(CORE(&f.guest, sock_shutdown, 99, 0), BADF);
    assert_int_equal(CORE(&f.guest, proc_raise, 1), NOTSUP);
    assert_int_equal(CORE(&f.guest, clock_time_get, 2, 0, OUT), INVAL);
    tear_down(&f);
}

static void test_read_only_directories(void **state)
{
    (void)state;
    fixture f;
    uint32_t fd;
    set_up_with(&f, PIRN_DIR_READ_ONLY);
    assert_int_equal(open_path(&f, "file", CREAT, READ, 0, &fd), ROFS);
    assert_int_equal(open_path(&f, ".", DIRECTORY, READ, 0, &fd), OK);
    assert_int_equal(CORE(&f.guest, path_create_directory, fd, TEXT, 1), ROFS);
    tear_down(&f);
}

/* ---- Directories ----------------------------------------------------------------------------------------------- */

/* The name of the first entry at DATA, and its cookie. */
static void expect_entry(const fixture *f, const char *name, uint64_t next)
{
    assert_true(load(f, OUT) >= 24 + strlen(name));
    assert_int_equal(load64(f, DATA), next);
    assert_int_equal(load(f, DATA + 16), strlen(name));
    assert_memory_equal(f->guest.memory + DATA + 24, name, strlen(name));
}

static void test_cookies_hold_while_the_directory_changes(void **state)
{
    (void)state;
    fixture f;
    set_up(&f);
    must_open(&f, "only", CREAT, READ);
    assert_int_equal(CORE(&f.guest, fd_readdir, ROOT, DATA, 24, 0, OUT), OK);
    assert_int_equal(load(&f, OUT), 24); /* cut off: the buffer is full */
    assert_int_equal(CORE(&f.guest, fd_readdir, ROOT, DATA, 25, 0, OUT), OK);
    expect_entry(&f, ".", 1);
    core_put(&f.guest, TEXT, "onlymore");
    assert_int_equal(CORE(&f.guest, path_rename, ROOT, TEXT, 4, ROOT, TEXT + 4, 4), OK);
    assert_int_equal(CORE(&f.guest, fd_readdir, ROOT, DATA, 200, 1, OUT), OK);
    expect_entry(&f, "..", 2);
    assert_int_equal(CORE(&f.guest, fd_readdir, ROOT, DATA, 200, 2, OUT), OK);
    expect_entry(&f, "only", 3);
    assert_int_equal(load(&f, OUT), 28);
    assert_int_equal(CORE(&f.guest, fd_readdir, ROOT, DATA, 200, 3, OUT), OK);
    assert_int_equal(load(&f, OUT), 0);
    assert_int_equal(CORE(&f.guest, fd_readdir, ROOT, DATA, 200, UINT64_MAX, OUT), OK);
    assert_int_equal(load(&f, OUT), 0);
    /* From the beginning it is read anew. */
    assert_int_equal(CORE(&f.guest, fd_readdir, ROOT, DATA, 0, 0, OUT), OK);
    assert_int_equal(CORE(&f.guest, fd_readdir, ROOT, DATA, 200, 2, OUT), OK);
    expect_entry(&f, "more", 3);
    tear_down(&f);
}

/* ---- What is left ---------------------------------------------------------------------------------------------- */

static void test_what_a_guest_opens_is_charged_and_released(void **state)
{
    (void)state;
    fixture f;
    uint32_t fd;
    set_up(&f);
    size_t fds = fake_open_fds(), left = f.world.context->memory_left;
    for (int i = 0; i < 2000; i++) {
        fd = must_open(&f, "file", CREAT, READ | WRITE);
        assert_int_equal(CORE(&f.guest, fd_readdir, ROOT, DATA, 100, 0, OUT), OK);
        assert_int_equal(CORE(&f.guest, fd_close, fd), OK);
        if (i == 0)
            left = f.world.context->memory_left;
    }
    assert_int_equal(fake_open_fds(), fds);
    assert_int_equal(f.world.context->memory_left, left);
    f.world.context->memory_left = 0;
    assert_int_equal(open_path(&f, "file", 0, READ, 0, &fd), 48); /* nomem */
    assert_int_equal(fake_open_fds(), fds);
    f.world.context->memory_left = left;
    tear_down(&f);
}

/* A guest that opens, lists, reads and waits, while the n-th allocation of the host fails. */
static void use_much(fixture *f)
{
    uint32_t fd;
    core_put(&f->guest, TEXT, "file");
    memset(f->guest.memory + LIST + 64, 0, 48);
    f->guest.memory[LIST + 64 + 16] = 1;
    f->guest.memory[LIST + 64 + 26] = 1; /* a clock that is due in 65536 ns */
    uint32_t number = open_path(f, "file", CREAT, READ | WRITE, 0, &fd);
    if (number == OK) {
        write_text(f, fd, "text");
        CORE(&f->guest, fd_sync, fd);
        CORE(&f->guest, fd_advise, fd, 0, 0, 4);
        CORE(&f->guest, fd_seek, fd, 0, 0, OUT);
        read_text(f, fd, 4);
    }
    CORE(&f->guest, fd_readdir, ROOT, DATA, 100, 0, OUT);
    CORE(&f->guest, poll_oneoff, LIST + 64, DATA, 1, OUT);
}

static void test_failing_allocations_are_errors(void **state)
{
    (void)state;
    for (size_t n = 0; n < 30; n++) {
        fixture f;
        set_up(&f);
        f.guest.is_lenient = true;
        f.world.fail_after = n;
        use_much(&f);
        f.world.fail_after = SIZE_MAX;
        tear_down(&f);
    }
}

/* ---- Linking --------------------------------------------------------------------------------------------------- */

static pirn_status instantiate(fake_world *world, const char *bytes, size_t size)
{
    pirn_error *error = pirn_error_new(NULL);
    pirn_module *module;
    pirn_instance *instance;
    int code;
    assert_int_equal(pirn_module_load(world->engine, bytes, size, PIRN_BYTES_COPY, 0, &module, error), PIRN_OK);
    pirn_status status =
        pirn_host_instantiate_module(world->host, module, world->store, world->context, PIRN_NO_TIMEOUT, &instance, error);
    if (status == PIRN_OK)
        status =
            pirn_host_run_module(world->host, module, world->store, world->context, PIRN_NO_TIMEOUT, &code, error);
    snprintf(world->message, sizeof world->message, "%s", pirn_error_message(error));
    pirn_store_free(world->store);
    pirn_module_free(module);
    pirn_error_free(error);
    world->store = pirn_store_new(world->engine, NULL);
    return status;
}

#define MODULE(text) "\0asm\1\0\0\0" text, sizeof("\0asm\1\0\0\0" text) - 1

static void test_missing_imports_are_named_together(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    assert_int_equal(instantiate(&world, MODULE("\1\4\1\x60\0\0\2\x12\2\3env\1f\0\0\3env\1m\2\0\0")),
                     PIRN_UNLINKABLE);
    assert_string_equal(world.message,
                        "2 imports are missing: func env.f, memory env.m; modules get the functions of "
                        "wasi_snapshot_preview1");
    assert_int_equal(instantiate(&world, MODULE("\1\4\1\x60\0\0\2\x19\1\xdwasi_unstable\7fd_read\0\0")),
                     PIRN_UNLINKABLE);
    assert_string_equal(world.message,
                        "1 import is missing: func wasi_unstable.fd_read; modules get the functions of "
                        "wasi_snapshot_preview1, not those of its draft wasi_unstable");
    assert_int_equal(instantiate(&world, MODULE("")), PIRN_UNLINKABLE);
    assert_string_equal(world.message, "the module does not export a function _start: it is not a command");
    fake_world_done(&world);
}

/* A function that traps, under a name. */
#define TRAPPING(export)    \
    MODULE("\1\4\1\x60\0\0" \
           "\3\2\1\0" export "\xA\5\1\3\0\0\xB")

static void test_reactors_are_initialized_and_commands_started(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    assert_int_equal(instantiate(&world, TRAPPING("\7\xF\1\xB_initialize\0\0")), PIRN_TRAP);
    assert_string_equal(world.message, "unreachable");
    assert_int_equal(instantiate(&world, TRAPPING("\7\xA\1\6_start\0\0")), PIRN_TRAP);
    assert_string_equal(world.message, "unreachable");
    assert_int_equal(instantiate(&world, TRAPPING("\7\xA\1\6_other\0\0")), PIRN_UNLINKABLE);
    fake_world_done(&world);
}

static void test_failing_allocations_end_instantiation(void **state)
{
    (void)state;
    pirn_status status = PIRN_NOMEM;
    for (size_t n = 0; status == PIRN_NOMEM; n++) {
        fake_world world;
        fake_world_init(&world, NULL);
        world.fail_after = n;
        status = instantiate(&world, TRAPPING("\7\xA\1\6_start\0\0"));
        world.fail_after = SIZE_MAX;
        fake_world_done(&world);
        assert_true(n < 1000);
    }
    assert_int_equal(status, PIRN_TRAP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_pointers_are_faults),
        cmocka_unit_test(test_good_calls_work),
        cmocka_unit_test(test_no_arguments_harm_the_host),
        cmocka_unit_test(test_a_module_without_memory_gets_faults),
        cmocka_unit_test(test_arguments_and_environment_lie_in_memory),
        cmocka_unit_test(test_paths_are_checked),
        cmocka_unit_test(test_numbers_of_descriptors),
        cmocka_unit_test(test_rights_can_be_given_up_only),
        cmocka_unit_test(test_what_descriptors_cannot_do),
        cmocka_unit_test(test_read_only_directories),
        cmocka_unit_test(test_cookies_hold_while_the_directory_changes),
        cmocka_unit_test(test_what_a_guest_opens_is_charged_and_released),
        cmocka_unit_test(test_failing_allocations_are_errors),
        cmocka_unit_test(test_missing_imports_are_named_together),
        cmocka_unit_test(test_reactors_are_initialized_and_commands_started),
        cmocka_unit_test(test_failing_allocations_end_instantiation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Preview 1 as a guest sees it: every function called from Wasm code, with good arguments and with bad ones. */
#include "host/test/core_guest.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* Numbers of preview 1. */
enum {
    OK = 0,
    AGAIN = 6,
    BADF = 8,
    FAULT = 21,
    ILSEQ = 25,
    INVAL = 28,
    ISDIR = 31,
    NAMETOOLONG = 37,
    NOENT = 44,
    NOTDIR = 54,
    NOTSOCK = 57,
    NOTSUP = 58,
    PERM = 63,
    PIPE_ = 64,
    ROFS = 69,
    SPIPE = 70,
    NOTCAPABLE = 76,
};

enum { CREAT = 1, DIRECTORY = 2, EXCL = 4, TRUNC = 8 };
enum { READ = HOST_P1_FD_READ, WRITE = HOST_P1_FD_WRITE };
enum { ROOT = 3, END = CORE_MEMORY_BYTES, OUT = 0x1000, TEXT = 0x2000, LIST = 0x3000, DATA = 0x4000 };

/* ---- A world --------------------------------------------------------------------------------------------------- */

typedef struct fixture {
    char root[32];
    fake_world world;
    core_guest guest;
} fixture;

static const char *root_wanted;
static pirn_dir_access access_wanted;

static void configure(pirn_host_config *config)
{
    assert_int_equal(pirn_host_config_arg(config, PIRN_STR("program"), NULL), PIRN_OK);
    assert_int_equal(pirn_host_config_arg(config, PIRN_STR("x"), NULL), PIRN_OK);
    assert_int_equal(pirn_host_config_env(config, PIRN_STR("A"), PIRN_STR("b"), NULL), PIRN_OK);
    assert_int_equal(pirn_host_config_input(config, "input", 5, NULL), PIRN_OK);
    pirn_host_config_capture(config, PIRN_STDOUT, 100);
    assert_int_equal(pirn_host_config_dir(config, pirn_str_of(root_wanted), PIRN_STR("/root"), access_wanted, NULL),
                     PIRN_OK);
}

static void set_up_with(fixture *f, pirn_dir_access access)
{
    snprintf(f->root, sizeof f->root, "/tmp/pirn-test-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    root_wanted = f->root;
    access_wanted = access;
    fake_world_init(&f->world, configure);
    core_guest_init(&f->guest, &f->world);
}

static void set_up(fixture *f)
{
    set_up_with(f, PIRN_DIR_READ_WRITE);
}

static void tear_down(fixture *f)
{
    char command[64];
    core_guest_done(&f->guest);
    fake_world_done(&f->world);
    snprintf(command, sizeof command, "rm -r %s", f->root);
    assert_int_equal(system(command), 0);
}

static uint32_t load(const fixture *f, uint32_t address)
{
    return base_load_u32(f->guest.memory + address);
}

static uint64_t load64(const fixture *f, uint32_t address)
{
    return base_load_u64(f->guest.memory + address);
}

static uint32_t open_path(fixture *f, const char *path, uint32_t oflags, uint64_t rights, uint32_t fdflags,
                          uint32_t *fd)
{
    core_put(&f->guest, TEXT, path);
    uint32_t number = CORE(&f->guest, path_open, ROOT, 0, TEXT, strlen(path), oflags, rights, 0, fdflags, OUT);
    *fd = load(f, OUT);
    return number;
}

static uint32_t must_open(fixture *f, const char *path, uint32_t oflags, uint64_t rights)
{
    uint32_t fd;
    assert_int_equal(open_path(f, path, oflags, rights, 0, &fd), OK);
    return fd;
}

static uint32_t write_text(fixture *f, uint32_t fd, const char *text)
{
    core_put(&f->guest, DATA, text);
    core_put_vector(&f->guest, LIST, DATA, (uint32_t)strlen(text));
    return CORE(&f->guest, fd_write, fd, LIST, 1, OUT);
}

/* Reads at most `size` bytes to DATA; OUT has the count. */
static uint32_t read_text(fixture *f, uint32_t fd, uint32_t size)
{
    core_put_vector(&f->guest, LIST, DATA, size);
    return CORE(&f->guest, fd_read, fd, LIST, 1, OUT);
}

static void expect_text(const fixture *f, const char *text)
{
    assert_int_equal(load(f, OUT), strlen(text));
    assert_memory_equal(f->guest.memory + DATA, text, strlen(text));
}

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
    static const uint32_t bad[] = {END - 1 + 1, END - 1, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE};
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

/* ---- Linking --------------------------------------------------------------------------------------------------- */

static pirn_status instantiate(fake_world *world, const char *bytes, size_t size)
{
    pirn_error *error = pirn_error_new(NULL);
    pirn_module *module;
    pirn_instance *instance;
    int code;
    assert_int_equal(pirn_module_load(world->engine, bytes, size, PIRN_BYTES_COPY, 0, &module, error), PIRN_OK);
    pirn_status status =
        pirn_host_instantiate_module(world->host, module, world->store, world->context, &instance, error);
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
        cmocka_unit_test(test_files_have_positions),
        cmocka_unit_test(test_lists_of_vectors),
        cmocka_unit_test(test_standard_streams),
        cmocka_unit_test(test_pipes_wait_or_say_again),
        cmocka_unit_test(test_appending),
        cmocka_unit_test(test_cookies_hold_while_the_directory_changes),
        cmocka_unit_test(test_poll_waits_for_the_first),
        cmocka_unit_test(test_poll_answers_what_is_known_at_once),
        cmocka_unit_test(test_yielding_returns),
        cmocka_unit_test(test_exit_ends_the_guest),
        cmocka_unit_test(test_what_a_guest_opens_is_charged_and_released),
        cmocka_unit_test(test_missing_imports_are_named_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* host/sandbox.c: the kernel's way and the walk must answer alike, and neither may leave the directory. */
#include "host/sandbox.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

typedef int open_function(int dir, pirn_str path, int flags, mode_t mode, int *fd);
static open_function *const ways[] = {host_sandbox_open, host_sandbox_walk};

typedef struct tree {
    char root[64]; /* holds "inside" (given to the guest) and "secret" */
    int dir;       /* inside */
} tree;

static void put_file(int dir, const char *name, const char *content)
{
    int fd = openat(dir, name, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    close(fd);
}

static int set_up(void **state)
{
    tree *t = calloc(1, sizeof *t);
    const char *base = getenv("TMPDIR");
    snprintf(t->root, sizeof t->root, "%s/pirn-sandbox-XXXXXX", base != NULL && strlen(base) < 32 ? base : "/tmp");
    assert_non_null(mkdtemp(t->root));
    int root = open(t->root, O_RDONLY | O_DIRECTORY);
    put_file(root, "secret", "outside");
    assert_int_equal(mkdirat(root, "inside", 0700), 0);
    t->dir = openat(root, "inside", O_RDONLY | O_DIRECTORY);
    assert_int_equal(mkdirat(t->dir, "sub", 0700), 0);
    put_file(t->dir, "file", "file");
    put_file(t->dir, "sub/deep", "deep");
    assert_int_equal(symlinkat("file", t->dir, "to-file"), 0);
    assert_int_equal(symlinkat("sub", t->dir, "to-sub"), 0);
    assert_int_equal(symlinkat("../secret", t->dir, "out"), 0);
    assert_int_equal(symlinkat("../..", t->dir, "sub/out-dir"), 0);
    assert_int_equal(symlinkat("../file", t->dir, "sub/up"), 0);
    assert_int_equal(symlinkat("/etc/passwd", t->dir, "absolute"), 0);
    assert_int_equal(symlinkat("loop", t->dir, "loop"), 0);
    assert_int_equal(symlinkat("nowhere", t->dir, "dangling"), 0);
    close(root);
    *state = t;
    return 0;
}

static int tear_down(void **state)
{
    tree *t = *state;
    char command[128];
    close(t->dir);
    snprintf(command, sizeof command, "rm -rf '%s'", t->root);
    assert_int_equal(system(command), 0);
    free(t);
    return 0;
}

/* What reading `path` gives: the file's content, "directory", or an errno value in words. */
static const char *look(open_function *way, int dir, const char *path, int flags, char out[32])
{
    int fd, failure = way(dir, pirn_str_of(path), O_RDONLY | flags, 0600, &fd);
    if (failure != 0) {
        snprintf(out, 32, "%s", strerrorname_np(failure));
        return out;
    }
    ssize_t len = read(fd, out, 31);
    snprintf(out + (len > 0 ? len : 0), 32 - (size_t)(len > 0 ? len : 0), "%s", len < 0 ? "directory" : "");
    close(fd);
    return out;
}

static void test_paths_lead_to_what_is_inside_only(void **state)
{
    static const struct {
        const char *path;
        int flags;
        const char *expected;
    } cases[] = {
        {"file", 0, "file"},
        {"./file", 0, "file"},
        {"sub/deep", 0, "deep"},
        {"sub//deep", 0, "deep"},
        {"sub/../file", 0, "file"},
        {"sub/./../sub/deep", 0, "deep"},
        {"to-file", 0, "file"},
        {"to-sub/deep", 0, "deep"},
        {"to-sub/../file", 0, "file"},
        {"sub/up", 0, "file"},
        {".", 0, "directory"},
        {"sub/", 0, "directory"},
        {"to-sub/", 0, "directory"},
        {"file/", 0, "ENOTDIR"},
        {"file/x", 0, "ENOTDIR"},
        {"missing", 0, "ENOENT"},
        {"missing/x", 0, "ENOENT"},
        {"", 0, "ENOENT"},
        {"dangling", 0, "ENOENT"},
        {"loop", 0, "ELOOP"},
        {"to-file", O_NOFOLLOW, "ELOOP"},
        {"..", 0, "EPERM"},
        {"../secret", 0, "EPERM"},
        {"sub/../../secret", 0, "EPERM"},
        {"sub/../../inside/file", 0, "EPERM"},
        {"to-sub/../../secret", 0, "EPERM"},
        {"out", 0, "EPERM"},
        {"sub/out-dir/etc/passwd", 0, "EPERM"},
        {"absolute", 0, "EPERM"},
        {"/etc/passwd", 0, "EPERM"},
        {"//file", 0, "EPERM"},
    };
    tree *t = *state;
    for (size_t way = 0; way < 2; way++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            char out[32];
            const char *found = look(ways[way], t->dir, cases[i].path, cases[i].flags, out);
            if (strcmp(found, cases[i].expected) != 0)
                fail_msg("way %zu, '%s': %s, not %s", way, cases[i].path, found, cases[i].expected);
        }
    }
}

static void test_creating_stays_inside(void **state)
{
    static const struct {
        const char *path;
        int flags, expected;
    } cases[] = {
        {"new", O_CREAT, 0},          {"sub/new", O_CREAT | O_EXCL, 0},       {"../new", O_CREAT, EPERM},
        {"out", O_CREAT, EPERM},      {"dangling", O_CREAT | O_EXCL, EEXIST}, {"file", O_CREAT | O_EXCL, EEXIST},
        {"sub/x/y", O_CREAT, ENOENT},
    };
    tree *t = *state;
    for (size_t way = 0; way < 2; way++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            int fd;
            assert_int_equal(ways[way](t->dir, pirn_str_of(cases[i].path), O_WRONLY | cases[i].flags, 0600, &fd),
                             cases[i].expected);
            if (cases[i].expected == 0) {
                close(fd);
                assert_int_equal(unlinkat(t->dir, cases[i].path, 0), 0);
            }
        }
    }
    assert_int_equal(faccessat(t->dir, "../new", F_OK, 0), -1);
}

static void test_bytes_that_are_no_path_are_refused(void **state)
{
    tree *t = *state;
    char *path = malloc(HOST_PATH_MAX + 1);
    memset(path, 'a', HOST_PATH_MAX + 1);
    for (size_t way = 0; way < 2; way++) {
        int fd;
        assert_int_equal(ways[way](t->dir, (pirn_str){path, HOST_PATH_MAX + 1}, O_RDONLY, 0, &fd), ENAMETOOLONG);
        assert_int_equal(ways[way](t->dir, (pirn_str){"a\0b", 3}, O_RDONLY, 0, &fd), EILSEQ);
    }
    free(path);
}

static void test_a_walk_holds_a_bounded_number_of_directories(void **state)
{
    tree *t = *state;
    char path[2 * 200 + 1];
    for (size_t i = 0; i < 200; i++)
        memcpy(path + 2 * i, "d/", 3);
    for (size_t i = 1; i <= 200; i++) {
        path[2 * i - 1] = '\0';
        assert_int_equal(mkdirat(t->dir, path, 0700), 0);
        path[2 * i - 1] = '/';
    }
    int fd, before = dup(t->dir);
    close(before);
    assert_int_equal(host_sandbox_walk(t->dir, pirn_str_of(path), O_RDONLY, 0, &fd), ELOOP);
    assert_int_equal(host_sandbox_walk(t->dir, PIRN_STR("sub/deep"), O_RDONLY, 0, &fd), 0);
    close(fd);
    int after = dup(t->dir);
    assert_int_equal(after, before);
    close(after);
}

static void test_parent_splits_the_last_name_off(void **state)
{
    static const struct {
        const char *path;
        int expected;
        const char *name;
        bool wants_directory;
    } cases[] = {
        {"file", 0, "file", false},      {"sub/deep", 0, "deep", false}, {"sub/new/", 0, "new", true},
        {"sub/../new", 0, "new", false}, {"..", EPERM, NULL, false},     {"sub/..", EPERM, NULL, false},
        {".", EINVAL, NULL, false},      {"", ENOENT, NULL, false},      {"/etc/x", EPERM, NULL, false},
        {"/", EPERM, NULL, false},       {"../x", EPERM, NULL, false},   {"sub/out-dir/x", EPERM, NULL, false},
    };
    tree *t = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int parent;
        char name[HOST_ENTRY_NAME_MAX + 1];
        bool wants_directory;
        int failure = host_sandbox_parent(t->dir, pirn_str_of(cases[i].path), &parent, name, &wants_directory);
        if (failure != cases[i].expected)
            fail_msg("'%s': %s", cases[i].path, strerror(failure));
        if (failure == 0) {
            assert_string_equal(name, cases[i].name);
            assert_int_equal(wants_directory, cases[i].wants_directory);
            close(parent);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_paths_lead_to_what_is_inside_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_creating_stays_inside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bytes_that_are_no_path_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_walk_holds_a_bounded_number_of_directories, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parent_splits_the_last_name_off, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}

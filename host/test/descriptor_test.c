/* SPDX-License-Identifier: Apache-2.0 */
/* Files and directories as guests have them: what works, what is refused, and that nothing leads out. */
#include "host/descriptor.h"
#include "host/file_read.h"
#include "host/test/fake.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- A directory to play in ------------------------------------------------------------------------------------ */

/*
 * base/outside                  what nobody may reach
 * base/root/                    given to the guest
 *      file "hello"   dir/inner   link -> file   dirlink -> dir   loop -> loop   dangling -> nothing
 *      up -> ../outside   updir -> ..   abs -> /etc
 */
typedef struct fixture {
    char base[32], root[48], outside[48];
    fake_world world;
    host_descriptor *dir;
} fixture;

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

static void make_tree(fixture *f)
{
    snprintf(f->base, sizeof f->base, "/tmp/pirn-test-XXXXXX");
    assert_non_null(mkdtemp(f->base));
    snprintf(f->root, sizeof f->root, "%s/root", f->base);
    snprintf(f->outside, sizeof f->outside, "%s/outside", f->base);
    write_file(f->outside, "secret");
    assert_int_equal(mkdir(f->root, 0777), 0);
    int root = open(f->root, O_RDONLY | O_DIRECTORY);
    static const char *const links[][2] = {{"file", "link"},        {"dir", "dirlink"},   {"loop", "loop"},
                                           {"nothing", "dangling"}, {"../outside", "up"}, {"..", "updir"},
                                           {"/etc", "abs"}};
    for (size_t i = 0; i < BASE_COUNT(links); i++)
        assert_int_equal(symlinkat(links[i][0], root, links[i][1]), 0);
    assert_int_equal(mkdirat(root, "dir", 0777), 0);
    char path[64];
    snprintf(path, sizeof path, "%s/file", f->root);
    write_file(path, "hello");
    snprintf(path, sizeof path, "%s/dir/inner", f->root);
    write_file(path, "inner");
    close(root);
}

static pirn_dir_access access_wanted;
static const char *root_wanted;

static void give_root(pirn_host_config *config)
{
    assert_int_equal(pirn_host_config_dir(config, pirn_str_of(root_wanted), PIRN_STR("/"), access_wanted, NULL),
                     PIRN_OK);
}

static void set_up(fixture *f, pirn_dir_access access)
{
    make_tree(f);
    root_wanted = f->root;
    access_wanted = access;
    fake_world_init(&f->world, give_root);
    f->dir = host_descriptor_preopen(f->world.context, 0);
    assert_non_null(f->dir);
}

static void tear_down(fixture *f)
{
    char command[64];
    host_object_unref(&f->dir->object);
    fake_world_done(&f->world);
    snprintf(command, sizeof command, "rm -r %s", f->base);
    assert_int_equal(system(command), 0);
}

static int open_at(fixture *f, pirn_str path, host_open_how how, host_descriptor **out)
{
    return host_descriptor_open_at(f->world.context, f->dir, path, &how, out);
}

static host_descriptor *must_open(fixture *f, pirn_str path, host_open_how how)
{
    host_descriptor *out = NULL;
    assert_int_equal(open_at(f, path, how, &out), 0);
    return out;
}

/* Opens for what may fail; lets go at once. */
static int try_open(fixture *f, pirn_str path, host_open_how how)
{
    host_descriptor *out = NULL;
    int failure = open_at(f, path, how, &out);
    if (failure == 0)
        host_object_unref(&out->object);
    return failure;
}

/* ---- Operations, all of one shape ------------------------------------------------------------------------------ */

typedef int (*operation)(fixture *f, pirn_str path);

static int do_read(fixture *f, pirn_str path)
{
    return try_open(f, path, (host_open_how){.read = true, .follow = true});
}

static int do_write(fixture *f, pirn_str path)
{
    return try_open(f, path, (host_open_how){.write = true, .follow = true});
}

static int do_create(fixture *f, pirn_str path)
{
    return try_open(f, path, (host_open_how){.write = true, .create = true, .follow = true});
}

static int do_truncate(fixture *f, pirn_str path)
{
    return try_open(f, path, (host_open_how){.read = true, .truncate = true, .follow = true});
}

static int do_stat(fixture *f, pirn_str path)
{
    struct stat info;
    return host_descriptor_stat_at(f->dir, path, true, &info);
}

static int do_set_times(fixture *f, pirn_str path)
{
    struct timespec times[2] = {{.tv_sec = 5}, {.tv_sec = 7}};
    return host_descriptor_set_times_at(f->dir, path, true, times);
}

static int do_mkdir(fixture *f, pirn_str path)
{
    return host_descriptor_create_directory_at(f->dir, path);
}

static int do_rmdir(fixture *f, pirn_str path)
{
    return host_descriptor_remove_directory_at(f->dir, path);
}

static int do_unlink(fixture *f, pirn_str path)
{
    return host_descriptor_unlink_file_at(f->dir, path);
}

static int do_link_from(fixture *f, pirn_str path)
{
    return host_descriptor_link_at(f->dir, path, f->dir, PIRN_STR("new"));
}

static int do_link_to(fixture *f, pirn_str path)
{
    return host_descriptor_link_at(f->dir, PIRN_STR("file"), f->dir, path);
}

static int do_rename_from(fixture *f, pirn_str path)
{
    return host_descriptor_rename_at(f->dir, path, f->dir, PIRN_STR("new"));
}

static int do_rename_to(fixture *f, pirn_str path)
{
    return host_descriptor_rename_at(f->dir, PIRN_STR("file"), f->dir, path);
}

static int do_symlink(fixture *f, pirn_str path)
{
    return host_descriptor_symlink_at(f->dir, PIRN_STR("file"), path);
}

static int do_readlink(fixture *f, pirn_str path)
{
    char target[HOST_PATH_MAX + 1];
    size_t len;
    return host_descriptor_readlink_at(f->dir, path, target, &len);
}

static const struct {
    operation run;
    bool changes, is_of_entry; /* of_entry: a link as the last name is not followed */
} operations[] = {
    {do_read, false, false},    {do_write, true, false},     {do_create, true, false},   {do_truncate, true, false},
    {do_stat, false, false},    {do_set_times, true, false}, {do_mkdir, true, true},     {do_rmdir, true, true},
    {do_unlink, true, true},    {do_link_from, true, true},  {do_link_to, true, true},   {do_rename_from, true, true},
    {do_rename_to, true, true}, {do_symlink, true, true},    {do_readlink, false, true},
};

static void test_nothing_leads_out(void **state)
{
    (void)state;
    /* As the last name, `up` and the like are changed themselves. */
    static const struct {
        const char *path;
        bool is_link;
    } paths[] = {{"../outside", false},
                 {"/etc/passwd", false},
                 {"dir/../../outside", false},
                 {"updir/outside", false},
                 {"abs/passwd", false},
                 {"dirlink/../../outside", false},
                 {"dir/./../../root/file", false},
                 {"up", true},
                 {"updir/root/../outside", false}};
    for (size_t i = 0; i < BASE_COUNT(operations); i++) {
        for (size_t j = 0; j < BASE_COUNT(paths); j++) {
            fixture f;
            struct stat before, after;
            if (paths[j].is_link && operations[i].is_of_entry)
                continue;
            set_up(&f, PIRN_DIR_READ_WRITE);
            assert_int_equal(stat(f.outside, &before), 0);
            assert_int_equal(operations[i].run(&f, pirn_str_of(paths[j].path)), EPERM);
            assert_int_equal(stat(f.outside, &after), 0);
            assert_int_equal(before.st_size, after.st_size);
            assert_int_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
            assert_int_equal(before.st_nlink, after.st_nlink);
            tear_down(&f);
        }
    }
}

static void test_read_only_directories_stay_as_they_are(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, PIRN_DIR_READ_ONLY);
    for (size_t i = 0; i < BASE_COUNT(operations); i++) {
        if (operations[i].changes)
            assert_int_equal(operations[i].run(&f, PIRN_STR("dir/inner")), EROFS);
    }
    assert_int_equal(do_read(&f, PIRN_STR("dir/inner")), 0);
    assert_int_equal(do_readlink(&f, PIRN_STR("link")), 0);
    host_descriptor *sub = must_open(&f, PIRN_STR("dir"), (host_open_how){.read = true, .directory = true});
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};
    assert_int_equal(host_descriptor_unlink_file_at(sub, PIRN_STR("inner")), EROFS);
    assert_int_equal(host_descriptor_set_times(sub, times), EROFS);
    host_object_unref(&sub->object);
    tear_down(&f);
}

static void test_bad_names_are_refused(void **state)
{
    (void)state;
    static char long_path[5000], long_name[300];
    memset(long_path, 'a', sizeof long_path);
    memset(long_name, 'a', sizeof long_name);
    fixture f;
    set_up(&f, PIRN_DIR_READ_WRITE);
    for (size_t i = 0; i < BASE_COUNT(operations); i++) {
        operation run = operations[i].run;
        assert_int_equal(run(&f, PIRN_STR("")), ENOENT);
        assert_int_equal(run(&f, (pirn_str){"file\0x", 6}), EILSEQ);
        assert_int_equal(run(&f, (pirn_str){long_path, sizeof long_path}), ENAMETOOLONG);
        assert_int_equal(run(&f, (pirn_str){long_name, sizeof long_name}), ENAMETOOLONG);
        assert_int_equal(run(&f, PIRN_STR("nothing/at/all")), ENOENT);
        assert_int_equal(run(&f, PIRN_STR("file/below")), ENOTDIR);
        assert_int_equal(run(&f, PIRN_STR("loop/x")), ELOOP);
    }
    tear_down(&f);
}

static void test_results_follow_the_system(void **state)
{
    (void)state;
    static const struct {
        operation run;
        const char *path;
        int failure;
    } cases[] = {
        {do_read, "file", 0},
        {do_read, "link", 0},
        {do_read, "dirlink/inner", 0},
        {do_read, "dir/../file", 0},
        {do_read, ".", 0},
        {do_read, "dir/", 0},
        {do_read, "file/", ENOTDIR},
        {do_read, "link/", ENOTDIR},
        {do_read, "loop", ELOOP},
        {do_read, "dangling", ENOENT},
        {do_write, "dir", EISDIR},
        {do_create, "new", 0},
        {do_create, "new/", EISDIR},
        {do_stat, "dirlink", 0},
        {do_set_times, "link", 0},
        {do_mkdir, "new", 0},
        {do_mkdir, "new/", 0},
        {do_mkdir, "file", EEXIST},
        {do_mkdir, "dir/", EEXIST},
        {do_mkdir, ".", EINVAL},
        {do_mkdir, "..", EPERM},
        {do_rmdir, "dir", ENOTEMPTY},
        {do_rmdir, "file", ENOTDIR},
        {do_rmdir, "dirlink/", ENOTDIR},
        {do_unlink, "file", 0},
        {do_unlink, "up", 0},
        {do_unlink, "file/", ENOTDIR},
        {do_unlink, "link/", ENOTDIR},
        {do_unlink, "dir", EISDIR},
        {do_link_from, "file", 0},
        {do_link_from, "dangling", 0},
        {do_link_from, "file/", ENOTDIR},
        {do_link_from, "dir", EPERM},
        {do_link_to, "new", 0},
        {do_link_to, "dir", EEXIST},
        {do_link_to, "new/", ENOENT},
        {do_rename_from, "up", 0},
        {do_rename_from, "dir/", 0},
        {do_rename_from, "file/", ENOTDIR},
        {do_rename_to, "dir/moved", 0},
        {do_rename_to, "dir", EISDIR},
        {do_rename_to, "new/", ENOTDIR},
        {do_symlink, "new", 0},
        {do_symlink, "dangling", EEXIST},
        {do_symlink, "new/", ENOENT},
        {do_symlink, "dir/", EEXIST},
        {do_symlink, "file/", ENOTDIR},
        {do_readlink, "link", 0},
        {do_readlink, "up", 0},
        {do_readlink, "abs", EPERM},
        {do_readlink, "file", EINVAL},
        {do_readlink, "nothing", ENOENT},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        fixture f;
        set_up(&f, PIRN_DIR_READ_WRITE);
        int failure = cases[i].run(&f, pirn_str_of(cases[i].path));
        if (failure != cases[i].failure)
            print_message("case %zu: %s: %s\n", i, cases[i].path, strerror(failure));
        assert_int_equal(failure, cases[i].failure);
        tear_down(&f);
    }
}

static void test_symbolic_links_may_not_be_absolute(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, PIRN_DIR_READ_WRITE);
    assert_int_equal(host_descriptor_symlink_at(f.dir, PIRN_STR("/etc"), PIRN_STR("new")), EPERM);
    assert_int_equal(host_descriptor_symlink_at(f.dir, PIRN_STR(""), PIRN_STR("new")), ENOENT);
    assert_int_equal(host_descriptor_symlink_at(f.dir, (pirn_str){"a\0b", 3}, PIRN_STR("new")), EILSEQ);
    /* One that leads out can be made, but not followed. */
    assert_int_equal(host_descriptor_symlink_at(f.dir, PIRN_STR("../outside"), PIRN_STR("new")), 0);
    assert_int_equal(do_read(&f, PIRN_STR("new")), EPERM);
    tear_down(&f);
}

static void test_links_are_not_followed_unless_asked(void **state)
{
    (void)state;
    fixture f;
    struct stat info;
    set_up(&f, PIRN_DIR_READ_WRITE);
    assert_int_equal(try_open(&f, PIRN_STR("link"), (host_open_how){.read = true}), ELOOP);
    assert_int_equal(try_open(&f, PIRN_STR("up"), (host_open_how){.read = true}), ELOOP);
    assert_int_equal(host_descriptor_stat_at(f.dir, PIRN_STR("up"), false, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    struct timespec times[2] = {{.tv_sec = 5}, {.tv_nsec = UTIME_OMIT}};
    assert_int_equal(host_descriptor_set_times_at(f.dir, PIRN_STR("up"), false, times), 0);
    assert_int_equal(host_descriptor_stat_at(f.dir, PIRN_STR("up"), false, &info), 0);
    assert_int_equal(info.st_atim.tv_sec, 5);
    tear_down(&f);
}

/* ---- Contents -------------------------------------------------------------------------------------------------- */

static void test_bytes_go_where_they_should(void **state)
{
    (void)state;
    fixture f;
    char bytes[16] = "";
    size_t count;
    struct stat info;
    set_up(&f, PIRN_DIR_READ_WRITE);
    host_descriptor *file = must_open(&f, PIRN_STR("file"), (host_open_how){.read = true, .write = true});
    struct iovec pieces[2] = {{(void *)"ab", 2}, {(void *)"cd", 2}}, room[2] = {{bytes, 3}, {bytes + 3, 10}};
    assert_int_equal(host_descriptor_writev(file, pieces, 2, 3, false, &count), 0);
    assert_int_equal(count, 4);
    assert_int_equal(host_descriptor_writev(file, pieces, 1, 0, true, &count), 0);
    assert_int_equal(host_descriptor_readv(file, room, 2, 0, HOST_DESCRIPTOR_BLOCK, &count), 0);
    assert_int_equal(count, 9);
    assert_memory_equal(bytes, "helabcdab", 9);
    assert_int_equal(host_descriptor_readv(file, room, 2, 9, HOST_DESCRIPTOR_BLOCK, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(host_descriptor_readv(file, room, 2, UINT64_MAX, HOST_DESCRIPTOR_BLOCK, &count), EINVAL);
    assert_int_equal(host_descriptor_set_size(file, 2), 0);
    assert_int_equal(host_descriptor_set_size(file, UINT64_MAX), EFBIG);
    assert_int_equal(host_descriptor_allocate(file, 1, 0), EINVAL);
    assert_int_equal(host_descriptor_allocate(file, 1, UINT64_MAX), EFBIG);
    assert_int_equal(host_descriptor_stat(file, &info), 0);
    assert_int_equal(info.st_size, 2);
    assert_int_equal(host_descriptor_sync(file, true), 0);
    assert_int_equal(host_descriptor_sync(file, false), 0);
    assert_int_equal(host_descriptor_advise(file, 0, 0, POSIX_FADV_SEQUENTIAL), 0);
    assert_int_equal(host_descriptor_advise(file, UINT64_MAX, 0, POSIX_FADV_NORMAL), EINVAL);
    host_object_unref(&file->object);
    tear_down(&f);
}

static void test_files_do_only_what_they_were_opened_for(void **state)
{
    (void)state;
    fixture f;
    char byte = 0;
    size_t count;
    struct iovec piece = {&byte, 1};
    set_up(&f, PIRN_DIR_READ_WRITE);
    host_descriptor *reader = must_open(&f, PIRN_STR("file"), (host_open_how){.read = true});
    host_descriptor *writer = must_open(&f, PIRN_STR("file"), (host_open_how){.write = true});
    assert_int_equal(host_descriptor_writev(reader, &piece, 1, 0, false, &count), EBADF);
    assert_int_equal(host_descriptor_set_size(reader, 0), EBADF);
    assert_int_equal(host_descriptor_allocate(reader, 0, 1), EBADF);
    assert_int_equal(host_descriptor_readv(writer, &piece, 1, 0, HOST_DESCRIPTOR_BLOCK, &count), EBADF);
    assert_int_equal(host_descriptor_readv(f.dir, &piece, 1, 0, HOST_DESCRIPTOR_BLOCK, &count), EISDIR);
    assert_int_equal(host_descriptor_writev(f.dir, &piece, 1, 0, false, &count), EISDIR);
    assert_int_equal(host_descriptor_set_size(f.dir, 0), EISDIR);
    assert_int_equal(host_descriptor_create_directory_at(reader, PIRN_STR("x")), ENOTDIR);
    host_descriptor *below = NULL;
    host_open_how how = {.read = true};
    assert_int_equal(host_descriptor_open_at(f.world.context, reader, PIRN_STR("x"), &how, &below), ENOTDIR);
    host_object_unref(&reader->object);
    host_object_unref(&writer->object);
    tear_down(&f);
}

typedef struct pool_reader {
    host_file *file;
    host_file_read *read;
    char bytes[8];
    size_t got;
} pool_reader;

static pirn_status read_in_pool(pirn_host_call *call, void *guest)
{
    pool_reader *self = guest;
    const uint8_t *bytes;
    host_call_resumed(call, NULL);
    if (self->read == NULL)
        self->read = host_file_read_new(host_context_of(call), self->file, sizeof self->bytes, 1);
    assert_non_null(self->read);
    if (!host_source_ready(&self->read->source))
        return host_call_wait(call, &self->read->source);
    assert_int_equal(host_file_read_result(self->read, &bytes, &self->got), 0);
    memcpy(self->bytes, bytes, self->got);
    host_object_unref(&self->read->object);
    return PIRN_OK;
}

static void test_the_pool_reads_while_the_guest_waits(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, PIRN_DIR_READ_WRITE);
    host_descriptor *file = must_open(&f, PIRN_STR("file"), (host_open_how){.read = true});
    pool_reader reader = {.file = file->file};
    static const fake_step steps[] = {read_in_pool};
    assert_int_equal(FAKE_RUN(&f.world, steps, &reader), PIRN_OK);
    assert_int_equal(reader.got, 4);
    assert_memory_equal(reader.bytes, "ello", 4);
    /* Dropped while the pool may still be reading. */
    host_file_read *dropped = host_file_read_new(f.world.context, file->file, 5, 0);
    assert_non_null(dropped);
    host_object_unref(&dropped->object);
    host_object_unref(&file->object);
    tear_down(&f);
}

/* ---- Directories ----------------------------------------------------------------------------------------------- */

static void test_directories_list_their_entries(void **state)
{
    (void)state;
    fixture f;
    host_directory_entry_stream *stream;
    const char *name;
    mode_t type;
    ino_t inode;
    size_t count = 0, links = 0;
    set_up(&f, PIRN_DIR_READ_WRITE);
    assert_int_equal(host_directory_open(f.world.context, f.dir, &stream), 0);
    while (host_directory_next(stream, &name, &type, &inode) == 0 && name != NULL) {
        assert_string_not_equal(name, ".");
        assert_string_not_equal(name, "..");
        count++;
        links += type == S_IFLNK;
    }
    assert_int_equal(count, 9);
    assert_int_equal(links, 7);
    host_object_unref(&stream->object);
    host_descriptor *file = must_open(&f, PIRN_STR("file"), (host_open_how){.read = true});
    assert_int_equal(host_directory_open(f.world.context, file, &stream), ENOTDIR);
    host_object_unref(&file->object);
    tear_down(&f);
}

static void test_hashes_tell_files_and_contents_apart(void **state)
{
    (void)state;
    struct stat a = {.st_dev = 1, .st_ino = 2, .st_size = 3}, b = a;
    uint64_t a_lower, a_upper, b_lower, b_upper;
    host_stat_hash(&a, &a_lower, &a_upper);
    host_stat_hash(&b, &b_lower, &b_upper);
    assert_true(a_lower == b_lower && a_upper == b_upper);
    b.st_mtim.tv_nsec = 1;
    host_stat_hash(&b, &b_lower, &b_upper);
    assert_true(a_lower != b_lower && a_upper != b_upper);
}

static void test_a_guest_cannot_hold_more_than_it_may(void **state)
{
    (void)state;
    fixture f;
    set_up(&f, PIRN_DIR_READ_WRITE);
    size_t left = f.world.context->memory_left;
    f.world.context->memory_left = sizeof(host_descriptor) - 1;
    size_t fds = fake_open_fds();
    host_directory_entry_stream *stream;
    assert_int_equal(do_read(&f, PIRN_STR("file")), ENOMEM);
    f.world.context->memory_left = 0;
    assert_int_equal(host_directory_open(f.world.context, f.dir, &stream), ENOMEM);
    assert_int_equal(fake_open_fds(), fds);
    f.world.context->memory_left = left;
    tear_down(&f);
}

static void test_nothing_is_left_after_many_rounds(void **state)
{
    (void)state;
    enum { ROUNDS = 100000 };
    fixture f;
    set_up(&f, PIRN_DIR_READ_WRITE);
    size_t fds = fake_open_fds(), left = f.world.context->memory_left, bytes = f.world.allocated_bytes;
    for (int i = 0; i < ROUNDS; i++) {
        host_directory_entry_stream *stream;
        host_descriptor *file = must_open(&f, PIRN_STR("file"), (host_open_how){.read = true});
        assert_int_equal(host_directory_open(f.world.context, f.dir, &stream), 0);
        host_object_unref(&file->object);
        host_object_unref(&stream->object);
    }
    assert_int_equal(fake_open_fds(), fds);
    assert_int_equal(f.world.context->memory_left, left);
    assert_int_equal(f.world.allocated_bytes, bytes);
    tear_down(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_leads_out),
        cmocka_unit_test(test_read_only_directories_stay_as_they_are),
        cmocka_unit_test(test_bad_names_are_refused),
        cmocka_unit_test(test_results_follow_the_system),
        cmocka_unit_test(test_symbolic_links_may_not_be_absolute),
        cmocka_unit_test(test_links_are_not_followed_unless_asked),
        cmocka_unit_test(test_bytes_go_where_they_should),
        cmocka_unit_test(test_files_do_only_what_they_were_opened_for),
        cmocka_unit_test(test_the_pool_reads_while_the_guest_waits),
        cmocka_unit_test(test_directories_list_their_entries),
        cmocka_unit_test(test_hashes_tell_files_and_contents_apart),
        cmocka_unit_test(test_a_guest_cannot_hold_more_than_it_may),
        cmocka_unit_test(test_nothing_is_left_after_many_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* wasi:filesystem as components call it. What paths can do is tested with descriptors. */
#include "host/descriptor.h"
#include "host/stream.h"
#include "host/test/fake.h"
#include "wasi_filesystem_preopens.h"
#include "wasi_filesystem_types.h"
#include "wasi_io_streams.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define CALL(name, result, ...)                                                                                   \
    assert_int_equal(                                                                                             \
        wasi_filesystem_types_##name(call, &(struct wasi_filesystem_types_##name##_args){__VA_ARGS__}, (result)), \
        PIRN_OK)
#define EXPECT_OK(result) assert_false((result).is_err)
#define EXPECT_ERROR(result, word)                                                     \
    do {                                                                               \
        assert_true((result).is_err);                                                  \
        assert_int_equal((result).value.err, WASI_FILESYSTEM_TYPES_ERROR_CODE_##word); \
    } while (0)

enum {
    READ_WRITE = WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_READ | WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_WRITE,
    CREATE = WASI_FILESYSTEM_TYPES_OPEN_FLAGS_CREATE,
};

/* ---- A component with two directories ---------------------------------------------------------------------- */

typedef struct guest {
    struct host_descriptor *dir, *read_only, *file;
    char bytes[16];
    size_t got;
    bool is_end;
} guest;

static char root[32];

static void configure(pirn_host_config *config)
{
    pirn_str path = pirn_str_of(root);
    assert_int_equal(pirn_host_config_dir(config, path, PIRN_STR("/rw"), PIRN_DIR_READ_WRITE, NULL), PIRN_OK);
    assert_int_equal(pirn_host_config_dir(config, path, PIRN_STR("/ro"), PIRN_DIR_READ_ONLY, NULL), PIRN_OK);
}

static struct host_descriptor *create(pirn_host_call *call, guest *self, pirn_str path)
{
    wasi_filesystem_types_result_descriptor_error_code opened = {0};
    CALL(descriptor_open_at, &opened, .self = self->dir, .path = path, .open_flags = CREATE, .flags = READ_WRITE);
    EXPECT_OK(opened);
    return opened.value.ok;
}

static void write_at(pirn_host_call *call, guest *self, const char *text, uint64_t offset)
{
    wasi_filesystem_types_result_filesize_error_code written = {0};
    CALL(descriptor_write, &written, .self = self->file, .offset = offset,
         .buffer = {.data = (const uint8_t *)text, .len = strlen(text)});
    EXPECT_OK(written);
    assert_int_equal(written.value.ok, strlen(text));
}

static pirn_status begin(pirn_host_call *call, void *data)
{
    guest *self = data;
    wasi_filesystem_preopens_list_tuple_descriptor_string dirs = {0};
    assert_int_equal(wasi_filesystem_preopens_get_directories(call, &dirs), PIRN_OK);
    assert_int_equal(dirs.len, 2);
    assert_true(pirn_str_eq(dirs.data[0].f1, PIRN_STR("/rw")));
    self->dir = dirs.data[0].f0;
    self->read_only = dirs.data[1].f0;
    self->file = create(call, self, PIRN_STR("file"));
    return PIRN_OK;
}

static pirn_status end(pirn_host_call *call, void *data)
{
    guest *self = data;
    void *host = pirn_host_call_data(call);
    wasi_filesystem_types_descriptor_drop(host, self->file);
    wasi_filesystem_types_descriptor_drop(host, self->dir);
    wasi_filesystem_types_descriptor_drop(host, self->read_only);
    return PIRN_OK;
}

static void run(fake_step first, fake_step second, guest *self)
{
    fake_world world;
    char command[64];
    snprintf(root, sizeof root, "/tmp/pirn-test-XXXXXX");
    assert_non_null(mkdtemp(root));
    fake_world_init(&world, configure);
    size_t left = world.context->memory_left;
    fake_step steps[] = {begin, first, second, end};
    pirn_status status = FAKE_RUN(&world, steps, self);
    if (status != PIRN_OK)
        print_message("%s\n", world.message);
    assert_int_equal(status, PIRN_OK);
    assert_int_equal(world.context->memory_left, left);
    fake_world_done(&world);
    snprintf(command, sizeof command, "rm -r %s", root);
    assert_int_equal(system(command), 0);
}

static pirn_status nothing(pirn_host_call *call, void *data)
{
    (void)call;
    (void)data;
    return PIRN_OK;
}

/* ---- Tests -------------------------------------------------------------------------------------------------- */

static pirn_status write_far(pirn_host_call *call, void *data)
{
    guest *self = data;
    wasi_filesystem_types_result_none_error_code done = {0};
    write_at(call, self, "far away", 100000);
    CALL(descriptor_sync, &done, .self = self->file);
    EXPECT_OK(done);
    CALL(descriptor_advise, &done, .self = self->file, .advice = WASI_FILESYSTEM_TYPES_ADVICE_DONT_NEED);
    EXPECT_OK(done);
    return PIRN_OK;
}

static pirn_status read_far(pirn_host_call *call, void *data)
{
    guest *self = data;
    wasi_filesystem_types_result_tuple_list_u8_bool_error_code result = {0};
    struct wasi_filesystem_types_descriptor_read_args args = {
        .self = self->file, .length = sizeof self->bytes, .offset = 100000};
    PIRN_TRY(wasi_filesystem_types_descriptor_read(call, &args, &result));
    EXPECT_OK(result);
    self->got = result.value.ok.f0.len;
    self->is_end = result.value.ok.f1;
    memcpy(self->bytes, result.value.ok.f0.data, self->got);
    return PIRN_OK;
}

static void test_a_file_that_is_not_in_memory_is_read(void **state)
{
    (void)state;
    guest self = {0};
    run(write_far, read_far, &self);
    assert_int_equal(self.got, 8);
    assert_memory_equal(self.bytes, "far away", 8);
    assert_false(self.is_end);
}

static pirn_status read_the_end(pirn_host_call *call, void *data)
{
    guest *self = data;
    wasi_filesystem_types_result_tuple_list_u8_bool_error_code result = {0};
    CALL(descriptor_read, &result, .self = self->file, .length = 0, .offset = 0);
    EXPECT_OK(result);
    assert_false(result.value.ok.f1);
    CALL(descriptor_read, &result, .self = self->file, .length = UINT64_MAX, .offset = 10);
    EXPECT_OK(result);
    assert_true(result.value.ok.f1);
    CALL(descriptor_read, &result, .self = self->dir, .length = 1, .offset = 0);
    EXPECT_ERROR(result, IS_DIRECTORY);
    CALL(descriptor_read, &result, .self = self->file, .length = 1, .offset = UINT64_MAX);
    EXPECT_ERROR(result, INVALID);
    return PIRN_OK;
}

static void test_the_end_of_a_file_is_told(void **state)
{
    (void)state;
    guest self = {0};
    run(read_the_end, nothing, &self);
}

static pirn_status look(pirn_host_call *call, void *data)
{
    guest *self = data;
    wasi_filesystem_types_result_descriptor_stat_error_code info = {0};
    wasi_filesystem_types_result_none_error_code done = {0};
    wasi_filesystem_types_result_metadata_hash_value_error_code before = {0}, after = {0};
    wasi_filesystem_types_result_descriptor_flags_error_code flags = {0};
    uint8_t is_same = 0;
    write_at(call, self, "hello", 0);
    CALL(descriptor_metadata_hash, &before, .self = self->file);
    CALL(descriptor_set_times, &done, .self = self->file,
         .data_modification_timestamp = {.tag = WASI_FILESYSTEM_TYPES_NEW_TIMESTAMP_TIMESTAMP,
                                         .value.timestamp = {.seconds = 7, .nanoseconds = 8}});
    EXPECT_OK(done);
    CALL(descriptor_stat_func, &info, .self = self->file);
    EXPECT_OK(info);
    assert_int_equal(info.value.ok.type, WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_REGULAR_FILE);
    assert_int_equal(info.value.ok.size, 5);
    assert_true(info.value.ok.data_modification_timestamp.is_some);
    assert_int_equal(info.value.ok.data_modification_timestamp.value.seconds, 7);
    assert_int_equal(info.value.ok.data_modification_timestamp.value.nanoseconds, 8);
    CALL(descriptor_metadata_hash_at, &after, .self = self->read_only, .path = PIRN_STR("file"));
    EXPECT_OK(after);
    assert_true(before.value.ok.lower != after.value.ok.lower);
    CALL(descriptor_set_times, &done, .self = self->file,
         .data_access_timestamp = {.tag = WASI_FILESYSTEM_TYPES_NEW_TIMESTAMP_TIMESTAMP,
                                   .value.timestamp = {.nanoseconds = 1000000000}});
    EXPECT_ERROR(done, INVALID);
    CALL(descriptor_is_same_object, &is_same, .self = self->dir, .other = self->read_only);
    assert_true(is_same);
    CALL(descriptor_is_same_object, &is_same, .self = self->dir, .other = self->file);
    assert_false(is_same);
    CALL(descriptor_get_flags, &flags, .self = self->read_only);
    assert_false(flags.value.ok & WASI_FILESYSTEM_TYPES_DESCRIPTOR_FLAGS_MUTATE_DIRECTORY);
    CALL(descriptor_create_directory_at, &done, .self = self->read_only, .path = PIRN_STR("x"));
    EXPECT_ERROR(done, READ_ONLY);
    CALL(descriptor_create_directory_at, &done, .self = self->dir, .path = PIRN_STR("../x"));
    EXPECT_ERROR(done, NOT_PERMITTED);
    CALL(descriptor_stat_at, &info, .self = self->dir, .path = PIRN_STR("nothing"));
    EXPECT_ERROR(info, NO_ENTRY);
    return PIRN_OK;
}

static void test_files_are_described(void **state)
{
    (void)state;
    guest self = {0};
    run(look, nothing, &self);
}

static pirn_status list(pirn_host_call *call, void *data)
{
    guest *self = data;
    wasi_filesystem_types_result_directory_entry_stream_error_code stream = {0};
    wasi_filesystem_types_result_option_directory_entry_error_code entry = {0};
    CALL(descriptor_read_directory, &stream, .self = self->file);
    EXPECT_ERROR(stream, NOT_DIRECTORY);
    stream = (wasi_filesystem_types_result_directory_entry_stream_error_code){0};
    CALL(descriptor_read_directory, &stream, .self = self->dir);
    EXPECT_OK(stream);
    CALL(directory_entry_stream_read_directory_entry, &entry, .self = stream.value.ok);
    EXPECT_OK(entry);
    assert_true(entry.value.ok.is_some);
    assert_true(pirn_str_eq(entry.value.ok.value.name, PIRN_STR("file")));
    assert_int_equal(entry.value.ok.value.type, WASI_FILESYSTEM_TYPES_DESCRIPTOR_TYPE_REGULAR_FILE);
    entry = (wasi_filesystem_types_result_option_directory_entry_error_code){0};
    CALL(directory_entry_stream_read_directory_entry, &entry, .self = stream.value.ok);
    EXPECT_OK(entry);
    assert_false(entry.value.ok.is_some);
    wasi_filesystem_types_directory_entry_stream_drop(pirn_host_call_data(call), stream.value.ok);
    return PIRN_OK;
}

static void test_directories_are_listed(void **state)
{
    (void)state;
    guest self = {0};
    run(list, nothing, &self);
}

/* Streams outlive the descriptor that they are made from; their failures are codes of this interface. */
static pirn_status stream(pirn_host_call *call, void *data)
{
    guest *self = data;
    void *host = pirn_host_call_data(call);
    struct host_descriptor *other = create(call, self, PIRN_STR("other"));
    wasi_filesystem_types_result_output_stream_error_code out = {0};
    wasi_filesystem_types_result_descriptor_stat_error_code info = {0};
    CALL(descriptor_append_via_stream, &out, .self = self->dir);
    EXPECT_ERROR(out, IS_DIRECTORY);
    out = (wasi_filesystem_types_result_output_stream_error_code){0};
    CALL(descriptor_append_via_stream, &out, .self = other);
    EXPECT_OK(out);
    wasi_filesystem_types_descriptor_drop(host, other);
    assert_int_equal(host_output_write(out.value.ok, "text", 4), 0);
    wasi_io_streams_output_stream_drop(host, out.value.ok);
    CALL(descriptor_stat_at, &info, .self = self->dir, .path = PIRN_STR("other"));
    EXPECT_OK(info);
    assert_int_equal(info.value.ok.size, 4);
    wasi_filesystem_types_option_error_code code = {0};
    struct host_error *error = host_error_new(host, HOST_ERROR_FILESYSTEM, ENOSPC);
    CALL(filesystem_error_code, &code, .err = error);
    assert_true(code.is_some);
    assert_int_equal(code.value, WASI_FILESYSTEM_TYPES_ERROR_CODE_INSUFFICIENT_SPACE);
    error->domain = HOST_ERROR_NETWORK;
    CALL(filesystem_error_code, &code, .err = error);
    assert_false(code.is_some);
    host_object_unref(&error->object);
    return PIRN_OK;
}

static void test_streams_are_made_of_files(void **state)
{
    (void)state;
    guest self = {0};
    run(stream, nothing, &self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_that_is_not_in_memory_is_read),
        cmocka_unit_test(test_the_end_of_a_file_is_told),
        cmocka_unit_test(test_files_are_described),
        cmocka_unit_test(test_directories_are_listed),
        cmocka_unit_test(test_streams_are_made_of_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* wasi:io: streams of every kind, polling, and what drops and failures leave behind. */
#include "host/fd.h"
#include "host/test/fake.h"
#include "wasi_clocks_monotonic_clock.h"
#include "wasi_io_error.h"
#include "wasi_io_poll.h"
#include "wasi_io_streams.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define CLOSED WASI_IO_STREAMS_STREAM_ERROR_CLOSED
#define FAILED WASI_IO_STREAMS_STREAM_ERROR_LAST_OPERATION_FAILED

/* ---- A guest with an input and an output ------------------------------------------------------------------------ */

typedef struct guest {
    host_input *input;
    host_output *output;
    struct host_pollable *pollable;
    int peer; /* a descriptor that a step of the test uses from outside */
    uint64_t len;
    char bytes[8192];
    size_t size; /* of what was read into bytes, or is to be written from there */
    wasi_io_streams_result_u64_stream_error count;
    wasi_io_streams_result_none_stream_error none;
    uint8_t is_err;
    wasi_io_streams_stream_error error;
} guest;

static pirn_status note_list(guest *self, pirn_status status,
                             const wasi_io_streams_result_list_u8_stream_error *result)
{
    if (status != PIRN_OK)
        return status;
    self->is_err = result->is_err;
    if (result->is_err) {
        self->error = result->value.err;
        return PIRN_OK;
    }
    assert_true(result->value.ok.len <= sizeof self->bytes - self->size);
    if (result->value.ok.len > 0)
        memcpy(self->bytes + self->size, result->value.ok.data, result->value.ok.len);
    self->size += result->value.ok.len;
    return PIRN_OK;
}

static pirn_status do_read(pirn_host_call *call, void *user)
{
    guest *self = user;
    struct wasi_io_streams_input_stream_read_args args = {self->input, self->len};
    wasi_io_streams_result_list_u8_stream_error result = {0};
    return note_list(self, wasi_io_streams_input_stream_read(call, &args, &result), &result);
}

static pirn_status do_blocking_read(pirn_host_call *call, void *user)
{
    guest *self = user;
    struct wasi_io_streams_input_stream_blocking_read_args args = {self->input, self->len};
    wasi_io_streams_result_list_u8_stream_error result = {0};
    return note_list(self, wasi_io_streams_input_stream_blocking_read(call, &args, &result), &result);
}

static pirn_status do_blocking_skip(pirn_host_call *call, void *user)
{
    guest *self = user;
    struct wasi_io_streams_input_stream_blocking_skip_args args = {self->input, self->len};
    memset(&self->count, 0, sizeof self->count);
    return wasi_io_streams_input_stream_blocking_skip(call, &args, &self->count);
}

static pirn_status do_check_write(pirn_host_call *call, void *user)
{
    guest *self = user;
    struct wasi_io_streams_output_stream_check_write_args args = {self->output};
    memset(&self->count, 0, sizeof self->count);
    return wasi_io_streams_output_stream_check_write(call, &args, &self->count);
}

static pirn_status do_write(pirn_host_call *call, void *user)
{
    guest *self = user;
    struct wasi_io_streams_output_stream_write_args args = {self->output, {(uint8_t *)self->bytes, self->size}};
    memset(&self->none, 0, sizeof self->none);
    return wasi_io_streams_output_stream_write(call, &args, &self->none);
}

static pirn_status do_write_zeroes(pirn_host_call *call, void *user)
{
    guest *self = user;
    struct wasi_io_streams_output_stream_write_zeroes_args args = {self->output, self->len};
    memset(&self->none, 0, sizeof self->none);
    return wasi_io_streams_output_stream_write_zeroes(call, &args, &self->none);
}

static pirn_status do_blocking_write(pirn_host_call *call, void *user)
{
    guest *self = user;
    struct wasi_io_streams_output_stream_blocking_write_and_flush_args args = {self->output,
                                                                               {(uint8_t *)self->bytes, self->size}};
    memset(&self->none, 0, sizeof self->none);
    return wasi_io_streams_output_stream_blocking_write_and_flush(call, &args, &self->none);
}

static pirn_status do_blocking_zeroes(pirn_host_call *call, void *user)
{
    guest *self = user;
    struct wasi_io_streams_output_stream_blocking_write_zeroes_and_flush_args args = {self->output, self->len};
    memset(&self->none, 0, sizeof self->none);
    return wasi_io_streams_output_stream_blocking_write_zeroes_and_flush(call, &args, &self->none);
}

static pirn_status do_splice(pirn_host_call *call, void *user)
{
    guest *self = user;
    struct wasi_io_streams_output_stream_splice_args args = {self->output, self->input, self->len};
    memset(&self->count, 0, sizeof self->count);
    return wasi_io_streams_output_stream_splice(call, &args, &self->count);
}

static pirn_status do_blocking_splice(pirn_host_call *call, void *user)
{
    guest *self = user;
    struct wasi_io_streams_output_stream_blocking_splice_args args = {self->output, self->input, self->len};
    memset(&self->count, 0, sizeof self->count);
    return wasi_io_streams_output_stream_blocking_splice(call, &args, &self->count);
}

static pirn_status do_subscribe_input(pirn_host_call *call, void *user)
{
    guest *self = user;
    struct wasi_io_streams_input_stream_subscribe_args args = {self->input};
    return wasi_io_streams_input_stream_subscribe(call, &args, &self->pollable);
}

static pirn_status do_drop_input(pirn_host_call *call, void *user)
{
    guest *self = user;
    wasi_io_streams_input_stream_drop(pirn_host_call_data(call), self->input);
    self->input = NULL;
    return PIRN_OK;
}

static pirn_status do_block(pirn_host_call *call, void *user)
{
    guest *self = user;
    struct wasi_io_poll_pollable_block_args args = {self->pollable};
    return wasi_io_poll_pollable_block(call, &args);
}

static pirn_status do_drop_pollable(pirn_host_call *call, void *user)
{
    guest *self = user;
    wasi_io_poll_pollable_drop(pirn_host_call_data(call), self->pollable);
    self->pollable = NULL;
    return PIRN_OK;
}

/* The guest's handles are gone; a failed operation's error is one of them. */
static void drop_all(fake_world *world, guest *self)
{
    if (self->input != NULL)
        wasi_io_streams_input_stream_drop(world->context, self->input);
    if (self->output != NULL)
        wasi_io_streams_output_stream_drop(world->context, self->output);
    if (self->pollable != NULL)
        wasi_io_poll_pollable_drop(world->context, self->pollable);
}

#define STEP(world, step, self) FAKE_RUN(world, (const fake_step[]){step}, self)

/* ---- Pipes and files -------------------------------------------------------------------------------------------- */

/* The ends of a pipe as the streams of a guest; or only one, when the other is not asked for. */
static void make_pipe(fake_world *world, host_input **input, host_output **output, int fds[2])
{
    assert_int_equal(pipe(fds), 0);
    if (input != NULL) {
        host_file *file = host_file_new(world->host, fds[0]);
        *input = host_input_new_pipe(world->context, file);
        host_file_unref(file);
    }
    if (output != NULL) {
        host_file *file = host_file_new(world->host, fds[1]);
        *output = host_output_new_pipe(world->context, file);
        host_file_unref(file);
    }
}

static int make_file(const char *content)
{
    char path[] = "/tmp/pirn-stream-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static host_input *file_input(fake_world *world, int fd, uint64_t offset)
{
    host_file *file = host_file_borrow(world->host, fd);
    host_input *stream = host_input_new_file(world->context, file, offset, HOST_ERROR_FILESYSTEM);
    host_file_unref(file);
    return stream;
}

static host_output *file_output(fake_world *world, int fd, uint64_t offset)
{
    host_file *file = host_file_borrow(world->host, fd);
    host_output *stream = host_output_new_file(world->context, file, offset, HOST_ERROR_FILESYSTEM);
    host_file_unref(file);
    return stream;
}

/* ---- Tests: rules of the interface ------------------------------------------------------------------------------ */

static void test_memory_is_read_to_its_end(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    guest self = {.input = host_input_new_memory(world.context, PIRN_STR("hello, world")), .len = 5};
    assert_int_equal(STEP(&world, do_read, &self), PIRN_OK);
    assert_int_equal(STEP(&world, do_blocking_skip, &self), PIRN_OK);
    assert_int_equal(self.count.value.ok, 5);
    self.len = UINT64_MAX;
    assert_int_equal(STEP(&world, do_blocking_read, &self), PIRN_OK);
    assert_int_equal(self.size, 7);
    assert_memory_equal(self.bytes, "hellold", 7);
    self.len = 0;
    assert_int_equal(STEP(&world, do_blocking_read, &self), PIRN_OK);
    assert_int_equal(self.is_err, 0);
    self.len = 1;
    assert_int_equal(STEP(&world, do_blocking_read, &self), PIRN_OK);
    assert_int_equal(self.is_err, 1);
    assert_int_equal(self.error.tag, CLOSED);
    self.len = 0;
    assert_int_equal(STEP(&world, do_read, &self), PIRN_OK);
    assert_int_equal(self.is_err, 1);
    drop_all(&world, &self);
    fake_world_done(&world);
}

static void test_a_write_beyond_the_permit_traps(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    guest self = {.output = host_output_new_memory(world.context, SIZE_MAX), .size = 1};
    assert_int_equal(STEP(&world, do_write, &self), PIRN_TRAP);
    assert_string_equal(world.message, "a write of 1 bytes, where check-write has permitted 0");
    assert_int_equal(STEP(&world, do_check_write, &self), PIRN_OK);
    assert_int_equal(self.count.value.ok, HOST_STREAM_CHUNK);
    self.size = 10;
    assert_int_equal(STEP(&world, do_write, &self), PIRN_OK);
    self.len = HOST_STREAM_CHUNK - 10;
    assert_int_equal(STEP(&world, do_write_zeroes, &self), PIRN_OK);
    assert_int_equal(host_output_memory(self.output).len, HOST_STREAM_CHUNK);
    self.len = 1;
    assert_int_equal(STEP(&world, do_write_zeroes, &self), PIRN_TRAP);
    drop_all(&world, &self);
    fake_world_done(&world);
}

static void test_a_blocking_write_takes_4096_bytes(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    guest self = {.output = host_output_new_memory(world.context, SIZE_MAX), .size = 4096, .len = 4097};
    assert_int_equal(STEP(&world, do_blocking_write, &self), PIRN_OK);
    assert_int_equal(self.none.is_err, 0);
    self.size = 4097;
    assert_int_equal(STEP(&world, do_blocking_write, &self), PIRN_TRAP);
    assert_string_equal(world.message, "a blocking write of 4097 bytes: at most 4096 are allowed");
    assert_int_equal(STEP(&world, do_blocking_zeroes, &self), PIRN_TRAP);
    assert_int_equal(host_output_memory(self.output).len, 4096);
    drop_all(&world, &self);
    fake_world_done(&world);
}

static pirn_status check_debug_string(pirn_host_call *call, void *user)
{
    guest *self = user;
    pirn_str text = {0};
    struct wasi_io_error_error_to_debug_string_args args = {self->none.value.err.value.last_operation_failed};
    pirn_status status = wasi_io_error_error_to_debug_string(call, &args, &text);
    assert_true(pirn_str_eq(text, PIRN_STR("no space left on device")));
    wasi_io_error_error_drop(pirn_host_call_data(call), args.self);
    return status;
}

static void test_a_failed_write_closes_the_stream(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    guest self = {.output = host_output_new_memory(world.context, 10), .size = 11};
    assert_int_equal(STEP(&world, do_blocking_write, &self), PIRN_OK);
    assert_int_equal(self.none.is_err, 1);
    assert_int_equal(self.none.value.err.tag, FAILED);
    assert_int_equal(STEP(&world, check_debug_string, &self), PIRN_OK);
    assert_int_equal(STEP(&world, do_check_write, &self), PIRN_OK);
    assert_int_equal(self.count.is_err, 1);
    assert_int_equal(self.count.value.err.tag, CLOSED);
    drop_all(&world, &self);
    fake_world_done(&world);
}

static void test_splice_moves_what_is_there(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    guest self = {.input = host_input_new_memory(world.context, PIRN_STR("0123456789")),
                  .output = host_output_new_memory(world.context, SIZE_MAX),
                  .len = 4};
    assert_int_equal(STEP(&world, do_splice, &self), PIRN_OK);
    assert_int_equal(self.count.value.ok, 4);
    self.len = UINT64_MAX;
    assert_int_equal(STEP(&world, do_blocking_splice, &self), PIRN_OK);
    assert_int_equal(self.count.value.ok, 6);
    assert_true(pirn_str_eq(host_output_memory(self.output), PIRN_STR("0123456789")));
    assert_int_equal(STEP(&world, do_splice, &self), PIRN_OK);
    assert_int_equal(self.count.is_err, 1);
    assert_int_equal(self.count.value.err.tag, CLOSED);
    drop_all(&world, &self);
    fake_world_done(&world);
}

/* ---- Tests: pipes ----------------------------------------------------------------------------------------------- */

static pirn_status feed_peer(pirn_host_call *call, void *user)
{
    (void)call;
    guest *self = user;
    assert_int_equal(write(self->peer, "abc", 3), 3);
    return PIRN_OK;
}

static void test_reading_a_pipe_waits_for_its_writer(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    int fds[2];
    guest reader = {.len = 100};
    make_pipe(&world, &reader.input, NULL, fds);
    assert_int_equal(STEP(&world, do_read, &reader), PIRN_OK);
    assert_int_equal(reader.size, 0);
    guest writer = {.peer = fds[1]};
    static const fake_step read_steps[] = {do_subscribe_input, do_block, do_drop_pollable, do_blocking_read};
    pirn_component_func func = FAKE_FUNC(read_steps);
    pirn_task *task = pirn_task_new(world.instance);
    assert_int_equal(
        pirn_host_start(world.host, task, &func, &reader, PIRN_NO_TIMEOUT, fake_note_ending, &world, NULL), PIRN_OK);
    assert_int_equal(STEP(&world, feed_peer, &writer), PIRN_OK);
    assert_int_equal(world.ended, 3);
    assert_int_equal(reader.size, 3);
    assert_memory_equal(reader.bytes, "abc", 3);
    pirn_task_free(task);
    close(fds[1]);
    assert_int_equal(STEP(&world, do_blocking_read, &reader), PIRN_OK);
    assert_int_equal(reader.error.tag, CLOSED);
    drop_all(&world, &reader);
    fake_world_done(&world);
}

static pirn_status read_peer(pirn_host_call *call, void *user)
{
    guest *self = user;
    (void)call;
    ssize_t count = read(self->peer, self->bytes, sizeof self->bytes);
    assert_true(count > 0);
    self->size += (size_t)count;
    return PIRN_OK;
}

/* The writer waits at the full pipe; the reader then takes some. Flags of the descriptors stay as they were. */
static void test_a_full_pipe_suspends_its_writer(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    int fds[2];
    guest writer = {.size = 4096};
    make_pipe(&world, NULL, &writer.output, fds);
    int flags = fcntl(fds[1], F_GETFL);
    size_t written = 0;
    for (;;) {
        assert_int_equal(STEP(&world, do_check_write, &writer), PIRN_OK);
        assert_int_equal(writer.count.is_err, 0);
        if (writer.count.value.ok == 0)
            break;
        assert_true(writer.count.value.ok >= 4096);
        assert_int_equal(STEP(&world, do_write, &writer), PIRN_OK);
        written += 4096;
    }
    static const fake_step write_steps[] = {do_blocking_write};
    pirn_component_func func = FAKE_FUNC(write_steps);
    pirn_task *task = pirn_task_new(world.instance);
    size_t ended = world.ended;
    assert_int_equal(
        pirn_host_start(world.host, task, &func, &writer, PIRN_NO_TIMEOUT, fake_note_ending, &world, NULL), PIRN_OK);
    assert_ptr_not_equal(pirn_task_data(task), NULL);
    assert_int_equal(fcntl(fds[1], F_GETFL), flags);
    guest reader = {.peer = fds[0]};
    assert_int_equal(STEP(&world, read_peer, &reader), PIRN_OK);
    assert_int_equal(world.ended, ended + 2);
    assert_int_equal(writer.none.is_err, 0);
    for (written += 4096; reader.size < written;)
        read_peer(NULL, &reader);
    assert_int_equal(reader.size, written);
    pirn_task_free(task);
    drop_all(&world, &writer);
    close(fds[0]);
    fake_world_done(&world);
}

/* The wait for the input ends with it: nothing may stay armed (tasks check that). */
static void test_a_splice_that_waits_for_its_input_sees_its_output_close(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    int in[2], out[2];
    guest self = {.len = 10};
    make_pipe(&world, &self.input, NULL, in);
    make_pipe(&world, NULL, &self.output, out);
    static const fake_step steps[] = {do_blocking_splice};
    pirn_component_func func = FAKE_FUNC(steps);
    pirn_task *task = pirn_task_new(world.instance);
    assert_int_equal(
        pirn_host_start(world.host, task, &func, &self, PIRN_NO_TIMEOUT, fake_note_ending, &world, NULL), PIRN_OK);
    assert_int_equal(world.ended, 0);
    self.output->is_closed = true;
    assert_int_equal(write(in[1], "y", 1), 1);
    pirn_host_run(world.host);
    assert_int_equal(world.ended, 1);
    assert_int_equal(self.count.is_err, 1);
    assert_int_equal(self.count.value.err.tag, CLOSED);
    pirn_task_free(task);
    drop_all(&world, &self);
    close(in[1]);
    close(out[0]);
    fake_world_done(&world);
}

static void test_a_pipe_without_a_reader_is_closed(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    int fds[2];
    guest writer = {.size = 10};
    make_pipe(&world, NULL, &writer.output, fds);
    close(fds[0]);
    assert_int_equal(STEP(&world, do_blocking_write, &writer), PIRN_OK);
    assert_int_equal(writer.none.is_err, 1);
    assert_int_equal(writer.none.value.err.tag, CLOSED);
    drop_all(&world, &writer);
    fake_world_done(&world);
}

static void test_a_time_limit_ends_a_wait_for_a_pipe(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    int fds[2];
    guest reader = {.len = 100};
    make_pipe(&world, &reader.input, NULL, fds);
    static const fake_step steps[] = {do_blocking_read};
    assert_int_equal(fake_run(&world, steps, 1, &reader, 2000000), PIRN_EXHAUSTED);
    drop_all(&world, &reader);
    close(fds[1]);
    fake_world_done(&world);
}

/* ---- Tests: files ----------------------------------------------------------------------------------------------- */

static void test_a_file_is_read_from_its_offset(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    int fd = make_file("0123456789");
    guest self = {.input = file_input(&world, fd, 3), .len = 4};
    assert_int_equal(STEP(&world, do_blocking_read, &self), PIRN_OK);
    self.len = 100;
    static const fake_step rest[] = {do_subscribe_input, do_block, do_drop_pollable, do_read};
    assert_int_equal(FAKE_RUN(&world, rest, &self), PIRN_OK);
    assert_int_equal(self.size, 7);
    assert_memory_equal(self.bytes, "3456789", 7);
    assert_int_equal(STEP(&world, do_blocking_read, &self), PIRN_OK);
    assert_int_equal(self.error.tag, CLOSED);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
    drop_all(&world, &self);
    close(fd);
    fake_world_done(&world);
}

static void test_what_is_read_ahead_and_not_taken_is_given_back(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    int fd = make_file("0123456789");
    guest self = {.input = file_input(&world, fd, HOST_FILE_POSITION), .len = 4};
    assert_int_equal(STEP(&world, do_blocking_read, &self), PIRN_OK);
    drop_all(&world, &self);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 4);
    close(fd);
    fake_world_done(&world);
}

static void test_a_stream_may_be_dropped_while_it_reads(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    int fd = make_file("0123456789");
    guest self = {.input = file_input(&world, fd, 0), .len = 4};
    size_t got;
    assert_int_equal(host_input_read(self.input, self.bytes, 4, &got), 0);
    assert_int_equal(got, 0);
    drop_all(&world, &self);
    assert_int_equal(world.context->memory_left, world.config->memory_bytes);
    fake_world_done(&world);
    close(fd);
}

static void test_a_failed_read_tells_why(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    int fd = open("/tmp", O_RDONLY | O_DIRECTORY);
    guest self = {.input = file_input(&world, fd, 0), .len = 4};
    assert_int_equal(STEP(&world, do_blocking_read, &self), PIRN_OK);
    assert_int_equal(self.error.tag, FAILED);
    host_error *error = self.error.value.last_operation_failed;
    assert_int_equal(error->code, EISDIR);
    assert_int_equal(error->domain, HOST_ERROR_FILESYSTEM);
    wasi_io_error_error_drop(world.context, error);
    drop_all(&world, &self);
    close(fd);
    fake_world_done(&world);
}

static void test_files_are_written_at_an_offset_and_at_the_end(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    int fd = make_file("0123456789");
    static const struct {
        uint64_t offset;
        const char *after;
    } cases[] = {{2, "01ab456789"}, {HOST_FILE_APPEND, "01ab456789ab"}, {HOST_FILE_POSITION, "abab456789ab"}};
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        guest self = {.output = file_output(&world, fd, cases[i].offset), .bytes = "ab", .size = 2};
        assert_int_equal(STEP(&world, do_blocking_write, &self), PIRN_OK);
        assert_int_equal(self.none.is_err, 0);
        char content[32] = {0};
        assert_true(pread(fd, content, sizeof content - 1, 0) > 0);
        assert_string_equal(content, cases[i].after);
        drop_all(&world, &self);
    }
    close(fd);
    fake_world_done(&world);
}

/* ---- Tests: polling and lifetimes ------------------------------------------------------------------------------- */

typedef struct poller {
    struct host_pollable *list[4];
    size_t count;
    uint32_t ready[4];
    size_t ready_count;
} poller;

static pirn_status do_poll(pirn_host_call *call, void *user)
{
    poller *self = user;
    struct wasi_io_poll_poll_args args = {{self->list, self->count}};
    wasi_io_poll_list_u32 result = {0};
    pirn_status status = wasi_io_poll_poll(call, &args, &result);
    self->ready_count = result.len;
    if (status == PIRN_OK && result.len > 0)
        memcpy(self->ready, result.data, result.len * sizeof *result.data);
    return status;
}

static void test_poll_gives_the_indices_of_what_is_ready(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    poller self = {0};
    assert_int_equal(STEP(&world, do_poll, &self), PIRN_TRAP);
    assert_string_equal(world.message, "poll needs at least one pollable");
    self.list[0] = host_pollable_new_timer(world.context, UINT64_MAX);
    self.list[1] = self.list[3] = host_pollable_new_timer(world.context, host_now() + 1000000);
    self.list[2] = host_pollable_new_timer(world.context, UINT64_MAX - 1);
    self.count = 4;
    assert_int_equal(STEP(&world, do_poll, &self), PIRN_OK);
    assert_int_equal(self.ready_count, 2);
    assert_int_equal(self.ready[0], 1);
    assert_int_equal(self.ready[1], 3);
    for (size_t i = 0; i < 3; i++)
        wasi_io_poll_pollable_drop(world.context, self.list[i]);
    fake_world_done(&world);
}

static void test_a_pollable_outlives_its_stream(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    int fds[2];
    guest self = {.len = 100};
    make_pipe(&world, &self.input, NULL, fds);
    close(fds[1]);
    static const fake_step steps[] = {do_subscribe_input, do_drop_input, do_block, do_drop_pollable};
    assert_int_equal(FAKE_RUN(&world, steps, &self), PIRN_OK);
    fake_world_done(&world);
}

static void little_memory(pirn_host_config *config)
{
    pirn_host_config_memory(config, 1000);
}

static void test_a_guest_cannot_fill_the_host_with_pollables(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, little_memory);
    struct host_pollable *pollables[100] = {0};
    size_t count = 0;
    while ((pollables[count] = host_pollable_new_timer(world.context, 0)) != NULL)
        count++;
    assert_true(count > 0 && count < 100);
    for (size_t i = 0; i < count; i++)
        wasi_io_poll_pollable_drop(world.context, pollables[i]);
    assert_int_equal(world.context->memory_left, 1000);
    fake_world_done(&world);
}

static void test_100000_rounds_leave_nothing_behind(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    size_t fds_before = fake_open_fds(), bytes_before = world.allocated_bytes;
    int ends[2];
    for (size_t i = 0; i < 100000; i++) {
        guest self = {.input = host_input_new_memory(world.context, PIRN_STR("x"))};
        if (i % 10 == 0)
            make_pipe(&world, NULL, &self.output, ends);
        else
            self.output = host_output_new_null(world.context);
        self.pollable = host_pollable_new(world.context, &self.input->object, &self.input->source);
        host_pollable *timer = host_pollable_new_timer(world.context, i);
        wasi_io_poll_pollable_drop(world.context, timer);
        drop_all(&world, &self);
        if (i % 10 == 0)
            close(ends[0]);
    }
    assert_int_equal(fake_open_fds(), fds_before);
    assert_int_equal(world.allocated_bytes, bytes_before);
    assert_int_equal(world.context->memory_left, world.config->memory_bytes);
    fake_world_done(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_read_to_its_end),
        cmocka_unit_test(test_a_write_beyond_the_permit_traps),
        cmocka_unit_test(test_a_blocking_write_takes_4096_bytes),
        cmocka_unit_test(test_a_failed_write_closes_the_stream),
        cmocka_unit_test(test_splice_moves_what_is_there),
        cmocka_unit_test(test_reading_a_pipe_waits_for_its_writer),
        cmocka_unit_test(test_a_full_pipe_suspends_its_writer),
        cmocka_unit_test(test_a_splice_that_waits_for_its_input_sees_its_output_close),
        cmocka_unit_test(test_a_pipe_without_a_reader_is_closed),
        cmocka_unit_test(test_a_time_limit_ends_a_wait_for_a_pipe),
        cmocka_unit_test(test_a_file_is_read_from_its_offset),
        cmocka_unit_test(test_what_is_read_ahead_and_not_taken_is_given_back),
        cmocka_unit_test(test_a_stream_may_be_dropped_while_it_reads),
        cmocka_unit_test(test_a_failed_read_tells_why),
        cmocka_unit_test(test_files_are_written_at_an_offset_and_at_the_end),
        cmocka_unit_test(test_poll_gives_the_indices_of_what_is_ready),
        cmocka_unit_test(test_a_pollable_outlives_its_stream),
        cmocka_unit_test(test_a_guest_cannot_fill_the_host_with_pollables),
        cmocka_unit_test(test_100000_rounds_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

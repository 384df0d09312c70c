/* SPDX-License-Identifier: Apache-2.0 */
/* Configs and contexts, and the interfaces that only tell what is in them: cli, random, clocks, sockets. */
#include "host/test/fake.h"
#include "wasi_cli_environment.h"
#include "wasi_cli_exit.h"
#include "wasi_cli_stdin.h"
#include "wasi_cli_stdout.h"
#include "wasi_cli_terminal_stdout.h"
#include "wasi_clocks_monotonic_clock.h"
#include "wasi_clocks_timezone.h"
#include "wasi_clocks_wall_clock.h"
#include "wasi_io_streams.h"
#include "wasi_random_insecure.h"
#include "wasi_random_insecure_seed.h"
#include "wasi_random_random.h"
#include "wasi_sockets_instance_network.h"
#include "wasi_sockets_tcp_create_socket.h"
#include "wasi_sockets_udp_create_socket.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- Arguments and environment ---------------------------------------------------------------------------------- */

static void set_up_texts(pirn_host_config *config)
{
    assert_int_equal(pirn_host_config_arg(config, PIRN_STR("program"), NULL), PIRN_OK);
    assert_int_equal(pirn_host_config_arg(config, PIRN_STR(""), NULL), PIRN_OK);
    assert_int_equal(pirn_host_config_arg(config, PIRN_STR("z\xC3\xBC"), NULL), PIRN_OK);
    assert_int_equal(pirn_host_config_env(config, PIRN_STR("A"), PIRN_STR("1"), NULL), PIRN_OK);
    assert_int_equal(pirn_host_config_env(config, PIRN_STR("B"), PIRN_STR("a=b"), NULL), PIRN_OK);
    assert_int_equal(pirn_host_config_env(config, PIRN_STR("A"), PIRN_STR("2"), NULL), PIRN_OK);
}

static pirn_status check_texts(pirn_host_call *call, void *guest)
{
    (void)guest;
    wasi_cli_environment_list_string args = {0};
    assert_int_equal(wasi_cli_environment_get_arguments(call, &args), PIRN_OK);
    assert_int_equal(args.len, 3);
    assert_true(pirn_str_eq(args.data[0], PIRN_STR("program")));
    assert_int_equal(args.data[1].len, 0);
    assert_true(pirn_str_eq(args.data[2], PIRN_STR("z\xC3\xBC")));
    wasi_cli_environment_list_tuple_string_string env = {0};
    assert_int_equal(wasi_cli_environment_get_environment(call, &env), PIRN_OK);
    assert_int_equal(env.len, 2);
    assert_true(pirn_str_eq(env.data[0].f0, PIRN_STR("A")));
    assert_true(pirn_str_eq(env.data[0].f1, PIRN_STR("2")));
    assert_true(pirn_str_eq(env.data[1].f1, PIRN_STR("a=b")));
    wasi_cli_environment_option_string cwd = {.is_some = 1};
    assert_int_equal(wasi_cli_environment_initial_cwd(call, &cwd), PIRN_OK);
    assert_int_equal(cwd.is_some, 0);
    return PIRN_OK;
}

static void test_arguments_and_environment_arrive_as_given(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, set_up_texts);
    assert_int_equal(fake_call(&world, check_texts, NULL), PIRN_OK);
    fake_world_done(&world);
}

static void test_texts_that_guests_could_not_read_are_refused(void **state)
{
    (void)state;
    static const struct {
        bool is_env;
        pirn_str name, value;
        const char *message;
    } cases[] = {
        {false, {"a\xFF", 2}, {"", 0}, "an argument is not UTF-8 text without NUL"},
        {false, {"a\0b", 3}, {"", 0}, "an argument is not UTF-8 text without NUL"},
        {true, {"", 0}, {"x", 1}, "`` cannot be the name of an environment variable"},
        {true, {"a=b", 3}, {"x", 1}, "`a=b` cannot be the name of an environment variable"},
        {true, {"\x80", 1}, {"x", 1}, "the name of an environment variable is not UTF-8 text without NUL"},
        {true, {"a", 1}, {"\xC0\x80", 2}, "the value of an environment variable is not UTF-8 text without NUL"},
    };
    pirn_host_config *config = pirn_host_config_new(NULL);
    pirn_error *error = pirn_error_new(NULL);
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        pirn_error_clear(error);
        pirn_status status = cases[i].is_env ? pirn_host_config_env(config, cases[i].name, cases[i].value, error)
                                             : pirn_host_config_arg(config, cases[i].name, error);
        assert_int_equal(status, PIRN_USAGE);
        assert_string_equal(pirn_error_message(error), cases[i].message);
    }
    pirn_error_clear(error);
    pirn_status status =
        pirn_host_config_dir(config, PIRN_STR("/no such folder"), PIRN_STR("/"), PIRN_DIR_READ_ONLY, error);
    assert_int_equal(status, PIRN_IO);
    assert_string_equal(pirn_error_message(error),
                        "cannot open the directory /no such folder: No such file or directory");
    pirn_error_clear(error);
    status = pirn_host_config_dir(config, (pirn_str){"/tmp\0x", 6}, PIRN_STR("/"), PIRN_DIR_READ_ONLY, error);
    assert_int_equal(status, PIRN_USAGE);
    assert_string_equal(pirn_error_message(error), "the path of a directory has a NUL in it");
    pirn_error_free(error);
    pirn_host_config_free(config);
}

static void test_the_environment_of_the_process_is_inherited(void **state)
{
    (void)state;
    pirn_host_config *config = pirn_host_config_new(NULL);
    setenv("PIRN_CONTEXT_TEST", "yes", 1);
    setenv("PIRN_CONTEXT_TEST_LATIN1", "\xFC", 1);
    assert_int_equal(pirn_host_config_inherit_env(config, NULL), PIRN_OK);
    size_t found = 0;
    for (size_t i = 0; i < config->env.len; i++) {
        found += pirn_str_eq(config->env.data[i].name, PIRN_STR("PIRN_CONTEXT_TEST"));
        assert_false(pirn_str_eq(config->env.data[i].name, PIRN_STR("PIRN_CONTEXT_TEST_LATIN1")));
    }
    assert_int_equal(found, 1);
    pirn_host_config_free(config);
}

/* ---- Standard streams ------------------------------------------------------------------------------------------- */

static void set_up_streams(pirn_host_config *config)
{
    assert_int_equal(pirn_host_config_input(config, "input", 5, NULL), PIRN_OK);
    pirn_host_config_capture(config, PIRN_STDOUT, 100);
}

static pirn_status copy_input_to_output(pirn_host_call *call, void *guest)
{
    (void)guest;
    struct host_input *input;
    struct host_output *output;
    assert_int_equal(wasi_cli_stdin_get_stdin(call, &input), PIRN_OK);
    assert_int_equal(wasi_cli_stdout_get_stdout(call, &output), PIRN_OK);
    struct wasi_io_streams_output_stream_blocking_splice_args args = {output, input, 3};
    wasi_io_streams_result_u64_stream_error result = {0};
    assert_int_equal(wasi_io_streams_output_stream_blocking_splice(call, &args, &result), PIRN_OK);
    assert_int_equal(result.is_err, 0);
    assert_int_equal(result.value.ok, 3);
    wasi_cli_terminal_stdout_option_terminal_output terminal = {0};
    assert_int_equal(wasi_cli_terminal_stdout_get_terminal_stdout(call, &terminal), PIRN_OK);
    assert_int_equal(terminal.is_some, 0);
    wasi_io_streams_input_stream_drop(pirn_host_call_data(call), input);
    wasi_io_streams_output_stream_drop(pirn_host_call_data(call), output);
    return PIRN_OK;
}

/* Each handle is a stream of its own to the guest, and the same stream beneath. */
static void test_standard_streams_are_what_the_config_says(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, set_up_streams);
    assert_int_equal(pirn_host_context_output(world.context, PIRN_STDOUT).len, 0);
    assert_int_equal(fake_call(&world, copy_input_to_output, NULL), PIRN_OK);
    assert_true(pirn_str_eq(pirn_host_context_output(world.context, PIRN_STDOUT), PIRN_STR("inp")));
    assert_int_equal(pirn_host_context_output(world.context, PIRN_STDERR).len, 0);
    fake_world_done(&world);
}

/* ---- Exit ------------------------------------------------------------------------------------------------------- */

static pirn_status exit_with_result(pirn_host_call *call, void *guest)
{
    struct wasi_cli_exit_exit_args args = {.status = {.is_err = *(uint8_t *)guest}};
    return wasi_cli_exit_exit(call, &args);
}

static pirn_status exit_with_code(pirn_host_call *call, void *guest)
{
    struct wasi_cli_exit_exit_with_code_args args = {*(uint8_t *)guest};
    return wasi_cli_exit_exit_with_code(call, &args);
}

static void test_exit_ends_the_task_and_leaves_its_code(void **state)
{
    (void)state;
    static const struct {
        fake_step step;
        uint8_t arg;
        int code;
    } cases[] = {
        {exit_with_result, 0, 0}, {exit_with_result, 1, 1}, {exit_with_code, 42, 42}, {exit_with_code, 255, 255}};
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        fake_world world;
        fake_world_init(&world, NULL);
        int code = -1;
        uint8_t arg = cases[i].arg;
        assert_false(pirn_host_context_exited(world.context, &code));
        assert_int_equal(fake_call(&world, cases[i].step, &arg), PIRN_TRAP);
        assert_true(pirn_host_context_exited(world.context, &code));
        assert_int_equal(code, cases[i].code);
        fake_world_done(&world);
    }
}

/* ---- Random ----------------------------------------------------------------------------------------------------- */

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

static pirn_status check_random(pirn_host_call *call, void *guest)
{
    (void)guest;
    static const uint64_t sizes[] = {0, 1, 7, 8, 9, 4096, 100000};
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        wasi_random_random_list_u8 secure = {0};
        wasi_random_insecure_list_u8 insecure = {0};
        struct wasi_random_random_get_random_bytes_args args = {sizes[i]};
        struct wasi_random_insecure_get_insecure_random_bytes_args insecure_args = {sizes[i]};
        assert_int_equal(wasi_random_random_get_random_bytes(call, &args, &secure), PIRN_OK);
        assert_int_equal(wasi_random_insecure_get_insecure_random_bytes(call, &insecure_args, &insecure), PIRN_OK);
        assert_int_equal(secure.len, sizes[i]);
        assert_int_equal(insecure.len, sizes[i]);
        if (sizes[i] >= 16) {
            assert_false(is_zero(secure.data + sizes[i] - 16, 16));
            assert_false(is_zero(insecure.data + sizes[i] - 16, 16));
        }
    }
    uint64_t a = 0, b = 0;
    assert_int_equal(wasi_random_random_get_random_u64(call, &a), PIRN_OK);
    assert_int_equal(wasi_random_random_get_random_u64(call, &b), PIRN_OK);
    assert_true(a != b);
    assert_int_equal(wasi_random_insecure_get_insecure_random_u64(call, &a), PIRN_OK);
    assert_int_equal(wasi_random_insecure_get_insecure_random_u64(call, &b), PIRN_OK);
    assert_true(a != b);
    wasi_random_insecure_seed_tuple_u64_u64 seed = {0}, again = {0};
    assert_int_equal(wasi_random_insecure_seed_insecure_seed(call, &seed), PIRN_OK);
    assert_int_equal(wasi_random_insecure_seed_insecure_seed(call, &again), PIRN_OK);
    assert_true(seed.f0 == again.f0 && seed.f1 == again.f1 && seed.f0 != seed.f1);
    return PIRN_OK;
}

static pirn_status ask_for_too_much(pirn_host_call *call, void *guest)
{
    (void)guest;
    wasi_random_random_list_u8 bytes = {0};
    struct wasi_random_random_get_random_bytes_args args = {UINT64_MAX};
    return wasi_random_random_get_random_bytes(call, &args, &bytes);
}

static void test_random_bytes_are_as_many_as_asked_for(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    assert_int_equal(fake_call(&world, check_random, NULL), PIRN_OK);
    assert_int_equal(fake_call(&world, ask_for_too_much, NULL), PIRN_TRAP);
    assert_string_equal(world.message, "18446744073709551615 random bytes at once: at most 67108864 are given");
    fake_world_done(&world);
}

/* ---- Clocks ----------------------------------------------------------------------------------------------------- */

static pirn_status check_clocks(pirn_host_call *call, void *guest)
{
    (void)guest;
    uint64_t a = 0, b = 0, resolution = 0;
    assert_int_equal(wasi_clocks_monotonic_clock_now(call, &a), PIRN_OK);
    assert_int_equal(wasi_clocks_monotonic_clock_now(call, &b), PIRN_OK);
    assert_true(a <= b);
    assert_int_equal(wasi_clocks_monotonic_clock_resolution(call, &resolution), PIRN_OK);
    assert_true(resolution > 0);
    wasi_clocks_wall_clock_datetime now = {0};
    assert_int_equal(wasi_clocks_wall_clock_now(call, &now), PIRN_OK);
    assert_true(now.seconds > 1700000000 && now.nanoseconds < 1000000000);
    assert_int_equal(wasi_clocks_wall_clock_resolution(call, &now), PIRN_OK);
    assert_true(now.seconds > 0 || now.nanoseconds > 0);
    struct wasi_clocks_timezone_display_args args = {now};
    wasi_clocks_timezone_timezone_display zone = {0};
    assert_int_equal(wasi_clocks_timezone_display(call, &args, &zone), PIRN_OK);
    assert_true(pirn_str_eq(zone.name, PIRN_STR("UTC")));
    return PIRN_OK;
}

static void test_clocks_run_and_the_zone_is_utc(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    assert_int_equal(fake_call(&world, check_clocks, NULL), PIRN_OK);
    fake_world_done(&world);
}

/* ---- Sockets ---------------------------------------------------------------------------------------------------- */

static pirn_status check_sockets(pirn_host_call *call, void *guest)
{
    (void)guest;
    struct host_network *network = NULL;
    assert_int_equal(wasi_sockets_instance_network_instance_network(call, &network), PIRN_OK);
    assert_non_null(network);
    wasi_sockets_network_network_drop(pirn_host_call_data(call), network);
    struct wasi_sockets_tcp_create_socket_create_tcp_socket_args tcp_args = {0};
    wasi_sockets_tcp_create_socket_result_tcp_socket_error_code tcp = {0};
    assert_int_equal(wasi_sockets_tcp_create_socket_create_tcp_socket(call, &tcp_args, &tcp), PIRN_OK);
    assert_int_equal(tcp.is_err, 1);
    assert_int_equal(tcp.value.err, WASI_SOCKETS_NETWORK_ERROR_CODE_ACCESS_DENIED);
    struct wasi_sockets_udp_create_socket_create_udp_socket_args udp_args = {0};
    wasi_sockets_udp_create_socket_result_udp_socket_error_code udp = {0};
    assert_int_equal(wasi_sockets_udp_create_socket_create_udp_socket(call, &udp_args, &udp), PIRN_OK);
    assert_int_equal(udp.value.err, WASI_SOCKETS_NETWORK_ERROR_CODE_ACCESS_DENIED);
    return PIRN_OK;
}

static void test_sockets_are_denied(void **state)
{
    (void)state;
    fake_world world;
    fake_world_init(&world, NULL);
    assert_int_equal(fake_call(&world, check_sockets, NULL), PIRN_OK);
    fake_world_done(&world);
}

/* ---- Memory ----------------------------------------------------------------------------------------------------- */

typedef struct limited {
    size_t left, bytes;
} limited;

static void *limited_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    limited *limit = user;
    if (new_size > old_size && limit->left-- == 0) {
        limit->left = 0;
        return NULL;
    }
    limit->bytes += new_size - old_size;
    return pirn_allocator_default()->resize(NULL, block, old_size, new_size);
}

static pirn_status make_all(const pirn_allocator *allocator)
{
    pirn_host *host = pirn_host_new(allocator);
    pirn_host_config *config = pirn_host_config_new(allocator);
    pirn_status status = host != NULL && config != NULL ? PIRN_OK : PIRN_NOMEM;
    if (status == PIRN_OK)
        status = pirn_host_config_arg(config, PIRN_STR("a"), NULL);
    if (status == PIRN_OK)
        status = pirn_host_config_env(config, PIRN_STR("a"), PIRN_STR("b"), NULL);
    if (status == PIRN_OK)
        status = pirn_host_config_dir(config, PIRN_STR("/"), PIRN_STR("/"), PIRN_DIR_READ_ONLY, NULL);
    if (status == PIRN_OK)
        status = pirn_host_config_input(config, NULL, 0, NULL);
    pirn_host_context *context = status == PIRN_OK ? pirn_host_context_new(host, config) : NULL;
    if (context == NULL)
        status = PIRN_NOMEM;
    pirn_host_context_free(context);
    pirn_host_config_free(config);
    pirn_host_free(host);
    return status;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    size_t fds = fake_open_fds();
    pirn_status status = PIRN_NOMEM;
    for (size_t n = 0; status != PIRN_OK; n++) {
        assert_true(n < 100);
        limited limit = {.left = n};
        status = make_all(&(pirn_allocator){limited_resize, &limit});
        assert_true(status == PIRN_OK || status == PIRN_NOMEM);
        assert_int_equal(limit.bytes, 0);
        assert_int_equal(fake_open_fds(), fds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments_and_environment_arrive_as_given),
        cmocka_unit_test(test_texts_that_guests_could_not_read_are_refused),
        cmocka_unit_test(test_the_environment_of_the_process_is_inherited),
        cmocka_unit_test(test_standard_streams_are_what_the_config_says),
        cmocka_unit_test(test_exit_ends_the_task_and_leaves_its_code),
        cmocka_unit_test(test_random_bytes_are_as_many_as_asked_for),
        cmocka_unit_test(test_clocks_run_and_the_zone_is_utc),
        cmocka_unit_test(test_sockets_are_denied),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

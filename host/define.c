/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that the host offers to components, one row an interface. Guests of other versions of the same track get
 * these, by the linker's rule.
 */
#include "vm/base/error.h"
#include "wasi_cli_environment.h"
#include "wasi_cli_exit.h"
#include "wasi_cli_stderr.h"
#include "wasi_cli_stdin.h"
#include "wasi_cli_stdout.h"
#include "wasi_cli_terminal_input.h"
#include "wasi_cli_terminal_output.h"
#include "wasi_cli_terminal_stderr.h"
#include "wasi_cli_terminal_stdin.h"
#include "wasi_cli_terminal_stdout.h"
#include "wasi_clocks_monotonic_clock.h"
#include "wasi_clocks_timezone.h"
#include "wasi_clocks_wall_clock.h"
#include "wasi_filesystem_preopens.h"
#include "wasi_filesystem_types.h"
#include "wasi_http_outgoing_handler.h"
#include "wasi_http_types.h"
#include "wasi_io_error.h"
#include "wasi_io_poll.h"
#include "wasi_io_streams.h"
#include "wasi_random_insecure.h"
#include "wasi_random_insecure_seed.h"
#include "wasi_random_random.h"
#include "wasi_sockets_instance_network.h"
#include "wasi_sockets_ip_name_lookup.h"
#include "wasi_sockets_network.h"
#include "wasi_sockets_tcp.h"
#include "wasi_sockets_tcp_create_socket.h"
#include "wasi_sockets_udp.h"
#include "wasi_sockets_udp_create_socket.h"
#include <pirn/host.h>

static const pirn_interfacedesc *const interfaces[] = {
    &wasi_cli_environment_interface,
    &wasi_cli_exit_interface,
    &wasi_cli_stderr_interface,
    &wasi_cli_stdin_interface,
    &wasi_cli_stdout_interface,
    &wasi_cli_terminal_input_interface,
    &wasi_cli_terminal_output_interface,
    &wasi_cli_terminal_stderr_interface,
    &wasi_cli_terminal_stdin_interface,
    &wasi_cli_terminal_stdout_interface,
    &wasi_clocks_monotonic_clock_interface,
    &wasi_clocks_timezone_interface,
    &wasi_clocks_wall_clock_interface,
    &wasi_filesystem_preopens_interface,
    &wasi_filesystem_types_interface,
    &wasi_http_outgoing_handler_interface,
    &wasi_http_types_interface,
    &wasi_io_error_interface,
    &wasi_io_poll_interface,
    &wasi_io_streams_interface,
    &wasi_random_insecure_interface,
    &wasi_random_insecure_seed_interface,
    &wasi_random_random_interface,
    &wasi_sockets_instance_network_interface,
    &wasi_sockets_ip_name_lookup_interface,
    &wasi_sockets_network_interface,
    &wasi_sockets_tcp_interface,
    &wasi_sockets_tcp_create_socket_interface,
    &wasi_sockets_udp_interface,
    &wasi_sockets_udp_create_socket_interface,
};

pirn_status pirn_host_define(pirn_linker *linker, pirn_error *error)
{
    for (size_t i = 0; i < BASE_COUNT(interfaces); i++)
        PIRN_TRY(pirn_linker_define(linker, interfaces[i], NULL, error));
    return PIRN_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wasi:sockets, without a network: everything can be imported, and every operation that would reach beyond this
 * process is answered access-denied. No socket and no lookup ever exists here, so functions of them that have no
 * error to answer with cannot be reached by a guest.
 */
#include "host/context.h"
#include "wasi_sockets_instance_network.h"
#include "wasi_sockets_ip_name_lookup.h"
#include "wasi_sockets_network.h"
#include "wasi_sockets_tcp.h"
#include "wasi_sockets_tcp_create_socket.h"
#include "wasi_sockets_udp.h"
#include "wasi_sockets_udp_create_socket.h"

/* ---- network --------------------------------------------------------------------------------------------------- */

struct host_network {
    host_object object;
};

void wasi_sockets_network_network_drop(void *host, struct host_network *self)
{
    host_object_drop(host, self);
}

pirn_status wasi_sockets_instance_network_instance_network(pirn_host_call *call, struct host_network **result)
{
    *result = host_object_new(host_context_of(call), sizeof **result, NULL);
    return *result != NULL ? PIRN_OK : host_call_no_memory(call);
}

/* No stream of a guest is a socket's. */
pirn_status wasi_sockets_network_network_error_code(pirn_host_call *call,
                                                    const struct wasi_sockets_network_network_error_code_args *args,
                                                    wasi_sockets_network_option_error_code *result)
{
    (void)call;
    (void)args;
    result->is_some = false;
    return PIRN_OK;
}

/* ---- The families: functions that answer with an error code, functions that cannot, destructors ---------------- */

#define DENIED(interface, function, type)                                                      \
    pirn_status wasi_sockets_##interface##_##function(                                         \
        pirn_host_call *call, const struct wasi_sockets_##interface##_##function##_args *args, \
        wasi_sockets_##interface##_##type *result)                                             \
    {                                                                                          \
        (void)call;                                                                            \
        (void)args;                                                                            \
        result->is_err = true;                                                                 \
        result->value.err = WASI_SOCKETS_NETWORK_ERROR_CODE_ACCESS_DENIED;                     \
        return PIRN_OK;                                                                        \
    }

#define UNREACHED(interface, function, type)                                                                 \
    pirn_status wasi_sockets_##interface##_##function(                                                       \
        pirn_host_call *call, const struct wasi_sockets_##interface##_##function##_args *args, type *result) \
    {                                                                                                        \
        (void)args;                                                                                          \
        (void)result;                                                                                        \
        return pirn_host_call_trap(call, "there are no sockets in this host");                               \
    }

#define NO_OBJECT(interface, resource)                                                          \
    void wasi_sockets_##interface##_##resource##_drop(void *host, struct host_##resource *self) \
    {                                                                                           \
        host_object_drop(host, self);                                                           \
    }

/* clang-format off */

/* ---- ip-name-lookup -------------------------------------------------------------------------------------------- */

NO_OBJECT(ip_name_lookup, resolve_address_stream)
DENIED(ip_name_lookup, resolve_addresses, result_resolve_address_stream_error_code)
DENIED(ip_name_lookup, resolve_address_stream_resolve_next_address, result_option_ip_address_error_code)
UNREACHED(ip_name_lookup, resolve_address_stream_subscribe, struct host_pollable *)

/* ---- tcp-create-socket ----------------------------------------------------------------------------------------- */

DENIED(tcp_create_socket, create_tcp_socket, result_tcp_socket_error_code)

/* ---- tcp ------------------------------------------------------------------------------------------------------- */

NO_OBJECT(tcp, tcp_socket)
DENIED(tcp, tcp_socket_start_bind, result_none_error_code)
DENIED(tcp, tcp_socket_finish_bind, result_none_error_code)
DENIED(tcp, tcp_socket_start_connect, result_none_error_code)
DENIED(tcp, tcp_socket_finish_connect, result_tuple_input_stream_output_stream_error_code)
DENIED(tcp, tcp_socket_start_listen, result_none_error_code)
DENIED(tcp, tcp_socket_finish_listen, result_none_error_code)
DENIED(tcp, tcp_socket_accept, result_tuple_tcp_socket_input_stream_output_stream_error_code)
DENIED(tcp, tcp_socket_local_address, result_ip_socket_address_error_code)
DENIED(tcp, tcp_socket_remote_address, result_ip_socket_address_error_code)
UNREACHED(tcp, tcp_socket_is_listening, uint8_t)
UNREACHED(tcp, tcp_socket_address_family, wasi_sockets_network_ip_address_family)
DENIED(tcp, tcp_socket_set_listen_backlog_size, result_none_error_code)
DENIED(tcp, tcp_socket_keep_alive_enabled, result_bool_error_code)
DENIED(tcp, tcp_socket_set_keep_alive_enabled, result_none_error_code)
DENIED(tcp, tcp_socket_keep_alive_idle_time, result_duration_error_code)
DENIED(tcp, tcp_socket_set_keep_alive_idle_time, result_none_error_code)
DENIED(tcp, tcp_socket_keep_alive_interval, result_duration_error_code)
DENIED(tcp, tcp_socket_set_keep_alive_interval, result_none_error_code)
DENIED(tcp, tcp_socket_keep_alive_count, result_u32_error_code)
DENIED(tcp, tcp_socket_set_keep_alive_count, result_none_error_code)
DENIED(tcp, tcp_socket_hop_limit, result_u8_error_code)
DENIED(tcp, tcp_socket_set_hop_limit, result_none_error_code)
DENIED(tcp, tcp_socket_receive_buffer_size, result_u64_error_code)
DENIED(tcp, tcp_socket_set_receive_buffer_size, result_none_error_code)
DENIED(tcp, tcp_socket_send_buffer_size, result_u64_error_code)
DENIED(tcp, tcp_socket_set_send_buffer_size, result_none_error_code)
UNREACHED(tcp, tcp_socket_subscribe, struct host_pollable *)
DENIED(tcp, tcp_socket_shutdown, result_none_error_code)

/* ---- udp-create-socket ----------------------------------------------------------------------------------------- */

DENIED(udp_create_socket, create_udp_socket, result_udp_socket_error_code)

/* ---- udp ------------------------------------------------------------------------------------------------------- */

NO_OBJECT(udp, udp_socket)
NO_OBJECT(udp, incoming_datagram_stream)
NO_OBJECT(udp, outgoing_datagram_stream)
DENIED(udp, udp_socket_start_bind, result_none_error_code)
DENIED(udp, udp_socket_finish_bind, result_none_error_code)
DENIED(udp, udp_socket_stream, result_tuple_incoming_datagram_stream_outgoing_datagram_stream_error_code)
DENIED(udp, udp_socket_local_address, result_ip_socket_address_error_code)
DENIED(udp, udp_socket_remote_address, result_ip_socket_address_error_code)
UNREACHED(udp, udp_socket_address_family, wasi_sockets_network_ip_address_family)
DENIED(udp, udp_socket_unicast_hop_limit, result_u8_error_code)
DENIED(udp, udp_socket_set_unicast_hop_limit, result_none_error_code)
DENIED(udp, udp_socket_receive_buffer_size, result_u64_error_code)
DENIED(udp, udp_socket_set_receive_buffer_size, result_none_error_code)
DENIED(udp, udp_socket_send_buffer_size, result_u64_error_code)
DENIED(udp, udp_socket_set_send_buffer_size, result_none_error_code)
UNREACHED(udp, udp_socket_subscribe, struct host_pollable *)
DENIED(udp, incoming_datagram_stream_receive, result_list_incoming_datagram_error_code)
UNREACHED(udp, incoming_datagram_stream_subscribe, struct host_pollable *)
DENIED(udp, outgoing_datagram_stream_check_send, result_u64_error_code)
DENIED(udp, outgoing_datagram_stream_send, result_u64_error_code)
UNREACHED(udp, outgoing_datagram_stream_subscribe, struct host_pollable *)

/* clang-format on */

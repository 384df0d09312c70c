/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wasi:http can be imported and not called. The guest is a component that imports one function of wasi:http/types and
 * calls it from its core module's start function.
 */
#include "wasi_http_outgoing_handler.h"
#include "wasi_http_types.h"
#include <pirn/host.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* (type (instance (export "fields" (type (sub resource))) (export "[constructor]fields" (func (result (own 0)))))) */
static const uint8_t before_import[] = "\0asm\x0d\0\1\0"
                                       "\x07\x2e\1\x42\4"
                                       "\4\0\6fields\3\1"
                                       "\1\x69\0"
                                       "\1\x40\0\0\1"
                                       "\4\0\x13[constructor]fields\1\2";
/*
 * (alias export 0 "[constructor]fields" (func)) (core func (canon lower (func 0)))
 * (core module (import "" "f" (func (result i32))) (func (drop (call 0))) (start 1))
 * (core instance (instantiate 0 (with "" (instance (export "f" (func 0))))))
 */
static const uint8_t behind_import[] = "\6\x18\1\1\0\0\x13[constructor]fields"
                                       "\x08\5\1\1\0\0\0"
                                       "\1\x2a\0asm\1\0\0\0"
                                       "\1\x08\2\x60\0\1\x7f\x60\0\0"
                                       "\2\6\1\0\1f\0\0"
                                       "\3\2\1\1"
                                       "\x08\1\1"
                                       "\x0a\7\1\5\0\x10\0\x1a\x0b"
                                       "\2\x0d\2\1\1\1f\0\0\0\0\1\0\x12\0";

/* Without the NUL that ends a literal. */
static size_t put(uint8_t *out, const void *bytes, size_t size)
{
    memcpy(out, bytes, size);
    return size;
}

/* The guest that imports wasi:http/types of a version; returns its size. */
static size_t make_guest(uint8_t *out, unsigned patch)
{
    char name[64];
    uint8_t len = (uint8_t)snprintf(name, sizeof name, "wasi:http/types@0.2.%u", patch);
    size_t size = put(out, before_import, sizeof before_import - 1);
    size += put(out + size, (uint8_t[]){0x0a, (uint8_t)(len + 5), 1, 0, len}, 5);
    size += put(out + size, name, len);
    size += put(out + size, (uint8_t[]){5, 0}, 2);
    return size + put(out + size, behind_import, sizeof behind_import - 1);
}

static void check_guest(pirn_engine *engine, const pirn_linker *linker, unsigned patch)
{
    uint8_t bytes[512];
    size_t size = make_guest(bytes, patch);
    pirn_error *error = pirn_error_new(NULL);
    pirn_component *component = NULL;
    pirn_prepared *prepared = NULL;
    pirn_component_instance *instance = NULL;
    if (pirn_component_load(engine, bytes, size, PIRN_BYTES_BORROW, &component, error) != PIRN_OK)
        fail_msg("at %llu: %s", (unsigned long long)pirn_error_offset(error), pirn_error_message(error));
    if (pirn_linker_prepare(linker, component, &prepared, error) != PIRN_OK)
        fail_msg("%s", pirn_error_message(error));
    pirn_store *store = pirn_store_new(engine, NULL);
    assert_int_equal(pirn_component_instantiate(prepared, store, NULL, &instance, error), PIRN_TRAP);
    assert_string_equal(pirn_error_message(error), "wasi:http/types `[constructor]fields` is not available yet: this "
                                                   "interface can be imported, but not called");
    pirn_store_free(store);
    pirn_prepared_free(prepared);
    pirn_component_free(component);
    pirn_error_free(error);
}

static void test_http_of_every_version_is_linked_and_a_call_traps_with_its_name(void **state)
{
    (void)state;
    pirn_engine *engine = pirn_engine_new(NULL);
    pirn_linker *linker = pirn_linker_new(engine);
    assert_int_equal(pirn_host_define(linker, NULL), PIRN_OK);
    for (unsigned patch = 0; patch <= 12; patch++)
        check_guest(engine, linker, patch);
    pirn_linker_free(linker);
    pirn_engine_free(engine);
}

/* Nothing to destroy: guests never get an object of these. */
static void test_resources_that_are_unavailable_are_not_dropped(void **state)
{
    (void)state;
    static const pirn_resourcedesc *const resources[] = {
        &wasi_http_types_fields_resource,
        &wasi_http_types_incoming_request_resource,
        &wasi_http_types_outgoing_request_resource,
        &wasi_http_types_request_options_resource,
        &wasi_http_types_response_outparam_resource,
        &wasi_http_types_incoming_response_resource,
        &wasi_http_types_incoming_body_resource,
        &wasi_http_types_future_trailers_resource,
        &wasi_http_types_outgoing_response_resource,
        &wasi_http_types_outgoing_body_resource,
        &wasi_http_types_future_incoming_response_resource,
    };
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++)
        assert_null(resources[i]->drop);
    assert_int_equal(wasi_http_outgoing_handler_interface.func_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http_of_every_version_is_linked_and_a_call_traps_with_its_name),
        cmocka_unit_test(test_resources_that_are_unavailable_are_not_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "host/test/core_guest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- The module's bytes ---------------------------------------------------------------------------------------- */

typedef struct bytes {
    uint8_t data[16384];
    size_t len;
} bytes;

static void put_byte(bytes *b, uint8_t byte)
{
    assert_true(b->len < sizeof b->data);
    b->data[b->len++] = byte;
}

static void put_number(bytes *b, size_t n)
{
    for (; n >= 0x80; n >>= 7)
        put_byte(b, (uint8_t)(n | 0x80));
    put_byte(b, (uint8_t)n);
}

static void put_bytes(bytes *b, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        put_byte(b, ((const uint8_t *)data)[i]);
}

static void put_name(bytes *b, const char *name)
{
    put_number(b, strlen(name));
    put_bytes(b, name, strlen(name));
}

static void put_types(bytes *b, const char *letters)
{
    put_number(b, strlen(letters));
    for (; *letters != '\0'; letters++)
        put_byte(b, (uint8_t)(*letters == 'i' ? PIRN_I32 : PIRN_I64));
}

/* Of the rows, what `put` writes for each of them, as a vector. */
static void put_section(bytes *out, uint8_t id, void (*put)(bytes *b, size_t row))
{
    bytes content = {.len = 0};
    put_number(&content, HOST_P1_ROWS);
    for (size_t i = 0; i < HOST_P1_ROWS; i++)
        put(&content, i);
    put_byte(out, id);
    put_number(out, content.len);
    put_bytes(out, content.data, content.len);
}

static void put_type(bytes *b, size_t row)
{
    put_byte(b, 0x60);
    put_types(b, host_p1_rows[row].params);
    put_types(b, host_p1_rows[row].results);
}

static void put_import(bytes *b, size_t row)
{
    put_name(b, "wasi_snapshot_preview1");
    put_name(b, host_p1_rows[row].name);
    put_byte(b, PIRN_EXTERN_FUNC);
    put_number(b, row);
}

static void put_function(bytes *b, size_t row)
{
    put_number(b, row);
}

static void put_export(bytes *b, size_t row)
{
    put_name(b, host_p1_rows[row].name);
    put_byte(b, PIRN_EXTERN_FUNC);
    put_number(b, HOST_P1_ROWS + row);
}

static void put_code(bytes *b, size_t row)
{
    bytes body = {.len = 0};
    put_number(&body, 0);
    for (size_t i = 0; host_p1_rows[row].params[i] != '\0'; i++) {
        put_byte(&body, 0x20); /* local.get */
        put_number(&body, i);
    }
    put_byte(&body, 0x10); /* call */
    put_number(&body, row);
    put_byte(&body, 0x0B); /* end */
    put_number(b, body.len);
    put_bytes(b, body.data, body.len);
}

static void put_module(bytes *out)
{
    put_bytes(out, "\0asm\1\0\0\0", 8);
    put_section(out, 1, put_type);
    put_section(out, 2, put_import);
    put_section(out, 3, put_function);
    put_bytes(out, "\5\4\1\1\2\2", 6); /* a memory of exactly two pages */
    size_t exports = out->len;
    put_section(out, 7, put_export);
    /* One export more, at the end of the section: the memory. Both lengths stay as long as they were. */
    out->data[exports + 3]++;
    size_t size = (out->data[exports + 1] & 0x7Fu) + ((size_t)out->data[exports + 2] << 7) + 9;
    assert_true(size < 0x4000 && HOST_P1_ROWS + 1 < 0x80);
    out->data[exports + 1] = (uint8_t)(size | 0x80);
    out->data[exports + 2] = (uint8_t)(size >> 7);
    put_bytes(out, "\6memory\2\0", 9);
    put_section(out, 10, put_code);
}

/* ---- The guest ------------------------------------------------------------------------------------------------- */

void core_guest_init(core_guest *guest, fake_world *world)
{
    static bytes module;
    pirn_extern found;
    module.len = 0;
    put_module(&module);
    *guest = (core_guest){.world = world};
    assert_int_equal(
        pirn_module_load(world->engine, module.data, module.len, PIRN_BYTES_COPY, 0, &guest->module, NULL), PIRN_OK);
    assert_int_equal(pirn_host_instantiate_module(world->host, guest->module, world->store, world->context, PIRN_NO_TIMEOUT,
                                                  &guest->instance, NULL),
                     PIRN_OK);
    assert_true(pirn_instance_find(guest->instance, PIRN_STR("memory"), &found));
    guest->memory = pirn_memory_data(found.memory);
}

/* The store goes before the module; the world gets a new one. */
void core_guest_done(core_guest *guest)
{
    pirn_store_free(guest->world->store);
    pirn_module_free(guest->module);
    guest->world->store = pirn_store_new(guest->world->engine, NULL);
    assert_non_null(guest->world->store);
}

pirn_status core_call(core_guest *guest, size_t row, const pirn_slot *args, uint32_t *number)
{
    fake_world *world = guest->world;
    pirn_extern found;
    assert_true(pirn_instance_find(guest->instance, pirn_str_of(host_p1_rows[row].name), &found));
    pirn_call *call = pirn_call_new(world->store);
    assert_non_null(call);
    world->ended = 0;
    pirn_status status = pirn_host_start_call(world->host, call, found.func, args, UINT64_C(10000000000),
                                              fake_note_ending, world, NULL);
    if (status == PIRN_OK) {
        pirn_host_run(world->host);
        assert_int_equal(world->ended, 1);
        status = world->status;
    }
    if (status == PIRN_OK)
        *number = pirn_call_results(call)->u32;
    pirn_call_free(call);
    return status;
}

uint32_t core_errno(core_guest *guest, size_t row, const uint64_t *args, size_t count)
{
    pirn_slot slots[16];
    uint32_t number = 0;
    assert_int_equal(strlen(host_p1_rows[row].params), count);
    for (size_t i = 0; i < count; i++)
        slots[i].u64 = args[i];
    pirn_status status = core_call(guest, row, slots, &number);
    if (status != PIRN_OK && guest->is_lenient)
        return UINT32_MAX;
    if (status != PIRN_OK)
        print_message("%s: %s\n", host_p1_rows[row].name, guest->world->message);
    assert_int_equal(status, PIRN_OK);
    return number;
}

void core_put(core_guest *guest, uint32_t address, const char *text)
{
    memcpy(guest->memory + address, text, strlen(text));
}

void core_put_vector(core_guest *guest, uint32_t address, uint32_t data, uint32_t size)
{
    base_store_u32(guest->memory + address, data);
    base_store_u32(guest->memory + address + 4, size);
}

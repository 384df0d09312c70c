/* SPDX-License-Identifier: Apache-2.0 */
/* The growing buffer of the binary format. */
#include "vm/binary/writer.h"
#include "vm/base/leb.h"

void vm_writer_init(vm_writer *w, const pirn_allocator *allocator)
{
    *w = (vm_writer){.allocator = allocator};
}

void vm_writer_done(vm_writer *w)
{
    base_free(w->allocator, w->data, w->cap);
    vm_writer_init(w, w->allocator);
}

uint8_t *vm_writer_take(vm_writer *w, size_t *size)
{
    *size = 0;
    if (w->failed || w->len == 0)
        return NULL;
    uint8_t *data = base_resize(w->allocator, w->data, w->cap, w->len);
    if (data == NULL) {
        w->failed = true;
        return NULL;
    }
    *size = w->len;
    vm_writer_init(w, w->allocator);
    return data;
}

static bool reserve(vm_writer *w, size_t extra)
{
    if (!w->failed && !base_vec_reserve(w->allocator, (void **)&w->data, &w->cap, w->len, extra, 1))
        w->failed = true;
    return !w->failed;
}

void vm_writer_u8(vm_writer *w, uint8_t byte)
{
    vm_writer_bytes(w, &byte, 1);
}

void vm_writer_bytes(vm_writer *w, const void *bytes, size_t size)
{
    if (size == 0 || !reserve(w, size))
        return;
    memcpy(w->data + w->len, bytes, size);
    w->len += size;
}

void vm_writer_leb_unsigned(vm_writer *w, uint64_t value)
{
    uint8_t bytes[BASE_LEB_MAX];
    vm_writer_bytes(w, bytes, base_leb_put_unsigned(value, bytes));
}

void vm_writer_leb_signed(vm_writer *w, int64_t value)
{
    uint8_t bytes[BASE_LEB_MAX];
    vm_writer_bytes(w, bytes, base_leb_put_signed(value, bytes));
}

void vm_writer_u32(vm_writer *w, uint32_t value)
{
    uint8_t bytes[4];
    base_store_u32(bytes, value);
    vm_writer_bytes(w, bytes, sizeof bytes);
}

void vm_writer_u64(vm_writer *w, uint64_t value)
{
    uint8_t bytes[8];
    base_store_u64(bytes, value);
    vm_writer_bytes(w, bytes, sizeof bytes);
}

void vm_writer_name(vm_writer *w, pirn_str name)
{
    vm_writer_leb_unsigned(w, name.len);
    vm_writer_bytes(w, name.data, name.len);
}

void vm_writer_preamble(vm_writer *w)
{
    static const uint8_t preamble[] = {0x00, 'a', 's', 'm', 0x01, 0x00, 0x00, 0x00};
    vm_writer_bytes(w, preamble, sizeof preamble);
}

void vm_writer_insert_leb(vm_writer *w, size_t at, uint64_t value)
{
    uint8_t bytes[BASE_LEB_MAX];
    size_t size = base_leb_put_unsigned(value, bytes);
    if (!reserve(w, size))
        return;
    memmove(w->data + at + size, w->data + at, w->len - at);
    memcpy(w->data + at, bytes, size);
    w->len += size;
}

size_t vm_writer_begin(vm_writer *w, uint8_t id)
{
    vm_writer_u8(w, id);
    return w->len;
}

void vm_writer_end(vm_writer *w, size_t begun)
{
    if (!w->failed)
        vm_writer_insert_leb(w, begun, w->len - begun);
}

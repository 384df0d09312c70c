/* SPDX-License-Identifier: Apache-2.0 */
/* See bytes.h. */
#include "wit/bytes.h"
#include "vm/base/leb.h"
#include "vm/base/utf8.h"

pirn_status wit_read_fail(wit_reader *r, pirn_status status, const char *format, ...)
{
    if (r->status != PIRN_OK)
        return r->status;
    va_list args;
    va_start(args, format);
    r->status = base_fail_v(r->error, status, r->pos, format, args);
    va_end(args);
    return r->status;
}

uint8_t wit_read_byte(wit_reader *r)
{
    if (r->status == PIRN_OK && r->pos < r->end)
        return r->bytes[r->pos++];
    wit_read_fail(r, PIRN_MALFORMED, "unexpected end");
    return 0;
}

uint32_t wit_read_u32(wit_reader *r)
{
    uint64_t value = 0;
    size_t used = 0;
    if (r->status != PIRN_OK)
        return 0;
    if (base_leb_unsigned(r->bytes + r->pos, r->end - r->pos, 32, &value, &used) != BASE_LEB_OK) {
        wit_read_fail(r, PIRN_MALFORMED, "this is no number of 32 bits");
        return 0;
    }
    r->pos += used;
    return (uint32_t)value;
}

uint32_t wit_read_count(wit_reader *r)
{
    uint32_t count = wit_read_u32(r);
    if (r->status != PIRN_OK)
        return 0;
    if (count > r->end - r->pos) {
        wit_read_fail(r, PIRN_MALFORMED, "%u items are more than the bytes that are left", (unsigned)count);
        return 0;
    }
    return count;
}

pirn_str wit_read_name(wit_reader *r)
{
    uint32_t len = wit_read_count(r);
    pirn_str name = {(const char *)r->bytes + r->pos, len};
    if (r->status == PIRN_OK && !base_utf8_valid(name, NULL))
        wit_read_fail(r, PIRN_MALFORMED, "malformed UTF-8 encoding");
    if (r->status != PIRN_OK)
        return PIRN_STR("");
    r->pos += len;
    return name;
}

wit_reader wit_read_part(wit_reader *r, size_t size)
{
    wit_reader part = *r;
    if (r->status == PIRN_OK && size > r->end - r->pos)
        part.status = wit_read_fail(r, PIRN_MALFORMED, "unexpected end");
    if (r->status == PIRN_OK) {
        part.end = r->pos + size;
        r->pos += size;
    }
    return part;
}

/* --- writing --- */

void wit_write_raw(wit_bytes *out, const void *bytes, size_t size)
{
    out->has_failed = out->has_failed || size > WIT_MAX_BINARY - out->data.len ||
                      !BASE_VEC_RESERVE(&out->data, out->allocator, size);
    if (out->has_failed || size == 0)
        return;
    memcpy(out->data.data + out->data.len, bytes, size);
    out->data.len += size;
}

void wit_write_byte(wit_bytes *out, uint8_t byte)
{
    wit_write_raw(out, &byte, 1);
}

void wit_write_u32(wit_bytes *out, uint32_t value)
{
    uint8_t bytes[BASE_LEB_MAX];
    wit_write_raw(out, bytes, base_leb_put_unsigned(value, bytes));
}

void wit_write_index(wit_bytes *out, uint32_t index)
{
    uint8_t bytes[BASE_LEB_MAX];
    wit_write_raw(out, bytes, base_leb_put_signed(index, bytes));
}

void wit_write_name(wit_bytes *out, pirn_str name)
{
    wit_write_u32(out, (uint32_t)name.len);
    wit_write_raw(out, name.data, name.len);
}

void wit_bytes_done(wit_bytes *out)
{
    BASE_VEC_DONE(&out->data, out->allocator);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cursor over bytes (spec 5.2). Failing moves it to the end: the inline fast paths of the
 * header need then no check of the status, since they find no byte.
 */
#include "vm/binary/reader.h"
#include "vm/base/leb.h"
#include "vm/base/utf8.h"

void vm_reader_init(vm_reader *r, const uint8_t *start, size_t size, uint64_t base_offset, pirn_error *error)
{
    static const uint8_t nothing[1];
    if (size == 0)
        start = nothing; /* NULL may come with size 0 and must not be calculated with */
    *r = (vm_reader){.start = start, .pos = start, .end = start + size, .base_offset = base_offset, .error = error};
}

vm_reader vm_reader_part(const vm_reader *r, vm_range range)
{
    vm_reader part = *r;
    part.is_part = true;
    part.pos = range.start;
    part.end = range.end;
    if (vm_reader_failed(r))
        part.pos = part.end;
    return part;
}

static pirn_status fail_v(vm_reader *r, const uint8_t *at, pirn_status status, const char *format, va_list args)
{
    if (vm_reader_failed(r))
        return r->status;
    base_fail_v(r->error, status, r->base_offset + (uint64_t)(at - r->start), format, args);
    r->status = status;
    r->pos = r->end;
    return status;
}

pirn_status vm_reader_fail(vm_reader *r, pirn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pirn_status result = fail_v(r, r->pos, status, format, args);
    va_end(args);
    return result;
}

pirn_status vm_reader_fail_at(vm_reader *r, const uint8_t *at, pirn_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pirn_status result = fail_v(r, at, status, format, args);
    va_end(args);
    return result;
}

static pirn_status fail_at_end(vm_reader *r)
{
    return vm_reader_fail_at(r, r->end, PIRN_MALFORMED, "unexpected end%s",
                             r->is_part ? " of section or function" : "");
}

uint8_t vm_reader_u8_slow(vm_reader *r)
{
    fail_at_end(r);
    return 0;
}

uint8_t vm_reader_peek(vm_reader *r)
{
    if (!vm_reader_at_end(r))
        return *r->pos;
    fail_at_end(r);
    return 0;
}

/* Moves behind a number, or fails at its offending byte. */
static bool accept_leb(vm_reader *r, base_leb_result result, size_t used)
{
    switch (result) {
    case BASE_LEB_OK:
        r->pos += used;
        return true;
    case BASE_LEB_END:
        fail_at_end(r);
        return false;
    case BASE_LEB_TOO_LONG:
        vm_reader_fail_at(r, r->pos + used, PIRN_MALFORMED, "integer representation too long");
        return false;
    case BASE_LEB_TOO_LARGE:
        vm_reader_fail_at(r, r->pos + used, PIRN_MALFORMED, "integer too large");
        return false;
    }
    return false;
}

uint64_t vm_reader_leb_unsigned_slow(vm_reader *r, unsigned bits)
{
    uint64_t value = 0;
    size_t used = 0;
    base_leb_result result = base_leb_unsigned(r->pos, vm_reader_left(r), bits, &value, &used);
    return accept_leb(r, result, used) ? value : 0;
}

int64_t vm_reader_leb_signed_slow(vm_reader *r, unsigned bits)
{
    int64_t value = 0;
    size_t used = 0;
    base_leb_result result = base_leb_signed(r->pos, vm_reader_left(r), bits, &value, &used);
    return accept_leb(r, result, used) ? value : 0;
}

vm_range vm_reader_bytes(vm_reader *r, size_t size)
{
    if (size > vm_reader_left(r)) {
        fail_at_end(r);
        return (vm_range){r->end, r->end};
    }
    vm_range range = {r->pos, r->pos + size};
    r->pos += size;
    return range;
}

uint32_t vm_reader_u32(vm_reader *r)
{
    vm_range range = vm_reader_bytes(r, 4);
    return vm_reader_failed(r) ? 0 : base_load_u32(range.start);
}

uint64_t vm_reader_u64(vm_reader *r)
{
    vm_range range = vm_reader_bytes(r, 8);
    return vm_reader_failed(r) ? 0 : base_load_u64(range.start);
}

pirn_str vm_reader_name(vm_reader *r)
{
    const uint8_t *at = r->pos;
    uint32_t len = vm_reader_leb_u32(r);
    if (len > vm_reader_left(r)) {
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "length out of bounds");
        len = 0;
    }
    if (len > VM_LIMIT_STRING_BYTES) {
        vm_reader_fail_at(r, at, PIRN_LIMIT, "name too long: %u bytes, at most %d are supported", len,
                          VM_LIMIT_STRING_BYTES);
        len = 0;
    }
    vm_range bytes = vm_reader_bytes(r, len);
    pirn_str name = {(const char *)bytes.start, len};
    size_t bad = 0;
    if (!base_utf8_valid(name, &bad)) {
        vm_reader_fail_at(r, bytes.start + bad, PIRN_MALFORMED, "malformed UTF-8 encoding");
        name.len = 0;
    }
    return name;
}

uint32_t vm_reader_count(vm_reader *r, size_t min_bytes, uint32_t limit, const char *what)
{
    const uint8_t *at = r->pos;
    uint32_t count = vm_reader_leb_u32(r);
    if (vm_reader_failed(r))
        return 0;
    if (count > vm_reader_left(r) / min_bytes) {
        fail_at_end(r);
        return 0;
    }
    if (count > limit) {
        vm_reader_fail_at(r, at, PIRN_LIMIT, "too many %s: %u, at most %u are supported", what, count, limit);
        return 0;
    }
    return count;
}

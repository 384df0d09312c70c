/* SPDX-License-Identifier: Apache-2.0 */
/* The way out of the printer: a buffer before the sink, lines with their offsets, strings with their escapes. */
#include "vm/base/utf8.h"
#include "vm/text/printer.h"
#include <inttypes.h>
#include <stdio.h>

void vm_print_fail(vm_printer *p, pirn_status status, const char *message)
{
    if (p->status == PIRN_OK)
        p->status = base_fail(p->error, status, PIRN_NO_OFFSET, "%s", message);
}

bool vm_print_ok(vm_printer *p, const vm_reader *r)
{
    if (p->status == PIRN_OK)
        p->status = r->status;
    return p->status == PIRN_OK;
}

void vm_print_flush(vm_printer *p)
{
    if (p->status == PIRN_OK && p->len > 0 && !p->sink(p->sink_data, p->buffer, p->len))
        vm_print_fail(p, PIRN_IO, "the text cannot be written");
    p->len = 0;
}

void vm_print_text(vm_printer *p, pirn_str text)
{
    while (text.len > 0 && p->status == PIRN_OK) {
        size_t room = sizeof p->buffer - p->len, taken = text.len < room ? text.len : room;
        memcpy(p->buffer + p->len, text.data, taken);
        p->len += taken;
        text.data += taken;
        text.len -= taken;
        if (p->len == sizeof p->buffer)
            vm_print_flush(p);
    }
}

void vm_print(vm_printer *p, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t cut = sizeof text - 1;
    vm_print_text(p, (pirn_str){text, len < 0 ? 0 : (size_t)len < cut ? (size_t)len : cut});
}

/* ---- Lines ----------------------------------------------------------------------------------------------------- */

void vm_print_line_at(vm_printer *p, uint64_t offset)
{
    enum { WIDTH = 2, DEEPEST = 40 }; /* what lies deeper is not indented further: a line stays a line */
    static const char spaces[WIDTH * DEEPEST] = "          "
                                                "          "
                                                "          "
                                                "          "
                                                "          "
                                                "          "
                                                "          "
                                                "          ";
    vm_print_text(p, PIRN_STR("\n"));
    if (p->options->offsets)
        vm_print(p, "(;@%-6" PRIx64 ";) ", offset);
    vm_print_text(p, (pirn_str){spaces, (size_t)WIDTH * (p->indent < DEEPEST ? p->indent : DEEPEST)});
}

void vm_print_line(vm_printer *p, const uint8_t *at)
{
    vm_print_line_at(p, vm_module_offset(p->module, at));
}

/* ---- Strings --------------------------------------------------------------------------------------------------- */

static void print_escaped(vm_printer *p, pirn_str bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t byte = (uint8_t)bytes.data[i];
        char text[] = {'\\', digits[byte >> 4], digits[byte & 15]};
        vm_print_text(p, (pirn_str){text, sizeof text});
    }
}

/* Characters that steer a terminal, or the direction in which a line is read. */
static bool is_invisible(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x61C || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

void vm_print_name_string(vm_printer *p, pirn_str name)
{
    vm_print_text(p, PIRN_STR("\""));
    for (size_t at = 0, next = 0; at < name.len && p->status == PIRN_OK; at = next) {
        uint32_t c = 0;
        bool is_valid = base_utf8_next(name, &next, &c);
        if (!is_valid)
            next = at + 1;
        pirn_str character = {name.data + at, next - at};
        if (!is_valid || is_invisible(c) || c == '"' || c == '\\')
            print_escaped(p, character);
        else
            vm_print_text(p, character);
    }
    vm_print_text(p, PIRN_STR("\""));
}

static void print_bytes(vm_printer *p, vm_range bytes)
{
    vm_print_text(p, PIRN_STR("\""));
    for (const uint8_t *at = bytes.start; at < bytes.end && p->status == PIRN_OK;) {
        const uint8_t *plain = at;
        while (at < bytes.end && *at >= 0x20 && *at < 0x7F && *at != '"' && *at != '\\')
            at++;
        vm_print_text(p, (pirn_str){(const char *)plain, (size_t)(at - plain)});
        if (at < bytes.end)
            print_escaped(p, (pirn_str){(const char *)at++, 1});
    }
    vm_print_text(p, PIRN_STR("\""));
}

void vm_print_strings(vm_printer *p, vm_range bytes)
{
    enum { LINE = 64 };
    if (bytes.end - bytes.start <= LINE) {
        vm_print_text(p, PIRN_STR(" "));
        print_bytes(p, bytes);
        return;
    }
    p->indent++;
    for (vm_range piece = bytes; piece.start < bytes.end && p->status == PIRN_OK; piece.start = piece.end) {
        piece.end = bytes.end - piece.start > LINE ? piece.start + LINE : bytes.end;
        vm_print_line(p, piece.start);
        print_bytes(p, piece);
    }
    p->indent--;
}

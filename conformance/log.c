/* SPDX-License-Identifier: Apache-2.0 */
/* Writing and reading the records of a run. */
#include "conformance/log.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { BEGIN = 100 }; /* in the place of an outcome */

void wast_log_init(wast_log *log, int fd)
{
    *log = (wast_log){.fd = fd};
}

void wast_log_done(wast_log *log)
{
    BASE_VEC_DONE(&log->bytes, pirn_allocator_default());
}

static void put(wast_log *log, const void *bytes, size_t size)
{
    log->failed = log->failed || !BASE_VEC_RESERVE(&log->bytes, pirn_allocator_default(), size);
    if (log->failed || size == 0)
        return;
    memcpy(log->bytes.data + log->bytes.len, bytes, size);
    log->bytes.len += size;
}

static void put_u32(wast_log *log, uint32_t value)
{
    put(log, &value, sizeof value);
}

static void put_text(wast_log *log, pirn_str text)
{
    put_u32(log, (uint32_t)text.len + 1);
    put(log, text.data, text.len);
    put(log, "", 1);
}

static void put_record(wast_log *log, uint32_t outcome, uint32_t line, pirn_str command, const char *expected,
                       const char *actual)
{
    put_u32(log, outcome);
    put_u32(log, line);
    put_text(log, command);
    put_text(log, pirn_str_of(expected));
    put_text(log, pirn_str_of(actual));
}

void wast_log_begin(wast_log *log, uint32_t line, pirn_str word)
{
    if (log->fd < 0)
        return;
    put_record(log, BEGIN, line, word, "", "");
    wast_log_flush(log);
}

void wast_log_add(wast_log *log, pirn_wast_outcome outcome, uint32_t line, const char *command, const char *expected,
                  const char *actual)
{
    put_record(log, outcome, line, pirn_str_of(command), expected, actual);
}

void wast_log_append(wast_log *log, const wast_log *other)
{
    log->failed = log->failed || other->failed;
    put(log, other->bytes.data, other->bytes.len);
}

void wast_log_flush(wast_log *log)
{
    size_t sent = 0;
    while (log->fd >= 0 && !log->failed && sent < log->bytes.len) {
        ssize_t n = write(log->fd, log->bytes.data + sent, log->bytes.len - sent);
        if (n >= 0)
            sent += (size_t)n;
        else
            log->failed = errno != EINTR;
    }
    if (log->fd >= 0)
        log->bytes.len = 0;
}

typedef struct cursor {
    const char *bytes;
    size_t left;
    bool ok;
} cursor;

static uint32_t get_u32(cursor *c)
{
    uint32_t value = 0;
    c->ok = c->ok && c->left >= sizeof value;
    if (!c->ok)
        return 0;
    memcpy(&value, c->bytes, sizeof value);
    c->bytes += sizeof value;
    c->left -= sizeof value;
    return value;
}

static const char *get_text(cursor *c)
{
    uint32_t size = get_u32(c);
    c->ok = c->ok && size > 0 && size <= c->left && c->bytes[size - 1] == '\0';
    if (!c->ok)
        return "";
    const char *text = c->bytes;
    c->bytes += size;
    c->left -= size;
    return text;
}

bool wast_log_read(const char *bytes, size_t size, size_t *at, wast_record *out)
{
    if (*at >= size)
        return false; /* also of an empty log, whose bytes may be NULL */
    cursor c = {bytes + *at, size - *at, true};
    uint32_t outcome = get_u32(&c);
    *out = (wast_record){.is_begin = outcome == BEGIN};
    out->event.outcome = out->is_begin ? PIRN_WAST_NOTE : (pirn_wast_outcome)outcome;
    out->event.line = get_u32(&c);
    out->event.command = get_text(&c);
    out->event.expected = get_text(&c);
    out->event.actual = get_text(&c);
    if (c.ok)
        *at = size - c.left;
    return c.ok;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the expected failures. */
#include "conformance/expected.h"
#include "conformance/files.h"
#include <stdlib.h>
#include <string.h>

static pirn_str trim(pirn_str text)
{
    while (text.len > 0 && strchr(" \t\r", text.data[0]) != NULL)
        text = (pirn_str){text.data + 1, text.len - 1};
    while (text.len > 0 && strchr(" \t\r", text.data[text.len - 1]) != NULL)
        text.len--;
    return text;
}

/* "spec/a.wast:12" in two. */
static void split_place(pirn_str place, wast_expected *out)
{
    size_t digits = place.len;
    while (digits > 0 && place.data[digits - 1] >= '0' && place.data[digits - 1] <= '9')
        digits--;
    out->where = place;
    if (digits == 0 || digits == place.len || place.data[digits - 1] != ':')
        return;
    out->where.len = digits - 1;
    out->line = (uint32_t)strtoul(place.data + digits, NULL, 10);
}

static pirn_status read_line(wast_expectations *out, pirn_str text, unsigned number, const char *path,
                             pirn_error *error)
{
    text = trim(text);
    if (text.len == 0 || text.data[0] == '#')
        return PIRN_OK;
    size_t len = 0;
    while (len < text.len && text.data[len] != ' ' && text.data[len] != '\t')
        len++;
    wast_expected row = {.reason = trim((pirn_str){text.data + len, text.len - len})};
    split_place((pirn_str){text.data, len}, &row);
    if (row.reason.len == 0)
        return pirn_error_set(error, PIRN_USAGE, "%s:%u: an expected failure needs its reason", path, number);
    if (BASE_VEC_PUSH(&out->rows, pirn_allocator_default(), row))
        return PIRN_OK;
    return pirn_error_set(error, PIRN_NOMEM, "out of memory");
}

pirn_status wast_expectations_read(wast_expectations *out, const char *path, pirn_error *error)
{
    *out = (wast_expectations){0};
    if (path == NULL)
        return PIRN_OK;
    PIRN_TRY(wast_read_file(path, &out->content, error));
    pirn_str rest = out->content;
    for (unsigned number = 1; rest.len > 0; number++) {
        const char *newline = memchr(rest.data, '\n', rest.len);
        size_t len = newline != NULL ? (size_t)(newline - rest.data) : rest.len;
        PIRN_TRY(read_line(out, (pirn_str){rest.data, len}, number, path, error));
        len += newline != NULL;
        rest = (pirn_str){rest.data + len, rest.len - len};
    }
    return PIRN_OK;
}

void wast_expectations_done(wast_expectations *expectations)
{
    BASE_VEC_DONE(&expectations->rows, pirn_allocator_default());
    if (expectations->content.data != NULL)
        wast_file_done(&expectations->content);
}

bool wast_expected_is_of(const wast_expected *row, const char *path)
{
    size_t len = strlen(path);
    if (row->where.len > len || memcmp(path + len - row->where.len, row->where.data, row->where.len) != 0)
        return false;
    return len == row->where.len || path[len - row->where.len - 1] == '/';
}

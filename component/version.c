/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Semantic versions as far as linking needs them. Build metadata ("+...") does not take part in
 * precedence, so a version that differs only in it is on the same track and neither is lower.
 */
#include "component/version.h"

#include <string.h>

/* One number of a version: digits without leading zeros that fit 64 bits. Moves *text past it. */
static bool take_number(pirn_str *text, uint64_t *out)
{
    size_t digits = 0;
    uint64_t value = 0;
    while (digits < text->len && text->data[digits] >= '0' && text->data[digits] <= '9') {
        uint64_t digit = (uint64_t)(text->data[digits++] - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (digits == 0 || (digits > 1 && text->data[0] == '0'))
        return false;
    *text = (pirn_str){text->data + digits, text->len - digits};
    *out = value;
    return true;
}

static bool take_char(pirn_str *text, char expected)
{
    if (text->len == 0 || text->data[0] != expected)
        return false;
    *text = (pirn_str){text->data + 1, text->len - 1};
    return true;
}

static bool parse_version(pirn_str text, cm_version *out)
{
    if (!take_number(&text, &out->major) || !take_char(&text, '.') || !take_number(&text, &out->minor) ||
        !take_char(&text, '.') || !take_number(&text, &out->patch))
        return false;
    out->is_prerelease = text.len > 0 && text.data[0] == '-';
    return text.len == 0 || text.data[0] == '-' || text.data[0] == '+';
}

cm_versioned_name cm_versioned_name_of(pirn_str name)
{
    cm_versioned_name split = {.full = name, .base = name};
    const char *at = name.len > 0 ? memchr(name.data, '@', name.len) : NULL;
    if (at == NULL)
        return split;
    split.base.len = (size_t)(at - name.data);
    split.has_version = parse_version((pirn_str){at + 1, name.len - split.base.len - 1}, &split.version);
    return split;
}

static bool has_track(const cm_version *version)
{
    return !version->is_prerelease && (version->major > 0 || version->minor > 0);
}

bool cm_version_same_track(const cm_versioned_name *a, const cm_versioned_name *b)
{
    if (!a->has_version || !b->has_version || !pirn_str_eq(a->base, b->base))
        return false;
    if (!has_track(&a->version) || !has_track(&b->version) || a->version.major != b->version.major)
        return false;
    return a->version.major > 0 || a->version.minor == b->version.minor;
}

bool cm_version_lower(const cm_version *a, const cm_version *b)
{
    return a->minor != b->minor ? a->minor < b->minor : a->patch < b->patch;
}

size_t cm_version_select(const cm_versioned_name *wanted, const void *list, size_t count,
                         pirn_str (*name_at)(const void *list, size_t index))
{
    size_t best = SIZE_MAX;
    cm_version best_version = {0};
    for (size_t i = 0; i < count; i++) {
        cm_versioned_name name = cm_versioned_name_of(name_at(list, i));
        if (pirn_str_eq(name.full, wanted->full))
            return i;
        if (!cm_version_same_track(&name, wanted))
            continue;
        if (best == SIZE_MAX || cm_version_lower(&best_version, &name.version)) {
            best = i;
            best_version = name.version;
        }
    }
    return best;
}

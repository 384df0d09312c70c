/* SPDX-License-Identifier: Apache-2.0 */
#include "component/names.h"
#include <pirn/vm.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static char to_lower(char c)
{
    return is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

static pirn_str slice(pirn_str text, size_t start, size_t end)
{
    return (pirn_str){text.data + start, end - start};
}

static bool starts_with(pirn_str text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

/* The index of the first `c`, or the length. */
static size_t find_char(pirn_str text, char c)
{
    size_t i = 0;
    while (i < text.len && text.data[i] != c)
        i++;
    return i;
}

/* ---- Labels ------------------------------------------------------------------------------------------------------ */

/* A word is lower case, an acronym upper case; only the label's first fragment must begin with a letter. */
static bool fragment_valid(pirn_str text, bool is_first, bool acronyms)
{
    bool lower = false, upper = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (!is_lower(c) && !is_upper(c) && !is_digit(c))
            return false;
        lower |= is_lower(c);
        upper |= is_upper(c);
    }
    if (text.len == 0 || (is_first && is_digit(text.data[0])))
        return false;
    return !(lower && upper) && (acronyms || !upper);
}

static bool fragments_valid(pirn_str text, bool acronyms)
{
    bool is_first = true;
    for (;; is_first = false) {
        size_t end = find_char(text, '-');
        if (!fragment_valid(slice(text, 0, end), is_first, acronyms))
            return false;
        if (end == text.len)
            return true;
        text = slice(text, end + 1, text.len);
    }
}

bool cm_label_valid(pirn_str text)
{
    return fragments_valid(text, true);
}

/* ---- Extern names ------------------------------------------------------------------------------------------------ */

/* Where a name is being read, for messages about the whole of it. */
typedef struct name_context {
    pirn_str whole;
    uint32_t features;
    uint64_t offset;
    pirn_error *error;
} name_context;

static pirn_status check_kebab(const name_context *c, pirn_str part, bool acronyms)
{
    if (fragments_valid(part, acronyms))
        return PIRN_OK;
    return base_fail(c->error, PIRN_INVALID, c->offset,
                     "`%.*s` is not a valid extern name: `%.*s` is not in kebab case", PIRN_STR_ARG(c->whole),
                     PIRN_STR_ARG(part));
}

static pirn_status parse_member(const name_context *c, pirn_str text, cm_name *out)
{
    size_t dot = find_char(text, '.');
    if (dot == text.len)
        return base_fail(c->error, PIRN_INVALID, c->offset,
                         "`%.*s` is not a valid extern name: failed to find `.` character", PIRN_STR_ARG(c->whole));
    out->resource = slice(text, 0, dot);
    out->label = slice(text, dot + 1, text.len);
    PIRN_TRY(check_kebab(c, out->resource, true));
    return check_kebab(c, out->label, true);
}

/* The words between `separator`s; *count is how many there were. */
static pirn_status check_path(const name_context *c, pirn_str text, char separator, bool acronyms, size_t *count)
{
    for (*count = 0;; (*count)++) {
        size_t end = find_char(text, separator);
        PIRN_TRY(check_kebab(c, slice(text, 0, end), acronyms));
        if (end == text.len)
            break;
        text = slice(text, end + 1, text.len);
    }
    *count += 1;
    return PIRN_OK;
}

static pirn_status check_interface_version(const name_context *c, pirn_str version)
{
    if ((c->features & PIRN_COMPONENT_CANONICAL_NAMES) != 0 && cm_version_is_canonical(version))
        return PIRN_OK;
    return cm_version_check(version, c->offset, c->error);
}

/* What is behind the package: "/" interface, or several of them, the last of which is the interface. */
static pirn_status parse_projections(const name_context *c, pirn_str text, cm_name *out)
{
    size_t last = text.len, count = 0;
    while (last > 0 && text.data[last - 1] != '/')
        last--;
    PIRN_TRY(check_path(c, text, '/', true, &count));
    if (count > 1 && (c->features & PIRN_COMPONENT_NESTED_NAMES) == 0) {
        size_t slash = find_char(text, '/');
        return base_fail(c->error, PIRN_INVALID, c->offset,
                         "`%.*s` is not a valid extern name: trailing characters found: `%.*s`",
                         PIRN_STR_ARG(c->whole), PIRN_STR_ARG(slice(text, slash, text.len)));
    }
    out->interface = slice(text, last, text.len);
    out->package.len += count > 1 ? last : 0; /* packages in packages: up to the last "/" */
    return PIRN_OK;
}

/* namespace ":" package "/" interface ("@" version)? */
static pirn_status parse_interface(const name_context *c, pirn_str text, cm_name *out)
{
    bool nested = (c->features & PIRN_COMPONENT_NESTED_NAMES) != 0;
    size_t at = find_char(text, '@'), count = 0;
    pirn_str path = slice(text, 0, at);
    size_t slash = find_char(path, '/'), colon = find_char(text, ':');
    for (size_t i = colon + 1; nested && i < slash; i++)
        colon = text.data[i] == ':' ? i : colon;
    out->kind = CM_NAME_INTERFACE;
    out->name_space = slice(text, 0, colon);
    PIRN_TRY(check_path(c, out->name_space, ':', false, &count));
    pirn_str rest = slice(text, colon + 1, text.len);
    size_t end = 0;
    while (end < rest.len && rest.data[end] != '/' && rest.data[end] != ':' && rest.data[end] != '@')
        end++;
    out->package = slice(rest, 0, end);
    PIRN_TRY(check_kebab(c, out->package, false));
    if (end == rest.len || rest.data[end] != '/')
        return base_fail(c->error, PIRN_INVALID, c->offset,
                         "`%.*s` is not a valid extern name: expected `/` after package name",
                         PIRN_STR_ARG(c->whole));
    PIRN_TRY(parse_projections(c, slice(path, colon + 1 + end + 1, path.len), out));
    if (at == text.len)
        return PIRN_OK;
    out->version = slice(text, at + 1, text.len);
    return check_interface_version(c, out->version);
}

typedef struct annotation_row {
    const char *prefix;
    cm_name_kind kind;
} annotation_row;

static const annotation_row annotations[] = {
    {"[constructor]", CM_NAME_CONSTRUCTOR},
    {"[method]", CM_NAME_METHOD},
    {"[static]", CM_NAME_STATIC},
};

/* The annotation that the text begins with, or NULL; *rest is what follows. */
static const annotation_row *find_annotation(pirn_str text, pirn_str *rest)
{
    for (size_t i = 0; i < sizeof annotations / sizeof *annotations; i++) {
        if (starts_with(text, annotations[i].prefix)) {
            *rest = slice(text, strlen(annotations[i].prefix), text.len);
            return &annotations[i];
        }
    }
    return NULL;
}

pirn_status cm_name_parse(pirn_str text, uint32_t features, cm_name *out, uint64_t offset, pirn_error *error)
{
    *out = (cm_name){.kind = CM_NAME_LABEL};
    name_context context = {text, features, offset, error};
    pirn_str rest;
    const annotation_row *annotation = find_annotation(text, &rest);
    if (annotation != NULL) {
        out->kind = annotation->kind;
        if (out->kind != CM_NAME_CONSTRUCTOR)
            return parse_member(&context, rest, out);
        out->resource = rest;
        return check_kebab(&context, rest, true);
    }
    if (find_char(text, ':') < text.len)
        return parse_interface(&context, text, out);
    out->label = text;
    return check_kebab(&context, text, true);
}

pirn_str cm_name_canonical(base_arena *arena, pirn_str text)
{
    pirn_str rest = text;
    const annotation_row *annotation = find_annotation(text, &rest);
    if (annotation == NULL || annotation->kind == CM_NAME_CONSTRUCTOR)
        rest = text;
    pirn_str copy = base_arena_copy(arena, rest);
    if (copy.data == NULL)
        return copy;
    char *chars = (char *)copy.data; /* our own copy */
    for (size_t i = 0; i < copy.len; i++)
        chars[i] = to_lower(chars[i]);
    if (rest.data == text.data)
        return copy;
    size_t dot = find_char(copy, '.');
    bool is_twice = copy.len == dot * 2 + 1 && memcmp(chars, chars + dot + 1, dot) == 0;
    return is_twice ? slice(copy, 0, dot) : copy;
}

/* ---- Versions ---------------------------------------------------------------------------------------------------- */

typedef struct version_cursor {
    pirn_str text;
    size_t pos;
    uint64_t offset;
    pirn_error *error;
} version_cursor;

static pirn_status bad_character(const version_cursor *v, const char *what)
{
    if (v->pos == v->text.len)
        return base_fail(v->error, PIRN_INVALID, v->offset,
                         "invalid version `%.*s`: unexpected end of input in the %s", PIRN_STR_ARG(v->text), what);
    return base_fail(v->error, PIRN_INVALID, v->offset, "invalid version `%.*s`: unexpected character '%c' in the %s",
                     PIRN_STR_ARG(v->text), v->text.data[v->pos], what);
}

static bool at_char(const version_cursor *v, char c)
{
    return v->pos < v->text.len && v->text.data[v->pos] == c;
}

static pirn_status read_number(version_cursor *v, const char *what)
{
    enum { MAX_DIGITS = 19 }; /* always fits 64 bits */
    size_t start = v->pos;
    while (v->pos < v->text.len && is_digit(v->text.data[v->pos]))
        v->pos++;
    if (v->pos == start)
        return bad_character(v, what);
    if (v->text.data[start] == '0' && v->pos - start > 1)
        return base_fail(v->error, PIRN_INVALID, v->offset, "invalid version `%.*s`: invalid leading zero in the %s",
                         PIRN_STR_ARG(v->text), what);
    if (v->pos - start > MAX_DIGITS)
        return base_fail(v->error, PIRN_INVALID, v->offset, "invalid version `%.*s`: %s is too large",
                         PIRN_STR_ARG(v->text), what);
    return PIRN_OK;
}

static bool is_identifier_char(char c)
{
    return is_digit(c) || is_lower(c) || is_upper(c) || c == '-';
}

/* One segment between dots; a number in a prerelease has no leading zero. */
static pirn_status read_identifier(version_cursor *v, bool is_prerelease, const char *what)
{
    size_t start = v->pos;
    bool is_number = true;
    for (; v->pos < v->text.len && is_identifier_char(v->text.data[v->pos]); v->pos++)
        is_number &= is_digit(v->text.data[v->pos]);
    if (v->pos == start)
        return base_fail(v->error, PIRN_INVALID, v->offset,
                         "invalid version `%.*s`: empty identifier segment in the %s", PIRN_STR_ARG(v->text), what);
    if (is_prerelease && is_number && v->pos - start > 1 && v->text.data[start] == '0')
        return base_fail(v->error, PIRN_INVALID, v->offset, "invalid version `%.*s`: invalid leading zero in the %s",
                         PIRN_STR_ARG(v->text), what);
    return PIRN_OK;
}

static pirn_status read_identifiers(version_cursor *v, bool is_prerelease)
{
    const char *what = is_prerelease ? "pre-release" : "build metadata";
    v->pos++;
    PIRN_TRY(read_identifier(v, is_prerelease, what));
    while (at_char(v, '.')) {
        v->pos++;
        PIRN_TRY(read_identifier(v, is_prerelease, what));
    }
    return PIRN_OK;
}

pirn_status cm_version_check(pirn_str text, uint64_t offset, pirn_error *error)
{
    static const char *const parts[] = {"major version number", "minor version number", "patch version number"};
    version_cursor v = {text, 0, offset, error};
    if (text.len == 0)
        return base_fail(error, PIRN_INVALID, offset, "invalid version ``: empty string");
    for (int i = 0; i < 3; i++) {
        if (i > 0 && !at_char(&v, '.'))
            return bad_character(&v, parts[i - 1]);
        v.pos += i > 0;
        PIRN_TRY(read_number(&v, parts[i]));
    }
    if (at_char(&v, '-'))
        PIRN_TRY(read_identifiers(&v, true));
    if (at_char(&v, '+'))
        PIRN_TRY(read_identifiers(&v, false));
    return v.pos == text.len ? PIRN_OK : bad_character(&v, "version");
}

/* Zeros and dots, and behind them one number that is not 0; or all of them zeros. */
bool cm_version_is_canonical(pirn_str text)
{
    if (pirn_str_eq(text, PIRN_STR("0.0.0")))
        return true;
    for (int i = 0; i < 2 && starts_with(text, "0."); i++)
        text = slice(text, 2, text.len);
    if (text.len == 0 || text.data[0] == '0')
        return false;
    size_t digits = 0;
    while (digits < text.len && is_digit(text.data[digits]))
        digits++;
    return digits == text.len;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See docs.h. Reading goes through the JSON once, beside the syntax trees: each object is that of an item, and the
 * names in it are looked up in a table of the item's children. What the JSON has besides is passed over.
 */
#include "wit/docs.h"
#include "vm/base/utf8.h"
#include "wit/binary.h"
#include "wit/lexer.h"

#define MAX_DEPTH 16

typedef struct json {
    const char *p, *end, *start;
    base_arena *arena;
    pirn_error *error;
    pirn_status status;
    unsigned depth;
} json;

static pirn_status fail(json *j, pirn_status status, const char *message)
{
    if (j->status == PIRN_OK)
        j->status = base_fail(j->error, status, PIRN_NO_OFFSET, "section %s: %s", WIT_DOCS_SECTION, message);
    return j->status;
}

static char peek(json *j)
{
    while (j->p < j->end && (*j->p == ' ' || *j->p == '\n' || *j->p == '\t' || *j->p == '\r'))
        j->p++;
    return j->status == PIRN_OK && j->p < j->end ? *j->p : '\0';
}

static bool take(json *j, char c)
{
    bool is_there = peek(j) == c;
    j->p += is_there;
    return is_there;
}

/* --- strings --- */

static uint32_t read_hex(json *j)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = j->p < j->end ? *j->p++ : '\0';
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16) {
            fail(j, PIRN_MALFORMED, "malformed escape");
            return 0;
        }
        value = value * 16 + digit;
    }
    return value;
}

/* \u, perhaps a pair of surrogates. */
static uint32_t read_code_point(json *j)
{
    uint32_t high = read_hex(j);
    if (high < 0xD800 || high > 0xDFFF)
        return high;
    if (high > 0xDBFF || j->end - j->p < 2 || j->p[0] != '\\' || j->p[1] != 'u')
        return 0xFFFD;
    j->p += 2;
    uint32_t low = read_hex(j);
    return low >= 0xDC00 && low <= 0xDFFF ? 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
}

static uint32_t read_escape(json *j)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    char c = j->p < j->end ? *j->p++ : '\0';
    const char *letter = c == '\0' ? NULL : strchr(letters, c);
    if (c == 'u')
        return read_code_point(j);
    if (letter == NULL)
        fail(j, PIRN_MALFORMED, "malformed escape");
    return letter == NULL ? 0 : (uint32_t)meanings[letter - letters];
}

/* Docs are printed as WIT again: what WIT forbids in a text becomes U+FFFD. */
static size_t put(char *out, uint32_t c)
{
    return base_utf8_put(wit_is_forbidden(c) || c == '\r' ? 0xFFFD : c, out);
}

/* At the quote. */
static pirn_str read_string(json *j)
{
    const char *from = ++j->p;
    while (j->p < j->end && *j->p != '"')
        j->p += *j->p == '\\' && j->end - j->p > 1 ? 2 : 1;
    if (j->p >= j->end) {
        fail(j, PIRN_MALFORMED, "a string is never closed");
        return PIRN_STR("");
    }
    const char *close = j->p;
    char *out = base_arena_alloc(j->arena, (size_t)(close - from) * 3 + 4); /* a byte may become U+FFFD */
    size_t len = 0;
    if (out == NULL)
        fail(j, PIRN_NOMEM, "out of memory");
    for (j->p = from; j->status == PIRN_OK && j->p < close;) {
        uint32_t c = (uint8_t)*j->p;
        size_t at = (size_t)(j->p - j->start);
        if (c == '\\') {
            j->p++;
            c = read_escape(j);
        } else if (base_utf8_next((pirn_str){j->start, (size_t)(close - j->start)}, &at, &c)) {
            j->p = j->start + at;
        } else {
            j->p++;
            c = 0xFFFD;
        }
        len += put(out + len, c);
    }
    j->p = close + 1;
    return j->status == PIRN_OK ? (pirn_str){out, len} : PIRN_STR("");
}

/* --- values --- */

static pirn_status skip_value(json *j);

/* The next key of an object; false at its end. `first` is true before the first one. */
static bool next_key(json *j, bool *first, pirn_str *key)
{
    if (take(j, '}'))
        return false;
    if ((!*first && !take(j, ',')) || peek(j) != '"') {
        fail(j, PIRN_MALFORMED, "malformed object");
        return false;
    }
    *first = false;
    *key = read_string(j);
    if (!take(j, ':'))
        fail(j, PIRN_MALFORMED, "malformed object");
    return j->status == PIRN_OK;
}

static bool enter(json *j)
{
    if (j->depth >= MAX_DEPTH)
        fail(j, PIRN_LIMIT, "values are nested too deep");
    else if (!take(j, '{'))
        fail(j, PIRN_MALFORMED, "an object is expected");
    j->depth++;
    return j->status == PIRN_OK;
}

static void leave(json *j)
{
    j->depth--;
}

static pirn_status skip_object(json *j)
{
    pirn_str key;
    if (enter(j)) {
        for (bool first = true; next_key(j, &first, &key);)
            PIRN_TRY(skip_value(j));
    }
    leave(j);
    return j->status;
}

/* Numbers, true, false and null: letters, digits, signs and dots. */
static pirn_status skip_value(json *j)
{
    char c = peek(j);
    if (c == '{')
        return skip_object(j);
    if (c == '"') {
        read_string(j);
        return j->status;
    }
    const char *start = j->p;
    while (j->p < j->end && strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *j->p) != NULL && *j->p != '\0')
        j->p++;
    return j->p > start ? j->status : fail(j, PIRN_MALFORMED, "malformed value");
}

/* --- items --- */

static pirn_str item_name(base_arena *arena, const wit_ast_item *item)
{
    pirn_str name = item->kind == WIT_AST_USE ? item->members->as.text : item->name.text;
    return base_arena_printf(arena, "%s%.*s", item->kind == WIT_AST_EXPORT ? "export " : "", PIRN_STR_ARG(name));
}

static pirn_status add_child(json *j, base_map *names, pirn_str name, wit_ast_item *item)
{
    bool added;
    if (name.data == NULL || base_map_add(names, name, (uint64_t)(uintptr_t)item, &added) != PIRN_OK)
        return fail(j, PIRN_NOMEM, "out of memory");
    return PIRN_OK;
}

static pirn_status add_methods(json *j, base_map *names, const wit_ast_item *resource)
{
    for (wit_ast_item *method = resource->children; method != NULL; method = method->next) {
        bool is_constructor = method->function_kind == PIRN_WIT_CONSTRUCTOR;
        pirn_str name = base_arena_printf(j->arena, "[%s]%.*s%s%.*s",
                                          is_constructor                             ? "constructor"
                                          : method->function_kind == PIRN_WIT_STATIC ? "static"
                                                                                     : "method",
                                          PIRN_STR_ARG(resource->name.text), is_constructor ? "" : ".",
                                          is_constructor ? 0 : (int)method->name.text.len, method->name.text.data);
        PIRN_TRY(add_child(j, names, name, method));
    }
    return PIRN_OK;
}

/* The table of what lies in an interface or world, or in the file. */
static pirn_status list_children(json *j, base_map *names, wit_ast_item *items)
{
    for (wit_ast_item *item = items; item != NULL; item = item->next) {
        if (item->kind == WIT_AST_PACKAGE)
            continue;
        PIRN_TRY(add_child(j, names, item_name(j->arena, item), item));
        if (item->kind == WIT_AST_TYPE)
            PIRN_TRY(add_methods(j, names, item));
    }
    return PIRN_OK;
}

static wit_ast_item *find_child(const base_map *names, pirn_str group, pirn_str key, base_arena *arena)
{
    uint64_t found = 0;
    bool is_export = group.len > 8 && memcmp(group.data + group.len - 8, "_exports", 8) == 0;
    if (!is_export && base_map_get(names, key, &found))
        return (wit_ast_item *)(uintptr_t)found;
    pirn_str exported = base_arena_printf(arena, "export %.*s", PIRN_STR_ARG(key));
    return exported.data != NULL && base_map_get(names, exported, &found) ? (wit_ast_item *)(uintptr_t)found : NULL;
}

static pirn_status read_item(json *j, wit_ast_item *item);

/* {"name": .., ..}: of children. */
static pirn_status read_group(json *j, const base_map *names, pirn_str group)
{
    pirn_str key;
    if (!enter(j))
        return j->status;
    for (bool first = true; next_key(j, &first, &key);) {
        wit_ast_item *child = find_child(names, group, key, j->arena);
        PIRN_TRY(child != NULL ? read_item(j, child) : skip_value(j));
    }
    leave(j);
    return j->status;
}

/* {"field": "docs", ..}. They come in the order of the fields, as a rule. */
static pirn_status read_members(json *j, wit_ast_member *members)
{
    pirn_str key;
    wit_ast_member *next = members;
    if (!enter(j))
        return j->status;
    for (bool first = true; next_key(j, &first, &key);) {
        wit_ast_member *found = next;
        while (found != NULL && !pirn_str_eq(found->name.text, key))
            found = found->next;
        if (found == NULL || peek(j) != '"') {
            PIRN_TRY(skip_value(j));
            continue;
        }
        found->docs = read_string(j);
        next = found->next;
    }
    leave(j);
    return j->status;
}

/* {"since": "1.0.0"} or {"feature": "x"}, with "deprecated". What is no version or name is passed over. */
static pirn_status read_gate(json *j, wit_gate *gate)
{
    pirn_str key;
    if (!enter(j))
        return j->status;
    for (bool first = true; next_key(j, &first, &key);) {
        bool is_feature = pirn_str_eq(key, PIRN_STR("feature")), is_since = pirn_str_eq(key, PIRN_STR("since"));
        bool is_text = peek(j) == '"';
        pirn_str value = is_text ? read_string(j) : PIRN_STR("");
        if (!is_text)
            PIRN_TRY(skip_value(j));
        if (is_feature && value.len <= WIT_MAX_NAME && wit_is_label(value))
            gate->unstable = value;
        else if (!is_feature && wit_is_version(value))
            *(is_since ? &gate->since : &gate->deprecated) = value;
    }
    leave(j);
    return j->status;
}

static pirn_status read_stability(json *j, wit_gate *gate)
{
    pirn_str key;
    if (peek(j) != '{')
        return skip_value(j);
    if (!enter(j))
        return j->status;
    for (bool first = true; next_key(j, &first, &key);)
        PIRN_TRY(peek(j) == '{' ? read_gate(j, gate) : skip_value(j));
    leave(j);
    if (gate->since.len == 0 && gate->unstable.len == 0)
        gate->deprecated = PIRN_STR("");
    return j->status;
}

static pirn_status read_fields(json *j, wit_ast_item *item, const base_map *names)
{
    pirn_str key;
    if (!enter(j))
        return j->status;
    for (bool first = true; next_key(j, &first, &key);) {
        char c = peek(j);
        if (pirn_str_eq(key, PIRN_STR("docs")) && c == '"')
            item->docs = read_string(j);
        else if (pirn_str_eq(key, PIRN_STR("stability")))
            PIRN_TRY(read_stability(j, &item->gate));
        else if (pirn_str_eq(key, PIRN_STR("items")) && c == '{')
            PIRN_TRY(read_members(j, item->kind == WIT_AST_USE ? NULL : item->members));
        else
            PIRN_TRY(c == '{' ? read_group(j, names, key) : skip_value(j));
    }
    leave(j);
    return j->status;
}

/* The docs, or an object. What is said of an import is said of the function or interface in it. */
static pirn_status read_item(json *j, wit_ast_item *item)
{
    bool is_inline = (item->kind == WIT_AST_IMPORT || item->kind == WIT_AST_EXPORT) && item->children != NULL;
    wit_ast_item *subject = is_inline ? item->children : item;
    pirn_status status = PIRN_OK;
    if (peek(j) == '"') {
        subject->docs = read_string(j);
    } else if (peek(j) == '{') {
        base_map names;
        base_map_init(&names, j->arena->allocator);
        status = list_children(j, &names, subject->kind == WIT_AST_TYPE ? NULL : subject->children);
        if (status == PIRN_OK)
            status = read_fields(j, subject, &names);
        base_map_done(&names);
    } else {
        status = skip_value(j);
    }
    item->docs = subject->docs;
    item->gate = subject->gate;
    return status == PIRN_OK ? j->status : status;
}

pirn_status wit_docs_apply(wit_file *file, pirn_str section, base_arena *arena, pirn_error *error)
{
    json j = {.p = section.data + 1,
              .start = section.data,
              .end = section.data + section.len,
              .arena = arena,
              .error = error};
    wit_ast_item package = {.kind = WIT_AST_WORLD, .docs = PIRN_STR(""), .children = file->items};
    if (section.data[0] != 0 && section.data[0] != 1)
        return PIRN_OK; /* of another version */
    PIRN_TRY(read_item(&j, &package));
    file->package_docs = package.docs;
    return PIRN_OK;
}

/* --- writing --- */

static void put_text(wit_bytes *out, const char *text)
{
    wit_write_raw(out, text, strlen(text));
}

static void put_string(wit_bytes *out, pirn_str text)
{
    static const char hex[] = "0123456789abcdef";
    wit_write_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.data[i];
        if (c == '"' || c == '\\')
            wit_write_byte(out, '\\');
        if (c >= ' ') {
            wit_write_byte(out, c);
        } else {
            put_text(out, "\\u00");
            wit_write_byte(out, (uint8_t)hex[c >> 4]);
            wit_write_byte(out, (uint8_t)hex[c & 15]);
        }
    }
    wit_write_byte(out, '"');
}

/* What begins an object's member: a comma, if it is not the first, and the key. */
static void put_key(wit_bytes *out, const char *key)
{
    if (out->data.len > 0 && out->data.data[out->data.len - 1] != '{')
        wit_write_byte(out, ',');
    put_string(out, pirn_str_of(key));
    wit_write_byte(out, ':');
}

static void put_named_key(wit_bytes *out, pirn_str key)
{
    if (out->data.len > 0 && out->data.data[out->data.len - 1] != '{')
        wit_write_byte(out, ',');
    put_string(out, key);
    wit_write_byte(out, ':');
}

static void put_string_member(wit_bytes *out, const char *key, pirn_str value)
{
    if (value.len == 0)
        return;
    put_key(out, key);
    put_string(out, value);
}

static void put_docs_and_gates(wit_bytes *out, pirn_str docs, pirn_wit_gates gates)
{
    put_string_member(out, "docs", docs);
    if (gates.since.len == 0 && gates.unstable.len == 0)
        return;
    put_key(out, "stability");
    put_text(out, gates.since.len > 0 ? "{\"stable\":{" : "{\"unstable\":{");
    put_string_member(out, "since", gates.since);
    put_string_member(out, "feature", gates.unstable);
    put_string_member(out, "deprecated", gates.deprecated);
    put_text(out, "}}");
}

static void put_function(wit_bytes *out, const pirn_wit_function *f)
{
    bool is_gated = f->gates.since.len > 0 || f->gates.unstable.len > 0;
    if (f->docs.len == 0 && !is_gated)
        return;
    put_named_key(out, f->name);
    if (!is_gated) {
        put_string(out, f->docs);
        return;
    }
    wit_write_byte(out, '{');
    put_docs_and_gates(out, f->docs, f->gates);
    wit_write_byte(out, '}');
}

static bool has_member_docs(const pirn_wit_type *type)
{
    for (size_t i = 0; i < type->member_count; i++) {
        if (type->members[i].docs.len > 0)
            return true;
    }
    return false;
}

static void put_type(wit_bytes *out, const pirn_wit_type *type)
{
    put_named_key(out, type->name);
    wit_write_byte(out, '{');
    put_docs_and_gates(out, type->docs, type->gates);
    if (has_member_docs(type)) {
        put_key(out, "items");
        wit_write_byte(out, '{');
        for (size_t i = 0; i < type->member_count; i++) {
            if (type->members[i].docs.len > 0) {
                put_named_key(out, type->members[i].name);
                put_string(out, type->members[i].docs);
            }
        }
        wit_write_byte(out, '}');
    }
    wit_write_byte(out, '}');
}

static void put_interface(wit_bytes *out, const pirn_wit_interface *interface)
{
    wit_write_byte(out, '{');
    put_docs_and_gates(out, interface->docs, interface->gates);
    put_key(out, "funcs");
    wit_write_byte(out, '{');
    for (size_t i = 0; i < interface->scope.function_count; i++)
        put_function(out, &interface->scope.functions[i]);
    put_text(out, "}");
    put_key(out, "types");
    wit_write_byte(out, '{');
    for (size_t i = 0; i < interface->scope.type_count; i++)
        put_type(out, &interface->scope.types[i]);
    put_text(out, "}}");
}

typedef enum world_part { WORLD_FUNCTIONS, WORLD_INTERFACES, WORLD_TYPES } world_part;

static void put_world_items(wit_bytes *out, const char *key, const wit_world_items *items, world_part part)
{
    put_key(out, key);
    wit_write_byte(out, '{');
    for (size_t i = 0; i < items->len; i++) {
        const pirn_wit_world_item *item = &items->data[i];
        bool is_inline = item->interface != NULL && item->interface->is_inline;
        if (part == WORLD_FUNCTIONS && item->function != NULL)
            put_function(out, item->function);
        if (part == WORLD_TYPES && item->type != NULL)
            put_type(out, item->type);
        if (part == WORLD_INTERFACES && is_inline) {
            put_named_key(out, item->name);
            put_interface(out, item->interface);
        }
    }
    wit_write_byte(out, '}');
}

static void put_world(wit_bytes *out, const pirn_wit_world *world)
{
    wit_write_byte(out, '{');
    put_docs_and_gates(out, world->docs, world->gates);
    put_world_items(out, "interfaces", &world->imports, WORLD_INTERFACES);
    put_world_items(out, "types", &world->imports, WORLD_TYPES);
    put_world_items(out, "funcs", &world->imports, WORLD_FUNCTIONS);
    put_world_items(out, "interface_exports", &world->exports, WORLD_INTERFACES);
    put_world_items(out, "func_exports", &world->exports, WORLD_FUNCTIONS);
    wit_write_byte(out, '}');
}

void wit_docs_write(wit_bytes *out, const pirn_wit_package *package)
{
    wit_write_byte(out, 1);
    wit_write_byte(out, '{');
    put_string_member(out, "docs", package->docs);
    put_key(out, "worlds");
    wit_write_byte(out, '{');
    for (size_t i = 0; i < package->worlds.len; i++) {
        put_named_key(out, package->worlds.data[i]->name);
        put_world(out, package->worlds.data[i]);
    }
    wit_write_byte(out, '}');
    put_key(out, "interfaces");
    wit_write_byte(out, '{');
    for (size_t i = 0; i < package->interfaces.len; i++) {
        put_named_key(out, package->interfaces.data[i]->name);
        put_interface(out, package->interfaces.data[i]);
    }
    put_text(out, "}}");
}

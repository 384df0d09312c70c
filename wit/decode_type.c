/* SPDX-License-Identifier: Apache-2.0 */
/* Types and names of types: see decode.h. */
#include "wit/decode.h"
#include "wit/lexer.h"
#include <stdio.h>

/* The codes of Binary.md, "Type Definitions". */
static const uint8_t codes[PIRN_WIT_KIND_COUNT] = {
    [PIRN_WIT_BOOL] = 0x7F,   [PIRN_WIT_S8] = 0x7E,     [PIRN_WIT_U8] = 0x7D,      [PIRN_WIT_S16] = 0x7C,
    [PIRN_WIT_U16] = 0x7B,    [PIRN_WIT_S32] = 0x7A,    [PIRN_WIT_U32] = 0x79,     [PIRN_WIT_S64] = 0x78,
    [PIRN_WIT_U64] = 0x77,    [PIRN_WIT_F32] = 0x76,    [PIRN_WIT_F64] = 0x75,     [PIRN_WIT_CHAR] = 0x74,
    [PIRN_WIT_STRING] = 0x73, [PIRN_WIT_RECORD] = 0x72, [PIRN_WIT_VARIANT] = 0x71, [PIRN_WIT_LIST] = 0x70,
    [PIRN_WIT_TUPLE] = 0x6F,  [PIRN_WIT_FLAGS] = 0x6E,  [PIRN_WIT_ENUM] = 0x6D,    [PIRN_WIT_OPTION] = 0x6B,
    [PIRN_WIT_RESULT] = 0x6A, [PIRN_WIT_OWN] = 0x69,    [PIRN_WIT_BORROW] = 0x68,  [PIRN_WIT_STREAM] = 0x66,
    [PIRN_WIT_FUTURE] = 0x65, [PIRN_WIT_MAP] = 0x63,
};

uint8_t wit_code_of_kind(pirn_wit_kind kind)
{
    return codes[kind];
}

pirn_wit_kind wit_kind_of_code(uint8_t code)
{
    for (pirn_wit_kind kind = 0; kind < PIRN_WIT_KIND_COUNT; kind++) {
        if (codes[kind] == code && code != 0)
            return kind;
    }
    return PIRN_WIT_KIND_COUNT;
}

/* --- nodes --- */

wit_place wit_decode_place(const wit_decoder *d, const wit_reader *r)
{
    return (wit_place){d->file->index, 0, r->pos > UINT32_MAX ? UINT32_MAX : (uint32_t)r->pos};
}

static void *new_node(wit_decoder *d, wit_reader *r, size_t size)
{
    if (d->nodes_left == 0) {
        wit_read_fail(r, PIRN_LIMIT, "the types of this package unfold to more than %d nodes", WIT_MAX_NODES);
        return NULL;
    }
    d->nodes_left--;
    void *node = base_arena_zero(d->arena, size);
    if (node == NULL)
        wit_read_fail(r, PIRN_NOMEM, "out of memory");
    return node;
}

wit_ast_item *wit_decode_new_item(wit_decoder *d, wit_reader *r, wit_ast_kind kind)
{
    wit_ast_item *item = new_node(d, r, sizeof *item);
    if (item == NULL)
        return NULL;
    item->kind = kind;
    item->docs = PIRN_STR("");
    item->place = item->path.place = item->gate.place = wit_decode_place(d, r);
    return item;
}

static wit_ast_type *new_type(wit_decoder *d, wit_reader *r, pirn_wit_kind kind)
{
    wit_ast_type *type = new_node(d, r, sizeof *type);
    if (type == NULL)
        return NULL;
    type->kind = kind;
    type->place = wit_decode_place(d, r);
    return type;
}

static wit_ast_member *new_member(wit_decoder *d, wit_reader *r, pirn_str name)
{
    wit_ast_member *member = new_node(d, r, sizeof *member);
    if (member == NULL)
        return NULL;
    member->docs = PIRN_STR("");
    member->name = wit_decode_label(d, r, name);
    return member;
}

void wit_decode_add_child(wit_ast_item *parent, wit_ast_item *child)
{
    child->next = NULL;
    *(parent->children == NULL ? &parent->children : &parent->last_child->next) = child;
    parent->last_child = child;
}

wit_ast_item *wit_decode_copy_item(wit_decoder *d, wit_reader *r, const wit_ast_item *from)
{
    wit_ast_item *item = wit_decode_new_item(d, r, from->kind);
    if (item != NULL)
        *item = *from;
    if (item != NULL)
        item->next = NULL;
    return item;
}

/* Depth is bounded: no entry has a deeper type than WIT_MAX_DEPTH. */
static wit_ast_type *copy_type(wit_decoder *d, wit_reader *r, const wit_ast_type *from)
{
    wit_ast_type *type = new_type(d, r, from->kind);
    if (type == NULL)
        return NULL;
    *type = *from;
    type->next = NULL;
    wit_ast_type **tail = &type->children;
    for (const wit_ast_type *child = from->children; child != NULL && r->status == PIRN_OK; child = child->next) {
        *tail = copy_type(d, r, child);
        tail = *tail != NULL ? &(*tail)->next : tail;
    }
    return type;
}

wit_id wit_decode_label(wit_decoder *d, wit_reader *r, pirn_str name)
{
    if (name.len > WIT_MAX_NAME)
        wit_read_fail(r, PIRN_LIMIT, "name is longer than %d characters", WIT_MAX_NAME);
    else if (!wit_is_label(name))
        wit_read_fail(r, PIRN_MALFORMED, "`%.*s` is not a name in kebab-case", PIRN_STR_ARG(name));
    return (wit_id){name, wit_decode_place(d, r)};
}

/* --- scopes --- */

void wit_decode_scope_init(wit_scope_in *scope, const wit_scope_in *parent, base_arena *arena)
{
    *scope = (wit_scope_in){.parent = parent, .depth = parent != NULL ? parent->depth + 1 : 0};
    scope->tail = &scope->items;
    base_map_init(&scope->names, arena->allocator);
}

void wit_decode_scope_done(wit_scope_in *scope, base_arena *arena)
{
    BASE_VEC_DONE(&scope->types, arena->allocator);
    BASE_VEC_DONE(&scope->instances, arena->allocator);
    base_map_done(&scope->names);
}

void wit_decode_append(wit_scope_in *scope, wit_ast_item *item)
{
    *scope->tail = item;
    scope->tail = &item->next;
}

pirn_status wit_decode_push(wit_decoder *d, wit_reader *r, wit_scope_in *scope, wit_entry entry)
{
    if (r->status == PIRN_OK && !BASE_VEC_PUSH(&scope->types, d->arena->allocator, entry))
        wit_read_fail(r, PIRN_NOMEM, "out of memory");
    return r->status;
}

const wit_entry *wit_decode_entry(wit_reader *r, const wit_scope_in *scope, wit_entry_kind kind, const char *what)
{
    uint32_t index = wit_read_u32(r);
    if (r->status != PIRN_OK)
        return NULL;
    if (index < scope->types.len && scope->types.data[index].kind == kind)
        return &scope->types.data[index];
    wit_read_fail(r, PIRN_INVALID, "type index %u is not %s", (unsigned)index, what);
    return NULL;
}

static pirn_status add_name(wit_reader *r, wit_scope_in *scope, pirn_str key, wit_ast_item *item)
{
    bool added;
    if (key.data == NULL || base_map_add(&scope->names, key, (uint64_t)(uintptr_t)item, &added) != PIRN_OK)
        return wit_read_fail(r, PIRN_NOMEM, "out of memory");
    return PIRN_OK;
}

static pirn_str use_key(wit_decoder *d, const wit_entry *entry)
{
    const wit_path *from = entry->from;
    return base_arena_printf(d->arena, "%.*s:%.*s/%.*s@%.*s#%.*s", PIRN_STR_ARG(from->space.text),
                             PIRN_STR_ARG(from->package.text), PIRN_STR_ARG(from->item.text),
                             PIRN_STR_ARG(from->version), PIRN_STR_ARG(entry->name_there));
}

/* `use path.{name_there as name}` */
static pirn_status add_use(wit_decoder *d, wit_reader *r, wit_scope_in *scope, const wit_entry *entry, pirn_str name)
{
    wit_ast_item *use = wit_decode_new_item(d, r, WIT_AST_USE);
    wit_ast_member *member = new_member(d, r, entry->name_there);
    if (use == NULL || member == NULL)
        return r->status;
    member->as = wit_decode_label(d, r, name);
    use->path = *entry->from;
    use->path.place = use->place;
    use->members = member;
    PIRN_TRY(add_name(r, scope, use_key(d, entry), use));
    wit_decode_append(scope, use);
    return r->status;
}

/* What the named type of an entry is called in the scope; when it has no name there, `use` gives it one. */
static pirn_status find_local_name(wit_decoder *d, wit_reader *r, wit_scope_in *scope, const wit_entry *entry,
                                   pirn_str *name)
{
    uint64_t found;
    if (entry->home == scope) {
        *name = entry->name;
        return PIRN_OK;
    }
    if (entry->from == NULL)
        return wit_read_fail(r, PIRN_INVALID, "type `%.*s` is not that of an interface", PIRN_STR_ARG(entry->name));
    pirn_str key = use_key(d, entry);
    if (key.data == NULL)
        return wit_read_fail(r, PIRN_NOMEM, "out of memory");
    *name = entry->name_there;
    if (!base_map_get(&scope->names, key, &found))
        return add_use(d, r, scope, entry, *name);
    *name = ((const wit_ast_item *)(uintptr_t)found)->members->as.text;
    return PIRN_OK;
}

/* --- types --- */

/* A type where it is used, and how deep it is. */
typedef struct used_type {
    wit_ast_type *type;
    uint32_t depth;
} used_type;

static pirn_status use_entry(wit_decoder *d, wit_reader *r, wit_scope_in *scope, const wit_entry *entry,
                             used_type *out)
{
    out->depth = 1;
    if (entry->home != NULL || entry->from != NULL) {
        out->type = new_type(d, r, PIRN_WIT_ALIAS);
        if (out->type == NULL)
            return r->status;
        out->type->name.place = out->type->place;
        return find_local_name(d, r, scope, entry, &out->type->name.text);
    }
    if (entry->type == NULL)
        return wit_read_fail(r, PIRN_INVALID, "a record, variant, enum or flags is used without a name");
    out->depth = entry->depth;
    out->type = copy_type(d, r, entry->type);
    return r->status;
}

/* The code of a primitive type, or an index. */
static pirn_status read_type(wit_decoder *d, wit_reader *r, wit_scope_in *scope, used_type *out)
{
    if (r->status == PIRN_OK && r->pos < r->end && (r->bytes[r->pos] & 0xC0) == 0x40) {
        pirn_wit_kind kind = wit_kind_of_code(r->bytes[r->pos]);
        if (kind > PIRN_WIT_STRING)
            return wit_read_fail(r, PIRN_MALFORMED, "0x%02x is not the code of a type", r->bytes[r->pos]);
        r->pos++;
        *out = (used_type){new_type(d, r, kind), 1};
        return r->status;
    }
    const wit_entry *entry = wit_decode_entry(r, scope, WIT_ENTRY_TYPE, "a value type");
    return entry == NULL ? r->status : use_entry(d, r, scope, entry, out);
}

/* Adds a child to `type`; *depth grows to what it brings. */
static pirn_status read_child(wit_decoder *d, wit_reader *r, wit_scope_in *scope, wit_ast_type ***tail,
                              uint32_t *depth)
{
    used_type child = {NULL, 0};
    PIRN_TRY(read_type(d, r, scope, &child));
    **tail = child.type;
    *tail = &child.type->next;
    if (child.depth >= *depth)
        *depth = child.depth + 1;
    return *depth <= WIT_MAX_DEPTH ? PIRN_OK
                                   : wit_read_fail(r, PIRN_LIMIT, "types are nested deeper than %d", WIT_MAX_DEPTH);
}

/* 0x00, or 0x01 and a type. With `hole`, a type left out is `_`. */
static pirn_status read_optional(wit_decoder *d, wit_reader *r, wit_scope_in *scope, bool hole, wit_ast_type ***tail,
                                 uint32_t *depth)
{
    if (wit_read_byte(r) != 0)
        return read_child(d, r, scope, tail, depth);
    if (!hole)
        return r->status;
    **tail = new_type(d, r, WIT_AST_NONE);
    if (**tail != NULL)
        *tail = &(**tail)->next;
    return r->status;
}

static pirn_status read_result(wit_decoder *d, wit_reader *r, wit_scope_in *scope, wit_ast_type *type,
                               uint32_t *depth)
{
    wit_ast_type **tail = &type->children;
    PIRN_TRY(read_optional(d, r, scope, true, &tail, depth));
    PIRN_TRY(read_optional(d, r, scope, false, &tail, depth));
    if (type->children->kind == WIT_AST_NONE && type->children->next == NULL)
        type->children = NULL;
    return r->status;
}

/* own<R> is written as `R`. */
static pirn_status read_handle(wit_decoder *d, wit_reader *r, wit_scope_in *scope, wit_ast_type *type)
{
    wit_ast_type **tail = &type->children;
    uint32_t depth = 1;
    PIRN_TRY(read_child(d, r, scope, &tail, &depth));
    if (type->children->kind != PIRN_WIT_ALIAS)
        return wit_read_fail(r, PIRN_INVALID, "a handle is that of a resource");
    if (type->kind == PIRN_WIT_OWN)
        *type = *type->children;
    return PIRN_OK;
}

static pirn_status read_expression(wit_decoder *d, wit_reader *r, wit_scope_in *scope, uint8_t code,
                                   wit_ast_type *type, uint32_t *depth)
{
    wit_ast_type **tail = &type->children;
    switch (type->kind) {
    case PIRN_WIT_OPTION:
        return read_child(d, r, scope, &tail, depth);
    case PIRN_WIT_LIST:
        PIRN_TRY(read_child(d, r, scope, &tail, depth));
        type->length = code == WIT_FIXED_LIST ? wit_read_u32(r) : 0;
        if (code == WIT_FIXED_LIST && type->length == 0)
            wit_read_fail(r, PIRN_INVALID, "a list of fixed length has no elements");
        return r->status;
    case PIRN_WIT_MAP:
        PIRN_TRY(read_child(d, r, scope, &tail, depth));
        return read_child(d, r, scope, &tail, depth);
    case PIRN_WIT_STREAM:
    case PIRN_WIT_FUTURE:
        return read_optional(d, r, scope, false, &tail, depth);
    case PIRN_WIT_RESULT:
        return read_result(d, r, scope, type, depth);
    case PIRN_WIT_TUPLE:
        for (uint32_t count = wit_read_count(r); count > 0; count--)
            PIRN_TRY(read_child(d, r, scope, &tail, depth));
        if (type->children == NULL)
            wit_read_fail(r, PIRN_INVALID, "a tuple has no elements");
        return r->status;
    case PIRN_WIT_OWN:
    case PIRN_WIT_BORROW:
        return read_handle(d, r, scope, type);
    default: /* a primitive */
        return PIRN_OK;
    }
}

/* Fields, cases or labels, or parameters. */
static pirn_status read_members(wit_decoder *d, wit_reader *r, wit_scope_in *scope, pirn_wit_kind kind,
                                wit_ast_member **tail, uint32_t *depth)
{
    for (uint32_t count = wit_read_count(r); count > 0 && r->status == PIRN_OK; count--) {
        wit_ast_member *member = new_member(d, r, wit_read_name(r));
        if (member == NULL)
            return r->status;
        *tail = member;
        tail = &member->next;
        wit_ast_type **type = &member->type;
        if (kind == PIRN_WIT_RECORD)
            PIRN_TRY(read_child(d, r, scope, &type, depth));
        if (kind == PIRN_WIT_VARIANT) {
            PIRN_TRY(read_optional(d, r, scope, false, &type, depth));
            if (wit_read_byte(r) != 0)
                return wit_read_fail(r, PIRN_MALFORMED, "a case that refines another one is not known");
        }
    }
    return r->status;
}

static pirn_status read_func(wit_decoder *d, wit_reader *r, wit_scope_in *scope, bool is_async)
{
    wit_ast_item *item = wit_decode_new_item(d, r, WIT_AST_FUNCTION);
    uint32_t depth = 1;
    if (item == NULL)
        return r->status;
    item->is_async = is_async;
    PIRN_TRY(read_members(d, r, scope, PIRN_WIT_RECORD, &item->members, &depth));
    uint8_t form = wit_read_byte(r);
    wit_ast_type **result = &item->type;
    if (form == 0)
        PIRN_TRY(read_child(d, r, scope, &result, &depth));
    else if (form != 1 || wit_read_byte(r) != 0)
        wit_read_fail(r, PIRN_MALFORMED, "malformed result of a function");
    return wit_decode_push(d, r, scope, (wit_entry){.kind = WIT_ENTRY_FUNC, .item = item, .depth = depth});
}

pirn_status wit_decode_deftype(wit_decoder *d, wit_reader *r, wit_scope_in *scope, uint8_t code)
{
    if (code == WIT_FUNC_TYPE || code == WIT_ASYNC_FUNC_TYPE)
        return read_func(d, r, scope, code == WIT_ASYNC_FUNC_TYPE);
    pirn_wit_kind kind = code == WIT_FIXED_LIST ? PIRN_WIT_LIST : wit_kind_of_code(code);
    wit_entry entry = {.kind = WIT_ENTRY_TYPE, .depth = 1};
    if (kind == PIRN_WIT_KIND_COUNT)
        return wit_read_fail(r, PIRN_MALFORMED, "0x%02x is not the code of a type", code);
    if (kind >= PIRN_WIT_RECORD) {
        entry.item = wit_decode_new_item(d, r, WIT_AST_TYPE);
        if (entry.item == NULL)
            return r->status;
        entry.item->type_kind = kind;
        PIRN_TRY(read_members(d, r, scope, kind, &entry.item->members, &entry.depth));
    } else {
        wit_ast_type *type = new_type(d, r, kind);
        if (type == NULL)
            return r->status;
        PIRN_TRY(read_expression(d, r, scope, code, type, &entry.depth));
        entry.type = type;
    }
    return wit_decode_push(d, r, scope, entry);
}

/* --- under a name --- */

/* What a type that is exported or imported is: a `use`, another name, or a definition. */
static pirn_status add_equal_type(wit_decoder *d, wit_reader *r, wit_scope_in *scope, pirn_str name,
                                  pirn_str external_id)
{
    const wit_entry *found = wit_decode_entry(r, scope, WIT_ENTRY_TYPE, "a value type or resource");
    if (found == NULL)
        return r->status;
    wit_entry entry = *found;
    wit_entry named = {.kind = WIT_ENTRY_TYPE, .depth = 1, .name = name, .home = scope};
    if (entry.from != NULL && entry.home != scope) {
        named.from = entry.from;
        named.name_there = entry.name_there;
        PIRN_TRY(add_use(d, r, scope, &entry, name));
        return wit_decode_push(d, r, scope, named);
    }
    wit_ast_item *item =
        entry.item != NULL ? wit_decode_copy_item(d, r, entry.item) : wit_decode_new_item(d, r, WIT_AST_TYPE);
    if (item == NULL)
        return r->status;
    if (entry.item == NULL) {
        used_type type = {NULL, 0};
        PIRN_TRY(use_entry(d, r, scope, &entry, &type));
        item->type_kind = PIRN_WIT_ALIAS;
        item->type = type.type;
    }
    item->name = wit_decode_label(d, r, name);
    item->external_id = external_id;
    wit_decode_append(scope, item);
    return wit_decode_push(d, r, scope, named);
}

pirn_status wit_decode_named_type(wit_decoder *d, wit_reader *r, wit_scope_in *scope, pirn_str name,
                                  pirn_str external_id)
{
    uint8_t bound = wit_read_byte(r);
    if (bound == WIT_BOUND_EQ)
        return add_equal_type(d, r, scope, name, external_id);
    if (bound != WIT_BOUND_RESOURCE)
        return wit_read_fail(r, PIRN_MALFORMED, "malformed bound of a type");
    wit_ast_item *item = wit_decode_new_item(d, r, WIT_AST_TYPE);
    if (item == NULL)
        return r->status;
    item->type_kind = PIRN_WIT_RESOURCE;
    item->name = wit_decode_label(d, r, name);
    item->external_id = external_id;
    PIRN_TRY(add_name(r, scope, name, item));
    wit_decode_append(scope, item);
    return wit_decode_push(d, r, scope, (wit_entry){.kind = WIT_ENTRY_TYPE, .depth = 1, .name = name, .home = scope});
}

/* "[method]r.m" and the like, taken apart. */
typedef struct function_name {
    pirn_wit_function_kind kind;
    pirn_str resource, name;
} function_name;

static function_name split_name(pirn_str name)
{
    static const struct {
        pirn_str prefix;
        pirn_wit_function_kind kind;
    } prefixes[] = {
        {{"[method]", 8}, PIRN_WIT_METHOD},
        {{"[static]", 8}, PIRN_WIT_STATIC},
        {{"[constructor]", 13}, PIRN_WIT_CONSTRUCTOR},
    };
    function_name out = {PIRN_WIT_FREE, PIRN_STR(""), name};
    for (size_t i = 0; i < BASE_COUNT(prefixes); i++) {
        size_t len = prefixes[i].prefix.len;
        if (name.len < len || memcmp(name.data, prefixes[i].prefix.data, len) != 0)
            continue;
        out.kind = prefixes[i].kind;
        out.resource = (pirn_str){name.data + len, name.len - len};
        out.name = PIRN_STR("constructor");
        const char *dot = out.resource.len > 0 ? memchr(out.resource.data, '.', out.resource.len) : NULL;
        if (out.kind != PIRN_WIT_CONSTRUCTOR && dot != NULL) {
            out.name = (pirn_str){dot + 1, (size_t)(out.resource.data + out.resource.len - dot - 1)};
            out.resource.len = (size_t)(dot - out.resource.data);
        }
    }
    return out;
}

/* `self` is not written, and neither is the result of a constructor that cannot fail. */
static pirn_status fit_to_resource(wit_reader *r, wit_ast_item *function, pirn_str resource)
{
    wit_ast_member *self = function->members;
    if (function->function_kind == PIRN_WIT_METHOD) {
        if (self == NULL || !pirn_str_eq(self->name.text, PIRN_STR("self")) || self->type->kind != PIRN_WIT_BORROW ||
            !pirn_str_eq(self->type->children->name.text, resource))
            return wit_read_fail(r, PIRN_INVALID, "the first parameter of a method is not `self: borrow<%.*s>`",
                                 PIRN_STR_ARG(resource));
        function->members = self->next;
    }
    bool is_plain = function->function_kind == PIRN_WIT_CONSTRUCTOR && function->type != NULL &&
                    function->type->kind == PIRN_WIT_ALIAS && pirn_str_eq(function->type->name.text, resource);
    if (is_plain)
        function->type = NULL;
    return PIRN_OK;
}

pirn_status wit_decode_named_func(wit_decoder *d, wit_reader *r, wit_scope_in *scope, pirn_str name,
                                  pirn_str external_id, wit_ast_item **out)
{
    const wit_entry *entry = wit_decode_entry(r, scope, WIT_ENTRY_FUNC, "a function type");
    wit_ast_item *function = entry == NULL ? NULL : wit_decode_copy_item(d, r, entry->item);
    *out = function;
    if (function == NULL)
        return r->status;
    function_name parts = split_name(name);
    function->function_kind = parts.kind;
    function->external_id = external_id;
    function->name = (wit_id){parts.name, function->place};
    if (parts.kind != PIRN_WIT_CONSTRUCTOR)
        function->name = wit_decode_label(d, r, parts.name);
    if (parts.kind == PIRN_WIT_FREE)
        return r->status;
    uint64_t found;
    *out = NULL;
    if (!base_map_get(&scope->names, parts.resource, &found))
        return wit_read_fail(r, PIRN_INVALID, "`%.*s` is of a resource that is not there", PIRN_STR_ARG(name));
    wit_decode_add_child((wit_ast_item *)(uintptr_t)found, function);
    PIRN_TRY(fit_to_resource(r, function, parts.resource));
    return r->status;
}

/* --- ids --- */

/* Cuts what stands before `separator` off the front; false when it is not there. */
static bool cut(pirn_str *rest, char separator, pirn_str *part)
{
    const char *found = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
    if (found == NULL)
        return false;
    *part = (pirn_str){rest->data, (size_t)(found - rest->data)};
    *rest = (pirn_str){found + 1, rest->len - part->len - 1};
    return true;
}

wit_path *wit_decode_path(wit_decoder *d, wit_reader *r, pirn_str id)
{
    pirn_str space, package, item = PIRN_STR(""), rest = id, version = PIRN_STR("");
    if (!cut(&rest, ':', &space) || !cut(&rest, '/', &package))
        return NULL;
    item = rest;
    if (cut(&rest, '@', &item))
        version = rest;
    wit_path *path = base_arena_zero(d->arena, sizeof *path);
    if (path == NULL) {
        wit_read_fail(r, PIRN_NOMEM, "out of memory");
        return NULL;
    }
    *path = (wit_path){.space = wit_decode_label(d, r, space),
                       .package = wit_decode_label(d, r, package),
                       .item = wit_decode_label(d, r, item),
                       .version = version,
                       .place = wit_decode_place(d, r)};
    if (version.len > 0 && !wit_is_version(version))
        wit_read_fail(r, PIRN_MALFORMED, "`%.*s` is not a version", PIRN_STR_ARG(version));
    return path;
}

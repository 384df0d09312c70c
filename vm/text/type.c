/* SPDX-License-Identifier: Apache-2.0 */
/* Types (spec 6.4) and uses of function types (6.4.15), written in the encoding of the binary format. */
#include "vm/text/parser.h"
#include <string.h>

/* ---- Value types ----------------------------------------------------------------------------------------------- */

/* Words: the number of a value type; the heap type's word, its code, and the word of the nullable reference to it. */
static const struct {
    const char *text;
    uint8_t code;
} number_types[] = {{"i32", 0x7F},  {"i64", 0x7E}, {"f32", 0x7D}, {"f64", 0x7C},
                    {"v128", 0x7B}, {"i8", 0x78},  {"i16", 0x77}};

static const struct {
    const char *heap, *reference;
    uint8_t code;
} heap_types[] = {
    {"nofunc", "nullfuncref", 0x73}, {"noextern", "nullexternref", 0x72},
    {"none", "nullref", 0x71},       {"func", "funcref", 0x70},
    {"extern", "externref", 0x6F},   {"any", "anyref", 0x6E},
    {"eq", "eqref", 0x6D},           {"i31", "i31ref", 0x6C},
    {"struct", "structref", 0x6B},   {"array", "arrayref", 0x6A},
    {"exn", "exnref", 0x69},         {"noexn", "nullexnref", 0x74},
    {"cont", "contref", 0x68},       {"nocont", "nullcontref", 0x75},
};

enum { PACKED_TYPES = 2, REF = 0x64, REF_NULL = 0x63 };

/* The code of the number (or, if `packed`, storage) type that the token names, 0 for none. */
static uint8_t number_type(const vm_token *token, bool packed)
{
    size_t count = BASE_COUNT(number_types) - (packed ? 0 : PACKED_TYPES);
    for (size_t i = 0; i < count; i++) {
        if (vm_token_is(token, number_types[i].text))
            return number_types[i].code;
    }
    return 0;
}

static uint8_t heap_type(const vm_token *token, bool as_reference)
{
    for (size_t i = 0; i < BASE_COUNT(heap_types); i++) {
        if (vm_token_is(token, as_reference ? heap_types[i].reference : heap_types[i].heap))
            return heap_types[i].code;
    }
    return 0;
}

void vm_text_heaptype(vm_text_parser *p, vm_writer *w)
{
    uint8_t code = heap_type(&p->lexer->token, false);
    if (code != 0) {
        vm_lexer_advance(p->lexer);
        vm_writer_u8(w, code);
    } else if (vm_text_at_index(p)) {
        vm_writer_leb_signed(w, vm_text_index(p, VM_SPACE_TYPE));
    } else if (vm_lexer_take_open(p->lexer, "exact")) {
        vm_writer_u8(w, VM_CODE_EXACT);
        vm_writer_leb_unsigned(w, vm_text_index(p, VM_SPACE_TYPE));
        vm_lexer_expect_close(p->lexer);
    } else {
        vm_lexer_unexpected(p->lexer, "a heap type");
    }
}

bool vm_text_at_reftype(vm_text_parser *p)
{
    return heap_type(&p->lexer->token, true) != 0 || vm_lexer_opens(p->lexer, "ref");
}

bool vm_text_ref_heaptype(vm_text_parser *p, vm_writer *w)
{
    uint8_t code = heap_type(&p->lexer->token, true);
    if (code != 0) {
        vm_lexer_advance(p->lexer);
        vm_writer_u8(w, code);
        return true;
    }
    if (!vm_lexer_take_open(p->lexer, "ref")) {
        vm_lexer_unexpected(p->lexer, "a reference type");
        return false;
    }
    bool nullable = vm_lexer_take(p->lexer, "null");
    vm_text_heaptype(p, w);
    vm_lexer_expect_close(p->lexer);
    return nullable;
}

/* The nullable reference to an abstract heap type is that type's code alone. */
void vm_text_reftype(vm_text_parser *p, vm_writer *w)
{
    size_t at = w->len;
    bool nullable = vm_text_ref_heaptype(p, w);
    bool is_abstract = w->len == at + 1 && (w->data[at] & 0x40) != 0;
    if (!(nullable && is_abstract))
        vm_writer_insert_leb(w, at, nullable ? REF_NULL : REF);
}

static void storage_type(vm_text_parser *p, vm_writer *w, bool packed)
{
    uint8_t code = number_type(&p->lexer->token, packed);
    if (code != 0) {
        vm_lexer_advance(p->lexer);
        vm_writer_u8(w, code);
    } else if (vm_text_at_reftype(p)) {
        vm_text_reftype(p, w);
    } else {
        vm_lexer_unexpected(p->lexer, packed ? "a storage type" : "a value type");
    }
}

void vm_text_valtype(vm_text_parser *p, vm_writer *w)
{
    storage_type(p, w, false);
}

/* ---- Function types -------------------------------------------------------------------------------------------- */

/* One `(param ...)` or `(result ...)` behind its word; returns the number of types. */
static uint32_t value_list(vm_text_parser *p, vm_writer *w, bool ids, bool are_locals)
{
    uint32_t count = 0;
    if (ids && p->lexer->token.kind == VM_TOKEN_ID) {
        if (are_locals)
            vm_text_declare_local(p);
        else
            vm_lexer_advance(p->lexer);
        vm_text_valtype(p, w);
        count = 1;
    } else {
        for (; p->lexer->token.kind != VM_TOKEN_CLOSE && !vm_lexer_failed(p->lexer); count++) {
            vm_text_valtype(p, w);
            p->next[VM_SPACE_LOCAL] += are_locals;
        }
    }
    vm_lexer_expect_close(p->lexer);
    return count;
}

/* Parameters and results as two encoded vectors into p->signature. */
static void functype(vm_text_parser *p, vm_text_typeuse *use, bool ids, bool are_locals)
{
    vm_writer *w = &p->signature;
    w->len = 0;
    use->inline_params = use->inline_results = 0;
    while (vm_lexer_take_open(p->lexer, "param"))
        use->inline_params += value_list(p, w, ids, are_locals);
    vm_writer_insert_leb(w, 0, use->inline_params);
    size_t results = w->len;
    while (vm_lexer_take_open(p->lexer, "result"))
        use->inline_results += value_list(p, w, false, false);
    vm_writer_insert_leb(w, results, use->inline_results);
    if (vm_lexer_opens(p->lexer, "param")) { /* parameters come first */
        vm_lexer_advance(p->lexer);
        vm_lexer_unexpected(p->lexer, "something else behind results");
    }
    use->is_inline = use->inline_params + use->inline_results > 0;
    if (w->failed)
        vm_text_nomem(p);
}

/* Makes the signature that was read a type; `plain` ones can be found by inline uses. */
static void add_functype(vm_text_parser *p, uint32_t params, bool plain)
{
    bool added;
    pirn_str bytes = base_arena_copy(&p->arena, (pirn_str){(const char *)p->signature.data, p->signature.len});
    if (vm_lexer_failed(p->lexer))
        return;
    vm_text_type type = {.is_func = true, .param_count = params, .signature = bytes};
    if (bytes.data == NULL || !BASE_VEC_PUSH(&p->types, p->allocator, type) ||
        (plain && base_map_add(&p->signatures, bytes, p->types.len - 1, &added) != PIRN_OK))
        vm_text_nomem(p);
}

/* The smallest index of a type that is the signature alone; a new type behind all others when there is none. */
static uint32_t find_functype(vm_text_parser *p, uint32_t params)
{
    uint64_t index;
    if (vm_lexer_failed(p->lexer))
        return 0;
    if (base_map_get(&p->signatures, (pirn_str){(const char *)p->signature.data, p->signature.len}, &index))
        return (uint32_t)index;
    vm_writer *w = vm_text_item(p, 1);
    vm_writer_u8(w, VM_CODE_FUNC);
    vm_writer_bytes(w, p->signature.data, p->signature.len);
    add_functype(p, params, true);
    return (uint32_t)p->types.len - 1;
}

static void check_inline(vm_text_parser *p, const vm_text_typeuse *use, const vm_place *place)
{
    if (vm_lexer_failed(p->lexer))
        return;
    if (use->type >= p->types.len || !p->types.data[use->type].is_func) {
        vm_lexer_fail_at(p->lexer, place, PIRN_MALFORMED, "unknown type %u", use->type);
        return;
    }
    pirn_str written = {(const char *)p->signature.data, p->signature.len};
    if (!pirn_str_eq(p->types.data[use->type].signature, written))
        vm_lexer_fail_at(p->lexer, place, PIRN_MALFORMED, "inline function type does not match type %u", use->type);
}

vm_text_typeuse vm_text_parse_typeuse(vm_text_parser *p, bool names)
{
    vm_text_typeuse use = {0};
    vm_place place = p->lexer->token.start;
    use.is_explicit = vm_lexer_take_open(p->lexer, "type");
    if (use.is_explicit) {
        use.type = vm_text_index(p, VM_SPACE_TYPE);
        vm_lexer_expect_close(p->lexer);
    }
    functype(p, &use, names, names);
    if (!use.is_explicit)
        use.type = find_functype(p, use.inline_params);
    else if (use.is_inline)
        check_inline(p, &use, &place);
    bool is_known = use.type < p->types.len && p->types.data[use.type].is_func;
    use.param_count = is_known ? p->types.data[use.type].param_count : use.inline_params;
    return use;
}

void vm_text_blocktype(vm_text_parser *p, vm_writer *w)
{
    vm_text_typeuse use = {0};
    vm_place place = p->lexer->token.start;
    use.is_explicit = vm_lexer_take_open(p->lexer, "type");
    if (use.is_explicit) {
        use.type = vm_text_index(p, VM_SPACE_TYPE);
        vm_lexer_expect_close(p->lexer);
    }
    functype(p, &use, false, false);
    if (use.is_explicit && use.is_inline)
        check_inline(p, &use, &place);
    if (use.is_explicit)
        vm_writer_leb_signed(w, use.type);
    else if (!use.is_inline)
        vm_writer_u8(w, VM_CODE_EMPTY);
    else if (use.inline_params == 0 && use.inline_results == 1 && !vm_lexer_failed(p->lexer))
        vm_writer_bytes(w, p->signature.data + 2, p->signature.len - 2);
    else
        vm_writer_leb_signed(w, find_functype(p, use.inline_params));
}

/* ---- Definitions ----------------------------------------------------------------------------------------------- */

enum { SUB = 0x50, SUB_FINAL = 0x4F, REC = 0x4E, STRUCT = 0x5F, ARRAY = 0x5E };

static void field_type(vm_text_parser *p, vm_writer *w)
{
    bool is_mutable = vm_lexer_take_open(p->lexer, "mut");
    storage_type(p, w, true);
    if (is_mutable)
        vm_lexer_expect_close(p->lexer);
    vm_writer_u8(w, is_mutable);
}

static void name_field(vm_text_parser *p, uint32_t field, const vm_token *id, vm_writer *names, uint32_t *named)
{
    uint32_t type = (uint32_t)p->types.len;
    vm_text_declare_field(p, type, field, id);
    vm_writer_leb_unsigned(names, field);
    vm_writer_name(names, vm_lexer_id(p->lexer, id, &p->arena));
    ++*named;
}

static void struct_type(vm_text_parser *p, vm_writer *w)
{
    size_t at = w->len, names_at = p->field_names.len;
    uint32_t count = 0, named = 0;
    while (vm_lexer_take_open(p->lexer, "field")) {
        vm_token id = p->lexer->token;
        if (vm_lexer_take_kind(p->lexer, VM_TOKEN_ID)) {
            name_field(p, count, &id, &p->field_names, &named);
            field_type(p, w);
            count++;
        } else {
            for (; p->lexer->token.kind != VM_TOKEN_CLOSE && !vm_lexer_failed(p->lexer); count++)
                field_type(p, w);
        }
        vm_lexer_expect_close(p->lexer);
    }
    vm_writer_insert_leb(w, at, count);
    if (named > 0) {
        vm_writer_insert_leb(&p->field_names, names_at, named);
        vm_writer_insert_leb(&p->field_names, names_at, p->types.len);
        p->types_with_fields++;
    }
}

/* `(describes x)` or `(descriptor x)` before a composite type. */
static bool clause(vm_text_parser *p, const char *word, uint8_t code, vm_writer *w)
{
    if (!vm_lexer_take_open(p->lexer, word))
        return false;
    vm_writer_u8(w, code);
    vm_writer_leb_unsigned(w, vm_text_index(p, VM_SPACE_TYPE));
    vm_lexer_expect_close(p->lexer);
    return true;
}

/* `plain`: a function type may be found by inline uses. */
static void composite_type(vm_text_parser *p, vm_writer *w, bool plain)
{
    vm_text_typeuse use = {0};
    plain &= !clause(p, "describes", VM_CODE_DESCRIBES, w);
    plain &= !clause(p, "descriptor", VM_CODE_DESCRIPTOR, w);
    if (vm_lexer_take_open(p->lexer, "func")) {
        functype(p, &use, true, false);
        vm_writer_u8(w, VM_CODE_FUNC);
        vm_writer_bytes(w, p->signature.data, p->signature.len);
        add_functype(p, use.inline_params, plain);
        vm_lexer_expect_close(p->lexer);
        return;
    }
    if (vm_lexer_take_open(p->lexer, "struct")) {
        vm_writer_u8(w, STRUCT);
        struct_type(p, w);
    } else if (vm_lexer_take_open(p->lexer, "array")) {
        vm_writer_u8(w, ARRAY);
        field_type(p, w);
    } else if (vm_lexer_take_open(p->lexer, "cont")) {
        vm_writer_u8(w, VM_CODE_CONT);
        vm_writer_leb_signed(w, vm_text_index(p, VM_SPACE_TYPE));
    } else {
        if (p->lexer->token.kind == VM_TOKEN_OPEN)
            vm_lexer_advance(p->lexer);
        vm_lexer_unexpected(p->lexer, "func, struct, array or cont");
    }
    vm_lexer_expect_close(p->lexer);
    if (!vm_lexer_failed(p->lexer) && !BASE_VEC_PUSH(&p->types, p->allocator, (vm_text_type){0}))
        vm_text_nomem(p);
}

/* `(sub final? x* comptype)` behind `sub`; a final one without supertypes is a composite type alone. */
static void sub_type(vm_text_parser *p, vm_writer *w, bool plain)
{
    bool is_final = vm_lexer_take(p->lexer, "final");
    uint32_t supertypes = 0;
    size_t at = w->len;
    for (; vm_text_at_index(p); supertypes++)
        vm_writer_leb_unsigned(w, vm_text_index(p, VM_SPACE_TYPE));
    bool is_composite = is_final && supertypes == 0;
    if (!is_composite) {
        vm_writer_insert_leb(w, at, supertypes);
        vm_writer_insert_leb(w, at, is_final ? SUB_FINAL : SUB);
    }
    composite_type(p, w, plain && is_composite);
    vm_lexer_expect_close(p->lexer);
}

/* `(type id? subtype)` behind the open parenthesis. */
static void type_definition(vm_text_parser *p, vm_writer *w, bool plain)
{
    vm_lexer_expect(p->lexer, "type");
    vm_text_skip_id(p);
    if (vm_lexer_take_open(p->lexer, "sub"))
        sub_type(p, w, plain);
    else
        composite_type(p, w, plain);
    vm_lexer_expect_close(p->lexer);
}

void vm_text_type_field(vm_text_parser *p)
{
    vm_writer *w = vm_text_item(p, 1);
    if (!vm_lexer_take(p->lexer, "rec")) {
        type_definition(p, w, true);
        return;
    }
    size_t at = w->len;
    uint32_t count = 0;
    bool is_alone = false;
    for (; p->lexer->token.kind == VM_TOKEN_OPEN; count++) {
        if (count == 0) { /* a group of one is no group */
            vm_lexer ahead = *p->lexer;
            vm_lexer_skip_list(&ahead);
            is_alone = ahead.token.kind == VM_TOKEN_CLOSE;
        }
        vm_lexer_advance(p->lexer);
        type_definition(p, w, is_alone);
    }
    if (!is_alone) {
        vm_writer_insert_leb(w, at, count);
        vm_writer_insert_leb(w, at, REC);
    }
    vm_lexer_expect_close(p->lexer);
}

/* ---- Limits, tables, memories, globals ------------------------------------------------------------------------- */

bool vm_text_address_type(vm_text_parser *p)
{
    bool is64 = vm_lexer_take(p->lexer, "i64");
    if (!is64)
        vm_lexer_take(p->lexer, "i32");
    return is64;
}

enum { LIMITS_MAX = 1, LIMITS_SHARED = 2, LIMITS_64 = 4, LIMITS_PAGE_SIZE = 8 };

/* Minimum and maximum, if it has one; returns the flags, which go before. */
static uint8_t limits(vm_text_parser *p, vm_writer *w, bool is64)
{
    uint8_t flags = is64 ? LIMITS_64 : 0;
    vm_writer_leb_unsigned(w, vm_text_number(p, 64));
    if (p->lexer->token.kind == VM_TOKEN_INTEGER) {
        flags |= LIMITS_MAX;
        vm_writer_leb_unsigned(w, vm_text_number(p, 64));
    }
    return flags;
}

void vm_text_limits(vm_text_parser *p, vm_writer *w, bool is64)
{
    size_t at = w->len;
    uint8_t flags = limits(p, w, is64);
    vm_writer_insert_leb(w, at, flags);
}

void vm_text_tabletype(vm_text_parser *p, vm_writer *w)
{
    bool is64 = vm_text_address_type(p);
    vm_writer part;
    vm_writer_init(&part, p->allocator);
    vm_text_limits(p, &part, is64);
    vm_text_reftype(p, w);
    vm_writer_bytes(w, part.data, part.len);
    if (part.failed)
        vm_text_nomem(p);
    vm_writer_done(&part);
}

/* `(pagesize n)`: the logarithm; -1 when it does not stand there. */
int vm_text_page_size(vm_text_parser *p)
{
    int log2 = 0;
    if (!vm_lexer_take_open(p->lexer, "pagesize"))
        return -1;
    vm_place place = p->lexer->token.start;
    uint64_t size = vm_text_number(p, 64);
    while (log2 < 63 && (uint64_t)1 << log2 < size)
        log2++;
    if (!vm_lexer_failed(p->lexer) && (uint64_t)1 << log2 != size)
        vm_lexer_fail_at(p->lexer, &place, PIRN_MALFORMED, "invalid custom page size: not a power of two");
    vm_lexer_expect_close(p->lexer);
    return log2;
}

void vm_text_memtype(vm_text_parser *p, vm_writer *w)
{
    size_t at = w->len;
    uint8_t flags = limits(p, w, vm_text_address_type(p));
    if (vm_lexer_take(p->lexer, "shared"))
        flags |= LIMITS_SHARED;
    int page_size = vm_text_page_size(p);
    if (page_size >= 0) {
        flags |= LIMITS_PAGE_SIZE;
        vm_writer_leb_unsigned(w, (uint64_t)page_size);
    }
    vm_writer_insert_leb(w, at, flags);
}

void vm_text_globaltype(vm_text_parser *p, vm_writer *w)
{
    bool is_mutable = vm_lexer_take_open(p->lexer, "mut");
    vm_text_valtype(p, w);
    if (is_mutable)
        vm_lexer_expect_close(p->lexer);
    vm_writer_u8(w, is_mutable);
}

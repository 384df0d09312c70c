/* SPDX-License-Identifier: Apache-2.0 */
/* The second walk: each field of a module (spec 6.6) is appended to its section. */
#include "vm/text/parser.h"
#include <string.h>

enum { IMPORTS = 2, FUNCS = 3, TABLES = 4, MEMORIES = 5, GLOBALS = 6, EXPORTS = 7, START = 8, CODE = 10, TAGS = 13 };

/* Where the things of an index space are defined, and their number in imports and exports. */
typedef struct kind_row {
    const char *word;
    vm_text_space space;
    uint8_t kind;
} kind_row;

static const kind_row kinds[] = {
    {"func", VM_SPACE_FUNC, PIRN_EXTERN_FUNC},       {"table", VM_SPACE_TABLE, PIRN_EXTERN_TABLE},
    {"memory", VM_SPACE_MEMORY, PIRN_EXTERN_MEMORY}, {"global", VM_SPACE_GLOBAL, PIRN_EXTERN_GLOBAL},
    {"tag", VM_SPACE_TAG, PIRN_EXTERN_TAG},
};

static const kind_row *take_kind(vm_text_parser *p)
{
    for (size_t i = 0; i < BASE_COUNT(kinds); i++) {
        if (vm_lexer_take(p->lexer, kinds[i].word))
            return &kinds[i];
    }
    vm_lexer_unexpected(p->lexer, "func, table, memory, global or tag");
    return NULL;
}

/* ---- Imports and exports --------------------------------------------------------------------------------------- */

enum { TAG_EXCEPTION = 0 };

/* Of a function: a type use, or `(exact typeuse)`. */
static void import_functype(vm_text_parser *p, vm_writer *w)
{
    bool is_exact = vm_lexer_take_open(p->lexer, "exact");
    vm_writer_u8(w, PIRN_EXTERN_FUNC | (is_exact ? VM_IMPORT_EXACT : 0));
    vm_writer_leb_unsigned(w, vm_text_parse_typeuse(p, true).type);
    vm_text_forget_locals(p);
    if (is_exact)
        vm_lexer_expect_close(p->lexer);
}

/* The type of an import, its kind first. */
static void import_type(vm_text_parser *p, uint8_t kind, vm_writer *w)
{
    if (kind == PIRN_EXTERN_FUNC) {
        import_functype(p, w);
        return;
    }
    vm_writer_u8(w, kind);
    switch (kind) {
    case PIRN_EXTERN_TABLE:
        vm_text_tabletype(p, w);
        break;
    case PIRN_EXTERN_MEMORY:
        vm_text_memtype(p, w);
        break;
    case PIRN_EXTERN_GLOBAL:
        vm_text_globaltype(p, w);
        break;
    default:
        vm_writer_u8(w, TAG_EXCEPTION);
        vm_writer_leb_unsigned(w, vm_text_parse_typeuse(p, true).type);
        vm_text_forget_locals(p);
        break;
    }
}

void vm_text_described_import(vm_text_parser *p, bool ids, uint32_t uses, vm_writer *w)
{
    vm_lexer_expect_open(p->lexer);
    const kind_row *row = take_kind(p);
    if (row == NULL)
        return;
    uint32_t index = p->next[row->space];
    p->next[row->space] += uses;
    vm_token id = p->lexer->token;
    if (vm_lexer_take_kind(p->lexer, VM_TOKEN_ID) && !ids)
        vm_lexer_fail_at(p->lexer, &id.start, PIRN_MALFORMED, "identifier not allowed");
    vm_text_name_annotation(p, row->space, index);
    import_type(p, row->kind, w);
    vm_lexer_expect_close(p->lexer);
}

enum { COMPACT_TYPED = 0x7F, COMPACT_SHARED = 0x7E };

/* `(item "name" type)*` or `(item "name")* type`: a group with an empty name and a marker where a kind would be. */
static void import_group(vm_text_parser *p, vm_writer *w)
{
    vm_writer items;
    vm_writer_init(&items, p->allocator);
    uint32_t count = 0;
    bool shared = false;
    for (; vm_lexer_take_open(p->lexer, "item"); count++) {
        vm_writer_name(&items, vm_text_name(p));
        bool has_type = p->lexer->token.kind == VM_TOKEN_OPEN;
        if (has_type && !shared)
            vm_text_described_import(p, true, 1, &items);
        else if (has_type || (!shared && count > 0))
            vm_lexer_unexpected(p->lexer, shared ? ")" : "a type, as in the item before");
        else
            shared = true;
        vm_lexer_expect_close(p->lexer);
    }
    vm_writer_name(w, PIRN_STR(""));
    vm_writer_u8(w, shared ? COMPACT_SHARED : COMPACT_TYPED);
    if (shared)
        vm_text_described_import(p, false, count, w);
    vm_writer_leb_unsigned(w, count);
    vm_writer_bytes(w, items.data, items.len);
    if (items.failed)
        vm_text_nomem(p);
    vm_writer_done(&items);
}

static void import_field(vm_text_parser *p)
{
    vm_writer *w = vm_text_item(p, IMPORTS);
    vm_writer_name(w, vm_text_name(p));
    if (p->lexer->token.kind == VM_TOKEN_OPEN) {
        import_group(p, w);
        return;
    }
    vm_writer_name(w, vm_text_name(p));
    vm_text_described_import(p, true, 1, w);
}

static void export_field(vm_text_parser *p)
{
    vm_writer *w = vm_text_item(p, EXPORTS);
    vm_writer_name(w, vm_text_name(p));
    vm_lexer_expect_open(p->lexer);
    const kind_row *row = take_kind(p);
    if (row == NULL)
        return;
    vm_writer_u8(w, row->kind);
    vm_writer_leb_unsigned(w, vm_text_index(p, row->space));
    vm_lexer_expect_close(p->lexer);
}

/*
 * What every definition may begin with: identifier, exports, an import. Returns true when it is an import, which is
 * then written whole.
 */
static bool begin_definition(vm_text_parser *p, const kind_row *row, uint32_t *index)
{
    *index = p->next[row->space]++;
    vm_text_skip_id(p);
    vm_text_name_annotation(p, row->space, *index);
    while (vm_lexer_take_open(p->lexer, "export")) {
        vm_writer *w = vm_text_item(p, EXPORTS);
        vm_writer_name(w, vm_text_name(p));
        vm_writer_u8(w, row->kind);
        vm_writer_leb_unsigned(w, *index);
        vm_lexer_expect_close(p->lexer);
    }
    if (!vm_lexer_take_open(p->lexer, "import"))
        return false;
    vm_writer *w = vm_text_item(p, IMPORTS);
    vm_writer_name(w, vm_text_name(p));
    vm_writer_name(w, vm_text_name(p));
    vm_lexer_expect_close(p->lexer);
    import_type(p, row->kind, w);
    return true;
}

/* ---- Functions ------------------------------------------------------------------------------------------------- */

/* Runs of locals of one type, as a vector. */
static void locals(vm_text_parser *p, vm_writer *w)
{
    size_t at = w->len, last = 0, last_len = 0;
    uint32_t runs = 0, run = 0;
    vm_writer type;
    vm_writer_init(&type, p->allocator);
    while (vm_lexer_take_open(p->lexer, "local")) {
        bool named = p->lexer->token.kind == VM_TOKEN_ID;
        while (p->lexer->token.kind != VM_TOKEN_CLOSE && !vm_lexer_failed(p->lexer)) {
            if (named)
                vm_text_declare_local(p);
            else
                p->next[VM_SPACE_LOCAL]++;
            type.len = 0;
            vm_text_valtype(p, &type);
            bool same =
                run > 0 && type.len == last_len && !w->failed && memcmp(w->data + last, type.data, type.len) == 0;
            if (!same && run > 0)
                vm_writer_insert_leb(w, last, run);
            run = same ? run + 1 : 1;
            runs += !same;
            if (!same) {
                last = w->len;
                last_len = type.len;
                vm_writer_bytes(w, type.data, type.len);
            }
            if (named)
                break;
        }
        vm_lexer_expect_close(p->lexer);
    }
    if (run > 0)
        vm_writer_insert_leb(w, last, run);
    vm_writer_insert_leb(w, at, runs);
    if (type.failed)
        vm_text_nomem(p);
    vm_writer_done(&type);
}

static void func_field(vm_text_parser *p, const kind_row *row)
{
    vm_place head = p->lexer->token.gap;
    head.at -= sizeof "func" - 1;
    uint32_t index;
    if (begin_definition(p, row, &index))
        return;
    vm_text_typeuse use = vm_text_parse_typeuse(p, true);
    vm_writer_leb_unsigned(vm_text_item(p, FUNCS), use.type);
    p->next[VM_SPACE_LOCAL] = use.param_count;
    vm_writer *w = vm_text_item(p, CODE);
    p->body_start = w->len;
    if (p->marks != NULL)
        p->first_mark = p->marks->list.len;
    p->code = w;
    vm_text_mark_place(p, &head);
    locals(p, w);
    p->is_in_function = true;
    vm_text_expr(p, w);
    p->is_in_function = false;
    size_t behind = w->len;
    vm_writer_insert_leb(w, p->body_start, w->len - p->body_start);
    if (p->marks != NULL)
        vm_text_shift_marks(p->marks, p->first_mark, w->len - behind);
    vm_text_end_function_names(p, index);
    vm_text_forget_locals(p);
}

/* ---- Tables, memories, globals, tags --------------------------------------------------------------------------- */

enum { TABLE_WITH_INIT = 0x40 };

static void table_field(vm_text_parser *p, const kind_row *row)
{
    uint32_t index;
    if (begin_definition(p, row, &index))
        return;
    vm_lexer at_type = *p->lexer;
    bool is64 = vm_text_address_type(p);
    vm_writer *w = vm_text_item(p, TABLES);
    size_t at = w->len;
    if (p->lexer->token.kind != VM_TOKEN_INTEGER) {
        vm_text_reftype(p, w);
        if (w->failed) {
            vm_text_nomem(p);
            return;
        }
        pirn_str type = base_arena_copy(&p->arena, (pirn_str){(const char *)w->data + at, w->len - at});
        uint64_t count = vm_text_inline_elem(p, index, is64, type);
        vm_writer_u8(w, is64 ? 5 : 1);
        vm_writer_leb_unsigned(w, count);
        vm_writer_leb_unsigned(w, count);
        return;
    }
    *p->lexer = at_type;
    vm_text_tabletype(p, w);
    if (p->lexer->token.kind == VM_TOKEN_CLOSE)
        return;
    vm_text_expr(p, w);
    vm_writer_insert_leb(w, at, 0);
    vm_writer_insert_leb(w, at, TABLE_WITH_INIT);
}

static void memory_field(vm_text_parser *p, const kind_row *row)
{
    enum { PAGE_LOG2 = 16, HAS_MAX = 1, IS_64 = 4, HAS_PAGE_SIZE = 8 };
    uint32_t index;
    if (begin_definition(p, row, &index))
        return;
    vm_lexer at_type = *p->lexer;
    vm_writer *w = vm_text_item(p, MEMORIES);
    bool is64 = vm_text_address_type(p);
    int page_size = vm_text_page_size(p);
    if (!vm_lexer_opens(p->lexer, "data")) {
        *p->lexer = vm_lexer_failed(p->lexer) ? *p->lexer : at_type;
        vm_text_memtype(p, w);
        return;
    }
    unsigned log2 = page_size < 0 ? PAGE_LOG2 : (unsigned)page_size;
    uint64_t bytes = vm_text_inline_data(p, index, is64);
    uint64_t pages = bytes == 0 ? 0 : ((bytes - 1) >> log2) + 1;
    vm_writer_u8(w, HAS_MAX | (is64 ? IS_64 : 0) | (page_size < 0 ? 0 : HAS_PAGE_SIZE));
    vm_writer_leb_unsigned(w, pages);
    vm_writer_leb_unsigned(w, pages);
    if (page_size >= 0)
        vm_writer_leb_unsigned(w, log2);
}

static void global_field(vm_text_parser *p, const kind_row *row)
{
    uint32_t index;
    if (begin_definition(p, row, &index))
        return;
    vm_writer *w = vm_text_item(p, GLOBALS);
    vm_text_globaltype(p, w);
    vm_text_expr(p, w);
}

static void tag_field(vm_text_parser *p, const kind_row *row)
{
    uint32_t index;
    if (begin_definition(p, row, &index))
        return;
    uint32_t type = vm_text_parse_typeuse(p, true).type;
    vm_text_forget_locals(p);
    vm_writer *w = vm_text_item(p, TAGS);
    vm_writer_u8(w, TAG_EXCEPTION);
    vm_writer_leb_unsigned(w, type);
}

static void start_field(vm_text_parser *p)
{
    if (p->has_start)
        vm_lexer_fail(p->lexer, "multiple start sections");
    p->has_start = true;
    vm_writer_leb_unsigned(vm_text_item(p, START), vm_text_index(p, VM_SPACE_FUNC));
}

static void definition_field(vm_text_parser *p)
{
    const kind_row *row = take_kind(p);
    if (row == NULL)
        return;
    switch (row->space) {
    case VM_SPACE_FUNC:
        func_field(p, row);
        break;
    case VM_SPACE_TABLE:
        table_field(p, row);
        break;
    case VM_SPACE_MEMORY:
        memory_field(p, row);
        break;
    case VM_SPACE_GLOBAL:
        global_field(p, row);
        break;
    default:
        tag_field(p, row);
        break;
    }
}

/* A type was written by the first walk; what is left of it are annotations. */
static void pass_types(vm_text_parser *p)
{
    if (vm_lexer_take(p->lexer, "type")) {
        vm_text_skip_id(p);
        vm_text_name_annotation(p, VM_SPACE_TYPE, p->next[VM_SPACE_TYPE]++);
    } else {
        vm_lexer_advance(p->lexer);
    }
    while (p->lexer->token.kind != VM_TOKEN_CLOSE && !vm_lexer_failed(p->lexer)) {
        if (vm_lexer_take_open(p->lexer, "type")) {
            vm_text_skip_id(p);
            vm_text_name_annotation(p, VM_SPACE_TYPE, p->next[VM_SPACE_TYPE]++);
            while (p->lexer->token.kind == VM_TOKEN_OPEN) /* clauses and the type */
                vm_lexer_skip_list(p->lexer);
            vm_lexer_expect_close(p->lexer);
        } else {
            vm_lexer_skip_list(p->lexer);
        }
    }
}

void vm_text_parse_field(vm_text_parser *p)
{
    vm_lexer_expect_open(p->lexer);
    if (vm_token_is(&p->lexer->token, "type") || vm_token_is(&p->lexer->token, "rec"))
        pass_types(p);
    else if (vm_lexer_take(p->lexer, "import"))
        import_field(p);
    else if (vm_lexer_take(p->lexer, "export"))
        export_field(p);
    else if (vm_lexer_take(p->lexer, "start"))
        start_field(p);
    else if (vm_lexer_take(p->lexer, "elem"))
        vm_text_elem(p);
    else if (vm_lexer_take(p->lexer, "data"))
        vm_text_data(p);
    else
        definition_field(p);
    vm_lexer_expect_close(p->lexer);
}

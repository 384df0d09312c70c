/* SPDX-License-Identifier: Apache-2.0 */
/* A module's sections in the order of the file, custom ones where annotations want them. */
#include "vm/text/parser.h"

void vm_text_nomem(vm_text_parser *p)
{
    vm_place place = p->lexer->token.start;
    vm_lexer_fail_at(p->lexer, &place, PIRN_NOMEM, "out of memory");
}

vm_writer *vm_text_item(vm_text_parser *p, uint8_t section)
{
    p->sections[section].count++;
    return &p->sections[section].content;
}

/* ---- Life ------------------------------------------------------------------------------------------------------ */

/* Every growing thing of the parser, to begin and to end them alike. */
static void each_writer(vm_text_parser *p, void (*visit)(vm_writer *w, const pirn_allocator *allocator))
{
    for (size_t i = 0; i < VM_TEXT_SECTIONS; i++)
        visit(&p->sections[i].content, p->allocator);
    visit(&p->signature, p->allocator);
    visit(&p->held, p->allocator);
    visit(&p->local_names, p->allocator);
    visit(&p->all_label_names, p->allocator);
    visit(&p->field_names, p->allocator);
    visit(&p->hints, p->allocator);
    visit(&p->all_hints, p->allocator);
}

static void begin_writer(vm_writer *w, const pirn_allocator *allocator)
{
    vm_writer_init(w, allocator);
}

static void end_writer(vm_writer *w, const pirn_allocator *allocator)
{
    (void)allocator;
    vm_writer_done(w);
}

void vm_text_parser_init(vm_text_parser *p, vm_lexer *lexer, const pirn_allocator *allocator)
{
    *p = (vm_text_parser){.lexer = lexer, .allocator = allocator};
    base_arena_init(&p->arena, allocator);
    base_map_init(&p->ids, allocator);
    base_map_init(&p->fields, allocator);
    base_map_init(&p->mnemonics, allocator);
    base_map_init(&p->signatures, allocator);
    each_writer(p, begin_writer);
}

void vm_text_parser_done(vm_text_parser *p)
{
    each_writer(p, end_writer);
    for (size_t i = 0; i < VM_SPACE_COUNT; i++) {
        BASE_VEC_DONE(&p->names[i], p->allocator);
        BASE_VEC_DONE(&p->annotated[i], p->allocator);
    }
    BASE_VEC_DONE(&p->symbols, p->allocator);
    BASE_VEC_DONE(&p->type_fields, p->allocator);
    BASE_VEC_DONE(&p->types, p->allocator);
    BASE_VEC_DONE(&p->frames, p->allocator);
    BASE_VEC_DONE(&p->labels, p->allocator);
    BASE_VEC_DONE(&p->local_symbols, p->allocator);
    BASE_VEC_DONE(&p->label_names, p->allocator);
    BASE_VEC_DONE(&p->customs, p->allocator);
    base_map_done(&p->ids);
    base_map_done(&p->fields);
    base_map_done(&p->mnemonics);
    base_map_done(&p->signatures);
    base_arena_done(&p->arena);
}

/* ---- Sections -------------------------------------------------------------------------------------------------- */

enum { CUSTOM = 0, START = 8, CODE = 10, DATA_COUNT = 12 };

/* In the order of the file (5.5.2); the words are those of `@custom`. */
const vm_text_section_row vm_text_section_rows[] = {
    {"type", 1},   {"import", 2}, {"func", 3}, {"table", 4},      {"memory", 5}, {"tag", 13},  {"global", 6},
    {"export", 7}, {"start", 8},  {"elem", 9}, {"datacount", 12}, {"code", 10},  {"data", 11},
};
const size_t vm_text_section_row_count = BASE_COUNT(vm_text_section_rows);

static void write_custom(vm_writer *out, pirn_str content)
{
    size_t section = vm_writer_begin(out, CUSTOM);
    vm_writer_bytes(out, content.data, content.len);
    vm_writer_end(out, section);
}

static void write_customs(vm_text_parser *p, uint8_t place, bool after, vm_writer *out)
{
    for (size_t i = 0; i < p->customs.len; i++) {
        const vm_text_custom *custom = &p->customs.data[i];
        if (custom->place == place && custom->after == after)
            write_custom(out, custom->content);
    }
}

static void write_section(vm_text_parser *p, uint8_t id, vm_writer *out)
{
    vm_text_section *section = &p->sections[id];
    if (id == DATA_COUNT && p->uses_data_count) {
        vm_writer_leb_unsigned(&section->content, p->counts[VM_SPACE_DATA]);
        section->count = 1;
    }
    if (section->count == 0)
        return;
    if (id == CODE && p->functions_with_hints > 0) {
        size_t hints = vm_writer_begin(out, CUSTOM);
        vm_text_write_hints(p, out);
        vm_writer_end(out, hints);
    }
    size_t begun = vm_writer_begin(out, id);
    if (id != START && id != DATA_COUNT)
        vm_writer_leb_unsigned(out, section->count);
    size_t content = out->len;
    vm_writer_bytes(out, section->content.data, section->content.len);
    size_t behind = out->len;
    vm_writer_end(out, begun);
    if (id == CODE && p->marks != NULL) {
        vm_text_shift_marks(p->marks, 0, content + (out->len - behind));
        p->marks->end = out->len;
    }
    out->failed = out->failed || section->content.failed;
}

static void write_module(vm_text_parser *p, vm_writer *out)
{
    vm_writer_preamble(out);
    write_customs(p, VM_TEXT_FIRST, false, out);
    for (uint8_t i = 0; i < BASE_COUNT(vm_text_section_rows); i++) {
        write_customs(p, i, false, out);
        write_section(p, vm_text_section_rows[i].id, out);
        write_customs(p, i, true, out);
    }
    write_customs(p, VM_TEXT_LAST, true, out);
    vm_text_write_name_section(p, out);
}

/* ---- Modules --------------------------------------------------------------------------------------------------- */

static void parse_fields(vm_text_parser *p)
{
    vm_lexer start = *p->lexer;
    p->lexer->keeps = NULL; /* the first walk is not interested */
    p->lexer->token.annotated = false;
    vm_text_declare_fields(p);
    if (vm_lexer_failed(p->lexer))
        return;
    *p->lexer = start;
    vm_text_module_name_annotation(p);
    for (;;) {
        vm_text_field_annotations(p);
        if (p->lexer->token.kind != VM_TOKEN_OPEN)
            return;
        vm_text_parse_field(p);
    }
}

static pirn_status parse_marked_fields(vm_lexer *lexer, pirn_str name, vm_text_marks *marks, vm_writer *out)
{
    vm_text_parser p;
    vm_text_parser_init(&p, lexer, out->allocator);
    p.module_name = name;
    p.marks = marks;
    parse_fields(&p);
    if (!vm_lexer_failed(lexer))
        write_module(&p, out);
    if (out->failed)
        vm_text_nomem(&p);
    vm_text_parser_done(&p);
    return lexer->status;
}

pirn_status vm_text_parse_fields(vm_lexer *lexer, pirn_str name, vm_writer *out)
{
    return parse_marked_fields(lexer, name, NULL, out);
}

/* `(module $id? ...)` or its fields alone; with `is_outermost` the module may be strings. */
static pirn_status parse_whole(vm_lexer *lexer, vm_text_marks *marks, bool is_outermost, vm_writer *out)
{
    base_arena arena;
    base_arena_init(&arena, out->allocator);
    pirn_str name = {"", 0};
    bool is_wrapped = vm_lexer_opens(lexer, "module");
    if (is_wrapped) {
        lexer->token.annotated = false;
        vm_lexer_take_open(lexer, "module");
    }
    vm_token id = lexer->token;
    if (is_wrapped && vm_lexer_take_kind(lexer, VM_TOKEN_ID))
        name = vm_lexer_id(lexer, &id, &arena);
    bool is_quoted = is_wrapped && is_outermost && vm_text_parse_quoted(lexer, out);
    pirn_status status = is_quoted ? lexer->status : parse_marked_fields(lexer, name, marks, out);
    if (is_wrapped)
        vm_lexer_expect_close(lexer);
    if (!vm_lexer_failed(lexer) && lexer->token.kind != VM_TOKEN_END)
        vm_lexer_unexpected(lexer, "the end of the text");
    if (out->failed)
        vm_lexer_fail_at(lexer, &lexer->token.start, PIRN_NOMEM, "out of memory");
    base_arena_done(&arena);
    return status != PIRN_OK ? status : lexer->status;
}

pirn_status vm_text_parse_marked(vm_lexer *lexer, vm_text_marks *marks, vm_writer *out)
{
    return parse_whole(lexer, marks, true, out);
}

pirn_status vm_text_parse_unquoted(vm_lexer *lexer, vm_writer *out)
{
    return parse_whole(lexer, NULL, false, out);
}

pirn_status vm_text_parse_module(vm_lexer *lexer, vm_writer *out)
{
    return vm_text_parse_marked(lexer, NULL, out);
}

pirn_status pirn_text_parse(const char *text, size_t size, pirn_arena *arena, const uint8_t **bytes,
                            size_t *bytes_size, pirn_error *error)
{
    vm_lexer lexer;
    vm_writer out;
    vm_lexer_init(&lexer, (pirn_str){text, size}, vm_text_keeps_annotation, error);
    vm_writer_init(&out, arena->base.allocator);
    pirn_status status = vm_text_parse_module(&lexer, &out);
    if (status == PIRN_OK) {
        pirn_str copy = base_arena_copy(&arena->base, (pirn_str){(const char *)out.data, out.len});
        *bytes = (const uint8_t *)copy.data;
        *bytes_size = copy.len;
        status = copy.data != NULL ? PIRN_OK : base_nomem(error);
    }
    vm_writer_done(&out);
    return status;
}

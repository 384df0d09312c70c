/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions and constant expressions (spec 6.5). Instructions are printed flat, one a line, indented by the blocks around
 * them. The printer follows blocks only so far as it must to count labels: whether `else` is in an `if` is for validation
 * to say.
 */
#include "vm/binary/types.h"
#include "vm/text/parser.h"
#include "vm/text/printer.h"

/* ---- Labels ---------------------------------------------------------------------------------------------------- */

static bool closes_block(vm_opcode opcode)
{
    return opcode == VM_OP_END || opcode == VM_OP_DELEGATE;
}

/* ---- Constant expressions -------------------------------------------------------------------------------------- */

/* One instruction that is no block, and its `end`. */
static bool is_single(const vm_printer *p, vm_range expr)
{
    vm_reader r = vm_reader_part(&p->whole, expr);
    vm_instr first, second;
    return vm_instr_read(&r, p->module->features, &first) && !vm_text_is_block(first.opcode) &&
           vm_instr_read(&r, p->module->features, &second) && second.opcode == VM_OP_END && vm_reader_at_end(&r);
}

/* With a space before each; the last `end` is unsaid. */
static void print_instrs(vm_printer *p, vm_range expr)
{
    vm_reader r = vm_reader_part(&p->whole, expr);
    vm_instr instr;
    vm_print_push_label(p, false);
    while (vm_print_ok(p, &r) && vm_instr_read(&r, p->module->features, &instr)) {
        if (vm_text_is_block(instr.opcode))
            vm_print_push_label(p, false);
        if (closes_block(instr.opcode))
            vm_print_pop_label(p);
        if (p->labels.len == 0)
            return;
        vm_print(p, " ");
        vm_print_instr(p, &instr);
    }
}

void vm_print_expr(vm_printer *p, vm_range expr, const char *keyword)
{
    p->locals = NULL; /* there are none, nor labels */
    p->labels.len = 0;
    if (is_single(p, expr)) {
        vm_print(p, " (");
        vm_reader r = vm_reader_part(&p->whole, expr);
        vm_instr instr;
        if (vm_instr_read(&r, p->module->features, &instr))
            vm_print_instr(p, &instr);
        vm_print(p, ")");
        return;
    }
    if (keyword != NULL)
        vm_print(p, " (%s", keyword);
    print_instrs(p, expr);
    if (keyword != NULL)
        vm_print(p, ")");
}

/* ---- Functions ------------------------------------------------------------------------------------------------- */

static const vm_functype *type_of(const vm_printer *p, uint32_t func)
{
    static const vm_functype none = {.param_count = 0};
    uint32_t type = p->module->funcs.data[func].type;
    return type < p->module->types.len ? &p->module->types.data[type].func : &none;
}

/* How far a list of parameters or locals is. */
typedef struct local_list {
    const char *word;
    uint32_t next; /* index of the next one */
    bool is_begun;
    bool is_open; /* those without identifiers share one pair of parentheses */
} local_list;

static void print_local(vm_printer *p, local_list *list, vm_valtype type)
{
    bool has_id = p->locals != NULL && p->locals[list->next].is_id;
    if (has_id && list->is_open)
        vm_print(p, ")");
    if (list->is_begun)
        vm_print(p, " ");
    if (has_id || !list->is_open)
        vm_print(p, "(%s ", list->word);
    if (has_id)
        vm_print_id_before(p, &p->locals[list->next]);
    vm_print_valtype(p, type);
    if (has_id)
        vm_print(p, ")");
    list->next++;
    list->is_begun = true;
    list->is_open = !has_id;
}

static void print_signature(vm_printer *p, const vm_functype *type)
{
    local_list list = {.word = "param", .is_begun = true};
    for (uint32_t i = 0; i < type->param_count; i++)
        print_local(p, &list, type->params[i]);
    vm_print(p, list.is_open ? ")" : "");
    vm_print(p, type->result_count > 0 ? " (result" : "");
    for (uint32_t i = 0; i < type->result_count; i++) {
        vm_print(p, " ");
        vm_print_valtype(p, type->results[i]);
    }
    vm_print(p, type->result_count > 0 ? ")" : "");
}

/* The number of locals that a body declares. What a valid function cannot have is not printed. */
static uint32_t count_locals(vm_printer *p, vm_reader r)
{
    uint64_t total = 0;
    for (uint32_t runs = vm_reader_leb_u32(&r); runs > 0 && !vm_reader_failed(&r); runs--) {
        total += vm_reader_leb_u32(&r);
        vm_reader_valtype(&r, p->module->features);
    }
    if (vm_print_ok(p, &r) && total > VM_LIMIT_LOCALS)
        vm_print_fail(p, PIRN_LIMIT, "too many locals");
    return p->status == PIRN_OK ? (uint32_t)total : 0;
}

/* On a line of their own. */
static void print_declared_locals(vm_printer *p, vm_reader *r, uint32_t first)
{
    const uint8_t *at = r->pos;
    local_list list = {.word = "local", .next = first};
    for (uint32_t runs = vm_reader_leb_u32(r); runs > 0 && vm_print_ok(p, r); runs--) {
        uint32_t count = vm_reader_leb_u32(r);
        vm_valtype type = vm_reader_valtype(r, p->module->features);
        if (count > 0 && !list.is_begun)
            vm_print_line(p, at);
        for (; count > 0 && p->status == PIRN_OK; count--)
            print_local(p, &list, type);
    }
    vm_print(p, list.is_open ? ")" : "");
}

/* ---- Bodies ---------------------------------------------------------------------------------------------------- */

static void print_notes(vm_printer *p, uint64_t line_offset, uint64_t offset)
{
    const vm_print_notes *notes = p->options->notes;
    const char *line;
    while (notes != NULL && p->status == PIRN_OK && (line = notes->next(notes->data, offset)) != NULL) {
        vm_print_line_at(p, line_offset);
        vm_print_text(p, PIRN_STR("    ;; "));
        vm_print_text(p, pirn_str_of(line));
    }
}

static void begin_notes(vm_printer *p, uint32_t func)
{
    const vm_print_notes *notes = p->options->notes;
    if (notes != NULL && p->status == PIRN_OK)
        p->status = notes->begin(notes->data, func, p->error);
}

/* One instruction on its line, with the labels as they are behind it; false at the `end` of the function. */
static bool print_body_instr(vm_printer *p, uint32_t func, const vm_instr *instr)
{
    const uint8_t *body = p->module->funcs.data[func].body.start;
    uint64_t offset = vm_module_offset(p->module, instr->start);
    bool opens = vm_text_is_block(instr->opcode), closes = closes_block(instr->opcode);
    if (closes)
        vm_print_pop_label(p);
    bool is_last = p->labels.len == 0;
    bool divides = !closes && p->labels.len > 1 && vm_text_continues_block(instr->opcode);
    p->indent -= divides || (closes && !is_last);
    if (!is_last) {
        vm_print_hint(p, func, (uint32_t)(instr->start - body), instr->start);
        vm_print_line(p, instr->start);
    }
    if (opens)
        vm_print_push_label(p, true);
    if (!is_last)
        vm_print_instr(p, instr);
    p->indent += divides || opens;
    print_notes(p, offset, offset);
    return !is_last;
}

/* Up to the `end` that closes the function, which must be the end of its bytes, too. */
static void print_body(vm_printer *p, uint32_t func, vm_reader *r)
{
    vm_instr instr;
    p->labels.len = 0;
    vm_print_push_label(p, false);
    print_notes(p, vm_reader_offset(r), 0);
    while (vm_print_ok(p, r) && vm_instr_read(r, p->module->features, &instr)) {
        if (!print_body_instr(p, func, &instr))
            break;
    }
    if (vm_print_ok(p, r) && p->labels.len > 0)
        vm_reader_fail(r, PIRN_MALFORMED, "END opcode expected");
    else if (vm_print_ok(p, r) && !vm_reader_at_end(r))
        vm_reader_fail(r, PIRN_MALFORMED, "unexpected bytes behind the end of the function");
    vm_print_ok(p, r);
}

void vm_print_func(vm_printer *p, uint32_t func)
{
    const vm_func_decl *decl = &p->module->funcs.data[func];
    const vm_functype *type = type_of(p, func);
    vm_reader r = vm_reader_part(&p->whole, decl->body);
    vm_print_load_locals(p, func, type->param_count + count_locals(p, r));
    vm_print_line(p, decl->body.start);
    vm_print(p, "(func");
    vm_print_definition(p, VM_NAMES_FUNC, func);
    vm_print_typeuse(p, decl->type);
    print_signature(p, type);
    unsigned indent = p->indent++;
    print_declared_locals(p, &r, type->param_count);
    begin_notes(p, func);
    print_body(p, func, &r);
    p->indent = indent;
    if (p->options->notes != NULL)
        vm_print_line(p, decl->body.end); /* the last comment ends with its line */
    vm_print(p, ")");
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expressions (spec 6.5), flat and folded, with one stack for all that is open, so that text of any depth is read.
 *
 *   frame      opened by        holds bytes   inside                       closed by
 *   OPERANDS   (i32.add         i32.add       folded instructions          )   the held bytes come behind them
 *   FLAT       block            -             instructions                 end
 *   FOLDED     (block           -             instructions                 )   an `end` is written
 *   IF         (if              if type       condition, then, else        )   the held bytes come before `then`
 *   TRY        (try             -             do, catch, delegate          )   legacy exceptions
 *   CLAUSE     (then (do ...    -             instructions                 )
 *
 * Held bytes of all open frames lie one behind the other in p->held; code goes to p->code.
 */
#include "vm/text/parser.h"

enum frame_kind { OPERANDS, FLAT, FOLDED, IF, TRY, CLAUSE };

/* How far a folded `if` or `try` has come. */
enum { AT_START, BEHIND_THEN, BEHIND_ELSE, BEHIND_DO, BEHIND_CATCH, BEHIND_CATCH_ALL, BEHIND_DELEGATE };

static vm_text_frame *top(vm_text_parser *p)
{
    return &p->frames.data[p->frames.len - 1];
}

/* The lead of the instruction whose mnemonic it stands on; takes the hint of an annotation before it. */
static vm_text_lead take_lead(vm_text_parser *p)
{
    vm_text_lead lead = {p->lexer->token.start, p->has_hint, p->hint_value};
    p->has_hint = false;
    return lead;
}

/* The token that it stands on makes what comes next in the code. */
static void mark_here(vm_text_parser *p)
{
    vm_text_mark_place(p, &p->lexer->token.start);
}

static void push_frame(vm_text_parser *p, enum frame_kind kind, vm_opcode opcode, const vm_text_lead *lead)
{
    vm_text_frame frame = {.kind = (uint8_t)kind, .opcode = opcode, .held = p->held.len, .lead = *lead};
    if (!BASE_VEC_PUSH(&p->frames, p->allocator, frame))
        vm_text_nomem(p);
}

/* What was held since `at` becomes code. */
static void release(vm_text_parser *p, size_t at)
{
    if (p->held.failed)
        vm_text_nomem(p);
    else
        vm_writer_bytes(p->code, p->held.data + at, p->held.len - at);
    p->held.len = at;
}

/* ---- Blocks ---------------------------------------------------------------------------------------------------- */

bool vm_text_is_block(vm_opcode opcode)
{
    return opcode == VM_OP_BLOCK || opcode == VM_OP_LOOP || opcode == VM_OP_IF || opcode == VM_OP_TRY_TABLE ||
           opcode == VM_OP_TRY;
}

/* One catch clause, `(catch $tag $label)`, if it stands before one. */
static bool catch_clause(vm_text_parser *p, vm_writer *w)
{
    static const char *const words[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
    for (uint8_t kind = 0; kind < BASE_COUNT(words); kind++) {
        if (!vm_lexer_take_open(p->lexer, words[kind]))
            continue;
        bool has_tag = kind < 2;
        vm_writer_u8(w, kind);
        if (has_tag)
            vm_writer_leb_unsigned(w, vm_text_index(p, VM_SPACE_TAG));
        vm_writer_leb_unsigned(w, vm_text_index(p, VM_SPACE_LABEL));
        vm_lexer_expect_close(p->lexer);
        return true;
    }
    return false;
}

void vm_text_catches(vm_text_parser *p, vm_writer *w)
{
    size_t at = w->len;
    uint32_t count = 0;
    while (catch_clause(p, w))
        count++;
    vm_writer_insert_leb(w, at, count);
}

/* The label and the type of a block whose word was taken; catch clauses are outside of its own label. */
static vm_token begin_block(vm_text_parser *p, vm_opcode opcode, vm_writer *w)
{
    vm_token id = p->lexer->token;
    vm_lexer_take_kind(p->lexer, VM_TOKEN_ID);
    vm_text_plain_instr(p, opcode, w);
    return id;
}

static void push_label(vm_text_parser *p, const vm_token *id)
{
    vm_text_push_label(p, id->kind == VM_TOKEN_ID ? id : NULL);
}

static void end_block(vm_text_parser *p)
{
    vm_text_write_opcode(p->code, VM_OP_END);
    vm_text_pop_label(p);
    p->frames.len--;
}

/* ---- Flat instructions ----------------------------------------------------------------------------------------- */

/* `else`, `catch` and `catch_all` continue the flat block that is open; `delegate` and `end` close it. */
static void continue_block(vm_text_parser *p, vm_opcode opcode, size_t base)
{
    vm_text_frame *frame = p->frames.len > base ? top(p) : NULL;
    vm_opcode block = frame != NULL && frame->kind == FLAT ? frame->opcode : VM_OP_COUNT;
    bool fits = opcode == VM_OP_ELSE  ? block == VM_OP_IF && frame->state == AT_START
                : opcode == VM_OP_END ? block != VM_OP_COUNT
                                      : block == VM_OP_TRY && frame->state != BEHIND_CATCH_ALL;
    fits = fits && (opcode != VM_OP_DELEGATE || frame->state == AT_START);
    if (!fits) {
        vm_lexer_unexpected(p->lexer, block == VM_OP_COUNT ? "an instruction or )" : "an instruction or end");
        return;
    }
    mark_here(p);
    vm_lexer_advance(p->lexer);
    if (opcode == VM_OP_END) {
        vm_text_check_label(p);
        end_block(p);
        return;
    }
    if (opcode == VM_OP_DELEGATE) {
        vm_text_pop_label(p);
        p->frames.len--;
        vm_text_plain_instr(p, opcode, p->code);
        return;
    }
    frame->state = opcode == VM_OP_ELSE ? BEHIND_ELSE : opcode == VM_OP_CATCH ? BEHIND_CATCH : BEHIND_CATCH_ALL;
    if (opcode == VM_OP_ELSE)
        vm_text_check_label(p);
    vm_text_plain_instr(p, opcode, p->code);
}

bool vm_text_continues_block(vm_opcode opcode)
{
    return opcode == VM_OP_ELSE || opcode == VM_OP_END || opcode == VM_OP_CATCH || opcode == VM_OP_CATCH_ALL ||
           opcode == VM_OP_DELEGATE;
}

/* The opcode of the mnemonic that it stands on, VM_OP_COUNT after a failure. */
static vm_opcode opcode_here(vm_text_parser *p)
{
    vm_opcode opcode = VM_OP_COUNT;
    if (p->lexer->token.kind == VM_TOKEN_KEYWORD)
        opcode = vm_text_opcode(p, p->lexer->token.text);
    if (opcode == VM_OP_COUNT)
        vm_lexer_unexpected(p->lexer, "an instruction");
    return opcode;
}

static void flat_instr(vm_text_parser *p, size_t base)
{
    vm_opcode opcode = opcode_here(p);
    if (opcode == VM_OP_COUNT)
        return;
    if (vm_text_continues_block(opcode)) {
        continue_block(p, opcode, base);
        return;
    }
    vm_text_lead lead = take_lead(p);
    vm_lexer_advance(p->lexer);
    vm_text_begin_instr(p, &lead);
    if (vm_text_is_block(opcode)) {
        vm_token id = begin_block(p, opcode, p->code);
        push_label(p, &id);
        push_frame(p, FLAT, opcode, &lead);
    } else {
        vm_text_plain_instr(p, opcode, p->code);
    }
}

/* ---- Folded instructions --------------------------------------------------------------------------------------- */

/* Behind the open parenthesis of an instruction. */
static void open_folded(vm_text_parser *p)
{
    vm_opcode opcode = opcode_here(p);
    if (opcode == VM_OP_COUNT)
        return;
    if (vm_text_continues_block(opcode)) {
        vm_lexer_unexpected(p->lexer, "an instruction");
        return;
    }
    vm_text_lead lead = take_lead(p);
    vm_lexer_advance(p->lexer);
    if (!vm_text_is_block(opcode)) {
        push_frame(p, OPERANDS, opcode, &lead);
        vm_text_plain_instr(p, opcode, &p->held);
        return;
    }
    if (opcode == VM_OP_IF) {
        push_frame(p, IF, opcode, &lead);
        vm_token id = begin_block(p, opcode, &p->held);
        if (!vm_lexer_failed(p->lexer))
            top(p)->label = id;
        return;
    }
    vm_text_begin_instr(p, &lead);
    vm_token id = begin_block(p, opcode, p->code);
    push_label(p, &id);
    push_frame(p, opcode == VM_OP_TRY ? TRY : FOLDED, opcode, &lead);
}

static void push_clause(vm_text_parser *p)
{
    vm_text_lead none = {.has_hint = false};
    push_frame(p, CLAUSE, VM_OP_COUNT, &none);
}

/* `(then` and `(else` of a folded if; all before `then` is its condition. */
static bool open_branch(vm_text_parser *p)
{
    vm_text_frame *frame = top(p);
    vm_place place = p->lexer->token.start;
    if (frame->state == AT_START && vm_lexer_take_open(p->lexer, "then")) {
        vm_text_begin_instr(p, &frame->lead);
        release(p, frame->held);
        push_label(p, &frame->label);
        frame->state = BEHIND_THEN;
    } else if (frame->state == BEHIND_THEN && vm_lexer_take_open(p->lexer, "else")) {
        vm_text_mark_place(p, &place);
        vm_text_write_opcode(p->code, VM_OP_ELSE);
        frame->state = BEHIND_ELSE;
    } else {
        return false;
    }
    push_clause(p);
    return true;
}

/* `(do`, `(catch`, `(catch_all` and `(delegate` of a folded try. */
static void open_clause(vm_text_parser *p)
{
    vm_text_frame *frame = top(p);
    mark_here(p);
    bool may_catch = frame->state == BEHIND_DO || frame->state == BEHIND_CATCH;
    if (frame->state == AT_START && vm_lexer_take_open(p->lexer, "do")) {
        frame->state = BEHIND_DO;
    } else if (may_catch && vm_lexer_take_open(p->lexer, "catch")) {
        vm_text_plain_instr(p, VM_OP_CATCH, p->code);
        frame->state = BEHIND_CATCH;
    } else if (may_catch && vm_lexer_take_open(p->lexer, "catch_all")) {
        vm_text_plain_instr(p, VM_OP_CATCH_ALL, p->code);
        frame->state = BEHIND_CATCH_ALL;
    } else if (frame->state == BEHIND_DO && vm_lexer_take_open(p->lexer, "delegate")) {
        vm_text_pop_label(p);
        vm_text_plain_instr(p, VM_OP_DELEGATE, p->code);
        vm_lexer_expect_close(p->lexer);
        frame->state = BEHIND_DELEGATE;
        return;
    } else {
        vm_lexer_advance(p->lexer);
        vm_lexer_unexpected(p->lexer, "do, catch, catch_all or delegate");
        return;
    }
    push_clause(p);
}

static void open_paren(vm_text_parser *p, size_t base)
{
    enum frame_kind kind = p->frames.len > base ? top(p)->kind : CLAUSE;
    if (kind == TRY) {
        open_clause(p);
        return;
    }
    if (kind == IF && open_branch(p))
        return;
    vm_lexer_advance(p->lexer);
    if (kind == IF && top(p)->state != AT_START)
        vm_lexer_unexpected(p->lexer, ")");
    else
        open_folded(p);
}

static void close_paren(vm_text_parser *p)
{
    vm_text_frame *frame = top(p);
    bool is_complete = frame->kind != FLAT && (frame->kind != IF || frame->state != AT_START) &&
                       (frame->kind != TRY || frame->state != AT_START);
    if (!is_complete) {
        vm_lexer_unexpected(p->lexer, frame->kind == FLAT ? "end" : frame->kind == IF ? "then" : "do");
        return;
    }
    vm_place place = p->lexer->token.start;
    vm_lexer_advance(p->lexer);
    if (frame->kind == OPERANDS) {
        vm_text_begin_instr(p, &frame->lead);
        release(p, frame->held);
        p->frames.len--;
    } else if (frame->kind == CLAUSE || (frame->kind == TRY && frame->state == BEHIND_DELEGATE)) {
        p->frames.len--;
    } else {
        vm_text_mark_place(p, &place);
        end_block(p);
    }
}

/* ---- Expressions ----------------------------------------------------------------------------------------------- */

static bool takes_flat_instrs(const vm_text_parser *p, size_t base)
{
    enum frame_kind kind = p->frames.len > base ? p->frames.data[p->frames.len - 1].kind : CLAUSE;
    return kind == FLAT || kind == FOLDED || kind == CLAUSE;
}

/* Instructions up to a closing parenthesis that is not theirs; with `only_one`, one folded instruction. */
static void instructions(vm_text_parser *p, bool only_one)
{
    size_t base = p->frames.len;
    for (; !vm_lexer_failed(p->lexer); vm_text_no_hint_waits(p)) {
        vm_token_kind kind = p->lexer->token.kind;
        vm_text_instr_annotations(p);
        if (kind == VM_TOKEN_OPEN)
            open_paren(p, base);
        else if (kind == VM_TOKEN_CLOSE && p->frames.len == base)
            break;
        else if (kind == VM_TOKEN_CLOSE)
            close_paren(p);
        else if (takes_flat_instrs(p, base))
            flat_instr(p, base);
        else
            vm_lexer_unexpected(p->lexer, "( or )");
        if (only_one && p->frames.len == base)
            break;
        if (p->code->failed || p->held.failed)
            vm_text_nomem(p);
    }
    vm_text_no_hint_waits(p);
}

/* An expression has a label of its own, and its code goes to `w`. */
static void expression(vm_text_parser *p, vm_writer *w, bool only_one)
{
    vm_writer *outer = p->code;
    p->code = w;
    p->label_ordinal = 0;
    p->label_names.len = 0;
    vm_text_push_label(p, NULL);
    p->label_ordinal = 0;
    if (only_one && p->lexer->token.kind != VM_TOKEN_OPEN)
        vm_lexer_unexpected(p->lexer, "(");
    instructions(p, only_one);
    vm_text_pop_label(p);
    mark_here(p);
    vm_text_write_opcode(w, VM_OP_END);
    p->code = outer;
}

void vm_text_expr(vm_text_parser *p, vm_writer *w)
{
    expression(p, w, false);
}

void vm_text_wrapped_expr(vm_text_parser *p, const char *keyword, vm_writer *w)
{
    bool is_wrapped = vm_lexer_take_open(p->lexer, keyword);
    expression(p, w, !is_wrapped);
    if (is_wrapped)
        vm_lexer_expect_close(p->lexer);
}

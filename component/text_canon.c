/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical definitions of component text: lift and lower with their options, and the built-ins, by a table of what each
 * says behind its name (Explainer "Canonical Definitions"). */
#include "component/text_parse.h"
#include "component/text_words.h"
#include <string.h>

/*
 * What is said behind the names of canonical definitions, a letter each: f: what is lowered, r: a type, o: options, v: a
 * result, t: a core number type, n: a number, a: `async`, c: `cancellable`, h: `shared`, m: a core memory, k: a core type,
 * b: a core table.
 */
static const struct form {
    cm_canon_kind kind;
    const char *operands;
} forms[] = {
    {CM_CANON_LOWER, "fo"},
    {CM_CANON_RESOURCE_NEW, "r"},
    {CM_CANON_RESOURCE_DROP, "r"},
    {CM_CANON_RESOURCE_REP, "r"},
    {CM_CANON_TASK_CANCEL, ""},
    {CM_CANON_SUBTASK_CANCEL, "a"},
    {CM_CANON_TASK_RETURN, "vo"},
    {CM_CANON_CONTEXT_GET, "tn"},
    {CM_CANON_CONTEXT_SET, "tn"},
    {CM_CANON_THREAD_YIELD, "c"},
    {CM_CANON_SUBTASK_DROP, ""},
    {CM_CANON_STREAM_NEW, "r"},
    {CM_CANON_STREAM_READ, "ro"},
    {CM_CANON_STREAM_WRITE, "ro"},
    {CM_CANON_STREAM_CANCEL_READ, "ra"},
    {CM_CANON_STREAM_CANCEL_WRITE, "ra"},
    {CM_CANON_STREAM_DROP_READABLE, "r"},
    {CM_CANON_STREAM_DROP_WRITABLE, "r"},
    {CM_CANON_FUTURE_NEW, "r"},
    {CM_CANON_FUTURE_READ, "ro"},
    {CM_CANON_FUTURE_WRITE, "ro"},
    {CM_CANON_FUTURE_CANCEL_READ, "ra"},
    {CM_CANON_FUTURE_CANCEL_WRITE, "ra"},
    {CM_CANON_FUTURE_DROP_READABLE, "r"},
    {CM_CANON_FUTURE_DROP_WRITABLE, "r"},
    {CM_CANON_ERROR_CONTEXT_NEW, "o"},
    {CM_CANON_ERROR_CONTEXT_DEBUG_MESSAGE, "o"},
    {CM_CANON_ERROR_CONTEXT_DROP, ""},
    {CM_CANON_WAITABLE_SET_NEW, ""},
    {CM_CANON_WAITABLE_SET_WAIT, "cm"},
    {CM_CANON_WAITABLE_SET_POLL, "cm"},
    {CM_CANON_WAITABLE_SET_DROP, ""},
    {CM_CANON_WAITABLE_JOIN, ""},
    {CM_CANON_BACKPRESSURE_INC, ""},
    {CM_CANON_BACKPRESSURE_DEC, ""},
    {CM_CANON_THREAD_INDEX, ""},
    {CM_CANON_THREAD_NEW_INDIRECT, "kb"},
    {CM_CANON_THREAD_RESUME_LATER, ""},
    {CM_CANON_THREAD_SUSPEND, "c"},
    {CM_CANON_THREAD_SUSPEND_THEN_RESUME, "c"},
    {CM_CANON_THREAD_YIELD_THEN_RESUME, "c"},
    {CM_CANON_THREAD_SUSPEND_THEN_PROMOTE, "c"},
    {CM_CANON_THREAD_YIELD_THEN_PROMOTE, "c"},
    {CM_CANON_THREAD_SPAWN_REF, "hk"},
    {CM_CANON_THREAD_SPAWN_INDIRECT, "hkb"},
    {CM_CANON_THREAD_AVAILABLE_PARALLELISM, "h"},
};

const char *cm_text_canon_word(cm_canon_kind kind)
{
    switch (kind) {
#define CANON_CASE(code, name, text, ...) \
    case name:                            \
        return text;
        CM_CANONS(CANON_CASE)
#undef CANON_CASE
    }
    return NULL;
}

const char *cm_text_canon_operands(cm_canon_kind kind)
{
    for (size_t i = 0; i < BASE_COUNT(forms); i++) {
        if (forms[i].kind == kind)
            return forms[i].operands;
    }
    return NULL;
}

/* ---- Options --------------------------------------------------------------------------------------------------- */

enum { OPTION_MEMORY = 0x03 };

/* By code. */
const cm_text_option cm_text_options[] = {
    {"string-encoding=utf8", false},
    {"string-encoding=utf16", false},
    {"string-encoding=latin1+utf16", false},
    {"memory", true},
    {"realloc", true},
    {"post-return", true},
    {"async", false},
    {"callback", true},
};
const size_t cm_text_option_count = BASE_COUNT(cm_text_options);

cm_sort cm_text_option_sort(size_t code)
{
    return code == OPTION_MEMORY ? CM_CORE_MEMORY : CM_CORE_FUNC;
}

static bool take_option(cm_text_parser *p)
{
    for (size_t i = 0; i < BASE_COUNT(cm_text_options); i++) {
        const cm_text_option *option = &cm_text_options[i];
        if (option->has_index ? !vm_lexer_take_open(p->lexer, option->word) : !vm_lexer_take(p->lexer, option->word))
            continue;
        uint32_t index = option->has_index ? cm_text_index(p, cm_text_option_sort(i), false) : 0;
        vm_writer_u8(&p->scratch, (uint8_t)i);
        if (!option->has_index)
            return true;
        vm_writer_leb_unsigned(&p->scratch, index);
        cm_text_expect_close(p);
        return true;
    }
    return false;
}

static void read_options(cm_text_parser *p)
{
    size_t at = p->scratch.len;
    uint32_t count = 0;
    while (take_option(p))
        count++;
    vm_writer_insert_leb(&p->scratch, at, count);
}

/* ---- What built-ins say ---------------------------------------------------------------------------------------- */

static void write_index(cm_text_parser *p, cm_sort sort)
{
    uint32_t index = cm_text_index(p, sort, false);
    vm_writer_leb_unsigned(&p->scratch, index);
}

static void write_lowered(cm_text_parser *p)
{
    uint32_t func = cm_text_index_with_sort(p, CM_FUNC);
    vm_writer_u8(&p->scratch, 0x00);
    vm_writer_leb_unsigned(&p->scratch, func);
}

static void write_number_type(cm_text_parser *p)
{
    size_t i = 0;
    while (i < BASE_COUNT(cm_text_number_types) && !vm_lexer_take(p->lexer, cm_text_number_types[i]))
        i++;
    if (i == BASE_COUNT(cm_text_number_types))
        cm_text_unexpected(p, "a core number type");
    vm_writer_u8(&p->scratch, (uint8_t)(CM_TEXT_NUMBER_TYPE - i));
}

static void write_memory(cm_text_parser *p)
{
    cm_text_expect_open(p, "memory");
    write_index(p, CM_CORE_MEMORY);
    cm_text_expect_close(p);
}

static void read_operand(cm_text_parser *p, char letter)
{
    switch (letter) {
    case 'f':
        write_lowered(p);
        break;
    case 'r':
        write_index(p, CM_TYPE);
        break;
    case 'k':
        write_index(p, CM_CORE_TYPE);
        break;
    case 'b':
        write_index(p, CM_CORE_TABLE);
        break;
    case 'm':
        write_memory(p);
        break;
    case 'o':
        read_options(p);
        break;
    case 'v':
        cm_text_result(p);
        break;
    case 't':
        write_number_type(p);
        break;
    case 'n':
        vm_writer_leb_unsigned(&p->scratch, cm_text_u32(p));
        break;
    default:
        vm_writer_u8(&p->scratch, vm_lexer_take(p->lexer, cm_text_canon_flag(letter)));
    }
}

const char *cm_text_canon_flag(char letter)
{
    return letter == 'a' ? "async" : letter == 'c' ? "cancellable" : "shared";
}

/* ---- Definitions ----------------------------------------------------------------------------------------------- */

/* Everything but lift, behind `(canon`: written. */
static void built_in(cm_text_parser *p)
{
    for (size_t i = 0; i < BASE_COUNT(forms); i++) {
        if (!vm_lexer_take(p->lexer, cm_text_canon_word(forms[i].kind)))
            continue;
        vm_writer_u8(&p->scratch, (uint8_t)forms[i].kind);
        for (const char *letter = forms[i].operands; *letter != '\0'; letter++)
            read_operand(p, *letter);
        return;
    }
    cm_text_unexpected(p, "lift, lower or the name of a built-in");
}

/* Of a lift, behind its name: written, but for the type at the end. */
static void lift(cm_text_parser *p)
{
    uint32_t func = cm_text_index_with_sort(p, CM_CORE_FUNC);
    vm_writer_u8(&p->scratch, CM_CANON_LIFT);
    vm_writer_u8(&p->scratch, 0x00);
    vm_writer_leb_unsigned(&p->scratch, func);
    read_options(p);
}

static void canon_lift(cm_text_parser *p)
{
    size_t mark = p->scratch.len;
    lift(p);
    cm_text_expect_open(p, "func");
    cm_text_id id = cm_text_take_id(p);
    uint32_t type = cm_text_functype_use(p);
    vm_writer_leb_unsigned(&p->scratch, type);
    cm_text_expect_close(p);
    cm_text_put(p, CM_SECTION_CANON, mark);
    cm_text_declare(p, CM_FUNC, &id);
}

static void canon_core(cm_text_parser *p)
{
    size_t mark = p->scratch.len;
    built_in(p);
    cm_text_expect_open(p, "core");
    cm_text_expect(p, "func");
    cm_text_id id = cm_text_take_id(p);
    cm_text_expect_close(p);
    cm_text_put(p, CM_SECTION_CANON, mark);
    cm_text_declare(p, CM_CORE_FUNC, &id);
}

void cm_text_canon(cm_text_parser *p)
{
    if (vm_lexer_take(p->lexer, cm_text_canon_word(CM_CANON_LIFT)))
        canon_lift(p);
    else
        canon_core(p);
    cm_text_expect_close(p);
}

void cm_text_inverted_canon(cm_text_parser *p)
{
    cm_text_id id = cm_text_take_id(p);
    if (!cm_text_inverted_alias(p, CM_CORE_FUNC, &id, p->scope->exports.len)) {
        size_t mark = p->scratch.len;
        if (!vm_lexer_take_open(p->lexer, "canon"))
            cm_text_unexpected(p, "(canon or (alias");
        built_in(p);
        cm_text_expect_close(p);
        cm_text_put(p, CM_SECTION_CANON, mark);
        cm_text_declare(p, CM_CORE_FUNC, &id);
    }
    cm_text_expect_close(p);
}

void cm_text_inverted_lift(cm_text_parser *p, uint32_t type)
{
    size_t mark = p->scratch.len;
    if (!vm_lexer_take_open(p->lexer, "canon"))
        cm_text_unexpected(p, "(canon lift");
    cm_text_expect(p, cm_text_canon_word(CM_CANON_LIFT));
    lift(p);
    vm_writer_leb_unsigned(&p->scratch, type);
    cm_text_expect_close(p);
    cm_text_put(p, CM_SECTION_CANON, mark);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical definitions of component text: lift and lower with their options, and the built-ins, by a table of what each
 * says behind its name (Explainer "Canonical Definitions"). */
#include "component/text_parse.h"
#include <string.h>

typedef void read_function(cm_text_parser *p);
static read_function read_nothing, read_lower, read_type, read_type_options, read_type_async, read_async,
    read_options, read_result_options, read_context, read_cancel, read_cancel_memory, read_core_type,
    read_core_type_table, read_shared, read_shared_core_type, read_shared_core_type_table;

/* What is said behind the names of canonical definitions, but lift. */
static const struct form {
    cm_canon_kind kind;
    read_function *read;
} forms[] = {
    {CM_CANON_LOWER, read_lower},
    {CM_CANON_RESOURCE_NEW, read_type},
    {CM_CANON_RESOURCE_DROP, read_type},
    {CM_CANON_RESOURCE_REP, read_type},
    {CM_CANON_TASK_CANCEL, read_nothing},
    {CM_CANON_SUBTASK_CANCEL, read_async},
    {CM_CANON_TASK_RETURN, read_result_options},
    {CM_CANON_CONTEXT_GET, read_context},
    {CM_CANON_CONTEXT_SET, read_context},
    {CM_CANON_THREAD_YIELD, read_cancel},
    {CM_CANON_SUBTASK_DROP, read_nothing},
    {CM_CANON_STREAM_NEW, read_type},
    {CM_CANON_STREAM_READ, read_type_options},
    {CM_CANON_STREAM_WRITE, read_type_options},
    {CM_CANON_STREAM_CANCEL_READ, read_type_async},
    {CM_CANON_STREAM_CANCEL_WRITE, read_type_async},
    {CM_CANON_STREAM_DROP_READABLE, read_type},
    {CM_CANON_STREAM_DROP_WRITABLE, read_type},
    {CM_CANON_FUTURE_NEW, read_type},
    {CM_CANON_FUTURE_READ, read_type_options},
    {CM_CANON_FUTURE_WRITE, read_type_options},
    {CM_CANON_FUTURE_CANCEL_READ, read_type_async},
    {CM_CANON_FUTURE_CANCEL_WRITE, read_type_async},
    {CM_CANON_FUTURE_DROP_READABLE, read_type},
    {CM_CANON_FUTURE_DROP_WRITABLE, read_type},
    {CM_CANON_ERROR_CONTEXT_NEW, read_options},
    {CM_CANON_ERROR_CONTEXT_DEBUG_MESSAGE, read_options},
    {CM_CANON_ERROR_CONTEXT_DROP, read_nothing},
    {CM_CANON_WAITABLE_SET_NEW, read_nothing},
    {CM_CANON_WAITABLE_SET_WAIT, read_cancel_memory},
    {CM_CANON_WAITABLE_SET_POLL, read_cancel_memory},
    {CM_CANON_WAITABLE_SET_DROP, read_nothing},
    {CM_CANON_WAITABLE_JOIN, read_nothing},
    {CM_CANON_BACKPRESSURE_INC, read_nothing},
    {CM_CANON_BACKPRESSURE_DEC, read_nothing},
    {CM_CANON_THREAD_INDEX, read_nothing},
    {CM_CANON_THREAD_NEW_INDIRECT, read_core_type_table},
    {CM_CANON_THREAD_RESUME_LATER, read_nothing},
    {CM_CANON_THREAD_SUSPEND, read_cancel},
    {CM_CANON_THREAD_SUSPEND_THEN_RESUME, read_cancel},
    {CM_CANON_THREAD_YIELD_THEN_RESUME, read_cancel},
    {CM_CANON_THREAD_SUSPEND_THEN_PROMOTE, read_cancel},
    {CM_CANON_THREAD_YIELD_THEN_PROMOTE, read_cancel},
    {CM_CANON_THREAD_SPAWN_REF, read_shared_core_type},
    {CM_CANON_THREAD_SPAWN_INDIRECT, read_shared_core_type_table},
    {CM_CANON_THREAD_AVAILABLE_PARALLELISM, read_shared},
};

static const char *canon_word(cm_canon_kind kind)
{
    switch (kind) {
#define CANON_CASE(code, name, text, ...) \
    case name:                            \
        return text;
        CM_CANONS(CANON_CASE)
#undef CANON_CASE
    }
    return "";
}

/* ---- Options --------------------------------------------------------------------------------------------------- */

enum {
    OPTION_MEMORY = 0x03,
    OPTION_REALLOC = 0x04,
    OPTION_POST_RETURN = 0x05,
    OPTION_ASYNC = 0x06,
    OPTION_CALLBACK = 0x07
};

/* Columns: word, code. */
static const struct {
    const char *word;
    uint8_t code;
} plain_options[] =
    {
        {"string-encoding=utf8", 0x00},
        {"string-encoding=utf16", 0x01},
        {"string-encoding=latin1+utf16", 0x02},
        {"async", OPTION_ASYNC},
},
  index_options[] = {
      {"memory", OPTION_MEMORY},
      {"realloc", OPTION_REALLOC},
      {"post-return", OPTION_POST_RETURN},
      {"callback", OPTION_CALLBACK},
};

static bool take_option(cm_text_parser *p)
{
    for (size_t i = 0; i < BASE_COUNT(plain_options); i++) {
        if (vm_lexer_take(p->lexer, plain_options[i].word)) {
            vm_writer_u8(&p->scratch, plain_options[i].code);
            return true;
        }
    }
    for (size_t i = 0; i < BASE_COUNT(index_options); i++) {
        if (!vm_lexer_take_open(p->lexer, index_options[i].word))
            continue;
        uint8_t code = index_options[i].code;
        uint32_t index = cm_text_index(p, code == OPTION_MEMORY ? CM_CORE_MEMORY : CM_CORE_FUNC, false);
        vm_writer_u8(&p->scratch, code);
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

static void write_flag(cm_text_parser *p, const char *word)
{
    vm_writer_u8(&p->scratch, vm_lexer_take(p->lexer, word));
}

static void write_index(cm_text_parser *p, cm_sort sort)
{
    uint32_t index = cm_text_index(p, sort, false);
    vm_writer_leb_unsigned(&p->scratch, index);
}

static void read_nothing(cm_text_parser *p)
{
    (void)p;
}

static void read_lower(cm_text_parser *p)
{
    uint32_t func = cm_text_index_with_sort(p, CM_FUNC);
    vm_writer_u8(&p->scratch, 0x00);
    vm_writer_leb_unsigned(&p->scratch, func);
    read_options(p);
}

static void read_type(cm_text_parser *p)
{
    write_index(p, CM_TYPE);
}

static void read_type_options(cm_text_parser *p)
{
    write_index(p, CM_TYPE);
    read_options(p);
}

static void read_type_async(cm_text_parser *p)
{
    write_index(p, CM_TYPE);
    write_flag(p, "async");
}

static void read_async(cm_text_parser *p)
{
    write_flag(p, "async");
}

static void read_result_options(cm_text_parser *p)
{
    cm_text_result(p);
    read_options(p);
}

static void read_context(cm_text_parser *p)
{
    static const struct {
        const char *word;
        uint8_t code;
    } types[] = {{"i32", 0x7F}, {"i64", 0x7E}, {"f32", 0x7D}, {"f64", 0x7C}, {"v128", 0x7B}};
    size_t i = 0;
    while (i < BASE_COUNT(types) && !vm_lexer_take(p->lexer, types[i].word))
        i++;
    if (i == BASE_COUNT(types))
        cm_text_unexpected(p, "a core number type");
    else
        vm_writer_u8(&p->scratch, types[i].code);
    vm_writer_leb_unsigned(&p->scratch, cm_text_u32(p));
}

static void read_cancel(cm_text_parser *p)
{
    write_flag(p, "cancellable");
}

static void read_cancel_memory(cm_text_parser *p)
{
    read_cancel(p);
    cm_text_expect_open(p, "memory");
    write_index(p, CM_CORE_MEMORY);
    cm_text_expect_close(p);
}

static void read_core_type(cm_text_parser *p)
{
    write_index(p, CM_CORE_TYPE);
}

static void read_core_type_table(cm_text_parser *p)
{
    write_index(p, CM_CORE_TYPE);
    write_index(p, CM_CORE_TABLE);
}

static void read_shared(cm_text_parser *p)
{
    write_flag(p, "shared");
}

static void read_shared_core_type(cm_text_parser *p)
{
    read_shared(p);
    read_core_type(p);
}

static void read_shared_core_type_table(cm_text_parser *p)
{
    read_shared(p);
    read_core_type_table(p);
}

/* ---- Definitions ----------------------------------------------------------------------------------------------- */

/* Everything but lift, behind `(canon`: written. */
static void built_in(cm_text_parser *p)
{
    for (size_t i = 0; i < BASE_COUNT(forms); i++) {
        if (vm_lexer_take(p->lexer, canon_word(forms[i].kind))) {
            vm_writer_u8(&p->scratch, (uint8_t)forms[i].kind);
            forms[i].read(p);
            return;
        }
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
    if (vm_lexer_take(p->lexer, canon_word(CM_CANON_LIFT)))
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
    cm_text_expect(p, canon_word(CM_CANON_LIFT));
    lift(p);
    vm_writer_leb_unsigned(&p->scratch, type);
    cm_text_expect_close(p);
    cm_text_put(p, CM_SECTION_CANON, mark);
}

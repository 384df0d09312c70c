/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading commands. Every kind of command is a row of `forms`: its word, the function that reads what follows, and
 * what an assertion expects. The lexer fails once and for all; so that one bad command does not end a script, its
 * state at the command's start is kept, and from there the command is passed over.
 */
#include "conformance/script.h"
#include <string.h>

/* Threads in threads, `either` in `either`. */
enum { MAX_DEPTH = 32 };

typedef void read_function(wast_reader *r, wast_command *out);
static read_function read_module_command, read_register, read_action_command, read_assert_return, read_assert,
    read_assert_custom, read_thread, read_wait, read_component_command;

/* Columns: word, what reads it, the status that an assertion is about. */
static const struct form {
    const char *word;
    read_function *read;
    wast_command_kind kind;
    pirn_status status;
} forms[] = {
    {"module", read_module_command, WAST_MODULE, PIRN_OK},
    {"component", read_component_command, WAST_MODULE, PIRN_OK},
    {"register", read_register, WAST_REGISTER, PIRN_OK},
    {"invoke", read_action_command, WAST_ACTION, PIRN_OK},
    {"get", read_action_command, WAST_ACTION, PIRN_OK},
    {"assert_return", read_assert_return, WAST_ASSERT_RETURN, PIRN_OK},
    {"assert_trap", read_assert, WAST_ASSERT_ACTION, PIRN_TRAP},
    {"assert_exhaustion", read_assert, WAST_ASSERT_ACTION, PIRN_EXHAUSTED},
    {"assert_exception", read_assert, WAST_ASSERT_ACTION, PIRN_TRAP},
    {"assert_suspension", read_assert, WAST_ASSERT_ACTION, PIRN_TRAP},
    {"assert_malformed", read_assert, WAST_ASSERT_MODULE, PIRN_MALFORMED},
    {"assert_invalid", read_assert, WAST_ASSERT_MODULE, PIRN_INVALID},
    {"assert_unlinkable", read_assert, WAST_ASSERT_MODULE, PIRN_UNLINKABLE},
    {"assert_malformed_custom", read_assert_custom, WAST_ASSERT_MODULE, PIRN_MALFORMED},
    {"assert_invalid_custom", read_assert_custom, WAST_ASSERT_MODULE, PIRN_INVALID},
    {"thread", read_thread, WAST_THREAD, PIRN_OK},
    {"wait", read_wait, WAST_WAIT, PIRN_OK},
};

/* The module fields that may stand for themselves. */
static const char *const fields[] = {
    "type", "rec", "import", "func", "table", "memory", "global", "tag", "export", "start", "elem", "data",
};

static pirn_str take_id(wast_reader *r)
{
    vm_token token = r->lexer.token;
    if (token.kind != VM_TOKEN_ID)
        return (pirn_str){"", 0};
    vm_lexer_advance(&r->lexer);
    return vm_lexer_id(&r->lexer, &token, r->arena);
}

static pirn_str expect_id(wast_reader *r)
{
    if (r->lexer.token.kind != VM_TOKEN_ID)
        vm_lexer_unexpected(&r->lexer, "an identifier");
    return take_id(r);
}

pirn_str wast_read_string(wast_reader *r)
{
    vm_token token = r->lexer.token;
    if (token.kind != VM_TOKEN_STRING) {
        vm_lexer_unexpected(&r->lexer, "a string");
        return (pirn_str){"", 0};
    }
    vm_lexer_advance(&r->lexer);
    return vm_lexer_bytes(&r->lexer, &token, r->arena);
}

/* ---- Modules --------------------------------------------------------------------------------------------------- */

/* All strings up to the parenthesis, joined; `between` stands between them. */
static pirn_str read_strings(wast_reader *r, const char *between)
{
    BASE_VEC(char) joined = {0};
    const pirn_allocator *allocator = r->arena->allocator;
    bool room = true;
    while (room && r->lexer.token.kind == VM_TOKEN_STRING) {
        pirn_str part = wast_read_string(r);
        if (vm_lexer_failed(&r->lexer))
            break;
        size_t gap = strlen(between);
        room = BASE_VEC_RESERVE(&joined, allocator, part.len + gap + 1);
        if (room) {
            memcpy(joined.data + joined.len, part.data, part.len);
            memcpy(joined.data + joined.len + part.len, between, gap);
            joined.len += part.len + gap;
        }
    }
    pirn_str all = base_arena_copy(r->arena, (pirn_str){joined.len > 0 ? joined.data : "", joined.len});
    BASE_VEC_DONE(&joined, allocator);
    if (!room || all.data == NULL)
        vm_lexer_fail_at(&r->lexer, &r->lexer.token.start, PIRN_NOMEM, "out of memory");
    return all;
}

/* Passes over lists up to the parenthesis that closes the module, and keeps their text. */
static pirn_str skip_fields(wast_reader *r)
{
    const char *begin = r->lexer.token.gap.at;
    while (r->lexer.token.kind == VM_TOKEN_OPEN && !vm_lexer_failed(&r->lexer))
        vm_lexer_skip_list(&r->lexer);
    return (pirn_str){begin, (size_t)(r->lexer.token.start.at - begin)};
}

/* Behind `(module definition? $id?`, up to and without the closing parenthesis. `whole` is where the list begins. */
static void read_module_content(wast_reader *r, wast_module *out)
{
    out->line = r->lexer.token.gap.line;
    out->line_start = r->lexer.token.gap.line_start;
    if (vm_lexer_take(&r->lexer, "binary")) {
        out->form = WAST_BINARY;
        out->content = read_strings(r, "");
    } else if (vm_lexer_take(&r->lexer, "quote")) {
        out->form = WAST_QUOTE;
        out->content = read_strings(r, "\n");
    } else {
        out->form = WAST_TEXT;
        out->content = skip_fields(r);
    }
}

static void read_module(wast_reader *r, wast_module *out)
{
    vm_lexer_take(&r->lexer, "definition");
    out->id = take_id(r);
    read_module_content(r, out);
}

static void read_module_command(wast_reader *r, wast_command *out)
{
    if (vm_lexer_take(&r->lexer, "instance")) {
        out->kind = WAST_INSTANCE;
        out->id = take_id(r);
        out->other = take_id(r);
        return;
    }
    if (vm_token_is(&r->lexer.token, "definition"))
        out->kind = WAST_DEFINITION;
    read_module(r, &out->module);
}

static void read_component_command(wast_reader *r, wast_command *out)
{
    read_module_command(r, out);
    out->module.is_component = true;
}

/* Fields without `(module`: all that follow one another are one module. */
static void read_inline_module(wast_reader *r, wast_command *out)
{
    vm_place begin = r->lexer.token.start;
    const char *end = begin.at;
    for (bool more = true; more;) {
        pirn_str list = vm_lexer_skip_list(&r->lexer);
        end = list.data + list.len;
        more = false;
        for (size_t i = 0; i < BASE_COUNT(fields) && !vm_lexer_failed(&r->lexer); i++)
            more = more || vm_lexer_opens(&r->lexer, fields[i]);
    }
    out->kind = WAST_MODULE;
    out->word = PIRN_STR("module");
    out->module = (wast_module){.form = WAST_TEXT,
                                .content = {begin.at, (size_t)(end - begin.at)},
                                .line = begin.line,
                                .line_start = begin.line_start,
                                .id = {"", 0}};
}

static void read_register(wast_reader *r, wast_command *out)
{
    out->name = wast_read_string(r);
    out->other = take_id(r);
}

/* ---- Actions and assertions ------------------------------------------------------------------------------------ */

/* Behind `(invoke` or `(get`. */
static void read_action(wast_reader *r, bool is_get, wast_action *out)
{
    out->is_get = is_get;
    out->id = take_id(r);
    out->name = wast_read_string(r);
    if (!is_get)
        wast_read_values(r, &out->args, &out->arg_count);
}

static void read_action_command(wast_reader *r, wast_command *out)
{
    read_action(r, pirn_str_eq(out->word, PIRN_STR("get")), &out->action);
}

static bool take_action(wast_reader *r, wast_action *out)
{
    bool is_get = vm_lexer_opens(&r->lexer, "get");
    if (!vm_lexer_take_open(&r->lexer, is_get ? "get" : "invoke"))
        return false;
    read_action(r, is_get, out);
    vm_lexer_expect_close(&r->lexer);
    return true;
}

static void read_assert_return(wast_reader *r, wast_command *out)
{
    if (!take_action(r, &out->action))
        vm_lexer_unexpected(&r->lexer, "an action");
    wast_read_values(r, &out->results, &out->result_count);
}

static void read_assert(wast_reader *r, wast_command *out)
{
    out->is_exception = pirn_str_eq(out->word, PIRN_STR("assert_exception"));
    out->is_suspension = pirn_str_eq(out->word, PIRN_STR("assert_suspension"));
    out->module.is_component = vm_lexer_opens(&r->lexer, "component");
    if (vm_lexer_take_open(&r->lexer, out->module.is_component ? "component" : "module")) {
        out->kind = WAST_ASSERT_MODULE;
        read_module(r, &out->module);
        vm_lexer_expect_close(&r->lexer);
    } else if (out->kind == WAST_ASSERT_MODULE || !take_action(r, &out->action)) {
        vm_lexer_unexpected(&r->lexer, out->kind == WAST_ASSERT_MODULE ? "a module or a component"
                                                                       : "an action, a module or a component");
    }
    if (r->lexer.token.kind == VM_TOKEN_STRING)
        out->message = wast_read_string(r);
}

static void read_assert_custom(wast_reader *r, wast_command *out)
{
    out->is_custom = true;
    read_assert(r, out);
}

/* ---- Threads --------------------------------------------------------------------------------------------------- */

static void read_wait(wast_reader *r, wast_command *out)
{
    out->id = expect_id(r);
}

static void read_command(wast_reader *r, wast_command *out);

void *wast_reader_keep(wast_reader *r, void *data, size_t len, size_t cap, size_t element)
{
    void *kept = base_arena_array(r->arena, len, element);
    if (kept != NULL && len > 0)
        memcpy(kept, data, len * element);
    else if (kept == NULL)
        vm_lexer_fail_at(&r->lexer, &r->lexer.token.start, PIRN_NOMEM, "out of memory");
    base_free(r->arena->allocator, data, cap * element);
    return kept;
}

static void read_shared(wast_reader *r, wast_command *out)
{
    BASE_VEC(pirn_str) shared = {0};
    while (vm_lexer_take_open(&r->lexer, "shared")) {
        vm_lexer_expect_open(&r->lexer);
        vm_lexer_expect(&r->lexer, "module");
        pirn_str id = expect_id(r);
        vm_lexer_expect_close(&r->lexer);
        vm_lexer_expect_close(&r->lexer);
        if (!BASE_VEC_PUSH(&shared, r->arena->allocator, id))
            vm_lexer_fail_at(&r->lexer, &r->lexer.token.start, PIRN_NOMEM, "out of memory");
    }
    out->shared_count = shared.len;
    out->shared = wast_reader_keep(r, shared.data, shared.len, shared.cap, sizeof *shared.data);
}

static void read_thread(wast_reader *r, wast_command *out)
{
    BASE_VEC(wast_command) body = {0};
    out->id = expect_id(r);
    read_shared(r, out);
    while (r->lexer.token.kind == VM_TOKEN_OPEN && !vm_lexer_failed(&r->lexer)) {
        wast_command command = {0};
        read_command(r, &command);
        if (!BASE_VEC_PUSH(&body, r->arena->allocator, command))
            vm_lexer_fail_at(&r->lexer, &r->lexer.token.start, PIRN_NOMEM, "out of memory");
    }
    out->body_count = body.len;
    out->body = wast_reader_keep(r, body.data, body.len, body.cap, sizeof *body.data);
}

/* ---- The script ------------------------------------------------------------------------------------------------ */

static const struct form *find_form(vm_lexer *lexer)
{
    for (size_t i = 0; i < BASE_COUNT(forms); i++) {
        if (vm_lexer_opens(lexer, forms[i].word))
            return &forms[i];
    }
    return NULL;
}

static bool opens_field(vm_lexer *lexer)
{
    for (size_t i = 0; i < BASE_COUNT(fields); i++) {
        if (vm_lexer_opens(lexer, fields[i]))
            return true;
    }
    return false;
}

static void read_form(wast_reader *r, const struct form *form, wast_command *out)
{
    if (r->depth == MAX_DEPTH) {
        vm_lexer_fail(&r->lexer, "commands are nested too deeply");
        return;
    }
    r->depth++;
    out->kind = form->kind;
    out->status = form->status;
    out->word = pirn_str_of(form->word);
    vm_lexer_take_open(&r->lexer, form->word);
    form->read(r, out);
    vm_lexer_expect_close(&r->lexer);
    r->depth--;
}

static void read_command(wast_reader *r, wast_command *out)
{
    const struct form *form = find_form(&r->lexer);
    out->line = r->lexer.token.start.line;
    if (form != NULL) {
        read_form(r, form, out);
    } else if (opens_field(&r->lexer)) {
        read_inline_module(r, out);
    } else {
        vm_lexer_take_kind(&r->lexer, VM_TOKEN_OPEN);
        vm_lexer_unexpected(&r->lexer, "a command");
    }
}

void wast_reader_init(wast_reader *reader, pirn_str text, base_arena *arena, pirn_error *error)
{
    *reader = (wast_reader){.arena = arena, .error = error};
    vm_lexer_init(&reader->lexer, text, NULL, error);
}

bool wast_read(wast_reader *reader, wast_command *out, bool *ok)
{
    if (reader->lexer.token.kind == VM_TOKEN_END)
        return false;
    vm_lexer start = reader->lexer;
    *out = (wast_command){0};
    read_command(reader, out);
    *ok = !vm_lexer_failed(&reader->lexer);
    if (*ok)
        return true;
    out->line = start.token.start.line;
    start.error = NULL; /* the error is told already */
    vm_lexer behind = start;
    out->word = start.token.kind == VM_TOKEN_OPEN ? vm_lexer_ahead(&behind)->text : start.token.text;
    reader->depth = 0;
    reader->lexer = start;
    if (start.token.kind == VM_TOKEN_OPEN)
        vm_lexer_skip_list(&reader->lexer);
    else
        vm_lexer_advance(&reader->lexer);
    reader->lexer.error = reader->error;
    return true;
}

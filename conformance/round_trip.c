/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The round trip of a script's modules through the text format. Every module that is valid is printed, and the text is
 * assembled again: text must give the bytes that it gave before; a binary, which may be encoded in other ways than ours,
 * must give a valid module that prints as the same text.
 */
#include "conformance/run.h"
#include <stdio.h>
#include <string.h>

static bool append(void *data, const char *text, size_t size)
{
    vm_writer *w = data;
    vm_writer_bytes(w, text, size);
    return !w->failed;
}

static pirn_status print(wast_run *run, const vm_writer *bytes, vm_writer *text)
{
    return pirn_text_print(bytes->data, bytes->len, 0, run->allocator, append, text, run->error);
}

/* Assembles what was printed; the bytes live in the run's arena. */
static pirn_status assemble_again(wast_run *run, const vm_writer *text, vm_writer *bytes)
{
    wast_module source = {.form = WAST_QUOTE, .content = {(const char *)text->data, text->len}};
    return wast_assemble(run, &source, bytes);
}

/* Says where two texts or binaries differ, and how; false when they do not. */
static bool differ(wast_run *run, const vm_writer *a, const vm_writer *b, const char *what)
{
    size_t at = 0, least = a->len < b->len ? a->len : b->len;
    while (at < least && a->data[at] == b->data[at])
        at++;
    if (at == a->len && at == b->len)
        return false;
    (void)pirn_error_set(run->error, PIRN_MALFORMED, "other %s from offset %zu on: %zu long and not %zu", what, at,
                         b->len, a->len);
    return true;
}

static pirn_status validate(wast_run *run, const vm_writer *bytes)
{
    pirn_module *module;
    PIRN_TRY(pirn_module_load(run->engine, bytes->data, bytes->len, PIRN_BYTES_BORROW, 0, &module, run->error));
    pirn_module_free(module);
    return PIRN_OK;
}

/* What the round trip makes, one from the other. */
typedef struct trip {
    vm_writer first, text, second, text_again;
} trip;

static pirn_status travel(wast_run *run, trip *t, bool same_bytes)
{
    PIRN_TRY(print(run, &t->first, &t->text));
    PIRN_TRY(assemble_again(run, &t->text, &t->second));
    if (same_bytes)
        return differ(run, &t->first, &t->second, "bytes") ? PIRN_MALFORMED : PIRN_OK;
    PIRN_TRY(validate(run, &t->second));
    PIRN_TRY(print(run, &t->second, &t->text_again));
    return differ(run, &t->text, &t->text_again, "text") ? PIRN_MALFORMED : PIRN_OK;
}

static void conclude(wast_run *run, const wast_command *command, pirn_status status, bool same_bytes)
{
    char word[64];
    snprintf(word, sizeof word, "round trip of %.*s", (int)command->word.len, command->word.data);
    if (status == PIRN_OK)
        wast_log_add(run->log, PIRN_WAST_PASSED, command->line, "", "", "");
    else
        wast_log_add(run->log, PIRN_WAST_FAILED, command->line, word,
                     same_bytes ? "the same bytes" : "the same module", pirn_error_message(run->error));
}

/* A module that is not valid is none of ours; that it is refused is shown by running the script. */
static void try_module(wast_run *run, const wast_command *command, trip *t)
{
    bool same_bytes = command->module.form != WAST_BINARY;
    pirn_status status = wast_assemble(run, &command->module, &t->first);
    if (status == PIRN_OK)
        status = validate(run, &t->first);
    if (status == PIRN_OK)
        conclude(run, command, travel(run, t, same_bytes), same_bytes);
    else if (wast_note_absence(run, status) == PIRN_USAGE)
        wast_log_add(run->log, PIRN_WAST_SKIPPED, command->line, "round trip", "", run->absence.feature);
}

void wast_round_trip(wast_run *run, const wast_command *command)
{
    bool is_module =
        command->kind == WAST_MODULE || command->kind == WAST_DEFINITION || command->kind == WAST_ASSERT_MODULE;
    for (size_t i = 0; i < command->body_count; i++)
        wast_round_trip(run, &command->body[i]);
    if (!is_module || command->module.is_component)
        return;
    trip t;
    vm_writer_init(&t.first, run->allocator);
    vm_writer_init(&t.text, run->allocator);
    vm_writer_init(&t.second, run->allocator);
    vm_writer_init(&t.text_again, run->allocator);
    wast_log_begin(run->log, command->line, command->word);
    pirn_error_clear(run->error);
    run->absence = (wast_absence){.feature = "", .line = 0};
    try_module(run, command, &t);
    vm_writer_done(&t.first);
    vm_writer_done(&t.text);
    vm_writer_done(&t.second);
    vm_writer_done(&t.text_again);
}

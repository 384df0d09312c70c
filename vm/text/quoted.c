/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modules as strings: `(module binary "...")` holds the bytes, `(module quote "...")` the text. They come from scripts,
 * and mean the same in a file of their own. Quoted text is fields or a module, but not quoted once more.
 */
#include "vm/text/parser.h"
#include <string.h>

/* The strings that it stands on, up to the parenthesis; each ends a line of quoted text. */
static void join_strings(vm_lexer *lexer, const char *end_of_each, vm_writer *out)
{
    base_arena arena;
    base_arena_init(&arena, out->allocator);
    for (; lexer->token.kind == VM_TOKEN_STRING; vm_lexer_advance(lexer)) {
        pirn_str part = vm_lexer_bytes(lexer, &lexer->token, &arena);
        vm_writer_bytes(out, part.data, part.len);
        vm_writer_bytes(out, end_of_each, strlen(end_of_each));
    }
    base_arena_done(&arena);
}

/* The place of an error in quoted text is told in its sentence: the place that counts is that of the strings. */
static void parse_text(vm_lexer *outer, const vm_place *place, pirn_str text, vm_writer *out)
{
    vm_lexer lexer;
    pirn_error error;
    base_error_init(&error);
    vm_lexer_init(&lexer, text, vm_text_keeps_annotation, &error);
    pirn_status status = vm_text_parse_unquoted(&lexer, out);
    if (status != PIRN_OK)
        vm_lexer_fail_at(outer, place, status, "%s (at %u:%u of the quoted text)", pirn_error_message(&error),
                         (unsigned)pirn_error_line(&error), (unsigned)pirn_error_column(&error));
}

bool vm_text_parse_quoted(vm_lexer *lexer, vm_writer *out)
{
    if (vm_lexer_take(lexer, "binary")) {
        join_strings(lexer, "", out);
        return true;
    }
    if (!vm_lexer_take(lexer, "quote"))
        return false;
    vm_place place = lexer->token.start;
    vm_writer text;
    vm_writer_init(&text, out->allocator);
    join_strings(lexer, "\n", &text);
    out->failed = out->failed || text.failed;
    if (!vm_lexer_failed(lexer) && !text.failed)
        parse_text(lexer, &place, (pirn_str){text.len > 0 ? (const char *)text.data : "", text.len}, out);
    vm_writer_done(&text);
    return true;
}

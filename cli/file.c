/* SPDX-License-Identifier: Apache-2.0 */
/* What a file holds, and the sentences for everything that is not WebAssembly. */
#include "cli/file.h"
#include "cli/text.h"
#include <inttypes.h>
#include <pirn/component.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* True when the beginning looks like something that a person wrote. */
static bool is_text(const uint8_t *bytes, size_t size)
{
    size_t look = size < 512 ? size : 512;
    for (size_t i = 0; i < look; i++) {
        if (bytes[i] < 0x20 && strchr("\t\n\r\f", bytes[i]) == NULL)
            return false;
    }
    return true;
}

/* Whether text is that of a module rather than of anything else: the first character behind space and comments. */
static bool is_module_text(const uint8_t *bytes, size_t size)
{
    size_t i = 0;
    while (i < size && (strchr(" \t\r\n", bytes[i]) != NULL || bytes[i] == ';')) {
        const uint8_t *line = bytes[i] == ';' ? memchr(bytes + i, '\n', size - i) : bytes + i;
        i = line == NULL ? size : (size_t)(line - bytes) + 1;
    }
    return i < size && bytes[i] == '(';
}

/* Makes bytes of the file's text. */
static pirn_status assemble(cli_file *file, pirn_error *error)
{
    file->arena = pirn_arena_new(NULL);
    if (file->arena == NULL)
        return pirn_error_set(error, PIRN_NOMEM, "out of memory");
    const char *text = (const char *)file->content.data;
    bool is_component = pirn_is_component_text(text, file->content.size);
    file->kind = is_component ? CLI_FILE_COMPONENT : CLI_FILE_MODULE;
    return (is_component ? pirn_component_text_parse : pirn_text_parse)(text, file->content.size, file->arena,
                                                                        &file->bytes, &file->size, error);
}

static pirn_status classify(cli_file *file, pirn_error *error)
{
    if (pirn_is_component(file->bytes, file->size)) {
        file->kind = CLI_FILE_COMPONENT;
        return PIRN_OK;
    }
    if (pirn_is_module(file->bytes, file->size)) {
        file->kind = CLI_FILE_MODULE;
        return PIRN_OK;
    }
    if (file->size == 0)
        return pirn_error_set(error, PIRN_USAGE, "the file is empty");
    if (file->size >= 4 && memcmp(file->bytes, "\0asm", 4) == 0)
        return pirn_error_set(error, PIRN_USAGE, "a WebAssembly file of a version or layer that is not known");
    if (is_text(file->bytes, file->size) && is_module_text(file->bytes, file->size))
        return assemble(file, error);
    if (is_text(file->bytes, file->size))
        return pirn_error_set(error, PIRN_USAGE,
                              "this is a text file, but not WebAssembly: it does not begin with a parenthesis");
    return pirn_error_set(error, PIRN_USAGE, "not a WebAssembly file: it does not begin with \\0asm");
}

pirn_status cli_file_load(cli_file *out, const char *path, pirn_error *error)
{
    *out = (cli_file){.path = path};
    const char *problem = cli_bytes_read(&out->content, path);
    if (problem != NULL)
        return pirn_error_set(error, PIRN_IO, "%s", problem);
    out->bytes = out->content.data;
    out->size = out->content.size;
    return classify(out, error);
}

bool cli_file_read(cli_file *out, const char *verb, const char *path)
{
    pirn_error *error = pirn_error_new(NULL);
    pirn_status status = cli_file_load(out, path, error);
    if (status == PIRN_MALFORMED)
        cli_file_report(out, status, error);
    else if (status != PIRN_OK)
        fprintf(stderr, "pirn %s: %s: %s\n", verb, path, error != NULL ? pirn_error_message(error) : "out of memory");
    pirn_error_free(error);
    if (status != PIRN_OK)
        cli_file_done(out);
    return status == PIRN_OK;
}

void cli_file_done(cli_file *file)
{
    cli_bytes_done(&file->content);
    if (file->arena != NULL)
        pirn_arena_free(file->arena);
    file->arena = NULL;
}

/* ---- Telling what is wrong -------------------------------------------------------------------------------------- */

/* Where the code at the error's offset comes from, in a file that was text. */
static bool find_in_text(const cli_file *file, const pirn_error *error, uint32_t *line, uint32_t *column)
{
    const pirn_text_map *map;
    uint32_t index;
    pirn_str name;
    if (file->arena == NULL || pirn_error_offset(error) == PIRN_NO_OFFSET ||
        !pirn_error_function(error, &index, &name))
        return false;
    return file->kind == CLI_FILE_MODULE &&
           pirn_text_map_new((const char *)file->content.data, file->content.size, file->arena, &map, NULL) ==
               PIRN_OK &&
           pirn_text_map_find(map, pirn_error_offset(error), line, column);
}

bool cli_file_place(const cli_file *file, const pirn_error *error, uint32_t *line, uint32_t *column)
{
    *line = pirn_error_line(error);
    *column = pirn_error_column(error);
    return *line > 0 || find_in_text(file, error, line, column);
}

void cli_file_mark(pirn_str source, uint32_t line, uint32_t column)
{
    enum { WIDTH = 100 };
    const char *text = source.data, *end = text + source.len;
    for (uint32_t i = 1; i < line && text < end; i++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        text = newline == NULL ? end : newline + 1;
    }
    const char *newline = text < end ? memchr(text, '\n', (size_t)(end - text)) : NULL;
    size_t len = (size_t)((newline == NULL ? end : newline) - text);
    char shown[WIDTH];
    if (len > WIDTH || column > WIDTH + 1)
        return;
    for (size_t i = 0; i < len; i++)
        shown[i] = text[i] == '\t' || text[i] == '\r' ? ' ' : text[i];
    int gutter = fprintf(stderr, "%5" PRIu32 " | ", line);
    cli_print_text(stderr, (pirn_str){shown, len});
    fprintf(stderr, "\n%*s%*s^\n", gutter, "| ", (int)column - 1, "");
}

static void print_backtrace(const pirn_error *error)
{
    size_t count = pirn_error_frame_count(error);
    if (count > 0)
        fprintf(stderr, "wasm backtrace:\n");
    for (size_t i = 0; i < count; i++) {
        pirn_trace_frame frame = pirn_error_frame(error, i);
        fprintf(stderr, "  %2zu: ", i);
        if (frame.offset != PIRN_NO_OFFSET)
            fprintf(stderr, "0x%06" PRIx64 " - ", frame.offset);
        cli_print_text(stderr, frame.module);
        fputs(frame.module.len > 0 ? "!" : "", stderr);
        cli_print_text(stderr, frame.function);
        if (frame.function.len == 0)
            fprintf(stderr, "<function %" PRIu32 ">", frame.function_index);
        fputc('\n', stderr);
    }
    size_t hidden = pirn_error_frames_hidden(error);
    if (hidden > 0)
        fprintf(stderr, "      ... and %zu more\n", hidden);
}

int cli_file_report(const cli_file *file, pirn_status status, const pirn_error *error)
{
    if (error == NULL || pirn_error_status(error) == PIRN_OK) {
        fprintf(stderr, "error: %s: %s\n", file->path, pirn_status_name(status));
        return CLI_FAILURE;
    }
    bool trapped = status == PIRN_TRAP || status == PIRN_EXHAUSTED, has_frames = pirn_error_frame_count(error) > 0;
    uint32_t index, line, column;
    pirn_str name;
    bool has_place = !has_frames && cli_file_place(file, error, &line, &column);
    fprintf(stderr, "error: %s: ", file->path);
    if (has_place)
        fprintf(stderr, "%" PRIu32 ":%" PRIu32 ": ", line, column);
    fprintf(stderr, "%s: ", pirn_status_name(status));
    cli_print_lines(stderr, pirn_str_of(pirn_error_message(error)));
    if (pirn_error_offset(error) != PIRN_NO_OFFSET && !has_frames)
        fprintf(stderr, " (at offset 0x%" PRIx64 ")", pirn_error_offset(error));
    fputc('\n', stderr);
    if (!has_frames && pirn_error_function(error, &index, &name)) {
        fprintf(stderr, "  in function %" PRIu32 "%s", index, name.len > 0 ? " " : "");
        cli_print_text(stderr, name);
        fputc('\n', stderr);
    }
    if (has_place && file->arena != NULL)
        cli_file_mark((pirn_str){(const char *)file->content.data, file->content.size}, line, column);
    print_backtrace(error);
    return trapped ? CLI_TRAP : CLI_FAILURE;
}

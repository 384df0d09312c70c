/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a file whole, and the sentences for everything that is not WebAssembly. */
#include "cli/file.h"
#include "cli/text.h"
#include <errno.h>
#include <inttypes.h>
#include <pirn/component.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool complain(const char *verb, const char *path, const char *sentence)
{
    fprintf(stderr, "pirn %s: %s: %s\n", verb, path, sentence);
    return false;
}

/* Reads to the end of `in`; NULL on failure, with errno. */
static uint8_t *read_all(FILE *in, size_t *size)
{
    size_t capacity = 1 << 16;
    struct stat info;
    if (fstat(fileno(in), &info) == 0 && S_ISREG(info.st_mode))
        capacity = (size_t)info.st_size + 1;
    uint8_t *bytes = malloc(capacity);
    *size = 0;
    while (bytes != NULL) {
        *size += fread(bytes + *size, 1, capacity - *size, in);
        if (*size < capacity)
            break;
        uint8_t *more = realloc(bytes, capacity *= 2);
        if (more == NULL)
            free(bytes);
        bytes = more;
    }
    if (bytes != NULL && ferror(in)) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

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

/* The line of text that an error is in, and a mark below its column. */
static void print_line(const cli_file *file, const pirn_error *error)
{
    enum { WIDTH = 100 };
    const char *text = (const char *)file->content, *end = text + file->size;
    uint32_t line = pirn_error_line(error), column = pirn_error_column(error);
    if (line == 0)
        return;
    for (uint32_t i = 1; i < line && text < end; i++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        text = newline == NULL ? end : newline + 1;
    }
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    size_t len = (size_t)((newline == NULL ? end : newline) - text);
    char shown[WIDTH];
    if (len > WIDTH || column > WIDTH + 1)
        return;
    for (size_t i = 0; i < len; i++)
        shown[i] = text[i] == '\t' ? ' ' : text[i];
    int gutter = fprintf(stderr, "%5" PRIu32 " | ", line);
    cli_print_text(stderr, (pirn_str){shown, len});
    fprintf(stderr, "\n%*s%*s^\n", gutter, "| ", (int)column - 1, "");
}

/* Makes bytes of the file's text. */
static bool assemble(cli_file *file, const char *verb)
{
    const uint8_t *bytes;
    size_t size;
    pirn_error *error = pirn_error_new(NULL);
    file->arena = pirn_arena_new(NULL);
    if (error == NULL || file->arena == NULL) {
        pirn_error_free(error);
        return complain(verb, file->path, "out of memory");
    }
    pirn_status status = pirn_text_parse((const char *)file->content, file->size, file->arena, &bytes, &size, error);
    if (status == PIRN_OK) {
        file->kind = CLI_FILE_MODULE;
        file->bytes = bytes;
        file->size = size;
    } else {
        cli_report(file->path, status, error);
        print_line(file, error);
    }
    pirn_error_free(error);
    return status == PIRN_OK;
}

static bool classify(cli_file *file, const char *verb)
{
    if (pirn_is_component(file->bytes, file->size)) {
        file->kind = CLI_FILE_COMPONENT;
        return true;
    }
    if (pirn_is_module(file->bytes, file->size)) {
        file->kind = CLI_FILE_MODULE;
        return true;
    }
    if (file->size == 0)
        return complain(verb, file->path, "the file is empty");
    if (file->size >= 4 && memcmp(file->bytes, "\0asm", 4) == 0)
        return complain(verb, file->path, "a WebAssembly file of a version or layer that is not known");
    if (is_text(file->bytes, file->size) && is_module_text(file->bytes, file->size))
        return assemble(file, verb);
    if (is_text(file->bytes, file->size))
        return complain(verb, file->path,
                        "this is a text file, but not WebAssembly: it does not begin with a parenthesis");
    return complain(verb, file->path, "not a WebAssembly file: it does not begin with \\0asm");
}

bool cli_file_read(cli_file *out, const char *verb, const char *path)
{
    *out = (cli_file){.path = path};
    bool is_stdin = strcmp(path, "-") == 0;
    struct stat info;
    if (!is_stdin && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return complain(verb, path, "this is a directory, not a WebAssembly file");
    FILE *in = is_stdin ? stdin : fopen(path, "rb");
    if (in == NULL)
        return complain(verb, path, strerror(errno));
    out->bytes = out->content = read_all(in, &out->size);
    int failure = errno;
    if (!is_stdin)
        fclose(in);
    if (out->bytes == NULL)
        return complain(verb, path, strerror(failure));
    if (classify(out, verb))
        return true;
    cli_file_done(out);
    return false;
}

void cli_file_done(cli_file *file)
{
    free(file->content);
    if (file->arena != NULL)
        pirn_arena_free(file->arena);
    file->content = NULL;
    file->arena = NULL;
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

int cli_report(const char *path, pirn_status status, const pirn_error *error)
{
    if (error == NULL || pirn_error_status(error) == PIRN_OK) {
        fprintf(stderr, "error: %s: %s\n", path, pirn_status_name(status));
        return CLI_FAILURE;
    }
    bool trapped = status == PIRN_TRAP || status == PIRN_EXHAUSTED;
    uint32_t index;
    pirn_str name;
    fprintf(stderr, "error: %s: ", path);
    if (pirn_error_line(error) > 0)
        fprintf(stderr, "%" PRIu32 ":%" PRIu32 ": ", pirn_error_line(error), pirn_error_column(error));
    fprintf(stderr, "%s: ", pirn_status_name(status));
    cli_print_lines(stderr, pirn_str_of(pirn_error_message(error)));
    if (pirn_error_offset(error) != PIRN_NO_OFFSET && pirn_error_frame_count(error) == 0)
        fprintf(stderr, " (at offset 0x%" PRIx64 ")", pirn_error_offset(error));
    fputc('\n', stderr);
    if (pirn_error_frame_count(error) == 0 && pirn_error_function(error, &index, &name)) {
        fprintf(stderr, "  in function %" PRIu32 "%s", index, name.len > 0 ? " " : "");
        cli_print_text(stderr, name);
        fputc('\n', stderr);
    }
    print_backtrace(error);
    return trapped ? CLI_TRAP : CLI_FAILURE;
}

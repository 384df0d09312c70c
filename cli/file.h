/* SPDX-License-Identifier: Apache-2.0 */
/* Input files, and saying what went wrong with them. */
#pragma once

#include "cli/bytes.h"
#include <pirn/base.h>

/* What a file holds, by its first bytes; the text of a module is assembled when it is read. */
typedef enum cli_file_kind {
    CLI_FILE_COMPONENT,
    CLI_FILE_MODULE,
} cli_file_kind;

typedef struct cli_file {
    const char *path;
    const uint8_t *bytes;
    size_t size;
    cli_bytes content; /* the file as it was read; `bytes` unless it was text */
    pirn_arena *arena; /* of what was assembled, or NULL */
    cli_file_kind kind;
} cli_file;

/* Exit codes of the program. */
enum { CLI_OK = 0, CLI_FAILURE = 1, CLI_USAGE = 2, CLI_TRAP = 134 };

/*
 * Reads a WebAssembly file, binary or text ("-": standard input). IO: it cannot be read; USAGE: it holds something else;
 * MALFORMED: it is text and not that of a module. It is the caller's to be done with in any case.
 */
pirn_status cli_file_load(cli_file *out, const char *path, pirn_error *error);
/* The same; on failure tells about it on stderr, is done with the file, and returns false. */
bool cli_file_read(cli_file *out, const char *verb, const char *path);
void cli_file_done(cli_file *file);
/* Line and column of an error: its own, or where in the text the function's code is that it lies in. */
bool cli_file_place(const cli_file *file, const pirn_error *error, uint32_t *line, uint32_t *column);

/* Shows a line of a text on stderr, and a mark below its column; nothing when the line is too long. */
void cli_file_mark(pirn_str source, uint32_t line, uint32_t column);

/*
 * Tells about a failure with the file on stderr: place, sentence, function, backtrace, the line of text. Returns the exit
 * code that belongs to it. `error` may be NULL or empty: then memory was too short to say more.
 */
int cli_file_report(const cli_file *file, pirn_status status, const pirn_error *error);

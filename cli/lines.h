/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines that somebody types, or that a script has. On a terminal they can be edited, called back and completed, where pirn was
 * built with libedit (lines_edit.c; otherwise lines_plain.c stands in its place).
 */
#pragma once

#include <pirn/base.h>

/* Calls `take` with everything that `word` could become. */
typedef void cli_completer(const void *user, pirn_str word, void (*take)(void *to, pirn_str candidate), void *to);

typedef struct cli_editor cli_editor;
/* NULL: lines cannot be edited here. */
cli_editor *cli_editor_open(const char *prompt, cli_completer *complete, const void *user);
void cli_editor_close(cli_editor *editor);
/* The next line without its end, valid until the next one; false at the end. */
bool cli_editor_next(cli_editor *editor, pirn_str *line);

typedef struct cli_lines {
    bool is_terminal;
    const char *prompt;
    cli_editor *editor; /* NULL: lines are read as they are */
    char *line;
    size_t room;
    uint64_t number; /* of the line read last */
} cli_lines;

/* From standard input; on a terminal with a prompt. */
void cli_lines_open(cli_lines *lines, const char *prompt, cli_completer *complete, const void *user);
void cli_lines_close(cli_lines *lines);
bool cli_lines_next(cli_lines *lines, pirn_str *line);

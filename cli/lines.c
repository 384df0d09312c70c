/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/lines.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

void cli_lines_open(cli_lines *lines, const char *prompt, cli_completer *complete, const void *user)
{
    *lines = (cli_lines){.is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO), .prompt = prompt};
    if (lines->is_terminal)
        lines->editor = cli_editor_open(prompt, complete, user);
}

void cli_lines_close(cli_lines *lines)
{
    if (lines->editor != NULL)
        cli_editor_close(lines->editor);
    free(lines->line);
}

static bool read_line(cli_lines *lines, pirn_str *line)
{
    if (lines->is_terminal) {
        fputs(lines->prompt, stdout);
        fflush(stdout);
    }
    ssize_t len = getline(&lines->line, &lines->room, stdin);
    if (len < 0)
        return false;
    while (len > 0 && (lines->line[len - 1] == '\n' || lines->line[len - 1] == '\r'))
        len--;
    *line = (pirn_str){lines->line, (size_t)len};
    return true;
}

bool cli_lines_next(cli_lines *lines, pirn_str *line)
{
    lines->number++;
    return lines->editor != NULL ? cli_editor_next(lines->editor, line) : read_line(lines, line);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Without libedit no line can be edited. */
#include "cli/lines.h"

cli_editor *cli_editor_open(const char *prompt, cli_completer *complete, const void *user)
{
    (void)prompt, (void)complete, (void)user;
    return NULL;
}

void cli_editor_close(cli_editor *editor)
{
    (void)editor;
}

bool cli_editor_next(cli_editor *editor, pirn_str *line)
{
    (void)editor, (void)line;
    return false;
}

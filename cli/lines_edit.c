/* SPDX-License-Identifier: Apache-2.0 */
/* Editing by libedit, with what was typed before, and completion by the tabulator key. */
#include "cli/lines.h"
#include "cli/text.h"
#include <histedit.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REMEMBERED_LINES = 1000, LONGEST_WORD = 255 };

struct cli_editor {
    EditLine *edit;
    History *history;
    const char *prompt;
    cli_completer *complete;
    const void *user;
};

static char *prompt_of(EditLine *edit)
{
    cli_editor *editor;
    el_get(edit, EL_CLIENTDATA, &editor);
    return (char *)editor->prompt;
}

/* The candidates for a word: how many, and how they all begin. */
typedef struct common {
    size_t count, len;
    char text[LONGEST_WORD + 1];
    bool list; /* print them, too */
} common;

static void take_candidate(void *to, pirn_str candidate)
{
    common *c = to;
    size_t same = 0, most = candidate.len < LONGEST_WORD ? candidate.len : LONGEST_WORD;
    if (c->list)
        printf("%s%.*s", c->count > 0 ? "  " : "", CLI_STR_ARG(candidate));
    if (c->count++ == 0) {
        memcpy(c->text, candidate.data, most);
        c->len = most;
    }
    while (same < c->len && same < most && c->text[same] == candidate.data[same])
        same++;
    c->len = same;
    c->text[same] = '\0';
}

static bool is_of_word(char c)
{
    return c != ' ' && c != '\t' && strchr("(),={}[]\"'", c) == NULL;
}

/* Completes the word before the cursor as far as all candidates agree; lists them when that is not further. */
static unsigned char complete_word(EditLine *edit, int key)
{
    cli_editor *editor;
    (void)key;
    el_get(edit, EL_CLIENTDATA, &editor);
    const LineInfo *info = el_line(edit);
    const char *start = info->cursor;
    while (start > info->buffer && is_of_word(start[-1]))
        start--;
    pirn_str word = {start, (size_t)(info->cursor - start)};
    common found = {.list = false};
    editor->complete(editor->user, word, take_candidate, &found);
    if (found.count == 0)
        return CC_REFRESH_BEEP;
    if (found.len > word.len)
        return el_insertstr(edit, found.text + word.len) == 0 ? CC_REFRESH : CC_ERROR;
    common listed = {.list = true};
    putchar('\n');
    editor->complete(editor->user, word, take_candidate, &listed);
    putchar('\n');
    fflush(stdout);
    return CC_REDISPLAY;
}

cli_editor *cli_editor_open(const char *prompt, cli_completer *complete, const void *user)
{
    HistEvent event;
    cli_editor *editor = calloc(1, sizeof *editor);
    if (editor == NULL)
        return NULL;
    setlocale(LC_CTYPE, ""); /* what a terminal sends is text in its encoding */
    *editor = (cli_editor){.prompt = prompt, .complete = complete, .user = user};
    editor->edit = el_init("pirn", stdin, stdout, stderr);
    editor->history = history_init();
    if (editor->edit == NULL || editor->history == NULL) {
        cli_editor_close(editor);
        return NULL;
    }
    history(editor->history, &event, H_SETSIZE, REMEMBERED_LINES);
    history(editor->history, &event, H_SETUNIQUE, 1);
    el_set(editor->edit, EL_CLIENTDATA, editor);
    el_set(editor->edit, EL_PROMPT, prompt_of);
    el_set(editor->edit, EL_EDITOR, "emacs");
    el_set(editor->edit, EL_HIST, history, editor->history);
    el_set(editor->edit, EL_ADDFN, "complete", "complete the word", complete_word);
    el_set(editor->edit, EL_BIND, "^I", "complete", NULL);
    el_set(editor->edit, EL_SIGNAL, 1);
    return editor;
}

void cli_editor_close(cli_editor *editor)
{
    if (editor->edit != NULL)
        el_end(editor->edit);
    if (editor->history != NULL)
        history_end(editor->history);
    free(editor);
}

bool cli_editor_next(cli_editor *editor, pirn_str *line)
{
    HistEvent event;
    int len = 0;
    const char *text = el_gets(editor->edit, &len);
    if (text == NULL || len <= 0)
        return false;
    if (text[0] != '\n')
        history(editor->history, &event, H_ENTER, text);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    *line = (pirn_str){text, (size_t)len};
    return true;
}

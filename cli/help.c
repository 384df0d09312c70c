/* SPDX-License-Identifier: Apache-2.0 */
/* Help, the manual page and completion, all from the same rows. */
#include "cli/help.h"
#include <string.h>

enum { OPTION_COLUMN = 34 };

void cli_help(FILE *out)
{
    fprintf(out, "pirn %s: runs WebAssembly components\n\n", pirn_version());
    fprintf(
        out,
        "usage: pirn VERB [OPTIONS] ...\n       pirn FILE [ARGS]            the same as pirn run FILE [ARGS]\n\n");
    for (size_t i = 0; i < cli_verb_count; i++)
        fprintf(out, "  %-12s %s\n", cli_verbs[i].name, cli_verbs[i].summary);
    fprintf(out, "\n'pirn VERB --help' tells more, with examples.\n"
                 "Exit status: the guest's own; 1 failure; 2 usage; 134 trap.\n");
}

static void print_option(FILE *out, const cli_option *option)
{
    int width = fprintf(out, "  %s%s%s%s", cli_dashes(option), option->name, option->value != NULL ? " " : "",
                        option->value != NULL ? option->value : "");
    if (width >= OPTION_COLUMN) {
        fputc('\n', out);
        width = 0;
    }
    fprintf(out, "%*s%s\n", OPTION_COLUMN - width, "", option->help);
}

void cli_help_verb(FILE *out, const cli_verb *verb)
{
    fprintf(out, "usage: pirn %s [OPTIONS] %s\n\n%s\n\noptions:\n", verb->name, verb->operands, verb->details);
    for (const cli_option *o = verb->options; o->name != NULL; o++)
        print_option(out, o);
    fprintf(out, "\nexamples:\n%s", verb->examples);
}

/* Text for man(7): backslashes and leading dots and quotes have a meaning there. */
static void print_roff(FILE *out, const char *text)
{
    bool line_start = true;
    for (; *text != '\0'; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (*text == '\\')
            fputs("\\e", out);
        else if (*text == '-')
            fputs("\\-", out);
        else
            fputc(*text, out);
        line_start = *text == '\n';
    }
}

static void print_roff_option(FILE *out, const cli_option *option)
{
    fputs(".TP\n.B ", out);
    print_roff(out, cli_dashes(option));
    print_roff(out, option->name);
    if (option->value != NULL) {
        fputs(" \\fI", out);
        print_roff(out, option->value);
        fputs("\\fR", out);
    }
    fputc('\n', out);
    print_roff(out, option->help);
    fputc('\n', out);
}

void cli_manual(FILE *out)
{
    fprintf(out, ".TH PIRN 1 \"\" \"pirn %s\"\n.SH NAME\npirn \\- runs WebAssembly components\n", pirn_version());
    fputs(".SH SYNOPSIS\n.B pirn\n.I VERB\n[OPTIONS] ...\n.br\n.B pirn\n.I FILE\n[ARGS]\n", out);
    for (size_t i = 0; i < cli_verb_count; i++) {
        const cli_verb *verb = &cli_verbs[i];
        fprintf(out, ".SH \"PIRN ");
        for (const char *p = verb->name; *p != '\0'; p++)
            fputc(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p, out);
        fprintf(out, "\"\n.B pirn %s\n[OPTIONS] ", verb->name);
        print_roff(out, verb->operands);
        fputs("\n.PP\n", out);
        print_roff(out, verb->details);
        fputc('\n', out);
        for (const cli_option *o = verb->options; o->name != NULL; o++)
            print_roff_option(out, o);
        fputs(".PP\nExamples:\n.nf\n", out);
        print_roff(out, verb->examples);
        fputs(".fi\n", out);
    }
    fputs(".SH EXIT STATUS\nThe guest's own; 1 failure; 2 usage; 134 when the guest ended in a trap.\n", out);
}

static void bash_completion(FILE *out)
{
    fputs("# bash completion for pirn\n_pirn()\n{\n    local word=${COMP_WORDS[COMP_CWORD]} words\n    case "
          "${COMP_WORDS[1]} in\n",
          out);
    for (size_t i = 0; i < cli_verb_count; i++) {
        fprintf(out, "        %s) words=\"", cli_verbs[i].name);
        for (const cli_option *o = cli_verbs[i].options; o->name != NULL; o++)
            fprintf(out, "%s%s%s", o == cli_verbs[i].options ? "" : " ", cli_dashes(o), o->name);
        fputs("\" ;;\n", out);
    }
    fputs("    esac\n    [ \"$COMP_CWORD\" -eq 1 ] && words=\"", out);
    for (size_t i = 0; i < cli_verb_count; i++)
        fprintf(out, "%s%s", i == 0 ? "" : " ", cli_verbs[i].name);
    fputs("\"\n    COMPREPLY=($(compgen -W \"$words\" -- \"$word\") $(compgen -f -- \"$word\"))\n}\ncomplete -F "
          "_pirn pirn\n",
          out);
}

/* Single quotes within single quotes, for zsh and fish. */
static void print_quoted(FILE *out, const char *text, const char *quote_as)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs(quote_as, out);
        else if (strchr("[]:", *text) != NULL && quote_as[0] == '\'')
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

static void zsh_completion(FILE *out)
{
    fputs("#compdef pirn\n_arguments -C '1:verb:->verb' '*::arg:->args'\ncase $state in\n  verb)\n    local -a "
          "verbs=(\n",
          out);
    for (size_t i = 0; i < cli_verb_count; i++) {
        fprintf(out, "      '%s:", cli_verbs[i].name);
        print_quoted(out, cli_verbs[i].summary, "'\\''");
        fputs("'\n", out);
    }
    fputs("    )\n    _describe verb verbs; _files ;;\n  args)\n    case $words[1] in\n", out);
    for (size_t i = 0; i < cli_verb_count; i++) {
        fprintf(out, "      %s) _arguments", cli_verbs[i].name);
        for (const cli_option *o = cli_verbs[i].options; o->name != NULL; o++) {
            fprintf(out, " '*%s%s[", cli_dashes(o), o->name);
            print_quoted(out, o->help, "'\\''");
            fprintf(out, "]%s'", o->value != NULL ? ":value:_files" : "");
        }
        fputs(" '*:file:_files' ;;\n", out);
    }
    fputs("    esac ;;\nesac\n", out);
}

static void fish_completion(FILE *out)
{
    fputs("# fish completion for pirn\n", out);
    for (size_t i = 0; i < cli_verb_count; i++) {
        fprintf(out, "complete -c pirn -n __fish_use_subcommand -a %s -d '", cli_verbs[i].name);
        print_quoted(out, cli_verbs[i].summary, "\\'");
        fputs("'\n", out);
        for (const cli_option *o = cli_verbs[i].options; o->name != NULL; o++) {
            fprintf(out, "complete -c pirn -n '__fish_seen_subcommand_from %s' -%c %s%s -d '", cli_verbs[i].name,
                    o->name[1] == '\0' ? 's' : 'l', o->name, o->value != NULL ? " -r" : "");
            print_quoted(out, o->help, "\\'");
            fputs("'\n", out);
        }
    }
}

bool cli_completion(FILE *out, const char *shell)
{
    static const struct {
        const char *shell;
        void (*print)(FILE *);
    } shells[] = {{"bash", bash_completion}, {"zsh", zsh_completion}, {"fish", fish_completion}};
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (strcmp(shells[i].shell, shell) == 0) {
            shells[i].print(out);
            return true;
        }
    }
    return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pirn repl: a session (cli/session.h) line by line. A line is a command, which is a word of the table below, or a statement.
 * On a terminal mistakes are told and the session goes on; so it does in a script, whose exit status then says that there
 * were some.
 */
#include "cli/lines.h"
#include "cli/session.h"
#include "cli/text.h"
#include "cli/verbs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cli_option cli_repl_options[] = {
    CLI_GUEST_OPTIONS, CLI_LIMIT_OPTIONS, CLI_FEATURE_OPTIONS, {"help", NULL, "print this help"}, {NULL, NULL, NULL},
};

typedef struct repl {
    cli_session session;
    cli_lines lines;
    pirn_error *error;
    bool has_ended, has_failed;
} repl;

typedef struct command {
    const char *name, *operand, *help;
    pirn_status (*run)(repl *r, pirn_str operand);
} command;

static void print_field(const char *name, pirn_str type)
{
    cli_print_text(stdout, pirn_str_of(name));
    fputs(": ", stdout);
    cli_print_text(stdout, type);
    putchar('\n');
}

/* ---- Commands ----------------------------------------------------------------------------------------------------- */

static bool print_function(void *user, const cli_function *function)
{
    pirn_str *interface = user;
    size_t size = pirn_component_functype_signature(function->type, NULL, 0) + 1;
    char *text = malloc(size);
    if (text == NULL)
        return false;
    pirn_component_functype_signature(function->type, text, size);
    if (!pirn_str_eq(function->interface, *interface)) {
        cli_print_text(stdout, function->interface);
        putchar('\n');
        *interface = function->interface;
    }
    fputs(function->interface.len > 0 ? "  " : "", stdout);
    cli_print_text(stdout, cli_function_spoken(function->name));
    fputs(": ", stdout);
    cli_print_text(stdout, pirn_str_of(text));
    putchar('\n');
    free(text);
    return true;
}

static pirn_status run_functions(repl *r, pirn_str operand)
{
    pirn_str interface = PIRN_STR("");
    (void)operand;
    cli_functions_each(r->session.guest->component, print_function, &interface);
    return PIRN_OK;
}

static pirn_status run_resources(repl *r, pirn_str operand)
{
    (void)operand;
    for (size_t i = 0; i < r->session.handle_count; i++)
        print_field(r->session.handles[i].name, r->session.handles[i].resource);
    return PIRN_OK;
}

static pirn_status run_drop(repl *r, pirn_str operand)
{
    return cli_session_drop(&r->session, operand, r->error);
}

static pirn_status run_restart(repl *r, pirn_str operand)
{
    (void)operand;
    return cli_session_restart(&r->session, r->error);
}

static pirn_status run_quit(repl *r, pirn_str operand)
{
    (void)operand;
    r->has_ended = true;
    return PIRN_OK;
}

static pirn_status run_help(repl *r, pirn_str operand);

static const command commands[] = {
    {"functions", "", "the functions that can be called", run_functions},
    {"resources", "", "the resources of this session", run_resources},
    {"drop", "NAME", "end a resource's life", run_drop},
    {"restart", "", "drop everything and make a new instance", run_restart},
    {"help", "", "this text", run_help},
    {"quit", "", "end the session", run_quit},
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static pirn_status run_help(repl *r, pirn_str operand)
{
    (void)r, (void)operand;
    puts("NAME(VALUES)          call a function: area({x: 1, y: 2.5}), greet(\"you\", true)\n"
         "r = NAME(VALUES)      call it the resource r that the result has\n"
         "r.METHOD(VALUES)      call a method; resources are values by their names: merge(r, counter#1)\n"
         "NAME                  what a function takes and gives");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("%-9s %-11s %s\n", commands[i].name, commands[i].operand, commands[i].help);
    return PIRN_OK;
}

/* ---- Lines -------------------------------------------------------------------------------------------------------- */

static pirn_str trim(pirn_str text)
{
    while (text.len > 0 && strchr(" \t", text.data[0]) != NULL)
        text = (pirn_str){text.data + 1, text.len - 1};
    while (text.len > 0 && strchr(" \t", text.data[text.len - 1]) != NULL)
        text.len--;
    return text;
}

/* The command that the line is, and what stands behind it; NULL when it is none. */
static const command *find_command(pirn_str line, pirn_str *operand)
{
    size_t len = 0;
    while (len < line.len && line.data[len] != ' ' && line.data[len] != '\t')
        len++;
    *operand = trim((pirn_str){line.data + len, line.len - len});
    bool is_statement = operand->len > 0 && (operand->data[0] == '=' || operand->data[0] == '(');
    for (size_t i = 0; !is_statement && i < COMMAND_COUNT; i++) {
        if (pirn_str_eq(pirn_str_of(commands[i].name), (pirn_str){line.data, len}))
            return &commands[i];
    }
    return NULL;
}

static pirn_status run_command(repl *r, const command *c, pirn_str operand)
{
    if ((operand.len > 0) != (c->operand[0] != '\0'))
        return pirn_error_set(r->error, PIRN_USAGE, "write '%s%s%s'", c->name, c->operand[0] != '\0' ? " " : "",
                              c->operand);
    return c->run(r, operand);
}

static pirn_status run_statement(repl *r, pirn_str line)
{
    cli_answer answer;
    pirn_status status = cli_session_call(&r->session, line, &answer, r->error);
    if (answer.text != NULL)
        puts(answer.text);
    free(answer.text);
    return status;
}

/* A mistake in the line is told by itself; what went wrong in the guest with all that is known of it. */
static void report(repl *r, pirn_status status)
{
    r->has_failed = true;
    if (status != PIRN_USAGE) {
        cli_file_report(&r->session.guest->file, status, r->error);
    } else {
        if (!r->lines.is_terminal)
            fprintf(stderr, "line %llu: ", (unsigned long long)r->lines.number);
        cli_print_lines(stderr, pirn_str_of(pirn_error_message(r->error)));
        fputc('\n', stderr);
    }
    if (status != PIRN_USAGE && r->session.has_ended)
        fprintf(stderr, "the instance has ended; 'restart' makes a new one\n");
    pirn_error_clear(r->error);
}

static void run_line(repl *r, pirn_str line)
{
    pirn_str operand;
    line = trim(line);
    if (line.len == 0 || line.data[0] == '#' || (line.len > 1 && memcmp(line.data, "//", 2) == 0))
        return;
    const command *c = find_command(line, &operand);
    pirn_status status = c != NULL ? run_command(r, c, operand) : run_statement(r, line);
    fflush(stdout);
    if (status != PIRN_OK)
        report(r, status);
}

static void complete(const void *user, pirn_str word, void (*take)(void *to, pirn_str candidate), void *to)
{
    const repl *r = user;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (word.len <= strlen(commands[i].name) && memcmp(commands[i].name, word.data, word.len) == 0)
            take(to, pirn_str_of(commands[i].name));
    }
    cli_session_complete(&r->session, word, take, to);
}

static pirn_status run_session(cli_guest *g, int *exit_code)
{
    repl r = {.error = g->error};
    pirn_str line;
    if (g->module != NULL)
        return pirn_error_set(g->error, PIRN_USAGE, "this is a core module; a session is with a component");
    pirn_status status = cli_session_open(&r.session, g, g->error);
    if (status != PIRN_OK)
        return status;
    cli_lines_open(&r.lines, "> ", complete, &r);
    if (r.lines.is_terminal)
        puts("'help' says what can be written here.");
    while (!r.has_ended && cli_lines_next(&r.lines, &line))
        run_line(&r, line);
    if (r.lines.is_terminal && !r.has_ended)
        putchar('\n');
    *exit_code = r.has_failed && !r.lines.is_terminal ? CLI_FAILURE : CLI_OK;
    cli_lines_close(&r.lines);
    cli_session_close(&r.session);
    return PIRN_OK;
}

int cli_repl(const cli_args *args)
{
    if (args->operand_count > 1) {
        fprintf(stderr, "pirn repl: say one file\n");
        return CLI_USAGE;
    }
    return cli_guest_run(args, run_session);
}

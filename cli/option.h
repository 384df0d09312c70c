/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line as data: every verb is a row of cli_verbs, every option a row of its verb's table. Parsing, --help, the
 * manual page and shell completion are made from the rows.
 */
#pragma once

#include <pirn/base.h>

typedef struct cli_option {
    const char *name;  /* "dir", without the dashes; of one letter: it has one dash, and its value may follow at once */
    const char *value; /* how its value is called in help ("HOST[::GUEST][:ro]"); NULL: a flag without one */
    const char *help;  /* one sentence, lower case, no period */
} cli_option;

typedef struct cli_args cli_args;

typedef struct cli_verb {
    const char *name;
    const char *operands;      /* "FILE [ARGS]" */
    const char *summary;       /* one line */
    const char *details;       /* paragraphs for --help */
    const char *examples;      /* lines for --help */
    const cli_option *options; /* ends with a row whose name is NULL */
    bool stops_at_operand;     /* what follows the first operand belongs to the guest */
    int (*main)(const cli_args *args);
} cli_verb;

extern const cli_verb cli_verbs[];
extern const size_t cli_verb_count;

/* One option as it was given. */
typedef struct cli_given {
    const cli_option *option;
    const char *value; /* NULL for a flag */
} cli_given;

struct cli_args {
    const cli_verb *verb;
    cli_given *given;
    size_t given_count;
    char **operands; /* of argv */
    size_t operand_count;
};

/*
 * Sorts argv (behind the verb) into options and operands. On a mistake says what is wrong on stderr, with the nearest
 * option's name, and returns false. cli_args_done() frees what it allocated in either case.
 */
bool cli_args_parse(cli_args *out, const cli_verb *verb, int argc, char **argv);
void cli_args_done(cli_args *args);
bool cli_has(const cli_args *args, const char *option);
/* The value of the last time it was given, or NULL. */
const char *cli_value(const cli_args *args, const char *option);

/*
 * Numbers with units, for options: "64MiB", "10k" (bytes: B, k, KiB, M, MiB, G, GiB); "1s", "100ms", "2m" (nanoseconds).
 * False when the text is something else or too large.
 */
bool cli_parse_size(const char *text, uint64_t *bytes);
bool cli_parse_duration(const char *text, uint64_t *ns);
bool cli_parse_count(const char *text, uint64_t *count);

/* What stands before the option's name on the command line. */
const char *cli_dashes(const cli_option *option);

/* The candidate that `word` was probably meant to be, or NULL. */
const char *cli_nearest(const char *word, const char *const *candidates, size_t count);

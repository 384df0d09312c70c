/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing the command line against the tables, and guessing what a misspelt word was meant to be. */
#include "cli/option.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_WORD = 32, MANY_OPTIONS = 64 };

/* Levenshtein distance of two words, each cut at LONGEST_WORD. */
static size_t distance(const char *a, const char *b)
{
    size_t row[LONGEST_WORD + 1], alen = strnlen(a, LONGEST_WORD), blen = strnlen(b, LONGEST_WORD);
    for (size_t j = 0; j <= blen; j++)
        row[j] = j;
    for (size_t i = 1; i <= alen; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= blen; j++) {
            size_t replace = diagonal + (a[i - 1] != b[j - 1]),
                   edit = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replace < edit ? replace : edit;
        }
    }
    return row[blen];
}

const char *cli_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    /* At most half of the letters may be wrong; two when it has few, as letters that changed places count twice. */
    size_t best_distance = (strlen(word) + 1) / 2 + 1;
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, candidates[i]);
        if (d < best_distance) {
            best = candidates[i];
            best_distance = d;
        }
    }
    return best;
}

const char *cli_dashes(const cli_option *option)
{
    return option->name[1] == '\0' ? "-" : "--";
}

static bool unknown_option(const cli_verb *verb, const char *name)
{
    const char *names[MANY_OPTIONS];
    size_t count = 0;
    for (const cli_option *o = verb->options; o->name != NULL && count < MANY_OPTIONS; o++)
        names[count++] = o->name;
    const char *nearest = cli_nearest(name, names, count);
    fprintf(stderr, "pirn %s: unknown option --%s", verb->name, name);
    if (nearest != NULL)
        fprintf(stderr, "; did you mean --%s?", nearest);
    fprintf(stderr, "\nTry 'pirn %s --help'.\n", verb->name);
    return false;
}

static const cli_option *find_option(const cli_verb *verb, const char *name, size_t len)
{
    for (const cli_option *o = verb->options; o->name != NULL; o++) {
        if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
            return o;
    }
    return NULL;
}

/* Records an option whose value may be the next word; moves *i past it all. */
static bool take_value(cli_args *out, const cli_option *option, const char *value, int argc, char **argv, int *i)
{
    if (option->value != NULL && value == NULL) {
        if (*i + 1 >= argc) {
            const char *dashes = cli_dashes(option), *name = option->name;
            fprintf(stderr, "pirn %s: %s%s needs a value: %s%s %s\n", out->verb->name, dashes, name, dashes, name,
                    option->value);
            return false;
        }
        value = argv[++*i];
    }
    out->given[out->given_count++] = (cli_given){option, value};
    ++*i;
    return true;
}

/* -Wvalue or -W value; -h. */
static bool take_letter(cli_args *out, int argc, char **argv, int *i)
{
    const char *word = argv[*i];
    const cli_option *option =
        word[1] == 'h' ? find_option(out->verb, "help", 4) : find_option(out->verb, word + 1, 1);
    if (option == NULL || (option->value == NULL && word[2] != '\0')) {
        fprintf(stderr, "pirn %s: unknown option %s; options of a word begin with two dashes\n", out->verb->name,
                word);
        return false;
    }
    return take_value(out, option, word[2] != '\0' ? word + 2 : NULL, argc, argv, i);
}

/* Takes the option at argv[*i] (and its value); moves *i past it. */
static bool take_option(cli_args *out, int argc, char **argv, int *i)
{
    char *name = argv[*i] + 2, *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const cli_option *option = find_option(out->verb, name, len);
    if (option == NULL) {
        name[len] = '\0';
        return unknown_option(out->verb, name);
    }
    const char *value = equals != NULL ? equals + 1 : NULL;
    if (option->value == NULL && value != NULL) {
        fprintf(stderr, "pirn %s: --%s takes no value\n", out->verb->name, option->name);
        return false;
    }
    return take_value(out, option, value, argc, argv, i);
}

bool cli_args_parse(cli_args *out, const cli_verb *verb, int argc, char **argv)
{
    size_t count = argc > 0 ? (size_t)argc : 0;
    *out = (cli_args){
        .verb = verb, .given = calloc(count + 1, sizeof(cli_given)), .operands = calloc(count + 1, sizeof(char *))};
    if (out->given == NULL || out->operands == NULL) {
        fprintf(stderr, "pirn: out of memory\n");
        return false;
    }
    bool options_end = false;
    for (int i = 0; i < argc;) {
        if (!options_end && strcmp(argv[i], "--") == 0) {
            options_end = true;
            i++;
        } else if (!options_end && strncmp(argv[i], "--", 2) == 0) {
            if (!take_option(out, argc, argv, &i))
                return false;
        } else if (!options_end && argv[i][0] == '-' && argv[i][1] != '\0') {
            if (!take_letter(out, argc, argv, &i))
                return false;
        } else {
            out->operands[out->operand_count++] = argv[i++];
            options_end = options_end || verb->stops_at_operand;
        }
    }
    return true;
}

void cli_args_done(cli_args *args)
{
    free(args->given);
    free(args->operands);
}

const char *cli_value(const cli_args *args, const char *option)
{
    for (size_t i = args->given_count; i > 0; i--) {
        if (strcmp(args->given[i - 1].option->name, option) == 0)
            return args->given[i - 1].value != NULL ? args->given[i - 1].value : "";
    }
    return NULL;
}

bool cli_has(const cli_args *args, const char *option)
{
    return cli_value(args, option) != NULL;
}

typedef struct unit {
    const char *text;
    uint64_t factor;
} unit;

/* Digits, an optional fraction and one of the units; the result is rounded down. */
static bool parse_with_unit(const char *text, const unit *units, size_t unit_count, uint64_t *out)
{
    uint64_t whole = 0, fraction = 0, scale = 1;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (whole > (UINT64_MAX - 9) / 10)
            return false;
        whole = whole * 10 + (uint64_t)(*p - '0');
    }
    if (p == text)
        return false;
    if (*p == '.') {
        const char *point = p;
        for (p++; *p >= '0' && *p <= '9' && scale < 1000000000; p++) {
            fraction = fraction * 10 + (uint64_t)(*p - '0');
            scale *= 10;
        }
        if (p == point + 1)
            return false;
    }
    for (size_t i = 0; i < unit_count; i++) {
        if (strcmp(p, units[i].text) != 0)
            continue;
        if (whole > UINT64_MAX / units[i].factor - 1)
            return false;
        *out = whole * units[i].factor + (uint64_t)((double)fraction / (double)scale * (double)units[i].factor);
        return true;
    }
    return false;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool cli_parse_size(const char *text, uint64_t *bytes)
{
    static const unit units[] = {
        {"", 1},        {"B", 1},        {"k", 1000},      {"kB", 1000},      {"KiB", 1 << 10},   {"K", 1 << 10},
        {"M", 1000000}, {"MB", 1000000}, {"MiB", 1 << 20}, {"G", 1000000000}, {"GB", 1000000000}, {"GiB", 1 << 30},
    };
    return parse_with_unit(text, units, COUNT(units), bytes);
}

bool cli_parse_duration(const char *text, uint64_t *ns)
{
    static const unit units[] = {
        {"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000},
    };
    return parse_with_unit(text, units, COUNT(units), ns);
}

bool cli_parse_count(const char *text, uint64_t *count)
{
    static const unit units[] = {{"", 1}, {"k", 1000}, {"M", 1000000}, {"G", 1000000000}};
    return parse_with_unit(text, units, COUNT(units), count);
}

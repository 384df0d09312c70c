/* SPDX-License-Identifier: Apache-2.0 */
/* --features and -W: names, from one table for both, and what they set in an engine's configuration. */
#include "cli/features.h"
#include <stdio.h>
#include <string.h>

/*
 * A row for each feature of the language and of components, and for each switch of the engine, which is a `bool` in its
 * configuration.
 */
typedef struct knob {
    const char *name, *meaning;
    enum { KNOB_LANGUAGE, KNOB_COMPONENT, KNOB_SWITCH } kind;
    size_t member;       /* of a switch: where it is in pirn_config */
    uint32_t bit;        /* of a feature */
    int standard;        /* of a feature of the language: which brought it, or 0 */
    const char *release; /* of a feature of components: which brought it, or "" */
} knob;

static const knob knobs[] = {
#define FEATURE_KNOB(bit, enumerator, name, since, meaning) {name, meaning, KNOB_LANGUAGE, 0, enumerator, since, ""},
#define COMPONENT_KNOB(bit, enumerator, name, since, complete, meaning) \
    {name, meaning, KNOB_COMPONENT, 0, enumerator, 0, since},
#define SWITCH_KNOB(name, field, meaning) {name, meaning, KNOB_SWITCH, offsetof(pirn_config, field), 0, 0, ""}
    PIRN_FEATURES(FEATURE_KNOB) PIRN_COMPONENT_FEATURES(COMPONENT_KNOB)
    /* What follows are the engine's own. */
    SWITCH_KNOB("fusion", fusion, "make one cell of several instructions where that is faster"),
    SWITCH_KNOB("gc-stress", collect_always, "collect garbage at every allocation"),
#undef FEATURE_KNOB
#undef COMPONENT_KNOB
#undef SWITCH_KNOB
};
enum { KNOB_COUNT = sizeof knobs / sizeof knobs[0] };

/* The words that stand for a whole set. */
typedef struct feature_set {
    const char *name, *meaning;
    int standard; /* what it and those before brought; or one of */
    enum { SET_STANDARD, SET_DEFAULT, SET_ALL } kind;
} feature_set;

static const feature_set sets[] = {
    {"mvp", "the same as 1.0", 1, SET_STANDARD},
    {"1.0", "the first standard", 1, SET_STANDARD},
    {"2.0", "the second", 2, SET_STANDARD},
    {"3.0", "the third", 3, SET_STANDARD},
    {"default", "what is on without options", 0, SET_DEFAULT},
    {"all", "every feature that this build has", 0, SET_ALL},
};
enum { SET_COUNT = sizeof sets / sizeof sets[0] };

static bool is_supported(const knob *k)
{
    uint32_t all = k->kind == KNOB_LANGUAGE ? pirn_features_supported() : pirn_component_features_supported();
    return k->kind == KNOB_SWITCH || (k->bit & all) != 0;
}

static bool is_on(const pirn_config *config, const knob *k)
{
    if (k->kind == KNOB_SWITCH)
        return *(const bool *)((const char *)config + k->member);
    uint32_t mask = k->kind == KNOB_LANGUAGE ? config->features : config->component_features;
    return (mask & k->bit) != 0;
}

static void turn(pirn_config *config, const knob *k, bool on)
{
    if (k->kind == KNOB_SWITCH) {
        *(bool *)((char *)config + k->member) = on;
        return;
    }
    uint32_t *mask = k->kind == KNOB_LANGUAGE ? &config->features : &config->component_features;
    *mask = on ? *mask | k->bit : *mask & ~k->bit;
}

/* A standard says nothing of components. */
static void choose(pirn_config *config, const feature_set *set)
{
    pirn_config standard = pirn_config_default();
    for (size_t i = 0; i < KNOB_COUNT; i++) {
        const knob *k = &knobs[i];
        bool on = set->kind == SET_DEFAULT    ? is_on(&standard, k)
                  : set->kind == SET_STANDARD ? k->standard > 0 && k->standard <= set->standard
                                              : true;
        if (k->kind == KNOB_LANGUAGE || (k->kind == KNOB_COMPONENT && set->kind != SET_STANDARD))
            turn(config, k, on && is_supported(k));
    }
}

/* ---- Words ------------------------------------------------------------------------------------------------------ */

static bool is_word(const char *name, pirn_str word)
{
    return pirn_str_eq(pirn_str_of(name), word);
}

/* "pirn run: --features simb: unknown feature 'simb'; did you mean 'simd'?" `with_sets`: those words were allowed, too. */
static bool unknown_name(const cli_args *args, const cli_given *given, pirn_str word, bool with_sets)
{
    const char *names[KNOB_COUNT + SET_COUNT];
    char copy[64];
    size_t count = 0;
    for (size_t i = 0; i < KNOB_COUNT; i++) {
        if (!with_sets || knobs[i].kind != KNOB_SWITCH)
            names[count++] = knobs[i].name;
    }
    for (size_t i = 0; with_sets && i < SET_COUNT; i++)
        names[count++] = sets[i].name;
    snprintf(copy, sizeof copy, "%.*s", (int)(word.len < sizeof copy ? word.len : sizeof copy - 1), word.data);
    const char *nearest = cli_nearest(copy, names, count);
    fprintf(stderr, "pirn %s: %s%s %s: unknown %s '%s'", args->verb->name, cli_dashes(given->option),
            given->option->name, given->value, with_sets ? "feature" : "name", copy);
    if (nearest != NULL)
        fprintf(stderr, "; did you mean '%s'?", nearest);
    fprintf(stderr, "\n'pirn %s -W help' lists them.\n", args->verb->name);
    return false;
}

static const knob *find_knob(pirn_str word)
{
    for (size_t i = 0; i < KNOB_COUNT; i++) {
        if (is_word(knobs[i].name, word))
            return &knobs[i];
    }
    return NULL;
}

static bool turn_checked(const cli_args *args, pirn_config *config, const knob *k, bool on)
{
    if (on && !is_supported(k)) {
        fprintf(stderr, "pirn %s: this build does not have the feature %s\n", args->verb->name, k->name);
        return false;
    }
    turn(config, k, on);
    return true;
}

static bool apply_word(const cli_args *args, const cli_given *given, pirn_str word, pirn_config *config)
{
    for (size_t i = 0; i < SET_COUNT; i++) {
        if (is_word(sets[i].name, word)) {
            choose(config, &sets[i]);
            return true;
        }
    }
    size_t sign = word.len > 0 && (word.data[0] == '+' || word.data[0] == '-');
    pirn_str name = {word.data + sign, word.len - sign};
    const knob *k = find_knob(name);
    if (k == NULL || k->kind == KNOB_SWITCH)
        return unknown_name(args, given, name, true);
    return turn_checked(args, config, k, word.data[0] != '-');
}

/* --features: words with commas between them. */
static bool apply_list(const cli_args *args, const cli_given *given, pirn_config *config)
{
    for (const char *text = given->value; text != NULL;) {
        const char *comma = strchr(text, ',');
        pirn_str word = {text, comma != NULL ? (size_t)(comma - text) : strlen(text)};
        if (!apply_word(args, given, word, config))
            return false;
        text = comma != NULL ? comma + 1 : NULL;
    }
    return true;
}

/* -W: NAME, NAME=on or NAME=off. */
static bool apply_switch(const cli_args *args, const cli_given *given, pirn_config *config)
{
    const char *equals = strchr(given->value, '=');
    pirn_str name = {given->value, equals != NULL ? (size_t)(equals - given->value) : strlen(given->value)};
    const knob *k = find_knob(name);
    if (is_word("help", name))
        return true;
    if (k == NULL)
        return unknown_name(args, given, name, false);
    bool off = equals != NULL && strcmp(equals + 1, "off") == 0;
    if (!off && equals != NULL && strcmp(equals + 1, "on") != 0) {
        fprintf(stderr, "pirn %s: -W %s: write %s=on or %s=off\n", args->verb->name, given->value, k->name, k->name);
        return false;
    }
    return turn_checked(args, config, k, !off);
}

bool cli_features_apply(const cli_args *args, pirn_config *config)
{
    for (size_t i = 0; i < args->given_count; i++) {
        const cli_given *given = &args->given[i];
        if (strcmp(given->option->name, "features") == 0 && !apply_list(args, given, config))
            return false;
        if (strcmp(given->option->name, "W") == 0 && !apply_switch(args, given, config))
            return false;
    }
    return true;
}

/* ---- Help ------------------------------------------------------------------------------------------------------- */

static bool asks_for_help(const cli_args *args)
{
    for (size_t i = 0; i < args->given_count; i++) {
        if (strcmp(args->given[i].option->name, "W") == 0 && strcmp(args->given[i].value, "help") == 0)
            return true;
    }
    return false;
}

static void print_knobs(const pirn_config *config, const char *title, int kind)
{
    printf("%s:\n", title);
    for (const knob *k = knobs; k < knobs + KNOB_COUNT; k++) {
        if ((int)k->kind != kind)
            continue;
        printf("  %-26s %-7s ", k->name, !is_supported(k) ? "missing" : is_on(config, k) ? "on" : "off");
        if (kind == KNOB_LANGUAGE)
            printf("%-5s", k->standard == 0 ? "" : k->standard == 1 ? "1.0" : k->standard == 2 ? "2.0" : "3.0");
        else if (kind == KNOB_COMPONENT)
            printf("%-7s", k->release);
        printf("%s\n", k->meaning);
    }
}

bool cli_features_help(const cli_args *args)
{
    if (!asks_for_help(args))
        return false;
    pirn_config config = pirn_config_default();
    (void)cli_features_apply(args, &config);
    print_knobs(&config, "features of the language, the standard that brought them", KNOB_LANGUAGE);
    print_knobs(&config, "\nfeatures of components, the release that brought them", KNOB_COMPONENT);
    print_knobs(&config, "\nswitches of the engine", KNOB_SWITCH);
    printf("\nsets, for --features:\n");
    for (size_t i = 0; i < SET_COUNT; i++)
        printf("  %-26s %s\n", sets[i].name, sets[i].meaning);
    return true;
}

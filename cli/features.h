/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an engine is configured with: --features and -W, the same for every verb that loads modules. Both are applied in the
 * order in which they were given.
 *
 *   --features LIST    words with commas between them, from left to right: 1.0 (mvp), 2.0, 3.0, default or all set the
 *                      features to that; NAME or +NAME adds one, -NAME takes one away
 *   -W NAME=on|off     one feature, or one of the engine's own switches; NAME alone is NAME=on; -W help lists them
 */
#pragma once

#include "cli/option.h"
#include <pirn/vm.h>

/* Rows of a verb's table of options. */
#define CLI_FEATURE_OPTIONS                                                                           \
    {"features", "LIST",                                                                              \
     "the language: 1.0, 2.0, 3.0, default or all, then NAME or -NAME for more or less; repeatable"}, \
        {"W", "NAME=on|off", "turn a feature or a switch of the engine on or off; -W help lists them"}

/* Applies them to `config`. On a mistake says what is wrong on stderr, with the nearest name, and returns false. */
bool cli_features_apply(const cli_args *args, pirn_config *config);
/* Is help about them asked for? Prints it to stdout: every name, its state under the other options, what it means. */
bool cli_features_help(const cli_args *args);

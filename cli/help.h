/* SPDX-License-Identifier: Apache-2.0 */
/* What is made from the tables of cli/option.h for people and for shells. */
#pragma once

#include "cli/option.h"
#include <stdio.h>

void cli_help(FILE *out);
void cli_help_verb(FILE *out, const cli_verb *verb);
/* The manual page, in man(7) macros. */
void cli_manual(FILE *out);
/* Completion for "bash", "zsh" or "fish"; false for another shell. */
bool cli_completion(FILE *out, const char *shell);

/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs' own functions: each is named in the row of its verb (cli/main.c) and returns the exit code. */
#pragma once

#include "cli/option.h"

int cli_run(const cli_args *args);
int cli_repl(const cli_args *args);
int cli_validate(const cli_args *args);
int cli_inspect(const cli_args *args);
int cli_componentize(const cli_args *args);
int cli_compose(const cli_args *args);
int cli_parse(const cli_args *args);
int cli_print(const cli_args *args);
int cli_wit(const cli_args *args);
int cli_wast(const cli_args *args);
int cli_complete(const cli_args *args);

extern const cli_option cli_run_options[], cli_repl_options[], cli_validate_options[], cli_inspect_options[],
    cli_componentize_options[], cli_compose_options[], cli_parse_options[], cli_print_options[], cli_wit_options[],
    cli_wast_options[], cli_complete_options[];

/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of `pirn wit` share. */
#pragma once

#include "cli/option.h"
#include <jansson.h>
#include <pirn/component.h>
#include <pirn/wit.h>

/* WIT that was loaded, and the error to write into. */
typedef struct cli_wit_set {
    pirn_wit *wit;
    pirn_error *error;
    bool as_json; /* failures are told as JSON on stdout, too */
} cli_wit_set;

/* False: out of memory, and said so. With the features that the options enable. */
bool cli_wit_new(cli_wit_set *out, const cli_args *args);
void cli_wit_done(cli_wit_set *wit);
/*
 * Loads a file or folder and looks up all names. On failure tells about it: file, line, column, the line of text.
 * To be done with in any case.
 */
bool cli_wit_load(cli_wit_set *out, const cli_args *args, const char *path);
/* Tells about a failed status; returns the exit code. */
int cli_wit_report(const cli_wit_set *wit, pirn_status status);
/* True for what is in a folder `deps`. */
bool cli_wit_is_dependency(const pirn_wit_package *package);

/* The resolved packages; NULL: out of memory. */
json_t *cli_wit_json(const pirn_wit *wit, bool with_dependencies);

/*
 * Makes the WIT of a component, the package `root:component` with the world `root`, beside those of the interfaces
 * that it imports and exports, and looks up its names. Tells about failures and returns false. To be done with in any
 * case.
 */
bool cli_wit_of(cli_wit_set *out, const cli_args *args, const char *path);

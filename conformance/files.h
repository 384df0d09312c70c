/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and reading files. */
#pragma once

#include "vm/text/lexer.h"

typedef BASE_VEC(char *) wast_paths;

/* Adds a file, or all `*.wast` below a folder, each folder's by name. IO, USAGE (nothing found), NOMEM. */
PIRN_MUST_CHECK pirn_status wast_find_files(wast_paths *out, const char *path, pirn_error *error);
void wast_paths_done(wast_paths *paths);

/* The content of a file, with a NUL behind it; wast_file_done() frees it. */
PIRN_MUST_CHECK pirn_status wast_read_file(const char *path, pirn_str *out, pirn_error *error);
void wast_file_done(pirn_str *content);

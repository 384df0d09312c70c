/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text that others made up: names in files, messages that quote them, arguments. It is shown so that it can neither
 * steer a terminal nor break a line or a JSON document.
 */
#pragma once

#include <pirn/base.h>
#include <stdio.h>

/* For "%.*s". */
#define CLI_STR_ARG(s) (int)(s).len, (s).data

/* Prints control characters as \u{1b}, and bytes that are not UTF-8 as \xff. */
void cli_print_text(FILE *out, pirn_str text);
/* The same for text of several lines: newlines stay. */
void cli_print_lines(FILE *out, pirn_str text);
/* A copy in which U+FFFD stands for each byte that is not UTF-8; free() it. *len is its length. NULL: out of memory. */
char *cli_utf8(pirn_str text, size_t *len);

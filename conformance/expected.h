/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of expected failures: `WHERE[:LINE] reason`, one a line; `#` begins a comment. WHERE ends the path of a
 * script and has as many of its folders as tell it from others ("spec/binary.wast").
 */
#pragma once

#include "vm/text/lexer.h"

typedef struct wast_expected {
    pirn_str where;
    uint32_t line; /* 0: any of the script */
    pirn_str reason;
} wast_expected;

typedef struct wast_expectations {
    pirn_str content; /* of the file, which the rows point into */
    BASE_VEC(wast_expected) rows;
} wast_expectations;

/* `path` NULL: none. IO, USAGE (a line that is not understood), NOMEM. wast_expectations_done() in every case. */
PIRN_MUST_CHECK pirn_status wast_expectations_read(wast_expectations *out, const char *path, pirn_error *error);
void wast_expectations_done(wast_expectations *expectations);
bool wast_expected_is_of(const wast_expected *row, const char *path);

/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs with --json share. */
#pragma once

#include "cli/text.h"
#include <jansson.h>
#include <stdlib.h>

/* A string of any text: see cli_utf8. NULL when out of memory. */
static inline json_t *cli_json_text(pirn_str text)
{
    size_t len;
    char *copy = cli_utf8(text, &len);
    json_t *string = copy != NULL ? json_stringn(copy, len) : NULL;
    free(copy);
    return string;
}

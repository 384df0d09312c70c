/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of WIT share: texts with names, loaded in one go. */
#pragma once

#include "vm/base/error.h"
#include "vm/base/memory.h"
#include <pirn/wit.h>

typedef struct test_file {
    const char *name, *text;
} test_file;

#define TEST_MAX_FILES 4

/* Adds the files (up to one without a name) and resolves. */
static inline pirn_status test_load(pirn_wit *wit, const test_file files[TEST_MAX_FILES], pirn_error *error)
{
    for (size_t i = 0; i < TEST_MAX_FILES && files[i].name != NULL; i++)
        PIRN_TRY(pirn_wit_add_file(wit, pirn_str_of(files[i].name), pirn_str_of(files[i].text), error));
    return pirn_wit_resolve(wit, error);
}

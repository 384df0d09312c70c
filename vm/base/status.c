/* SPDX-License-Identifier: Apache-2.0 */
/* Names of statuses and traps, strings, the version: everything that is only a table or a line. */
#include "vm/base/error.h"
#include <string.h>

/* PIRN_VERSION is defined by the build. */
const char *pirn_version(void)
{
    return PIRN_VERSION;
}

const char *pirn_status_name(pirn_status status)
{
    static const char *const names[] = {
#define STATUS_NAME(name, text, meaning) [name] = text,
        PIRN_STATUSES(STATUS_NAME)
#undef STATUS_NAME
    };
    return (size_t)status < BASE_COUNT(names) ? names[status] : "unknown";
}

pirn_status base_trap_status(pirn_trap trap)
{
    static const pirn_status statuses[] = {
#define TRAP_STATUS(name, status, text) [name] = status,
        PIRN_TRAPS(TRAP_STATUS)
#undef TRAP_STATUS
    };
    return statuses[trap];
}

const char *base_trap_text(pirn_trap trap)
{
    static const char *const texts[] = {
#define TRAP_TEXT(name, status, text) [name] = text,
        PIRN_TRAPS(TRAP_TEXT)
#undef TRAP_TEXT
    };
    return texts[trap];
}

pirn_str pirn_str_of(const char *text)
{
    return (pirn_str){text, strlen(text)};
}

bool pirn_str_eq(pirn_str a, pirn_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

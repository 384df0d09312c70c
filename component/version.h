/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names with versions ("wasi:io/streams@0.2.12") and which version may stand for another.
 *
 * A version lies on a *track* of versions that are compatible: its major number when that is not 0
 * (`@1`), else its minor number when that is not 0 (`@0.2`). Versions 0.0.x and prereleases are on
 * no track: they stand for themselves only.
 */
#pragma once

#include <pirn/base.h>

typedef struct cm_version {
    uint64_t major, minor, patch;
    bool is_prerelease;
} cm_version;

/* A name cut at its "@". The strings borrow from the name. */
typedef struct cm_versioned_name {
    pirn_str full;
    pirn_str base;    /* without the version */
    bool has_version; /* false: there is none, or it is no semantic version */
    cm_version version;
} cm_versioned_name;

cm_versioned_name cm_versioned_name_of(pirn_str name);

/* Are both the same thing, in versions of one track? (Equal names are not looked for here.) */
bool cm_version_same_track(const cm_versioned_name *a, const cm_versioned_name *b);

/* Is the version of `a` lower than that of `b`? Both must be on one track. */
bool cm_version_lower(const cm_version *a, const cm_version *b);

/*
 * The rule, over any list of names: the one that is exactly `wanted`, else the highest of its
 * track. `name_at(list, i)` is the i-th of `count` names. SIZE_MAX when none fits.
 */
size_t cm_version_select(const cm_versioned_name *wanted, const void *list, size_t count,
                         pirn_str (*name_at)(const void *list, size_t index));

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of all names: the key is a scope's number and a name in it, so that nothing is paid for empty scopes.
 * Scopes are those of packages, of files, of interfaces, of worlds, and, to find what is there twice, of members.
 */
#pragma once

#include "wit/model.h"

/* The scope whose names are the ids of packages. */
#define WIT_PACKAGES_SCOPE 0

uint32_t wit_names_new_scope(pirn_wit *wit);
/* Adds a name unless it is there: *added tells. NOMEM. */
PIRN_MUST_CHECK pirn_status wit_names_add(pirn_wit *wit, uint32_t scope, pirn_str name, uint64_t value, bool *added);
bool wit_names_find(const pirn_wit *wit, uint32_t scope, pirn_str name, uint64_t *value);
/* The name in the scope most like `name`, or an empty one when none is near. */
pirn_str wit_names_nearest(const pirn_wit *wit, uint32_t scope, pirn_str name);

/* Room for the id of a package, with the NUL. */
#define WIT_MAX_PACKAGE (3 * WIT_MAX_NAME + 3)
/* Writes "space:package@version"; returns its length. */
size_t wit_path_package(const wit_path *path, char out[WIT_MAX_PACKAGE]);

/* What a path leads to; one of the two is set. */
typedef struct wit_target {
    pirn_wit_interface *interface;
    pirn_wit_world *world;
} wit_target;
/* Follows a path that is written in `block`. False: it leads nowhere. */
bool wit_names_follow(const pirn_wit *wit, const wit_block *block, const wit_path *path, wit_target *target);

/* The order of two semantic versions: negative, 0, positive. */
int wit_version_compare(pirn_str a, pirn_str b);
/* Of one track: `1`, `0.2`, `0.0.3`; a prerelease only with itself. */
bool wit_version_compatible(pirn_str a, pirn_str b);

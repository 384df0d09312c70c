/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of all names: the key is a scope's number and a name in it, so that nothing is paid for empty scopes. Scopes
 * are those of packages, of files, of interfaces, of worlds, and, to find what is there twice, of members.
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

/* The order of two semantic versions: negative, 0, positive. */
int wit_version_compare(pirn_str a, pirn_str b);

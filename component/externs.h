/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of imports and exports, and what can be said of items by looking through them. */
#pragma once

#include "component/validate.h"

/* As messages about components call a sort: a core module is a "module". */
const char *cm_item_word(cm_sort sort);

/* Sorts the names, for the find functions. NOMEM. */
PIRN_MUST_CHECK pirn_status cm_externs_index(cm_validator *v, cm_externs *externs);
PIRN_MUST_CHECK pirn_status cm_core_externs_index(cm_validator *v, cm_core_externs *externs);

/* Of a list, of an item, of a function type. */
cm_extent cm_externs_extent(const cm_externs *externs);
cm_extent cm_item_extent(const cm_item *item);
/* LIMIT when it is more than the limits allow. */
PIRN_MUST_CHECK pirn_status cm_extent_check(cm_validator *v, cm_extent extent);

typedef BASE_VEC(cm_birth) cm_birth_list;

/*
 * Appends where in `item` each resource id from `first` on (and below the end of all) is found: at its first place as an
 * exported type. Ids in `seen` are left out, and those found are added to it. Paths begin with `name`, if there is one.
 */
PIRN_MUST_CHECK pirn_status cm_find_births(cm_validator *v, const cm_item *item, const pirn_str *name,
                                           cm_resource_id first, cm_idmap *seen, cm_birth_list *out);
/* Moves the list to the arena. */
PIRN_MUST_CHECK pirn_status cm_births_take(cm_validator *v, cm_birth_list *list, uint32_t *count,
                                           const cm_birth **out);
/* Sets the births of a definition: of its item's ids from `first` on. */
PIRN_MUST_CHECK pirn_status cm_definition_births(cm_validator *v, cm_definition *definition, cm_resource_id first);

/* *out: does the type mention resources that it does not bind itself? */
PIRN_MUST_CHECK pirn_status cm_type_has_resources(cm_validator *v, const cm_type *type, bool *out);

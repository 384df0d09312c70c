/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host's constant descriptions of types beside the types of a component: do they fit, and what do
 * they look like as text.
 *
 * Subtyping of value types is equality of structure (Subtyping.md): names of fields, cases and
 * labels count, names of types do not. Names of parameters are not compared: hosts of other
 * versions may call them otherwise.
 */
#pragma once

#include "component/type.h"

/* Which host resource type stands for a resource id of the component; NULL: none. Indexed by cm_resource_id. */
typedef struct cm_host_resources {
    const pirn_resourcedesc **of_id;
    size_t count;
} cm_host_resources;

bool cm_typedesc_matches(const pirn_typedesc *desc, const pirn_type *type, const cm_host_resources *resources);
bool cm_funcdesc_matches(const pirn_funcdesc *desc, const pirn_component_functype *type,
                         const cm_host_resources *resources);

/* The description as a function type node, for its text; NULL when out of memory. */
const pirn_component_functype *cm_funcdesc_type(base_arena *arena, const pirn_funcdesc *desc);

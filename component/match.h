/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The imports of an outermost component against what a linker offers: which offer stands for which
 * import, and which resource type of the host for which resource id.
 */
#pragma once

#include "component/definition.h"
#include "component/linker.h"
#include "component/typedesc.h"

typedef struct cm_bindings {
    const cm_offer **offers; /* one for each definition of the root; NULL where it is no import */
    cm_host_resources resources;
} cm_bindings;

/*
 * UNLINKABLE names every import that is missing or does not fit, each with what is there instead.
 * NOMEM. The bindings are allocated in `arena`; what is made for the linker's rest, in `kept`.
 */
PIRN_MUST_CHECK pirn_status cm_match_imports(const pirn_linker *linker, const pirn_component *component,
                                             base_arena *arena, base_arena *kept, cm_bindings *out, pirn_error *error);

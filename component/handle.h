/* SPDX-License-Identifier: Apache-2.0 */
/* Resources outside handle tables: in the embedder's hands, and the end of a resource. */
#pragma once

#include "component/abi.h"

struct pirn_resource {
    cm_runtime *runtime;         /* NULL: an argument that is only borrowed, in the call's arena */
    pirn_resource *next, **link; /* list of the runtime */
    const cm_resource_type *type;
    uintptr_t rep;
    uint32_t num_lends; /* calls in progress that it is lent to */
};

/* Tells the host that the last handle of a resource is gone; of a guest's resource nothing happens. */
void cm_resource_drop_host(const cm_runtime *runtime, const cm_resource_type *type, uintptr_t rep);
/* Frees the object, not the resource. */
void cm_resource_forget(pirn_resource *resource);

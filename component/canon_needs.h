/* SPDX-License-Identifier: Apache-2.0 */
/* Which options lifting and lowering a function ask for (CanonicalABI.md, "canonopt Validation"). */
#pragma once

#include "component/type.h"

typedef struct cm_needs {
    bool memory, realloc;
} cm_needs;

cm_needs cm_lift_needs(const pirn_component_functype *type, bool is_async);
cm_needs cm_lower_needs(const pirn_component_functype *type, bool is_async);

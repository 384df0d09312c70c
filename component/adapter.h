/* SPDX-License-Identifier: Apache-2.0 */
/* What adapters need beside what other modules do: a stack in the main module's memory, and less than all of their imports. */
#pragma once

#include "component/componentize.h"

/* Has the adapter get itself a stack when it is first called: rewrites unit->bytes. */
PIRN_MUST_CHECK pirn_status cm_adapter_prepare(cm_componentizer *c, cm_unit *unit);
/* Makes what stands in for a realloc that the main module does not export. */
PIRN_MUST_CHECK pirn_status cm_adapter_support(cm_componentizer *c, cm_unit *unit, uint32_t memory);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Built-ins that toolchains put into components whether or not anything calls them, and that are not there yet
 * (CM_TRAPS in component/definition.h). They may be defined and imported by core modules; a call traps and says which it
 * was.
 */
#pragma once

#include "component/definition.h"

/* A core function that traps. `text` is kept. */
PIRN_MUST_CHECK pirn_status cm_trapping_new_func(pirn_store *store, const pirn_functype *type, const char *text,
                                                 pirn_func **out, pirn_error *error);

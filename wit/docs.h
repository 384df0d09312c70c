/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Docs and gates in binary packages: the component types have no place for them, so they lie in the custom section
 * "package-docs", a byte with its version and JSON:
 *
 *   {"docs": "..", "interfaces": {"streams": {"docs": "..", "types": {"r": {"items": {"field": ".."}}}, "funcs":
 * {..}}},
 *    "worlds": {"w": {"interface_imports": {..}, "types": {..}, "func_imports": {..}, ..}}}
 */
#pragma once

#include "wit/bytes.h"
#include "wit/model.h"

/* Gives the items of a file the docs of such a section. Names that are not there are passed over. MALFORMED, NOMEM. */
PIRN_MUST_CHECK pirn_status wit_docs_apply(wit_file *file, pirn_str section, base_arena *arena, pirn_error *error);
/* Writes the content of the section; nothing when the package has no docs. */
void wit_docs_write(wit_bytes *out, const pirn_wit_package *package);

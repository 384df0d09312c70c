/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does an item fit where another is expected? (Explainer "Type Checking".)
 *
 * Matching and substituting go together: `expected` is read through a substitution, and where it has an abstract resource
 * type that is not bound yet, what the actual item has there is what it stands for from then on.
 */
#pragma once

#include "component/substitute.h"

/* INVALID with s->reason when it does not fit (the error is not set: the caller says what did not fit); else LIMIT, NOMEM. */
PIRN_MUST_CHECK pirn_status cm_match_item(cm_substitution *s, const cm_item *expected, const cm_item *actual);

/* Sets the error from s->reason if `status` is INVALID. Returns `status`. */
pirn_status cm_match_report(cm_substitution *s, pirn_status status, const char *format, ...) PIRN_PRINTF(3, 4);

/* Why a core item does not fit, e.g. "expected global, found func", written to `out`; returns `out`. */
const char *cm_core_mismatch(const pirn_externtype *expected, const pirn_externtype *actual, char *out, size_t size);

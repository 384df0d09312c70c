/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a script against values of the virtual machine. */
#pragma once

#include "conformance/script.h"
#include <pirn/vm.h>

/* The argument as slots; false when it cannot be one of that type. What it makes belongs to the store. */
bool wast_to_slots(pirn_store *store, const wast_value *value, pirn_valtype type, pirn_slot *out);
/* Is the value, of which `type` is the static type, what the pattern says? */
bool wast_matches(pirn_store *store, const wast_value *pattern, pirn_valtype type, const pirn_slot *slots);
/* Writes the value as a script would say it, at most `size` bytes with the NUL; returns the length it would have. */
size_t wast_value_text(pirn_store *store, pirn_valtype type, const pirn_slot *slots, char *out, size_t size);

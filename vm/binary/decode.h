/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding a module (spec 5.5): from bytes to the abstract syntax of vm/syntax/module.h, in one
 * pass. What it does not look at are function bodies: vm/valid checks their grammar together with
 * their types.
 */
#pragma once

#include "vm/syntax/module.h"

/*
 * Decodes `bytes`, which the module refers to from then on and which must outlive it. `base_offset`
 * is added to all offsets. On failure nothing is left to be freed. MALFORMED: the bytes break the
 * grammar; INVALID: something of a feature that is off; LIMIT, NOMEM.
 */
PIRN_MUST_CHECK pirn_status vm_decode(vm_module *out, const uint8_t *bytes, size_t size, uint64_t base_offset,
                                      uint32_t features, const pirn_allocator *allocator, pirn_error *error);
/* Frees what the module owns. */
void vm_module_done(vm_module *module);

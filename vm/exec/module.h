/* SPDX-License-Identifier: Apache-2.0 */
/* The run-time side of a loaded module: what vm/vm.c adds to the abstract syntax once it is validated. */
#pragma once

#include "vm/exec/runtime.h"

/*
 * Prepares module->syntax, decoded and validated, to be instantiated: types become the engine's, every function gets the
 * stub that translates it. `module` is zeroed but for engine, syntax and owned_bytes. NOMEM; then vm_module_runtime_done
 * frees what there is.
 */
PIRN_MUST_CHECK pirn_status vm_module_runtime_init(pirn_module *module, pirn_error *error);
void vm_module_runtime_done(pirn_module *module);
/* The run-time type of an item of an index space of the module. */
pirn_externtype vm_module_extern_type(const pirn_module *module, pirn_extern_kind kind, uint32_t index);

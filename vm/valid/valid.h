/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Validation (spec 3): is a decoded module well typed? It also finds what decoding left over: the grammar of function
 * bodies (MALFORMED). Everything but bodies first, then each body on its own, so that bodies may be shared out to
 * threads.
 */
#pragma once

#include "vm/syntax/module.h"
#include <pirn/vm.h>

/*
 * Everything but function bodies; makes module->declared_funcs. This and the next: INVALID, MALFORMED, LIMIT, NOMEM; the error
 * has the offset and, in a body, the function.
 */
PIRN_MUST_CHECK pirn_status vm_validate_module(vm_module *module, const pirn_allocator *allocator, pirn_error *error);

/*
 * All bodies of a module that has passed vm_validate_module. Big ones are shared out by `parallel` (NULL: to nobody), whose threads
 * all use the allocator. The error is that of the first function that fails.
 */
PIRN_MUST_CHECK pirn_status vm_validate_bodies(const vm_module *module, const pirn_allocator *allocator,
                                               const pirn_parallel *parallel, pirn_error *error);

/*
 * Validates bodies one after the other, with the same working memory. The module has passed vm_validate_module and is
 * not written to: several validators, each of one thread, may work on it at the same time.
 */
typedef struct vm_validator vm_validator;
/* NULL when out of memory. `error` is what vm_validate_func writes to; it may be NULL. */
vm_validator *vm_validator_new(const vm_module *module, const pirn_allocator *allocator, pirn_error *error);
void vm_validator_free(vm_validator *v);
/* `func`: the index of a function that is not imported. */
PIRN_MUST_CHECK pirn_status vm_validate_func(vm_validator *v, uint32_t func);

/*
 * The same, and shows the validator before each instruction, also the one that fails: to explain what validation does
 * (vm/valid/explain.h). Nothing of it is in the way of vm_validate_func.
 */
typedef void vm_valid_observer(void *data, const vm_validator *v);
PIRN_MUST_CHECK pirn_status vm_validate_func_observed(vm_validator *v, uint32_t func, vm_valid_observer *observe,
                                                      void *data);

/* Checks a section of branch hints of a valid module. MALFORMED or INVALID, with the offset. */
PIRN_MUST_CHECK pirn_status vm_validate_branch_hints(const vm_module *module, const vm_custom *custom,
                                                     pirn_error *error);

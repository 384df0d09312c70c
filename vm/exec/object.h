/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What instructions do with structures and arrays as a whole (spec 4.6.9), for handlers and for constant expressions.
 * Values are slots as on the operand stack: one each, two for a v128.
 */
#pragma once

#include "vm/exec/heap.h"
#include "vm/exec/runtime.h"

/* No trap; the others are the reason. */
#define VM_NO_TRAP PIRN_TRAP_COUNT

/* Each makes an object; PIRN_TRAP_HEAP when there is no room. `values` of a structure are those of its fields, or NULL. */
pirn_trap vm_struct_new(pirn_store *store, const vm_layout *layout, const pirn_slot *values, void **out);
/* The same for a type with a descriptor, whose reference is in the slot. */
pirn_trap vm_struct_new_desc(pirn_store *store, const vm_layout *layout, const pirn_slot *values,
                             const pirn_slot *descriptor, void **out);
/* All elements are `value`, or zero when it is NULL. */
pirn_trap vm_array_new(pirn_store *store, const vm_layout *layout, const pirn_slot *value, uint32_t length,
                       void **out);
pirn_trap vm_array_new_fixed(pirn_store *store, const vm_layout *layout, const pirn_slot *values, uint32_t length,
                             void **out);
pirn_trap vm_array_new_data(const pirn_instance *instance, const vm_layout *layout, uint32_t segment, uint32_t from,
                            uint32_t length, void **out);
pirn_trap vm_array_new_elem(const pirn_instance *instance, const vm_layout *layout, uint32_t segment, uint32_t from,
                            uint32_t length, void **out);

/* Operands as in the instructions; arrays may be null. `layout` is the destination's declared type. */
pirn_trap vm_array_fill(const vm_layout *layout, vm_array *array, uint32_t to, const pirn_slot *value,
                        uint32_t length);
pirn_trap vm_array_copy(const vm_layout *layout, vm_array *array, uint32_t to, const vm_array *source, uint32_t from,
                        uint32_t length);
pirn_trap vm_array_init_data(const pirn_instance *instance, const vm_layout *layout, uint32_t segment,
                             vm_array *array, uint32_t to, uint32_t from, uint32_t length);
pirn_trap vm_array_init_elem(const pirn_instance *instance, const vm_layout *layout, uint32_t segment,
                             vm_array *array, uint32_t to, uint32_t from, uint32_t length);

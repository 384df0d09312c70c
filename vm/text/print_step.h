/* SPDX-License-Identifier: Apache-2.0 */
/* The instructions of one function as text, one after the other: for those who show something else beside them. */
#pragma once

#include "vm/binary/instr.h"

typedef struct vm_print_step vm_print_step;

/* The module need not be valid. NULL when out of memory. */
vm_print_step *vm_print_step_new(const vm_module *module, uint32_t func, const pirn_allocator *allocator);
void vm_print_step_free(vm_print_step *s);
/* The function's next instruction; the text, which is cut off where it is long, lives until the next call. */
const char *vm_print_step_text(vm_print_step *s, const vm_instr *instr);

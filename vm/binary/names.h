/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of the name section, read along with increasing indices: all names of a module cost one pass over the section.
 *
 *   vm_name_cursor globals = vm_names_open(module, VM_NAMES_GLOBAL);
 *   for (uint32_t i = 0; i < module->globals.len; i++)
 *       pirn_str name = vm_names_next(&globals, i);
 */
#pragma once

#include "vm/binary/reader.h"
#include "vm/syntax/module.h"

typedef struct vm_name_cursor {
    vm_reader reader;
    uint32_t left;
} vm_name_cursor;

vm_name_cursor vm_names_open(const vm_module *module, vm_name_kind kind);
/* The name of `index`, which is greater than that asked for before; empty when it has none. */
pirn_str vm_names_next(vm_name_cursor *cursor, uint32_t index);
/* Of locals and labels in a function, of fields in a type: the names inside `index`, greater than that asked for before. */
vm_name_cursor vm_names_open_inner(vm_name_cursor *outer, uint32_t index);

/* Does the content of a name section keep to its grammar? MALFORMED, with the offset. */
PIRN_MUST_CHECK pirn_status vm_names_check(const vm_module *module, vm_range content, pirn_error *error);

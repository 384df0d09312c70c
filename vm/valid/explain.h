/* SPDX-License-Identifier: Apache-2.0 */
/* What an observer of validation may ask: the stacks as they are before an instruction (spec, appendix A.3). */
#pragma once

#include "vm/binary/instr.h"
#include "vm/valid/valid.h"

/* The instruction that comes, and its offset in the file. */
const vm_instr *vm_explain_instr(const vm_validator *v);
uint64_t vm_explain_offset(const vm_validator *v);
/* The operands, the lowest first. */
const vm_valtype *vm_explain_operands(const vm_validator *v, size_t *count);
/* How many blocks are open, the function included; and one of them, 0 being the innermost. */
size_t vm_explain_label_count(const vm_validator *v);
pirn_explained_label vm_explain_label(const vm_validator *v, size_t label);

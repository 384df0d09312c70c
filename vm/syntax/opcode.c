/* SPDX-License-Identifier: Apache-2.0 */
/* The table of instructions, and finding a row by code or by mnemonic. */
#include "vm/syntax/opcode.h"

#define VM_FEATURE_MVP                 0
#define VM_FEATURE_SIGN_EXTENSION      PIRN_FEATURE_SIGN_EXTENSION
#define VM_FEATURE_SATURATING          PIRN_FEATURE_SATURATING
#define VM_FEATURE_REFERENCE_TYPES     PIRN_FEATURE_REFERENCE_TYPES
#define VM_FEATURE_BULK_MEMORY         PIRN_FEATURE_BULK_MEMORY
#define VM_FEATURE_SIMD                PIRN_FEATURE_SIMD
#define VM_FEATURE_RELAXED_SIMD        PIRN_FEATURE_RELAXED_SIMD
#define VM_FEATURE_TAIL_CALL           PIRN_FEATURE_TAIL_CALL
#define VM_FEATURE_TAIL_CALL_REF       (PIRN_FEATURE_TAIL_CALL | PIRN_FEATURE_FUNCTION_REFERENCES)
#define VM_FEATURE_FUNCTION_REFERENCES PIRN_FEATURE_FUNCTION_REFERENCES
#define VM_FEATURE_GC                  PIRN_FEATURE_GC
#define VM_FEATURE_EXCEPTIONS          PIRN_FEATURE_EXCEPTIONS
#define VM_FEATURE_LEGACY_EXCEPTIONS   PIRN_FEATURE_LEGACY_EXCEPTIONS
#define VM_FEATURE_THREADS             PIRN_FEATURE_THREADS
#define VM_FEATURE_WIDE_ARITHMETIC     PIRN_FEATURE_WIDE_ARITHMETIC
#define VM_FEATURE_CUSTOM_DESCRIPTORS  PIRN_FEATURE_CUSTOM_DESCRIPTORS
#define VM_FEATURE_STACK_SWITCHING     PIRN_FEATURE_STACK_SWITCHING

const vm_opcode_info vm_opcodes[VM_OP_COUNT] = {
#define OP(name, prefix, code, text, immediate, type, feature) \
    [VM_OP_##name] = {VM_FEATURE_##feature, code, prefix, VM_IMM_##immediate, #type[0] == 's', #type, text},
#include "vm/syntax/opcode.def"
#undef OP
};

/* Codes are found by a direct index, made by the compiler from the rows. */
#define PREFIX_0x00 0
#define PREFIX_0xFB 1
#define PREFIX_0xFC 2
#define PREFIX_0xFD 3
#define PREFIX_0xFE 4

const uint16_t vm_opcode_rows[VM_PREFIX_COUNT][VM_CODE_COUNT] = {
#define OP(name, prefix, code, text, immediate, type, feature) [PREFIX_##prefix][code] = VM_OP_##name + 1,
#include "vm/syntax/opcode.def"
#undef OP
};

vm_opcode vm_opcode_find(uint8_t prefix, uint32_t code)
{
    bool known = prefix == 0 || (prefix >= VM_FIRST_PREFIX && prefix <= VM_LAST_PREFIX);
    if (!known || code >= VM_CODE_COUNT)
        return VM_OP_COUNT;
    uint16_t row = vm_opcode_rows[prefix == 0 ? 0 : prefix - VM_FIRST_PREFIX + 1][code];
    return row == 0 ? VM_OP_COUNT : (vm_opcode)(row - 1);
}

vm_opcode vm_opcode_by_text(pirn_str text)
{
    for (unsigned i = 0; i < VM_OP_COUNT; i++) {
        if (pirn_str_eq(pirn_str_of(vm_opcodes[i].text), text))
            return (vm_opcode)i;
    }
    return VM_OP_COUNT;
}

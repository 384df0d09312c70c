/* SPDX-License-Identifier: Apache-2.0 */
/* The table of instructions, and finding a row by code or by mnemonic. */
#include "vm/syntax/opcode.h"

#define VM_FEATURE_MVP             0
#define VM_FEATURE_SIGN_EXTENSION  PIRN_FEATURE_SIGN_EXTENSION
#define VM_FEATURE_SATURATING      PIRN_FEATURE_SATURATING
#define VM_FEATURE_REFERENCE_TYPES PIRN_FEATURE_REFERENCE_TYPES
#define VM_FEATURE_BULK_MEMORY     PIRN_FEATURE_BULK_MEMORY

const vm_opcode_info vm_opcodes[VM_OP_COUNT] = {
#define OP(name, prefix, code, text, immediate, type, feature)                                               \
    [VM_OP_##name] = {text, prefix, code, VM_IMM_##immediate, #type[0] == 's', #type, VM_FEATURE_##feature},
#include "vm/syntax/opcode.def"
#undef OP
};

/* Codes of one prefix are found by a direct index, made by the compiler from the rows (row number + 1, 0: none). */
enum { CODES = 256 };

#define PLAIN_0x00(name, code) [code] = VM_OP_##name + 1,
#define PLAIN_0xFC(name, code)
#define FC_0x00(name, code)
#define FC_0xFC(name, code) [code] = VM_OP_##name + 1,

const uint16_t vm_opcode_plain[CODES] = {
#define OP(name, prefix, code, text, immediate, type, feature) PLAIN_##prefix(name, code)
#include "vm/syntax/opcode.def"
#undef OP
};

static const uint16_t fc_codes[CODES] = {
#define OP(name, prefix, code, text, immediate, type, feature) FC_##prefix(name, code)
#include "vm/syntax/opcode.def"
#undef OP
};

vm_opcode vm_opcode_find(uint8_t prefix, uint32_t code)
{
    const uint16_t *codes = prefix == 0 ? vm_opcode_plain : prefix == 0xFC ? fc_codes : NULL;
    uint16_t row = codes == NULL || code >= CODES ? 0 : codes[code];
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

/* SPDX-License-Identifier: Apache-2.0 */
/* The instruction set as data: opcode.def as an enumeration and a table. */
#pragma once

#include "vm/syntax/types.h"

typedef enum vm_opcode {
#define OP(name, prefix, code, text, immediate, type, feature) VM_OP_##name,
#include "vm/syntax/opcode.def"
#undef OP
    VM_OP_COUNT
} vm_opcode;

/* How the immediates of an instruction are read; what they yield is in vm/binary/instr.h. */
typedef enum vm_immediate {
    VM_IMM_NONE,
    VM_IMM_BLOCK,       /* block type */
    VM_IMM_LABEL,       /* label index */
    VM_IMM_LABELS,      /* vector of label indices and a default */
    VM_IMM_FUNC,        /* function index */
    VM_IMM_TYPE_TABLE,  /* type index, table index */
    VM_IMM_LOCAL,       /* local index */
    VM_IMM_GLOBAL,      /* global index */
    VM_IMM_TABLE,       /* table index */
    VM_IMM_TABLE2,      /* destination and source table index */
    VM_IMM_ELEM,        /* element segment index */
    VM_IMM_ELEM_TABLE,  /* element segment index, table index */
    VM_IMM_DATA,        /* data segment index */
    VM_IMM_DATA_MEMORY, /* data segment index, memory index */
    VM_IMM_MEMORY,      /* memory index */
    VM_IMM_MEMORY2,     /* destination and source memory index */
    VM_IMM_MEM1,        /* memarg of an access of 1, 2, 4, 8 bytes */
    VM_IMM_MEM2,
    VM_IMM_MEM4,
    VM_IMM_MEM8,
    VM_IMM_HEAPTYPE, /* heap type */
    VM_IMM_VALTYPES, /* vector of value types */
    VM_IMM_I32,      /* constants */
    VM_IMM_I64,
    VM_IMM_F32,
    VM_IMM_F64,
} vm_immediate;

typedef struct vm_opcode_info {
    const char *text;
    uint8_t prefix;
    uint32_t code;
    uint8_t immediate;     /* vm_immediate */
    bool is_special;       /* no signature of its own */
    const char *signature; /* "ii_i"; meaningless when special */
    uint32_t feature;      /* bit that must be on, 0 for the first standard */
} vm_opcode_info;

/* Indexed by vm_opcode. */
extern const vm_opcode_info vm_opcodes[VM_OP_COUNT];

/* The rows of the one-byte codes: row number + 1, 0 when there is none. For vm/binary/instr.c, which reads every one. */
extern const uint16_t vm_opcode_plain[256];

/* The opcode of a code, VM_OP_COUNT when there is none. `prefix` 0 for one-byte codes. */
vm_opcode vm_opcode_find(uint8_t prefix, uint32_t code);
/* The opcode of a mnemonic, VM_OP_COUNT when there is none (the first row of that text). */
vm_opcode vm_opcode_by_text(pirn_str text);

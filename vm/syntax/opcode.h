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
    VM_IMM_MEM16,
    VM_IMM_MEM1_LANE, /* memarg and a lane */
    VM_IMM_MEM2_LANE,
    VM_IMM_MEM4_LANE,
    VM_IMM_MEM8_LANE,
    VM_IMM_LANE2, /* a lane of as many */
    VM_IMM_LANE4,
    VM_IMM_LANE8,
    VM_IMM_LANE16,
    VM_IMM_SHUFFLE,    /* 16 lanes of 32 */
    VM_IMM_V128,       /* 16 bytes */
    VM_IMM_TAG,        /* tag index */
    VM_IMM_TRY_TABLE,  /* block type, vector of catch clauses */
    VM_IMM_TYPE,       /* type index */
    VM_IMM_TYPE2,      /* two type indices */
    VM_IMM_TYPE_FIELD, /* type index, field index */
    VM_IMM_TYPE_COUNT, /* type index, number of elements */
    VM_IMM_TYPE_DATA,  /* type index, data segment index */
    VM_IMM_TYPE_ELEM,  /* type index, element segment index */
    VM_IMM_TYPE_TAG,   /* type index, tag index */
    VM_IMM_TYPE_HANDLERS,     /* type index, vector of handlers of continuations */
    VM_IMM_TYPE_TAG_HANDLERS, /* type index, tag index, the same */
    VM_IMM_CAST,       /* flags, label index, two heap types */
    VM_IMM_FENCE,      /* a zero byte */
    VM_IMM_HEAPTYPE, /* heap type */
    VM_IMM_VALTYPES, /* vector of value types */
    VM_IMM_I32,      /* constants */
    VM_IMM_I64,
    VM_IMM_F32,
    VM_IMM_F64,
} vm_immediate;

/* Text lies in the row, not behind a pointer: so the table is the same at every address, and no process has to write to it. */
typedef struct vm_opcode_info {
    uint32_t feature; /* bit that must be on, 0 for the first standard */
    uint32_t code;
    uint8_t prefix;
    uint8_t immediate;  /* vm_immediate */
    bool is_special;    /* no signature of its own */
    char signature[13]; /* "ii_i"; meaningless when special */
    char text[40];
} vm_opcode_info;

/* Indexed by vm_opcode. */
extern const vm_opcode_info vm_opcodes[VM_OP_COUNT];

/*
 * Where each code has its row: row number + 1, 0 when there is none. First index: 0 for the one-byte codes, then the
 * prefixes from VM_FIRST_PREFIX on. For vm/binary/instr.c, which reads every one.
 */
enum { VM_FIRST_PREFIX = 0xFB, VM_LAST_PREFIX = 0xFE, VM_PREFIX_COUNT = 5, VM_CODE_COUNT = 0x120 };
extern const uint16_t vm_opcode_rows[VM_PREFIX_COUNT][VM_CODE_COUNT];

/* The opcode of a code, VM_OP_COUNT when there is none. `prefix` 0 for one-byte codes. */
vm_opcode vm_opcode_find(uint8_t prefix, uint32_t code);
/* Is the row behind this one the same instruction for a nullable type? */
static inline bool vm_opcode_has_nullable_twin(vm_opcode opcode)
{
    return opcode == VM_OP_REF_TEST || opcode == VM_OP_REF_CAST || opcode == VM_OP_REF_CAST_DESC_EQ;
}
/* The opcode of a mnemonic, VM_OP_COUNT when there is none (the first row of that text). */
vm_opcode vm_opcode_by_text(pirn_str text);

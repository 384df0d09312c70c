/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading instructions (spec 5.4): the one way everybody looks at code. A reader over a function body or a constant
 * expression yields one vm_instr after the other; nothing is allocated.
 */
#pragma once

#include "vm/binary/reader.h"
#include "vm/syntax/opcode.h"

typedef struct vm_memarg {
    uint32_t align_log2;
    uint32_t memory;
    uint64_t offset;
} vm_memarg;

typedef struct vm_instr {
    vm_opcode opcode;
    const uint8_t *start; /* of its first byte */
    union {
        vm_blocktype block;                          /* BLOCK */
        struct { uint32_t index, index2; };          /* LABEL FUNC LOCAL GLOBAL TABLE* ELEM* DATA* MEMORY*, in the order of the
                                                        table above */
        struct { uint32_t count; vm_range entries; } vector; /* LABELS: `count` targets and the default behind them;
                                                        VALTYPES: `count` types; LEB-coded, already checked to be readable */
        vm_memarg memarg;                            /* MEM* */
        vm_valtype type;                             /* HEAPTYPE: the nullable reference type */
        int32_t i32;
        int64_t i64;
        uint32_t f32_bits;
        uint64_t f64_bits;
    };
} vm_instr;

/*
 * Reads the next instruction. False at the end of the bytes or after a failure (the reader knows which).
 * MALFORMED: unknown opcode, bad immediate; INVALID: an instruction of a feature that is off.
 */
bool vm_instr_read(vm_reader *reader, uint32_t features, vm_instr *out);
/*
 * An expression (spec 5.4.9): reads up to the `end` that closes it and returns its bytes, that `end` included; an
 * empty range after a failure. The instructions are checked by the grammar only.
 */
vm_range vm_reader_expr(vm_reader *reader, uint32_t features);

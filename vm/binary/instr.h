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
    uint32_t lane; /* of the instructions that access one */
} vm_memarg;

/* br_on_cast (5.4.2): the nullable types are those with the bit set in the binary format's flags. */
typedef struct vm_cast {
    uint32_t label;
    vm_valtype from, to; /* reference types */
} vm_cast;

/* A clause of try_table (5.4.2). */
typedef enum vm_catch_kind {
    VM_CATCH,         /* numbers of the binary format */
    VM_CATCH_REF,
    VM_CATCH_ALL,
    VM_CATCH_ALL_REF,
    VM_CATCH_KINDS,
} vm_catch_kind;

typedef struct vm_catch {
    vm_catch_kind kind;
    uint32_t tag; /* of CATCH and CATCH_REF */
    uint32_t label;
} vm_catch;

/* A handler of resume and its kin: what a continuation does that suspends, or switches, with the tag. */
typedef enum vm_handler_kind {
    VM_ON_LABEL, /* numbers of the binary format */
    VM_ON_SWITCH,
    VM_ON_KINDS,
} vm_handler_kind;

typedef struct vm_on {
    vm_handler_kind kind;
    uint32_t tag;
    uint32_t label; /* of ON_LABEL */
} vm_on;

typedef struct vm_instr {
    vm_opcode opcode;
    const uint8_t *start; /* of its first byte */
    union {
        vm_blocktype block;                   /* BLOCK */
        struct { uint32_t index, index2; };   /* LABEL FUNC LOCAL GLOBAL TAG TABLE* ELEM* DATA* MEMORY* TYPE* LANE*, in the
                                                 order of vm_immediate */
        struct {
            uint32_t count;
            vm_range entries;
        } vector;                             /* LABELS: `count` targets and the default behind them; VALTYPES: `count` types;
                                                 LEB-coded, already checked to be readable */
        struct {
            vm_blocktype type;                /* where `block` is, too */
            uint32_t count;
            vm_range catches;                 /* for vm_reader_catch, already checked to be readable */
        } try_table;                          /* TRY_TABLE */
        struct {
            uint32_t type, tag;               /* where index and index2 are; the tag of TYPE_TAG_HANDLERS */
            uint32_t count;
            vm_range handlers;                /* for vm_reader_on, already checked to be readable */
        } resume;                             /* TYPE_HANDLERS, TYPE_TAG_HANDLERS */
        vm_memarg memarg;                     /* MEM* */
        vm_cast cast;                         /* CAST */
        vm_valtype type;                      /* HEAPTYPE: the reference type, nullable but for ref.test, ref.cast and
                                                 ref.cast_desc_eq without null */
        int32_t i32;
        int64_t i64;
        uint32_t f32_bits;
        uint64_t f64_bits;
        uint8_t bytes[16];                    /* V128, SHUFFLE */
    };
} vm_instr;

/*
 * Reads the next instruction. False at the end of the bytes or after a failure (the reader knows which).
 * MALFORMED: unknown opcode, bad immediate; INVALID: an instruction of a feature that is off.
 */
bool vm_instr_read(vm_reader *reader, uint32_t features, vm_instr *out);
/*
 * An expression (spec 5.4.10): reads up to the `end` that closes it and returns its bytes, that `end` included; an
 * empty range after a failure. The instructions are checked by the grammar only.
 */
vm_range vm_reader_expr(vm_reader *reader, uint32_t features);
/* The next clause of a try_table's `catches`. */
vm_catch vm_reader_catch(vm_reader *reader);
/* The next handler of a resume's `handlers`. */
vm_on vm_reader_on(vm_reader *reader);

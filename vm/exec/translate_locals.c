/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which locals must be zero at the start of a function: see vm/exec/translate.h. A local that is set on every way to each of its
 * uses need not. That is decided as validation decides it for locals without a default value: what a block sets is forgotten at
 * its end, for a branch may have left it before. Only a loop's end is reached in one way, and forgets nothing.
 */
#include "vm/exec/translate.h"

typedef struct scan {
    vm_translator *t;
    BASE_VEC(uint32_t) set;    /* locals, in order */
    BASE_VEC(uint32_t) blocks; /* for each open one: how many were set before, or KEEPS */
} scan;

enum { KEEPS = INT32_MAX };

static void open_block(scan *s, uint32_t mark)
{
    if (!BASE_VEC_PUSH(&s->blocks, s->t->allocator, mark))
        s->t->status = PIRN_NOMEM;
}

static void forget(scan *s, uint32_t mark)
{
    while (s->set.len > mark)
        s->t->locals[s->set.data[--s->set.len]].is_set = false;
}

static void note_set(scan *s, uint32_t local)
{
    if (s->t->locals[local].is_set)
        return;
    s->t->locals[local].is_set = true;
    if (!BASE_VEC_PUSH(&s->set, s->t->allocator, local))
        s->t->status = PIRN_NOMEM;
}

static void scan_instr(scan *s, const vm_instr *instr)
{
    switch (instr->opcode) {
    case VM_OP_LOOP:
        open_block(s, KEEPS);
        break;
    case VM_OP_BLOCK:
    case VM_OP_IF:
    case VM_OP_TRY:
    case VM_OP_TRY_TABLE:
        open_block(s, (uint32_t)s->set.len);
        break;
    case VM_OP_ELSE:
    case VM_OP_CATCH:
    case VM_OP_CATCH_ALL:
        forget(s, s->blocks.data[s->blocks.len - 1]);
        break;
    case VM_OP_END:
    case VM_OP_DELEGATE:
        forget(s, s->blocks.data[--s->blocks.len]);
        break;
    case VM_OP_LOCAL_SET:
    case VM_OP_LOCAL_TEE:
        note_set(s, instr->index);
        break;
    case VM_OP_LOCAL_GET:
        s->t->locals[instr->index].is_zeroed |= !s->t->locals[instr->index].is_set;
        break;
    default:
        break;
    }
}

void vm_scan_locals(vm_translator *t)
{
    scan s = {.t = t};
    vm_reader reader = t->reader;
    vm_instr instr;
    for (uint32_t i = 0; i < t->type->param_count; i++)
        t->locals[i].is_set = true;
    open_block(&s, 0);
    while (s.blocks.len != 0 && t->status == PIRN_OK && vm_instr_read(&reader, t->syntax->features, &instr))
        scan_instr(&s, &instr);
    BASE_VEC_DONE(&s.set, t->allocator);
    BASE_VEC_DONE(&s.blocks, t->allocator);
}

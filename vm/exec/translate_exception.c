/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Throws, and blocks that catch: see vm/exec/exception.h for the landings that they leave, vm/exec/translate.h for the rest.
 *
 * A block that catches costs no cell. Where an exception lands all values are in temps, as at any label: what is below the block
 * is flushed when the block is entered, and the exception's values are written where the label's values belong.
 *
 * The landings of a block are made when the code that they guard ends, so that those of inner blocks come first.
 */
#include "vm/exec/exception.h"
#include "vm/exec/translate.h"

/* ---- Landings ---------------------------------------------------------------------------------------------------------- */

static void push_landing(vm_translator *t, vm_landing landing)
{
    if (t->status == PIRN_OK && !BASE_VEC_PUSH(&t->landings, t->allocator, landing))
        t->status = PIRN_NOMEM;
}

void vm_landings_bind(vm_translator *t, uint32_t *chain)
{
    uint32_t here = vm_emit_here(t);
    while (*chain != VM_NONE && t->status == PIRN_OK) {
        vm_landing *landing = &t->landings.data[*chain];
        *chain = landing->target;
        landing->target = here;
    }
    vm_emit_label(t);
}

/* The landing goes on at the label: at its start, or once its end is known there. */
static void push_landing_to(vm_translator *t, vm_landing landing, vm_label *label)
{
    landing.slot = label->temp;
    landing.target = label->kind == VM_LABEL_LOOP ? label->start : label->landings;
    push_landing(t, landing);
    if (label->kind != VM_LABEL_LOOP && t->status == PIRN_OK)
        label->landings = (uint32_t)t->landings.len - 1;
}

/* ---- Throws -------------------------------------------------------------------------------------------------------------- */

static void translate_throw(vm_translator *t, uint32_t tag)
{
    const pirn_functype *type = t->module->types[t->syntax->tags.data[tag].type];
    vm_emit_whole(t, IR_THROW, type->param_count, VM_BOTTOM)[2].u64 = tag;
    vm_become_unreachable(t);
}

static void emit_throw_ref(vm_translator *t, uint32_t slot)
{
    uint16_t source = vm_emit_source(t, slot, 0);
    vm_emit(t, IR_THROW_REF)[1].a = source;
    vm_become_unreachable(t);
}

static void translate_throw_ref(vm_translator *t)
{
    vm_value reference = vm_pop(t);
    emit_throw_ref(t, vm_value_slot(t, &reference));
}

/* ---- try_table ------------------------------------------------------------------------------------------------------------ */

static void begin_block(vm_translator *t, vm_label_kind kind, const vm_blocktype *type)
{
    vm_flush(t);
    vm_label_push(t, kind, type);
    if (t->status == PIRN_OK)
        vm_label_at(t, 0)->start = vm_emit_here(t);
    vm_emit_label(t);
}

static void translate_try_table(vm_translator *t, const vm_instr *instr)
{
    begin_block(t, VM_LABEL_TRY_TABLE, &instr->try_table.type);
    if (t->status == PIRN_OK)
        vm_label_at(t, 0)->clauses = instr->try_table.catches;
}

void vm_translate_clauses(vm_translator *t, const vm_label *block)
{
    vm_reader reader = vm_reader_part(&t->reader, block->clauses);
    uint32_t end = vm_emit_here(t);
    vm_emit_label(t);
    while (!vm_reader_at_end(&reader) && t->status == PIRN_OK) {
        vm_catch clause = vm_reader_catch(&reader);
        bool is_all = clause.kind == VM_CATCH_ALL || clause.kind == VM_CATCH_ALL_REF;
        bool is_ref = clause.kind == VM_CATCH_REF || clause.kind == VM_CATCH_ALL_REF;
        vm_landing landing = {
            .kind = is_ref ? VM_LANDING_VALUES_REFERENCE : VM_LANDING_VALUES,
            .start = block->start,
            .end = end,
            .depth = (uint32_t)t->labels.len,
            .tag = is_all ? VM_LANDING_ANY_TAG : clause.tag,
        };
        push_landing_to(t, landing, vm_label_at(t, clause.label));
    }
}

/* ---- try, catch, delegate: before the standard --------------------------------------------------------------------------- */

/*
 * A clause has its exception on the symbolic stack, below the values, for rethrow; a result is moved down over it at the clause's
 * end. `start` and `end` of the label stay those of the body.
 */
static void begin_clause(vm_translator *t, uint32_t tag)
{
    vm_label *label = vm_label_at(t, 0);
    if (label->kind == VM_LABEL_TRY)
        label->end = vm_emit_here(t);
    vm_emit_label(t);
    if (!t->is_unreachable)
        vm_translate_leave_block(t, label);
    vm_landing landing = {
        .kind = VM_LANDING_REFERENCE_VALUES,
        .start = label->start,
        .end = label->end,
        .depth = (uint32_t)t->labels.len - 1,
        .tag = tag,
        .slot = label->temp,
        .target = vm_emit_here(t),
    };
    push_landing(t, landing);
    vm_emit_label(t);
    label->kind = VM_LABEL_CATCH;
    t->is_unreachable = false;
    vm_pop_to(t, label->height);
    vm_push(t, vm_value_of_type(PIRN_EXNREF));
}

static void translate_catch(vm_translator *t, uint32_t tag)
{
    const pirn_functype *type = t->module->types[t->syntax->tags.data[tag].type];
    begin_clause(t, tag);
    for (uint32_t i = 0; i < type->param_count && t->status == PIRN_OK; i++)
        vm_push(t, vm_value_of_type(type->types[i]));
    t->flushed = (uint32_t)t->stack.len;
}

static void translate_catch_all(vm_translator *t)
{
    begin_clause(t, VM_LANDING_ANY_TAG);
    t->flushed = (uint32_t)t->stack.len;
}

/* What is caught in the body goes on outside of it, at the block that the label names or around that. */
static void translate_delegate(vm_translator *t, uint32_t depth)
{
    const vm_label *label = vm_label_at(t, 0);
    uint32_t around = (uint32_t)t->labels.len - 1;
    vm_landing landing = {
        .kind = VM_LANDING_DELEGATE,
        .start = label->start,
        .end = vm_emit_here(t),
        .depth = around,
        .depth_limit = around - 1 - depth,
    };
    push_landing(t, landing);
    vm_emit_label(t);
    vm_translate_end(t);
}

/* ---------------------------------------------------------------------------------------------------------------------------- */

bool vm_translate_exception(vm_translator *t, const vm_instr *instr)
{
    switch (instr->opcode) {
    case VM_OP_THROW:
        return translate_throw(t, instr->index), true;
    case VM_OP_THROW_REF:
        return translate_throw_ref(t), true;
    case VM_OP_TRY_TABLE:
        return translate_try_table(t, instr), true;
    case VM_OP_TRY:
        return begin_block(t, VM_LABEL_TRY, &instr->block), true;
    case VM_OP_CATCH:
        return translate_catch(t, instr->index), true;
    case VM_OP_CATCH_ALL:
        return translate_catch_all(t), true;
    case VM_OP_RETHROW:
        return emit_throw_ref(t, vm_label_at(t, instr->index)->temp), true;
    case VM_OP_DELEGATE:
        return translate_delegate(t, instr->index), true;
    default:
        return false;
    }
}

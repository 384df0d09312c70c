/* SPDX-License-Identifier: Apache-2.0 */
/* Throwing and catching: see fuzz/generator.h. */
#include "fuzz/generator.h"

bool make_throw(generator *g)
{
    if (g->tag_count == 0)
        return false;
    if (choose_rarely(&g->c, 16)) {
        make_value(g, PIRN_EXNREF);
        put_op(g, VM_OP_THROW_REF);
        return true;
    }
    uint32_t tag = choose(&g->c, g->tag_count);
    const gen_type *type = &g->types[g->tags[tag].type];
    make_values(g, type->values, type->param_count);
    put_op_index(g, VM_OP_THROW, tag);
    return true;
}

/* What a clause leads to finds on the stack. */
typedef struct catch_kind {
    uint8_t code; /* of the clause (spec 5.4.1) */
    bool has_tag; /* the values of the exception */
    bool has_ref; /* the exception */
} catch_kind;

static const catch_kind catch_kinds[] = {{0, true, false}, {1, true, true}, {2, false, false}, {3, false, true}};

/* Begins the block that a clause leads to. */
static void begin_catch_block(generator *g, const catch_kind *kind, const gen_tag *tag)
{
    static const vm_valtype exnref = PIRN_EXNREF;
    put_op(g, VM_OP_BLOCK);
    if (kind->has_tag) {
        uint32_t index = kind->has_ref ? tag->caught_ref : tag->caught;
        vm_writer_leb_signed(g->out, index);
        begin_label(g, g->types[index].values, g->types[index].result_count, false);
    } else {
        vm_writer_u8(g->out, kind->has_ref ? VM_CODE_EXN : VM_CODE_EMPTY);
        begin_label(g, &exnref, kind->has_ref, false);
    }
}

/* What was caught is on the stack. */
static void consume_caught(generator *g, const catch_kind *kind, const gen_tag *tag)
{
    if (kind->has_ref && choose_rarely(&g->c, 8)) {
        put_op(g, VM_OP_THROW_REF); /* the rest is not reached, and takes any values */
        return;
    }
    if (kind->has_ref)
        put_op_index(g, VM_OP_LOCAL_SET, choose_local(g, PIRN_EXNREF));
    if (kind->has_tag)
        consume_values(g, g->types[tag->type].values, g->types[tag->type].param_count);
}

/* block (result T)  block (result caught)  try_table (result T) (catch ... 0)  T  end  br 1  end  consume  T  end */
static void make_try_table(generator *g, vm_valtype type)
{
    const catch_kind *kind = &catch_kinds[choose(&g->c, 4)];
    uint32_t tag = choose(&g->c, g->tag_count);
    begin_block(g, VM_OP_BLOCK, type);
    begin_catch_block(g, kind, &g->tags[tag]);
    put_op(g, VM_OP_TRY_TABLE);
    if (type == VM_BOTTOM)
        vm_writer_u8(g->out, VM_CODE_EMPTY);
    else
        put_valtype(g->out, type);
    vm_writer_u8(g->out, 1);
    vm_writer_u8(g->out, kind->code);
    if (kind->has_tag)
        vm_writer_leb_unsigned(g->out, tag);
    vm_writer_leb_unsigned(g->out, 0);
    begin_label(g, &type, type != VM_BOTTOM, false);
    make_effects(g);
    if (type != VM_BOTTOM)
        make_value(g, type);
    end_label(g);
    put_op_index(g, VM_OP_BR, 1);
    end_label(g);
    consume_caught(g, kind, &g->tags[tag]);
    make_effects(g);
    if (type != VM_BOTTOM)
        make_value(g, type);
    end_label(g);
}

/* try (result T)  T  catch tag  consume  T  catch_all  T  end: the form of before the standard */
static void make_legacy_try(generator *g, vm_valtype type)
{
    uint32_t tag = choose(&g->c, g->tag_count);
    begin_block(g, VM_OP_TRY, type);
    make_effects(g);
    if (type != VM_BOTTOM)
        make_value(g, type);
    put_op_index(g, VM_OP_CATCH, tag);
    consume_values(g, g->types[g->tags[tag].type].values, g->types[g->tags[tag].type].param_count);
    make_effects(g);
    if (type != VM_BOTTOM)
        make_value(g, type);
    if (choose(&g->c, 2)) {
        put_op(g, VM_OP_CATCH_ALL);
        make_effects(g);
        if (choose_rarely(&g->c, 4))
            put_op_index(g, VM_OP_RETHROW, 0);
        else if (type != VM_BOTTOM)
            make_value(g, type);
    }
    end_label(g);
}

bool make_try(generator *g, vm_valtype type)
{
    if (g->tag_count == 0 || is_too_deep(g))
        return false;
    if (has_feature(g, PIRN_FEATURE_LEGACY_EXCEPTIONS) && choose(&g->c, 4) == 3)
        make_legacy_try(g, type);
    else
        make_try_table(g, type);
    return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of activations, and what becomes of all that one holds when its call ends. */
#include "component/activation.h"
#include "component/handle.h"

/* An arena is kept up to this size. */
enum { ARENA_KEEP_BYTES = 1 << 20 };

cm_activation *cm_activation_new(cm_runtime *runtime)
{
    cm_activation *activation = runtime->activations;
    base_arena arena;
    if (activation != NULL) {
        runtime->activations = activation->next;
        arena = activation->arena;
    } else {
        activation = base_alloc(runtime->allocator, sizeof *activation);
        if (activation == NULL)
            return NULL;
        base_arena_init(&arena, runtime->allocator);
    }
    *activation = (cm_activation){.runtime = runtime, .arena = arena};
    activation->transit_end = &activation->transit;
    activation->host_call.activation = activation;
    return activation;
}

bool cm_activation_make_objects(cm_activation *activation, const pirn_component_functype *type)
{
    activation->args = base_arena_alloc(&activation->arena, type->params_c.size);
    activation->result = base_arena_zero(&activation->arena, type->result == NULL ? 0 : type->result->c.size);
    return activation->args != NULL && activation->result != NULL;
}

void cm_activation_return_lent(cm_activation *activation)
{
    for (cm_lender *lender = activation->lenders; lender != NULL; lender = lender->next) {
        if (lender->table != NULL)
            lender->table->entries.data[lender->index].num_lends--;
        else
            lender->resource->num_lends--;
    }
    activation->lenders = NULL;
}

/* Nobody has taken these over, so they are dropped; a guest's own resources are not, because its
 * destructor would run amid a trap. */
static void drop_transit(cm_activation *activation)
{
    for (cm_transit *t = activation->transit; t != NULL; t = t->next) {
        if (t->own)
            cm_resource_drop_host(activation->runtime, t->type, t->rep);
    }
    activation->transit = NULL;
}

/* Empties the arena. One that took several chunks gets one of the size of all, for next time. */
static void recycle(base_arena *arena)
{
    size_t used = arena->total_bytes;
    base_arena_reset(arena);
    if (arena->total_bytes == used)
        return;
    base_arena_done(arena);
    if (used <= ARENA_KEEP_BYTES && base_arena_alloc(arena, used) != NULL)
        base_arena_reset(arena);
}

void cm_activation_free(cm_activation *activation)
{
    cm_runtime *runtime = activation->runtime;
    cm_activation_return_lent(activation);
    drop_transit(activation);
    recycle(&activation->arena);
    activation->next = runtime->activations;
    runtime->activations = activation;
}

pirn_status cm_activation_charge(cm_activation *activation, uint64_t bytes, pirn_error *error)
{
    uint64_t limit = activation->runtime->call_bytes;
    if (bytes > limit || activation->bytes > limit - bytes)
        return base_fail(error, PIRN_LIMIT, PIRN_NO_OFFSET, "more than %llu bytes are passed in one call",
                         (unsigned long long)limit);
    activation->bytes += bytes;
    return PIRN_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Preparing: imports are matched, then the plan is made. A prepared component is its plan. */
#include "component/plan.h"

static pirn_status match_and_plan(pirn_prepared *plan, const pirn_linker *linker, base_arena *scratch,
                                  pirn_error *error)
{
    cm_bindings bindings;
    PIRN_TRY(cm_match_imports(linker, plan->component, scratch, &plan->arena, &bindings, error));
    return cm_plan(plan, &bindings, error);
}

pirn_status pirn_linker_prepare(const pirn_linker *linker, const pirn_component *component, pirn_prepared **out,
                                pirn_error *error)
{
    const pirn_allocator *allocator = linker->allocator;
    pirn_prepared *plan = base_alloc_zero(allocator, sizeof *plan);
    if (plan == NULL)
        return base_nomem(error);
    plan->component = component;
    plan->allocator = allocator;
    base_arena_init(&plan->arena, allocator);
    base_arena scratch;
    base_arena_init(&scratch, allocator);
    pirn_status status = match_and_plan(plan, linker, &scratch, error);
    base_arena_done(&scratch);
    if (status == PIRN_OK)
        *out = plan;
    else
        pirn_prepared_free(plan);
    return status;
}

void pirn_prepared_free(pirn_prepared *prepared)
{
    if (prepared == NULL)
        return;
    base_arena_done(&prepared->arena);
    base_free(prepared->allocator, prepared, sizeof *prepared);
}

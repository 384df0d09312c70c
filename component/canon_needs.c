/* SPDX-License-Identifier: Apache-2.0 */
/* What passing values asks for: from where their parts do not fit registers. */
#include "component/canon_needs.h"

/* Values come into the core code: space for what does not fit registers is got by realloc. */
static void add_incoming(cm_needs *n, bool has_lists, bool in_memory)
{
    n->memory |= has_lists || in_memory;
    n->realloc |= has_lists || in_memory;
}

static void add_outgoing(cm_needs *n, bool has_lists, bool in_memory)
{
    n->memory |= has_lists || in_memory;
}

static bool params_have_lists(const pirn_component_functype *type)
{
    for (uint32_t i = 0; i < type->param_count; i++)
        if (type->params[i].type->has_lists)
            return true;
    return false;
}

cm_needs cm_lift_needs(const pirn_component_functype *type, bool is_async)
{
    cm_needs n = {false, false};
    uint32_t most_results = is_async ? CM_LIMIT_FLAT_PARAMS : CM_LIMIT_FLAT_RESULTS;
    add_incoming(&n, params_have_lists(type), cm_params_in_memory(type));
    add_outgoing(&n, type->result != NULL && type->result->has_lists, type->flat_result.count > most_results);
    return n;
}

/* The place of a result in memory is a parameter. */
cm_needs cm_lower_needs(const pirn_component_functype *type, bool is_async)
{
    cm_needs n = {false, false};
    uint32_t most_params = is_async ? CM_LIMIT_FLAT_ASYNC_PARAMS : CM_LIMIT_FLAT_PARAMS;
    uint32_t most_results = is_async ? 0 : CM_LIMIT_FLAT_RESULTS;
    add_outgoing(&n, params_have_lists(type), type->flat_params.count > most_params);
    add_incoming(&n, type->result != NULL && type->result->has_lists, false);
    add_outgoing(&n, false, type->flat_result.count > most_results);
    return n;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical definitions (CanonicalABI.md "Canonical Definitions"): options, and the signatures of the core functions. */
#include "component/trapping.h"
#include "component/validate.h"
#include <stdio.h>

/* ---- Core signatures --------------------------------------------------------------------------------------------- */

static pirn_status make_functype(cm_validator *v, const pirn_valtype *params, size_t param_count,
                                 const pirn_valtype *results, size_t result_count, const pirn_functype **out)
{
    *out = pirn_functype_new(v->engine, params, param_count, results, result_count);
    return *out == NULL ? cm_nomem(v) : PIRN_OK;
}

/* As lists of types are printed: `[I32, I64]`. */
static const char *types_text(const pirn_valtype *types, size_t count, char *out, size_t size)
{
    size_t len = (size_t)snprintf(out, size, "[");
    for (size_t i = 0; i < count && len < size; i++) {
        char text[32];
        pirn_valtype_text(types[i], text);
        if (text[0] >= 'a' && text[0] <= 'z')
            text[0] = (char)(text[0] - 'a' + 'A');
        len += (size_t)snprintf(out + len, size - len, "%s%s", i == 0 ? "" : ", ", text);
    }
    if (len < size)
        snprintf(out + len, size - len, "]");
    return out;
}

static bool same_types(const pirn_valtype *a, size_t a_count, const pirn_valtype *b, size_t b_count)
{
    bool same = a_count == b_count;
    for (size_t i = 0; same && i < a_count; i++)
        same = a[i] == b[i];
    return same;
}

static pirn_status check_types(cm_validator *v, const char *what, const pirn_valtype *lowered, size_t lowered_count,
                               const pirn_valtype *core, size_t core_count)
{
    char a[150], b[150];
    if (same_types(lowered, lowered_count, core, core_count))
        return PIRN_OK;
    return cm_invalid(v, "lowered %s types `%s` do not match %s types `%s` of the core function", what,
                      types_text(lowered, lowered_count, a, sizeof a), what,
                      types_text(core, core_count, b, sizeof b));
}

static pirn_status check_lifted(cm_validator *v, const pirn_component_functype *type, const pirn_functype *core)
{
    cm_core_functype lifted = cm_flatten_lift(type);
    const pirn_valtype *types;
    size_t count = pirn_functype_params(core, &types);
    PIRN_TRY(check_types(v, "parameter", lifted.params, lifted.param_count, types, count));
    count = pirn_functype_results(core, &types);
    return check_types(v, "result", lifted.results, lifted.result_count, types, count);
}

/* ---- Options ----------------------------------------------------------------------------------------------------- */

/* What passing values asks for. */
typedef struct needs {
    bool memory, realloc;
} needs;

/* Values come into the core code: space for what does not fit registers is got by realloc. */
static void add_incoming(needs *n, bool has_lists, bool in_memory)
{
    n->memory |= has_lists || in_memory;
    n->realloc |= has_lists || in_memory;
}

static void add_outgoing(needs *n, bool has_lists, bool in_memory)
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

static needs needs_of(const pirn_component_functype *type, bool is_lift)
{
    needs n = {false, false};
    bool param_lists = params_have_lists(type), result_lists = type->result != NULL && type->result->has_lists;
    bool result_memory = cm_result_in_memory(type);
    if (is_lift) {
        add_incoming(&n, param_lists, cm_params_in_memory(type));
        add_outgoing(&n, result_lists, result_memory);
    } else {
        add_outgoing(&n, param_lists, cm_params_in_memory(type));
        add_incoming(&n, result_lists, false);
        add_outgoing(&n, false, result_memory); /* its place is a parameter */
    }
    return n;
}

static pirn_status check_core_option(cm_scope *scope, const char *name, uint32_t index, const pirn_functype *expected)
{
    const cm_item *func = NULL;
    PIRN_TRY(cm_scope_item(scope, CM_CORE_FUNC, index, &func));
    if (func->core_func != expected)
        return cm_invalid(scope->v, "canonical option `%s` uses a core function with an incorrect signature", name);
    return PIRN_OK;
}

static pirn_status check_memory(cm_scope *scope, uint32_t index)
{
    const cm_item *memory = NULL;
    PIRN_TRY(cm_scope_item(scope, CM_CORE_MEMORY, index, &memory));
    if (memory->core->memory.is64 || memory->core->memory.shared)
        return cm_invalid(scope->v, "canonical option `memory` must be a 32-bit linear memory that is not shared");
    return PIRN_OK;
}

static pirn_status check_realloc(cm_scope *scope, const cm_option_indices *options)
{
    static const pirn_valtype i32s[] = {PIRN_I32, PIRN_I32, PIRN_I32, PIRN_I32};
    const pirn_functype *type = NULL;
    PIRN_TRY(make_functype(scope->v, i32s, 4, i32s, 1, &type));
    PIRN_TRY(check_core_option(scope, "realloc", options->realloc, type));
    if (options->memory == CM_NONE)
        return cm_invalid(scope->v, "canonical option `realloc` requires `memory` to also be specified");
    return PIRN_OK;
}

/* `core`: of the function that is lifted; NULL: lowering. */
static pirn_status check_options(cm_scope *scope, const cm_option_indices *options,
                                 const pirn_component_functype *type, const pirn_functype *core)
{
    cm_validator *v = scope->v;
    needs n = needs_of(type, core != NULL);
    if (options->memory != CM_NONE)
        PIRN_TRY(check_memory(scope, options->memory));
    if (options->realloc != CM_NONE)
        PIRN_TRY(check_realloc(scope, options));
    if (options->post_return != CM_NONE && core == NULL)
        return cm_invalid(v, "canonical option `post-return` cannot be specified for lowerings");
    if (options->post_return != CM_NONE) {
        const pirn_valtype *results;
        const pirn_functype *expected = NULL;
        size_t count = pirn_functype_results(core, &results);
        PIRN_TRY(make_functype(v, results, count, NULL, 0, &expected));
        PIRN_TRY(check_core_option(scope, "post-return", options->post_return, expected));
    }
    if (n.memory && options->memory == CM_NONE)
        return cm_invalid(v, "canonical option `memory` is required");
    if (n.realloc && options->realloc == CM_NONE)
        return cm_invalid(v, "canonical option `realloc` is required");
    return PIRN_OK;
}

/* ---- Definitions ------------------------------------------------------------------------------------------------- */

static pirn_status validate_lift(cm_scope *scope, cm_definition *definition)
{
    const cm_type *type = NULL;
    const cm_item *core = NULL;
    PIRN_TRY(cm_scope_type(scope, definition->canon->type, CM_TYPE_FUNC, "a function type", &type));
    PIRN_TRY(cm_scope_item(scope, CM_CORE_FUNC, definition->canon->func, &core));
    PIRN_TRY(check_lifted(scope->v, type->func, core->core_func));
    PIRN_TRY(check_options(scope, definition->canon->options, type->func, core->core_func));
    definition->canon->functype = type->func;
    definition->item.func = type->func;
    return PIRN_OK;
}

static pirn_status make_core_func(cm_scope *scope, cm_definition *definition, const cm_core_functype *type)
{
    return make_functype(scope->v, type->params, type->param_count, type->results, type->result_count,
                         &definition->item.core_func);
}

static pirn_status validate_lower(cm_scope *scope, cm_definition *definition)
{
    const cm_item *func = NULL;
    PIRN_TRY(cm_scope_item(scope, CM_FUNC, definition->canon->func, &func));
    PIRN_TRY(check_options(scope, definition->canon->options, func->func, NULL));
    cm_core_functype lowered = cm_flatten_lower(func->func);
    definition->canon->functype = func->func;
    return make_core_func(scope, definition, &lowered);
}

/* resource.new and rep: of a resource type that this very component defines. */
static pirn_status validate_resource(cm_scope *scope, cm_definition *definition)
{
    const cm_type *type = NULL;
    cm_canon_kind kind = definition->canon->kind;
    PIRN_TRY(cm_scope_type(scope, definition->canon->type, CM_TYPE_RESOURCE, "a resource type", &type));
    if (kind != CM_CANON_RESOURCE_DROP && scope->v->owners.data[type->resource] != scope->body)
        return cm_invalid(scope->v, "type index %u is not a local resource", definition->canon->type);
    definition->canon->resource = type->resource;
    cm_core_functype core = {.params = {PIRN_I32}, .param_count = 1, .results = {PIRN_I32}};
    core.result_count = kind == CM_CANON_RESOURCE_DROP ? 0 : 1;
    return make_core_func(scope, definition, &core);
}

static pirn_status validate_trapping(cm_scope *scope, cm_definition *definition)
{
    const char *letter = cm_trapping_canon_find((uint8_t)definition->canon->kind)->signature;
    cm_core_functype core = {.param_count = 0};
    for (; *letter != '_'; letter++)
        core.params[core.param_count++] = PIRN_I32;
    for (letter++; *letter != '\0'; letter++)
        core.results[core.result_count++] = PIRN_I32;
    return make_core_func(scope, definition, &core);
}

pirn_status cm_validate_canon(cm_scope *scope, cm_definition *definition)
{
    switch (definition->canon->kind) {
    case CM_CANON_LIFT:
        return validate_lift(scope, definition);
    case CM_CANON_LOWER:
        return validate_lower(scope, definition);
    case CM_CANON_RESOURCE_NEW:
    case CM_CANON_RESOURCE_DROP:
    case CM_CANON_RESOURCE_REP:
        return validate_resource(scope, definition);
    default: /* decoding has let no others pass */
        return validate_trapping(scope, definition);
    }
}

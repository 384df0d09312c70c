/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical definitions (CanonicalABI.md "Canonical Definitions"): options, and the signatures of the core functions. */
#include "component/canon_needs.h"
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

static pirn_status check_lifted(cm_validator *v, const cm_core_functype *lifted, const pirn_functype *core)
{
    const pirn_valtype *types;
    size_t count = pirn_functype_params(core, &types);
    PIRN_TRY(check_types(v, "parameter", lifted->params, lifted->param_count, types, count));
    count = pirn_functype_results(core, &types);
    return check_types(v, "result", lifted->results, lifted->result_count, types, count);
}

/* ---- Options ----------------------------------------------------------------------------------------------------- */

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

/* A core function of so many parameters of type i32, and one result. */
static pirn_status check_i32_option(cm_scope *scope, const char *name, uint32_t index, size_t param_count)
{
    static const pirn_valtype i32s[] = {PIRN_I32, PIRN_I32, PIRN_I32, PIRN_I32};
    const pirn_functype *type = NULL;
    PIRN_TRY(make_functype(scope->v, i32s, param_count, i32s, 1, &type));
    return check_core_option(scope, name, index, type);
}

/* What holds of options wherever they are, and that there are those that the values need. */
static pirn_status check_options(cm_scope *scope, const cm_option_indices *options, cm_needs n)
{
    cm_validator *v = scope->v;
    if (options->memory != CM_NONE)
        PIRN_TRY(check_memory(scope, options->memory));
    if (options->realloc != CM_NONE) {
        PIRN_TRY(check_i32_option(scope, "realloc", options->realloc, 4));
        if (options->memory == CM_NONE)
            return cm_invalid(v, "canonical option `realloc` requires `memory` to also be specified");
    }
    if (n.memory && options->memory == CM_NONE)
        return cm_invalid(v, "canonical option `memory` is required");
    if (n.realloc && options->realloc == CM_NONE)
        return cm_invalid(v, "canonical option `realloc` is required");
    return PIRN_OK;
}

/* Options that only canon lift can have. `what`: of whom messages speak. */
static pirn_status refuse_lift_options(cm_validator *v, const cm_option_indices *options, const char *what)
{
    if (options->post_return != CM_NONE)
        return cm_invalid(v, "canonical option `post-return` cannot be specified for %s", what);
    if (options->callback != CM_NONE)
        return cm_invalid(v, "canonical option `callback` cannot be specified for %s", what);
    return PIRN_OK;
}

static pirn_status refuse_async(cm_validator *v, const cm_option_indices *options, const char *what)
{
    return options->is_async ? cm_invalid(v, "canonical option `async` cannot be specified for %s", what) : PIRN_OK;
}

static pirn_status check_async_type(cm_validator *v, const cm_option_indices *options,
                                    const pirn_component_functype *type)
{
    if (options->is_async && !type->is_async)
        return cm_invalid(v, "the `async` canonical option requires an async function type");
    return PIRN_OK;
}

static bool has_feature(const cm_validator *v, uint32_t feature)
{
    return (pirn_engine_component_features(v->engine) & feature) != 0;
}

static pirn_status check_post_return(cm_scope *scope, const cm_option_indices *options, const pirn_functype *core)
{
    const pirn_valtype *results;
    const pirn_functype *expected = NULL;
    if (options->post_return == CM_NONE)
        return PIRN_OK;
    if (options->is_async)
        return cm_invalid(scope->v, "canonical option `post-return` cannot be specified together with `async`");
    size_t count = pirn_functype_results(core, &results);
    PIRN_TRY(make_functype(scope->v, results, count, NULL, 0, &expected));
    return check_core_option(scope, "post-return", options->post_return, expected);
}

static pirn_status check_callback(cm_scope *scope, const cm_option_indices *options)
{
    if (options->callback == CM_NONE) {
        if (options->is_async && !has_feature(scope->v, PIRN_COMPONENT_STACKFUL))
            return cm_invalid(scope->v,
                              "async lifting without `callback` needs the feature cm-async-stackful, which is off");
        return PIRN_OK;
    }
    if (!options->is_async)
        return cm_invalid(scope->v, "canonical option `callback` requires `async` to also be specified");
    return check_i32_option(scope, "callback", options->callback, 3);
}

/* ---- Lifting and lowering ---------------------------------------------------------------------------------------- */

static pirn_status validate_lift(cm_scope *scope, cm_definition *definition)
{
    const cm_type *type = NULL;
    const cm_item *core = NULL;
    const cm_option_indices *options = definition->canon->options;
    PIRN_TRY(cm_scope_type(scope, definition->canon->type, CM_TYPE_FUNC, "a function type", &type));
    PIRN_TRY(cm_scope_item(scope, CM_CORE_FUNC, definition->canon->func, &core));
    PIRN_TRY(check_async_type(scope->v, options, type->func));
    PIRN_TRY(check_callback(scope, options));
    cm_core_functype lifted = options->is_async ? cm_flatten_lift_async(type->func, options->callback != CM_NONE)
                                                : cm_flatten_lift(type->func);
    PIRN_TRY(check_lifted(scope->v, &lifted, core->core_func));
    PIRN_TRY(check_post_return(scope, options, core->core_func));
    PIRN_TRY(check_options(scope, options, cm_lift_needs(type->func, options->is_async)));
    definition->canon->functype = type->func;
    definition->item.func = type->func;
    return PIRN_OK;
}

/* The function that a built-in makes has just the type that it is given. */
static pirn_status make_core_func(cm_scope *scope, cm_definition *definition, const cm_core_functype *type)
{
    definition->item.is_exact = true;
    return make_functype(scope->v, type->params, type->param_count, type->results, type->result_count,
                         &definition->item.core_func);
}

static pirn_status validate_lower(cm_scope *scope, cm_definition *definition)
{
    const cm_item *func = NULL;
    const cm_option_indices *options = definition->canon->options;
    PIRN_TRY(cm_scope_item(scope, CM_FUNC, definition->canon->func, &func));
    PIRN_TRY(check_async_type(scope->v, options, func->func));
    PIRN_TRY(refuse_lift_options(scope->v, options, "lowerings"));
    PIRN_TRY(check_options(scope, options, cm_lower_needs(func->func, options->is_async)));
    cm_core_functype lowered = options->is_async ? cm_flatten_lower_async(func->func) : cm_flatten_lower(func->func);
    definition->canon->functype = func->func;
    return make_core_func(scope, definition, &lowered);
}

/* ---- Built-ins --------------------------------------------------------------------------------------------------- */

/* resource.new and rep: of a resource type that this very component defines. */
static pirn_status check_resource(cm_scope *scope, cm_canon_definition *canon)
{
    const cm_type *type = NULL;
    PIRN_TRY(cm_scope_type(scope, canon->type, CM_TYPE_RESOURCE, "a resource type", &type));
    if (canon->kind != CM_CANON_RESOURCE_DROP && scope->v->owners.data[type->resource] != scope->body)
        return cm_invalid(scope->v, "type index %u is not a local resource", canon->type);
    canon->resource = type->resource;
    return PIRN_OK;
}

static pirn_status check_async_value(cm_scope *scope, cm_canon_definition *canon, pirn_type_kind kind)
{
    const cm_type *type = NULL;
    const char *what = kind == PIRN_TYPE_STREAM ? "a stream type" : "a future type";
    PIRN_TRY(cm_scope_type(scope, canon->type, CM_TYPE_VALUE, what, &type));
    if (type->value->kind != kind)
        return cm_invalid(scope->v, "type index %u is not %s", canon->type, what);
    canon->value = type->value;
    return PIRN_OK;
}

/* Reading takes values in, writing gives them out; both by memory. */
static pirn_status check_copy(cm_scope *scope, const cm_canon_definition *canon, const cm_canon_info *info)
{
    const cm_option_indices *options = canon->options;
    const pirn_type *element = canon->value->element;
    bool is_read = canon->kind == CM_CANON_STREAM_READ || canon->kind == CM_CANON_FUTURE_READ;
    cm_needs n = {.memory = element != NULL, .realloc = is_read && element != NULL && element->has_lists};
    if (!options->is_async && !has_feature(scope->v, PIRN_COMPONENT_MORE_ASYNC))
        return cm_invalid(scope->v, "%s without `async` needs the feature cm-more-async-builtins, which is off",
                          info->text);
    PIRN_TRY(refuse_lift_options(scope->v, options, info->text));
    return check_options(scope, options, n);
}

static pirn_status check_error_context(cm_scope *scope, const cm_canon_definition *canon, const cm_canon_info *info)
{
    cm_needs n = {.memory = true, .realloc = canon->kind == CM_CANON_ERROR_CONTEXT_DEBUG_MESSAGE};
    PIRN_TRY(refuse_lift_options(scope->v, canon->options, info->text));
    PIRN_TRY(refuse_async(scope->v, canon->options, info->text));
    return check_options(scope, canon->options, n);
}

/* The result comes as the parameters of a function that is lowered. */
static pirn_status validate_task_return(cm_scope *scope, cm_definition *definition, const cm_canon_info *info)
{
    cm_canon_definition *canon = definition->canon;
    cm_validator *v = scope->v;
    const cm_value_syntax *result = canon->result;
    cm_member param = {.type = NULL};
    pirn_component_functype type = {.param_count = result->present, .params = &param};
    if (result->present)
        PIRN_TRY(cm_resolve_value(scope, result, &param.type));
    v->offset = definition->offset;
    if (result->present && param.type->has_borrow)
        return cm_invalid(v, "function result cannot contain a `borrow` type");
    cm_functype_layout(&type);
    canon->value = param.type;
    PIRN_TRY(refuse_lift_options(v, canon->options, info->text));
    PIRN_TRY(refuse_async(v, canon->options, info->text));
    if (canon->options->realloc != CM_NONE)
        return cm_invalid(v, "canonical option `realloc` cannot be specified for %s", info->text);
    PIRN_TRY(check_options(scope, canon->options, cm_lower_needs(&type, false)));
    cm_core_functype core = cm_flatten_lower(&type);
    return make_core_func(scope, definition, &core);
}

/* What a thread runs: a function that takes one number. */
static pirn_status check_thread_type(cm_scope *scope, uint32_t index)
{
    static const pirn_valtype i32 = PIRN_I32;
    const cm_item *type = NULL;
    const pirn_functype *expected = NULL;
    PIRN_TRY(cm_scope_item(scope, CM_CORE_TYPE, index, &type));
    PIRN_TRY(make_functype(scope->v, &i32, 1, NULL, 0, &expected));
    if (type->is_module_type || type->core_type != expected)
        return cm_invalid(scope->v, "spawn type must take a single `i32` argument and return nothing");
    return PIRN_OK;
}

static pirn_status check_thread_table(cm_scope *scope, uint32_t index)
{
    const cm_item *table = NULL;
    PIRN_TRY(cm_scope_item(scope, CM_CORE_TABLE, index, &table));
    if (table->core->table.element != PIRN_FUNCREF || table->core->table.is64)
        return cm_invalid(scope->v, "spawning a thread requires a table of `funcref` with 32-bit indices");
    return PIRN_OK;
}

/* What the letter of a part (component/definition.h) asks of it. */
static pirn_status check_part(cm_scope *scope, cm_canon_definition *canon, const cm_canon_info *info, char letter)
{
    switch (letter) {
    case 'r':
        return check_resource(scope, canon);
    case 's':
        return check_async_value(scope, canon, PIRN_TYPE_STREAM);
    case 'e':
        return check_async_value(scope, canon, PIRN_TYPE_FUTURE);
    case 'o':
        return info->feature == PIRN_COMPONENT_ERROR_CONTEXT ? check_error_context(scope, canon, info)
                                                             : check_copy(scope, canon, info);
    case 'm':
        return check_memory(scope, canon->memory);
    case 'k':
        return check_thread_type(scope, canon->type);
    case 'b':
        return check_thread_table(scope, canon->table);
    case 'n':
        return canon->number < 2 ? PIRN_OK : cm_invalid(scope->v, "immediate must be zero or one: %u", canon->number);
    default:
        return PIRN_OK;
    }
}

static pirn_valtype core_of(char letter, const cm_canon_definition *canon)
{
    return letter == 'I' ? PIRN_I64 : letter == 't' ? canon->slot : PIRN_I32;
}

static pirn_status validate_builtin(cm_scope *scope, cm_definition *definition, const cm_canon_info *info)
{
    cm_core_functype core = {.param_count = 0};
    for (const char *part = info->immediates; *part != '\0'; part++)
        PIRN_TRY(check_part(scope, definition->canon, info, *part));
    const char *letter = info->signature;
    for (; *letter != '_'; letter++)
        core.params[core.param_count++] = core_of(*letter, definition->canon);
    for (letter++; *letter != '\0'; letter++)
        core.results[core.result_count++] = core_of(*letter, definition->canon);
    return make_core_func(scope, definition, &core);
}

pirn_status cm_validate_canon(cm_scope *scope, cm_definition *definition)
{
    cm_canon_kind kind = definition->canon->kind;
    if (kind == CM_CANON_LIFT)
        return validate_lift(scope, definition);
    if (kind == CM_CANON_LOWER)
        return validate_lower(scope, definition);
    const cm_canon_info *info = cm_canon_info_find((uint8_t)kind);
    return kind == CM_CANON_TASK_RETURN ? validate_task_return(scope, definition, info)
                                        : validate_builtin(scope, definition, info);
}

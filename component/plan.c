/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Planning: an evaluator of definitions, one function per kind. Validation has shown that every
 * index is in bounds and every name is there; where a name is looked up all the same, its absence is
 * an error and no assumption.
 *
 * Everything but the result is in a scratch arena: environments and the export lists ("bags") of
 * instances, to which closures of components may refer until the end.
 */
#include "component/plan.h"

#include "component/decode.h"
#include "component/environment.h"

#include <string.h>

typedef struct planner {
    pirn_prepared *plan;
    const cm_bindings *bindings;
    const pirn_allocator *allocator;
    base_arena scratch;
    pirn_error *error;
    uint64_t budget; /* of definitions, arguments and map entries */
    cm_compiler compiler;
    BASE_VEC(cm_step) steps;
    BASE_VEC(cm_planned_state) states;
    BASE_VEC(cm_function) host_functions;
    BASE_VEC(const pirn_resourcedesc *) host_resources;
} planner;

/* ---- Small parts ----------------------------------------------------------------------------- */

/* Beyond what any honest component instantiates, and in proportion to its size. */
static uint64_t budget_of(const pirn_component *component)
{
    return 100000 + (uint64_t)component->size;
}

static pirn_status spend(planner *p, uint64_t amount)
{
    if (amount > p->budget)
        return base_fail(p->error, PIRN_LIMIT, PIRN_NO_OFFSET, "the component instantiates too many definitions");
    p->budget -= amount;
    return PIRN_OK;
}

static pirn_status fail_inconsistent(planner *p, uint64_t offset, pirn_str name)
{
    return base_fail(p->error, PIRN_INVALID, offset, "\"%.*s\" is not where its type says", PIRN_STR_ARG(name));
}

static pirn_status add_step(planner *p, const cm_step *step)
{
    return BASE_VEC_PUSH(&p->steps, p->allocator, *step) ? PIRN_OK : base_nomem(p->error);
}

static uint32_t count_definitions(const cm_component *component, cm_definition_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < component->definition_count; i++)
        count += component->definitions[i].kind == kind;
    return count;
}

/* ---- Imports of the root --------------------------------------------------------------------- */

static pirn_status add_host_function(planner *p, const cm_offer *offer, pirn_str name,
                                     const pirn_component_functype *type, cm_value *out)
{
    const pirn_funcdesc *desc = cm_offer_func(offer, name);
    if (desc == NULL)
        return fail_inconsistent(p, PIRN_NO_OFFSET, name);
    out->function = (uint32_t)p->host_functions.len;
    cm_function function = {.type = type,
                            .host = desc->func,
                            .user = offer->user,
                            .desc = desc,
                            .interface = pirn_str_of(offer->interface->name)};
    return BASE_VEC_PUSH(&p->host_functions, p->allocator, function) ? PIRN_OK : base_nomem(p->error);
}

/* One runtime resource type for each description, whichever interfaces it came by. */
static pirn_status add_host_resource(planner *p, cm_resource_id id, cm_value *out)
{
    const pirn_resourcedesc *desc = p->bindings->resources.of_id[id];
    for (uint32_t i = 0; i < p->host_resources.len; i++) {
        if (p->host_resources.data[i] == desc) {
            out->resource = i;
            return PIRN_OK;
        }
    }
    out->resource = (uint32_t)p->host_resources.len;
    return BASE_VEC_PUSH(&p->host_resources, p->allocator, desc) ? PIRN_OK : base_nomem(p->error);
}

static pirn_status bind_item(planner *p, const cm_offer *offer, pirn_str name, const cm_item *item, cm_value *out);

static pirn_status bind_instance(planner *p, const cm_offer *offer, const cm_instance_type *type, cm_value *out)
{
    PIRN_TRY(spend(p, type->exports.count));
    cm_bag *b = cm_bag_new(&p->scratch, type->exports.count);
    if (b == NULL)
        return base_nomem(p->error);
    for (uint32_t i = 0; i < type->exports.count; i++) {
        cm_named_value *entry = &b->entries[b->count++];
        entry->name = type->exports.list[i].name;
        PIRN_TRY(bind_item(p, offer, entry->name, &type->exports.list[i].item, &entry->value));
    }
    out->instance = cm_bag_seal(b);
    return PIRN_OK;
}

static pirn_status bind_item(planner *p, const cm_offer *offer, pirn_str name, const cm_item *item, cm_value *out)
{
    out->resource = CM_NONE;
    if (item->sort == CM_INSTANCE)
        return bind_instance(p, offer, item->instance, out);
    if (item->sort == CM_FUNC)
        return add_host_function(p, offer, name, item->func, out);
    return cm_item_is_resource(item) ? add_host_resource(p, item->type.resource, out) : PIRN_OK;
}

/* The arguments of the outermost component: what its imports are bound to. Walked first, so that
 * the host's functions and resource types have the lowest numbers. */
static pirn_status bind_root(planner *p, const cm_component *root, const cm_bag **out)
{
    cm_bag *b = cm_bag_new(&p->scratch, count_definitions(root, CM_DEF_IMPORT));
    if (b == NULL)
        return base_nomem(p->error);
    for (uint32_t i = 0; i < root->definition_count; i++) {
        const cm_definition *def = &root->definitions[i];
        if (def->kind != CM_DEF_IMPORT)
            continue;
        cm_named_value *entry = &b->entries[b->count++];
        entry->name = def->external->name;
        PIRN_TRY(bind_item(p, p->bindings->offers[i], entry->name, &def->item, &entry->value));
    }
    *out = cm_bag_seal(b);
    return PIRN_OK;
}

/* ---- Environments ---------------------------------------------------------------------------- */

static pirn_status make_spaces(planner *p, cm_environment *env)
{
    for (cm_sort sort = 0; sort < CM_SORT_COUNT; sort++) {
        uint32_t count = cm_sort_has_values(sort) ? env->component->space_counts[sort] : 0;
        env->items[sort] = base_arena_array(&p->scratch, count, sizeof *env->items[sort]);
        if (env->items[sort] == NULL)
            return base_nomem(p->error);
    }
    return PIRN_OK;
}

/* The map from resource ids outlives planning: it belongs to the state. */
static pirn_status make_state(planner *p, cm_environment *env, uint32_t parent)
{
    uint32_t count = env->component->end_resource;
    if (p->states.len >= CM_LIMIT_INSTANCES)
        return base_fail(p->error, PIRN_LIMIT, env->component->offset, "more than %d component instances",
                         CM_LIMIT_INSTANCES);
    PIRN_TRY(spend(p, count));
    env->resources = base_arena_array(&p->plan->arena, count, sizeof *env->resources);
    if (env->resources == NULL)
        return base_nomem(p->error);
    memset(env->resources, 0xFF, count * sizeof *env->resources); /* CM_NONE */
    env->state = (uint32_t)p->states.len;
    p->plan->resource_map_entries += count;
    cm_planned_state state = {parent, count, env->resources};
    return BASE_VEC_PUSH(&p->states, p->allocator, state) ? PIRN_OK : base_nomem(p->error);
}

/* ---- Core instances -------------------------------------------------------------------------- */

static pirn_status find_core_export(planner *p, const cm_core_value *instance, pirn_str name, uint64_t offset,
                                    cm_core_source *out)
{
    cm_value found;
    if (instance->exports != NULL) {
        if (!cm_bag_find(instance->exports, name, &found))
            return fail_inconsistent(p, offset, name);
        *out = found.core;
        return PIRN_OK;
    }
    size_t index = pirn_module_find_export(instance->module, name);
    if (index == SIZE_MAX)
        return fail_inconsistent(p, offset, name);
    *out = (cm_core_source){instance->number, (uint32_t)index};
    return PIRN_OK;
}

/* The arguments or exports that a definition lists, as a bag. */
static pirn_status collect(planner *p, const cm_environment *env, const cm_definition *def, const cm_bag **out)
{
    PIRN_TRY(spend(p, def->instance->argument_count));
    cm_bag *b = cm_bag_new(&p->scratch, def->instance->argument_count);
    if (b == NULL)
        return base_nomem(p->error);
    for (uint32_t i = 0; i < def->instance->argument_count; i++) {
        const cm_argument *argument = &def->instance->arguments[i];
        b->entries[b->count++] = (cm_named_value){argument->name, cm_environment_value(env, argument->ref)};
    }
    *out = cm_bag_seal(b);
    return PIRN_OK;
}

static pirn_status resolve_core_imports(planner *p, const pirn_module *module, const cm_bag *arguments,
                                        uint64_t offset, cm_core_source *out)
{
    for (uint32_t i = 0; i < pirn_module_import_count(module); i++) {
        pirn_import import = pirn_module_import(module, i);
        cm_value argument;
        if (!cm_bag_find(arguments, import.module, &argument))
            return fail_inconsistent(p, offset, import.module);
        PIRN_TRY(find_core_export(p, argument.core_instance, import.name, offset, &out[i]));
    }
    return PIRN_OK;
}

static pirn_status instantiate_module(planner *p, const cm_environment *env, const cm_definition *def,
                                      cm_core_value *made)
{
    const pirn_module *module = env->items[CM_CORE_MODULE][def->instance->source].module;
    uint32_t count = (uint32_t)pirn_module_import_count(module);
    PIRN_TRY(spend(p, count));
    if (p->plan->core_instance_count >= CM_LIMIT_INSTANCES)
        return base_fail(p->error, PIRN_LIMIT, def->offset, "more than %d core instances", CM_LIMIT_INSTANCES);
    const cm_bag *arguments;
    PIRN_TRY(collect(p, env, def, &arguments));
    cm_core_source *imports = base_arena_array(&p->plan->arena, count, sizeof *imports);
    if (imports == NULL)
        return base_nomem(p->error);
    PIRN_TRY(resolve_core_imports(p, module, arguments, def->offset, imports));
    if (count > p->plan->most_imports)
        p->plan->most_imports = count;
    *made = (cm_core_value){.number = p->plan->core_instance_count++, .module = module};
    return add_step(
        p,
        &(cm_step){.kind = CM_STEP_CORE_INSTANCE, .number = made->number, .core_instance = {module, imports, count}});
}

static pirn_status make_core_instance(planner *p, const cm_environment *env, const cm_definition *def, cm_value *out)
{
    cm_core_value *made = base_arena_zero(&p->scratch, sizeof *made);
    if (made == NULL)
        return base_nomem(p->error);
    out->core_instance = made;
    if (def->kind == CM_DEF_CORE_EXPORTS)
        return collect(p, env, def, &made->exports);
    return instantiate_module(p, env, def, made);
}

/* ---- Canonical definitions, resource types --------------------------------------------------- */

static cm_option_sources resolve_options(const cm_environment *env, const cm_option_indices *options)
{
    return (cm_option_sources){
        .state = env->state,
        .encoding = options->encoding,
        .memory = cm_environment_core(env, CM_CORE_MEMORY, options->memory),
        .realloc = cm_environment_core(env, CM_CORE_FUNC, options->realloc),
        .post_return = cm_environment_core(env, CM_CORE_FUNC, options->post_return),
    };
}

static pirn_status compile(planner *p, const pirn_component_functype *type, cm_step *step)
{
    step->canon.program = cm_compile_function(&p->compiler, type);
    return step->canon.program == NULL ? base_nomem(p->error) : PIRN_OK;
}

/* The plan can be made, but not run. */
static void refuse(planner *p, const cm_definition *def, const char *what)
{
    if (p->plan->unsupported != NULL)
        return;
    p->plan->unsupported = what;
    p->plan->unsupported_offset = def->offset;
}

static void refuse_value(planner *p, const cm_definition *def, const pirn_type *type)
{
    if (type->has_async)
        refuse(p, def, "a function with streams, futures or error contexts");
    if (type->has_oversize)
        refuse(p, def, "a function with a map whose pairs fit no memory");
}

/* Of lift and lower. */
static void refuse_types(planner *p, const cm_definition *def)
{
    const pirn_component_functype *type = def->canon->functype;
    if (def->canon->options->is_async)
        refuse(p, def, def->canon->kind == CM_CANON_LIFT ? "canon lift with `async`" : "canon lower with `async`");
    for (uint32_t i = 0; i < type->param_count; i++)
        refuse_value(p, def, type->params[i].type);
    if (type->result != NULL)
        refuse_value(p, def, type->result);
    if (type->is_async)
        refuse(p, def, "an async function");
}

static pirn_status plan_lift(planner *p, const cm_environment *env, const cm_definition *def, cm_value *out)
{
    cm_step step = {.kind = CM_STEP_LIFT, .number = p->plan->host_function_count + p->plan->lifted_count++};
    PIRN_TRY(compile(p, def->canon->functype, &step));
    step.canon.options = resolve_options(env, def->canon->options);
    step.canon.core = cm_environment_core(env, CM_CORE_FUNC, def->canon->func);
    out->function = step.number;
    refuse_types(p, def);
    return add_step(p, &step);
}

static pirn_status plan_lower(planner *p, const cm_environment *env, const cm_definition *def, cm_value *out)
{
    cm_step step = {.kind = CM_STEP_LOWER, .number = p->plan->core_function_count++};
    PIRN_TRY(compile(p, def->canon->functype, &step));
    step.canon.options = resolve_options(env, def->canon->options);
    step.canon.callee = env->items[CM_FUNC][def->canon->func].function;
    step.canon.slot = p->plan->lowered_count++;
    step.canon.core_type = def->item.core_func;
    refuse_types(p, def);
    out->core = (cm_core_source){CM_NONE, step.number};
    return add_step(p, &step);
}

static pirn_status plan_builtin(planner *p, const cm_environment *env, const cm_definition *def,
                                cm_resource_operation operation, cm_value *out)
{
    cm_step step = {.kind = CM_STEP_BUILTIN, .number = p->plan->core_function_count++};
    step.builtin.operation = operation;
    step.builtin.state = env->state;
    step.builtin.resource = env->resources[def->canon->resource];
    step.builtin.slot = p->plan->builtin_count++;
    out->core = (cm_core_source){CM_NONE, step.number};
    if (step.builtin.resource == CM_NONE)
        return fail_inconsistent(p, def->offset, PIRN_STR("resource"));
    return add_step(p, &step);
}

static pirn_status plan_trapping(planner *p, const cm_definition *def, cm_value *out)
{
    const cm_canon_info *canon = cm_canon_info_find((uint8_t)def->canon->kind);
    cm_step step = {.kind = CM_STEP_TRAPPING, .number = p->plan->core_function_count++};
    step.trapping.type = def->item.core_func;
    step.trapping.text = canon->text;
    if (canon->run == CM_REFUSES)
        refuse(p, def, canon->text);
    out->core = (cm_core_source){CM_NONE, step.number};
    return add_step(p, &step);
}

static pirn_status plan_canon(planner *p, const cm_environment *env, const cm_definition *def, cm_value *out)
{
    switch (def->canon->kind) {
    case CM_CANON_LIFT:
        return plan_lift(p, env, def, out);
    case CM_CANON_LOWER:
        return plan_lower(p, env, def, out);
    case CM_CANON_RESOURCE_NEW:
        return plan_builtin(p, env, def, CM_RESOURCE_NEW, out);
    case CM_CANON_RESOURCE_DROP:
        return plan_builtin(p, env, def, CM_RESOURCE_DROP, out);
    case CM_CANON_RESOURCE_REP:
        return plan_builtin(p, env, def, CM_RESOURCE_REP, out);
    default:
        return plan_trapping(p, def, out);
    }
}

static pirn_status plan_resource_type(planner *p, cm_environment *env, const cm_definition *def)
{
    cm_step step = {.kind = CM_STEP_RESOURCE_TYPE};
    step.number = p->plan->host_resource_count + p->plan->guest_resource_count++;
    step.resource_type.definer = env->state;
    step.resource_type.dtor = cm_environment_core(env, CM_CORE_FUNC, def->dtor);
    env->resources[def->item.type.resource] = step.number;
    return add_step(p, &step);
}

/* ---- Components ------------------------------------------------------------------------------ */

static pirn_status walk(planner *p, cm_environment *env, uint32_t parent, const cm_bag **exports);

static pirn_status instantiate_component(planner *p, const cm_environment *env, const cm_definition *def,
                                         cm_value *out)
{
    const cm_closure *source = env->items[CM_COMPONENT][def->instance->source].component;
    cm_environment inner = {.component = source->component, .outer = source->outer, .depth = env->depth + 1};
    if (inner.depth > CM_LIMIT_NESTING)
        return base_fail(p->error, PIRN_LIMIT, def->offset, "component instances are nested more than %d deep",
                         CM_LIMIT_NESTING);
    PIRN_TRY(collect(p, env, def, &inner.arguments));
    cm_environment *kept = base_arena_alloc(&p->scratch, sizeof *kept);
    if (kept == NULL)
        return base_nomem(p->error);
    *kept = inner;
    return walk(p, kept, env->state, &out->instance);
}

static pirn_status make_closure(planner *p, const cm_environment *env, const cm_definition *def, cm_value *out)
{
    cm_closure *c = base_arena_alloc(&p->scratch, sizeof *c);
    if (c == NULL)
        return base_nomem(p->error);
    *c = (cm_closure){def->component, env};
    out->component = c;
    return PIRN_OK;
}

/* Only modules, components and types are found outside; a type's value is that of its resource id. */
static cm_value outer_value(const cm_environment *env, const cm_definition *def)
{
    const cm_environment *outer = env;
    for (uint32_t i = 0; i < def->alias->depth && outer->outer != NULL; i++)
        outer = outer->outer;
    return cm_environment_value(outer, (cm_ref){def->item.sort, def->alias->index});
}

static pirn_status find_named(planner *p, const cm_bag *from, pirn_str name, uint64_t offset, cm_value *out)
{
    return cm_bag_find(from, name, out) ? PIRN_OK : fail_inconsistent(p, offset, name);
}

/* An import of a type that is not a resource type needs no argument. */
static pirn_status import_value(planner *p, const cm_environment *env, const cm_definition *def, cm_value *out)
{
    if (!cm_sort_has_values(def->item.sort) && !cm_item_is_resource(&def->item))
        return PIRN_OK;
    return find_named(p, env->arguments, def->external->name, def->offset, out);
}

static pirn_status evaluate(planner *p, cm_environment *env, const cm_definition *def, cm_value *out)
{
    switch (def->kind) {
    case CM_DEF_CORE_MODULE:
        out->module = def->module->module;
        return PIRN_OK;
    case CM_DEF_CORE_INSTANTIATE:
    case CM_DEF_CORE_EXPORTS:
        return make_core_instance(p, env, def, out);
    case CM_DEF_COMPONENT:
        return make_closure(p, env, def, out);
    case CM_DEF_INSTANTIATE:
        return instantiate_component(p, env, def, out);
    case CM_DEF_EXPORTS:
        return collect(p, env, def, &out->instance);
    case CM_DEF_ALIAS_EXPORT:
        if (!cm_sort_has_values(def->item.sort) && def->born == NULL)
            return PIRN_OK;
        return find_named(p, env->items[CM_INSTANCE][def->alias->instance].instance, def->alias->name, def->offset,
                          out);
    case CM_DEF_ALIAS_CORE_EXPORT:
        return find_core_export(p, env->items[CM_CORE_INSTANCE][def->alias->instance].core_instance, def->alias->name,
                                def->offset, &out->core);
    case CM_DEF_ALIAS_OUTER:
        if (cm_sort_has_values(def->item.sort))
            *out = outer_value(env, def);
        return PIRN_OK;
    case CM_DEF_TYPE:
        return cm_item_is_resource(&def->item) ? plan_resource_type(p, env, def) : PIRN_OK;
    case CM_DEF_CANON:
        return plan_canon(p, env, def, out);
    case CM_DEF_IMPORT:
        return import_value(p, env, def, out);
    case CM_DEF_EXPORT:
        *out = cm_environment_value(env, def->external->ref);
        return PIRN_OK;
    case CM_DEF_CORE_TYPE:
        return PIRN_OK;
    }
    return PIRN_OK;
}

/* Enters the resource types that the item brings: each is found in it by its path (definition.h). */
static pirn_status enter_births(planner *p, cm_environment *env, const cm_definition *def, cm_value item)
{
    for (uint32_t i = 0; def->born != NULL && i < def->born->count; i++) {
        const cm_birth *birth = &def->born->list[i];
        cm_value at = item;
        for (uint32_t step = 0; step < birth->path_length; step++)
            PIRN_TRY(find_named(p, at.instance, birth->path[step], def->offset, &at));
        env->resources[birth->id] = at.resource;
    }
    return PIRN_OK;
}

static pirn_status collect_exports(planner *p, const cm_environment *env, const cm_bag **out)
{
    const cm_component *component = env->component;
    cm_bag *b = cm_bag_new(&p->scratch, count_definitions(component, CM_DEF_EXPORT));
    if (b == NULL)
        return base_nomem(p->error);
    for (uint32_t i = 0; i < component->definition_count; i++) {
        const cm_definition *def = &component->definitions[i];
        if (def->kind == CM_DEF_EXPORT)
            b->entries[b->count++] = (cm_named_value){
                def->external->name, cm_environment_value(env, (cm_ref){def->item.sort, def->index})};
    }
    *out = cm_bag_seal(b);
    return PIRN_OK;
}

static pirn_status walk(planner *p, cm_environment *env, uint32_t parent, const cm_bag **exports)
{
    const cm_component *component = env->component;
    PIRN_TRY(spend(p, component->definition_count));
    PIRN_TRY(make_spaces(p, env));
    PIRN_TRY(make_state(p, env, parent));
    for (uint32_t i = 0; i < component->definition_count; i++) {
        const cm_definition *def = &component->definitions[i];
        cm_value item = {.resource = CM_NONE};
        PIRN_TRY(evaluate(p, env, def, &item));
        if (cm_sort_has_values(def->item.sort))
            env->items[def->item.sort][def->index] = item;
        PIRN_TRY(enter_births(p, env, def, item));
    }
    return collect_exports(p, env, exports);
}

/* ---- The result ------------------------------------------------------------------------------ */

/* Copies `count` elements from `data` to the plan's arena; NULL when out of memory. */
static void *keep(planner *p, const void *data, size_t count, size_t size)
{
    void *copy = base_arena_array(&p->plan->arena, count, size);
    if (copy != NULL && count > 0)
        memcpy(copy, data, count * size);
    return copy;
}

static pirn_status keep_lists(planner *p)
{
    pirn_prepared *plan = p->plan;
    plan->steps = keep(p, p->steps.data, p->steps.len, sizeof *plan->steps);
    plan->step_count = (uint32_t)p->steps.len;
    plan->states = keep(p, p->states.data, p->states.len, sizeof *plan->states);
    plan->state_count = (uint32_t)p->states.len;
    plan->host_functions = keep(p, p->host_functions.data, p->host_functions.len, sizeof *plan->host_functions);
    plan->host_resources = keep(p, p->host_resources.data, p->host_resources.len, sizeof *plan->host_resources);
    bool kept =
        plan->steps != NULL && plan->states != NULL && plan->host_functions != NULL && plan->host_resources != NULL;
    return kept ? PIRN_OK : base_nomem(p->error);
}

/* Of the exports' types: how many functions, directly and in instances. */
static uint32_t count_functions(const cm_externs *exports)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < exports->count; i++) {
        const cm_item *item = &exports->list[i].item;
        count += item->sort == CM_FUNC;
        for (uint32_t j = 0; item->sort == CM_INSTANCE && j < item->instance->exports.count; j++)
            count += item->instance->exports.list[j].item.sort == CM_FUNC;
    }
    return count;
}

/* Adds the functions among `externs`, whose values are in `from`. */
static pirn_status add_exports(planner *p, pirn_str interface, const cm_externs *externs, const cm_bag *from,
                               cm_planned_export *exports)
{
    for (uint32_t i = 0; i < externs->count; i++) {
        const cm_extern *export = &externs->list[i];
        cm_value found;
        if (export->item.sort != CM_FUNC)
            continue;
        PIRN_TRY(find_named(p, from, export->name, PIRN_NO_OFFSET, &found));
        exports[p->plan->export_count++] = (cm_planned_export){
            interface,
            export->name,
            found.function,
            export->item.func,
        };
    }
    return PIRN_OK;
}

static pirn_status keep_exports(planner *p, const cm_externs *externs, const cm_bag *from)
{
    pirn_prepared *plan = p->plan;
    cm_planned_export *exports = base_arena_array(&plan->arena, count_functions(externs), sizeof *exports);
    pirn_str *interfaces = base_arena_array(&plan->arena, externs->count, sizeof *interfaces);
    if (exports == NULL || interfaces == NULL)
        return base_nomem(p->error);
    plan->exports = exports;
    plan->interfaces = interfaces;
    PIRN_TRY(add_exports(p, PIRN_STR(""), externs, from, exports));
    for (uint32_t i = 0; i < externs->count; i++) {
        const cm_extern *export = &externs->list[i];
        cm_value found;
        if (export->item.sort != CM_INSTANCE)
            continue;
        PIRN_TRY(find_named(p, from, export->name, PIRN_NO_OFFSET, &found));
        interfaces[plan->interface_count++] = export->name;
        PIRN_TRY(add_exports(p, export->name, &export->item.instance->exports, found.instance, exports));
    }
    return PIRN_OK;
}

static pirn_status run(planner *p)
{
    const cm_component *root = p->plan->component->root;
    cm_environment *env = base_arena_zero(&p->scratch, sizeof *env);
    if (env == NULL)
        return base_nomem(p->error);
    env->component = root;
    const cm_bag *exports;
    PIRN_TRY(bind_root(p, root, &env->arguments));
    p->plan->host_function_count = (uint32_t)p->host_functions.len;
    p->plan->host_resource_count = (uint32_t)p->host_resources.len;
    PIRN_TRY(walk(p, env, CM_NONE, &exports));
    PIRN_TRY(keep_lists(p));
    return keep_exports(p, &root->type.exports, exports);
}

pirn_status cm_plan(pirn_prepared *plan, const cm_bindings *bindings, pirn_error *error)
{
    planner p = {.plan = plan, .bindings = bindings, .allocator = plan->allocator, .error = error};
    base_arena_init(&p.scratch, plan->allocator);
    p.budget = budget_of(plan->component);
    cm_compiler_init(&p.compiler, &plan->arena);
    pirn_status status = run(&p);
    BASE_VEC_DONE(&p.steps, p.allocator);
    BASE_VEC_DONE(&p.states, p.allocator);
    BASE_VEC_DONE(&p.host_functions, p.allocator);
    BASE_VEC_DONE(&p.host_resources, p.allocator);
    cm_compiler_done(&p.compiler);
    base_arena_done(&p.scratch);
    return status;
}

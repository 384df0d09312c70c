/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instantiation: all arrays are made first, then the steps of the plan run in order, one function
 * per kind. A step finds what it needs by number, in entries that earlier steps have filled.
 *
 * In a store of a pool the result is kept for the next owner, as it is before any guest code has
 * run: what start functions do, and what is made after the first of them, is done each time.
 */
#include "component/instance.h"
#include "component/trapping.h"

/* ---- Room -------------------------------------------------------------------------------------- */

static bool make_room(pirn_component_instance *instance)
{
    const pirn_prepared *plan = instance->plan;
    base_arena *arena = &instance->arena;
    uint32_t resources = plan->host_resource_count + plan->guest_resource_count;
    instance->states = base_arena_array(arena, plan->state_count, sizeof *instance->states);
    instance->maps = base_arena_array(arena, plan->state_count, sizeof *instance->maps);
    instance->resources = base_arena_array(arena, resources, sizeof *instance->resources);
    instance->lifted = base_arena_array(arena, plan->lifted_count, sizeof *instance->lifted);
    instance->core_instances = base_arena_array(arena, plan->core_instance_count, sizeof *instance->core_instances);
    instance->core_functions = base_arena_array(arena, plan->core_function_count, sizeof *instance->core_functions);
    instance->lowered = base_arena_array(arena, plan->lowered_count, sizeof *instance->lowered);
    instance->builtins = base_arena_array(arena, plan->builtin_count, sizeof *instance->builtins);
    instance->imports = base_arena_array(arena, plan->most_imports, sizeof *instance->imports);
    instance->funcs = base_arena_array(arena, plan->export_count, sizeof *instance->funcs);
    return instance->states != NULL && instance->maps != NULL && instance->resources != NULL &&
           instance->lifted != NULL && instance->core_instances != NULL && instance->core_functions != NULL &&
           instance->lowered != NULL && instance->builtins != NULL && instance->imports != NULL &&
           instance->funcs != NULL;
}

/* Resource ids -> runtime resource types, for each component instance. The types' places are known
 * before the types are made. */
static bool make_maps(pirn_component_instance *instance)
{
    const pirn_prepared *plan = instance->plan;
    cm_resource_type **entries = base_arena_array(&instance->arena, plan->resource_map_entries, sizeof *entries);
    if (entries == NULL)
        return false;
    for (uint32_t i = 0; i < plan->state_count; i++) {
        const cm_planned_state *state = &plan->states[i];
        instance->maps[i] = entries;
        for (uint32_t id = 0; id < state->resource_count; id++, entries++) {
            if (state->resources[id] != CM_NONE)
                *entries = &instance->resources[state->resources[id]];
        }
    }
    return true;
}

static void init_states(pirn_component_instance *instance)
{
    const pirn_prepared *plan = instance->plan;
    for (uint32_t i = 0; i < plan->state_count; i++) {
        uint32_t parent = plan->states[i].parent;
        cm_instance_state_init(&instance->states[i], &instance->runtime,
                               parent == CM_NONE ? NULL : &instance->states[parent]);
    }
    for (uint32_t i = 0; i < plan->host_resource_count; i++)
        instance->resources[i].host = plan->host_resources[i];
}

/* ---- What numbers stand for ---------------------------------------------------------------------- */

static pirn_extern core_item(const pirn_component_instance *instance, cm_core_source source)
{
    if (source.instance == CM_NONE)
        return (pirn_extern){.kind = PIRN_EXTERN_FUNC, .func = instance->core_functions[source.index]};
    return pirn_instance_export(instance->core_instances[source.instance], source.index);
}

/* NULL when the source is absent. */
static pirn_func *core_func(const pirn_component_instance *instance, cm_core_source source)
{
    return source.index == CM_NONE ? NULL : core_item(instance, source).func;
}

static pirn_memory *core_memory(const pirn_component_instance *instance, cm_core_source source)
{
    return source.index == CM_NONE ? NULL : core_item(instance, source).memory;
}

static cm_options options_of(const pirn_component_instance *instance, const cm_option_sources *sources)
{
    return (cm_options){
        .state = &instance->states[sources->state],
        .memory = core_memory(instance, sources->memory),
        .realloc = core_func(instance, sources->realloc),
        .post_return = core_func(instance, sources->post_return),
        .encoding = sources->encoding,
    };
}

static const cm_function *function_of(const pirn_component_instance *instance, uint32_t number)
{
    const pirn_prepared *plan = instance->plan;
    return number < plan->host_function_count ? &plan->host_functions[number]
                                              : &instance->lifted[number - plan->host_function_count];
}

/* ---- Steps ----------------------------------------------------------------------------------------- */

static pirn_status make_core_instance(pirn_component_instance *instance, const cm_step *step, pirn_error *error)
{
    pirn_instance **made = &instance->core_instances[step->number];
    uint32_t count = step->core_instance.import_count;
    for (uint32_t i = 0; i < count; i++)
        instance->imports[i] = core_item(instance, step->core_instance.imports[i]);
    return pirn_instance_new(instance->store, step->core_instance.module, instance->imports, count, made, error);
}

/* The start function of what the step has made; NULL when there is none. */
static pirn_func *start_of(const pirn_component_instance *instance, const cm_step *step)
{
    return step->kind == CM_STEP_CORE_INSTANCE ? pirn_instance_start(instance->core_instances[step->number]) : NULL;
}

static void make_resource_type(pirn_component_instance *instance, const cm_step *step)
{
    cm_resource_type *type = &instance->resources[step->number];
    type->definer = &instance->states[step->resource_type.definer];
    type->dtor = core_func(instance, step->resource_type.dtor);
}

static void make_lifted(pirn_component_instance *instance, const cm_step *step)
{
    instance->lifted[step->number - instance->plan->host_function_count] = (cm_function){
        .type = step->canon.program->type,
        .program = step->canon.program,
        .resources = instance->maps[step->canon.options.state],
        .core = core_func(instance, step->canon.core),
        .options = options_of(instance, &step->canon.options),
    };
}

static pirn_status make_lowered(pirn_component_instance *instance, const cm_step *step, pirn_error *error)
{
    cm_lowered *lowered = &instance->lowered[step->canon.slot];
    lowered->callee = function_of(instance, step->canon.callee);
    lowered->program = step->canon.program;
    lowered->resources = instance->maps[step->canon.options.state];
    lowered->options = options_of(instance, &step->canon.options);
    return cm_lowered_new_func(lowered, step->canon.core_type, &instance->core_functions[step->number], error);
}

static pirn_status make_builtin(pirn_component_instance *instance, const cm_step *step, pirn_error *error)
{
    cm_resource_builtin *builtin = &instance->builtins[step->builtin.slot];
    builtin->state = &instance->states[step->builtin.state];
    builtin->type = &instance->resources[step->builtin.resource];
    return cm_resource_builtin_new_func(builtin, step->builtin.operation, &instance->core_functions[step->number],
                                        error);
}

static pirn_status run_step(pirn_component_instance *instance, const cm_step *step, pirn_error *error)
{
    switch (step->kind) {
    case CM_STEP_CORE_INSTANCE:
        return make_core_instance(instance, step, error);
    case CM_STEP_RESOURCE_TYPE:
        make_resource_type(instance, step);
        return PIRN_OK;
    case CM_STEP_LIFT:
        make_lifted(instance, step);
        return PIRN_OK;
    case CM_STEP_LOWER:
        return make_lowered(instance, step, error);
    case CM_STEP_BUILTIN:
        return make_builtin(instance, step, error);
    case CM_STEP_TRAPPING:
        return cm_trapping_new_func(instance->store, step->trapping.type, step->trapping.text,
                                    &instance->core_functions[step->number], error);
    }
    return PIRN_OK;
}

/* A function of the host that is exported again is seen with the root's resource types. */
static void make_exports(pirn_component_instance *instance)
{
    for (uint32_t i = 0; i < instance->plan->export_count; i++) {
        const cm_planned_export *export = &instance->plan->exports[i];
        pirn_component_func *func = &instance->funcs[i];
        func->instance = instance;
        func->type = export->type;
        func->function = *function_of(instance, export->function);
        if (func->function.host != NULL)
            func->function.resources = instance->maps[0];
    }
}

/* The steps up to the first after which a start function is to run: what they make is the same for every instance. */
static pirn_status make_structure(pirn_component_instance *instance, pirn_error *error)
{
    const pirn_prepared *plan = instance->plan;
    for (uint32_t *i = &instance->first_start; *i < plan->step_count; ++*i) {
        PIRN_TRY(run_step(instance, &plan->steps[*i], error));
        if (start_of(instance, &plan->steps[*i]) != NULL)
            return PIRN_OK;
    }
    make_exports(instance);
    return PIRN_OK;
}

/* That start function, and what comes behind it. */
static pirn_status run_guest_code(pirn_component_instance *instance, pirn_error *error)
{
    const pirn_prepared *plan = instance->plan;
    if (instance->first_start == plan->step_count)
        return PIRN_OK;
    for (uint32_t i = instance->first_start; i < plan->step_count; i++) {
        if (i > instance->first_start)
            PIRN_TRY(run_step(instance, &plan->steps[i], error));
        pirn_func *start = start_of(instance, &plan->steps[i]);
        if (start != NULL)
            PIRN_TRY(pirn_invoke(instance->store, NULL, start, NULL, NULL, error));
    }
    make_exports(instance);
    return PIRN_OK;
}

/* ---- Instances ------------------------------------------------------------------------------------- */

static pirn_component_instance *new_instance(const pirn_prepared *plan, pirn_store *store)
{
    pirn_component_instance *instance = base_alloc_zero(plan->allocator, sizeof *instance);
    if (instance == NULL)
        return NULL;
    instance->plan = plan;
    instance->store = store;
    instance->allocator = plan->allocator;
    base_arena_init(&instance->arena, plan->allocator);
    if (!make_room(instance) || !make_maps(instance)) {
        base_arena_done(&instance->arena);
        base_free(plan->allocator, instance, sizeof *instance);
        return NULL;
    }
    cm_runtime_init(&instance->runtime, instance, store);
    return instance;
}

/* Begins a life of the instance. */
static void open_instance(pirn_component_instance *instance, void *data)
{
    instance->data = data;
    cm_runtime_open(&instance->runtime, data);
    init_states(instance);
}

static void close_instance(pirn_component_instance *instance)
{
    for (uint32_t i = instance->plan->state_count; i-- > 0;)
        cm_instance_state_done(&instance->states[i]);
    cm_runtime_close(&instance->runtime);
}

static void free_closed(void *object)
{
    pirn_component_instance *instance = object;
    cm_runtime_done(&instance->runtime);
    base_arena_done(&instance->arena);
    base_free(instance->allocator, instance, sizeof *instance);
}

void pirn_component_instance_free(pirn_component_instance *instance)
{
    if (instance == NULL)
        return;
    close_instance(instance);
    if (pirn_store_kept(instance->store) != instance)
        free_closed(instance);
}

/* A new instance with all that can be made before guest code runs. */
static pirn_status make_instance(const pirn_prepared *prepared, pirn_store *store, void *data,
                                 pirn_component_instance **out, pirn_error *error)
{
    if (prepared->unsupported != NULL)
        return base_fail(error, PIRN_LIMIT, prepared->unsupported_offset, "%s is not supported yet",
                         prepared->unsupported);
    pirn_component_instance *instance = new_instance(prepared, store);
    if (instance == NULL)
        return base_nomem(error);
    open_instance(instance, data);
    pirn_status status = make_structure(instance, error);
    if (status == PIRN_OK)
        *out = instance;
    else
        pirn_component_instance_free(instance);
    return status;
}

static pirn_status finish_instance(pirn_component_instance *instance, pirn_component_instance **out,
                                   pirn_error *error)
{
    pirn_status status = run_guest_code(instance, error);
    if (status == PIRN_OK)
        *out = instance;
    else
        pirn_component_instance_free(instance);
    return status;
}

pirn_status pirn_component_instantiate(const pirn_prepared *prepared, pirn_store *store, void *data,
                                       pirn_component_instance **out, pirn_error *error)
{
    pirn_component_instance *instance = NULL;
    PIRN_TRY(make_instance(prepared, store, data, &instance, error));
    return finish_instance(instance, out, error);
}

/* An instance in a store of the pool: the one that was kept in it, or a new one, which is kept if it can be. */
static pirn_status open_or_make(const pirn_prepared *prepared, pirn_store *store, void *data,
                                pirn_component_instance **out, pirn_error *error)
{
    *out = pirn_store_kept(store);
    if (*out != NULL) {
        open_instance(*out, data);
        return PIRN_OK;
    }
    PIRN_TRY(make_instance(prepared, store, data, out, error));
    pirn_store_keep(store, *out, free_closed);
    return PIRN_OK;
}

pirn_status pirn_component_instantiate_pooled(const pirn_prepared *prepared, pirn_pool_kind *kind, void *data,
                                              pirn_component_instance **out, pirn_error *error)
{
    pirn_store *store = NULL;
    PIRN_TRY(pirn_pool_take(kind, &store, error));
    pirn_component_instance *instance = NULL;
    pirn_status status = open_or_make(prepared, store, data, &instance, error);
    if (status == PIRN_OK)
        status = finish_instance(instance, out, error);
    if (status != PIRN_OK)
        pirn_store_free(store);
    return status;
}

void *pirn_component_instance_data(const pirn_component_instance *instance)
{
    return instance->data;
}

pirn_store *pirn_component_instance_store(const pirn_component_instance *instance)
{
    return instance->store;
}

/* ---- Exported functions ------------------------------------------------------------------------------ */

static pirn_str interface_name(const void *list, size_t index)
{
    return ((const pirn_str *)list)[index];
}

/* The export's own name for the interface, by the version rule; false when there is none. */
static bool select_interface(const pirn_prepared *plan, pirn_str wanted, pirn_str *out)
{
    *out = PIRN_STR("");
    if (wanted.len == 0)
        return true;
    cm_versioned_name name = cm_versioned_name_of(wanted);
    size_t i = cm_version_select(&name, plan->interfaces, plan->interface_count, interface_name);
    if (i == SIZE_MAX)
        return false;
    *out = plan->interfaces[i];
    return true;
}

const pirn_component_func *pirn_component_instance_func(const pirn_component_instance *instance, pirn_str interface,
                                                        pirn_str name)
{
    const pirn_prepared *plan = instance->plan;
    pirn_str selected;
    if (!select_interface(plan, interface, &selected))
        return NULL;
    for (uint32_t i = 0; i < plan->export_count; i++) {
        if (pirn_str_eq(plan->exports[i].interface, selected) && pirn_str_eq(plan->exports[i].name, name))
            return &instance->funcs[i];
    }
    return NULL;
}

const pirn_component_functype *pirn_component_func_type(const pirn_component_func *func)
{
    return func->type;
}

const pirn_resource_type *pirn_component_func_resource(const pirn_component_func *func, const pirn_type *type)
{
    bool is_handle = type->kind == PIRN_TYPE_OWN || type->kind == PIRN_TYPE_BORROW;
    return is_handle ? func->instance->maps[0][type->resource] : NULL;
}

const pirn_resourcedesc *pirn_resource_type_host(const pirn_resource_type *type)
{
    return type->host;
}

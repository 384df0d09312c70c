/* SPDX-License-Identifier: Apache-2.0 */
/* Instances and aliases (Explainer "Instance Definitions", "Alias Definitions"). */
#include "component/externs.h"
#include "component/subtype.h"

/* ---- Instantiation ----------------------------------------------------------------------------------------------- */

/* Matches the component's imports with the arguments, binding its imported types. */
static pirn_status match_arguments(cm_scope *scope, const cm_definition *definition, cm_substitution *s,
                                   const cm_component_type *type, const base_map *arguments)
{
    cm_validator *v = scope->v;
    PIRN_TRY(cm_substitution_unbind(s, type->import_born_count, type->import_born));
    for (uint32_t i = 0; i < type->imports.count; i++) {
        const cm_extern *import = &type->imports.list[i];
        uint64_t index = 0;
        const cm_item *given = NULL;
        v->offset = definition->offset;
        if (!base_map_get(arguments, import->name, &index))
            return cm_invalid(v, "missing import named `%.*s`", PIRN_STR_ARG(import->name));
        const cm_argument *a = &definition->instance->arguments[index];
        v->offset = a->offset;
        PIRN_TRY(cm_scope_item(scope, a->ref.sort, a->ref.index, &given));
        PIRN_TRY(cm_match_report(s, cm_match_item(s, &import->item, given), "type mismatch for import `%.*s`",
                                 PIRN_STR_ARG(import->name)));
    }
    v->offset = definition->offset;
    return PIRN_OK;
}

static pirn_status instantiate(cm_scope *scope, cm_definition *definition, cm_substitution *s,
                               const base_map *arguments)
{
    cm_validator *v = scope->v;
    const cm_item *component = NULL;
    PIRN_TRY(cm_scope_item(scope, CM_COMPONENT, definition->instance->source, &component));
    const cm_component_type *type = component->component;
    PIRN_TRY(match_arguments(scope, definition, s, type, arguments));
    cm_resource_id first = v->next_resource;
    PIRN_TRY(cm_substitution_renew(s, type->export_born_count, type->export_born));
    cm_instance_type *made = cm_array(v, 1, sizeof *made);
    if (made == NULL)
        return PIRN_NOMEM;
    PIRN_TRY(cm_substitute_externs(s, &type->exports, &made->exports));
    made->extent = cm_externs_extent(&made->exports);
    definition->item.instance = made;
    return cm_definition_births(v, definition, first);
}

static pirn_status list_arguments(cm_scope *scope, const cm_definition *definition, base_map *arguments)
{
    cm_validator *v = scope->v;
    for (uint32_t i = 0; i < definition->instance->argument_count; i++) {
        const cm_argument *a = &definition->instance->arguments[i];
        const cm_item *item = NULL;
        bool added = false;
        v->offset = a->offset;
        if (base_map_add(arguments, a->name, i, &added) != PIRN_OK)
            return cm_nomem(v);
        if (!added)
            return cm_invalid(v, "instantiation argument `%.*s` conflicts with previous argument `%.*s`",
                              PIRN_STR_ARG(a->name), PIRN_STR_ARG(a->name));
        PIRN_TRY(cm_scope_item(scope, a->ref.sort, a->ref.index, &item));
    }
    v->offset = definition->offset;
    return PIRN_OK;
}

static pirn_status validate_instantiate(cm_scope *scope, cm_definition *definition)
{
    base_map arguments;
    cm_substitution s;
    base_map_init(&arguments, scope->v->allocator);
    cm_substitution_init(&s, scope->v);
    pirn_status status = list_arguments(scope, definition, &arguments);
    if (status == PIRN_OK)
        status = instantiate(scope, definition, &s, &arguments);
    cm_substitution_done(&s);
    base_map_done(&arguments);
    return status;
}

/* ---- Instances made of exports ----------------------------------------------------------------------------------- */

static pirn_status add_exports(cm_scope *scope, const cm_definition *definition, cm_namespace *names, cm_extern *list)
{
    for (uint32_t i = 0; i < definition->instance->argument_count; i++) {
        const cm_argument *a = &definition->instance->arguments[i];
        const cm_item *item = NULL;
        scope->v->offset = a->offset;
        PIRN_TRY(cm_scope_item(scope, a->ref.sort, a->ref.index, &item));
        list[i] = (cm_extern){a->name, *item};
        /* A type is exported under a new name, by which no function of this instance knows it. */
        cm_item named = *item;
        if (named.sort == CM_TYPE && named.type.kind == CM_TYPE_RESOURCE)
            named.type.identity = ++scope->v->next_identity;
        PIRN_TRY(cm_namespace_add(scope->v, names, &a->name, a->attributes, &named));
    }
    scope->v->offset = definition->offset;
    return PIRN_OK;
}

static pirn_status validate_exports(cm_scope *scope, cm_definition *definition)
{
    cm_validator *v = scope->v;
    uint32_t count = definition->instance->argument_count;
    cm_instance_type *type = cm_array(v, 1, sizeof *type);
    cm_extern *list = cm_array(v, count, sizeof *list);
    if (type == NULL || list == NULL)
        return PIRN_NOMEM;
    cm_namespace names;
    cm_namespace_init(&names, "export", v->allocator);
    pirn_status status = add_exports(scope, definition, &names, list);
    cm_namespace_done(&names);
    PIRN_TRY(status);
    type->exports = (cm_externs){.count = count, .list = list};
    PIRN_TRY(cm_externs_index(v, &type->exports));
    type->extent = cm_externs_extent(&type->exports);
    definition->item.instance = type;
    return cm_extent_check(v, type->extent);
}

pirn_status cm_validate_instance(cm_scope *scope, cm_definition *definition)
{
    return definition->kind == CM_DEF_INSTANTIATE ? validate_instantiate(scope, definition)
                                                  : validate_exports(scope, definition);
}

/* ---- Aliases ----------------------------------------------------------------------------------------------------- */

static pirn_status alias_export(cm_scope *scope, cm_definition *definition)
{
    const cm_item *instance = NULL;
    uint32_t index = definition->alias->instance;
    pirn_str name = definition->alias->name;
    PIRN_TRY(cm_scope_item(scope, CM_INSTANCE, index, &instance));
    const cm_extern *export = cm_externs_find(&instance->instance->exports, name);
    if (export == NULL)
        return cm_invalid(scope->v, "instance %u has no export named `%.*s`", index, PIRN_STR_ARG(name));
    if (export->item.sort != definition->item.sort)
        return cm_invalid(scope->v, "export `%.*s` for instance %u is not a %s", PIRN_STR_ARG(name), index,
                          cm_item_word(definition->item.sort));
    definition->item = export->item;
    return PIRN_OK;
}

static pirn_status alias_core_export(cm_scope *scope, cm_definition *definition)
{
    const cm_item *instance = NULL;
    uint32_t index = definition->alias->instance;
    pirn_str name = definition->alias->name;
    PIRN_TRY(cm_scope_item(scope, CM_CORE_INSTANCE, index, &instance));
    const cm_core_extern *export = cm_core_externs_find(instance->core_instance, (pirn_str){"", 0}, name);
    if (export == NULL)
        return cm_invalid(scope->v, "core instance %u has no export named `%.*s`", index, PIRN_STR_ARG(name));
    if ((int)export->type.kind != (int)definition->item.sort) /* the core sorts are numbered alike */
        return cm_invalid(scope->v, "export `%.*s` for core instance %u is not a %s", PIRN_STR_ARG(name), index,
                          pirn_extern_kind_name((pirn_extern_kind)definition->item.sort));
    if (definition->item.sort == CM_CORE_FUNC) {
        definition->item.core_func = export->type.func;
        definition->item.is_exact = export->type.is_exact;
    } else {
        definition->item.core = &export->type;
    }
    return PIRN_OK;
}

/* Does the way from `scope` out to `outer` leave a component? */
static bool leaves_component(const cm_scope *scope, const cm_scope *outer)
{
    for (; scope != outer; scope = scope->parent)
        if (scope->body->kind == CM_BODY_COMPONENT)
            return true;
    return false;
}

static pirn_status alias_outer(cm_scope *scope, cm_definition *definition)
{
    cm_scope *outer = NULL;
    const cm_item *item = NULL;
    PIRN_TRY(cm_scope_outer(scope, definition->alias->depth, &outer));
    PIRN_TRY(cm_scope_item(outer, definition->item.sort, definition->alias->index, &item));
    if (item->sort == CM_TYPE && leaves_component(scope, outer)) {
        bool has_resources = false;
        PIRN_TRY(cm_type_has_resources(scope->v, &item->type, &has_resources));
        if (has_resources)
            return cm_invalid(scope->v,
                              "cannot alias outer type which transitively refers to resources not defined in "
                              "the current component");
    }
    definition->item = *item;
    return PIRN_OK;
}

pirn_status cm_validate_alias(cm_scope *scope, cm_definition *definition)
{
    cm_sort sort = definition->item.sort;
    bool in_type = scope->body->kind != CM_BODY_COMPONENT;
    bool is_outer = definition->kind == CM_DEF_ALIAS_OUTER;
    if (in_type && sort != CM_TYPE && sort != (is_outer ? CM_CORE_TYPE : CM_INSTANCE))
        return cm_invalid(scope->v, "aliases in component and instance types may only refer to types or instances");
    if (is_outer)
        return alias_outer(scope, definition);
    return definition->kind == CM_DEF_ALIAS_EXPORT ? alias_export(scope, definition)
                                                   : alias_core_export(scope, definition);
}

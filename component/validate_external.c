/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Imports and exports: their names, their types, and that the types that they mention can be named from outside (Explainer
 * "External Visibility of Types").
 */
#include "component/externs.h"
#include "component/subtype.h"

/* ---- Namespaces -------------------------------------------------------------------------------------------------- */

void cm_namespace_init(cm_namespace *names, const char *word, const pirn_allocator *allocator)
{
    names->word = word;
    base_map_init(&names->names, allocator);
    base_map_init(&names->labels, allocator);
    cm_idmap_init(&names->resources, allocator);
    cm_idmap_init(&names->named, allocator);
}

void cm_namespace_done(cm_namespace *names)
{
    base_map_done(&names->names);
    base_map_done(&names->labels);
    cm_idmap_done(&names->resources);
    cm_idmap_done(&names->named);
}

static uint32_t features_of(const cm_validator *v)
{
    return pirn_engine_component_features(v->engine);
}

static pirn_status check_unique(cm_validator *v, cm_namespace *names, const pirn_str *name)
{
    pirn_str canonical = cm_name_canonical(v->arena, *name);
    bool added = false;
    uint64_t before = 0;
    if (canonical.data == NULL || base_map_add(&names->names, canonical, (uintptr_t)name, &added) != PIRN_OK)
        return cm_nomem(v);
    if (added)
        return PIRN_OK;
    base_map_get(&names->names, canonical, &before);
    const pirn_str *previous = (const pirn_str *)(uintptr_t)before;
    return cm_invalid(v, "%s name `%.*s` conflicts with previous name `%.*s`", names->word, PIRN_STR_ARG(*name),
                      PIRN_STR_ARG(*previous));
}

/* The function's resource type must be the one that its annotated name speaks of. */
static pirn_status check_resource_name(cm_validator *v, const cm_namespace *names, pirn_str label, uint32_t identity)
{
    uint64_t address = 0;
    if (!cm_idmap_get(&names->resources, identity, &address))
        return cm_invalid(v, "resource used in function does not have a name in this context");
    const pirn_str *actual = (const pirn_str *)(uintptr_t)address;
    if (!pirn_str_eq(*actual, label))
        return cm_invalid(v, "function does not match expected resource name `%.*s`", PIRN_STR_ARG(*actual));
    return PIRN_OK;
}

static pirn_status check_constructor(cm_validator *v, const cm_namespace *names, const cm_name *name,
                                     const pirn_component_functype *func)
{
    if (func->result == NULL)
        return cm_invalid(v, "function should return one value");
    const pirn_type *made = func->result;
    if (made->kind == PIRN_TYPE_RESULT)
        made = made->members[0].type;
    if (made == NULL || made->kind != PIRN_TYPE_OWN)
        return cm_invalid(v, "function should return `(own $T)` or `(result (own $T))`");
    return check_resource_name(v, names, name->resource, made->identity);
}

static pirn_status check_method(cm_validator *v, const cm_namespace *names, const cm_name *name,
                                const pirn_component_functype *func)
{
    if (func->param_count == 0)
        return cm_invalid(v, "function should have at least one argument");
    if (!pirn_str_eq(func->params[0].name, PIRN_STR("self")))
        return cm_invalid(v, "function should have a first argument called `self`");
    if (func->params[0].type->kind != PIRN_TYPE_BORROW)
        return cm_invalid(v, "function should take a first argument of `(borrow $T)`");
    return check_resource_name(v, names, name->resource, func->params[0].type->identity);
}

static pirn_status check_annotation(cm_validator *v, const cm_namespace *names, const cm_name *name, pirn_str text,
                                    const cm_item *item)
{
    if (name->kind == CM_NAME_LABEL || name->kind == CM_NAME_INTERFACE)
        return PIRN_OK;
    if (item->sort != CM_FUNC)
        return cm_invalid(v, "item `%.*s` is not a func", PIRN_STR_ARG(text));
    if (name->kind == CM_NAME_CONSTRUCTOR)
        return check_constructor(v, names, name, item->func);
    if (name->kind == CM_NAME_METHOD)
        return check_method(v, names, name, item->func);
    if (!base_map_get(&names->labels, name->resource, NULL))
        return cm_invalid(v, "static resource name is not known in this context");
    return PIRN_OK;
}

/* `implements`: an instance with a name of its own is what an interface says. */
static pirn_status check_implements(cm_validator *v, const cm_name *name, pirn_str text, pirn_str implements,
                                    const cm_item *item)
{
    cm_name interface;
    if (item->sort != CM_INSTANCE)
        return cm_invalid(v, "only instances can have an `implements`");
    if (name->kind != CM_NAME_LABEL)
        return cm_invalid(v, "name `%.*s` is not valid with `implements`", PIRN_STR_ARG(text));
    PIRN_TRY(cm_name_parse(implements, features_of(v), &interface, v->offset, v->error));
    if (interface.kind != CM_NAME_INTERFACE)
        return cm_invalid(v, "`implements` `%.*s` must be an interface name", PIRN_STR_ARG(implements));
    return PIRN_OK;
}

/* `versionsuffix`: what a canonical version lacks to be a whole one. */
static pirn_status check_version_suffix(cm_validator *v, const cm_name *name, pirn_str suffix)
{
    if (name->kind != CM_NAME_INTERFACE || !cm_version_is_canonical(name->version))
        return cm_invalid(v, "`versionsuffix` requires the name of an interface with a canonical version");
    pirn_str whole = base_arena_printf(v->arena, "%.*s%.*s", PIRN_STR_ARG(name->version), PIRN_STR_ARG(suffix));
    return whole.data == NULL ? cm_nomem(v) : cm_version_check(whole, v->offset, v->error);
}

static pirn_status check_attributes(cm_validator *v, const cm_name *name, pirn_str text,
                                    const cm_attributes *attributes, const cm_item *item)
{
    if (attributes != NULL && attributes->implements.data != NULL)
        PIRN_TRY(check_implements(v, name, text, attributes->implements, item));
    if (attributes != NULL && attributes->version_suffix.data != NULL)
        PIRN_TRY(check_version_suffix(v, name, attributes->version_suffix));
    return PIRN_OK;
}

pirn_status cm_namespace_add(cm_validator *v, cm_namespace *names, const pirn_str *name,
                             const cm_attributes *attributes, const cm_item *item)
{
    cm_name parsed;
    bool added = false;
    PIRN_TRY(cm_name_parse(*name, features_of(v), &parsed, v->offset, v->error));
    PIRN_TRY(check_attributes(v, &parsed, *name, attributes, item));
    PIRN_TRY(check_annotation(v, names, &parsed, *name, item));
    PIRN_TRY(check_unique(v, names, name));
    bool is_resource = item->sort == CM_TYPE && item->type.kind == CM_TYPE_RESOURCE;
    if (!is_resource || parsed.kind != CM_NAME_LABEL)
        return PIRN_OK;
    bool done = base_map_add(&names->labels, *name, 0, &added) == PIRN_OK &&
                cm_idmap_set(&names->resources, item->type.identity, (uintptr_t)name);
    return done ? PIRN_OK : cm_nomem(v);
}

/* ---- Visibility -------------------------------------------------------------------------------------------------- */

/* Walks types as deep as nothing has a name. *fits becomes false at a type that needs a name here and has none. */
typedef struct visibility {
    cm_validator *v;
    cm_namespace *names;
    cm_namespace *also; /* where new names are entered too, or NULL */
    bool fits;
} visibility;

static pirn_status enter_name(visibility *walk, uint32_t identity)
{
    bool done = cm_idmap_set(&walk->names->named, identity, 0) &&
                (walk->also == NULL || cm_idmap_set(&walk->also->named, identity, 0));
    return done ? PIRN_OK : cm_nomem(walk->v);
}

static pirn_status see_value(visibility *walk, const pirn_type *type);

static pirn_status see_parts(visibility *walk, const pirn_type *type)
{
    if (type->element != NULL)
        PIRN_TRY(see_value(walk, type->element));
    for (uint32_t i = 0; i < type->member_count && walk->fits; i++)
        if (type->members[i].type != NULL)
            PIRN_TRY(see_value(walk, type->members[i].type));
    return PIRN_OK;
}

static pirn_status see_value(visibility *walk, const pirn_type *type)
{
    PIRN_TRY(cm_spend_steps(walk->v, 1));
    if (type->identity == 0)
        return see_parts(walk, type);
    walk->fits &= cm_idmap_get(&walk->names->named, type->identity, NULL);
    return PIRN_OK;
}

static pirn_status see_func(visibility *walk, const pirn_component_functype *type)
{
    for (uint32_t i = 0; i < type->param_count && walk->fits; i++)
        PIRN_TRY(see_value(walk, type->params[i].type));
    return type->result == NULL ? PIRN_OK : see_value(walk, type->result);
}

static pirn_status see_item(visibility *walk, const cm_item *item);

static pirn_status see_exports(visibility *walk, const cm_instance_type *type)
{
    for (uint32_t i = 0; i < type->exports.count && walk->fits; i++)
        PIRN_TRY(see_item(walk, &type->exports.list[i].item));
    return PIRN_OK;
}

/* A type that is exported: what it is made of must have names; from now on it has one. */
static pirn_status see_type(visibility *walk, const cm_type *type)
{
    switch (type->kind) {
    case CM_TYPE_VALUE:
        if (type->value->kind == PIRN_TYPE_OWN || type->value->kind == PIRN_TYPE_BORROW)
            return see_value(walk, type->value);
        PIRN_TRY(see_parts(walk, type->value));
        return type->value->identity == 0 ? PIRN_OK : enter_name(walk, type->value->identity);
    case CM_TYPE_FUNC:
        return see_func(walk, type->func);
    case CM_TYPE_INSTANCE:
        return see_exports(walk, type->instance);
    case CM_TYPE_RESOURCE:
        return enter_name(walk, type->identity);
    case CM_TYPE_COMPONENT: /* is closed: validated by itself */
        break;
    }
    return PIRN_OK;
}

static pirn_status see_item(visibility *walk, const cm_item *item)
{
    PIRN_TRY(cm_spend_steps(walk->v, 1));
    switch (item->sort) {
    case CM_FUNC:
        return see_func(walk, item->func);
    case CM_TYPE:
        return see_type(walk, &item->type);
    case CM_INSTANCE:
        return see_exports(walk, item->instance);
    default:
        return PIRN_OK;
    }
}

/* Instance types are looked at when an import or export has them. */
static pirn_status check_visible(cm_scope *scope, bool is_import, const cm_item *item)
{
    if (scope->body->kind == CM_BODY_INSTANCE_TYPE)
        return PIRN_OK;
    visibility walk = {.v = scope->v,
                       .names = is_import ? &scope->imports : &scope->exports,
                       .also = is_import ? &scope->exports : NULL,
                       .fits = true};
    PIRN_TRY(see_item(&walk, item));
    if (!walk.fits)
        return cm_invalid(scope->v, "%s not valid to be used as %s", cm_sort_name(item->sort), walk.names->word);
    return PIRN_OK;
}

/* ---- Imports and exports ----------------------------------------------------------------------------------------- */

static pirn_status describe_type(cm_scope *scope, const cm_extern_desc *desc, cm_type *out)
{
    const cm_item *item = NULL;
    if (desc->bound == CM_BOUND_EQ) {
        PIRN_TRY(cm_scope_item(scope, CM_TYPE, desc->index, &item));
        *out = item->type;
        return PIRN_OK;
    }
    out->kind = CM_TYPE_RESOURCE;
    out->identity = ++scope->v->next_identity;
    return cm_new_resource(scope->v, NULL, &out->resource);
}

static pirn_status describe_module(cm_scope *scope, const cm_extern_desc *desc, const cm_module_type **out)
{
    const cm_item *item = NULL;
    PIRN_TRY(cm_scope_item(scope, CM_CORE_TYPE, desc->index, &item));
    if (!item->is_module_type)
        return cm_invalid(scope->v, "core type index %u is not a module type", desc->index);
    *out = item->module;
    return PIRN_OK;
}

/* The item that a description means; of an instance, still the instance type. */
static pirn_status describe(cm_scope *scope, const cm_extern_desc *desc, cm_item *out)
{
    const cm_type *type = NULL;
    *out = (cm_item){.sort = desc->sort};
    switch (desc->sort) {
    case CM_CORE_MODULE:
        return describe_module(scope, desc, &out->module);
    case CM_TYPE:
        return describe_type(scope, desc, &out->type);
    case CM_FUNC:
        PIRN_TRY(cm_scope_type(scope, desc->index, CM_TYPE_FUNC, "a function type", &type));
        out->func = type->func;
        return PIRN_OK;
    case CM_COMPONENT:
        PIRN_TRY(cm_scope_type(scope, desc->index, CM_TYPE_COMPONENT, "a component type", &type));
        out->component = type->component;
        return PIRN_OK;
    default:
        PIRN_TRY(cm_scope_type(scope, desc->index, CM_TYPE_INSTANCE, "an instance type", &type));
        out->instance = type->instance;
        return PIRN_OK;
    }
}

/* Makes the described item the definition's own, under its name. */
static pirn_status make_described(cm_scope *scope, cm_definition *definition)
{
    cm_item described;
    cm_resource_id first = scope->v->next_resource;
    PIRN_TRY(describe(scope, &definition->external->desc, &described));
    PIRN_TRY(cm_name_item(scope->v, &definition->external->name, &described, &definition->item));
    return cm_definition_births(scope->v, definition, first);
}

pirn_status cm_validate_import(cm_scope *scope, cm_definition *definition)
{
    PIRN_TRY(make_described(scope, definition));
    PIRN_TRY(check_visible(scope, true, &definition->item));
    return cm_namespace_add(scope->v, &scope->imports, &definition->external->name, definition->external->attributes,
                            &definition->item);
}

/* An export may say that it is less than what it is made of. */
static pirn_status ascribe(cm_scope *scope, cm_definition *definition, const cm_item *actual)
{
    PIRN_TRY(make_described(scope, definition));
    cm_substitution s;
    cm_substitution_init(&s, scope->v);
    pirn_status status = cm_substitution_unbind(&s, definition->born == NULL ? 0 : definition->born->count,
                                                definition->born == NULL ? NULL : definition->born->list);
    if (status == PIRN_OK)
        status = cm_match_report(&s, cm_match_item(&s, &definition->item, actual),
                                 "ascribed type of export is not compatible with item's type");
    cm_substitution_done(&s);
    return status;
}

static pirn_status export_item(cm_scope *scope, cm_definition *definition)
{
    const cm_item *actual = NULL;
    if (scope->body->kind != CM_BODY_COMPONENT)
        return make_described(scope, definition);
    PIRN_TRY(cm_scope_item(scope, definition->external->ref.sort, definition->external->ref.index, &actual));
    if (definition->external->has_desc)
        return ascribe(scope, definition, actual);
    if (actual->sort == CM_INSTANCE) { /* the types in it have their names already */
        definition->item = *actual;
        return PIRN_OK;
    }
    return cm_name_item(scope->v, &definition->external->name, actual, &definition->item);
}

pirn_status cm_validate_export(cm_scope *scope, cm_definition *definition)
{
    PIRN_TRY(export_item(scope, definition));
    PIRN_TRY(check_visible(scope, false, &definition->item));
    return cm_namespace_add(scope->v, &scope->exports, &definition->external->name, definition->external->attributes,
                            &definition->item);
}

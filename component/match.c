/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Imports are looked at in the order of the file, so a resource type is bound where it is imported
 * first and compared where it is used after that. Nothing stops at the first failure: what does not
 * fit becomes a problem, a line of text, and the error has all of them.
 */
#include "component/match.h"
#include "component/rest.h"

#include <string.h>

/* Problems that are described, of which a hostile file may have any number; characters of a type. */
enum { MOST_PROBLEMS = 50, LONGEST_TYPE = 240 };

typedef struct matcher {
    const pirn_linker *linker;
    base_arena *arena, *kept; /* for the time of matching; as long as what is prepared */
    cm_bindings *bindings;
    BASE_VEC(pirn_str) problems;
    bool out_of_memory;
} matcher;

/* Stands for resource types of interfaces that are missing, so that one missing interface does not
 * make every function that mentions its types ill-fitting. */
static const pirn_resourcedesc unknown_resource = {.name = "unknown"};

/* Adds `text`, which a failed allocation has left without data. */
static void add_problem(matcher *m, pirn_str text)
{
    if (text.data == NULL || !BASE_VEC_PUSH(&m->problems, m->arena->allocator, text))
        m->out_of_memory = true;
}

static void bind(matcher *m, cm_resource_id id, const pirn_resourcedesc *desc)
{
    if (id < m->bindings->resources.count)
        m->bindings->resources.of_id[id] = desc;
}

static const pirn_resourcedesc *bound(const matcher *m, cm_resource_id id)
{
    return id < m->bindings->resources.count ? m->bindings->resources.of_id[id] : NULL;
}

/* "a:b/c@0.2.0", and when the linker's is another version, "a:b/c@0.2.0 (the linker's a:b/c@0.2.12)". */
static pirn_str place_text(matcher *m, pirn_str import, const cm_offer *offer)
{
    pirn_str name = pirn_str_of(offer->interface->name);
    if (name.len == 0 || pirn_str_eq(name, import))
        return base_arena_printf(m->arena, "\"%.*s\"", PIRN_STR_ARG(import));
    return base_arena_printf(m->arena, "\"%.*s\" (the linker's %.*s)", PIRN_STR_ARG(import), PIRN_STR_ARG(name));
}

/* As text, cut when it is very long. */
static const char *functype_text(matcher *m, const pirn_component_functype *type)
{
    char *text = type == NULL ? NULL : base_arena_alloc(m->arena, LONGEST_TYPE);
    if (text == NULL) {
        m->out_of_memory = true;
        return "";
    }
    if (pirn_component_functype_text(type, text, LONGEST_TYPE) >= LONGEST_TYPE)
        memcpy(text + LONGEST_TYPE - 4, "...", 4);
    return text;
}

/* A function called `name`, imported by itself or in the interface `place`. */
static void match_func(matcher *m, const cm_offer *offer, pirn_str place, pirn_str name,
                       const pirn_component_functype *type)
{
    const pirn_funcdesc *desc = cm_offer_func(offer, name);
    if (desc == NULL) {
        add_problem(m, base_arena_printf(m->arena, "%.*s: function \"%.*s\" is missing", PIRN_STR_ARG(place),
                                         PIRN_STR_ARG(name)));
    } else if (!cm_funcdesc_matches(desc, type, &m->bindings->resources)) {
        const char *wanted = functype_text(m, type);
        const char *offered = functype_text(m, cm_funcdesc_type(m->arena, desc));
        add_problem(m, base_arena_printf(m->arena, "%.*s: function \"%.*s\" is %s, the linker has %s",
                                         PIRN_STR_ARG(place), PIRN_STR_ARG(name), wanted, offered));
    }
}

static void match_resource(matcher *m, const cm_offer *offer, pirn_str place, pirn_str name, cm_resource_id id)
{
    const pirn_resourcedesc *desc = cm_offer_resource(offer, name), *before = bound(m, id);
    if (desc == NULL && before == NULL) {
        bind(m, id, &unknown_resource);
        add_problem(m, base_arena_printf(m->arena, "%.*s: resource \"%.*s\" is missing", PIRN_STR_ARG(place),
                                         PIRN_STR_ARG(name)));
    } else if (before == NULL || before == &unknown_resource) {
        bind(m, id, desc == NULL ? before : desc);
    } else if (desc != NULL && desc != before) {
        add_problem(m, base_arena_printf(m->arena,
                                         "%.*s: resource \"%.*s\" is another type than the one imported before",
                                         PIRN_STR_ARG(place), PIRN_STR_ARG(name)));
    }
}

static void match_export(matcher *m, const cm_offer *offer, pirn_str place, const cm_extern *export)
{
    const cm_item *item = &export->item;
    if (item->sort == CM_FUNC)
        match_func(m, offer, place, export->name, item->func);
    else if (item->sort == CM_TYPE && item->type.kind == CM_TYPE_RESOURCE)
        match_resource(m, offer, place, export->name, item->type.resource);
    else if (item->sort != CM_TYPE)
        add_problem(m, base_arena_printf(m->arena, "%.*s: has a %s \"%.*s\", which a linker cannot offer",
                                         PIRN_STR_ARG(place), cm_sort_name(item->sort), PIRN_STR_ARG(export->name)));
}

/* Resource types are bound before the functions that mention them are compared. */
static void match_instance(matcher *m, const cm_offer *offer, pirn_str name, const cm_instance_type *type)
{
    pirn_str place = place_text(m, name, offer);
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < type->exports.count; i++) {
            const cm_extern *export = &type->exports.list[i];
            if ((export->item.sort == CM_TYPE) == (pass == 0))
                match_export(m, offer, place, export);
        }
    }
}

static void report_missing(matcher *m, const cm_definition *import)
{
    for (uint32_t i = 0; import->born != NULL && i < import->born->count; i++)
        bind(m, import->born->list[i].id, &unknown_resource);
    pirn_str name = import->external->name;
    if (import->item.sort != CM_INSTANCE) {
        add_problem(m, base_arena_printf(m->arena, "\"%.*s\": the linker has no %s of that name", PIRN_STR_ARG(name),
                                         cm_sort_name(import->item.sort)));
        return;
    }
    pirn_str instead = cm_linker_instead(m->linker, name, m->arena);
    add_problem(m, base_arena_printf(m->arena, "\"%.*s\": %.*s", PIRN_STR_ARG(name), PIRN_STR_ARG(instead)));
}

/* Functions and resource types that are imported by themselves come from the interface without a name. */
static const cm_offer *find_offer(const matcher *m, const cm_definition *import)
{
    bool is_interface = import->item.sort == CM_INSTANCE;
    return cm_linker_find(m->linker, is_interface ? import->external->name : PIRN_STR(""));
}

static bool is_resource(const cm_item *item)
{
    return item->sort == CM_TYPE && item->type.kind == CM_TYPE_RESOURCE;
}

/* An interface of nothing but value types, which say themselves what they are. */
static bool needs_nothing(const cm_instance_type *type)
{
    bool found = false;
    for (uint32_t i = 0; !found && i < type->exports.count; i++) {
        const cm_item *item = &type->exports.list[i].item;
        found = item->sort != CM_TYPE || is_resource(item);
    }
    return !found;
}

static bool has_offer(const cm_offer *offer, const cm_definition *import)
{
    pirn_str name = import->external->name;
    if (offer == NULL || import->item.sort == CM_INSTANCE)
        return offer != NULL;
    return import->item.sort == CM_FUNC ? cm_offer_func(offer, name) != NULL : cm_offer_resource(offer, name) != NULL;
}

static const cm_offer *offer_rest(matcher *m, const cm_definition *import)
{
    const cm_offer *offer = cm_rest_offer(m->linker, import, &m->bindings->resources, m->kept);
    m->out_of_memory = m->out_of_memory || offer == NULL;
    return offer;
}

static const cm_offer *match_import(matcher *m, const cm_definition *import)
{
    pirn_str name = import->external->name;
    const cm_item *item = &import->item;
    if (item->sort == CM_TYPE && import->born == NULL)
        return NULL; /* another name of a type that is known */
    if (item->sort != CM_INSTANCE && item->sort != CM_FUNC && !is_resource(item)) {
        add_problem(m, base_arena_printf(m->arena, "\"%.*s\": is a %s, which a linker cannot offer",
                                         PIRN_STR_ARG(name), cm_sort_name(item->sort)));
        return NULL;
    }
    const cm_offer *offer = find_offer(m, import);
    if (offer == NULL && item->sort == CM_INSTANCE && needs_nothing(item->instance))
        return NULL;
    if (m->linker->rest != NULL && !has_offer(offer, import))
        return offer_rest(m, import);
    if (offer == NULL)
        report_missing(m, import);
    else if (item->sort == CM_INSTANCE)
        match_instance(m, offer, name, item->instance);
    else if (item->sort == CM_FUNC && cm_offer_func(offer, name) == NULL)
        report_missing(m, import);
    else if (item->sort == CM_FUNC)
        match_func(m, offer, place_text(m, name, offer), name, item->func);
    else if (cm_offer_resource(offer, name) == NULL)
        report_missing(m, import);
    else
        bind(m, item->type.resource, cm_offer_resource(offer, name));
    return offer;
}

/* One problem stands on the line of the error, several on a line each, as far as there is room. */
static pirn_status fail_with_problems(const matcher *m, pirn_error *error)
{
    enum { ROOM = sizeof error->message - 64 };
    if (m->problems.len == 1)
        return base_fail(error, PIRN_UNLINKABLE, PIRN_NO_OFFSET, "missing or ill-fitting import %.*s",
                         PIRN_STR_ARG(m->problems.data[0]));
    char text[ROOM];
    size_t used = 0, listed = 0;
    for (; listed < m->problems.len && used + m->problems.data[listed].len + 3 < ROOM; listed++) {
        pirn_str problem = m->problems.data[listed];
        memcpy(text + used, "\n  ", 3);
        memcpy(text + used + 3, problem.data, problem.len);
        used += 3 + problem.len;
    }
    bool all = listed == m->problems.len && listed < MOST_PROBLEMS;
    return base_fail(error, PIRN_UNLINKABLE, PIRN_NO_OFFSET, "missing or ill-fitting imports:%.*s%s", (int)used, text,
                     all ? "" : "\n  and more");
}

static bool may_go_on(const matcher *m)
{
    return !m->out_of_memory && m->problems.len < MOST_PROBLEMS;
}

static pirn_status match_all(matcher *m, const cm_component *root, pirn_error *error)
{
    for (uint32_t i = 0; i < root->definition_count && may_go_on(m); i++) {
        if (root->definitions[i].kind == CM_DEF_IMPORT)
            m->bindings->offers[i] = match_import(m, &root->definitions[i]);
    }
    if (m->out_of_memory)
        return base_nomem(error);
    return m->problems.len == 0 ? PIRN_OK : fail_with_problems(m, error);
}

pirn_status cm_match_imports(const pirn_linker *linker, const pirn_component *component, base_arena *arena,
                             base_arena *kept, cm_bindings *out, pirn_error *error)
{
    out->offers = base_arena_array(arena, component->root->definition_count, sizeof *out->offers);
    out->resources.of_id = base_arena_array(arena, component->resource_count, sizeof *out->resources.of_id);
    out->resources.count = component->resource_count;
    if (out->offers == NULL || out->resources.of_id == NULL)
        return base_nomem(error);
    matcher m = {.linker = linker, .arena = arena, .kept = kept, .bindings = out};
    pirn_status status = match_all(&m, component->root, error);
    BASE_VEC_DONE(&m.problems, arena->allocator);
    return status;
}

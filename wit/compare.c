/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces, worlds and packages beside each other: see compare.h. */
#include "wit/compare.h"
#include <stdio.h>

void wit_comparer_init(wit_comparer *c, wit_purpose purpose, const pirn_allocator *allocator,
                       pirn_wit_difference_sink sink, void *data, pirn_error *error)
{
    *c = (wit_comparer){
        .purpose = purpose, .sink = sink, .data = data, .error = error, .owner = PIRN_STR(""), .item = PIRN_STR("")};
    base_arena_init(&c->arena, allocator);
    base_map_init(&c->same, allocator);
}

pirn_status wit_comparer_done(wit_comparer *c)
{
    base_map_done(&c->same);
    base_arena_done(&c->arena);
    return c->has_failed ? base_nomem(c->error) : PIRN_OK;
}

void wit_differ(wit_comparer *c, pirn_wit_change change, bool breaks, const char *format, ...)
{
    char message[480];
    va_list args;
    if (c->has_stopped)
        return;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    pirn_wit_difference difference = {change, breaks && !c->is_unstable, c->owner, c->item, message};
    c->has_stopped = !c->sink(c->data, &difference);
}

/* --- interfaces --- */

static void compare_types(wit_comparer *c, const pirn_wit_interface *a, const pirn_wit_interface *b)
{
    for (size_t i = 0; i < a->scope.type_count; i++) {
        const pirn_wit_type *have = &a->scope.types[i], *other = pirn_wit_interface_find_type(b, have->name);
        c->item = have->name;
        c->is_unstable = c->purpose == WIT_SUCCESSOR && have->gates.unstable.len > 0;
        if (other == NULL)
            wit_differ(c, PIRN_WIT_REMOVED, true, "this type is gone");
        else
            wit_compare_typedefs(c, have, other);
        c->is_unstable = false;
    }
    for (size_t i = 0; i < b->scope.type_count; i++) {
        c->item = b->scope.types[i].name;
        if (pirn_wit_interface_find_type(a, c->item) == NULL)
            wit_differ(c, PIRN_WIT_ADDED, false, "this type is new");
    }
}

static void compare_all_functions(wit_comparer *c, const pirn_wit_interface *a, const pirn_wit_interface *b)
{
    for (size_t i = 0; i < a->scope.function_count; i++) {
        const pirn_wit_function *have = &a->scope.functions[i];
        const pirn_wit_function *other = pirn_wit_interface_find_function(b, have->name);
        c->item = have->name;
        c->is_unstable = c->purpose == WIT_SUCCESSOR && have->gates.unstable.len > 0;
        if (other == NULL)
            wit_differ(c, PIRN_WIT_REMOVED, true, "this function is gone");
        else
            wit_compare_functions(c, have, other);
        c->is_unstable = false;
    }
    for (size_t i = 0; i < b->scope.function_count; i++) {
        c->item = b->scope.functions[i].name;
        if (pirn_wit_interface_find_function(a, c->item) == NULL)
            wit_differ(c, PIRN_WIT_ADDED, false, "this function is new");
    }
}

static void compare_interfaces(wit_comparer *c, const pirn_wit_interface *a, const pirn_wit_interface *b)
{
    pirn_str owner = c->owner;
    c->owner = b->is_inline ? owner : b->id;
    c->item = PIRN_STR("");
    wit_compare_gates(c, a->gates, b->gates);
    c->is_unstable = false;
    compare_types(c, a, b);
    compare_all_functions(c, a, b);
    c->owner = owner;
    c->item = PIRN_STR("");
}

/* --- worlds --- */

static const pirn_wit_world_item *find_item(const wit_comparer *c, const wit_world_items *items, pirn_str name)
{
    const pirn_wit_world_item *best = NULL;
    for (size_t i = 0; i < items->len; i++) {
        if (pirn_str_eq(items->data[i].name, name))
            return &items->data[i];
        if (wit_same_id(c, items->data[i].name, name))
            best = &items->data[i];
    }
    return best;
}

/* Interfaces with an id are compared once, as parts of their packages. */
static void compare_world_items(wit_comparer *c, const pirn_wit_world_item *a, const pirn_wit_world_item *b)
{
    if ((a->interface == NULL) != (b->interface == NULL) || (a->function == NULL) != (b->function == NULL))
        wit_differ(c, PIRN_WIT_CHANGED, true, "it is another kind of item than it was");
    else if (a->function != NULL)
        wit_compare_functions(c, a->function, b->function);
    else if (a->type != NULL)
        wit_compare_typedefs(c, a->type, b->type);
    else if (c->purpose == WIT_SAME || a->interface->is_inline)
        compare_interfaces(c, a->interface, b->interface);
    else if (!wit_same_id(c, a->interface->id, b->interface->id))
        wit_differ(c, PIRN_WIT_CHANGED, true, "it is `%.*s`, where it was `%.*s`", PIRN_STR_ARG(b->interface->id),
                   PIRN_STR_ARG(a->interface->id));
}

static void compare_sides(wit_comparer *c, const wit_world_items *a, const wit_world_items *b, bool is_import)
{
    const char *word = is_import ? "import" : "export";
    for (size_t i = 0; i < a->len; i++) {
        const pirn_wit_world_item *other = find_item(c, b, a->data[i].name);
        c->item = a->data[i].name;
        if (other == NULL)
            wit_differ(c, PIRN_WIT_REMOVED, true, "this %s is gone", word);
        else
            compare_world_items(c, &a->data[i], other);
    }
    for (size_t i = 0; i < b->len; i++) {
        c->item = b->data[i].name;
        if (find_item(c, a, c->item) == NULL) /* who was made for the old world has no new export */
            wit_differ(c, PIRN_WIT_ADDED, !is_import, "this %s is new", word);
    }
}

static void compare_worlds(wit_comparer *c, const pirn_wit_world *a, const pirn_wit_world *b)
{
    c->owner = b->id;
    c->item = PIRN_STR("");
    wit_compare_gates(c, a->gates, b->gates);
    c->is_unstable = false;
    compare_sides(c, &a->imports, &b->imports, true);
    compare_sides(c, &a->exports, &b->exports, false);
    c->item = PIRN_STR("");
}

/* --- packages --- */

static void compare_versions(wit_comparer *c, pirn_str a, pirn_str b)
{
    if (a.len == 0 || b.len == 0 || pirn_str_eq(a, b))
        return;
    if (wit_version_compare(a, b) > 0)
        wit_differ(c, PIRN_WIT_CHANGED, true, "version %.*s comes before %.*s", PIRN_STR_ARG(b), PIRN_STR_ARG(a));
    else if (!wit_version_compatible(a, b))
        wit_differ(c, PIRN_WIT_CHANGED, true, "version %.*s does not promise to be compatible with %.*s",
                   PIRN_STR_ARG(b), PIRN_STR_ARG(a));
}

static const pirn_wit_interface *find_interface(const pirn_wit_package *package, pirn_str name)
{
    for (size_t i = 0; i < package->interfaces.len; i++) {
        if (pirn_str_eq(package->interfaces.data[i]->name, name))
            return package->interfaces.data[i];
    }
    return NULL;
}

static const pirn_wit_world *find_world(const pirn_wit_package *package, pirn_str name)
{
    for (size_t i = 0; i < package->worlds.len; i++) {
        if (pirn_str_eq(package->worlds.data[i]->name, name))
            return package->worlds.data[i];
    }
    return NULL;
}

static void differ_whole(wit_comparer *c, pirn_wit_change change, pirn_str id, bool is_unstable, const char *what)
{
    c->owner = id;
    c->item = PIRN_STR("");
    c->is_unstable = is_unstable;
    wit_differ(c, change, change == PIRN_WIT_REMOVED, "this %s is %s", what,
               change == PIRN_WIT_REMOVED ? "gone" : "new");
    c->is_unstable = false;
}

static void compare_packages(wit_comparer *c, const pirn_wit_package *a, const pirn_wit_package *b)
{
    c->owner = b->id;
    c->item = PIRN_STR("");
    compare_versions(c, a->version, b->version);
    for (size_t i = 0; i < a->interfaces.len; i++) {
        const pirn_wit_interface *have = a->interfaces.data[i], *other = find_interface(b, have->name);
        if (other == NULL)
            differ_whole(c, PIRN_WIT_REMOVED, have->id, have->gates.unstable.len > 0, "interface");
        else
            compare_interfaces(c, have, other);
    }
    for (size_t i = 0; i < b->interfaces.len; i++) {
        if (find_interface(a, b->interfaces.data[i]->name) == NULL)
            differ_whole(c, PIRN_WIT_ADDED, b->interfaces.data[i]->id, false, "interface");
    }
    for (size_t i = 0; i < a->worlds.len; i++) {
        const pirn_wit_world *have = a->worlds.data[i], *other = find_world(b, have->name);
        if (other == NULL)
            differ_whole(c, PIRN_WIT_REMOVED, have->id, have->gates.unstable.len > 0, "world");
        else
            compare_worlds(c, have, other);
    }
    for (size_t i = 0; i < b->worlds.len; i++) {
        if (find_world(a, b->worlds.data[i]->name) == NULL)
            differ_whole(c, PIRN_WIT_ADDED, b->worlds.data[i]->id, false, "world");
    }
}

pirn_status pirn_wit_diff_packages(const pirn_wit_package *before, const pirn_wit_package *after,
                                   pirn_wit_difference_sink sink, void *data, pirn_error *error)
{
    wit_comparer c;
    wit_comparer_init(&c, WIT_SUCCESSOR, before->allocator, sink, data, error);
    compare_packages(&c, before, after);
    return wit_comparer_done(&c);
}

/* --- a component beside a world --- */

/* What `user` calls is there in `provider`, and alike. */
static void fit_interface(wit_comparer *c, const pirn_wit_interface *user, const pirn_wit_interface *provider,
                          const char *missing)
{
    for (size_t i = 0; i < user->scope.function_count; i++) {
        const pirn_wit_function *needed = &user->scope.functions[i];
        const pirn_wit_function *found = pirn_wit_interface_find_function(provider, needed->name);
        c->item = needed->name;
        if (found == NULL)
            wit_differ(c, PIRN_WIT_REMOVED, true, "%s", missing);
        else
            wit_compare_functions(c, needed, found);
    }
    for (size_t i = 0; i < user->scope.type_count; i++) {
        const pirn_wit_type *needed = &user->scope.types[i];
        c->item = needed->name;
        bool is_resource = wit_type_resolved(needed)->kind == PIRN_WIT_RESOURCE;
        if (is_resource && pirn_wit_interface_find_type(provider, needed->name) == NULL)
            wit_differ(c, PIRN_WIT_REMOVED, true, "%s", missing);
    }
}

static void fit_item(wit_comparer *c, const pirn_wit_world_item *user, const pirn_wit_world_item *provider,
                     const char *missing)
{
    c->item = PIRN_STR("");
    if ((user->interface == NULL) != (provider->interface == NULL))
        wit_differ(c, PIRN_WIT_CHANGED, true, "the component has another kind of item here than the world");
    else if (user->interface != NULL)
        fit_interface(c, user->interface, provider->interface, missing);
    else if (user->function != NULL && provider->function != NULL)
        wit_compare_functions(c, user->function, provider->function);
}

static void fit_sides(wit_comparer *c, const wit_world_items *users, const wit_world_items *providers,
                      const char *missing)
{
    for (size_t i = 0; i < users->len; i++) {
        const pirn_wit_world_item *user = &users->data[i], *provider = find_item(c, providers, user->name);
        c->owner = user->name;
        c->item = PIRN_STR("");
        if (provider != NULL)
            fit_item(c, user, provider, missing);
        else if (user->type == NULL || user->type->kind == PIRN_WIT_RESOURCE)
            wit_differ(c, PIRN_WIT_REMOVED, true, "%s", missing);
    }
}

pirn_status pirn_wit_fit_world(const pirn_wit_world *component, const pirn_wit_world *world,
                               pirn_wit_difference_sink sink, void *data, pirn_error *error)
{
    wit_comparer c;
    wit_comparer_init(&c, WIT_FIT, world->package->allocator, sink, data, error);
    fit_sides(&c, &component->imports, &world->imports, "the component imports this, and the world does not have it");
    fit_sides(&c, &world->exports, &component->exports, "the world exports this, and the component does not have it");
    return wit_comparer_done(&c);
}

/* --- equality --- */

/* Keeps the first difference. */
static bool keep_first(void *data, const pirn_wit_difference *difference)
{
    base_fail(data, PIRN_INVALID, PIRN_NO_OFFSET, "`%.*s`%s%.*s%s: %s", PIRN_STR_ARG(difference->owner),
              difference->item.len > 0 ? " `" : "", PIRN_STR_ARG(difference->item),
              difference->item.len > 0 ? "`" : "", difference->message);
    return false;
}

pirn_status pirn_wit_compare_interfaces(const pirn_wit_interface *have, const pirn_wit_interface *want,
                                        pirn_error *error)
{
    wit_comparer c;
    if (!pirn_str_eq(have->id, want->id))
        return base_fail(error, PIRN_INVALID, PIRN_NO_OFFSET, "`%.*s` is not `%.*s`", PIRN_STR_ARG(have->id),
                         PIRN_STR_ARG(want->id));
    wit_comparer_init(&c, WIT_SAME, have->package->allocator, keep_first, error, error);
    c.owner = want->id;
    compare_interfaces(&c, want, have);
    PIRN_TRY(wit_comparer_done(&c));
    return c.has_stopped ? PIRN_INVALID : PIRN_OK;
}

pirn_status pirn_wit_compare_worlds(const pirn_wit_world *have, const pirn_wit_world *want, pirn_error *error)
{
    wit_comparer c;
    wit_comparer_init(&c, WIT_SAME, have->package->allocator, keep_first, error, error);
    compare_worlds(&c, want, have);
    PIRN_TRY(wit_comparer_done(&c));
    return c.has_stopped ? PIRN_INVALID : PIRN_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structural comparison of interfaces and worlds. Each has every item of the other, and the items agree: so both
 * directions are looked at for what is missing, and one for what differs. Named types are compared where they are
 * defined; where they are used it is their name and interface that must agree.
 */
#include "vm/base/error.h"
#include "wit/model.h"

static pirn_status differ(pirn_error *error, const char *format, ...) PIRN_PRINTF(2, 3);

static pirn_status differ(pirn_error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    base_fail_v(error, PIRN_INVALID, PIRN_NO_OFFSET, format, args);
    va_end(args);
    return PIRN_INVALID;
}

/* Where the comparison is, for messages: "wasi:io/streams@0.2.12", "read". */
typedef struct spot {
    pirn_str owner, item;
    pirn_error *error;
} spot;

#define SPOT(at) PIRN_STR_ARG((at)->owner), PIRN_STR_ARG((at)->item)

static pirn_status compare_gates(const spot *at, pirn_wit_gates have, pirn_wit_gates want)
{
    if (pirn_str_eq(have.since, want.since) && pirn_str_eq(have.unstable, want.unstable) &&
        pirn_str_eq(have.deprecated, want.deprecated))
        return PIRN_OK;
    return differ(at->error,
                  "`%.*s` `%.*s` is gated by since(%.*s) unstable(%.*s) deprecated(%.*s), not by since(%.*s) "
                  "unstable(%.*s) deprecated(%.*s)",
                  SPOT(at), PIRN_STR_ARG(have.since), PIRN_STR_ARG(have.unstable), PIRN_STR_ARG(have.deprecated),
                  PIRN_STR_ARG(want.since), PIRN_STR_ARG(want.unstable), PIRN_STR_ARG(want.deprecated));
}

static pirn_str owner_id(const pirn_wit_type *type)
{
    return type->interface != NULL ? type->interface->id : type->world != NULL ? type->world->id : PIRN_STR("");
}

static pirn_status compare_members(const spot *at, const pirn_wit_member *have, size_t have_count,
                                   const pirn_wit_member *want, size_t want_count);

/* A type where it is used. `have` and `want` may be NULL: none. */
static pirn_status compare_types(const spot *at, const pirn_wit_type *have, const pirn_wit_type *want)
{
    if (have == NULL || want == NULL) {
        return have == want ? PIRN_OK
                            : differ(at->error, "`%.*s` `%.*s` has %s type where the other has %s", SPOT(at),
                                     have == NULL ? "no" : "a", want == NULL ? "none" : "one");
    }
    if (have->name.len > 0 || want->name.len > 0) {
        if (pirn_str_eq(have->name, want->name) && pirn_str_eq(owner_id(have), owner_id(want)))
            return PIRN_OK;
        return differ(at->error, "`%.*s` `%.*s` has type `%.*s` of `%.*s`, not `%.*s` of `%.*s`", SPOT(at),
                      PIRN_STR_ARG(have->name.len > 0 ? have->name : pirn_wit_kind_name(have->kind)),
                      PIRN_STR_ARG(owner_id(have)),
                      PIRN_STR_ARG(want->name.len > 0 ? want->name : pirn_wit_kind_name(want->kind)),
                      PIRN_STR_ARG(owner_id(want)));
    }
    if (have->kind != want->kind || have->length != want->length)
        return differ(at->error, "`%.*s` `%.*s` has a `%s`, not a `%s`", SPOT(at),
                      pirn_wit_kind_name(have->kind).data, pirn_wit_kind_name(want->kind).data);
    return compare_members(at, have->members, have->member_count, want->members, want->member_count);
}

static pirn_status compare_members(const spot *at, const pirn_wit_member *have, size_t have_count,
                                   const pirn_wit_member *want, size_t want_count)
{
    if (have_count != want_count)
        return differ(at->error, "`%.*s` `%.*s` has %zu members, not %zu", SPOT(at), have_count, want_count);
    for (size_t i = 0; i < have_count; i++) {
        if (!pirn_str_eq(have[i].name, want[i].name))
            return differ(at->error, "`%.*s` `%.*s` has `%.*s` where the other has `%.*s`", SPOT(at),
                          PIRN_STR_ARG(have[i].name), PIRN_STR_ARG(want[i].name));
        PIRN_TRY(compare_types(at, have[i].type, want[i].type));
    }
    return PIRN_OK;
}

/* A named type where it is defined. */
static pirn_status compare_typedefs(const spot *at, const pirn_wit_type *have, const pirn_wit_type *want)
{
    PIRN_TRY(compare_gates(at, have->gates, want->gates));
    if (have->kind != want->kind || have->is_used != want->is_used)
        return differ(at->error, "`%.*s` `%.*s` is a `%s`, not a `%s`", SPOT(at), pirn_wit_kind_name(have->kind).data,
                      pirn_wit_kind_name(want->kind).data);
    return compare_members(at, have->members, have->member_count, want->members, want->member_count);
}

static pirn_status compare_functions(const spot *at, const pirn_wit_function *have, const pirn_wit_function *want)
{
    PIRN_TRY(compare_gates(at, have->gates, want->gates));
    if (have->is_async != want->is_async)
        return differ(at->error, "`%.*s` `%.*s` is %s async", SPOT(at), have->is_async ? "wrongly" : "not");
    PIRN_TRY(compare_members(at, have->params, have->param_count, want->params, want->param_count));
    return compare_types(at, have->result, want->result);
}

static pirn_status missing(pirn_error *error, pirn_str owner, pirn_str item, bool is_extra)
{
    return differ(error, "`%.*s` has %s `%.*s`%s", PIRN_STR_ARG(owner), is_extra ? "an extra" : "no",
                  PIRN_STR_ARG(item), is_extra ? "" : ", which the other has");
}

static pirn_status find_extras(const pirn_wit_interface *have, const pirn_wit_interface *want, bool is_extra,
                               pirn_error *error)
{
    for (size_t i = 0; i < have->scope.type_count; i++) {
        if (pirn_wit_interface_find_type(want, have->scope.types[i].name) == NULL)
            return missing(error, want->id, have->scope.types[i].name, is_extra);
    }
    for (size_t i = 0; i < have->scope.function_count; i++) {
        if (pirn_wit_interface_find_function(want, have->scope.functions[i].name) == NULL)
            return missing(error, want->id, have->scope.functions[i].name, is_extra);
    }
    return PIRN_OK;
}

pirn_status pirn_wit_compare_interfaces(const pirn_wit_interface *have, const pirn_wit_interface *want,
                                        pirn_error *error)
{
    spot at = {have->id, PIRN_STR(""), error};
    if (!pirn_str_eq(have->id, want->id))
        return differ(error, "`%.*s` is not `%.*s`", PIRN_STR_ARG(have->id), PIRN_STR_ARG(want->id));
    PIRN_TRY(compare_gates(&at, have->gates, want->gates));
    PIRN_TRY(find_extras(want, have, false, error));
    PIRN_TRY(find_extras(have, want, true, error));
    for (size_t i = 0; i < want->scope.type_count; i++) {
        at.item = want->scope.types[i].name;
        PIRN_TRY(compare_typedefs(&at, pirn_wit_interface_find_type(have, at.item), &want->scope.types[i]));
    }
    for (size_t i = 0; i < want->scope.function_count; i++) {
        at.item = want->scope.functions[i].name;
        PIRN_TRY(compare_functions(&at, pirn_wit_interface_find_function(have, at.item), &want->scope.functions[i]));
    }
    return PIRN_OK;
}

static const pirn_wit_world_item *find_item(const wit_world_items *items, pirn_str name)
{
    for (size_t i = 0; i < items->len; i++) {
        if (pirn_str_eq(items->data[i].name, name))
            return &items->data[i];
    }
    return NULL;
}

static pirn_status compare_items(const spot *at, const pirn_wit_world_item *have, const pirn_wit_world_item *want)
{
    if ((have->interface == NULL) != (want->interface == NULL) ||
        (have->function == NULL) != (want->function == NULL))
        return differ(at->error, "`%.*s` `%.*s` is another kind of item", SPOT(at));
    if (have->function != NULL)
        return compare_functions(at, have->function, want->function);
    if (have->type != NULL)
        return compare_typedefs(at, have->type, want->type);
    return pirn_wit_compare_interfaces(have->interface, want->interface, at->error);
}

static pirn_status compare_sides(pirn_str world, const wit_world_items *have, const wit_world_items *want,
                                 pirn_error *error)
{
    for (size_t i = 0; i < have->len; i++) {
        if (find_item(want, have->data[i].name) == NULL)
            return missing(error, world, have->data[i].name, true);
    }
    for (size_t i = 0; i < want->len; i++) {
        const pirn_wit_world_item *item = find_item(have, want->data[i].name);
        if (item == NULL)
            return missing(error, world, want->data[i].name, false);
        spot at = {world, item->name, error};
        PIRN_TRY(compare_items(&at, item, &want->data[i]));
    }
    return PIRN_OK;
}

pirn_status pirn_wit_compare_worlds(const pirn_wit_world *have, const pirn_wit_world *want, pirn_error *error)
{
    spot at = {have->id, PIRN_STR(""), error};
    PIRN_TRY(compare_gates(&at, have->gates, want->gates));
    PIRN_TRY(compare_sides(have->id, &have->imports, &want->imports, error));
    return compare_sides(have->id, &have->exports, &want->exports, error);
}

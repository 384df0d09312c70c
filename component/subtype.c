/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Value and function types match when they are equal; instances may export more than is expected; components may import
 * less and export more; so may core modules.
 *
 * A failure is told from the inside out: the innermost function writes s->reason, each that encloses it puts its own place
 * in front.
 */
#include "component/subtype.h"
#include "component/externs.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static pirn_status mismatch(cm_substitution *s, const char *format, ...) PIRN_PRINTF(2, 3);

static pirn_status mismatch(cm_substitution *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(s->reason, sizeof s->reason, format, args);
    va_end(args);
    return PIRN_INVALID;
}

static pirn_status within(cm_substitution *s, pirn_status status, const char *format, ...) PIRN_PRINTF(3, 4);

/* Puts where it happened in front of the reason of a mismatch. */
static pirn_status within(cm_substitution *s, pirn_status status, const char *format, ...)
{
    if (status != PIRN_INVALID)
        return status;
    char inner[sizeof s->reason], place[sizeof s->reason / 2];
    memcpy(inner, s->reason, sizeof inner);
    va_list args;
    va_start(args, format);
    vsnprintf(place, sizeof place, format, args);
    va_end(args);
    size_t len = strlen(place);
    memcpy(s->reason, place, len);
    snprintf(s->reason + len, sizeof s->reason - len, ": %s", inner);
    return status;
}

pirn_status cm_match_report(cm_substitution *s, pirn_status status, const char *format, ...)
{
    if (status != PIRN_INVALID)
        return status;
    char place[200];
    va_list args;
    va_start(args, format);
    vsnprintf(place, sizeof place, format, args);
    va_end(args);
    return cm_invalid(s->v, "%s: %s", place, s->reason);
}

/* ---- Value types ------------------------------------------------------------------------------------------------- */

static pirn_status match_type(cm_substitution *s, const pirn_type *expected, const pirn_type *actual);

static pirn_status match_labels(cm_substitution *s, const pirn_type *e, const pirn_type *a, const char *what)
{
    bool same = e->member_count == a->member_count;
    for (uint32_t i = 0; same && i < e->member_count; i++)
        same = pirn_str_eq(e->members[i].name, a->members[i].name);
    return same ? cm_spend_steps(s->v, e->member_count) : mismatch(s, "mismatch in %s elements", what);
}

static pirn_status match_record(cm_substitution *s, const pirn_type *e, const pirn_type *a)
{
    if (e->member_count != a->member_count)
        return mismatch(s, "expected %u fields, found %u", e->member_count, a->member_count);
    for (uint32_t i = 0; i < e->member_count; i++) {
        const cm_member *expected = &e->members[i], *actual = &a->members[i];
        if (!pirn_str_eq(expected->name, actual->name))
            return mismatch(s, "expected field name `%.*s`, found `%.*s`", PIRN_STR_ARG(expected->name),
                            PIRN_STR_ARG(actual->name));
        PIRN_TRY(within(s, match_type(s, expected->type, actual->type), "type mismatch in record field `%.*s`",
                        PIRN_STR_ARG(expected->name)));
    }
    return PIRN_OK;
}

static pirn_status match_tuple(cm_substitution *s, const pirn_type *e, const pirn_type *a)
{
    if (e->member_count != a->member_count)
        return mismatch(s, "expected %u types, found %u", e->member_count, a->member_count);
    for (uint32_t i = 0; i < e->member_count; i++)
        PIRN_TRY(
            within(s, match_type(s, e->members[i].type, a->members[i].type), "type mismatch in tuple field %u", i));
    return PIRN_OK;
}

static pirn_status match_case(cm_substitution *s, const cm_member *e, const cm_member *a)
{
    if (!pirn_str_eq(e->name, a->name))
        return mismatch(s, "expected case named `%.*s`, found `%.*s`", PIRN_STR_ARG(e->name), PIRN_STR_ARG(a->name));
    if (e->type == NULL && a->type == NULL)
        return PIRN_OK;
    if (a->type == NULL)
        return mismatch(s, "expected case `%.*s` to have a type, found none", PIRN_STR_ARG(e->name));
    if (e->type == NULL)
        return mismatch(s, "expected case `%.*s` to have no type", PIRN_STR_ARG(e->name));
    return within(s, match_type(s, e->type, a->type), "type mismatch in variant case `%.*s`", PIRN_STR_ARG(e->name));
}

static pirn_status match_variant(cm_substitution *s, const pirn_type *e, const pirn_type *a)
{
    if (e->member_count != a->member_count)
        return mismatch(s, "expected %u cases, found %u", e->member_count, a->member_count);
    for (uint32_t i = 0; i < e->member_count; i++)
        PIRN_TRY(match_case(s, &e->members[i], &a->members[i]));
    return PIRN_OK;
}

static pirn_status match_result(cm_substitution *s, const pirn_type *e, const pirn_type *a)
{
    static const char *const names[] = {"ok", "err"};
    for (uint32_t i = 0; i < 2; i++) {
        const pirn_type *expected = e->members[i].type, *actual = a->members[i].type;
        if (expected == NULL && actual == NULL)
            continue;
        if (actual == NULL)
            return mismatch(s, "expected %s type, but found none", names[i]);
        if (expected == NULL)
            return mismatch(s, "expected %s type to not be present", names[i]);
        PIRN_TRY(within(s, match_type(s, expected, actual), "type mismatch in %s variant", names[i]));
    }
    return PIRN_OK;
}

/* Streams and futures, which may be of nothing. */
static pirn_status match_async(cm_substitution *s, const pirn_type *e, const pirn_type *a)
{
    if (e->element == NULL && a->element == NULL)
        return PIRN_OK;
    const char *kind = pirn_type_kind_name(e->kind);
    if (e->element == NULL || a->element == NULL)
        return mismatch(s, "expected %s type %s, found it %s", kind,
                        e->element == NULL ? "to be of nothing" : "to have a type",
                        e->element == NULL ? "to have a type" : "to be of nothing");
    return within(s, match_type(s, e->element, a->element), "type mismatch in %s", kind);
}

static pirn_status match_same_kind(cm_substitution *s, const pirn_type *e, const pirn_type *a)
{
    switch (e->kind) {
    case PIRN_TYPE_STREAM:
    case PIRN_TYPE_FUTURE:
        return match_async(s, e, a);
    case PIRN_TYPE_FIXED_LIST:
        if (e->length != a->length)
            return mismatch(s, "expected a list of %u elements, found one of %u", (unsigned)e->length,
                            (unsigned)a->length);
        return match_type(s, e->element, a->element);
    case PIRN_TYPE_LIST:
    case PIRN_TYPE_OPTION:
    case PIRN_TYPE_MAP:
        return match_type(s, e->element, a->element);
    case PIRN_TYPE_RECORD:
        return match_record(s, e, a);
    case PIRN_TYPE_TUPLE:
        return match_tuple(s, e, a);
    case PIRN_TYPE_VARIANT:
        return match_variant(s, e, a);
    case PIRN_TYPE_ENUM:
        return match_labels(s, e, a, "enum");
    case PIRN_TYPE_FLAGS:
        return match_labels(s, e, a, "flags");
    case PIRN_TYPE_RESULT:
        return match_result(s, e, a);
    case PIRN_TYPE_OWN:
    case PIRN_TYPE_BORROW:
        return cm_substitute_resource(s, e->resource) == a->resource ? PIRN_OK
                                                                     : mismatch(s, "resource types are not the same");
    default:
        return PIRN_OK;
    }
}

/* What a named type of the expected side has been found to be. */
static const pirn_type *standing_for(const cm_substitution *s, const pirn_type *type)
{
    uint64_t value = 0;
    return cm_idmap_get(&s->nodes, (uintptr_t)type, &value) ? (const pirn_type *)(uintptr_t)value : type;
}

static pirn_status match_type(cm_substitution *s, const pirn_type *expected, const pirn_type *actual)
{
    PIRN_TRY(cm_spend_steps(s->v, 1));
    expected = standing_for(s, expected);
    if (expected->kind == actual->kind)
        return match_same_kind(s, expected, actual);
    if (cm_kind_is_primitive(expected->kind) && cm_kind_is_primitive(actual->kind))
        return mismatch(s, "expected primitive `%s` found primitive `%s`", pirn_type_kind_name(expected->kind),
                        pirn_type_kind_name(actual->kind));
    return mismatch(s, "expected %s, found %s", pirn_type_kind_name(expected->kind),
                    pirn_type_kind_name(actual->kind));
}

static pirn_status match_func(cm_substitution *s, const pirn_component_functype *e, const pirn_component_functype *a)
{
    if (e->is_async != a->is_async)
        return mismatch(s, "expected %s function, found %s one", e->is_async ? "an async" : "a sync",
                        a->is_async ? "an async" : "a sync");
    if (e->param_count != a->param_count)
        return mismatch(s, "expected %u parameters, found %u", e->param_count, a->param_count);
    for (uint32_t i = 0; i < e->param_count; i++) {
        const cm_member *expected = &e->params[i], *actual = &a->params[i];
        if (!pirn_str_eq(expected->name, actual->name))
            return mismatch(s, "expected parameter named `%.*s`, found `%.*s`", PIRN_STR_ARG(expected->name),
                            PIRN_STR_ARG(actual->name));
        PIRN_TRY(within(s, match_type(s, expected->type, actual->type), "type mismatch in function parameter `%.*s`",
                        PIRN_STR_ARG(expected->name)));
    }
    if ((e->result == NULL) != (a->result == NULL)) /* the official suite's words, whichever of the two has one */
        return mismatch(s, "expected a result, found none");
    if (e->result == NULL)
        return PIRN_OK;
    return within(s, match_type(s, e->result, a->result), "type mismatch with result type");
}

/* ---- Core -------------------------------------------------------------------------------------------------------- */

static bool limits_match(pirn_limits expected, pirn_limits actual)
{
    return actual.min >= expected.min && actual.max <= expected.max;
}

static const char *table_mismatch(const pirn_tabletype *e, const pirn_tabletype *a, char *out, size_t size)
{
    char expected[32], actual[32];
    if (e->element != a->element)
        snprintf(out, size, "expected table element type %s, found %s", pirn_valtype_text(e->element, expected),
                 pirn_valtype_text(a->element, actual));
    else if (limits_match(e->limits, a->limits))
        snprintf(out, size, "mismatch in the index type of tables");
    else
        snprintf(out, size, "mismatch in table limits");
    return out;
}

static const char *memory_mismatch(const pirn_memtype *e, const pirn_memtype *a, char *out, size_t size)
{
    const char *what = "in memory limits";
    if (e->shared != a->shared)
        what = "in the shared flag for memories";
    else if (e->is64 != a->is64)
        what = "in the index type of memories";
    else if (e->page_size_log2 != a->page_size_log2)
        what = "in the page size of memories";
    snprintf(out, size, "mismatch %s", what);
    return out;
}

static const char *global_mismatch(const pirn_globaltype *e, const pirn_globaltype *a, char *out, size_t size)
{
    char expected[32], actual[32];
    if (e->is_mutable != a->is_mutable)
        snprintf(out, size, "expected %s global, found %s global", e->is_mutable ? "mutable" : "immutable",
                 a->is_mutable ? "mutable" : "immutable");
    else
        snprintf(out, size, "expected global type %s, found %s", pirn_valtype_text(e->type, expected),
                 pirn_valtype_text(a->type, actual));
    return out;
}

const char *cm_core_mismatch(const pirn_externtype *expected, const pirn_externtype *actual, char *out, size_t size)
{
    if (expected->kind != actual->kind) {
        snprintf(out, size, "expected %s, found %s", pirn_extern_kind_name(expected->kind),
                 pirn_extern_kind_name(actual->kind));
        return out;
    }
    switch (expected->kind) {
    case PIRN_EXTERN_TABLE:
        return table_mismatch(&expected->table, &actual->table, out, size);
    case PIRN_EXTERN_MEMORY:
        return memory_mismatch(&expected->memory, &actual->memory, out, size);
    case PIRN_EXTERN_GLOBAL:
        return global_mismatch(&expected->global, &actual->global, out, size);
    default:
        break;
    }
    char e[120], a[120];
    pirn_externtype_text(expected, e, sizeof e);
    pirn_externtype_text(actual, a, sizeof a);
    snprintf(out, size, "expected: (%s), found: (%s)", e, a);
    return out;
}

static pirn_status match_core(cm_substitution *s, const pirn_externtype *expected, const pirn_externtype *actual)
{
    PIRN_TRY(cm_spend_steps(s->v, 1));
    if (pirn_externtype_matches(s->v->engine, actual, expected))
        return PIRN_OK;
    char reason[300];
    return mismatch(s, "%s", cm_core_mismatch(expected, actual, reason, sizeof reason));
}

static pirn_status match_module(cm_substitution *s, const cm_module_type *e, const cm_module_type *a)
{
    for (uint32_t i = 0; i < a->imports.count; i++) {
        const cm_core_extern *needed = &a->imports.list[i];
        const cm_core_extern *given = cm_core_externs_find(&e->imports, needed->module, needed->name);
        if (given == NULL)
            return mismatch(s, "missing expected import `%.*s::%.*s`", PIRN_STR_ARG(needed->module),
                            PIRN_STR_ARG(needed->name));
        PIRN_TRY(within(s, match_core(s, &needed->type, &given->type), "type mismatch in import `%.*s::%.*s`",
                        PIRN_STR_ARG(needed->module), PIRN_STR_ARG(needed->name)));
    }
    for (uint32_t i = 0; i < e->exports.count; i++) {
        const cm_core_extern *needed = &e->exports.list[i];
        const cm_core_extern *given = cm_core_externs_find(&a->exports, needed->module, needed->name);
        if (given == NULL)
            return mismatch(s, "missing expected export `%.*s`", PIRN_STR_ARG(needed->name));
        PIRN_TRY(within(s, match_core(s, &needed->type, &given->type), "type mismatch in export `%.*s`",
                        PIRN_STR_ARG(needed->name)));
    }
    return PIRN_OK;
}

/* ---- Instances and components ------------------------------------------------------------------------------------ */

static pirn_status match_exports(cm_substitution *s, const cm_externs *expected, const cm_externs *actual,
                                 const char *what)
{
    for (uint32_t i = 0; i < expected->count; i++) {
        const cm_extern *needed = &expected->list[i];
        const cm_extern *given = cm_externs_find(actual, needed->name);
        if (given == NULL)
            return mismatch(s, "missing expected export `%.*s`", PIRN_STR_ARG(needed->name));
        PIRN_TRY(within(s, cm_match_item(s, &needed->item, &given->item), "type mismatch in %s export `%.*s`", what,
                        PIRN_STR_ARG(needed->name)));
    }
    return PIRN_OK;
}

/* What the actual component needs, the expected one's imports give. */
static pirn_status match_imports(cm_substitution *s, const cm_externs *needs, const cm_externs *gives)
{
    for (uint32_t i = 0; i < needs->count; i++) {
        const cm_extern *needed = &needs->list[i];
        const cm_extern *given = cm_externs_find(gives, needed->name);
        if (given == NULL)
            return mismatch(s, "missing expected import `%.*s`", PIRN_STR_ARG(needed->name));
        PIRN_TRY(within(s, cm_match_item(s, &needed->item, &given->item), "type mismatch in component import `%.*s`",
                        PIRN_STR_ARG(needed->name)));
    }
    return PIRN_OK;
}

/* Instantiates the actual component with the expected one's imports; *exports is what comes out. */
static pirn_status instantiate_actual(cm_substitution *inner, const cm_component_type *actual,
                                      const cm_component_type *expected, cm_externs *exports)
{
    PIRN_TRY(cm_substitution_unbind(inner, actual->import_born_count, actual->import_born));
    PIRN_TRY(match_imports(inner, &actual->imports, &expected->imports));
    return cm_substitute_externs(inner, &actual->exports, exports);
}

static pirn_status match_component(cm_substitution *s, const cm_component_type *expected,
                                   const cm_component_type *actual)
{
    PIRN_TRY(cm_spend_steps(s->v, 1));
    PIRN_TRY(cm_substitute_component(s, expected, &expected));
    cm_substitution inner;
    cm_externs exports;
    cm_substitution_init(&inner, s->v);
    pirn_status status = instantiate_actual(&inner, actual, expected, &exports);
    memcpy(s->reason, inner.reason, sizeof s->reason);
    cm_substitution_done(&inner);
    PIRN_TRY(status);
    PIRN_TRY(cm_substitution_unbind(s, expected->export_born_count, expected->export_born));
    return match_exports(s, &expected->exports, &exports, "component");
}

/* An instance type that is itself what is imported or exported: its abstract resource types stand for any. */
static pirn_status match_instance_type(cm_substitution *s, const cm_instance_type *expected,
                                       const cm_instance_type *actual)
{
    PIRN_TRY(cm_substitute_instance(s, expected, &expected));
    PIRN_TRY(cm_substitution_unbind(s, expected->born_count, expected->born));
    PIRN_TRY(match_exports(s, &expected->exports, &actual->exports, "instance"));
    cm_substitution back;
    cm_substitution_init(&back, s->v);
    pirn_status status = cm_substitution_unbind(&back, actual->born_count, actual->born);
    if (status == PIRN_OK)
        status = match_exports(&back, &actual->exports, &expected->exports, "instance");
    memcpy(s->reason, back.reason, sizeof s->reason);
    cm_substitution_done(&back);
    return status;
}

static pirn_status match_component_type(cm_substitution *s, const cm_component_type *expected,
                                        const cm_component_type *actual)
{
    PIRN_TRY(match_component(s, expected, actual));
    PIRN_TRY(cm_substitute_component(s, expected, &expected));
    cm_substitution back;
    cm_substitution_init(&back, s->v);
    pirn_status status = match_component(&back, actual, expected);
    memcpy(s->reason, back.reason, sizeof s->reason);
    cm_substitution_done(&back);
    return status;
}

/* ---- Items ------------------------------------------------------------------------------------------------------- */

static pirn_status match_resource(cm_substitution *s, const cm_type *expected, const cm_type *actual)
{
    uint64_t bound = 0;
    if (cm_idmap_get(&s->ids, expected->resource, &bound) && bound == CM_UNBOUND) {
        if (!cm_idmap_set(&s->ids, expected->resource, actual->resource))
            return cm_nomem(s->v);
    } else if (cm_substitute_resource(s, expected->resource) != actual->resource) {
        return mismatch(s, "resource types are not the same");
    }
    return cm_idmap_set(&s->identities, expected->identity, actual->identity) ? PIRN_OK : cm_nomem(s->v);
}

/* The expected named type stands for the actual one from now on. */
static pirn_status match_named(cm_substitution *s, const pirn_type *expected, const pirn_type *actual)
{
    if (cm_kind_is_primitive(expected->kind) && !cm_kind_is_primitive(actual->kind))
        return mismatch(s, "expected primitive, found %s", pirn_type_kind_name(actual->kind));
    PIRN_TRY(match_type(s, expected, actual));
    if (cm_kind_is_primitive(expected->kind))
        return PIRN_OK;
    return cm_idmap_set(&s->nodes, (uintptr_t)expected, (uintptr_t)actual) ? PIRN_OK : cm_nomem(s->v);
}

static pirn_status match_type_item(cm_substitution *s, const cm_type *expected, const cm_type *actual)
{
    static const char *const names[] = {
        [CM_TYPE_VALUE] = "defined type", [CM_TYPE_FUNC] = "func",         [CM_TYPE_COMPONENT] = "component",
        [CM_TYPE_INSTANCE] = "instance",  [CM_TYPE_RESOURCE] = "resource",
    };
    if (expected->kind != actual->kind)
        return mismatch(s, "expected %s, found %s", names[expected->kind], names[actual->kind]);
    switch (expected->kind) {
    case CM_TYPE_VALUE:
        return match_named(s, expected->value, actual->value);
    case CM_TYPE_FUNC:
        return match_func(s, expected->func, actual->func);
    case CM_TYPE_COMPONENT:
        return match_component_type(s, expected->component, actual->component);
    case CM_TYPE_INSTANCE:
        return match_instance_type(s, expected->instance, actual->instance);
    case CM_TYPE_RESOURCE:
        return match_resource(s, expected, actual);
    }
    return PIRN_OK;
}

pirn_status cm_match_item(cm_substitution *s, const cm_item *expected, const cm_item *actual)
{
    PIRN_TRY(cm_spend_steps(s->v, 1));
    if (expected->sort != actual->sort)
        return mismatch(s, "expected %s, found %s", cm_item_word(expected->sort), cm_item_word(actual->sort));
    switch (expected->sort) {
    case CM_CORE_MODULE:
        return match_module(s, expected->module, actual->module);
    case CM_FUNC:
        return match_func(s, expected->func, actual->func);
    case CM_TYPE:
        return match_type_item(s, &expected->type, &actual->type);
    case CM_COMPONENT:
        return match_component(s, expected->component, actual->component);
    case CM_INSTANCE:
        return match_exports(s, &expected->instance->exports, &actual->instance->exports, "instance");
    default:
        return PIRN_OK;
    }
}

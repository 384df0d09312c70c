/* SPDX-License-Identifier: Apache-2.0 */
/* External types: which fits which (spec 3.3, matching), and how they read. */
#include "vm/exec/runtime.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

const char *pirn_extern_kind_name(pirn_extern_kind kind)
{
    static const char *const names[] = {"func", "table", "memory", "global", "tag"};
    return (size_t)kind < BASE_COUNT(names) ? names[kind] : "unknown";
}

/* `actual_top`, `expected_top`: that one has a maximum even if it reads as none. */
static bool limits_match(const pirn_limits *actual, bool actual_top, const pirn_limits *expected, bool expected_top)
{
    bool lacks_max = actual->max == PIRN_NO_MAX && !actual_top;
    return actual->min >= expected->min && actual->max <= expected->max && !(lacks_max && expected_top);
}

static bool tables_match(const pirn_tabletype *actual, const pirn_tabletype *expected)
{
    return actual->element == expected->element && actual->is64 == expected->is64 &&
           limits_match(&actual->limits, actual->has_top_max, &expected->limits, expected->has_top_max);
}

static bool memories_match(const pirn_memtype *actual, const pirn_memtype *expected)
{
    return actual->is64 == expected->is64 && actual->shared == expected->shared &&
           actual->page_size_log2 == expected->page_size_log2 &&
           limits_match(&actual->limits, actual->has_top_max, &expected->limits, expected->has_top_max);
}

/* What may be written must be the same; what is only read may be below. */
static bool globals_match(const pirn_engine *engine, const pirn_globaltype *actual, const pirn_globaltype *expected)
{
    if (actual->is_mutable != expected->is_mutable)
        return false;
    return actual->is_mutable ? actual->type == expected->type : vm_types_match(engine, actual->type, expected->type);
}

bool pirn_externtype_matches(const pirn_engine *engine, const pirn_externtype *actual,
                             const pirn_externtype *expected)
{
    if (actual->kind != expected->kind)
        return false;
    switch (actual->kind) {
    case PIRN_EXTERN_TABLE:
        return tables_match(&actual->table, &expected->table);
    case PIRN_EXTERN_MEMORY:
        return memories_match(&actual->memory, &expected->memory);
    case PIRN_EXTERN_GLOBAL:
        return globals_match(engine, &actual->global, &expected->global);
    case PIRN_EXTERN_TAG:
        return actual->func == expected->func;
    default:
        if (expected->is_exact)
            return actual->is_exact && actual->func == expected->func;
        return vm_rtt_matches(&actual->func->rtt, &expected->func->rtt);
    }
}

/* Text of limited size, in the manner of snprintf: `len` counts what did not fit, too. */
typedef struct text {
    char *out;
    size_t size, len;
} text;

static void append(text *t, const char *format, ...) PIRN_PRINTF(2, 3);

static void append(text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    size_t used = t->len < t->size ? t->len : t->size;
    int len = vsnprintf(t->size > used ? t->out + used : NULL, t->size - used, format, args);
    t->len += len > 0 ? (size_t)len : 0;
    va_end(args);
}

static void append_types(text *t, const char *word, const pirn_valtype *types, size_t count)
{
    char name[32];
    if (count == 0)
        return;
    append(t, " (%s", word);
    for (size_t i = 0; i < count; i++)
        append(t, " %s", pirn_valtype_text(types[i], name));
    append(t, ")");
}

static void append_functype(text *t, const pirn_functype *type)
{
    append_types(t, "param", type->types, type->param_count);
    append_types(t, "result", type->types + type->param_count, type->result_count);
}

static void append_limits(text *t, bool is64, const pirn_limits *limits, bool has_top_max)
{
    append(t, "%s %" PRIu64, is64 ? " i64" : "", limits->min);
    if (limits->max != PIRN_NO_MAX || has_top_max)
        append(t, " %" PRIu64, limits->max);
}

static void append_memtype(text *t, const pirn_memtype *type)
{
    append_limits(t, type->is64, &type->limits, type->has_top_max);
    if (type->shared)
        append(t, " shared");
    if (type->page_size_log2 != 16)
        append(t, " (pagesize %" PRIu64 ")", UINT64_C(1) << type->page_size_log2);
}

size_t pirn_externtype_text(const pirn_externtype *type, char *out, size_t size)
{
    char name[32];
    text t = {out, size, 0};
    append(&t, "%s", pirn_extern_kind_name(type->kind));
    switch (type->kind) {
    case PIRN_EXTERN_TABLE:
        append_limits(&t, type->table.is64, &type->table.limits, type->table.has_top_max);
        append(&t, " %s", pirn_valtype_text(type->table.element, name));
        break;
    case PIRN_EXTERN_MEMORY:
        append_memtype(&t, &type->memory);
        break;
    case PIRN_EXTERN_GLOBAL:
        append(&t, type->global.is_mutable ? " (mut %s)" : " %s", pirn_valtype_text(type->global.type, name));
        break;
    default:
        append_functype(&t, type->func);
    }
    return t.len;
}

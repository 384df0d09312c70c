/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/call.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *find_char(pirn_str text, char c)
{
    return text.len > 0 ? memchr(text.data, c, text.len) : NULL;
}

static pirn_str between(const char *start, const char *end)
{
    return (pirn_str){start, (size_t)(end - start)};
}

cli_call_text cli_call_text_of(pirn_str text)
{
    const char *end = text.data + text.len, *values = find_char(text, '(');
    const char *name_end = values != NULL ? values : end;
    const char *hash = find_char(between(text.data, name_end), '#');
    while (name_end > text.data && name_end[-1] == ' ')
        name_end--;
    return (cli_call_text){
        .whole = text,
        .interface = hash != NULL ? between(text.data, hash) : PIRN_STR(""),
        .name = between(hash != NULL ? hash + 1 : text.data, name_end),
        .values = values != NULL ? between(values, end) : PIRN_STR(""),
    };
}

/* ---- Functions ---------------------------------------------------------------------------------------------------- */

static bool visit_item(const pirn_item *item, pirn_str interface, bool (*visit)(void *, const cli_function *),
                       void *user)
{
    cli_function function = {interface, item->name, item->func};
    return item->kind != PIRN_ITEM_FUNC || visit(user, &function);
}

void cli_functions_each(const pirn_component *component, bool (*visit)(void *, const cli_function *), void *user)
{
    bool more = true;
    for (size_t i = 0; more && i < pirn_component_export_count(component); i++) {
        pirn_item item = pirn_component_export(component, i);
        more = visit_item(&item, PIRN_STR(""), visit, user);
        for (size_t j = 0; more && item.kind == PIRN_ITEM_INSTANCE && j < item.member_count; j++) {
            pirn_item member = pirn_item_member(&item, j);
            more = visit_item(&member, item.name, visit, user);
        }
    }
}

pirn_str cli_function_spoken(pirn_str name)
{
    const char *bracket = name.len > 0 && name.data[0] == '[' ? find_char(name, ']') : NULL;
    return bracket != NULL ? between(bracket + 1, name.data + name.len) : name;
}

/* The name without its version. */
static pirn_str base_of(pirn_str name)
{
    const char *at = find_char(name, '@');
    return at != NULL ? between(name.data, at) : name;
}

typedef struct search {
    const cli_call_text *call;
    cli_function found;
    size_t count;
} search;

static bool consider(void *user, const cli_function *function)
{
    search *s = user;
    bool is_named =
        pirn_str_eq(function->name, s->call->name) || pirn_str_eq(cli_function_spoken(function->name), s->call->name);
    bool fits = s->call->interface.len == 0 || pirn_str_eq(function->interface, s->call->interface) ||
                pirn_str_eq(base_of(function->interface), s->call->interface);
    if (is_named && fits) {
        s->found = *function;
        s->count++;
    }
    return true;
}

pirn_status cli_call_find(const pirn_component *component, const pirn_component_instance *instance,
                          const cli_call_text *call, const pirn_component_func **out, pirn_error *error)
{
    search s = {.call = call};
    *out = pirn_component_instance_func(instance, call->interface, call->name);
    if (*out == NULL)
        cli_functions_each(component, consider, &s);
    if (s.count == 1)
        *out = pirn_component_instance_func(instance, s.found.interface, s.found.name);
    if (*out != NULL)
        return PIRN_OK;
    int len = (int)(call->name.data + call->name.len - call->whole.data);
    if (s.count > 1)
        return pirn_error_set(
            error, PIRN_USAGE,
            "%zu exported interfaces have a function '%.*s': write INTERFACE#NAME, with the version", s.count, len,
            call->whole.data);
    return pirn_error_set(error, PIRN_USAGE, "there is no exported function '%.*s'; 'pirn inspect' lists them", len,
                          call->whole.data);
}

bool cli_type_has_handle(const pirn_type *type)
{
    pirn_type_kind kind = type != NULL ? pirn_type_kind_of(type) : PIRN_TYPE_BOOL;
    if (kind == PIRN_TYPE_OWN || kind == PIRN_TYPE_BORROW)
        return true;
    bool has_handle = type != NULL && pirn_type_element(type) != NULL && cli_type_has_handle(pirn_type_element(type));
    for (size_t i = 0; type != NULL && !has_handle && i < pirn_type_member_count(type); i++)
        has_handle = cli_type_has_handle(pirn_type_member_type(type, i));
    return has_handle;
}

bool cli_functype_has_handle(const pirn_component_functype *type)
{
    bool has_handle = cli_type_has_handle(pirn_component_functype_result(type));
    for (size_t i = 0; !has_handle && i < pirn_component_functype_params(type); i++)
        has_handle = cli_type_has_handle(pirn_component_functype_param(type, i));
    return has_handle;
}

/* ---- Mistakes ----------------------------------------------------------------------------------------------------- */

static bool starts_character(char c)
{
    return ((uint8_t)c & 0xC0) != 0x80;
}

static size_t count_characters(const char *start, const char *end)
{
    size_t count = 0;
    for (; start < end; start++)
        count += starts_character(*start);
    return count;
}

/* `count` characters on from `at`, or the end. */
static const char *skip_characters(const char *at, const char *end, size_t count)
{
    while (at < end && (count > 0 || !starts_character(*at)))
        count -= starts_character(*at++) && count > 0;
    return at;
}

/* The line of `text` in which `place` lies. */
static pirn_str line_around(pirn_str text, const char *place)
{
    const char *start = place, *end = place;
    while (start > text.data && start[-1] != '\n')
        start--;
    while (end < text.data + text.len && *end != '\n')
        end++;
    return between(start, end);
}

/* Where line and column of a text are. */
static const char *find_place(pirn_str text, uint32_t line, uint32_t column)
{
    const char *at = text.data, *end = text.data + text.len;
    for (; line > 1 && at < end; at++)
        line -= *at == '\n';
    return skip_characters(at, end, column > 0 ? column - 1 : 0);
}

pirn_status cli_call_explain(pirn_status status, const char *where, pirn_str text, pirn_str values, pirn_error *error)
{
    enum { BEFORE = 60, AFTER = 40 };
    char message[512];
    if (status != PIRN_MALFORMED || error == NULL)
        return status;
    snprintf(message, sizeof message, "%s", pirn_error_message(error));
    const char *place = find_place(values, pirn_error_line(error), pirn_error_column(error));
    pirn_str line = line_around(text, place);
    const char *end = line.data + line.len, *from = line.data;
    size_t before = count_characters(from, place);
    if (before > BEFORE)
        from = skip_characters(from, end, before - BEFORE);
    const char *to = skip_characters(place, end, AFTER);
    pirn_error_clear(error);
    return pirn_error_set(error, PIRN_USAGE, "%s, column %zu: %s\n    %.*s\n    %*s^", where, before + 1, message,
                          (int)(to - from), from, (int)count_characters(from, place), "");
}

/* ---- The call ----------------------------------------------------------------------------------------------------- */

/* How a call ended, as told by the loop. */
typedef struct outcome {
    pirn_status status;
    pirn_error *error; /* the caller's */
} outcome;

static void note_end(void *user, pirn_status status, const pirn_error *error)
{
    outcome *o = user;
    o->status = status;
    if (status != PIRN_OK)
        pirn_error_copy(o->error, error);
}

char *cli_value_text(const pirn_type *type, const void *value, const pirn_handle_names *names)
{
    size_t size = pirn_value_text_named(type, value, names, NULL, 0) + 1;
    char *text = malloc(size);
    if (text != NULL)
        pirn_value_text_named(type, value, names, text, size);
    return text;
}

pirn_status cli_call_run(const cli_caller *caller, pirn_component_instance *instance, const pirn_component_func *func,
                         const void *args, const pirn_handle_names *names, char **result, bool *has_exited,
                         int *exit_code, pirn_error *error)
{
    const pirn_type *type = pirn_component_functype_result(pirn_component_func_type(func));
    outcome end = {PIRN_OK, error};
    *result = NULL;
    *has_exited = false;
    pirn_task *task = pirn_task_new(instance);
    if (task == NULL)
        return pirn_error_set(error, PIRN_NOMEM, "out of memory");
    pirn_status status = pirn_host_start(caller->host, task, func, args, caller->timeout_ns, note_end, &end, error);
    if (status == PIRN_OK) {
        pirn_host_run(caller->host);
        status = end.status;
    }
    if (status == PIRN_OK && type != NULL) {
        *result = cli_value_text(type, pirn_task_result(task), names);
        if (*result == NULL)
            status = pirn_error_set(error, PIRN_NOMEM, "out of memory");
    } else if (status != PIRN_OK && pirn_host_context_exited(caller->context, exit_code)) {
        pirn_error_clear(error); /* the exit of a guest is no failure */
        *has_exited = true;
        status = PIRN_OK;
    }
    pirn_task_free(task);
    return status;
}

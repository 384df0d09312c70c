/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"
#include "cli/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 100 };

static bool starts_with(pirn_str text, pirn_str prefix)
{
    return text.len >= prefix.len && (prefix.len == 0 || memcmp(text.data, prefix.data, prefix.len) == 0);
}

static pirn_str rest_of(pirn_str text, size_t from)
{
    return (pirn_str){text.data + from, text.len - from};
}

/* ---- Resources ---------------------------------------------------------------------------------------------------- */

static cli_handle *find_handle(const cli_session *session, pirn_str name)
{
    for (size_t i = 0; i < session->handle_count; i++) {
        if (pirn_str_eq(pirn_str_of(session->handles[i].name), name))
            return &session->handles[i];
    }
    return NULL;
}

static void forget_handle(cli_session *session, cli_handle *handle)
{
    free(handle->name);
    *handle = session->handles[--session->handle_count];
}

/* A resource of the host's, which a guest has passed on, is its owner's to drop. */
static void drop_host_object(const cli_session *session, const cli_handle *handle)
{
    const pirn_resourcedesc *desc = pirn_resource_type_host(handle->type);
    if (desc != NULL && desc->drop != NULL)
        desc->drop(pirn_component_instance_data(session->instance), handle->object);
}

static bool make_room(cli_session *session)
{
    if (session->handle_count < session->handle_room)
        return true;
    size_t room = session->handle_room * 2 + 8;
    cli_handle *handles = realloc(session->handles, room * sizeof *handles);
    if (handles == NULL)
        return false;
    session->handles = handles;
    session->handle_room = room;
    return true;
}

/* A name for a resource that has just come: the one that was asked for, then numbers. */
static char *new_name(cli_session *session, pirn_str resource)
{
    char text[LONGEST_NAME + 32];
    pirn_str name = session->new_name;
    session->new_name = PIRN_STR("");
    if (name.len > 0)
        return strndup(name.data, name.len);
    snprintf(text, sizeof text, "%.*s#%llu", (int)(resource.len < LONGEST_NAME ? resource.len : LONGEST_NAME),
             resource.data, (unsigned long long)++session->made);
    return strdup(text);
}

/* NULL: out of memory. */
static cli_handle *add_handle(cli_session *session, const pirn_type *type, void *object)
{
    cli_handle handle = {
        .type = pirn_component_func_resource(session->func, type),
        .resource = pirn_type_resource_name(type),
        .object = object,
    };
    if (handle.resource.len == 0)
        handle.resource = PIRN_STR("resource");
    if (!make_room(session) || (handle.name = new_name(session, handle.resource)) == NULL)
        return NULL;
    session->handles[session->handle_count] = handle;
    return &session->handles[session->handle_count++];
}

static const char *find_for_value(void *user, const pirn_type *type, pirn_str name, void **out)
{
    cli_session *session = user;
    cli_handle *handle = find_handle(session, name);
    pirn_str wanted = pirn_type_resource_name(type);
    if (handle == NULL) {
        snprintf(session->reason, sizeof session->reason, "there is no resource '%.*s' in this session",
                 CLI_STR_ARG(name));
        return session->reason;
    }
    if (handle->type != pirn_component_func_resource(session->func, type)) {
        snprintf(session->reason, sizeof session->reason, "%s is a %.*s, and a %.*s is expected", handle->name,
                 CLI_STR_ARG(handle->resource), CLI_STR_ARG(wanted));
        return session->reason;
    }
    if (handle->is_given)
        return "this resource is given away by the same call";
    handle->is_given = pirn_type_kind_of(type) == PIRN_TYPE_OWN;
    *out = handle->object;
    return NULL;
}

static const cli_handle *find_object(const cli_session *session, const void *object)
{
    for (size_t i = 0; i < session->handle_count; i++) {
        if (session->handles[i].object == object && !session->handles[i].is_given)
            return &session->handles[i];
    }
    return NULL;
}

/* What the result has is the session's from when it is first printed. */
static void print_for_value(void *user, const pirn_type *type, void *object, char *out, size_t size)
{
    cli_session *session = user;
    const cli_handle *handle = find_object(session, object);
    if (handle == NULL)
        handle = add_handle(session, type, object);
    snprintf(out, size, "%s", handle != NULL ? handle->name : "<out of memory>");
}

/* Own resources that were given to a call are not the session's any more, however it ended. */
static void settle_given(cli_session *session, bool was_called)
{
    for (size_t i = session->handle_count; i > 0; i--) {
        cli_handle *handle = &session->handles[i - 1];
        if (handle->is_given && was_called)
            forget_handle(session, handle);
        else
            handle->is_given = false;
    }
}

/* ---- The instance ------------------------------------------------------------------------------------------------- */

pirn_status cli_session_open(cli_session *session, cli_guest *guest, pirn_error *error)
{
    *session = (cli_session){.guest = guest, .new_name = PIRN_STR("")};
    return pirn_host_instantiate(guest->host, guest->prepared, guest->store, guest->context, guest->timeout_ns,
                                 &session->instance, error);
}

static void end_instance(cli_session *session)
{
    while (session->handle_count > 0) {
        cli_handle *last = &session->handles[session->handle_count - 1];
        drop_host_object(session, last);
        forget_handle(session, last);
    }
    if (session->instance != NULL)
        pirn_component_instance_free(session->instance);
    session->instance = NULL;
}

void cli_session_close(cli_session *session)
{
    end_instance(session);
    free(session->handles);
}

pirn_status cli_session_restart(cli_session *session, pirn_error *error)
{
    cli_guest *guest = session->guest;
    end_instance(session);
    free(session->handles);
    if (!cli_guest_renew(guest)) {
        *session = (cli_session){.guest = guest, .has_ended = true};
        return pirn_error_set(error, PIRN_NOMEM, "out of memory");
    }
    pirn_status status = cli_session_open(session, guest, error);
    session->has_ended = status != PIRN_OK;
    return status;
}

static pirn_status check_alive(const cli_session *session, pirn_error *error)
{
    return session->has_ended ? pirn_error_set(error, PIRN_USAGE, "the instance has ended; 'restart' makes a new one")
                              : PIRN_OK;
}

pirn_status cli_session_drop(cli_session *session, pirn_str name, pirn_error *error)
{
    cli_handle *handle = find_handle(session, name);
    if (handle == NULL)
        return pirn_error_set(error, PIRN_USAGE, "there is no resource '%.*s' in this session", CLI_STR_ARG(name));
    pirn_status status = check_alive(session, error);
    if (status != PIRN_OK)
        return status;
    if (pirn_resource_type_host(handle->type) != NULL)
        drop_host_object(session, handle);
    else
        status = pirn_resource_drop(handle->object, error);
    session->has_ended = status != PIRN_OK;
    forget_handle(session, handle);
    return status;
}

/* ---- Statements --------------------------------------------------------------------------------------------------- */

/* A statement in its parts. */
typedef struct statement {
    pirn_str new_name; /* before `=`; empty: none */
    cli_call_text call;
    const cli_handle *self; /* of `r.method(...)` */
    pirn_str method;
} statement;

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static pirn_str skip_spaces(pirn_str text)
{
    size_t n = 0;
    while (n < text.len && (text.data[n] == ' ' || text.data[n] == '\t'))
        n++;
    return rest_of(text, n);
}

/* "r = " at the beginning; empty when there is none. */
static pirn_str take_new_name(pirn_str *text)
{
    size_t n = 0;
    while (n < text->len && is_name_char(text->data[n]))
        n++;
    pirn_str behind = skip_spaces(rest_of(*text, n));
    if (n == 0 || behind.len == 0 || behind.data[0] != '=')
        return PIRN_STR("");
    pirn_str name = {text->data, n};
    *text = skip_spaces(rest_of(behind, 1));
    return name;
}

static statement statement_of(const cli_session *session, pirn_str text)
{
    statement s = {0};
    text = skip_spaces(text);
    s.new_name = take_new_name(&text);
    s.call = cli_call_text_of(text);
    const char *dot = s.call.name.len > 0 ? memchr(s.call.name.data, '.', s.call.name.len) : NULL;
    if (dot == NULL)
        return s;
    s.self = find_handle(session, (pirn_str){s.call.whole.data, (size_t)(dot - s.call.whole.data)});
    s.method = (pirn_str){dot + 1, (size_t)(s.call.name.data + s.call.name.len - dot - 1)};
    return s;
}

/* Is it a method of the resource that the handle stands for? Then *name is what stands behind the dot. */
static bool is_method_of(const cli_session *session, const cli_function *function, const cli_handle *self,
                         const pirn_component_func **func, pirn_str *name)
{
    if (!starts_with(function->name, PIRN_STR("[method]")) || pirn_component_functype_params(function->type) == 0)
        return false;
    pirn_str spoken = cli_function_spoken(function->name);
    const char *dot = memchr(spoken.data, '.', spoken.len);
    *func = pirn_component_instance_func(session->instance, function->interface, function->name);
    if (dot == NULL || *func == NULL)
        return false;
    *name = rest_of(spoken, (size_t)(dot + 1 - spoken.data));
    const pirn_type *type = pirn_component_functype_param(pirn_component_func_type(*func), 0);
    return pirn_component_func_resource(*func, type) == self->type;
}

typedef struct method_search {
    const cli_session *session;
    const statement *wanted;
    const pirn_component_func *found;
} method_search;

static bool consider_method(void *user, const cli_function *function)
{
    method_search *s = user;
    const pirn_component_func *func;
    pirn_str name;
    if (is_method_of(s->session, function, s->wanted->self, &func, &name) && pirn_str_eq(name, s->wanted->method))
        s->found = func;
    return s->found == NULL;
}

static pirn_status find_method(cli_session *session, const statement *s, pirn_error *error)
{
    method_search search = {session, s, NULL};
    cli_functions_each(session->guest->component, consider_method, &search);
    session->func = search.found;
    return search.found != NULL ? PIRN_OK
                                : pirn_error_set(error, PIRN_USAGE, "a %.*s has no method '%.*s'",
                                                 CLI_STR_ARG(s->self->resource), CLI_STR_ARG(s->method));
}

static pirn_status find_function(cli_session *session, const statement *s, pirn_error *error)
{
    return s->self != NULL
               ? find_method(session, s, error)
               : cli_call_find(session->guest->component, session->instance, &s->call, &session->func, error);
}

/* What can be named by `=`, and how. */
static pirn_status check_new_name(const cli_session *session, const statement *s, const pirn_component_functype *type,
                                  pirn_error *error)
{
    if (s->new_name.len == 0)
        return PIRN_OK;
    if (s->new_name.len > LONGEST_NAME)
        return pirn_error_set(error, PIRN_USAGE, "the name is too long");
    if (!cli_type_has_handle(pirn_component_functype_result(type)))
        return pirn_error_set(error, PIRN_USAGE, "the function gives no resource, which is what can be named");
    if (find_handle(session, s->new_name) != NULL)
        return pirn_error_set(error, PIRN_USAGE, "there is a resource '%.*s' already; 'drop %.*s' ends it",
                              CLI_STR_ARG(s->new_name), CLI_STR_ARG(s->new_name));
    return PIRN_OK;
}

/* A function's name without values: what it is. */
static pirn_status describe_function(const cli_session *session, cli_answer *answer)
{
    const pirn_component_functype *type = pirn_component_func_type(session->func);
    size_t size = pirn_component_functype_signature(type, NULL, 0) + 1;
    answer->text = malloc(size);
    if (answer->text == NULL)
        return PIRN_NOMEM;
    pirn_component_functype_signature(type, answer->text, size);
    return PIRN_OK;
}

static pirn_status read_args(cli_session *session, const statement *s, const pirn_handle_names *names,
                             pirn_arena *arena, uint8_t *args, pirn_error *error)
{
    const pirn_component_functype *type = pirn_component_func_type(session->func);
    if (s->self != NULL)
        memcpy(args + pirn_component_functype_arg_offset(type, 0), &s->self->object, sizeof s->self->object);
    pirn_status status = pirn_args_parse_named(type, s->self != NULL, s->call.values, names, arena, args, error);
    return cli_call_explain(status, "in the arguments", s->call.whole, s->call.values, error);
}

static pirn_status call_function(cli_session *session, const statement *s, pirn_arena *arena, cli_answer *answer,
                                 pirn_error *error)
{
    const cli_guest *guest = session->guest;
    pirn_handle_names names = {find_for_value, print_for_value, session};
    cli_caller caller = {guest->host, guest->context, guest->timeout_ns};
    bool has_exited = false;
    int exit_code = 0;
    uint8_t *args =
        pirn_arena_alloc(arena, pirn_component_functype_args_size(pirn_component_func_type(session->func)) + 1);
    if (args == NULL)
        return pirn_error_set(error, PIRN_NOMEM, "out of memory");
    pirn_status status = read_args(session, s, &names, arena, args, error);
    settle_given(session, status == PIRN_OK);
    if (status != PIRN_OK)
        return status;
    session->new_name = s->new_name;
    status = cli_call_run(&caller, session->instance, session->func, args, &names, &answer->text, &has_exited,
                          &exit_code, error);
    session->new_name = PIRN_STR("");
    session->has_ended = has_exited || (status != PIRN_OK && status != PIRN_NOMEM);
    return has_exited ? pirn_error_set(error, PIRN_USAGE,
                                       "the guest has exited with code %d; 'restart' makes a new instance", exit_code)
                      : status;
}

pirn_status cli_session_call(cli_session *session, pirn_str text, cli_answer *answer, pirn_error *error)
{
    *answer = (cli_answer){NULL};
    pirn_status status = check_alive(session, error);
    if (status != PIRN_OK)
        return status;
    statement s = statement_of(session, text);
    status = find_function(session, &s, error);
    if (status == PIRN_OK && s.call.values.len == 0 && s.new_name.len == 0)
        return describe_function(session, answer);
    if (status == PIRN_OK)
        status = check_new_name(session, &s, pirn_component_func_type(session->func), error);
    if (status != PIRN_OK)
        return status;
    pirn_arena *arena = pirn_arena_new(NULL);
    if (arena == NULL)
        return pirn_error_set(error, PIRN_NOMEM, "out of memory");
    status = call_function(session, &s, arena, answer, error);
    pirn_arena_free(arena);
    return status;
}

/* ---- Completion --------------------------------------------------------------------------------------------------- */

typedef struct completion {
    const cli_session *session;
    pirn_str word;
    const cli_handle *self; /* of a word with a dot */
    void (*take)(void *user, pirn_str candidate);
    void *user;
} completion;

static void offer(const completion *c, const char *prefix, pirn_str name, const char *suffix)
{
    char text[2 * LONGEST_NAME + 8];
    int len =
        snprintf(text, sizeof text, "%s%s%.*s%s", prefix, *prefix != '\0' ? "." : "", CLI_STR_ARG(name), suffix);
    pirn_str candidate = {text, (size_t)len};
    if (len > 0 && (size_t)len < sizeof text && starts_with(candidate, c->word))
        c->take(c->user, candidate);
}

static bool offer_function(void *user, const cli_function *function)
{
    const completion *c = user;
    const pirn_component_func *func;
    pirn_str name;
    if (c->self == NULL)
        offer(c, "", cli_function_spoken(function->name), "(");
    else if (is_method_of(c->session, function, c->self, &func, &name))
        offer(c, c->self->name, name, "(");
    return true;
}

void cli_session_complete(const cli_session *session, pirn_str word, void (*take)(void *user, pirn_str candidate),
                          void *user)
{
    const char *dot = word.len > 0 ? memchr(word.data, '.', word.len) : NULL;
    completion c = {session, word, NULL, take, user};
    if (session->instance == NULL)
        return;
    if (dot != NULL)
        c.self = find_handle(session, (pirn_str){word.data, (size_t)(dot - word.data)});
    cli_functions_each(session->guest->component, offer_function, &c);
    for (size_t i = 0; i < session->handle_count; i++)
        offer(&c, "", pirn_str_of(session->handles[i].name), "");
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executing commands. Each ends in one of three ways: what was expected came (passed), something else came
 * (failed), or it needs something that is absent (skipped). The status word decides; the message of an assertion is
 * documentation, and where ours does not begin with it, that is a note.
 */
#include "conformance/match.h"
#include "conformance/run.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_SIZE = 1024 };

/* A buffer that what does not fit is cut from. */
typedef struct line {
    char text[TEXT_SIZE];
    size_t len;
} line;

PIRN_PRINTF(2, 3)
static const char *say(line *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(out->text + out->len, TEXT_SIZE - out->len, format, args);
    va_end(args);
    out->len += len > 0 ? (size_t)len : 0;
    if (out->len >= TEXT_SIZE)
        out->len = TEXT_SIZE - 1;
    return out->text;
}

/* ---- Saying what came ------------------------------------------------------------------------------------------ */

static const char *describe(const wast_command *command, line *out)
{
    say(out, "%.*s", (int)command->word.len, command->word.data);
    const wast_action *action = &command->action;
    bool is_assertion = command->kind == WAST_ASSERT_RETURN || command->kind == WAST_ASSERT_ACTION;
    if (is_assertion)
        say(out, " (%s", action->is_get ? "get" : "invoke");
    if (is_assertion || command->kind == WAST_ACTION) {
        say(out, action->id.len > 0 ? " $%.*s" : "%.*s", (int)action->id.len, action->id.data);
        say(out, " \"%.*s\"", (int)action->name.len, action->name.data);
        for (size_t i = 0; i < action->arg_count; i++)
            say(out, " %.*s", (int)action->args[i].text.len, action->args[i].text.data);
    }
    if (is_assertion)
        say(out, ")");
    pirn_str id = command->id.len > 0 ? command->id : command->module.id;
    if (id.len > 0)
        say(out, " $%.*s", (int)id.len, id.data);
    return out->text;
}

static void pass(wast_run *run, const wast_command *command)
{
    wast_log_add(run->log, PIRN_WAST_PASSED, command->line, "", "", "");
}

static void fail(wast_run *run, const wast_command *command, const char *expected, const char *actual)
{
    line text = {.len = 0};
    wast_log_add(run->log, PIRN_WAST_FAILED, command->line, describe(command, &text), expected, actual);
}

static void skip(wast_run *run, const wast_command *command, const char *reason)
{
    line text = {.len = 0};
    wast_log_add(run->log, PIRN_WAST_SKIPPED, command->line, describe(command, &text), "", reason);
}

/* A status and its message, for people. */
static const char *say_status(const wast_run *run, pirn_status status, line *out)
{
    if (status == PIRN_OK)
        return say(out, "ok");
    say(out, "%s: %s", pirn_status_name(status), pirn_error_message(run->error));
    if (pirn_error_line(run->error) > 0)
        say(out, " (at %u:%u)", (unsigned)pirn_error_line(run->error), (unsigned)pirn_error_column(run->error));
    return out->text;
}

/* True when the command was skipped because of what it needs. */
static bool skipped(wast_run *run, const wast_command *command)
{
    if (run->absence.line == 0 || run->absence.feature[0] == '\0')
        return false;
    skip(run, command, run->absence.feature);
    return true;
}

/* For commands that should simply work. */
static void conclude(wast_run *run, const wast_command *command, pirn_status status, const char *expected)
{
    line actual = {.len = 0};
    if (status == PIRN_OK)
        pass(run, command);
    else if (!skipped(run, command))
        fail(run, command, expected, say_status(run, status, &actual));
}

/* ---- Modules and components --------------------------------------------------------------------------------------------------- */

static wast_absence absence_of(const wast_run *run, const wast_command *command)
{
    wast_absence absence = run->absence;
    if (absence.line == 0)
        absence.feature = "";
    absence.line = command->line;
    return absence;
}

static pirn_status add_definition(wast_run *run, const wast_command *command, const wast_code *code)
{
    wast_definition entry = {command->module.id, *code, absence_of(run, command)};
    if (BASE_VEC_PUSH(&run->definitions, run->allocator, entry))
        return PIRN_OK;
    return pirn_error_set(run->error, PIRN_NOMEM, "out of memory");
}

/* Instantiates, if the code is there (`status` is OK), and adds what came of it; returns the first failure. */
static pirn_status add_instance(wast_run *run, const wast_command *command, pirn_str id, const wast_code *code,
                                pirn_status status)
{
    if (!BASE_VEC_RESERVE(&run->instances, run->allocator, 1))
        return pirn_error_set(run->error, PIRN_NOMEM, "out of memory");
    wast_instance entry = {.id = id};
    if (status == PIRN_OK)
        status = wast_instantiate(run, code, &entry);
    if (status != PIRN_OK) /* one that did not start has no exports to be called */
        entry.instance = NULL;
    entry.absence = absence_of(run, command);
    run->instances.data[run->instances.len++] = entry;
    return status;
}

static void execute_module(wast_run *run, const wast_command *command)
{
    wast_code code;
    pirn_status status = wast_load(run, &command->module, &code);
    pirn_status added = add_definition(run, command, &code);
    if (command->kind == WAST_MODULE)
        status = add_instance(run, command, command->module.id, &code, status);
    conclude(run, command, status == PIRN_OK ? added : status,
             command->kind == WAST_MODULE ? "an instance" : "a module");
}

static void execute_instance(wast_run *run, const wast_command *command)
{
    static const wast_code none = {NULL, NULL};
    wast_definition *definition = wast_find_definition(run, command->other);
    const wast_code *code = definition == NULL ? &none : &definition->code;
    conclude(run, command, add_instance(run, command, command->id, code, definition == NULL ? PIRN_USAGE : PIRN_OK),
             "an instance");
}

static void execute_register(wast_run *run, const wast_command *command)
{
    wast_instance *found = wast_find_instance(run, command->other);
    wast_registered entry = {.name = command->name, .instance = {.absence = absence_of(run, command)}};
    if (found != NULL)
        entry.instance = *found;
    pirn_status status = found == NULL ? PIRN_USAGE : PIRN_OK;
    if (!BASE_VEC_PUSH(&run->registered, run->allocator, entry))
        status = pirn_error_set(run->error, PIRN_NOMEM, "out of memory");
    conclude(run, command, status, "an instance to register");
}

/* ---- Actions --------------------------------------------------------------------------------------------------- */

/* What an action yields. */
typedef struct results {
    const pirn_valtype *types;
    size_t count;
    const pirn_slot *slots;
    pirn_valtype global_type; /* where types points for a global */
    pirn_task *task;          /* of a component's function, whose result is of `type`, or there is none */
    const pirn_type *type;
} results;

static pirn_status make_arguments(wast_run *run, const wast_action *action, const pirn_functype *type,
                                  pirn_slot **out)
{
    const pirn_valtype *params;
    size_t count = pirn_functype_params(type, &params);
    pirn_slot *slot = *out = base_arena_array(&run->arena, pirn_functype_param_slots(type), sizeof **out);
    if (slot == NULL)
        return pirn_error_set(run->error, PIRN_NOMEM, "out of memory");
    if (count != action->arg_count)
        return pirn_error_set(run->error, PIRN_USAGE, "the function has %zu parameters", count);
    for (size_t i = 0; i < count; i++) {
        char name[32];
        if (!wast_to_slots(run->store, &action->args[i], params[i], slot))
            return pirn_error_set(run->error, PIRN_USAGE, "parameter %zu is of type %s", i,
                                  pirn_valtype_text(params[i], name));
        slot += pirn_valtype_slots(params[i]);
    }
    return PIRN_OK;
}

static pirn_status invoke(wast_run *run, const wast_action *action, pirn_func *func, results *out)
{
    const pirn_functype *type = pirn_func_type(func);
    pirn_slot *args;
    PIRN_TRY(make_arguments(run, action, type, &args));
    PIRN_TRY(wast_note_absence(run, pirn_call_start(run->call, func, args, run->error)));
    out->count = pirn_functype_results(type, &out->types);
    out->slots = pirn_call_results(run->call);
    return PIRN_OK;
}

static pirn_status get_global(const pirn_extern *object, results *out)
{
    out->global_type = pirn_extern_type(object).global.type;
    out->types = &out->global_type;
    out->count = 1;
    out->slots = pirn_global_value(object->global);
    return PIRN_OK;
}

/* What it did not find has left the instance in the middle of something: from now on it is not there. */
static void abandon(wast_run *run, wast_instance *instance, results *out)
{
    pirn_task_free(out->task);
    out->task = NULL;
    pirn_component_instance_free(instance->component);
    instance->component = NULL;
    instance->absence = run->absence;
}

static pirn_status invoke_component(wast_run *run, const wast_action *action, wast_instance *instance, results *out)
{
    const pirn_component_func *func;
    if (action->is_get)
        return pirn_error_set(run->error, PIRN_USAGE, "a component has no globals");
    pirn_status status =
        wast_note_absence(run, wast_component_call(run, action, instance->component, &func, &out->task));
    if (run->absence.line != 0)
        abandon(run, instance, out);
    PIRN_TRY(status);
    out->type = pirn_component_functype_result(pirn_component_func_type(func));
    out->count = out->type != NULL;
    return PIRN_OK;
}

/* USAGE when the action is not possible. What came is to be freed with free_results. */
static pirn_status act(wast_run *run, const wast_action *action, results *out)
{
    pirn_extern object;
    wast_instance *found = wast_find_instance(run, action->id);
    *out = (results){.count = 0};
    if (found == NULL)
        return PIRN_USAGE;
    if (found->component != NULL)
        return invoke_component(run, action, found, out);
    pirn_extern_kind kind = action->is_get ? PIRN_EXTERN_GLOBAL : PIRN_EXTERN_FUNC;
    if (!pirn_instance_find(found->instance, action->name, &object) || object.kind != kind)
        return pirn_error_set(run->error, PIRN_USAGE, "there is no export \"%.*s\" that is a %s",
                              (int)action->name.len, action->name.data, pirn_extern_kind_name(kind));
    if (found->is_foreign)
        return pirn_error_set(run->error, PIRN_USAGE, "the instance belongs to another thread");
    return action->is_get ? get_global(&object, out) : invoke(run, action, object.func, out);
}

static void free_results(results *done)
{
    pirn_task_free(done->task);
}

static void execute_action(wast_run *run, const wast_command *command)
{
    results ignored;
    conclude(run, command, act(run, &command->action, &ignored), "a return");
    free_results(&ignored);
}

/* ---- Assertions ------------------------------------------------------------------------------------------------ */

static bool results_match(wast_run *run, const wast_command *command, const results *actual)
{
    const pirn_slot *slot = actual->slots;
    if (command->result_count != actual->count)
        return false;
    if (actual->type != NULL)
        return wast_component_matches(run, &command->results[0], actual->type, pirn_task_result(actual->task));
    for (size_t i = 0; i < actual->count; i++) {
        if (!wast_matches(run->store, &command->results[i], actual->types[i], slot))
            return false;
        slot += pirn_valtype_slots(actual->types[i]);
    }
    return true;
}

static void fail_results(wast_run *run, const wast_command *command, const results *actual)
{
    line expected = {.len = 0}, came = {.len = 0};
    const pirn_slot *slot = actual->slots;
    for (size_t i = 0; i < command->result_count; i++)
        say(&expected, "%s%.*s", i > 0 ? " " : "", (int)command->results[i].text.len, command->results[i].text.data);
    if (actual->type != NULL)
        pirn_value_text(actual->type, pirn_task_result(actual->task), came.text, sizeof came.text);
    for (size_t i = 0; actual->type == NULL && i < actual->count; i++) {
        char value[128];
        wast_value_text(run->store, actual->types[i], slot, value, sizeof value);
        say(&came, "%s%s", i > 0 ? " " : "", value);
        slot += pirn_valtype_slots(actual->types[i]);
    }
    fail(run, command, command->result_count == 0 ? "no results" : expected.text,
         actual->count == 0 ? "no results" : came.text);
}

static void execute_assert_return(wast_run *run, const wast_command *command)
{
    results actual;
    pirn_status status = act(run, &command->action, &actual);
    if (status != PIRN_OK)
        conclude(run, command, status, "a return");
    else if (results_match(run, command, &actual))
        pass(run, command);
    else
        fail_results(run, command, &actual);
    free_results(&actual);
}

static bool is_uncaught_exception(const wast_run *run, pirn_status status)
{
    return status == PIRN_TRAP && pirn_store_exception(run->store) != NULL;
}

/* The virtual machine tells it by its sentence. */
static bool is_unhandled_suspension(const wast_run *run, pirn_status status)
{
    static const char sentence[] = "unhandled tag";
    return status == PIRN_TRAP && strncmp(pirn_error_message(run->error), sentence, strlen(sentence)) == 0;
}

static bool has_message(const wast_run *run, const wast_command *command)
{
    const char *ours = pirn_error_message(run->error);
    if (command->message.len == 0)
        return true;
    return strlen(ours) >= command->message.len && memcmp(ours, command->message.data, command->message.len) == 0;
}

/* For the assertions of a status. */
static void conclude_assertion(wast_run *run, const wast_command *command, pirn_status status)
{
    line expected = {.len = 0}, actual = {.len = 0}, text = {.len = 0};
    if (skipped(run, command))
        return;
    say(&expected, "%s",
        command->is_exception    ? "exception"
        : command->is_suspension ? "suspension"
                                 : pirn_status_name(command->status));
    if (command->message.len > 0)
        say(&expected, ": %.*s", (int)command->message.len, command->message.data);
    say_status(run, status, &actual);
    if (status != command->status || is_uncaught_exception(run, status) != command->is_exception ||
        is_unhandled_suspension(run, status) != command->is_suspension) {
        fail(run, command, expected.text, actual.text);
        return;
    }
    pass(run, command);
    if (!has_message(run, command))
        wast_log_add(run->log, PIRN_WAST_NOTE, command->line, describe(command, &text), expected.text, actual.text);
}

static void execute_assert_action(wast_run *run, const wast_command *command)
{
    results ignored;
    conclude_assertion(run, command, act(run, &command->action, &ignored));
    free_results(&ignored);
}

/* Instantiated only if the assertion is about that: what it is about must come at its own time. */
static void execute_assert_module(wast_run *run, const wast_command *command)
{
    wast_code code;
    wast_instance instance = {.id = {"", 0}};
    bool is_of_loading = command->status == PIRN_MALFORMED || command->status == PIRN_INVALID;
    pirn_status status = wast_load(run, &command->module, &code);
    if (status == PIRN_OK && command->is_custom && code.module != NULL)
        status = pirn_module_check_customs(code.module, run->error);
    if (status == PIRN_OK && !is_of_loading)
        status = wast_instantiate(run, &code, &instance);
    pirn_component_instance_free(instance.component);
    conclude_assertion(run, command, status);
}

/* ---- All ------------------------------------------------------------------------------------------------------- */

static void execute_thread(wast_run *run, const wast_command *command)
{
    conclude(run, command, wast_thread_start(run, command), "a thread");
}

static void execute_wait(wast_run *run, const wast_command *command)
{
    conclude(run, command, wast_thread_wait(run, command->id), "the end of a thread");
}

void wast_execute(wast_run *run, const wast_command *command)
{
    static void (*const functions[])(wast_run *, const wast_command *) = {
        [WAST_MODULE] = execute_module,
        [WAST_DEFINITION] = execute_module,
        [WAST_INSTANCE] = execute_instance,
        [WAST_REGISTER] = execute_register,
        [WAST_ACTION] = execute_action,
        [WAST_ASSERT_RETURN] = execute_assert_return,
        [WAST_ASSERT_ACTION] = execute_assert_action,
        [WAST_ASSERT_MODULE] = execute_assert_module,
        [WAST_THREAD] = execute_thread,
        [WAST_WAIT] = execute_wait,
    };
    wast_log_begin(run->log, command->line, command->word);
    pirn_error_clear(run->error);
    run->absence = (wast_absence){.feature = "", .line = 0};
    functions[command->kind](run, command);
}

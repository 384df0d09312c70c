/* SPDX-License-Identifier: Apache-2.0 */
/* Calling one function: its arguments from words or from the text of values, its result as text. */
#include "cli/invoke.h"
#include "cli/call.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* The exit of a guest is no failure. */
static pirn_status end_of(const cli_invocation *in, pirn_status status, int *exit_code, pirn_error *error)
{
    if (status == PIRN_OK || !pirn_host_context_exited(in->context, exit_code))
        return status;
    pirn_error_clear(error);
    return PIRN_OK;
}

/* ---- Components --------------------------------------------------------------------------------------------------- */

/* One word for each parameter; a string is the word itself. */
static pirn_status args_from_words(const cli_invocation *in, const pirn_component_functype *type, pirn_arena *arena,
                                   uint8_t *args, pirn_error *error)
{
    size_t count = pirn_component_functype_params(type);
    if (in->operand_count != count) {
        return pirn_error_set(error, PIRN_USAGE, "the function takes %zu arguments, not %zu", count,
                              in->operand_count);
    }
    for (size_t i = 0; i < count; i++) {
        const pirn_type *param = pirn_component_functype_param(type, i);
        uint8_t *out = args + pirn_component_functype_arg_offset(type, i);
        pirn_str word = pirn_str_of(in->operands[i]);
        if (pirn_type_kind_of(param) == PIRN_TYPE_STRING) {
            memcpy(out, &word, sizeof word);
            continue;
        }
        char where[32];
        snprintf(where, sizeof where, "argument %zu", i + 1);
        pirn_status status = pirn_value_parse(param, word, arena, out, error);
        if (status != PIRN_OK)
            return cli_call_explain(status, where, word, word, error);
    }
    return PIRN_OK;
}

static pirn_status read_args(const cli_invocation *in, const cli_call_text *call, const pirn_component_functype *type,
                             pirn_arena *arena, uint8_t *args, pirn_error *error)
{
    if (cli_functype_has_handle(type))
        return pirn_error_set(error, PIRN_USAGE,
                              "the function has to do with resources, which are of one instance and end with it; "
                              "'pirn repl' calls one function after the other");
    if (call->values.len == 0)
        return args_from_words(in, type, arena, args, error);
    pirn_status status = pirn_args_parse(type, call->values, arena, args, error);
    return cli_call_explain(status, "in the arguments", call->whole, call->values, error);
}

static pirn_status invoke_in_instance(const cli_invocation *in, pirn_component_instance *instance, pirn_arena *arena,
                                      int *exit_code, pirn_error *error)
{
    cli_call_text call = cli_call_text_of(pirn_str_of(in->call));
    const pirn_component_func *func;
    pirn_status status = cli_call_find(in->component, instance, &call, &func, error);
    if (status != PIRN_OK)
        return status;
    const pirn_component_functype *type = pirn_component_func_type(func);
    uint8_t *args = pirn_arena_alloc(arena, pirn_component_functype_args_size(type) + 1);
    if (args == NULL)
        return pirn_error_set(error, PIRN_NOMEM, "out of memory");
    status = read_args(in, &call, type, arena, args, error);
    if (status != PIRN_OK)
        return status;
    cli_caller caller = {in->host, in->context, in->timeout_ns};
    char *result;
    bool has_exited;
    status = cli_call_run(&caller, instance, func, args, NULL, &result, &has_exited, exit_code, error);
    if (result != NULL)
        puts(result);
    free(result);
    return status;
}

static pirn_status invoke_component(const cli_invocation *in, int *exit_code, pirn_error *error)
{
    pirn_component_instance *instance;
    pirn_status status =
        pirn_host_instantiate(in->host, in->prepared, in->store, in->context, in->timeout_ns, &instance, error);
    if (status != PIRN_OK)
        return status;
    pirn_arena *arena = pirn_arena_new(NULL);
    status = arena == NULL ? PIRN_NOMEM : invoke_in_instance(in, instance, arena, exit_code, error);
    if (arena != NULL)
        pirn_arena_free(arena);
    pirn_component_instance_free(instance);
    return status;
}

/* ---- Core modules --------------------------------------------------------------------------------------------------- */

static bool slot_from_text(pirn_valtype type, const char *text, pirn_slot *out)
{
    char *end;
    int base = strncmp(text + (text[0] == '-'), "0x", 2) == 0 ? 16 : 10;
    errno = 0;
    switch (type) {
    case PIRN_I32:
    case PIRN_I64: {
        int64_t value = text[0] == '-' ? strtoll(text, &end, base) : (int64_t)strtoull(text, &end, base);
        bool fits = type == PIRN_I64 || (value >= INT32_MIN && value <= UINT32_MAX);
        out->i64 = type == PIRN_I64 ? value : (int64_t)(uint32_t)value;
        return *text != '\0' && *end == '\0' && errno == 0 && fits;
    }
    case PIRN_F32:
        out->f32 = strtof(text, &end);
        return *text != '\0' && *end == '\0';
    case PIRN_F64:
        out->f64 = strtod(text, &end);
        return *text != '\0' && *end == '\0';
    default:
        return false;
    }
}

static void print_slot(pirn_valtype type, const pirn_slot *slots)
{
    char text[32];
    pirn_slot value = slots[0];
    switch (type) {
    case PIRN_I32:
        printf("%" PRId32 "\n", value.i32);
        break;
    case PIRN_I64:
        printf("%" PRId64 "\n", value.i64);
        break;
    case PIRN_F32:
        printf("%.9g\n", (double)value.f32);
        break;
    case PIRN_F64:
        printf("%.17g\n", value.f64);
        break;
    case PIRN_V128:
        printf("i64x2 0x%016" PRIx64 " 0x%016" PRIx64 "\n", value.u64, slots[1].u64);
        break;
    default:
        printf("%s\n", value.ref == NULL ? "null" : pirn_valtype_text(type, text));
        break;
    }
}

static pirn_status call_core(const cli_invocation *in, pirn_func *func, const pirn_slot *args, int *exit_code,
                             pirn_error *error)
{
    outcome end = {PIRN_OK, error};
    pirn_call *call = pirn_call_new(in->store);
    if (call == NULL)
        return pirn_error_set(error, PIRN_NOMEM, "out of memory");
    pirn_status status = pirn_host_start_call(in->host, call, func, args, in->timeout_ns, note_end, &end, error);
    if (status == PIRN_OK) {
        pirn_host_run(in->host);
        status = end_of(in, end.status, exit_code, error);
    }
    const pirn_valtype *types;
    size_t count = pirn_functype_results(pirn_func_type(func), &types);
    const pirn_slot *results = pirn_call_results(call);
    for (size_t i = 0, slot = 0; end.status == PIRN_OK && status == PIRN_OK && i < count;
         slot += pirn_valtype_slots(types[i++]))
        print_slot(types[i], &results[slot]);
    pirn_call_free(call);
    return status;
}

enum { MOST_ARGUMENTS = 64 };

/* Arguments of a core function as words, which are in `text`. */
typedef struct core_words {
    char *text;
    char *words[MOST_ARGUMENTS];
    size_t count;
} core_words;

/* The end of the word without the spaces behind it, which are cut off. */
static void trim(char *word, char *end)
{
    while (end > word && end[-1] == ' ')
        end--;
    *end = '\0';
}

/* "(1, 2.5)" as words; empty ones are found later to be no numbers. */
static pirn_status split_values(const char *values, core_words *out, pirn_error *error)
{
    char *at = out->text = strdup(values + 1);
    if (at == NULL)
        return pirn_error_set(error, PIRN_NOMEM, "out of memory");
    trim(at, at + strlen(at));
    size_t len = strlen(at);
    if (len == 0 || at[len - 1] != ')')
        return pirn_error_set(error, PIRN_USAGE, "in the arguments: the closing parenthesis is missing");
    trim(at, at + len - 1);
    while (*at == ' ')
        at++;
    for (bool more = *at != '\0'; more;) {
        char *comma = strchr(at, ','), *end = comma != NULL ? comma : at + strlen(at);
        more = comma != NULL;
        trim(at, end);
        if (out->count == MOST_ARGUMENTS)
            return pirn_error_set(error, PIRN_USAGE, "at most %d arguments are supported", MOST_ARGUMENTS);
        out->words[out->count++] = at;
        for (at = end + 1; more && *at == ' ';)
            at++;
    }
    return PIRN_OK;
}

/* An exported function, by the whole text or by the name before the values; *values is NULL when there are none. */
static pirn_status find_core_function(const cli_invocation *in, pirn_instance *instance, pirn_func **out,
                                      const char **values, pirn_error *error)
{
    pirn_extern found;
    cli_call_text call = cli_call_text_of(pirn_str_of(in->call));
    size_t len = (size_t)(call.name.data + call.name.len - in->call);
    *values = NULL;
    if (!pirn_instance_find(instance, pirn_str_of(in->call), &found)) {
        *values = call.values.len > 0 ? call.values.data : NULL;
        if (!pirn_instance_find(instance, (pirn_str){in->call, len}, &found))
            found.kind = PIRN_EXTERN_MEMORY;
    }
    if (found.kind != PIRN_EXTERN_FUNC)
        return pirn_error_set(error, PIRN_USAGE, "there is no exported function '%.*s'; 'pirn inspect' lists them",
                              (int)len, in->call);
    *out = found.func;
    return PIRN_OK;
}

static pirn_status slots_from_words(const pirn_functype *type, char *const *words, size_t word_count,
                                    pirn_slot args[MOST_ARGUMENTS], pirn_error *error)
{
    const pirn_valtype *types;
    size_t count = pirn_functype_params(type, &types);
    if (count != word_count)
        return pirn_error_set(error, PIRN_USAGE, "the function takes %zu arguments, not %zu", count, word_count);
    if (count > MOST_ARGUMENTS)
        return pirn_error_set(error, PIRN_USAGE, "at most %d arguments are supported", MOST_ARGUMENTS);
    for (size_t i = 0; i < count; i++) {
        char text[32];
        if (!slot_from_text(types[i], words[i], &args[i]))
            return pirn_error_set(error, PIRN_USAGE, "argument %zu: '%s' is no %s", i + 1, words[i],
                                  pirn_valtype_text(types[i], text));
    }
    return PIRN_OK;
}

static pirn_status invoke_in_core_instance(const cli_invocation *in, pirn_instance *instance, int *exit_code,
                                           pirn_error *error)
{
    pirn_slot args[MOST_ARGUMENTS];
    core_words words = {.count = 0};
    pirn_func *func = NULL;
    const char *values;
    pirn_status status = find_core_function(in, instance, &func, &values, error);
    if (status == PIRN_OK && values != NULL)
        status = split_values(values, &words, error);
    if (status == PIRN_OK)
        status = slots_from_words(pirn_func_type(func), values != NULL ? words.words : in->operands,
                                  values != NULL ? words.count : in->operand_count, args, error);
    free(words.text);
    return status != PIRN_OK ? status : call_core(in, func, args, exit_code, error);
}

static pirn_status invoke_module(const cli_invocation *in, int *exit_code, pirn_error *error)
{
    pirn_instance *instance;
    pirn_status status =
        pirn_host_instantiate_module(in->host, in->module, in->store, in->context, in->timeout_ns, &instance, error);
    if (status != PIRN_OK)
        return end_of(in, status, exit_code, error);
    return invoke_in_core_instance(in, instance, exit_code, error);
}

pirn_status cli_invoke(const cli_invocation *invocation, int *exit_code, pirn_error *error)
{
    return invocation->module != NULL ? invoke_module(invocation, exit_code, error)
                                      : invoke_component(invocation, exit_code, error);
}

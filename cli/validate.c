/* SPDX-License-Identifier: Apache-2.0 */
/* pirn validate: decode and validate files, one after the other. */
#include "cli/explain.h"
#include "cli/features.h"
#include "cli/file.h"
#include "cli/json.h"
#include "cli/verbs.h"
#include <jansson.h>
#include <pirn/host.h>
#include <stdio.h>

const cli_option cli_validate_options[] = {
    {"json", NULL, "print one JSON object a line for each file"},
    {"explain", NULL, "show the instructions before an error in a function, with the operand and label stacks"},
    {"window", "N", "how many instructions --explain shows before the error (default 10)"},
    {"function", "INDEX|NAME", "explain this function of a core module, all of it, also when it is valid"},
    CLI_FEATURE_OPTIONS,
    {"help", NULL, "print this help"},
    {NULL, NULL, NULL},
};

static pirn_status validate_bytes(pirn_engine *engine, const cli_file *file, pirn_error *error)
{
    pirn_status status;
    if (file->kind == CLI_FILE_MODULE) {
        pirn_module *module;
        status = pirn_module_load(engine, file->bytes, file->size, PIRN_BYTES_BORROW, 0, &module, error);
        if (status == PIRN_OK)
            pirn_module_free(module);
    } else {
        pirn_component *component;
        status = pirn_component_load(engine, file->bytes, file->size, PIRN_BYTES_BORROW, &component, error);
        if (status == PIRN_OK)
            pirn_component_free(component);
    }
    return status;
}

/* `is_read`: it is known what the file is. */
static void print_json(const cli_file *file, bool is_read, pirn_status status, const pirn_error *error,
                       json_t *explanation)
{
    json_t *object = json_pack("{s:o}", "file", cli_json_text(pirn_str_of(file->path)));
    if (is_read)
        json_object_set_new(object, "kind", json_string(file->kind == CLI_FILE_MODULE ? "module" : "component"));
    json_object_set_new(object, "status", json_string(status == PIRN_OK ? "valid" : pirn_status_name(status)));
    if (status != PIRN_OK) {
        uint32_t index, line, column;
        pirn_str name;
        json_object_set_new(object, "message", cli_json_text(pirn_str_of(pirn_error_message(error))));
        if (cli_file_place(file, error, &line, &column)) {
            json_object_set_new(object, "line", json_integer(line));
            json_object_set_new(object, "column", json_integer(column));
        }
        if (pirn_error_offset(error) != PIRN_NO_OFFSET)
            json_object_set_new(object, "offset", json_integer((json_int_t)pirn_error_offset(error)));
        if (pirn_error_function(error, &index, &name)) {
            json_object_set_new(object, "function", json_integer(index));
            json_object_set_new(object, "function_name", cli_json_text(name));
        }
    }
    if (explanation != NULL)
        json_object_set(object, "explanation", explanation);
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

/* What --explain and --function ask for, checked. */
typedef struct request {
    bool is_for_errors;
    uint64_t window;
    const char *function; /* index or name, NULL: the one with the error */
} request;

static bool read_request(const cli_args *args, request *out)
{
    const char *window = cli_value(args, "window");
    *out = (request){.window = 10, .is_for_errors = cli_has(args, "explain") || window != NULL};
    out->function = cli_value(args, "function");
    if (window != NULL && !cli_parse_count(window, &out->window)) {
        fprintf(stderr, "pirn validate: --window %s: not a number\n", window);
        return false;
    }
    return true;
}

/* The function with the error, NULL when there is none. */
static json_t *explain_failure(pirn_engine *engine, const cli_file *file, size_t window, const pirn_error *failure)
{
    cli_explanation_of what = {.window = window, .offset = pirn_error_offset(failure)};
    pirn_str name;
    return pirn_error_function(failure, &what.function, &name) ? cli_explain(engine, file, &what, NULL) : NULL;
}

/* The function that is asked for, by index or name. NULL: it cannot be shown, and `error` says why. */
static json_t *explain_function(pirn_engine *engine, const cli_file *file, const char *function, pirn_error *error)
{
    uint64_t index;
    cli_explanation_of what = {.window = SIZE_MAX};
    if (file->kind != CLI_FILE_MODULE) {
        pirn_error_set(error, PIRN_USAGE, "a component has no functions of its own: name one of a core module");
        return NULL;
    }
    if (cli_parse_count(function, &index) && index <= UINT32_MAX)
        what.function = (uint32_t)index;
    else if (pirn_module_find_function(engine, file->bytes, file->size, pirn_str_of(function), &what.function,
                                       error) != PIRN_OK)
        return NULL;
    return cli_explain(engine, file, &what, error);
}

/* What the request asks for of a file that was read; NULL: nothing, or nothing that can be shown. `failure` is what came
 * of the file; false: there is no such function. */
static bool explain(pirn_engine *engine, const cli_file *file, const request *wanted, const pirn_error *failure,
                    json_t **out)
{
    *out = NULL;
    if (wanted->function == NULL) {
        *out = wanted->is_for_errors ? explain_failure(engine, file, (size_t)wanted->window, failure) : NULL;
        return true;
    }
    pirn_error *error = pirn_error_new(NULL);
    *out = explain_function(engine, file, wanted->function, error);
    bool ok = error == NULL || pirn_error_status(error) != PIRN_USAGE;
    if (!ok)
        fprintf(stderr, "pirn validate: %s: --function %s: %s\n", file->path, wanted->function,
                pirn_error_message(error));
    pirn_error_free(error);
    return ok;
}

static int validate_file(pirn_engine *engine, const cli_args *args, const request *wanted, const char *path,
                         pirn_error *error)
{
    cli_file file;
    bool as_json = cli_has(args, "json");
    pirn_error_clear(error);
    if (!as_json && !cli_file_read(&file, "validate", path))
        return CLI_FAILURE;
    pirn_status status = as_json ? cli_file_load(&file, path, error) : PIRN_OK;
    bool is_read = status == PIRN_OK || status == PIRN_MALFORMED;
    if (status == PIRN_OK)
        status = validate_bytes(engine, &file, error);
    json_t *explanation = NULL;
    bool is_explained = !is_read || file.size == 0 || explain(engine, &file, wanted, error, &explanation);
    if (as_json)
        print_json(&file, is_read, status, error, explanation);
    else if (status != PIRN_OK)
        cli_file_report(&file, status, error);
    if (!as_json && explanation != NULL)
        cli_explanation_print(explanation, status != PIRN_OK);
    json_decref(explanation);
    cli_file_done(&file);
    return status == PIRN_OK && is_explained ? CLI_OK : CLI_FAILURE;
}

int cli_validate(const cli_args *args)
{
    if (args->operand_count == 0) {
        fprintf(stderr, "pirn validate: which file? Try 'pirn validate --help'.\n");
        return CLI_USAGE;
    }
    int code = CLI_OK;
    request wanted;
    pirn_config config = pirn_config_default();
    config.parallel = pirn_host_parallel();
    if (!read_request(args, &wanted) || !cli_features_apply(args, &config))
        return CLI_USAGE;
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_error *error = pirn_error_new(NULL);
    if (engine == NULL || error == NULL) {
        fprintf(stderr, "pirn validate: out of memory\n");
        return CLI_FAILURE;
    }
    for (size_t i = 0; i < args->operand_count; i++) {
        int file_code = validate_file(engine, args, &wanted, args->operands[i], error);
        code = code == CLI_OK ? file_code : code;
    }
    pirn_error_free(error);
    pirn_engine_free(engine);
    return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* pirn validate: decode and validate files, one after the other. */
#include "cli/features.h"
#include "cli/file.h"
#include "cli/json.h"
#include "cli/verbs.h"
#include <jansson.h>
#include <pirn/component.h>
#include <stdio.h>

const cli_option cli_validate_options[] = {
    {"json", NULL, "print one JSON object a line for each file"},
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

static void print_json(const cli_file *file, pirn_status status, const pirn_error *error)
{
    json_t *object = json_pack("{s:o, s:s, s:s}", "file", cli_json_text(pirn_str_of(file->path)), "kind",
                               file->kind == CLI_FILE_MODULE ? "module" : "component", "status",
                               status == PIRN_OK ? "valid" : pirn_status_name(status));
    if (status != PIRN_OK) {
        uint32_t index;
        pirn_str name;
        json_object_set_new(object, "message", cli_json_text(pirn_str_of(pirn_error_message(error))));
        if (pirn_error_offset(error) != PIRN_NO_OFFSET)
            json_object_set_new(object, "offset", json_integer((json_int_t)pirn_error_offset(error)));
        if (pirn_error_function(error, &index, &name)) {
            json_object_set_new(object, "function", json_integer(index));
            json_object_set_new(object, "function_name", cli_json_text(name));
        }
    }
    json_dumpf(object, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(object);
}

static int validate_file(pirn_engine *engine, const cli_args *args, const char *path, pirn_error *error)
{
    cli_file file;
    if (!cli_file_read(&file, "validate", path))
        return CLI_FAILURE;
    pirn_error_clear(error);
    pirn_status status = validate_bytes(engine, &file, error);
    if (cli_has(args, "json"))
        print_json(&file, status, error);
    else if (status != PIRN_OK)
        cli_report(path, status, error);
    cli_file_done(&file);
    return status == PIRN_OK ? CLI_OK : CLI_FAILURE;
}

int cli_validate(const cli_args *args)
{
    if (args->operand_count == 0) {
        fprintf(stderr, "pirn validate: which file? Try 'pirn validate --help'.\n");
        return CLI_USAGE;
    }
    int code = CLI_OK;
    pirn_config config = pirn_config_default();
    if (!cli_features_apply(args, &config))
        return CLI_USAGE;
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_error *error = pirn_error_new(NULL);
    if (engine == NULL || error == NULL) {
        fprintf(stderr, "pirn validate: out of memory\n");
        return CLI_FAILURE;
    }
    for (size_t i = 0; i < args->operand_count; i++) {
        int file_code = validate_file(engine, args, args->operands[i], error);
        code = code == CLI_OK ? file_code : code;
    }
    pirn_error_free(error);
    pirn_engine_free(engine);
    return code;
}

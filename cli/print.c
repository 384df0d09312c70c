/* SPDX-License-Identifier: Apache-2.0 */
/* pirn print: from the bytes of a module or component to its text. */
#include "cli/features.h"
#include "cli/file.h"
#include "cli/verbs.h"
#include <errno.h>
#include <pirn/component.h>
#include <stdio.h>
#include <string.h>

const cli_option cli_print_options[] = {
    {"output", "FILE", "where the text goes; without it, or with \"-\": standard output"},
    {"offsets", NULL, "begin every line with the byte offset of what is on it"},
    {"ir", NULL, "show the interpreter's cells behind the instructions that they came from"},
    CLI_FEATURE_OPTIONS,
    {"help", NULL, "print this help"},
    {NULL, NULL, NULL},
};

static bool write_text(void *data, const char *text, size_t size)
{
    return fwrite(text, 1, size, data) == size;
}

/* The interpreter has cells for valid modules only. */
static pirn_status print_cells(const cli_file *file, const pirn_config *config, uint32_t flags, FILE *out,
                               pirn_error *error)
{
    pirn_engine *engine = pirn_engine_new(config);
    if (engine == NULL)
        return pirn_error_set(error, PIRN_NOMEM, "out of memory");
    pirn_module *module;
    pirn_status status = pirn_module_load(engine, file->bytes, file->size, PIRN_BYTES_BORROW, 0, &module, error);
    if (status == PIRN_OK) {
        status = pirn_module_print(module, flags | PIRN_PRINT_CELLS, write_text, out, error);
        pirn_module_free(module);
    }
    pirn_engine_free(engine);
    return status;
}

static pirn_status print_file(const cli_file *file, const cli_args *args, const pirn_config *config, FILE *out,
                              pirn_error *error)
{
    uint32_t flags = cli_has(args, "offsets") ? PIRN_PRINT_OFFSETS : 0;
    if (cli_has(args, "ir"))
        return print_cells(file, config, flags, out, error);
    if (file->kind == CLI_FILE_COMPONENT)
        return pirn_component_text_print(file->bytes, file->size, NULL, write_text, out, error);
    return pirn_text_print(file->bytes, file->size, flags, NULL, write_text, out, error);
}

/* Where the text cannot be written the system says why, and main() for standard output. */
static int print_to(const cli_file *file, const cli_args *args, const pirn_config *config, const char *path)
{
    bool is_stdout = path == NULL || strcmp(path, "-") == 0;
    FILE *out = is_stdout ? stdout : fopen(path, "w");
    pirn_error *error = pirn_error_new(NULL);
    pirn_status status = PIRN_IO;
    if (out != NULL)
        status = print_file(file, args, config, out, error);
    if (out != NULL && !is_stdout && fclose(out) != 0 && status == PIRN_OK)
        status = PIRN_IO;
    if (status == PIRN_IO && !is_stdout)
        fprintf(stderr, "pirn print: %s: %s\n", path, strerror(errno));
    else if (status != PIRN_OK && status != PIRN_IO)
        cli_file_report(file, status, error);
    pirn_error_free(error);
    return status == PIRN_OK ? CLI_OK : CLI_FAILURE;
}

int cli_print(const cli_args *args)
{
    if (args->operand_count != 1) {
        fprintf(stderr, "pirn print: say one file. Try 'pirn print --help'.\n");
        return CLI_USAGE;
    }
    cli_file file;
    pirn_config config = pirn_config_default();
    config.features = pirn_features_supported(); /* what can be read can be printed */
    if (!cli_features_apply(args, &config))
        return CLI_USAGE;
    if (!cli_file_read(&file, "print", args->operands[0]))
        return CLI_FAILURE;
    int code = CLI_FAILURE;
    if (file.kind == CLI_FILE_COMPONENT && (cli_has(args, "ir") || cli_has(args, "offsets")))
        fprintf(stderr, "pirn print: %s: this is a component; --ir and --offsets are for core modules\n", file.path);
    else
        code = print_to(&file, args, &config, cli_value(args, "output"));
    cli_file_done(&file);
    return code;
}

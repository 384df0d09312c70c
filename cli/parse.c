/* SPDX-License-Identifier: Apache-2.0 */
/* pirn parse: from the text of a module or component to its bytes. */
#include "cli/file.h"
#include "cli/verbs.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cli_option cli_parse_options[] = {
    {"output", "FILE", "where the binary goes (\"-\": standard output); without it, FILE with .wasm for .wat"},
    {"help", NULL, "print this help"},
    {NULL, NULL, NULL},
};

/* `path` with .wasm for its .wat, or behind it; free() it. */
static char *default_output(const char *path)
{
    size_t len = strlen(path);
    if (len >= 4 && strcmp(path + len - 4, ".wat") == 0)
        len -= 4;
    char *output = malloc(len + sizeof ".wasm");
    if (output != NULL) {
        memcpy(output, path, len);
        memcpy(output + len, ".wasm", sizeof ".wasm");
    }
    return output;
}

static int write_file(const cli_file *file, const char *path)
{
    bool is_stdout = strcmp(path, "-") == 0;
    FILE *out = is_stdout ? stdout : fopen(path, "wb");
    bool ok = out != NULL && fwrite(file->bytes, 1, file->size, out) == file->size;
    if (out != NULL && !is_stdout)
        ok = fclose(out) == 0 && ok;
    if (ok)
        return CLI_OK;
    fprintf(stderr, "pirn parse: %s: %s\n", path, strerror(errno));
    return CLI_FAILURE;
}

int cli_parse(const cli_args *args)
{
    if (args->operand_count != 1) {
        fprintf(stderr, "pirn parse: say one file. Try 'pirn parse --help'.\n");
        return CLI_USAGE;
    }
    cli_file file;
    const char *path = args->operands[0], *chosen = cli_value(args, "output");
    if (!cli_file_read(&file, "parse", path))
        return CLI_FAILURE;
    char *made = chosen != NULL ? NULL : strcmp(path, "-") == 0 ? default_output("out") : default_output(path);
    int code = CLI_FAILURE;
    if (file.arena == NULL)
        fprintf(stderr, "pirn parse: %s: this is a binary already\n", path);
    else if (chosen == NULL && made == NULL)
        fprintf(stderr, "pirn parse: out of memory\n");
    else
        code = write_file(&file, chosen != NULL ? chosen : made);
    free(made);
    cli_file_done(&file);
    return code;
}

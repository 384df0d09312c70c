/* SPDX-License-Identifier: Apache-2.0 */
/* pirn parse: from the text of a module or component to its bytes. */
#include "cli/file.h"
#include "cli/verbs.h"
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
        code = cli_bytes_write("parse", chosen != NULL ? chosen : made, file.bytes, file.size) ? CLI_OK : CLI_FAILURE;
    free(made);
    cli_file_done(&file);
    return code;
}

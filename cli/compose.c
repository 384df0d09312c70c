/* SPDX-License-Identifier: Apache-2.0 */
/* pirn compose: from several components to one. */
#include "cli/compose.h"
#include "cli/features.h"
#include "cli/verbs.h"
#include <stdio.h>
#include <string.h>

const cli_option cli_compose_options[] = {
    {"plug", "FILE", "a component whose exports are imports of the main one; may be repeated"},
    {"define", "FILE", "a component for whichever import, of the main one or of others, it exports; may be repeated"},
    {"d", "FILE", "the same as --define"},
    {"graph", "FILE",
     "a text that says which parts there are and how they are linked, instead of the main component"},
    {"output", "FILE", "where the component goes (\"-\": standard output)"},
    CLI_FEATURE_OPTIONS,
    {"help", NULL, "print this help"},
    {NULL, NULL, NULL},
};

static int compose(const cli_args *args, const cli_parts *parts, pirn_engine *engine)
{
    const uint8_t *bytes;
    size_t size;
    const char *graph = cli_value(args, "graph");
    cli_file whole = {.path = graph != NULL ? graph : args->operands[0]};
    pirn_arena *arena = pirn_arena_new(NULL);
    pirn_error *error = pirn_error_new(NULL);
    pirn_status status = PIRN_NOMEM;
    if (arena != NULL)
        status = cli_parts_compose(parts, engine, arena, &bytes, &size, error);
    int code = CLI_OK;
    if (status != PIRN_OK)
        code = cli_file_report(&whole, status, error);
    else if (!cli_bytes_write("compose", cli_value(args, "output"), bytes, size))
        code = CLI_FAILURE;
    pirn_error_free(error);
    if (arena != NULL)
        pirn_arena_free(arena);
    return code;
}

int cli_compose(const cli_args *args)
{
    const char *graph = cli_value(args, "graph");
    pirn_config config = pirn_config_default();
    if (args->operand_count != (graph == NULL) || cli_value(args, "output") == NULL) {
        fprintf(stderr, "pirn compose: say one component or --graph, and --output. Try 'pirn compose --help'.\n");
        return CLI_USAGE;
    }
    if (!cli_features_apply(args, &config))
        return CLI_USAGE;
    cli_parts parts;
    pirn_engine *engine = pirn_engine_new(&config);
    int code = CLI_FAILURE;
    bool done = graph != NULL ? cli_parts_of_graph(&parts, args, graph)
                              : cli_parts_of_options(&parts, args, args->operands[0]);
    if (done && engine == NULL)
        fprintf(stderr, "pirn compose: out of memory\n");
    else if (done)
        code = compose(args, &parts, engine);
    cli_parts_done(&parts);
    if (engine != NULL)
        pirn_engine_free(engine);
    return code;
}

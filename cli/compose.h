/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composing as the command line says it: a main component, --plug and --define, or a graph.
 *
 * A graph is a text of lines; words stand between spaces, or in double quotes; # begins a comment.
 *
 *   main = app.wasm                       a part: its name, its file (from where the graph lies)
 *   log = lib/log.wasm
 *   main <- log                           what main imports and log exports is linked
 *   main "a:b/c" <- log "d:e/f"           one import, one export; the same name need not be said again
 *   export main                           what the whole exports: all of a part,
 *   export log "d:e/f" as "a:b/log"       or one, maybe under another name
 */
#pragma once

#include "cli/file.h"
#include "cli/option.h"
#include <pirn/component.h>

/* Parts and links; filled by the functions below, released by cli_parts_done. */
typedef struct cli_parts {
    const char *verb;
    cli_file *files; /* one for each part */
    pirn_part *parts;
    size_t count;
    pirn_link *links;
    size_t link_count;
    pirn_part_export *exports;
    size_t export_count;
    char *graph; /* the text that names borrow from */
    pirn_arena *arena;
} cli_parts;

/* Main and the values of --plug and --define. On a mistake tells about it and returns false; to be done with in any case. */
bool cli_parts_of_options(cli_parts *out, const cli_args *args, const char *main_path);
bool cli_parts_of_graph(cli_parts *out, const cli_args *args, const char *path);
/* Composes them. The bytes live in `arena`. */
pirn_status cli_parts_compose(const cli_parts *parts, pirn_engine *engine, pirn_arena *arena, const uint8_t **bytes,
                              size_t *size, pirn_error *error);
void cli_parts_done(cli_parts *parts);

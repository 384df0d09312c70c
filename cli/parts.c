/* SPDX-License-Identifier: Apache-2.0 */
/* Parts and links from options and graphs (compose.h). */
#include "cli/compose.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PARTS = 1000, MAX_WORDS = 7 };

static bool out_of_memory(const cli_parts *parts)
{
    fprintf(stderr, "pirn %s: out of memory\n", parts->verb);
    return false;
}

/* Room for that many parts, links and exports. */
static bool init(cli_parts *out, const cli_args *args, size_t most)
{
    *out = (cli_parts){.verb = args->verb->name};
    out->arena = pirn_arena_new(NULL);
    out->files = calloc(most, sizeof *out->files);
    out->parts = calloc(most, sizeof *out->parts);
    out->links = calloc(most, sizeof *out->links);
    out->exports = calloc(most, sizeof *out->exports);
    bool done = out->files != NULL && out->parts != NULL && out->links != NULL && out->exports != NULL;
    return (done && out->arena != NULL) || out_of_memory(out);
}

void cli_parts_done(cli_parts *parts)
{
    for (size_t i = 0; i < parts->count; i++)
        cli_file_done(&parts->files[i]);
    free(parts->files);
    free(parts->parts);
    free(parts->links);
    free(parts->exports);
    free(parts->graph);
    if (parts->arena != NULL)
        pirn_arena_free(parts->arena);
}

static bool add_part(cli_parts *out, pirn_str name, const char *path)
{
    cli_file *file = &out->files[out->count];
    if (!cli_file_read(file, out->verb, path))
        return false;
    out->parts[out->count++] = (pirn_part){name, file->bytes, file->size};
    return true;
}

/* ---- Options ----------------------------------------------------------------------------------------------------- */

static bool is_option(const cli_given *given, const char *name)
{
    return strcmp(given->option->name, name) == 0;
}

bool cli_parts_of_options(cli_parts *out, const cli_args *args, const char *main_path)
{
    if (!init(out, args, args->given_count + 1) || !add_part(out, pirn_str_of(main_path), main_path))
        return false;
    for (size_t i = 0; i < args->given_count; i++) {
        const cli_given *given = &args->given[i];
        bool is_plug = is_option(given, "plug");
        if (!is_plug && !is_option(given, "define") && !is_option(given, "d"))
            continue;
        if (!add_part(out, pirn_str_of(given->value), given->value))
            return false;
        out->links[out->link_count++] =
            (pirn_link){.importer = is_plug ? 0 : PIRN_ANY_PART, .exporter = out->count - 1};
    }
    return true;
}

/* ---- Graphs ------------------------------------------------------------------------------------------------------ */

typedef struct graph {
    cli_parts *parts;
    const char *path;
    size_t line;
    pirn_str words[MAX_WORDS];
    bool is_quoted[MAX_WORDS];
    size_t count;
} graph;

static bool fail_line(const graph *g, const char *problem, pirn_str word)
{
    fprintf(stderr, "error: %s:%zu: %s%s%.*s%s\n", g->path, g->line, problem, word.len > 0 ? " \"" : "",
            (int)word.len, word.data, word.len > 0 ? "\"" : "");
    return false;
}

/* Cuts a line into words; false when there are too many or a quote is not closed. */
static bool split(graph *g, const char *at, const char *end)
{
    g->count = 0;
    while (at < end) {
        if (*at == ' ' || *at == '\t' || *at == '\r') {
            at++;
            continue;
        }
        if (*at == '#')
            break;
        if (g->count == MAX_WORDS)
            return fail_line(g, "this line has too many words", PIRN_STR(""));
        bool is_quoted = *at == '"';
        const char *start = at += is_quoted;
        while (at < end && (is_quoted ? *at != '"' : *at != ' ' && *at != '\t' && *at != '\r'))
            at++;
        if (is_quoted && at == end)
            return fail_line(g, "this quote does not end", PIRN_STR(""));
        g->is_quoted[g->count] = is_quoted;
        g->words[g->count++] = (pirn_str){start, (size_t)(at - start)};
        at += is_quoted;
    }
    return true;
}

static bool is_word(const graph *g, size_t index, const char *text)
{
    return index < g->count && !g->is_quoted[index] && pirn_str_eq(g->words[index], pirn_str_of(text));
}

static bool find_part(const graph *g, pirn_str name, size_t *out)
{
    for (*out = 0; *out < g->parts->count; ++*out)
        if (pirn_str_eq(g->parts->parts[*out].name, name))
            return true;
    return fail_line(g, "there is no part", name);
}

/* A path in a graph begins where the graph lies. */
static char *resolve_path(const graph *g, pirn_str file)
{
    const char *slash = strrchr(g->path, '/');
    size_t folder = slash == NULL || file.data[0] == '/' ? 0 : (size_t)(slash - g->path) + 1;
    char *path = pirn_arena_alloc(g->parts->arena, folder + file.len + 1);
    if (path == NULL)
        return NULL;
    memcpy(path, g->path, folder);
    memcpy(path + folder, file.data, file.len);
    path[folder + file.len] = '\0';
    return path;
}

/* name = file */
static bool read_part(graph *g)
{
    if (g->count != 3 || g->words[2].len == 0)
        return fail_line(g, "a part is written: name = file", PIRN_STR(""));
    for (size_t i = 0; i < g->parts->count; i++)
        if (pirn_str_eq(g->parts->parts[i].name, g->words[0]))
            return fail_line(g, "there are two parts", g->words[0]);
    if (g->parts->count == MAX_PARTS)
        return fail_line(g, "there are too many parts", PIRN_STR(""));
    char *path = resolve_path(g, g->words[2]);
    return path == NULL ? out_of_memory(g->parts) : add_part(g->parts, g->words[0], path);
}

/* importer ["import"] <- exporter ["export"] */
static bool read_link(graph *g, size_t arrow)
{
    pirn_link link = {.import = arrow == 2 ? g->words[1] : PIRN_STR("")};
    size_t behind = g->count - arrow - 1;
    if (arrow < 1 || arrow > 2 || behind < 1 || behind > arrow)
        return fail_line(g, "a link is written: part [import] <- part [export]", PIRN_STR(""));
    if (behind == 2)
        link.export = g->words[arrow + 2];
    if (!find_part(g, g->words[0], &link.importer) || !find_part(g, g->words[arrow + 1], &link.exporter))
        return false;
    g->parts->links[g->parts->link_count++] = link;
    return true;
}

/* export part ["name" [as "name"]] */
static bool read_export(graph *g)
{
    pirn_part_export export = {.name = g->count > 2 ? g->words[2] : PIRN_STR(""), .as = PIRN_STR("")};
    bool has_as = g->count == 5 && is_word(g, 3, "as");
    if (g->count != 2 && g->count != 3 && !has_as)
        return fail_line(g, "an export is written: export part [name [as name]]", PIRN_STR(""));
    if (has_as)
        export.as = g->words[4];
    if (!find_part(g, g->words[1], &export.part))
        return false;
    g->parts->exports[g->parts->export_count++] = export;
    return true;
}

static bool read_line(graph *g)
{
    if (g->count == 0)
        return true;
    for (size_t i = 1; i < g->count; i++) {
        if (is_word(g, i, "<-"))
            return read_link(g, i);
    }
    if (is_word(g, 1, "="))
        return read_part(g);
    if (is_word(g, 0, "export"))
        return read_export(g);
    return fail_line(g, "this is neither a part (name = file), nor a link (part <- part), nor an export",
                     PIRN_STR(""));
}

static size_t count_lines(const cli_bytes *text)
{
    size_t lines = 1;
    for (size_t i = 0; i < text->size; i++)
        lines += text->data[i] == '\n';
    return lines;
}

static bool read_lines(graph *g, const char *text, size_t size)
{
    const char *end = text + size;
    for (g->line = 1; text < end; g->line++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text)), *stop = newline == NULL ? end : newline;
        if (!split(g, text, stop) || !read_line(g))
            return false;
        text = newline == NULL ? end : newline + 1;
    }
    return true;
}

bool cli_parts_of_graph(cli_parts *out, const cli_args *args, const char *path)
{
    cli_bytes bytes;
    graph g = {.parts = out, .path = path};
    const char *problem = cli_bytes_read(&bytes, path);
    if (problem != NULL) {
        *out = (cli_parts){.verb = args->verb->name};
        fprintf(stderr, "pirn %s: %s: %s\n", args->verb->name, path, problem);
        return false;
    }
    bool done = init(out, args, count_lines(&bytes));
    out->graph = malloc(bytes.size + 1);
    if (done && out->graph == NULL)
        done = out_of_memory(out);
    if (done && bytes.size > 0) {
        memcpy(out->graph, bytes.data, bytes.size);
        done = read_lines(&g, out->graph, bytes.size);
    }
    cli_bytes_done(&bytes);
    if (!done || (out->count > 0 && out->export_count > 0))
        return done;
    fprintf(stderr, "error: %s: nothing is exported: say \"export\" and a part\n", path);
    return false;
}

/* ---- Composing --------------------------------------------------------------------------------------------------- */

pirn_status cli_parts_compose(const cli_parts *parts, pirn_engine *engine, pirn_arena *arena, const uint8_t **bytes,
                              size_t *size, pirn_error *error)
{
    pirn_composition composition = {
        .parts = parts->parts,
        .part_count = parts->count,
        .links = parts->links,
        .link_count = parts->link_count,
        .main_part = parts->export_count > 0 ? parts->exports[0].part : 0,
        .exports = parts->exports,
        .export_count = parts->export_count,
    };
    return pirn_compose(engine, &composition, arena, bytes, size, error);
}

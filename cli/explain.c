/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What validation sees, step by step. The steps are collected as JSON, and printed either as that or as a table, so both say
 * the same. Very high stacks are shown from the top down only.
 */
#include "cli/explain.h"
#include "cli/text.h"
#include <inttypes.h>
#include <pirn/component.h>
#include <stdio.h>
#include <string.h>

enum { MOST_OPERANDS = 32, MOST_LABELS = 8 };

typedef struct collector {
    json_t *steps;
    size_t window;
    const pirn_text_map *map; /* of a file that was text, else NULL */
} collector;

/* ---- Collecting ------------------------------------------------------------------------------------------------- */

static json_t *type_names(const pirn_valtype *types, size_t count)
{
    json_t *names = json_array();
    char text[32];
    for (size_t i = 0; i < count; i++)
        json_array_append_new(names, json_string(pirn_valtype_text(types[i], text)));
    return names;
}

static json_t *labels_of(const pirn_explained_step *step)
{
    json_t *labels = json_array();
    for (size_t i = 0; i < step->label_count && i < MOST_LABELS; i++) {
        pirn_explained_label label = pirn_explained_label_of(step, i);
        json_array_append_new(labels, json_pack("{s:s, s:o, s:I, s:b}", "kind", label.word, "types",
                                                type_names(label.types, label.type_count), "height",
                                                (json_int_t)label.height, "unreachable", label.is_unreachable));
    }
    return labels;
}

/* What stands in a line with the block itself: `else` and `end` do, and clauses. */
static size_t depth_of(const pirn_explained_step *step)
{
    static const char *const words[] = {"else", "end", "catch", "catch_all", "delegate"};
    size_t len = strcspn(step->text, " "), depth = step->label_count;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i]) == len && memcmp(words[i], step->text, len) == 0)
            return depth > 1 ? depth - 2 : 0;
    }
    return depth - 1;
}

static void collect(const pirn_explained_step *step, void *user)
{
    collector *c = user;
    size_t hidden = step->operand_count > MOST_OPERANDS ? step->operand_count - MOST_OPERANDS : 0;
    uint32_t line, column;
    json_t *object =
        json_pack("{s:I, s:s, s:I, s:o, s:I, s:o, s:I}", "offset", (json_int_t)step->offset, "text", step->text,
                  "depth", (json_int_t)depth_of(step), "operands",
                  type_names(hidden > 0 ? step->operands + hidden : step->operands, step->operand_count - hidden),
                  "operand_count", (json_int_t)step->operand_count, "labels", labels_of(step), "label_count",
                  (json_int_t)step->label_count);
    if (c->map != NULL && pirn_text_map_find(c->map, step->offset, &line, &column)) {
        json_object_set_new(object, "line", json_integer(line));
        json_object_set_new(object, "column", json_integer(column));
    }
    json_array_append_new(c->steps, object);
    if (c->window != SIZE_MAX && json_array_size(c->steps) > c->window + 1)
        json_array_remove(c->steps, 0);
}

/* ---- Which bytes ------------------------------------------------------------------------------------------------ */

typedef struct span {
    size_t start, size;
} span;

/* A LEB number of at most 32 bits; moves *at. */
static bool take_size(const cli_file *file, size_t end, size_t *at, size_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 35 && *at < end; shift += 7) {
        uint8_t byte = file->bytes[(*at)++];
        *out |= (size_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return *out <= end - *at;
    }
    return false;
}

/* The core module of a component, or of one nested in it, in which the offset lies. */
static bool find_core_module(const cli_file *file, uint64_t offset, span *out)
{
    enum { PREAMBLE = 8, CORE_MODULE = 1, COMPONENT = 4 };
    size_t at = PREAMBLE, end = file->size, size;
    while (at < end) {
        uint8_t id = file->bytes[at++];
        if (!take_size(file, end, &at, &size))
            return false;
        bool is_inside = offset >= at && offset - at < size;
        if (is_inside && id == CORE_MODULE) {
            *out = (span){at, size};
            return true;
        }
        if (is_inside && id == COMPONENT) {
            end = at + size;
            at += PREAMBLE;
        } else {
            at += size;
        }
    }
    return false;
}

json_t *cli_explain(pirn_engine *engine, const cli_file *file, const cli_explanation_of *what, pirn_error *error)
{
    collector c = {.steps = json_array(), .window = what->window};
    span bytes = {0, file->size};
    if (file->kind == CLI_FILE_COMPONENT && !find_core_module(file, what->offset, &bytes))
        bytes.size = 0;
    if (file->arena != NULL &&
        pirn_text_map_new((const char *)file->content.data, file->content.size, file->arena, &c.map, NULL) != PIRN_OK)
        c.map = NULL;
    pirn_status status = pirn_module_explain(engine, file->bytes + bytes.start, bytes.size, bytes.start,
                                             what->function, collect, &c, error);
    if (status == PIRN_NOMEM || json_array_size(c.steps) == 0) {
        json_decref(c.steps);
        return NULL;
    }
    return json_pack("{s:I, s:o}", "function", (json_int_t)what->function, "steps", c.steps);
}

/* ---- As a table ------------------------------------------------------------------------------------------------- */

static json_int_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* Types with spaces between them, and before each the dividers that belong there: `|` where a block begins, `*` where what
 * is below cannot be reached and may be anything. */
static void print_operands(FILE *out, const json_t *step)
{
    const json_t *operands = json_object_get(step, "operands"), *labels = json_object_get(step, "labels");
    size_t shown = json_array_size(operands), hidden = (size_t)number_of(step, "operand_count") - shown;
    const char *space = "";
    fputs(hidden > 0 ? "[... " : "[", out);
    for (size_t i = 0; i <= shown; i++) {
        for (size_t l = json_array_size(labels); l > 0; l--) {
            const json_t *label = json_array_get(labels, l - 1);
            if ((size_t)number_of(label, "height") != i + hidden)
                continue;
            bool is_func = l == (size_t)number_of(step, "label_count");
            bool is_unreachable = json_is_true(json_object_get(label, "unreachable"));
            if (!is_func)
                fprintf(out, "%s|", space);
            if (is_unreachable)
                fprintf(out, "%s*", is_func ? space : " ");
            space = !is_func || is_unreachable ? " " : space;
        }
        if (i < shown) {
            fprintf(out, "%s%s", space, json_string_value(json_array_get(operands, i)));
            space = " ";
        }
    }
    fputc(']', out);
}

/* Outermost first; behind each what a branch to it carries. */
static void print_labels(FILE *out, const json_t *step)
{
    const json_t *labels = json_object_get(step, "labels");
    size_t count = json_array_size(labels), i;
    json_t *type;
    if ((size_t)number_of(step, "label_count") > count)
        fputs("... ", out);
    for (size_t l = count; l > 0; l--) {
        const json_t *label = json_array_get(labels, l - 1), *types = json_object_get(label, "types");
        fprintf(out, "%s%s [", l < count ? " " : "", json_string_value(json_object_get(label, "kind")));
        json_array_foreach((json_t *)types, i, type) fprintf(out, "%s%s", i > 0 ? " " : "", json_string_value(type));
        fputc(']', out);
    }
}

static void print_step(const json_t *step, bool is_refused)
{
    enum { INSTRUCTION = 32, OPERANDS = 24, MOST_INDENT = 16 };
    char place[32] = "", operands[1024] = "";
    int depth = number_of(step, "depth") < MOST_INDENT ? (int)number_of(step, "depth") : MOST_INDENT;
    if (json_object_get(step, "line") != NULL)
        snprintf(place, sizeof place, "%" JSON_INTEGER_FORMAT ":%" JSON_INTEGER_FORMAT, number_of(step, "line"),
                 number_of(step, "column"));
    FILE *memory = fmemopen(operands, sizeof operands, "w");
    if (memory != NULL) {
        print_operands(memory, step);
        fclose(memory);
    }
    const char *text = json_string_value(json_object_get(step, "text"));
    printf("%c 0x%06llx %-8s %*s", is_refused ? '>' : ' ', (unsigned long long)number_of(step, "offset"), place,
           2 * depth, "");
    cli_print_text(stdout, pirn_str_of(text));
    int width = INSTRUCTION - 2 * depth - (int)strlen(text);
    printf("%*s %-*s ", width > 0 ? width : 0, "", OPERANDS, operands);
    print_labels(stdout, step);
    putchar('\n');
}

void cli_explanation_print(const json_t *explanation, bool failed)
{
    const json_t *steps = json_object_get(explanation, "steps");
    size_t count = json_array_size(steps);
    printf("function %" JSON_INTEGER_FORMAT ": each instruction, the operands before it and the labels around it\n",
           number_of(explanation, "function"));
    for (size_t i = 0; i < count; i++)
        print_step(json_array_get(steps, i), failed && i + 1 == count);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pirn inspect: what a file imports, exports and is made of. The description is built once, as JSON, and printed either as
 * that or as indented text, so both say the same.
 */
#include "cli/cost.h"
#include "cli/features.h"
#include "cli/file.h"
#include "cli/json.h"
#include "cli/verbs.h"
#include <pirn/component.h>
#include <stdio.h>
#include <string.h>

const cli_option cli_inspect_options[] = {
    {"json", NULL, "print the description as JSON, with every section of a component"},
    {"cost", NULL, "also translate all code and make instances, and tell what they take"},
    CLI_FEATURE_OPTIONS,
    {"help", NULL, "print this help"},
    {NULL, NULL, NULL},
};

enum { TYPE_TEXT = 4096 };

/* The text of a type, which would have `len` characters, had it been given room: one that has not ends in dots. */
static json_t *type_text(char text[TYPE_TEXT], size_t len)
{
    if (len >= TYPE_TEXT)
        memcpy(text + TYPE_TEXT - 4, "...", 4);
    return cli_json_text(pirn_str_of(text));
}

static json_t *describe_section(pirn_section section)
{
    return json_pack("{s:i, s:o, s:I, s:I, s:I}", "id", section.id, "name", cli_json_text(section.name), "offset",
                     (json_int_t)section.offset, "size", (json_int_t)section.size, "items",
                     (json_int_t)section.items);
}

static json_t *describe_extern(pirn_str module, pirn_str name, const pirn_externtype *type)
{
    char text[TYPE_TEXT];
    size_t len = pirn_externtype_text(type, text, sizeof text);
    json_t *object = json_object();
    if (module.data != NULL)
        json_object_set_new(object, "module", cli_json_text(module));
    json_object_set_new(object, "name", cli_json_text(name));
    json_object_set_new(object, "kind", json_string(pirn_extern_kind_name(type->kind)));
    json_object_set_new(object, "type", type_text(text, len));
    return object;
}

static json_t *describe_module(const pirn_module *module)
{
    json_t *imports = json_array(), *exports = json_array(), *sections = json_array();
    for (size_t i = 0; i < pirn_module_import_count(module); i++) {
        pirn_import import = pirn_module_import(module, i);
        json_array_append_new(imports, describe_extern(import.module, import.name, &import.type));
    }
    for (size_t i = 0; i < pirn_module_export_count(module); i++) {
        pirn_export export = pirn_module_export(module, i);
        json_array_append_new(exports, describe_extern((pirn_str){NULL, 0}, export.name, &export.type));
    }
    for (size_t i = 0; i < pirn_module_section_count(module); i++)
        json_array_append_new(sections, describe_section(pirn_module_section(module, i)));
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "kind", "module", "name", cli_json_text(pirn_module_name(module)),
                     "imports", imports, "exports", exports, "sections", sections);
}

static json_t *describe_item(const pirn_item *item)
{
    json_t *object =
        json_pack("{s:o, s:s}", "name", cli_json_text(item->name), "kind", pirn_item_kind_name(item->kind));
    char text[TYPE_TEXT] = "resource";
    size_t len = item->is_resource ? strlen(text) : 0;
    if (item->func != NULL)
        len = pirn_component_functype_signature(item->func, text, sizeof text);
    else if (item->type != NULL)
        len = pirn_type_definition(item->type, text, sizeof text);
    if (len > 0)
        json_object_set_new(object, "type", type_text(text, len));
    if (item->kind == PIRN_ITEM_INSTANCE) {
        json_t *members = json_array();
        for (size_t i = 0; i < item->member_count; i++) {
            pirn_item member = pirn_item_member(item, i);
            json_array_append_new(members, describe_item(&member));
        }
        json_object_set_new(object, "members", members);
    }
    return object;
}

/* A core module inside a component, in short. */
static json_t *describe_inner_module(const pirn_module *module)
{
    uint64_t code = 0, data = 0, functions = 0;
    for (size_t i = 0; i < pirn_module_section_count(module); i++) {
        pirn_section section = pirn_module_section(module, i);
        if (section.id == 10) {
            code = section.size;
            functions = section.items;
        } else if (section.id == 11) {
            data = section.size;
        }
    }
    return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I}", "name", cli_json_text(pirn_module_name(module)), "imports",
                     (json_int_t)pirn_module_import_count(module), "exports",
                     (json_int_t)pirn_module_export_count(module), "functions", (json_int_t)functions, "code_bytes",
                     (json_int_t)code, "data_bytes", (json_int_t)data);
}

static json_t *describe_component(const pirn_component *component)
{
    json_t *imports = json_array(), *exports = json_array(), *modules = json_array(), *sections = json_array();
    for (size_t i = 0; i < pirn_component_import_count(component); i++) {
        pirn_item item = pirn_component_import(component, i);
        json_array_append_new(imports, describe_item(&item));
    }
    for (size_t i = 0; i < pirn_component_export_count(component); i++) {
        pirn_item item = pirn_component_export(component, i);
        json_array_append_new(exports, describe_item(&item));
    }
    for (size_t i = 0; i < pirn_component_module_count(component); i++)
        json_array_append_new(modules, describe_inner_module(pirn_component_module(component, i)));
    for (size_t i = 0; i < pirn_component_section_count(component); i++)
        json_array_append_new(sections, describe_section(pirn_component_section(component, i)));
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "kind", "component", "imports", imports, "exports", exports,
                     "modules", modules, "sections", sections);
}

/* ---- Text ------------------------------------------------------------------------------------------------------- */

static pirn_str text_of(const json_t *object, const char *key)
{
    const json_t *text = json_object_get(object, key);
    return json_is_string(text) ? (pirn_str){json_string_value(text), json_string_length(text)} : PIRN_STR("");
}

/* Prints a text of the object between `before` and `after`; nothing when there is none. */
static void print_member(const char *before, const json_t *object, const char *key, const char *after)
{
    pirn_str text = text_of(object, key);
    if (text.len == 0)
        return;
    fputs(before, stdout);
    cli_print_text(stdout, text);
    fputs(after, stdout);
}

static void print_items(const json_t *items, int indent)
{
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item)
    {
        printf("%*s", indent, "");
        print_member("", item, "module", " ");
        print_member("", item, "name", "");
        print_member(": ", item, "type", "");
        if (text_of(item, "type").len == 0)
            print_member("  ", item, "kind", "");
        putchar('\n');
        print_items(json_object_get(item, "members"), indent + 2);
    }
}

static void print_list(const json_t *description, const char *key, const char *title)
{
    const json_t *items = json_object_get(description, key);
    if (json_array_size(items) == 0)
        return;
    printf("%s:\n", title);
    print_items(items, 2);
}

static void print_modules(const json_t *modules)
{
    size_t i;
    json_t *module;
    if (json_array_size(modules) > 0)
        printf("core modules:\n");
    json_array_foreach(modules, i, module)
    {
        printf("  %2zu %6" JSON_INTEGER_FORMAT " functions %9" JSON_INTEGER_FORMAT
               " bytes of code %9" JSON_INTEGER_FORMAT " of data",
               i, json_integer_value(json_object_get(module, "functions")),
               json_integer_value(json_object_get(module, "code_bytes")),
               json_integer_value(json_object_get(module, "data_bytes")));
        print_member("  ", module, "name", "");
        putchar('\n');
    }
}

/* The sections of each kind together, in the order in which the kinds appear: a component has hundreds. */
static void print_section_kinds(const json_t *sections)
{
    json_t *kinds = json_object();
    size_t i;
    json_t *section, *kind;
    const char *name;
    json_array_foreach(sections, i, section)
    {
        bool is_custom = json_integer_value(json_object_get(section, "id")) == 0;
        name = is_custom ? "custom" : text_of(section, "name").data;
        json_int_t count = 0, size = 0, items = 0;
        kind = json_object_get(kinds, name);
        json_unpack(kind, "{s:I, s:I, s:I}", "count", &count, "size", &size, "items", &items);
        count += 1;
        size += json_integer_value(json_object_get(section, "size"));
        items += json_integer_value(json_object_get(section, "items"));
        json_object_set_new(kinds, name, json_pack("{s:I, s:I, s:I}", "count", count, "size", size, "items", items));
    }
    json_object_foreach(kinds, name, kind)
    {
        json_int_t count = 0, size = 0, items = 0;
        json_unpack(kind, "{s:I, s:I, s:I}", "count", &count, "size", &size, "items", &items);
        printf("  %6" JSON_INTEGER_FORMAT " %-14s %10" JSON_INTEGER_FORMAT " bytes", count, name, size);
        if (items > 0)
            printf("  (%" JSON_INTEGER_FORMAT ")", items);
        putchar('\n');
    }
    json_decref(kinds);
}

static void print_sections(const json_t *sections)
{
    size_t i;
    json_t *section;
    json_array_foreach(sections, i, section)
    {
        printf("  0x%08llx %10" JSON_INTEGER_FORMAT " bytes",
               (unsigned long long)json_integer_value(json_object_get(section, "offset")),
               json_integer_value(json_object_get(section, "size")));
        print_member("  ", section, "name", "");
        json_int_t items = json_integer_value(json_object_get(section, "items"));
        if (items > 0)
            printf(" (%" JSON_INTEGER_FORMAT ")", items);
        putchar('\n');
    }
}

static void print_text(const json_t *description, const char *path, size_t size)
{
    cli_print_text(stdout, pirn_str_of(path));
    print_member(": ", description, "kind", "");
    print_member(" ", description, "name", "");
    printf(", %zu bytes\n", size);
    print_list(description, "imports", "imports");
    print_list(description, "exports", "exports");
    print_modules(json_object_get(description, "modules"));
    printf("sections:\n");
    if (json_object_get(description, "modules") != NULL)
        print_section_kinds(json_object_get(description, "sections"));
    else
        print_sections(json_object_get(description, "sections"));
    cli_cost_print(json_object_get(description, "cost"));
}

static void print_json(const json_t *description)
{
    json_dumpf(description, stdout, JSON_INDENT(2));
    putchar('\n');
}

/* ---- The verb --------------------------------------------------------------------------------------------------- */

/* `ledger` is that of the engine's allocator; NULL: what it costs is not asked. */
static pirn_status describe(pirn_engine *engine, const cli_file *file, const cli_ledger *ledger, json_t **out,
                            pirn_error *error)
{
    pirn_status status;
    json_t *cost = NULL;
    if (file->kind == CLI_FILE_MODULE) {
        pirn_module *module;
        status = pirn_module_load(engine, file->bytes, file->size, PIRN_BYTES_BORROW, 0, &module, error);
        if (status == PIRN_OK) {
            *out = describe_module(module);
            if (ledger != NULL)
                status = cli_cost_of_module(engine, module, ledger, &cost, error);
            pirn_module_free(module);
        }
    } else {
        pirn_component *component;
        status = pirn_component_load(engine, file->bytes, file->size, PIRN_BYTES_BORROW, &component, error);
        if (status == PIRN_OK) {
            *out = describe_component(component);
            if (ledger != NULL)
                status = cli_cost_of_component(engine, component, ledger, &cost, error);
            pirn_component_free(component);
        }
    }
    if (cost != NULL)
        json_object_set_new(*out, "cost", cost);
    return status;
}

int cli_inspect(const cli_args *args)
{
    cli_file file;
    if (args->operand_count != 1) {
        fprintf(stderr, "pirn inspect: say one file. Try 'pirn inspect --help'.\n");
        return CLI_USAGE;
    }
    pirn_config config = pirn_config_default();
    if (!cli_features_apply(args, &config))
        return CLI_USAGE;
    if (!cli_file_read(&file, "inspect", args->operands[0]))
        return CLI_FAILURE;
    int code = CLI_OK;
    json_t *description = NULL;
    cli_ledger ledger = cli_ledger_new();
    const pirn_allocator allocator = {cli_ledger_resize, &ledger};
    bool wants_cost = cli_has(args, "cost");
    if (wants_cost)
        config.allocator = &allocator;
    pirn_engine *engine = pirn_engine_new(&config);
    pirn_error *error = pirn_error_new(NULL);
    pirn_status status = PIRN_NOMEM;
    if (engine != NULL && error != NULL)
        status = describe(engine, &file, wants_cost ? &ledger : NULL, &description, error);
    if (status == PIRN_OK && description == NULL)
        status = PIRN_NOMEM;
    if (status != PIRN_OK)
        code = cli_file_report(&file, status, error);
    else if (cli_has(args, "json"))
        print_json(description);
    else
        print_text(description, file.path, file.size);
    json_decref(description);
    pirn_error_free(error);
    if (engine != NULL)
        pirn_engine_free(engine);
    cli_file_done(&file);
    return code;
}

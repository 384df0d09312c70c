/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The WIT of a component. Its imports and exports are written down as WIT text, which is then read as any other: so
 * what comes out has been checked, and can be printed, compared and encoded.
 *
 * A component does not say which types came with `use`; but a resource has its number, and a record, variant, enum or
 * flags its origin, wherever they appear. The interface where one appears first has the definition, and the others
 * use it.
 */
#include "cli/file.h"
#include "cli/wit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A type that has a name in an interface, and how it is known again elsewhere. */
typedef struct named_type {
    uint32_t resource;
    const void *origin;
    pirn_str interface, name;
} named_type;

/* Where text is being written: an interface or the world. */
typedef struct scope {
    pirn_str id; /* empty: the world, or an interface without an id */
    const pirn_item *items;
    size_t count;
} scope;

typedef struct writer {
    FILE *out;
    named_type *types;
    size_t type_count;
    scope scope;
    const char *problem; /* what WIT cannot say */
    pirn_str problem_name;
} writer;

/* Every name is escaped: the printer takes off what is not needed. */
static void put_name(writer *w, pirn_str name)
{
    fprintf(w->out, "%%%.*s", (int)name.len, name.data);
}

/* "a:b/c@1.0.0" in its parts. */
typedef struct interface_id {
    pirn_str package, name, version;
} interface_id;

static bool split_id(pirn_str id, interface_id *out)
{
    const char *slash = id.len > 0 ? memchr(id.data, '/', id.len) : NULL;
    if (slash == NULL)
        return false;
    out->package = (pirn_str){id.data, (size_t)(slash - id.data)};
    out->name = (pirn_str){slash + 1, id.len - out->package.len - 1};
    out->version = PIRN_STR("");
    const char *at = memchr(out->name.data, '@', out->name.len);
    if (at != NULL) {
        out->version = (pirn_str){at + 1, out->name.len - (size_t)(at - out->name.data) - 1};
        out->name.len = (size_t)(at - out->name.data);
    }
    return true;
}

static void put_package(writer *w, interface_id id)
{
    const char *colon = memchr(id.package.data, ':', id.package.len);
    size_t space = colon != NULL ? (size_t)(colon - id.package.data) : id.package.len;
    put_name(w, (pirn_str){id.package.data, space});
    fputc(':', w->out);
    put_name(w, colon != NULL ? (pirn_str){colon + 1, id.package.len - space - 1} : PIRN_STR(""));
}

static void put_path(writer *w, pirn_str text)
{
    interface_id id;
    if (!split_id(text, &id))
        return;
    put_package(w, id);
    fputc('/', w->out);
    put_name(w, id.name);
    fprintf(w->out, "%s%.*s", id.version.len > 0 ? "@" : "", (int)id.version.len, id.version.data);
}

/* --- names of types --- */

static bool has_origin(const pirn_type *type)
{
    pirn_type_kind kind = pirn_type_kind_of(type);
    return kind == PIRN_TYPE_RECORD || kind == PIRN_TYPE_VARIANT || kind == PIRN_TYPE_ENUM || kind == PIRN_TYPE_FLAGS;
}

static named_type identify(const pirn_item *item)
{
    return (named_type){.resource = item->resource,
                        .origin = item->type != NULL && has_origin(item->type) ? pirn_type_origin(item->type) : NULL,
                        .name = item->name};
}

static bool is_same(named_type a, named_type b)
{
    return (a.resource != 0 && a.resource == b.resource) || (a.origin != NULL && a.origin == b.origin);
}

static const named_type *find_definition(const writer *w, named_type type)
{
    for (size_t i = 0; i < w->type_count; i++) {
        if (is_same(w->types[i], type))
            return &w->types[i];
    }
    return NULL;
}

/* What the type is called in the scope. */
static const pirn_item *find_local(const writer *w, named_type type)
{
    for (size_t i = 0; i < w->scope.count; i++) {
        const pirn_item *item = &w->scope.items[i];
        if (item->kind == PIRN_ITEM_TYPE && is_same(identify(item), type))
            return item;
    }
    return NULL;
}

static const pirn_item *find_local_name(const writer *w, pirn_str name)
{
    for (size_t i = 0; i < w->scope.count; i++) {
        if (w->scope.items[i].kind == PIRN_ITEM_TYPE && pirn_str_eq(w->scope.items[i].name, name))
            return &w->scope.items[i];
    }
    return NULL;
}

static void cannot_say(writer *w, const char *problem, pirn_str name)
{
    if (w->problem == NULL) {
        w->problem = problem;
        w->problem_name = name;
    }
}

/* --- types --- */

static void put_type(writer *w, const pirn_type *type);

static void put_arguments(writer *w, const pirn_type *type)
{
    size_t count = pirn_type_member_count(type);
    fputc('<', w->out);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", w->out);
        put_type(w, pirn_type_member_type(type, i));
    }
    fputc('>', w->out);
}

static void put_result(writer *w, const pirn_type *type)
{
    const pirn_type *ok = pirn_type_member_type(type, 0), *error = pirn_type_member_type(type, 1);
    fputs("result", w->out);
    if (ok == NULL && error == NULL)
        return;
    fputc('<', w->out);
    if (ok != NULL)
        put_type(w, ok);
    else
        fputc('_', w->out);
    if (error != NULL) {
        fputs(", ", w->out);
        put_type(w, error);
    }
    fputc('>', w->out);
}

/* A type by its name: one that is not of this scope is used by the name that it has where it is defined. */
static void put_known(writer *w, named_type type, pirn_str called)
{
    const pirn_item *local = find_local(w, type);
    const named_type *definition = find_definition(w, type);
    if (local != NULL)
        put_name(w, local->name);
    else if (definition != NULL && definition->interface.len > 0)
        put_name(w, definition->name);
    else
        cannot_say(w, "a type that is used has no name", called);
}

static void put_handle(writer *w, const pirn_type *type)
{
    bool is_borrow = pirn_type_kind_of(type) == PIRN_TYPE_BORROW;
    fputs(is_borrow ? "borrow<" : "", w->out);
    put_known(w, (named_type){.resource = pirn_type_resource(type)}, pirn_type_resource_name(type));
    fputs(is_borrow ? ">" : "", w->out);
}

static void put_type(writer *w, const pirn_type *type)
{
    pirn_type_kind kind = pirn_type_kind_of(type);
    switch (kind) {
    case PIRN_TYPE_LIST:
    case PIRN_TYPE_OPTION:
        fprintf(w->out, "%s<", pirn_type_kind_name(kind));
        put_type(w, pirn_type_element(type));
        fputc('>', w->out);
        break;
    case PIRN_TYPE_TUPLE:
        fputs("tuple", w->out);
        put_arguments(w, type);
        break;
    case PIRN_TYPE_RESULT:
        put_result(w, type);
        break;
    case PIRN_TYPE_OWN:
    case PIRN_TYPE_BORROW:
        put_handle(w, type);
        break;
    default:
        if (kind <= PIRN_TYPE_STRING)
            fputs(pirn_type_kind_name(kind), w->out);
        else if (find_local_name(w, pirn_type_name(type)) != NULL)
            put_name(w, pirn_type_name(type));
        else
            put_known(w, (named_type){.origin = pirn_type_origin(type)}, pirn_type_name(type));
    }
}

static void put_definition(writer *w, pirn_str name, const pirn_type *type)
{
    pirn_type_kind kind = pirn_type_kind_of(type);
    if (!has_origin(type)) {
        fputs("type ", w->out);
        put_name(w, name);
        fputs(" = ", w->out);
        put_type(w, type);
        fputs(";\n", w->out);
        return;
    }
    fprintf(w->out, "%s ", pirn_type_kind_name(kind));
    put_name(w, name);
    fputs(" { ", w->out);
    for (size_t i = 0; i < pirn_type_member_count(type); i++) {
        const pirn_type *payload = pirn_type_member_type(type, i);
        put_name(w, pirn_type_member_name(type, i));
        if (payload != NULL) {
            fputs(kind == PIRN_TYPE_RECORD ? ": " : "(", w->out);
            put_type(w, payload);
            fputs(kind == PIRN_TYPE_RECORD ? "" : ")", w->out);
        }
        fputs(", ", w->out);
    }
    fputs("}\n", w->out);
}

/* --- functions --- */

static void put_signature(writer *w, const pirn_component_functype *type, size_t first_param, bool has_result)
{
    fputc('(', w->out);
    for (size_t i = first_param; i < pirn_component_functype_params(type); i++) {
        fputs(i > first_param ? ", " : "", w->out);
        put_name(w, pirn_component_functype_param_name(type, i));
        fputs(": ", w->out);
        put_type(w, pirn_component_functype_param(type, i));
    }
    fputc(')', w->out);
    if (has_result && pirn_component_functype_result(type) != NULL) {
        fputs(" -> ", w->out);
        put_type(w, pirn_component_functype_result(type));
    }
    fputs(";\n", w->out);
}

static void put_function(writer *w, const char *before, pirn_str name, const pirn_component_functype *type,
                         size_t first_param)
{
    put_name(w, name);
    fprintf(w->out, ": %s%sfunc", before, pirn_component_functype_is_async(type) ? "async " : "");
    put_signature(w, type, first_param, true);
}

/* The part of a function's name behind `prefix` and the resource. False: it is not of this resource. */
static bool method_name(pirn_str function, const char *prefix, pirn_str resource, pirn_str *name)
{
    size_t len = strlen(prefix);
    if (function.len < len + resource.len || memcmp(function.data, prefix, len) != 0 ||
        memcmp(function.data + len, resource.data, resource.len) != 0)
        return false;
    *name = (pirn_str){function.data + len + resource.len, function.len - len - resource.len};
    if (name->len > 0 && name->data[0] == '.')
        *name = (pirn_str){name->data + 1, name->len - 1};
    else if (name->len > 0)
        return false;
    return true;
}

static void put_resource(writer *w, pirn_str resource)
{
    fputs("resource ", w->out);
    put_name(w, resource);
    fputs(" {\n", w->out);
    for (size_t i = 0; i < w->scope.count; i++) {
        const pirn_item *item = &w->scope.items[i];
        pirn_str name;
        if (item->kind != PIRN_ITEM_FUNC)
            continue;
        if (method_name(item->name, "[constructor]", resource, &name)) {
            const pirn_type *result = pirn_component_functype_result(item->func);
            fputs("constructor", w->out);
            put_signature(w, item->func, 0, result != NULL && pirn_type_kind_of(result) == PIRN_TYPE_RESULT);
        } else if (method_name(item->name, "[method]", resource, &name)) {
            put_function(w, "", name, item->func, 1);
        } else if (method_name(item->name, "[static]", resource, &name)) {
            put_function(w, "static ", name, item->func, 0);
        }
    }
    fputs("}\n", w->out);
}

/* --- interfaces --- */

static void put_named_type(writer *w, const pirn_item *item)
{
    named_type type = identify(item);
    const named_type *definition = find_definition(w, type);
    bool is_here = definition != NULL && pirn_str_eq(definition->interface, w->scope.id);
    if (definition != NULL && !is_here && definition->interface.len > 0) {
        fputs("use ", w->out);
        put_path(w, definition->interface);
        fputs(".{", w->out);
        put_name(w, definition->name);
        fputs(" as ", w->out);
        put_name(w, item->name);
        fputs("};\n", w->out);
    } else if (is_here && !pirn_str_eq(definition->name, item->name)) {
        fputs("type ", w->out);
        put_name(w, item->name);
        fputs(" = ", w->out);
        put_name(w, definition->name);
        fputs(";\n", w->out);
    } else if (item->is_resource) {
        put_resource(w, item->name);
    } else if (item->type != NULL) {
        put_definition(w, item->name, item->type);
    } else {
        cannot_say(w, "a type is that of a function, instance or component", item->name);
    }
}

static void put_items(writer *w)
{
    for (size_t i = 0; i < w->scope.count; i++) {
        const pirn_item *item = &w->scope.items[i];
        if (item->kind == PIRN_ITEM_TYPE)
            put_named_type(w, item);
        else if (item->kind == PIRN_ITEM_FUNC && item->name.len > 0 && item->name.data[0] != '[')
            put_function(w, "", item->name, item->func, 0);
        else if (item->kind != PIRN_ITEM_FUNC)
            cannot_say(w, "an interface has types and functions, and nothing else", item->name);
    }
}

/* The members of an instance as an array; NULL: out of memory. */
static pirn_item *members_of(const pirn_item *instance)
{
    pirn_item *items = calloc(instance->member_count + 1, sizeof *items);
    for (size_t i = 0; items != NULL && i < instance->member_count; i++)
        items[i] = pirn_item_member(instance, i);
    return items;
}

static void put_interface_body(writer *w, const pirn_item *instance, pirn_str id)
{
    pirn_item *items = members_of(instance);
    scope outer = w->scope;
    if (items == NULL) {
        cannot_say(w, "out of memory", id);
        return;
    }
    w->scope = (scope){id, items, instance->member_count};
    fputs(" {\n", w->out);
    put_items(w);
    fputs("}\n", w->out);
    w->scope = outer;
    free(items);
}

/* --- the whole component --- */

/* Imports, then exports. */
typedef struct item_list {
    pirn_item *items;
    size_t count, import_count;
} item_list;

static bool list_items(const pirn_component *component, item_list *out)
{
    out->import_count = pirn_component_import_count(component);
    out->count = out->import_count + pirn_component_export_count(component);
    out->items = calloc(out->count + 1, sizeof *out->items);
    for (size_t i = 0; out->items != NULL && i < out->count; i++)
        out->items[i] = i < out->import_count ? pirn_component_import(component, i)
                                              : pirn_component_export(component, i - out->import_count);
    return out->items != NULL;
}

static bool note_type(writer *w, named_type type)
{
    if ((type.resource == 0 && type.origin == NULL) || find_definition(w, type) != NULL)
        return true;
    named_type *types = realloc(w->types, (w->type_count + 1) * sizeof *types);
    if (types == NULL)
        return false;
    w->types = types;
    w->types[w->type_count++] = type;
    return true;
}

/* Which interface defines which type. */
static bool note_types(writer *w, const item_list *list)
{
    bool ok = true;
    for (size_t i = 0; i < list->count; i++) {
        const pirn_item *item = &list->items[i];
        interface_id id;
        if (item->kind == PIRN_ITEM_TYPE) {
            named_type type = identify(item);
            type.interface = PIRN_STR("");
            ok = ok && note_type(w, type);
        }
        for (size_t j = 0; item->kind == PIRN_ITEM_INSTANCE && j < item->member_count; j++) {
            pirn_item member = pirn_item_member(item, j);
            named_type type = identify(&member);
            type.interface = split_id(item->name, &id) ? item->name : PIRN_STR("");
            ok = ok && (member.kind != PIRN_ITEM_TYPE || note_type(w, type));
        }
    }
    return ok;
}

/* An interface that is both imported and exported is written once, as what has more of it. */
static bool is_best(const item_list *list, size_t index)
{
    for (size_t i = 0; i < list->count; i++) {
        const pirn_item *a = &list->items[index], *b = &list->items[i];
        if (i != index && pirn_str_eq(a->name, b->name) &&
            (b->member_count > a->member_count || (b->member_count == a->member_count && i < index)))
            return false;
    }
    return true;
}

static bool is_first_of_package(const item_list *list, size_t index, interface_id id)
{
    for (size_t i = 0; i < index; i++) {
        interface_id other;
        if (list->items[i].kind == PIRN_ITEM_INSTANCE && split_id(list->items[i].name, &other) &&
            pirn_str_eq(other.package, id.package) && pirn_str_eq(other.version, id.version))
            return false;
    }
    return true;
}

static void put_package_of(writer *w, const item_list *list, interface_id id)
{
    fputs("package ", w->out);
    put_package(w, id);
    fprintf(w->out, "%s%.*s {\n", id.version.len > 0 ? "@" : "", (int)id.version.len, id.version.data);
    for (size_t i = 0; i < list->count; i++) {
        interface_id other;
        const pirn_item *item = &list->items[i];
        if (item->kind != PIRN_ITEM_INSTANCE || !split_id(item->name, &other) ||
            !pirn_str_eq(other.package, id.package) || !pirn_str_eq(other.version, id.version) || !is_best(list, i))
            continue;
        fputs("interface ", w->out);
        put_name(w, other.name);
        put_interface_body(w, item, item->name);
    }
    fputs("}\n", w->out);
}

static void put_world_item(writer *w, const pirn_item *item, bool is_import)
{
    interface_id id;
    const char *side = is_import ? "import" : "export";
    if (item->kind == PIRN_ITEM_TYPE && is_import) {
        put_named_type(w, item);
    } else if (item->kind == PIRN_ITEM_FUNC && item->name.len > 0 && item->name.data[0] != '[') {
        fprintf(w->out, "%s ", side);
        put_function(w, "", item->name, item->func, 0);
    } else if (item->kind == PIRN_ITEM_INSTANCE) {
        fprintf(w->out, "%s ", side);
        if (split_id(item->name, &id)) {
            put_path(w, item->name);
            fputs(";\n", w->out);
        } else {
            put_name(w, item->name);
            fputs(": interface", w->out);
            put_interface_body(w, item, PIRN_STR(""));
        }
    } else if (item->kind != PIRN_ITEM_FUNC && item->kind != PIRN_ITEM_TYPE) {
        cannot_say(w, "a world has functions, interfaces and types, and nothing else", item->name);
    }
}

static void put_component(writer *w, const item_list *list)
{
    fputs("package root:component;\nworld root {\n", w->out);
    w->scope = (scope){PIRN_STR(""), list->items, list->import_count};
    for (size_t i = 0; i < list->count; i++)
        put_world_item(w, &list->items[i], i < list->import_count);
    fputs("}\n", w->out);
    for (size_t i = 0; i < list->count; i++) {
        interface_id id;
        if (list->items[i].kind == PIRN_ITEM_INSTANCE && split_id(list->items[i].name, &id) &&
            is_first_of_package(list, i, id))
            put_package_of(w, list, id);
    }
}

/* --- loading --- */

static pirn_status write_text(const pirn_component *component, cli_wit_set *wit, char **text, size_t *size)
{
    writer w = {.out = open_memstream(text, size)};
    item_list list = {0};
    pirn_status status = PIRN_OK;
    if (w.out == NULL || !list_items(component, &list) || !note_types(&w, &list))
        status = PIRN_NOMEM;
    else
        put_component(&w, &list);
    if (w.out != NULL && fclose(w.out) != 0)
        status = PIRN_NOMEM;
    if (w.problem != NULL)
        status = pirn_error_set(wit->error, PIRN_INVALID, "WIT cannot say this: %s (`%.*s`)", w.problem,
                                (int)w.problem_name.len, w.problem_name.data);
    free(list.items);
    free(w.types);
    return status;
}

static pirn_status load_component(cli_wit_set *wit, const pirn_component *component)
{
    char *text = NULL;
    size_t size = 0;
    pirn_status status = write_text(component, wit, &text, &size);
    if (status == PIRN_OK)
        status = pirn_wit_add_file(wit->wit, PIRN_STR("component"), (pirn_str){text, size}, wit->error);
    if (status == PIRN_OK)
        status = pirn_wit_resolve(wit->wit, wit->error);
    free(text);
    if (status != PIRN_OK)
        cli_wit_report(wit, status);
    return status;
}

static bool load_file(cli_wit_set *wit, const cli_file *file)
{
    pirn_engine *engine = pirn_engine_new(NULL);
    pirn_component *component = NULL;
    bool ok = false;
    pirn_status status = engine == NULL ? PIRN_NOMEM
                                        : pirn_component_load(engine, file->bytes, file->size, PIRN_BYTES_BORROW,
                                                              &component, wit->error);
    if (status != PIRN_OK)
        cli_file_report(file, status, wit->error);
    else
        ok = load_component(wit, component) == PIRN_OK;
    pirn_component_free(component);
    if (engine != NULL)
        pirn_engine_free(engine);
    return ok;
}

bool cli_wit_of(cli_wit_set *out, const cli_args *args, const char *path)
{
    cli_file file;
    bool ok = false;
    if (!cli_wit_new(out, args) || !cli_file_read(&file, "wit", path))
        return false;
    if (file.kind != CLI_FILE_COMPONENT)
        fprintf(stderr, "pirn wit: %s: this is a core module, which has no WIT\n", path);
    else
        ok = load_file(out, &file);
    cli_file_done(&file);
    return ok;
}

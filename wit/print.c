/* SPDX-License-Identifier: Apache-2.0 */
/* Files, packages, interfaces and worlds as text: see print.h. */
#include "wit/print.h"
#include "wit/parse.h"

void wit_print(wit_printer *p, pirn_str text)
{
    if (text.len > 0 && !p->has_failed)
        p->has_failed = !p->sink(p->data, text.data, text.len);
}

void wit_print_c(wit_printer *p, const char *text)
{
    wit_print(p, pirn_str_of(text));
}

void wit_print_name(wit_printer *p, pirn_str name)
{
    wit_print_c(p, wit_is_keyword(name) ? "%" : "");
    wit_print(p, name);
}

void wit_print_indent(wit_printer *p)
{
    for (unsigned i = 0; i < p->indent; i++)
        wit_print_c(p, "    ");
}

void wit_print_open(wit_printer *p)
{
    wit_print_c(p, " {\n");
    p->indent++;
}

void wit_print_close(wit_printer *p)
{
    p->indent--;
    wit_print_indent(p);
    wit_print_c(p, "}\n");
}

void wit_print_docs(wit_printer *p, pirn_str docs)
{
    for (size_t start = 0; start < docs.len;) {
        const char *newline = memchr(docs.data + start, '\n', docs.len - start);
        size_t end = newline == NULL ? docs.len : (size_t)(newline - docs.data);
        wit_print_indent(p);
        wit_print_c(p, end > start ? "/// " : "///");
        wit_print(p, (pirn_str){docs.data + start, end - start});
        wit_print_c(p, "\n");
        start = end + 1;
    }
}

static void print_gate(wit_printer *p, const char *name, const char *key, pirn_str value)
{
    if (value.len == 0)
        return;
    wit_print_indent(p);
    wit_print_c(p, name);
    wit_print_c(p, key);
    if (key[1] == 'f')
        wit_print_name(p, value);
    else
        wit_print(p, value);
    wit_print_c(p, ")\n");
}

void wit_print_head(wit_printer *p, const wit_ast_item *item)
{
    wit_print_docs(p, item->docs);
    print_gate(p, "@since", "(version = ", item->gate.since);
    print_gate(p, "@unstable", "(feature = ", item->gate.unstable);
    print_gate(p, "@deprecated", "(version = ", item->gate.deprecated);
    if (item->external_id.data == NULL)
        return;
    wit_print_indent(p);
    wit_print_c(p, "@external-id(\"");
    wit_print(p, item->external_id);
    wit_print_c(p, "\")\n");
}

/* --- paths --- */

static void print_package_path(wit_printer *p, const wit_path *path)
{
    wit_print_name(p, path->space.text);
    wit_print_c(p, ":");
    wit_print_name(p, path->package.text);
}

static void print_version(wit_printer *p, pirn_str version)
{
    wit_print_c(p, version.len > 0 ? "@" : "");
    wit_print(p, version);
}

static void print_written_path(wit_printer *p, const wit_path *path)
{
    if (path->space.text.len > 0) {
        print_package_path(p, path);
        wit_print_c(p, "/");
    }
    wit_print_name(p, path->item.text);
    print_version(p, path->version);
}

/* The name that `use` at the top of a file gave does not stand: the interface's own does, so files can be joined. */
static void print_path(wit_printer *p, const wit_path *path)
{
    wit_target target = {NULL, NULL};
    if (p->block == NULL || !wit_names_follow(p->wit, p->block, path, &target)) {
        print_written_path(p, path);
        return;
    }
    const pirn_wit_package *package = target.world != NULL ? target.world->package : target.interface->package;
    pirn_str name = target.world != NULL ? target.world->name : target.interface->name;
    wit_path full = {.item = {.text = name}};
    if (package != p->block->package) {
        full.space.text = package->space;
        full.package.text = package->name;
        full.version = package->version;
    }
    print_written_path(p, &full);
}

static void print_renames(wit_printer *p, const wit_ast_member *members)
{
    for (const wit_ast_member *m = members; m != NULL; m = m->next) {
        wit_print_name(p, m->name.text);
        if (!pirn_str_eq(m->name.text, m->as.text)) {
            wit_print_c(p, " as ");
            wit_print_name(p, m->as.text);
        }
        wit_print_c(p, m->next != NULL ? ", " : "");
    }
}

/* --- interfaces and worlds --- */

static void print_use(wit_printer *p, const wit_ast_item *item)
{
    wit_print_c(p, "use ");
    print_path(p, &item->path);
    wit_print_c(p, ".{");
    print_renames(p, item->members);
    wit_print_c(p, "};\n");
}

static void print_top_use(wit_printer *p, const wit_ast_item *item)
{
    wit_print_c(p, "use ");
    print_path(p, &item->path);
    if (!pirn_str_eq(item->name.text, item->path.item.text)) {
        wit_print_c(p, " as ");
        wit_print_name(p, item->name.text);
    }
    wit_print_c(p, ";\n");
}

static void print_include(wit_printer *p, const wit_ast_item *item)
{
    wit_print_c(p, "include ");
    print_path(p, &item->path);
    if (item->members != NULL) {
        wit_print_c(p, " with { ");
        print_renames(p, item->members);
        wit_print_c(p, " }");
    }
    wit_print_c(p, ";\n");
}

static void print_items(wit_printer *p, const wit_ast_item *items);

static void print_function(wit_printer *p, const wit_ast_item *item)
{
    wit_print_c(p, item->is_async ? "async func" : "func");
    wit_print_signature(p, item);
    wit_print_c(p, ";\n");
}

static void print_import_or_export(wit_printer *p, const wit_ast_item *item)
{
    wit_print_c(p, item->kind == WIT_AST_IMPORT ? "import " : "export ");
    if (item->name.text.len > 0) {
        wit_print_name(p, item->name.text);
        wit_print_c(p, ": ");
    }
    if (item->children == NULL) {
        print_path(p, &item->path);
        wit_print_c(p, ";\n");
    } else if (item->children->kind == WIT_AST_FUNCTION) {
        print_function(p, item->children);
    } else {
        wit_print_c(p, "interface");
        print_items(p, item->children->children);
    }
}

static void print_item(wit_printer *p, const wit_ast_item *item)
{
    if (item->kind == WIT_AST_TYPE) {
        wit_print_typedef(p, item);
        return;
    }
    wit_print_head(p, item);
    wit_print_indent(p);
    switch (item->kind) {
    case WIT_AST_USE:
        print_use(p, item);
        break;
    case WIT_AST_INCLUDE:
        print_include(p, item);
        break;
    case WIT_AST_FUNCTION:
        wit_print_name(p, item->name.text);
        wit_print_c(p, ": ");
        print_function(p, item);
        break;
    default:
        print_import_or_export(p, item);
    }
}

/* An empty line before what has several lines, and before another kind of item. */
static bool wants_space(const wit_ast_item *before, const wit_ast_item *item)
{
    return before != NULL && (before->kind != item->kind || item->kind == WIT_AST_TYPE || item->docs.len > 0 ||
                              item->gate.since.len > 0 || item->gate.unstable.len > 0 || item->children != NULL);
}

/* What stands between the braces of an interface or world, with them. */
static void print_items(wit_printer *p, const wit_ast_item *items)
{
    wit_print_open(p);
    const wit_ast_item *before = NULL;
    for (const wit_ast_item *item = items; item != NULL; before = item, item = item->next) {
        wit_print_c(p, wants_space(before, item) ? "\n" : "");
        print_item(p, item);
    }
    wit_print_close(p);
}

/* --- files and packages --- */

static void print_package_head(wit_printer *p, const wit_path *path)
{
    wit_print_indent(p);
    wit_print_c(p, "package ");
    print_package_path(p, path);
    print_version(p, path->version);
}

static void print_top_items(wit_printer *p, const wit_ast_item *items, bool *has_before);

static void print_nested_package(wit_printer *p, const wit_ast_item *item)
{
    bool has_before = false;
    wit_print_docs(p, item->docs);
    print_package_head(p, &item->path);
    wit_print_open(p);
    print_top_items(p, item->children, &has_before);
    wit_print_close(p);
}

/* With a block, `use` and nested packages are left out: paths say all, and the packages are printed for themselves. */
static void print_top_items(wit_printer *p, const wit_ast_item *items, bool *has_before)
{
    for (const wit_ast_item *item = items; item != NULL; item = item->next) {
        bool is_own = item->kind == WIT_AST_INTERFACE || item->kind == WIT_AST_WORLD;
        if (p->block != NULL && !is_own)
            continue;
        wit_print_c(p, *has_before ? "\n" : "");
        *has_before = true;
        if (item->kind == WIT_AST_PACKAGE) {
            print_nested_package(p, item);
            continue;
        }
        wit_print_head(p, item);
        wit_print_indent(p);
        if (!is_own) {
            print_top_use(p, item);
            continue;
        }
        wit_print_c(p, item->kind == WIT_AST_INTERFACE ? "interface " : "world ");
        wit_print_name(p, item->name.text);
        print_items(p, item->children);
    }
}

static pirn_status finish(const wit_printer *p, pirn_error *error)
{
    return p->has_failed ? base_fail(error, PIRN_IO, PIRN_NO_OFFSET, "the text could not be written") : PIRN_OK;
}

pirn_status pirn_wit_print_package(const pirn_wit *wit, const pirn_wit_package *package, bool is_nested,
                                   pirn_wit_sink sink, void *data, pirn_error *error)
{
    wit_printer p = {.wit = wit, .sink = sink, .data = data};
    wit_path path = {
        .space = {.text = package->space}, .package = {.text = package->name}, .version = package->version};
    bool has_before = !is_nested;
    wit_print_docs(&p, package->docs);
    print_package_head(&p, &path);
    if (is_nested)
        wit_print_open(&p);
    else
        wit_print_c(&p, ";\n");
    for (p.block = package->blocks; p.block != NULL; p.block = p.block->next)
        print_top_items(&p, p.block->items, &has_before);
    if (is_nested)
        wit_print_close(&p);
    return finish(&p, error);
}

pirn_status pirn_wit_print_file(const pirn_wit *wit, size_t index, pirn_wit_sink sink, void *data, pirn_error *error)
{
    const wit_file *file = wit->files.data[index];
    wit_printer p = {.wit = wit, .sink = sink, .data = data};
    if (file->has_package) {
        wit_print_docs(&p, file->package_docs);
        print_package_head(&p, &file->package);
        wit_print_c(&p, ";\n");
    }
    bool has_before = file->has_package;
    print_top_items(&p, file->items, &has_before);
    return finish(&p, error);
}

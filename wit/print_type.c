/* SPDX-License-Identifier: Apache-2.0 */
/* Types, signatures and definitions of types as text. */
#include "wit/print.h"
#include <stdio.h>

static void print_type(wit_printer *p, const wit_ast_type *type);

static void print_arguments(wit_printer *p, const wit_ast_type *type)
{
    char length[16];
    wit_print_c(p, "<");
    for (const wit_ast_type *child = type->children; child != NULL; child = child->next) {
        print_type(p, child);
        wit_print_c(p, child->next != NULL ? ", " : "");
    }
    snprintf(length, sizeof length, ", %u", (unsigned)type->length);
    wit_print_c(p, type->length > 0 ? length : "");
    wit_print_c(p, ">");
}

static void print_type(wit_printer *p, const wit_ast_type *type)
{
    if (type->kind == WIT_AST_NONE) {
        wit_print_c(p, "_");
    } else if (type->kind == PIRN_WIT_ALIAS) {
        wit_print_name(p, type->name.text);
    } else {
        wit_print(p, pirn_wit_kind_name(type->kind));
        if (type->children != NULL)
            print_arguments(p, type);
    }
}

static bool has_docs(const wit_ast_member *member)
{
    for (; member != NULL; member = member->next) {
        if (member->docs.len > 0)
            return true;
    }
    return false;
}

static void print_param(wit_printer *p, const wit_ast_member *param)
{
    wit_print_name(p, param->name.text);
    wit_print_c(p, ": ");
    print_type(p, param->type);
}

/* Parameters stand on lines of their own when one has docs. */
static void print_params(wit_printer *p, const wit_ast_member *params)
{
    bool on_lines = has_docs(params);
    wit_print_c(p, on_lines ? "(\n" : "(");
    p->indent += on_lines;
    for (const wit_ast_member *param = params; param != NULL; param = param->next) {
        if (on_lines) {
            wit_print_docs(p, param->docs);
            wit_print_indent(p);
        }
        print_param(p, param);
        wit_print_c(p, on_lines ? ",\n" : param->next != NULL ? ", " : "");
    }
    p->indent -= on_lines;
    if (on_lines)
        wit_print_indent(p);
    wit_print_c(p, ")");
}

void wit_print_signature(wit_printer *p, const wit_ast_item *function)
{
    print_params(p, function->members);
    if (function->type != NULL) {
        wit_print_c(p, " -> ");
        print_type(p, function->type);
    }
}

static void print_method(wit_printer *p, const wit_ast_item *method)
{
    wit_print_head(p, method);
    wit_print_indent(p);
    if (method->function_kind == PIRN_WIT_CONSTRUCTOR) {
        wit_print_c(p, "constructor");
    } else {
        wit_print_name(p, method->name.text);
        wit_print_c(p, method->function_kind == PIRN_WIT_STATIC ? ": static " : ": ");
        wit_print_c(p, method->is_async ? "async func" : "func");
    }
    wit_print_signature(p, method);
    wit_print_c(p, ";\n");
}

static void print_resource(wit_printer *p, const wit_ast_item *item)
{
    if (item->children == NULL) {
        wit_print_c(p, ";\n");
        return;
    }
    wit_print_open(p);
    for (const wit_ast_item *method = item->children; method != NULL; method = method->next)
        print_method(p, method);
    wit_print_close(p);
}

/* Fields, cases or labels. */
static void print_body(wit_printer *p, const wit_ast_item *item)
{
    wit_print_open(p);
    for (const wit_ast_member *member = item->members; member != NULL; member = member->next) {
        wit_print_docs(p, member->docs);
        wit_print_indent(p);
        wit_print_name(p, member->name.text);
        if (member->type != NULL) {
            bool is_field = item->type_kind == PIRN_WIT_RECORD;
            wit_print_c(p, is_field ? ": " : "(");
            print_type(p, member->type);
            wit_print_c(p, is_field ? "" : ")");
        }
        wit_print_c(p, ",\n");
    }
    wit_print_close(p);
}

void wit_print_typedef(wit_printer *p, const wit_ast_item *item)
{
    wit_print_head(p, item);
    wit_print_indent(p);
    wit_print(p, pirn_wit_kind_name(item->type_kind));
    wit_print_c(p, " ");
    wit_print_name(p, item->name.text);
    if (item->type_kind == PIRN_WIT_RESOURCE) {
        print_resource(p, item);
    } else if (item->type_kind == PIRN_WIT_ALIAS) {
        wit_print_c(p, " = ");
        print_type(p, item->type);
        wit_print_c(p, ";\n");
    } else {
        print_body(p, item);
    }
}

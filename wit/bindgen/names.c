/* SPDX-License-Identifier: Apache-2.0 */
/* Names of WIT as names of C, and text that grows. */
#include "wit/bindgen/bindgen.h"
#include <stdio.h>
#include <stdlib.h>

void bindgen_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("pirn-bindgen: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(EXIT_FAILURE);
}

void bindgen_put(bindgen_text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !BASE_VEC_RESERVE(text, pirn_allocator_default(), (size_t)len + 1))
        bindgen_die("out of memory");
    vsnprintf(text->data + text->len, (size_t)len + 1, format, again);
    va_end(again);
    text->len += (size_t)len;
}

const char *bindgen_printf(bindgen *gen, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof text)
        bindgen_die("a name in `%.*s` is too long", PIRN_STR_ARG(gen->prefix));
    pirn_str copy = base_arena_copy(&gen->arena, (pirn_str){text, (size_t)len});
    if (copy.data == NULL)
        bindgen_die("out of memory");
    return copy.data;
}

void bindgen_put_comment(bindgen_text *text, const char *indent, const char *heading, pirn_str docs)
{
    if (heading[0] == '\0' && docs.len == 0)
        return;
    bindgen_put(text, "%s/* %s", indent, heading);
    bool is_new_line = heading[0] != '\0' && docs.len > 0;
    for (size_t i = 0; i < docs.len; i++) {
        bool closes = docs.data[i] == '/' && i > 0 && docs.data[i - 1] == '*';
        if (is_new_line)
            bindgen_put(text, "\n%s *%s", indent, docs.data[i] == '\n' ? "" : " ");
        is_new_line = docs.data[i] == '\n';
        if (!is_new_line)
            bindgen_put(text, "%s%c", closes ? " " : "", docs.data[i]);
    }
    bindgen_put(text, " */\n");
}

/* Words that C or its headers have taken. */
static const char *const taken[] = {
    "auto",   "bool",   "break", "case",     "char",     "complex",  "const", "continue", "default", "do",
    "double", "else",   "enum",  "errno",    "extern",   "false",    "float", "for",      "goto",    "if",
    "inline", "int",    "long",  "register", "restrict", "return",   "short", "signed",   "sizeof",  "static",
    "struct", "switch", "true",  "typedef",  "union",    "unsigned", "void",  "volatile", "while",
};

static const char *suffix_of(pirn_str name)
{
    for (size_t i = 0; i < BASE_COUNT(taken); i++) {
        if (pirn_str_eq(name, pirn_str_of(taken[i])))
            return "_";
    }
    return "";
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c == '-' || c == ':' || c == '/' ? '_' : c;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c == '-' ? '_' : c;
}

static const char *mapped(bindgen *gen, pirn_str name, char (*map)(char), const char *suffix)
{
    char text[512];
    if (name.len >= sizeof text)
        bindgen_die("name `%.*s` is too long", PIRN_STR_ARG(name));
    for (size_t i = 0; i < name.len; i++)
        text[i] = map(name.data[i]);
    text[name.len] = '\0';
    return bindgen_printf(gen, "%s%s", text, suffix);
}

const char *bindgen_snake(bindgen *gen, pirn_str name)
{
    return mapped(gen, name, lower, suffix_of(name));
}

const char *bindgen_upper(bindgen *gen, pirn_str name)
{
    return mapped(gen, name, upper, "");
}

/* The version is not in it: a host has one implementation of an interface, for all its versions. */
const char *bindgen_unversioned(bindgen *gen, const pirn_wit_interface *interface)
{
    pirn_str id = pirn_wit_interface_id(interface);
    size_t len = 0;
    while (len < id.len && id.data[len] != '@')
        len++;
    return bindgen_printf(gen, "%.*s", (int)len, id.data);
}

const char *bindgen_prefix(bindgen *gen, const pirn_wit_interface *interface)
{
    return mapped(gen, pirn_str_of(bindgen_unversioned(gen, interface)), lower, "");
}

const char *bindgen_resource(bindgen *gen, const pirn_wit_type *resource)
{
    pirn_str name = pirn_wit_type_name(pirn_wit_type_resolved(resource));
    for (size_t i = 0; i < gen->rename_count; i++) {
        if (pirn_str_eq(gen->renames[i].resource, name))
            return bindgen_printf(gen, "%.*s", PIRN_STR_ARG(gen->renames[i].c_name));
    }
    return bindgen_printf(gen, "host_%s", mapped(gen, name, lower, ""));
}

static const char *plain_function_name(bindgen *gen, const pirn_wit_function *function)
{
    const pirn_wit_type *resource = pirn_wit_function_resource(function);
    const char *name = mapped(gen, pirn_wit_function_item_name(function), lower, "");
    return resource == NULL
               ? name
               : bindgen_printf(gen, "%s_%s", mapped(gen, pirn_wit_type_name(resource), lower, ""), name);
}

static bool is_type_name(bindgen *gen, const char *name)
{
    for (size_t i = 0; i < pirn_wit_interface_type_count(gen->interface); i++) {
        pirn_str type = pirn_wit_type_name(pirn_wit_interface_type(gen->interface, i));
        if (strcmp(name, mapped(gen, type, lower, "")) == 0)
            return true;
    }
    return false;
}

static bool is_method_name(bindgen *gen, const char *name)
{
    for (size_t i = 0; i < pirn_wit_interface_function_count(gen->interface); i++) {
        const pirn_wit_function *function = pirn_wit_interface_function(gen->interface, i);
        if (pirn_wit_function_resource(function) != NULL && strcmp(name, plain_function_name(gen, function)) == 0)
            return true;
    }
    return false;
}

/* Names that differ in WIT may meet in C: the method stat of descriptor, and a type or a function descriptor-stat. */
const char *bindgen_function(bindgen *gen, const pirn_wit_function *function)
{
    const char *name = plain_function_name(gen, function);
    bool is_free = pirn_wit_function_resource(function) == NULL;
    bool is_taken = is_type_name(gen, name) || (is_free && is_method_name(gen, name));
    return is_taken ? bindgen_printf(gen, "%s_func", name) : name;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plugins: the functions of a shared library become those of an interface, by its WIT. They have the prototypes that
 * pirn-bindgen writes of the same WIT, so that the compiler holds the library to it:
 *
 *   pirn_status example_plugin_stats_shout(pirn_host_call *call, const struct ..._args *args, pirn_str *result);
 *
 * Arguments and result are there only when the function has them, which makes four forms. A library is native code: it can do
 * whatever this process can, and nothing here keeps it from that.
 */
#include "host/plugin_types.h"
#include <dlfcn.h>
#include <pirn/host.h>
#include <stdio.h>
#include <string.h>

typedef void (*plugin_symbol)(void);

/* One interface: `symbols` has the library's function for each row of desc.funcs. */
typedef struct plugin_interface {
    pirn_interfacedesc desc;
    plugin_symbol *symbols;
} plugin_interface;

struct pirn_plugin {
    const pirn_allocator *allocator;
    base_arena arena;
    void *library;
    const char *path;
    BASE_VEC(plugin_interface *) interfaces;
};

/* ---- Calls -------------------------------------------------------------------------------------------------------- */

static pirn_status call_symbol(pirn_host_call *call, const void *args, void *result)
{
    const plugin_interface *interface = pirn_host_call_user(call);
    const pirn_funcdesc *desc = pirn_host_call_function(call);
    plugin_symbol symbol = interface->symbols[desc - interface->desc.funcs];
    bool has_args = desc->param_count > 0, has_result = desc->result != NULL;
    if (has_args && has_result)
        return ((pirn_status(*)(pirn_host_call *, const void *, void *))symbol)(call, args, result);
    if (has_args)
        return ((pirn_status(*)(pirn_host_call *, const void *))symbol)(call, args);
    if (has_result)
        return ((pirn_status(*)(pirn_host_call *, void *))symbol)(call, result);
    return ((pirn_status(*)(pirn_host_call *))symbol)(call);
}

/* ---- Symbols ------------------------------------------------------------------------------------------------------ */

enum { LONGEST_SYMBOL = 500 };

/* Appends a name of WIT as pirn-bindgen maps it: lower case, with '_' between its parts, and without a version. */
static size_t append_mapped(char *symbol, size_t len, pirn_str name)
{
    for (size_t i = 0; i < name.len && name.data[i] != '@' && len < LONGEST_SYMBOL; i++) {
        char c = name.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        symbol[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : is_letter ? c : '_';
    }
    symbol[len] = '\0';
    return len;
}

static size_t append_part(char *symbol, size_t len, pirn_str name)
{
    return append_mapped(symbol, append_mapped(symbol, len, PIRN_STR("_")), name);
}

/* POSIX: what dlsym gives is a function's address, too. */
static plugin_symbol find_symbol(const pirn_plugin *plugin, const char *name)
{
    plugin_symbol symbol;
    void *found = dlsym(plugin->library, name);
    memcpy(&symbol, &found, sizeof symbol);
    return symbol;
}

static pirn_status fail_missing(const pirn_plugin *plugin, const char *symbol, pirn_str name,
                                const pirn_wit_interface *interface, pirn_error *error)
{
    return base_fail(error, PIRN_UNLINKABLE, PIRN_NO_OFFSET,
                     "%s has no function %s, for %.*s of %.*s; pirn-bindgen writes its prototype", plugin->path,
                     symbol, PIRN_STR_ARG(name), PIRN_STR_ARG(pirn_wit_interface_id(interface)));
}

/* The suffix is there where the name without would be that of a type. */
static pirn_status find_function(const pirn_plugin *plugin, const pirn_wit_interface *interface,
                                 const pirn_wit_function *function, plugin_symbol *out, pirn_error *error)
{
    char symbol[LONGEST_SYMBOL + 8];
    const pirn_wit_type *resource = pirn_wit_function_resource(function);
    size_t len = append_mapped(symbol, 0, pirn_wit_interface_id(interface));
    if (resource != NULL)
        len = append_part(symbol, len, pirn_wit_type_name(resource));
    len = append_part(symbol, len, pirn_wit_function_item_name(function));
    strcpy(symbol + len, "_func");
    *out = find_symbol(plugin, symbol);
    symbol[len] = '\0';
    if (*out == NULL)
        *out = find_symbol(plugin, symbol);
    return *out != NULL ? PIRN_OK : fail_missing(plugin, symbol, pirn_wit_function_name(function), interface, error);
}

/* ---- Interfaces --------------------------------------------------------------------------------------------------- */

static pirn_status add_resource(pirn_plugin *plugin, host_describer *d, const pirn_wit_interface *interface,
                                const pirn_wit_type *type)
{
    char symbol[LONGEST_SYMBOL + 8];
    pirn_resourcedesc *desc = base_arena_zero(&plugin->arena, sizeof *desc);
    const char *name = host_describe_name(d, pirn_wit_type_name(type));
    if (desc == NULL || name == NULL)
        return base_nomem(d->error);
    size_t len = append_mapped(symbol, 0, pirn_wit_interface_id(interface));
    append_mapped(symbol, append_part(symbol, len, pirn_wit_type_name(type)), PIRN_STR("_drop"));
    plugin_symbol drop = find_symbol(plugin, symbol);
    if (drop == NULL)
        return fail_missing(plugin, symbol, pirn_wit_type_name(type), interface, d->error);
    *desc = (pirn_resourcedesc){.name = name, .drop = (void (*)(void *, void *))drop};
    return BASE_VEC_PUSH(&d->resources, plugin->allocator, ((host_described_resource){type, desc}))
               ? PIRN_OK
               : base_nomem(d->error);
}

/* The resource types that are defined here. */
static pirn_status add_resources(pirn_plugin *plugin, host_describer *d, const pirn_wit_interface *interface,
                                 pirn_interfacedesc *out)
{
    size_t first = d->resources.len;
    for (size_t i = 0; i < pirn_wit_interface_type_count(interface); i++) {
        const pirn_wit_type *type = pirn_wit_interface_type(interface, i);
        if (pirn_wit_type_kind(type) == PIRN_WIT_RESOURCE)
            PIRN_TRY(add_resource(plugin, d, interface, type));
    }
    size_t count = d->resources.len - first;
    const pirn_resourcedesc **list = base_arena_array(&plugin->arena, count, sizeof(const pirn_resourcedesc *));
    if (list == NULL)
        return base_nomem(d->error);
    for (size_t i = 0; i < count; i++)
        list[i] = d->resources.data[first + i].desc;
    out->resource_count = (uint32_t)count;
    out->resources = list;
    return PIRN_OK;
}

static pirn_status add_functions(pirn_plugin *plugin, host_describer *d, const pirn_wit_interface *interface,
                                 plugin_interface *out)
{
    size_t count = pirn_wit_interface_function_count(interface);
    pirn_funcdesc *funcs = base_arena_array(&plugin->arena, count, sizeof *funcs);
    out->symbols = base_arena_array(&plugin->arena, count, sizeof *out->symbols);
    if (funcs == NULL || out->symbols == NULL)
        return base_nomem(d->error);
    for (size_t i = 0; i < count; i++) {
        const pirn_wit_function *function = pirn_wit_interface_function(interface, i);
        PIRN_TRY(host_describe_function(d, function, &funcs[i]));
        PIRN_TRY(find_function(plugin, interface, function, &out->symbols[i], d->error));
        funcs[i].func = call_symbol;
    }
    out->desc.func_count = (uint32_t)count;
    out->desc.funcs = funcs;
    return PIRN_OK;
}

static pirn_status add_interface(pirn_plugin *plugin, host_describer *d, const pirn_wit_interface *interface)
{
    plugin_interface *out = base_arena_zero(&plugin->arena, sizeof *out);
    if (out == NULL || (out->desc.name = host_describe_name(d, pirn_wit_interface_id(interface))) == NULL)
        return base_nomem(d->error);
    PIRN_TRY(add_resources(plugin, d, interface, &out->desc));
    PIRN_TRY(add_functions(plugin, d, interface, out));
    return BASE_VEC_PUSH(&plugin->interfaces, plugin->allocator, out) ? PIRN_OK : base_nomem(d->error);
}

static pirn_status add_interfaces(pirn_plugin *plugin, const pirn_wit *wit, host_describer *d)
{
    for (size_t i = 0; i < pirn_wit_package_count(wit); i++) {
        const pirn_wit_package *package = pirn_wit_package_at(wit, i);
        for (size_t j = 0; j < pirn_wit_package_interface_count(package); j++)
            PIRN_TRY(add_interface(plugin, d, pirn_wit_package_interface(package, j)));
    }
    return PIRN_OK;
}

static pirn_status open_library(pirn_plugin *plugin, const char *path, const pirn_wit *wit, pirn_error *error)
{
    plugin->path = base_arena_copy(&plugin->arena, pirn_str_of(path)).data;
    if (plugin->path == NULL)
        return base_nomem(error);
    plugin->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (plugin->library == NULL)
        return base_fail(error, PIRN_IO, PIRN_NO_OFFSET, "%s", dlerror());
    host_describer d = {.arena = &plugin->arena, .error = error};
    pirn_status status = add_interfaces(plugin, wit, &d);
    host_describer_done(&d);
    return status;
}

pirn_status pirn_plugin_open(const char *path, const pirn_wit *wit, pirn_plugin **out, pirn_error *error)
{
    const pirn_allocator *allocator = pirn_allocator_default();
    pirn_plugin *plugin = base_alloc_zero(allocator, sizeof *plugin);
    *out = NULL;
    if (plugin == NULL)
        return base_nomem(error);
    plugin->allocator = allocator;
    base_arena_init(&plugin->arena, allocator);
    pirn_status status = open_library(plugin, path, wit, error);
    if (status == PIRN_OK)
        *out = plugin;
    else
        pirn_plugin_close(plugin);
    return status;
}

pirn_status pirn_plugin_define(const pirn_plugin *plugin, pirn_linker *linker, pirn_error *error)
{
    for (size_t i = 0; i < plugin->interfaces.len; i++) {
        plugin_interface *interface = plugin->interfaces.data[i];
        PIRN_TRY(pirn_linker_define(linker, &interface->desc, interface, error));
    }
    return PIRN_OK;
}

void pirn_plugin_close(pirn_plugin *plugin)
{
    if (plugin->library != NULL)
        dlclose(plugin->library);
    BASE_VEC_DONE(&plugin->interfaces, plugin->allocator);
    base_arena_done(&plugin->arena);
    base_free(plugin->allocator, plugin, sizeof *plugin);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* An interface: its resources, its functions, and the tables that describe it to the component linker. */
#include "wit/bindgen/bindgen.h"

void bindgen_init(bindgen *gen, const pirn_wit_interface *interface, const bindgen_rename *renames,
                  size_t rename_count, bool is_unavailable)
{
    *gen = (bindgen){
        .interface = interface, .renames = renames, .rename_count = rename_count, .is_unavailable = is_unavailable};
    base_arena_init(&gen->arena, pirn_allocator_default());
    base_map_init(&gen->bound, pirn_allocator_default());
    gen->prefix = pirn_str_of(bindgen_prefix(gen, interface));
}

void bindgen_done(bindgen *gen)
{
    BASE_VEC_DONE(&gen->header, pirn_allocator_default());
    BASE_VEC_DONE(&gen->source, pirn_allocator_default());
    base_map_done(&gen->bound);
    base_arena_done(&gen->arena);
}

/* --- resources --- */

static bool is_resource(const pirn_wit_type *type)
{
    return pirn_wit_type_kind(pirn_wit_type_resolved(type)) == PIRN_WIT_RESOURCE;
}

static void put_drop(bindgen *gen, const char *name, const char *host)
{
    const char *prefix = gen->prefix.data;
    bindgen_put(&gen->header, "/* The guest's last handle is gone; `host` is pirn_host_call_data(). */\n");
    bindgen_put(&gen->header, "void %s_%s_drop(void *host, struct %s *self);\n", prefix, name, host);
    bindgen_put(&gen->source,
                "static void drop_%s(void *data, void *object)\n{\n    %s_%s_drop(data, object);\n}\n\n", name,
                prefix, name);
}

static void put_resource(bindgen *gen, const pirn_wit_type *resource)
{
    pirn_str wit_name = pirn_wit_type_name(resource);
    const char *name = bindgen_snake(gen, wit_name), *host = bindgen_resource(gen, resource),
               *prefix = gen->prefix.data;
    const char *heading = bindgen_printf(gen, "resource %.*s", PIRN_STR_ARG(wit_name));
    bindgen_put(&gen->header, "\n");
    bindgen_put_comment(&gen->header, "", heading, pirn_wit_type_docs(resource));
    bindgen_put(&gen->header, "struct %s;\n", host);
    if (!gen->is_unavailable)
        put_drop(gen, name, host);
    bindgen_put(&gen->header, "extern const pirn_resourcedesc %s_%s_resource;\n", prefix, name);
    bindgen_put(&gen->source, "const pirn_resourcedesc %s_%s_resource = {.name = \"%.*s\"%s%s};\n\n", prefix, name,
                PIRN_STR_ARG(wit_name), gen->is_unavailable ? "" : ", .drop = drop_",
                gen->is_unavailable ? "" : name);
}

/* Resources that are defined here; those that are used from elsewhere are declared there. */
static void put_resources(bindgen *gen)
{
    for (size_t i = 0; i < pirn_wit_interface_type_count(gen->interface); i++) {
        const pirn_wit_type *type = pirn_wit_interface_type(gen->interface, i);
        if (pirn_wit_type_kind(type) == PIRN_WIT_RESOURCE)
            put_resource(gen, type);
    }
}

/* --- functions --- */

static void put_args(bindgen *gen, const pirn_wit_function *function, const char *name)
{
    bindgen_put(&gen->header, "struct %s_%s_args {\n", gen->prefix.data, name);
    for (size_t i = 0; i < pirn_wit_function_param_count(function); i++) {
        pirn_wit_member param = pirn_wit_function_param(function, i);
        bindgen_put_comment(&gen->header, "    ", "", param.docs);
        bindgen_put_field(gen, "    ", param.type, bindgen_snake(gen, param.name));
    }
    bindgen_put(&gen->header, "};\n");
}

static void put_prototype(bindgen *gen, const pirn_wit_function *function, const char *name)
{
    const pirn_wit_type *result = pirn_wit_function_result(function);
    const char *heading = bindgen_printf(gen, "%.*s", PIRN_STR_ARG(pirn_wit_function_name(function)));
    bindgen_put(&gen->header, "\n");
    bindgen_put_comment(&gen->header, "", heading, pirn_wit_function_docs(function));
    bool has_args = pirn_wit_function_param_count(function) > 0;
    if (has_args)
        put_args(gen, function, name);
    bindgen_put(&gen->header, "pirn_status %s_%s(pirn_host_call *call", gen->prefix.data, name);
    if (has_args)
        bindgen_put(&gen->header, ",\n        const struct %s_%s_args *args", gen->prefix.data, name);
    if (result != NULL) {
        const char *c = bindgen_c_type(gen, result);
        bindgen_put(&gen->header, ",\n        %s%s*result", c, c[strlen(c) - 1] == '*' ? "" : " ");
    }
    bindgen_put(&gen->header, ");\n");
}

/* The function that the host defines, or the one that stands for all of an unavailable interface. */
static void put_host_call(bindgen *gen, const pirn_wit_function *function, const char *name, bool has_args,
                          bool has_result)
{
    if (gen->is_unavailable)
        bindgen_put(&gen->source, "    return host_unavailable(call, \"%s\", \"%.*s\");\n}\n\n",
                    bindgen_unversioned(gen, gen->interface), PIRN_STR_ARG(pirn_wit_function_name(function)));
    else
        bindgen_put(&gen->source, "    return %s_%s(call%s%s);\n}\n\n", gen->prefix.data, name,
                    has_args ? ", args" : "", has_result ? ", result" : "");
}

static void put_wrapper(bindgen *gen, const pirn_wit_function *function, const char *name)
{
    bool has_args = !gen->is_unavailable && pirn_wit_function_param_count(function) > 0,
         has_result = !gen->is_unavailable && pirn_wit_function_result(function) != NULL;
    bindgen_put(&gen->source,
                "\nstatic pirn_status call_%s(pirn_host_call *call, const void *args, void *result)\n{\n", name);
    if (!has_args)
        bindgen_put(&gen->source, "    (void)args;\n");
    if (!has_result)
        bindgen_put(&gen->source, "    (void)result;\n");
    put_host_call(gen, function, name, has_args, has_result);
}

static void put_param_descs(bindgen *gen, const pirn_wit_function *function, const char *name)
{
    if (pirn_wit_function_param_count(function) == 0)
        return;
    bindgen_put(&gen->source, "static const pirn_memberdesc params_%s[] = {\n", name);
    for (size_t i = 0; i < pirn_wit_function_param_count(function); i++) {
        pirn_wit_member param = pirn_wit_function_param(function, i);
        bindgen_put(&gen->source, "    {\"%.*s\", %s},\n", PIRN_STR_ARG(param.name), bindgen_desc(gen, param.type));
    }
    bindgen_put(&gen->source, "};\n");
}

static void put_function(bindgen *gen, const pirn_wit_function *function)
{
    const char *name = bindgen_function(gen, function);
    if (pirn_wit_function_is_async(function))
        bindgen_die("`%.*s` is async, which cannot be bound to C", PIRN_STR_ARG(pirn_wit_function_name(function)));
    for (size_t i = 0; i < pirn_wit_function_param_count(function); i++)
        bindgen_type(gen, pirn_wit_function_param(function, i).type);
    bindgen_type(gen, pirn_wit_function_result(function));
    if (!gen->is_unavailable)
        put_prototype(gen, function, name);
    put_param_descs(gen, function, name);
    put_wrapper(gen, function, name);
}

/* --- the tables of the interface --- */

static void put_function_table(bindgen *gen)
{
    bindgen_put(&gen->source, "static const pirn_funcdesc funcs[] = {\n");
    for (size_t i = 0; i < pirn_wit_interface_function_count(gen->interface); i++) {
        const pirn_wit_function *function = pirn_wit_interface_function(gen->interface, i);
        const char *name = bindgen_function(gen, function);
        size_t params = pirn_wit_function_param_count(function);
        bindgen_put(&gen->source, "    {\"%.*s\", call_%s, %zu, %s%s, %s},\n",
                    PIRN_STR_ARG(pirn_wit_function_name(function)), name, params, params > 0 ? "params_" : "NULL",
                    params > 0 ? name : "", bindgen_desc(gen, pirn_wit_function_result(function)));
    }
    bindgen_put(&gen->source, "};\n");
}

/* A resource that `use` brought in under another name than its own. */
static bool is_renamed_resource(const pirn_wit_type *type)
{
    return is_resource(type) &&
           !pirn_str_eq(pirn_wit_type_name(type), pirn_wit_type_name(pirn_wit_type_resolved(type)));
}

/*
 * The rows of `types`: all named types that are not resources, and resources by the other names that they have here, as
 * own. Counts them; writes them when `write` is set.
 */
static size_t put_type_rows(bindgen *gen, bool write)
{
    size_t count = 0;
    for (size_t i = 0; i < pirn_wit_interface_type_count(gen->interface); i++) {
        const pirn_wit_type *type = pirn_wit_interface_type(gen->interface, i);
        pirn_str name = pirn_wit_type_name(type);
        if (is_resource(type) && !is_renamed_resource(type))
            continue;
        count++;
        if (write && is_resource(type))
            bindgen_put(&gen->source, "    {\"%.*s\", &own_%s},\n", PIRN_STR_ARG(name), bindgen_snake(gen, name));
        else if (write)
            bindgen_put(&gen->source, "    {\"%.*s\", %s},\n", PIRN_STR_ARG(name), bindgen_desc(gen, type));
    }
    return count;
}

static void put_renamed_resources(bindgen *gen)
{
    for (size_t i = 0; i < pirn_wit_interface_type_count(gen->interface); i++) {
        const pirn_wit_type *type = pirn_wit_interface_type(gen->interface, i);
        const pirn_wit_type *resource = pirn_wit_type_resolved(type);
        if (is_renamed_resource(type))
            bindgen_put(
                &gen->source,
                "\nstatic const pirn_typedesc own_%s = {.kind = PIRN_TYPE_OWN, .resource = &%s_%s_resource};\n",
                bindgen_snake(gen, pirn_wit_type_name(type)), bindgen_prefix(gen, pirn_wit_type_interface(resource)),
                bindgen_snake(gen, pirn_wit_type_name(resource)));
    }
}

/* A resource that stands here under its own name, too. */
static bool is_second_name(const bindgen *gen, const pirn_wit_type *type)
{
    return is_renamed_resource(type) && pirn_wit_type_interface(pirn_wit_type_resolved(type)) == gen->interface;
}

/* The same for the rows of `resources`. */
static size_t put_resource_rows(bindgen *gen, bool write)
{
    size_t count = 0;
    for (size_t i = 0; i < pirn_wit_interface_type_count(gen->interface); i++) {
        const pirn_wit_type *type = pirn_wit_interface_type(gen->interface, i);
        if (!is_resource(type) || is_second_name(gen, type))
            continue;
        count++;
        const pirn_wit_type *resource = pirn_wit_type_resolved(type);
        if (write)
            bindgen_put(&gen->source, "    &%s_%s_resource,\n",
                        bindgen_prefix(gen, pirn_wit_type_interface(resource)),
                        bindgen_snake(gen, pirn_wit_type_name(resource)));
    }
    return count;
}

static void put_interface_table(bindgen *gen)
{
    size_t functions = pirn_wit_interface_function_count(gen->interface);
    size_t types = put_type_rows(gen, false), resources = put_resource_rows(gen, false);
    if (functions > 0)
        put_function_table(gen);
    put_renamed_resources(gen);
    if (types > 0) {
        bindgen_put(&gen->source, "\nstatic const pirn_memberdesc types[] = {\n");
        put_type_rows(gen, true);
        bindgen_put(&gen->source, "};\n");
    }
    if (resources > 0) {
        bindgen_put(&gen->source, "\nstatic const pirn_resourcedesc *const resources[] = {\n");
        put_resource_rows(gen, true);
        bindgen_put(&gen->source, "};\n");
    }
    bindgen_put(&gen->source, "\nconst pirn_interfacedesc %s_interface = {\n    .name = \"%.*s\",\n",
                gen->prefix.data, PIRN_STR_ARG(pirn_wit_interface_id(gen->interface)));
    if (functions > 0)
        bindgen_put(&gen->source, "    .func_count = %zu,\n    .funcs = funcs,\n", functions);
    if (types > 0)
        bindgen_put(&gen->source, "    .type_count = %zu,\n    .types = types,\n", types);
    if (resources > 0)
        bindgen_put(&gen->source, "    .resource_count = %zu,\n    .resources = resources,\n", resources);
    bindgen_put(&gen->source, "};\n");
}

/* --- all --- */

static pirn_str file_name(pirn_str path)
{
    size_t start = path.len;
    while (start > 0 && path.data[start - 1] != '/')
        start--;
    return (pirn_str){path.data + start, path.len - start};
}

static const char *origin(bindgen *gen, const char *what)
{
    pirn_str file = file_name(pirn_wit_interface_file(gen->interface));
    return bindgen_printf(gen, "%s of %.*s, made by pirn-bindgen from %.*s.", what,
                          PIRN_STR_ARG(pirn_wit_interface_id(gen->interface)), PIRN_STR_ARG(file));
}

void bindgen_interface(bindgen *gen)
{
    bindgen_put_comment(&gen->header, "", origin(gen, "Types and functions"),
                        pirn_wit_interface_docs(gen->interface));
    bindgen_put_comment(&gen->source, "", origin(gen, "Tables"), PIRN_STR(""));
    bindgen_put(&gen->header, "#pragma once\n\n");
    for (size_t i = 0; i < pirn_wit_interface_dependency_count(gen->interface); i++)
        bindgen_put(&gen->header, "#include \"%s.h\"\n",
                    bindgen_prefix(gen, pirn_wit_interface_dependency(gen->interface, i)));
    bindgen_put(&gen->header, "#include <pirn/component.h>\n");
    bindgen_put(&gen->source, "#include \"%s.h\"\n", gen->prefix.data);
    if (gen->is_unavailable)
        bindgen_put(&gen->source, "#include \"host/unavailable.h\"\n");
    bindgen_put(&gen->source, "\n");
    put_resources(gen);
    for (size_t i = 0; i < pirn_wit_interface_type_count(gen->interface); i++)
        bindgen_type(gen, pirn_wit_interface_type(gen->interface, i));
    for (size_t i = 0; i < pirn_wit_interface_function_count(gen->interface); i++)
        put_function(gen, pirn_wit_interface_function(gen->interface, i));
    bindgen_put(&gen->header, "\n/* For pirn_linker_define. */\nextern const pirn_interfacedesc %s_interface;\n",
                gen->prefix.data);
    put_interface_table(gen);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resolved WIT as JSON. A type is a string ("u32"), a name and where it is defined ({"name", "in"}), or a kind with
 * what lies in it ({"kind": "list", "of": [..]}); absent types are null.
 */
#include "cli/json.h"
#include "cli/wit.h"

static void set_text(json_t *object, const char *key, pirn_str text)
{
    if (text.data != NULL && text.len > 0)
        json_object_set_new(object, key, cli_json_text(text));
}

static void set_gates(json_t *object, pirn_wit_gates gates)
{
    set_text(object, "since", gates.since);
    set_text(object, "unstable", gates.unstable);
    set_text(object, "deprecated", gates.deprecated);
}

static json_t *describe_type(const pirn_wit_type *type)
{
    if (type == NULL)
        return json_null();
    if (pirn_wit_type_name(type).len > 0) {
        const pirn_wit_interface *interface = pirn_wit_type_interface(type);
        const pirn_wit_world *world = pirn_wit_type_world(type);
        json_t *name = json_pack("{s:o}", "name", cli_json_text(pirn_wit_type_name(type)));
        set_text(name, "in",
                 interface != NULL ? pirn_wit_interface_id(interface)
                 : world != NULL   ? pirn_wit_world_id(world)
                                   : PIRN_STR(""));
        return name;
    }
    if (pirn_wit_type_kind(type) <= PIRN_WIT_STRING)
        return cli_json_text(pirn_wit_kind_name(pirn_wit_type_kind(type)));
    json_t *of = json_array();
    for (size_t i = 0; i < pirn_wit_type_member_count(type); i++)
        json_array_append_new(of, describe_type(pirn_wit_type_member(type, i).type));
    json_t *object =
        json_pack("{s:o, s:o}", "kind", cli_json_text(pirn_wit_kind_name(pirn_wit_type_kind(type))), "of", of);
    if (pirn_wit_type_length(type) > 0)
        json_object_set_new(object, "length", json_integer((json_int_t)pirn_wit_type_length(type)));
    return object;
}

static json_t *describe_member(pirn_wit_member member, bool has_type)
{
    json_t *object = json_pack("{s:o}", "name", cli_json_text(member.name));
    if (has_type)
        json_object_set_new(object, "type", describe_type(member.type));
    set_text(object, "docs", member.docs);
    return object;
}

static json_t *describe_typedef(const pirn_wit_type *type)
{
    pirn_wit_kind kind = pirn_wit_type_kind(type);
    json_t *object =
        json_pack("{s:o, s:o}", "name", cli_json_text(pirn_wit_type_name(type)), "kind",
                  cli_json_text(pirn_wit_type_is_used(type) ? PIRN_STR("use") : pirn_wit_kind_name(kind)));
    set_text(object, "docs", pirn_wit_type_docs(type));
    set_gates(object, pirn_wit_type_gates(type));
    set_text(object, "externalId", pirn_wit_type_external_id(type));
    if (kind == PIRN_WIT_ALIAS) {
        json_object_set_new(object, "type", describe_type(pirn_wit_type_member(type, 0).type));
    } else if (kind != PIRN_WIT_RESOURCE) {
        json_t *members = json_array();
        for (size_t i = 0; i < pirn_wit_type_member_count(type); i++)
            json_array_append_new(members, describe_member(pirn_wit_type_member(type, i),
                                                           kind == PIRN_WIT_RECORD || kind == PIRN_WIT_VARIANT));
        json_object_set_new(object, "members", members);
    }
    return object;
}

static json_t *describe_function(const pirn_wit_function *function)
{
    json_t *params = json_array();
    for (size_t i = 0; i < pirn_wit_function_param_count(function); i++)
        json_array_append_new(params, describe_member(pirn_wit_function_param(function, i), true));
    json_t *object = json_pack("{s:o, s:b, s:o, s:o}", "name", cli_json_text(pirn_wit_function_name(function)),
                               "async", pirn_wit_function_is_async(function), "params", params, "result",
                               describe_type(pirn_wit_function_result(function)));
    set_text(object, "docs", pirn_wit_function_docs(function));
    set_gates(object, pirn_wit_function_gates(function));
    set_text(object, "externalId", pirn_wit_function_external_id(function));
    return object;
}

static json_t *describe_interface(const pirn_wit_interface *interface)
{
    json_t *types = json_array(), *functions = json_array();
    for (size_t i = 0; i < pirn_wit_interface_type_count(interface); i++)
        json_array_append_new(types, describe_typedef(pirn_wit_interface_type(interface, i)));
    for (size_t i = 0; i < pirn_wit_interface_function_count(interface); i++)
        json_array_append_new(functions, describe_function(pirn_wit_interface_function(interface, i)));
    json_t *object = json_pack("{s:o, s:o, s:o}", "id", cli_json_text(pirn_wit_interface_id(interface)), "types",
                               types, "functions", functions);
    set_text(object, "docs", pirn_wit_interface_docs(interface));
    set_gates(object, pirn_wit_interface_gates(interface));
    return object;
}

static json_t *describe_item(pirn_wit_world_item item)
{
    json_t *object = json_pack("{s:o}", "name", cli_json_text(item.name));
    set_text(object, "externalId", item.external_id);
    if (item.function != NULL)
        json_object_set_new(object, "function", describe_function(item.function));
    else if (item.type != NULL)
        json_object_set_new(object, "type", describe_typedef(item.type));
    else if (pirn_wit_interface_is_inline(item.interface))
        json_object_set_new(object, "interface", describe_interface(item.interface));
    else
        json_object_set_new(object, "interface", cli_json_text(pirn_wit_interface_id(item.interface)));
    return object;
}

static json_t *describe_world(const pirn_wit_world *world)
{
    json_t *imports = json_array(), *exports = json_array();
    for (size_t i = 0; i < pirn_wit_world_import_count(world); i++)
        json_array_append_new(imports, describe_item(pirn_wit_world_import(world, i)));
    for (size_t i = 0; i < pirn_wit_world_export_count(world); i++)
        json_array_append_new(exports, describe_item(pirn_wit_world_export(world, i)));
    json_t *object = json_pack("{s:o, s:o, s:o}", "id", cli_json_text(pirn_wit_world_id(world)), "imports", imports,
                               "exports", exports);
    set_text(object, "docs", pirn_wit_world_docs(world));
    set_gates(object, pirn_wit_world_gates(world));
    return object;
}

static json_t *describe_package(const pirn_wit_package *package)
{
    json_t *interfaces = json_array(), *worlds = json_array();
    for (size_t i = 0; i < pirn_wit_package_interface_count(package); i++)
        json_array_append_new(interfaces, describe_interface(pirn_wit_package_interface(package, i)));
    for (size_t i = 0; i < pirn_wit_package_world_count(package); i++)
        json_array_append_new(worlds, describe_world(pirn_wit_package_world(package, i)));
    json_t *object = json_pack("{s:o, s:o, s:o}", "id", cli_json_text(pirn_wit_package_id(package)), "interfaces",
                               interfaces, "worlds", worlds);
    set_text(object, "docs", pirn_wit_package_docs(package));
    return object;
}

json_t *cli_wit_json(const pirn_wit *wit, bool with_dependencies)
{
    json_t *packages = json_array();
    for (size_t i = 0; i < pirn_wit_package_count(wit); i++) {
        const pirn_wit_package *package = pirn_wit_package_at(wit, i);
        if (with_dependencies || !cli_wit_is_dependency(package))
            json_array_append_new(packages, describe_package(package));
    }
    return json_pack("{s:o}", "packages", packages);
}

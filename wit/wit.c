/* SPDX-License-Identifier: Apache-2.0 */
/* The public face: making a pirn_wit, adding files to it, and walking the model. */
#include "wit/binary.h"
#include "wit/names.h"
#include "wit/parse.h"
#include "wit/resolve.h"

static const pirn_str kind_names[] = {
#define KIND_NAME(name, text) [name] = {"" text, sizeof(text) - 1},
    PIRN_WIT_KINDS(KIND_NAME)
#undef KIND_NAME
};

pirn_str pirn_wit_kind_name(pirn_wit_kind kind)
{
    return kind_names[kind];
}

/* --- loading --- */

pirn_wit *pirn_wit_new(const pirn_allocator *allocator)
{
    if (allocator == NULL)
        allocator = pirn_allocator_default();
    pirn_wit *wit = base_alloc_zero(allocator, sizeof *wit);
    if (wit == NULL)
        return NULL;
    wit->allocator = *allocator;
    wit->error_file = wit->error_text = PIRN_STR("");
    base_arena_init(&wit->arena, &wit->allocator);
    base_map_init(&wit->names, &wit->allocator);
    return wit;
}

static void package_done(pirn_wit *wit, pirn_wit_package *package)
{
    for (size_t i = 0; i < package->worlds.len; i++) {
        BASE_VEC_DONE(&package->worlds.data[i]->imports, &wit->allocator);
        BASE_VEC_DONE(&package->worlds.data[i]->exports, &wit->allocator);
    }
    BASE_VEC_DONE(&package->worlds, &wit->allocator);
    BASE_VEC_DONE(&package->interfaces, &wit->allocator);
}

void pirn_wit_free(pirn_wit *wit)
{
    if (wit == NULL)
        return;
    for (size_t i = 0; i < wit->packages.len; i++)
        package_done(wit, wit->packages.data[i]);
    BASE_VEC_DONE(&wit->packages, &wit->allocator);
    BASE_VEC_DONE(&wit->files, &wit->allocator);
    BASE_VEC_DONE(&wit->features, &wit->allocator);
    base_map_done(&wit->names);
    base_arena_done(&wit->arena);
    pirn_allocator allocator = wit->allocator;
    base_free(&allocator, wit, sizeof *wit);
}

pirn_status pirn_wit_enable_feature(pirn_wit *wit, pirn_str feature)
{
    pirn_str copy = base_arena_copy(&wit->arena, feature);
    return copy.data != NULL && BASE_VEC_PUSH(&wit->features, &wit->allocator, copy) ? PIRN_OK : PIRN_NOMEM;
}

void pirn_wit_enable_all_features(pirn_wit *wit)
{
    wit->all_features = true;
}

/* The name up to the last '/'; the whole name for a file in `deps`, which is a package of its own. */
static pirn_str folder_of(pirn_str name)
{
    size_t len = name.len;
    while (len > 0 && name.data[len - 1] != '/')
        len--;
    size_t start = len > 0 ? len - 1 : 0;
    while (start > 0 && name.data[start - 1] != '/')
        start--;
    bool is_deps = len > 0 && pirn_str_eq((pirn_str){name.data + start, len - 1 - start}, PIRN_STR("deps"));
    return is_deps ? name : (pirn_str){name.data, len};
}

pirn_status pirn_wit_add_file(pirn_wit *wit, pirn_str name, pirn_str text, pirn_error *error)
{
    wit->error_file = wit->error_text = PIRN_STR("");
    if (wit->is_resolved)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "files are added before names are resolved");
    wit_file *file = base_arena_zero(&wit->arena, sizeof *file);
    if (file == NULL)
        return base_nomem(error);
    file->name = base_arena_copy(&wit->arena, name);
    file->text = base_arena_copy(&wit->arena, text);
    file->index = (uint32_t)wit->files.len;
    if (file->name.data == NULL || file->text.data == NULL)
        return base_nomem(error);
    file->folder = folder_of(file->name);
    pirn_status status =
        wit_is_binary(text) ? wit_decode_file(file, &wit->arena, error) : wit_parse_file(file, &wit->arena, error);
    if (status != PIRN_OK) {
        wit_blame(wit, file);
        return status;
    }
    return BASE_VEC_PUSH(&wit->files, &wit->allocator, file) ? PIRN_OK : base_nomem(error);
}

pirn_status pirn_wit_resolve(pirn_wit *wit, pirn_error *error)
{
    wit->error_file = wit->error_text = PIRN_STR("");
    if (wit->is_resolved)
        return base_fail(error, PIRN_USAGE, PIRN_NO_OFFSET, "names are resolved once");
    wit->is_resolved = true;
    return wit_resolve(wit, error);
}

void wit_blame(pirn_wit *wit, const wit_file *file)
{
    wit->error_file = file->name;
    wit->error_text = wit_is_binary(file->text) ? PIRN_STR("") : file->text;
}

pirn_str pirn_wit_error_file(const pirn_wit *wit)
{
    return wit->error_file;
}

pirn_str pirn_wit_error_text(const pirn_wit *wit)
{
    return wit->error_text;
}

/* --- finding --- */

const pirn_wit_package *pirn_wit_find_package(const pirn_wit *wit, pirn_str id)
{
    uint64_t value;
    return wit_names_find(wit, WIT_PACKAGES_SCOPE, id, &value) ? (const pirn_wit_package *)(uintptr_t)value : NULL;
}

/* Splits "a:b/name@version" into "a:b@version" and "name". */
static const pirn_wit_package *package_of_id(const pirn_wit *wit, pirn_str id, pirn_str *name)
{
    char package[3 * WIT_MAX_NAME + 3];
    const char *slash = id.len > 0 && id.len < sizeof package ? memchr(id.data, '/', id.len) : NULL;
    if (slash == NULL)
        return NULL;
    size_t head = (size_t)(slash - id.data), rest = id.len - head - 1;
    const char *at = memchr(slash + 1, '@', rest);
    size_t name_len = at == NULL ? rest : (size_t)(at - slash - 1);
    *name = (pirn_str){slash + 1, name_len};
    memcpy(package, id.data, head);
    memcpy(package + head, slash + 1 + name_len, rest - name_len);
    return pirn_wit_find_package(wit, (pirn_str){package, head + rest - name_len});
}

const pirn_wit_interface *pirn_wit_find_interface(const pirn_wit *wit, pirn_str id)
{
    pirn_str name;
    const pirn_wit_package *package = package_of_id(wit, id, &name);
    for (size_t i = 0; package != NULL && i < package->interfaces.len; i++) {
        if (pirn_str_eq(package->interfaces.data[i]->name, name))
            return package->interfaces.data[i];
    }
    return NULL;
}

const pirn_wit_world *pirn_wit_find_world(const pirn_wit *wit, pirn_str id)
{
    pirn_str name;
    const pirn_wit_package *package = package_of_id(wit, id, &name);
    for (size_t i = 0; package != NULL && i < package->worlds.len; i++) {
        if (pirn_str_eq(package->worlds.data[i]->name, name))
            return package->worlds.data[i];
    }
    return NULL;
}

const pirn_wit_type *pirn_wit_interface_find_type(const pirn_wit_interface *interface, pirn_str name)
{
    for (size_t i = 0; i < interface->scope.type_count; i++) {
        if (pirn_str_eq(interface->scope.types[i].name, name))
            return &interface->scope.types[i];
    }
    return NULL;
}

const pirn_wit_function *pirn_wit_interface_find_function(const pirn_wit_interface *interface, pirn_str name)
{
    for (size_t i = 0; i < interface->scope.function_count; i++) {
        if (pirn_str_eq(interface->scope.functions[i].name, name))
            return &interface->scope.functions[i];
    }
    return NULL;
}

/* --- walking: one accessor a field --- */

#define GETTER(result, name, object_type, expression) \
    result pirn_wit_##name(const object_type *object) \
    {                                                 \
        return expression;                            \
    }

#define ELEMENT(result, name, object_type, expression)              \
    result pirn_wit_##name(const object_type *object, size_t index) \
    {                                                               \
        return expression;                                          \
    }

GETTER(size_t, package_count, pirn_wit, object->packages.len)
ELEMENT(const pirn_wit_package *, package_at, pirn_wit, object->packages.data[index])

GETTER(pirn_str, package_id, pirn_wit_package, object->id)
GETTER(pirn_str, package_space, pirn_wit_package, object->space)
GETTER(pirn_str, package_name, pirn_wit_package, object->name)
GETTER(pirn_str, package_version, pirn_wit_package, object->version)
GETTER(pirn_str, package_file, pirn_wit_package, object->file)
GETTER(pirn_str, package_docs, pirn_wit_package, object->docs)
GETTER(size_t, package_interface_count, pirn_wit_package, object->interfaces.len)
ELEMENT(const pirn_wit_interface *, package_interface, pirn_wit_package, object->interfaces.data[index])
GETTER(size_t, package_world_count, pirn_wit_package, object->worlds.len)
ELEMENT(const pirn_wit_world *, package_world, pirn_wit_package, object->worlds.data[index])

GETTER(pirn_str, interface_id, pirn_wit_interface, object->id)
GETTER(pirn_str, interface_name, pirn_wit_interface, object->name)
GETTER(bool, interface_is_inline, pirn_wit_interface, object->is_inline)
GETTER(pirn_str, interface_docs, pirn_wit_interface, object->docs)
GETTER(pirn_str, interface_file, pirn_wit_interface, object->file)
GETTER(pirn_wit_gates, interface_gates, pirn_wit_interface, object->gates)
GETTER(const pirn_wit_package *, interface_package, pirn_wit_interface, object->package)
GETTER(size_t, interface_type_count, pirn_wit_interface, object->scope.type_count)
ELEMENT(const pirn_wit_type *, interface_type, pirn_wit_interface, &object->scope.types[index])
GETTER(size_t, interface_function_count, pirn_wit_interface, object->scope.function_count)
ELEMENT(const pirn_wit_function *, interface_function, pirn_wit_interface, &object->scope.functions[index])
GETTER(size_t, interface_dependency_count, pirn_wit_interface, object->scope.dependency_count)
ELEMENT(const pirn_wit_interface *, interface_dependency, pirn_wit_interface, object->scope.dependencies[index])

GETTER(pirn_wit_kind, type_kind, pirn_wit_type, object->kind)
GETTER(pirn_str, type_name, pirn_wit_type, object->name)
GETTER(pirn_str, type_docs, pirn_wit_type, object->docs)
GETTER(pirn_str, type_external_id, pirn_wit_type, object->external_id)
GETTER(pirn_wit_gates, type_gates, pirn_wit_type, object->gates)
GETTER(const pirn_wit_interface *, type_interface, pirn_wit_type, object->interface)
GETTER(const pirn_wit_world *, type_world, pirn_wit_type, object->world)
GETTER(size_t, type_member_count, pirn_wit_type, object->member_count)
ELEMENT(pirn_wit_member, type_member, pirn_wit_type, object->members[index])
GETTER(uint32_t, type_length, pirn_wit_type, object->length)
GETTER(bool, type_is_used, pirn_wit_type, object->is_used)
GETTER(const pirn_wit_type *, type_resolved, pirn_wit_type, wit_type_resolved(object))

GETTER(pirn_str, function_name, pirn_wit_function, object->name)
GETTER(pirn_str, function_item_name, pirn_wit_function, object->item_name)
GETTER(pirn_str, function_docs, pirn_wit_function, object->docs)
GETTER(pirn_str, function_external_id, pirn_wit_function, object->external_id)
GETTER(pirn_wit_gates, function_gates, pirn_wit_function, object->gates)
GETTER(pirn_wit_function_kind, function_kind_of, pirn_wit_function, object->kind)
GETTER(bool, function_is_async, pirn_wit_function, object->is_async)
GETTER(const pirn_wit_type *, function_resource, pirn_wit_function, object->resource)
GETTER(size_t, function_param_count, pirn_wit_function, object->param_count)
ELEMENT(pirn_wit_member, function_param, pirn_wit_function, object->params[index])
GETTER(const pirn_wit_type *, function_result, pirn_wit_function, object->result)

GETTER(pirn_str, world_id, pirn_wit_world, object->id)
GETTER(pirn_str, world_name, pirn_wit_world, object->name)
GETTER(pirn_str, world_docs, pirn_wit_world, object->docs)
GETTER(pirn_wit_gates, world_gates, pirn_wit_world, object->gates)
GETTER(size_t, world_import_count, pirn_wit_world, object->imports.len)
ELEMENT(pirn_wit_world_item, world_import, pirn_wit_world, object->imports.data[index])
GETTER(size_t, world_export_count, pirn_wit_world, object->exports.len)
ELEMENT(pirn_wit_world_item, world_export, pirn_wit_world, object->exports.data[index])

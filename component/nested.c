/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exported interface has types with names, and functions that speak of them by these names. An instance whose exports say
 * so is made by a component within the component:
 *
 *   (component
 *     (import "type0" (type $r' (sub resource)))        what the outer component has: types without names,
 *     (import "func0" (func $f' (param "r" (own $r'))))  functions that speak of those
 *     (export "r" (type $r'))                           and the same under their names
 *     (export "f" (func $f') (func (param "r" (own $r)))))
 */
#include "component/componentize.h"

/* The component within, and what it is instantiated with. */
typedef struct nested {
    cm_componentizer *c;
    uint32_t part;
    cm_encoder encoder;
    cm_type_writer types;
    cm_type_scope scope;
    cm_named_refs arguments;
} nested;

static void add_argument(nested *n, pirn_str name, cm_ref ref)
{
    bool done = name.data != NULL && BASE_VEC_PUSH(&n->arguments, n->types.allocator, (cm_named_ref){name, ref});
    cm_writer_check(&n->types, done);
}

static pirn_str number_name(nested *n, const char *word)
{
    return base_arena_printf(n->types.arena, "%s%zu", word, n->arguments.len);
}

/* Imports a type that the outer component knows. Value types are written here first. */
static uint32_t import_type(nested *n, const cm_type *type)
{
    cm_componentizer *c = n->c;
    cm_extern_desc desc = {.sort = CM_TYPE, .bound = CM_BOUND_SUB};
    cm_ref outside = {CM_TYPE, cm_refer_type(&c->imports.types, &c->imports.scope, n->part, type)};
    if (type->kind != CM_TYPE_RESOURCE) {
        desc.bound = CM_BOUND_EQ;
        desc.index = cm_write_type(&n->types, &n->scope, n->part, type);
    }
    pirn_str name = number_name(n, "type");
    add_argument(n, name, outside);
    uint32_t index = n->types.status == PIRN_OK ? cm_encode_import(&n->encoder, name, desc) : 0;
    cm_type_scope_name(&n->types, &n->scope, n->part, type, index);
    return index;
}

/* A resource type that is mentioned and has not been imported. */
static bool find_resource(void *data, uint32_t part, cm_resource_id id)
{
    nested *n = data;
    cm_type type = {.kind = CM_TYPE_RESOURCE, .resource = id};
    (void)part;
    import_type(n, &type);
    return n->types.status == PIRN_OK;
}

static void import_members(nested *n, const cm_externs *members, uint32_t *indices, const uint32_t *funcs)
{
    size_t func = 0;
    for (uint32_t i = 0; i < members->count && n->types.status == PIRN_OK; i++) {
        const cm_item *item = &members->list[i].item;
        if (item->sort == CM_TYPE) {
            uint64_t known = 0;
            bool is_known = item->type.kind == CM_TYPE_RESOURCE &&
                            cm_idmap_get(&n->scope.resources, cm_part_key(n->part, item->type.resource), &known);
            indices[i] = is_known ? (uint32_t)known : import_type(n, &item->type);
            cm_type_scope_name(&n->types, &n->scope, n->part, &item->type, indices[i]);
        } else if (item->sort == CM_FUNC) {
            cm_extern_desc desc = {.sort = CM_FUNC,
                                   .index = cm_write_functype(&n->types, &n->scope, n->part, item->func)};
            pirn_str name = number_name(n, "func");
            add_argument(n, name, (cm_ref){CM_FUNC, funcs[func++]});
            if (n->types.status == PIRN_OK)
                indices[i] = cm_encode_import(&n->encoder, name, desc);
        } else {
            cm_writer_fail(&n->types, PIRN_INVALID, "\"%.*s\" is a %s, which an interface cannot export",
                           PIRN_STR_ARG(members->list[i].name), cm_sort_name(item->sort));
        }
    }
}

static void export_members(nested *n, const cm_externs *members, const uint32_t *indices)
{
    cm_type_scope_renew(&n->scope, &n->types);
    for (uint32_t i = 0; i < members->count && n->types.status == PIRN_OK; i++) {
        const cm_extern *member = &members->list[i];
        cm_ref ref = {member->item.sort, indices[i]};
        if (ref.sort == CM_FUNC) {
            cm_extern_desc desc = {.sort = CM_FUNC,
                                   .index = cm_write_functype(&n->types, &n->scope, n->part, member->item.func)};
            cm_encode_export(&n->encoder, member->name, ref, &desc);
            continue;
        }
        if (member->item.type.kind != CM_TYPE_RESOURCE)
            ref.index = cm_write_type(&n->types, &n->scope, n->part, &member->item.type);
        uint32_t index = cm_encode_export(&n->encoder, member->name, ref, NULL);
        cm_type_scope_name(&n->types, &n->scope, n->part, &member->item.type, index);
    }
}

static uint32_t instantiate(nested *n)
{
    cm_componentizer *c = n->c;
    size_t size;
    uint8_t *bytes = cm_encoder_take(&n->encoder, &size);
    cm_writer_check(&n->types, bytes != NULL);
    if (bytes == NULL)
        return 0;
    uint32_t component = cm_encode_component(&c->encoder, bytes, size);
    base_free(c->allocator, bytes, size);
    return cm_encode_instantiate(&c->encoder, component, &n->arguments);
}

uint32_t cm_encode_interface(cm_componentizer *c, const cm_world *world, const cm_extern *interface,
                             const uint32_t *funcs)
{
    const cm_externs *members = &interface->item.instance->exports;
    nested n = {.c = c, .part = world->part, .types = c->imports.types};
    n.types.find_resource = find_resource;
    n.types.data = &n;
    cm_encoder_init(&n.encoder, c->allocator);
    cm_type_scope_init(&n.scope, NULL, &n.encoder, &n.types);
    uint32_t *indices = base_arena_array(&c->arena, members->count, sizeof *indices);
    cm_writer_check(&n.types, indices != NULL);
    import_members(&n, members, indices, funcs);
    export_members(&n, members, indices);
    uint32_t instance = instantiate(&n);
    if (c->imports.types.status == PIRN_OK)
        c->imports.types.status = n.types.status;
    BASE_VEC_DONE(&n.arguments, c->allocator);
    cm_type_scope_done(&n.scope, &n.types);
    cm_encoder_done(&n.encoder);
    return instance;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Loading: decode, then validate; and what a loaded component says of itself. */
#include "component/validate.h"
#include <string.h>

static const uint8_t magic[] = {0, 'a', 's', 'm'};

/* Do the bytes begin with the magic and these four? */
static bool begins_with(const void *bytes, size_t size, const uint8_t version[4])
{
    return size >= 8 && memcmp(bytes, magic, 4) == 0 && memcmp((const uint8_t *)bytes + 4, version, 4) == 0;
}

bool pirn_is_component(const void *bytes, size_t size)
{
    return begins_with(bytes, size, (const uint8_t[]){0x0D, 0, 1, 0});
}

bool pirn_is_module(const void *bytes, size_t size)
{
    return begins_with(bytes, size, (const uint8_t[]){1, 0, 0, 0});
}

/* ---- Loading ----------------------------------------------------------------------------------------------------- */

static pirn_status take_bytes(pirn_component *component, const void *bytes, size_t size, pirn_bytes_use use,
                              pirn_error *error)
{
    component->bytes = bytes;
    component->size = size;
    if (use == PIRN_BYTES_BORROW || size == 0)
        return PIRN_OK;
    uint8_t *copy = base_alloc(component->allocator, size);
    if (copy == NULL)
        return base_nomem(error);
    memcpy(copy, bytes, size);
    component->bytes = copy;
    component->owns_bytes = true;
    return PIRN_OK;
}

static pirn_status load(pirn_component *component, const void *bytes, size_t size, pirn_bytes_use use,
                        pirn_error *error)
{
    PIRN_TRY(take_bytes(component, bytes, size, use, error));
    PIRN_TRY(cm_decode(component, error));
    return cm_validate(component, error);
}

pirn_status pirn_component_load(pirn_engine *engine, const void *bytes, size_t size, pirn_bytes_use use,
                                pirn_component **out, pirn_error *error)
{
    const pirn_allocator *allocator = pirn_engine_allocator(engine);
    *out = NULL;
    pirn_component *component = base_alloc_zero(allocator, sizeof *component);
    if (component == NULL)
        return base_nomem(error);
    component->engine = engine;
    component->allocator = allocator;
    base_arena_init(&component->arena, allocator);
    pirn_status status = load(component, bytes, size, use, error);
    if (status == PIRN_OK)
        *out = component;
    else
        pirn_component_free(component);
    return status;
}

void pirn_component_free(pirn_component *component)
{
    if (component == NULL)
        return;
    const pirn_allocator *allocator = component->allocator;
    for (size_t i = 0; i < component->modules.len; i++)
        pirn_module_free(component->modules.data[i]);
    BASE_VEC_DONE(&component->modules, allocator);
    BASE_VEC_DONE(&component->sections, allocator);
    base_arena_done(&component->arena);
    if (component->owns_bytes)
        base_free(allocator, (void *)component->bytes, component->size);
    base_free(allocator, component, sizeof *component);
}

/* ---- Imports and exports ----------------------------------------------------------------------------------------- */

const char *pirn_item_kind_name(pirn_item_kind kind)
{
    static const char *const names[] = {"module", "func", "value", "type", "component", "instance"};
    return names[kind];
}

static pirn_item_kind kind_of(cm_sort sort)
{
    switch (sort) {
    case CM_CORE_MODULE:
        return PIRN_ITEM_MODULE;
    case CM_FUNC:
        return PIRN_ITEM_FUNC;
    case CM_VALUE:
        return PIRN_ITEM_VALUE;
    case CM_TYPE:
        return PIRN_ITEM_TYPE;
    case CM_COMPONENT:
        return PIRN_ITEM_COMPONENT;
    default:
        return PIRN_ITEM_INSTANCE;
    }
}

static pirn_item item_of(const cm_extern *external)
{
    const cm_item *item = &external->item;
    pirn_item out = {.name = external->name, .kind = kind_of(item->sort)};
    if (item->sort == CM_FUNC)
        out.func = item->func;
    if (item->sort == CM_TYPE && item->type.kind == CM_TYPE_VALUE)
        out.type = item->type.value;
    out.is_resource = item->sort == CM_TYPE && item->type.kind == CM_TYPE_RESOURCE;
    if (out.is_resource)
        out.resource = item->type.resource + 1;
    if (item->sort == CM_INSTANCE) {
        out.member_count = item->instance->exports.count;
        out.detail = &item->instance->exports;
    }
    return out;
}

size_t pirn_component_import_count(const pirn_component *component)
{
    return component->root->type.imports.count;
}

pirn_item pirn_component_import(const pirn_component *component, size_t index)
{
    return item_of(&component->root->type.imports.list[index]);
}

size_t pirn_component_export_count(const pirn_component *component)
{
    return component->root->type.exports.count;
}

pirn_item pirn_component_export(const pirn_component *component, size_t index)
{
    return item_of(&component->root->type.exports.list[index]);
}

pirn_item pirn_item_member(const pirn_item *item, size_t index)
{
    const cm_externs *exports = item->detail;
    return item_of(&exports->list[index]);
}

/* ---- Sections and modules ---------------------------------------------------------------------------------------- */

size_t pirn_component_section_count(const pirn_component *component)
{
    return component->sections.len;
}

pirn_section pirn_component_section(const pirn_component *component, size_t index)
{
    return component->sections.data[index];
}

size_t pirn_component_module_count(const pirn_component *component)
{
    return component->modules.len;
}

const pirn_module *pirn_component_module(const pirn_component *component, size_t index)
{
    return component->modules.data[index];
}

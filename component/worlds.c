/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the types of a component to be made come from. A binary WIT package exports for each world a component type, which
 * exports the world itself, a component type under its full name (WIT.md "Package Format"). Custom sections named
 * "component-type..." hold such packages too, with one world each and how strings are encoded.
 */
#include "component/componentize.h"
#include <string.h>

#define WORLD_SECTION    "component-type"
#define ENCODING_SECTION "wit-component-encoding"

static bool begins_with(pirn_str text, pirn_str with)
{
    return text.len >= with.len && memcmp(text.data, with.data, with.len) == 0;
}

/* ---- Worlds in a package ----------------------------------------------------------------------------------------- */

/* The world that an export of a package holds; NULL: it holds something else, as an interface does. */
static const cm_extern *world_in(const cm_extern *external)
{
    if (external->item.sort != CM_TYPE || external->item.type.kind != CM_TYPE_COMPONENT)
        return NULL;
    const cm_externs *exports = &external->item.type.component->exports;
    return exports->count == 1 && exports->list[0].item.sort == CM_COMPONENT ? &exports->list[0] : NULL;
}

/* "hello" and "a:b/hello@1.0.0" both name it. */
static bool has_name(const cm_extern *external, pirn_str name)
{
    return name.len == 0 || pirn_str_eq(external->name, name) || pirn_str_eq(world_in(external)->name, name);
}

static pirn_status add_world(cm_componentizer *c, cm_unit *unit, pirn_component *source, const cm_extern *found)
{
    cm_world world = {.unit = unit, .name = found->name, .source = source, .type = found->item.component};
    cm_part part = {.label = found->name, .type = world.type, .used = &c->used};
    world.part = cm_imports_add_part(&c->imports, part);
    return BASE_VEC_PUSH(&c->worlds, c->allocator, world) ? PIRN_OK : base_nomem(c->error);
}

/* The one world of that name, or the only one if the name is empty. */
static pirn_status find_world(cm_componentizer *c, const pirn_component *source, pirn_str name, const cm_extern **out)
{
    const cm_externs *exports = &source->root->type.exports;
    const cm_extern *found = NULL;
    for (uint32_t i = 0; i < exports->count; i++) {
        const cm_extern *external = &exports->list[i];
        if (world_in(external) == NULL || !has_name(external, name))
            continue;
        if (found != NULL)
            return base_fail(c->error, PIRN_INVALID, PIRN_NO_OFFSET,
                             "there are several worlds, \"%.*s\" and \"%.*s\": say which one",
                             PIRN_STR_ARG(found->name), PIRN_STR_ARG(external->name));
        found = external;
    }
    if (found == NULL && name.len > 0)
        return base_fail(c->error, PIRN_INVALID, PIRN_NO_OFFSET, "there is no world \"%.*s\"", PIRN_STR_ARG(name));
    if (found == NULL)
        return base_fail(c->error, PIRN_INVALID, PIRN_NO_OFFSET, "there is no world");
    *out = world_in(found);
    return PIRN_OK;
}

pirn_status cm_world_of_package(cm_componentizer *c, cm_unit *unit, const void *bytes, size_t size, pirn_str name)
{
    pirn_component *source;
    const cm_extern *found = NULL;
    PIRN_TRY(pirn_component_load(c->engine, bytes, size, PIRN_BYTES_BORROW, &source, c->error));
    pirn_status status = find_world(c, source, name, &found);
    if (status == PIRN_OK)
        status = add_world(c, unit, source, found);
    if (status != PIRN_OK)
        pirn_component_free(source);
    return status;
}

/* ---- Custom sections --------------------------------------------------------------------------------------------- */

/* The section ENCODING_SECTION of a package: a version, and the encoding as in canonical options. */
static cm_encoding encoding_of(const pirn_component *source)
{
    for (size_t i = 0; i < source->sections.len; i++) {
        const pirn_section *section = &source->sections.data[i];
        if (section->id != CM_SECTION_CUSTOM || !pirn_str_eq(section->name, PIRN_STR(ENCODING_SECTION)))
            continue;
        uint8_t last = section->size == 0 ? 0 : source->bytes[section->offset + section->size - 1];
        return last <= CM_LATIN1_UTF16 ? (cm_encoding)last : CM_UTF8;
    }
    return CM_UTF8;
}

static pirn_status add_section(cm_componentizer *c, cm_unit *unit, const uint8_t *bytes, size_t size)
{
    size_t before = c->worlds.len;
    PIRN_TRY(cm_world_of_package(c, unit, bytes, size, PIRN_STR("")));
    cm_encoding encoding = encoding_of(c->worlds.data[before].source);
    bool is_first = before == 0 || c->worlds.data[before - 1].unit != unit;
    if (!is_first && encoding != unit->encoding)
        return base_fail(c->error, PIRN_INVALID, PIRN_NO_OFFSET, "the module was made for two encodings of strings");
    unit->encoding = encoding;
    return PIRN_OK;
}

pirn_status cm_worlds_of_module(cm_componentizer *c, cm_unit *unit)
{
    uint8_t *kept = base_arena_alloc(&c->arena, unit->size);
    if (kept == NULL)
        return base_nomem(c->error);
    vm_reader r;
    vm_reader_init(&r, unit->bytes, unit->size, 0, c->error);
    size_t kept_size = 8;
    memcpy(kept, unit->bytes, kept_size);
    vm_reader_bytes(&r, kept_size);
    while (vm_reader_left(&r) > 0) {
        const uint8_t *at = r.pos;
        uint8_t id = vm_reader_u8(&r);
        vm_range content = vm_reader_bytes(&r, vm_reader_leb_u32(&r));
        PIRN_TRY(r.status);
        vm_reader inside;
        vm_reader_init(&inside, content.start, (size_t)(content.end - content.start), 0, c->error);
        if (id == CM_SECTION_CUSTOM && begins_with(vm_reader_name(&inside), PIRN_STR(WORLD_SECTION))) {
            PIRN_TRY(add_section(c, unit, inside.pos, vm_reader_left(&inside)));
            continue;
        }
        memcpy(kept + kept_size, at, (size_t)(r.pos - at));
        kept_size += (size_t)(r.pos - at);
    }
    unit->bytes = kept;
    unit->size = kept_size;
    return PIRN_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Definitions to bytes, each by its rule in Binary.md. */
#include "component/encode.h"
#include <string.h>

void cm_encoder_init(cm_encoder *e, const pirn_allocator *allocator)
{
    static const uint8_t preamble[] = {0x00, 'a', 's', 'm', 0x0D, 0x00, 0x01, 0x00};
    memset(e, 0, sizeof *e);
    vm_writer_init(&e->out, allocator);
    vm_writer_bytes(&e->out, preamble, sizeof preamble);
}

void cm_encoder_done(cm_encoder *e)
{
    vm_writer_done(&e->out);
}

static void close_section(cm_encoder *e)
{
    if (e->section == 0)
        return;
    vm_writer_insert_leb(&e->out, e->entries_at, e->entries);
    vm_writer_end(&e->out, e->section_at);
    e->section = 0;
}

uint8_t *cm_encoder_take(cm_encoder *e, size_t *size)
{
    close_section(e);
    return vm_writer_take(&e->out, size);
}

pirn_status cm_encoder_finish(cm_encoder *e, pirn_engine *engine, base_arena *arena, const uint8_t **bytes,
                              size_t *size, pirn_error *error)
{
    pirn_component *made;
    close_section(e);
    pirn_str copy = {NULL, 0};
    if (!e->out.failed)
        copy = base_arena_copy(arena, (pirn_str){(const char *)e->out.data, e->out.len});
    if (copy.data == NULL)
        return base_nomem(error);
    PIRN_TRY(pirn_component_load(engine, copy.data, copy.len, PIRN_BYTES_BORROW, &made, error));
    pirn_component_free(made);
    *bytes = (const uint8_t *)copy.data;
    *size = copy.len;
    return PIRN_OK;
}

vm_writer *cm_encode_entry(cm_encoder *e, uint8_t section)
{
    if (e->section != section) {
        close_section(e);
        e->section = section;
        e->section_at = vm_writer_begin(&e->out, section);
        e->entries_at = e->out.len;
        e->entries = 0;
    }
    e->entries++;
    return &e->out;
}

vm_writer *cm_encode_type(cm_encoder *e, uint32_t *index)
{
    *index = e->counts[CM_TYPE]++;
    return cm_encode_entry(e, CM_SECTION_TYPE);
}

/* A section whose content is one thing, without a count. */
static void write_whole(cm_encoder *e, uint8_t section, pirn_str name, const void *bytes, size_t size)
{
    close_section(e);
    size_t at = vm_writer_begin(&e->out, section);
    if (section == CM_SECTION_CUSTOM)
        vm_writer_name(&e->out, name);
    vm_writer_bytes(&e->out, bytes, size);
    vm_writer_end(&e->out, at);
}

uint32_t cm_encode_module(cm_encoder *e, const void *bytes, size_t size)
{
    write_whole(e, CM_SECTION_CORE_MODULE, PIRN_STR(""), bytes, size);
    return e->counts[CM_CORE_MODULE]++;
}

uint32_t cm_encode_component(cm_encoder *e, const void *bytes, size_t size)
{
    write_whole(e, CM_SECTION_COMPONENT, PIRN_STR(""), bytes, size);
    return e->counts[CM_COMPONENT]++;
}

void cm_encode_custom(cm_encoder *e, pirn_str name, const void *bytes, size_t size)
{
    write_whole(e, CM_SECTION_CUSTOM, name, bytes, size);
}

/* ---- Parts of definitions ---------------------------------------------------------------------------------------- */

void cm_write_extern_name(vm_writer *out, pirn_str name)
{
    vm_writer_u8(out, 0x00);
    vm_writer_name(out, name);
}

/* By sort: its bytes; a second one where the first is that of core sorts. */
static const struct {
    uint8_t first, second;
} sort_bytes[CM_SORT_COUNT] = {
    [CM_CORE_FUNC] = {0x00, 0x00},   [CM_CORE_TABLE] = {0x00, 0x01},
    [CM_CORE_MEMORY] = {0x00, 0x02}, [CM_CORE_GLOBAL] = {0x00, 0x03},
    [CM_CORE_TAG] = {0x00, 0x04},    [CM_CORE_TYPE] = {0x00, 0x10},
    [CM_CORE_MODULE] = {0x00, 0x11}, [CM_CORE_INSTANCE] = {0x00, 0x12},
    [CM_FUNC] = {0x01, 0},           [CM_VALUE] = {0x02, 0},
    [CM_TYPE] = {0x03, 0},           [CM_COMPONENT] = {0x04, 0},
    [CM_INSTANCE] = {0x05, 0},
};

void cm_write_sort(vm_writer *out, cm_sort sort)
{
    vm_writer_u8(out, sort_bytes[sort].first);
    if (sort_bytes[sort].first == 0x00)
        vm_writer_u8(out, sort_bytes[sort].second);
}

void cm_write_desc(vm_writer *out, cm_extern_desc desc)
{
    cm_write_sort(out, desc.sort);
    if (desc.sort == CM_TYPE)
        vm_writer_u8(out, desc.bound == CM_BOUND_SUB ? 0x01 : 0x00);
    if (desc.bound != CM_BOUND_SUB)
        vm_writer_leb_unsigned(out, desc.index);
}

/* In core definitions the sort of a core item is its second byte alone. */
static void write_core_refs(vm_writer *out, const cm_named_refs *list)
{
    vm_writer_leb_unsigned(out, list->len);
    for (size_t i = 0; i < list->len; i++) {
        vm_writer_name(out, list->data[i].name);
        vm_writer_u8(out, sort_bytes[list->data[i].ref.sort].second);
        vm_writer_leb_unsigned(out, list->data[i].ref.index);
    }
}

static void write_options(vm_writer *out, const cm_option_indices *options)
{
    const uint32_t indices[] = {options->memory, options->realloc, options->post_return};
    uint32_t count = 1;
    for (size_t i = 0; i < 3; i++)
        count += indices[i] != CM_NONE;
    vm_writer_leb_unsigned(out, count);
    vm_writer_u8(out, (uint8_t)options->encoding);
    for (uint8_t i = 0; i < 3; i++) {
        if (indices[i] == CM_NONE)
            continue;
        vm_writer_u8(out, 0x03 + i);
        vm_writer_leb_unsigned(out, indices[i]);
    }
}

/* ---- Definitions ------------------------------------------------------------------------------------------------- */

uint32_t cm_encode_core_instantiate(cm_encoder *e, uint32_t module, const cm_named_refs *arguments)
{
    vm_writer *out = cm_encode_entry(e, CM_SECTION_CORE_INSTANCE);
    vm_writer_u8(out, 0x00);
    vm_writer_leb_unsigned(out, module);
    write_core_refs(out, arguments);
    return e->counts[CM_CORE_INSTANCE]++;
}

uint32_t cm_encode_core_exports(cm_encoder *e, const cm_named_refs *exports)
{
    vm_writer *out = cm_encode_entry(e, CM_SECTION_CORE_INSTANCE);
    vm_writer_u8(out, 0x01);
    write_core_refs(out, exports);
    return e->counts[CM_CORE_INSTANCE]++;
}

uint32_t cm_encode_instantiate(cm_encoder *e, uint32_t component, const cm_named_refs *arguments)
{
    vm_writer *out = cm_encode_entry(e, CM_SECTION_INSTANCE);
    vm_writer_u8(out, 0x00);
    vm_writer_leb_unsigned(out, component);
    vm_writer_leb_unsigned(out, arguments->len);
    for (size_t i = 0; i < arguments->len; i++) {
        vm_writer_name(out, arguments->data[i].name);
        cm_write_sort(out, arguments->data[i].ref.sort);
        vm_writer_leb_unsigned(out, arguments->data[i].ref.index);
    }
    return e->counts[CM_INSTANCE]++;
}

static uint32_t encode_alias(cm_encoder *e, cm_sort sort, uint8_t target, uint32_t instance, pirn_str name)
{
    vm_writer *out = cm_encode_entry(e, CM_SECTION_ALIAS);
    cm_write_sort(out, sort);
    vm_writer_u8(out, target);
    vm_writer_leb_unsigned(out, instance);
    vm_writer_name(out, name);
    return e->counts[sort]++;
}

uint32_t cm_encode_alias(cm_encoder *e, cm_sort sort, uint32_t instance, pirn_str name)
{
    return encode_alias(e, sort, 0x00, instance, name);
}

uint32_t cm_encode_core_alias(cm_encoder *e, cm_sort sort, uint32_t instance, pirn_str name)
{
    return encode_alias(e, sort, 0x01, instance, name);
}

uint32_t cm_encode_resource(cm_encoder *e, uint32_t dtor)
{
    uint32_t index;
    vm_writer *out = cm_encode_type(e, &index);
    vm_writer_u8(out, CM_CODE_RESOURCE);
    vm_writer_u8(out, (uint8_t)PIRN_I32);
    vm_writer_u8(out, dtor != CM_NONE);
    if (dtor != CM_NONE)
        vm_writer_leb_unsigned(out, dtor);
    return index;
}

uint32_t cm_encode_lift(cm_encoder *e, uint32_t core_func, const cm_option_indices *options, uint32_t type)
{
    vm_writer *out = cm_encode_entry(e, CM_SECTION_CANON);
    vm_writer_u8(out, CM_CANON_LIFT);
    vm_writer_u8(out, 0x00);
    vm_writer_leb_unsigned(out, core_func);
    write_options(out, options);
    vm_writer_leb_unsigned(out, type);
    return e->counts[CM_FUNC]++;
}

uint32_t cm_encode_lower(cm_encoder *e, uint32_t func, const cm_option_indices *options)
{
    vm_writer *out = cm_encode_entry(e, CM_SECTION_CANON);
    vm_writer_u8(out, CM_CANON_LOWER);
    vm_writer_u8(out, 0x00);
    vm_writer_leb_unsigned(out, func);
    write_options(out, options);
    return e->counts[CM_CORE_FUNC]++;
}

uint32_t cm_encode_builtin(cm_encoder *e, cm_canon_kind kind, uint32_t type)
{
    vm_writer *out = cm_encode_entry(e, CM_SECTION_CANON);
    vm_writer_u8(out, (uint8_t)kind);
    vm_writer_leb_unsigned(out, type);
    return e->counts[CM_CORE_FUNC]++;
}

uint32_t cm_encode_import(cm_encoder *e, pirn_str name, cm_extern_desc desc)
{
    vm_writer *out = cm_encode_entry(e, CM_SECTION_IMPORT);
    cm_write_extern_name(out, name);
    cm_write_desc(out, desc);
    return e->counts[desc.sort]++;
}

uint32_t cm_encode_export(cm_encoder *e, pirn_str name, cm_ref ref, const cm_extern_desc *desc)
{
    vm_writer *out = cm_encode_entry(e, CM_SECTION_EXPORT);
    cm_write_extern_name(out, name);
    cm_write_sort(out, ref.sort);
    vm_writer_leb_unsigned(out, ref.index);
    vm_writer_u8(out, desc != NULL);
    if (desc != NULL)
        cm_write_desc(out, *desc);
    return e->counts[ref.sort]++;
}

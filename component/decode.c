/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding of components: preamble, sections, and the definitions in them but for types (decode_type.c) and canonical
 * definitions (decode_canon.c). A component in a component is decoded by recursion, at most CM_LIMIT_NESTING deep.
 */
#include "component/decode.h"
#include <stddef.h>
#include <string.h>

enum { LIMIT_ENTRIES = 100000 };

/* Sections, by id. `decode` reads one entry of the section's vector. */
typedef pirn_status (*decode_entry)(cm_decoder *d, cm_definition *out);

pirn_status cm_decode_bad_byte(cm_decoder *d, uint8_t byte, const char *what)
{
    return vm_reader_fail_at(&d->r, d->r.pos - (d->r.pos > d->r.start), PIRN_MALFORMED,
                             "invalid leading byte (0x%x) for %s", byte, what);
}

static const char *feature_name(uint32_t feature)
{
    static const char *const names[] = {
#define FEATURE_NAME(bit, enumerator, name, since, complete, meaning) name,
        PIRN_COMPONENT_FEATURES(FEATURE_NAME)
#undef FEATURE_NAME
    };
    size_t bit = 0;
    while (feature >> bit > 1)
        bit++;
    return names[bit];
}

pirn_status cm_decode_need(cm_decoder *d, const uint8_t *at, uint32_t feature, const char *what)
{
    uint32_t on = pirn_engine_component_features(d->component->engine) & pirn_component_features_supported();
    if ((on & feature) == feature || vm_reader_failed(&d->r))
        return d->r.status;
    if ((pirn_component_features_supported() & feature) == 0)
        return vm_reader_fail_at(&d->r, at, PIRN_INVALID, "%s is not supported yet (%s)", what,
                                 feature_name(feature));
    return vm_reader_fail_at(&d->r, at, PIRN_INVALID, "%s needs the feature %s, which is off", what,
                             feature_name(feature));
}

bool cm_decode_bool(cm_decoder *d)
{
    uint8_t value = vm_reader_u8(&d->r);
    if (value > 0x01)
        vm_reader_fail_at(&d->r, d->r.pos - 1, PIRN_MALFORMED, "invalid boolean value");
    return value == 0x01;
}

pirn_status cm_decode_enter(cm_decoder *d)
{
    if (d->nesting >= CM_LIMIT_NESTING)
        return vm_reader_fail(&d->r, PIRN_LIMIT, "components and types are nested too deep");
    d->nesting++;
    return PIRN_OK;
}

void *cm_decode_array(cm_decoder *d, size_t count, size_t size)
{
    static const max_align_t nothing;
    if (count == 0)
        return (void *)&nothing;
    void *array = base_arena_array(d->arena, count, size);
    if (array == NULL && !vm_reader_failed(&d->r))
        d->r.status = base_nomem(d->r.error);
    return array;
}

/* ---- Building a body --------------------------------------------------------------------------------------------- */

pirn_status cm_decode_begin(cm_decoder *d, cm_component *body, size_t count)
{
    if (count > CM_LIMIT_DEFINITIONS)
        return vm_reader_fail(&d->r, PIRN_LIMIT, "a component has too many definitions");
    body->definitions = cm_decode_array(d, count, sizeof *body->definitions);
    return d->r.status;
}

void cm_decode_add(cm_decoder *d, cm_component *body, const uint8_t *at, cm_definition definition)
{
    definition.offset = (uint32_t)(d->r.base_offset + (uint64_t)(at - d->r.start));
    definition.index = body->space_counts[definition.item.sort]++ & 0xFFFFFF;
    body->definitions[body->definition_count++] = definition;
}

pirn_status cm_decode_finish(cm_decoder *d, cm_component *body)
{
    uint32_t *spaces[CM_SORT_COUNT];
    for (int sort = 0; sort < CM_SORT_COUNT; sort++)
        body->spaces[sort] = spaces[sort] = cm_decode_array(d, body->space_counts[sort], sizeof **spaces);
    PIRN_TRY(d->r.status);
    for (uint32_t i = 0; i < body->definition_count; i++)
        spaces[body->definitions[i].item.sort][body->definitions[i].index] = i;
    return PIRN_OK;
}

/* ---- Parts of definitions ---------------------------------------------------------------------------------------- */

/* Core sorts that follow 0x00, by byte. */
static bool core_sort_of(uint8_t byte, cm_sort *out)
{
    static const uint8_t sorts[] = {CM_CORE_FUNC, CM_CORE_TABLE, CM_CORE_MEMORY, CM_CORE_GLOBAL, CM_CORE_TAG};
    if (byte < sizeof sorts)
        *out = (cm_sort)sorts[byte];
    else if (byte >= 0x10 && byte <= 0x12)
        *out = (cm_sort)(CM_CORE_TYPE + (byte - 0x10));
    else
        return false;
    return true;
}

/* A sort and its bytes, unchecked: what is allowed depends on what follows. */
typedef struct sort_bytes {
    uint8_t first, second;
} sort_bytes;

static sort_bytes read_sort_bytes(cm_decoder *d)
{
    uint8_t first = vm_reader_u8(&d->r);
    return (sort_bytes){first, first == 0x00 ? vm_reader_u8(&d->r) : 0};
}

/* Sorts of components, and core modules. */
static cm_sort component_sort(cm_decoder *d, sort_bytes bytes, const char *what)
{
    if (bytes.first == 0x00) {
        if (bytes.second != 0x11)
            cm_decode_bad_byte(d, bytes.second, what);
        return CM_CORE_MODULE;
    }
    if (bytes.first > 0x05)
        cm_decode_bad_byte(d, bytes.first, what);
    if (bytes.first == 0x02)
        cm_decode_need(d, d->r.pos, PIRN_COMPONENT_VALUES, "a value");
    return vm_reader_failed(&d->r) ? CM_FUNC : (cm_sort)(CM_FUNC + (bytes.first - 0x01));
}

cm_sort cm_decode_sort(cm_decoder *d, const char *what)
{
    return component_sort(d, read_sort_bytes(d), what);
}

/* Attributes, by code. */
static const struct attribute_row {
    const char *name;
    uint32_t feature;
} attribute_rows[] = {
    {"implements", PIRN_COMPONENT_ATTRIBUTES},
    {"versionsuffix", PIRN_COMPONENT_CANONICAL_NAMES},
    {"external-id", PIRN_COMPONENT_ATTRIBUTES},
};

static void decode_attribute(cm_decoder *d, cm_attributes *out)
{
    const uint8_t *at = d->r.pos;
    uint8_t kind = vm_reader_u8(&d->r);
    if (kind >= BASE_COUNT(attribute_rows)) {
        cm_decode_bad_byte(d, kind, "name option");
        return;
    }
    const struct attribute_row *row = &attribute_rows[kind];
    pirn_str *const members[] = {&out->implements, &out->version_suffix, &out->external_id};
    pirn_str text = vm_reader_name(&d->r), *member = members[kind];
    if (member->data != NULL)
        vm_reader_fail_at(&d->r, at, PIRN_INVALID, "duplicate '%s' option in name", row->name);
    cm_decode_need(d, at, row->feature, "an attribute of a name");
    *member = text;
}

static const cm_attributes *decode_attributes(cm_decoder *d)
{
    uint32_t count = vm_reader_count(&d->r, 2, LIMIT_ENTRIES, "attributes");
    if (count == 0 || vm_reader_failed(&d->r))
        return NULL;
    cm_attributes *attributes = cm_decode_array(d, 1, sizeof *attributes);
    for (uint32_t i = 0; i < count && !vm_reader_failed(&d->r); i++)
        decode_attribute(d, attributes);
    return attributes;
}

pirn_str cm_decode_extern_name(cm_decoder *d, const cm_attributes **attributes)
{
    uint8_t form = vm_reader_u8(&d->r);
    if (form > 0x02)
        cm_decode_bad_byte(d, form, "component name");
    pirn_str name = vm_reader_name(&d->r);
    if (form == 0x02)
        *attributes = decode_attributes(d);
    return name;
}

cm_extern_desc cm_decode_extern_desc(cm_decoder *d)
{
    cm_extern_desc desc = {.sort = cm_decode_sort(d, "component external kind")};
    if (desc.sort == CM_TYPE) {
        uint8_t bound = vm_reader_u8(&d->r);
        if (bound > 0x01)
            cm_decode_bad_byte(d, bound, "type bound");
        desc.bound = bound == 0x00 ? CM_BOUND_EQ : CM_BOUND_SUB;
    }
    if (desc.bound != CM_BOUND_SUB)
        desc.index = vm_reader_leb_u32(&d->r);
    return desc;
}

/* ---- Entries of sections ----------------------------------------------------------------------------------------- */

static cm_argument *decode_arguments(cm_decoder *d, size_t min_bytes, uint32_t *count)
{
    *count = vm_reader_count(&d->r, min_bytes, LIMIT_ENTRIES, "arguments");
    return cm_decode_array(d, *count, sizeof(cm_argument));
}

static pirn_status decode_core_instance(cm_decoder *d, cm_definition *out)
{
    uint8_t form = vm_reader_u8(&d->r);
    if (form > 0x01)
        return cm_decode_bad_byte(d, form, "core instance");
    out->kind = form == 0x00 ? CM_DEF_CORE_INSTANTIATE : CM_DEF_CORE_EXPORTS;
    out->item.sort = CM_CORE_INSTANCE;
    cm_instance_definition *made = cm_decode_array(d, 1, sizeof *made);
    PIRN_TRY(d->r.status);
    if (form == 0x00)
        made->source = vm_reader_leb_u32(&d->r);
    cm_argument *arguments = decode_arguments(d, 3, &made->argument_count);
    for (uint32_t i = 0; i < made->argument_count && !vm_reader_failed(&d->r); i++) {
        cm_argument *a = &arguments[i];
        a->offset = vm_reader_offset(&d->r);
        a->name = vm_reader_name(&d->r);
        uint8_t sort = vm_reader_u8(&d->r);
        if (!core_sort_of(sort, &a->ref.sort) || (form == 0x00) != (a->ref.sort == CM_CORE_INSTANCE) ||
            a->ref.sort == CM_CORE_TYPE || a->ref.sort == CM_CORE_MODULE)
            cm_decode_bad_byte(d, sort, form == 0x00 ? "instantiation arg kind" : "external kind");
        a->ref.index = vm_reader_leb_u32(&d->r);
    }
    made->arguments = arguments;
    out->instance = made;
    return d->r.status;
}

static pirn_status decode_instance(cm_decoder *d, cm_definition *out)
{
    uint8_t form = vm_reader_u8(&d->r);
    if (form > 0x01)
        return cm_decode_bad_byte(d, form, "instance");
    out->kind = form == 0x00 ? CM_DEF_INSTANTIATE : CM_DEF_EXPORTS;
    out->item.sort = CM_INSTANCE;
    cm_instance_definition *made = cm_decode_array(d, 1, sizeof *made);
    PIRN_TRY(d->r.status);
    if (form == 0x00)
        made->source = vm_reader_leb_u32(&d->r);
    cm_argument *arguments = decode_arguments(d, 3, &made->argument_count);
    for (uint32_t i = 0; i < made->argument_count && !vm_reader_failed(&d->r); i++) {
        cm_argument *a = &arguments[i];
        a->offset = vm_reader_offset(&d->r);
        a->name = form == 0x00 ? vm_reader_name(&d->r) : cm_decode_extern_name(d, &a->attributes);
        a->ref.sort = cm_decode_sort(d, "component external kind");
        a->ref.index = vm_reader_leb_u32(&d->r);
    }
    made->arguments = arguments;
    out->instance = made;
    return d->r.status;
}

static void decode_alias_outer(cm_decoder *d, sort_bytes bytes, cm_definition *out, cm_alias_definition *alias)
{
    uint8_t last = bytes.first == 0x00 ? bytes.second : bytes.first;
    bool fits = bytes.first == 0x00 ? last == 0x10 || last == 0x11 : last == 0x03 || last == 0x04;
    if (!fits)
        cm_decode_bad_byte(d, last, "component outer alias kind");
    else if (bytes.first == 0x00)
        out->item.sort = last == 0x10 ? CM_CORE_TYPE : CM_CORE_MODULE;
    else
        out->item.sort = last == 0x03 ? CM_TYPE : CM_COMPONENT;
    out->kind = CM_DEF_ALIAS_OUTER;
    alias->depth = vm_reader_leb_u32(&d->r);
    alias->index = vm_reader_leb_u32(&d->r);
}

static void decode_alias_core_export(cm_decoder *d, sort_bytes bytes, cm_definition *out, cm_alias_definition *alias)
{
    if (bytes.first != 0x00 || bytes.second > 0x04)
        cm_decode_bad_byte(d, bytes.first == 0x00 ? bytes.second : bytes.first, "core instance export kind");
    else
        core_sort_of(bytes.second, &out->item.sort);
    out->kind = CM_DEF_ALIAS_CORE_EXPORT;
    alias->instance = vm_reader_leb_u32(&d->r);
    alias->name = vm_reader_name(&d->r);
}

pirn_status cm_decode_alias(cm_decoder *d, cm_definition *out)
{
    cm_alias_definition *alias = cm_decode_array(d, 1, sizeof *alias);
    PIRN_TRY(d->r.status);
    out->alias = alias;
    sort_bytes bytes = read_sort_bytes(d);
    uint8_t target = vm_reader_u8(&d->r);
    if (target == 0x00) {
        out->kind = CM_DEF_ALIAS_EXPORT;
        out->item.sort = component_sort(d, bytes, "component external kind");
        alias->instance = vm_reader_leb_u32(&d->r);
        alias->name = vm_reader_name(&d->r);
    } else if (target == 0x01) {
        decode_alias_core_export(d, bytes, out, alias);
    } else if (target == 0x02) {
        decode_alias_outer(d, bytes, out, alias);
    } else {
        cm_decode_bad_byte(d, target, "alias");
    }
    return d->r.status;
}

static pirn_status decode_import(cm_decoder *d, cm_definition *out)
{
    cm_external_definition *external = cm_decode_array(d, 1, sizeof *external);
    PIRN_TRY(d->r.status);
    out->kind = CM_DEF_IMPORT;
    out->external = external;
    external->name = cm_decode_extern_name(d, &external->attributes);
    external->desc = cm_decode_extern_desc(d);
    external->has_desc = true;
    out->item.sort = external->desc.sort;
    return d->r.status;
}

static pirn_status decode_export(cm_decoder *d, cm_definition *out)
{
    cm_external_definition *external = cm_decode_array(d, 1, sizeof *external);
    PIRN_TRY(d->r.status);
    out->kind = CM_DEF_EXPORT;
    out->external = external;
    external->name = cm_decode_extern_name(d, &external->attributes);
    external->ref.sort = cm_decode_sort(d, "component external kind");
    external->ref.index = vm_reader_leb_u32(&d->r);
    out->item.sort = external->ref.sort;
    uint8_t has_desc = vm_reader_u8(&d->r);
    if (has_desc > 0x01)
        return cm_decode_bad_byte(d, has_desc, "optional component export type");
    external->has_desc = has_desc == 0x01;
    if (external->has_desc)
        external->desc = cm_decode_extern_desc(d);
    return d->r.status;
}

/* Types are only checked. Where they begin is known: validation reads them again. */
static pirn_status skim(cm_decoder *d, decode_entry decode, cm_definition *out)
{
    d->arena = &d->syntax;
    pirn_status status = decode(d, out);
    d->arena = &d->component->arena;
    base_arena_reset(&d->syntax);
    out->syntax = NULL;
    return status;
}

static pirn_status skim_type(cm_decoder *d, cm_definition *out)
{
    return skim(d, cm_decode_type, out);
}

static pirn_status skim_core_type(cm_decoder *d, cm_definition *out)
{
    return skim(d, cm_decode_core_type, out);
}

/* ---- Sections ---------------------------------------------------------------------------------------------------- */

typedef struct section_row {
    const char *name;
    decode_entry decode; /* of a vector section */
    size_t min_bytes;    /* of one entry */
} section_row;

/* By id. */
static const section_row sections[] = {
    {"custom", NULL, 0},
    {"core module", NULL, 0},
    {"core instance", decode_core_instance, 2},
    {"core type", skim_core_type, 2},
    {"component", NULL, 0},
    {"instance", decode_instance, 2},
    {"alias", cm_decode_alias, 4},
    {"type", skim_type, 1},
    {"canon", cm_decode_canon, 1},
    {"start", NULL, 0},
    {"import", decode_import, 4},
    {"export", decode_export, 5},
    {"value", NULL, 0},
};

enum { SECTION_CUSTOM, SECTION_MODULE, SECTION_COMPONENT = 4, SECTION_START = 9, SECTION_VALUE = 12 };

static pirn_status decode_entries(cm_decoder *d, cm_component *body, const section_row *row, uint64_t *items)
{
    uint32_t count = vm_reader_count(&d->r, row->min_bytes, LIMIT_ENTRIES, row->name);
    *items = count;
    for (uint32_t i = 0; i < count && !vm_reader_failed(&d->r); i++) {
        cm_definition definition;
        memset(&definition, 0, sizeof definition);
        const uint8_t *at = d->r.pos;
        PIRN_TRY(row->decode(d, &definition));
        cm_decode_add(d, body, at, definition);
    }
    PIRN_TRY(d->r.status);
    if (!vm_reader_at_end(&d->r))
        return vm_reader_fail(&d->r, PIRN_MALFORMED,
                              "section size mismatch: unexpected data at the end of the section");
    return PIRN_OK;
}

/* The component's name, if the section has it: a name section that is not right says nothing. */
static void read_component_name(vm_reader r, cm_component *body)
{
    r.error = NULL;
    uint8_t id = vm_reader_u8(&r);
    uint32_t size = vm_reader_leb_u32(&r);
    if (vm_reader_failed(&r) || id != 0x00 || size > vm_reader_left(&r))
        return;
    vm_reader part = vm_reader_part(&r, vm_reader_bytes(&r, size));
    pirn_str name = vm_reader_name(&part);
    if (!vm_reader_failed(&part))
        body->name = name;
}

static pirn_status decode_custom(cm_decoder *d, cm_component *body, pirn_section *section)
{
    section->name = vm_reader_name(&d->r);
    PIRN_TRY(d->r.status);
    if (pirn_str_eq(section->name, PIRN_STR("component-name")))
        read_component_name(d->r, body);
    return PIRN_OK;
}

static pirn_status decode_component(cm_decoder *d, cm_component *body);

static pirn_status decode_nested(cm_decoder *d, cm_component *body)
{
    cm_component *nested = cm_decode_array(d, 1, sizeof *nested);
    PIRN_TRY(d->r.status);
    nested->kind = CM_BODY_COMPONENT;
    nested->parent = body;
    const uint8_t *at = d->r.pos;
    PIRN_TRY(cm_decode_enter(d));
    PIRN_TRY(decode_component(d, nested));
    d->nesting--;
    cm_decode_add(d, body, at,
                  (cm_definition){.kind = CM_DEF_COMPONENT, .component = nested, .item = {.sort = CM_COMPONENT}});
    return PIRN_OK;
}

static pirn_status decode_module(cm_decoder *d, cm_component *body)
{
    const uint8_t *at = d->r.pos;
    cm_module_definition *module = cm_decode_array(d, 1, sizeof *module);
    PIRN_TRY(d->r.status);
    module->bytes = vm_reader_bytes(&d->r, vm_reader_left(&d->r));
    cm_decode_add(d, body, at,
                  (cm_definition){.kind = CM_DEF_CORE_MODULE, .module = module, .item = {.sort = CM_CORE_MODULE}});
    return PIRN_OK;
}

/* The content of a section; d->r reads just that. */
static pirn_status decode_content(cm_decoder *d, cm_component *body, pirn_section *section)
{
    switch (section->id) {
    case SECTION_CUSTOM:
        return decode_custom(d, body, section);
    case SECTION_MODULE:
        return decode_module(d, body);
    case SECTION_COMPONENT:
        return decode_nested(d, body);
    case SECTION_START:
        return cm_decode_need(d, d->r.pos, PIRN_COMPONENT_VALUES, "a start function");
    case SECTION_VALUE:
        return cm_decode_need(d, d->r.pos, PIRN_COMPONENT_VALUES, "a value");
    default:
        return decode_entries(d, body, &sections[section->id], &section->items);
    }
}

static pirn_status decode_section(cm_decoder *d, cm_component *body)
{
    uint8_t id = vm_reader_u8(&d->r);
    if (!vm_reader_failed(&d->r) && id >= sizeof sections / sizeof *sections)
        return vm_reader_fail_at(&d->r, d->r.pos - 1, PIRN_MALFORMED, "malformed section id: %u", id);
    uint32_t size = vm_reader_leb_u32(&d->r);
    vm_range range = vm_reader_bytes(&d->r, size);
    PIRN_TRY(d->r.status);
    vm_reader outside = d->r;
    d->r = vm_reader_part(&outside, range);
    size_t number = d->component->sections.len;
    pirn_section section = {
        .id = id, .name = pirn_str_of(sections[id].name), .offset = vm_reader_offset(&d->r), .size = size};
    if (!BASE_VEC_PUSH(&d->component->sections, d->component->allocator, section))
        return base_nomem(d->r.error);
    PIRN_TRY(decode_content(d, body, &section));
    d->component->sections.data[number] = section;
    d->r = outside;
    return PIRN_OK;
}

static pirn_status decode_preamble(cm_decoder *d, const cm_component *body)
{
    const uint8_t *at = d->r.pos;
    vm_range bytes = vm_reader_bytes(&d->r, 8);
    PIRN_TRY(d->r.status);
    if (memcmp(bytes.start, "\0asm", 4) != 0)
        return vm_reader_fail_at(&d->r, at, PIRN_MALFORMED, "magic header not detected");
    static const uint8_t module[] = {1, 0, 0, 0}, component[] = {0x0D, 0, 1, 0};
    if (body->parent != NULL && memcmp(bytes.start + 4, module, 4) == 0)
        return vm_reader_fail_at(&d->r, at + 4, PIRN_MALFORMED, "expected a version header for a component");
    if (memcmp(bytes.start + 4, component, 4) != 0)
        return vm_reader_fail_at(&d->r, at + 4, PIRN_MALFORMED, "unknown binary version");
    return PIRN_OK;
}

/* At most so many definitions are in the sections to come: malformed ones are found when they are decoded. */
static size_t count_definitions(vm_reader r)
{
    size_t count = 0;
    r.error = NULL;
    while (!vm_reader_at_end(&r) && !vm_reader_failed(&r)) {
        uint8_t id = vm_reader_u8(&r);
        uint32_t size = vm_reader_leb_u32(&r);
        vm_range range = vm_reader_bytes(&r, size);
        if (vm_reader_failed(&r) || id >= sizeof sections / sizeof *sections)
            break;
        if (sections[id].decode != NULL) {
            vm_reader part = vm_reader_part(&r, range);
            size_t entries = vm_reader_leb_u32(&part), most = vm_reader_left(&part) / sections[id].min_bytes;
            count += entries < most ? entries : most;
        } else {
            count += id == SECTION_MODULE || id == SECTION_COMPONENT;
        }
    }
    return count;
}

static pirn_status decode_sections(cm_decoder *d, cm_component *body)
{
    PIRN_TRY(decode_preamble(d, body));
    PIRN_TRY(cm_decode_begin(d, body, count_definitions(d->r)));
    while (!vm_reader_at_end(&d->r))
        PIRN_TRY(decode_section(d, body));
    return cm_decode_finish(d, body);
}

static pirn_status decode_component(cm_decoder *d, cm_component *body)
{
    body->offset = vm_reader_offset(&d->r);
    return decode_sections(d, body);
}

static pirn_status decode_root(cm_decoder *d)
{
    if (d->component->size > UINT32_MAX)
        return vm_reader_fail(&d->r, PIRN_LIMIT, "a component is larger than 4 GiB");
    d->component->root = cm_decode_array(d, 1, sizeof *d->component->root);
    PIRN_TRY(d->r.status);
    return decode_component(d, d->component->root);
}

pirn_status cm_decode(pirn_component *component, pirn_error *error)
{
    cm_decoder d = {.component = component, .arena = &component->arena};
    vm_reader_init(&d.r, component->bytes, component->size, 0, error);
    base_arena_init(&d.syntax, component->allocator);
    pirn_status status = decode_root(&d);
    base_arena_done(&d.syntax);
    return status;
}

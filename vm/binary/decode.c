/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frame of a module (spec 5.5.2, 5.5.17): preamble and sections, their order and sizes.
 *
 *   00 61 73 6D   01 00 00 00   { id  size  content }*
 *     magic         version        section
 */
#include "vm/binary/decode.h"
#include "vm/binary/decoder.h"

enum { SECTION_CUSTOM = 0, PREAMBLE_WORD = 4 };

typedef struct section_row {
    const char *name;
    unsigned rank; /* sections occur in the order of their ranks, each at most once */
    vm_decode_section *decode;
    uint32_t feature;
} section_row;

/* Indexed by section id. */
static const section_row sections[] = {
    {"custom", 0, NULL, 0},
    {"type", 1, vm_decode_types, 0},
    {"import", 2, vm_decode_imports, 0},
    {"function", 3, vm_decode_funcs, 0},
    {"table", 4, vm_decode_tables, 0},
    {"memory", 5, vm_decode_memories, 0},
    {"global", 7, vm_decode_globals, 0},
    {"export", 8, vm_decode_exports, 0},
    {"start", 9, vm_decode_start, 0},
    {"element", 10, vm_decode_elems, 0},
    {"code", 12, vm_decode_code, 0},
    {"data", 13, vm_decode_datas, 0},
    {"data count", 11, vm_decode_data_count, PIRN_FEATURE_BULK_MEMORY},
    {"tag", 6, vm_decode_tags, PIRN_FEATURE_EXCEPTIONS},
};

void vm_decode_nomem(vm_reader *r)
{
    vm_reader_fail(r, PIRN_NOMEM, "out of memory");
}

void *vm_decode_array(vm_decoder *d, vm_reader *r, size_t count, size_t element_size)
{
    void *array = base_arena_array(&d->module->arena, count, element_size);
    if (array == NULL)
        vm_decode_nomem(r);
    return array;
}

static pirn_status decode_preamble(vm_reader *r)
{
    static const uint8_t magic[] = {0x00, 'a', 's', 'm'};
    static const uint8_t module_version[] = {0x01, 0x00, 0x00, 0x00};
    static const uint8_t component_layer[] = {0x01, 0x00};
    vm_range word = vm_reader_bytes(r, PREAMBLE_WORD);
    PIRN_TRY(r->status);
    if (memcmp(word.start, magic, PREAMBLE_WORD) != 0)
        return vm_reader_fail_at(r, word.start, PIRN_MALFORMED, "magic header not detected");
    word = vm_reader_bytes(r, PREAMBLE_WORD);
    PIRN_TRY(r->status);
    if (memcmp(word.start, module_version, PREAMBLE_WORD) == 0)
        return PIRN_OK;
    if (memcmp(word.start + 2, component_layer, sizeof component_layer) == 0)
        return vm_reader_fail_at(r, word.start, PIRN_MALFORMED,
                                 "unknown binary version: this is a component, not a core module");
    return vm_reader_fail_at(r, word.start, PIRN_MALFORMED, "unknown binary version 0x%x", base_load_u32(word.start));
}

static void decode_custom(vm_decoder *d, vm_reader *r, uint32_t after_section, pirn_section *section)
{
    vm_custom custom = {.name = vm_reader_name(r), .after_section = after_section};
    custom.content = vm_reader_bytes(r, vm_reader_left(r));
    section->name = custom.name;
    if (!vm_reader_failed(r) && !BASE_VEC_PUSH(&d->customs, d->allocator, custom))
        vm_decode_nomem(r);
}

/* A section that is not a custom one: its place in the order, its content, its size. */
static void decode_known(vm_decoder *d, vm_reader *r, const uint8_t *at, uint32_t last, pirn_section *section)
{
    const section_row *row = &sections[section->id];
    section->name = pirn_str_of(row->name);
    if (row->rank <= sections[last].rank)
        vm_reader_fail_at(r, at, PIRN_MALFORMED, "unexpected content after last section: %s section after %s section",
                          row->name, sections[last].name);
    if (row->feature & ~d->features)
        vm_reader_require(r, at, d->features, row->feature, row->name);
    if (vm_reader_failed(r))
        return;
    row->decode(d, r, &section->items);
    if (!vm_reader_failed(r) && !vm_reader_at_end(r))
        vm_reader_fail(r, PIRN_MALFORMED, "section size mismatch: the %s section goes on after its last entry",
                       row->name);
}

/* One section; *last is the id of the last section that was not a custom one. */
static pirn_status decode_section(vm_decoder *d, uint32_t *last)
{
    const uint8_t *at = d->r.pos;
    pirn_section section = {.id = vm_reader_u8(&d->r)};
    if (section.id >= BASE_COUNT(sections))
        return vm_reader_fail_at(&d->r, at, PIRN_MALFORMED, "malformed section id %u", section.id);
    const uint8_t *size_at = d->r.pos;
    section.size = vm_reader_leb_u32(&d->r);
    section.offset = vm_reader_offset(&d->r);
    if (section.size > vm_reader_left(&d->r))
        vm_reader_fail_at(&d->r, size_at, PIRN_MALFORMED, "length out of bounds");
    vm_reader part = vm_reader_part(&d->r, vm_reader_bytes(&d->r, (size_t)section.size));
    PIRN_TRY(d->r.status);
    if (section.id == SECTION_CUSTOM)
        decode_custom(d, &part, *last, &section);
    else
        decode_known(d, &part, at, *last, &section);
    PIRN_TRY(part.status);
    if (section.id != SECTION_CUSTOM)
        *last = section.id;
    if (!BASE_VEC_PUSH(&d->sections, d->allocator, section))
        return base_nomem(d->r.error);
    return PIRN_OK;
}

/* What only the end of the module shows. */
static pirn_status check_lengths(vm_decoder *d)
{
    const vm_module *m = d->module;
    const uint8_t *code_at = d->code_count_at != NULL ? d->code_count_at : d->r.end;
    if (d->funcs.len - m->imported_funcs != d->code_count)
        return vm_reader_fail_at(&d->r, code_at, PIRN_MALFORMED,
                                 "function and code section have inconsistent lengths");
    if (m->has_data_count && m->data_count != m->datas.len)
        return vm_reader_fail(&d->r, PIRN_MALFORMED, "data count and data section have inconsistent lengths");
    return PIRN_OK;
}

/* Copies a growable array into the arena; false when out of memory. */
static bool freeze(vm_module *m, const void *data, size_t len, size_t element_size, void **out, uint32_t *out_len)
{
    *out_len = (uint32_t)len;
    if (len == 0)
        return true;
    *out = base_arena_array(&m->arena, len, element_size);
    if (*out == NULL)
        return false;
    memcpy(*out, data, len * element_size);
    return true;
}

#define FREEZE(d, field)                                                                                             \
    freeze((d)->module, (d)->field.data, (d)->field.len, sizeof *(d)->field.data, (void **)&(d)->module->field.data, \
           &(d)->module->field.len)

static pirn_status freeze_all(vm_decoder *d)
{
    if (FREEZE(d, types) && FREEZE(d, imports) && FREEZE(d, funcs) && FREEZE(d, tables) && FREEZE(d, memories) &&
        FREEZE(d, tags) && FREEZE(d, globals) && FREEZE(d, customs) && FREEZE(d, sections))
        return PIRN_OK;
    return base_nomem(d->r.error);
}

static pirn_status decode_name_section(vm_decoder *d)
{
    const vm_module *m = d->module;
    for (uint32_t i = 0; i < m->customs.len; i++) {
        if (pirn_str_eq(m->customs.data[i].name, PIRN_STR("name")))
            return vm_decode_names(d->module, m->customs.data[i].content, d->r.error);
    }
    return PIRN_OK;
}

static pirn_status decode_module(vm_decoder *d)
{
    uint32_t last = SECTION_CUSTOM;
    PIRN_TRY(decode_preamble(&d->r));
    while (!vm_reader_at_end(&d->r))
        PIRN_TRY(decode_section(d, &last));
    PIRN_TRY(check_lengths(d));
    PIRN_TRY(freeze_all(d));
    return decode_name_section(d);
}

pirn_status vm_decode(vm_module *out, const uint8_t *bytes, size_t size, uint64_t base_offset, uint32_t features,
                      const pirn_allocator *allocator, pirn_error *error)
{
    vm_decoder d = {.module = out, .allocator = allocator, .features = features};
    vm_reader_init(&d.r, bytes, size, base_offset, error);
    *out = (vm_module){.bytes = {d.r.start, d.r.end}, .base_offset = base_offset, .features = features};
    base_arena_init(&out->arena, allocator);
    pirn_status status = decode_module(&d);
    BASE_VEC_DONE(&d.types, allocator);
    BASE_VEC_DONE(&d.imports, allocator);
    BASE_VEC_DONE(&d.funcs, allocator);
    BASE_VEC_DONE(&d.tables, allocator);
    BASE_VEC_DONE(&d.memories, allocator);
    BASE_VEC_DONE(&d.globals, allocator);
    BASE_VEC_DONE(&d.tags, allocator);
    BASE_VEC_DONE(&d.customs, allocator);
    BASE_VEC_DONE(&d.sections, allocator);
    if (status != PIRN_OK)
        vm_module_done(out);
    return status;
}

void vm_module_done(vm_module *module)
{
    base_arena_done(&module->arena);
    *module = (vm_module){.arena = module->arena};
}

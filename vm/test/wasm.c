/* SPDX-License-Identifier: Apache-2.0 */
#include "vm/test/wasm.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h> /* needs those above */

enum {
    SECTION_TYPE = 1,
    SECTION_IMPORT,
    SECTION_FUNCTION,
    SECTION_TABLE,
    SECTION_MEMORY,
    SECTION_GLOBAL,
    SECTION_EXPORT,
    SECTION_START,
    SECTION_ELEMENT,
    SECTION_CODE,
    SECTION_DATA,
    SECTION_TAG = 13,
};

void wasm_init(wasm *w)
{
    *w = (wasm){0};
    for (size_t i = 0; i < WASM_SECTIONS; i++)
        vm_writer_init(&w->sections[i], pirn_allocator_default());
    vm_writer_init(&w->func_names, pirn_allocator_default());
}

static uint8_t type_code(char letter)
{
    static const char letters[] = "ilfdrexva";
    static const uint8_t codes[] = {0x7F, 0x7E, 0x7D, 0x7C, 0x70, 0x6F, 0x69, 0x7B, 0x6E};
    const char *at = strchr(letters, letter);
    assert_non_null(at);
    return codes[at - letters];
}

static void write_types(vm_writer *out, const char *letters, size_t count)
{
    vm_writer_leb_unsigned(out, count);
    for (size_t i = 0; i < count; i++)
        vm_writer_u8(out, type_code(letters[i]));
}

uint32_t wasm_type(wasm *w, const char *letters)
{
    vm_writer *out = &w->sections[SECTION_TYPE];
    const char *colon = strchr(letters, ':');
    assert_non_null(colon);
    vm_writer_u8(out, 0x60);
    write_types(out, letters, (size_t)(colon - letters));
    write_types(out, colon + 1, strlen(colon + 1));
    return w->counts[SECTION_TYPE]++;
}

uint32_t wasm_raw_type(wasm *w, const uint8_t *bytes, size_t size)
{
    vm_writer_bytes(&w->sections[SECTION_TYPE], bytes, size);
    return w->counts[SECTION_TYPE]++;
}

static void write_limits(vm_writer *out, pirn_limits limits, uint8_t flags)
{
    bool has_max = limits.max != PIRN_NO_MAX;
    vm_writer_u8(out, (uint8_t)(flags | (has_max ? 1u : 0u)));
    vm_writer_leb_unsigned(out, limits.min);
    if (has_max)
        vm_writer_leb_unsigned(out, limits.max);
}

static void write_memtype(vm_writer *out, const pirn_memtype *type)
{
    bool has_page_size = type->page_size_log2 != 16;
    write_limits(out, type->limits,
                 (uint8_t)((type->shared ? 2u : 0u) | (type->is64 ? 4u : 0u) | (has_page_size ? 8u : 0u)));
    if (has_page_size)
        vm_writer_leb_unsigned(out, type->page_size_log2);
}

static vm_writer *begin_import(wasm *w, const char *module, const char *name, pirn_extern_kind kind)
{
    vm_writer *out = &w->sections[SECTION_IMPORT];
    w->counts[SECTION_IMPORT]++;
    vm_writer_name(out, pirn_str_of(module));
    vm_writer_name(out, pirn_str_of(name));
    vm_writer_u8(out, (uint8_t)kind);
    return out;
}

uint32_t wasm_import_func(wasm *w, const char *module, const char *name, const char *letters)
{
    vm_writer_leb_unsigned(begin_import(w, module, name, PIRN_EXTERN_FUNC), wasm_type(w, letters));
    return w->funcs++;
}

uint32_t wasm_import_table(wasm *w, const char *module, const char *name, uint64_t min, uint64_t max)
{
    vm_writer *out = begin_import(w, module, name, PIRN_EXTERN_TABLE);
    vm_writer_u8(out, 0x70);
    write_limits(out, (pirn_limits){min, max}, 0);
    return w->tables++;
}

uint32_t wasm_import_memory_type(wasm *w, const char *module, const char *name, const pirn_memtype *type)
{
    write_memtype(begin_import(w, module, name, PIRN_EXTERN_MEMORY), type);
    return w->memories++;
}

uint32_t wasm_import_memory(wasm *w, const char *module, const char *name, uint64_t min, uint64_t max)
{
    return wasm_import_memory_type(w, module, name, &(pirn_memtype){.limits = {min, max}, .page_size_log2 = 16});
}

uint32_t wasm_import_global(wasm *w, const char *module, const char *name, char letter, bool is_mutable)
{
    vm_writer *out = begin_import(w, module, name, PIRN_EXTERN_GLOBAL);
    vm_writer_u8(out, type_code(letter));
    vm_writer_u8(out, is_mutable);
    return w->globals++;
}

uint32_t wasm_import_tag(wasm *w, const char *module, const char *name, const char *letters)
{
    uint32_t type = wasm_type(w, letters);
    vm_writer *out = begin_import(w, module, name, PIRN_EXTERN_TAG);
    vm_writer_u8(out, 0);
    vm_writer_leb_unsigned(out, type);
    return w->tags++;
}

uint32_t wasm_func(wasm *w, const char *letters, const char *locals, const uint8_t *code, size_t size)
{
    vm_writer *out = &w->sections[SECTION_CODE];
    vm_writer_leb_unsigned(&w->sections[SECTION_FUNCTION], wasm_type(w, letters));
    w->counts[SECTION_FUNCTION]++;
    w->counts[SECTION_CODE]++;
    size_t body = out->len;
    vm_writer_leb_unsigned(out, strlen(locals));
    for (const char *local = locals; *local != '\0'; local++) {
        vm_writer_u8(out, 1);
        vm_writer_u8(out, type_code(*local));
    }
    vm_writer_bytes(out, code, size);
    vm_writer_insert_leb(out, body, out->len - body);
    return w->funcs++;
}

uint32_t wasm_table_type(wasm *w, const pirn_tabletype *type)
{
    vm_writer_u8(&w->sections[SECTION_TABLE], (uint8_t)type->element);
    write_limits(&w->sections[SECTION_TABLE], type->limits, type->is64 ? 4 : 0);
    w->counts[SECTION_TABLE]++;
    return w->tables++;
}

uint32_t wasm_table(wasm *w, uint64_t min, uint64_t max)
{
    return wasm_table_type(w, &(pirn_tabletype){.limits = {min, max}, .element = PIRN_FUNCREF});
}

uint32_t wasm_memory_type(wasm *w, const pirn_memtype *type)
{
    write_memtype(&w->sections[SECTION_MEMORY], type);
    w->counts[SECTION_MEMORY]++;
    return w->memories++;
}

uint32_t wasm_memory(wasm *w, uint64_t min, uint64_t max)
{
    return wasm_memory_type(w, &(pirn_memtype){.limits = {min, max}, .page_size_log2 = 16});
}

uint32_t wasm_global(wasm *w, char letter, bool is_mutable, const uint8_t *code, size_t size)
{
    vm_writer *out = &w->sections[SECTION_GLOBAL];
    vm_writer_u8(out, type_code(letter));
    vm_writer_u8(out, is_mutable);
    vm_writer_bytes(out, code, size);
    w->counts[SECTION_GLOBAL]++;
    return w->globals++;
}

uint32_t wasm_tag(wasm *w, const char *letters)
{
    vm_writer_u8(&w->sections[SECTION_TAG], 0);
    vm_writer_leb_unsigned(&w->sections[SECTION_TAG], wasm_type(w, letters));
    w->counts[SECTION_TAG]++;
    return w->tags++;
}

void wasm_export(wasm *w, const char *name, pirn_extern_kind kind, uint32_t index)
{
    vm_writer *out = &w->sections[SECTION_EXPORT];
    vm_writer_name(out, pirn_str_of(name));
    vm_writer_u8(out, (uint8_t)kind);
    vm_writer_leb_unsigned(out, index);
    w->counts[SECTION_EXPORT]++;
}

void wasm_export_func(wasm *w, const char *name, uint32_t index)
{
    wasm_export(w, name, PIRN_EXTERN_FUNC, index);
}

/* The section is one index without a count. */
void wasm_start(wasm *w, uint32_t func)
{
    vm_writer_leb_unsigned(&w->sections[SECTION_START], func);
}

void wasm_elem(wasm *w, const uint8_t *offset, size_t size, uint32_t count, const uint32_t *funcs)
{
    vm_writer *out = &w->sections[SECTION_ELEMENT];
    vm_writer_u8(out, 0);
    vm_writer_bytes(out, offset, size);
    vm_writer_leb_unsigned(out, count);
    for (uint32_t i = 0; i < count; i++)
        vm_writer_leb_unsigned(out, funcs[i]);
    w->counts[SECTION_ELEMENT]++;
}

void wasm_data(wasm *w, const uint8_t *offset, size_t size, const char *text)
{
    vm_writer *out = &w->sections[SECTION_DATA];
    vm_writer_u8(out, 0);
    vm_writer_bytes(out, offset, size);
    vm_writer_name(out, pirn_str_of(text));
    w->counts[SECTION_DATA]++;
}

void wasm_func_name(wasm *w, uint32_t func, const char *name)
{
    vm_writer_leb_unsigned(&w->func_names, func);
    vm_writer_name(&w->func_names, pirn_str_of(name));
    w->func_name_count++;
}

static void write_section(vm_writer *out, wasm *w, uint8_t id)
{
    const vm_writer *content = &w->sections[id];
    if (content->len == 0)
        return;
    size_t section = vm_writer_begin(out, id);
    if (id != SECTION_START)
        vm_writer_leb_unsigned(out, w->counts[id]);
    vm_writer_bytes(out, content->data, content->len);
    vm_writer_end(out, section);
}

static void write_names(vm_writer *out, const wasm *w)
{
    size_t section = vm_writer_begin(out, 0);
    vm_writer_name(out, PIRN_STR("name"));
    if (w->name != NULL) {
        size_t part = vm_writer_begin(out, 0);
        vm_writer_name(out, pirn_str_of(w->name));
        vm_writer_end(out, part);
    }
    size_t part = vm_writer_begin(out, 1);
    vm_writer_leb_unsigned(out, w->func_name_count);
    vm_writer_bytes(out, w->func_names.data, w->func_names.len);
    vm_writer_end(out, part);
    vm_writer_end(out, section);
}

uint8_t *wasm_finish(wasm *w, size_t *size)
{
    vm_writer out;
    vm_writer_init(&out, pirn_allocator_default());
    vm_writer_preamble(&out);
    static const uint8_t order[] = {1, 2, 3, 4, 5, SECTION_TAG, 6, 7, 8, 9, 10, 11};
    for (size_t i = 0; i < sizeof order; i++)
        write_section(&out, w, order[i]);
    if (w->func_name_count > 0)
        write_names(&out, w);
    for (size_t i = 0; i < WASM_SECTIONS; i++)
        vm_writer_done(&w->sections[i]);
    vm_writer_done(&w->func_names);
    assert_false(out.failed);
    return vm_writer_take(&out, size);
}

pirn_module *wasm_load(wasm *w, pirn_engine *engine)
{
    size_t size;
    uint8_t *bytes = wasm_finish(w, &size);
    pirn_module *module = NULL;
    pirn_error *error = pirn_error_new(NULL);
    if (pirn_module_load(engine, bytes, size, PIRN_BYTES_COPY, 0, &module, error) != PIRN_OK)
        fail_msg("%s at %u", pirn_error_message(error), (unsigned)pirn_error_offset(error));
    pirn_error_free(error);
    free(bytes);
    return module;
}

pirn_instance *wasm_instance(pirn_store *store, const pirn_module *module, const pirn_extern *imports, size_t count)
{
    pirn_instance *instance = NULL;
    pirn_error *error = pirn_error_new(NULL);
    if (pirn_instance_new(store, module, imports, count, &instance, error) != PIRN_OK)
        fail_msg("%s", pirn_error_message(error));
    pirn_error_free(error);
    return instance;
}

pirn_extern wasm_find(const pirn_instance *instance, const char *name)
{
    pirn_extern object;
    assert_true(pirn_instance_find(instance, pirn_str_of(name), &object));
    return object;
}

pirn_func *wasm_find_func(const pirn_instance *instance, const char *name)
{
    pirn_extern object = wasm_find(instance, name);
    assert_int_equal(object.kind, PIRN_EXTERN_FUNC);
    return object.func;
}

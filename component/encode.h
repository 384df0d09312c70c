/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing components (Binary.md): definitions in, bytes out. Each function adds one definition and returns the index of the
 * item that it adds, so what is written later can name it. Definitions of one kind that follow each other share a section.
 * Running out of memory is sticky (vm/binary/writer.h), and asked once, at the end.
 */
#pragma once

#include "component/definition.h"
#include "vm/binary/writer.h"

typedef struct cm_encoder {
    vm_writer out;
    uint32_t counts[CM_SORT_COUNT]; /* items in each index space */
    uint8_t section;                /* that entries are added to; 0: none is open */
    size_t section_at, entries_at;
    uint32_t entries;
} cm_encoder;

/* A name for an item: an argument of an instantiation, or an export of an instance made of exports. */
typedef struct cm_named_ref {
    pirn_str name;
    cm_ref ref;
} cm_named_ref;

typedef BASE_VEC(cm_named_ref) cm_named_refs;

enum {
    CM_SECTION_CUSTOM = 0,
    CM_SECTION_CORE_MODULE = 1,
    CM_SECTION_CORE_INSTANCE = 2,
    CM_SECTION_COMPONENT = 4,
    CM_SECTION_INSTANCE = 5,
    CM_SECTION_ALIAS = 6,
    CM_SECTION_TYPE = 7,
    CM_SECTION_CANON = 8,
    CM_SECTION_IMPORT = 10,
    CM_SECTION_EXPORT = 11,
};

/* Bytes of the grammar of types. */
enum {
    CM_CODE_FUNC = 0x40,
    CM_CODE_ASYNC_FUNC = 0x43,
    CM_CODE_INSTANCE_TYPE = 0x42,
    CM_CODE_RESOURCE = 0x3F,
    CM_CODE_OWN = 0x69,
    CM_CODE_BORROW = 0x68,
    CM_DECL_TYPE = 0x01,
    CM_DECL_ALIAS = 0x02,
    CM_DECL_EXPORT = 0x04,
};

void cm_encoder_init(cm_encoder *e, const pirn_allocator *allocator);
void cm_encoder_done(cm_encoder *e);
/* Closes the open section. The bytes belong to the caller; NULL when out of memory. */
uint8_t *cm_encoder_take(cm_encoder *e, size_t *size);

/*
 * What ends every making of a component: takes the bytes, loads them to see that they are valid, and moves them to the arena.
 */
PIRN_MUST_CHECK pirn_status cm_encoder_finish(cm_encoder *e, pirn_engine *engine, base_arena *arena,
                                              const uint8_t **bytes, size_t *size, pirn_error *error);

/* Begins an entry of a section, for the caller to write. */
vm_writer *cm_encode_entry(cm_encoder *e, uint8_t section);
/* An entry of the type section, whose index is *index. */
vm_writer *cm_encode_type(cm_encoder *e, uint32_t *index);
/* The parts of definitions. */
void cm_write_extern_name(vm_writer *out, pirn_str name);
void cm_write_sort(vm_writer *out, cm_sort sort);
/* What an import is, or an export declared to be. */
void cm_write_desc(vm_writer *out, cm_extern_desc desc);

uint32_t cm_encode_module(cm_encoder *e, const void *bytes, size_t size);
uint32_t cm_encode_component(cm_encoder *e, const void *bytes, size_t size);
void cm_encode_custom(cm_encoder *e, pirn_str name, const void *bytes, size_t size);
uint32_t cm_encode_core_instantiate(cm_encoder *e, uint32_t module, const cm_named_refs *arguments);
uint32_t cm_encode_core_exports(cm_encoder *e, const cm_named_refs *exports);
uint32_t cm_encode_instantiate(cm_encoder *e, uint32_t component, const cm_named_refs *arguments);
uint32_t cm_encode_alias(cm_encoder *e, cm_sort sort, uint32_t instance, pirn_str name);
uint32_t cm_encode_core_alias(cm_encoder *e, cm_sort sort, uint32_t instance, pirn_str name);
/* `dtor` may be CM_NONE. */
uint32_t cm_encode_resource(cm_encoder *e, uint32_t dtor);
uint32_t cm_encode_lift(cm_encoder *e, uint32_t core_func, const cm_option_indices *options, uint32_t type);
uint32_t cm_encode_lower(cm_encoder *e, uint32_t func, const cm_option_indices *options);
/* resource.new, resource.drop, resource.rep */
uint32_t cm_encode_builtin(cm_encoder *e, cm_canon_kind kind, uint32_t type);
uint32_t cm_encode_import(cm_encoder *e, pirn_str name, cm_extern_desc desc);
/* `desc` may be NULL. Adds the item once more. */
uint32_t cm_encode_export(cm_encoder *e, pirn_str name, cm_ref ref, const cm_extern_desc *desc);

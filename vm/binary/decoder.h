/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the decoder share: its state and the sections' functions. Index spaces grow
 * from imports and from their own sections, so they are collected in growable arrays and copied
 * into the module's arena at the end.
 */
#pragma once

#include "vm/binary/instr.h"
#include "vm/binary/types.h"

typedef struct vm_decoder {
    vm_module *module;
    const pirn_allocator *allocator;
    uint32_t features;
    vm_reader r; /* over the module; each section is read through a part of it */
    BASE_VEC(vm_subtype) types;
    BASE_VEC(vm_import) imports;
    BASE_VEC(vm_func_decl) funcs;
    BASE_VEC(vm_table_decl) tables;
    BASE_VEC(vm_memory_decl) memories;
    BASE_VEC(vm_global_decl) globals;
    BASE_VEC(vm_tag_decl) tags;
    BASE_VEC(vm_custom) customs;
    BASE_VEC(pirn_section) sections;
    uint32_t code_count; /* of the code section, and where it says so */
    const uint8_t *code_count_at;
} vm_decoder;

/*
 * Each decodes the content of one section, which `r` reads; what is left over is the caller's to
 * complain about. `items` receives the number of entries. Failures are in `r`.
 */
typedef void vm_decode_section(vm_decoder *d, vm_reader *r, uint64_t *items);

vm_decode_section vm_decode_types, vm_decode_imports, vm_decode_funcs, vm_decode_tables, vm_decode_memories,
    vm_decode_tags, vm_decode_globals, vm_decode_exports, vm_decode_start, vm_decode_elems, vm_decode_data_count, vm_decode_code,
    vm_decode_datas;

/* Decodes the name section out of `content`; a malformed one leaves the module as it was. NOMEM only. */
PIRN_MUST_CHECK pirn_status vm_decode_names(vm_module *module, vm_range content, pirn_error *error);

/* The allocation of an array of the module; sets NOMEM in `r` and yields NULL when there is no memory. */
void *vm_decode_array(vm_decoder *d, vm_reader *r, size_t count, size_t element_size);
/* NOMEM in `r`. */
void vm_decode_nomem(vm_reader *r);

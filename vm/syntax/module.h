/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The abstract syntax of a module (spec 2.5): what decoding makes and validation checks, read-only afterwards.
 *
 * Function bodies and constant expressions stay bytes: they are ranges of the module's bytes, read through
 * vm/binary/instr.h by whoever needs them. Everything hangs on the module's arena; names point into the bytes.
 */
#pragma once

#include "vm/base/memory.h"
#include "vm/syntax/types.h"

/* A range of the module's bytes. */
typedef struct vm_range {
    const uint8_t *start, *end;
} vm_range;

typedef struct vm_import {
    pirn_str module, name;
    pirn_extern_kind kind;
    uint32_t index; /* in the index space of its kind */
    uint64_t offset;
} vm_import;

typedef struct vm_export {
    pirn_str name;
    pirn_extern_kind kind;
    uint32_t index;
    uint64_t offset;
} vm_export;

/* A function of the module: imported (body empty) or defined. */
typedef struct vm_func_decl {
    uint32_t type;          /* type index */
    bool is_exact;          /* its type is this one, not one below it: defined, or imported so (custom descriptors) */
    vm_range body;          /* of the code entry: the vector of locals, then the expression with its `end` */
    uint64_t offset;        /* of the declaration in the file, for errors */
} vm_func_decl;

typedef struct vm_table_decl {
    pirn_tabletype type; /* module's indices in `element` */
    vm_range init;       /* constant expression, or empty: null */
    uint64_t offset;
} vm_table_decl;

typedef struct vm_memory_decl {
    pirn_memtype type;
    uint64_t offset;
} vm_memory_decl;

typedef struct vm_global_decl {
    pirn_globaltype type;
    vm_range init; /* empty for an imported one */
    uint64_t offset;
} vm_global_decl;

typedef struct vm_tag_decl {
    uint32_t type; /* type index: of a function */
    uint64_t offset;
} vm_tag_decl;

typedef enum vm_segment_mode { VM_SEGMENT_ACTIVE, VM_SEGMENT_PASSIVE, VM_SEGMENT_DECLARATIVE } vm_segment_mode;

typedef struct vm_elem {
    vm_segment_mode mode;
    vm_valtype type;
    uint32_t table;    /* active */
    vm_range at;       /* active: constant expression */
    uint32_t count;
    bool is_exprs;     /* items: constant expressions one behind the other; else LEB function indices */
    vm_range items;
    uint64_t offset;
} vm_elem;

typedef struct vm_data {
    vm_segment_mode mode;
    uint32_t memory;
    vm_range at;
    vm_range bytes;
    uint64_t offset;
} vm_data;

typedef struct vm_custom {
    pirn_str name;
    vm_range content;
    uint32_t after_section; /* id of the last non-custom section before it, 0 for none */
} vm_custom;

/* A name of the name section: index -> name, sorted by index. */
typedef struct vm_name {
    uint32_t index;
    pirn_str name;
} vm_name;

/* The subsections of the name section, by id. */
typedef enum vm_name_kind {
    VM_NAMES_MODULE,
    VM_NAMES_FUNC,
    VM_NAMES_LOCAL,
    VM_NAMES_LABEL,
    VM_NAMES_TYPE,
    VM_NAMES_TABLE,
    VM_NAMES_MEMORY,
    VM_NAMES_GLOBAL,
    VM_NAMES_ELEM,
    VM_NAMES_DATA,
    VM_NAMES_FIELD,
    VM_NAMES_TAG,
    VM_NAME_KINDS,
} vm_name_kind;

#define VM_ARRAY(type)                                                                                       \
    struct {                                                                                                 \
        type *data;                                                                                          \
        uint32_t len;                                                                                        \
    }

typedef struct vm_module {
    base_arena arena;
    vm_range bytes;       /* the whole module */
    uint64_t base_offset; /* where `bytes` lies in the file: added to every offset shown */
    uint32_t features;    /* what it was decoded with */

    VM_ARRAY(vm_subtype) types;
    VM_ARRAY(vm_import) imports;
    VM_ARRAY(vm_func_decl) funcs; /* imported ones first, in all index spaces */
    VM_ARRAY(vm_table_decl) tables;
    VM_ARRAY(vm_memory_decl) memories;
    VM_ARRAY(vm_global_decl) globals;
    VM_ARRAY(vm_tag_decl) tags;
    VM_ARRAY(vm_export) exports;
    VM_ARRAY(vm_elem) elems;
    VM_ARRAY(vm_data) datas;
    VM_ARRAY(vm_custom) customs;
    VM_ARRAY(pirn_section) sections;
    uint32_t imported_funcs, imported_tables, imported_memories, imported_globals, imported_tags;
    bool has_start, has_data_count;
    uint32_t start, data_count;
    uint64_t start_offset;

    /* Made by validation: bit i set when function i may be named by ref.func (spec 3.1.6, refs). */
    uint8_t *declared_funcs;

    /* Of the name section; a malformed one is ignored as the standard asks. */
    pirn_str name;
    VM_ARRAY(vm_name) func_names;
    vm_range names[VM_NAME_KINDS]; /* the content of its subsections: vm/binary/names.h */
} vm_module;

/* The function's name from the name section, or an empty string. */
pirn_str vm_module_func_name(const vm_module *module, uint32_t func);
/* The type of function `func`. */
const vm_functype *vm_module_func_type(const vm_module *module, uint32_t func);
/* File offset of a pointer into the module's bytes. */
static inline uint64_t vm_module_offset(const vm_module *module, const uint8_t *at)
{
    return module->base_offset + (uint64_t)(at - module->bytes.start);
}

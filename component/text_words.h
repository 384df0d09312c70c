/* SPDX-License-Identifier: Apache-2.0 */
/* Words of component text that its parser and its printer share. */
#pragma once

#include "component/definition.h"

/* Core number types, by how far their code is below that of the first. */
enum { CM_TEXT_NUMBER_TYPE = 0x7F };
static const char *const cm_text_number_types[] = {"i32", "i64", "f32", "f64", "v128"};

/* Attributes of names, by code. */
static const char *const cm_text_attributes[] = {"implements", "versionsuffix", "external-id"};

/* A value type without parts. */
typedef struct cm_text_primitive {
    const char *word;
    uint8_t code;
} cm_text_primitive;
extern const cm_text_primitive cm_text_primitives[];
extern const size_t cm_text_primitive_count;

/* A canonical option, by code: its word, and whether an index follows. */
typedef struct cm_text_option {
    const char *word;
    bool has_index;
} cm_text_option;
extern const cm_text_option cm_text_options[];
extern const size_t cm_text_option_count;
cm_sort cm_text_option_sort(size_t code);

/* NULL when there is no canonical definition of that code. */
const char *cm_text_canon_word(cm_canon_kind kind);
/* What is said behind the word: see text_canon.c. NULL for lift. */
const char *cm_text_canon_operands(cm_canon_kind kind);
/* The word of a flag. */
const char *cm_text_canon_flag(char letter);
/* The name of a sort without "core". */
const char *cm_text_sort_word(cm_sort sort);
/* Reads a sort (Binary.md); fails in the reader. */
cm_sort cm_text_read_sort(vm_reader *r);
/* The same of a core sort alone. */
cm_sort cm_text_read_core_sort(vm_reader *r);

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of imports and exports, and labels (Explainer "Import and Export Definitions", "Name Uniqueness").
 *
 *   label        get-JSON              words and acronyms joined by "-"
 *   plain name   a label, [constructor]label, [method]label.label, [static]label.label
 *   interface    wasi:http/types@0.2.0; with the features that are for it also those in nested namespaces and packages,
 *                a:b:c/d/e, and canonical ones, which name a track: wasi:http/types@0.2
 */
#pragma once

#include "vm/base/memory.h"

/* True for a kebab-case label. */
bool cm_label_valid(pirn_str text);

typedef enum cm_name_kind {
    CM_NAME_LABEL,
    CM_NAME_CONSTRUCTOR,
    CM_NAME_METHOD,
    CM_NAME_STATIC,
    CM_NAME_INTERFACE,
} cm_name_kind;

/* Slices of the text; those that the kind has not are empty. */
typedef struct cm_name {
    cm_name_kind kind;
    pirn_str resource; /* CONSTRUCTOR, METHOD, STATIC */
    pirn_str label;    /* LABEL, METHOD, STATIC */
    pirn_str name_space, package, interface, version;
} cm_name;

/* `features` is a mask of PIRN_COMPONENT_. INVALID, with the words of the reason, at `offset`. */
PIRN_MUST_CHECK pirn_status cm_name_parse(pirn_str text, uint32_t features, cm_name *out, uint64_t offset,
                                          pirn_error *error);
/* A version that names a track: 2, 0.3, 0.0.4, 0.0.0. */
bool cm_version_is_canonical(pirn_str text);
/* A semantic version (2.0.0). INVALID otherwise. */
PIRN_MUST_CHECK pirn_status cm_version_check(pirn_str text, uint64_t offset, pirn_error *error);

/*
 * The form under which names are compared for being strongly unique: lower case, annotations but [constructor] removed.
 * Labels too. data == NULL when out of memory.
 */
pirn_str cm_name_canonical(base_arena *arena, pirn_str text);
